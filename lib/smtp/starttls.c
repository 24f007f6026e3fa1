/* SPDX-License-Identifier: MIT */
/*
 * smtp/starttls: the server's verdict on a STARTTLS command.
 *
 * RFC 3207 section 4 with the enhanced codes of RFC 3463. Refusals come first:
 * they leave the session in the clear, where input pipelined after the command
 * does no harm. Before a 220 nothing may be unread, or an attacker's plaintext
 * would be taken for commands the client sent under TLS (CVE-2011-0411).
 */
#include <smtptls/smtp.h>

static int answer(int code, const char *text, const char **reply)
{
	*reply = text;
	return code;
}

int smtptls_starttls_verdict(const char *args, size_t args_len, int tls_enabled,
			     int tls_available, size_t unread,
			     const char **reply)
{
	if (!reply)
		return SMTPTLS_E_ARG;
	*reply = NULL;
	if (!args && args_len > 0)
		return SMTPTLS_E_ARG;
	if (tls_enabled)
		return answer(503, "503 5.5.1 TLS is already active\r\n",
			      reply);
	if (args_len > 0)
		return answer(501,
			      "501 5.5.4 Syntax error (no parameters "
			      "allowed)\r\n",
			      reply);
	if (!tls_available)
		return answer(454,
			      "454 4.7.0 TLS not available due to temporary "
			      "reason\r\n",
			      reply);
	if (unread > 0)
		return SMTPTLS_E_INJECTION;
	return answer(220, "220 2.0.0 Ready to start TLS\r\n", reply);
}
