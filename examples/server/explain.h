/* SPDX-License-Identifier: MIT */
/* --explain: what a reason in the log means. */
#ifndef EXPLAIN_H
#define EXPLAIN_H

#include <stddef.h>

/* Generated from smtptls-reasons(7); the last has no id. */
struct explanation {
	const char *id;
	const char *text; /* lines */
};
extern const struct explanation explanations[];

/*
 * Print the cause and the cure of `what`: a reason's name, or a line of the
 * log. Returns 0, or -1 if there is no reason in it.
 */
int explain(const char *what);

#endif
