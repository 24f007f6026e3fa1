/* SPDX-License-Identifier: MIT */
/*
 * outbound/decide: what becomes of the message, by the MX look-up and the plans
 * of the hosts.
 *
 * The message is delivered as long as a host is left. Otherwise the reason of
 * the highest rank decides (outbound/skip), the first one among equals: the
 * message bounces only if a later attempt could not find anything new.
 */
#include <smtptls/outbound.h>

#include <string.h>

#include "outbound/input.h"
#include "outbound/skip.h"

/* The part of a plan that is used here. */
#define PLAN_SIZE_MIN (offsetof(struct smtptls_plan, sts_mode) + sizeof(int))

static void set(struct smtptls_decision *decision, int action,
		const char *status, const char *text)
{
	decision->action = action;
	decision->status = status;
	decision->text = text;
}

/* Decide by the MX look-up alone; 0: the hosts decide. */
static int decide_by_mx(struct smtptls_decision *decision,
			const struct smtptls_outbound *outbound)
{
	if (outbound->configured)
		return 0;
	switch (outbound->mx.status) {
	case SMTPTLS_DNS_FAILED:
		set(decision, SMTPTLS_DEFER, "4.4.3",
		    "the MX look-up of the domain failed");
		return 1;
	case SMTPTLS_DNS_BOGUS:
		set(decision, SMTPTLS_DEFER, "4.4.3",
		    "DNSSEC validation of the domain's MX records failed");
		decision->result_type = "dnssec-invalid";
		return 1;
	default:
		break;
	}
	if (outbound->mx.answer != SMTPTLS_DNS_NXDOMAIN)
		return 0;
	set(decision, SMTPTLS_BOUNCE, "5.1.2", "the domain does not exist");
	return 1;
}

static void get(struct smtptls_plan *plan, const void *plans, size_t size,
		size_t i)
{
	const char *at = (const char *)plans + i * size;

	stls_outbound_write(plan, sizeof(*plan), at, size);
}

static void take(struct smtptls_decision *decision,
		 const struct smtptls_plan *plan, size_t i)
{
	decision->host = i;
	if (plan->policy_type)
		decision->policy_type = plan->policy_type;
	decision->result_type = plan->result_type;
}

/* The host failed a policy of which there may be a newer version. */
static int is_stale(const struct smtptls_outbound *outbound,
		    const struct smtptls_plan *plan)
{
	return outbound->sts_state == SMTPTLS_STS_CACHED &&
	       (plan->skip == SMTPTLS_SKIP_STS ||
		plan->skip == SMTPTLS_SKIP_REQUIRETLS ||
		(plan->skip == SMTPTLS_SKIP_TLS &&
		 plan->sts_mode == SMTPTLS_STS_ENFORCE));
}

/* Decide by the hosts; 0, or SMTPTLS_E_ARG. */
static int decide_by_hosts(struct smtptls_decision *decision,
			   const struct smtptls_outbound *outbound,
			   const void *plans, size_t size, size_t count)
{
	const struct stls_skip *worst = NULL, *reason;
	struct smtptls_plan plan;
	int left = count == 0, stale = 0;
	size_t i;

	for (i = 0; i < count; i++) {
		get(&plan, plans, size, i);
		reason = stls_skip(plan.skip, outbound->requiretls);
		if (!reason && plan.skip != SMTPTLS_TRY)
			return SMTPTLS_E_ARG;
		stale |= is_stale(outbound, &plan);
		if (!reason && !left) {
			left = 1;
			take(decision, &plan, i);
		}
		if (left || (worst && reason->rank <= worst->rank))
			continue;
		worst = reason;
		take(decision, &plan, i);
	}
	if (left) {
		set(decision, SMTPTLS_DELIVER, NULL,
		    "there are hosts to deliver to");
	} else {
		set(decision, worst->action, worst->status, worst->text);
		decision->refetch = stale;
	}
	return 0;
}

static int decide(struct smtptls_decision *decision,
		  const struct smtptls_outbound *outbound, size_t size,
		  const void *plans, size_t plan_size, size_t count)
{
	struct smtptls_outbound domain;
	int ret = stls_outbound_read(&domain, outbound, size);

	if (ret < 0)
		return ret;
	if (count > 0 && (!plans || plan_size < PLAN_SIZE_MIN))
		return SMTPTLS_E_ARG;
	if (decide_by_mx(decision, &domain))
		return 0;
	return decide_by_hosts(decision, &domain, plans, plan_size, count);
}

static void set_unknown(struct smtptls_decision *decision, size_t count)
{
	memset(decision, 0, sizeof(*decision));
	set(decision, SMTPTLS_DEFER, "4.3.5",
	    "nothing is known of the destination");
	decision->policy_type = "no-policy-found";
	decision->host = count;
}

int smtptls_outbound_decide(const struct smtptls_outbound *outbound,
			    size_t size, const struct smtptls_plan *plans,
			    size_t plan_size, size_t count,
			    struct smtptls_decision *decision,
			    size_t decision_size)
{
	struct smtptls_decision answer;
	int ret;

	if (!decision || decision_size == 0)
		return SMTPTLS_E_ARG;
	set_unknown(&answer, count);
	ret = decide(&answer, outbound, size, plans, plan_size, count);
	if (ret < 0)
		set_unknown(&answer, count);
	stls_outbound_write(decision, decision_size, &answer, sizeof(answer));
	return ret;
}
