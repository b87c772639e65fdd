/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The rows of the errors that only this program raises, and printing. A sentence may hold what somebody typed or what a
 * daemon said, so it is escaped as a whole, here and nowhere else.
 */
#include <assert.h>
#include <errno.h>
#include <glib.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/escape.h"
#include "cli/report.h"

/* clang-format off */
static const ErrorInfo cli_errors[] = {
    { CLI_ERROR_USAGE, EINVAL, "This command is not understood.",
      "\"airpods help\" lists the commands, \"airpods help COMMAND\" explains one.", EXIT_USAGE },
    { CLI_ERROR_RUN_AS_USER, EPERM, "Run it as the user who owns the services.",
      "As root only \"airpods mss\" and \"airpods version\" work.", EXIT_FAILED },
    { CLI_ERROR_SERVICE_UNAVAILABLE, EHOSTDOWN, "airpodsd cannot be reached on the session bus.",
      "Log in as the user who owns the services, and see \"systemctl --user status airpodsd\".", EXIT_FAILED },
    { CLI_ERROR_NO_TUNNEL, ENODEV, "No VPN with smaller packets is up, so there is nothing to adjust.",
      "\"airpods mss check\" shows the VPNs; with the name of an interface it is adjusted all the same.", EXIT_NOT_FOUND },
    { CLI_ERROR_BAD_ANSWER, EBADMSG, "The answer cannot be understood.",
      "The programs may be of different versions: \"airpods version\" shows them.", EXIT_FAILED },
    { CLI_ERROR_CANCELLED, ECANCELED, "Cancelled.",
      "\"airpods mss status\" shows what is in force.", EXIT_CANCELLED },
};
/* clang-format on */

const ErrorInfo *cli_error_info(const char *name)
{
    for (size_t i = 0; name && i < ELEMENTSOF(cli_errors); i++)
        if (strcmp(cli_errors[i].name, name) == 0)
            return &cli_errors[i];
    return error_info_find(name);
}

int cli_error_set(sd_bus_error *reterr, const char *name, const char *format, ...)
{
    const ErrorInfo *info = cli_error_info(name);
    assert(info);

    if (!format) {
        sd_bus_error_set(reterr, name, info->sentence);
    } else {
        va_list ap;
        va_start(ap, format);
        sd_bus_error_setfv(reterr, name, format, ap);
        va_end(ap);
    }
    return -info->number;
}

ExitCode report_error(const sd_bus_error *error, int r)
{
    const ErrorInfo *info = cli_error_info(error->name);
    const char *sentence = error->message;

    /* The words of a time-out are the bus library's own ("Method call timed out"), not a sentence for a person. */
    if (info && (!sentence || *sentence == '\0' || info->exit_code == EXIT_TIMED_OUT))
        sentence = info->sentence;
    if (!sentence || *sentence == '\0')
        sentence = error->name ? error->name : strerror(r < 0 ? -r : EIO);

    g_autofree char *line = escape_line(sentence);
    fprintf(stderr, "airpods: %s\n", line);
    if (info && *info->hint != '\0')
        fprintf(stderr, "%s\n", info->hint);
    return info ? info->exit_code : EXIT_FAILED;
}

void report_note(const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    g_autofree char *sentence = g_strdup_vprintf(format, ap);
    va_end(ap);

    g_autofree char *line = escape_line(sentence);
    fprintf(stderr, "airpods: %s\n", line);
}
