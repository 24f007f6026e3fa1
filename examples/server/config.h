/* SPDX-License-Identifier: MIT */
/* The TLS configuration of smtptls-server, from its options and files. */
#ifndef SERVER_CONFIG_H
#define SERVER_CONFIG_H

#include "options.h"

/* An attempt to load it. */
struct server_load {
	const struct options *options;
	const char *prefix; /* of the note() when it fails */
	int told;	    /* it has failed, and note() has said why */
};

/*
 * Fill a configuration from the options and the current files, and freeze it;
 * `arg` is a struct server_load. Returns 0 or an error number.
 */
int server_fill(struct smtptls_config *config, void *arg);

/* A reload with the first configuration; NULL after a note() of the cause. */
struct smtptls_reload *server_reload(const struct options *options);

#endif
