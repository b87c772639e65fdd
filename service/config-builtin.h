/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The services that come with airpods: known by name, part of nothing until a file or a command mentions them.
 */
#pragma once

/* A configuration like any other, TOML. */
extern const char config_builtin_services[];
