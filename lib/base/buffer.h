/* SPDX-License-Identifier: MIT */
/* base/buffer: a byte queue in one piece. The manual is in buffer.c. */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include <stdatomic.h>
#include <stddef.h>

/* Of the one size of block that is kept for the next queue. */
#define STLS_SPARE_SIZE (64 * 1024)

/*
 * A block that queues leave to each other, of any number of threads. All zeros
 * is none yet.
 */
struct stls_spare {
	_Atomic(unsigned char *) block;
};

struct stls_buffer {
	struct stls_spare *spare; /* or NULL; it outlives the queue */
	unsigned char *data;
	size_t start; /* of what is held */
	size_t end;   /* of what is held */
	size_t used;  /* the furthest byte ever written, for the wipe */
	size_t size;
	int pinned;
	int sealed; /* what is held is encrypted: there is nothing to wipe */
	/* What was held when the queue had to move although it was pinned. */
	unsigned char *retired;
	size_t retired_size;
	size_t retired_start;
	size_t retired_end;
	size_t retired_used;
};

/* Memory for `room` more bytes at *ptr; 0, or SMTPTLS_E_NOMEM. */
int stls_buffer_reserve(struct stls_buffer *buffer, size_t room,
			unsigned char **ptr);
/* Hold `n` of the bytes that were reserved last. */
void stls_buffer_commit(struct stls_buffer *buffer, size_t n);
/* Hold a copy of `data`; 0, or SMTPTLS_E_NOMEM. */
int stls_buffer_append(struct stls_buffer *buffer, const void *data,
		       size_t len);

/*
 * *ptr leads to the bytes held; returns how many. Pinned, it is what was given
 * out, though the queue may hold more elsewhere by now.
 */
size_t stls_buffer_peek(const struct stls_buffer *buffer,
			const unsigned char **ptr);
/* How many bytes are held. */
static inline size_t stls_buffer_len(const struct stls_buffer *buffer)
{
	return buffer->end - buffer->start;
}

/* Let go of the first `n` bytes held. */
void stls_buffer_drop(struct stls_buffer *buffer, size_t n);

/* Pinned, the memory that was given out neither moves nor goes away. */
void stls_buffer_pin(struct stls_buffer *buffer);
void stls_buffer_unpin(struct stls_buffer *buffer);

/* Wipe and free everything. */
void stls_buffer_free(struct stls_buffer *buffer);
/* Free the block that no queue has at present. */
void stls_spare_free(struct stls_spare *spare);

#endif
