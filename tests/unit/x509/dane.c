/* SPDX-License-Identifier: MIT */
/*
 * dane: chains and TLSA records, and the verdict on them: named cases of what
 * tests/differential compares with OpenSSL, and cases that it does not cover.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <smtptls.h>

#include "../help/chain.h"
#include "x509/dane.h"
#include "x509/der.h"
#include "x509/digest.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define CERT_SIGN    GNUTLS_KEY_KEY_CERT_SIGN
#define HOST	     "mx.example.org"
#define CERTS	     3 /* leaf, authority, root */
#define RECORDS	     3

#define ROOT(...)                                                              \
	{                                                                      \
		.cn = "root", .ca = 1, .usage = CERT_SIGN, .key = 3,           \
		__VA_ARGS__                                                    \
	}
#define INNER(...)                                                             \
	{                                                                      \
		.cn = "inner", .ca = 1, .usage = CERT_SIGN, .key = 2,          \
		__VA_ARGS__                                                    \
	}
#define LEAF(...)                                                              \
	{                                                                      \
		.cn = HOST, .san = { "dns:" HOST }, .key = 1, __VA_ARGS__      \
	}
#define LEAF_CN(name)                                                          \
	{                                                                      \
		.cn = name, .key = 1                                           \
	}
#define GOOD                                                                   \
	{                                                                      \
		LEAF(), INNER(), ROOT()                                        \
	}
#define PAST .from = -9, .until = -1

#define TA   2
#define EE   3

struct row {
	const char *what;
	struct chain_spec spec[CERTS]; /* leaf first; the root is last */
	const char *shown;	       /* "01": the indices presented */
	struct {
		int usage, selector, matching;
		int of; /* which certificate; CERTS: another's */
	} record[RECORDS];
	const char *name; /* NULL: HOST */
	int error, reason;
	unsigned number, depth; /* of the match */
	int weak;
};

/* clang-format off */
static const struct row rows[] = {
	{ "3 1 1", GOOD, "01", { { EE, 1, 1, 0 } }, .number = 1 },
	{ "3 0 0", GOOD, "0", { { EE, 0, 0, 0 } }, .number = 1 },
	{ "3 0 2 beside another", GOOD, "0",
	  { { EE, 1, 1, CERTS }, { EE, 0, 2, 0 } }, .number = 2 },
	{ "of another", GOOD, "01", { { EE, 1, 1, CERTS } },
	  .error = SMTPTLS_E_CERT_TLSA, .reason = SMTPTLS_REASON_CERT_TLSA },
	{ "EE of an authority", GOOD, "01", { { EE, 0, 1, 1 } },
	  .error = SMTPTLS_E_CERT_TLSA, .reason = SMTPTLS_REASON_CERT_TLSA },
	{ "TA of the leaf", GOOD, "01", { { TA, 0, 1, 0 } },
	  .error = SMTPTLS_E_CERT_TLSA, .reason = SMTPTLS_REASON_CERT_TLSA },
	/* RFC 7671 section 5.1 */
	{ "EE, expired, for clients, another's", { LEAF(PAST,
	  .purpose = { GNUTLS_KP_TLS_WWW_CLIENT }), INNER(), ROOT() }, "0",
	  { { EE, 1, 1, 0 } }, .name = "x", .number = 1 },
	{ "EE, weak", { LEAF(.rsa_bits = 1024), INNER(), ROOT() }, "0",
	  { { EE, 1, 1, 0 } }, .number = 1, .weak = 1 },
	{ "EE, just enough", { LEAF(.rsa_bits = 2048), INNER(), ROOT() }, "0",
	  { { EE, 1, 1, 0 } }, .number = 1 },
	/* section 9 */
	{ "a wrong SHA-512 beside a right SHA-256", GOOD, "0",
	  { { EE, 1, 1, 0 }, { EE, 1, 2, CERTS } },
	  .error = SMTPTLS_E_CERT_TLSA, .reason = SMTPTLS_REASON_CERT_TLSA },
	{ "the same of another selector", GOOD, "0",
	  { { EE, 1, 1, 0 }, { EE, 0, 2, CERTS } }, .number = 1 },
	{ "the same of another usage", GOOD, "0",
	  { { EE, 1, 1, 0 }, { TA, 1, 2, CERTS } }, .number = 1 },
	{ "whole beside a wrong SHA-512", GOOD, "0",
	  { { EE, 1, 0, 0 }, { EE, 1, 2, CERTS } }, .number = 1 },
	/* anchors */
	{ "2 1 1 of an authority", GOOD, "01", { { TA, 1, 1, 1 } }, .number = 1, .depth = 1 },
	{ "2 0 1 of the root", GOOD, "012", { { TA, 0, 1, 2 } }, .number = 1, .depth = 2 },
	{ "2 0 1 of an authority in the middle", GOOD, "012",
	  { { TA, 0, 1, 1 } }, .number = 1, .depth = 1 },
	{ "in disorder", GOOD, "021", { { TA, 0, 1, 2 } }, .number = 1, .depth = 2 },
	{ "2 0 0 of one that is not sent", GOOD, "0", { { TA, 0, 0, 1 } }, .number = 1, .depth = 1 },
	{ "2 0 0 of the root that is not sent", GOOD, "01", { { TA, 0, 0, 2 } }, .number = 1, .depth = 2 },
	{ "2 0 1 of one that is not sent", GOOD, "0", { { TA, 0, 1, 1 } },
	  .error = SMTPTLS_E_CERT_TLSA, .reason = SMTPTLS_REASON_CERT_TLSA },
	{ "a bare key above the leaf", GOOD, "0", { { TA, 1, 0, 1 } }, .number = 1, .depth = 0 },
	{ "a bare key above an authority", GOOD, "01", { { TA, 1, 0, 2 } }, .number = 1, .depth = 1 },
	{ "a bare key of nobody", GOOD, "01", { { TA, 1, 0, CERTS } },
	  .error = SMTPTLS_E_CERT_TLSA, .reason = SMTPTLS_REASON_CERT_TLSA },
	{ "TA, and EE of another", GOOD, "01",
	  { { EE, 1, 1, CERTS }, { TA, 1, 1, 1 } }, .number = 2, .depth = 1 },
	/* RFC 7671 section 5.2: below the anchor, ordinary PKIX rules apply */
	{ "TA, another name", GOOD, "01", { { TA, 1, 1, 1 } }, .name = "x.example.org",
	  .error = SMTPTLS_E_CERT_NAME, .reason = SMTPTLS_REASON_CERT_NAME, .number = 1, .depth = 1 },
	{ "TA, expired", { LEAF(PAST), INNER(), ROOT() }, "01", { { TA, 1, 1, 1 } },
	  .error = SMTPTLS_E_CERT_TIME, .reason = SMTPTLS_REASON_CERT_TIME, .number = 1, .depth = 1 },
	{ "TA, expired in between", { LEAF(), INNER(PAST), ROOT() }, "01", { { TA, 0, 0, 2 } },
	  .error = SMTPTLS_E_CERT_TIME, .reason = SMTPTLS_REASON_CERT_TIME, .number = 1, .depth = 2 },
	{ "TA, the root has expired", { LEAF(), INNER(), ROOT(PAST) }, "012", { { TA, 0, 1, 2 } },
	  .error = SMTPTLS_E_CERT_TIME, .reason = SMTPTLS_REASON_CERT_TIME, .number = 1, .depth = 2 },
	{ "TA, an authority as anchor has expired", { LEAF(), INNER(PAST), ROOT() }, "012",
	  { { TA, 0, 1, 1 } }, .number = 1, .depth = 1 },
	{ "a bare key, the leaf has expired", { LEAF(PAST), INNER(), ROOT() }, "0", { { TA, 1, 0, 1 } },
	  .error = SMTPTLS_E_CERT_TIME, .reason = SMTPTLS_REASON_CERT_TIME, .number = 1, .depth = 0 },
	{ "a bare key, the leaf is for clients",
	  { LEAF(.purpose = { GNUTLS_KP_TLS_WWW_CLIENT }), INNER(), ROOT() }, "0", { { TA, 1, 0, 1 } },
	  .error = SMTPTLS_E_CERT_PURPOSE, .reason = SMTPTLS_REASON_CERT_PURPOSE, .number = 1, .depth = 0 },
	{ "a bare key, the leaf is weak", { LEAF(.rsa_bits = 1024), INNER(), ROOT() }, "0",
	  { { TA, 1, 0, 1 } },
	  .error = SMTPTLS_E_CERT_WEAK, .reason = SMTPTLS_REASON_CERT_WEAK, .number = 1, .depth = 0 },
	{ "TA, for clients", { LEAF(.purpose = { GNUTLS_KP_TLS_WWW_CLIENT }), INNER(), ROOT() }, "01",
	  { { TA, 1, 1, 1 } },
	  .error = SMTPTLS_E_CERT_PURPOSE, .reason = SMTPTLS_REASON_CERT_PURPOSE, .number = 1, .depth = 1 },
	{ "TA, the anchor is for clients",
	  { LEAF(), INNER(.purpose = { GNUTLS_KP_TLS_WWW_CLIENT }), ROOT() }, "01", { { TA, 1, 1, 1 } },
	  .error = SMTPTLS_E_CERT_PURPOSE, .reason = SMTPTLS_REASON_CERT_PURPOSE, .number = 1, .depth = 1 },
	{ "TA, the anchor is for servers too", { LEAF(),
	  INNER(.purpose = { GNUTLS_KP_TLS_WWW_CLIENT, GNUTLS_KP_TLS_WWW_SERVER }), ROOT() }, "01",
	  { { TA, 1, 1, 1 } }, .number = 1, .depth = 1 },
	{ "TA, the anchor is for all", { LEAF(), INNER(.purpose = { GNUTLS_KP_ANY }), ROOT() }, "01",
	  { { TA, 1, 1, 1 } }, .number = 1, .depth = 1 },
	{ "a bare key, the leaf is for servers",
	  { LEAF(.purpose = { GNUTLS_KP_TLS_WWW_SERVER }), INNER(), ROOT() }, "0", { { TA, 1, 0, 1 } },
	  .number = 1, .depth = 0 },
	{ "TA, a weak leaf", { LEAF(.rsa_bits = 1024), INNER(), ROOT() }, "01", { { TA, 1, 1, 1 } },
	  .error = SMTPTLS_E_CERT_WEAK, .reason = SMTPTLS_REASON_CERT_WEAK, .number = 1, .depth = 1 },
	{ "TA, a weak anchor", { LEAF(), INNER(.rsa_bits = 1024), ROOT() }, "01", { { TA, 1, 1, 1 } },
	  .error = SMTPTLS_E_CERT_WEAK, .reason = SMTPTLS_REASON_CERT_WEAK, .number = 1, .depth = 1 },
	{ "TA, SHA-1", { LEAF(.hash = GNUTLS_DIG_SHA1), INNER(), ROOT() }, "01", { { TA, 1, 1, 1 } },
	  .error = SMTPTLS_E_CERT_WEAK, .reason = SMTPTLS_REASON_CERT_WEAK, .number = 1, .depth = 1 },
	{ "TA, the anchor is no authority", { LEAF(), { .cn = "inner", .key = 2 }, ROOT() }, "01", { { TA, 1, 1, 1 } },
	  .error = SMTPTLS_E_CERT_TRUST, .reason = SMTPTLS_REASON_CERT_NOT_CA, .number = 1, .depth = 1 },
	{ "TA, the anchor is a root without basicConstraints",
	  { LEAF(), INNER(), { .cn = "root", .no_ca = 1, .key = 3 } }, "012", { { TA, 0, 1, 2 } },
	  .error = SMTPTLS_E_CERT_TRUST, .reason = SMTPTLS_REASON_CERT_NOT_CA, .number = 1, .depth = 2 },
	{ "TA, the anchor is a root of the first version",
	  { LEAF(.no_ids = 1), INNER(.no_ids = 1), ROOT(.version = 1) }, "012", { { TA, 0, 1, 2 } },
	  .number = 1, .depth = 2 },
	{ "TA, the anchor is of the first version, and no root",
	  { LEAF(.no_ids = 1), INNER(.version = 1), ROOT() }, "01", { { TA, 0, 1, 1 } },
	  .error = SMTPTLS_E_CERT_TRUST, .reason = SMTPTLS_REASON_CERT_NOT_CA, .number = 1, .depth = 1 },
	{ "TA, the anchor must not sign",
	  { LEAF(), { .cn = "inner", .ca = 1, .usage = GNUTLS_KEY_CRL_SIGN, .key = 2 }, ROOT() }, "01", { { TA, 1, 1, 1 } },
	  .error = SMTPTLS_E_CERT_TRUST, .reason = SMTPTLS_REASON_CERT_NOT_CA, .number = 1, .depth = 1 },
	{ "TA, the anchor allows none below", { LEAF(), INNER(), ROOT(.path = 1) }, "012",
	  { { TA, 0, 1, 2 } },
	  .error = SMTPTLS_E_CERT_TRUST, .reason = SMTPTLS_REASON_CERT_PATH, .number = 1, .depth = 2 },
	{ "TA, the anchor allows one below", { LEAF(), INNER(), ROOT(.path = 2) }, "012",
	  { { TA, 0, 1, 2 } }, .number = 1, .depth = 2 },
	/* GnuTLS is stricter than RFC 5280 section 4.2.1.9 */
	{ "TA, the anchor allows none, and one below has its name",
	  { LEAF(), { .cn = "root", .ca = 1, .usage = CERT_SIGN, .key = 2 }, ROOT(.path = 1) }, "012", { { TA, 0, 1, 2 } },
	  .error = SMTPTLS_E_CERT_TRUST, .reason = SMTPTLS_REASON_CERT_PATH, .number = 1, .depth = 2 },
	{ "TA, the anchor is above the leaf alone", { LEAF(), INNER(.path = 1), ROOT() }, "01",
	  { { TA, 0, 1, 1 } }, .number = 1, .depth = 1 },
	{ "a bare key, the authority below it allows none", { LEAF(), INNER(.path = 1), ROOT() }, "01",
	  { { TA, 1, 0, 2 } }, .number = 1, .depth = 1 },
	{ "TA, the anchor excludes the name", { LEAF(), INNER(.excluded = "example.org"), ROOT() }, "01",
	  { { TA, 1, 1, 1 } },
	  .error = SMTPTLS_E_CERT_TRUST, .reason = SMTPTLS_REASON_CERT_CONSTRAINT, .number = 1, .depth = 1 },
	{ "TA, the anchor permits the name", { LEAF(), INNER(.permitted = "example.org"), ROOT() }, "01",
	  { { TA, 1, 1, 1 } }, .number = 1, .depth = 1 },
	{ "TA, the anchor's constraints are none", { LEAF(), INNER(.critical = "2.5.29.30"), ROOT() },
	  "01", { { TA, 1, 1, 1 } },
	  .error = SMTPTLS_E_CERT_TRUST, .reason = SMTPTLS_REASON_CERT_CONSTRAINT, .number = 1, .depth = 1 },
	{ "TA, the root excludes the name", { LEAF(), INNER(), ROOT(.excluded = "example.org") }, "012",
	  { { TA, 0, 1, 2 } },
	  .error = SMTPTLS_E_CERT_TRUST, .reason = SMTPTLS_REASON_CERT_CONSTRAINT, .number = 1, .depth = 2 },
	{ "TA, the anchor has a critical extension", { LEAF(), INNER(.critical = "1.2.3.4.5"), ROOT() },
	  "01", { { TA, 1, 1, 1 } },
	  .error = SMTPTLS_E_CERT_TRUST, .reason = SMTPTLS_REASON_CERT_EXTENSION, .number = 1, .depth = 1 },
	{ "a bare key, the leaf has a critical extension", { LEAF(.critical = "1.2.3.4.5"), INNER(), ROOT() },
	  "0", { { TA, 1, 0, 1 } },
	  .error = SMTPTLS_E_CERT_TRUST, .reason = SMTPTLS_REASON_CERT_EXTENSION, .number = 1, .depth = 0 },
	{ "TA, a signature is wrong", { LEAF(.damaged = 1), INNER(), ROOT() }, "01", { { TA, 1, 1, 1 } },
	  .error = SMTPTLS_E_CERT_TRUST, .reason = SMTPTLS_REASON_CERT_SIGNATURE, .number = 1, .depth = 1 },
	/* RFC 7672 section 3.2.3 */
	{ "TA, the CN", { LEAF_CN(HOST), INNER(), ROOT() }, "01", { { TA, 1, 1, 1 } }, .number = 1, .depth = 1 },
	{ "TA, a wildcard CN", { LEAF_CN("*.example.org"), INNER(), ROOT() }, "01",
	  { { TA, 1, 1, 1 } }, .number = 1, .depth = 1 },
	{ "TA, another CN", { LEAF_CN("a.example.org"), INNER(), ROOT() }, "01", { { TA, 1, 1, 1 } },
	  .error = SMTPTLS_E_CERT_NAME, .reason = SMTPTLS_REASON_CERT_NAME, .number = 1, .depth = 1 },
	{ "TA, no name at all", { { .key = 1 }, INNER(), ROOT() }, "01", { { TA, 1, 1, 1 } },
	  .error = SMTPTLS_E_CERT_NAME, .reason = SMTPTLS_REASON_CERT_NO_SAN, .number = 1, .depth = 1 },
	{ "TA, the CN beside a dNSName", { { .cn = HOST, .san = { "dns:a.example.org" }, .key = 1 },
	  INNER(), ROOT() }, "01", { { TA, 1, 1, 1 } },
	  .error = SMTPTLS_E_CERT_NAME, .reason = SMTPTLS_REASON_CERT_NAME, .number = 1, .depth = 1 },
	{ "TA, the CN beside an address", { { .cn = HOST, .san = { "ip:192.0.2.1" }, .key = 1 },
	  INNER(), ROOT() }, "01", { { TA, 1, 1, 1 } }, .number = 1, .depth = 1 },
};
/* clang-format on */

struct made {
	struct chain_cert *cert[CERTS + 1];
	gnutls_datum_t shown[CERTS];
	unsigned count;
	struct stls_tlsa_set set;
};

static void add(struct stls_tlsa_set *set, const struct chain_cert *cert,
		int usage, int selector, int matching)
{
	unsigned char digest[STLS_SHA512_SIZE];
	struct stls_bytes part = { cert->der.data, cert->der.size };
	struct smtptls_tlsa record = { usage, selector, matching, digest, 0 };
	struct stls_der_parts parts;

	assert_int_equal(stls_der_parts(part.data, part.len, &parts), 0);
	if (selector == 1)
		part = parts.spki;
	if (matching == 1)
		stls_sha256(part.data, part.len, digest);
	else if (matching == 2)
		stls_sha512(part.data, part.len, digest);
	else
		record.data = part.data;
	record.data_len = matching == 1	  ? STLS_SHA256_SIZE
			  : matching == 2 ? STLS_SHA512_SIZE
					  : part.len;
	assert_int_equal(stls_tlsa_add(set, &record), 0);
}

static void make(struct made *made, const struct row *row)
{
	static const struct chain_spec other = { .cn = "other", .key = 4 };
	size_t i;

	memset(made, 0, sizeof(*made));
	for (i = CERTS; i-- > 0;)
		made->cert[i] =
			chain_issue(&row->spec[i],
				    i + 1 < CERTS ? made->cert[i + 1] : NULL);
	made->cert[CERTS] = chain_issue(&other, NULL);
	for (i = 0; row->shown[i]; i++)
		made->shown[made->count++] =
			made->cert[row->shown[i] - '0']->der;
	for (i = 0; i < RECORDS && row->record[i].usage; i++)
		add(&made->set, made->cert[row->record[i].of],
		    row->record[i].usage, row->record[i].selector,
		    row->record[i].matching);
}

static void unmake(struct made *made)
{
	size_t i;

	stls_tlsa_free(&made->set);
	for (i = 0; i <= CERTS; i++)
		chain_free(made->cert[i]);
}

static int judge(const struct made *made, const char *const *name,
		 size_t name_count, struct stls_verdict *verdict)
{
	const struct stls_peer peer = {
		.chain = made->shown,
		.count = made->count,
		.flags = GNUTLS_PROFILE_TO_VFLAGS(GNUTLS_PROFILE_MEDIUM),
		.server = 1,
		.name = name,
		.name_count = name_count,
		.bits = 112,
	};

	int ret = stls_dane_verify(&peer, &made->set, verdict);

	assert_int_equal(verdict->error, ret);
	return ret;
}

static void test_rows(void **state)
{
	struct stls_verdict verdict;
	struct made made;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		const char *name = rows[i].name ? rows[i].name : HOST;

		print_message("%s\n", rows[i].what);
		make(&made, &rows[i]);
		assert_int_equal(judge(&made, &name, 1, &verdict),
				 rows[i].error);
		assert_int_equal(verdict.reason, rows[i].reason);
		assert_int_equal(verdict.record, rows[i].number);
		assert_int_equal(verdict.depth, rows[i].depth);
		assert_int_equal(verdict.weak_key, rows[i].weak);
		unmake(&made);
	}
}

static const struct row plain = { .spec = GOOD,
				  .shown = "01",
				  .record = { { TA, 1, 1, 1 } } };

static void test_names(void **state)
{
	const char *const names[] = { "a.example.net", "example.org", HOST };
	struct stls_verdict verdict;
	struct made made;

	(void)state;
	make(&made, &plain);
	assert_int_equal(judge(&made, names, 3, &verdict), 0);
	assert_int_equal(judge(&made, names, 2, &verdict), SMTPTLS_E_CERT_NAME);
	assert_string_equal(verdict.wanted, "a.example.net");
	made.count = 0;
	assert_int_equal(judge(&made, names, 3, &verdict),
			 SMTPTLS_E_CERT_MISSING);
	unmake(&made);
}

/* A self-signed leaf, whose own bare key is its trust anchor. */
static void test_self_signed(void **state)
{
	static const struct chain_spec self = LEAF();
	const char *name = HOST;
	struct chain_cert *cert = chain_issue(&self, NULL);
	struct stls_verdict verdict;
	struct made made = { .count = 1 };

	(void)state;
	made.shown[0] = cert->der;
	add(&made.set, cert, TA, 0, 0);
	add(&made.set, cert, TA, 1, 1);
	assert_int_equal(judge(&made, &name, 1, &verdict), SMTPTLS_E_CERT_TLSA);
	/* nor if it is sent twice */
	made.shown[1] = cert->der;
	made.count = 2;
	assert_int_equal(judge(&made, &name, 1, &verdict), SMTPTLS_E_CERT_TLSA);
	made.count = 1;
	add(&made.set, cert, TA, 1, 0);
	assert_int_equal(judge(&made, &name, 1, &verdict), 0);
	assert_int_equal(verdict.record, 3);
	assert_int_equal(verdict.depth, 0);
	stls_tlsa_free(&made.set);
	chain_free(cert);
}

/*
 * Authorities of the same name, whose keys only differ in what they have
 * signed.
 */
static void test_same_name(void **state)
{
	static const struct chain_spec leaf = LEAF(.no_ids = 1);
	static const struct chain_spec specs[] = {
		{ .cn = "twin", .ca = 1, .no_ids = 1, .key = 2 },
		{ .cn = "twin", .ca = 1, .no_ids = 1, .key = 3 },
	};
	const char *name = HOST;
	struct chain_cert *twin[] = { chain_issue(&specs[0], NULL),
				      chain_issue(&specs[1], NULL) };
	struct chain_cert *cert = chain_issue(&leaf, twin[1]);
	struct stls_verdict verdict;
	struct made made = { .count = 3 };
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		made.shown[0] = cert->der;
		made.shown[1] = twin[i]->der;
		made.shown[2] = twin[1 - i]->der;
		add(&made.set, twin[0], TA, 0, 1);
		assert_int_equal(judge(&made, &name, 1, &verdict),
				 SMTPTLS_E_CERT_TLSA);
		add(&made.set, twin[1], TA, 0, 1);
		assert_int_equal(judge(&made, &name, 1, &verdict), 0);
		assert_int_equal(verdict.record, 2);
		assert_int_equal(verdict.depth, 1);
		stls_tlsa_free(&made.set);
		made.set.added = 0;
	}
	chain_free(cert);
	chain_free(twin[0]);
	chain_free(twin[1]);
}

/* An impossibly long signature matches no key. */
static void test_long_signature(void **state)
{
	static const struct row row = { .spec = GOOD,
					.shown = "0",
					.record = { { TA, 1, 0, 1 } } };
	/* ecdsa-with-SHA256, and a BIT STRING of 2100 bytes */
	static const unsigned char behind[] = { 0x30, 0x0a, 0x06, 0x08, 0x2a,
						0x86, 0x48, 0xce, 0x3d, 0x04,
						0x03, 0x02, 0x03, 0x82, 0x08,
						0x35, 0 };
	const char *name = HOST;
	struct stls_verdict verdict;
	struct stls_der_parts parts;
	unsigned char der[4096];
	struct made made;
	size_t len;

	(void)state;
	make(&made, &row);
	assert_int_equal(judge(&made, &name, 1, &verdict), 0);
	assert_int_equal(
		stls_der_parts(made.shown[0].data, made.shown[0].size, &parts),
		0);
	len = parts.tbs.len + sizeof(behind) + 2100;
	assert_true(len + 4 <= sizeof(der));
	memset(der, 0x55, sizeof(der));
	der[0] = 0x30;
	der[1] = 0x82;
	der[2] = (unsigned char)(len >> 8);
	der[3] = (unsigned char)len;
	memcpy(der + 4, parts.tbs.data, parts.tbs.len);
	memcpy(der + 4 + parts.tbs.len, behind, sizeof(behind));
	made.shown[0] = (gnutls_datum_t){ der, (unsigned)len + 4 };
	assert_int_equal(judge(&made, &name, 1, &verdict), SMTPTLS_E_CERT_TLSA);
	unmake(&made);
}

/* What a broken or long chain means for each usage. */
static void test_chains(void **state)
{
	const char *name = HOST;
	unsigned char garbage[] = "\x30\x03\x02\x01\x01";
	gnutls_datum_t many[17];
	struct stls_verdict verdict;
	struct stls_peer peer = {
		.chain = many, .server = 1, .name = &name, .name_count = 1
	};
	struct made made;
	size_t i;

	(void)state;
	make(&made, &plain);
	for (i = 0; i < COUNT(many); i++)
		many[i] = made.cert[i == 0 ? 0 : 1]->der;
	peer.count = 16;
	assert_int_equal(stls_dane_verify(&peer, &made.set, &verdict), 0);
	peer.count = 17;
	assert_int_equal(stls_dane_verify(&peer, &made.set, &verdict),
			 SMTPTLS_E_CERT_TRUST);
	assert_int_equal(verdict.reason, SMTPTLS_REASON_CERT_PATH);
	many[1] = (gnutls_datum_t){ garbage, sizeof(garbage) - 1 };
	peer.count = 3;
	assert_int_equal(stls_dane_verify(&peer, &made.set, &verdict),
			 SMTPTLS_E_CERT_TRUST);
	assert_int_equal(verdict.reason, SMTPTLS_REASON_CERT_MALFORMED);
	/* a leaf that matches needs none of the chain */
	add(&made.set, made.cert[0], EE, 1, 1);
	assert_int_equal(stls_dane_verify(&peer, &made.set, &verdict), 0);
	assert_int_equal(verdict.record, 2);
	peer.count = 17;
	assert_int_equal(stls_dane_verify(&peer, &made.set, &verdict), 0);
	many[0] = many[1];
	assert_int_equal(stls_dane_verify(&peer, &made.set, &verdict),
			 SMTPTLS_E_CERT_TRUST);
	assert_int_equal(verdict.reason, SMTPTLS_REASON_CERT_MALFORMED);
	unmake(&made);
}

/* ---- the set ---- */

static void check_add(struct stls_tlsa_set *set, int usage, int selector,
		      int matching, const void *data, size_t len, int usable)
{
	const struct smtptls_tlsa record = { usage, selector, matching, data,
					     len };
	size_t count = set->count;
	unsigned added = set->added, unusable = set->unusable;

	assert_int_equal(stls_tlsa_add(set, &record), 0);
	assert_int_equal(set->count, count + (usable ? 1u : 0u));
	assert_int_equal(set->added, added + 1);
	assert_int_equal(set->unusable, unusable + !usable);
	if (usable)
		assert_int_equal(set->usable[count].number, added + 1);
}

static void test_usable(void **state)
{
	unsigned char data[65] = { 0x30, 0x03, 0x02, 0x01, 0x01 };
	struct chain_cert *cert = chain_issue(&rows[0].spec[0], NULL);
	struct stls_tlsa_set set = { .count = 0 };
	struct stls_der_parts parts;
	unsigned char *spki;
	size_t i, len;

	(void)state;
	assert_int_equal(stls_der_parts(cert->der.data, cert->der.size, &parts),
			 0);
	check_add(&set, 0, 0, 1, data, 32, 0);
	check_add(&set, 1, 0, 1, data, 32, 0);
	check_add(&set, 3, 7, 1, data, 32, 0);
	check_add(&set, 3, 1, 9, data, 32, 0);
	check_add(&set, 3, 1, 1, data, 31, 0);
	check_add(&set, 3, 1, 2, data, 65, 0);
	check_add(&set, 3, 1, 1, NULL, 0, 0);
	check_add(&set, 3, 1, 1, data, 32, 1);
	check_add(&set, 2, 0, 2, data, 64, 1);
	/* a SEQUENCE that is neither a certificate nor a key */
	check_add(&set, 3, 0, 0, data, 5, 0);
	check_add(&set, 3, 1, 0, data, 5, 0);
	check_add(&set, 2, 0, 0, cert->der.data, cert->der.size, 1);
	check_add(&set, 2, 0, 0, cert->der.data, cert->der.size - 1, 0);
	check_add(&set, 3, 1, 0, cert->der.data, cert->der.size, 0);
	check_add(&set, 3, 1, 0, parts.spki.data, parts.spki.len, 1);
	check_add(&set, 3, 0, 0, parts.spki.data, parts.spki.len, 0);
	/* a point that is not on the curve */
	len = parts.spki.len;
	spki = malloc(len);
	assert_non_null(spki);
	memcpy(spki, parts.spki.data, len);
	spki[len - 1] ^= 1;
	check_add(&set, 2, 1, 0, spki, len, 0);
	free(spki);
	assert_true(stls_tlsa_has(&set, TA));
	assert_true(stls_tlsa_has(&set, EE));
	for (i = set.added; i < STLS_TLSA_MAX; i++)
		check_add(&set, 1, 0, 1, data, 32, 0);
	assert_int_equal(stls_tlsa_add(&set, &set.usable[0].record),
			 SMTPTLS_E_LIMIT);
	assert_int_equal(set.added, STLS_TLSA_MAX);
	stls_tlsa_free(&set);
	assert_false(stls_tlsa_has(&set, TA));
	chain_free(cert);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_self_signed),
		cmocka_unit_test(test_same_name),
		cmocka_unit_test(test_long_signature),
		cmocka_unit_test(test_chains),
		cmocka_unit_test(test_usable),
	};

	return cmocka_run_group_tests_name("dane", tests, NULL, chain_end);
}
