/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a container was made from, written into its label org.airpods.config, and the comparison with what it would be
 * made from now. Field by field, so that a person sees what changed. Pure.
 *
 * The label is JSON: {"version":1,"set":{FIELD:VALUE,…},"default":{FIELD:VALUE,…}}, all values strings. "set" is what a
 * person's file decided, "default" what airpods decided by itself. A default that changes with a new version of airpods
 * is no drift, and neither is a field that the older version did not know: an upgrade re-creates nothing.
 */
#pragma once

#include "service/service-spec.h"

#define SERVICE_LABEL_VERSION 1

/* g_free() it. */
char *service_label_new(const Config *config, const ServiceConfig *service, const ServiceSpec *spec);

/* The same for the shared network, whose label has the same form: the fields of [runtime.network]. g_free() it. */
char *network_label_new(const Config *config);

/*
 * The differences as "field: old → new", in the order of the fields, NULL-terminated: g_strfreev() it. Values of
 * variables that look secret are not shown. -EBADMSG when a label is not one, -EPROTONOSUPPORT when `was` is of a
 * version that this one cannot read (nothing is known then, so nothing is re-created for it).
 */
int service_drift(const char *was, const char *now, char ***ret);
