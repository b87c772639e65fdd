/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The configuration: every kind of problem with its exact text and place, suggestions, layers, and what ShowConfig
 * prints. Expected values are written by hand.
 */
#include <errno.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "service/config-keys.h"
#include "service/config-store.h"
#include "service/config.h"
#include "service/file.h"
#include "service/toml.h"

/* All problems as text, one a line, warnings marked. */
static char *problems_of(const char *text)
{
    _cleanup_(config_freep) Config *config = config_new();
    Problems problems = {0};
    GString *s = g_string_new(NULL);

    config_parse(config, "c.toml", text, strlen(text), &problems);
    for (size_t i = 0; i < problems.n; i++) {
        g_autofree char *line = problem_to_string(&problems.items[i]);
        g_string_append_printf(
            s, "%s%s%s", i > 0 ? "\n" : "", problems.items[i].severity == SEVERITY_WARNING ? "warning " : "", line);
    }
    problems_clear(&problems);
    return g_string_free(s, FALSE);
}

static void test_problems(void)
{
    static const struct {
        const char *text, *expected;
    } rows[] = {
        {"", ""},
        {"# nothing\n", ""},
        {"[vpn]\n", ""},
        {"[vpn]\nmss_clamp = \"ask\"\nnotify = \"never\"\nignore = [\"tun0\", \"wg0-home\"]\n", ""},
        {"vpn.mss_clamp = \"off\"\n", ""},
        {"vpn = { notify = \"always\" }\n", ""},

        /* unknown keys */
        {"[vpn]\nmss_clmp = \"auto\"\n", "c.toml:2:1: Unknown key \"mss_clmp\" in [vpn]. Did you mean \"mss_clamp\"?"},
        {"[vpn]\nmss-clamp = \"auto\"\n",
            "c.toml:2:1: Unknown key \"mss-clamp\" in [vpn]. Did you mean \"mss_clamp\"?"},
        {"[vpn]\n  Notify = \"never\"\n", "c.toml:2:3: Unknown key \"Notify\" in [vpn]. Did you mean \"notify\"?"},
        {"[vpn]\ncolour = 3\n", "c.toml:2:1: Unknown key \"colour\" in [vpn]."},
        {"[vpn]\n\"\" = 1\n", "c.toml:2:1: Unknown key \"\" in [vpn]."},
        {"[vpn]\n\"a\\nb\" = 1\n", "c.toml:2:1: Unknown key \"a?b\" in [vpn]."},
        {"vpn.igonre = []\n", "c.toml:1:5: Unknown key \"igonre\" in [vpn]. Did you mean \"ignore\"?"},

        /* a key in the wrong place, and unknown sections */
        {"mss_clamp = \"auto\"\n", "c.toml:1:1: Key \"mss_clamp\" stands outside of a section; it belongs to [vpn]."},
        {"mss_clam = \"auto\"\n", "c.toml:1:1: Unknown key \"mss_clam\". Did you mean \"mss_clamp\" in [vpn]?"},
        {"colour = 1\n", "c.toml:1:1: Unknown key \"colour\"."},
        {"[vnp]\nnotify = \"never\"\n", "c.toml:1:2: Unknown section \"vnp\". Did you mean [vpn]?"},
        {"[servces.web]\nimage = \"x\"\n", "c.toml:1:2: Unknown section \"servces\". Did you mean [services]?"},
        {"[weather]\n", "c.toml:1:2: Unknown section \"weather\"."},
        {"[notify]\n", "c.toml:1:2: Key \"notify\" stands outside of a section; it belongs to [vpn]."},

        /* types and values */
        {"vpn = 3\n", "c.toml:1:7: \"vpn\" must be a section, written as [vpn], not an integer."},
        {"[[vpn]]\nnotify = \"never\"\n", "c.toml:1:1: \"vpn\" must be a section, written as [vpn], not an array."},
        {"[vpn]\nmss_clamp = true\n",
            "c.toml:2:13: \"mss_clamp\" must be one of the strings \"auto\", \"ask\" or \"off\", not a boolean."},
        {"[vpn]\nnotify = 1.5\n",
            "c.toml:2:10: \"notify\" must be one of the strings \"changes\", \"always\" or \"never\", not a number."},
        {"[vpn]\nnotify = 2026-01-01\n",
            "c.toml:2:10: \"notify\" must be one of the strings \"changes\", \"always\" or \"never\", not a date."},
        {"[vpn]\nmss_clamp = \"atuo\"\n",
            "c.toml:2:13: \"atuo\" is not a value of \"mss_clamp\": use \"auto\", \"ask\" or \"off\". Did you mean \"auto\"?"},
        {"[vpn]\nnotify = \"\"\n",
            "c.toml:2:10: \"\" is not a value of \"notify\": use \"changes\", \"always\" or \"never\"."},
        {"[vpn]\nignore = \"tun0\"\n",
            "c.toml:2:10: \"ignore\" must be an array of interface names such as [\"tun0\"], not a string."},
        {"[vpn]\nignore = [\"tun0\", 7]\n",
            "c.toml:2:19: \"ignore\" must hold interface names as strings, not an integer."},
        {"[vpn]\nignore = [\"../x\"]\n",
            "c.toml:2:11: \"../x\" is not the name of a network interface: names are 1 to 15 letters, digits and . _ @ + "
            "-."},
        {"[vpn]\nignore = [\"tun*\"]\n",
            "c.toml:2:11: \"tun*\" is not the name of a network interface: names are 1 to 15 letters, digits and . _ @ + "
            "-."},

        /* later versions */
        {"[services.web]\nimage = \"x\"\n", ""},
        {"[runtime]\n[cli]\n[meta]\n", ""},
        {"[vpn]\nprobe = \"auto\"\nprobe_targets = []\n",
            "warning c.toml:2:1: Key \"vpn.probe\" is not used by this version of airpods.\n"
            "warning c.toml:3:1: Key \"vpn.probe_targets\" is not used by this version of airpods."},

        /* several, in the order of the file */
        {"[vpn]\nzz = 1\nnotify = 2\nignore = [3, \"ok\", 4]\n",
            "c.toml:2:1: Unknown key \"zz\" in [vpn].\n"
            "c.toml:3:10: \"notify\" must be one of the strings \"changes\", \"always\" or \"never\", not an integer.\n"
            "c.toml:4:11: \"ignore\" must hold interface names as strings, not an integer.\n"
            "c.toml:4:20: \"ignore\" must hold interface names as strings, not an integer."},
    };

    for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
        g_autofree char *found = problems_of(rows[i].text);
        g_assert_cmpstr(found, ==, rows[i].expected);
    }
}

/* The sentence is the parser's; where it points is ours to keep. */
static void test_syntax(void)
{
    static const struct {
        const char *text, *place;
    } rows[] = {
        {"[vpn\n", "c.toml:1:5: Not valid TOML in the table header: expected ']', saw '\\n'."},
        {"[vpn]\nnotify = \n", "c.toml:2:10: Not valid TOML in the key-value pair: expected value, saw '\\n'."},
        {"[vpn]\nnotify = \"never\nmss_clamp = \"ask\"\n", "c.toml:2:16: "},
        {"[vpn]\nnotify = \"never\"\nnotify = \"always\"\n", "c.toml:3:"},
        {"[vpn]\n[vpn]\n", "c.toml:2:"},
        {"a = \"\xff\"\n", "c.toml:1:6: The byte 0xff is not UTF-8 text here: save the file as UTF-8."},
        {"# ä\nä = \"\xc3\"\n", "c.toml:2:6: The byte 0xc3 is not UTF-8 text here: save the file as UTF-8."},
        {"= 1\n", "c.toml:1:1: "},
    };

    for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
        g_autofree char *found = problems_of(rows[i].text);
        if (!g_str_has_prefix(found, rows[i].place))
            g_error("\"%s\" does not begin with \"%s\"", found, rows[i].place);
        g_assert_true(g_str_has_suffix(found, "."));
        g_assert_null(strchr(found, '\n'));
        g_assert_true(g_utf8_validate(found, -1, NULL));
    }
}

/* Depth is bounded, or a hostile file could use up the stack. */
static void test_depth(void)
{
    g_autoptr(GString) arrays = g_string_new("x = ");
    for (unsigned i = 0; i < 100; i++)
        g_string_append_c(arrays, '[');
    g_autofree char *found = problems_of(arrays->str);
    g_assert_true(g_str_has_prefix(found, "c.toml:1:"));

    g_autoptr(GString) dots = g_string_new("services");
    for (unsigned i = 0; i < TOML_LINE_DOTS_MAX; i++)
        g_string_append(dots, ".a");
    g_autofree char *most = g_strconcat("\n", dots->str, " = 1\n", NULL);
    g_autofree char *fine = problems_of(most);
    g_assert_cmpstr(fine, ==, "c.toml:2:12: Unknown key \"a\" in [services.a].");

    g_autofree char *text = g_strconcat("\n", dots->str, ".a = 1\n", NULL);
    g_autofree char *refused = problems_of(text);
    g_assert_cmpstr(refused, ==, "c.toml:2:1: This line has too many dots.");

    /* The deepest file that is accepted: dotted headers, and tables in arrays over many lines. */
    g_autoptr(GString) deep = g_string_new("x = ");
    for (unsigned i = 0; i < 7; i++) {
        g_string_append(deep, "[ {a");
        for (unsigned k = 1; k < TOML_LINE_DOTS_MAX; k++)
            g_string_append(deep, ".a");
        g_string_append(deep, " = [\n");
    }
    g_autofree char *survived = problems_of(deep->str);
    g_assert_true(g_str_has_prefix(survived, "c.toml:"));
}

static void test_limits(void)
{
    g_autoptr(GString) many = g_string_new("[vpn]\nignore = [");
    for (unsigned i = 0; i < 257; i++)
        g_string_append_printf(many, "\"t%u\", ", i);
    g_string_append(many, "]\n");
    g_autofree char *found = problems_of(many->str);
    g_assert_cmpstr(found, ==, "c.toml:2:10: \"ignore\" has more than 256 entries.");

    /* A long word is cut, and the list of problems ends at a hundred. */
    g_autofree char *word = g_strnfill(3000, 'a');
    g_autofree char *text = g_strconcat("[vpn]\nnotify = \"", word, "\"\n", NULL);
    g_autofree char *cut = problems_of(text);
    g_assert_cmpuint(strlen(cut), <, 250);
    g_assert_nonnull(strstr(cut, "aaa…\" is not a value"));

    g_autoptr(GString) bad = g_string_new("[vpn]\n");
    for (unsigned i = 0; i < 500; i++)
        g_string_append_printf(bad, "x%u = 1\n", i);
    g_autofree char *list = problems_of(bad->str);
    g_auto(GStrv) lines = g_strsplit(list, "\n", 0);
    g_assert_cmpuint(g_strv_length(lines), ==, 100);
}

/* What ShowConfig prints of [vpn], the section whose keys have been there from the start. */
static char *show_vpn(const Config *config)
{
    g_autofree char *shown = config_show(config);
    const char *begin = strstr(shown, "[vpn]\n");
    g_assert_nonnull(begin);
    const char *end = strstr(begin, "\n\n");
    return g_strndup(begin, (gsize) (end - begin + 1));
}

static void test_values_and_show(void)
{
    static const char system_text[] = "[vpn]\nmss_clamp = \"ask\"\nnotify = \"always\"\n";
    static const char user_text[] = "# mine\n[vpn]\nnotify = \"never\"\nignore = [\"tun0\", \"wg-home\"]\n";
    _cleanup_(config_freep) Config *config = config_new();
    Problems problems = {0};

    g_autofree char *defaults = show_vpn(config);
    g_assert_cmpstr(
        defaults, ==, "[vpn]\nmss_clamp = \"auto\" # default\nnotify = \"changes\" # default\nignore = [] # default\n");
    g_assert_false(config_ignores(config, "tun0"));

    config_parse(config, "/etc/airpods/config.toml", system_text, strlen(system_text), &problems);
    config_parse(config, "/home/u/c.toml", user_text, strlen(user_text), &problems);
    config_check(config, &problems);
    g_assert_cmpuint(problems.n, ==, 0);
    g_assert_cmpint(config->mss_clamp, ==, POLICY_ASK);
    g_assert_cmpint(config->notify, ==, NOTIFY_NEVER);
    g_assert_true(config_ignores(config, "tun0"));
    g_assert_true(config_ignores(config, "wg-home"));
    g_assert_false(config_ignores(config, "wg-hom"));

    g_autofree char *shown = show_vpn(config);
    g_assert_cmpstr(shown, ==,
        "[vpn]\n"
        "mss_clamp = \"ask\" # /etc/airpods/config.toml:2\n"
        "notify = \"never\" # /home/u/c.toml:3\n"
        "ignore = [\"tun0\", \"wg-home\"] # /home/u/c.toml:4\n");

    /* What is shown is itself a configuration, and the same one. */
    _cleanup_(config_freep) Config *again = config_new();
    config_parse(again, "x", shown, strlen(shown), &problems);
    g_assert_cmpuint(problems.n, ==, 0);
    g_assert_cmpint(again->mss_clamp, ==, POLICY_ASK);
    g_assert_true(config_ignores(again, "wg-home"));
}

static void test_broken(void)
{
    _cleanup_(config_freep) Config *config = config_new();

    config->broken = true;
    config->mss_clamp = POLICY_OFF;
    g_autofree char *shown = config_show(config);
    g_assert_nonnull(strstr(shown, "# The configuration has errors"));
    g_assert_nonnull(strstr(shown, "mss_clamp = \"off\" # until the file is right\n"));
}

static void test_key_table(void)
{
    size_t n;
    const ConfigKey *keys = config_keys(&n);

    for (size_t i = 0; i < n; i++) {
        const ConfigKey *key = &keys[i];
        g_assert_true(config_key_find(key->scope, key->name) == key);
        g_assert_cmpuint(config_key_index(key), ==, i);
        g_assert_true(g_str_has_suffix(key->sentence, "."));
        g_assert_true((key->use == CONFIG_USE_GONE) == (key->since == NULL));
        if (key->type == CONFIG_TYPE_STRING || key->type == CONFIG_TYPE_STRINGS || key->type == CONFIG_TYPE_COMMAND)
            g_assert_true(key->check && key->expected);
        if (key->earlier)
            g_assert_true(config_key_find(key->scope, key->earlier) == key);
        g_assert_true((key->use == CONFIG_USE_GONE) != g_strv_contains(config_key_names(key->scope), key->name));
        /* The default that the table documents is the one in force. */
        if (!key->default_value || key->scope >= CONFIG_SCOPE_SERVICE)
            continue;
        _cleanup_(config_freep) Config *config = config_new();
        g_assert_null(config_key_origin(key, config, NULL)->file);
    }
    g_assert_cmpint(config_scope_of_key("ignore", CONFIG_SCOPE_MAX), ==, CONFIG_SCOPE_VPN);
    g_assert_cmpint(config_scope_of_key("image", CONFIG_SCOPE_MAX), ==, CONFIG_SCOPE_SERVICE);
    g_assert_cmpint(config_scope_of_key("stop_timeout", CONFIG_SCOPE_CLI), ==, CONFIG_SCOPE_SERVICE);
    g_assert_cmpint(config_scope_of_key("colour", CONFIG_SCOPE_MAX), ==, CONFIG_SCOPE_MAX);
    g_autofree char *title = config_scope_title(CONFIG_SCOPE_HEALTH, "web");
    g_assert_cmpstr(title, ==, "services.web.health");
}

static char *make_folder(void)
{
    char *folder = g_dir_make_tmp("airpods-XXXXXX", NULL);
    g_assert_nonnull(folder);
    return folder;
}

static void test_file_read(void)
{
    g_autofree char *folder = make_folder();
    g_autofree char *path = g_build_filename(folder, "f", NULL);
    g_autofree char *fifo = g_build_filename(folder, "fifo", NULL);
    g_autofree char *text = NULL;
    size_t size = 99;

    g_assert_cmpint(file_read(path, 10, &text, &size), ==, -ENOENT);
    g_assert_cmpint(file_read(folder, 10, &text, &size), ==, -EISDIR);
    g_assert_cmpint(file_read("/dev/null", 10, &text, &size), ==, -EBADFD);
    g_assert_cmpint(mkfifo(fifo, 0600), ==, 0);
    g_assert_cmpint(file_read(fifo, 10, &text, &size), ==, -EBADFD);

    g_assert_true(g_file_set_contents(path, "0123456789", 10, NULL));
    g_assert_cmpint(file_read(path, 9, &text, &size), ==, -EFBIG);
    g_assert_null(text);
    g_assert_cmpint(file_read(path, 10, &text, &size), ==, 0);
    g_assert_cmpuint(size, ==, 10);
    g_assert_cmpstr(text, ==, "0123456789");

    g_assert_cmpint(g_unlink(path), ==, 0);
    g_assert_cmpint(g_unlink(fifo), ==, 0);
    g_assert_cmpint(g_rmdir(folder), ==, 0);
}

static void on_change(void *userdata)
{
}

static void assert_problem(const ConfigStore *store, const char *path, const char *expected)
{
    Problems problems = {0};
    config_store_validate(store, path, &problems);
    g_assert_cmpuint(problems.n, ==, 1);
    g_autofree char *text = problem_to_string(&problems.items[0]);
    g_assert_cmpstr(text, ==, expected);
    g_assert_cmpuint(problems.items[0].line, ==, 0);
    problems_clear(&problems);
}

static void test_store(void)
{
    g_autofree char *folder = make_folder();
    g_autofree char *path = g_build_filename(folder, "c.toml", NULL);
    _cleanup_(sd_event_unrefp) sd_event *event = NULL;
    _cleanup_(config_store_freep) ConfigStore *store = NULL;
    Problems problems = {0};

    g_setenv("AIRPODS_CONFIG", path, TRUE);
    g_assert_cmpint(sd_event_new(&event), >=, 0);
    g_assert_true(g_file_set_contents(path, "[vpn]\nnotify = 1\n", -1, NULL));
    g_assert_cmpint(config_store_new(&store, event, on_change, NULL), ==, 0);
    g_assert_cmpstr(config_store_path(store), ==, path);

    /* Broken from the start: nothing is done. */
    g_assert_cmpint(config_store_reload(store, &problems), ==, -EBADMSG);
    g_assert_nonnull(problems_first_error(&problems));
    g_assert_true(config_store_get(store)->broken);
    g_assert_cmpint(config_store_get(store)->mss_clamp, ==, POLICY_OFF);
    problems_clear(&problems);

    /* Right, then wrong: the good one stays. Then gone: defaults. */
    g_assert_true(g_file_set_contents(path, "[vpn]\nmss_clamp = \"ask\"\n", -1, NULL));
    g_assert_cmpint(config_store_reload(store, &problems), ==, 0);
    g_assert_cmpint(config_store_get(store)->mss_clamp, ==, POLICY_ASK);
    g_assert_true(g_file_set_contents(path, "[vpn]\nmss_clamp = \n", -1, NULL));
    g_assert_cmpint(config_store_reload(store, &problems), ==, -EBADMSG);
    g_assert_cmpint(config_store_get(store)->mss_clamp, ==, POLICY_ASK);
    g_assert_false(config_store_get(store)->broken);
    problems_clear(&problems);
    g_assert_cmpint(g_unlink(path), ==, 0);
    g_assert_cmpint(config_store_reload(store, &problems), ==, 0);
    g_assert_cmpint(config_store_get(store)->mss_clamp, ==, POLICY_AUTO);

    g_autofree char *missing = g_strconcat(path, ": There is no such file.", NULL);
    assert_problem(store, path, missing);
    g_autofree char *directory = g_strconcat(folder, ": This is a directory, not a file.", NULL);
    assert_problem(store, folder, directory);
    assert_problem(store, "/dev/zero", "/dev/zero: This is not a regular file.");
    g_autofree char *big = g_strnfill(CONFIG_SIZE_MAX + 1, '\n');
    g_assert_true(g_file_set_contents(path, big, -1, NULL));
    g_autofree char *too_big = g_strconcat(path, ": The file is larger than 256 KiB.", NULL);
    assert_problem(store, path, too_big);
    g_assert_cmpint(g_unlink(path), ==, 0);
    g_assert_cmpint(g_rmdir(folder), ==, 0);
    g_unsetenv("AIRPODS_CONFIG");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/service/config/problems", test_problems);
    g_test_add_func("/service/config/syntax", test_syntax);
    g_test_add_func("/service/config/depth", test_depth);
    g_test_add_func("/service/config/limits", test_limits);
    g_test_add_func("/service/config/values-and-show", test_values_and_show);
    g_test_add_func("/service/config/broken", test_broken);
    g_test_add_func("/service/config/key-table", test_key_table);
    g_test_add_func("/service/config/file-read", test_file_read);
    g_test_add_func("/service/config/store", test_store);
    return g_test_run();
}
