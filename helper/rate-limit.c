/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A bucket is one number: the moment at which it will be full. A user whose bucket is full is not stored at all, so the
 * list holds only those who changed something in the last seconds.
 */
#include <errno.h>
#include <stdlib.h>

#include "helper/rate-limit.h"
#include "shared/macro.h"

#define INTERVAL_USEC (UINT64_C(1000000) / RATE_PER_SECOND)

void rate_limit_done(RateLimit *limit)
{
    free(limit->buckets);
    *limit = (RateLimit){0};
}

static RateBucket *rate_limit_find(RateLimit *limit, uid_t uid, uint64_t now_usec)
{
    RateBucket *found = NULL;
    size_t kept = 0;

    for (size_t i = 0; i < limit->n; i++)
        if (limit->buckets[i].full_at_usec > now_usec)
            limit->buckets[kept++] = limit->buckets[i];
    limit->n = kept;
    for (size_t i = 0; i < limit->n && !found; i++)
        if (limit->buckets[i].uid == uid)
            found = &limit->buckets[i];
    return found;
}

int rate_limit_take(RateLimit *limit, uid_t uid, uint64_t now_usec)
{
    RateBucket *bucket = rate_limit_find(limit, uid, now_usec);

    if (!bucket) {
        RateBucket *buckets = reallocarray(limit->buckets, limit->n + 1, sizeof(*buckets));
        if (!buckets)
            return -ENOMEM;
        limit->buckets = buckets;
        bucket = &limit->buckets[limit->n++];
        *bucket = (RateBucket){.uid = uid, .full_at_usec = now_usec};
    }
    if (bucket->full_at_usec + INTERVAL_USEC > now_usec + RATE_BURST * INTERVAL_USEC)
        return -EBUSY;
    bucket->full_at_usec += INTERVAL_USEC;
    return 0;
}
