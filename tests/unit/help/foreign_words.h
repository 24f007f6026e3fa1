/* SPDX-License-Identifier: MIT */
/*
 * foreign_words: words of other programs' languages, as administrators paste
 * them: how each is described, and what was meant.
 */
#ifndef FOREIGN_WORDS_H
#define FOREIGN_WORDS_H

#include "hint_help.h"

#define PROTOCOLS    STLS_SETTING_PROTOCOLS
#define CIPHERS	     STLS_SETTING_CIPHERS
#define CIPHERSUITES STLS_SETTING_CIPHERSUITES
#define GROUPS	     STLS_SETTING_GROUPS
#define SIGALGS	     STLS_SETTING_SIGALGS

#define PRIORITY                                                               \
	"a GnuTLS priority string: give it to --priority or "                  \
	"smtptls_config_set_priority()"

static const struct {
	enum stls_setting setting;
	const char *string;
	const char *hint;  /* of the first foreign word, without "is" */
	const char *meant; /* NULL: drop the word, or the string is GnuTLS's */
} foreign_words[] = {
	/* IANA: Mozilla's generator, SSL Labs */
	{ CIPHERS, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
	  "IANA's name of ECDHE-RSA-AES256-GCM-SHA384: write that",
	  "ECDHE-RSA-AES256-GCM-SHA384" },
	{ CIPHERS, "HIGH:TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
	  "IANA's name of DHE-RSA-CHACHA20-POLY1305: write that",
	  "DHE-RSA-CHACHA20-POLY1305" },
	{ CIPHERS, "TLS_RSA_WITH_AES_128_CBC_SHA",
	  "IANA's name of AES128-SHA: write that", "AES128-SHA" },
	{ CIPHERS, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256 HIGH",
	  "IANA's name of ECDHE-ECDSA-AES128-SHA256: write that",
	  "ECDHE-ECDSA-AES128-SHA256" },
	{ CIPHERS, "HIGH:!TLS_RSA_WITH_AES_256_CBC_SHA",
	  "IANA's name of AES256-SHA: write that", "AES256-SHA" },
	{ CIPHERS, "HIGH:TLS_RSA_WITH_3DES_EDE_CBC_SHA",
	  "not a suite of OpenSSL 3.0: remove it", NULL },
	{ CIPHERS, "HIGH:TLS_ECDH_RSA_WITH_AES_128_GCM_SHA256",
	  "not a suite of OpenSSL 3.0: remove it", NULL },
	{ CIPHERS, "ALL:TLS_DH_anon_WITH_AES_256_CBC_SHA",
	  "IANA's name of ADH-AES256-SHA: write that", "ADH-AES256-SHA" },
	{ CIPHERS, "RSA_WITH_AES_128_CBC_SHA",
	  "another spelling of AES128-SHA: write that", "AES128-SHA" },
	{ CIPHERS, "TLS_AES_256_GCM_SHA384:ECDHE-RSA-AES256-GCM-SHA384",
	  "a suite of TLS 1.3: put TLS_AES_256_GCM_SHA384 into the "
	  "ciphersuites instead",
	  "TLS_AES_256_GCM_SHA384" },
	{ CIPHERS, "HIGH:!TLS_AES_128_CCM_SHA256",
	  "a suite of TLS 1.3: set the ciphersuites without "
	  "TLS_AES_128_CCM_SHA256",
	  "TLS_AES_128_CCM_SHA256" },
	{ CIPHERSUITES, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
	  "not a suite of TLS 1.3: put ECDHE-RSA-AES256-GCM-SHA384 into the "
	  "ciphers instead",
	  "ECDHE-RSA-AES256-GCM-SHA384" },
	{ CIPHERSUITES, "TLS_AES_128_GCM_SHA256:ECDHE-RSA-AES256-GCM-SHA384",
	  "not a suite of TLS 1.3: put ECDHE-RSA-AES256-GCM-SHA384 into the "
	  "ciphers instead",
	  "ECDHE-RSA-AES256-GCM-SHA384" },
	/* nmap, testssl.sh */
	{ CIPHERS, "TLS_AKE_WITH_AES_256_GCM_SHA384:HIGH",
	  "a suite of TLS 1.3: put TLS_AES_256_GCM_SHA384 into the "
	  "ciphersuites instead",
	  "TLS_AES_256_GCM_SHA384" },
	{ CIPHERSUITES, "TLS_AKE_WITH_CHACHA20_POLY1305_SHA256",
	  "nmap's name of TLS_CHACHA20_POLY1305_SHA256: write that",
	  "TLS_CHACHA20_POLY1305_SHA256" },
	/* Schannel */
	{ CIPHERS, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384_P384",
	  "Schannel's name of ECDHE-RSA-AES256-SHA384: write that",
	  "ECDHE-RSA-AES256-SHA384" },
	{ CIPHERS, "HIGH:TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256_P256",
	  "Schannel's name of ECDHE-ECDSA-AES128-GCM-SHA256: write that",
	  "ECDHE-ECDSA-AES128-GCM-SHA256" },
	{ PROTOCOLS, "<=1.2", "a bound in another grammar: write <=TLSv1.2",
	  "<=TLSv1.2" },
	{ PROTOCOLS, "=<TLSv1.2", "a bound in another grammar: write <=TLSv1.2",
	  "<=TLSv1.2" },
	{ PROTOCOLS, ">=1.2", "a bound in another grammar: write >=TLSv1.2",
	  ">=TLSv1.2" },
	{ PROTOCOLS, "=>TLSv1.2", "a bound in another grammar: write >=TLSv1.2",
	  ">=TLSv1.2" },
	{ PROTOCOLS, "<1.3", "a bound in another grammar: write <=TLSv1.2",
	  "<=TLSv1.2" },
	{ PROTOCOLS, "Tls12", "another name of TLSv1.2: write that",
	  "TLSv1.2" },
	{ PROTOCOLS, "Tls12 ", "another name of TLSv1.2: write that",
	  "TLSv1.2" },
	{ PROTOCOLS, "Tls13,TLSv1.2", "another name of TLSv1.3: write that",
	  "TLSv1.2 TLSv1.3" },
	/* LibreSSL */
	{ CIPHERS, "AEAD-AES256-GCM-SHA384:HIGH",
	  "a suite of TLS 1.3: put TLS_AES_256_GCM_SHA384 into the "
	  "ciphersuites instead",
	  "TLS_AES_256_GCM_SHA384" },
	{ CIPHERSUITES, "AEAD-CHACHA20-POLY1305-SHA256",
	  "LibreSSL's name of TLS_CHACHA20_POLY1305_SHA256: write that",
	  "TLS_CHACHA20_POLY1305_SHA256" },
	/* rustls, Go */
	{ CIPHERS, "TLS13_AES_128_GCM_SHA256:HIGH",
	  "a suite of TLS 1.3: put TLS_AES_128_GCM_SHA256 into the "
	  "ciphersuites instead",
	  "TLS_AES_128_GCM_SHA256" },
	{ CIPHERSUITES, "TLS13_AES_256_GCM_SHA384",
	  "rustls's name of TLS_AES_256_GCM_SHA384: write that",
	  "TLS_AES_256_GCM_SHA384" },
	{ CIPHERS, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305",
	  "another spelling of ECDHE-RSA-CHACHA20-POLY1305: write that",
	  "ECDHE-RSA-CHACHA20-POLY1305" },
	{ PROTOCOLS, "VersionTLS12", "another name of TLSv1.2: write that",
	  "TLSv1.2" },
	{ GROUPS, "CurveP256", "another name of P-256: write that", "P-256" },
	{ SIGALGS, "PKCS1WithSHA256", "another name of RSA+SHA256: write that",
	  "RSA+SHA256" },
	{ SIGALGS, "ECDSAWithP256AndSHA256",
	  "another name of ECDSA+SHA256: write that", "ECDSA+SHA256" },
	{ SIGALGS, "ECDSA_NISTP384_SHA384",
	  "another name of ECDSA+SHA384: write that", "ECDSA+SHA384" },
	{ SIGALGS, "PSSWithSHA384",
	  "another name of rsa_pss_rsae_sha384: write that",
	  "rsa_pss_rsae_sha384" },
	/* GnuTLS */
	{ CIPHERS, "SECURE128:-VERS-TLS1.0", PRIORITY, NULL },
	{ CIPHERS, "NORMAL:%SERVER_PRECEDENCE:-VERS-TLS1.1", PRIORITY, NULL },
	{ CIPHERS,
	  "NONE:+VERS-TLS1.2:+ECDHE-RSA:+AES-256-GCM:+AEAD:+SIGN-ALL:+COMP-"
	  "NULL:+GROUP-ALL",
	  PRIORITY, NULL },
	{ PROTOCOLS, "NORMAL:-VERS-ALL:+VERS-TLS1.2", PRIORITY, NULL },
	{ GROUPS, "PERFORMANCE", PRIORITY, NULL },
	{ SIGALGS, "SECURE256:%PROFILE_HIGH", PRIORITY, NULL },
	{ CIPHERSUITES, "PFS", PRIORITY, NULL },
	{ CIPHERS, "TLS_ECDHE_RSA_AES_256_GCM_SHA384",
	  "GnuTLS's name of ECDHE-RSA-AES256-GCM-SHA384: write that",
	  "ECDHE-RSA-AES256-GCM-SHA384" },
	{ CIPHERS, "HIGH:TLS_RSA_CAMELLIA_128_GCM_SHA256",
	  "not a suite of OpenSSL 3.0: remove it", NULL },
	{ CIPHERS, "AES-256-GCM", "another name of AES256+AESGCM: write that",
	  "AES256+AESGCM" },
	{ CIPHERS, "HIGH:-ECDHE-ECDSA",
	  "another name of ECDHE+aECDSA: write that", "ECDHE+aECDSA" },
	{ CIPHERS, "HIGH:-VERS-TLS1.0",
	  "a protocol version: put !TLSv1 into the protocols instead",
	  "!TLSv1" },
	{ CIPHERS, "HIGH:SIGN-RSA-SHA256",
	  "a signature algorithm: put RSA+SHA256 into the sigalgs instead",
	  "RSA+SHA256" },
	{ CIPHERS, "HIGH:GROUP-X25519",
	  "a group: put X25519 into the groups instead", "X25519" },
	{ PROTOCOLS, "VERS-TLS1.2", "GnuTLS's name of TLSv1.2: write that",
	  "TLSv1.2" },
	{ PROTOCOLS, "-VERS-TLS1.0:-VERS-TLS1.1",
	  "an exclusion in another grammar: write !TLSv1", "TLSv1.2 TLSv1.3" },
	{ PROTOCOLS, "+VERS-TLS1.2:TLSv1.3",
	  "GnuTLS's name of TLSv1.2: write that", "TLSv1.2 TLSv1.3" },
	{ PROTOCOLS, "-VERS-ALL:+VERS-TLS1.2",
	  "GnuTLS's way to begin with nothing: remove it", "TLSv1.2" },
	{ GROUPS, "GROUP-SECP256R1:X25519",
	  "GnuTLS's name of secp256r1: write that", "secp256r1" },
	{ GROUPS, "CURVE-X25519", "another name of X25519: write that",
	  "X25519" },
	{ SIGALGS, "SIGN-RSA-SHA256", "GnuTLS's name of RSA+SHA256: write that",
	  "RSA+SHA256" },
	{ SIGALGS, "SIGN-ECDSA-SECP384R1-SHA384",
	  "GnuTLS's name of ECDSA+SHA384: write that", "ECDSA+SHA384" },
	{ SIGALGS, "SIGN-RSA-PSS-RSAE-SHA512",
	  "GnuTLS's name of rsa_pss_rsae_sha512: write that",
	  "rsa_pss_rsae_sha512" },
	{ SIGALGS, "SIGN-EdDSA-Ed25519", "GnuTLS's name of ed25519: write that",
	  "ed25519" },
	/* Postfix */
	{ CIPHERS, "high", "a cipher grade of Postfix: write HIGH:!aNULL",
	  "HIGH:!aNULL" },
	{ CIPHERS, "medium", "a cipher grade of Postfix: write HIGH:!aNULL",
	  "HIGH:!aNULL" },
	{ CIPHERS, "$tls_high_cipherlist",
	  "a parameter of Postfix: write HIGH:!aNULL", "HIGH:!aNULL" },
	{ CIPHERS, "${tls_medium_cipherlist}",
	  "a parameter of Postfix: write HIGH:!aNULL", "HIGH:!aNULL" },
	{ CIPHERS, "tls_high_cipherlist = ECDHE+AESGCM",
	  "the name of a setting: write its value alone", "ECDHE+AESGCM" },
	{ PROTOCOLS, "smtpd_tls_mandatory_protocols = >=TLSv1.2",
	  "the name of a setting: write its value alone", ">=TLSv1.2" },
	{ PROTOCOLS, ">TLSv1.1", "a bound in another grammar: write >=TLSv1.2",
	  ">=TLSv1.2" },
	{ PROTOCOLS, ">= TLSv1.2",
	  "a bound in another grammar: write >=TLSv1.2", ">=TLSv1.2" },
	/* OpenSSL's files, code and command lines; systems */
	{ PROTOCOLS, "MinProtocol = TLSv1.2", "a lower bound: write >=TLSv1.2",
	  ">=TLSv1.2" },
	{ PROTOCOLS, "MaxProtocol=TLSv1.2", "an upper bound: write <=TLSv1.2",
	  "<=TLSv1.2" },
	{ CIPHERS, "CipherString = DEFAULT@SECLEVEL=2",
	  "the name of a setting: write its value alone", "DEFAULT" },
	{ PROTOCOLS, "TLS1_2_VERSION", "another name of TLSv1.2: write that",
	  "TLSv1.2" },
	{ PROTOCOLS, "SSL_OP_NO_TLSv1_1",
	  "an exclusion in another grammar: write !TLSv1.1", "!TLSv1.1" },
	{ PROTOCOLS, "SSL_OP_NO_SSLv3",
	  "an exclusion in another grammar: write !SSLv3", "!SSLv3" },
	{ PROTOCOLS, "-no_tls1_1",
	  "an exclusion in another grammar: write !TLSv1.1", "!TLSv1.1" },
	{ PROTOCOLS, "--tlsv1.3", "another name of TLSv1.3: write that",
	  "TLSv1.3" },
	{ CIPHERS, "PROFILE=SYSTEM",
	  "the word of Fedora and Red Hat for the system's ciphers: write "
	  "DEFAULT",
	  "DEFAULT" },
	{ CIPHERS, "HIGH:SECLEVEL=1",
	  "a command without its @: write @SECLEVEL=1", "HIGH" },
	{ CIPHERS, "DEFAULT:@seclevel=1",
	  "an unknown word: write SECLEVEL=1 if that is meant", "DEFAULT" },
	{ CIPHERS, "HIGH:DEFAULT",
	  "a word that counts at the beginning only: write "
	  "ALL:!COMPLEMENTOFDEFAULT:!eNULL",
	  "DEFAULT" },
	{ CIPHERS, "HIGH:TLSv1.3",
	  "a protocol version: put TLSv1.3 into the protocols instead",
	  "TLSv1.3" },
	{ CIPHERS, "HIGH:!TLSv1.1",
	  "a protocol version: put !TLSv1.1 into the protocols instead",
	  "!TLSv1.1" },
	{ CIPHERSUITES, "TLS_AES_256_GCM_SHA384:HIGH",
	  "a word of the ciphers: put HIGH into the ciphers instead", "HIGH" },
	{ CIPHERSUITES, "TLS_AES_256_GCM_SHA384:ECDHE+AESGCM",
	  "a word of the ciphers: put ECDHE+AESGCM into the ciphers instead",
	  "ECDHE+AESGCM" },
	/* nginx, Apache, HAProxy, Dovecot, Exim */
	{ CIPHERS, "ssl_ciphers HIGH:!aNULL;",
	  "the name of a setting: write its value alone", "HIGH:!aNULL" },
	{ CIPHERS, "\"HIGH:!aNULL\"",
	  "a word with quotes or a semicolon: write HIGH", "HIGH" },
	{ PROTOCOLS, "ssl_protocols TLSv1.2 TLSv1.3",
	  "the name of a setting: write its value alone", "TLSv1.2 TLSv1.3" },
	{ PROTOCOLS, "TLSv1.2 TLSv1.3;",
	  "a word with quotes or a semicolon: write TLSv1.3",
	  "TLSv1.2 TLSv1.3" },
	{ CIPHERS, "SSLCipherSuite ECDHE+AESGCM",
	  "the name of a setting: write its value alone", "ECDHE+AESGCM" },
	{ PROTOCOLS, "ssl-min-ver TLSv1.2", "a lower bound: write >=TLSv1.2",
	  ">=TLSv1.2" },
	{ PROTOCOLS, "no-tlsv10 no-tlsv11",
	  "an exclusion in another grammar: write !TLSv1", "TLSv1.2 TLSv1.3" },
	{ PROTOCOLS, "force-tlsv12", "another name of TLSv1.2: write that",
	  "TLSv1.2" },
	{ PROTOCOLS, "ssl_min_protocol = TLSv1.2",
	  "a lower bound: write >=TLSv1.2", ">=TLSv1.2" },
	{ GROUPS, "ssl_ecdh_curve X25519:P-256",
	  "the name of a setting: write its value alone", "X25519" },
	/* Java, NSS, JOSE */
	{ CIPHERS, "SSL_RSA_WITH_AES_256_CBC_SHA",
	  "Java's old name of AES256-SHA: write that", "AES256-SHA" },
	{ CIPHERS, "HIGH:TLS_EMPTY_RENEGOTIATION_INFO_SCSV",
	  "not a suite but a signalling value (SCSV): remove it", NULL },
	{ CIPHERS, "ecdhe_rsa_aes_128_gcm_sha_256",
	  "another spelling of ECDHE-RSA-AES128-GCM-SHA256: write that",
	  "ECDHE-RSA-AES128-GCM-SHA256" },
	{ SIGALGS, "SHA256withRSA", "another name of RSA+SHA256: write that",
	  "RSA+SHA256" },
	{ SIGALGS, "SHA384withECDSA",
	  "another name of ECDSA+SHA384: write that", "ECDSA+SHA384" },
	{ SIGALGS, "RSASSA-PSS+SHA256",
	  "another name of rsa_pss_rsae_sha256: write that",
	  "rsa_pss_rsae_sha256" },
	{ SIGALGS, "sha256WithRSAEncryption",
	  "another name of RSA+SHA256: write that", "RSA+SHA256" },
	{ SIGALGS, "ecdsa-with-SHA256",
	  "another name of ECDSA+SHA256: write that", "ECDSA+SHA256" },
	{ SIGALGS, "PS256", "another name of rsa_pss_rsae_sha256: write that",
	  "rsa_pss_rsae_sha256" },
	/* people's own inventions, and slips */
	{ PROTOCOLS, "TLSv1.2+", "a bound in another grammar: write >=TLSv1.2",
	  ">=TLSv1.2" },
	{ PROTOCOLS, "TLS1.2", "another name of TLSv1.2: write that",
	  "TLSv1.2" },
	{ PROTOCOLS, "TLS 1.3", "another name of TLSv1.3: write that",
	  "TLSv1.3" },
	{ PROTOCOLS, "1.2", "another name of TLSv1.2: write that", "TLSv1.2" },
	{ PROTOCOLS, "SSLv23:!TLS1.1",
	  "an exclusion in another grammar: write !TLSv1_1",
	  "SSLv23:!TLSv1_1" },
	{ PROTOCOLS, "SSLv23:-TLSv1",
	  "an exclusion in another grammar: write !TLSv1", "SSLv23:!TLSv1" },
	{ PROTOCOLS, "TLSv1.2,TLSv1_3", "another name of TLSv1.3: write that",
	  "TLSv1.2 TLSv1.3" },
	{ PROTOCOLS, "+no_sslv3 -TLS1.1",
	  "an exclusion in another grammar: write +no_tlsv1_1", "!TLSv1.1" },
	{ PROTOCOLS, "ALL -TLS1.0",
	  "an exclusion in another grammar: write -TLSv1", "!TLSv1" },
	{ PROTOCOLS, "TSLv1.2",
	  "an unknown word: write TLSv1.2 if that is meant", "TLSv1.2" },
	{ PROTOCOLS, "HIGH",
	  "a word of the ciphers: put HIGH into the ciphers instead", "HIGH" },
	{ CIPHERS, "ECDHE-RSA-AES256-GCM-SHA348",
	  "an unknown word: write ECDHE-RSA-AES256-GCM-SHA384 if that is meant",
	  "ECDHE-RSA-AES256-GCM-SHA384" },
	{ CIPHERS, "ECDHE-RSA-AES256-GMC-SHA384",
	  "an unknown word: write ECDHE-RSA-AES256-GCM-SHA384 if that is meant",
	  "ECDHE-RSA-AES256-GCM-SHA384" },
	{ CIPHERS, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA348",
	  "an unknown word: write ECDHE-RSA-AES256-GCM-SHA384 if that is meant",
	  "ECDHE-RSA-AES256-GCM-SHA384" },
	{ CIPHERS, "ecdhe-rsa-aes256-gcm-sha384",
	  "another spelling of ECDHE-RSA-AES256-GCM-SHA384: write that",
	  "ECDHE-RSA-AES256-GCM-SHA384" },
	{ CIPHERS, "ECHDE+AESGCM",
	  "an unknown word: write ECDHE if that is meant", "ECDHE+AESGCM" },
	{ CIPHERS, "default", "an unknown word: write DEFAULT if that is meant",
	  "DEFAULT" },
	{ CIPHERS, "HIGH:AES_128",
	  "an unknown word: write AES128 if that is meant", "AES128" },
	{ CIPHERS, "HIGH:!anull",
	  "an unknown word: write aNULL if that is meant", "aNULL" },
	{ CIPHERSUITES, "TLS_AES_256_GCM_SHA348",
	  "an unknown word: write TLS_AES_256_GCM_SHA384 if that is meant",
	  "TLS_AES_256_GCM_SHA384" },
	{ CIPHERSUITES, "TLS-AES-256-GCM-SHA384",
	  "another spelling of TLS_AES_256_GCM_SHA384: write that",
	  "TLS_AES_256_GCM_SHA384" },
	{ GROUPS, "curve25519", "another name of X25519: write that",
	  "X25519" },
	{ GROUPS, "P256:X25519", "another name of P-256: write that", "P-256" },
	{ GROUPS, "nistp384", "another name of P-384: write that", "P-384" },
	{ GROUPS, "SECP256R1", "another name of secp256r1: write that",
	  "P-256" },
	{ GROUPS, "prime384v1", "another name of P-384: write that", "P-384" },
	{ GROUPS, "Curve448", "another name of X448: write that", "X448" },
	{ GROUPS, "FFDHE2048:P-256", "another name of ffdhe2048: write that",
	  "ffdhe2048" },
	{ GROUPS, "?x25519mlkem768:P-256",
	  "another name of X25519MLKEM768: write that", "X25519MLKEM768" },
	{ GROUPS, "X25519Kyber768Draft00:X25519",
	  "a draft of X25519MLKEM768: write X25519MLKEM768", "X25519MLKEM768" },
	{ GROUPS, "X25519:secp256r2",
	  "an unknown word: write secp256r1 if that is meant", "secp256r1" },
	{ GROUPS, "ed25519:X25519",
	  "a signature algorithm: put ed25519 into the sigalgs instead",
	  "ed25519" },
	{ SIGALGS, "rsa+sha256", "another name of RSA+SHA256: write that",
	  "RSA+SHA256" },
	{ SIGALGS, "RSA+SHA265",
	  "an unknown word: write RSA+SHA256 if that is meant", "RSA+SHA256" },
	{ SIGALGS, "RSA+SHA22",
	  "an unknown word: write RSA+SHA224 if that is meant", "RSA+SHA224" },
	{ SIGALGS, "PSS+SHA265",
	  "an unknown word: write PSS+SHA256 if that is meant", "PSS+SHA256" },
	{ PROTOCOLS, "=TLSv1.2", "another name of TLSv1.2: write that",
	  "TLSv1.2" },
	{ SIGALGS, "RSA-SHA256", "another name of RSA+SHA256: write that",
	  "RSA+SHA256" },
	{ SIGALGS, "rsa_pss_sha256",
	  "another name of rsa_pss_rsae_sha256: write that",
	  "rsa_pss_rsae_sha256" },
	{ SIGALGS, "rsa_pss_rsae_sha265",
	  "an unknown word: write rsa_pss_rsae_sha256 if that is meant",
	  "rsa_pss_rsae_sha256" },
	{ SIGALGS, "Ed25519", "another name of ed25519: write that",
	  "ed25519" },
	{ SIGALGS, "X25519:RSA+SHA256",
	  "a group: put X25519 into the groups instead", "X25519" },
};

/* ---- what a list means ---- */

static inline int has_all(const uint8_t *has, size_t has_count,
			  const uint8_t *meant, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (!memchr(has, meant[i], has_count))
			return 0;
	return count > 0;
}

static inline int means_ciphers(const char *string, const char *meant)
{
	struct stls_cipher_list is, asked;

	return stls_cipher_list_parse(&is, string, strlen(string), NULL) == 0 &&
	       stls_cipher_list_parse(&asked, meant, strlen(meant), NULL) ==
		       0 &&
	       has_all(is.suite, is.count, asked.suite, asked.count);
}

static inline int means_ciphersuites(const char *string, const char *meant)
{
	struct stls_ciphersuite_list is, asked;

	return stls_ciphersuite_list_parse(&is, string, strlen(string), NULL) ==
		       0 &&
	       stls_ciphersuite_list_parse(&asked, meant, strlen(meant),
					   NULL) == 0 &&
	       has_all(is.suite, is.count, asked.suite, asked.count);
}

static inline int means_groups(const char *string, const char *meant)
{
	struct stls_group_list is, asked;
	size_t i;

	if (stls_group_list_parse(&is, string, strlen(string), NULL) != 0 ||
	    stls_group_list_parse(&asked, meant, strlen(meant), NULL) != 0)
		return 0;
	for (i = 0; i < is.count; i++)
		if (is.choice[i].group == asked.choice[0].group)
			return 1;
	return 0;
}

static inline int means_sigalgs(const char *string, const char *meant)
{
	struct stls_sigalg_list is, asked;

	return stls_sigalg_list_parse(&is, string, strlen(string), NULL) == 0 &&
	       stls_sigalg_list_parse(&asked, meant, strlen(meant), NULL) ==
		       0 &&
	       has_all(is.sigalg, is.count, asked.sigalg, asked.count);
}

static inline int means_protocols(const char *string, const char *meant)
{
	struct stls_protocol_list is, asked;

	return stls_protocol_list_parse(&is, string, strlen(string), NULL) ==
		       0 &&
	       stls_protocol_list_parse(&asked, meant, strlen(meant), NULL) ==
		       0 &&
	       is.enabled == asked.enabled;
}

static inline int means(enum stls_setting setting, const char *string,
			const char *meant)
{
	switch (setting) {
	case PROTOCOLS:
		return means_protocols(string, meant);
	case CIPHERS:
		return means_ciphers(string, meant);
	case CIPHERSUITES:
		return means_ciphersuites(string, meant);
	case GROUPS:
		return means_groups(string, meant);
	case SIGALGS:
		return means_sigalgs(string, meant);
	}
	return 0;
}

#endif
