/* SPDX-License-Identifier: MIT */
/* config_help: what the tests of configurations share. */
#ifndef CONFIG_HELP_H
#define CONFIG_HELP_H

#include "testcert.h"
#include "tls/config.h"

/* A new configuration for each test, in *state. */
int set_up(void **state);
int tear_down(void **state);
struct smtptls_config *new_config(void);

const struct testcert *usual_ca(void);
const struct testcert *usual_server(void);
const char *missing_file(void);

/* The contents of a configuration, to be compared with memcmp(). */
struct picture {
	int chains, authorities, has_authorities, frozen;
	size_t warnings;
	const void *priority, *dh_params, *secret;
	unsigned char settings[STLS_SHA256_SIZE], digest[STLS_SHA256_SIZE];
};

int count_chains(struct smtptls_config *config);
int count_authorities(struct smtptls_config *config);
struct picture look(struct smtptls_config *config);
void assert_unchanged(struct smtptls_config *config,
		      const struct picture *before);

/* Check a sentence: its start and end, one line, no full stop. */
void assert_sentence(const char *sentence, const char *start, const char *end);

#endif
