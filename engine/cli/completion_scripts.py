"""The shells' side of completion: each script asks `ripeline __complete` about the words of the line."""

from __future__ import annotations

from collections.abc import Mapping

ASK = "__complete"
MARK = "# Written by `ripeline completion`."

BASH = f"""\
{MARK}
_ripeline() {{
    local answer line also program=${{COMP_WORDS[0]/#\\~/$HOME}}
    COMPREPLY=()
    answer=$("$program" {ASK} "$COMP_CWORD" "${{COMP_WORDS[@]}}" 2>/dev/null) || return
    while IFS= read -r line; do
        if [ -z "$also" ]; then also=$line; else COMPREPLY+=("${{line%%$'\\t'*}}"); fi
    done <<<"$answer"
    case $also in
        files) compopt -o default 2>/dev/null ;;
        dirs) compopt -o dirnames 2>/dev/null ;;
    esac
}}
complete -F _ripeline ripeline
"""

ZSH = f"""\
#compdef ripeline
{MARK}
_ripeline() {{
    local -a answer offers
    local line also
    answer=("${{(@f)$(${{~words[1]}} {ASK} $((CURRENT - 1)) "${{(@)words}}" 2>/dev/null)}}")
    also=${{answer[1]}}
    for line in "${{(@)answer[2,-1]}}"; do
        [[ -n $line ]] && offers+=("${{${{line%%$'\\t'*}}//:/\\\\:}}${{${{line#*$'\\t'}}:+:${{line#*$'\\t'}}}}")
    done
    case $also in
        files) _files ;;
        dirs) _files -/ ;;
        *) _describe 'ripeline' offers ;;
    esac
}}
if [[ $funcstack[1] == _ripeline ]]; then _ripeline "$@"; else compdef _ripeline ripeline; fi
"""

FISH = f"""\
{MARK}
function __ripeline_offer
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l answer ($words[1] {ASK} (count $words) $words "$current" 2>/dev/null)
    switch "$answer[1]"
        case files
            __fish_complete_path "$current"
        case dirs
            __fish_complete_directories "$current"
        case '*'
            test (count $answer) -gt 1; and printf '%s\\n' $answer[2..-1]
    end
end
complete -c ripeline -f -a '(__ripeline_offer)'
"""

SCRIPTS: Mapping[str, str] = {"bash": BASH, "zsh": ZSH, "fish": FISH}
