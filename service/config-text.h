/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The small languages inside strings of the configuration: sizes, times, ports, volumes, names, addresses. Pure: text
 * in, value or the reason out. Knows nothing of keys, files and places.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "service/config-service.h"

/* "512m", "4g", "64MiB", "1.5g", "1000": bytes, units of 1024; and back, exactly. -EINVAL */
int text_to_size(const char *text, uint64_t *ret);
char *size_to_text(uint64_t size);

/* "500ms", "30s", "2m", "1h", "1m30s", "2": microseconds; and back, exactly. -EINVAL */
int text_to_usec(const char *text, uint64_t *ret);
char *usec_to_text(uint64_t usec);

/* Plain digits from 1 to 65535, else 0. */
uint16_t text_to_port(const char *text);

/*
 * These fill a new element (its origin and key are the caller's), or leave *ret alone and give the end of a sentence
 * that begins with the quoted text.
 */
const char *text_to_service_port(const char *text, ServicePort **ret);
const char *text_to_service_volume(const char *text, ServiceVolume **ret);

/*
 * Checks: NULL when the text is right, else the end of a sentence that begins with the quoted text.
 */
const char *check_address(const char *text); /* IPv4 or IPv6 */
const char *check_alias(const char *text);   /* a name in the network's DNS */
const char *check_any(const char *text);     /* not empty, no control characters */
const char *check_capability(const char *text);
const char *check_container_name(const char *text);
const char *check_device(const char *text);
const char *check_extra_host(const char *text);
const char *check_health_path(const char *text);
const char *check_image(const char *text);
const char *check_interface(const char *text);
const char *check_label(const char *text);
const char *check_subnet(const char *text);
const char *check_text(const char *text); /* no control characters but tab and newline */
const char *check_user(const char *text);
const char *check_variable(const char *text); /* the name of one */
const char *check_volume_source(const char *text);
const char *check_volume_target(const char *text);

/* The image names a registry: its first component is a host. */
bool image_has_registry(const char *image);

/* "10.1.2.0/24" of "10.1.2.3/24"; NULL if it is not a subnet. g_free() it. */
char *subnet_network(const char *text);

/* Both are valid; the address is a usable one of the subnet: inside, and not the network itself. */
bool subnet_contains(const char *subnet, const char *address);
