/* SPDX-License-Identifier: MIT */
/*
 * fuzz_sts: any bytes as the TXT records and as the policy of MTA-STS.
 *
 * As TXT records they are split at line ends. What must hold: an id consists of
 * letters and digits and is in one of the records; lines lie in the text, in
 * order, and their number and faults are as counted; a policy has all that it
 * needs; a pattern's own name matches; an IP address, or a name with one more
 * label, never does. A violation aborts.
 */
#include <string.h>

#include <smtptls/outbound.h>

#include "fuzz.h"

#define RECORDS 8

static void check_id(const char *data, size_t size)
{
	const char *text[RECORDS], *lf;
	size_t len[RECORDS], count = 0, i, found = 0;
	char id[SMTPTLS_STS_ID_SIZE];
	int ret;

	while (size > 0 && count < RECORDS) {
		lf = memchr(data, '\n', size);
		text[count] = data;
		len[count] = lf ? (size_t)(lf - data) : size;
		found += len[count] >= 8 && memcmp(data, "v=STSv1;", 8) == 0;
		size -= len[count] + (lf != NULL);
		data += len[count] + (lf != NULL);
		count++;
	}
	memset(id, '#', sizeof(id));
	ret = smtptls_sts_id(text, len, count, id);
	CHECK(memchr(id, '\0', sizeof(id)));
	CHECK((ret == 1) == (id[0] != '\0'));
	CHECK(ret == 1 || ret == 0 || ret == SMTPTLS_E_SYNTAX ||
	      ret == SMTPTLS_E_LIMIT);
	/* there may also be white space before the semicolon */
	CHECK(found == 0 || ret != 0);
	CHECK(found < 2 || ret == SMTPTLS_E_LIMIT);
	for (i = 0; id[i]; i++)
		CHECK(strchr("0123456789abcdefghijklmnopqrstuvwxyz"
			     "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
			     id[i]));
}

/* Match a name made from a pattern, with the prefix `before`. */
static int match(const struct smtptls_sts_policy *policy, const char *before,
		 const char *name, size_t len)
{
	char host[600];
	int n = snprintf(host, sizeof(host), "%s%.*s", before, (int)len, name);

	CHECK(n > 0 && (size_t)n < sizeof(host));
	return smtptls_sts_match(policy, host);
}

static void check_pattern(const struct smtptls_sts_policy *policy,
			  const struct smtptls_sts_line *line)
{
	const char *name = line->value;
	size_t len = line->value_len;
	int wild = name[0] == '*';

	/* the longest name and its final dot, after "*." */
	CHECK(len <= 253 + 1 + 2);
	if (policy->error) {
		CHECK(!match(policy, "", name, len));
		return;
	}
	if (!wild) {
		CHECK(match(policy, "", name, len));
		return;
	}
	name += 2;
	len -= 2;
	if (len + 2 <= 253)
		CHECK(match(policy, "a.", name, len));
	CHECK(!match(policy, ".", name, len));
	CHECK(!match(policy, "*.", name, len));
	if (policy->pattern_count == 1) {
		CHECK(!match(policy, "", name, len));
		CHECK(!match(policy, "a.a.", name, len));
		CHECK(!match(policy, "a", name, len));
	}
}

static void check_line(const struct smtptls_sts_policy *policy,
		       const struct smtptls_sts_line *line, const char *at)
{
	const char *end = policy->text + policy->len;

	CHECK(!line->ignored || line->fault);
	CHECK(line->key || line->ignored);
	if (!line->key)
		return;
	CHECK(line->key >= at && line->key_len > 0 && line->key_len <= 32);
	CHECK(line->value > line->key + line->key_len);
	CHECK(line->value_len > 0 && line->value < end);
	CHECK(line->value_len <= (size_t)(end - line->value));
	CHECK(!memchr(line->value, '\n', line->value_len));
	if (!line->ignored && line->key_len == 2 &&
	    memcmp(line->key, "mx", 2) == 0)
		check_pattern(policy, line);
}

static void check_lines(const struct smtptls_sts_policy *policy)
{
	struct smtptls_sts_line line = { 0 };
	size_t before = 0, faults = 0, patterns = 0;
	int number = 0;

	while (smtptls_sts_line(policy, &line, sizeof(line))) {
		CHECK(line.next > before && line.next <= policy->len);
		CHECK(line.number > number);
		check_line(policy, &line, policy->text + before);
		faults += line.fault != NULL;
		patterns += line.key && !line.ignored && line.key_len == 2 &&
			    memcmp(line.key, "mx", 2) == 0;
		before = line.next;
		number = line.number;
	}
	CHECK(faults == policy->fault_count);
	CHECK(patterns == policy->pattern_count);
}

static void check_policy(const char *data, size_t size)
{
	struct smtptls_sts_policy policy;
	int ret = smtptls_sts_policy_parse(&policy, sizeof(policy), data, size);

	CHECK(ret == 0 || ret == SMTPTLS_E_SYNTAX || ret == SMTPTLS_E_LIMIT);
	CHECK((ret == 0) == (policy.error == NULL));
	CHECK((ret == 0) == (policy.mode >= SMTPTLS_STS_NONE &&
			     policy.mode <= SMTPTLS_STS_ENFORCE));
	CHECK(policy.max_age <= SMTPTLS_STS_MAX_AGE);
	CHECK((ret == SMTPTLS_E_LIMIT) == (size > SMTPTLS_STS_POLICY_MAX));
	CHECK(!smtptls_sts_match(&policy, "192.0.2.1"));
	if (ret != SMTPTLS_E_LIMIT)
		check_lines(&policy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_id((const char *)data, size);
	check_policy((const char *)data, size);
	return 0;
}
