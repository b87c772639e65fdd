/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The few macros that all three programs use: cleanup attributes, array sizes, flags for the compiler.
 * Nothing here knows about D-Bus, netlink or policy. The cleanup macro follows the allocator: freep for malloc(),
 * x_freep for our own types, g_autoptr (not here) for what GLib allocated.
 */
#pragma once

#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(f) __attribute__((__cleanup__(f)))
#define _printf_(a, b) __attribute__((__format__(__printf__, a, b)))

#define ELEMENTSOF(x) (sizeof(x) / sizeof((x)[0]))
#define MIN2(a, b) ((a) < (b) ? (a) : (b))
#define MAX2(a, b) ((a) > (b) ? (a) : (b))
#define STRINGIFY_INNER(x) #x
#define STRINGIFY(x) STRINGIFY_INNER(x)

/* Hands a pointer to the caller and leaves NULL behind, so that the cleanup attribute finds nothing to free. */
#define TAKE_PTR(p)                          \
    ({                                       \
        __typeof__(p) *taken_from_ = &(p);   \
        __typeof__(p) taken_ = *taken_from_; \
        *taken_from_ = NULL;                 \
        taken_;                              \
    })

#define TAKE_FD(fd)                \
    ({                             \
        int *taken_from_ = &(fd);  \
        int taken_ = *taken_from_; \
        *taken_from_ = -1;         \
        taken_;                    \
    })

/* For a type with `Type *type_free(Type *)` (accepts NULL, returns NULL): defines type_freep for _cleanup_(). */
#define DEFINE_FREEP(type, func)         \
    static inline void func##p(type **p) \
    {                                    \
        if (*p)                          \
            *p = func(*p);               \
    }

static inline void freep(void *p)
{
    free(*(void **) p);
}

static inline void closep(const int *fd)
{
    if (*fd >= 0)
        close(*fd);
}
