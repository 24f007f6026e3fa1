/* SPDX-License-Identifier: MIT */
/*
 * explain: what is added to a verdict for its sentence: the weakest part of a
 * chain, whose certificate is at its end, which authorities were requested, and
 * whether a client's certificate would be accepted as a server's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <smtptls.h>

#include "../help/chain.h"
#include "x509/explain.h"
#include "x509/verify.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define CERT_SIGN    GNUTLS_KEY_KEY_CERT_SIGN
#define ROOT	     .cn = "root", .ca = 1, .usage = CERT_SIGN
#define INNER	     .cn = "inner", .ca = 1, .usage = CERT_SIGN

static const struct chain_spec root_spec = { ROOT };

/* A client's chain of at most two certificates, and who is trusted. */
struct made {
	struct chain_cert *root, *inner, *leaf;
	gnutls_x509_trust_list_t trust;
	gnutls_datum_t der[2];
	struct stls_peer peer;
	struct stls_verdict verdict;
};

static void make(struct made *made, const struct chain_spec *root,
		 const struct chain_spec *inner, const struct chain_spec *leaf)
{
	memset(made, 0, sizeof(*made));
	made->root = chain_issue(root, NULL);
	if (inner)
		made->inner = chain_issue(inner, made->root);
	made->leaf = chain_issue(leaf, inner ? made->inner : made->root);
	made->der[0] = made->leaf->der;
	if (inner)
		made->der[1] = made->inner->der;
	assert_int_equal(gnutls_x509_trust_list_init(&made->trust, 0), 0);
	made->peer.chain = made->der;
	made->peer.count = inner ? 2 : 1;
	made->peer.trust = made->trust;
	made->peer.flags = GNUTLS_PROFILE_TO_VFLAGS(GNUTLS_PROFILE_MEDIUM);
	made->peer.bits = 112;
}

static void trust(struct made *made, const struct chain_cert *cert)
{
	assert_int_equal(gnutls_x509_trust_list_add_trust_mem(
				 made->trust, &cert->der, NULL,
				 GNUTLS_X509_FMT_DER, 0, 0),
			 1);
}

static void unmake(struct made *made)
{
	gnutls_x509_trust_list_deinit(made->trust, 1);
	chain_free(made->leaf);
	chain_free(made->inner);
	chain_free(made->root);
}

/* ---- the weakest ---- */

static void weakest(void **state)
{
	static const struct {
		struct chain_spec root, inner, leaf;
		int bits;
		unsigned depth, length;
		const char *kind;
	} rows[] = {
		{ { ROOT },
		  { INNER },
		  { .cn = "a", .rsa_bits = 1024 },
		  80,
		  0,
		  1024,
		  "RSA" },
		{ { ROOT },
		  { INNER },
		  { .cn = "a", .hash = GNUTLS_DIG_SHA1 },
		  64,
		  0,
		  0,
		  "SHA1" },
		{ { ROOT },
		  { INNER, .hash = GNUTLS_DIG_SHA1 },
		  { .cn = "a" },
		  64,
		  1,
		  0,
		  "SHA1" },
		/* SHA-1 is weaker than 1024 bits */
		{ { ROOT },
		  { INNER, .hash = GNUTLS_DIG_SHA1 },
		  { .cn = "a", .rsa_bits = 1024 },
		  64,
		  1,
		  0,
		  "SHA1" },
		{ { ROOT },
		  { INNER, .rsa_bits = 1024 },
		  { .cn = "a" },
		  80,
		  1,
		  1024,
		  "RSA" },
		/* the trusted certificate's own signature does not count */
		{ { ROOT, .rsa_bits = 1024, .hash = GNUTLS_DIG_SHA1 },
		  { INNER },
		  { .cn = "a" },
		  80,
		  2,
		  1024,
		  "RSA" },
	};
	struct made made;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		make(&made, &rows[i].root, &rows[i].inner, &rows[i].leaf);
		trust(&made, made.root);
		assert_int_equal(stls_verify(&made.peer, &made.verdict),
				 SMTPTLS_E_CERT_WEAK);
		assert_int_equal(made.verdict.weak_bits, rows[i].bits);
		assert_int_equal(made.verdict.weak_depth, rows[i].depth);
		assert_int_equal(made.verdict.weak_length, rows[i].length);
		assert_string_equal(made.verdict.weak_kind, rows[i].kind);
		unmake(&made);
	}
	/* GnuTLS reports it, and the key sizes do not show it */
	make(&made, &root_spec, NULL,
	     &(struct chain_spec){ .cn = "a", .rsa_bits = 2048 });
	trust(&made, made.root);
	made.peer.found = GNUTLS_CERT_INSECURE_ALGORITHM;
	assert_int_equal(stls_verify(&made.peer, &made.verdict),
			 SMTPTLS_E_CERT_WEAK);
	assert_int_equal(made.verdict.weak_bits, -1);
	unmake(&made);
}

static void weakest_of_pins(void **state)
{
	const struct chain_spec leaf = { .cn = "a", .rsa_bits = 1024 };
	struct stls_pins pins = { 0 };
	unsigned char digest[32];
	struct made made;

	(void)state;
	make(&made, &root_spec, NULL, &leaf);
	stls_sha256(made.der[0].data, made.der[0].size, digest);
	assert_int_equal(
		stls_pins_add(&pins, SMTPTLS_PIN_CERT, digest, sizeof(digest)),
		0);
	made.peer.pins = &pins;
	assert_int_equal(stls_verify_pins(&made.peer, &made.verdict),
			 SMTPTLS_E_CERT_WEAK);
	assert_int_equal(made.verdict.weak_length, 1024);
	stls_pins_free(&pins);
	unmake(&made);
}

/* ---- authorities ---- */

static void check_end(struct made *made, const char *names, int issuer)
{
	assert_int_equal(stls_verify(&made->peer, &made->verdict),
			 SMTPTLS_E_CERT_TRUST);
	assert_int_equal(made->verdict.reason, SMTPTLS_REASON_CERT_TRUST);
	assert_string_equal(made->verdict.names, names);
	assert_int_equal(made->verdict.issuer, issuer);
}

static void end_of_chain(void **state)
{
	const struct chain_spec inner = { INNER }, leaf = { .cn = "a" };
	const struct chain_spec wordy = {
		.cn = "an authority whose name is longer than what is shown",
		.ca = 1,
		.usage = CERT_SIGN
	};
	struct made made;

	(void)state;
	make(&made, &root_spec, &inner, &leaf);
	check_end(&made, "\"CN=root\"", 1);
	made.peer.count = 1;
	check_end(&made, "\"CN=inner\"", 1);
	/* in the wrong order, with a root that is not this chain's */
	made.peer.count = 2;
	made.der[1] = made.root->der;
	check_end(&made, "\"CN=inner\"", 1);
	unmake(&made);
	make(&made, &root_spec, NULL, &leaf);
	made.peer.count = 2;
	made.der[1] = made.root->der;
	check_end(&made, "\"CN=root\"", 0);
	made.der[0] = made.root->der;
	check_end(&made, "\"CN=root\"", 0);
	unmake(&made);
	make(&made, &wordy, NULL, &leaf);
	check_end(&made, "\"CN=an authority whose name is longer than wh...\"",
		  1);
	unmake(&made);
}

/* Two authorities that have issued each other's certificates: no end. */
static void round_in_circles(void **state)
{
	const struct chain_spec a = { .cn = "a", .ca = 1, .usage = CERT_SIGN },
				b = { .cn = "b", .ca = 1, .usage = CERT_SIGN };
	struct chain_cert *first = chain_issue(&a, NULL),
			  *b_by_a = chain_issue(&b, first),
			  *a_by_b = chain_issue(&a, b_by_a);
	struct stls_chain chain = { { a_by_b->crt, b_by_a->crt }, 2 };
	struct stls_verdict verdict = { 0 };

	(void)state;
	stls_explain_trust(&verdict, &chain);
	assert_true(verdict.issuer);
	assert_int_equal(strlen(verdict.names), strlen("\"CN=a\""));
	chain_free(a_by_b);
	chain_free(b_by_a);
	chain_free(first);
}

static void asked_for(void **state)
{
	static const char *const expected[] = { "", "\"CN=a1\"",
						"\"CN=a1\", \"CN=a2\"",
						"\"CN=a1\", \"CN=a2\", ...",
						"\"CN=a1\", \"CN=a2\", ..." };
	static const char *const names[] = { "a1", "a2", "a3", "a4" };
	struct chain_cert *cert[COUNT(names)], *nameless;
	struct stls_peer peer = { .count = 0 };
	struct stls_verdict verdict;
	gnutls_x509_trust_list_t list;
	size_t i, j;
	unsigned left;

	(void)state;
	nameless = chain_issue(
		&(struct chain_spec){ .ca = 1, .usage = CERT_SIGN }, NULL);
	for (i = 0; i < COUNT(expected); i++) {
		assert_int_equal(gnutls_x509_trust_list_init(&list, 0), 0);
		/* one without a name is skipped, wherever it is */
		assert_int_equal(gnutls_x509_trust_list_add_trust_mem(
					 list, &nameless->der, NULL,
					 GNUTLS_X509_FMT_DER, 0, 0),
				 1);
		for (j = 0; j < i; j++) {
			cert[j] = chain_issue(
				&(struct chain_spec){ .cn = names[j],
						      .ca = 1,
						      .usage = CERT_SIGN },
				NULL);
			assert_int_equal(gnutls_x509_trust_list_add_trust_mem(
						 list, &cert[j]->der, NULL,
						 GNUTLS_X509_FMT_DER, 0, 0),
					 1);
		}
		peer.trust = list;
		peer.server = 0;
		assert_int_equal(stls_verify(&peer, &verdict),
				 SMTPTLS_E_CERT_MISSING);
		/* the list has its own order */
		assert_int_equal(strlen(verdict.names), strlen(expected[i]));
		for (left = 0, j = 0; j < i; j++)
			left += strstr(verdict.names, names[j]) != NULL;
		assert_int_equal(left, i < 2 ? i : 2);
		/* a server is not asked for a certificate */
		peer.server = 1;
		assert_int_equal(stls_verify(&peer, &verdict),
				 SMTPTLS_E_CERT_MISSING);
		assert_string_equal(verdict.names, "");
		gnutls_x509_trust_list_deinit(list, 1);
		for (j = 0; j < i; j++)
			chain_free(cert[j]);
	}
	chain_free(nameless);
}

/* ---- purposes ---- */

static void purposes(void **state)
{
	static const struct {
		const char *purpose;
		int server, any, for_servers;
	} rows[] = {
		{ GNUTLS_KP_TLS_WWW_SERVER, 0, 0, 1 },
		{ GNUTLS_KP_EMAIL_PROTECTION, 0, 0, 0 },
		{ GNUTLS_KP_EMAIL_PROTECTION, 0, 1, 0 },
		{ GNUTLS_KP_TLS_WWW_CLIENT, 1, 0, 0 },
	};
	struct made made;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		make(&made, &root_spec, NULL,
		     &(struct chain_spec){ .cn = "a",
					   .purpose = { rows[i].purpose } });
		trust(&made, made.root);
		made.peer.server = rows[i].server;
		made.peer.any_purpose = rows[i].any;
		assert_int_equal(stls_verify(&made.peer, &made.verdict),
				 SMTPTLS_E_CERT_PURPOSE);
		assert_int_equal(made.verdict.for_servers, rows[i].for_servers);
		unmake(&made);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(weakest),
		cmocka_unit_test(weakest_of_pins),
		cmocka_unit_test(end_of_chain),
		cmocka_unit_test(round_in_circles),
		cmocka_unit_test(asked_for),
		cmocka_unit_test(purposes),
	};

	return cmocka_run_group_tests(tests, NULL, chain_end);
}
