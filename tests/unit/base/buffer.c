/* SPDX-License-Identifier: MIT */
/*
 * buffer: the byte queue against a plain array, and what happens to its memory.
 *
 * The module's source is included here with an allocator of the test's own: it
 * inspects each block when it is freed, and can make allocations fail. This
 * works the same under sanitizers and valgrind, which replace the program's own
 * malloc and free.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void *test_malloc_block(size_t size);
static void test_free_block(void *block);

#define malloc test_malloc_block
#define free   test_free_block
#include "base/buffer.c"
#undef malloc
#undef free

/* The byte that secrets are made of: no freed block may contain it. */
#define SECRET	   0xa7

#define BLOCKS_MAX 16

static struct {
	void *block;
	size_t size;
} blocks[BLOCKS_MAX];
static size_t allocations;
static size_t allocations_left = SIZE_MAX; /* then they fail */

static size_t blocks_held(void)
{
	size_t n = 0, i;

	for (i = 0; i < BLOCKS_MAX; i++)
		n += blocks[i].block != NULL;
	return n;
}

static void *test_malloc_block(size_t size)
{
	size_t i = 0;

	if (allocations_left == 0)
		return NULL;
	allocations_left--;
	allocations++;
	while (i < BLOCKS_MAX && blocks[i].block)
		i++;
	assert_true(i < BLOCKS_MAX);
	blocks[i].block = malloc(size);
	assert_non_null(blocks[i].block);
	blocks[i].size = size;
	/* so that reading memory that was never written is defined */
	memset(blocks[i].block, 0, size);
	return blocks[i].block;
}

static void test_free_block(void *block)
{
	size_t i = 0;

	if (!block)
		return;
	while (i < BLOCKS_MAX && blocks[i].block != block)
		i++;
	assert_true(i < BLOCKS_MAX);
	/* the smaller ones hold no queued bytes, but an address with any byte */
	if (blocks[i].size >= BLOCK_MIN)
		assert_null(memchr(block, SECRET, blocks[i].size));
	blocks[i].block = NULL;
	free(block);
}

static void append_secret(struct stls_buffer *buffer, size_t len)
{
	unsigned char *secret = malloc(len);

	assert_non_null(secret);
	memset(secret, SECRET, len);
	assert_int_equal(stls_buffer_append(buffer, secret, len), 0);
	free(secret);
}

static void assert_held(const struct stls_buffer *buffer, const char *wanted)
{
	const unsigned char *ptr;

	assert_int_equal(stls_buffer_len(buffer), strlen(wanted));
	assert_int_equal(stls_buffer_peek(buffer, &ptr), strlen(wanted));
	if (*wanted)
		assert_memory_equal(ptr, wanted, strlen(wanted));
	else
		assert_null(ptr);
}

static void test_queue(void **state)
{
	struct stls_buffer buffer = { 0 };

	(void)state;
	assert_held(&buffer, "");
	assert_int_equal(stls_buffer_append(&buffer, NULL, 0), 0);
	assert_int_equal(blocks_held(), 0);
	assert_int_equal(stls_buffer_append(&buffer, "hello ", 6), 0);
	assert_int_equal(stls_buffer_append(&buffer, "world", 5), 0);
	assert_held(&buffer, "hello world");
	stls_buffer_drop(&buffer, 0);
	assert_held(&buffer, "hello world");
	stls_buffer_drop(&buffer, 4);
	assert_held(&buffer, "o world");
	assert_int_equal(stls_buffer_append(&buffer, "!", 1), 0);
	assert_held(&buffer, "o world!");
	stls_buffer_free(&buffer);
	assert_held(&buffer, "");
	assert_int_equal(blocks_held(), 0);
}

static void test_reserve_and_commit(void **state)
{
	struct stls_buffer buffer = { 0 };
	unsigned char *ptr, *again;

	(void)state;
	assert_int_equal(stls_buffer_reserve(&buffer, 5000, &ptr), 0);
	memset(ptr, '#', 5000);
	assert_held(&buffer, "");
	memcpy(ptr, "abc", 3);
	stls_buffer_commit(&buffer, 3);
	assert_held(&buffer, "abc");
	/* bytes that were not committed are handed out again */
	assert_int_equal(stls_buffer_reserve(&buffer, 10, &again), 0);
	assert_ptr_equal(again, ptr + 3);
	stls_buffer_commit(&buffer, 0);
	assert_held(&buffer, "abc");
	stls_buffer_free(&buffer);
	assert_int_equal(blocks_held(), 0);
}

static void test_empty_costs_nothing(void **state)
{
	struct stls_buffer buffer = { 0 };
	size_t i;

	(void)state;
	for (i = 1; i < 100000; i = i * 3 + 1) {
		append_secret(&buffer, i);
		assert_int_equal(blocks_held(), 1);
		stls_buffer_drop(&buffer, i / 2);
		assert_int_equal(blocks_held(), i > 0);
		stls_buffer_drop(&buffer, i - i / 2);
		assert_int_equal(blocks_held(), 0);
		assert_held(&buffer, "");
	}
}

/* A long stream through a short queue must not make it grow. */
static void test_space_is_used_again(void **state)
{
	struct stls_buffer buffer = { 0 };
	size_t i, before;

	(void)state;
	append_secret(&buffer, 300);
	before = allocations;
	for (i = 0; i < 1000; i++) {
		append_secret(&buffer, 100);
		stls_buffer_drop(&buffer, 100);
		assert_int_equal(blocks_held(), 1);
		assert_int_equal(allocations, before);
	}
	stls_buffer_free(&buffer);
	assert_int_equal(blocks_held(), 0);
}

static void test_wiped(void **state)
{
	struct stls_buffer buffer = { 0 };
	unsigned char *ptr;

	(void)state;
	/* dropped bytes and bytes that were moved are wiped too */
	append_secret(&buffer, 900);
	stls_buffer_drop(&buffer, 800);
	assert_int_equal(stls_buffer_append(&buffer, "x", 1), 0);
	append_secret(&buffer, 500);
	stls_buffer_drop(&buffer, 600);
	assert_int_equal(stls_buffer_reserve(&buffer, 900, &ptr), 0);
	stls_buffer_drop(&buffer, 1);
	assert_int_equal(blocks_held(), 0);
	/* space that was reserved, and never used */
	append_secret(&buffer, 100);
	assert_int_equal(stls_buffer_reserve(&buffer, 5000, &ptr), 0);
	stls_buffer_free(&buffer);
	assert_int_equal(blocks_held(), 0);
	/* it was written, and is not wanted */
	assert_int_equal(stls_buffer_reserve(&buffer, 5000, &ptr), 0);
	memset(ptr, SECRET, 3000);
	stls_buffer_discard(&buffer, 3000);
	assert_held(&buffer, "");
	stls_buffer_free(&buffer);
	assert_int_equal(blocks_held(), 0);
	/* before the queue was sealed, and dropped after that */
	append_secret(&buffer, 900);
	assert_int_equal(stls_buffer_reserve(&buffer, 1, &ptr), 0);
	stls_buffer_pin(&buffer);
	stls_buffer_drop(&buffer, 900);
	buffer.sealed = 1;
	memset(ptr, '#', 100);
	stls_buffer_commit(&buffer, 100);
	stls_buffer_unpin(&buffer);
	stls_buffer_drop(&buffer, 100);
	assert_int_equal(blocks_held(), 0);
	buffer.sealed = 0;
	/* when the buffer grows, is freed, or has a pinned block */
	append_secret(&buffer, 1000);
	append_secret(&buffer, 1000);
	stls_buffer_pin(&buffer);
	append_secret(&buffer, 5000);
	assert_int_equal(blocks_held(), 3); /* two, and a note of the old one */
	append_secret(&buffer, 50000);
	assert_int_equal(blocks_held(), 3);
	stls_buffer_unpin(&buffer);
	assert_int_equal(blocks_held(), 1);
	stls_buffer_pin(&buffer);
	append_secret(&buffer, 100000);
	stls_buffer_free(&buffer);
	assert_int_equal(blocks_held(), 0);
}

/* ---- pins ---- */

static void test_pinned_output(void **state)
{
	struct stls_buffer buffer = { 0 };
	const unsigned char *given, *again;

	(void)state;
	assert_int_equal(stls_buffer_append(&buffer, "0123456789", 10), 0);
	stls_buffer_drop(&buffer, 2);
	assert_int_equal(stls_buffer_peek(&buffer, &given), 8);
	stls_buffer_pin(&buffer);
	append_secret(&buffer, 100000);
	assert_memory_equal(given, "23456789", 8);
	assert_int_equal(stls_buffer_len(&buffer), 100008);
	/* asking again yields the same bytes, although there are more by now */
	assert_int_equal(stls_buffer_peek(&buffer, &again), 8);
	assert_ptr_equal(again, given);
	stls_buffer_drop(&buffer, 5);
	assert_memory_equal(given, "23456789", 8);
	stls_buffer_unpin(&buffer);
	assert_int_equal(stls_buffer_peek(&buffer, &again), 100003);
	assert_memory_equal(again, "789", 3);
	assert_int_equal(again[3], SECRET);
	/* the new block is not pinned: it is freed as soon as it is empty */
	stls_buffer_pin(&buffer);
	append_secret(&buffer, 200000);
	assert_int_equal(blocks_held(), 3);
	stls_buffer_drop(&buffer, 300003);
	assert_int_equal(blocks_held(), 2);
	stls_buffer_free(&buffer);
	assert_int_equal(blocks_held(), 0);
}

static void test_pinned_and_emptied(void **state)
{
	struct stls_buffer buffer = { 0 };
	const unsigned char *given;

	(void)state;
	assert_int_equal(stls_buffer_append(&buffer, "abc", 3), 0);
	assert_int_equal(stls_buffer_peek(&buffer, &given), 3);
	stls_buffer_pin(&buffer);
	stls_buffer_drop(&buffer, 3);
	assert_int_equal(blocks_held(), 1);
	assert_memory_equal(given, "abc", 3);
	assert_int_equal(stls_buffer_append(&buffer, "def", 3), 0);
	assert_memory_equal(given, "abc", 3);
	stls_buffer_unpin(&buffer);
	assert_held(&buffer, "def");
	stls_buffer_pin(&buffer);
	stls_buffer_drop(&buffer, 3);
	stls_buffer_unpin(&buffer);
	assert_int_equal(blocks_held(), 0);
}

/* Reserved space stays where it is while the queue is read. */
static void test_pinned_input(void **state)
{
	struct stls_buffer buffer = { 0 };
	unsigned char *room;

	(void)state;
	assert_int_equal(stls_buffer_append(&buffer, "abcdef", 6), 0);
	assert_int_equal(stls_buffer_reserve(&buffer, 4096, &room), 0);
	stls_buffer_pin(&buffer);
	stls_buffer_drop(&buffer, 6);
	memset(room, 'x', 4096);
	stls_buffer_commit(&buffer, 3);
	stls_buffer_unpin(&buffer);
	assert_held(&buffer, "xxx");
	stls_buffer_free(&buffer);
	assert_int_equal(blocks_held(), 0);
}

static void test_pinned_while_empty(void **state)
{
	struct stls_buffer buffer = { 0 };

	(void)state;
	stls_buffer_pin(&buffer);
	assert_int_equal(stls_buffer_append(&buffer, "abc", 3), 0);
	stls_buffer_unpin(&buffer);
	assert_held(&buffer, "abc");
	stls_buffer_free(&buffer);
	stls_buffer_free(&buffer);
	stls_buffer_unpin(&buffer);
	assert_int_equal(blocks_held(), 0);
}

/* ---- the spare ---- */

static void test_spare_goes_round(void **state)
{
	struct stls_spare spare = { 0 };
	struct stls_buffer one = { .spare = &spare };
	struct stls_buffer other = { .spare = &spare };
	unsigned char *first, *second, *third;
	size_t before = allocations;

	(void)state;
	assert_int_equal(stls_buffer_reserve(&one, STLS_SPARE_SIZE, &first), 0);
	/* an empty queue holds no block; its block is left for another */
	memset(first, SECRET, 100);
	stls_buffer_commit(&one, 100);
	stls_buffer_drop(&one, 100);
	assert_null(one.block.data);
	assert_int_equal(blocks_held(), 1);
#ifdef __SANITIZE_ADDRESS__
	assert_true(__asan_address_is_poisoned(first));
#endif
	allocations_left = 0;
	assert_int_equal(stls_buffer_reserve(&other, STLS_SPARE_SIZE, &second),
			 0);
	allocations_left = SIZE_MAX;
	assert_ptr_equal(second, first);
	assert_null(memchr(second, SECRET, 100));
	/* there is only one: two queues at a time have a block each */
	assert_int_equal(stls_buffer_reserve(&one, STLS_SPARE_SIZE, &third), 0);
	assert_ptr_not_equal(third, second);
	memset(second, SECRET, STLS_SPARE_SIZE);
	stls_buffer_commit(&other, STLS_SPARE_SIZE);
	assert_int_equal(allocations, before + 2);
	assert_int_equal(blocks_held(), 2);
	stls_buffer_free(&one);
	assert_int_equal(blocks_held(), 2);
	stls_buffer_free(&other);
	assert_int_equal(blocks_held(), 1);
	/* encrypted input is not wiped here either */
	one.sealed = 1;
	assert_int_equal(stls_buffer_reserve(&one, STLS_SPARE_SIZE, &first), 0);
	memset(first, '#', 100);
	stls_buffer_commit(&one, 100);
	stls_buffer_free(&one);
	assert_int_equal(stls_buffer_reserve(&other, STLS_SPARE_SIZE, &second),
			 0);
	assert_ptr_equal(second, first);
	assert_int_equal(second[99], '#');
	assert_int_equal(allocations, before + 2);
	stls_buffer_free(&other);
	stls_spare_free(&spare);
	assert_int_equal(blocks_held(), 0);
	stls_spare_free(&spare);
}

/* Blocks of other sizes are freed, and never mistaken for a spare. */
static void test_spare_has_one_size(void **state)
{
	struct stls_spare spare = { 0 };
	struct stls_buffer buffer = { .spare = &spare };
	unsigned char *ptr;

	(void)state;
	append_secret(&buffer, STLS_SPARE_SIZE - 1);
	stls_buffer_drop(&buffer, STLS_SPARE_SIZE - 1);
	assert_int_equal(blocks_held(), 0);
	append_secret(&buffer, STLS_SPARE_SIZE + 1);
	stls_buffer_free(&buffer);
	assert_int_equal(blocks_held(), 0);
	append_secret(&buffer, STLS_SPARE_SIZE);
	stls_buffer_free(&buffer);
	assert_int_equal(blocks_held(), 1);
	assert_int_equal(
		stls_buffer_reserve(&buffer, STLS_SPARE_SIZE + 1, &ptr), 0);
	assert_int_equal(blocks_held(), 2);
	stls_buffer_free(&buffer);
	assert_int_equal(blocks_held(), 1);
	stls_spare_free(&spare);
	assert_int_equal(blocks_held(), 0);
}

/* A block that a host is still reading is not reused. */
static void test_spare_is_not_pinned(void **state)
{
	struct stls_spare spare = { 0 };
	struct stls_buffer buffer = { .spare = &spare };
	struct stls_buffer other = { .spare = &spare };
	const unsigned char *given;
	unsigned char *ptr;

	(void)state;
	append_secret(&buffer, STLS_SPARE_SIZE);
	assert_int_equal(stls_buffer_peek(&buffer, &given), STLS_SPARE_SIZE);
	stls_buffer_pin(&buffer);
	append_secret(&buffer, 1); /* elsewhere, in a larger block */
	assert_int_equal(stls_buffer_reserve(&other, STLS_SPARE_SIZE, &ptr), 0);
	assert_ptr_not_equal(ptr, given);
	assert_int_equal(blocks_held(), 4);
	stls_buffer_free(&other);
	assert_int_equal(blocks_held(), 4);
	assert_int_equal(given[0], SECRET);
	/* the pinned block replaces the other one as the spare */
	stls_buffer_unpin(&buffer);
	assert_int_equal(blocks_held(), 2);
	assert_int_equal(stls_buffer_reserve(&other, STLS_SPARE_SIZE, &ptr), 0);
	assert_ptr_equal(ptr, given);
	assert_null(memchr(ptr, SECRET, STLS_SPARE_SIZE));
	stls_buffer_free(&other);
	stls_buffer_free(&buffer);
	assert_int_equal(blocks_held(), 1);
	stls_spare_free(&spare);
	assert_int_equal(blocks_held(), 0);
}

/* ---- no memory ---- */

static void test_no_memory(void **state)
{
	struct stls_buffer buffer = { 0 };
	unsigned char *ptr;

	(void)state;
	allocations_left = 0;
	assert_int_equal(stls_buffer_append(&buffer, "abc", 3),
			 SMTPTLS_E_NOMEM);
	assert_int_equal(stls_buffer_reserve(&buffer, 1, &ptr),
			 SMTPTLS_E_NOMEM);
	assert_held(&buffer, "");
	allocations_left = SIZE_MAX;
	assert_int_equal(stls_buffer_append(&buffer, "abc", 3), 0);
	allocations_left = 0;
	assert_int_equal(stls_buffer_reserve(&buffer, 100000, &ptr),
			 SMTPTLS_E_NOMEM);
	assert_held(&buffer, "abc");
	stls_buffer_pin(&buffer);
	assert_int_equal(stls_buffer_reserve(&buffer, 100000, &ptr),
			 SMTPTLS_E_NOMEM);
	/* a new block, but not the note of the old one */
	allocations_left = 1;
	assert_int_equal(stls_buffer_reserve(&buffer, 100000, &ptr),
			 SMTPTLS_E_NOMEM);
	assert_int_equal(blocks_held(), 1);
	assert_held(&buffer, "abc");
	stls_buffer_unpin(&buffer);
	assert_held(&buffer, "abc");
	allocations_left = SIZE_MAX;
	stls_buffer_free(&buffer);
	assert_int_equal(blocks_held(), 0);
}

/* A block is only as large as needed, and is filled before it grows. */
static void test_exact_room(void **state)
{
	struct stls_buffer buffer = { 0 };
	unsigned char *ptr, *again;

	(void)state;
	assert_int_equal(stls_buffer_reserve(&buffer, 2 * BLOCK_MIN, &ptr), 0);
	assert_int_equal(buffer.block.size, 2 * BLOCK_MIN);
	stls_buffer_commit(&buffer, 100);
	assert_int_equal(
		stls_buffer_reserve(&buffer, 2 * BLOCK_MIN - 100, &again), 0);
	assert_ptr_equal(again, ptr + 100);
	assert_int_equal(buffer.block.size, 2 * BLOCK_MIN);
	/* twice the size is enough here, and no more is allocated */
	assert_int_equal(
		stls_buffer_reserve(&buffer, 4 * BLOCK_MIN - 100, &again), 0);
	assert_int_equal(buffer.block.size, 4 * BLOCK_MIN);
	/* what was dropped at the start is exactly the space that is needed */
	stls_buffer_commit(&buffer, 4 * BLOCK_MIN - 100);
	stls_buffer_drop(&buffer, 300);
	assert_int_equal(stls_buffer_reserve(&buffer, 300, &ptr), 0);
	assert_ptr_equal(ptr, again - 100 + 4 * BLOCK_MIN - 300);
	stls_buffer_free(&buffer);
	assert_int_equal(blocks_held(), 0);
}

static void test_more_than_there_is(void **state)
{
	struct stls_buffer buffer = { 0 };
	unsigned char *ptr;

	(void)state;
	assert_int_equal(stls_buffer_append(&buffer, "abc", 3), 0);
	allocations_left = 0; /* only the last request reaches the allocator */
	assert_int_equal(stls_buffer_reserve(&buffer, (size_t)-1, &ptr),
			 SMTPTLS_E_NOMEM);
	assert_int_equal(stls_buffer_reserve(&buffer, (size_t)-1 / 2, &ptr),
			 SMTPTLS_E_NOMEM);
	assert_int_equal(stls_buffer_reserve(&buffer, (size_t)-1 / 4, &ptr),
			 SMTPTLS_E_NOMEM);
	allocations_left = SIZE_MAX;
	assert_held(&buffer, "abc");
	stls_buffer_free(&buffer);
	assert_int_equal(blocks_held(), 0);
}

/* ---- against a plain array ---- */

#define MODEL_MAX 20000
#define STEPS	  100000

struct model {
	unsigned char bytes[MODEL_MAX];
	size_t len;
	/* the pinned bytes, and a copy of what they were */
	const unsigned char *given;
	unsigned char given_bytes[MODEL_MAX];
	size_t given_len;
	int pinned;
};

static uint32_t random_state;

static uint32_t next_random(uint32_t below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state % below;
}

/* Mostly small, occasionally large. */
static size_t random_len(void)
{
	return next_random(20) ? next_random(64) : next_random(5000);
}

static void step_in(struct stls_buffer *buffer, struct model *model,
		    int by_reserve)
{
	unsigned char *end = model->bytes + model->len, *ptr;
	size_t len = random_len(), i;

	if (len > MODEL_MAX - model->len)
		len = MODEL_MAX - model->len;
	for (i = 0; i < len; i++)
		end[i] = (unsigned char)next_random(SECRET);
	model->len += len;
	if (!by_reserve) {
		assert_int_equal(stls_buffer_append(buffer, end, len), 0);
		return;
	}
	assert_int_equal(
		stls_buffer_reserve(buffer, len + next_random(100) + 1, &ptr),
		0);
	memcpy(ptr, end, len);
	stls_buffer_commit(buffer, len);
}

static void step_out(struct stls_buffer *buffer, struct model *model)
{
	size_t len = next_random(3) ? random_len() : model->len;

	if (len > model->len)
		len = model->len;
	model->len -= len;
	memmove(model->bytes, model->bytes + len, model->len);
	stls_buffer_drop(buffer, len);
}

static void step_pin(struct stls_buffer *buffer, struct model *model)
{
	if (model->pinned) {
		stls_buffer_unpin(buffer);
		model->pinned = 0;
		model->given_len = 0;
		return;
	}
	model->given_len = stls_buffer_peek(buffer, &model->given);
	if (model->given_len > 0)
		memcpy(model->given_bytes, model->given, model->given_len);
	stls_buffer_pin(buffer);
	model->pinned = 1;
}

static void check(const struct stls_buffer *buffer, const struct model *model)
{
	const unsigned char *ptr;
	size_t len = stls_buffer_peek(buffer, &ptr);

	assert_int_equal(stls_buffer_len(buffer), model->len);
	if (model->given_len > 0)
		assert_memory_equal(model->given, model->given_bytes,
				    model->given_len);
	if (model->pinned)
		return;
	assert_int_equal(len, model->len);
	if (len > 0)
		assert_memory_equal(ptr, model->bytes, len);
	assert_int_equal(blocks_held(), len > 0);
}

static void test_random_steps(void **state)
{
	static struct model model;
	struct stls_buffer buffer = { 0 };
	long step;

	(void)state;
	random_state = 20260101;
	for (step = 0; step < STEPS; step++) {
		switch (next_random(8)) {
		case 0:
		case 1:
			step_in(&buffer, &model, 0);
			break;
		case 2:
			step_in(&buffer, &model, 1);
			/*
			 * reserved space alone is no reason to hold memory for
			 * long
			 */
			if (model.len == 0 && !model.pinned)
				stls_buffer_unpin(&buffer);
			break;
		case 3:
			step_pin(&buffer, &model);
			break;
		default:
			step_out(&buffer, &model);
			break;
		}
		check(&buffer, &model);
	}
	stls_buffer_free(&buffer);
	assert_int_equal(blocks_held(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_queue),
		cmocka_unit_test(test_reserve_and_commit),
		cmocka_unit_test(test_empty_costs_nothing),
		cmocka_unit_test(test_space_is_used_again),
		cmocka_unit_test(test_wiped),
		cmocka_unit_test(test_pinned_output),
		cmocka_unit_test(test_pinned_and_emptied),
		cmocka_unit_test(test_pinned_input),
		cmocka_unit_test(test_pinned_while_empty),
		cmocka_unit_test(test_spare_goes_round),
		cmocka_unit_test(test_spare_has_one_size),
		cmocka_unit_test(test_spare_is_not_pinned),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_exact_room),
		cmocka_unit_test(test_more_than_there_is),
		cmocka_unit_test(test_random_steps),
	};

	return cmocka_run_group_tests_name("buffer", tests, NULL, NULL);
}
