/* SPDX-License-Identifier: MIT */
/* openssl/suite_table: the cipher suites and their names. See suite_table.c. */
#ifndef STLS_OPENSSL_SUITE_TABLE_H
#define STLS_OPENSSL_SUITE_TABLE_H

#include <stddef.h>
#include <stdint.h>

/* Protocol versions as encoded on the wire. */
#define STLS_SSL3   0x0300
#define STLS_TLS1_0 0x0301
#define STLS_TLS1_1 0x0302
#define STLS_TLS1_2 0x0303
#define STLS_TLS1_3 0x0304

/* OpenSSL's name for a version, such as "TLSv1.2", or NULL. */
const char *stls_protocol_name(unsigned version);

/* The attributes are single bits, because OpenSSL's aliases are sets. */
#define STLS_KX_RSA	     0x01
#define STLS_KX_DHE	     0x02
#define STLS_KX_ECDHE	     0x04
#define STLS_KX_PSK	     0x08
#define STLS_KX_RSAPSK	     0x10
#define STLS_KX_DHEPSK	     0x20
#define STLS_KX_ECDHEPSK     0x40
#define STLS_KX_SRP	     0x80

#define STLS_AU_RSA	     0x01
#define STLS_AU_DSS	     0x02
#define STLS_AU_NULL	     0x04
#define STLS_AU_ECDSA	     0x08
#define STLS_AU_PSK	     0x10
#define STLS_AU_SRP	     0x20

#define STLS_ENC_NULL	     0x0001
#define STLS_ENC_3DES	     0x0002 /* in no suite, but in known words */
#define STLS_ENC_AES128	     0x0004
#define STLS_ENC_AES256	     0x0008
#define STLS_ENC_AES128GCM   0x0010
#define STLS_ENC_AES256GCM   0x0020
#define STLS_ENC_AES128CCM   0x0040
#define STLS_ENC_AES256CCM   0x0080
#define STLS_ENC_AES128CCM8  0x0100
#define STLS_ENC_AES256CCM8  0x0200
#define STLS_ENC_CAMELLIA128 0x0400
#define STLS_ENC_CAMELLIA256 0x0800
#define STLS_ENC_ARIA128GCM  0x1000
#define STLS_ENC_ARIA256GCM  0x2000
#define STLS_ENC_CHACHA20    0x4000

#define STLS_MAC_MD5	     0x01
#define STLS_MAC_SHA1	     0x02
#define STLS_MAC_SHA256	     0x04
#define STLS_MAC_SHA384	     0x08
#define STLS_MAC_AEAD	     0x10

/* OpenSSL's tags: strength classes, FIPS, and COMPLEMENTOFDEFAULT. */
#define STLS_TAG_NONE	     0x01
#define STLS_TAG_LOW	     0x02
#define STLS_TAG_MEDIUM	     0x04
#define STLS_TAG_HIGH	     0x08
#define STLS_TAG_FIPS	     0x10
#define STLS_TAG_NOT_DEFAULT 0x20

/*
 * Rows 0 to STLS_SUITES_LISTED - 1 are the suites of the cipher list language,
 * in OpenSSL's initial order; then come the suites of TLS 1.3; then the suites
 * that only GnuTLS has, whose OpenSSL and IANA names are empty.
 */
#define STLS_SUITES_LISTED  155
#define STLS_SUITES_OPENSSL 160
#define STLS_SUITES	    204

struct stls_suite {
	uint16_t code;
	uint16_t min_version;	     /* 0: OpenSSL lacks the suite */
	uint16_t gnutls_min_version; /* 0: GnuTLS lacks the suite */
	uint16_t enc;
	uint16_t strength_bits;
	uint8_t kx; /* kx and au are 0 with TLS 1.3: not part of the suite */
	uint8_t au;
	uint8_t mac;
	uint8_t tags;
	char openssl[32]; /* a name is empty if there is none */
	char iana[48];
	char gnutls[40];
	char gnutls_kx[12]; /* empty with TLS 1.3 */
	char gnutls_cipher[20];
	char gnutls_mac[24];
};

extern const struct stls_suite stls_suites[STLS_SUITES];

/* A row of the table; i is less than STLS_SUITES. */
static inline const struct stls_suite *stls_suite(size_t i)
{
	return &stls_suites[i];
}

/* The row's number, or -1. The name need not be terminated. */
int stls_suite_by_openssl(const char *name, size_t length);
int stls_suite_by_iana(const char *name, size_t length);
int stls_suite_by_gnutls(const char *name, size_t length);
int stls_suite_by_code(unsigned code);

/*
 * Whether OpenSSL 3.0 uses this suite, which must be one of its own, at a
 * security level of 0 to 5; a higher level counts as 5.
 */
int stls_suite_allowed(const struct stls_suite *suite, int security_level);

#endif
