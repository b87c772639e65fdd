/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The configuration in force: which files it comes from, reading them, keeping the last good one, and noticing changes
 * on disk. config.h does the understanding. Owned by manager.c.
 */
#pragma once

#include <systemd/sd-event.h>

#include "service/config.h"

#define CONFIG_SYSTEM_PATH "/etc/airpods/config.toml"

/* A configuration file larger than this is refused. */
#define CONFIG_SIZE_MAX (256U * 1024U)

typedef struct ConfigStore ConfigStore;

/*
 * Knows the files and watches them. Until the first config_store_reload() without errors config_store_get()->broken is
 * set.
 * `on_disk_change` is called some time after a file was written, created, replaced or removed.
 */
int config_store_new(ConfigStore **ret, sd_event *event, void (*on_disk_change)(void *userdata), void *userdata);
ConfigStore *config_store_free(ConfigStore *store);
DEFINE_FREEP(ConfigStore, config_store_free)

/* Reads again. 0: the new one is in force; -EBADMSG: it has errors, the old one stays. Problems are added either way. */
int config_store_reload(ConfigStore *store, Problems *problems);

/* What a reload would find; path "" means the files of this store. */
void config_store_validate(const ConfigStore *store, const char *path, Problems *problems);

/* The configuration in force, until the next reload. */
const Config *config_store_get(const ConfigStore *store);

/* The user's file, absolute, whether it exists or not. */
const char *config_store_path(const ConfigStore *store);

char *config_store_show(const ConfigStore *store);
