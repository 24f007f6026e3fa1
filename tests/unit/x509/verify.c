/* SPDX-License-Identifier: MIT */
/*
 * verify: the verdict on a peer's chain, without a handshake: each fault has
 * its error and reason, and the one reported is the first that must be fixed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include <smtptls/policy.h>

#include "../help/chain.h"
#include "reason/certificate_sentence.h"
#include "x509/verify.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define CHAIN	     4
#define CERT_SIGN    GNUTLS_KEY_KEY_CERT_SIGN
#define SERVER	     GNUTLS_KP_TLS_WWW_SERVER
#define CLIENT	     GNUTLS_KP_TLS_WWW_CLIENT
#define HOST	     "mx.example.org"

#define ROOT	     .cn = "root", .ca = 1, .usage = CERT_SIGN
#define INNER	     .cn = "inner", .ca = 1, .usage = CERT_SIGN
#define OUTER	     .cn = "outer", .ca = 1, .usage = CERT_SIGN
#define LEAF	     .cn = HOST, .san = { "dns:" HOST }

struct row {
	const char *what;
	struct chain_spec root;
	/* From below the root down to the leaf, which has a name. */
	struct chain_spec below[CHAIN];
	const char *name; /* NULL: HOST */
	int client;	  /* the peer is a client */
	int any_purpose;
	int error, reason;
	unsigned found;
};

/* The usual level: 2. */
#define FLAGS GNUTLS_PROFILE_TO_VFLAGS(GNUTLS_PROFILE_MEDIUM)

/* clang-format off */
static const struct row rows[] = {
	{ "good", { ROOT }, { { LEAF } }, .error = 0 },
	{ "with an intermediate", { ROOT }, { { INNER }, { LEAF } }, .error = 0 },
	{ "with two", { ROOT }, { { OUTER }, { INNER }, { LEAF } }, .error = 0 },
	{ "for servers", { ROOT }, { { LEAF, .purpose = { SERVER } } }, .error = 0 },
	{ "for any purpose", { ROOT }, { { LEAF, .purpose = { GNUTLS_KP_ANY } } }, .error = 0 },
	{ "for both", { ROOT }, { { LEAF, .purpose = { CLIENT, SERVER } } }, .error = 0 },
	{ "for clients", { ROOT }, { { LEAF, .purpose = { CLIENT } } },
	  .error = SMTPTLS_E_CERT_PURPOSE, .reason = SMTPTLS_REASON_CERT_PURPOSE },
	{ "for mail", { ROOT }, { { LEAF, .purpose = { GNUTLS_KP_EMAIL_PROTECTION } } },
	  .error = SMTPTLS_E_CERT_PURPOSE, .reason = SMTPTLS_REASON_CERT_PURPOSE },
	{ "an intermediate for clients", { ROOT },
	  { { INNER, .purpose = { CLIENT } }, { LEAF, .purpose = { SERVER } } },
	  .error = SMTPTLS_E_CERT_PURPOSE, .reason = SMTPTLS_REASON_CERT_PURPOSE },
	{ "a client's", { ROOT }, { { LEAF, .purpose = { CLIENT } } }, .client = 1 },
	{ "a client with a server's", { ROOT }, { { LEAF, .purpose = { SERVER } } },
	  .client = 1,
	  .error = SMTPTLS_E_CERT_PURPOSE, .reason = SMTPTLS_REASON_CERT_PURPOSE },
	{ "a client with a server's, which will do", { ROOT },
	  { { LEAF, .purpose = { SERVER } } }, .client = 1, .any_purpose = 1 },
	{ "a client with its own, where either will do", { ROOT },
	  { { LEAF, .purpose = { CLIENT } } }, .client = 1, .any_purpose = 1 },
	{ "a client with that of neither", { ROOT },
	  { { LEAF, .purpose = { GNUTLS_KP_OCSP_SIGNING } } }, .client = 1,
	  .any_purpose = 1,
	  .error = SMTPTLS_E_CERT_PURPOSE, .reason = SMTPTLS_REASON_CERT_PURPOSE },
	/* the setting is for clients only */
	{ "a server with a client's, all the same", { ROOT },
	  { { LEAF, .purpose = { CLIENT } } }, .any_purpose = 1,
	  .error = SMTPTLS_E_CERT_PURPOSE, .reason = SMTPTLS_REASON_CERT_PURPOSE },

	{ "expired", { ROOT }, { { LEAF, .from = -9, .until = -1 } },
	  .error = SMTPTLS_E_CERT_TIME, .reason = SMTPTLS_REASON_CERT_TIME },
	{ "not yet valid", { ROOT }, { { LEAF, .from = 1, .until = 9 } },
	  .error = SMTPTLS_E_CERT_TIME, .reason = SMTPTLS_REASON_CERT_TIME },
	{ "an intermediate has expired", { ROOT },
	  { { INNER, .from = -9, .until = -1 }, { LEAF } },
	  .error = SMTPTLS_E_CERT_TIME, .reason = SMTPTLS_REASON_CERT_TIME },
	{ "a short key", { ROOT }, { { LEAF, .rsa_bits = 1024 } },
	  .error = SMTPTLS_E_CERT_WEAK, .reason = SMTPTLS_REASON_CERT_WEAK },
	{ "SHA-1", { ROOT }, { { LEAF, .hash = GNUTLS_DIG_SHA1 } },
	  .error = SMTPTLS_E_CERT_WEAK, .reason = SMTPTLS_REASON_CERT_WEAK },
	{ "damaged", { ROOT }, { { LEAF, .damaged = 1 } },
	  .error = SMTPTLS_E_CERT_TRUST, .reason = SMTPTLS_REASON_CERT_SIGNATURE },
	{ "signed by what is no authority", { ROOT }, { { .cn = "inner" }, { LEAF } },
	  .error = SMTPTLS_E_CERT_TRUST, .reason = SMTPTLS_REASON_CERT_NOT_CA },
	{ "signed by what must not sign", { ROOT },
	  { { .cn = "inner", .ca = 1, .usage = GNUTLS_KEY_CRL_SIGN }, { LEAF } },
	  .error = SMTPTLS_E_CERT_TRUST, .reason = SMTPTLS_REASON_CERT_NOT_CA },
	{ "a critical extension", { ROOT }, { { LEAF, .critical = "1.2.3.4.5" } },
	  .error = SMTPTLS_E_CERT_TRUST, .reason = SMTPTLS_REASON_CERT_EXTENSION },
	{ "one of an intermediate", { ROOT },
	  { { INNER, .critical = "1.2.3.4.5" }, { LEAF } },
	  .error = SMTPTLS_E_CERT_TRUST, .reason = SMTPTLS_REASON_CERT_EXTENSION },
	{ "a path of one where none is allowed", { ROOT },
	  { { OUTER, .path = 1 }, { INNER }, { LEAF } },
	  .error = SMTPTLS_E_CERT_TRUST, .reason = SMTPTLS_REASON_CERT_PATH },
	{ "a path of one where one is allowed", { ROOT },
	  { { OUTER, .path = 2 }, { INNER }, { LEAF } }, .error = 0 },
	{ "the root allows none", { ROOT, .path = 1 }, { { INNER }, { LEAF } },
	  .error = SMTPTLS_E_CERT_TRUST, .reason = SMTPTLS_REASON_CERT_PATH },
	{ "the root allows the leaf alone", { ROOT, .path = 1 }, { { LEAF } }, .error = 0 },
	{ "permitted", { ROOT }, { { INNER, .permitted = "example.org" }, { LEAF } }, .error = 0 },
	{ "not permitted", { ROOT },
	  { { INNER, .permitted = "example.net" }, { LEAF } },
	  .error = SMTPTLS_E_CERT_TRUST, .reason = SMTPTLS_REASON_CERT_CONSTRAINT },
	{ "excluded", { ROOT }, { { INNER, .excluded = "example.org" }, { LEAF } },
	  .error = SMTPTLS_E_CERT_TRUST, .reason = SMTPTLS_REASON_CERT_CONSTRAINT },
	{ "excluded, and the path is allowed", { ROOT, .path = 2 },
	  { { INNER, .excluded = "example.org", .path = 1 }, { LEAF } },
	  .error = SMTPTLS_E_CERT_TRUST, .reason = SMTPTLS_REASON_CERT_CONSTRAINT },

	{ "no SAN", { ROOT }, { { .cn = HOST } },
	  .error = SMTPTLS_E_CERT_NAME, .reason = SMTPTLS_REASON_CERT_NO_SAN },
	{ "a SAN of mail alone", { ROOT },
	  { { .cn = HOST, .san = { "email:a@example.org" } } },
	  .error = SMTPTLS_E_CERT_NAME, .reason = SMTPTLS_REASON_CERT_NO_SAN },
	{ "the name in a URI", { ROOT },
	  { { .cn = HOST, .san = { "uri:https://" HOST } } },
	  .error = SMTPTLS_E_CERT_NAME, .reason = SMTPTLS_REASON_CERT_NO_SAN },
	{ "the CN beside another SAN", { ROOT },
	  { { .cn = HOST, .san = { "dns:mx2.example.org" } } },
	  .error = SMTPTLS_E_CERT_NAME, .reason = SMTPTLS_REASON_CERT_NAME },
	{ "the second of two", { ROOT },
	  { { .cn = "x", .san = { "dns:a.example.org", "dns:MX.Example.ORG." } } }, .error = 0 },
	{ "a wildcard", { ROOT }, { { .san = { "dns:*.example.org" } } }, .error = 0 },
	{ "a wildcard for two labels", { ROOT }, { { .san = { "dns:*.org" } } },
	  .name = "example.org",
	  .error = SMTPTLS_E_CERT_NAME, .reason = SMTPTLS_REASON_CERT_NAME },
	{ "a wildcard in a label", { ROOT }, { { .san = { "dns:m*.example.org" } } },
	  .error = SMTPTLS_E_CERT_NAME, .reason = SMTPTLS_REASON_CERT_NAME },
	{ "a NUL", { ROOT }, { { .san = { "dns:" HOST "!.example.net" } } },
	  .error = SMTPTLS_E_CERT_NAME, .reason = SMTPTLS_REASON_CERT_NAME },
	{ "a name with a dot", { ROOT }, { { LEAF } }, .name = HOST "." },
	{ "an address", { ROOT }, { { .san = { "ip:192.0.2.1" } } },
	  .name = "192.0.2.1" },
	{ "an address of IPv6", { ROOT }, { { .san = { "ip:2001:db8::1" } } },
	  .name = "2001:db8:0::1" },
	{ "an address as a dNSName", { ROOT }, { { .san = { "dns:192.0.2.1" } } },
	  .name = "192.0.2.1",
	  .error = SMTPTLS_E_CERT_NAME, .reason = SMTPTLS_REASON_CERT_NAME },
	{ "a wildcard for an address", { ROOT }, { { .san = { "dns:*.0.2.1" } } },
	  .name = "192.0.2.1",
	  .error = SMTPTLS_E_CERT_NAME, .reason = SMTPTLS_REASON_CERT_NAME },
	{ "another address", { ROOT }, { { .san = { "ip:192.0.2.2" } } },
	  .name = "192.0.2.1",
	  .error = SMTPTLS_E_CERT_NAME, .reason = SMTPTLS_REASON_CERT_NAME },

	/* What must be fixed first. */
	{ "expired, and another's", { ROOT },
	  { { .san = { "dns:a.example.org" }, .from = -9, .until = -1 } },
	  .error = SMTPTLS_E_CERT_TIME, .reason = SMTPTLS_REASON_CERT_TIME },
	{ "weak and expired", { ROOT },
	  { { LEAF, .hash = GNUTLS_DIG_SHA1, .from = -9, .until = -1 } },
	  .error = SMTPTLS_E_CERT_TIME, .reason = SMTPTLS_REASON_CERT_TIME },
	{ "weak, for clients", { ROOT },
	  { { LEAF, .rsa_bits = 1024, .purpose = { CLIENT } } },
	  .error = SMTPTLS_E_CERT_WEAK, .reason = SMTPTLS_REASON_CERT_WEAK },
	{ "revoked by a status", { ROOT }, { { LEAF } },
	  .error = SMTPTLS_E_CERT_REVOKED, .reason = SMTPTLS_REASON_CERT_REVOKED,
	  .found = GNUTLS_CERT_REVOKED | GNUTLS_CERT_INVALID },
	{ "without a status", { ROOT }, { { LEAF } },
	  .error = SMTPTLS_E_CERT_TRUST, .reason = SMTPTLS_REASON_CERT_STATUS,
	  .found = GNUTLS_CERT_MISSING_OCSP_STATUS },
	{ "with a wrong status", { ROOT }, { { LEAF } },
	  .error = SMTPTLS_E_CERT_TRUST, .reason = SMTPTLS_REASON_CERT_STATUS,
	  .found = GNUTLS_CERT_INVALID_OCSP_STATUS },
	{ "weak by the session's profile", { ROOT }, { { LEAF } },
	  .error = SMTPTLS_E_CERT_WEAK, .reason = SMTPTLS_REASON_CERT_WEAK,
	  .found = GNUTLS_CERT_INSECURE_ALGORITHM },
};
/* clang-format on */

/* The certificates of a row, root first, and what trusts the root. */
struct made {
	struct chain_cert *cert[CHAIN + 1];
	unsigned count;
	gnutls_x509_trust_list_t trust;
	gnutls_datum_t der[CHAIN];
};

static void make(struct made *made, const struct row *row)
{
	unsigned i;

	memset(made, 0, sizeof(*made));
	made->cert[made->count++] = chain_issue(&row->root, NULL);
	for (i = 0; i < CHAIN && (row->below[i].cn || row->below[i].san[0]);
	     i++) {
		made->cert[made->count] = chain_issue(
			&row->below[i], made->cert[made->count - 1]);
		made->count++;
	}
	/* the leaf comes first, the root is not sent */
	for (i = 0; i + 1 < made->count; i++)
		made->der[i] = made->cert[made->count - 1 - i]->der;
	assert_int_equal(gnutls_x509_trust_list_init(&made->trust, 0), 0);
	assert_int_equal(gnutls_x509_trust_list_add_trust_mem(
				 made->trust, &made->cert[0]->der, NULL,
				 GNUTLS_X509_FMT_DER, 0, 0),
			 1);
}

static void unmake(struct made *made)
{
	gnutls_x509_trust_list_deinit(made->trust, 1);
	while (made->count > 0)
		chain_free(made->cert[--made->count]);
}

static struct stls_peer peer_of(const struct made *made,
				const char *const *name)
{
	return (struct stls_peer){ .chain = made->der,
				   .count = made->count - 1,
				   .trust = made->trust,
				   .flags = FLAGS,
				   .server = 1,
				   .name = name,
				   .name_count = 1 };
}

static void test_verdicts(void **state)
{
	struct stls_verdict verdict;
	struct stls_peer peer;
	struct made made;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		const char *name = rows[i].name ? rows[i].name : HOST;

		print_message("%s\n", rows[i].what);
		make(&made, &rows[i]);
		peer = peer_of(&made, &name);
		peer.server = !rows[i].client;
		peer.any_purpose = rows[i].any_purpose;
		peer.found = rows[i].found;
		assert_int_equal(stls_verify(&peer, &verdict), rows[i].error);
		assert_int_equal(verdict.error, rows[i].error);
		assert_int_equal(verdict.reason, rows[i].reason);
		/*
		 * if names are not verified, a wrong name is no fault, and
		 * nothing else changes
		 */
		peer.name_count = 0;
		assert_int_equal(stls_verify(&peer, &verdict),
				 rows[i].error == SMTPTLS_E_CERT_NAME
					 ? 0
					 : rows[i].error);
		unmake(&made);
	}
}

static const struct row plain = { .what = "",
				  .root = { ROOT },
				  .below = { { INNER }, { LEAF } } };

static void test_chains(void **state)
{
	const char *name = HOST;
	struct stls_verdict verdict;
	struct stls_peer peer;
	gnutls_datum_t many[17], bad[2];
	unsigned char garbage[] = "\x30\x03\x02\x01\x01";
	struct made made;
	size_t i;

	(void)state;
	make(&made, &plain);
	peer = peer_of(&made, &name);
	assert_int_equal(stls_verify(&peer, &verdict), 0);
	/* the intermediate is missing */
	peer.count = 1;
	assert_int_equal(stls_verify(&peer, &verdict), SMTPTLS_E_CERT_TRUST);
	assert_int_equal(verdict.reason, SMTPTLS_REASON_CERT_TRUST);
	peer.count = 0;
	assert_int_equal(stls_verify(&peer, &verdict), SMTPTLS_E_CERT_MISSING);
	assert_int_equal(verdict.reason, SMTPTLS_REASON_CERT_MISSING);
	/* with certificates that do not belong there, up to 16 */
	for (i = 0; i < COUNT(many); i++)
		many[i] = made.der[i == 0 ? 0 : 1];
	peer.chain = many;
	peer.count = 16;
	assert_int_equal(stls_verify(&peer, &verdict), 0);
	peer.count = 17;
	assert_int_equal(stls_verify(&peer, &verdict), SMTPTLS_E_CERT_TRUST);
	assert_int_equal(verdict.reason, SMTPTLS_REASON_CERT_PATH);
	/* not a certificate */
	bad[0] = made.der[0];
	bad[1] = (gnutls_datum_t){ garbage, sizeof(garbage) - 1 };
	peer.chain = bad;
	peer.count = 2;
	assert_int_equal(stls_verify(&peer, &verdict), SMTPTLS_E_CERT_TRUST);
	assert_int_equal(verdict.reason, SMTPTLS_REASON_CERT_MALFORMED);
	unmake(&made);
}

static void test_several_names(void **state)
{
	const char *const names[] = { "mx2.example.org", "192.0.2.1", HOST };
	struct stls_verdict verdict;
	struct stls_peer peer;
	struct made made;

	(void)state;
	make(&made, &plain);
	peer = peer_of(&made, names);
	peer.name_count = 3;
	assert_int_equal(stls_verify(&peer, &verdict), 0);
	peer.name_count = 2;
	assert_int_equal(stls_verify(&peer, &verdict), SMTPTLS_E_CERT_NAME);
	assert_string_equal(verdict.wanted, "mx2.example.org");
	unmake(&made);
}

/* A name is shown if at least eight bytes are left for it. */
static void test_names_shown(void **state)
{
	static const struct {
		struct row row;
		const char *shown;
	} cases[] = {
#define A32 "a-name-of-thirty-two-bytes.test."
		{ { .root = { ROOT },
		    .below = { { .san = { "dns:" A32 "example.org",
					  "dns:" A32 "example",
					  "dns:c.test" } } } },
		  "\"" A32 "example.org\", \"" A32 "example\"" },
		{ { .root = { ROOT },
		    .below = { { .san = { "dns:" A32 "example.org",
					  "dns:" A32 "exampl",
					  "dns:c.test" } } } },
		  "\"" A32 "example.org\", \"" A32 "exampl\", \"c.tes" },
#undef A32
	};
	const char *name = HOST;
	struct stls_verdict verdict;
	struct stls_peer peer;
	struct made made;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		make(&made, &cases[i].row);
		peer = peer_of(&made, &name);
		assert_int_equal(stls_verify(&peer, &verdict),
				 SMTPTLS_E_CERT_NAME);
		assert_string_equal(verdict.names, cases[i].shown);
		unmake(&made);
	}
}

static void test_revocation(void **state)
{
	const char *name = HOST;
	struct stls_verdict verdict;
	struct stls_peer peer;
	gnutls_x509_crl_t crl;
	gnutls_datum_t der;
	struct made made;
	time_t now = time(NULL);

	(void)state;
	make(&made, &plain);
	assert_int_equal(gnutls_x509_crl_init(&crl), 0);
	assert_int_equal(gnutls_x509_crl_set_version(crl, 2), 0);
	assert_int_equal(
		gnutls_x509_crl_set_crt(crl, made.cert[2]->crt, now - 60), 0);
	assert_int_equal(gnutls_x509_crl_set_this_update(crl, now - 60), 0);
	assert_int_equal(gnutls_x509_crl_set_next_update(crl, now + 3600), 0);
	assert_int_equal(gnutls_x509_crl_set_number(crl, "\1", 1), 0);
	assert_int_equal(gnutls_x509_crl_sign2(crl, made.cert[1]->crt,
					       made.cert[1]->key,
					       GNUTLS_DIG_SHA256, 0),
			 0);
	assert_int_equal(
		gnutls_x509_crl_export2(crl, GNUTLS_X509_FMT_DER, &der), 0);
	gnutls_x509_crl_deinit(crl);
	assert_int_equal(
		gnutls_x509_trust_list_add_trust_mem(made.trust, NULL, &der,
						     GNUTLS_X509_FMT_DER, 0, 0),
		1);
	gnutls_free(der.data);
	peer = peer_of(&made, &name);
	assert_int_equal(stls_verify(&peer, &verdict), SMTPTLS_E_CERT_REVOKED);
	assert_int_equal(verdict.reason, SMTPTLS_REASON_CERT_REVOKED);
	unmake(&made);
}

/* Check the sentence on a leaf, as a client words it. */
static void check_sentence(const struct chain_spec *leaf, const char *name,
			   const char *sentence)
{
	struct row row = { .what = "", .root = { ROOT } };
	struct stls_verdict verdict;
	struct stls_peer peer;
	struct stls_end end = { .verdict = &verdict };
	struct made made;
	char text[256];

	row.below[0] = *leaf;
	make(&made, &row);
	peer = peer_of(&made, &name);
	assert_int_equal(stls_verify(&peer, &verdict), SMTPTLS_E_CERT_NAME);
	end.reason = verdict.reason;
	stls_certificate_write(&end, text, sizeof(text));
	assert_string_equal(text, sentence);
	unmake(&made);
}

static void test_sentences(void **state)
{
	const struct chain_spec none = { .cn = HOST };
	const struct chain_spec two = {
		.cn = "x", .san = { "dns:A.example.org", "ip:192.0.2.1" }
	};
	const struct chain_spec many = { .san = { "dns:a", "ip:2001:db8::1",
						  "dns:*.c\n", "dns:d" } };
	const struct chain_spec more = { .san = { "dns:a", "dns:b", "dns:c",
						  "dns:d", "dns:e" } };
	const struct chain_spec one = { .san = {
						"dns:a-name-of-more-than-forty-"
						"bytes.is.example.org" } };

	(void)state;
	check_sentence(&none, HOST,
		       "peer's certificate has no SAN; its CN is ignored: have "
		       "it issued for \"mx.example.org\" as a SAN");
	check_sentence(&two, HOST,
		       "peer's certificate is for \"A.example.org\", "
		       "\"192.0.2.1\", not for \"mx.example.org\": have it "
		       "issued for that, or ask for one of those");
	check_sentence(&many, HOST,
		       "peer's certificate is for \"a\", \"2001:db8::1\", "
		       "\"*.c\\x0a\", ..., not for \"mx.example.org\": have it "
		       "issued for that, or ask for one of those");
	check_sentence(&more, HOST,
		       "peer's certificate is for \"a\", \"b\", \"c\", ..., "
		       "not for \"mx.example.org\": have it issued for that, "
		       "or ask for one of those");
	check_sentence(&one, HOST,
		       "peer's certificate is for "
		       "\"a-name-of-more-than-forty-bytes.is.examp...\", "
		       "not for \"mx.example.org\": have it "
		       "issued for that, or ask for one of those");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_chains),
		cmocka_unit_test(test_several_names),
		cmocka_unit_test(test_names_shown),
		cmocka_unit_test(test_revocation),
		cmocka_unit_test(test_sentences),
	};

	return cmocka_run_group_tests_name("verify", tests, NULL, chain_end);
}
