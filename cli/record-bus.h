/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading a record from an a{sv} of a message.
 */
#pragma once

#include <systemd/sd-bus.h>

#include "cli/record.h"

/*
 * Reads the whole a{sv} at the message's position into a new record; free it with record_free(). Unknown keys are
 * passed over, so that a later daemon may send more. -EBADMSG: a wrong type, a key twice, or one missing.
 */
int record_read(sd_bus_message *message, const RecordType *type, void **ret);
