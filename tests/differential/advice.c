/* SPDX-License-Identifier: MIT */
/*
 * The law of refusals: following the proposal, and doing nothing else, lets the
 * peer in.
 *
 *	advice [--count N] [--seed N] [--only N] [--verbose] [strings.tsv]
 *
 * Every round makes random settings, in all the grammars, with lists that are
 * set or not; sometimes a system policy that disables a few things;
 * certificates and a ClientHello. If the hello is refused, the proposal is
 * followed word by word, and then
 *
 *	the settings are valid and serve at least what they served before:
 *	versions, suites, groups, signature algorithms and recorded hellos
 *	the peer gets in, without a second proposal
 *	"the peer must" is said only if a server with everything enabled refuses
 *	it too; and with what it must offer, it gets in
 *	no suite without encryption or certificate was added
 *	a lower level, TLS 1.0 or TLS 1.1 is not proposed if something else
 *	helps, and the sentence says what the change entails; nor is a
 *	certificate proposed if a word helps
 *	the sentence has all words of all changes or, if they exceed 255 bytes,
 *	counts the last ones; it is not cut
 *
 * Every other round is wild: all settings and the hello are unusual at the same
 * time. Of the other rounds, no more than five in a hundred may need more than
 * two changes. A failed round is printed; the exit status is 1 if there was
 * any.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <smtptls.h>

#include "../unit/help/hello.h"
#include "administrator.h"
#include "client.h"
#include "options.h"
#include "policy/key_type.h"
#include "policy/policy.h"
#include "selection/selection.h"
#include "selection/version.h"
#include "tls/abilities.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

struct run {
	struct generator generator;
	struct words words;
	struct stls_abilities abilities;
	unsigned char recorded[32][4096];
	size_t recorded_len[32], recorded_count;
	/* of this round */
	unsigned long number;
	struct settings settings;
	struct stls_abilities able;
	struct client client;
	int violated, wild;
	/* counts */
	unsigned long refused, cured, peer, weaker, certificates, system,
		shortened;
	unsigned long changes[2][SMTPTLS_CHANGES + 1], violations, raised;
	int verbose;
};

/* ---- printing ---- */

static void print_round(const struct run *run, const struct settings *settings)
{
	administrator_show(settings);
	client_show(&run->client);
}

static void violation(struct run *run, const struct smtptls_answer *answer,
		      const char *what, const char *more)
{
	printf("round %lu: %s%s%s\n", run->number, what, more[0] ? ": " : "",
	       more);
	print_round(run, &run->settings);
	administrator_told(answer->reason, answer->text, answer->changes,
			   answer->change_count);
	if (!run->violated)
		run->violations++;
	run->violated = 1;
}

/* The suites that only this version has are then missing in GnuTLS too. */
static void disable_version(struct run *run, unsigned version)
{
	size_t i;

	run->able.versions &= (uint8_t)~stls_version_bit(version);
	for (i = 0; i < STLS_SUITES_OPENSSL; i++) {
		if (stls_suite(i)->min_version == version &&
		    run->able.suite[i] == STLS_ABLE)
			run->able.suite[i] = STLS_DISABLED;
	}
}

/* What a system policy disables, occasionally. */
static void random_system(struct run *run)
{
	struct generator *g = &run->generator;
	size_t n;

	run->able = run->abilities;
	if (!one_in(g, 10))
		return;
	for (n = 1 + generator_below(g, 3); n > 0; n--) {
		size_t row = generator_below(g, STLS_SUITES_OPENSSL);

		if (one_in(g, 2) && run->able.suite[row] == STLS_ABLE)
			run->able.suite[row] = STLS_DISABLED;
		row = generator_below(g, STLS_GROUPS);
		if (one_in(g, 2) && run->able.group[row] == STLS_ABLE)
			run->able.group[row] = STLS_DISABLED;
		row = generator_below(g, STLS_SIGALGS);
		if (one_in(g, 2) && run->able.sigalg[row] == STLS_ABLE)
			run->able.sigalg[row] = STLS_DISABLED;
		if (one_in(g, 3))
			disable_version(
				run, 0x0301 + (unsigned)generator_below(g, 4));
	}
}
/* ---- policies and hellos ---- */

/* Compiled for these abilities; NULL: the settings are refused. */
static struct smtptls_policy *compile(const struct settings *settings,
				      const struct stls_abilities *abilities,
				      char *error, size_t size)
{
	struct smtptls_policy *policy = calloc(1, sizeof(*policy));
	struct smtptls_policy_spec spec;

	if (!policy)
		exit(99);
	atomic_init(&policy->owners, 1);
	settings_spec(settings, &spec);
	error[0] = '\0';
	if (stls_policy_compile(policy, &spec, abilities,
				&(struct stls_sentence){ error, size }) == 0)
		return policy;
	smtptls_policy_unref(policy);
	return NULL;
}

static void judge(const struct smtptls_policy *policy,
		  const struct client *client, unsigned keys,
		  struct smtptls_answer *answer)
{
	const struct hello_spec spec = client_spec(client);
	struct hello hello;

	hello_record(&hello, &spec);
	if (smtptls_policy_judge(policy, hello.bytes, hello.len, keys, answer,
				 sizeof(*answer)) < 0)
		exit(99);
}

/*
 * Whether a server with everything, at this level and with these versions,
 * serves it.
 */
static int everything_serves(const struct run *run, int level,
			     const char *versions, unsigned keys,
			     struct smtptls_answer *answer)
{
	struct settings all = { .level = level ? level
					       : SMTPTLS_SECURITY_LEVEL_0,
				.set = { 1, 1, 1, 1, 1 } };
	struct stls_abilities able = run->abilities;
	struct smtptls_policy *policy;
	char error[256];

	strcpy(all.list[0], versions);
	strcpy(all.list[1], "ALL:!aNULL:!eNULL");
	strcpy(all.list[2], "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:"
			    "TLS_CHACHA20_POLY1305_SHA256:"
			    "TLS_AES_128_CCM_SHA256:TLS_AES_128_CCM_8_SHA256");
	strcpy(all.list[3], "DEFAULT:secp192r1:secp224r1:ffdhe4096:ffdhe6144:"
			    "ffdhe8192:brainpoolP256r1:SecP256r1MLKEM768:"
			    "SecP384r1MLKEM1024");
	strcpy(all.list[4], stls_default_sigalgs);
	policy = compile(&all, &able, error, sizeof(error));
	if (!policy) {
		printf("everything: %s\n", error);
		exit(99);
	}
	judge(policy, &run->client, keys, answer);
	smtptls_policy_unref(policy);
	return answer->reason == 0;
}

/* ---- following a proposal ---- */

static const char *change_system(struct stls_abilities *able,
				 const struct stls_abilities *all,
				 const struct smtptls_change *change)
{
	size_t i;

	const char *word = change->word;
	uint8_t *ability = NULL;
	int row = stls_suite_by_openssl(word, strlen(word));
	unsigned version = name_version(word);

	if (change->action != SMTPTLS_CHANGE_ADD)
		return "an action that the system's policy does not know";
	if (version) {
		if (able->versions & stls_version_bit(version))
			return "a version that is not disabled";
		able->versions |= stls_version_bit(version);
		for (i = 0; i < STLS_SUITES_OPENSSL; i++) {
			if (stls_suite(i)->min_version == version)
				able->suite[i] = all->suite[i];
		}
		return NULL;
	}
	if (row >= 0)
		ability = &able->suite[row];
	else if (name_group(word) >= 0)
		ability = &able->group[name_group(word)];
	else if (name_sigalg(word) >= 0)
		ability = &able->sigalg[name_sigalg(word)];
	if (!ability || *ability != STLS_DISABLED)
		return "nothing that is disabled";
	*ability = STLS_ABLE;
	return NULL;
}

/* The result of making all changes as proposed. */
struct outcome {
	struct settings settings;
	struct stls_abilities able;
	struct client client;
	unsigned peer, certificate, system;
};

static int follow(struct run *run, const struct smtptls_answer *answer,
		  struct outcome *outcome)
{
	const char *wrong = NULL;
	int i;

	memset(outcome, 0, sizeof(*outcome));
	outcome->settings = run->settings;
	outcome->able = run->able;
	outcome->client = run->client;
	for (i = 0; i < answer->change_count && !wrong; i++) {
		const struct smtptls_change *change = &answer->changes[i];

		switch (change->setting) {
		case SMTPTLS_SETTING_PEER:
			outcome->peer = 1;
			wrong = client_change(&outcome->client, change);
			break;
		case SMTPTLS_SETTING_SYSTEM_POLICY:
			outcome->system = 1;
			wrong = change_system(&outcome->able, &run->abilities,
					      change);
			break;
		default:
			outcome->certificate |=
				change->setting == SMTPTLS_SETTING_CERTIFICATE;
			wrong = settings_change(&outcome->settings, change);
		}
	}
	if (wrong)
		violation(run, answer, wrong, "");
	return !wrong;
}

/* ---- what must hold ---- */

/* The sentence contains all words of all changes, and so is complete. */
static void check_sentence(struct run *run, const struct smtptls_answer *answer)
{
	int i;

	if (strlen(answer->text) < 20)
		violation(run, answer, "no sentence", "");
	/* Changes that do not fit are counted; nothing is cut. */
	if (strlen(answer->text) >= sizeof(answer->text) - 1 ||
	    strstr(answer->text, "..."))
		violation(run, answer, "a sentence that is cut", "");
	if (strstr(answer->text, " more change")) {
		run->shortened++;
		return;
	}
	for (i = 0; i < answer->change_count; i++) {
		const struct smtptls_change *change = &answer->changes[i];

		if (!strstr(answer->text, change->word) ||
		    (change->action != SMTPTLS_CHANGE_ADD &&
		     !strstr(answer->text, change->with)))
			violation(run, answer, "not in the sentence",
				  change->word);
	}
}

static int allows_row(const struct smtptls_policy *policy, int row)
{
	unsigned i;

	for (i = 0; i < policy->suite_count; i++) {
		if (policy->suite_row[i] == row)
			return stls_policy_allows(policy, i);
	}
	return 0;
}

static int is_bare(int row)
{
	const struct stls_suite *suite = stls_suite((size_t)row);

	return suite->enc & STLS_ENC_NULL || suite->au & STLS_AU_NULL;
}

/* It was requested, and lacks only its version or GnuTLS's support. */
static int wanted_row(const struct smtptls_policy *policy, int row)
{
	return memchr(policy->suite_row, row, policy->suite_count) &&
	       stls_suite_allowed(stls_suite((size_t)row),
				  policy->security_level);
}

static int is_in(const uint8_t *rows, unsigned count, uint8_t row)
{
	return memchr(rows, row, count) != NULL;
}

/* Nothing was lost; no suite without encryption or certificate was added. */
static const char *compare(const struct smtptls_policy *before,
			   const struct smtptls_policy *after, int loses)
{
	unsigned i;
	int row;

	if (before->selectable_versions & ~(unsigned)after->selectable_versions)
		return "a version is lost";
	if (after->security_level > before->security_level)
		return "the level is higher";
	for (row = 0; row < STLS_SUITES_OPENSSL; row++) {
		if (allows_row(before, row) && !allows_row(after, row))
			return stls_suite((size_t)row)->openssl;
		if (!allows_row(before, row) && allows_row(after, row) &&
		    is_bare(row) && !wanted_row(before, row))
			return "a bare suite came";
	}
	for (i = 0; i < before->group_count; i++) {
		unsigned code = stls_group(before->group[i])->code;

		if (!is_in(after->group, after->group_count,
			   before->group[i]) &&
		    !(loses && (code == 19 || code == 21)))
			return "a group is lost";
	}
	for (i = 0; i < before->field_count; i++) {
		if (!is_in(after->field, after->field_count, before->field[i]))
			return "a field is lost";
	}
	for (i = 0; i < before->sigalg_count; i++) {
		if (!is_in(after->sigalg, after->sigalg_count,
			   before->sigalg[i]))
			return "a signature algorithm is lost";
	}
	if (before->tls13_keys & ~(unsigned)after->tls13_keys)
		return "a key of TLS 1.3 is lost";
	return NULL;
}

/* The recorded hellos that were served before still are. */
static void check_recorded(struct run *run, const struct smtptls_answer *answer,
			   const struct smtptls_policy *before,
			   const struct smtptls_policy *after,
			   const struct outcome *outcome)
{
	struct smtptls_answer old, new;
	size_t i;

	for (i = 0; i < run->recorded_count; i++) {
		(void)smtptls_policy_judge(
			before, run->recorded[i], run->recorded_len[i],
			run->settings.keys, &old, sizeof(old));
		if (old.reason)
			continue;
		(void)smtptls_policy_judge(
			after, run->recorded[i], run->recorded_len[i],
			outcome->settings.keys, &new, sizeof(new));
		if (new.reason &&
		    strcmp(new.protocol ? new.protocol : "", old.protocol) == 0)
			violation(run, answer, "a recorded hello is refused",
				  new.text);
		else if (new.reason) {
			run->raised++;
			if (!strstr(answer->text, " may fail"))
				violation(run, answer,
					  "it is not said who "
					  "loses",
					  new.text);
			return;
		}
	}
}

/* TLS 1.0 or 1.1 is now the lowest version, and was not before. */
static int is_older(unsigned after, unsigned before)
{
	unsigned lowest = after & -after;

	return lowest < (before & -before) &&
	       lowest & (STLS_PROTOCOL_TLS1_0 | STLS_PROTOCOL_TLS1_1);
}

/* With one of these groups, enabling TLS 1.3 has a price. */
static int has_old_group(const struct smtptls_policy *policy)
{
	return is_in(policy->group, policy->group_count,
		     (uint8_t)stls_group_by_code(19)) ||
	       is_in(policy->group, policy->group_count,
		     (uint8_t)stls_group_by_code(21));
}

static void check_cure(struct run *run, const struct smtptls_answer *answer,
		       const struct smtptls_policy *before,
		       const struct outcome *outcome)
{
	char error[256];
	struct smtptls_policy *after = compile(
		&outcome->settings, &outcome->able, error, sizeof(error));
	struct smtptls_answer again;
	const char *lost;
	const char *versions;

	if (!after) {
		violation(run, answer, "the settings are refused", error);
		return;
	}
	lost = compare(before, after,
		       strstr(answer->text, "secp192r1") != NULL);
	if (lost)
		violation(run, answer, "worse than before", lost);
	judge(after, &outcome->client, outcome->settings.keys, &again);
	if (again.reason) {
		violation(run, answer, "refused again", again.text);
		print_round(run, &outcome->settings);
	}
	check_recorded(run, answer, before, after, outcome);
	versions = before->selectable_versions & STLS_PROTOCOL_TLS1_0
			   ? ">=TLSv1"
		   : before->selectable_versions & STLS_PROTOCOL_TLS1_1
			   ? ">=TLSv1.1"
			   : ">=TLSv1.2";
	if (after->security_level < before->security_level ||
	    is_older(after->selectable_versions, before->selectable_versions)) {
		run->weaker++;
		if (!strstr(answer->text, "weakens all"))
			violation(run, answer, "it is not said to be weaker",
				  "");
		if (everything_serves(run, before->security_level, versions,
				      STLS_KEYS, &again))
			violation(run, answer, "something else helps",
				  again.cipher_openssl);
	} else if (outcome->certificate &&
		   everything_serves(run, before->security_level, versions,
				     run->settings.keys, &again) &&
		   memcmp(&run->able, &run->abilities, sizeof(run->able)) ==
			   0 &&
		   after->selectable_versions == before->selectable_versions &&
		   !has_old_group(before)) {
		violation(run, answer, "no certificate is needed",
			  again.cipher_openssl);
	}
	smtptls_policy_unref(after);
}

/* The conditions for "the peer must". */
static void check_peer(struct run *run, const struct smtptls_answer *answer)
{
	struct smtptls_answer all;

	run->peer++;
	if (everything_serves(run, 0, ">=TLSv1", STLS_KEYS, &all))
		violation(run, answer, "a server with everything serves it",
			  all.cipher_openssl);
}

/* GnuTLS itself must accept the settings; only without a simulated lack. */
static void check_new(struct run *run, const struct smtptls_answer *answer,
		      const struct outcome *outcome)
{
	struct smtptls_policy_spec spec;
	struct smtptls_policy *policy = NULL;
	char error[256];

	if (memcmp(&run->able, &run->abilities, sizeof(run->able)) != 0)
		return;
	settings_spec(&outcome->settings, &spec);
	if (smtptls_policy_new(&policy, &spec, sizeof(spec), error,
			       sizeof(error)) < 0)
		violation(run, answer, "smtptls_policy_new", error);
	smtptls_policy_unref(policy);
}

/* "The peer must" counts as one change, whatever it says. */
static int count_changes(const struct smtptls_answer *answer)
{
	int i, count = 0;

	for (i = 0; i < answer->change_count; i++)
		count += i == 0 ||
			 answer->changes[i].setting != SMTPTLS_SETTING_PEER ||
			 answer->changes[i - 1].setting != SMTPTLS_SETTING_PEER;
	return count;
}

static void check(struct run *run, const struct smtptls_policy *policy,
		  const struct smtptls_answer *answer)
{
	struct outcome outcome;

	run->refused++;
	run->changes[run->wild][count_changes(answer)]++;
	if (run->verbose && run->number) {
		print_round(run, &run->settings);
		administrator_told(answer->reason, answer->text,
				   answer->changes, answer->change_count);
	}
	check_sentence(run, answer);
	/* Only another attempt, or another program, helps there. */
	if (answer->reason == SMTPTLS_REASON_SSL3_HELLO ||
	    strstr(answer->text, "RFC 7507")) {
		check_peer(run, answer);
		return;
	}
	if (answer->change_count == 0) {
		violation(run, answer, "nothing is proposed", "");
		return;
	}
	if (!follow(run, answer, &outcome))
		return;
	check_cure(run, answer, policy, &outcome);
	check_new(run, answer, &outcome);
	if (outcome.peer)
		check_peer(run, answer);
	run->cured += outcome.peer ? 0U : 1U;
	run->certificates += outcome.certificate;
	run->system += outcome.system;
}

/* GnuTLS may object to valid strings too. */
static int is_accepted(const struct run *run)
{
	struct smtptls_policy_spec spec;
	struct smtptls_policy *policy = NULL;
	char error[256];

	settings_spec(&run->settings, &spec);
	(void)smtptls_policy_new(&policy, &spec, sizeof(spec), error,
				 sizeof(error));
	smtptls_policy_unref(policy);
	return policy != NULL;
}

static void play(struct run *run, unsigned long number)
{
	struct smtptls_answer answer;
	struct smtptls_policy *policy;
	char error[256];

	run->number = number;
	run->violated = 0;
	run->wild = number % 2 == 0;
	administrator_write(&run->generator, &run->words, run->wild,
			    &run->settings);
	random_system(run);
	policy = compile(&run->settings, &run->able, error, sizeof(error));
	if (!policy || !is_accepted(run)) {
		smtptls_policy_unref(policy);
		return;
	}
	client_random(&run->generator, run->wild, &run->client);
	judge(policy, &run->client, run->settings.keys, &answer);
	/* There is no remedy here for a malformed hello. */
	if (answer.reason && answer.reason != SMTPTLS_REASON_BAD_HELLO)
		check(run, policy, &answer);
	smtptls_policy_unref(policy);
}

/* ---- the whole ---- */

static void read_recorded(struct run *run)
{
	static const char *const names[] = {
		"curl",	      "gnutls",		  "java",	  "node",
		"openssl",    "openssl-tls12",	  "node-tls12",	  "python",
		"java-tls10", "openssl-rsa-only", "openssl-p521",
	};
	size_t i;

	for (i = 0; i < COUNT(names); i++)
		run->recorded_len[i] = hello_load(names[i], run->recorded[i],
						  sizeof(run->recorded[i]));
	run->recorded_count = i;
}

/* The limit on changes applies where not everything is wrong at once. */
static int report_changes(const struct run *run, int wild)
{
	unsigned long many = 0, all = 0;
	int i;

	printf("%s settings:", wild ? "wild" : "ordinary");
	for (i = 0; i <= SMTPTLS_CHANGES; i++) {
		printf(" %lu of %d%s", run->changes[wild][i], i,
		       i == SMTPTLS_CHANGES ? " changes\n" : ",");
		all += run->changes[wild][i];
		many += i > 2 ? run->changes[wild][i] : 0;
	}
	return !wild && many * 20 > all;
}

static int report(const struct run *run)
{
	int too_many = report_changes(run, 0);

	(void)report_changes(run, 1);
	printf("%lu hellos refused, %lu cured here, %lu by the peer; "
	       "%lu with a certificate, %lu by the system's policy, %lu "
	       "weaker, %lu raised; %lu shortened; %lu violations\n",
	       run->refused, run->cured, run->peer, run->certificates,
	       run->system, run->weaker, run->raised, run->shortened,
	       run->violations);
	if (too_many)
		printf("more than two changes too often\n");
	return too_many || run->violations > 0 || run->refused == 0;
}

int main(int argc, char **argv)
{
	struct options options = { .count = 300,
				   .seed = 1,
				   .number_name = "--only",
				   .flag_name = "--verbose" };
	static struct run run;
	unsigned long i;
	int failed;

	if (options_parse(&options, argc, argv) < 0) {
		fputs("usage: advice [--count N] [--seed N] [--only N] "
		      "[--verbose]\n",
		      stderr);
		return 2;
	}
	run.verbose = options.flag;
	words_read(&run.words);
	read_recorded(&run);
	if (stls_abilities_ask(&run.abilities) < 0)
		return 99;
	for (i = 1; i <= 50 * options.count && run.refused < options.count;
	     i++) {
		run.generator.state = options.seed * 1000003 + i;
		if (options.number == 0 || options.number == i)
			play(&run, i);
	}
	words_free(&run.words);
	failed = report(&run);
	return failed;
}
