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

static void block_free(const struct stls_buffer *buffer,
		       const struct stls_block *block)
{
	unsigned char *data = block->data;

	if (!data)
		return;
	explicit_bzero(data, block->used);
	if (buffer->spare && block->size == STLS_SPARE_SIZE)
		data = exchange(buffer->spare, data);
	free(data);
}

static void release(struct stls_buffer *buffer)
{
	block_free(buffer, &buffer->block);
	memset(&buffer->block, 0, sizeof(buffer->block));
}

/* The block has been written up to `end`. */
static void note_written(struct stls_buffer *buffer, size_t end)
{
	if (!buffer->sealed && buffer->block.used < end)
		buffer->block.used = end;
}

/* Whether the block may be moved or freed: no pointer into it is held. */
static int movable(const struct stls_buffer *buffer)
{
	return !buffer->block.data || !buffer->pinned || buffer->retired;
}

/* Put `next` in the place of the block; 0, or SMTPTLS_E_NOMEM. */
static int replace(struct stls_buffer *buffer, const struct stls_block *next)
{
	if (movable(buffer)) {
		block_free(buffer, &buffer->block);
	} else {
		buffer->retired = malloc(sizeof(*buffer->retired));
		if (!buffer->retired)
			return SMTPTLS_E_NOMEM;
		*buffer->retired = buffer->block;
	}
	buffer->block = *next;
	return 0;
}

static int grow(struct stls_buffer *buffer, size_t room)
{
	const struct stls_block *block = &buffer->block;
	size_t len = stls_buffer_len(buffer);
	struct stls_block next = { .end = len,
				   .used = buffer->sealed ? 0 : len };
	int ret;

	if (room > (size_t)-1 / 4 || len > (size_t)-1 / 4)
		return SMTPTLS_E_NOMEM;
	next.size = block->size	       ? block->size
		    : room > BLOCK_MIN ? room
				       : BLOCK_MIN;
	while (next.size - len < room || next.size < len)
		next.size *= 2;
	next.data = block_new(buffer, next.size);
	if (!next.data)
		return SMTPTLS_E_NOMEM;
	if (len)
		memcpy(next.data, block->data + block->start, len);
	ret = replace(buffer, &next);
	if (ret < 0)
		block_free(buffer, &next);
	return ret;
}

int stls_buffer_reserve(struct stls_buffer *buffer, size_t room,
			unsigned char **ptr)
{
	struct stls_block *block = &buffer->block;
	int ret;

	if (block->size - block->end < room) {
		size_t len = stls_buffer_len(buffer);

		if (movable(buffer) && block->size - len >= room) {
			memmove(block->data, block->data + block->start, len);
			block->start = 0;
			block->end = len;
		} else {
			ret = grow(buffer, room);
			if (ret < 0)
				return ret;
		}
	}
	*ptr = block->data + block->end;
	return 0;
}

void stls_buffer_commit(struct stls_buffer *buffer, size_t n)
{
	buffer->block.end += n;
	note_written(buffer, buffer->block.end);
}

void stls_buffer_discard(struct stls_buffer *buffer, size_t n)
{
	note_written(buffer, buffer->block.end + n);
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
	const struct stls_block *block =
		buffer->retired ? buffer->retired : &buffer->block;
	size_t len = block->end - block->start;

	*ptr = len ? block->data + block->start : NULL;
	return len;
}

void stls_buffer_drop(struct stls_buffer *buffer, size_t n)
{
	buffer->block.start += n;
	if (stls_buffer_len(buffer) == 0 && movable(buffer))
		release(buffer);
}

void stls_buffer_pin(struct stls_buffer *buffer)
{
	buffer->pinned = 1;
}

void stls_buffer_unpin(struct stls_buffer *buffer)
{
	buffer->pinned = 0;
	if (buffer->retired) {
		block_free(buffer, buffer->retired);
		free(buffer->retired);
		buffer->retired = NULL;
	}
	if (stls_buffer_len(buffer) == 0)
		release(buffer);
}

void stls_buffer_free(struct stls_buffer *buffer)
{
	stls_buffer_unpin(buffer);
	release(buffer);
}
