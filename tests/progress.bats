# --progress: bytes, rate and time left; drawn on a terminal, lines elsewhere.
# shellcheck disable=SC2034,SC2154,SC2016

load helper
load terminal

setup() { terminal_setup; }
teardown() { terminal_teardown; }

# Takes a part of what one client sends, says "halfway", and waits for the file go before it takes the rest.
start_reader() {
    start_peer 'l = listen()
l.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
announce(l)
s = l.accept()[0]
data = read_exactly(s, 1 << 20)
s.sendall(b"halfway\n")
wait_until(lambda: os.path.exists("go"))
data += read_all(s)
s.sendall(b"%d\n" % len(data))'
    head -c 8M /dev/zero >large
}

DRAWN='^sent [0-9.]+ [KM]iB, [0-9.]+ ([KM]i)?B/s; received [0-9.]+ B, [0-9.]+ B/s; [0-9.a-z ]+ left$'

@test "on a terminal it is drawn below what arrives; at the end the totals are told" {
    start_reader
    terminal sh -c 'exec "$1" connect --progress -O sndbuf=65536 "127.0.0.1:$2" <large' sh "$SOCKKIT" "$PEER_PORT"
    wait_for_text "$DRAWN"
    wait_for_text '^halfway$'
    wait_for_text "$DRAWN"
    run screen
    assert_equal "${#lines[@]}" 2
    assert_line --index 0 halfway
    touch go
    wait_for_end
    assert_equal "$status" 0
    run screen
    assert_equal "${#lines[@]}" 3
    assert_line --index 1 8388608
    assert_line --index 2 --regexp '^sent 8388608 bytes, received 16 bytes, [0-9.]+ m?s$'
}

@test "on 20 columns it takes one row" {
    local COLUMNS_WANTED=20
    start_reader
    terminal sh -c 'exec "$1" connect --progress -O sndbuf=65536 "127.0.0.1:$2" <large' sh "$SOCKKIT" "$PEER_PORT"
    wait_for_text '^sent '
    wait_for_text '^halfway$'
    wait_for_text '^sent '
    run screen
    assert_equal "${#lines[@]}" 2
    touch go
    wait_for_end
}

@test "a stdout that is no terminal gets the very bytes while it is drawn" {
    start_reader
    terminal sh -c 'exec "$1" connect --progress -O sndbuf=65536 "127.0.0.1:$2" <large >out' sh "$SOCKKIT" "$PEER_PORT"
    wait_for_text "$DRAWN"
    touch go
    wait_for_end
    assert_equal "$(<out)" $'halfway\n8388608'
}

@test "elsewhere it is a line every few seconds" {
    start_reader
    STDIN=large start sockkit connect --progress -O sndbuf=65536 "127.0.0.1:$PEER_PORT"
    wait_for_line "$ERR" "$DRAWN"
    touch go
    wait_for_exit "$PID"
    assert_equal "$status" 0
    run cat -v "$ERR"
    assert_line --index -1 --regexp '^sent 8388608 bytes, received 16 bytes, [0-9.]+ s$'
    refute_output --partial '^['
}

@test "beside the line editor it is seen while nothing is typed" {
    start_partner
    terminal sockkit connect --progress "127.0.0.1:$PORT"
    wait_for_text '^sent 0 B, 0 B/s; received 0 B, 0 B/s$'
    type_keys hello
    wait_for_screen hello
    partner_says 'text\nlogin: '
    wait_for_screen $'text\nlogin: hello'
    type_keys Enter
    partner_says 'in\n'
    wait_for_text '^sent 6 B, [0-9.]+ B/s; received 15 B, [0-9.]+ B/s$'
    close_feed
    wait_for_end
    assert_equal "$status" 0
}

@test "serve shows it: what clients send, and the time left of a file" {
    head -c 8M /dev/zero >large
    terminal sh -c 'exec "$1" serve --progress --once -p 0 --port-file port <large' sh "$SOCKKIT"
    wait_for_file port
    start_peer 's = connect(args[0])
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
s.sendall(b"hello\n")
announce(s)
data = read_exactly(s, 1 << 20)
wait_until(lambda: os.path.exists("go"))
data += read_all(s)
print(len(data))' "$(<port)"
    wait_for_text '^hello$'
    wait_for_text '^sent [0-9.]+ MiB, [0-9.]+ [KM]?i?B/s; received 6 B, [0-9.]+ B/s; [0-9.a-z ]+ left$'
    touch go
    wait_for_exit "$PEER_PID"
    assert_equal "$(<"$PEER_OUT")" 8388608
    wait_for_end
    assert_equal "$status" 0
    screen_has '^sent 8388608 bytes, received 6 bytes, '
}

@test "the time left leaves out what a server has waited for its client" {
    head -c 8M /dev/zero >large
    STDIN=large start sockkit serve --progress --once -p 0 --port-file port -O sndbuf=64K
    local server=$PID told=$ERR
    wait_for_file port
    wait_for_line "$told" '^sent 0 B, 0 B/s; received 0 B, 0 B/s$' # 3 s
    start_peer 's = connect(args[0])
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
announce(s)
data = read_exactly(s, 4 << 20)
wait_until(lambda: os.path.exists("go"))
read_all(s)' "$(<port)"
    wait_for_line "$told" ' left$' # 3 s more: over half of it is read, so that less than 3 s are left
    grep -qE '^sent 4\.[0-9] MiB, .*; [12]\.[0-9] s left$' "$told"
    touch go
    wait_for_exit "$server"
    assert_equal "$status" 0
}

@test "serve --once to a file shows it too" {
    terminal sh -c 'exec "$1" serve --progress --once -p 0 --port-file port >out </dev/null' sh "$SOCKKIT"
    wait_for_file port
    start_peer 's = connect(args[0])
announce(s)
s.sendall(bytes(1 << 20))
wait_until(lambda: os.path.exists("go"))' "$(<port)"
    wait_for_text '^sent 0 B, 0 B/s; received 1.0 MiB, '
    touch go
    wait_for_end
    assert_equal "$(stat -c %s out)" 1048576
}

@test "-q silences it; -e excludes it" {
    start_reader
    touch go
    run sockkit connect -q --progress "127.0.0.1:$PEER_PORT" </dev/null
    assert_success
    refute_output --partial sent
    for applet in connect serve; do
        run sockkit "$applet" -e true --progress
        assert_failure 2
        assert_output --partial progress
    done
}
