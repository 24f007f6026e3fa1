/* SPDX-License-Identifier: MIT */
/*
 * policy/selectable: what only a server that chooses by the ClientHello needs
 * from a policy.
 *
 * The priority string loses versions and cannot express some of OpenSSL's
 * rules; such a server follows all of them.
 */
#include "policy/selectable.h"

#include "policy/key_type.h"
#include "policy/security_level.h"

#define FFDHE2048 256 /* RFC 7919; the other fields' codes follow it */

/*
 * OpenSSL uses TLS 1.3 with an ECDSA certificate if the list as set has the
 * algorithm of its curve, whatever Suite B or the security level make of it.
 */
void stls_selectable_sigalgs(struct smtptls_policy *policy,
			     const struct stls_sigalg_list *list)
{
	unsigned i;

	for (i = 0; i < list->count; i++)
		policy->tls13_keys |= (uint8_t)stls_key_of_sigalg_tls13(
			stls_sigalg(list->sigalg[i])->code);
}

/* For DHE before TLS 1.3, OpenSSL does not consult the list of groups. */
void stls_selectable_prepare(struct smtptls_policy *policy,
			     const struct stls_abilities *abilities)
{
	unsigned code;
	int row;

	policy->selectable_versions = policy->versions;
	for (code = FFDHE2048; code < FFDHE2048 + STLS_FIELDS; code++) {
		row = stls_group_by_code(code);
		if (row >= 0 && abilities->group[row] == STLS_ABLE &&
		    stls_group_bits(code) >=
			    stls_security_bits(policy->security_level))
			policy->field[policy->field_count++] = (uint8_t)row;
	}
}
