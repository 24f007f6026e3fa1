/* SPDX-License-Identifier: MIT */
/* --passphrase-file: decrypts private keys. See passphrase.c. */
#ifndef SERVER_PASSPHRASE_H
#define SERVER_PASSPHRASE_H

#include <stddef.h>

struct passphrase {
	char text[256];
	size_t len;
};

/* Read it from a file; -1 after a note() of the cause, with `prefix`. */
int passphrase_read(struct passphrase *passphrase, const char *file,
		    const char *prefix);
/* Give it to the library; `arg` is a struct passphrase. */
int passphrase_give(const char *name, char *buf, size_t size, void *arg);

#endif
