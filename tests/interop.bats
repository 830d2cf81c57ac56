# Together with the tools that are there already: OpenBSD's nc, ncat, socat, busybox nc.
# shellcheck disable=SC2016,SC2030,SC2031,SC2153,SC2154

load helper

listening() { grep -qhE "^ *[0-9]+: [0-9A-F]+:$(printf %04X "$1") [0-9A-F:]+ 0A" /proc/net/tcp /proc/net/tcp6; }

# Starts a server of theirs for one connection. It runs the script `answer` with the connection as stdin and stdout: theirs TOOL.
theirs() {
    PORT=$(free_port)
    case $1 in
    ncat) start ncat -l -e ./answer 127.0.0.1 "$PORT" ;;
    socat) start socat "TCP-LISTEN:$PORT,bind=127.0.0.1" EXEC:./answer,pipes ;;
    busybox) start busybox nc -l -p "$PORT" -e ./answer ;;
    esac
    wait_until listening "$PORT"
}

# The words that start a client of theirs, its stdin and stdout the connection.
client() {
    case $1 in
    nc) echo "nc.openbsd -N 127.0.0.1 $PORT" ;;
    ncat) echo "ncat 127.0.0.1 $PORT" ;;
    socat) echo "socat -t 10 STDIO TCP:127.0.0.1:$PORT" ;;
    busybox) echo "busybox nc 127.0.0.1 $PORT" ;;
    esac
}

script() {
    printf '#!/bin/sh\n%s\n' "$2" >"$1"
    chmod +x "$1"
}

client_ends_first() {
    script answer 'cat >heard; echo answer'
    theirs "$1"
    run -0 sockkit connect ":$PORT" question
    assert_output answer
    assert_equal "$(cat heard)" question
}

server_ends_first() {
    script answer 'echo greeting; exec >&-; cat >heard.new; mv heard.new heard'
    theirs "$1"
    echo 'said after the end' >said
    run -0 sockkit connect ":$PORT" <said
    assert_output greeting
    wait_for_file heard
    assert_equal "$(cat heard)" 'said after the end'
}

# nc and ncat leave when their peer half-closes: they need --no-half-close.
client_does_not_end() {
    open_feed
    STDIN=$FEED start "$@"
    local theirs=$PID heard=$OUT
    wait_until listening "$PORT"
    echo question >question
    STDIN=question start sockkit connect --no-half-close ":$PORT"
    wait_for_line "$heard" '^question'
    echo answer >&"$FEED_FD"
    close_feed
    wait_for_exit "$PID"
    assert_equal "$status $(cat "$OUT")" '0 answer'
    wait_for_exit "$theirs"
}

# The server half-closes at the end of its stdin: COMMAND...
stdin_ends_first() {
    echo greeting >greeting
    STDIN=greeting start "$@"
    local theirs=$PID heard=$OUT
    wait_until listening "$PORT"
    open_feed
    STDIN=$FEED start sockkit connect -T ":$PORT"
    echo before >&"$FEED_FD"
    wait_for_line "$ERR" '^recv.* = 0 '
    echo after >&"$FEED_FD"
    close_feed
    wait_for_exit "$PID"
    assert_equal "$status $(cat "$OUT")" '0 greeting'
    wait_for_exit "$theirs"
    assert_equal "$(cat "$heard")" $'before\nafter'
}

greets_first() {
    script answer 'echo "name?"; read -r name; echo "Hello $name"'
    theirs "$1"
    open_feed
    STDIN=$FEED start sockkit connect ":$PORT"
    wait_for_line "$OUT" '^name\?'
    echo Ada >&"$FEED_FD"
    wait_for_line "$OUT" '^Hello Ada'
    close_feed
    wait_for_exit "$PID"
}

@test "connect half-closes, a socat server answers then" { client_ends_first socat; }
@test "connect half-closes, a busybox server answers then" { client_ends_first busybox; }
@test "connect leaves its side open, nc sends on from its stdin" {
    PORT=$(free_port)
    client_does_not_end nc.openbsd -N -l 127.0.0.1 "$PORT"
}
@test "connect leaves its side open, ncat sends on from its stdin" {
    PORT=$(free_port)
    client_does_not_end ncat -l 127.0.0.1 "$PORT"
}

@test "a socat server half-closes, connect sends on" { server_ends_first socat; }
@test "nc half-closes at the end of its stdin, connect sends on" {
    PORT=$(free_port)
    stdin_ends_first nc.openbsd -N -l 127.0.0.1 "$PORT"
}
@test "ncat half-closes at the end of its stdin, connect sends on" {
    PORT=$(free_port)
    stdin_ends_first ncat -l 127.0.0.1 "$PORT"
}

@test "an ncat server that greets first" { greets_first ncat; }
@test "a socat server that greets first" { greets_first socat; }
@test "a busybox server that greets first" { greets_first busybox; }

their_client_ends_first() {
    start_server serve --once -e 'cat >heard; echo answer'
    echo question >question
    # shellcheck disable=SC2046
    run -0 timeout 10 $(client "$1") <question
    assert_output answer
    wait_for_exit "$SERVER_PID"
    assert_equal "$status $(cat heard)" '0 question'
}

our_server_ends_first() {
    echo greeting >greeting
    STDIN=greeting start_server serve --once -T
    open_feed
    # shellcheck disable=SC2046
    STDIN=$FEED start $(client "$1")
    wait_for_line "$SERVER_ERR" '^shutdown'
    wait_for_line "$OUT" '^greeting'
    echo later >&"$FEED_FD"
    close_feed
    wait_for_exit "$PID"
    wait_for_exit "$SERVER_PID"
    assert_equal "$status $(cat "$SERVER_OUT")" '0 later'
}

many_bytes() {
    head -c 8388608 /dev/urandom >data
    STDIN=data start_server serve --once
    # shellcheck disable=SC2046
    timeout 10 $(client "$1") <data >got
    wait_for_exit "$SERVER_PID"
    cmp data "$SERVER_OUT"
    cmp data got
}

no_newline() {
    start_serve --once --reply '<%m>'
    open_feed
    # shellcheck disable=SC2046
    STDIN=$FEED start $(client "$1")
    printf Bonjour >&"$FEED_FD"
    wait_for_line "$OUT" '^<Bonjour>'
    close_feed
    wait_for_exit "$PID"
}

@test "an nc client half-closes, serve answers then" { their_client_ends_first nc; }
@test "an ncat client half-closes, serve answers then" { their_client_ends_first ncat; }
@test "a socat client half-closes, serve answers then" { their_client_ends_first socat; }
@test "a busybox client half-closes, serve answers then" { their_client_ends_first busybox; }

@test "serve half-closes at the end of stdin, an nc client sends on" { our_server_ends_first nc; }
@test "serve half-closes at the end of stdin, a socat client sends on" { our_server_ends_first socat; }

@test "many bytes both ways with nc" { many_bytes nc; }
@test "many bytes both ways with ncat" { many_bytes ncat; }
@test "many bytes both ways with socat" { many_bytes socat; }

@test "a message without a newline from nc that waits for the answer" { no_newline nc; }
@test "a message without a newline from ncat that waits for the answer" { no_newline ncat; }
@test "a message without a newline from socat that waits for the answer" { no_newline socat; }
@test "a message without a newline from busybox nc that waits for the answer" { no_newline busybox; }

@test "tcpserver's programs and ours know the same environment" {
    PORT=$(free_port)
    start tcpserver -H -R -l localhost 127.0.0.1 "$PORT" sh -c 'env | grep -E "^(PROTO|TCP)" | sort; cat'
    wait_until listening "$PORT"
    run -0 sockkit connect ":$PORT" </dev/null
    grep -oE '^[A-Z]+' <<<"$output" | grep -vE 'HOST|INFO' >theirs
    STDIN=/dev/null start_server serve --once -e 'env | grep -E "^(PROTO|TCP)" | sort'
    run -0 sockkit connect ":$PORT" </dev/null
    assert_equal "$(grep -oE '^[A-Z]+' <<<"$output")" "$(cat theirs)"
}
