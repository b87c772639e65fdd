/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a daemon, perhaps one of another version, tells the airpods command about a clamp or a tunnel: read by
 * cli/record-bus.c into the records of cli/, and written out as JSON and as lines for a terminal.
 *
 * Input: one byte (even: a clamp, odd: a tunnel), then an a{sv} as message.h says.
 */
#include <assert.h>
#include <glib.h>
#include <json-glib/json-glib.h>
#include <stdbool.h>
#include <string.h>

#include "cli/clamp.h"
#include "cli/escape.h"
#include "cli/json.h"
#include "cli/record-bus.h"
#include "cli/tunnel.h"
#include "shared/macro.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/message.h"

/* Nothing that is printed moves the cursor, hides text or turns it round. */
static void check_line(const char *text)
{
    g_autofree char *line = escape_line(text), *again = escape_line(line), *lines = escape_text(text);

    for (const char *p = line; *p; p = g_utf8_next_char(p))
        assert(g_unichar_isprint(g_utf8_get_char(p)));
    for (const char *p = lines; *p; p = g_utf8_next_char(p))
        assert(g_unichar_isprint(g_utf8_get_char(p)) || *p == '\n' || *p == '\t');
    assert(strcmp(line, again) == 0);
}

static void check_strings(const RecordType *type, void *record)
{
    for (size_t i = 0; i < type->n_fields; i++) {
        const Field *field = &type->fields[i];
        if (field->type == FIELD_STRING)
            check_line(*FIELD_PTR(record, field, char *));
        else if (field->type == FIELD_STRINGS)
            for (char **s = *FIELD_PTR(record, field, char **); *s; s++)
                check_line(*s);
    }
}

/* The JSON is one array with one object, whose members are those of the record. */
static void check_json(const RecordType *type, void *record)
{
    g_autoptr(GPtrArray) records = g_ptr_array_new();
    g_autoptr(JsonParser) parser = json_parser_new();

    g_ptr_array_add(records, record);
    g_autofree char *text = json_from_records(type, records);
    assert(g_utf8_validate(text, -1, NULL));
    bool parsed = json_parser_load_from_data(parser, text, -1, NULL);
    assert(parsed);
    JsonArray *array = json_node_get_array(json_parser_get_root(parser));
    assert(json_array_get_length(array) == 1);
    JsonObject *object = json_array_get_object_element(array, 0);
    for (size_t i = 0; i < type->n_fields; i++) {
        const Field *field = &type->fields[i];
        assert(json_object_has_member(object, field->json) || field->optional);
        if (field->type == FIELD_STRING)
            assert(strcmp(json_object_get_string_member(object, field->json), *FIELD_PTR(record, field, char *)) == 0);
        else if (field->type == FIELD_U32)
            assert(json_object_get_int_member(object, field->json) == *FIELD_PTR(record, field, uint32_t));
    }
}

static void check_tunnel(const Tunnel *tunnel)
{
    g_autofree char *sentence = tunnel_sentence(tunnel);

    assert(g_str_has_prefix(sentence, tunnel->interface) && g_str_has_suffix(sentence, "."));
    assert(tunnel_policy_sentence(tunnel));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_(sd_bus_message_unrefp) sd_bus_message *message = NULL;
    Input input = {.at = data, .left = size};
    bool is_tunnel = input_u8(&input) & 1U;
    const RecordType *type = is_tunnel ? &tunnel_type : &clamp_type;
    void *record = NULL;
    int r;

    r = message_new(&message);
    assert(r >= 0);
    if (message_append_value(message, &input, "a{sv}", NULL) < 0 || message_finish(message) < 0)
        return 0;
    if (record_read(message, type, &record) < 0) {
        assert(!record);
        return 0;
    }

    r = sd_bus_message_at_end(message, true);
    assert(r > 0);
    check_strings(type, record);
    check_json(type, record);
    if (is_tunnel)
        check_tunnel(record);
    record_free(type, record);
    return 0;
}
