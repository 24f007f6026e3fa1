/* SPDX-License-Identifier: MIT */
#ifndef UCSPI_CHILD_H
#define UCSPI_CHILD_H

#include <sys/types.h>

#include <smtptls.h>

/* The program, and this side's ends of what leads to it. */
struct child {
	pid_t pid;
	int control; /* it asks for TLS here; -1: it has no say */
	int in, out; /* plaintext for it, and from it */
};

/*
 * Run a program on the socket `fd`; with `conn`, whose TLS is on, on plaintext,
 * and with what is known of that in its environment. 0, or -1 with errno.
 */
int child_run(struct child *child, char **argv, int fd,
	      struct smtptls_conn *conn);

/*
 * Wait until it asks for TLS: 'y', or 'Y' when it wants the variables too; 0
 * when it has ended, or will not ask any more.
 */
int child_asks(const struct child *child);

/*
 * Answer it, once: with the variables of `conn`, or, where that is NULL, with
 * nothing. What it asks from now on goes nowhere.
 */
void child_answer(struct child *child, struct smtptls_conn *conn);

/* Close what leads to it and wait for its end: its exit status. */
int child_end(struct child *child);

#endif
