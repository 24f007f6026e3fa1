/* SPDX-License-Identifier: MIT */
/*
 * Layer 3: connection.
 *
 * A connection is one object from its first plaintext byte to its last byte
 * under TLS. It does no I/O: the host moves bytes between it and the network,
 * and smtptls_conn_poll() says what can be moved now.
 *
 * Threads: a connection is used by one thread at a time and may move between
 * threads. After fork() only one process may use it.
 */
#ifndef SMTPTLS_CONN_H
#define SMTPTLS_CONN_H

#include <stddef.h>
#include <sys/types.h>
#include <smtptls/config.h>
#include <smtptls/error.h>

#ifdef __cplusplus
extern "C" {
#endif

struct smtptls_conn;

enum smtptls_role { SMTPTLS_SERVER = 1, SMTPTLS_CLIENT = 2 };

/*
 * Create a connection in the state SMTPTLS_PLAIN. `*conn` belongs to the
 * caller, who frees it with smtptls_conn_free(); it is NULL after an error. The
 * connection holds a reference to `config`. It can be created when the TCP
 * connection is accepted, or only when STARTTLS is due; either way it is the
 * same object.
 *
 * Returns 0, or
 *   SMTPTLS_E_ARG    a pointer is NULL, or `role` is not an enum smtptls_role
 *   SMTPTLS_E_STATE  `config` is not frozen
 *   SMTPTLS_E_NOMEM
 */
SMTPTLS_API int smtptls_conn_new(struct smtptls_conn **conn,
				 struct smtptls_config *config, int role);

/*
 * Free a connection in any state. Unsent data is lost, and buffers are wiped.
 * No file descriptor is closed. NULL is allowed.
 */
SMTPTLS_API void smtptls_conn_free(struct smtptls_conn *conn);

/* How the peer's certificate is verified. */
enum smtptls_verify {
	/* A server, whose default this is, does not request it; a client
	 * ignores it. This encrypts against passive listeners only (RFC
	 * 7435). */
	SMTPTLS_VERIFY_NONE = 0,
	/* It is requested and verified. The result is in smtptls_conn_info(),
	 * and the session goes on in any case. */
	SMTPTLS_VERIFY_OPTIONAL,
	/* Required: a chain to one of the configuration's authorities, the
	 * right purpose and, for a client, the peer's name; also one of the
	 * pins, if smtptls_conn_add_pin() has added any. */
	SMTPTLS_VERIFY_CA = 2,
	/* Required: one of the pins of smtptls_conn_add_pin(). Of the rest only
	 * the strength of the key is checked, against the policy's security
	 * level; name, chain, dates and purpose are ignored. GnuTLS itself
	 * rejects a keyUsage that forbids what the key does. */
	SMTPTLS_VERIFY_PIN = 3,
	/* Client: a match with one of the TLSA records of
	 * smtptls_conn_add_tlsa() is required (RFC 7672). If no record is
	 * usable, the session is encrypted and the peer is not verified:
	 * `verify` in smtptls_conn_info() is 0. */
	SMTPTLS_VERIFY_DANE = 4
};

/*
 * Choose, before TLS starts, how the peer is verified. A client has no default:
 * without this call smtptls_conn_negotiate() and smtptls_conn_start_tls() fail
 * its connection.
 *
 * Returns 0, or
 *   SMTPTLS_E_ARG     `conn` is NULL, `mode` is not an enum smtptls_verify, or
 *                     it is SMTPTLS_VERIFY_DANE and `conn` is a server's
 *   SMTPTLS_E_STATE   TLS has started, the library is negotiating, the
 *                     connection has ended, or there are pins or TLSA records
 *                     that `mode` does not use
 *   SMTPTLS_E_CONFIG  `mode` is SMTPTLS_VERIFY_CA and the configuration has no
 *                     authorities
 */
SMTPTLS_API int smtptls_conn_set_verify(struct smtptls_conn *conn, int mode);

/*
 * Client: set the server's name. It is sent as SNI (RFC 6066 section 3), and
 * must be in the certificate (RFC 9525) with SMTPTLS_VERIFY_CA,
 * SMTPTLS_VERIFY_OPTIONAL and TLSA records of usage DANE-TA(2). An IP address
 * is verified, but not sent as SNI. The string is copied.
 *
 * Returns 0, or
 *   SMTPTLS_E_ARG    a pointer is NULL, or `conn` is a server's
 *   SMTPTLS_E_STATE  TLS has started, the library is negotiating, or the
 *                    connection has ended
 *   SMTPTLS_E_SYNTAX `name` is neither a host name nor an IP address
 *   SMTPTLS_E_NOMEM
 */
SMTPTLS_API int smtptls_conn_set_peer(struct smtptls_conn *conn,
				      const char *name);

/*
 * Client: add another name or address that the server's certificate may be
 * issued for, equivalent to that of smtptls_conn_set_peer(): with DANE the
 * next-hop domain in addition to the TLSA base domain (RFC 7672 section 3.2.2).
 * It is not sent as SNI. At most 16 can be added; the string is copied.
 *
 * Returns 0, or
 *   SMTPTLS_E_ARG    a pointer is NULL, or `conn` is a server's
 *   SMTPTLS_E_STATE  TLS has started, the library is negotiating, or the
 *                    connection has ended
 *   SMTPTLS_E_SYNTAX `name` is neither a host name nor an IP address
 *   SMTPTLS_E_LIMIT  16 have been added already
 *   SMTPTLS_E_NOMEM
 */
SMTPTLS_API int smtptls_conn_add_name(struct smtptls_conn *conn,
				      const char *name);

/* What a pin is a digest of. */
enum smtptls_pin {
	SMTPTLS_PIN_CERT = 1, /* the certificate, in DER */
	SMTPTLS_PIN_SPKI = 2  /* its subjectPublicKeyInfo, in DER: the key */
};

/*
 * Add a digest of the peer's certificate or key (enum smtptls_pin): `len`
 * bytes, 32 of SHA-256 or 64 of SHA-512, which are copied. First choose
 * SMTPTLS_VERIFY_PIN, or SMTPTLS_VERIFY_CA, for which the pins are an
 * additional requirement. One match is enough: add the next key's pin alongside
 * the current one, so that the key can be changed at any time. Only the peer's
 * own certificate counts, never that of an authority.
 *
 * Returns 0, or
 *   SMTPTLS_E_ARG     a pointer is NULL, or `kind` is not an enum smtptls_pin
 *   SMTPTLS_E_STATE   TLS has started, the library is negotiating, the
 *                     connection has ended, or the verification mode does not
 *                     use pins
 *   SMTPTLS_E_SYNTAX  `len` is neither 32 nor 64
 *   SMTPTLS_E_LIMIT   16 have been added already
 *   SMTPTLS_E_NOMEM
 */
SMTPTLS_API int smtptls_conn_add_pin(struct smtptls_conn *conn, int kind,
				     const void *digest, size_t len);

/*
 * Client, after SMTPTLS_VERIFY_DANE was chosen: add a TLSA record that DNSSEC
 * has validated. smtptls_conn_info() numbers the records in the order of these
 * calls. The first three fields are 0 to 255; `data`, the certificate
 * association data of `len` bytes, is copied.
 *
 * DANE-EE(3) and DANE-TA(2) records are usable (smtptls_tlsa_usable()), if a
 * whole certificate or key in them can be parsed; others are counted and
 * otherwise ignored. One matching record is enough; of several digests with the
 * same usage and selector only the strongest counts (RFC 7671 section 9). With
 * DANE-EE nothing else in the certificate is checked, not even its names, dates
 * and strength; but GnuTLS itself rejects a keyUsage that forbids what the key
 * does. With DANE-TA the chain below the anchor, dates, purpose, strength and
 * the names (smtptls_conn_set_peer(), smtptls_conn_add_name()) must be right;
 * the CN counts if there is no dNSName (RFC 7672 section 3.2.3).
 *
 * Returns 0, even for a record that is not usable, or
 *   SMTPTLS_E_ARG    a pointer is NULL, a field is not 0 to 255, or `len` is
 *                    more than fits into RDATA
 *   SMTPTLS_E_STATE  TLS has started, the library is negotiating, the
 *                    connection is closed, or SMTPTLS_VERIFY_DANE was not
 *                    chosen
 *   SMTPTLS_E_LIMIT  64 have been added already; the connection has failed
 *   SMTPTLS_E_NOMEM  the connection has failed
 * or the error with which the connection failed before.
 */
SMTPTLS_API int smtptls_conn_add_tlsa(struct smtptls_conn *conn, int usage,
				      int selector, int matching,
				      const void *data, size_t len);

/* The most bytes that a session takes. */
#define SMTPTLS_SESSION_MAX 65536

/*
 * Client: offer the server a session from smtptls_conn_get_session(), to
 * shorten the handshake; `data` is copied. The certificate is verified again.
 * The session is offered only if it was saved with the same verification mode,
 * names, pins, TLSA records (in any order), authorities, revocation lists,
 * policy and own certificates, and the same version of GnuTLS; otherwise it is
 * silently left out, and the handshake is a full one. `resumed` in
 * smtptls_conn_info() says whether the server accepted it.
 *
 * SECRET: whoever can read or write these bytes can impersonate the server and,
 * before TLS 1.3, decrypt the sessions. Protect them like a private key: in a
 * file of mode 0600. Truncation and accidental damage are detected.
 *
 * Returns 0, or
 *   SMTPTLS_E_ARG     a pointer is NULL, or `conn` is a server's
 *   SMTPTLS_E_STATE   TLS has started, the library is negotiating, or the
 *                     connection has ended
 *   SMTPTLS_E_SYNTAX  the bytes are not a session of this version of the
 *                     library, or are truncated or damaged: discard them
 *   SMTPTLS_E_NOMEM
 */
SMTPTLS_API int smtptls_conn_set_session(struct smtptls_conn *conn,
					 const void *data, size_t len);

/*
 * Client: save the session as bytes that can be stored anywhere, in `buffer` of
 * `size` bytes; SMTPTLS_SESSION_MAX bytes are always enough. With NULL and 0
 * only the length is returned. Call this while TLS is on, or after it was
 * closed in order. Under TLS 1.3 the session is available once the server's
 * ticket has been read: try after the first smtptls_conn_read() that returned
 * data, and again before QUIT. Offer a TLS 1.3 session only once, since
 * listeners can tell that two connections offer the same one (RFC 8446 appendix
 * C.4); a resumed connection yields the next one.
 *
 * Returns the number of bytes, or
 *   SMTPTLS_E_ARG          `conn` is NULL or a server's, or `buffer` is NULL
 *                          and `size` is not 0
 *   SMTPTLS_E_STATE        TLS is not on
 *   SMTPTLS_E_AGAIN        TLS 1.3: no ticket has arrived yet, and perhaps none
 *                          will
 *   SMTPTLS_E_UNSUPPORTED  the server has sent nothing for resumption, or more
 *                          than SMTPTLS_SESSION_MAX bytes are needed
 *   SMTPTLS_E_LIMIT        `size` is too small; nothing was written
 *   SMTPTLS_E_NOMEM        the connection goes on
 * or the error with which the connection failed.
 */
SMTPTLS_API ssize_t smtptls_conn_get_session(struct smtptls_conn *conn,
					     void *buffer, size_t size);

/*
 * Server: return 1 if STARTTLS may be offered now, that is, if the connection
 * is in the clear and the configuration has a certificate; 0 otherwise, and for
 * NULL.
 */
SMTPTLS_API int smtptls_conn_can_starttls(const struct smtptls_conn *conn);

/*
 * Server: answer a STARTTLS command. `args` is the command's argument as a
 * string, NULL or "" for none; spaces and the line ending do not count.
 * `unread` is the number of bytes after the command that the host itself has
 * read; the library adds those that it holds.
 *
 * Returns the code of the reply, which it has appended to the output:
 *   220  the handshake has begun; forget the EHLO name, the envelope and
 *        everything else that was learned in the clear (RFC 3207 section 4.2)
 *   501, 503, 454  no TLS; the session goes on (smtptls_starttls_verdict())
 * or
 *   SMTPTLS_E_ARG        `conn` is NULL or a client's
 *   SMTPTLS_E_AGAIN      not now: too much output is waiting
 *   SMTPTLS_E_STATE      the connection is closed, or in the handshake
 *   SMTPTLS_E_INJECTION  there is input after STARTTLS: nothing was answered,
 *                        none of it will be delivered, and the connection has
 *                        failed (CVE-2011-0411)
 *   SMTPTLS_E_CONFIG     SMTPTLS_VERIFY_PIN without a pin; nothing was
 *                        answered, and the connection has failed
 *   SMTPTLS_E_TRUNCATED  the input has ended; the connection has failed
 *   SMTPTLS_E_NOMEM      the connection has failed
 * or the error with which the connection failed before.
 */
SMTPTLS_API int smtptls_conn_accept_starttls(struct smtptls_conn *conn,
					     const char *args, size_t unread);

/*
 * Server: declare that another program, which knows no TLS and whose connection
 * this process takes over, has already answered STARTTLS with 220. Call this
 * before smtptls_conn_start_tls(), which then does not begin implicit TLS: if
 * the session fails, its reason (enum smtptls_reason) is that of STARTTLS.
 *
 * Returns 0, or
 *   SMTPTLS_E_ARG    `conn` is NULL or a client's
 *   SMTPTLS_E_STATE  TLS has started, the connection is closed, or data was
 *                    read or written: in that case
 *                    smtptls_conn_accept_starttls() answers
 * or the error with which the connection failed before.
 */
SMTPTLS_API int smtptls_conn_set_starttls_answered(struct smtptls_conn *conn);

/* Options of smtptls_conn_negotiate(): a mask. */
enum smtptls_negotiate {
	SMTPTLS_LHLO = 1, /* send LHLO (LMTP, RFC 2033) instead of EHLO */
	/* LESS SAFE: go on in the clear if the server does not offer STARTTLS
	 * or refuses it. Anyone on the path can cause that. */
	SMTPTLS_TLS_OPTIONAL = 2
};

/*
 * Client: let the library conduct the dialogue from the server's greeting until
 * TLS is on or cannot be had (RFC 3207): EHLO `my_name`, STARTTLS if it is
 * offered, the handshake. Call it before anything is read or written.
 * SMTPTLS_APP_IN and SMTPTLS_APP_OUT are closed until then, and nothing that
 * the server said in the clear is passed on. Whatever the outcome, begin with
 * EHLO (RFC 3207 section 4.2).
 *
 * `my_name` is the client's own name, or its address in brackets, in ASCII,
 * without spaces, of at most 255 bytes; it is copied. `flags` is a mask of enum
 * smtptls_negotiate.
 *
 * With SMTPTLS_TLS_OPTIONAL the connection stays in SMTPTLS_PLAIN, with its
 * ports open, if the server does not offer STARTTLS, refuses it with a code of
 * 400 or above, or does not know EHLO (500 or 502; HELO is sent then).
 * smtptls_conn_info() has the reason, SMTPTLS_REASON_NO_STARTTLS,
 * SMTPTLS_REASON_STARTTLS_MASKED or SMTPTLS_REASON_STARTTLS_REFUSED. After a
 * failed handshake nothing goes on in the clear.
 *
 * Returns 0, or
 *   SMTPTLS_E_ARG     a pointer is NULL, `conn` is a server's, or `flags` has
 *                     other bits
 *   SMTPTLS_E_STATE   data was read or written, TLS has started, the connection
 *                     is closed, or this function was called before
 *   SMTPTLS_E_SYNTAX  `my_name` contains invalid bytes or is too long
 *   SMTPTLS_E_CONFIG  smtptls_conn_set_verify() was not called, or the mode
 *                     that it chose lacks something or cannot be combined with
 *                     SMTPTLS_TLS_OPTIONAL
 * after both of which the connection has failed, nothing has been sent, and
 * smtptls_conn_error() says what is missing or wrong;
 *   SMTPTLS_E_NOMEM   the connection has failed
 * or the error with which the connection failed before, or now because of input
 * that it already held. Later the connection can fail with
 *   SMTPTLS_E_SMTP_REPLY   the server refused the session before STARTTLS, or
 *                          ended it with a 421
 *   SMTPTLS_E_NOT_OFFERED  it does not offer STARTTLS
 *   SMTPTLS_E_REFUSED      its reply to STARTTLS was not 220
 *   SMTPTLS_E_INJECTION    there was input after one of its replies
 *   SMTPTLS_E_PROTOCOL     it sent something that is not an SMTP reply
 *   SMTPTLS_E_LIMIT        it sent a line of more than 2048 bytes, or a reply
 *                          of more than 64 KiB
 *   SMTPTLS_E_TRUNCATED    it closed the connection
 * and with the errors of the handshake and of verification.
 */
SMTPTLS_API int smtptls_conn_negotiate(struct smtptls_conn *conn,
				       const char *my_name, int flags);

/*
 * Begin the handshake without further dialogue: for a client after the 220 to
 * its STARTTLS, for either role directly after smtptls_conn_new() for implicit
 * TLS (RFC 8314). `unread` is the number of bytes after the 220 that the host
 * has read.
 *
 * Returns 0, or
 *   SMTPTLS_E_ARG        `conn` is NULL
 *   SMTPTLS_E_STATE      TLS has started, the library is negotiating, the
 *                        connection is closed, or a server has read or written
 *                        plaintext
 *   SMTPTLS_E_INJECTION  there is unread input; the connection has failed
 *   SMTPTLS_E_CONFIG     a server has no certificate, a client has not called
 *                        smtptls_conn_set_verify(), or the chosen mode lacks
 *                        something: SMTPTLS_VERIFY_CA and records of usage
 *                        DANE-TA need a name to verify, SMTPTLS_VERIFY_PIN
 *                        needs a pin, SMTPTLS_VERIFY_DANE needs a record;
 *                        nothing was sent, and the connection has failed
 *   SMTPTLS_E_TRUNCATED  the input has ended; the connection has failed
 *   SMTPTLS_E_NOMEM      the connection has failed
 * or the error with which the connection failed before.
 */
SMTPTLS_API int smtptls_conn_start_tls(struct smtptls_conn *conn,
				       size_t unread);

/* What can be moved now: a mask of open ports. */
enum smtptls_port {
	SMTPTLS_NET_IN = 1,  /* bytes from the network are wanted */
	SMTPTLS_NET_OUT = 2, /* bytes for the network are waiting */
	SMTPTLS_APP_IN = 4,  /* smtptls_conn_read() has something to return */
	SMTPTLS_APP_OUT = 8  /* smtptls_conn_write() accepts data */
};

/*
 * Return the open ports; 0 when everything is done and the socket is to be
 * closed, and for NULL. Nothing is changed. Serve SMTPTLS_NET_OUT after an
 * error too: an alert may be waiting.
 */
SMTPTLS_API int smtptls_conn_poll(const struct smtptls_conn *conn);

/*
 * Return the buffer for bytes from the network: sets `*ptr` and returns how
 * many bytes fit; 0 if SMTPTLS_NET_IN is closed. The memory stays valid until
 * smtptls_conn_input_done() or smtptls_conn_free(), whatever is called in
 * between; after that another connection may use it, so an asynchronous read
 * must not be pending any more. If memory runs out, the connection fails with
 * SMTPTLS_E_NOMEM, and 0 is returned.
 */
SMTPTLS_API size_t smtptls_conn_input(struct smtptls_conn *conn,
				      unsigned char **ptr);

/*
 * Report that `n` bytes were put there; 0 means none, not the end of input.
 * This drives the handshake, and the negotiation by the library. A server's
 * connection in the clear fails with SMTPTLS_E_PROTOCOL and the reason
 * SMTPTLS_REASON_TLS_FOR_SMTP or SMTPTLS_REASON_PROXY_HEADER if the client
 * begins with a byte of TLS or a PROXY protocol header, as no SMTP command
 * does; none of that is delivered.
 *
 * Returns 0, or
 *   SMTPTLS_E_ARG    `conn` is NULL, or `n` is more than fits
 *   SMTPTLS_E_STATE  `n` is not 0, and smtptls_conn_input() has provided no
 *                    buffer
 * or the error with which the connection failed.
 */
SMTPTLS_API int smtptls_conn_input_done(struct smtptls_conn *conn, size_t n);

/*
 * Report that the network has no more bytes (read(2) returned 0). In the clear
 * and under TLS what came before is still delivered; during the negotiation by
 * the library and the handshake the connection fails with SMTPTLS_E_TRUNCATED.
 *
 * Returns 0, SMTPTLS_E_ARG if `conn` is NULL, or the error with which the
 * connection failed.
 */
SMTPTLS_API int smtptls_conn_input_eof(struct smtptls_conn *conn);

/*
 * Return the output: sets `*ptr` and returns the number of bytes, everything
 * that is waiting in one piece; 0 if SMTPTLS_NET_OUT is closed. The memory
 * stays valid until smtptls_conn_output_done(), whatever is called in between;
 * output that is added until then may be returned only after it.
 */
SMTPTLS_API size_t smtptls_conn_output(struct smtptls_conn *conn,
				       const unsigned char **ptr);

/*
 * Report that `n` of those bytes were sent.
 *
 * Returns 0, or
 *   SMTPTLS_E_ARG  `conn` is NULL, or `n` is more than was waiting
 */
SMTPTLS_API int smtptls_conn_output_done(struct smtptls_conn *conn, size_t n);

/*
 * Read data from the peer. In the clear one call never returns bytes after the
 * first LF; without an LF it returns bytes only if 16 KiB are held or the input
 * has ended. Under TLS it returns decrypted data.
 *
 * Returns the number of bytes, at most `len`; 0 at the end of the input (under
 * TLS: the peer's close_notify, which is answered and closes the connection);
 * or
 *   SMTPTLS_E_ARG    a pointer is NULL, or `len` is 0
 *   SMTPTLS_E_AGAIN  no data now
 *   SMTPTLS_E_STATE  this side has closed the connection
 * or the error with which the connection failed, once everything that came
 * before it has been read.
 */
SMTPTLS_API ssize_t smtptls_conn_read(struct smtptls_conn *conn, void *data,
				      size_t len);

/*
 * Write data for the peer. The bytes are copied or encrypted, not kept.
 *
 * Returns the number of bytes accepted, which may be fewer than `len` (at most
 * 64 KiB wait, plus the overhead of the last record) and is 0 only if `len` is
 * 0; or
 *   SMTPTLS_E_ARG    a pointer is NULL
 *   SMTPTLS_E_AGAIN  not now: the library is negotiating, the handshake is in
 *                    progress, or too much output is waiting
 *   SMTPTLS_E_STATE  the connection is closed
 *   SMTPTLS_E_NOMEM  the connection has failed
 * or the error with which the connection failed before.
 */
SMTPTLS_API ssize_t smtptls_conn_write(struct smtptls_conn *conn,
				       const void *data, size_t len);

/*
 * End the connection: waiting output is still sent, under TLS followed by a
 * close_notify. Nothing can be read or written any more. Serve SMTPTLS_NET_OUT
 * until smtptls_conn_poll() is 0, then close the socket. During the handshake
 * an alert informs the peer. If the connection is closed or has failed already,
 * nothing changes.
 *
 * Returns 0, or SMTPTLS_E_ARG if `conn` is NULL, or the error with which the
 * connection failed.
 */
SMTPTLS_API int smtptls_conn_close(struct smtptls_conn *conn);

/*
 * Fail the connection with an error that the host chooses: SMTPTLS_E_TIMEOUT if
 * its deadline has passed, SMTPTLS_E_REFUSED or one of SMTPTLS_E_CERT_... if it
 * does not want this peer, SMTPTLS_E_IO if a system call failed
 * (smtptls_conn_abort_errno() names the errno, too). If TLS has started, a
 * fitting alert informs the peer. smtptls_conn_read() still returns what came
 * before, then this error. If the connection is closed or has failed already,
 * nothing changes.
 *
 * Returns 0, or SMTPTLS_E_ARG if `conn` is NULL, or `error` is not an error
 * number or is of the class USAGE or AGAIN.
 */
SMTPTLS_API int smtptls_conn_abort(struct smtptls_conn *conn, int error);

/*
 * The same with SMTPTLS_E_IO, for a system call on the connection that failed
 * with the errno `number`. smtptls_conn_error() then has a sentence that names
 * it, such as "peer reset the connection (ECONNRESET) after its ClientHello:
 * ...".
 *
 * Returns 0, or SMTPTLS_E_ARG if `conn` is NULL or `number` is not positive.
 */
SMTPTLS_API int smtptls_conn_abort_errno(struct smtptls_conn *conn, int number);

/*
 * The same with SMTPTLS_E_TIMEOUT, for the host's deadline of `limit_ms`
 * milliseconds. If TLS was to start, or the library was conducting the SMTP
 * dialogue, the sentence names the limit, as in "peer was silent for too long
 * (30 s) before its ClientHello: ...", unless it is 0.
 *
 * Returns 0, or SMTPTLS_E_ARG if `conn` is NULL.
 */
SMTPTLS_API int smtptls_conn_abort_timeout(struct smtptls_conn *conn,
					   unsigned limit_ms);

/*
 * Report that the host has waited in vain, although the connection is to go on.
 * The connection is unchanged, but until something arrives smtptls_conn_error()
 * returns 0 with a sentence. smtptls_fd_read() calls this.
 *
 * Returns 0, or SMTPTLS_E_ARG if `conn` is NULL, or the error with which the
 * connection failed.
 */
SMTPTLS_API int smtptls_conn_timed_out(struct smtptls_conn *conn);

enum smtptls_state {
	SMTPTLS_PLAIN = 1, /* in the clear */
	SMTPTLS_HANDSHAKE, /* TLS has started but is not on yet */
	SMTPTLS_TLS,	   /* TLS is on */
	SMTPTLS_CLOSED,	   /* ended in order; final */
	SMTPTLS_FAILED	   /* ended by an error; final */
};

/* Return the state, or SMTPTLS_E_ARG if `conn` is NULL. */
SMTPTLS_API int smtptls_conn_state(const struct smtptls_conn *conn);

/*
 * Return 1 once the handshake and the required verification have succeeded, and
 * for ever after; 0 before, and for NULL.
 */
SMTPTLS_API int smtptls_conn_tls_enabled(const struct smtptls_conn *conn);

/*
 * Return the error with which the connection failed, or 0; SMTPTLS_E_ARG if
 * `conn` is NULL. `text` may be NULL. Otherwise `*text` is set to a sentence
 * without a full stop, which lives as long as `conn`. It is "" if there is no
 * error, unless the host has waited in vain (smtptls_conn_timed_out()), or the
 * peer has left in order before it said anything under TLS
 * (SMTPTLS_REASON_LEFT_AFTER_HANDSHAKE). What the peer sent is escaped.
 */
SMTPTLS_API int smtptls_conn_error(const struct smtptls_conn *conn,
				   const char **text);

/* How far a connection has got, or had got when it failed. */
enum smtptls_stage {
	SMTPTLS_STAGE_NONE = 0, /* in the clear; the host talks SMTP */
	/* smtptls_conn_negotiate() is waiting for: */
	SMTPTLS_STAGE_GREETING = 1,
	SMTPTLS_STAGE_EHLO = 2,	    /* the reply to EHLO, LHLO or HELO */
	SMTPTLS_STAGE_STARTTLS = 3, /* the reply to STARTTLS */
	SMTPTLS_STAGE_HANDSHAKE = 4,
	SMTPTLS_STAGE_VERIFICATION = 5, /* the peer's certificate was refused */
	SMTPTLS_STAGE_TLS = 6
};

/* What a sender may try after a connection has failed. */
enum smtptls_retry {
	SMTPTLS_RETRY_NEVER = 0,     /* it would end the same way */
	SMTPTLS_RETRY_LATER_TLS = 1, /* the same, later or with another host */
	/* At once, on a new connection without TLS. Only if
	 * SMTPTLS_TLS_OPTIONAL and SMTPTLS_VERIFY_NONE or
	 * SMTPTLS_VERIFY_OPTIONAL were chosen. */
	SMTPTLS_RETRY_NEW_CONNECTION_CLEAR = 2
};

/*
 * Explain why this side refused the peer, or the peer this side, with the
 * changes to this side's settings, or the peer's, that would let the peer in
 * (struct smtptls_advice). `size` is the size of `advice` as the caller knows
 * it: pass sizeof(*advice). Everything is zero while there is no reason (struct
 * smtptls_info). There are no changes if none is known or memory ran out.
 *
 * Returns 0, or SMTPTLS_E_ARG if a pointer is NULL or `size` is 0.
 */
SMTPTLS_API int smtptls_conn_advice(const struct smtptls_conn *conn,
				    struct smtptls_advice *advice, size_t size);

/*
 * Facts about a connection. Strings live as long as the connection and are NULL
 * if nothing is known; what the peer sent is escaped in them. New fields are
 * only ever appended.
 */
struct smtptls_info {
	int tls_enabled;
	const char *protocol;	    /* "TLSv1.3", as OpenSSL names it */
	const char *cipher_openssl; /* "ECDHE-RSA-AES256-GCM-SHA384" */
	const char *cipher_iana;   /* "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384" */
	const char *cipher_gnutls; /* "TLS_ECDHE_RSA_AES_256_GCM_SHA384" */
	int cipher_bits;
	const char *group;	  /* of the key exchange: "X25519" */
	const char *sni;	  /* the name that the client requested */
	const char *peer_subject; /* RFC 4514 */
	unsigned char peer_cert_sha256[32]; /* of the whole certificate */
	unsigned char peer_spki_sha256[32]; /* of its public key */
	int peer_cert;			    /* 1: the peer has sent one */
	int resumed; /* 1: resumed with an earlier session's ticket */
	/* 1: verified; 0: no verification; SMTPTLS_E_CERT_...: why not */
	int verify;
	int alert_received; /* the last alert's number, or -1 */
	int alert_sent;	    /* the fatal alert's number, or -1 */
	/* enum smtptls_reason: why the connection failed, the peer left as soon
	 * as TLS was on, or a client goes on in the clear; 0: none of these. */
	int reason;
	/* Server, once TLS is on: the enum smtptls_reason for which the shadow
	 * policy (smtptls_config_set_shadow_policy()) would have refused the
	 * session; 0: it would not have, or there is none. */
	int shadow_reason;
	/* Its sentence without a full stop; NULL: none, or out of memory. */
	const char *shadow_text;
	int sni_unmatched; /* 1: no certificate has the name `sni` */
	int stage;	   /* enum smtptls_stage */
	/* Client, after a failure: as in struct smtptls_error_info, but adapted
	 * to the moment. Whatever ends the handshake, even a stall or a cut,
	 * has the values of SMTPTLS_E_HANDSHAKE, except for a certificate if
	 * one is required. After a negotiation that ended in the clear only
	 * `report` is set. */
	const char *report; /* result type of RFC 8460 section 4.3, or NULL */
	const char *status; /* RFC 3463: "4.7.5"; or NULL */
	int retry;	    /* enum smtptls_retry */
	/* 1: it has failed, but no data is lost if QUIT's 221 had arrived. */
	int harmless;
	/* The reply with which a server refused smtptls_conn_negotiate(); the
	 * text is its last line, at most 200 bytes. 0 and NULL: none. */
	int reply_code;
	const char *reply_text;
	/* With SMTPTLS_VERIFY_DANE: how many records are not usable, and the
	 * number, from 1, of the record that matched, whatever the outcome; 0:
	 * none did. */
	unsigned tlsa_unusable;
	unsigned tlsa_record;
	/* Which certificate it matched, 0 being the peer's own; for a key that
	 * is in no certificate, the certificate that the key signed. */
	unsigned tlsa_depth;
	/* 1: it is a DANE-EE record, and the key is weaker than the policy's
	 * security level requires, which DANE-EE permits. */
	int tlsa_weak_key;
	/* When the first of this side's certificates expires, in seconds since
	 * the Epoch; 0: there is none. */
	long long expires;
};

/*
 * Fill `info`. `size` is its size as the caller knows it: pass sizeof(*info).
 *
 * Returns 0, or
 *   SMTPTLS_E_ARG    a pointer is NULL, or `size` is 0
 *   SMTPTLS_E_NOMEM
 */
SMTPTLS_API int smtptls_conn_info(struct smtptls_conn *conn,
				  struct smtptls_info *info, size_t size);

/* How a Received line describes TLS. */
enum smtptls_received {
	/* "tls TLS_AES_256_GCM_SHA384 group x25519": the clause of RFC 8314
	 * section 4.3, which follows "with", "id" and "for". */
	SMTPTLS_RECEIVED_RFC8314 = 0,
	/* "(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)
	 * key-exchange X25519 server-signature ECDSA (prime256v1) server-digest
	 * SHA256) (No client certificate requested)": Postfix's comments, which
	 * precede "by". */
	SMTPTLS_RECEIVED_POSTFIX = 1,
	/* "(TLS1.3) tls TLS_AES_256_GCM_SHA384": Exim's, after "with". */
	SMTPTLS_RECEIVED_EXIM = 2
};

/*
 * Write what a server's Received line says about TLS, in a style of enum
 * smtptls_received, as a string to `buf` of `size` bytes. It is one line, which
 * the host may fold at any space; 1024 bytes are always enough. In the clear it
 * is "".
 *
 * Returns the length of the string, or
 *   SMTPTLS_E_ARG    a pointer is NULL, `conn` is a client's, or `style` is not
 *                    an enum smtptls_received
 *   SMTPTLS_E_LIMIT  the string does not fit; `buf` is "" if `size` is not 0
 *   SMTPTLS_E_NOMEM
 */
SMTPTLS_API int smtptls_format_received(struct smtptls_conn *conn, int style,
					char *buf, size_t size);

/* Channel bindings, by their registered names (RFC 5056). */
enum smtptls_channel_binding {
	/* "tls-server-end-point", RFC 5929 section 4: a hash of the server's
	 * certificate. */
	SMTPTLS_CB_TLS_SERVER_END_POINT = 0,
	/* "tls-exporter", RFC 9266: specific to the session. */
	SMTPTLS_CB_TLS_EXPORTER = 1
};

/* The most bytes that a channel binding has. */
#define SMTPTLS_CHANNEL_BINDING_MAX 64

/*
 * Write the channel binding of a type of enum smtptls_channel_binding to `buf`
 * of `size` bytes. An authentication such as SCRAM-SHA-256-PLUS (RFC 7677, RFC
 * 5802 section 6) mixes it in, so that it is worthless over another session.
 * Both peers have the same one. It is available while TLS is on, and after it
 * was closed in order.
 *
 * Returns the number of bytes, or
 *   SMTPTLS_E_ARG          a pointer is NULL, or `type` is not an enum
 *                          smtptls_channel_binding
 *   SMTPTLS_E_STATE        TLS is not on
 *   SMTPTLS_E_UNSUPPORTED  the session has none of this type. "tls-exporter":
 *                          before TLS 1.3 without the extended master secret
 *                          (RFC 9266 section 3). "tls-server-end-point":
 *                          without a certificate; with one signed with Ed25519
 *                          or Ed448, for which it is not defined; and on a
 *                          server with several certificates that resumes a
 *                          session
 *   SMTPTLS_E_LIMIT        it does not fit
 *   SMTPTLS_E_NOMEM
 * or the error with which the connection failed.
 */
SMTPTLS_API ssize_t smtptls_conn_channel_binding(struct smtptls_conn *conn,
						 int type, void *buf,
						 size_t size);

/* ------------------------------------------------------------------------ */
/* For hosts with file descriptors                                           */

/*
 * Move bytes between a connection and descriptors until one of the ports in
 * `until` (enum smtptls_port) is open, or, if it is 0, until no output is
 * waiting. SMTPTLS_APP_OUT in `until` counts as open only when no output is
 * waiting, so what was written before has left. `rfd` and `wfd` may be the
 * same, blocking or not, sockets or pipes. The function waits in poll(2) for at
 * most `timeout_ms` milliseconds in total; -1 means no limit. It raises no
 * SIGPIPE on sockets; with pipes the host must ignore the signal.
 *
 * Returns the open ports (enum smtptls_port), 0 when everything is done; or
 *   SMTPTLS_E_ARG      `conn` is NULL or a descriptor is negative
 *   SMTPTLS_E_TIMEOUT  the time limit has passed; the connection is unchanged,
 *                      so call smtptls_conn_abort() to end it
 *   SMTPTLS_E_IO       a system call failed (errno); the connection has failed
 *                      as by smtptls_conn_abort_errno()
 * The end of the input and a failed connection are not errors here: the ports
 * and smtptls_conn_read() report them.
 */
SMTPTLS_API int smtptls_fd_pump(struct smtptls_conn *conn, int rfd, int wfd,
				int until, int timeout_ms);

/*
 * The three functions below are for hosts that block: a handshake, a read(2)
 * and a write(2) in one call each, built on smtptls_fd_pump(). `rfd`, `wfd` and
 * `timeout_ms` are as above; the limit is for the whole call, -1 means none,
 * and with 0 the call does not wait. If the library is negotiating or the
 * handshake is in progress, each function completes that first. For every error
 * except SMTPTLS_E_ARG and SMTPTLS_E_STATE, which are the caller's,
 * smtptls_conn_error() has the sentence.
 *
 * Do not wait in select(2) or poll(2) for `rfd` before smtptls_fd_read(): the
 * data may already be in the connection.
 */

/*
 * Complete what smtptls_conn_negotiate(), smtptls_conn_start_tls() or
 * smtptls_conn_accept_starttls() has begun, until TLS is on. If nothing was
 * begun, this calls smtptls_conn_start_tls() itself.
 *
 * Returns 0 when TLS is on and all output has left; 1 when a negotiation with
 * SMTPTLS_TLS_OPTIONAL has ended in the clear; or
 *   SMTPTLS_E_ARG      `conn` is NULL or a descriptor is negative
 *   SMTPTLS_E_STATE    the connection is closed, or a server has read or
 *                      written plaintext
 *   SMTPTLS_E_TIMEOUT  the time limit has passed, and the connection has failed
 *   SMTPTLS_E_IO       a system call failed (errno), and so has the connection
 * or the error with which the connection failed.
 */
SMTPTLS_API int smtptls_fd_start_tls(struct smtptls_conn *conn, int rfd,
				     int wfd, int timeout_ms);

/*
 * Read data from the peer, as smtptls_conn_read() does, and wait for it.
 * Waiting output is sent first, as far as the peer accepts it.
 *
 * Returns the number of bytes, at most `len`; 0 at the end of the input; or
 *   SMTPTLS_E_ARG      a pointer is NULL, `len` is 0 or a descriptor is
 *                      negative
 *   SMTPTLS_E_STATE    this side has closed the connection
 *   SMTPTLS_E_TIMEOUT  the time limit has passed; the connection is unchanged
 *                      except for its sentence (smtptls_conn_timed_out())
 *   SMTPTLS_E_IO       a system call failed (errno), and so has the connection
 * or the error with which the connection failed, once everything that came
 * before it has been read.
 */
SMTPTLS_API ssize_t smtptls_fd_read(struct smtptls_conn *conn, int rfd, int wfd,
				    void *data, size_t len, int timeout_ms);

/*
 * Write all of `data` to the peer and wait until it has been sent. While
 * waiting, the function also reads from the network, as long as SMTPTLS_NET_IN
 * is open. With a `len` of 0 it sends the waiting output.
 *
 * Returns `len` when everything was accepted and sent, or
 *   SMTPTLS_E_ARG      a pointer is NULL or a descriptor is negative
 *   SMTPTLS_E_STATE    the connection is closed
 *   SMTPTLS_E_TIMEOUT  the time limit has passed, and the connection has
 *                      failed, since how much has arrived is unknown
 *   SMTPTLS_E_IO       a system call failed (errno), and so has the connection
 * or the error with which the connection failed.
 */
SMTPTLS_API ssize_t smtptls_fd_write(struct smtptls_conn *conn, int rfd,
				     int wfd, const void *data, size_t len,
				     int timeout_ms);

#ifdef __cplusplus
}
#endif

#endif
