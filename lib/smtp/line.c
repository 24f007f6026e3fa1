/* SPDX-License-Identifier: MIT */
/*
 * smtp/line: parse one command line or one reply line.
 *
 * A line includes its CRLF, the only line ending there is (RFC 5321 section
 * 2.3.8). A CR, LF or NUL anywhere else is an error, so that no two programs
 * can disagree about where a line ends. Nothing is allocated or copied: the
 * results point into the caller's line.
 */
#include <smtptls/smtp.h>

#include <string.h>

#include "base/ascii.h"

/* Set *text_len to the length without the CRLF; 0 or SMTPTLS_E_SYNTAX. */
static int line_text_len(const char *line, size_t len, size_t *text_len)
{
	size_t i;

	if (len < 2 || line[len - 2] != '\r' || line[len - 1] != '\n')
		return SMTPTLS_E_SYNTAX;
	for (i = 0; i < len - 2; i++) {
		if (line[i] == '\0' || line[i] == '\r' || line[i] == '\n')
			return SMTPTLS_E_SYNTAX;
	}
	*text_len = len - 2;
	return 0;
}

int smtptls_command_parse(const char *line, size_t len,
			  struct smtptls_command *command)
{
	const char *end, *space;
	int ret;

	if (!line || !command)
		return SMTPTLS_E_ARG;
	ret = line_text_len(line, len, &len);
	if (ret < 0)
		return ret;
	end = line + len;
	space = memchr(line, ' ', len);
	command->verb = line;
	command->verb_len = (size_t)((space ? space : end) - line);
	if (command->verb_len == 0)
		return SMTPTLS_E_SYNTAX;
	command->args = line + command->verb_len;
	while (*command->args == ' ') /* the CR ends the loop */
		command->args++;
	while (end > command->args && end[-1] == ' ')
		end--;
	command->args_len = (size_t)(end - command->args);
	return 0;
}

int smtptls_command_is(const struct smtptls_command *command, const char *verb)
{
	size_t i;

	if (!command || !verb)
		return 0;
	/* A host tries one verb after the other, and most differ early. */
	for (i = 0; i < command->verb_len; i++) {
		if (!verb[i] || stls_ascii_lower(command->verb[i]) !=
					stls_ascii_lower(verb[i]))
			return 0;
	}
	return verb[i] == '\0';
}

int smtptls_reply_parse(const char *line, size_t len,
			struct smtptls_reply *reply)
{
	int ret;

	if (!line || !reply)
		return SMTPTLS_E_ARG;
	ret = line_text_len(line, len, &len);
	if (ret < 0)
		return ret;
	if (len < 3 || line[0] < '2' || line[0] > '5' || line[1] < '0' ||
	    line[1] > '5' || line[2] < '0' || line[2] > '9')
		return SMTPTLS_E_SYNTAX;
	if (len > 3 && line[3] != ' ' && line[3] != '-')
		return SMTPTLS_E_SYNTAX;
	reply->code =
		(line[0] - '0') * 100 + (line[1] - '0') * 10 + line[2] - '0';
	reply->last = len == 3 || line[3] == ' ';
	reply->text = line + (len > 3 ? 4 : 3);
	reply->text_len = len > 3 ? len - 4 : 0;
	return 0;
}
