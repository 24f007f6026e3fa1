/* SPDX-License-Identifier: MIT */
/*
 * testcert: keys and certificates for tests, made on first use. Documented in
 * testcert.c.
 */
#ifndef TESTCERT_H
#define TESTCERT_H

#include <stddef.h>

enum testcert_algorithm {
	TESTCERT_ECDSA, /* P-256 */
	TESTCERT_RSA	/* 2048 bits; a program's all share one key */
};

#define TESTCERT_SERVER "1.3.6.1.5.5.7.3.1"
#define TESTCERT_CLIENT "1.3.6.1.5.5.7.3.2"

/* Seconds, for times relative to now. */
#define TESTCERT_HOUR 3600L
#define TESTCERT_DAY  (24 * TESTCERT_HOUR)

struct testcert {
	const char *cert; /* PEM, this certificate alone */
	const char *key;  /* PEM, not encrypted */
	const char *file; /* a file with both, until the program ends */
};

/* A self-signed authority of this name. */
const struct testcert *testcert_ca(const char *name);
/* An authority of this name that `issuer` has signed. */
const struct testcert *testcert_intermediate(const struct testcert *issuer,
					     const char *name);

/*
 * A certificate for `names`, separated by spaces: the first is the subject's
 * common name, all are subject alternative names, those that look like IP
 * addresses as addresses. `purpose` is TESTCERT_SERVER, TESTCERT_CLIENT,
 * another OID, or NULL for none. It is valid from now + `from` until now +
 * `until` seconds. `ca` NULL: self-signed.
 */
const struct testcert *testcert_leaf(const struct testcert *ca, int algorithm,
				     const char *names, const char *purpose,
				     long from, long until);
/* The usual kind: valid for 60 days, since an hour ago. */
const struct testcert *testcert_server(const struct testcert *ca, int algorithm,
				       const char *names);
const struct testcert *testcert_client(const struct testcert *ca, int algorithm,
				       const char *names);

/* A revocation list of `ca` as PEM; `revoked` may be NULL for none. */
const char *testcert_crl(const struct testcert *ca,
			 const struct testcert *revoked);

/* The texts one after the other, as in a chain file. `b` may be NULL. */
const char *testcert_join(const char *a, const char *b);

/* The path of a new file with this content; the file is removed at exit. */
const char *testcert_file(const void *data, size_t len);
/* The same, from a string. */
const char *testcert_file_text(const char *text);
/* The directory of those files. */
const char *testcert_directory(void);

#endif
