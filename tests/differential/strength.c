/* SPDX-License-Identifier: MIT */
/*
 * The strength of keys and signatures: for a certificate of each kind, the
 * highest security level that its figures reach here and in OpenSSL.
 */
#include <stdio.h>
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "policy/security_level.h"
#include "x509/certificate.h"
#include "x509/strength.h"

static const struct row {
	const char *type;
	const char *curve; /* or NULL */
	unsigned bits;	   /* of RSA */
	const char *hash;  /* NULL: the signature has none of its own */
	int pss;
} rows[] = {
	{ "RSA", NULL, 1024, "SHA1", 0 },
	{ "RSA", NULL, 2048, "MD5", 0 },
	{ "RSA", NULL, 2048, "SHA224", 0 },
	{ "RSA", NULL, 3072, "SHA256", 0 },
	{ "RSA", NULL, 4096, "SHA512", 0 },
	{ "RSA", NULL, 2048, "SHA384", 1 },
	{ "RSA-PSS", NULL, 2048, "SHA256", 0 },
	{ "EC", "P-256", 0, "SHA1", 0 },
	{ "EC", "P-256", 0, "SHA256", 0 },
	{ "EC", "P-384", 0, "SHA384", 0 },
	{ "EC", "P-521", 0, "SHA512", 0 },
	{ "ED25519", NULL, 0, NULL, 0 },
	{ "ED448", NULL, 0, NULL, 0 },
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static void need(int condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "%s failed\n", what);
	ERR_print_errors_fp(stderr);
	exit(EXIT_FAILURE);
}

static EVP_PKEY *make_key(const struct row *row)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, row->type, NULL);
	EVP_PKEY *key = NULL;

	need(ctx && EVP_PKEY_keygen_init(ctx) == 1, "EVP_PKEY_keygen_init");
	if (row->bits)
		need(EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, (int)row->bits) == 1,
		     "EVP_PKEY_CTX_set_rsa_keygen_bits");
	if (row->curve)
		need(EVP_PKEY_CTX_set_group_name(ctx, row->curve) == 1,
		     "EVP_PKEY_CTX_set_group_name");
	need(EVP_PKEY_keygen(ctx, &key) == 1, "EVP_PKEY_keygen");
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static X509 *make_certificate(const struct row *row, EVP_PKEY *key)
{
	X509 *cert = X509_new();
	X509_NAME *name = cert ? X509_get_subject_name(cert) : NULL;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *how;

	need(cert && ctx, "X509_new");
	need(X509_set_version(cert, 2) == 1 &&
		     ASN1_INTEGER_set(X509_get_serialNumber(cert), 1) == 1 &&
		     X509_gmtime_adj(X509_getm_notBefore(cert), -60) &&
		     X509_gmtime_adj(X509_getm_notAfter(cert), 3600) &&
		     X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
						(const unsigned char *)"mx", -1,
						-1, 0) == 1 &&
		     X509_set_issuer_name(cert, name) == 1 &&
		     X509_set_pubkey(cert, key) == 1,
	     "X509_set");
	need(EVP_DigestSignInit_ex(ctx, &how, row->hash, NULL, NULL, key,
				   NULL) == 1,
	     "EVP_DigestSignInit_ex");
	if (row->pss)
		need(EVP_PKEY_CTX_set_rsa_padding(how, RSA_PKCS1_PSS_PADDING) ==
				     1 &&
			     EVP_PKEY_CTX_set_rsa_pss_saltlen(
				     how, RSA_PSS_SALTLEN_DIGEST) == 1,
		     "EVP_PKEY_CTX_set_rsa_padding");
	need(X509_sign_ctx(cert, ctx) > 0, "X509_sign_ctx");
	EVP_MD_CTX_free(ctx);
	return cert;
}

/* The highest security level that asks for no more; see stls_security_bits(). */
static int level_of(int bits)
{
	int level = 0;

	while (level < 5 && stls_security_bits(level + 1) <= bits)
		level++;
	return level;
}

static int differs(const char *what, const struct row *row, int ours,
		   int theirs)
{
	if (level_of(ours) == level_of(theirs))
		return 0;
	printf("%s %s, %s: the %s has %d bits of security here, %d in "
	       "OpenSSL\n",
	       row->type, row->curve ? row->curve : "",
	       row->hash ? row->hash : "no hash", what, ours, theirs);
	return 1;
}

static int compare(const struct row *row)
{
	EVP_PKEY *key = make_key(row);
	X509 *cert = make_certificate(row, key);
	unsigned char *data = NULL;
	int len = i2d_X509(cert, &data), signature = -1, different;
	gnutls_datum_t der = { data, (unsigned)len };
	gnutls_x509_crt_t crt;

	need(len > 0, "i2d_X509");
	need(stls_certificate_open(&crt, &der) == 0, "stls_certificate_open");
	need(X509_get_signature_info(cert, NULL, NULL, &signature, NULL) == 1,
	     "X509_get_signature_info");
	different = differs("key", row, stls_key_strength(crt),
			    EVP_PKEY_get_security_bits(key));
	different += differs("signature", row, stls_signature_strength(crt),
			     signature);
	gnutls_x509_crt_deinit(crt);
	OPENSSL_free(data);
	X509_free(cert);
	EVP_PKEY_free(key);
	return different;
}

int main(void)
{
	int different = 0;
	size_t i;

	for (i = 0; i < ROWS; i++)
		different += compare(&rows[i]);
	printf("%zu certificates, %d different\n", ROWS, different);
	return different ? EXIT_FAILURE : EXIT_SUCCESS;
}
