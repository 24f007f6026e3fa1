/* SPDX-License-Identifier: MIT */
/*
 * Cipher lists: stls_cipher_list_parse() against OpenSSL's own library, in one
 * process.
 *
 *	cipher_list [--count N] [--seed N] [--print-sample N] [strings.tsv]
 *
 * Every string of kind "cipher" in the file, then N random ones, valid and
 * malformed, are passed to SSL_CTX_set_cipher_list(). Compared are: acceptance;
 * the whole list in its order (SSL_CTX_get_ciphers without TLS 1.3, which
 * includes PSK and SRP); at a security level set explicitly, the list that a
 * connection would use (SSL_get1_supported_ciphers without TLS 1.3; no
 * callbacks, so without PSK and SRP); and the level that an @SECLEVEL leaves
 * behind. A string that differs is printed; the exit status is 1 if there was
 * any.
 *
 * The reference is OpenSSL 3.0's language, from which 3.5's differs only as
 * release.h says. With another version the test says so and is skipped (status
 * 77).
 */
#include <ctype.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "generator.h"
#include "../unit/help/strings.h"
#include "openssl/cipher_list.h"
#include "options.h"
#include "release.h"

#define STRING_MAX 8192

static const char *const words[] = {
	"ALL",
	"ALL",
	"HIGH",
	"DEFAULT",
	"COMPLEMENTOFALL",
	"COMPLEMENTOFDEFAULT",
	"COMPLEMENTOFDEFAULT",
	"kRSA",
	"kEDH",
	"kDHE",
	"DH",
	"kEECDH",
	"kECDHE",
	"ECDH",
	"kPSK",
	"kRSAPSK",
	"kECDHEPSK",
	"kDHEPSK",
	"kSRP",
	"kGOST",
	"kGOST18",
	"aRSA",
	"aDSS",
	"DSS",
	"aNULL",
	"aECDSA",
	"ECDSA",
	"aPSK",
	"aGOST",
	"aGOST01",
	"aGOST12",
	"aSRP",
	"EDH",
	"DHE",
	"EECDH",
	"ECDHE",
	"NULL",
	"RSA",
	"ADH",
	"AECDH",
	"PSK",
	"SRP",
	"3DES",
	"RC4",
	"RC2",
	"IDEA",
	"SEED",
	"eNULL",
	"GOST",
	"GOST89",
	"AES128",
	"AES256",
	"AES",
	"AESGCM",
	"AESCCM",
	"AESCCM8",
	"CAMELLIA128",
	"CAMELLIA256",
	"CAMELLIA",
	"CHACHA20",
	"ARIA",
	"ARIAGCM",
	"ARIA128",
	"ARIA256",
	"CBC",
	"MD5",
	"SHA1",
	"SHA",
	"SHA256",
	"SHA384",
	"GOST94",
	"GOST89MAC",
	"GOST12",
	"GOST2012",
	"SSLv2",
	"SSLv3",
	"TLSv1",
	"TLSv1.0",
	"TLSv1.1",
	"TLSv1.2",
	"TLSv1.3",
	"DTLSv1",
	"DTLSv1.0",
	"DTLSv1.2",
	"LOW",
	"MEDIUM",
	"FIPS",
	"EXP",
	"EXPORT",
	"DES",
	"kDHr",
	"kDHd",
	"kDH",
	"kECDHr",
	"kECDHe",
	"kECDH",
	"aDH",
	"aECDH",
	"aKRB5",
	"kKRB5",
	"KRB5",
	"EDH-DSS-DES-CBC3-SHA",
	"EDH-RSA-DES-CBC3-SHA",
	"DES-CBC3-SHA",
	"RC4-SHA",
	"DSA",
	"STRENGTH",
	"SECLEVEL",
	"SECLEVEL=2",
	"PROFILE=SYSTEM",
	"all",
	"High",
	"kSRPx",
	"ECDHE-",
	"-ALL",
	"TLS_AES_128_GCM_SHA256",
	"AEAD",
	"kEDHr",
	"FZA",
	"SUITEB128",
	"SUITEB128ONLY",
	"SUITEB128C2",
	"SUITEB192",
};

#define WORDS (sizeof words / sizeof words[0])

struct run {
	SSL_CTX *ctx;
	struct generator generator;
	unsigned long compared;
	unsigned long accepted;
	unsigned long different;
	unsigned long sample;
	int stale;
};

static int make_ctx(struct run *run)
{
	SSL_CTX_free(run->ctx);
	run->ctx = SSL_CTX_new(TLS_method());
	if (!run->ctx)
		return -1;
	/* The system's configuration may have set version bounds. */
	if (SSL_CTX_set_min_proto_version(run->ctx, 0) != 1 ||
	    SSL_CTX_set_max_proto_version(run->ctx, 0) != 1)
		return -1;
	return 0;
}

static void add_known_word(struct generator *g)
{
	size_t row = generator_below(g, 2 * STLS_SUITES_OPENSSL);

	if (row < STLS_SUITES_OPENSSL)
		generator_word(g, release_is_3_5() && generator_below(g, 8) == 0
					  ? stls_suite(row)->iana
					  : stls_suite(row)->openssl);
	else
		generator_word(g, words[generator_below(g, WORDS)]);
}

static void add_random_word(struct generator *g)
{
	static const char bytes[] = "ABCaeknDHRS0123-.=_+!@";
	size_t length = 1 + generator_below(g, 12);

	while (length-- > 0)
		generator_byte(g, bytes[generator_below(g, sizeof bytes - 1)]);
}

static void add_word(struct generator *g)
{
	switch (generator_below(g, 24)) {
	case 0:
		add_random_word(g);
		break;
	case 1:
	case 2:
	case 3:
		add_known_word(g);
		break;
	default:
		generator_word(g, words[generator_below(g, WORDS - 4)]);
	}
}

static void add_command(struct generator *g)
{
	static const char *const commands[] = {
		"@STRENGTH",   "@STRENGTH",   "@STRENGTH",   "@STRENGTH",
		"@SECLEVEL=0", "@SECLEVEL=1", "@SECLEVEL=2", "@SECLEVEL=3",
		"@SECLEVEL=4", "@SECLEVEL=5", "@STRENGTH+x", "@SECLEVEL=2!y",
	};
	static const char *const bad[] = {
		"@SECLEVEL=6", "@SECLEVEL=", "@SECLEVEL=22",
		"@",	       "@@STRENGTH", "@strength",
		"@STRENGTHX",  "@ALL",	     "!@STRENGTH",
	};

	if (generator_below(g, 12) == 0)
		generator_word(g, bad[generator_below(g, 9)]);
	else
		generator_word(g, commands[generator_below(g, 12)]);
}

static void add_item(struct generator *g)
{
	size_t kind = generator_below(g, 16);
	size_t more = generator_below(g, 8);

	if (kind == 0) {
		add_command(g);
		return;
	}
	if (kind < 7)
		generator_byte(g, "++--!!"[kind - 1]);
	add_word(g);
	/* Mostly one word, occasionally up to four. */
	while (more-- > 4) {
		generator_byte(g, '+');
		add_word(g);
	}
	if (generator_below(g, 60) == 0)
		generator_byte(g, '+');
}

static void generate(struct generator *g)
{
	size_t items = 1 + generator_below(g, 12);
	size_t spoils = generator_below(g, 8) == 0 ? generator_below(g, 3) : 0;

	g->length = 0;
	g->text[0] = '\0';
	switch (generator_below(g, 12)) {
	case 0:
		generator_word(g, "DEFAULT");
		if (generator_below(g, 3) != 0)
			generator_byte(g, ':');
		break;
	case 1:
		if (generator_below(g, 4) == 0)
			generator_word(
				g, words[WORDS - 1 - generator_below(g, 4)]);
		break;
	case 2:
		generator_word(g, "ALL:COMPLEMENTOFALL:");
		break;
	}
	while (items-- > 0) {
		add_item(g);
		if (items > 0 && generator_below(g, 50) != 0)
			generator_byte(g, "::::: ,;"[generator_below(g, 8)]);
	}
	while (spoils-- > 0)
		generator_spoil(g);
}

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

static int report(struct run *run, const char *string, const char *what)
{
	run->different++;
	printf("different %s: ", what);
	print_string(string);
	return -1;
}

/* The next suite in OpenSSL's list that is older than TLS 1.3, or NULL. */
static const SSL_CIPHER *next_below_tls13(const STACK_OF(SSL_CIPHER) * stack,
					  int *at)
{
	while (*at < sk_SSL_CIPHER_num(stack)) {
		const SSL_CIPHER *cipher = sk_SSL_CIPHER_value(stack, (*at)++);

		if (strcmp(SSL_CIPHER_get_version(cipher), "TLSv1.3") != 0)
			return cipher;
	}
	return NULL;
}

/* Whether the list, filtered unless level is -1, equals the stack. */
static int equal(const struct stls_cipher_list *list, int level,
		 const STACK_OF(SSL_CIPHER) * stack)
{
	const SSL_CIPHER *cipher;
	int at = 0;
	unsigned i;

	for (i = 0; i < list->count; i++) {
		const struct stls_suite *suite = stls_suite(list->suite[i]);

		if (level >= 0 &&
		    (!stls_cipher_list_allows(list, suite, level) ||
		     suite->kx & ~(STLS_KX_RSA | STLS_KX_DHE | STLS_KX_ECDHE)))
			continue;
		cipher = next_below_tls13(stack, &at);
		if (!cipher ||
		    SSL_CIPHER_get_protocol_id(cipher) != suite->code)
			return 0;
	}
	return next_below_tls13(stack, &at) == NULL;
}

static int compare_supported(struct run *run, const char *string,
			     const struct stls_cipher_list *list)
{
	int level = list->security_level;
	STACK_OF(SSL_CIPHER) * supported;
	SSL *ssl;
	int same;

	if (level >= 0 && SSL_CTX_get_security_level(run->ctx) != level)
		return report(run, string, "security level");
	if (level < 0) {
		level = (int)generator_below(&run->generator, 6);
		SSL_CTX_set_security_level(run->ctx, level);
	}
	ssl = SSL_new(run->ctx);
	if (!ssl)
		return report(run, string, "(SSL_new failed)");
	supported = SSL_get1_supported_ciphers(ssl);
	/* OpenSSL returns NULL for an empty list. */
	same = equal(list, level, supported);
	sk_SSL_CIPHER_free(supported);
	SSL_free(ssl);
	return same ? 0 : report(run, string, "supported suites");
}

static int compare(struct run *run, const char *given)
{
	static const char suiteb[] = "SUITEB";
	struct stls_cipher_list list;
	struct stls_span where = { 0, 0 };
	char string[STRING_MAX], older[STRING_MAX];
	int ours;
	int theirs;

	run->compared++;
	if (snprintf(string, sizeof string, "%s%s", given, release_end()) >=
	    (int)sizeof string)
		return report(run, given, "(too long)");
	/* A context cannot leave Suite B mode. */
	if ((run->stale || strncmp(string, suiteb, strlen(suiteb)) == 0) &&
	    make_ctx(run) != 0)
		return report(run, string, "(SSL_CTX_new failed)");
	run->stale = strncmp(string, suiteb, strlen(suiteb)) == 0;
	SSL_CTX_set_security_level(run->ctx, 0);
	theirs = SSL_CTX_set_cipher_list(run->ctx, string);
	release_respell(string, older, sizeof older);
	ours = stls_cipher_list_parse(&list, older, strlen(older), &where);
	if ((ours == 0) != (theirs == 1))
		return report(run, string,
			      theirs ? "(OpenSSL accepts)"
				     : "(OpenSSL refuses)");
	if (ours != 0) {
		if (where.position > strlen(older) || list.count != 0)
			return report(run, string, "position of the error");
		return 0;
	}
	run->accepted++;
	if (!equal(&list, -1, SSL_CTX_get_ciphers(run->ctx)))
		return report(run, string, "list");
	return compare_supported(run, string, &list);
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

		if (strncmp(line, "cipher\t", strlen("cipher\t")) != 0)
			continue;
		string[strcspn(string, "\t\n")] = '\0';
		rows++;
		compare(run, string);
	}
	fclose(file);
	if (rows == 0)
		fprintf(stderr, "%s: no row of kind cipher\n", path);
	return rows == 0 ? -1 : 0;
}

static int usage(void)
{
	fputs("usage: cipher_list [--count N] [--seed N] [--print-sample N] "
	      "[strings.tsv]\n",
	      stderr);
	return 2;
}

int main(int argc, char **argv)
{
	struct options options = { .count = 5000,
				   .seed = 1,
				   .number_name = "--print-sample" };
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
	run.sample = options.number;
	run.generator.state = options.seed;
	failed = compare_file(&run, options.path ? options.path
						 : strings_path()) != 0;
	for (i = 0; i < options.count; i++) {
		generate(&run.generator);
		if (i < run.sample)
			print_string(run.generator.text);
		compare(&run, run.generator.text);
	}
	SSL_CTX_free(run.ctx);
	printf("%lu strings, %lu accepted, %lu different\n", run.compared,
	       run.accepted, run.different);
	return failed || run.different > 0;
}
