/* SPDX-License-Identifier: MIT */
/*
 * reason/certificate_sentence: what is wrong with a peer's certificate, in
 * words, and what would help.
 *
 * Most faults need no more than their number. Names and purposes are told with
 * what the verdict knows of them.
 */
#include "reason/certificate_sentence.h"

#include <stdio.h>

#include <smtptls/policy.h>

const char *stls_certificate_sentence(int reason, int server)
{
	switch (reason) {
	case SMTPTLS_REASON_CERT_MISSING:
		return server ? "peer has shown no certificate: install a "
				"client certificate there, or demand none"
			      : "peer has shown no certificate: install one "
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
		return "peer's certificate has no SAN; its CN is not looked "
		       "at: have it issued with its name as a dNSName";
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
		       "it, or not as critical";
	case SMTPTLS_REASON_CERT_CONSTRAINT:
		return "an authority above the peer's certificate must not "
		       "sign for its names: have it signed by another";
	case SMTPTLS_REASON_CERT_PATH:
		return "more authorities stand above the peer's certificate "
		       "than one of them allows: have it signed by a higher "
		       "one";
	case SMTPTLS_REASON_CERT_NOT_CA:
		return "what has signed the peer's certificate is not the "
		       "certificate of an authority: have it signed by one";
	case SMTPTLS_REASON_CERT_SIGNATURE:
		return "the signature of the peer's certificate, or of one "
		       "above it, is wrong: install it there anew, with its "
		       "own chain";
	case SMTPTLS_REASON_CERT_MALFORMED:
		return "peer's certificate, or one above it, cannot be read: "
		       "have it issued anew";
	case SMTPTLS_REASON_CERT_STATUS:
		return "peer has not sent a valid status (OCSP) of its "
		       "certificate: renew the status there";
	case SMTPTLS_REASON_CERT_PIN:
		return "neither the peer's certificate nor its key has one of "
		       "the pins: add the new one here, if it was changed on "
		       "purpose; otherwise this is not the peer that was meant";
	case SMTPTLS_REASON_CERT_TLSA:
		return "no TLSA record of the server fits its certificates: "
		       "publish one that does, or install the certificate that "
		       "is published; otherwise this is not the server that "
		       "was meant";
	default:
		return "the handshake failed";
	}
}

void stls_certificate_write(const struct stls_verdict *verdict, int reason,
			    int server, char *text, size_t size)
{
	if (!verdict)
		(void)snprintf(text, size, "%s",
			       stls_certificate_sentence(reason, server));
	else if (reason == SMTPTLS_REASON_CERT_NAME)
		(void)snprintf(text, size,
			       "peer's certificate is for %s, not for "
			       "\"%.80s\": have it issued for that, or ask for "
			       "one of those",
			       verdict->names, verdict->wanted);
	else if (reason == SMTPTLS_REASON_CERT_NO_SAN)
		(void)snprintf(text, size,
			       "peer's certificate has no SAN; its CN is not "
			       "looked at: have it issued for \"%.80s\" as a "
			       "SAN",
			       verdict->wanted);
	else if (server && verdict->any_purpose)
		(void)snprintf(text, size,
			       "peer's certificate is for neither TLS clients "
			       "nor servers: have it issued with the purpose "
			       "clientAuth or serverAuth");
	else
		(void)snprintf(text, size, "%s",
			       stls_certificate_sentence(reason, server));
}
