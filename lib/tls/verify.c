/* SPDX-License-Identifier: MIT */
/*
 * tls/verify: the one place where a peer's certificate is judged.
 *
 * It runs once per connection, after the handshake and before anything is
 * delivered, on full and on resumed sessions alike. GnuTLS builds and checks
 * the chain against the configuration's authorities; it is told the purpose,
 * since on its own it would accept a mail client's certificate from a server.
 *
 * A certificate can have several faults; the one that is named first is the one
 * without whose cure the others do not matter.
 */
#include "tls/verify.h"

#include <stddef.h>
#include <string.h>

#include <gnutls/x509.h>

#include <smtptls/conn.h>

#include "x509/name.h"

static const struct {
	unsigned status;
	int error;
} faults[] = {
	{ GNUTLS_CERT_REVOKED, SMTPTLS_E_CERT_REVOKED },
	{ GNUTLS_CERT_SIGNER_NOT_FOUND | GNUTLS_CERT_SIGNER_NOT_CA |
		  GNUTLS_CERT_SIGNATURE_FAILURE |
		  GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE,
	  SMTPTLS_E_CERT_TRUST },
	{ GNUTLS_CERT_EXPIRED | GNUTLS_CERT_NOT_ACTIVATED,
	  SMTPTLS_E_CERT_TIME },
	{ GNUTLS_CERT_INSECURE_ALGORITHM, SMTPTLS_E_CERT_WEAK },
	{ GNUTLS_CERT_PURPOSE_MISMATCH, SMTPTLS_E_CERT_PURPOSE },
	{ GNUTLS_CERT_UNEXPECTED_OWNER, SMTPTLS_E_CERT_NAME },
};

static int error_of_status(unsigned status)
{
	size_t i;

	for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		if (status & faults[i].status)
			return faults[i].error;
	}
	return status ? SMTPTLS_E_CERT_TRUST : 0;
}

int stls_verify_peer(gnutls_session_t tls, int role, const char *name)
{
	gnutls_typed_vdata_st data[2];
	unsigned char address[16];
	unsigned status = 0, count = 0;
	size_t size;
	int ret;

	if (!gnutls_certificate_get_peers(tls, &count) || count == 0)
		return SMTPTLS_E_CERT_MISSING;
	count = 0;
	memset(data, 0, sizeof(data));
	data[count].type = GNUTLS_DT_KEY_PURPOSE_OID;
	data[count++].data =
		(unsigned char *)(role == SMTPTLS_SERVER
					  ? GNUTLS_KP_TLS_WWW_CLIENT
					  : GNUTLS_KP_TLS_WWW_SERVER);
	if (name && stls_is_address(name, address, &size)) {
		data[count].type = GNUTLS_DT_IP_ADDRESS;
		data[count].data = address;
		data[count++].size = (unsigned)size;
	} else if (name) {
		data[count].type = GNUTLS_DT_DNS_HOSTNAME;
		data[count++].data = (unsigned char *)name;
	}
	ret = gnutls_certificate_verify_peers(tls, data, count, &status);
	if (ret == GNUTLS_E_MEMORY_ERROR)
		return SMTPTLS_E_NOMEM;
	if (ret < 0)
		return SMTPTLS_E_CERT_TRUST;
	return error_of_status(status);
}

int stls_verify_alert(int error, gnutls_protocol_t version)
{
	switch (error) {
	case SMTPTLS_E_CERT_MISSING:
		return version == GNUTLS_TLS1_3 ? GNUTLS_A_CERTIFICATE_REQUIRED
						: GNUTLS_A_HANDSHAKE_FAILURE;
	case SMTPTLS_E_CERT_TRUST:
		return GNUTLS_A_UNKNOWN_CA;
	case SMTPTLS_E_CERT_TIME:
		return GNUTLS_A_CERTIFICATE_EXPIRED;
	case SMTPTLS_E_CERT_PURPOSE:
		return GNUTLS_A_UNSUPPORTED_CERTIFICATE;
	case SMTPTLS_E_CERT_REVOKED:
		return GNUTLS_A_CERTIFICATE_REVOKED;
	case SMTPTLS_E_CERT_NAME:
	case SMTPTLS_E_CERT_WEAK:
	case SMTPTLS_E_CERT_PIN:
	case SMTPTLS_E_CERT_TLSA:
		return GNUTLS_A_BAD_CERTIFICATE;
	case SMTPTLS_E_NOMEM:
		return GNUTLS_A_INTERNAL_ERROR;
	case SMTPTLS_E_TIMEOUT:
		return GNUTLS_A_USER_CANCELED;
	default:
		return GNUTLS_A_ACCESS_DENIED;
	}
}
