/* SPDX-License-Identifier: MIT */
/*
 * attach: adds OpenSSL's strings to a server that already uses GnuTLS.
 *
 *   attach CERT KEY CIPHERS
 *
 * serves one connection on its standard input and output, as inetd(8) starts
 * it for port 465: TLS from the first byte, one line read, one reply. Session,
 * credentials and I/O are the program's own; from the library it uses only the
 * policy, in make_policy(), smtptls_policy_attach() and handshake(). The reason
 * for refusing a client goes to standard error.
 *
 * With DHE suites it would also call gnutls_certificate_set_dh_params().
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <smtptls/gnutls.h>

enum { IN = 0, OUT = 1 };

static struct smtptls_policy *make_policy(const char *ciphers)
{
	struct smtptls_policy_spec spec = { .ciphers = ciphers };
	struct smtptls_policy *policy;
	char error[256];

	if (smtptls_policy_new(&policy, &spec, sizeof(spec), error,
			       sizeof(error)) == 0)
		return policy;
	fprintf(stderr, "attach: %s\n", error);
	return NULL;
}

/* 0, or -1 after printing the reason: the policy's, if any, or GnuTLS's. */
static int handshake(gnutls_session_t session)
{
	const char *text;
	int ret, reason;

	do
		ret = gnutls_handshake(session);
	while (ret < 0 && !gnutls_error_is_fatal(ret));
	reason = smtptls_policy_result(session, ret, &text);
	if (ret == 0 && reason == 0)
		return 0;
	if (reason > 0)
		fprintf(stderr, "attach: refused, %s: %s\n",
			smtptls_reason_name(reason), text);
	else
		fprintf(stderr, "attach: %s\n",
			ret < 0 ? gnutls_strerror(ret)
				: smtptls_strerror(reason));
	if (ret < 0)
		(void)gnutls_alert_send_appropriate(session, ret);
	return -1;
}

static int say(gnutls_session_t session, const char *text)
{
	ssize_t n;

	for (size_t len = strlen(text); len > 0; len -= (size_t)n, text += n) {
		do
			n = gnutls_record_send(session, text, len);
		while (n == GNUTLS_E_INTERRUPTED || n == GNUTLS_E_AGAIN);
		if (n < 0)
			return -1;
	}
	return 0;
}

static int serve(gnutls_session_t session)
{
	char line[1024];
	ssize_t n;

	if (say(session, "220 localhost ESMTP\r\n") < 0)
		return -1;
	do
		n = gnutls_record_recv(session, line, sizeof(line));
	while (n == GNUTLS_E_INTERRUPTED || n == GNUTLS_E_AGAIN);
	if (n <= 0 || say(session, "221 2.0.0 Bye\r\n") < 0)
		return -1;
	return gnutls_bye(session, GNUTLS_SHUT_WR);
}

int main(int argc, char **argv)
{
	gnutls_certificate_credentials_t own = NULL;
	struct smtptls_policy *policy = NULL;
	gnutls_session_t session = NULL;
	int ret, status = 1;

	signal(SIGPIPE, SIG_IGN);
	if (argc != 4) {
		fprintf(stderr, "usage: attach CERT KEY CIPHERS\n");
		return 2;
	}
	policy = make_policy(argv[3]);
	if (!policy)
		goto out;
	if ((ret = gnutls_certificate_allocate_credentials(&own)) < 0 ||
	    (ret = gnutls_certificate_set_x509_key_file(
		     own, argv[1], argv[2], GNUTLS_X509_FMT_PEM)) < 0 ||
	    (ret = gnutls_init(&session, GNUTLS_SERVER)) < 0 ||
	    (ret = gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE,
					  own)) < 0) {
		fprintf(stderr, "attach: %s\n", gnutls_strerror(ret));
		goto out;
	}
	ret = smtptls_policy_attach(policy, session);
	if (ret < 0) {
		fprintf(stderr, "attach: %s\n", smtptls_strerror(ret));
		goto out;
	}
	gnutls_transport_set_int2(session, IN, OUT);
	gnutls_handshake_set_timeout(session, GNUTLS_DEFAULT_HANDSHAKE_TIMEOUT);
	if (handshake(session) == 0 && serve(session) == 0)
		status = 0;

out:
	if (session)
		gnutls_deinit(session);
	if (own)
		gnutls_certificate_free_credentials(own);
	smtptls_policy_unref(policy);
	return status;
}
