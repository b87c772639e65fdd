/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a person typed after the verb, read into one struct. Pure: no I/O, no bus. The options that exist at all are one
 * table; which of them a verb takes is in the verb's row.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

typedef enum OptionId {
    OPTION_ALL,
    OPTION_HELP,
    OPTION_JSON,
    OPTION_PATH_MTU,
    OPTION_PERSISTENT,
    OPTION_TAKE_ALL_BACK, /* "--all" of a verb that undoes */
    OPTION_MAX,
} OptionId;

#define OPTION_BIT(id) (1U << (id))

typedef struct OptionInfo {
    const char *name;   /* with its dashes */
    const char *letter; /* "-h", or NULL */
    const char *value;  /* what follows it, as the help calls it; NULL: nothing */
    const char *help;   /* NULL: known, so that it can be refused with a reason, but not offered */
} OptionInfo;

/* The row of an option. */
const OptionInfo *option_info(OptionId id);

typedef struct Args {
    unsigned given;      /* OPTION_BIT() of each option that was typed */
    uint32_t path_mtu;   /* bytes; 0: not given, since no packet is that small */
    const char *operand; /* points into argv; NULL: none */
} Args;

static inline bool args_has(const Args *args, OptionId id)
{
    return args->given & OPTION_BIT(id);
}

/*
 * Reads argv[0..argc), the words after the verb. `options` are the bits that the verb takes (help is always taken),
 * `operand` is the name of its one operand or NULL. 0, or a negative errno with reterr filled for a person.
 */
int args_parse(int argc, char **argv, unsigned options, const char *operand, Args *ret, sd_bus_error *reterr);

/* Raises "Unknown option "--jso"; did you mean "--json"?"; `what` is the kind of word, `nearest` may be NULL. */
int args_unknown(sd_bus_error *reterr, const char *what, const char *word, const char *nearest);
