/* SPDX-License-Identifier: MIT */
/*
 * own_shown: what a peer may object to in the certificate that it was shown:
 * each fault, and none where everything is right.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <smtptls.h>

#include "../help/chain.h"
#include "x509/own_shown.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define CERT_SIGN    GNUTLS_KEY_KEY_CERT_SIGN
#define HOST	     "mx.example.org"
#define LEAF	     .cn = "x", .san = { "dns:" HOST }

/*
 * The issuer: none (self-signed), trusted here, sent, sent as an intermediate,
 * or neither sent nor trusted.
 */
enum above { NOBODY, KNOWN, SENT, SENT_INNER, UNKNOWN };

struct row {
	struct chain_spec leaf;
	enum above above;
	const char *asked;
	int client; /* this side is the client */
	unsigned faults;
	const char *authority, *date;
};

/* RFC 7633: the feature status_request */
#define MUST_STAPLE "1.3.6.1.5.5.7.1.24"

static const struct row rows[] = {
	{ { LEAF }, KNOWN, HOST, 0, 0, "CN=root", NULL },
	{ { LEAF }, KNOWN, NULL, 0, 0, "CN=root", NULL },
	{ { LEAF }, KNOWN, "MX.Example.ORG", 0, 0, "CN=root", NULL },
	{ { LEAF }, SENT, HOST, 0, 0, "CN=root", NULL },
	{ { LEAF }, SENT_INNER, HOST, 0, 0, "CN=root", NULL },
	{ { LEAF }, UNKNOWN, HOST, 0, STLS_SHOWN_ALONE, "CN=root", NULL },
	{ { LEAF }, NOBODY, HOST, 0, STLS_SHOWN_SELF, "CN=x", NULL },
	{ { LEAF },
	  KNOWN,
	  "a.example.org",
	  0,
	  STLS_SHOWN_NAME,
	  "CN=root",
	  NULL },
	{ { LEAF }, KNOWN, "\xff", 0, STLS_SHOWN_NAME, "CN=root", NULL },
	/* a client is not asked for a name */
	{ { LEAF }, KNOWN, "a.example.org", 1, 0, "CN=root", NULL },
	{ { LEAF, .from = -9, .until = -1 },
	  KNOWN,
	  HOST,
	  0,
	  STLS_SHOWN_EXPIRED,
	  "CN=root",
	  "" },
	{ { LEAF, .from = 1, .until = 9 },
	  KNOWN,
	  HOST,
	  0,
	  STLS_SHOWN_EARLY,
	  "CN=root",
	  "" },
	{ { .cn = HOST }, KNOWN, HOST, 0, STLS_SHOWN_NO_SAN, "CN=root", NULL },
	{ { .cn = HOST }, KNOWN, NULL, 1, 0, "CN=root", NULL },
	{ { LEAF, .purpose = { GNUTLS_KP_TLS_WWW_CLIENT } },
	  KNOWN,
	  HOST,
	  0,
	  STLS_SHOWN_CLIENTS,
	  "CN=root",
	  NULL },
	{ { LEAF, .purpose = { GNUTLS_KP_TLS_WWW_CLIENT } },
	  KNOWN,
	  NULL,
	  1,
	  0,
	  "CN=root",
	  NULL },
	{ { LEAF, .rsa_bits = 1024 },
	  KNOWN,
	  HOST,
	  0,
	  STLS_SHOWN_SHORT,
	  "CN=root",
	  NULL },
	{ { LEAF, .rsa_bits = 2048 }, KNOWN, HOST, 0, 0, "CN=root", NULL },
	{ { LEAF, .hash = GNUTLS_DIG_SHA1 },
	  KNOWN,
	  HOST,
	  0,
	  STLS_SHOWN_HASH,
	  "CN=root",
	  NULL },
	{ { LEAF, .critical = MUST_STAPLE },
	  KNOWN,
	  HOST,
	  0,
	  STLS_SHOWN_STATUS,
	  "CN=root",
	  NULL },
	{ { LEAF, .critical = MUST_STAPLE },
	  KNOWN,
	  NULL,
	  1,
	  0,
	  "CN=root",
	  NULL },
	{ { LEAF, .from = -9, .until = -1, .hash = GNUTLS_DIG_SHA1 },
	  UNKNOWN,
	  "b.example.org",
	  0,
	  STLS_SHOWN_EXPIRED | STLS_SHOWN_HASH | STLS_SHOWN_ALONE |
		  STLS_SHOWN_NAME,
	  "CN=root",
	  "" },
};

/* A status is sent until `status_until`. */
static void look(const struct row *row, time_t status_until,
		 struct stls_shown *shown)
{
	const struct chain_spec root_spec = { .cn = "root",
					      .ca = 1,
					      .usage = CERT_SIGN };
	const struct chain_spec inner_spec = { .cn = "inner",
					       .ca = 1,
					       .usage = CERT_SIGN };
	struct chain_cert *root = chain_issue(&root_spec, NULL), *leaf,
			  *inner = chain_issue(&inner_spec, root);
	gnutls_certificate_credentials_t credentials;
	struct stls_own_certificates own = { 0 };
	struct stls_bytes asked = { (const unsigned char *)row->asked,
				    row->asked ? strlen(row->asked) : 0 };
	gnutls_x509_trust_list_t trust;
	gnutls_x509_crt_t list[2];
	int count = row->above == SENT || row->above == SENT_INNER ? 2 : 1;

	leaf = chain_issue(&row->leaf, row->above == NOBODY	  ? NULL
				       : row->above == SENT_INNER ? inner
								  : root);
	list[0] = leaf->crt;
	list[1] = row->above == SENT ? root->crt : inner->crt;
	assert_int_equal(gnutls_certificate_allocate_credentials(&credentials),
			 0);
	assert_true(gnutls_certificate_set_x509_key(credentials, list, count,
						    leaf->key) >= 0);
	if (row->above == KNOWN)
		assert_true(gnutls_certificate_set_x509_trust_mem(
				    credentials, &root->der,
				    GNUTLS_X509_FMT_DER) == 1);
	gnutls_certificate_get_trust_list(credentials, &trust);
	assert_int_equal(stls_own_certificates_read(&own, credentials, trust),
			 0);
	own.cert[0].staple.until = status_until;
	stls_own_shown(shown, &own, credentials, &leaf->der, !row->client,
		       row->asked ? &asked : NULL, time(NULL));
	stls_own_certificates_free(&own);
	gnutls_certificate_free_credentials(credentials);
	chain_free(leaf);
	chain_free(inner);
	chain_free(root);
}

static void faults(void **state)
{
	struct stls_shown shown;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		print_message("row %zu\n", i);
		look(&rows[i], 0, &shown);
		assert_int_equal(shown.faults, rows[i].faults);
		assert_string_equal(shown.authority, rows[i].authority);
		assert_true(shown.key != 0);
		assert_false(shown.among);
		assert_int_equal(shown.bits, rows[i].leaf.rsa_bits);
		if (shown.faults & STLS_SHOWN_HASH)
			assert_string_equal(shown.hash, "SHA-1");
		if (rows[i].date)
			assert_int_equal(strlen(shown.date), 10);
		else
			assert_string_equal(shown.date, "1970-01-01");
	}
}

static void status(void **state)
{
	const struct row row = {
		{ LEAF, .critical = MUST_STAPLE }, KNOWN, HOST, 0, 0, NULL, NULL
	};
	struct stls_shown shown;

	(void)state;
	look(&row, time(NULL) + 3600, &shown);
	assert_int_equal(shown.faults, 0);
	look(&row, time(NULL) - 1, &shown);
	assert_int_equal(shown.faults, STLS_SHOWN_STATUS);
}

/* The first and the last second are valid. */
static void to_the_second(void **state)
{
	const struct chain_spec spec = { LEAF };
	struct chain_cert *leaf = chain_issue(&spec, NULL);
	gnutls_certificate_credentials_t credentials;
	struct stls_own_certificates own = { 0 };
	const unsigned both = STLS_SHOWN_EARLY | STLS_SHOWN_EXPIRED;
	struct stls_shown shown;
	time_t from, until;
	int i;

	(void)state;
	assert_int_equal(gnutls_certificate_allocate_credentials(&credentials),
			 0);
	assert_true(gnutls_certificate_set_x509_key(credentials, &leaf->crt, 1,
						    leaf->key) >= 0);
	assert_int_equal(stls_own_certificates_read(&own, credentials, NULL),
			 0);
	from = own.cert[0].chain.from;
	until = own.cert[0].chain.until;
	for (i = 0; i < 2; i++) {
		stls_own_shown(&shown, &own, credentials, &leaf->der, 1, NULL,
			       from - i);
		assert_int_equal(shown.faults & both, i ? STLS_SHOWN_EARLY : 0);
		stls_own_shown(&shown, &own, credentials, &leaf->der, 1, NULL,
			       until + i);
		assert_int_equal(shown.faults & both,
				 i ? STLS_SHOWN_EXPIRED : 0);
	}
	stls_own_certificates_free(&own);
	gnutls_certificate_free_credentials(credentials);
	chain_free(leaf);
}

/* GnuTLS uses the first RSA certificate, and DH parameters are for its key. */
static void first_rsa_key(void **state)
{
	static const unsigned orders[][2] = { { 1024, 2048 }, { 2048, 1024 } };
	gnutls_certificate_credentials_t credentials;
	struct stls_own_certificates own = { 0 };
	struct chain_cert *leaf;
	size_t i, j;

	(void)state;
	for (i = 0; i < 2; i++) {
		assert_int_equal(
			gnutls_certificate_allocate_credentials(&credentials),
			0);
		for (j = 0; j < 2; j++) {
			const struct chain_spec spec = {
				LEAF, .rsa_bits = (int)orders[i][j]
			};

			leaf = chain_issue(&spec, NULL);
			assert_true(gnutls_certificate_set_x509_key(
					    credentials, &leaf->crt, 1,
					    leaf->key) >= 0);
			chain_free(leaf);
		}
		assert_int_equal(
			stls_own_certificates_read(&own, credentials, NULL), 0);
		assert_int_equal(own.count, 2);
		assert_int_equal(own.rsa_bits, orders[i][0]);
		stls_own_certificates_free(&own);
		gnutls_certificate_free_credentials(credentials);
	}
}

/* Nothing is reported about a certificate that is not in the credentials. */
static void stranger(void **state)
{
	const struct chain_spec spec = { LEAF };
	struct chain_cert *a = chain_issue(&spec, NULL),
			  *b = chain_issue(&spec, NULL);
	gnutls_certificate_credentials_t credentials;
	struct stls_own_certificates own = { 0 };
	struct stls_shown shown, zeros;

	(void)state;
	memset(&zeros, 0, sizeof(zeros));
	assert_int_equal(gnutls_certificate_allocate_credentials(&credentials),
			 0);
	assert_true(gnutls_certificate_set_x509_key(credentials, &a->crt, 1,
						    a->key) >= 0);
	assert_int_equal(stls_own_certificates_read(&own, credentials, NULL),
			 0);
	memset(&shown, 0x55, sizeof(shown));
	stls_own_shown(&shown, &own, credentials, &b->der, 1, NULL, time(NULL));
	assert_memory_equal(&shown, &zeros, sizeof(shown));
	/* nor if they were changed after they were read */
	stls_own_certificates_free(&own);
	stls_own_shown(&shown, &own, credentials, &a->der, 1, NULL, time(NULL));
	assert_memory_equal(&shown, &zeros, sizeof(shown));
	gnutls_certificate_free_credentials(credentials);
	chain_free(b);
	chain_free(a);
}

/*
 * Too long a subject is shown by its CN, which is cut with dots if still too
 * long.
 */
static void names(void **state)
{
	static const struct {
		const char *cn, *shown;
	} rows_of_names[] = {
		{ "a", "CN=a" },
		{ "0123456789012345678901234567890123456789",
		  "CN=0123456789012345678901234567890123456789" },
		{ "01234567890123456789012345678901234567890123456789",
		  "CN=01234567890123456789012345678901234567..." },
		{ "a\nb", "CN=a\\x0ab" },
	};
	static const char organization[] =
		"An organization whose name is too long beside any other";
	char shown[STLS_SHOWN_NAME_SIZE];
	struct chain_cert *cert;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows_of_names); i++) {
		cert = chain_issue(
			&(struct chain_spec){ .cn = rows_of_names[i].cn },
			NULL);
		stls_subject_show(cert->crt, shown);
		assert_int_equal(strncmp(shown, rows_of_names[i].shown, 40), 0);
		assert_true(strlen(shown) < sizeof(shown));
		stls_issuer_show(cert->crt, shown);
		assert_int_equal(strncmp(shown, rows_of_names[i].shown, 40), 0);
		chain_free(cert);
	}
	cert = chain_issue(&(struct chain_spec){ .san = { "dns:" HOST } },
			   NULL);
	stls_subject_show(cert->crt, shown);
	assert_string_equal(shown, "");
	chain_free(cert);
	/* The organization replaces the CN only where there is none. */
	cert = chain_issue(&(struct chain_spec){ .cn = "a" }, NULL);
	assert_int_equal(gnutls_x509_crt_set_dn_by_oid(
				 cert->crt, GNUTLS_OID_X520_ORGANIZATION_NAME,
				 0, organization, sizeof(organization) - 1),
			 0);
	stls_subject_show(cert->crt, shown);
	assert_string_equal(shown, "CN=a");
	chain_free(cert);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(faults),
		cmocka_unit_test(status),
		cmocka_unit_test(to_the_second),
		cmocka_unit_test(first_rsa_key),
		cmocka_unit_test(stranger),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, chain_end);
}
