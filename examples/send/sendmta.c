/* SPDX-License-Identifier: MIT */
/*
 * sendmta: a blocking client that sends one message.
 *
 *   sendmta --from a@example.org --to b@example.net FILE mx.example.net:25
 *
 * prepare() sets what the server must prove, connect_to() connects a socket,
 * start_tls() lets the library negotiate on it; from then on say() and hear()
 * suffice, in the clear and under TLS alike. One deadline covers everything,
 * and the first error is reported in one sentence. The manual is man/sendmta.1.
 *
 * The library enforces three rules that this program cannot break: nothing read
 * before TLS is used under TLS, no failed TLS continues in the clear, and
 * nothing is sent unless the program has chosen how to verify the server.
 *
 * With --domain, domain.c finds the hosts, and what each must prove.
 */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <smtptls.h>

#include "domain.h"
#include "mail.h"

enum { OPEN = -1, LINE = 2048, REPLY = 64 * 1024 };

struct session {
	struct smtptls_conn *conn;
	int fd, status;
	int flags; /* for smtptls_conn_negotiate() */
	int greet; /* the greeting has not been read yet */
	int sent;  /* the message was, so no other server is tried */
	int late;  /* a server has deferred it */
	const struct addrinfo *address; /* it is connected to this one */
	long long deadline;
	char me[256], sentence[1024];
	char doing[16]; /* the command that the next reply answers */
	char in[LINE];	/* input that is not yet a line */
	size_t held;
	char last[LINE + 1]; /* last line of the reply */
	struct smtptls_ehlo ehlo;
	char offers[4096];
};

/* Set the outcome, unless there is one. The text may contain the server's. */
__attribute__((format(printf, 3, 4))) static int
end(struct session *s, int status, const char *format, ...)
{
	va_list ap;

	if (s->status != OPEN)
		return -1;
	s->status = status;
	va_start(ap, format);
	vsnprintf(s->sentence, sizeof(s->sentence), format, ap);
	va_end(ap);
	for (char *p = s->sentence; *p; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
	return status == TAKEN ? 0 : -1;
}

/* The same, for the library's error; its status tells if it is permanent. */
static int failed(struct session *s, int error)
{
	struct smtptls_info info = { 0 };
	const char *text;

	smtptls_conn_error(s->conn, &text);
	smtptls_conn_info(s->conn, &info, sizeof(info));
	return end(s, info.status && *info.status == '5' ? REFUSED : LATER,
		   "%s", *text ? text : smtptls_strerror(error));
}

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static int left(const struct session *s)
{
	long long ms = s->deadline - now_ms();

	return ms > 0 ? (int)ms : 0;
}

/* ---- the connection ---- */

/*
 * Offer the session that the last run kept. It is offered only once, since
 * eavesdroppers could recognize it. One that does not fit is not an error: the
 * handshake is then a full one.
 */
static int offer_session(struct session *s, const struct mail *mail)
{
	int fd = mail->session ? open(mail->session, O_RDONLY) : -1;
	unsigned char data[SMTPTLS_SESSION_MAX];
	ssize_t n = -1;

	if (fd < 0 && (!mail->session || errno == ENOENT))
		return 0;
	if (fd >= 0) {
		n = read(fd, data, sizeof(data));
		close(fd);
	}
	if (n < 0 || unlink(mail->session) < 0)
		return end(s, LOCAL, "%s: %s", mail->session, strerror(errno));
	smtptls_conn_set_session(s->conn, data, (size_t)n);
	return 0;
}

/* Keep the session for the next run; its readers can impersonate the server. */
static void keep_session(struct session *s, const struct mail *mail)
{
	unsigned char data[SMTPTLS_SESSION_MAX];
	ssize_t n = smtptls_conn_get_session(s->conn, data, sizeof(data));
	int fd;

	if (n <= 0)
		return;
	fd = open(mail->session, O_WRONLY | O_CREAT | O_EXCL, 0600);
	if (fd < 0 || write(fd, data, (size_t)n) != n)
		fprintf(stderr, "sendmta: the session is not saved: %s: %s\n",
			mail->session, strerror(errno));
	if (fd >= 0)
		close(fd);
}

/* `ca`: 1 if authorities are needed, 2 if the system's are optional. */
static int make_conn(struct session *s, const struct mail *mail, int ca)
{
	struct smtptls_config *config = NULL;
	int ret = smtptls_config_new(&config);
	const char *text;

	if (ret == 0 && ca) {
		ret = smtptls_config_set_ca_file(config, mail->ca);
		if (ca == 2 && !mail->ca)
			ret = 0;
	}
	if (ret == 0 && mail->cert)
		ret = smtptls_config_add_cert_file(config, mail->cert,
						   mail->key);
	if (ret == 0)
		ret = smtptls_config_freeze(config);
	if (ret == 0)
		ret = smtptls_conn_new(&s->conn, config, SMTPTLS_CLIENT);
	if (ret < 0) {
		text = config ? smtptls_config_error(config) : "";
		end(s, LOCAL, "%s", *text ? text : smtptls_strerror(ret));
	}
	smtptls_config_unref(config); /* the connection keeps a reference */
	return ret;
}

static int prepare(struct session *s, const struct mail *mail)
{
	int ret, kind;

	ret = make_conn(s, mail,
			mail->verify == SMTPTLS_VERIFY_CA ||
				mail->verify == SMTPTLS_VERIFY_OPTIONAL);
	if (ret < 0)
		return ret;
	s->flags = mail->allow_cleartext ? SMTPTLS_TLS_OPTIONAL : 0;
	s->greet = mail->implicit;
	ret = smtptls_conn_set_verify(s->conn, mail->verify);
	if (ret == 0)
		ret = smtptls_conn_set_peer(s->conn, mail->name);
	/* The digest may be the certificate's or its key's. */
	for (kind = SMTPTLS_PIN_CERT; kind <= SMTPTLS_PIN_SPKI; kind++)
		if (ret == 0 && mail->pin)
			ret = smtptls_conn_add_pin(s->conn, kind, mail->pin,
						   32);
	if (ret == SMTPTLS_E_SYNTAX)
		return end(s, USAGE, "%s: not a host name", mail->name);
	return ret < 0 ? failed(s, ret) : offer_session(s, mail);
}

static int try_address(const struct addrinfo *address, int timeout)
{
	int fd = socket(address->ai_family, SOCK_STREAM, 0), error = 0;
	struct pollfd wait = { .fd = fd, .events = POLLOUT };
	socklen_t size = sizeof(error);

	if (fd < 0)
		return -1;
	if (fcntl(fd, F_SETFL, O_NONBLOCK) < 0 ||
	    (connect(fd, address->ai_addr, address->ai_addrlen) < 0 &&
	     errno != EINPROGRESS))
		error = errno;
	else if (poll(&wait, 1, timeout) != 1)
		error = ETIMEDOUT;
	else if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
		error = errno;
	if (error == 0)
		return fd;
	close(fd);
	errno = error;
	return -1;
}

/* Each address gets an equal share of the time left. */
static int connect_any(struct session *s, const struct addrinfo *list,
		       const char *name)
{
	const struct addrinfo *a;
	int count = 0;

	for (a = list; a; a = a->ai_next)
		count++;
	for (a = list; a && s->fd < 0; a = a->ai_next) {
		s->fd = try_address(a, left(s) / count--);
		s->address = a;
	}
	return s->fd < 0 ? end(s, LATER, "no connection to %s: %s", name,
			       strerror(errno))
			 : 0;
}

static int connect_to(struct session *s, const struct mail *mail)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list;
	int ret = getaddrinfo(mail->host, mail->port, &hints, &list);

	if (ret)
		return end(s, ret == EAI_AGAIN ? LATER : REFUSED, "%s:%s: %s",
			   mail->host, mail->port, gai_strerror(ret));
	ret = connect_any(s, list, mail->host);
	freeaddrinfo(list);
	return ret;
}

static int start_tls(struct session *s, const struct mail *mail)
{
	int ret = mail->implicit
			  ? smtptls_conn_start_tls(s->conn, 0)
			  : smtptls_conn_negotiate(s->conn, s->me, s->flags);

	if (ret == 0)
		ret = smtptls_fd_start_tls(s->conn, s->fd, s->fd, left(s));
	return ret < 0 ? failed(s, ret) : 0;
}

/* ---- SMTP ---- */

static int say(struct session *s, const char *data, size_t len)
{
	ssize_t n = smtptls_fd_write(s->conn, s->fd, s->fd, data, len, left(s));

	return n < 0 ? failed(s, (int)n) : 0;
}

/* Read the next line into `last`; its length, or 0 if there is none. */
static size_t hear_line(struct session *s)
{
	size_t len;
	char *lf;

	while (!(lf = memchr(s->in, '\n', s->held)) && s->held < LINE) {
		ssize_t n =
			smtptls_fd_read(s->conn, s->fd, s->fd, s->in + s->held,
					LINE - s->held, left(s));
		if (n < 0)
			failed(s, (int)n);
		if (n <= 0)
			break;
		s->held += (size_t)n;
	}
	if (!lf) {
		end(s, LATER, "the server's reply to %s does not end",
		    s->doing);
		return 0;
	}
	len = (size_t)(lf - s->in) + 1;
	memcpy(s->last, s->in, len);
	s->last[len] = '\0';
	s->held -= len;
	memmove(s->in, s->in + len, s->held);
	return len;
}

/* Read a complete reply with nothing after it: its code, or -1. */
static int hear(struct session *s, const char *doing)
{
	struct smtptls_reply reply = { 0 };
	size_t len, total = 0;
	int code;

	snprintf(s->doing, sizeof(s->doing), "%s", doing);
	smtptls_ehlo_init(&s->ehlo, s->offers, sizeof(s->offers));
	do {
		code = reply.code;
		len = hear_line(s);
		if (len == 0)
			return -1;
		total += len;
		if (smtptls_reply_parse(s->last, len, &reply) < 0 ||
		    (code && code != reply.code) || total > REPLY)
			return end(s, LATER, "the server's reply to %s is %s",
				   doing,
				   total > REPLY ? "too long" : "not SMTP");
		smtptls_ehlo_add(&s->ehlo, s->last, len);
	} while (!reply.last);
	s->last[len - 2] = '\0';
	if (s->held > 0)
		return end(s, LATER,
			   "the server sent more than one reply to %s", doing);
	return reply.code;
}

__attribute__((format(printf, 2, 3))) static int
command(struct session *s, const char *format, ...)
{
	char line[1024];
	va_list ap;
	int len;

	va_start(ap, format);
	len = vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	if (say(s, line, (size_t)len) < 0)
		return -1;
	line[strcspn(line, " \r")] = '\0';
	return hear(s, line);
}

/* The server refused, permanently or for now. */
static int refused(struct session *s, int code)
{
	return end(s, code >= 500 ? REFUSED : LATER,
		   "the server answered %s with \"%.300s\"", s->doing, s->last);
}

static int offers(const struct session *s, const char *keyword,
		  const char *parameter)
{
	const char *word = smtptls_ehlo_find(&s->ehlo, keyword);
	size_t len = strlen(parameter);

	for (; word && *word; word += strspn(word, " ")) {
		if (strcspn(word, " ") == len &&
		    strncasecmp(word, parameter, len) == 0)
			return 1;
		word += strcspn(word, " ");
	}
	return word && len == 0;
}

/* The password is only for the server: never send it in the clear. */
static int log_in(struct session *s, const struct mail *mail)
{
	int code;

	if (!smtptls_conn_tls_enabled(s->conn) || !offers(s, "AUTH", "PLAIN"))
		return end(s, REFUSED, "the server does not offer AUTH PLAIN");
	code = command(s, "AUTH PLAIN %s\r\n", mail->login);
	return code == 235 ? 0 : refused(s, code);
}

/* EHLO, or without TLS HELO if the server does not know EHLO. */
static int greet(struct session *s)
{
	int code = command(s, "EHLO %s\r\n", s->me);

	if ((code == 500 || code == 502) && !smtptls_conn_tls_enabled(s->conn))
		code = command(s, "HELO %s\r\n", s->me);
	return code == 250 ? 0 : refused(s, code);
}

/* The server accepted; say over which connection. */
static int taken(struct session *s)
{
	struct smtptls_info info = { 0 };
	const char *why = "";

	smtptls_conn_info(s->conn, &info, sizeof(info));
	if (info.verify < 0)
		why = smtptls_strerror(info.verify);
	return end(s, TAKEN, "\"%.300s\" (%s%s%s%s%s)", s->last,
		   info.tls_enabled ? info.protocol : "in the clear",
		   info.resumed ? ", resumed" : "",
		   info.verify == 1 ? ", verified" : ", not verified",
		   *why ? ": " : "", why);
}

static int send_mail(struct session *s, const struct mail *mail)
{
	const char *body = "";
	int code;

	if (s->greet) {
		code = hear(s, "the connection");
		if (code != 220)
			return refused(s, code);
	}
	if (greet(s) < 0)
		return -1;
	if (mail->eight_bit && !offers(s, "8BITMIME", ""))
		return end(s, REFUSED, "the server does not accept 8-bit text");
	if (mail->eight_bit)
		body = " BODY=8BITMIME";
	if (mail->login && log_in(s, mail) < 0)
		return -1;
	code = command(s, "MAIL FROM:<%s>%s\r\n", mail->from, body);
	if (code != 250)
		return refused(s, code);
	code = command(s, "RCPT TO:<%s>\r\n", mail->to);
	if (code != 250 && code != 251)
		return refused(s, code);
	code = command(s, "DATA\r\n");
	if (code != 354)
		return refused(s, code);
	s->sent = 1;
	if (say(s, mail->text, mail->len) < 0)
		return -1;
	code = hear(s, "the message");
	return code == 250 ? taken(s) : refused(s, code);
}

static void send_to_server(struct session *s, const struct mail *mail)
{
	if (prepare(s, mail) == 0 && connect_to(s, mail) == 0 &&
	    start_tls(s, mail) == 0)
		send_mail(s, mail);
}

/* Close what the session left open; errors no longer matter. */
static void leave(struct session *s, const struct mail *mail)
{
	if (s->fd >= 0) {
		if (mail->session)
			keep_session(s, mail);
		command(s, "QUIT\r\n");
		smtptls_conn_close(s->conn);
		smtptls_fd_pump(s->conn, s->fd, s->fd, 0, left(s));
		close(s->fd);
	}
	smtptls_conn_free(s->conn);
	s->conn = NULL;
	s->fd = -1;
	s->held = 0;
}

/* ---- to a domain ---- */

/* TLS was optional and has failed: connect again without it. */
static int start_in_clear(struct session *s, const struct mail *mail)
{
	leave(s, mail);
	if (make_conn(s, mail, 0) < 0)
		return -1;
	s->fd = try_address(s->address, left(s));
	if (s->fd < 0)
		return -1;
	s->status = OPEN;
	s->greet = 1;
	return 0;
}

/* Try the connected server: SMTPTLS_TRY if it decided on the message. */
static int try_server(struct session *s, const struct mail *mail,
		      const struct mx *mx)
{
	struct smtptls_info info = { 0 };

	s->greet = 0;
	s->flags = smtptls_outbound_apply(s->conn, mx->plan, sizeof(*mx->plan));
	if (s->flags < 0) {
		failed(s, s->flags);
		return SMTPTLS_SKIP_TLS;
	}
	if (start_tls(s, mail) < 0) {
		smtptls_conn_info(s->conn, &info, sizeof(info));
		if (!mx->plan->clear ||
		    info.retry != SMTPTLS_RETRY_NEW_CONNECTION_CLEAR ||
		    start_in_clear(s, mail) < 0)
			return info.report ? SMTPTLS_SKIP_TLS
					   : SMTPTLS_SKIP_CONNECTION;
	}
	if (send_mail(s, mail) == 0 || s->status != LATER || s->sent)
		return SMTPTLS_TRY;
	s->late = 1;
	return SMTPTLS_SKIP_CONNECTION;
}

/* Try a host by its plan, address by address: SMTPTLS_TRY as above. */
static int try_host(struct session *s, const struct mail *mail,
		    const struct mx *mx)
{
	int ca = mx->plan->level == SMTPTLS_LEVEL_CA ? 1 : 2;
	const struct addrinfo *list = mx->addresses;
	int skip = SMTPTLS_SKIP_CONNECTION;

	do {
		if (make_conn(s, mail, ca) < 0)
			return SMTPTLS_TRY; /* a local error */
		/* an earlier address's sentence stays */
		if (connect_any(s, list, mx->name) < 0)
			return skip;
		list = s->address->ai_next;
		s->status = OPEN;
		skip = try_server(s, mail, mx);
		if (skip != SMTPTLS_TRY)
			leave(s, mail);
	} while (skip != SMTPTLS_TRY && list);
	return skip;
}

static void send_to_domain(struct session *s, const struct mail *mail)
{
	char last[512] = "";
	struct smtptls_decision decision;
	struct domain *domain;
	const char *error;
	struct mx mx;
	int skip = -1;

	domain = domain_open(mail, s->deadline, &error);
	if (!domain) {
		end(s, LOCAL, "%s: %s", mail->domain, error);
		return;
	}
	while ((skip < 0 || left(s) > 0) && domain_next(domain, &mx)) {
		skip = try_host(s, mail, &mx);
		if (skip == SMTPTLS_TRY)
			break;
		domain_failed(domain, skip);
		leave(s, mail);
		snprintf(last, sizeof(last), "; %.100s: %.400s", mx.name,
			 s->sentence);
		s->status = OPEN;
	}
	decision = domain_decide(domain);
	if (skip != SMTPTLS_TRY)
		end(s, decision.action == SMTPTLS_BOUNCE ? REFUSED : LATER,
		    "%s: %s %s%s", mail->domain,
		    decision.status ? decision.status : "",
		    s->late ? "no server accepts it now" : decision.text, last);
	domain_close(domain);
}

int main(int argc, char **argv)
{
	struct session s = { .fd = -1, .status = OPEN };
	struct mail mail;

	mail_read_options(&mail, argc, argv);
	s.deadline = now_ms() + 1000LL * mail.timeout;
	if (gethostname(s.me, sizeof(s.me) - 1) < 0)
		strcpy(s.me, "localhost");
	if (mail_read_text(&mail) < 0)
		end(&s, LOCAL, "%s: %s", mail.file, strerror(errno));
	else if (mail.domain)
		send_to_domain(&s, &mail);
	else
		send_to_server(&s, &mail);
	leave(&s, &mail);
	free(mail.text);
	if (s.status == TAKEN)
		puts(s.sentence);
	else
		fprintf(stderr, "sendmta: %s\n", s.sentence);
	return s.status;
}
