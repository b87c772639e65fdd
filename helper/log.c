/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Under systemd to the journal, by hand and in tests to standard error.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>
#include <systemd/sd-journal.h>

#include "helper/log.h"

void log_decision(const LogDecision *d)
{
    char text[256];

    snprintf(text, sizeof(text), "%s: interface %s, path MTU %u, lifetime %s, uid %u: %s", d->action, d->interface,
        d->path_mtu, d->lifetime, (unsigned) d->uid, d->result);
    /* systemd sets this when it connects our output to the journal. */
    if (!getenv("JOURNAL_STREAM"))
        fprintf(stderr, "%s\n", text);
    else
        sd_journal_send("MESSAGE=%s", text, "MESSAGE_ID=%s", d->message_id, "PRIORITY=%i", LOG_INFO,
            "AIRPODS_ACTION=%s", d->action, "AIRPODS_INTERFACE=%s", d->interface, "AIRPODS_PATH_MTU=%u", d->path_mtu,
            "AIRPODS_LIFETIME=%s", d->lifetime, "AIRPODS_UID=%u", (unsigned) d->uid, "AIRPODS_RESULT=%s", d->result,
            NULL);
}

void log_error(const char *format, ...)
{
    char text[512];
    va_list ap;

    va_start(ap, format);
    vsnprintf(text, sizeof(text), format, ap);
    va_end(ap);
    /* The prefix is the priority for journald (sd-daemon(3)). */
    fprintf(stderr, "%s%s\n", getenv("JOURNAL_STREAM") ? "<3>" : "", text);
}
