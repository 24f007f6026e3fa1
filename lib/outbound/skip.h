/* SPDX-License-Identifier: MIT */
/* outbound/skip: why a host is not tried, and what that means. */
#ifndef OUTBOUND_SKIP_H
#define OUTBOUND_SKIP_H

struct stls_skip {
	int rank;	    /* the highest one of all hosts decides */
	int action;	    /* enum smtptls_action if no host is left */
	const char *status; /* RFC 3463 */
	const char *text;
	const char *result_type; /* RFC 8460, or NULL */
};

/*
 * What `skip` means; NULL if it is SMTPTLS_TRY or not an enum smtptls_skip.
 * `requiretls`: the message has REQUIRETLS and so bounces if authentication is
 * not possible (RFC 8689 section 4.2.1).
 */
const struct stls_skip *stls_skip(int skip, int requiretls);

#endif
