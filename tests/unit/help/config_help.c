/* SPDX-License-Identifier: MIT */
/*
 * config_help: what the tests of configurations share: a usual configuration, a
 * snapshot of one, and what makes a sentence.
 *
 * A refusal is checked against a snapshot from before, since a setter that
 * fails must not have changed anything.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <gnutls/x509.h>

#include <smtptls/gnutls.h>

#include "config_help.h"

int set_up(void **state)
{
	struct smtptls_config *config = NULL;

	if (smtptls_config_new(&config) < 0)
		return -1;
	*state = config;
	return 0;
}

int tear_down(void **state)
{
	smtptls_config_unref(*state);
	return 0;
}

struct smtptls_config *new_config(void)
{
	struct smtptls_config *config = NULL;

	assert_int_equal(smtptls_config_new(&config), 0);
	assert_non_null(config);
	return config;
}

const struct testcert *usual_ca(void)
{
	return testcert_ca("Test CA");
}

const struct testcert *usual_server(void)
{
	return testcert_server(usual_ca(), TESTCERT_ECDSA, "mx.example.org");
}

const char *missing_file(void)
{
	return testcert_join(testcert_directory(), "/missing.pem");
}

int count_chains(struct smtptls_config *config)
{
	gnutls_datum_t leaf;
	unsigned n = 0;

	while (gnutls_certificate_get_crt_raw(smtptls_config_gnutls(config), n,
					      0, &leaf) == 0)
		n++;
	return (int)n;
}

int count_authorities(struct smtptls_config *config)
{
	gnutls_x509_trust_list_t list;
	gnutls_x509_trust_list_iter_t iter = NULL;
	gnutls_x509_crt_t crt;
	int n = 0;

	gnutls_certificate_get_trust_list(smtptls_config_gnutls(config), &list);
	while (gnutls_x509_trust_list_iter_get_ca(list, &iter, &crt) == 0) {
		gnutls_x509_crt_deinit(crt);
		n++;
	}
	return n;
}

struct picture look(struct smtptls_config *config)
{
	struct picture picture;

	memset(&picture, 0, sizeof(picture));
	picture.chains = count_chains(config);
	picture.authorities = count_authorities(config);
	picture.has_authorities = config->has_authorities;
	picture.frozen = config->frozen;
	picture.warnings = config->warnings.count;
	picture.priority = config->priority;
	picture.dh_params = config->dh.params;
	picture.secret = config->ticket_secret.data;
	memcpy(picture.settings, config->settings, STLS_SHA256_SIZE);
	memcpy(picture.digest, config->priority_digest, STLS_SHA256_SIZE);
	return picture;
}

void assert_unchanged(struct smtptls_config *config,
		      const struct picture *before)
{
	struct picture after = look(config);

	assert_memory_equal(&after, before, sizeof(after));
}

/* Check a sentence: its start and end, one line, no full stop. */
void assert_sentence(const char *sentence, const char *start, const char *end)
{
	size_t len = strlen(sentence);

	if (strncmp(sentence, start, strlen(start)) != 0 ||
	    len < strlen(start) + strlen(end) ||
	    strcmp(sentence + len - strlen(end), end) != 0)
		fail_msg("\"%s\" is not \"%s...%s\"", sentence, start, end);
	assert_null(strchr(sentence, '\n'));
	assert_int_not_equal(sentence[len - 1], '.');
}
