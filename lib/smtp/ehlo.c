/* SPDX-License-Identifier: MIT */
/*
 * smtp/ehlo: the capabilities of an EHLO reply, for hosts that speak SMTP
 * themselves. The library's own client reads its replies in smtp/dialogue.
 *
 * Lines are added one by one. Each capability is kept in the caller's buffer
 * as a string "KEYWORD parameters" with a NUL, for later lookups. The first
 * line is the server's name and greeting and never a keyword, whatever it says.
 * A line whose first word is not a keyword by RFC 5321 section 4.1.1.1 is left
 * out, so that free text cannot pass for a capability.
 */
#include <smtptls/smtp.h>

#include <string.h>

#include "base/ascii.h"

void smtptls_ehlo_init(struct smtptls_ehlo *ehlo, char *buffer, size_t size)
{
	if (!ehlo)
		return;
	memset(ehlo, 0, sizeof(*ehlo));
	ehlo->buffer = buffer;
	ehlo->size = buffer ? size : 0;
}

static int is_keyword_char(char c, int first)
{
	return stls_ascii_alnum(c) || (c == '-' && !first);
}

/* The length of the keyword that the text begins with; 0 if it has none. */
static size_t keyword_len(const char *text, size_t len)
{
	size_t n = 0;

	while (n < len && is_keyword_char(text[n], n == 0))
		n++;
	return n == len || text[n] == ' ' ? n : 0;
}

static int keep(struct smtptls_ehlo *ehlo, const char *text, size_t len)
{
	while (len > 0 && text[len - 1] == ' ')
		len--;
	if (keyword_len(text, len) == 0)
		return 0;
	if (ehlo->size - ehlo->used < len + 1)
		return SMTPTLS_E_LIMIT;
	memcpy(ehlo->buffer + ehlo->used, text, len);
	ehlo->buffer[ehlo->used + len] = '\0';
	ehlo->used += len + 1;
	return 0;
}

static int add(struct smtptls_ehlo *ehlo, const char *line, size_t len)
{
	struct smtptls_reply reply;
	int ret, first;

	ret = smtptls_reply_parse(line, len, &reply);
	if (ret < 0)
		return ret;
	first = ehlo->code == 0;
	if (!first && reply.code != ehlo->code)
		return SMTPTLS_E_SYNTAX;
	ehlo->code = reply.code;
	if (!first && reply.code == 250) {
		ret = keep(ehlo, reply.text, reply.text_len);
		if (ret < 0)
			return ret;
	}
	if (!reply.last)
		return SMTPTLS_E_AGAIN;
	ehlo->complete = 1;
	return 0;
}

int smtptls_ehlo_add(struct smtptls_ehlo *ehlo, const char *line, size_t len)
{
	int ret;

	if (!ehlo || !line)
		return SMTPTLS_E_ARG;
	if (ehlo->complete || ehlo->failed)
		return SMTPTLS_E_STATE;
	ret = add(ehlo, line, len);
	/* Otherwise part of an invalid reply could pass for a whole one. */
	ehlo->failed = ret < 0 && ret != SMTPTLS_E_AGAIN;
	return ret;
}

const char *smtptls_ehlo_find(const struct smtptls_ehlo *ehlo,
			      const char *keyword)
{
	const char *entry;
	size_t len, at;

	if (!ehlo || !keyword || !ehlo->complete)
		return NULL;
	len = strlen(keyword);
	for (at = 0; at < ehlo->used; at += strlen(entry) + 1) {
		entry = ehlo->buffer + at;
		if (strlen(entry) < len ||
		    !stls_ascii_equal(entry, keyword, len))
			continue;
		if (entry[len] == '\0')
			return entry + len;
		if (entry[len] == ' ') {
			entry += len;
			return entry + strspn(entry, " ");
		}
	}
	return NULL;
}
