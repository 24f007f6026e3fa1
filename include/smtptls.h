/* SPDX-License-Identifier: MIT */
/*
 * libsmtptls: SMTP STARTTLS (RFC 3207) and implicit TLS (RFC 8314) on GnuTLS
 * and nettle.
 *
 * Three layers above the error numbers; a program may use any of them alone:
 *
 *      smtptls/error.h     error numbers and what they mean
 *   1  smtptls/smtp.h      SMTP lines, EHLO, the STARTTLS verdict; no TLS
 *   2  smtptls/policy.h    OpenSSL's strings, translated
 *      smtptls/outbound.h  DNS and MTA-STS to what a sender must do; no TLS
 *   3  smtptls/config.h    what connections share: certificates, policy, tickets
 *      smtptls/reload.h    a configuration that follows its files
 *      smtptls/conn.h      a connection
 *
 * Programs that know GnuTLS find their way from these objects to GnuTLS's own
 * in smtptls/gnutls.h, which this file does not include.
 */
#ifndef SMTPTLS_H
#define SMTPTLS_H

#include <smtptls/error.h>
#include <smtptls/smtp.h>
#include <smtptls/policy.h>
#include <smtptls/outbound.h>
#include <smtptls/config.h>
#include <smtptls/reload.h>
#include <smtptls/conn.h>

#endif
