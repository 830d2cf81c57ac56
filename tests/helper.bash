# shellcheck shell=bash disable=SC2034
# helper: what every .bats file loads (`load helper`). A test runs in an empty folder of its own, $DIR,
# and whatever it started is ended when it is over; a sockkit that does not end on SIGTERM, or that has crashed, fails the test.
# A file that has a setup or teardown of its own calls helper_setup and helper_teardown in it.
#
#   sockkit ARG...               run it to its end, at most $LIMIT (20) seconds; meant for `run sockkit ...`
#   alone ARG...                 the same with nothing open but 0, 1, 2 and 5 to 9: its first socket is 3 (--trace)
#   start COMMAND [ARG]...       in the background, stdin from $STDIN (default /dev/null): sets PID OUT ERR (files);
#                                `start sockkit ...` is the executable under test; it inherits 0-2 and 5-9 alone
#   start_serve ARG...           = start_server serve ARG...
#   start_server APPLET ARG...   start it, on a free port unless told otherwise, and wait until it is ready:
#                                sets PORT (-U: the path) SERVER_PID SERVER_OUT SERVER_ERR
#   open_feed; close_feed        a pipe for stdin:  open_feed; STDIN=$FEED start sockkit connect :$PORT
#                                echo hello >&"$FEED_FD"; close_feed
#   peer CODE [ARG]...           run Python with what peer.py offers, sockkit(...) among it, at most $LIMIT seconds
#   start_peer CODE [ARG]...     the same in the background, until it calls announce(socket):
#                                sets PEER_PORT PEER_PID PEER_OUT PEER_ERR
#   start_silent [HOST [PORT]]   a server that never answers, since the queue of connections that nobody accepts is full: sets PEER_PORT
#   free_port                    print a port that nobody listens on, in either family, TCP or UDP
#   wait_until COMMAND [ARG]...  until it is true; this and what follows fail after $WAIT (10) seconds
#   wait_for_file FILE           until it is there and not empty
#   wait_for_line FILE REGEX     until a line of it matches (grep -E)
#   wait_for_exit PID            until that started process has ended: sets status
#   stop PID [SIGNAL]            signal it (TERM), then wait_for_exit
#   told TEXT                    print TEXT: what is known from the system alone; the POSIX build ($PORTABLE) is not told
#   gone PID                     true when no such process runs (a zombie does not)
#
# No test sleeps: it waits for an event.

bats_require_minimum_version 1.5.0
# As their load.bash does, but without a process for each of their files, which every test would pay.
for file in "${BATS_LIB_PATH:-/usr/lib/bats}"/bats-{support,assert}/src/*.bash; do
    # shellcheck disable=SC1090
    source "$file"
done

export SOCKKIT=${SOCKKIT:-$BATS_TEST_DIRNAME/../sockkit}
PYTHON=${PYTHON:-python3}
TESTS=$BATS_TEST_DIRNAME
# What starts the tests may ignore signals; what they start must not inherit that.
FRESH=(env '--default-signal=HUP,INT,QUIT,PIPE,TERM,TSTP')
# Python that is there in half the time: no packages of the site (-S), and peer.py and what is like it where they are compiled once a file.
[ -e "$BATS_RUN_TMPDIR/peer.py" ] || cp "$TESTS"/*.py "$BATS_RUN_TMPDIR"
PEER_COMMAND=(PYTHONPATH="$BATS_RUN_TMPDIR" "$PYTHON" -S)

helper_setup() {
    DIR=$BATS_TEST_TMPDIR
    STARTED=()
    cd "$DIR" || return
}

# At its end LeakSanitizer traces its own process; a signal that comes just then can leave it there for good.
looks_for_leaks() { [[ $SOCKKIT == */san/* ]] && grep -q '^TracerPid:.*[1-9]' "/proc/$1/status"; }

helper_teardown() {
    local pid failed=0 status
    close_feed
    for pid in "${STARTED[@]}"; do
        kill -s TERM "$pid" 2>/dev/null && kill -s CONT "$pid" 2>/dev/null
    done
    for pid in "${STARTED[@]}"; do
        if ! WAIT=5 wait_until gone "$pid"; then
            [ ! "/proc/$pid/exe" -ef "$SOCKKIT" ] || looks_for_leaks "$pid" || failed=1
            kill -s KILL "$pid"
        fi
        status=0
        wait "$pid" 2>/dev/null || status=$?
        ! crashed "$status" || { echo "crashed: status $status"; failed=1; } >&2
    done
    ! grep -aqE 'Sanitizer|runtime error:' "$DIR"/started.* 2>/dev/null || failed=1
    if [ -z "${BATS_TEST_COMPLETED:-}" ] || ((failed)); then show_started; fi
    return $failed
}

setup() { helper_setup; }
teardown() { helper_teardown; }

# By SIGILL, SIGABRT, SIGBUS, SIGFPE or SIGSEGV.
crashed() { case $1 in 132 | 134 | 135 | 136 | 139) ;; *) return 1 ;; esac; }

# What the background said, for the reader of a failed test.
show_started() {
    local file
    for file in "$DIR"/started.*; do
        [ -s "$file" ] || continue
        echo "--- ${file##*/}:"
        tail -n 20 "$file" | cat -v
    done
}

sockkit() { timeout -k 1 "${LIMIT:-20}" "${FRESH[@]}" "$SOCKKIT" "$@"; }

# What bats and this file hold open; 5 to 9 are left for a test to pass on. (With 3 open bats would wait for it.)
close_inherited() {
    local fd
    trap - DEBUG
    for fd in "/proc/$BASHPID/fd/"*; do
        fd=${fd##*/}
        ((fd < 3 || (fd > 4 && fd < 10))) || exec {fd}>&-
    done
}

alone() { (close_inherited && sockkit "$@"); }

start() {
    local name=$DIR/started.${#STARTED[@]}
    [ "$1" != sockkit ] || set -- "$SOCKKIT" "${@:2}"
    OUT=$name.out ERR=$name.err
    (
        close_inherited
        exec "${FRESH[@]}" "$@"
    ) <"${STDIN:-/dev/null}" >"$OUT" 2>"$ERR" &
    PID=$!
    STARTED+=("$PID")
}

start_server() {
    local file=$DIR/port.${#STARTED[@]} port=(-p 0)
    case " ${*:2} " in *' -p'* | *' --port '* | *' --port='* | *' -U'* | *' --unix'*) port=() ;; esac
    start sockkit "$1" --port-file "$file" "${port[@]}" "${@:2}"
    SERVER_PID=$PID SERVER_OUT=$OUT SERVER_ERR=$ERR
    wait_for_start "$file" || return
    PORT=$(<"$file")
}

start_serve() { start_server serve "$@"; }

open_feed() {
    FEED=$DIR/feed.${#STARTED[@]}
    mkfifo "$FEED"
    exec {FEED_FD}<>"$FEED" # both ways, so that it does not wait for its reader
}

close_feed() {
    [ -z "${FEED_FD:-}" ] || exec {FEED_FD}>&-
    FEED_FD=
}

peer() { timeout -k 1 "${LIMIT:-20}" "${FRESH[@]}" "${PEER_COMMAND[@]}" -c "from peer import *
$1" "${@:2}"; }

start_peer() {
    local file=$DIR/port.${#STARTED[@]}
    start env PORT_FILE="$file" "${PEER_COMMAND[@]}" -uc "from peer import *
$1" "${@:2}"
    PEER_PID=$PID PEER_OUT=$OUT PEER_ERR=$ERR
    wait_for_start "$file" || return
    PEER_PORT=$(<"$file")
}

start_silent() {
    start_peer '
s = listen(args[0], int(args[1]))
s.listen(0)
full = [socket.socket(s.family) for _ in range(2)]
for c in full:
    c.setblocking(False)
    c.connect_ex(s.getsockname())
announce(s)
time.sleep(100)' "${1:-127.0.0.1}" "${2:-0}"
}

told() { [ -n "${PORTABLE:-}" ] || printf '%s' "$1"; }

free_port() { peer 'print(free_port())'; }

wait_until() { untraced true_in_time "$@"; }

true_in_time() {
    local end=$((SECONDS + ${WAIT:-10}))
    until "$@"; do
        if ((SECONDS > end)); then
            echo "in vain, for ${WAIT:-10} s: $*" >&2
            return 1
        fi
        pause
    done
}

# Without bats' look at every command of it, which costs more than most commands.
untraced() {
    local -
    set +T
    "$@"
}

# 10 ms, without a process: nothing ever comes from this pipe.
pause() {
    [ -n "${SILENCE:-}" ] || exec {SILENCE}<> <(:)
    read -rt 0.01 -u "$SILENCE" || :
}

file_filled() { [ -s "$1" ]; }
line_there() { grep -aqE -e "$2" "$1" 2>/dev/null; }
gone() {
    local stat
    { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 0
    [[ ${stat##*) } == [ZX]* ]]
}
started_or_gone() { file_filled "$1" || gone "$PID"; }

wait_for_file() { wait_until file_filled "$1"; }
wait_for_line() { wait_until line_there "$1" "$2"; }
# Until the process that was started last has written where it listens.
wait_for_start() { wait_until started_or_gone "$1" && file_filled "$1"; }

wait_for_exit() {
    wait_until gone "$1" || return
    status=0
    wait "$1" || status=$?
}

stop() {
    kill -s "${2:-TERM}" "$1"
    wait_for_exit "$1"
}
