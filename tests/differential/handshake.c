/* SPDX-License-Identifier: MIT */
/*
 * Handshakes: the library's server against an OpenSSL server with the same
 * settings, with the same OpenSSL client, in one process and in memory.
 *
 *	handshake [--count N] [--seed N] [--only N] [--verbose] [strings.tsv]
 *
 * Every round makes random settings: a cipher list, versions, TLS 1.3 suites,
 * groups, signature algorithms, the server's or the client's order, one to
 * three certificates with any type of key, and similar settings for the client.
 * Both servers are made from them, and the client connects to each. Version,
 * suite, group, certificate, signature scheme and success must agree, as the
 * client sees them. A round that differs is printed; the exit status is 1 if
 * there was any. Keys are made once.
 *
 * OpenSSL keeps one certificate of each kind, and all curves are one kind; the
 * library keeps them all. So OpenSSL is asked once with each certificate of a
 * kind, and the library must do what one of these servers does, and succeed if
 * any of them does.
 *
 * A difference that is due to GnuTLS, or deliberate, has a row in the table
 * `exceptions`, and is counted there.
 *
 * The reference is OpenSSL 3.0, or 3.5 with 3.0's groups where the default
 * applies: see release.h. With another version the test says so and is skipped
 * (status 77).
 */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <smtptls.h>

#include "../unit/help/openssl_wire.h"
#include "../unit/help/strings.h"
#include "generator.h"
#include "policy/policy.h"
#include "options.h"
#include "release.h"

#define STRING_SIZE 4096
#define STRINGS_MAX 256
#define TURNS_MAX   64

enum {
	KEY_RSA,
	KEY_RSA1024,
	KEY_RSA3072,
	KEY_RSA4096,
	KEY_RSA_PSS,
	KEY_P256,
	KEY_P384,
	KEY_P521,
	KEY_ED25519,
	KEY_ED448,
	KEYS
};

/*
 * Kinds, of which OpenSSL has one certificate each, and the hash that each key
 * type signs X.509 with.
 */
enum { KIND_RSA, KIND_RSA_PSS, KIND_EC, KIND_ED25519, KIND_ED448 };

static const struct {
	const char *name; /* of an algorithm, or of a curve */
	int kind, bits;
	const char *hash;
} key_types[KEYS] = {
	[KEY_RSA] = { "RSA", KIND_RSA, 2048, "SHA256" },
	[KEY_RSA1024] = { "RSA", KIND_RSA, 1024, "SHA256" },
	[KEY_RSA3072] = { "RSA", KIND_RSA, 3072, "SHA256" },
	[KEY_RSA4096] = { "RSA", KIND_RSA, 4096, "SHA256" },
	[KEY_RSA_PSS] = { "RSA-PSS", KIND_RSA_PSS, 2048, "SHA256" },
	[KEY_P256] = { "P-256", KIND_EC, 0, "SHA256" },
	[KEY_P384] = { "P-384", KIND_EC, 0, "SHA384" },
	[KEY_P521] = { "P-521", KIND_EC, 0, "SHA512" },
	[KEY_ED25519] = { "ED25519", KIND_ED25519, 0, NULL },
	[KEY_ED448] = { "ED448", KIND_ED448, 0, NULL },
};

#define ROUND_KEYS 3

struct key {
	EVP_PKEY *key;
	X509 *cert;
	char *cert_pem, *key_pem;
	long cert_len, key_len;
};

struct settings {
	char ciphers[STRING_SIZE];
	char suites[256];
	char groups[256];
	char sigalgs[640]; /* "": the default, as in the others */
	unsigned versions; /* bits 0 to 3: TLS 1.0 to 1.3 */
	int level;
};

struct round {
	struct settings server, client;
	int client_order, chacha;
	int keys[ROUND_KEYS], key_count;
};

/* What the client saw. */
struct result {
	int ok;
	int version;
	unsigned suite;
	int group;  /* a NID, or -1 for a finite field; 0: none */
	int key;    /* of the server's certificate, or -1 */
	int scheme; /* NIDs of its signature; 0: none */
	int digest;
	char error[256];
};

struct run {
	struct generator generator;
	struct key key[KEYS];
	char *string[STRINGS_MAX];
	size_t string_count;
	unsigned long compared, agreed, succeeded, unusable, different, retried;
	int verbose;
};

/* ---- keys ---- */

static void need(int holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "handshake: %s failed\n", what);
	ERR_print_errors_fp(stderr);
	exit(99);
}

static char *to_text(BIO *bio, long *len)
{
	char *data, *copy;

	*len = BIO_get_mem_data(bio, &data);
	copy = malloc((size_t)*len);
	need(copy != NULL, "malloc");
	memcpy(copy, data, (size_t)*len);
	BIO_free(bio);
	return copy;
}

static EVP_PKEY *generate(int type)
{
	int bits = key_types[type].bits;
	const char *name = key_types[type].name;
	EVP_PKEY_CTX *ctx;
	EVP_PKEY *key = NULL;

	if (key_types[type].kind == KIND_EC)
		return EVP_EC_gen(name);
	ctx = EVP_PKEY_CTX_new_from_name(NULL, name, NULL);
	need(ctx && EVP_PKEY_keygen_init(ctx) == 1, "EVP_PKEY_CTX_new");
	need(!bits || EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, bits) == 1,
	     "setting the length of a key");
	(void)EVP_PKEY_generate(ctx, &key);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static void make_key(struct key *key, int type)
{
	const char *hash = key_types[type].hash;
	X509_NAME *name;
	BIO *bio;

	key->key = generate(type);
	need(key->key != NULL, "making a key");
	key->cert = X509_new();
	need(key->cert != NULL, "X509_new");
	X509_set_version(key->cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(key->cert), 1 + type);
	X509_gmtime_adj(X509_getm_notBefore(key->cert), -3600);
	X509_gmtime_adj(X509_getm_notAfter(key->cert), 86400);
	name = X509_get_subject_name(key->cert);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
				   (const unsigned char *)"mx.example.org", -1,
				   -1, 0);
	X509_set_issuer_name(key->cert, name);
	X509_set_pubkey(key->cert, key->key);
	need(X509_sign(key->cert, key->key,
		       hash ? EVP_get_digestbyname(hash) : NULL) > 0,
	     "X509_sign");
	bio = BIO_new(BIO_s_mem());
	need(PEM_write_bio_X509(bio, key->cert) == 1, "writing PEM");
	key->cert_pem = to_text(bio, &key->cert_len);
	bio = BIO_new(BIO_s_mem());
	need(PEM_write_bio_PrivateKey(bio, key->key, NULL, NULL, 0, NULL,
				      NULL) == 1,
	     "writing PEM");
	key->key_pem = to_text(bio, &key->key_len);
}

static void free_key(struct key *key)
{
	EVP_PKEY_free(key->key);
	X509_free(key->cert);
	free(key->cert_pem);
	free(key->key_pem);
}

/* ---- random settings ---- */

static const char *const words[] = {
	"ALL",
	"HIGH",
	"DEFAULT",
	"kRSA",
	"kECDHE",
	"kEECDH",
	"kDHE",
	"kEDH",
	"aRSA",
	"aECDSA",
	"ECDSA",
	"ECDHE",
	"EECDH",
	"DHE",
	"EDH",
	"RSA",
	"AES128",
	"AES256",
	"AES",
	"AESGCM",
	"AESCCM",
	"CHACHA20",
	"CAMELLIA",
	"CAMELLIA128",
	"SHA1",
	"SHA256",
	"SHA384",
	"TLSv1.2",
	"TLSv1.0",
	"SSLv3",
	"aNULL",
	"eNULL",
	"ADH",
	"AECDH",
	"COMPLEMENTOFALL",
	"CBC",
	"AES128-SHA",
	"AES256-SHA256",
	"AES128-GCM-SHA256",
	"ECDHE-RSA-AES128-GCM-SHA256",
	"ECDHE-ECDSA-AES128-GCM-SHA256",
	"ECDHE-RSA-AES256-SHA",
	"ECDHE-ECDSA-AES256-SHA",
	"DHE-RSA-AES128-GCM-SHA256",
	"DHE-RSA-AES256-SHA",
	"ECDHE-RSA-CHACHA20-POLY1305",
	"ECDHE-ECDSA-CHACHA20-POLY1305",
	"DHE-RSA-CHACHA20-POLY1305",
	"ECDHE-ECDSA-AES256-GCM-SHA384",
	"ECDHE-RSA-AES256-GCM-SHA384",
	"ECDHE-RSA-AES128-SHA256",
};

#define WORDS (sizeof words / sizeof words[0])

static int one_in(struct generator *g, size_t n)
{
	return generator_below(g, n) == 0;
}

static void random_words(struct generator *g)
{
	size_t items = 1 + generator_below(g, 7);

	if (one_in(g, 3))
		generator_word(g, "ALL:");
	else if (one_in(g, 3))
		generator_word(g, "HIGH:");
	while (items-- > 0) {
		if (one_in(g, 3))
			generator_byte(g, "+-!!"[generator_below(g, 4)]);
		generator_word(g, words[generator_below(g, WORDS)]);
		while (one_in(g, 4)) {
			generator_byte(g, '+');
			generator_word(g, words[generator_below(g, WORDS)]);
		}
		generator_byte(g, ':');
	}
	if (one_in(g, 8))
		generator_word(g, "@STRENGTH:");
}

static void random_ciphers(struct run *run, struct settings *settings)
{
	static const char *const suiteb[] = { "SUITEB128", "SUITEB128ONLY",
					      "SUITEB192" };
	struct generator *g = &run->generator;

	g->length = 0;
	g->text[0] = '\0';
	if (one_in(g, 40)) {
		generator_word(g, suiteb[generator_below(g, 3)]);
	} else if (run->string_count > 0 && one_in(g, 4)) {
		generator_word(
			g, run->string[generator_below(g, run->string_count)]);
	} else {
		random_words(g);
		/*
		 * GnuTLS has none of these; exclude them mostly, to limit
		 * exceptions.
		 */
		if (!one_in(g, 20))
			generator_word(g, "!ARIAGCM:!aDSS:!kPSK:!kSRP:!aPSK");
	}
	(void)snprintf(settings->ciphers, sizeof settings->ciphers, "%s",
		       g->text);
}

/* A subset in random order, joined with colons. */
static void random_list(struct generator *g, char *to, size_t size,
			const char *const *all, size_t count)
{
	const char *order[32];
	size_t i, j, n = 1 + generator_below(g, count);

	for (i = 0; i < count; i++)
		order[i] = all[i];
	to[0] = '\0';
	for (i = 0; i < n; i++) {
		const char *swap;

		j = i + generator_below(g, count - i);
		swap = order[i];
		order[i] = order[j];
		order[j] = swap;
		(void)snprintf(to + strlen(to), size - strlen(to), "%s%s",
			       i > 0 ? ":" : "", order[i]);
	}
}

static void random_settings(struct run *run, struct settings *settings)
{
	static const char *const suites[] = {
		"TLS_AES_128_GCM_SHA256",	"TLS_AES_256_GCM_SHA384",
		"TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_CCM_SHA256",
		"TLS_AES_128_CCM_8_SHA256",
	};
	static const char *const groups[] = {
		"X25519", "P-256",     "P-384",	    "P-521",
		"X448",	  "ffdhe2048", "ffdhe3072", "ffdhe4096",
	};
	static const char *const sigalgs[] = {
		"ECDSA+SHA256",
		"ECDSA+SHA384",
		"ECDSA+SHA512",
		"ECDSA+SHA224",
		"ECDSA+SHA1",
		"ed25519",
		"ed448",
		"rsa_pss_pss_sha256",
		"rsa_pss_pss_sha384",
		"rsa_pss_pss_sha512",
		"rsa_pss_rsae_sha256",
		"rsa_pss_rsae_sha384",
		"rsa_pss_rsae_sha512",
		"RSA+SHA256",
		"RSA+SHA384",
		"RSA+SHA512",
		"RSA+SHA224",
		"RSA+SHA1",
		"DSA+SHA256",
		"DSA+SHA384",
		"DSA+SHA512",
		"DSA+SHA224",
		"DSA+SHA1",
	};
	static const int levels[] = { 0, 0, 0, 1, 2, 2, 2, 3 };
	struct generator *g = &run->generator;

	memset(settings, 0, sizeof *settings);
	random_ciphers(run, settings);
	if (!one_in(g, 3))
		random_list(g, settings->suites, sizeof settings->suites,
			    suites, 5);
	if (!one_in(g, 3))
		random_list(g, settings->groups, sizeof settings->groups,
			    groups, 8);
	if (one_in(g, 3))
		random_list(g, settings->sigalgs, sizeof settings->sigalgs,
			    sigalgs, sizeof sigalgs / sizeof sigalgs[0]);
	settings->versions = 1 + (unsigned)generator_below(g, 15);
	if (one_in(g, 2))
		settings->versions |= 0x4;
	if (one_in(g, 3))
		settings->versions |= 0xc;
	settings->level = levels[generator_below(g, 8)];
}

/* Half of them are of the types that most servers have. */
static int random_key(struct generator *g)
{
	static const int common[] = { KEY_RSA, KEY_P256, KEY_P384 };

	return one_in(g, 2) ? common[generator_below(g, 3)]
			    : (int)generator_below(g, KEYS);
}

static void random_round(struct run *run, struct round *round)
{
	struct generator *g = &run->generator;
	int i;

	memset(round, 0, sizeof *round);
	random_settings(run, &round->server);
	random_settings(run, &round->client);
	/* A server that checks the level needs no client that does. */
	if (!one_in(g, 4))
		round->client.level = 0;
	round->client_order = one_in(g, 2);
	round->chacha = one_in(g, 4);
	round->key_count = 1 + (int)generator_below(g, ROUND_KEYS);
	for (i = 0; i < round->key_count; i++)
		round->keys[i] = random_key(g);
}

static int has_two_of_a_kind(const struct round *round)
{
	int i, j;

	for (i = 0; i < round->key_count; i++) {
		for (j = 0; j < i; j++) {
			if (round->keys[i] != round->keys[j] &&
			    key_types[round->keys[i]].kind ==
				    key_types[round->keys[j]].kind)
				return 1;
		}
	}
	return 0;
}

static void print_settings(const char *who, const struct settings *settings)
{
	printf("  %s: level %d, versions%s%s%s%s\n    ciphers %s\n"
	       "    suites %s\n    groups %s\n    sigalgs %s\n",
	       who, settings->level, settings->versions & 1 ? " 1.0" : "",
	       settings->versions & 2 ? " 1.1" : "",
	       settings->versions & 4 ? " 1.2" : "",
	       settings->versions & 8 ? " 1.3" : "", settings->ciphers,
	       settings->suites, settings->groups, settings->sigalgs);
}

static void print_result(const char *who, const struct result *result)
{
	if (result->ok)
		printf("  %s: version %04x suite %04x group %d key %d "
		       "signature %s %s\n",
		       who, (unsigned)result->version, result->suite,
		       result->group, result->key, OBJ_nid2sn(result->scheme),
		       OBJ_nid2sn(result->digest));
	else
		printf("  %s: failed: %s\n", who, result->error);
}

/* ---- OpenSSL ---- */

/* 0, or -1 if OpenSSL refuses the settings. */
static int apply(SSL_CTX *ctx, const struct settings *settings)
{
	static const uint64_t off[] = { SSL_OP_NO_TLSv1, SSL_OP_NO_TLSv1_1,
					SSL_OP_NO_TLSv1_2, SSL_OP_NO_TLSv1_3 };
	int i;

	SSL_CTX_set_security_level(ctx, settings->level);
	(void)SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION);
	(void)SSL_CTX_set_max_proto_version(ctx, 0);
	for (i = 0; i < 4; i++) {
		if (!(settings->versions & 1U << i))
			SSL_CTX_set_options(ctx, off[i]);
	}
	if (SSL_CTX_set_cipher_list(ctx, settings->ciphers) != 1)
		return -1;
	if (settings->suites[0] &&
	    SSL_CTX_set_ciphersuites(ctx, settings->suites) != 1)
		return -1;
	if (settings->groups[0] &&
	    SSL_CTX_set1_groups_list(ctx, settings->groups) != 1)
		return -1;
	if (settings->sigalgs[0] &&
	    SSL_CTX_set1_sigalgs_list(ctx, settings->sigalgs) != 1)
		return -1;
	return 0;
}

/* What OpenSSL 3.0 has; 3.5 has hybrids too. */
static const char default_groups[] =
	"X25519:P-256:X448:P-521:P-384:ffdhe2048:ffdhe3072:ffdhe4096:"
	"ffdhe6144:ffdhe8192";

static SSL_CTX *make_client(const struct round *round)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	need(ctx != NULL, "SSL_CTX_new");
	SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
	if (apply(ctx, &round->client) == 0)
		return ctx;
	SSL_CTX_free(ctx);
	return NULL;
}

/* `last` is loaded after the others of its kind, and replaces them. */
static int use_keys(SSL_CTX *ctx, const struct run *run,
		    const struct round *round, int last)
{
	int i, turn;

	for (turn = 0; turn < 2; turn++) {
		for (i = 0; i < round->key_count; i++) {
			const struct key *key = &run->key[round->keys[i]];

			if ((i == last) == turn &&
			    (SSL_CTX_use_certificate(ctx, key->cert) != 1 ||
			     SSL_CTX_use_PrivateKey(ctx, key->key) != 1))
				return -1;
		}
	}
	return 0;
}

static SSL_CTX *make_oracle(const struct run *run, const struct round *round,
			    int last)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	need(ctx != NULL, "SSL_CTX_new");
	SSL_CTX_set_dh_auto(ctx, 1);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
	if (!round->client_order)
		SSL_CTX_set_options(ctx, SSL_OP_CIPHER_SERVER_PREFERENCE);
	if (round->chacha)
		SSL_CTX_set_options(ctx, SSL_OP_PRIORITIZE_CHACHA);
	if (apply(ctx, &round->server) < 0)
		goto refused;
	/* A 3.5 client may offer its own default. */
	if (release_is_3_5() && !round->server.groups[0])
		need(SSL_CTX_set1_groups_list(ctx, default_groups) == 1,
		     "SSL_CTX_set1_groups_list");
	if (use_keys(ctx, run, round, last) < 0)
		goto refused;
	return ctx;

refused:
	SSL_CTX_free(ctx);
	return NULL;
}

static SSL *make_ssl(SSL_CTX *ctx, int server)
{
	SSL *ssl = SSL_new(ctx);
	BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());

	need(ssl && in && out, "SSL_new");
	BIO_set_mem_eof_return(in, -1);
	BIO_set_mem_eof_return(out, -1);
	SSL_set_bio(ssl, in, out);
	if (server)
		SSL_set_accept_state(ssl);
	else
		SSL_set_connect_state(ssl);
	return ssl;
}

static void tell_error(struct result *result)
{
	unsigned long error = ERR_get_error();

	if (!result->error[0])
		(void)snprintf(result->error, sizeof result->error, "%s",
			       error ? ERR_error_string(error, NULL) : "?");
	ERR_clear_error();
}

/* One step; -1 if the handshake has failed. */
static int step(SSL *ssl, struct result *result)
{
	int ret;

	ERR_clear_error();
	ret = SSL_do_handshake(ssl);
	if (ret == 1)
		return 0;
	ret = SSL_get_error(ssl, ret);
	if (ret == SSL_ERROR_WANT_READ || ret == SSL_ERROR_WANT_WRITE)
		return 0;
	tell_error(result);
	return -1;
}

static int group_of(SSL *client)
{
	EVP_PKEY *key = NULL;
	char name[64];
	int group = 0;

	if (SSL_get_peer_tmp_key(client, &key) != 1)
		return 0;
	if (EVP_PKEY_is_a(key, "DH"))
		group = SSL_version(client) == TLS1_3_VERSION
				? (int)EVP_PKEY_get_bits(key)
				: -1;
	else if (EVP_PKEY_get_group_name(key, name, sizeof name, NULL) == 1)
		group = OBJ_txt2nid(name);
	else
		group = EVP_PKEY_get_id(key);
	EVP_PKEY_free(key);
	return group;
}

static void look(const struct run *run, SSL *client, struct result *result)
{
	X509 *cert = SSL_get0_peer_certificate(client);
	int i;

	result->ok = 1;
	result->version = SSL_version(client);
	result->suite =
		SSL_CIPHER_get_protocol_id(SSL_get_current_cipher(client));
	result->group = group_of(client);
	result->key = -1;
	for (i = 0; cert && i < KEYS; i++) {
		if (X509_cmp(cert, run->key[i].cert) == 0)
			result->key = i;
	}
	/*
	 * RSA key exchange signs nothing, and before TLS 1.2 the scheme is
	 * fixed.
	 */
	if (result->version < TLS1_2_VERSION || result->group == 0)
		return;
	(void)SSL_get_peer_signature_type_nid(client, &result->scheme);
	(void)SSL_get_peer_signature_nid(client, &result->digest);
}

/* Moves all output of one side to the other; 1 if there was any. */
static int move(SSL *from, SSL *to)
{
	char *data;
	long len = BIO_get_mem_data(SSL_get_wbio(from), &data);

	if (len <= 0)
		return 0;
	need(BIO_write(SSL_get_rbio(to), data, (int)len) == len, "BIO_write");
	(void)BIO_reset(SSL_get_wbio(from));
	return 1;
}

static void ask_oracle(const struct run *run, SSL_CTX *client_ctx,
		       SSL_CTX *server_ctx, struct result *result)
{
	SSL *client = make_ssl(client_ctx, 0),
	    *server = make_ssl(server_ctx, 1);
	int turns, moved = 1, failed = 0;

	memset(result, 0, sizeof *result);
	for (turns = 0; turns < TURNS_MAX && moved && !failed; turns++) {
		failed = step(client, result) < 0;
		moved = move(client, server);
		if (!failed)
			failed = step(server, result) < 0;
		moved |= move(server, client);
	}
	if (!failed && SSL_is_init_finished(client) &&
	    SSL_is_init_finished(server))
		look(run, client, result);
	SSL_free(client);
	SSL_free(server);
}

/* ---- the library ---- */

static void ask_library(const struct run *run, SSL_CTX *client_ctx,
			struct smtptls_config *config, struct result *result,
			struct smtptls_info *info)
{
	SSL *client = make_ssl(client_ctx, 0);
	struct smtptls_conn *conn;
	int turns, failed = 0, moved = 1;
	const char *text;

	memset(result, 0, sizeof *result);
	need(smtptls_conn_new(&conn, config, SMTPTLS_SERVER) == 0,
	     "smtptls_conn_new");
	need(smtptls_conn_start_tls(conn, 0) == 0, "smtptls_conn_start_tls");
	for (turns = 0; turns < TURNS_MAX && moved; turns++) {
		failed |= step(client, result) < 0;
		moved = openssl_send_all(client, conn);
		moved |= openssl_receive_all(client, conn);
	}
	if (!failed && SSL_is_init_finished(client) &&
	    smtptls_conn_tls_enabled(conn))
		look(run, client, result);
	if (smtptls_conn_error(conn, &text) < 0)
		(void)snprintf(result->error, sizeof result->error, "%.250s",
			       text);
	memset(info, 0, sizeof *info);
	need(smtptls_conn_info(conn, info, sizeof *info) == 0,
	     "smtptls_conn_info");
	smtptls_conn_free(conn);
	SSL_free(client);
}

static struct smtptls_policy *make_policy(const struct round *round,
					  char *error, size_t size)
{
	static const char *const names[] = { "TLSv1", "TLSv1.1", "TLSv1.2",
					     "TLSv1.3" };
	const struct settings *settings = &round->server;
	struct smtptls_policy_spec spec;
	struct smtptls_policy *policy;
	char protocols[64] = "";
	int i;

	memset(&spec, 0, sizeof spec);
	for (i = 0; i < 4; i++) {
		if (settings->versions & 1U << i)
			(void)snprintf(protocols + strlen(protocols),
				       sizeof protocols - strlen(protocols),
				       "%s%s", protocols[0] ? " " : "",
				       names[i]);
	}
	spec.protocols = protocols;
	spec.ciphers = settings->ciphers;
	if (settings->suites[0])
		spec.ciphersuites = settings->suites;
	spec.groups = settings->groups[0] ? settings->groups : default_groups;
	if (settings->sigalgs[0])
		spec.sigalgs = settings->sigalgs;
	spec.security_level =
		settings->level ? settings->level : SMTPTLS_SECURITY_LEVEL_0;
	spec.flags = (round->client_order ? SMTPTLS_PREFER_CLIENT : 0) |
		     (round->chacha ? SMTPTLS_PRIORITIZE_CHACHA : 0);
	return smtptls_policy_new(&policy, &spec, sizeof spec, error, size) == 0
		       ? policy
		       : NULL;
}

static struct smtptls_config *make_config(const struct run *run,
					  const struct round *round,
					  struct smtptls_policy *policy,
					  char *error, size_t size)
{
	struct smtptls_config *config;
	int i, ret;

	need(smtptls_config_new(&config) == 0, "smtptls_config_new");
	ret = smtptls_config_set_policy(config, policy);
	for (i = 0; ret == 0 && i < round->key_count; i++) {
		const struct key *key = &run->key[round->keys[i]];

		ret = smtptls_config_add_cert_mem(
			config, key->cert_pem, (size_t)key->cert_len,
			key->key_pem, (size_t)key->key_len);
	}
	if (ret == 0)
		ret = smtptls_config_freeze(config);
	if (ret == 0)
		return config;
	(void)snprintf(error, size, "%s", smtptls_config_error(config));
	smtptls_config_unref(config);
	return NULL;
}

/* ---- exceptions ---- */

struct comparison {
	const struct round *round;
	const struct smtptls_policy *policy;
	const struct result *oracle, *library;
	const struct smtptls_info *info;
};

static int equal(const struct result *a, const struct result *b)
{
	if (!a->ok || !b->ok)
		return a->ok == b->ok;
	return a->version == b->version && a->suite == b->suite &&
	       a->group == b->group && a->key == b->key &&
	       a->scheme == b->scheme && a->digest == b->digest;
}

#include "handshake_exceptions.h"

static void judge(struct run *run, unsigned long number,
		  const struct comparison *comparison)
{
	struct exception *exception;
	int i;

	run->compared++;
	run->succeeded += (unsigned)comparison->oracle->ok;
	if (equal(comparison->oracle, comparison->library)) {
		run->agreed++;
		if (!run->verbose)
			return;
	} else {
		exception = find_exception(comparison);
		if (exception) {
			exception->count++;
			if (!run->verbose)
				return;
		} else {
			run->different++;
			printf("different: ");
		}
	}
	printf("round %lu, %s order%s, keys", number,
	       comparison->round->client_order ? "client's" : "server's",
	       comparison->round->chacha ? ", chacha" : "");
	for (i = 0; i < comparison->round->key_count; i++)
		printf(" %d", comparison->round->keys[i]);
	printf("\n");
	print_settings("server", &comparison->round->server);
	print_settings("client", &comparison->round->client);
	print_result("OpenSSL", comparison->oracle);
	print_result("library", comparison->library);
	printf("  reason %d\n", comparison->info->reason);
}

/* ---- rounds ---- */

/* How similar the result of an OpenSSL server is to the library's. */
static int likeness(const struct result *oracle, const struct result *library)
{
	if (!oracle->ok || !library->ok)
		return oracle->ok;
	return 1 + 4 * equal(oracle, library) +
	       2 * (oracle->key == library->key) +
	       (oracle->version == library->version &&
		oracle->suite == library->suite);
}

/*
 * Of the OpenSSL servers' results, the one most similar to the library's;
 * success takes precedence over failure. Returns 0, or -1 if a setting is
 * refused.
 */
static int ask_oracles(const struct run *run, const struct round *round,
		       SSL_CTX *client, const struct result *library,
		       struct result *result)
{
	struct result other;
	SSL_CTX *oracle;
	int i;

	for (i = 0; i < round->key_count; i++) {
		oracle = make_oracle(run, round, i);
		if (!oracle)
			return -1;
		ask_oracle(run, client, oracle, &other);
		SSL_CTX_free(oracle);
		if (i == 0 ||
		    likeness(&other, library) > likeness(result, library))
			*result = other;
		if (!has_two_of_a_kind(round))
			break;
	}
	return 0;
}

static void play(struct run *run, unsigned long number,
		 const struct round *round)
{
	SSL_CTX *client = make_client(round);
	char error[256] = "";
	struct smtptls_policy *policy = make_policy(round, error, sizeof error);
	struct smtptls_config *config =
		policy ? make_config(run, round, policy, error, sizeof error)
		       : NULL;
	struct result theirs, ours;
	struct smtptls_info info;
	struct comparison comparison = { round, policy, &theirs, &ours, &info };
	int usable = client && config;

	if (usable) {
		ask_library(run, client, config, &ours, &info);
		usable = ask_oracles(run, round, client, &ours, &theirs) == 0;
	}
	/* Settings that one of them refuses are left to other tests. */
	if (usable) {
		judge(run, number, &comparison);
	} else {
		run->unusable++;
		if (run->verbose)
			printf("round %lu: unusable: %s\n", number,
			       !client	? "client"
			       : config ? "oracle"
					: error);
	}
	smtptls_config_unref(config);
	smtptls_policy_unref(policy);
	SSL_CTX_free(client);
	ERR_clear_error();
}

static int read_strings(struct run *run, const char *path)
{
	char line[STRING_SIZE];
	FILE *file = fopen(path, "r");

	if (!file) {
		perror(path);
		return -1;
	}
	while (fgets(line, sizeof line, file)) {
		char *string = line + strlen("cipher\t");

		if (strncmp(line, "cipher\t", strlen("cipher\t")) != 0 ||
		    run->string_count == STRINGS_MAX)
			continue;
		string[strcspn(string, "\t\n")] = '\0';
		run->string[run->string_count] = strdup(string);
		need(run->string[run->string_count++] != NULL, "strdup");
	}
	fclose(file);
	return run->string_count > 0 ? 0 : -1;
}

static void report(const struct run *run)
{
	size_t i;

	for (i = 0; i < EXCEPTIONS; i++) {
		if (exceptions[i].count > 0)
			printf("%6lu excepted: %s\n", exceptions[i].count,
			       exceptions[i].reason);
	}
	printf("%lu handshakes compared, %lu succeeded, %lu agreed, "
	       "%lu settings unusable, %lu different\n",
	       run->compared, run->succeeded, run->agreed, run->unusable,
	       run->different);
}

static int usage(void)
{
	fputs("usage: handshake [--count N] [--seed N] [--only N] [--verbose] "
	      "[strings.tsv]\n",
	      stderr);
	return 2;
}

int main(int argc, char **argv)
{
	struct options options = { .count = 300,
				   .seed = 1,
				   .number_name = "--only",
				   .flag_name = "--verbose" };
	static struct run run;
	static struct round round;
	unsigned long i;

	if (options_parse(&options, argc, argv) < 0)
		return usage();
	if (!release_is_known())
		return RELEASE_SKIPPED;
	run.verbose = options.flag;
	if (read_strings(&run, options.path ? options.path : strings_path()) <
	    0)
		return 1;
	for (i = 0; i < KEYS; i++)
		make_key(&run.key[i], (int)i);
	/* Limited, whatever share of the settings is usable. */
	for (i = 1; i <= 20 * options.count && run.compared < options.count;
	     i++) {
		run.generator.state = options.seed * 1000003 + i;
		random_round(&run, &round);
		if (options.number == 0 || options.number == i)
			play(&run, i, &round);
	}
	for (i = 0; i < KEYS; i++)
		free_key(&run.key[i]);
	while (run.string_count > 0)
		free(run.string[--run.string_count]);
	report(&run);
	return run.different > 0 || run.compared == 0;
}
