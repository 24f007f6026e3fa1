/* SPDX-License-Identifier: MIT */
/*
 * nullmailer_tls: the TLS of nullmailer, on the library instead of
 * protocols/tls_gnutls.cc, which ./dev hosts replaces with this file.
 *
 * nullmailer's smtp is a blocking client. With STARTTLS the library speaks from
 * the greeting on, so protocol_starttls() is no longer called: the library
 * counts the bytes that follow a reply, which were left in a discarded buffer
 * before. The library also checks the peer's name and certificate, keeps the
 * time limit and words the failures.
 *
 * DER certificates and anonymous key exchange are refused.
 */
#include <config.h>
#include <stdlib.h>
#include <unistd.h>

#include <smtptls.h>

#include "errcodes.h"
#include "mystring/mystring.h"
#include "protocol.h"

int tls_insecure = false;
int tls_anon_auth = false;
const char *tls_x509certfile = NULL;
const char *tls_x509keyfile = NULL;
const char *tls_x509cafile = NULL;
const char *tls_x509crlfile = NULL;
int tls_x509derfmt = false;

/* RFC 5321 section 4.5.3.2. */
#ifndef TIMEOUT_MS
#define TIMEOUT_MS 300000
#endif

static struct smtptls_config *config;
static struct smtptls_conn *conn;

static void check_config(int ret)
{
	if (ret < 0)
		protocol_fail(ERR_MSG_TEMPFAIL, smtptls_config_error(config));
}

static void check(ssize_t ret)
{
	const char *text;

	if (ret >= 0)
		return;
	(void)smtptls_conn_error(conn, &text);
	protocol_fail(ERR_MSG_TEMPFAIL,
		      *text ? text : smtptls_strerror((int)ret));
}

/* nullmailer's buffers use these two for I/O, and hold only plaintext. */
class conn_in : public fdibuf
{
      public:
	explicit conn_in(int net) : fdibuf(-1), net(net)
	{
		flags &= ~flag_closed;
	}

      protected:
	virtual ssize_t _read(char *buf, ssize_t len)
	{
		ssize_t n = smtptls_fd_read(conn, net, net, buf, (size_t)len,
					    TIMEOUT_MS);

		check(n);
		return n;
	}

      private:
	int net;
};

class conn_out : public fdobuf
{
      public:
	explicit conn_out(int net) : fdobuf(-1), net(net)
	{
		flags &= ~flag_closed;
	}

      protected:
	virtual ssize_t _write(const char *buf, ssize_t len)
	{
		ssize_t n = smtptls_fd_write(conn, net, net, buf, (size_t)len,
					     TIMEOUT_MS);

		check(n);
		return n;
	}

      private:
	int net;
};

void tls_init(const char *remote)
{
	int verify = SMTPTLS_VERIFY_CA;

	if (tls_x509derfmt || tls_anon_auth)
		protocol_fail(ERR_MSG_TEMPFAIL,
			      "DER and anonymous TLS are not available");
	if (!tls_x509keyfile)
		tls_x509keyfile = tls_x509certfile;
	if (!tls_x509cafile && access(DEFAULT_CA_FILE, R_OK) == 0)
		tls_x509cafile = DEFAULT_CA_FILE;
	if (!tls_x509cafile || tls_insecure)
		verify = SMTPTLS_VERIFY_NONE;
	if (smtptls_config_new(&config) < 0)
		protocol_fail(ERR_MSG_TEMPFAIL, "no memory for TLS");
	if (tls_x509certfile)
		check_config(smtptls_config_add_cert_file(
			config, tls_x509certfile, tls_x509keyfile));
	if (tls_x509cafile)
		check_config(
			smtptls_config_set_ca_file(config, tls_x509cafile));
	if (tls_x509crlfile)
		check_config(
			smtptls_config_set_crl_file(config, tls_x509crlfile));
	check_config(smtptls_config_freeze(config));
	check(smtptls_conn_new(&conn, config, SMTPTLS_CLIENT));
	check(smtptls_conn_set_verify(conn, verify));
	check(smtptls_conn_set_peer(conn, remote));
}

void tls_send(fdibuf &in, int fd)
{
	const char *name = getenv("HELOHOST");

	if (use_starttls)
		check(smtptls_conn_negotiate(conn, name ? name : "localhost",
					     0));
	else
		check(smtptls_conn_start_tls(conn, 0));
	check(smtptls_fd_start_tls(conn, fd, fd, TIMEOUT_MS));
	conn_in netin(fd);
	conn_out netout(fd);
	protocol_send(in, netin, netout);
}
