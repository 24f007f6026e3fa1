/* SPDX-License-Identifier: MIT */
/*
 * base/error: the name, sentence and class of each error number, and what a
 * mail server does about it.
 *
 * One table, in the order of the numbers, so that -error - 1 is the index.
 * Nothing is formatted here; each object words the details of its own error.
 *
 * `report` is a result type of RFC 8460 section 4.3.1; a TLS failure for which
 * that section has no narrower type is a "validation-failure". `status` is a
 * code of RFC 3463 section 3.4 (mail system), 3.5 (network), 3.6 (delivery
 * protocol) or 3.8 (security), with class 4, since a sender defers before it
 * bounces.
 */
#include <smtptls/error.h>

#include <stddef.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define ERROR(name, text, error_class, report, status, retry, harmless)        \
	{                                                                      \
		name, #name, text, error_class, report, status, retry,         \
			harmless                                               \
	}

static const struct smtptls_error_info table[] = {
	ERROR(SMTPTLS_E_ARG, "an argument is not allowed here",
	      SMTPTLS_CLASS_USAGE, NULL, NULL, 0, 0),
	ERROR(SMTPTLS_E_STATE, "the object's state does not allow the call",
	      SMTPTLS_CLASS_USAGE, NULL, NULL, 0, 0),
	ERROR(SMTPTLS_E_AGAIN, "no data to send or receive now",
	      SMTPTLS_CLASS_AGAIN, NULL, NULL, 1, 1),
	ERROR(SMTPTLS_E_NOMEM, "memory could not be allocated",
	      SMTPTLS_CLASS_LOCAL, NULL, "4.3.0", 1, 0),
	ERROR(SMTPTLS_E_CONFIG, "a setting or file cannot be used",
	      SMTPTLS_CLASS_LOCAL, NULL, "4.3.5", 0, 0),
	ERROR(SMTPTLS_E_SYNTAX, "malformed text", SMTPTLS_CLASS_LOCAL, NULL,
	      "4.5.2", 0, 0),
	ERROR(SMTPTLS_E_UNSUPPORTED, "not supported here", SMTPTLS_CLASS_LOCAL,
	      NULL, "4.3.3", 0, 0),
	ERROR(SMTPTLS_E_LIMIT, "too long, or too many", SMTPTLS_CLASS_LOCAL,
	      NULL, "4.5.2", 0, 0),
	ERROR(SMTPTLS_E_INJECTION, "plaintext was sent where none is allowed",
	      SMTPTLS_CLASS_ATTACK, "validation-failure", "4.7.0", 0, 0),
	ERROR(SMTPTLS_E_NOT_OFFERED, "the server does not offer STARTTLS",
	      SMTPTLS_CLASS_TLS, "starttls-not-supported", "4.7.4", 1, 0),
	ERROR(SMTPTLS_E_REFUSED, "STARTTLS was refused", SMTPTLS_CLASS_TLS,
	      "starttls-not-supported", "4.7.0", 1, 0),
	ERROR(SMTPTLS_E_HANDSHAKE, "the TLS handshake failed",
	      SMTPTLS_CLASS_TLS, "validation-failure", "4.7.5", 1, 0),
	ERROR(SMTPTLS_E_CERT_MISSING, "the peer presented no certificate",
	      SMTPTLS_CLASS_CERT, "validation-failure", "4.7.5", 0, 0),
	ERROR(SMTPTLS_E_CERT_TRUST,
	      "the peer's certificate is not signed by a trusted authority",
	      SMTPTLS_CLASS_CERT, "certificate-not-trusted", "4.7.5", 0, 0),
	ERROR(SMTPTLS_E_CERT_TIME,
	      "the peer's certificate has expired or is not yet valid",
	      SMTPTLS_CLASS_CERT, "certificate-expired", "4.7.5", 1, 0),
	ERROR(SMTPTLS_E_CERT_NAME,
	      "the peer's certificate is issued for another name",
	      SMTPTLS_CLASS_CERT, "certificate-host-mismatch", "4.7.5", 0, 0),
	ERROR(SMTPTLS_E_CERT_PURPOSE,
	      "the peer's certificate is not issued for this purpose",
	      SMTPTLS_CLASS_CERT, "certificate-not-trusted", "4.7.5", 0, 0),
	ERROR(SMTPTLS_E_CERT_WEAK,
	      "the peer's certificate has a weak key or signature",
	      SMTPTLS_CLASS_CERT, "certificate-not-trusted", "4.7.5", 0, 0),
	ERROR(SMTPTLS_E_CERT_REVOKED, "the peer's certificate has been revoked",
	      SMTPTLS_CLASS_CERT, "certificate-not-trusted", "4.7.5", 0, 0),
	ERROR(SMTPTLS_E_CERT_PIN,
	      "the peer's certificate matches no configured fingerprint",
	      SMTPTLS_CLASS_CERT, "validation-failure", "4.7.5", 0, 0),
	ERROR(SMTPTLS_E_CERT_TLSA,
	      "the peer's certificate matches no TLSA record",
	      SMTPTLS_CLASS_CERT, "validation-failure", "4.7.5", 1, 0),
	ERROR(SMTPTLS_E_PROTOCOL, "the peer violated the protocol",
	      SMTPTLS_CLASS_NETWORK, NULL, "4.5.0", 1, 0),
	ERROR(SMTPTLS_E_TRUNCATED,
	      "the peer closed the connection unexpectedly",
	      SMTPTLS_CLASS_NETWORK, NULL, "4.4.2", 1, 1),
	ERROR(SMTPTLS_E_TIMEOUT, "the time limit has passed",
	      SMTPTLS_CLASS_NETWORK, NULL, "4.4.2", 1, 1),
	ERROR(SMTPTLS_E_IO, "a system call failed on the connection",
	      SMTPTLS_CLASS_NETWORK, NULL, "4.4.2", 1, 1),
	ERROR(SMTPTLS_E_SMTP_REPLY, "the server refused the SMTP session",
	      SMTPTLS_CLASS_NETWORK, NULL, "4.5.0", 1, 0),
};

const struct smtptls_error_info *smtptls_error_info(int error)
{
	if (error >= 0 || error < -(int)COUNT(table))
		return NULL;
	return &table[-error - 1];
}

const char *smtptls_strerror(int error)
{
	const struct smtptls_error_info *info = smtptls_error_info(error);

	if (error == 0)
		return "success";
	return info ? info->text : "unknown error";
}

const char *smtptls_version(void)
{
	return PACKAGE_VERSION;
}
