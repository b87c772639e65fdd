/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Structured entries through sd-journal, and plain lines on stderr unless stderr is the journal already: a daemon that
 * somebody started by hand, or in a place without a journal, still says what it does.
 */
#include <glib.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-journal.h>

#include "service/log.h"

static int log_level = LOG_INFO;

void log_set_level(int priority)
{
    log_level = priority;
}

int log_get_level(void)
{
    return log_level;
}

/* systemd sets JOURNAL_STREAM to "device:inode" of the stream it connected (systemd.exec(5)). */
static bool stderr_is_journal(void)
{
    static int known = -1;

    if (known < 0) {
        const char *stream = g_getenv("JOURNAL_STREAM");
        struct stat st;
        g_autofree char *own = NULL;
        if (stream && fstat(STDERR_FILENO, &st) == 0)
            own = g_strdup_printf("%llu:%llu", (unsigned long long) st.st_dev, (unsigned long long) st.st_ino);
        known = own && strcmp(stream, own) == 0;
    }
    return known > 0;
}

void log_entry(int priority, const char *message_id, const char *ifname, const char *format, ...)
{
    if (priority > log_level)
        return;

    va_list ap;
    va_start(ap, format);
    g_autofree char *text = g_strdup_vprintf(format, ap);
    va_end(ap);
    for (char *c = text; *c; c++)
        if ((unsigned char) *c < ' ' || *c == 0x7f)
            *c = '?';

    struct iovec fields[5];
    int n = 0;
    g_autofree char *f_message = g_strconcat("MESSAGE=", text, NULL);
    g_autofree char *f_priority = g_strdup_printf("PRIORITY=%d", priority);
    g_autofree char *f_id = message_id ? g_strconcat("MESSAGE_ID=", message_id, NULL) : NULL;
    g_autofree char *f_interface = ifname ? g_strconcat("AIRPODS_INTERFACE=", ifname, NULL) : NULL;
    char *const all[] = {f_message, f_priority, f_id, f_interface, (char *) "SYSLOG_IDENTIFIER=airpodsd"};
    for (size_t i = 0; i < ELEMENTSOF(all); i++)
        if (all[i])
            fields[n++] = (struct iovec){all[i], strlen(all[i])};
    (void) sd_journal_sendv(fields, n);

    if (!stderr_is_journal())
        fprintf(stderr, "airpodsd: %s\n", text);
}
