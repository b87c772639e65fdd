/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Two files, the user's over the administrator's. A missing file is fine; a file that cannot be read is an error like
 * any other. Changes are noticed in the directory, not in the file, since editors write a new file and rename it; while
 * the directory does not exist, the nearest one that does is watched. Events are collected for a moment: an editor's
 * save is several of them.
 */
#include <errno.h>
#include <glib.h>
#include <string.h>
#include <sys/inotify.h>

#include "service/config-store.h"
#include "service/file.h"

#define QUIET_USEC (100ULL * 1000)

enum { FILE_SYSTEM, FILE_USER, FILE_MAX };

typedef struct Watch {
    ConfigStore *store;
    char *path;    /* of the file */
    char *awaited; /* the name in the watched directory that leads to the file */
    sd_event_source *inotify;
} Watch;

struct ConfigStore {
    sd_event *event;
    Config *config;
    Watch files[FILE_MAX];
    sd_event_source *quiet;
    void (*on_disk_change)(void *userdata);
    void *userdata;
};

static char *user_path(void)
{
    const char *path = g_getenv("AIRPODS_CONFIG");

    if (path && path[0])
        return g_canonicalize_filename(path, NULL);
    const char *home = g_getenv("XDG_CONFIG_HOME");
    if (home && home[0] == '/') /* relative ones are to be ignored (XDG Base Directory Specification) */
        return g_build_filename(home, "airpods", "config.toml", NULL);
    return g_build_filename(g_get_home_dir(), ".config", "airpods", "config.toml", NULL);
}

static void parse_file(Config *config, const char *path, bool must_exist, Problems *problems)
{
    g_autofree char *text = NULL;
    size_t size;

    int r = file_read(path, CONFIG_SIZE_MAX, &text, &size);
    switch (-r) {
    case 0:
        config_parse(config, path, text, size, problems);
        break;
    case ENOENT:
    case ENOTDIR:
        if (must_exist)
            problems_add(problems, path, 0, 0, SEVERITY_ERROR, "There is no such file.");
        break;
    case EISDIR:
        problems_add(problems, path, 0, 0, SEVERITY_ERROR, "This is a directory, not a file.");
        break;
    case EBADFD:
        problems_add(problems, path, 0, 0, SEVERITY_ERROR, "This is not a regular file.");
        break;
    case EFBIG:
        problems_add(problems, path, 0, 0, SEVERITY_ERROR, "The file is larger than %u KiB.", CONFIG_SIZE_MAX / 1024U);
        break;
    default:
        problems_add(problems, path, 0, 0, SEVERITY_ERROR, "The file cannot be read: %s.", g_strerror(-r));
        break;
    }
}

static void parse_all(const ConfigStore *store, Config *config, Problems *problems)
{
    for (size_t i = 0; i < FILE_MAX; i++)
        parse_file(config, store->files[i].path, false, problems);
    if (!problems_first_error(problems))
        config_check(config, problems);
}

int config_store_reload(ConfigStore *store, Problems *problems)
{
    _cleanup_(config_freep) Config *config = config_new();

    parse_all(store, config, problems);
    const Problem *error = problems_first_error(problems);
    if (error) {
        g_free(store->config->faulty);
        store->config->faulty = g_strdup(error->file);
        return -EBADMSG;
    }
    config_free(store->config);
    store->config = TAKE_PTR(config);
    return 0;
}

void config_store_validate(const ConfigStore *store, const char *path, Problems *problems)
{
    _cleanup_(config_freep) Config *config = config_new();

    if (!path[0]) {
        parse_all(store, config, problems);
        return;
    }
    parse_file(config, path, true, problems);
    if (!problems_first_error(problems))
        config_check(config, problems);
}

const Config *config_store_get(const ConfigStore *store)
{
    return store->config;
}

const char *config_store_path(const ConfigStore *store)
{
    return store->files[FILE_USER].path;
}

char *config_store_show(const ConfigStore *store)
{
    return config_show(store->config);
}

static int on_inotify(sd_event_source *source, const struct inotify_event *event, void *userdata);

/* Watches the directory of the file or, while there is none, the nearest one above it. */
static void watch_arm(Watch *watch)
{
    static const uint32_t mask = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB |
                                 IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
    g_autofree char *directory = g_path_get_dirname(watch->path);
    g_autofree char *awaited = g_path_get_basename(watch->path);

    watch->inotify = sd_event_source_disable_unref(watch->inotify);
    for (;;) {
        int r = sd_event_add_inotify(watch->store->event, &watch->inotify, directory, mask, on_inotify, watch);
        if (r >= 0 || strcmp(directory, "/") == 0)
            break;
        g_free(awaited);
        awaited = g_path_get_basename(directory);
        char *parent = g_path_get_dirname(directory);
        g_free(directory);
        directory = parent;
    }
    g_free(watch->awaited);
    watch->awaited = g_steal_pointer(&awaited);
}

static int on_quiet(sd_event_source *source, uint64_t usec, void *userdata)
{
    ConfigStore *store = userdata;

    store->quiet = sd_event_source_disable_unref(store->quiet);
    for (size_t i = 0; i < FILE_MAX; i++)
        watch_arm(&store->files[i]);
    store->on_disk_change(store->userdata);
    return 0;
}

static int on_inotify(sd_event_source *source, const struct inotify_event *event, void *userdata)
{
    Watch *watch = userdata;
    ConfigStore *store = watch->store;
    bool directory_gone = event->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT | IN_Q_OVERFLOW);

    if (!directory_gone && (event->len == 0 || strcmp(event->name, watch->awaited) != 0))
        return 0;
    if (!store->quiet)
        return sd_event_add_time_relative(
            store->event, &store->quiet, CLOCK_MONOTONIC, QUIET_USEC, 10000, on_quiet, store);
    return sd_event_source_set_time_relative(store->quiet, QUIET_USEC);
}

ConfigStore *config_store_free(ConfigStore *store)
{
    if (!store)
        return NULL;
    for (size_t i = 0; i < FILE_MAX; i++) {
        sd_event_source_disable_unref(store->files[i].inotify);
        g_free(store->files[i].path);
        g_free(store->files[i].awaited);
    }
    sd_event_source_disable_unref(store->quiet);
    config_free(store->config);
    sd_event_unref(store->event);
    g_free(store);
    return NULL;
}

int config_store_new(ConfigStore **ret, sd_event *event, void (*on_disk_change)(void *userdata), void *userdata)
{
    ConfigStore *store = g_new0(ConfigStore, 1);

    store->event = sd_event_ref(event);
    store->on_disk_change = on_disk_change;
    store->userdata = userdata;
    store->files[FILE_SYSTEM].path = g_strdup(CONFIG_SYSTEM_PATH);
    store->files[FILE_USER].path = user_path();
    for (size_t i = 0; i < FILE_MAX; i++) {
        store->files[i].store = store;
        watch_arm(&store->files[i]);
    }
    /* In force until the first reload, and for as long as that finds errors. */
    store->config = config_new();
    store->config->broken = true;
    store->config->mss_clamp = POLICY_OFF;
    *ret = store;
    return 0;
}
