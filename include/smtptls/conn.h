/* SPDX-License-Identifier: MIT */
/*
 * Layer 3: connection.
 *
 * A connection is one object from its first byte in the clear to its last byte
 * under TLS. It does no I/O: the host moves bytes between it and the network,
 * and smtptls_conn_poll() says what can be moved now.
 *
 * Threads: a connection is used by one thread at a time and may move between
 * threads. After fork() it is used in one process only.
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
 * Make a connection in the state SMTPTLS_PLAIN; `*conn` belongs to the caller,
 * who ends it with smtptls_conn_free(), and is NULL after an error. It counts
 * as an owner of `config`. It can be made when the TCP connection is accepted,
 * or only when STARTTLS is due: it is the same object.
 *
 * Returns 0, or
 *   SMTPTLS_E_ARG    a pointer is NULL, or `role` is no enum smtptls_role
 *   SMTPTLS_E_STATE  `config` is not frozen
 *   SMTPTLS_E_NOMEM
 */
SMTPTLS_API int smtptls_conn_new(struct smtptls_conn **conn,
				 struct smtptls_config *config, int role);

/*
 * Free a connection in any state; what is unsent is lost, and buffers are
 * wiped. It closes no file descriptor. NULL is allowed.
 */
SMTPTLS_API void smtptls_conn_free(struct smtptls_conn *conn);

/* How the peer's certificate is treated. */
enum smtptls_verify {
	/* Not asked for by a server, whose default it is; not looked at by a
	 * client: encryption against listeners only (RFC 7435). */
	SMTPTLS_VERIFY_NONE = 0,
	/* Asked for and verified; the result is in smtptls_conn_info(), and
	 * the session goes on whatever it is. */
	SMTPTLS_VERIFY_OPTIONAL,
	/* Required: a chain to one of the configuration's authorities, the
	 * right purpose and, for a client, the peer's name; and one of the
	 * pins, where smtptls_conn_add_pin() has given any. */
	SMTPTLS_VERIFY_CA = 2,
	/* Required: one of the pins of smtptls_conn_add_pin(). Of the rest only
	 * the strength of the key counts, by the policy's security level; name,
	 * chain, dates and purpose are not looked at. GnuTLS itself refuses a
	 * keyUsage that forbids what the key does. */
	SMTPTLS_VERIFY_PIN = 3,
	/* Client: required are the TLSA records of smtptls_conn_add_tlsa()
	 * (RFC 7672). If none of them is usable, the session is encrypted, and
	 * the peer is not verified: `verify` in smtptls_conn_info() is 0. */
	SMTPTLS_VERIFY_DANE = 4
};

/*
 * Choose before TLS starts how the peer is verified. A client has no default:
 * without this call smtptls_conn_negotiate() and smtptls_conn_start_tls() fail
 * its connection.
 *
 * Returns 0, or
 *   SMTPTLS_E_ARG     `conn` is NULL, `mode` is no enum smtptls_verify, or it
 *                     is SMTPTLS_VERIFY_DANE and `conn` a server's
 *   SMTPTLS_E_STATE   TLS has started, the library negotiates, the connection
 *                     has ended, or there are pins or TLSA records that `mode`
 *                     does not look at
 *   SMTPTLS_E_CONFIG  SMTPTLS_VERIFY_CA with a configuration that has no
 *                     authorities
 */
SMTPTLS_API int smtptls_conn_set_verify(struct smtptls_conn *conn, int mode);

/*
 * Client: the server's name, for SNI (RFC 6066 section 3) and, with
 * SMTPTLS_VERIFY_CA, SMTPTLS_VERIFY_OPTIONAL and TLSA records of usage
 * DANE-TA(2), to be found in its certificate (RFC 9525). An IP address is
 * verified, but not sent as SNI. The string is copied.
 *
 * Returns 0, or
 *   SMTPTLS_E_ARG    a pointer is NULL, or `conn` is a server's
 *   SMTPTLS_E_STATE  TLS has started, the library negotiates, or the
 *                    connection has ended
 *   SMTPTLS_E_SYNTAX no host name and no address
 *   SMTPTLS_E_NOMEM
 */
SMTPTLS_API int smtptls_conn_set_peer(struct smtptls_conn *conn,
				      const char *name);

/*
 * Client: another name or address that the server's certificate may be for, as
 * good as that of smtptls_conn_set_peer(): with DANE the next-hop domain beside
 * the TLSA base domain (RFC 7672 section 3.2.2). At most 16 can be added; the
 * string is copied.
 *
 * Returns 0, or
 *   SMTPTLS_E_ARG    a pointer is NULL, or `conn` is a server's
 *   SMTPTLS_E_STATE  TLS has started, the library negotiates, or the
 *                    connection has ended
 *   SMTPTLS_E_SYNTAX no host name and no address
 *   SMTPTLS_E_LIMIT  16 were added
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
 * Add a digest of the peer's certificate or key (enum smtptls_pin), `len` bytes
 * that are copied: 32 of SHA-256, or 64 of SHA-512. Choose SMTPTLS_VERIFY_PIN
 * before, or SMTPTLS_VERIFY_CA, to which the pins are added. One that fits is
 * enough: give the next key's beside that in use, and a change of keys needs no
 * hurry. Only the peer's own certificate counts, never that of an authority.
 *
 * Returns 0, or
 *   SMTPTLS_E_ARG     a pointer is NULL, or `kind` is no enum smtptls_pin
 *   SMTPTLS_E_STATE   TLS has started, the library negotiates, the connection
 *                     has ended, or the way of verifying does not look at pins
 *   SMTPTLS_E_SYNTAX  `len` is neither 32 nor 64
 *   SMTPTLS_E_LIMIT   16 were added
 *   SMTPTLS_E_NOMEM
 */
SMTPTLS_API int smtptls_conn_add_pin(struct smtptls_conn *conn, int kind,
				     const void *digest, size_t len);

/*
 * Client, after SMTPTLS_VERIFY_DANE was chosen: add a TLSA record that DNSSEC
 * has proved, in the order of their numbers in smtptls_conn_info(). The first
 * three fields are of 0 to 255; `data`, the certificate association data of
 * `len` bytes, is copied.
 *
 * DANE-EE(3) and DANE-TA(2) are usable (smtptls_tlsa_usable()), where what is
 * whole can be read as a certificate or key; others are counted and never
 * looked at. One record that fits is enough; of digests of one usage and
 * selector the strongest alone count (RFC 7671 section 9). With DANE-EE nothing
 * else of the certificate is looked at, its names, dates and strength neither;
 * only a keyUsage that forbids what the key does is refused, by GnuTLS itself.
 * With DANE-TA the chain below the anchor, dates, purpose, strength and the
 * names (smtptls_conn_set_peer(), smtptls_conn_add_name()) must be right; the CN
 * counts where there is no dNSName (RFC 7672 section 3.2.3).
 *
 * Returns 0, also for a record that is not usable, or
 *   SMTPTLS_E_ARG    a pointer is NULL, a field is not of 0 to 255, or `len` is
 *                    more than any RDATA has
 *   SMTPTLS_E_STATE  TLS has started, the library negotiates, the connection
 *                    is closed, or SMTPTLS_VERIFY_DANE was not chosen
 *   SMTPTLS_E_LIMIT  64 were added; the connection has failed
 *   SMTPTLS_E_NOMEM  the connection has failed
 * or the error by which the connection had failed before.
 */
SMTPTLS_API int smtptls_conn_add_tlsa(struct smtptls_conn *conn, int usage,
				      int selector, int matching,
				      const void *data, size_t len);

/* No session takes more bytes. */
#define SMTPTLS_SESSION_MAX 65536

/*
 * Client: offer the server a session of smtptls_conn_get_session(), so that the
 * handshake is shorter; `data` is copied. The certificate is verified again.
 * The session is silently not offered, and a full handshake made, unless it was
 * kept with the same way of verifying, names, pins, TLSA records (in any
 * order), authorities, revocation lists, policy and certificates of this side,
 * and the same version of GnuTLS. Whether the server has taken it is `resumed`
 * in smtptls_conn_info().
 *
 * SECRET: who can read or write these bytes can pass for the server, and before
 * TLS 1.3 read the sessions. Keep them as a key: in a file of mode 0600. What
 * was cut or damaged by accident is found.
 *
 * Returns 0, or
 *   SMTPTLS_E_ARG     a pointer is NULL, or `conn` is a server's
 *   SMTPTLS_E_STATE   TLS has started, the library negotiates, or the
 *                     connection has ended
 *   SMTPTLS_E_SYNTAX  no session of this version of the library, or not the
 *                     whole of it, or damaged: forget it
 *   SMTPTLS_E_NOMEM
 */
SMTPTLS_API int smtptls_conn_set_session(struct smtptls_conn *conn,
					 const void *data, size_t len);

/*
 * Client: the session as bytes that can be kept anywhere, in `buffer` of
 * `size` bytes; SMTPTLS_SESSION_MAX are always enough. With NULL and 0 only the
 * length is told. It can be asked for while TLS is on, and when that was closed
 * in order. Under TLS 1.3 a session is there when the server's ticket has been
 * read: try it after the first smtptls_conn_read() that gave something, and
 * again before QUIT; and offer it once only, since listeners can tell that it
 * is the same (RFC 8446 appendix C.4): a resumed connection gives the next.
 *
 * Returns the number of bytes, or
 *   SMTPTLS_E_ARG          `conn` is NULL or a server's, or `buffer` is NULL
 *                          and `size` is not 0
 *   SMTPTLS_E_STATE        TLS is not on
 *   SMTPTLS_E_AGAIN        TLS 1.3: no ticket has come yet, and maybe none will
 *   SMTPTLS_E_UNSUPPORTED  the server has given nothing to resume by, or more
 *                          than SMTPTLS_SESSION_MAX bytes are needed
 *   SMTPTLS_E_LIMIT        `size` is too small; nothing was written
 *   SMTPTLS_E_NOMEM        the connection goes on
 * or the error by which the connection has failed.
 */
SMTPTLS_API ssize_t smtptls_conn_get_session(struct smtptls_conn *conn,
					     void *buffer, size_t size);

/*
 * Server: 1 when STARTTLS may be offered now: the connection is in the clear
 * and the configuration has a certificate. 0 otherwise, and for NULL.
 */
SMTPTLS_API int smtptls_conn_can_starttls(const struct smtptls_conn *conn);

/*
 * Server: answer a STARTTLS command. `args` is the command's argument as a
 * string, NULL or "" for none; spaces and the line's end do not count.
 * `unread` is what the host itself still holds of the input behind the command.
 * The library adds what it holds.
 *
 * Returns the code of the reply, which it has put behind what is to be sent:
 *   220  the handshake has begun; forget the EHLO name, the envelope and
 *        everything else that was learnt in the clear (RFC 3207 section 4.2)
 *   501, 503, 454  no TLS, and the session goes on (smtptls_starttls_verdict())
 * or
 *   SMTPTLS_E_ARG        `conn` is NULL or a client's
 *   SMTPTLS_E_AGAIN      nothing now: too much waits to be sent
 *   SMTPTLS_E_STATE      the connection is closed, or in the handshake
 *   SMTPTLS_E_INJECTION  input stands behind STARTTLS: nothing was answered,
 *                        none of it will be delivered, the connection has
 *                        failed (CVE-2011-0411)
 *   SMTPTLS_E_CONFIG     SMTPTLS_VERIFY_PIN without a pin; nothing was
 *                        answered, and the connection has failed
 *   SMTPTLS_E_TRUNCATED  the input has ended; the connection has failed
 *   SMTPTLS_E_NOMEM      the connection has failed
 * or the error by which the connection had failed before.
 */
SMTPTLS_API int smtptls_conn_accept_starttls(struct smtptls_conn *conn,
					     const char *args, size_t unread);

/*
 * Server: say that STARTTLS was answered with 220 already, by somebody else, as
 * a program that knows no TLS and whose connection this process takes over. Call
 * it before smtptls_conn_start_tls(), which then begins no implicit TLS: what is
 * said of a session that fails (enum smtptls_reason) is that of STARTTLS.
 *
 * Returns 0, or
 *   SMTPTLS_E_ARG    `conn` is NULL or a client's
 *   SMTPTLS_E_STATE  TLS has started, the connection is closed, or something
 *                    was read or written: then smtptls_conn_accept_starttls()
 *                    answers
 * or the error by which the connection had failed before.
 */
SMTPTLS_API int smtptls_conn_set_starttls_answered(struct smtptls_conn *conn);

/* What smtptls_conn_negotiate() is to do: a mask. */
enum smtptls_negotiate {
	SMTPTLS_LHLO = 1, /* say LHLO (LMTP, RFC 2033) in the place of EHLO */
	/* LESS SAFE: go on in the clear where the server does not offer or
	 * refuses STARTTLS. Whoever sits between can cause that. */
	SMTPTLS_TLS_OPTIONAL = 2
};

/*
 * Client: let the library speak, from the server's greeting on, until TLS is on
 * or it is clear that it will not be (RFC 3207): EHLO `my_name`, STARTTLS if it
 * is offered, the handshake. Call it before anything was read or written.
 * SMTPTLS_APP_IN and SMTPTLS_APP_OUT are closed until then, and nothing that
 * the server said in the clear is given out: whatever came of it, begin with
 * EHLO (RFC 3207 section 4.2).
 *
 * `my_name` is the client's own name, or its address in brackets, without
 * spaces and in ASCII, of at most 255 bytes; it is copied. `flags` is a mask of
 * enum smtptls_negotiate.
 *
 * With SMTPTLS_TLS_OPTIONAL a server that does not offer STARTTLS, refuses it
 * by a code of 400 and up, or knows no EHLO (500 or 502; HELO is said then)
 * leaves the connection in SMTPTLS_PLAIN with its ports open. Then
 * smtptls_conn_info() has the reason, SMTPTLS_REASON_NO_STARTTLS,
 * SMTPTLS_REASON_STARTTLS_MASKED or SMTPTLS_REASON_STARTTLS_REFUSED. After a
 * handshake that failed nothing goes on in the clear.
 *
 * Returns 0, or
 *   SMTPTLS_E_ARG     a pointer is NULL, `conn` is a server's, or `flags` has
 *                     other bits
 *   SMTPTLS_E_STATE   something was read or written, TLS has started, the
 *                     connection is closed, or it was called before
 *   SMTPTLS_E_SYNTAX  `my_name` has what a name has not, or is too long
 *   SMTPTLS_E_CONFIG  smtptls_conn_set_verify() was not called, or what it
 *                     chose lacks something, or does not go with
 *                     SMTPTLS_TLS_OPTIONAL
 * by both of which the connection has failed before anything was sent, and
 * smtptls_conn_error() says what is missing or wrong;
 *   SMTPTLS_E_NOMEM   the connection has failed
 * or the error by which the connection had failed before, or has failed by what
 * was received already. Later the connection can fail with
 *   SMTPTLS_E_SMTP_REPLY   the server refused before it came to STARTTLS, or
 *                          ended the session by a 421
 *   SMTPTLS_E_NOT_OFFERED  it does not offer STARTTLS
 *   SMTPTLS_E_REFUSED      it has not answered STARTTLS with 220
 *   SMTPTLS_E_INJECTION    something stood behind one of its replies
 *   SMTPTLS_E_PROTOCOL     it sent what is no reply of SMTP
 *   SMTPTLS_E_LIMIT        a line of more than 2048 bytes, or a reply of more
 *                          than 64 KiB
 *   SMTPTLS_E_TRUNCATED    it closed the connection
 * and with the errors of the handshake and of verification.
 */
SMTPTLS_API int smtptls_conn_negotiate(struct smtptls_conn *conn,
				       const char *my_name, int flags);

/*
 * Begin the handshake without another word: a client after the 220 to its
 * STARTTLS, either role directly after smtptls_conn_new() for implicit TLS
 * (RFC 8314). `unread` is what the host holds of the input behind the 220.
 *
 * Returns 0, or
 *   SMTPTLS_E_ARG        `conn` is NULL
 *   SMTPTLS_E_STATE      TLS has started, the library negotiates, the
 *                        connection is closed, or a server has read or written
 *                        plaintext
 *   SMTPTLS_E_INJECTION  input is unread; the connection has failed
 *   SMTPTLS_E_CONFIG     a server has no certificate, or a client has not
 *                        called smtptls_conn_set_verify(), or what was chosen
 *                        lacks something: SMTPTLS_VERIFY_CA, and records of
 *                        usage DANE-TA, a name to look for,
 *                        SMTPTLS_VERIFY_PIN a pin, SMTPTLS_VERIFY_DANE a
 *                        record; nothing was sent, and the connection has
 *                        failed
 *   SMTPTLS_E_TRUNCATED  the input has ended; the connection has failed
 *   SMTPTLS_E_NOMEM      the connection has failed
 * or the error by which the connection had failed before.
 */
SMTPTLS_API int smtptls_conn_start_tls(struct smtptls_conn *conn,
				       size_t unread);

/* What can be moved now: a mask of open ports. */
enum smtptls_port {
	SMTPTLS_NET_IN = 1,  /* bytes from the network are wanted */
	SMTPTLS_NET_OUT = 2, /* bytes for the network are waiting */
	SMTPTLS_APP_IN = 4,  /* smtptls_conn_read() has something to say */
	SMTPTLS_APP_OUT = 8  /* smtptls_conn_write() takes something */
};

/*
 * The open ports; 0 when all is said and the socket is to be closed, and for
 * NULL. It changes nothing. Serve SMTPTLS_NET_OUT after an error too: an alert
 * may be waiting.
 */
SMTPTLS_API int smtptls_conn_poll(const struct smtptls_conn *conn);

/*
 * Where to put bytes from the network: sets `*ptr` and returns how many bytes
 * there is room for; 0 when SMTPTLS_NET_IN is closed. The memory stays valid
 * until smtptls_conn_input_done(), whatever is called between. When memory
 * runs out the connection fails with SMTPTLS_E_NOMEM, and 0 is returned.
 */
SMTPTLS_API size_t smtptls_conn_input(struct smtptls_conn *conn,
				      unsigned char **ptr);

/*
 * Say that `n` bytes were put there; 0 is nothing and not the end. In the
 * handshake, and while the library negotiates, this is what moves it on. A
 * server in the clear whose client begins with a byte of TLS or a header of the
 * PROXY protocol, which no SMTP command does, fails with SMTPTLS_E_PROTOCOL and
 * the reason SMTPTLS_REASON_TLS_FOR_SMTP or SMTPTLS_REASON_PROXY_HEADER: nothing
 * of it is delivered.
 *
 * Returns 0, or
 *   SMTPTLS_E_ARG    `conn` is NULL, or `n` is more than there was room for
 *   SMTPTLS_E_STATE  `n` is not 0 and no room had been given
 * or the error by which the connection has failed.
 */
SMTPTLS_API int smtptls_conn_input_done(struct smtptls_conn *conn, size_t n);

/*
 * Say that the network has no more bytes (read(2) gave 0). In the clear and
 * under TLS what came before is still delivered; while the library negotiates,
 * and in the handshake, the connection fails with SMTPTLS_E_TRUNCATED.
 *
 * Returns 0, SMTPTLS_E_ARG when `conn` is NULL, or the error by which the
 * connection has failed.
 */
SMTPTLS_API int smtptls_conn_input_eof(struct smtptls_conn *conn);

/*
 * What is to be sent: sets `*ptr` and returns the number of bytes, all that
 * waits in one piece; 0 when SMTPTLS_NET_OUT is closed. The memory stays valid
 * until smtptls_conn_output_done(), whatever is called between; what is added
 * until then may be given out only after it.
 */
SMTPTLS_API size_t smtptls_conn_output(struct smtptls_conn *conn,
				       const unsigned char **ptr);

/*
 * Say that `n` of those bytes were sent.
 *
 * Returns 0, or
 *   SMTPTLS_E_ARG  `conn` is NULL, or `n` is more than was waiting
 */
SMTPTLS_API int smtptls_conn_output_done(struct smtptls_conn *conn, size_t n);

/*
 * Read what the peer has said. In the clear one call never returns bytes
 * behind the first LF; without a LF it returns bytes only when 16 KiB are held
 * or the input has ended. Under TLS it returns what was decrypted.
 *
 * Returns the number of bytes, at most `len`; 0 at the end of the input (under
 * TLS: the peer's close_notify, which is answered and closes the connection);
 * or
 *   SMTPTLS_E_ARG    a pointer is NULL, or `len` is 0
 *   SMTPTLS_E_AGAIN  nothing now
 *   SMTPTLS_E_STATE  this side has closed the connection
 * or the error by which the connection has failed, once everything that came
 * before it has been read.
 */
SMTPTLS_API ssize_t smtptls_conn_read(struct smtptls_conn *conn, void *data,
				      size_t len);

/*
 * Say something to the peer. The bytes are copied or encrypted, not kept.
 *
 * Returns the number of bytes taken, which may be fewer than `len` (64 KiB
 * wait at most, and the overhead of the last record) and is 0 only for a `len`
 * of 0; or
 *   SMTPTLS_E_ARG    a pointer is NULL
 *   SMTPTLS_E_AGAIN  nothing now: the library negotiates, the handshake is
 *                    going on, or too much waits
 *   SMTPTLS_E_STATE  the connection is closed
 *   SMTPTLS_E_NOMEM  the connection has failed
 * or the error by which the connection had failed before.
 */
SMTPTLS_API ssize_t smtptls_conn_write(struct smtptls_conn *conn,
				       const void *data, size_t len);

/*
 * End the connection: what waits is still sent, under TLS with a close_notify
 * behind it. Nothing can be read or written any more. Serve SMTPTLS_NET_OUT
 * until smtptls_conn_poll() is 0, then close the socket. In the handshake the
 * peer is told by an alert. Closed or failed already, it changes nothing.
 *
 * Returns 0, or SMTPTLS_E_ARG when `conn` is NULL, or the error by which the
 * connection has failed.
 */
SMTPTLS_API int smtptls_conn_close(struct smtptls_conn *conn);

/*
 * Fail the connection with an error of the host's: SMTPTLS_E_TIMEOUT when its
 * deadline has passed, SMTPTLS_E_REFUSED or one of SMTPTLS_E_CERT_… when it
 * does not want this peer, SMTPTLS_E_IO when a system call failed
 * (smtptls_conn_abort_errno() names the errno, too). The peer is told by a
 * fitting alert where TLS has started. smtptls_conn_read() still gives what
 * came before, then this error. Closed or failed already, it changes nothing.
 *
 * Returns 0, or SMTPTLS_E_ARG when `conn` is NULL or `error` is no error
 * number or of the classes USAGE and AGAIN.
 */
SMTPTLS_API int smtptls_conn_abort(struct smtptls_conn *conn, int error);

/*
 * The same with SMTPTLS_E_IO for a system call that has failed on the
 * connection with the errno `number`. smtptls_conn_error() then has a sentence
 * that names it, as "peer reset the connection (ECONNRESET) after its
 * ClientHello: ...".
 *
 * Returns 0, or SMTPTLS_E_ARG when `conn` is NULL or `number` is not positive.
 */
SMTPTLS_API int smtptls_conn_abort_errno(struct smtptls_conn *conn, int number);

/*
 * The same with SMTPTLS_E_TIMEOUT, when the host's deadline of `limit_ms`
 * milliseconds has passed: where TLS was to start, or SMTP was spoken by the
 * library, the sentence names it, as "peer was silent for too long (30 s) before
 * its ClientHello: ...". 0 is not named.
 *
 * Returns 0, or SMTPTLS_E_ARG when `conn` is NULL.
 */
SMTPTLS_API int smtptls_conn_abort_timeout(struct smtptls_conn *conn,
					   unsigned limit_ms);

/*
 * Say that the host has waited in vain, though the connection is to go on: it
 * stays as it was, and until something comes smtptls_conn_error() has a
 * sentence, with 0. smtptls_fd_read() does it.
 *
 * Returns 0, or SMTPTLS_E_ARG when `conn` is NULL, or the error by which the
 * connection has failed.
 */
SMTPTLS_API int smtptls_conn_timed_out(struct smtptls_conn *conn);

enum smtptls_state {
	SMTPTLS_PLAIN = 1, /* in the clear */
	SMTPTLS_HANDSHAKE, /* TLS has been started and is not on yet */
	SMTPTLS_TLS,	   /* TLS is on */
	SMTPTLS_CLOSED,	   /* ended in order; final */
	SMTPTLS_FAILED	   /* ended by an error; final */
};

/* The state, or SMTPTLS_E_ARG when `conn` is NULL. */
SMTPTLS_API int smtptls_conn_state(const struct smtptls_conn *conn);

/*
 * 1 from the moment when the handshake and the required verification have
 * succeeded, and for ever after; 0 before, and for NULL.
 */
SMTPTLS_API int smtptls_conn_tls_enabled(const struct smtptls_conn *conn);

/*
 * The error by which the connection has failed, or 0; SMTPTLS_E_ARG when `conn`
 * is NULL. `text` may be NULL; else
 * `*text` is set to a sentence without a full stop, which lives as long as
 * `conn`; "" when there is no error, nothing was waited for in vain
 * (smtptls_conn_timed_out()), and the peer has not left in order before it said
 * anything under TLS (SMTPTLS_REASON_LEFT_AFTER_HANDSHAKE). What the peer sent
 * is escaped in it.
 */
SMTPTLS_API int smtptls_conn_error(const struct smtptls_conn *conn,
				   const char **text);

/* How far a connection has come, or had come when it failed. */
enum smtptls_stage {
	SMTPTLS_STAGE_NONE = 0, /* in the clear, and the host speaks */
	/* smtptls_conn_negotiate() waits for: */
	SMTPTLS_STAGE_GREETING = 1,
	SMTPTLS_STAGE_EHLO = 2,	    /* the reply to EHLO, LHLO or HELO */
	SMTPTLS_STAGE_STARTTLS = 3, /* the reply to STARTTLS */
	SMTPTLS_STAGE_HANDSHAKE = 4,
	SMTPTLS_STAGE_VERIFICATION = 5, /* the peer's certificate was judged */
	SMTPTLS_STAGE_TLS = 6
};

/* What a sender may try when a connection has failed. */
enum smtptls_retry {
	SMTPTLS_RETRY_NEVER = 0,     /* it would end the same way */
	SMTPTLS_RETRY_LATER_TLS = 1, /* the same later, or by another host */
	/* At once, on a new connection without TLS. Only where
	 * SMTPTLS_TLS_OPTIONAL and SMTPTLS_VERIFY_NONE or
	 * SMTPTLS_VERIFY_OPTIONAL had been chosen. */
	SMTPTLS_RETRY_NEW_CONNECTION_CLEAR = 2
};

/*
 * Why the peer was refused, or has refused this side, with the changes of this
 * side's settings, or of the peer's, that let it in: see struct smtptls_advice.
 * Of `advice` the first `size` bytes are known to the caller: pass
 * sizeof(*advice). All is zero while there is no reason (struct smtptls_info);
 * there are no changes where none is known, or where memory ran out.
 *
 * Returns 0, or SMTPTLS_E_ARG when a pointer is NULL or `size` is 0.
 */
SMTPTLS_API int smtptls_conn_advice(const struct smtptls_conn *conn,
				    struct smtptls_advice *advice, size_t size);

/*
 * What is known of a connection. Strings live as long as the connection and
 * are NULL where nothing is known; what the peer sent is escaped in them.
 * Fields are only ever appended.
 */
struct smtptls_info {
	int tls_enabled;
	const char *protocol;	    /* "TLSv1.3", as OpenSSL names it */
	const char *cipher_openssl; /* "ECDHE-RSA-AES256-GCM-SHA384" */
	const char *cipher_iana;   /* "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384" */
	const char *cipher_gnutls; /* "TLS_ECDHE_RSA_AES_256_GCM_SHA384" */
	int cipher_bits;
	const char *group;	  /* of the key exchange: "X25519" */
	const char *sni;	  /* the name that the client asked for */
	const char *peer_subject; /* RFC 4514 */
	unsigned char peer_cert_sha256[32]; /* of the whole certificate */
	unsigned char peer_spki_sha256[32]; /* of its public key */
	int peer_cert;			    /* 1: the peer has shown one */
	int resumed; /* 1: from an earlier session's ticket */
	int verify; /* 1: verified; 0: not asked; SMTPTLS_E_CERT_…: why not */
	int alert_received; /* the last alert's number, or -1 */
	int alert_sent;	    /* the fatal alert's number, or -1 */
	/* enum smtptls_reason: why the connection has failed, or the peer has
	 * left as soon as TLS was on, or a client goes on in the clear; 0: none
	 * of that. */
	int reason;
	/* Of a server, once TLS is on: the enum smtptls_reason for which the
	 * shadow policy (smtptls_config_set_shadow_policy()) would have refused
	 * the session; 0: it would not have, or there is none. */
	int shadow_reason;
	/* Its sentence without a full stop; NULL: none, or no memory for it. */
	const char *shadow_text;
	int sni_unmatched; /* 1: no certificate has the name `sni` */
	int stage;	   /* enum smtptls_stage */
	/* Of a client, when it has failed; as in struct smtptls_error_info, but
	 * by the moment: whatever ends the handshake, a stall or a cut too, has
	 * the values of SMTPTLS_E_HANDSHAKE, but for a certificate where one is
	 * required. Where a negotiation has ended in the clear only `report` is
	 * set. */
	const char *report; /* result type of RFC 8460 section 4.3, or NULL */
	const char *status; /* RFC 3463: "4.7.5"; or NULL */
	int retry;	    /* enum smtptls_retry */
	/* 1: it has failed, but no data is lost if QUIT's 221 had come. */
	int harmless;
	/* The reply by which a server refused smtptls_conn_negotiate(), of which
	 * the text is the last line, of at most 200 bytes; 0 and NULL: none. */
	int reply_code;
	const char *reply_text;
	/* Of SMTPTLS_VERIFY_DANE: how many records are not usable, and the
	 * number, from 1, of the record that has matched, whatever came of it;
	 * 0: none has. */
	unsigned tlsa_unusable;
	unsigned tlsa_record;
	/* Which certificate it has matched, 0 being the peer's own; for a key
	 * that is in no certificate, which one that has signed. */
	unsigned tlsa_depth;
	/* 1: it is a DANE-EE record, and the key is weaker than the policy's
	 * security level asks, which DANE-EE permits. */
	int tlsa_weak_key;
	/* When the first of this side's certificates expires, in seconds since
	 * the Epoch; 0: there is none. */
	long long expires;
};

/*
 * Fill `info`, of which the caller knows `size` bytes: pass sizeof(*info).
 *
 * Returns 0, or
 *   SMTPTLS_E_ARG    a pointer is NULL, or `size` is 0
 *   SMTPTLS_E_NOMEM
 */
SMTPTLS_API int smtptls_conn_info(struct smtptls_conn *conn,
				  struct smtptls_info *info, size_t size);

/* How a Received line tells of TLS. */
enum smtptls_received {
	/* "tls TLS_AES_256_GCM_SHA384 group x25519": the clause of RFC 8314
	 * section 4.3, which stands behind "with", "id" and "for". */
	SMTPTLS_RECEIVED_RFC8314 = 0,
	/* "(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)
	 * key-exchange X25519 server-signature ECDSA (prime256v1) server-digest
	 * SHA256) (No client certificate requested)": Postfix's comments, which
	 * stand before "by". */
	SMTPTLS_RECEIVED_POSTFIX = 1,
	/* "(TLS1.3) tls TLS_AES_256_GCM_SHA384": Exim's, behind "with". */
	SMTPTLS_RECEIVED_EXIM = 2
};

/*
 * Write for a server's Received line what it says of TLS, in a style of enum
 * smtptls_received, as a string to `buf` of `size` bytes. It is one line, which
 * the host may fold at any space; 1024 bytes are always enough. In the clear it
 * is "".
 *
 * Returns the length of the string, or
 *   SMTPTLS_E_ARG    a pointer is NULL, `conn` is a client's, or `style` is no
 *                    enum smtptls_received
 *   SMTPTLS_E_LIMIT  the string does not fit; `buf` is "" if it has any room
 *   SMTPTLS_E_NOMEM
 */
SMTPTLS_API int smtptls_format_received(struct smtptls_conn *conn, int style,
					char *buf, size_t size);

/* Channel bindings, by their registered names (RFC 5056). */
enum smtptls_channel_binding {
	/* "tls-server-end-point", RFC 5929 section 4: a hash of the server's
	 * certificate. */
	SMTPTLS_CB_TLS_SERVER_END_POINT = 0,
	/* "tls-exporter", RFC 9266: of the session alone. */
	SMTPTLS_CB_TLS_EXPORTER = 1
};

/* No channel binding has more bytes. */
#define SMTPTLS_CHANNEL_BINDING_MAX 64

/*
 * Put the channel binding of a type of enum smtptls_channel_binding into `buf`
 * of `size` bytes: what an authentication, such as SCRAM-SHA-256-PLUS (RFC 7677,
 * RFC 5802 section 6), mixes in, so that it is worth nothing over another
 * session. Both peers have the same one. It is there while TLS is on, and when
 * that was closed in order.
 *
 * Returns the number of bytes, or
 *   SMTPTLS_E_ARG          a pointer is NULL, or `type` is no enum
 *                          smtptls_channel_binding
 *   SMTPTLS_E_STATE        TLS is not on
 *   SMTPTLS_E_UNSUPPORTED  the session has none of this type. "tls-exporter":
 *                          before TLS 1.3 without the extended master secret
 *                          (RFC 9266 section 3). "tls-server-end-point": without
 *                          a certificate; with one that is signed by Ed25519 or
 *                          Ed448, for which it is not defined; and at a server
 *                          with several certificates that resumes a session
 *   SMTPTLS_E_LIMIT        it does not fit
 *   SMTPTLS_E_NOMEM
 * or the error by which the connection has failed.
 */
SMTPTLS_API ssize_t smtptls_conn_channel_binding(struct smtptls_conn *conn,
						 int type, void *buf,
						 size_t size);

/* ------------------------------------------------------------------------ */
/* For hosts with file descriptors                                           */

/*
 * Move bytes between a connection and descriptors until one of the ports in
 * `until` (enum smtptls_port) is open, or, with 0, until nothing waits to be
 * sent. With SMTPTLS_APP_OUT in `until` that port counts as open only when
 * nothing waits any more: what was said before has left. `rfd` and `wfd` may be
 * the same, blocking or not, sockets or pipes. It waits in poll(2) for at most
 * `timeout_ms` milliseconds all in all; -1 is no limit. It raises no SIGPIPE on
 * sockets; with pipes the host ignores it.
 *
 * Returns the open ports (enum smtptls_port), which are 0 when all is said;
 * or
 *   SMTPTLS_E_ARG      `conn` is NULL or a descriptor is negative
 *   SMTPTLS_E_TIMEOUT  the time limit has passed; the connection is as it was,
 *                      so call smtptls_conn_abort() if that is to be its end
 *   SMTPTLS_E_IO       a system call failed (errno); the connection has failed
 *                      as by smtptls_conn_abort_errno()
 * The end of the input, and a failed connection, are no errors here: the ports
 * and smtptls_conn_read() tell them.
 */
SMTPTLS_API int smtptls_fd_pump(struct smtptls_conn *conn, int rfd, int wfd,
				int until, int timeout_ms);

/*
 * The three below are for hosts that block, on top of smtptls_fd_pump(): a
 * handshake, a read(2) and a write(2) in one call each. `rfd`, `wfd` and
 * `timeout_ms` are as there; the limit is the whole call's, -1 is none, and
 * with 0 nothing is waited for. Called while the library negotiates or in the
 * handshake, each carries that to its end first. Of every error but
 * SMTPTLS_E_ARG and SMTPTLS_E_STATE, which are the caller's,
 * smtptls_conn_error() has the sentence.
 *
 * Do not wait in select(2) or poll(2) for `rfd` before smtptls_fd_read(): what
 * is to be read may be here already.
 */

/*
 * Carry what was begun, by smtptls_conn_negotiate(), smtptls_conn_start_tls()
 * or smtptls_conn_accept_starttls(), to the point where TLS is on; if nothing
 * was begun, it calls smtptls_conn_start_tls() itself.
 *
 * Returns 0 when TLS is on and all that was held has left; 1 when a negotiation
 * with SMTPTLS_TLS_OPTIONAL has ended in the clear; or
 *   SMTPTLS_E_ARG      `conn` is NULL or a descriptor is negative
 *   SMTPTLS_E_STATE    the connection is closed, or a server has read or
 *                      written plaintext
 *   SMTPTLS_E_TIMEOUT  the time limit has passed, and the connection has failed
 *                      by it
 *   SMTPTLS_E_IO       a system call failed (errno), and so has the connection
 * or the error by which the connection has failed.
 */
SMTPTLS_API int smtptls_fd_start_tls(struct smtptls_conn *conn, int rfd,
				     int wfd, int timeout_ms);

/*
 * Read what the peer has said, as smtptls_conn_read() does, and wait for it.
 * What waits to be sent leaves first, as far as the peer takes it.
 *
 * Returns the number of bytes, at most `len`; 0 at the end of the input; or
 *   SMTPTLS_E_ARG      a pointer is NULL, `len` is 0 or a descriptor is
 *                      negative
 *   SMTPTLS_E_STATE    this side has closed the connection
 *   SMTPTLS_E_TIMEOUT  the time limit has passed; the connection is as it was,
 *                      but for the sentence (smtptls_conn_timed_out())
 *   SMTPTLS_E_IO       a system call failed (errno), and so has the connection
 * or the error by which the connection has failed, once everything that came
 * before it has been read.
 */
SMTPTLS_API ssize_t smtptls_fd_read(struct smtptls_conn *conn, int rfd, int wfd,
				    void *data, size_t len, int timeout_ms);

/*
 * Say all of it to the peer, and see it leave. While it waits it reads the
 * network too, within the bound of smtptls_conn_poll(). A `len` of 0 sends what
 * waits.
 *
 * Returns `len` when all was taken and sent, or
 *   SMTPTLS_E_ARG      a pointer is NULL or a descriptor is negative
 *   SMTPTLS_E_STATE    the connection is closed
 *   SMTPTLS_E_TIMEOUT  the time limit has passed, and the connection has failed
 *                      by it, since how much has arrived is unknown
 *   SMTPTLS_E_IO       a system call failed (errno), and so has the connection
 * or the error by which the connection has failed.
 */
SMTPTLS_API ssize_t smtptls_fd_write(struct smtptls_conn *conn, int rfd,
				     int wfd, const void *data, size_t len,
				     int timeout_ms);

#ifdef __cplusplus
}
#endif

#endif
