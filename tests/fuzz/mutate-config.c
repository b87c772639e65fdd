/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Teaches libFuzzer what a configuration looks like, so that it does not spend its time on the grammar of TOML alone: puts
 * in a line with a known key and some value, or puts some value in the place of a word. Linked with fuzz-config only in
 * builds with libFuzzer, which calls it.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "shared/macro.h"
#include "tests/fuzz/fuzz.h"

static const char *const keys[] = {
    "[vpn]\n",
    "[[vpn]]\n",
    "[services.a]\n",
    "mss_clamp = ",
    "notify = ",
    "ignore = ",
    "probe = ",
    "vpn.ignore = ",
    "vpn = ",
    "mss_clap = ",
    "notfy = ",
    "\"\" = ",
    "x.y = ",
};

static const char *const values[] = {
    "\"auto\"",
    "\"ask\"",
    "\"off\"",
    "\"changes\"",
    "\"always\"",
    "\"never\"",
    "\"wg0\"",
    "\"../x\"",
    "\"\"",
    "'tun0'",
    "\"\"\"ask\"\"\"",
    "\"\\u00e4\\n\\u007f\"",
    "1",
    "-0x1F",
    "1.5e3",
    "nan",
    "true",
    "false",
    "1979-05-27",
    "07:32:00",
    "1979-05-27T07:32:00Z",
    "[]",
    "[ ]",
    "[\"wg0\", \"tun0\"]",
    "[1, \"a\"]",
    "{}",
    "{ ignore = [] }",
    "[{ x = 1 }]",
    ",",
    "]",
    "}",
    "\n",
    "#",
};

/* Puts a text in the place of data[at … at + old - 1]; the same size when there is no room. */
static size_t put(uint8_t *data, size_t size, size_t max_size, size_t at, size_t old, const char *text)
{
    size_t n = strlen(text);

    if (size - old + n > max_size)
        return size;
    memmove(data + at + n, data + at + old, size - at - old);
    memcpy(data + at, text, n);
    return size - old + n;
}

static bool is_word(uint8_t c)
{
    return c > ' ' && !strchr("[]{}=,#\n", c);
}

static size_t line_start(const uint8_t *data, size_t at)
{
    while (at > 0 && data[at - 1] != '\n')
        at--;
    return at;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    const char *key = keys[(size_t) rand_r(&seed) % ELEMENTSOF(keys)];
    const char *value = values[(size_t) rand_r(&seed) % ELEMENTSOF(values)];
    size_t at = (size_t) rand_r(&seed) % (size + 1), end;

    switch (rand_r(&seed) % 8) {
    case 0: /* from the back, so that it becomes KEY VALUE LINE-FEED */
        at = line_start(data, at);
        size = put(data, size, max_size, at, 0, "\n");
        size = put(data, size, max_size, at, 0, value);
        return put(data, size, max_size, at, 0, key);
    case 1:
        return put(data, size, max_size, line_start(data, at), 0, key);
    case 2:
        return put(data, size, max_size, at, 0, value);
    case 3:
    case 4:
        while (at > 0 && is_word(data[at - 1]))
            at--;
        for (end = at; end < size && is_word(data[end]);)
            end++;
        return put(data, size, max_size, at, end - at, value);
    default:
        return LLVMFuzzerMutate(data, size, max_size);
    }
}
