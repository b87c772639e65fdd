/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What anybody on the system bus may send to airpods-helper: the arguments of InstallClamp and RemoveClamp, read by
 * helper/arguments.c. The verdict on them is worked out a second time here, from what was put into the message and from
 * the contract alone, and compared.
 *
 * Input: one byte (even: install, odd: remove; 0xf8 and above: of another signature), then "sa{sv}" as message.h says.
 */
#include <assert.h>
#include <glib.h>
#include <stdbool.h>
#include <string.h>

#include "helper/arguments.h"
#include "helper/clamp.h"
#include "shared/error.h"
#include "shared/macro.h"
#include "shared/names.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/message.h"

#define ALPHANUMERIC "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

/* What was put into the message, and what the contract says about it. */
typedef struct Call {
    bool remove;
    Value interface;
    bool bad_option; /* an unknown key, a wrong type, a key twice, or a lifetime that is none */
    bool has_lifetime, has_path_mtu, has_all_users;
    int lifetime;
    uint32_t path_mtu;
    bool all_users;
} Call;

static bool is_name(const char *s)
{
    return strlen(s) >= 1 && strlen(s) <= 15 && strspn(s, ALPHANUMERIC) > 0 &&
           s[strspn(s, ALPHANUMERIC "._@+-")] == '\0';
}

/* True the first time. */
static bool once(bool *seen)
{
    bool first = !*seen;
    *seen = true;
    return first;
}

static bool option_is_good(Call *call, const char *key, const char *type, const Value *value)
{
    if (strcmp(key, "lifetime") == 0 && strcmp(type, "s") == 0 && once(&call->has_lifetime)) {
        bool session = strcmp(value->text, "session") == 0;
        call->lifetime = session ? LIFETIME_SESSION : LIFETIME_BOOT;
        return session || strcmp(value->text, "boot") == 0;
    }
    if (!call->remove && strcmp(key, "path-mtu") == 0 && strcmp(type, "u") == 0 && once(&call->has_path_mtu)) {
        call->path_mtu = (uint32_t) value->number;
        return true;
    }
    if (call->remove && strcmp(key, "all-users") == 0 && strcmp(type, "b") == 0 && once(&call->has_all_users)) {
        call->all_users = value->number;
        return true;
    }
    return false;
}

static const char *expected_error(const Call *call)
{
    bool every = strcmp(call->interface.text, "*") == 0;

    if (!every && !is_name(call->interface.text))
        return ERROR_INVALID_INTERFACE;
    if (call->bad_option || (every && call->has_path_mtu))
        return ERROR_INVALID_OPTION;
    if (call->has_path_mtu && (call->path_mtu < 576 || call->path_mtu > 65535))
        return ERROR_INVALID_MTU;
    return NULL;
}

static int append_option(sd_bus_message *message, Input *input, Call *call)
{
    Value key, value = {0};
    int r;

    r = sd_bus_message_open_container(message, 'e', "sv");
    if (r < 0)
        return r;
    r = message_append_value(message, input, "s", &key);
    if (r < 0)
        return r;
    const char *type = message_variant_type(input_u8(input));
    r = sd_bus_message_open_container(message, 'v', type);
    if (r < 0)
        return r;
    r = message_append_value(message, input, type, &value);
    if (r < 0)
        return r;
    r = sd_bus_message_close_container(message);
    if (r < 0)
        return r;
    if (!option_is_good(call, key.text, type, &value))
        call->bad_option = true;
    return sd_bus_message_close_container(message);
}

static int append_call(sd_bus_message *message, Input *input, Call *call)
{
    int r = message_append_value(message, input, "s", &call->interface);
    if (r < 0)
        return r;
    r = sd_bus_message_open_container(message, 'a', "{sv}");
    while (r >= 0 && (input_u8(input) & 1U))
        r = append_option(message, input, call);
    return r < 0 ? r : sd_bus_message_close_container(message);
}

static int read_arguments(const Call *call, sd_bus_message *message, Arguments *ret, sd_bus_error *error)
{
    return (call->remove ? arguments_read_remove : arguments_read_install)(message, ret, error);
}

/* Whatever the caller wrote, the answer can be sent, printed and logged. */
static void check_error(int r, const sd_bus_error *error)
{
    const ErrorInfo *info = error_info_find(error->name);

    assert(info && r == -info->number);
    assert(error->message && error->message[0] && g_utf8_validate(error->message, -1, NULL));
    for (const char *p = error->message; *p; p = g_utf8_next_char(p))
        assert(g_unichar_isprint(g_utf8_get_char(p)));
    assert(strlen(error->message) < 256);
}

static void check_call(const Call *call, sd_bus_message *message)
{
    _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
    const char *expected = expected_error(call);
    Arguments arguments;

    int r = read_arguments(call, message, &arguments, &error);
    if (r < 0) {
        check_error(r, &error);
        assert(expected && strcmp(error.name, expected) == 0);
        return;
    }
    assert(!expected && !sd_bus_error_is_set(&error));
    assert(strcmp(arguments.interface, call->interface.text) == 0);
    assert(arguments.lifetime == (call->has_lifetime ? call->lifetime : call->remove ? -1 : LIFETIME_BOOT));
    assert(arguments.has_path_mtu == call->has_path_mtu && arguments.path_mtu == call->path_mtu);
    assert(arguments.all_users == call->all_users);
}

/* sd-bus lets no other signature through to the method; the reader still may not trip over it. */
static void check_other(const Call *call, sd_bus_message *message)
{
    _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
    Arguments arguments;

    int r = read_arguments(call, message, &arguments, &error);
    if (r < 0 && sd_bus_error_is_set(&error))
        check_error(r, &error);
    if (r >= 0)
        assert(is_name(arguments.interface) || strcmp(arguments.interface, "*") == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_(sd_bus_message_unrefp) sd_bus_message *message = NULL;
    Input input = {.at = data, .left = size};
    uint8_t first = input_u8(&input);
    bool other = first >= 0xf8;
    Call call = {.remove = first & 1U};
    int r;

    r = message_new(&message);
    assert(r >= 0);
    if (other)
        while (r >= 0 && input.left > 0)
            r = message_append_value(message, &input, message_variant_type(input_u8(&input)), NULL);
    else
        r = append_call(message, &input, &call);
    if (r < 0 || message_finish(message) < 0)
        return 0;

    if (other)
        check_other(&call, message);
    else
        check_call(&call, message);
    return 0;
}
