/* SPDX-License-Identifier: MIT */
/*
 * Layer 3: configuration, what many connections share: certificates,
 * authorities, what is allowed, the ticket secret.
 *
 * Threads: a configuration is changed by one thread until it is frozen; then
 * any number share it. It stays valid in both processes after fork().
 */
#ifndef SMTPTLS_CONFIG_H
#define SMTPTLS_CONFIG_H

#include <stddef.h>
#include <smtptls/error.h>
#include <smtptls/policy.h>

#ifdef __cplusplus
extern "C" {
#endif

struct smtptls_config;

/*
 * Make an empty configuration; `*config` belongs to the caller, who ends it
 * with smtptls_config_unref(), and is NULL after an error.
 *
 * Without a certificate a server cannot start TLS: smtptls_conn_can_starttls()
 * is 0 and STARTTLS is answered with 454. Without smtptls_config_set_policy()
 * or smtptls_config_set_priority() the default policy is in force: TLS 1.3 and
 * 1.2 with forward secrecy, in the server's order.
 *
 * Returns 0, or
 *   SMTPTLS_E_ARG    `config` is NULL
 *   SMTPTLS_E_NOMEM
 */
SMTPTLS_API int smtptls_config_new(struct smtptls_config **config);

/* Count one more owner; returns `config`. NULL is allowed. Thread-safe. */
SMTPTLS_API struct smtptls_config *
smtptls_config_ref(struct smtptls_config *config);

/*
 * Count one owner less; the last one frees the configuration. Connections are
 * owners too, so a host may drop its own count while they live. NULL is
 * allowed. Thread-safe.
 */
SMTPTLS_API void smtptls_config_unref(struct smtptls_config *config);

/*
 * The setters below return 0 or an error number, and a configuration whose
 * setter failed is as it was before. Each can return
 *   SMTPTLS_E_ARG          a required argument is NULL or out of its range, or
 *                          memory is of more than 1 MiB
 *   SMTPTLS_E_STATE        the configuration is frozen
 *   SMTPTLS_E_NOMEM
 *   SMTPTLS_E_CONFIG       a file is missing, unreadable or empty, or holds
 *                          something else than it should, or a key does not
 *                          belong to its certificate, or is encrypted and
 *                          there is no passphrase or a wrong one, or a signer
 *                          does not sign
 *   SMTPTLS_E_LIMIT        a file is larger than it may be
 * and those that its own comment names. But for SMTPTLS_E_ARG and
 * SMTPTLS_E_STATE, which are the caller's mistakes, smtptls_config_error() has
 * the sentence, which names the file. Strings and memory are copied or read
 * before the call returns. Files are PEM, of at most 1 MiB, where nothing else
 * is said.
 */

/*
 * Add a certificate chain and its private key. Call it again for a second key
 * type (ECDSA beside RSA) or for other names; the server chooses by the
 * client's SNI and algorithms, and takes the first where nothing else decides:
 * for TLS 1.3 add ECDSA before RSA. Both may be in one file. When a server asks,
 * a client sends the first whose chain leads to an authority that the server
 * names, and whose key has an algorithm that both allow, or none.
 *
 * The leaf is the certificate to which the key belongs. It is sent with those
 * that have signed it, each behind the one that it has signed (RFC 5246 section
 * 7.4.2), in whatever order they stand in the file. Another order is a warning
 * (smtptls_config_warning()), as is a certificate that belongs to no place,
 * which is not sent, and a key that others than the file's owner can read.
 *
 * A name that begins with "pkcs11:" is a PKCS#11 URL (RFC 7512), for either or
 * both. The PIN is in the URL (pin-value, or pin-source, the path of a file that
 * holds it and nothing else), or the host is asked for it
 * (smtptls_config_set_passphrase()); it is in no sentence of the library's. Where
 * the key has a URL the leaf is the first certificate of the file, or the one of
 * the URL, behind which those come that issued it and are in the same token. The
 * key stays in the token, which signs at once, RSA by PSS too, and then in each
 * full handshake, in the connection's thread. When it fails, that handshake does,
 * with SMTPTLS_E_HANDSHAKE and SMTPTLS_REASON_TOKEN, and nothing else.
 * SMTPTLS_E_CONFIG: also when there is no such token or object, the PIN is
 * another or none, or GnuTLS is built without PKCS#11.
 */
SMTPTLS_API int smtptls_config_add_cert_file(struct smtptls_config *config,
					     const char *cert_file,
					     const char *key_file);

/* The same from PEM in memory. */
SMTPTLS_API int smtptls_config_add_cert_mem(struct smtptls_config *config,
					    const void *cert, size_t cert_len,
					    const void *key, size_t key_len);

/*
 * Add a certificate chain whose private key is elsewhere, as in a process with
 * other privileges: `sign` makes its signatures. The leaf is the first
 * certificate of the file. Otherwise it is as any other; but nothing is
 * decrypted, so suites with RSA key exchange are not for it, as if its keyUsage
 * were without keyEncipherment.
 *
 * `scheme` is the algorithm, TLS's SignatureScheme (RFC 8446 section 4.2.3, or
 * for TLS 1.2 the pair of RFC 5246 section 7.4.1.4.1 as one number):
 *   0x0201, 0x0301 ... 0x0601  RSA PKCS #1 v1.5 with SHA-1, -224, -256, -384,
 *                              -512: high byte 2 to 6
 *   0x0203, 0x0303 ... 0x0603  ECDSA with those; the signature is in DER
 *   0x0804 to 0x0806           RSA-PSS with SHA-256, -384, -512, for which MGF1
 *                              and the salt's length are the hash's too
 *   0x0809 to 0x080b           the same of a key that is for RSA-PSS alone
 *   0x0807, 0x0808             Ed25519, Ed448
 *   0                          RSA before TLS 1.2: PKCS #1 v1.5 of the 36 bytes
 *                              of MD5 and SHA-1 as they are, no DigestInfo
 * `data` is the digest by that hash, `len` its length, which is to be signed as
 * it is; for Ed25519 and Ed448 it is the whole text. `sign` writes the signature
 * into `signature`, which has room for `size` bytes, 2048 at least, and returns
 * its length, or a negative number when it has none.
 *
 * It is called in this setter already, twice for RSA, and then in each full
 * handshake that uses the certificate, in the connection's thread, which waits
 * for it: a slow one stalls a server of one thread, and it must bound its own
 * time. It may be called from several threads at once, and must not call a
 * function of the connection. Each signature is verified. Without one, or with a
 * wrong one, that handshake fails with SMTPTLS_E_HANDSHAKE and
 * SMTPTLS_REASON_SIGNER, and nothing else does. `arg` is given to it, and must be
 * valid as long as `config` is.
 *
 * SMTPTLS_E_CONFIG: also when it does not sign now, or by another key.
 */
SMTPTLS_API int smtptls_config_add_cert_signer(
	struct smtptls_config *config, const char *cert_file,
	int (*sign)(unsigned scheme, const void *data, size_t len,
		    void *signature, size_t size, void *arg),
	void *arg);

/*
 * Let the host be asked for the passphrase of a private key that is encrypted;
 * call it before the certificate is added. `passphrase` is called while a key
 * is loaded, in the thread that loads it, at most once a key, and never in a
 * handshake. `name` is the key's file as it was given, or "private key in
 * memory", or a PKCS#11 URL: it is then asked for the token's PIN. It writes
 * the passphrase, without a NUL, into `buf`, which has room for `size` bytes,
 * and returns its length, or a negative number when there is none: then, as
 * with a wrong one, the setter that loads the key returns SMTPTLS_E_CONFIG. It
 * does so too for a key whose token asks for the PIN at each signature
 * (CKA_ALWAYS_AUTHENTICATE): that needs the PIN in its URL.
 * `buf` is the library's, which wipes it before the setter returns, and keeps
 * the passphrase nowhere. NULL takes it away; `arg` is given to it. Encrypted
 * are PKCS#8 keys, and those with a line "Proc-Type: 4,ENCRYPTED" (RFC 1421) as
 * OpenSSL once wrote them.
 */
SMTPTLS_API int smtptls_config_set_passphrase(
	struct smtptls_config *config,
	int (*passphrase)(const char *name, char *buf, size_t size, void *arg),
	void *arg);

/*
 * Add an OCSP response (RFC 6960), as DER in a file of at most 32 KiB, that a
 * server sends with its certificate to clients that ask for a status ("OCSP
 * stapling", RFC 6066 section 8). It says itself which of the certificates it is
 * about, so that it may be added before or after that; of two about one
 * certificate the one that lasts longer counts. `openssl ocsp -respout` writes
 * such a file.
 *
 * It is judged by smtptls_config_freeze() and, by its dates, at each handshake.
 * One that is too old or too young, about none of the certificates, that says
 * something else than "good", or is not signed by the certificate's issuer or a
 * responder of that issuer's is not sent, and is a warning with the reason; the
 * handshake goes on without it. The issuer's certificate has to stand behind the
 * certificate or among the authorities. One without nextUpdate is sent for three
 * days. A client sends none.
 *
 * SMTPTLS_E_CONFIG: also a file that is not an OCSP response in DER.
 * SMTPTLS_E_LIMIT: it is larger than 32 KiB.
 */
SMTPTLS_API int smtptls_config_add_ocsp_file(struct smtptls_config *config,
					     const char *ocsp_file);

/*
 * The authorities by which a peer's certificate is verified; NULL means the
 * system's. Call it again to add more. A server sends the names of those from
 * files to clients whose certificate it asks for.
 */
SMTPTLS_API int smtptls_config_set_ca_file(struct smtptls_config *config,
					   const char *ca_file);

/* Revocation lists for those authorities; call it after their file. */
SMTPTLS_API int smtptls_config_set_crl_file(struct smtptls_config *config,
					    const char *crl_file);

/*
 * Diffie-Hellman parameters (PKCS#3) of a server, for DHE with TLS 1.2. Without
 * them the groups of RFC 7919 are used. Parameters of fewer than 2048 bits are
 * SMTPTLS_E_CONFIG.
 */
SMTPTLS_API int smtptls_config_set_dh_file(struct smtptls_config *config,
					   const char *dh_file);

/*
 * What is allowed, by a policy (smtptls_policy_new()), of which the
 * configuration becomes an owner too. The last call of this and of
 * smtptls_config_set_priority() counts. At the freeze the own certificates are
 * judged by the policy's security level (SMTPTLS_E_CONFIG); later, the peer's
 * are. SMTPTLS_E_ARG: also a policy with SMTPTLS_LIST_ONLY.
 */
SMTPTLS_API int smtptls_config_set_policy(struct smtptls_config *config,
					  struct smtptls_policy *policy);

/*
 * What is allowed, by a GnuTLS priority string (gnutls_priority_init()) in its
 * entirety: versions, ciphers, groups, signatures. SMTPTLS_E_SYNTAX: the string
 * is wrong, or the system's GnuTLS policy forbids it; the sentence quotes the
 * place.
 */
SMTPTLS_API int smtptls_config_set_priority(struct smtptls_config *config,
					    const char *priority);

/*
 * A second policy, usually a stricter one, that is only asked: a server judges
 * each ClientHello by it too, and smtptls_conn_info() says why it would have
 * refused a session that succeeded. So an administrator sees whom a change
 * would lose before making it. It changes no session, and clients ignore it.
 * NULL takes it away; else the configuration becomes an owner of it too. It
 * goes with smtptls_config_set_policy(), smtptls_config_set_priority() or
 * neither.
 *
 * The hello of a session that is resumed is judged like any other, although
 * its suite is the ticket's. The peer's certificate is not judged. Own
 * certificates or parameters that are too weak for the policy's security level
 * are a warning of the freeze. SMTPTLS_E_ARG: also a policy with
 * SMTPTLS_LIST_ONLY.
 */
SMTPTLS_API int smtptls_config_set_shadow_policy(struct smtptls_config *config,
						 struct smtptls_policy *policy);

/*
 * A server's answer to a client that asks by SNI for a name that no certificate
 * has: with a `strict` other than 0 the handshake fails (unrecognized_name, RFC
 * 6066 section 3); with 0, as at first, the default certificate is shown, which
 * smtptls_conn_info() notes. A client that asks for none gets the default one.
 * A name is compared without case and without a dot at its end, and a wildcard
 * stands for its first label if two others follow (RFC 9525 section 6.3).
 */
SMTPTLS_API int smtptls_config_set_strict_sni(struct smtptls_config *config,
					      int strict);

/*
 * Let a server's host choose another configuration by the name that the client
 * asks for (SNI, RFC 6066 section 3). `choose` is called in the handshake, in
 * whatever function of the connection's serves that and so in its thread; once
 * a connection at most, and not again after a HelloRetryRequest. `name` is a
 * host's name in lower case, without a dot at its end, of at most 253 bytes, in
 * labels of letters, digits, hyphens and underscores, of which none is empty: a
 * name in other letters is in A-labels. It is never an address, and never leads
 * out of a directory. For what is no such name, and for none, `choose` is not
 * called.
 *
 * It returns a frozen configuration with a certificate, of which it gives a
 * count to the connection (smtptls_config_ref()), or NULL for that of the
 * connection. The certificates, policy or priority, shadow policy, authorities,
 * strictness about names and ticket secret of the returned one apply, and no
 * ticket of another is accepted; its own `choose` is not called. The connection
 * keeps its way of verifying. One that is not frozen or has no certificate ends
 * the handshake (SMTPTLS_REASON_INTERNAL).
 *
 * To refuse unknown names, return NULL and have smtptls_config_set_strict_sni().
 * `choose` must not block for long, nor call a function of the connection. NULL
 * takes it away; `arg` is given to it, and must be valid as long as `config` is.
 */
SMTPTLS_API int smtptls_config_set_sni(
	struct smtptls_config *config,
	struct smtptls_config *(*choose)(const char *name, void *arg),
	void *arg);

/* What a client's certificate has to be issued for. */
enum smtptls_client_purpose {
	SMTPTLS_CLIENT_AUTH = 0,	  /* clientAuth */
	SMTPTLS_CLIENT_OR_SERVER_AUTH = 1 /* clientAuth or serverAuth */
};

/*
 * The purpose (RFC 5280 section 4.2.1.12) that a server asks of its clients'
 * certificates when it verifies them; SMTPTLS_CLIENT_AUTH at first. Since 2026
 * public authorities issue certificates for serverAuth alone: to accept those of
 * other mail servers, set SMTPTLS_CLIENT_OR_SERVER_AUTH. A certificate
 * without the extension, or for any purpose (anyExtendedKeyUsage), is accepted
 * in either case. SMTPTLS_E_ARG: also a number that is none of these.
 */
SMTPTLS_API int smtptls_config_set_client_purpose(struct smtptls_config *config,
						  int purpose);

/*
 * The secret from which session ticket keys are derived (RFC 5869), 32 to
 * 4096 bytes; servers with the same secret and the same settings resume each
 * other's sessions: the same policy or priority, certificates in the same
 * order, authorities, revocation lists, client purpose, and way of verifying.
 * Without it each
 * configuration makes a secret of its own. SMTPTLS_E_LIMIT: shorter or longer.
 */
SMTPTLS_API int smtptls_config_set_ticket_secret(struct smtptls_config *config,
						 const void *secret,
						 size_t secret_len);

/*
 * The same from a file: all its bytes, a line's end too. SMTPTLS_E_CONFIG: also
 * a regular file that others than its owner may read. SMTPTLS_E_LIMIT: shorter
 * or longer, but an empty one is SMTPTLS_E_CONFIG.
 */
SMTPTLS_API int
smtptls_config_set_ticket_secret_file(struct smtptls_config *config,
				      const char *file);

/*
 * End the changes; from now on the configuration can be shared and used by
 * smtptls_conn_new(). Frozen again it stays frozen, with 0.
 *
 * Returns 0, or
 *   SMTPTLS_E_ARG    `config` is NULL
 *   SMTPTLS_E_NOMEM
 *   SMTPTLS_E_CONFIG the settings do not fit together
 */
SMTPTLS_API int smtptls_config_freeze(struct smtptls_config *config);

/*
 * The sentence of the last setter or freeze that failed, without a full stop,
 * or "" when none has; SMTPTLS_E_ARG and SMTPTLS_E_STATE leave it as it was.
 * Valid until the next call that changes `config`.
 */
SMTPTLS_API const char *
smtptls_config_error(const struct smtptls_config *config);

/*
 * The i-th thing, from 0, that an administrator should change although it is no
 * error, as a sentence that names the file and the change; NULL past the last.
 * Valid as long as `config`. Those of certificates come with the freeze: one
 * that has expired, does so within 30 days or is not valid yet, has no host
 * name in its SAN, is signed with SHA-1 or worse, stands alone although its
 * issuer is none of the configuration's authorities, or demands an OCSP status
 * (must-staple, RFC 7633) although there is none that can be sent.
 */
SMTPTLS_API const char *
smtptls_config_warning(const struct smtptls_config *config, size_t i);

#ifdef __cplusplus
}
#endif

#endif
