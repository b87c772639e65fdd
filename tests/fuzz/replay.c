/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Gives every file of a folder to a fuzz target, so that what fuzzing has found once is an ordinary test in every build.
 * Prints each name first: the last one is the file that ended the program. A folder without a file is an error: a corpus
 * must not get lost unnoticed.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "shared/macro.h"
#include "tests/fuzz/fuzz.h"

static int is_seed(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int replay(const char *path)
{
    _cleanup_(freep) uint8_t *data = NULL;
    struct stat status;
    size_t size = 0;

    FILE *file = fopen(path, "re");
    if (!file || fstat(fileno(file), &status) < 0 || !S_ISREG(status.st_mode)) {
        perror(path);
        return -1;
    }
    /* Exactly as large as the file: a sanitizer then sees each byte that is read beyond it. */
    size = (size_t) status.st_size;
    data = malloc(size > 0 ? size : 1);
    int r = data && fread(data, 1, size, file) == size ? LLVMFuzzerTestOneInput(data, size) : -1;
    fclose(file);
    return r;
}

int main(int argc, char *argv[])
{
    struct dirent **entries;
    int r = 0;

    if (argc != 2) {
        fprintf(stderr, "usage: %s CORPUS\n", argv[0]);
        return EXIT_FAILURE;
    }
    int n = scandir(argv[1], &entries, is_seed, alphasort);
    if (n <= 0) {
        fprintf(stderr, "%s: no corpus\n", argv[1]);
        return EXIT_FAILURE;
    }

    for (int i = 0; i < n; i++) {
        char path[4096];
        snprintf(path, sizeof(path), "%s/%s", argv[1], entries[i]->d_name);
        free(entries[i]);
        puts(path);
        fflush(stdout);
        if (replay(path) < 0)
            r = -1;
    }
    free(entries);
    printf("%d files\n", n);
    return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
