/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The token bucket: a burst of 100, then 20 a second, for each user apart.
 */
#include <errno.h>
#include <glib.h>

#include "helper/rate-limit.h"

#define SECOND UINT64_C(1000000)

static unsigned take_all(RateLimit *limit, uid_t uid, uint64_t now_usec)
{
    unsigned n = 0;
    int r;

    while ((r = rate_limit_take(limit, uid, now_usec)) == 0)
        n++;
    g_assert_cmpint(r, ==, -EBUSY);
    return n;
}

static void test_burst(void)
{
    RateLimit limit = {0};

    g_assert_cmpuint(take_all(&limit, 1000, 5 * SECOND), ==, 100);
    g_assert_cmpuint(take_all(&limit, 1000, 5 * SECOND + 49999), ==, 0);
    g_assert_cmpuint(take_all(&limit, 1000, 5 * SECOND + 50000), ==, 1);
    g_assert_cmpuint(take_all(&limit, 1000, 6 * SECOND), ==, 19);
    g_assert_cmpuint(take_all(&limit, 1000, 7 * SECOND), ==, 20);
    g_assert_cmpuint(take_all(&limit, 1000, 3600 * SECOND), ==, 100);
    rate_limit_done(&limit);
}

static void test_steady(void)
{
    RateLimit limit = {0};

    for (uint64_t i = 0; i < 2000; i++)
        g_assert_cmpint(rate_limit_take(&limit, 1000, i * 50000), ==, 0);
    rate_limit_done(&limit);
}

static void test_users_apart(void)
{
    RateLimit limit = {0};

    g_assert_cmpuint(take_all(&limit, 1000, 0), ==, 100);
    g_assert_cmpuint(take_all(&limit, 1001, 0), ==, 100);
    g_assert_cmpuint(limit.n, ==, 2);
    g_assert_cmpuint(take_all(&limit, 1000, SECOND), ==, 20);
    g_assert_cmpuint(take_all(&limit, 0, SECOND), ==, 100);
    g_assert_cmpuint(limit.n, ==, 3);
    /* Full buckets are forgotten. */
    g_assert_cmpint(rate_limit_take(&limit, 2000, 60 * SECOND), ==, 0);
    g_assert_cmpuint(limit.n, ==, 1);
    rate_limit_done(&limit);
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/helper/rate-limit/burst", test_burst);
    g_test_add_func("/helper/rate-limit/steady", test_steady);
    g_test_add_func("/helper/rate-limit/users-apart", test_users_apart);
    return g_test_run();
}
