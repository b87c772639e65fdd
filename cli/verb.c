/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The verb table and the way from argv to a verb. A new verb is one row here, one declaration in verbs.h and one file.
 */
#include <errno.h>
#include <glib.h>
#include <stdio.h>
#include <string.h>

#include "shared/suggest.h"

#include "cli/config-path.h"
#include "cli/help.h"
#include "cli/report.h"
#include "cli/verb.h"
#include "cli/verbs.h"

#define JSON OPTION_BIT(OPTION_JSON)

/* clang-format off */
static const Verb verbs[] = {
    { "mss check", { NULL }, NULL, JSON, VERB_ROOT,
      "show which VPNs have smaller packets than usual, and whether airpods adjusts (clamps) them",
      NULL, verb_mss_check },
    { "mss enable", { NULL }, "IFACE",
      JSON | OPTION_BIT(OPTION_ALL) | OPTION_BIT(OPTION_PATH_MTU) | OPTION_BIT(OPTION_PERSISTENT), VERB_ROOT,
      "adjust the connections that go out through a VPN",
      "Without IFACE it is every VPN whose packets are smaller than usual. It holds for all users, until \"airpods mss disable\",\n"
      "airpods-helper is restarted or the computer restarts. polkit decides who may do this, and may ask for a password.",
      verb_mss_enable },
    { "mss disable", { NULL }, "IFACE", JSON | OPTION_BIT(OPTION_TAKE_ALL_BACK), VERB_ROOT,
      "stop adjusting, and leave the VPN alone from now on",
      "Drops what you asked for and sets the VPN's policy to off. What other users asked for stays; as root, without IFACE,\n"
      "everybody's is dropped.",
      verb_mss_disable },
    { "mss status", { NULL }, NULL, JSON, VERB_ROOT,
      "show what is adjusted on this computer, for whom and since when",
      NULL, verb_mss_status },
    { "vpn", { NULL }, NULL, JSON, 0,
      "show the VPNs that are up, and what airpods makes of each",
      NULL, verb_vpn },
    { "config validate", { NULL }, "PATH", JSON, 0,
      "check a configuration file and say what is wrong, line by line",
      "Without PATH it is the file that airpodsd reads. Exits with 1 when there are errors, with 0 for warnings.",
      verb_config_validate },
    { "config path", { NULL }, NULL, JSON, 0,
      "print where airpodsd looks for your configuration",
      NULL, verb_config_path },
    { "config show", { NULL }, NULL, 0, 0,
      "print the configuration in force, defaults included",
      NULL, verb_config_show },
    { "version", { "--version", "-V" }, NULL, JSON, VERB_ROOT,
      "print the versions of airpods and of the daemons that run",
      NULL, verb_version },
};
/* clang-format on */

const Verb *verb_table(size_t *ret_n)
{
    *ret_n = ELEMENTSOF(verbs);
    return verbs;
}

/* How many words of argv the name takes, 0 when it is not the name of the verb. */
static int name_matches(const char *name, int argc, char **argv)
{
    int words = 0;

    while (words < argc) {
        size_t length = strcspn(name, " ");

        if (strlen(argv[words]) != length || strncmp(argv[words], name, length) != 0)
            return 0;
        words++;
        if (name[length] == '\0')
            return words;
        name += length + 1;
    }
    return 0;
}

const Verb *verb_find(int argc, char **argv, int *ret_words)
{
    for (size_t i = 0; i < ELEMENTSOF(verbs); i++) {
        *ret_words = name_matches(verbs[i].name, argc, argv);
        if (*ret_words > 0)
            return &verbs[i];
        for (size_t j = 0; verbs[i].aliases[j] && argc > 0; j++)
            if (strcmp(verbs[i].aliases[j], argv[0]) == 0) {
                *ret_words = 1;
                return &verbs[i];
            }
    }
    *ret_words = 0;
    return NULL;
}

bool verb_is_group(const char *word)
{
    size_t length = strlen(word);

    for (size_t i = 0; i < ELEMENTSOF(verbs); i++)
        if (length > 0 && strncmp(verbs[i].name, word, length) == 0 && verbs[i].name[length] == ' ')
            return true;
    return false;
}

char **verb_words(const char *group)
{
    GPtrArray *words = g_ptr_array_new();

    for (size_t i = 0; i < ELEMENTSOF(verbs); i++) {
        g_auto(GStrv) name = g_strsplit(verbs[i].name, " ", -1);
        const char *word = name[0];

        if (group)
            word = strcmp(name[0], group) == 0 ? name[1] : NULL;
        /* The verbs of a group are neighbours. */
        if (word && (words->len == 0 || strcmp(g_ptr_array_index(words, words->len - 1), word) != 0))
            g_ptr_array_add(words, g_strdup(word));
    }
    if (!group)
        g_ptr_array_add(words, g_strdup("help"));
    g_ptr_array_add(words, NULL);
    return (char **) g_ptr_array_free(words, FALSE);
}

static bool is_help(const char *word)
{
    return strcmp(word, "help") == 0 || strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static int unknown_word_of_group(const char *group, const char *word, sd_bus_error *reterr)
{
    static const char *const options[] = {"--help", NULL};
    g_auto(GStrv) words = verb_words(group);
    g_autofree char *list = g_strjoinv(", ", words);

    if (!word)
        return cli_error_set(reterr, CLI_ERROR_USAGE, "\"%s\" wants one of these words: %s.", group, list);
    if (word[0] == '-')
        return args_unknown(reterr, "option", word, suggest_nearest(word, options));

    const char *nearest = suggest_nearest(word, (const char *const *) words);
    g_autofree char *typed = g_strdup_printf("%s %s", group, word);
    if (!nearest)
        return cli_error_set(reterr, CLI_ERROR_USAGE, "Unknown command \"%s\"; there are %s.", typed, list);
    g_autofree char *meant = g_strdup_printf("%s %s", group, nearest);
    return args_unknown(reterr, "command", typed, meant);
}

static int unknown_verb(int argc, char **argv, sd_bus_error *reterr)
{
    static const char *const options[] = {"--help", "--version", NULL};

    if (verb_is_group(argv[0]))
        return unknown_word_of_group(argv[0], argc > 1 ? argv[1] : NULL, reterr);
    if (argv[0][0] == '-')
        return args_unknown(reterr, "option", argv[0], suggest_nearest(argv[0], options));

    g_auto(GStrv) words = verb_words(NULL);
    return args_unknown(reterr, "command", argv[0], suggest_nearest(argv[0], (const char *const *) words));
}

/* "help", "help VERB", "help GROUP": the words after "help". */
static int run_help(int argc, char **argv, sd_bus_error *reterr)
{
    int words;

    if (argc == 0 || is_help(argv[0])) {
        help_print_all();
        return EXIT_DONE;
    }
    const Verb *verb = verb_find(argc, argv, &words);
    if (verb)
        help_print_verb(verb);
    else if (verb_is_group(argv[0]) && (argc == 1 || is_help(argv[1])))
        help_print_group(argv[0]);
    else
        return unknown_verb(argc, argv, reterr);
    return EXIT_DONE;
}

static int run_verb(const Verb *verb, int argc, char **argv, sd_bus_error *reterr)
{
    _cleanup_(cli_freep) Cli *cli = NULL;
    Args args;
    int r;

    r = args_parse(argc, argv, verb->options, verb->operand, &args, reterr);
    if (r < 0)
        return r;
    if (args_has(&args, OPTION_HELP)) {
        help_print_verb(verb);
        return EXIT_DONE;
    }
    r = cli_new(&cli);
    if (r < 0)
        return r;
    if (cli_is_root(cli) && !(verb->flags & VERB_ROOT))
        return cli_error_set(
            reterr, CLI_ERROR_RUN_AS_USER, "%s: run it as the user who owns the services.", verb->name);
    r = verb->run(cli, &args, reterr);
    if (r >= 0)
        config_path_compare(cli);
    return r;
}

static int run(int argc, char **argv, sd_bus_error *reterr)
{
    int words;

    if (argc == 0) {
        help_print_beginning();
        return EXIT_DONE;
    }
    if (is_help(argv[0]))
        return run_help(argc - 1, argv + 1, reterr);
    const Verb *verb = verb_find(argc, argv, &words);
    if (verb)
        return run_verb(verb, argc - words, argv + words, reterr);
    if (verb_is_group(argv[0]) && argc == 2 && is_help(argv[1]))
        return run_help(argc, argv, reterr);
    return unknown_verb(argc, argv, reterr);
}

int airpods_main(int argc, char **argv)
{
    _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
    int r;

    r = run(argc > 0 ? argc - 1 : 0, argv + 1, &error);
    if (r < 0)
        r = (int) report_error(&error, r);
    /* A full disk or a closed pipe must not look like success. */
    if (fflush(stdout) != 0 || ferror(stdout)) {
        report_note("Cannot write to standard output: %s.", g_strerror(errno));
        if (r == EXIT_DONE)
            r = EXIT_FAILED;
    }
    return r;
}
