/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Starting and ending pkttyagent(1).
 *
 * polkit looks for an agent by the *process* behind the bus name that calls, then by its session; it refuses agents for
 * a bus name (polkitbackendinteractiveauthority.c, register_authentication_agent). A process is told by its number and
 * its start time, read by ourselves about ourselves: a bare number is looked up later, and may by then be another's.
 *
 * --fallback lets a graphical agent of the session answer first. But polkit drops a fallback agent when the process
 * belongs to no session at all (get_authentication_agent_for_subject: "if (session_for_subject == NULL) goto out"), as
 * after `su`, in a container, or with lingering: so there it is registered as a plain one. Nobody is displaced by that.
 *
 * The agent closes --notify-fd when it is registered, and the kernel closes it when the agent ends: both are the end of
 * file that we wait for, and waitpid() tells them apart.
 */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <systemd/sd-login.h>

#include "cli/agent.h"

struct Agent {
    pid_t pid;
    bool has_terminal_state;
    struct termios terminal_state; /* of standard input, before the agent could switch off the echo */
};

/* "PID,START-TIME" of this process; NULL when /proc does not say. */
static char *own_process(void)
{
    g_autofree char *stat = NULL;

    if (!g_file_get_contents("/proc/self/stat", &stat, NULL, NULL))
        return NULL;
    /* The second field, the name, is in brackets and may hold anything; the start time is the 20th one after it. */
    const char *rest = strrchr(stat, ')');
    if (!rest)
        return NULL;
    g_auto(GStrv) fields = g_strsplit(rest + 1, " ", -1);
    if (g_strv_length(fields) <= 20)
        return NULL;
    return g_strdup_printf("%d,%s", (int) getpid(), fields[20]);
}

/*
 * Whether polkit finds a session for us, in exactly the steps of its session monitor: the one that we are in, or the
 * display of the user whose slice we are in. Our uid alone does not do: outside its slice polkit does not look at it.
 */
static bool in_session(void)
{
    _cleanup_(freep) char *session = NULL;
    uid_t uid;

    if (sd_pid_get_session(0, &session) >= 0)
        return true;
    return sd_pid_get_owner_uid(0, &uid) >= 0 && sd_uid_get_display(uid, &session) >= 0;
}

_Noreturn static void run_agent(pid_t parent, const char *process, bool fallback, int notify_fd)
{
    char number[16];

    /* Die with the parent, also if it is gone already. */
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0 || getppid() != parent)
        _exit(127);
    /* Standard output is the verb's; the agent itself speaks to the controlling terminal. */
    if (dup2(STDERR_FILENO, STDOUT_FILENO) < 0 || fcntl(notify_fd, F_SETFD, 0) < 0)
        _exit(127);
    snprintf(number, sizeof(number), "%d", notify_fd);
    execlp("pkttyagent", "pkttyagent", "--process", process, "--notify-fd", number, fallback ? "--fallback" : NULL,
        (char *) NULL);
    /* Say that there is no such program: the agent itself never writes. */
    _exit(write(notify_fd, "", 1) == 1 ? 127 : 126);
}

/* Waits for the end of file. 0, or -ENOEXEC when the program could not be started. */
static int wait_until_registered(int fd)
{
    char byte;
    ssize_t n;

    do
        n = read(fd, &byte, 1);
    while (n < 0 && errno == EINTR);
    return n == 0 ? 0 : -ENOEXEC;
}

/* Whether there is a person at a terminal who can be asked: a background job would be stopped when it reads. */
static bool can_ask(void)
{
    return geteuid() != 0 && isatty(STDIN_FILENO) && tcgetpgrp(STDIN_FILENO) == getpgrp();
}

int agent_start(Agent **ret)
{
    g_autofree char *process = NULL;
    Agent *agent;
    int fds[2], r = 0;

    *ret = NULL;
    if (!can_ask())
        return 0;
    process = own_process();
    if (!process || pipe2(fds, O_CLOEXEC) < 0)
        return 0;
    agent = g_new0(Agent, 1);
    agent->has_terminal_state = tcgetattr(STDIN_FILENO, &agent->terminal_state) == 0;

    pid_t parent = getpid();
    bool fallback = in_session();
    agent->pid = fork();
    if (agent->pid == 0)
        run_agent(parent, process, fallback, fds[1]);
    close(fds[1]);
    if (agent->pid > 0)
        r = wait_until_registered(fds[0]);
    close(fds[0]);
    if (agent->pid < 0) {
        g_free(agent);
        return 0;
    }
    if (r < 0 || waitpid(agent->pid, NULL, WNOHANG) != 0) {
        if (r < 0)
            waitpid(agent->pid, NULL, 0);
        g_free(agent);
        return 0;
    }
    *ret = agent;
    return 1;
}

Agent *agent_free(Agent *agent)
{
    if (!agent)
        return NULL;
    kill(agent->pid, SIGTERM);
    /* It may have been stopped with Ctrl-Z while it asked. */
    kill(agent->pid, SIGCONT);
    while (waitpid(agent->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    /* It restores the echo by itself, except when it is killed at the wrong moment. SIGTTOU: we may be in the
     * background now. */
    if (agent->has_terminal_state) {
        sigset_t blocked, before;
        sigemptyset(&blocked);
        sigaddset(&blocked, SIGTTOU);
        sigprocmask(SIG_BLOCK, &blocked, &before);
        tcsetattr(STDIN_FILENO, TCSADRAIN, &agent->terminal_state);
        sigprocmask(SIG_SETMASK, &before, NULL);
    }
    g_free(agent);
    return NULL;
}
