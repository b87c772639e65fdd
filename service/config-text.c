/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sizes, times, ports and volumes. Checks of names are in config-check-text.c. Ranges are written out instead of
 * isalnum(): the answer must not depend on the locale.
 */
#include <errno.h>
#include <glib.h>
#include <string.h>

#include "service/config-text.h"

typedef struct Unit {
    const char *name;
    uint64_t factor;
} Unit;

#define KI 1024ULL

static const Unit size_units[] = {
    {"", 1},
    {"b", 1},
    {"k", KI},
    {"kb", KI},
    {"kib", KI},
    {"m", KI *KI},
    {"mb", KI *KI},
    {"mib", KI *KI},
    {"g", KI *KI *KI},
    {"gb", KI *KI *KI},
    {"gib", KI *KI *KI},
    {"t", KI *KI *KI *KI},
    {"tb", KI *KI *KI *KI},
    {"tib", KI *KI *KI *KI},
};

static const Unit time_units[] = {
    {"", 1000000},
    {"us", 1},
    {"ms", 1000},
    {"s", 1000000},
    {"m", 60000000},
    {"h", 3600000000ULL},
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/*
 * Takes one "12.5unit" off the front. Three digits behind the point are enough for people and keep the arithmetic in
 * integers.
 */
static int take_quantity(const char **text, const Unit *units, size_t n_units, uint64_t *ret)
{
    const char *p = *text;
    uint64_t whole = 0, fraction = 0, scale = 1;
    char unit[4] = {0};

    if (!is_digit(*p))
        return -EINVAL;
    for (; is_digit(*p); p++)
        if (__builtin_mul_overflow(whole, 10, &whole) || __builtin_add_overflow(whole, (uint64_t) (*p - '0'), &whole))
            return -EINVAL;
    if (*p == '.') {
        if (!is_digit(*++p))
            return -EINVAL;
        for (; is_digit(*p); p++) {
            if (scale == 1000)
                return -EINVAL;
            scale *= 10;
            fraction = fraction * 10 + (uint64_t) (*p - '0');
        }
    }
    if (*p == ' ' && p[1])
        p++;
    for (size_t i = 0; g_ascii_isalpha(*p); p++, i++) {
        if (i >= sizeof(unit) - 1)
            return -EINVAL;
        unit[i] = g_ascii_tolower(*p);
    }
    for (size_t i = 0; i < n_units; i++) {
        uint64_t factor = units[i].factor, value;
        if (strcmp(units[i].name, unit) != 0)
            continue;
        if (!unit[0] && *p)
            return -EINVAL;
        if (__builtin_mul_overflow(whole, factor, &value))
            return -EINVAL;
        if (__builtin_add_overflow(value, factor / scale * fraction + factor % scale * fraction / scale, &value))
            return -EINVAL;
        *ret = value;
        *text = p;
        return 0;
    }
    return -EINVAL;
}

int text_to_size(const char *text, uint64_t *ret)
{
    uint64_t size;

    if (take_quantity(&text, size_units, G_N_ELEMENTS(size_units), &size) < 0 || *text)
        return -EINVAL;
    *ret = size;
    return 0;
}

char *size_to_text(uint64_t size)
{
    static const char units[] = {'t', 'g', 'm', 'k'};
    uint64_t factor = KI * KI * KI * KI;

    for (size_t i = 0; i < sizeof(units); i++, factor /= KI)
        if (size >= factor && size % factor == 0)
            return g_strdup_printf("%" G_GUINT64_FORMAT "%c", size / factor, units[i]);
    return g_strdup_printf("%" G_GUINT64_FORMAT, size);
}

int text_to_usec(const char *text, uint64_t *ret)
{
    uint64_t usec = 0, part;

    do {
        if (take_quantity(&text, time_units, G_N_ELEMENTS(time_units), &part) < 0 ||
            __builtin_add_overflow(usec, part, &usec))
            return -EINVAL;
    } while (*text);
    *ret = usec;
    return 0;
}

char *usec_to_text(uint64_t usec)
{
    static const Unit units[] = {{"h", 3600000000ULL}, {"m", 60000000}, {"s", 1000000}, {"ms", 1000}};

    if (usec == 0)
        return g_strdup("0s");
    for (size_t i = 0; i < G_N_ELEMENTS(units); i++)
        if (usec % units[i].factor == 0)
            return g_strdup_printf("%" G_GUINT64_FORMAT "%s", usec / units[i].factor, units[i].name);
    return g_strdup_printf("%" G_GUINT64_FORMAT "us", usec);
}

uint16_t text_to_port(const char *text)
{
    unsigned value = 0;

    if (!*text || strlen(text) > 5)
        return 0;
    for (; *text; text++) {
        if (!is_digit(*text))
            return 0;
        value = value * 10 + (unsigned) (*text - '0');
    }
    return value <= UINT16_MAX ? (uint16_t) value : 0;
}

/* "[::1]:3000:8080" or "0.0.0.0:3000:8080": the address off the front, "" when there is none. */
static const char *take_address(char **text, char **ret)
{
    char *begin = *text, *end;

    if (*begin == '[') {
        begin++;
        end = strchr(begin, ']');
        if (!end || end[1] != ':')
            return "is not a port: an IPv6 address stands in brackets, as in \"[::1]:3000:8080\"";
        *end = '\0';
        *text = end + 2;
    } else {
        char *first = strchr(begin, ':');
        char *second = first ? strchr(first + 1, ':') : NULL;
        if (!second && !(first && strchr(begin, '.') && strchr(begin, '.') < first)) {
            *ret = NULL;
            return NULL;
        }
        *first = '\0';
        *text = first + 1;
    }
    if (check_address(begin))
        return "is not a port: what stands before the ports is not an address";
    *ret = begin;
    return NULL;
}

const char *text_to_service_port(const char *text, ServicePort **ret)
{
    g_autofree char *copy = g_strdup(text);
    char *rest = copy, *address = NULL;
    bool udp = false;

    char *slash = strchr(copy, '/');
    if (slash) {
        *slash = '\0';
        udp = strcmp(slash + 1, "udp") == 0;
        if (!udp && strcmp(slash + 1, "tcp") != 0)
            return "has an unknown protocol: use \"tcp\" or \"udp\"";
    }
    const char *reason = take_address(&rest, &address);
    if (reason)
        return reason;
    char *colon = strchr(rest, ':');
    if (colon)
        *colon = '\0';
    const char *inside = colon ? colon + 1 : rest;
    if (strchr(rest, '-') || strchr(inside, '-'))
        return "is a range of ports: write each port by itself";
    uint16_t host = text_to_port(rest), container = text_to_port(inside);
    if (host == 0 || container == 0)
        return "is not a port: write \"8188\", \"3000:8080\" or \"0.0.0.0:3000:8080/tcp\" with numbers from 1 to 65535";

    ServicePort *port = g_new0(ServicePort, 1);
    *port = (ServicePort){
        .address = g_strdup(address ? address : "127.0.0.1"),
        .udp = udp,
        .host = host,
        .container = container,
    };
    *ret = port;
    return NULL;
}

const char *text_to_service_volume(const char *text, ServiceVolume **ret)
{
    size_t scheme = g_str_has_prefix(text, "bind://") ? strlen("bind://") : 0;
    const char *colon = strstr(text + scheme, ":/");
    bool read_only = false;

    if (!colon || colon == text + scheme)
        return "is not a volume: write \"name:/path\", \"./folder:/path\" or \"/folder:/path:ro\"";
    g_autofree char *source = g_strndup(text, (gsize) (colon - text));
    g_autofree char *target = g_strdup(colon + 1);
    char *option = strrchr(target, ':');
    if (option) {
        *option++ = '\0';
        read_only = strcmp(option, "ro") == 0;
        if (!read_only && strcmp(option, "rw") != 0)
            return "has an unknown option: use \"ro\" or \"rw\"";
    }
    if (check_volume_source(source))
        return "is not a volume: what stands before the first \":/\" is neither a volume's name nor a folder";
    if (check_volume_target(target))
        return "is not a volume: its place in the container must be an absolute path other than \"/\"";

    ServiceVolume *volume = g_new0(ServiceVolume, 1);
    *volume = (ServiceVolume){
        .key = g_strdup(target),
        .source = g_steal_pointer(&source),
        .target = g_steal_pointer(&target),
        .read_only = read_only,
    };
    *ret = volume;
    return NULL;
}
