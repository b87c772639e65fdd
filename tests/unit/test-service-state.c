/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is remembered of a VPN: over a restart, when the file is damaged, and when there are too many.
 */
#include <errno.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "service/state.h"

typedef struct Folder {
    char *path, *file, *corrupt;
} Folder;

static void folder_make(Folder *folder, gconstpointer data)
{
    folder->path = g_dir_make_tmp("airpods-XXXXXX", NULL);
    g_assert_nonnull(folder->path);
    folder->file = g_build_filename(folder->path, "airpods", "tunnels", NULL);
    folder->corrupt = g_strconcat(folder->file, ".corrupt", NULL);
}

static void folder_remove(Folder *folder, gconstpointer data)
{
    g_autofree char *directory = g_path_get_dirname(folder->file);
    (void) g_unlink(folder->file);
    (void) g_unlink(folder->corrupt);
    (void) g_rmdir(directory);
    g_assert_cmpint(g_rmdir(folder->path), ==, 0); /* nothing else was left, no temporary file either */
    g_free(folder->path);
    g_free(folder->file);
    g_free(folder->corrupt);
}

static State *open_state(const Folder *folder, int expected)
{
    State *state = NULL;
    g_assert_cmpint(state_open(&state, folder->file), ==, expected);
    g_assert_nonnull(state);
    return state;
}

static void test_remember(Folder *folder, gconstpointer data)
{
    struct stat before, after, again;
    State *state = open_state(folder, 0);

    g_assert_cmpint(state_get_policy(state, "wg0", "wireguard"), ==, POLICY_INVALID);
    g_assert_null(state_get_told(state, "wg0", "wireguard"));
    g_assert_cmpint(state_set_policy(state, "wg0", "wireguard", POLICY_OFF), ==, 0);
    g_assert_cmpint(state_set_told(state, "wg0", "wireguard", "adjusted"), ==, 0);
    g_assert_cmpint(state_set_policy(state, "wg0", "tun", POLICY_ASK), ==, 0);
    state_free(state);

    state = open_state(folder, 0);
    g_assert_cmpint(state_get_policy(state, "wg0", "wireguard"), ==, POLICY_OFF);
    g_assert_cmpint(state_get_policy(state, "wg0", "tun"), ==, POLICY_ASK); /* another kind, another VPN */
    g_assert_cmpint(state_get_policy(state, "wg", "wireguard"), ==, POLICY_INVALID);
    g_autofree char *told = state_get_told(state, "wg0", "wireguard");
    g_assert_cmpstr(told, ==, "adjusted");

    /* What is not new is not written; what is written replaces the file. */
    g_assert_cmpint(stat(folder->file, &before), ==, 0);
    g_assert_cmpuint(before.st_mode & 0777, ==, 0600);
    g_assert_cmpint(state_set_policy(state, "wg0", "wireguard", POLICY_OFF), ==, 0);
    g_assert_cmpint(stat(folder->file, &after), ==, 0);
    g_assert_cmpuint(before.st_ino, ==, after.st_ino);
    g_assert_cmpint(state_set_policy(state, "wg0", "wireguard", POLICY_AUTO), ==, 0);
    g_assert_cmpint(stat(folder->file, &again), ==, 0);
    g_assert_cmpuint(again.st_ino, !=, after.st_ino);
    state_free(state);
}

static void test_damaged(Folder *folder, gconstpointer data)
{
    static const char *const texts[] = {"no key file", "[wg0 wireguard\npolicy=off\n", "\xff\xfe\x00garbage"};

    for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
        g_autofree char *directory = g_path_get_dirname(folder->file);
        g_autofree char *saved = NULL;
        g_assert_cmpint(g_mkdir_with_parents(directory, 0700), ==, 0);
        g_assert_true(g_file_set_contents(folder->file, texts[i], -1, NULL));
        State *state = open_state(folder, 1);
        g_assert_cmpint(state_get_policy(state, "wg0", "wireguard"), ==, POLICY_INVALID);
        g_assert_true(g_file_get_contents(folder->corrupt, &saved, NULL, NULL));
        g_assert_cmpstr(saved, ==, texts[i]);
        g_assert_cmpint(state_set_policy(state, "wg0", "wireguard", POLICY_ASK), ==, 0);
        state_free(state);
        state = open_state(folder, 0);
        g_assert_cmpint(state_get_policy(state, "wg0", "wireguard"), ==, POLICY_ASK);
        state_free(state);
    }
}

static void test_odd_contents(Folder *folder, gconstpointer data)
{
    g_autofree char *directory = g_path_get_dirname(folder->file);

    g_assert_cmpint(g_mkdir_with_parents(directory, 0700), ==, 0);
    g_assert_true(g_file_set_contents(
        folder->file, "[wg0 wireguard]\npolicy=nonsense\nlater=1\n[wg1 tun]\npolicy=off\n", -1, NULL));
    State *state = open_state(folder, 0);
    g_assert_cmpint(state_get_policy(state, "wg0", "wireguard"), ==, POLICY_INVALID);
    g_assert_cmpint(state_get_policy(state, "wg1", "tun"), ==, POLICY_OFF);
    /* A kind is whatever a kernel module says; it must not break the file. */
    g_assert_cmpint(state_set_policy(state, "wg0", "a]\nb", POLICY_OFF), ==, 0);
    state_free(state);
    state = open_state(folder, 0);
    g_assert_cmpint(state_get_policy(state, "wg0", "a]\nb"), ==, POLICY_OFF);
    g_assert_cmpint(state_get_policy(state, "wg1", "tun"), ==, POLICY_OFF);
    state_free(state);
}

static void test_not_writable(Folder *folder, gconstpointer data)
{
    /* A file where the directory should be: true for root as well. */
    g_autofree char *directory = g_path_get_dirname(folder->file);
    g_assert_true(g_file_set_contents(directory, "x", 1, NULL));
    State *state = open_state(folder, 0);
    g_assert_cmpint(state_set_policy(state, "wg0", "wireguard", POLICY_OFF), <, 0);
    g_assert_cmpint(state_get_policy(state, "wg0", "wireguard"), ==, POLICY_OFF); /* for as long as we run */
    state_free(state);
    g_assert_cmpint(g_unlink(directory), ==, 0);
}

static void test_many(Folder *folder, gconstpointer data)
{
    State *state = open_state(folder, 0);

    for (unsigned i = 0; i < STATE_VPNS_MAX; i++) {
        g_autofree char *name = g_strdup_printf("t%u", i);
        g_assert_cmpint(state_set_policy(state, name, "tun", POLICY_OFF), ==, 0);
    }
    g_assert_cmpint(state_set_told(state, "t0", "tun", "ask"), ==, 0); /* t0 is the newest now */
    g_assert_cmpint(state_set_policy(state, "new", "tun", POLICY_OFF), ==, 0);
    g_assert_cmpint(state_get_policy(state, "t0", "tun"), ==, POLICY_OFF);
    g_assert_cmpint(state_get_policy(state, "t1", "tun"), ==, POLICY_INVALID);
    g_assert_cmpint(state_get_policy(state, "t2", "tun"), ==, POLICY_OFF);
    g_assert_cmpint(state_get_policy(state, "new", "tun"), ==, POLICY_OFF);

    g_assert_cmpint(state_set_policy(state, "t2", "tun", POLICY_OFF), ==, 0); /* the same choice, made again */
    g_assert_cmpint(state_set_policy(state, "newer", "tun", POLICY_OFF), ==, 0);
    g_assert_cmpint(state_get_policy(state, "t2", "tun"), ==, POLICY_OFF);
    g_assert_cmpint(state_get_policy(state, "t3", "tun"), ==, POLICY_INVALID);
    state_free(state);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/service/state/remember", Folder, NULL, folder_make, test_remember, folder_remove);
    g_test_add("/service/state/damaged", Folder, NULL, folder_make, test_damaged, folder_remove);
    g_test_add("/service/state/odd-contents", Folder, NULL, folder_make, test_odd_contents, folder_remove);
    g_test_add("/service/state/not-writable", Folder, NULL, folder_make, test_not_writable, folder_remove);
    g_test_add("/service/state/many", Folder, NULL, folder_make, test_many, folder_remove);
    return g_test_run();
}
