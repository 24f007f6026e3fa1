# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Bash completion for smtptls-ciphers.

_smtptls_ciphers()
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
	--hello)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		;;
	--keys)
		mapfile -t COMPREPLY < <(compgen -W 'rsa rsa-pss ecdsa
			ecdsa-p384 ecdsa-p521 ed25519 ed448' -- "$cur")
		;;
	--seclevel)
		mapfile -t COMPREPLY < <(compgen -W '0 1 2 3 4 5' -- "$cur")
		;;
	--ciphers | --protocols | --ciphersuites | --groups | --sigalgs) ;;
	*)
		mapfile -t COMPREPLY < <(compgen -W '--ciphers --protocols
			--ciphersuites --groups --sigalgs --seclevel
			--prefer-client --long --names --all-names --priority
			--hello --keys --apply --help --version' -- "$cur")
		;;
	esac
}
complete -F _smtptls_ciphers smtptls-ciphers
