/* SPDX-License-Identifier: MIT */
/*
 * What a connection accepts, holds and sends: limits on what it holds, no
 * buffers while it is idle, the order of plaintext and TLS, and pointers that
 * were handed out, which stay valid whatever is called until the host says that
 * it is done with them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <smtptls.h>

#include "../help/peer.h"

#define HELD	(16 * 1024)
#define ROOM	(64 * 1024)
#define WAITING (64 * 1024)
#define RECORD	(16 * 1024 + 256)

#define READY	"220 2.0.0 Ready to start TLS\r\n"

static const char *const versions[] = { PEER_TLS12, PEER_TLS13 };

static struct smtptls_conn *plain_server(void)
{
	return peer_conn(peer_config(NULL, 1, 0), SMTPTLS_SERVER);
}

/* Step between rounds of a long test; larger where the test is slow. */
static size_t stride(void)
{
	return peer_slow() ? 7 : 1;
}

/* ---- bounds ---- */

static void test_input_is_bounded(void **state)
{
	static char block[100000];
	struct smtptls_conn *conn = plain_server();
	struct peer *client = NULL;
	unsigned char *ptr;
	size_t held = 0, n;

	(void)state;
	memset(block, 'P', sizeof(block));
	while ((n = smtptls_conn_input(conn, &ptr)) > 0) {
		memset(ptr, 'P', n);
		assert_int_equal(smtptls_conn_input_done(conn, n), 0);
		held += n;
		assert_true(held <= HELD + ROOM);
	}
	assert_false(smtptls_conn_poll(conn) & SMTPTLS_NET_IN);
	smtptls_conn_free(conn);

	conn = peer_established(PEER_TLS13, &client);
	peer_say_bytes(client, block, sizeof(block));
	held = 0;
	while ((n = peer_send(client, conn, (size_t)-1)) > 0)
		held += n;
	assert_true(held > HELD && held <= HELD + ROOM);
	peer_free(client);
	smtptls_conn_free(conn);
}

/* No call of a host makes the unflushed output grow without limit. */
static void test_output_is_bounded(void **state)
{
	static const char block[10000];
	struct smtptls_conn *conn;
	struct peer *client;
	const unsigned char *ptr;
	size_t i, n;

	(void)state;
	for (i = 0; i < 3; i++) {
		conn = i < 2 ? peer_established(versions[i], &client)
			     : plain_server();
		for (n = 0; n < 5000; n++) {
			(void)smtptls_conn_write(conn, block,
						 n % sizeof(block));
			(void)smtptls_conn_accept_starttls(conn, "x", 0);
		}
		assert_in_range(smtptls_conn_output(conn, &ptr), WAITING,
				WAITING + RECORD);
		assert_int_equal(smtptls_conn_accept_starttls(conn, "x", 0),
				 SMTPTLS_E_AGAIN);
		if (i < 2)
			peer_free(client);
		smtptls_conn_free(conn);
	}
}

static size_t in_use(void)
{
#if defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 33)
	return mallinfo2().uordblks;
#else
	return 0;
#endif
}

static void test_idle_connections_hold_no_buffer(void **state)
{
	static char block[50000];
	struct peer_queue heard = { NULL, 0, 0, 0 };
	struct smtptls_config *config = peer_config(NULL, 1, 0);
	size_t before = in_use(), after;
	struct smtptls_conn *idle[8], *conn;
	struct peer *client;
	int i;

	(void)state;
	for (i = 0; i < 8; i++) {
		conn = idle[i] =
			peer_conn(smtptls_config_ref(config), SMTPTLS_SERVER);
		assert_int_equal(smtptls_conn_write(conn, "220 mx\r\n", 8), 8);
		assert_true(host_said(conn, "220 mx\r\n"));
		host_feed(conn, "NOOP\r\n", 6);
		assert_true(host_reads(conn, "NOOP\r\n"));
	}
	after = in_use();
	/* all of them have left the same block to their configuration */
	assert_true(after <= before + ROOM + 8 * 1024);
	for (i = 0; i < 8; i++)
		smtptls_conn_free(idle[i]);
	smtptls_config_unref(config);

	conn = peer_established(PEER_TLS13, &client);
	for (i = 0; i < 2; i++) {
		before = in_use();
		peer_say_bytes(client, block, sizeof(block));
		while (peer_queue_len(&client->out) > 0) {
			(void)peer_send(client, conn, (size_t)-1);
			(void)host_read(conn, &heard, 4096);
		}
		assert_int_equal(smtptls_conn_write(conn, block, sizeof(block)),
				 sizeof(block));
		peer_run(client, conn);
		peer_queue_drop(&heard, peer_queue_len(&heard));
		peer_queue_drop(&client->heard, sizeof(block));
		after = in_use();
	}
	/* the test's own queues grew in the first round */
	assert_true(after <= before + 256);
	peer_queue_free(&heard);
	peer_free(client);
	smtptls_conn_free(conn);
}

/* The next connection gets the same memory, without what was read into it. */
static void test_input_is_wiped(void **state)
{
	static const char secret[] = "AUTH PLAIN AGEAYg==\r\n";
	const size_t len = sizeof(secret) - 1;
	struct smtptls_config *config = peer_config(NULL, 1, 0);
	struct smtptls_conn *conn;
	unsigned char *ptr, *before = NULL;
	int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		conn = peer_conn(smtptls_config_ref(config), SMTPTLS_SERVER);
		assert_int_equal(smtptls_conn_input(conn, &ptr), ROOM);
		if (before) {
			assert_ptr_equal(ptr, before);
			assert_memory_not_equal(ptr, secret, len);
		}
		before = ptr;
		memcpy(ptr, secret, len);
		if (i == 1) /* it came too late */
			assert_int_equal(smtptls_conn_input_eof(conn), 0);
		if (i > 0)
			assert_int_equal(smtptls_conn_input_done(conn, len), 0);
		smtptls_conn_free(conn);
	}
	smtptls_config_unref(config);
}

/* ---- order ---- */

static void test_order(void **state)
{
	static const char before[] = "220 mx\r\n250 PPPP\r\n" READY;
	struct smtptls_conn *conn;
	struct peer_queue said = { NULL, 0, 0, 0 };
	struct peer *client;
	const unsigned char *ptr;
	size_t flushed, n;

	(void)state;
	for (flushed = 0; flushed < sizeof(before); flushed++) {
		conn = plain_server();
		client = peer_client(PEER_TLS13, NULL);
		assert_int_equal(smtptls_conn_write(conn, "220 mx\r\n", 8), 8);
		assert_int_equal(smtptls_conn_write(conn, "250 PPPP\r\n", 10),
				 10);
		assert_int_equal(smtptls_conn_accept_starttls(conn, NULL, 0),
				 220);
		n = smtptls_conn_output(conn, &ptr);
		assert_int_equal(n, sizeof(before) - 1);
		peer_queue_add(&said, ptr, flushed);
		assert_int_equal(smtptls_conn_output_done(conn, flushed), 0);
		peer_step(client);
		peer_send(client, conn, (size_t)-1);
		n = smtptls_conn_output(conn, &ptr);
		peer_queue_add(&said, ptr, n);
		assert_true(peer_queue_len(&said) > sizeof(before));
		ptr = peer_queue_data(&said);
		assert_memory_equal(ptr, before, sizeof(before) - 1);
		assert_int_equal(ptr[sizeof(before) - 1], 0x16);
		peer_queue_free(&said);
		peer_free(client);
		smtptls_conn_free(conn);
	}
	/* a client's own STARTTLS precedes its ClientHello */
	conn = peer_conn(peer_config(NULL, 0, 0), SMTPTLS_CLIENT);
	assert_int_equal(smtptls_conn_write(conn, "STARTTLS\r\n", 10), 10);
	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	assert_true(smtptls_conn_output(conn, &ptr) > 11);
	assert_memory_equal(ptr, "STARTTLS\r\n\x16", 11);
	smtptls_conn_free(conn);
}

/* ---- pointers ---- */

static char large[3 * WAITING];

/* What a host may do between asking for memory and releasing it. */
static void do_nothing(struct smtptls_conn *conn)
{
	(void)conn;
}

static void do_read(struct smtptls_conn *conn)
{
	char data[4096];

	while (smtptls_conn_read(conn, data, sizeof(data)) > 0)
		;
}

static void do_write(struct smtptls_conn *conn)
{
	(void)smtptls_conn_write(conn, "P", 1);
	(void)smtptls_conn_write(conn, large, 2000);
	(void)smtptls_conn_write(conn, large, sizeof(large));
}

static void do_starttls(struct smtptls_conn *conn)
{
	(void)smtptls_conn_accept_starttls(conn, NULL, 0);
}

static void do_close(struct smtptls_conn *conn)
{
	(void)smtptls_conn_close(conn);
}

static void do_abort(struct smtptls_conn *conn)
{
	(void)smtptls_conn_abort(conn, SMTPTLS_E_REFUSED);
}

static void do_eof(struct smtptls_conn *conn)
{
	(void)smtptls_conn_input_eof(conn);
}

static void do_input(struct smtptls_conn *conn)
{
	unsigned char *ptr;

	if (smtptls_conn_input(conn, &ptr) > 0)
		*ptr = 22;
	(void)smtptls_conn_input_done(conn, 1);
}

static void do_flush(struct smtptls_conn *conn)
{
	const unsigned char *ptr;
	size_t n = smtptls_conn_output(conn, &ptr);

	(void)smtptls_conn_output_done(conn, n);
}

static void do_info(struct smtptls_conn *conn)
{
	(void)host_info(conn);
}

typedef void deed(struct smtptls_conn *conn);

static deed *const deeds[] = {
	do_nothing, do_read, do_write, do_starttls, do_close,
	do_abort,   do_eof,  do_input, do_flush,    do_info,
};

#define DEEDS (sizeof(deeds) / sizeof(deeds[0]))

/* In one of three situations: plaintext, in the handshake, under TLS. */
static struct smtptls_conn *situation(int kind, struct peer **client)
{
	struct smtptls_conn *conn;

	if (kind == 2) {
		conn = peer_established(PEER_TLS13, client);
		peer_say(*client, "TTTT\r\nT");
		(void)peer_send(*client, conn, (size_t)-1);
		assert_int_equal(smtptls_conn_write(conn, "250\r\n", 5), 5);
		return conn;
	}
	conn = plain_server();
	*client = peer_client(PEER_TLS13, NULL);
	if (kind == 0) {
		host_feed(conn, "NOOP\r\n", 6);
		assert_int_equal(smtptls_conn_write(conn, "250\r\n", 5), 5);
		return conn;
	}
	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	peer_step(*client);
	(void)peer_send(*client, conn, (size_t)-1);
	return conn;
}

static void test_input_stays(void **state)
{
	struct smtptls_conn *conn;
	struct peer *client;
	unsigned char *ptr, *again;
	size_t room, i, j;
	int kind;

	(void)state;
	for (kind = 0; kind < 3; kind++) {
		for (i = 0; i < DEEDS * DEEDS; i += stride()) {
			/* these release the memory themselves */
			if (deeds[i / DEEDS] == do_input ||
			    deeds[i % DEEDS] == do_input)
				continue;
			conn = situation(kind, &client);
			room = smtptls_conn_input(conn, &ptr);
			assert_true(room > 0);
			for (j = 0; j < room; j++)
				ptr[j] = (unsigned char)(j % 251);
			deeds[i / DEEDS](conn);
			deeds[i % DEEDS](conn);
			if (smtptls_conn_input(conn, &again) > 0)
				assert_ptr_equal(again, ptr);
			for (j = 0; j < room; j++)
				assert_true(ptr[j] == j % 251);
			(void)smtptls_conn_input_done(conn, room);
			peer_free(client);
			smtptls_conn_free(conn);
		}
	}
}

static void test_output_stays(void **state)
{
	struct smtptls_conn *conn;
	struct peer *client;
	const unsigned char *ptr, *again;
	unsigned char copy[8192];
	size_t n, i;
	int kind;

	(void)state;
	for (kind = 0; kind < 3; kind++) {
		for (i = 0; i < DEEDS * DEEDS; i += stride()) {
			if (deeds[i / DEEDS] == do_flush ||
			    deeds[i % DEEDS] == do_flush)
				continue;
			conn = situation(kind, &client);
			n = smtptls_conn_output(conn, &ptr);
			assert_in_range(n, 1, sizeof(copy));
			memcpy(copy, ptr, n);
			deeds[i / DEEDS](conn);
			deeds[i % DEEDS](conn);
			assert_true(smtptls_conn_output(conn, &again) >= n);
			assert_ptr_equal(again, ptr);
			assert_memory_equal(ptr, copy, n);
			/* the unsent part comes first */
			assert_int_equal(smtptls_conn_output_done(conn, n - 1),
					 0);
			assert_true(smtptls_conn_output(conn, &again) >= 1);
			assert_int_equal(again[0], copy[n - 1]);
			peer_free(client);
			smtptls_conn_free(conn);
		}
	}
}

/* Nothing is lost or duplicated when output grows while part of it is sent. */
static void test_output_is_whole(void **state)
{
	struct peer_queue said = { NULL, 0, 0, 0 };
	struct smtptls_conn *conn = plain_server();
	const unsigned char *ptr;
	unsigned char next = 0;
	char data[1500];
	size_t n, i, round;

	(void)state;
	for (round = 0; round < 200; round++) {
		n = smtptls_conn_output(conn, &ptr);
		for (i = 0; i < sizeof(data); i++)
			data[i] = (char)next++;
		assert_int_equal(smtptls_conn_write(conn, data, sizeof(data)),
				 sizeof(data));
		n = n * (round % 4) / 3;
		n = n < 5000 ? n : 5000;
		peer_queue_add(&said, ptr, n);
		assert_int_equal(smtptls_conn_output_done(conn, n), 0);
		while (!(smtptls_conn_poll(conn) & SMTPTLS_APP_OUT) ||
		       smtptls_conn_output(conn, &ptr) > WAITING - 2000) {
			n = smtptls_conn_output(conn, &ptr);
			peer_queue_add(&said, ptr, n / 2);
			assert_int_equal(smtptls_conn_output_done(conn, n / 2),
					 0);
		}
	}
	n = smtptls_conn_output(conn, &ptr);
	peer_queue_add(&said, ptr, n);
	assert_int_equal(peer_queue_len(&said), 200 * sizeof(data));
	ptr = peer_queue_data(&said);
	for (i = 0; i < peer_queue_len(&said); i++)
		assert_int_equal(ptr[i], i % 256);
	peer_queue_free(&said);
	smtptls_conn_free(conn);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_input_is_bounded),
		cmocka_unit_test(test_output_is_bounded),
		cmocka_unit_test(test_idle_connections_hold_no_buffer),
		cmocka_unit_test(test_input_is_wiped),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_input_stays),
		cmocka_unit_test(test_output_stays),
		cmocka_unit_test(test_output_is_whole),
	};

	return cmocka_run_group_tests_name("conn_bounds", tests, NULL, NULL);
}
