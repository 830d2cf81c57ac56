#!/usr/bin/env bats
# -v, -vv: what is told beyond the ordinary narration.
# shellcheck disable=SC2016,SC2154
load helper

# What -vv says of a connection, behind the peer's name.
MEASURED='measured: rtt [0-9]+\.[0-9]{2} ms, rttvar [0-9]+\.[0-9]{2} ms, retransmits 0, cwnd [1-9][0-9]*, unacknowledged 0$'

# measured FILE: it says that of a TCP peer; where the system does not tell, nothing.
measured() {
    local line
    line=$(told '127.0.0.1:[0-9]+ measured')
    if [ -n "$line" ]; then grep -qE "^127\.0\.0\.1:[0-9]+ $MEASURED" "$1"; else ! grep -q measured "$1"; fi
}

# ask APPLET LINE [OPTION]...: a client says LINE and hears the answer; the server's stderr is in err, without ports.
ask() {
    start_server "$1" -b 127.0.0.1 "${@:3}"
    run -0 sockkit connect "127.0.0.1:$PORT" "$2"
    wait_for_line "$SERVER_ERR" closed
    stop "$SERVER_PID"
    sed -E 's/127\.0\.0\.1:[0-9]+/PEER/; s/closed .*/closed/' "$SERVER_ERR" >err
}

@test "-v tells the requests and answers of cmd, guess and echo; without it nobody is told" {
    ask cmd 'UPPER "é' -v
    assert_equal "$(grep -E 'request|answer' err)" 'PEER request "UPPER \"é"
PEER answer "\"É\n"'
    ask guess xyz -v
    assert_equal "$(grep -E 'request|answer' err | sed -n '2,$p' | cut -c -20)" 'PEER request "xyz"
PEER answer "not a n'
    ask echo 'Bonjour' -v
    assert_equal "$(grep -E 'request|answer' err)" 'PEER request "Bonjour\n"
PEER answer "Bonjour\n"'
    ask serve Bonjour --reply 'you said %m' -v
    assert_equal "$(grep -E 'request|answer' err)" 'PEER request "Bonjour"
PEER answer "you said Bonjour\n"'
    for applet in cmd guess echo; do
        ask "$applet" Bonjour
        assert_equal "$(cat err)" "listening on PEER
PEER connected
PEER closed"
    done
}

@test "-v tells datagrams and their answers, too" {
    for applet in cmd echo; do
        start_server "$applet" -v -u -b 127.0.0.1
        run -0 sockkit udp-send -r 1 "127.0.0.1:$PORT" "ECHO hello"
        wait_for_line "$SERVER_ERR" '^127\.0\.0\.1:[0-9]+ answer "'
        grep -qE '^127\.0\.0\.1:[0-9]+ request "ECHO hello"$' "$SERVER_ERR"
        stop "$SERVER_PID"
    done
}

@test "-v shows a long request in part, and nothing that acts on a terminal" {
    ask cmd "ECHO $(printf '\033[31m%0300d' 0)" -v
    run -0 grep request err
    assert_output --partial '\x1b[31m0'
    assert_output --regexp '0"\.\.\.$'
    ((${#output} < 300))
}

@test "-v of a room tells nobody's private words" {
    ask chat-serve '/msg user1 secret' -v
    run ! grep -q secret err
}

@test "-v tells what a command ended with, of serve and of connect" {
    start_server serve -v -b 127.0.0.1 -e 'exit 3'
    run -143 sockkit connect -v "127.0.0.1:$PORT" -e 'kill -TERM $$'
    assert_line "127.0.0.1:$PORT command ended by signal 15 (Terminated)"
    wait_for_line "$SERVER_ERR" '^127\.0\.0\.1:[0-9]+ command ended with status 3$'
    stop "$SERVER_PID"
    start_server serve -b 127.0.0.1 -e 'exit 3'
    run -0 sockkit connect "127.0.0.1:$PORT" -e 'exit 0'
    refute_output --partial command
    wait_for_line "$SERVER_ERR" closed
    run ! grep command "$SERVER_ERR"
}

@test "-v tells what is waited for: clients, a datagram, replies" {
    start_server cmd -v -u -b 127.0.0.1
    run -0 sockkit connect "127.0.0.1:$PORT" QUIT
    wait_until eval '(($(grep -c "^waiting for a client$" "$SERVER_ERR") == 2))'
    grep -qx 'waiting for a datagram' "$SERVER_ERR"
    run -0 sockkit udp-send -v -r 1 -w 5 "127.0.0.1:$PORT" 'LEN abc'
    assert_line --regexp '^waiting for a reply \(0 of 1 came\), [45].* s at most$'
    stop "$SERVER_PID"
    start_server serve -v -b 127.0.0.1 --once
    run -0 sockkit connect "127.0.0.1:$PORT" x
    wait_for_exit "$SERVER_PID"
    assert_equal "$(grep -c "^waiting" "$SERVER_ERR")" 1
}

@test "-v tells that a server is full" {
    start_server echo -v -b 127.0.0.1 -m 1
    open_feed
    STDIN=$FEED start sockkit connect "127.0.0.1:$PORT"
    wait_for_line "$SERVER_ERR" '^1 client at once: others wait$'
    assert_equal "$(grep -c 'others wait' "$SERVER_ERR")" 1
}

@test "-v tells after a second that the peer has not ended its side" {
    start_server serve -b 127.0.0.1 -e 'sleep 1.5'
    run -0 --separate-stderr sockkit connect -v "127.0.0.1:$PORT" x
    assert_equal "${stderr_lines[1]}" "nothing more to send: waiting for 127.0.0.1:$PORT to end its side"
    run -0 --separate-stderr sockkit connect -q "127.0.0.1:$PORT" x
    assert_equal "$stderr" ''
}

@test "-v tells after a second whose answer is still waited for" {
    start_silent
    run -5 sockkit connect -v -w 1500ms "127.0.0.1:$PEER_PORT" x
    assert_line "waiting for 127.0.0.1:$PEER_PORT to answer"
    run -5 sockkit connect -w 1500ms "127.0.0.1:$PEER_PORT" x
    refute_line --partial "waiting for 127"
}

@test "-vv tells what was measured of each connection that closes; -v does not" {
    ask echo Bonjour -vv
    measured "$SERVER_ERR"
    ask echo Bonjour -v
    run ! grep measured err
    start_server echo -b 127.0.0.1
    for client in "connect -vv 127.0.0.1:$PORT x" "probe -vv 127.0.0.1:$PORT"; do
        # shellcheck disable=SC2086
        sockkit $client >out 2>err
        measured err
    done
    stop "$SERVER_PID"
    start_server chat-serve -b 127.0.0.1
    sockkit chat -vv "127.0.0.1:$PORT" x >out 2>err
    measured err
}

@test "-vv tells both connections of a pair (--to); of a Unix socket nothing is measured" {
    start_server echo -b 127.0.0.1
    start_server serve -vv -b 127.0.0.1 --to "127.0.0.1:$PORT"
    run -0 sockkit connect "127.0.0.1:$PORT" x
    wait_for_line "$SERVER_ERR" closed
    assert_equal "$(grep -c measured "$SERVER_ERR")" "$([ -z "$(told x)" ] && echo 0 || echo 2)"
    start_server echo -vv -U socket
    run -0 sockkit connect -vv -U socket x
    refute_line --partial measured
    wait_for_line "$SERVER_ERR" closed
    run ! grep measured "$SERVER_ERR"
}
