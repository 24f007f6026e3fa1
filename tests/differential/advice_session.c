/* SPDX-License-Identifier: MIT */
/*
 * The law of refusals, in sessions: following the proposal, and doing nothing
 * else, lets the peer in, with a real GnuTLS server.
 *
 *	advice_session [--count N] [--seed N] [--only N] [--verbose]
 *		[strings.tsv]
 *
 * What advice.c checks on the decision alone is checked here on a server with
 * certificates, its hook and GnuTLS. Every round makes random settings, one to
 * three certificates of any type, whose keyUsage and names may be wrong,
 * sometimes strict SNI, and a ClientHello with real key shares. If the server
 * refuses it, the proposal is followed word by word, the requested certificates
 * are made, and then
 *
 *	the configuration is accepted
 *	the same client gets a ServerHello and everything after it, at once, or
 *	after a HelloRetryRequest with the requested share; before TLS 1.3, the
 *	certificate and signature are ones that the client accepts
 *	"the peer must" is said only if a server with everything enabled, and a
 *	certificate of each type, refuses it too
 *
 * The highest security level here is 3: RSA keys for 4 and 5 take minutes to
 * make. Every other round is wild: everything is unusual at the same time. A
 * failed round is printed; the exit status is 1 if there was any.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <smtptls.h>

#include <gnutls/abstract.h>
#include <smtptls/gnutls.h>

#include "../unit/help/hello.h"
#include "administrator.h"
#include "client.h"
#include "options.h"
#include "openssl/sigalg_list.h"
#include "own_certificate.h"

#define CERTS_MAX      12
#define COUNT(array)   (sizeof(array) / sizeof(array)[0])

#define SERVER_HELLO   2
#define HANDSHAKE      22
#define KEY_SHARE      51
#define RECORD_HEADER  5
#define MESSAGE_HEADER 4

struct server {
	struct settings settings;
	const struct own_certificate *cert[CERTS_MAX];
	size_t certs;
	int strict_sni;
};

struct run {
	struct generator generator;
	struct words words;
	struct server all;
	struct smtptls_config *everything; /* of it */
	/* this round */
	unsigned long number;
	struct server server;
	struct client client;
	int violated;
	/* counts */
	unsigned long unusable, served, malformed, refused, cured, peer;
	unsigned long certificates, changes[2][SMTPTLS_CHANGES + 1], violations;
	int verbose;
};

/* ---- printing ---- */

static void show_server(const struct server *server)
{
	size_t i;

	administrator_show(&server->settings);
	for (i = 0; i < server->certs; i++)
		printf("  certificate %s, %u bits, usage %x, %s\n",
		       server->cert[i]->type, server->cert[i]->bits,
		       server->cert[i]->usage, server->cert[i]->name);
	if (server->strict_sni)
		printf("  strict SNI\n");
}

static void violation(struct run *run, const struct smtptls_advice *advice,
		      const char *what, const char *more)
{
	printf("round %lu: %s%s%s\n", run->number, what, more[0] ? ": " : "",
	       more);
	show_server(&run->server);
	client_show(&run->client);
	administrator_told(advice->reason, advice->text, advice->changes,
			   advice->change_count);
	if (!run->violated)
		run->violations++;
	run->violated = 1;
}

/* ---- servers ---- */

static void need(int ret, const char *what)
{
	if (ret == 0)
		return;
	fprintf(stderr, "%s: %s\n", what, smtptls_strerror(ret));
	exit(99);
}

#define OK(call) need((call), #call)

/* Frozen; or NULL, with the reason. */
static struct smtptls_config *configure(const struct server *server,
					char error[256])
{
	struct smtptls_policy_spec spec;
	struct smtptls_policy *policy;
	struct smtptls_config *config;
	int ret = 0;
	size_t i;

	settings_spec(&server->settings, &spec);
	if (smtptls_policy_new(&policy, &spec, sizeof(spec), error, 256) < 0)
		return NULL;
	OK(smtptls_config_new(&config));
	OK(smtptls_config_set_policy(config, policy));
	smtptls_policy_unref(policy);
	OK(smtptls_config_set_strict_sni(config, server->strict_sni));
	for (i = 0; i < server->certs && ret == 0; i++)
		ret = smtptls_config_add_cert_mem(
			config, server->cert[i]->cert.data,
			server->cert[i]->cert.size, server->cert[i]->key.data,
			server->cert[i]->key.size);
	if (ret == 0)
		ret = smtptls_config_freeze(config);
	if (ret == 0)
		return config;
	(void)snprintf(error, 256, "%s", smtptls_config_error(config));
	smtptls_config_unref(config);
	return NULL;
}

/* All that GnuTLS has, except suites without encryption or certificate. */
static struct smtptls_config *make_everything(struct server *server)
{
	static const char *const types[] = {
		"RSA",	       "RSA-PSS", "ECDSA P-256", "ECDSA P-384",
		"ECDSA P-521", "Ed25519", "Ed448",
	};
	struct smtptls_config *config;
	char error[256];
	int i;

	server->settings.level = SMTPTLS_SECURITY_LEVEL_0;
	for (i = 0; i < 4; i++)
		server->settings.set[i] = 1;
	strcpy(server->settings.list[0], ">=TLSv1");
	strcpy(server->settings.list[1], "ALL:!aNULL:!eNULL");
	strcpy(server->settings.list[2],
	       "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:"
	       "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_CCM_SHA256:"
	       "TLS_AES_128_CCM_8_SHA256");
	strcpy(server->settings.list[3],
	       "DEFAULT:secp192r1:secp224r1:ffdhe4096:ffdhe6144:ffdhe8192");
	for (; server->certs < COUNT(types); server->certs++)
		server->cert[server->certs] =
			own_certificate(types[server->certs], 0,
					OWN_USAGE_USUAL, "mx.example.org");
	config = configure(server, error);
	if (!config) {
		fprintf(stderr, "everything: %s\n", error);
		exit(99);
	}
	return config;
}

static void random_certificates(struct run *run, int wild)
{
	static const struct {
		const char *type;
		unsigned bits, usage;
	} all[] = {
		{ "RSA", 2048, OWN_USAGE_USUAL },
		{ "RSA", 2048, 0 },
		{ "RSA", 3072, OWN_USAGE_USUAL },
		{ "ECDSA P-256", 0, OWN_USAGE_USUAL },
		{ "ECDSA P-256", 0, 0 },
		{ "RSA", 2048, GNUTLS_KEY_DIGITAL_SIGNATURE },
		{ "RSA", 2048, GNUTLS_KEY_KEY_ENCIPHERMENT },
		{ "RSA", 2048, GNUTLS_KEY_KEY_CERT_SIGN },
		{ "RSA", 1024, OWN_USAGE_USUAL },
		{ "RSA-PSS", 2048, GNUTLS_KEY_DIGITAL_SIGNATURE },
		{ "ECDSA P-256", 0, GNUTLS_KEY_KEY_AGREEMENT },
		{ "ECDSA P-384", 0, GNUTLS_KEY_DIGITAL_SIGNATURE },
		{ "ECDSA P-521", 0, GNUTLS_KEY_DIGITAL_SIGNATURE },
		{ "Ed25519", 0, GNUTLS_KEY_DIGITAL_SIGNATURE },
		{ "Ed448", 0, GNUTLS_KEY_DIGITAL_SIGNATURE },
	};
	static const char *const names[] = { "mx.example.org",
					     "other.example.org" };
	struct generator *g = &run->generator;
	struct server *server = &run->server;
	size_t n = 1 + generator_below(g, wild ? 3 : 2), i;

	for (server->certs = 0; server->certs < n; server->certs++) {
		i = generator_below(g, wild ? COUNT(all) : 4);
		server->cert[server->certs] = own_certificate(
			all[i].type, all[i].bits, all[i].usage,
			names[server->certs > 0 && one_in(g, 3)]);
	}
	server->strict_sni = one_in(g, wild ? 8 : 16);
}

static void random_server(struct run *run, int wild)
{
	struct settings *settings = &run->server.settings;

	memset(&run->server, 0, sizeof(run->server));
	administrator_write(&run->generator, &run->words, wild, settings);
	if (settings->level > 3)
		settings->level = 3;
	random_certificates(run, wild);
}

/* ---- clients ---- */

static size_t point_share(gnutls_ecc_curve_t curve, size_t size,
			  unsigned char *share)
{
	gnutls_privkey_t key;
	gnutls_datum_t x, y;

	if (gnutls_privkey_init(&key) < 0 ||
	    gnutls_privkey_generate(key, GNUTLS_PK_ECDSA,
				    GNUTLS_CURVE_TO_BITS(curve), 0) < 0 ||
	    gnutls_privkey_export_ecc_raw2(key, NULL, &x, &y, NULL,
					   GNUTLS_EXPORT_FLAG_NO_LZ) < 0)
		exit(99);
	memset(share, 0, 2 * size + 1);
	share[0] = 4; /* not compressed */
	memcpy(share + 1 + size - x.size, x.data, x.size);
	memcpy(share + 1 + 2 * size - y.size, y.data, y.size);
	gnutls_free(x.data);
	gnutls_free(y.data);
	gnutls_privkey_deinit(key);
	return 2 * size + 1;
}

/*
 * For a finite field, a small power of the usual generator; for a curve, a
 * random point.
 */
static size_t real_share(unsigned group, unsigned char *share)
{
	static const size_t fields[] = { 256, 384, 512, 768, 1024 };

	switch (group) {
	case 23:
		return point_share(GNUTLS_ECC_CURVE_SECP256R1, 32, share);
	case 24:
		return point_share(GNUTLS_ECC_CURVE_SECP384R1, 48, share);
	case 25:
		return point_share(GNUTLS_ECC_CURVE_SECP521R1, 66, share);
	case 256:
	case 257:
	case 258:
	case 259:
	case 260:
		memset(share, 0, fields[group - 256]);
		share[fields[group - 256] - 1] = 4;
		return fields[group - 256];
	case 30:
		memset(share, 0, 56);
		share[0] = 5;
		return 56;
	default:
		memset(share, 0, 32);
		share[0] = 9;
		return 32;
	}
}

/* The group in a HelloRetryRequest's key_share, or 0 if it is a ServerHello. */
static unsigned retry_group(const unsigned char *hello, size_t len)
{
	/* RFC 8446 section 4.1.3 */
	static const unsigned char magic[] = { 0xcf, 0x21, 0xad, 0x74 };
	size_t at = MESSAGE_HEADER + 2 + 32;

	if (len < at + 1 || memcmp(hello + MESSAGE_HEADER + 2, magic, 4) != 0)
		return 0;
	at += 1U + hello[at] + 2 + 1 + 2;
	while (at + 6 <= len) {
		if (hello[at] == 0 && hello[at + 1] == KEY_SHARE)
			return (unsigned)hello[at + 4] << 8 | hello[at + 5];
		at += 4U + ((size_t)hello[at + 2] << 8 | hello[at + 3]);
	}
	return 0;
}

static void feed(struct smtptls_conn *conn, const struct hello *hello)
{
	unsigned char *to;
	size_t done = 0, n;

	while (done < hello->len && (n = smtptls_conn_input(conn, &to)) > 0) {
		if (n > hello->len - done)
			n = hello->len - done;
		memcpy(to, hello->bytes + done, n);
		done += n;
		(void)smtptls_conn_input_done(conn, n);
	}
}

static unsigned curve_of(const char *type)
{
	return strcmp(type, "ECDSA P-256") == 0	  ? 23
	       : strcmp(type, "ECDSA P-384") == 0 ? 24
	       : strcmp(type, "ECDSA P-521") == 0 ? 25
						  : 0;
}

/* The row of a GnuTLS signature algorithm, or -1. */
static int row_of_signature(gnutls_sign_algorithm_t algorithm)
{
	static const char prefix[] = "SIGN-";
	const char *name = gnutls_sign_get_name(algorithm);
	size_t row;

	for (row = 0; name && row < STLS_SIGALGS; row++) {
		const struct stls_sigalg *sigalg = stls_sigalg(row);

		if (strcmp(sigalg->gnutls + strlen(prefix), name) == 0 ||
		    (sigalg->gnutls_tls13[0] &&
		     strcmp(sigalg->gnutls_tls13 + strlen(prefix), name) == 0))
			return (int)row;
	}
	return -1;
}

static int has_number(const unsigned *numbers, unsigned number)
{
	for (; *numbers; numbers++) {
		if (*numbers == number)
			return 1;
	}
	return 0;
}

/* Before TLS 1.3: NULL, or what the client would not accept in this answer. */
static const char *not_taken(struct smtptls_conn *conn,
			     const struct server *server,
			     const struct client *client)
{
	gnutls_session_t tls = smtptls_conn_gnutls(conn);
	const gnutls_datum_t *sent = gnutls_certificate_get_ours(tls);
	unsigned version = gnutls_protocol_get_version(tls), curve = 0;
	gnutls_kx_algorithm_t kx = gnutls_kx_get(tls);
	int row = row_of_signature(
		(gnutls_sign_algorithm_t)gnutls_sign_algorithm_get(tls));
	size_t i;

	if (version > GNUTLS_TLS1_2 || kx == GNUTLS_KX_ANON_DH ||
	    kx == GNUTLS_KX_ANON_ECDH)
		return NULL;
	for (i = 0; i < server->certs; i++) {
		if (own_certificate_is(server->cert[i], sent))
			curve = curve_of(server->cert[i]->type);
	}
	if (curve && client->has_groups && !has_number(client->groups, curve))
		return "a certificate on a curve that the client lacks";
	if (version < GNUTLS_TLS1_2 || kx == GNUTLS_KX_RSA ||
	    !client->has_sigalgs)
		return NULL;
	return row >= 0 && has_number(client->sigalgs,
				      stls_sigalg((size_t)row)->code)
		       ? NULL
		       : "a signature that the client lacks";
}

/* The server's answer: 1 for a ServerHello and what follows it. */
static int answered(struct smtptls_conn *conn, unsigned *retry)
{
	const unsigned char *said;
	size_t len = smtptls_conn_output(conn, &said);
	int hello = len > RECORD_HEADER + MESSAGE_HEADER &&
		    said[0] == HANDSHAKE && said[RECORD_HEADER] == SERVER_HELLO;

	*retry = hello ? retry_group(said + RECORD_HEADER, len - RECORD_HEADER)
		       : 0;
	smtptls_conn_output_done(conn, len);
	return hello && !*retry &&
	       smtptls_conn_state(conn) == SMTPTLS_HANDSHAKE;
}

static int lets_in(struct smtptls_config *config, const struct server *server,
		   const struct client *client, struct smtptls_advice *advice)
{
	struct hello_spec spec = client_spec(client);
	struct smtptls_conn *conn;
	struct hello hello;
	unsigned shares[2] = { 0, 0 };
	const char *wrong = NULL;
	int in;

	OK(smtptls_conn_new(&conn, config, SMTPTLS_SERVER));
	OK(smtptls_conn_start_tls(conn, 0));
	spec.share = real_share;
	hello_record(&hello, &spec);
	feed(conn, &hello);
	in = answered(conn, &shares[0]);
	if (shares[0]) {
		spec.shares = shares;
		hello_record(&hello, &spec);
		feed(conn, &hello);
		in = answered(conn, &shares[1]);
	}
	OK(smtptls_conn_advice(conn, advice, sizeof(*advice)));
	if (in)
		wrong = not_taken(conn, server, client);
	if (wrong)
		strcpy(advice->text, wrong);
	smtptls_conn_free(conn);
	return in && !wrong;
}

/* ---- following a proposal ---- */

/* NULL, or why there cannot be such a certificate. */
static const char *add_certificate(struct server *server,
				   const struct smtptls_change *change)
{
	const struct own_certificate *cert;
	const char *name = strstr(change->with, " bits");
	unsigned bits = (unsigned)strtoul(change->with, NULL, 10);
	static char asked[256];

	name = !name ? change->with
		     : name + strlen(name[5] ? " bits, " : " bits");
	strcpy(asked, name[0] ? name : server->cert[0]->name);
	if (name == change->with)
		bits = 0;
	cert = own_certificate(change->word, bits, OWN_USAGE_USUAL, asked);
	if (!cert)
		return "no type of certificate";
	if (server->certs == CERTS_MAX)
		return "too many certificates";
	server->cert[server->certs++] = cert;
	return NULL;
}

static const char *replace_certificate(struct server *server,
				       const struct smtptls_change *change)
{
	unsigned bits = (unsigned)strtoul(change->with, NULL, 10), usage = 0;
	size_t i, found = 0;

	if (strcmp(change->with, "digitalSignature") == 0)
		usage = GNUTLS_KEY_DIGITAL_SIGNATURE;
	else if (strcmp(change->with, "keyEncipherment") == 0)
		usage = GNUTLS_KEY_KEY_ENCIPHERMENT;
	if (!usage && !bits)
		return "neither a keyUsage nor a length";
	for (i = 0; i < server->certs; i++) {
		const struct own_certificate *cert = server->cert[i];

		if (strcmp(cert->type, change->word) != 0 ||
		    (bits && cert->bits >= bits))
			continue;
		found++;
		server->cert[i] = own_certificate(
			cert->type, bits ? bits : cert->bits,
			cert->usage ? cert->usage | usage : 0, cert->name);
	}
	return found > 0 ? NULL : "a certificate that is not there";
}

/*
 * Without TLS 1.3, GnuTLS's server ignores supported_versions: a client that
 * offers older versions there also has TLS 1.2, as its legacy_version says.
 */
static void add_tls12(struct client *client)
{
	size_t i;
	int old = 0, found = 0;

	for (i = 0; client->has_versions && client->versions[i]; i++) {
		old |= client->versions[i] < 0x0303;
		found |= client->versions[i] == 0x0303;
	}
	if (!old || found)
		return;
	client->versions[i] = 0x0303;
	client->versions[i + 1] = 0;
}

static int follow(struct run *run, const struct smtptls_advice *advice,
		  struct server *server, struct client *client)
{
	const char *wrong = NULL;
	int i;

	*server = run->server;
	*client = run->client;
	for (i = 0; i < advice->change_count && !wrong; i++) {
		const struct smtptls_change *change = &advice->changes[i];

		switch (change->setting) {
		case SMTPTLS_SETTING_PEER:
			wrong = client_change(client, change);
			add_tls12(client);
			break;
		case SMTPTLS_SETTING_CERTIFICATE:
			wrong = change->action == SMTPTLS_CHANGE_ADD
					? add_certificate(server, change)
					: replace_certificate(server, change);
			break;
		default:
			wrong = settings_change(&server->settings, change);
		}
	}
	if (wrong)
		violation(run, advice, wrong, "");
	return !wrong;
}

/* ---- what must hold ---- */

static int has_change(const struct smtptls_advice *advice, int setting)
{
	int i;

	for (i = 0; i < advice->change_count; i++) {
		if (advice->changes[i].setting == setting)
			return 1;
	}
	return 0;
}

/* "The peer must" counts as one change, whatever it says. */
static int count_changes(const struct smtptls_advice *advice)
{
	int i, count = 0;

	for (i = 0; i < advice->change_count; i++)
		count += i == 0 ||
			 advice->changes[i].setting != SMTPTLS_SETTING_PEER ||
			 advice->changes[i - 1].setting != SMTPTLS_SETTING_PEER;
	return count;
}

static void check_peer(struct run *run, const struct smtptls_advice *advice)
{
	struct smtptls_advice all;

	run->peer++;
	if (lets_in(run->everything, &run->all, &run->client, &all))
		violation(run, advice, "a server with everything serves it",
			  "");
}

static void check(struct run *run, const struct smtptls_advice *advice)
{
	struct server server;
	struct client client;
	struct smtptls_advice again;
	struct smtptls_config *config;
	char error[256];

	run->refused++;
	run->changes[run->number % 2 == 0][count_changes(advice)]++;
	if (run->verbose) {
		show_server(&run->server);
		client_show(&run->client);
		administrator_told(advice->reason, advice->text,
				   advice->changes, advice->change_count);
	}
	/* Only another attempt, or another program, helps there. */
	if (advice->reason == SMTPTLS_REASON_SSL3_HELLO ||
	    strstr(advice->text, "RFC 7507")) {
		check_peer(run, advice);
		return;
	}
	if (advice->change_count == 0) {
		violation(run, advice, "nothing is proposed", "");
		return;
	}
	if (!follow(run, advice, &server, &client))
		return;
	config = configure(&server, error);
	if (!config) {
		violation(run, advice, "the configuration is refused", error);
		return;
	}
	/*
	 * A hello's violation of TLS 1.3's rules may show only when the
	 * certificate with its name enables TLS 1.3.
	 */
	if (!lets_in(config, &server, &client, &again) &&
	    !strstr(again.text, "RFC 7507") &&
	    !(advice->reason == SMTPTLS_REASON_SNI &&
	      again.reason == SMTPTLS_REASON_BAD_HELLO)) {
		violation(run, advice, "refused again", again.text);
		show_server(&server);
	}
	smtptls_config_unref(config);
	if (has_change(advice, SMTPTLS_SETTING_PEER))
		check_peer(run, advice);
	else
		run->cured++;
	if (has_change(advice, SMTPTLS_SETTING_CERTIFICATE))
		run->certificates++;
}

static void random_client(struct run *run, int wild)
{
	static const char *const names[] = { NULL,
					     NULL,
					     NULL,
					     "mx.example.org",
					     "other.example.org",
					     "foreign.example.org" };
	size_t i;

	client_random(&run->generator, wild, &run->client);
	add_tls12(&run->client);
	i = generator_below(&run->generator, COUNT(names));
	run->client.sni = names[i];
}

static void play(struct run *run, unsigned long number)
{
	struct smtptls_advice advice;
	struct smtptls_config *config;
	char error[256];
	int wild = number % 2 == 0;

	run->number = number;
	run->violated = 0;
	random_server(run, wild);
	config = configure(&run->server, error);
	if (!config) {
		run->unusable++;
		return;
	}
	random_client(run, wild);
	if (lets_in(config, &run->server, &run->client, &advice))
		run->served++;
	else if (advice.reason == SMTPTLS_REASON_BAD_HELLO)
		run->malformed++; /* for which there is no remedy here */
	else if (advice.reason == 0)
		violation(run, &advice, "taken for served", advice.text);
	else
		check(run, &advice);
	smtptls_config_unref(config);
}

/* ---- the whole ---- */

static void report_changes(const struct run *run, int wild)
{
	int i;

	printf("%s settings:", wild ? "wild" : "ordinary");
	for (i = 0; i <= SMTPTLS_CHANGES; i++)
		printf(" %lu of %d%s", run->changes[wild][i], i,
		       i == SMTPTLS_CHANGES ? " changes\n" : ",");
}

static int report(const struct run *run)
{
	report_changes(run, 0);
	report_changes(run, 1);
	printf("%lu hellos refused, %lu cured here, %lu by the peer; %lu with "
	       "a certificate; beside these %lu served, %lu malformed, %lu "
	       "settings refused; %lu violations\n",
	       run->refused, run->cured, run->peer, run->certificates,
	       run->served, run->malformed, run->unusable, run->violations);
	return run->violations > 0 || run->refused == 0;
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
		fputs("usage: advice_session [--count N] [--seed N] [--only N] "
		      "[--verbose]\n",
		      stderr);
		return 2;
	}
	run.verbose = options.flag;
	words_read(&run.words);
	run.everything = make_everything(&run.all);
	for (i = 1; i <= 50 * options.count && run.refused < options.count;
	     i++) {
		run.generator.state = options.seed * 1000003 + i;
		if (options.number == 0 || options.number == i)
			play(&run, i);
	}
	words_free(&run.words);
	smtptls_config_unref(run.everything);
	own_certificates_free();
	return report(&run);
}
