/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From words to a verb and its arguments.
 */
#include <errno.h>
#include <glib.h>

#include "cli/args.h"
#include "cli/report.h"
#include "cli/verb.h"
#include "shared/macro.h"

#define EVERY_OPTION (OPTION_BIT(OPTION_MAX) - 1)

static int count(char **words)
{
    return (int) g_strv_length(words);
}

static void parse(const char *line, unsigned options, const char *operand, Args *ret)
{
    _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
    /* What is returned points into the words, so they stay. */
    static GPtrArray *kept;
    char **words = g_strsplit(line, " ", -1);

    if (!kept)
        kept = g_ptr_array_new();
    g_ptr_array_add(kept, words);
    int argc = line[0] == '\0' ? 0 : count(words);
    g_assert_cmpint(args_parse(argc, words, options, operand, ret, &error), ==, 0);
    g_assert_false(sd_bus_error_is_set(&error));
}

static void refuse(const char *line, unsigned options, const char *operand, const char *sentence)
{
    _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
    g_auto(GStrv) words = g_strsplit(line, " ", -1);
    Args args;

    g_assert_cmpint(args_parse(count(words), words, options, operand, &args, &error), ==, -EINVAL);
    g_assert_cmpstr(error.name, ==, "org.airpods.Cli.Error.Usage");
    g_assert_cmpstr(error.message, ==, sentence);
}

static void test_args(void)
{
    Args args;

    parse("", EVERY_OPTION, "IFACE", &args);
    g_assert_cmpuint(args.given, ==, 0);
    g_assert_cmpuint(args.path_mtu, ==, 0);
    g_assert_null(args.operand);

    parse("wg0 --json", EVERY_OPTION, "IFACE", &args);
    g_assert_true(args_has(&args, OPTION_JSON));
    g_assert_false(args_has(&args, OPTION_ALL));
    g_assert_cmpstr(args.operand, ==, "wg0");

    parse("--path-mtu 1380 --all -h", EVERY_OPTION, NULL, &args);
    g_assert_cmpuint(args.path_mtu, ==, 1380);
    g_assert_cmpuint(args.given, ==, OPTION_BIT(OPTION_PATH_MTU) | OPTION_BIT(OPTION_ALL) | OPTION_BIT(OPTION_HELP));

    parse("--path-mtu=4294967295", EVERY_OPTION, NULL, &args);
    g_assert_cmpuint(args.path_mtu, ==, 4294967295);

    /* After "--" everything is an operand, and a lone dash always is one. */
    parse("-- --json", EVERY_OPTION, "IFACE", &args);
    g_assert_cmpstr(args.operand, ==, "--json");
    g_assert_false(args_has(&args, OPTION_JSON));
    parse("-", EVERY_OPTION, "IFACE", &args);
    g_assert_cmpstr(args.operand, ==, "-");

    /* Twice the same is the same, for what has no value. */
    parse("--json --json", EVERY_OPTION, NULL, &args);
    g_assert_true(args_has(&args, OPTION_JSON));

    /* One word, another meaning: which of the two is the verb's. */
    parse("--all", OPTION_BIT(OPTION_TAKE_ALL_BACK), NULL, &args);
    g_assert_cmpuint(args.given, ==, OPTION_BIT(OPTION_TAKE_ALL_BACK));

    /* Help is taken by every verb. */
    parse("--help", 0, NULL, &args);
    g_assert_true(args_has(&args, OPTION_HELP));
}

static void test_args_refused(void)
{
    refuse("--json", 0, NULL, "Unknown option \"--json\".");
    refuse("--jso", EVERY_OPTION, NULL, "Unknown option \"--jso\"; did you mean \"--json\"?");
    refuse("--jsonx", EVERY_OPTION, NULL, "Unknown option \"--jsonx\"; did you mean \"--json\"?");
    /* Neither one that this verb does not take nor one that is not offered is what was meant. */
    refuse("--jso", 0, NULL, "Unknown option \"--jso\".");
    refuse("--persistant", EVERY_OPTION, NULL, "Unknown option \"--persistant\".");
    refuse("-x", EVERY_OPTION, NULL, "Unknown option \"-x\".");
    refuse("--json=", EVERY_OPTION, NULL, "--json takes no value.");
    refuse("wg0", EVERY_OPTION, NULL, "\"wg0\" is one word too many.");
    refuse("a b", EVERY_OPTION, "IFACE", "Only one IFACE, not also \"b\".");
    refuse("--path-mtu", EVERY_OPTION, NULL, "--path-mtu wants a value: N.");
    refuse("--path-mtu=", EVERY_OPTION, NULL, "--path-mtu wants a number of bytes, not \"\".");
    refuse("--path-mtu 0", EVERY_OPTION, NULL, "--path-mtu wants a number of bytes, not \"0\".");
    refuse("--path-mtu +1", EVERY_OPTION, NULL, "--path-mtu wants a number of bytes, not \"+1\".");
    refuse("--path-mtu 0x500", EVERY_OPTION, NULL, "--path-mtu wants a number of bytes, not \"0x500\".");
    refuse("--path-mtu 4294967296", EVERY_OPTION, NULL, "--path-mtu wants a number of bytes, not \"4294967296\".");
    refuse("--path-mtu 1280 --path-mtu=1300", EVERY_OPTION, NULL, "--path-mtu is there twice.");
    refuse("--path-mtu 99999999999999999999999", EVERY_OPTION, NULL,
        "--path-mtu wants a number of bytes, not \"99999999999999999999999\".");
}

static void find(const char *line, const char *name, int words)
{
    g_auto(GStrv) argv = g_strsplit(line, " ", -1);
    int n = -1;
    const Verb *verb = verb_find(count(argv), argv, &n);

    if (name)
        g_assert_nonnull(verb);
    g_assert_cmpstr(verb ? verb->name : NULL, ==, name);
    g_assert_cmpint(n, ==, words);
}

static void test_verb_find(void)
{
    char *none[] = {NULL};
    int words;

    find("vpn", "vpn", 1);
    find("vpn --json", "vpn", 1);
    find("mss check", "mss check", 2);
    find("mss enable wg0", "mss enable", 2);
    find("config path", "config path", 2);
    find("--version", "version", 1);
    find("-V", "version", 1);
    find("mss", NULL, 0);
    find("mss chec", NULL, 0);
    find("mss checks", NULL, 0);
    find("ms check", NULL, 0);
    find("check", NULL, 0);
    find("vp", NULL, 0);
    find("vpns", NULL, 0);
    g_assert_null(verb_find(0, none, &words));

    g_assert_true(verb_is_group("mss"));
    g_assert_true(verb_is_group("config"));
    g_assert_false(verb_is_group("ms"));
    g_assert_false(verb_is_group("vpn"));
    g_assert_false(verb_is_group(""));
}

/* Every row can be found by its own name, says something, and only the right ones work as root. */
static void test_verb_table(void)
{
    GString *root = g_string_new(NULL);
    size_t n;
    const Verb *verbs = verb_table(&n);

    for (size_t i = 0; i < n; i++) {
        g_auto(GStrv) words = g_strsplit(verbs[i].name, " ", -1);
        int used;

        g_assert_true(verb_find(count(words), words, &used) == &verbs[i]);
        g_assert_cmpint(used, ==, count(words));
        g_assert_nonnull(verbs[i].run);
        g_assert_true(g_ascii_islower(verbs[i].help[0]));
        g_assert_false(g_str_has_suffix(verbs[i].help, "."));
        if (verbs[i].flags & VERB_ROOT)
            g_string_append_printf(root, "%s;", verbs[i].name);
    }
    g_assert_cmpstr(root->str, ==, "mss check;mss enable;mss disable;mss status;version;");
    g_string_free(root, TRUE);
}

static void test_verb_words(void)
{
    static const struct {
        const char *group, *words;
    } rows[] = {
        {NULL, "mss vpn config version help"},
        {"mss", "check enable disable status"},
        {"config", "validate path show"},
        {"vpn", ""},
        {"ms", ""},
    };

    for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
        g_auto(GStrv) words = verb_words(rows[i].group);
        g_autofree char *line = g_strjoinv(" ", words);
        g_assert_cmpstr(line, ==, rows[i].words);
    }
}

static void test_error_rows(void)
{
    static const struct {
        const char *name;
        int code;
    } rows[] = {
        {"org.airpods.Cli.Error.Usage", 2},
        {"org.airpods.Cli.Error.RunAsUser", 1},
        {"org.airpods.Cli.Error.ServiceUnavailable", 1},
        {"org.airpods.Cli.Error.NoTunnel", 3},
        {"org.airpods.Cli.Error.BadAnswer", 1},
        {"org.airpods.Cli.Error.Cancelled", 130},
        {"org.airpods.Error.NoSuchInterface", 3},
        {"org.freedesktop.DBus.Error.AccessDenied", 4},
        {"org.freedesktop.DBus.Error.NoReply", 5},
    };

    for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
        const ErrorInfo *info = cli_error_info(rows[i].name);

        g_assert_nonnull(info);
        g_assert_cmpint(info->exit_code, ==, rows[i].code);
        g_assert_true(g_str_has_suffix(info->sentence, "."));
        g_assert_cmpstr(info->hint, !=, "");
    }
    g_assert_null(cli_error_info("org.airpods.Cli.Error.Nonsense"));
    g_assert_null(cli_error_info(NULL));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cli/args", test_args);
    g_test_add_func("/cli/args/refused", test_args_refused);
    g_test_add_func("/cli/verb/find", test_verb_find);
    g_test_add_func("/cli/verb/table", test_verb_table);
    g_test_add_func("/cli/verb/words", test_verb_words);
    g_test_add_func("/cli/report/rows", test_error_rows);
    return g_test_run();
}
