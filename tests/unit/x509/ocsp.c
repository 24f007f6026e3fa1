/* SPDX-License-Identifier: MIT */
/*
 * ocsp: a response for everything that a responder can say, and how it is
 * judged; and files that contain no response.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "../help/ocsp_response.h"
#include "x509/ocsp.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define DAY	     86400L

#define CA                                                                     \
	.ca = 1,                                                               \
	.usage = GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_DIGITAL_SIGNATURE

static struct chain_cert *ca, *leaf, *other, *stranger, *responder, *expired,
	*without_purpose, *of_stranger, *of_rsa;

static int start(void **state)
{
	const struct chain_spec root = { .cn = "root", CA, .key = 1 };
	const struct chain_spec foreign = { .cn = "foreign", CA, .key = 2 };
	const struct chain_spec host = { .cn = "mx", .key = 3 };
	struct chain_spec signer = { .cn = "responder",
				     .purpose = { GNUTLS_KP_OCSP_SIGNING },
				     .key = 4 };
	struct chain_spec old = signer, no_signer = signer;

	old.from = -9;
	old.until = -1;
	no_signer.purpose[0] = GNUTLS_KP_TLS_WWW_SERVER;
	(void)state;
	ca = chain_issue(&root, NULL);
	stranger = chain_issue(&foreign, NULL);
	leaf = chain_issue(&host, ca);
	other = chain_issue(&host, ca);
	responder = chain_issue(&signer, ca);
	expired = chain_issue(&old, ca);
	without_purpose = chain_issue(&no_signer, ca);
	of_stranger = chain_issue(&signer, stranger);
	signer.rsa_bits = 2048;
	of_rsa = chain_issue(&signer, ca);
	return 0;
}

static int end(void **state)
{
	(void)state;
	chain_free(ca);
	chain_free(stranger);
	chain_free(leaf);
	chain_free(other);
	chain_free(responder);
	chain_free(expired);
	chain_free(without_purpose);
	chain_free(of_stranger);
	chain_free(of_rsa);
	(void)chain_end(NULL);
	return 0;
}

static int judge(struct ocsp_spec spec, gnutls_x509_crt_t issuer,
		 struct stls_staple *staple)
{
	gnutls_datum_t der;
	int fault;

	spec.issuer = ca;
	if (!spec.leaf)
		spec.leaf = leaf;
	der = ocsp_respond(&spec);
	assert_int_equal(stls_ocsp_check(&der), 0);
	fault = stls_ocsp_judge(&der, leaf->crt, issuer, staple);
	if (fault == 0) {
		assert_ptr_equal(staple->der.data, der.data);
		assert_int_equal(staple->der.size, der.size);
	} else {
		assert_null(staple->der.data);
	}
	free(der.data);
	return fault;
}

#define JUDGE(...) judge((struct ocsp_spec){ __VA_ARGS__ }, ca->crt, &staple)

static void test_faults(void **state)
{
	struct stls_staple staple;

	(void)state;
	assert_int_equal(JUDGE(.status = V_OCSP_CERTSTATUS_GOOD), 0);
	assert_int_equal(JUDGE(.signer = responder), 0);
	assert_int_equal(JUDGE(.leaf = other), STLS_OCSP_OTHER);
	assert_int_equal(JUDGE(.first = other), STLS_OCSP_OTHER);
	assert_int_equal(JUDGE(.leaf = other, .first = leaf), 0);
	assert_int_equal(JUDGE(.error = OCSP_RESPONSE_STATUS_TRYLATER),
			 STLS_OCSP_FAILED);
	assert_int_equal(JUDGE(.status = V_OCSP_CERTSTATUS_UNKNOWN),
			 STLS_OCSP_UNKNOWN);
	assert_int_equal(JUDGE(.signer = stranger), STLS_OCSP_SIGNER);
	assert_int_equal(JUDGE(.signer = of_stranger), STLS_OCSP_SIGNER);
	assert_int_equal(JUDGE(.signer = without_purpose), STLS_OCSP_SIGNER);
	assert_int_equal(JUDGE(.signer = expired), STLS_OCSP_SIGNER);
	assert_int_equal(JUDGE(.signer = leaf), STLS_OCSP_SIGNER);
	assert_int_equal(JUDGE(.signer = of_rsa), 0);
	assert_int_equal(JUDGE(.signer = of_rsa, .md5 = 1), STLS_OCSP_WEAK);
	assert_int_equal(
		judge((struct ocsp_spec){ .status = 0 }, NULL, &staple),
		STLS_OCSP_NO_ISSUER);
	assert_int_equal(judge((struct ocsp_spec){ .status = 0 }, stranger->crt,
			       &staple),
			 STLS_OCSP_SIGNER);
}

static void assert_about(time_t when, time_t wanted)
{
	assert_in_range(when, wanted, wanted + 10);
}

static void test_dates(void **state)
{
	struct stls_staple staple;
	time_t now = time(NULL);

	(void)state;
	assert_int_equal(JUDGE(.from = -2 * DAY, .until = -DAY), 0);
	assert_about(staple.from, now - 2 * DAY);
	assert_about(staple.until, now - DAY);
	assert_int_equal(JUDGE(.from = DAY, .until = 2 * DAY), 0);
	assert_about(staple.from, now + DAY);
	assert_int_equal(JUDGE(.from = -DAY, .endless = 1), 0);
	assert_int_equal(staple.until, staple.from + 3 * DAY);
	assert_int_equal(JUDGE(.status = V_OCSP_CERTSTATUS_REVOKED,
			       .from = -DAY, .until = DAY),
			 STLS_OCSP_REVOKED);
	assert_about(staple.from, now - DAY);
}

static void test_fresh(void **state)
{
	const struct stls_staple staple = { { NULL, 0 }, 100, 200 };
	const struct stls_staple none = { { NULL, 0 }, 0, 0 };

	(void)state;
	assert_false(stls_staple_is_fresh(&staple, 99));
	assert_true(stls_staple_is_fresh(&staple, 100));
	assert_true(stls_staple_is_fresh(&staple, 199));
	assert_false(stls_staple_is_fresh(&staple, 200));
	assert_false(stls_staple_is_fresh(&none, 0));
}

/* Each byte changed in turn: no signed byte may change unnoticed. */
static void test_damaged(void **state)
{
	const struct ocsp_spec spec = { .leaf = leaf, .issuer = ca };
	gnutls_datum_t der = ocsp_respond(&spec), wrong;
	struct stls_staple staple, good;
	size_t i, taken = 0;

	(void)state;
	assert_int_equal(stls_ocsp_judge(&der, leaf->crt, ca->crt, &good), 0);
	for (i = 0; i < der.size; i++) {
		der.data[i] ^= 1;
		if (stls_ocsp_judge(&der, leaf->crt, ca->crt, &staple) == 0) {
			taken++;
			assert_int_equal(staple.from, good.from);
			assert_int_equal(staple.until, good.until);
		}
		der.data[i] ^= 1;
	}
	/* OpenSSL adds the issuer's certificate, which is not used. */
	assert_in_range(taken, 0, ca->der.size + 32);
	for (i = 0; i < der.size; i++) {
		wrong = (gnutls_datum_t){ malloc(i + !i), (unsigned)i };
		assert_non_null(wrong.data);
		memcpy(wrong.data, der.data, i);
		assert_true(stls_ocsp_check(&wrong) < 0);
		assert_int_equal(
			stls_ocsp_judge(&wrong, leaf->crt, ca->crt, &staple),
			STLS_OCSP_MALFORMED);
		free(wrong.data);
	}
	free(der.data);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_dates),
		cmocka_unit_test(test_fresh),
		cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests_name("ocsp", tests, start, end);
}
