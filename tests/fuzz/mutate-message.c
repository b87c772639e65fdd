/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Teaches libFuzzer the encoding of message.h: bytes that select a known word, an interesting number or a type are tried
 * more often than others, and whole dictionary entries are put in. Linked with the targets that read messages only in
 * builds with libFuzzer, which calls it.
 */
#include <stdlib.h>
#include <string.h>

#include "shared/macro.h"
#include "tests/fuzz/fuzz.h"

/* More than the longest call or reply takes: what is longer is only slower. */
#define USEFUL_SIZE 384U

static uint8_t word(unsigned *seed)
{
    return (uint8_t) (0xe0 + rand_r(seed) % 32);
}

static uint8_t selector(unsigned *seed)
{
    return (uint8_t) (rand_r(seed) % 20);
}

static size_t put_entry(uint8_t *data, size_t size, size_t max_size, unsigned *seed)
{
    /* One more element: key, type, value. */
    const uint8_t entry[] = {1, word(seed), selector(seed) % 4, rand_r(seed) % 2 ? word(seed) : selector(seed)};
    /* Most inputs end with the end of their dictionary. */
    size_t at = size > 0 && rand_r(seed) % 2 ? size - 1 : (size_t) rand_r(seed) % (size + 1);

    if (size + sizeof(entry) > max_size)
        return size;
    memmove(data + at + sizeof(entry), data + at, size - at);
    memcpy(data + at, entry, sizeof(entry));
    return size + sizeof(entry);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    max_size = MIN2(max_size, (size_t) USEFUL_SIZE);
    size = MIN2(size, max_size);
    switch (size > 0 ? rand_r(&seed) % 6 : 0) {
    case 0:
        return put_entry(data, size, max_size, &seed);
    case 1:
        data[(size_t) rand_r(&seed) % size] = word(&seed);
        return size;
    case 2:
        data[(size_t) rand_r(&seed) % size] = selector(&seed);
        return size;
    default:
        return LLVMFuzzerMutate(data, size, max_size);
    }
}
