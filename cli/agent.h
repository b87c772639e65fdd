/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * polkit's text agent, pkttyagent, for as long as this program is the one that polkit asks about. Needs a terminal.
 */
#pragma once

#include "shared/macro.h"

typedef struct Agent Agent;

/* Ends the agent and waits for it; a password that was being typed is discarded and the terminal echoes again. */
Agent *agent_free(Agent *agent);
DEFINE_FREEP(Agent, agent_free);

/*
 * Starts the agent and waits until polkit knows it. 1: there is somebody who can be asked. 0: no terminal, or we are
 * root, whom polkit never asks, or no pkttyagent, or it could not register; *ret is NULL.
 */
int agent_start(Agent **ret);
