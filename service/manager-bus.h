/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * org.airpods.Manager1 and the object manager: the D-Bus face of manager.h and config-store.h.
 */
#pragma once

#include "service/manager.h"

int manager_bus_register(Manager *manager);
