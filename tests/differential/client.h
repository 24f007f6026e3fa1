/* SPDX-License-Identifier: MIT */
/* client: what a client offers, at random. Documented in client.c. */
#ifndef TESTS_DIFFERENTIAL_CLIENT_H
#define TESTS_DIFFERENTIAL_CLIENT_H

#include <smtptls/policy.h>

#include "../unit/help/hello.h"
#include "generator.h"

#define NUMBERS_MAX 64

/* Lists are terminated by 0. */
struct client {
	unsigned legacy;
	unsigned suites[NUMBERS_MAX], versions[NUMBERS_MAX];
	unsigned groups[NUMBERS_MAX], sigalgs[NUMBERS_MAX];
	unsigned shares[NUMBERS_MAX];
	int has_versions, has_groups, has_sigalgs, has_shares;
	const char *sni;
};

/* Everything except the name; `wild`: most is unusual at the same time. */
void client_random(struct generator *g, int wild, struct client *client);
/* Prints its lists, a line for each. */
void client_show(const struct client *client);
/* The specification of its hello, without real keys. */
struct hello_spec client_spec(const struct client *client);
/* Follow a change that the peer must make; NULL, or why it is impossible. */
const char *client_change(struct client *client,
			  const struct smtptls_change *change);

/* The number or row for a name as used in changes; 0 or -1 if there is none. */
unsigned name_version(const char *name);
int name_group(const char *name);
int name_sigalg(const char *name);

#endif
