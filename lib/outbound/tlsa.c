/* SPDX-License-Identifier: MIT */
/*
 * outbound/tlsa: a TLSA record from its RDATA, and whether it is usable.
 *
 * Both the decision and the matching of certificates rely on this one test of
 * what is usable, so that the former never requires what the latter cannot do.
 * The contents of a full certificate or key are not examined: here it is one
 * DER SEQUENCE, no more and no less.
 */
#include <smtptls/outbound.h>

#include <string.h>

enum { USAGE_DANE_TA = 2, USAGE_DANE_EE = 3 };
enum { MATCHING_FULL = 0, MATCHING_SHA256 = 1, MATCHING_SHA512 = 2 };

#define DER_SEQUENCE 0x30

int smtptls_tlsa_read(struct smtptls_tlsa *record, const void *rdata,
		      size_t len)
{
	const unsigned char *byte = rdata;

	if (!record || !rdata)
		return SMTPTLS_E_ARG;
	if (len < 3)
		return SMTPTLS_E_SYNTAX;
	record->usage = byte[0];
	record->selector = byte[1];
	record->matching = byte[2];
	record->data = byte + 3;
	record->data_len = len - 3;
	return 0;
}

/* Whether the data is one DER SEQUENCE, its length in the shortest form. */
static int is_sequence(const unsigned char *data, size_t len)
{
	size_t octets, length = 0, i;

	if (len < 2 || data[0] != DER_SEQUENCE)
		return 0;
	if (data[1] < 0x80)
		return len - 2 == data[1];
	octets = data[1] & 0x7fU;
	if (octets == 0 || octets > sizeof(length) || octets > len - 2 ||
	    data[2] == 0)
		return 0;
	for (i = 0; i < octets; i++)
		length = length << 8 | data[2 + i];
	return length >= 0x80 && len - 2 - octets == length;
}

static const char *data_fault(const struct smtptls_tlsa *record)
{
	size_t len = record->data ? record->data_len : 0;

	switch (record->matching) {
	case MATCHING_FULL:
		return is_sequence(record->data, len)
			       ? NULL
			       : "the data is not one DER SEQUENCE";
	case MATCHING_SHA256:
		return len == 32 ? NULL : "the data is not a SHA-256 digest";
	case MATCHING_SHA512:
		return len == 64 ? NULL : "the data is not a SHA-512 digest";
	default:
		return "the matching type is not 0, 1 or 2";
	}
}

static const char *fault(const struct smtptls_tlsa *record)
{
	if (!record)
		return "there is no record";
	if (record->usage != USAGE_DANE_TA && record->usage != USAGE_DANE_EE)
		return "the usage is neither DANE-TA(2) nor DANE-EE(3)";
	if (record->selector != 0 && record->selector != 1)
		return "the selector is neither Cert(0) nor SPKI(1)";
	return data_fault(record);
}

int smtptls_tlsa_usable(const struct smtptls_tlsa *record, const char **why)
{
	const char *text = fault(record);

	if (why)
		*why = text;
	return text == NULL;
}
