/* SPDX-License-Identifier: MIT */
/*
 * Policies against OpenSSL and GnuTLS, in one process.
 *
 *	priority [--count N] [--seed N] [strings.tsv]
 *
 * Every string of kind "cipher" in the file, at four security levels and with
 * four lists of protocols, then N random ones, valid and malformed, each at one
 * level and with one list. Compared are:
 *
 *   with OpenSSL: acceptance, and the policy's suites, except those that the
 *   level, the protocols and missing credentials remove, with the list that a
 *   connection would use (SSL_get1_supported_ciphers), in its order;
 *
 *   with GnuTLS: the suites and versions that it enables for the priority
 *   string, which must be the policy's kept ones and therefore never more;
 *
 *   with a search that tries all sets of ciphers and MACs and adds to each
 *   the key exchanges that fit: the kept set must be as large, and come first
 *   among those of its size. The search takes suites from GnuTLS and OpenSSL,
 *   not from this library's tables.
 *
 * A string that differs is printed; the exit status is 1 if there was any. A
 * policy may be refused as UNSUPPORTED when GnuTLS has none of OpenSSL's
 * suites; these are counted. With an OpenSSL that release.h does not know the
 * test says so and is skipped (status 77).
 */
#include <ctype.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/help/strings.h"

#include <gnutls/gnutls.h>

#include <smtptls/policy.h>

#include "brute_force.h"
#include "policy_strings.h"
#include "options.h"
#include "release.h"

struct setting {
	const char *protocols;
	int min;
	int max;
};

static const struct setting settings[] = {
	{ "TLSv1.2", TLS1_2_VERSION, TLS1_2_VERSION },
	{ "TLSv1.2 TLSv1.3", TLS1_2_VERSION, TLS1_3_VERSION },
	{ "TLSv1 TLSv1.1 TLSv1.2 TLSv1.3", TLS1_VERSION, TLS1_3_VERSION },
	{ "TLSv1 TLSv1.1", TLS1_VERSION, TLS1_1_VERSION },
};

#define SETTINGS   (sizeof settings / sizeof settings[0])
#define LEVELS	   4
#define STRING_MAX 8192

#define DEFAULT13                                                              \
	"TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:"                 \
	"TLS_AES_128_GCM_SHA256"

static const char *const ciphersuites[] = {
	DEFAULT13,
	"TLS_AES_256_GCM_SHA384",
	"TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_CCM_SHA256",
	"",
	"TLS_AES_128_CCM_8_SHA256", /* OpenSSL 3.0 only: see release.h */
};

#define CIPHERSUITES (sizeof ciphersuites / sizeof ciphersuites[0])

/* One of GnuTLS's suites, as described by GnuTLS. */
struct known {
	unsigned code;
	gnutls_kx_algorithm_t kx;
	gnutls_cipher_algorithm_t cipher;
	gnutls_mac_algorithm_t mac;
	gnutls_protocol_t min;
};

struct question {
	const char *string;
	const char *ciphersuites;
	const struct setting *setting;
	int level;
};

struct run {
	SSL_CTX *ctx;
	struct generator generator;
	struct known known[SUITES];
	unsigned known_count;
	unsigned long asked;
	unsigned long made;
	unsigned long unsupported;
	unsigned long different;
	int stale;
};

/* OpenSSL's answer. */
struct answer {
	const char *name[SUITES];
	unsigned code[SUITES];
	unsigned count;
};

/* ---- reports ---- */

static void print_string(const char *string)
{
	for (; *string; string++) {
		if (isprint((unsigned char)*string) && *string != '\\')
			putchar(*string);
		else
			printf("\\x%02x", (unsigned)(unsigned char)*string);
	}
	putchar('\n');
}

static int report(struct run *run, const struct question *q, const char *what,
		  const char *detail)
{
	run->different++;
	printf("different %s (%s), level %d, \"%s\", \"%s\": ", what, detail,
	       q->level, q->setting->protocols, q->ciphersuites);
	print_string(q->string);
	return -1;
}

/* ---- OpenSSL ---- */

static int make_ctx(struct run *run)
{
	SSL_CTX_free(run->ctx);
	run->ctx = SSL_CTX_new(TLS_method());
	return run->ctx ? 0 : -1;
}

/* 1 if OpenSSL accepts the string, 0 if it refuses it, -1 on failure. */
static int ask_openssl(struct run *run, const struct question *q,
		       struct answer *answer)
{
	static const char suiteb[] = "SUITEB";
	int is_suiteb = strncmp(q->string, suiteb, strlen(suiteb)) == 0;
	STACK_OF(SSL_CIPHER) * supported;
	SSL *ssl;
	int i;

	answer->count = 0;
	/* A context cannot leave Suite B mode. */
	if ((run->stale || is_suiteb) && make_ctx(run) != 0)
		return -1;
	run->stale = is_suiteb;
	SSL_CTX_set_security_level(run->ctx, q->level);
	if (SSL_CTX_set_min_proto_version(run->ctx, q->setting->min) != 1 ||
	    SSL_CTX_set_max_proto_version(run->ctx, q->setting->max) != 1 ||
	    SSL_CTX_set_ciphersuites(run->ctx, q->ciphersuites) != 1)
		return -1;
	if (SSL_CTX_set_cipher_list(run->ctx, q->string) != 1)
		return 0;
	/* OpenSSL's list ignores that these are impossible above level 0. */
	if (SSL_CTX_get_security_level(run->ctx) > 0 &&
	    q->setting->max < TLS1_2_VERSION)
		return 1;
	ssl = SSL_new(run->ctx);
	if (!ssl)
		return -1;
	/* NULL if it is empty. */
	supported = SSL_get1_supported_ciphers(ssl);
	for (i = 0; i < sk_SSL_CIPHER_num(supported) && i < SUITES; i++) {
		const SSL_CIPHER *cipher = sk_SSL_CIPHER_value(supported, i);

		answer->name[i] = SSL_CIPHER_get_name(cipher);
		answer->code[i] = SSL_CIPHER_get_protocol_id(cipher);
		answer->count++;
	}
	sk_SSL_CIPHER_free(supported);
	SSL_free(ssl);
	return 1;
}

static int position_of(const struct answer *answer, unsigned code)
{
	unsigned i;

	for (i = 0; i < answer->count; i++) {
		if (answer->code[i] == code)
			return (int)i;
	}
	return -1;
}

static int is_openssls_reason(int lost)
{
	return lost == SMTPTLS_LOST_SECURITY_LEVEL ||
	       lost == SMTPTLS_LOST_PROTOCOLS ||
	       lost == SMTPTLS_LOST_CREDENTIALS;
}

/* Also determines which of OpenSSL's suites the policy has kept. */
static int compare_suites(struct run *run, const struct question *q,
			  const struct smtptls_policy *policy,
			  const struct answer *answer, char *kept)
{
	const struct smtptls_policy_suite *suite;
	unsigned at = 0;
	size_t i;

	for (i = 0; (suite = smtptls_policy_suite(policy, i)); i++) {
		if (is_openssls_reason(suite->lost))
			continue;
		if (at == answer->count ||
		    strcmp(suite->openssl, answer->name[at]) != 0)
			return report(run, q, "suites", suite->openssl);
		kept[at++] = suite->lost == SMTPTLS_KEPT;
	}
	if (at < answer->count)
		return report(run, q, "suites (too few)", answer->name[at]);
	return 0;
}

/* ---- GnuTLS ---- */

static unsigned code_of(const unsigned char id[2])
{
	return (unsigned)id[0] << 8 | id[1];
}

static void learn_gnutls(struct run *run)
{
	unsigned char id[2];
	size_t i;

	for (i = 0; i < SUITES; i++) {
		struct known *known = &run->known[i];

		if (!gnutls_cipher_suite_info(i, id, &known->kx, &known->cipher,
					      &known->mac, &known->min))
			break;
		known->code = code_of(id);
	}
	run->known_count = (unsigned)i;
}

/* Whether some version of the setting, and the level, allow the suite. */
static int usable(const struct question *q, int level,
		  const struct known *known)
{
	int min = level > 0 && q->setting->min < TLS1_2_VERSION
			  ? TLS1_2_VERSION
			  : q->setting->min;

	if (min > q->setting->max)
		return 0;
	if (known->min == GNUTLS_TLS1_3)
		return q->setting->max == TLS1_3_VERSION && q->ciphersuites[0];
	if (known->min == GNUTLS_TLS1_2)
		return q->setting->max >= TLS1_2_VERSION;
	return 1;
}

static int compare_versions(struct run *run, const struct question *q,
			    int level, gnutls_priority_t priority)
{
	const unsigned *versions;
	int count = gnutls_priority_protocol_list(priority, &versions);
	int i;

	if (count <= 0)
		return report(run, q, "versions", "none");
	for (i = 0; i < count; i++) {
		struct known known = { 0 };
		int wire = TLS1_VERSION + (int)versions[i] - GNUTLS_TLS1_0;

		known.min = (gnutls_protocol_t)versions[i];
		if (wire < q->setting->min || wire > q->setting->max ||
		    (level > 0 && wire < TLS1_2_VERSION) ||
		    !usable(q, level, &known))
			return report(run, q, "versions",
				      gnutls_protocol_get_name(
					      (gnutls_protocol_t)versions[i]));
	}
	return 0;
}

/* GnuTLS must enable exactly the suites that are marked as kept. */
static int compare_enabled(struct run *run, const struct question *q,
			   gnutls_priority_t priority,
			   const struct answer *answer, const char *kept)
{
	unsigned enabled = 0, wanted = 0, i, index;
	unsigned char id[2];
	int ret, at;

	for (i = 0; i < answer->count; i++)
		wanted += kept[i] != 0;
	for (i = 0;; i++) {
		const char *name;

		ret = gnutls_priority_get_cipher_suite_index(priority, i,
							     &index);
		if (ret == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
			break;
		if (ret < 0)
			continue;
		name = gnutls_cipher_suite_info(index, id, NULL, NULL, NULL,
						NULL);
		at = position_of(answer, code_of(id));
		if (at < 0)
			return report(run, q, "WIDER", name);
		if (!kept[at])
			return report(run, q, "kept", name);
		enabled++;
	}
	return enabled == wanted ? 0 : report(run, q, "kept", "too few");
}

static int compare_gnutls(struct run *run, const struct question *q,
			  const struct smtptls_policy *policy,
			  const struct answer *answer, const char *kept)
{
	gnutls_priority_t priority;
	int ret;

	ret = gnutls_priority_init(&priority, smtptls_policy_priority(policy),
				   NULL);
	if (ret < 0)
		return report(run, q, "priority string", gnutls_strerror(ret));
	ret = compare_versions(run, q, smtptls_policy_security_level(policy),
			       priority);
	if (ret == 0)
		ret = compare_enabled(run, q, priority, answer, kept);
	gnutls_priority_deinit(priority);
	return ret;
}

/* ---- the independent search ---- */

/* Without anonymous credentials and DSA signatures these are unusable. */
static int position_served(const struct answer *answer,
			   const struct known *known)
{
	if (known->kx == GNUTLS_KX_ANON_DH ||
	    known->kx == GNUTLS_KX_ANON_ECDH || known->kx == GNUTLS_KX_DHE_DSS)
		return -1;
	return position_of(answer, known->code);
}

/* Collects the words of the allowed suites, then the effect of each suite. */
static void brute_prepare(struct brute *brute, const struct run *run,
			  const struct question *q, int level,
			  const struct answer *answer, int tls13)
{
	unsigned i, pass;

	memset(brute, 0, sizeof *brute);
	for (pass = 0; pass < 2; pass++) {
		for (i = 0; i < run->known_count; i++) {
			const struct known *known = &run->known[i];
			int is13 = known->min == GNUTLS_TLS1_3;
			int at = position_served(answer, known);
			int add = pass == 0 && at >= 0;
			int k, c, m;

			if (!usable(q, level, known) || (is13 && !tls13))
				continue;
			/* In GnuTLS, NULL disables TLS 1.3. */
			if (tls13 && known->cipher == GNUTLS_CIPHER_NULL)
				continue;
			k = is13 ? WORDS_MAX
				 : word(brute, KX, (int)known->kx, add);
			c = word(brute, CIPHER, (int)known->cipher, add);
			m = word(brute, MAC, (int)known->mac, add);
			if (pass == 0 || k < 0 || c < 0 || m < 0)
				continue;
			if (at >= 0)
				brute->good[k][m] |= 1u << c;
			else
				brute->bad[k][m] |= 1u << c;
			brute->position[k][m][c] = at;
		}
	}
}

static int has_tls13(const struct brute *brute, const struct answer *answer)
{
	unsigned i;

	for (i = 0; i < answer->count; i++) {
		if (answer->code[i] >> 8 == 0x13 &&
		    brute->best.bits[i / 64] >> (63 - i % 64) & 1)
			return 1;
	}
	return 0;
}

/* The largest set; TLS 1.3 is off if none of its suites is in it. */
static void brute_force(struct brute *brute, const struct run *run,
			const struct question *q, int level,
			const struct answer *answer)
{
	if (q->setting->max == TLS1_3_VERSION && q->ciphersuites[0]) {
		brute_prepare(brute, run, q, level, answer, 1);
		brute_search(brute);
		if (has_tls13(brute, answer))
			return;
	}
	brute_prepare(brute, run, q, level, answer, 0);
	brute_search(brute);
}

static int compare_brute(struct run *run, const struct question *q, int level,
			 const struct answer *answer, const char *kept)
{
	struct brute brute;
	unsigned i, size = 0, tls13 = 0;

	brute_force(&brute, run, q, level, answer);
	for (i = 0; i < answer->count; i++) {
		size += kept[i] != 0;
		tls13 += kept[i] && answer->code[i] >> 8 == 0x13 ? 1U : 0U;
	}
	size += (tls13 > 0 ? VERSION : 0U) + (size > tls13 ? VERSION : 0U);
	if (size != brute.size)
		return report(run, q, "largest set", "not the largest");
	for (i = 0; i < answer->count; i++) {
		if ((brute.best.bits[i / 64] >> (63 - i % 64) & 1) !=
		    (unsigned)kept[i])
			return report(run, q, "tie", answer->name[i]);
	}
	return 0;
}

/* ---- the whole ---- */

/* Nothing that GnuTLS supports may be refused. */
static int compare_refusal(struct run *run, const struct question *q,
			   const struct answer *answer, const char *sentence)
{
	unsigned i;

	run->unsupported++;
	for (i = 0; i < run->known_count; i++) {
		if (position_served(answer, &run->known[i]) >= 0)
			return report(run, q, "refusal", sentence);
	}
	return 0;
}

static int compare(struct run *run, const struct question *asked)
{
	struct question question = *asked, *q = &question;
	struct smtptls_policy_spec spec = { 0 };
	struct smtptls_policy *policy = NULL;
	struct answer answer;
	char string[STRING_MAX], older[STRING_MAX], sentence[256] = "";
	char kept[SUITES] = { 0 };
	int theirs, ours, ret, level;

	run->asked++;
	if (snprintf(string, sizeof string, "%s%s", asked->string,
		     release_end()) >= (int)sizeof string)
		return report(run, asked, "(too long)", "");
	q->string = string;
	theirs = ask_openssl(run, q, &answer);
	if (theirs < 0)
		return report(run, q, "(OpenSSL failed)", "");
	release_respell(string, older, sizeof older);
	spec.ciphers = older;
	spec.ciphersuites = q->ciphersuites;
	spec.protocols = q->setting->protocols;
	spec.security_level = q->level ? q->level : SMTPTLS_SECURITY_LEVEL_0;
	ours = smtptls_policy_new(&policy, &spec, sizeof spec, sentence,
				  sizeof sentence);
	if (theirs == 0 && ours == SMTPTLS_E_SYNTAX)
		return 0;
	if (theirs == 1 && ours == SMTPTLS_E_UNSUPPORTED)
		return compare_refusal(run, q, &answer, sentence);
	if (theirs != 1 || ours != 0) {
		smtptls_policy_unref(policy);
		return report(run, q, theirs ? "acceptance" : "refusal",
			      sentence);
	}
	run->made++;
	level = smtptls_policy_security_level(policy);
	ret = compare_suites(run, q, policy, &answer, kept);
	if (ret == 0)
		ret = compare_gnutls(run, q, policy, &answer, kept);
	if (ret == 0)
		ret = compare_brute(run, q, level, &answer, kept);
	smtptls_policy_unref(policy);
	return ret;
}

static int compare_file(struct run *run, const char *path)
{
	char line[4096];
	unsigned long rows = 0;
	FILE *file = fopen(path, "r");

	if (!file) {
		perror(path);
		return -1;
	}
	while (fgets(line, sizeof line, file)) {
		char *string = line + strlen("cipher\t");
		size_t i;

		if (strncmp(line, "cipher\t", strlen("cipher\t")) != 0)
			continue;
		string[strcspn(string, "\t\n")] = '\0';
		rows++;
		for (i = 0; i < SETTINGS * LEVELS; i++) {
			const struct question q = { string, ciphersuites[0],
						    &settings[i % SETTINGS],
						    (int)(i / SETTINGS) };

			compare(run, &q);
		}
	}
	fclose(file);
	if (rows == 0)
		fprintf(stderr, "%s: no row of kind cipher\n", path);
	return rows == 0 ? -1 : 0;
}

static void compare_random(struct run *run)
{
	struct generator *g = &run->generator;
	struct question q;

	generate(g);
	q.string = g->text;
	q.ciphersuites = ciphersuites[generator_below(
		g, release_is_3_5() ? CIPHERSUITES - 1 : CIPHERSUITES)];
	q.setting = &settings[generator_below(g, SETTINGS)];
	q.level = (int)generator_below(g, LEVELS);
	compare(run, &q);
}

static int usage(void)
{
	fputs("usage: priority [--count N] [--seed N] [strings.tsv]\n", stderr);
	return 2;
}

int main(int argc, char **argv)
{
	struct options options = { .count = 3000, .seed = 1 };
	struct run run = { 0 };
	unsigned long i;
	int failed;

	if (options_parse(&options, argc, argv) < 0)
		return usage();
	if (!release_is_known())
		return RELEASE_SKIPPED;
	if (make_ctx(&run) != 0) {
		fputs("SSL_CTX_new failed\n", stderr);
		return 1;
	}
	learn_gnutls(&run);
	run.generator.state = options.seed;
	failed = compare_file(&run, options.path ? options.path
						 : strings_path()) != 0;
	for (i = 0; i < options.count; i++)
		compare_random(&run);
	SSL_CTX_free(run.ctx);
	printf("%lu policies asked for, %lu made, %lu unsupported, "
	       "%lu different\n",
	       run.asked, run.made, run.unsupported, run.different);
	return failed || run.different > 0;
}
