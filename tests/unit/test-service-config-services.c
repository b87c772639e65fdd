/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Services in the configuration: the forms of images, ports, volumes, sizes, times and files of variables; layers; the
 * built-in services; the earlier airpods' file; what only the whole configuration can tell. Expected values are written by
 * hand.
 */
#include <glib.h>
#include <string.h>

#include "service/config-text.h"
#include "service/env-file.h"
#include "tests/unit/service-config-text.h"

static void test_images(void)
{
    static const char *const good[] = {"docker.io/library/nginx", "docker.io/library/nginx:1.25", "localhost/web",
        "localhost:5000/web:latest", "registry.example.org:5000/a/b_c/d--e/f.g__h:v1.2-3",
        "ghcr.io/open-webui/open-webui",
        "docker.io/a/b@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "docker.io/a/b:1@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "[::1]:5000/a",
        "nginx", "library/nginx"};
    static const char *const bad[] = {"", "/nginx", "nginx/", "docker.io/", "docker.io//a", "docker.io/Nginx",
        "docker.io/a b", "docker.io/a:", "docker.io/a:.b", "docker.io/a:b:c", "docker.io/a@sha256:12",
        "docker.io/a@md5:0123", "docker.io/-a", "docker.io/a-", "docker.io/a..b", "docker.io/a___b", "docker.io/a._b",
        "docker.io:99999/a", "https://docker.io/a", "docker.io/\303\244"};

    for (size_t i = 0; i < G_N_ELEMENTS(good); i++)
        g_assert_cmpstr(check_image(good[i]), ==, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
        if (!check_image(bad[i]))
            g_error("\"%s\" passes", bad[i]);
    g_assert_cmpstr(check_image("docker.io/Nginx"), ==,
        "is not the name of an image: only lower case letters, digits and . _ - are allowed");
    g_assert_true(image_has_registry("localhost/a"));
    g_assert_true(image_has_registry("host:5000/a"));
    g_assert_false(image_has_registry("nginx:1.25"));
    g_assert_false(image_has_registry("library/nginx"));
    g_autofree char *short_name = problems_of("[services.web]\nimage = \"nginx:1\"\n");
    g_assert_cmpstr(short_name, ==,
        "warning c.toml:2:1: \"nginx:1\" names no registry, so Podman's settings decide which one is asked: write "
        "\"docker.io/library/nginx:1\" or \"localhost/nginx:1\".");
    g_autofree char *wrong = problems_of("[services.web]\nimage = 3\n");
    g_assert_cmpstr(wrong, ==, "c.toml:2:9: \"image\" must be the name of an image, not an integer.");
}

static void test_ports(void)
{
    static const struct {
        const char *value;
        const char *expected; /* as ShowConfig has it */
    } good[] = {
        {"[]", "[]"},
        {"[\"8188\"]", "[\"127.0.0.1:8188:8188\"]"},
        {"[8188]", "[\"127.0.0.1:8188:8188\"]"},
        {"\"8188\"", "[\"127.0.0.1:8188:8188\"]"},
        {"[\"3000:8080\"]", "[\"127.0.0.1:3000:8080\"]"},
        {"[\"0.0.0.0:3000:8080/tcp\"]", "[\"0.0.0.0:3000:8080\"]"},
        {"[\"192.168.1.5:3000\"]", "[\"192.168.1.5:3000:3000\"]"},
        {"[\"[::1]:3000:8080\"]", "[\"[::1]:3000:8080\"]"},
        {"[\"53:5353/udp\"]", "[\"127.0.0.1:53:5353/udp\"]"},
        {"[{ host = 3000, container = 8080 }]", "[\"127.0.0.1:3000:8080\"]"},
        {"{ host = 3000, container = 8080 }", "[\"127.0.0.1:3000:8080\"]"},
        {"[{ container = 8080 }, { host = 81 }]", "[\"127.0.0.1:8080:8080\", \"127.0.0.1:81:81\"]"},
        {"[{ host = 1, container = 65535, address = \"::\", protocol = \"udp\" }]", "[\"[::]:1:65535/udp\"]"},
    };
    static const struct {
        const char *value, *expected;
    } bad[] = {
        {"[\"0\"]",
            "\"0\" is not a port: write \"8188\", \"3000:8080\" or \"0.0.0.0:3000:8080/tcp\" with numbers from 1 to 65535."},
        {"[\"65536\"]", NULL},
        {"[\"http\"]", NULL},
        {"[\"\"]", NULL},
        {"[\"80:\"]", NULL},
        {"[\":80\"]", NULL},
        {"[\" 80\"]", NULL},
        {"[\"+80\"]", NULL},
        {"[\"1:2:3\"]", "\"1:2:3\" is not a port: what stands before the ports is not an address."},
        {"[\"1.2.3.4:1:2:3\"]", NULL},
        {"[\"localhost:80:80\"]", "\"localhost:80:80\" is not a port: what stands before the ports is not an address."},
        {"[\"::1:80:80\"]", NULL},
        {"[\"[::1:80:80\"]",
            "\"[::1:80:80\" is not a port: an IPv6 address stands in brackets, as in \"[::1]:3000:8080\"."},
        {"[\"8000-8010:8000\"]", "\"8000-8010:8000\" is a range of ports: write each port by itself."},
        {"[\"80/sctp\"]", "\"80/sctp\" has an unknown protocol: use \"tcp\" or \"udp\"."},
        {"[true]", "\"ports\" must hold ports such as \"3000:8080\", not a boolean."},
        {"[0]", "A port is a number from 1 to 65535."},
        {"[{}]", "A port needs \"host\" and \"container\"."},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
        g_autofree char *text = g_strdup_printf("[services.web]\nimage = \"a.b/c\"\nports = %s\n", good[i].value);
        _cleanup_(config_freep) Config *config = parse(text);
        g_autofree char *shown = config_show(config);
        g_autofree char *line = g_strdup_printf("\nports = %s # /home/u/c.toml:3\n", good[i].expected);
        if (!strstr(shown, line))
            g_error("no \"%s\" in \"%s\"", line, shown);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *text = g_strdup_printf("[services.web]\nimage = \"a.b/c\"\nports = %s\n", bad[i].value);
        g_autofree char *found = problems_of(text);
        g_autofree char *expected = bad[i].expected ? g_strconcat("c.toml:3:10: ", bad[i].expected, NULL) : NULL;
        g_assert_true(g_str_has_prefix(found, "c.toml:3:10: "));
        if (expected)
            assert_text(found, expected);
    }
    g_autofree char *misspelt =
        problems_of("[services.web]\nimage = \"a.b/c\"\nports = [{ host = 1, cotnainer = 2 }]\n");
    g_assert_cmpstr(
        misspelt, ==, "c.toml:3:22: Unknown key \"cotnainer\" in an element of \"ports\". Did you mean \"container\"?");
    /* The earlier airpods' own form. */
    _cleanup_(config_freep) Config *earlier =
        parse("[services.web]\nimage = \"a.b/c\"\n[[services.web.ports]]\nhost = 1\ncontainer = 2\n"
              "[[services.web.ports]]\nhost = 3\ncontainer = 4\n");
    const ServicePort *second = g_ptr_array_index(config_service(earlier, "web")->ports, 1);
    g_assert_cmpuint(second->host, ==, 3);
    g_assert_cmpuint(second->container, ==, 4);
    g_assert_cmpstr(second->address, ==, "127.0.0.1");
}

static void test_volumes(void)
{
    static const struct {
        const char *text, *source, *target;
        bool read_only;
    } good[] = {
        {"name:/path", "name", "/path", false},
        {"name:/path:ro", "name", "/path", true},
        {"name:/path:rw", "name", "/path", false},
        {"./rel:/path", "./rel", "/path", false},
        {"../rel/x:/path", "../rel/x", "/path", false},
        {"~/x:/path", "~/x", "/path", false},
        {"/abs:/path/deep", "/abs", "/path/deep", false},
        {"bind://comfyui/workspace:/workspace", "bind://comfyui/workspace", "/workspace", false},
        {".:/path", ".", "/path", false},
    };
    static const char *const bad[] = {"", "name", "/path", "name:", ":/path", "name:path", "name:/", "name:/a/../b",
        "name:/path:z", "rel/x:/path", "-name:/path", "bind://:/path", "bind:///x:/path", "bind://../x:/path",
        "bind://a/../../x:/path", "a b:/path"};

    for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
        ServiceVolume *volume = NULL;
        g_assert_cmpstr(text_to_service_volume(good[i].text, &volume), ==, NULL);
        g_assert_cmpstr(volume->source, ==, good[i].source);
        g_assert_cmpstr(volume->target, ==, good[i].target);
        g_assert_true(volume->read_only == good[i].read_only);
        service_volume_free(volume);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        ServiceVolume *volume = NULL;
        if (!text_to_service_volume(bad[i], &volume))
            g_error("\"%s\" passes", bad[i]);
        g_assert_null(volume);
    }
    static const struct {
        const char *line, *expected;
    } rows[] = {
        {"volumes = [\"name:/path:z\"]", "c.toml:3:12: \"name:/path:z\" has an unknown option: use \"ro\" or \"rw\"."},
        {"volumes = \"name:/path\"",
            "c.toml:3:11: \"volumes\" must be an array of volumes such as [\"name:/path\"], or a table of them, not a string."},
        {"volumes = [3]", "c.toml:3:12: \"volumes\" must hold volumes such as \"name:/path\", not an integer."},
        {"volumes.data = { source = \"x\" }", "c.toml:3:16: A volume needs \"source\" and \"target\"."},
        {"volumes.data = { source = \"x\", target = \"y\" }",
            "c.toml:3:41: \"y\" is not a place in the container: it must be an absolute path other than \"/\"."},
        {"volumes.data = { source = \"bind://../x\", target = \"/y\" }",
            "c.toml:3:27: \"bind://../x\" is not a source: \"bind://\" is followed by a path below airpods' data directory."},
        {"volumes.data = { source = \"x\", target = \"/y\", readonly = 1 }",
            "c.toml:3:58: \"readonly\" must be true or false, not an integer."},
        {"volumes = [\"a:/x\", \"b:/y\", \"c:/x\"]", "c.toml:3:28: Two volumes of service \"web\" are at \"/x\"."},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text =
            g_strdup_printf("[services.web]\nimage = \"docker.io/library/nginx\"\n%s\n", rows[i].line);
        g_autofree char *found = problems_of(text);
        assert_text(found, rows[i].expected);
    }
}

static void test_units(void)
{
    static const struct {
        const char *text;
        uint64_t size;
        const char *shown;
    } sizes[] = {
        {"0", 0, "0"},
        {"1000", 1000, "1000"},
        {"1k", 1024, "1k"},
        {"512m", 536870912, "512m"},
        {"512M", 536870912, "512m"},
        {"4g", 4294967296, "4g"},
        {"64MiB", 67108864, "64m"},
        {"1.5g", 1610612736, "1536m"},
        {"2 GB", 2147483648, "2g"},
        {"1t", 1099511627776, "1t"},
        {"10b", 10, "10"},
    };
    static const char *const no_sizes[] = {
        "", "m", "-1", "1x", "1.m", "1.2345g", "0x10", "1m1", "99999999999999999999", "20000000t", " 1m", "1m "};
    static const struct {
        const char *text;
        uint64_t usec;
        const char *shown;
    } times[] = {
        {"0", 0, "0s"},
        {"2", 2000000, "2s"},
        {"30s", 30000000, "30s"},
        {"500ms", 500000, "500ms"},
        {"2m", 120000000, "2m"},
        {"1m30s", 90000000, "90s"},
        {"1h", 3600000000, "1h"},
        {"1.5s", 1500000, "1500ms"},
        {"7us", 7, "7us"},
    };
    static const char *const no_times[] = {"", "s", "1d", "1 2", "-1s", "1s ", "99999999999h"};
    uint64_t value;

    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_assert_cmpint(text_to_size(sizes[i].text, &value), ==, 0);
        g_assert_cmpuint(value, ==, sizes[i].size);
        g_autofree char *shown = size_to_text(value);
        g_assert_cmpstr(shown, ==, sizes[i].shown);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(no_sizes); i++)
        if (text_to_size(no_sizes[i], &value) >= 0)
            g_error("\"%s\" is a size", no_sizes[i]);
    for (size_t i = 0; i < G_N_ELEMENTS(times); i++) {
        g_assert_cmpint(text_to_usec(times[i].text, &value), ==, 0);
        g_assert_cmpuint(value, ==, times[i].usec);
        g_autofree char *shown = usec_to_text(value);
        g_assert_cmpstr(shown, ==, times[i].shown);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(no_times); i++)
        if (text_to_usec(no_times[i], &value) >= 0)
            g_error("\"%s\" is a time", no_times[i]);
}

/* Two services: what one does to the other. */
static void test_cross_checks(void)
{
    static const struct {
        const char *a, *b, *expected; /* lines of [services.a] (from line 3) and [services.b] (from line 6) */
    } rows[] = {
        {"ports = [\"80\"]", "ports = [\"81\"]", ""},
        {"ports = [\"80\"]", "ports = [\"80:90\"]",
            "c.toml:6:10: Port 80 of the host is also a port of service \"a\"."},
        {"ports = [\"80\"]\n", "ports = [\"80/udp\"]", ""},
        {"ports = [\"127.0.0.1:80:80\"]", "ports = [\"127.0.0.2:80:80\"]", ""},
        {"ports = [\"127.0.0.1:80:80\"]", "ports = [\"0.0.0.0:80:80\"]",
            "c.toml:6:10: Port 80 of the host is also a port of service \"a\"."},
        {"ports = [\"80\"]", "enabled = false\nports = [\"80\"]", ""},
        {"ports = [\"80:90\", \"81\", \"80:91\"]", "", "c.toml:3:25: Service \"a\" has port 80 of the host twice."},
        {"network_mode = \"host\"\nports = [\"80\"]", "ports = [\"[::1]:80:8080\"]",
            "c.toml:7:10: Port 80 of the host is also a port of service \"a\"."},
        {"network_aliases = [\"x\", \"y\"]", "network_aliases = [\"y\"]",
            "c.toml:6:1: \"y\" is also an alias of service \"a\": a name leads to one service."},
        {"network_aliases = [\"b\"]", "",
            "c.toml:4:11: \"b\" is also an alias of service \"a\": a name leads to one service."},
        {"container = \"b-0\"", "", "c.toml:4:11: Container \"b-0\" is also the container of service \"a\"."},
        {"network_mode = \"host\"", "env.URL = \"http://a:80/x\"",
            "warning c.toml:3:1: Service \"a\" is on the host's network, so \"a\" in URL of service \"b\" will not resolve: use "
            "{{runtime.host_gateway}} there."},
        {"network_mode = \"host\"", "env.URL = \"http://ab:80/x\"", ""},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = g_strdup_printf(
            "[services.a]\nimage = \"x.y/a\"\n%s\n[services.b]\nimage = \"x.y/b\"\n%s\n", rows[i].a, rows[i].b);
        g_autofree char *found = problems_of(text);
        assert_text(found, rows[i].expected);
    }
}

/* The built-in services: known and right, mentioned by nobody, and the base of what a file says. */
static void test_builtin(void)
{
    static const struct {
        const char *name, *image, *health;
        uint16_t host, container;
        GpuWish gpu;
    } rows[] = {
        {"ollama", "docker.io/ollama/ollama:latest", "/api/tags", 11434, 11434, GPU_AUTO},
        {"open-webui", "ghcr.io/open-webui/open-webui:latest", "/", 3000, 8080, GPU_NONE},
        {"comfyui", "docker.io/yanwk/comfyui-boot:cu128-slim", "/", 8188, 8188, GPU_AUTO},
        {"llamacpp", "ghcr.io/ggml-org/llama.cpp:server", "/health", 11435, 8080, GPU_NONE},
    };
    _cleanup_(config_freep) Config *config = parse("");

    g_assert_cmpuint(config->services->len, ==, G_N_ELEMENTS(rows));
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const ServiceConfig *service = config_service(config, rows[i].name);
        g_assert_false(service->mentioned);
        g_assert_false(service_config_is_active(service));
        g_assert_cmpstr(service->image, ==, rows[i].image);
        g_assert_cmpstr(service->health.path, ==, rows[i].health);
        g_assert_cmpint(service->gpu, ==, rows[i].gpu);
        g_assert_cmpuint(service->ports->len, ==, 1);
        const ServicePort *port = g_ptr_array_index(service->ports, 0);
        g_assert_cmpstr(port->address, ==, "127.0.0.1");
        g_assert_cmpuint(port->host, ==, rows[i].host);
        g_assert_cmpuint(port->container, ==, rows[i].container);
        g_assert_cmpuint(service->pids_limit, ==, 2048);
        g_assert_cmpuint(service->log_max_size, ==, 10485760);
        g_assert_cmpuint(service_config_health_port(service), ==, rows[i].container);
        g_autofree char *container = service_config_container(service);
        g_autofree char *expected = g_strdup_printf("%s-0", rows[i].name);
        g_assert_cmpstr(container, ==, expected);
    }

    /* All four together are right as well. */
    g_autofree char *all = problems_of("[services]\nollama = {}\nopen-webui = {}\ncomfyui = {}\nllamacpp = {}\n");
    g_assert_cmpstr(all, ==, "");
    g_autofree char *host = problems_of("[services]\nollama = { network_mode = \"host\" }\nopen-webui = {}\n");
    g_assert_cmpstr(host, ==,
        "warning c.toml:2:12: Service \"ollama\" is on the host's network, so \"ollama\" in OLLAMA_BASE_URL of service "
        "\"open-webui\" will not resolve: use {{runtime.host_gateway}} there.");
}

/* An administrator's file, a user's over it, both over what is built in. */
static void test_layers(void)
{
    static const char admin[] = "[services.ollama]\n"
                                "env = { OLLAMA_HOST = \"::\", A = \"admin\" }\n"
                                "ports = [\"1000:11434\"]\n"
                                "pids_limit = 100\n"
                                "volumes.models = { source = \"models\", target = \"/models\" }\n"
                                "[services.web]\n"
                                "image = \"x.y/web\"\n"
                                "health = { path = \"/\", port = 80 }\n"
                                "ports = [\"80\"]\n";
    static const char user[] = "[services.ollama]\n"
                               "env.A = \"user\"\n"
                               "ports = [\"2000:11434\"]\n"
                               "volumes.data = { source = \"./mine\", target = \"/root/.ollama\" }\n"
                               "health = false\n"
                               "[services.web]\n"
                               "health.tcp = 80\n"
                               "[services.comfyui]\n"
                               "volumes = [\"one:/one\"]\n";
    _cleanup_(config_freep) Config *config = config_new();
    Problems problems = {0};

    config_parse(config, "/etc/airpods/config.toml", admin, strlen(admin), &problems);
    config_parse(config, "/home/u/c.toml", user, strlen(user), &problems);
    config_check(config, &problems);
    g_autofree char *found = problems_to_text(&problems);
    g_assert_cmpstr(found, ==, "");
    g_autofree char *shown = config_show(config);
    const char *services = strstr(shown, "\n[services.ollama]\n");
    g_assert_cmpstr(services, ==,
        "\n[services.ollama]\n"
        "enabled = true # default\n"
        "image = \"docker.io/ollama/ollama:latest\" # built in\n"
        "pull_policy = \"missing\" # default\n"
        "network_mode = \"pod\" # default\n"
        "ports = [\"127.0.0.1:2000:11434\"] # /home/u/c.toml:3\n"
        "volumes.data = { source = \"./mine\", target = \"/root/.ollama\" } # /home/u/c.toml:4\n"
        "volumes.models = { source = \"models\", target = \"/models\" } # /etc/airpods/config.toml:5\n"
        "env.OLLAMA_HOST = \"::\" # /etc/airpods/config.toml:2\n"
        "env.A = \"user\" # /home/u/c.toml:2\n"
        "keep_id = false # default\n"
        "gpu = true # built in\n"
        "pids_limit = 100 # /etc/airpods/config.toml:4\n"
        "log_max_size = \"10m\" # default\n"
        "autostart = false # default\n"
        "health = false # /home/u/c.toml:5\n"
        "\n[services.comfyui]\n"
        "enabled = true # default\n"
        "image = \"docker.io/yanwk/comfyui-boot:cu128-slim\" # built in\n"
        "pull_policy = \"missing\" # default\n"
        "network_mode = \"pod\" # default\n"
        "ports = [\"127.0.0.1:8188:8188\"] # built in\n"
        "volumes = [{ source = \"one\", target = \"/one\" }] # /home/u/c.toml:9\n"
        "keep_id = false # default\n"
        "gpu = true # built in\n"
        "pids_limit = 2048 # default\n"
        "log_max_size = \"10m\" # default\n"
        "autostart = false # default\n"
        "[services.comfyui.health]\n"
        "path = \"/\" # built in\n"
        "expected_status = [200, 299] # default\n"
        "interval = \"30s\" # default\n"
        "start_period = \"0s\" # default\n"
        "retries = 3 # default\n"
        "\n[services.web]\n"
        "enabled = true # default\n"
        "image = \"x.y/web\" # /etc/airpods/config.toml:7\n"
        "pull_policy = \"missing\" # default\n"
        "network_mode = \"pod\" # default\n"
        "ports = [\"127.0.0.1:80:80\"] # /etc/airpods/config.toml:9\n"
        "keep_id = false # default\n"
        "pids_limit = 2048 # default\n"
        "log_max_size = \"10m\" # default\n"
        "autostart = false # default\n"
        "[services.web.health]\n"
        "tcp = 80 # /home/u/c.toml:7\n"
        "expected_status = [200, 299] # default\n"
        "interval = \"30s\" # default\n"
        "start_period = \"0s\" # default\n"
        "retries = 3 # default\n"
        "\n# Known and not part of \"airpods start\" until you mention them: open-webui, llamacpp\n");
    g_assert_true(g_str_has_prefix(shown, "[meta]\n"
                                          "version = \"1.0\" # default\n"
                                          "\n[runtime]\n"
                                          "prefer = \"auto\" # default\n"
                                          "network_name = \"airpods_network\" # default\n"
                                          "host_gateway = \"auto\" # default\n"
                                          "restart_policy = \"unless-stopped\" # default\n"
                                          "\n[runtime.network]\n"
                                          "driver = \"bridge\" # default\n"
                                          "ipv6 = false # default\n"
                                          "internal = false # default\n"
                                          "dns_servers = [] # default\n"
                                          "mtu = \"auto\" # default\n"
                                          "\n[cli]\n"
                                          "stop_timeout = \"10s\" # default\n"
                                          "log_lines = 200 # default\n"
                                          "ping_timeout = \"2s\" # default\n"
                                          "startup_timeout = \"2m\" # default\n"
                                          "startup_check_interval = \"2s\" # default\n"
                                          "max_concurrent_pulls = 3 # default\n"
                                          "\n[vpn]\n"));
}

/* A file as the earlier airpods wrote it, every key of it. */
static void test_earlier_file(void)
{
    static const char text[] =
        "[meta]\n"
        "version = \"1.0\"\n"
        "\n"
        "[runtime]\n"
        "prefer = \"auto\"\n"
        "host_gateway = \"auto\"\n"
        "network_name = \"airpods_network\"\n"
        "gpu_device_flag = \"auto\"\n"
        "restart_policy = \"unless-stopped\"\n"
        "cuda_version = \"auto\"\n"
        "\n"
        "[runtime.network]\n"
        "driver = \"bridge\"\n"
        "subnet = \"10.89.0.0/16\"\n"
        "gateway = \"10.89.0.1\"\n"
        "dns_servers = [\"8.8.8.8\", \"1.1.1.1\"]\n"
        "ipv6 = false\n"
        "internal = false\n"
        "\n"
        "[cli]\n"
        "stop_timeout = 10\n"
        "log_lines = 200\n"
        "ping_timeout = 2.0\n"
        "startup_timeout = 120\n"
        "startup_check_interval = 2.0\n"
        "max_concurrent_pulls = 3\n"
        "plugin_owner = \"airpods\"\n"
        "auto_confirm = false\n"
        "debug = false\n"
        "\n"
        "[dependencies]\n"
        "required = [\"podman\", \"podman-compose\", \"uv\"]\n"
        "optional = [\"nvidia-smi\"]\n"
        "skip_checks = false\n"
        "\n"
        "[services.ollama]\n"
        "enabled = true\n"
        "image = \"docker.io/ollama/ollama:latest\"\n"
        "pod = \"ollama\"\n"
        "container = \"ollama-0\"\n"
        "network_mode = \"pod\"\n"
        "network_aliases = [\"ollama\"]\n"
        "needs_webui_secret = false\n"
        "auto_pull_models = [\"llama3\"]\n"
        "pids_limit = 2048\n"
        "\n"
        "[[services.ollama.ports]]\n"
        "host = 11434\n"
        "container = 11434\n"
        "\n"
        "[services.ollama.volumes.data]\n"
        "source = \"bind://airpods_ollama_data\"\n"
        "target = \"/root/.ollama\"\n"
        "\n"
        "[services.ollama.gpu]\n"
        "enabled = true\n"
        "force_cpu = false\n"
        "\n"
        "[services.ollama.health]\n"
        "path = \"/api/tags\"\n"
        "expected_status = [200, 299]\n"
        "\n"
        "[services.ollama.env]\n"
        "OLLAMA_ORIGINS = \"*\"\n"
        "OLLAMA_HOST = \"0.0.0.0\"\n"
        "\n"
        "[services.ollama.resources]\n"
        "memory = \"8g\"\n"
        "cpus = \"4\"\n"
        "\n"
        "[services.open-webui]\n"
        "enabled = true\n"
        "image = \"ghcr.io/open-webui/open-webui:latest\"\n"
        "pod = \"open-webui\"\n"
        "container = \"open-webui-0\"\n"
        "network_aliases = [\"webui\", \"open-webui\"]\n"
        "ports = [{ host = 3000, container = 8080 }]\n"
        "needs_webui_secret = true\n"
        "volumes = { data = { source = \"bind://airpods_webui_data\", target = \"/app/backend/data\" }, "
        "plugins = { source = \"bind://webui_plugins\", target = \"/app/backend/data/functions\" } }\n"
        "gpu = { enabled = false, force_cpu = false }\n"
        "health = { path = \"/\", expected_status = [200, 399] }\n"
        "resources = {}\n"
        "\n"
        "[services.open-webui.env]\n"
        "OLLAMA_BASE_URL = \"http://ollama:{{services.ollama.ports.0.container}}\"\n"
        "\n"
        "[services.llamacpp]\n"
        "enabled = false\n"
        "image = \"ghcr.io/ggml-org/llama.cpp:server\"\n"
        "ports = [{ host = 11435, container = 8080 }]\n"
        "volumes = { models = { source = \"bind://airpods_models/gguf\", target = \"/models\" } }\n"
        "command_args = { model = \"/models/qwen.gguf\", ctx_size = 4096, stop = [\"a\", \"b\"], "
        "log_disable = true, verbose = false }\n"
        "entrypoint_override = \"/app/llama-server\"\n";
    g_autofree char *found = problems_of(text);

    g_assert_cmpstr(found, ==,
        "warning c.toml:8:1: Key \"runtime.gpu_device_flag\" no longer applies: give devices = [\"nvidia.com/gpu=all\"] to the "
        "service that needs it.\n"
        "warning c.toml:10:1: Key \"runtime.cuda_version\" no longer applies: choose the image of the service, such as "
        "\"docker.io/yanwk/comfyui-boot:cu128-slim\".\n"
        "warning c.toml:27:1: Key \"cli.plugin_owner\" no longer applies: airpods does not import plugins into Open WebUI.\n"
        "warning c.toml:28:1: Key \"cli.auto_confirm\" no longer applies: give --yes to the command that asks.\n"
        "warning c.toml:29:1: Key \"cli.debug\" no longer applies: \"journalctl --user -u airpodsd\" has the details.\n"
        "warning c.toml:31:2: Section [dependencies] no longer applies: airpods needs nothing but Podman.\n"
        "warning c.toml:39:1: Key \"services.ollama.pod\" no longer applies: every service is a container of its own on the "
        "shared network.\n"
        "warning c.toml:43:1: Key \"services.ollama.needs_webui_secret\" no longer applies: make a secret with \"podman secret "
        "create\" and give secrets = [{ name = \"webui\", env = \"WEBUI_SECRET_KEY\" }].\n"
        "warning c.toml:44:1: Key \"services.ollama.auto_pull_models\" no longer applies: use \"airpods exec ollama ollama pull "
        "MODEL\".\n"
        "warning c.toml:55:18: Key \"services.ollama.gpu\" is not used by this version of airpods.\n"
        "warning c.toml:74:1: Key \"services.open-webui.pod\" no longer applies: every service is a container of its own on the "
        "shared network.\n"
        "warning c.toml:78:1: Key \"services.open-webui.needs_webui_secret\" no longer applies: make a secret with \"podman "
        "secret create\" and give secrets = [{ name = \"webui\", env = \"WEBUI_SECRET_KEY\" }].\n"
        "warning c.toml:92:1: Key \"services.llamacpp.command_args\" is now called \"command\".\n"
        "warning c.toml:93:1: Key \"services.llamacpp.entrypoint_override\" is now called \"entrypoint\".");

    _cleanup_(config_freep) Config *config = config_new();
    Problems problems = {0};
    config_parse(config, "c.toml", text, strlen(text), &problems);
    problems_clear(&problems);
    const ServiceConfig *ollama = config_service(config, "ollama"), *llamacpp = config_service(config, "llamacpp");
    g_assert_cmpuint(ollama->resources.memory, ==, 8589934592);
    g_assert_cmpfloat(ollama->resources.cpus, ==, 4);
    g_assert_cmpuint(config_service(config, "open-webui")->volumes->len, ==, 2);
    g_assert_cmpuint(config_service(config, "open-webui")->health.status_max, ==, 399);
    g_autofree char *command = g_strjoinv(" ", llamacpp->command);
    g_assert_cmpstr(command, ==, "--model /models/qwen.gguf --ctx-size 4096 --stop a --stop b --log-disable");
    g_assert_cmpstr(llamacpp->entrypoint[0], ==, "/app/llama-server");
    g_assert_null(llamacpp->entrypoint[1]);
    g_assert_false(service_config_is_active(llamacpp));
}

static void test_env_file(void)
{
    static const char text[] = "# comment\n\nA=1\n export B = 2\nC=\"a b\"\nD='x=y'\r\nE=\nnothing\n=x\nF=a\001b\n";
    g_auto(GStrv) list = NULL;
    Problems problems = {0};

    env_file_parse("e.env", text, strlen(text), &list, &problems);
    g_autofree char *joined = g_strjoinv("|", list);
    g_assert_cmpstr(joined, ==, "A=1|C=a b|D=x=y|E=");
    g_autofree char *found = problems_to_text(&problems);
    g_assert_cmpstr(found, ==,
        "e.env:4:1: \"B \" is not the name of a variable.\n"
        "e.env:8:1: This line is not NAME=VALUE.\n"
        "e.env:9:1: \"\" is not the name of a variable.\n"
        "e.env:10:1: The value of \"F\" has control characters.");
    env_file_parse("f.env", "G=2", 3, &list, &problems);
    g_autofree char *more = g_strjoinv("|", list);
    g_assert_cmpstr(more, ==, "A=1|C=a b|D=x=y|E=|G=2");
    env_file_parse("g.env", "H=\xff", 3, &list, &problems);
    g_autofree char *binary = problems_to_text(&problems);
    g_assert_cmpstr(binary, ==, "g.env: The file is not text in UTF-8.");
}

/* The file that "airpods config init" writes is right, and stays right with every example in it taken as meant. */
static void test_example(void)
{
    g_autofree char *text = NULL, *without = NULL;

    g_assert_true(g_file_get_contents(EXAMPLE_FILE, &text, NULL, NULL));
    g_autofree char *found = problems_of(text);
    g_assert_cmpstr(found, ==, "");

    g_autoptr(GRegex) regex = g_regex_new("^#(?=[a-z\\[])", G_REGEX_MULTILINE, 0, NULL);
    without = g_regex_replace_literal(regex, text, -1, 0, "", 0, NULL);
    g_assert_nonnull(strstr(without, "\n[services.web]\n"));
    g_autofree char *all = problems_of(without);
    g_assert_cmpstr(all, ==, "");

    /* What stands there as an example of a default is the default. */
    _cleanup_(config_freep) Config *plain = parse(""), *config = parse(without);
    g_assert_cmpstr(config->runtime.network_name, ==, plain->runtime.network_name);
    g_assert_cmpint(config->runtime.restart_policy, ==, plain->runtime.restart_policy);
    g_assert_cmpint(config->mss_clamp, ==, plain->mss_clamp);
    g_assert_cmpint(config->notify, ==, plain->notify);
    g_assert_true(memcmp(&config->cli, &plain->cli, sizeof(config->cli)) == 0);
    g_assert_cmpuint(config_service(config, "web")->pids_limit, ==, config_service(plain, "ollama")->pids_limit);
    g_assert_cmpuint(config_service(config, "web")->log_max_size, ==, config_service(plain, "ollama")->log_max_size);
}

static void test_limits(void)
{
    g_autoptr(GString) many = g_string_new(NULL);
    for (unsigned i = 0; i < 257; i++)
        g_string_append_printf(many, "[services.s%u]\nimage = \"x.y/z\"\n", i);
    g_autofree char *found = problems_of(many->str);
    /* Four are built in. */
    g_assert_true(g_str_has_prefix(found, "c.toml:505:11: There are more than 256 services."));

    g_autoptr(GString) ports = g_string_new("[services.web]\nports = [");
    for (unsigned i = 0; i < 257; i++)
        g_string_append_printf(ports, "%u, ", i + 1);
    g_string_append(ports, "]\n");
    g_autofree char *too_many = problems_of(ports->str);
    g_assert_cmpstr(too_many, ==, "c.toml:2:9: \"ports\" has more than 256 entries.");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/service/config-services/images", test_images);
    g_test_add_func("/service/config-services/ports", test_ports);
    g_test_add_func("/service/config-services/volumes", test_volumes);
    g_test_add_func("/service/config-services/units", test_units);
    g_test_add_func("/service/config-services/cross-checks", test_cross_checks);
    g_test_add_func("/service/config-services/built-in", test_builtin);
    g_test_add_func("/service/config-services/layers", test_layers);
    g_test_add_func("/service/config-services/earlier-file", test_earlier_file);
    g_test_add_func("/service/config-services/env-file", test_env_file);
    g_test_add_func("/service/config-services/example", test_example);
    g_test_add_func("/service/config-services/limits", test_limits);
    return g_test_run();
}
