/* SPDX-License-Identifier: MIT */
/* tls/file: a whole small file in memory. */
#ifndef TLS_FILE_H
#define TLS_FILE_H

#include "base/buffer.h"

#define STLS_FILE_MAX (1024 * 1024)

/*
 * Append the file to `content`; *shared is 1 if it is a regular file that users
 * other than its owner may read. Returns 0 or an error. With SMTPTLS_E_CONFIG,
 * and with SMTPTLS_E_LIMIT for a file larger than STLS_FILE_MAX, *cause is the
 * rest of a sentence that begins with the file's name; SMTPTLS_E_NOMEM sets
 * none.
 */
int stls_file_read(const char *name, struct stls_buffer *content, int *shared,
		   const char **cause);

#endif
