/* SPDX-License-Identifier: MIT */
/* domain: finds the hosts of a domain. See the .c file. */
#ifndef SEND_DOMAIN_H
#define SEND_DOMAIN_H

#include <netdb.h>

#include <smtptls.h>

#include "mail.h"

struct domain;

/* A host to try. */
struct mx {
	const char *name;
	const struct smtptls_plan *plan;
	const struct addrinfo *addresses; /* as far as the plan allows */
};

/*
 * Look up the hosts; NULL with a sentence in *error. No look-up lasts beyond
 * `deadline`, of CLOCK_MONOTONIC in milliseconds.
 */
struct domain *domain_open(const struct mail *mail, long long deadline,
			   const char **error);
void domain_close(struct domain *domain);

/* Get the next host: 1, or 0 if there is none left. */
int domain_next(struct domain *domain, struct mx *mx);
/* The last host was tried in vain; `skip` is the enum smtptls_skip. */
void domain_failed(struct domain *domain, int skip);
/* What becomes of the message. */
struct smtptls_decision domain_decide(const struct domain *domain);

#endif
