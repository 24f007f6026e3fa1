/* SPDX-License-Identifier: MIT */
/*
 * TLS 1.3 suites, groups and signature algorithms: the parsers against
 * OpenSSL's own library, in one process.
 *
 *	other_lists [--count N] [--seed N] [strings.tsv]
 *
 * The rows of kinds "suites13", "groups" and "sigalgs" in the file that stay
 * within OpenSSL 3.0's language, then N random strings of each kind, are passed
 * to SSL_CTX_set_ciphersuites(), SSL_CTX_set1_groups_list() and
 * SSL_CTX_set1_sigalgs_list(). Compared are acceptance and what the lists
 * yield, which is read from the ClientHello that OpenSSL would send with them
 * at security level 0.
 *
 * The library's languages are wider than OpenSSL 3.0's on purpose; the random
 * strings stay within the latter's.
 *
 * OpenSSL 3.5 accepts more: names in any case, repeated names, a few new names,
 * and no group at all. A string that only 3.5 accepts is compared again after
 * it has been rewritten for OpenSSL 3.0. With other versions the test is
 * skipped (status 77).
 */
#include <ctype.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "generator.h"
#include "options.h"
#include "release.h"
#include "../unit/help/strings.h"
#include "openssl/ciphersuite_list.h"
#include "openssl/group_list.h"
#include "openssl/sigalg_list.h"

#define CODES_MAX 64

struct codes {
	size_t count;
	unsigned code[CODES_MAX];
};

/* One language: how each library reads it. */
struct language {
	const char *kind;
	int (*ours)(const char *string, struct codes *codes);
	int (*theirs)(SSL_CTX *ctx, const char *string, struct codes *codes);
	void (*word)(struct generator *g);
};

struct run {
	struct generator generator;
	unsigned long compared;
	unsigned long accepted;
	unsigned long different;
	unsigned long respelt;
};

static const char *const suite_words[] = {
	"TLS_AES_128_GCM_SHA256",
	"TLS_AES_256_GCM_SHA384",
	"TLS_CHACHA20_POLY1305_SHA256",
	"TLS_AES_128_CCM_SHA256",
	"TLS_AES_128_CCM_8_SHA256",
	"TLS_AES_128_GCM_SHA25",
	"tls_aes_128_gcm_sha256",
	"AES128-SHA",
	"ALL",
};

static const char *const group_words[] = {
	"P-256",
	"P-384",
	"P-521",
	"prime256v1",
	"secp256r1",
	"secp384r1",
	"secp521r1",
	"X25519",
	"x25519",
	"X448",
	"x448",
	"ffdhe2048",
	"ffdhe3072",
	"ffdhe4096",
	"ffdhe6144",
	"ffdhe8192",
	"brainpoolP256r1",
	"brainpoolP384r1",
	"brainpoolP512r1",
	"secp256k1",
	"secp224r1",
	"P-224",
	"P-192",
	"prime192v1",
	"secp192r1",
	"secp192k1",
	"secp224k1",
	"secp160k1",
	"secp160r1",
	"secp160r2",
	"K-163",
	"B-163",
	"K-233",
	"B-233",
	"K-283",
	"B-283",
	"K-409",
	"B-409",
	"K-571",
	"B-571",
	"sect163k1",
	"sect163r1",
	"sect163r2",
	"sect193r1",
	"sect193r2",
	"sect233k1",
	"sect233r1",
	"sect239k1",
	"sect283k1",
	"sect283r1",
	"sect409k1",
	"sect409r1",
	"sect571k1",
	"sect571r1",
	"brainpoolP256r1tls13",
	"X25519MLKEM",
	"p-256",
	"FFDHE2048",
	"secp112r1",
	"X962",
	"brainpoolP256t1",
	"SM2",
};

static const char *const sigalg_words[] = {
	"ecdsa_secp256r1_sha256",
	"ecdsa_secp384r1_sha384",
	"ecdsa_secp521r1_sha512",
	"ed25519",
	"ed448",
	"rsa_pss_rsae_sha256",
	"rsa_pss_rsae_sha384",
	"rsa_pss_rsae_sha512",
	"rsa_pss_pss_sha256",
	"rsa_pss_pss_sha384",
	"rsa_pss_pss_sha512",
	"rsa_pkcs1_sha256",
	"rsa_pkcs1_sha384",
	"rsa_pkcs1_sha512",
	"rsa_pkcs1_sha1",
	"rsa_pkcs1_sha224",
	"ecdsa_sha1",
	"ecdsa_sha224",
	"dsa_sha1",
	"dsa_sha224",
	"dsa_sha256",
	"dsa_sha384",
	"dsa_sha512",
	"rsa_pkcs1_md5",
	"Ed25519",
	"ED25519",
	"RSA",
	"SHA256",
};

static const char *const sigalg_parts[] = {
	"RSA",	      "RSA",	  "RSA-PSS", "PSS",    "DSA",	     "ECDSA",
	"ECDSA",      "rsa",	  "SHA1",    "sha1",   "SHA224",     "sha224",
	"SHA256",     "SHA256",	  "sha256",  "SHA384", "sha384",     "SHA512",
	"sha512",     "MD5",	  "md5",     "Sha256", "ed25519",    "ED25519",
	"SHA512-256", "SHA3-256", "",	     "EC",     "RSA-SHA256",
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static void suite_word(struct generator *g)
{
	generator_word(g, suite_words[generator_below(g, COUNT(suite_words))]);
}

static void group_word(struct generator *g)
{
	generator_word(g, group_words[generator_below(g, COUNT(group_words))]);
}

static void sigalg_word(struct generator *g)
{
	size_t parts = COUNT(sigalg_parts);

	if (generator_below(g, 3) == 0) {
		size_t words = COUNT(sigalg_words);

		generator_word(g, sigalg_words[generator_below(g, words)]);
		return;
	}
	generator_word(g, sigalg_parts[generator_below(g, parts)]);
	generator_byte(g, '+');
	generator_word(g, sigalg_parts[generator_below(g, parts)]);
	if (generator_below(g, 30) == 0)
		generator_word(g, "+SHA1");
}

static int our_suites(const char *string, struct codes *codes)
{
	struct stls_ciphersuite_list list;
	int error = stls_ciphersuite_list_parse(&list, string, strlen(string),
						NULL);

	for (codes->count = 0; codes->count < list.count; codes->count++)
		codes->code[codes->count] =
			stls_suite(list.suite[codes->count])->code;
	return error == 0;
}

static int our_groups(const char *string, struct codes *codes)
{
	struct stls_group_list list;
	int error = stls_group_list_parse(&list, string, strlen(string), NULL);

	for (codes->count = 0; codes->count < list.count; codes->count++)
		codes->code[codes->count] =
			stls_group(list.choice[codes->count].group)->code;
	return error == 0;
}

static int our_sigalgs(const char *string, struct codes *codes)
{
	struct stls_sigalg_list list;
	int error = stls_sigalg_list_parse(&list, string, strlen(string), NULL);

	for (codes->count = 0; codes->count < list.count; codes->count++)
		codes->code[codes->count] =
			stls_sigalg(list.sigalg[codes->count])->code;
	return error == 0;
}

static int their_suites(SSL_CTX *ctx, const char *string, struct codes *codes)
{
	STACK_OF(SSL_CIPHER) * stack;
	int i;

	codes->count = 0;
	if (SSL_CTX_set_ciphersuites(ctx, string) != 1)
		return 0;
	stack = SSL_CTX_get_ciphers(ctx);
	for (i = 0; i < sk_SSL_CIPHER_num(stack); i++) {
		const SSL_CIPHER *cipher = sk_SSL_CIPHER_value(stack, i);
		unsigned code = SSL_CIPHER_get_protocol_id(cipher);
		size_t j;

		if (strcmp(SSL_CIPHER_get_version(cipher), "TLSv1.3") != 0)
			break;
		/* OpenSSL keeps repetitions, which have no effect. */
		for (j = 0; j < codes->count && codes->code[j] != code; j++)
			continue;
		if (j == codes->count && j < CODES_MAX)
			codes->code[codes->count++] = code;
	}
	return 1;
}

struct wanted {
	unsigned extension;
	struct codes *codes;
};

static unsigned get16(const unsigned char *at)
{
	return (unsigned)at[0] << 8 | at[1];
}

/* A list of 16-bit numbers in an extension, as written by OpenSSL. */
static void read_extension(const unsigned char *body, size_t length,
			   struct codes *codes)
{
	size_t i;

	codes->count = 0;
	for (i = 2; i + 2 <= length && codes->count < CODES_MAX; i += 2)
		codes->code[codes->count++] = get16(body + i);
}

static void on_message(int out, int version, int type, const void *data,
		       size_t length, SSL *ssl, void *arg)
{
	const struct wanted *wanted = arg;
	const unsigned char *hello = data;
	size_t at = 4 + 2 + 32;

	(void)version;
	(void)ssl;
	if (!out || type != SSL3_RT_HANDSHAKE || length <= at || hello[0] != 1)
		return;
	at += 1u + hello[at];	     /* session id */
	at += 2 + get16(hello + at); /* cipher suites */
	at += 1u + hello[at];	     /* compression */
	at += 2;
	while (at + 4 <= length) {
		size_t size = get16(hello + at + 2);

		if (get16(hello + at) == wanted->extension)
			read_extension(hello + at + 4, size, wanted->codes);
		at += 4 + size;
	}
}

/* What the ClientHello of this context has in an extension. */
static void read_hello(SSL_CTX *ctx, unsigned extension, struct codes *codes)
{
	struct wanted wanted = { extension, codes };
	SSL *ssl = SSL_new(ctx);
	BIO *in = BIO_new(BIO_s_mem());
	BIO *out = BIO_new(BIO_s_mem());

	codes->count = 0;
	if (!ssl || !in || !out)
		abort();
	SSL_set_bio(ssl, in, out);
	SSL_set_msg_callback(ssl, on_message);
	SSL_set_msg_callback_arg(ssl, &wanted);
	SSL_connect(ssl);
	SSL_free(ssl);
}

static int their_groups(SSL_CTX *ctx, const char *string, struct codes *codes)
{
	codes->count = 0;
	if (SSL_CTX_set1_groups_list(ctx, string) != 1)
		return 0;
	read_hello(ctx, 10, codes);
	if (codes->count == 0) {
		/* A TLS 1.3 hello needs a group of TLS 1.3. */
		SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
		read_hello(ctx, 10, codes);
	}
	return 1;
}

static int their_sigalgs(SSL_CTX *ctx, const char *string, struct codes *codes)
{
	codes->count = 0;
	if (SSL_CTX_set1_sigalgs_list(ctx, string) != 1)
		return 0;
	read_hello(ctx, 13, codes);
	return 1;
}

static const struct language languages[] = {
	{ "suites13", our_suites, their_suites, suite_word },
	{ "groups", our_groups, their_groups, group_word },
	{ "sigalgs", our_sigalgs, their_sigalgs, sigalg_word },
};

static void generate(struct generator *g, const struct language *language)
{
	size_t words = 1 + generator_below(g, 5);

	g->length = 0;
	g->text[0] = '\0';
	if (generator_below(g, 200) == 0)
		return;
	while (words-- > 0) {
		if (generator_below(g, 20) == 0)
			generator_byte(g, " \t\n\v\f\r"[generator_below(g, 6)]);
		if (generator_below(g, 40) != 0)
			language->word(g);
		if (generator_below(g, 20) == 0)
			generator_byte(g, ' ');
		if (words > 0)
			generator_byte(g, ':');
	}
	if (generator_below(g, 30) == 0)
		generator_byte(g, ':');
}

static void report(struct run *run, const struct language *language,
		   const char *string, const char *what)
{
	run->different++;
	printf("different %s (%s): %s\n", language->kind, what, string);
}

/* OpenSSL's ClientHello omits what it cannot use; the order stays. */
static int contains_in_order(const struct codes *all, const struct codes *part)
{
	size_t i;
	size_t j = 0;

	for (i = 0; i < all->count && j < part->count; i++)
		j += all->code[i] == part->code[j];
	return j == part->count;
}

/* Names new in OpenSSL 3.5, and 3.0's; "": 3.0 has none. */
static const struct {
	const char *newer, *older;
} respellings[] = {
	{ "brainpoolP256r1tls13", "" },	    { "ecdsa_sha1", "ECDSA+SHA1" },
	{ "ecdsa_sha224", "ECDSA+SHA224" }, { "dsa_sha1", "DSA+SHA1" },
	{ "dsa_sha224", "DSA+SHA224" },	    { "dsa_sha256", "DSA+SHA256" },
	{ "dsa_sha384", "DSA+SHA384" },	    { "dsa_sha512", "DSA+SHA512" },
};

/* The code that 3.0 does not have. */
#define BRAINPOOL13 0x1f

static const char *find(const char *const *names, size_t count,
			const char *word)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (strcasecmp(names[i], word) == 0)
			return names[i];
	}
	return word;
}

/* The name in OpenSSL 3.0. */
static void respell_word(char *to, size_t size, char *word)
{
	const char *name;
	char *hash;
	size_t i;

	for (i = 0; i < COUNT(respellings); i++) {
		if (strcasecmp(respellings[i].newer, word) == 0) {
			(void)snprintf(to, size, "%s", respellings[i].older);
			return;
		}
	}
	hash = strchr(word, '+');
	if (hash) {
		*hash++ = '\0';
		(void)snprintf(to, size, "%s+%s",
			       find(sigalg_parts, COUNT(sigalg_parts), word),
			       find(sigalg_parts, COUNT(sigalg_parts), hash));
		return;
	}
	name = find(group_words, COUNT(group_words), word);
	(void)snprintf(to, size, "%s",
		       find(sigalg_words, COUNT(sigalg_words), name));
}

/* Adds a code; 0 if it is already there. */
static int add_code(struct codes *codes, unsigned code)
{
	size_t i;

	for (i = 0; i < codes->count; i++) {
		if (codes->code[i] == code)
			return 0;
	}
	if (codes->count < CODES_MAX)
		codes->code[codes->count++] = code;
	return 1;
}

/*
 * Rewrite the list for OpenSSL 3.0: without repetitions and names that 3.0
 * lacks.
 */
static void respell(const struct language *language, char *to, size_t size,
		    const char *string)
{
	char copy[4096], word[256], *at, *next = copy, *end;
	struct codes codes, seen = { 0 };

	to[0] = '\0';
	(void)snprintf(copy, sizeof copy, "%s", string);
	while ((at = strsep(&next, ":"))) {
		at += strspn(at, " \t\n\v\f\r");
		for (end = at + strlen(at);
		     end > at && isspace((unsigned char)end[-1]); end--)
			end[-1] = '\0';
		respell_word(word, sizeof word, at);
		if (*at && !word[0])
			continue;
		if (language->ours(word, &codes) && codes.count == 1 &&
		    !add_code(&seen, codes.code[0]))
			continue;
		(void)snprintf(to + strlen(to), size - strlen(to), "%s%s",
			       to[0] ? ":" : "", word);
	}
}

/* Whether OpenSSL 3.5 reads the string as 3.0 reads the rewritten one. */
static int is_respelt(const struct language *language, const char *string,
		      const struct codes *theirs)
{
	struct codes ours, known = { 0 };
	char older[4096];
	size_t i;

	for (i = 0; i < theirs->count; i++) {
		if (theirs->code[i] != BRAINPOOL13)
			known.code[known.count++] = theirs->code[i];
	}
	respell(language, older, sizeof older, string);
	if (!older[0])
		return known.count == 0;
	return language->ours(older, &ours) && ours.count == known.count &&
	       contains_in_order(&ours, &known);
}

static void compare(struct run *run, const struct language *language,
		    const char *string)
{
	struct codes ours;
	struct codes theirs;
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	int theirs_accepts;

	if (!ctx)
		abort();
	SSL_CTX_set_security_level(ctx, 0);
	SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION);
	SSL_CTX_set_max_proto_version(ctx, 0);
	SSL_CTX_set_cipher_list(ctx, "ALL:COMPLEMENTOFALL");
	theirs_accepts = language->theirs(ctx, string, &theirs);
	SSL_CTX_free(ctx);
	run->compared++;
	if (language->ours(string, &ours) != theirs_accepts) {
		if (release_is_3_5() && theirs_accepts &&
		    is_respelt(language, string, &theirs)) {
			run->respelt++;
			return;
		}
		report(run, language, string,
		       theirs_accepts ? "OpenSSL accepts" : "OpenSSL refuses");
		return;
	}
	if (!theirs_accepts)
		return;
	run->accepted++;
	if (theirs.count != ours.count || !contains_in_order(&ours, &theirs))
		report(run, language, string, "list");
}

/* What OpenSSL 3.0 itself does not accept. */
static int is_newer(const char *string)
{
	return strpbrk(string, " ,?*/") || strstr(string, "MLKEM") ||
	       strcmp(string, "auto") == 0;
}

static int compare_file(struct run *run, const char *path)
{
	char line[4096];
	FILE *file = fopen(path, "r");

	if (!file) {
		perror(path);
		return -1;
	}
	while (fgets(line, sizeof line, file)) {
		size_t kind = strcspn(line, "\t");
		char *string = line + kind + 1;
		size_t i;

		if (line[kind] != '\t')
			continue;
		line[kind] = '\0';
		string[strcspn(string, "\t\n")] = '\0';
		for (i = 0; i < COUNT(languages); i++)
			if (strcmp(line, languages[i].kind) == 0 &&
			    !is_newer(string))
				compare(run, &languages[i], string);
	}
	fclose(file);
	if (run->compared == 0)
		fprintf(stderr, "%s: no rows to compare\n", path);
	return run->compared == 0 ? -1 : 0;
}

static int usage(void)
{
	fputs("usage: other_lists [--count N] [--seed N] [strings.tsv]\n",
	      stderr);
	return 2;
}

int main(int argc, char **argv)
{
	struct options options = { .count = 500, .seed = 1 };
	struct run run = { 0 };
	unsigned long i;
	size_t l;
	int failed;

	if (options_parse(&options, argc, argv) < 0)
		return usage();
	if (!release_is_known())
		return RELEASE_SKIPPED;
	run.generator.state = options.seed;
	failed = compare_file(&run, options.path ? options.path
						 : strings_path()) != 0;
	for (i = 0; i < options.count; i++) {
		for (l = 0; l < COUNT(languages); l++) {
			generate(&run.generator, &languages[l]);
			compare(&run, &languages[l], run.generator.text);
		}
	}
	printf("%lu strings, %lu accepted, %lu by OpenSSL 3.5 only, "
	       "%lu different\n",
	       run.compared, run.accepted, run.respelt, run.different);
	return failed || run.different > 0;
}
