/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The closed sets of words that the configuration, the state file and D-Bus have in common. Strings in, enum out, and
 * back; nothing else.
 */
#pragma once

#include <errno.h>

/* What happens to a tunnel whose packets are smaller than usual: vpn.mss_clamp and Tunnel1.Policy. */
typedef enum Policy { POLICY_AUTO, POLICY_ASK, POLICY_OFF, POLICY_MAX, POLICY_INVALID = -EINVAL } Policy;

/* vpn.notify */
typedef enum NotifyWhen {
    NOTIFY_CHANGES,
    NOTIFY_ALWAYS,
    NOTIFY_NEVER,
    NOTIFY_MAX,
    NOTIFY_INVALID = -EINVAL,
} NotifyWhen;

/* Tunnel1.Clamp */
typedef enum ClampState {
    CLAMP_NONE,
    CLAMP_REQUESTED,
    CLAMP_ROUTE,
    CLAMP_FIXED,
    CLAMP_DENIED,
    CLAMP_UNAVAILABLE,
    CLAMP_MAX,
    CLAMP_INVALID = -EINVAL,
} ClampState;

/* services.NAME.network_mode; "bridge" is another word for "pod" and is never kept. */
typedef enum ServiceNetwork {
    SERVICE_NETWORK_POD,
    SERVICE_NETWORK_HOST,
    SERVICE_NETWORK_BRIDGE,
    SERVICE_NETWORK_MAX,
    SERVICE_NETWORK_INVALID = -EINVAL,
} ServiceNetwork;

/* services.NAME.restart and runtime.restart_policy: Podman's own words */
typedef enum RestartPolicy {
    RESTART_NO,
    RESTART_ON_FAILURE,
    RESTART_ALWAYS,
    RESTART_UNLESS_STOPPED,
    RESTART_MAX,
    RESTART_INVALID = -EINVAL,
} RestartPolicy;

/* services.NAME.pull_policy */
typedef enum PullPolicy { PULL_MISSING, PULL_ALWAYS, PULL_NEVER, PULL_MAX, PULL_INVALID = -EINVAL } PullPolicy;

/* services.NAME.gpu */
typedef enum GpuWish { GPU_NONE, GPU_AUTO, GPU_WISH_MAX, GPU_WISH_INVALID = -EINVAL } GpuWish;

/* services.NAME.depends_on */
typedef enum DependencyCondition {
    DEPENDENCY_STARTED,
    DEPENDENCY_HEALTHY,
    DEPENDENCY_COMPLETED,
    DEPENDENCY_MAX,
    DEPENDENCY_INVALID = -EINVAL,
} DependencyCondition;

const char *policy_to_string(Policy policy);
Policy policy_from_string(const char *word);
const char *notify_when_to_string(NotifyWhen when);
NotifyWhen notify_when_from_string(const char *word);
const char *clamp_state_to_string(ClampState state);
const char *service_network_to_string(ServiceNetwork network);
const char *restart_policy_to_string(RestartPolicy policy);
const char *dependency_condition_to_string(DependencyCondition condition);
DependencyCondition dependency_condition_from_string(const char *word);
