/* SPDX-License-Identifier: MIT */
/*
 * fuzz_conn: any sequence of calls on a server's connection, with bytes from
 * the input and from a real client.
 *
 * The first byte chooses the client's TLS version and the way of verifying.
 * Then each byte is an operation, some with an argument in the next byte; the
 * bytes that go over the network follow OP_BYTES and its length. A real
 * client's bytes can be cut and damaged, so that a handshake may succeed, or
 * break anywhere.
 *
 * After each operation the target checks what holds for every connection
 * (conn_check.h), and that under TLS nothing is read that the client did not
 * send: it sends only 'T', a byte that never occurs in plaintext.
 */
#include <string.h>

#include <smtptls.h>

#include "../unit/help/peer.h"
#include "conn_check.h"
#include "fuzz.h"

enum operation {
	OP_BYTES,
	OP_CLIENT,
	OP_CLIENT_BYTE,
	OP_DAMAGE,
	OP_SAY,
	OP_READ,
	OP_WRITE,
	OP_STARTTLS,
	OP_STARTTLS_BAD,
	OP_START_TLS,
	OP_OUTPUT,
	OP_DROP_OUTPUT,
	OP_INPUT,
	OP_INFO,
	OP_EOF,
	OP_END,
	OPERATIONS
};

struct run {
	const uint8_t *data;
	size_t left;
	struct smtptls_conn *conn;
	struct peer *client;
	struct conn_seen seen;
	size_t fed; /* plaintext bytes that were not read yet */
};

static unsigned next_byte(struct run *run)
{
	if (run->left == 0)
		return 0;
	run->left--;
	return *run->data++;
}

static void feed(struct run *run, size_t n)
{
	unsigned char *ptr;
	size_t room = smtptls_conn_input(run->conn, &ptr), i;

	CHECK((room > 0) ==
	      ((smtptls_conn_poll(run->conn) & SMTPTLS_NET_IN) != 0));
	if (n > run->left)
		n = run->left;
	if (n > room)
		n = room;
	for (i = 0; i < n; i++)
		ptr[i] = run->data[i] == 'T' ? 'P' : run->data[i];
	run->data += n;
	run->left -= n;
	if (run->seen.state == SMTPTLS_PLAIN) {
		run->fed += n;
		CHECK(run->fed <= INPUT_MAX);
	}
	(void)smtptls_conn_input_done(run->conn, n);
}

/* The client acts only once TLS was started; it does not speak SMTP. */
static void client(struct run *run, size_t n)
{
	if (run->seen.state == SMTPTLS_PLAIN)
		return;
	peer_step(run->client);
	(void)peer_send(run->client, run->conn, n);
}

static void damage(struct run *run, size_t where)
{
	struct peer_queue *out = &run->client->out;

	if (where < peer_queue_len(out))
		out->data[out->start + where] ^= 1;
}

static void say(struct run *run)
{
	struct peer *peer = run->client;

	if (peer->result == 0 && !peer->error && !peer->closed &&
	    peer_queue_len(&peer->out) < 100000)
		peer_say(peer, "TTTTTTTTTTTTTTTTTTT");
}

static void read_some(struct run *run, size_t size)
{
	char data[256];
	ssize_t n = smtptls_conn_read(run->conn, data, size), i;

	CHECK(n <= (ssize_t)size);
	if (n <= 0)
		return;
	if (run->seen.tls_enabled) {
		for (i = 0; i < n; i++)
			CHECK(data[i] == 'T');
		return;
	}
	CHECK(run->seen.state == SMTPTLS_PLAIN ||
	      run->seen.state == SMTPTLS_FAILED);
	CHECK((size_t)n <= run->fed);
	run->fed -= (size_t)n;
	CHECK(!memchr(data, '\n', (size_t)n - 1));
	CHECK(!memchr(data, 'T', (size_t)n));
}

static void write_some(struct run *run, size_t size)
{
	static const char block[255 * 64];
	ssize_t n = smtptls_conn_write(run->conn, block, size);

	CHECK(n <= (ssize_t)size);
	CHECK(n != 0 || size == 0);
}

static void drop_output(struct run *run, size_t max)
{
	const unsigned char *ptr;
	size_t n = smtptls_conn_output(run->conn, &ptr);

	CHECK(smtptls_conn_output_done(run->conn, n < max ? n : max) == 0);
}

/* A 220 requires that nothing was unread; on an attack nothing is sent. */
static void starttls(struct run *run, const char *args, size_t unread)
{
	int plain = run->seen.state == SMTPTLS_PLAIN, ret;

	ret = smtptls_conn_accept_starttls(run->conn, args, unread);
	CHECK(ret != 0);
	if (ret == 220)
		CHECK(plain && run->fed == 0 && unread == 0 && !args);
	if (plain && ret == SMTPTLS_E_INJECTION)
		CHECK(run->fed > 0 || unread > 0);
	/* the client does not read the 220 */
	if (plain && smtptls_conn_state(run->conn) == SMTPTLS_HANDSHAKE)
		drop_output(run, (size_t)-1);
	if (smtptls_conn_error(run->conn, NULL) == SMTPTLS_E_INJECTION)
		CHECK(host_read_byte(run->conn) == SMTPTLS_E_INJECTION);
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
		feed(run, next_byte(run));
		break;
	case OP_CLIENT:
		client(run, 1 + next_byte(run) * 64);
		break;
	case OP_CLIENT_BYTE:
		client(run, 1);
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
	case OP_STARTTLS:
		starttls(run, NULL, 0);
		break;
	case OP_STARTTLS_BAD:
		starttls(run, run->left % 2 ? "x" : NULL, run->left % 3);
		break;
	case OP_START_TLS:
		(void)smtptls_conn_start_tls(run->conn, 0);
		break;
	case OP_OUTPUT:
		if (run->seen.state != SMTPTLS_PLAIN)
			(void)peer_receive(run->client, run->conn,
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
	struct run run = { .data = data,
			   .left = size,
			   .seen = { .state = SMTPTLS_PLAIN } };
	unsigned choice = next_byte(&run);

	if (!config)
		config = peer_config(NULL, 1, 1);
	run.conn = peer_conn(smtptls_config_ref(config), SMTPTLS_SERVER);
	run.client = peer_client(choice % 2 ? PEER_TLS13 : PEER_TLS12, NULL);
	CHECK(smtptls_conn_set_verify(run.conn, (int)(choice / 2 % 3)) == 0);
	check_conn(run.conn, &run.seen);
	while (run.left > 0) {
		operate(&run);
		check_conn(run.conn, &run.seen);
	}
	peer_free(run.client);
	smtptls_conn_free(run.conn);
	return 0;
}
