/* SPDX-License-Identifier: MIT */
/*
 * ucspitls: TLS for a server that links no crypto library.
 *
 *   ucspitls [-i] [-l ADDRESS:PORT] [-c CLIENTS] [-t SECONDS] [-r ROOT]
 *            [-u USER] CERT KEY PROGRAM [ARGUMENT...]
 *
 * serves the socket that is its standard input and output, or that systemd
 * passes to it, or with -l its own, whose address it prints. A listening socket
 * is served with a process for each client, CLIENTS (40) at a time; any other
 * socket is a client's. PROGRAM speaks SMTP in the clear and asks for TLS by
 * UCSPI-TLS (child.c), as mailfront, s6 and a patched qmail do; with -i TLS is
 * on from the first byte, and PROGRAM knows it only from its environment.
 *
 * The keys are read first; then the process is confined to ROOT and becomes
 * USER. The kernel protects its memory, with the keys, from USER's other
 * processes as long as it runs no other program: PROGRAM, which is looked up in
 * ROOT, is a process of its own. A handshake may take SECONDS (30).
 *
 * One line on stderr reports the result of TLS. The exit status is PROGRAM's,
 * or 111 if it cannot be run, or the command line is wrong.
 */
#include <errno.h>
#include <grp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../common/command_line.h"
#include "child.h"
#include "listen.h"
#include "relay.h"

enum { ALERT_MS = 5000 };

static const char help[] =
	"usage: ucspitls [options] CERT KEY PROGRAM [ARGUMENT...]\n"
	"Does TLS for a mail server that has none: PROGRAM is run for each "
	"client,\n"
	"speaks SMTP in the clear, and asks for TLS by UCSPI-TLS.\n"
	"\n"
	"  CERT, KEY                certificate chain and key, PEM\n"
	"  -i                       implicit TLS: PROGRAM need not ask\n"
	"  -l ADDRESS:PORT          listen there, port 0 being any; else the\n"
	"                           socket is inherited\n"
	"  -c CLIENTS               clients at a time (40)\n"
	"  -t SECONDS               time for a handshake (30)\n"
	"  -r ROOT                  chroot there when the keys have been read\n"
	"  -u USER                  then become USER\n"
	"  -h, --help\n"
	"  -V, --version\n";

static const struct program program = { .name = "ucspitls",
					.version = SMTPTLS_VERSION,
					.help = help,
					/* +: stop before PROGRAM's options */
					.letters = "+:c:hil:t:r:u:V",
					.usage_status = 111,
					.local_status = 111 };

static const struct option names[] = { { "help", no_argument, NULL, 'h' },
				       { "version", no_argument, NULL, 'V' },
				       { NULL, 0, NULL, 0 } };

static struct options {
	int implicit, handshake_ms;
	int clients; /* at a time */
	const char *listen, *root, *user;
	char **program;
} options = { .handshake_ms = 30000, .clients = 40 };

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
	char line[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	fprintf(stderr, "ucspitls: %s\n", line);
}

__attribute__((noreturn)) static void die(const char *what, const char *why)
{
	say("%s: %s", what, why);
	exit(111);
}

/* ---- one client ---- */

static void tell(struct smtptls_conn *conn)
{
	struct smtptls_info info;
	const char *text;
	int error = smtptls_conn_error(conn, &text);

	if (smtptls_conn_info(conn, &info, sizeof(info)) < 0)
		return;
	if (error && !info.harmless)
		say("%s", text);
	else
		say("%s %s sni=%s%s%s", info.protocol ? info.protocol : "-",
		    info.cipher_openssl ? info.cipher_openssl : "-",
		    info.sni ? info.sni : "-", !error && text[0] ? ": " : "",
		    error ? "" : text);
}

/* Run the handshake; NULL if it has failed. */
static struct smtptls_conn *start_tls(struct smtptls_config *config, int fd)
{
	struct smtptls_conn *conn;
	int ret = smtptls_conn_new(&conn, config, SMTPTLS_SERVER);

	if (ret < 0)
		die("connection", smtptls_strerror(ret));
	if (!options.implicit)
		ret = smtptls_conn_set_starttls_answered(conn);
	if (ret == 0)
		ret = smtptls_conn_start_tls(conn, 0);
	if (ret == 0)
		ret = smtptls_fd_start_tls(conn, fd, fd, options.handshake_ms);
	if (ret == 0)
		return conn;
	/* send the alert */
	(void)smtptls_fd_pump(conn, fd, fd, 0, ALERT_MS);
	tell(conn);
	smtptls_conn_free(conn);
	return NULL;
}

static void carry(struct child *child, struct smtptls_conn *conn, int fd)
{
	relay(conn, fd, &child->in, child->out);
	tell(conn);
	smtptls_conn_free(conn);
	shutdown(fd, SHUT_RDWR);
}

static int serve_implicit(struct smtptls_config *config, int fd)
{
	struct smtptls_conn *conn = start_tls(config, fd);
	struct child child;

	if (!conn)
		return 111;
	if (child_run(&child, options.program, fd, conn) < 0)
		die(options.program[0], strerror(errno));
	carry(&child, conn, fd);
	return child_end(&child);
}

static int serve(struct smtptls_config *config, int fd)
{
	struct smtptls_conn *conn;
	struct child child;
	int asked, on = 1;

	/* Else each turn waits for an ACK; harmless if it is not TCP. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	/* unless tcpserver or the like has set them */
	if (!getenv("PROTO") && set_addresses(fd) != 0)
		die("environment", strerror(errno));
	if (options.implicit)
		return serve_implicit(config, fd);
	if (child_run(&child, options.program, fd, NULL) < 0)
		die(options.program[0], strerror(errno));
	asked = child_asks(&child);
	if (asked) {
		conn = start_tls(config, fd);
		child_answer(&child, asked == 'Y' ? conn : NULL);
		if (conn)
			carry(&child, conn, fd);
		else
			shutdown(fd, SHUT_RDWR); /* no more in the clear */
	}
	return child_end(&child);
}

/* ---- the process ---- */

static void confine(void)
{
	struct passwd *user = NULL;

	if (options.user) {
		user = getpwnam(options.user);
		if (!user)
			die(options.user, "no such user");
	}
	if (options.root && (chroot(options.root) < 0 || chdir("/") < 0))
		die(options.root, strerror(errno));
	if (user && (setgroups(1, &user->pw_gid) < 0 ||
		     setgid(user->pw_gid) < 0 || setuid(user->pw_uid) < 0))
		die(options.user, strerror(errno));
}

static struct smtptls_config *load(const char *cert, const char *key)
{
	struct smtptls_config *config;
	int ret = smtptls_config_new(&config);

	if (ret < 0)
		die("configuration", smtptls_strerror(ret));
	ret = smtptls_config_add_cert_file(config, cert, key);
	if (ret == 0)
		ret = smtptls_config_freeze(config);
	if (ret < 0)
		die("configuration", smtptls_config_error(config));
	return config;
}

/* 1 if bytes were moved. */
static int move(struct smtptls_conn *from, struct smtptls_conn *to)
{
	const unsigned char *data;
	unsigned char *room;
	size_t len = smtptls_conn_output(from, &data);
	size_t size = len ? smtptls_conn_input(to, &room) : 0;

	if (len > size)
		len = size;
	if (len == 0)
		return 0;
	memcpy(room, data, len);
	(void)smtptls_conn_input_done(to, len);
	(void)smtptls_conn_output_done(from, len);
	return 1;
}

/*
 * Run a handshake with itself: the library keeps what it computes for a suite
 * and group, which each child would otherwise compute again. A client that
 * chooses differently, or a failure here, only loses this saving.
 */
static void rehearse(struct smtptls_config *config)
{
	struct smtptls_config *other = NULL;
	struct smtptls_conn *client = NULL, *server = NULL;

	if (smtptls_config_new(&other) == 0 &&
	    smtptls_config_freeze(other) == 0 &&
	    smtptls_conn_new(&client, other, SMTPTLS_CLIENT) == 0 &&
	    smtptls_conn_new(&server, config, SMTPTLS_SERVER) == 0 &&
	    smtptls_conn_set_verify(client, SMTPTLS_VERIFY_NONE) == 0 &&
	    smtptls_conn_start_tls(client, 0) == 0 &&
	    smtptls_conn_start_tls(server, 0) == 0)
		while (move(client, server) || move(server, client))
			;
	smtptls_conn_free(client);
	smtptls_conn_free(server);
	smtptls_config_unref(other);
}

/* Fork for each client. A process that has ended is reaped at the next one. */
static void accept_all(struct smtptls_config *config, int listener)
{
	int fd, clients = 0;

	unsetenv("PROTO");
	for (;;) {
		while (clients > 0 &&
		       waitpid(-1, NULL,
			       clients < options.clients ? WNOHANG : 0) > 0)
			clients--;
		fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0 && errno != EINTR && errno != ECONNABORTED) {
			say("accept: %s", strerror(errno));
			sleep(1);
		}
		if (fd < 0)
			continue;
		switch (fork()) {
		case 0:
			close(listener);
			/* Skip GnuTLS's clean-up: the process ends anyway. */
			_exit(serve(config, fd));
		case -1:
			say("fork: %s", strerror(errno));
			break;
		default:
			clients++;
		}
		close(fd);
	}
}

static void parse(int argc, char **argv)
{
	int option;

	while ((option = next_option(&program, argc, argv, names)) != -1) {
		switch (option) {
		case 'c':
			options.clients = (int)option_number(
				&program, "-c", optarg, 1, 1000000);
			break;
		case 'i':
			options.implicit = 1;
			break;
		case 'l':
			options.listen = optarg;
			break;
		case 't':
			options.handshake_ms =
				1000 * (int)option_number(&program, "-t",
							  optarg, 1, 1000000);
			break;
		case 'r':
			options.root = optarg;
			break;
		case 'u':
			options.user = optarg;
			break;
		}
	}
	if (argc - optind < 3)
		usage_error(&program, "%s is missing",
			    argc == optind	? "CERT"
			    : argc - optind < 2 ? "KEY"
						: "PROGRAM");
	options.program = argv + optind + 2;
}

static int get_socket(void)
{
	char where[128];
	const char *why;
	int fd;

	if (!options.listen) {
		fd = inherited_socket(&why);
		if (fd < 0)
			die("inherited socket", why);
		return fd;
	}
	fd = listen_at(options.listen, &why);
	if (fd < 0)
		die(options.listen, why);
	listens_at(fd, where, sizeof(where));
	printf("listening %s %s\n", options.implicit ? "tls" : "starttls",
	       where);
	fflush(stdout);
	return fd;
}

int main(int argc, char **argv)
{
	/* static: still reachable, so no leak, when die() exits */
	static struct smtptls_config *config;
	int fd, status;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	/* before any message; without it, none can be written */
	if (part_stderr() < 0)
		return 111;
	parse(argc, argv);
	config = load(argv[optind], argv[optind + 1]);
	fd = get_socket();
	if (is_listener(fd))
		rehearse(config);
	confine();
	if (is_listener(fd))
		accept_all(config, fd);
	status = serve(config, fd);
	smtptls_config_unref(config);
	return status;
}
