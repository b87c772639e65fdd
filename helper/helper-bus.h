/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The D-Bus object org.airpods.Helper1: vtable, methods, signals. Calls helper.c; helper.c calls it for the signals.
 */
#pragma once

#include "helper/helper.h"

int helper_bus_export(Helper *helper);
void helper_bus_emit_installed(Helper *helper, const Clamp *clamp);
void helper_bus_emit_removed(Helper *helper, const char *interface);
