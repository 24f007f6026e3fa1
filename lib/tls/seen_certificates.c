/* SPDX-License-Identifier: MIT */
/*
 * tls/seen_certificates: what was read from a host's certificates, kept with
 * the policy.
 *
 * A host passes its credentials with each session. It may change them, or free
 * them and allocate others at the same address. So what identifies them is not
 * the pointer but the leaf certificates, byte by byte, which GnuTLS returns
 * without parsing: an entry matches when the leaves have the same number, order
 * and bytes.
 *
 * Places fill in order, are written once, are shared by all threads without a
 * lock, and live as long as the policy. When all are taken, other certificates
 * are read anew for each session.
 */
#include "tls/seen_certificates.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define PLACES 16

struct seen {
	struct stls_own_certificates own;
	size_t leaves;
	gnutls_datum_t *leaf;
};

struct places {
	_Atomic(struct seen *) place[PLACES];
};

static void seen_free(struct seen *seen)
{
	size_t i;

	for (i = 0; i < seen->leaves; i++)
		free(seen->leaf[i].data);
	free(seen->leaf);
	stls_own_certificates_free(&seen->own);
	free(seen);
}

static void places_free(void *attached)
{
	struct places *places = attached;
	unsigned i;

	for (i = 0; i < PLACES; i++) {
		struct seen *seen = atomic_load(&places->place[i]);

		if (seen)
			seen_free(seen);
	}
	free(places);
}

int stls_seen_prepare(struct smtptls_policy *policy)
{
	struct places *places = malloc(sizeof(*places));
	unsigned i;

	if (!places)
		return SMTPTLS_E_NOMEM;
	for (i = 0; i < PLACES; i++)
		atomic_init(&places->place[i], NULL);
	policy->seen = places;
	policy->seen_free = places_free;
	return 0;
}

static int is_of(const struct seen *seen,
		 gnutls_certificate_credentials_t credentials)
{
	gnutls_datum_t der;
	unsigned i;

	for (i = 0;
	     gnutls_certificate_get_crt_raw(credentials, i, 0, &der) == 0;
	     i++) {
		if (i >= seen->leaves || der.size != seen->leaf[i].size ||
		    memcmp(der.data, seen->leaf[i].data, der.size) != 0)
			return 0;
	}
	return i == seen->leaves;
}

const struct stls_own_certificates *
stls_seen_find(const struct smtptls_policy *policy,
	       gnutls_certificate_credentials_t credentials)
{
	struct places *places = policy->seen;
	struct seen *seen;
	unsigned i;

	for (i = 0; i < PLACES; i++) {
		seen = atomic_load_explicit(&places->place[i],
					    memory_order_acquire);
		if (!seen)
			break;
		if (is_of(seen, credentials))
			return &seen->own;
	}
	return NULL;
}

/* An entry with copies of the leaves only; NULL if out of memory. */
static struct seen *copy(gnutls_certificate_credentials_t credentials,
			 size_t count)
{
	struct seen *seen = calloc(1, sizeof(*seen));
	gnutls_datum_t der;

	if (!seen)
		return NULL;
	seen->leaf = calloc(count, sizeof(*seen->leaf));
	while (seen->leaf && seen->leaves < count) {
		gnutls_datum_t *leaf = &seen->leaf[seen->leaves];

		if (gnutls_certificate_get_crt_raw(
			    credentials, (unsigned)seen->leaves, 0, &der) < 0)
			break;
		leaf->data = malloc(der.size);
		if (!leaf->data)
			break;
		memcpy(leaf->data, der.data, der.size);
		leaf->size = der.size;
		seen->leaves++;
	}
	if (seen->leaves == count)
		return seen;
	seen_free(seen);
	return NULL;
}

const struct stls_own_certificates *
stls_seen_keep(const struct smtptls_policy *policy,
	       gnutls_certificate_credentials_t credentials,
	       struct stls_own_certificates *own)
{
	struct places *places = policy->seen;
	struct seen *seen, *none;
	unsigned i;

	if (own->count == 0 || atomic_load_explicit(&places->place[PLACES - 1],
						    memory_order_relaxed))
		return NULL;
	seen = copy(credentials, own->count);
	if (!seen)
		return NULL;
	seen->own = *own;
	for (i = 0; i < PLACES; i++) {
		none = NULL;
		if (atomic_compare_exchange_strong_explicit(
			    &places->place[i], &none, seen,
			    memory_order_release, memory_order_relaxed)) {
			memset(own, 0, sizeof(*own));
			return &seen->own;
		}
	}
	/* Other threads have taken the last places. */
	memset(&seen->own, 0, sizeof(seen->own));
	seen_free(seen);
	return NULL;
}
