/* SPDX-License-Identifier: MIT */
/*
 * What holds for a connection whatever is done to it: split invariance, the
 * boundary between plaintext and TLS, at most one plaintext line at a time,
 * injection, monotonicity, liveness. Random choices come from fixed seeds.
 * Order, limits and pointers are in conn_bounds.c.
 *
 * In these tests a plaintext byte is a 'P' and a byte that was sent under TLS
 * is a 'T', so that neither can be mistaken for the other.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <smtptls.h>
#include <smtptls/gnutls.h>

#include "../help/peer.h"

#define WAITING (64 * 1024)
#define RECORD	(16 * 1024 + 256)

static const char *const versions[] = { PEER_TLS12, PEER_TLS13 };

static struct smtptls_config *config;

static int set_up(void **state)
{
	(void)state;
	config = peer_config(NULL, 1, 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	smtptls_config_unref(config);
	return 0;
}

static struct smtptls_conn *plain_server(void)
{
	return peer_conn(smtptls_config_ref(config), SMTPTLS_SERVER);
}

/* xorshift32: the same numbers on every machine. */
static unsigned random_of(unsigned *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

static size_t random_below(unsigned *seed, size_t limit)
{
	return random_of(seed) % limit;
}

/* ---- split invariance ---- */

/* The ways to cut: in two at one place, in pieces of one size, at random. */
struct cut {
	size_t at;    /* not 0: cut once per flight, after this many bytes */
	size_t piece; /* not 0: always this many bytes */
	unsigned seed;
	int cut_now;
};

static size_t cut_it(void *arg, size_t left)
{
	struct cut *cut = arg;

	if (cut->piece)
		return cut->piece;
	if (cut->seed)
		return 1 + random_below(&cut->seed, left < 400 ? left : 400);
	cut->cut_now = !cut->cut_now;
	return cut->cut_now && cut->at < left ? cut->at : left;
}

/* A plaintext dialogue; the host answers each line. */
struct plain_run {
	struct peer_queue heard;
	struct peer_queue said;
	int state;
	int error;
};

static void answer(struct smtptls_conn *conn, struct plain_run *run,
		   size_t size)
{
	char data[64];
	ssize_t n;

	while ((n = smtptls_conn_read(conn, data, size)) > 0) {
		peer_queue_add(&run->heard, data, (size_t)n);
		if (data[n - 1] == '\n')
			assert_int_equal(smtptls_conn_write(conn, "250\r\n", 5),
					 5);
	}
}

static void run_plain(const char *text, size_t len, struct cut *cut,
		      size_t size, struct plain_run *run)
{
	struct smtptls_conn *conn = plain_server();
	const unsigned char *ptr;
	size_t n;

	memset(run, 0, sizeof(*run));
	while (len > 0) {
		n = cut_it(cut, len);
		n = n < len ? n : len;
		host_feed(conn, text, n);
		text += n;
		len -= n;
		answer(conn, run, size);
		n = smtptls_conn_output(conn, &ptr);
		peer_queue_add(&run->said, ptr, n);
		assert_int_equal(smtptls_conn_output_done(conn, n), 0);
	}
	(void)smtptls_conn_input_eof(conn);
	answer(conn, run, size);
	n = smtptls_conn_output(conn, &ptr);
	peer_queue_add(&run->said, ptr, n);
	run->state = smtptls_conn_state(conn);
	run->error = smtptls_conn_error(conn, NULL);
	smtptls_conn_free(conn);
}

static void assert_same_bytes(const struct peer_queue *a,
			      const struct peer_queue *b)
{
	assert_int_equal(peer_queue_len(a), peer_queue_len(b));
	if (peer_queue_len(a) > 0)
		assert_memory_equal(peer_queue_data(a), peer_queue_data(b),
				    peer_queue_len(a));
}

static void compare_plain(const char *text, size_t len, struct cut *cut,
			  size_t size, const struct plain_run *model)
{
	struct plain_run run;

	run_plain(text, len, cut, size, &run);
	assert_same_bytes(&run.heard, &model->heard);
	assert_same_bytes(&run.said, &model->said);
	assert_int_equal(run.state, model->state);
	assert_int_equal(run.error, model->error);
	peer_queue_free(&run.heard);
	peer_queue_free(&run.said);
}

static void split_plain(const char *text, size_t len)
{
	static const size_t sizes[] = { 1, 7, 64 };
	struct cut cut = { 0, len, 0, 0 };
	struct plain_run model;
	size_t i, at;
	unsigned seed;

	run_plain(text, len, &cut, 64, &model);
	assert_int_equal(peer_queue_len(&model.heard), len);
	for (i = 0; i < 3; i++) {
		cut = (struct cut){ 0, 1, 0, 0 };
		compare_plain(text, len, &cut, sizes[i], &model);
		for (at = 1; at < len; at++) {
			cut = (struct cut){ at, 0, 0, 0 };
			compare_plain(text, len, &cut, sizes[i], &model);
		}
		for (seed = 1; seed < 50; seed++) {
			cut = (struct cut){ 0, 0, seed, 0 };
			compare_plain(text, len, &cut, sizes[i], &model);
		}
	}
	peer_queue_free(&model.heard);
	peer_queue_free(&model.said);
}

static void test_splits_in_the_clear(void **state)
{
	static const char dialogue[] = "EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<b>"
				       "\r\n\nNOOP\n\r\n\r\0x\r\nQUIT\r\nhalf";

	(void)state;
	split_plain(dialogue, sizeof(dialogue) - 1);
}

/* After a 220, all input belongs to TLS, wherever it is cut. */
static void test_splits_of_garbage(void **state)
{
	static const char start[] = "NOOP\r\nSTARTTLS\r\n";
	static const char *const garbage[] = { "EHLO a\r\nMAIL FROM:<>\r\n",
					       "\x16\x03\x01\x7f\xff\x01x",
					       "\x80\x2e\x01\x03\x03",
					       "\x16\x09\x09zzzzzzzzzz" };
	struct peer_queue said = { NULL, 0, 0, 0 };
	struct smtptls_conn *conn;
	const unsigned char *ptr;
	size_t i, at, n;

	(void)state;
	for (i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++) {
		for (at = 0; at < strlen(garbage[i]); at++) {
			conn = plain_server();
			host_feed(conn, start, sizeof(start) - 1);
			assert_true(host_reads(conn, "NOOP\r\n"));
			assert_true(host_reads(conn, "STARTTLS\r\n"));
			assert_int_equal(
				smtptls_conn_accept_starttls(conn, NULL, 0),
				220);
			host_feed(conn, garbage[i], at);
			if (smtptls_conn_poll(conn) & SMTPTLS_NET_IN)
				host_feed(conn, garbage[i] + at,
					  strlen(garbage[i]) - at);
			(void)smtptls_conn_input_eof(conn);
			n = smtptls_conn_output(conn, &ptr);
			if (at == 0)
				peer_queue_add(&said, ptr, n);
			assert_int_equal(n, peer_queue_len(&said));
			assert_memory_equal(ptr, peer_queue_data(&said), n);
			assert_true(host_read_byte(conn) < 0);
			assert_int_equal(smtptls_conn_tls_enabled(conn), 0);
			smtptls_conn_free(conn);
		}
		peer_queue_drop(&said, peer_queue_len(&said));
	}
	peer_queue_free(&said);
}

enum ending { BYE, CUT_OFF, BAD, ENDINGS };

static void end_session(struct peer *client, int ending)
{
	static const char bad[] =
		"\x17\x03\x03\x00\x30"
		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		"xxx";

	if (ending == BYE)
		assert_int_equal(gnutls_bye(client->tls, GNUTLS_SHUT_WR), 0);
	else if (ending == BAD)
		peer_inject(client, bad, sizeof(bad) - 1);
}

/* A session whose bytes to the server are cut; the result must not change. */
static void run_tls(const char *version, struct cut *cut, int ending)
{
	static const int errors[] = { 0, SMTPTLS_E_TRUNCATED,
				      SMTPTLS_E_PROTOCOL };
	struct smtptls_conn *conn = plain_server();
	struct peer *client = peer_client(version, NULL);
	struct peer_queue heard = { NULL, 0, 0, 0 };
	ssize_t last;

	assert_int_equal(smtptls_conn_start_tls(conn, 0), 0);
	peer_run_cut(client, conn, cut_it, cut);
	assert_int_equal(client->result, 0);
	assert_int_equal(smtptls_conn_write(conn, "TTTT", 4), 4);
	peer_say(client, "TT\r\n");
	peer_say(client, "T\r\nTTTTT");
	end_session(client, ending);
	peer_run_cut(client, conn, cut_it, cut);
	assert_int_equal(smtptls_conn_input_eof(conn), 0);
	last = host_read(conn, &heard, 3);
	assert_int_equal(last, errors[ending]);
	assert_true(peer_queue_is(&heard, "TT\r\nT\r\nTTTTT"));
	assert_true(peer_queue_is(&client->heard, "TTTT"));
	peer_run(client, conn);
	assert_int_equal(client->closed, ending == BYE);
	assert_int_equal(client->alert,
			 ending == BAD ? GNUTLS_A_BAD_RECORD_MAC : -1);
	assert_int_equal(smtptls_conn_poll(conn), 0);
	peer_queue_free(&heard);
	peer_free(client);
	smtptls_conn_free(conn);
}

static void test_splits_under_tls(void **state)
{
	size_t i, at, step = peer_slow() ? 61 : 1;
	struct peer *client;
	size_t longest;
	struct cut cut;
	unsigned seed;
	int ending;

	(void)state;
	for (i = 0; i < 2; i++) {
		client = peer_client(versions[i], NULL);
		peer_step(client);
		longest = peer_queue_len(&client->out);
		assert_true(longest > 100);
		peer_free(client);
		for (at = 1; at < longest; at += step) {
			cut = (struct cut){ at, 0, 0, 0 };
			run_tls(versions[i], &cut, (int)(at % ENDINGS));
		}
		for (ending = 0; ending < ENDINGS; ending++) {
			cut = (struct cut){ 0, 1, 0, 0 };
			run_tls(versions[i], &cut, ending);
		}
		for (seed = 1; seed < (peer_slow() ? 4 : 60); seed++) {
			cut = (struct cut){ 0, 0, seed, 0 };
			run_tls(versions[i], &cut, (int)(seed % ENDINGS));
		}
	}
}

/* ---- one plaintext line ---- */

static void check_lines(const char *text, size_t len, size_t size)
{
	struct smtptls_conn *conn = plain_server();
	struct peer_queue heard = { NULL, 0, 0, 0 };
	char data[16];
	ssize_t n;

	host_feed(conn, text, len);
	assert_int_equal(smtptls_conn_input_eof(conn), 0);
	while ((n = smtptls_conn_read(conn, data, size)) > 0) {
		const char *end = memchr(data, '\n', (size_t)n);

		assert_true(!end || end == data + n - 1);
		peer_queue_add(&heard, data, (size_t)n);
	}
	assert_int_equal(n, 0);
	assert_int_equal(peer_queue_len(&heard), len);
	if (len > 0)
		assert_memory_equal(peer_queue_data(&heard), text, len);
	peer_queue_free(&heard);
	smtptls_conn_free(conn);
}

/* Every text of up to six bytes from a three-letter alphabet, at every size. */
static void test_one_line_in_the_clear(void **state)
{
	static const char alphabet[] = "P\r\n";
	size_t len, size, number, count = 1, i, rest;
	char text[6];

	(void)state;
	for (len = 0; len <= (peer_slow() ? 4 : sizeof(text)); len++) {
		for (number = 0; number < count; number++) {
			rest = number;
			for (i = 0; i < len; i++) {
				text[i] = alphabet[rest % 3];
				rest /= 3;
			}
			for (size = 1; size <= len + 1; size++)
				check_lines(text, len, size);
		}
		count *= 3;
	}
}

/* ---- injection ---- */

static void check_injection(size_t inside, size_t unread, const char *text)
{
	struct smtptls_conn *conn = plain_server();
	const char *why;

	host_feed(conn, "STARTTLS\r\n", 10);
	host_feed(conn, text, inside);
	assert_true(host_reads(conn, "STARTTLS\r\n"));
	assert_int_equal(smtptls_conn_write(conn, "250\r\n", 5), 5);
	assert_int_equal(smtptls_conn_accept_starttls(conn, NULL, unread),
			 SMTPTLS_E_INJECTION);
	assert_int_equal(smtptls_conn_state(conn), SMTPTLS_FAILED);
	assert_int_equal(smtptls_conn_error(conn, &why), SMTPTLS_E_INJECTION);
	assert_string_not_equal(why, "");
	assert_int_equal(host_read_byte(conn), SMTPTLS_E_INJECTION);
	assert_true(host_said(conn, "250\r\n"));
	assert_int_equal(smtptls_conn_poll(conn), 0);
	smtptls_conn_free(conn);
}

static void test_injection(void **state)
{
	static const char text[] = "\nMAIL FROM:<PPPP>\r\nRCPT TO:<P>\r\n";
	size_t n;

	(void)state;
	for (n = 1; n < sizeof(text); n++) {
		check_injection(n, 0, text);
		check_injection(0, n, text);
		check_injection(n, n, text);
	}
	check_injection(0, (size_t)-1, text);
	check_injection(1, (size_t)-1, text);
}

/* ---- monotonicity, boundary, limits, liveness: any sequence of calls ---- */

struct walk {
	struct smtptls_conn *conn;
	struct peer *client;
	unsigned seed;
	int state;
	int error;
	int tls_enabled;
};

static int rank(int state)
{
	return state == SMTPTLS_FAILED ? SMTPTLS_CLOSED : state;
}

static void look(struct walk *walk)
{
	int state = smtptls_conn_state(walk->conn);
	int enabled = smtptls_conn_tls_enabled(walk->conn);
	int error = smtptls_conn_error(walk->conn, NULL);
	const unsigned char *ptr;

	assert_true(rank(state) >= rank(walk->state));
	if (rank(walk->state) == SMTPTLS_CLOSED)
		assert_int_equal(state, walk->state);
	assert_true(enabled >= walk->tls_enabled);
	if (state == SMTPTLS_TLS)
		assert_int_equal(enabled, 1);
	if (state == SMTPTLS_PLAIN || state == SMTPTLS_HANDSHAKE)
		assert_int_equal(enabled, 0);
	assert_int_equal(error < 0, state == SMTPTLS_FAILED);
	if (walk->error)
		assert_int_equal(error, walk->error);
	if (rank(state) < SMTPTLS_CLOSED)
		assert_true(smtptls_conn_poll(walk->conn) != 0);
	assert_in_range(smtptls_conn_output(walk->conn, &ptr), 0,
			WAITING + RECORD);
	assert_int_equal(smtptls_conn_output_done(walk->conn, 0), 0);
	walk->state = state;
	walk->error = error;
	walk->tls_enabled = enabled;
}

static void walk_read(struct walk *walk)
{
	char data[512], mark = walk->tls_enabled ? 'T' : 'P';
	size_t size = 1 + random_below(&walk->seed, sizeof(data));
	ssize_t n = smtptls_conn_read(walk->conn, data, size), i;

	assert_true(n <= (ssize_t)size);
	for (i = 0; i < n; i++)
		assert_true(data[i] == mark || data[i] == '\n');
}

static void walk_write(struct walk *walk)
{
	static const char block[20000];
	size_t size = random_below(&walk->seed, sizeof(block));
	ssize_t n = smtptls_conn_write(walk->conn, block, size);

	assert_true(n <= (ssize_t)size);
}

static void walk_input(struct walk *walk)
{
	static const char plain[] = "PPPPP\nPP\nPPPPPPPPPPPPPPPPPPPPPPPPPP\n";
	struct peer *client = walk->client;

	if (walk->state == SMTPTLS_PLAIN) {
		if (smtptls_conn_poll(walk->conn) & SMTPTLS_NET_IN)
			host_feed(walk->conn, plain,
				  random_below(&walk->seed, sizeof(plain)));
		return;
	}
	peer_step(client);
	if (client->result == 0 && !client->error && !client->closed &&
	    peer_queue_len(&client->out) < 100000)
		peer_say(client, "TTTTTT\nT\nTTTTTTTTTTTTTTTTTTTTTTT\n");
	/* occasionally a byte that the client did not send */
	if (random_below(&walk->seed, 100) == 0)
		peer_inject(client, "P", 1);
	(void)peer_send(client, walk->conn,
			1 + random_below(&walk->seed, 3000));
}

/* Drop plaintext output: the client does not read it. */
static void drop_output(struct walk *walk)
{
	const unsigned char *ptr;
	size_t n = smtptls_conn_output(walk->conn, &ptr);

	assert_int_equal(smtptls_conn_output_done(walk->conn, n), 0);
}

static void walk_output(struct walk *walk)
{
	if (walk->state == SMTPTLS_PLAIN) {
		drop_output(walk);
		return;
	}
	(void)peer_receive(walk->client, walk->conn,
			   1 + random_below(&walk->seed, 30000));
}

/* Calls that end something are rare; otherwise most walks would be trivial. */
static void walk_seldom(struct walk *walk)
{
	static const int errors[] = { SMTPTLS_E_TIMEOUT, SMTPTLS_E_IO,
				      SMTPTLS_E_CERT_TRUST, SMTPTLS_E_ARG };

	switch (random_below(&walk->seed, 12)) {
	case 0:
		(void)smtptls_conn_close(walk->conn);
		break;
	case 1:
		(void)smtptls_conn_abort(walk->conn,
					 errors[random_below(&walk->seed, 4)]);
		break;
	case 2:
		(void)smtptls_conn_input_eof(walk->conn);
		break;
	case 3:
		(void)smtptls_conn_start_tls(walk->conn, 0);
		break;
	case 4:
		(void)smtptls_conn_set_verify(
			walk->conn, (int)random_below(&walk->seed, 3));
		break;
	default:
		(void)smtptls_conn_accept_starttls(
			walk->conn, random_below(&walk->seed, 3) ? NULL : "x",
			random_below(&walk->seed, 40) == 0);
		break;
	}
}

/* Returns the number of calls. */
static int walk_once(unsigned seed)
{
	struct walk walk = { plain_server(), NULL, seed, SMTPTLS_PLAIN, 0, 0 };
	int calls = (int)random_below(&walk.seed, 200), i, state;

	walk.client = peer_client(versions[seed % 2], NULL);
	for (i = 0; i < calls; i++) {
		state = walk.state;
		switch (random_below(&walk.seed, 9)) {
		case 0:
			walk_write(&walk);
			break;
		case 1:
			walk_seldom(&walk);
			break;
		case 2:
		case 3:
			walk_read(&walk);
			break;
		case 4:
		case 5:
			walk_output(&walk);
			break;
		default:
			walk_input(&walk);
			break;
		}
		look(&walk);
		if (state == SMTPTLS_PLAIN && walk.state == SMTPTLS_HANDSHAKE)
			drop_output(&walk);
	}
	peer_free(walk.client);
	smtptls_conn_free(walk.conn);
	return calls;
}

static void test_any_sequence_of_calls(void **state)
{
	int calls = 0, enough = peer_slow() ? 2000 : 100000;
	unsigned seed;

	(void)state;
	for (seed = 1; calls < enough; seed++)
		calls += walk_once(seed * 2654435761u);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_splits_in_the_clear),
		cmocka_unit_test(test_splits_of_garbage),
		cmocka_unit_test(test_splits_under_tls),
		cmocka_unit_test(test_one_line_in_the_clear),
		cmocka_unit_test(test_injection),
		cmocka_unit_test(test_any_sequence_of_calls),
	};

	return cmocka_run_group_tests_name("conn_laws", tests, set_up,
					   tear_down);
}
