/* SPDX-License-Identifier: MIT */
/* tls/dh: parameters for DHE. The manual is in dh.c. */
#ifndef TLS_DH_H
#define TLS_DH_H

#include "tls/config.h"

/*
 * Give a configuration's DHE its parameters, unless a file has, and suites
 * without authentication their credentials, if the policy has any. Returns 0,
 * SMTPTLS_E_NOMEM or SMTPTLS_E_CONFIG.
 */
int stls_dh_settle(struct smtptls_config *config);

#endif
