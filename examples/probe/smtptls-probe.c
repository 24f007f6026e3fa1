/* SPDX-License-Identifier: MIT */
/*
 * smtptls-probe: what senders find at a mail domain, or at a host.
 *
 * It looks up what a sender does (MX, addresses, TLSA records with DNSSEC,
 * MTA-STS), decides by the library's outbound policy, connects accordingly, and
 * reports what is wrong and what to change. It sends no mail.
 *
 *   options      the command line
 *   dns, sts     look-ups: libunbound, libcurl
 *   destination  the sequence of steps
 *   examine      connections to one address; wire moves their bytes
 *   certificate  the contents of a chain
 *   judge        derives findings from facts
 *   report       text for people, or JSON
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "destination.h"
#include "judge.h"
#include "report.h"

static int wants_colour(void)
{
	const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no_colour && no_colour[0]) && term &&
	       strcmp(term, "dumb") != 0;
}

int main(int argc, char **argv)
{
	struct destination destination;
	struct examiner examiner;
	struct options options;
	enum severity status;

	memset(&destination, 0, sizeof(destination));
	options_read(&options, argc, argv);
	examiner_open(&examiner, &options);
	destination_probe(&destination, &options, &examiner);
	judge(&destination, &options);
	if (options.json)
		report_json(&destination);
	else
		report_text(&destination, wants_colour());
	status = worst_of(&destination);
	destination_free(&destination);
	examiner_close(&examiner);
	options_free(&options);
	if (fflush(stdout) != 0)
		fail("standard output: %s", strerror(errno));
	return (int)status;
}
