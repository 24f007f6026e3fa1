/* SPDX-License-Identifier: MIT */
/*
 * The tables of suites, groups and signature algorithms against what OpenSSL
 * and GnuTLS themselves report: names, code points, versions, key exchange,
 * cipher and MAC, and that GnuTLS knows every priority word.
 *
 * A row that the loaded library lacks is not an error, since versions differ;
 * but what it has must agree, every GnuTLS suite must be in the table, and few
 * rows may be missing.
 */
#include <gnutls/gnutls.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>

#include "openssl/group_list.h"
#include "openssl/sigalg_list.h"
#include "openssl/suite_table.h"
#include "release.h"

static int differences;

static void expect_text(const char *row, const char *ours, const char *theirs)
{
	if (strcmp(ours, theirs ? theirs : "") == 0)
		return;
	printf("%s: %s here, %s there\n", row, ours, theirs);
	differences++;
}

static void expect_number(const char *row, int ours, int theirs)
{
	if (ours == theirs)
		return;
	printf("%s: %d here, %d there\n", row, ours, theirs);
	differences++;
}

static int openssl_version(const SSL_CIPHER *cipher)
{
	const char *name = SSL_CIPHER_get_version(cipher);

	if (strcmp(name, "SSLv3") == 0)
		return STLS_SSL3;
	if (strcmp(name, "TLSv1.0") == 0)
		return STLS_TLS1_0;
	if (strcmp(name, "TLSv1.2") == 0)
		return STLS_TLS1_2;
	return strcmp(name, "TLSv1.3") == 0 ? STLS_TLS1_3 : 0;
}

static void compare_openssl(SSL *ssl)
{
	int missing = 0;
	size_t i;

	for (i = 0; i < STLS_SUITES_OPENSSL; i++) {
		const struct stls_suite *suite = stls_suite(i);
		unsigned char code[2] = { (unsigned char)(suite->code >> 8),
					  (unsigned char)suite->code };
		const SSL_CIPHER *cipher = SSL_CIPHER_find(ssl, code);

		if (!cipher) {
			missing++;
			continue;
		}
		expect_text(suite->openssl, suite->openssl,
			    SSL_CIPHER_get_name(cipher));
		expect_text(suite->openssl, suite->iana,
			    SSL_CIPHER_standard_name(cipher));
		expect_number(suite->openssl, suite->min_version,
			      openssl_version(cipher));
		expect_number(suite->openssl, suite->mac == STLS_MAC_AEAD,
			      SSL_CIPHER_is_aead(cipher));
		if (release_is_known())
			expect_number(suite->openssl,
				      release_differs(suite->code)
					      ? 64
					      : suite->strength_bits,
				      SSL_CIPHER_get_bits(cipher, NULL));
	}
	expect_number("suites that OpenSSL lacks", 0, missing);
}

static int gnutls_version(gnutls_protocol_t version)
{
	switch (version) {
	case GNUTLS_TLS1_0:
		return STLS_TLS1_0;
	case GNUTLS_TLS1_2:
		return STLS_TLS1_2;
	case GNUTLS_TLS1_3:
		return STLS_TLS1_3;
	default:
		return 0;
	}
}

static void compare_gnutls_suite(const char *name, const unsigned char *code,
				 gnutls_kx_algorithm_t kx,
				 gnutls_cipher_algorithm_t cipher,
				 gnutls_mac_algorithm_t mac,
				 gnutls_protocol_t version)
{
	int row = stls_suite_by_gnutls(name, strlen(name));
	const struct stls_suite *suite;

	if (row < 0) {
		printf("%s: not in the table\n", name);
		differences++;
		return;
	}
	suite = stls_suite((size_t)row);
	expect_number(name, suite->code, code[0] << 8 | code[1]);
	expect_number(name, suite->gnutls_min_version, gnutls_version(version));
	if (suite->gnutls_kx[0])
		expect_text(name, suite->gnutls_kx, gnutls_kx_get_name(kx));
	expect_text(name, suite->gnutls_cipher, gnutls_cipher_get_name(cipher));
	expect_text(name, suite->gnutls_mac, gnutls_mac_get_name(mac));
}

static void compare_gnutls(void)
{
	unsigned char code[2];
	gnutls_kx_algorithm_t kx;
	gnutls_cipher_algorithm_t cipher;
	gnutls_mac_algorithm_t mac;
	gnutls_protocol_t version;
	const char *name;
	size_t i;

	for (i = 0; (name = gnutls_cipher_suite_info(i, code, &kx, &cipher,
						     &mac, &version));
	     i++)
		compare_gnutls_suite(name, code, kx, cipher, mac, version);
	expect_number("suites of GnuTLS", i > 150, 1);
}

/* Whether GnuTLS accepts a word in a priority string. */
static int is_known(const char *clear, const char *word)
{
	char string[128];
	gnutls_priority_t priority;

	snprintf(string, sizeof string, "NORMAL:-%s:+%s", clear, word);
	if (gnutls_priority_init(&priority, string, NULL) < 0)
		return 0;
	gnutls_priority_deinit(priority);
	return 1;
}

static void compare_words(void)
{
	size_t i;

	for (i = 0; i < STLS_GROUPS; i++) {
		const struct stls_group *group = stls_group(i);

		/* The hybrids appeared in GnuTLS 3.8.9. */
		if (group->gnutls[0] && group->code < 0x1000)
			expect_number(group->gnutls, 1,
				      is_known("GROUP-ALL", group->gnutls));
	}
	for (i = 0; i < STLS_SIGALGS; i++) {
		const struct stls_sigalg *sigalg = stls_sigalg(i);

		expect_number(sigalg->gnutls, 1,
			      is_known("SIGN-ALL", sigalg->gnutls));
		if (sigalg->gnutls_tls13[0])
			expect_number(
				sigalg->gnutls_tls13, 1,
				is_known("SIGN-ALL", sigalg->gnutls_tls13));
	}
}

int main(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_method());
	SSL *ssl = ctx ? SSL_new(ctx) : NULL;

	if (!ssl) {
		fputs("SSL_new failed\n", stderr);
		return 1;
	}
	compare_openssl(ssl);
	compare_gnutls();
	compare_words();
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	printf("%d differences\n", differences);
	return differences != 0;
}
