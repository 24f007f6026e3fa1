# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Bash completion for smtptls-probe.

_smtptls_probe()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}

	# readline splits --option=value
	if [ "$cur" = = ]; then
		cur=
	elif [ "$prev" = = ]; then
		prev=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	COMPREPLY=()
	case $prev in
	--ca | --client-cert | --client-key | --sts-file | --trust-anchor)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		;;
	--require)
		mapfile -t COMPREPLY < <(compgen -W 'may encrypt dane dane-only
			ca' -- "$cur")
		;;
	--connect | --starttls-name | --ehlo | --timeout | --pin | --tlsa | \
		--protocols | --ciphers | --shadow-protocols | \
		--shadow-ciphers | --resolver | --warn-days | --crit-days) ;;
	*)
		mapfile -t COMPREPLY < <(compgen -W '--host --implicit
			--connect --starttls-name --ehlo --timeout --require
			--ca --pin --tlsa --sts-file --no-sts
			--requiretls --tls-required-no --protocols --ciphers
			--client-cert --client-key --shadow-protocols
			--shadow-ciphers --resolver --trust-anchor --warn-days
			--crit-days --json --help --version' -- "$cur")
		;;
	esac
}
complete -F _smtptls_probe smtptls-probe
