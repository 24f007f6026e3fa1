/* SPDX-License-Identifier: MIT */
/*
 * client - sends small messages one after the other, in one of two ways
 *
 *	client gnutls|smtptls full|resumed --port PORT --count N --ca FILE
 *
 * The library's cost to a sender is the difference between "smtptls" and
 * "gnutls". The latter uses GnuTLS directly and is tuned by hand: one buffer
 * each way, each turn in one segment, no object between the socket and GnuTLS.
 *
 * Both do the same, and fail at the first wrong answer: banner, EHLO, STARTTLS,
 * handshake, EHLO, MAIL, RCPT, DATA, a message, QUIT, close_notify, with
 * 127.0.0.1. Both offer what the library's default policy offers, load the
 * system's authorities and those of FILE once, and verify the certificate, its
 * server purpose and the name "localhost", in resumed sessions too. "resumed"
 * begins with a full session; each session then saves the ticket for the next.
 *
 * On success one line "KIND MODE count=N" and status 0; otherwise a sentence on
 * stderr and status 1. An alarm ends it after 300 s.
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include <smtptls.h>
#include <smtptls/gnutls.h>

#define HOST	     "localhost"
#define RUN_SECONDS  300
#define LIMIT_MS     60000
#define BUFFER_BYTES 16384
#define REPLY_BYTES  2048

static const char MESSAGE[] = "From: Sender <sender@example.org>\r\n"
			      "To: Recipient <recipient@example.net>\r\n"
			      "Subject: a small message\r\n"
			      "\r\n"
			      "It has a line of text.\r\n"
			      ".\r\n";

struct session {
	int fd;
	struct smtptls_conn *conn; /* for "smtptls" */
	gnutls_session_t tls;	   /* for "gnutls", from the handshake on */
	size_t in_off, in_len, out_len;
	char in[BUFFER_BYTES];
	char out[BUFFER_BYTES];
};

/* What the two kinds do differently. */
struct kind {
	const char *name;
	int (*prepare)(const char *ca_file);
	int (*start)(struct session *session); /* TLS is on afterwards */
	ssize_t (*receive)(struct session *session, void *data, size_t len);
	int (*put)(struct session *session, const char *text, size_t len);
	int (*keep)(struct session *session); /* saves its session */
	int (*end)(struct session *session);
	void (*release)(void);
};

static const struct kind *kind;
static int resumes;
static unsigned long port, count;

/* The session that the next connection offers; length 0: none. */
static unsigned char kept[SMTPTLS_SESSION_MAX];
static size_t kept_len;

static int failed(const char *what, const char *why)
{
	fprintf(stderr, "client: %s: %s\n", what, why);
	return -1;
}

static int check_resumed(gnutls_session_t tls)
{
	return gnutls_session_is_resumed(tls) == (kept_len > 0)
		       ? 0
		       : failed("the handshake", "resumed, or not, unasked");
}

/* ---- GnuTLS directly ---- */

static gnutls_certificate_credentials_t credentials;
static gnutls_priority_t priority;

static int flush(struct session *session)
{
	size_t off = 0;
	ssize_t n;

	while (off < session->out_len) {
		n = send(session->fd, session->out + off,
			 session->out_len - off, MSG_NOSIGNAL);
		if (n < 0)
			return -1;
		off += (size_t)n;
	}
	session->out_len = 0;
	return 0;
}

static ssize_t push(gnutls_transport_ptr_t ptr, const giovec_t *iov, int n)
{
	struct session *session = ptr;
	size_t start = session->out_len;
	int i;

	for (i = 0; i < n; i++) {
		if (iov[i].iov_len > BUFFER_BYTES - session->out_len)
			return -1;
		memcpy(session->out + session->out_len, iov[i].iov_base,
		       iov[i].iov_len);
		session->out_len += iov[i].iov_len;
	}
	return (ssize_t)(session->out_len - start);
}

static ssize_t pull(gnutls_transport_ptr_t ptr, void *data, size_t len)
{
	struct session *session = ptr;
	ssize_t n;

	if (session->in_off == session->in_len) {
		if (flush(session))
			return -1;
		n = recv(session->fd, session->in, BUFFER_BYTES, 0);
		if (n <= 0)
			return n;
		session->in_off = 0;
		session->in_len = (size_t)n;
	}
	if (len > session->in_len - session->in_off)
		len = session->in_len - session->in_off;
	memcpy(data, session->in + session->in_off, len);
	session->in_off += len;
	return (ssize_t)len;
}

static int gnutls_prepare(const char *ca_file)
{
	struct smtptls_policy *policy;
	int ret;

	/* the same offer; the policy itself is not used */
	ret = smtptls_policy_new(&policy, NULL, 0, NULL, 0);
	if (ret < 0)
		return failed("the default policy", smtptls_strerror(ret));
	ret = gnutls_priority_init(&priority, smtptls_policy_priority(policy),
				   NULL);
	smtptls_policy_unref(policy);
	if (ret == 0)
		ret = gnutls_certificate_allocate_credentials(&credentials);
	if (ret == 0)
		ret = gnutls_certificate_set_x509_system_trust(credentials);
	if (ret >= 0)
		ret = gnutls_certificate_set_x509_trust_file(
			credentials, ca_file, GNUTLS_X509_FMT_PEM);
	return ret < 0 ? failed(ca_file, gnutls_strerror(ret)) : 0;
}

static ssize_t gnutls_receive(struct session *session, void *data, size_t len)
{
	ssize_t n;

	if (!session->tls)
		return pull(session, data, len);
	do /* a ticket comes before the reply */
		n = gnutls_record_recv(session->tls, data, len);
	while (n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED);
	return n;
}

static int gnutls_put(struct session *session, const char *text, size_t len)
{
	const giovec_t iov = { (void *)(size_t)text, len };

	if (!session->tls)
		return push(session, &iov, 1) < 0 ? -1 : 0;
	return gnutls_record_send(session->tls, text, len) == (ssize_t)len ? 0
									   : -1;
}

static int say(struct session *session, const char *line, const char *code);
static int expect(struct session *session, const char *code);

static int gnutls_begin(struct session *session)
{
	int ret = gnutls_init(&session->tls, GNUTLS_CLIENT | GNUTLS_NO_SIGNAL);

	if (ret < 0)
		return ret;
	gnutls_transport_set_ptr(session->tls, session);
	gnutls_transport_set_pull_function(session->tls, pull);
	gnutls_transport_set_vec_push_function(session->tls, push);
	gnutls_handshake_set_timeout(session->tls, 0);
	ret = gnutls_priority_set(session->tls, priority);
	if (ret == 0)
		ret = gnutls_credentials_set(
			session->tls, GNUTLS_CRD_CERTIFICATE, credentials);
	if (ret == 0)
		ret = gnutls_server_name_set(session->tls, GNUTLS_NAME_DNS,
					     HOST, strlen(HOST));
	if (ret == 0 && kept_len > 0)
		ret = gnutls_session_set_data(session->tls, kept, kept_len);
	return ret;
}

/* As in GnuTLS's manual: the chain, the name and the purpose. */
static int gnutls_verify(struct session *session, unsigned *status)
{
	gnutls_typed_vdata_st data[2] = {
		{ .type = GNUTLS_DT_DNS_HOSTNAME,
		  .data = (unsigned char *)(size_t)HOST },
		{ .type = GNUTLS_DT_KEY_PURPOSE_OID,
		  .data = (unsigned char *)(size_t)GNUTLS_KP_TLS_WWW_SERVER },
	};

	return gnutls_certificate_verify_peers(session->tls, data, 2, status);
}

static int gnutls_start(struct session *session)
{
	unsigned status;
	int ret;

	if (expect(session, "220") || say(session, "EHLO a.test\r\n", "250") ||
	    say(session, "STARTTLS\r\n", "220"))
		return -1;
	ret = gnutls_begin(session);
	while (ret == 0 && (ret = gnutls_handshake(session->tls)) < 0 &&
	       !gnutls_error_is_fatal(ret))
		ret = 0;
	if (ret == 0)
		ret = gnutls_verify(session, &status);
	if (ret < 0)
		return failed("the handshake", gnutls_strerror(ret));
	if (status)
		return failed("the handshake", "the certificate is refused");
	return check_resumed(session->tls);
}

static int gnutls_keep(struct session *session)
{
	int ret;

	kept_len = sizeof(kept);
	ret = gnutls_session_get_data(session->tls, kept, &kept_len);
	return ret < 0 ? failed("the session", gnutls_strerror(ret)) : 0;
}

static int gnutls_end(struct session *session)
{
	char byte;
	int ret = gnutls_bye(session->tls, GNUTLS_SHUT_WR);

	if (ret < 0 || flush(session) ||
	    gnutls_record_recv(session->tls, &byte, 1) != 0)
		return failed("the end", "no close_notify");
	return 0;
}

static void gnutls_release(void)
{
	gnutls_certificate_free_credentials(credentials);
	gnutls_priority_deinit(priority);
}

/* ---- with the library ---- */

static struct smtptls_config *config;

static int library_prepare(const char *ca_file)
{
	int ret = smtptls_config_new(&config);

	if (ret == 0)
		ret = smtptls_config_set_ca_file(config, NULL);
	if (ret == 0)
		ret = smtptls_config_set_ca_file(config, ca_file);
	if (ret == 0)
		ret = smtptls_config_freeze(config);
	return ret < 0 ? failed(ca_file, smtptls_config_error(config)) : 0;
}

static int library_failed(struct session *session, const char *what)
{
	const char *text;

	(void)smtptls_conn_error(session->conn, &text);
	return failed(what, text);
}

static int library_start(struct session *session)
{
	int ret = smtptls_conn_new(&session->conn, config, SMTPTLS_CLIENT);

	if (ret == 0)
		ret = smtptls_conn_set_verify(session->conn, SMTPTLS_VERIFY_CA);
	if (ret == 0)
		ret = smtptls_conn_set_peer(session->conn, HOST);
	if (ret == 0 && kept_len > 0)
		ret = smtptls_conn_set_session(session->conn, kept, kept_len);
	if (ret == 0)
		ret = smtptls_conn_negotiate(session->conn, "a.test", 0);
	if (ret == 0)
		ret = smtptls_fd_start_tls(session->conn, session->fd,
					   session->fd, LIMIT_MS);
	if (ret < 0)
		return library_failed(session, "the handshake");
	return check_resumed(smtptls_conn_gnutls(session->conn));
}

static ssize_t library_receive(struct session *session, void *data, size_t len)
{
	return smtptls_fd_read(session->conn, session->fd, session->fd, data,
			       len, LIMIT_MS);
}

static int library_put(struct session *session, const char *text, size_t len)
{
	return smtptls_fd_write(session->conn, session->fd, session->fd, text,
				len, LIMIT_MS) == (ssize_t)len
		       ? 0
		       : library_failed(session, "sending");
}

static int library_keep(struct session *session)
{
	ssize_t n = smtptls_conn_get_session(session->conn, kept, sizeof(kept));

	if (n < 0)
		return failed("the session", smtptls_strerror((int)n));
	kept_len = (size_t)n;
	return 0;
}

static int library_end(struct session *session)
{
	char byte;

	if (smtptls_fd_read(session->conn, session->fd, session->fd, &byte, 1,
			    LIMIT_MS) != 0)
		return library_failed(session, "the end");
	return 0;
}

static void library_release(void)
{
	smtptls_config_unref(config);
}

/* ---- the dialogue of both ---- */

static const struct kind kinds[] = {
	{ "gnutls", gnutls_prepare, gnutls_start, gnutls_receive, gnutls_put,
	  gnutls_keep, gnutls_end, gnutls_release },
	{ "smtptls", library_prepare, library_start, library_receive,
	  library_put, library_keep, library_end, library_release },
};

static int is_whole(const char *reply, size_t len)
{
	const char *line = reply, *end;

	while ((end = memchr(line, '\n', len - (size_t)(line - reply)))) {
		if (end - line >= 4 && line[3] != '-')
			return 1;
		line = end + 1;
	}
	return 0;
}

static int expect(struct session *session, const char *code)
{
	char reply[REPLY_BYTES];
	size_t len = 0;
	ssize_t n;

	do {
		n = kind->receive(session, reply + len, sizeof(reply) - len);
		if (n <= 0)
			return failed(code, "no reply");
		len += (size_t)n;
	} while (!is_whole(reply, len) && len < sizeof(reply));
	return strncmp(reply, code, 3) == 0 ? 0 : failed(code, "another reply");
}

static int say(struct session *session, const char *line, const char *code)
{
	if (kind->put(session, line, strlen(line)))
		return failed(code, "cannot be asked for");
	return expect(session, code);
}

static int talk(struct session *session)
{
	return kind->start(session) || say(session, "EHLO a.test\r\n", "250") ||
	       (resumes && kind->keep(session)) ||
	       say(session, "MAIL FROM:<sender@example.org>\r\n", "250") ||
	       say(session, "RCPT TO:<recipient@example.net>\r\n", "250") ||
	       say(session, "DATA\r\n", "354") ||
	       say(session, MESSAGE, "250") ||
	       say(session, "QUIT\r\n", "221") || kind->end(session);
}

static int open_socket(void)
{
	const struct sockaddr_in server = {
		.sin_family = AF_INET,
		.sin_port = htons((in_port_t)port),
		.sin_addr = { .s_addr = htonl(INADDR_LOOPBACK) },
	};
	const int on = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 &&
	    (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) ||
	     connect(fd, (const struct sockaddr *)&server, sizeof(server)))) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static int send_one(void)
{
	struct session *session = calloc(1, sizeof(*session));
	int ret;

	if (!session)
		return failed("a session", strerror(errno));
	session->fd = open_socket();
	ret = session->fd < 0 ? failed("connecting", strerror(errno))
			      : talk(session);
	smtptls_conn_free(session->conn);
	if (session->tls)
		gnutls_deinit(session->tls);
	if (session->fd >= 0)
		close(session->fd);
	free(session);
	return ret;
}

/* ---- the command ---- */

static int parse_number(const char *text, unsigned long max,
			unsigned long *number)
{
	char *end;

	*number = strtoul(text, &end, 10);
	return end != text && !*end && *number > 0 && *number <= max ? 0 : -1;
}

static int parse_options(int argc, char **argv, const char **ca_file)
{
	static const struct option options[] = {
		{ "port", required_argument, NULL, 'p' },
		{ "count", required_argument, NULL, 'n' },
		{ "ca", required_argument, NULL, 'a' },
		{ NULL, 0, NULL, 0 }
	};
	int opt, ret = 0;
	size_t i;

	while (!ret && (opt = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (opt == 'p')
			ret = parse_number(optarg, USHRT_MAX, &port);
		else if (opt == 'n')
			ret = parse_number(optarg, 1000000, &count);
		else if (opt == 'a')
			*ca_file = optarg;
		else
			ret = -1;
	if (ret || !port || !count || !*ca_file || argc != optind + 2)
		return -1;
	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(argv[optind], kinds[i].name))
			kind = &kinds[i];
	resumes = !strcmp(argv[optind + 1], "resumed");
	return kind && (resumes || !strcmp(argv[optind + 1], "full")) ? 0 : -1;
}

int main(int argc, char **argv)
{
	const char *ca_file = NULL;
	unsigned long i;
	int ret;

	if (parse_options(argc, argv, &ca_file)) {
		fprintf(stderr, "usage: client gnutls|smtptls full|resumed "
				"--port PORT --count N --ca FILE\n");
		return 2;
	}
	alarm(RUN_SECONDS);
	ret = kind->prepare(ca_file);
	for (i = 0; !ret && i < count + (resumes ? 1U : 0U); i++)
		ret = send_one();
	if (ret)
		return 1;
	kind->release();
	printf("%s %s count=%lu\n", kind->name, argv[optind + 1], count);
	return 0;
}
