/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * For every key of services and of the runtime a good value, a wrong type, a wrong value and a misspelt name, each with its
 * exact sentence and place. Expected values are written by hand.
 */
#include <glib.h>

#include "tests/unit/service-config-text.h"

/* One line in [runtime], [runtime.network] and [cli]; the line is the second of the file. */
static void test_runtime_keys(void)
{
    static const struct {
        const char *section, *line, *expected;
    } rows[] = {
        {"meta", "version = \"1.0\"", ""},
        {"meta", "version = 1", "c.toml:2:11: \"version\" must be a string such as \"1.0\", not an integer."},
        {"meta", "version = \"2.0\"",
            "c.toml:2:11: \"2.0\" is a format that this version of airpods does not know: it reads 1.x."},
        {"meta", "vresion = \"1.0\"", "c.toml:2:1: Unknown key \"vresion\" in [meta]. Did you mean \"version\"?"},

        {"runtime", "prefer = \"podman\"", ""},
        {"runtime", "prefer = \"docker\"",
            "c.toml:2:10: \"docker\" is not a value of \"prefer\": use \"auto\" or \"podman\"."},
        {"runtime", "prefre = \"podman\"", "c.toml:2:1: Unknown key \"prefre\" in [runtime]. Did you mean \"prefer\"?"},
        {"runtime", "network_name = \"my_net\"", ""},
        {"runtime", "network_name = 3", "c.toml:2:16: \"network_name\" must be the name of a network, not an integer."},
        {"runtime", "network_name = \"my net\"",
            "c.toml:2:16: \"my net\" is not a valid name: names are 1 to 63 letters, digits and . _ -."},
        {"runtime", "host_gateway = \"10.0.2.2\"", ""},
        {"runtime", "host_gateway = true",
            "c.toml:2:16: \"host_gateway\" must be a host's name or address, not a boolean."},
        {"runtime", "restart_policy = \"no\"", ""},
        {"runtime", "restart_policy = \"unless_stopped\"",
            "c.toml:2:18: \"unless_stopped\" is not a value of \"restart_policy\": use \"no\", \"on-failure\", \"always\" or "
            "\"unless-stopped\". Did you mean \"unless-stopped\"?"},
        {"runtime", "gpu_device_flag = \"auto\"",
            "warning c.toml:2:1: Key \"runtime.gpu_device_flag\" no longer applies: give devices = [\"nvidia.com/gpu=all\"] "
            "to the service that needs it."},
        {"runtime", "cuda_version = \"auto\"",
            "warning c.toml:2:1: Key \"runtime.cuda_version\" no longer applies: choose the image of the service, such as "
            "\"docker.io/yanwk/comfyui-boot:cu128-slim\"."},
        {"runtime", "subnet = \"10.90.0.0/24\"",
            "c.toml:2:1: Unknown key \"subnet\" in [runtime]; it belongs to [runtime.network]."},
        {"runtime", "network = 3", "c.toml:2:11: \"network\" must be a table, not an integer."},

        {"runtime.network", "driver = \"bridge\"", ""},
        {"runtime.network", "driver = \"macvlan\"",
            "c.toml:2:10: \"macvlan\" is not a value of \"driver\": use \"bridge\"."},
        {"runtime.network", "driver = 1", "c.toml:2:10: \"driver\" must be the string \"bridge\", not an integer."},
        {"runtime.network", "subnet = \"10.90.0.0/24\"", ""},
        {"runtime.network", "subnet = \"fd00:1::/64\"", ""},
        {"runtime.network", "subnet = \"10.90.0.5/16\"",
            "warning c.toml:2:1: \"10.90.0.5/16\" is taken as \"10.90.0.0/16\"."},
        {"runtime.network", "subnet = \"10.90.0.0\"",
            "c.toml:2:10: \"10.90.0.0\" is not a subnet such as \"10.90.0.0/24\"."},
        {"runtime.network", "subnet = \"10.90.0/24\"",
            "c.toml:2:10: \"10.90.0/24\" is not a subnet such as \"10.90.0.0/24\"."},
        {"runtime.network", "subnet = \"10.90.0.0/33\"",
            "c.toml:2:10: \"10.90.0.0/33\" is not a subnet such as \"10.90.0.0/24\"."},
        {"runtime.network", "subnet = \"10.90.0.0/30\"",
            "c.toml:2:10: \"10.90.0.0/30\" is not a subnet for containers: its prefix is from /8 to /29."},
        {"runtime.network", "subnet = 10",
            "c.toml:2:10: \"subnet\" must be a subnet such as \"10.90.0.0/24\", not an integer."},
        {"runtime.network", "gateway = \"10.90.0.1\"", "c.toml:2:1: \"gateway\" needs \"subnet\" beside it."},
        {"runtime.network", "gateway = \"10.90.0.256\"", "c.toml:2:11: \"10.90.0.256\" is not an IP address."},
        {"runtime.network", "subnet = \"10.90.0.0/24\"\ngateway = \"10.90.0.1\"", ""},
        {"runtime.network", "subnet = \"10.90.0.0/24\"\ngateway = \"10.91.0.1\"",
            "c.toml:3:1: \"gateway\" 10.91.0.1 is not an address of the subnet 10.90.0.0/24."},
        {"runtime.network", "subnet = \"10.90.0.0/24\"\ngateway = \"10.90.0.0\"",
            "c.toml:3:1: \"gateway\" 10.90.0.0 is not an address of the subnet 10.90.0.0/24."},
        {"runtime.network", "ipv6 = true", ""},
        {"runtime.network", "ipv6 = \"yes\"", "c.toml:2:8: \"ipv6\" must be true or false, not a string."},
        {"runtime.network", "internal = true", ""},
        {"runtime.network", "internal = 1", "c.toml:2:12: \"internal\" must be true or false, not an integer."},
        {"runtime.network", "dns_servers = [\"9.9.9.9\", \"2620:fe::fe\"]", ""},
        {"runtime.network", "dns_servers = \"9.9.9.9\"",
            "c.toml:2:15: \"dns_servers\" must be an array of IP addresses such as [\"9.9.9.9\"], not a string."},
        {"runtime.network", "dns_servers = [\"9.9.9.9\", \"quad9\"]", "c.toml:2:27: \"quad9\" is not an IP address."},
        {"runtime.network", "dns_server = []",
            "c.toml:2:1: Unknown key \"dns_server\" in [runtime.network]. Did you mean \"dns_servers\"?"},
        {"runtime.network", "mtu = \"auto\"", ""},
        {"runtime.network", "mtu = 1380", ""},
        {"runtime.network", "mtu = 575", "c.toml:2:7: \"mtu\" is 575; it must be from 576 to 65535."},
        {"runtime.network", "mtu = \"1380\"",
            "c.toml:2:7: \"mtu\" must be \"auto\" or an integer from 576 to 65535, not a string."},
        {"runtime.network", "mtu = 1200\nipv6 = true",
            "c.toml:2:1: \"mtu\" is 1200; with \"ipv6\" it must be at least 1280."},

        {"cli", "stop_timeout = 30", ""},
        {"cli", "stop_timeout = \"30s\"", ""},
        {"cli", "stop_timeout = 0", "c.toml:2:16: \"stop_timeout\" is 0s; it must be from 1s to 5m."},
        {"cli", "stop_timeout = -1", "c.toml:2:16: \"stop_timeout\" is not a time."},
        {"cli", "stop_timeout = \"soon\"",
            "c.toml:2:16: \"soon\" is not a number of seconds or a time such as \"30s\" or \"2m\"."},
        {"cli", "log_lines = 10000", ""},
        {"cli", "log_lines = 10001", "c.toml:2:13: \"log_lines\" is 10001; it must be from 1 to 10000."},
        {"cli", "ping_timeout = 2.5", ""},
        {"cli", "ping_timeout = 0.05", "c.toml:2:16: \"ping_timeout\" is 50ms; it must be from 100ms to 1m."},
        {"cli", "startup_timeout = 120", ""},
        {"cli", "startup_timeout = 9", "c.toml:2:19: \"startup_timeout\" is 9s; it must be from 10s to 1h."},
        {"cli", "startup_check_interval = 0.5", ""},
        {"cli", "startup_check_interval = false",
            "c.toml:2:26: \"startup_check_interval\" must be a number of seconds or a time such as \"30s\" or \"2m\", not a "
            "boolean."},
        {"cli", "max_concurrent_pulls = 10", ""},
        {"cli", "max_concurrent_pulls = 11", "c.toml:2:24: \"max_concurrent_pulls\" is 11; it must be from 1 to 10."},
        {"cli", "max_concurent_pulls = 1",
            "c.toml:2:1: Unknown key \"max_concurent_pulls\" in [cli]. Did you mean \"max_concurrent_pulls\"?"},
        {"cli", "auto_confirm = true",
            "warning c.toml:2:1: Key \"cli.auto_confirm\" no longer applies: give --yes to the command that asks."},
        {"cli", "plugin_owner = \"auto\"",
            "warning c.toml:2:1: Key \"cli.plugin_owner\" no longer applies: airpods does not import plugins into Open WebUI."},
        {"cli", "verbose = true",
            "warning c.toml:2:1: Key \"cli.verbose\" no longer applies: \"journalctl --user -u airpodsd\" has the details."},
        {"cli", "debug = true",
            "warning c.toml:2:1: Key \"cli.debug\" no longer applies: \"journalctl --user -u airpodsd\" has the details."},
        {"dependencies", "skip_checks = true",
            "warning c.toml:1:2: Section [dependencies] no longer applies: airpods needs nothing but Podman."},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = g_strdup_printf("[%s]\n%s\n", rows[i].section, rows[i].line);
        g_autofree char *found = problems_of(text);
        assert_text(found, rows[i].expected);
    }
}

/* One line in [services.web], the third of the file; the service has an image already unless the line gives one. */
static void test_service_keys(void)
{
    static const struct {
        const char *line, *expected;
    } rows[] = {
        {"enabled = false", ""},
        {"enabled = \"no\"", "c.toml:3:11: \"enabled\" must be true or false, not a string."},
        {"enabeld = true", "c.toml:3:1: Unknown key \"enabeld\" in [services.web]. Did you mean \"enabled\"?"},
        {"pull_policy = \"always\"", ""},
        {"pull_policy = \"newest\"",
            "c.toml:3:15: \"newest\" is not a value of \"pull_policy\": use \"missing\", \"always\" or \"never\"."},
        {"container = \"my-web\"", ""},
        {"container = \"-web\"",
            "c.toml:3:13: \"-web\" is not a valid name: names are 1 to 63 letters, digits and . _ -."},
        {"container_name = \"web\"",
            "c.toml:3:1: Unknown key \"container_name\" in [services.web]; here it is \"container\"."},

        {"command = [\"sleep\", \"60\"]", ""},
        {"command = \"sh -c 'sleep 60'\"", ""},
        {"command = \"sh -c 'sleep\"",
            "c.toml:3:11: \"command\" cannot be split into words: a quote is not closed, or it is empty."},
        {"command = [\"sleep\", 60]", "c.toml:3:21: \"command\" must be a string, not an integer."},
        {"command = 7",
            "c.toml:3:11: \"command\" must be an array of strings such as [\"sleep\", \"60\"], or one string, not an integer."},
        {"command_args = { model = \"/m.gguf\", ctx_size = 4096, log_disable = true }",
            "warning c.toml:3:1: Key \"services.web.command_args\" is now called \"command\"."},
        {"command = \"a\"\ncommand_args = { b = 1 }",
            "c.toml:4:1: \"command\" and \"command_args\" are two names of one key: give one of them."},
        {"command = { \"a b\" = 1 }", "c.toml:3:13: \"a b\" is not the name of a flag."},
        {"command = \"a {{services.nothing.image}}\"", "c.toml:3:1: \"services.nothing.image\" means nothing."},
        {"entrypoint = [\"/bin/sh\"]", ""},
        {"entrypoint_override = \"/bin/sh\"",
            "warning c.toml:3:1: Key \"services.web.entrypoint_override\" is now called \"entrypoint\"."},
        {"entrypoint = { a = 1 }",
            "c.toml:3:14: \"entrypoint\" must be an array of strings such as [\"sleep\", \"60\"], or one string, not a table."},

        {"network_mode = \"pod\"", ""},
        {"network_mode = \"bridge\"", ""},
        {"network_mode = \"host\"", ""},
        {"network_mode = \"hots\"",
            "c.toml:3:16: \"hots\" is not a value of \"network_mode\": use \"pod\", \"host\" or \"bridge\". Did you mean "
            "\"host\"?"},
        {"network_mode = \"host\"\nnetwork_aliases = [\"www\", \"site\"]",
            "warning c.toml:3:1: Service \"web\" is on the host's network, where no alias leads: \"www\", \"site\" will not "
            "resolve."},
        {"network_mode = \"host\"\nports = [\"3000:8080\"]",
            "warning c.toml:4:10: On the host's network nothing is mapped: service \"web\" listens on port 8080 itself, not "
            "on 3000."},
        {"networks = [\"x\"]", "c.toml:3:1: Unknown key \"networks\" in [services.web]; here it is \"network_mode\"."},
        {"network_aliases = [\"www\"]", ""},
        {"network_aliases = []", ""},
        {"network_aliases = [\"a b\"]",
            "c.toml:3:20: \"a b\" is not a valid name: names are 1 to 63 letters, digits and . _ -."},
        {"network_aliases = \"www\"",
            "c.toml:3:19: \"network_aliases\" must be an array of names such as [\"llm\"], not a string."},

        {"env.A = \"1\"\nenv.B = 2\nenv.C = true\nenv.D = 0.5", ""},
        {"env = \"A=1\"",
            "c.toml:3:7: \"env\" must be a table of variables such as env.LANG = \"C.UTF-8\", not a string."},
        {"env.A = [1]", "c.toml:3:9: \"A\" in \"env\" must be a string, not an array."},
        {"env.\"A=B\" = \"1\"", "c.toml:3:5: \"A=B\" is not the name of a variable."},
        {"env.A = \"\\u0001\"", "c.toml:3:9: The value of \"A\" has control characters."},
        {"env.A = \"http://{{ services.ollama.ports.0.container }}/{{runtime.host_gateway}}\"", ""},
        {"env.A = \"{{services.ollama.ports.1.container}}\"",
            "c.toml:3:9: \"services.ollama.ports.1.container\" means nothing: use {{services.NAME.ports.0.container}}, "
            "{{services.NAME.ports.0.host}}, {{services.NAME.image}}, {{runtime.host_gateway}} or {{runtime.network_name}}."},
        {"environment.A = \"1\"", "c.toml:3:1: Unknown key \"environment\" in [services.web]; here it is \"env\"."},
        {"env_file = \"./web.env\"", ""},
        {"env_file = [\"./web.env\", \"more.env\"]", ""},
        {"env_file = [3]", "c.toml:3:13: \"env_file\" must hold files as strings, not an integer."},

        {"secrets = [\"token\", { name = \"key\", env = \"API_KEY\" }]", ""},
        {"secrets = \"token\"",
            "c.toml:3:11: \"secrets\" must be an array of secrets such as [\"token\"], not a string."},
        {"secrets = [{ env = \"A\" }]", "c.toml:3:12: A secret needs \"name\"."},
        {"secrets = [{ name = \"a\", evn = \"A\" }]",
            "c.toml:3:26: Unknown key \"evn\" in an element of \"secrets\". Did you mean \"env\"?"},

        {"user = \"1000:1000\"", ""},
        {"user = \"www-data\"", ""},
        {"user = 1000", "c.toml:3:8: \"user\" must be a user, not an integer."},
        {"user = \"a b\"",
            "c.toml:3:8: \"a b\" is not a user: write a name or a number, with \":group\" behind it or not."},
        {"keep_id = true", ""},
        {"keep_id = \"yes\"", "c.toml:3:11: \"keep_id\" must be true or false, not a string."},
        {"userns_mode = \"keep-id\"",
            "c.toml:3:1: Unknown key \"userns_mode\" in [services.web]; here it is \"keep_id\"."},
        {"devices = [\"/dev/dri\", \"nvidia.com/gpu=all\"]", ""},
        {"devices = [\"/etc/passwd\"]",
            "c.toml:3:12: \"/etc/passwd\" is not a device: write a path such as \"/dev/dri\" or a CDI name such as "
            "\"nvidia.com/gpu=all\"."},
        {"gpu = false", ""},
        {"gpu = { enabled = false, force_cpu = false }", ""},
        {"gpu = { enabled = true, force_cpu = true }", ""},
        {"gpu = true", "warning c.toml:3:1: Key \"services.web.gpu\" is not used by this version of airpods."},
        {"gpu.enabled = true", "warning c.toml:3:1: Key \"services.web.gpu\" is not used by this version of airpods."},
        {"gpu = \"nvidia\"", "c.toml:3:7: \"gpu\" must be true, false, \"auto\" or \"none\"."},
        {"gpu.enabled = 1", "c.toml:3:15: \"enabled\" must be true or false, not an integer."},
        {"gpu.force_gpu = true",
            "c.toml:3:5: Unknown key \"force_gpu\" in an element of \"gpu\". Did you mean \"force_cpu\"?"},

        {"pids_limit = 1", ""},
        {"pids_limit = 1000000", ""},
        {"pids_limit = 0", "c.toml:3:14: \"pids_limit\" is 0; it must be from 1 to 1000000."},
        {"pids_limit = -1", "c.toml:3:14: \"pids_limit\" is -1; it must be from 1 to 1000000."},
        {"pids_limit = 1000001", "c.toml:3:14: \"pids_limit\" is 1000001; it must be from 1 to 1000000."},
        {"pids_limit = \"2048\"", "c.toml:3:14: \"pids_limit\" must be an integer from 1 to 1000000, not a string."},
        {"pid_limit = 5", "c.toml:3:1: Unknown key \"pid_limit\" in [services.web]. Did you mean \"pids_limit\"?"},
        {"shm_size = \"1g\"", ""},
        {"shm_size = 67108864", ""},
        {"shm_size = \"1 gallon\"", "c.toml:3:12: \"1 gallon\" is not a size such as \"512m\" or \"4g\"."},
        {"shm_size = \"1k\"", "c.toml:3:12: \"shm_size\" is 1k; it must be from 64k to 1t."},
        {"shm_size = true", "c.toml:3:12: \"shm_size\" must be a size such as \"512m\" or \"4g\", not a boolean."},
        {"stop_timeout = \"1m\"", ""},
        {"stop_timeout = \"2h\"", "c.toml:3:16: \"stop_timeout\" is 2h; it must be from 1s to 1h."},
        {"stop_grace_period = \"1m\"",
            "c.toml:3:1: Unknown key \"stop_grace_period\" in [services.web]; here it is \"stop_timeout\"."},
        {"extra_hosts = [\"nas:192.168.1.5\", \"box:host-gateway\", \"six:fd00::1\"]", ""},
        {"extra_hosts = [\"nas\"]",
            "c.toml:3:16: \"nas\" is not a host: write \"name:address\" or \"name:host-gateway\"."},
        {"cap_add = [\"SYS_NICE\", \"CAP_NET_RAW\", \"net_admin\"]", ""},
        {"cap_add = [\"SYS_NICER\"]",
            "c.toml:3:12: \"SYS_NICER\" is not a capability of Linux such as \"NET_ADMIN\"; capabilities(7) lists them."},
        {"labels.team = \"web\"\nlabels.\"a.b/c\" = \"1\"", ""},
        {"labels.\"org.airpods.service\" = \"x\"",
            "c.toml:3:8: \"org.airpods.service\" is a label that airpods itself uses."},
        {"labels = [\"a=b\"]",
            "c.toml:3:10: \"labels\" must be a table of labels such as labels.team = \"web\", not an array."},
        {"log_max_size = \"50m\"", ""},
        {"log_max_size = \"\"", "c.toml:3:16: \"\" is not a size such as \"512m\" or \"4g\"."},

        {"restart = \"on-failure\"", ""},
        {"restart = \"allways\"",
            "c.toml:3:11: \"allways\" is not a value of \"restart\": use \"no\", \"on-failure\", \"always\" or "
            "\"unless-stopped\". Did you mean \"always\"?"},
        {"restart_policy = \"no\"",
            "c.toml:3:1: Unknown key \"restart_policy\" in [services.web]; here it is \"restart\"."},
        {"autostart = false", ""},
        {"autostart = true",
            "warning c.toml:3:1: Key \"services.web.autostart\" is not used by this version of airpods."},
        {"autostart = 1", "c.toml:3:13: \"autostart\" must be true or false, not an integer."},
        {"depends_on = []", ""},
        {"depends_on = [\"ollama\"]",
            "warning c.toml:3:1: Key \"services.web.depends_on\" is not used by this version of airpods."},
        {"depends_on = [{ name = \"ollama\", condition = \"healthy\", restart = true }]",
            "warning c.toml:3:1: Key \"services.web.depends_on\" is not used by this version of airpods."},
        {"depends_on = [{ name = \"ollama\", condition = \"ready\" }]",
            "c.toml:3:46: \"condition\" must be \"started\", \"healthy\" or \"completed\"."},
        {"depends_on = [\"olama\"]",
            "warning c.toml:3:1: Key \"services.web.depends_on\" is not used by this version of airpods.\n"
            "c.toml:3:15: There is no service \"olama\". Did you mean \"ollama\"?"},
        {"depends_on = [\"web\"]",
            "warning c.toml:3:1: Key \"services.web.depends_on\" is not used by this version of airpods.\n"
            "c.toml:3:15: Service \"web\" depends on itself."},

        {"build = \".\"",
            "c.toml:3:1: \"build\" is not supported: airpods runs images, it does not build them. Build it with \"podman build "
            "-t web .\" and write image = \"localhost/web\"."},
        {"pod = \"web\"",
            "warning c.toml:3:1: Key \"services.web.pod\" no longer applies: every service is a container of its own on the "
            "shared network."},
        {"needs_webui_secret = true",
            "warning c.toml:3:1: Key \"services.web.needs_webui_secret\" no longer applies: make a secret with \"podman secret "
            "create\" and give secrets = [{ name = \"webui\", env = \"WEBUI_SECRET_KEY\" }]."},
        {"auto_pull_models = [\"x\"]",
            "warning c.toml:3:1: Key \"services.web.auto_pull_models\" no longer applies: use \"airpods exec ollama ollama "
            "pull MODEL\"."},
        {"cuda_override = \"cu128\"",
            "warning c.toml:3:1: Key \"services.web.cuda_override\" no longer applies: choose the image of the service, such "
            "as \"docker.io/yanwk/comfyui-boot:cu128-slim\"."},

        /* health and resources */
        {"ports = [\"80\"]\nhealth.path = \"/ok\"", ""},
        {"ports = [\"80\"]\nhealth = { path = \"/ok\", port = 80, expected_status = 204 }", ""},
        {"health = false", ""},
        {"health = true", "c.toml:3:10: \"health\" must be a table such as { path = \"/\" }, or false, not a boolean."},
        {"health.path = \"/ok\"", "c.toml:3:8: The health of service \"web\" has no port: give \"port\" or \"ports\"."},
        {"ports = [\"80\"]\nhealth = { path = \"/\", port = 81 }",
            "c.toml:4:12: The health of service \"web\" is asked on port 81, which is not in its \"ports\"."},
        {"health.path = \"ok\"",
            "c.toml:3:15: \"ok\" is not the path of a URL: it begins with \"/\" and has no spaces."},
        {"health.port = 65536", "c.toml:3:15: \"port\" is 65536; it must be from 1 to 65535."},
        {"ports = [\"5432\"]\nhealth.tcp = 5432", ""},
        {"health.tcp = \"5432\"", "c.toml:3:14: \"tcp\" must be an integer from 1 to 65535, not a string."},
        {"health = { path = \"/\", tcp = 80 }",
            "c.toml:3:24: Health is probed in one way: give \"path\" or \"tcp\", not both."},
        {"health.exec = [\"true\"]",
            "warning c.toml:3:8: Key \"services.web.health.exec\" is not used by this version of airpods."},
        {"health.expected_status = [299, 200]",
            "c.toml:3:26: \"expected_status\" must be an HTTP status from 100 to 599, or the first and the last of a range "
            "such as [200, 299]."},
        {"health.interval = \"10s\"\nhealth.timeout = 1.5\nhealth.start_period = \"2m\"\nhealth.retries = 5", ""},
        {"health.interval = \"0s\"", "c.toml:3:19: \"interval\" is 0s; it must be from 1s to 24h."},
        {"health.timeout = \"10m\"", "c.toml:3:18: \"timeout\" is 10m; it must be from 100ms to 5m."},
        {"health.start_period = \"25h\"", "c.toml:3:23: \"start_period\" is 25h; it must be from 0s to 24h."},
        {"health.retries = 0", "c.toml:3:18: \"retries\" is 0; it must be from 1 to 1000."},
        {"health.retrys = 3", "c.toml:3:8: Unknown key \"retrys\" in [services.web.health]. Did you mean \"retries\"?"},
        {"healthcheck.path = \"/\"",
            "c.toml:3:1: Unknown key \"healthcheck\" in [services.web]; here it is \"health\"."},
        {"path = \"/\"", "c.toml:3:1: Unknown key \"path\" in [services.web]; it belongs to [services.web.health]."},
        {"resources = { memory = \"4g\", cpus = 1.5 }", ""},
        {"resources = { memory = \"512M\", cpus = \"2\" }", ""},
        {"resources.memory = \"lots\"", "c.toml:3:20: \"lots\" is not a size such as \"512m\" or \"4g\"."},
        {"resources.memory = \"1m\"", "c.toml:3:20: \"memory\" is 1m; it must be from 4m to 1024t."},
        {"resources.cpus = 0", "c.toml:3:18: \"cpus\" must be a number above 0 and up to 4096."},
        {"resources.cpus = nan", "c.toml:3:18: \"cpus\" must be a number above 0 and up to 4096."},
        {"resources.cpus = \"two\"", "c.toml:3:18: \"cpus\" must be a number above 0 and up to 4096."},
        {"resources.cpus = [2]", "c.toml:3:18: \"cpus\" must be a number such as 1.5, not an array."},
        {"resources.cpu = 2", "c.toml:3:11: Unknown key \"cpu\" in [services.web.resources]. Did you mean \"cpus\"?"},
        {"memory = \"4g\"",
            "c.toml:3:1: Unknown key \"memory\" in [services.web]; it belongs to [services.web.resources]."},
        {"mem_limit = \"4g\"",
            "c.toml:3:1: Unknown key \"mem_limit\" in [services.web]; here it is \"resources.memory\"."},
        {"driver = \"bridge\"",
            "c.toml:3:1: Unknown key \"driver\" in [services.web]; it belongs to [runtime.network]."},
        {"colour = 1", "c.toml:3:1: Unknown key \"colour\" in [services.web]."},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text =
            g_strdup_printf("[services.web]\nimage = \"docker.io/library/nginx\"\n%s\n", rows[i].line);
        g_autofree char *found = problems_of(text);
        assert_text(found, rows[i].expected);
    }
}

static void test_service_names(void)
{
    static const struct {
        const char *text, *expected;
    } rows[] = {
        {"[services]\n", ""},
        {"[services.ollama]\n", ""},
        {"[services.olama]\n", "c.toml:1:11: Service \"olama\" has no image. Did you mean \"ollama\"?"},
        {"[services.web]\n", "c.toml:1:11: Service \"web\" has no image."},
        {"[services.\"a b\"]\n",
            "c.toml:1:11: \"a b\" is not a name for a service: names are 1 to 61 letters, digits and . _ -."},
        {"[services.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]\n",
            "c.toml:1:11: \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\" is not a name for a service: names "
            "are 1 to 61 letters, digits and . _ -."},
        {"[services]\nimage = \"x\"\n",
            "c.toml:2:1: Key \"image\" stands outside of a service; it belongs to [services.NAME]."},
        {"[services]\nweb = 3\n", "c.toml:2:7: \"web\" must be a service, written as [services.NAME], not an integer."},
        {"services = []\n", "c.toml:1:12: \"services\" must be a section, written as [services.NAME], not an array."},
        {"[ollama]\nimage = \"x\"\n", "c.toml:1:2: Unknown section \"ollama\"."},
        {"image = \"x\"\n", "c.toml:1:1: Key \"image\" stands outside of a section; it belongs to [services.NAME]."},
        {"[web]\nports = []\n", "c.toml:1:2: Unknown section \"web\"."},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *found = problems_of(rows[i].text);
        assert_text(found, rows[i].expected);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/service/config-keys/runtime-keys", test_runtime_keys);
    g_test_add_func("/service/config-keys/service-keys", test_service_keys);
    g_test_add_func("/service/config-keys/service-names", test_service_names);
    return g_test_run();
}
