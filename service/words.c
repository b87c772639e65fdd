/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The string tables.
 */
#include <assert.h>
#include <string.h>

#include "service/words.h"
#include "shared/macro.h"

static const char *const policy_table[] = {"auto", "ask", "off"};
static const char *const notify_table[] = {"changes", "always", "never"};
static const char *const clamp_table[] = {"none", "requested", "route", "fixed", "denied", "unavailable"};
static_assert(ELEMENTSOF(policy_table) == POLICY_MAX, "a word for every policy");
static_assert(ELEMENTSOF(notify_table) == NOTIFY_MAX, "a word for every choice");
static_assert(ELEMENTSOF(clamp_table) == CLAMP_MAX, "a word for every state");

static const char *const network_table[] = {"pod", "host", "bridge"};
static const char *const restart_table[] = {"no", "on-failure", "always", "unless-stopped"};
static const char *const dependency_table[] = {"started", "healthy", "completed"};
static_assert(ELEMENTSOF(network_table) == SERVICE_NETWORK_MAX, "a word for every network");
static_assert(ELEMENTSOF(restart_table) == RESTART_MAX, "a word for every policy");
static_assert(ELEMENTSOF(dependency_table) == DEPENDENCY_MAX, "a word for every condition");

static int word_find(const char *const *table, int n, const char *word)
{
    for (int i = 0; word && i < n; i++)
        if (strcmp(table[i], word) == 0)
            return i;
    return -EINVAL;
}

const char *policy_to_string(Policy policy)
{
    assert(policy >= 0 && policy < POLICY_MAX);
    return policy_table[policy];
}

Policy policy_from_string(const char *word)
{
    return (Policy) word_find(policy_table, POLICY_MAX, word);
}

const char *notify_when_to_string(NotifyWhen when)
{
    assert(when >= 0 && when < NOTIFY_MAX);
    return notify_table[when];
}

NotifyWhen notify_when_from_string(const char *word)
{
    return (NotifyWhen) word_find(notify_table, NOTIFY_MAX, word);
}

const char *clamp_state_to_string(ClampState state)
{
    assert(state >= 0 && state < CLAMP_MAX);
    return clamp_table[state];
}

const char *service_network_to_string(ServiceNetwork network)
{
    assert(network >= 0 && network < SERVICE_NETWORK_MAX);
    return network_table[network];
}

const char *restart_policy_to_string(RestartPolicy policy)
{
    assert(policy >= 0 && policy < RESTART_MAX);
    return restart_table[policy];
}

const char *dependency_condition_to_string(DependencyCondition condition)
{
    assert(condition >= 0 && condition < DEPENDENCY_MAX);
    return dependency_table[condition];
}

DependencyCondition dependency_condition_from_string(const char *word)
{
    return (DependencyCondition) word_find(dependency_table, DEPENDENCY_MAX, word);
}
