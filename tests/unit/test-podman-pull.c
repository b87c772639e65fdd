/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The lines of a pull, as Podman 4.3.1 wrote them, and the sentences for its failures.
 */
#include <errno.h>
#include <glib.h>
#include <string.h>

#include "service/podman/pull-line.h"
#include "shared/error.h"

static int feed(PullProgress *progress, const char *line)
{
    return pull_progress_feed(progress, line, strlen(line));
}

static void test_progress(void)
{
    PullProgress p = {0};

    g_assert_cmpint(feed(&p, "{\"status\":\"Pulling fs layer\",\"progressDetail\":{},\"id\":\"aaa\"}"), ==, 1);
    g_assert_cmpuint(p.parts, ==, 1);
    g_assert_cmpuint(p.parts_done, ==, 0);
    g_assert_cmpfloat(p.fraction, ==, 0);

    g_assert_cmpint(
        feed(&p,
            "{\"status\":\"Downloading\",\"progressDetail\":{\"current\":250,\"total\":1000},\"progress\":\"[=>] 250B/1kB\",\"id\":\"aaa\"}"),
        ==, 1);
    g_assert_cmpuint(p.bytes, ==, 1000);
    g_assert_cmpuint(p.bytes_done, ==, 250);
    g_assert_cmpfloat_with_epsilon(p.fraction, 0.25, 1e-9);

    g_assert_cmpint(feed(&p, "{\"status\":\"Already exists\",\"progressDetail\":{},\"id\":\"bbb\"}"), ==, 1);
    g_assert_cmpuint(p.parts, ==, 2);
    g_assert_cmpuint(p.parts_done, ==, 1);

    /* Another part begins: what is done cannot become less. */
    g_assert_cmpint(
        feed(&p, "{\"status\":\"Downloading\",\"progressDetail\":{\"current\":0,\"total\":3000},\"id\":\"ccc\"}"), ==,
        1);
    g_assert_cmpuint(p.bytes, ==, 4000);
    g_assert_cmpfloat_with_epsilon(p.fraction, 0.25, 1e-9);

    g_assert_cmpint(feed(&p, "{\"status\":\"Download complete\",\"progressDetail\":{},\"id\":\"aaa\"}"), ==, 1);
    g_assert_cmpint(feed(&p, "{\"status\":\"Download complete\",\"progressDetail\":{},\"id\":\"aaa\"}"), ==, 0);
    g_assert_cmpint(feed(&p, "{\"status\":\"Download complete\",\"progressDetail\":{},\"id\":\"ccc\"}"), ==, 1);
    g_assert_cmpuint(p.parts_done, ==, 3);
    g_assert_cmpuint(p.bytes_done, ==, 4000);
    g_assert_cmpfloat_with_epsilon(p.fraction, 0.99, 1e-9);
    g_assert_null(p.error);

    g_assert_cmpint(
        feed(&p, "{\"progressDetail\":{},\"errorDetail\":{\"message\":\"x\"},\"error\":\"reading\\nblob \"}"), ==, 1);
    g_assert_cmpstr(p.error, ==, "reading blob");
    pull_progress_clear(&p);
}

static void test_odd_lines(void)
{
    static const char *const ignored[] = {"{}", "{\"status\":\"Pulling\"}", "{\"id\":\"x\"}",
        "{\"status\":7,\"id\":\"x\"}", "{\"error\":\"\"}", "{\"status\":\"Pulling\",\"id\":\"\"}"};
    static const char *const bad[] = {"", "[]", "7", "{", "{} {}", "Pulling", "{\"status\":\"\xff\"}"};
    PullProgress p = {0};

    for (size_t i = 0; i < ELEMENTSOF(ignored); i++)
        g_assert_cmpint(feed(&p, ignored[i]), ==, 0);
    for (size_t i = 0; i < ELEMENTSOF(bad); i++)
        g_assert_cmpint(feed(&p, bad[i]), ==, -EBADMSG);
    g_assert_cmpuint(p.parts, ==, 0);

    /* Sizes that make no sense are not believed. */
    g_assert_cmpint(
        feed(&p, "{\"status\":\"Downloading\",\"progressDetail\":{\"current\":-5,\"total\":-1},\"id\":\"a\"}"), ==, 1);
    g_assert_cmpuint(p.bytes, ==, 0);
    g_assert_cmpint(
        feed(&p, "{\"status\":\"Downloading\",\"progressDetail\":{\"current\":9000,\"total\":10},\"id\":\"a\"}"), ==,
        1);
    g_assert_cmpuint(p.bytes_done, ==, 10);
    pull_progress_clear(&p);
}

static void test_many_parts(void)
{
    PullProgress p = {0};

    for (unsigned i = 0; i < 2 * PULL_PARTS_MAX; i++) {
        g_autofree char *line = g_strdup_printf("{\"status\":\"Pulling fs layer\",\"id\":\"%u\"}", i);
        g_assert_cmpint(feed(&p, line), ==, i < PULL_PARTS_MAX);
    }
    g_assert_cmpuint(p.parts, ==, PULL_PARTS_MAX);
    pull_progress_clear(&p);
}

static void test_errors(void)
{
    static const struct {
        const char *image, *words, *name, *message;
    } rows[] = {
        {"quay.io/a/b:c",
            "initializing source docker://quay.io/a/b:c: reading manifest c in quay.io/a/b: manifest unknown",
            ERROR_IMAGE_NOT_FOUND,
            "There is no image \"quay.io/a/b:c\" in the registry quay.io; check its name and tag in the configuration."},
        {"a/b", "requested access to the resource is denied", ERROR_PODMAN_FAILED,
            "The image \"a/b\" cannot be read from docker.io: it is private or does not exist; check its name, then log in with "
            "\"podman login docker.io\"."},
        {"localhost/b", "dial tcp 127.0.0.1:443: connect: connection refused", ERROR_PODMAN_FAILED,
            "The image \"localhost/b\" cannot be pulled because the registry localhost cannot be reached; check its name and your "
            "connection, then try again."},
        /* The cause counts, not the step that it broke. */
        {"host:5000/b", "writing blob: storing blob to file \"/x\": write /x: no space left on device: unexpected EOF",
            ERROR_PODMAN_FAILED,
            "Pulling \"host:5000/b\" from host:5000 stopped because the disk with Podman's storage is full; \"podman system df\" "
            "shows what uses it, \"podman image prune\" frees some."},
        {"docker.io/a/b", "toomanyrequests: You have reached your pull rate limit", ERROR_PODMAN_FAILED,
            "The registry docker.io allows no more pulls for now, so \"docker.io/a/b\" cannot be pulled; wait, or log in with "
            "\"podman login docker.io\"."},
        {"r.example/b", "Get \"https://r.example/v2/\": x509: certificate signed by unknown authority",
            ERROR_PODMAN_FAILED,
            "The image \"r.example/b\" cannot be pulled because the certificate of the registry r.example is not trusted; a VPN or "
            "proxy may intercept it, see containers-registries.conf(5) for registries without one."},
        {"r.example/%s%n", "something new", ERROR_PODMAN_FAILED,
            "The image \"r.example/%s%n\" could not be pulled from r.example; Podman says: something new"},
    };

    for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
        sd_bus_error error = SD_BUS_ERROR_NULL;
        g_assert_cmpint(pull_error_explain(rows[i].image, rows[i].words, &error), <, 0);
        g_assert_cmpstr(error.name, ==, rows[i].name);
        g_assert_cmpstr(error.message, ==, rows[i].message);
        sd_bus_error_free(&error);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/podman/pull/progress", test_progress);
    g_test_add_func("/podman/pull/odd-lines", test_odd_lines);
    g_test_add_func("/podman/pull/many-parts", test_many_parts);
    g_test_add_func("/podman/pull/errors", test_errors);
    return g_test_run();
}
