/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the table looks like (nft syntax):
 *
 *   table inet airpods {
 *       set links { type ifname; counter; }                      route mode and fixed mode
 *       set kinds { type ifname . iface_type; counter; }         filled while somebody claims every tunnel
 *       map mss   { type nf_proto . ifname : inet_service; }     fixed mode
 *       chain prerouting  { type filter hook prerouting  priority mangle; policy accept;
 *           SYN  tcp option maxseg size set meta nfproto . iifname map @mss counter }
 *       chain postrouting { type filter hook postrouting priority mangle; policy accept;
 *           SYN  oifname @links  tcp option maxseg size set rt mtu counter
 *           SYN  iifname @links  tcp option maxseg size set rt mtu counter
 *           SYN  meta oifkind . meta oiftype @kinds  tcp option maxseg size set rt mtu counter
 *           SYN  meta iifkind . meta iiftype @kinds  tcp option maxseg size set rt mtu counter
 *           SYN  tcp option maxseg size set meta nfproto . oifname map @mss counter }
 *   }
 *
 * Both directions are needed. The SYN that leaves through the tunnel limits what the far side sends; the SYN-ACK that
 * arrives limits what we send. The kernel writes an MSS only when that lowers it (net/netfilter/nft_exthdr.c), so a
 * fixed value is never above what the route gives: a fixed interface is in both sets. `rt mtu` already takes the
 * smaller of the routes there and back (net/netfilter/nft_rt.c). No rule has a verdict: nothing can be dropped here.
 *
 * Traps: an interface name is compared as 16 zero-padded bytes, a shorter key would be a prefix match. `rt` yields host
 * order, the TCP option is big-endian. In a concatenated key every part is padded to 4 bytes. Tap devices have the kind
 * "tun" as well, hence kind and type together.
 *
 * The messages are written attribute by attribute, without libnftnl's objects: nothing is allocated, so nothing can fail
 * half-way. All numbers in them are big-endian (linux/netfilter/nf_tables.h).
 */
#include <arpa/inet.h>
#include <assert.h>
#include <string.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <libmnl/libmnl.h>
#include <libnftnl/common.h>
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter_ipv4.h>

#include "helper/ruleset.h"
#include "shared/names.h"

#define RULESET_MSS "mss"
#define COMMENT "airpods-helper: packet sizes of VPNs, see org.airpods.Helper1"

/* nft(8)'s numbers for types and byte orders (include/datatype.h there); the kernel only hands them back for listings. */
#define TYPE_NFPROTO 2U
#define TYPE_INET_SERVICE 13U
#define TYPE_ARPHRD 21U
#define TYPE_IFNAME 41U
#define TYPE_CONCAT(a, b) ((a) << 6 | (b))
#define BYTEORDER_NONE 0U
#define BYTEORDER_HOST 1U
#define BYTEORDER_BIG 2U

/* The largest message is the element list of `kinds`, about 700 bytes. */
#define MESSAGE_ROOM 2048U

typedef struct SetRow {
    const char *name;
    uint32_t key_type, key_size, key_byteorder;
    bool is_map;
} SetRow;

/* An attribute of an expression: a number, a byte of data to compare or mask with, or a name. */
typedef struct ExprAttr {
    uint16_t type;
    enum { FORM_NONE, FORM_U32, FORM_U8, FORM_BYTE, FORM_NAME } form;
    uint32_t value;
    const char *name;
} ExprAttr;

typedef struct Expr {
    const char *name;
    ExprAttr attrs[6];
} Expr;

typedef struct RuleRow {
    const char *chain;
    Expr lookup[4];
    const Expr *write;
} RuleRow;

/* clang-format off */
static const SetRow set_rows[] = {
    { RULESET_LINKS, TYPE_IFNAME,                            IFNAME_SIZE,     BYTEORDER_HOST },
    { RULESET_KINDS, TYPE_CONCAT(TYPE_IFNAME, TYPE_ARPHRD),  IFNAME_SIZE + 4, BYTEORDER_NONE },
    { RULESET_MSS,   TYPE_CONCAT(TYPE_NFPROTO, TYPE_IFNAME), 4 + IFNAME_SIZE, BYTEORDER_NONE, .is_map = true },
};

#define U32(t, v) { .type = (t), .form = FORM_U32, .value = (v) }
#define META(key, reg) { "meta", { U32(NFTA_META_KEY, key), U32(NFTA_META_DREG, reg) } }
#define CMP(byte) { "cmp", { U32(NFTA_CMP_SREG, NFT_REG_1), U32(NFTA_CMP_OP, NFT_CMP_EQ), \
                             { .type = NFTA_CMP_DATA, .form = FORM_BYTE, .value = (byte) } } }
#define LOOKUP(set) { "lookup", { { .type = NFTA_LOOKUP_SET, .form = FORM_NAME, .name = (set) }, \
                                  U32(NFTA_LOOKUP_SREG, NFT_REG_1) } }
#define LOOKUP_MAP(map) { "lookup", { { .type = NFTA_LOOKUP_SET, .form = FORM_NAME, .name = (map) }, \
                                      U32(NFTA_LOOKUP_SREG, NFT_REG_1), U32(NFTA_LOOKUP_DREG, NFT_REG_1) } }

/* tcp flags & (syn | rst) == syn: only segments that open a connection */
static const Expr match_syn[] = {
    META(NFT_META_L4PROTO, NFT_REG_1),
    CMP(IPPROTO_TCP),
    { "payload", { U32(NFTA_PAYLOAD_DREG, NFT_REG_1), U32(NFTA_PAYLOAD_BASE, NFT_PAYLOAD_TRANSPORT_HEADER),
                   U32(NFTA_PAYLOAD_OFFSET, 13), U32(NFTA_PAYLOAD_LEN, 1) } },
    { "bitwise", { U32(NFTA_BITWISE_SREG, NFT_REG_1), U32(NFTA_BITWISE_DREG, NFT_REG_1), U32(NFTA_BITWISE_LEN, 1),
                   { .type = NFTA_BITWISE_MASK, .form = FORM_BYTE, .value = TH_SYN | TH_RST },
                   { .type = NFTA_BITWISE_XOR, .form = FORM_BYTE, .value = 0 } } },
    CMP(TH_SYN),
    {}
};

/* tcp option maxseg size set register 1; lowers only */
#define WRITE_MSS { "exthdr", { U32(NFTA_EXTHDR_SREG, NFT_REG_1), U32(NFTA_EXTHDR_OP, NFT_EXTHDR_OP_TCPOPT), \
                                { .type = NFTA_EXTHDR_TYPE, .form = FORM_U8, .value = TCPOPT_MAXSEG }, \
                                U32(NFTA_EXTHDR_OFFSET, 2), U32(NFTA_EXTHDR_LEN, 2) } }

static const Expr write_fixed[] = { WRITE_MSS, { "counter" }, {} };
static const Expr write_route[] = {
    { "rt", { U32(NFTA_RT_KEY, NFT_RT_TCPMSS), U32(NFTA_RT_DREG, NFT_REG_1) } },
    { "byteorder", { U32(NFTA_BYTEORDER_SREG, NFT_REG_1), U32(NFTA_BYTEORDER_DREG, NFT_REG_1),
                     U32(NFTA_BYTEORDER_OP, NFT_BYTEORDER_HTON), U32(NFTA_BYTEORDER_LEN, 2), U32(NFTA_BYTEORDER_SIZE, 2) } },
    WRITE_MSS,
    { "counter" },
    {}
};

/* NFT_REG_1 is the same as the four registers NFT_REG32_00 to _03; a concatenated key goes on where its first part ends. */
static const RuleRow rule_rows[] = {
    { "prerouting",  { META(NFT_META_NFPROTO, NFT_REG_1), META(NFT_META_IIFNAME, NFT_REG32_01), LOOKUP_MAP(RULESET_MSS) }, write_fixed },
    { "postrouting", { META(NFT_META_OIFNAME, NFT_REG_1), LOOKUP(RULESET_LINKS) }, write_route },
    { "postrouting", { META(NFT_META_IIFNAME, NFT_REG_1), LOOKUP(RULESET_LINKS) }, write_route },
    { "postrouting", { META(NFT_META_OIFKIND, NFT_REG_1), META(NFT_META_OIFTYPE, NFT_REG32_04), LOOKUP(RULESET_KINDS) }, write_route },
    { "postrouting", { META(NFT_META_IIFKIND, NFT_REG_1), META(NFT_META_IIFTYPE, NFT_REG32_04), LOOKUP(RULESET_KINDS) }, write_route },
    { "postrouting", { META(NFT_META_NFPROTO, NFT_REG_1), META(NFT_META_OIFNAME, NFT_REG32_01), LOOKUP_MAP(RULESET_MSS) }, write_fixed },
};
/* clang-format on */

uint16_t ruleset_mss4(uint32_t path_mtu)
{
    return (uint16_t) (path_mtu - 40);
}

uint16_t ruleset_mss6(uint32_t path_mtu)
{
    return (uint16_t) (MAX2(path_mtu, 1280U) - 60);
}

void batch_begin(Batch *batch, uint32_t seq)
{
    batch->n = 0;
    batch->next_seq = seq + 1;
    batch->size = nftnl_batch_begin(batch->data, seq)->nlmsg_len;
}

void batch_end(Batch *batch)
{
    if (batch->n > 0)
        ((struct nlmsghdr *) (batch->data + batch->last))->nlmsg_flags |= NLM_F_ACK;
    batch->ack_seq = batch->next_seq - 1;
    batch->size += nftnl_batch_end(batch->data + batch->size, batch->next_seq++)->nlmsg_len;
}

/* Every message begins with the name of the table; `table` is the attribute of that type of message. */
static struct nlmsghdr *message_begin(Batch *batch, uint16_t type, uint16_t flags, uint16_t table)
{
    assert(sizeof(batch->data) - batch->size >= MESSAGE_ROOM);
    batch->last = batch->size;
    batch->n++;
    struct nlmsghdr *header =
        nftnl_nlmsg_build_hdr(batch->data + batch->size, type, NFPROTO_INET, flags, batch->next_seq++);
    mnl_attr_put_strz(header, table, NFT_TABLE_NAME);
    return header;
}

static void message_end(Batch *batch, const struct nlmsghdr *header)
{
    batch->size += MNL_ALIGN(header->nlmsg_len);
}

static void put_be32(struct nlmsghdr *header, uint16_t type, uint32_t value)
{
    mnl_attr_put_u32(header, type, htonl(value));
}

static void put_data(struct nlmsghdr *header, uint16_t type, const void *data, size_t size)
{
    struct nlattr *nest = mnl_attr_nest_start(header, type);
    mnl_attr_put(header, NFTA_DATA_VALUE, size, data);
    mnl_attr_nest_end(header, nest);
}

/* nft(8)'s notes for itself: type, length, value. */
static size_t put_note(uint8_t *notes, uint8_t type, const void *value, uint8_t size)
{
    notes[0] = type;
    notes[1] = size;
    memcpy(notes + 2, value, size);
    return 2U + size;
}

bool ruleset_is_ours(const struct nlmsghdr *header)
{
    const struct nlattr *attr;
    uint8_t notes[2 + sizeof(COMMENT)];
    size_t size = put_note(notes, NFTNL_UDATA_TABLE_COMMENT, COMMENT, sizeof(COMMENT));

    mnl_attr_for_each (attr, header, sizeof(struct nfgenmsg)) {
        if (mnl_attr_get_type(attr) == NFTA_TABLE_USERDATA && mnl_attr_get_payload_len(attr) == size &&
            memcmp(mnl_attr_get_payload(attr), notes, size) == 0)
            return true;
    }
    return false;
}

static void put_table(Batch *batch, uint16_t type, uint32_t flags)
{
    struct nlmsghdr *header = message_begin(batch, type, type == NFT_MSG_NEWTABLE ? NLM_F_CREATE : 0, NFTA_TABLE_NAME);
    uint8_t notes[2 + sizeof(COMMENT)];

    if (type == NFT_MSG_NEWTABLE) {
        put_be32(header, NFTA_TABLE_FLAGS, flags);
        mnl_attr_put(
            header, NFTA_TABLE_USERDATA, put_note(notes, NFTNL_UDATA_TABLE_COMMENT, COMMENT, sizeof(COMMENT)), notes);
    }
    message_end(batch, header);
}

static void put_expr(struct nlmsghdr *header, const Expr *expr)
{
    struct nlattr *element = mnl_attr_nest_start(header, NFTA_LIST_ELEM);
    mnl_attr_put_strz(header, NFTA_EXPR_NAME, expr->name);
    struct nlattr *data = mnl_attr_nest_start(header, NFTA_EXPR_DATA);

    for (const ExprAttr *attr = expr->attrs; attr->form != FORM_NONE; attr++) {
        uint8_t byte = (uint8_t) attr->value;
        if (attr->form == FORM_U32)
            put_be32(header, attr->type, attr->value);
        else if (attr->form == FORM_U8)
            mnl_attr_put_u8(header, attr->type, byte);
        else if (attr->form == FORM_BYTE)
            put_data(header, attr->type, &byte, sizeof(byte));
        else
            mnl_attr_put_strz(header, attr->type, attr->name);
    }
    mnl_attr_nest_end(header, data);
    mnl_attr_nest_end(header, element);
}

static void put_set(Batch *batch, const SetRow *row)
{
    struct nlmsghdr *header = message_begin(batch, NFT_MSG_NEWSET, NLM_F_CREATE, NFTA_SET_TABLE);
    uint32_t key_byteorder = row->key_byteorder, data_byteorder = BYTEORDER_BIG;
    uint8_t notes[12];
    size_t size = put_note(notes, NFTNL_UDATA_SET_KEYBYTEORDER, &key_byteorder, sizeof(key_byteorder));

    mnl_attr_put_strz(header, NFTA_SET_NAME, row->name);
    put_be32(header, NFTA_SET_ID, (uint32_t) (row - set_rows) + 1);
    put_be32(header, NFTA_SET_FLAGS, row->is_map ? NFT_SET_MAP : 0);
    put_be32(header, NFTA_SET_KEY_TYPE, row->key_type);
    put_be32(header, NFTA_SET_KEY_LEN, row->key_size);
    if (row->is_map) {
        put_be32(header, NFTA_SET_DATA_TYPE, TYPE_INET_SERVICE);
        put_be32(header, NFTA_SET_DATA_LEN, sizeof(uint16_t));
        size += put_note(notes + size, NFTNL_UDATA_SET_DATABYTEORDER, &data_byteorder, sizeof(data_byteorder));
    } else {
        struct nlattr *nest = mnl_attr_nest_start(header, NFTA_SET_EXPR);
        mnl_attr_put_strz(header, NFTA_EXPR_NAME, "counter");
        mnl_attr_nest_end(header, nest);
    }
    mnl_attr_put(header, NFTA_SET_USERDATA, size, notes);
    message_end(batch, header);
}

static void put_chain(Batch *batch, const char *name, uint32_t hook)
{
    struct nlmsghdr *header = message_begin(batch, NFT_MSG_NEWCHAIN, NLM_F_CREATE, NFTA_CHAIN_TABLE);

    mnl_attr_put_strz(header, NFTA_CHAIN_NAME, name);
    struct nlattr *nest = mnl_attr_nest_start(header, NFTA_CHAIN_HOOK);
    put_be32(header, NFTA_HOOK_HOOKNUM, hook);
    put_be32(header, NFTA_HOOK_PRIORITY, (uint32_t) NF_IP_PRI_MANGLE);
    mnl_attr_nest_end(header, nest);
    put_be32(header, NFTA_CHAIN_POLICY, NF_ACCEPT);
    mnl_attr_put_strz(header, NFTA_CHAIN_TYPE, "filter");
    message_end(batch, header);
}

static void put_rule(Batch *batch, const RuleRow *row)
{
    struct nlmsghdr *header = message_begin(batch, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, NFTA_RULE_TABLE);
    const Expr *const parts[] = {match_syn, row->lookup, row->write};

    mnl_attr_put_strz(header, NFTA_RULE_CHAIN, row->chain);
    struct nlattr *nest = mnl_attr_nest_start(header, NFTA_RULE_EXPRESSIONS);
    for (size_t i = 0; i < ELEMENTSOF(parts); i++)
        for (const Expr *expr = parts[i]; expr->name; expr++)
            put_expr(header, expr);
    mnl_attr_nest_end(header, nest);
    message_end(batch, header);
}

void ruleset_start(Batch *batch, bool owner)
{
    /* A plain table that something left behind cannot be given an owner, and an absent one cannot be deleted: so make
     * sure of one, delete it, and make ours. While another process owns it, the first message fails with EPERM. */
    put_table(batch, NFT_MSG_NEWTABLE, 0);
    put_table(batch, NFT_MSG_DELTABLE, 0);
    put_table(batch, NFT_MSG_NEWTABLE, owner ? NFT_TABLE_F_OWNER : 0);
    for (size_t i = 0; i < ELEMENTSOF(set_rows); i++)
        put_set(batch, &set_rows[i]);
    put_chain(batch, "prerouting", NF_INET_PRE_ROUTING);
    put_chain(batch, "postrouting", NF_INET_POST_ROUTING);
    for (size_t i = 0; i < ELEMENTSOF(rule_rows); i++)
        put_rule(batch, &rule_rows[i]);
}

void ruleset_stop(Batch *batch)
{
    put_table(batch, NFT_MSG_DELTABLE, 0);
}

/* mss 0: the element has no data. */
static void put_element(struct nlmsghdr *header, const void *key, size_t key_size, uint16_t mss)
{
    struct nlattr *nest = mnl_attr_nest_start(header, NFTA_LIST_ELEM);
    uint16_t value = htons(mss);

    put_data(header, NFTA_SET_ELEM_KEY, key, key_size);
    if (mss != 0)
        put_data(header, NFTA_SET_ELEM_DATA, &value, sizeof(value));
    mnl_attr_nest_end(header, nest);
}

static void put_kinds(struct nlmsghdr *header)
{
    size_t n;
    const TunnelKind *kinds = tunnel_kinds(&n);

    for (size_t i = 0; i < n; i++) {
        char key[IFNAME_SIZE + 4] = {0};
        assert(strlen(kinds[i].kind) < IFNAME_SIZE);
        strcpy(key, kinds[i].kind);
        memcpy(key + IFNAME_SIZE, &kinds[i].type, sizeof(kinds[i].type));
        put_element(header, key, sizeof(key), 0);
    }
}

static void put_sizes(struct nlmsghdr *header, const char *interface, uint32_t path_mtu)
{
    char key[4 + IFNAME_SIZE] = {NFPROTO_IPV4};

    strcpy(key + 4, interface);
    put_element(header, key, sizeof(key), ruleset_mss4(path_mtu));
    key[0] = NFPROTO_IPV6;
    put_element(header, key, sizeof(key), ruleset_mss6(path_mtu));
}

static void put_elements(Batch *batch, uint16_t type, const char *set, const char *interface, uint32_t path_mtu)
{
    struct nlmsghdr *header =
        message_begin(batch, type, type == NFT_MSG_NEWSETELEM ? NLM_F_CREATE : 0, NFTA_SET_ELEM_LIST_TABLE);
    char name[IFNAME_SIZE] = {0};

    assert(strlen(interface) < sizeof(name));
    strcpy(name, interface);
    mnl_attr_put_strz(header, NFTA_SET_ELEM_LIST_SET, set);
    struct nlattr *nest = mnl_attr_nest_start(header, NFTA_SET_ELEM_LIST_ELEMENTS);
    if (strcmp(set, RULESET_LINKS) == 0)
        put_element(header, name, sizeof(name), 0);
    else if (strcmp(set, RULESET_KINDS) == 0)
        put_kinds(header);
    else
        put_sizes(header, name, path_mtu);
    mnl_attr_nest_end(header, nest);
    message_end(batch, header);
}

void ruleset_change(Batch *batch, const char *interface, const ClampRule *from, const ClampRule *to)
{
    const char *set = strcmp(interface, EVERY_TUNNEL) == 0 ? RULESET_KINDS : RULESET_LINKS;
    uint32_t from_mtu = from->active ? from->path_mtu : 0, to_mtu = to->active ? to->path_mtu : 0;

    if (from_mtu != 0 && from_mtu != to_mtu)
        put_elements(batch, NFT_MSG_DELSETELEM, RULESET_MSS, interface, from_mtu);
    if (from->active != to->active)
        put_elements(batch, to->active ? NFT_MSG_NEWSETELEM : NFT_MSG_DELSETELEM, set, interface, 0);
    if (to_mtu != 0 && from_mtu != to_mtu)
        put_elements(batch, NFT_MSG_NEWSETELEM, RULESET_MSS, interface, to_mtu);
}
