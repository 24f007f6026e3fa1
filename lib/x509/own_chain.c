/* SPDX-License-Identifier: MIT */
/*
 * x509/own_chain: builds a certificate's chain from a file.
 *
 * The certificates of a file, in any order, become a chain in the order in
 * which it must be sent (RFC 5246 section 7.4.2): the leaf is the certificate
 * of the private key, or the first one if there is no key, and each is followed
 * by the one that signed it. Certificates that fit nowhere are left after the
 * chain, for a warning.
 *
 * Names are not enough, since an authority may have several certificates of the
 * same name: the signature tells which of them is the issuer.
 */
#include "x509/own_chain.h"

#include <string.h>

#include "x509/digest.h"

/* Check only that a signature is correct, not how strong it is. */
#define LENIENT                                                                \
	(GNUTLS_VERIFY_DISABLE_TIME_CHECKS | GNUTLS_VERIFY_ALLOW_BROKEN |      \
	 GNUTLS_VERIFY_DISABLE_CA_SIGN | GNUTLS_VERIFY_DISABLE_CRL_CHECKS |    \
	 GNUTLS_VERIFY_ALLOW_ANY_X509_V1_CA_CRT |                              \
	 GNUTLS_VERIFY_DO_NOT_ALLOW_SAME)

static int key_belongs_to(gnutls_x509_privkey_t key, gnutls_x509_crt_t crt)
{
	unsigned char a[STLS_SHA256_SIZE], b[STLS_SHA256_SIZE];
	size_t a_len = sizeof(a), b_len = sizeof(b);

	return gnutls_x509_crt_get_key_id(crt, GNUTLS_KEYID_USE_SHA256, a,
					  &a_len) == 0 &&
	       gnutls_x509_privkey_get_key_id(key, GNUTLS_KEYID_USE_SHA256, b,
					      &b_len) == 0 &&
	       a_len == b_len && memcmp(a, b, a_len) == 0;
}

static int has_signed(gnutls_x509_crt_t issuer, gnutls_x509_crt_t crt)
{
	unsigned status = 0;

	return gnutls_x509_crt_check_issuer(crt, issuer) != 0 &&
	       gnutls_x509_crt_verify(crt, &issuer, 1, LENIENT, &status) == 0 &&
	       !(status & (GNUTLS_CERT_SIGNATURE_FAILURE |
			   GNUTLS_CERT_SIGNER_NOT_FOUND));
}

/* Move the i-th certificate to the chain's end; the others keep their order. */
static void take(struct stls_own_chain *chain, unsigned i)
{
	gnutls_x509_crt_t crt = chain->cert[i];

	chain->reordered |= i != chain->len;
	memmove(&chain->cert[chain->len + 1], &chain->cert[chain->len],
		(i - chain->len) * sizeof(*chain->cert));
	chain->cert[chain->len++] = crt;
}

static int find_leaf(struct stls_own_chain *chain)
{
	unsigned i;

	for (i = 0; i < chain->total; i++) {
		if (key_belongs_to(chain->key, chain->cert[i])) {
			take(chain, i);
			return 1;
		}
	}
	return 0;
}

/* Append the last one's issuer; 0 if there is none, as after a root. */
static int find_issuer(struct stls_own_chain *chain)
{
	gnutls_x509_crt_t last = chain->cert[chain->len - 1];
	unsigned i;

	if (gnutls_x509_crt_check_issuer(last, last))
		return 0;
	for (i = chain->len; i < chain->total; i++) {
		if (has_signed(chain->cert[i], last)) {
			take(chain, i);
			return 1;
		}
	}
	return 0;
}

static int read_key(struct stls_own_chain *chain, const gnutls_datum_t *key,
		    const char *passphrase)
{
	int ret = gnutls_x509_privkey_init(&chain->key);

	if (ret < 0) {
		chain->key = NULL;
		return ret;
	}
	ret = gnutls_x509_privkey_import2(chain->key, key, GNUTLS_X509_FMT_PEM,
					  passphrase, 0);
	/*
	 * GnuTLS has other errors for unsupported encryption, and for the
	 * garbage that decryption with a wrong passphrase yields.
	 */
	if (ret < 0 && ret != GNUTLS_E_MEMORY_ERROR &&
	    memmem(key->data, key->size, "ENCRYPTED", 9))
		ret = GNUTLS_E_DECRYPTION_FAILED;
	return ret;
}

static int read_certs(struct stls_own_chain *chain, const gnutls_datum_t *certs,
		      int *ret)
{
	*ret = gnutls_x509_crt_list_import2(&chain->cert, &chain->total, certs,
					    GNUTLS_X509_FMT_PEM, 0);
	return *ret < 0 || chain->total == 0 ? STLS_OWN_CHAIN_CERT : 0;
}

int stls_own_chain_read_certs(struct stls_own_chain *chain,
			      const gnutls_datum_t *certs, int *ret)
{
	int fault = read_certs(chain, certs, ret);

	if (fault)
		return fault;
	take(chain, 0);
	while (find_issuer(chain))
		;
	return 0;
}

int stls_own_chain_read(struct stls_own_chain *chain,
			const gnutls_datum_t *certs, const gnutls_datum_t *key,
			const char *passphrase, int *ret)
{
	if (read_certs(chain, certs, ret))
		return STLS_OWN_CHAIN_CERT;
	*ret = read_key(chain, key, passphrase);
	if (*ret < 0)
		return STLS_OWN_CHAIN_KEY;
	if (!find_leaf(chain))
		return STLS_OWN_CHAIN_MISMATCH;
	while (find_issuer(chain))
		;
	return 0;
}

void stls_own_chain_free(struct stls_own_chain *chain)
{
	unsigned i;

	for (i = 0; i < chain->total; i++)
		gnutls_x509_crt_deinit(chain->cert[i]);
	gnutls_free(chain->cert);
	if (chain->key)
		gnutls_x509_privkey_deinit(chain->key);
}
