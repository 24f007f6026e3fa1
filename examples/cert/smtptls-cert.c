/* SPDX-License-Identifier: MIT */
/*
 * smtptls-cert: makes a CA, a mail server's certificate and key, and on request
 * a client's certificate and Diffie-Hellman parameters; see smtptls-cert(1).
 * x509.c defines the contents of the certificates.
 *
 * It works in three steps. Planning lists the files to make, and exits if one
 * is in the way; making fills them, in memory only; storing writes all of them
 * under temporary names and then renames them. So nothing in the directory
 * changes before everything is made and written.
 *
 * It needs GnuTLS and POSIX.1-2008, not libsmtptls, and works inside DIR. It
 * never overwrites a file without --force, not even one that appears meanwhile;
 * never replaces a CA without --new-ca; never makes a key readable to others,
 * not even for a moment, whatever the umask; and never uses the network. Any
 * error ends it through die(), and clean_up() runs on every exit.
 */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "../common/command_line.h"
#include "x509.h"

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "unknown"
#endif

#define LETTERS	  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define ALNUM	  LETTERS "0123456789"
#define PREFIX	  "smtptls-"
#define TEMPORARY "." PREFIX "XXXXXX"
#define SERVER	  GNUTLS_KP_TLS_WWW_SERVER
#define CLIENT	  GNUTLS_KP_TLS_WWW_CLIENT
#define CA_CRT	  PREFIX "ca.crt"
#define CA_KEY	  PREFIX "ca.key"

static const char help[] =
	"usage: smtptls-cert [options]\n"
	"Makes a CA, and a certificate and key for a mail server.\n"
	"  --dir DIR      where the files are made (ssl)\n"
	"  --name NAME    host name or address of the server; repeatable\n"
	"                 (this host's names)\n"
	"  --rsa          an RSA key instead of P-256\n"
	"  --both         RSA beside P-256, as smtptls-server-rsa\n"
	"  --client NAME  a client's certificate, as NAME.crt and NAME.key\n"
	"  --dhparam      also the parameters of RFC 7919's ffdhe2048\n"
	"  --force        overwrite files, but not the CA\n"
	"  --new-ca       another CA, even if there is one (with --force)\n"
	"  -h, --help\n"
	"  -V, --version\n";

static const struct program program = { .name = "smtptls-cert",
					.version = PACKAGE_VERSION,
					.help = help,
					.usage_status = 2 };

enum { NAMES_MAX = 100 };

struct file {
	char name[CERT_CN_MAX + sizeof(".crt")];
	char temporary[sizeof(TEMPORARY)];
	mode_t mode;
	bool replace, published;
	gnutls_datum_t content;
};

struct pair {
	struct cert cert;
	struct file *key_file, *crt_file; /* NULL: an existing CA */
};

static struct {
	const char *dir, *client, *names[NAMES_MAX];
	size_t n_names;
	int rsa, both, dhparam, force, new_ca;
} opt = { .dir = "ssl" };

static struct pair pairs[4]; /* the CA, two for the server, the client's */
static size_t n_pairs;
static struct file files[2 * 4 + 1]; /* published in reverse order */
static size_t n_files;
static struct file *dh_file;
static bool stored;
static const char *at_file; /* for messages */

/* Print one line, whatever bytes the arguments contain. */
__attribute__((format(printf, 1, 2))) static _Noreturn void
die(const char *format, ...)
{
	char line[1024];
	va_list ap;

	va_start(ap, format);
	vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	for (char *p = line; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';
	fprintf(stderr, "smtptls-cert: %s\n", line);
	exit(EXIT_FAILURE);
}

static _Noreturn void fail(const char *cause)
{
	die("%s/%s: %s", opt.dir, at_file, cause);
}

static void check_errno(int ret)
{
	if (ret < 0)
		fail(strerror(errno));
}

static void check(int ret)
{
	if (ret < 0)
		fail(ret == GNUTLS_E_FILE_ERROR ? strerror(errno)
						: gnutls_strerror(ret));
}

/* Store everything or nothing. Memory is freed by the exit. */
static void clean_up(void)
{
	for (struct file *file = files; file < files + n_files; file++) {
		if (file->temporary[0])
			unlink(file->temporary);
		if (file->published && !stored)
			unlink(file->name);
	}
}

static _Noreturn void flush_and_exit(void)
{
	if (fflush(stdout) == EOF || ferror(stdout))
		die("standard output: %s", strerror(errno));
	exit(EXIT_SUCCESS);
}

/* A server is reached by host name or address, never by a mail address. */
static bool add_name(const char *name)
{
	unsigned char value[256];
	unsigned int size;
	int type = cert_san_type(name, value, &size);

	if (type != GNUTLS_SAN_DNSNAME && type != GNUTLS_SAN_IPADDRESS)
		return false;
	if (opt.n_names == NAMES_MAX)
		usage_error(&program, "more than %d names", NAMES_MAX);
	opt.names[opt.n_names++] = name;
	return true;
}

/* It becomes a file name beside ours, even if case is ignored. */
static bool is_client_name(const char *name)
{
	size_t len = strlen(name);

	return len <= CERT_CN_MAX && strspn(name, ALNUM "._@+-") == len &&
	       strspn(name, ALNUM) > 0 &&
	       strncasecmp(name, PREFIX, strlen(PREFIX)) != 0;
}

/*
 * Use the hosts file, which is all that gethostent reads: without a network a
 * resolver blocks, and DNS need not be what the administrator wants anyway.
 */
static const char *find_fqdn(const char *host)
{
	static char fqdn[CERT_HOST_MAX + 1];
	size_t len = strlen(host);
	struct hostent *entry;

	while (!fqdn[0] && (entry = gethostent())) {
		const char *name = entry->h_name;

		for (char **alias = entry->h_aliases; name; name = *alias++)
			if (!fqdn[0] && strncasecmp(name, host, len) == 0 &&
			    name[len] == '.' && strlen(name) <= CERT_HOST_MAX)
				strcpy(fqdn, name);
	}
	endhostent();
	return fqdn;
}

static void add_default_names(void)
{
	static char host[CERT_HOST_MAX + 1], first_label[CERT_HOST_MAX + 1];
	const char *fqdn = host;
	size_t len;
	bool found;

	if (gethostname(host, sizeof(host) - 1) < 0)
		die("host name: %s", strerror(errno));
	len = strcspn(host, ".");
	memcpy(first_label, host, len);
	if (host[len] == '\0')
		fqdn = find_fqdn(host);
	found = add_name(fqdn);
	if (!add_name(first_label) && !found)
		die("host name '%s' cannot be used in a certificate; give "
		    "--name",
		    host);
}

static bool exists(const char *name)
{
	struct stat st;
	int ret = lstat(name, &st);

	at_file = name;
	if (ret < 0 && errno == ENOENT)
		return false;
	check_errno(ret);
	if (!S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode))
		fail("not a regular file");
	return true;
}

static struct file *plan_file(const char *base, const char *suffix, mode_t mode)
{
	struct file *file = &files[n_files++];

	snprintf(file->name, sizeof(file->name), "%s%s", base, suffix);
	file->mode = mode;
	file->replace = exists(file->name);
	if (file->replace && !opt.force)
		fail("exists; --force would overwrite it");
	return file;
}

static void plan_cert(const char *base, const char *purpose, bool rsa,
		      const char *const *names, size_t n_names)
{
	struct pair *pair = &pairs[n_pairs++];

	pair->cert.purpose = purpose;
	pair->cert.rsa = rsa;
	pair->cert.names = names;
	pair->cert.n_names = n_names;
	pair->crt_file = plan_file(base, ".crt", 0644);
	pair->key_file = plan_file(base, ".key", 0600);
}

static void plan_ca(void)
{
	static char text[sizeof("smtptls CA 01234567")];
	static const char *name = text;
	unsigned char id[4];
	bool key = exists(CA_KEY), crt = exists(CA_CRT);

	if (!opt.new_ca && key && crt) {
		n_pairs++;
		return;
	}
	if (!opt.new_ca && (key || crt)) {
		at_file = key ? CA_CRT : CA_KEY;
		fail("missing, and the CA cannot sign without it; restore it, "
		     "or make another CA with --new-ca --force");
	}
	/* two CAs with the same name would be confused */
	check(gnutls_rnd(GNUTLS_RND_NONCE, id, sizeof(id)));
	snprintf(text, sizeof(text), "smtptls CA %02x%02x%02x%02x", id[0],
		 id[1], id[2], id[3]);
	/* a peer that needs an RSA leaf may not support ECDSA signatures */
	plan_cert(PREFIX "ca", NULL, opt.rsa || opt.both, &name, 1);
}

static void plan(void)
{
	plan_ca();
	/* like the CA, it is made if it is absent, or on request */
	if (opt.n_names || opt.both || opt.new_ca ||
	    (!opt.client && !opt.dhparam) ||
	    (!exists(PREFIX "server.key") && !exists(PREFIX "server.crt"))) {
		if (opt.n_names == 0)
			add_default_names();
		plan_cert(PREFIX "server", SERVER, opt.rsa, opt.names,
			  opt.n_names);
	}
	if (opt.both)
		plan_cert(PREFIX "server-rsa", SERVER, true, opt.names,
			  opt.n_names);
	if (opt.client)
		plan_cert(opt.client, CLIENT, opt.rsa, &opt.client, 1);
	if (opt.dhparam)
		dh_file = plan_file(PREFIX "dhparam", ".pem", 0644);
}

static void load_ca(struct cert *ca)
{
	unsigned char crt_id[32], key_id[32];
	size_t crt_size = sizeof(crt_id), key_size = sizeof(key_id);
	gnutls_datum_t pem;
	int ret;

	check(gnutls_x509_crt_init(&ca->crt));
	check(gnutls_x509_privkey_init(&ca->key));
	at_file = CA_CRT;
	check(gnutls_load_file(at_file, &pem));
	ret = gnutls_x509_crt_import(ca->crt, &pem, GNUTLS_X509_FMT_PEM);
	gnutls_free(pem.data);
	check(ret);
	check(gnutls_x509_crt_get_key_id(ca->crt, GNUTLS_KEYID_USE_SHA256,
					 crt_id, &crt_size));
	if (gnutls_x509_crt_get_ca_status(ca->crt, NULL) <= 0)
		fail("not the certificate of a CA");
	if (gnutls_x509_crt_get_expiration_time(ca->crt) <= time(NULL))
		fail("expired; make another CA with --new-ca --force");
	at_file = CA_KEY;
	check(gnutls_load_file(at_file, &pem));
	ret = gnutls_x509_privkey_import(ca->key, &pem, GNUTLS_X509_FMT_PEM);
	gnutls_memset(pem.data, 0, pem.size);
	gnutls_free(pem.data);
	check(ret);
	check(gnutls_x509_privkey_get_key_id(ca->key, GNUTLS_KEYID_USE_SHA256,
					     key_id, &key_size));
	if (memcmp(crt_id, key_id, sizeof(crt_id)) != 0)
		fail("not the key of " CA_CRT);
}

static void make(void)
{
	struct cert *ca = &pairs[0].cert;

	if (!pairs[0].crt_file)
		load_ca(ca);
	for (size_t i = 0; i < n_pairs; i++) {
		struct pair *pair = &pairs[i];

		if (!pair->crt_file)
			continue;
		at_file = pair->crt_file->name;
		check(cert_make(&pair->cert, ca, &pair->crt_file->content,
				&pair->key_file->content));
	}
	if (dh_file) {
		at_file = dh_file->name;
		check(cert_dhparam(&dh_file->content));
	}
}

static void write_temporary(struct file *file)
{
	const unsigned char *p = file->content.data;
	const unsigned char *end = p + file->content.size;
	char name[] = TEMPORARY;
	int fd;

	at_file = file->name;
	check_errno(fd = mkstemp(name));
	strcpy(file->temporary, name);
	/* mkstemp makes 0600 less the umask; set the mode before the content */
	check_errno(fchmod(fd, file->mode));
	while (p < end) {
		ssize_t n = write(fd, p, (size_t)(end - p));

		if (n < 0)
			fail(strerror(errno));
		p += n;
	}
	check_errno(fsync(fd));
	check_errno(close(fd));
}

static void publish(struct file *file)
{
	at_file = file->name;
	if (file->replace) {
		check_errno(rename(file->temporary, file->name));
	} else {
		/* rename would overwrite a file that has appeared meanwhile */
		check_errno(link(file->temporary, file->name));
		file->published = true;
		check_errno(unlink(file->temporary));
	}
	file->temporary[0] = '\0';
}

static void store(void)
{
	sigset_t all, old;
	int fd;

	/* a signal must not interrupt this; it takes only a moment */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &old);
	for (size_t i = 0; i < n_files; i++)
		write_temporary(&files[i]);
	/* in reverse order: a certificate appears after its key, and the CA
	 * after the rest; of several processes at work, one succeeds */
	for (size_t i = n_files; i-- > 0;)
		publish(&files[i]);
	at_file = ".";
	check_errno(fd = open(".", O_RDONLY | O_CLOEXEC));
	/* EINVAL: the file system has no fsync for directories */
	if (fsync(fd) < 0 && errno != EINVAL)
		fail(strerror(errno));
	check_errno(close(fd));
	stored = true;
	sigprocmask(SIG_SETMASK, &old, NULL);
}

static void parse_options(int argc, char **argv)
{
	enum { DIR_ = 1, NAME, CLIENT_ };
	static const struct option options[] = {
		{ "dir", required_argument, NULL, DIR_ },
		{ "name", required_argument, NULL, NAME },
		{ "client", required_argument, NULL, CLIENT_ },
		{ "rsa", no_argument, &opt.rsa, 1 },
		{ "both", no_argument, &opt.both, 1 },
		{ "dhparam", no_argument, &opt.dhparam, 1 },
		{ "force", no_argument, &opt.force, 1 },
		{ "new-ca", no_argument, &opt.new_ca, 1 },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = next_option(&program, argc, argv, options)) != -1)
		switch (c) {
		case DIR_:
			opt.dir = optarg;
			break;
		case NAME:
			if (!add_name(optarg))
				usage_error(
					&program,
					"--name %s: not a host name or address",
					optarg);
			break;
		case CLIENT_:
			if (opt.client || !is_client_name(optarg))
				usage_error(&program, "--client %s: %s", optarg,
					    opt.client ? "given before"
						       : "cannot be used as a "
							 "file name");
			opt.client = optarg;
			break;
		}
	if (optind < argc)
		usage_error(&program, "unexpected argument: %s", argv[optind]);
	if (opt.rsa && opt.both)
		usage_error(&program, "--rsa and --both exclude each other");
}

int main(int argc, char **argv)
{
	parse_options(argc, argv);
	/* write then fails for a file that is too large, and we clean up */
	signal(SIGXFSZ, SIG_IGN);
	if (atexit(clean_up) != 0)
		die("atexit: no memory");
	if ((mkdir(opt.dir, 0755) < 0 && errno != EEXIST) || chdir(opt.dir) < 0)
		die("%s: %s", opt.dir, strerror(errno));
	plan();
	make();
	store();
	for (size_t i = 0; i < n_files; i++)
		printf("%s/%s\n", opt.dir, files[i].name);
	flush_and_exit();
}
