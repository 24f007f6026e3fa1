/* SPDX-License-Identifier: MIT */
/*
 * tls/single_credentials: each of several certificates in credentials of its
 * own.
 *
 * GnuTLS finds a certificate by comparing the client's name byte by byte,
 * without wildcards, and otherwise takes the first that fits. A policy's hook
 * knows better which one is meant; it gives the session the credentials that
 * hold only that one. They also have parameters for DHE as strong as its key,
 * and the names of authorities that a client is sent. Those names come from
 * files; beside the system's authorities they cannot be told apart, so a client
 * is sent none, which means any (RFC 5246 section 7.4.4).
 *
 * A client may have to show no certificate, so there are also credentials
 * without one.
 *
 * An external key is opened once more. A key that the host itself has put into
 * the credentials cannot be copied; its certificate has no credentials here,
 * and GnuTLS finds it in its own way.
 */
#include "tls/single_credentials.h"

#include <stdlib.h>

#include <gnutls/x509.h>

struct copied {
	gnutls_x509_crt_t *crt;
	unsigned count;
	gnutls_x509_privkey_t key;
};

static void copied_free(struct copied *copied)
{
	while (copied->count > 0)
		gnutls_x509_crt_deinit(copied->crt[--copied->count]);
	gnutls_free(copied->crt);
	if (copied->key)
		gnutls_x509_privkey_deinit(copied->key);
}

static int add_authorities(gnutls_certificate_credentials_t single,
			   gnutls_certificate_credentials_t all)
{
	gnutls_x509_trust_list_iter_t iter = NULL;
	gnutls_x509_trust_list_t trust;
	gnutls_x509_crt_t crt;
	int ret = 0;

	gnutls_certificate_get_trust_list(all, &trust);
	while (ret >= 0 &&
	       gnutls_x509_trust_list_iter_get_ca(trust, &iter, &crt) == 0) {
		ret = gnutls_certificate_set_x509_trust(single, &crt, 1);
		gnutls_x509_crt_deinit(crt);
	}
	gnutls_x509_trust_list_iter_deinit(iter);
	return ret < 0 ? ret : 0;
}

static int give_external(gnutls_certificate_credentials_t single,
			 const struct copied *copied,
			 const struct stls_external_key *external)
{
	gnutls_privkey_t key;
	int ret = stls_external_key_open(external, copied->crt[0], &key);

	if (ret < 0)
		return ret;
	ret = stls_external_key_give(external, single, copied->crt,
				     copied->count, key);
	if (ret < 0)
		gnutls_privkey_deinit(key);
	return ret;
}

/* Credentials with the i-th certificate; NULL if its key cannot be copied. */
static int make(gnutls_certificate_credentials_t *single,
		gnutls_certificate_credentials_t all, unsigned i,
		const struct stls_external_key *external)
{
	struct copied copied = { NULL, 0, NULL };
	int ret = 0;

	if (!external)
		ret = gnutls_certificate_get_x509_key(all, i, &copied.key);
	if (ret < 0) {
		copied.key = NULL;
		return ret == GNUTLS_E_MEMORY_ERROR ? ret : 0;
	}
	ret = gnutls_certificate_get_x509_crt(all, i, &copied.crt,
					      &copied.count);
	if (ret < 0)
		goto out;
	ret = gnutls_certificate_allocate_credentials(single);
	if (ret < 0) {
		*single = NULL;
		goto out;
	}
	ret = external ? give_external(*single, &copied, external)
		       : gnutls_certificate_set_x509_key(*single, copied.crt,
							 (int)copied.count,
							 copied.key);
out:
	copied_free(&copied);
	return ret < 0 ? ret : 0;
}

int stls_single_credentials_make(struct stls_single_credentials *single,
				 gnutls_certificate_credentials_t all,
				 const struct stls_own_certificates *own,
				 const struct stls_external_keys *external,
				 struct stls_dh *dh, int tell)
{
	size_t i;
	int ret = gnutls_certificate_allocate_credentials(&single->none);

	if (ret < 0) {
		single->none = NULL;
		return ret;
	}
	if (own->count < 2)
		return 0;
	single->credentials = calloc(own->count, sizeof(*single->credentials));
	if (!single->credentials)
		return GNUTLS_E_MEMORY_ERROR;
	single->count = own->count;
	for (i = 0; ret == 0 && i < own->count; i++) {
		gnutls_certificate_credentials_t *one = &single->credentials[i];

		ret = make(one, all, (unsigned)i,
			   stls_external_keys_find(external, (unsigned)i));
		if (ret < 0 || !*one)
			continue;
		ret = stls_dh_give(dh, own->cert[i].rsa_bits, *one);
		if (ret == 0 && tell)
			ret = add_authorities(*one, all);
	}
	return ret;
}

void stls_single_credentials_free(struct stls_single_credentials *single)
{
	size_t i;

	for (i = 0; i < single->count; i++) {
		if (single->credentials[i])
			gnutls_certificate_free_credentials(
				single->credentials[i]);
	}
	if (single->none)
		gnutls_certificate_free_credentials(single->none);
	free(single->credentials);
	single->credentials = NULL;
	single->none = NULL;
	single->count = 0;
}
