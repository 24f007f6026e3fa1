/* SPDX-License-Identifier: MIT */
/*
 * The same certificates and names, judged by this library, by OpenSSL and by
 * GnuTLS: which servers a client that expects a name would accept.
 *
 * If they differ, the row says so, and why, with the RFC section; each
 * difference is printed. A difference that no row expects is a failure, and so
 * is an expected difference that is gone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <smtptls/policy.h>

#include "../unit/help/chain.h"
#include "x509/name.h"
#include "x509/verify.h"

#define CHAIN	  4
#define CERT_SIGN GNUTLS_KEY_KEY_CERT_SIGN
#define SERVER	  GNUTLS_KP_TLS_WWW_SERVER
#define CLIENT	  GNUTLS_KP_TLS_WWW_CLIENT
#define ANY	  GNUTLS_KP_ANY
#define HOST	  "mx.example.org"
#define ROOT	  .cn = "root", .ca = 1, .usage = CERT_SIGN
#define INNER	  .cn = "inner", .ca = 1, .usage = CERT_SIGN
#define OUTER	  .cn = "outer", .ca = 1, .usage = CERT_SIGN
#define LEAF	  .cn = HOST, .san = { "dns:" HOST }
#define SAN(...)                                                               \
	{                                                                      \
		{                                                              \
			.cn = "x", .san = { __VA_ARGS__ }                      \
		}                                                              \
	}

enum judge { US = 1, OPENSSL = 2, GNUTLS = 4, ALL = 7 };
enum order { SORTED, REVERSED, REPEATED, WITH_ROOT };

struct row {
	const char *name;
	struct chain_spec below[CHAIN]; /* from the root down to the leaf */
	int accepted;			/* bits of enum judge: who accepts */
	const char *why;		/* why they differ */
	struct chain_spec root;		/* all zeros: the usual one */
	int order;			/* enum order, after the leaf */
};

/* clang-format off */
static const char cn[] = "RFC 9525 section 2: the CN is no name of a host";
static const char dot[] = "RFC 1034 section 3.1: the dot at the end is no part of the name";
static const char partial[] = "RFC 9525 section 6.3: a wildcard is a whole label";
static const char underscore[] = "RFC 2181 section 11: any byte may be in a name of the DNS";
static const char any[] = "RFC 5280 section 4.2.1.12: an application may refuse any purpose";

static const struct row rows[] = {
	{ HOST, { { LEAF } }, ALL, NULL, { 0 }, 0 },
	{ HOST, { { INNER }, { LEAF } }, ALL, NULL, { 0 }, 0 },
	{ HOST, { { OUTER }, { INNER }, { LEAF } }, ALL, NULL, { 0 }, 0 },
	{ HOST, { { OUTER }, { INNER }, { LEAF } }, ALL, NULL, { 0 }, REVERSED },
	{ HOST, { { OUTER }, { INNER }, { LEAF } }, ALL, NULL, { 0 }, REPEATED },
	{ HOST, { { OUTER }, { INNER }, { LEAF } }, ALL, NULL, { 0 }, WITH_ROOT },
	/* case and dots */
	{ "MX.Example.ORG", { { LEAF } }, ALL, NULL, { 0 }, 0 },
	{ HOST, SAN("dns:MX.EXAMPLE.ORG"), ALL, NULL, { 0 }, 0 },
	{ HOST ".", { { LEAF } }, US, dot, { 0 }, 0 },
	{ HOST, SAN("dns:" HOST "."), US, dot, { 0 }, 0 },
	{ HOST ".", SAN("dns:" HOST "."), ALL, NULL, { 0 }, 0 },
	{ HOST, SAN("dns:mx..example.org"), 0, NULL, { 0 }, 0 },
	{ HOST, SAN("dns:.example.org"), 0, NULL, { 0 }, 0 },
	/* others */
	{ HOST, SAN("dns:mx2.example.org"), 0, NULL, { 0 }, 0 },
	{ HOST, SAN("dns:example.org"), 0, NULL, { 0 }, 0 },
	{ "example.org", { { LEAF } }, 0, NULL, { 0 }, 0 },
	{ HOST, SAN("dns:a.example.org", "dns:" HOST), ALL, NULL, { 0 }, 0 },
	{ HOST, SAN("dns:mx.example.orgg"), 0, NULL, { 0 }, 0 },
	{ HOST, SAN("dns:x.mx.example.org"), 0, NULL, { 0 }, 0 },
	/* SAN and CN */
	{ HOST, { { .cn = HOST } }, OPENSSL | GNUTLS, cn, { 0 }, 0 },
	{ HOST, { { .cn = HOST, .san = { "email:a@example.org" } } }, OPENSSL | GNUTLS, cn, { 0 }, 0 },
	{ HOST, { { .cn = HOST, .san = { "uri:https://mx.example.org" } } }, OPENSSL, cn, { 0 }, 0 },
	{ HOST, { { .cn = HOST, .san = { "ip:192.0.2.1" } } }, OPENSSL, cn, { 0 }, 0 },
	{ HOST, { { .cn = HOST, .san = { "dns:a.example.org" } } }, 0, NULL, { 0 }, 0 },
	{ HOST, { { .cn = "*.example.org" } }, OPENSSL | GNUTLS, cn, { 0 }, 0 },
	/* wildcards */
	{ HOST, SAN("dns:*.example.org"), ALL, NULL, { 0 }, 0 },
	{ HOST, SAN("dns:*.EXAMPLE.org"), ALL, NULL, { 0 }, 0 },
	{ "example.org", SAN("dns:*.example.org"), 0, NULL, { 0 }, 0 },
	{ "a.mx.example.org", SAN("dns:*.example.org"), 0, NULL, { 0 }, 0 },
	{ "example.org", SAN("dns:*.org"), 0, NULL, { 0 }, 0 },
	{ HOST, SAN("dns:*"), 0, NULL, { 0 }, 0 },
	{ HOST, SAN("dns:m*.example.org"), OPENSSL, partial, { 0 }, 0 },
	{ HOST, SAN("dns:*x.example.org"), OPENSSL | GNUTLS, partial, { 0 }, 0 },
	{ HOST, SAN("dns:mx.*.org"), 0, NULL, { 0 }, 0 },
	{ HOST, SAN("dns:*.*.org"), 0, NULL, { 0 }, 0 },
	{ HOST, SAN("dns:**.example.org"), 0, NULL, { 0 }, 0 },
	{ "mxexample.org", SAN("dns:*.example.org"), 0, NULL, { 0 }, 0 },
	{ "a_b.example.org", SAN("dns:*.example.org"), US | GNUTLS, underscore, { 0 }, 0 },
	/* other letters */
	{ "xn--bcher-kva.example.org", SAN("dns:xn--bcher-kva.example.org"), ALL, NULL, { 0 }, 0 },
	{ "XN--BCHER-KVA.example.org", SAN("dns:xn--bcher-kva.example.org"), ALL, NULL, { 0 }, 0 },
	{ "xn--bcher-kva.example.org", SAN("dns:*.example.org"), ALL, NULL, { 0 }, 0 },
	{ "xn--bcher-kva.example.org", SAN("dns:xn--*.example.org"), 0, NULL, { 0 }, 0 },
	{ "xn--bcher-kva.example.org", SAN("dns:b\303\274cher.example.org"), 0, NULL, { 0 }, 0 },
	{ HOST, SAN("dns:" HOST "!.example.net"), 0, NULL, { 0 }, 0 },
	{ HOST, SAN("dns:!" HOST), 0, NULL, { 0 }, 0 },
	{ HOST, SAN("dns:" HOST "!"), 0, NULL, { 0 }, 0 },
	{ HOST, SAN("dns: " HOST), 0, NULL, { 0 }, 0 },
	/* addresses */
	{ "192.0.2.1", SAN("ip:192.0.2.1"), ALL, NULL, { 0 }, 0 },
	{ "192.0.2.2", SAN("ip:192.0.2.1"), 0, NULL, { 0 }, 0 },
	{ "2001:db8::1", SAN("ip:2001:db8::1"), ALL, NULL, { 0 }, 0 },
	{ "2001:DB8:0::1", SAN("ip:2001:db8::1"), ALL, NULL, { 0 }, 0 },
	{ "::ffff:192.0.2.1", SAN("ip:192.0.2.1"), 0, NULL, { 0 }, 0 },
	{ "192.0.2.1", SAN("dns:192.0.2.1"), 0, NULL, { 0 }, 0 },
	{ "192.0.2.1", SAN("dns:*.0.2.1"), 0, NULL, { 0 }, 0 },
	{ "192.0.2.1", { { .cn = "192.0.2.1" } }, 0, NULL, { 0 }, 0 },
	/* purposes */
	{ HOST, { { LEAF, .purpose = { SERVER } } }, ALL, NULL, { 0 }, 0 },
	{ HOST, { { LEAF, .purpose = { CLIENT } } }, 0, NULL, { 0 }, 0 },
	{ HOST, { { LEAF, .purpose = { CLIENT, SERVER } } }, ALL, NULL, { 0 }, 0 },
	{ HOST, { { LEAF, .purpose = { GNUTLS_KP_EMAIL_PROTECTION } } }, 0, NULL, { 0 }, 0 },
	{ HOST, { { LEAF, .purpose = { ANY } } }, US | GNUTLS, any, { 0 }, 0 },
	{ HOST, { { INNER, .purpose = { CLIENT } }, { LEAF } }, 0, NULL, { 0 }, 0 },
	{ HOST, { { INNER, .purpose = { SERVER } }, { LEAF } }, ALL, NULL, { 0 }, 0 },
	/* constraints, paths, authorities */
	{ HOST, { { INNER, .permitted = "example.org" }, { LEAF } }, ALL, NULL, { 0 }, 0 },
	{ HOST, { { INNER, .permitted = "example.net" }, { LEAF } }, 0, NULL, { 0 }, 0 },
	{ HOST, { { INNER, .excluded = "example.org" }, { LEAF } }, 0, NULL, { 0 }, 0 },
	{ HOST, { { INNER, .excluded = "a.example.org" }, { LEAF } }, ALL, NULL, { 0 }, 0 },
	{ HOST, { { OUTER, .path = 1 }, { INNER }, { LEAF } }, 0, NULL, { 0 }, 0 },
	{ HOST, { { OUTER, .path = 2 }, { INNER }, { LEAF } }, ALL, NULL, { 0 }, 0 },
	{ HOST, { { INNER }, { LEAF } }, 0, NULL, { ROOT, .path = 1 }, 0 },
	{ HOST, { { .cn = "inner" }, { LEAF } }, 0, NULL, { 0 }, 0 },
	{ HOST, { { .cn = "inner", .ca = 1, .usage = GNUTLS_KEY_CRL_SIGN }, { LEAF } }, 0, NULL, { 0 }, 0 },
	{ HOST, { { LEAF, .critical = "1.2.3.4.5" } }, 0, NULL, { 0 }, 0 },
	{ HOST, { { INNER, .critical = "1.2.3.4.5" }, { LEAF } }, 0, NULL, { 0 }, 0 },
	{ HOST, { { LEAF, .damaged = 1 } }, 0, NULL, { 0 }, 0 },
	/* dates and strength */
	{ HOST, { { LEAF, .from = -9, .until = -1 } }, 0, NULL, { 0 }, 0 },
	{ HOST, { { LEAF, .from = 1, .until = 9 } }, 0, NULL, { 0 }, 0 },
	{ HOST, { { INNER, .from = -9, .until = -1 }, { LEAF } }, 0, NULL, { 0 }, 0 },
	{ HOST, { { LEAF, .rsa_bits = 1024 } }, 0, NULL, { 0 }, 0 },
	{ HOST, { { LEAF, .rsa_bits = 2048 } }, ALL, NULL, { 0 }, 0 },
	{ HOST, { { LEAF, .hash = GNUTLS_DIG_SHA1 } }, 0, NULL, { 0 }, 0 },
};
/* clang-format on */

#define FLAGS GNUTLS_PROFILE_TO_VFLAGS(GNUTLS_PROFILE_MEDIUM)

/* The leaf first, and the others in the row's order. */
struct made {
	struct chain_cert *cert[CHAIN + 1];
	unsigned count;
	const struct chain_cert *sent[2 * CHAIN];
	unsigned sent_count;
};

static void need(int holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "names: %s\n", what);
	exit(99);
}

static void make(struct made *made, const struct row *row)
{
	static const struct chain_spec usual = { ROOT };
	unsigned i, n;

	memset(made, 0, sizeof(*made));
	made->cert[made->count++] =
		chain_issue(row->root.cn ? &row->root : &usual, NULL);
	for (i = 0; i < CHAIN && row->below[i].cn; i++, made->count++)
		made->cert[made->count] = chain_issue(
			&row->below[i], made->cert[made->count - 1]);
	n = made->count - 1;
	made->sent[made->sent_count++] = made->cert[n];
	for (i = 1; i < n; i++) {
		made->sent[made->sent_count++] =
			made->cert[row->order == REVERSED ? i : n - i];
		if (row->order == REPEATED)
			made->sent[made->sent_count++] = made->cert[n - i];
	}
	if (row->order == WITH_ROOT)
		made->sent[made->sent_count++] = made->cert[0];
}

static void unmake(struct made *made)
{
	while (made->count > 0)
		chain_free(made->cert[--made->count]);
}

/* ---- judges ---- */

static gnutls_x509_trust_list_t trust_of(const struct made *made)
{
	gnutls_x509_trust_list_t trust;

	need(gnutls_x509_trust_list_init(&trust, 0) == 0, "trust list");
	need(gnutls_x509_trust_list_add_trust_mem(trust, &made->cert[0]->der,
						  NULL, GNUTLS_X509_FMT_DER, 0,
						  0) == 1,
	     "root");
	return trust;
}

static int ours(const struct made *made, const char *name)
{
	gnutls_datum_t der[2 * CHAIN];
	struct stls_verdict verdict;
	struct stls_peer peer = { .chain = der,
				  .count = made->sent_count,
				  .trust = trust_of(made),
				  .flags = FLAGS,
				  .server = 1,
				  .name = &name,
				  .name_count = 1 };
	unsigned i;
	int ret;

	for (i = 0; i < made->sent_count; i++)
		der[i] = made->sent[i]->der;
	ret = stls_verify(&peer, &verdict);
	gnutls_x509_trust_list_deinit(peer.trust, 1);
	return ret == 0;
}

static int gnutls(const struct made *made, const char *name)
{
	gnutls_x509_trust_list_t trust = trust_of(made);
	gnutls_typed_vdata_st data[2] = { { 0 } };
	gnutls_x509_crt_t crt[2 * CHAIN];
	unsigned char address[16];
	unsigned status = 0, i;
	size_t size;
	int ret;

	data[0].type = GNUTLS_DT_KEY_PURPOSE_OID;
	data[0].data = (unsigned char *)SERVER;
	data[1].type = GNUTLS_DT_DNS_HOSTNAME;
	data[1].data = (unsigned char *)name;
	if (stls_is_address(name, address, &size)) {
		data[1].type = GNUTLS_DT_IP_ADDRESS;
		data[1].data = address;
		data[1].size = (unsigned)size;
	}
	for (i = 0; i < made->sent_count; i++)
		crt[i] = made->sent[i]->crt;
	ret = gnutls_x509_trust_list_verify_crt2(trust, crt, made->sent_count,
						 data, 2, FLAGS, &status, NULL);
	gnutls_x509_trust_list_deinit(trust, 1);
	return ret == 0 && status == 0;
}

static X509 *parse(const struct chain_cert *cert)
{
	const unsigned char *der = cert->der.data;
	X509 *x509 = d2i_X509(NULL, &der, (long)cert->der.size);

	need(x509 != NULL, "d2i_X509");
	return x509;
}

static int openssl(const struct made *made, const char *name)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	STACK_OF(X509) *others = sk_X509_new_null();
	X509 *root = parse(made->cert[0]), *leaf = parse(made->sent[0]);
	X509_VERIFY_PARAM *param;
	unsigned char address[16];
	size_t size;
	unsigned i;
	int ret;

	need(store && ctx && others && X509_STORE_add_cert(store, root),
	     "OpenSSL");
	for (i = 1; i < made->sent_count; i++)
		need(sk_X509_push(others, parse(made->sent[i])) > 0, "stack");
	need(X509_STORE_CTX_init(ctx, store, leaf, others), "context");
	param = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_auth_level(param, 2);
	need(X509_STORE_CTX_set_default(ctx, "ssl_server"), "purpose");
	ret = stls_is_address(name, address, &size)
		      ? X509_VERIFY_PARAM_set1_ip(param, address, size)
		      : X509_VERIFY_PARAM_set1_host(param, name, 0);
	need(ret, "name");
	ret = X509_verify_cert(ctx) == 1;
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	sk_X509_pop_free(others, X509_free);
	X509_free(root);
	X509_free(leaf);
	ERR_clear_error();
	return ret;
}

/* ---- the matrix ---- */

static const char *who(int accepted, char text[32])
{
	snprintf(text, 32, "%s%s%s%s", accepted ? "" : " nobody",
		 accepted & US ? " us" : "",
		 accepted & OPENSSL ? " OpenSSL" : "",
		 accepted & GNUTLS ? " GnuTLS" : "");
	return text;
}

int main(void)
{
	size_t count = sizeof(rows) / sizeof(rows[0]), i;
	int differences = 0, wrong = 0;
	char text[2][32];

	for (i = 0; i < count; i++) {
		const struct row *row = &rows[i];
		struct made made;
		int accepted;

		make(&made, row);
		accepted = (ours(&made, row->name) ? US : 0) |
			   (openssl(&made, row->name) ? OPENSSL : 0) |
			   (gnutls(&made, row->name) ? GNUTLS : 0);
		unmake(&made);
		if (accepted != row->accepted) {
			printf("row %zu, %s: accepted by%s, not by%s\n", i,
			       row->name, who(accepted, text[0]),
			       who(row->accepted, text[1]));
			wrong++;
		}
		if ((accepted != 0 && accepted != ALL) != (row->why != NULL)) {
			printf("row %zu, %s: differs unexpectedly, or not any "
			       "more\n",
			       i, row->name);
			wrong++;
		} else if (row->why) {
			printf("row %zu, %s: accepted by%s: %s\n", i, row->name,
			       who(accepted, text[0]), row->why);
			differences++;
		}
	}
	(void)chain_end(NULL);
	printf("%zu certificates and names, %d differences, %d wrong\n", count,
	       differences, wrong);
	return wrong ? 1 : 0;
}
