/* SPDX-License-Identifier: MIT */
#ifndef SERVER_HELLO_H
#define SERVER_HELLO_H

#include <stddef.h>

#include <smtptls.h>

struct hello_dir; /* of --record-hello */
struct hello;	  /* what a client has sent since TLS began */

/* Open a directory, or make it; NULL with errno set if it is not usable. `dir`
 * must remain valid until hello_dir_close(). */
struct hello_dir *hello_dir_open(const char *dir);
void hello_dir_close(struct hello_dir *dir);

/* NULL if `dir` is, or without memory: then nothing is recorded. */
struct hello *hello_begin(const struct hello_dir *dir);

/* Take the next bytes from the network; only the ClientHello's are kept. */
void hello_take(struct hello *hello, const unsigned char *bytes, size_t len);

/*
 * End the recording when the handshake is over: store the hello if it is
 * complete and `conn` has failed, and free it. A line in the log says where it
 * is, or why it could not be written. `hello` may be NULL.
 */
void hello_end(struct hello *hello, struct hello_dir *dir,
	       struct smtptls_conn *conn, const char *peer);

#endif
