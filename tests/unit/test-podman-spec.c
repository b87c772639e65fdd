/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What Podman is sent when a container or a network is made, to the letter.
 */
#include <errno.h>
#include <glib.h>
#include <math.h>

#include "service/podman/container-spec.h"
#include "service/podman/podman-network.h"
#include "shared/error.h"

static char *json_of(const ContainerSpec *spec)
{
    sd_bus_error error = SD_BUS_ERROR_NULL;
    char *json = NULL;

    g_assert_cmpint(container_spec_to_json(spec, &json, &error), ==, 0);
    return json;
}

static void test_smallest(void)
{
    const ContainerSpec spec = {.name = "ollama-0",
        .image = "i",
        .service = "ollama",
        .config = "{}",
        .network = "airpods_network",
        .pids_limit = 2048};
    g_autofree char *json = json_of(&spec);

    g_assert_cmpstr(json, ==,
        "{\"name\":\"ollama-0\",\"image\":\"i\",\"labels\":{\"org.airpods.service\":\"ollama\",\"org.airpods.config\":\"{}\"},"
        "\"netns\":{\"nsmode\":\"bridge\"},\"Networks\":{\"airpods_network\":{}},\"mounts\":[],\"volumes\":[],\"secrets\":[],"
        "\"secret_env\":{},\"env\":{},\"resource_limits\":{\"pids\":{\"limit\":2048}},\"log_configuration\":{\"driver\":\"k8s-file\"}}");
}

static void test_everything(void)
{
    static char *const
        aliases[] = {(char *) "a", (char *) "b", NULL},
        *const env[] = {(char *) "A=1=2", (char *) "B", NULL}, *const dns[] = {(char *) "10.0.0.1", NULL},
        *const command[] = {(char *) "serve", (char *) "\"x\"", NULL}, *const entrypoint[] = {(char *) "/bin/e", NULL},
        *const devices[] = {(char *) "nvidia.com/gpu=all", NULL}, *const hosts[] = {(char *) "h:10.0.0.2", NULL},
        *const caps[] = {(char *) "SYS_NICE", NULL},
        *const labels[] = {(char *) "org.airpods.service=stolen", (char *) "x=y", NULL};
    const PortMapping ports[] = {{NULL, NULL, 3000, 8080}, {"0.0.0.0", "udp", 53, 5353}};
    const VolumeMount volumes[] = {{"/home/a", "/data", true}, {"models", "/models", false}};
    const SecretMount secrets[] = {{"token", NULL}, {"key", "API_KEY"}};
    const ContainerSpec spec = {.name = "n",
        .image = "i",
        .service = "s",
        .config = "{\"version\":1}",
        .network = "net",
        .aliases = aliases,
        .ports = ports,
        .n_ports = 2,
        .volumes = volumes,
        .n_volumes = 2,
        .secrets = secrets,
        .n_secrets = 2,
        .env = env,
        .dns_servers = dns,
        .command = command,
        .entrypoint = entrypoint,
        .devices = devices,
        .extra_hosts = hosts,
        .cap_add = caps,
        .labels = labels,
        .user = "1000:1000",
        .keep_id = true,
        .pids_limit = 7,
        .memory = 1073741824,
        .cpus = 1.5,
        .shm_size = 67108864,
        .log_max_size = 10485760,
        .stop_timeout = 20,
        .restart = "unless-stopped"};
    g_autofree char *json = json_of(&spec);

    g_assert_cmpstr(json, ==,
        "{\"name\":\"n\",\"image\":\"i\",\"labels\":{\"org.airpods.service\":\"s\",\"x\":\"y\",\"org.airpods.config\":"
        "\"{\\\"version\\\":1}\"},\"dns_server\":[\"10.0.0.1\"],\"hostadd\":[\"h:10.0.0.2\"],\"netns\":{\"nsmode\":\"bridge\"},"
        "\"Networks\":{\"net\":{\"aliases\":[\"a\",\"b\"]}},\"portmappings\":[{\"host_ip\":\"127.0.0.1\",\"host_port\":3000,"
        "\"container_port\":8080,\"protocol\":\"tcp\"},{\"host_ip\":\"0.0.0.0\",\"host_port\":53,\"container_port\":5353,"
        "\"protocol\":\"udp\"}],\"mounts\":[{\"type\":\"bind\",\"source\":\"/home/a\",\"destination\":\"/data\",\"options\":[\"ro\","
        "\"rbind\"]}],\"volumes\":[{\"Name\":\"models\",\"Dest\":\"/models\",\"Options\":[\"rw\"]}],\"secrets\":[{\"Source\":\"token\","
        "\"Target\":\"token\"}],\"secret_env\":{\"API_KEY\":\"key\"},\"env\":{\"A\":\"1=2\",\"B\":\"\"},\"command\":[\"serve\","
        "\"\\\"x\\\"\"],\"entrypoint\":[\"/bin/e\"],\"devices\":[{\"path\":\"nvidia.com/gpu=all\"}],\"cap_add\":[\"SYS_NICE\"],"
        "\"user\":\"1000:1000\",\"userns\":{\"nsmode\":\"keep-id\"},\"resource_limits\":{\"pids\":{\"limit\":7},\"memory\":{\"limit\":"
        "1073741824},\"cpu\":{\"quota\":150000,\"period\":100000}},\"shm_size\":67108864,\"log_configuration\":{\"driver\":"
        "\"k8s-file\",\"size\":10485760},\"stop_timeout\":20,\"restart_policy\":\"unless-stopped\"}");
}

static void test_host_mode(void)
{
    static char *const aliases[] = {(char *) "a", NULL};
    const PortMapping ports[] = {{NULL, NULL, 3000, 8080}};
    const ContainerSpec spec = {.name = "n",
        .image = "i",
        .service = "s",
        .config = "{}",
        .network_mode = NETWORK_MODE_HOST,
        .network = "net",
        .aliases = aliases,
        .ports = ports,
        .n_ports = 1,
        .pids_limit = 1};
    g_autofree char *json = json_of(&spec);

    g_assert_cmpstr(json, ==,
        "{\"name\":\"n\",\"image\":\"i\",\"labels\":{\"org.airpods.service\":\"s\",\"org.airpods.config\":\"{}\"},"
        "\"netns\":{\"nsmode\":\"host\"},\"mounts\":[],\"volumes\":[],\"secrets\":[],\"secret_env\":{},\"env\":{},"
        "\"resource_limits\":{\"pids\":{\"limit\":1}},\"log_configuration\":{\"driver\":\"k8s-file\"}}");
}

static void test_impossible(void)
{
    const ContainerSpec base = {
        .name = "n", .image = "i", .service = "s", .config = "{}", .network = "net", .pids_limit = 2048};
    ContainerSpec specs[] = {base, base, base, base, base, base};

    specs[0].pids_limit = 0;
    specs[1].pids_limit = 1000001;
    specs[2].pids_limit = UINT32_MAX; /* -1 */
    specs[3].memory = UINT64_MAX;
    specs[4].cpus = -1;
    specs[5].cpus = NAN;
    for (size_t i = 0; i < ELEMENTSOF(specs); i++) {
        sd_bus_error error = SD_BUS_ERROR_NULL;
        char *json = NULL;
        g_assert_cmpint(container_spec_to_json(&specs[i], &json, &error), ==, -EBADMSG);
        g_assert_cmpstr(error.name, ==, ERROR_CONFIG_INVALID);
        g_assert_true(g_str_has_prefix(error.message, "services.s"));
        g_assert_null(json);
        sd_bus_error_free(&error);
    }
}

static void test_network(void)
{
    static char *const dns[] = {(char *) "10.0.0.1", NULL};
    const NetworkSpec spec = {.name = "airpods_network",
        .config = "{}",
        .subnet = "10.90.0.0/24",
        .gateway = "10.90.0.1",
        .internal = true,
        .mtu = 1380,
        .dns_servers = dns};
    g_autofree char *four = network_spec_to_json(&spec, podman_generation_of("4.3.1"));
    g_autofree char *five = network_spec_to_json(&spec, podman_generation_of("5.4.2"));

    g_assert_cmpstr(four, ==,
        "{\"name\":\"airpods_network\",\"driver\":\"bridge\",\"labels\":{\"org.airpods.config\":\"{}\"},\"subnets\":[{\"subnet\":"
        "\"10.90.0.0/24\",\"gateway\":\"10.90.0.1\"}],\"ipv6_enabled\":false,\"internal\":true,\"dns_enabled\":true,"
        "\"options\":{\"mtu\":\"1380\"}}");
    g_assert_cmpstr(five, ==,
        "{\"name\":\"airpods_network\",\"driver\":\"bridge\",\"labels\":{\"org.airpods.config\":\"{}\"},\"subnets\":[{\"subnet\":"
        "\"10.90.0.0/24\",\"gateway\":\"10.90.0.1\"}],\"ipv6_enabled\":false,\"internal\":true,\"dns_enabled\":true,"
        "\"options\":{\"mtu\":\"1380\"},\"network_dns_servers\":[\"10.0.0.1\"]}");
}

static void test_generations(void)
{
    static const struct {
        const char *version, *rootless_network; /* NULL: too old */
    } rows[] = {{"4.3.1", "slirp4netns"}, {"4.0.0", "slirp4netns"}, {"4.9.4", "slirp4netns"}, {"5.0.0", "pasta"},
        {"5.4.2", "pasta"}, {"6.0.0-dev", "pasta"}, {"17.1", "pasta"}, {"3.4.4", NULL}, {"", NULL}, {"4", NULL},
        {"nonsense", NULL}, {"0.9", NULL}, {NULL, NULL}};

    for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
        const PodmanGeneration *generation = podman_generation_of(rows[i].version);
        g_assert_cmpstr(generation ? generation->rootless_network : NULL, ==, rows[i].rootless_network);
    }
}

static void test_path(void)
{
    g_autofree char *path = podman_path("/containers/%s/stop?timeout=%u", "a/../b?c=d&e %", 7U);

    g_assert_cmpstr(path, ==, "/containers/a%2F..%2Fb%3Fc%3Dd%26e%20%25/stop?timeout=7");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/podman/spec/smallest", test_smallest);
    g_test_add_func("/podman/spec/everything", test_everything);
    g_test_add_func("/podman/spec/host-mode", test_host_mode);
    g_test_add_func("/podman/spec/impossible", test_impossible);
    g_test_add_func("/podman/spec/network", test_network);
    g_test_add_func("/podman/generations", test_generations);
    g_test_add_func("/podman/path", test_path);
    return g_test_run();
}
