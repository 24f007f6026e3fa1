/* SPDX-License-Identifier: MIT */
#ifndef SERVER_MAILDIR_H
#define SERVER_MAILDIR_H

#include <stddef.h>

struct maildir;
struct message;

/* Open DIR, making it, tmp/, new/ and cur/ where absent; NULL: see errno. */
struct maildir *maildir_open(const char *dir, const char *hostname);
void maildir_close(struct maildir *maildir);

/* Begin a message in tmp/; NULL: see errno. */
struct message *message_begin(struct maildir *maildir);

/* Add to it; 0, or -1 and it can only be dropped. */
int message_write(struct message *message, const void *data, size_t len);

/* Bring it to new/: 0 when it is there for good, -1 when it is nowhere. */
int message_commit(struct message *message);

/* Remove it; NULL is allowed. */
void message_drop(struct message *message);

#endif
