/* SPDX-License-Identifier: MIT */
/*
 * The command line of smtptls-server, and the TLS configuration made from it,
 * at the start and again for each SIGHUP.
 *
 * Whatever is wrong gives one line on stderr that names the setting or file
 * and the cause. Nothing here opens a port.
 */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server_log.h"
#include "server_options.h"

#define DEFAULT_CERT "ssl/smtptls-server.crt"
#define DEFAULT_KEY  "ssl/smtptls-server.key"
#define RSA_CERT     "ssl/smtptls-server-rsa.crt"
#define RSA_KEY	     "ssl/smtptls-server-rsa.key"
#define DEFAULT_CA   "ssl/smtptls-ca.crt"
#define DEFAULT_DH   "ssl/smtptls-dhparam.pem"

/* ------------------------------------------------------------------------ */
/* The command line                                                          */

static const char usage[] =
	"usage: smtptls-server [options]\n"
	"A small mail server to test SMTP STARTTLS with.\n"
	"\n"
	"  --listen ADDR:PORT        STARTTLS; port 0 is any (127.0.0.1:2525)\n"
	"  --listen-tls ADDR:PORT    implicit TLS (127.0.0.1:2465)\n"
	"  --cert FILE, --key FILE   certificate chain and key, repeatable\n"
	"                            (" DEFAULT_CERT ", .key)\n"
	"  --ca FILE                 authorities of clients (" DEFAULT_CA ")\n"
	"  --dhparam FILE            (" DEFAULT_DH ")\n"
	"  --priority STRING         of GnuTLS, for all that is allowed\n"
	"  --require-tls             no mail without TLS\n"
	"  --verify MODE             client certificates: none, optional,\n"
	"                            require\n"
	"  --hostname NAME           (this host's)\n"
	"  --maildir DIR             keep messages; else they are dropped\n"
	"  --max-size BYTES          of a message (10485760)\n"
	"  --max-connections N       (100)\n"
	"  --handshake-timeout S     for the whole handshake (30)\n"
	"  --idle-timeout S          for each command line (300)\n"
	"  --help, --version\n";

static long number(const char *option, const char *text, long min, long max)
{
	char *end;

	errno = 0;
	long value = strtol(text, &end, 10);
	if (!isdigit((unsigned char)*text) || *end || errno || value < min ||
	    value > max)
		die("--%s %s: not a number from %ld to %ld", option, text, min,
		    max);
	return value;
}

static int verify_mode(const char *text)
{
	if (strcmp(text, "none") == 0)
		return SMTPTLS_VERIFY_NONE;
	if (strcmp(text, "optional") == 0)
		return SMTPTLS_VERIFY_OPTIONAL;
	if (strcmp(text, "require") == 0)
		return SMTPTLS_VERIFY_CA;
	die("--verify %s: not none, optional or require", text);
}

static void set_hostname(struct options *options, const char *name)
{
	if (!*name || strlen(name) > OPTIONS_HOST_MAX)
		die("--hostname %s: empty or too long", name);
	for (const char *p = name; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("-._:[]", *p))
			die("--hostname %s: not a host's name", name);
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
	char host[64] = "";

	if (options->n_listen++ == OPTIONS_LIST_MAX)
		die("--listen %s: more than %d listeners", text,
		    OPTIONS_LIST_MAX);
	if (digits > 0 && digits <= 5 && !port[digits] && atoi(port) <= 65535) {
		int v6 = text[0] == '[' && colon[-1] == ']';
		snprintf(host, sizeof(host), "%.*s",
			 (int)(colon - text) - 2 * v6, text + v6);
	}
	if (!*host || getaddrinfo(host, port, &hints, &info) != 0)
		die("--listen %s: not an address and port", text);
	memcpy(&listen->address, info->ai_addr, info->ai_addrlen);
	listen->len = info->ai_addrlen;
	listen->text = text;
	listen->tls = tls;
	freeaddrinfo(info);
}

static void add_cert(struct options *options, const char *cert)
{
	if (options->n_certs == OPTIONS_LIST_MAX)
		die("--cert %s: more than %d certificates", cert,
		    OPTIONS_LIST_MAX);
	options->certs[options->n_certs++].cert = cert;
}

static void add_key(struct options *options, const char *key)
{
	struct cert_option *last = options->certs + options->n_certs - 1;

	if (options->n_certs == 0 || last->key)
		die("--key %s: no --cert before it", key);
	last->key = key;
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
	/* A key may stand in its certificate's file. */
	for (size_t i = 0; i < options->n_certs; i++)
		if (!options->certs[i].key)
			options->certs[i].key = options->certs[i].cert;
}

static void set_option(struct options *options, const struct option *option)
{
	const char *name = option->name;

	switch (option->val) {
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
	case 'a':
		options->ca = optarg;
		break;
	case 'd':
		options->dhparam = optarg;
		break;
	case 'p':
		options->priority = optarg;
		break;
	case 'r':
		options->require_tls = 1;
		break;
	case 'v':
		options->verify = verify_mode(optarg);
		break;
	case 'n':
		set_hostname(options, optarg);
		break;
	case 'm':
		options->maildir = optarg;
		break;
	case 's':
		options->max_size = (size_t)number(name, optarg, 1, 1L << 30);
		break;
	case 'x':
		options->max_connections =
			(unsigned)number(name, optarg, 1, 1000000);
		break;
	case 't':
		options->handshake_timeout =
			(int)number(name, optarg, 1, 86400);
		break;
	case 'i':
		options->idle_timeout = (int)number(name, optarg, 1, 86400);
		break;
	case 'V':
		printf("smtptls-server %s\n", smtptls_version());
		exit(EXIT_SUCCESS);
	default:
		fputs(usage, stdout);
		exit(EXIT_SUCCESS);
	}
}

void options_parse(struct options *options, int argc, char **argv)
{
	static const struct option known[] = {
		{ "listen", required_argument, NULL, 'l' },
		{ "listen-tls", required_argument, NULL, 'L' },
		{ "cert", required_argument, NULL, 'c' },
		{ "key", required_argument, NULL, 'k' },
		{ "ca", required_argument, NULL, 'a' },
		{ "dhparam", required_argument, NULL, 'd' },
		{ "priority", required_argument, NULL, 'p' },
		{ "require-tls", no_argument, NULL, 'r' },
		{ "verify", required_argument, NULL, 'v' },
		{ "hostname", required_argument, NULL, 'n' },
		{ "maildir", required_argument, NULL, 'm' },
		{ "max-size", required_argument, NULL, 's' },
		{ "max-connections", required_argument, NULL, 'x' },
		{ "handshake-timeout", required_argument, NULL, 't' },
		{ "idle-timeout", required_argument, NULL, 'i' },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 }
	};
	int index, c;

	memset(options, 0, sizeof(*options));
	options->max_size = 10 << 20;
	options->max_connections = 100;
	options->handshake_timeout = 30;
	options->idle_timeout = 300;
	opterr = 0;
	while ((c = getopt_long(argc, argv, ":", known, &index)) != -1) {
		if (c == '?' || c == ':')
			die("%s: %s; see --help", argv[optind - 1],
			    c == ':' ? "a value is missing" : "no such option");
		set_option(options, &known[index]);
	}
	if (optind < argc)
		die("%s: not an option; see --help", argv[optind]);
	set_defaults(options);
}

/* ------------------------------------------------------------------------ */
/* The TLS configuration                                                     */

static int exists(const char *file)
{
	return access(file, F_OK) == 0;
}

static int add_certs(struct smtptls_config *config,
		     const struct options *options)
{
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < options->n_certs; i++)
		ret = smtptls_config_add_cert_file(
			config, options->certs[i].cert, options->certs[i].key);
	if (options->n_certs)
		return ret;
	ret = smtptls_config_add_cert_file(config, DEFAULT_CERT, DEFAULT_KEY);
	if (ret == 0 && exists(RSA_CERT))
		ret = smtptls_config_add_cert_file(config, RSA_CERT, RSA_KEY);
	return ret;
}

static int fill(struct smtptls_config *config, const struct options *options)
{
	const char *ca = options->ca, *dh = options->dhparam;
	int ret = add_certs(config, options);

	if (!ca && exists(DEFAULT_CA))
		ca = DEFAULT_CA;
	if (!dh && exists(DEFAULT_DH))
		dh = DEFAULT_DH;
	if (ret == 0 && ca)
		ret = smtptls_config_set_ca_file(config, ca);
	if (ret == 0 && dh)
		ret = smtptls_config_set_dh_file(config, dh);
	if (ret == 0 && options->priority)
		ret = smtptls_config_set_priority(config, options->priority);
	return ret ? ret : smtptls_config_freeze(config);
}

struct smtptls_config *options_config(const struct options *options,
				      const char *prefix)
{
	struct smtptls_config *config = NULL;
	const char *warning;
	int ret;

	if (options->verify != SMTPTLS_VERIFY_NONE && !options->ca &&
	    !exists(DEFAULT_CA)) {
		note("%s--verify needs --ca: there is no " DEFAULT_CA, prefix);
		return NULL;
	}
	ret = smtptls_config_new(&config);
	if (ret == 0)
		ret = fill(config, options);
	if (ret == 0) {
		for (size_t i = 0;
		     (warning = smtptls_config_warning(config, i)); i++)
			note("warning: %s", warning);
		return config;
	}
	const char *text = config ? smtptls_config_error(config) : "";
	note("%s%s%s", prefix, *text ? text : smtptls_strerror(ret),
	     options->n_certs || exists(DEFAULT_CERT)
		     ? ""
		     : " (smtptls-cert makes a certificate)");
	smtptls_config_unref(config);
	return NULL;
}
