/* SPDX-License-Identifier: MIT */
/*
 * x509/digest: SHA-256, SHA-512 and HKDF by nettle.
 *
 * Nothing here can fail: nettle allocates no memory for these. Intermediate
 * keys are wiped.
 */
#include "x509/digest.h"

#include <string.h>

#include <nettle/hkdf.h>
#include <nettle/hmac.h>
#include <nettle/sha2.h>

_Static_assert(STLS_SHA256_SIZE == SHA256_DIGEST_SIZE, "size of SHA-256");
_Static_assert(STLS_SHA512_SIZE == SHA512_DIGEST_SIZE, "size of SHA-512");

void stls_sha256(const void *data, size_t len,
		 unsigned char digest[STLS_SHA256_SIZE])
{
	struct sha256_ctx ctx;

	sha256_init(&ctx);
	sha256_update(&ctx, len, data);
	sha256_digest(&ctx, SHA256_DIGEST_SIZE, digest);
}

void stls_sha512(const void *data, size_t len,
		 unsigned char digest[STLS_SHA512_SIZE])
{
	struct sha512_ctx ctx;

	sha512_init(&ctx);
	sha512_update(&ctx, len, data);
	sha512_digest(&ctx, SHA512_DIGEST_SIZE, digest);
}

static void mac_update(void *ctx, size_t len, const uint8_t *data)
{
	hmac_sha256_update(ctx, len, data);
}

static void mac_digest(void *ctx, size_t len, uint8_t *digest)
{
	hmac_sha256_digest(ctx, len, digest);
}

void stls_hkdf(const void *secret, size_t secret_len, const void *salt,
	       size_t salt_len, const void *info, size_t info_len,
	       unsigned char *key, size_t key_len)
{
	struct hmac_sha256_ctx ctx;
	unsigned char prk[SHA256_DIGEST_SIZE];

	hmac_sha256_set_key(&ctx, salt_len, salt);
	hkdf_extract(&ctx, mac_update, mac_digest, sizeof(prk), secret_len,
		     secret, prk);
	hmac_sha256_set_key(&ctx, sizeof(prk), prk);
	hkdf_expand(&ctx, mac_update, mac_digest, SHA256_DIGEST_SIZE, info_len,
		    info, key_len, key);
	explicit_bzero(prk, sizeof(prk));
	explicit_bzero(&ctx, sizeof(ctx));
}
