/* SPDX-License-Identifier: MIT */
/* The TLS configuration of smtptls-server, from its options and files. */
#ifndef SERVER_CONFIG_H
#define SERVER_CONFIG_H

#include "options.h"

/* An attempt to make it. */
struct server_load {
	const struct options *options;
	const char *prefix; /* of what is said when it fails */
	int told;	    /* it has failed, and note() has said why */
};

/*
 * Give a configuration what the options and the files are now, and freeze it;
 * `arg` is a struct server_load. Returns 0 or an error number.
 */
int server_fill(struct smtptls_config *config, void *arg);

/* The first one, in a reload; NULL, note() having said why. */
struct smtptls_reload *server_reload(const struct options *options);

#endif
