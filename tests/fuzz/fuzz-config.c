/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a person writes into config.toml: service/config.c and its neighbours over service/toml.cc, with the suggestions
 * of shared/suggest.c. Whatever the text is, each problem is one line that an editor can jump to; and what is accepted
 * is in range, is shown as a text that is accepted again and means the same, and makes containers of which the same is
 * true: nothing would be made anew for the text that was shown.
 */
#include <assert.h>
#include <glib.h>
#include <stdbool.h>
#include <string.h>

#include "service/config-keys.h"
#include "service/service-drift.h"
#include "service/service-spec.h"
#include "shared/ifname.h"
#include "tests/fuzz/fuzz.h"

#define FILE_NAME "config.toml"

static bool is_one_line(const char *text)
{
    if (!text[0] || !g_utf8_validate(text, -1, NULL))
        return false;
    for (const char *p = text; *p; p = g_utf8_next_char(p))
        if (g_unichar_iscntrl(g_utf8_get_char(p)))
            return false;
    return true;
}

static unsigned count_lines(const uint8_t *data, size_t size)
{
    unsigned lines = 1;
    for (size_t i = 0; i < size; i++)
        lines += data[i] == '\n';
    return lines;
}

static void check_problem(const Problem *problem, unsigned lines)
{
    g_autofree char *text = problem_to_string(problem);

    assert(strcmp(problem->file, FILE_NAME) == 0);
    assert(problem->severity == SEVERITY_ERROR || problem->severity == SEVERITY_WARNING);
    assert(problem->line <= lines && (problem->line == 0) == (problem->column == 0));
    assert(is_one_line(problem->message) && is_one_line(text));
    assert(strlen(problem->message) < 1024);
    assert(g_str_has_prefix(text, problem->line == 0 ? FILE_NAME ": " : FILE_NAME ":"));
    assert(g_str_has_suffix(text, problem->message));
}

static void check_origin(const ConfigOrigin *origin, unsigned lines)
{
    assert(!origin->file || origin->file == CONFIG_BUILT_IN ||
           (strcmp(origin->file, FILE_NAME) == 0 && origin->line >= 1 && origin->line <= lines && origin->column >= 1));
}

static void check_service(const ServiceConfig *service, unsigned lines)
{
    assert(service->network_mode == SERVICE_NETWORK_POD || service->network_mode == SERVICE_NETWORK_HOST);
    assert(service->pull_policy >= 0 && service->pull_policy < PULL_MAX);
    assert(service->restart == RESTART_INVALID || (service->restart >= 0 && service->restart < RESTART_MAX));
    assert(service->pids_limit >= 1 && service->pids_limit <= 1000000);
    assert(service->resources.cpus >= 0 && service->resources.cpus <= 4096);
    assert(service->health.status_min >= 100 && service->health.status_min <= service->health.status_max &&
           service->health.status_max <= 599);
    assert(!!service->health.path + !!service->health.tcp + !!service->health.exec <= 1);
    for (unsigned i = 0; i < CONFIG_KEYS_MAX; i++)
        check_origin(&service->origins[i], lines);
    for (guint i = 0; i < service->ports->len; i++) {
        const ServicePort *port = g_ptr_array_index(service->ports, i);
        assert(port->address && port->host > 0 && port->container > 0);
        check_origin(&port->origin, lines);
    }
    for (guint i = 0; i < service->volumes->len; i++) {
        const ServiceVolume *volume = g_ptr_array_index(service->volumes, i);
        assert(volume->key && volume->source[0] && volume->target[0] == '/');
        check_origin(&volume->origin, lines);
    }
}

static void check_values(const Config *config, unsigned lines)
{
    assert(config->mss_clamp >= 0 && config->mss_clamp < POLICY_MAX);
    assert(config->notify >= 0 && config->notify < NOTIFY_MAX);
    assert(g_strv_length(config->ignore) <= 256);
    for (char **name = config->ignore; *name; name++)
        assert(ifname_valid(*name) && config_ignores(config, *name));
    for (unsigned i = 0; i < CONFIG_KEYS_MAX; i++)
        check_origin(&config->origins[i], lines);
    for (guint i = 0; i < config->services->len; i++)
        check_service(g_ptr_array_index(config->services, i), lines);
}

static void check_round_trip(const Config *config)
{
    _cleanup_(config_freep) Config *again = config_new();
    g_autofree char *text = config_show(config);
    Problems problems = {0};

    config_parse(again, FILE_NAME, text, strlen(text), &problems);
    assert(!problems_first_error(&problems));
    problems_clear(&problems);
    assert(again->mss_clamp == config->mss_clamp && again->notify == config->notify);
    assert(g_strv_equal((const char *const *) again->ignore, (const char *const *) config->ignore));
}

/* The same containers come of the configuration and of what is shown of it. */
static void check_containers(const Config *config)
{
    static const ServicePaths paths = {.home = "/home/u", .data_dir = "/data"};
    _cleanup_(config_freep) Config *again = config_new();
    g_autofree char *text = config_show(config);
    Problems problems = {0};

    config_check(config, &problems);
    bool good = !problems_first_error(&problems);
    problems_clear(&problems);
    if (!good)
        return;
    config_parse(again, FILE_NAME, text, strlen(text), &problems);
    config_check(again, &problems);
    assert(!problems_first_error(&problems));
    problems_clear(&problems);
    for (guint i = 0; i < config->services->len; i++) {
        const ServiceConfig *service = g_ptr_array_index(config->services, i);
        const ServiceConfig *shown = config_service(again, service->name);
        assert(shown && shown->mentioned == service->mentioned && shown->enabled == service->enabled);
        _cleanup_(service_spec_freep) ServiceSpec *was = service_spec_new(config, service, &paths, NULL);
        _cleanup_(service_spec_freep) ServiceSpec *now = service_spec_new(again, shown, &paths, NULL);
        g_auto(GStrv) drift = NULL;
        assert(service_drift(was->config, now->config, &drift) == 0 && !drift[0]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_(config_freep) Config *config = config_new();
    unsigned lines = count_lines(data, size);
    Problems problems = {0};

    config_parse(config, FILE_NAME, (const char *) data, size, &problems);
    for (size_t i = 0; i < problems.n; i++) {
        const Problem *problem = &problems.items[i], *before = i > 0 ? problem - 1 : NULL;
        check_problem(problem, lines);
        assert(!before || before->line < problem->line ||
               (before->line == problem->line && before->column <= problem->column));
    }
    if (!problems_first_error(&problems)) {
        check_values(config, lines);
        check_round_trip(config);
        check_containers(config);
        config->broken = true; /* what stands in for a broken file can be shown and read as well */
        check_round_trip(config);
    }
    problems_clear(&problems);
    assert(problems.n == 0 && !problems_first_error(&problems));
    return 0;
}
