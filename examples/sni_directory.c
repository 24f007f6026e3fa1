/* SPDX-License-Identifier: MIT */
/*
 * sni_directory: certificates for any number of names, loaded on demand.
 *
 *   sni_directory DIRECTORY [MAX]
 *
 * listens on 127.0.0.1, prints the port, and serves one client at a time over
 * STARTTLS, which is all that it knows besides EHLO and QUIT. A client that
 * asks for NAME gets the certificate in DIRECTORY/NAME.pem, with the key in the
 * same file; all others get the one in DIRECTORY/default.pem. At most MAX names
 * (1000) are kept, the most recently used, each with a reload that follows its
 * file. Each load is reported in a line on stderr.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <smtptls.h>

enum { TIMEOUT_MS = 30000 };

/* A name, linked in its hash bucket and in the order of use. */
struct entry {
	struct entry *next;
	struct entry *newer, *older;
	struct smtptls_reload *reload;
	char name[256];
};

struct directory {
	const char *path;
	struct smtptls_policy *policy; /* shared by all: the largest part */
	size_t count, max;
	struct entry **bucket; /* `max` of them */
	struct entry *newest, *oldest;
};

/* ---- one name ---- */

struct source {
	const struct directory *directory;
	const char *name;
};

static int fill(struct smtptls_config *config, void *arg)
{
	const struct source *source = arg;
	char file[PATH_MAX];
	int ret;

	/* A name from the library has no slash and no empty label. */
	if (snprintf(file, sizeof(file), "%s/%s.pem", source->directory->path,
		     source->name) >= (int)sizeof(file))
		return SMTPTLS_E_LIMIT;
	if (access(file, F_OK) < 0)
		return SMTPTLS_E_CONFIG; /* not logged: anyone can ask */
	ret = smtptls_config_set_policy(config, source->directory->policy);
	if (ret == 0)
		ret = smtptls_config_add_cert_file(config, file, file);
	if (ret < 0)
		fprintf(stderr, "%s\n", smtptls_config_error(config));
	return ret;
}

static struct smtptls_reload *load(const struct directory *directory,
				   const char *name)
{
	struct source source = { directory, name };
	struct smtptls_reload *reload = NULL;
	struct smtptls_config *config;

	if (smtptls_config_new(&config) < 0)
		return NULL;
	if (fill(config, &source) == 0 && smtptls_config_freeze(config) == 0 &&
	    smtptls_reload_new(&reload, config) == 0)
		fprintf(stderr, "loaded %s\n", name);
	smtptls_config_unref(config);
	return reload;
}

/* ---- the names used most recently ---- */

static struct entry **find(struct directory *directory, const char *name)
{
	struct entry **link;
	size_t hash = 5381;
	const char *c;

	for (c = name; *c; c++)
		hash = hash * 33 + (unsigned char)*c;
	link = &directory->bucket[hash % directory->max];
	while (*link && strcmp((*link)->name, name) != 0)
		link = &(*link)->next;
	return link;
}

static void take_out(struct directory *directory, struct entry *entry)
{
	*(entry->newer ? &entry->newer->older : &directory->newest) =
		entry->older;
	*(entry->older ? &entry->older->newer : &directory->oldest) =
		entry->newer;
}

static void put_first(struct directory *directory, struct entry *entry)
{
	entry->newer = NULL;
	entry->older = directory->newest;
	*(entry->older ? &entry->older->newer : &directory->oldest) = entry;
	directory->newest = entry;
}

/* Connections that have its configuration keep it. */
static void forget(struct directory *directory, struct entry *entry)
{
	*find(directory, entry->name) = entry->next;
	take_out(directory, entry);
	directory->count--;
	smtptls_reload_free(entry->reload);
	free(entry);
}

static struct entry *add(struct directory *directory, const char *name)
{
	struct smtptls_reload *reload = load(directory, name);
	struct entry *entry = reload ? calloc(1, sizeof(*entry)) : NULL;
	struct entry **link;

	if (!entry) {
		smtptls_reload_free(reload);
		return NULL;
	}
	if (directory->count == directory->max)
		forget(directory, directory->oldest);
	snprintf(entry->name, sizeof(entry->name), "%s", name);
	entry->reload = reload;
	link = find(directory, name);
	entry->next = *link;
	*link = entry;
	put_first(directory, entry);
	directory->count++;
	return entry;
}

/* The library calls this in the handshake. */
static struct smtptls_config *choose(const char *name, void *arg)
{
	struct directory *directory = arg;
	struct source source = { directory, name };
	struct entry *entry = *find(directory, name);

	if (entry) {
		take_out(directory, entry);
		put_first(directory, entry);
		if (smtptls_reload_if_changed(entry->reload, fill, &source) > 0)
			fprintf(stderr, "reloaded %s\n", name);
	} else {
		entry = add(directory, name);
	}
	if (!entry)
		return NULL;
	return smtptls_config_ref(smtptls_reload_config(entry->reload));
}

/* ---- SMTP ---- */

/* Send a reply; 0 if it failed, or was the last one. */
static int say(struct smtptls_conn *conn, int fd, const char *text)
{
	size_t len = strlen(text);

	return smtptls_fd_write(conn, fd, fd, text, len, TIMEOUT_MS) ==
		       (ssize_t)len &&
	       strncmp(text, "221", 3) != 0;
}

static int answer(struct smtptls_conn *conn, int fd, const char *line,
		  size_t len)
{
	struct smtptls_command command;

	if (smtptls_command_parse(line, len, &command) < 0)
		return say(conn, fd, "500 5.5.2 Not a valid line\r\n");
	if (smtptls_command_is(&command, "QUIT"))
		return say(conn, fd, "221 2.0.0 Bye\r\n");
	if (smtptls_command_is(&command, "EHLO"))
		return say(conn, fd,
			   smtptls_conn_can_starttls(conn)
				   ? "250-localhost\r\n250 STARTTLS\r\n"
				   : "250 localhost\r\n");
	if (!smtptls_command_is(&command, "STARTTLS"))
		return say(conn, fd, "502 5.5.1 Not implemented\r\n");
	/* The next smtptls_fd_read() runs the handshake. */
	return smtptls_conn_accept_starttls(conn, command.args, 0) > 0;
}

/* Read a line into a string; its length, or 0 at end of input or on timeout. */
static size_t hear(struct smtptls_conn *conn, int fd,
		   char line[SMTPTLS_COMMAND_MAX + 1])
{
	size_t len = 0;

	while (len < SMTPTLS_COMMAND_MAX) {
		if (smtptls_fd_read(conn, fd, fd, line + len, 1, TIMEOUT_MS) !=
		    1)
			return 0;
		if (line[len++] != '\n')
			continue;
		line[len] = '\0';
		return len;
	}
	return 0;
}

static void serve(struct smtptls_config *config, int fd)
{
	struct smtptls_conn *conn;
	char line[SMTPTLS_COMMAND_MAX + 1];
	size_t len;
	int more;

	if (smtptls_conn_new(&conn, config, SMTPTLS_SERVER) < 0)
		return;
	more = say(conn, fd, "220 localhost ESMTP\r\n");
	while (more && (len = hear(conn, fd, line)) > 0)
		more = answer(conn, fd, line, len);
	smtptls_conn_close(conn);
	(void)smtptls_fd_pump(conn, fd, fd, 0, TIMEOUT_MS);
	smtptls_conn_free(conn);
}

/* ---- start ---- */

static int die(const char *what, const char *why)
{
	fprintf(stderr, "sni_directory: %s: %s\n", what, why);
	return 1;
}

static struct smtptls_config *default_config(struct directory *directory)
{
	struct source source = { directory, "default" };
	struct smtptls_config *config;
	int ret = smtptls_config_new(&config);

	if (ret < 0)
		return NULL;
	ret = fill(config, &source);
	if (ret == 0)
		ret = smtptls_config_set_sni(config, choose, directory);
	if (ret == 0)
		ret = smtptls_config_freeze(config);
	if (ret == 0)
		return config;
	smtptls_config_unref(config);
	return NULL;
}

static int listen_on_loopback(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int on = 1;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	/* Accepted sockets inherit it; else each turn waits for an ACK. */
	if (fd < 0 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) < 0 ||
	    bind(fd, (struct sockaddr *)&address, len) < 0 ||
	    listen(fd, 64) < 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &len) < 0)
		return -1;
	printf("listening starttls 127.0.0.1:%u\n", ntohs(address.sin_port));
	fflush(stdout);
	return fd;
}

int main(int argc, char **argv)
{
	struct directory directory = { .max = 1000 };
	struct smtptls_config *config;
	int listener, fd;

	if (argc == 3)
		directory.max = strtoul(argv[2], NULL, 10);
	if (argc < 2 || argc > 3 || directory.max == 0)
		return die("usage", "sni_directory DIRECTORY [MAX]");
	signal(SIGPIPE, SIG_IGN);
	directory.path = argv[1];
	directory.bucket = calloc(directory.max, sizeof(*directory.bucket));
	if (!directory.bucket ||
	    smtptls_policy_new(&directory.policy, NULL, 0, NULL, 0) < 0)
		return die("policy", "no memory");
	config = default_config(&directory);
	if (!config)
		return die(directory.path, "no usable default.pem");
	listener = listen_on_loopback();
	if (listener < 0)
		return die("listen", strerror(errno));
	while ((fd = accept(listener, NULL, NULL)) >= 0 || errno == EINTR ||
	       errno == ECONNABORTED) {
		if (fd < 0)
			continue;
		serve(config, fd);
		close(fd);
	}
	return die("accept", strerror(errno));
}
