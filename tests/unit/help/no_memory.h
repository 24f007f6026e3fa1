/* SPDX-License-Identifier: MIT */
/*
 * no_memory: allocations that fail when they are told to. The linker puts
 * these in the place of malloc() and its kin (-Wl,--wrap) for what is linked
 * statically: the library and the test.
 */
#ifndef NO_MEMORY_H
#define NO_MEMORY_H

/* How many succeed before one fails, and none behind it; negative: all do. */
extern int allocations_left;
/* How many have failed. */
extern int allocations_failed;

#endif
