/* SPDX-License-Identifier: MIT */
/*
 * tls/stapling: OCSP responses that a server sends with its certificates
 * ("stapling", RFC 6066 section 8, RFC 8446 section 4.4.2.1).
 *
 * They are read from files and judged once (x509/ocsp), when the configuration
 * is frozen. A handshake whose client asks for a status checks only the dates
 * of the response for the certificate that it shows; a response that has
 * expired while the server was running is no longer sent. Without a response
 * GnuTLS has nothing to call, and a handshake costs nothing extra.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <gnutls/ocsp.h>

#include "tls/config.h"
#include "x509/own_staple.h"

/* TLS 1.3 allows 64 KiB for a response, and some clients accept less. */
#define RESPONSE_MAX ((size_t)32 * 1024)

static gnutls_datum_t der_of(const struct stls_buffer *response)
{
	const unsigned char *data;
	size_t len = stls_buffer_peek(response, &data);

	return (gnutls_datum_t){ (unsigned char *)data, (unsigned)len };
}

static int check(struct smtptls_config *config, const char *file,
		 const struct stls_buffer *response)
{
	gnutls_datum_t der = der_of(response);
	int ret;

	if (der.size > RESPONSE_MAX)
		return stls_config_fail(config, SMTPTLS_E_LIMIT,
					"%s: %u bytes, but an OCSP response "
					"must not have more than %zu",
					file, der.size, RESPONSE_MAX);
	ret = stls_ocsp_check(&der);
	if (ret == GNUTLS_E_MEMORY_ERROR)
		return SMTPTLS_E_NOMEM;
	if (ret < 0)
		return stls_config_fail(
			config, SMTPTLS_E_CONFIG,
			"%s: is not an OCSP response in DER, as \"openssl ocsp "
			"-respout\" writes it: %s",
			file, gnutls_strerror(ret));
	return 0;
}

/* On success, `stapling` owns what is in `response`. */
static int add(struct stls_stapling *stapling, const char *file,
	       const struct stls_buffer *response)
{
	size_t count = stapling->files.count;
	struct stls_buffer *more;

	more = realloc(stapling->response, (count + 1) * sizeof(*more));
	if (!more)
		return SMTPTLS_E_NOMEM;
	stapling->response = more;
	if (stls_texts_copy(&stapling->files, file) < 0)
		return SMTPTLS_E_NOMEM;
	more[count] = *response;
	return 0;
}

int smtptls_config_add_ocsp_file(struct smtptls_config *config,
				 const char *ocsp_file)
{
	struct stls_buffer response = { 0 };
	int shared, ret;

	if (!config || !ocsp_file)
		return SMTPTLS_E_ARG;
	if (config->frozen)
		return SMTPTLS_E_STATE;
	ret = stls_config_read(config, ocsp_file, &response, &shared);
	if (ret < 0)
		return ret;
	ret = check(config, ocsp_file, &response);
	if (ret == 0)
		ret = add(&config->stapling, ocsp_file, &response);
	if (ret < 0)
		stls_buffer_free(&response);
	return ret;
}

void stls_stapling_free(struct stls_stapling *stapling)
{
	size_t i;

	for (i = 0; i < stapling->files.count; i++)
		stls_buffer_free(&stapling->response[i]);
	free(stapling->response);
	stls_texts_free(&stapling->files);
}

int stls_stapling_assign(struct smtptls_config *config)
{
	const struct stls_stapling *stapling = &config->stapling;
	gnutls_datum_t der;
	int ret = 0;
	size_t i;

	for (i = 0; ret == 0 && i < stapling->files.count; i++) {
		der = der_of(&stapling->response[i]);
		ret = stls_own_staple(&config->own, config->credentials, &der,
				      stapling->files.text[i], time(NULL),
				      &config->warnings);
	}
	return ret;
}

/* GnuTLS asks for a certificate's response, in memory that it will free. */
static int give(gnutls_session_t tls, void *arg, gnutls_datum_t *copy)
{
	const struct stls_staple *staple = arg;

	(void)tls;
	if (!stls_staple_is_fresh(staple, time(NULL)))
		return GNUTLS_E_NO_CERTIFICATE_STATUS;
	copy->data = gnutls_malloc(staple->der.size);
	if (!copy->data)
		return GNUTLS_E_MEMORY_ERROR;
	memcpy(copy->data, staple->der.data, staple->der.size);
	copy->size = staple->der.size;
	return 0;
}

/* This cannot fail for a certificate that exists. */
static void install(gnutls_certificate_credentials_t credentials, size_t i,
		    struct stls_staple *staple)
{
	(void)gnutls_certificate_set_ocsp_status_request_function2(
		credentials, (unsigned)i, give, staple);
}

void stls_stapling_install(struct smtptls_config *config)
{
	const struct stls_single_credentials *single = &config->single;
	size_t i;

	for (i = 0; i < config->own.count; i++) {
		struct stls_staple *staple = &config->own.cert[i].staple;

		if (!staple->der.data)
			continue;
		install(config->credentials, i, staple);
		if (i < single->count && single->credentials[i])
			install(single->credentials[i], 0, staple);
	}
}
