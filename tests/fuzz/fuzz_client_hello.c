/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: a ClientHello in TLS records, and the choice that results. What
 * must hold for any bytes: spans lie inside the message; a choice is among the
 * policy's and the client's; a refusal has a sentence, and a choice has none; a
 * second call has the same result.
 */
#include <string.h>

#include "fuzz.h"
#include "selection/selection.h"
#include "selection/version.h"

static const struct smtptls_policy *policy(size_t i)
{
	static const struct smtptls_policy_spec specs[] = {
		{ .ciphers = NULL },
		{ .protocols = "TLSv1 TLSv1.1 TLSv1.2 TLSv1.3",
		  .ciphers = "ALL:COMPLEMENTOFALL:@SECLEVEL=0",
		  .flags = SMTPTLS_PREFER_CLIENT },
		{ .protocols = "TLSv1 TLSv1.2",
		  .ciphers = "kRSA:@SECLEVEL=0",
		  .groups = "P-256:ffdhe2048",
		  .flags = SMTPTLS_PRIORITIZE_CHACHA },
		{ .ciphers = "SUITEB128" },
	};
	static struct smtptls_policy *policies[4];

	i %= 4;
	if (!policies[i])
		CHECK(smtptls_policy_new(&policies[i], &specs[i],
					 sizeof(specs[i]), NULL, 0) == 0);
	return policies[i];
}

static void check_span(const struct stls_bytes *span,
		       const struct stls_bytes *body)
{
	if (!span->data)
		return;
	CHECK(span->data >= body->data);
	CHECK(span->data + span->len <= body->data + body->len);
}

static void check_list(const struct stls_bytes *list,
		       const struct stls_bytes *body)
{
	check_span(list, body);
	CHECK(list->len % 2 == 0);
}

static void check_hello(const struct stls_client_hello *hello,
			const struct stls_bytes *body)
{
	size_t at = 0, shares = 0;

	check_list(&hello->suites, body);
	check_list(&hello->versions, body);
	check_list(&hello->groups, body);
	check_list(&hello->sigalgs, body);
	check_list(&hello->sigalgs_cert, body);
	check_span(&hello->compression, body);
	check_span(&hello->shares, body);
	check_span(&hello->sni, body);
	check_span(&hello->ticket, body);
	while (stls_hello_share(hello, &at) >= 0)
		CHECK(++shares <= body->len);
}

static int allows(const struct smtptls_policy *allowed, int row)
{
	size_t i;

	for (i = 0; i < allowed->suite_count; i++) {
		if (allowed->suite_row[i] == row)
			return stls_policy_allows(allowed, i);
	}
	return 0;
}

static void check_choice(const struct smtptls_policy *allowed,
			 const struct stls_client_hello *hello, unsigned keys)
{
	struct stls_choice choice;

	if (stls_select(allowed, hello, keys, &choice) != STLS_STEP_NONE)
		return;
	CHECK(allowed->selectable_versions & stls_version_bit(choice.version));
	CHECK(allows(allowed, choice.suite));
	CHECK(stls_has_number(&hello->suites, stls_suite(choice.suite)->code));
	CHECK(stls_version_has_suite(choice.version, stls_suite(choice.suite)));
	CHECK((choice.key & keys) == choice.key);
	CHECK((choice.key & (choice.key - 1)) == 0);
	if (choice.group != STLS_NO_GROUP)
		CHECK(stls_has_number(&hello->groups,
				      stls_group(choice.group)->code));
}

static void check_answer(const struct smtptls_policy *allowed,
			 const uint8_t *data, size_t size, unsigned keys)
{
	struct smtptls_answer answer, again;
	int ret;

	memset(&answer, 0x55, sizeof(answer));
	ret = smtptls_policy_judge(allowed, data, size, keys, &answer,
				   sizeof(answer));
	if (ret < 0)
		return;
	CHECK(memchr(answer.text, 0, sizeof(answer.text)) != NULL);
	CHECK((answer.reason == 0) == (answer.text[0] == '\0'));
	CHECK(smtptls_reason_name(answer.reason) != NULL);
	CHECK((answer.reason == 0) == (answer.cipher_gnutls != NULL));
	CHECK(smtptls_policy_judge(allowed, data, size, keys, &again,
				   sizeof(again)) == 0);
	CHECK(answer.reason == again.reason &&
	      strcmp(answer.text, again.text) == 0 &&
	      answer.cipher_gnutls == again.cipher_gnutls);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Copies of exactly this size, so that a sanitizer detects overruns. */
	uint8_t *copy = malloc(size ? size : 1);
	unsigned char *memory = malloc(4096);
	struct stls_client_hello hello;
	struct stls_bytes body;
	unsigned keys;
	size_t i;

	CHECK(copy && memory);
	if (size > 0)
		memcpy(copy, data, size);
	for (i = 0; i < 4; i++) {
		for (keys = 0; keys <= STLS_KEYS; keys += 3)
			if ((keys & (keys >> 1)) == 0)
				check_answer(policy(i), copy, size, keys);
	}
	if (stls_client_hello_find(&body, copy, size, memory, 4096) == 0 &&
	    stls_client_hello_parse(&hello, body.data, body.len) == 0) {
		check_hello(&hello, &body);
		for (i = 0; i < 4; i++) {
			check_choice(policy(i), &hello, STLS_KEYS);
			check_choice(policy(i), &hello, 8);
		}
	}
	free(memory);
	free(copy);
	return 0;
}
