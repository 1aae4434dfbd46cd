# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# Completion of xsw for bash. What can follow is asked from the command itself,
# which knows its grammar, and the names of ports and bridges from the daemon.

_xsw() {
    local line=${COMP_LINE:0:COMP_POINT}
    local -a words
    read -ra words <<<"$line"
    # The line itself, not COMP_WORDS: bash would cut addresses at their colons.
    [[ $line == *[[:space:]] ]] && words+=("")
    local last=${words[-1]} before=""
    ((${#words[@]} > 1)) && before=${words[-2]}

    if [[ $before == --run ]]; then
        mapfile -t COMPREPLY < <(compgen -d -- "$last")
        return
    fi
    mapfile -t COMPREPLY < <("${words[0]}" __complete "${words[@]:1}" 2>/dev/null)
}

complete -F _xsw xsw
