# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
# shellcheck shell=bash

# need_packages NAME... -- Debian packages: installed as root when they are
# missing, named as a user, who then has nothing done
need_packages() {
	local p missing=()
	for p; do
		dpkg-query -W -f '${Status}' "$p" 2>/dev/null |
			grep -q '^install ok installed$' || missing+=("$p")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	if [ "$(id -u)" != 0 ]; then
		echo "Missing Debian packages: ${missing[*]}" >&2
		echo "Install them as root: apt-get install ${missing[*]}" >&2
		return 1
	fi
	apt-get update
	DEBIAN_FRONTEND=noninteractive \
		apt-get install -y --no-install-recommends "${missing[@]}"
}
