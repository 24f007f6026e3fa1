/* SPDX-License-Identifier: MIT */
/*
 * x509/own_faults: what is wrong with own certificates, in sentences.
 *
 * What a security level forbids is an error, as it is by OpenSSL. What clients
 * will trip over is a warning, each with the change that ends it: a server with
 * an expired certificate still serves those who do not verify.
 *
 * Here is no certificate any more, only what own_certificates.c has read.
 */
#include "x509/own_faults.h"

#include <string.h>

#include "policy/security_level.h"

#define DAY	  ((time_t)24 * 60 * 60)
#define SOON	  (30 * DAY)
#define DATE_SIZE 32

static const char *name_of(const struct stls_texts *names, size_t i)
{
	const char *name = stls_texts_get(names, i);

	/* The host's own, by smtptls_config_gnutls(). */
	return name ? name : "own certificate";
}

/* ---- errors ---- */

static int judge(const struct stls_own_chain_facts *facts, const char *name,
		 int level, const struct stls_sentence *error)
{
	int bits = stls_security_bits(level);

	if (facts->key_bits < bits)
		return stls_sentence(error, SMTPTLS_E_CONFIG,
				     "%s: the certificate's key has %d bits of "
				     "security, but security level %d asks for "
				     "%d: use a stronger key or a lower "
				     "@SECLEVEL",
				     name, facts->key_bits, level, bits);
	if (facts->signature_bits < bits)
		return stls_sentence(error, SMTPTLS_E_CONFIG,
				     "%s: the certificate's signature has "
				     "%d bits of security, but security level "
				     "%d asks for %d: have it signed anew or "
				     "lower @SECLEVEL",
				     name, facts->signature_bits, level, bits);
	return 0;
}

int stls_own_certificates_judge(const struct stls_own_certificates *own,
				const struct stls_texts *names, int level,
				const struct stls_sentence *error)
{
	size_t i;
	int ret = 0;

	for (i = 0; ret == 0 && i < own->count; i++)
		ret = judge(&own->cert[i].chain, name_of(names, i), level,
			    error);
	return ret;
}

/* ---- warnings ---- */

__attribute__((format(printf, 2, 3))) static int
warn(struct stls_texts *warnings, const char *format, ...)
{
	va_list args;
	int ret;

	va_start(args, format);
	ret = stls_texts_add(warnings, format, args);
	va_end(args);
	return ret;
}

static void write_date(char date[DATE_SIZE], time_t when)
{
	struct tm tm;

	if (!gmtime_r(&when, &tm) ||
	    strftime(date, DATE_SIZE, "%Y-%m-%d %H:%M:%S UTC", &tm) == 0)
		memcpy(date, "?", 2);
}

static int warn_of_time(const struct stls_own_chain_facts *facts,
			const char *name, time_t now,
			struct stls_texts *warnings)
{
	char date[DATE_SIZE];

	if (facts->from != (time_t)-1 && facts->from > now) {
		write_date(date, facts->from);
		return warn(warnings,
			    "%s: the certificate is not valid before %s: set "
			    "the clock right, or use one that is valid now",
			    name, date);
	}
	if (facts->until == (time_t)-1 || facts->until - now > SOON)
		return 0;
	write_date(date, facts->until);
	return warn(warnings, "%s: the certificate %s on %s: renew it", name,
		    facts->until < now ? "has expired" : "expires", date);
}

static int warn_of(const struct stls_own_chain_facts *facts, const char *name,
		   time_t now, struct stls_texts *warnings)
{
	int ret = warn_of_time(facts, name, now, warnings);

	if (ret == 0 && !facts->named && !facts->for_clients)
		ret = warn(warnings,
			   "%s: the certificate has no host name in its SAN, "
			   "and clients do not look at its CN: have it issued "
			   "with a SAN",
			   name);
	if (ret == 0 && facts->broken_hash)
		ret = warn(warnings,
			   "%s: the certificate, or one above it, is signed "
			   "with %s, which clients refuse: have it signed with "
			   "SHA-256",
			   name, facts->broken_hash);
	if (ret == 0 && facts->missing)
		ret = warn(warnings,
			   "%s: the certificate stands alone, and clients that "
			   "lack its issuer %s will refuse it: add the "
			   "issuer's certificate behind it",
			   name, facts->missing);
	return ret;
}

int stls_own_certificates_warn(const struct stls_own_certificates *own,
			       const struct stls_texts *names, time_t now,
			       struct stls_texts *warnings)
{
	size_t i;
	int ret = 0;

	/* Of one that could not be read nothing is known. */
	for (i = 0; ret == 0 && i < own->count; i++) {
		if (own->cert[i].keys)
			ret = warn_of(&own->cert[i].chain, name_of(names, i),
				      now, warnings);
	}
	return ret;
}
