/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files of NAME=VALUE lines, as env_file names them. Pure: reading the file is the caller's task.
 */
#pragma once

#include <stddef.h>

#include "service/problem.h"

/*
 * Adds NAME=VALUE to the list, which is NULL-terminated and grows; what is wrong goes to problems. Empty lines and lines
 * that begin with "#" say nothing; "export " in front and quotes around the whole value are taken off.
 */
void env_file_parse(const char *file, const char *text, size_t size, char ***list, Problems *problems);
