/* SPDX-License-Identifier: MIT */
/* CertificateRequest messages, byte by byte, in all versions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <smtptls/policy.h>

#include "openssl/sigalg_list.h"
#include "openssl/suite_table.h"
#include "policy/key_type.h"
#include "selection/certificate_request.h"

#define ALL 0xffffffffU

/* RSA and ECDSA; rsa_pss_rsae_sha256, ecdsa_..., "N" and "ME" */
static const unsigned char tls12[] = "\2\1\100"
				     "\0\4\10\4\4\3"
				     "\0\7\0\1N\0\2ME";
static const unsigned char tls11[] = "\1\100"
				     "\0\0";
static const unsigned char tls13[] = "\0\0\31"
				     "\0\15\0\4\0\2\5\3"
				     "\0\57\0\5\0\3\0\1N"
				     "\0\5\0\0"
				     "\0\22\0\0";

#define LEN(bytes) (sizeof(bytes) - 1)

static void test_parse(void **state)
{
	struct stls_certificate_request request;
	struct stls_bytes name;

	(void)state;
	assert_int_equal(stls_certificate_request_parse(&request, STLS_TLS1_2,
							tls12, LEN(tls12)),
			 0);
	assert_int_equal(request.types.len, 2);
	assert_int_equal(request.sigalgs.len, 4);
	assert_int_equal(stls_next_authority(&request.authorities, &name), 1);
	assert_int_equal(name.len, 1);
	assert_int_equal(name.data[0], 'N');
	assert_int_equal(stls_next_authority(&request.authorities, &name), 1);
	assert_memory_equal(name.data, "ME", 2);
	assert_int_equal(stls_next_authority(&request.authorities, &name), 0);

	assert_int_equal(stls_certificate_request_parse(&request, STLS_TLS1_1,
							tls11, LEN(tls11)),
			 0);
	assert_null(request.sigalgs.data);
	assert_int_equal(request.authorities.len, 0);

	assert_int_equal(stls_certificate_request_parse(&request, STLS_TLS1_3,
							tls13, LEN(tls13)),
			 0);
	assert_null(request.types.data);
	assert_int_equal(request.sigalgs.len, 2);
	assert_int_equal(stls_next_authority(&request.authorities, &name), 1);
	assert_int_equal(name.data[0], 'N');
	assert_int_equal(stls_next_authority(&request.authorities, &name), 0);
}

/* Truncated anywhere, or with trailing bytes, it is invalid. */
static void cut(uint16_t version, const unsigned char *bytes, size_t len)
{
	struct stls_certificate_request request;
	unsigned char longer[64] = { 0 };
	size_t i;

	for (i = 0; i < len; i++)
		assert_int_equal(stls_certificate_request_parse(
					 &request, version, bytes, i),
				 -1);
	memcpy(longer, bytes, len);
	assert_int_equal(stls_certificate_request_parse(&request, version,
							longer, len + 1),
			 -1);
}

static void bad(uint16_t version, const char *bytes, size_t len)
{
	struct stls_certificate_request request;

	assert_int_equal(
		stls_certificate_request_parse(
			&request, version, (const unsigned char *)bytes, len),
		-1);
}

#define BAD(version, bytes) bad(version, bytes, sizeof(bytes) - 1)

static void test_malformed(void **state)
{
	(void)state;
	cut(STLS_TLS1_1, tls11, LEN(tls11));
	cut(STLS_TLS1_2, tls12, LEN(tls12));
	cut(STLS_TLS1_3, tls13, LEN(tls13));
	/* half a number; a name that exceeds its list */
	BAD(STLS_TLS1_2, "\1\1\0\3\10\4\4\0\0");
	BAD(STLS_TLS1_2, "\1\1\0\2\10\4\0\3\0\2N");
	BAD(STLS_TLS1_3, "\0\0\11\0\15\0\5\0\3\5\3\4");
	BAD(STLS_TLS1_3, "\0\0\21\0\15\0\4\0\2\5\3\0\57\0\5\0\3\0\2N");
	/* no algorithms */
	BAD(STLS_TLS1_3, "\0\0\0");
	BAD(STLS_TLS1_3, "\0\0\4\0\5\0\0");
	/* bytes after the list in an extension */
	BAD(STLS_TLS1_3, "\0\0\11\0\15\0\5\0\2\5\3\4");
	BAD(STLS_TLS1_3, "\0\0\22\0\15\0\4\0\2\5\3\0\57\0\6\0\3\0\1Nx");
}

/* ---- which keys can answer ---- */

static int takes(uint16_t version, const char *types, const char *sigalgs,
		 size_t len, unsigned keys, uint32_t rows)
{
	struct stls_certificate_request request = { .version = version };

	request.types.data = (const unsigned char *)types;
	request.types.len = strlen(types);
	request.sigalgs.data = (const unsigned char *)sigalgs;
	request.sigalgs.len = len;
	return stls_request_takes(&request, keys, rows);
}

static uint32_t row(unsigned code)
{
	return (uint32_t)1 << stls_sigalg_by_code(code);
}

static void test_tls12(void **state)
{
	(void)state;
	/* the type, the algorithm and this side's own list must agree */
	assert_true(takes(STLS_TLS1_2, "\1", "\10\4", 2, SMTPTLS_KEY_RSA_SIGN,
			  ALL));
	assert_false(takes(STLS_TLS1_2, "\100", "\10\4", 2,
			   SMTPTLS_KEY_RSA_SIGN, ALL));
	assert_false(
		takes(STLS_TLS1_2, "", "\10\4", 2, SMTPTLS_KEY_RSA_SIGN, ALL));
	assert_false(takes(STLS_TLS1_2, "\1", "\10\4", 2, SMTPTLS_KEY_RSA_SIGN,
			   ALL & ~row(0x0804)));
	assert_true(takes(STLS_TLS1_2, "\1", "\10\4", 2, SMTPTLS_KEY_RSA_SIGN,
			  row(0x0804)));
	assert_false(
		takes(STLS_TLS1_2, "\1", "", 0, SMTPTLS_KEY_RSA_SIGN, ALL));
	/* a key that must not sign */
	assert_false(takes(STLS_TLS1_2, "\1", "\10\4", 2,
			   SMTPTLS_KEY_RSA_ENCRYPT |
				   SMTPTLS_KEY_RSA_SIGN << STLS_KEYS_IDLE_SHIFT,
			   ALL));
	/* PSS needs a longer key than PKCS#1 */
	assert_false(takes(STLS_TLS1_2, "\1", "\10\6", 2,
			   SMTPTLS_KEY_RSA_SIGN | STLS_KEY_SHORT_512, ALL));
	assert_true(takes(STLS_TLS1_2, "\1", "\10\6\6\1", 4,
			  SMTPTLS_KEY_RSA_SIGN | STLS_KEY_SHORT_512, ALL));
	/* any hash with any curve; EdDSA counts as ECDSA (RFC 8422 5.5) */
	assert_true(takes(STLS_TLS1_2, "\1\100", "\4\3", 2,
			  SMTPTLS_KEY_ECDSA_P384, ALL));
	assert_true(takes(STLS_TLS1_2, "\100", "\10\7", 2, SMTPTLS_KEY_ED25519,
			  ALL));
	/* unknown algorithms are ignored */
	assert_true(takes(STLS_TLS1_2, "\100", "\xfa\xfa\4\3", 4,
			  SMTPTLS_KEY_ECDSA_P256, ALL));
	assert_false(takes(STLS_TLS1_2, "\100", "\xfa\xfa", 2,
			   SMTPTLS_KEY_ECDSA_P256, ALL));
}

static void test_other_versions(void **state)
{
	(void)state;
	assert_true(
		takes(STLS_TLS1_3, "", "\4\3", 2, SMTPTLS_KEY_ECDSA_P256, ALL));
	assert_false(
		takes(STLS_TLS1_3, "", "\4\3", 2, SMTPTLS_KEY_ECDSA_P384, ALL));
	/* there, PKCS#1 is not used for signatures */
	assert_false(
		takes(STLS_TLS1_3, "", "\4\1", 2, SMTPTLS_KEY_RSA_SIGN, ALL));
	assert_true(takes(STLS_TLS1_1, "\1", "", 0, SMTPTLS_KEY_RSA_SIGN, ALL));
	assert_true(
		takes(STLS_TLS1_1, "\100", "", 0, SMTPTLS_KEY_ECDSA_P521, ALL));
	assert_false(
		takes(STLS_TLS1_1, "\100", "", 0, SMTPTLS_KEY_RSA_SIGN, ALL));
	assert_false(
		takes(STLS_TLS1_1, "\100", "", 0, SMTPTLS_KEY_ED25519, ALL));
	assert_false(takes(STLS_TLS1_1, "\1", "", 0, SMTPTLS_KEY_RSA_PSS, ALL));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_tls12),
		cmocka_unit_test(test_other_versions),
	};

	return cmocka_run_group_tests_name("certificate_request", tests, NULL,
					   NULL);
}
