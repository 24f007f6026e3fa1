/* SPDX-License-Identifier: MIT */
/*
 * A server's chain by TLSA records: the library's verdict against that of
 * OpenSSL's own DANE, in one process.
 *
 *	dane [--count N] [--seed S] [--only I] [--verbose]
 *
 * Each case is a chain of 1 to 5 certificates, valid or with faults, presented
 * completely, out of order, truncated or with unrelated certificates; 0 to 6
 * records of all usages, selectors and matching types, for its certificates,
 * for keys that are in none, or for others, right, wrong or cut short; and one
 * to three names.
 *
 * OpenSSL is set up for SMTP (RFC 7672): no name checks with DANE-EE, no
 * partial wildcards, and no records of usages 0 and 1. It is called as its
 * client does after the handshake, X509_verify_cert() with the session's DANE,
 * at security level 2; for DANE-EE at level 0, since there RFC 7671 section 5.1
 * lets nothing but the match count. Compared are the number of usable records,
 * the verdict and, for a good one, the matching usage and depth. Each
 * difference is an error, with one exception: see explain().
 */
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <smtptls.h>

#include "../unit/help/chain.h"
#include "generator.h"
#include "options.h"
#include "release.h"
#include "x509/dane.h"

#define CERTS	    6 /* five, and an issuer above */
#define PRESENTED   8
#define RECORDS	    6
#define NAMES	    3
#define LEVEL_BITS  112
#define LEVEL_FLAGS GNUTLS_PROFILE_TO_VFLAGS(GNUTLS_PROFILE_MEDIUM)
#define HOST	    "mx.example.org"
#define COUNT(a)    (sizeof(a) / sizeof((a)[0]))

struct record {
	struct smtptls_tlsa tlsa;
	unsigned char data[4096];
	const char *what;
};

struct round {
	struct chain_spec spec[CERTS];
	struct chain_cert *cert[CERTS + 1]; /* leaf first; then a stranger */
	size_t certs;
	gnutls_datum_t presented[PRESENTED];
	size_t presented_count;
	struct record record[RECORDS];
	size_t record_count;
	const char *name[NAMES];
	size_t name_count;
	const char *fault; /* for the report */
};

/* A verdict on a round. */
struct opinion {
	int good;
	unsigned usable;
	int usage, depth; /* of the match, if a record is usable */
	int reason;	  /* the library's */
	char text[128];
};

struct run {
	struct generator generator;
	SSL_CTX *ctx[2]; /* level 0, level 2 */
	unsigned long compared, different, explained, good, unusable;
	unsigned long by_usage[4], deep;
	int verbose;
};

static void need(int holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "dane: %s failed\n", what);
	exit(99);
}

#define MUST(call) need((call) != 0, #call)

static size_t below(struct run *run, size_t limit)
{
	return generator_below(&run->generator, limit);
}

static int one_in(struct run *run, size_t n)
{
	return below(run, n) == 0;
}

/* ---- certificates ---- */

/* A fault in the i-th certificate; 0 is the leaf. */
static void spoil(struct run *run, struct round *round, size_t i)
{
	static const char *const what[] = {
		"expired",	  "not yet valid",   "for clients",
		"not a CA",	  "must not sign",   "path length",
		"name excluded",  "RSA-1024",	     "SHA-1",
		"critical",	  "damaged",	     "name permitted",
		"for both roles", "other permitted",
	};
	size_t n = below(run, COUNT(what));
	struct chain_spec *spec = &round->spec[i];

	round->fault = what[n];
	switch (n) {
	case 0:
		spec->from = -9;
		spec->until = -1;
		break;
	case 1:
		spec->from = 1;
		spec->until = 9;
		break;
	case 2:
		spec->purpose[0] = GNUTLS_KP_TLS_WWW_CLIENT;
		break;
	case 3:
		spec->ca = 0;
		break;
	case 4:
		spec->usage = i ? GNUTLS_KEY_CRL_SIGN : spec->usage;
		break;
	case 5:
		/* path length plus one: 0 or 1 */
		spec->path = i ? 1 + (int)below(run, 2) : 0;
		break;
	case 6:
		spec->excluded = i ? "example.org" : NULL;
		break;
	case 7:
		spec->rsa_bits = 1024;
		break;
	case 8:
		spec->hash = GNUTLS_DIG_SHA1;
		break;
	case 9:
		spec->critical = "1.2.3.4.5";
		break;
	case 10:
		spec->damaged = 1;
		break;
	case 11:
		spec->permitted = i ? "example.org" : NULL;
		break;
	case 12:
		spec->purpose[0] = GNUTLS_KP_TLS_WWW_CLIENT;
		spec->purpose[1] = GNUTLS_KP_TLS_WWW_SERVER;
		break;
	default:
		spec->permitted = i ? "example.net" : NULL;
	}
}

static void name_leaf(struct run *run, struct chain_spec *leaf)
{
	static const struct chain_spec leaves[] = {
		{ .cn = HOST, .san = { "dns:" HOST } },
		{ .cn = HOST, .san = { "dns:" HOST } },
		{ .cn = HOST, .san = { "dns:" HOST } },
		{ .cn = "x", .san = { "dns:*.example.org" } },
		{ .cn = HOST, .san = { "dns:a.example.net", "dns:b" } },
		{ .cn = HOST, .san = { "email:a@example.org" } },
		{ .cn = HOST, .san = { "ip:192.0.2.1" } },
		{ .cn = HOST },
		{ .cn = "*.example.org" },
		{ .cn = "m*.example.org" },
		{ .cn = "x", .san = { "dns:m*.example.org" } },
		{ .cn = "a.example.net" },
		{ .san = { "dns:example.org", "dns:MX.Example.ORG" } },
	};

	*leaf = leaves[below(run, COUNT(leaves))];
}

static void make_certs(struct run *run, struct round *round)
{
	static const char *const cns[] = { "leaf", "A", "B", "C", "D", "E" };
	static const struct chain_spec stranger = {
		.cn = "stranger",
		.ca = 1,
		.usage = GNUTLS_KEY_KEY_CERT_SIGN,
		.key = 9
	};
	struct chain_spec *spec;
	size_t i;

	round->certs = 1 + below(run, CERTS);
	for (i = 0; i < round->certs; i++) {
		spec = &round->spec[i];
		memset(spec, 0, sizeof(*spec));
		if (i == 0) {
			name_leaf(run, spec);
		} else {
			spec->cn = cns[i];
			spec->ca = 1;
			spec->usage = GNUTLS_KEY_KEY_CERT_SIGN;
		}
		spec->key = (unsigned)i;
		if (one_in(run, 10))
			spec->rsa_bits = 2048;
	}
	if (one_in(run, 3))
		spoil(run, round, below(run, round->certs));
	if (one_in(run, 12))
		spoil(run, round, below(run, round->certs));
	/* one key in two certificates */
	if (one_in(run, 20) && round->certs > 2)
		round->spec[2].key = round->spec[1].key;
	for (i = round->certs; i-- > 0;)
		round->cert[i] = chain_issue(
			&round->spec[i],
			i + 1 < round->certs ? round->cert[i + 1] : NULL);
	round->cert[CERTS] = chain_issue(&stranger, NULL);
}

static void show_cert(struct round *round, size_t i)
{
	round->presented[round->presented_count++] = round->cert[i]->der;
}

static void present(struct run *run, struct round *round)
{
	size_t shown = round->certs, i, j;
	gnutls_datum_t moved;

	/* the root is mostly not sent */
	if (shown > 1 && !one_in(run, 4))
		shown--;
	if (shown > 1 && one_in(run, 8))
		shown = 1 + below(run, shown);
	round->presented_count = 0;
	for (i = 0; i < shown; i++) {
		if (i > 0 && one_in(run, 20))
			continue; /* one is missing */
		show_cert(round, i);
	}
	if (one_in(run, 10))
		show_cert(round, CERTS);
	if (one_in(run, 20))
		show_cert(round, below(run, round->certs));
	if (!one_in(run, 5))
		return;
	for (i = round->presented_count - 1; i > 1; i--) {
		j = 1 + below(run, i);
		moved = round->presented[i];
		round->presented[i] = round->presented[j];
		round->presented[j] = moved;
	}
}

/* ---- records ---- */

/* The data of a matching record: the whole, or a digest. */
static size_t associate(unsigned char *to, size_t size, int matching,
			const unsigned char *from, size_t len)
{
	if (matching == 1)
		MUST(SHA256(from, len, to));
	else if (matching == 2)
		MUST(SHA512(from, len, to));
	else
		memcpy(to, from, len < size ? len : size);
	return matching == 1 ? 32 : matching == 2 ? 64 : len;
}

static void make_record(struct run *run, struct round *round,
			struct record *record)
{
	static const int usages[] = { 3, 3, 2, 2, 2, 2, 2, 2, 2, 0, 1, 4 };
	static const int selectors[] = { 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2 };
	static const int matchings[] = { 0, 0, 0, 0, 1, 1, 1, 2, 2, 3 };
	struct smtptls_tlsa *tlsa = &record->tlsa;
	const unsigned char *from;
	unsigned char *spki = NULL;
	X509 *x509;
	size_t len, i;

	tlsa->usage = usages[below(run, COUNT(usages))];
	tlsa->selector = selectors[below(run, COUNT(selectors))];
	tlsa->matching = matchings[below(run, COUNT(matchings))];
	tlsa->data = record->data;
	if (one_in(run, 8))
		i = CERTS;
	else if (tlsa->usage == 3 && !one_in(run, 4))
		i = 0;
	else
		i = below(run, round->certs);
	from = round->cert[i]->der.data;
	len = round->cert[i]->der.size;
	if (tlsa->selector == 1) {
		x509 = d2i_X509(NULL, &from, (long)len);
		MUST(x509);
		i = (size_t)i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x509), &spki);
		MUST(i > 0 && i < 4096);
		X509_free(x509);
		from = spki;
		len = i;
	}
	need(len <= sizeof(record->data) - 1, "a short certificate");
	tlsa->data_len = associate(record->data, sizeof(record->data),
				   tlsa->matching, from, len);
	OPENSSL_free(spki);
	record->what = "right";
	switch (below(run, 20)) {
	case 0:
		record->what = "cut";
		tlsa->data_len -= 1 + below(run, tlsa->data_len);
		break;
	case 1:
		record->what = "longer";
		record->data[tlsa->data_len++] = 0;
		break;
	case 2:
	case 3:
		record->what = "wrong";
		record->data[tlsa->data_len - 1] ^= 1;
		break;
	default:
		break;
	}
}

static void make_names(struct run *run, struct round *round)
{
	static const char *const names[] = { HOST,
					     HOST,
					     HOST,
					     "MX.EXAMPLE.org",
					     "example.org",
					     "x",
					     "other.example.com" };
	size_t i;

	round->name_count = 1 + below(run, NAMES);
	for (i = 0; i < round->name_count; i++)
		round->name[i] = names[below(run, COUNT(names))];
}

static void make_round(struct run *run, struct round *round)
{
	size_t i;

	memset(round, 0, sizeof(*round));
	round->fault = "sound";
	make_certs(run, round);
	present(run, round);
	make_names(run, round);
	round->record_count = below(run, RECORDS + 1);
	for (i = 0; i < round->record_count; i++)
		make_record(run, round, &round->record[i]);
}

static void free_round(struct round *round)
{
	size_t i;

	for (i = 0; i <= CERTS; i++)
		chain_free(round->cert[i]);
}

/* ---- verdicts ---- */

static void ask_library(const struct round *round, struct opinion *opinion)
{
	struct stls_tlsa_set set = { .count = 0 };
	struct stls_peer peer = {
		.chain = round->presented,
		.count = (unsigned)round->presented_count,
		.flags = LEVEL_FLAGS,
		.server = 1,
		.name = round->name,
		.name_count = round->name_count,
		.bits = LEVEL_BITS,
	};
	struct stls_verdict verdict;
	size_t i;

	for (i = 0; i < round->record_count; i++)
		need(stls_tlsa_add(&set, &round->record[i].tlsa) == 0,
		     "stls_tlsa_add");
	opinion->usable = (unsigned)set.count;
	if (set.count > 0) {
		opinion->good = stls_dane_verify(&peer, &set, &verdict) == 0;
		(void)snprintf(opinion->text, sizeof(opinion->text), "%s %s",
			       smtptls_error_info(verdict.error)
				       ? smtptls_error_info(verdict.error)->name
				       : "good",
			       smtptls_reason_name(verdict.reason));
		need(!opinion->good || verdict.record > 0, "a record");
		opinion->reason = verdict.reason;
	}
	if (opinion->good) {
		opinion->depth = (int)verdict.depth;
		opinion->usage = round->record[verdict.record - 1].tlsa.usage;
	}
	stls_tlsa_free(&set);
}

static STACK_OF(X509) * read_chain(const struct round *round)
{
	STACK_OF(X509) *chain = sk_X509_new_null();
	const unsigned char *der;
	X509 *x509;
	size_t i;

	MUST(chain);
	for (i = 0; i < round->presented_count; i++) {
		der = round->presented[i].data;
		x509 = d2i_X509(NULL, &der, (long)round->presented[i].size);
		MUST(x509 && sk_X509_push(chain, x509));
	}
	return chain;
}

static SSL *make_ssl(const struct round *round, SSL_CTX *ctx)
{
	SSL *ssl = SSL_new(ctx);
	size_t i;

	MUST(ssl);
	MUST(SSL_dane_enable(ssl, round->name[0]) == 1);
	(void)SSL_dane_set_flags(ssl, DANE_FLAG_NO_DANE_EE_NAMECHECKS);
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	for (i = 1; i < round->name_count; i++)
		MUST(SSL_add1_host(ssl, round->name[i]));
	return ssl;
}

/* As ssl_verify_cert_chain() does in OpenSSL's client. */
static void ask_openssl(const struct round *round, SSL_CTX *ctx,
			struct opinion *opinion)
{
	SSL *ssl = make_ssl(round, ctx);
	X509_STORE_CTX *store = X509_STORE_CTX_new();
	STACK_OF(X509) *chain = read_chain(round);
	X509_VERIFY_PARAM *param;
	const struct smtptls_tlsa *tlsa;
	uint8_t usage = 0;
	size_t i;

	for (i = 0; i < round->record_count; i++) {
		tlsa = &round->record[i].tlsa;
		if (tlsa->usage > 1)
			opinion->usable +=
				SSL_dane_tlsa_add(ssl, (uint8_t)tlsa->usage,
						  (uint8_t)tlsa->selector,
						  (uint8_t)tlsa->matching,
						  tlsa->data,
						  tlsa->data_len) == 1;
	}
	if (opinion->usable > 0) {
		MUST(store &&
		     X509_STORE_CTX_init(store, SSL_CTX_get_cert_store(ctx),
					 sk_X509_value(chain, 0), chain));
		param = X509_STORE_CTX_get0_param(store);
		X509_VERIFY_PARAM_set_auth_level(param,
						 SSL_get_security_level(ssl));
		X509_STORE_CTX_set0_dane(store, SSL_get0_dane(ssl));
		MUST(X509_STORE_CTX_set_default(store, "ssl_server"));
		MUST(X509_VERIFY_PARAM_set1(param, SSL_get0_param(ssl)));
		opinion->good = X509_verify_cert(store) == 1;
		(void)snprintf(opinion->text, sizeof(opinion->text), "%s at %d",
			       X509_verify_cert_error_string(
				       X509_STORE_CTX_get_error(store)),
			       X509_STORE_CTX_get_error_depth(store));
	}
	if (opinion->good) {
		opinion->depth =
			SSL_get0_dane_tlsa(ssl, &usage, NULL, NULL, NULL, NULL);
		opinion->usage = usage;
	}
	X509_STORE_CTX_free(store);
	sk_X509_pop_free(chain, X509_free);
	SSL_free(ssl);
}

/* With DANE-EE the level does not count. */
static void ask_openssl_twice(const struct run *run, const struct round *round,
			      struct opinion *opinion)
{
	struct opinion lax;

	memset(&lax, 0, sizeof(lax));
	ask_openssl(round, run->ctx[1], opinion);
	if (opinion->good || opinion->usable == 0)
		return;
	ask_openssl(round, run->ctx[0], &lax);
	if (lax.good && lax.usage == STLS_DANE_EE)
		*opinion = lax;
}

/* ---- comparison ---- */

static void print_round(const struct round *round, unsigned long number)
{
	const struct smtptls_tlsa *tlsa;
	size_t i, j;

	printf("case %lu: %zu certificates, %s; presented", number,
	       round->certs, round->fault);
	for (i = 0; i < round->presented_count; i++) {
		for (j = 0; j <= CERTS; j++) {
			if (round->cert[j] && round->cert[j]->der.data ==
						      round->presented[i].data)
				printf(" %zu", j);
		}
	}
	printf("; leaf cn %s san %s; names",
	       round->spec[0].cn ? round->spec[0].cn : "-",
	       round->spec[0].san[0] ? round->spec[0].san[0] : "-");
	for (i = 0; i < round->name_count; i++)
		printf(" %s", round->name[i]);
	printf("\n");
	for (i = 0; i < round->record_count; i++) {
		tlsa = &round->record[i].tlsa;
		printf("  %d %d %d, %zu bytes, %s\n", tlsa->usage,
		       tlsa->selector, tlsa->matching, tlsa->data_len,
		       round->record[i].what);
	}
}

static void print_opinion(const char *who, const struct opinion *opinion)
{
	printf("  %s: %s, %u usable, usage %d at %d (%s)\n", who,
	       opinion->good ? "good" : "bad", opinion->usable, opinion->usage,
	       opinion->depth, opinion->text);
}

/*
 * The CN of a leaf without a dNSName is its name (RFC 7672 section 3.2.3), so
 * an authority's name constraints must hold for it. GnuTLS checks them; OpenSSL
 * does so only for a CN without a wildcard, so that an authority for
 * example.net can issue a certificate for *.example.org.
 */
static int explain(const struct round *round, const struct opinion *ours,
		   const struct opinion *theirs)
{
	const struct chain_spec *leaf = &round->spec[0];

	return !ours->good && theirs->good && ours->usable == theirs->usable &&
	       ours->reason == SMTPTLS_REASON_CERT_CONSTRAINT && leaf->cn &&
	       leaf->cn[0] == '*' && !leaf->san[0];
}

static void play(struct run *run, unsigned long number)
{
	struct opinion ours, theirs;
	struct round round;
	int same;

	memset(&ours, 0, sizeof(ours));
	memset(&theirs, 0, sizeof(theirs));
	make_round(run, &round);
	ask_library(&round, &ours);
	ask_openssl_twice(run, &round, &theirs);
	same = ours.good == theirs.good && ours.usable == theirs.usable &&
	       ours.usage == theirs.usage && ours.depth == theirs.depth;
	run->compared++;
	if (!same && explain(&round, &ours, &theirs)) {
		run->explained++;
		same = 1;
	}
	run->different += !same;
	run->good += (unsigned long)ours.good;
	run->unusable += ours.usable == 0;
	run->by_usage[ours.usage]++;
	run->deep += ours.depth > 1;
	if (!same || run->verbose) {
		print_round(&round, number);
		print_opinion("library", &ours);
		print_opinion("OpenSSL", &theirs);
	}
	free_round(&round);
}

static int report(const struct run *run)
{
	printf("%lu compared, %lu different, %lu explained; %lu good, %lu by "
	       "DANE-TA, %lu by DANE-EE, %lu deeper than 1; %lu without a "
	       "usable record\n",
	       run->compared, run->different, run->explained, run->good,
	       run->by_usage[2], run->by_usage[3], run->deep, run->unusable);
	/* the run proves nothing if one verdict hardly ever occurs */
	return run->different > 0 || run->compared == 0 ||
	       (run->compared >= 300 &&
		(run->by_usage[2] < run->compared / 20 ||
		 run->by_usage[3] < run->compared / 20 ||
		 run->compared - run->good < run->compared / 5));
}

static SSL_CTX *make_ctx(int level)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	MUST(ctx && SSL_CTX_dane_enable(ctx) == 1);
	SSL_CTX_set_security_level(ctx, level);
	return ctx;
}

int main(int argc, char **argv)
{
	struct options options = { .count = 300,
				   .seed = 1,
				   .number_name = "--only",
				   .flag_name = "--verbose" };
	static struct run run;
	unsigned long i;

	if (options_parse(&options, argc, argv) < 0) {
		fprintf(stderr, "usage: dane [--count N] [--seed S] "
				"[--only I] [--verbose]\n");
		return 2;
	}
	if (!release_is_known())
		return RELEASE_SKIPPED;
	run.verbose = options.flag;
	run.ctx[0] = make_ctx(0);
	run.ctx[1] = make_ctx(2);
	for (i = 1; i <= options.count; i++) {
		run.generator.state = options.seed * 1000003 + i;
		if (options.number == 0 || options.number == i)
			play(&run, i);
	}
	SSL_CTX_free(run.ctx[0]);
	SSL_CTX_free(run.ctx[1]);
	(void)chain_end(NULL);
	return report(&run);
}
