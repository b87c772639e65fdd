/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Teaches libFuzzer what a netlink message is. Changing bytes blindly mostly breaks a length, and what comes after it is
 * lost; so here one message of the stream is taken out, changed as a whole or attribute by attribute, and put back with
 * lengths that fit. Every few changes one length lies, since that is what the parsers must survive. Linked with
 * fuzz-rtnetlink only in builds with libFuzzer, which calls it.
 */
#include <stdlib.h>
#include <string.h>
#include <linux/rtnetlink.h>

#include "shared/macro.h"
#include "tests/fuzz/fuzz.h"

#define MESSAGE_MAX 4096U
#define ATTRIBUTES_MAX 64U
#define MESSAGES_MAX 128U

typedef struct Span {
    size_t at, size; /* size: without padding */
} Span;

typedef struct Message {
    uint8_t bytes[MESSAGE_MAX];
    size_t size;
    Span attributes[ATTRIBUTES_MAX];
    size_t n_attributes;
} Message;

static size_t pick(unsigned *seed, size_t n)
{
    return (size_t) rand_r(seed) % n;
}

static size_t padded(size_t size)
{
    return NLMSG_ALIGN(size);
}

/* Finds the messages of the stream. */
static size_t find_messages(const uint8_t *data, size_t size, Span *ret)
{
    size_t n = 0, at = 0;

    while (n < MESSAGES_MAX && at + sizeof(struct nlmsghdr) <= size) {
        uint32_t length;
        memcpy(&length, data + at, sizeof(length));
        if (length < sizeof(struct nlmsghdr) || length > size - at || length > MESSAGE_MAX)
            break;
        ret[n++] = (Span){at, length};
        at += MIN2(padded(length), size - at);
    }
    return n;
}

static size_t attributes_offset(const Message *message)
{
    struct nlmsghdr header;

    memcpy(&header, message->bytes, sizeof(header));
    switch (header.nlmsg_type) {
    case RTM_NEWLINK:
    case RTM_DELLINK:
        return NLMSG_SPACE(sizeof(struct ifinfomsg));
    case RTM_NEWROUTE:
    case RTM_DELROUTE:
        return NLMSG_SPACE(sizeof(struct rtmsg));
    default:
        return MESSAGE_MAX; /* has none */
    }
}

static void find_attributes(Message *message)
{
    size_t at = attributes_offset(message);

    message->n_attributes = 0;
    while (message->n_attributes < ATTRIBUTES_MAX && at + sizeof(struct rtattr) <= message->size) {
        struct rtattr header;
        memcpy(&header, message->bytes + at, sizeof(header));
        if (header.rta_len < sizeof(header) || header.rta_len > message->size - at)
            return;
        message->attributes[message->n_attributes++] = (Span){at, header.rta_len};
        at += MIN2(padded(header.rta_len), message->size - at);
    }
}

static void append_attribute(Message *message, const uint8_t *bytes, size_t size)
{
    size_t at = padded(message->size);

    if (at + size > MESSAGE_MAX)
        return;
    memset(message->bytes + message->size, 0, at - message->size);
    memcpy(message->bytes + at, bytes, size);
    message->size = at + size;
}

static void remove_attribute(Message *message, const Span *attribute)
{
    size_t end = attribute->at + MIN2(padded(attribute->size), message->size - attribute->at);

    memmove(message->bytes + attribute->at, message->bytes + end, message->size - end);
    message->size -= end - attribute->at;
}

/* Takes one attribute out, changes it, and puts it back as the last: in time every order comes up. */
static void change_attribute(Message *message, unsigned *seed)
{
    const Span *attribute = &message->attributes[pick(seed, message->n_attributes)];
    uint8_t copy[1024];
    size_t size = MIN2(attribute->size, sizeof(copy));
    struct rtattr header;

    memcpy(copy, message->bytes + attribute->at, size);
    if (pick(seed, 4) != 0)
        remove_attribute(message, attribute);
    if (pick(seed, 2) == 0 && size > sizeof(header))
        size = sizeof(header) +
               LLVMFuzzerMutate(copy + sizeof(header), size - sizeof(header), sizeof(copy) - sizeof(header));
    memcpy(&header, copy, sizeof(header));
    header.rta_len = (uint16_t) size;
    if (pick(seed, 4) == 0)
        header.rta_len = (uint16_t) (header.rta_len + pick(seed, 9) - 4);
    memcpy(copy, &header, sizeof(header));
    append_attribute(message, copy, size);
}

static void change_message(Message *message, unsigned *seed)
{
    size_t body = sizeof(struct nlmsghdr);

    switch (pick(seed, 8)) {
    case 0: /* whatever comes after the length */
        message->size = 4 + LLVMFuzzerMutate(message->bytes + 4, message->size - 4, MESSAGE_MAX - 4);
        message->size = MAX2(message->size, body);
        break;
    case 1: /* the fixed part of it */
        if (message->size >= body + 12)
            (void) LLVMFuzzerMutate(message->bytes + body, 12, 12);
        break;
    case 2: /* a little shorter */
        message->size = MAX2(message->size - pick(seed, 9), body);
        break;
    case 3:
        if (message->n_attributes > 0)
            remove_attribute(message, &message->attributes[pick(seed, message->n_attributes)]);
        break;
    default:
        if (message->n_attributes > 0)
            change_attribute(message, seed);
        break;
    }
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    Span messages[MESSAGES_MAX];
    static Message message;
    size_t n = find_messages(data, size, messages);

    if (n == 0 || pick(&seed, 4) == 0)
        return LLVMFuzzerMutate(data, size, max_size);

    const Span *old = &messages[pick(&seed, n)];
    memset(&message, 0, sizeof(message));
    message.size = old->size;
    memcpy(message.bytes, data + old->at, old->size);
    find_attributes(&message);
    change_message(&message, &seed);
    uint32_t length = (uint32_t) message.size;
    memcpy(message.bytes, &length, sizeof(length));

    size_t old_end = old->at + MIN2(padded(old->size), size - old->at), tail = size - old_end;
    size_t new_end = old->at + (tail > 0 ? padded(message.size) : message.size);
    if (new_end + tail > max_size)
        return LLVMFuzzerMutate(data, size, max_size);
    memmove(data + new_end, data + old_end, tail);
    memset(data + old->at, 0, new_end - old->at);
    memcpy(data + old->at, message.bytes, message.size);
    return new_end + tail;
}
