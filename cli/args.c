/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The option table and the reading of the words after a verb. getopt_long() is not used: it prints by itself, accepts
 * abbreviations that a later version would break, and cannot say which verb does not take an option.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "shared/macro.h"
#include "shared/suggest.h"

#include "cli/args.h"
#include "cli/report.h"

/* clang-format off */
static const OptionInfo option_table[] = {
    [OPTION_ALL]           = { "--all", NULL, NULL, "every VPN, now and later" },
    [OPTION_HELP]          = { "--help", "-h", NULL, "explain this command" },
    [OPTION_JSON]          = { "--json", NULL, NULL, "print JSON instead of a table" },
    [OPTION_PATH_MTU]      = { "--path-mtu", NULL, "N", "limit packets to N bytes instead of what the VPN's route gives" },
    [OPTION_PERSISTENT]    = { "--persistent", NULL, NULL, NULL },
    [OPTION_TAKE_ALL_BACK] = { "--all", NULL, NULL, "take back \"airpods mss enable --all\"" },
};
/* clang-format on */
static_assert(ELEMENTSOF(option_table) == OPTION_MAX, "one row an option");

const OptionInfo *option_info(OptionId id)
{
    assert(id < OPTION_MAX);
    return &option_table[id];
}

/* Whether `word` is this option; *ret_value gets what follows "=", or NULL. */
static bool option_matches(const OptionInfo *info, const char *word, const char **ret_value)
{
    size_t length = strlen(info->name);

    *ret_value = NULL;
    if (info->letter && strcmp(word, info->letter) == 0)
        return true;
    if (strncmp(word, info->name, length) != 0)
        return false;
    if (word[length] == '=')
        *ret_value = word + length + 1;
    return word[length] == '\0' || word[length] == '=';
}

static OptionId option_find(const char *word, unsigned options, const char **ret_value)
{
    for (OptionId id = 0; id < OPTION_MAX; id++)
        if ((options & OPTION_BIT(id)) && option_matches(&option_table[id], word, ret_value))
            return id;
    return OPTION_MAX;
}

static int unknown_option(const char *word, unsigned options, sd_bus_error *reterr)
{
    const char *names[OPTION_MAX + 1] = {NULL};
    size_t n = 0;

    for (OptionId id = 0; id < OPTION_MAX; id++)
        if ((options & OPTION_BIT(id)) && option_table[id].help)
            names[n++] = option_table[id].name;
    return args_unknown(reterr, "option", word, suggest_nearest(word, names));
}

/* Decimal digits only: no sign, no space, no base prefix. */
static int parse_u32(const char *text, uint32_t *ret)
{
    uint64_t value = 0;

    if (*text == '\0')
        return -EINVAL;
    for (const char *p = text; *p; p++) {
        if (*p < '0' || *p > '9')
            return -EINVAL;
        value = value * 10 + (uint64_t) (*p - '0');
        if (value > UINT32_MAX)
            return -ERANGE;
    }
    *ret = (uint32_t) value;
    return 0;
}

static int take_value(OptionId id, const char *value, Args *args, sd_bus_error *reterr)
{
    assert(id == OPTION_PATH_MTU);
    /* Which sizes are allowed is the helper's to say; 0 could not be told from "not given". */
    if (parse_u32(value, &args->path_mtu) < 0 || args->path_mtu == 0)
        return cli_error_set(
            reterr, CLI_ERROR_USAGE, "%s wants a number of bytes, not \"%s\".", option_table[id].name, value);
    return 0;
}

int args_unknown(sd_bus_error *reterr, const char *what, const char *word, const char *nearest)
{
    if (nearest)
        return cli_error_set(reterr, CLI_ERROR_USAGE, "Unknown %s \"%s\"; did you mean \"%s\"?", what, word, nearest);
    return cli_error_set(reterr, CLI_ERROR_USAGE, "Unknown %s \"%s\".", what, word);
}

int args_parse(int argc, char **argv, unsigned options, const char *operand, Args *ret, sd_bus_error *reterr)
{
    Args args = {0};
    bool only_operands = false;

    options |= OPTION_BIT(OPTION_HELP);
    for (int i = 0; i < argc; i++) {
        const char *word = argv[i], *value;

        if (!only_operands && strcmp(word, "--") == 0) {
            only_operands = true;
            continue;
        }
        if (only_operands || word[0] != '-' || word[1] == '\0') {
            if (!operand)
                return cli_error_set(reterr, CLI_ERROR_USAGE, "\"%s\" is one word too many.", word);
            if (args.operand)
                return cli_error_set(reterr, CLI_ERROR_USAGE, "Only one %s, not also \"%s\".", operand, word);
            args.operand = word;
            continue;
        }

        OptionId id = option_find(word, options, &value);
        if (id == OPTION_MAX)
            return unknown_option(word, options, reterr);
        if (option_table[id].value && args_has(&args, id))
            return cli_error_set(reterr, CLI_ERROR_USAGE, "%s is there twice.", option_table[id].name);
        args.given |= OPTION_BIT(id);
        if (!option_table[id].value) {
            if (value)
                return cli_error_set(reterr, CLI_ERROR_USAGE, "%s takes no value.", option_table[id].name);
            continue;
        }
        if (!value) {
            if (i + 1 >= argc)
                return cli_error_set(
                    reterr, CLI_ERROR_USAGE, "%s wants a value: %s.", option_table[id].name, option_table[id].value);
            value = argv[++i];
        }
        int r = take_value(id, value, &args, reterr);
        if (r < 0)
            return r;
    }
    *ret = args;
    return 0;
}
