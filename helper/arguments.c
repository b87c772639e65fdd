/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A key may come once: together with the fixed keys and types this bounds the size of any message that is accepted and
 * then kept until a person has typed a password.
 */
#include <stddef.h>
#include <string.h>

#include "helper/arguments.h"
#include "helper/clamp.h"
#include "shared/error.h"
#include "shared/names.h"

/* What the options may hold; the pointer is into the message. */
typedef struct Values {
    uint32_t path_mtu;
    const char *lifetime;
    int all_users;
} Values;

typedef struct Option {
    const char *key;
    char type[2];
    size_t offset; /* of the value in Values */
} Option;

/* clang-format off */
static const Option install_options[] = {
    { "path-mtu", "u", offsetof(Values, path_mtu) },
    { "lifetime", "s", offsetof(Values, lifetime) },
    {}
};
static const Option remove_options[] = {
    { "lifetime",  "s", offsetof(Values, lifetime) },
    { "all-users", "b", offsetof(Values, all_users) },
    {}
};
/* clang-format on */

/* The caller's own word, if it can be repeated: short and plain ASCII. A cut through a UTF-8 sequence could not be
 * sent. */
static const char *key_for_people(const char *key)
{
    size_t n = strspn(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");
    return n > 0 && n <= 40 && key[n] == '\0' ? key : "(unprintable)";
}

static const Option *option_find(const Option *options, const char *key)
{
    for (const Option *option = options; option->key; option++)
        if (strcmp(option->key, key) == 0)
            return option;
    return NULL;
}

static int read_option(
    sd_bus_message *message, const Option *options, unsigned *seen, Values *values, sd_bus_error *reterr)
{
    const char *key, *contents;
    int r = sd_bus_message_read(message, "s", &key);

    if (r < 0)
        return r;
    const Option *option = option_find(options, key);
    if (!option)
        return error_set(reterr, ERROR_INVALID_OPTION, "There is no option \"%s\" here.", key_for_people(key));
    r = sd_bus_message_peek_type(message, NULL, &contents);
    if (r < 0)
        return r;
    if (strcmp(contents, option->type) != 0)
        return error_set(reterr, ERROR_INVALID_OPTION, "Option \"%s\" must have the type \"%s\".", key, option->type);
    unsigned bit = 1U << (option - options);
    if (*seen & bit)
        return error_set(reterr, ERROR_INVALID_OPTION, "Option \"%s\" is given twice.", key);
    *seen |= bit;
    return sd_bus_message_read(message, "v", option->type, (uint8_t *) values + option->offset);
}

static int read_lifetime(const char *word, Arguments *arguments, sd_bus_error *reterr)
{
    if (strcmp(word, "persistent") == 0)
        return error_set(reterr, ERROR_INVALID_OPTION,
            "lifetime \"persistent\" is not available in this version; \"boot\" lasts until the helper or the computer restarts.");
    arguments->lifetime = lifetime_from_string(word);
    if (arguments->lifetime < 0)
        return error_set(reterr, ERROR_INVALID_OPTION, "lifetime must be \"session\" or \"boot\".");
    return 0;
}

static int arguments_read(sd_bus_message *message, const Option *options, Arguments *ret, sd_bus_error *reterr)
{
    Arguments arguments = {.lifetime = -1};
    Values values = {0};
    const char *interface;
    unsigned seen = 0;
    int r;

    r = sd_bus_message_read(message, "s", &interface);
    if (r < 0)
        return r;
    if (!ifname_valid(interface) && strcmp(interface, EVERY_TUNNEL) != 0)
        return error_set(reterr, ERROR_INVALID_INTERFACE, NULL);
    strcpy(arguments.interface, interface);

    r = sd_bus_message_enter_container(message, 'a', "{sv}");
    while (r >= 0 && (r = sd_bus_message_enter_container(message, 'e', "sv")) > 0) {
        r = read_option(message, options, &seen, &values, reterr);
        if (r >= 0)
            r = sd_bus_message_exit_container(message);
    }
    if (r >= 0 && values.lifetime)
        r = read_lifetime(values.lifetime, &arguments, reterr);
    if (r < 0)
        return r;
    arguments.has_path_mtu = seen & 1U && options == install_options;
    arguments.path_mtu = values.path_mtu;
    arguments.all_users = values.all_users;
    *ret = arguments;
    return 0;
}

int arguments_read_install(sd_bus_message *message, Arguments *ret, sd_bus_error *reterr)
{
    Arguments arguments;
    int r = arguments_read(message, install_options, &arguments, reterr);

    if (r < 0)
        return r;
    if (arguments.has_path_mtu && strcmp(arguments.interface, EVERY_TUNNEL) == 0)
        return error_set(reterr, ERROR_INVALID_OPTION, "path-mtu needs one interface, not \"%s\".", EVERY_TUNNEL);
    if (arguments.has_path_mtu && (arguments.path_mtu < PATH_MTU_MIN || arguments.path_mtu > PATH_MTU_MAX))
        return error_set(reterr, ERROR_INVALID_MTU, "path-mtu must be from %u to %u bytes, not %u.", PATH_MTU_MIN,
            PATH_MTU_MAX, arguments.path_mtu);
    if (arguments.lifetime < 0)
        arguments.lifetime = LIFETIME_BOOT;
    *ret = arguments;
    return 0;
}

int arguments_read_remove(sd_bus_message *message, Arguments *ret, sd_bus_error *reterr)
{
    return arguments_read(message, remove_options, ret, reterr);
}
