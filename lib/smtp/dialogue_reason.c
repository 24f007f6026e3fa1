/* SPDX-License-Identifier: MIT */
/*
 * smtp/dialogue_reason: why a client's dialogue did not reach TLS, in a
 * sentence.
 *
 * It says what the server did, and what could be changed there or here. Text
 * from the server is shown escaped. Nothing is allocated.
 */
#include <stdio.h>

#include <smtptls/policy.h>

#include "base/limit.h"
#include "smtp/dialogue.h"

static const char *command(const struct stls_dialogue *dialogue)
{
	switch (dialogue->step) {
	case STLS_GREETING:
		return "the connection";
	case STLS_EHLO:
		return dialogue->lhlo ? "LHLO" : "EHLO";
	case STLS_HELO:
		return "HELO";
	default:
		return "STARTTLS";
	}
}

static const char *reply(const struct stls_dialogue *dialogue)
{
	switch (dialogue->step) {
	case STLS_GREETING:
		return "greeting";
	case STLS_EHLO:
		return dialogue->lhlo ? "reply to LHLO" : "reply to EHLO";
	case STLS_HELO:
		return "reply to HELO";
	default:
		return "reply to STARTTLS";
	}
}

static void write_refusal(const struct stls_dialogue *dialogue, char *text,
			  size_t size)
{
	if (dialogue->refusal < 400)
		(void)snprintf(text, size,
			       "peer answered %s with \"%s\", which is not a "
			       "valid answer to it: the peer must be fixed",
			       command(dialogue), dialogue->shown);
	else
		(void)snprintf(text, size, "peer refused %s (\"%s\"): %s",
			       command(dialogue), dialogue->shown,
			       dialogue->refusal < 500
				       ? "try again later; its own log says why"
				       : "its own log says why");
}

/* The peer sent something other than SMTP, or too much. */
static void write_stranger(const struct stls_dialogue *dialogue, char *text,
			   size_t size)
{
	if (dialogue->reason == SMTPTLS_REASON_TLS_FOR_SMTP)
		(void)snprintf(
			text, size,
			"peer speaks TLS where a greeting was expected: use "
			"implicit TLS there, or its port for STARTTLS");
	else if (dialogue->reason == SMTPTLS_REASON_HTTP)
		(void)snprintf(text, size,
			       "peer speaks HTTP (\"%.32s\"): it is the wrong "
			       "port",
			       dialogue->shown);
	else if (dialogue->error == SMTPTLS_E_LIMIT)
		(void)snprintf(text, size,
			       "peer's %s is too long: it is broken, or this "
			       "is an attack",
			       reply(dialogue));
	else
		(void)snprintf(text, size, "peer's %s is not SMTP (\"%s\"): %s",
			       reply(dialogue), dialogue->shown,
			       dialogue->step == STLS_GREETING
				       ? "it is the wrong port, or the peer "
					 "must be fixed"
				       : "the peer must be fixed");
}

/* The peer did not send a complete reply. */
static void write_silence(const struct stls_dialogue *dialogue, char *text,
			  size_t size)
{
	char limit[STLS_LIMIT_SIZE];

	stls_limit_write(limit, dialogue->limit_ms);
	if (dialogue->error != SMTPTLS_E_TIMEOUT)
		(void)snprintf(
			text, size, "%s before the end of its %s: %s",
			dialogue->error == SMTPTLS_E_IO
				? "the connection broke"
				: "peer closed the connection",
			reply(dialogue),
			dialogue->error == SMTPTLS_E_IO
				? "a firewall in between may be the cause; "
				  "else the peer's own log says why"
				: "its own log says why");
	else
		(void)snprintf(
			text, size,
			"peer was silent for too long%s before the end of its "
			"%s: %s",
			limit, reply(dialogue),
			dialogue->step == STLS_GREETING
				? "if it is a port for implicit TLS, use that; "
				  "else look for lost packets, or allow more "
				  "time"
				: "look for packets lost on the way (a "
				  "firewall), or allow more time");
}

void stls_dialogue_write(const struct stls_dialogue *dialogue, char *text,
			 size_t size)
{
	switch (dialogue->reason) {
	case SMTPTLS_REASON_SMTP_REFUSED:
	case SMTPTLS_REASON_STARTTLS_REFUSED:
		write_refusal(dialogue, text, size);
		break;
	case SMTPTLS_REASON_NO_STARTTLS:
		(void)snprintf(
			text, size,
			"peer does not offer STARTTLS: switch TLS on there; if "
			"it is on, something in between removes the offer (a "
			"firewall, or an attacker)");
		break;
	case SMTPTLS_REASON_STARTTLS_MASKED:
		(void)snprintf(text, size,
			       "the peer's STARTTLS was masked on the way "
			       "(\"XXXXXXX\"): switch off SMTP inspection in "
			       "the firewall in between");
		break;
	case SMTPTLS_REASON_NO_SMTP:
	case SMTPTLS_REASON_HTTP:
	case SMTPTLS_REASON_TLS_FOR_SMTP:
		write_stranger(dialogue, text, size);
		break;
	case SMTPTLS_REASON_CLOSED:
	case SMTPTLS_REASON_TIMEOUT:
		write_silence(dialogue, text, size);
		break;
	case SMTPTLS_REASON_INJECTION:
		(void)snprintf(
			text, size,
			"peer sent more than its %s: something in between "
			"injects replies (an attack), or the peer is broken",
			reply(dialogue));
		break;
	default:
		(void)snprintf(text, size, "%s",
			       smtptls_strerror(dialogue->error));
		break;
	}
}
