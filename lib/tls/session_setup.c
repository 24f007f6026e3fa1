/* SPDX-License-Identifier: MIT */
/*
 * tls/session_setup: prepares a GnuTLS session for its handshake: how it
 * reaches the two buffers, what it may negotiate, and who judges the hello.
 */
#include "tls/session.h"

#include <errno.h>
#include <string.h>

#include "tls/client_certificate.h"
#include "tls/session_bytes.h"
#include "tls/sni.h"
#include "x509/name.h"

/* ---- transport ---- */

static void keep_last(struct stls_session *session, const unsigned char *data,
		      size_t n)
{
	size_t size = sizeof(session->last);

	if (n > size) {
		data += n - size;
		n = size;
	}
	memmove(session->last, session->last + n, size - n);
	memcpy(session->last + size - n, data, n);
}

static ssize_t pull(gnutls_transport_ptr_t ptr, void *data, size_t len)
{
	struct stls_session *session = ptr;
	const unsigned char *held;
	size_t n = stls_buffer_peek(session->in, &held);

	if (n == 0) {
		if (session->eof) {
			session->cut = 1;
			return 0;
		}
		gnutls_transport_set_errno(session->tls, EAGAIN);
		return -1;
	}
	if (n > len)
		n = len;
	memcpy(data, held, n);
	if (!session->complete)
		keep_last(session, held, n);
	stls_buffer_drop(session->in, n);
	session->silent += n;
	return (ssize_t)n;
}

static ssize_t push(gnutls_transport_ptr_t ptr, const giovec_t *iov, int count)
{
	struct stls_session *session = ptr;
	unsigned char *room;
	size_t total = 0;
	int i;

	/* All or nothing: after an error GnuTLS would send it all again. */
	for (i = 0; i < count; i++)
		total += iov[i].iov_len;
	if (stls_buffer_reserve(session->out, total, &room) < 0) {
		gnutls_transport_set_errno(session->tls, ENOMEM);
		return -1;
	}
	for (i = 0; i < count; i++) {
		if (iov[i].iov_len > 0)
			memcpy(room, iov[i].iov_base, iov[i].iov_len);
		room += iov[i].iov_len;
	}
	stls_buffer_commit(session->out, total);
	return (ssize_t)total;
}

/* ---- roles ---- */

/*
 * A client that asks for another protocol by ALPN does not speak SMTP: it may
 * be a browser that was lured here (ALPACA, RFC 9325 section 3.8). The names
 * are Exim's.
 */
static int set_up_alpn(struct stls_session *session)
{
	unsigned char smtp[] = "smtp", esmtp[] = "esmtp";
	const gnutls_datum_t names[] = { { smtp, 4 }, { esmtp, 5 } };

	return gnutls_alpn_set_protocols(session->tls, names, 2,
					 GNUTLS_ALPN_MANDATORY);
}

int stls_session_tickets(struct stls_session *session)
{
	return gnutls_session_ticket_enable_server(
		session->tls,
		&session->config->ticket_key[session->expected->verify]);
}

static int set_up_server(struct stls_session *session,
			 const struct smtptls_config *config)
{
	int ret = set_up_alpn(session);

	if (ret < 0)
		return ret;
	if (session->expected->verify != SMTPTLS_VERIFY_NONE)
		gnutls_certificate_server_set_request(session->tls,
						      GNUTLS_CERT_REQUEST);
	return config->sni ? 0 : stls_session_tickets(session);
}

/* GnuTLS calls this for every message. */
static int on_message(gnutls_session_t tls, unsigned type, unsigned when,
		      unsigned incoming, const gnutls_datum_t *message)
{
	struct stls_session *session = gnutls_transport_get_ptr(tls);
	int ret;

	(void)when;
	if (incoming && type == GNUTLS_HANDSHAKE_CERTIFICATE_REQUEST &&
	    session->role == SMTPTLS_CLIENT)
		return stls_client_certificate_choose(tls, session->config,
						      message);
	if (session->judge.chosen && type == GNUTLS_HANDSHAKE_CLIENT_HELLO &&
	    incoming) {
		ret = stls_sni_choose(session, message);
		if (ret < 0)
			return ret;
	}
	return stls_judge_message(&session->judge, tls, type, incoming,
				  message);
}

/* Whether this is a client with certificates to choose from. */
static int has_choice(const struct stls_session *session)
{
	return session->role == SMTPTLS_CLIENT &&
	       session->config->own.count > 0;
}

void stls_session_judge_by(struct stls_session *session,
			   const struct smtptls_config *config)
{
	int server = session->role == SMTPTLS_SERVER;

	session->judge.policy = config->policy;
	session->judge.shadow = server ? config->shadow : NULL;
	session->judge.own = &config->own;
	session->judge.single = config->single.credentials;
	session->judge.asks = session->expected->verify != SMTPTLS_VERIFY_NONE;
	session->judge.strict = server && config->strict_sni;
}

static void set_up_judge(struct stls_session *session,
			 const struct smtptls_config *config)
{
	stls_session_judge_by(session, config);
	session->judge.chosen = session->role == SMTPTLS_SERVER && config->sni;
	if (stls_judge_wanted(&session->judge) || has_choice(session))
		gnutls_handshake_set_hook_function(session->tls,
						   GNUTLS_HANDSHAKE_ANY,
						   GNUTLS_HOOK_PRE, on_message);
}

static int set_up_client(struct stls_session *session)
{
	unsigned char address[16];
	size_t size;

	/* RFC 6066 section 3: no addresses in SNI. */
	if (!session->expected->peer ||
	    stls_is_address(session->expected->peer, address, &size))
		return 0;
	return gnutls_server_name_set(session->tls, GNUTLS_NAME_DNS,
				      session->expected->peer,
				      strlen(session->expected->peer));
}

static int make(struct stls_session *session,
		const struct smtptls_config *config)
{
	unsigned flags = GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL;
	int ret, server = session->role == SMTPTLS_SERVER;

	/*
	 * Under TLS 1.3 tickets would be sent before the peer is verified.
	 * on_message() chooses a client's certificate: GnuTLS is to send what
	 * it is given.
	 */
	flags |= server ? GNUTLS_SERVER | GNUTLS_NO_AUTO_SEND_TICKET
			: GNUTLS_CLIENT | GNUTLS_FORCE_CLIENT_CERT;
	ret = gnutls_init(&session->tls, flags);
	if (ret < 0) {
		session->tls = NULL;
		return ret;
	}
	gnutls_transport_set_ptr(session->tls, session);
	gnutls_transport_set_pull_function(session->tls, pull);
	gnutls_transport_set_vec_push_function(session->tls, push);
	ret = gnutls_priority_set(session->tls, config->priority);
	if (ret == 0)
		ret = gnutls_credentials_set(
			session->tls, GNUTLS_CRD_CERTIFICATE,
			has_choice(session) ? config->single.none
					    : config->credentials);
	if (ret == 0 && config->dh.anonymous && server)
		ret = gnutls_credentials_set(session->tls, GNUTLS_CRD_ANON,
					     config->dh.anonymous);
	if (ret < 0)
		return ret;
	set_up_judge(session, config);
	return server ? set_up_server(session, config) : set_up_client(session);
}

int stls_session_set_up(struct stls_session *session,
			const struct smtptls_config *config)
{
	gnutls_datum_t offered;
	int ret = make(session, config);

	if (ret < 0 || session->role != SMTPTLS_CLIENT ||
	    !stls_session_bytes_open(config, session->expected, &offered) ||
	    gnutls_session_set_data(session->tls, offered.data, offered.size) ==
		    0)
		return ret;
	/* The data may be another GnuTLS's; none of it must remain. */
	gnutls_deinit(session->tls);
	return make(session, config);
}
