/* SPDX-License-Identifier: MIT */
/*
 * reason/error_reason: a reason for each error, so that no connection fails
 * without one.
 *
 * Most errors have a better reason, from what was found. What remains are
 * connections that the host ended (smtptls_conn_abort()) and this side's own
 * failures.
 */
#include "reason/error_reason.h"

#include <smtptls/error.h>
#include <smtptls/policy.h>

int stls_error_reason(int error, int tls)
{
	switch (error) {
	case SMTPTLS_E_NOMEM:
		return SMTPTLS_REASON_INTERNAL;
	case SMTPTLS_E_CONFIG:
		return SMTPTLS_REASON_CONFIG;
	case SMTPTLS_E_INJECTION:
		return SMTPTLS_REASON_INJECTION;
	case SMTPTLS_E_CERT_MISSING:
		return SMTPTLS_REASON_CERT_MISSING;
	case SMTPTLS_E_CERT_TRUST:
		return SMTPTLS_REASON_CERT_TRUST;
	case SMTPTLS_E_CERT_TIME:
		return SMTPTLS_REASON_CERT_TIME;
	case SMTPTLS_E_CERT_NAME:
		return SMTPTLS_REASON_CERT_NAME;
	case SMTPTLS_E_CERT_PURPOSE:
		return SMTPTLS_REASON_CERT_PURPOSE;
	case SMTPTLS_E_CERT_WEAK:
		return SMTPTLS_REASON_CERT_WEAK;
	case SMTPTLS_E_CERT_REVOKED:
		return SMTPTLS_REASON_CERT_REVOKED;
	case SMTPTLS_E_CERT_PIN:
		return SMTPTLS_REASON_CERT_PIN;
	case SMTPTLS_E_CERT_TLSA:
		return SMTPTLS_REASON_CERT_TLSA;
	case SMTPTLS_E_TIMEOUT:
		return SMTPTLS_REASON_TIMEOUT;
	case SMTPTLS_E_TRUNCATED:
	case SMTPTLS_E_IO:
		return tls ? SMTPTLS_REASON_TRUNCATED : SMTPTLS_REASON_CLOSED;
	default:
		return SMTPTLS_REASON_ENDED_HERE;
	}
}
