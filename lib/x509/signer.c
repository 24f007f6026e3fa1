/* SPDX-License-Identifier: MIT */
/*
 * x509/signer: a private key held elsewhere; a function of the host signs with
 * it.
 *
 * GnuTLS calls the function in the handshake and waits. It passes a digest, in
 * one of three forms: bare; as a DigestInfo (RFC 8017 section 9.2) for PKCS #1
 * v1.5; or MD5 and SHA-1 concatenated, for RSA before TLS 1.2. For EdDSA, which
 * does its own hashing, it passes the message. The host gets the algorithm's
 * number in TLS, its SignatureScheme, and the bare digest.
 *
 * Each signature is verified with the certificate. A wrong one fails here and
 * never reaches the peer, which would see a defect of this side, and could
 * compute the key from a faulty RSA signature.
 *
 * The host's function cannot decrypt, so such keys are not used for RSA key
 * exchange.
 */
#include "x509/signer.h"

#include <string.h>

#include <gnutls/crypto.h>

/* By an RSA key of 16384 bits. */
#define SIGNATURE_MAX 2048
#define DIGEST_MAX    64
/* MD5's and SHA-1's */
#define OLD_DIGEST 36

/* RFC 8446 section 4.2.3, and RFC 5246's pairs. RSA before TLS 1.2 is 0. */
static const struct scheme {
	gnutls_sign_algorithm_t algorithm;
	unsigned code;
} schemes[] = {
	{ GNUTLS_SIGN_RSA_SHA1, 0x0201 },
	{ GNUTLS_SIGN_RSA_SHA224, 0x0301 },
	{ GNUTLS_SIGN_RSA_SHA256, 0x0401 },
	{ GNUTLS_SIGN_RSA_SHA384, 0x0501 },
	{ GNUTLS_SIGN_RSA_SHA512, 0x0601 },
	{ GNUTLS_SIGN_ECDSA_SHA1, 0x0203 },
	{ GNUTLS_SIGN_ECDSA_SHA224, 0x0303 },
	{ GNUTLS_SIGN_ECDSA_SHA256, 0x0403 },
	{ GNUTLS_SIGN_ECDSA_SECP256R1_SHA256, 0x0403 },
	{ GNUTLS_SIGN_ECDSA_SHA384, 0x0503 },
	{ GNUTLS_SIGN_ECDSA_SECP384R1_SHA384, 0x0503 },
	{ GNUTLS_SIGN_ECDSA_SHA512, 0x0603 },
	{ GNUTLS_SIGN_ECDSA_SECP521R1_SHA512, 0x0603 },
	{ GNUTLS_SIGN_RSA_PSS_RSAE_SHA256, 0x0804 },
	{ GNUTLS_SIGN_RSA_PSS_RSAE_SHA384, 0x0805 },
	{ GNUTLS_SIGN_RSA_PSS_RSAE_SHA512, 0x0806 },
	{ GNUTLS_SIGN_EDDSA_ED25519, 0x0807 },
	{ GNUTLS_SIGN_EDDSA_ED448, 0x0808 },
	{ GNUTLS_SIGN_RSA_PSS_SHA256, 0x0809 },
	{ GNUTLS_SIGN_RSA_PSS_SHA384, 0x080a },
	{ GNUTLS_SIGN_RSA_PSS_SHA512, 0x080b },
};

/* The userdata that GnuTLS keeps with the key. */
struct context {
	struct stls_signer signer;
	gnutls_pubkey_t public_key;
	unsigned algorithm, bits;
};

/* Check only that an answer is correct, not how strong it is. */
#define LENIENT                                                                \
	(GNUTLS_VERIFY_ALLOW_BROKEN | GNUTLS_VERIFY_ALLOW_SIGN_WITH_SHA1)

static const struct scheme *find(gnutls_sign_algorithm_t algorithm)
{
	size_t i;

	for (i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		if (schemes[i].algorithm == algorithm)
			return &schemes[i];
	}
	return NULL;
}

/* Get the host's answer, in memory that GnuTLS frees. */
static int ask(const struct context *context, unsigned code,
	       const gnutls_datum_t *data, gnutls_datum_t *signature)
{
	unsigned char answer[SIGNATURE_MAX];
	int len = context->signer.sign(code, data->data, data->size, answer,
				       sizeof(answer), context->signer.arg);

	if (len <= 0)
		return STLS_SIGNER_SILENT;
	if ((size_t)len > sizeof(answer))
		return STLS_SIGNER_WRONG;
	signature->data = gnutls_malloc((size_t)len);
	if (!signature->data)
		return GNUTLS_E_MEMORY_ERROR;
	memcpy(signature->data, answer, (size_t)len);
	signature->size = (unsigned)len;
	return 0;
}

/* Return the result of verifying an answer, which is freed if it is wrong. */
static int judge(int ret, gnutls_datum_t *signature)
{
	if (ret >= 0)
		return 0;
	gnutls_free(signature->data);
	signature->data = NULL;
	signature->size = 0;
	return ret == GNUTLS_E_MEMORY_ERROR ? ret : STLS_SIGNER_WRONG;
}

static int sign_bare(const struct context *context,
		     gnutls_sign_algorithm_t algorithm,
		     const gnutls_datum_t *digest, gnutls_datum_t *signature)
{
	const struct scheme *scheme = find(algorithm);
	int ret;

	if (!scheme)
		return GNUTLS_E_UNSUPPORTED_SIGNATURE_ALGORITHM;
	ret = ask(context, scheme->code, digest, signature);
	if (ret < 0)
		return ret;
	return judge(gnutls_pubkey_verify_hash2(context->public_key, algorithm,
						LENIENT, digest, signature),
		     signature);
}

/* PKCS #1 v1.5: a DigestInfo, or MD5 and SHA-1 before TLS 1.2. */
static int sign_raw(const struct context *context, const gnutls_datum_t *info,
		    gnutls_datum_t *signature)
{
	unsigned char bytes[DIGEST_MAX];
	gnutls_datum_t digest = { bytes, sizeof(bytes) };
	gnutls_digest_algorithm_t hash;
	int ret;

	if (info->size == OLD_DIGEST) {
		ret = ask(context, 0, info, signature);
		if (ret < 0)
			return ret;
		return judge(gnutls_pubkey_verify_hash2(
				     context->public_key, GNUTLS_SIGN_RSA_SHA1,
				     LENIENT | GNUTLS_VERIFY_USE_TLS1_RSA, info,
				     signature),
			     signature);
	}
	ret = gnutls_decode_ber_digest_info(info, &hash, bytes, &digest.size);
	if (ret < 0)
		return ret;
	return sign_bare(context, gnutls_pk_to_sign(GNUTLS_PK_RSA, hash),
			 &digest, signature);
}

static int sign_hash(gnutls_privkey_t key, gnutls_sign_algorithm_t algorithm,
		     void *userdata, unsigned flags, const gnutls_datum_t *hash,
		     gnutls_datum_t *signature)
{
	(void)key;
	(void)flags;
	return algorithm == GNUTLS_SIGN_RSA_RAW
		       ? sign_raw(userdata, hash, signature)
		       : sign_bare(userdata, algorithm, hash, signature);
}

/* For EdDSA only. */
static int sign_data(gnutls_privkey_t key, gnutls_sign_algorithm_t algorithm,
		     void *userdata, unsigned flags, const gnutls_datum_t *data,
		     gnutls_datum_t *signature)
{
	const struct context *context = userdata;
	const struct scheme *scheme = find(algorithm);
	int ret;

	(void)key;
	(void)flags;
	if (algorithm != GNUTLS_SIGN_EDDSA_ED25519 &&
	    algorithm != GNUTLS_SIGN_EDDSA_ED448)
		return GNUTLS_E_UNSUPPORTED_SIGNATURE_ALGORITHM;
	ret = ask(context, scheme->code, data, signature);
	if (ret < 0)
		return ret;
	return judge(gnutls_pubkey_verify_data2(context->public_key, algorithm,
						LENIENT, data, signature),
		     signature);
}

static int tell(gnutls_privkey_t key, unsigned flags, void *userdata)
{
	const struct context *context = userdata;

	(void)key;
	if (flags & GNUTLS_PRIVKEY_INFO_HAVE_SIGN_ALGO) {
		gnutls_sign_algorithm_t algorithm =
			(gnutls_sign_algorithm_t)GNUTLS_FLAGS_TO_SIGN_ALGO(
				flags);

		return algorithm == GNUTLS_SIGN_RSA_RAW ||
		       (find(algorithm) &&
			gnutls_sign_supports_pk_algorithm(
				algorithm,
				(gnutls_pk_algorithm_t)context->algorithm));
	}
	if (flags & GNUTLS_PRIVKEY_INFO_PK_ALGO)
		return (int)context->algorithm;
	if (flags & GNUTLS_PRIVKEY_INFO_PK_ALGO_BITS)
		return (int)context->bits;
	return -1;
}

static void context_free(struct context *context)
{
	if (context->public_key)
		gnutls_pubkey_deinit(context->public_key);
	gnutls_free(context);
}

static void end(gnutls_privkey_t key, void *userdata)
{
	(void)key;
	context_free(userdata);
}

static int open_public_key(gnutls_pubkey_t *key, gnutls_x509_crt_t leaf)
{
	int ret = gnutls_pubkey_init(key);

	if (ret < 0)
		*key = NULL;
	return ret < 0 ? ret : gnutls_pubkey_import_x509(*key, leaf, 0);
}

int stls_signer_key(gnutls_privkey_t *key, const struct stls_signer *signer,
		    gnutls_x509_crt_t leaf)
{
	struct context *context = gnutls_calloc(1, sizeof(*context));
	int ret;

	*key = NULL;
	if (!context)
		return GNUTLS_E_MEMORY_ERROR;
	context->signer = *signer;
	ret = open_public_key(&context->public_key, leaf);
	if (ret < 0)
		goto failed;
	ret = gnutls_pubkey_get_pk_algorithm(context->public_key,
					     &context->bits);
	if (ret < 0)
		goto failed;
	context->algorithm = (unsigned)ret;
	ret = gnutls_privkey_init(key);
	if (ret < 0) {
		*key = NULL;
		goto failed;
	}
	/* On success the key owns the context. */
	ret = gnutls_privkey_import_ext4(*key, context, sign_data, sign_hash,
					 NULL, end, tell, 0);
	if (ret >= 0)
		return 0;
	gnutls_privkey_deinit(*key);
	*key = NULL;
failed:
	context_free(context);
	return ret;
}

/* ---- trying a key ---- */

static int try_algorithm(gnutls_privkey_t key, gnutls_pubkey_t public_key,
			 gnutls_sign_algorithm_t algorithm)
{
	unsigned char text[] = "libsmtptls tries the key of a certificate";
	gnutls_datum_t data = { text, sizeof(text) - 1 };
	gnutls_datum_t signature = { NULL, 0 };
	int ret =
		gnutls_privkey_sign_data2(key, algorithm, 0, &data, &signature);

	if (ret < 0)
		return ret;
	ret = judge(gnutls_pubkey_verify_data2(public_key, algorithm, LENIENT,
					       &data, &signature),
		    &signature);
	gnutls_free(signature.data);
	return ret;
}

int stls_key_try(gnutls_privkey_t key, gnutls_x509_crt_t leaf)
{
	gnutls_digest_algorithm_t hash = GNUTLS_DIG_SHA256;
	gnutls_pubkey_t public_key;
	gnutls_pk_algorithm_t algorithm;
	int ret = open_public_key(&public_key, leaf);

	if (ret < 0)
		goto out;
	algorithm = (gnutls_pk_algorithm_t)gnutls_pubkey_get_pk_algorithm(
		public_key, NULL);
	(void)gnutls_pubkey_get_preferred_hash_algorithm(public_key, &hash,
							 NULL);
	ret = try_algorithm(key, public_key,
			    gnutls_pk_to_sign(algorithm, hash));
	/* TLS 1.3 has PSS in place of PKCS #1 v1.5. */
	if (ret == 0 && algorithm == GNUTLS_PK_RSA)
		ret = try_algorithm(key, public_key,
				    GNUTLS_SIGN_RSA_PSS_RSAE_SHA256);
out:
	if (public_key)
		gnutls_pubkey_deinit(public_key);
	return ret;
}
