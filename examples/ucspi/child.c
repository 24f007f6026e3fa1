/* SPDX-License-Identifier: MIT */
/*
 * Runs a program by the conventions of UCSPI-TLS. It reads and writes the
 * socket through descriptors 0 and 1, in the clear. To start TLS it sends 220,
 * writes a byte to SSLCTLFD, and continues with SSLREADFD and SSLWRITEFD. The
 * byte is 'y', or 'Y' to request TLS's variables: "NAME=value", each ended by a
 * NUL, and another NUL after the last.
 *
 * The three descriptors are 3, 4 and 5, which a shell can name. A second
 * request, or one before the program dies, is harmless: this process serves
 * nobody else.
 */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CONTROL = 3, READ = 4, WRITE = 5, ABOVE = 10, TEXT_MAX = 2048 };

struct variables {
	size_t len;
	char text[TEXT_MAX];
};

static void put(struct variables *v, const char *name, const char *value)
{
	size_t room = sizeof(v->text) - v->len;
	int n = snprintf(v->text + v->len, room, "%s=%s", name,
			 value ? value : "");

	if (n > 0 && (size_t)n < room)
		v->len += (size_t)n + 1; /* the NUL too */
}

/* The names are as in sslserver, mod_ssl and s6. */
static void describe(struct variables *v, struct smtptls_conn *conn)
{
	struct smtptls_info info;
	char bits[16];

	v->len = 0;
	if (smtptls_conn_info(conn, &info, sizeof(info)) < 0)
		return;
	snprintf(bits, sizeof(bits), "%d", info.cipher_bits);
	put(v, "SSL_PROTOCOL", info.protocol);
	put(v, "SSL_CIPHER", info.cipher_openssl);
	put(v, "SSL_CIPHER_USEKEYSIZE", bits);
	put(v, "SSL_TLS_SNI_SERVERNAME", info.sni);
	put(v, "TLS_SNI", info.sni);
}

static void set_environment(struct smtptls_conn *conn)
{
	struct variables v;

	describe(&v, conn);
	for (size_t at = 0; at < v.len; at += strlen(v.text + at) + 1)
		if (putenv(strdup(v.text + at)) != 0)
			_exit(111);
}

/* In the child: dup `from`, all above the descriptors they become, and exec. */
static void become(char **argv, const int from[3], int fd, int tls)
{
	char number[16];
	static const char *const names[] = { "SSLCTLFD", "SSLREADFD",
					     "SSLWRITEFD" };

	signal(SIGPIPE, SIG_DFL);
	if (dup2(tls ? from[1] : fd, 0) < 0 || dup2(tls ? from[2] : fd, 1) < 0)
		_exit(111);
	for (int i = 0; i < 3 && !tls; i++) {
		snprintf(number, sizeof(number), "%d", CONTROL + i);
		if (dup2(from[i], CONTROL + i) < 0 ||
		    setenv(names[i], number, 1) < 0)
			_exit(111);
	}
	if ((tls ? unsetenv("UCSPITLS") : setenv("UCSPITLS", "1", 1)) < 0)
		_exit(111);
	execvp(argv[0], argv);
	fprintf(stderr, "ucspitls: %s: %s\n", argv[0], strerror(errno));
	_exit(111);
}

/* Move a descriptor above CONTROL, READ and WRITE; exec closes it. */
static int move_up(int *fd)
{
	int above = fcntl(*fd, F_DUPFD_CLOEXEC, ABOVE);

	close(*fd);
	*fd = above;
	return above < 0 ? -1 : 0;
}

int child_run(struct child *child, char **argv, int fd,
	      struct smtptls_conn *conn)
{
	int control[2], to[2], from[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, control) < 0 || pipe(to) < 0 ||
	    pipe(from) < 0)
		return -1;
	for (int i = 0; i < 2; i++)
		if (move_up(&control[i]) < 0 || move_up(&to[i]) < 0 ||
		    move_up(&from[i]) < 0)
			return -1;
	child->pid = fork();
	if (child->pid < 0)
		return -1;
	if (child->pid == 0) {
		const int theirs[] = { control[1], to[0], from[1] };
		if (conn)
			set_environment(conn);
		become(argv, theirs, fd, conn != NULL);
	}
	close(control[1]);
	close(to[0]);
	close(from[1]);
	child->control = control[0];
	child->in = to[1];
	child->out = from[0];
	if (conn)
		child_answer(child, NULL);
	return 0;
}

int child_asks(const struct child *child)
{
	ssize_t n;
	char c;

	do
		n = read(child->control, &c, 1);
	while (n < 0 && errno == EINTR);
	return n == 1 && (c == 'y' || c == 'Y') ? c : 0;
}

void child_answer(struct child *child, struct smtptls_conn *conn)
{
	struct variables v;

	if (conn) {
		describe(&v, conn);
		v.text[v.len < TEXT_MAX ? v.len++ : TEXT_MAX - 1] = '\0';
		/* Do not wait for a child that does not read the answer. */
		if (send(child->control, v.text, v.len,
			 MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
			fprintf(stderr, "ucspitls: SSLCTLFD: %s\n",
				strerror(errno));
	}
	close(child->control);
	child->control = -1;
}

int child_end(struct child *child)
{
	int status = 0;

	close(child->control);
	close(child->in);
	close(child->out);
	while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 111;
}
