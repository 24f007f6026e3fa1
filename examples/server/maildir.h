/* SPDX-License-Identifier: MIT */
#ifndef SERVER_MAILDIR_H
#define SERVER_MAILDIR_H

#include <stddef.h>

struct maildir;
struct message;

/* Open DIR, and make it, tmp/, new/ and cur/ if absent; NULL with errno set. */
struct maildir *maildir_open(const char *dir, const char *hostname);
void maildir_close(struct maildir *maildir);

/* Begin a message in tmp/; NULL with errno set. */
struct message *message_begin(struct maildir *maildir);

/* Add to it; 0, or -1 after which it can only be dropped. */
int message_write(struct message *message, const void *data, size_t len);

/* Move it to new/, and free it: 0 if it is safe there, -1 if it is nowhere. */
int message_commit(struct message *message);

/* Remove it; NULL is allowed. */
void message_drop(struct message *message);

#endif
