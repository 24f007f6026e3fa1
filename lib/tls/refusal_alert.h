/* SPDX-License-Identifier: MIT */
/* tls/refusal_alert: a refusal's alert. See refusal_alert.c. */
#ifndef TLS_REFUSAL_ALERT_H
#define TLS_REFUSAL_ALERT_H

#include "reason/refusal.h"

/* The GnuTLS error that ends a handshake with the alert the RFCs require. */
int stls_refusal_alert(const struct stls_refusal *refusal);

#endif
