/* SPDX-License-Identifier: MIT */
/*
 * Words of other languages, as administrators paste them: what each is said to
 * be, and that the change, made to the letter, gives what was meant.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <gnutls/gnutls.h>

#include "../help/hint_help.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

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
	const char *hint;  /* of its first foreign word, without "is" */
	const char *meant; /* NULL: the word goes, or the string is GnuTLS's */
} words[] = {
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
	  "no suite of OpenSSL 3.0: remove it", NULL },
	{ CIPHERS, "HIGH:TLS_ECDH_RSA_WITH_AES_128_GCM_SHA256",
	  "no suite of OpenSSL 3.0: remove it", NULL },
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
	  "no suite of TLS 1.3: put ECDHE-RSA-AES256-GCM-SHA384 into the "
	  "ciphers instead",
	  "ECDHE-RSA-AES256-GCM-SHA384" },
	{ CIPHERSUITES, "TLS_AES_128_GCM_SHA256:ECDHE-RSA-AES256-GCM-SHA384",
	  "no suite of TLS 1.3: put ECDHE-RSA-AES256-GCM-SHA384 into the "
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
	  "no suite of OpenSSL 3.0: remove it", NULL },
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
	  "no suite but a signal of the handshake: remove it", NULL },
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
	/* what people write by themselves, and slips */
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

static int has_all(const uint8_t *has, size_t has_count, const uint8_t *meant,
		   size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (!memchr(has, meant[i], has_count))
			return 0;
	return count > 0;
}

static int means_ciphers(const char *string, const char *meant)
{
	struct stls_cipher_list is, asked;

	return stls_cipher_list_parse(&is, string, strlen(string), NULL) == 0 &&
	       stls_cipher_list_parse(&asked, meant, strlen(meant), NULL) ==
		       0 &&
	       has_all(is.suite, is.count, asked.suite, asked.count);
}

static int means_ciphersuites(const char *string, const char *meant)
{
	struct stls_ciphersuite_list is, asked;

	return stls_ciphersuite_list_parse(&is, string, strlen(string), NULL) ==
		       0 &&
	       stls_ciphersuite_list_parse(&asked, meant, strlen(meant),
					   NULL) == 0 &&
	       has_all(is.suite, is.count, asked.suite, asked.count);
}

static int means_groups(const char *string, const char *meant)
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

static int means_sigalgs(const char *string, const char *meant)
{
	struct stls_sigalg_list is, asked;

	return stls_sigalg_list_parse(&is, string, strlen(string), NULL) == 0 &&
	       stls_sigalg_list_parse(&asked, meant, strlen(meant), NULL) ==
		       0 &&
	       has_all(is.sigalg, is.count, asked.sigalg, asked.count);
}

static int means_protocols(const char *string, const char *meant)
{
	struct stls_protocol_list is, asked;

	return stls_protocol_list_parse(&is, string, strlen(string), NULL) ==
		       0 &&
	       stls_protocol_list_parse(&asked, meant, strlen(meant), NULL) ==
		       0 &&
	       is.enabled == asked.enabled;
}

static int means(enum stls_setting setting, const char *string,
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

/* ---- the table ---- */

/* The first fault that has a hint, as sentences tell it; 0: there is none. */
/* What stands behind a string, and must not be read. */
#define BEHIND " = =:, x"

static void put_behind(char to[1024], const char *string)
{
	assert_true(strlen(string) + sizeof(BEHIND) <= 1024);
	strcpy(to, string);
	strcat(to, BEHIND);
}

static int first_hint(struct stls_word_hint *hint, enum stls_setting setting,
		      const char *string)
{
	struct reading reading;
	struct stls_span where;
	size_t length = strlen(string), i;
	char longer[1024];

	put_behind(longer, string);
	read_list(&reading, setting, longer, length);
	for (i = 0; find_fault(&reading, i, &where); i++)
		if (stls_foreign_word(hint, setting, longer, length, &where))
			return 1;
	return 0;
}

static void check_priority(const char *string)
{
	gnutls_priority_t priority;

	assert_int_equal(gnutls_priority_init(&priority, string, NULL), 0);
	gnutls_priority_deinit(priority);
}

/* Follow hints until the list has no fault, and look at what it means. */
static void check_cure(enum stls_setting setting, const char *given,
		       const char *meant)
{
	char string[512], changed[512 + STLS_WORD_MAX];
	enum stls_setting where = setting;
	struct stls_word_hint hint;
	struct reading reading;
	struct stls_span fault;
	int steps = 0, out = 0;

	strcpy(string, given);
	while (first_hint(&hint, setting, string)) {
		assert_true(++steps <= 3);
		if (hint.cure == STLS_CURE_PRIORITY) {
			check_priority(string);
			return;
		}
		changed[apply_hint(&hint, changed, string, strlen(string))] =
			'\0';
		strcpy(string, changed);
		out |= hint.excluded;
		if (hint.cure == STLS_CURE_MOVE) {
			assert_true(means(hint.setting, hint.with, meant));
			where = hint.setting;
		}
		if (hint.cure == STLS_CURE_LEAVE_OUT) {
			assert_string_equal(hint.with, meant);
			assert_true(means(hint.setting, hint.with, meant));
			where = hint.setting;
		}
	}
	assert_true(steps > 0);
	read_list(&reading, setting, string, strlen(string));
	assert_false(find_fault(&reading, 0, &fault));
	/* What an item of the ciphers excludes is to be out. */
	if (where == setting && meant)
		assert_int_equal(means(setting, string, meant),
				 !(out && setting == CIPHERS));
}

static void test_words(void **state)
{
	size_t i;

	(void)state;
	assert_true(COUNT(words) >= 60);
	for (i = 0; i < COUNT(words); i++) {
		struct stls_word_hint hint;
		char text[256] = "";

		print_message("%s\n", words[i].string);
		assert_true(
			first_hint(&hint, words[i].setting, words[i].string));
		stls_word_hint_text(&hint, "", text);
		assert_memory_equal(text, "is ", 3);
		assert_string_equal(text + 3, words[i].hint);
		check_cure(words[i].setting, words[i].string, words[i].meant);
	}
}

/* ---- words that are none of another language ---- */

static void test_no_hint(void **state)
{
	static const struct {
		enum stls_setting setting;
		const char *string;
		const char *shown; /* the whole word all the same */
	} none[] = {
		/* gone from OpenSSL, and a letter away from what is not */
		{ CIPHERS, "HIGH:!DES", "DES" },
		{ CIPHERS, "HIGH:!kECDHe", "kECDHe" },
		{ CIPHERS, "HIGH:!kECDH", "kECDH" },
		{ CIPHERS, "HIGH:!aDH", "aDH" },
		{ CIPHERS, "HIGH:!aECDH", "aECDH" },
		{ CIPHERS, "HIGH:!SSLv2", "SSLv2" },
		{ CIPHERS, "HIGH:!EXPORT", "EXPORT" },
		{ CIPHERS, "HIGH:!ECDH-RSA-AES256-SHA", "ECDH-RSA-AES256-SHA" },
		{ CIPHERS, "HIGH:DH-RSA-AES256-SHA", "DH-RSA-AES256-SHA" },
		{ CIPHERS, "HIGH:DES-CBC3-SHA", "DES-CBC3-SHA" },
		{ CIPHERS, "HIGH:!EXP-RC4-MD5", "EXP-RC4-MD5" },
		/* the lexer stops before the end, the word does not */
		{ CIPHERS, "HIGH:foo_bar", "foo_bar" },
		{ CIPHERS, "HIGH:AES+foo_bar+RSA", "foo_bar" },
		{ CIPHERS, "HIGH:+foo_bar,AES", "foo_bar" },
		/* as near to one as to another */
		{ CIPHERS, "HIGH:xECDH", "xECDH" },
		/* that count alone, and not as a part */
		{ CIPHERS, "HIGH:!DEFAULT", "DEFAULT" },
		{ CIPHERS, "HIGH:!default", "default" },
		{ CIPHERS, "-default:HIGH", "default" },
		{ CIPHERS, "HIGH:-tls_high_cipherlist", "tls_high_cipherlist" },
		{ CIPHERS, "ALL:@SECLEVEL=6", "SECLEVEL=6" },
		{ CIPHERS, "HIGH:NORMAL", "NORMAL" },
		{ CIPHERS, "ALL+", "" },
		{ CIPHERS, "ALL:!", "" },
		{ CIPHERS, "HIGH:;\xff", "\xff" },
		{ CIPHERS, "HIGH:ssl_ciphers", "ssl_ciphers" },
		{ CIPHERSUITES, "TLS_AES_128_GCM_SHA256:x:", "x" },
		/* versions that do not exist */
		{ PROTOCOLS, "TLSv1.2 TLSv9", "TLSv9" },
		{ PROTOCOLS, "TLSv1.4", "TLSv1.4" },
		{ PROTOCOLS, "TLSv1.2 SSL2", "SSL2" },
		{ PROTOCOLS, ">TLSv1.3", ">TLSv1.3" },
		{ PROTOCOLS, "TLS", "TLS" },
		{ PROTOCOLS, "1", "1" },
		/* nothing of Exim's adds, and nothing of SSLv23's is a bound */
		{ PROTOCOLS, "+no_sslv3 +no_tlsv1 VERS-TLS1.2", "VERS-TLS1.2" },
		{ PROTOCOLS, "SSLv23:TLSv1.2+", "TLSv1.2+" },
		{ PROTOCOLS, "MinProtocol = foo", "MinProtocol" },
		{ PROTOCOLS, "MinProtocol", "MinProtocol" },
		{ PROTOCOLS, "MinProtocol ", "MinProtocol" },
		{ CIPHERS, "ssl_ciphers", "ssl_ciphers" },
		{ PROTOCOLS, "MinProtocol == TLSv1.2", "MinProtocol" },
		{ CIPHERS, "HIGH:\"\001abc\"", "\"\001abc\"" },
		{ GROUPS, "P-256:x", "x" },
		{ GROUPS, "P-256::P-384", "" },
		{ GROUPS, "P-256/group", "group" },
		{ SIGALGS, "RSA+MD5", "RSA+MD5" },
		{ SIGALGS, "RSA+SHA256:", "" },
		{ SIGALGS, "sha256sha384rsa", "sha256sha384rsa" },
		{ SIGALGS, "PSS+SHA1", "PSS+SHA1" },
		{ SIGALGS, "RSA", "RSA" },
		{ SIGALGS, "\"RSA+SHA256 ECDSA+SHA256\"",
		  "\"RSA+SHA256 ECDSA+SHA256\"" },
		/* what may be anything, or is more than a name */
		{ CIPHERS, "HIGH:RSA-SHA256", "RSA-SHA256" },
		{ CIPHERS, "ECDHE_RSA_AES128_GCM_SHA256/x",
		  "ECDHE_RSA_AES128_GCM_SHA256/x" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(none); i++) {
		struct stls_word_hint hint;
		struct reading reading;
		struct stls_span where;
		size_t length = strlen(none[i].string);
		char string[1024], text[256] = "x";

		print_message("%s\n", none[i].string);
		put_behind(string, none[i].string);
		read_list(&reading, none[i].setting, string, length);
		assert_true(find_fault(&reading, 0, &where));
		assert_int_equal(stls_foreign_word(&hint, none[i].setting,
						   string, length, &where),
				 0);
		assert_int_equal(hint.cure, STLS_CURE_NONE);
		assert_int_equal(hint.word.length, strlen(none[i].shown));
		assert_memory_equal(string + hint.word.position, none[i].shown,
				    hint.word.length);
		stls_word_hint_text(&hint, "", text);
		assert_string_equal(text, "");
	}
}

/* The word, the item that a removal takes, and the list that gets it. */
static void test_data(void **state)
{
	static const char string[] = "HIGH:!ECDHE+TLS_AES_128_CCM_SHA256:AES";
	struct stls_span where = { 13, 3 };
	struct stls_word_hint hint;

	(void)state;
	assert_true(stls_foreign_word(&hint, CIPHERS, string, strlen(string),
				      &where));
	assert_int_equal(hint.cure, STLS_CURE_LEAVE_OUT);
	assert_int_equal(hint.setting, CIPHERSUITES);
	assert_int_equal(hint.excluded, 1);
	assert_int_equal(hint.item.position, 5);
	assert_int_equal(hint.item.length, 29);
	assert_int_equal(hint.word.position, 12);
	assert_int_equal(hint.word.length, 22);
	assert_string_equal(hint.with, "TLS_AES_128_CCM_SHA256");
}

/* Every name of every suite leads to the suite, in whatever case. */
static void test_all_suites(void **state)
{
	size_t i, j, k;

	(void)state;
	for (i = 0; i < STLS_SUITES_OPENSSL; i++) {
		const struct stls_suite *suite = stls_suite(i);
		const char *names[] = { suite->iana, suite->gnutls };
		struct stls_word_hint hint;

		for (j = 0; j < COUNT(names); j++) {
			struct stls_span where = { 0, 1 };
			char lower[64];

			if (!names[j][0])
				continue;
			for (k = 0; names[j][k]; k++)
				lower[k] =
					names[j][k] >= 'A' && names[j][k] <= 'Z'
						? (char)(names[j][k] + 32)
						: names[j][k];
			assert_true(stls_foreign_word(&hint, CIPHERS, names[j],
						      k, &where));
			assert_string_equal(hint.with, suite->openssl);
			assert_true(stls_foreign_word(&hint, CIPHERS, lower, k,
						      &where));
			assert_string_equal(hint.with, suite->openssl);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_no_hint),
		cmocka_unit_test(test_data),
		cmocka_unit_test(test_all_suites),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
