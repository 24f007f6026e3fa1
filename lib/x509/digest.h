/* SPDX-License-Identifier: MIT */
/* x509/digest: SHA-256, SHA-512 and HKDF by nettle. */
#ifndef X509_DIGEST_H
#define X509_DIGEST_H

#include <stddef.h>

#define STLS_SHA256_SIZE 32
#define STLS_SHA512_SIZE 64

void stls_sha256(const void *data, size_t len,
		 unsigned char digest[STLS_SHA256_SIZE]);
void stls_sha512(const void *data, size_t len,
		 unsigned char digest[STLS_SHA512_SIZE]);

/* RFC 5869 with SHA-256; `key_len` is at most 255 * STLS_SHA256_SIZE. */
void stls_hkdf(const void *secret, size_t secret_len, const void *salt,
	       size_t salt_len, const void *info, size_t info_len,
	       unsigned char *key, size_t key_len);

#endif
