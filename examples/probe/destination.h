/* SPDX-License-Identifier: MIT */
/* destination: look-ups and a plan for each host. See destination.c. */
#ifndef PROBE_DESTINATION_H
#define PROBE_DESTINATION_H

#include "dns.h"
#include "examine.h"

/* Look everything up, decide, and examine each host that is to be tried. */
void destination_probe(struct destination *destination,
		       const struct options *options,
		       const struct examiner *examiner);

#endif
