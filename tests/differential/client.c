/* SPDX-License-Identifier: MIT */
/*
 * client: what a client offers, at random, and what it is told to offer.
 *
 * Lists are usual or strange, with holes, unknown numbers and missing entries;
 * but each hello is well-formed. The same generator state yields the same
 * client.
 */
#include "client.h"

#include "administrator.h"
#include "openssl/group_list.h"
#include "openssl/sigalg_list.h"
#include "openssl/suite_table.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* Some of the numbers; at least `least`. */
static void random_numbers(struct generator *g, unsigned *to, size_t least,
			   size_t most, const unsigned *from, size_t count)
{
	size_t n = least + generator_below(g, most - least + 1), i, j;

	for (i = 0; n > 0; n--) {
		unsigned number = from[generator_below(g, count)];

		for (j = 0; j < i && to[j] != number; j++)
			;
		if (j == i)
			to[i++] = number;
	}
	to[i] = 0;
}

static void random_suites(struct generator *g, int wild, struct client *client)
{
	static const unsigned usual[] = {
		0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca8, 0xcca9, 0xc013,
		0xc014, 0xc009, 0xc00a, 0x009c, 0x009d, 0x002f, 0x0035,
		0x003c, 0x009e, 0x009f, 0x0033, 0x0039, 0x0067, 0xccaa,
		0x000a, 0x1301, 0x1302, 0x1303, 0x1304, 0x1305,
	};
	unsigned all[NUMBERS_MAX];
	size_t i;

	if (!wild || !one_in(g, 3)) {
		random_numbers(g, client->suites, 1, wild ? 8 : 12, usual,
			       COUNT(usual));
	} else {
		for (i = 0; i < NUMBERS_MAX; i++)
			all[i] = stls_suite(generator_below(g, STLS_SUITES))
					 ->code;
		if (one_in(g, 4))
			all[0] = 0xfefe;
		random_numbers(g, client->suites, 1, 12, all, 40);
	}
	for (i = 0; client->suites[i]; i++)
		;
	if (client->has_versions && one_in(g, 2)) {
		client->suites[i++] = 0x1301 + (unsigned)generator_below(g, 5);
		client->suites[i] = 0;
	}
	if (one_in(g, 20)) {
		client->suites[i++] = 0x5600; /* TLS_FALLBACK_SCSV */
		client->suites[i] = 0;
	}
}

void client_random(struct generator *g, int wild, struct client *client)
{
	static const unsigned versions[] = { 0x0304, 0x0303, 0x0302, 0x0301 };
	static const unsigned legacies[] = { 0x0303, 0x0303, 0x0303, 0x0302,
					     0x0301, 0x0301, 0x0304, 0x0300 };
	static const unsigned groups[] = {
		29,  23, 24, 25, 30, 256, 257,	  258,	  259,
		260, 19, 21, 26, 22, 14,  0x0a0a, 0x11ec, 0x4242
	};
	static const unsigned usual_groups[] = { 29, 23, 24, 25 };
	static const unsigned sigalgs[] = {
		0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0807,
		0x0808, 0x0809, 0x080a, 0x080b, 0x0401, 0x0501, 0x0601,
		0x0201, 0x0203, 0x0301, 0x0303, 0x0402, 0x0202, 0x7777,
	};

	memset(client, 0, sizeof(*client));
	client->legacy = 0x0303;
	client->has_versions = one_in(g, 2);
	if (client->has_versions)
		random_numbers(g, client->versions, 1, 4, versions,
			       wild || one_in(g, 8) ? 4 : 2);
	else if (wild || one_in(g, 6))
		client->legacy = legacies[generator_below(g, COUNT(legacies))];
	if (one_in(g, 40) && client->has_versions)
		client->versions[0] = 0x0305;
	random_suites(g, wild, client);
	client->has_groups = client->has_versions || !one_in(g, 4);
	if (!wild || one_in(g, 2))
		random_numbers(g, client->groups, 1, 4, usual_groups, 4);
	else
		random_numbers(g, client->groups, 1, 5, groups, COUNT(groups));
	client->has_sigalgs = client->has_versions || !one_in(g, 4);
	if (wild)
		random_numbers(g, client->sigalgs, 1, one_in(g, 2) ? 3 : 10,
			       sigalgs, COUNT(sigalgs));
	else
		random_numbers(g, client->sigalgs, 3, 14, sigalgs, 16);
	client->has_shares = client->has_versions;
	client->shares[0] = one_in(g, 3) ? 0 : client->groups[0];
	if (one_in(g, 40))
		client->has_groups = client->has_shares = 0;
}
static void print_numbers(const char *name, int has, const unsigned *numbers)
{
	if (!has)
		return;
	printf("  %s", name);
	for (; *numbers; numbers++)
		printf(" %04x", *numbers);
	printf("\n");
}

void client_show(const struct client *client)
{
	printf("  legacy %04x\n", client->legacy);
	print_numbers("versions", client->has_versions, client->versions);
	print_numbers("suites", 1, client->suites);
	print_numbers("groups", client->has_groups, client->groups);
	print_numbers("sigalgs", client->has_sigalgs, client->sigalgs);
	print_numbers("shares", client->has_shares, client->shares);
	if (client->sni)
		printf("  sni %s\n", client->sni);
}

struct hello_spec client_spec(const struct client *client)
{
	const struct hello_spec spec = {
		.version = client->legacy,
		.suites = client->suites,
		.versions = client->has_versions ? client->versions : NULL,
		.groups = client->has_groups ? client->groups : NULL,
		.sigalgs = client->has_sigalgs ? client->sigalgs : NULL,
		.shares = client->has_shares ? client->shares : NULL,
		.sni = client->sni,
	};

	return spec;
}

/* ---- following a proposal ---- */

static void append(unsigned *numbers, unsigned number)
{
	size_t i;

	for (i = 0; numbers[i]; i++) {
		if (numbers[i] == number)
			return;
	}
	numbers[i] = number;
	numbers[i + 1] = 0;
}

unsigned name_version(const char *name)
{
	static const char *const names[] = { "TLSv1", "TLSv1.1", "TLSv1.2",
					     "TLSv1.3" };
	unsigned i;

	for (i = 0; i < 4; i++) {
		if (strcmp(names[i], name) == 0)
			return 0x0301 + i;
	}
	return 0;
}

int name_group(const char *name)
{
	int i;

	for (i = 0; i < STLS_GROUPS; i++) {
		if (strcmp(stls_group((size_t)i)->name, name) == 0)
			return i;
	}
	return -1;
}

int name_sigalg(const char *name)
{
	struct stls_sigalg_list list;

	return stls_sigalg_list_parse(&list, name, strlen(name), NULL) == 0
		       ? list.sigalg[0]
		       : -1;
}

const char *client_change(struct client *client,
			  const struct smtptls_change *change)
{
	const char *word = change->word;
	int row = stls_suite_by_openssl(word, strlen(word));

	if (change->action != SMTPTLS_CHANGE_ADD)
		return "an action that a peer does not know";
	if (name_version(word)) {
		if (client->has_versions)
			append(client->versions, name_version(word));
		else
			client->legacy = name_version(word);
	} else if (row >= 0) {
		append(client->suites, stls_suite((size_t)row)->code);
	} else if (name_group(word) >= 0) {
		row = name_group(word);
		if (!client->has_groups)
			client->groups[0] = 0;
		client->has_groups = 1;
		append(client->groups, stls_group((size_t)row)->code);
	} else if (name_sigalg(word) >= 0) {
		row = name_sigalg(word);
		if (!client->has_sigalgs)
			client->sigalgs[0] = 0;
		client->has_sigalgs = 1;
		append(client->sigalgs, stls_sigalg((size_t)row)->code);
	} else {
		return "nothing that a peer may offer";
	}
	return NULL;
}
