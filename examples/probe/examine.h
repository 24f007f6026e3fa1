/* SPDX-License-Identifier: MIT */
/* examine: connects to one address of a host. See examine.c. */
#ifndef PROBE_EXAMINE_H
#define PROBE_EXAMINE_H

#include "facts.h"
#include "options.h"

struct examiner {
	const struct options *options;
	struct smtptls_config *config;
	struct smtptls_config *shadow; /* or NULL */
	struct smtptls_config *widest;
	int has_authorities;
};

/* Make the configurations; ends the program if a file or string is wrong. */
void examiner_open(struct examiner *examiner, const struct options *options);
void examiner_close(struct examiner *examiner);

/* Connect to attempt->address by the host's plan, and record the results. */
void examine(const struct examiner *examiner, const struct host *host,
	     struct attempt *attempt);

#endif
