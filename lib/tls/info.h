/* SPDX-License-Identifier: MIT */
/* tls/info: what can be said of a session. The manual is in info.c. */
#ifndef TLS_INFO_H
#define TLS_INFO_H

#include "tls/session.h"

/* The strings behind a struct smtptls_info. */
struct stls_facts;

/*
 * Fill what a session knows into `info`; `tls_enabled`, which is copied, decides
 * whether the shadow policy's objection is told. The strings stay with `*facts`
 * and the session; `*facts` is made at the first call with TLS on. Returns 0 or
 * SMTPTLS_E_NOMEM.
 */
int stls_info(struct stls_session *session, struct stls_facts **facts,
	      int tls_enabled, struct smtptls_info *info);
void stls_facts_free(struct stls_facts *facts);

#endif
