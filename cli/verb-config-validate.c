/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * airpods config validate: org.airpods.Manager1.ValidateConfig. airpodsd reads the file; this only prints.
 */
#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "shared/names.h"

#include "cli/escape.h"
#include "cli/json.h"
#include "cli/record-bus.h"
#include "cli/report.h"
#include "cli/verbs.h"

typedef struct Problem {
    char *file;
    uint32_t line, column; /* from 1; 0: the file as a whole */
    char *severity;        /* "error" or "warning" */
    char *message;
} Problem;

/* clang-format off */
static const Field problem_fields[] = {
    { "file",     "file",     FIELD_STRING, false, offsetof(Problem, file) },
    { "line",     "line",     FIELD_U32,    false, offsetof(Problem, line) },
    { "column",   "column",   FIELD_U32,    false, offsetof(Problem, column) },
    { "severity", "severity", FIELD_STRING, false, offsetof(Problem, severity) },
    { "message",  "message",  FIELD_STRING, false, offsetof(Problem, message) },
};
/* clang-format on */

static const RecordType problem_type = {sizeof(Problem), ELEMENTSOF(problem_fields), problem_fields};

static void problem_free(void *problem)
{
    record_free(&problem_type, problem);
}

static int read_problems(sd_bus_message *message, GPtrArray **ret)
{
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(problem_free);
    int r;

    if (sd_bus_message_enter_container(message, 'a', "a{sv}") <= 0)
        return -EBADMSG;
    while ((r = sd_bus_message_at_end(message, false)) == 0) {
        void *problem;

        r = record_read(message, &problem_type, &problem);
        if (r < 0)
            return r;
        g_ptr_array_add(problems, problem);
    }
    if (r < 0)
        return r;
    *ret = g_steal_pointer(&problems);
    return 0;
}

static int get_problems(Cli *cli, const char *path, GPtrArray **ret, sd_bus_error *reterr)
{
    _cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL, *reply = NULL;
    int r;

    r = cli_new_call(cli, PEER_SERVICE, MANAGER_PATH, MANAGER_INTERFACE, "ValidateConfig", &call, reterr);
    if (r < 0)
        return r;
    if (sd_bus_message_append(call, "s", path) < 0)
        return cli_error_set(reterr, CLI_ERROR_USAGE, "The path \"%s\" is not UTF-8.", path);
    r = cli_call(cli, PEER_SERVICE, call, 0, &reply, reterr);
    if (r < 0)
        return r;
    return read_problems(reply, ret) < 0 ? cli_bad_answer(PEER_SERVICE, reterr) : 0;
}

static void print_problem(const Problem *problem)
{
    g_autofree char *file = escape_line(problem->file), *message = escape_line(problem->message),
                    *severity = escape_line(problem->severity);

    fputs(file, stdout);
    if (problem->line > 0)
        printf(":%u:%u", problem->line, problem->column);
    printf(": %s: %s\n", severity, message);
}

int verb_config_validate(Cli *cli, const Args *args, sd_bus_error *reterr)
{
    /* airpodsd runs in another directory; "" is the file that it reads. */
    g_autofree char *path = args->operand ? g_canonicalize_filename(args->operand, NULL) : g_strdup("");
    g_autoptr(GPtrArray) problems = NULL;
    bool json = args_has(args, OPTION_JSON), has_errors = false;
    int r;

    r = get_problems(cli, path, &problems, reterr);
    if (r < 0)
        return r;
    assert(problems);
    for (guint i = 0; i < problems->len; i++) {
        const Problem *problem = g_ptr_array_index(problems, i);

        has_errors = has_errors || strcmp(problem->severity, "error") == 0;
        if (!json)
            print_problem(problem);
    }
    if (json) {
        g_autofree char *text = json_from_records(&problem_type, problems);
        fputs(text, stdout);
    } else if (problems->len == 0) {
        puts("No problem found.");
    }
    return has_errors ? EXIT_FAILED : EXIT_DONE;
}
