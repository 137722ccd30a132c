# What runs on each host of a push, in any POSIX shell. The settings stand in lines before this text (script.py).
#
# Its stdin has, one after the other: this text; the host's name (- where it is to find its own); how many lines tell of
# hosts below it, and these; where it has no program, one that is brought; the line of the push's private network; and
# then a line every few seconds as long as the one at the other end is alive. When stdin ends, all ends here.
# Its stdout has lines "@pswarm HOST KIND REST" (words.py); whatever else stands there is none of ours.

say() { printf '@pswarm %s %s\n' "$self" "$*"; }
fail() { # CODE REASON
  say failed "$1" "$2"
  exit 0
}
first_line() { printf '%s' "$1" | head -n 1 | tr -d '\r'; }

# A line to a reader that is gone is an error of that line, and no reason to leave the rest undone.
trap '' PIPE HUP
IFS= read -r self || exit 0
[ "$self" != - ] || self=${SLURMD_NODENAME:-$(hostname)}
below= count=0
IFS= read -r lines || exit 0
while [ "$count" -lt "$lines" ]; do
  IFS= read -r line || exit 0
  below="$below$line
"
  count=$((count + 1))
done
say up

# --- the program ------------------------------------------------------------------------------------------------------

brought=
remove_brought() { [ -z "$brought" ] || [ "$keep_binary" = 1 ] || rm -rf -- "$brought"; }
is_right() { [ "$(sha256sum <"$1" 2>/dev/null | cut -d ' ' -f 1)" = "$binary_hash" ]; }
cache=${XDG_CACHE_HOME:-$HOME/.cache}/peerProcess
case $program in '~/'*) program=$HOME/${program#'~/'} ;; esac
if [ -n "$binary_hash" ] && [ -x "$cache/$binary_hash/peerProcess" ] && is_right "$cache/$binary_hash/peerProcess"; then
  program=$cache/$binary_hash/peerProcess version=kept
elif ! version=$("$program" --version 2>&1 </dev/null); then
  why=$(first_line "$version")
  [ -n "$binary_hash" ] || fail 1 "the program cannot be run there ($(uname -m)): $why"
  say missing "$(uname -m)" "$why"
  IFS= read -r length || exit 0
  if [ "$keep_binary" = 1 ]; then
    brought=$cache/$binary_hash
    mkdir -p -- "$brought"
  else
    mkdir -p -- "$cache" 2>/dev/null
    brought=$(mktemp -d "$cache/push.XXXXXX" 2>/dev/null || mktemp -d)
  fi
  program=$brought/peerProcess
  (umask 077 && head -c "$length" >"$program.new") || { remove_brought && fail 17 "the program could not be written to $brought"; }
  is_right "$program.new" || { rm -rf -- "$brought" && fail 32 "the program that was brought is not as it was sent"; }
  chmod 700 "$program.new" && mv "$program.new" "$program"
  if ! version=$("$program" --version 2>&1 </dev/null); then
    rm -rf -- "$brought"
    fail 1 "the program that was brought cannot be run there ($(uname -m)): $(first_line "$version")"
  fi
fi

[ -z "$binary_hash" ] || say program "$(first_line "$version")"

# --- where it goes ----------------------------------------------------------------------------------------------------

leave() { # CODE REASON
  remove_brought
  fail "$1" "$2"
}
while :; do
  case $dest in
    *'{host}'*) dest=${dest%%'{host}'*}${self##*@}${dest#*'{host}'} ;;
    *) break ;;
  esac
done
case $dest in
  '~') dest=$HOME/ ;;
  '~/'*) dest=$HOME/${dest#'~/'} ;;
  -*) dest=./$dest ;;
esac
into=0
case $dest in */ | . | .. | */. | */..) into=1 ;; esac
# A file cannot take a folder's place, so it goes into it; a folder is updated under its name, also the second time.
[ "$is_folder" = 1 ] || [ ! -d "$dest" ] || into=1
if [ "$into" = 1 ]; then
  out=$dest name=$source_name
else
  name=${dest##*/} out=.
  case $dest in */*) out=${dest%/*} ;; esac
  [ -n "$out" ] || out=/
fi
[ -d "$out" ] || made=$(mkdir -p -- "$out" 2>&1) || leave 17 "$made"
place=${out%/}/$name
[ "$replace" = 1 ] || [ ! -e "$place" ] || leave 17 "$place is there already, and is not replaced without --force"
# A disk that is too full is told now, and not after a minute's patience. What an earlier push has begun is there already.
if [ ! -e "$place" ]; then
  free=$(df -Pk -- "$out" 2>/dev/null | while read -r _ _ _ free _; do echo "$free"; done | tail -n 1) begun=0
  [ ! -e "$place.part" ] || begun=$(du -sk -- "$place.part" 2>/dev/null | cut -f 1)
  case $free in
    '' | *[!0-9]*) ;;
    *)
      needed=$((size / 1024))
      [ $((free + ${begun:-0})) -ge "$needed" ] || leave 9 "$out: the disk is full, $free KiB are free of the $needed KiB that it takes"
      ;;
  esac
fi
# Those above know best where the seed is; else it is where this connection comes from.
[ -n "$seed_host" ] || seed_host=${pswarm_seed_host:-${SSH_CONNECTION%% *}}
[ -n "$seed_host" ] || seed_host=${SLURM_LAUNCH_NODE_IPADDR:-localhost}
case $seed_host in [![]*:*) seed_host="[$seed_host]" ;; esac

# A file has the source's permissions, but for those that the user takes away here from all that he makes. What others may
# not do with the source they cannot do with the copy either, while it comes, too; nor with what is in a folder.
[ "$exact" = 1 ] || mode=$(printf '%o' $((0$mode & ~0$(umask))))
umask "$(printf '%o' $((0$(umask) | (077 & ~0$mode))))"

# --- the copy ---------------------------------------------------------------------------------------------------------

copy() {
  [ "$replace" = 0 ] || set -- --update
  [ -z "$limit_up" ] || set -- "$@" --limit-up "$limit_up"
  case $linger in
    '') set -- "$@" --keep ;;
    0) ;;
    *) set -- "$@" --linger "$linger" ;;
  esac
  "$program" get "$content" --as "$name" --out "$out" --network-key - --join "$seed_host:$seed_port" --no-multicast \
    --while-stdin "$silence" --json-progress --progress none --log-level error "$@"
  printf 'exit %s\n' $?
}

# Once, when all is there.
finish() {
  if [ "$is_folder" = 0 ]; then why=$(chmod "$mode" "$place" 2>&1) || return 1; fi
  if [ -n "$changed" ]; then why=$(touch -c -m -d "@$changed" "$place" 2>&1) || return 1; fi
  case $fsync$is_folder in
    10) why=$(sync "$place" "$out" 2>&1) || return 1 ;;
    11) why=$(sync -f "$place" 2>&1) || return 1 ;;
  esac
}

tell() {
  state= why= code=1
  while IFS= read -r line; do
    case $line in
      '{'*'"complete":true'*)
        say at "$line"
        if [ -z "$state" ]; then
          if finish; then state=complete && say complete "$place"; else state=failed && say failed 17 "$(first_line "$why")"; fi
        fi
        ;;
      '{'*) say at "$line" ;;
      'peerProcess: '*) why=${line#peerProcess: } ;;
      'exit '*) code=${line#exit } ;;
    esac
  done
  remove_brought
  [ "$code" != 7 ] || why=${why:-it was interrupted there, or heard nothing from here for $silence s}
  [ -n "$state" ] || say failed "$code" "${why:-the program ended with $code}"
  say ended
}

# --- hosts below ------------------------------------------------------------------------------------------------------
# A line of each: how many stand below it, and its name; those below follow it. Each that stands directly below this one
# gets a pipe, which the descriptors 4 to 7 keep open.

start_next() { # DESCRIPTOR NAME LINES COUNT
  [ -n "$pipes" ] && mkfifo -m 600 "$pipes/$1" && eval "exec $1<>\"\$pipes/$1\"" && exec 8<"$pipes/$1" || return
  {
    eval "$ssh_command"' -- "$(printf %s "$2" | tr -d "[]")" "$bootstrap"' 2>&1 | (
      while IFS= read -r line; do
        case $line in '@pswarm '*) printf '%s\n' "$line" ;; *) printf '@pswarm %s said %s\n' "$2" "$line" ;; esac
      done
    )
    printf '@pswarm %s gone\n' "$2"
  } <&8 >&3 4>&- 5>&- 6>&- 7>&- 8<&- &
  exec 8<&-
  {
    printf '%s\nENDOFSCRIPT\n%s\n%s\n%s' "$script" "$2" "$4" "$3"
    echo "$network"
  } >&"$1"
}

start_all_next() {
  next=4 skip=0 head= part= lines=0
  while IFS= read -r line; do
    if [ "$skip" -gt 0 ]; then
      part="$part$line
"
      skip=$((skip - 1))
    else
      if [ -n "$head" ]; then
        # What is not started from here is started from where the push began.
        if start_next "$next" "$head" "$part" "$lines"; then next=$((next + 1)); else printf '@pswarm %s gone\n' "$head" >&3; fi
      fi
      lines=${line%% *} skip=${line%% *} head=${line#* } part=
    fi
  done <<END
$below
END
}

# Passes on what comes from above: to the program by stdout, and to those below.
pass_on() {
  IFS= read -r network || return
  # The secret is for echo alone: printf is a program of its own in some shells, whose command line all can see.
  echo "$network"
  pipes=$(mktemp -d) || pipes=
  script="pswarm_seed_host='$seed_host'
$script"
  start_all_next
  rm -rf -- "$pipes"
  while IFS= read -r line; do
    for each in 1 4 5 6 7; do [ "$each" -ge "$next" ] || printf '%s\n' "$line" >&"$each"; done 2>/dev/null
  done
  exec 4>&- 5>&- 6>&- 7>&-
  wait
}

if [ -z "$below" ]; then
  copy 2>&1 | tell
else
  exec 3>&1
  pass_on 3>&3 | { copy 2>&1 | tell; } 3>&-
fi
