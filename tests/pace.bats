# The pace of what is sent: --line-delay, --wait-answer.

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
