/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The state file of airpodsd, which any program of the user may have written: service/state.c. Whatever it holds, what is
 * read from it is in range, and what is remembered next is there after the next start.
 */
#include <assert.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <stdbool.h>
#include <string.h>

#include "service/state.h"
#include "tests/fuzz/fuzz.h"

#define NAME "wg0-mullvad"
#define KIND "wireguard"
/* A kind that does not fit into the file as it is. */
#define ODD_KIND "]\n[x=\xc3\xa4"

/* One folder for all runs, until the program ends. */
static char *folder;

static char *state_file(const char *suffix)
{
    return g_strconcat(folder, "/state", suffix, NULL);
}

static void remove_all(void)
{
    g_autofree char *state = state_file(""), *corrupt = state_file(".corrupt");

    (void) g_unlink(state);
    (void) g_unlink(corrupt);
    (void) g_rmdir(folder);
    g_free(folder);
}

static void make_folder(void)
{
    if (folder)
        return;
    folder = g_dir_make_tmp("airpods-fuzz-XXXXXX", NULL);
    assert(folder);
    int r = atexit(remove_all);
    assert(r == 0);
}

static bool told_is(const State *state, const char *kind, const char *expected)
{
    g_autofree char *told = state_get_told(state, NAME, kind);
    return g_strcmp0(told, expected) == 0;
}

static void check_values(const State *state)
{
    Policy policy = state_get_policy(state, NAME, KIND);
    g_autofree char *told = state_get_told(state, NAME, KIND);

    assert(policy == POLICY_INVALID || (policy >= 0 && policy < POLICY_MAX));
    assert(!told || g_utf8_validate(told, -1, NULL));
}

/* < 0: this state cannot be written, and then the old file stays. */
static int remember(State *state)
{
    int r = state_set_policy(state, NAME, KIND, POLICY_OFF);
    if (r >= 0)
        r = state_set_told(state, NAME, KIND, "clamped");
    if (r >= 0)
        r = state_set_told(state, NAME, ODD_KIND, "denied");
    return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_(state_freep) State *state = NULL, *again = NULL;
    int r;

    make_folder();
    g_autofree char *path = state_file(""), *corrupt = state_file(".corrupt");
    bool written =
        g_file_set_contents_full(path, (const char *) data, (gssize) size, G_FILE_SET_CONTENTS_NONE, 0600, NULL);
    assert(written);

    r = state_open(&state, path);
    assert(r == 0 || r == 1);
    assert(g_file_test(path, G_FILE_TEST_EXISTS) == (r == 0));
    assert(g_file_test(corrupt, G_FILE_TEST_EXISTS) == (r == 1));
    (void) g_unlink(corrupt);
    check_values(state);

    r = remember(state);
    assert(r == 0);
    r = state_open(&again, path);
    assert(r == 0);
    assert(state_get_policy(again, NAME, KIND) == POLICY_OFF);
    assert(told_is(again, KIND, "clamped") && told_is(again, ODD_KIND, "denied"));
    return 0;
}
