/* SPDX-License-Identifier: MIT */
/*
 * policy/reason: reasons as sentences.
 *
 * A refusal helps only when it says what met what: what the peer offers, what
 * of this side's settings has none of it, and the setting that would change
 * that. Everything is found anew from policy and hello, at the time of the
 * refusal, so that a choice that succeeds keeps no notes. Nothing is allocated.
 *
 * Numbers from the peer are shown by names from the tables, or as numbers; no
 * byte of its own gets into a sentence unescaped.
 */
#include "policy/reason.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/ascii.h"
#include "policy/excluder.h"
#include "policy/key_type.h"

/* So many names are shown of a list; the others are counted. */
#define SHOWN 3

struct text {
	char *to;
	size_t size;
	size_t len;
};

__attribute__((format(printf, 2, 3))) static void add(struct text *text,
						      const char *format, ...)
{
	va_list args;
	int len;

	if (text->len + 1 >= text->size)
		return;
	va_start(args, format);
	len = vsnprintf(text->to + text->len, text->size - text->len, format,
			args);
	va_end(args);
	if (len > 0)
		text->len += (size_t)len;
	if (text->len >= text->size)
		text->len = text->size - 1;
}

/* ---- lists ---- */

struct list {
	struct text *text;
	unsigned count;
};

static void list_add(struct list *list, const char *name)
{
	if (list->count < SHOWN)
		add(list->text, "%s%s", list->count > 0 ? ", " : "", name);
	list->count++;
}

static void list_end(struct list *list)
{
	if (list->count > SHOWN)
		add(list->text, " and %u more", list->count - SHOWN);
	if (list->count == 0)
		add(list->text, "none");
}

/* "TLS 1.0-1.2", from bits of STLS_PROTOCOL_TLS…; holes are not shown. */
static void add_versions(struct text *text, uint8_t versions)
{
	unsigned low = 9, high = 0, minor;

	for (minor = 0; minor < 4; minor++) {
		if (!(versions & stls_version_bit(STLS_TLS1_0 + minor)))
			continue;
		low = low < minor ? low : minor;
		high = minor;
	}
	if (low > high)
		add(text, "no version of TLS");
	else if (low == high)
		add(text, "TLS 1.%u", low);
	else
		add(text, "TLS 1.%u-1.%u", low, high);
}

/* All that may be meant: without the extension only the best is known. */
static uint8_t offered_versions(const struct stls_client_hello *hello)
{
	uint8_t versions = 0;
	unsigned version;
	size_t i;

	for (i = 0; i < stls_numbers(&hello->versions); i++)
		versions |= stls_version_bit(stls_number(&hello->versions, i));
	if (hello->versions.data)
		return versions;
	for (version = STLS_TLS1_0;
	     version <= STLS_TLS1_2 && version <= hello->legacy_version;
	     version++)
		versions |= stls_version_bit(version);
	return versions;
}

/* Those among `versions`, and no more than is known of them. */
static void add_offered(struct text *text,
			const struct stls_client_hello *hello, uint8_t versions)
{
	unsigned best = STLS_TLS1_2;

	versions &= offered_versions(hello);
	if (!hello->versions.data) {
		while (best > STLS_TLS1_0 &&
		       !(versions & stls_version_bit(best)))
			best--;
		if (best > STLS_TLS1_0)
			add(text, "up to ");
		versions &= stls_version_bit(best);
	}
	add_versions(text, versions);
}

static const char *suite_name(const struct stls_suite *suite)
{
	return suite->openssl[0] ? suite->openssl : suite->gnutls;
}

/* The client's suites of the choice's version, what is unknown left out. */
static void add_suites(struct text *text, const struct stls_case *facts)
{
	const struct stls_bytes *suites = &facts->hello->suites;
	struct list list = { text, 0 };
	size_t i;
	int row;

	for (i = 0; i < stls_numbers(suites); i++) {
		row = stls_suite_by_code(stls_number(suites, i));
		if (row >= 0 && stls_version_has_suite(facts->choice->version,
						       stls_suite((size_t)row)))
			list_add(&list, suite_name(stls_suite((size_t)row)));
	}
	list_end(&list);
}

static void add_group(struct list *list, unsigned code)
{
	int row = stls_group_by_code(code);
	char number[16];

	(void)snprintf(number, sizeof(number), "0x%04x", code);
	list_add(list, row >= 0 ? stls_group((size_t)row)->name : number);
}

static void add_sigalg(struct list *list, unsigned code)
{
	char number[16];
	size_t i;

	for (i = 0; i < STLS_SIGALGS; i++) {
		if (stls_sigalg(i)->code == code) {
			list_add(list, stls_sigalg(i)->name);
			return;
		}
	}
	(void)snprintf(number, sizeof(number), "0x%04x", code);
	list_add(list, number);
}

static void add_numbers(struct text *text, const struct stls_bytes *numbers,
			void (*add_one)(struct list *list, unsigned code))
{
	struct list list = { text, 0 };
	size_t i;

	for (i = 0; i < stls_numbers(numbers); i++)
		add_one(&list, stls_number(numbers, i));
	list_end(&list);
}

static void add_own_groups(struct text *text,
			   const struct smtptls_policy *policy)
{
	struct list list = { text, 0 };
	unsigned i;

	for (i = 0; i < policy->group_count; i++)
		list_add(&list, stls_group(policy->group[i])->name);
	list_end(&list);
}

static void add_own_sigalgs(struct text *text,
			    const struct smtptls_policy *policy)
{
	struct list list = { text, 0 };
	unsigned i;

	for (i = 0; i < policy->sigalg_count; i++)
		list_add(&list, stls_sigalg(policy->sigalg[i])->name);
	list_end(&list);
}

/* "the only certificate is ECDSA P-256", "the certificates are … and …". */
static void add_own_keys(struct text *text, unsigned keys)
{
	static const struct {
		unsigned keys;
		const char *name;
	} names[] = {
		{ SMTPTLS_KEY_RSA_SIGN | SMTPTLS_KEY_RSA_ENCRYPT, "RSA" },
		{ SMTPTLS_KEY_RSA_PSS, "RSA-PSS" },
		{ SMTPTLS_KEY_ECDSA_P256, "ECDSA P-256" },
		{ SMTPTLS_KEY_ECDSA_P384, "ECDSA P-384" },
		{ SMTPTLS_KEY_ECDSA_P521, "ECDSA P-521" },
		{ SMTPTLS_KEY_ED25519, "Ed25519" },
		{ SMTPTLS_KEY_ED448, "Ed448" },
	};
	unsigned i, count = 0;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		count += (keys & names[i].keys) != 0;
	if (count == 0) {
		add(text, "there is no certificate");
		return;
	}
	add(text,
	    count == 1 ? "the only certificate is " : "the certificates are ");
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!(keys & names[i].keys))
			continue;
		add(text, "%s", names[i].name);
		if (--count > 0)
			add(text, count == 1 ? " and " : ", ");
	}
}

/* ---- sentences ---- */

static void write_version(struct text *text, const struct stls_case *facts)
{
	uint8_t offered = offered_versions(facts->hello);
	uint8_t own = stls_served_versions(facts->policy, facts->keys);

	add(text, "peer offers ");
	add_offered(text, facts->hello, STLS_PROTOCOL_TLS);
	add(text, ", this side has ");
	add_versions(text, own);
	if (offered & own)
		add(text,
		    " without TLS 1.%u: add TLSv1.%u to the protocols, or take "
		    "the older ones away",
		    facts->hello->legacy_version - STLS_TLS1_0,
		    facts->hello->legacy_version - STLS_TLS1_0);
	else if (offered == 0)
		add(text, ": the peer must be changed");
	else if (offered == STLS_PROTOCOL_TLS1_3)
		add(text, ": add TLSv1.3 to the protocols and a suite of its "
			  "own to the ciphersuites");
	else if (offered & STLS_PROTOCOL_TLS1_2)
		add(text, ": add TLSv1.2 to the protocols");
	else
		add(text, ": add %s to the protocols%s",
		    offered & STLS_PROTOCOL_TLS1_1 ? "TLSv1.1" : "TLSv1",
		    facts->policy->security_level > 0
			    ? " and @SECLEVEL=0 to the ciphers"
			    : "");
}

static void write_fallback(struct text *text, const struct stls_case *facts)
{
	add(text, "peer fell back to ");
	add_versions(text, stls_version_bit(facts->choice->version));
	add(text, " although this side has ");
	add_versions(text, stls_served_versions(facts->policy, facts->keys));
	add(text, ": find out why its first attempt failed (RFC 7507)");
}

/* The peer offers so much, and not one of it is left. */
static void write_offer(struct text *text, const struct stls_case *facts)
{
	add(text, "peer offers ");
	add_versions(text, stls_version_bit(facts->choice->version));
	add(text, " with ");
	add_suites(text, facts);
}

/*
 * The first of the client's suites in OpenSSL's language; with `keys` only one
 * that a certificate of these types serves, and that the ciphers can switch on.
 */
static const struct stls_suite *find_offered(const struct stls_case *facts,
					     unsigned keys)
{
	const struct stls_bytes *suites = &facts->hello->suites;
	const struct smtptls_policy *policy = facts->policy;
	const struct stls_suite *suite;
	size_t i;
	int row;

	for (i = 0; i < stls_numbers(suites); i++) {
		row = stls_suite_by_code(stls_number(suites, i));
		if (row < 0 || row >= STLS_SUITES_OPENSSL)
			continue;
		suite = stls_suite((size_t)row);
		if (!stls_version_has_suite(facts->choice->version, suite))
			continue;
		if (!keys ||
		    (stls_keys_of_suite(suite) & keys &&
		     suite->gnutls_min_version &&
		     !memchr(policy->suite_row, row, policy->suite_count) &&
		     stls_suite_allowed(suite, policy->security_level)))
			return suite;
	}
	return NULL;
}

/* The word of the ciphers that excludes it, for people; 0: there is none. */
static int find_word(const struct stls_case *facts,
		     const struct stls_suite *suite, char shown[48])
{
	struct stls_span word;

	if (!stls_find_excluder(facts->policy->ciphers, suite, &word))
		return 0;
	(void)stls_ascii_escape(
		shown, 48, facts->policy->ciphers + word.position, word.length);
	return 1;
}

static void write_excluded(struct text *text, const struct stls_case *facts)
{
	const struct stls_suite *suite = find_offered(facts, 0);
	char word[48];

	write_offer(text, facts);
	if (!suite)
		add(text, " of what is known here: the peer must be changed");
	else if (suite->min_version == STLS_TLS1_3)
		add(text,
		    ", which the ciphersuites do not name: add %s to them",
		    suite->openssl);
	else if (find_word(facts, suite, word))
		add(text, ", which \"%s\" in the ciphers excludes: remove it",
		    word);
	else
		add(text, ", which the ciphers do not name: add %s to them",
		    suite->openssl);
}

/* Whether the peer has suites for a certificate that is there. */
static int offers_own_type(const struct stls_case *facts)
{
	const struct stls_bytes *suites = &facts->hello->suites;
	size_t i;
	int row;

	for (i = 0; i < stls_numbers(suites); i++) {
		row = stls_suite_by_code(stls_number(suites, i));
		if (row >= 0 &&
		    stls_version_has_suite(facts->choice->version,
					   stls_suite((size_t)row)) &&
		    stls_keys_of_suite(stls_suite((size_t)row)) & facts->keys)
			return 1;
	}
	return 0;
}

/* The peer has suites of one type only, or this side leaves it no other. */
static void write_key(struct text *text, const struct stls_case *facts,
		      const char *type, const char *other)
{
	uint8_t versions =
		(uint8_t)(2 * stls_version_bit(facts->choice->version) - 1);
	int own = offers_own_type(facts);
	const struct stls_suite *suite = NULL;
	char word[48];

	if (!facts->keys) {
		write_offer(text, facts);
		add(text, "; ");
	} else {
		add(text, "peer offers ");
		add_offered(text, facts->hello, versions);
		add(text, " with ");
		if (own)
			add(text,
			    "%s and %s suites, of which this side allows %s "
			    "only; ",
			    type, other, type);
		else
			add(text, "%s suites only; ", type);
	}
	add_own_keys(text, facts->keys);
	add(text, ": add an %s certificate", type);
	if (own)
		suite = find_offered(facts, facts->keys);
	if (suite && find_word(facts, suite, word))
		add(text, ", or remove \"%s\" from the ciphers", word);
	else if (suite)
		add(text, ", or add %s to the ciphers", suite->openssl);
}

static void write_usage(struct text *text, const struct stls_case *facts)
{
	int encrypt = facts->keys & SMTPTLS_KEY_RSA_SIGN;

	write_offer(text, facts);
	add(text,
	    ", but the RSA certificate's keyUsage lacks %s: have it issued "
	    "with that",
	    encrypt ? "keyEncipherment" : "digitalSignature");
}

static void write_group(struct text *text, const struct stls_case *facts)
{
	if (!facts->hello->groups.data) {
		add(text, "peer offers ECDHE without a list of groups: add a "
			  "suite of RSA or DHE to the ciphers");
		return;
	}
	add(text, "peer offers the groups ");
	add_numbers(text, &facts->hello->groups, add_group);
	add(text, "; allowed are ");
	add_own_groups(text, facts->policy);
	if (facts->choice->version != STLS_TLS1_3) {
		add(text, "; ");
		add_own_keys(text, facts->keys);
	}
	add(text, ": add one of the peer's to the groups");
}

static void write_sigalg(struct text *text, const struct stls_case *facts)
{
	add(text, "peer offers the signatures ");
	if (facts->hello->sigalgs.data)
		add_numbers(text, &facts->hello->sigalgs, add_sigalg);
	else
		add(text, "with SHA-1");
	add(text, "; allowed are ");
	add_own_sigalgs(text, facts->policy);
	add(text, "; ");
	add_own_keys(text, facts->keys);
	add(text, ": add one of the peer's to the sigalgs%s",
	    facts->policy->security_level > 0 ? " (SHA-1 needs @SECLEVEL=0)"
					      : "");
}

static const char *hello_error(int error)
{
	switch (error) {
	case STLS_HELLO_LENGTH:
		return "has lengths that do not fit";
	case STLS_HELLO_DUPLICATE:
		return "has the same extension twice";
	case STLS_HELLO_ILLEGAL:
		return "has a value that TLS forbids";
	default:
		return "lacks an extension that TLS 1.3 demands";
	}
}

static void write_sni(struct text *text, const struct stls_case *facts)
{
	char name[80] = "";

	if (facts->hello)
		(void)stls_ascii_escape(name, sizeof(name),
					facts->hello->sni.data,
					facts->hello->sni.len);
	add(text,
	    "no certificate has the name \"%s\" that the peer asked for: add "
	    "one, or do without strict SNI",
	    name);
}

/* Those that need no facts. */
static const char *fixed(int reason)
{
	switch (reason) {
	case SMTPTLS_REASON_SSL2_HELLO:
		return "peer sent a hello in SSLv2's format: switch SSLv2 off "
		       "there";
	case SMTPTLS_REASON_SSL3_HELLO:
		return "peer offers SSLv3 at best, which does not exist here: "
		       "the peer must be changed";
	case SMTPTLS_REASON_UNJUDGED:
		return "the hello was never judged by the policy: the host has "
		       "replaced the session's handshake hook";
	default:
		return "the handshake failed";
	}
}

static void write_outside(struct text *text, const struct stls_case *facts)
{
	add(text,
	    "GnuTLS agreed to %s, which the policy does not allow: the host "
	    "has replaced the session's priorities, or the peer is broken",
	    facts->suite ? suite_name(facts->suite) : "something");
}

void stls_reason_write(const struct stls_case *facts, char *to, size_t size)
{
	struct text text = { to, size, 0 };

	if (size == 0)
		return;
	to[0] = '\0';
	switch (facts->choice->reason) {
	case SMTPTLS_REASON_NONE:
		break;
	case SMTPTLS_REASON_VERSION:
		write_version(&text, facts);
		break;
	case SMTPTLS_REASON_FALLBACK:
		write_fallback(&text, facts);
		break;
	case SMTPTLS_REASON_SUITES_EXCLUDED:
		write_excluded(&text, facts);
		break;
	case SMTPTLS_REASON_SECURITY_LEVEL:
		write_offer(&text, facts);
		add(&text,
		    ", which security level %d forbids: lower it by @SECLEVEL "
		    "in the ciphers",
		    facts->policy->security_level);
		break;
	case SMTPTLS_REASON_SYSTEM_POLICY:
		write_offer(&text, facts);
		add(&text, ", which the system's GnuTLS policy disables: "
			   "change that");
		break;
	case SMTPTLS_REASON_GNUTLS:
		write_offer(&text, facts);
		add(&text, ", which the loaded GnuTLS does not have: add "
			   "others to the ciphers");
		break;
	case SMTPTLS_REASON_NEEDS_RSA:
		write_key(&text, facts, "RSA", "ECDSA");
		break;
	case SMTPTLS_REASON_NEEDS_ECDSA:
		write_key(&text, facts, "ECDSA", "RSA");
		break;
	case SMTPTLS_REASON_KEY_USAGE:
		write_usage(&text, facts);
		break;
	case SMTPTLS_REASON_GROUP:
		write_group(&text, facts);
		break;
	case SMTPTLS_REASON_SIGALG:
		write_sigalg(&text, facts);
		break;
	case SMTPTLS_REASON_SNI:
		write_sni(&text, facts);
		break;
	case SMTPTLS_REASON_BAD_HELLO:
		add(&text, "peer's ClientHello %s: the peer must be changed",
		    hello_error(facts->error));
		break;
	case SMTPTLS_REASON_OUTSIDE:
		write_outside(&text, facts);
		break;
	default:
		add(&text, "%s", fixed(facts->choice->reason));
	}
}
