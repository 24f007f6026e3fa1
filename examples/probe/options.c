/* SPDX-License-Identifier: MIT */
/*
 * options: the command line of smtptls-probe.
 *
 * An error in it ends the program with the status UNKNOWN, as in Nagios checks.
 */
#include "options.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/command_line.h"

static const char help[] =
	"usage: smtptls-probe [options] DOMAIN | HOST[:PORT]\n"
	"Asks a mail domain's servers, or one server, what senders find "
	"there.\n"
	"\n"
	"  DOMAIN                its MX hosts, with DNSSEC, DANE and MTA-STS\n"
	"  HOST[:PORT]           one host, if a port is given, or an address\n"
	"  --host                a name without a port is a host too\n"
	"  --implicit            TLS from the first byte (port 465)\n"
	"  --connect ADDR:PORT   connect there, whatever the addresses\n"
	"  --starttls-name NAME  the host's name, for SNI and certificate\n"
	"  --ehlo NAME           this side's name (the machine's)\n"
	"  --timeout SECONDS     of a connection, a dialogue, a handshake "
	"(30)\n"
	"\n"
	"What is required of a server (dane):\n"
	"  --require LEVEL       may, encrypt, dane, dane-only or ca\n"
	"  --ca FILE             authorities (the system's)\n"
	"  --pin HEX             SHA-256 or SHA-512 of certificate or key\n"
	"  --tlsa RECORD         a TLSA record, \"3 1 1 HEX\"; repeatable; "
	"with\n"
	"                        these none are looked up\n"
	"  --sts-file FILE       MTA-STS policy, which is then not fetched\n"
	"  --no-sts              do without MTA-STS\n"
	"  --requiretls          as for a message with REQUIRETLS\n"
	"  --tls-required-no     as for one with \"TLS-Required: No\"\n"
	"\n"
	"What this side offers, in OpenSSL's language:\n"
	"  --protocols STRING    versions of TLS\n"
	"  --ciphers STRING      suites of TLS 1.2 and below\n"
	"  --client-cert FILE    certificate to show, and its key:\n"
	"  --client-key FILE\n"
	"  --shadow-protocols STRING, --shadow-ciphers STRING\n"
	"                        say what would fail with these\n"
	"\n"
	"  --resolver ADDR@PORT  ask this server (those of resolv.conf)\n"
	"  --trust-anchor FILE   key of the root, or of a zone\n"
	"  --warn-days DAYS      WARNING if a certificate expires this soon "
	"(21)\n"
	"  --crit-days DAYS      CRITICAL if this soon (7)\n"
	"  --json\n"
	"  -h, --help\n"
	"  -V, --version\n"
	"\n"
	"Exit status: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.\n";

#ifdef HAVE_UNBOUND
#define DNS "with libunbound"
#else
#define DNS "without libunbound"
#endif
#ifdef HAVE_CURL
#define HTTPS "with libcurl"
#else
#define HTTPS "without libcurl"
#endif
#ifdef HAVE_JANSSON
#define JSON "with jansson"
#else
#define JSON "without jansson"
#endif

static const struct program program = { .name = "smtptls-probe",
					.version = SMTPTLS_VERSION
					" (" DNS ", " HTTPS ", " JSON ")",
					.help = help,
					.usage_status = UNKNOWN,
					.local_status = UNKNOWN };

static int level_of(const char *text)
{
	static const int levels[] = { SMTPTLS_LEVEL_MAY, SMTPTLS_LEVEL_ENCRYPT,
				      SMTPTLS_LEVEL_DANE,
				      SMTPTLS_LEVEL_DANE_ONLY,
				      SMTPTLS_LEVEL_CA };
	size_t i;

	for (i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (strcmp(text, level_name(levels[i])) == 0)
			return levels[i];
	usage_error(&program, "--require %s: no such level", text);
}

/* 1 if `text` is an IP address, which becomes `address`. */
static int parse_address(struct address *address, const char *text, int port)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)&address->sockaddr;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&address->sockaddr;

	memset(address, 0, sizeof(*address));
	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)port);
		address->len = sizeof(*v4);
	} else if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons((uint16_t)port);
		address->len = sizeof(*v6);
	} else {
		return 0;
	}
	snprintf(address->text, sizeof(address->text),
		 strchr(text, ':') ? "[%s]:%d" : "%s:%d", text, port);
	return 1;
}

/* Split off a word's port, if any: HOST, HOST:PORT, [ADDR]:PORT, IPv6. */
static const char *split(const char *option, char *word, int *port)
{
	char *colon = strrchr(word, ':'), *close = strchr(word, ']');

	if (word[0] == '[' && close && (close[1] == ':' || !close[1])) {
		if (close[1])
			*port = (int)option_number(&program, option, close + 2,
						   0, 65535);
		*close = '\0';
		return word + 1;
	}
	if (colon && strchr(word, ':') == colon) {
		*port = (int)option_number(&program, option, colon + 1, 0,
					   65535);
		*colon = '\0';
	}
	return word;
}

static void set_connect(struct options *options, char *word)
{
	char text[64];
	const char *address;
	int port = -1;

	snprintf(text, sizeof(text), "%s", word);
	address = split("--connect", text, &port);
	if (!parse_address(&options->connect, address, port) || port < 0)
		usage_error(&program, "--connect %s: not ADDR:PORT", word);
}

static void set_pin(struct options *options, const char *text)
{
	size_t len = strlen(text), i;
	unsigned byte;

	if (len != 64 && len != 128)
		usage_error(&program, "--pin %s: neither 64 nor 128 digits",
			    text);
	for (i = 0; i < len; i += 2) {
		if (strspn(text + i, "0123456789abcdefABCDEF") < 2 ||
		    sscanf(text + i, "%2x", &byte) != 1)
			usage_error(&program, "--pin %s: not hexadecimal",
				    text);
		options->pin[i / 2] = (unsigned char)byte;
	}
	options->pin_len = len / 2;
	options->level = SMTPTLS_LEVEL_PIN;
}

static void add_tlsa(struct options *options, const char *text)
{
	unsigned char *data = malloc(strlen(text) + 1);
	struct smtptls_tlsa *grown;

	grown = realloc(options->tlsa,
			(options->tlsa_count + 1) * sizeof(*grown));
	if (!data || !grown)
		fail("no memory");
	options->tlsa = grown;
	if (options->tlsa_count == RECORDS_MAX)
		usage_error(&program, "--tlsa: more than %d records",
			    RECORDS_MAX);
	if (smtptls_tlsa_parse(&grown[options->tlsa_count], text, strlen(text),
			       data, strlen(text) + 1) < 0)
		usage_error(&program, "--tlsa %s: not a TLSA record", text);
	options->tlsa_count++;
}

static void set_target(struct options *options, char *word)
{
	int port = -1, is_address;
	struct address address;

	options->name = split("the port", word, &port);
	is_address = parse_address(&address, options->name, 0);
	options->is_host |= port >= 0 || is_address || options->connect.len ||
			    options->implicit || options->starttls_name ||
			    options->tlsa_count > 0;
	options->port = port >= 0 ? port : options->implicit ? 465 : 25;
	if (is_address && !options->connect.len)
		(void)parse_address(&options->connect, options->name,
				    options->port);
	if (is_address && !options->starttls_name && options->tlsa_count > 0)
		usage_error(&program, "--tlsa: needs --starttls-name with an "
				      "address");
}

enum {
	HOST = 1,
	IMPLICIT,
	CONNECT,
	STARTTLS_NAME,
	EHLO,
	TIMEOUT,
	REQUIRE,
	CA,
	PIN,
	TLSA,
	STS_FILE,
	NO_STS,
	REQUIRETLS,
	TLS_REQUIRED_NO,
	PROTOCOLS,
	CIPHERS,
	CLIENT_CERT,
	CLIENT_KEY,
	SHADOW_PROTOCOLS,
	SHADOW_CIPHERS,
	RESOLVER,
	TRUST_ANCHOR,
	WARN_DAYS,
	CRIT_DAYS,
	JSON_OUT
};

static const struct option names[] = {
	{ "host", no_argument, NULL, HOST },
	{ "implicit", no_argument, NULL, IMPLICIT },
	{ "connect", required_argument, NULL, CONNECT },
	{ "starttls-name", required_argument, NULL, STARTTLS_NAME },
	{ "ehlo", required_argument, NULL, EHLO },
	{ "timeout", required_argument, NULL, TIMEOUT },
	{ "require", required_argument, NULL, REQUIRE },
	{ "ca", required_argument, NULL, CA },
	{ "pin", required_argument, NULL, PIN },
	{ "tlsa", required_argument, NULL, TLSA },
	{ "sts-file", required_argument, NULL, STS_FILE },
	{ "no-sts", no_argument, NULL, NO_STS },
	{ "requiretls", no_argument, NULL, REQUIRETLS },
	{ "tls-required-no", no_argument, NULL, TLS_REQUIRED_NO },
	{ "protocols", required_argument, NULL, PROTOCOLS },
	{ "ciphers", required_argument, NULL, CIPHERS },
	{ "client-cert", required_argument, NULL, CLIENT_CERT },
	{ "client-key", required_argument, NULL, CLIENT_KEY },
	{ "shadow-protocols", required_argument, NULL, SHADOW_PROTOCOLS },
	{ "shadow-ciphers", required_argument, NULL, SHADOW_CIPHERS },
	{ "resolver", required_argument, NULL, RESOLVER },
	{ "trust-anchor", required_argument, NULL, TRUST_ANCHOR },
	{ "warn-days", required_argument, NULL, WARN_DAYS },
	{ "crit-days", required_argument, NULL, CRIT_DAYS },
	{ "json", no_argument, NULL, JSON_OUT },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

/* Take a string for one of the policies. */
static void take_string(struct options *options, int option)
{
	struct smtptls_policy_spec *spec =
		option < SHADOW_PROTOCOLS ? &options->spec : &options->shadow;

	if (option < SHADOW_PROTOCOLS)
		options->has_spec = 1;
	else
		options->has_shadow = 1;
	if (option == PROTOCOLS || option == SHADOW_PROTOCOLS)
		spec->protocols = optarg;
	else
		spec->ciphers = optarg;
}

static void take(struct options *options, int option)
{
	switch (option) {
	case HOST:
		options->is_host = 1;
		break;
	case IMPLICIT:
		options->implicit = 1;
		break;
	case CONNECT:
		set_connect(options, optarg);
		break;
	case STARTTLS_NAME:
		options->starttls_name = optarg;
		break;
	case EHLO:
		options->my_name = optarg;
		break;
	case TIMEOUT:
		options->timeout_ms =
			1000 * (int)option_number(&program, "--timeout", optarg,
						  0, 3600);
		break;
	case REQUIRE:
		options->level = level_of(optarg);
		options->level_given = 1;
		break;
	case CA:
		options->ca_file = optarg;
		break;
	case PIN:
		set_pin(options, optarg);
		break;
	case TLSA:
		add_tlsa(options, optarg);
		break;
	case STS_FILE:
		options->sts_file = optarg;
		break;
	case NO_STS:
		options->no_sts = 1;
		break;
	case REQUIRETLS:
		options->requiretls = 1;
		break;
	case TLS_REQUIRED_NO:
		options->tls_required_no = 1;
		break;
	case CLIENT_CERT:
		options->client_cert = optarg;
		break;
	case CLIENT_KEY:
		options->client_key = optarg;
		break;
	case RESOLVER:
		options->resolver = optarg;
		break;
	case TRUST_ANCHOR:
		options->trust_anchor = optarg;
		break;
	case WARN_DAYS:
		options->warn_days = (int)option_number(&program, "--warn-days",
							optarg, 0, 36500);
		break;
	case CRIT_DAYS:
		options->crit_days = (int)option_number(&program, "--crit-days",
							optarg, 0, 36500);
		break;
	case JSON_OUT:
		options->json = 1;
		break;
	default:
		take_string(options, option);
	}
}

static const char *machine_name(void)
{
	static char name[256];

	if (gethostname(name, sizeof(name) - 1) != 0 || !name[0])
		return "localhost";
	return name;
}

static void check(const struct options *options)
{
	if (options->level == SMTPTLS_LEVEL_PIN && options->level_given)
		usage_error(&program, "--require: not with --pin");
	if (!options->client_cert != !options->client_key)
		usage_error(&program, "--client-cert: goes with --client-key");
	if (options->sts_file && options->is_host)
		usage_error(&program, "--sts-file: only with a domain");
#ifndef HAVE_JANSSON
	if (options->json)
		usage_error(&program, "--json: built without jansson");
#endif
#ifndef HAVE_UNBOUND
	if (!options->is_host)
		usage_error(&program,
			    "%s: a domain, and built without libunbound: "
			    "name a host by --host, or with its port",
			    options->name);
	if (options->resolver || options->trust_anchor)
		usage_error(&program, "--%s: built without libunbound",
			    options->resolver ? "resolver" : "trust-anchor");
#endif
}

void options_read(struct options *options, int argc, char **argv)
{
	int option;

	memset(options, 0, sizeof(*options));
	options->level = SMTPTLS_LEVEL_DANE;
	options->timeout_ms = 30000;
	options->warn_days = 21;
	options->crit_days = 7;
	options->my_name = machine_name();
	while ((option = next_option(&program, argc, argv, names)) != -1)
		take(options, option);
	if (argc == optind)
		usage_error(&program, "a domain or host is missing");
	if (argc - optind > 1)
		usage_error(&program, "%s: a second destination",
			    argv[argc - 1]);
	set_target(options, argv[optind]);
	check(options);
}

void options_free(struct options *options)
{
	size_t i;

	for (i = 0; i < options->tlsa_count; i++)
		free((void *)options->tlsa[i].data);
	free(options->tlsa);
}
