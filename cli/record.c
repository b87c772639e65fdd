/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Freeing a record by its table.
 */
#include "cli/record.h"

static void field_clear(const Field *field, void *record)
{
    switch (field->type) {
    case FIELD_STRING:
        g_free(*FIELD_PTR(record, field, char *));
        break;
    case FIELD_STRINGS:
        g_strfreev(*FIELD_PTR(record, field, char **));
        break;
    case FIELD_UIDS:
        if (*FIELD_PTR(record, field, GArray *))
            g_array_unref(*FIELD_PTR(record, field, GArray *));
        break;
    case FIELD_BOOL:
    case FIELD_U32:
    case FIELD_U64:
    case FIELD_TYPE_MAX:
        break;
    }
}

void record_free(const RecordType *type, void *record)
{
    if (!record)
        return;
    for (size_t i = 0; i < type->n_fields; i++)
        field_clear(&type->fields[i], record);
    g_free(record);
}
