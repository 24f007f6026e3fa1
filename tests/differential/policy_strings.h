/* SPDX-License-Identifier: MIT */
/*
 * Random cipher lists whose sets of suites are seldom products, so that the
 * product rule has something to do.
 */
#ifndef TESTS_DIFFERENTIAL_POLICY_STRINGS_H
#define TESTS_DIFFERENTIAL_POLICY_STRINGS_H

#include "generator.h"
#include "openssl/suite_table.h"

static const char *const words[] = {
	"ALL",	    "HIGH",	"DEFAULT",     "COMPLEMENTOFALL",
	"kRSA",	    "kEECDH",	"kEDH",	       "aRSA",
	"aECDSA",   "aNULL",	"eNULL",       "aDSS",
	"ECDHE",    "DHE",	"AESGCM",      "AESCCM",
	"AESCCM8",  "CHACHA20", "AES128",      "AES256",
	"CAMELLIA", "ARIA",	"CBC",	       "SHA1",
	"SHA256",   "SHA384",	"TLSv1.2",     "TLSv1.0",
	"SSLv3",    "PSK",	"SRP",	       "MD5",
	"3DES",	    "RC4",	"@SECLEVEL=0", "@STRENGTH",
	"ADH",	    "AECDH",	"FIPS",	       "nonsense",
};

static inline void add_name(struct generator *g)
{
	size_t row = generator_below(g, STLS_SUITES_LISTED);

	generator_word(g, stls_suite(row)->openssl);
}

static inline void add_item(struct generator *g)
{
	size_t kind = generator_below(g, 10);

	if (kind < 3)
		generator_byte(g, "!-+"[kind]);
	if (generator_below(g, 2) == 0) {
		add_name(g);
		return;
	}
	generator_word(
		g, words[generator_below(g, sizeof words / sizeof words[0])]);
	if (generator_below(g, 4) == 0) {
		generator_byte(g, '+');
		generator_word(g, words[4 + generator_below(g, 30)]);
	}
}

/*
 * Half of them name what they want; the others remove something from a large
 * set, which leaves larger and stranger sets.
 */
static inline void generate(struct generator *g)
{
	size_t items = 1 + generator_below(g, 20);
	size_t spoils = generator_below(g, 8) == 0 ? 1 : 0;

	g->length = 0;
	g->text[0] = '\0';
	switch (generator_below(g, 6)) {
	case 0:
		generator_word(g, "ALL:COMPLEMENTOFALL:");
		break;
	case 1:
		generator_word(g, "HIGH:!PSK:!SRP:");
		break;
	case 2:
		generator_word(g, "DEFAULT:");
		break;
	}
	while (items-- > 0) {
		add_item(g);
		if (items > 0)
			generator_byte(g, ":::::, ;"[generator_below(g, 8)]);
	}
	if (spoils)
		generator_spoil(g);
}

#endif
