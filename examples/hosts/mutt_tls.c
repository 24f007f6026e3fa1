/* SPDX-License-Identifier: MIT */
/*
 * mutt_tls: the TLS of mutt 2.2, on the library instead of mutt_ssl_gnutls.c,
 * which ./dev hosts replaces with this file.
 *
 * Mutt itself sends STARTTLS to SMTP, POP and IMAP servers, and reads ahead:
 * bytes that it holds after the reply are counted, and TLS is refused, while
 * the original discards them.
 *
 * $ssl_ciphers is an OpenSSL list, as for a mutt built with OpenSSL.
 * $certificate_file holds authorities, and the user is not asked to accept a
 * certificate that they did not sign; names and dates are always checked. A
 * private key with a passphrase is refused.
 */
#if HAVE_CONFIG_H
#include "config.h"
#endif

#include <smtptls.h>

#include "mutt.h"
#include "mutt_curses.h"
#include "mutt_socket.h"
#include "mutt_ssl.h"

/* RFC 5321 section 4.5.3.2. */
#ifndef TIMEOUT_MS
#define TIMEOUT_MS 300000
#endif

static int refuse(const char *text)
{
	mutt_error("TLS: %s", text);
	mutt_sleep(2);
	return -1;
}

static int refuse_conn(struct smtptls_conn *tls, ssize_t error)
{
	const char *text;

	(void)smtptls_conn_error(tls, &text);
	return refuse(*text ? text : smtptls_strerror((int)error));
}

/* ---- configuration ---- */

static int set_policy(struct smtptls_config *config)
{
	struct smtptls_policy_spec spec;
	struct smtptls_policy *policy;
	char protocols[64], error[STRING];
	int ret;

	snprintf(protocols, sizeof(protocols), "-ALL%s%s%s%s",
		 option(OPTTLSV1) ? " TLSv1" : "",
		 option(OPTTLSV1_1) ? " TLSv1.1" : "",
		 option(OPTTLSV1_2) ? " TLSv1.2" : "",
		 option(OPTTLSV1_3) ? " TLSv1.3" : "");
	memset(&spec, 0, sizeof(spec));
	spec.protocols = protocols;
	spec.ciphers = SslCiphers;
	ret = smtptls_policy_new(&policy, &spec, sizeof(spec), error,
				 sizeof(error));
	if (ret < 0)
		return refuse(error);
	ret = smtptls_config_set_policy(config, policy);
	smtptls_policy_unref(policy);
	return ret;
}

static struct smtptls_config *make_config(void)
{
	struct smtptls_config *config;
	int ret = smtptls_config_new(&config);

	if (ret < 0) {
		refuse(smtptls_strerror(ret));
		return NULL;
	}
	if (set_policy(config) < 0)
		goto fail;
	if (SslCertFile && access(SslCertFile, R_OK) == 0)
		ret = smtptls_config_set_ca_file(config, SslCertFile);
	if (ret == 0 && SslCACertFile)
		ret = smtptls_config_set_ca_file(config, SslCACertFile);
	if (ret == 0 && SslClientCert)
		ret = smtptls_config_add_cert_file(config, SslClientCert,
						   SslClientCert);
	if (ret == 0)
		ret = smtptls_config_freeze(config);
	if (ret == 0)
		return config;
	refuse(smtptls_config_error(config));
fail:
	smtptls_config_unref(config);
	return NULL;
}

/* ---- mutt's functions for a connection ---- */

static int tls_read(CONNECTION *conn, char *buf, size_t len)
{
	ssize_t n = smtptls_fd_read(conn->sockdata, conn->fd, conn->fd, buf,
				    len, TIMEOUT_MS);

	return n < 0 ? refuse_conn(conn->sockdata, n) : (int)n;
}

static int tls_write(CONNECTION *conn, const char *buf, size_t len)
{
	ssize_t n = smtptls_fd_write(conn->sockdata, conn->fd, conn->fd, buf,
				     len, TIMEOUT_MS);

	return n < 0 ? refuse_conn(conn->sockdata, n) : (int)n;
}

static int tls_poll(CONNECTION *conn, time_t seconds)
{
	int ports = smtptls_fd_pump(conn->sockdata, conn->fd, conn->fd,
				    SMTPTLS_APP_IN, (int)seconds * 1000);

	return ports == SMTPTLS_E_TIMEOUT ? 0 : ports;
}

static int tls_close(CONNECTION *conn)
{
	smtptls_conn_close(conn->sockdata);
	(void)smtptls_fd_pump(conn->sockdata, conn->fd, conn->fd, 0, 2000);
	smtptls_conn_free(conn->sockdata);
	conn->sockdata = NULL;
	conn->conn_read = raw_socket_read;
	conn->conn_write = raw_socket_write;
	conn->conn_close = raw_socket_close;
	conn->conn_poll = raw_socket_poll;
	return raw_socket_close(conn);
}

/* `unread` bytes are in mutt's buffer. */
static int start_tls(CONNECTION *conn, size_t unread)
{
	struct smtptls_config *config = make_config();
	struct smtptls_conn *tls;
	struct smtptls_info info;
	int ret;

	if (!config)
		return -1;
	ret = smtptls_conn_new(&tls, config, SMTPTLS_CLIENT);
	smtptls_config_unref(config);
	if (ret < 0)
		return refuse(smtptls_strerror(ret));
	ret = smtptls_conn_set_verify(tls, SMTPTLS_VERIFY_CA);
	if (ret == 0)
		ret = smtptls_conn_set_peer(tls, SslVerifyHostOverride
							 ? SslVerifyHostOverride
							 : conn->account.host);
	if (ret == 0)
		ret = smtptls_conn_start_tls(tls, unread);
	if (ret == 0)
		ret = smtptls_fd_start_tls(tls, conn->fd, conn->fd,
					   ConnectTimeout > 0
						   ? ConnectTimeout * 1000
						   : TIMEOUT_MS);
	if (ret < 0) {
		/* send the alert */
		(void)smtptls_fd_pump(tls, conn->fd, conn->fd, 0, 2000);
		refuse_conn(tls, ret);
		smtptls_conn_free(tls);
		return -1;
	}
	(void)smtptls_conn_info(tls, &info, sizeof(info));
	if (!option(OPTNOCURSES))
		mutt_message("SSL/TLS connection using %s (%s)", info.protocol,
			     info.cipher_openssl);
	conn->ssf = (unsigned)info.cipher_bits;
	conn->sockdata = tls;
	conn->conn_read = tls_read;
	conn->conn_write = tls_write;
	conn->conn_close = tls_close;
	conn->conn_poll = tls_poll;
	return 0;
}

static int tls_open(CONNECTION *conn)
{
	if (raw_socket_open(conn) < 0)
		return -1;
	if (start_tls(conn, 0) == 0)
		return 0;
	raw_socket_close(conn);
	return -1;
}

/* ---- what mutt calls ---- */

int mutt_ssl_socket_setup(CONNECTION *conn)
{
	conn->conn_open = tls_open;
	conn->conn_close = raw_socket_close;
	return 0;
}

int mutt_ssl_starttls(CONNECTION *conn)
{
	return start_tls(conn, (size_t)(conn->available - conn->bufpos));
}
