/* SPDX-License-Identifier: MIT */
/* outbound/skip: why a host is not tried, and what that means. */
#ifndef OUTBOUND_SKIP_H
#define OUTBOUND_SKIP_H

struct stls_skip {
	int rank;	    /* of two hosts the higher one decides */
	int action;	    /* enum smtptls_action where no host is left */
	const char *status; /* RFC 3463 */
	const char *text;
	const char *result_type; /* RFC 8460, or NULL */
};

/*
 * What it means; NULL when `skip` is no enum smtptls_skip, or SMTPTLS_TRY.
 * `requiretls`: the message has REQUIRETLS, with which what cannot be
 * authenticated bounces (RFC 8689 section 4.2.1).
 */
const struct stls_skip *stls_skip(int skip, int requiretls);

#endif
