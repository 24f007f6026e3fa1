/* SPDX-License-Identifier: MIT */
/*
 * ucspitls: TLS for a server that links no crypto library.
 *
 *   ucspitls [-i] [-l ADDRESS:PORT] [-c CLIENTS] [-t SECONDS] [-r ROOT]
 *            [-u USER] CERT KEY PROGRAM [ARGUMENT...]
 *
 * serves the socket that is its standard input and output, or that systemd hands
 * over, or with -l one of its own, of which it says where it listens. A socket
 * that listens is served with a process for each client, CLIENTS (40) at a time;
 * any other is a client's. PROGRAM speaks SMTP in the clear and asks for TLS by
 * UCSPI-TLS (child.c), as mailfront, s6 and qmail with a patch do; with -i TLS
 * is there from the first byte, and PROGRAM knows of it by its environment
 * alone.
 *
 * The keys are read first; then the process is confined to ROOT and becomes
 * USER, from which the kernel keeps its memory, with the keys in it, as long as
 * it runs nothing else: PROGRAM, which is looked for in ROOT, is a process of its
 * own. A handshake may take SECONDS (30).
 *
 * One line on stderr tells how TLS went. The exit status is PROGRAM's, 111 when
 * it cannot be run, and for a wrong command line.
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
	"  -u USER                  become USER then\n"
	"  -h, --help\n"
	"  -V, --version\n";

static const struct program program = { .name = "ucspitls",
					.version = SMTPTLS_VERSION,
					.help = help,
					/* as of PROGRAM no option is one */
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

/* The handshake; NULL when it has failed. */
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
	/* the alert */
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

	/* Else each turn waits for an ACK; what is no TCP needs it not. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	/* a server of TCP between has said it */
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

/* 1 when something has moved. */
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
 * A handshake with itself: what the library makes for a choice of suite and
 * group and keeps for the next session would else be made anew in each child. A
 * client that chooses otherwise, or a failure here, only misses that.
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

/* A process for each client. One that has ended is noticed at the next. */
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
			/* What GnuTLS would put away goes with the process. */
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
	/* static: still held, and no leak, where die() ends the program */
	static struct smtptls_config *config;
	int fd, status;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	/* before anything is said, and if not, nothing can be */
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
