/* SPDX-License-Identifier: MIT */
/*
 * selection/hello_rules: what a version requires of a hello.
 *
 * A hello offers several versions, and each has rules of its own, which apply
 * only when that version is chosen: a TLS 1.2 server knows nothing of
 * key_share. Rules that a server MAY check (RFC 8446 section 4.2.8) are checked
 * too, as OpenSSL does.
 */
#include "selection/hello_rules.h"

#include <string.h>

#include "openssl/suite_table.h"

#define PSK_DHE_KE 2

/* More than all groups and GREASE values: any more are repeated or made up. */
#define SHARES_MAX 64

/* RFC 8446 section 4.2.8 */
static int check_shares(const struct stls_client_hello *hello)
{
	int seen[SHARES_MAX], group;
	size_t at = 0, count = 0, i;

	while ((group = stls_hello_share(hello, &at)) >= 0) {
		if (!stls_has_number(&hello->groups, (unsigned)group))
			return STLS_HELLO_SHARE_GROUP;
		for (i = 0; i < count && seen[i] != group; i++)
			;
		if (i < count || count == SHARES_MAX)
			return STLS_HELLO_SHARE_TWICE;
		seen[count++] = group;
	}
	return 0;
}

int stls_only_resumes(const struct stls_client_hello *hello)
{
	return !hello->sigalgs.data && hello->binder_len > 0 &&
	       hello->psk_modes & PSK_DHE_KE;
}

/*
 * RFC 8446 section 9.2 lets a hello with a pre-shared key omit supported_groups
 * and key_share too. Such a hello can only be resumed without Diffie-Hellman,
 * which neither GnuTLS nor OpenSSL does by default, so omitting them is an
 * error here.
 */
static int check_tls13(const struct stls_client_hello *hello)
{
	/* Section 4.1.2: null compression alone. */
	if (hello->compression.len != 1)
		return STLS_HELLO_COMPRESSION;
	if (!hello->groups.data)
		return STLS_HELLO_NO_GROUPS;
	if (!hello->shares.data)
		return STLS_HELLO_NO_SHARES;
	/* Section 4.2.9. */
	if (hello->binder_len > 0 && hello->psk_modes == 0)
		return STLS_HELLO_NO_PSK_MODES;
	if (!hello->sigalgs.data && !stls_only_resumes(hello))
		return STLS_HELLO_NO_SIGALGS;
	return check_shares(hello);
}

/* RFC 8422 section 5.1.2: uncompressed points must be offered. */
static int check_tls12(const struct stls_client_hello *hello)
{
	size_t i;

	if (!hello->points.data ||
	    memchr(hello->points.data, 0, hello->points.len))
		return 0;
	for (i = 0; i < stls_numbers(&hello->groups); i++) {
		if (stls_number(&hello->groups, i) < 0x100)
			return STLS_HELLO_POINTS;
	}
	return 0;
}

int stls_check_hello_rules(const struct stls_client_hello *hello,
			   uint16_t version)
{
	return version == STLS_TLS1_3 ? check_tls13(hello) : check_tls12(hello);
}
