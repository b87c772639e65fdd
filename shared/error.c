/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The rows of the error table and the way to raise one. A new error is one name in error.h, one row here, one line in
 * dbus/ where the member that raises it is described, and one place that raises it.
 */
#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "shared/error.h"

/* clang-format off */
static const ErrorInfo error_table[] = {
    { ERROR_CONFIG_INVALID, EBADMSG, "The configuration has an error.",
      "Run \"airpods config validate\"; the last good configuration stays in force until the file is right.", EXIT_FAILED },
    { ERROR_HELPER_DENIED, EPERM, "Access denied: airpods-helper was not allowed to do this.",
      "An administrator decides with polkit rules; run the airpods command from a terminal to be asked for a password.", EXIT_DENIED },
    { ERROR_HELPER_UNAVAILABLE, EHOSTDOWN, "airpods-helper cannot be reached on the system bus.",
      "See \"systemctl status airpods-helper\"; after installing it, run \"sudo systemctl reload dbus\".", EXIT_FAILED },
    { ERROR_INVALID_INTERFACE, EINVAL, "This is not the name of a network interface.",
      "Names are 1 to 15 letters, digits and . _ @ + -; \"ip link\" lists them.", EXIT_USAGE },
    { ERROR_NO_SUCH_INTERFACE, ENODEV, "There is no network interface of this name.",
      "\"ip link\" lists the interfaces; a VPN's interface exists only while it is connected.", EXIT_NOT_FOUND },
    { ERROR_INVALID_MTU, ERANGE, "The path MTU is out of range.",
      "Give a packet size from 576 to 65535 bytes.", EXIT_USAGE },
    { ERROR_INVALID_OPTION, ENOTSUP, "An option is unknown or has a value that is not allowed.",
      "See airpods(1) for the options of this version.", EXIT_USAGE },
    { ERROR_NOT_CLAMPED, ENOENT, "There is nothing to remove on this interface.",
      "\"airpods mss status\" lists what is in force and who holds it.", EXIT_NOT_FOUND },
    { ERROR_KERNEL_UNSUPPORTED, EOPNOTSUPP, "The kernel refused the rules; nothing was changed.",
      "nftables with \"rt\" and \"exthdr\" (Linux 5.6 or later) is needed; see \"journalctl -u airpods-helper\".", EXIT_FAILED },
    { ERROR_SERVICE_NOT_FOUND, ESRCH, "There is no service of this name.",
      "\"airpods status\" lists the services; the names are those of the configuration.", EXIT_NOT_FOUND },
    { ERROR_PODMAN_UNAVAILABLE, ECONNREFUSED, "Podman does not answer.",
      "Try \"podman info\" and \"systemctl --user status podman.socket\".", EXIT_FAILED },
    { ERROR_PODMAN_FAILED, EIO, "Podman could not do this.",
      "See \"journalctl --user -u podman\" for Podman's own words.", EXIT_FAILED },
    { ERROR_IMAGE_NOT_FOUND, ENOPKG, "The image does not exist.",
      "Check the image's name and tag in the configuration.", EXIT_NOT_FOUND },
    { ERROR_PORT_IN_USE, EADDRINUSE, "Another program uses this port.",
      "Stop that program (\"ss -tlnp\" names it) or give the service another host port.", EXIT_FAILED },
    { ERROR_JOB_CONFLICT, EBUSY, "Another command is at work on this service.",
      "Wait for it to end, or cancel it.", EXIT_FAILED },
    { ERROR_CANCELLED, ECANCELED, "It was cancelled.",
      "Run the command again to go on.", EXIT_CANCELLED },
    { ERROR_HEALTH_TIMEOUT, ETIME, "The service did not become healthy in time.",
      "See \"airpods logs\" for its own words, and health.start_period in the configuration.", EXIT_TIMED_OUT },
    { SD_BUS_ERROR_ACCESS_DENIED, EACCES, "Access denied.",
      "An administrator decides with polkit rules.", EXIT_DENIED },
    { SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED, EACCES, "Access denied: a password is needed.",
      "Run the command from a terminal, or in a desktop session with a polkit agent.", EXIT_DENIED },
    { SD_BUS_ERROR_LIMITS_EXCEEDED, ENOBUFS, "Too many requests.",
      "Wait a moment and try again.", EXIT_FAILED },
    { SD_BUS_ERROR_TIMEOUT, ETIMEDOUT, "No answer came in time.",
      "Try again; see \"journalctl --user -u airpodsd\" and \"journalctl -u airpods-helper\".", EXIT_TIMED_OUT },
    { SD_BUS_ERROR_NO_REPLY, ETIMEDOUT, "No answer came in time.",
      "Try again; see \"journalctl --user -u airpodsd\" and \"journalctl -u airpods-helper\".", EXIT_TIMED_OUT },
};
/* clang-format on */

const ErrorInfo *error_info_find(const char *name)
{
    if (!name)
        return NULL;
    for (size_t i = 0; i < ELEMENTSOF(error_table); i++)
        if (strcmp(error_table[i].name, name) == 0)
            return &error_table[i];
    return NULL;
}

const ErrorInfo *error_info_table(size_t *ret_n)
{
    *ret_n = ELEMENTSOF(error_table);
    return error_table;
}

int error_set(sd_bus_error *reterr, const char *name, const char *format, ...)
{
    const ErrorInfo *info = error_info_find(name);
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
