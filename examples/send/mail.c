/* SPDX-License-Identifier: MIT */
/*
 * sendmta: the command line and the message.
 *
 * The result is safe to send: an address cannot end its command, a line of the
 * message cannot end the message, and no option contradicts another.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <smtptls.h>

#include "../common/command_line.h"
#include "mail.h"

static const char help[] =
	"usage: sendmta [options] --from ADDRESS --to ADDRESS FILE HOST:PORT\n"
	"       sendmta [options] --from ADDRESS --to ADDRESS --domain DOMAIN "
	"FILE\n"
	"Sends the message in FILE to a server, or to a domain's, over TLS.\n"
	"\n"
	"  --from ADDRESS           sender; <> is the empty one\n"
	"  --to ADDRESS             recipient\n"
	"  --implicit               TLS from the first byte, not by STARTTLS\n"
	"  --require LEVEL          how the server is verified: none, "
	"optional,\n"
	"                           ca (ca; by the pin alone if that is all)\n"
	"  --ca FILE                authorities (the system's)\n"
	"  --host NAME              the name in its certificate (HOST)\n"
	"  --pin sha256:HEX         digest of its certificate or of its key\n"
	"  --allow-cleartext        go on without TLS where the server has "
	"none\n"
	"  --client-cert FILE       certificate of this side\n"
	"  --client-key FILE        its key\n"
	"  --session FILE           resume the TLS session in it, and keep "
	"the\n"
	"                           next one there\n"
	"  --user NAME              log in by AUTH PLAIN, under TLS only\n"
	"  --password WORD          with this password\n"
	"  --timeout SECONDS        for everything together (300)\n"
	"\n"
	"  --domain DOMAIN          to its MX hosts, as DNSSEC and DANE say; "
	"goes\n"
	"                           with --ca, --timeout, and these:\n"
	"  --require LEVEL          may, dane, encrypt, dane-only, ca (dane)\n"
	"  --resolver ADDR@PORT     ask this server (those of resolv.conf)\n"
	"  --trust-anchor FILE      key of the root, or of a zone\n"
	"\n"
	"  -h, --help\n"
	"  -V, --version\n";

static const struct program program = { .name = "sendmta",
					.version = SMTPTLS_VERSION,
					.help = help,
					.usage_status = USAGE };

/* ---- options ---- */

enum {
	FROM,
	TO,
	HOST,
	REQUIRE,
	CA,
	PIN,
	CERT,
	KEY,
	SESSION,
	USER,
	PASSWORD,
	TIMEOUT,
	DOMAIN,
	RESOLVER,
	ANCHOR,
	IMPLICIT,
	CLEARTEXT,
	COUNT
};

enum {
	ADDRESS_MAX = 254,
	SECRET_MAX = 255, /* a user's name, or a password */
	SHA256_DIGITS = 64,
	TIMEOUT_MAX = 86400
};

/* An address, without angle brackets; only a sender may be empty. */
static const char *read_address(const char *option, const char *address)
{
	const char *p;

	if (!address)
		usage_error(&program, "%s: it must be given", option);
	if (strcmp(option, "--from") == 0 && strcmp(address, "<>") == 0)
		return "";
	for (p = address; *p; p++)
		if (*p <= ' ' || *p > '~' || *p == '<' || *p == '>')
			break;
	if (*p || p == address || p - address > ADDRESS_MAX)
		usage_error(&program, "%s %s: not an address", option, address);
	return address;
}

/* Overwrites the digits with the digest. */
static const char *read_pin(char *pin)
{
	char *hex = pin + strlen("sha256:");

	if (strncmp(pin, "sha256:", strlen("sha256:")) != 0 ||
	    strlen(hex) != SHA256_DIGITS ||
	    strspn(hex, "0123456789abcdefABCDEF") != SHA256_DIGITS)
		usage_error(&program, "--pin %s: not sha256: and %d digits",
			    pin, SHA256_DIGITS);
	for (size_t i = 0; i < SHA256_DIGITS / 2; i++) {
		unsigned byte = 0;

		sscanf(hex + 2 * i, "%2x", &byte);
		pin[i] = (char)byte;
	}
	return pin;
}

static int read_level(const char *level)
{
	if (strcmp(level, "none") == 0)
		return SMTPTLS_VERIFY_NONE;
	if (strcmp(level, "optional") == 0)
		return SMTPTLS_VERIFY_OPTIONAL;
	if (strcmp(level, "ca") != 0)
		usage_error(&program, "--require %s: not none, optional or ca",
			    level);
	return SMTPTLS_VERIFY_CA;
}

/* With --domain: enum smtptls_level. */
static int read_domain_level(const char *level)
{
	static const struct {
		const char *name;
		int level;
	} levels[] = { { "may", SMTPTLS_LEVEL_MAY },
		       { "dane", SMTPTLS_LEVEL_DANE },
		       { "encrypt", SMTPTLS_LEVEL_ENCRYPT },
		       { "dane-only", SMTPTLS_LEVEL_DANE_ONLY },
		       { "ca", SMTPTLS_LEVEL_CA } };
	size_t i;

	for (i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (strcmp(level, levels[i].name) == 0)
			return levels[i].level;
	usage_error(&program,
		    "--require %s: not may, dane, encrypt, dane-only "
		    "or ca",
		    level);
}

/* The argument of AUTH PLAIN, in base64 (RFC 4616). */
static const char *login_of(const char *user, const char *password)
{
	static char login[(2 * SECRET_MAX + 2 + 2) / 3 * 4 + 1];
	static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklm"
				    "nopqrstuvwxyz0123456789+/";
	unsigned char in[2 * SECRET_MAX + 4] = "";
	size_t len = 2 + strlen(user) + strlen(password), i, k;
	char *to = login;

	if (strlen(user) > SECRET_MAX || strlen(password) > SECRET_MAX)
		usage_error(&program, "--user, --password: too long");
	memcpy(in + 1, user, strlen(user));
	memcpy(in + 2 + strlen(user), password, strlen(password));
	for (i = 0; i < len; i += 3) {
		unsigned bits = (unsigned)in[i] << 16 |
				(unsigned)in[i + 1] << 8 | in[i + 2];
		for (k = 0; k < 4; k++)
			*to++ = i + k > len ? '='
					    : digit[bits >> (18 - 6 * k) & 63];
	}
	return login;
}

/* HOST:PORT; an IPv6 address is in brackets. */
static void read_server(struct mail *mail, char *server)
{
	char *colon = strrchr(server, ':');
	size_t len = colon ? (size_t)(colon - server) : 0;

	if (len == 0 || colon[1] == '\0')
		usage_error(&program, "%s: not HOST:PORT", server);
	*colon = '\0';
	mail->host = server;
	mail->port = colon + 1;
	if (server[0] == '[' && server[len - 1] == ']') {
		server[len - 1] = '\0';
		mail->host++;
	}
}

/* The error of options that do not go together, or NULL. */
static const char *contradiction(char *const *value, int verify)
{
	if (!value[USER] != !value[PASSWORD])
		return "--user, --password: both or neither";
	if (!value[CERT] != !value[KEY])
		return "--client-cert, --client-key: both or neither";
	if (value[CA] && verify == SMTPTLS_VERIFY_NONE)
		return "--ca: not with --require none";
	if (value[PIN] && verify < SMTPTLS_VERIFY_CA)
		return "--pin: not with --require none or optional";
	if (value[CLEARTEXT] && verify >= SMTPTLS_VERIFY_CA)
		return "--allow-cleartext: only with --require none or "
		       "optional";
	if (value[CLEARTEXT] && value[USER])
		return "--allow-cleartext: not with --user";
	if (value[CLEARTEXT] && value[IMPLICIT])
		return "--allow-cleartext: not with --implicit";
	return NULL;
}

/* Each at most once: of two recipients, one would be lost silently. */
static void read_values(char **value, int argc, char **argv)
{
	static const struct option options[] = {
		{ "from", required_argument, NULL, FROM },
		{ "to", required_argument, NULL, TO },
		{ "host", required_argument, NULL, HOST },
		{ "require", required_argument, NULL, REQUIRE },
		{ "ca", required_argument, NULL, CA },
		{ "pin", required_argument, NULL, PIN },
		{ "client-cert", required_argument, NULL, CERT },
		{ "client-key", required_argument, NULL, KEY },
		{ "session", required_argument, NULL, SESSION },
		{ "user", required_argument, NULL, USER },
		{ "password", required_argument, NULL, PASSWORD },
		{ "timeout", required_argument, NULL, TIMEOUT },
		{ "domain", required_argument, NULL, DOMAIN },
		{ "resolver", required_argument, NULL, RESOLVER },
		{ "trust-anchor", required_argument, NULL, ANCHOR },
		{ "implicit", no_argument, NULL, IMPLICIT },
		{ "allow-cleartext", no_argument, NULL, CLEARTEXT },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int i;

	while ((i = next_option(&program, argc, argv, options)) != -1) {
		if (value[i])
			usage_error(&program, "--%s: given twice",
				    options[i].name);
		value[i] = optarg ? optarg : argv[0];
	}
	if (argc - optind != (value[DOMAIN] ? 1 : 2))
		usage_error(&program, value[DOMAIN]
					      ? "FILE must be given alone"
					      : "FILE and HOST:PORT must be "
						"given");
}

static void read_domain(struct mail *mail, char *const *value)
{
	static const int others[] = { HOST,	PIN,	  CERT,
				      KEY,	SESSION,  USER,
				      PASSWORD, IMPLICIT, CLEARTEXT };
	size_t i;

#ifndef HAVE_UNBOUND
	usage_error(&program, "--domain: built without libunbound");
#endif
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (value[others[i]])
			usage_error(&program, "--domain: goes with --ca, "
					      "--require, --resolver, "
					      "--timeout and --trust-anchor "
					      "only");
	mail->domain = value[DOMAIN];
	mail->resolver = value[RESOLVER];
	mail->trust_anchor = value[ANCHOR];
	mail->level = value[REQUIRE] ? read_domain_level(value[REQUIRE])
				     : SMTPTLS_LEVEL_DANE;
}

static void read_one_server(struct mail *mail, char *const *value, char *server)
{
	if (value[RESOLVER] || value[ANCHOR])
		usage_error(&program, "--resolver, --trust-anchor: only with "
				      "--domain");
	if (value[REQUIRE])
		mail->verify = read_level(value[REQUIRE]);
	else
		mail->verify = value[PIN] && !value[CA] ? SMTPTLS_VERIFY_PIN
							: SMTPTLS_VERIFY_CA;
	if (contradiction(value, mail->verify))
		usage_error(&program, "%s", contradiction(value, mail->verify));
	read_server(mail, server);
	mail->name = value[HOST] ? value[HOST] : mail->host;
}

void mail_read_options(struct mail *mail, int argc, char **argv)
{
	char *value[COUNT] = { NULL };

	read_values(value, argc, argv);
	memset(mail, 0, sizeof(*mail));
	if (value[DOMAIN])
		read_domain(mail, value);
	mail->from = read_address("--from", value[FROM]);
	mail->to = read_address("--to", value[TO]);
	mail->file = argv[optind];
	if (!value[DOMAIN])
		read_one_server(mail, value, argv[optind + 1]);
	mail->ca = value[CA];
	mail->pin = value[PIN] ? read_pin(value[PIN]) : NULL;
	mail->cert = value[CERT];
	mail->key = value[KEY];
	mail->session = value[SESSION];
	mail->timeout =
		value[TIMEOUT]
			? (int)option_number(&program, "--timeout",
					     value[TIMEOUT], 1, TIMEOUT_MAX)
			: 300;
	mail->implicit = value[IMPLICIT] != NULL;
	mail->allow_cleartext = value[CLEARTEXT] != NULL;
	if (value[USER])
		mail->login = login_of(value[USER], value[PASSWORD]);
}

/* ---- the message ---- */

/*
 * A dot at the start of a line is doubled, and a line with a single dot ends
 * the message (RFC 5321 section 4.5.2). An LF or CRLF in the file becomes CRLF.
 * Any other CR becomes a space: some servers take it for the end of a line, and
 * what follows it for another message.
 */
static void write_text(struct mail *mail, FILE *in, FILE *out)
{
	int c, next, start = 1;

	while ((c = getc(in)) != EOF) {
		if (c == '\r') {
			next = getc(in);
			ungetc(next, in);
			if (next == '\n')
				continue;
			c = ' ';
		}
		if (c == '\n')
			putc('\r', out);
		else if (c == '.' && start)
			putc('.', out);
		putc(c, out);
		start = c == '\n';
		mail->eight_bit |= c > 0x7f;
	}
	fputs(start ? ".\r\n" : "\r\n.\r\n", out);
}

int mail_read_text(struct mail *mail)
{
	FILE *in = fopen(mail->file, "rb"), *out;
	int error = 0;

	if (!in)
		return -1;
	out = open_memstream(&mail->text, &mail->len);
	if (out)
		write_text(mail, in, out);
	if (!out || ferror(in))
		error = errno;
	if (out && fclose(out) != 0)
		error = errno;
	fclose(in);
	errno = error;
	return error ? -1 : 0;
}
