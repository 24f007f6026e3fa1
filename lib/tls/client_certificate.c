/* SPDX-License-Identifier: MIT */
/*
 * tls/client_certificate: chooses the certificate that a client shows to a
 * server that asks for one.
 *
 * It is the first one added whose chain leads to an authority that the server
 * names, if it names any, and whose key can sign with an algorithm that both
 * sides allow. If there is none, none is shown, and the server decides. GnuTLS
 * by itself shows an only certificate whatever its algorithm, and breaks off if
 * it then cannot sign; it shows none of several if no authority is named; and
 * with one that must not sign it offers no TLS 1.3.
 *
 * Names of authorities are compared byte by byte, since an issuer's name is
 * copied from the issuer's certificate. A session begins with credentials that
 * have no certificate, and gets others before GnuTLS has read the request
 * (tls/single_credentials). A key that the host itself has put into the
 * credentials cannot be copied; then GnuTLS chooses.
 */
#include "tls/client_certificate.h"

#include <string.h>

#include "openssl/sigalg_list.h"
#include "policy/policy.h"
#include "selection/certificate_request.h"
#include "x509/der.h"

#define NONE (-1)

static int is_enabled(const unsigned *list, int count, const char *word)
{
	static const char prefix[] = "SIGN-";
	gnutls_sign_algorithm_t id;
	int i;

	if (!word[0])
		return 0;
	id = gnutls_sign_get_id(word + strlen(prefix));
	for (i = 0; i < count; i++) {
		if (list[i] == (unsigned)id)
			return 1;
	}
	return 0;
}

/* The rows of the table of signature algorithms that this side may use. */
static uint32_t enabled_sigalgs(gnutls_priority_t priority, uint16_t version)
{
	const struct stls_sigalg *sigalg;
	const unsigned *list;
	uint32_t enabled = 0;
	int count = gnutls_priority_sign_list(priority, &list);
	size_t i;

	for (i = 0; i < STLS_SIGALGS; i++) {
		sigalg = stls_sigalg(i);
		if (is_enabled(list, count,
			       version == STLS_TLS1_3 ? sigalg->gnutls_tls13
						      : sigalg->gnutls))
			enabled |= (uint32_t)1 << i;
	}
	return enabled;
}

static int is_named(const struct stls_bytes *issuer,
		    struct stls_bytes authorities)
{
	struct stls_bytes name;

	while (stls_next_authority(&authorities, &name)) {
		if (name.len == issuer->len &&
		    memcmp(name.data, issuer->data, name.len) == 0)
			return 1;
	}
	return 0;
}

/* Whether the i-th certificate, or one above it, is from a named authority. */
static int leads_to(const struct smtptls_config *config, unsigned i,
		    const struct stls_bytes *authorities)
{
	struct stls_der_parts parts;
	gnutls_datum_t der;
	unsigned j;

	if (authorities->len == 0)
		return 1;
	for (j = 0; gnutls_certificate_get_crt_raw(config->credentials, i, j,
						   &der) == 0;
	     j++) {
		if (stls_der_parts(der.data, der.size, &parts) == 0 &&
		    is_named(&parts.issuer, *authorities))
			return 1;
	}
	return 0;
}

static int find(const struct smtptls_config *config,
		const struct stls_certificate_request *request)
{
	uint32_t sigalgs = enabled_sigalgs(config->priority, request->version);
	size_t i;

	for (i = 0; i < config->own.count; i++) {
		if (stls_request_takes(request, config->own.cert[i].keys,
				       sigalgs) &&
		    leads_to(config, (unsigned)i, &request->authorities))
			return (int)i;
	}
	return NONE;
}

static uint16_t version_of(gnutls_session_t tls)
{
	switch (gnutls_protocol_get_version(tls)) {
	case GNUTLS_TLS1_3:
		return STLS_TLS1_3;
	case GNUTLS_TLS1_2:
		return STLS_TLS1_2;
	default:
		return STLS_TLS1_1;
	}
}

int stls_client_certificate_choose(gnutls_session_t tls,
				   const struct smtptls_config *config,
				   const gnutls_datum_t *body)
{
	const struct stls_single_credentials *single = &config->single;
	struct stls_certificate_request request;
	int i = NONE;

	/* GnuTLS will refuse what cannot be parsed. */
	if (stls_certificate_request_parse(&request, version_of(tls),
					   body->data, body->size) == 0)
		i = find(config, &request);
	if (i == NONE)
		return 0;
	return gnutls_credentials_set(tls, GNUTLS_CRD_CERTIFICATE,
				      single->credentials &&
						      single->credentials[i]
					      ? single->credentials[i]
					      : config->credentials);
}
