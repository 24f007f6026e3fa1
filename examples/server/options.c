/* SPDX-License-Identifier: MIT */
/*
 * The command line of smtptls-server. Any error in it ends the program, with
 * one line on stderr that names the option and the cause.
 */
#include <ctype.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/command_line.h"
#include "explain.h"
#include "options.h"

static const char help[] =
	"usage: smtptls-server [options]\n"
	"A small mail server to test SMTP STARTTLS with.\n"
	"\n"
	"  --listen ADDR:PORT        STARTTLS; port 0 is any (127.0.0.1:2525)\n"
	"  --listen-tls ADDR:PORT    implicit TLS (127.0.0.1:2465)\n"
	"  --cert FILE, --key FILE   certificate chain and key, repeatable;\n"
	"                            PKCS#11 URLs too\n"
	"                            (ssl/smtptls-server.crt, .key)\n"
	"  --passphrase-file FILE    passphrase of encrypted keys\n"
	"  --ocsp FILE               an OCSP response for one, repeatable\n"
	"  --ca FILE                 authorities of clients\n"
	"                            (ssl/smtptls-ca.crt)\n"
	"  --crl FILE                their revocation list\n"
	"  --dhparam FILE            (ssl/smtptls-dhparam.pem)\n"
	"  --ticket-secret FILE      share session tickets with this secret\n"
	"  --config-dir DIR          take certificates, ciphers and protocols\n"
	"                            from a directory of qpsmtpd's\n"
	"  --ciphers STRING          of OpenSSL, for TLS 1.2 and below\n"
	"  --ciphersuites STRING     of OpenSSL, for TLS 1.3\n"
	"  --protocols STRING        as OpenSSL, Postfix or qpsmtpd have it\n"
	"  --groups STRING           of OpenSSL\n"
	"  --sigalgs STRING          of OpenSSL: signature algorithms\n"
	"  --seclevel 0-5            of OpenSSL (2)\n"
	"  --priority STRING         of GnuTLS, instead of all these\n"
	"  --shadow-ciphers STRING, --shadow-protocols STRING\n"
	"                            log whom these would refuse\n"
	"  --strict-sni              refuse names that no certificate has\n"
	"  --require-tls             no mail without TLS\n"
	"  --verify MODE             client certificates: none, optional,\n"
	"                            require\n"
	"  --client-purpose PURPOSE  what they must be issued for: client, or\n"
	"                            any (a server's too)\n"
	"  --hostname NAME           (this host's)\n"
	"  --maildir DIR             keep messages; else they are dropped\n"
	"  --record-hello DIR        keep ClientHellos of failed handshakes\n"
	"  --log-changes             log what would let a refused client in\n"
	"  --max-size BYTES          of a message (10485760)\n"
	"  --max-connections N       (100)\n"
	"  --handshake-timeout S     for the whole handshake (30)\n"
	"  --idle-timeout S          for each command line (300)\n"
	"  --explain REASON          what a reason_id means, or a log line's,\n"
	"                            and what to do about it\n"
	"  -h, --help\n"
	"  -V, --version\n";

static const struct program program = { .name = "smtptls-server",
					.version = SMTPTLS_VERSION,
					.help = help,
					.usage_status = 2 };

static int verify_mode(const char *text)
{
	if (strcmp(text, "none") == 0)
		return SMTPTLS_VERIFY_NONE;
	if (strcmp(text, "optional") == 0)
		return SMTPTLS_VERIFY_OPTIONAL;
	if (strcmp(text, "require") == 0)
		return SMTPTLS_VERIFY_CA;
	usage_error(&program, "--verify %s: not none, optional or require",
		    text);
}

static int client_purpose(const char *text)
{
	if (strcmp(text, "client") == 0)
		return SMTPTLS_CLIENT_AUTH;
	if (strcmp(text, "any") == 0)
		return SMTPTLS_CLIENT_OR_SERVER_AUTH;
	usage_error(&program, "--client-purpose %s: not client or any", text);
}

static void set_hostname(struct options *options, const char *name)
{
	if (!*name || strlen(name) > OPTIONS_HOST_MAX)
		usage_error(&program, "--hostname %s: empty or too long", name);
	for (const char *p = name; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("-._:[]", *p))
			usage_error(&program,
				    "--hostname %s: not a host's name", name);
	strcpy(options->hostname, name);
}

/* "127.0.0.1:25" or "[::1]:25" */
static void add_listener(struct options *options, const char *text, int tls)
{
	const struct addrinfo hints = { .ai_flags = AI_NUMERICHOST,
					.ai_socktype = SOCK_STREAM };
	struct listen_option *listen = &options->listen[options->n_listen];
	const char *colon = strrchr(text, ':');
	const char *port = colon ? colon + 1 : "";
	size_t digits = strspn(port, "0123456789");
	struct addrinfo *info = NULL;
	const char *option = tls ? "listen-tls" : "listen";
	char host[64] = "";

	if (options->n_listen++ == OPTIONS_LIST_MAX)
		usage_error(&program, "--%s %s: more than %d listeners", option,
			    text, OPTIONS_LIST_MAX);
	if (digits > 0 && digits <= 5 && !port[digits] && atoi(port) <= 65535) {
		int v6 = text[0] == '[' && colon[-1] == ']';
		snprintf(host, sizeof(host), "%.*s",
			 (int)(colon - text) - 2 * v6, text + v6);
	}
	if (!*host || getaddrinfo(host, port, &hints, &info) != 0)
		usage_error(&program, "--%s %s: not an address and port",
			    option, text);
	memcpy(&listen->address, info->ai_addr, info->ai_addrlen);
	listen->len = info->ai_addrlen;
	listen->text = text;
	listen->tls = tls;
	freeaddrinfo(info);
}

static void add_cert(struct options *options, const char *cert)
{
	if (options->n_certs == OPTIONS_LIST_MAX)
		usage_error(&program, "--cert %s: more than %d certificates",
			    cert, OPTIONS_LIST_MAX);
	options->certs[options->n_certs++].cert = cert;
}

static void add_key(struct options *options, const char *key)
{
	struct cert_option *last = options->certs + options->n_certs - 1;

	if (options->n_certs == 0 || last->key)
		usage_error(&program, "--key %s: no --cert before it", key);
	last->key = key;
}

static void add_ocsp(struct options *options, const char *ocsp)
{
	if (options->n_ocsp == OPTIONS_LIST_MAX)
		usage_error(&program, "--ocsp %s: more than %d responses", ocsp,
			    OPTIONS_LIST_MAX);
	options->ocsp[options->n_ocsp++] = ocsp;
}

static void set_defaults(struct options *options)
{
	char name[OPTIONS_HOST_MAX + 1] = "";

	if (!options->n_listen) {
		add_listener(options, "127.0.0.1:2525", 0);
		add_listener(options, "127.0.0.1:2465", 1);
	}
	if (!options->hostname[0]) {
		if (gethostname(name, sizeof(name) - 1) < 0 || !name[0])
			strcpy(name, "localhost");
		set_hostname(options, name);
	}
	if (options->priority &&
	    (options->policy.ciphers || options->policy.ciphersuites ||
	     options->policy.protocols || options->policy.groups ||
	     options->policy.sigalgs || options->policy.security_level))
		usage_error(
			&program,
			"--priority %s: not together with OpenSSL's strings",
			options->priority);
	/* A key may be in its certificate's file. */
	for (size_t i = 0; i < options->n_certs; i++)
		if (!options->certs[i].key)
			options->certs[i].key = options->certs[i].cert;
}

static void set_option(struct options *options, int option)
{
	switch (option) {
	case 'l':
		add_listener(options, optarg, 0);
		break;
	case 'L':
		add_listener(options, optarg, 1);
		break;
	case 'c':
		add_cert(options, optarg);
		break;
	case 'k':
		add_key(options, optarg);
		break;
	case 'W':
		options->passphrase_file = optarg;
		break;
	case 'y':
		add_ocsp(options, optarg);
		break;
	case 'a':
		options->ca = optarg;
		break;
	case 'q':
		options->crl = optarg;
		break;
	case 'd':
		options->dhparam = optarg;
		break;
	case 'T':
		options->ticket_secret = optarg;
		break;
	case 'p':
		options->priority = optarg;
		break;
	case 'C':
		if (!*optarg)
			usage_error(&program, "--config-dir: empty");
		options->config_dir = optarg;
		break;
	case 'e':
		options->policy.ciphers = optarg;
		break;
	case 'u':
		options->policy.ciphersuites = optarg;
		break;
	case 'o':
		options->policy.protocols = optarg;
		break;
	case 'g':
		options->policy.groups = optarg;
		break;
	case 'G':
		options->policy.sigalgs = optarg;
		break;
	case 'S':
		options->policy.security_level = (int)option_number(
			&program, "--seclevel", optarg, 0, 5);
		if (options->policy.security_level == 0)
			options->policy.security_level =
				SMTPTLS_SECURITY_LEVEL_0;
		break;
	case 'E':
		options->shadow_ciphers = optarg;
		break;
	case 'O':
		options->shadow_protocols = optarg;
		break;
	case 'N':
		options->strict_sni = 1;
		break;
	case 'r':
		options->require_tls = 1;
		break;
	case 'v':
		options->verify = verify_mode(optarg);
		break;
	case 'P':
		options->client_purpose = client_purpose(optarg);
		break;
	case 'n':
		set_hostname(options, optarg);
		break;
	case 'm':
		options->maildir = optarg;
		break;
	case 'R':
		options->record_hello = optarg;
		break;
	case 'w':
		options->log_changes = 1;
		break;
	case 's':
		options->max_size = (size_t)option_number(
			&program, "--max-size", optarg, 1, 1L << 30);
		break;
	case 'x':
		options->max_connections = (unsigned)option_number(
			&program, "--max-connections", optarg, 1, 1000000);
		break;
	case 't':
		options->handshake_timeout = (int)option_number(
			&program, "--handshake-timeout", optarg, 1, 86400);
		break;
	case 'i':
		options->idle_timeout = (int)option_number(
			&program, "--idle-timeout", optarg, 1, 86400);
		break;
	case 'X':
		if (explain(optarg) < 0)
			usage_error(
				&program,
				"--explain %s: not a reason; give the "
				"reason_id of a log line, or the whole line",
				optarg);
		printed(&program);
	}
}

void options_parse(struct options *options, int argc, char **argv)
{
	static const struct option known[] = {
		{ "listen", required_argument, NULL, 'l' },
		{ "listen-tls", required_argument, NULL, 'L' },
		{ "cert", required_argument, NULL, 'c' },
		{ "key", required_argument, NULL, 'k' },
		{ "passphrase-file", required_argument, NULL, 'W' },
		{ "ocsp", required_argument, NULL, 'y' },
		{ "ca", required_argument, NULL, 'a' },
		{ "crl", required_argument, NULL, 'q' },
		{ "dhparam", required_argument, NULL, 'd' },
		{ "ticket-secret", required_argument, NULL, 'T' },
		{ "priority", required_argument, NULL, 'p' },
		{ "config-dir", required_argument, NULL, 'C' },
		{ "ciphers", required_argument, NULL, 'e' },
		{ "ciphersuites", required_argument, NULL, 'u' },
		{ "protocols", required_argument, NULL, 'o' },
		{ "groups", required_argument, NULL, 'g' },
		{ "sigalgs", required_argument, NULL, 'G' },
		{ "seclevel", required_argument, NULL, 'S' },
		{ "shadow-ciphers", required_argument, NULL, 'E' },
		{ "shadow-protocols", required_argument, NULL, 'O' },
		{ "strict-sni", no_argument, NULL, 'N' },
		{ "require-tls", no_argument, NULL, 'r' },
		{ "verify", required_argument, NULL, 'v' },
		{ "client-purpose", required_argument, NULL, 'P' },
		{ "hostname", required_argument, NULL, 'n' },
		{ "maildir", required_argument, NULL, 'm' },
		{ "record-hello", required_argument, NULL, 'R' },
		{ "log-changes", no_argument, NULL, 'w' },
		{ "max-size", required_argument, NULL, 's' },
		{ "max-connections", required_argument, NULL, 'x' },
		{ "handshake-timeout", required_argument, NULL, 't' },
		{ "idle-timeout", required_argument, NULL, 'i' },
		{ "explain", required_argument, NULL, 'X' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	memset(options, 0, sizeof(*options));
	options->max_size = 10 << 20;
	options->max_connections = 100;
	options->handshake_timeout = 30;
	options->idle_timeout = 300;
	while ((option = next_option(&program, argc, argv, known)) != -1)
		set_option(options, option);
	if (optind < argc)
		usage_error(&program, "%s: not an option", argv[optind]);
	set_defaults(options);
}
