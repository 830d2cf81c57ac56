# echo: every byte back, over TCP and UDP; bounded memory; --workers.
# shellcheck disable=SC2016,SC2153,SC2154

load helper

start_echo() { start_server echo "$@"; }

# Resident memory of a process, in KiB.
resident() { awk '/^VmRSS/ { print $2 }' "/proc/$1/status"; }

descriptors() { find "/proc/$1/fd" -mindepth 1 | wc -l; }
has_descriptors() { [ "$(descriptors "$1")" -eq "$2" ]; }

# The worker processes of the server.
workers() { ps -o pid= --ppid "$SERVER_PID"; }

# --- TCP ---

@test "every byte comes back: text, NUL, none of it framed" {
    start_echo
    run peer 'data = bytes(range(256)) * 1000
for host in ["127.0.0.1"] + ["::1"] * has_ipv6():
    s = connect(args[0], host)
    s.sendall(data[:100])
    assert read_exactly(s, 100) == data[:100]
    s.sendall(data[100:])
    s.shutdown(socket.SHUT_WR)
    assert read_all(s) == data[100:]' "$PORT"
    assert_success
}

@test "a bare send without newline is answered at once" {
    start_echo
    run peer 's = connect(args[0])
for text in b"a", b"no newline", b"\n":
    s.sendall(text)
    s.settimeout(2)
    assert s.recv(100) == text' "$PORT"
    assert_success
}

@test "20 MiB go round through each of nc, ncat, socat, busybox and connect" {
    start_echo
    head -c 20M /dev/urandom >data
    nc.openbsd -N 127.0.0.1 "$PORT" <data >by.nc
    ncat 127.0.0.1 "$PORT" <data >by.ncat
    busybox nc 127.0.0.1 "$PORT" <data >by.busybox
    socat -t 20 - "TCP:127.0.0.1:$PORT" <data >by.socat
    sockkit connect "127.0.0.1:$PORT" <data >by.connect
    for got in by.*; do
        run cmp data "$got"
        assert_success
    done
}

@test "-U serves a Unix socket" {
    start_echo -U "$DIR/socket"
    run sockkit connect "unix:$DIR/socket" Hello
    assert_success
    assert_line Hello
    wait_for_line "$SERVER_ERR" '^unix( \(pid [0-9]+\))? closed \(received 6 bytes, sent 6 bytes, '
}

@test "a peer that sends and never reads is held up; memory stays as it is" {
    start_echo
    start_peer 's = connect(args[0])
s.setblocking(False)
announce(s)
piece, sent, quiet = b"x" * 1048576, 0, 0
while sent < 200 << 20 and select.select([], [s], [], 1)[1]:
    sent += s.send(piece)
print("held up" if sent < 200 << 20 else "swallowed", flush=True)
signal.pause()' "$PORT"
    before=$(resident "$SERVER_PID")
    wait_for_line "$PEER_OUT" .
    assert_equal "$(cat "$PEER_OUT")" 'held up'
    assert [ "$(($(resident "$SERVER_PID") - before))" -lt 1024 ]
}

@test "what a held up peer sent comes back when it reads at last" {
    start_echo
    run peer 's = connect(args[0])
s.setblocking(False)
sent = received = 0
while select.select([], [s], [], 1)[1]:
    sent += s.send(bytes([65 + sent % 26]) * 1000)
s.shutdown(socket.SHUT_WR)
s.setblocking(True)
got = read_all(s)
assert len(got) == sent > 65536, (len(got), sent)' "$PORT"
    assert_success
}

@test "2000 connections opened and closed leave no descriptor" {
    start_echo -q
    before=$(descriptors "$SERVER_PID")
    run peer 'for i in range(20):
    peers = [connect(args[0]) for _ in range(100)]
    for s in peers:
        s.sendall(b"hello")
    for s in peers:
        assert read_exactly(s, 5) == b"hello"
        s.close()' "$PORT"
    assert_success
    wait_until has_descriptors "$SERVER_PID" "$before"
}

@test "a reset in mid-stream is told and frees the connection; the others live on" {
    start_echo
    before=$(descriptors "$SERVER_PID")
    run peer 'other = connect(args[0])
s = connect(args[0])
s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
s.setblocking(False)
while select.select([], [s], [], 0.2)[1]:
    s.send(b"x" * 65536)
s.close()
other.sendall(b"alive")
assert read_exactly(other, 5) == b"alive"' "$PORT"
    assert_success
    wait_for_line "$SERVER_ERR" '^sockkit echo: connection with 127\.0\.0\.1:[0-9]+: Connection reset by peer'
    wait_until has_descriptors "$SERVER_PID" "$before"
}

@test "a request costs one read and one write" {
    start_echo -q
    local n=200
    start strace -f -o calls -p "$SERVER_PID"
    wait_for_line "$ERR" attached
    run peer 's = connect(args[0])
for i in range(int(args[1])):
    s.sendall(b"x" * 64)
    read_exactly(s, 64)' "$PORT" "$n"
    assert_success
    stop "$PID" INT
    calls() { grep -cE "$1" calls; }
    assert [ "$(calls '^[0-9]+ +(read|recv|recvfrom)\(')" -le $((n + 4)) ]
    assert [ "$(calls '^[0-9]+ +(write|writev|send|sendto|sendmsg)\(')" -eq "$n" ]
    assert [ "$(calls .)" -le $((3 * n + 30)) ]
}

# --- UDP ---

@test "-u: datagrams come back whole at the same port, empty ones and large ones too" {
    start_echo -u
    run peer 'for host in ["127.0.0.1"] + ["::1"] * has_ipv6():
    s = datagram(host)
    for text in b"Bonjour", b"", b"two\nlines\n", os.urandom(65507):
        s.sendto(text, (host, int(args[0])))
        got, who = s.recvfrom(70000)
        assert got == text and who[:2] == (host, int(args[0])), who
    t = connect(args[0], host)
    t.sendall(b"TCP as well")
    assert read_exactly(t, 11) == b"TCP as well"' "$PORT"
    assert_success
    run grep -c '^listening on 127\.0\.0\.1:' "$SERVER_ERR"
    assert_output 2
}

@test "-u: two peers at once each get their own, in order" {
    start_echo -u
    run peer 'peers = [datagram(), datagram()]
for i in range(50):
    for k, s in enumerate(peers):
        s.sendto(b"%d %d" % (k, i), ("127.0.0.1", int(args[0])))
for i in range(50):
    for k, s in enumerate(peers):
        assert s.recv(100) == b"%d %d" % (k, i)' "$PORT"
    assert_success
}

# Sends a line through the command and waits for it to come back: round COMMAND...
round() {
    open_feed
    STDIN=$FEED start "$@"
    echo Bonjour >&"$FEED_FD"
    wait_for_line "$OUT" '^Bonjour$' || return
    kill "$PID"
    close_feed
}

@test "-u: nc, ncat, socat and udp-send hear their echo, over IPv4 and IPv6" {
    start_echo -u
    round nc.openbsd -u 127.0.0.1 "$PORT"
    round ncat -u 127.0.0.1 "$PORT"
    round socat - "UDP:127.0.0.1:$PORT"
    run sockkit udp-send -r 1 "127.0.0.1:$PORT" Bonjour
    assert_success
    assert_output Bonjour
    run peer 'print(has_ipv6())'
    [ "$output" = True ] || return 0
    round nc.openbsd -u ::1 "$PORT"
    round ncat -u ::1 "$PORT"
    round socat - "UDP6:[::1]:$PORT"
    run sockkit udp-send -r 1 "[::1]:$PORT" Bonjour
    assert_output Bonjour
}

@test "without -u nobody answers datagrams; with -U there is no -u" {
    start_echo
    run sockkit udp-send -r 1 "127.0.0.1:$PORT" Bonjour
    assert_failure 4
    run sockkit echo -u -U "$DIR/socket"
    assert_failure 2
    assert_output --partial '--unix'
}

@test "-u: the port taken for UDP alone is an error, status 6, and nothing is left listening" {
    start_peer 's = datagram()
announce(s)
signal.pause()'
    run sockkit echo -u -4 -p "$PEER_PORT"
    assert_failure 6
    assert_output --regexp "cannot listen on 127\\.0\\.0\\.1:$PEER_PORT: Address (already )?in use"
    run sockkit connect -n "127.0.0.1:$PEER_PORT" x
    assert_failure 4
}

@test "-u: --deny holds for datagrams too" {
    start_echo -u --deny 127.0.0.2
    run peer 'denied, allowed = datagram("127.0.0.2"), datagram("127.0.0.1")
for s in denied, allowed:
    s.sendto(b"Bonjour", ("127.0.0.1", int(args[0])))
assert allowed.recv(100) == b"Bonjour"
assert not select.select([denied], [], [], 0)[0]' "$PORT"
    assert_success
    wait_for_line "$SERVER_ERR" '^127\.0\.0\.2:[0-9]+ denied'
}

@test "-w: nobody came ends it with status 5; a client or a datagram keeps it alive" {
    for options in '' '-u' '--workers 2'; do
        # shellcheck disable=SC2086
        run sockkit echo -p 0 -b 127.3.2.1 -w 200ms $options
        assert_failure 5
        assert_output --partial 'no client came in time'
    done
    local pids=() errors=()
    for applet in connect udp-send; do
        start_echo -u -w 1s --max-time 2s
        pids+=("$SERVER_PID") errors+=("$SERVER_ERR")
        run sockkit "$applet" "127.0.0.1:$PORT" Bonjour
        assert_success
    done
    for i in 0 1; do
        wait_for_exit "${pids[i]}"
        run cat "${errors[i]}"
        assert_output --partial '--max-time'
        refute_output --partial 'no client'
    done
}

@test "-u -p 0: the port is free for UDP as well as TCP" {
    local map=()
    [ "$(id -u)" = 0 ] || map=(--map-root-user)
    # Of the eight ports that the system has to choose from, UDP has one left.
    run unshare "${map[@]}" --net bash -c '
        ip link set lo up
        echo 40000 40007 >/proc/sys/net/ipv4/ip_local_port_range
        for port in 0 2 3 4 5 6 7; do socat -u "UDP4-RECV:4000$port,bind=127.0.0.1" - & done
        until [ "$(grep -c : /proc/net/udp)" = 7 ]; do :; done
        "$0" echo -4 -u -p 0 --port-file port &
        until [ -s port ] || ! kill -0 $!; do :; done
        cat port
        kill $(jobs -p)' "$SOCKKIT"
    assert_line 40001
}

@test "-u: inherited sockets of both kinds are used; where there is TCP alone, UDP is opened beside it" {
    run peer 'import subprocess
def inherit(*sockets):
    high = [os.dup(s.fileno()) for s in sockets]
    def place():
        copies = [os.dup2(fd, 50 + i) for i, fd in enumerate(high)]
        for i, fd in enumerate(copies):
            os.dup2(fd, 3 + i)
    p = subprocess.Popen(["sh", "-c", "LISTEN_PID=$$ exec \"$0\" echo -u --port-file file", os.environ["SOCKKIT"]],
                         env={**os.environ, "LISTEN_FDS": str(len(sockets))}, close_fds=False, preexec_fn=place)
    while not os.path.exists("file"):
        assert p.poll() is None
    for fd in high:
        os.close(fd)
    return p

def echoes(port, udp_port):
    s, d = connect(port), datagram()
    s.sendall(b"x")
    assert read_exactly(s, 1) == b"x"
    d.sendto(b"y", ("127.0.0.1", udp_port))
    assert d.recv(10) == b"y"

tcp, udp = listen(), datagram()
for sockets in (udp, tcp), (tcp,):
    p = inherit(*sockets)
    port = tcp.getsockname()[1]
    echoes(port, udp.getsockname()[1] if udp in sockets else port)
    p.terminate()
    p.wait()'
    assert_success
}

# --- --workers ---

@test "--workers: several processes share the port, each serves" {
    start_echo -u --workers 3
    assert_equal "$(workers | wc -l)" 3
    run peer 'peers = [connect(args[0]) for _ in range(200)]
for s in peers:
    s.sendall(b"hello")
for s in peers:
    assert read_exactly(s, 5) == b"hello"
d = datagram()
for i in range(100):
    d.sendto(b"%d" % i, ("127.0.0.1", int(args[0])))
assert sorted(int(d.recv(100)) for _ in range(100)) == list(range(100))' "$PORT"
    assert_success
}

@test "--workers: SIGINT, SIGTERM and SIGHUP end all of them; the port file goes, the status is the signal's" {
    for signal in INT TERM HUP; do
        start_echo --workers 2
        local pids
        pids=$(workers)
        start_peer 's = connect(args[0])
s.sendall(b"x")
s.recv(1)
announce(s)
assert s.recv(1) == b""' "$PORT"
        stop "$SERVER_PID" "$signal"
        assert_equal "$status" $((128 + $(kill -l "$signal")))
        for pid in $pids; do assert gone "$pid"; done
        run ls "$DIR"/port.*
        refute_output --partial "$(basename "$DIR")/port.0"
        wait_for_exit "$PEER_PID"
        assert_equal "$status" 0
    done
}

@test "--workers end when the first process is killed" {
    start_echo --workers 2
    local pids
    pids=$(workers)
    stop "$SERVER_PID" KILL
    for pid in $pids; do wait_until gone "$pid"; done
}

@test "--workers: one that is killed is told; the others serve on; the last one's end is the end" {
    start_echo --workers 2
    local first second
    read -r first second < <(workers | xargs)
    kill -KILL "$first"
    wait_for_line "$SERVER_ERR" "^sockkit echo: worker $first was ended by signal 9: Killed"
    run sockkit connect "127.0.0.1:$PORT" Hello
    assert_success
    assert_output --partial Hello
    kill -KILL "$second"
    wait_for_exit "$SERVER_PID"
    assert_equal "$status" 1
}

@test "--workers: --max-time ends all of them with status 5" {
    run sockkit echo -p 0 --workers 2 --max-time 300ms
    assert_failure 5
}

@test "--workers: --max-clients is divided and never passed" {
    start_echo --workers 2 -m 3
    run peer 'peers = [connect(args[0]) for _ in range(6)]
for s in peers:
    s.sendall(b"x")
served = set()
for more in range(4):
    while len(served) < 3 + more:
        ready = select.select([s for s in peers if s not in served], [], [], 10)[0]
        assert ready
        for s in ready:
            assert s.recv(1) == b"x"
            served.add(s)
    assert len(served) == 3 + more, len(served)
    assert not select.select([s for s in peers if s not in served], [], [], 0.3)[0]
    if more < 3:
        gone = next(s for s in served if s.fileno() >= 0)
        gone.close()' "$PORT"
    assert_success
    start_echo --workers 4 -m 1 # fewer than workers
    peer 'peers = [connect(args[0]) for _ in range(6)]
for s in peers:
    s.sendall(b"x")
first = select.select(peers, [], [], 10)[0]
assert len(first) == 1
assert not select.select([s for s in peers if s not in first], [], [], 0.3)[0]' "$PORT"
}

@test "bad values are usage errors that name option and value" {
    for value in 0 -1 x 1025 ''; do
        run sockkit echo --workers "$value"
        assert_failure 2
        assert_output --partial '--workers'
        assert_output --partial "\"$value\""
    done
    run sockkit echo operand
    assert_failure 2
    assert_output --partial operand
}
