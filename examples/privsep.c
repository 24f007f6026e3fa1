/* SPDX-License-Identifier: MIT */
/*
 * privsep: keeps the private key out of the process that talks to strangers.
 *
 *   privsep CERT KEY [USER]
 *
 * listens on a free port of 127.0.0.1, prints it, and serves STARTTLS to one
 * client at a time. The parent reads the key and signs. The child, which runs
 * as USER if one is given, has the certificate and one end of a socketpair,
 * through which its signer asks the parent, as in OpenSMTPD. An attacker who
 * takes over the child can have handshakes signed, but cannot steal the key.
 *
 * A request is the scheme and the data to be signed, an answer is the
 * signature, one datagram each; an empty answer is a refusal. The child waits
 * SIGN_MS at most, since all of its clients wait meanwhile. It takes no mail,
 * and knows only EHLO, STARTTLS and QUIT.
 */
#include <errno.h>
#include <grp.h>
#include <netinet/in.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gnutls/abstract.h>
#include <smtptls.h>

/* DATA_MAX: a digest, or for Ed25519 the message, short in a server. */
enum { SIGN_MS = 2000, LINE_MS = 30000, DATA_MAX = 16384 };

struct request {
	uint32_t scheme;
	unsigned char data[DATA_MAX];
};

static int fail(const char *what, const char *why)
{
	fprintf(stderr, "privsep: %s: %s\n", what, why);
	return 1;
}

/* ---- the parent, which has the key ---- */

static int sign(gnutls_privkey_t key, uint32_t scheme,
		const gnutls_datum_t *data, gnutls_datum_t *signature)
{
	static const struct {
		uint32_t scheme;
		gnutls_sign_algorithm_t algorithm;
	} known[] = {
		{ 0x0401, GNUTLS_SIGN_RSA_SHA256 },
		{ 0x0501, GNUTLS_SIGN_RSA_SHA384 },
		{ 0x0601, GNUTLS_SIGN_RSA_SHA512 },
		{ 0x0403, GNUTLS_SIGN_ECDSA_SHA256 },
		{ 0x0503, GNUTLS_SIGN_ECDSA_SHA384 },
		{ 0x0603, GNUTLS_SIGN_ECDSA_SHA512 },
		{ 0x0804, GNUTLS_SIGN_RSA_PSS_RSAE_SHA256 },
		{ 0x0805, GNUTLS_SIGN_RSA_PSS_RSAE_SHA384 },
		{ 0x0806, GNUTLS_SIGN_RSA_PSS_RSAE_SHA512 },
	};

	if (scheme == 0x0807)
		return gnutls_privkey_sign_data2(key, GNUTLS_SIGN_EDDSA_ED25519,
						 0, data, signature);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i].scheme == scheme)
			return gnutls_privkey_sign_hash2(
				key, known[i].algorithm, 0, data, signature);
	}
	return -1;
}

/* Answer requests until the child is gone. */
static void serve_signatures(gnutls_privkey_t key, int fd)
{
	struct request request;
	ssize_t n;

	while ((n = recv(fd, &request, sizeof(request), 0)) > 0) {
		gnutls_datum_t data = { request.data, 0 };
		gnutls_datum_t signature = { NULL, 0 };

		if ((size_t)n >= sizeof(request.scheme))
			data.size =
				(unsigned)((size_t)n - sizeof(request.scheme));
		if (data.size == 0 ||
		    sign(key, request.scheme, &data, &signature) < 0)
			signature.size = 0;
		(void)send(fd, signature.data, signature.size, MSG_NOSIGNAL);
		gnutls_free(signature.data);
	}
}

/* ---- the child, which talks to strangers ---- */

static int ask(unsigned scheme, const void *data, size_t len, void *signature,
	       size_t size, void *arg)
{
	struct request request = { .scheme = scheme };
	struct pollfd poll_fd = { .fd = *(int *)arg, .events = POLLIN };

	if (len > sizeof(request.data))
		return -1;
	/* Discard answers that came too late for earlier requests. */
	while (recv(poll_fd.fd, signature, size, MSG_DONTWAIT) > 0)
		;
	memcpy(request.data, data, len);
	if (send(poll_fd.fd, &request, sizeof(request.scheme) + len,
		 MSG_NOSIGNAL) < 0 ||
	    poll(&poll_fd, 1, SIGN_MS) != 1)
		return -1;
	return (int)recv(poll_fd.fd, signature, size, MSG_DONTWAIT);
}

static int say(struct smtptls_conn *conn, int fd, const char *text)
{
	return smtptls_fd_write(conn, fd, fd, text, strlen(text), LINE_MS) < 0;
}

/* Answer one line of a client; 0 if the session continues. */
static int answer(struct smtptls_conn *conn, int fd, const char *line,
		  size_t len)
{
	struct smtptls_command command;
	int code;

	if (smtptls_command_parse(line, len, &command) < 0)
		return 1;
	if (smtptls_command_is(&command, "STARTTLS")) {
		code = smtptls_conn_accept_starttls(conn, command.args, 0);
		if (code != 220)
			return code < 0;
		return smtptls_fd_start_tls(conn, fd, fd, LINE_MS) < 0;
	}
	if (smtptls_command_is(&command, "EHLO"))
		return say(conn, fd,
			   smtptls_conn_can_starttls(conn)
				   ? "250-localhost\r\n250 STARTTLS\r\n"
				   : "250 localhost\r\n");
	if (!smtptls_command_is(&command, "QUIT"))
		return say(conn, fd, "502 5.5.1 Not implemented\r\n");
	say(conn, fd, "221 2.0.0 Bye\r\n");
	return 1;
}

static void serve(struct smtptls_config *config, int fd)
{
	struct smtptls_conn *conn;
	char line[1024];
	const char *text;
	size_t len = 0;
	ssize_t n = 1;

	if (smtptls_conn_new(&conn, config, SMTPTLS_SERVER) < 0)
		return;
	if (say(conn, fd, "220 localhost ESMTP\r\n"))
		n = 0;
	while (n > 0 && len < sizeof(line) - 1) {
		n = smtptls_fd_read(conn, fd, fd, line + len, 1, LINE_MS);
		if (n <= 0 || line[len++] != '\n')
			continue;
		line[len] = '\0';
		if (answer(conn, fd, line, len))
			break;
		len = 0;
	}
	smtptls_conn_close(conn);
	(void)smtptls_fd_pump(conn, fd, fd, 0, LINE_MS);
	if (smtptls_conn_error(conn, &text) < 0)
		fprintf(stderr, "privsep: session failed: %s\n", text);
	smtptls_conn_free(conn);
}

static int drop_privileges(const char *user)
{
	const struct passwd *entry = getpwnam(user);

	return !entry || setgroups(0, NULL) < 0 || setgid(entry->pw_gid) < 0 ||
	       setuid(entry->pw_uid) < 0;
}

static int child(const char *cert, const char *user, int fd)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), client;
	socklen_t size = sizeof(address);
	struct smtptls_config *config;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (listener < 0 ||
	    bind(listener, (struct sockaddr *)&address, size) < 0 ||
	    listen(listener, 16) < 0 ||
	    getsockname(listener, (struct sockaddr *)&address, &size) < 0)
		return fail("127.0.0.1", strerror(errno));
	if (smtptls_config_new(&config) < 0)
		return fail("configuration", "out of memory");
	if (smtptls_config_add_cert_signer(config, cert, ask, &fd) < 0 ||
	    smtptls_config_freeze(config) < 0) {
		fail("configuration", smtptls_config_error(config));
		smtptls_config_unref(config);
		return 1;
	}
	if (user && drop_privileges(user))
		return fail(user, "cannot become this user");
	printf("listening 127.0.0.1:%d\n", ntohs(address.sin_port));
	fflush(stdout);
	while ((client = accept(listener, NULL, NULL)) >= 0) {
		serve(config, client);
		close(client);
	}
	smtptls_config_unref(config);
	return fail("accept", strerror(errno));
}

int main(int argc, char **argv)
{
	gnutls_datum_t pem;
	gnutls_privkey_t key;
	int pair[2], status = 1;
	pid_t pid;

	if (argc < 3 || argc > 4)
		return fail("usage", "privsep CERT KEY [USER]");
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return fail("socketpair", strerror(errno));
	/* Fork before reading the key, so the child never has it in memory. */
	pid = fork();
	if (pid < 0)
		return fail("fork", strerror(errno));
	if (pid == 0) {
		close(pair[0]);
		return child(argv[1], argc == 4 ? argv[3] : NULL, pair[1]);
	}
	close(pair[1]);
	if (gnutls_load_file(argv[2], &pem) < 0)
		return fail(argv[2], "cannot be read");
	if (gnutls_privkey_init(&key) < 0 ||
	    gnutls_privkey_import_x509_raw(key, &pem, GNUTLS_X509_FMT_PEM, NULL,
					   0) < 0)
		return fail(argv[2], "is not a private key");
	gnutls_memset(pem.data, 0, pem.size);
	gnutls_free(pem.data);
	serve_signatures(key, pair[0]);
	gnutls_privkey_deinit(key);
	(void)waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
