/* SPDX-License-Identifier: MIT */
/*
 * conn/outcome: what an end means to its host: what to report, what to answer,
 * and whether to try again.
 *
 * The table of errors (base/error) says it of each number. Here it is said of
 * the moment: a stall, a cut or a broken message in the handshake is a
 * handshake that failed, and comes again with every try (RFC 8460 section 4.3.1
 * has one result for all of them); the same after QUIT is nothing.
 *
 * A new connection in the clear is advised only where the host has said that
 * both TLS and the server's name may be missing.
 */
#include "conn/outcome.h"

#include <stddef.h>

static int stage_of_dialogue(const struct stls_dialogue *dialogue)
{
	switch (dialogue->step) {
	case STLS_GREETING:
		return SMTPTLS_STAGE_GREETING;
	case STLS_STARTTLS:
		return SMTPTLS_STAGE_STARTTLS;
	default:
		return SMTPTLS_STAGE_EHLO;
	}
}

static int went_on_in_clear(const struct smtptls_conn *conn)
{
	const struct stls_negotiation *negotiation = conn->negotiation;

	return negotiation && negotiation->dialogue.ended &&
	       !negotiation->dialogue.error && !conn->session;
}

static int stage_of(const struct smtptls_conn *conn)
{
	if (conn->tls_enabled)
		return SMTPTLS_STAGE_TLS;
	if (conn->session)
		return conn->session->complete ? SMTPTLS_STAGE_VERIFICATION
					       : SMTPTLS_STAGE_HANDSHAKE;
	if (!conn->negotiation || went_on_in_clear(conn))
		return SMTPTLS_STAGE_NONE;
	return stage_of_dialogue(&conn->negotiation->dialogue);
}

static int certificate_required(const struct smtptls_conn *conn)
{
	return conn->expected.verify > SMTPTLS_VERIFY_OPTIONAL;
}

/*
 * What the table of errors has for it, at this stage. It is GnuTLS that ends a
 * handshake by a certificate, unasked: where none is required, the handshake has
 * failed, and no certificate was judged.
 */
static const struct smtptls_error_info *row_of(const struct smtptls_conn *conn,
					       int stage)
{
	const struct smtptls_error_info *row = smtptls_error_info(conn->error);

	if (stage != SMTPTLS_STAGE_HANDSHAKE ||
	    (row->error_class == SMTPTLS_CLASS_CERT &&
	     certificate_required(conn)) ||
	    (row->error_class == SMTPTLS_CLASS_LOCAL &&
	     conn->error != SMTPTLS_E_LIMIT))
		return row;
	return smtptls_error_info(SMTPTLS_E_HANDSHAKE);
}

/* It was TLS that failed: without it the same server may be reached. */
static int clear_may_help(const struct smtptls_conn *conn,
			  const struct smtptls_error_info *row, int stage)
{
	if (!conn->negotiation || !conn->negotiation->dialogue.optional ||
	    certificate_required(conn))
		return 0;
	return row->error_class == SMTPTLS_CLASS_TLS ||
	       (stage == SMTPTLS_STAGE_STARTTLS &&
		row->error_class == SMTPTLS_CLASS_NETWORK &&
		row->error != SMTPTLS_E_SMTP_REPLY);
}

/* Of a client, since only a sender reports, bounces and tries again. */
static void tell_sender(const struct smtptls_conn *conn,
			const struct smtptls_error_info *row,
			struct smtptls_info *info)
{
	info->report = row->report;
	info->status = row->status;
	if (clear_may_help(conn, row, info->stage))
		info->retry = SMTPTLS_RETRY_NEW_CONNECTION_CLEAR;
	else if (row->retry)
		info->retry = SMTPTLS_RETRY_LATER_TLS;
	/* RFC 5321 section 4.2.1: what begins with 5 stays so. */
	if (row->error == SMTPTLS_E_SMTP_REPLY && info->reply_code >= 500) {
		info->status = "5.5.0";
		info->retry = SMTPTLS_RETRY_NEVER;
	}
}

void stls_outcome(const struct smtptls_conn *conn, struct smtptls_info *info)
{
	const struct stls_negotiation *negotiation = conn->negotiation;
	const struct smtptls_error_info *row;

	info->stage = stage_of(conn);
	if (negotiation && negotiation->dialogue.refusal) {
		info->reply_code = negotiation->dialogue.refusal;
		info->reply_text = negotiation->dialogue.shown;
	}
	if (conn->error) {
		row = row_of(conn, info->stage);
		if (conn->role == SMTPTLS_CLIENT)
			tell_sender(conn, row, info);
		info->harmless =
			row->harmless && (info->stage == SMTPTLS_STAGE_NONE ||
					  info->stage == SMTPTLS_STAGE_TLS);
	} else if (went_on_in_clear(conn)) {
		/* It goes on in the clear, which a sender reports too. */
		info->report =
			smtptls_error_info(SMTPTLS_E_NOT_OFFERED)->report;
	}
}
