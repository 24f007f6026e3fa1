/* SPDX-License-Identifier: MIT */
/*
 * tls/refusal_alert: the alert that is sent for a refusal.
 *
 * A hook cannot choose an alert, only a GnuTLS error, from which GnuTLS derives
 * one (gnutls_error_to_alert()). What cannot be read is decode_error, what can
 * be read but breaks a rule is illegal_parameter (RFC 8446 section 6), unless a
 * section names another. If nothing is in common, the alert is
 * handshake_failure (RFC 8446 section 4.1.1), or protocol_version for versions
 * (section 4.2.1), no matter what would help.
 */
#include "tls/refusal_alert.h"

#include <gnutls/gnutls.h>

#include <smtptls/policy.h>

#define DECODE_ERROR	       GNUTLS_E_UNEXPECTED_PACKET_LENGTH
#define ILLEGAL_PARAMETER      GNUTLS_E_RECEIVED_ILLEGAL_PARAMETER
#define MISSING_EXTENSION      GNUTLS_E_MISSING_EXTENSION
#define PROTOCOL_VERSION       GNUTLS_E_UNSUPPORTED_VERSION_PACKET
#define INAPPROPRIATE_FALLBACK GNUTLS_E_INAPPROPRIATE_FALLBACK
#define UNRECOGNIZED_NAME      GNUTLS_E_UNRECOGNIZED_NAME
#define HANDSHAKE_FAILURE      GNUTLS_E_NO_CIPHER_SUITES

/* 0 matches anything; the first row that matches counts. */
static const struct row {
	int8_t error;	/* enum stls_hello_error */
	uint8_t step;	/* enum stls_step */
	uint8_t reason; /* enum smtptls_reason */
	int gnutls;
} rows[] = {
	{ STLS_HELLO_LENGTH, 0, 0, DECODE_ERROR },
	{ STLS_HELLO_EXTENSION, 0, 0, DECODE_ERROR },
	/* RFC 8446 section 4.2 */
	{ STLS_HELLO_DUPLICATE, 0, 0, ILLEGAL_PARAMETER },
	/* RFC 6066 section 3 */
	{ STLS_HELLO_NAMES, 0, 0, ILLEGAL_PARAMETER },
	/* RFC 8446 section 4.2.11 */
	{ STLS_HELLO_BINDERS, 0, 0, ILLEGAL_PARAMETER },
	{ STLS_HELLO_PSK_PLACE, 0, 0, ILLEGAL_PARAMETER },
	/* RFC 8446 section 4.1.2, RFC 5246 section 7.4.1.2 */
	{ STLS_HELLO_NO_NULL, 0, 0, ILLEGAL_PARAMETER },
	{ STLS_HELLO_COMPRESSION, 0, 0, ILLEGAL_PARAMETER },
	/* RFC 8446 appendix D.5 */
	{ STLS_HELLO_SSL3_VERSION, 0, 0, PROTOCOL_VERSION },
	/* RFC 8422 section 5.1.2 */
	{ STLS_HELLO_POINTS, 0, 0, ILLEGAL_PARAMETER },
	/* RFC 8446 section 9.2 */
	{ STLS_HELLO_NO_GROUPS, 0, 0, MISSING_EXTENSION },
	{ STLS_HELLO_NO_SHARES, 0, 0, MISSING_EXTENSION },
	{ STLS_HELLO_NO_SIGALGS, 0, 0, MISSING_EXTENSION },
	/* RFC 8446 section 4.2.9, which names no alert, and 6.2 */
	{ STLS_HELLO_NO_PSK_MODES, 0, 0, MISSING_EXTENSION },
	/* RFC 8446 section 4.2.8 */
	{ STLS_HELLO_SHARE_GROUP, 0, 0, ILLEGAL_PARAMETER },
	{ STLS_HELLO_SHARE_TWICE, 0, 0, ILLEGAL_PARAMETER },
	{ 0, STLS_STEP_SSL3, 0, PROTOCOL_VERSION },
	{ 0, STLS_STEP_VERSION, 0, PROTOCOL_VERSION },
	{ 0, STLS_STEP_FALLBACK, 0, INAPPROPRIATE_FALLBACK },
	{ 0, 0, SMTPTLS_REASON_SSL2_HELLO, PROTOCOL_VERSION },
	{ 0, 0, SMTPTLS_REASON_SNI, UNRECOGNIZED_NAME },
	/* the ServerHello's suite: RFC 8446 section 4.1.3 */
	{ 0, 0, SMTPTLS_REASON_OUTSIDE, ILLEGAL_PARAMETER },
};

int stls_refusal_alert(const struct stls_refusal *refusal)
{
	int error = stls_refusal_hello_error(refusal);
	int step = refusal->choice ? refusal->choice->step : 0;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if ((rows[i].error == 0 || rows[i].error == error) &&
		    (rows[i].step == 0 || rows[i].step == step) &&
		    (rows[i].reason == 0 || rows[i].reason == refusal->reason))
			return rows[i].gnutls;
	}
	return HANDSHAKE_FAILURE;
}
