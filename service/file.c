/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * O_NONBLOCK keeps open() from waiting for the other end of a FIFO; what is opened is looked at before it is read.
 */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <sys/stat.h>

#include "service/file.h"
#include "shared/macro.h"

int file_read(const char *path, size_t max, char **ret, size_t *ret_size)
{
    _cleanup_(closep) int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    struct stat st;

    if (fd < 0)
        return errno == ENXIO ? -EBADFD : -errno; /* ENXIO: a socket */
    if (fstat(fd, &st) < 0)
        return -errno;
    if (S_ISDIR(st.st_mode))
        return -EISDIR;
    if (!S_ISREG(st.st_mode))
        return -EBADFD;
    if ((size_t) st.st_size > max)
        return -EFBIG;

    /* It may grow or shrink while it is read: trust only what read() gives. */
    g_autofree char *data = g_malloc(max + 1);
    size_t n = 0;
    for (;;) {
        ssize_t got = read(fd, data + n, max + 1 - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        if (got == 0)
            break;
        n += (size_t) got;
        if (n > max)
            return -EFBIG;
    }
    data[n] = '\0';
    *ret = g_realloc(g_steal_pointer(&data), n + 1);
    *ret_size = n;
    return 0;
}
