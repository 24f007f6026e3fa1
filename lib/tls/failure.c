/* SPDX-License-Identifier: MIT */
/*
 * tls/failure: what GnuTLS's errors mean: the reason, and what was found.
 *
 * One table, so that no session fails without a reason. An error that is not in
 * it is judged by the alert that GnuTLS makes of it: internal_error points to
 * this side, any other alert to a message from the peer.
 */
#include "tls/failure.h"

#include <stddef.h>

#include <gnutls/gnutls.h>

#include <smtptls/policy.h>

#include "x509/signer.h"

#define RECORD	  SMTPTLS_REASON_BAD_RECORD
#define MESSAGE	  SMTPTLS_REASON_BAD_MESSAGE
#define SIGNATURE SMTPTLS_REASON_BAD_SIGNATURE
#define FLOOD	  SMTPTLS_REASON_FLOOD
#define TOKEN	  SMTPTLS_REASON_TOKEN

static const struct stls_failure failures[] = {
	/* records */
	{ GNUTLS_E_DECRYPTION_FAILED, RECORD,
	  "a record that cannot be decrypted" },
	{ GNUTLS_E_DECOMPRESSION_FAILED, RECORD,
	  "a record that cannot be decompressed" },
	{ GNUTLS_E_RECORD_OVERFLOW, RECORD, "a record longer than allowed" },
	{ GNUTLS_E_UNEXPECTED_PACKET, RECORD,
	  "a record of an unexpected type" },
	{ GNUTLS_E_GOT_APPLICATION_DATA, RECORD,
	  "data where a handshake message was due" },
	/* messages */
	{ GNUTLS_E_UNEXPECTED_PACKET_LENGTH, MESSAGE,
	  "a message with inconsistent lengths" },
	{ GNUTLS_E_UNEXPECTED_EXTENSIONS_LENGTH, MESSAGE,
	  "extensions with inconsistent lengths" },
	{ GNUTLS_E_UNEXPECTED_HANDSHAKE_PACKET, MESSAGE,
	  "an unexpected handshake message" },
	{ GNUTLS_E_RECEIVED_ILLEGAL_PARAMETER, MESSAGE,
	  "a value that TLS forbids" },
	{ GNUTLS_E_ILLEGAL_PARAMETER, MESSAGE, "a value that TLS forbids" },
	{ GNUTLS_E_RECEIVED_ILLEGAL_EXTENSION, MESSAGE,
	  "an extension that is not allowed there" },
	{ GNUTLS_E_MISSING_EXTENSION, MESSAGE,
	  "a message without a required extension" },
	{ GNUTLS_E_RECEIVED_DISALLOWED_NAME, MESSAGE,
	  "an invalid server name" },
	{ GNUTLS_E_NO_COMPRESSION_ALGORITHMS, MESSAGE,
	  "a hello that demands compression" },
	{ GNUTLS_E_UNWANTED_ALGORITHM, MESSAGE,
	  "an algorithm that is not enabled here" },
	{ GNUTLS_E_UNKNOWN_CIPHER_SUITE, MESSAGE,
	  "a cipher suite that was not offered" },
	{ GNUTLS_E_PK_INVALID_PUBKEY, MESSAGE,
	  "a public key that is not valid" },
	{ GNUTLS_E_PK_INVALID_PUBKEY_PARAMS, MESSAGE,
	  "a public key with parameters that are not valid" },
	{ GNUTLS_E_ECC_UNSUPPORTED_CURVE, MESSAGE,
	  "a public key on a curve that is not known here" },
	{ GNUTLS_E_PK_DECRYPTION_FAILED, MESSAGE,
	  "a secret that cannot be decrypted" },
	{ GNUTLS_E_CERTIFICATE_ERROR, MESSAGE,
	  "a certificate that cannot be read" },
	{ GNUTLS_E_UNSUPPORTED_CERTIFICATE_TYPE, MESSAGE,
	  "a certificate of a kind that is not known here" },
	{ GNUTLS_E_NO_CERTIFICATE_FOUND, SMTPTLS_REASON_CERT_MISSING, NULL },
	{ GNUTLS_E_CERTIFICATE_REQUIRED, SMTPTLS_REASON_CERT_MISSING, NULL },
	{ GNUTLS_E_KEY_USAGE_VIOLATION, SMTPTLS_REASON_CERT_KEY_USAGE, NULL },
	/* signatures and hashes */
	{ GNUTLS_E_ERROR_IN_FINISHED_PACKET, SIGNATURE,
	  "a Finished that does not match the handshake" },
	{ GNUTLS_E_PK_SIG_VERIFY_FAILED, SIGNATURE,
	  "a signature that was not made with its key" },
	{ GNUTLS_E_INCOMPATIBLE_SIG_WITH_KEY, SIGNATURE,
	  "a signature of a type that does not fit its key" },
	/* floods and limits */
	{ GNUTLS_E_TOO_MANY_EMPTY_PACKETS, FLOOD, "too many empty records" },
	{ GNUTLS_E_TOO_MANY_HANDSHAKE_PACKETS, FLOOD,
	  "too many handshake messages" },
	{ GNUTLS_E_HANDSHAKE_TOO_LARGE, FLOOD,
	  "a handshake message longer than allowed" },
	{ GNUTLS_E_RECORD_LIMIT_REACHED, FLOOD,
	  "more records than one key may protect" },
	/* nothing in common, where no policy has judged the hello */
	{ GNUTLS_E_UNSUPPORTED_VERSION_PACKET, SMTPTLS_REASON_VERSION,
	  "version of TLS" },
	{ GNUTLS_E_NO_CIPHER_SUITES, SMTPTLS_REASON_SUITES_EXCLUDED,
	  "cipher suite" },
	{ GNUTLS_E_NO_COMMON_KEY_SHARE, SMTPTLS_REASON_GROUP, "group" },
	{ GNUTLS_E_ECC_NO_SUPPORTED_CURVES, SMTPTLS_REASON_GROUP, "group" },
	{ GNUTLS_E_UNSUPPORTED_SIGNATURE_ALGORITHM, SMTPTLS_REASON_SIGALG,
	  "signature algorithm" },
	{ GNUTLS_E_INSUFFICIENT_CREDENTIALS, SMTPTLS_REASON_SUITES_EXCLUDED,
	  "cipher suite for which there is a certificate" },
	{ GNUTLS_E_NO_TEMPORARY_DH_PARAMS, SMTPTLS_REASON_GROUP, "group" },
	/* this side's private key */
	{ STLS_SIGNER_SILENT, SMTPTLS_REASON_SIGNER,
	  "no signature: check that it runs, and answers in time" },
	{ STLS_SIGNER_WRONG, SMTPTLS_REASON_SIGNER,
	  "a wrong signature: it has another key, or a defect" },
	{ GNUTLS_E_PKCS11_ERROR, TOKEN, NULL },
	{ GNUTLS_E_PKCS11_LOAD_ERROR, TOKEN, NULL },
	{ GNUTLS_E_PKCS11_PIN_ERROR, TOKEN, NULL },
	{ GNUTLS_E_PKCS11_SLOT_ERROR, TOKEN, NULL },
	{ GNUTLS_E_PKCS11_ATTRIBUTE_ERROR, TOKEN, NULL },
	{ GNUTLS_E_PKCS11_DEVICE_ERROR, TOKEN, NULL },
	{ GNUTLS_E_PKCS11_DATA_ERROR, TOKEN, NULL },
	{ GNUTLS_E_PKCS11_UNSUPPORTED_FEATURE_ERROR, TOKEN, NULL },
	{ GNUTLS_E_PKCS11_KEY_ERROR, TOKEN, NULL },
	{ GNUTLS_E_PKCS11_PIN_EXPIRED, TOKEN, NULL },
	{ GNUTLS_E_PKCS11_PIN_LOCKED, TOKEN, NULL },
	{ GNUTLS_E_PKCS11_SESSION_ERROR, TOKEN, NULL },
	{ GNUTLS_E_PKCS11_SIGNATURE_ERROR, TOKEN, NULL },
	{ GNUTLS_E_PKCS11_TOKEN_ERROR, TOKEN, NULL },
	{ GNUTLS_E_PKCS11_USER_ERROR, TOKEN, NULL },
	{ GNUTLS_E_PKCS11_REQUESTED_OBJECT_NOT_AVAILBLE, TOKEN, NULL },
	/* others */
	{ GNUTLS_E_INAPPROPRIATE_FALLBACK, SMTPTLS_REASON_FALLBACK, NULL },
	{ GNUTLS_E_DH_PRIME_UNACCEPTABLE, SMTPTLS_REASON_DH_PARAMETERS, NULL },
	{ GNUTLS_E_NO_APPLICATION_PROTOCOL, SMTPTLS_REASON_ALPN, NULL },
	{ GNUTLS_E_SESSION_EOF, SMTPTLS_REASON_CLOSED, NULL },
	{ GNUTLS_E_REHANDSHAKE, SMTPTLS_REASON_RENEGOTIATION, NULL },
	{ GNUTLS_E_SAFE_RENEGOTIATION_FAILED, SMTPTLS_REASON_RENEGOTIATION,
	  NULL },
	{ GNUTLS_E_UNSAFE_RENEGOTIATION_DENIED, SMTPTLS_REASON_RENEGOTIATION,
	  NULL },
};

const struct stls_failure *stls_failure(int error)
{
	static const struct stls_failure own = { 0, SMTPTLS_REASON_INTERNAL,
						 NULL };
	static const struct stls_failure other = {
		0, MESSAGE, "a message that cannot be accepted"
	};
	size_t i;
	int level, alert;

	for (i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		if (failures[i].error == error)
			return &failures[i];
	}
	alert = gnutls_error_to_alert(error, &level);
	return alert < 0 || alert == GNUTLS_A_INTERNAL_ERROR ? &own : &other;
}
