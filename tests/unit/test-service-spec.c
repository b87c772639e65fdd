/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From a service's configuration to its container: paths, templates, defaults of other sections; the label; and drift,
 * with the promise that an upgrade re-creates nothing. Expected values are written by hand.
 */
#include <errno.h>
#include <glib.h>
#include <string.h>

#include "service/service-drift.h"
#include "service/service-spec.h"

static const ServicePaths paths = {.home = "/home/u", .data_dir = "/home/u/.local/share/airpods"};

static Config *parse(const char *text)
{
    Config *config = config_new();
    Problems problems = {0};

    config_parse(config, "/home/u/.config/airpods/config.toml", text, strlen(text), &problems);
    config_check(config, &problems);
    const Problem *error = problems_first_error(&problems);
    g_assert_cmpstr(error ? error->message : NULL, ==, NULL);
    problems_clear(&problems);
    return config;
}

static ServiceSpec *make(const char *text, const char *name)
{
    _cleanup_(config_freep) Config *config = parse(text);
    return service_spec_new(config, config_service(config, name), &paths, NULL);
}

static void assert_list(char *const *list, const char *expected)
{
    g_autofree char *joined = g_strjoinv("|", (char **) list);
    g_assert_cmpstr(joined, ==, expected);
}

static void test_defaults(void)
{
    _cleanup_(service_spec_freep) ServiceSpec *spec = make("[services.web]\nimage = \"x.y/web:1\"\n", "web");

    g_assert_cmpstr(spec->name, ==, "web-0");
    g_assert_cmpstr(spec->service, ==, "web");
    g_assert_cmpstr(spec->image, ==, "x.y/web:1");
    g_assert_cmpint(spec->network_mode, ==, SERVICE_NETWORK_POD);
    g_assert_cmpstr(spec->network, ==, "airpods_network");
    assert_list(spec->aliases, "web");
    g_assert_cmpuint(spec->n_ports, ==, 0);
    g_assert_cmpuint(spec->n_volumes, ==, 0);
    g_assert_cmpuint(spec->n_secrets, ==, 0);
    char **empty[] = {spec->env, spec->dns_servers, spec->command, spec->entrypoint, spec->devices, spec->extra_hosts,
        spec->cap_add, spec->labels};
    for (size_t i = 0; i < ELEMENTSOF(empty); i++)
        assert_list(empty[i], "");
    g_assert_null(spec->user);
    g_assert_false(spec->keep_id);
    g_assert_cmpuint(spec->pids_limit, ==, 2048);
    g_assert_cmpuint(spec->memory, ==, 0);
    g_assert_cmpfloat(spec->cpus, ==, 0);
    g_assert_cmpuint(spec->shm_size, ==, 0);
    g_assert_cmpuint(spec->log_max_size, ==, 10485760);
    g_assert_cmpuint(spec->stop_timeout, ==, 10);
    g_assert_cmpstr(spec->restart, ==, "unless-stopped");
    g_assert_cmpstr(spec->config, ==,
        "{\"version\":1,\"set\":{\"image\":\"x.y/web:1\"},\"default\":{\"container\":\"web-0\",\"network_mode\":\"pod\","
        "\"network\":\"airpods_network\",\"network_aliases\":\"web\",\"keep_id\":\"false\",\"pids_limit\":\"2048\","
        "\"log_max_size\":\"10m\",\"stop_timeout\":\"10s\",\"restart\":\"unless-stopped\"}}");
}

static void test_everything(void)
{
    static const char text[] =
        "[runtime]\n"
        "network_name = \"mine\"\n"
        "restart_policy = \"always\"\n"
        "network.dns_servers = [\"9.9.9.9\"]\n"
        "[cli]\n"
        "stop_timeout = 20\n"
        "[services.web]\n"
        "image = \"x.y/web\"\n"
        "container = \"front\"\n"
        "command = [\"serve\", \"--to\", \"{{services.db.ports.0.container}}\"]\n"
        "entrypoint = \"/bin/tini --\"\n"
        "network_aliases = [\"www\", \"site\"]\n"
        "ports = [\"0.0.0.0:3000:8080\", \"53/udp\"]\n"
        "volumes = [\"named:/a\", \"./rel:/b:ro\", \"~/x:/c\", \"bind://web/data:/d\", \"/abs/../e:/e\", "
        "\"../up:/f\"]\n"
        "env.DB = \"http://db:{{services.db.ports.0.container}}\"\n"
        "env.NET = \"{{runtime.network_name}} {{runtime.host_gateway}}\"\n"
        "env_file = [\"./web.env\", \"/etc/web.env\"]\n"
        "secrets = [\"cert\", { name = \"key\", env = \"API_KEY\" }]\n"
        "user = \"1000:1000\"\n"
        "keep_id = true\n"
        "devices = [\"/dev/dri\"]\n"
        "resources = { memory = \"1g\", cpus = 1.5 }\n"
        "pids_limit = 77\n"
        "shm_size = \"1g\"\n"
        "log_max_size = \"1m\"\n"
        "stop_timeout = 1.2\n"
        "extra_hosts = [\"nas:10.0.0.1\"]\n"
        "cap_add = [\"sys_nice\", \"CAP_NET_RAW\"]\n"
        "labels.team = \"a b\"\n"
        "restart = \"no\"\n"
        "[services.db]\n"
        "image = \"x.y/db\"\n"
        "ports = [\"15432:5432\"]\n";
    static char *const file_env[] = {(char *) "DB=file", (char *) "MORE=1", NULL};
    _cleanup_(config_freep) Config *config = parse(text);
    const ServiceConfig *web = config_service(config, "web");
    _cleanup_(service_spec_freep) ServiceSpec *spec = service_spec_new(config, web, &paths, file_env);

    g_assert_cmpstr(spec->name, ==, "front");
    g_assert_cmpstr(spec->network, ==, "mine");
    assert_list(spec->aliases, "www|site");
    assert_list(spec->command, "serve|--to|5432");
    assert_list(spec->entrypoint, "/bin/tini|--");
    assert_list(spec->dns_servers, "9.9.9.9");
    assert_list(spec->env, "DB=http://db:5432|MORE=1|NET=mine host.containers.internal");
    assert_list(spec->devices, "/dev/dri");
    assert_list(spec->extra_hosts, "nas:10.0.0.1");
    assert_list(spec->cap_add, "CAP_SYS_NICE|CAP_NET_RAW");
    assert_list(spec->labels, "team=a b");
    g_assert_cmpuint(spec->n_ports, ==, 2);
    g_assert_cmpstr(spec->ports[0].address, ==, "0.0.0.0");
    g_assert_cmpstr(spec->ports[0].protocol, ==, "tcp");
    g_assert_cmpuint(spec->ports[0].host, ==, 3000);
    g_assert_cmpuint(spec->ports[0].container, ==, 8080);
    g_assert_cmpstr(spec->ports[1].address, ==, "127.0.0.1");
    g_assert_cmpstr(spec->ports[1].protocol, ==, "udp");
    static const struct {
        const char *source, *target;
        bool read_only, create;
    } volumes[] = {
        {"named", "/a", false, false},
        {"/home/u/.config/airpods/rel", "/b", true, false},
        {"/home/u/x", "/c", false, false},
        {"/home/u/.local/share/airpods/volumes/web/data", "/d", false, true},
        {"/e", "/e", false, false},
        {"/home/u/.config/up", "/f", false, false},
    };
    g_assert_cmpuint(spec->n_volumes, ==, ELEMENTSOF(volumes));
    for (size_t i = 0; i < ELEMENTSOF(volumes); i++) {
        g_assert_cmpstr(spec->volumes[i].source, ==, volumes[i].source);
        g_assert_cmpstr(spec->volumes[i].target, ==, volumes[i].target);
        g_assert_true(spec->volumes[i].read_only == volumes[i].read_only);
        g_assert_true(spec->volumes[i].create == volumes[i].create);
    }
    g_assert_cmpuint(spec->n_secrets, ==, 2);
    g_assert_cmpstr(spec->secrets[0].secret, ==, "cert");
    g_assert_null(spec->secrets[0].env);
    g_assert_cmpstr(spec->secrets[1].env, ==, "API_KEY");
    g_assert_cmpstr(spec->user, ==, "1000:1000");
    g_assert_true(spec->keep_id);
    g_assert_cmpuint(spec->pids_limit, ==, 77);
    g_assert_cmpuint(spec->memory, ==, 1073741824);
    g_assert_cmpfloat(spec->cpus, ==, 1.5);
    g_assert_cmpuint(spec->shm_size, ==, 1073741824);
    g_assert_cmpuint(spec->log_max_size, ==, 1048576);
    g_assert_cmpuint(spec->stop_timeout, ==, 2);
    g_assert_cmpstr(spec->restart, ==, "no");
    g_auto(GStrv) files = service_env_files(web, &paths);
    assert_list(files, "/home/u/.config/airpods/web.env|/etc/web.env");

    _cleanup_(service_spec_freep) ServiceSpec *db =
        service_spec_new(config, config_service(config, "db"), &paths, NULL);
    g_assert_cmpuint(db->stop_timeout, ==, 20);
    g_assert_cmpstr(db->restart, ==, "always");
}

/* On the host's network nothing is published, named or resolved by us. */
static void test_host_mode(void)
{
    _cleanup_(service_spec_freep) ServiceSpec *spec = make("[runtime.network]\ndns_servers = [\"9.9.9.9\"]\n"
                                                           "[services.comfyui]\nnetwork_mode = \"host\"\n",
        "comfyui");

    g_assert_cmpint(spec->network_mode, ==, SERVICE_NETWORK_HOST);
    g_assert_null(spec->network);
    g_assert_cmpuint(spec->n_ports, ==, 0);
    assert_list(spec->aliases, "");
    assert_list(spec->dns_servers, "");
    g_assert_cmpuint(spec->n_volumes, ==, 2);
}

/* A built-in service that no file mentions can be started by name. */
static void test_builtin(void)
{
    _cleanup_(service_spec_freep) ServiceSpec *spec = make("", "open-webui");

    assert_list(spec->env, "OLLAMA_BASE_URL=http://ollama:11434");
    assert_list(spec->aliases, "open-webui|webui");
    g_assert_cmpstr(spec->volumes[0].source, ==, "/home/u/.local/share/airpods/volumes/airpods_webui_data");
}

static void test_drift(void)
{
    static const struct {
        const char *was, *now, *expected; /* lines of [services.web] */
    } rows[] = {
        {"", "", ""},
        {"ports = [\"80\"]", "ports = [\"127.0.0.1:80:80/tcp\"]", ""},
        {"image = \"x.y/web:1\"", "image = \"x.y/web:2\"", "image: x.y/web:1 → x.y/web:2"},
        {"pids_limit = 2048", "", ""},
        {"", "pids_limit = 2048", ""},
        {"", "pids_limit = 100", "pids_limit: 2048 → 100"},
        {"pids_limit = 100", "", "pids_limit: 100 → 2048"},
        {"", "network_mode = \"bridge\"", ""},
        {"", "network_mode = \"host\"", "network_mode: pod → host"},
        {"network_aliases = [\"www\"]", "network_mode = \"host\"",
            "network_mode: pod → host|network_aliases: www → (none)"},
        {"", "ports = []\nvolumes = []\ncommand = []\nsecrets = []", ""},
        {"", "network_aliases = []", "network_aliases: web → (none)"},
        {"", "ports = [\"80\", \"[::1]:81:82/udp\"]", "ports: (none) → 127.0.0.1:80:80/tcp [::1]:81:82/udp"},
        {"command = [\"a b\", \"c\"]", "command = [\"a\", \"b\", \"c\"]", "command: 'a b' c → a b c"},
        {"command = [\"a\"]", "", "command: a → (none)"},
        {"env.A = \"1\"\nenv.B = \"2\"", "env.B = \"3\"\nenv.C = \"\"",
            "env.B: 2 → 3|env.C: (none) → \"\"|env.A: 1 → (none)"},
        {"env.API_KEY = \"one\"", "env.API_KEY = \"two\"", "env.API_KEY: (hidden) → (changed)"},
        {"env.db_password = \"one\"", "", "env.db_password: (hidden) → (none)"},
        {"volumes = [\"a:/x\"]", "volumes = [\"a:/x:ro\"]", "volumes./x: a → a:ro"},
        {"volumes = [\"a:/x\", \"b:/y\"]", "volumes = [\"a:/x\"]", "volumes./y: b → (none)"},
        {"secrets = [\"a\"]", "secrets = [{ name = \"a\", env = \"A\" }]", "secrets: a → A=a"},
        {"user = \"1\"", "user = \"2\"", "user: 1 → 2"},
        {"", "keep_id = true", "keep_id: false → true"},
        {"devices = [\"/dev/dri\"]", "devices = [\"/dev/kvm\"]", "devices: /dev/dri → /dev/kvm"},
        {"resources.memory = \"1g\"", "resources = { memory = \"2048m\", cpus = 2 }",
            "resources.memory: 1g → 2g|resources.cpus: (none) → 2"},
        {"", "shm_size = \"1g\"\nlog_max_size = \"1m\"\nstop_timeout = 5",
            "shm_size: (none) → 1g|log_max_size: 10m → 1m|stop_timeout: 10s → 5s"},
        {"extra_hosts = [\"a:1.1.1.1\"]", "cap_add = [\"KILL\"]",
            "cap_add: (none) → CAP_KILL|extra_hosts: a:1.1.1.1 → (none)"},
        {"labels.a = \"1\"", "labels.a = \"2\"", "labels.a: 1 → 2"},
        {"container = \"one\"", "container = \"two\"", "container: one → two"},
        {"", "restart = \"no\"", "restart: unless-stopped → no"},
        {"entrypoint = [\"\"]", "entrypoint = [\"a\"]", "entrypoint: '' → a"},
        /* These need no new container. */
        {"", "health = false\nenabled = false\npull_policy = \"always\"\nautostart = true\ngpu = false", ""},
    };

    for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
        const char *image = strstr(rows[i].was, "image") ? "" : "image = \"x.y/web\"\n";
        g_autofree char *was_text = g_strconcat("[services.web]\n", image, rows[i].was, "\n", NULL);
        g_autofree char *now_text = g_strconcat("[services.web]\n", image, rows[i].now, "\n", NULL);
        _cleanup_(service_spec_freep) ServiceSpec *was = make(was_text, "web"), *now = make(now_text, "web");
        g_auto(GStrv) drift = NULL;
        g_assert_cmpint(service_drift(was->config, now->config, &drift), ==, 0);
        g_autofree char *joined = g_strjoinv("|", drift);
        if (strcmp(joined, rows[i].expected) != 0) {
            g_printerr("# found    %s\n# expected %s\n", joined, rows[i].expected);
            g_test_fail();
        }
    }
}

static void assert_drift(const char *was, const char *now, const char *expected)
{
    g_auto(GStrv) drift = NULL;

    g_assert_cmpint(service_drift(was, now, &drift), ==, 0);
    assert_list(drift, expected);
}

/* What airpods decides by itself may change with its version; what a person decides may not be lost. */
static void test_upgrade(void)
{
    static const char older[] =
        "{\"version\":1,\"set\":{\"image\":\"a\"},\"default\":{\"pids_limit\":\"512\",\"gone\":\"1\"}}";
    static const char newer[] =
        "{\"version\":1,\"set\":{\"image\":\"a\"},\"default\":{\"pids_limit\":\"2048\",\"new\":\"1\"}}";

    assert_drift(older, newer, "");
    assert_drift("{\"version\":1,\"set\":{},\"default\":{\"image\":\"a:1\"}}",
        "{\"version\":1,\"set\":{},\"default\":{\"image\":\"a:2\"}}", "");
    assert_drift("{\"version\":1,\"set\":{},\"default\":{\"image\":\"a:1\"}}",
        "{\"version\":1,\"set\":{\"image\":\"a:2\"},\"default\":{}}", "image: a:1 → a:2");
    assert_drift("{\"version\":1,\"set\":{\"gone\":\"x\"},\"default\":{}}", "{\"version\":1,\"set\":{},\"default\":{}}",
        "gone: x → (none)");

    /* Another service's port reaches a built-in variable through its template. */
    _cleanup_(service_spec_freep) ServiceSpec *was = make("[services.open-webui]\n", "open-webui");
    _cleanup_(service_spec_freep) ServiceSpec *now =
        make("[services.open-webui]\n[services.ollama]\nports = [\"11434:9999\"]\n", "open-webui");
    assert_drift(was->config, now->config, "env.OLLAMA_BASE_URL: http://ollama:11434 → http://ollama:9999");

    /* One of two built-in volumes has gone. */
    _cleanup_(service_spec_freep) ServiceSpec *two = make("[services.comfyui]\n", "comfyui");
    _cleanup_(service_spec_freep) ServiceSpec *one =
        make("[services.comfyui]\nvolumes = [\"bind://comfyui/workspace:/workspace\"]\n", "comfyui");
    assert_drift(two->config, one->config, "volumes: (none) → 1");
}

static void test_network(void)
{
    static const struct {
        const char *was, *now, *expected; /* lines of [runtime.network] */
    } rows[] = {
        {"", "", ""},
        {"", "driver = \"bridge\"\nipv6 = false\nmtu = \"auto\"\ndns_servers = []", ""},
        {"subnet = \"10.90.0.0/24\"", "subnet = \"10.90.0.9/24\"", ""},
        {"", "subnet = \"10.90.0.0/24\"\ngateway = \"10.90.0.1\"",
            "subnet: (none) → 10.90.0.0/24|gateway: (none) → 10.90.0.1"},
        {"mtu = 1380", "ipv6 = true\ninternal = true", "ipv6: false → true|internal: false → true|mtu: 1380 → auto"},
        {"dns_servers = [\"9.9.9.9\"]", "dns_servers = [\"9.9.9.9\", \"1.1.1.1\"]",
            "dns_servers: 9.9.9.9 → 9.9.9.9 1.1.1.1"},
        {"dns_servers = [\"9.9.9.9\"]", "", "dns_servers: 9.9.9.9 → (none)"},
    };

    for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
        g_autofree char *was_text = g_strconcat("[runtime.network]\n", rows[i].was, "\n", NULL);
        g_autofree char *now_text = g_strconcat("[runtime.network]\n", rows[i].now, "\n", NULL);
        _cleanup_(config_freep) Config *was = parse(was_text), *now = parse(now_text);
        g_autofree char *was_label = network_label_new(was), *now_label = network_label_new(now);
        assert_drift(was_label, now_label, rows[i].expected);
    }
    _cleanup_(config_freep) Config *plain = parse("");
    g_autofree char *label = network_label_new(plain);
    g_assert_cmpstr(label, ==,
        "{\"version\":1,\"set\":{},\"default\":{\"ipv6\":\"false\",\"internal\":\"false\",\"mtu\":\"auto\"}}");
}

static void test_foreign_labels(void)
{
    static const char good[] = "{\"version\":1,\"set\":{},\"default\":{}}";
    static const struct {
        const char *label;
        int expected;
    } rows[] = {
        {"", -EBADMSG},
        {"{", -EBADMSG},
        {"[]", -EBADMSG},
        {"3", -EBADMSG},
        {"null", -EBADMSG},
        {"{}", -EBADMSG},
        {"{\"version\":\"1\",\"set\":{},\"default\":{}}", -EBADMSG},
        {"{\"version\":1,\"set\":{}}", -EBADMSG},
        {"{\"version\":1,\"set\":[],\"default\":{}}", -EBADMSG},
        {"{\"version\":1,\"set\":{\"a\":1},\"default\":{}}", -EBADMSG},
        {"{\"version\":1,\"set\":{\"a\":{}},\"default\":{}}", -EBADMSG},
        {"{\"version\":2,\"set\":{},\"default\":{}}", -EPROTONOSUPPORT},
        {"{\"version\":0}", -EPROTONOSUPPORT},
    };

    for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
        char **drift = NULL;
        g_assert_cmpint(service_drift(rows[i].label, good, &drift), ==, rows[i].expected);
        g_assert_cmpint(service_drift(good, rows[i].label, &drift), ==, -EBADMSG);
        g_assert_null(drift);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/service/spec/defaults", test_defaults);
    g_test_add_func("/service/spec/everything", test_everything);
    g_test_add_func("/service/spec/host-mode", test_host_mode);
    g_test_add_func("/service/spec/built-in", test_builtin);
    g_test_add_func("/service/spec/drift", test_drift);
    g_test_add_func("/service/spec/upgrade", test_upgrade);
    g_test_add_func("/service/spec/network", test_network);
    g_test_add_func("/service/spec/foreign-labels", test_foreign_labels);
    return g_test_run();
}
