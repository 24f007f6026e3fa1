/* SPDX-License-Identifier: MIT */
/*
 * own_certificates: what a configuration makes of a file with certificates in
 * any order, and its warnings; each warning ends with the remedy.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <cmocka.h>

#include <gnutls/x509.h>

#include <smtptls/gnutls.h>

#include "../help/config_help.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void assert_date(const char *text, time_t wanted)
{
	struct tm tm;
	const char *end;

	memset(&tm, 0, sizeof(tm));
	end = strptime(text, "%Y-%m-%d %H:%M:%S UTC", &tm);
	assert_non_null(end);
	assert_string_equal(end, "");
	assert_in_range(timegm(&tm), wanted - 600, wanted + 600);
}

/* The only warning on freezing a configuration with a file's certificates. */
static const char *warning_of(struct smtptls_config *config, const char *cert,
			      const char *key)
{
	assert_int_equal(smtptls_config_add_cert_file(config, cert, key), 0);
	assert_string_equal(smtptls_config_error(config), "");
	assert_int_equal(smtptls_config_freeze(config), 0);
	assert_int_equal(config->has_certificate, 1);
	assert_null(smtptls_config_warning(config, 1));
	return smtptls_config_warning(config, 0);
}

static void check_warning(long from, long until, const char *what, long date,
			  const char *cure)
{
	struct smtptls_config *config = new_config();
	const struct testcert *cert;
	const char *warning, *start;
	char *end;

	cert = testcert_leaf(NULL, TESTCERT_ECDSA, "mx.example.org",
			     TESTCERT_SERVER, from, until);
	warning = warning_of(config, cert->file, cert->file);
	assert_non_null(warning);
	start = testcert_join(testcert_join(cert->file, ": the certificate "),
			      what);
	assert_sentence(warning, start, cure);
	end = strdup(warning + strlen(start));
	assert_non_null(end);
	end[strlen(end) - strlen(cure)] = '\0';
	assert_date(end, time(NULL) + date);
	free(end);
	smtptls_config_unref(config);
}

static void test_warnings_of_time(void **state)
{
	const struct testcert *cert;
	const long day = TESTCERT_DAY;

	check_warning(-10 * day, -day, "expired on ", -day, ": renew it");
	check_warning(day, 90 * day, "is not valid before ", day,
		      ": set the clock right, or use one that is valid now");
	check_warning(-day, 30 * day, "expires on ", 30 * day, ": renew it");
	/* renewed */
	cert = testcert_leaf(NULL, TESTCERT_ECDSA, "mx.example.org",
			     TESTCERT_SERVER, -day, 30 * day + TESTCERT_HOUR);
	assert_null(warning_of(*state, cert->file, cert->file));
}

static const char *file_of(const char *a, const char *b, const char *c)
{
	return testcert_file_text(testcert_join(testcert_join(a, b), c));
}

/* The subjects of a chain as it is sent, starting with the leaf. */
static void assert_sent(struct smtptls_config *config,
			const struct testcert *const *wanted)
{
	gnutls_certificate_credentials_t credentials =
		smtptls_config_gnutls(config);
	gnutls_datum_t der, pem, text;
	unsigned i;

	for (i = 0; wanted[i]; i++) {
		text.data = (unsigned char *)wanted[i]->cert;
		text.size = (unsigned)strlen(wanted[i]->cert);
		assert_int_equal(
			gnutls_pem_base64_decode2("CERTIFICATE", &text, &pem),
			0);
		assert_int_equal(
			gnutls_certificate_get_crt_raw(credentials, 0, i, &der),
			0);
		assert_int_equal(der.size, pem.size);
		assert_memory_equal(der.data, pem.data, der.size);
		gnutls_free(pem.data);
	}
	assert_int_not_equal(
		gnutls_certificate_get_crt_raw(credentials, 0, i, &der), 0);
}

static void test_chains_in_any_order(void **state)
{
	const struct testcert *ca = usual_ca(), *inner, *outer, *leaf, *twin;
	const struct testcert *other = testcert_ca("Other CA");
	const char *const order =
		": the certificates are sent leaf first, each signed by the "
		"next: put them in this order";
	const char *const unrelated =
		": the certificate \"CN=Other CA\" is not part of the chain "
		"and is not sent: remove it";
	struct smtptls_config *config;
	const char *file;
	size_t i;

	(void)state;
	outer = testcert_intermediate(ca, "Outer");
	inner = testcert_intermediate(outer, "Inner");
	/* with the same name, and another key */
	twin = testcert_intermediate(ca, "Inner");
	leaf = testcert_server(inner, TESTCERT_ECDSA, "mx.example.org");
	{
		const struct testcert *const sent[] = { leaf, inner, outer,
							NULL };
		const struct {
			const char *file, *warning;
		} all[] = {
			{ file_of(leaf->cert, inner->cert, outer->cert), NULL },
			{ file_of(leaf->cert, outer->cert, inner->cert),
			  order },
			{ file_of(outer->cert, inner->cert, leaf->cert),
			  order },
			{ file_of(inner->cert, leaf->cert, outer->cert),
			  order },
			{ file_of(leaf->cert, inner->cert,
				  testcert_join(outer->cert, other->cert)),
			  unrelated },
			{ file_of(leaf->cert, inner->cert,
				  testcert_join(outer->cert, twin->cert)),
			  ": the certificate \"CN=Inner\" is not part of the "
			  "chain and is not sent: remove it" },
		};

		for (i = 0; i < COUNT(all); i++) {
			config = new_config();
			file = warning_of(config, all[i].file, leaf->file);
			assert_int_equal(!file, !all[i].warning);
			if (file)
				assert_sentence(file, all[i].file,
						all[i].warning);
			assert_sent(config, sent);
			smtptls_config_unref(config);
		}
		/* both, in one file */
		config = new_config();
		file = file_of(other->cert, inner->cert,
			       testcert_join(leaf->cert, outer->cert));
		assert_int_equal(
			smtptls_config_add_cert_file(config, file, leaf->file),
			0);
		assert_sentence(smtptls_config_warning(config, 0), file, order);
		assert_sentence(smtptls_config_warning(config, 1), file,
				unrelated);
		assert_null(smtptls_config_warning(config, 2));
		assert_sent(config, sent);
		smtptls_config_unref(config);
	}
}

static void test_leaf_alone(void **state)
{
	const struct testcert *inner, *leaf, *self;
	struct smtptls_config *config = new_config();

	inner = testcert_intermediate(usual_ca(), "Intermediate");
	leaf = testcert_server(inner, TESTCERT_ECDSA, "mx.example.org");
	assert_sentence(warning_of(config, leaf->file, leaf->file), leaf->file,
			": the certificate is sent alone, and clients that "
			"lack its issuer CN=Intermediate will refuse it: add "
			"the issuer's certificate after it");
	smtptls_config_unref(config);
	config = new_config();
	assert_null(warning_of(config, file_of(leaf->cert, inner->cert, NULL),
			       leaf->file));
	smtptls_config_unref(config);
	/* its issuer is known here, so clients may know it too */
	config = new_config();
	assert_int_equal(smtptls_config_set_ca_file(config, inner->file), 0);
	assert_null(warning_of(config, leaf->file, leaf->file));
	smtptls_config_unref(config);
	/* another authority does not help */
	config = new_config();
	assert_int_equal(smtptls_config_set_ca_file(config, usual_ca()->file),
			 0);
	assert_non_null(warning_of(config, leaf->file, leaf->file));
	smtptls_config_unref(config);
	self = testcert_server(NULL, TESTCERT_ECDSA, "mx.example.org");
	assert_null(warning_of(*state, self->file, self->file));
}

static void test_readable_key(void **state)
{
	static const struct {
		mode_t mode;
		int warned;
	} all[] = { { 0600, 0 }, { 0400, 0 }, { 0711, 0 }, { 0640, 1 },
		    { 0604, 1 }, { 0644, 1 }, { 0622, 0 } };
	const struct testcert *self =
		testcert_server(NULL, TESTCERT_ECDSA, "mx.example.org");
	const char *key = testcert_file_text(self->key);
	struct smtptls_config *config;
	const char *warning;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(all); i++) {
		config = new_config();
		assert_int_equal(chmod(key, all[i].mode), 0);
		warning = warning_of(config, self->file, key);
		assert_int_equal(!warning, !all[i].warned);
		if (warning)
			assert_sentence(warning, key,
					": users other than its owner can read "
					"the private key: make it readable by "
					"its owner only (chmod go-r)");
		smtptls_config_unref(config);
	}
}

static void test_several_warnings(void **state)
{
	struct smtptls_config *config = *state;
	const struct testcert *cert;
	int i;

	cert = testcert_leaf(NULL, TESTCERT_ECDSA, "mx.example.org",
			     TESTCERT_SERVER, -2 * TESTCERT_DAY, -TESTCERT_DAY);
	for (i = 0; i < 5; i++)
		assert_int_equal(smtptls_config_add_cert_mem(
					 config, cert->cert, strlen(cert->cert),
					 cert->key, strlen(cert->key)),
				 0);
	assert_int_equal(smtptls_config_freeze(config), 0);
	for (i = 0; i < 5; i++)
		assert_sentence(
			smtptls_config_warning(config, (size_t)i),
			"certificate in memory: the certificate expired on ",
			" UTC: renew it");
	assert_null(smtptls_config_warning(config, 5));
	assert_null(smtptls_config_warning(config, (size_t)-1));
}

#define TEST(function)                                                         \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_warnings_of_time), TEST(test_chains_in_any_order),
		TEST(test_leaf_alone),	     TEST(test_readable_key),
		TEST(test_several_warnings),
	};

	return cmocka_run_group_tests_name("own_certificates", tests, NULL,
					   NULL);
}
