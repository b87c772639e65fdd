/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The messages belong to a connection that is forever waiting for the answer to its greeting.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "shared/macro.h"
#include "tests/fuzz/message.h"

/* dbus-daemon passes on no message with containers more than 64 deep; a target puts a few around these. */
#define DEPTH_MAX 48U

/* The kinds of value that the programs expect come first, so that small selectors find them. */
static const char *const variant_types[] = {
    "s",
    "u",
    "b",
    "t",
    "as",
    "au",
    "i",
    "x",
    "y",
    "q",
    "n",
    "d",
    "o",
    "g",
    "v",
    "ay",
    "a{sv}",
    "a{ss}",
    "(su)",
    "a(sb)",
};

/* At the edges of what is allowed somewhere. */
static const uint64_t numbers[] = {
    0,
    1,
    575,
    576,
    577,
    1280,
    1380,
    1500,
    65535,
    65536,
    0x7fffffff,
    0x80000000,
    0xffffffff,
    INT64_MAX,
    UINT64_MAX,
};

/* Keys and words of the contract; the last ones are of no method. */
#define WORDS_FROM 0xe0U
static const char *const words[] = {
    "path-mtu",
    "lifetime",
    "all-users",
    "session",
    "boot",
    "persistent",
    "*",
    "wg0",
    "active",
    "mode",
    "route",
    "fixed",
    "interface",
    "kind",
    "mine",
    "owners",
    "Clamp",
    "Policy",
    "",
    "a23456789012345",
    "a234567890123456",
    "../x",
    "eth0;x",
    "wg0\n",
    "wg\u00e4",
    "\u202e",
    "path_mtu",
    "lifetime ",
};

const char *message_variant_type(uint8_t selector)
{
    return variant_types[selector % ELEMENTSOF(variant_types)];
}

uint8_t input_u8(Input *input)
{
    if (input->left == 0)
        return 0;
    input->left--;
    return *input->at++;
}

static uint64_t input_number(Input *input, size_t size)
{
    uint64_t number = 0;
    uint8_t selector = input_u8(input);

    if (selector < ELEMENTSOF(numbers))
        return numbers[selector];
    for (size_t i = 0; i < size; i++)
        number |= (uint64_t) input_u8(input) << (8 * i);
    return number;
}

static void input_text(Input *input, char ret[256])
{
    size_t n = input_u8(input);

    if (n >= WORDS_FROM) {
        strcpy(ret, words[(n - WORDS_FROM) % ELEMENTSOF(words)]);
        return;
    }
    n = MIN2(n, input->left);
    if (n > 0)
        memcpy(ret, input->at, n);
    ret[n] = '\0';
    input->at += n;
    input->left -= n;
}

static sd_bus *silent_bus(void)
{
    static sd_bus *bus; /* one for all messages, until the program ends */
    int fds[2], r;

    if (bus)
        return bus;
    r = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds);
    assert(r == 0);
    r = sd_bus_new(&bus);
    assert(r >= 0);
    r = sd_bus_set_fd(bus, fds[0], fds[0]);
    assert(r >= 0);
    r = sd_bus_start(bus);
    assert(r >= 0);
    return bus;
}

int message_new(sd_bus_message **ret)
{
    return sd_bus_message_new_method_call(silent_bus(), ret, "org.example", "/org/example", "org.example", "Call");
}

int message_finish(sd_bus_message *message)
{
    return sd_bus_message_seal(message, 1, 0);
}

static size_t number_size(char type)
{
    switch (type) {
    case 'y':
        return 1;
    case 'n':
    case 'q':
        return 2;
    case 'i':
    case 'u':
        return 4;
    case 'd':
    case 't':
    case 'x':
        return 8;
    default:
        return 0;
    }
}

static int append_basic(sd_bus_message *message, Input *input, char type, Value *ret)
{
    if (type == 's' || type == 'o' || type == 'g') {
        input_text(input, ret->text);
        return sd_bus_message_append_basic(message, type, ret->text);
    }
    if (type == 'b') {
        int value = (int) (ret->number = input_u8(input) & 1U);
        return sd_bus_message_append_basic(message, type, &value);
    }
    size_t size = number_size(type);
    ret->number = input_number(input, size) & (UINT64_MAX >> (64 - 8 * size));
    return sd_bus_message_append_basic(message, type, &ret->number); /* little endian: the low bytes come first */
}

/* The length of the first complete type of a signature that is known to be right. */
static size_t first_type_length(const char *types)
{
    size_t n = 0;

    while (types[n] == 'a')
        n++;
    if (types[n] != '(' && types[n] != '{')
        return n + 1;
    for (unsigned depth = 0;; n++) {
        depth += types[n] == '(' || types[n] == '{';
        depth -= types[n] == ')' || types[n] == '}';
        if (depth == 0)
            return n + 1;
    }
}

static void copy_type(const char *types, size_t n, char ret[32])
{
    assert(n < 32);
    memcpy(ret, types, n);
    ret[n] = '\0';
}

/* All members of a struct or a dictionary entry, whose contents these types are. */
static int append_members(sd_bus_message *message, Input *input, const char *types)
{
    int r = 0;

    while (r >= 0 && *types) {
        char type[32];
        size_t n = first_type_length(types);
        copy_type(types, n, type);
        r = message_append_value(message, input, type, NULL);
        types += n;
    }
    return r;
}

static int append_elements(sd_bus_message *message, Input *input, const char *type)
{
    int r = 0;

    while (r >= 0 && (input_u8(input) & 1U))
        r = message_append_value(message, input, type, NULL);
    return r;
}

static int append_container(sd_bus_message *message, Input *input, const char *type)
{
    char contents[32];
    int r;

    if (type[0] == 'v') {
        const char *inner = message_variant_type(input_u8(input));
        r = sd_bus_message_open_container(message, 'v', inner);
        if (r >= 0)
            r = message_append_value(message, input, inner, NULL);
    } else if (type[0] == 'a') {
        r = sd_bus_message_open_container(message, 'a', type + 1);
        if (r >= 0)
            r = append_elements(message, input, type + 1);
    } else {
        copy_type(type + 1, strlen(type) - 2, contents);
        r = sd_bus_message_open_container(message, type[0] == '(' ? 'r' : 'e', contents);
        if (r >= 0)
            r = append_members(message, input, contents);
    }
    return r < 0 ? r : sd_bus_message_close_container(message);
}

int message_append_value(sd_bus_message *message, Input *input, const char *type, Value *ret)
{
    Value value = {0};
    int r;

    if (!strchr("va({", type[0])) {
        r = append_basic(message, input, type[0], &value);
        if (ret)
            *ret = value;
        return r;
    }
    if (input->depth >= DEPTH_MAX)
        return -ELOOP;
    input->depth++;
    r = append_container(message, input, type);
    input->depth--;
    return r;
}
