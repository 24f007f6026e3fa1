/* SPDX-License-Identifier: MIT */
/*
 * smtptls-server: a small mail server to test SMTP STARTTLS with, and to show
 * how libsmtptls is used in an event loop; see smtptls-server(1).
 *
 * This file is the process: before it opens a port it sets up everything that
 * can fail, then it accepts connections and handles signals. SIGHUP loads a new
 * configuration; if that fails, it is tried again each time the files change.
 * The old configuration lives until its last connection ends.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "config.h"
#include "hello.h"
#include "log.h"
#include "session.h"

enum {
	BACKLOG = 511,
	ACCEPT_PAUSE_SECONDS = 1, /* when descriptors or memory run out */
	DRAIN_SECONDS = 5,
	RELOAD_PAUSE_SECONDS = 1
};

static struct options options;
static struct server server = { .options = &options };
static struct event *listeners[OPTIONS_LIST_MAX];
static struct event *resume, *drained, *retry;

/* ------------------------------------------------------------------------ */
/* Listeners                                                                 */

static void accept_failed(evutil_socket_t listener)
{
	struct timeval pause = { .tv_sec = ACCEPT_PAUSE_SECONDS };

	if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED)
		return;
	note("accept: %s", strerror(errno));
	for (size_t i = 0; i < options.n_listen; i++)
		if (event_get_fd(listeners[i]) == listener)
			event_del(listeners[i]);
	event_add(resume, &pause);
}

/* Accept one per turn of the loop, which comes back while there are more:
 * libevent's own listener needs a failing call to find that there are none. */
static void on_accept(evutil_socket_t listener, short what, void *arg)
{
	const struct listen_option *option = arg;
	struct sockaddr_storage storage;
	struct sockaddr *peer = (struct sockaddr *)&storage;
	socklen_t len = sizeof(storage);
	int fd = accept4(listener, peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)what;
	if (fd < 0)
		accept_failed(listener);
	else if (server.n_sessions < options.max_connections)
		session_start(&server, fd, peer, option->tls);
	else
		session_refuse(&server, fd, peer, option->tls);
}

static void on_resume(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	for (size_t i = 0; i < options.n_listen; i++)
		if (listeners[i])
			event_add(listeners[i], NULL);
}

/* A bound socket that does not listen yet. */
static int bind_to(const struct listen_option *o)
{
	int v6 = o->address.ss_family == AF_INET6;
	int fd = socket(o->address.ss_family, SOCK_STREAM, 0);
	int on = 1;

	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    (v6 &&
	     setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) < 0) ||
	    /* Accepted sockets inherit it. */
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) < 0 ||
	    evutil_make_socket_nonblocking(fd) < 0 ||
	    evutil_make_socket_closeonexec(fd) < 0 ||
	    bind(fd, (const struct sockaddr *)&o->address, o->len) < 0)
		die("--listen %s: %s", o->text, strerror(errno));
	return fd;
}

/* Bind all sockets before one listens, and report them when all listen. */
static void listen_all(void)
{
	int fds[OPTIONS_LIST_MAX];
	struct listen_option *o = options.listen;

	for (size_t i = 0; i < options.n_listen; i++)
		fds[i] = bind_to(&o[i]);
	for (size_t i = 0; i < options.n_listen; i++) {
		listeners[i] =
			event_new(server.base, fds[i], EV_READ | EV_PERSIST,
				  on_accept, &o[i]);
		if (!listeners[i] || listen(fds[i], BACKLOG) < 0 ||
		    event_add(listeners[i], NULL) < 0)
			die("--listen %s: %s", o[i].text, strerror(errno));
	}
	for (size_t i = 0; i < options.n_listen; i++) {
		char text[ADDRESS_TEXT_MAX];
		if (getsockname(fds[i], (struct sockaddr *)&o[i].address,
				&o[i].len) < 0)
			die("--listen %s: %s", o[i].text, strerror(errno));
		address_text(&o[i].address, text);
		printf("listening %s %s\n", o[i].tls ? "tls" : "starttls",
		       text);
	}
	fflush(stdout);
}

static void close_listeners(void)
{
	for (size_t i = 0; i < options.n_listen; i++) {
		evutil_socket_t fd;

		if (!listeners[i])
			continue;
		fd = event_get_fd(listeners[i]);
		event_free(listeners[i]);
		evutil_closesocket(fd);
		listeners[i] = NULL;
	}
}

/* ------------------------------------------------------------------------ */
/* Signals                                                                   */

static void on_log_due(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	log_flush();
}

static void on_end(evutil_socket_t fd, short what, void *arg)
{
	struct timeval limit = { .tv_sec = DRAIN_SECONDS };

	(void)fd;
	(void)what;
	(void)arg;
	close_listeners();
	/* A second signal, or the time limit, ends the remaining sessions. */
	if (server.draining || server.n_sessions == 0) {
		event_base_loopbreak(server.base);
		return;
	}
	event_add(drained, &limit);
	sessions_drain(&server);
}

/* Retry after a failure: whoever is changing the files may not be done. */
static void after_attempt(int result, const struct server_load *attempt)
{
	struct timeval pause = { .tv_sec = RELOAD_PAUSE_SECONDS };
	struct smtptls_reload_status status;

	smtptls_reload_status(server.reload, &status, sizeof(status));
	if (result < 0 && !attempt->told)
		note("%s%s", attempt->prefix, status.text);
	if (result > 0) {
		if (status.expires && status.days < 0)
			note("the first certificate has expired");
		else if (status.expires)
			note("the first certificate expires in %d day%s",
			     status.days, status.days == 1 ? "" : "s");
		note("reloaded");
	}
	if (status.error)
		event_add(retry, &pause);
	else
		event_del(retry);
}

static void on_reload(evutil_socket_t fd, short what, void *arg)
{
	struct server_load attempt = {
		.options = &options,
		.prefix = "reload failed, the old files stay in use: ",
	};
	int again = what & EV_TIMEOUT, ret;

	(void)fd;
	(void)arg;
	ret = (again ? smtptls_reload_if_changed : smtptls_reload_now)(
		server.reload, server_fill, &attempt);
	after_attempt(ret, &attempt);
}

/* ------------------------------------------------------------------------ */

static void prepare(int argc, char **argv)
{
	options_parse(&options, argc, argv);
	server.smtp.hostname = options.hostname;
	server.smtp.max_size = options.max_size;
	snprintf(server.smtp.size_line, sizeof(server.smtp.size_line),
		 "250-SIZE %zu", options.max_size);
	server.smtp.require_tls = options.require_tls;
	server.reload = server_reload(&options);
	if (!server.reload)
		exit(EXIT_FAILURE);
	if (options.maildir) {
		server.maildir =
			maildir_open(options.maildir, options.hostname);
		if (!server.maildir)
			die("--maildir %s: %s", options.maildir,
			    strerror(errno));
	}
	if (options.record_hello) {
		server.hellos = hello_dir_open(options.record_hello);
		if (!server.hellos)
			die("--record-hello %s: %s", options.record_hello,
			    strerror(errno));
	}
	server.base = event_base_new();
	if (!server.base)
		die("libevent: %s", strerror(ENOMEM));
}

int main(int argc, char **argv)
{
	struct event *events[7];

	signal(SIGPIPE, SIG_IGN);
	prepare(argc, argv);
	events[0] = evsignal_new(server.base, SIGTERM, on_end, NULL);
	events[1] = evsignal_new(server.base, SIGINT, on_end, NULL);
	events[2] = evsignal_new(server.base, SIGHUP, on_reload, NULL);
	events[3] = resume = evtimer_new(server.base, on_resume, NULL);
	events[4] = drained = evtimer_new(server.base, on_end, NULL);
	events[5] = retry = evtimer_new(server.base, on_reload, NULL);
	events[6] = server.log_due = evtimer_new(server.base, on_log_due, NULL);
	for (size_t i = 0; i < 7; i++)
		if (!events[i] || (i < 3 && event_add(events[i], NULL) < 0))
			die("libevent: %s", strerror(ENOMEM));
	listen_all();
	event_base_dispatch(server.base);

	sessions_end(&server);
	close_listeners();
	log_flush();
	for (size_t i = 0; i < 7; i++)
		event_free(events[i]);
	event_base_free(server.base);
	maildir_close(server.maildir);
	hello_dir_close(server.hellos);
	smtptls_reload_free(server.reload);
	libevent_global_shutdown();
	return EXIT_SUCCESS;
}
