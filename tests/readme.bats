# Every command in README.md, in the EXAMPLES of the manual and in the exercises of sockkit-labs(7) is run as it is printed, in a network of its own in
# which every host they name is this one; what README.md and the exercises print as output is compared with what comes.
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2046,SC2086,SC2119,SC2120,SC2154,SC2317,SC2329

load helper

# Hosts that the examples name.
HOSTS='db cache www.example backup backup.example chat.example hub.example other.example'

# What is run in place of a line that needs more than a network: an extended regular expression, and the line instead.
INSTEAD='
HEALTHCHECK CMD .*          sockkit probe -q -w 1 -p 8080
(-- )make test              \1true
-- server --port 8080       -- true
^exec (sockkit .*)          (exec \1)
vmstat -n 1                 seq 3
(udp-send -r all.*)         \1 || [ $? -eq 5 ]
&& umount /srv/db           &\& true
10\.0\.0\.1 10\.0\.0\.0/24    127.0.0.9 127.0.0.0/24
tests/setup( check)? && make (demo|check)  make -n -C "$SOURCE" \2 >/dev/null
'

# shellcheck disable=SC2089,SC2090 # the quotes are those of the patterns
# Who is there already when a block is run: a pattern of the block, and what is started before it.
THERE='
probe --wait                     echo -q -p 5432
probe --wait                     echo -q -p 6379
probe --wait                     echo -q -p 11211
--retry 30s db:5432              echo -q -p 5432
probe db 5432                    echo -q -p 5432
probe db 5432                    echo -q -p 6379
probe db 5432                    echo -q -p 11211
probe db 5432                    echo -q -p 443
-q -w 1 -p 8080                  echo -q -p 8080
localhost 1-65535                echo -q
exclude                          serve -q -p 80
8080/health                      serve -q -p 8080 -C "HTTP/1.1 200 OK" ""
x16/                             serve -q -p 5432 N
PING                             serve -q -p 6379 --reply +PONG
www.example 443                  echo -q -p 443
--expect hello localhost 7$      echo -q -u -p 7
localhost 80$                    serve -q -p 80 --reply ok
connect -p 60000 localhost Bon   serve -q -p 60000
backup.example:60000             serve -q
--name ada chat.example          chat-serve -q
--name build localhost .the      chat-serve -q
udp-send -r 1 localhost:60000    echo -q -u
udp-send -I 100ms                echo -q -u
'

# What a person types at the terminal of a command: text, and what is to be seen before it.
typed() {
    case $1 in
    'sockkit chat --listen --name ada') after 'Bonjour Ada$'; echo /me waves; after 'ada \*\) waves'; echo stop ;;
    'sockkit chat --name bob localhost') after 'is now bob'; echo Bonjour Ada; after 'room is closed' ;;
    'sockkit connect') after 'tries\.$'; echo 50; after lower; echo 12; after higher ;;
    'sockkit connect localhost') after 'tries\.$'; echo 50; after lower; echo zz; after 'not a'; echo 12; after higher ;;
    'sockkit connect localhost 7001') after Welcome; echo one; echo two ;;
    'sockkit chat --name ada localhost') after 'bob left'; echo stop ;;
    esac
}

# What is seen on the terminal of a client that stays before the next command is typed at another.
stays() {
    case $1 in
    'sockkit chat --name ada localhost') echo 'is now ada' ;;
    'sockkit connect -v --no-half-close '* | 'sockkit connect -v 127.0.0.1 Bonjour') echo 'nothing more to send|plus rien à envoyer' ;;
    esac
}

after() { wait_until line_there "$SEEN" "$1"; }

# What follows is played on a system in French, which has no French of its own.
in_french() {
    unset LC_ALL
    export LC_CTYPE=C.UTF-8 LANG=fr_FR.UTF-8
}

setup() {
    helper_setup
    SOURCE=$(cd "$TESTS/.." && pwd) SOCKKIT=$(realpath "$SOCKKIT")
    printf '127.0.0.1 localhost %s\n::1 localhost\n' "$HOSTS" >hosts
    echo 'hosts: files' >nsswitch
}

# --- in the network of a scene ---

is_server() {
    case " $* " in
    *' --help '* | *' -w '*) return 1 ;; # it ends by itself
    ' chat '*'--listen '*) return 0 ;;
    ' serve '* | ' echo '* | ' cmd '* | ' guess '* | ' chat-serve '* | ' udp-serve '*) return 0 ;;
    esac
    return 1
}

# A port has one server: one that is still there at the default port ends before the next.
running() { if [ "$1" = udp-serve ]; then echo running_udp; else echo running_tcp; fi; }
make_room() {
    local one
    one=$(running "$1")
    [ -z "${!one}" ] || { kill "${!one}" && wait "${!one}" || :; } 2>/dev/null
}

# A server goes on in the background, ready; what is typed in a pipeline or behind "&" is itself.
sockkit() {
    local file=$DIR/ready.$((++servers))
    if ((BASHPID != $$)); then exec "$SOCKKIT" "$@"; fi
    if ! is_server "$@"; then
        timeout 30 "$SOCKKIT" "$@"
        return
    fi
    case " $* " in *' -p '*) ;; *) make_room "$1" ;; esac
    "$SOCKKIT" "$1" --port-file "$file" "${@:2}" <&0 &
    PID=$!
    case " $* " in
    *' --port-file '*) ;;
    *) wait_for_start "$file" || return ;;
    esac
    case " $* " in *' -p '*) ;; *) printf -v "$(running "$1")" %s "$PID" ;; esac
}

# The hub of a room, in the background like a server.
redis-server() {
    if ((BASHPID != $$)); then exec redis-server "$@"; fi
    command redis-server "$@" <&0 &
    after 'Ready to accept'
}

# Who sits at the terminal of a room and says nothing: an empty line is nothing.
silent_host() { while echo 2>/dev/null; do sleep 0.1; done; }

# The command at the terminal that shows in $SEEN.
type_command() {
    if [ "$asked" = 'sockkit chat-serve -q' ]; then # in the foreground
        eval "{ $command; }" >"$SEEN" 2>&1 < <(silent_host) || :
    elif [ -n "$(after() { :; }; typed "$command")" ]; then
        eval "{ $command; }" >"$SEEN" 2>&1 < <(typed "$command") || :
    else
        eval "{ $command; }" >"$SEEN" 2>&1 </dev/null || :
    fi
}

# The command on stdin, at terminal N of this scene.
terminal() {
    local command asked
    read -r asked
    command=$asked
    SEEN=$DIR/seen.$1
    : >"$SEEN"
    command=${command% &}
    if [ -z "$(stays "$command")" ]; then
        type_command
    else
        type_command &
        after "$(stays "$command")"
    fi
}

# What differs from run to run.
steady() {
    sed -E 's/(127\.0\.0\.1|192\.0\.2\.7|\[::1\]):[0-9]{5}/ADDRESS/g; s/[0-9.]+ (ms|s)\b/TIME/g; s/^([a-z]+)\([0-9]+/\1(FD/
        s/^((socket|accept)\(.*\) *=) [0-9]+/\1 FD/; s/ +$//' | tr -s ' ' | told_here | sort
}

# What is known from the system alone is left out where the POSIX build is not told.
told_here() {
    if [ -z "$PORTABLE" ]; then
        cat
    else
        sed -E '/^(reachable at|no answer yet from|joignable à|pas encore de réponse de) /d; s/^(sockkit [a-z-]+: [^(]*) \(.*/\1/
            s/ \(Linux(: one more|..?: une de plus)\)//; s/, (and nobody else waits|et personne d.autre n.attend)$//
            s/ (for|pendant) (TIME|some time|quelque temps)$//'
    fi
}

# Whether terminal N has shown what is printed in the file; a line "..." stands for any.
shown_as_printed() {
    (after() { :; }; typed "$command") >"$DIR/typed"
    grep -vxF -f "$DIR/typed" "$1" | steady >"$DIR/printed"
    steady <"$2" >"$DIR/shown"
    if grep -qx '\.\.\.' "$DIR/printed"; then
        sed -i '/^\.\.\.$/d' "$DIR/printed"
        comm -23 "$DIR/printed" "$DIR/shown" >"$DIR/missing"
        [ ! -s "$DIR/missing" ] || { cat "$DIR/missing"; return 1; }
    else
        diff "$DIR/printed" "$DIR/shown"
    fi
}

# Starts those who are there already.
gather() {
    local pattern rest
    while IFS=$'\t' read -r pattern rest; do
        [ -n "$pattern" ] && grep -qE -e "$pattern" "$1" || continue
        eval "sockkit $rest" </dev/null
    done < <(sed -E 's/ {2,}/\t/' <<<"$THERE")
}

begin_scene() {
    running_tcp='' running_udp='' servers=0
    trap 'kill $(jobs -p) 2>/dev/null; wait' EXIT
    ip link set lo up
    ip addr add 192.0.2.7/24 dev lo # the one of a classmate
    ip route add 224.0.0.0/4 dev lo
    mount --bind "$DIR/hosts" /etc/hosts
    mount --bind "$DIR/nsswitch" /etc/nsswitch.conf
    gather "$1.sh"
}

end_scene() {
    local n command
    for n in {0..20}; do
        [ -f "$1.$n" ] || break
        command=$(awk -v n="$n" '$0 == "terminal " n " <<'"'COMMAND'"'" { getline; sub(/ &$/, ""); print }' "$1.sh")
        wait_until shown_as_printed "$1.$n" "$DIR/seen.$n" >"$DIR/differs" 2>&1 ||
            { shown_as_printed "$1.$n" "$DIR/seen.$n"; echo "^ $command"; return 1; }
    done
}

# --- all scenes ---

# The lines of the scenes that need a stand-in have it.
stand_in() {
    local from to
    while IFS=$'\t' read -r from to; do
        [ -z "$from" ] || sed -i -E "s~$from~$to~" "$@"
    done < <(sed -E 's/ {2,}/\t/' <<<"$INSTEAD")
}

# Runs a scene in an empty folder and a network of its own, with what its files are named after.
scene() {
    local map=()
    [ "$(id -u)" = 0 ] || map=(--map-root-user)
    rm -rf work seen.* ready.*
    mkdir -p work/src work/.local/bin
    echo hello | tee work/request work/lines.txt work/src/file >work/disk.img
    (
        close_inherited
        cd work || exit
        HOME=$PWD PATH=$DIR/path:$PATH exec timeout -k 1 40 unshare "${map[@]}" --net --mount \
            bash -c '. ../functions; begin_scene "$1"; set -eE; trap "echo failed: \"\$BASH_COMMAND\"" ERR; . "$1.sh"; set +eE; end_scene "$1"' bash "$DIR/${1%.sh}"
    ) >log 2>&1 </dev/null
}

play_all() {
    local file failed=0
    local PORTABLE=${PORTABLE:-}
    mkdir scenes path
    ln -s "$SOCKKIT" path/sockkit
    python3 -B "$TESTS/scenes.py" scenes "$@" || return
    stand_in scenes/*.sh
    {
        declare -f is_server running make_room sockkit redis-server silent_host type_command terminal typed stays after steady told_here shown_as_printed gather begin_scene end_scene \
            wait_until true_in_time untraced pause wait_for_start started_or_gone file_filled line_there gone
        # shellcheck disable=SC2090
        declare -p THERE DIR SOCKKIT SOURCE PORTABLE
    } >functions
    for file in scenes/*.sh; do
        scene "$file" || { failed=1; echo "--- $file:"; cat "$file" log; [ ! -f seen.0 ] || tail -n 20 seen.*; }
    done
    return $failed
}

@test "the commands of README.md work as printed, and print what it says" {
    play_all "$SOURCE/README.md"
}

@test "the examples of the manual work as printed" {
    play_all "$SOURCE"/man/*.1
}

@test "the exercises of sockkit-labs(7) work as printed, and print what it says" {
    play_all "$SOURCE"/man/sockkit-labs.7
}

@test "the commands of README.fr.md print in French what it says" {
    in_french
    play_all "$SOURCE/README.fr.md"
}

@test "the exercises of sockkit-labs(7) in French print in French what it says" {
    in_french
    play_all "$SOURCE"/man/fr/sockkit-labs.7
}

@test "the commands in the text of README.md are understood" {
    local line
    grep -oE '`sockkit [^`]+`' "$SOURCE/README.md" | tr -d '\`' | sed -E '/^sockkit help/!s/^sockkit [a-z-]+/& --help/' >lines
    [ -s lines ]
    mkdir path
    ln -s "$SOCKKIT" path/sockkit
    while read -r line; do
        PATH=$DIR/path:$PATH timeout 30 bash -c "$line" >out || { echo "$line"; return 1; }
        [[ $line = 'sockkit help tour'* ]] || grep -q '^Usage: ' out
    done <lines
}
