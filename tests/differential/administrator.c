/* SPDX-License-Identifier: MIT */
/*
 * administrator: random settings, as administrators write them.
 *
 * All grammars occur; lists are set or not; words exclude, have no effect or
 * are unknown. Not every result is valid. The same generator state yields the
 * same settings.
 */
#include "administrator.h"

#include "../unit/help/strings.h"
#include "openssl/suite_table.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const char *pick(struct generator *g, const char *const *words,
			size_t count)
{
	return words[generator_below(g, count)];
}

#define PICK(g, words) pick(g, words, COUNT(words))

static void random_protocols(struct generator *g, const struct words *words)
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
	static const char *const single[] = {
		"!SSLv2",   "!SSLv3",	   "!TLSv1",	  "!TLSv1.1",
		"!TLSv1.2", "!TLSv1.3",	   "-TLSv1",	  "-TLSv1.1",
		"-TLSv1.2", "-TLSv1.3",	   "!TLSv1_1",	  "!TLSv1_2",
		"!TLSv1_3", "TLSv1.2",	   "TLSv1.3",	  "TLSv1.1",
		">=TLSv1",  "<=TLSv1.2",   "+TLSv1.2",	  "ALL",
		"SSLv23",   "+no_tlsv1_2", "+no_tlsv1_3", "+no_tlsv1_1",
	};
	static const char *const between[] = { " ", ":", ",", ", ", " , " };
	size_t n;
	const char *gap = PICK(g, between);

	if (one_in(g, 3)) {
		for (n = 1 + generator_below(g, 5); n > 0; n--) {
			generator_word(g, PICK(g, single));
			if (n > 1)
				generator_word(g, gap);
		}
	} else if (one_in(g, 4)) {
		generator_word(g, words->protocols.string[generator_below(
					  g, words->protocols.count)]);
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

static void random_ciphers(struct generator *g, const struct words *words)
{
	static const char *const begin[] = {
		"ALL:",		"HIGH:",    "DEFAULT",	 "ALL:!aNULL:",
		"HIGH:!aNULL:", "DEFAULT:", "ALL:eNULL:"
	};
	static const char *const suiteb[] = { "SUITEB128", "SUITEB128ONLY",
					      "SUITEB192", "SUITEB128:HIGH",
					      "SUITEB192:@SECLEVEL=1" };
	size_t n;
	int named = 0;

	if (one_in(g, 16)) {
		generator_word(g, PICK(g, suiteb));
		return;
	}
	if (one_in(g, 4)) {
		generator_word(g, words->ciphers.string[generator_below(
					  g, words->ciphers.count)]);
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

/* Some names, separated somehow. */
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

static void random_ciphersuites(struct generator *g, const struct words *words)
{
	static const char *const names[] = {
		"TLS_AES_128_GCM_SHA256",	"TLS_AES_256_GCM_SHA384",
		"TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_CCM_SHA256",
		"TLS_AES_128_CCM_8_SHA256",
	};
	static const char *const gaps[] = { ":", " : ", "::" };

	(void)words;
	if (one_in(g, 4))
		return;
	if (one_in(g, 8))
		generator_word(g, "nonsense:");
	random_names(g, names, COUNT(names), gaps, COUNT(gaps));
}

static void random_groups(struct generator *g, const struct words *words)
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

	if (one_in(g, 5))
		generator_word(g, PICK(g, whole));
	else if (one_in(g, 8))
		generator_word(g, words->groups.string[generator_below(
					  g, words->groups.count)]);
	else
		random_names(g, names, COUNT(names), gaps, COUNT(gaps));
}

static void random_sigalgs(struct generator *g, const struct words *words)
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

	if (one_in(g, 8))
		generator_word(g, words->sigalgs.string[generator_below(
					  g, words->sigalgs.count)]);
	else
		random_names(g, names, COUNT(names), gaps, COUNT(gaps));
}

void administrator_write(struct generator *g, const struct words *words,
			 int wild, struct settings *settings)
{
	static void (*const random[LISTS])(struct generator *,
					   const struct words *) = {
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
	int i;

	memset(settings, 0, sizeof(*settings));
	for (i = 0; i < LISTS; i++) {
		settings->set[i] = wild ? !one_in(g, i == 1 ? 3 : 2)
					: one_in(g, i < 2 ? 2 : 8);
		g->length = 0;
		g->text[0] = '\0';
		if (settings->set[i])
			random[i](g, words);
		(void)snprintf(settings->list[i], SETTING_SIZE, "%.*s",
			       SETTING_SIZE - 513, g->text);
	}
	settings->level = levels[generator_below(g, wild ? COUNT(levels) : 8)];
	settings->flags = (int)generator_below(g, 4);
	settings->keys = keys[generator_below(g, wild ? COUNT(keys) : 4)];
	while (one_in(g, wild ? 3 : 6))
		settings->keys |= 1U << generator_below(g, 8);
}

void administrator_show(const struct settings *settings)
{
	static const char *const names[] = { "protocols", "ciphers",
					     "ciphersuites", "groups",
					     "sigalgs" };
	int i;

	for (i = 0; i < LISTS; i++) {
		if (settings->set[i])
			printf("  %s '%s'\n", names[i], settings->list[i]);
	}
	printf("  level %d, keys %x\n", settings->level, settings->keys);
}

/* ---- words that administrators write ---- */

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

void words_read(struct words *words)
{
	read_strings(&words->ciphers, "cipher");
	read_strings(&words->protocols, "proto");
	read_strings(&words->groups, "groups");
	read_strings(&words->sigalgs, "sigalgs");
}

void words_free(struct words *words)
{
	free_strings(&words->ciphers);
	free_strings(&words->protocols);
	free_strings(&words->groups);
	free_strings(&words->sigalgs);
}

void administrator_told(int reason, const char *text,
			const struct smtptls_change *changes, int count)
{
	int i;

	printf("  %s: %s\n", smtptls_reason_name(reason), text);
	for (i = 0; i < count; i++)
		printf("    setting %d action %d word '%s' with '%s'\n",
		       changes[i].setting, changes[i].action, changes[i].word,
		       changes[i].with);
}
