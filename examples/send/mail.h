/* SPDX-License-Identifier: MIT */
/* sendmta: what is to be sent, and how: the command line and the message. */
#ifndef SEND_MAIL_H
#define SEND_MAIL_H

#include <stddef.h>

/* How it ends; the last two are those of sysexits.h. */
enum status { TAKEN = 0, LOCAL = 1, USAGE = 2, REFUSED = 69, LATER = 75 };

struct mail {
	const char *from, *to; /* as between the angle brackets */
	const char *file, *host, *port;
	const char *name;	/* that the server has to prove */
	int verify;		/* enum smtptls_verify */
	const char *ca;		/* NULL: the system's */
	const char *pin;	/* NULL: none, else of 32 bytes */
	const char *cert, *key; /* NULL: none */
	const char *session;	/* file of it; NULL: none */
	const char *login;	/* what AUTH PLAIN says; NULL: nothing */
	int implicit, allow_cleartext;
	/* A domain in the place of a server; NULL: none. */
	const char *domain, *resolver, *trust_anchor;
	int level;   /* enum smtptls_level */
	int timeout; /* seconds */
	char *text;  /* the message as it is sent, malloc()ed */
	size_t len;
	int eight_bit; /* it has bytes that are not ASCII's */
};

/* An error of the command line ends the program, with USAGE. */
void mail_read_options(struct mail *mail, int argc, char **argv);

/* Read the message in mail->file; 0, or -1 with errno. */
int mail_read_text(struct mail *mail);

#endif
