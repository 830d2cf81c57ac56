# --trace: what its lines say: true at that moment, of the connection as it is; what is waited for; rows of a terminal; --step.
# shellcheck disable=SC2016,SC2030,SC2031,SC2153,SC2154

export ASAN_OPTIONS=detect_leaks=0 # it cannot be traced and look for leaks at once
load helper

# The first line of a file that begins so.
line_of() { grep -m 1 -E "^$2" "$1"; }

# Only where the system tells who ended: the POSIX build knows what it has seen itself.
told() { [ -z "${PORTABLE:-}" ]; }

# --- bind, listen, accept ---

@test "socket tells what kind of endpoint it made" {
    local applet
    for applet in serve udp-serve; do
        start_server $applet -T -b 127.0.0.1
        start_server $applet -T -U $applet.socket
    done
    assert_regex "$(line_of "$DIR/started.0.err" socket)" '^socket\(AF_INET, SOCK_STREAM\) += 3      a TCP endpoint, not yet named$'
    assert_regex "$(line_of "$DIR/started.1.err" socket)" '^socket\(AF_UNIX, SOCK_STREAM\) += 3      an endpoint on this machine alone, not yet named$'
    assert_regex "$(line_of "$DIR/started.2.err" socket)" '^socket\(AF_INET, SOCK_DGRAM\) += 3      a UDP endpoint, not yet named$'
    assert_regex "$(line_of "$DIR/started.3.err" socket)" '^socket\(AF_UNIX, SOCK_DGRAM\) += 3      an endpoint on this machine alone, not yet named$'
}

@test "bind tells a listener that nobody can reach it yet, and whether this machine alone will" {
    local port
    port=$(free_port)
    start_serve -T -p "$port" -b 127.0.0.1
    assert_equal "$(line_of "$SERVER_ERR" bind)" "$(printf '%-40s = 0      named, for this machine only; nobody can reach it there before listen' "bind(3, 127.0.0.1:$port)")"
    start_serve -T -b '*' -4 -p "$(free_port)"
    assert_regex "$(line_of "$SERVER_ERR" bind)" '= 0      named; nobody can reach it there before listen$'
    start_serve -T -b 127.0.0.1
    assert_regex "$(line_of "$SERVER_ERR" bind)" '= 0      named, on a port that the system chose, for this machine only; nobody can reach it before listen$'
    start_serve -T -U path
    assert_regex "$(line_of "$SERVER_ERR" bind)" '= 0      named; nobody can reach it there before listen$'
}

@test "bind tells a client where the connection will come from, and UDP where datagrams arrive" {
    start_serve
    run --separate-stderr alone connect -T -b "127.0.0.1:$(free_port)" "127.0.0.1:$PORT" Hello
    assert_success
    assert_regex "$stderr" 'bind\(3, 127.0.0.1:[0-9]+\) +  *= 0      named: the connection will come from there, so it can go to this machine only'
    start_server udp-serve -T -b 127.0.0.1 -p "$(free_port)"
    assert_regex "$(line_of "$SERVER_ERR" bind)" '= 0      named: datagrams sent there arrive here, from this machine only$'
    start_server udp-serve -T -b 0.0.0.0
    assert_regex "$(line_of "$SERVER_ERR" bind)" '= 0      named, on a port that the system chose: datagrams sent there arrive here$'
}

@test "listen tells how many may wait for accept" {
    local more=
    ! told || more='\(Linux: one more\) '
    start_serve -T -b 127.0.0.1 --backlog 7
    assert_regex "$(line_of "$SERVER_ERR" listen)" "= 0      passive: the system now makes connections by itself; 7 of them ${more}may wait for accept\$"
}

@test "accept tells of the new socket, of the one that goes on listening, and how many still wait" {
    start_serve -T -b 127.0.0.1
    wait_for_line "$SERVER_ERR" 'waiting for a client'
    kill -s STOP "$SERVER_PID"
    start_peer 'cs = [connect(args[0]) for _ in range(3)]
announce(listen())
time.sleep(100)' "$PORT"
    kill -s CONT "$SERVER_PID"
    wait_until eval '[ "$(grep -c ^accept "$SERVER_ERR")" = 3 ]'
    run grep -o 'on a new socket for this client; 3 goes on listening.*' "$SERVER_ERR"
    if told; then
        assert_line --index 0 --partial 'listening, and 2 more wait'
        assert_line --index 1 --partial 'listening, and one more waits'
        assert_line --index 2 --partial 'listening, and nobody else waits'
    fi
    assert_equal "${#lines[@]}" 3
}

# --- what is waited for ---

@test "before it sleeps one line says what for, and which blocking call would sleep" {
    start_serve -T -b 127.0.0.1
    wait_for_line "$SERVER_ERR" '^\.\.\.  waiting for a client: a blocking accept\(3\) would sleep here$'
    start_peer 's = connect(args[0])
announce(listen())
time.sleep(100)' "$PORT"
    wait_for_line "$SERVER_ERR" '^\.\.\.  waiting for several at once: a client \(3\), bytes of the peer, or its end \(4\): no blocking call can, it takes poll\(2\)$'
    start_silent
    run -5 --separate-stderr alone connect -T -w 200ms "127.0.0.1:$PEER_PORT" Hello
    assert_regex "$stderr" $'\n\\.\\.\\.  waiting for the end of the handshake: a blocking connect\\(3\\) would sleep here\n'
    start_server udp-serve -T -b 127.0.0.1
    wait_for_line "$SERVER_ERR" '^\.\.\.  waiting for a datagram: a blocking recvfrom\(3\) would sleep here$'
    start_serve -T
    wait_for_line "$SERVER_ERR" '^\.\.\.  waiting for several at once: a client \(3, 4\): no blocking call can, it takes poll\(2\)$'
    start_server cmd -T -b 127.0.0.1 -u
    wait_for_line "$SERVER_ERR" '^\.\.\.  waiting for several at once: a client \(3\), a datagram \(4\): no'
}

@test "what is waited for is not said again while nothing has changed" {
    start_serve --once -T --label -b 127.0.0.1
    start_peer 's = connect(args[0])
s.sendall(b"abc")
announce(listen())
time.sleep(100)' "$PORT"
    wait_for_line "$SERVER_OUT" '\] abc' # 500 ms after it came: the loop has been awake, and sleeps again
    stop "$PEER_PID"
    wait_for_exit "$SERVER_PID"
    run sed -n '/^recv.* = 3 /,/^recv.* = 0 /p' "$SERVER_ERR"
    assert_equal "$(grep -c 'waiting for bytes' <<<"$output")" 1
}

@test "the end of a command is waited for as the signal that it is" {
    start_serve --once -T -b 127.0.0.1 -e 'read line'
    peer '
s = connect(args[0])
wait_until(lambda: re.search(rb"\n\.\.\.  waiting for a signal, as the end of a command sends one\n$", open(args[1], "rb").read()))
s.sendall(b"\n")
read_all(s)' "$PORT" "$SERVER_ERR"
    wait_for_exit "$SERVER_PID"
}

@test "a name that is looked up, and a time that has to pass, are waited for in words" {
    run -4 --separate-stderr alone connect -T --retry 300ms "127.0.0.1:$(free_port)" Hello
    assert_regex "$stderr" $'\n\\.\\.\\.  waiting for [0-9.]+ ms to pass, or for a signal\n'
    start_serve
    wait_until looked_up
    assert_equal "$(sed -n 1p looked.err)" '...  waiting for the addresses of a name: a blocking getaddrinfo would sleep here'
    assert_regex "$(sed -n 2p looked.err)" '^socket\(.* = 3 '
}

# True where the answer was not there before anybody waited for it.
looked_up() { alone connect -T "localhost:$PORT" Hello 2>looked.err && grep -q 'addresses of a name' looked.err; }

@test "close of a listener counts whom nobody has accepted" {
    local more=
    ! told || more='; 2 that nobody accepted are reset'
    start_serve -T -b 127.0.0.1 -m 1
    start_peer 'cs = [connect(args[0]) for _ in range(3)]
announce(listen())
time.sleep(100)' "$PORT"
    wait_for_line "$SERVER_ERR" ' connected$'
    stop "$SERVER_PID"
    assert_regex "$(line_of "$SERVER_ERR" 'close\(3\)')" "= 0      no longer listening$more\$"
}

@test "close of a Unix socket says that both have ended; a datagram may be empty" {
    start_serve --once -T -U path
    run --separate-stderr alone connect -T -U path Hello
    assert_regex "$stderr" $'\nclose\\(3\\) += 0      both sides have ended'
    start_server udp-serve -T -c 1 -b 127.0.0.1
    peer 'datagram().sendto(b"", ("127.0.0.1", int(args[0])))' "$PORT"
    wait_for_exit "$SERVER_PID"
    assert_regex "$(line_of "$SERVER_ERR" recvfrom)" '= 0      an empty datagram$'
}

@test "close of UDP says that nobody is told" {
    start_server udp-serve -T -c 1 -b 127.0.0.1
    run --separate-stderr alone udp-send -T "127.0.0.1:$PORT" Hello
    assert_regex "$stderr" 'close\(3\) += 0      nobody is told: UDP has no connection to end'
    wait_for_exit "$SERVER_PID"
    assert_regex "$(line_of "$SERVER_ERR" close)" '= 0      nobody is told: UDP has no connection to end$'
}

@test "--read-size: a message larger than it arrives in pieces, at either end, in every way of serving" {
    start_serve --once -T -b 127.0.0.1 --read-size 4 Welcome
    run --separate-stderr alone connect -T --read-size 3 "127.0.0.1:$PORT" 'Hello World'
    assert_output Welcome
    run grep -oE '^recv\(3, 3\) +  *= [1-9] +.*' <<<"$stderr"
    assert_equal "$(tr -s ' ' <<<"$output" | grep -o '".*')" $'"Wel"\n"com"\n"e\\n"'
    wait_for_exit "$SERVER_PID"
    run grep -oE '^recv\(4, 4\) +  *= 4 +.*' "$SERVER_ERR"
    assert_equal "$(tr -s ' ' <<<"$output" | grep -o '".*')" $'"Hell"\n"o Wo"\n"rld\\n"'
    start_serve -T --read-size 1 --reply '<%m>' -b 127.0.0.1
    run sockkit connect "127.0.0.1:$PORT" ab
    assert_output '<ab>'
    run grep -c '^recv(4, 1) .*= 1 ' "$SERVER_ERR"
    assert_output 3
}

@test "--read-size without --trace: the same reads, and no byte is lost" {
    head -c 20000 /dev/urandom >data
    STDIN=data start strace -f -o calls -e trace=recvfrom,splice "$SOCKKIT" serve --once --read-size 999 --port-file port -p 0 -b 127.0.0.1
    SERVER_PID=$PID SERVER_OUT=$OUT
    wait_for_file port
    sockkit connect --read-size 1K "127.0.0.1:$(<port)" <data >received
    cmp data received
    wait_for_exit "$SERVER_PID"
    cmp data "$SERVER_OUT"
    run ! grep -E 'recvfrom\(.*, [0-9]{4,},' calls
    run ! grep -F 'splice(' calls
    run -2 sockkit connect --read-size 0
    run -2 sockkit connect --read-size 65K
}

@test "--read-size cuts no datagram" {
    start_server udp-serve --read-size 2 -b 127.0.0.1
    run -0 sockkit udp-send "127.0.0.1:$PORT" Hello
    wait_for_line "$SERVER_OUT" '^Hello$'
}

# --- causes that -T would hide ---

@test "-T shows SO_REUSEADDR where the port is one's own choice, and what it is for" {
    local port
    port=$(free_port)
    start_serve -T -b 127.0.0.1 -p "$port"
    run head -n 3 "$SERVER_ERR"
    assert_line --index 1 'setsockopt(3, SO_REUSEADDR, 1)           = 0      a port that a closed connection keeps in TIME_WAIT may be bound again'
    assert_line --index 2 --partial "bind(3, 127.0.0.1:$port)"
    start_serve -T -b 127.0.0.1 -O reuseaddr=0 -p "$(free_port)"
    run head -n 2 "$SERVER_ERR"
    assert_line --index 1 'setsockopt(3, SO_REUSEADDR, 0)           = 0      a port that a closed connection keeps in TIME_WAIT cannot be bound'
    start_serve -T -b 127.0.0.1
    run ! grep REUSEADDR "$SERVER_ERR"
}

@test "a refusal of UDP is told with the SO_ERROR or the call that brings it, as the ICMP that it is" {
    local port
    port=$(free_port)
    run -4 --separate-stderr alone udp-send -T "127.0.0.1:$port" Hello
    assert_regex "$stderr" $'\ngetsockopt\\(3, SO_ERROR\\) += 0      ECONNREFUSED: Connection refused: an ICMP port-unreachable came back\n'
    run -4 --separate-stderr alone udp-send -T -r 1 "127.0.0.1:$port" Hello
    assert_regex "$stderr" 'ECONNREFUSED: Connection refused( \(|: )an ICMP port-unreachable came back'
}

# --- shutdown, close ---

@test "shutdown speaks from the state: still receiving; both have ended; bytes still to be read" {
    start_serve --once -T -b 127.0.0.1
    sockkit connect -T "127.0.0.1:$PORT" Hello 2>client.err
    wait_for_exit "$SERVER_PID"
    assert_regex "$(line_of client.err shutdown)" '= 0      half-closed: the peer reads end of stream, we can still receive$'
    assert_regex "$(line_of "$SERVER_ERR" shutdown)" '= 0      both sides have ended: nothing can be sent or received any more$'
}

@test "shutdown while bytes of a peer that has ended are still to be read counts them" {
    start_peer 'l = listen()
announce(l)
c = l.accept()[0]
read_line(c)
c.sendall(b"12345")
c.shutdown(socket.SHUT_WR)
print("ended", flush=True)
time.sleep(100)'
    start strace -o send.strace -e trace=sendto -e inject=sendto:signal=STOP:when=1 "$SOCKKIT" connect -T "127.0.0.1:$PEER_PORT" Hello
    wait_for_line "$ERR" '^connect'
    wait_for_line "$PEER_OUT" ended
    wait_for_line send.strace SIGSTOP
    kill -s CONT "$(pgrep -P "$PID")"
    wait_for_exit "$PID"
    assert_regex "$(line_of "$ERR" shutdown)" "= 0      $(told && echo 'both sides have ended; 5 bytes of the peer are still to be read' || echo half-closed)"
}

@test "-O linger=0: the close is a reset, and says that it leaves no TIME_WAIT" {
    start_peer 'l = listen()
announce(l)
c = l.accept()[0]
try: c.recv(1); c.recv(1)
except ConnectionResetError: print("reset")
time.sleep(100)'
    open_feed
    STDIN=$FEED start sockkit connect -T -O linger=0 "127.0.0.1:$PEER_PORT"
    wait_for_line "$ERR" '^connect.* = 0 '
    stop "$PID"
    assert_regex "$(line_of "$ERR" close)" '= 0      closed by a reset \(SO_LINGER 0\): no TIME_WAIT on either side$'
    wait_for_line "$PEER_OUT" reset
    start_serve -T -b 127.0.0.1 -O linger=0
    start_peer 'c = connect(args[0])
announce(listen())
time.sleep(100)' "$PORT"
    wait_for_line "$SERVER_ERR" ^accept
    stop "$SERVER_PID"
    assert_regex "$(line_of "$SERVER_ERR" 'close\(4')" 'closed by a reset'
}

@test "a reset that recv brings: the close says that it leaves no TIME_WAIT" {
    start_peer 'l = listen(); announce(l)
s = l.accept()[0]
s.recv(100)
reset(s)'
    run --separate-stderr alone probe -T --send hello --banner "127.0.0.1:$PEER_PORT"
    assert_regex "$stderr" $'\nrecv\\(3, [0-9]+\\) += -1     ECONNRESET: .*the peer\'s system answered with a reset'
    assert_regex "$stderr" $'\nclose\\(3\\) += 0      it was reset: no TIME_WAIT on either side'
}

@test "a connection that the system gave up: nothing is reset, no TIME_WAIT is claimed" {
    start_peer 'l = listen()
announce(l)
kept = []
while True:
    c = l.accept()[0]
    c.recv(1)
    make_deaf(c)
    c.send(b"?")
    kept.append(c)'
    mkfifo lines
    STDIN=lines start sockkit connect -T -O user-timeout=300 "127.0.0.1:$PEER_PORT"
    exec {line}>lines
    echo a >&"$line"
    wait_for_line "$ERR" '^recv.* = 1 '
    echo b >&"$line"
    exec {line}>&-
    wait_for_exit "$PID"
    assert_regex "$(line_of "$ERR" 'recv.* = -1')" ETIMEDOUT
    refute_regex "$(<"$ERR")" 'is reset|was reset'
    assert_regex "$(line_of "$ERR" close)" '= 0      the system had given it up: no TIME_WAIT on this side$'
}

@test "a close while the peer has not ended says that TIME_WAIT comes once it has" {
    start_peer 'l = listen()
announce(l)
c = l.accept()[0]
time.sleep(100)'
    open_feed
    STDIN=$FEED start sockkit connect -T "127.0.0.1:$PEER_PORT"
    wait_for_line "$ERR" '^connect.* = 0 '
    stop "$PID"
    assert_regex "$(line_of "$ERR" close)" '= 0      we ended first: (once the peer ends too, )?this side will be in TIME_WAIT for (60 s|some time)$'
}

@test "a connection that was handed over is known for one: what is waited for, shutdown, close" {
    peer '
l = listen()
c, s = connect(l.getsockname()[1]), l.accept()[0]
p = sockkit("serve", "--inetd", "-T", "Welcome", stdin=s, stdout=subprocess.DEVNULL)
s.close()
assert read_line(c) == b"Welcome\n"
seen = b""
while b"waiting for bytes of the peer" not in seen: seen += os.read(p.stderr.fileno(), 4096)
c.shutdown(socket.SHUT_WR)
assert read_all(c) == b""
said = p.communicate(timeout=10)[1].decode()
assert re.search(r"shutdown\(\d+, SHUT_WR\) += 0      both sides have ended", said), said
assert re.search(r"close\(\d+\) += 0      the peer ended first: its side will be in TIME_WAIT for ", said), said'
}

# --- the program's own descriptors ---

@test "sockets have the lowest numbers whatever else is open; a limit below 100 is lived with" {
    start_serve -T -b 127.0.0.1 -o copy -x dump
    start_peer 'c = connect(args[0])
announce(listen())
time.sleep(100)' "$PORT"
    wait_for_line "$SERVER_ERR" '^accept\(3\) +  *= 4 '
    run bash -c "ulimit -n 40; exec \"\$SOCKKIT\" connect -T \"127.0.0.1:$PORT\" Hello"
    assert_output --regexp 'connect\([0-9]+, 127.0.0.1:[0-9]+\) +  *= 0 '
}

# --- rows of a terminal; --timestamps; --step ---

# What `sockkit ARG...` writes on a terminal of that many columns: terminal_of COLUMNS ARG...
terminal_of() { (close_inherited && on_terminal "$@"); }
on_terminal() {
    "$PYTHON" - "$@" <<'CODE'
import fcntl, os, pty, struct, sys, termios
pid, fd = pty.fork()
if pid == 0:
    fcntl.ioctl(2, termios.TIOCSWINSZ, struct.pack("4H", 24, int(sys.argv[1]), 0, 0))
    os.environ["TERM"] = "dumb" # no colours
    os.execv(os.environ["SOCKKIT"], ["sockkit", *sys.argv[2:]])
said = b""
while True:
    try: got = os.read(fd, 65536)
    except OSError: break
    if not got: break
    said += got
os.waitpid(pid, 0)
print(said.decode().replace("\r\n", "\n"), end="")
CODE
}

# No line of what was run is wider than that.
fits() { awk -v most="$1" 'length($0) > most { print; wide = 1 } END { exit wide }' <<<"$output"; }

@test "at a terminal no line of trace, waiting or narration passes its width, and words stand below" {
    local columns
    start_serve -b 127.0.0.1 Welcome
    for columns in 80 40; do
        run terminal_of "$columns" connect -T -v "127.0.0.1:$PORT" Hello
        assert_success
        fits "$columns"
        assert_line --regexp '^connect\(3, 127.0.0.1:[0-9]+\) +?= 0$'
        assert_line --regexp '^    connected: the handshake took'
        assert_line --regexp '^send\(3, 6\) .*= 6( +"Hello\\n")?$'
        assert_line --regexp '"Hello\\n"$'
    done
    run terminal_of 200 connect -T -v "127.0.0.1:$PORT" Hello
    assert_line --regexp '^connect\(3, 127.0.0.1:[0-9]+\) +  *= 0      connected: the handshake took'
    run terminal_of 40 serve -T -p 0 -w 10ms
    fits 40
    assert_line --regexp '^\.\.\.  waiting for several at once'
}

@test "an error keeps its one line at a terminal" {
    run terminal_of 40 connect "127.0.0.1:$(free_port)" Hello
    assert_line --regexp 'sockkit connect: cannot connect to 127.0.0.1:[0-9]+: Connection refused \(is a server listening there\?\)'
}

@test "--timestamps: each line of trace and waiting begins with the time, elsewhere than at a terminal in one line" {
    start_silent
    run -5 --separate-stderr alone connect -T --timestamps -w 200ms "127.0.0.1:$PEER_PORT" Hello
    local line
    for line in "${stderr_lines[@]}"; do
        [[ $line = 'sockkit connect:'* ]] || assert_regex "$line" '^[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6} (socket|\.\.\.|connect|close)'
    done
    assert_regex "$stderr" '[0-9] \.\.\.  waiting'
}

@test "--step: each line waits for Enter; Ctrl-C ends it" {
    start_serve -b 127.0.0.1 Welcome
    LIMIT=60 peer '
import pty
def until(fd, text):
    said = b""
    while text not in said:
        said += os.read(fd, 4096)
    return said
pid, fd = pty.fork()
if pid == 0:
    os.execv(os.environ["SOCKKIT"], ["sockkit", "connect", "-T", "--step", "127.0.0.1:" + args[0], "Hello"])
until(fd, b"not yet")
assert not select.select([fd], [], [], 0.3)[0] # it waits
os.write(fd, b"xyz")
assert not select.select([fd], [], [], 0.3)[0] # for Enter, and shows no other key
for word in b"handshake", b"Welcome", b"Hello":
    os.write(fd, b"\n")
    assert word in until(fd, b"\r\n") or word in (b"Welcome", b"Hello")
os.kill(pid, 2)
assert os.waitpid(pid, 0)[1] == 2' "$PORT"
}

@test "--step without --trace, or without a terminal, is a usage error" {
    run -2 sockkit connect --step 127.0.0.1:1
    assert_output "sockkit connect: --step needs --trace (see sockkit --help)"
    run -2 setsid -w "$SOCKKIT" connect -T --step 127.0.0.1:1
    assert_output "sockkit connect: --step needs a terminal (see sockkit --help)"
}
