/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * airpods, the command. Everything is in libcli, so that tests can link it.
 */
#include <locale.h>

#include "cli/verb.h"

int main(int argc, char *argv[])
{
    setlocale(LC_ALL, "");
    return airpods_main(argc, argv);
}
