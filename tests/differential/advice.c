/* SPDX-License-Identifier: MIT */
/*
 * The law of refusals: who follows the proposal, and nothing else, lets the
 * peer in.
 *
 *	advice [--count N] [--seed N] [--only N] [--verbose] [strings.tsv]
 *
 * Every round makes settings at random, in all the grammars, with lists that
 * are set and that are not; sometimes a system's policy that disables a few
 * things; certificates and a ClientHello. Of those that are refused the
 * proposal is followed word by word, and then
 *
 *	the settings are valid and serve at least whom they served: versions,
 *	suites, groups, signature algorithms, and the recorded hellos
 *	the peer gets in, at once
 *	"the peer must" is said only where a server that has everything refuses
 *	it too; and with what it must offer it gets in
 *	no suite without encryption or certificate came with it
 *	a lower level and TLS 1.0 or 1.1 are not proposed where something else
 *	helps, and the sentence says what they do; nor is a certificate where a
 *	word helps
 *	the sentence has all words of all changes, in 255 bytes
 *
 * Every other round is wild: all settings and the hello are strange at once. Of
 * the others no more than five in a hundred may need more than two changes.
 * A round that fails is printed; the exit status is 1 if there was any.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <smtptls.h>

#include "../unit/help/hello.h"
#include "../unit/help/strings.h"
#include "generator.h"
#include "options.h"
#include "policy/key_type.h"
#include "policy/policy.h"
#include "selection/selection.h"
#include "selection/version.h"
#include "settings.h"
#include "tls/abilities.h"

#define STRINGS_MAX  256
#define NUMBERS_MAX  64
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* What a client offers; lists end with 0. */
struct client {
	unsigned legacy;
	unsigned suites[NUMBERS_MAX], versions[NUMBERS_MAX];
	unsigned groups[NUMBERS_MAX], sigalgs[NUMBERS_MAX];
	unsigned shares[NUMBERS_MAX];
	int has_versions, has_groups, has_sigalgs, has_shares;
};

struct strings {
	char *string[STRINGS_MAX];
	size_t count;
};

struct run {
	struct generator generator;
	struct strings ciphers, protocols, groups, sigalgs;
	struct stls_abilities abilities;
	unsigned char recorded[32][4096];
	size_t recorded_len[32], recorded_count;
	/* this round */
	unsigned long number;
	struct settings settings;
	struct stls_abilities able;
	struct client client;
	int violated, wild;
	/* counts */
	unsigned long refused, cured, peer, weaker, certificates, system;
	unsigned long changes[2][SMTPTLS_CHANGES + 1], violations, raised;
	int verbose;
};

/* ---- printing ---- */

static void print_numbers(const char *name, int has, const unsigned *numbers)
{
	if (!has)
		return;
	printf("  %s", name);
	for (; *numbers; numbers++)
		printf(" %04x", *numbers);
	printf("\n");
}

static void print_round(const struct run *run, const struct settings *settings)
{
	static const char *const names[] = { "protocols", "ciphers",
					     "ciphersuites", "groups",
					     "sigalgs" };
	int i;

	for (i = 0; i < LISTS; i++) {
		if (settings->set[i])
			printf("  %s '%s'\n", names[i], settings->list[i]);
	}
	printf("  level %d, keys %x, legacy %04x\n", settings->level,
	       settings->keys, run->client.legacy);
	print_numbers("versions", run->client.has_versions,
		      run->client.versions);
	print_numbers("suites", 1, run->client.suites);
	print_numbers("groups", run->client.has_groups, run->client.groups);
	print_numbers("sigalgs", run->client.has_sigalgs, run->client.sigalgs);
	print_numbers("shares", run->client.has_shares, run->client.shares);
}

static void print_answer(const struct smtptls_answer *answer)
{
	int i;

	printf("  %s: %s\n", smtptls_reason_name(answer->reason), answer->text);
	for (i = 0; i < answer->change_count; i++)
		printf("    setting %d action %d word '%s' with '%s'\n",
		       answer->changes[i].setting, answer->changes[i].action,
		       answer->changes[i].word, answer->changes[i].with);
}

static void violation(struct run *run, const struct smtptls_answer *answer,
		      const char *what, const char *more)
{
	printf("round %lu: %s%s%s\n", run->number, what, more[0] ? ": " : "",
	       more);
	print_round(run, &run->settings);
	print_answer(answer);
	if (!run->violated)
		run->violations++;
	run->violated = 1;
}

/* ---- at random ---- */

static int one_in(struct generator *g, size_t n)
{
	return generator_below(g, n) == 0;
}

static const char *pick(struct generator *g, const char *const *words,
			size_t count)
{
	return words[generator_below(g, count)];
}

#define PICK(g, words) pick(g, words, COUNT(words))

static void random_protocols(struct run *run)
{
	static const char *const whole[] = {
		"TLSv1.2",
		"TLSv1.3",
		"TLSv1",
		"TLSv1.1 TLSv1.2",
		"TLSv1 TLSv1.1",
		"TLSv1 TLSv1.2 TLSv1.3",
		"TLSv1.1 TLSv1.3",
		"TLSv1 TLSv1.3",
		">=TLSv1",
		">=TLSv1.1",
		">=TLSv1.2",
		">=TLSv1.3",
		"<=TLSv1.2",
		"<=TLSv1.1",
		">=0303, <=0x303",
		">=TLSv1.2, <=TLSv1.2",
		"!SSLv2, !SSLv3",
		"!SSLv2,!SSLv3,!TLSv1,!TLSv1.1",
		"TLSv1.2:TLSv1.3",
		"TLSv1_2",
		"tlsv1_3",
		"SSLv23:!SSLv2:!SSLv3:!TLSv1",
		"SSLv23:!TLSv1_2",
		"SSLv23:!TLSv1_3:!TLSv1_1:!TLSv1_3",
		"SSLv2/3:!TLSv12",
		"ALL -TLSv1.2",
		"ALL,-TLSv1.3",
		"ALL -TLSv1 -TLSv1.1 -TLSv1.2",
		"-TLSv1.3",
		"+TLSv1.2 +TLSv1.1",
		"+no_sslv3 +no_tlsv1 +no_tlsv1_1 +no_tlsv1_2",
		"+no_tlsv1_3",
		"+no_tlsv1_2 +no_ticket",
		"TLSv1.2 -TLSv1.2 TLSv1.3",
		">=TLSv1.1, !TLSv1.2",
		" TLSv1.2 ",
		"TLSv1.2,",
		"!TLSv1.2",
		"TLSv1.1, !TLSv1, !TLSv1.2",
	};
	static const char *const words[] = {
		"!SSLv2",   "!SSLv3",	   "!TLSv1",	  "!TLSv1.1",
		"!TLSv1.2", "!TLSv1.3",	   "-TLSv1",	  "-TLSv1.1",
		"-TLSv1.2", "-TLSv1.3",	   "!TLSv1_1",	  "!TLSv1_2",
		"!TLSv1_3", "TLSv1.2",	   "TLSv1.3",	  "TLSv1.1",
		">=TLSv1",  "<=TLSv1.2",   "+TLSv1.2",	  "ALL",
		"SSLv23",   "+no_tlsv1_2", "+no_tlsv1_3", "+no_tlsv1_1",
	};
	static const char *const between[] = { " ", ":", ",", ", ", " , " };
	struct generator *g = &run->generator;
	size_t n;
	const char *gap = PICK(g, between);

	if (one_in(g, 3)) {
		for (n = 1 + generator_below(g, 5); n > 0; n--) {
			generator_word(g, PICK(g, words));
			if (n > 1)
				generator_word(g, gap);
		}
	} else if (one_in(g, 4)) {
		generator_word(g, run->protocols.string[generator_below(
					  g, run->protocols.count)]);
	} else {
		generator_word(g, PICK(g, whole));
	}
}

static const char *const cipher_words[] = {
	"ALL",	  "HIGH",     "DEFAULT",  "kRSA",	 "kECDHE",
	"kEECDH", "kDHE",     "kEDH",	  "aRSA",	 "aECDSA",
	"ECDSA",  "ECDHE",    "EECDH",	  "DHE",	 "EDH",
	"RSA",	  "AES128",   "AES256",	  "AES",	 "AESGCM",
	"AESCCM", "CHACHA20", "CAMELLIA", "CAMELLIA128", "SHA1",
	"SHA256", "SHA384",   "TLSv1.2",  "TLSv1.0",	 "SSLv3",
	"aNULL",  "eNULL",    "ADH",	  "AECDH",	 "COMPLEMENTOFALL",
	"CBC",	  "MEDIUM",   "RC4",	  "3DES",	 "PSK",
	"aDSS",	  "ARIA",
};

static void random_cipher_word(struct generator *g)
{
	if (one_in(g, 3))
		generator_word(
			g, stls_suite(generator_below(g, STLS_SUITES_LISTED))
				   ->openssl);
	else
		generator_word(g, PICK(g, cipher_words));
	while (one_in(g, 6)) {
		generator_byte(g, '+');
		generator_word(g, PICK(g, cipher_words));
	}
}

static void random_ciphers(struct run *run)
{
	static const char *const begin[] = {
		"ALL:",		"HIGH:",    "DEFAULT",	 "ALL:!aNULL:",
		"HIGH:!aNULL:", "DEFAULT:", "ALL:eNULL:"
	};
	static const char *const suiteb[] = { "SUITEB128", "SUITEB128ONLY",
					      "SUITEB192", "SUITEB128:HIGH",
					      "SUITEB192:@SECLEVEL=1" };
	struct generator *g = &run->generator;
	size_t n;
	int named = 0;

	if (one_in(g, 16)) {
		generator_word(g, PICK(g, suiteb));
		return;
	}
	if (one_in(g, 4)) {
		generator_word(g, run->ciphers.string[generator_below(
					  g, run->ciphers.count)]);
	} else {
		if (!one_in(g, 4))
			generator_word(g, PICK(g, begin));
		for (n = 1 + generator_below(g, 6); n > 0; n--) {
			named = one_in(g, 2);
			if (!named)
				generator_byte(g,
					       "+-!!!"[generator_below(g, 5)]);
			random_cipher_word(g);
			if (n > 1 && (named || !one_in(g, 12)))
				generator_byte(
					g, ":::::, ;"[generator_below(g, 8)]);
		}
	}
	if (one_in(g, 8))
		generator_word(g, ":@STRENGTH");
	if (one_in(g, 30))
		generator_word(g, ":!AES128+kRSA+SHA1+aRSA+HIGH+SSLv3+AES128+"
				  "kRSA+SHA1+aRSA+HIGH+AES128+kRSA+SHA1+aRSA");
	while (one_in(g, 4)) {
		generator_word(g, ":@SECLEVEL=");
		generator_byte(g, "0011222345"[generator_below(g, 10)]);
	}
}

/* Some names, with something between. */
static void random_names(struct generator *g, const char *const *names,
			 size_t count, const char *const *gaps,
			 size_t gap_count)
{
	const char *order[40], *swap, *gap = pick(g, gaps, gap_count);
	size_t i, j, n = 1 + generator_below(g, count < 6 ? count : 6);

	for (i = 0; i < count; i++)
		order[i] = names[i];
	for (i = 0; i < n; i++) {
		j = i + generator_below(g, count - i);
		swap = order[i];
		order[i] = order[j];
		order[j] = swap;
		if (i > 0)
			generator_word(g, gap);
		generator_word(g, order[i]);
	}
}

static void random_ciphersuites(struct run *run)
{
	static const char *const names[] = {
		"TLS_AES_128_GCM_SHA256",	"TLS_AES_256_GCM_SHA384",
		"TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_CCM_SHA256",
		"TLS_AES_128_CCM_8_SHA256",
	};
	static const char *const gaps[] = { ":", " : ", "::" };
	struct generator *g = &run->generator;

	if (one_in(g, 4))
		return;
	if (one_in(g, 8))
		generator_word(g, "nonsense:");
	random_names(g, names, COUNT(names), gaps, COUNT(gaps));
}

static void random_groups(struct run *run)
{
	static const char *const names[] = {
		"X25519",     "P-256",	    "P-384",	       "P-521",
		"X448",	      "ffdhe2048",  "ffdhe3072",       "ffdhe4096",
		"secp192r1",  "secp224r1",  "brainpoolP256r1", "?foo",
		"*ffdhe6144", "?ffdhe8192", "-X25519",	       "secp256k1",
	};
	static const char *const gaps[] = { ":", ",", " ", "/", " : " };
	static const char *const whole[] = { "auto", "DEFAULT", " auto ",
					     "DEFAULT:-P-256:-X25519",
					     "P-256/DEFAULT" };
	struct generator *g = &run->generator;

	if (one_in(g, 5))
		generator_word(g, PICK(g, whole));
	else if (one_in(g, 8))
		generator_word(g, run->groups.string[generator_below(
					  g, run->groups.count)]);
	else
		random_names(g, names, COUNT(names), gaps, COUNT(gaps));
}

static void random_sigalgs(struct run *run)
{
	static const char *const names[] = {
		"ECDSA+SHA256",
		"ECDSA+SHA384",
		"ECDSA+SHA512",
		"rsa_pss_rsae_sha256",
		"rsa_pss_rsae_sha384",
		"rsa_pss_rsae_sha512",
		"RSA+SHA256",
		"sha384+RSA",
		"RSA+SHA512",
		"RSA+SHA1",
		"ECDSA+SHA1",
		"ed25519",
		"ECDSA+SHA224",
		"RSA+SHA224",
		"ed448",
		"rsa_pss_pss_sha256",
		"DSA+SHA256",
		"?nonsense",
	};
	static const char *const gaps[] = { ":", " : " };
	struct generator *g = &run->generator;

	if (one_in(g, 8))
		generator_word(g, run->sigalgs.string[generator_below(
					  g, run->sigalgs.count)]);
	else
		random_names(g, names, COUNT(names), gaps, COUNT(gaps));
}

static void random_settings(struct run *run)
{
	static void (*const random[LISTS])(struct run *) = {
		random_protocols, random_ciphers, random_ciphersuites,
		random_groups, random_sigalgs
	};
	static const unsigned keys[] = {
		SMTPTLS_KEY_RSA_SIGN | SMTPTLS_KEY_RSA_ENCRYPT,
		SMTPTLS_KEY_RSA_SIGN | SMTPTLS_KEY_RSA_ENCRYPT,
		SMTPTLS_KEY_RSA_SIGN | SMTPTLS_KEY_RSA_ENCRYPT |
			SMTPTLS_KEY_ECDSA_P256,
		SMTPTLS_KEY_ECDSA_P256,
		SMTPTLS_KEY_RSA_SIGN,
		SMTPTLS_KEY_RSA_ENCRYPT,
		SMTPTLS_KEY_ECDSA_P384,
		SMTPTLS_KEY_ED25519,
		0,
	};
	static const int levels[] = { 0, 0, 0, 0, -1, -1, 1, 2, 3, 4, 5 };
	struct generator *g = &run->generator;
	struct settings *settings = &run->settings;
	int i;

	memset(settings, 0, sizeof(*settings));
	for (i = 0; i < LISTS; i++) {
		settings->set[i] = run->wild ? !one_in(g, i == 1 ? 3 : 2)
					     : one_in(g, i < 2 ? 2 : 8);
		g->length = 0;
		g->text[0] = '\0';
		if (settings->set[i])
			random[i](run);
		(void)snprintf(settings->list[i], SETTING_SIZE - 512, "%s",
			       g->text);
	}
	settings->level =
		levels[generator_below(g, run->wild ? COUNT(levels) : 8)];
	settings->flags = (int)generator_below(g, 4);
	settings->keys = keys[generator_below(g, run->wild ? COUNT(keys) : 4)];
	while (one_in(g, run->wild ? 3 : 6))
		settings->keys |= 1U << generator_below(g, 8);
}

/* GnuTLS has no suite then that only this version has. */
static void disable_version(struct run *run, unsigned version)
{
	size_t i;

	run->able.versions &= (uint8_t)~stls_version_bit(version);
	for (i = 0; i < STLS_SUITES_OPENSSL; i++) {
		if (stls_suite(i)->min_version == version &&
		    run->able.suite[i] == STLS_ABLE)
			run->able.suite[i] = STLS_DISABLED;
	}
}

/* What a system's policy takes away, now and then. */
static void random_system(struct run *run)
{
	struct generator *g = &run->generator;
	size_t n;

	run->able = run->abilities;
	if (!one_in(g, 10))
		return;
	for (n = 1 + generator_below(g, 3); n > 0; n--) {
		size_t row = generator_below(g, STLS_SUITES_OPENSSL);

		if (one_in(g, 2) && run->able.suite[row] == STLS_ABLE)
			run->able.suite[row] = STLS_DISABLED;
		row = generator_below(g, STLS_GROUPS);
		if (one_in(g, 2) && run->able.group[row] == STLS_ABLE)
			run->able.group[row] = STLS_DISABLED;
		row = generator_below(g, STLS_SIGALGS);
		if (one_in(g, 2) && run->able.sigalg[row] == STLS_ABLE)
			run->able.sigalg[row] = STLS_DISABLED;
		if (one_in(g, 3))
			disable_version(
				run, 0x0301 + (unsigned)generator_below(g, 4));
	}
}

/* Some of the numbers; at least `least`. */
static void random_numbers(struct generator *g, unsigned *to, size_t least,
			   size_t most, const unsigned *from, size_t count)
{
	size_t n = least + generator_below(g, most - least + 1), i, j;

	for (i = 0; n > 0; n--) {
		unsigned number = from[generator_below(g, count)];

		for (j = 0; j < i && to[j] != number; j++)
			;
		if (j == i)
			to[i++] = number;
	}
	to[i] = 0;
}

static void random_suites(struct run *run)
{
	static const unsigned usual[] = {
		0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca8, 0xcca9, 0xc013,
		0xc014, 0xc009, 0xc00a, 0x009c, 0x009d, 0x002f, 0x0035,
		0x003c, 0x009e, 0x009f, 0x0033, 0x0039, 0x0067, 0xccaa,
		0x000a, 0x1301, 0x1302, 0x1303, 0x1304, 0x1305,
	};
	struct generator *g = &run->generator;
	struct client *client = &run->client;
	unsigned all[NUMBERS_MAX];
	size_t i;

	if (!run->wild || !one_in(g, 3)) {
		random_numbers(g, client->suites, 1, run->wild ? 8 : 12, usual,
			       COUNT(usual));
	} else {
		for (i = 0; i < NUMBERS_MAX; i++)
			all[i] = stls_suite(generator_below(g, STLS_SUITES))
					 ->code;
		if (one_in(g, 4))
			all[0] = 0xfefe;
		random_numbers(g, client->suites, 1, 12, all, 40);
	}
	for (i = 0; client->suites[i]; i++)
		;
	if (client->has_versions && one_in(g, 2)) {
		client->suites[i++] = 0x1301 + (unsigned)generator_below(g, 5);
		client->suites[i] = 0;
	}
	if (one_in(g, 20)) {
		client->suites[i++] = 0x5600; /* TLS_FALLBACK_SCSV */
		client->suites[i] = 0;
	}
}

static void random_client(struct run *run)
{
	static const unsigned versions[] = { 0x0304, 0x0303, 0x0302, 0x0301 };
	static const unsigned legacies[] = { 0x0303, 0x0303, 0x0303, 0x0302,
					     0x0301, 0x0301, 0x0304, 0x0300 };
	static const unsigned groups[] = {
		29,  23, 24, 25, 30, 256, 257,	  258,	  259,
		260, 19, 21, 26, 22, 14,  0x0a0a, 0x11ec, 0x4242
	};
	static const unsigned usual_groups[] = { 29, 23, 24, 25 };
	static const unsigned sigalgs[] = {
		0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0807,
		0x0808, 0x0809, 0x080a, 0x080b, 0x0401, 0x0501, 0x0601,
		0x0201, 0x0203, 0x0301, 0x0303, 0x0402, 0x0202, 0x7777,
	};
	struct generator *g = &run->generator;
	struct client *client = &run->client;

	memset(client, 0, sizeof(*client));
	client->legacy = 0x0303;
	client->has_versions = one_in(g, 2);
	if (client->has_versions)
		random_numbers(g, client->versions, 1, 4, versions,
			       run->wild || one_in(g, 8) ? 4 : 2);
	else if (run->wild || one_in(g, 6))
		client->legacy = legacies[generator_below(g, COUNT(legacies))];
	if (one_in(g, 40) && client->has_versions)
		client->versions[0] = 0x0305;
	random_suites(run);
	client->has_groups = client->has_versions || !one_in(g, 4);
	if (!run->wild || one_in(g, 2))
		random_numbers(g, client->groups, 1, 4, usual_groups, 4);
	else
		random_numbers(g, client->groups, 1, 5, groups, COUNT(groups));
	client->has_sigalgs = client->has_versions || !one_in(g, 4);
	if (run->wild)
		random_numbers(g, client->sigalgs, 1, one_in(g, 2) ? 3 : 10,
			       sigalgs, COUNT(sigalgs));
	else
		random_numbers(g, client->sigalgs, 3, 14, sigalgs, 16);
	client->has_shares = client->has_versions;
	client->shares[0] = one_in(g, 3) ? 0 : client->groups[0];
	if (one_in(g, 40))
		client->has_groups = client->has_shares = 0;
}

/* ---- policies and hellos ---- */

/* Made for these abilities; NULL: the settings are refused. */
static struct smtptls_policy *compile(const struct settings *settings,
				      const struct stls_abilities *abilities,
				      char *error, size_t size)
{
	struct smtptls_policy *policy = calloc(1, sizeof(*policy));
	struct smtptls_policy_spec spec;

	if (!policy)
		exit(99);
	atomic_init(&policy->owners, 1);
	settings_spec(settings, &spec);
	error[0] = '\0';
	if (stls_policy_compile(policy, &spec, abilities,
				&(struct stls_sentence){ error, size }) == 0)
		return policy;
	smtptls_policy_unref(policy);
	return NULL;
}

static void make_hello(const struct client *client, struct hello *hello)
{
	const struct hello_spec spec = {
		.version = client->legacy,
		.suites = client->suites,
		.versions = client->has_versions ? client->versions : NULL,
		.groups = client->has_groups ? client->groups : NULL,
		.sigalgs = client->has_sigalgs ? client->sigalgs : NULL,
		.shares = client->has_shares ? client->shares : NULL,
	};

	hello_record(hello, &spec);
}

static void judge(const struct smtptls_policy *policy,
		  const struct client *client, unsigned keys,
		  struct smtptls_answer *answer)
{
	struct hello hello;

	make_hello(client, &hello);
	if (smtptls_policy_judge(policy, hello.bytes, hello.len, keys, answer,
				 sizeof(*answer)) < 0)
		exit(99);
}

/* A server with everything: at this level, from this version on. */
static int everything_serves(const struct run *run, int level,
			     const char *versions, unsigned keys,
			     struct smtptls_answer *answer)
{
	struct settings all = { .level = level ? level
					       : SMTPTLS_SECURITY_LEVEL_0,
				.set = { 1, 1, 1, 1, 1 } };
	struct stls_abilities able = run->abilities;
	struct smtptls_policy *policy;
	char error[256];

	strcpy(all.list[0], versions);
	strcpy(all.list[1], "ALL:!aNULL:!eNULL");
	strcpy(all.list[2], "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:"
			    "TLS_CHACHA20_POLY1305_SHA256:"
			    "TLS_AES_128_CCM_SHA256:TLS_AES_128_CCM_8_SHA256");
	strcpy(all.list[3], "DEFAULT:secp192r1:secp224r1:ffdhe4096:ffdhe6144:"
			    "ffdhe8192:brainpoolP256r1:SecP256r1MLKEM768:"
			    "SecP384r1MLKEM1024");
	strcpy(all.list[4], stls_default_sigalgs);
	policy = compile(&all, &able, error, sizeof(error));
	if (!policy) {
		printf("everything: %s\n", error);
		exit(99);
	}
	judge(policy, &run->client, keys, answer);
	smtptls_policy_unref(policy);
	return answer->reason == 0;
}

/* ---- following a proposal ---- */

static void append(unsigned *numbers, unsigned number)
{
	size_t i;

	for (i = 0; numbers[i]; i++) {
		if (numbers[i] == number)
			return;
	}
	numbers[i] = number;
	numbers[i + 1] = 0;
}

static unsigned version_of(const char *name)
{
	static const char *const names[] = { "TLSv1", "TLSv1.1", "TLSv1.2",
					     "TLSv1.3" };
	unsigned i;

	for (i = 0; i < 4; i++) {
		if (strcmp(names[i], name) == 0)
			return 0x0301 + i;
	}
	return 0;
}

static int group_of(const char *name)
{
	int i;

	for (i = 0; i < STLS_GROUPS; i++) {
		if (strcmp(stls_group((size_t)i)->name, name) == 0)
			return i;
	}
	return -1;
}

static int sigalg_of(const char *name)
{
	struct stls_sigalg_list list;

	return stls_sigalg_list_parse(&list, name, strlen(name), NULL) == 0
		       ? list.sigalg[0]
		       : -1;
}

static const char *change_client(struct client *client,
				 const struct smtptls_change *change)
{
	const char *word = change->word;
	int row = stls_suite_by_openssl(word, strlen(word));

	if (change->action != SMTPTLS_CHANGE_ADD)
		return "an action that a peer does not know";
	if (version_of(word)) {
		if (client->has_versions)
			append(client->versions, version_of(word));
		else
			client->legacy = version_of(word);
	} else if (row >= 0) {
		append(client->suites, stls_suite((size_t)row)->code);
	} else if (group_of(word) >= 0) {
		row = group_of(word);
		if (!client->has_groups)
			client->groups[0] = 0;
		client->has_groups = 1;
		append(client->groups, stls_group((size_t)row)->code);
	} else if (sigalg_of(word) >= 0) {
		row = sigalg_of(word);
		if (!client->has_sigalgs)
			client->sigalgs[0] = 0;
		client->has_sigalgs = 1;
		append(client->sigalgs, stls_sigalg((size_t)row)->code);
	} else {
		return "nothing that a peer may offer";
	}
	return NULL;
}

static const char *change_system(struct stls_abilities *able,
				 const struct stls_abilities *all,
				 const struct smtptls_change *change)
{
	size_t i;

	const char *word = change->word;
	uint8_t *ability = NULL;
	int row = stls_suite_by_openssl(word, strlen(word));
	unsigned version = version_of(word);

	if (change->action != SMTPTLS_CHANGE_ADD)
		return "an action that the system's policy does not know";
	if (version) {
		if (able->versions & stls_version_bit(version))
			return "a version that is not disabled";
		able->versions |= stls_version_bit(version);
		for (i = 0; i < STLS_SUITES_OPENSSL; i++) {
			if (stls_suite(i)->min_version == version)
				able->suite[i] = all->suite[i];
		}
		return NULL;
	}
	if (row >= 0)
		ability = &able->suite[row];
	else if (group_of(word) >= 0)
		ability = &able->group[group_of(word)];
	else if (sigalg_of(word) >= 0)
		ability = &able->sigalg[sigalg_of(word)];
	if (!ability || *ability != STLS_DISABLED)
		return "nothing that is disabled";
	*ability = STLS_ABLE;
	return NULL;
}

/* What follows when all is done as it was said. */
struct outcome {
	struct settings settings;
	struct stls_abilities able;
	struct client client;
	unsigned peer, certificate, system;
};

static int follow(struct run *run, const struct smtptls_answer *answer,
		  struct outcome *outcome)
{
	const char *wrong = NULL;
	int i;

	memset(outcome, 0, sizeof(*outcome));
	outcome->settings = run->settings;
	outcome->able = run->able;
	outcome->client = run->client;
	for (i = 0; i < answer->change_count && !wrong; i++) {
		const struct smtptls_change *change = &answer->changes[i];

		switch (change->setting) {
		case SMTPTLS_SETTING_PEER:
			outcome->peer = 1;
			wrong = change_client(&outcome->client, change);
			break;
		case SMTPTLS_SETTING_SYSTEM_POLICY:
			outcome->system = 1;
			wrong = change_system(&outcome->able, &run->abilities,
					      change);
			break;
		default:
			outcome->certificate |=
				change->setting == SMTPTLS_SETTING_CERTIFICATE;
			wrong = settings_change(&outcome->settings, change);
		}
	}
	if (wrong)
		violation(run, answer, wrong, "");
	return !wrong;
}

/* ---- what must hold ---- */

/* All words of all changes are in the sentence, which is therefore whole. */
static void check_sentence(struct run *run, const struct smtptls_answer *answer)
{
	int i;

	if (strlen(answer->text) < 20)
		violation(run, answer, "no sentence", "");
	for (i = 0; i < answer->change_count; i++) {
		const struct smtptls_change *change = &answer->changes[i];

		if (!strstr(answer->text, change->word) ||
		    (change->action != SMTPTLS_CHANGE_ADD &&
		     !strstr(answer->text, change->with)))
			violation(run, answer, "not in the sentence",
				  change->word);
	}
}

static int allows_row(const struct smtptls_policy *policy, int row)
{
	unsigned i;

	for (i = 0; i < policy->suite_count; i++) {
		if (policy->suite_row[i] == row)
			return stls_policy_allows(policy, i);
	}
	return 0;
}

static int is_bare(int row)
{
	const struct stls_suite *suite = stls_suite((size_t)row);

	return suite->enc & STLS_ENC_NULL || suite->au & STLS_AU_NULL;
}

/* It was asked for, and wants nothing but its version or GnuTLS. */
static int wanted_row(const struct smtptls_policy *policy, int row)
{
	return memchr(policy->suite_row, row, policy->suite_count) &&
	       stls_suite_allowed(stls_suite((size_t)row),
				  policy->security_level);
}

static int is_in(const uint8_t *rows, unsigned count, uint8_t row)
{
	return memchr(rows, row, count) != NULL;
}

/* All that was there is there; nothing bare came. */
static const char *compare(const struct smtptls_policy *before,
			   const struct smtptls_policy *after, int loses)
{
	unsigned i;
	int row;

	if (before->selectable_versions & ~(unsigned)after->selectable_versions)
		return "a version is lost";
	if (after->security_level > before->security_level)
		return "the level is higher";
	for (row = 0; row < STLS_SUITES_OPENSSL; row++) {
		if (allows_row(before, row) && !allows_row(after, row))
			return stls_suite((size_t)row)->openssl;
		if (!allows_row(before, row) && allows_row(after, row) &&
		    is_bare(row) && !wanted_row(before, row))
			return "a bare suite came";
	}
	for (i = 0; i < before->group_count; i++) {
		unsigned code = stls_group(before->group[i])->code;

		if (!is_in(after->group, after->group_count,
			   before->group[i]) &&
		    !(loses && (code == 19 || code == 21)))
			return "a group is lost";
	}
	for (i = 0; i < before->field_count; i++) {
		if (!is_in(after->field, after->field_count, before->field[i]))
			return "a field is lost";
	}
	for (i = 0; i < before->sigalg_count; i++) {
		if (!is_in(after->sigalg, after->sigalg_count,
			   before->sigalg[i]))
			return "a signature algorithm is lost";
	}
	if (before->tls13_keys & ~(unsigned)after->tls13_keys)
		return "a key of TLS 1.3 is lost";
	return NULL;
}

/* The recorded hellos that were served are. */
static void check_recorded(struct run *run, const struct smtptls_answer *answer,
			   const struct smtptls_policy *before,
			   const struct smtptls_policy *after,
			   const struct outcome *outcome)
{
	struct smtptls_answer old, new;
	size_t i;

	for (i = 0; i < run->recorded_count; i++) {
		(void)smtptls_policy_judge(
			before, run->recorded[i], run->recorded_len[i],
			run->settings.keys, &old, sizeof(old));
		if (old.reason)
			continue;
		(void)smtptls_policy_judge(
			after, run->recorded[i], run->recorded_len[i],
			outcome->settings.keys, &new, sizeof(new));
		if (new.reason &&
		    strcmp(new.protocol ? new.protocol : "", old.protocol) == 0)
			violation(run, answer, "a recorded hello is refused",
				  new.text);
		else if (new.reason) {
			run->raised++;
			if (!strstr(answer->text, " may fail"))
				violation(run, answer,
					  "it is not said who "
					  "loses",
					  new.text);
			return;
		}
	}
}

/* TLS 1.0 or 1.1 is the lowest now, and was not. */
static int is_older(unsigned after, unsigned before)
{
	unsigned lowest = after & -after;

	return lowest < (before & -before) &&
	       lowest & (STLS_PROTOCOL_TLS1_0 | STLS_PROTOCOL_TLS1_1);
}

/* With one of these TLS 1.3 has a price. */
static int has_old_group(const struct smtptls_policy *policy)
{
	return is_in(policy->group, policy->group_count,
		     (uint8_t)stls_group_by_code(19)) ||
	       is_in(policy->group, policy->group_count,
		     (uint8_t)stls_group_by_code(21));
}

static void check_cure(struct run *run, const struct smtptls_answer *answer,
		       const struct smtptls_policy *before,
		       const struct outcome *outcome)
{
	char error[256];
	struct smtptls_policy *after = compile(
		&outcome->settings, &outcome->able, error, sizeof(error));
	struct smtptls_answer again;
	const char *lost;
	const char *versions;

	if (!after) {
		violation(run, answer, "the settings are refused", error);
		return;
	}
	lost = compare(before, after,
		       strstr(answer->text, "secp192r1") != NULL);
	if (lost)
		violation(run, answer, "worse than before", lost);
	judge(after, &outcome->client, outcome->settings.keys, &again);
	if (again.reason) {
		violation(run, answer, "refused again", again.text);
		print_round(run, &outcome->settings);
	}
	check_recorded(run, answer, before, after, outcome);
	versions = before->selectable_versions & STLS_PROTOCOL_TLS1_0
			   ? ">=TLSv1"
		   : before->selectable_versions & STLS_PROTOCOL_TLS1_1
			   ? ">=TLSv1.1"
			   : ">=TLSv1.2";
	if (after->security_level < before->security_level ||
	    is_older(after->selectable_versions, before->selectable_versions)) {
		run->weaker++;
		if (!strstr(answer->text, "weakens all"))
			violation(run, answer, "it is not said to be weaker",
				  "");
		if (everything_serves(run, before->security_level, versions,
				      STLS_KEYS, &again))
			violation(run, answer, "something else helps",
				  again.cipher_openssl);
	} else if (outcome->certificate &&
		   everything_serves(run, before->security_level, versions,
				     run->settings.keys, &again) &&
		   memcmp(&run->able, &run->abilities, sizeof(run->able)) ==
			   0 &&
		   after->selectable_versions == before->selectable_versions &&
		   !has_old_group(before)) {
		violation(run, answer, "no certificate is needed",
			  again.cipher_openssl);
	}
	smtptls_policy_unref(after);
}

/* What the law says of "the peer must". */
static void check_peer(struct run *run, const struct smtptls_answer *answer)
{
	struct smtptls_answer all;

	run->peer++;
	if (everything_serves(run, 0, ">=TLSv1", STLS_KEYS, &all))
		violation(run, answer, "a server with everything serves it",
			  all.cipher_openssl);
}

/* Settings that GnuTLS itself has to like; only as the machine is. */
static void check_new(struct run *run, const struct smtptls_answer *answer,
		      const struct outcome *outcome)
{
	struct smtptls_policy_spec spec;
	struct smtptls_policy *policy = NULL;
	char error[256];

	if (memcmp(&run->able, &run->abilities, sizeof(run->able)) != 0)
		return;
	settings_spec(&outcome->settings, &spec);
	if (smtptls_policy_new(&policy, &spec, sizeof(spec), error,
			       sizeof(error)) < 0)
		violation(run, answer, "smtptls_policy_new", error);
	smtptls_policy_unref(policy);
}

/* What the peer must do is one thing, whatever it is. */
static int count_changes(const struct smtptls_answer *answer)
{
	int i, count = 0;

	for (i = 0; i < answer->change_count; i++)
		count += i == 0 ||
			 answer->changes[i].setting != SMTPTLS_SETTING_PEER ||
			 answer->changes[i - 1].setting != SMTPTLS_SETTING_PEER;
	return count;
}

static void check(struct run *run, const struct smtptls_policy *policy,
		  const struct smtptls_answer *answer)
{
	struct outcome outcome;

	run->refused++;
	run->changes[run->wild][count_changes(answer)]++;
	if (run->verbose && run->number) {
		print_round(run, &run->settings);
		print_answer(answer);
	}
	check_sentence(run, answer);
	/* Another attempt, or another program, is what helps there. */
	if (answer->reason == SMTPTLS_REASON_SSL3_HELLO ||
	    strstr(answer->text, "RFC 7507")) {
		check_peer(run, answer);
		return;
	}
	if (answer->change_count == 0) {
		violation(run, answer, "nothing is proposed", "");
		return;
	}
	if (!follow(run, answer, &outcome))
		return;
	check_cure(run, answer, policy, &outcome);
	check_new(run, answer, &outcome);
	if (outcome.peer)
		check_peer(run, answer);
	run->cured += outcome.peer ? 0U : 1U;
	run->certificates += outcome.certificate;
	run->system += outcome.system;
}

/* GnuTLS has something to say about valid strings too. */
static int is_accepted(const struct run *run)
{
	struct smtptls_policy_spec spec;
	struct smtptls_policy *policy = NULL;
	char error[256];

	settings_spec(&run->settings, &spec);
	(void)smtptls_policy_new(&policy, &spec, sizeof(spec), error,
				 sizeof(error));
	smtptls_policy_unref(policy);
	return policy != NULL;
}

static void play(struct run *run, unsigned long number)
{
	struct smtptls_answer answer;
	struct smtptls_policy *policy;
	char error[256];

	run->number = number;
	run->violated = 0;
	run->wild = number % 2 == 0;
	random_settings(run);
	random_system(run);
	policy = compile(&run->settings, &run->able, error, sizeof(error));
	if (!policy || !is_accepted(run)) {
		smtptls_policy_unref(policy);
		return;
	}
	random_client(run);
	judge(policy, &run->client, run->settings.keys, &answer);
	/* What is malformed has no cure here. */
	if (answer.reason && answer.reason != SMTPTLS_REASON_BAD_HELLO)
		check(run, policy, &answer);
	smtptls_policy_unref(policy);
}

/* ---- the whole ---- */

static void read_strings(struct strings *strings, const char *kind)
{
	char line[SETTING_SIZE], *string;
	FILE *file = fopen(strings_path(), "r");
	size_t len = strlen(kind);

	if (!file) {
		perror(strings_path());
		exit(99);
	}
	while (fgets(line, sizeof(line), file)) {
		if (strncmp(line, kind, len) != 0 || line[len] != '\t' ||
		    strings->count == STRINGS_MAX)
			continue;
		string = line + len + 1;
		string[strcspn(string, "\t\n")] = '\0';
		strings->string[strings->count] = strdup(string);
		if (!strings->string[strings->count++])
			exit(99);
	}
	fclose(file);
	if (strings->count == 0)
		exit(99);
}

static void free_strings(struct strings *strings)
{
	while (strings->count > 0)
		free(strings->string[--strings->count]);
}

static void read_recorded(struct run *run)
{
	static const char *const names[] = {
		"curl",	      "gnutls",		  "java",	  "node",
		"openssl",    "openssl-tls12",	  "node-tls12",	  "python",
		"java-tls10", "openssl-rsa-only", "openssl-p521",
	};
	size_t i;

	for (i = 0; i < COUNT(names); i++)
		run->recorded_len[i] = hello_load(names[i], run->recorded[i],
						  sizeof(run->recorded[i]));
	run->recorded_count = i;
}

/* Few changes are a law where not everything is wrong at once. */
static int report_changes(const struct run *run, int wild)
{
	unsigned long many = 0, all = 0;
	int i;

	printf("%s settings:", wild ? "wild" : "ordinary");
	for (i = 0; i <= SMTPTLS_CHANGES; i++) {
		printf(" %lu of %d%s", run->changes[wild][i], i,
		       i == SMTPTLS_CHANGES ? " changes\n" : ",");
		all += run->changes[wild][i];
		many += i > 2 ? run->changes[wild][i] : 0;
	}
	return !wild && many * 20 > all;
}

static int report(const struct run *run)
{
	int too_many = report_changes(run, 0);

	(void)report_changes(run, 1);
	printf("%lu hellos refused, %lu cured here, %lu by the peer; "
	       "%lu with a certificate, %lu by the system's policy, %lu "
	       "weaker, %lu raised; %lu violations\n",
	       run->refused, run->cured, run->peer, run->certificates,
	       run->system, run->weaker, run->raised, run->violations);
	if (too_many)
		printf("more than two changes too often\n");
	return too_many || run->violations > 0 || run->refused == 0;
}

int main(int argc, char **argv)
{
	struct options options = { .count = 300,
				   .seed = 1,
				   .number_name = "--only",
				   .flag_name = "--verbose" };
	static struct run run;
	unsigned long i;
	int failed;

	if (options_parse(&options, argc, argv) < 0) {
		fputs("usage: advice [--count N] [--seed N] [--only N] "
		      "[--verbose]\n",
		      stderr);
		return 2;
	}
	run.verbose = options.flag;
	read_strings(&run.ciphers, "cipher");
	read_strings(&run.protocols, "proto");
	read_strings(&run.groups, "groups");
	read_strings(&run.sigalgs, "sigalgs");
	read_recorded(&run);
	if (stls_abilities_ask(&run.abilities) < 0)
		return 99;
	for (i = 1; i <= 50 * options.count && run.refused < options.count;
	     i++) {
		run.generator.state = options.seed * 1000003 + i;
		if (options.number == 0 || options.number == i)
			play(&run, i);
	}
	free_strings(&run.ciphers);
	free_strings(&run.protocols);
	free_strings(&run.groups);
	free_strings(&run.sigalgs);
	failed = report(&run);
	return failed;
}
