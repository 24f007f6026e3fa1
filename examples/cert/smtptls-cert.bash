# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Bash completion for smtptls-cert.

_smtptls_cert()
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
	--dir)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		;;
	--name)
		mapfile -t COMPREPLY < <(compgen -A hostname -- "$cur")
		;;
	--client) ;;
	*)
		mapfile -t COMPREPLY < <(compgen -W '--dir --name --rsa --both
			--client --dhparam --force --new-ca --help --version' \
			-- "$cur")
		;;
	esac
}
complete -F _smtptls_cert smtptls-cert
