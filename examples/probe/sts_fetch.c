/* SPDX-License-Identifier: MIT */
/*
 * sts_fetch: fetches a policy by HTTPS (RFC 8461 section 3.3), with libcurl.
 * The web server's certificate is verified; a redirect is an error, and so are
 * more than SMTPTLS_STS_POLICY_MAX bytes.
 */
#include "sts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef HAVE_CURL

#include <curl/curl.h>

struct body {
	char *text;
	size_t len;
	int too_long;
};

static size_t take(char *data, size_t size, size_t count, void *arg)
{
	struct body *body = arg;
	size_t len = size * count;

	if (len > SMTPTLS_STS_POLICY_MAX - body->len) {
		body->too_long = 1;
		return 0;
	}
	memcpy(body->text + body->len, data, len);
	body->len += len;
	return len;
}

static CURL *prepare(const char *url, const struct curl_slist *resolve,
		     const char *ca_file, long timeout_ms, struct body *body,
		     char *error)
{
	CURL *curl = curl_easy_init();
	unsigned wrong = 0;

	if (!curl)
		return NULL;
	wrong |= (unsigned)curl_easy_setopt(curl, CURLOPT_URL, url);
	wrong |= (unsigned)curl_easy_setopt(curl, CURLOPT_RESOLVE, resolve);
	wrong |= (unsigned)curl_easy_setopt(curl, CURLOPT_PROXY, "");
	wrong |= (unsigned)curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	wrong |= (unsigned)curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS,
					    timeout_ms);
	wrong |= (unsigned)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	wrong |= (unsigned)curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
	wrong |= (unsigned)curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
	wrong |= (unsigned)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
	wrong |= (unsigned)curl_easy_setopt(curl, CURLOPT_WRITEDATA, body);
	wrong |= (unsigned)curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error);
	if (ca_file)
		wrong |= (unsigned)curl_easy_setopt(curl, CURLOPT_CAINFO,
						    ca_file);
	if (!wrong)
		return curl;
	curl_easy_cleanup(curl);
	return NULL;
}

/* enum smtptls_sts_state, or 0. */
static int judge(CURL *curl, CURLcode code, const struct body *body,
		 const char *detail, char *error, size_t size)
{
	char shown[200];
	long status = 0;

	escape(shown, sizeof(shown), detail, strlen(detail));
	if (code == CURLE_PEER_FAILED_VERIFICATION) {
		snprintf(error, size, "the web server's certificate: %s",
			 shown[0] ? shown : curl_easy_strerror(code));
		return SMTPTLS_STS_WEBPKI_INVALID;
	}
	if (body->too_long) {
		snprintf(error, size, "the policy is longer than %d bytes",
			 SMTPTLS_STS_POLICY_MAX);
		return SMTPTLS_STS_POLICY_INVALID;
	}
	if (code != CURLE_OK) {
		snprintf(error, size, "%s",
			 shown[0] ? shown : curl_easy_strerror(code));
		return SMTPTLS_STS_FETCH_ERROR;
	}
	(void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	if (status == 200)
		return 0;
	snprintf(error, size, "the web server answers %ld%s", status,
		 status / 100 == 3 ? ", and redirects are not followed" : "");
	return SMTPTLS_STS_FETCH_ERROR;
}

int sts_fetch(const char *domain, const char *address, const char *ca_file,
	      int timeout_ms, char **text, size_t *len, char *error,
	      size_t error_size)
{
	struct body body = { malloc(SMTPTLS_STS_POLICY_MAX), 0, 0 };
	char detail[CURL_ERROR_SIZE] = "", url[400], at[400];
	struct curl_slist *resolve;
	CURL *curl;
	int state;

	snprintf(url, sizeof(url),
		 "https://mta-sts.%.253s/.well-known/mta-sts.txt", domain);
	snprintf(at, sizeof(at),
		 strchr(address, ':') ? "mta-sts.%.253s:443:[%s]"
				      : "mta-sts.%.253s:443:%s",
		 domain, address);
	resolve = curl_slist_append(NULL, at);
	curl = resolve && body.text ? prepare(url, resolve, ca_file, timeout_ms,
					      &body, detail)
				    : NULL;
	if (!curl)
		fail("libcurl cannot be set up");
	state = judge(curl, curl_easy_perform(curl), &body, detail, error,
		      error_size);
	curl_easy_cleanup(curl);
	curl_slist_free_all(resolve);
	*text = body.text;
	*len = body.len;
	if (state)
		free(body.text);
	return state;
}

#else

int sts_fetch(const char *domain, const char *address, const char *ca_file,
	      int timeout_ms, char **text, size_t *len, char *error,
	      size_t error_size)
{
	(void)domain;
	(void)address;
	(void)ca_file;
	(void)timeout_ms;
	*text = NULL;
	*len = 0;
	snprintf(error, error_size,
		 "this program was built without libcurl: give --sts-file");
	return SMTPTLS_STS_FETCH_ERROR;
}

#endif
