/* SPDX-License-Identifier: MIT */
/*
 * resolver: DNS queries through libunbound, which validates the answers itself:
 * the server's word on its own validation is not trusted. A query that takes
 * too long is abandoned, and has failed.
 *
 * Names in answers can hold any bytes: one that is not a host name is shown
 * escaped, and is refused by its users.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include <unbound.h>

#include "resolver.h"

struct resolver {
	struct ub_ctx *context;
	int timeout_ms;
	long long deadline; /* of all queries; 0 if there is none */
};

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* The system's file with a trust anchor for the root, or NULL. */
static const char *system_anchor(void)
{
	static const char *const files[] = { "/usr/share/dns/root.key",
					     "/var/lib/unbound/root.key",
					     "/etc/unbound/root.key" };
	size_t i;
	FILE *file;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		file = fopen(files[i], "re");
		if (!file)
			continue;
		fclose(file);
		return files[i];
	}
	return NULL;
}

/* 0, or the first error. */
static int set_up(struct ub_ctx *context, const char *server,
		  const char *anchor)
{
	/* names in libunbound's built-in zones may be real here, and the server
	 * may be on this machine */
	int ret = ub_ctx_set_option(context, "unblock-lan-zones:", "yes");

	if (ret == 0)
		ret = ub_ctx_set_option(context, "insecure-lan-zones:", "no");
	if (ret == 0)
		ret = ub_ctx_set_option(context,
					"do-not-query-localhost:", "no");
	if (ret == 0)
		ret = server ? ub_ctx_set_fwd(context, server)
			     : ub_ctx_resolvconf(context, NULL);
	if (ret == 0 && anchor)
		ret = ub_ctx_add_ta_file(context, anchor);
	if (ret == 0)
		ret = ub_ctx_async(context, 1);
	if (ret == 0)
		ret = ub_ctx_zone_remove(context, "test.");
	return ret;
}

struct resolver *resolver_open(const char *server, const char *anchor,
			       int timeout_ms, const char **error)
{
	struct resolver *resolver = malloc(sizeof(*resolver));
	int ret;

	*error = "no memory";
	if (!resolver)
		return NULL;
	resolver->context = ub_ctx_create();
	resolver->timeout_ms = timeout_ms;
	resolver->deadline = 0;
	if (!resolver->context) {
		free(resolver);
		return NULL;
	}
	if (!anchor)
		anchor = system_anchor();
	ret = set_up(resolver->context, server, anchor);
	if (ret != 0) {
		*error = ub_strerror(ret);
		resolver_close(resolver);
		return NULL;
	}
	*error = anchor ? NULL
			: "no trust anchor, so that every answer is insecure: "
			  "install dns-root-data, or give --trust-anchor";
	return resolver;
}

void resolver_close(struct resolver *resolver)
{
	if (!resolver)
		return;
	ub_ctx_delete(resolver->context);
	free(resolver);
}

void resolver_set_deadline(struct resolver *resolver, long long deadline_ms)
{
	resolver->deadline = deadline_ms;
}

static void answered(void *arg, int error, struct ub_result *result)
{
	struct answer *answer = arg;

	answer->done = 1;
	if (error)
		ub_resolve_free(result);
	else
		answer->result = result;
}

static struct smtptls_dns status_of(const struct ub_result *result)
{
	struct smtptls_dns dns = { SMTPTLS_DNS_FAILED, SMTPTLS_DNS_RECORDS };

	if (!result)
		return dns;
	if (result->bogus) {
		dns.status = SMTPTLS_DNS_BOGUS;
		return dns;
	}
	if (result->rcode != 0 && result->rcode != 3)
		return dns;
	dns.status = result->secure ? SMTPTLS_DNS_SECURE : SMTPTLS_DNS_INSECURE;
	dns.answer = result->nxdomain	? SMTPTLS_DNS_NXDOMAIN
		     : result->havedata ? SMTPTLS_DNS_RECORDS
					: SMTPTLS_DNS_NODATA;
	return dns;
}

struct answer resolver_ask(struct resolver *resolver, const char *name,
			   int type)
{
	struct pollfd wait = { ub_fd(resolver->context), POLLIN, 0 };
	struct answer answer = { NULL, 0, { 0, 0 } };
	long long end = now_ms() + resolver->timeout_ms, left;
	int id;

	if (resolver->deadline && end > resolver->deadline)
		end = resolver->deadline;
	if (end > now_ms() && ub_resolve_async(resolver->context, name, type, 1,
					       &answer, answered, &id) == 0) {
		while (!answer.done && (left = end - now_ms()) > 0) {
			if (poll(&wait, 1, (int)left) > 0 &&
			    ub_process(resolver->context) != 0)
				break;
		}
		if (!answer.done)
			ub_cancel(resolver->context, id);
	}
	answer.dns = status_of(answer.result);
	return answer;
}

void answer_free(struct answer *answer)
{
	ub_resolve_free(answer->result);
	answer->result = NULL;
}

int answer_data(const struct answer *answer, int i, const unsigned char **data,
		size_t *len)
{
	const struct ub_result *result = answer->result;

	if (answer->dns.status < SMTPTLS_DNS_INSECURE ||
	    answer->dns.answer != SMTPTLS_DNS_RECORDS || !result->data[i])
		return 0;
	*data = (const unsigned char *)result->data[i];
	*len = (size_t)result->len[i];
	return 1;
}

static int same_name(const char *a, const char *b)
{
	size_t len = strlen(a), other = strlen(b);

	len -= len > 0 && a[len - 1] == '.';
	other -= other > 0 && b[other - 1] == '.';
	return len == other && strncasecmp(a, b, len) == 0;
}

void answer_canonical(const struct answer *answer, const char *asked,
		      char name[SMTPTLS_NAME_SIZE])
{
	const char *found = answer->result ? answer->result->canonname : NULL;
	size_t len = found ? strlen(found) : 0;

	name[0] = '\0';
	if (len == 0 || len >= SMTPTLS_NAME_SIZE || same_name(found, asked))
		return;
	memcpy(name, found, len + 1);
	if (len > 1 && name[len - 1] == '.')
		name[len - 1] = '\0';
}

/* Write one label; unprintable bytes, dots and backslashes become \DDD. */
static size_t write_label(char *text, size_t size, const unsigned char *label,
			  size_t len)
{
	size_t used = 0, i;

	for (i = 0; i < len && used + 5 < size; i++) {
		if (label[i] > ' ' && label[i] < 0x7f && label[i] != '.' &&
		    label[i] != '\\')
			text[used++] = (char)label[i];
		else
			used += (size_t)snprintf(text + used, size - used,
						 "\\%03d", label[i]);
	}
	text[used] = '\0';
	return used;
}

int wire_name(char *text, size_t size, const unsigned char *wire, size_t len)
{
	size_t used = 0, label;

	if (len == 1 && wire[0] == 0) {
		snprintf(text, size, ".");
		return 0;
	}
	text[0] = '\0';
	while (len > 0 && wire[0] > 0) {
		label = wire[0];
		if (label > 63 || label + 1 > len)
			return -1;
		if (used > 0 && used + 1 < size)
			text[used++] = '.';
		used += write_label(text + used, size - used, wire + 1, label);
		wire += label + 1;
		len -= label + 1;
	}
	return len == 1 ? 0 : -1;
}
