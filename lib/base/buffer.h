/* SPDX-License-Identifier: MIT */
/* base/buffer: a contiguous byte queue. See buffer.c. */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include <stdatomic.h>
#include <stddef.h>

/* Only blocks of this size are kept for the next queue. */
#define STLS_SPARE_SIZE (64 * 1024)

/*
 * A block that queues pass on to one another, in any number of threads. All
 * zeros: no block yet.
 */
struct stls_spare {
	_Atomic(unsigned char *) block;
};

/* A block of memory and the queued bytes in it. */
struct stls_block {
	unsigned char *data;
	size_t size;
	size_t start; /* of the queued bytes */
	size_t end;   /* of the queued bytes */
	size_t used;  /* up to here `data` may hold plaintext, for the wipe */
};

struct stls_buffer {
	struct stls_spare *spare; /* or NULL; must outlive the queue */
	struct stls_block block;
	struct stls_block *retired; /* the old one, if moved while pinned */
	int pinned;
	int sealed; /* set by the owner: only encrypted data follows */
};

/* Set *ptr to memory for `room` more bytes; 0, or SMTPTLS_E_NOMEM. */
int stls_buffer_reserve(struct stls_buffer *buffer, size_t room,
			unsigned char **ptr);
/* Append the first `n` of the bytes that were reserved last. */
void stls_buffer_commit(struct stls_buffer *buffer, size_t n);
/* Append none of them; the first `n` were written, and are wiped in the end. */
void stls_buffer_discard(struct stls_buffer *buffer, size_t n);
/* Append a copy of `data`; 0, or SMTPTLS_E_NOMEM. */
int stls_buffer_append(struct stls_buffer *buffer, const void *data,
		       size_t len);

/*
 * Point *ptr at the queued bytes; returns how many there are. While the queue
 * is pinned these may be the bytes handed out before, even if the queue has
 * since moved and holds more elsewhere.
 */
size_t stls_buffer_peek(const struct stls_buffer *buffer,
			const unsigned char **ptr);
/* How many bytes are queued. */
static inline size_t stls_buffer_len(const struct stls_buffer *buffer)
{
	return buffer->block.end - buffer->block.start;
}

/* Remove the first `n` bytes. */
void stls_buffer_drop(struct stls_buffer *buffer, size_t n);

/* While pinned, the memory handed out is neither moved nor freed. */
void stls_buffer_pin(struct stls_buffer *buffer);
void stls_buffer_unpin(struct stls_buffer *buffer);

/* Wipe and free everything. */
void stls_buffer_free(struct stls_buffer *buffer);
/* Free the spare block, if no queue has taken it. */
void stls_spare_free(struct stls_spare *spare);

#endif
