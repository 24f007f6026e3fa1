/* SPDX-License-Identifier: MIT */
#ifndef SERVER_LOG_H
#define SERVER_LOG_H

#include <stddef.h>
#include <sys/socket.h>

#include <smtptls.h>

enum { ADDRESS_TEXT_MAX = 64 };

/* Write one line to stderr, after the collected ones. */
__attribute__((format(printf, 1, 2))) void note(const char *format, ...);

/* The same, and exit with status 1. */
__attribute__((format(printf, 1, 2))) _Noreturn void die(const char *format,
							 ...);

/*
 * The address and port of a struct sockaddr_in or sockaddr_in6, in the form of
 * --listen.
 */
void address_text(const void *address, char text[ADDRESS_TEXT_MAX]);

/* Write the lines that log_session() and log_changes() collected. */
void log_flush(void);

/*
 * Collect the line of a session that has ended. `outcome` NULL, `reason` NULL
 * and `reason_id` 0 mean the connection's own; it may have no sentence.
 */
void log_session(const char *peer, struct smtptls_conn *conn, unsigned messages,
		 const char *outcome, const char *reason, int reason_id);

/* Collect a line for each change that would have let this session's client
 * in. */
void log_changes(const char *peer, const struct smtptls_conn *conn);

#endif
