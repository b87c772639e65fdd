/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one error table: D-Bus name, errno, sentence, hint, exit code. Daemons put the name and a sentence into their
 * sd_bus_error; the CLI adds the hint and takes its exit code from here. Knows nothing of who raised the error.
 */
#pragma once

#include <systemd/sd-bus.h>

#include "shared/macro.h"

#define ERROR_CONFIG_INVALID "org.airpods.Error.ConfigInvalid"
#define ERROR_HELPER_DENIED "org.airpods.Error.HelperDenied"
#define ERROR_HELPER_UNAVAILABLE "org.airpods.Error.HelperUnavailable"
#define ERROR_INVALID_INTERFACE "org.airpods.Error.InvalidInterface"
#define ERROR_NO_SUCH_INTERFACE "org.airpods.Error.NoSuchInterface"
#define ERROR_INVALID_MTU "org.airpods.Error.InvalidMtu"
#define ERROR_INVALID_OPTION "org.airpods.Error.InvalidOption"
#define ERROR_NOT_CLAMPED "org.airpods.Error.NotClamped"
#define ERROR_KERNEL_UNSUPPORTED "org.airpods.Error.KernelUnsupported"
#define ERROR_SERVICE_NOT_FOUND "org.airpods.Error.ServiceNotFound"
#define ERROR_PODMAN_UNAVAILABLE "org.airpods.Error.PodmanUnavailable"
#define ERROR_PODMAN_FAILED "org.airpods.Error.PodmanFailed"
#define ERROR_IMAGE_NOT_FOUND "org.airpods.Error.ImageNotFound"
#define ERROR_PORT_IN_USE "org.airpods.Error.PortInUse"
#define ERROR_JOB_CONFLICT "org.airpods.Error.JobConflict"
#define ERROR_CANCELLED "org.airpods.Error.Cancelled"
#define ERROR_HEALTH_TIMEOUT "org.airpods.Error.HealthTimeout"

/* Exit codes of the airpods command, the same for every verb. */
typedef enum ExitCode {
    EXIT_DONE = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,
    EXIT_NOT_FOUND = 3,
    EXIT_DENIED = 4,
    EXIT_TIMED_OUT = 5,
    EXIT_CANCELLED = 130,
} ExitCode;

typedef struct ErrorInfo {
    const char *name;     /* D-Bus error name */
    int number;           /* errno that stands for it inside a program, positive */
    const char *sentence; /* one sentence for a person, used when the raiser has nothing more exact to say */
    const char *hint;     /* what to do about it; never NULL */
    ExitCode exit_code;
} ErrorInfo;

/* The row of a D-Bus error name, or NULL for a name that is not ours. */
const ErrorInfo *error_info_find(const char *name);

/* All rows; *ret_n gets their number. */
const ErrorInfo *error_info_table(size_t *ret_n);

/*
 * Fills reterr with the name and the formatted sentence (format NULL: the table's sentence) and returns the row's
 * negative errno, so that a handler can `return error_set(reterr, ERROR_…, "…")`. The name must be in the table. reterr
 * may be NULL.
 */
int error_set(sd_bus_error *reterr, const char *name, const char *format, ...) _printf_(3, 4);
