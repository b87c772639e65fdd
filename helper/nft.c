/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Only the last message of a batch asks for an acknowledgement. The kernel reports every refused message whether asked or
 * not, so "that one acknowledgement and no error" is success, and the buffer cannot overflow however long the batch is.
 */
#include <stdio.h> /* libnftnl/expr.h names FILE without it */
#include <libnftnl/common.h>
#include <libnftnl/expr.h>
#include <libnftnl/set.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "helper/netlink.h"
#include "helper/nft.h"
#include "shared/error.h"
#include "shared/names.h"

struct Nft {
    struct mnl_socket *socket;
    bool owner;
    bool installed; /* the table is in the kernel */
    uint32_t seq;
};

Nft *nft_free(Nft *nft)
{
    if (!nft)
        return NULL;
    /* Closing the socket takes an owned table with it; a plain one would stay. */
    nft_remove(nft, NULL);
    netlink_closep(&nft->socket);
    free(nft);
    return NULL;
}

int nft_new(Nft **ret, bool owner)
{
    _cleanup_(nft_freep) Nft *nft = calloc(1, sizeof(*nft));
    int one = 1, r;

    if (!nft)
        return -ENOMEM;
    nft->owner = owner;
    r = netlink_open(&nft->socket, NETLINK_NETFILTER, 0);
    if (r < 0)
        return r;
    /* Without these the errors come all the same, only without the kernel's words and with the whole request in them. */
    mnl_socket_setsockopt(nft->socket, NETLINK_EXT_ACK, &one, sizeof(one));
    mnl_socket_setsockopt(nft->socket, NETLINK_CAP_ACK, &one, sizeof(one));
    *ret = TAKE_PTR(nft);
    return 0;
}

typedef struct Answer {
    uint32_t first_seq, ack_seq;
    bool acknowledged;
    int error; /* negative errno of the first refusal */
    char text[256];
} Answer;

/* The kernel's own words: NLMSGERR_ATTR_MSG behind the (capped) request. */
static void answer_text(const struct nlmsghdr *header, Answer *answer)
{
    const struct nlattr *attr;

    if (!(header->nlmsg_flags & NLM_F_ACK_TLVS) || !(header->nlmsg_flags & NLM_F_CAPPED))
        return;
    mnl_attr_for_each (attr, header, sizeof(struct nlmsgerr)) {
        if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG && mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0)
            strncpy(answer->text, mnl_attr_get_str(attr), sizeof(answer->text) - 1);
    }
}

static void answer_read(const struct nlmsghdr *header, Answer *answer)
{
    const struct nlmsgerr *error = mnl_nlmsg_get_payload(header);

    if (header->nlmsg_type != NLMSG_ERROR || mnl_nlmsg_get_payload_len(header) < sizeof(*error))
        return;
    if (header->nlmsg_seq - answer->first_seq > answer->ack_seq - answer->first_seq)
        return; /* left over from an earlier batch */
    if (error->error == 0) {
        answer->acknowledged |= header->nlmsg_seq == answer->ack_seq;
    } else if (answer->error == 0) {
        answer->error = error->error;
        answer_text(header, answer);
    }
}

/* 0, or the negative errno of the first message that was refused; then nothing of the batch is in force. */
static int nft_send(Nft *nft, const Batch *batch, Answer *answer)
{
    _Alignas(struct nlmsghdr) uint8_t buffer[NETLINK_ANSWER_SIZE];
    ssize_t n;

    *answer = (Answer){.first_seq = nft->seq, .ack_seq = batch->ack_seq};
    nft->seq = batch->next_seq;
    if (mnl_socket_sendto(nft->socket, batch->data, batch->size) < 0)
        answer->error = -errno;
    while ((n = netlink_receive(nft->socket, buffer)) > 0) {
        const struct nlmsghdr *header = (const struct nlmsghdr *) buffer;
        for (int left = (int) n; mnl_nlmsg_ok(header, left); header = mnl_nlmsg_next(header, &left))
            answer_read(header, answer);
    }
    if (answer->error == 0 && !answer->acknowledged)
        answer->error = n < 0 && n != -EAGAIN ? (int) n : -EIO;
    return answer->error;
}

static int nft_refused(const Answer *answer, sd_bus_error *reterr)
{
    if (answer->error == -EPERM)
        return error_set(reterr, ERROR_KERNEL_UNSUPPORTED,
            "The kernel refused the rules: another program owns the nftables table inet %s, or CAP_NET_ADMIN is missing.",
            NFT_TABLE_NAME);
    return error_set(reterr, ERROR_KERNEL_UNSUPPORTED, "The kernel refused the rules: %s%s%s. Nothing was changed.",
        strerror(-answer->error), answer->text[0] ? ": " : "", answer->text);
}

/*
 * The first batch deletes what stands under our name, on behalf of any caller. It may do so with what a helper before us left,
 * never with a table that an administrator made. -EEXIST: such a table is there.
 */
static int nft_check_name(Nft *nft)
{
    _Alignas(struct nlmsghdr) uint8_t buffer[NETLINK_ANSWER_SIZE];
    uint32_t seq = nft->seq++;
    struct nlmsghdr *request = nftnl_nlmsg_build_hdr((char *) buffer, NFT_MSG_GETTABLE, NFPROTO_INET, 0, seq);
    bool foreign = false;
    ssize_t n;

    mnl_attr_put_strz(request, NFTA_TABLE_NAME, NFT_TABLE_NAME);
    if (mnl_socket_sendto(nft->socket, request, request->nlmsg_len) < 0)
        return -errno;
    while ((n = netlink_receive(nft->socket, buffer)) > 0) {
        const struct nlmsghdr *header = (const struct nlmsghdr *) buffer;
        for (int left = (int) n; mnl_nlmsg_ok(header, left); header = mnl_nlmsg_next(header, &left))
            foreign |= header->nlmsg_seq == seq && header->nlmsg_type != NLMSG_ERROR && !ruleset_is_ours(header);
    }
    return foreign ? -EEXIST : 0;
}

int nft_change(Nft *nft, const char *interface, const ClampRule *from, const ClampRule *to, sd_bus_error *reterr)
{
    Batch batch;
    Answer answer;

    if (!nft->installed && nft_check_name(nft) == -EEXIST)
        return error_set(reterr, ERROR_KERNEL_UNSUPPORTED,
            "There is an nftables table inet %s that another program owns or an administrator made; it is left alone.",
            NFT_TABLE_NAME);
    batch_begin(&batch, nft->seq);
    if (!nft->installed)
        ruleset_start(&batch, nft->owner);
    ruleset_change(&batch, interface, from, to);
    batch_end(&batch);
    if (batch.n > 0 && nft_send(nft, &batch, &answer) < 0)
        return nft_refused(&answer, reterr);
    nft->installed = true;
    return 0;
}

int nft_remove(Nft *nft, sd_bus_error *reterr)
{
    Batch batch;
    Answer answer;

    if (!nft->installed)
        return 0;
    batch_begin(&batch, nft->seq);
    ruleset_stop(&batch);
    batch_end(&batch);
    /* Somebody else may have deleted a plain table: gone is gone. */
    if (nft_send(nft, &batch, &answer) < 0 && answer.error != -ENOENT)
        return nft_refused(&answer, reterr);
    nft->installed = false;
    return 0;
}

static int on_element_expr(struct nftnl_expr *expr, void *userdata)
{
    const char *name = nftnl_expr_get_str(expr, NFTNL_EXPR_NAME);

    if (name && strcmp(name, "counter") == 0)
        *(uint64_t *) userdata += nftnl_expr_get_u64(expr, NFTNL_EXPR_CTR_PACKETS);
    return 0;
}

static int on_element(struct nftnl_set_elem *element, void *userdata)
{
    const ClampTable *table = userdata;
    uint32_t size = 0;
    const char *key = nftnl_set_elem_get(element, NFTNL_SET_ELEM_KEY, &size);
    char name[IFNAME_SIZE] = EVERY_TUNNEL; /* for an element of `kinds` */

    if (key && size == IFNAME_SIZE)
        memcpy(name, key, sizeof(name) - 1);
    Clamp *clamp = clamp_table_find(table, name);
    if (clamp)
        nftnl_set_elem_expr_foreach(element, on_element_expr, &clamp->syn_packets);
    return 0;
}

/* > 0 at the end of the dump, 0 when more may come. */
static int on_dump_message(const struct nlmsghdr *header, ClampTable *table)
{
    if (header->nlmsg_type == NLMSG_DONE)
        return 1;
    if (header->nlmsg_type == NLMSG_ERROR)
        return ((const struct nlmsgerr *) mnl_nlmsg_get_payload(header))->error;
    struct nftnl_set *set = nftnl_set_alloc();
    if (!set)
        return -ENOMEM;
    if (nftnl_set_elems_nlmsg_parse(header, set) >= 0)
        nftnl_set_elem_foreach(set, on_element, table);
    nftnl_set_free(set);
    return 0;
}

static int nft_dump(Nft *nft, const char *set, ClampTable *table)
{
    _Alignas(struct nlmsghdr) uint8_t buffer[NETLINK_ANSWER_SIZE];
    uint32_t seq = nft->seq++;
    ssize_t n;
    struct nlmsghdr *request =
        nftnl_nlmsg_build_hdr((char *) buffer, NFT_MSG_GETSETELEM, NFPROTO_INET, NLM_F_DUMP, seq);

    mnl_attr_put_strz(request, NFTA_SET_ELEM_LIST_TABLE, NFT_TABLE_NAME);
    mnl_attr_put_strz(request, NFTA_SET_ELEM_LIST_SET, set);
    if (mnl_socket_sendto(nft->socket, request, request->nlmsg_len) < 0)
        return -errno;
    while ((n = netlink_receive(nft->socket, buffer)) > 0) {
        const struct nlmsghdr *header = (const struct nlmsghdr *) buffer;
        for (int left = (int) n; mnl_nlmsg_ok(header, left); header = mnl_nlmsg_next(header, &left)) {
            int r = header->nlmsg_seq == seq ? on_dump_message(header, table) : 0;
            if (r != 0)
                return r;
        }
    }
    return n == 0 ? -EIO : (int) n;
}

int nft_read_counters(Nft *nft, ClampTable *table)
{
    int r = 0;

    for (Clamp *clamp = table->clamps; clamp; clamp = clamp->next)
        clamp->syn_packets = 0;
    if (nft->installed)
        r = nft_dump(nft, RULESET_LINKS, table);
    if (nft->installed && r >= 0)
        r = nft_dump(nft, RULESET_KINDS, table);
    return r;
}
