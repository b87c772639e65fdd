/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The words come from containers/image (docker/docker_image_src.go, copy/), the registry protocol's error codes
 * (MANIFEST_UNKNOWN, UNAUTHORIZED, DENIED …) and Go's net package; Podman 4.3.1 and 5.4.2 use the same. The first row
 * that matches counts: a cause (disk full) goes before the step that it broke.
 */
#include <errno.h>
#include <glib.h>
#include <string.h>

#include "service/podman/json-read.h"
#include "service/podman/pull-line.h"
#include "shared/error.h"
#include "shared/macro.h"

typedef struct PullError {
    const char *words; /* anywhere in Podman's words */
    const char *name;
    const char *sentence; /* %s: the image, then its registry if there is a second one */
} PullError;

#define NOT_FOUND "There is no image \"%s\" in the registry %s; check its name and tag in the configuration."
#define LOGIN                                                                                                              \
    "The image \"%s\" cannot be read from %s: it is private or does not exist; check its name, then log in with \"podman " \
    "login %s\"."
#define UNREACHABLE                                                                                                          \
    "The image \"%s\" cannot be pulled because the registry %s cannot be reached; check its name and your connection, then " \
    "try again."
#define BROKE_OFF                                                                                                          \
    "Pulling \"%s\" broke off because the registry %s ended the connection half-way; try again, layers that are complete " \
    "are kept."
#define CERTIFICATE                                                                                                    \
    "The image \"%s\" cannot be pulled because the certificate of the registry %s is not trusted; a VPN or proxy may " \
    "intercept it, see containers-registries.conf(5) for registries without one."
#define DISK_FULL                                                                                                          \
    "Pulling \"%s\" from %s stopped because the disk with Podman's storage is full; \"podman system df\" shows what uses " \
    "it, \"podman image prune\" frees some."
#define TOO_MANY                                                                                                         \
    "The registry %2$s allows no more pulls for now, so \"%1$s\" cannot be pulled; wait, or log in with \"podman login " \
    "%2$s\"."
#define CHANGED                                                                                                           \
    "What the registry %2$s sent for \"%1$s\" does not match its digest and was thrown away; try again, and if it stays " \
    "so do not trust it."
#define BAD_NAME "\"%s\" is no name of an image; give one like docker.io/ollama/ollama:latest."
#define SHORT_NAME \
    "It is not known which registry the image \"%s\" comes from; give its full name, for instance docker.io/library/NAME:TAG."

/* clang-format off */
static const PullError pull_errors[] = {
    { "no space left on device",                 ERROR_PODMAN_FAILED,   DISK_FULL },
    { "disk quota exceeded",                     ERROR_PODMAN_FAILED,   DISK_FULL },
    { "Invalid image name",                      ERROR_IMAGE_NOT_FOUND, BAD_NAME },
    { "invalid reference format",                ERROR_IMAGE_NOT_FOUND, BAD_NAME },
    { "must be lowercase",                       ERROR_IMAGE_NOT_FOUND, BAD_NAME },
    { "did not resolve to an alias",             ERROR_IMAGE_NOT_FOUND, SHORT_NAME },
    { "manifest unknown",                        ERROR_IMAGE_NOT_FOUND, NOT_FOUND },
    { "name unknown",                            ERROR_IMAGE_NOT_FOUND, NOT_FOUND },
    { "repository name not known to registry",   ERROR_IMAGE_NOT_FOUND, NOT_FOUND },
    { "no image found in manifest list",         ERROR_IMAGE_NOT_FOUND,
      "The image \"%s\" exists in the registry %s, but not for this kind of processor; choose another tag." },
    { "toomanyrequests",                         ERROR_PODMAN_FAILED,   TOO_MANY },
    { "429 Too Many Requests",                   ERROR_PODMAN_FAILED,   TOO_MANY },
    { "unauthorized",                            ERROR_PODMAN_FAILED,   LOGIN },
    { "authentication required",                 ERROR_PODMAN_FAILED,   LOGIN },
    { "invalid username/password",               ERROR_PODMAN_FAILED,   LOGIN },
    { "requested access to the resource is denied", ERROR_PODMAN_FAILED, LOGIN },
    { "403 (Forbidden)",                         ERROR_PODMAN_FAILED,   LOGIN },
    { "denied:",                                 ERROR_PODMAN_FAILED,   LOGIN },
    { "x509:",                                   ERROR_PODMAN_FAILED,   CERTIFICATE },
    { "server gave HTTP response to HTTPS client", ERROR_PODMAN_FAILED, CERTIFICATE },
    { "does not match expected digest",          ERROR_PODMAN_FAILED,   CHANGED },
    { "Digest did not match",                    ERROR_PODMAN_FAILED,   CHANGED },
    { "pinging container registry",              ERROR_PODMAN_FAILED,   UNREACHABLE },
    { "unexpected EOF",                          ERROR_PODMAN_FAILED,   BROKE_OFF },
    { "connection reset by peer",                ERROR_PODMAN_FAILED,   BROKE_OFF },
    { "broken pipe",                             ERROR_PODMAN_FAILED,   BROKE_OFF },
    { "connection refused",                      ERROR_PODMAN_FAILED,   UNREACHABLE },
    { "no such host",                            ERROR_PODMAN_FAILED,   UNREACHABLE },
    { "network is unreachable",                  ERROR_PODMAN_FAILED,   UNREACHABLE },
    { "no route to host",                        ERROR_PODMAN_FAILED,   UNREACHABLE },
    { "i/o timeout",                             ERROR_PODMAN_FAILED,   UNREACHABLE },
    { "TLS handshake timeout",                   ERROR_PODMAN_FAILED,   UNREACHABLE },
    { "EOF",                                     ERROR_PODMAN_FAILED,   BROKE_OFF },
};
/* clang-format on */

/* What stands before the first slash if it looks like a host, else Docker's. */
static char *registry_of(const char *image)
{
    const char *slash = strchr(image, '/');
    g_autofree char *first = slash ? g_strndup(image, (gsize) (slash - image)) : NULL;

    if (first && (strpbrk(first, ".:") || strcmp(first, "localhost") == 0))
        return g_steal_pointer(&first);
    return g_strdup("docker.io");
}

/* The sentence with %s, %1$s = image and %2$s, the second and third %s = registry. Not printf: the rows are data. */
static char *fill_in(const char *sentence, const char *image, const char *registry)
{
    GString *out = g_string_new(NULL);
    bool first = true;

    for (const char *c = sentence; *c; c++) {
        if (g_str_has_prefix(c, "%1$s") || g_str_has_prefix(c, "%2$s")) {
            g_string_append(out, c[1] == '1' ? image : registry);
            c += 3;
        } else if (g_str_has_prefix(c, "%s")) {
            g_string_append(out, first ? image : registry);
            first = false;
            c++;
        } else {
            g_string_append_c(out, *c);
        }
    }
    return g_string_free(out, false);
}

int pull_error_explain(const char *image, const char *words, sd_bus_error *reterr)
{
    g_autofree char *registry = registry_of(image);

    for (size_t i = 0; i < ELEMENTSOF(pull_errors); i++)
        if (strstr(words, pull_errors[i].words)) {
            g_autofree char *text = fill_in(pull_errors[i].sentence, image, registry);
            return error_set(reterr, pull_errors[i].name, "%s", text);
        }
    return error_set(reterr, ERROR_PODMAN_FAILED, "The image \"%s\" could not be pulled from %s; Podman says: %s",
        image, registry, words);
}

typedef struct PullPart {
    uint64_t bytes, done; /* 0: not told */
    bool here;
} PullPart;

static void take_error(PullProgress *progress, const char *error)
{
    g_free(progress->error);
    progress->error = g_strdup(error);
    for (char *c = progress->error; *c; c++)
        if ((unsigned char) *c < ' ' || *c == 0x7f)
            *c = ' ';
    g_strstrip(progress->error);
}

static PullPart *part_of(PullProgress *progress, const char *id)
{
    if (!progress->table)
        progress->table = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    PullPart *part = g_hash_table_lookup(progress->table, id);
    if (part || g_hash_table_size(progress->table) >= PULL_PARTS_MAX)
        return part;
    part = g_new0(PullPart, 1);
    g_hash_table_insert(progress->table, g_strdup(id), part);
    return part;
}

static void count(PullProgress *progress)
{
    GHashTableIter iter;
    gpointer value;

    progress->parts = g_hash_table_size(progress->table);
    progress->parts_done = 0;
    progress->bytes = progress->bytes_done = 0;
    g_hash_table_iter_init(&iter, progress->table);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const PullPart *part = value;
        progress->parts_done += part->here;
        progress->bytes += part->bytes;
        progress->bytes_done += part->here ? part->bytes : part->done;
    }
    double fraction = progress->parts_done == progress->parts ? 1
                      : progress->bytes > 0                   ? (double) progress->bytes_done / (double) progress->bytes
                                                              : (double) progress->parts_done / progress->parts;
    /* Every part that begins lowers the share that is done; and what is here is all only when the pull has ended. */
    progress->fraction = MAX(progress->fraction, MIN(fraction, 0.99));
}

static int status_line(PullProgress *progress, const char *status, const char *id, JsonObject *detail)
{
    PullPart *part = part_of(progress, id);
    if (!part)
        return 0;

    PullPart before = *part;
    unsigned parts = progress->parts;
    if (strcmp(status, "Downloading") == 0) {
        /* 1 PiB: sums of PULL_PARTS_MAX of them do not overflow. */
        part->bytes = (uint64_t) CLAMP(member_int(detail, "total", 0), 0, (int64_t) 1 << 50);
        part->done = MIN((uint64_t) CLAMP(member_int(detail, "current", 0), 0, (int64_t) 1 << 50), part->bytes);
    } else if (strcmp(status, "Download complete") == 0 || strcmp(status, "Already exists") == 0) {
        part->here = true;
    }
    count(progress);
    return progress->parts != parts || before.done != part->done || before.bytes != part->bytes ||
           before.here != part->here;
}

int pull_progress_feed(PullProgress *progress, const char *line, size_t size)
{
    g_autoptr(JsonNode) node = NULL;
    JsonObject *object = json_read_object(line, size, &node);

    if (!object)
        return -EBADMSG;
    const char *error = member_string(object, "error"), *status = member_string(object, "status"),
               *id = member_string(object, "id");
    if (error && error[0]) {
        take_error(progress, error);
        return 1;
    }
    if (!status || !id || !id[0])
        return 0;
    return status_line(progress, status, id, member_object(object, "progressDetail"));
}

void pull_progress_clear(PullProgress *progress)
{
    g_clear_pointer(&progress->error, g_free);
    g_clear_pointer(&progress->table, g_hash_table_unref);
}
