# The pace of what is sent and received: --line-delay, --wait-answer, --limit-rate.

load helper

# listener and what it accepts from connect with these words.
MEET='listener = socket.create_server(("127.0.0.1", 0))
listener.settimeout(10)
def meet(*words, **more):
    p = sockkit("connect", "-p", listener.getsockname()[1], *words, **more)
    s = listener.accept()[0]
    s.settimeout(10)
    return p, s
def receive(s, n): return s.recv(n, socket.MSG_WAITALL)
'

@test "--line-delay: a pause between lines, whether MESSAGEs, of a file or of a pipe" {
    printf 'one\ntwo\nthree' >lines
    peer "$MEET"'
def paced(p, s, wanted):
    for i, line in enumerate(wanted):
        assert receive(s, len(line)) == line
        now = time.monotonic()
        assert i == 0 or now - before > 0.25, now - before
        before = now
    assert s.recv(1) == b""
    s.close()
    ended(p, 0)
delay = "--line-delay", "300ms"
paced(*meet(*delay, "localhost", "one", "two", "three"), [b"one\n", b"two\n", b"three\n"])
paced(*meet(*delay, "--no-newline", "localhost", "one", "", "a\nb"), [b"one", b"a\nb"])
paced(*meet(*delay, "-C", stdin=open("lines")), [b"one\r\n", b"two\r\n", b"three"])
p, s = meet(*delay)
p.stdin.write(b"a\nb\nc")
p.stdin.close()
paced(p, s, [b"a\n", b"b\n", b"c"])'
}

@test "--wait-answer: the next line goes once the peer has answered and has been silent for 100 ms" {
    peer "$MEET"'
for source in "messages", "stdin":
    if source == "messages": p, s = meet("--wait-answer", "localhost", "one", "two", "three")
    else:
        p, s = meet("--wait-answer")
        p.stdin.write(b"one\ntwo\nthree\n")
        p.stdin.close()
    assert receive(s, 4) == b"one\n"
    assert quiet(s, 0.5)
    for part in b"2", b"5", b"0\n":
        s.sendall(part)
        assert quiet(s, 0.04)
    last = time.monotonic()
    assert receive(s, 4) == b"two\n"
    assert time.monotonic() - last > 0.03
    s.sendall(b"fine\n")
    assert receive(s, 6) == b"three\n"
    assert s.recv(1) == b""
    s.sendall(b"bye\n")
    s.close()
    assert ended(p, 0)[0] == b"250\nfine\nbye\n"'
}

@test "--wait-answer: no answer within -w is status 5, and what was not sent is counted" {
    printf 'one\ntwo\nthree\n' >lines
    peer "$MEET"'
for words, more in (["localhost", "one", "two", "three"], {}), ([], {"stdin": open("lines")}):
    start = time.monotonic()
    p, s = meet("--wait-answer", "-w", "500ms", *words, **more)
    err = ended(p, 5)[1]
    assert 0.4 < time.monotonic() - start < 8
    assert "did not answer within 500 ms" in err and "10 bytes unsent" in err, err
    assert read_all(s) == b"one\n"'
}

@test "paced lines: a peer that has ended its side gets them all; one that goes is status 1 and a count" {
    peer "$MEET"'
p, s = meet("--line-delay", "200ms", "localhost", "one", "two", "three")
s.shutdown(socket.SHUT_WR)
assert read_all(s) == b"one\ntwo\nthree\n"
ended(p, 0)
p, s = meet("--line-delay", "10s", "localhost", "one", "two", "three")
assert receive(s, 4) == b"one\n"
reset(s)
assert "10 bytes unsent" in ended(p, 1)[1]
with socket.socket(socket.AF_UNIX) as unix:
    unix.bind("path")
    unix.listen()
    p = sockkit("connect", "-U", "path", "--line-delay", "10s", "one", "two", "three")
    s = unix.accept()[0]
    assert receive(s, 4) == b"one\n"
    s.close()
    assert "10 bytes unsent" in ended(p, 1)[1]'
}

@test "paced lines: the quit word is the last, and what follows it is no loss" {
    printf 'one\nquit\nthree\n' >lines
    peer "$MEET"'
p, s = meet("--line-delay", "50ms", "--quit-word", "quit", stdin=open("lines"))
assert read_all(s) == b"one\nquit\n"
s.close()
assert "unsent" not in ended(p, 0)[1]'
}

@test "paced lines: nothing spins while a line waits" {
    peer "$MEET"'
p, s = meet("--wait-answer", "localhost", "one", "two")
assert receive(s, 4) == b"one\n"
before = cpu(p)
assert quiet(s, 1)
assert cpu(p) - before < 0.1, cpu(p) - before
p.terminate()
ended(p, -signal.SIGTERM)'
}

# --- --limit-rate ---

# A rate, and what takes a quarter of a second at it.
RATE='
import threading
rate, data = 800000, os.urandom(200000)
def at_pace(s, since, wanted=data):
    """Hears the data, never earlier than it may come."""
    got = b""
    while len(got) < len(wanted):
        piece = s.read(65536) if hasattr(s, "read") else s.recv(65536)
        assert piece, len(got)
        got += piece
        assert len(got) <= rate * (time.monotonic() - since), (len(got), time.monotonic() - since)
    assert got == wanted
def say(s, bytes_=data):
    s.sendall(bytes_)
    s.shutdown(socket.SHUT_WR)
def write(pipe, bytes_=data):
    pipe.write(bytes_)
    pipe.close()
def later(do, *words):
    t = threading.Thread(target=do, args=words)
    t.start()
    return t
limit = "--limit-rate", rate
open("data", "wb").write(data)
'

@test "--limit-rate: connect sends stdin of every kind, messages and lines, and receives, no faster than that, and whole" {
    peer "$MEET$RATE"'
for more in (), ("-x", "dump"), ("--trace",):
    since = time.monotonic()
    p, s = meet(*limit, *more, stdin=open("data"), stderr=open("err", "w"))
    t = later(say, s)
    hearing = later(at_pace, s, since)
    at_pace(p.stdout, since)
    hearing.join(); t.join()
    assert s.recv(1) == p.stdout.read(1) == b""
    s.close()
    ended(p)
since = time.monotonic()
p, s = meet(*limit)
t = later(write, p.stdin)
at_pace(s, since)
assert s.recv(1) == b""
s.close()
ended(p)
messages = [b"x" * 50000] * 3
since = time.monotonic()
p, s = meet(*limit, "localhost", *(m.decode() for m in messages))
at_pace(s, since, b"".join(m + b"\n" for m in messages))
s.close()
ended(p)
since = time.monotonic()
p, s = meet(*limit, "--line-delay", "1ms", "-C", stdin=subprocess.PIPE)
t = later(write, p.stdin, (b"x" * 9998 + b"\n") * 15)
at_pace(s, since, (b"x" * 9998 + b"\r\n") * 15)
s.close()
t.join()
ended(p)
since = time.monotonic()
p, s = meet(*limit, "--send-only", stdin=subprocess.DEVNULL)
assert s.recv(1) == b""
say(s)
assert ended(p)[0] == b""
'
}

@test "--limit-rate: serve feeds, and hears, each client no faster than that: one, several, with a label, with --once" {
    peer "$RATE"'
for words in (), ("--once",), ("-x", "dump"), ("--raw", "--once", "-C"):
    p, port = serve(*limit, "-q", *words, stdin=open("data") if "-C" not in words else subprocess.PIPE)
    if "-C" in words: t = later(write, p.stdin, b"x\n" * 60000)
    since = time.monotonic()
    s = connect(port)
    saying = later(say, s)
    hearing = later(at_pace, s, since, b"x\r\n" * 60000 if "-C" in words else data)
    at_pace(p.stdout, since)
    hearing.join(); saying.join()
    assert s.recv(1) == b""
    s.close()
    if "--once" not in words: p.terminate()
    ended(p, 0 if "--once" in words else -signal.SIGTERM)
p, port = serve(*limit, "--label", stdin=subprocess.PIPE)
since = time.monotonic()
a, b = connect(port), connect(port)
for i in range(2): # both are there
    while p.stderr.readline().count(b" connected") == 0: pass
t = later(write, p.stdin)
both = later(at_pace, a, since)
at_pace(b, since)
both.join(); t.join()'
}

@test "--limit-rate: greeting, replies, the broker and --to keep to it, each connection and direction for itself" {
    peer "$RATE"'
p, port = serve(*limit, "-q", "--no-newline", "g" * 100000, "g" * 30000, stdin=subprocess.DEVNULL)
since = time.monotonic()
at_pace(connect(port), since, b"g" * 130000)
p, port = serve(*limit, "-q", "--reply", "%m", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
lines = (b"y" * 9999 + b"\n") * 10
since = time.monotonic()
s = connect(port)
t = later(say, s, lines)
at_pace(s, since, lines)
p, port = serve(*limit, "--broker", stdin=subprocess.DEVNULL)
since = time.monotonic()
a, b = connect(port), connect(port)
for i in range(2): # both are members
    while p.stderr.readline().count(b" connected") == 0: pass
t = later(say, a)
at_pace(b, since)
for more in (), ("-x", "dump"), ("--send-proxy", 1):
    target = listen()
    p, port = serve(*limit, "-q", *more, "--to", "127.0.0.1:%d" % target.getsockname()[1], stdin=subprocess.DEVNULL)
    since = time.monotonic()
    s = connect(port)
    a = target.accept()[0]
    if "--send-proxy" in more: assert read_line(a).startswith(b"PROXY TCP4 ")
    ways = [later(say, s), later(say, a), later(at_pace, a, since)]
    at_pace(s, since)
    for t in ways: t.join()
    assert s.recv(1) == a.recv(1) == b""'
}

@test "--limit-rate: a client that waits for its pace takes no processor time, and one that resets meanwhile is noticed" {
    peer "$RATE"'
for words in ((), ("--once",), ("--to", "unix:target"), ("--to", "tcp")):
    unix = unix_listen("target")
    tcp = listen()
    words = [w if w != "tcp" else "127.0.0.1:%d" % tcp.getsockname()[1] for w in words]
    p, port = serve("--limit-rate", 1, *words, stdin=open("data"))
    s = connect(port)
    s.sendall(bytes(2))
    before = cpu(p)
    time.sleep(0.5)
    assert cpu(p) - before < 0.1, (words, cpu(p) - before)
    reset(s)
    line = b""
    while b" closed (" not in line:
        line = p.stderr.readline()
        assert line, words'
}

@test "--limit-rate: zero, and a command whose bytes are not ours, are usage errors" {
    for words in '0 serve' '99999G serve' 'x connect' '1 serve -e true' '1 connect -e true'; do
        read -r rate applet more <<<"$words"
        # shellcheck disable=SC2086
        run sockkit "$applet" --limit-rate "$rate" $more
        assert_failure 2
        assert_output --partial limit-rate
    done
}
