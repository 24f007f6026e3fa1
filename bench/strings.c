/* SPDX-License-Identifier: MIT */
/*
 * The cost of making a policy from strings.
 *
 *	strings			every case: best time of several, and the limit
 *	strings CASE		one policy of that case, to be counted:
 *				valgrind --tool=callgrind ./strings CASE
 *	strings --list		the names of the cases
 *
 * Strings of 1,000 characters may cost 5 ms, strings of 64 KiB 50 ms, whatever
 * their content. The case "nothing" makes no policy: its cost is the start of
 * the program and of GnuTLS, to be subtracted from a count.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <smtptls/policy.h>

#define SHORT  1000
#define LONG   65536
#define ROUNDS 20

enum field { NOTHING, CIPHERS, CIPHERSUITES, PROTOCOLS, GROUPS, SIGALGS };

struct bench_case {
	const char *name;
	enum field field;
	size_t length;
	const char *start; /* the string begins with this */
	const char *unit;  /* and continues with this; NULL: with any bytes */
	const char *end;
};

#define EVERYTHING "ALL:COMPLEMENTOFALL:"

/* Removes something from every part: many words, many sets of the same size. */
#define MIXED                                                                  \
	EVERYTHING "!ECDHE-RSA-AES128-GCM-SHA256:!AES256-SHA:"                 \
		   "!DHE-DSS-AES128-SHA:!AECDH-NULL-SHA:!NULL-MD5:"            \
		   "!ADH-CAMELLIA256-SHA256:!ECDHE-ECDSA-AES256-CCM8:"

static const struct bench_case cases[] = {
	{ "nothing", NOTHING, 0, "", "", "" },
	{ "default", CIPHERS, 0, "DEFAULT", "", "" },
	{ "names-1k", CIPHERS, SHORT, "",
	  "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-SHA256:AES128-SHA:"
	  "DHE-RSA-CHACHA20-POLY1305:AES256-CCM8:ADH-AES128-SHA:",
	  "@SECLEVEL=0" },
	{ "mixed-1k", CIPHERS, SHORT, MIXED, "+AES128:", "@SECLEVEL=0" },
	{ "strength-1k", CIPHERS, SHORT, EVERYTHING, "@STRENGTH:", "HIGH" },
	{ "and-1k", CIPHERS, SHORT, EVERYTHING,
	  "+kECDHE+aRSA+AES+SHA:", "HIGH" },
	{ "unknown-1k", CIPHERS, SHORT, "ALL:", "a:", "HIGH" },
	{ "suites13-1k", CIPHERSUITES, SHORT, "TLS_AES_128_GCM_SHA256", ":a",
	  "" },
	{ "groups-1k", GROUPS, SHORT, "X25519", ":?a", "" },
	{ "sigalgs-1k", SIGALGS, SHORT, "RSA+SHA256", ":?a", "" },
	{ "protocols-1k", PROTOCOLS, SHORT, "", "!SSLv2 !SSLv3 ", "!SSLv2" },
	{ "bytes-64k", CIPHERS, LONG, "", NULL, "" },
	{ "strength-64k", CIPHERS, LONG, EVERYTHING, "@STRENGTH:", "HIGH" },
	{ "seclevel-64k", CIPHERS, LONG, EVERYTHING, "@SECLEVEL=1:", "HIGH" },
	{ "plus-all-64k", CIPHERS, LONG, EVERYTHING, "+ALL:", "HIGH" },
	{ "minus-plus-64k", CIPHERS, LONG, EVERYTHING, "-ALL:ALL:", "HIGH" },
	{ "kill-64k", CIPHERS, LONG, EVERYTHING, "!RC4:", "HIGH" },
	{ "and-64k", CIPHERS, LONG, EVERYTHING, "+AES+AES+AES+AES:", "HIGH" },
	{ "one-and-64k", CIPHERS, LONG, EVERYTHING "AES", "+AES", "" },
	{ "unknown-64k", CIPHERS, LONG, "ALL:", "a:", "HIGH" },
	{ "one-word-64k", CIPHERS, LONG, "ALL:", "A", "" },
	{ "spaces-64k", CIPHERS, LONG, "ALL", " ", "" },
	{ "mixed-64k", CIPHERS, LONG, MIXED, "+AES128:", "@SECLEVEL=0" },
	{ "suites13-64k", CIPHERSUITES, LONG, "TLS_AES_128_GCM_SHA256", ":a",
	  "" },
	{ "groups-64k", GROUPS, LONG, "X25519", ":?a", "" },
	{ "groups-default-64k", GROUPS, LONG, "DEFAULT", ":DEFAULT", "" },
	{ "groups-in-out-64k", GROUPS, LONG, "X25519", ":P-256:-P-256", "" },
	{ "sigalgs-64k", SIGALGS, LONG, "RSA+SHA256", ":?a", "" },
	{ "protocols-64k", PROTOCOLS, LONG, "", "!SSLv2 !SSLv3 ", "!SSLv2" },
	{ "protocols-bounds-64k", PROTOCOLS, LONG, "", ">=TLSv1.2,", "!SSLv2" },
};

#define CASES (sizeof cases / sizeof cases[0])

/* Whole units only, so that the string keeps its meaning. */
static void make_string(const struct bench_case *test, char *string)
{
	uint64_t state = 1;
	size_t length = strlen(test->start), unit;

	memcpy(string, test->start, length);
	if (!test->unit) {
		for (; length < test->length; length++) {
			state = state * 6364136223846793005U + 1;
			string[length] = (char)(1 + (state >> 33) % 255);
		}
	} else if (test->unit[0]) {
		unit = strlen(test->unit);
		while (length + unit + strlen(test->end) <= test->length) {
			memcpy(string + length, test->unit, unit);
			length += unit;
		}
	}
	memcpy(string + length, test->end, strlen(test->end) + 1);
}

static int make_policy(const struct bench_case *test, const char *string,
		       char *sentence, size_t size)
{
	struct smtptls_policy_spec spec = { 0 };
	struct smtptls_policy *policy = NULL;
	int ret;

	switch (test->field) {
	case NOTHING:
		return 0;
	case CIPHERS:
		spec.ciphers = string;
		break;
	case CIPHERSUITES:
		spec.ciphersuites = string;
		break;
	case PROTOCOLS:
		spec.protocols = string;
		break;
	case GROUPS:
		spec.groups = string;
		break;
	case SIGALGS:
		spec.sigalgs = string;
		break;
	}
	ret = smtptls_policy_new(&policy, &spec, sizeof spec, sentence, size);
	if (ret == 0)
		smtptls_policy_unref(policy);
	return ret;
}

static double milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void measure(const struct bench_case *test, const char *string)
{
	char sentence[128] = "";
	double best = 1e9, start, took;
	int i, ret = 0;

	for (i = 0; i < ROUNDS; i++) {
		start = milliseconds();
		ret = make_policy(test, string, sentence, sizeof sentence);
		took = milliseconds() - start;
		if (took < best)
			best = took;
	}
	printf("%-22s %6zu bytes  %8.3f ms  (limit %d)  %s\n", test->name,
	       strlen(string), best, strlen(string) > SHORT ? 50 : 5,
	       ret < 0 ? sentence : "made");
}

int main(int argc, char **argv)
{
	static char string[LONG + 1];
	char sentence[128] = "";
	size_t i;
	int found = 0;

	for (i = 0; i < CASES; i++) {
		make_string(&cases[i], string);
		if (argc < 2) {
			measure(&cases[i], string);
		} else if (strcmp(argv[1], "--list") == 0) {
			puts(cases[i].name);
		} else if (strcmp(argv[1], cases[i].name) == 0) {
			(void)make_policy(&cases[i], string, sentence,
					  sizeof sentence);
			found = 1;
		}
	}
	if (argc < 2 || found || strcmp(argv[1], "--list") == 0)
		return 0;
	fputs("usage: strings [--list | CASE]\n", stderr);
	return 2;
}
