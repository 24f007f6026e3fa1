/* SPDX-License-Identifier: MIT */
/* openssl/foreign_line: strings other than lists. See foreign_line.c. */
#ifndef STLS_OPENSSL_FOREIGN_LINE_H
#define STLS_OPENSSL_FOREIGN_LINE_H

#include "openssl/whole_word.h"

/* The string is a GnuTLS priority string: 1 with the hint, or 0. */
int stls_foreign_priority(struct stls_finder *finder);

/* The string begins with the name of a setting: "ssl_ciphers HIGH". */
int stls_foreign_directive(struct stls_finder *finder);

/* The word is in quotes, or ends with a semicolon. */
int stls_foreign_quotes(struct stls_finder *finder);

#endif
