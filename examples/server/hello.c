/* SPDX-License-Identifier: MIT */
/*
 * Records the ClientHellos of failed handshakes (--record-hello), for
 * smtptls-ciphers --hello.
 *
 * A file contains the TLS records received, up to the end of the one that
 * completes the hello: never a byte of a later message, and nothing of a peer
 * that does not speak TLS or leaves before its hello is complete. The memory
 * that a session uses for it is bounded, and freed when its handshake ends.
 *
 * A file is named after the reason, with a number from 1, as in "needs-rsa-1".
 * Only a few are kept for each reason, so that a scanner can neither fill the
 * disk nor crowd out rare ones. A file appears complete, and replaces no other.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hello.h"
#include "log.h"

enum {
	PER_REASON = 10,
	HEADER = 5, /* of a record */
	HANDSHAKE = 22,
	CLIENT_HELLO = 1,
	MESSAGE_HEADER = 4,
	MESSAGE_MAX = 16384, /* the library judges none that is longer */
	BYTES_MAX = MESSAGE_MAX + 1024 /* with record headers */
};

struct hello_dir {
	int fd;
	const char *path;
	int reasons;
	int used[]; /* for each reason: how many numbers are taken */
};

struct hello {
	enum { GOES_ON, WHOLE, NONE } state;
	int ssl2;	     /* it has SSLv2's format */
	size_t record;	     /* where the last record begins */
	size_t end;	     /* and ends, known once its header is there */
	size_t message;	     /* bytes of the handshake message so far */
	size_t message_size; /* as its header says */
	size_t len;
	unsigned char bytes[BYTES_MAX];
};

/* ------------------------------------------------------------------------ */
/* The directory                                                             */

struct hello_dir *hello_dir_open(const char *path)
{
	struct hello_dir *dir;
	int reasons = 0;

	while (smtptls_reason_name(reasons))
		reasons++;
	dir = calloc(1, sizeof(*dir) + (size_t)reasons * sizeof(dir->used[0]));
	if (!dir)
		return NULL;
	dir->fd = -1;
	dir->path = path;
	dir->reasons = reasons;
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		goto fail;
	dir->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir->fd < 0 || faccessat(dir->fd, ".", W_OK | X_OK, 0) < 0)
		goto fail;
	return dir;
fail:
	hello_dir_close(dir);
	return NULL;
}

void hello_dir_close(struct hello_dir *dir)
{
	int error = errno;

	if (!dir)
		return;
	if (dir->fd >= 0)
		close(dir->fd);
	free(dir);
	errno = error;
}

/* Write a new file; 0, or -1 with errno set and no file. */
static int write_file(int dir, const char *name, const struct hello *hello)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
			0600);
	int error = 0;

	if (fd < 0)
		return -1;
	ssize_t n = write(fd, hello->bytes, hello->len);
	if (n != (ssize_t)hello->len)
		error = n < 0 ? errno : ENOSPC;
	if (close(fd) < 0 && !error)
		error = errno;
	if (!error)
		return 0;
	unlinkat(dir, name, 0);
	errno = error;
	return -1;
}

/* Give a file the next free name for the reason; 1, 0 if there is none left, or
 * -1 with errno set. */
static int link_file(struct hello_dir *dir, const char *from, int reason,
		     char *name, size_t size)
{
	while (dir->used[reason] < PER_REASON) {
		snprintf(name, size, "%s-%d", smtptls_reason_name(reason),
			 ++dir->used[reason]);
		if (linkat(dir->fd, from, dir->fd, name, 0) == 0)
			return 1;
		if (errno != EEXIST) {
			dir->used[reason]--;
			return -1;
		}
	}
	return 0;
}

static void store(struct hello_dir *dir, const struct hello *hello, int reason,
		  const char *peer)
{
	char temporary[32], name[64];
	int stored = -1;

	if (reason < 0 || reason >= dir->reasons ||
	    dir->used[reason] >= PER_REASON)
		return;
	snprintf(temporary, sizeof(temporary), ".%ld", (long)getpid());
	/* An earlier process that was killed may have left one. */
	if (unlinkat(dir->fd, temporary, 0) == 0 || errno == ENOENT)
		stored = write_file(dir->fd, temporary, hello);
	if (stored == 0) {
		stored = link_file(dir, temporary, reason, name, sizeof(name));
		int error = errno;
		unlinkat(dir->fd, temporary, 0);
		errno = error;
	}
	if (stored < 0)
		note("record-hello: %s: %s", dir->path, strerror(errno));
	else if (stored > 0)
		note("%s: its ClientHello is in %s/%s", peer, dir->path, name);
}

/* ------------------------------------------------------------------------ */
/* A session's hello                                                         */

struct hello *hello_begin(const struct hello_dir *dir)
{
	return dir ? calloc(1, sizeof(struct hello)) : NULL;
}

/* A record header is complete. */
static void look_at_header(struct hello *hello)
{
	const unsigned char *p = hello->bytes + hello->record;

	hello->ssl2 = hello->record == 0 && p[0] & 0x80 && p[2] == CLIENT_HELLO;
	if (hello->ssl2)
		hello->end = 2 + ((size_t)(p[0] & 0x7f) << 8 | p[1]);
	else if (p[0] == HANDSHAKE && p[1] == 3)
		hello->end = hello->len + ((size_t)p[3] << 8 | p[4]);
	if (hello->end <= hello->len)
		hello->state = NONE;
}

/* Process a byte of the handshake message. */
static void look_at_message(struct hello *hello, unsigned char byte)
{
	hello->message++;
	if (hello->message == 1 && byte != CLIENT_HELLO)
		hello->state = NONE;
	else if (hello->message > 1 && hello->message <= MESSAGE_HEADER)
		hello->message_size = hello->message_size << 8 | byte;
	if (hello->message_size > MESSAGE_MAX - MESSAGE_HEADER)
		hello->state = NONE;
}

static void take_byte(struct hello *hello, unsigned char byte)
{
	if (hello->len == BYTES_MAX) {
		hello->state = NONE;
		return;
	}
	hello->bytes[hello->len++] = byte;
	if (hello->len - hello->record < HEADER)
		return;
	if (hello->len - hello->record == HEADER)
		look_at_header(hello);
	else if (!hello->ssl2)
		look_at_message(hello, byte);
	if (hello->state == NONE || hello->len != hello->end)
		return;
	hello->record = hello->len;
	if (hello->ssl2 ||
	    (hello->message >= MESSAGE_HEADER &&
	     hello->message >= MESSAGE_HEADER + hello->message_size))
		hello->state = WHOLE;
}

void hello_take(struct hello *hello, const unsigned char *bytes, size_t len)
{
	if (!hello)
		return;
	for (size_t i = 0; i < len && hello->state == GOES_ON; i++)
		take_byte(hello, bytes[i]);
}

void hello_end(struct hello *hello, struct hello_dir *dir,
	       struct smtptls_conn *conn, const char *peer)
{
	struct smtptls_info info;

	if (hello && hello->state == WHOLE &&
	    smtptls_conn_state(conn) == SMTPTLS_FAILED &&
	    smtptls_conn_info(conn, &info, sizeof(info)) == 0)
		store(dir, hello, info.reason, peer);
	free(hello);
}
