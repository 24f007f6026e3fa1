/* SPDX-License-Identifier: MIT */
/*
 * base/buffer: a contiguous byte queue.
 *
 * Bytes are appended at the end and dropped at the start. The queued bytes are
 * always contiguous, so that a host can send them with one call. An empty queue
 * owns no memory, so an idle connection costs none. An all-zero structure is an
 * empty queue.
 *
 * A host may hold a pointer into the queue while the library continues to work
 * on it. While the queue is pinned, the bytes handed out neither move nor are
 * freed: if the queue has to grow, the old block is kept beside the new one
 * until the queue is unpinned.
 *
 * Queues that fill and drain in turn, one per connection, can share a spare
 * block: a block of STLS_SPARE_SIZE is put there instead of being freed, and
 * the next queue takes it. The allocator would merge so large a block with its
 * neighbours each time, only to split it again.
 *
 * Memory is wiped as far as it may hold plaintext before it is freed or passed
 * to another queue. Callers enforce limits: the queue grows as far as they ask.
 */
#include "base/buffer.h"

#include <stdlib.h>
#include <string.h>

#include <smtptls/error.h>

/* AddressSanitizer is to report any access to the spare block. */
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(block, size)	 ((void)(block))
#define ASAN_UNPOISON_MEMORY_REGION(block, size) ((void)(block))
#endif

/* The smallest block; a smaller one would soon have to be replaced. */
#define BLOCK_MIN 1024

/* ---- the spare ---- */

/* Make `block` the spare block; returns the previous one. */
static unsigned char *exchange(struct stls_spare *spare, unsigned char *block)
{
	if (block)
		ASAN_POISON_MEMORY_REGION(block, STLS_SPARE_SIZE);
	block = atomic_exchange(&spare->block, block);
	if (block)
		ASAN_UNPOISON_MEMORY_REGION(block, STLS_SPARE_SIZE);
	return block;
}

void stls_spare_free(struct stls_spare *spare)
{
	free(exchange(spare, NULL));
}

/* ---- blocks ---- */

static unsigned char *block_new(const struct stls_buffer *buffer, size_t size)
{
	unsigned char *data = NULL;

	if (buffer->spare && size == STLS_SPARE_SIZE)
		data = exchange(buffer->spare, NULL);
	return data ? data : malloc(size);
}

static void block_free(const struct stls_buffer *buffer, unsigned char *data,
		       size_t size, size_t used)
{
	if (data)
		explicit_bzero(data, used);
	if (data && buffer->spare && size == STLS_SPARE_SIZE)
		data = exchange(buffer->spare, data);
	free(data);
}

static void release(struct stls_buffer *buffer)
{
	block_free(buffer, buffer->data, buffer->size, buffer->used);
	buffer->data = NULL;
	buffer->start = buffer->end = buffer->used = buffer->size = 0;
}

/* The block has been written up to `end`. */
static void note_written(struct stls_buffer *buffer, size_t end)
{
	if (!buffer->sealed && buffer->used < end)
		buffer->used = end;
}

static int grow(struct stls_buffer *buffer, size_t room)
{
	size_t len = stls_buffer_len(buffer);
	size_t size = buffer->size	 ? buffer->size
		      : room > BLOCK_MIN ? room
					 : BLOCK_MIN;
	unsigned char *data;

	if (room > (size_t)-1 / 4 || len > (size_t)-1 / 4)
		return SMTPTLS_E_NOMEM;
	while (size - len < room || size < len)
		size *= 2;
	data = block_new(buffer, size);
	if (!data)
		return SMTPTLS_E_NOMEM;
	if (len)
		memcpy(data, buffer->data + buffer->start, len);
	if (buffer->pinned && !buffer->retired) {
		buffer->retired = buffer->data;
		buffer->retired_size = buffer->size;
		buffer->retired_start = buffer->start;
		buffer->retired_end = buffer->end;
		buffer->retired_used = buffer->used;
	} else {
		block_free(buffer, buffer->data, buffer->size, buffer->used);
	}
	buffer->data = data;
	buffer->size = size;
	buffer->start = 0;
	buffer->end = len;
	buffer->used = 0;
	note_written(buffer, len);
	return 0;
}

/* Whether the block may be moved or freed: no pointer into it is held. */
static int movable(const struct stls_buffer *buffer)
{
	return !buffer->pinned || buffer->retired;
}

int stls_buffer_reserve(struct stls_buffer *buffer, size_t room,
			unsigned char **ptr)
{
	int ret;

	if (buffer->size - buffer->end < room) {
		size_t len = stls_buffer_len(buffer);

		if (movable(buffer) && buffer->size - len >= room) {
			memmove(buffer->data, buffer->data + buffer->start,
				len);
			buffer->start = 0;
			buffer->end = len;
		} else {
			ret = grow(buffer, room);
			if (ret < 0)
				return ret;
		}
	}
	*ptr = buffer->data + buffer->end;
	return 0;
}

void stls_buffer_commit(struct stls_buffer *buffer, size_t n)
{
	buffer->end += n;
	note_written(buffer, buffer->end);
}

void stls_buffer_discard(struct stls_buffer *buffer, size_t n)
{
	note_written(buffer, buffer->end + n);
}

int stls_buffer_append(struct stls_buffer *buffer, const void *data, size_t len)
{
	unsigned char *ptr;
	int ret;

	if (len == 0)
		return 0;
	ret = stls_buffer_reserve(buffer, len, &ptr);
	if (ret < 0)
		return ret;
	memcpy(ptr, data, len);
	stls_buffer_commit(buffer, len);
	return 0;
}

size_t stls_buffer_peek(const struct stls_buffer *buffer,
			const unsigned char **ptr)
{
	size_t len = stls_buffer_len(buffer);

	if (buffer->retired) {
		*ptr = buffer->retired + buffer->retired_start;
		return buffer->retired_end - buffer->retired_start;
	}
	*ptr = len ? buffer->data + buffer->start : NULL;
	return len;
}

void stls_buffer_drop(struct stls_buffer *buffer, size_t n)
{
	buffer->start += n;
	if (buffer->start == buffer->end && movable(buffer))
		release(buffer);
}

void stls_buffer_pin(struct stls_buffer *buffer)
{
	buffer->pinned = 1;
}

void stls_buffer_unpin(struct stls_buffer *buffer)
{
	buffer->pinned = 0;
	block_free(buffer, buffer->retired, buffer->retired_size,
		   buffer->retired_used);
	buffer->retired = NULL;
	if (buffer->start == buffer->end)
		release(buffer);
}

void stls_buffer_free(struct stls_buffer *buffer)
{
	stls_buffer_unpin(buffer);
	release(buffer);
}
