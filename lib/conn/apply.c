/* SPDX-License-Identifier: MIT */
/*
 * conn/apply: turns a host's plan (outbound/plan) into what its connection
 * expects of the server.
 *
 * The name that is sent as SNI is not a name to look for in the certificate: a
 * plan may have it from an insecure MX record, which anyone can forge. Only
 * names in the plan's list count for the certificate.
 *
 * This fails closed. A plan that the library did not make in this form, or one
 * applied after other settings, leaves a failed connection, not one that asks
 * for less.
 */
#include <string.h>

#include <smtptls/outbound.h>

#include "conn/state.h"
#include "outbound/input.h"
#include "x509/name.h"

/* 1 if the array holds a string that is a host name or an address. */
static int is_name(const char name[SMTPTLS_NAME_SIZE])
{
	return memchr(name, '\0', SMTPTLS_NAME_SIZE) && stls_is_host(name);
}

static int are_names(const struct smtptls_plan *plan)
{
	int i;

	if (plan->name_count < 0 || plan->name_count > SMTPTLS_PLAN_NAMES ||
	    (plan->sni[0] && !is_name(plan->sni)))
		return 0;
	for (i = 0; i < plan->name_count; i++) {
		if (!is_name(plan->name[i]))
			return 0;
	}
	return 1;
}

static int is_authenticated(int level)
{
	return level == SMTPTLS_LEVEL_DANE || level == SMTPTLS_LEVEL_CA;
}

/* Why no connection can be made under this plan, or NULL if one can. */
static const char *find_fault(const struct smtptls_plan *plan)
{
	if (plan->skip)
		return "the plan says that this host is not to be tried";
	if (!are_names(plan))
		return "the plan has a name that is not a host name";
	if (plan->clear && plan->level != SMTPTLS_LEVEL_MAY)
		return "the plan allows going on in the clear, but its level "
		       "does not";
	if (plan->requiretls && !is_authenticated(plan->level))
		return "the plan has REQUIRETLS, but its level does not "
		       "authenticate the server";
	if (is_authenticated(plan->level) && plan->name_count == 0)
		return "the plan's level needs a name to look for, but the "
		       "plan has none";
	if (plan->tlsa_count > 0 && !plan->tlsa)
		return "the plan's TLSA records are missing";
	return NULL;
}

/* An enum smtptls_verify, or -1 if no plan has this level. */
static int verify_of(const struct smtptls_plan *plan,
		     const struct smtptls_config *config)
{
	switch (plan->level) {
	case SMTPTLS_LEVEL_MAY:
	case SMTPTLS_LEVEL_ENCRYPT:
		/* only reported, and only if there are authorities */
		return plan->sts_mode == SMTPTLS_STS_TESTING &&
				       plan->name_count > 0 &&
				       config->has_authorities
			       ? SMTPTLS_VERIFY_OPTIONAL
			       : SMTPTLS_VERIFY_NONE;
	case SMTPTLS_LEVEL_DANE:
		return SMTPTLS_VERIFY_DANE;
	case SMTPTLS_LEVEL_CA:
		return SMTPTLS_VERIFY_CA;
	case SMTPTLS_LEVEL_PIN:
		return SMTPTLS_VERIFY_PIN;
	default:
		return -1;
	}
}

static int set_verify(struct smtptls_conn *conn,
		      const struct smtptls_plan *plan)
{
	int verify = verify_of(plan, conn->config), ret;

	if (verify < 0)
		return stls_conn_fail(
			conn, SMTPTLS_E_CONFIG,
			"the plan's level is not one that a plan can have");
	ret = smtptls_conn_set_verify(conn, verify);
	if (ret == SMTPTLS_E_CONFIG)
		return stls_conn_fail(conn, ret,
				      "the plan's level needs authorities, but "
				      "the configuration has none: call "
				      "smtptls_config_set_ca_file()");
	return ret;
}

static int set_names(struct smtptls_conn *conn, const struct smtptls_plan *plan)
{
	int ret = 0, i;

	if (plan->sni[0]) {
		ret = smtptls_conn_set_peer(conn, plan->sni);
		conn->expected.sni_only = 1;
	}
	for (i = 0; ret == 0 && i < plan->name_count; i++)
		ret = smtptls_conn_add_name(conn, plan->name[i]);
	return ret == SMTPTLS_E_NOMEM ? stls_conn_fail_nomem(conn) : ret;
}

static int add_records(struct smtptls_conn *conn,
		       const struct smtptls_plan *plan)
{
	const struct smtptls_tlsa *record = plan->tlsa;
	size_t i;
	int ret;

	if (plan->level != SMTPTLS_LEVEL_DANE)
		return 0;
	for (i = 0; i < plan->tlsa_count; i++, record++) {
		ret = smtptls_conn_add_tlsa(conn, record->usage,
					    record->selector, record->matching,
					    record->data, record->data_len);
		if (ret == SMTPTLS_E_ARG)
			return stls_conn_fail(
				conn, SMTPTLS_E_CONFIG,
				"the plan has a TLSA record that is not valid");
		if (ret < 0)
			return ret;
	}
	/* A record can look usable and hold neither a certificate nor a key. */
	if (plan->authenticated && conn->expected.tlsa.count == 0)
		return stls_conn_fail(
			conn, SMTPTLS_E_CERT_TLSA,
			"none of the server's TLSA records holds a certificate "
			"or key, but it must be authenticated");
	return 0;
}

static int is_untouched(const struct smtptls_conn *conn)
{
	return !conn->verify_chosen && !conn->expected.peer &&
	       conn->expected.names.count == 0;
}

static int apply(struct smtptls_conn *conn, const struct smtptls_plan *plan)
{
	const char *fault =
		is_untouched(conn)
			? find_fault(plan)
			: "a plan must be applied before anything else is set";
	int ret;

	if (fault)
		return stls_conn_fail(conn, SMTPTLS_E_CONFIG, fault);
	ret = set_verify(conn, plan);
	if (ret == 0)
		ret = set_names(conn, plan);
	if (ret == 0)
		ret = add_records(conn, plan);
	if (ret < 0)
		return ret;
	return plan->clear ? SMTPTLS_TLS_OPTIONAL : 0;
}

int smtptls_outbound_apply(struct smtptls_conn *conn,
			   const struct smtptls_plan *plan, size_t plan_size)
{
	struct smtptls_plan full;
	int ret;

	if (!conn || !plan || plan_size == 0 || conn->role != SMTPTLS_CLIENT)
		return SMTPTLS_E_ARG;
	ret = stls_conn_final(conn);
	if (ret < 0)
		return ret;
	if (conn->state != SMTPTLS_PLAIN || conn->negotiation || conn->spoken)
		return SMTPTLS_E_STATE;
	stls_outbound_write(&full, sizeof(full), plan, plan_size);
	return apply(conn, &full);
}
