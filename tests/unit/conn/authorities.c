/* SPDX-License-Identifier: MIT */
/*
 * The authorities of a configuration are read once, however many connections it
 * has: one call loads them, and with sixty of them a connection makes GnuTLS
 * allocate little more often than with one, whereas reading them takes many
 * allocations each.
 *
 * The linker replaces the GnuTLS function that reads authorities by one in this
 * file; GnuTLS's allocator is a public variable.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <smtptls.h>

#include "../help/chain.h"
#include "../help/peer.h"

#define MANY	    60
#define CONNECTIONS 1000
#define HOST	    "mx.example.org"

int __real_gnutls_certificate_set_x509_trust_mem(
	gnutls_certificate_credentials_t credentials, const gnutls_datum_t *ca,
	gnutls_x509_crt_fmt_t type);
int __wrap_gnutls_certificate_set_x509_trust_mem(
	gnutls_certificate_credentials_t credentials, const gnutls_datum_t *ca,
	gnutls_x509_crt_fmt_t type);

static int loads;
static unsigned long allocations;

int __wrap_gnutls_certificate_set_x509_trust_mem(
	gnutls_certificate_credentials_t credentials, const gnutls_datum_t *ca,
	gnutls_x509_crt_fmt_t type)
{
	int ret = __real_gnutls_certificate_set_x509_trust_mem(credentials, ca,
							       type);

	loads++;
	assert_true(ret > 0);
	return ret;
}

static void *count_malloc(size_t size)
{
	allocations++;
	return malloc(size);
}

static void *count_calloc(size_t count, size_t size)
{
	allocations++;
	return calloc(count, size);
}

static void *count_realloc(void *ptr, size_t size)
{
	allocations++;
	return realloc(ptr, size);
}

/* "test CA" after that many others, in one file. */
static struct smtptls_config *config_with(unsigned others)
{
	static const char name[] = "an authority";
	struct smtptls_config *config;
	char *all = test_calloc(others + 4, 2048);
	struct chain_cert *cert;
	gnutls_datum_t pem;
	unsigned i;

	for (i = 0; i < others; i++) {
		char cn[32];

		(void)memcpy(cn, name, sizeof(name));
		cn[0] = (char)('a' + i % 26);
		cn[1] = (char)('a' + i / 26);
		cert = chain_issue(
			&(const struct chain_spec){ .cn = cn, .ca = 1 }, NULL);
		assert_int_equal(gnutls_x509_crt_export2(
					 cert->crt, GNUTLS_X509_FMT_PEM, &pem),
				 0);
		strcat(all, (const char *)pem.data);
		gnutls_free(pem.data);
		chain_free(cert);
	}
	strcat(all, peer_ca()->cert);
	assert_int_equal(smtptls_config_new(&config), 0);
	assert_int_equal(
		smtptls_config_set_ca_file(config, testcert_file_text(all)), 0);
	assert_int_equal(smtptls_config_freeze(config), 0);
	test_free(all);
	return config;
}

static void connect_once(struct smtptls_config *client_config,
			 struct smtptls_config *server_config)
{
	struct smtptls_conn *client, *server;

	client = peer_conn(smtptls_config_ref(client_config), SMTPTLS_CLIENT);
	server = peer_conn(smtptls_config_ref(server_config), SMTPTLS_SERVER);
	assert_int_equal(smtptls_conn_set_verify(client, SMTPTLS_VERIFY_CA), 0);
	assert_int_equal(smtptls_conn_set_peer(client, HOST), 0);
	assert_int_equal(smtptls_conn_start_tls(client, 0), 0);
	assert_int_equal(smtptls_conn_start_tls(server, 0), 0);
	host_join(client, server);
	assert_int_equal(smtptls_conn_tls_enabled(client), 1);
	assert_int_equal(host_info(client).verify, 1);
	smtptls_conn_free(client);
	smtptls_conn_free(server);
}

static void test_loaded_once(void **state)
{
	struct smtptls_config *client, *server = peer_config(NULL, 1, 0);
	int i, connections = peer_slow() ? CONNECTIONS / 50 : CONNECTIONS;

	(void)state;
	loads = 0;
	client = config_with(MANY);
	assert_int_equal(loads, 1);
	for (i = 0; i < connections; i++)
		connect_once(client, server);
	assert_int_equal(loads, 1);
	smtptls_config_unref(client);
	smtptls_config_unref(server);
}

static unsigned long cost(struct smtptls_config *client,
			  struct smtptls_config *server)
{
	unsigned long before;

	connect_once(client, server); /* allocations made only the first time */
	before = allocations;
	connect_once(client, server);
	return allocations - before;
}

static void test_cost(void **state)
{
	struct smtptls_config *few, *many, *server = peer_config(NULL, 1, 0);
	unsigned long of_few, of_many, before;

	(void)state;
	/* they are freed with free(), like GnuTLS's own */
	gnutls_malloc = count_malloc;
	gnutls_calloc = count_calloc;
	gnutls_realloc = count_realloc;
	few = config_with(0);
	before = allocations;
	many = config_with(MANY);
	before = allocations - before;
	of_few = cost(few, server);
	of_many = cost(many, server);
	print_message("%lu and %lu allocations, %lu to read them\n", of_few,
		      of_many, before);
	assert_true(of_few > 0);
	/* GnuTLS compares the authorities in the same bucket of its table */
	assert_true(of_many < of_few + MANY);
	assert_true(before > 10 * MANY);
	gnutls_malloc = malloc;
	gnutls_calloc = calloc;
	gnutls_realloc = realloc;
	smtptls_config_unref(few);
	smtptls_config_unref(many);
	smtptls_config_unref(server);
}

static int tear_down(void **state)
{
	(void)state;
	(void)chain_end(NULL);
	return 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_loaded_once),
		cmocka_unit_test(test_cost),
	};

	return cmocka_run_group_tests_name("authorities", tests, NULL,
					   tear_down);
}
