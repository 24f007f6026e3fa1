/* SPDX-License-Identifier: MIT */
#ifndef UCSPI_CHILD_H
#define UCSPI_CHILD_H

#include <sys/types.h>

#include <smtptls.h>

/* The program, and this side's ends of its descriptors. */
struct child {
	pid_t pid;
	int control; /* it asks for TLS here; -1: not any more */
	int in, out; /* plaintext for it, and from it */
};

/*
 * Run a program on the socket `fd`; or, if TLS is already on in `conn`, on
 * plaintext, with TLS's variables in its environment. `conn` may be NULL.
 * Returns 0, or -1 with errno.
 */
int child_run(struct child *child, char **argv, int fd,
	      struct smtptls_conn *conn);

/*
 * Wait until it asks for TLS: 'y', or 'Y' if it wants the variables too; 0 if
 * it has ended, or can no longer ask.
 */
int child_asks(const struct child *child);

/*
 * Answer it, once: with the variables of `conn`, or with nothing if that is
 * NULL. Later requests are ignored.
 */
void child_answer(struct child *child, struct smtptls_conn *conn);

/* Close its descriptors and wait for its end; returns its exit status. */
int child_end(struct child *child);

#endif
