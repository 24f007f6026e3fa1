/* SPDX-License-Identifier: MIT */
/*
 * The words of OpenSSL 3.0's cipher list language: names of suites, and
 * aliases, which are sets of suites defined by attributes.
 *
 * Words joined by + intersect attribute by attribute, with OpenSSL's oddities:
 * two words may overlap in every single attribute without a suite in common,
 * which is not a contradiction; a strength class and FIPS exclude each other,
 * since they are bits of the same set; and a strength class after
 * COMPLEMENTOFDEFAULT cancels it.
 *
 * A suite's name stands for its attributes: no two suites share all four.
 *
 * The known words are those of a build of OpenSSL with its default options:
 * 3DES, LOW and MEDIUM are known and match nothing; RC4, RC2, IDEA, SEED,
 * GOST and DTLSv1 are unknown. Case matters. Lookups are binary searches.
 */
#include "openssl/cipher_word.h"

#include "openssl/list.h"
#include "openssl/suite_table.h"

#define STRENGTHS                                                              \
	(STLS_TAG_NONE | STLS_TAG_LOW | STLS_TAG_MEDIUM | STLS_TAG_HIGH |      \
	 STLS_TAG_FIPS)

#define NOT_AU_NULL  (0xff ^ STLS_AU_NULL)
#define NOT_ENC_NULL (0xffff ^ STLS_ENC_NULL)

#define AESGCM	     (STLS_ENC_AES128GCM | STLS_ENC_AES256GCM)
#define AESCCM8	     (STLS_ENC_AES128CCM8 | STLS_ENC_AES256CCM8)
#define AESCCM	     (STLS_ENC_AES128CCM | STLS_ENC_AES256CCM | AESCCM8)
#define AESCBC	     (STLS_ENC_AES128 | STLS_ENC_AES256)
#define CAMELLIA     (STLS_ENC_CAMELLIA128 | STLS_ENC_CAMELLIA256)
#define ARIA	     (STLS_ENC_ARIA128GCM | STLS_ENC_ARIA256GCM)
#define AES128                                                                 \
	(STLS_ENC_AES128 | STLS_ENC_AES128GCM | STLS_ENC_AES128CCM |           \
	 STLS_ENC_AES128CCM8)
#define AES256                                                                 \
	(STLS_ENC_AES256 | STLS_ENC_AES256GCM | STLS_ENC_AES256CCM |           \
	 STLS_ENC_AES256CCM8)

#define EDH_3DES                                                               \
	.kx = STLS_KX_DHE, .enc = STLS_ENC_3DES, .mac = STLS_MAC_SHA1,         \
	.tags = STLS_TAG_HIGH | STLS_TAG_FIPS

/* In strcmp's order. */
static const struct alias {
	char word[24];
	struct stls_cipher_match is;
} aliases[] = {
	{ "3DES", { .enc = STLS_ENC_3DES } },
	{ "ADH", { .kx = STLS_KX_DHE, .au = STLS_AU_NULL } },
	{ "AECDH", { .kx = STLS_KX_ECDHE, .au = STLS_AU_NULL } },
	{ "AES", { .enc = AES128 | AES256 } },
	{ "AES128", { .enc = AES128 } },
	{ "AES256", { .enc = AES256 } },
	{ "AESCCM", { .enc = AESCCM } },
	{ "AESCCM8", { .enc = AESCCM8 } },
	{ "AESGCM", { .enc = AESGCM } },
	{ "ALL", { .enc = NOT_ENC_NULL } },
	{ "ARIA", { .enc = ARIA } },
	{ "ARIA128", { .enc = STLS_ENC_ARIA128GCM } },
	{ "ARIA256", { .enc = STLS_ENC_ARIA256GCM } },
	{ "ARIAGCM", { .enc = ARIA } },
	{ "CAMELLIA", { .enc = CAMELLIA } },
	{ "CAMELLIA128", { .enc = STLS_ENC_CAMELLIA128 } },
	{ "CAMELLIA256", { .enc = STLS_ENC_CAMELLIA256 } },
	{ "CBC", { .enc = AESCBC | CAMELLIA | STLS_ENC_3DES } },
	{ "CHACHA20", { .enc = STLS_ENC_CHACHA20 } },
	{ "COMPLEMENTOFALL", { .enc = STLS_ENC_NULL } },
	{ "COMPLEMENTOFDEFAULT", { .tags = STLS_TAG_NOT_DEFAULT } },
	{ "DH", { .kx = STLS_KX_DHE } },
	{ "DHE", { .kx = STLS_KX_DHE, .au = NOT_AU_NULL } },
	{ "DSS", { .au = STLS_AU_DSS } },
	{ "ECDH", { .kx = STLS_KX_ECDHE } },
	{ "ECDHE", { .kx = STLS_KX_ECDHE, .au = NOT_AU_NULL } },
	{ "ECDSA", { .au = STLS_AU_ECDSA } },
	{ "EDH", { .kx = STLS_KX_DHE, .au = NOT_AU_NULL } },
	{ "EDH-DSS-DES-CBC3-SHA", { .au = STLS_AU_DSS, EDH_3DES } },
	{ "EDH-RSA-DES-CBC3-SHA", { .au = STLS_AU_RSA, EDH_3DES } },
	{ "EECDH", { .kx = STLS_KX_ECDHE, .au = NOT_AU_NULL } },
	{ "FIPS", { .enc = NOT_ENC_NULL, .tags = STLS_TAG_FIPS } },
	{ "HIGH", { .tags = STLS_TAG_HIGH } },
	{ "LOW", { .tags = STLS_TAG_LOW } },
	{ "MD5", { .mac = STLS_MAC_MD5 } },
	{ "MEDIUM", { .tags = STLS_TAG_MEDIUM } },
	{ "NULL", { .enc = STLS_ENC_NULL } },
	{ "PSK",
	  { .kx = STLS_KX_PSK | STLS_KX_RSAPSK | STLS_KX_DHEPSK |
		  STLS_KX_ECDHEPSK } },
	{ "RSA", { .kx = STLS_KX_RSA, .au = STLS_AU_RSA } },
	{ "SHA", { .mac = STLS_MAC_SHA1 } },
	{ "SHA1", { .mac = STLS_MAC_SHA1 } },
	{ "SHA256", { .mac = STLS_MAC_SHA256 } },
	{ "SHA384", { .mac = STLS_MAC_SHA384 } },
	{ "SRP", { .kx = STLS_KX_SRP } },
	{ "SSLv3", { .min_version = STLS_SSL3 } },
	{ "TLSv1", { .min_version = STLS_TLS1_0 } },
	{ "TLSv1.0", { .min_version = STLS_TLS1_0 } },
	{ "TLSv1.2", { .min_version = STLS_TLS1_2 } },
	{ "aDSS", { .au = STLS_AU_DSS } },
	{ "aECDSA", { .au = STLS_AU_ECDSA } },
	{ "aNULL", { .au = STLS_AU_NULL } },
	{ "aPSK", { .au = STLS_AU_PSK } },
	{ "aRSA", { .au = STLS_AU_RSA } },
	{ "aSRP", { .au = STLS_AU_SRP } },
	{ "eNULL", { .enc = STLS_ENC_NULL } },
	{ "kDHE", { .kx = STLS_KX_DHE } },
	{ "kDHEPSK", { .kx = STLS_KX_DHEPSK } },
	{ "kECDHE", { .kx = STLS_KX_ECDHE } },
	{ "kECDHEPSK", { .kx = STLS_KX_ECDHEPSK } },
	{ "kEDH", { .kx = STLS_KX_DHE } },
	{ "kEECDH", { .kx = STLS_KX_ECDHE } },
	{ "kPSK", { .kx = STLS_KX_PSK } },
	{ "kRSA", { .kx = STLS_KX_RSA } },
	{ "kRSAPSK", { .kx = STLS_KX_RSAPSK } },
	{ "kSRP", { .kx = STLS_KX_SRP } },
};

/* OpenSSL ignores the version of a suite given by its name. */
static int find_suite(struct stls_cipher_match *is, const char *word,
		      size_t length)
{
	int row = stls_suite_by_openssl(word, length);
	const struct stls_suite *suite;

	if (row < 0 || row >= STLS_SUITES_LISTED)
		return 0;
	suite = stls_suite((size_t)row);
	is->kx = suite->kx;
	is->au = suite->au;
	is->enc = suite->enc;
	is->mac = suite->mac;
	is->tags = suite->tags;
	return 1;
}

static int find_alias(struct stls_cipher_match *is, const char *word,
		      size_t length)
{
	int i = stls_word_find(word, length, aliases, sizeof aliases,
			       sizeof aliases[0]);

	if (i < 0)
		return 0;
	*is = aliases[i].is;
	return 1;
}

const char *stls_cipher_alias(size_t i)
{
	return i < sizeof aliases / sizeof aliases[0] ? aliases[i].word : NULL;
}

/* An empty set does not restrict; returns whether anything is left. */
static int intersect(uint8_t *set, uint8_t more)
{
	if (more)
		*set = *set ? *set & more : more;
	return !more || *set;
}

static int intersect_enc(uint16_t *set, uint16_t more)
{
	if (more)
		*set = *set ? *set & more : more;
	return !more || *set;
}

static int intersect_tags(uint8_t *tags, uint8_t more)
{
	if (more & STRENGTHS) {
		if (*tags & STRENGTHS)
			*tags &= (more & STRENGTHS) | STLS_TAG_NOT_DEFAULT;
		else
			*tags = more & STRENGTHS;
		if (!(*tags & STRENGTHS))
			return 0;
	}
	*tags |= more & STLS_TAG_NOT_DEFAULT;
	return 1;
}

static int same_version(uint16_t *version, uint16_t more)
{
	if (more && *version && *version != more)
		return 0;
	if (more)
		*version = more;
	return 1;
}

enum stls_cipher_word_effect
stls_cipher_match_narrow(struct stls_cipher_match *match, const char *word,
			 size_t length)
{
	struct stls_cipher_match is = { 0 };

	if (!find_suite(&is, word, length) && !find_alias(&is, word, length))
		return STLS_CIPHER_WORD_UNKNOWN;
	if (intersect(&match->kx, is.kx) && intersect(&match->au, is.au) &&
	    intersect_enc(&match->enc, is.enc) &&
	    intersect(&match->mac, is.mac) &&
	    intersect_tags(&match->tags, is.tags) &&
	    same_version(&match->min_version, is.min_version))
		return STLS_CIPHER_WORD_NARROWS;
	return STLS_CIPHER_WORD_CONTRADICTS;
}

static int meets(unsigned set, unsigned has)
{
	return set == 0 || set & has;
}

int stls_cipher_match(const struct stls_cipher_match *match, size_t row)
{
	const struct stls_suite *suite = stls_suite(row);

	if (match->by_strength)
		return suite->strength_bits == match->strength_bits;
	if (match->min_version && match->min_version != suite->min_version)
		return 0;
	return meets(match->kx, suite->kx) && meets(match->au, suite->au) &&
	       meets(match->enc, suite->enc) && meets(match->mac, suite->mac) &&
	       meets(match->tags & STRENGTHS, suite->tags) &&
	       meets(match->tags & STLS_TAG_NOT_DEFAULT, suite->tags);
}
