/* SPDX-License-Identifier: MIT */
/* tls/refusal_alert: a refusal's alert. The manual is in refusal_alert.c. */
#ifndef TLS_REFUSAL_ALERT_H
#define TLS_REFUSAL_ALERT_H

#include "reason/refusal.h"

/* The GnuTLS error by which a handshake ends with the alert of the RFC. */
int stls_refusal_alert(const struct stls_refusal *refusal);

#endif
