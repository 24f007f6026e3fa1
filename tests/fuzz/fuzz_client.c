/* SPDX-License-Identifier: MIT */
/*
 * fuzz_client: any sequence of calls on a client's connection, with bytes from
 * the input, SMTP replies, and the output of a real TLS server.
 *
 * The first byte chooses the server's TLS version, the way of verifying,
 * whether the library negotiates and with which flags. Then each byte is an
 * operation, some with an argument in the next byte. The server's bytes can be
 * cut and damaged, so that a handshake may succeed, or break anywhere; the
 * server does not speak SMTP, and ignores plaintext.
 *
 * Besides what holds for every connection (conn_check.h), the target checks
 * that no data is handed out or accepted while the library negotiates, that TLS
 * is not on without the requested verification, that a connection continues in
 * plaintext only where that is allowed, and that under TLS nothing is read that
 * the server did not send: it sends only 'T', a byte that never occurs in
 * plaintext.
 */
#include <string.h>

#include <smtptls.h>

#include "../unit/help/peer.h"
#include "conn_check.h"
#include "fuzz.h"

enum operation {
	OP_BYTES,
	OP_REPLY,
	OP_SERVER,
	OP_SERVER_BYTE,
	OP_DAMAGE,
	OP_SAY,
	OP_READ,
	OP_WRITE,
	OP_START_TLS,
	OP_OUTPUT,
	OP_DROP_OUTPUT,
	OP_INPUT,
	OP_INFO,
	OP_SESSION,
	OP_EOF,
	OP_END,
	OPERATIONS
};

/* In the first byte, from its third bit on. */
enum { LIBRARY_SPEAKS = 16, ANOTHER_NAME = 128 };

static const char *const replies[] = {
	"220 x\r\n",
	"220-x\r\n220 y\r\n",
	"250-x\r\n250-SIZE 1\r\n250 S\x54"
	"AR\x54\x54LS\r\n",
	"250-x\r\n250 SIZE\r\n",
	"250 x\r\n",
	"454 x\r\n",
	"421 x\r\n",
	"502 x\r\n",
	"554-x\r\n554 x\r\n",
};

struct run {
	const uint8_t *data;
	size_t left;
	struct smtptls_conn *conn;
	struct peer *server;
	struct conn_seen seen;
	unsigned choice;
	int verify;
	int starttls; /* a reply with Ts of its own was fed */
};

static unsigned next_byte(struct run *run)
{
	if (run->left == 0)
		return 0;
	run->left--;
	return *run->data++;
}

static int speaks_itself(const struct run *run)
{
	return (run->choice & LIBRARY_SPEAKS) &&
	       run->seen.state == SMTPTLS_PLAIN &&
	       !(smtptls_conn_poll(run->conn) & SMTPTLS_APP_OUT);
}

static void check(struct run *run)
{
	struct smtptls_info info;

	check_conn(run->conn, &run->seen);
	info = host_info(run->conn);
	CHECK(!run->seen.tls_enabled || run->verify != SMTPTLS_VERIFY_CA ||
	      (info.verify == 1 && !(run->choice & ANOTHER_NAME)));
	/* to plaintext only with the flag, which excludes verification */
	if ((run->choice & LIBRARY_SPEAKS) &&
	    run->seen.state == SMTPTLS_PLAIN && !speaks_itself(run))
		CHECK(run->choice / LIBRARY_SPEAKS / 2 & SMTPTLS_TLS_OPTIONAL &&
		      info.reason != 0 && run->verify != SMTPTLS_VERIFY_CA);
	CHECK(info.retry != SMTPTLS_RETRY_NEW_CONNECTION_CLEAR ||
	      run->verify != SMTPTLS_VERIFY_CA);
}

static void drop_output(struct run *run, size_t max)
{
	const unsigned char *ptr;
	size_t n = smtptls_conn_output(run->conn, &ptr);

	CHECK(smtptls_conn_output_done(run->conn, n < max ? n : max) == 0);
}

static void feed(struct run *run, const void *data, size_t n)
{
	unsigned char *ptr;
	size_t room, i;

	/* nobody reads plaintext output */
	if (run->seen.state == SMTPTLS_PLAIN)
		drop_output(run, (size_t)-1);
	room = smtptls_conn_input(run->conn, &ptr);
	CHECK((room > 0) ==
	      ((smtptls_conn_poll(run->conn) & SMTPTLS_NET_IN) != 0));
	if (n > room)
		n = room;
	if (n > 0)
		memcpy(ptr, data, n);
	for (i = 0; i < n && data == run->data; i++)
		ptr[i] = ptr[i] == 'T' ? 'P' : ptr[i];
	(void)smtptls_conn_input_done(run->conn, n);
}

static void feed_bytes(struct run *run, size_t n)
{
	if (n > run->left)
		n = run->left;
	feed(run, run->data, n);
	run->data += n;
	run->left -= n;
}

static void feed_reply(struct run *run, unsigned i)
{
	const char *reply = replies[i % (sizeof(replies) / sizeof(replies[0]))];

	run->starttls |= strchr(reply, 'T') != NULL;
	feed(run, reply, strlen(reply));
}

static void server(struct run *run, size_t n)
{
	if (run->seen.state == SMTPTLS_PLAIN)
		return;
	peer_step(run->server);
	(void)peer_send(run->server, run->conn, n);
}

static void damage(struct run *run, size_t where)
{
	struct peer_queue *out = &run->server->out;

	if (where < peer_queue_len(out))
		out->data[out->start + where] ^= 1;
}

static void say(struct run *run)
{
	struct peer *peer = run->server;

	if (peer->result == 0 && !peer->error && !peer->closed &&
	    peer_queue_len(&peer->out) < 100000)
		peer_say(peer, "TTTTTTTTTTTTTTTTTTT");
}

static void read_some(struct run *run, size_t size)
{
	int closed = speaks_itself(run);
	char data[256];
	ssize_t n = smtptls_conn_read(run->conn, data, size), i;

	CHECK(n <= (ssize_t)size);
	CHECK(n <= 0 || !closed);
	if (n <= 0)
		return;
	if (run->seen.tls_enabled) {
		for (i = 0; i < n; i++)
			CHECK(data[i] == 'T');
		return;
	}
	CHECK(run->seen.state == SMTPTLS_PLAIN ||
	      run->seen.state == SMTPTLS_FAILED);
	CHECK(!memchr(data, '\n', (size_t)n - 1));
	CHECK(run->starttls || !memchr(data, 'T', (size_t)n));
}

static void write_some(struct run *run, size_t size)
{
	static const char block[255 * 64];
	int closed = speaks_itself(run);
	ssize_t n = smtptls_conn_write(run->conn, block, size);

	CHECK(n <= (ssize_t)size);
	CHECK(n <= 0 || !closed);
	CHECK(n != 0 || size == 0);
	/* the server does not read plaintext */
	if (run->seen.state == SMTPTLS_PLAIN)
		drop_output(run, (size_t)-1);
}

static void start_tls(struct run *run, size_t unread)
{
	int ret;

	if (run->seen.state == SMTPTLS_PLAIN)
		drop_output(run, (size_t)-1);
	ret = smtptls_conn_start_tls(run->conn, unread);
	CHECK(ret != 0 || unread == 0);
}

static void take_session(struct run *run)
{
	static unsigned char bytes[SMTPTLS_SESSION_MAX];
	ssize_t n;

	n = smtptls_conn_get_session(run->conn, bytes, sizeof(bytes));
	CHECK(n <= 0 || run->seen.tls_enabled);
	if (run->seen.state == SMTPTLS_PLAIN)
		CHECK(smtptls_conn_set_session(run->conn, bytes,
					       run->left % 128) < 0);
}

static void end(struct run *run, unsigned how)
{
	if (how < 64)
		(void)smtptls_conn_close(run->conn);
	else
		(void)smtptls_conn_abort(run->conn, -(int)(how % 32));
}

static void operate(struct run *run)
{
	unsigned char *ptr;

	switch (next_byte(run) % OPERATIONS) {
	case OP_BYTES:
		feed_bytes(run, next_byte(run));
		break;
	case OP_REPLY:
		feed_reply(run, next_byte(run));
		break;
	case OP_SERVER:
		server(run, 1 + next_byte(run) * 64);
		break;
	case OP_SERVER_BYTE:
		server(run, 1);
		break;
	case OP_DAMAGE:
		damage(run, next_byte(run));
		break;
	case OP_SAY:
		say(run);
		break;
	case OP_READ:
		read_some(run, 1 + next_byte(run));
		break;
	case OP_WRITE:
		write_some(run, next_byte(run) * 64);
		break;
	case OP_START_TLS:
		start_tls(run, next_byte(run) % 8 == 7);
		break;
	case OP_OUTPUT:
		if (run->seen.state != SMTPTLS_PLAIN)
			(void)peer_receive(run->server, run->conn,
					   1 + next_byte(run) * 256);
		break;
	case OP_DROP_OUTPUT:
		drop_output(run, next_byte(run));
		break;
	case OP_INPUT:
		/* requested, and not used until some later call */
		(void)smtptls_conn_input(run->conn, &ptr);
		break;
	case OP_INFO:
		(void)host_info(run->conn);
		break;
	case OP_SESSION:
		take_session(run);
		break;
	case OP_EOF:
		(void)smtptls_conn_input_eof(run->conn);
		break;
	default:
		end(run, next_byte(run));
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct smtptls_config *config;
	static const struct testcert *cert;
	struct run run = { .data = data,
			   .left = size,
			   .seen = { .state = SMTPTLS_PLAIN } };

	if (!config) {
		config = peer_config(NULL, 0, 1);
		cert = testcert_server(peer_ca(), TESTCERT_ECDSA,
				       "mx.example.org");
	}
	run.choice = next_byte(&run);
	run.verify = (int)(run.choice / 2 % 3);
	run.conn = peer_conn(smtptls_config_ref(config), SMTPTLS_CLIENT);
	run.server =
		peer_server(run.choice % 2 ? PEER_TLS13 : PEER_TLS12, cert);
	CHECK(smtptls_conn_set_verify(run.conn, run.verify) == 0);
	CHECK(smtptls_conn_set_peer(run.conn, run.choice & ANOTHER_NAME
						      ? "b.example.org"
						      : "mx.example.org") == 0);
	if (run.choice & LIBRARY_SPEAKS)
		(void)smtptls_conn_negotiate(
			run.conn, "a",
			(int)(run.choice / LIBRARY_SPEAKS / 2) % 4);
	check(&run);
	while (run.left > 0) {
		operate(&run);
		check(&run);
	}
	peer_free(run.server);
	smtptls_conn_free(run.conn);
	return 0;
}
