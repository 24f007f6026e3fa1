/* SPDX-License-Identifier: MIT */
/*
 * The TLS configuration of smtptls-server, made from its options and files at
 * startup and again on each SIGHUP.
 *
 * With --config-dir the files are those of a qpsmtpd directory: tls_ciphers and
 * tls_protocols, there or in its config/, and four in its ssl/. An option takes
 * precedence over a file, and a file named by an option must exist.
 *
 * Any error is one line on stderr that names the setting or file and the cause.
 * Nothing here opens a port.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "log.h"
#include "passphrase.h"

static const struct names {
	const char *cert, *key, *rsa_cert, *rsa_key, *ca, *dhparam;
} own = { "ssl/smtptls-server.crt",	"ssl/smtptls-server.key",
	  "ssl/smtptls-server-rsa.crt", "ssl/smtptls-server-rsa.key",
	  "ssl/smtptls-ca.crt",		"ssl/smtptls-dhparam.pem" },
  qpsmtpd = { "ssl/qpsmtpd-server.crt", "ssl/qpsmtpd-server.key", NULL, NULL,
	      "ssl/qpsmtpd-ca.crt",	"ssl/qpsmtpd-dhparam.pem" };

/* The source of a configuration. */
struct source {
	const struct options *options;
	const struct names *names;
	const char *dir;
};

static int exists(const char *file)
{
	return access(file, F_OK) == 0;
}

/* The path of a file below the source's directory. */
static const char *below(const struct source *source, char path[PATH_MAX],
			 const char *name)
{
	snprintf(path, PATH_MAX, "%s%s%s", source->dir ? source->dir : "",
		 source->dir ? "/" : "", name);
	return path;
}

/* ---- OpenSSL's strings ---- */

/* Remove leading and trailing white space, as qpsmtpd does. */
static void trim(char *line)
{
	size_t start = strspn(line, " \t\r\n"), len = strlen(line + start);

	while (len > 0 && strchr(" \t\r\n", line[start + len - 1]))
		len--;
	memmove(line, line + start, len);
	line[len] = '\0';
}

/*
 * The first line of a qpsmtpd file that is neither empty nor a comment, in
 * memory that the caller frees; NULL if the file is absent or has none. If the
 * file cannot be read, or a line has a NUL, *ret is -1.
 */
static char *read_line(const struct source *source, const char *name,
		       const char *prefix, int *ret)
{
	char path[PATH_MAX], inner[64], *line = NULL;
	const char *why = NULL;
	size_t size = 0;
	ssize_t len = -1;
	FILE *file = fopen(below(source, path, name), "r");

	*ret = 0;
	snprintf(inner, sizeof(inner), "config/%s", name);
	if (!file && errno == ENOENT)
		file = fopen(below(source, path, inner), "r");
	if (!file && errno == ENOENT)
		return NULL;
	errno = 0;
	while (file && !why && (len = getline(&line, &size, file)) >= 0) {
		if (strlen(line) != (size_t)len)
			why = "a NUL byte in a line";
		trim(line);
		if (line[0] && line[0] != '#')
			break;
	}
	if (!file || (len < 0 && !feof(file)))
		why = strerror(errno);
	if (file)
		fclose(file);
	if (!why && len >= 0)
		return line;
	if (why)
		note("%s%s: %s", prefix, path, why);
	*ret = why ? -1 : 0;
	free(line);
	return NULL;
}

/* `which` names the policy of the setter `set`, in front of a sentence. */
static int set_policy(struct smtptls_config *config,
		      const struct smtptls_policy_spec *spec,
		      int set(struct smtptls_config *, struct smtptls_policy *),
		      const char *prefix, const char *which)
{
	struct smtptls_policy *policy;
	char error[512] = "";
	const char *warning;
	int ret;

	ret = smtptls_policy_new(&policy, spec, sizeof(*spec), error,
				 sizeof(error));
	if (ret < 0) {
		note("%s%s%s", prefix, which,
		     *error ? error : smtptls_strerror(ret));
		return ret;
	}
	for (size_t i = 0; (warning = smtptls_policy_warning(policy, i)); i++)
		note("warning: %s%s", which, warning);
	ret = set(config, policy);
	smtptls_policy_unref(policy);
	if (ret < 0)
		note("%s%s%s", prefix, which, smtptls_config_error(config));
	return ret;
}

/* The shadow policy takes settings that it lacks from the policy in force. */
static int set_shadow(struct smtptls_config *config,
		      const struct options *options,
		      const struct smtptls_policy_spec *spec,
		      const char *prefix)
{
	struct smtptls_policy_spec shadow = *spec;

	if (!options->shadow_ciphers && !options->shadow_protocols)
		return 0;
	if (options->shadow_ciphers)
		shadow.ciphers = options->shadow_ciphers;
	if (options->shadow_protocols)
		shadow.protocols = options->shadow_protocols;
	return set_policy(config, &shadow, smtptls_config_set_shadow_policy,
			  prefix, "shadow policy: ");
}

static int set_policies(struct smtptls_config *config,
			const struct source *source, const char *prefix)
{
	struct smtptls_policy_spec spec = source->options->policy;
	int raw = source->options->priority != NULL;
	char *ciphers = NULL, *protocols = NULL;
	int ret = 0;

	if (source->dir && !raw && !spec.ciphers)
		spec.ciphers = ciphers =
			read_line(source, "tls_ciphers", prefix, &ret);
	if (ret == 0 && source->dir && !raw && !spec.protocols)
		spec.protocols = protocols =
			read_line(source, "tls_protocols", prefix, &ret);
	if (ret == 0 && !raw)
		ret = set_policy(config, &spec, smtptls_config_set_policy,
				 prefix, "");
	if (ret == 0)
		ret = set_shadow(config, source->options, &spec, prefix);
	free(ciphers);
	free(protocols);
	return ret;
}

/* ---- files ---- */

static int add_certs(struct smtptls_config *config, const struct source *source)
{
	const struct options *options = source->options;
	char cert[PATH_MAX], key[PATH_MAX];
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < options->n_certs; i++)
		ret = smtptls_config_add_cert_file(
			config, options->certs[i].cert, options->certs[i].key);
	if (options->n_certs)
		return ret;
	ret = smtptls_config_add_cert_file(
		config, below(source, cert, source->names->cert),
		below(source, key, source->names->key));
	if (ret == 0 && source->names->rsa_cert &&
	    exists(below(source, cert, source->names->rsa_cert)))
		ret = smtptls_config_add_cert_file(
			config, cert,
			below(source, key, source->names->rsa_key));
	return ret;
}

static int add_files(struct smtptls_config *config, const struct source *source)
{
	const struct options *options = source->options;
	char path[PATH_MAX];
	int ret = add_certs(config, source);

	for (size_t i = 0; ret == 0 && i < options->n_ocsp; i++)
		ret = smtptls_config_add_ocsp_file(config, options->ocsp[i]);
	if (ret == 0 && options->ca)
		ret = smtptls_config_set_ca_file(config, options->ca);
	else if (ret == 0 && exists(below(source, path, source->names->ca)))
		ret = smtptls_config_set_ca_file(config, path);
	if (ret == 0 && options->crl)
		ret = smtptls_config_set_crl_file(config, options->crl);
	if (ret == 0 && options->dhparam)
		ret = smtptls_config_set_dh_file(config, options->dhparam);
	else if (ret == 0 &&
		 exists(below(source, path, source->names->dhparam)))
		ret = smtptls_config_set_dh_file(config, path);
	if (ret == 0 && options->ticket_secret)
		ret = smtptls_config_set_ticket_secret_file(
			config, options->ticket_secret);
	if (ret == 0 && options->priority)
		ret = smtptls_config_set_priority(config, options->priority);
	if (ret == 0)
		ret = smtptls_config_set_strict_sni(config,
						    options->strict_sni);
	if (ret == 0)
		ret = smtptls_config_set_client_purpose(
			config, options->client_purpose);
	return ret;
}

/* ---- all of it ---- */

static void tell_failure(const struct source *source,
			 const struct smtptls_config *config, int error,
			 const char *prefix)
{
	const char *text = smtptls_config_error(config);
	char path[PATH_MAX];

	note("%s%s%s", prefix, *text ? text : smtptls_strerror(error),
	     source->options->n_certs || source->dir ||
			     exists(below(source, path, source->names->cert))
		     ? ""
		     : " (smtptls-cert makes a certificate)");
}

/* The passphrase stays in memory only until the keys are loaded. */
static int add_secrets(struct smtptls_config *config,
		       const struct source *source, const char *prefix)
{
	const char *file = source->options->passphrase_file;
	struct passphrase passphrase;
	int ret = 0;

	if (file && passphrase_read(&passphrase, file, prefix) < 0)
		ret = 1;
	else if (file)
		ret = smtptls_config_set_passphrase(config, passphrase_give,
						    &passphrase);
	if (ret == 0)
		ret = add_files(config, source);
	explicit_bzero(&passphrase, sizeof(passphrase));
	return ret;
}

static int load(struct smtptls_config *config, const struct source *source,
		const char *prefix)
{
	const char *warning;
	int ret = add_secrets(config, source, prefix);

	if (ret > 0) /* passphrase_read() has said why */
		return SMTPTLS_E_CONFIG;
	if (ret < 0) {
		tell_failure(source, config, ret, prefix);
		return ret;
	}
	ret = set_policies(config, source, prefix);
	if (ret < 0)
		return ret;
	ret = smtptls_config_freeze(config);
	if (ret < 0) {
		tell_failure(source, config, ret, prefix);
		return ret;
	}
	for (size_t i = 0; (warning = smtptls_config_warning(config, i)); i++)
		note("warning: %s", warning);
	return 0;
}

int server_fill(struct smtptls_config *config, void *arg)
{
	struct server_load *attempt = arg;
	const struct options *options = attempt->options;
	const struct source source = {
		.options = options,
		.names = options->config_dir ? &qpsmtpd : &own,
		.dir = options->config_dir,
	};
	char path[PATH_MAX];
	int ret = SMTPTLS_E_CONFIG;

	if (options->verify != SMTPTLS_VERIFY_NONE && !options->ca &&
	    !exists(below(&source, path, source.names->ca)))
		note("%s--verify needs --ca: there is no %s", attempt->prefix,
		     path);
	else
		ret = load(config, &source, attempt->prefix);
	attempt->told = ret < 0;
	return ret;
}

struct smtptls_reload *server_reload(const struct options *options)
{
	struct server_load first = { .options = options, .prefix = "" };
	struct smtptls_reload *reload = NULL;
	struct smtptls_config *config;
	int ret = smtptls_config_new(&config);

	if (ret < 0) {
		note("%s", smtptls_strerror(ret));
		return NULL;
	}
	ret = server_fill(config, &first);
	if (ret == 0)
		ret = smtptls_reload_new(&reload, config);
	if (ret < 0 && !first.told)
		note("%s", smtptls_strerror(ret));
	smtptls_config_unref(config);
	return reload;
}
