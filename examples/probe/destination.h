/* SPDX-License-Identifier: MIT */
/* destination: from look-ups to a plan for each host. Manual in destination.c. */
#ifndef PROBE_DESTINATION_H
#define PROBE_DESTINATION_H

#include "dns.h"
#include "examine.h"

/* Look everything up and decide; every host that is to be tried is examined. */
void destination_probe(struct destination *destination,
		       const struct options *options,
		       const struct examiner *examiner);

#endif
