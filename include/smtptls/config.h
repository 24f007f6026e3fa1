/* SPDX-License-Identifier: MIT */
/*
 * Layer 3: configuration, the settings that connections share: certificates,
 * trusted authorities, the TLS policy, the ticket secret.
 *
 * Threads: one thread changes a configuration until it is frozen; after that
 * any number of threads share it. It stays valid in both processes after
 * fork().
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
 * Create an empty configuration. `*config` belongs to the caller, who releases
 * it with smtptls_config_unref(); it is NULL after an error.
 *
 * Without a certificate a server cannot start TLS: smtptls_conn_can_starttls()
 * returns 0, and STARTTLS is answered with 454. Without
 * smtptls_config_set_policy() or smtptls_config_set_priority() the default
 * policy applies: TLS 1.3 and 1.2 with forward secrecy, in the server's order.
 *
 * Returns 0, or
 *   SMTPTLS_E_ARG    `config` is NULL
 *   SMTPTLS_E_NOMEM
 */
SMTPTLS_API int smtptls_config_new(struct smtptls_config **config);

/* Add a reference; returns `config`. NULL is allowed. Thread-safe. */
SMTPTLS_API struct smtptls_config *
smtptls_config_ref(struct smtptls_config *config);

/*
 * Drop a reference; dropping the last one frees the configuration. Connections
 * hold references too, so a host may drop its own while they live. NULL is
 * allowed. Thread-safe.
 */
SMTPTLS_API void smtptls_config_unref(struct smtptls_config *config);

/*
 * The setters below return 0 or an error number. A setter that fails leaves the
 * configuration unchanged. Each can return
 *   SMTPTLS_E_ARG          a required argument is NULL or out of range, or a
 *                          memory argument is larger than 1 MiB
 *   SMTPTLS_E_STATE        the configuration is frozen
 *   SMTPTLS_E_NOMEM
 *   SMTPTLS_E_CONFIG       a file is missing, unreadable or empty, or has the
 *                          wrong contents; a key does not match its
 *                          certificate, or is encrypted and the passphrase is
 *                          missing or wrong; or a signer does not sign
 *   SMTPTLS_E_LIMIT        a file is too large
 * and the errors that its own comment names. smtptls_config_error() has a
 * sentence that names the file, except for SMTPTLS_E_ARG and SMTPTLS_E_STATE,
 * which are the caller's mistakes. Strings and memory are copied or read before
 * the call returns. Files are PEM and at most 1 MiB unless stated otherwise.
 */

/*
 * Add a certificate chain and its private key. Call it again for a second key
 * type (ECDSA besides RSA) or for other names. The server chooses by the
 * client's SNI and algorithms, and takes the first certificate if nothing else
 * decides: for TLS 1.3 add ECDSA before RSA. Both arguments may name the same
 * file. When a server requests a certificate, a client sends the first one
 * whose chain leads to an authority that the server names and whose key has an
 * algorithm that both sides allow, or none.
 *
 * The leaf is the certificate that matches the key. It is sent with the
 * certificates that signed it, each after the one that it signed (RFC 5246
 * section 7.4.2), in whatever order they are in the file. There is a warning
 * (smtptls_config_warning()) if that order differs, if a certificate has no
 * place in the chain and is therefore not sent, and if users other than the
 * file's owner can read the key.
 *
 * A name that begins with "pkcs11:" is a PKCS#11 URL (RFC 7512); either or both
 * may be one. The PIN is in the URL (pin-value, or pin-source, the path of a
 * file that holds only the PIN), or the host is asked for it
 * (smtptls_config_set_passphrase()). The library's sentences never contain it.
 * If the key is a URL, the leaf is the first certificate of the file, or the
 * certificate that the URL names, followed by its issuers from the same token.
 * The key stays in the token, which signs once in this call, for an RSA key
 * with RSA-PSS too, and then in each full handshake, in the connection's
 * thread. If the token fails, only that handshake fails, with
 * SMTPTLS_E_HANDSHAKE and SMTPTLS_REASON_TOKEN. SMTPTLS_E_CONFIG is also
 * returned if there is no such token or object, if the PIN is wrong or missing,
 * or if GnuTLS is built without PKCS#11.
 */
SMTPTLS_API int smtptls_config_add_cert_file(struct smtptls_config *config,
					     const char *cert_file,
					     const char *key_file);

/* The same from PEM in memory. */
SMTPTLS_API int smtptls_config_add_cert_mem(struct smtptls_config *config,
					    const void *cert, size_t cert_len,
					    const void *key, size_t key_len);

/*
 * Add a certificate chain whose private key is elsewhere, for example in a
 * process with other privileges; `sign` makes its signatures. The leaf is the
 * first certificate of the file. The certificate is used like any other, but
 * nothing is decrypted: cipher suites with RSA key exchange are unavailable, as
 * if its keyUsage lacked keyEncipherment.
 *
 * `scheme` is the algorithm, a TLS SignatureScheme (RFC 8446 section 4.2.3), or
 * for TLS 1.2 the pair of RFC 5246 section 7.4.1.4.1 as one number:
 *   0x0201, 0x0301 ... 0x0601  RSA PKCS #1 v1.5 with SHA-1, -224, -256, -384,
 *                              -512: high byte 2 to 6
 *   0x0203, 0x0303 ... 0x0603  ECDSA with the same hashes; the signature is in
 *                              DER
 *   0x0804 to 0x0806           RSA-PSS with SHA-256, -384, -512; the hash is
 *                              used for MGF1 too, and the salt is as long as
 *                              the digest
 *   0x0809 to 0x080b           the same for a key restricted to RSA-PSS
 *   0x0807, 0x0808             Ed25519, Ed448
 *   0                          RSA before TLS 1.2: PKCS #1 v1.5 over the 36
 *                              bytes of the MD5 and SHA-1 digests, without a
 *                              DigestInfo
 * `data` is the digest, `len` bytes made with that hash, to be signed as it is;
 * for Ed25519 and Ed448 it is the whole message. `sign` writes the signature to
 * `signature`, which has room for `size` bytes, at least 2048, and returns its
 * length, or a negative number if it cannot sign.
 *
 * `sign` is called once in this setter, twice for an RSA key, and then in each
 * full handshake that uses the certificate, in the connection's thread, which
 * waits for it. A slow `sign` stalls a single-threaded server, so it must limit
 * its own time. It may be called from several threads at once, and must not
 * call any function on the connection. Each signature is verified. If there is
 * none, or it is wrong, only that handshake fails, with SMTPTLS_E_HANDSHAKE and
 * SMTPTLS_REASON_SIGNER. `arg` is passed to `sign`, and must be valid as long
 * as `config` is.
 *
 * SMTPTLS_E_CONFIG is also returned if `sign` does not sign in this call, or
 * signs with another key.
 */
SMTPTLS_API int smtptls_config_add_cert_signer(
	struct smtptls_config *config, const char *cert_file,
	int (*sign)(unsigned scheme, const void *data, size_t len,
		    void *signature, size_t size, void *arg),
	void *arg);

/*
 * Set a callback that supplies the passphrase of an encrypted private key. Call
 * this before the certificate is added. `passphrase` is called while a key is
 * loaded, in the thread that loads it, at most once per key, and never in a
 * handshake. `name` is the key's file name as it was given, or "private key in
 * memory", or a PKCS#11 URL, in which case the callback supplies the token's
 * PIN. It writes the passphrase, without a NUL, to `buf`, which has room for
 * `size` bytes, and returns its length, or a negative number if there is none.
 * Without a passphrase, or with a wrong one, the setter that loads the key
 * returns SMTPTLS_E_CONFIG. So it does for a key whose token requires the PIN
 * for each signature (CKA_ALWAYS_AUTHENTICATE), unless the PIN is in the URL.
 *
 * The library owns `buf`, wipes it before the setter returns, and keeps no copy
 * of the passphrase. NULL removes the callback; `arg` is passed to it.
 * Encrypted keys are PKCS#8 keys and those with a line "Proc-Type: 4,ENCRYPTED"
 * (RFC 1421), which OpenSSL used to write.
 */
SMTPTLS_API int smtptls_config_set_passphrase(
	struct smtptls_config *config,
	int (*passphrase)(const char *name, char *buf, size_t size, void *arg),
	void *arg);

/*
 * Add an OCSP response (RFC 6960), in DER, in a file of at most 32 KiB. A
 * server sends it with its certificate to clients that request a status ("OCSP
 * stapling", RFC 6066 section 8). The response identifies its certificate, so
 * the two may be added in either order; of two responses for one certificate
 * the one that is valid longer is used. `openssl ocsp -respout` writes such a
 * file.
 *
 * smtptls_config_freeze() checks the response, and each handshake checks its
 * dates again. A response is not sent if it is expired or not yet valid, is for
 * none of the certificates, does not say "good", or is not signed by the
 * certificate's issuer or by a responder of that issuer. That is a warning with
 * the reason, and handshakes go on without the response. The issuer's
 * certificate must follow the certificate in its file or be among the
 * authorities. A response without nextUpdate is sent for three days. A client
 * sends none.
 *
 * SMTPTLS_E_CONFIG is also returned if the file is not an OCSP response in DER,
 * SMTPTLS_E_LIMIT if it is larger than 32 KiB.
 */
SMTPTLS_API int smtptls_config_add_ocsp_file(struct smtptls_config *config,
					     const char *ocsp_file);

/*
 * Add authorities for verifying a peer's certificate; NULL means the system's.
 * Call it again to add more. A server that requests a client's certificate
 * sends the names of the authorities that came from files.
 */
SMTPTLS_API int smtptls_config_set_ca_file(struct smtptls_config *config,
					   const char *ca_file);

/* Add revocation lists for those authorities; call it after their file. */
SMTPTLS_API int smtptls_config_set_crl_file(struct smtptls_config *config,
					    const char *crl_file);

/*
 * Set a server's Diffie-Hellman parameters (PKCS#3), for DHE with TLS 1.2.
 * Without them the groups of RFC 7919 are used: for a client that names none,
 * one that is as strong as the RSA key that is shown, and as the policy's
 * security level requires. Parameters of fewer than 2048 bits are
 * SMTPTLS_E_CONFIG.
 */
SMTPTLS_API int smtptls_config_set_dh_file(struct smtptls_config *config,
					   const char *dh_file);

/*
 * Set what is allowed by a policy (smtptls_policy_new()), to which the
 * configuration adds a reference. The last call of this function or
 * smtptls_config_set_priority() wins. The freeze checks this side's
 * certificates against the policy's security level (SMTPTLS_E_CONFIG);
 * verification checks the peer's against it. SMTPTLS_E_ARG is also returned for
 * a policy with SMTPTLS_LIST_ONLY.
 */
SMTPTLS_API int smtptls_config_set_policy(struct smtptls_config *config,
					  struct smtptls_policy *policy);

/*
 * Set everything that is allowed by a GnuTLS priority string
 * (gnutls_priority_init()): versions, ciphers, groups, signatures.
 * SMTPTLS_E_SYNTAX is returned if the string is wrong or the system's GnuTLS
 * policy forbids it; the sentence quotes the place.
 */
SMTPTLS_API int smtptls_config_set_priority(struct smtptls_config *config,
					    const char *priority);

/*
 * Set a second, usually stricter policy that is only consulted: a server judges
 * each ClientHello by it too, and smtptls_conn_info() says why it would have
 * refused a session that succeeded. This shows an administrator which clients a
 * change would lose, before it is made. It does not affect any session, and
 * clients ignore it. NULL removes it; otherwise the configuration adds a
 * reference to it. It can be combined with smtptls_config_set_policy(),
 * smtptls_config_set_priority() or neither.
 *
 * The ClientHello of a resumed session is judged like any other, although its
 * suite is the ticket's. The peer's certificate is not judged. If this side's
 * certificates or parameters are too weak for the policy's security level, the
 * freeze adds a warning. SMTPTLS_E_ARG is also returned for a policy with
 * SMTPTLS_LIST_ONLY.
 */
SMTPTLS_API int smtptls_config_set_shadow_policy(struct smtptls_config *config,
						 struct smtptls_policy *policy);

/*
 * Set how a server answers a client that requests, by SNI, a name that no
 * certificate has. If `strict` is not 0, the handshake fails
 * (unrecognized_name, RFC 6066 section 3). If it is 0, the default, the server
 * sends its default certificate, and smtptls_conn_info() notes that. A client
 * that requests no name gets the default certificate. Names are compared
 * ignoring case and a final dot, and a wildcard matches the first label if at
 * least two others follow (RFC 9525 section 6.3).
 */
SMTPTLS_API int smtptls_config_set_strict_sni(struct smtptls_config *config,
					      int strict);

/*
 * Set a callback with which a server's host chooses another configuration by
 * the name that the client requests (SNI, RFC 6066 section 3). `choose` is
 * called during the handshake, by whichever function of the connection runs it
 * and so in that function's thread, at most once per connection, and not again
 * after a HelloRetryRequest. `name` is a host name in lower case, without a
 * final dot, of at most 253 bytes, in non-empty labels of letters, digits,
 * hyphens and underscores; internationalized names are in A-labels. It is never
 * an address, and is safe to use as a file name: it cannot lead out of a
 * directory. If the client sends no name, or something that is not such a name,
 * `choose` is not called.
 *
 * It returns a frozen configuration that has a certificate, with a reference
 * for the connection (smtptls_config_ref()), or NULL to keep the connection's
 * own. The returned configuration's certificates, policy or priority, shadow
 * policy, authorities, strictness about names and ticket secret apply, and
 * tickets of other configurations are not accepted; its own `choose` is not
 * called. The connection keeps its verification mode. A configuration that is
 * not frozen or has no certificate ends the handshake
 * (SMTPTLS_REASON_INTERNAL).
 *
 * To refuse unknown names, return NULL and set smtptls_config_set_strict_sni().
 * `choose` must not block for long, nor call any function on the connection.
 * NULL removes the callback; `arg` is passed to it, and must be valid as long
 * as `config` is.
 */
SMTPTLS_API int smtptls_config_set_sni(
	struct smtptls_config *config,
	struct smtptls_config *(*choose)(const char *name, void *arg),
	void *arg);

/* The purpose for which a client's certificate must be issued. */
enum smtptls_client_purpose {
	SMTPTLS_CLIENT_AUTH = 0,	  /* clientAuth */
	SMTPTLS_CLIENT_OR_SERVER_AUTH = 1 /* clientAuth or serverAuth */
};

/*
 * Set the purpose (RFC 5280 section 4.2.1.12) that a server requires of its
 * clients' certificates when it verifies them; the default is
 * SMTPTLS_CLIENT_AUTH. Since 2026 public authorities issue certificates for
 * serverAuth only: to accept those of other mail servers, set
 * SMTPTLS_CLIENT_OR_SERVER_AUTH. A certificate without the extension, or for
 * any purpose (anyExtendedKeyUsage), is accepted in either case. SMTPTLS_E_ARG
 * is also returned for any other number.
 */
SMTPTLS_API int smtptls_config_set_client_purpose(struct smtptls_config *config,
						  int purpose);

/*
 * Set the secret from which session ticket keys are derived (RFC 5869), 32 to
 * 4096 bytes. Servers with the same secret and the same settings resume each
 * other's sessions: the same policy or priority, certificates in the same
 * order, authorities, revocation lists, client purpose, and verification mode.
 * Without this call each configuration generates its own secret.
 * SMTPTLS_E_LIMIT is returned if the secret is shorter or longer.
 */
SMTPTLS_API int smtptls_config_set_ticket_secret(struct smtptls_config *config,
						 const void *secret,
						 size_t secret_len);

/*
 * The same from a file, all of whose bytes count, including a line ending.
 * SMTPTLS_E_CONFIG is also returned if it is a regular file that users other
 * than its owner may read, or is empty; SMTPTLS_E_LIMIT if it is otherwise
 * shorter or longer.
 */
SMTPTLS_API int
smtptls_config_set_ticket_secret_file(struct smtptls_config *config,
				      const char *file);

/*
 * Freeze the configuration: it can no longer be changed, and from now on it can
 * be shared and passed to smtptls_conn_new(). Freezing it again has no effect
 * and returns 0.
 *
 * Returns 0, or
 *   SMTPTLS_E_ARG    `config` is NULL
 *   SMTPTLS_E_NOMEM
 *   SMTPTLS_E_CONFIG the settings are incompatible with each other, or this
 *   side's certificate or Diffie-Hellman parameters are too weak for the
 *   policy's security level
 */
SMTPTLS_API int smtptls_config_freeze(struct smtptls_config *config);

/*
 * Return the sentence of the last setter or freeze that failed, without a full
 * stop, or "" if none has; SMTPTLS_E_ARG and SMTPTLS_E_STATE leave it
 * unchanged. Valid until the next call that changes `config`.
 */
SMTPTLS_API const char *
smtptls_config_error(const struct smtptls_config *config);

/*
 * Return the i-th warning, from 0: something that an administrator should
 * change although it is not an error, as a sentence that names the file and the
 * change; NULL past the last. Valid as long as `config`. The freeze adds those
 * about certificates: one that has expired, expires within 30 days or is not
 * valid yet; whose keyUsage allows neither signatures nor key encipherment;
 * that has no host name in its SAN; that is signed with SHA-1 or worse; that is
 * sent without its issuer's certificate although the issuer is not one of the
 * configuration's authorities; or that requires an OCSP status (must-staple,
 * RFC 7633) when there is none to send.
 */
SMTPTLS_API const char *
smtptls_config_warning(const struct smtptls_config *config, size_t i);

#ifdef __cplusplus
}
#endif

#endif
