/* SPDX-License-Identifier: MIT */
/*
 * reason/peer_refusal: how a peer refuses this side: by an alert, or by leaving
 * as soon as the handshake is over.
 *
 * An alert is the peer's view of this side, so the sentence says what the peer
 * found here, and what could be changed on either side. RFC 8446 defines what
 * each alert means, but peers do not keep to it, and many send none: in TLS
 * 1.3, a client judges the certificate when this side already considers the
 * handshake complete. So wherever the certificate may be the cause, the
 * sentence says what is visibly wrong with it, and guesses at other causes only
 * if nothing is.
 */
#include "reason/peer_refusal.h"

#include <stdint.h>
#include <stdio.h>

#include "reason/change_list.h"
#include "reason/phrase.h"
#include "reason/shown_sentence.h"
#include "reason/system_error.h"

enum { TO_SERVER = 1, TO_CLIENT = 2, TO_BOTH = 3 };

/* RFC 8446 section 6, RFC 5246 section 7.2.2 */
static const struct alert {
	uint8_t number, to; /* to: the roles that get it */
	const char *name, *found, *cure;
} alerts[] = {
	{ 10, TO_BOTH, "unexpected_message", "peer got an unexpected message",
	  STLS_DEFECT },
	{ 20, TO_BOTH, "bad_record_mac",
	  "peer cannot decrypt what this side sent", STLS_DEFECT },
	{ 21, TO_BOTH, "decryption_failed",
	  "peer cannot decrypt what this side sent", STLS_DEFECT },
	{ 22, TO_BOTH, "record_overflow",
	  "peer got a record longer than allowed", STLS_DEFECT },
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
	  "check its purposes, or add one of another key type (RSA as well as "
	  "ECDSA)" },
	{ 44, TO_BOTH, "certificate_revoked",
	  "peer knows that this side's certificate is revoked", "replace it" },
	{ 45, TO_BOTH, "certificate_expired",
	  "peer finds this side's certificate expired or not yet valid",
	  "renew it, or set the clocks right" },
	{ 46, TO_BOTH, "certificate_unknown",
	  "peer does not accept this side's certificate and gives no reason",
	  "check its chain, names and dates; the peer's log may say more" },
	{ 47, TO_BOTH, "illegal_parameter",
	  "peer got an invalid or inconsistent value", STLS_DEFECT },
	{ 48, TO_BOTH, "unknown_ca",
	  "peer does not trust the authority of this side's certificate",
	  "add the intermediate certificates to the file, or use an authority "
	  "that the peer trusts" },
	{ 49, TO_BOTH, "access_denied",
	  "peer refuses this side by its own rules", "ask its administrator" },
	{ 50, TO_BOTH, "decode_error",
	  "peer cannot decode a message from this side", STLS_DEFECT },
	{ 51, TO_BOTH, "decrypt_error",
	  "peer cannot verify this side's signature or Finished",
	  "check that key and certificate belong together; else " STLS_DEFECT },
	{ 70, TO_SERVER, "protocol_version",
	  "peer does not accept the version that this side chose",
	  "compare its protocols with this side's" },
	{ 70, TO_CLIENT, "protocol_version",
	  "peer has none of the versions that this side offers",
	  "add one of its versions to the protocols" },
	{ 71, TO_SERVER, "insufficient_security",
	  "peer finds this side's key, Diffie-Hellman parameters or cipher too "
	  "weak",
	  "use larger or stronger ones" },
	{ 71, TO_CLIENT, "insufficient_security",
	  "peer demands stronger ciphers than this side offers",
	  "allow stronger ones" },
	{ 80, TO_BOTH, "internal_error",
	  "peer had an internal error, not caused by this side",
	  "its own log says why" },
	{ 86, TO_CLIENT, "inappropriate_fallback",
	  "peer has a better version than this side fell back to",
	  "offer that at once, and find out why it failed (RFC 7507)" },
	{ 90, TO_BOTH, "user_canceled", "peer gave up without saying why",
	  "its own log says why, or its time limit has passed" },
	{ 109, TO_BOTH, "missing_extension",
	  "peer finds an extension missing in what this side sent",
	  STLS_DEFECT },
	{ 110, TO_BOTH, "unsupported_extension",
	  "peer got an extension that it had not asked for", STLS_DEFECT },
	{ 112, TO_CLIENT, "unrecognized_name",
	  "peer has no certificate for the name that this side asked for",
	  "ask for a name that it has, or add one there" },
	{ 113, TO_BOTH, "bad_certificate_status_response",
	  "peer finds the OCSP response for this side's certificate invalid",
	  "renew it" },
	{ 116, TO_CLIENT, "certificate_required",
	  "peer demands a certificate, and this side presented none",
	  "add one" },
	{ 120, TO_CLIENT, "no_application_protocol",
	  "peer speaks none of the protocols that this side names by ALPN",
	  "check that its port is one for SMTP" },
};

/*
 * The alerts that peers send about a certificate, each of them for any fault:
 * which faults to tell first, and the cure if none can be seen from here.
 */
static const struct certificate_alert {
	uint8_t number;
	unsigned first;
	const char *unseen; /* NULL: have the peer trust the authority */
} certificate_alerts[] = {
	{ 42, STLS_SHOWN_NAME, NULL },
	{ 43, STLS_SHOWN_CLIENTS,
	  "add one of another key type (RSA as well as ECDSA)" },
	{ 45, STLS_SHOWN_EXPIRED,
	  "set the peer's clock right, or renew the certificates above it" },
	{ 46, STLS_SHOWN_NAME, NULL },
	{ 48, STLS_SHOWN_SELF | STLS_SHOWN_ALONE, NULL },
	{ 90, STLS_SHOWN_NAME, NULL },
};

static const struct certificate_alert *find_certificate_alert(int number)
{
	size_t i;

	for (i = 0;
	     i < sizeof(certificate_alerts) / sizeof(certificate_alerts[0]);
	     i++) {
		if (certificate_alerts[i].number == number)
			return &certificate_alerts[i];
	}
	return NULL;
}

static const struct alert *find(int number, int to)
{
	size_t i;

	for (i = 0; i < sizeof(alerts) / sizeof(alerts[0]); i++) {
		if (alerts[i].number == number && alerts[i].to & to)
			return &alerts[i];
	}
	return NULL;
}

/* ---- what is wrong with the certificate ---- */

static int is_shown(const struct stls_end *end)
{
	return end->shown && end->shown->key;
}

static void add_certificate(struct stls_phrase *phrase,
			    const struct stls_end *end,
			    const struct certificate_alert *about,
			    const char *cure)
{
	if (stls_phrase_shown(phrase, end->shown, about->first) > 0)
		return;
	/*
	 * No fault can be seen from here. What remains is whom the peer trusts
	 * and, if it did not say, the name that it looks for.
	 */
	if (!about->unseen && end->shown->authority[0] && end->server &&
	    about->first & STLS_SHOWN_NAME && !end->shown->asked[0])
		stls_phrase_add(phrase,
				"have it trust the authority \"%s\", or look "
				"for a name that the certificate has",
				end->shown->authority);
	else if (!about->unseen && end->shown->authority[0])
		stls_phrase_add(phrase,
				"have it trust the certificate's authority "
				"\"%s\", or use one that it trusts",
				end->shown->authority);
	else
		stls_phrase_add(phrase, "%s",
				about->unseen ? about->unseen : cure);
}

/* ---- alerts ---- */

/* The alert came in place of a ClientHello: the peer could not make one. */
static int is_before_hello(const struct stls_end *end)
{
	return end->server && !end->complete && end->last_in < 0 &&
	       end->last_out < 0;
}

static void write_before_hello(const struct stls_end *end, char *text,
			       size_t size)
{
	const struct alert *alert = find(end->alert, TO_BOTH);

	(void)snprintf(text, size,
		       "peer gave up instead of sending a ClientHello (alert "
		       "%d%s%s): its protocols and ciphers leave it nothing to "
		       "offer, or its own log says why",
		       end->alert, alert ? ", " : "", alert ? alert->name : "");
}

void stls_alert_write(const struct stls_end *end, char *text, size_t size)
{
	const struct alert *alert =
		find(end->alert, end->server ? TO_SERVER : TO_CLIENT);
	const struct certificate_alert *about =
		find_certificate_alert(end->alert);
	struct stls_phrase phrase = { text, size, 0 };
	const char *when = !end->complete ? ""
			   : end->reason == SMTPTLS_REASON_PEER_ALERT
				   ? ", under TLS"
				   : ", after the handshake";

	if (is_before_hello(end)) {
		write_before_hello(end, text, size);
		return;
	}
	if (!alert) {
		stls_phrase_add(
			&phrase,
			"peer ended TLS (alert %d%s): its own log says why",
			end->alert, when);
		return;
	}
	stls_phrase_add(&phrase, "%s (alert %d, %s%s): ", alert->found,
			end->alert, alert->name, when);
	if (about && is_shown(end))
		add_certificate(&phrase, end, about, alert->cure);
	else
		stls_phrase_add(&phrase, "%s", alert->cure);
}

/* ---- parameters of DHE ---- */

/* The size of a larger RFC 7919 group. */
static unsigned dh_bits_wanted(unsigned bits)
{
	return bits < 4096 ? 4096 : 8192;
}

void stls_dh_refusal_write(const struct stls_end *end, char *text, size_t size)
{
	const struct alert *alert = find(end->alert, TO_SERVER);

	(void)snprintf(text, size,
		       "peer does not accept Diffie-Hellman parameters of %u "
		       "bits (alert %d, %s): use %u-bit ones from RFC 7919",
		       end->dh_bits, end->alert, alert ? alert->name : "",
		       dh_bits_wanted(end->dh_bits));
}

/* ---- leaving without a command or reply ---- */

static void write_how(const struct stls_end *end, char how[48])
{
	const char *name = stls_system_error_name(end->system_error);

	if (end->system_error && name)
		(void)snprintf(how, 48, "%s", name);
	else if (end->system_error)
		(void)snprintf(how, 48, "errno %d", end->system_error);
	else
		(void)snprintf(how, 48, "%s",
			       end->broken     ? "the connection broke"
			       : end->notified ? "close_notify"
					       : "no close_notify");
}

int stls_phrase_refusal(struct stls_phrase *phrase, const struct stls_end *end)
{
	if (!is_shown(end) || !end->shown->faults)
		return 0;
	stls_phrase_add(phrase, ", as peers that reject a certificate do: ");
	(void)stls_phrase_shown(phrase, end->shown, STLS_SHOWN_NAME);
	return 1;
}

int stls_phrase_distrust(struct stls_phrase *phrase, const struct stls_end *end)
{
	if (!end->server || !is_shown(end) || !end->shown->authority[0])
		return 0;
	stls_phrase_add(phrase,
			": it may not trust the certificate's authority "
			"\"%s\"",
			end->shown->authority);
	return 1;
}

void stls_left_write(const struct stls_end *end, char *text, size_t size)
{
	struct stls_phrase phrase = { text, size, 0 };
	char how[48];

	if (end->alert > 0) {
		stls_alert_write(end, text, size);
		return;
	}
	write_how(end, how);
	stls_phrase_add(&phrase,
			"peer left after the handshake without a %s (%s)",
			end->server ? "command" : "reply", how);
	if (stls_phrase_refusal(&phrase, end))
		return;
	if (!end->server)
		stls_phrase_add(
			&phrase,
			": it may %s, or be overloaded: its own log says why",
			is_shown(end) ? "refuse this side's certificate"
				      : "demand a client certificate");
	else if (stls_phrase_distrust(&phrase, end))
		stls_phrase_add(&phrase,
				", or be a probe; else its own log says why");
	else
		stls_phrase_add(&phrase, ": a probe, or its own log says why");
}

/* ---- changes ---- */

int stls_refusal_changes(const struct stls_end *end,
			 struct smtptls_change changes[SMTPTLS_CHANGES])
{
	const struct certificate_alert *about =
		find_certificate_alert(end->alert);

	if (!is_shown(end) || is_before_hello(end) ||
	    (end->alert > 0 && !about))
		return 0;
	return stls_shown_changes(
		end->shown, about ? about->first : STLS_SHOWN_NAME, changes);
}

int stls_dh_changes(const struct stls_end *end,
		    struct smtptls_change changes[SMTPTLS_CHANGES])
{
	struct stls_change_list list = { .change = changes };
	char with[16];

	(void)snprintf(with, sizeof(with), "%u bits",
		       dh_bits_wanted(end->dh_bits));
	stls_change_put(&list, SMTPTLS_SETTING_DH, SMTPTLS_CHANGE_SET, "",
			with);
	return list.count;
}
