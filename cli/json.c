/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Records as JSON.
 */
#include "cli/json.h"

static void add_strings(JsonBuilder *json, char *const *strings)
{
    json_builder_begin_array(json);
    for (; strings && *strings; strings++)
        json_builder_add_string_value(json, *strings);
    json_builder_end_array(json);
}

static void add_uids(JsonBuilder *json, const GArray *uids)
{
    json_builder_begin_array(json);
    for (guint i = 0; i < uids->len; i++)
        json_builder_add_int_value(json, g_array_index(uids, uint32_t, i));
    json_builder_end_array(json);
}

static void add_field(JsonBuilder *json, const Field *field, const void *record)
{
    switch (field->type) {
    case FIELD_STRING:
        json_builder_add_string_value(json, *FIELD_PTR(record, field, char *));
        break;
    case FIELD_BOOL:
        json_builder_add_boolean_value(json, *FIELD_PTR(record, field, bool));
        break;
    case FIELD_U32:
        json_builder_add_int_value(json, *FIELD_PTR(record, field, uint32_t));
        break;
    case FIELD_U64:
        json_builder_add_int_value(json, (gint64) *FIELD_PTR(record, field, uint64_t));
        break;
    case FIELD_STRINGS:
        add_strings(json, *FIELD_PTR(record, field, char **));
        break;
    case FIELD_UIDS:
        add_uids(json, *FIELD_PTR(record, field, GArray *));
        break;
    case FIELD_TYPE_MAX:
        g_assert_not_reached();
    }
}

JsonBuilder *json_begin(void)
{
    JsonBuilder *json = json_builder_new();

    json_builder_begin_array(json);
    return json;
}

void json_add_fields(JsonBuilder *json, const RecordType *type, const void *record)
{
    for (size_t i = 0; i < type->n_fields; i++) {
        const Field *field = &type->fields[i];

        if (field->type == FIELD_UIDS && !*FIELD_PTR(record, field, GArray *))
            continue;
        json_builder_set_member_name(json, field->json);
        add_field(json, field, record);
    }
}

char *json_end(JsonBuilder *json)
{
    g_autoptr(JsonBuilder) builder = json;
    g_autoptr(JsonGenerator) generator = json_generator_new();

    json_builder_end_array(builder);
    g_autoptr(JsonNode) root = json_builder_get_root(builder);
    json_generator_set_root(generator, root);
    json_generator_set_pretty(generator, TRUE);
    g_autofree char *text = json_generator_to_data(generator, NULL);
    return g_strconcat(text, "\n", NULL);
}

char *json_from_records(const RecordType *type, const GPtrArray *records)
{
    JsonBuilder *json = json_begin();

    for (guint i = 0; i < records->len; i++) {
        json_builder_begin_object(json);
        json_add_fields(json, type, g_ptr_array_index(records, i));
        json_builder_end_object(json);
    }
    return json_end(json);
}
