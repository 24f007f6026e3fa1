/* SPDX-License-Identifier: MIT */
/*
 * conn/outcome: what the end of a connection means to its host: what to report,
 * what to answer, and whether to try again.
 *
 * The table of errors (base/error) answers this for each error number; this
 * file also considers when the error occurred. A stall, a lost connection or a
 * broken message in the handshake is a failed handshake, and recurs with every
 * attempt (RFC 8460 section 4.3.1 has one result for all of them); after QUIT
 * the same is harmless.
 *
 * A new connection in the clear is advised only if the host requires neither
 * TLS nor an authenticated server.
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
 * The row of the table of errors that applies at this stage. During the
 * handshake GnuTLS may fail over a certificate of its own accord: if none is
 * required, that is a failed handshake and not a verdict on a certificate.
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

/* Whether TLS failed, so that the same server may be reached without it. */
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

/* For clients only: it is a sender that reports, bounces and retries. */
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
	/* RFC 5321 section 4.2.1: replies that begin with 5 are permanent. */
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
		/* A sender also reports that it goes on in the clear. */
		info->report =
			smtptls_error_info(SMTPTLS_E_NOT_OFFERED)->report;
	}
}
