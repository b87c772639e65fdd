/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One FakeClient a connection; its answer is chosen when its request is complete.
 */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <glib/gstdio.h>

#include "tests/unit/fake-podman.h"

#define PATIENCE_USEC (20ULL * 1000 * 1000)

typedef struct FakeAnswer {
    GBytes *bytes;
    bool hold;
} FakeAnswer;

typedef struct FakeClient {
    FakePodman *fake;
    int fd;
    sd_event_source *io;
    GString *request;
    FakeAnswer *answer; /* NULL: the request is not complete yet */
    size_t sent;
} FakeClient;

static void answer_free(gpointer p)
{
    FakeAnswer *answer = p;

    if (!answer)
        return;
    g_bytes_unref(answer->bytes);
    g_free(answer);
}

static void client_free(gpointer p)
{
    FakeClient *client = p;

    sd_event_source_disable_unref(client->io);
    close(client->fd);
    g_string_free(client->request, true);
    answer_free(client->answer);
    g_free(client);
}

static int client_close(FakeClient *client)
{
    g_ptr_array_remove(client->fake->clients, client);
    return 0;
}

static int client_write(FakeClient *client)
{
    gsize size;
    const char *data = g_bytes_get_data(client->answer->bytes, &size);

    while (client->sent < size) {
        ssize_t n = send(client->fd, data + client->sent, size - client->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EAGAIN)
            return sd_event_source_set_io_events(client->io, EPOLLIN | EPOLLOUT);
        if (n < 0) {
            client->fake->left++;
            return client_close(client);
        }
        client->sent += (size_t) n;
    }
    if (!client->answer->hold)
        return client_close(client);
    return sd_event_source_set_io_events(client->io, EPOLLIN);
}

static int client_read(FakeClient *client)
{
    char buffer[4096];
    ssize_t n = recv(client->fd, buffer, sizeof(buffer), MSG_DONTWAIT);

    if (n < 0 && errno == EAGAIN)
        return 0;
    if (n <= 0) {
        client->fake->left++;
        return client_close(client);
    }
    if (client->answer)
        return 0;
    g_string_append_len(client->request, buffer, n);
    if (!strstr(client->request->str, "\r\n\r\n"))
        return 0;
    g_ptr_array_add(client->fake->asked, g_strndup(client->request->str, strcspn(client->request->str, "\r")));
    client->answer = g_queue_pop_head(&client->fake->answers);
    g_assert_nonnull(client->answer);
    return client_write(client);
}

static int on_client(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
    FakeClient *client = userdata;

    if (revents & (EPOLLIN | EPOLLHUP | EPOLLERR))
        return client_read(client);
    return client->answer ? client_write(client) : 0;
}

static int on_connection(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
    FakePodman *fake = userdata;
    FakeClient *client = g_new0(FakeClient, 1);

    client->fake = fake;
    client->fd = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    g_assert_cmpint(client->fd, >=, 0);
    client->request = g_string_new(NULL);
    g_ptr_array_add(fake->clients, client);
    return sd_event_add_io(fake->event, &client->io, client->fd, EPOLLIN, on_client, client);
}

FakePodman *fake_podman_new(sd_event *event)
{
    FakePodman *fake = g_new0(FakePodman, 1);
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    fake->event = event;
    fake->folder = g_dir_make_tmp("fake-podman-XXXXXX", NULL);
    fake->path = g_build_filename(fake->folder, "podman.sock", NULL);
    fake->clients = g_ptr_array_new_with_free_func(client_free);
    fake->asked = g_ptr_array_new_with_free_func(g_free);
    fake->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    g_assert_cmpuint(g_strlcpy(address.sun_path, fake->path, sizeof(address.sun_path)), <, sizeof(address.sun_path));
    g_assert_cmpint(bind(fake->fd, (const struct sockaddr *) &address, sizeof(address)), ==, 0);
    g_assert_cmpint(listen(fake->fd, 64), ==, 0);
    g_assert_cmpint(sd_event_add_io(event, &fake->io, fake->fd, EPOLLIN, on_connection, fake), >=, 0);
    return fake;
}

void fake_podman_stop(FakePodman *fake)
{
    fake->io = sd_event_source_disable_unref(fake->io);
    if (fake->fd >= 0)
        close(fake->fd);
    fake->fd = -1;
}

void fake_podman_free(FakePodman *fake)
{
    fake_podman_stop(fake);
    g_ptr_array_unref(fake->clients);
    g_ptr_array_unref(fake->asked);
    g_queue_clear_full(&fake->answers, answer_free);
    (void) g_unlink(fake->path);
    (void) g_rmdir(fake->folder);
    g_free(fake->path);
    g_free(fake->folder);
    g_free(fake);
}

void fake_podman_answer(FakePodman *fake, const char *data, size_t size, bool hold)
{
    FakeAnswer *answer = g_new0(FakeAnswer, 1);

    *answer = (FakeAnswer){g_bytes_new(data, size), hold};
    g_queue_push_tail(&fake->answers, answer);
}

void fake_podman_answer_text(FakePodman *fake, const char *text)
{
    fake_podman_answer(fake, text, strlen(text), false);
}

void fake_podman_answer_json(FakePodman *fake, int status, const char *body)
{
    g_autofree char *text = g_strdup_printf(
        "HTTP/1.1 %d Words\r\nContent-Type: application/json\r\nLibpod-Api-Version: 4.3.1\r\nContent-Length: %zu\r\n\r\n%s",
        status, strlen(body), body);

    fake_podman_answer_text(fake, text);
}

void fake_podman_answer_ping(FakePodman *fake, const char *version)
{
    g_autofree char *text =
        g_strdup_printf("HTTP/1.1 200 OK\r\nLibpod-Api-Version: %s\r\nContent-Length: 2\r\n\r\nOK", version);

    fake_podman_answer_text(fake, text);
}

GString *fake_podman_chunks(const char *const *pieces, bool end)
{
    GString *out = g_string_new("HTTP/1.1 200 OK\r\nLibpod-Api-Version: 4.3.1\r\nTransfer-Encoding: chunked\r\n\r\n");

    for (; *pieces; pieces++)
        g_string_append_printf(out, "%zx\r\n%s\r\n", strlen(*pieces), *pieces);
    if (end)
        g_string_append(out, "0\r\n\r\n");
    return out;
}

void run_until(sd_event *event, const bool *condition)
{
    gint64 deadline = g_get_monotonic_time() + (gint64) PATIENCE_USEC;

    while (!*condition) {
        g_assert_cmpint(g_get_monotonic_time(), <, deadline);
        g_assert_cmpint(sd_event_run(event, 1000000), >=, 0);
    }
}
