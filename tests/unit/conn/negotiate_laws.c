/* SPDX-License-Identifier: MIT */
/*
 * What holds for a client that negotiates, whatever its server sends and
 * however that is split: split invariance; and injection at every byte boundary
 * of every reply.
 *
 * A server is a list of segments, each of which it sends when the one before
 * has been answered, followed by a real TLS server.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <smtptls.h>

#include "../help/peer.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define SEGMENTS     4
#define SEGMENT_MAX  512

static struct smtptls_config *config;
static const struct testcert *cert;

static int set_up(void **state)
{
	(void)state;
	config = peer_config(NULL, 0, 1);
	cert = testcert_server(peer_ca(), TESTCERT_ECDSA, "mx.example.org");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	smtptls_config_unref(config);
	return 0;
}

struct segment {
	unsigned char data[SEGMENT_MAX];
	size_t len;
};

struct script {
	struct segment segment[SEGMENTS];
	size_t count;
};

static void add_segment(struct script *script, const char *text)
{
	struct segment *segment = &script->segment[script->count++];

	segment->len = strlen(text);
	assert_true(segment->len <= SEGMENT_MAX);
	memcpy(segment->data, text, segment->len);
}

static struct script script_of(const char *const texts[SEGMENTS])
{
	struct script script;
	size_t i;

	memset(&script, 0, sizeof(script));
	for (i = 0; i < SEGMENTS && texts[i]; i++)
		add_segment(&script, texts[i]);
	return script;
}

#define GREET "220-mx.example.org\r\n220 ESMTP\r\n"
#define OFFER "250-mx.example.org\r\n250-STARTTLS\r\n250 SIZE\r\n"

static const char *const servers[][SEGMENTS] = {
	{ GREET, OFFER, "220 go\r\n", NULL },
	{ GREET, OFFER, "220-go\r\n220\r\n", NULL },
	{ GREET, OFFER, "454 no\r\n", NULL },
	{ GREET, "250-x\r\n250 SIZE\r\n", NULL, NULL },
	{ GREET, "502 no\r\n", "250 x\r\n", NULL },
	/* and servers with which it fails */
	{ "554-no\r\n554 no\r\n", NULL, NULL, NULL },
	{ GREET, "250-x\r\n550 y\r\n", NULL, NULL },
	{ GREET, "250 x\n", NULL, NULL },
	{ GREET, "25", NULL, NULL },
	{ "HTTP/1.1 400\r\n", NULL, NULL, NULL },
};

/*
 * With the first HONEST servers, each segment is followed by the library's next
 * command, by TLS or by plaintext.
 */
#define HONEST 5

/* ---- a run ---- */

struct run {
	struct smtptls_conn *conn;
	char said[256]; /* in plaintext */
	int state, error, reason;
	char text[512];
	int heard; /* plaintext bytes handed to the host */
};

/* How long the next piece is. */
typedef size_t cutter(unsigned *arg, size_t left);

static size_t whole(unsigned *arg, size_t left)
{
	(void)arg;
	return left;
}

static size_t one(unsigned *arg, size_t left)
{
	(void)arg;
	(void)left;
	return 1;
}

/* In two, for each segment; *arg is the length of the first piece. */
static size_t at(unsigned *arg, size_t left)
{
	size_t first = *arg & 0xffff;
	int second = (*arg ^= 0x10000) >> 16 & 1;

	return second && first > 0 && first < left ? first : left;
}

static size_t at_random(unsigned *arg, size_t left)
{
	*arg ^= *arg << 13;
	*arg ^= *arg >> 17;
	*arg ^= *arg << 5;
	return 1 + *arg % left;
}

static void take_said(struct run *run)
{
	const unsigned char *ptr;
	size_t n;

	if (host_info(run->conn).stage >= SMTPTLS_STAGE_HANDSHAKE)
		return;
	n = smtptls_conn_output(run->conn, &ptr);
	assert_true(strlen(run->said) + n < sizeof(run->said));
	if (n > 0)
		strncat(run->said, (const char *)ptr, n);
	assert_int_equal(smtptls_conn_output_done(run->conn, n), 0);
}

static int negotiates(const struct smtptls_conn *conn)
{
	return smtptls_conn_state(conn) == SMTPTLS_PLAIN &&
	       !(smtptls_conn_poll(conn) & SMTPTLS_APP_OUT);
}

/*
 * No byte may be handed out before TLS is on, unless the negotiation is over
 * and the host speaks in plaintext: then any bytes may be.
 */
static void look_for_plaintext(struct run *run)
{
	char data[64];

	while (!smtptls_conn_tls_enabled(run->conn) &&
	       (negotiates(run->conn) ||
		smtptls_conn_state(run->conn) != SMTPTLS_PLAIN) &&
	       smtptls_conn_read(run->conn, data, sizeof(data)) > 0)
		run->heard++;
}

static void run_segment(struct run *run, const struct segment *segment,
			cutter *cut, unsigned *arg)
{
	size_t from = 0, n;

	while (from < segment->len &&
	       smtptls_conn_poll(run->conn) & SMTPTLS_NET_IN) {
		n = cut(arg, segment->len - from);
		host_feed(run->conn, segment->data + from, n);
		from += n;
		look_for_plaintext(run);
	}
}

static void run_script(struct run *run, const struct script *script, int flags,
		       cutter *cut, unsigned arg)
{
	const char *text;
	size_t i;

	memset(run, 0, sizeof(*run));
	run->conn = peer_conn(smtptls_config_ref(config), SMTPTLS_CLIENT);
	assert_int_equal(
		smtptls_conn_set_verify(run->conn, flags ? SMTPTLS_VERIFY_NONE
							 : SMTPTLS_VERIFY_CA),
		0);
	assert_int_equal(smtptls_conn_set_peer(run->conn, "mx.example.org"), 0);
	assert_int_equal(smtptls_conn_negotiate(run->conn, "a", flags), 0);
	for (i = 0; i < script->count && negotiates(run->conn); i++) {
		run_segment(run, &script->segment[i], cut, &arg);
		take_said(run);
	}
	if (negotiates(run->conn))
		(void)smtptls_conn_input_eof(run->conn);
	run->state = smtptls_conn_state(run->conn);
	run->error = smtptls_conn_error(run->conn, &text);
	(void)snprintf(run->text, sizeof(run->text), "%s", text);
	run->reason = host_info(run->conn).reason;
}

/* ---- split invariance ---- */

static void compare(const struct script *script, int flags, cutter *cut,
		    unsigned arg, const struct run *model)
{
	struct run run;

	run_script(&run, script, flags, cut, arg);
	assert_string_equal(run.said, model->said);
	assert_int_equal(run.state, model->state);
	assert_int_equal(run.error, model->error);
	assert_int_equal(run.reason, model->reason);
	assert_string_equal(run.text, model->text);
	assert_int_equal(run.heard, 0);
	smtptls_conn_free(run.conn);
}

static void test_splits(void **state)
{
	static const int flags[] = { 0, SMTPTLS_TLS_OPTIONAL };
	struct script script;
	struct run model;
	unsigned arg;
	size_t i;

	(void)state;
	for (i = 0; i < 2 * COUNT(servers); i++) {
		script = script_of(servers[i / 2]);
		run_script(&model, &script, flags[i % 2], whole, 0);
		compare(&script, flags[i % 2], one, 0, &model);
		for (arg = 1; arg < 60; arg++) {
			compare(&script, flags[i % 2], at, arg, &model);
			compare(&script, flags[i % 2], at_random, arg, &model);
		}
		smtptls_conn_free(model.conn);
	}
}

/* ---- injection ---- */

static const char *const forged[] = {
	"\n",
	"\r\n",
	"x",
	"5",
	"220 go\r\n",
	"250 ok\r\n",
	"454 no\r\n",
	"250-AUTH PLAIN LOGIN ",
	"250-x\r\n250 STARTTLS\r\n",
	"\r\n220 go\r\n250-x\r\n250 AUTH PLAIN\r\n235 ok\r\n250 ok\r\n",
	"\x16\x03\x03",
};

/* What a client sends, or a prefix of it. */
static int is_prefix(const char *said)
{
	static const char *const all[] = { "EHLO a\r\nSTARTTLS\r\n",
					   "EHLO a\r\nHELO a\r\n" };
	size_t i;

	for (i = 0; i < COUNT(all); i++) {
		if (strncmp(all[i], said, strlen(said)) == 0)
			return 1;
	}
	return 0;
}

/* Under TLS the host gets what the real server sends; otherwise it fails. */
static void go_through_tls(struct run *run)
{
	struct peer *server = peer_server(PEER_TLS13, cert);

	peer_run(server, run->conn);
	if (smtptls_conn_tls_enabled(run->conn)) {
		assert_int_equal(host_read_byte(run->conn), SMTPTLS_E_AGAIN);
		peer_say(server, "T\r\n");
		peer_run(server, run->conn);
		assert_true(host_reads(run->conn, "T\r\n"));
	} else {
		/* an incomplete record waits for the host's time limit */
		(void)smtptls_conn_abort(run->conn, SMTPTLS_E_TIMEOUT);
		assert_int_equal(smtptls_conn_state(run->conn), SMTPTLS_FAILED);
		assert_true(host_read_byte(run->conn) < 0);
	}
	peer_free(server);
}

static void check_outcome(struct run *run, int flags, int in_one_piece)
{
	assert_true(is_prefix(run->said));
	assert_int_equal(run->heard, 0);
	switch (run->state) {
	case SMTPTLS_FAILED:
		assert_true(host_read_byte(run->conn) < 0);
		assert_true(smtptls_conn_write(run->conn, "x", 1) < 0);
		break;
	case SMTPTLS_HANDSHAKE:
		go_through_tls(run);
		break;
	default:
		/*
		 * In plaintext, where allowed; input known to follow the reply
		 * would have ended the connection.
		 */
		assert_int_equal(run->state, SMTPTLS_PLAIN);
		assert_int_equal(flags, SMTPTLS_TLS_OPTIONAL);
		if (in_one_piece)
			assert_int_equal(host_read_byte(run->conn),
					 SMTPTLS_E_AGAIN);
		break;
	}
}

/* `text` inserted into a segment, after `place` of its bytes. */
static struct script inject(const struct script *script, size_t segment,
			    size_t place, const char *text)
{
	struct script with = *script;
	struct segment *in = &with.segment[segment];
	size_t len = strlen(text);

	assert_true(in->len + len <= SEGMENT_MAX);
	memmove(in->data + place + len, in->data + place, in->len - place);
	memcpy(in->data + place, text, len);
	in->len += len;
	return with;
}

/* Whether the segment is followed by a command, plaintext or TLS. */
static int is_turn(size_t server, size_t segment, int flags)
{
	/* where TLS is required, only the offer and a 220 lead further */
	return flags || segment == 0 || server < 2 ||
	       (server == 2 && segment == 1);
}

static void inject_at(size_t server, int flags, const struct script *script,
		      size_t segment, size_t place)
{
	int behind = place == script->segment[segment].len;
	struct script with;
	struct run run;
	size_t i;

	for (i = 0; i < COUNT(forged); i++) {
		with = inject(script, segment, place, forged[i]);
		run_script(&run, &with, flags, whole, 0);
		if (behind && is_turn(server, segment, flags))
			assert_int_equal(run.error, SMTPTLS_E_INJECTION);
		check_outcome(&run, flags, 1);
		smtptls_conn_free(run.conn);
		/* in a piece of its own, and byte by byte */
		run_script(&run, &with, flags, at, (unsigned)place);
		check_outcome(&run, flags, 0);
		smtptls_conn_free(run.conn);
		run_script(&run, &with, flags, one, 0);
		check_outcome(&run, flags, 0);
		smtptls_conn_free(run.conn);
	}
}

static void test_injection(void **state)
{
	size_t server, segment, place, step = peer_slow() ? 7 : 1;
	struct script script;
	int flags;

	(void)state;
	for (server = 0; server < HONEST; server++) {
		script = script_of(servers[server]);
		for (flags = 0; flags <= SMTPTLS_TLS_OPTIONAL;
		     flags += SMTPTLS_TLS_OPTIONAL) {
			for (segment = 0; segment < script.count; segment++) {
				size_t len = script.segment[segment].len;

				for (place = len % step; place <= len;
				     place += step)
					inject_at(server, flags, &script,
						  segment, place);
			}
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_splits),
		cmocka_unit_test(test_injection),
	};

	return cmocka_run_group_tests_name("negotiate_laws", tests, set_up,
					   tear_down);
}
