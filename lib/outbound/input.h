/* SPDX-License-Identifier: MIT */
/* outbound/input: the caller's structs, checked, in this library's size. */
#ifndef OUTBOUND_INPUT_H
#define OUTBOUND_INPUT_H

#include <stddef.h>

#include <smtptls/outbound.h>

/* Copy and check the caller's destination; 0 or SMTPTLS_E_ARG. */
int stls_outbound_read(struct smtptls_outbound *outbound,
		       const struct smtptls_outbound *from, size_t size);

/* The same for a host of `outbound`, which stls_outbound_read() has read. */
int stls_outbound_read_host(struct smtptls_outbound_host *host,
			    const struct smtptls_outbound_host *from,
			    size_t size,
			    const struct smtptls_outbound *outbound);

/* Copy an answer out, cut to `to_size`; members beyond `from_size` are zero. */
void stls_outbound_write(void *to, size_t to_size, const void *from,
			 size_t from_size);

#endif
