/* SPDX-License-Identifier: MIT */
/*
 * The hook's memory: a choice that was made before allocates nothing, and a
 * scanner with ever new hellos does not make memory grow.
 *
 * The linker replaces the library's malloc() and its relatives by the functions
 * below; GnuTLS's are public variables. The C library is asked how much the
 * process holds; where another allocator has replaced it, as with
 * AddressSanitizer, that allocator's own leak check decides.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <smtptls/conn.h>

#include "../help/config_help.h"
#include "../help/hello.h"
#include "openssl/suite_table.h"
#include "../help/policy_help.h"
#include "tls/hook.h"

enum { HELLOS = 10000, WARM_UP = 3000, SLACK = 64 * 1024 };

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *ptr, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *ptr, size_t size);

static size_t allocations;

void *__wrap_malloc(size_t size)
{
	allocations++;
	return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	allocations++;
	return __real_calloc(count, size);
}

void *__wrap_realloc(void *ptr, size_t size)
{
	allocations++;
	return __real_realloc(ptr, size);
}

/* Count GnuTLS's allocations too, or leave them alone. */
static void count_all(int on)
{
	gnutls_malloc = on ? __wrap_malloc : __real_malloc;
	gnutls_calloc = on ? __wrap_calloc : __real_calloc;
	gnutls_realloc = on ? __wrap_realloc : __real_realloc;
	allocations = 0;
}

static struct smtptls_config *config_with(const char *ciphers)
{
	struct smtptls_config *config =
		policy_config(POLICY(.ciphers = ciphers));

	add_server(config, TESTCERT_ECDSA, "localhost");
	add_server(config, TESTCERT_RSA, "localhost");
	freeze(config);
	return config;
}

/* ---- a choice that was made before ---- */

static void judge_twice(const struct smtptls_config *config,
			const struct hello_spec *spec)
{
	struct stls_judge judge = { .policy = config->policy,
				    .own = &config->own };
	struct hello hello;
	gnutls_datum_t body;
	gnutls_session_t tls;

	hello_make(&hello, spec);
	body.data = hello.bytes;
	body.size = (unsigned)hello.len;
	assert_int_equal(gnutls_init(&tls, GNUTLS_SERVER), 0);
	assert_int_equal(stls_judge_message(&judge, tls,
					    GNUTLS_HANDSHAKE_CLIENT_HELLO, 1,
					    &body),
			 0);
	count_all(1);
	assert_int_equal(stls_judge_message(&judge, tls,
					    GNUTLS_HANDSHAKE_CLIENT_HELLO, 1,
					    &body),
			 0);
	assert_int_equal(allocations, 0);
	count_all(0);
	gnutls_deinit(tls);
}

static void test_no_allocation(void **state)
{
	struct smtptls_config *config = config_with(NULL);

	(void)state;
	judge_twice(config, &(struct hello_spec){
				    .suites = NUMBERS(0x1301, 0xc02b, 0xc02f),
				    .versions = NUMBERS(0x0304, 0x0303),
				    .groups = NUMBERS(0x1d, 0x17),
				    .shares = NUMBERS(0x1d),
				    .sigalgs = NUMBERS(0x0403, 0x0804) });
	judge_twice(config,
		    &(struct hello_spec){ .suites = NUMBERS(0xc02f),
					  .groups = NUMBERS(0x17),
					  .sigalgs = NUMBERS(0x0401, 0x0403),
					  .sni = "localhost" });
	smtptls_config_unref(config);
	/* the counters do work */
	count_all(1);
	config = config_with(NULL);
	assert_true(allocations > 0);
	count_all(0);
	smtptls_config_unref(config);
}

/* ---- a scanner ---- */

static uint32_t seed = 1;

static unsigned below(unsigned n)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed % n;
}

/* Some of the numbers, in any order, without repetition. */
static const unsigned *some(unsigned *to, const unsigned *from, unsigned count)
{
	unsigned n = 0, i, at;

	for (i = 0; i < count; i++) {
		if (from[i] == 0 || below(3) == 0)
			continue;
		at = below(n + 1);
		memmove(to + at + 1, to + at, (n - at) * sizeof(*to));
		to[at] = from[i];
		n++;
	}
	if (n == 0)
		to[n++] = from[below(count)];
	to[n] = 0;
	return to;
}

static void random_hello(struct hello *hello)
{
	static const unsigned share[] = { 0x1d, 0 };
	static const unsigned versions[] = { 0x0304, 0x0303, 0x0302, 0x0301 };
	static const unsigned groups[] = { 0x1d, 0x17,	0x18, 0x19,
					   0x1e, 0x100, 0x101 };
	static const unsigned sigalgs[] = { 0x0403, 0x0503, 0x0603, 0x0804,
					    0x0805, 0x0806, 0x0401, 0x0501,
					    0x0201, 0x0203 };
	unsigned suites[STLS_SUITES], all[STLS_SUITES + 1], v[5], g[8], s[11];
	struct hello_spec spec = { 0 };
	char name[] = "host00000.example.org";
	unsigned i;

	for (i = 0; i < STLS_SUITES; i++)
		suites[i] = stls_suite(i)->code;
	spec.suites = some(all, suites, STLS_SUITES);
	spec.groups = some(g, groups, 7);
	spec.sigalgs = some(s, sigalgs, 10);
	if (below(2)) {
		spec.versions = some(v, versions, 4);
		spec.shares = share;
		spec.binder = below(2) ? 32 + 16 * below(2) : 0;
	}
	for (i = 4; i < 9; i++)
		name[i] = (char)('0' + below(10));
	spec.sni = below(2) ? name : NULL;
	hello_record(hello, &spec);
}

/* 1 if the server went on with it. */
static int connect_with(struct smtptls_config *config,
			const struct hello *hello)
{
	struct smtptls_conn *conn = NULL;
	unsigned char *room;
	int ret;

	assert_int_equal(smtptls_conn_new(&conn, config, SMTPTLS_SERVER), 0);
	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	assert_true(smtptls_conn_input(conn, &room) >= hello->len);
	memcpy(room, hello->bytes, hello->len);
	ret = smtptls_conn_input_done(conn, hello->len);
	smtptls_conn_free(conn);
	return ret == 0;
}

/* The same by the hook alone, without the cost of the key exchange. */
static int judge_alone(const struct smtptls_config *config, struct hello *hello)
{
	struct stls_judge judge = { .policy = config->policy,
				    .own = &config->own };
	gnutls_datum_t body = { hello->bytes + 9, (unsigned)hello->len - 9 };
	gnutls_session_t tls;
	int ret;

	assert_int_equal(gnutls_init(&tls, GNUTLS_SERVER), 0);
	ret = stls_judge_message(&judge, tls, GNUTLS_HANDSHAKE_CLIENT_HELLO, 1,
				 &body);
	gnutls_deinit(tls);
	stls_judge_clear(&judge);
	return ret == 0;
}

static unsigned scan(struct smtptls_config *config, unsigned hellos)
{
	struct hello hello;
	unsigned served = 0, i;

	for (i = 0; i < hellos; i++) {
		random_hello(&hello);
		served += (unsigned)(i % 10 == 0 ? connect_with(config, &hello)
						 : judge_alone(config, &hello));
	}
	return served;
}

static size_t in_use(void)
{
#ifdef __GLIBC__
	return mallinfo2().uordblks;
#else
	return 0;
#endif
}

static void test_scanner(void **state)
{
	struct smtptls_config *config = config_with("ALL:@SECLEVEL=0");
	unsigned served;
	size_t before;

	(void)state;
	(void)scan(config, WARM_UP);
	before = in_use();
	served = scan(config, HELLOS);
	assert_in_range(in_use(), before > SLACK ? before - SLACK : 0,
			before + SLACK);
	assert_in_range(served, HELLOS / 50, HELLOS - HELLOS / 50);
	smtptls_config_unref(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_allocation),
		cmocka_unit_test(test_scanner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
