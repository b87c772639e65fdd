/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Errors on their way to a person: the rows that only this program raises, beside the shared table, and the one place
 * that prints an error and chooses the exit code.
 */
#pragma once

#include <systemd/sd-bus.h>

#include "shared/error.h"
#include "shared/macro.h"

#define CLI_ERROR_USAGE "org.airpods.Cli.Error.Usage"
#define CLI_ERROR_RUN_AS_USER "org.airpods.Cli.Error.RunAsUser"
#define CLI_ERROR_SERVICE_UNAVAILABLE "org.airpods.Cli.Error.ServiceUnavailable"
#define CLI_ERROR_NO_TUNNEL "org.airpods.Cli.Error.NoTunnel"
#define CLI_ERROR_BAD_ANSWER "org.airpods.Cli.Error.BadAnswer"
#define CLI_ERROR_CANCELLED "org.airpods.Cli.Error.Cancelled"

/* The row of an error name, ours or shared; NULL for a foreign one. */
const ErrorInfo *cli_error_info(const char *name);

/* As error_set(), for the names above too. */
int cli_error_set(sd_bus_error *reterr, const char *name, const char *format, ...) _printf_(3, 4);

/*
 * Prints "airpods: SENTENCE" and the hint, each on a line of its own, to standard error. `r` is the negative errno that
 * came with the error and speaks when the error is empty.
 */
ExitCode report_error(const sd_bus_error *error, int r);

/* Prints "airpods: SENTENCE" to standard error: something to know, not a failure. */
void report_note(const char *format, ...) _printf_(1, 2);
