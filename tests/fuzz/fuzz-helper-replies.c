/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What airpods-helper, perhaps one of another version, tells airpodsd about a clamp: service/clamp-read.c. The verdict is
 * worked out a second time here, from what was put into the message.
 *
 * Input: the elements of an a{sv} as message.h says.
 */
#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "service/clamp-read.h"
#include "shared/macro.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/message.h"

static int append_entry(sd_bus_message *message, Input *input, bool *active, ClampState *mode)
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
    if (strcmp(key.text, "active") == 0 && strcmp(type, "b") == 0)
        *active = value.number;
    if (strcmp(key.text, "mode") == 0 && strcmp(type, "s") == 0)
        *mode = strcmp(value.text, "fixed") == 0 ? CLAMP_FIXED : CLAMP_ROUTE;
    r = sd_bus_message_close_container(message);
    return r < 0 ? r : sd_bus_message_close_container(message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_(sd_bus_message_unrefp) sd_bus_message *message = NULL;
    ClampState mode = CLAMP_NONE, state = CLAMP_INVALID;
    Input input = {.at = data, .left = size};
    bool active = false;
    int r;

    r = message_new(&message);
    assert(r >= 0);
    r = sd_bus_message_open_container(message, 'a', "{sv}");
    while (r >= 0 && (input_u8(&input) & 1U))
        r = append_entry(message, &input, &active, &mode);
    if (r < 0 || sd_bus_message_close_container(message) < 0 || message_finish(message) < 0)
        return 0;

    r = clamp_read(message, &state);
    assert(r == 0);
    assert(state == (active ? mode : CLAMP_NONE));
    r = sd_bus_message_at_end(message, true);
    assert(r > 0);

    /* Behind its end there is no other. */
    state = CLAMP_INVALID;
    r = clamp_read(message, &state);
    assert(r < 0 && state == CLAMP_INVALID);
    return 0;
}
