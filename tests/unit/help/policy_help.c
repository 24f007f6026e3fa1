/* SPDX-License-Identifier: MIT */
/* policy_help: see policy_help.h. A failure to make one fails the test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy_help.h"
#include "testcert.h"

struct smtptls_policy *new_policy(const struct smtptls_policy_spec *spec)
{
	struct smtptls_policy *policy = NULL;
	char sentence[256] = "";

	if (smtptls_policy_new(&policy, spec, sizeof(*spec), sentence,
			       sizeof(sentence)) < 0)
		fail_msg("%s", sentence);
	assert_string_equal(sentence, "");
	return policy;
}

struct smtptls_config *policy_config(const struct smtptls_policy_spec *spec)
{
	static const char secret[] = "a secret of thirty-two bytes, yes";
	struct smtptls_config *config;
	struct smtptls_policy *policy;

	assert_int_equal(smtptls_config_new(&config), 0);
	assert_int_equal(smtptls_config_set_ticket_secret(config, secret,
							  sizeof(secret)),
			 0);
	if (spec) {
		policy = new_policy(spec);
		assert_int_equal(smtptls_config_set_policy(config, policy), 0);
		smtptls_policy_unref(policy);
	}
	return config;
}

void add_server(struct smtptls_config *config, int algorithm, const char *names)
{
	const struct testcert *cert =
		testcert_server(testcert_ca("test CA"), algorithm, names);

	assert_int_equal(
		smtptls_config_add_cert_file(config, cert->file, cert->file),
		0);
}

void freeze(struct smtptls_config *config)
{
	if (smtptls_config_freeze(config) < 0)
		fail_msg("%s", smtptls_config_error(config));
}
