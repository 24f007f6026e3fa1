/* SPDX-License-Identifier: MIT */
/*
 * x509/dane: judges a server's chain by TLSA records (RFC 7671, 7672).
 *
 * DANE-EE(3): the leaf matches a record, and nothing else counts: the verdict
 * does not depend on names, dates, purpose, chain or strength.
 *
 * DANE-TA(2): from the leaf upwards, each certificate is signed by the next
 * one, which was presented or is in a record in full. The anchor is the first
 * that matches a record, or a full key in a record that signed the last one;
 * never the leaf itself. GnuTLS judges the chain below the anchor like any
 * other. It is given the anchor as the only authority and nothing above it: it
 * would report an unknown issuer for an anchor in the middle of the chain.
 * GnuTLS does not check the anchor itself, so that is done here, as in OpenSSL:
 * dates, right to sign, purpose, constraints, strength.
 *
 * One matching record suffices; a leaf that matches DANE-EE needs no more.
 */
#include "x509/dane.h"

#include <string.h>
#include <time.h>

#include <gnutls/abstract.h>
#include <gnutls/x509-ext.h>

#include <smtptls/policy.h>

#include "x509/der.h"
#include "x509/strength.h"

/* Candidate issuers: presented, or in records. */
#define ISSUERS_MAX (STLS_CHAIN_MAX + STLS_TLSA_MAX)

struct issuer {
	gnutls_x509_crt_t crt;
	struct stls_bytes der;
	int own; /* close_issuers() frees it */
	int used;
};

struct issuers {
	struct issuer issuer[ISSUERS_MAX];
	unsigned count;
};

/* The certificates below the anchor, from the leaf up. */
struct path {
	struct stls_chain chain;
	struct stls_bytes top;	  /* the last one, in DER */
	gnutls_x509_crt_t anchor; /* NULL if it is a key */
};

/* ---- candidate issuers ---- */

static int add_record(struct issuers *issuers, const struct stls_bytes *der)
{
	struct issuer *issuer = &issuers->issuer[issuers->count];
	gnutls_datum_t datum = { (unsigned char *)der->data,
				 (unsigned)der->len };

	if (gnutls_x509_crt_init(&issuer->crt) < 0)
		return SMTPTLS_E_NOMEM;
	issuer->der = *der;
	issuer->own = 1;
	issuers->count++;
	/* it was parsed when the record was added: only memory can be short */
	return gnutls_x509_crt_import(issuer->crt, &datum,
				      GNUTLS_X509_FMT_DER) < 0
		       ? SMTPTLS_E_NOMEM
		       : 0;
}

/* Call close_issuers() even after an error. */
static int open_issuers(struct issuers *issuers, const struct stls_peer *peer,
			const struct stls_chain *chain,
			const struct stls_tlsa_set *set)
{
	const struct smtptls_tlsa *record;
	struct stls_bytes der;
	int ret = 0;
	unsigned i;

	issuers->count = 0;
	memset(issuers->issuer, 0, sizeof(issuers->issuer));
	for (i = 1; i < chain->len; i++)
		issuers->issuer[issuers->count++] = (struct issuer){
			.crt = chain->crt[i],
			.der = { peer->chain[i].data, peer->chain[i].size },
		};
	for (i = 0; i < set->count && ret == 0; i++) {
		record = &set->usable[i].record;
		if (record->usage != STLS_DANE_TA || record->selector != 0 ||
		    record->matching != 0)
			continue;
		der = (struct stls_bytes){ record->data, record->data_len };
		ret = add_record(issuers, &der);
	}
	return ret;
}

static void close_issuers(struct issuers *issuers)
{
	while (issuers->count > 0) {
		if (issuers->issuer[--issuers->count].own)
			gnutls_x509_crt_deinit(
				issuers->issuer[issuers->count].crt);
	}
}

/* 1 when the key signed the certificate. */
static int has_signed(gnutls_pubkey_t key, gnutls_x509_crt_t crt,
		      const struct stls_bytes *der)
{
	unsigned char bytes[2048]; /* for a key of 16384 bits */
	gnutls_datum_t signature = { bytes, 0 }, tbs;
	struct stls_der_parts parts;
	size_t size = sizeof(bytes);
	int algorithm = gnutls_x509_crt_get_signature_algorithm(crt);

	if (algorithm < 0 || stls_der_parts(der->data, der->len, &parts) < 0 ||
	    gnutls_x509_crt_get_signature(crt, (char *)bytes, &size) < 0)
		return 0;
	signature.size = (unsigned)size;
	tbs = (gnutls_datum_t){ (unsigned char *)parts.tbs.data,
				(unsigned)parts.tbs.len };
	/* Its strength is judged with the chain. */
	return gnutls_pubkey_verify_data2(
		       key, (gnutls_sign_algorithm_t)algorithm,
		       GNUTLS_VERIFY_ALLOW_BROKEN, &tbs, &signature) >= 0;
}

static int is_signed_by(gnutls_x509_crt_t crt, const struct stls_bytes *der,
			gnutls_x509_crt_t issuer)
{
	gnutls_pubkey_t key;
	int yes;

	if (gnutls_pubkey_init(&key) < 0)
		return 0;
	yes = gnutls_pubkey_import_x509(key, issuer, 0) == 0 &&
	      has_signed(key, crt, der);
	gnutls_pubkey_deinit(key);
	return yes;
}

/*
 * The issuer of this certificate, or NULL. If several have the right name, the
 * signature decides, and then the record: the same authority may have been
 * certified twice. If none of them made the signature, the verdict will say so.
 * *match: the record that the issuer matches, or NULL.
 */
static struct issuer *find_issuer(struct issuers *issuers,
				  gnutls_x509_crt_t crt,
				  const struct stls_bytes *der,
				  const struct stls_tlsa_set *set,
				  const struct stls_tlsa **match)
{
	struct issuer *issuer, *best = NULL;
	int best_signs = 0, signs;
	unsigned i;

	for (i = 0; i < issuers->count && !*match; i++) {
		issuer = &issuers->issuer[i];
		if (issuer->used ||
		    !gnutls_x509_crt_check_issuer(crt, issuer->crt))
			continue;
		signs = is_signed_by(crt, der, issuer->crt);
		if (signs)
			*match = stls_tlsa_match(set, STLS_DANE_TA,
						 &issuer->der);
		if (!best || *match || signs > best_signs) {
			best = issuer;
			best_signs = signs;
		}
	}
	if (best && !best_signs)
		*match = stls_tlsa_match(set, STLS_DANE_TA, &best->der);
	return best;
}

/* ---- the path ---- */

/* The record whose key signed the top of the path, or NULL. */
static const struct stls_tlsa *match_key(const struct stls_tlsa_set *set,
					 const struct path *path)
{
	const struct smtptls_tlsa *record;
	gnutls_pubkey_t key;
	gnutls_datum_t der;
	size_t i;
	int yes;

	for (i = 0; i < set->count; i++) {
		record = &set->usable[i].record;
		if (record->usage != STLS_DANE_TA || record->selector != 1 ||
		    record->matching != 0 || gnutls_pubkey_init(&key) < 0)
			continue;
		der = (gnutls_datum_t){ (unsigned char *)record->data,
					(unsigned)record->data_len };
		yes = gnutls_pubkey_import(key, &der, GNUTLS_X509_FMT_DER) ==
			      0 &&
		      has_signed(key, path->chain.crt[path->chain.len - 1],
				 &path->top);
		gnutls_pubkey_deinit(key);
		if (yes)
			return &set->usable[i];
	}
	return NULL;
}

/* Find the anchor, from the leaf up. Returns the record it matches, or NULL. */
static const struct stls_tlsa *climb(struct path *path, struct issuers *issuers,
				     const struct stls_tlsa_set *set)
{
	const struct stls_tlsa *match = NULL;
	gnutls_x509_crt_t crt = path->chain.crt[0];
	struct issuer *issuer;

	while (!gnutls_x509_crt_check_issuer(crt, crt)) {
		issuer = find_issuer(issuers, crt, &path->top, set, &match);
		if (!issuer)
			break;
		if (match) {
			path->anchor = issuer->crt;
			return match;
		}
		if (path->chain.len == STLS_CHAIN_MAX)
			return NULL;
		issuer->used = 1;
		crt = issuer->crt;
		path->top = issuer->der;
		path->chain.crt[path->chain.len++] = crt;
	}
	return match_key(set, path);
}

/* ---- the anchor ---- */

/*
 * RFC 5280 section 6.1 does not check an anchor's dates. OpenSSL, and so
 * Postfix, checks them if the anchor is self-issued; a sender that always
 * checked them would hold up mail that others deliver.
 */
static int has_no_dates(const struct path *path)
{
	return path->anchor &&
	       !gnutls_x509_crt_check_issuer(path->anchor, path->anchor);
}

static int is_in_time(gnutls_x509_crt_t crt)
{
	time_t now = time(NULL);

	return gnutls_x509_crt_get_activation_time(crt) <= now &&
	       now <= gnutls_x509_crt_get_expiration_time(crt);
}

/* RFC 5280 section 4.2.1.12: without the extension any purpose is allowed. */
static int is_for_servers(gnutls_x509_crt_t crt)
{
	char oid[64];
	size_t size;
	unsigned i;
	int ret;

	for (i = 0;; i++) {
		size = sizeof(oid);
		ret = gnutls_x509_crt_get_key_purpose_oid(crt, i, oid, &size,
							  NULL);
		if (ret == GNUTLS_E_SHORT_MEMORY_BUFFER)
			continue;
		if (ret < 0)
			return i == 0 &&
			       ret == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE;
		if (strcmp(oid, GNUTLS_KP_TLS_WWW_SERVER) == 0 ||
		    strcmp(oid, GNUTLS_KP_ANY) == 0)
			return 1;
	}
}

/* Extensions that are processed, here or by GnuTLS. */
static int is_known(const char *oid)
{
	static const char *const known[] = {
		GNUTLS_X509EXT_OID_BASIC_CONSTRAINTS,
		GNUTLS_X509EXT_OID_KEY_USAGE,
		GNUTLS_X509EXT_OID_EXTENDED_KEY_USAGE,
		GNUTLS_X509EXT_OID_SAN,
		GNUTLS_X509EXT_OID_NAME_CONSTRAINTS,
		GNUTLS_X509EXT_OID_CRT_POLICY,
		GNUTLS_X509EXT_OID_CRL_DIST_POINTS,
	};
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(oid, known[i]) == 0)
			return 1;
	}
	return 0;
}

static int has_unknown_extension(gnutls_x509_crt_t crt)
{
	char oid[128];
	unsigned i, critical;
	size_t size;
	int ret;

	for (i = 0;; i++) {
		size = sizeof(oid);
		ret = gnutls_x509_crt_get_extension_info(crt, i, oid, &size,
							 &critical);
		if (ret == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
			return 0;
		if (ret < 0)
			return 1;
		if (critical && !is_known(oid))
			return 1;
	}
}

/* Check an authority that has `below` others below it. */
static int check_authority(gnutls_x509_crt_t crt, int below,
			   struct stls_verdict *verdict)
{
	unsigned critical;
	int reason = 0;

	/* X.509 v1 has no basicConstraints, and some roots are v1. */
	if (gnutls_x509_crt_get_version(crt) == 1
		    ? !gnutls_x509_crt_check_issuer(crt, crt)
		    : gnutls_x509_crt_get_ca_status(crt, &critical) <= 0)
		reason = SMTPTLS_REASON_CERT_NOT_CA;
	if (!reason)
		reason = stls_authority_fault(crt, below);
	return reason ? stls_decide(verdict, SMTPTLS_E_CERT_TRUST, reason) : 0;
}

/*
 * Check what GnuTLS does not check in `crt`, the top of a path: the anchor, or
 * the certificate signed by an anchor that is a key. `below` is negative for a
 * leaf.
 */
static int check_top(const struct stls_peer *peer, const struct path *path,
		     gnutls_x509_crt_t crt, int below,
		     struct stls_verdict *verdict)
{
	if (below >= 0 && check_authority(crt, below, verdict) < 0)
		return verdict->error;
	if (has_unknown_extension(crt))
		return stls_decide(verdict, SMTPTLS_E_CERT_TRUST,
				   SMTPTLS_REASON_CERT_EXTENSION);
	if (!has_no_dates(path) && !is_in_time(crt))
		return stls_decide(verdict, SMTPTLS_E_CERT_TIME,
				   SMTPTLS_REASON_CERT_TIME);
	if (stls_key_strength(crt) < peer->bits)
		return stls_decide(verdict, SMTPTLS_E_CERT_WEAK,
				   SMTPTLS_REASON_CERT_WEAK);
	if (!is_for_servers(crt))
		return stls_decide(verdict, SMTPTLS_E_CERT_PURPOSE,
				   SMTPTLS_REASON_CERT_PURPOSE);
	return 0;
}

/* ---- the verdict ---- */

/* Judge the chain `below`, with `top` as the only authority. */
static int check_below(const struct stls_peer *peer, struct stls_chain *below,
		       gnutls_x509_crt_t top, struct stls_verdict *verdict)
{
	struct stls_peer under = *peer;
	int ret;

	/* check_top() checks the anchor's dates */
	under.flags |= GNUTLS_VERIFY_DISABLE_TRUSTED_TIME_CHECKS;
	if (gnutls_x509_trust_list_init(&under.trust, 1) < 0)
		return stls_decide(verdict, SMTPTLS_E_NOMEM, 0);
	if (gnutls_x509_trust_list_add_cas(under.trust, &top, 1, 0) < 1)
		ret = stls_decide(verdict, SMTPTLS_E_NOMEM, 0);
	else
		ret = stls_verify_chain(&under, below, verdict);
	gnutls_x509_trust_list_deinit(under.trust, 0);
	return ret;
}

static int check_path(const struct stls_peer *peer, struct path *path,
		      struct stls_verdict *verdict)
{
	gnutls_x509_crt_t top = path->anchor, leaf = path->chain.crt[0];
	int ret = 0, below = 0;
	unsigned i;

	/* The anchor is a key: what it signed serves as the authority. */
	if (!top)
		top = path->chain.crt[--path->chain.len];
	if (path->chain.len > 0)
		ret = check_below(peer, &path->chain, top, verdict);
	/* RFC 5280 section 4.2.1.9: self-issued ones do not count. */
	for (i = 1; i < path->chain.len; i++)
		below += !gnutls_x509_crt_check_issuer(path->chain.crt[i],
						       path->chain.crt[i]);
	if (ret == 0)
		ret = check_top(peer, path, top,
				path->chain.len > 0 ? below : -1, verdict);
	if (ret == 0)
		ret = stls_verify_names(peer, leaf, verdict);
	return ret;
}

static int verify_anchor(const struct stls_peer *peer,
			 const struct stls_chain *chain,
			 const struct stls_tlsa_set *set,
			 struct stls_verdict *verdict)
{
	struct path path = {
		.chain = { .crt = { chain->crt[0] }, .len = 1 },
		.top = { peer->chain[0].data, peer->chain[0].size },
	};
	const struct stls_tlsa *match;
	struct issuers issuers;
	int ret;

	if (open_issuers(&issuers, peer, chain, set) < 0) {
		ret = stls_decide(verdict, SMTPTLS_E_NOMEM, 0);
		goto done;
	}
	match = climb(&path, &issuers, set);
	if (!match) {
		ret = stls_decide(verdict, SMTPTLS_E_CERT_TLSA,
				  SMTPTLS_REASON_CERT_TLSA);
		goto done;
	}
	verdict->record = match->number;
	verdict->depth = path.anchor ? path.chain.len : path.chain.len - 1;
	ret = check_path(peer, &path, verdict);
done:
	close_issuers(&issuers);
	return ret;
}

int stls_dane_verify(const struct stls_peer *peer,
		     const struct stls_tlsa_set *set,
		     struct stls_verdict *verdict)
{
	struct stls_peer named = *peer, alone = *peer;
	struct stls_chain chain = { .len = 0 };
	const struct stls_tlsa *match;
	struct stls_bytes leaf;
	int ret;

	/* DANE-EE ignores what is above the leaf, even if malformed. */
	if (alone.count > 1)
		alone.count = 1;
	stls_verdict_begin(peer, verdict);
	ret = stls_chain_open(&chain, &alone, verdict);
	if (ret < 0)
		goto done;
	leaf = (struct stls_bytes){ peer->chain[0].data, peer->chain[0].size };
	match = stls_tlsa_match(set, STLS_DANE_EE, &leaf);
	if (match) {
		verdict->record = match->number;
		verdict->weak_key =
			stls_key_strength(chain.crt[0]) < peer->bits;
		goto done;
	}
	if (!stls_tlsa_has(set, STLS_DANE_TA)) {
		ret = stls_decide(verdict, SMTPTLS_E_CERT_TLSA,
				  SMTPTLS_REASON_CERT_TLSA);
		goto done;
	}
	stls_chain_close(&chain);
	named.cn = 1;
	ret = stls_chain_open(&chain, &named, verdict);
	if (ret == 0)
		ret = verify_anchor(&named, &chain, set, verdict);
done:
	stls_chain_close(&chain);
	return ret;
}
