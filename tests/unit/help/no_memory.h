/* SPDX-License-Identifier: MIT */
/*
 * no_memory: allocations that fail on demand. The linker puts these functions
 * in the place of malloc() and its relatives (-Wl,--wrap) in what is linked
 * statically: the library and the test.
 */
#ifndef NO_MEMORY_H
#define NO_MEMORY_H

/* How many succeed before all others fail; negative: all succeed. */
extern int allocations_left;
/* How many have failed. */
extern int allocations_failed;

#endif
