/* SPDX-License-Identifier: MIT */
/*
 * The passphrase of private keys, from the first line of a file that only its
 * owner can read. It is read for each configuration, and the caller wipes it as
 * soon as the keys are loaded.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "passphrase.h"

/* What is wrong with the file, or NULL. */
static const char *fault(int fd, struct passphrase *passphrase)
{
	struct stat st;
	size_t n = 0;
	ssize_t got;

	if (fstat(fd, &st) < 0)
		return strerror(errno);
	if (S_ISREG(st.st_mode) && st.st_mode & (S_IRGRP | S_IROTH))
		return "users other than its owner can read the passphrase: "
		       "make it readable by its owner only (chmod go-r)";
	do {
		got = read(fd, passphrase->text + n,
			   sizeof(passphrase->text) - n);
		n += got > 0 ? (size_t)got : 0;
	} while ((got > 0 && n < sizeof(passphrase->text)) ||
		 (got < 0 && errno == EINTR));
	if (got < 0)
		return strerror(errno);
	for (passphrase->len = 0; passphrase->len < n; passphrase->len++) {
		if (strchr("\r\n", passphrase->text[passphrase->len]))
			break; /* strchr() finds a NUL, too */
	}
	if (passphrase->len == 0)
		return "the first line is empty";
	return passphrase->len == sizeof(passphrase->text)
		       ? "the first line is too long for a passphrase"
		       : NULL;
}

int passphrase_read(struct passphrase *passphrase, const char *file,
		    const char *prefix)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	const char *why = fd < 0 ? strerror(errno) : fault(fd, passphrase);

	if (fd >= 0)
		close(fd);
	if (why)
		note("%s%s: %s", prefix, file, why);
	return why ? -1 : 0;
}

int passphrase_give(const char *name, char *buf, size_t size, void *arg)
{
	const struct passphrase *passphrase = arg;

	(void)name; /* one passphrase for all keys */
	if (passphrase->len > size)
		return -1;
	memcpy(buf, passphrase->text, passphrase->len);
	return (int)passphrase->len;
}
