/* SPDX-License-Identifier: MIT */
/* x509/name: names of hosts, and when two are the same. Manual in name.c. */
#ifndef X509_NAME_H
#define X509_NAME_H

#include <stddef.h>

/* Room for each name in normal form: RFC 1035 section 2.3.4, and a NUL. */
#define STLS_NAME_SIZE 254

/* 1 when `name` is an IP address, of which *size bytes go to `address`. */
int stls_is_address(const char *name, unsigned char address[16], size_t *size);

/* Write an address of 4 or 16 bytes as a string; others have none: "?". */
void stls_address_write(char *text, size_t size, const void *address,
			size_t len);

/* 1 when `name` is an IP address or can be the name of a host. */
int stls_is_host(const char *name);

/*
 * Write the normal form of a host's name as a string. Returns its length, or 0
 * with an empty string when it can be no such name.
 */
size_t stls_name_normalize(char normal[STLS_NAME_SIZE], const void *name,
			   size_t len);

/* The same for a certificate's dNSName, which may begin with a wildcard. */
size_t stls_name_normalize_presented(char normal[STLS_NAME_SIZE],
				     const void *name, size_t len);

/* 1 when a dNSName covers a host's name, both in normal form. */
int stls_name_covers(const char *presented, const char *name);

#endif
