/* SPDX-License-Identifier: MIT */
/* sendmta: the command line and the message. */
#ifndef SEND_MAIL_H
#define SEND_MAIL_H

#include <stddef.h>

/* Exit status; the last two are from sysexits.h. */
enum status { TAKEN = 0, LOCAL = 1, USAGE = 2, REFUSED = 69, LATER = 75 };

struct mail {
	const char *from, *to; /* without the angle brackets */
	const char *file, *host, *port;
	const char *name;	/* that the server must prove */
	int verify;		/* enum smtptls_verify */
	const char *ca;		/* NULL: the system's */
	const char *pin;	/* 32 bytes, or NULL */
	const char *cert, *key; /* NULL: none */
	const char *session;	/* its file, or NULL */
	const char *login;	/* the argument of AUTH PLAIN, or NULL */
	int implicit, allow_cleartext;
	/* A domain instead of a server, or NULL. */
	const char *domain, *resolver, *trust_anchor;
	int level;   /* enum smtptls_level */
	int timeout; /* seconds */
	char *text;  /* the message as sent, malloc()ed */
	size_t len;
	int eight_bit; /* it has bytes that are not ASCII */
};

/* An error in the command line ends the program, with USAGE. */
void mail_read_options(struct mail *mail, int argc, char **argv);

/* Read the message in mail->file; 0, or -1 with errno. */
int mail_read_text(struct mail *mail);

#endif
