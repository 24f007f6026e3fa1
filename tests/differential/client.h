/* SPDX-License-Identifier: MIT */
/* client: what a client offers, at random. The manual is in client.c. */
#ifndef TESTS_DIFFERENTIAL_CLIENT_H
#define TESTS_DIFFERENTIAL_CLIENT_H

#include <smtptls/policy.h>

#include "../unit/help/hello.h"
#include "generator.h"

#define NUMBERS_MAX 64

/* Lists end with 0. */
struct client {
	unsigned legacy;
	unsigned suites[NUMBERS_MAX], versions[NUMBERS_MAX];
	unsigned groups[NUMBERS_MAX], sigalgs[NUMBERS_MAX];
	unsigned shares[NUMBERS_MAX];
	int has_versions, has_groups, has_sigalgs, has_shares;
	const char *sni;
};

/* Anything but the name; `wild`: most of it is strange at once. */
void client_random(struct generator *g, int wild, struct client *client);
/* Its lists are printed, a line for each. */
void client_show(const struct client *client);
/* What makes its hello, without real keys. */
struct hello_spec client_spec(const struct client *client);
/* Follow what is said that the peer must do; NULL, or why it cannot be. */
const char *client_change(struct client *client,
			  const struct smtptls_change *change);

/* The number or row of what has this name in changes; 0 or -1: nothing has. */
unsigned name_version(const char *name);
int name_group(const char *name);
int name_sigalg(const char *name);

#endif
