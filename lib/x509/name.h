/* SPDX-License-Identifier: MIT */
/* x509/name: host names, and when two are the same. See name.c. */
#ifndef X509_NAME_H
#define X509_NAME_H

#include <stddef.h>

/* Holds any name in normal form (RFC 1035 section 2.3.4) and a NUL. */
#define STLS_NAME_SIZE 254

/* 1 when `name` is an IP address, written to `address` in *size bytes. */
int stls_is_address(const char *name, unsigned char address[16], size_t *size);

/* Write an address of 4 or 16 bytes as a string; "?" for any other length. */
void stls_address_write(char *text, size_t size, const void *address,
			size_t len);

/* 1 when `name` is an IP address or can be a host name. */
int stls_is_host(const char *name);

/*
 * Write the normal form of a host name as a string. Returns its length, or 0
 * with an empty string if `name` cannot be one.
 */
size_t stls_name_normalize(char normal[STLS_NAME_SIZE], const void *name,
			   size_t len);

/* The same for a certificate's dNSName, which may begin with a wildcard. */
size_t stls_name_normalize_presented(char normal[STLS_NAME_SIZE],
				     const void *name, size_t len);

/* 1 when a dNSName covers a host name, both in normal form. */
int stls_name_covers(const char *presented, const char *name);

#endif
