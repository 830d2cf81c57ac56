# chat --listen: a room of two.

load helper

@test "two people talk at once, stop by the host ends both with 0" {
    peer '
host, port = serve("--listen", applet="chat")
guest = sockkit("chat", ":" + port)
def heard(p, line):
    seen = b""
    while line not in seen:
        piece = os.read(p.stdout.fileno(), 65536)
        assert piece, seen
        seen += piece
heard(guest, b"you are guest")
host.stdin.write(b"hello\n"); heard(guest, b"(host) hello\n"); heard(host, b"(host) hello\n")
guest.stdin.write(b"hi\n"); heard(guest, b"(guest) hi\n"); heard(host, b"(guest) hi\n")
host.stdin.write(b"stop\n")
assert b"stop" not in ended(guest, 0)[0]
ended(host, 0)'
}

@test "stop by the guest ends both with 0, be it a chat or nc" {
    open_feed
    STDIN=$FEED start_server chat --listen --name ada
    run sockkit chat ":$PORT" hi stop
    assert_success
    assert_line '(guest) hi'
    wait_for_exit "$SERVER_PID"
    [ "$status" -eq 0 ]
    STDIN=$FEED start_server chat --listen
    printf 'hi\nstop\n' | timeout 10 nc.openbsd 127.0.0.1 "$PORT" >heard
    grep -q '^(guest) hi$' heard
    wait_for_exit "$SERVER_PID"
    [ "$status" -eq 0 ]
    close_feed
}

@test "stop by a guest that resets its connection ends with 0, newline or not" {
    peer '
for last in b"stop", b"stop\n":
    host, port = serve("--listen", applet="chat")
    s = connect(port)
    s.sendall(b"hi" + last[4:])
    while host.stdout.readline() != b"(guest) hi\n": pass
    s.sendall(last)
    reset(s)
    assert "reset" not in ended(host, 0)[1]'
}

@test "a third is told that the room is full, and closed; the two talk on" {
    open_feed
    STDIN=$FEED start_server chat --listen
    peer '
guest = connect(args[0])
read_line(guest)
for third in connect(args[0]), connect(args[0]):
    third.sendall(b"hello?\n")
    assert read_all(third) == b"! the room is full\n"
guest.sendall(b"still here\n")
while read_line(guest) != b"(guest) still here\n": pass' "$PORT"
    wait_for_line "$SERVER_OUT" '^\(guest\) still here$'
    wait_for_exit "$SERVER_PID" # the guest has gone
    [ "$status" -eq 0 ]
    close_feed
    run cat "$SERVER_OUT"
    refute_output --partial 'hello?'
}

@test "the end of stdin half-closes; the guest is still heard" {
    start_server chat --listen
    peer '
s = connect(args[0])
said = read_all(s)
assert said.endswith(b"* host has ended, and still hears what is said\n")
s.sendall(b"late\n")' "$PORT"
    wait_for_exit "$SERVER_PID"
    [ "$status" -eq 0 ]
    grep -q '^(guest) late$' "$SERVER_OUT"
}

@test "a guest says all its lines though the stdin of the host has ended" {
    seq -f 'line %g' 5000 >lines
    local times
    # shellcheck disable=SC2034 # three times, for it is a race
    for times in 1 2 3; do
        start_server chat --listen
        sockkit chat ":$PORT" <lines >/dev/null
        wait_for_exit "$SERVER_PID"
        [ "$status" -eq 0 ]
        grep '^(guest) line' "$SERVER_OUT" | cut -d' ' -f2- | cmp - lines
    done
}

# A host whose stdin is given (a Popen and its port), in Python.
HOST='
lines = b"".join(b"line %d\n" % i for i in range(5000))
open("lines", "wb").write(lines)
def host(stdin, *words): return serve("--listen", *words, applet="chat", stdin=stdin, stdout=open("host.out", "wb"))
def said(heard): return b"".join(l.removeprefix(b"(host) ") for l in heard.splitlines(True) if l.startswith(b"(host) "))
'

@test "a file or a pipe, early or late, is said to its end though the guest has ended its side" {
    peer "$HOST"'
for kind in "file", "early", "late":
    read, write = os.pipe()
    p, port = host(open("lines") if kind == "file" else read)
    os.close(read)
    if kind == "early": os.write(write, lines[:50000])
    s = connect(port)
    s.shutdown(socket.SHUT_WR)
    if kind != "file":
        wait_until(lambda: b"guest has ended" in open("host.out", "rb").read())
        os.write(write, lines[50000 if kind == "early" else 0:])
    os.close(write)
    assert said(read_all(s)) == lines, kind
    ended(p)'
}

@test "a guest that has gone ends it: what a file still holds is counted, a silent pipe is not waited for" {
    peer "$HOST"'
for how in "close", "reset":
    p, port = host(subprocess.PIPE)
    s = connect(port)
    s.sendall(b"hi\n")
    while read_line(s) != b"(guest) hi\n": pass
    s.close() if how == "close" else reset(s)
    p.wait(10)
    p.stdin.close()
    ended(p, 0 if how == "close" else 1)
huge = open("huge", "wb")
for i in range(200): huge.write(lines)
huge.close()
p, port = host(open("huge"))
s = connect(port)
s.recv(1000)
reset(s)
import re
n = int(re.search(r"(\d+) lines were not taken by the guest", ended(p, 1)[1])[1])
assert 900000 < n <= 1000000, n'
}

@test "a slow guest that reads all and leaves ends it with 0" {
    peer "$HOST"'
for kind in "file", "pipe":
    cat = subprocess.Popen(["sh", "-c", "cat lines lines lines lines lines lines"], stdout=subprocess.PIPE)
    open("more", "wb").write(6 * lines)
    p, port = host(open("more") if kind == "file" else cat.stdout, "-O", "sndbuf=8K")
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.connect(("127.0.0.1", int(port)))
    heard = b""
    while not heard.endswith(b"still hears what is said\n"):
        heard += s.recv(700)
    assert said(heard) == 6 * lines
    s.close()
    ended(p)'
}

@test "stop does not wait for a guest that takes nothing: what is lost is counted" {
    peer "$HOST"'
p, port = host(subprocess.PIPE, "-O", "sndbuf=8K")
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
s.connect(("127.0.0.1", int(port)))
wait_until(lambda: b"guest joined" in open("host.out", "rb").read())
p.stdin.write(lines[:25000].rsplit(b"\n", 1)[0] + b"\nstop\n")
assert "lines were not taken by the guest" in ended(p, 1)[1]'
}

@test "stop by the host ends both at once, whatever program the guest is" {
    open_feed
    mkfifo guest
    exec 7<>guest # the guest has more to say
    local client
    for client in 'nc.openbsd 127.0.0.1' 'busybox nc 127.0.0.1' 'ncat 127.0.0.1' "$SOCKKIT connect 127.0.0.1"; do
        STDIN=$FEED start_server chat --listen
        # shellcheck disable=SC2086 # a command line
        STDIN=guest start $client "$PORT"
        wait_for_line "$OUT" 'you are guest'
        echo stop >&"$FEED_FD"
        # Where the system does not tell what has arrived, the guest is given time, and no reset.
        WAIT=${PORTABLE:+10} && WAIT=${WAIT:-3} wait_for_exit "$SERVER_PID"
        [ "$status" -eq 0 ]
        # ncat looks at nothing but its stdin then.
        [[ $client == ncat* || -n ${PORTABLE:-} ]] || WAIT=3 wait_until gone "$PID"
        grep -q 'host left, the room is closed' "$OUT"
    done
    exec 7>&-
    close_feed
}

@test "a guest that talks on after the end of stdin costs no time" {
    peer '
p = sockkit("chat", "--listen", "-p", "0", "--port-file", "port", stdin=subprocess.DEVNULL)
wait_until(lambda: os.path.exists("port"))
s = socket.create_connection(("127.0.0.1", int(open("port").read())), timeout=10)
while s.recv(65536): pass
s.sendall(b"are you there?\n")
heard = b""
while b"there?\n" not in heard: heard += os.read(p.stdout.fileno(), 65536)
ticks = lambda: sum(map(int, open("/proc/%d/stat" % p.pid).read().split()[13:15]))
before = ticks()
select.select([], [], [], 0.5)
assert ticks() - before < 20, "it spins"
s.close()
ended(p)'
}

@test "when the guest has ended, what stdin has ready is still sent, then it ends with 0" {
    printf '%s\n' {1..2000} >lines
    STDIN=lines start_server chat --listen
    peer '
s = connect(args[0])
s.shutdown(socket.SHUT_WR)
said = read_all(s)
assert b"(host) 2000\n" in said, said[-200:]' "$PORT"
    wait_for_exit "$SERVER_PID"
    [ "$status" -eq 0 ]
}

@test "-w gives up when nobody comes, an operand is a usage error" {
    run sockkit chat --listen -p 0 -w 200ms
    assert_failure 5
    run sockkit chat --listen somebody
    assert_failure 2
}

