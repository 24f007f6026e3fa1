/* SPDX-License-Identifier: MIT */
/*
 * reason/reason_name: what reasons are called, by their numbers.
 */
#include <stddef.h>

#include <smtptls/policy.h>

const char *smtptls_reason_name(int reason)
{
	static const char *const names[] = {
		"none",
		"version",
		"ssl2-hello",
		"ssl3-hello",
		"fallback",
		"suites-excluded",
		"security-level",
		"system-policy",
		"gnutls",
		"needs-rsa",
		"needs-ecdsa",
		"key-usage",
		"group",
		"sigalg",
		"sni",
		"bad-hello",
		"outside",
		"unjudged",
		"no-tls",
		"http",
		"smtp-in-clear",
		"tls-for-smtp",
		"closed",
		"timeout",
		"peer-alert",
		"cert-missing",
		"cert-trust",
		"cert-time",
		"cert-purpose",
		"dh-parameters",
		"alpn",
		"bad-record",
		"bad-message",
		"bad-signature",
		"flood",
		"renegotiation",
		"truncated",
		"internal",
		"injection",
		"no-smtp",
		"smtp-refused",
		"no-starttls",
		"starttls-masked",
		"starttls-refused",
		"cert-name",
		"cert-no-san",
		"cert-weak",
		"cert-revoked",
		"cert-extension",
		"cert-constraint",
		"cert-path",
		"cert-not-ca",
		"cert-signature",
		"cert-malformed",
		"cert-status",
		"cert-pin",
		"cert-tlsa",
		"left-after-handshake",
		"proxy-header",
		"cert-key-usage",
		"config",
		"ended-here",
		"line-ending",
		"line-too-long",
		"too-many-errors",
		"command",
		"tls-required",
		"signer",
		"token",
	};

	if (reason < 0 || (size_t)reason >= sizeof(names) / sizeof(names[0]))
		return NULL;
	return names[reason];
}
