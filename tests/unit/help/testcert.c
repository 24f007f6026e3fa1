/* SPDX-License-Identifier: MIT */
/*
 * testcert: keys and certificates for tests.
 *
 * The same arguments always yield the same object, so that a program makes each
 * key only once. Everything lasts until the program ends, when the memory and
 * the temporary directory with all its files are removed; callers free nothing.
 * A failure ends the program with status 99, which automake takes for a broken
 * test rather than a failed one.
 *
 * Not thread-safe. Nothing here uses the library under test.
 */
#include "testcert.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include <gnutls/crypto.h>
#include <gnutls/x509.h>

#define FILES_MAX 256
#define TEXTS_MAX 256

struct entry {
	struct testcert shown; /* the first member: callers hold its address */
	char *question;
	gnutls_x509_crt_t crt;
	gnutls_x509_privkey_t privkey;
	struct entry *next;
};

static struct entry *entries;
static gnutls_x509_privkey_t rsa_key;
static char *directory;
static pid_t owner;
static char *files[FILES_MAX];
static size_t file_count;
static char *texts[TEXTS_MAX];
static size_t text_count;

/* ---- ends of the program ---- */

static void need(int holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "testcert: %s failed\n", what);
	exit(99);
}

#define OK(call) need((call) >= 0, #call)

static void clean_up(void)
{
	struct entry *entry;

	while ((entry = entries) != NULL) {
		entries = entry->next;
		gnutls_x509_crt_deinit(entry->crt);
		if (entry->privkey != rsa_key)
			gnutls_x509_privkey_deinit(entry->privkey);
		free(entry->question);
		free(entry);
	}
	if (rsa_key)
		gnutls_x509_privkey_deinit(rsa_key);
	while (text_count > 0)
		free(texts[--text_count]);
	while (file_count > 0) {
		/* the files outlive a child process */
		if (getpid() == owner)
			(void)unlink(files[file_count - 1]);
		free(files[--file_count]);
	}
	if (directory && getpid() == owner)
		(void)rmdir(directory);
	free(directory);
}

static void clean_up_at_exit(void)
{
	static int registered;

	if (registered)
		return;
	registered = 1;
	need(atexit(clean_up) == 0, "atexit");
}

/* ---- texts and files ---- */

static const char *keep_text(char *text)
{
	need(text != NULL, "malloc");
	need(text_count < TEXTS_MAX, "a place for one more text");
	clean_up_at_exit();
	texts[text_count++] = text;
	return text;
}

static const char *keep_datum(gnutls_datum_t *datum)
{
	char *text = strndup((const char *)datum->data, datum->size);

	gnutls_free(datum->data);
	return keep_text(text);
}

const char *testcert_join(const char *a, const char *b)
{
	char *text = NULL;

	OK(asprintf(&text, "%s%s", a, b ? b : ""));
	return keep_text(text);
}

const char *testcert_directory(void)
{
	const char *top = getenv("TMPDIR");

	if (!directory) {
		clean_up_at_exit();
		OK(asprintf(&directory, "%s/smtptls-unit-XXXXXX",
			    top && *top ? top : P_tmpdir));
		need(mkdtemp(directory) != NULL, "mkdtemp");
		owner = getpid();
	}
	return directory;
}

const char *testcert_file(const void *data, size_t len)
{
	char *name = NULL;
	FILE *file;

	need(file_count < FILES_MAX, "a place for one more file");
	OK(asprintf(&name, "%s/%zu.pem", testcert_directory(), file_count));
	file = fopen(name, "wx");
	need(file != NULL, name);
	files[file_count++] = name;
	/* keys must not be readable by others */
	OK(fchmod(fileno(file), 0600));
	need(fwrite(data, 1, len, file) == len, name);
	need(fclose(file) == 0, name);
	return name;
}

const char *testcert_file_text(const char *text)
{
	return testcert_file(text, strlen(text));
}

/* ---- certificates ---- */

static gnutls_x509_privkey_t make_key(int algorithm)
{
	gnutls_x509_privkey_t key;

	if (algorithm == TESTCERT_RSA && rsa_key)
		return rsa_key;
	OK(gnutls_x509_privkey_init(&key));
	if (algorithm == TESTCERT_RSA) {
		OK(gnutls_x509_privkey_generate(key, GNUTLS_PK_RSA, 2048, 0));
		rsa_key = key;
	} else {
		OK(gnutls_x509_privkey_generate(
			key, GNUTLS_PK_ECDSA,
			GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0));
	}
	return key;
}

static void set_name(gnutls_x509_crt_t crt, const char *name)
{
	unsigned char address[16];

	if (inet_pton(AF_INET, name, address) == 1)
		OK(gnutls_x509_crt_set_subject_alt_name(
			crt, GNUTLS_SAN_IPADDRESS, address, 4,
			GNUTLS_FSAN_APPEND));
	else if (inet_pton(AF_INET6, name, address) == 1)
		OK(gnutls_x509_crt_set_subject_alt_name(
			crt, GNUTLS_SAN_IPADDRESS, address, 16,
			GNUTLS_FSAN_APPEND));
	else
		OK(gnutls_x509_crt_set_subject_alt_name(
			crt, GNUTLS_SAN_DNSNAME, name, (unsigned)strlen(name),
			GNUTLS_FSAN_APPEND));
}

static void set_leaf_names(gnutls_x509_crt_t crt, const char *names)
{
	char *copy = strdup(names), *rest = copy, *name;
	int first = 1;

	need(copy != NULL, "strdup");
	while ((name = strsep(&rest, " ")) != NULL) {
		if (first)
			OK(gnutls_x509_crt_set_dn_by_oid(
				crt, GNUTLS_OID_X520_COMMON_NAME, 0, name,
				(unsigned)strlen(name)));
		first = 0;
		set_name(crt, name);
	}
	free(copy);
}

static void set_serial(gnutls_x509_crt_t crt)
{
	unsigned char serial[8];

	OK(gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof(serial)));
	/* positive, and always of the same length */
	serial[0] = (unsigned char)((serial[0] & 0x3f) | 0x40);
	OK(gnutls_x509_crt_set_serial(crt, serial, sizeof(serial)));
}

static void set_key_ids(const struct entry *entry, const struct entry *issuer)
{
	unsigned char id[32];
	size_t size = sizeof(id);

	OK(gnutls_x509_crt_get_key_id(entry->crt, GNUTLS_KEYID_USE_SHA256, id,
				      &size));
	OK(gnutls_x509_crt_set_subject_key_id(entry->crt, id, size));
	if (issuer == entry)
		return;
	size = sizeof(id);
	OK(gnutls_x509_crt_get_subject_key_id(issuer->crt, id, &size, NULL));
	OK(gnutls_x509_crt_set_authority_key_id(entry->crt, id, size));
}

static struct entry *find(const char *question)
{
	struct entry *entry = entries;

	while (entry && strcmp(entry->question, question) != 0)
		entry = entry->next;
	return entry;
}

/* What all have: a key, a serial number, times. It then owns `question`. */
static struct entry *begin(char *question, int algorithm, long from, long until)
{
	struct entry *entry = calloc(1, sizeof(*entry));
	time_t now = time(NULL);

	need(entry != NULL, "calloc");
	entry->question = question;
	entry->privkey = make_key(algorithm);
	OK(gnutls_x509_crt_init(&entry->crt));
	OK(gnutls_x509_crt_set_version(entry->crt, 3));
	OK(gnutls_x509_crt_set_key(entry->crt, entry->privkey));
	set_serial(entry->crt);
	OK(gnutls_x509_crt_set_activation_time(entry->crt, now + from));
	OK(gnutls_x509_crt_set_expiration_time(entry->crt, now + until));
	return entry;
}

/* Sign, export and remember it. */
static const struct testcert *finish(struct entry *entry,
				     const struct testcert *ca)
{
	const struct entry *issuer = ca ? (const struct entry *)ca : entry;
	gnutls_datum_t pem;

	set_key_ids(entry, issuer);
	OK(gnutls_x509_crt_sign2(entry->crt, issuer->crt, issuer->privkey,
				 GNUTLS_DIG_SHA256, 0));
	OK(gnutls_x509_crt_export2(entry->crt, GNUTLS_X509_FMT_PEM, &pem));
	entry->shown.cert = keep_datum(&pem);
	OK(gnutls_x509_privkey_export2(entry->privkey, GNUTLS_X509_FMT_PEM,
				       &pem));
	entry->shown.key = keep_datum(&pem);
	entry->shown.file = testcert_file_text(
		testcert_join(entry->shown.cert, entry->shown.key));
	entry->next = entries;
	entries = entry;
	return &entry->shown;
}

const struct testcert *testcert_intermediate(const struct testcert *issuer,
					     const char *name)
{
	char *question = NULL;
	struct entry *entry;

	OK(asprintf(&question, "ca %p %s", (const void *)issuer, name));
	entry = find(question);
	if (entry) {
		free(question);
		return &entry->shown;
	}
	entry = begin(question, TESTCERT_ECDSA, -90 * TESTCERT_DAY,
		      90 * TESTCERT_DAY);
	OK(gnutls_x509_crt_set_dn_by_oid(entry->crt,
					 GNUTLS_OID_X520_COMMON_NAME, 0, name,
					 (unsigned)strlen(name)));
	OK(gnutls_x509_crt_set_basic_constraints(entry->crt, 1, -1));
	OK(gnutls_x509_crt_set_key_usage(
		entry->crt, GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN));
	return finish(entry, issuer);
}

const struct testcert *testcert_ca(const char *name)
{
	return testcert_intermediate(NULL, name);
}

const struct testcert *testcert_leaf(const struct testcert *ca, int algorithm,
				     const char *names, const char *purpose,
				     long from, long until)
{
	unsigned usage = GNUTLS_KEY_DIGITAL_SIGNATURE;
	char *question = NULL;
	struct entry *entry;

	OK(asprintf(&question, "leaf %p %d %s %s %ld %ld", (const void *)ca,
		    algorithm, names, purpose ? purpose : "-", from, until));
	entry = find(question);
	if (entry) {
		free(question);
		return &entry->shown;
	}
	entry = begin(question, algorithm, from, until);
	set_leaf_names(entry->crt, names);
	if (algorithm == TESTCERT_RSA)
		usage |= GNUTLS_KEY_KEY_ENCIPHERMENT;
	OK(gnutls_x509_crt_set_basic_constraints(entry->crt, 0, -1));
	OK(gnutls_x509_crt_set_key_usage(entry->crt, usage));
	if (purpose)
		OK(gnutls_x509_crt_set_key_purpose_oid(entry->crt, purpose, 0));
	return finish(entry, ca);
}

const struct testcert *testcert_server(const struct testcert *ca, int algorithm,
				       const char *names)
{
	return testcert_leaf(ca, algorithm, names, TESTCERT_SERVER,
			     -TESTCERT_HOUR, 60 * TESTCERT_DAY);
}

const struct testcert *testcert_client(const struct testcert *ca, int algorithm,
				       const char *names)
{
	return testcert_leaf(ca, algorithm, names, TESTCERT_CLIENT,
			     -TESTCERT_HOUR, 60 * TESTCERT_DAY);
}

const char *testcert_crl(const struct testcert *ca,
			 const struct testcert *revoked)
{
	const struct entry *issuer = (const struct entry *)ca;
	time_t now = time(NULL);
	gnutls_x509_crl_t crl;
	gnutls_datum_t pem;

	OK(gnutls_x509_crl_init(&crl));
	OK(gnutls_x509_crl_set_version(crl, 2));
	if (revoked)
		OK(gnutls_x509_crl_set_crt(crl,
					   ((const struct entry *)revoked)->crt,
					   now - TESTCERT_HOUR));
	OK(gnutls_x509_crl_set_this_update(crl, now - TESTCERT_HOUR));
	OK(gnutls_x509_crl_set_next_update(crl, now + TESTCERT_DAY));
	OK(gnutls_x509_crl_set_number(crl, "\1", 1));
	OK(gnutls_x509_crl_sign2(crl, issuer->crt, issuer->privkey,
				 GNUTLS_DIG_SHA256, 0));
	OK(gnutls_x509_crl_export2(crl, GNUTLS_X509_FMT_PEM, &pem));
	gnutls_x509_crl_deinit(crl);
	return keep_datum(&pem);
}
