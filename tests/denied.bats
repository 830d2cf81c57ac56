# On a kernel that lacks a newer call (ENOSYS), and in a container that denies it (EPERM), the same bytes arrive.

load helper

# All are younger than the oldest kernel that libc runs on (Linux 3.2). A question mark stands before what is not called
# everywhere: by what libc alone does, where there is no sandbox, where sendmmsg(3) of musl is many sendmsg(2).
UNUSED='?statx,?close_range,?epoll_pwait2,?pidfd_open,?pidfd_send_signal,?openat2,?faccessat2,?clone3,?copy_file_range,?preadv2,?pwritev2,?rseq'
CONFINING='?landlock_create_ruleset ?landlock_add_rule ?landlock_restrict_self ?prctl ?capset'

setup() {
    helper_setup
    REAL=$SOCKKIT SOCKKIT=$DIR/denied
    export ASAN_OPTIONS=detect_leaks=0 # it cannot work below strace
    export REAL DENIED ERROR
    cat >denied <<'END'
#!/bin/sh
exec strace -D -f -qq --seccomp-bpf -A -o calls -e trace="$DENIED" -e inject="$DENIED:error=$ERROR" "$REAL" "$@"
END
    chmod +x denied
    seq 150000 >bytes
}

# Runs the scene with each of the calls denied, then with all of them; names those with which it fails, or that nobody
# makes (PORTABLE=1 has no use for them).
each_denied() {
    local scene=$1 wrong=()
    shift
    for DENIED in "$@" "$UNUSED" "$(tr ' ' ',' <<<"$*"),$UNUSED"; do
        for ERROR in ENOSYS EPERM; do
            : >calls
            "$scene" || wrong+=("$DENIED: $ERROR")
            [[ $DENIED = \?* || -n "${PORTABLE:-}" ]] || grep -q INJECTED calls || wrong+=("$DENIED: nobody calls it")
        done
    done
    ((${#wrong[@]} == 0)) || { printf '%s\n' "${wrong[@]}"; return 1; }
}

from_file() {
    start_serve --once
    sockkit connect "127.0.0.1:$PORT" <bytes && wait_for_exit "$SERVER_PID" && [ "$status" = 0 ] && cmp bytes "$SERVER_OUT"
}

# From a pipe, to a pipe.
from_pipe() {
    STDIN=$DIR/bytes start_serve --once
    # shellcheck disable=SC2002
    cat bytes | sockkit connect "127.0.0.1:$PORT" | cmp bytes - && wait_for_exit "$SERVER_PID" && [ "$status" = 0 ] && cmp bytes "$SERVER_OUT"
}

echoed() {
    start_server echo
    sockkit connect "127.0.0.1:$PORT" <bytes | cmp bytes - && stop "$SERVER_PID" && [ "$status" = 143 ]
}

forwarded() {
    local behind
    start_server echo
    behind=$SERVER_PID
    start_server serve --to "127.0.0.1:$PORT"
    sockkit connect "127.0.0.1:$PORT" <bytes | cmp bytes - && stop "$SERVER_PID" && stop "$behind"
}

@test "a file arrives whole whichever newer call is denied" {
    each_denied from_file splice epoll_create1 getrandom $CONFINING
}

@test "a pipe arrives whole whichever newer call is denied" {
    each_denied from_pipe splice epoll_create1
}

@test "what is echoed comes back whole whichever newer call is denied" {
    each_denied echoed splice epoll_create1 getrandom
}

@test "what is forwarded comes back whole whichever newer call is denied" {
    each_denied forwarded splice epoll_create1 $CONFINING
}

datagrams() {
    start_server udp-serve -c 200 --reply '%m'
    seq 200 | sockkit udp-send -r 200 "127.0.0.1:$PORT" | sort -n | diff <(seq 200) - &&
        wait_for_exit "$SERVER_PID" && [ "$status" = 0 ] && sort -n "$SERVER_OUT" | diff <(seq 200) -
}

@test "datagrams arrive and are answered whichever newer call is denied" {
    each_denied datagrams recvmmsg ?sendmmsg epoll_create1 getrandom $CONFINING
}

talk() {
    start_server chat-serve
    sockkit chat "127.0.0.1:$PORT" one two >said && stop "$SERVER_PID" && [ "$(tail -n 2 said)" = $'(user1) one\n(user1) two' ]
}

@test "what is said in a room is heard whichever newer call is denied" {
    each_denied talk epoll_create1 getrandom $CONFINING
}

guessed() {
    start_server guess
    sockkit connect "127.0.0.1:$PORT" 0 | grep -q '^I picked a number' && stop "$SERVER_PID"
}

@test "a game is played whichever newer call is denied" {
    each_denied guessed epoll_create1 getrandom
}

# A hub that is not there is looked for, and told as that.
hub_sought() {
    run -4 sockkit chat-serve -p 0 --hub redis+unix:nobody?room=r --hub-timeout 100ms
    [[ $output == *'the hub '*nobody* ]]
}

@test "a hub is looked for whichever newer call is denied" {
    each_denied hub_sought epoll_create1 getrandom
}
