/* SPDX-License-Identifier: MIT */
/* The TLS configuration of smtptls-server, from its options and files. */
#ifndef SERVER_CONFIG_H
#define SERVER_CONFIG_H

#include "options.h"

/*
 * A frozen configuration as the options and the files are now; NULL when that
 * cannot be, with what note() has to say about it put behind `prefix`.
 */
struct smtptls_config *server_config(const struct options *options,
				     const char *prefix);

#endif
