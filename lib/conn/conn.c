/* SPDX-License-Identifier: MIT */
/*
 * conn/conn: an SMTP connection from its first byte in the clear to its last
 * byte under TLS: a state machine with four ports and no I/O.
 *
 *               start_tls / accept_starttls       verified
 *      PLAIN ------------------------> HANDSHAKE -------> TLS
 *        |                                |                |
 *        +------------> CLOSED <----------+----------------+  orderly
 *        +------------> FAILED <----------+----------------+  on an error
 *
 * In the clear one line is handed out at a time, so anything that follows
 * STARTTLS is still held here, and counted, when the host asks for TLS; a host
 * cannot forget to check. Bytes that arrive after that belong to TLS, whatever
 * they are. The first error sticks. CLOSED and FAILED are final, and no state
 * under TLS leads back to PLAIN, so nothing can continue in the clear.
 *
 * The buffers hold nothing, and take no memory, while a connection is idle.
 */
#include <stdlib.h>
#include <string.h>

#include <smtptls/smtp.h>

#include "conn/expected.h"
#include "conn/negotiate.h"
#include "conn/state.h"
#include "reason/session_end_sentence.h"
#include "reason/system_error.h"

#define TLS_HANDSHAKE 0x16 /* the first byte of a record (RFC 8446 5.1) */

#define INPUT_HELD    (16 * 1024)     /* no more input is taken above this */
#define INPUT_ROOM    STLS_SPARE_SIZE /* for one read */
#define OUTPUT_HELD   (64 * 1024)     /* nothing more is written from here on */

/*
 * Above this, nothing is read either. Writing overshoots OUTPUT_HELD by at most
 * one record; only responses to KeyUpdates can add more. A lower limit would
 * deadlock two hosts that both send before they read.
 */
#define OUTPUT_FULL (OUTPUT_HELD + 16384 + 128)

/* ---- life ---- */

int smtptls_conn_new(struct smtptls_conn **conn, struct smtptls_config *config,
		     int role)
{
	struct smtptls_conn *new;

	if (conn)
		*conn = NULL;
	if (!conn || !config ||
	    (role != SMTPTLS_SERVER && role != SMTPTLS_CLIENT))
		return SMTPTLS_E_ARG;
	if (!config->frozen)
		return SMTPTLS_E_STATE;
	new = calloc(1, sizeof(*new));
	if (!new)
		return SMTPTLS_E_NOMEM;
	new->config = smtptls_config_ref(config);
	new->in.spare = &config->input;
	new->role = role;
	new->state = SMTPTLS_PLAIN;
	new->error_text = "";
	*conn = new;
	return 0;
}

void smtptls_conn_free(struct smtptls_conn *conn)
{
	if (!conn)
		return;
	stls_session_free(conn->session);
	stls_facts_free(conn->facts);
	free(conn->negotiation);
	stls_buffer_discard(&conn->in, conn->room); /* the host may have read */
	stls_buffer_free(&conn->in);
	stls_buffer_free(&conn->out);
	smtptls_config_unref(conn->config);
	free(conn->expected.peer);
	stls_texts_free(&conn->expected.names);
	stls_pins_free(&conn->expected.pins);
	stls_tlsa_free(&conn->expected.tlsa);
	stls_conn_forget_offer(conn);
	free(conn->system_text);
	free(conn);
}

/* ---- TLS ---- */

int smtptls_conn_can_starttls(const struct smtptls_conn *conn)
{
	return conn && conn->role == SMTPTLS_SERVER &&
	       conn->state == SMTPTLS_PLAIN && conn->config->has_certificate;
}

/*
 * A host's own parser may pass all that follows the verb, blanks and CRLF
 * included.
 */
static size_t args_len(const char *args)
{
	return args ? strlen(args + strspn(args, " \r\n")) : 0;
}

int smtptls_conn_accept_starttls(struct smtptls_conn *conn, const char *args,
				 size_t unread)
{
	const char *reply;
	ssize_t said;
	int code, ret;

	if (!conn || conn->role != SMTPTLS_SERVER)
		return SMTPTLS_E_ARG;
	ret = stls_conn_final(conn);
	if (ret < 0)
		return ret;
	if (conn->state == SMTPTLS_HANDSHAKE)
		return SMTPTLS_E_STATE;
	if (stls_buffer_len(&conn->out) >= OUTPUT_HELD)
		return SMTPTLS_E_AGAIN;
	code = smtptls_starttls_verdict(
		args, args_len(args), conn->tls_enabled,
		smtptls_conn_can_starttls(conn),
		unread > 0 || stls_buffer_len(&conn->in) > 0, &reply);
	if (code == SMTPTLS_E_INJECTION)
		return stls_conn_fail_injection(conn);
	ret = code == 220 ? stls_expected_check(conn, 0) : code;
	if (ret < 0)
		return ret;
	said = stls_conn_put(conn, reply, strlen(reply), (size_t)-1);
	if (said < 0)
		return (int)said;
	ret = code == 220 ? stls_conn_start(conn) : 0;
	return ret < 0 ? ret : code;
}

int smtptls_conn_set_starttls_answered(struct smtptls_conn *conn)
{
	int ret;

	if (!conn || conn->role != SMTPTLS_SERVER)
		return SMTPTLS_E_ARG;
	ret = stls_conn_final(conn);
	if (ret == 0 && (conn->state != SMTPTLS_PLAIN || conn->spoken))
		ret = SMTPTLS_E_STATE;
	if (ret < 0)
		return ret;
	conn->answered = 1;
	return 0;
}

int smtptls_conn_start_tls(struct smtptls_conn *conn, size_t unread)
{
	int ret;

	if (!conn)
		return SMTPTLS_E_ARG;
	ret = stls_conn_final(conn);
	if (ret < 0)
		return ret;
	if (conn->state != SMTPTLS_PLAIN || stls_conn_negotiating(conn) ||
	    (conn->role == SMTPTLS_SERVER && conn->spoken))
		return SMTPTLS_E_STATE;
	if (unread > 0 || stls_buffer_len(&conn->in) > 0)
		return stls_conn_fail_injection(conn);
	if (conn->role == SMTPTLS_SERVER && !conn->config->has_certificate)
		return stls_conn_fail(conn, SMTPTLS_E_CONFIG,
				      "a server needs a certificate: call "
				      "smtptls_config_add_cert_file()");
	ret = stls_expected_check(conn, 0);
	return ret < 0 ? ret : stls_conn_start(conn);
}

int smtptls_conn_close(struct smtptls_conn *conn)
{
	int ret = 0;

	if (!conn)
		return SMTPTLS_E_ARG;
	if (conn->state == SMTPTLS_FAILED)
		return conn->error;
	if (conn->state == SMTPTLS_CLOSED)
		return 0;
	if (conn->state != SMTPTLS_PLAIN)
		ret = stls_session_close(conn->session);
	if (ret < 0)
		return stls_conn_fail_session(conn, ret);
	conn->state = SMTPTLS_CLOSED;
	return 0;
}

/* The errno as a sentence, for a connection without a session to hold it. */
static const char *system_text(struct smtptls_conn *conn, int number)
{
	char text[STLS_REASON_TEXT];

	stls_system_error_write(number, "before TLS", text, sizeof(text));
	conn->system_text = strdup(text);
	return conn->system_text ? conn->system_text
				 : smtptls_strerror(SMTPTLS_E_IO);
}

int smtptls_conn_abort_errno(struct smtptls_conn *conn, int number)
{
	if (!conn || number <= 0)
		return SMTPTLS_E_ARG;
	if (stls_conn_final(conn) < 0)
		return 0;
	if (conn->session) {
		stls_session_abort(conn->session, SMTPTLS_E_IO, number);
		(void)stls_conn_fail_session(conn, SMTPTLS_E_IO);
		return 0;
	}
	if (stls_conn_negotiating(conn))
		(void)stls_negotiate_fail(conn, SMTPTLS_E_IO);
	else
		(void)stls_conn_fail(conn, SMTPTLS_E_IO, "");
	conn->error_text = system_text(conn, number);
	return 0;
}

int smtptls_conn_abort(struct smtptls_conn *conn, int error)
{
	const struct smtptls_error_info *info = smtptls_error_info(error);

	if (!conn || !info || info->error_class == SMTPTLS_CLASS_USAGE ||
	    info->error_class == SMTPTLS_CLASS_AGAIN)
		return SMTPTLS_E_ARG;
	if (stls_conn_final(conn) < 0)
		return 0;
	if (conn->session)
		stls_session_abort(conn->session, error, 0);
	if (stls_conn_negotiating(conn))
		(void)stls_negotiate_fail(conn, error);
	else
		(void)(conn->session ? stls_conn_fail_session(conn, error)
				     : stls_conn_fail(conn, error, info->text));
	return 0;
}

int smtptls_conn_abort_timeout(struct smtptls_conn *conn, unsigned limit_ms)
{
	if (conn && conn->session)
		conn->session->limit_ms = limit_ms;
	if (conn && conn->negotiation)
		conn->negotiation->dialogue.limit_ms = limit_ms;
	return smtptls_conn_abort(conn, SMTPTLS_E_TIMEOUT);
}

int smtptls_conn_timed_out(struct smtptls_conn *conn)
{
	if (!conn)
		return SMTPTLS_E_ARG;
	if (conn->state == SMTPTLS_FAILED)
		return conn->error;
	conn->error_text = stls_buffer_len(&conn->out) > 0
				   ? "peer read nothing for too long"
				   : "peer was silent for too long";
	return 0;
}

/* ---- the network's side ---- */

static int fail_proxy(struct smtptls_conn *conn, int version)
{
	conn->reason = SMTPTLS_REASON_PROXY_HEADER;
	(void)stls_conn_fail(conn, SMTPTLS_E_PROTOCOL,
			     stls_proxy_sentence(version));
	conn->readable = 0;
	return conn->error;
}

/*
 * A version 2 header of the PROXY protocol begins with two empty lines, which
 * are handed out as such; its third line is unlike any line of SMTP. Returns 1
 * if that line is not to be handed out, or not yet.
 */
static int hold_proxy(struct smtptls_conn *conn, const unsigned char *held,
		      size_t len)
{
	int found = conn->role == SMTPTLS_SERVER && held[0] == '\0'
			    ? stls_proxy_header(held, len, strlen("\r\n\r\n"))
			    : 0;

	if (found > 0)
		(void)fail_proxy(conn, found);
	return found != 0;
}

/* Find the end of the first line, looking at each byte once. */
static void find_line(struct smtptls_conn *conn)
{
	const unsigned char *held, *end;
	size_t len = stls_buffer_peek(&conn->in, &held);

	if (conn->session || conn->line > 0 || len == conn->looked)
		return;
	end = memchr(held + conn->looked, '\n', len - conn->looked);
	if (end && held[0] == '\0' && hold_proxy(conn, held, len))
		return;
	if (end)
		conn->line = (size_t)(end - held) + 1;
	conn->looked = end ? 0 : len;
}

/* How many bytes of plaintext can be read now. */
static size_t plain_readable(const struct smtptls_conn *conn)
{
	size_t len = stls_buffer_len(&conn->in);

	if (conn->line > 0)
		return conn->line;
	return conn->eof || len >= INPUT_HELD ? len : 0;
}

static int app_in_open(const struct smtptls_conn *conn)
{
	switch (conn->state) {
	case SMTPTLS_PLAIN:
		return !stls_conn_negotiating(conn) &&
		       (plain_readable(conn) > 0 ||
			(conn->eof && !conn->eof_told));
	case SMTPTLS_TLS:
		return stls_session_readable(conn->session) &&
		       stls_buffer_len(&conn->out) <= OUTPUT_FULL;
	case SMTPTLS_FAILED:
		return !conn->error_told;
	default:
		return 0;
	}
}

static int net_in_open(const struct smtptls_conn *conn)
{
	return stls_conn_final(conn) == 0 && !conn->eof &&
	       stls_buffer_len(&conn->in) <= INPUT_HELD;
}

static int app_out_open(const struct smtptls_conn *conn)
{
	return stls_conn_final(conn) == 0 && conn->state != SMTPTLS_HANDSHAKE &&
	       !stls_conn_negotiating(conn) &&
	       stls_buffer_len(&conn->out) < OUTPUT_HELD;
}

int smtptls_conn_poll(const struct smtptls_conn *conn)
{
	int mask = 0;

	if (!conn)
		return 0;
	if (stls_buffer_len(&conn->out) > 0)
		mask |= SMTPTLS_NET_OUT;
	if (app_in_open(conn))
		mask |= SMTPTLS_APP_IN;
	if (net_in_open(conn))
		mask |= SMTPTLS_NET_IN;
	if (app_out_open(conn))
		mask |= SMTPTLS_APP_OUT;
	return mask;
}

/*
 * No SMTP command begins like this: it is TLS on a port for STARTTLS, or a
 * proxy's header.
 */
static int check_first_bytes(struct smtptls_conn *conn)
{
	static const char proxy[] = "PROXY ";
	const unsigned char *held;
	size_t len = conn->heard ? 0 : stls_buffer_peek(&conn->in, &held);

	if (len == 0)
		return 0;
	/* Undecided while the input is a proper prefix of "PROXY ". */
	conn->heard = held[0] != 'P' || len >= strlen(proxy) ||
		      memcmp(held, proxy, len) != 0;
	if (conn->state != SMTPTLS_PLAIN || conn->role != SMTPTLS_SERVER)
		return 0;
	if (held[0] == 'P' && stls_proxy_header(held, len, 0) == 1)
		return fail_proxy(conn, 1);
	if (held[0] != TLS_HANDSHAKE)
		return 0;
	conn->reason = SMTPTLS_REASON_TLS_FOR_SMTP;
	(void)stls_conn_fail(conn, SMTPTLS_E_PROTOCOL,
			     stls_end_sentence(conn->reason, 1));
	conn->readable = 0;
	return conn->error;
}

size_t smtptls_conn_input(struct smtptls_conn *conn, unsigned char **ptr)
{
	if (!conn || !ptr || !net_in_open(conn))
		return 0;
	if (conn->room == 0) {
		if (stls_buffer_reserve(&conn->in, INPUT_ROOM, ptr) < 0) {
			(void)stls_conn_fail_nomem(conn);
			return 0;
		}
		stls_buffer_pin(&conn->in);
		conn->room = INPUT_ROOM;
	}
	*ptr = conn->in.block.data + conn->in.block.end;
	return conn->room;
}

/* Process the input: the dialogue, the next line or the handshake. */
static int process_input(struct smtptls_conn *conn)
{
	conn->error_text = ""; /* what smtptls_conn_timed_out() has set */
	if (stls_conn_negotiating(conn))
		return stls_negotiate(conn);
	find_line(conn);
	return conn->state == SMTPTLS_HANDSHAKE ? stls_conn_handshake(conn)
						: conn->error;
}

int smtptls_conn_input_done(struct smtptls_conn *conn, size_t n)
{
	if (!conn)
		return SMTPTLS_E_ARG;
	if (n > conn->room)
		return conn->room > 0 ? SMTPTLS_E_ARG : SMTPTLS_E_STATE;
	/* Input that arrives after the end is discarded. */
	if (stls_conn_final(conn) == 0 && !conn->eof)
		stls_buffer_commit(&conn->in, n);
	else
		stls_buffer_discard(&conn->in, n);
	conn->room = 0;
	stls_buffer_unpin(&conn->in);
	if (stls_conn_final(conn) < 0 || check_first_bytes(conn) < 0)
		return conn->error;
	return process_input(conn);
}

int smtptls_conn_input_eof(struct smtptls_conn *conn)
{
	if (!conn)
		return SMTPTLS_E_ARG;
	conn->eof = 1;
	if (conn->session)
		conn->session->eof = 1;
	return stls_conn_final(conn) < 0 ? conn->error : process_input(conn);
}

size_t smtptls_conn_output(struct smtptls_conn *conn, const unsigned char **ptr)
{
	size_t len;

	if (!conn || !ptr)
		return 0;
	len = stls_buffer_peek(&conn->out, ptr);
	if (len > 0)
		stls_buffer_pin(&conn->out);
	return len;
}

int smtptls_conn_output_done(struct smtptls_conn *conn, size_t n)
{
	const unsigned char *ptr;

	if (!conn || n > stls_buffer_peek(&conn->out, &ptr))
		return SMTPTLS_E_ARG;
	stls_buffer_drop(&conn->out, n);
	stls_buffer_unpin(&conn->out);
	return 0;
}

/* ---- the application's side ---- */

static ssize_t read_plain(struct smtptls_conn *conn, void *data, size_t len)
{
	const unsigned char *held;
	size_t n = plain_readable(conn);

	if (stls_conn_negotiating(conn))
		return SMTPTLS_E_AGAIN;
	if (n == 0) {
		if (!conn->eof)
			return SMTPTLS_E_AGAIN;
		conn->eof_told = 1;
		return 0;
	}
	if (n > len)
		n = len;
	(void)stls_buffer_peek(&conn->in, &held);
	memcpy(data, held, n);
	stls_buffer_drop(&conn->in, n);
	conn->line -= conn->line > 0 ? n : 0;
	conn->looked -= conn->looked > 0 ? n : 0;
	conn->spoken = 1;
	find_line(conn);
	return (ssize_t)n;
}

static ssize_t read_tls(struct smtptls_conn *conn, void *data, size_t len)
{
	ssize_t ret;
	int bye;

	if (stls_buffer_len(&conn->out) > OUTPUT_FULL)
		return SMTPTLS_E_AGAIN;
	ret = stls_session_read(conn->session, data, len);
	if (ret > 0 || ret == SMTPTLS_E_AGAIN)
		return ret;
	if (ret < 0) {
		(void)stls_conn_fail_session(conn, (int)ret);
		conn->readable = 0;
		conn->error_told = 1;
		return ret;
	}
	bye = stls_session_close(conn->session);
	if (bye < 0)
		return stls_conn_fail_session(conn, bye);
	conn->state = SMTPTLS_CLOSED;
	conn->peer_closed = 1;
	/* Set if the peer left as soon as TLS was on, else "". */
	conn->error_text = conn->session->text;
	return 0;
}

/* Return the input from before the error, then the error. */
static ssize_t read_failed(struct smtptls_conn *conn, void *data, size_t len)
{
	ssize_t ret = 0;

	if (conn->readable && conn->tls_enabled)
		ret = stls_session_read(conn->session, data, len);
	else if (conn->readable && plain_readable(conn) > 0)
		ret = read_plain(conn, data, len);
	if (ret > 0)
		return ret;
	conn->readable = 0;
	conn->error_told = 1;
	return conn->error;
}

ssize_t smtptls_conn_read(struct smtptls_conn *conn, void *data, size_t len)
{
	if (!conn || !data || len == 0)
		return SMTPTLS_E_ARG;
	switch (conn->state) {
	case SMTPTLS_PLAIN:
		return read_plain(conn, data, len);
	case SMTPTLS_HANDSHAKE:
		return SMTPTLS_E_AGAIN;
	case SMTPTLS_TLS:
		return read_tls(conn, data, len);
	case SMTPTLS_CLOSED:
		return conn->peer_closed ? 0 : SMTPTLS_E_STATE;
	default:
		return read_failed(conn, data, len);
	}
}

ssize_t smtptls_conn_write(struct smtptls_conn *conn, const void *data,
			   size_t len)
{
	ssize_t ret;

	if (!conn || !data)
		return SMTPTLS_E_ARG;
	ret = stls_conn_final(conn);
	if (ret < 0)
		return ret;
	if (len == 0)
		return 0;
	if (!app_out_open(conn))
		return SMTPTLS_E_AGAIN;
	return stls_conn_put(conn, data, len, OUTPUT_HELD);
}
