/* SPDX-License-Identifier: MIT */
/*
 * openssl_client: an OpenSSL client of a struct smtptls_conn, in memory.
 *
 * It verifies nothing, and uses security level 0: it offers what a test asks
 * for, however weak. It waits for a session ticket, so that the next connection
 * can use it. A failed setup ends the program with status 99, which automake
 * takes for a broken test rather than a failed one.
 */
#include "openssl_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "openssl_wire.h"

#define TURNS_MAX 64

static void note_alert(const SSL *ssl, int where, int value)
{
	struct client_result *result = SSL_get_app_data(ssl);

	if (where == SSL_CB_READ_ALERT)
		result->alert = value & 0xff;
}

/* TLS 1.3 tickets come after the handshake. */
static int keep_session(SSL *ssl, SSL_SESSION *session)
{
	struct client_result *result = SSL_get_app_data(ssl);

	SSL_SESSION_free(result->session);
	result->session = session;
	return 1;
}

static SSL *make(const struct client_spec *spec, struct client_result *result)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *ssl;

	MUST(ctx);
	SSL_CTX_set_security_level(ctx, 0);
	MUST(SSL_CTX_set_min_proto_version(ctx, spec->min ? spec->min
							  : TLS1_VERSION));
	MUST(SSL_CTX_set_max_proto_version(ctx, spec->max));
	MUST(SSL_CTX_set_cipher_list(ctx, spec->ciphers ? spec->ciphers
							: "ALL:aNULL"));
	if (spec->ciphersuites)
		MUST(SSL_CTX_set_ciphersuites(ctx, spec->ciphersuites));
	if (spec->groups)
		MUST(SSL_CTX_set1_groups_list(ctx, spec->groups));
	if (spec->sigalgs)
		MUST(SSL_CTX_set1_sigalgs_list(ctx, spec->sigalgs));
	SSL_CTX_set_info_callback(ctx, note_alert);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT |
						    SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(ctx, keep_session);
	if (spec->fallback)
		SSL_CTX_set_mode(ctx, SSL_MODE_SEND_FALLBACK_SCSV);
	ssl = SSL_new(ctx);
	MUST(ssl);
	SSL_CTX_free(ctx);
	SSL_set_app_data(ssl, result);
	if (spec->sni)
		MUST(SSL_set_tlsext_host_name(ssl, spec->sni));
	if (spec->status)
		MUST(SSL_set_tlsext_status_type(ssl, TLSEXT_STATUSTYPE_ocsp));
	if (spec->session)
		MUST(SSL_set_session(ssl, spec->session));
	openssl_wire(ssl);
	SSL_set_connect_state(ssl);
	return ssl;
}

/* ---- moving bytes ---- */

static int step(SSL *ssl)
{
	int ret = SSL_do_handshake(ssl);

	if (ret == 1)
		return 0;
	ret = SSL_get_error(ssl, ret);
	return ret == SSL_ERROR_WANT_READ || ret == SSL_ERROR_WANT_WRITE ? 0
									 : -1;
}

/* ---- results ---- */

static void tell_group(SSL *ssl, struct client_result *result)
{
	EVP_PKEY *key = NULL;
	char name[32] = "";

	if (SSL_get_peer_tmp_key(ssl, &key) != 1)
		return;
	if (EVP_PKEY_is_a(key, "DH"))
		snprintf(name, sizeof(name), "DH %d", EVP_PKEY_get_bits(key));
	else if (EVP_PKEY_get_group_name(key, name, sizeof(name), NULL) != 1)
		snprintf(name, sizeof(name), "%s",
			 EVP_PKEY_get0_type_name(key));
	snprintf(result->group, sizeof(result->group), "%s",
		 strcmp(name, "prime256v1") == 0  ? "P-256"
		 : strcmp(name, "secp384r1") == 0 ? "P-384"
						  : name);
	EVP_PKEY_free(key);
}

static void tell_status(SSL *ssl, struct client_result *result)
{
	const unsigned char *status;
	long len = SSL_get_tlsext_status_ocsp_resp(ssl, &status);

	if (len <= 0)
		return;
	MUST((size_t)len <= sizeof(result->status));
	memcpy(result->status, status, (size_t)len);
	result->status_len = (size_t)len;
}

static void look(SSL *ssl, struct client_result *result)
{
	X509 *cert = SSL_get0_peer_certificate(ssl);
	unsigned char random[32];

	result->ok = 1;
	result->version = SSL_version(ssl);
	result->cipher = SSL_CIPHER_get_name(SSL_get_current_cipher(ssl));
	tell_group(ssl, result);
	tell_status(ssl, result);
	result->resumed = SSL_session_reused(ssl);
	if (cert) {
		result->key = EVP_PKEY_is_a(X509_get0_pubkey(cert), "RSA")
				      ? "RSA"
				      : "EC";
		MUST(X509_NAME_get_text_by_NID(X509_get_subject_name(cert),
					       NID_commonName, result->name,
					       sizeof(result->name)) > 0);
	}
	MUST(SSL_get_server_random(ssl, random, sizeof(random)));
	memcpy(result->end, random + 24, 8);
}

/* One line each way: under TLS 1.3 tickets come before the answer. */
static void talk(SSL *ssl, struct smtptls_conn *conn)
{
	char data[16];

	MUST(SSL_write(ssl, "EHLO\r\n", 6) == 6);
	(void)openssl_send_all(ssl, conn);
	MUST(smtptls_conn_read(conn, data, sizeof(data)) == 6);
	MUST(smtptls_conn_write(conn, "250\r\n", 5) == 5);
	(void)openssl_receive_all(ssl, conn);
	MUST(SSL_read(ssl, data, sizeof(data)) == 5);
}

void client_meet(struct smtptls_conn *conn, const struct client_spec *spec,
		 struct client_result *result)
{
	SSL *ssl;
	const char *text;
	int turns, failed = 0, moved = 1;

	memset(result, 0, sizeof(*result));
	result->alert = -1;
	result->cipher = result->key = "";
	ssl = make(spec, result);
	for (turns = 0; turns < TURNS_MAX && moved; turns++) {
		failed |= step(ssl) < 0;
		moved = openssl_send_all(ssl, conn);
		moved |= openssl_receive_all(ssl, conn);
	}
	if (!failed && SSL_is_init_finished(ssl) &&
	    smtptls_conn_tls_enabled(conn)) {
		look(ssl, result);
		talk(ssl, conn);
	}
	MUST(smtptls_conn_info(conn, &result->info, sizeof(result->info)) == 0);
	if (result->info.shadow_text)
		snprintf(result->shadow_text, sizeof(result->shadow_text), "%s",
			 result->info.shadow_text);
	/* These pointers are not valid after the connection. */
	result->info.protocol = result->info.cipher_openssl = NULL;
	result->info.cipher_iana = result->info.cipher_gnutls = NULL;
	result->info.group = result->info.sni = NULL;
	result->info.peer_subject = result->info.shadow_text = NULL;
	result->error = smtptls_conn_error(conn, &text);
	snprintf(result->text, sizeof(result->text), "%s", text);
	/* Without a shutdown OpenSSL would not resume the session. */
	SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN);
	SSL_free(ssl);
	smtptls_conn_free(conn);
}

void client_connect(struct smtptls_config *config,
		    const struct client_spec *spec,
		    struct client_result *result)
{
	struct smtptls_conn *conn;

	MUST(smtptls_conn_new(&conn, config, SMTPTLS_SERVER) == 0);
	MUST(smtptls_conn_start_tls(conn, 0) == 0);
	client_meet(conn, spec, result);
}

struct client_result client_dial(struct smtptls_config *config,
				 const struct client_spec *spec)
{
	struct client_result result;

	client_connect(config, spec, &result);
	SSL_SESSION_free(result.session);
	result.session = NULL;
	return result;
}
