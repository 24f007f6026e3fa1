/* SPDX-License-Identifier: MIT */
/*
 * tls/received: the TLS part of a Received line, as RFC 8314 defines it, and as
 * Postfix and Exim write it.
 *
 * Programs that read it, such as statistics and spam filters, know one of these
 * wordings to the letter: Postfix's is what its smtpd writes with
 * smtpd_tls_received_header, built with OpenSSL 3.0; Exim's is that of its
 * default received_header_text. Here each is one line, which a host may fold at
 * any space.
 *
 * What the peer has sent, such as the names in its certificate, cannot end a
 * comment.
 */
#include "tls/received.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <gnutls/x509.h>

#include "openssl/group_list.h"

/* Longer values are not names: X.520 allows 64 characters. */
#define NAME_SIZE 257

struct line {
	char *text;
	size_t len;
};

__attribute__((format(printf, 2, 3))) static void put(struct line *line,
						      const char *format, ...)
{
	size_t room = STLS_RECEIVED_TEXT - line->len;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line->text + line->len, room, format, args);
	va_end(args);
	if (n > 0)
		line->len += (size_t)n < room ? (size_t)n : room - 1;
}

/* The row of OpenSSL's table, or NULL. */
static const struct stls_group *group_of(const char *gnutls_name)
{
	const struct stls_group *group;
	size_t i;

	for (i = 0; i < STLS_GROUPS; i++) {
		group = stls_group(i);
		if (group->gnutls[0] &&
		    strcmp(group->gnutls + strlen("GROUP-"), gnutls_name) == 0)
			return group;
	}
	return NULL;
}

/* ---- RFC 8314 section 4.3 ---- */

static void write_clause(struct line *line, const struct smtptls_info *info)
{
	const struct stls_group *group = NULL;

	put(line, "tls %s",
	    info->cipher_iana ? info->cipher_iana : info->cipher_gnutls);
	if (info->group)
		group = group_of(info->group);
	if (group)
		put(line, " group %s", group->name);
}

/* ---- Exim ---- */

/* Exim's version names have no "v". */
static void write_exim(struct line *line, const struct smtptls_info *info)
{
	put(line, "(TLS%s) tls %s", info->protocol + strlen("TLSv"),
	    info->cipher_iana ? info->cipher_iana : info->cipher_gnutls);
}

/* ---- Postfix ---- */

/* OpenSSL's name for the curve of an EC key. */
static const char *curve_name(gnutls_ecc_curve_t curve)
{
	switch (curve) {
	case GNUTLS_ECC_CURVE_SECP256R1:
		return "prime256v1";
	case GNUTLS_ECC_CURVE_SECP384R1:
		return "secp384r1";
	case GNUTLS_ECC_CURVE_SECP521R1:
		return "secp521r1";
	default:
		return gnutls_ecc_curve_get_name(curve);
	}
}

static void write_exchange(struct line *line, const char *gnutls_name)
{
	const struct stls_group *group = group_of(gnutls_name);
	unsigned bits;

	if (!group)
		return;
	if (sscanf(group->name, "ffdhe%u", &bits) == 1)
		put(line, " key-exchange DHE (%u bits)", bits);
	else if (strcmp(group->name, "secp256r1") == 0)
		put(line, " key-exchange ECDHE (prime256v1)");
	else if (strncmp(group->name, "secp", 4) == 0)
		put(line, " key-exchange ECDHE (%s)", group->name);
	else if (group->name[0] == 'x')
		put(line, " key-exchange X%s", group->name + 1);
	else
		put(line, " key-exchange %s", group->name);
}

/* `whose` is "server" or "client", and `cert` its certificate. */
static void write_signature(struct line *line, const char *whose,
			    gnutls_x509_crt_t cert, int algorithm)
{
	gnutls_digest_algorithm_t digest = gnutls_sign_get_hash_algorithm(
		(gnutls_sign_algorithm_t)algorithm);
	gnutls_ecc_curve_t curve = GNUTLS_ECC_CURVE_INVALID;
	unsigned bits = 0;

	switch (gnutls_x509_crt_get_pk_algorithm(cert, &bits)) {
	case GNUTLS_PK_RSA:
		/* TLS 1.3 has no other signature for it */
		put(line, " %s-signature RSA-PSS (%u bits)", whose, bits);
		break;
	case GNUTLS_PK_RSA_PSS:
		put(line, " %s-signature RSASSA-PSS", whose);
		break;
	case GNUTLS_PK_ECDSA:
		put(line, " %s-signature ECDSA", whose);
		if (gnutls_x509_crt_get_pk_ecc_raw(cert, &curve, NULL, NULL) ==
		    0)
			put(line, " (%s)", curve_name(curve));
		break;
	case GNUTLS_PK_EDDSA_ED25519:
		put(line, " %s-signature ED25519", whose);
		return;
	case GNUTLS_PK_EDDSA_ED448:
		put(line, " %s-signature ED448", whose);
		return;
	default:
		return;
	}
	if (digest != GNUTLS_DIG_UNKNOWN && digest != GNUTLS_DIG_NULL)
		put(line, " %s-digest %s", whose,
		    gnutls_digest_get_name(digest));
}

/* NULL if there is none, or if it cannot be parsed. */
static gnutls_x509_crt_t parse(const gnutls_datum_t *der)
{
	gnutls_x509_crt_t cert;

	if (!der || gnutls_x509_crt_init(&cert) < 0)
		return NULL;
	if (gnutls_x509_crt_import(cert, der, GNUTLS_X509_FMT_DER) == 0)
		return cert;
	gnutls_x509_crt_deinit(cert);
	return NULL;
}

/* Make a name safe in a comment: ASCII, no quoting, parentheses in pairs. */
static void sanitize(char *name)
{
	char *left[NAME_SIZE];
	size_t depth = 0;

	for (; *name; name++) {
		if (!isascii((unsigned char)*name) ||
		    !isprint((unsigned char)*name) || *name == '\\')
			*name = '?';
		else if (*name == '(')
			left[depth++] = name;
		else if (*name == ')' && depth > 0)
			depth--;
		else if (*name == ')')
			*name = '?';
	}
	while (depth > 0)
		*left[--depth] = '?';
}

/* GnuTLS escapes RFC 4514's special characters with a backslash. */
static void unescape(char *name)
{
	char *to = name;

	for (; *name; name++) {
		if (name[0] == '\\' && name[1])
			name++;
		*to++ = *name;
	}
	*to = '\0';
}

typedef int dn_by_oid(gnutls_x509_crt_t cert, const char *oid, unsigned index,
		      unsigned raw, void *value, size_t *size);

static int read_name(gnutls_x509_crt_t cert, dn_by_oid *get, const char *oid,
		     char name[NAME_SIZE])
{
	size_t size = NAME_SIZE;

	if (cert && get(cert, oid, 0, 0, name, &size) == 0) {
		unescape(name);
		sanitize(name);
		return 0;
	}
	name[0] = '\0';
	return -1;
}

static void write_names(struct line *line, gnutls_x509_crt_t cert, int verified)
{
	char subject[NAME_SIZE], issuer[NAME_SIZE];

	(void)read_name(cert, gnutls_x509_crt_get_dn_by_oid,
			GNUTLS_OID_X520_COMMON_NAME, subject);
	if (read_name(cert, gnutls_x509_crt_get_issuer_dn_by_oid,
		      GNUTLS_OID_X520_COMMON_NAME, issuer) < 0)
		(void)read_name(cert, gnutls_x509_crt_get_issuer_dn_by_oid,
				GNUTLS_OID_X520_ORGANIZATION_NAME, issuer);
	put(line, " (Client CN \"%s\", Issuer \"%s\" (%s))", subject, issuer,
	    verified ? "verified OK" : "not verified");
}

static void write_postfix(struct line *line, const struct stls_session *session,
			  const struct smtptls_info *info)
{
	gnutls_session_t tls = session->tls;
	const gnutls_datum_t *chain;
	gnutls_x509_crt_t own, peer;
	unsigned count = 0;

	own = parse(gnutls_certificate_get_ours(tls));
	chain = gnutls_certificate_get_peers(tls, &count);
	peer = parse(chain && count > 0 ? chain : NULL);
	put(line, "(using %s with cipher %s (%d/%d bits)", info->protocol,
	    info->cipher_openssl ? info->cipher_openssl : info->cipher_gnutls,
	    info->cipher_bits, info->cipher_bits);
	if (gnutls_protocol_get_version(tls) == GNUTLS_TLS1_3) {
		if (info->group)
			write_exchange(line, info->group);
		/* a resumed session has no signatures */
		if (own && !info->resumed)
			write_signature(line, "server", own,
					gnutls_sign_algorithm_get(tls));
		if (peer && !info->resumed)
			write_signature(line, "client", peer,
					gnutls_sign_algorithm_get_client(tls));
	}
	put(line, ")");
	if (info->peer_cert)
		write_names(line, peer, info->verify == 1);
	else if (session->expected->verify != SMTPTLS_VERIFY_NONE)
		put(line, " (Client did not present a certificate)");
	else
		put(line, " (No client certificate requested)");
	if (own)
		gnutls_x509_crt_deinit(own);
	if (peer)
		gnutls_x509_crt_deinit(peer);
}

void stls_received_write(const struct stls_session *session,
			 const struct smtptls_info *info, int style,
			 char text[STLS_RECEIVED_TEXT])
{
	struct line line = { text, 0 };

	text[0] = '\0';
	if (style == SMTPTLS_RECEIVED_POSTFIX)
		write_postfix(&line, session, info);
	else if (style == SMTPTLS_RECEIVED_EXIM)
		write_exim(&line, info);
	else
		write_clause(&line, info);
}
