/* SPDX-License-Identifier: MIT */
/*
 * reason/session_end: how a session ended, in a sentence.
 *
 * What the policy has no part in: plaintext where TLS was to start, the end of
 * the connection and the time limit, the peer's alerts, its certificate. An
 * alert is the peer's view of this side, so the sentence says what the peer
 * found here, and what could be changed here or there. Nothing is allocated.
 *
 * Messages and alerts have the names of RFC 8446, or of RFC 5246 where they are
 * older. What the peer sent is shown escaped.
 */
#include "reason/session_end.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <smtptls/policy.h>

#include "base/ascii.h"
#include "reason/certificate_sentence.h"

/* So many bytes of plaintext tell what was spoken. */
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
 * Whether this side was the last to say something. A server answers a
 * ClientHello at once, and has the last word only when all is well; a client's
 * second flight is followed by the end of TLS 1.2's handshake.
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

static void write_when(const struct stls_end *end, char when[80])
{
	/* A server's first flight: by its end alone it would be ambiguous. */
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
		(void)snprintf(when, 80, "%s its %s",
			       end->begun ? "within" : "before",
			       end->server ? "ClientHello" : "ServerHello");
}

/* ---- what the system said ---- */

#define OTHER_LOG "a firewall between, or the peer's own log, has the cause"
#define NO_ROUTE  "check the routes and firewalls between"

static const struct system_error {
	int number;
	const char *name, *what, *cure;
} system_errors[] = {
	{ ECONNRESET, "ECONNRESET", "peer reset the connection", OTHER_LOG },
	{ EPIPE, "EPIPE", "peer had closed the connection", OTHER_LOG },
	{ ECONNABORTED, "ECONNABORTED", "the connection was aborted",
	  OTHER_LOG },
	{ ETIMEDOUT, "ETIMEDOUT", "peer no longer answered",
	  "look for lost packets between" },
	{ EHOSTUNREACH, "EHOSTUNREACH", "peer could no longer be reached",
	  NO_ROUTE },
	{ ENETUNREACH, "ENETUNREACH", "peer's network could not be reached",
	  NO_ROUTE },
	{ ENETDOWN, "ENETDOWN", "this host's network was down",
	  "check its network" },
	{ EPERM, "EPERM", "this host was not allowed to send",
	  "check its firewall" },
	{ ENOBUFS, "ENOBUFS", "this host had no memory for the network",
	  "give it more, or less to do" },
	{ ENOMEM, "ENOMEM", "this host had no memory for the network",
	  "give it more, or less to do" },
	{ ENOTCONN, "ENOTCONN", "the socket was not connected",
	  "the program that uses the library has a defect" },
	{ EBADF, "EBADF", "the descriptor was not open",
	  "the program that uses the library has a defect" },
};

void stls_system_error_write(int number, const char *when, char *text,
			     size_t size)
{
	const struct system_error *error = system_errors;
	const struct system_error *end =
		system_errors + sizeof(system_errors) / sizeof(*system_errors);

	while (error < end && error->number != number)
		error++;
	if (error < end)
		(void)snprintf(text, size, "%s (%s) %s: %s", error->what,
			       error->name, when, error->cure);
	else
		(void)snprintf(text, size,
			       "a system call failed (errno %d) %s: see the "
			       "system's list of errors",
			       number, when);
}

/* A client may wait for the greeting that a port for implicit TLS has not. */
static int waits(const struct stls_end *end)
{
	return end->server && !end->begun && !end->spoken;
}

static void write_closed(const struct stls_end *end, char *text, size_t size)
{
	char when[80];

	write_when(end, when);
	if (end->system_error) {
		stls_system_error_write(end->system_error, when, text, size);
		return;
	}
	(void)snprintf(text, size, "%s %s: %s",
		       end->broken ? "the connection broke"
				   : "peer closed the connection",
		       when,
		       end->broken  ? OTHER_LOG
		       : waits(end) ? "it only tried the port, or waited for a "
				      "greeting in the clear and must be set "
				      "to implicit TLS, or to a port for "
				      "STARTTLS"
		       : end->server && !end->begun
			       ? "it only tried the port, or its own log has "
				 "the cause"
			       : "its own log has the cause");
}

/* Large messages are what a path with a smaller MTU loses in silence. */
static void write_timeout(const struct stls_end *end, char *text, size_t size)
{
	char when[80];

	write_when(end, when);
	(void)snprintf(text, size, "peer was silent for too long %s: %s", when,
		       waits(end) ? "if it waits for a greeting in the clear, "
				    "set it to implicit TLS, or to a port for "
				    "STARTTLS; else look for lost packets"
				  : "look for lost packets between (a "
				    "firewall, the MTU), or allow more time");
}

/* ---- alerts ---- */

enum { TO_SERVER = 1, TO_CLIENT = 2, TO_BOTH = 3 };

#define DEFECT                                                                 \
	"one of the two has a defect, or something between changes the bytes"

/* RFC 8446 section 6, RFC 5246 section 7.2.2 */
static const struct alert {
	uint8_t number, to; /* whom it says this */
	const char *name, *found, *cure;
} alerts[] = {
	{ 10, TO_BOTH, "unexpected_message",
	  "peer got another message than was due", DEFECT },
	{ 20, TO_BOTH, "bad_record_mac",
	  "peer cannot decrypt what this side sent", DEFECT },
	{ 21, TO_BOTH, "decryption_failed",
	  "peer cannot decrypt what this side sent", DEFECT },
	{ 22, TO_BOTH, "record_overflow",
	  "peer got a record longer than allowed", DEFECT },
	{ 40, TO_SERVER, "handshake_failure",
	  "peer found nothing acceptable in what this side chose",
	  "compare its ciphers, groups and signature algorithms with this "
	  "side's" },
	{ 40, TO_CLIENT, "handshake_failure",
	  "peer found nothing acceptable in what this side offers",
	  "allow more ciphers, groups or versions, or add the certificate that "
	  "it demands" },
	{ 42, TO_BOTH, "bad_certificate",
	  "peer finds this side's certificate faulty",
	  "check its chain, names and signatures" },
	{ 43, TO_BOTH, "unsupported_certificate",
	  "peer cannot use a certificate of this side's kind",
	  "check its purposes, or add one of another key type (RSA beside "
	  "ECDSA)" },
	{ 44, TO_BOTH, "certificate_revoked",
	  "peer knows that this side's certificate is revoked", "replace it" },
	{ 45, TO_BOTH, "certificate_expired",
	  "peer finds this side's certificate expired or not yet valid",
	  "renew it, or set the clocks right" },
	{ 46, TO_BOTH, "certificate_unknown",
	  "peer does not accept this side's certificate and names no cause",
	  "check its chain, names and dates; the peer's log may say more" },
	{ 47, TO_BOTH, "illegal_parameter",
	  "peer got a value that is not allowed or fits no other", DEFECT },
	{ 48, TO_BOTH, "unknown_ca",
	  "peer does not trust the authority of this side's certificate",
	  "add the intermediate certificates to the file, or take an authority "
	  "that the peer trusts" },
	{ 49, TO_BOTH, "access_denied",
	  "peer lets this side not in, by rules of its own",
	  "ask its administrator" },
	{ 50, TO_BOTH, "decode_error",
	  "peer cannot make out a message of this side's", DEFECT },
	{ 51, TO_BOTH, "decrypt_error",
	  "peer cannot verify this side's signature or Finished",
	  "check that key and certificate belong together; else " DEFECT },
	{ 70, TO_SERVER, "protocol_version",
	  "peer does not take the version that this side chose",
	  "compare its protocols with this side's" },
	{ 70, TO_CLIENT, "protocol_version",
	  "peer has none of the versions that this side offers",
	  "add one of its versions to the protocols" },
	{ 71, TO_SERVER, "insufficient_security",
	  "peer finds this side's key, Diffie-Hellman parameters or cipher too "
	  "weak",
	  "take larger or stronger ones" },
	{ 71, TO_CLIENT, "insufficient_security",
	  "peer demands stronger ciphers than this side offers",
	  "allow stronger ones" },
	{ 80, TO_BOTH, "internal_error",
	  "peer has trouble of its own, which is not this side's",
	  "its own log has the cause" },
	{ 86, TO_CLIENT, "inappropriate_fallback",
	  "peer has a better version than this side fell back to",
	  "offer that at once, and find out why it failed (RFC 7507)" },
	{ 90, TO_BOTH, "user_canceled",
	  "peer gave up for a cause outside TLS, such as its time limit",
	  "its own log has the cause" },
	{ 109, TO_BOTH, "missing_extension",
	  "peer misses an extension in what this side sent", DEFECT },
	{ 110, TO_BOTH, "unsupported_extension",
	  "peer got an extension that it had not asked for", DEFECT },
	{ 112, TO_CLIENT, "unrecognized_name",
	  "peer has no certificate for the name that this side asked for",
	  "ask for a name that it has, or add one there" },
	{ 113, TO_BOTH, "bad_certificate_status_response",
	  "peer finds the OCSP response of this side's certificate bad",
	  "renew it" },
	{ 116, TO_CLIENT, "certificate_required",
	  "peer demands a certificate, and this side has shown none",
	  "add one" },
	{ 120, TO_CLIENT, "no_application_protocol",
	  "peer speaks no protocol that this side names by ALPN",
	  "check that its port is one for SMTP" },
};

static void write_alert(const struct stls_end *end, char *text, size_t size)
{
	int to = end->server ? TO_SERVER : TO_CLIENT;
	size_t i;

	for (i = 0; i < sizeof(alerts) / sizeof(alerts[0]); i++) {
		if (alerts[i].number != end->alert || !(alerts[i].to & to))
			continue;
		(void)snprintf(text, size, "%s (alert %d, %s): %s",
			       alerts[i].found, end->alert, alerts[i].name,
			       alerts[i].cure);
		return;
	}
	(void)snprintf(text, size,
		       "peer ended TLS (alert %d): its own log has the cause",
		       end->alert);
}

/* ---- plaintext ---- */

/* One of the words, behind which another begins or the line ends. */
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

/* What else is spoken at a port like this. */
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
	return begins(held, n, http) ? SMTPTLS_REASON_HTTP
				     : SMTPTLS_REASON_NO_TLS;
}

/* A line, or what shows that it is no text, or the excerpt's length. */
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
 * TLS begins with a handshake record of version 3, or with an alert from a peer
 * that gives up. SSLv2's hello has a length whose first bit is set, and its
 * type behind it.
 */
int stls_reason_of_first(const unsigned char *held, size_t n, int last,
			 size_t *len)
{
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

static void write_plaintext(const struct stls_end *end, char *text, size_t size)
{
	char shown[64];

	(void)stls_ascii_escape(shown, sizeof(shown), end->sent, end->sent_len);
	if (end->reason == SMTPTLS_REASON_HTTP)
		(void)snprintf(text, size,
			       "peer speaks HTTP (\"%s\"): it has the wrong "
			       "port",
			       shown);
	else if (end->reason == SMTPTLS_REASON_SMTP_IN_CLEAR)
		(void)snprintf(text, size,
			       "peer speaks SMTP in the clear (\"%s\") where "
			       "TLS was to start: %s",
			       shown, cure_of_clear(end));
	else
		(void)snprintf(text, size,
			       "peer sent \"%s\" where TLS was to start: it "
			       "has the wrong port, or must be changed",
			       shown);
}

/* ---- what TLS forbids, and what is not common ---- */

static void write_defect(const struct stls_end *end, char *text, size_t size)
{
	char when[80] = "under TLS";

	if (!end->complete)
		write_when(end, when);
	(void)snprintf(text, size, "peer sent %s %s: " DEFECT, end->found,
		       when);
}

/* Without a policy, which would say more: the priority string is the host's. */
static void write_not_common(const struct stls_end *end, char *text,
			     size_t size)
{
	(void)snprintf(
		text, size,
		"the peer and the priority string have no %s in common: "
		"allow one of the peer's in the string, or the peer must "
		"be changed",
		end->found);
}

/* ---- the others ---- */

const char *stls_end_sentence(int reason, int server)
{
	switch (reason) {
	case SMTPTLS_REASON_SSL2_HELLO:
		return "peer sent a hello in SSLv2's format: switch SSLv2 off "
		       "there";
	case SMTPTLS_REASON_BAD_HELLO:
		return "peer's first message is no ClientHello: the peer must "
		       "be changed";
	case SMTPTLS_REASON_ALPN:
		return "peer asks by ALPN for other protocols than smtp: it "
		       "has the wrong port, or must name smtp";
	case SMTPTLS_REASON_TLS_FOR_SMTP:
		return "peer starts TLS at a port for STARTTLS: set it to "
		       "STARTTLS, or to the port for implicit TLS";
	case SMTPTLS_REASON_DH_PARAMETERS:
		return "peer's Diffie-Hellman parameters are too small for "
		       "this side: make larger ones there, or do without DHE";
	case SMTPTLS_REASON_FALLBACK:
		return "peer fell back to an older version although this side "
		       "has a better one: find out why its first attempt "
		       "failed (RFC 7507)";
	case SMTPTLS_REASON_RENEGOTIATION:
		return "peer asked for a renegotiation, which is not done: "
		       "switch it off there";
	case SMTPTLS_REASON_TRUNCATED:
		return "peer closed the connection without a close_notify: it "
		       "was cut off, or the peer has a defect";
	case SMTPTLS_REASON_INJECTION:
		return "plaintext came behind STARTTLS, before TLS: the peer "
		       "must wait for the 220, or an attacker put it there";
	default:
		return stls_certificate_sentence(reason, server);
	}
}

void stls_end_write(const struct stls_end *end, char *text, size_t size)
{
	switch (end->reason) {
	case SMTPTLS_REASON_NO_TLS:
	case SMTPTLS_REASON_HTTP:
	case SMTPTLS_REASON_SMTP_IN_CLEAR:
		write_plaintext(end, text, size);
		break;
	case SMTPTLS_REASON_CLOSED:
		write_closed(end, text, size);
		break;
	case SMTPTLS_REASON_TIMEOUT:
		write_timeout(end, text, size);
		break;
	case SMTPTLS_REASON_PEER_ALERT:
		write_alert(end, text, size);
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
		(void)snprintf(text, size,
			       "this side has trouble of its own: %s",
			       end->found);
		break;
	case SMTPTLS_REASON_VERSION:
	case SMTPTLS_REASON_SUITES_EXCLUDED:
	case SMTPTLS_REASON_GROUP:
	case SMTPTLS_REASON_SIGALG:
		write_not_common(end, text, size);
		break;
	case SMTPTLS_REASON_CERT_NAME:
	case SMTPTLS_REASON_CERT_NO_SAN:
	case SMTPTLS_REASON_CERT_PURPOSE:
		stls_certificate_write(end->verdict, end->reason, end->server,
				       text, size);
		break;
	default:
		(void)snprintf(text, size, "%s",
			       stls_end_sentence(end->reason, end->server));
	}
}
