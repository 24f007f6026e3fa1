/* SPDX-License-Identifier: MIT */
/*
 * x509/own_faults: what is wrong with own certificates, in sentences.
 *
 * What the security level forbids is an error, as in OpenSSL. What clients may
 * refuse is a warning, with its remedy: a server with an expired certificate
 * still serves clients that do not verify.
 *
 * No certificate is parsed here: all facts come from own_certificates.c.
 */
#include "x509/own_faults.h"

#include <stdio.h>
#include <string.h>

#include "policy/key_type.h"
#include "policy/security_level.h"
#include "x509/name.h"

#define DAY	  ((time_t)24 * 60 * 60)
#define SOON	  (30 * DAY)
#define DATE_SIZE 32

static const char *name_of(const struct stls_texts *names, size_t i)
{
	const char *name = stls_texts_get(names, i);

	/* The host added it itself, through smtptls_config_gnutls(). */
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
		return stls_sentence(
			error, SMTPTLS_E_CONFIG,
			"%s: the certificate's signature has %d bits of "
			"security, but security level %d asks for %d: have it "
			"signed again or lower @SECLEVEL",
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
		    facts->until < now ? "expired" : "expires", date);
}

/* Warn of a keyUsage that leaves the certificate no use in TLS. */
static int warn_of_usage(unsigned keys, const char *name,
			 struct stls_texts *warnings)
{
	if (keys & ~(STLS_KEYS_IDLE | STLS_KEYS_SHORT))
		return 0;
	return warn(warnings,
		    "%s: the certificate's keyUsage allows neither signatures "
		    "nor key encipherment, so TLS cannot use it: have it "
		    "issued with digitalSignature",
		    name);
}

static int warn_of(const struct stls_own_chain_facts *facts, const char *name,
		   time_t now, struct stls_texts *warnings)
{
	int ret = warn_of_time(facts, name, now, warnings);

	if (ret == 0 && !facts->named && !facts->for_clients)
		ret = warn(
			warnings,
			"%s: the certificate has no host name in its SAN, and "
			"clients ignore its CN: have it issued with a SAN",
			name);
	if (ret == 0 && facts->broken_hash)
		ret = warn(warnings,
			   "%s: the certificate, or one above it, is signed "
			   "with %s, which clients refuse: have it signed with "
			   "SHA-256",
			   name, facts->broken_hash);
	if (ret == 0 && facts->missing)
		ret = warn(warnings,
			   "%s: the certificate is sent alone, and clients "
			   "that lack its issuer %s will refuse it: add the "
			   "issuer's certificate after it",
			   name, facts->missing);
	return ret;
}

/* Nobody asks for the status of a certificate for clients only. */
static int lacks_status(const struct stls_own_certificate *cert, time_t now)
{
	return cert->chain.demands_status && !cert->chain.for_clients &&
	       !stls_staple_is_fresh(&cert->staple, now);
}

int stls_own_certificates_warn(const struct stls_own_certificates *own,
			       const struct stls_texts *names, time_t now,
			       struct stls_texts *warnings)
{
	size_t i;
	int ret = 0;

	/* Nothing is known of one that could not be parsed. */
	for (i = 0; ret == 0 && i < own->count; i++) {
		if (!own->cert[i].keys)
			continue;
		ret = warn_of_usage(own->cert[i].keys, name_of(names, i),
				    warnings);
		if (ret == 0)
			ret = warn_of(&own->cert[i].chain, name_of(names, i),
				      now, warnings);
		if (ret == 0 && lacks_status(&own->cert[i], now))
			ret = warn(warnings,
				   "%s: the certificate demands an OCSP status "
				   "(must-staple), and none is sent: clients "
				   "that use GnuTLS, and Thunderbird, refuse "
				   "it: add a valid response, or have it "
				   "issued without that",
				   name_of(names, i));
	}
	return ret;
}

/* ---- OCSP responses ---- */

/* Each follows "is not sent: ". */
static const char *const ocsp_faults[] = {
	[STLS_OCSP_OTHER] = "it does not cover any of the certificates: fetch "
			    "one that does",
	[STLS_OCSP_FAILED] = "the responder has answered with an error: fetch "
			     "it again",
	[STLS_OCSP_UNKNOWN] = "its responder does not know the certificate: "
			      "fetch it where the certificate was issued",
	[STLS_OCSP_NO_ISSUER] =
		"there is nothing to check its signature with: add the "
		"issuer's certificate after the certificate",
	[STLS_OCSP_SIGNER] =
		"it is signed neither by the certificate's issuer nor on its "
		"behalf: fetch it where the certificate was issued",
	[STLS_OCSP_WEAK] = "it is signed with an algorithm that clients refuse:"
			   " have it signed with SHA-256",
	[STLS_OCSP_MALFORMED] = "it is malformed: fetch it again",
};

int stls_staple_warn(int fault, const struct stls_staple *staple,
		     const char *name, time_t now, struct stls_texts *warnings)
{
	char date[DATE_SIZE], why[256];

	if (fault == 0 && stls_staple_is_fresh(staple, now))
		return 0;
	write_date(date, fault == 0 && staple->until <= now ? staple->until
							    : staple->from);
	if (fault == STLS_OCSP_REVOKED)
		(void)snprintf(why, sizeof(why),
			       "the certificate was revoked on %s: replace it",
			       date);
	else if (fault)
		(void)snprintf(why, sizeof(why), "%s", ocsp_faults[fault]);
	else if (staple->until <= now)
		(void)snprintf(why, sizeof(why),
			       "it was valid until %s: fetch a new one", date);
	else
		(void)snprintf(why, sizeof(why),
			       "it is not valid before %s: set the clock right",
			       date);
	return warn(warnings, "%s: the OCSP response is not sent: %s", name,
		    why);
}

/* ---- certificates that replace others ---- */

static int is_valid(const struct stls_own_chain_facts *facts, time_t now)
{
	return (facts->from == (time_t)-1 || facts->from <= now) &&
	       (facts->until == (time_t)-1 || facts->until >= now);
}

static int all_valid(const struct stls_own_certificates *own, time_t now)
{
	size_t i;

	for (i = 0; i < own->count; i++) {
		if (own->cert[i].keys && !is_valid(&own->cert[i].chain, now))
			return 0;
	}
	return 1;
}

static int one_alone(const struct stls_own_certificates *own)
{
	size_t i;

	for (i = 0; i < own->count; i++) {
		if (own->cert[i].chain.missing)
			return 1;
	}
	return 0;
}

static int one_lacks_status(const struct stls_own_certificates *own, time_t now)
{
	size_t i;

	for (i = 0; i < own->count; i++) {
		if (lacks_status(&own->cert[i], now))
			return 1;
	}
	return 0;
}

static int has_name(const struct stls_own_certificates *own, const char *name)
{
	size_t i, j;

	for (i = 0; i < own->count; i++) {
		for (j = 0; j < own->cert[i].name_count; j++) {
			if (strcmp(own->cert[i].name[j], name) == 0 ||
			    stls_name_covers(own->cert[i].name[j], name))
				return 1;
		}
	}
	return 0;
}

/* A name of the old certificate `cert` that no new one has, or NULL. */
static const char *lost_name(const struct stls_own_certificate *cert,
			     const struct stls_own_certificates *own)
{
	size_t i;

	for (i = 0; i < cert->name_count; i++) {
		if (!has_name(own, cert->name[i]))
			return cert->name[i];
	}
	return NULL;
}

static int worse_time(const struct stls_own_chain_facts *facts,
		      const char *name, time_t now,
		      const struct stls_sentence *error)
{
	char date[DATE_SIZE];
	int early = facts->from != (time_t)-1 && facts->from > now;

	write_date(date, early ? facts->from : facts->until);
	return stls_sentence(
		error, SMTPTLS_E_CONFIG,
		early ? "%s: the certificate is not valid before %s"
		      : "%s: the certificate expired on %s",
		name, date);
}

int stls_own_certificates_worse(const struct stls_own_certificates *own,
				const struct stls_own_certificates *old,
				const struct stls_texts *names, time_t now,
				const struct stls_sentence *error)
{
	int valid = all_valid(old, now), whole = !one_alone(old);
	int sent = !one_lacks_status(old, now);
	const struct stls_own_chain_facts *facts;
	const char *lost;
	size_t i;

	if (own->count == 0 && old->count > 0)
		return stls_sentence(error, SMTPTLS_E_CONFIG,
				     "there is no longer any certificate");
	for (i = 0; i < own->count; i++) {
		facts = &own->cert[i].chain;
		if (!own->cert[i].keys)
			continue;
		if (valid && !is_valid(facts, now))
			return worse_time(facts, name_of(names, i), now, error);
		if (whole && facts->missing)
			return stls_sentence(
				error, SMTPTLS_E_CONFIG,
				"%s: the certificate is sent alone, without "
				"that of its issuer %s",
				name_of(names, i), facts->missing);
		if (sent && lacks_status(&own->cert[i], now))
			return stls_sentence(
				error, SMTPTLS_E_CONFIG,
				"%s: the certificate demands an OCSP status "
				"(must-staple), and there is no valid response",
				name_of(names, i));
	}
	for (i = 0; i < old->count; i++) {
		lost = lost_name(&old->cert[i], own);
		if (lost)
			return stls_sentence(
				error, SMTPTLS_E_CONFIG,
				"no new certificate has the name \"%s\", which "
				"one in use has: have it issued with it, or "
				"restart the server if the name is to be "
				"dropped",
				lost);
	}
	return 0;
}

time_t stls_own_certificates_expire(const struct stls_own_certificates *own)
{
	time_t first = 0, until;
	size_t i;

	for (i = 0; i < own->count; i++) {
		until = own->cert[i].chain.until;
		if (own->cert[i].keys && until != (time_t)-1 &&
		    (first == 0 || until < first))
			first = until;
	}
	return first;
}
