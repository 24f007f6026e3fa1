/* SPDX-License-Identifier: MIT */
/*
 * config: the life of a configuration, its priority and its tickets.
 *
 * GnuTLS's own messages are not compared; this library's are. GnuTLS reads the
 * system's policy when a program starts: for that, this program runs itself
 * again, with the argument "under-policy".
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <smtptls/gnutls.h>

#include "../help/config_help.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- life ---- */

static void test_new(void **state)
{
	struct smtptls_config *config = *state;

	assert_string_equal(smtptls_config_error(config), "");
	assert_null(smtptls_config_warning(config, 0));
	assert_non_null(smtptls_config_gnutls(config));
	assert_int_equal(count_chains(config), 0);
}

static void test_null(void **state)
{
	struct smtptls_config *config = *state;

	assert_int_equal(smtptls_config_new(NULL), SMTPTLS_E_ARG);
	assert_null(smtptls_config_ref(NULL));
	smtptls_config_unref(NULL);
	assert_int_equal(smtptls_config_freeze(NULL), SMTPTLS_E_ARG);
	assert_string_equal(smtptls_config_error(NULL), "");
	assert_null(smtptls_config_warning(NULL, 0));
	assert_null(smtptls_config_gnutls(NULL));
	assert_int_equal(smtptls_config_add_cert_file(NULL, "a", "b"),
			 SMTPTLS_E_ARG);
	assert_int_equal(smtptls_config_add_cert_file(config, NULL, "b"),
			 SMTPTLS_E_ARG);
	assert_int_equal(smtptls_config_add_cert_file(config, "a", NULL),
			 SMTPTLS_E_ARG);
	assert_int_equal(smtptls_config_add_cert_mem(NULL, "a", 1, "b", 1),
			 SMTPTLS_E_ARG);
	assert_int_equal(smtptls_config_add_cert_mem(config, NULL, 1, "b", 1),
			 SMTPTLS_E_ARG);
	assert_int_equal(smtptls_config_add_cert_mem(config, "a", 1, NULL, 1),
			 SMTPTLS_E_ARG);
	assert_int_equal(smtptls_config_set_ca_file(NULL, "a"), SMTPTLS_E_ARG);
	assert_int_equal(smtptls_config_set_crl_file(NULL, "a"), SMTPTLS_E_ARG);
	assert_int_equal(smtptls_config_set_crl_file(config, NULL),
			 SMTPTLS_E_ARG);
	assert_int_equal(smtptls_config_set_dh_file(NULL, "a"), SMTPTLS_E_ARG);
	assert_int_equal(smtptls_config_set_dh_file(config, NULL),
			 SMTPTLS_E_ARG);
	assert_int_equal(smtptls_config_set_priority(NULL, "NORMAL"),
			 SMTPTLS_E_ARG);
	assert_int_equal(smtptls_config_set_priority(config, NULL),
			 SMTPTLS_E_ARG);
	assert_int_equal(smtptls_config_set_ticket_secret(NULL, "a", 32),
			 SMTPTLS_E_ARG);
	assert_int_equal(smtptls_config_set_ticket_secret(config, NULL, 32),
			 SMTPTLS_E_ARG);
	assert_int_equal(smtptls_config_set_ticket_secret_file(NULL, "a"),
			 SMTPTLS_E_ARG);
	assert_int_equal(smtptls_config_set_ticket_secret_file(config, NULL),
			 SMTPTLS_E_ARG);
}

static void test_frozen(void **state)
{
	struct smtptls_config *config = *state;
	const struct testcert *server = usual_server();
	const char secret[32] = "secret";
	struct picture before;

	assert_int_equal(smtptls_config_freeze(config), 0);
	before = look(config);
	assert_int_equal(before.frozen, 1);
	assert_int_equal(smtptls_config_add_cert_file(config, server->file,
						      server->file),
			 SMTPTLS_E_STATE);
	assert_int_equal(smtptls_config_add_cert_mem(
				 config, server->cert, strlen(server->cert),
				 server->key, strlen(server->key)),
			 SMTPTLS_E_STATE);
	assert_int_equal(smtptls_config_set_ca_file(config, usual_ca()->file),
			 SMTPTLS_E_STATE);
	assert_int_equal(smtptls_config_set_ca_file(config, NULL),
			 SMTPTLS_E_STATE);
	assert_int_equal(smtptls_config_set_crl_file(config, missing_file()),
			 SMTPTLS_E_STATE);
	assert_int_equal(smtptls_config_set_dh_file(config, missing_file()),
			 SMTPTLS_E_STATE);
	assert_int_equal(smtptls_config_set_priority(config, "NORMAL"),
			 SMTPTLS_E_STATE);
	assert_int_equal(smtptls_config_set_ticket_secret(config, secret, 32),
			 SMTPTLS_E_STATE);
	assert_int_equal(
		smtptls_config_set_ticket_secret_file(config, missing_file()),
		SMTPTLS_E_STATE);
	assert_int_equal(smtptls_config_freeze(config), 0);
	assert_unchanged(config, &before);
}

static int count_named(gnutls_certificate_credentials_t credentials)
{
	gnutls_x509_trust_list_iter_t iter = NULL;
	gnutls_x509_trust_list_t trust;
	gnutls_x509_crt_t crt;
	int count = 0;

	gnutls_certificate_get_trust_list(credentials, &trust);
	while (gnutls_x509_trust_list_iter_get_ca(trust, &iter, &crt) == 0) {
		gnutls_x509_crt_deinit(crt);
		count++;
	}
	gnutls_x509_trust_list_iter_deinit(iter);
	return count;
}

/*
 * Each certificate is also kept by itself, for a choice among several: a
 * policy's choice, or a client's, which can choose with a priority string too.
 * A server names the same authorities with it.
 */
static void check_single(size_t certificates, const char *priority,
			 size_t count)
{
	struct smtptls_config *config = new_config();
	const struct testcert *server = usual_server();
	size_t i;

	for (i = 0; i < certificates; i++)
		assert_int_equal(smtptls_config_add_cert_file(
					 config, server->file, server->file),
				 0);
	assert_int_equal(smtptls_config_set_ca_file(config, usual_ca()->file),
			 0);
	if (priority)
		assert_int_equal(smtptls_config_set_priority(config, priority),
				 0);
	assert_int_equal(smtptls_config_freeze(config), 0);
	assert_int_equal(config->single.count, count);
	for (i = 0; i < count; i++)
		assert_int_equal(count_named(config->single.credentials[i]), 1);
	smtptls_config_unref(config);
}

static void test_single(void **state)
{
	(void)state;
	check_single(0, NULL, 0);
	check_single(1, NULL, 0);
	check_single(2, NULL, 2);
	check_single(3, NULL, 3);
	check_single(2, "NORMAL", 2);
}

static void test_conn_needs_it_frozen(void **state)
{
	struct smtptls_config *config = *state;
	struct smtptls_conn *conn = NULL;

	assert_int_equal(smtptls_conn_new(&conn, config, SMTPTLS_SERVER),
			 SMTPTLS_E_STATE);
	assert_int_equal(smtptls_config_freeze(config), 0);
	assert_int_equal(smtptls_conn_new(&conn, config, SMTPTLS_SERVER), 0);
	/* without a certificate STARTTLS cannot be offered */
	assert_int_equal(smtptls_conn_can_starttls(conn), 0);
	smtptls_conn_free(conn);
}

#define THREADS	     4
#define THREAD_STEPS 20000

static void *hammer(void *arg)
{
	struct smtptls_config *config = arg;
	struct smtptls_conn *conn;
	long step, failed = 0;

	for (step = 0; step < THREAD_STEPS; step++) {
		failed += smtptls_config_ref(config) != config;
		if (step % 20 == 0) {
			failed += smtptls_conn_new(&conn, config,
						   SMTPTLS_SERVER) != 0;
			smtptls_conn_free(conn);
		}
		smtptls_config_unref(config);
	}
	smtptls_config_unref(config);
	return (void *)failed;
}

static void test_owners_in_threads(void **state)
{
	struct smtptls_config *config = new_config();
	pthread_t threads[THREADS];
	void *failed;
	int i;

	(void)state;
	assert_int_equal(smtptls_config_freeze(config), 0);
	for (i = 0; i < THREADS; i++) {
		(void)smtptls_config_ref(config);
		assert_int_equal(
			pthread_create(&threads[i], NULL, hammer, config), 0);
	}
	for (i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], &failed), 0);
		assert_null(failed);
	}
	assert_int_equal(atomic_load(&config->owners), 1);
	smtptls_config_unref(config);
}

static void test_conn_is_an_owner(void **state)
{
	struct smtptls_config *config = new_config();
	struct smtptls_conn *conn = NULL;

	(void)state;
	assert_int_equal(smtptls_config_freeze(config), 0);
	assert_int_equal(smtptls_conn_new(&conn, config, SMTPTLS_CLIENT), 0);
	smtptls_config_unref(config);
	assert_int_equal(atomic_load(&config->owners), 1);
	smtptls_conn_free(conn);
}

/* ---- priority ---- */

static void refuse_priority(struct smtptls_config *config, const char *string,
			    const char *start, const char *end)
{
	struct picture before = look(config);

	assert_int_equal(smtptls_config_set_priority(config, string),
			 SMTPTLS_E_SYNTAX);
	assert_sentence(smtptls_config_error(config), start, end);
	assert_unchanged(config, &before);
}

static void test_priority(void **state)
{
	struct smtptls_config *config = *state;
	char string[2000] = "NORMAL";

	assert_int_equal(smtptls_config_set_priority(config, "NORMAL"), 0);
	assert_int_equal(smtptls_config_set_priority(
				 config, "NORMAL:-VERS-ALL:+VERS-TLS1.0"),
			 0);
	refuse_priority(config, "NONSENSE", "priority string", "");
	assert_non_null(strstr(smtptls_config_error(config), "\"NONSENSE\""));
	refuse_priority(config, "NORMAL:+NONSENSE", "priority string", "");
	assert_non_null(strstr(smtptls_config_error(config), "\"+NONSENSE\""));
	refuse_priority(config, "", "priority string", "");
	refuse_priority(config, "NONE", "priority string", "");
	refuse_priority(config, "NORMAL:-VERS-ALL", "priority string", "");
	refuse_priority(config, "NORMAL:-VERS-ALL:+VERS-DTLS1.2",
			"priority string", ": allows no TLS version");
	/* the place is still named if the string is long */
	while (strlen(string) < 1500)
		strcat(string, ":+VERS-TLS1.2");
	strcat(string, ":+NONSENSE");
	refuse_priority(config, string, "priority string", "");
	assert_non_null(strstr(smtptls_config_error(config), "\"+NONSENSE\""));
	assert_int_equal(smtptls_config_set_priority(
				 config, "SECURE128:-VERS-ALL:+VERS-TLS1.2"),
			 0);
	assert_int_equal(smtptls_config_freeze(config), 0);
}

static int allows(struct smtptls_config *config, unsigned version)
{
	const unsigned *versions;
	int i, n;

	n = gnutls_priority_protocol_list(config->priority, &versions);
	for (i = 0; i < n; i++) {
		if (versions[i] == version)
			return 1;
	}
	return 0;
}

static void test_default_priority(void **state)
{
	struct smtptls_config *config = *state;
	const unsigned *exchanges;
	int i, n;

	assert_int_equal(smtptls_config_freeze(config), 0);
	assert_int_equal(allows(config, GNUTLS_TLS1_3), 1);
	assert_int_equal(allows(config, GNUTLS_TLS1_2), 1);
	assert_int_equal(allows(config, GNUTLS_TLS1_1), 0);
	assert_int_equal(allows(config, GNUTLS_TLS1_0), 0);
	n = gnutls_priority_kx_list(config->priority, &exchanges);
	assert_true(n > 0);
	for (i = 0; i < n; i++)
		assert_int_not_equal(exchanges[i], GNUTLS_KX_RSA);
}

/* In the second run, whose system policy forbids everything requested here. */
static int under_policy(void)
{
	struct smtptls_config *config;

	if (smtptls_config_new(&config) < 0)
		return 2;
	if (smtptls_config_set_priority(config,
					"NORMAL:-VERS-ALL:"
					"+VERS-TLS1.3") != SMTPTLS_E_SYNTAX ||
	    strncmp(smtptls_config_error(config), "priority string", 15) != 0)
		return 3;
	if (smtptls_config_freeze(config) != SMTPTLS_E_CONFIG ||
	    smtptls_config_error(config)[0] == '\0' || config->frozen)
		return 4;
	smtptls_config_unref(config);
	return 0;
}

static void test_system_policy(void **state)
{
	static char self[4096], arg[] = "under-policy";
	char *const argv[] = { self, arg, NULL };
	const char *policy;
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	int status = -1;
	pid_t pid;

	(void)state;
	/* by its path, since valgrind cannot run links of /proc */
	assert_in_range(len, 1, sizeof(self) - 1);
	self[len] = '\0';
	policy = testcert_file_text("[overrides]\n"
				    "disabled-version = tls1.2\n"
				    "disabled-version = tls1.3\n");
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)setenv("GNUTLS_SYSTEM_PRIORITY_FILE", policy, 1);
		(void)execv(self, argv);
		_exit(99);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* ---- tickets ---- */

static void test_ticket_secret(void **state)
{
	struct smtptls_config *config = *state;
	char secret[4097];
	static const size_t bad[] = { 0, 1, 31, 4097 }, good[] = { 32, 4096 };
	struct picture before = look(config);
	char sentence[128];
	size_t i;

	memset(secret, 's', sizeof(secret));
	for (i = 0; i < COUNT(bad); i++) {
		assert_int_equal(smtptls_config_set_ticket_secret(
					 config, secret, bad[i]),
				 SMTPTLS_E_LIMIT);
		(void)snprintf(sentence, sizeof(sentence),
			       "ticket secret: %zu bytes, but it must have 32 "
			       "to 4096",
			       bad[i]);
		assert_string_equal(smtptls_config_error(config), sentence);
		assert_unchanged(config, &before);
	}
	for (i = 0; i < COUNT(good); i++)
		assert_int_equal(smtptls_config_set_ticket_secret(
					 config, secret, good[i]),
				 0);
	assert_int_equal(config->ticket_secret.size, 4096);
	assert_int_equal(smtptls_config_freeze(config), 0);
}

static void test_ticket_secret_file(void **state)
{
	static const size_t bad[] = { 1, 31, 4097 }, good[] = { 32, 4096 };
	static const mode_t shared[] = { 0640, 0604, 0644, 0444 };
	struct smtptls_config *config = *state;
	struct picture before = look(config);
	char secret[4097], sentence[4096];
	const char *file;
	size_t i;

	memset(secret, 's', sizeof(secret));
	for (i = 0; i < COUNT(bad); i++) {
		file = testcert_file(secret, bad[i]);
		assert_int_equal(
			smtptls_config_set_ticket_secret_file(config, file),
			SMTPTLS_E_LIMIT);
		(void)snprintf(sentence, sizeof(sentence),
			       "%s: ticket secret: %zu bytes, but it must have "
			       "32 to 4096",
			       file, bad[i]);
		assert_string_equal(smtptls_config_error(config), sentence);
	}
	file = testcert_file(secret, 32);
	for (i = 0; i < COUNT(shared); i++) {
		assert_int_equal(chmod(file, shared[i]), 0);
		assert_int_equal(
			smtptls_config_set_ticket_secret_file(config, file),
			SMTPTLS_E_CONFIG);
		assert_sentence(smtptls_config_error(config), file,
				"(chmod go-r)");
	}
	assert_int_equal(smtptls_config_set_ticket_secret_file(
				 config, testcert_file("", 0)),
			 SMTPTLS_E_CONFIG);
	assert_int_equal(
		smtptls_config_set_ticket_secret_file(config, missing_file()),
		SMTPTLS_E_CONFIG);
	assert_sentence(smtptls_config_error(config), missing_file(),
			"No such file or directory");
	assert_int_equal(smtptls_config_set_ticket_secret_file(
				 config, testcert_directory()),
			 SMTPTLS_E_CONFIG);
	assert_unchanged(config, &before);
	for (i = 0; i < COUNT(good); i++) {
		file = testcert_file(secret, good[i]);
		assert_int_equal(chmod(file, 0400), 0);
		assert_int_equal(
			smtptls_config_set_ticket_secret_file(config, file), 0);
		assert_int_equal(config->ticket_secret.size, good[i]);
		assert_memory_equal(config->ticket_secret.data, secret,
				    good[i]);
	}
	assert_int_equal(smtptls_config_freeze(config), 0);
}

static const char usual_secret[] = "0123456789abcdef0123456789abcdef";

/* How a configuration differs from the usual one. */
struct variant {
	const char *secret; /* "": none */
	const char *priority;
	const char *ca;
	const char *more_ca;
	const char *crl;
	const char *cert;
	const char *more_cert;
	int purpose;
};

static struct smtptls_config *make(const struct variant *variant)
{
	struct smtptls_config *config = new_config();
	const char *secret = variant->secret ? variant->secret : usual_secret;

	if (*secret)
		assert_int_equal(smtptls_config_set_ticket_secret(
					 config, secret, strlen(secret)),
				 0);
	if (variant->priority)
		assert_int_equal(
			smtptls_config_set_priority(config, variant->priority),
			0);
	if (variant->ca)
		assert_int_equal(
			smtptls_config_set_ca_file(config, variant->ca), 0);
	if (variant->more_ca)
		assert_int_equal(
			smtptls_config_set_ca_file(config, variant->more_ca),
			0);
	if (variant->crl)
		assert_int_equal(
			smtptls_config_set_crl_file(config, variant->crl), 0);
	if (variant->cert)
		assert_int_equal(smtptls_config_add_cert_file(
					 config, variant->cert, variant->cert),
				 0);
	if (variant->more_cert)
		assert_int_equal(
			smtptls_config_add_cert_file(config, variant->more_cert,
						     variant->more_cert),
			0);
	assert_int_equal(
		smtptls_config_set_client_purpose(config, variant->purpose), 0);
	assert_int_equal(smtptls_config_freeze(config), 0);
	return config;
}

static int same_key(const gnutls_datum_t *a, const gnutls_datum_t *b)
{
	assert_int_equal(a->size, b->size);
	assert_true(a->size >= 32);
	return memcmp(a->data, b->data, a->size) == 0;
}

static void test_ticket_keys(void **state)
{
	const char *ca = usual_ca()->file, *other = testcert_ca("Other")->file;
	const char *cert = usual_server()->file;
	/* the same names */
	const char *renewed = testcert_leaf(usual_ca(), TESTCERT_ECDSA,
					    "mx.example.org", TESTCERT_SERVER,
					    -TESTCERT_HOUR, 90 * TESTCERT_DAY)
				      ->file;
	const struct variant variants[] = {
		{ .priority = "NORMAL", .ca = ca },
		{ .priority = "NORMAL:-VERS-TLS1.1", .ca = ca },
		{ .ca = ca },
		{ .priority = "NORMAL" },
		{ .priority = "NORMAL", .ca = other },
		{ .priority = "NORMAL", .ca = ca, .more_ca = other },
		{ .priority = "NORMAL",
		  .ca = ca,
		  .crl = testcert_file_text(testcert_crl(usual_ca(), NULL)) },
		{ .priority = "NORMAL",
		  .ca = ca,
		  .purpose = SMTPTLS_CLIENT_OR_SERVER_AUTH },
		{ .priority = "NORMAL", .ca = ca, .cert = cert },
		{ .priority = "NORMAL", .ca = ca, .cert = renewed },
		{ .priority = "NORMAL",
		  .ca = ca,
		  .cert = cert,
		  .more_cert = renewed },
		{ .priority = "NORMAL",
		  .ca = ca,
		  .cert = renewed,
		  .more_cert = cert },
		{ .secret = "0123456789abcdef0123456789abcdeF",
		  .priority = "NORMAL",
		  .ca = ca },
		{ .secret = "0123456789abcdef0123456789abcdef0",
		  .priority = "NORMAL",
		  .ca = ca },
		{ .secret = "", .priority = "NORMAL", .ca = ca },
	};
	struct smtptls_config *made[COUNT(variants)], *again;
	size_t i, j;
	int a, b;

	(void)state;
	for (i = 0; i < COUNT(variants); i++)
		made[i] = make(&variants[i]);
	for (i = 0; i < COUNT(variants); i++) {
		/* the same again; without a secret, each has its own */
		again = make(&variants[i]);
		for (a = 0; a < STLS_VERIFY_MODES; a++)
			assert_int_equal(same_key(&made[i]->ticket_key[a],
						  &again->ticket_key[a]),
					 !variants[i].secret ||
						 *variants[i].secret);
		smtptls_config_unref(again);
		for (j = 0; j < COUNT(variants); j++) {
			for (a = 0; a < STLS_VERIFY_MODES; a++) {
				for (b = 0; b < STLS_VERIFY_MODES; b++)
					assert_int_equal(
						same_key(
							&made[i]->ticket_key[a],
							&made[j]->ticket_key
								 [b]),
						i == j && a == b);
			}
		}
	}
	for (i = 0; i < COUNT(variants); i++)
		smtptls_config_unref(made[i]);
}

#define TEST(function)                                                         \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(test_new),
		TEST(test_null),
		TEST(test_frozen),
		TEST(test_single),
		TEST(test_conn_needs_it_frozen),
		TEST(test_owners_in_threads),
		TEST(test_conn_is_an_owner),
		TEST(test_priority),
		TEST(test_default_priority),
		TEST(test_system_policy),
		TEST(test_ticket_secret),
		TEST(test_ticket_secret_file),
		TEST(test_ticket_keys),
	};

	if (argc > 1 && strcmp(argv[1], "under-policy") == 0)
		return under_policy();
	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
