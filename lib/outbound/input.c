/* SPDX-License-Identifier: MIT */
/*
 * outbound/input: the caller's structs, checked, in this library's size.
 *
 * A caller may have been compiled with a shorter struct; the members it does
 * not know are zero. After these functions every status, answer and level is a
 * value of its enum, and every name of the destination is a host name or NULL.
 * The name of an MX host is checked later: an invalid one comes from DNS and is
 * not the caller's mistake.
 */
#include "outbound/input.h"

#include <string.h>

#include "outbound/name.h"

static void copy(void *to, size_t to_size, const void *from, size_t from_size)
{
	memset(to, 0, to_size);
	memcpy(to, from, from_size < to_size ? from_size : to_size);
}

void stls_outbound_write(void *to, size_t to_size, const void *from,
			 size_t from_size)
{
	copy(to, to_size, from, from_size);
}

static int is_dns(const struct smtptls_dns *dns)
{
	return dns->status >= SMTPTLS_DNS_FAILED &&
	       dns->status <= SMTPTLS_DNS_SECURE &&
	       dns->answer >= SMTPTLS_DNS_RECORDS &&
	       dns->answer <= SMTPTLS_DNS_NXDOMAIN;
}

static int is_name_or_null(const char *name)
{
	return !name || stls_name_valid(name);
}

static int is_insecure_mx_level(int level)
{
	return level == 0 || level == SMTPTLS_LEVEL_MAY ||
	       level == SMTPTLS_LEVEL_ENCRYPT || level == SMTPTLS_LEVEL_DANE;
}

static int check(const struct smtptls_outbound *outbound)
{
	return is_name_or_null(outbound->domain) &&
	       is_name_or_null(outbound->canonical) &&
	       is_name_or_null(outbound->peer_name) &&
	       (outbound->domain || outbound->configured) &&
	       is_dns(&outbound->mx) && outbound->level >= SMTPTLS_LEVEL_MAY &&
	       outbound->level <= SMTPTLS_LEVEL_PIN &&
	       is_insecure_mx_level(outbound->insecure_mx_level) &&
	       (!outbound->peer_name || outbound->level == SMTPTLS_LEVEL_CA) &&
	       outbound->sts_state >= SMTPTLS_STS_NO_POLICY &&
	       outbound->sts_state <= SMTPTLS_STS_LOOKUP_FAILED;
}

int stls_outbound_read(struct smtptls_outbound *outbound,
		       const struct smtptls_outbound *from, size_t size)
{
	if (!from)
		return SMTPTLS_E_ARG;
	copy(outbound, sizeof(*outbound), from, size);
	return check(outbound) ? 0 : SMTPTLS_E_ARG;
}

static int is_nodata(const struct smtptls_dns *dns)
{
	return dns->status >= SMTPTLS_DNS_INSECURE &&
	       dns->answer == SMTPTLS_DNS_NODATA;
}

/* An implicit MX is the domain itself (RFC 5321 section 5.1). */
static int is_implicit_mx(const struct smtptls_outbound_host *host,
			  const struct smtptls_outbound *outbound)
{
	return host->name && stls_name_valid(host->name) &&
	       stls_name_equal(host->name, outbound->domain);
}

static int check_host(const struct smtptls_outbound_host *host,
		      const struct smtptls_outbound *outbound)
{
	if (!is_dns(&host->a) || !is_dns(&host->aaaa) ||
	    !is_dns(&host->cname) || !is_dns(&host->tlsa[0].dns) ||
	    !is_dns(&host->tlsa[1].dns) || !is_name_or_null(host->target) ||
	    (host->tlsa[0].count && !host->tlsa[0].record) ||
	    (host->tlsa[1].count && !host->tlsa[1].record))
		return 0;
	if (outbound->configured)
		return host->name ? stls_name_valid(host->name) : !host->target;
	return host->name &&
	       (!is_nodata(&outbound->mx) || is_implicit_mx(host, outbound));
}

int stls_outbound_read_host(struct smtptls_outbound_host *host,
			    const struct smtptls_outbound_host *from,
			    size_t size,
			    const struct smtptls_outbound *outbound)
{
	if (!from)
		return SMTPTLS_E_ARG;
	copy(host, sizeof(*host), from, size);
	return check_host(host, outbound) ? 0 : SMTPTLS_E_ARG;
}
