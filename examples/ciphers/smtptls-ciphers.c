/* SPDX-License-Identifier: MIT */
/*
 * smtptls-ciphers: what OpenSSL's strings mean, and what GnuTLS makes of them.
 *
 * An administrator pastes the strings of a configuration and sees the suites in
 * order, which of them a GnuTLS priority string can express and why not the
 * others, and the priority string to paste elsewhere; or what a server with
 * these strings would do with a recorded ClientHello. Nothing is printed on
 * standard output if a string is wrong, so that scripts can rely on it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <smtptls.h>

#include "../common/command_line.h"
#include "apply.h"
#include "hello.h"

enum form { TABLE, LONG_TABLE, NAMES, ALL_NAMES, PRIORITY, HELLO };

/* What to print of the policy. */
struct question {
	enum form form;
	const char *hello; /* a file, for HELLO */
	unsigned keys;	   /* enum smtptls_key; 0: not given */
	const struct smtptls_policy_spec *apply; /* what to change */
};

static const char help[] =
	"usage: smtptls-ciphers [options] [--] [CIPHERS]\n"
	"Shows what OpenSSL's strings mean, and what GnuTLS makes of them.\n"
	"\n"
	"  CIPHERS                  cipher list, for TLS 1.2 and below\n"
	"  --ciphers STRING         the same as CIPHERS\n"
	"  --protocols STRING       as OpenSSL, Postfix or qpsmtpd have it\n"
	"  --ciphersuites STRING    suites of TLS 1.3; \"\" disables it\n"
	"  --groups STRING          groups of the key exchange\n"
	"  --sigalgs STRING         signature algorithms\n"
	"  --seclevel 0-5           security level (2)\n"
	"  --prefer-client          the client's order counts\n"
	"\n"
	"Instead of the table, one of these; the last one counts:\n"
	"  --long                   table with IANA's and GnuTLS's names, and\n"
	"                           causes in full\n"
	"  --names                  names of the suites that GnuTLS has\n"
	"  --all-names              names as openssl ciphers gives them\n"
	"  --priority               GnuTLS priority string\n"
	"  --hello FILE             what a server would answer to the\n"
	"                           ClientHello in FILE, - being stdin\n"
	"\n"
	"  --keys LIST              with --hello: the server's keys, of rsa,\n"
	"                           rsa-pss, ecdsa, ecdsa-p384, ecdsa-p521,\n"
	"                           ed25519, ed448 (rsa,ecdsa)\n"
	"  --apply                  the options, with words of other "
	"languages\n"
	"                           replaced by what is meant; with\n"
	"                           --hello: those that let the client in\n"
	"  -h, --help\n"
	"  -V, --version\n";

static const struct program program = { .name = "smtptls-ciphers",
					.version = SMTPTLS_VERSION,
					.help = help,
					.usage_status = 2 };

/* 1 if the suite is in the list that OpenSSL's own API returns. */
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

enum { CAUSE_WIDTH = 30 }; /* what is left of 80 columns */

/* The conflicting suite if it is short enough for the table, or NULL. */
static const char *short_conflict(const struct smtptls_policy_suite *suite)
{
	return suite->conflict && strlen(suite->conflict) <= CAUSE_WIDTH
		       ? suite->conflict
		       : NULL;
}

/* Why a suite is lost, in CAUSE_WIDTH columns. */
static const char *in_short(const struct smtptls_policy_suite *suite)
{
	switch (suite->lost) {
	case SMTPTLS_LOST_SECURITY_LEVEL:
		return "too weak for the level";
	case SMTPTLS_LOST_PROTOCOLS:
		return "no enabled version has it";
	case SMTPTLS_LOST_CREDENTIALS:
		return "needs a shared key or SRP";
	case SMTPTLS_LOST_GNUTLS:
		return "GnuTLS does not have it";
	case SMTPTLS_LOST_SYSTEM:
		return "the system's policy forbids it";
	case SMTPTLS_LOST_PRODUCT:
		if (!suite->conflict)
			return "GnuTLS: not with TLS 1.3";
		return short_conflict(suite) ? suite->conflict
					     : "a forbidden one comes with it";
	case SMTPTLS_LOST_ANONYMOUS:
		return "needs no certificate";
	case SMTPTLS_LOST_PARAMETERS:
		return "no group or signature fits it";
	default:
		return suite->cause;
	}
}

static void print_row(size_t position, const struct smtptls_policy_suite *suite)
{
	printf("%3zu %-30s %-7s  ", position,
	       suite->openssl ? suite->openssl : suite->iana, suite->protocol);
	if (suite->lost)
		printf("lost: %s\n", in_short(suite));
	else
		puts("kept");
}

static void print_long_row(size_t position,
			   const struct smtptls_policy_suite *suite)
{
	printf("%3zu  %-31s %-45s %-38s %-7s  ", position,
	       or_dash(suite->openssl), or_dash(suite->iana),
	       or_dash(suite->gnutls), suite->protocol);
	if (!suite->cause)
		puts("kept");
	else if (suite->conflict)
		printf("lost: %s: %s\n", suite->cause, suite->conflict);
	else
		printf("lost: %s\n", suite->cause);
}

static void print_table(const struct smtptls_policy *policy, enum form form)
{
	const struct smtptls_policy_suite *suite;
	const char *warning;
	int conflicts = 0;
	size_t i;

	for (i = 0; (suite = smtptls_policy_suite(policy, i)); i++) {
		conflicts |= short_conflict(suite) != NULL;
		if (form == LONG_TABLE)
			print_long_row(i + 1, suite);
		else
			print_row(i + 1, suite);
	}
	putchar('\n');
	if (conflicts && form == TABLE)
		puts("note: \"lost: SUITE\": GnuTLS cannot have it without "
		     "SUITE, which is forbidden");
	for (i = 0; (warning = smtptls_policy_warning(policy, i)); i++)
		printf("warning: %s\n", warning);
	printf("security level: %d\npriority: %s\n",
	       smtptls_policy_security_level(policy),
	       smtptls_policy_priority(policy));
}

static int security_level(const char *text)
{
	if (text[0] < '0' || text[0] > '5' || text[1] != '\0')
		usage_error(&program, "--seclevel %s: not from 0 to 5", text);
	return text[0] == '0' ? SMTPTLS_SECURITY_LEVEL_0 : text[0] - '0';
}

static unsigned server_keys(const char *list)
{
	unsigned keys;
	size_t place = hello_keys(list, &keys);

	if (place)
		usage_error(
			&program,
			"--keys %s: the word at byte %zu is not a type of key",
			list, place);
	return keys;
}

static void read_options(int argc, char **argv,
			 struct smtptls_policy_spec *spec,
			 struct question *question)
{
	enum { LEVEL = 1, CLIENT, CIPHERS, APPLY, KEYS, FORMS };
	static const struct option options[] = {
		{ "protocols", required_argument, NULL, 'p' },
		{ "ciphersuites", required_argument, NULL, 'c' },
		{ "groups", required_argument, NULL, 'g' },
		{ "sigalgs", required_argument, NULL, 's' },
		{ "seclevel", required_argument, NULL, LEVEL },
		{ "prefer-client", no_argument, NULL, CLIENT },
		{ "long", no_argument, NULL, FORMS + LONG_TABLE },
		{ "names", no_argument, NULL, FORMS + NAMES },
		{ "all-names", no_argument, NULL, FORMS + ALL_NAMES },
		{ "priority", no_argument, NULL, FORMS + PRIORITY },
		{ "hello", required_argument, NULL, FORMS + HELLO },
		{ "keys", required_argument, NULL, KEYS },
		{ "ciphers", required_argument, NULL, CIPHERS },
		{ "apply", no_argument, NULL, APPLY },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = next_option(&program, argc, argv, options)) != -1) {
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
			spec->security_level = security_level(optarg);
			break;
		case CLIENT:
			spec->flags |= SMTPTLS_PREFER_CLIENT;
			break;
		case CIPHERS:
			spec->ciphers = optarg;
			break;
		case APPLY:
			question->apply = spec;
			break;
		case KEYS:
			question->keys = server_keys(optarg);
			break;
		default:
			question->form = (enum form)(option - FORMS);
			question->hello = optarg;
		}
	}
	if (argc - optind > (spec->ciphers ? 0 : 1))
		usage_error(&program, "%s: a second cipher list",
			    argv[argc - 1]);
	if (question->keys && question->form != HELLO)
		usage_error(&program, "--keys: only with --hello");
	if (question->apply && question->form != HELLO &&
	    question->form != TABLE)
		usage_error(&program, "--apply: alone or with --hello");
	if (!spec->ciphers)
		spec->ciphers = argv[optind];
}

/* Print what was asked for; returns the exit status. */
static int answer(const struct smtptls_policy *policy,
		  const struct question *question)
{
	switch (question->form) {
	case TABLE:
	case LONG_TABLE:
		print_table(policy, question->form);
		break;
	case PRIORITY:
		puts(smtptls_policy_priority(policy));
		break;
	case NAMES:
	case ALL_NAMES:
		print_names(policy, question->form);
		break;
	case HELLO:
		return hello_judge(question->hello, policy, question->keys,
				   question->apply);
	}
	return 0;
}

/* Make the policy and print what was asked for; returns the exit status. */
static int ask(const struct smtptls_policy_spec *spec,
	       const struct question *question)
{
	struct smtptls_policy *policy;
	char error[512] = "";
	int ret, status;

	ret = smtptls_policy_new(&policy, spec, sizeof(*spec), error,
				 sizeof(error));
	if (ret < 0) {
		fprintf(stderr, "smtptls-ciphers: %s\n",
			error[0] ? error : smtptls_strerror(ret));
		return 1;
	}
	status = answer(policy, question);
	smtptls_policy_unref(policy);
	return status;
}

int main(int argc, char **argv)
{
	struct question question = { .form = TABLE };
	struct smtptls_policy_spec spec;
	int status;

	memset(&spec, 0, sizeof(spec));
	read_options(argc, argv, &spec, &question);
	if (question.form == NAMES || question.form == ALL_NAMES)
		spec.flags |= SMTPTLS_LIST_ONLY;
	status = question.apply && question.form == TABLE
			 ? apply_hints(&spec)
			 : ask(&spec, &question);
	if (fflush(stdout) != 0) {
		fprintf(stderr, "smtptls-ciphers: standard output: %s\n",
			strerror(errno));
		return 1;
	}
	return status;
}
