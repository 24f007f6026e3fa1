/* SPDX-License-Identifier: MIT */
/*
 * inetd: STARTTLS in a blocking server with a parser of its own.
 *
 *   inetd CERT KEY
 *
 * serves one SMTP session on its standard input and output, as inetd(8),
 * systemd sockets and tcpserver start it. Mail servers of this kind (qmail,
 * mailfront) have a function that reads a line and one that writes a reply;
 * once these call smtptls_fd_read() and smtptls_fd_write(), the rest of the
 * program stays as it is.
 *
 * It knows EHLO, STARTTLS and QUIT; see smtptls-server for a complete server.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <smtptls.h>

enum { IN = 0, OUT = 1, HANDSHAKE_MS = 30000, LINE_MS = 300000 };

static int say(struct smtptls_conn *conn, const char *text)
{
	ssize_t n =
		smtptls_fd_write(conn, IN, OUT, text, strlen(text), LINE_MS);

	return n < 0 ? -1 : 0;
}

/* The length of the next line with its LF; 0 or less when there is none. */
static ssize_t hear(struct smtptls_conn *conn, char *line, size_t size)
{
	for (size_t len = 0; len < size - 1;) {
		ssize_t n =
			smtptls_fd_read(conn, IN, OUT, line + len, 1, LINE_MS);
		if (n <= 0)
			return n;
		if (line[len++] == '\n') {
			line[len] = '\0';
			return (ssize_t)len;
		}
	}
	return SMTPTLS_E_LIMIT;
}

/* Answer one command; 0 if the session continues. */
static int answer(struct smtptls_conn *conn, const char *line, size_t len)
{
	struct smtptls_command command;

	if (smtptls_command_parse(line, len, &command) < 0) {
		say(conn, "500 5.5.2 Not a valid line\r\n");
		return -1;
	}
	if (smtptls_command_is(&command, "QUIT")) {
		say(conn, "221 2.0.0 Bye\r\n");
		return -1;
	}
	if (smtptls_command_is(&command, "EHLO"))
		return say(conn, smtptls_conn_can_starttls(conn)
					 ? "250-localhost\r\n250 STARTTLS\r\n"
					 : "250 localhost\r\n");
	if (!smtptls_command_is(&command, "STARTTLS"))
		return say(conn, "502 5.5.1 Not implemented\r\n");

	int code = smtptls_conn_accept_starttls(conn, command.args, 0);
	if (code != 220)
		return code < 0 ? -1 : 0;
	/* Here a mail server forgets the EHLO name and the envelope. */
	return smtptls_fd_start_tls(conn, IN, OUT, HANDSHAKE_MS);
}

int main(int argc, char **argv)
{
	struct smtptls_config *config = NULL;
	struct smtptls_conn *conn = NULL;
	char line[SMTPTLS_COMMAND_MAX + 1];
	ssize_t len;

	signal(SIGPIPE, SIG_IGN);
	if (argc != 3) {
		fprintf(stderr, "usage: inetd CERT KEY\n");
		return 2;
	}
	if (smtptls_config_new(&config) < 0 ||
	    smtptls_config_add_cert_file(config, argv[1], argv[2]) < 0 ||
	    smtptls_config_freeze(config) < 0 ||
	    smtptls_conn_new(&conn, config, SMTPTLS_SERVER) < 0) {
		fprintf(stderr, "inetd: %s\n",
			config ? smtptls_config_error(config) : "no memory");
		return 1;
	}
	if (say(conn, "220 localhost ESMTP\r\n") == 0)
		while ((len = hear(conn, line, sizeof(line))) > 0)
			if (answer(conn, line, (size_t)len) < 0)
				break;
	smtptls_conn_close(conn);
	smtptls_fd_pump(conn, IN, OUT, 0, LINE_MS);
	smtptls_conn_free(conn);
	smtptls_config_unref(config);
	return 0;
}
