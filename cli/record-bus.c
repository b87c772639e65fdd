/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The reader. What a daemon sends is not trusted to have the types of the contract: it may be of another version.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "shared/macro.h"

#include "cli/record-bus.h"

static int read_string(sd_bus_message *message, char **ret)
{
    const char *value;
    int r = sd_bus_message_read_basic(message, 's', &value);
    if (r > 0)
        *ret = g_strdup(value);
    return r;
}

static int read_bool(sd_bus_message *message, bool *ret)
{
    int value;
    int r = sd_bus_message_read_basic(message, 'b', &value);
    if (r > 0)
        *ret = value;
    return r;
}

static int read_strings(sd_bus_message *message, char ***ret)
{
    g_autoptr(GPtrArray) strings = g_ptr_array_new_with_free_func(g_free);
    const char *value;
    int r;

    r = sd_bus_message_enter_container(message, 'a', "s");
    if (r <= 0)
        return r;
    while ((r = sd_bus_message_read_basic(message, 's', &value)) > 0)
        g_ptr_array_add(strings, g_strdup(value));
    if (r < 0)
        return r;
    g_ptr_array_add(strings, NULL);
    *ret = (char **) g_ptr_array_steal(strings, NULL);
    return sd_bus_message_exit_container(message);
}

static int read_uids(sd_bus_message *message, GArray **ret)
{
    const void *values;
    size_t size;
    int r = sd_bus_message_read_array(message, 'u', &values, &size);
    if (r > 0) {
        *ret = g_array_new(FALSE, FALSE, sizeof(uint32_t));
        if (size > 0)
            g_array_append_vals(*ret, values, (guint) (size / sizeof(uint32_t)));
    }
    return r;
}

static int read_value(sd_bus_message *message, const Field *field, void *record)
{
    switch (field->type) {
    case FIELD_STRING:
        return read_string(message, FIELD_PTR(record, field, char *));
    case FIELD_BOOL:
        return read_bool(message, FIELD_PTR(record, field, bool));
    case FIELD_U32:
        return sd_bus_message_read_basic(message, 'u', FIELD_PTR(record, field, uint32_t));
    case FIELD_U64:
        return sd_bus_message_read_basic(message, 't', FIELD_PTR(record, field, uint64_t));
    case FIELD_STRINGS:
        return read_strings(message, FIELD_PTR(record, field, char **));
    case FIELD_UIDS:
        return read_uids(message, FIELD_PTR(record, field, GArray *));
    case FIELD_TYPE_MAX:
        break;
    }
    return -EINVAL;
}

static const char *type_signature(FieldType type)
{
    static const char *const signatures[] = {[FIELD_STRING] = "s",
        [FIELD_BOOL] = "b",
        [FIELD_U32] = "u",
        [FIELD_U64] = "t",
        [FIELD_STRINGS] = "as",
        [FIELD_UIDS] = "au"};
    static_assert(ELEMENTSOF(signatures) == FIELD_TYPE_MAX, "one signature a type");

    return signatures[type];
}

/* The bit of the field that was read, 0 for an unknown key, or a negative errno. */
static int read_entry(sd_bus_message *message, const RecordType *type, uint32_t seen, void *record, uint32_t *ret_bit)
{
    const char *key;
    int r;

    *ret_bit = 0;
    r = sd_bus_message_read_basic(message, 's', &key);
    if (r <= 0)
        return -EBADMSG;
    for (size_t i = 0; i < type->n_fields; i++) {
        const Field *field = &type->fields[i];

        if (strcmp(field->key, key) != 0)
            continue;
        if (seen & (1U << i))
            return -EBADMSG;
        *ret_bit = 1U << i;
        r = sd_bus_message_enter_container(message, 'v', type_signature(field->type));
        if (r > 0)
            r = read_value(message, field, record);
        return r > 0 ? sd_bus_message_exit_container(message) : -EBADMSG;
    }
    return sd_bus_message_skip(message, "v");
}

static int read_entries(sd_bus_message *message, const RecordType *type, void *record)
{
    uint32_t seen = 0, bit;
    int r;

    r = sd_bus_message_enter_container(message, 'a', "{sv}");
    if (r <= 0)
        return -EBADMSG;
    while ((r = sd_bus_message_enter_container(message, 'e', "sv")) > 0) {
        r = read_entry(message, type, seen, record, &bit);
        if (r >= 0)
            r = sd_bus_message_exit_container(message);
        if (r < 0)
            return -EBADMSG;
        seen |= bit;
    }
    if (r < 0 || sd_bus_message_exit_container(message) < 0)
        return -EBADMSG;
    for (size_t i = 0; i < type->n_fields; i++)
        if (!(seen & (1U << i)) && !type->fields[i].optional)
            return -EBADMSG;
    return 0;
}

int record_read(sd_bus_message *message, const RecordType *type, void **ret)
{
    void *record = g_malloc0(type->size);

    assert(type->n_fields <= 32);
    int r = read_entries(message, type, record);
    if (r < 0) {
        record_free(type, record);
        return r;
    }
    *ret = record;
    return 0;
}
