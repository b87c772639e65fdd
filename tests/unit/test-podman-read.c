/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What Podman answers, read into structs. The texts are Podman 4.3.1's, shortened.
 */
#include <errno.h>
#include <glib.h>
#include <string.h>

#include "service/podman/container-info.h"
#include "service/podman/event-line.h"
#include "service/podman/json-read.h"
#include "service/podman/podman-image.h"
#include "service/podman/podman-network.h"

static void test_json_bad(void)
{
    static const char *const bad[] = {"", " ", "{", "}", "{}}", "[1]]", "{} x", "{}{}", "[]\n[]", "// \"\n[1]",
        "/* \" */[1]", "nul", "\xff", "'a'", "var x=[1]", "# a\n[1]", "[1,]", "\"a\\\"", "\"", "[\"\\", "(1)"};

    for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
        JsonNode *node = NULL;
        g_assert_cmpint(json_read(bad[i], strlen(bad[i]), &node), ==, -EBADMSG);
        g_assert_null(node);
    }
}

static void test_json_depth(void)
{
    g_autoptr(GString) text = g_string_new(NULL);
    JsonNode *node = NULL;

    for (unsigned i = 0; i < JSON_DEPTH_MAX; i++)
        g_string_append_c(text, '[');
    for (unsigned i = 0; i < JSON_DEPTH_MAX; i++)
        g_string_append_c(text, ']');
    g_assert_cmpint(json_read(text->str, text->len, &node), ==, 0);
    g_clear_pointer(&node, json_node_unref);
    g_string_prepend_c(text, '[');
    g_string_append_c(text, ']');
    g_assert_cmpint(json_read(text->str, text->len, &node), ==, -EBADMSG);

    /* Brackets in a string are none. */
    g_string_assign(text, "[\"");
    for (unsigned i = 0; i < 1000; i++)
        g_string_append_c(text, '[');
    g_string_append(text, "\\\"\"]\n");
    g_assert_cmpint(json_read(text->str, text->len, &node), ==, 0);
    g_clear_pointer(&node, json_node_unref);

    g_string_assign(text, "");
    for (unsigned i = 0; i < 1000000; i++)
        g_string_append_c(text, '{');
    g_assert_cmpint(json_read(text->str, text->len, &node), ==, -EBADMSG);
}

static void test_members(void)
{
    g_autoptr(JsonNode) node = NULL;
    const char *text = "{\"s\":\"x\",\"i\":7,\"b\":true,\"o\":{\"k\":\"v\"},\"a\":[\"e\",{},null],\"n\":null}";
    JsonObject *object = json_read_object(text, strlen(text), &node);

    g_assert_cmpstr(member_string(object, "s"), ==, "x");
    g_assert_null(member_string(object, "i"));
    g_assert_null(member_string(object, "n"));
    g_assert_null(member_string(object, "absent"));
    g_assert_null(member_string(NULL, "s"));
    g_assert_cmpint(member_int(object, "i", -1), ==, 7);
    g_assert_cmpint(member_int(object, "s", -1), ==, -1);
    g_assert_true(member_bool(object, "b"));
    g_assert_false(member_bool(object, "i"));
    g_assert_cmpstr(member_string(member_object(object, "o"), "k"), ==, "v");
    g_assert_null(member_object(object, "a"));
    g_assert_null(member_array(object, "o"));
    JsonArray *array = member_array(object, "a");
    g_assert_cmpuint(member_array_size(array), ==, 3);
    g_assert_cmpuint(member_array_size(NULL), ==, 0);
    g_assert_cmpstr(element_string(array, 0), ==, "e");
    g_assert_null(element_object(array, 0));
    g_assert_nonnull(element_object(array, 1));
    g_assert_null(element_string(array, 2));
}

#define INSPECT                                                                                                                                 \
    "{\"Id\":\"403d4dbf6a2c16055c50\",\"State\":{\"Status\":\"running\",\"Pid\":187,\"ExitCode\":3,\"OOMKilled\":true,\"Error\":\"why\","       \
    "\"StartedAt\":\"2026-11-22T15:02:54.571999269Z\"},\"Image\":\"e26929812e12\",\"ImageName\":\"docker.io/ollama/ollama:latest\","            \
    "\"Name\":\"ollama-0\",\"RestartCount\":2,\"NetworkSettings\":{\"Ports\":{\"9/udp\":null,\"80/tcp\":[{\"HostIp\":\"\",\"HostPort\":"        \
    "\"8080\"},{\"HostIp\":\"127.0.0.1\",\"HostPort\":\"8079\"}],\"x/tcp\":[{\"HostPort\":\"1\"}],\"81\":[{\"HostPort\":\"1\"}]},\"Networks\":" \
    "{\"airpods_network\":{\"Aliases\":[\"ollama\",\"llm\",\"403d4dbf6a2c\"]}}},\"Config\":{\"Labels\":{\"org.airpods.service\":\"ollama\","    \
    "\"org.airpods.config\":\"{}\"}},\"HostConfig\":{\"NetworkMode\":\"bridge\",\"PidsLimit\":2048,\"Memory\":67108864}}"

static void test_inspect(void)
{
    _cleanup_(container_info_freep) ContainerInfo *info = NULL;

    g_assert_cmpint(container_info_parse(INSPECT, strlen(INSPECT), &info), ==, 0);
    g_assert_cmpstr(info->id, ==, "403d4dbf6a2c16055c50");
    g_assert_cmpstr(info->name, ==, "ollama-0");
    g_assert_cmpstr(info->image, ==, "docker.io/ollama/ollama:latest");
    g_assert_cmpstr(info->image_id, ==, "e26929812e12");
    g_assert_cmpstr(info->service, ==, "ollama");
    g_assert_cmpstr(info->config, ==, "{}");
    g_assert_cmpint(info->state, ==, CONTAINER_RUNNING);
    g_assert_cmpint(info->pid, ==, 187);
    g_assert_cmpint(info->exit_code, ==, 3);
    g_assert_true(info->oom_killed);
    g_assert_cmpstr(info->error, ==, "why");
    g_assert_cmpuint(info->started_usec, ==, 1795359774571999);
    g_assert_cmpstr(info->network_mode, ==, "bridge");
    g_assert_cmpuint(info->networks->len, ==, 1);
    g_assert_cmpuint(info->aliases->len, ==, 2);
    g_assert_cmpstr(g_ptr_array_index(info->aliases, 0), ==, "ollama");
    g_assert_cmpstr(g_ptr_array_index(info->aliases, 1), ==, "llm");
    g_assert_cmpuint(info->ports->len, ==, 2);
    const ContainerPort *first = g_ptr_array_index(info->ports, 0), *second = g_ptr_array_index(info->ports, 1);
    g_assert_cmpstr(first->address, ==, "127.0.0.1");
    g_assert_cmpuint(first->host, ==, 8079);
    g_assert_cmpuint(first->container, ==, 80);
    g_assert_cmpstr(first->protocol, ==, "tcp");
    g_assert_cmpstr(second->address, ==, "");
    g_assert_cmpuint(second->host, ==, 8080);
    g_assert_cmpint(info->pids_limit, ==, 2048);
    g_assert_cmpint(info->memory_limit, ==, 67108864);
    g_assert_cmpint(info->restart_count, ==, 2);

    /* No shorter text is a container. */
    for (size_t n = 0; n < strlen(INSPECT); n++) {
        ContainerInfo *none = NULL;
        g_assert_cmpint(container_info_parse(INSPECT, n, &none), ==, -EBADMSG);
    }
}

static void test_inspect_poor(void)
{
    static const char *const good[] = {"{\"Id\":\"x\"}",
        "{\"Id\":\"x\",\"State\":[],\"Name\":7,\"HostConfig\":null,\"NetworkSettings\":{\"Ports\":[],\"Networks\":\"\"},\"Config\":{\"Labels\":null}}"};
    static const char *const bad[] = {"{}", "[]", "{\"Id\":\"\"}", "{\"Id\":7}", "null"};
    ContainerInfo *none = NULL;

    for (size_t i = 0; i < ELEMENTSOF(good); i++) {
        _cleanup_(container_info_freep) ContainerInfo *info = NULL;
        g_assert_cmpint(container_info_parse(good[i], strlen(good[i]), &info), ==, 0);
        g_assert_cmpstr(info->name, ==, "");
        g_assert_null(info->service);
        g_assert_cmpint(info->state, ==, CONTAINER_OTHER);
        g_assert_cmpuint(info->started_usec, ==, 0);
        g_assert_cmpuint(info->ports->len, ==, 0);
    }
    for (size_t i = 0; i < ELEMENTSOF(bad); i++)
        g_assert_cmpint(container_info_parse(bad[i], strlen(bad[i]), &none), ==, -EBADMSG);
}

static void test_states(void)
{
    static const struct {
        const char *name;
        ContainerState state;
    } rows[] = {{"created", CONTAINER_CREATED}, {"configured", CONTAINER_CREATED}, {"initialized", CONTAINER_CREATED},
        {"running", CONTAINER_RUNNING}, {"paused", CONTAINER_PAUSED}, {"stopping", CONTAINER_STOPPING},
        {"stopped", CONTAINER_EXITED}, {"exited", CONTAINER_EXITED}, {"removing", CONTAINER_REMOVING},
        {"new word", CONTAINER_OTHER}};

    for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
        _cleanup_(container_info_freep) ContainerInfo *info = NULL;
        g_autofree char *text = g_strdup_printf("{\"Id\":\"x\",\"State\":{\"Status\":\"%s\"}}", rows[i].name);
        g_assert_cmpint(container_info_parse(text, strlen(text), &info), ==, 0);
        g_assert_cmpint(info->state, ==, rows[i].state);
    }
    g_assert_cmpstr(container_state_string(CONTAINER_RUNNING), ==, "running");
}

static void test_list(void)
{
    const char *text =
        "[{\"Id\":\"a\",\"Names\":[\"ollama-0\"],\"Image\":\"i\",\"ImageID\":\"e2\",\"Labels\":{\"org.airpods.service\":\"ollama\"},\"State\":"
        "\"running\",\"Pid\":9,\"StartedAt\":1795359774,\"Networks\":[\"n1\"],\"Ports\":[{\"host_ip\":\"127.0.0.1\",\"container_port\":80,"
        "\"host_port\":8080,\"range\":2,\"protocol\":\"tcp\"},{\"host_ip\":\"\",\"container_port\":65535,\"host_port\":65535,\"range\":9,"
        "\"protocol\":\"udp\"}]},{\"Id\":\"b\",\"Names\":null,\"Labels\":null,\"StartedAt\":-62135596800,\"Ports\":null}]";
    g_autoptr(GPtrArray) list = NULL;

    g_assert_cmpint(container_list_parse(text, strlen(text), &list), ==, 0);
    g_assert_cmpuint(list->len, ==, 2);
    const ContainerInfo *a = g_ptr_array_index(list, 0), *b = g_ptr_array_index(list, 1);
    g_assert_cmpstr(a->name, ==, "ollama-0");
    g_assert_cmpstr(a->service, ==, "ollama");
    g_assert_cmpuint(a->started_usec, ==, 1795359774000000);
    g_assert_cmpuint(a->ports->len, ==, 3);
    g_assert_cmpuint(((const ContainerPort *) g_ptr_array_index(a->ports, 1))->host, ==, 8081);
    g_assert_cmpuint(((const ContainerPort *) g_ptr_array_index(a->ports, 2))->host, ==, 65535);
    g_assert_cmpstr(b->name, ==, "");
    g_assert_null(b->service);
    g_assert_cmpuint(b->started_usec, ==, 0);

    static const char *const bad[] = {"{}", "[1]", "[{}]", "[{\"Id\":\"a\"},null]", "null", ""};
    for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
        GPtrArray *none = NULL;
        g_assert_cmpint(container_list_parse(bad[i], strlen(bad[i]), &none), ==, -EBADMSG);
        g_assert_null(none);
    }
}

static void test_created(void)
{
    g_autofree char *id = container_created_parse("{\"Id\":\"588\",\"Warnings\":[]}", 26);

    g_assert_cmpstr(id, ==, "588");
    g_assert_null(container_created_parse("{\"Id\":\"\"}", 9));
    g_assert_null(container_created_parse("{", 1));
}

static void test_image(void)
{
    _cleanup_(image_info_freep) ImageInfo *info = NULL;
    ImageInfo *none = NULL;

    g_assert_cmpint(image_info_parse("{\"Id\":\"e2\",\"Size\":1997895}", 26, &info), ==, 0);
    g_assert_cmpstr(info->id, ==, "e2");
    g_assert_cmpint(info->size, ==, 1997895);
    g_assert_cmpint(image_info_parse("{}", 2, &none), ==, -EBADMSG);
}

static void test_network(void)
{
    const char *text =
        "[{\"name\":\"n1\",\"driver\":\"bridge\",\"subnets\":[{\"subnet\":\"10.89.0.0/24\",\"gateway\":\"10.89.0.1\"},{\"subnet\":7}],"
        "\"ipv6_enabled\":true,\"internal\":false,\"dns_enabled\":true,\"labels\":{\"org.airpods.config\":\"{}\"},\"options\":{\"mtu\":\"1380\"}},"
        "{\"name\":\"n2\",\"options\":{\"mtu\":\"99999999999\"}}]";
    g_autoptr(GPtrArray) list = NULL;
    NetworkInfo *none = NULL;

    g_assert_cmpint(network_list_parse(text, strlen(text), &list), ==, 0);
    g_assert_cmpuint(list->len, ==, 2);
    const NetworkInfo *info = g_ptr_array_index(list, 0);
    g_assert_cmpstr(info->name, ==, "n1");
    g_assert_cmpstr(info->driver, ==, "bridge");
    g_assert_cmpstr(info->config, ==, "{}");
    g_assert_cmpuint(info->subnets->len, ==, 1);
    g_assert_cmpstr(g_ptr_array_index(info->subnets, 0), ==, "10.89.0.0/24");
    g_assert_true(info->ipv6 && info->dns && !info->internal);
    g_assert_cmpuint(info->mtu, ==, 1380);
    info = g_ptr_array_index(list, 1);
    g_assert_null(info->config);
    g_assert_cmpuint(info->mtu, ==, 65535);

    g_assert_cmpint(network_info_parse("{}", 2, &none), ==, -EBADMSG);
    g_assert_cmpint(network_info_parse("[]", 2, &none), ==, -EBADMSG);
}

static void test_event(void)
{
    const char *text =
        "{\"status\":\"died\",\"id\":\"fd39\",\"from\":\"i\",\"Type\":\"container\",\"Action\":\"died\",\"Actor\":{\"ID\":\"fd39\",\"Attributes\":"
        "{\"containerExitCode\":\"137\",\"name\":\"ollama-0\",\"org.airpods.service\":\"ollama\"}},\"time\":1795359774,\"timeNano\":"
        "1795359774711587624}";
    static const char *const bad[] = {"{}", "{\"Type\":\"container\",\"Action\":\"died\"}",
        "{\"Type\":\"container\",\"timeNano\":7}", "{\"Type\":\"a\",\"Action\":\"b\",\"timeNano\":-7}", "[]", ""};
    _cleanup_(podman_event_freep) PodmanEvent *event = NULL;

    g_assert_cmpint(podman_event_parse(text, strlen(text), &event), ==, 0);
    g_assert_cmpstr(event->type, ==, "container");
    g_assert_cmpstr(event->action, ==, "died");
    g_assert_cmpstr(event->id, ==, "fd39");
    g_assert_cmpstr(event->name, ==, "ollama-0");
    g_assert_cmpstr(event->service, ==, "ollama");
    g_assert_cmpint(event->exit_code, ==, 137);
    g_assert_cmpuint(event->nsec, ==, 1795359774711587624);
    for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
        PodmanEvent *none = NULL;
        g_assert_cmpint(podman_event_parse(bad[i], strlen(bad[i]), &none), ==, -EBADMSG);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/podman/json/bad", test_json_bad);
    g_test_add_func("/podman/json/depth", test_json_depth);
    g_test_add_func("/podman/json/members", test_members);
    g_test_add_func("/podman/read/inspect", test_inspect);
    g_test_add_func("/podman/read/inspect-poor", test_inspect_poor);
    g_test_add_func("/podman/read/states", test_states);
    g_test_add_func("/podman/read/list", test_list);
    g_test_add_func("/podman/read/created", test_created);
    g_test_add_func("/podman/read/image", test_image);
    g_test_add_func("/podman/read/network", test_network);
    g_test_add_func("/podman/read/event", test_event);
    return g_test_run();
}
