/* SPDX-License-Identifier: MIT */
/*
 * x509/token: keys and certificates that a PKCS#11 URL (RFC 7512) names.
 *
 * GnuTLS loads the modules known to the system's p11-kit when the first URL is
 * used. It logs in with the URL's pin-value or pin-source, or asks for the PIN.
 * A key stays in its token: each signature is made there, and fails when the
 * token is gone.
 *
 * A PIN must not reach a log, so a URL is shown only with its path attributes,
 * which say where the object is. p11-kit also accepts pin-value among these,
 * even with white space in its name. So the URL is cut before any attribute
 * that begins with white space or a "p", which no path attribute does.
 */
#include "x509/token.h"

#include <string.h>

#include <smtptls/error.h>

static const char scheme[] = "pkcs11:";

int stls_is_token_url(const char *name)
{
	return strncmp(name, scheme, sizeof(scheme) - 1) == 0;
}

void stls_token_url_show(const char *url, char *shown, size_t size)
{
	size_t n = sizeof(scheme) - 1;

	/* '&' belongs to the query, but may be misused in the path. */
	while ((unsigned char)url[n] > ' ' && url[n] != 'p' && url[n] != 'P') {
		n += strcspn(url + n, ";&?");
		if (url[n] != ';' && url[n] != '&')
			break;
		n++;
	}
	if (n >= size)
		n = size - 1;
	memcpy(shown, url, n);
	shown[n] = '\0';
}

static int add_pem(gnutls_x509_crt_t crt, struct stls_buffer *pem)
{
	gnutls_datum_t text;
	int ret = gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &text);

	if (ret < 0)
		return ret;
	ret = stls_buffer_append(pem, text.data, text.size) < 0
		      ? GNUTLS_E_MEMORY_ERROR
		      : 0;
	gnutls_free(text.data);
	return ret;
}

int stls_token_certificates(const char *url, const struct stls_token_pin *pin,
			    struct stls_buffer *pem)
{
	gnutls_x509_crt_t *crt = NULL;
	unsigned count = 0, i;
	int ret;

	ret = gnutls_x509_crt_list_import_url(&crt, &count, url, pin->ask,
					      pin->arg, 0);
	if (ret < 0)
		return ret;
	for (i = 0; ret >= 0 && i < count; i++)
		ret = add_pem(crt[i], pem);
	for (i = 0; i < count; i++)
		gnutls_x509_crt_deinit(crt[i]);
	gnutls_free(crt);
	return ret < 0 ? ret : 0;
}

int stls_token_key(gnutls_privkey_t *key, const char *url,
		   const struct stls_token_pin *pin)
{
	int ret = gnutls_privkey_init(key);

	if (ret < 0) {
		*key = NULL;
		return ret;
	}
	if (pin->ask)
		gnutls_privkey_set_pin_function(*key, pin->ask, pin->arg);
	ret = gnutls_privkey_import_url(*key, url, 0);
	if (ret >= 0)
		return 0;
	gnutls_privkey_deinit(*key);
	*key = NULL;
	return ret;
}
