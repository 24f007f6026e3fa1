/* SPDX-License-Identifier: MIT */
/*
 * --explain: what a reason in the log means, from smtptls-reasons(7), which is
 * compiled in: it works without man, and without installation.
 */
#include <stdio.h>
#include <string.h>

#include "explain.h"

/* The text after a field's name outside quotation marks, or NULL. */
static const char *value_of(const char *line, const char *field)
{
	size_t len = strlen(field);
	const char *at;
	int quoted = 0;

	for (at = line; *at; at++) {
		if (*at == '\\' && at[1])
			at++;
		else if (*at == '"')
			quoted = !quoted;
		else if (!quoted && (at == line || at[-1] == ' ') &&
			 strncmp(at, field, len) == 0)
			return at + len;
	}
	return NULL;
}

static int print(const char *id, size_t len)
{
	const struct explanation *one = explanations;

	while (one->id &&
	       (strlen(one->id) != len || memcmp(one->id, id, len) != 0))
		one++;
	if (!one->id)
		return -1;
	printf("%s\n%s", one->id, one->text);
	return 0;
}

int explain(const char *what)
{
	static const char *const fields[] = { "reason_id=", "shadow_id=" };
	const char *id;
	int found = -1;
	size_t i;

	what += strspn(what, " \t");
	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		id = value_of(what, fields[i]);
		if (id && print(id, strcspn(id, " \t\r\n")) == 0)
			found = 0;
	}
	return found == 0 ? 0 : print(what, strcspn(what, " \t\r\n"));
}
