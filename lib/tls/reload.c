/* SPDX-License-Identifier: MIT */
/*
 * tls/reload: a configuration that is rebuilt when its files change.
 *
 * A new one replaces the old one only if it is complete and not worse. So files
 * may be changed in any way, one after the other or by switching a symbolic
 * link: if only half of a pair is new, the key does not belong to its
 * certificate, and a chain that is cut short has a leaf that stands alone.
 *
 * The state of a file is noted before the file is read, so a change in between
 * shows at the next check. A change in the same clock tick as the last one does
 * not show in the times, so a file that was young when it was noted is read
 * again.
 *
 * An attempt may fail for reasons that the files do not show: no memory, no
 * descriptor, a certificate that is not valid yet. So after a failure another
 * attempt is made some time later in any case: not at each check, since it
 * reads and parses all files, but long before an old certificate matters.
 */
#include <smtptls/reload.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "tls/config.h"
#include "x509/own_faults.h"

#define DAY	      86400
#define RETRY_SECONDS 60

/* The state of a file at one moment; all zeros: there is no file. */
struct stamp {
	dev_t device;
	ino_t inode;
	off_t size;
	time_t modified;	 /* of the content */
	struct timespec changed; /* of the content, owner or mode */
};

struct smtptls_reload {
	struct smtptls_config *config;
	struct stls_texts files; /* the files watched */
	struct stamp *stamp;	 /* of each, before it was read */
	int young;		 /* one may have changed since, unnoticed */
	time_t looked, failed;	 /* the last times, by the monotonic clock */
	time_t loaded, failing_since;
	int error;
	char text[4096 + 512];
};

/* ---- files ---- */

static void take_stamp(struct stamp *stamp, const char *file)
{
	struct stat st;

	memset(stamp, 0, sizeof(*stamp));
	if (stat(file, &st) < 0)
		return;
	stamp->device = st.st_dev;
	stamp->inode = st.st_ino;
	stamp->size = st.st_size;
	stamp->modified = st.st_mtime;
	stamp->changed = st.st_ctim;
}

static int same_stamp(const struct stamp *a, const struct stamp *b)
{
	return a->device == b->device && a->inode == b->inode &&
	       a->size == b->size && a->changed.tv_sec == b->changed.tv_sec &&
	       a->changed.tv_nsec == b->changed.tv_nsec;
}

static int is_young(const struct stamp *stamp, time_t now)
{
	return stamp->inode && stamp->modified >= now - 1 &&
	       stamp->modified <= now + 1;
}

static int find(const struct stls_texts *files, const char *file)
{
	size_t i;

	for (i = 0; i < files->count; i++) {
		if (strcmp(files->text[i], file) == 0)
			return (int)i;
	}
	return -1;
}

static int add_files(struct stls_texts *files, const struct stls_texts *more)
{
	size_t i;
	int ret = 0;

	for (i = 0; ret == 0 && i < more->count; i++) {
		if (find(files, more->text[i]) < 0)
			ret = stls_texts_copy(files, more->text[i]);
	}
	return ret;
}

/*
 * Watch the files of one or two configurations from now on. Files that were
 * watched already keep their stamps, which are older than what was read.
 */
static int watch(struct smtptls_reload *reload, const struct stls_texts *files,
		 const struct stls_texts *more)
{
	struct stls_texts all = { 0 };
	struct stamp *stamp = NULL;
	time_t now = time(NULL);
	size_t i;
	int known, ret;

	ret = add_files(&all, files);
	if (ret == 0 && more)
		ret = add_files(&all, more);
	if (ret == 0)
		stamp = calloc(all.count + 1, sizeof(*stamp));
	if (!stamp) {
		stls_texts_free(&all);
		return SMTPTLS_E_NOMEM;
	}
	reload->young = 0;
	for (i = 0; i < all.count; i++) {
		known = find(&reload->files, all.text[i]);
		if (known >= 0)
			stamp[i] = reload->stamp[known];
		else
			take_stamp(&stamp[i], all.text[i]);
		reload->young |= is_young(&stamp[i], now);
	}
	stls_texts_free(&reload->files);
	free(reload->stamp);
	reload->files = all;
	reload->stamp = stamp;
	return 0;
}

static int have_changed(const struct smtptls_reload *reload)
{
	struct stamp stamp;
	size_t i;

	for (i = 0; i < reload->files.count; i++) {
		take_stamp(&stamp, reload->files.text[i]);
		if (!same_stamp(&stamp, &reload->stamp[i]))
			return 1;
	}
	return 0;
}

/* ---- life ---- */

int smtptls_reload_new(struct smtptls_reload **reload,
		       struct smtptls_config *config)
{
	struct smtptls_reload *new;

	if (reload)
		*reload = NULL;
	if (!reload || !config)
		return SMTPTLS_E_ARG;
	if (!config->frozen)
		return SMTPTLS_E_STATE;
	new = calloc(1, sizeof(*new));
	if (!new)
		return SMTPTLS_E_NOMEM;
	new->config = smtptls_config_ref(config);
	new->loaded = time(NULL);
	if (watch(new, &config->files, NULL) < 0) {
		smtptls_reload_free(new);
		return SMTPTLS_E_NOMEM;
	}
	*reload = new;
	return 0;
}

void smtptls_reload_free(struct smtptls_reload *reload)
{
	if (!reload)
		return;
	smtptls_config_unref(reload->config);
	stls_texts_free(&reload->files);
	free(reload->stamp);
	free(reload);
}

struct smtptls_config *
smtptls_reload_config(const struct smtptls_reload *reload)
{
	return reload ? reload->config : NULL;
}

/* ---- attempts ---- */

static time_t monotonic_seconds(void)
{
	struct timespec now = { 0, 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

static void note_failure(struct smtptls_reload *reload, int error,
			 const char *text)
{
	if (!reload->error)
		reload->failing_since = time(NULL);
	reload->failed = monotonic_seconds();
	reload->error = error;
	(void)snprintf(reload->text, sizeof(reload->text), "%s",
		       *text ? text : smtptls_strerror(error));
}

static void note_success(struct smtptls_reload *reload)
{
	reload->loaded = time(NULL);
	reload->failing_since = 0;
	reload->error = 0;
	reload->text[0] = '\0';
}

/* Fill and freeze a configuration that is not worse than the one in use. */
static int make(struct smtptls_config *fresh, const struct smtptls_config *old,
		int (*fill)(struct smtptls_config *fresh, void *arg), void *arg)
{
	struct stls_sentence error = { fresh->error, sizeof(fresh->error) };
	int ret = fill(fresh, arg);

	if (ret >= 0)
		ret = smtptls_config_freeze(fresh);
	if (ret >= 0)
		ret = stls_own_certificates_worse(&fresh->own, &old->own,
						  &fresh->certificates,
						  time(NULL), &error);
	return ret;
}

int smtptls_reload_now(struct smtptls_reload *reload,
		       int (*fill)(struct smtptls_config *fresh, void *arg),
		       void *arg)
{
	struct smtptls_config *fresh, *old;
	size_t i;
	int ret;

	if (!reload || !fill)
		return SMTPTLS_E_ARG;
	old = reload->config;
	for (i = 0; i < reload->files.count; i++)
		take_stamp(&reload->stamp[i], reload->files.text[i]);
	ret = smtptls_config_new(&fresh);
	if (ret < 0) {
		note_failure(reload, ret, "");
		return ret;
	}
	ret = make(fresh, old, fill, arg);
	/* A configuration that failed may have read other files. */
	if (watch(reload, &fresh->files, ret < 0 ? &old->files : NULL) < 0)
		ret = SMTPTLS_E_NOMEM;
	if (ret < 0) {
		note_failure(reload, ret,
			     ret == SMTPTLS_E_NOMEM ? "" : fresh->error);
		smtptls_config_unref(fresh);
		return ret;
	}
	reload->config = fresh;
	smtptls_config_unref(old);
	note_success(reload);
	return 1;
}

int smtptls_reload_if_changed(struct smtptls_reload *reload,
			      int (*fill)(struct smtptls_config *fresh,
					  void *arg),
			      void *arg)
{
	time_t now;
	int retry;

	if (!reload || !fill)
		return SMTPTLS_E_ARG;
	now = monotonic_seconds();
	if (now == reload->looked)
		return 0;
	reload->looked = now;
	retry = reload->error && now - reload->failed >= RETRY_SECONDS;
	if (!retry && !reload->young && !have_changed(reload))
		return 0;
	return smtptls_reload_now(reload, fill, arg);
}

/* ---- status ---- */

/* Rounded down: one that has just expired has -1 days left. */
static int whole_days(long long seconds)
{
	return (int)(seconds >= 0 ? seconds / DAY
				  : -((DAY - 1 - seconds) / DAY));
}

int smtptls_reload_status(const struct smtptls_reload *reload,
			  struct smtptls_reload_status *status, size_t size)
{
	struct smtptls_reload_status full;

	if (!reload || !status || size == 0)
		return SMTPTLS_E_ARG;
	memset(&full, 0, sizeof(full));
	full.error = reload->error;
	full.text = reload->text;
	full.failing_since = reload->failing_since;
	full.loaded = reload->loaded;
	full.expires = stls_own_certificates_expire(&reload->config->own);
	if (full.expires)
		full.days = whole_days(full.expires - time(NULL));
	memset(status, 0, size);
	memcpy(status, &full, size < sizeof(full) ? size : sizeof(full));
	return 0;
}
