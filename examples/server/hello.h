/* SPDX-License-Identifier: MIT */
#ifndef SERVER_HELLO_H
#define SERVER_HELLO_H

#include <stddef.h>

#include <smtptls.h>

struct hello_dir; /* of --record-hello */
struct hello;	  /* what a client has sent since TLS began */

/* Make a directory ready; NULL with errno set when it is not usable. `dir` must
 * stay as it is until hello_dir_close(). */
struct hello_dir *hello_dir_open(const char *dir);
void hello_dir_close(struct hello_dir *dir);

/* NULL where `dir` is, or without memory: then nothing is recorded. */
struct hello *hello_begin(const struct hello_dir *dir);

/* The next bytes from the network; only those of the ClientHello are kept. */
void hello_take(struct hello *hello, const unsigned char *bytes, size_t len);

/*
 * The handshake is over: store the hello when it is whole and `conn` has
 * failed; in any case it is gone afterwards. A line in the log says where it
 * is, or why it could not be written. `hello` may be NULL.
 */
void hello_end(struct hello *hello, struct hello_dir *dir,
	       struct smtptls_conn *conn, const char *peer);

#endif
