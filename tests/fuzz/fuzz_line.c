/* SPDX-License-Identifier: MIT */
/*
 * fuzz_line: any bytes as a command line and as a reply line.
 *
 * What must hold for an accepted line: its parts lie inside it, no part
 * contains a line end, and a line rebuilt from the parts is parsed into the
 * same parts. A violation aborts.
 */
#include <string.h>
#include <strings.h>

#include <smtptls/smtp.h>

#include "fuzz.h"

static int ends_a_line(const char *part, size_t len)
{
	return len > 0 && (memchr(part, '\r', len) || memchr(part, '\n', len) ||
			   memchr(part, '\0', len));
}

static void inside(const char *line, size_t size, const char *part, size_t len)
{
	CHECK(part >= line);
	CHECK(part + len <= line + size - 2);
	CHECK(!ends_a_line(part, len));
}

static int same(const char *a, size_t a_len, const char *b, size_t b_len)
{
	return a_len == b_len && memcmp(a, b, a_len) == 0;
}

/*
 * `len` bytes, a separator or none, `rest_len` bytes, CRLF; the caller frees
 * it.
 */
static char *put_together(const char *start, size_t len, const char *separator,
			  const char *rest, size_t rest_len, size_t *size)
{
	size_t separator_len = strlen(separator);
	char *line = malloc(len + separator_len + rest_len + 2), *end = line;

	CHECK(line);
	memcpy(end, start, len);
	end += len;
	memcpy(end, separator, separator_len);
	end += separator_len;
	memcpy(end, rest, rest_len);
	end += rest_len;
	memcpy(end, "\r\n", 2);
	*size = len + separator_len + rest_len + 2;
	return line;
}

static void try_command(const char *line, size_t size)
{
	struct smtptls_command command, again;
	char *copy, *verb;
	size_t len;

	if (smtptls_command_parse(line, size, &command) < 0)
		return;
	inside(line, size, command.verb, command.verb_len);
	inside(line, size, command.args, command.args_len);
	CHECK(command.verb == line && command.verb_len > 0);
	CHECK(!memchr(command.verb, ' ', command.verb_len));
	CHECK(command.verb + command.verb_len <= command.args);
	CHECK(command.args_len == 0 || command.args[0] != ' ');
	CHECK(command.args_len == 0 ||
	      command.args[command.args_len - 1] != ' ');

	copy = put_together(command.verb, command.verb_len, " ", command.args,
			    command.args_len, &len);
	CHECK(smtptls_command_parse(copy, len, &again) == 0);
	CHECK(same(command.verb, command.verb_len, again.verb, again.verb_len));
	CHECK(same(command.args, command.args_len, again.args, again.args_len));
	free(copy);

	verb = strndup(command.verb, command.verb_len);
	CHECK(verb);
	CHECK(smtptls_command_is(&command, verb) == 1);
	verb[command.verb_len - 1] ^= 1;
	CHECK(smtptls_command_is(&command, verb) == 0);
	free(verb);
	CHECK(smtptls_command_is(&command, "STARTTLS") ==
	      (command.verb_len == 8 &&
	       strncasecmp(command.verb, "STARTTLS", 8) == 0));
}

static void try_reply(const char *line, size_t size)
{
	struct smtptls_reply reply, again;
	char code[4], *copy;
	size_t len;

	if (smtptls_reply_parse(line, size, &reply) < 0)
		return;
	inside(line, size, reply.text, reply.text_len);
	CHECK(reply.code >= 200 && reply.code <= 559);
	CHECK(reply.code / 10 % 10 <= 5);
	CHECK(reply.last == 0 || reply.last == 1);
	CHECK(reply.last || line[3] == '-');

	(void)snprintf(code, sizeof(code), "%d", reply.code);
	CHECK(memcmp(code, line, 3) == 0);
	copy = put_together(code, 3, reply.last ? " " : "-", reply.text,
			    reply.text_len, &len);
	CHECK(smtptls_reply_parse(copy, len, &again) == 0);
	CHECK(again.code == reply.code && again.last == reply.last);
	CHECK(same(reply.text, reply.text_len, again.text, again.text_len));
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *line = (const char *)data;

	try_command(line, size);
	try_reply(line, size);
	return 0;
}
