/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How many changes a user may make: a token bucket for each uid. Pure: the time is handed in.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct RateBucket {
    uid_t uid;
    uint64_t full_at_usec; /* when the bucket is full again; every change taken moves it one interval on */
} RateBucket;

typedef struct RateLimit {
    RateBucket *buckets;
    size_t n;
} RateLimit;

#define RATE_PER_SECOND 20U
#define RATE_BURST 100U

void rate_limit_done(RateLimit *limit);
/* Takes one change from the user's bucket: 0 taken, -EBUSY when it is empty, -ENOMEM. `now_usec` must not go back. */
int rate_limit_take(RateLimit *limit, uid_t uid, uint64_t now_usec);
