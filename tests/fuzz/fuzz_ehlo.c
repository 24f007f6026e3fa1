/* SPDX-License-Identifier: MIT */
/*
 * fuzz_ehlo: any bytes, split into lines, as the reply to an EHLO.
 *
 * The first byte is the size of the buffer, so that small ones are tried too.
 * What must hold: the buffer is never overrun; nothing is found before the last
 * line, after an error, or in a reply with a code other than 250; and what is
 * found follows its keyword at the beginning of a line other than the first. A
 * violation aborts.
 */
#include <string.h>
#include <strings.h>

#include <smtptls/smtp.h>

#include "fuzz.h"

static const char *const keywords[] = {
	"STARTTLS", "AUTH", "SIZE", "a", "X-1", "", "SMTPUTF8", "STARTT"
};

#define KEYWORDS (sizeof(keywords) / sizeof(keywords[0]))

/* The length of a line of the input, or of what follows the last LF. */
static size_t line_len(const char *line, const char *end)
{
	const char *lf = memchr(line, '\n', (size_t)(end - line));

	return (size_t)((lf ? lf + 1 : end) - line);
}

/* "250-KEYWORD", then a space and the parameters, or nothing but spaces. */
static int line_offers(const char *line, size_t len, const char *keyword,
		       const char *found)
{
	size_t n = strlen(keyword), found_len = strlen(found);

	if (len < 6 + n || memcmp(line, "250", 3) != 0 ||
	    strncasecmp(line + 4, keyword, n) != 0)
		return 0;
	line += 4 + n;
	len -= 4 + n + 2; /* including the CRLF */
	if (len > 0 && *line != ' ')
		return 0;
	while (len > 0 && line[len - 1] == ' ')
		len--;
	while (len > 0 && *line == ' ') {
		line++;
		len--;
	}
	return len == found_len && memcmp(line, found, len) == 0;
}

/* Whether a line after the first has this keyword with these parameters. */
static int is_offered(const char *data, const char *end, const char *keyword,
		      const char *found)
{
	const char *line = data + line_len(data, end);
	int offered = 0;

	while (line < end) {
		size_t len = line_len(line, end);

		offered |= line_offers(line, len, keyword, found);
		line += len;
	}
	return offered;
}

static void ask(const struct smtptls_ehlo *ehlo, const char *data,
		const char *end)
{
	const char *found;
	size_t i;

	for (i = 0; i < KEYWORDS; i++) {
		found = smtptls_ehlo_find(ehlo, keywords[i]);
		if (!found)
			continue;
		CHECK(ehlo->complete && ehlo->code == 250);
		CHECK(found >= ehlo->buffer);
		CHECK(found + strlen(found) < ehlo->buffer + ehlo->size);
		CHECK(is_offered(data, end, keywords[i], found));
	}
}

/* Feed lines until the reply is complete or wrong. */
static int feed(struct smtptls_ehlo *ehlo, const char *data, const char *end)
{
	const char *line = data;
	int ret = SMTPTLS_E_AGAIN;

	while (line < end && ret == SMTPTLS_E_AGAIN) {
		size_t len = line_len(line, end);

		ret = smtptls_ehlo_add(ehlo, line, len);
		CHECK(ehlo->complete == (ret == 0));
		CHECK(ret != SMTPTLS_E_AGAIN || ehlo->code >= 200);
		CHECK(ehlo->used <= ehlo->size);
		line += len;
		if (ret != 0)
			ask(ehlo, data, line);
	}
	ask(ehlo, data, line);
	return ret;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char more[] = "250 STARTTLS\r\n";
	const char *text, *end;
	struct smtptls_ehlo ehlo;
	char *buffer;
	int ret;

	if (size == 0)
		return 0;
	text = (const char *)data + 1;
	end = (const char *)data + size;
	buffer = malloc(data[0] ? data[0] : 1);
	CHECK(buffer);
	smtptls_ehlo_init(&ehlo, data[0] ? buffer : NULL, data[0]);
	ret = feed(&ehlo, text, end);
	/* neither a complete nor a wrong reply accepts another line */
	if (ret != SMTPTLS_E_AGAIN) {
		CHECK(smtptls_ehlo_add(&ehlo, more, sizeof(more) - 1) ==
		      SMTPTLS_E_STATE);
		CHECK(ehlo.complete == (ret == 0));
		ask(&ehlo, text, end);
	}
	free(buffer);
	return 0;
}
