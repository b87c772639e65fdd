/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every well-known name in one place: buses, objects, interfaces, polkit actions, files, journal fields. The contract
 * test compares this header with dbus/ and polkit/.
 */
#pragma once

/* What sd-bus shows as the sender of the bus daemon's own messages; nobody else can have it. */
#define BUS_DRIVER "org.freedesktop.DBus"

#define HELPER_NAME "org.airpods.Helper1"
#define HELPER_PATH "/org/airpods/Helper1"
#define HELPER_INTERFACE "org.airpods.Helper1"

#define MANAGER_NAME "org.airpods.Manager1"
#define MANAGER_PATH "/org/airpods/Manager1"
#define MANAGER_INTERFACE "org.airpods.Manager1"
#define TUNNEL_PATH_PREFIX "/org/airpods/Manager1/tunnel"
#define TUNNEL_INTERFACE "org.airpods.Tunnel1"

#define POLKIT_NAME "org.freedesktop.PolicyKit1"
#define POLKIT_PATH "/org/freedesktop/PolicyKit1/Authority"
#define POLKIT_INTERFACE "org.freedesktop.PolicyKit1.Authority"

#define ACTION_INSTALL_CLAMP "org.airpods.helper.install-clamp"
#define ACTION_INSTALL_FIXED_CLAMP "org.airpods.helper.install-fixed-clamp"
#define ACTION_INSTALL_ANY_CLAMP "org.airpods.helper.install-any-clamp"
#define ACTION_REMOVE_ANY_CLAMP "org.airpods.helper.remove-any-clamp"

/* The interface name that stands for every tunnel, now and later. */
#define EVERY_TUNNEL "*"

#define NFT_TABLE_NAME "airpods"

/* Path MTU that a caller may choose: IPv4's smallest reassembly size up to the largest IP packet. */
#define PATH_MTU_MIN 576U
#define PATH_MTU_MAX 65535U

/* Journal: MESSAGE_ID of each kind of entry that an admin may want to search for. */
#define MESSAGE_CLAMP_INSTALLED_STR "ea85ca3d8b8c411985a8a6fcb70ab1c3"
#define MESSAGE_CLAMP_REMOVED_STR "14949f50dfe64515afb923be72b3bf07"
#define MESSAGE_REQUEST_REFUSED_STR "a341ad79143645a880bb03c7c3627cad"
#define MESSAGE_CONFIG_INVALID_STR "f307ecd7ee734f26a632573ff3db5c84"
#define MESSAGE_TUNNEL_UP_STR "4122223b64bf4293847498a80b21e22f"
#define MESSAGE_TUNNEL_DOWN_STR "0a5d4f9bd2c44a6d9b5f3b1ae1f4a7c2"
