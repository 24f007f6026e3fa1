/* SPDX-License-Identifier: MIT */
/*
 * reload: a configuration that is made again, and what never replaces a good
 * one. No test waits for a clock: modification times are set.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include <smtptls.h>

#include "../help/config_help.h"
#include "../help/no_memory.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The monotonic clock stands still: a check is due when the test says so. */
static time_t monotonic;

int __real_clock_gettime(clockid_t id, struct timespec *now);
int __wrap_clock_gettime(clockid_t id, struct timespec *now);

int __wrap_clock_gettime(clockid_t id, struct timespec *now)
{
	if (id != CLOCK_MONOTONIC)
		return __real_clock_gettime(id, now);
	now->tv_sec = monotonic;
	now->tv_nsec = 0;
	return 0;
}

/* The wall clock's time, if a test of a file's age sets it; otherwise 0. */
static time_t wall;

time_t __real_time(time_t *now);
time_t __wrap_time(time_t *now);

time_t __wrap_time(time_t *now)
{
	if (wall == 0)
		return __real_time(now);
	if (now)
		*now = wall;
	return wall;
}

/* The files that are served, and how often fill() was called. */
struct host {
	char cert[4096], key[4096], secret[4096];
	int calls;
	int fails; /* the error that fill() returns */
	int sets_secret;
};

static int fill(struct smtptls_config *config, void *arg)
{
	struct host *host = arg;
	int ret;

	host->calls++;
	if (host->fails)
		return host->fails;
	ret = smtptls_config_add_cert_file(config, host->cert, host->key);
	if (ret == 0 && host->sets_secret)
		ret = smtptls_config_set_ticket_secret_file(config,
							    host->secret);
	return ret;
}

static void write_file(const char *name, const char *text, long age)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT },
				     { .tv_sec = time(NULL) - age } };
	FILE *file = fopen(name, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(name, 0600), 0);
	assert_int_equal(utimensat(AT_FDCWD, name, times, 0), 0);
}

/* As an administrator does it, in a later tick of the file system's clock. */
static void make_private(const char *name)
{
	struct stat before, after;

	assert_int_equal(stat(name, &before), 0);
	do {
		assert_int_equal(chmod(name, 0600), 0);
		assert_int_equal(stat(name, &after), 0);
	} while (after.st_ctim.tv_sec == before.st_ctim.tv_sec &&
		 after.st_ctim.tv_nsec == before.st_ctim.tv_nsec);
}

static const struct testcert *lasting(const char *names, long from, long until)
{
	return testcert_leaf(usual_ca(), TESTCERT_ECDSA, names, TESTCERT_SERVER,
			     from, until);
}

/* A new certificate each time, followed by its issuer's. */
static void serve(struct host *host, const struct testcert *cert, long age)
{
	write_file(host->cert, testcert_join(cert->cert, usual_ca()->cert),
		   age);
	write_file(host->key, cert->key, age);
}

static const struct testcert *old_cert(void)
{
	return lasting("mx.example.org *.example.net", -TESTCERT_HOUR,
		       60 * TESTCERT_DAY + TESTCERT_HOUR);
}

static const struct testcert *new_cert(void)
{
	return lasting("mx.example.org *.example.net", -TESTCERT_HOUR,
		       90 * TESTCERT_DAY + TESTCERT_HOUR);
}

static struct smtptls_reload *start(struct host *host)
{
	struct smtptls_config *config = new_config();
	struct smtptls_reload *reload = NULL;

	memset(host, 0, sizeof(*host));
	(void)snprintf(host->cert, sizeof(host->cert), "%s/own.crt",
		       testcert_directory());
	(void)snprintf(host->key, sizeof(host->key), "%s/own.key",
		       testcert_directory());
	(void)snprintf(host->secret, sizeof(host->secret), "%s/secret",
		       testcert_directory());
	(void)unlink(host->cert);
	(void)unlink(host->key);
	serve(host, old_cert(), 1000);
	assert_int_equal(smtptls_reload_new(&reload, config), SMTPTLS_E_STATE);
	assert_int_equal(fill(config, host), 0);
	assert_int_equal(smtptls_config_freeze(config), 0);
	assert_int_equal(smtptls_reload_new(&reload, config), 0);
	assert_ptr_equal(smtptls_reload_config(reload), config);
	smtptls_config_unref(config);
	host->calls = 0;
	return reload;
}

static struct smtptls_reload_status status_of(const struct smtptls_reload *r)
{
	struct smtptls_reload_status status;

	assert_int_equal(smtptls_reload_status(r, &status, sizeof(status)), 0);
	return status;
}

/* The next check; nothing is checked twice within a second. */
static int look_again(struct smtptls_reload *reload, struct host *host)
{
	int calls, ret;

	monotonic++;
	ret = smtptls_reload_if_changed(reload, fill, host);
	calls = host->calls;
	assert_int_equal(smtptls_reload_if_changed(reload, fill, host), 0);
	assert_int_equal(host->calls, calls);
	return ret;
}

static void end(struct smtptls_reload *reload, struct host *host)
{
	smtptls_reload_free(reload);
	(void)unlink(host->cert);
	(void)unlink(host->key);
	(void)unlink(host->secret);
}

static void test_unchanged(void **state)
{
	struct host host;
	struct smtptls_reload *reload = start(&host);
	struct smtptls_config *config = smtptls_reload_config(reload);
	int i;

	(void)state;
	for (i = 0; i < 5; i++)
		assert_int_equal(look_again(reload, &host), 0);
	assert_int_equal(host.calls, 0);
	assert_ptr_equal(smtptls_reload_config(reload), config);
	/* on a signal it is made again in any case */
	assert_int_equal(smtptls_reload_now(reload, fill, &host), 1);
	assert_int_equal(host.calls, 1);
	end(reload, &host);
}

static void test_renewed(void **state)
{
	struct host host;
	struct smtptls_reload *reload = start(&host);
	struct smtptls_reload_status status = status_of(reload);
	struct smtptls_conn *conn;
	long long before;

	(void)state;
	assert_int_equal(status.error, 0);
	assert_string_equal(status.text, "");
	assert_int_equal(status.failing_since, 0);
	assert_true(llabs(status.loaded - time(NULL)) < 100);
	assert_int_equal(status.days, 60);
	before = status.expires;
	/* a connection keeps the configuration that it was made with */
	assert_int_equal(smtptls_conn_new(&conn, smtptls_reload_config(reload),
					  SMTPTLS_SERVER),
			 0);
	serve(&host, new_cert(), 500);
	assert_int_equal(look_again(reload, &host), 1);
	assert_int_equal(host.calls, 1);
	assert_int_equal(look_again(reload, &host), 0);
	status = status_of(reload);
	assert_int_equal(status.days, 90);
	assert_true(status.expires > before);
	assert_int_equal(smtptls_conn_can_starttls(conn), 1);
	smtptls_conn_free(conn);
	end(reload, &host);
}

static void assert_kept(struct smtptls_reload *reload,
			const struct smtptls_config *config, const char *start,
			const char *sentence_end)
{
	struct smtptls_reload_status status = status_of(reload);

	assert_ptr_equal(smtptls_reload_config(reload), config);
	assert_true(status.error < 0);
	assert_sentence(status.text, start, sentence_end);
	assert_true(llabs(status.failing_since - time(NULL)) < 100);
	assert_int_equal(status.days, 60);
}

/* Each step of a renewal, and what a check between two of them finds. */
static void test_half_written(void **state)
{
	struct host host;
	struct smtptls_reload *reload = start(&host);
	struct smtptls_config *config = smtptls_reload_config(reload);
	const struct testcert *cert = new_cert();
	char *half = strdup(cert->cert);

	(void)state;
	assert_non_null(half);
	half[strlen(half) / 2] = '\0';
	write_file(host.cert, "", 900);
	assert_int_equal(look_again(reload, &host), SMTPTLS_E_CONFIG);
	assert_kept(reload, config, host.cert, "the file is empty");
	write_file(host.cert, half, 800);
	assert_int_equal(look_again(reload, &host), SMTPTLS_E_CONFIG);
	assert_kept(reload, config, host.cert, "");
	/* the leaf is complete, its issuer's certificate is still missing */
	write_file(host.cert, cert->cert, 700);
	assert_int_equal(look_again(reload, &host), SMTPTLS_E_CONFIG);
	assert_kept(reload, config, host.key, host.cert);
	write_file(host.key, cert->key, 600);
	assert_int_equal(look_again(reload, &host), SMTPTLS_E_CONFIG);
	assert_kept(reload, config, host.cert,
		    "is sent alone, without that of its issuer CN=Test CA");
	/* it is not retried over and over */
	assert_int_equal(host.calls, 4);
	assert_int_equal(look_again(reload, &host), 0);
	assert_int_equal(host.calls, 4);
	assert_kept(reload, config, host.cert, "");
	write_file(host.cert, testcert_join(cert->cert, usual_ca()->cert), 500);
	assert_int_equal(look_again(reload, &host), 1);
	assert_int_equal(status_of(reload).error, 0);
	assert_string_equal(status_of(reload).text, "");
	assert_int_equal(status_of(reload).failing_since, 0);
	assert_int_equal(status_of(reload).days, 90);
	free(half);
	end(reload, &host);
}

/* certbot's live/ consists of links, which it replaces one by one. */
static void test_links(void **state)
{
	struct host host, archive;
	struct smtptls_reload *reload = start(&host);
	struct smtptls_config *config = smtptls_reload_config(reload);
	const char *moved = testcert_join(testcert_directory(), "/moved");

	(void)state;
	archive = host;
	strcat(archive.cert, "2");
	strcat(archive.key, "2");
	serve(&archive, new_cert(), 2000); /* older than the files in use */
	assert_int_equal(look_again(reload, &host), 0);
	assert_int_equal(symlink(archive.cert, moved), 0);
	assert_int_equal(rename(moved, host.cert), 0);
	assert_int_equal(look_again(reload, &host), SMTPTLS_E_CONFIG);
	assert_kept(reload, config, host.key, host.cert);
	assert_int_equal(symlink(archive.key, moved), 0);
	assert_int_equal(rename(moved, host.key), 0);
	assert_int_equal(look_again(reload, &host), 1);
	assert_int_equal(status_of(reload).days, 90);
	/* and a dangling link */
	assert_int_equal(unlink(archive.key), 0);
	assert_int_equal(look_again(reload, &host), SMTPTLS_E_CONFIG);
	assert_int_equal(status_of(reload).days, 90);
	assert_int_equal(unlink(archive.cert), 0);
	end(reload, &host);
}

static void test_worse(void **state)
{
	struct host host;
	struct smtptls_reload *reload = start(&host);
	struct smtptls_config *config = smtptls_reload_config(reload);
	static const char lost[] =
		"no new certificate has the name \"*.example.net\", ";
	static const struct {
		const char *names;
		long from, until;
		const char *end;
	} bad[] = {
		{ "mx.example.org *.example.net", -60 * TESTCERT_DAY,
		  -TESTCERT_DAY, " UTC" },
		{ "mx.example.org *.example.net", TESTCERT_DAY,
		  60 * TESTCERT_DAY, " UTC" },
		{ "mx.example.org", -TESTCERT_HOUR, 90 * TESTCERT_DAY,
		  "restart the server if the name is to be dropped" },
		{ "*.example.org a.example.net", -TESTCERT_HOUR,
		  90 * TESTCERT_DAY,
		  "restart the server if the name is to be dropped" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(bad); i++) {
		serve(&host, lasting(bad[i].names, bad[i].from, bad[i].until),
		      900 - (long)i);
		assert_int_equal(look_again(reload, &host), SMTPTLS_E_CONFIG);
		assert_kept(reload, config, i < 2 ? host.cert : lost,
			    bad[i].end);
	}
	/* a wildcard that covers the name, and one additional name */
	serve(&host,
	      lasting("*.example.org *.example.net a.example.com",
		      -TESTCERT_HOUR, 90 * TESTCERT_DAY),
	      500);
	assert_int_equal(look_again(reload, &host), 1);
	end(reload, &host);
}

static int no_certificate(struct smtptls_config *fresh, void *arg)
{
	(void)fresh;
	(void)arg;
	return 0;
}

static void test_host_fails(void **state)
{
	struct host host;
	struct smtptls_reload *reload = start(&host);
	struct smtptls_config *config = smtptls_reload_config(reload);

	(void)state;
	host.fails = SMTPTLS_E_SYNTAX;
	assert_int_equal(smtptls_reload_now(reload, fill, &host),
			 SMTPTLS_E_SYNTAX);
	assert_kept(reload, config, smtptls_strerror(SMTPTLS_E_SYNTAX), "");
	host.fails = 0;
	assert_int_equal(smtptls_reload_now(reload, no_certificate, NULL),
			 SMTPTLS_E_CONFIG);
	assert_kept(reload, config, "there is no longer any certificate", "");
	assert_int_equal(smtptls_reload_now(reload, fill, &host), 1);
	end(reload, &host);
}

/* A file readable by others is used as soon as it is made private. */
static void test_chmod(void **state)
{
	struct host host;
	struct smtptls_reload *reload = start(&host);
	struct smtptls_config *config;
	static const char text[] = "0123456789abcdef0123456789abcdef";

	(void)state;
	host.sets_secret = 1;
	write_file(host.secret, text, 500);
	assert_int_equal(smtptls_reload_now(reload, fill, &host), 1);
	config = smtptls_reload_config(reload);
	write_file(host.secret, text, 400);
	assert_int_equal(chmod(host.secret, 0644), 0);
	assert_int_equal(look_again(reload, &host), SMTPTLS_E_CONFIG);
	assert_kept(reload, config, host.secret, "(chmod go-r)");
	assert_int_equal(look_again(reload, &host), 0);
	make_private(host.secret);
	assert_int_equal(look_again(reload, &host), 1);
	assert_int_equal(look_again(reload, &host), 0);
	end(reload, &host);
}

/* A failure that leaves no trace in the files is retried. */
static void test_retry(void **state)
{
	struct host host;
	struct smtptls_reload *reload = start(&host);
	struct smtptls_config *config = smtptls_reload_config(reload);
	long long since;

	(void)state;
	serve(&host,
	      lasting("mx.example.org *.example.net", TESTCERT_HOUR,
		      90 * TESTCERT_DAY),
	      900);
	assert_int_equal(look_again(reload, &host), SMTPTLS_E_CONFIG);
	assert_kept(reload, config, host.cert, " UTC");
	since = status_of(reload).failing_since;
	monotonic += 58;
	assert_int_equal(look_again(reload, &host), 0);
	assert_int_equal(host.calls, 1);
	assert_int_equal(look_again(reload, &host), SMTPTLS_E_CONFIG);
	assert_int_equal(host.calls, 2);
	assert_int_equal(status_of(reload).failing_since, since);
	/* counted from the last attempt, and now it is valid */
	monotonic += 30;
	assert_int_equal(smtptls_reload_now(reload, fill, &host),
			 SMTPTLS_E_CONFIG);
	wall = time(NULL) + 2 * TESTCERT_HOUR;
	monotonic += 58;
	assert_int_equal(look_again(reload, &host), 0);
	assert_int_equal(look_again(reload, &host), 1);
	wall = 0;
	assert_int_equal(host.calls, 4);
	/* a success is not made again */
	monotonic += 100;
	assert_int_equal(look_again(reload, &host), 0);
	end(reload, &host);
}

/* A file that only the failed attempt has read is watched too. */
static void test_another_file(void **state)
{
	struct host host;
	struct smtptls_reload *reload = start(&host);
	struct smtptls_config *config = smtptls_reload_config(reload);

	(void)state;
	host.sets_secret = 1;
	assert_int_equal(smtptls_reload_now(reload, fill, &host),
			 SMTPTLS_E_CONFIG);
	assert_kept(reload, config, host.secret, "No such file or directory");
	assert_int_equal(look_again(reload, &host), 0);
	write_file(host.secret, "0123456789abcdef0123456789abcdef", 500);
	assert_int_equal(look_again(reload, &host), 1);
	/* and no longer once it is not used */
	host.sets_secret = 0;
	assert_int_equal(smtptls_reload_now(reload, fill, &host), 1);
	write_file(host.secret, "1", 400);
	assert_int_equal(look_again(reload, &host), 0);
	end(reload, &host);
}

/* A file may change once more within the same tick of the clock. */
static void test_young(void **state)
{
	struct host host;
	struct smtptls_reload *reload = start(&host);
	int calls;
	long age;

	(void)state;
	serve(&host, new_cert(), 0);
	assert_int_equal(look_again(reload, &host), 1);
	calls = host.calls;
	assert_int_equal(look_again(reload, &host), 1);
	assert_int_equal(host.calls, calls + 1);
	/* but not for ever, if a time stamp is wrong */
	serve(&host, new_cert(), -10000);
	assert_int_equal(look_again(reload, &host), 1);
	assert_int_equal(look_again(reload, &host), 0);
	/* within a second of now, in either direction */
	wall = time(NULL);
	for (age = -2; age <= 2; age++) {
		serve(&host, new_cert(), age);
		assert_int_equal(look_again(reload, &host), 1);
		assert_int_equal(look_again(reload, &host),
				 age >= -1 && age <= 1);
	}
	wall = 0;
	end(reload, &host);
}

/* An expired certificate may be replaced by an expired one that is better. */
static void test_expired_already(void **state)
{
	struct host host;
	struct smtptls_reload *reload = start(&host);
	struct smtptls_config *config = new_config();

	(void)state;
	smtptls_reload_free(reload);
	serve(&host,
	      lasting("mx.example.org", -60 * TESTCERT_DAY,
		      -TESTCERT_DAY - TESTCERT_HOUR),
	      900);
	assert_int_equal(fill(config, &host), 0);
	assert_int_equal(smtptls_config_freeze(config), 0);
	assert_int_equal(smtptls_reload_new(&reload, config), 0);
	smtptls_config_unref(config);
	assert_int_equal(status_of(reload).days, -2);
	assert_int_equal(smtptls_reload_now(reload, fill, &host), 1);
	end(reload, &host);
}

/* Whichever of the library's allocations fails, what is in use stays. */
static void test_no_memory(void **state)
{
	struct host host;
	struct smtptls_reload *reload = start(&host), *other = NULL;
	struct smtptls_config *config = smtptls_reload_config(reload);
	int n, ret = 0;

	(void)state;
	for (n = 0; ret != 1 && n < 10000; n++) {
		allocations_left = n;
		allocations_failed = 0;
		ret = smtptls_reload_now(reload, fill, &host);
		allocations_left = -1;
		if (ret == 1)
			break;
		assert_int_equal(allocations_failed, 1);
		assert_int_equal(ret, SMTPTLS_E_NOMEM);
		assert_kept(reload, config, smtptls_strerror(ret), "");
		/* and all of its files are still watched */
		assert_int_equal(look_again(reload, &host), 0);
	}
	assert_in_range(n, 5, 9999);
	assert_int_equal(status_of(reload).error, 0);
	config = smtptls_reload_config(reload);
	for (n = 0; n < 10000; n++) {
		allocations_left = n;
		ret = smtptls_reload_new(&other, config);
		allocations_left = -1;
		if (ret == 0)
			break;
		assert_int_equal(ret, SMTPTLS_E_NOMEM);
		assert_null(other);
	}
	assert_in_range(n, 3, 9999);
	smtptls_reload_free(other);
	end(reload, &host);
}

static void test_arguments(void **state)
{
	struct host host;
	struct smtptls_reload *reload = start(&host), *none;
	struct smtptls_reload_status status;

	(void)state;
	assert_int_equal(
		smtptls_reload_new(NULL, smtptls_reload_config(reload)),
		SMTPTLS_E_ARG);
	none = reload;
	assert_int_equal(smtptls_reload_new(&none, NULL), SMTPTLS_E_ARG);
	assert_null(none);
	smtptls_reload_free(NULL);
	assert_null(smtptls_reload_config(NULL));
	assert_int_equal(smtptls_reload_now(NULL, fill, &host), SMTPTLS_E_ARG);
	assert_int_equal(smtptls_reload_now(reload, NULL, &host),
			 SMTPTLS_E_ARG);
	assert_int_equal(smtptls_reload_if_changed(NULL, fill, &host),
			 SMTPTLS_E_ARG);
	assert_int_equal(smtptls_reload_if_changed(reload, NULL, &host),
			 SMTPTLS_E_ARG);
	assert_int_equal(smtptls_reload_status(NULL, &status, sizeof(status)),
			 SMTPTLS_E_ARG);
	assert_int_equal(smtptls_reload_status(reload, NULL, sizeof(status)),
			 SMTPTLS_E_ARG);
	assert_int_equal(smtptls_reload_status(reload, &status, 0),
			 SMTPTLS_E_ARG);
	/* a caller with a shorter struct */
	memset(&status, 0x55, sizeof(status));
	assert_int_equal(smtptls_reload_status(
				 reload, &status,
				 offsetof(struct smtptls_reload_status, days)),
			 0);
	assert_int_equal(status.days, 0x55555555);
	assert_int_equal(status.error, 0);
	end(reload, &host);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unchanged),
		cmocka_unit_test(test_renewed),
		cmocka_unit_test(test_half_written),
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_worse),
		cmocka_unit_test(test_host_fails),
		cmocka_unit_test(test_chmod),
		cmocka_unit_test(test_retry),
		cmocka_unit_test(test_another_file),
		cmocka_unit_test(test_young),
		cmocka_unit_test(test_expired_already),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_arguments),
	};

	monotonic = 1;
	return cmocka_run_group_tests_name("reload", tests, NULL, NULL);
}
