/* SPDX-License-Identifier: MIT */
/*
 * outbound/sts_policy: an MTA-STS policy (RFC 8461 section 3.2), and which MX
 * hosts it names (section 4.1).
 *
 * Nothing is copied: the policy keeps a pointer to its text, and each query
 * reads the lines again. A line that is not a field is ignored and reported, so
 * that a slip in one line does not remove the protection of all others; but
 * version, mode and max_age must be valid, or there is no policy.
 */
#include <smtptls/outbound.h>

#include <limits.h>
#include <string.h>

#include "base/ascii.h"
#include "outbound/name.h"

#define KEY_MAX 32

/* The most digits that the grammar allows in max_age. */
#define DIGITS_MAX 10

static int is_space(char c)
{
	return c == ' ' || c == '\t';
}

static int is_key_char(char c, int first)
{
	return stls_ascii_alnum(c) ||
	       (!first && (c == '_' || c == '-' || c == '.'));
}

static int has_control(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			return 1;
	}
	return 0;
}

/* Split a line; `line->key` stays NULL if it is not a field. */
static void split(struct smtptls_sts_line *line, const char *text, size_t len)
{
	size_t key = 0, at;

	while (key < len && is_key_char(text[key], key == 0))
		key++;
	if (key == 0 || key > KEY_MAX || key == len || text[key] != ':')
		return;
	at = key + 1;
	while (at < len && is_space(text[at]))
		at++;
	if (at == len || has_control(text + at, len - at))
		return;
	line->key = text;
	line->key_len = key;
	line->value = text + at;
	line->value_len = len - at;
}

/* Read the next line that is not blank; 0 at the end. */
static int next_line(const struct smtptls_sts_policy *policy, size_t *offset,
		     int *number, struct smtptls_sts_line *line)
{
	while (*offset < policy->len) {
		const char *text = policy->text + *offset, *lf;
		size_t left = policy->len - *offset, len;

		lf = memchr(text, '\n', left);
		len = lf ? (size_t)(lf - text) : left;
		*offset += lf ? len + 1 : len;
		++*number;
		if (lf && len > 0 && text[len - 1] == '\r')
			len--;
		while (len > 0 && is_space(text[len - 1]))
			len--;
		if (len == 0)
			continue;
		memset(line, 0, sizeof(*line));
		line->number = *number;
		split(line, text, len);
		return 1;
	}
	return 0;
}

static int is_key(const struct smtptls_sts_line *line, const char *key)
{
	return line->key && line->key_len == strlen(key) &&
	       memcmp(line->key, key, line->key_len) == 0;
}

static int is_value(const struct smtptls_sts_line *line, const char *value)
{
	return line->value_len == strlen(value) &&
	       memcmp(line->value, value, line->value_len) == 0;
}

/* The value as a number; ULONG_MAX if the grammar does not allow it. */
static unsigned long seconds(const struct smtptls_sts_line *line)
{
	unsigned long value = 0;
	size_t i;

	if (line->value_len > DIGITS_MAX)
		return ULONG_MAX;
	for (i = 0; i < line->value_len; i++) {
		if (line->value[i] < '0' || line->value[i] > '9')
			return ULONG_MAX;
		if (value <= SMTPTLS_STS_MAX_AGE) /* else too long anyway */
			value = value * 10 +
				(unsigned long)(line->value[i] - '0');
	}
	return value;
}

static int is_too_long(unsigned long age)
{
	return age > SMTPTLS_STS_MAX_AGE && age != ULONG_MAX;
}

/* A pattern's host name, without a leading "*." */
static const char *pattern_name(const struct smtptls_sts_line *line,
				size_t *len)
{
	size_t star = line->value_len > 2 && memcmp(line->value, "*.", 2) == 0;

	*len = line->value_len - 2 * star;
	return line->value + 2 * star;
}

static int is_wildcard(const struct smtptls_sts_line *line)
{
	return line->value[0] == '*';
}

static int is_pattern(const struct smtptls_sts_line *line)
{
	size_t len;
	const char *name = pattern_name(line, &len);

	return stls_name_len(name, len, 0) > 0;
}

static int mode_of(const struct smtptls_sts_line *line)
{
	if (is_value(line, "enforce"))
		return SMTPTLS_STS_ENFORCE;
	if (is_value(line, "testing"))
		return SMTPTLS_STS_TESTING;
	return is_value(line, "none") ? SMTPTLS_STS_NONE : 0;
}

/* Set a line's fault, if any; the policy has the first line of each key. */
static void judge(const struct smtptls_sts_policy *policy,
		  struct smtptls_sts_line *line)
{
	int first;

	if (!line->key) {
		line->ignored = 1;
		line->fault = "not a field: \"key: value\" was expected";
	} else if (is_key(line, "mx")) {
		line->ignored = !is_pattern(line);
		if (line->ignored)
			line->fault = "neither a host name nor \"*.\" followed "
				      "by one";
	} else {
		first = is_key(line, "version")	  ? policy->version_line
			: is_key(line, "mode")	  ? policy->mode_line
			: is_key(line, "max_age") ? policy->max_age_line
						  : line->number;
		line->ignored = first != line->number;
		if (line->ignored)
			line->fault = "given before, and the first counts";
		else if (is_key(line, "max_age") && is_too_long(seconds(line)))
			line->fault = "more than 31557600, which is used";
	}
}

/* Read the first line of each key, and its value. */
static void read_lines(struct smtptls_sts_policy *policy, int *version)
{
	struct smtptls_sts_line line;
	size_t offset = 0;
	int number = 0;

	while (next_line(policy, &offset, &number, &line)) {
		if (is_key(&line, "version") && !policy->version_line) {
			policy->version_line = line.number;
			*version = is_value(&line, "STSv1");
		} else if (is_key(&line, "mode") && !policy->mode_line) {
			policy->mode_line = line.number;
			policy->mode = mode_of(&line);
		} else if (is_key(&line, "max_age") && !policy->max_age_line) {
			policy->max_age_line = line.number;
			policy->max_age = seconds(&line);
			if (is_too_long(policy->max_age))
				policy->max_age = SMTPTLS_STS_MAX_AGE;
		}
	}
}

/* Count valid patterns and faults; returns the number of mx lines. */
static size_t count_lines(struct smtptls_sts_policy *policy)
{
	struct smtptls_sts_line line;
	size_t offset = 0, mx = 0;
	int number = 0;

	while (next_line(policy, &offset, &number, &line)) {
		judge(policy, &line);
		policy->fault_count += line.fault != NULL;
		if (is_key(&line, "mx")) {
			mx++;
			policy->pattern_count += !line.ignored;
		}
	}
	return mx;
}

static const char *error_of(const struct smtptls_sts_policy *policy,
			    int version, size_t mx)
{
	if (!policy->version_line)
		return "there is no line \"version: STSv1\"";
	if (!version)
		return "the version is not STSv1";
	if (!policy->mode_line)
		return "there is no line \"mode\"";
	if (!policy->mode)
		return "the mode is not enforce, testing or none";
	if (!policy->max_age_line)
		return "there is no line \"max_age\"";
	if (policy->max_age == ULONG_MAX)
		return "max_age is not a number of seconds";
	if (mx == 0 && policy->mode != SMTPTLS_STS_NONE)
		return "there is no line \"mx\"";
	return NULL;
}

static int parse(struct smtptls_sts_policy *policy, const char *text,
		 size_t len)
{
	int version = 0;
	size_t mx;

	memset(policy, 0, sizeof(*policy));
	if (len > SMTPTLS_STS_POLICY_MAX) {
		policy->error = "the policy is longer than 64 KiB";
		return SMTPTLS_E_LIMIT;
	}
	policy->text = text;
	policy->len = len;
	read_lines(policy, &version);
	mx = count_lines(policy);
	policy->error = error_of(policy, version, mx);
	if (policy->error) {
		policy->mode = 0;
		policy->max_age = 0;
		return SMTPTLS_E_SYNTAX;
	}
	return 0;
}

int smtptls_sts_policy_parse(struct smtptls_sts_policy *policy, size_t size,
			     const char *text, size_t len)
{
	if (!policy || !text || size < sizeof(*policy))
		return SMTPTLS_E_ARG;
	return parse(policy, text, len);
}

/* The "*" of a pattern stands for exactly one label of the host. */
static int matches(const struct smtptls_sts_line *line, const char *host,
		   size_t host_len)
{
	size_t len;
	const char *name = pattern_name(line, &len), *dot;

	if (is_wildcard(line)) {
		dot = memchr(host, '.', host_len);
		if (!dot)
			return 0;
		host_len -= (size_t)(dot + 1 - host);
		host = dot + 1;
	}
	return stls_name_len(name, len, 0) == host_len &&
	       stls_ascii_equal(name, host, host_len);
}

int smtptls_sts_match(const struct smtptls_sts_policy *policy, const char *host)
{
	struct smtptls_sts_line line;
	size_t offset = 0, len;
	int number = 0;

	if (!policy || !host || policy->error)
		return 0;
	len = stls_name_len(host, strlen(host), 1);
	if (len == 0)
		return 0;
	while (next_line(policy, &offset, &number, &line)) {
		judge(policy, &line);
		if (is_key(&line, "mx") && !line.ignored &&
		    matches(&line, host, len))
			return 1;
	}
	return 0;
}

int smtptls_sts_line(const struct smtptls_sts_policy *policy,
		     struct smtptls_sts_line *line, size_t size)
{
	struct smtptls_sts_line full;
	size_t offset;
	int number;

	if (!policy || !line || size < sizeof(full))
		return 0;
	offset = line->next;
	number = line->number;
	if (!next_line(policy, &offset, &number, &full))
		return 0;
	full.next = offset;
	judge(policy, &full);
	memset(line, 0, size);
	memcpy(line, &full, sizeof(full));
	return 1;
}
