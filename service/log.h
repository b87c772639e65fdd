/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What airpodsd tells the journal. One entry has a priority, an optional MESSAGE_ID (shared/names.h), the interface it
 * is about and a sentence. Leaves (parsers, models) do not log: whoever handles their result does, once.
 */
#pragma once

#include <syslog.h>

#include "shared/macro.h"

/* Entries of a lower priority (a larger number) than this are dropped; LOG_INFO at the start. */
void log_set_level(int priority);
int log_get_level(void);

/* message_id and ifname may be NULL. The text becomes one line: control characters are replaced. */
void log_entry(int priority, const char *message_id, const char *ifname, const char *format, ...) _printf_(4, 5);

#define log_debug(...) log_entry(LOG_DEBUG, NULL, NULL, __VA_ARGS__)
#define log_info(...) log_entry(LOG_INFO, NULL, NULL, __VA_ARGS__)
#define log_warning(...) log_entry(LOG_WARNING, NULL, NULL, __VA_ARGS__)
#define log_error(...) log_entry(LOG_ERR, NULL, NULL, __VA_ARGS__)
