/* SPDX-License-Identifier: MIT */
/* tls/info: the facts of a session. See info.c. */
#ifndef TLS_INFO_H
#define TLS_INFO_H

#include "tls/session.h"

/* The strings behind a struct smtptls_info. */
struct stls_facts;

/*
 * Fill `info` with what a session knows. `tls_enabled`, which is copied,
 * decides whether the shadow policy's objection is included. The strings belong
 * to `*facts` and the session; the first call makes `*facts`. Returns 0 or
 * SMTPTLS_E_NOMEM.
 */
int stls_info(struct stls_session *session, struct stls_facts **facts,
	      int tls_enabled, struct smtptls_info *info);
void stls_facts_free(struct stls_facts *facts);

#endif
