/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a fuzz target is: one function that takes bytes and returns 0, or ends the program when a promise is broken. It is
 * linked with libFuzzer (meson setup -Dfuzz=true) or with replay.c, which gives it the files of its corpus.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* libFuzzer's own way to change bytes; returns the new size. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

/* A target may have one of its own; `seed` is fresh at each call. Returns the new size. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);
