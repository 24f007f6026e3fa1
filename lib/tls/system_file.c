/* SPDX-License-Identifier: MIT */
/*
 * tls/system_file: reads GnuTLS's system-wide configuration, if something is
 * missing.
 *
 * With that file a system disables algorithms for every program, and GnuTLS
 * says of a disabled one that it does not exist. The file is read only after
 * that, and never changed.
 */
#include "tls/system_file.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "openssl/group_list.h"
#include "tls/file.h"

#include <smtptls/error.h>

int stls_system_file_read(struct stls_system_policy *system)
{
	const char *name = gnutls_get_system_config_file(), *cause;
	struct stls_buffer file;
	const unsigned char *ptr;
	int ret, shared;
	size_t len;

	memset(system, 0, sizeof(*system));
	if (!name)
		return 0;
	memset(&file, 0, sizeof(file));
	ret = stls_file_read(name, &file, &shared, &cause);
	if (ret == SMTPTLS_E_CONFIG || ret == SMTPTLS_E_LIMIT) {
		ret = 0;
	} else if (ret == 0) {
		len = stls_buffer_peek(&file, &ptr);
		system->file = strdup(name);
		system->text = strndup((const char *)ptr, len);
		if (!system->file || !system->text)
			ret = SMTPTLS_E_NOMEM;
	}
	stls_buffer_free(&file);
	return ret;
}

/* ---- a key's curve ---- */

#define P192 19
#define P224 21

/* DER of object identifiers (RFC 5480, RFC 8410). */
static const struct {
	const char *oid;
	int kind;
	unsigned
		which; /* a group's number in TLS, or as in STLS_SYSTEM_EDDSA */
} curves[] = {
	{ "\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x01", STLS_SYSTEM_CURVE, P192 },
	{ "\x06\x05\x2b\x81\x04\x00\x21", STLS_SYSTEM_CURVE, P224 },
	{ "\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07", STLS_SYSTEM_CURVE,
	  STLS_SECP256R1 },
	{ "\x06\x05\x2b\x81\x04\x00\x22", STLS_SYSTEM_CURVE, STLS_SECP384R1 },
	{ "\x06\x05\x2b\x81\x04\x00\x23", STLS_SYSTEM_CURVE, STLS_SECP521R1 },
	{ "\x06\x03\x2b\x65\x70", STLS_SYSTEM_EDDSA, 0 },
	{ "\x06\x03\x2b\x65\x71", STLS_SYSTEM_EDDSA, 1 },
};

int stls_system_curve(const gnutls_datum_t *der, int *kind, unsigned *which)
{
	size_t i;

	for (i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
		/* the second byte of an object identifier is its length */
		if (!memmem(der->data, der->size, curves[i].oid,
			    2U + (unsigned char)curves[i].oid[1]))
			continue;
		*kind = curves[i].kind;
		*which = curves[i].kind == STLS_SYSTEM_CURVE
				 ? (unsigned)stls_group_by_code(curves[i].which)
				 : curves[i].which;
		return 1;
	}
	return 0;
}

void stls_system_file_cure_curve(const gnutls_datum_t *pem, char *text,
				 size_t size)
{
	struct stls_system_policy system;
	gnutls_datum_t der;
	unsigned which;
	int kind;

	text[0] = '\0';
	if (stls_system_file_read(&system) == 0 && system.text &&
	    gnutls_pem_base64_decode2(NULL, pem, &der) == 0) {
		if (stls_system_curve(&der, &kind, &which))
			(void)stls_system_cure(&system, kind, which, text,
					       size);
		explicit_bzero(der.data, der.size);
		gnutls_free(der.data);
	}
	stls_system_policy_clear(&system);
}
