/* SPDX-License-Identifier: MIT */
/* domain: from a domain to its hosts. The manual is in the .c file. */
#ifndef SEND_DOMAIN_H
#define SEND_DOMAIN_H

#include <netdb.h>

#include <smtptls.h>

#include "mail.h"

struct domain;

/* A host that is to be tried. */
struct mx {
	const char *name;
	const struct smtptls_plan *plan;
	const struct addrinfo *addresses; /* those that the plan allows */
};

/*
 * Ask for the hosts; NULL with a sentence in *error. No look-up lasts longer
 * than to `deadline`, of CLOCK_MONOTONIC in milliseconds.
 */
struct domain *domain_open(const struct mail *mail, long long deadline,
			   const char **error);
void domain_close(struct domain *domain);

/* The next host, 1; 0 when there is none left. */
int domain_next(struct domain *domain, struct mx *mx);
/* That host was tried in vain, for a reason of enum smtptls_skip. */
void domain_failed(struct domain *domain, int skip);
/* What becomes of the message. */
struct smtptls_decision domain_decide(const struct domain *domain);

#endif
