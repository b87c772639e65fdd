/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether a string of the configuration is a name, an address, an image … of the kind that Podman takes. The sentences
 * say what is right, not only that something is wrong.
 */
#include <arpa/inet.h>
#include <glib.h>
#include <string.h>

#include "service/config-text.h"
#include "shared/ifname.h"

#define IMAGE_MAX 255U
#define NAME_MAX_LENGTH 63U
#define PATH_LENGTH_MAX 4096U

static const char alnum[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
static const char lower[] = "abcdefghijklmnopqrstuvwxyz0123456789";

static bool is_alnum(char c)
{
    return c && strchr(alnum, c);
}

static bool is_lower(char c)
{
    return c && strchr(lower, c);
}

static bool has_control(const char *text)
{
    for (; *text; text++)
        if ((unsigned char) *text < ' ' || *text == 127)
            return true;
    return false;
}

/* Letters, digits and the marks, beginning with a letter or a digit. */
static bool is_name(const char *text, const char *marks, size_t max)
{
    if (!is_alnum(text[0]) || strlen(text) > max)
        return false;
    for (; *text; text++)
        if (!is_alnum(*text) && !strchr(marks, *text))
            return false;
    return true;
}

const char *check_any(const char *text)
{
    return !*text || has_control(text) ? "is not a text of one line" : NULL;
}

const char *check_text(const char *text)
{
    for (; *text; text++)
        if (((unsigned char) *text < ' ' && *text != '\t' && *text != '\n') || *text == 127)
            return "has control characters";
    return NULL;
}

const char *check_address(const char *text)
{
    struct in6_addr address;

    if (inet_pton(AF_INET, text, &address) == 1 || inet_pton(AF_INET6, text, &address) == 1)
        return NULL;
    return "is not an IP address";
}

const char *check_alias(const char *text)
{
    return is_name(text, "-_.", NAME_MAX_LENGTH) ? NULL
                                                 : "is not a valid name: names are 1 to 63 letters, digits and . _ -";
}

const char *check_container_name(const char *text)
{
    return is_name(text, "-_.", NAME_MAX_LENGTH) ? NULL
                                                 : "is not a valid name: names are 1 to 63 letters, digits and . _ -";
}

const char *check_capability(const char *text)
{
    static const char *const known[] = {"ALL", "AUDIT_CONTROL", "AUDIT_READ", "AUDIT_WRITE", "BLOCK_SUSPEND", "BPF",
        "CHECKPOINT_RESTORE", "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "IPC_LOCK", "IPC_OWNER",
        "KILL", "LEASE", "LINUX_IMMUTABLE", "MAC_ADMIN", "MAC_OVERRIDE", "MKNOD", "NET_ADMIN", "NET_BIND_SERVICE",
        "NET_BROADCAST", "NET_RAW", "PERFMON", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYSLOG", "SYS_ADMIN",
        "SYS_BOOT", "SYS_CHROOT", "SYS_MODULE", "SYS_NICE", "SYS_PACCT", "SYS_PTRACE", "SYS_RAWIO", "SYS_RESOURCE",
        "SYS_TIME", "SYS_TTY_CONFIG", "WAKE_ALARM", NULL};
    const char *name = g_ascii_strncasecmp(text, "CAP_", 4) == 0 ? text + 4 : text;

    for (size_t i = 0; known[i]; i++)
        if (g_ascii_strcasecmp(known[i], name) == 0)
            return NULL;
    return "is not a capability of Linux such as \"NET_ADMIN\"; capabilities(7) lists them";
}

const char *check_device(const char *text)
{
    const char *slash = strchr(text, '/'), *equals = strchr(text, '=');

    if (has_control(text) || strlen(text) > PATH_LENGTH_MAX)
        return "is not a device";
    if (g_str_has_prefix(text, "/dev/") && !strchr(text, ':') && !strstr(text, "/../"))
        return NULL;
    if (slash && slash > text && equals > slash + 1 && equals[1] && is_alnum(text[0]))
        return NULL; /* Container Device Interface: vendor/class=name */
    return "is not a device: write a path such as \"/dev/dri\" or a CDI name such as \"nvidia.com/gpu=all\"";
}

const char *check_extra_host(const char *text)
{
    const char *colon = strchr(text, ':');

    if (colon) {
        g_autofree char *name = g_strndup(text, (gsize) (colon - text));
        if (!check_alias(name) && (strcmp(colon + 1, "host-gateway") == 0 || !check_address(colon + 1)))
            return NULL;
    }
    return "is not a host: write \"name:address\" or \"name:host-gateway\"";
}

const char *check_health_path(const char *text)
{
    if (text[0] == '/' && !has_control(text) && !strchr(text, ' ') && !strchr(text, '#') && g_str_is_ascii(text) &&
        strlen(text) <= 1024)
        return NULL;
    return "is not the path of a URL: it begins with \"/\" and has no spaces";
}

/* host[:port], as the first component of an image's name; Docker's rule for telling it from a folder on Docker Hub. */
bool image_has_registry(const char *image)
{
    const char *slash = strchr(image, '/');

    if (!slash)
        return false;
    g_autofree char *first = g_strndup(image, (gsize) (slash - image));
    return strcmp(first, "localhost") == 0 || strpbrk(first, ".:");
}

static bool is_registry(const char *text, size_t size)
{
    g_autofree char *host = g_strndup(text, size);
    char *port = strrchr(host, ':');

    if (host[0] == '[') { /* an IPv6 address */
        char *end = strchr(host, ']');
        if (!end || (end[1] && end[1] != ':') || (end[1] && !text_to_port(end + 2)))
            return false;
        *end = '\0';
        return !check_address(host + 1);
    }
    if (port) {
        *port++ = '\0';
        if (!text_to_port(port))
            return false;
    }
    return is_name(host, "-.", 255);
}

/* One component of the name: lower case letters and digits, with . _ __ or any number of - between them. */
static bool is_component(const char *text, size_t size)
{
    if (size == 0 || !is_lower(text[0]) || !is_lower(text[size - 1]))
        return false;
    for (size_t i = 1; i < size; i++) {
        bool before = is_lower(text[i - 1]);
        if (is_lower(text[i]) || (before && strchr("._-", text[i])))
            continue;
        bool twice = text[i] == text[i - 1] && (text[i] == '-' || (text[i] == '_' && is_lower(text[i - 2])));
        if (!twice)
            return false;
    }
    return true;
}

static bool is_digest(const char *text)
{
    return g_str_has_prefix(text, "sha256:") && strlen(text) == 7 + 64 && strspn(text + 7, "0123456789abcdef") == 64;
}

/* The grammar of distribution/reference: [host[:port]/]component[/component…][:tag][@digest] */
const char *check_image(const char *text)
{
    static const char wrong[] = "is not the name of an image such as \"docker.io/library/nginx:latest\"";
    g_autofree char *copy = g_strdup(text);
    char *rest = copy;

    if (strlen(text) > IMAGE_MAX)
        return wrong;
    if (strstr(text, "://"))
        return "is not the name of an image: leave out the part before \"://\"";
    char *digest = strchr(copy, '@');
    if (digest) {
        *digest++ = '\0';
        if (!is_digest(digest))
            return "is not the name of an image: what follows \"@\" is \"sha256:\" and 64 hexadecimal digits";
    }
    char *last = strrchr(copy, '/'), *tag = strchr(last ? last : copy, ':');
    if (tag) {
        *tag++ = '\0';
        if (!*tag || strlen(tag) > 128 || tag[0] == '.' || tag[0] == '-' ||
            strspn(tag, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") != strlen(tag))
            return "is not the name of an image: what follows the last \":\" is not a tag";
    }
    if (image_has_registry(copy)) {
        char *slash = strchr(rest, '/');
        if (!is_registry(rest, (size_t) (slash - rest)))
            return wrong;
        rest = slash + 1;
    }
    for (;;) {
        size_t size = strcspn(rest, "/");
        if (!is_component(rest, size))
            return g_str_is_ascii(text) && !strpbrk(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
                       ? wrong
                       : "is not the name of an image: only lower case letters, digits and . _ - are allowed";
        if (!rest[size])
            return NULL;
        rest += size + 1;
    }
}

const char *check_interface(const char *text)
{
    return ifname_valid(text)
               ? NULL
               : "is not the name of a network interface: names are 1 to 15 letters, digits and . _ @ + -";
}

const char *check_label(const char *text)
{
    if (g_str_has_prefix(text, "org.airpods."))
        return "is a label that airpods itself uses";
    return is_name(text, "-_./", 255) ? NULL : "is not the name of a label: names are letters, digits and . _ - /";
}

const char *check_user(const char *text)
{
    const char *colon = strchr(text, ':');
    g_autofree char *user = colon ? g_strndup(text, (gsize) (colon - text)) : g_strdup(text);

    if (is_name(user, "-_.", NAME_MAX_LENGTH) && (!colon || is_name(colon + 1, "-_.", NAME_MAX_LENGTH)))
        return NULL;
    return "is not a user: write a name or a number, with \":group\" behind it or not";
}

const char *check_variable(const char *text)
{
    if (!*text || strchr(text, '=') || strchr(text, ' ') || has_control(text) || strlen(text) > 255)
        return "is not the name of a variable";
    return NULL;
}

/* Every ".." of a path below `bind://` would lead out of the data directory. */
static bool climbs(const char *path)
{
    g_auto(GStrv) parts = g_strsplit(path, "/", 0);
    return g_strv_contains((const char *const *) parts, "..");
}

const char *check_volume_source(const char *text)
{
    if (has_control(text) || strlen(text) > PATH_LENGTH_MAX)
        return "is not a source: it has control characters or is too long";
    if (g_str_has_prefix(text, "bind://")) {
        const char *path = text + strlen("bind://");
        if (!*path || *path == '/' || climbs(path))
            return "is not a source: \"bind://\" is followed by a path below airpods' data directory";
        return NULL;
    }
    if (text[0] == '/' || g_str_has_prefix(text, "./") || g_str_has_prefix(text, "../") ||
        g_str_has_prefix(text, "~/") || strcmp(text, ".") == 0 || strcmp(text, "~") == 0)
        return NULL;
    if (strchr(text, '/'))
        return "is not a source: a folder beside the configuration file begins with \"./\"";
    return is_name(text, "-_.", 255)
               ? NULL
               : "is not a source: write a volume's name, \"./folder\", \"/folder\" or \"bind://folder\"";
}

const char *check_volume_target(const char *text)
{
    if (text[0] == '/' && text[1] && !has_control(text) && !strchr(text, ':') && !climbs(text) &&
        strlen(text) <= PATH_LENGTH_MAX)
        return NULL;
    return "is not a place in the container: it must be an absolute path other than \"/\"";
}

/* --- subnets ---------------------------------------------------------------------------------------------------- */

typedef struct Prefix {
    int family;
    uint8_t address[16];
    unsigned length, bits;
} Prefix;

static bool prefix_parse(const char *text, Prefix *ret)
{
    g_autofree char *address = g_strdup(text);
    char *slash = strchr(address, '/');
    Prefix prefix = {0};

    if (!slash)
        return false;
    *slash++ = '\0';
    if (!*slash || strlen(slash) > 3 || strspn(slash, "0123456789") != strlen(slash))
        return false;
    prefix.length = (unsigned) g_ascii_strtoull(slash, NULL, 10);
    prefix.family = strchr(address, ':') ? AF_INET6 : AF_INET;
    prefix.bits = prefix.family == AF_INET6 ? 128 : 32;
    if (inet_pton(prefix.family, address, prefix.address) != 1 || prefix.length > prefix.bits)
        return false;
    *ret = prefix;
    return true;
}

static bool bit(const uint8_t *address, unsigned i)
{
    return address[i / 8] >> (7 - i % 8) & 1;
}

const char *check_subnet(const char *text)
{
    Prefix prefix;

    if (!prefix_parse(text, &prefix))
        return "is not a subnet such as \"10.90.0.0/24\"";
    /* Room for a gateway and a few containers. */
    if (prefix.length < 8 || prefix.length > prefix.bits - 3)
        return prefix.family == AF_INET ? "is not a subnet for containers: its prefix is from /8 to /29"
                                        : "is not a subnet for containers: its prefix is from /8 to /125";
    return NULL;
}

char *subnet_network(const char *text)
{
    char out[INET6_ADDRSTRLEN];
    Prefix prefix;

    if (!prefix_parse(text, &prefix))
        return NULL;
    for (unsigned i = prefix.length; i < prefix.bits; i++)
        prefix.address[i / 8] &= (uint8_t) ~(1U << (7 - i % 8));
    inet_ntop(prefix.family, prefix.address, out, sizeof(out));
    return g_strdup_printf("%s/%u", out, prefix.length);
}

bool subnet_contains(const char *subnet, const char *address)
{
    Prefix prefix;
    uint8_t other[16];
    bool rest = false;

    if (!prefix_parse(subnet, &prefix) || inet_pton(prefix.family, address, other) != 1)
        return false;
    for (unsigned i = 0; i < prefix.length; i++)
        if (bit(prefix.address, i) != bit(other, i))
            return false;
    for (unsigned i = prefix.length; i < prefix.bits; i++)
        rest = rest || bit(other, i);
    return rest;
}
