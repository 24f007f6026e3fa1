/* SPDX-License-Identifier: MIT */
/*
 * x509/verify: judges a peer's chain.
 *
 * Certificates go in and a verdict comes out: no session is known here, so each
 * fault can be tested without a handshake. GnuTLS builds the chain, up to an
 * authority of the trust list, and checks signatures, dates, constraints,
 * strength and purpose. It is not given a name: if a certificate has no SAN, it
 * would look at the CN, which RFC 9525 section 2 rules out. Names are compared
 * by x509/name: hosts with dNSName only, addresses with iPAddress only.
 *
 * A certificate for any purpose (anyExtendedKeyUsage) is accepted, as in
 * GnuTLS; OpenSSL refuses it. RFC 5280 section 4.2.1.12 allows both. Public
 * authorities must not issue such certificates, so a refusal would affect only
 * private authorities, which chose this purpose deliberately.
 *
 * A certificate can have several faults; the one reported is the one that must
 * be cured before the others matter.
 */
#include "x509/verify.h"

#include <stdio.h>
#include <string.h>

#include <smtptls/error.h>
#include <smtptls/policy.h>

#include "base/ascii.h"
#include "x509/explain.h"
#include "x509/name.h"
#include "x509/strength.h"

/* GnuTLS's own limit: larger keys only cost time. */
#define KEY_BITS_MAX 16384

/* Longer than any name. */
#define SAN_SIZE 1024

/* The number of a certificate's names that are shown. */
#define SHOWN 3

int stls_decide(struct stls_verdict *verdict, int error, int reason)
{
	verdict->error = error;
	verdict->reason = reason;
	return error;
}

/* ---- certificates ---- */

int stls_chain_open(struct stls_chain *chain, const struct stls_peer *peer,
		    struct stls_verdict *verdict)
{
	unsigned bits = 0;
	int ret;

	if (peer->count == 0)
		return stls_decide(verdict, SMTPTLS_E_CERT_MISSING,
				   SMTPTLS_REASON_CERT_MISSING);
	if (peer->count > STLS_CHAIN_MAX)
		return stls_decide(verdict, SMTPTLS_E_CERT_TRUST,
				   SMTPTLS_REASON_CERT_PATH);
	while (chain->len < peer->count) {
		gnutls_x509_crt_t *crt = &chain->crt[chain->len];

		if (gnutls_x509_crt_init(crt) < 0)
			return stls_decide(verdict, SMTPTLS_E_NOMEM, 0);
		chain->len++;
		ret = gnutls_x509_crt_import(*crt, &peer->chain[chain->len - 1],
					     GNUTLS_X509_FMT_DER);
		if (ret == GNUTLS_E_MEMORY_ERROR)
			return stls_decide(verdict, SMTPTLS_E_NOMEM, 0);
		if (ret < 0 ||
		    gnutls_x509_crt_get_pk_algorithm(*crt, &bits) < 0 ||
		    bits > KEY_BITS_MAX)
			return stls_decide(verdict, SMTPTLS_E_CERT_TRUST,
					   SMTPTLS_REASON_CERT_MALFORMED);
	}
	return 0;
}

void stls_chain_close(struct stls_chain *chain)
{
	while (chain->len > 0)
		gnutls_x509_crt_deinit(chain->crt[--chain->len]);
}

/* ---- what GnuTLS found ---- */

static const struct {
	unsigned status;
	int error, reason;
} faults[] = {
	{ GNUTLS_CERT_REVOKED, SMTPTLS_E_CERT_REVOKED,
	  SMTPTLS_REASON_CERT_REVOKED },
	{ GNUTLS_CERT_SIGNER_NOT_FOUND, SMTPTLS_E_CERT_TRUST,
	  SMTPTLS_REASON_CERT_TRUST },
	{ GNUTLS_CERT_SIGNER_NOT_CA, SMTPTLS_E_CERT_TRUST,
	  SMTPTLS_REASON_CERT_NOT_CA },
	{ GNUTLS_CERT_SIGNATURE_FAILURE, SMTPTLS_E_CERT_TRUST,
	  SMTPTLS_REASON_CERT_SIGNATURE },
	{ GNUTLS_CERT_UNKNOWN_CRIT_EXTENSIONS, SMTPTLS_E_CERT_TRUST,
	  SMTPTLS_REASON_CERT_EXTENSION },
	{ GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE, SMTPTLS_E_CERT_TRUST,
	  SMTPTLS_REASON_CERT_CONSTRAINT },
	{ GNUTLS_CERT_EXPIRED | GNUTLS_CERT_NOT_ACTIVATED, SMTPTLS_E_CERT_TIME,
	  SMTPTLS_REASON_CERT_TIME },
	{ GNUTLS_CERT_INSECURE_ALGORITHM, SMTPTLS_E_CERT_WEAK,
	  SMTPTLS_REASON_CERT_WEAK },
	{ GNUTLS_CERT_PURPOSE_MISMATCH, SMTPTLS_E_CERT_PURPOSE,
	  SMTPTLS_REASON_CERT_PURPOSE },
	{ GNUTLS_CERT_MISSING_OCSP_STATUS | GNUTLS_CERT_INVALID_OCSP_STATUS,
	  SMTPTLS_E_CERT_TRUST, SMTPTLS_REASON_CERT_STATUS },
};

static int decide_status(struct stls_verdict *verdict, unsigned status)
{
	size_t i;

	for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		if (status & faults[i].status)
			return stls_decide(verdict, faults[i].error,
					   faults[i].reason);
	}
	return status ? stls_decide(verdict, SMTPTLS_E_CERT_TRUST,
				    SMTPTLS_REASON_CERT_TRUST)
		      : 0;
}

int stls_authority_fault(gnutls_x509_crt_t crt, int below)
{
	unsigned usage = GNUTLS_KEY_KEY_CERT_SIGN, ca, critical;
	int length = -1;

	(void)gnutls_x509_crt_get_key_usage(crt, &usage, NULL);
	if (!(usage & GNUTLS_KEY_KEY_CERT_SIGN))
		return SMTPTLS_REASON_CERT_NOT_CA;
	(void)gnutls_x509_crt_get_basic_constraints(crt, &critical, &ca,
						    &length);
	return length >= 0 && below > length ? SMTPTLS_REASON_CERT_PATH : 0;
}

/*
 * GnuTLS has one status for three faults: an authority that must not sign
 * certificates, one that allows fewer others below it than there are (RFC 5280
 * section 4.2.1.9; self-issued ones do not count), and one that may not sign
 * for this name, which it must be if it is neither of the others.
 */
static int reason_of_constraint(const struct stls_chain *chain,
				gnutls_x509_trust_list_t trust)
{
	gnutls_x509_crt_t root;
	int below = 0, reason = 0;
	unsigned i;

	for (i = 1; i < chain->len && !reason; i++) {
		reason = stls_authority_fault(chain->crt[i], below);
		below += !gnutls_x509_crt_check_issuer(chain->crt[i],
						       chain->crt[i]);
	}
	if (!reason &&
	    gnutls_x509_trust_list_get_issuer(trust, chain->crt[chain->len - 1],
					      &root, GNUTLS_TL_GET_COPY) == 0) {
		reason = stls_authority_fault(root, below);
		gnutls_x509_crt_deinit(root);
	}
	return reason ? reason : SMTPTLS_REASON_CERT_CONSTRAINT;
}

static int ask_gnutls(const struct stls_peer *peer, struct stls_chain *chain,
		      const char *purpose, unsigned *status)
{
	gnutls_typed_vdata_st data;

	memset(&data, 0, sizeof(data));
	data.type = GNUTLS_DT_KEY_PURPOSE_OID;
	data.data = (unsigned char *)purpose;
	return gnutls_x509_trust_list_verify_crt2(peer->trust, chain->crt,
						  chain->len, &data, 1,
						  peer->flags, status, NULL);
}

int stls_verify_chain(const struct stls_peer *peer, struct stls_chain *chain,
		      struct stls_verdict *verdict)
{
	unsigned status = 0;
	int ret;

	ret = ask_gnutls(peer, chain,
			 peer->server ? GNUTLS_KP_TLS_WWW_SERVER
				      : GNUTLS_KP_TLS_WWW_CLIENT,
			 &status);
	if (ret == 0 && status & GNUTLS_CERT_PURPOSE_MISMATCH &&
	    !peer->server && peer->any_purpose)
		ret = ask_gnutls(peer, chain, GNUTLS_KP_TLS_WWW_SERVER,
				 &status);
	if (ret == GNUTLS_E_MEMORY_ERROR)
		return stls_decide(verdict, SMTPTLS_E_NOMEM, 0);
	if (ret < 0)
		return stls_decide(verdict, SMTPTLS_E_CERT_TRUST,
				   SMTPTLS_REASON_CERT_MALFORMED);
	/* GNUTLS_CERT_INVALID only accompanies the others. */
	status = (status | peer->found) & ~(unsigned)GNUTLS_CERT_INVALID;
	if (decide_status(verdict, status) < 0 &&
	    verdict->reason == SMTPTLS_REASON_CERT_CONSTRAINT)
		verdict->reason = reason_of_constraint(chain, peer->trust);
	return verdict->error;
}

/* ---- names ---- */

/* 1 when an alternative name covers this host. */
static int is_host(const char *san, size_t size, const char *host)
{
	char presented[STLS_NAME_SIZE];

	return stls_name_normalize_presented(presented, san, size) > 0 &&
	       stls_name_covers(presented, host);
}

/* 1 when an alternative name, of GnuTLS's type, covers a wanted one. */
static int is_wanted(const struct stls_peer *peer, int type, const char *san,
		     size_t size)
{
	char host[STLS_NAME_SIZE];
	unsigned char address[16];
	size_t i, len;

	for (i = 0; i < peer->name_count; i++) {
		if (stls_is_address(peer->name[i], address, &len)) {
			if (type == GNUTLS_SAN_IPADDRESS && size == len &&
			    memcmp(san, address, len) == 0)
				return 1;
		} else if (type == GNUTLS_SAN_DNSNAME &&
			   stls_name_normalize(host, peer->name[i],
					       strlen(peer->name[i])) > 0 &&
			   is_host(san, size, host)) {
			return 1;
		}
	}
	return 0;
}

/* Add a name to those shown in the sentence. */
static void show(struct stls_verdict *verdict, unsigned count, int type,
		 const char *san, size_t size)
{
	size_t len = strlen(verdict->names), room = sizeof(verdict->names);
	char text[44]; /* longer names are cut, and end with dots */

	if (count > SHOWN || len + 8 >= room)
		return;
	if (count == SHOWN) {
		(void)snprintf(verdict->names + len, room - len, ", ...");
		return;
	}
	if (type == GNUTLS_SAN_IPADDRESS)
		stls_address_write(text, sizeof(text),
				   (const unsigned char *)san, size);
	else
		(void)stls_ascii_escape(text, sizeof(text), san, size);
	(void)snprintf(verdict->names + len, room - len, "%s\"%s\"",
		       count ? ", " : "", text);
}

/*
 * 1 when one of the alternative names is wanted; else some of them are shown.
 * *hosts: there is a dNSName. GnuTLS parsed the names with the certificate, so
 * an error means that there are no more.
 */
static int find_name(const struct stls_peer *peer, gnutls_x509_crt_t leaf,
		     unsigned *shown, int *hosts, struct stls_verdict *verdict)
{
	char san[SAN_SIZE];
	unsigned i, type;
	size_t size;
	int ret;

	for (i = 0;; i++) {
		size = sizeof(san);
		ret = gnutls_x509_crt_get_subject_alt_name2(leaf, i, san, &size,
							    &type, NULL);
		if (ret == GNUTLS_E_SHORT_MEMORY_BUFFER) {
			/* too long for any host: shown as dots */
			(void)memset(san, '.', 3);
			size = 3;
		} else if (ret < 0) {
			return 0;
		}
		if (type != GNUTLS_SAN_DNSNAME && type != GNUTLS_SAN_IPADDRESS)
			continue;
		*hosts |= type == GNUTLS_SAN_DNSNAME;
		if (is_wanted(peer, (int)type, san, size))
			return 1;
		show(verdict, (*shown)++, (int)type, san, size);
	}
}

/* The same for the subject's CNs. */
static int find_cn(const struct stls_peer *peer, gnutls_x509_crt_t leaf,
		   unsigned *shown, struct stls_verdict *verdict)
{
	char cn[STLS_NAME_SIZE + 2]; /* with "*." */
	size_t size;
	unsigned i;
	int ret;

	for (i = 0;; i++) {
		size = sizeof(cn);
		ret = gnutls_x509_crt_get_dn_by_oid(
			leaf, GNUTLS_OID_X520_COMMON_NAME, i, 0, cn, &size);
		if (ret == GNUTLS_E_SHORT_MEMORY_BUFFER)
			continue; /* too long for any host */
		if (ret < 0)
			return 0;
		if (is_wanted(peer, GNUTLS_SAN_DNSNAME, cn, size))
			return 1;
		show(verdict, (*shown)++, GNUTLS_SAN_DNSNAME, cn, size);
	}
}

/*
 * RFC 9525 section 6: one of the alternative names must be a wanted one;
 * RFC 7672 section 3.2.3: or the CN, if there is no dNSName.
 */
int stls_verify_names(const struct stls_peer *peer, gnutls_x509_crt_t leaf,
		      struct stls_verdict *verdict)
{
	unsigned shown = 0;
	int found, hosts = 0;

	if (peer->name_count == 0)
		return 0;
	found = find_name(peer, leaf, &shown, &hosts, verdict);
	if (!found && peer->cn && !hosts)
		found = find_cn(peer, leaf, &shown, verdict);
	if (!found)
		return stls_decide(verdict, SMTPTLS_E_CERT_NAME,
				   shown ? SMTPTLS_REASON_CERT_NAME
					 : SMTPTLS_REASON_CERT_NO_SAN);
	verdict->names[0] = '\0';
	return 0;
}

/* ---- details for the sentence ---- */

static void explain(const struct stls_peer *peer, struct stls_chain *chain,
		    struct stls_verdict *verdict)
{
	unsigned status = 0;

	switch (verdict->reason) {
	case SMTPTLS_REASON_CERT_MISSING:
		if (!peer->server)
			stls_explain_missing(verdict, peer->trust);
		break;
	case SMTPTLS_REASON_CERT_TRUST:
		stls_explain_trust(verdict, chain);
		break;
	case SMTPTLS_REASON_CERT_WEAK:
		stls_explain_weak(verdict, chain, peer->trust, peer->bits);
		break;
	case SMTPTLS_REASON_CERT_PURPOSE:
		verdict->for_servers =
			!peer->server && !peer->any_purpose &&
			ask_gnutls(peer, chain, GNUTLS_KP_TLS_WWW_SERVER,
				   &status) == 0 &&
			status == 0;
		break;
	default:
		break;
	}
}

/* ---- pins ---- */

static int check_pins(const struct stls_peer *peer,
		      struct stls_verdict *verdict)
{
	struct stls_bytes leaf = { peer->chain[0].data, peer->chain[0].size };

	return stls_pins_match(peer->pins, &leaf)
		       ? 0
		       : stls_decide(verdict, SMTPTLS_E_CERT_PIN,
				     SMTPTLS_REASON_CERT_PIN);
}

int stls_verify_pins(const struct stls_peer *peer, struct stls_verdict *verdict)
{
	struct stls_peer alone = *peer;
	struct stls_chain chain = { .len = 0 };
	int ret;

	/* Pins ignore what is above the leaf, even if malformed. */
	if (alone.count > 1)
		alone.count = 1;
	stls_verdict_begin(peer, verdict);
	ret = stls_chain_open(&chain, &alone, verdict);
	if (ret == 0)
		ret = check_pins(peer, verdict);
	if (ret == 0 && stls_key_strength(chain.crt[0]) < peer->bits)
		ret = stls_decide(verdict, SMTPTLS_E_CERT_WEAK,
				  SMTPTLS_REASON_CERT_WEAK);
	if (verdict->reason == SMTPTLS_REASON_CERT_WEAK)
		stls_explain_weak(verdict, &chain, NULL, peer->bits);
	stls_chain_close(&chain);
	return ret;
}

/* ---- all together ---- */

void stls_verdict_begin(const struct stls_peer *peer,
			struct stls_verdict *verdict)
{
	memset(verdict, 0, sizeof(*verdict));
	verdict->any_purpose = peer->any_purpose;
	verdict->weak_bits = -1;
	verdict->wanted = peer->name_count > 0 ? peer->name[0] : NULL;
}

int stls_verify(const struct stls_peer *peer, struct stls_verdict *verdict)
{
	struct stls_chain chain = { .len = 0 };
	int ret;

	stls_verdict_begin(peer, verdict);
	ret = stls_chain_open(&chain, peer, verdict);
	if (ret == 0)
		ret = stls_verify_chain(peer, &chain, verdict);
	if (ret == 0)
		ret = stls_verify_names(peer, chain.crt[0], verdict);
	if (ret == 0 && peer->pins && peer->pins->count > 0)
		ret = check_pins(peer, verdict);
	if (ret < 0)
		explain(peer, &chain, verdict);
	stls_chain_close(&chain);
	return ret;
}
