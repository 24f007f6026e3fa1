/* SPDX-License-Identifier: MIT */
/*
 * inetd: STARTTLS in a server that blocks, with a parser of its own.
 *
 *   inetd CERT KEY
 *
 * serves one SMTP session on its standard input and output, as inetd(8),
 * systemd sockets and tcpserver start it. Mail servers of this kind (qmail,
 * mailfront) have a function that reads a line and one that writes a reply;
 * with smtptls_fd_pump() below them, the rest of the program stays as it is.
 *
 * It knows EHLO, STARTTLS and QUIT; see smtptls-server for a whole server.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <smtptls.h>

enum { IN = 0, OUT = 1, HANDSHAKE_MS = 30000, LINE_MS = 300000 };

/* Wait until this much can be said, then say it: in the clear or under TLS. */
static int say(struct smtptls_conn *conn, const char *text)
{
	for (size_t len = strlen(text); len > 0;) {
		if (smtptls_fd_pump(conn, IN, OUT, SMTPTLS_APP_OUT, LINE_MS) <
		    0)
			return -1;
		ssize_t n = smtptls_conn_write(conn, text, len);
		if (n < 0)
			return -1;
		text += n;
		len -= (size_t)n;
	}
	return 0;
}

/* The length of the next line with its LF; 0 or less when there is none. */
static ssize_t hear(struct smtptls_conn *conn, char *line, size_t size)
{
	for (size_t len = 0; len < size - 1;) {
		ssize_t n = smtptls_conn_read(conn, line + len, 1);
		if (n == SMTPTLS_E_AGAIN)
			n = smtptls_fd_pump(conn, IN, OUT, SMTPTLS_APP_IN,
					    LINE_MS);
		else if (n == 1 && line[len++] == '\n') {
			line[len] = '\0';
			return (ssize_t)len;
		}
		if (n <= 0)
			return n;
	}
	return SMTPTLS_E_LIMIT;
}

/* Answer one command; 0 when the session goes on. */
static int answer(struct smtptls_conn *conn, const char *line, size_t len)
{
	struct smtptls_command command;

	if (smtptls_command_parse(line, len, &command) < 0) {
		say(conn, "500 5.5.2 That was no line\r\n");
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
	int ports =
		smtptls_fd_pump(conn, IN, OUT, SMTPTLS_APP_OUT, HANDSHAKE_MS);
	return ports < 0 ? smtptls_conn_abort(conn, ports) : 0;
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
