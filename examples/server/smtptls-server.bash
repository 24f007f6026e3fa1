# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Bash completion for smtptls-server.

_smtptls_server()
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
	--cert | --key | --ocsp | --passphrase-file | --ca | --crl | --dhparam | \
		--ticket-secret)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		;;
	--config-dir | --maildir | --record-hello)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		;;
	--seclevel)
		mapfile -t COMPREPLY < <(compgen -W '0 1 2 3 4 5' -- "$cur")
		;;
	--verify)
		mapfile -t COMPREPLY < <(compgen -W 'none optional require' \
			-- "$cur")
		;;
	--client-purpose)
		mapfile -t COMPREPLY < <(compgen -W 'client any' -- "$cur")
		;;
	--listen | --listen-tls | --ciphers | --ciphersuites | --protocols | \
		--groups | --sigalgs | --priority | --shadow-ciphers | \
		--shadow-protocols | --hostname | --max-size | \
		--max-connections | --handshake-timeout | --idle-timeout | \
		--explain) ;;
	*)
		mapfile -t COMPREPLY < <(compgen -W '--listen --listen-tls
			--cert --key --ocsp --passphrase-file --ca --crl
			--dhparam --ticket-secret --config-dir --ciphers
			--ciphersuites --protocols --groups --sigalgs --seclevel
			--priority --shadow-ciphers --shadow-protocols
			--strict-sni --require-tls --verify
			--client-purpose --hostname --maildir --record-hello
			--log-changes --max-size --max-connections
			--handshake-timeout --idle-timeout --explain --help
			--version' \
			-- "$cur")
		;;
	esac
}
complete -F _smtptls_server smtptls-server
