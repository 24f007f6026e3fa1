/* SPDX-License-Identifier: MIT */
/*
 * tls/file: a whole small file in memory.
 *
 * GnuTLS can read files itself, but says only that it could not; an
 * administrator needs to know whether the file is missing, a directory, not
 * readable or empty. Regular files, pipes and the like are read up to
 * STLS_FILE_MAX bytes.
 */
#include "tls/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <smtptls/error.h>

#define CHUNK 4096

static int read_all(int fd, struct stls_buffer *content, const char **cause)
{
	unsigned char *ptr;
	ssize_t n;
	int ret;

	for (;;) {
		ret = stls_buffer_reserve(content, CHUNK, &ptr);
		if (ret < 0)
			return ret;
		do {
			n = read(fd, ptr, CHUNK);
		} while (n < 0 && errno == EINTR);
		if (n < 0) {
			*cause = strerror(errno);
			return SMTPTLS_E_CONFIG;
		}
		if (n == 0)
			break;
		stls_buffer_commit(content, (size_t)n);
		if (stls_buffer_len(content) > STLS_FILE_MAX) {
			*cause = "the file is larger than 1 MiB";
			return SMTPTLS_E_LIMIT;
		}
	}
	if (stls_buffer_len(content) == 0) {
		*cause = "the file is empty";
		return SMTPTLS_E_CONFIG;
	}
	return 0;
}

static int is_shared(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	       st.st_mode & (S_IRGRP | S_IROTH);
}

int stls_file_read(const char *name, struct stls_buffer *content, int *shared,
		   const char **cause)
{
	int fd, ret;

	do {
		fd = open(name, O_RDONLY | O_CLOEXEC);
	} while (fd < 0 && errno == EINTR);
	if (fd < 0) {
		*cause = strerror(errno);
		return SMTPTLS_E_CONFIG;
	}
	*shared = is_shared(fd);
	ret = read_all(fd, content, cause);
	(void)close(fd);
	return ret;
}
