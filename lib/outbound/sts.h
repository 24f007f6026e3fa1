/* SPDX-License-Identifier: MIT */
/* outbound/sts: what a destination's MTA-STS policy means for a host. */
#ifndef OUTBOUND_STS_H
#define OUTBOUND_STS_H

#include <smtptls/outbound.h>

struct stls_sts {
	int mode;   /* TESTING or ENFORCE; 0: as without a policy */
	int listed; /* 1: a pattern matches the host */
	const char *result_type; /* RFC 8460: why there is no new policy */
};

struct stls_sts stls_sts(const struct smtptls_outbound *outbound,
			 const struct smtptls_outbound_host *host);

#endif
