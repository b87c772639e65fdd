/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * {"Type": "container", "Action": "died", "Actor": {"ID": …, "Attributes": {"name": …, "containerExitCode": "137",
 * labels …}}, "time": seconds, "timeNano": nanoseconds}
 */
#include <errno.h>
#include <glib.h>

#include "service/podman/event-line.h"
#include "service/podman/json-read.h"
#include "service/podman/labels.h"

int podman_event_parse(const char *line, size_t size, PodmanEvent **ret)
{
    g_autoptr(JsonNode) node = NULL;
    JsonObject *object = json_read_object(line, size, &node), *actor = member_object(object, "Actor"),
               *attributes = member_object(actor, "Attributes");
    const char *type = member_string(object, "Type"), *action = member_string(object, "Action"),
               *id = member_string(actor, "ID"), *name = member_string(attributes, "name"),
               *code = member_string(attributes, "containerExitCode");
    int64_t nsec = member_int(object, "timeNano", 0);

    if (!type || !action || nsec <= 0)
        return -EBADMSG;
    PodmanEvent *event = g_new0(PodmanEvent, 1);
    *event = (PodmanEvent){
        .type = g_strdup(type),
        .action = g_strdup(action),
        .id = g_strdup(id ? id : ""),
        .name = g_strdup(name ? name : ""),
        .service = g_strdup(member_string(attributes, LABEL_SERVICE)),
        .nsec = (uint64_t) nsec,
        .exit_code = code ? g_ascii_strtoll(code, NULL, 10) : 0,
    };
    *ret = event;
    return 0;
}

PodmanEvent *podman_event_free(PodmanEvent *event)
{
    if (!event)
        return NULL;
    g_free(event->type);
    g_free(event->action);
    g_free(event->id);
    g_free(event->name);
    g_free(event->service);
    g_free(event);
    return NULL;
}
