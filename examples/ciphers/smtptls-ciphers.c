/* SPDX-License-Identifier: MIT */
/*
 * smtptls-ciphers: what OpenSSL's strings mean, and what GnuTLS makes of them.
 *
 * An administrator pastes the strings of a configuration and sees the suites in
 * order, which of them a GnuTLS priority string can have and why not the
 * others, and the string to paste elsewhere; or what a server with them would
 * do with a recorded ClientHello. Nothing is printed on standard output when a
 * string is wrong, so that scripts can rely on it.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <smtptls/policy.h>

#include "hello.h"

enum form { TABLE, NAMES, ALL_NAMES, PRIORITY, HELLO };

/* What is asked of the policy. */
struct question {
	enum form form;
	const char *hello; /* a file, for HELLO */
	unsigned keys;	   /* enum smtptls_key; 0: not given */
};

static const char usage[] =
	"usage: smtptls-ciphers [--protocols STRING] [--ciphersuites STRING]\n"
	"                       [--groups STRING] [--sigalgs STRING]\n"
	"                       [--seclevel 0-5] [--prefer-client]\n"
	"                       [--names | --all-names | --priority |\n"
	"                        --hello FILE [--keys LIST]]\n"
	"                       [--] [CIPHERS]\n";

/* In the list that OpenSSL's own API gives. */
static int openssl_has(const struct smtptls_policy_suite *suite)
{
	switch (suite->lost) {
	case SMTPTLS_LOST_SECURITY_LEVEL:
	case SMTPTLS_LOST_PROTOCOLS:
	case SMTPTLS_LOST_CREDENTIALS:
		return 0;
	default:
		return 1;
	}
}

static int gnutls_has(const struct smtptls_policy_suite *suite)
{
	return openssl_has(suite) && suite->lost != SMTPTLS_LOST_GNUTLS &&
	       suite->lost != SMTPTLS_LOST_SYSTEM;
}

static void print_names(const struct smtptls_policy *policy, enum form form)
{
	const struct smtptls_policy_suite *suite;
	const char *colon = "";
	size_t i;

	for (i = 0; (suite = smtptls_policy_suite(policy, i)); i++) {
		if (form == NAMES ? !gnutls_has(suite) : !openssl_has(suite))
			continue;
		printf("%s%s", colon, suite->openssl);
		colon = ":";
	}
	putchar('\n');
}

static const char *or_dash(const char *name)
{
	return name ? name : "-";
}

static void print_table(const struct smtptls_policy *policy)
{
	const struct smtptls_policy_suite *suite;
	const char *warning;
	size_t i;

	for (i = 0; (suite = smtptls_policy_suite(policy, i)); i++) {
		printf("%3zu  %-31s %-45s %-38s %-7s  ", i + 1,
		       or_dash(suite->openssl), or_dash(suite->iana),
		       or_dash(suite->gnutls), suite->protocol);
		if (!suite->cause)
			puts("kept");
		else if (suite->conflict)
			printf("lost: %s: %s\n", suite->cause, suite->conflict);
		else
			printf("lost: %s\n", suite->cause);
	}
	putchar('\n');
	for (i = 0; (warning = smtptls_policy_warning(policy, i)); i++)
		printf("warning: %s\n", warning);
	printf("security level: %d\npriority: %s\n",
	       smtptls_policy_security_level(policy),
	       smtptls_policy_priority(policy));
}

static int set_level(struct smtptls_policy_spec *spec, const char *text)
{
	if (text[0] < '0' || text[0] > '5' || text[1] != '\0') {
		fprintf(stderr,
			"smtptls-ciphers: --seclevel %s: not from 0 to "
			"5\n",
			text);
		return -1;
	}
	spec->security_level =
		text[0] == '0' ? SMTPTLS_SECURITY_LEVEL_0 : text[0] - '0';
	return 0;
}

/* 0, or -1 when the command line is wrong. */
static int read_options(int argc, char **argv, struct smtptls_policy_spec *spec,
			struct question *question)
{
	enum { LEVEL = 1, CLIENT, KEYS, HELP, VERSION, FORMS };
	static const struct option options[] = {
		{ "protocols", required_argument, NULL, 'p' },
		{ "ciphersuites", required_argument, NULL, 'c' },
		{ "groups", required_argument, NULL, 'g' },
		{ "sigalgs", required_argument, NULL, 's' },
		{ "seclevel", required_argument, NULL, LEVEL },
		{ "prefer-client", no_argument, NULL, CLIENT },
		{ "names", no_argument, NULL, FORMS + NAMES },
		{ "all-names", no_argument, NULL, FORMS + ALL_NAMES },
		{ "priority", no_argument, NULL, FORMS + PRIORITY },
		{ "hello", required_argument, NULL, FORMS + HELLO },
		{ "keys", required_argument, NULL, KEYS },
		{ "help", no_argument, NULL, HELP },
		{ "version", no_argument, NULL, VERSION },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'p':
			spec->protocols = optarg;
			break;
		case 'c':
			spec->ciphersuites = optarg;
			break;
		case 'g':
			spec->groups = optarg;
			break;
		case 's':
			spec->sigalgs = optarg;
			break;
		case LEVEL:
			if (set_level(spec, optarg) < 0)
				return -1;
			break;
		case CLIENT:
			spec->flags |= SMTPTLS_PREFER_CLIENT;
			break;
		case KEYS:
			if (hello_keys(optarg, &question->keys) < 0)
				return -1;
			break;
		case HELP:
			fputs(usage, stdout);
			exit(0);
		case VERSION:
			printf("smtptls-ciphers %s\n", smtptls_version());
			exit(0);
		case FORMS + NAMES:
		case FORMS + ALL_NAMES:
		case FORMS + PRIORITY:
		case FORMS + HELLO:
			question->form = (enum form)(option - FORMS);
			question->hello = optarg;
			break;
		default:
			return -1;
		}
	}
	if (argc - optind > 1 || (question->keys && question->form != HELLO))
		return -1;
	if (!question->keys)
		question->keys = HELLO_DEFAULT_KEYS;
	spec->ciphers = argv[optind];
	return 0;
}

/* Print what was asked for; the exit status. */
static int answer(const struct smtptls_policy *policy,
		  const struct question *question)
{
	switch (question->form) {
	case TABLE:
		print_table(policy);
		break;
	case PRIORITY:
		puts(smtptls_policy_priority(policy));
		break;
	case NAMES:
	case ALL_NAMES:
		print_names(policy, question->form);
		break;
	case HELLO:
		return hello_judge(question->hello, policy, question->keys);
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct question question = { .form = TABLE };
	struct smtptls_policy_spec spec;
	struct smtptls_policy *policy;
	char error[512] = "";
	int ret, status;

	memset(&spec, 0, sizeof(spec));
	if (read_options(argc, argv, &spec, &question) < 0) {
		fputs(usage, stderr);
		return 2;
	}
	if (question.form == NAMES || question.form == ALL_NAMES)
		spec.flags |= SMTPTLS_LIST_ONLY;
	ret = smtptls_policy_new(&policy, &spec, sizeof(spec), error,
				 sizeof(error));
	if (ret < 0) {
		fprintf(stderr, "smtptls-ciphers: %s\n",
			error[0] ? error : smtptls_strerror(ret));
		return 1;
	}
	status = answer(policy, &question);
	smtptls_policy_unref(policy);
	if (fflush(stdout) != 0) {
		fprintf(stderr, "smtptls-ciphers: standard output: %s\n",
			strerror(errno));
		return 1;
	}
	return status;
}
