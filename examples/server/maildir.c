/* SPDX-License-Identifier: MIT */
/*
 * Maildir delivery: a message is written to tmp/, synced, linked into new/,
 * and new/ is synced; only then is it delivered.
 *
 * The names are unique among the processes and hosts that share a directory
 * (time, process, counter, host), and nothing is ever overwritten. A message
 * that is not delivered leaves no file behind, unless the process is killed:
 * then it leaves one in tmp/.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "maildir.h"

enum {
	NAME_SIZE = 340 /* a host's name and three numbers */
};

struct maildir {
	int dir, new;
	unsigned long count;
	const char *hostname;
};

struct message {
	struct maildir *maildir;
	FILE *file;
	char tmp_name[NAME_SIZE];
	char new_name[NAME_SIZE];
};

struct maildir *maildir_open(const char *dir, const char *hostname)
{
	static const char *const parts[] = { "tmp", "new", "cur" };
	struct maildir *maildir = calloc(1, sizeof(*maildir));

	if (!maildir)
		return NULL;
	maildir->hostname = hostname;
	maildir->dir = maildir->new = -1;
	if (mkdir(dir, 0700) < 0 && errno != EEXIST)
		goto fail;
	maildir->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (maildir->dir < 0)
		goto fail;
	for (size_t i = 0; i < 3; i++)
		if (mkdirat(maildir->dir, parts[i], 0700) < 0 &&
		    errno != EEXIST)
			goto fail;
	if (fsync(maildir->dir) < 0)
		goto fail;
	maildir->new =
		openat(maildir->dir, "new", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (maildir->new < 0 || faccessat(maildir->dir, "new", W_OK, 0) < 0 ||
	    faccessat(maildir->dir, "tmp", W_OK, 0) < 0)
		goto fail;
	return maildir;
fail:
	maildir_close(maildir);
	return NULL;
}

void maildir_close(struct maildir *maildir)
{
	int error = errno;

	if (!maildir)
		return;
	if (maildir->new >= 0)
		close(maildir->new);
	if (maildir->dir >= 0)
		close(maildir->dir);
	free(maildir);
	errno = error;
}

struct message *message_begin(struct maildir *maildir)
{
	struct message *message = calloc(1, sizeof(*message));
	struct timespec now;
	int fd = -1;

	if (!message)
		return NULL;
	message->maildir = maildir;
	clock_gettime(CLOCK_REALTIME, &now);
	int n = snprintf(message->tmp_name, NAME_SIZE,
			 "tmp/%lld.M%06ldP%ldQ%lu.%s", (long long)now.tv_sec,
			 now.tv_nsec / 1000, (long)getpid(), ++maildir->count,
			 maildir->hostname);
	if (n >= NAME_SIZE)
		goto fail;
	snprintf(message->new_name, NAME_SIZE, "new/%s", message->tmp_name + 4);
	fd = openat(maildir->dir, message->tmp_name,
		    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		goto fail;
	message->file = fdopen(fd, "w");
	if (message->file)
		return message;
	unlinkat(maildir->dir, message->tmp_name, 0);
	close(fd);
fail:
	free(message);
	return NULL;
}

int message_write(struct message *message, const void *data, size_t len)
{
	return fwrite(data, 1, len, message->file) == len ? 0 : -1;
}

int message_commit(struct message *message)
{
	struct maildir *maildir = message->maildir;
	int result = -1;

	if (fflush(message->file) != 0 || fsync(fileno(message->file)) < 0)
		goto out;
	if (linkat(maildir->dir, message->tmp_name, maildir->dir,
		   message->new_name, 0) < 0)
		goto out;
	result = fsync(maildir->new);
	if (result < 0)
		unlinkat(maildir->dir, message->new_name, 0);
out:
	message_drop(message);
	return result;
}

void message_drop(struct message *message)
{
	int error = errno;

	if (!message)
		return;
	unlinkat(message->maildir->dir, message->tmp_name, 0);
	fclose(message->file);
	free(message);
	errno = error;
}
