/* SPDX-License-Identifier: MIT */
/*
 * reason/system_error: the errno of a system call that has failed on a
 * connection, in words.
 */
#include "reason/system_error.h"

#include <errno.h>
#include <stdio.h>

#include "reason/end_facts.h"

#define NO_ROUTE "check the routes and firewalls in between"

static const struct system_error {
	int number;
	const char *name, *what, *cure;
} system_errors[] = {
	{ ECONNRESET, "ECONNRESET", "peer reset the connection",
	  STLS_OTHER_LOG },
	{ EPIPE, "EPIPE", "peer had closed the connection", STLS_OTHER_LOG },
	{ ECONNABORTED, "ECONNABORTED", "the connection was aborted",
	  STLS_OTHER_LOG },
	{ ETIMEDOUT, "ETIMEDOUT", "peer no longer answered",
	  "look for packets lost on the way" },
	{ EHOSTUNREACH, "EHOSTUNREACH", "peer could no longer be reached",
	  NO_ROUTE },
	{ ENETUNREACH, "ENETUNREACH", "peer's network could not be reached",
	  NO_ROUTE },
	{ ENETDOWN, "ENETDOWN", "this host's network was down",
	  "check its network" },
	{ EPERM, "EPERM", "this host was not allowed to send",
	  "check its firewall" },
	{ ENOBUFS, "ENOBUFS", "this host had no memory for the network",
	  "give it more memory, or reduce its load" },
	{ ENOMEM, "ENOMEM", "this host had no memory for the network",
	  "give it more memory, or reduce its load" },
	{ ENOTCONN, "ENOTCONN", "the socket was not connected",
	  "the program that uses the library has a defect" },
	{ EBADF, "EBADF", "the descriptor was not open",
	  "the program that uses the library has a defect" },
};

static const struct system_error *find(int number)
{
	size_t i;

	for (i = 0; i < sizeof(system_errors) / sizeof(*system_errors); i++) {
		if (system_errors[i].number == number)
			return &system_errors[i];
	}
	return NULL;
}

const char *stls_system_error_name(int number)
{
	const struct system_error *error = find(number);

	return error ? error->name : NULL;
}

const char *stls_system_error_what(int number)
{
	switch (number) {
	case ECONNRESET:
		return "peer reset the connection (ECONNRESET)";
	case EPIPE:
		return "peer had closed the connection (EPIPE)";
	default:
		return NULL;
	}
}

void stls_system_error_write(int number, const char *when, char *text,
			     size_t size)
{
	const struct system_error *error = find(number);

	if (error)
		(void)snprintf(text, size, "%s (%s) %s: %s", error->what,
			       error->name, when, error->cure);
	else
		(void)snprintf(text, size,
			       "a system call failed (errno %d) %s: see the "
			       "system's list of errors",
			       number, when);
}
