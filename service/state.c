/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A GKeyFile with one group for each VPN, "NAME KIND", the most recently set one last. Written to a temporary file
 * beside it and renamed over it. There is no fsync(): after a power cut an older or empty file only means that a choice
 * is asked for once more, and a daemon that serves a desktop must not wait for a disk.
 */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "service/file.h"
#include "service/state.h"

#define STATE_SIZE_MAX (256U * 1024U)

struct State {
    char *path;
    GKeyFile *file;
};

/* Interface names are ifname_valid(); a kind is whatever a kernel module calls itself. */
static char *group_of(const char *ifname, const char *kind)
{
    g_autofree char *plain = g_strdup(kind);

    g_strcanon(plain, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "._-", '_');
    return g_strconcat(ifname, " ", plain, NULL);
}

static void forget_oldest(State *state)
{
    size_t n;
    g_auto(GStrv) groups = g_key_file_get_groups(state->file, &n);

    for (size_t i = 0; i + STATE_VPNS_MAX < n; i++)
        g_key_file_remove_group(state->file, groups[i], NULL);
}

static int write_all(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, data, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        data += n;
        size -= (size_t) n;
    }
    return 0;
}

static int state_write(const State *state)
{
    g_autofree char *directory = g_path_get_dirname(state->path);
    g_autofree char *temporary = g_strconcat(state->path, ".XXXXXX", NULL);
    size_t size;
    g_autofree char *data = g_key_file_to_data(state->file, &size, NULL);
    _cleanup_(closep) int fd = -1;
    int r;

    if (g_mkdir_with_parents(directory, 0700) < 0)
        return -errno;
    fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0)
        return -errno;
    r = write_all(fd, data, size);
    if (r >= 0 && rename(temporary, state->path) < 0)
        r = -errno;
    if (r < 0)
        (void) unlink(temporary);
    return r;
}

/* The group to change, moved to the end of the file. */
static void touch(State *state, const char *group)
{
    g_auto(GStrv) keys = g_key_file_get_keys(state->file, group, NULL, NULL);
    g_autoptr(GPtrArray) values = g_ptr_array_new_with_free_func(g_free);

    for (size_t i = 0; keys && keys[i]; i++)
        g_ptr_array_add(values, g_key_file_get_value(state->file, group, keys[i], NULL));
    g_key_file_remove_group(state->file, group, NULL);
    for (size_t i = 0; keys && keys[i]; i++)
        g_key_file_set_value(state->file, group, keys[i], g_ptr_array_index(values, i));
}

static int remember(State *state, const char *ifname, const char *kind, const char *key, const char *value)
{
    g_autofree char *group = group_of(ifname, kind);
    g_autofree char *old = g_key_file_get_string(state->file, group, key, NULL);

    /* What is set once more is not old, so that it is not the next to be forgotten. The new order goes into the file with
     * the next change; it is not worth a write of its own. */
    touch(state, group);
    if (g_strcmp0(old, value) == 0)
        return 0;
    g_key_file_set_string(state->file, group, key, value);
    forget_oldest(state);
    return state_write(state);
}

Policy state_get_policy(const State *state, const char *ifname, const char *kind)
{
    g_autofree char *group = group_of(ifname, kind);
    g_autofree char *word = g_key_file_get_string(state->file, group, "policy", NULL);
    return policy_from_string(word);
}

char *state_get_told(const State *state, const char *ifname, const char *kind)
{
    g_autofree char *group = group_of(ifname, kind);
    return g_key_file_get_string(state->file, group, "told", NULL);
}

int state_set_policy(State *state, const char *ifname, const char *kind, Policy policy)
{
    return remember(state, ifname, kind, "policy", policy_to_string(policy));
}

int state_set_told(State *state, const char *ifname, const char *kind, const char *told)
{
    return remember(state, ifname, kind, "told", told);
}

State *state_free(State *state)
{
    if (!state)
        return NULL;
    g_key_file_unref(state->file);
    g_free(state->path);
    g_free(state);
    return NULL;
}

int state_open(State **ret, const char *path)
{
    _cleanup_(state_freep) State *state = g_new0(State, 1);
    g_autofree char *text = NULL;
    size_t size = 0;
    int r;

    state->path = g_strdup(path);
    state->file = g_key_file_new();
    r = file_read(path, STATE_SIZE_MAX, &text, &size);
    if (r >= 0 && size > 0 && !g_key_file_load_from_data(state->file, text, size, G_KEY_FILE_NONE, NULL)) {
        g_key_file_unref(state->file);
        state->file = g_key_file_new();
        r = -EBADMSG;
    }
    if (r == -EBADMSG || r == -EFBIG) {
        g_autofree char *aside = g_strconcat(path, ".corrupt", NULL);
        r = rename(path, aside) < 0 ? -errno : 1;
    } else if (r == -ENOENT || r == -ENOTDIR) {
        r = 0;
    }
    *ret = TAKE_PTR(state);
    return r;
}
