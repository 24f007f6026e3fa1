/* SPDX-License-Identifier: MIT */
/* options: the command line of smtptls-probe. */
#ifndef PROBE_OPTIONS_H
#define PROBE_OPTIONS_H

#include <smtptls.h>

#include "facts.h"

struct options {
	const char *name; /* a domain, or a host without its port */
	int is_host;
	int port;
	int implicit;		/* TLS from the first byte */
	struct address connect; /* len 0: as DNS says */
	const char *starttls_name;
	int level; /* enum smtptls_level */
	int level_given;
	unsigned char pin[64];
	size_t pin_len; /* 0: none */
	const char *ca_file;
	const char *client_cert, *client_key;
	struct smtptls_policy_spec spec, shadow;
	int has_spec, has_shadow;
	struct smtptls_tlsa *tlsa; /* instead of those in DNS */
	size_t tlsa_count;
	const char *sts_file;
	const char *resolver, *trust_anchor;
	const char *my_name;
	int timeout_ms; /* for each connection, dialogue and handshake */
	int warn_days, crit_days;
	int json;
	int no_sts;
	int requiretls, tls_required_no; /* of a message */
};

/* Read the command line; ends the program if it is wrong. */
void options_read(struct options *options, int argc, char **argv);
void options_free(struct options *options);

#endif
