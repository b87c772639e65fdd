/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Damerau-Levenshtein distance (optimal string alignment), three rows at a time.
 */
#include <ctype.h>
#include <string.h>

#include "shared/macro.h"
#include "shared/suggest.h"

#define WORD_MAX 63U

static char folded(char c)
{
    return c == '-' ? '_' : (char) tolower((unsigned char) c);
}

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
    unsigned m = MIN2(a, b);
    return MIN2(m, c);
}

static unsigned distance(const char *a, size_t n, const char *b, size_t m)
{
    unsigned rows[3][WORD_MAX + 1];

    for (unsigned j = 0; j <= m; j++)
        rows[0][j] = j;
    for (unsigned i = 1; i <= n; i++) {
        unsigned *now = rows[i % 3], *before = rows[(i + 2) % 3], *twice_before = rows[(i + 1) % 3];
        now[0] = i;
        for (unsigned j = 1; j <= m; j++) {
            unsigned differ = folded(a[i - 1]) != folded(b[j - 1]);
            now[j] = min3(before[j] + 1, now[j - 1] + 1, before[j - 1] + differ);
            if (i > 1 && j > 1 && folded(a[i - 1]) == folded(b[j - 2]) && folded(a[i - 2]) == folded(b[j - 1]))
                now[j] = MIN2(now[j], twice_before[j - 2] + 1);
        }
    }
    return rows[n % 3][m];
}

const char *suggest_nearest(const char *word, const char *const *list)
{
    const char *best = NULL;
    unsigned best_distance = 0;
    size_t n = strlen(word);

    if (n == 0 || n > WORD_MAX)
        return NULL;
    for (; *list; list++) {
        size_t m = strlen(*list);
        if (m > WORD_MAX)
            continue;
        size_t enough = MAX2(MAX2(n, m) / 3, (size_t) 1);
        unsigned d = distance(word, n, *list, m);
        if (d <= enough && (!best || d < best_distance)) {
            best = *list;
            best_distance = d;
        }
    }
    return best;
}
