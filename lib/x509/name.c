/* SPDX-License-Identifier: MIT */
/*
 * x509/name: host names, and when two are the same.
 *
 * Names are compared in one normal form: lower case (RFC 4343), without a
 * trailing dot, at most 253 bytes, in labels of 1 to 63 letters, digits,
 * hyphens and underscores. Internationalized names are compared as A-labels
 * (RFC 9525 section 6.3): a U-label has no normal form, nor has an IPv4
 * address, which is never a dNSName.
 *
 * RFC 9525 section 6.3: a wildcard is the whole left-most label, and stands for
 * exactly one label. At least two labels must follow, as OpenSSL and GnuTLS
 * also require: "*.org" matches no host.
 */
#include "x509/name.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/ascii.h"

#define LABEL_MAX 63

int stls_is_address(const char *name, unsigned char address[16], size_t *size)
{
	if (inet_pton(AF_INET, name, address) == 1)
		*size = 4;
	else if (inet_pton(AF_INET6, name, address) == 1)
		*size = 16;
	else
		return 0;
	return 1;
}

void stls_address_write(char *text, size_t size, const void *address,
			size_t len)
{
	int family = len == 4 ? AF_INET : AF_INET6;

	if ((len != 4 && len != 16) ||
	    !inet_ntop(family, address, text, (socklen_t)size))
		(void)snprintf(text, size, "?");
}

/* A byte of a label in lower case, or 0. */
static char label_byte(unsigned char byte)
{
	char lower = (char)stls_ascii_lower((char)byte);

	return stls_ascii_alnum(lower) || lower == '-' || lower == '_' ? lower
								       : 0;
}

/* Copy labels in lower case; 0 when a byte or a length is wrong. */
static int copy_labels(char *normal, const unsigned char *name, size_t len)
{
	size_t label = 0, i;

	for (i = 0; i < len; i++) {
		normal[i] = name[i] == '.' ? '.' : label_byte(name[i]);
		if (normal[i] == 0)
			return 0;
		label = normal[i] == '.' ? 0 : label + 1;
		if (label > LABEL_MAX || (label == 0 && i == 0) ||
		    (label == 0 && normal[i - 1] == '.'))
			return 0;
	}
	normal[len] = '\0';
	return label > 0;
}

size_t stls_name_normalize(char normal[STLS_NAME_SIZE], const void *name,
			   size_t len)
{
	const unsigned char *bytes = name;
	unsigned char address[16];
	size_t size;

	if (len > 0 && bytes[len - 1] == '.')
		len--;
	if (len < STLS_NAME_SIZE && copy_labels(normal, bytes, len) &&
	    !stls_is_address(normal, address, &size))
		return len;
	normal[0] = '\0';
	return 0;
}

size_t stls_name_normalize_presented(char normal[STLS_NAME_SIZE],
				     const void *name, size_t len)
{
	const unsigned char *bytes = name;
	size_t rest;

	if (len < 2 || bytes[0] != '*' || bytes[1] != '.')
		return stls_name_normalize(normal, name, len);
	rest = stls_name_normalize(normal, bytes + 2, len - 2);
	if (rest == 0 || rest + 2 >= STLS_NAME_SIZE || !strchr(normal, '.')) {
		normal[0] = '\0';
		return 0;
	}
	memmove(normal + 2, normal, rest + 1);
	memcpy(normal, "*.", 2);
	return rest + 2;
}

int stls_name_covers(const char *presented, const char *name)
{
	if (presented[0] == '*') {
		name = strchr(name, '.');
		presented++;
	}
	return name && strcmp(presented, name) == 0;
}

int stls_is_host(const char *name)
{
	char normal[STLS_NAME_SIZE];
	unsigned char address[16];
	size_t size;

	return stls_is_address(name, address, &size) ||
	       stls_name_normalize(normal, name, strlen(name)) > 0;
}
