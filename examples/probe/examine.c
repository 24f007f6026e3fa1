/* SPDX-License-Identifier: MIT */
/*
 * examine: what one address of a host shows.
 *
 * The first connection is like a sender's: it is set up by the plan, and its
 * verdict is the host's. If it reached the server's certificate, a second one
 * accepts any certificate, to check it against the authorities and see what is
 * offered under TLS, whatever the first verdict was. Another resumes the first
 * session, and one, on request, uses the shadow settings. If the first failed
 * in the handshake before a certificate, one offers everything there is.
 */
#include "examine.h"

#include <stdio.h>
#include <string.h>

#include <smtptls/gnutls.h>

#include "certificate.h"
#include "clock.h"
#include "wire.h"

/* ---- configurations ---- */

static struct smtptls_policy *policy_of(const struct smtptls_policy_spec *spec)
{
	struct smtptls_policy *policy;
	char error[512] = "";
	int ret;

	ret = smtptls_policy_new(&policy, spec, sizeof(*spec), error,
				 sizeof(error));
	if (ret < 0)
		fail("%s", error[0] ? error : smtptls_strerror(ret));
	return policy;
}

static struct smtptls_config *
make_config(const struct options *options,
	    const struct smtptls_policy_spec *spec)
{
	struct smtptls_config *config;
	struct smtptls_policy *policy = policy_of(spec);
	int ret;

	if (smtptls_config_new(&config) < 0)
		fail("no memory");
	ret = smtptls_config_set_policy(config, policy);
	if (ret == 0 && options->client_cert)
		ret = smtptls_config_add_cert_file(config, options->client_cert,
						   options->client_key);
	if (ret < 0)
		fail("%s", smtptls_config_error(config));
	smtptls_policy_unref(policy);
	return config;
}

static void freeze(struct smtptls_config *config)
{
	if (smtptls_config_freeze(config) < 0)
		fail("%s", smtptls_config_error(config));
}

/* Everything there is, for servers that accept nothing else. */
static const struct smtptls_policy_spec widest = { .protocols = ">=TLSv1",
						   .ciphers =
							   "ALL:@SECLEVEL=0" };

void examiner_open(struct examiner *examiner, const struct options *options)
{
	int ret;

	memset(examiner, 0, sizeof(*examiner));
	examiner->options = options;
	examiner->config = make_config(options, &options->spec);
	ret = smtptls_config_set_ca_file(examiner->config, options->ca_file);
	if (ret < 0 && options->ca_file)
		fail("%s", smtptls_config_error(examiner->config));
	if (ret < 0)
		fprintf(stderr,
			"smtptls-probe: %s: install ca-certificates, or give "
			"--ca\n",
			smtptls_config_error(examiner->config));
	examiner->has_authorities = ret == 0;
	freeze(examiner->config);
	examiner->widest = make_config(options, &widest);
	freeze(examiner->widest);
	if (!options->has_shadow)
		return;
	examiner->shadow = make_config(options, &options->shadow);
	freeze(examiner->shadow);
}

void examiner_close(struct examiner *examiner)
{
	smtptls_config_unref(examiner->config);
	smtptls_config_unref(examiner->shadow);
	smtptls_config_unref(examiner->widest);
}

/* ---- a connection ---- */

static int open_wire(const struct examiner *examiner, struct wire *wire,
		     struct smtptls_config *config,
		     const struct attempt *attempt)
{
	int ret = wire_connect(wire, &attempt->address,
			       examiner->options->timeout_ms);

	if (ret == 0 &&
	    smtptls_conn_new(&wire->conn, config, SMTPTLS_CLIENT) < 0)
		fail("no memory");
	return ret;
}

/* Run until TLS is on, or has failed. */
static void begin(const struct examiner *examiner, struct wire *wire, int flags)
{
	int ret = examiner->options->implicit
			  ? smtptls_conn_start_tls(wire->conn, 0)
			  : smtptls_conn_negotiate(wire->conn,
						   examiner->options->my_name,
						   flags);

	if (ret == SMTPTLS_E_SYNTAX)
		fail("--ehlo %s: not a name", examiner->options->my_name);
	if (ret == 0)
		wire_run(wire, SMTPTLS_APP_OUT);
}

static int apply(const struct options *options, struct wire *wire,
		 const struct smtptls_plan *plan)
{
	int flags = smtptls_outbound_apply(wire->conn, plan, sizeof(*plan));

	if (flags >= 0 && plan->level == SMTPTLS_LEVEL_PIN) {
		(void)smtptls_conn_add_pin(wire->conn, SMTPTLS_PIN_CERT,
					   options->pin, options->pin_len);
		(void)smtptls_conn_add_pin(wire->conn, SMTPTLS_PIN_SPKI,
					   options->pin, options->pin_len);
	}
	return flags;
}

/* EHLO under TLS, and QUIT. */
static void say_ehlo(const struct examiner *examiner, struct wire *wire,
		     struct attempt *attempt)
{
	char line[300], reply[256];

	snprintf(line, sizeof(line), "EHLO %.250s\r\n",
		 examiner->options->my_name);
	/* under implicit TLS the greeting comes first */
	if (examiner->options->implicit &&
	    wire_command(wire, "", reply, sizeof(reply)) < 0)
		return;
	if (wire_command(wire, line, attempt->ehlo_tls,
			 sizeof(attempt->ehlo_tls)) < 0)
		return;
	attempt->requiretls =
		smtptls_ehlo_find(&wire->ehlo, "REQUIRETLS") != NULL;
	(void)wire_command(wire, "QUIT\r\n", reply, sizeof(reply));
}

static void copy(char *text, size_t size, const char *from)
{
	snprintf(text, size, "%s", from ? from : "");
}

static void read_session(struct attempt *attempt, struct wire *wire,
			 const struct smtptls_info *info)
{
	gnutls_session_t session = smtptls_conn_gnutls(wire->conn);
	int algorithm;

	copy(attempt->protocol, sizeof(attempt->protocol), info->protocol);
	copy(attempt->cipher, sizeof(attempt->cipher), info->cipher_openssl);
	copy(attempt->group, sizeof(attempt->group), info->group);
	algorithm = gnutls_sign_algorithm_get(session);
	copy(attempt->signature, sizeof(attempt->signature),
	     algorithm > 0
		     ? gnutls_sign_get_name((gnutls_sign_algorithm_t)algorithm)
		     : NULL);
	chain_read(attempt, session);
}

/* ---- the results ---- */

struct session {
	unsigned char bytes[SMTPTLS_SESSION_MAX];
	size_t len;
};

static void get_info(struct wire *wire, struct smtptls_info *info)
{
	if (smtptls_conn_info(wire->conn, info, sizeof(*info)) < 0)
		fail("no memory");
}

static void set_records(struct attempt *attempt,
			const struct smtptls_plan *plan)
{
	struct record_fact *fact;

	while (attempt->record_count < plan->tlsa_count &&
	       attempt->record_count < RECORDS_MAX) {
		fact = &attempt->records[attempt->record_count];
		fact->record = plan->tlsa[attempt->record_count++];
		fact->depth = -1;
		(void)smtptls_tlsa_usable(&fact->record, &fact->unusable);
	}
}

static void note_dialogue(struct attempt *attempt, const struct wire *wire,
			  long began)
{
	char others[512], first[512];
	long ended = clock_ms();

	(void)wire_reply(wire->heard, wire->heard_len, 0, attempt->banner,
			 sizeof(attempt->banner), others, sizeof(others));
	(void)wire_reply(wire->heard, wire->heard_len, 1, first, sizeof(first),
			 attempt->ehlo_clear, sizeof(attempt->ehlo_clear));
	attempt->dialogue_ms =
		(wire->handshake_at ? wire->handshake_at : ended) - began;
	if (wire->handshake_at)
		attempt->handshake_ms = ended - wire->handshake_at;
}

/* Keep the session for resumption; none without a ticket from the server. */
static void keep(struct wire *wire, struct session *session)
{
	ssize_t n = smtptls_conn_get_session(wire->conn, session->bytes,
					     sizeof(session->bytes));

	session->len = n > 0 ? (size_t)n : 0;
}

/* Connect by the plan. Returns 1 if the server showed a certificate. */
static int by_plan(const struct examiner *examiner, const struct host *host,
		   struct attempt *attempt, struct session *session)
{
	long began = clock_ms();
	struct smtptls_info info;
	struct wire wire;
	const char *text;
	int flags;

	attempt->connect_errno =
		open_wire(examiner, &wire, examiner->config, attempt);
	if (attempt->connect_errno)
		return 0;
	attempt->connect_ms = clock_ms() - began;
	began = clock_ms();
	flags = apply(examiner->options, &wire, &host->plan);
	if (flags >= 0)
		begin(examiner, &wire, flags);
	note_dialogue(attempt, &wire, began);
	get_info(&wire, &info);
	attempt->error = smtptls_conn_error(wire.conn, &text);
	copy(attempt->text, sizeof(attempt->text), text);
	attempt->reason = info.reason;
	attempt->retry = info.retry;
	attempt->report = info.report != NULL;
	if (info.reply_text)
		snprintf(attempt->refusal, sizeof(attempt->refusal),
			 " (\"%s\")", info.reply_text);
	(void)smtptls_conn_advice(wire.conn, &attempt->advice,
				  sizeof(attempt->advice));
	attempt->tls = info.tls_enabled;
	attempt->clear = !attempt->error && !attempt->tls;
	attempt->verify = info.verify;
	attempt->tlsa_record = info.tlsa_record;
	attempt->tlsa_depth = info.tlsa_depth;
	attempt->tlsa_weak_key = info.tlsa_weak_key;
	if (info.peer_cert)
		read_session(attempt, &wire, &info);
	if (attempt->tls) {
		say_ehlo(examiner, &wire, attempt);
		keep(&wire, session);
	}
	attempt->lacks_requiretls =
		attempt->tls && host->plan.requiretls && !attempt->requiretls;
	wire_close(&wire);
	return info.peer_cert;
}

/* Connect again, accepting any certificate. */
static void look(const struct examiner *examiner, const struct host *host,
		 struct attempt *attempt)
{
	struct smtptls_info info;
	struct wire wire;

	if (open_wire(examiner, &wire, examiner->config, attempt) != 0)
		return;
	(void)smtptls_conn_set_verify(
		wire.conn, examiner->has_authorities ? SMTPTLS_VERIFY_OPTIONAL
						     : SMTPTLS_VERIFY_NONE);
	if (host->outbound.name)
		(void)smtptls_conn_set_peer(wire.conn, host->outbound.name);
	begin(examiner, &wire, 0);
	get_info(&wire, &info);
	attempt->looked = info.tls_enabled;
	attempt->by_ca = info.verify;
	attempt->by_ca_reason = info.reason;
	if (info.tls_enabled && !attempt->tls)
		say_ehlo(examiner, &wire, attempt);
	wire_close(&wire);
}

static void look_in_shadow(const struct examiner *examiner,
			   const struct host *host, struct attempt *attempt)
{
	struct wire wire;
	const char *text;

	if (!examiner->shadow ||
	    open_wire(examiner, &wire, examiner->shadow, attempt) != 0)
		return;
	(void)smtptls_conn_set_verify(wire.conn, SMTPTLS_VERIFY_NONE);
	if (host->outbound.name)
		(void)smtptls_conn_set_peer(wire.conn, host->outbound.name);
	begin(examiner, &wire, 0);
	attempt->shadow_error = smtptls_conn_error(wire.conn, &text);
	copy(attempt->shadow_text, sizeof(attempt->shadow_text), text);
	wire_close(&wire);
}

/* Test whether the session kept from the first connection is resumed. */
static void resume(const struct examiner *examiner, const struct host *host,
		   struct attempt *attempt, const struct session *session)
{
	struct smtptls_info info;
	struct wire wire;
	int flags;

	if (session->len == 0 ||
	    open_wire(examiner, &wire, examiner->config, attempt) != 0)
		return;
	flags = apply(examiner->options, &wire, &host->plan);
	if (flags >= 0) {
		(void)smtptls_conn_set_session(wire.conn, session->bytes,
					       session->len);
		begin(examiner, &wire, flags);
	}
	get_info(&wire, &info);
	attempt->resumed = info.tls_enabled && info.resumed;
	wire_close(&wire);
}

/* Find out what the server takes, after the first handshake failed. */
static void look_wide(const struct examiner *examiner, const struct host *host,
		      struct attempt *attempt)
{
	struct smtptls_info info;
	struct wire wire;

	if (open_wire(examiner, &wire, examiner->widest, attempt) != 0)
		return;
	(void)smtptls_conn_set_verify(wire.conn, SMTPTLS_VERIFY_NONE);
	if (host->outbound.name)
		(void)smtptls_conn_set_peer(wire.conn, host->outbound.name);
	begin(examiner, &wire, 0);
	get_info(&wire, &info);
	if (info.tls_enabled) {
		copy(attempt->wide_protocol, sizeof(attempt->wide_protocol),
		     info.protocol);
		copy(attempt->wide_cipher, sizeof(attempt->wide_cipher),
		     info.cipher_openssl);
	}
	wire_close(&wire);
}

void examine(const struct examiner *examiner, const struct host *host,
	     struct attempt *attempt)
{
	struct session session = { .len = 0 };

	attempt->connect_ms = attempt->dialogue_ms = attempt->handshake_ms = -1;
	set_records(attempt, &host->plan);
	if (!by_plan(examiner, host, attempt, &session)) {
		if (attempt->error == SMTPTLS_E_HANDSHAKE)
			look_wide(examiner, host, attempt);
		return;
	}
	look(examiner, host, attempt);
	resume(examiner, host, attempt, &session);
	look_in_shadow(examiner, host, attempt);
}
