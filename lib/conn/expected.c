/* SPDX-License-Identifier: MIT */
/*
 * conn/expected: what a host expects of its peer: how the peer is verified, and
 * the names, pins and TLSA records of which it must match one.
 *
 * All of it is set before TLS starts, the verification mode first: pins and
 * TLSA records that the mode does not use are refused, not stored and ignored.
 * Whether the mode has all that it needs is checked once, before a byte is
 * sent.
 */
#include "conn/expected.h"

#include <stdlib.h>
#include <string.h>

#include "x509/name.h"

static int has_started(const struct smtptls_conn *conn)
{
	return conn->state != SMTPTLS_PLAIN || stls_conn_negotiating(conn);
}

static int uses_pins(int mode)
{
	return mode == SMTPTLS_VERIFY_CA || mode == SMTPTLS_VERIFY_PIN;
}

int smtptls_conn_set_verify(struct smtptls_conn *conn, int mode)
{
	if (!conn || mode < SMTPTLS_VERIFY_NONE || mode > SMTPTLS_VERIFY_DANE ||
	    (mode == SMTPTLS_VERIFY_DANE && conn->role != SMTPTLS_CLIENT))
		return SMTPTLS_E_ARG;
	if (has_started(conn) ||
	    (conn->expected.pins.count > 0 && !uses_pins(mode)) ||
	    (conn->expected.tlsa.added > 0 && mode != SMTPTLS_VERIFY_DANE))
		return SMTPTLS_E_STATE;
	if (mode == SMTPTLS_VERIFY_CA && !conn->config->has_authorities)
		return SMTPTLS_E_CONFIG;
	conn->expected.verify = mode;
	conn->verify_chosen = 1;
	return 0;
}

/* ---- names ---- */

/* Returns 0, or why `name` cannot be one of the peer's names. */
static int check_name(const struct smtptls_conn *conn, const char *name)
{
	if (!conn || !name || conn->role != SMTPTLS_CLIENT)
		return SMTPTLS_E_ARG;
	if (has_started(conn))
		return SMTPTLS_E_STATE;
	return stls_is_host(name) ? 0 : SMTPTLS_E_SYNTAX;
}

int smtptls_conn_set_peer(struct smtptls_conn *conn, const char *name)
{
	char normal[STLS_NAME_SIZE];
	char *copy;
	int ret;

	ret = check_name(conn, name);
	if (ret < 0)
		return ret;
	/* RFC 6066 section 3: no trailing dot. An address stays as it is. */
	copy = strdup(stls_name_normalize(normal, name, strlen(name)) ? normal
								      : name);
	if (!copy)
		return SMTPTLS_E_NOMEM;
	free(conn->expected.peer);
	conn->expected.peer = copy;
	return 0;
}

int smtptls_conn_add_name(struct smtptls_conn *conn, const char *name)
{
	int ret;

	ret = check_name(conn, name);
	if (ret < 0)
		return ret;
	if (conn->expected.names.count == STLS_NAMES_MAX)
		return SMTPTLS_E_LIMIT;
	return stls_texts_copy(&conn->expected.names, name);
}

/* ---- pins and records ---- */

int smtptls_conn_add_pin(struct smtptls_conn *conn, int kind,
			 const void *digest, size_t len)
{
	if (!conn || !digest ||
	    (kind != SMTPTLS_PIN_CERT && kind != SMTPTLS_PIN_SPKI))
		return SMTPTLS_E_ARG;
	if (has_started(conn) || !uses_pins(conn->expected.verify))
		return SMTPTLS_E_STATE;
	return stls_pins_add(&conn->expected.pins, kind, digest, len);
}

static int is_byte(int number)
{
	return number >= 0 && number <= 255;
}

int smtptls_conn_add_tlsa(struct smtptls_conn *conn, int usage, int selector,
			  int matching, const void *data, size_t len)
{
	const struct smtptls_tlsa record = { usage, selector, matching, data,
					     len };
	int ret;

	if (!conn || (!data && len > 0) || !is_byte(usage) ||
	    !is_byte(selector) || !is_byte(matching) ||
	    len > STLS_TLSA_DATA_MAX)
		return SMTPTLS_E_ARG;
	ret = stls_conn_final(conn);
	if (ret < 0)
		return ret;
	if (has_started(conn) || conn->expected.verify != SMTPTLS_VERIFY_DANE)
		return SMTPTLS_E_STATE;
	ret = stls_tlsa_add(&conn->expected.tlsa, &record);
	if (ret == SMTPTLS_E_NOMEM)
		return stls_conn_fail_nomem(conn);
	if (ret == SMTPTLS_E_LIMIT)
		return stls_conn_fail(conn, ret,
				      "the server has more than 64 TLSA "
				      "records: none of them is used");
	return ret;
}

/* ---- completeness ---- */

/* What the chosen mode still needs, as a sentence; NULL if nothing. */
static const char *find_missing(const struct smtptls_conn *conn)
{
	const struct stls_expected *expected = &conn->expected;
	int named = (expected->peer && !expected->sni_only) ||
		    expected->names.count > 0 || conn->role == SMTPTLS_SERVER;

	switch (conn->expected.verify) {
	case SMTPTLS_VERIFY_CA:
		return named ? NULL
			     : "SMTPTLS_VERIFY_CA needs the server's name: "
			       "call smtptls_conn_set_peer()";
	case SMTPTLS_VERIFY_PIN:
		return expected->pins.count > 0
			       ? NULL
			       : "SMTPTLS_VERIFY_PIN needs a pin of the peer's "
				 "certificate or key: call "
				 "smtptls_conn_add_pin()";
	case SMTPTLS_VERIFY_DANE:
		if (expected->tlsa.added == 0)
			return "SMTPTLS_VERIFY_DANE needs the server's TLSA "
			       "records: call smtptls_conn_add_tlsa()";
		return named || !stls_tlsa_has(&expected->tlsa, STLS_DANE_TA)
			       ? NULL
			       : "a TLSA record of usage DANE-TA needs the "
				 "server's name: call smtptls_conn_set_peer()";
	default:
		return NULL;
	}
}

int stls_expected_check(struct smtptls_conn *conn, int optional)
{
	const char *missing;

	if (conn->role == SMTPTLS_CLIENT && !conn->verify_chosen)
		return stls_conn_fail(
			conn, SMTPTLS_E_CONFIG,
			"how to verify the server was not chosen: call "
			"smtptls_conn_set_verify() with SMTPTLS_VERIFY_CA (by "
			"an authority and its name), SMTPTLS_VERIFY_DANE (by "
			"TLSA records), SMTPTLS_VERIFY_PIN (by a digest of its "
			"certificate or key), SMTPTLS_VERIFY_OPTIONAL "
			"(reported only) or SMTPTLS_VERIFY_NONE (any "
			"certificate)");
	missing = find_missing(conn);
	if (missing)
		return stls_conn_fail(conn, SMTPTLS_E_CONFIG, missing);
	if (optional && conn->expected.verify > SMTPTLS_VERIFY_OPTIONAL)
		return stls_conn_fail(
			conn, SMTPTLS_E_CONFIG,
			"SMTPTLS_TLS_OPTIONAL goes with SMTPTLS_VERIFY_NONE "
			"and SMTPTLS_VERIFY_OPTIONAL only: a server cannot "
			"prove its identity in the clear");
	return 0;
}
