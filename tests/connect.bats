# connect: messages, stdin both ways, half-close, endpoints, --retry, -e, --quit-word, copies.
# shellcheck disable=SC2016,SC2153,SC2154

load helper

# Waits for one client, keeps what it says in the file heard and gives ANSWER at its end: listener [ANSWER [HOST]].
listener() {
    start_peer 'l = listen(args[1])
announce(l)
s = l.accept()[0]
data = read_all(s)
s.sendall(args[0].encode())
open("heard", "wb").write(data)' "${1:-}" "${2:-127.0.0.1}"
}

# What the listener heard is this, as printf(1) writes it.
assert_heard() {
    wait_for_exit "$PEER_PID"
    # shellcheck disable=SC2059
    printf "$1" >wanted
    run cmp heard wanted
    assert_success
}

# --- messages ---

@test "each MESSAGE is sent as one line, in order; then the write side is shut down and the answer is shown" {
    listener $'one\ntwo'
    run --separate-stderr sockkit connect "localhost:$PEER_PORT" Hello '' 'two words'
    assert_success
    assert_output $'one\ntwo'
    assert_equal "$stderr" ''
    assert_heard 'Hello\n\ntwo words\n'
}

@test "with MESSAGEs stdin is not read" {
    listener
    exec 6< <(echo unread)
    run sockkit connect "127.0.0.1:$PEER_PORT" Hello <&6
    assert_success
    assert_equal "$(cat <&6)" unread
    assert_heard 'Hello\n'
}

@test "--no-newline sends MESSAGEs as they are" {
    listener
    run sockkit connect --no-newline "127.0.0.1:$PEER_PORT" Hel lo
    assert_success
    assert_heard 'Hello'
}

@test "-C ends MESSAGEs with CR LF and doubles no CR" {
    listener
    run sockkit connect -C "127.0.0.1:$PEER_PORT" one $'two\r' ''
    assert_success
    assert_heard 'one\r\ntwo\r\n\r\n'
}

@test "-C ends lines of a stdin that is no terminal with CR LF too" {
    listener
    run sockkit connect --crlf "127.0.0.1:$PEER_PORT" < <(printf 'one\ntwo\r\n\nthree')
    assert_success
    assert_heard 'one\r\ntwo\r\n\r\nthree'
}

@test "-C ends lines typed at a terminal with CR LF" {
    peer '
import pty
l = listen()
ours, theirs = pty.openpty()
p = sockkit("connect", "-C", "127.0.0.1", l.getsockname()[1], stdin=theirs, env={**os.environ, "TERM": "dumb"})
s = l.accept()[0]
os.write(ours, b"one\ntwo\n")
assert read_exactly(s, 10) == b"one\r\ntwo\r\n"
os.write(ours, b"\x04")
assert s.recv(1) == b""
s.close()
ended(p)'
}

# --- stdin both ways ---

@test "stdin goes to the peer and the peer to stdout, any byte, both ways at once" {
    peer '
l = listen()
everything = bytes(range(256)) * 40
p = sockkit("connect", "127.0.0.1", l.getsockname()[1])
s = l.accept()[0]
for i in range(5):
    p.stdin.write(everything)
    s.sendall(everything[::-1])
    assert read_exactly(s, len(everything)) == everything
    assert take(p.stdout, len(everything)) == everything[::-1]
p.stdin.close()
assert s.recv(1) == b""
s.sendall(b"last words")
s.close()
assert ended(p) == (b"last words", "")'
}

@test "a byte goes out when it is there, without a newline, and comes in likewise" {
    peer '
l = listen()
for options in [], ["-o", "copy"]: # pages are moved; bytes are copied
    p = sockkit("connect", *options, "127.0.0.1", l.getsockname()[1])
    s = l.accept()[0]
    s.sendall(b"login: ")
    assert take(p.stdout, 7) == b"login: "
    for c in b"a\n", b"b", b"\0":
        p.stdin.write(c)
        assert read_exactly(s, len(c)) == c
        s.sendall(c)
        assert take(p.stdout, len(c)) == c
    s.close()
    p.stdin.close()
    ended(p)'
}

@test "an empty stdin, and one that is closed, half-close at once" {
    local way
    for way in '</dev/null' '<&-'; do
        listener answer
        run sh -c "exec \"\$SOCKKIT\" connect 127.0.0.1:$PEER_PORT $way"
        assert_success
        assert_output answer
        assert_heard ''
    done
}

@test "a closed stdout is one that cannot be written: status 1 and a line; no socket takes its place" {
    listener answer
    run sh -c "exec \"\$SOCKKIT\" connect 127.0.0.1:$PEER_PORT Hello >&-"
    assert_failure 1
    assert_output 'sockkit connect: cannot write to stdout: Bad file descriptor'
    assert_heard 'Hello\n'
}

# --- half-close ---

@test "the end of stdin shuts the write side down; what the peer sends after that is shown" {
    listener "$(seq 20000)"
    run sockkit connect "127.0.0.1:$PEER_PORT" < <(echo question)
    assert_success
    assert_output "$(seq 20000)"
    assert_heard 'question\n'
}

@test "--no-half-close leaves the write side open at the end of stdin" {
    peer '
l = listen()
p = sockkit("connect", "--no-half-close", "127.0.0.1", l.getsockname()[1])
s = l.accept()[0]
p.stdin.write(b"all\n")
p.stdin.close()
assert read_exactly(s, 4) == b"all\n"
assert not select.select([s], [], [], 0.3)[0], "half-closed"
s.sendall(b"answer")
assert take(p.stdout, 6) == b"answer"
s.shutdown(socket.SHUT_WR)
assert s.recv(1) == b""
ended(p)'
}

@test "when the peer closes its side stdout is closed, while stdin is still sent" {
    peer '
l = listen()
p = sockkit("connect", "127.0.0.1", l.getsockname()[1])
s = l.accept()[0]
p.stdin.write(b"a byte")
assert read_exactly(s, 6) == b"a byte"
s.sendall(b"bye")
s.shutdown(socket.SHUT_WR)
assert p.stdout.read(100) == b"bye" and p.stdout.read(1) == b""
p.stdin.write(b"and more")
assert read_exactly(s, 8) == b"and more"
assert p.poll() is None
p.stdin.close()
assert s.recv(1) == b""
ended(p)'
}

@test "a file on stdin is sent to its end although the peer closed its side before" {
    peer '
l = listen()
content = os.urandom(8 << 20)
open("content", "wb").write(content)
p = sockkit("connect", "127.0.0.1", l.getsockname()[1], stdin=open("content", "rb"))
s = l.accept()[0]
s.shutdown(socket.SHUT_WR)
assert p.stdout.read(1) == b""
assert read_all(s) == content
ended(p)'
}

@test "a pipe that has delivered a byte is sent to its end, even if the byte comes with the end of the peer" {
    peer '
l = listen()
p = sockkit("connect", "127.0.0.1", l.getsockname()[1])
s = l.accept()[0]
os.kill(p.pid, signal.SIGSTOP)
p.stdin.write(b"x")
s.shutdown(socket.SHUT_WR)
os.kill(p.pid, signal.SIGCONT)
assert p.stdout.read(1) == b""
p.stdin.write(b"yz")
p.stdin.close()
assert read_all(s) == b"xyz"
ended(p)'
}

@test "a pipe or socket that has said nothing is sent to its end when the peer ended without a word" {
    peer '
l = listen()
a, b = socket.socketpair()
for stdin, write, shut in (subprocess.PIPE, None, None), (a, b.sendall, b.close):
    p = sockkit("connect", "127.0.0.1", l.getsockname()[1], stdin=stdin)
    s = l.accept()[0]
    s.shutdown(socket.SHUT_WR)
    assert p.stdout.read(1) == b""
    assert quiet(s, 2.5)
    (write or p.stdin.write)(b"late")
    assert read_exactly(s, 4) == b"late"
    if stdin == a: a.close()
    (shut or p.stdin.close)()
    assert s.recv(1) == b""
    assert ended(p)[1].endswith(" has ended its side: waiting for stdin\n")'
}

@test "a pipe or socket that has said nothing is waited for 2 s when the peer has spoken and ended" {
    peer '
l = listen()
a, b = socket.socketpair()
for stdin in subprocess.PIPE, a:
    p = sockkit("connect", "127.0.0.1", l.getsockname()[1], stdin=stdin)
    s = l.accept()[0]
    s.sendall(b"bye")
    s.shutdown(socket.SHUT_WR)
    start = time.monotonic()
    assert s.recv(1) == b""
    assert 1.9 < time.monotonic() - start < 6
    p.wait(10)
    out, err = ended(p)
    assert out == b"bye" and err.endswith("stdin said nothing: not waiting for it (--keep-sending: do)\n"), err'
}

@test "nothing is waited for where nobody holds the other end of the connection any more" {
    [ -z "$PORTABLE" ] || return 0
    peer '
for kind in "TCP", "Unix":
    l = listen() if kind == "TCP" else unix_listen("path")
    where = ["127.0.0.1", l.getsockname()[1]] if kind == "TCP" else ["-U", "path"]
    p = sockkit("connect", *where)
    s = l.accept()[0]
    p.stdin.write(b"x")
    assert read_exactly(s, 1) == b"x"
    s.sendall(b"bye")
    s.close()
    start = time.monotonic()
    p.wait(10)
    assert time.monotonic() - start < 1.8
    assert ended(p) == (b"bye", "")'
}

@test "a terminal is not waited for when the peer has ended, even after a byte" {
    peer '
import pty
l = listen()
ours, stdin = pty.openpty()
p = sockkit("connect", "127.0.0.1", l.getsockname()[1], stdin=stdin, env={**os.environ, "TERM": "dumb"})
s = l.accept()[0]
os.write(ours, b"typed\n")
assert read_line(s) == b"typed\n"
s.sendall(b"bye")
s.shutdown(socket.SHUT_WR)
assert s.recv(1) == b""
assert ended(p) == (b"bye", "")'
}

@test "what a peer leaves of a file is counted, also what was never read of it: status 1" {
    peer '
data = open("data", "wb+")
data.truncate(30000000)
for kind in "TCP", "Unix":
    l = listen() if kind == "TCP" else unix_listen("path")
    where = ["127.0.0.1", l.getsockname()[1]] if kind == "TCP" else ["-U", "path"]
    data.seek(0)
    p = sockkit("connect", *where, stdin=data)
    s = l.accept()[0]
    read_exactly(s, 1000)
    reset(s)
    p.wait(20)
    count = int(re.search(r" did not take (\d+) bytes? of what was to be sent", ended(p, 1)[1])[1])
    assert 20000000 < count <= 30000000 - 1000, count'
}

@test "--recv-only never reads stdin, and leaves this side open" {
    peer '
l = listen()
p = sockkit("connect", "--recv-only", "127.0.0.1", l.getsockname()[1], stdin=subprocess.PIPE)
s = l.accept()[0]
p.stdin.write(b"unread")
assert quiet(s, 0.3)
s.sendall(b"bye")
s.shutdown(socket.SHUT_WR)
assert read_all(s) == b""
p.wait(10)
assert ended(p) == (b"bye", "")'
}

@test "--send-only drops what the peer says, and ends once all is acknowledged" {
    peer '
l = listen()
for words, data in (["one"], b"one\n"), ([], b"x" * 3000000):
    stdin = subprocess.DEVNULL
    if not words:
        open("data", "wb").write(data)
        stdin = open("data", "rb")
    p = sockkit("connect", "--send-only", "127.0.0.1", l.getsockname()[1], *words, stdin=stdin)
    s = l.accept()[0]
    s.sendall(b"unheard")
    assert read_all(s) == data
    p.wait(10)
    assert ended(p) == (b"", "")'
}

@test "--keep-sending waits for any stdin" {
    peer '
l = listen()
a, b = socket.socketpair()
for stdin, write, shut in (subprocess.PIPE, None, None), (a, b.sendall, b.close):
    p = sockkit("connect", "--keep-sending", "127.0.0.1", l.getsockname()[1], stdin=stdin)
    s = l.accept()[0]
    s.shutdown(socket.SHUT_WR)
    assert p.stdout.read(1) == b""
    assert not select.select([s], [], [], 0.3)[0], "ended"
    (write or p.stdin.write)(b"late")
    assert read_exactly(s, 4) == b"late"
    if stdin == a:
        a.close()
    (shut or p.stdin.close)()
    assert s.recv(1) == b""
    ended(p)'
}

@test "-i bounds the wait for a stdin that says no more: status 5" {
    peer '
l = listen()
p = sockkit("connect", "-i", "200ms", "127.0.0.1", l.getsockname()[1])
s = l.accept()[0]
p.stdin.write(b"x")
assert read_exactly(s, 1) == b"x"
s.shutdown(socket.SHUT_WR)
p.wait(10)
name = "127.0.0.1:%d" % l.getsockname()[1]
assert ended(p, 5) == (b"", "sockkit connect: %s: no byte either way for 200 ms\n" % name)
p = sockkit("connect", "-i", "200ms", "127.0.0.1", l.getsockname()[1], stdin=open("/dev/zero", "rb"))
s = l.accept()[0] # and reads nothing
p.wait(10)
first, second = ended(p, 5)[1].splitlines()
assert "no byte either way" in first and " did not take " in second'
}

@test "keepalive probes are on while stdin is sent to a peer that has ended" {
    peer '
l = listen()
p = sockkit("connect", "127.0.0.1", l.getsockname()[1])
s = l.accept()[0]
p.stdin.write(b"x")
assert read_exactly(s, 1) == b"x"
s.shutdown(socket.SHUT_WR)
assert p.stdout.read(1) == b""
ours, theirs = (":%04X" % end[1] for end in (s.getpeername(), l.getsockname()))
timers = lambda: [w[5] for w in map(str.split, open("/proc/net/tcp")) if w[1].endswith(ours) and w[2].endswith(theirs)]
end = time.monotonic() + 10
while timers()[0][:2] != "02" and time.monotonic() < end:
    time.sleep(0.01)
assert timers()[0][:2] == "02", timers()
p.stdin.close()
ended(p)'
}

# --- bytes that are lost ---

@test "bytes that the peer did not take are counted, status 1" {
    peer '
import fcntl, termios
def queued(fd): return struct.unpack("i", fcntl.ioctl(fd, termios.FIONREAD, b"1234"))[0]
l = listen()
l.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 20000)
p = sockkit("connect", "127.0.0.1", l.getsockname()[1])
s = l.accept()[0]
os.set_blocking(p.stdin.fileno(), False)
given = rest = 0
while rest < 20: # until nothing moves any more
    n = p.stdin.write(bytes(4096)) or 0
    given += n
    rest = 0 if n else rest + 1
    if not n: time.sleep(0.01)
taken, accepted = given - queued(p.stdin.fileno()), queued(s.fileno())
s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
s.close()
p.wait(10)
out, err = ended(p, 1)
name = "127.0.0.1:%d" % l.getsockname()[1]
assert out == b""
first, second = err.splitlines()
assert first == "sockkit connect: connection with %s: Connection reset by peer" % name
assert second.startswith("sockkit connect: %s did not take " % name) and second.endswith(" bytes of what was sent")
count = int(second.split()[6])
assert count == taken - accepted if TOLD else 0 < count < taken, (second, taken, accepted)'
}

@test "bytes sent to a peer that had closed altogether are counted, status 1" {
    [ -z "$PORTABLE" ] || return 0 # nobody tells it
    peer '
l = listen()
p = sockkit("connect", "127.0.0.1", l.getsockname()[1])
s = l.accept()[0]
p.stdin.write(b"x")
assert read_exactly(s, 1) == b"x"
os.kill(p.pid, signal.SIGSTOP)
s.sendall(b"bye")
s.close()
p.stdin.write(b"12345")
p.stdin.close()
os.kill(p.pid, signal.SIGCONT)
out, err = ended(p, 1)
assert err == "sockkit connect: 127.0.0.1:%d did not take 5 bytes of what was sent\n" % l.getsockname()[1]'
}

@test "bytes that the peer has not acknowledged when all is sent are waited for, and counted when it resets" {
    peer '
import fcntl, termios
def queued(fd): return struct.unpack("i", fcntl.ioctl(fd, termios.FIONREAD, b"1234"))[0]
l = listen()
l.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
p = sockkit("connect", "127.0.0.1", l.getsockname()[1])
s = l.accept()[0]
p.stdin.write(b"x")
assert read_exactly(s, 1) == b"x"
s.shutdown(socket.SHUT_WR)
assert p.stdout.read(1) == b""
p.stdin.write(bytes(60000))
wait_until(lambda: queued(p.stdin.fileno()) == 0) # our system has it all
p.stdin.close()
if not TOLD: # of what has been acknowledged: it is not waited for
    raise SystemExit(ended(p) != (b"", ""))
assert not select.select([p.stderr], [], [], 0.3)[0], "it ended"
reset(s)
out, err = ended(p, 1)
assert out == b"" and "did not take" in err, err'
}

@test "a peer that has ended and then resets is noticed while stdin is silent: status 1 and a line" {
    peer '
l = listen()
p = sockkit("connect", "127.0.0.1", l.getsockname()[1])
s = l.accept()[0]
p.stdin.write(b"x")
assert read_exactly(s, 1) == b"x"
s.shutdown(socket.SHUT_WR)
assert p.stdout.read(1) == b""
reset(s)
p.wait(10)
out, err = ended(p, 1)
assert err == "sockkit connect: 127.0.0.1:%d closed the connection before the end of stdin\n" % l.getsockname()[1], err'
}

@test "a reset that a send meets is the connection's, and not stdin's" {
    peer '
l = listen()
for options in [], ["-o", "copy"]:
    p = sockkit("connect", *options, "127.0.0.1", l.getsockname()[1])
    s = l.accept()[0]
    p.stdin.write(b"x")
    assert read_exactly(s, 1) == b"x"
    os.kill(p.pid, signal.SIGSTOP)
    p.stdin.write(b"12345") # is seen first
    reset(s)
    os.kill(p.pid, signal.SIGCONT)
    p.wait(10)
    out, err = ended(p, 1)
    assert "Connection reset by peer" in err and "stdin: " not in err, err'
}

@test "a reset while connect only listens is status 1 and a line" {
    start_peer 'l = listen()
announce(l)
s = l.accept()[0]
s.sendall(b"some")
read_exactly(s, 6)
s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))'
    run --separate-stderr sockkit connect "127.0.0.1:$PEER_PORT" Hello
    assert_failure 1
    assert_output some
    assert_equal "$stderr" "sockkit connect: connection with 127.0.0.1:$PEER_PORT: Connection reset by peer"
}

# --- who is connected ---

@test "-v names both ends as the system does; without it nothing is said" {
    start_peer 'l = listen()
announce(l)
for i in range(2):
    s, peer = l.accept()
    s.sendall(("%s:%d\n" % peer).encode())
    s.close()'
    run --separate-stderr sockkit connect -v "127.0.0.1:$PEER_PORT" </dev/null
    assert_success
    assert_equal "$stderr" "connected to 127.0.0.1:$PEER_PORT from $output"
    run --separate-stderr sockkit connect "127.0.0.1:$PEER_PORT" </dev/null
    assert_equal "$stderr" ''
}

# --- endpoints ---

@test "HOST PORT, HOST:PORT, HOST -p, :PORT, [V6]:PORT, and localhost reach the server" {
    start_peer 'l = listen()
announce(l)
while True:
    s = l.accept()[0]
    s.sendall(b"ok:" + read_all(s))
    s.close()'
    local words
    for words in "127.0.0.1 $PEER_PORT" "127.0.0.1:$PEER_PORT" "-p $PEER_PORT 127.0.0.1" ":$PEER_PORT" \
        "localhost $PEER_PORT" "-4 localhost:$PEER_PORT" "-p $PEER_PORT 127.0.0.1:$PEER_PORT" "-n 127.0.0.1 $PEER_PORT"; do
        echo "# $words"
        # shellcheck disable=SC2086
        run sockkit connect $words Hello
        assert_success
        assert_output ok:Hello
    done
}

@test "a look-up, and addresses that refuse, leave neither a process nor a descriptor" {
    peer '
l = listen()
descriptors = []
for host in "127.0.0.1", "localhost", "": # the last: ::1 first
    p = sockkit("connect", "--retry", 5, "%s:%d" % (host, l.getsockname()[1]))
    s = l.accept()[0]
    s.sendall(b"x")
    assert take(p.stdout, 1) == b"x"
    assert subprocess.run(["pgrep", "-P", str(p.pid)]).returncode == 1
    descriptors.append(len(os.listdir(f"/proc/{p.pid}/fd")))
    s.close()
    ended(p)
assert len(set(descriptors)) == 1, descriptors'
}

@test "a socket option that the system refuses ends it: status 1 and a line" {
    start_serve
    local applet where=("127.0.0.1:$PORT")
    for applet in connect udp-send probe serve; do
        [ "$applet" != serve ] || where=()
        run -1 sockkit "$applet" -O interface=nosuch "${where[@]}"
        assert_output "sockkit $applet: cannot set socket option interface: No such device"
    done
}

@test "an IPv6 literal, bare or in brackets, with a zone or without" {
    start_peer 'l = listen("::1")
announce(l)
while True:
    s = l.accept()[0]
    s.sendall(b"ok:" + read_all(s))
    s.close()'
    local words
    for words in "::1 $PEER_PORT" "[::1]:$PEER_PORT" "[::1] $PEER_PORT" "-p $PEER_PORT ::1" ":$PEER_PORT" "-6 :$PEER_PORT" \
        "-p $PEER_PORT ::1%lo" "[::1%lo]:$PEER_PORT"; do
        echo "# $words"
        # shellcheck disable=SC2086
        run sockkit connect $words Hello
        assert_success
        assert_output ok:Hello
    done
}

@test "digits are a MESSAGE when they are not right after HOST, or when the port is known" {
    start_peer 'l = listen()
announce(l)
while True:
    s = l.accept()[0]
    s.sendall(read_all(s))
    s.close()'
    local words
    for words in "127.0.0.1 $PEER_PORT 12345" "127.0.0.1:$PEER_PORT 12345" "-p $PEER_PORT 127.0.0.1 12345" ":$PEER_PORT 12345" \
        "-p $PEER_PORT 127.0.0.1 -- 12345"; do
        echo "# $words"
        # shellcheck disable=SC2086
        run sockkit connect $words
        assert_success
        assert_output 12345
    done
}

@test "a Unix-domain socket: unix:PATH, or -U PATH, where every operand is a MESSAGE" {
    start_peer 'l = socket.socket(socket.AF_UNIX)
l.bind("path")
l.listen()
announce(l)
while True:
    s = l.accept()[0]
    s.sendall(read_all(s))
    s.close()'
    run --separate-stderr sockkit connect -v unix:path Hello 123
    assert_success
    assert_output $'Hello\n123'
    assert_equal "$stderr" "connected to unix:path from unix"
    run sockkit connect -U path localhost:1 123
    assert_success
    assert_output $'localhost:1\n123'
}

@test "a Unix-domain socket that takes datagrams is told from one of streams" {
    start_server udp-serve -U "$DIR/datagrams"
    run -4 sockkit connect -U "$DIR/datagrams" Hello
    assert_output --partial '(a socket for datagrams, not for connections)'
}

usage() {
    echo "# $*"
    run --separate-stderr sockkit connect "$@"
    assert_failure 2
    assert_output ''
    assert_equal "${#stderr_lines[@]}" 1
    [[ $stderr == "sockkit connect: "* ]]
}

@test "an endpoint that is none is a usage error that names it" {
    local word
    for word in '' : '[::1' '[::1]x' '[1.2.3.4]:80' '[]:80' ::1:x: fe80::1%lo:80 a:b:c localhost: \
        unix: "unix:$(printf %0200d 0)"; do
        usage "$word" Hello
        word=${word#unix:0}
        [[ $stderr == *"${word:0:20}"* ]]
    done
    for word in x 65536 -1 0 80x ' 80' 99999999999999999999; do
        usage "localhost:$word" Hello
        [[ $stderr == *"${word:0:20}"* ]]
    done
    usage 60000
    assert_equal "$stderr" "sockkit connect: '60000' is no host (use -p 60000)"
}

@test "ports that disagree, families that disagree, a port where there is none: usage errors" {
    usage -p 1234 localhost:1235
    [[ $stderr == *1234*1235* ]]
    usage -4 ::1 1234
    usage -6 127.0.0.1 1234
    usage -4 -6 localhost
    usage -p 1234 unix:path
    usage -4 unix:path
    usage -U path -p 1234
    usage -n localhost:http
    [[ $stderr == *http* ]]
    usage -n -p http localhost
    usage -p nosuchservice localhost
    [[ $stderr == *nosuchservice* ]]
    usage -4 -b ::1 localhost:1234
    usage -b unix:path localhost:1234
}

@test "a service name is a port" {
    run -4 sockkit connect -p discard 127.0.0.1
    assert_output 'sockkit connect: cannot connect to 127.0.0.1:9: Connection refused (is a server listening there?)'
    run -4 sockkit connect 127.0.0.1:discard
    assert_output 'sockkit connect: cannot connect to 127.0.0.1:9: Connection refused (is a server listening there?)'
}

@test "nobody listens: status 4 and a line that says where and what to look at" {
    local port
    port=$(free_port)
    run -4 sockkit connect "localhost:$port" Hello
    assert_output "sockkit connect: cannot connect to localhost:$port: Connection refused (is a server listening there?)"
    run -4 sockkit connect ":$port" Hello
    assert_output "sockkit connect: cannot connect to localhost:$port: Connection refused (is a server listening there?)"
    run -4 sockkit connect unix:nowhere Hello
    assert_output "sockkit connect: cannot connect to unix:nowhere: No such file or directory (is a server listening there?)"
}

# --- retry ---

@test "--retry keeps trying until the server is up" {
    local port
    port=$(free_port)
    start sockkit connect -v --retry 20s "127.0.0.1:$port" Hello
    wait_for_line "$ERR" 'trying again'
    run sockkit serve -q -p "$port" --once Welcome </dev/null
    assert_success
    assert_output Hello
    wait_for_exit "$PID"
    assert_equal "$status $(cat "$OUT")" '0 Welcome'
}

@test "--retry TIME gives up after it, with the status of the last attempt" {
    local port
    port=$(free_port)
    run -4 sockkit connect --retry 300ms "127.0.0.1:$port"
    assert_output "sockkit connect: cannot connect to 127.0.0.1:$port: Connection refused (is a server listening there?)"
}

@test "--retry inf ends by a signal" {
    start sockkit connect -v --retry inf "127.0.0.1:$(free_port)"
    wait_for_line "$ERR" 'trying again'
    stop "$PID" INT
    assert_equal "$status" 130
}

@test "SIGINT, SIGTERM and SIGHUP end a connection; the shell sees which" {
    start_serve
    local signal
    for signal in INT TERM HUP; do
        open_feed
        STDIN=$FEED start sockkit connect -v ":$PORT"
        wait_for_line "$ERR" '^connected to'
        stop "$PID" "$signal"
        assert_equal "$status" "$((128 + $(kill -l "$signal")))"
        close_feed
    done
}

@test "--max-time ends the run: status 5 and a line" {
    start_serve
    open_feed
    run -5 sockkit connect --max-time 200ms "127.0.0.1:$PORT" <"$FEED"
    assert_output 'sockkit connect: not done after 200 ms (--max-time)'
}

# --- -e ---

@test "connect -e gives the command the socket, and ends with its status" {
    listener answer
    run --separate-stderr sockkit connect -e 'echo question; echo aside >&2; exit 7' "127.0.0.1:$PEER_PORT"
    assert_failure 7
    assert_output ''
    assert_equal "$stderr" aside
    assert_heard 'question\n'
    start_serve --once Welcome
    run sockkit connect -e 'read -r line; echo "got $line"; kill -KILL $$' "127.0.0.1:$PORT"
    assert_failure 137
    wait_for_exit "$SERVER_PID"
    assert_equal "$(cat "$SERVER_OUT")" 'got Welcome'
}

@test "connect -e: the environment names both ends; the socket blocks; nothing else is open" {
    listener
    run sockkit connect -e 'env | grep -E "^(TCP|PROTO)"; ls -l /proc/$$/fd; cat /proc/$$/fdinfo/[01]' "127.0.0.1:$PEER_PORT" 7</dev/null
    assert_success
    wait_for_exit "$PEER_PID"
    run cat heard
    assert_line --regexp ' 0 -> socket:'
    assert_line --regexp ' 1 -> socket:'
    refute_line --regexp ' [3-9] -> '
    assert_equal "$(grep -c '^flags:[[:space:]]*02$' heard)" 2
    assert_line PROTO=TCP
    assert_line TCPREMOTEIP=127.0.0.1
    assert_line "TCPREMOTEPORT=$PEER_PORT"
    assert_line TCPLOCALIP=127.0.0.1
    assert_line --regexp '^TCPLOCALPORT=[0-9]+$'
}

@test "connect -e delivers all output although the peer's own is unread" {
    peer '
l = listen()
p = sockkit("connect", "-e", "seq 100000; exit 3", "127.0.0.1", l.getsockname()[1])
s = l.accept()[0]
s.sendall(b"unread")
assert read_exactly(s, 588895) == b"".join(b"%d\n" % i for i in range(1, 100001))
assert s.recv(1) == b""
s.close()
ended(p, 3)'
}

@test "connect -e: SIGTERM ends the command's process group" {
    peer '
l = listen()
p = sockkit("connect", "-e", "sleep 1000 & echo $!; wait", "127.0.0.1", l.getsockname()[1])
s = l.accept()[0]
child = int(read_line(s))
p.terminate()
ended(p, -signal.SIGTERM)
assert s.recv(1) == b"", "somebody holds the connection"'
}

# --- quit word ---

@test "--quit-word: that line is sent and ends the connection; what is behind it is not sent" {
    listener "goodbye"
    run sockkit connect --quit-word quit "127.0.0.1:$PEER_PORT" < <(printf 'quits\nnot quit\nquit\nmore\n')
    assert_success
    assert_output goodbye
    assert_heard 'quits\nnot quit\nquit\n'
}

@test "--quit-word is seen in pieces, and while stdin stays open" {
    peer '
l = listen()
p = sockkit("connect", "--quit-word", "stop", "127.0.0.1", l.getsockname()[1])
s = l.accept()[0]
for piece in b"st", b"op", b"\n":
    p.stdin.write(piece)
    assert read_exactly(s, len(piece)) == piece
assert s.recv(1) == b""
s.sendall(b"bye")
s.close()
p.wait(10)
assert ended(p) == (b"bye", "")'
}

@test "a peer that goes on after the quit word is left, status 0" {
    peer '
l = listen()
p = sockkit("connect", "--quit-word", "stop", "127.0.0.1", l.getsockname()[1])
s = l.accept()[0]
p.stdin.write(b"stop\n")
assert read_all(s) == b"stop\n"
ended(p)'
}

# --- copies ---

@test "-o appends what is received, -x dumps both directions with offset, bytes and text" {
    echo before >copy
    listener $'answer\x01'
    run sockkit connect -o copy -x dump "127.0.0.1:$PEER_PORT" Hello 0123456789abcdef
    assert_success
    assert_output $'answer\x01'
    assert_equal "$(cat copy)" $'before\nanswer\x01'
    run cat dump
    assert_line --index 0 '> 00000000  48 65 6c 6c 6f 0a 30 31 32 33 34 35 36 37 38 39   Hello.0123456789'
    assert_line --index 1 '> 00000010  61 62 63 64 65 66 0a                              abcdef.'
    assert_line --index 2 '< 00000000  61 6e 73 77 65 72 01                              answer.'
    assert_heard 'Hello\n0123456789abcdef\n'
}

@test "-x - dumps to stderr; stdout has the bytes alone" {
    listener answer
    run --separate-stderr sockkit connect -x - "127.0.0.1:$PEER_PORT" Hello
    assert_success
    assert_output answer
    assert_equal "${stderr_lines[0]}" '> 00000000  48 65 6c 6c 6f 0a                                 Hello.'
}

@test "a copy that cannot be written is status 1 and a line" {
    listener answer
    run sockkit connect -o /nowhere/copy "127.0.0.1:$PEER_PORT" Hello
    assert_failure 1
    assert_output 'sockkit connect: cannot open /nowhere/copy: No such file or directory'
    peer '
l = listen()
p = sockkit("connect", "-o", "/dev/full", "127.0.0.1", l.getsockname()[1], stdin=subprocess.DEVNULL)
s = l.accept()[0]
assert s.recv(1) == b""
os.kill(p.pid, signal.SIGSTOP)
s.sendall(b"answer") # and its end, all at once
s.close()
os.kill(p.pid, signal.SIGCONT)
said = "sockkit connect: cannot write /dev/full: No space left on device\n"
assert ended(p, 1)[1] == said
p = sockkit("connect", "-x", "/dev/full", "127.0.0.1", l.getsockname()[1])
s = l.accept()[0]
os.kill(p.pid, signal.SIGSTOP)
s.sendall(b"answer") # both directions in one turn
p.stdin.write(b"question")
p.stdin.flush()
os.kill(p.pid, signal.SIGCONT)
assert ended(p, 1)[1] == said'
}
