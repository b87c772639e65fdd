/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * "Did you mean …?": the nearest word of a list. Pure.
 */
#pragma once

#include <stddef.h>

/*
 * The word of the NULL-terminated list that is nearest to `word` by insertions, deletions, replacements and swaps of
 * neighbours, ignoring case and taking "-" for "_"; NULL when none is near enough to be what was meant (a third of the
 * longer word's length, at least 1), or when `word` is unreasonably long.
 */
const char *suggest_nearest(const char *word, const char *const *list);
