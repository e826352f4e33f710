"""What each shell does to find names in the keys folder, when Tab asks for one.

Files of the keys folder are read as rsachat reads them, and only names that need no quoting are
offered: a file that somebody else put there brings no command to a command line.
"""

_BASH = """\
_rsachat_keys() {  # the keys folder, as rsachat chooses it
  local i own=${XDG_CONFIG_HOME:-$HOME/.config}/rsachat/keys
  keys=${RSACHAT_KEYS-}
  for ((i = 2; i < COMP_CWORD; i++)); do
    [[ ${COMP_WORDS[i]} == --keys ]] && keys=${COMP_WORDS[i+1]/#\\~/$HOME}
  done
  [[ -n $keys ]] || { [[ ! -d keys && -d $own ]] && keys=$own || keys=keys; }
}
_rsachat_offer() {
  [[ $1 =~ ^@?[a-z0-9][a-z0-9._:-]*$|^\\[[0-9a-f:]+\\]:[0-9]+$ && $1 == "$cur"* ]] &&
    COMPREPLY+=("$1")
}
_rsachat_files_named() {
  local file
  for file in "$keys"/*"$1"; do
    file=${file##*/}
    _rsachat_offer "${file%"$1"}"
  done
}
_rsachat_lines() {  # the word number $2 of each line in $1, behind $3
  local -a line
  [[ -f $keys/$1 && -r $keys/$1 ]] && while read -ra line || ((${#line[@]})); do
    [[ ${line[0]-} == \\#* ]] || _rsachat_offer "${3-}${line[$2]-}"
  done < "$keys/$1"
}
_rsachat_names() {
  local keys
  _rsachat_keys
  case $1 in
    identity) _rsachat_files_named -rsapvt.pem ;;
    client) _rsachat_files_named -rsapub.pem ;;
    server) _rsachat_lines known_servers 0 ;;
    person) _rsachat_lines known_peers 1 ;;
    pin) _rsachat_lines known_servers 0; _rsachat_lines known_peers 1 @ ;;
  esac
  return 0
}"""

_ZSH = """\
_rsachat_lines() {  # the word number $2 of each line in $1, behind $3
  local line
  local -a fields
  [[ -f $1 && -r $1 ]] || return
  for line in ${(f)"$(<$1)"}; do
    fields=(${=line})
    [[ $fields[1] == \\#* ]] || found+=("$3$fields[$2]")
  done
}
_rsachat_names() {
  setopt local_options extended_glob
  local own=${XDG_CONFIG_HOME:-$HOME/.config}/rsachat/keys keys=$RSACHAT_KEYS
  local -a found
  (( ${words[(I)--keys]} )) && keys=${(Q)words[${words[(I)--keys]}+1]/#\\~/$HOME}
  [[ -n $keys ]] || { [[ ! -d keys && -d $own ]] && keys=$own || keys=keys }
  case $1 in
    identity) found=($keys/*-rsapvt.pem(N:t)); found=(${found%-rsapvt.pem}) ;;
    client) found=($keys/*-rsapub.pem(N:t)); found=(${found%-rsapub.pem}) ;;
    server) _rsachat_lines $keys/known_servers 1 ;;
    person) _rsachat_lines $keys/known_peers 2 ;;
    pin) _rsachat_lines $keys/known_servers 1; _rsachat_lines $keys/known_peers 2 @ ;;
  esac
  found=(${(M)found:#(@|)[a-z0-9][a-z0-9._:-]#} ${(M)found:#\\[[0-9a-f:]##\\]:[0-9]##})
  compadd -a found
}"""

_FISH = """\
function __rsachat_keys
    set -l words (commandline -opc)
    set -l own $HOME/.config/rsachat/keys
    set -q XDG_CONFIG_HOME; and set own $XDG_CONFIG_HOME/rsachat/keys
    if set -l at (contains -i -- --keys $words); and set -q words[(math $at + 1)]
        string replace -r '^~' $HOME -- $words[(math $at + 1)]
    else if test -n "$RSACHAT_KEYS"
        echo $RSACHAT_KEYS
    else if not test -d keys; and test -d $own
        echo $own
    else
        echo keys
    end
end
function __rsachat_files
    for file in $argv[1]/*$argv[2]
        string replace -r '.*/' '' -- $file | string replace -- $argv[2] ''
    end
end
function __rsachat_lines
    test -f $argv[1]; and test -r $argv[1]
    and string match -rv '^\\s*#' <$argv[1] | string replace -rf $argv[2] $argv[3]
end
function __rsachat_found
    set -l keys (__rsachat_keys)
    switch $argv[1]
        case identity
            __rsachat_files $keys -rsapvt.pem
        case client
            __rsachat_files $keys -rsapub.pem
        case person
            __rsachat_lines $keys/known_peers '^\\s*\\S+\\s+(\\S+).*' '$1'
        case server pin
            __rsachat_lines $keys/known_servers '^\\s*(\\S+)\\s.*' '$1'
    end
    test $argv[1] = pin
    and __rsachat_lines $keys/known_peers '^\\s*\\S+\\s+(\\S+).*' '@$1'
end
function __rsachat_names
    __rsachat_found $argv[1] |
        string match -r '^@?[a-z0-9][a-z0-9._:-]*$|^\\[[0-9a-f:]+\\]:[0-9]+$'
end"""

LOOK_UP = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}
"""By shell: `_rsachat_names KIND` (in fish `__rsachat_names KIND`), and what it calls."""
