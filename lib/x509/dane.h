/* SPDX-License-Identifier: MIT */
/* x509/dane: judges a server's chain by TLSA records. See dane.c. */
#ifndef X509_DANE_H
#define X509_DANE_H

#include "x509/tlsa.h"
#include "x509/verify.h"

/*
 * Judge a server by TLSA records, of which at least one is usable; peer->trust
 * is not used. Fills `verdict`, and returns verdict->error.
 */
int stls_dane_verify(const struct stls_peer *peer,
		     const struct stls_tlsa_set *set,
		     struct stls_verdict *verdict);

#endif
