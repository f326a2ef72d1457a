# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# shellcheck shell=bash
#
# Completion of rpmem(1) in bash.  Commands, options and what they take come
# from the --help of the rpmem that is typed, so there is no list here that
# could be an old one.  Needs nothing of the package bash-completion.

# _rpmem_help WORD... -- the --help of a command
_rpmem_help() {
	"${words[0]/#\~/$HOME}" "$@" --help 2>/dev/null </dev/null
}

# the commands that a --help lists
_rpmem_commands() {
	sed -n '/^Commands:/,/^$/s/^  \([a-z][a-z-]*\)  *[a-z].*/\1/p' <<<"$1"
}

# the options of a --help, one per line: "--long -s META"; - for none
_rpmem_options() {
	local line takes
	local is_option='^ {2,6}((-.), )?(--[a-z][a-z-]*)(\[=[^]]*])?(=(.*))?( .*)?$'
	while IFS= read -r line; do
		[[ $line =~ $is_option ]] || continue
		takes=${BASH_REMATCH[6]%%  *}
		echo "${BASH_REMATCH[3]} ${BASH_REMATCH[2]:--} ${takes:--}"
	done <<<"$1"
}

# the words of the line so far, as the shell will have them: readline has
# taken them apart at : and =
_rpmem_merge() {
	local line=${COMP_LINE:0:COMP_POINT} piece blanks i
	words=()
	for ((i = 0; i <= COMP_CWORD; i++)); do
		piece=${COMP_WORDS[i]}
		blanks=${line%%[![:space:]]*}
		line=${line:${#blanks}}
		if [ "$i" = 0 ] || [ -n "$blanks" ]; then
			words+=("$piece")
		else
			words[${#words[@]} - 1]+=$piece
		fi
		line=${line:${#piece}}
	done
	cur=${words[${#words[@]} - 1]}
	# what is in front of the piece that readline will replace
	case $piece in
	: | =) stem=$cur ;;
	*) stem=${cur:0:${#cur}-${#piece}} ;;
	esac
}

# _rpmem_offer CANDIDATE... -- those that begin with what is typed, as
# readline wants them
_rpmem_offer() {
	local c typed=$value quote=
	case $typed in
	\"* | \'*)
		quote=${typed:0:1}
		typed=${typed:1}
		;;
	*) typed=${typed//\\/} ;;
	esac
	for c in "$@"; do
		[ "${c:0:${#typed}}" = "$typed" ] || continue
		c=${cur:0:${#cur}-${#value}}$c
		c=${c:${#stem}}
		[ -n "$quote" ] || c=${c// /\\ }
		COMPREPLY+=("$c")
	done
}

# files whose name goes on from what is typed; "sets": only pool set files,
# and directories on the way to them, if there is any
_rpmem_files() {
	local f typed=${value#[\"\']} found=() sets=()
	typed=${typed//\\/}
	while IFS= read -r f; do
		[ -d "${f/#\~/$HOME}" ] && f=$f/
		found+=("$f")
		if [ "${f: -1}" = / ] ||
			[ "$(head -c 11 -- "${f/#\~/$HOME}" 2>/dev/null | tr -d '\0')" = PMEMPOOLSET ]; then
			sets+=("$f")
		fi
	done < <(compgen -f -- "$typed")
	[ "${1:-}" = sets ] && [ "${#sets[@]}" -gt 0 ] && found=("${sets[@]}")
	_rpmem_offer "${found[@]}"
	[ "${#COMPREPLY[@]}" = 1 ] && [ "${COMPREPLY[0]: -1}" = / ] &&
		compopt -o nospace 2>/dev/null
}

# the copies that a pool set file names: "TARGET NAME"
_rpmem_copies() {
	local key node name rest list=()
	while read -r key node name rest; do
		[ "$key" = REPLICA ] && [ -n "$name" ] &&
			list+=("$node ${name%$'\r'}")
	done 2>/dev/null <"${set/#\~/$HOME}"
	_rpmem_offer "${list[@]}"
}

# _rpmem_value META -- what an option or argument of this name may be
_rpmem_value() {
	local meta=${1//[][\".]/}
	case $meta in
	SET) _rpmem_files sets ;;
	FILE) if [ "${words[1]}" = set ]; then _rpmem_files sets; else _rpmem_files; fi ;;
	COPY | WHICH | "TARGET NAME" | "TARGET DESC") [ -z "$set" ] || _rpmem_copies ;;
	DIR) mapfile -t COMPREPLY < <(compgen -d -- "$value") ;;
	PROGRAM) mapfile -t COMPREPLY < <(compgen -c -- "$value") ;;
	*) ;;
	esac
}

# what the words before the current one were: sets set (the first argument),
# at (how many arguments there were), meta (of an option that waits for its
# value), after ("--" was typed)
_rpmem_look_back() {
	local i word long short takes
	set='' at=0 meta='' after=''
	for ((i = first; i < ${#words[@]} - 1; i++)); do
		word=${words[i]}
		if [ -n "$meta" ]; then
			meta=''
			continue
		fi
		case $word in
		--) after=yes ;;
		--*=*) ;;
		-*)
			while read -r long short takes; do
				[ "$word" = "$long" ] || [ "$word" = "$short" ] || continue
				[ "$takes" = - ] || meta=$takes
			done <<<"$options"
			;;
		*)
			[ "$at" != 0 ] || set=${word//\\/}
			at=$((at + 1))
			[ -z "$after" ] || return 0
			;;
		esac
	done
}

# the name of argument number $at in the first line of the usage
_rpmem_argument() {
	local usage list
	usage=$(sed -n '1s/^Usage: .*\[OPTION\.\.\.\] *//p' <<<"$help")
	read -ra list <<<"${usage//\"/}"
	[ "${list[0]:-}" != -- ] || list=("${list[@]:1}")
	if [ "$at" -lt "${#list[@]}" ]; then
		echo "${list[at]}"
	elif [ "${#list[@]}" -gt 0 ]; then
		case ${list[${#list[@]} - 1]} in
		*...*) echo "${list[${#list[@]} - 1]}" ;;
		esac
	fi
}

_rpmem() {
	local words=() cur='' stem='' value='' help options set at meta after
	local first=1 below long short takes names=()
	COMPREPLY=()
	_rpmem_merge
	value=$cur
	help=$(_rpmem_help)
	# a command, and one below it
	while below=$(_rpmem_commands "$help") && [ -n "$below" ]; do
		if [ "$first" -ge $((${#words[@]} - 1)) ]; then
			mapfile -t names <<<"$below"
			[ "${cur:0:1}" = - ] || _rpmem_offer "${names[@]}"
			break
		fi
		grep -qxF -- "${words[first]}" <<<"$below" || return 0
		help=$(_rpmem_help "${words[@]:1:first}")
		first=$((first + 1))
	done
	options=$(_rpmem_options "$help")
	_rpmem_look_back
	if [ -n "$after" ]; then
		if [ "$at" = 0 ]; then _rpmem_value PROGRAM; else _rpmem_files; fi
	elif [ -n "$meta" ]; then
		_rpmem_value "$meta"
	elif [[ $cur == --*=* ]]; then
		value=${cur#*=}
		while read -r long short takes; do
			[ "$long" != "${cur%%=*}" ] || _rpmem_value "$takes"
		done <<<"$options"
	elif [ "${cur:0:1}" = - ]; then
		names=()
		while read -r long short takes; do
			[ "$takes" = - ] || long+="="
			names+=("$long")
		done <<<"$options"
		_rpmem_offer "${names[@]}"
		[ "${#COMPREPLY[@]}" = 1 ] && [ "${COMPREPLY[0]: -1}" = "=" ] &&
			compopt -o nospace 2>/dev/null
	elif [ -z "$below" ]; then
		_rpmem_value "$(_rpmem_argument)"
	fi
	return 0
}

complete -F _rpmem rpmem
