/* SPDX-License-Identifier: MIT */
/*
 * What smtptls-server writes to stderr: its own notes, and a line of key=value
 * fields for each session.
 *
 * A line stays one line whatever clients and arguments contain: nobody can
 * forge another line, or a field in it. Session lines are collected, since a
 * system call for each would be a good part of a busy server's time in the
 * kernel; a note also writes the lines collected before it.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"

/* The longest line, and the most that is collected. */
enum { LINE_MAX_BYTES = 2048, PENDING_MAX = 8 * LINE_MAX_BYTES };

static struct {
	size_t len;
	char text[PENDING_MAX];
} pending;

void log_flush(void)
{
	/* If stderr is gone, there is nobody left to tell. */
	if (pending.len > 0)
		(void)!write(STDERR_FILENO, pending.text, pending.len);
	pending.len = 0;
}

static void collect(const char *text, size_t len)
{
	if (len > sizeof(pending.text) - pending.len)
		log_flush();
	memcpy(pending.text + pending.len, text, len);
	pending.len += len;
}

__attribute__((format(printf, 1, 0))) static void vnote(const char *format,
							va_list ap)
{
	char line[1024] = "smtptls-server: ";
	size_t len = strlen(line);

	vsnprintf(line + len, sizeof(line) - len - 1, format, ap);
	for (; line[len]; len++)
		if ((unsigned char)line[len] < ' ' || line[len] == 0x7f)
			line[len] = '?';
	line[len++] = '\n';
	collect(line, len);
	log_flush();
}

void note(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vnote(format, ap);
	va_end(ap);
}

void die(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vnote(format, ap);
	va_end(ap);
	exit(EXIT_FAILURE);
}

void address_text(const void *address, char text[ADDRESS_TEXT_MAX])
{
	const struct sockaddr *sa = address;
	const struct sockaddr_in *v4 = address;
	const struct sockaddr_in6 *v6 = address;
	char host[INET6_ADDRSTRLEN] = "unknown";

	if (sa->sa_family == AF_INET6) {
		inet_ntop(AF_INET6, &v6->sin6_addr, host, sizeof(host));
		snprintf(text, ADDRESS_TEXT_MAX, "[%s]:%u", host,
			 ntohs(v6->sin6_port));
	} else {
		inet_ntop(AF_INET, &v4->sin_addr, host, sizeof(host));
		snprintf(text, ADDRESS_TEXT_MAX, "%s:%u", host,
			 ntohs(v4->sin_port));
	}
}

/* A line under construction; it is cut off when it is full. */
struct line {
	size_t len;
	char text[LINE_MAX_BYTES];
};

static void put(struct line *line, const char *text)
{
	size_t n = strlen(text), room = sizeof(line->text) - line->len - 1;

	n = n < room ? n : room;
	memcpy(line->text + line->len, text, n);
	line->len += n;
}

static int is_plain(char c)
{
	return c > ' ' && c <= '~' && c != '"' && c != '\\' && c != '=';
}

/* Add "name=value", quoted if the value is not a plain word. */
static void field(struct line *line, const char *name, const char *value)
{
	const char *end = value;
	int quote;

	if (!value || !*value)
		value = end = "-";
	while (is_plain(*end))
		end++;
	quote = *end != '\0';
	put(line, line->len ? " " : "");
	put(line, name);
	put(line, quote ? "=\"" : "=");
	if (!quote)
		put(line, value);
	for (const char *p = value; quote && *p; p++) {
		char text[sizeof("\\x00")] = { *p };
		if (*p < ' ' || *p > '~')
			snprintf(text, sizeof(text), "\\x%02x",
				 (unsigned char)*p);
		else if (*p == '\\' || *p == '"')
			text[0] = '\\', text[1] = *p;
		put(line, text);
	}
	put(line, quote ? "\"" : "");
}

static const char *error_name(int error)
{
	const struct smtptls_error_info *info = smtptls_error_info(error);

	return info ? info->name : "unknown";
}

void log_session(const char *peer, struct smtptls_conn *conn, unsigned messages,
		 const char *outcome, const char *reason, int reason_id)
{
	struct line line = { .len = 0 };
	struct smtptls_info info;
	const char *text = NULL;
	char cause[512], count[16];
	int error = smtptls_conn_error(conn, &text);

	if (smtptls_conn_info(conn, &info, sizeof(info)) < 0) {
		note("%s: no memory for its log line", peer);
		return;
	}
	if (!outcome)
		outcome = error ? "failed" : "closed";
	if (!reason && error) {
		snprintf(cause, sizeof(cause), "%s: %s", error_name(error),
			 text);
		reason = cause;
	} else if (!reason && !reason_id) {
		reason = text;
	}
	if (!reason_id)
		reason_id = info.reason;
	snprintf(count, sizeof(count), "%u", messages);
	field(&line, "peer", peer);
	field(&line, "tls_enabled", info.tls_enabled ? "1" : "0");
	field(&line, "protocol", info.protocol);
	field(&line, "cipher", info.cipher_openssl);
	field(&line, "sni", info.sni);
	if (info.sni_unmatched)
		field(&line, "sni_unmatched", "1");
	field(&line, "verify",
	      info.verify == 1	? "ok"
	      : info.verify < 0 ? error_name(info.verify)
				: NULL);
	field(&line, "subject", info.peer_subject);
	field(&line, "messages", count);
	field(&line, "outcome", outcome);
	field(&line, "reason", reason);
	field(&line, "reason_id",
	      reason_id ? smtptls_reason_name(reason_id) : NULL);
	if (info.shadow_reason != SMTPTLS_REASON_NONE) {
		field(&line, "shadow", info.shadow_text);
		field(&line, "shadow_id",
		      smtptls_reason_name(info.shadow_reason));
	}
	line.text[line.len++] = '\n';
	collect(line.text, line.len);
}

static const char *setting_name(int setting)
{
	static const char *const names[] = {
		[SMTPTLS_SETTING_PROTOCOLS] = "protocols",
		[SMTPTLS_SETTING_CIPHERS] = "ciphers",
		[SMTPTLS_SETTING_CIPHERSUITES] = "ciphersuites",
		[SMTPTLS_SETTING_GROUPS] = "groups",
		[SMTPTLS_SETTING_SIGALGS] = "sigalgs",
		[SMTPTLS_SETTING_SECURITY_LEVEL] = "seclevel",
		[SMTPTLS_SETTING_CERTIFICATE] = "cert",
		[SMTPTLS_SETTING_CHAIN] = "chain",
		[SMTPTLS_SETTING_CA] = "ca",
		[SMTPTLS_SETTING_CRL] = "crl",
		[SMTPTLS_SETTING_DH] = "dhparam",
		[SMTPTLS_SETTING_CLIENT_PURPOSE] = "client-purpose",
		[SMTPTLS_SETTING_SYSTEM_POLICY] = "system-policy",
		[SMTPTLS_SETTING_PEER] = "peer",
	};

	return setting > 0 && (size_t)setting < sizeof(names) / sizeof(names[0])
		       ? names[setting]
		       : NULL;
}

void log_changes(const char *peer, const struct smtptls_conn *conn)
{
	static const char *const actions[] = { NULL, "set", "add", "remove",
					       "replace" };
	struct smtptls_advice advice;

	if (smtptls_conn_advice(conn, &advice, sizeof(advice)) < 0)
		return;
	for (int i = 0; i < advice.change_count; i++) {
		const struct smtptls_change *change = &advice.changes[i];
		struct line line = { .len = 0 };

		field(&line, "peer", peer);
		field(&line, "change", setting_name(change->setting));
		field(&line, "action", actions[change->action]);
		field(&line, "word", change->word);
		field(&line, "with", change->with);
		line.text[line.len++] = '\n';
		collect(line.text, line.len);
	}
}
