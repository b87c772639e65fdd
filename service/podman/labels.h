/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The labels by which airpods knows its containers and networks again. What has none of them is never changed.
 */
#pragma once

#define LABEL_SERVICE "org.airpods.service" /* containers: the name of the service */
#define LABEL_CONFIG "org.airpods.config"   /* containers and networks: what they were made from, versioned JSON */
