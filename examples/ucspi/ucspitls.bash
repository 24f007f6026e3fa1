# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Bash completion for ucspitls: after CERT and KEY, a program.

_ucspitls()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local at=1

	COMPREPLY=()
	compopt -o filenames 2>/dev/null
	while [[ $at -lt $COMP_CWORD && ${COMP_WORDS[at]} = -* ]]; do
		case ${COMP_WORDS[at]} in
		-[ihV] | --*) at=$((at + 1)) ;;
		*) at=$((at + 2)) ;;
		esac
	done
	if [ $at -gt "$COMP_CWORD" ]; then
		case $prev in
		-r) mapfile -t COMPREPLY < <(compgen -d -- "$cur") ;;
		-u) mapfile -t COMPREPLY < <(compgen -u -- "$cur") ;;
		esac
	elif [[ $at -eq $COMP_CWORD && $cur = -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W '-i -l -c -t -r -u
			-h -V --help --version' -- "$cur")
	elif [ $((COMP_CWORD - at)) -eq 2 ]; then
		mapfile -t COMPREPLY < <(compgen -c -- "$cur")
	else
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
	fi
}
complete -F _ucspitls ucspitls
