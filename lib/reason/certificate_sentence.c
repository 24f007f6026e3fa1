/* SPDX-License-Identifier: MIT */
/*
 * reason/certificate_sentence: what is wrong with a peer's certificate, in
 * words, and what would help, in words and as changes.
 *
 * For most faults the reason alone determines the sentence. Names, authorities,
 * strength and purposes are described with what the verdict knows of them.
 */
#include "reason/certificate_sentence.h"

#include <stdio.h>
#include <string.h>

#include "policy/security_level.h"
#include "reason/change_clause.h"
#include "reason/change_list.h"
#include "reason/ciphers_change.h"
#include "selection/version.h"

const char *stls_certificate_sentence(int reason, int server)
{
	switch (reason) {
	case SMTPTLS_REASON_CERT_MISSING:
		return server ? "peer presented no certificate: install a "
				"client certificate there, or demand none"
			      : "peer presented no certificate: install one "
				"there, or verify none";
	case SMTPTLS_REASON_CERT_TRUST:
		return "no trusted authority has signed the peer's "
		       "certificate: add its authority here, or have it "
		       "signed by one that is trusted";
	case SMTPTLS_REASON_CERT_TIME:
		return "peer's certificate has expired or is not yet valid: "
		       "renew it there, or set the clocks right";
	case SMTPTLS_REASON_CERT_PURPOSE:
		return server ? "peer's certificate is not for TLS clients: "
				"have it issued with the purpose clientAuth, "
				"or set the client purpose to any here"
			      : "peer's certificate is not for TLS servers: "
				"have it issued with the purpose serverAuth";
	case SMTPTLS_REASON_CERT_NAME:
		return "peer's certificate is for other names: have it issued "
		       "for this one, or ask for one of those";
	case SMTPTLS_REASON_CERT_NO_SAN:
		return "peer's certificate has no SAN; its CN is ignored: have "
		       "it issued with its name as a dNSName";
	case SMTPTLS_REASON_CERT_WEAK:
		return "peer's certificate, or one above it, has a key or "
		       "signature that is too weak: have it issued with a "
		       "stronger one, or lower the security level here";
	case SMTPTLS_REASON_CERT_REVOKED:
		return "peer's certificate, or one above it, has been revoked: "
		       "install another one there";
	case SMTPTLS_REASON_CERT_EXTENSION:
		return "peer's certificate, or one above it, has a critical "
		       "extension that is unknown here: have it issued without "
		       "it, or with it not critical";
	case SMTPTLS_REASON_CERT_CONSTRAINT:
		return "an authority above the peer's certificate is not "
		       "allowed to sign for its names: have it signed by "
		       "another";
	case SMTPTLS_REASON_CERT_PATH:
		return "the peer's certificate chain is longer than one of its "
		       "authorities allows: have it signed by one higher up";
	case SMTPTLS_REASON_CERT_NOT_CA:
		return "the issuer of the peer's certificate is not a "
		       "certificate authority: have it signed by one";
	case SMTPTLS_REASON_CERT_SIGNATURE:
		return "the signature of the peer's certificate, or of one "
		       "above it, is wrong: reinstall it there, with its own "
		       "chain";
	case SMTPTLS_REASON_CERT_MALFORMED:
		return "peer's certificate, or one above it, cannot be read: "
		       "have it reissued";
	case SMTPTLS_REASON_CERT_STATUS:
		return "peer did not send a valid OCSP status for its "
		       "certificate: renew the status there";
	case SMTPTLS_REASON_CERT_PIN:
		return "neither the peer's certificate nor its key matches a "
		       "pin: add the new one here, if it was changed on "
		       "purpose; otherwise this is not the intended peer";
	case SMTPTLS_REASON_CERT_KEY_USAGE:
		return server ? "peer's certificate has a keyUsage without "
				"digitalSignature, and so must not sign: have "
				"it issued with that"
			      : "peer's certificate has a keyUsage without "
				"digitalSignature or keyEncipherment, which "
				"it needs: have it issued with both";
	case SMTPTLS_REASON_CERT_TLSA:
		return "no TLSA record of the server matches its certificates: "
		       "publish one that does, or install the certificate that "
		       "is published; otherwise this is not the intended "
		       "server";
	default:
		return "the handshake failed";
	}
}

/* ---- strength ---- */

/*
 * The highest of the lower levels that accepts the certificate, or -1 if none
 * does. No level accepts MD5, and GnuTLS accepts no RSA key below 768 bits.
 */
static int find_level(const struct stls_end *end)
{
	const struct stls_verdict *verdict = end->verdict;
	int level = end->policy ? end->policy->security_level - 1 : -1;

	if (verdict->weak_bits < 0 ||
	    strncmp(verdict->weak_kind, "MD", 2) == 0 ||
	    (verdict->weak_length > 0 && verdict->weak_bits < 56))
		return -1;
	while (level > 0 && stls_security_bits(level) > verdict->weak_bits)
		level--;
	return level;
}

static int put_level(struct stls_change_list *list, const struct stls_end *end)
{
	struct stls_diagnosis diagnosis = { .version = STLS_TLS1_2 };
	int level = find_level(end);

	if (level < 0)
		return 0;
	diagnosis.level = (uint8_t)level;
	return stls_change_ciphers(list, end->policy, &diagnosis);
}

static void write_weak(const struct stls_end *end, char *text, size_t size)
{
	const struct stls_verdict *verdict = end->verdict;
	struct smtptls_change changes[SMTPTLS_CHANGES];
	struct stls_phrase phrase = { text, size, 0 };
	int level = end->policy ? end->policy->security_level : 0, count;

	if (verdict->weak_bits < 0 || !end->policy) {
		stls_phrase_add(
			&phrase, "%s",
			stls_certificate_sentence(end->reason, end->server));
		return;
	}
	stls_phrase_add(&phrase, "%s",
			verdict->weak_depth > 0
				? "an authority above the peer's certificate"
				: "peer's certificate");
	if (verdict->weak_length > 0)
		stls_phrase_add(&phrase, " has a key of %u bits (%s, ",
				verdict->weak_length, verdict->weak_kind);
	else
		stls_phrase_add(&phrase, " is signed with %s (",
				verdict->weak_kind);
	stls_phrase_add(&phrase,
			"%d bits of security), and security level %d asks for "
			"%d: ",
			verdict->weak_bits, level, stls_security_bits(level));
	/* The strength of EdDSA, which has no hash to choose, is its key's. */
	stls_phrase_add(&phrase, "have it %s with a stronger %s",
			verdict->weak_length > 0 ? "issued" : "signed",
			verdict->weak_length > 0 ||
					strncmp(verdict->weak_kind, "EdDSA",
						strlen("EdDSA")) == 0
				? "key"
				: "hash");
	count = stls_certificate_changes(end, changes);
	if (count > 0) {
		stls_phrase_add(&phrase, ", or ");
		stls_phrase_changes(&phrase, changes, count, 0);
	}
}

/* ---- authorities ---- */

static void write_trust(const struct stls_end *end, char *text, size_t size)
{
	const struct stls_verdict *verdict = end->verdict;

	if (!verdict->names[0])
		(void)snprintf(
			text, size, "%s",
			stls_certificate_sentence(end->reason, end->server));
	else if (verdict->issuer)
		(void)snprintf(text, size,
			       "no trusted authority has signed the peer's "
			       "certificate: its issuer %s was not sent and is "
			       "not known here: have it sent, if it is an "
			       "intermediate, or add it to the CA file",
			       verdict->names);
	else
		(void)snprintf(text, size,
			       "no trusted authority has signed the peer's "
			       "certificate, but %s: add that to the CA file, "
			       "or have it signed by one that is trusted",
			       verdict->names);
}

static void write_missing(const struct stls_end *end, char *text, size_t size)
{
	if (!end->server || !end->verdict->names[0])
		(void)snprintf(
			text, size, "%s",
			stls_certificate_sentence(end->reason, end->server));
	else
		(void)snprintf(
			text, size,
			"peer presented no certificate from the authorities "
			"asked for, %s: install one there, add the authority "
			"of the one that it has to the CA file, or demand none",
			end->verdict->names);
}

/* ---- all reasons ---- */

void stls_certificate_write(const struct stls_end *end, char *text, size_t size)
{
	const struct stls_verdict *verdict = end->verdict;

	switch (end->reason) {
	case SMTPTLS_REASON_CERT_WEAK:
		write_weak(end, text, size);
		return;
	case SMTPTLS_REASON_CERT_TRUST:
		write_trust(end, text, size);
		return;
	case SMTPTLS_REASON_CERT_MISSING:
		write_missing(end, text, size);
		return;
	case SMTPTLS_REASON_CERT_NAME:
		(void)snprintf(text, size,
			       "peer's certificate is for %s, not for "
			       "\"%.80s\": have it issued for that, or ask for "
			       "one of those",
			       verdict->names, verdict->wanted);
		return;
	case SMTPTLS_REASON_CERT_NO_SAN:
		(void)snprintf(text, size,
			       "peer's certificate has no SAN; its CN is "
			       "ignored: have it issued for \"%.80s\" as a SAN",
			       verdict->wanted);
		return;
	case SMTPTLS_REASON_CERT_PURPOSE:
		if (!end->server || verdict->for_servers)
			break;
		(void)snprintf(text, size,
			       "peer's certificate is for neither TLS clients "
			       "nor servers: have it issued with the purpose "
			       "%s",
			       verdict->any_purpose ? "clientAuth or serverAuth"
						    : "clientAuth");
		return;
	default:
		break;
	}
	(void)snprintf(text, size, "%s",
		       stls_certificate_sentence(end->reason, end->server));
}

/* `names` is a single name in quotation marks. */
static void put_authority(struct stls_change_list *list, const char *names)
{
	char word[STLS_VERDICT_NAMES] = "";
	size_t len = strlen(names);

	if (len > 2)
		(void)snprintf(word, sizeof(word), "%.*s", (int)len - 2,
			       names + 1);
	stls_change_put(list, SMTPTLS_SETTING_CA, SMTPTLS_CHANGE_ADD, word, "");
}

int stls_certificate_changes(const struct stls_end *end,
			     struct smtptls_change changes[SMTPTLS_CHANGES])
{
	struct stls_change_list list = { .change = changes };

	memset(changes, 0, SMTPTLS_CHANGES * sizeof(changes[0]));
	switch (end->reason) {
	case SMTPTLS_REASON_CERT_WEAK:
		if (put_level(&list, end) < 0)
			return 0;
		break;
	case SMTPTLS_REASON_CERT_TRUST:
		if (end->verdict->names[0])
			put_authority(&list, end->verdict->names);
		break;
	case SMTPTLS_REASON_CERT_MISSING:
		/* Which authority is missing is not known here. */
		if (end->server && end->verdict->names[0])
			put_authority(&list, "");
		break;
	case SMTPTLS_REASON_CERT_PURPOSE:
		if (end->verdict->for_servers)
			stls_change_put(&list, SMTPTLS_SETTING_CLIENT_PURPOSE,
					SMTPTLS_CHANGE_SET, "", "any");
		break;
	default:
		break;
	}
	return list.count;
}
