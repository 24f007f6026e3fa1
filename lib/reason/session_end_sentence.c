/* SPDX-License-Identifier: MIT */
/*
 * reason/session_end_sentence: how a session ended, in a sentence.
 *
 * This covers what the policy has no part in: plaintext where TLS was to start,
 * the end of the connection and the time limit, the peer's alerts, its
 * certificate. An alert is the peer's view of this side, so the sentence says
 * what the peer found here, and what could be changed on either side. Nothing
 * is allocated, except copies of the ciphers for SMTPTLS_REASON_CERT_WEAK.
 *
 * Messages and alerts are named as in RFC 8446, or as in RFC 5246 if they are
 * older. What the peer sent is shown escaped.
 */
#include "reason/session_end_sentence.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <smtptls/policy.h>

#include "base/ascii.h"
#include "base/limit.h"
#include "reason/certificate_sentence.h"
#include "reason/change_list.h"
#include "reason/peer_refusal.h"
#include "reason/phrase.h"
#include "reason/system_error.h"

/* The most bytes of plaintext that are needed to tell the protocol. */
#define EXCERPT 32

/* ---- when it ended ---- */

enum {
	CLIENT_HELLO = 1,
	SERVER_HELLO = 2,
	NEW_SESSION_TICKET = 4,
	FINISHED = 20
};

enum { CONTENT_ALERT = 21, CONTENT_HANDSHAKE = 22 };

static const char *message_name(int message)
{
	static const char *const names[] = {
		[0] = "HelloRequest",
		[CLIENT_HELLO] = "ClientHello",
		[SERVER_HELLO] = "ServerHello",
		[NEW_SESSION_TICKET] = "NewSessionTicket",
		[5] = "EndOfEarlyData",
		[STLS_HELLO_RETRY_REQUEST] = "HelloRetryRequest",
		[8] = "EncryptedExtensions",
		[11] = "Certificate",
		[12] = "ServerKeyExchange",
		[13] = "CertificateRequest",
		[14] = "ServerHelloDone",
		[15] = "CertificateVerify",
		[16] = "ClientKeyExchange",
		[FINISHED] = "Finished",
		[22] = "CertificateStatus",
	};

	if (message < 0 ||
	    (size_t)message >= sizeof(names) / sizeof(names[0]) ||
	    !names[message])
		return "last message";
	return names[message];
}

/*
 * Whether this side sent the last message. A server answers a ClientHello at
 * once, and otherwise has the last word only if all is well; a client's second
 * flight is followed by the end of TLS 1.2's handshake.
 */
static int spoke_last(const struct stls_end *end)
{
	if (end->last_out < 0 || end->last_in < 0)
		return end->last_out >= 0;
	if (end->server)
		return end->last_in == CLIENT_HELLO;
	if (end->last_out == CLIENT_HELLO)
		return end->last_in == STLS_HELLO_RETRY_REQUEST;
	return end->last_in != NEW_SESSION_TICKET && end->last_in != FINISHED;
}

/* 1 if TLS has been asked for and is due: not just a probe of the port. */
static int is_behind_220(const struct stls_end *end)
{
	return end->server && end->spoken && !end->begun;
}

static void write_when(const struct stls_end *end, char when[80])
{
	/* A server's flight: its last message alone would be ambiguous. */
	int flight = end->server && end->last_out != SERVER_HELLO &&
		     end->last_out != STLS_HELLO_RETRY_REQUEST;

	if (spoke_last(end))
		(void)snprintf(when, 80, "after this side's %s%s",
			       flight ? "ServerHello.." : "",
			       message_name(end->last_out));
	else if (end->last_in >= 0)
		(void)snprintf(when, 80, "after its %s",
			       message_name(end->last_in));
	else
		(void)snprintf(
			when, 80, "%s%s its %s",
			is_behind_220(end) ? "after this side's 220, " : "",
			end->begun && !end->notified ? "within" : "before",
			end->server ? "ClientHello" : "ServerHello");
}

/* 1 if a client may be waiting for a greeting; implicit TLS sends none. */
static int waits(const struct stls_end *end)
{
	return end->server && !end->begun && !end->spoken;
}

static const char *cure_of_closed(const struct stls_end *end)
{
	if (end->broken)
		return STLS_OTHER_LOG;
	if (waits(end))
		return "it only probed the port, or waited for a greeting in "
		       "the clear and must be set to implicit TLS, or to a "
		       "port for STARTTLS";
	if (is_behind_220(end))
		return "a firewall in between that inspects SMTP may cut TLS "
		       "off, or the peer's log says why";
	return "its own log says why";
}

static void write_closed(const struct stls_end *end, char *text, size_t size)
{
	struct stls_phrase phrase = { text, size, 0 };
	const char *what = stls_system_error_what(end->system_error);
	char when[80];

	write_when(end, when);
	if (!what)
		what = end->broken     ? "the connection broke"
		       : end->notified ? "peer ended TLS (close_notify)"
				       : "peer closed the connection";
	stls_phrase_add(&phrase, "%s %s", what, when);
	if (spoke_last(end) && stls_phrase_refusal(&phrase, end))
		return;
	if (end->system_error)
		stls_system_error_write(end->system_error, when, text, size);
	else if (!end->broken && spoke_last(end) &&
		 stls_phrase_distrust(&phrase, end))
		stls_phrase_add(&phrase, "; else its own log says why");
	else
		stls_phrase_add(&phrase, ": %s", cure_of_closed(end));
}

/* A path with a smaller MTU silently loses large messages. */
static void write_timeout(const struct stls_end *end, char *text, size_t size)
{
	char when[80] = "under TLS", limit[STLS_LIMIT_SIZE];

	if (!end->complete)
		write_when(end, when);
	stls_limit_write(limit, end->limit_ms);
	(void)snprintf(text, size, "peer was silent for too long%s %s: %s",
		       limit, when,
		       waits(end) ? "if it waits for a greeting in the clear, "
				    "set it to implicit TLS, or to a port for "
				    "STARTTLS; else look for lost packets"
		       : is_behind_220(end)
			       ? "a firewall in between that inspects SMTP may "
				 "hold TLS back; else look for lost packets, "
				 "or allow more time"
			       : "look for packets lost on the way (a "
				 "firewall, the MTU), or allow more time");
}

/* ---- plaintext ---- */

/* 1 if one of the words is there, followed by another or the line's end. */
static int begins(const unsigned char *held, size_t n, const char *const *words)
{
	size_t len;

	for (; *words; words++) {
		len = strlen(*words);
		if (n >= len &&
		    stls_ascii_equal((const char *)held, *words, len) &&
		    (n == len || strchr(" -\r\n", held[len])))
			return 1;
	}
	return 0;
}

/* The signature of HAProxy's version 2 header. */
static const unsigned char proxy_v2[] = "\r\n\r\n\0\r\nQUIT\n";

#define PROXY_V2_SIZE (sizeof(proxy_v2) - 1)

int stls_proxy_header(const unsigned char *held, size_t n, size_t at)
{
	static const char v1[] = "PROXY ";
	size_t rest = PROXY_V2_SIZE - at;

	if (at == 0 && n >= strlen(v1) && memcmp(held, v1, strlen(v1)) == 0)
		return 1;
	if (n == 0 || memcmp(held, proxy_v2 + at, n < rest ? n : rest) != 0)
		return 0;
	return n < rest ? STLS_FIRST_MORE : 2;
}

const char *stls_proxy_sentence(int version)
{
	return version == 1
		       ? "peer sent a PROXY protocol header (v1), which is not "
			 "accepted here: switch it off in the proxy in front "
			 "of this port (HAProxy's send-proxy, nginx's "
			 "proxy_protocol)"
		       : "peer sent a PROXY protocol header (v2), which is not "
			 "accepted here: switch it off in the proxy in front "
			 "of this port (HAProxy's send-proxy-v2)";
}

/* Tell which other protocol is spoken. */
static int reason_of_plaintext(const unsigned char *held, size_t n)
{
	static const char *const smtp[] = { "EHLO", "HELO", "LHLO",	"NOOP",
					    "RSET", "QUIT", "HELP",	"MAIL",
					    "RCPT", "DATA", "AUTH",	"VRFY",
					    "220",  "250",  "421",	"454",
					    "500",  "501",  "502",	"503",
					    "530",  "554",  "STARTTLS", NULL };
	static const char *const http[] = { "GET",     "HEAD",	  "POST",
					    "PUT",     "DELETE",  "PATCH",
					    "OPTIONS", "CONNECT", "TRACE",
					    "PRI",     NULL };

	if (begins(held, n, smtp))
		return SMTPTLS_REASON_SMTP_IN_CLEAR;
	if (stls_proxy_header(held, n, 0) == 1)
		return SMTPTLS_REASON_PROXY_HEADER;
	return begins(held, n, http) ? SMTPTLS_REASON_HTTP
				     : SMTPTLS_REASON_NO_TLS;
}

/*
 * The bytes up to the line's end or the first control character other than CR
 * and tab, or the whole excerpt; 0 if more are needed.
 */
static size_t plaintext_len(const unsigned char *held, size_t n)
{
	size_t i;

	for (i = 0; i < n && i < EXCERPT; i++) {
		if (held[i] < ' ' && held[i] != '\r' && held[i] != '\t')
			return i + 1;
	}
	return i == EXCERPT ? EXCERPT : 0;
}

/*
 * TLS begins with a handshake record of version 3.x, or with an alert from a
 * peer that gives up. SSLv2's hello begins with a length whose high bit is set,
 * then its type.
 */
int stls_reason_of_first(const unsigned char *held, size_t n, int last,
			 size_t *len)
{
	int proxy;

	*len = n;
	if (held[0] == CONTENT_ALERT)
		return 0;
	if (held[0] == CONTENT_HANDSHAKE) {
		if (n < 2)
			return last ? 0 : STLS_FIRST_MORE;
		*len = 2;
		return held[1] == 3 ? 0 : SMTPTLS_REASON_NO_TLS;
	}
	if (held[0] & 0x80 && n < 3)
		return last ? SMTPTLS_REASON_SSL2_HELLO : STLS_FIRST_MORE;
	if (held[0] & 0x80 && held[2] == CLIENT_HELLO)
		return SMTPTLS_REASON_SSL2_HELLO;
	proxy = stls_proxy_header(held, n, 0);
	if (proxy == 2)
		*len = PROXY_V2_SIZE;
	if (proxy == 2 || (proxy == STLS_FIRST_MORE && !last))
		return proxy == 2 ? SMTPTLS_REASON_PROXY_HEADER : proxy;
	*len = plaintext_len(held, n);
	if (*len == 0 && !last)
		return STLS_FIRST_MORE;
	if (*len == 0)
		*len = n;
	return reason_of_plaintext(held, *len);
}

static const char *cure_of_clear(const struct stls_end *end)
{
	if (end->spoken)
		return end->server ? "it must start TLS after the 220 to "
				     "STARTTLS"
				   : "it must wait for TLS after its 220 to "
				     "STARTTLS";
	return end->server ? "set it to implicit TLS, or to a port for STARTTLS"
			   : "use STARTTLS there, or its port for implicit TLS";
}

/* A client has connected to the wrong port; a server listens at one. */
static const char *wrong_port(const struct stls_end *end)
{
	return end->server ? "it uses the wrong port" : "it is the wrong port";
}

static void write_plaintext(const struct stls_end *end, char *text, size_t size)
{
	char shown[64];

	(void)stls_ascii_escape(shown, sizeof(shown), end->sent, end->sent_len);
	if (end->reason == SMTPTLS_REASON_PROXY_HEADER)
		(void)snprintf(text, size, "%s",
			       stls_proxy_sentence(stls_proxy_header(
				       end->sent, end->sent_len, 0)));
	else if (end->reason == SMTPTLS_REASON_HTTP)
		(void)snprintf(text, size, "peer speaks HTTP (\"%s\"): %s",
			       shown, wrong_port(end));
	else if (end->reason == SMTPTLS_REASON_SMTP_IN_CLEAR)
		(void)snprintf(text, size,
			       "peer speaks SMTP in the clear (\"%s\") where "
			       "TLS was expected: %s",
			       shown, cure_of_clear(end));
	else
		(void)snprintf(text, size,
			       "peer sent \"%s\" where TLS was expected: %s, "
			       "or %smust be fixed",
			       shown, wrong_port(end),
			       end->server ? "" : "the peer ");
}

/* ---- what TLS forbids, and what is not common ---- */

static void write_defect(const struct stls_end *end, char *text, size_t size)
{
	char when[80] = "under TLS";

	if (!end->complete)
		write_when(end, when);
	(void)snprintf(text, size, "peer sent %s %s: " STLS_DEFECT, end->found,
		       when);
}

/*
 * Usually there is no policy, which would say more: the host set the priority
 * string. A server with a policy gets here if the peer rejects its version, the
 * best common one by the hello, which before TLS 1.3 does not name the lowest.
 */
static void write_not_common(const struct stls_end *end, char *text,
			     size_t size)
{
	if (end->reason == SMTPTLS_REASON_VERSION && end->server &&
	    end->policy && end->version) {
		(void)snprintf(text, size,
			       "peer does not accept TLS %s, the best that the "
			       "protocols have for it: allow a later version "
			       "there, or the peer must be changed",
			       end->version + strlen("TLS"));
		return;
	}
	/* With an old version, what is missing is a common newer one. */
	if (end->reason == SMTPTLS_REASON_SUITES_EXCLUDED && end->version &&
	    (strcmp(end->version, "TLS1.0") == 0 ||
	     strcmp(end->version, "TLS1.1") == 0)) {
		(void)snprintf(text, size,
			       "the peer and the priority string have no "
			       "version above TLS %s in common, and no %s for "
			       "that version: allow TLS 1.2 or 1.3 in the "
			       "string, or the peer must be changed",
			       end->version + strlen("TLS"), end->found);
		return;
	}
	(void)snprintf(
		text, size,
		"the peer and the priority string have no %s in common: "
		"allow one of the peer's in the string, or the peer must "
		"be changed",
		end->found);
}

/* ---- other reasons ---- */

const char *stls_end_sentence(int reason, int server)
{
	switch (reason) {
	case SMTPTLS_REASON_SSL2_HELLO:
		return "peer sent a hello in SSLv2's format: switch SSLv2 off "
		       "there";
	case SMTPTLS_REASON_BAD_HELLO:
		return "peer's first message is not a ClientHello: the peer "
		       "must be fixed";
	case SMTPTLS_REASON_ALPN:
		return "peer asks by ALPN for protocols other than smtp: it "
		       "uses the wrong port, or must name smtp";
	case SMTPTLS_REASON_TLS_FOR_SMTP:
		return "peer starts TLS at a port for STARTTLS: set it to "
		       "STARTTLS, or to the port for implicit TLS";
	case SMTPTLS_REASON_DH_PARAMETERS:
		return "peer's Diffie-Hellman parameters are too small for "
		       "this side: generate larger ones there, or disable DHE";
	case SMTPTLS_REASON_FALLBACK:
		return "peer fell back to an older version although this side "
		       "has a better one: find out why its first attempt "
		       "failed (RFC 7507)";
	case SMTPTLS_REASON_RENEGOTIATION:
		return "peer requested renegotiation, which is not supported: "
		       "switch it off there";
	case SMTPTLS_REASON_TRUNCATED:
		return "peer closed the connection without a close_notify: it "
		       "was cut off, or the peer has a defect";
	case SMTPTLS_REASON_INJECTION:
		return server ? "plaintext came after STARTTLS and before TLS: "
				"the peer must wait for the 220, or an "
				"attacker injected it"
			      : "peer sent more than its reply to STARTTLS: "
				"something in between injects replies (an "
				"attack), or the peer is broken";
	default:
		return stls_certificate_sentence(reason, server);
	}
}

void stls_end_write(const struct stls_end *end, char *text, size_t size)
{
	text[0] = '\0';
	switch (end->reason) {
	case SMTPTLS_REASON_NO_TLS:
	case SMTPTLS_REASON_HTTP:
	case SMTPTLS_REASON_SMTP_IN_CLEAR:
	case SMTPTLS_REASON_PROXY_HEADER:
		write_plaintext(end, text, size);
		break;
	case SMTPTLS_REASON_CLOSED:
		write_closed(end, text, size);
		break;
	case SMTPTLS_REASON_TIMEOUT:
		write_timeout(end, text, size);
		break;
	case SMTPTLS_REASON_PEER_ALERT:
		stls_alert_write(end, text, size);
		break;
	case SMTPTLS_REASON_LEFT_AFTER_HANDSHAKE:
		stls_left_write(end, text, size);
		break;
	case SMTPTLS_REASON_BAD_RECORD:
	case SMTPTLS_REASON_BAD_MESSAGE:
	case SMTPTLS_REASON_BAD_SIGNATURE:
		write_defect(end, text, size);
		break;
	case SMTPTLS_REASON_FLOOD:
		(void)snprintf(
			text, size,
			"peer sent %s: it has a defect, or is an attacker",
			end->found);
		break;
	case SMTPTLS_REASON_INTERNAL:
		(void)snprintf(text, size, "internal error on this side: %s",
			       end->found);
		break;
	case SMTPTLS_REASON_SIGNER:
		(void)snprintf(
			text, size,
			"the signer for this side's private key returned %s",
			end->found);
		break;
	case SMTPTLS_REASON_TOKEN:
		(void)snprintf(text, size,
			       "the token with this side's private key failed; "
			       "check that it is present and has the key: %s",
			       end->found);
		break;
	case SMTPTLS_REASON_VERSION:
	case SMTPTLS_REASON_SUITES_EXCLUDED:
	case SMTPTLS_REASON_GROUP:
	case SMTPTLS_REASON_SIGALG:
		write_not_common(end, text, size);
		break;
	case SMTPTLS_REASON_DH_PARAMETERS:
		if (end->server) {
			stls_dh_refusal_write(end, text, size);
			break;
		}
		(void)snprintf(text, size, "%s",
			       stls_end_sentence(end->reason, 0));
		break;
	default:
		if (!end->verdict)
			(void)snprintf(
				text, size, "%s",
				stls_end_sentence(end->reason, end->server));
		else
			stls_certificate_write(end, text, size);
		break;
	}
}

/* ---- changes ---- */

int stls_end_changes(const struct stls_end *end,
		     struct smtptls_change changes[SMTPTLS_CHANGES])
{
	struct stls_change_list list = { .change = changes };

	memset(changes, 0, SMTPTLS_CHANGES * sizeof(changes[0]));
	switch (end->reason) {
	case SMTPTLS_REASON_PEER_ALERT:
	case SMTPTLS_REASON_LEFT_AFTER_HANDSHAKE:
		return stls_refusal_changes(end, changes);
	case SMTPTLS_REASON_CLOSED:
		return spoke_last(end) ? stls_refusal_changes(end, changes) : 0;
	case SMTPTLS_REASON_DH_PARAMETERS:
		return end->server ? stls_dh_changes(end, changes) : 0;
	case SMTPTLS_REASON_ALPN:
		stls_change_put(&list, SMTPTLS_SETTING_PEER, SMTPTLS_CHANGE_ADD,
				"smtp", "");
		return list.count;
	case SMTPTLS_REASON_TLS_FOR_SMTP:
		stls_change_put(&list, SMTPTLS_SETTING_PEER, SMTPTLS_CHANGE_SET,
				"", "STARTTLS");
		return list.count;
	case SMTPTLS_REASON_SMTP_IN_CLEAR:
		if (end->server && !end->spoken)
			stls_change_put(&list, SMTPTLS_SETTING_PEER,
					SMTPTLS_CHANGE_SET, "", "implicit TLS");
		return list.count;
	default:
		return end->verdict ? stls_certificate_changes(end, changes)
				    : 0;
	}
}
