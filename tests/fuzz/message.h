/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Makes D-Bus messages out of fuzz input. libsystemd lets nobody parse a message from bytes, and dbus-daemon passes on
 * well-formed ones only; so the input is a little program that says what to append, and each message that comes out is
 * one that a peer could have sent. Used by the targets that read messages.
 *
 * Encoding of a value: a string is one byte of length, at most 0xdf, and the bytes, or from 0xe0 on the number of a word
 * that the programs know; object paths and signatures likewise. A number is the number of an interesting one, or a byte
 * that is none and the number itself, as wide as its type, little endian; a boolean is one byte. A variant is one byte that
 * selects its type and the value; an array is its elements, each after an odd byte, and an even byte at the end. Past its
 * end the input reads as zeros.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

typedef struct Input {
    const uint8_t *at;
    size_t left;
    unsigned depth; /* of containers, 0 at the start */
} Input;

uint8_t input_u8(Input *input);

/* What was appended, if it was of a basic type. */
typedef struct Value {
    uint64_t number;
    char text[256];
} Value;

/* A method call on a bus that nobody listens to. */
int message_new(sd_bus_message **ret);

/*
 * Appends one value of a single complete type; *ret may be NULL. < 0: libsystemd refuses it (not UTF-8, not an object
 * path, nested too deeply), so nobody could have sent it.
 */
int message_append_value(sd_bus_message *message, Input *input, const char *type, Value *ret);

/* The type that an input byte selects for a variant. */
const char *message_variant_type(uint8_t selector);

/* Ends the message, so that it can be read. */
int message_finish(sd_bus_message *message);
