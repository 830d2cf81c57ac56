# serve: what clients say: answered, shown, copied.
# shellcheck disable=SC2154,SC2153 # what run, start_serve and wait_for_exit set

load helper

# --- --reply ---

@test "--reply answers each message with a line; %m %a %p %t %% are filled in" {
    peer '
p, port = serve("--reply", "%m|%a|%p|%%|%t", "Hi")
s = connect(port)
assert read_line(s) == b"Hi\n"
s.sendall(b"one two\r\n")
message, host, number, percent, when = read_line(s).decode().rstrip("\n").split("|")
assert (message, host, int(number), percent) == ("one two", *s.getsockname(), "%")
import datetime
age = datetime.datetime.now(datetime.timezone.utc) - datetime.datetime.fromisoformat(when)
assert abs(age.total_seconds()) < 15, when
assert take(p.stdout, 9) == b"one two\r\n"'
}

@test "--reply answers pipelined messages in order, empty ones and a last one without newline too" {
    peer '
p, port = serve("--reply", "<%m>", stdout=subprocess.DEVNULL)
s = connect(port)
s.sendall(b"".join(b"%d\n" % i for i in range(10000)) + b"\n\r\nlast")
assert hear(s) == b"".join(b"<%d>\n" % i for i in range(10000)) + b"<>\n<>\n<last>\n"'
}

@test "--reply of many answers that nobody fetches does not grow without bound, and loses none" {
    peer '
p, port = serve("--reply", "%m" * 10, stdout=subprocess.DEVNULL)
s = connect(port)
s.settimeout(1)
line = b"x" * 9999 + b"\n"
sent = 0
try:
    while sent < 100 * 1000 * 1000: sent += s.send((line * 100)[sent % len(line):])
    raise SystemExit("it reads without end")
except socket.timeout: pass
s.settimeout(10)
grown = int([l for l in open(f"/proc/{p.pid}/status") if l.startswith("VmRSS")][0].split()[1])
assert grown < 100000, grown
assert len(hear(s)) == (sent // 10000 * 99991) + (sent % 10000 and sent % 10000 * 10 + 1)'
}

@test "--reply takes what a client without newlines sent as a message, after a silence" {
    peer '
p, port = serve("--reply", "got %m")
s = connect(port)
s.sendall(b"Bonjour")
start = time.monotonic()
assert read_line(s) == b"got Bonjour\n"
assert time.monotonic() - start > 0.4
s.sendall(b"again")
assert read_line(s) == b"got again\n"
s.sendall(b"\r\n") # belongs to it
s.sendall(b"line\n")
assert read_line(s) == b"got line\n"
s.sendall(b"in two ")
assert quiet(s, 1)
s.sendall(b"pieces\n")
assert read_line(s) == b"got in two pieces\n"'
}

@test "--reply never cuts a line that comes in many packets" {
    peer '
p, port = serve("--reply", "%m")
s = connect(port)
s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
for byte in b"\r\nHello w\0rld\r\r\n": s.send(bytes([byte]))
assert read_line(s) == b"\n"
assert read_line(s) == b"Hello w\0rld\r\n"'
}

@test "--reply refuses a line beyond 65536 bytes, its ending not counted, and goes on" {
    peer '
p, port = serve("--reply", "%m", stdout=subprocess.DEVNULL)
s = connect(port)
s.sendall(b"a" * 65536 + b"\n" + b"b" * 65536 + b"\r\n" + b"c" * 65537 + b"\n" + b"d" * 1000000 + b"\nnext\n")
assert read_line(s) == b"a" * 65536 + b"\n"
assert read_line(s) == b"b" * 65536 + b"\n"
assert read_line(s) == b"ERR line too long\n"
assert read_line(s) == b"ERR line too long\n"
assert read_line(s) == b"next\n"'
}

@test "--reply with -C answers with CRLF; an empty template answers with an empty line" {
    peer '
p, port = serve("--reply", "%m", "-C", "Hi")
s = connect(port)
s.sendall(b"one\ntwo\r\n")
assert hear(s) == b"Hi\r\none\r\ntwo\r\n"
p, port = serve("--reply", "")
s = connect(port)
s.sendall(b"one\ntwo\n")
assert hear(s) == b"\n\n"'
}

@test "--reply does not read stdin" {
    peer '
p, port = serve("--reply", "%m")
p.stdin.write(b"unread\n")
p.stdin.close()
s = connect(port)
assert quiet(s, 0.2)
s.sendall(b"one\n")
assert hear(s) == b"one\n"'
}

# --- what is shown ---

@test "what clients send goes to stdout, byte for byte" {
    peer '
import random
data = bytes(range(256)) + random.Random(1).randbytes(5000000)
for stdout in "file", "pipe", "append":
    out = open("got", "wb") if stdout == "file" else open("got", "ab") if stdout == "append" else subprocess.PIPE
    if stdout == "append": os.truncate("got", 0)
    p, port = serve(stdin=subprocess.DEVNULL, stdout=out)
    for i in range(2):
        s = connect(port)
        if stdout == "pipe":
            import threading
            threading.Thread(target=s.sendall, args=[data]).start()
            assert take(p.stdout, len(data)) == data
        else: s.sendall(data)
        s.close()
        while b" closed (" not in p.stderr.readline(): pass
    p.terminate()
    ended(p, -signal.SIGTERM)
    assert stdout == "pipe" or open("got", "rb").read() == data * 2'
}

@test "a slow reader of stdout makes clients wait, and gets everything" {
    peer '
import random, threading
data = random.Random(2).randbytes(1000000) * 40
for words in ["--once"], ["-m", 1], ["-m", 1, "-o", "copy"], ["--once", "--reply", "%m"]:
    p, port = serve(*words, "-O", "rcvbuf=64K", stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    s = connect(port)
    s.settimeout(0.5)
    sent = 0
    try:
        while sent < len(data): sent += s.send(data[sent:])
        raise SystemExit("it did not wait")
    except socket.timeout: pass
    s.settimeout(10)
    threading.Thread(target=lambda: (s.sendall(data[sent:]), s.close())).start()
    if "--reply" in words: assert data.startswith(take(p.stdout, 1000000))
    else: assert take(p.stdout, len(data)) == data
    p.kill()'
}

@test "a stdout that fails ends it with status 1 and a line" {
    peer '
for words in [], ["--once"], ["--label"], ["--reply", "%m"]:
    for more in {"stdout": open("/dev/full", "wb")}, {"stdout": None, "preexec_fn": lambda: os.close(1)}:
        p, port = serve("-q", *words, **more)
        s = connect(port)
        s.sendall(b"x\n")
        err = ended(p, 1)[1]
        assert err.startswith("sockkit serve: cannot write to stdout: ") and err.count("\n") == 1, err'
}

@test "a stdout whose reader has gone ends it as SIGPIPE does, while nothing is written" {
    peer '
for words in [], ["--once"], ["--label"], ["--once", "--label"], ["--reply", "%m"], ["-o", "copy"]:
    for clients in 0, 1:
        p, port = serve("-q", *words)
        keep = [connect(port) for _ in range(clients)]
        for s in keep:
            s.sendall(b"x\n")
            assert p.stdout.read(1)
        p.stdout.close()
        assert ended(p, -signal.SIGPIPE)[1] == "", words
        assert not [f for f in os.listdir(".") if f.startswith("port.")]'
}

@test "a stdout to which nothing is written may lose its reader" {
    peer '
p, port = serve("-q", "-e", "cat")
p.stdout.close()
s = connect(port)
s.sendall(b"x\n")
assert read_line(s) == b"x\n"
s.close()
p.terminate()
ended(p, -signal.SIGTERM)'
}

@test "--label puts the sender before each line, and never two in one" {
    peer '
p, port = serve("--label", stdin=subprocess.DEVNULL)
a, b = connect(port), connect(port, "::1") if has_ipv6() else connect(port)
def name(s): return "[%s] " % (("[%s]:%d" if ":" in s.getsockname()[0] else "%s:%d") % s.getsockname()[:2])
said = lambda text: p.stdout.readline().decode() == text
a.sendall(b"be")
b.sendall(b"whole\n")
assert said(name(b) + "whole\n")
a.sendall(b"gun\nand more\n")
assert said(name(a) + "begun\n")
assert said(name(a) + "and more\n")
a.sendall(b"login: ")
assert take(p.stdout, len(name(a)) + 7).decode() == name(a) + "login: "
b.sendall(b"me too\n")
assert said("\n") and said(name(b) + "me too\n")
a.sendall(b"late\n")
assert said(name(a) + "late\n")
b.sendall(b"unfinished")
b.shutdown(socket.SHUT_WR)
assert said(name(b) + "unfinished\n")'
}

@test "--label shows an unfinished line after 500 ms, and one that the end finishes to a slow reader too" {
    peer '
p, port = serve("--label")
s = connect(port)
start = time.monotonic()
s.sendall(b"half")
shown = b"[127.0.0.1:%d] half" % s.getsockname()[1]
assert take(p.stdout, len(shown)) == shown
assert 0.4 < time.monotonic() - start < 3
p, port = serve("--once", "--label", stdin=subprocess.DEVNULL)
s = connect(port)
label = b"[127.0.0.1:%d] " % s.getsockname()[1]
s.sendall(b"a" * 60000 + b"\n" + b"b" * 60000) # a pipe holds 65536
s.close()
while b" closed (" not in (line := p.stderr.readline()): assert line
assert ended(p)[0] == label + b"a" * 60000 + b"\n" + label + b"b" * 60000 + b"\n"'
}

@test "--label: what a peer sends that has never sent a newline is a line each time; a line of others goes on" {
    peer '
p, port = serve("--label")
for first, second in (b"Bonjour", b"Salut"), (b"one\ntw", b"o"):
    s = connect(port)
    label = b"[127.0.0.1:%d] " % s.getsockname()[1]
    shown = label + first.replace(b"\n", b"\n" + label)
    s.sendall(first)
    assert take(p.stdout, len(shown)) == shown
    s.sendall(second)
    s.close()
    line = p.stdout.readline() + (p.stdout.readline() if first == b"Bonjour" else b"")
    assert line == (b"\n" + label + b"Salut\n" if first == b"Bonjour" else b"o\n"), line'
}

@test "--quit-word ends its connection, is shown, and hides what comes behind it" {
    peer '
p, port = serve("--quit-word", "stop")
other, s = connect(port), connect(port)
s.sendall(b"stop it\nnonstop\nSTOP\nst")
assert quiet(s, 0.2)
s.sendall(b"op\r\nhidden\n")
assert s.recv(1) == b""
s.close()
t = connect(port)
t.sendall(b"stop")
assert t.recv(1) == b""
t.close()
u = connect(port)
u.sendall(b"no\n")
shown = b"stop it\nnonstop\nSTOP\nstop\r\nstopno\n"
assert take(p.stdout, len(shown)) == shown
p.stdin.write(b"goes on\n")
assert read_line(other) == b"goes on\n"'
}

@test "--quit-word is not answered by --reply" {
    peer '
p, port = serve("--quit-word", "stop", "--reply", "%m!")
s = connect(port)
s.sendall(b"one\nstop\ntwo\n")
assert read_all(s) == b"one!\n"'
}

@test "a terminal gets nothing from clients that could act on it, but with --raw; another stdout gets all" {
    peer '
import pty, tty
sent = b"\x1b[31mred\x07\r\n\ttab \xff \xc3\xa9 \xe2\x80\xae\x00\x7f\n"
safe = b"^[[31mred^G\n\ttab \\xff \xc3\xa9 \\u{202E}^@^?\n"
for words, shown in ([], safe), (["--once"], safe), (["--reply", "%m"], safe), (["--raw"], sent), (["--raw", "--once"], sent):
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    p, port = serve("-q", *words, stdin=subprocess.DEVNULL, stdout=theirs)
    s = connect(port)
    s.sendall(sent + b"unfinished")
    got = b""
    while len(got) < len(shown) + 10: got += os.read(ours, 1000)
    assert got == shown + b"unfinished", got
    s.close()
p, port = serve("-q", stdin=subprocess.DEVNULL)
connect(port).sendall(sent)
assert take(p.stdout, len(sent)) == sent'
}

# --- copies ---

@test "-o appends what is received to a file, and stdout has it too" {
    echo before >copy
    peer '
for words in [], ["--once"], ["--reply", "%m"]:
    p, port = serve("-m", 1, "-o", "copy", *words)
    s = connect(port)
    s.sendall(b"re\0ceived\n")
    p.stdin.close()
    hear(s)
    assert take(p.stdout, 10) == b"re\0ceived\n"
    p.terminate()'
    printf 'before\nre\0ceived\nre\0ceived\nre\0ceived\n' | cmp - copy
}

@test "-x dumps both directions: direction, offset, hex bytes and text" {
    peer '
import re
p, port = serve("-x", "dump", "Hello", stdout=subprocess.DEVNULL)
s = connect(port)
s.sendall(bytes(range(20)))
s.sendall(b"A")
p.stdin.write(b"from stdin")
p.stdin.close()
hear(s)
while b" closed (" not in p.stderr.readline(): pass
received, sent, texts = bytearray(), bytearray(), ""
for line in open("dump").read().splitlines():
    if line.startswith("#"): assert line[2:] == "%s:%d" % s.getsockname(); continue
    direction, offset, pairs, text = re.fullmatch(r"([<>]) ([0-9a-f]{8})  ((?:[0-9a-f]{2} )+) *  (.*)", line).groups()
    data, so_far = bytes.fromhex(pairs), received if direction == "<" else sent
    assert int(offset, 16) == len(so_far)
    assert text == "".join(chr(c) if 32 <= c < 127 else "." for c in data)
    so_far += data
assert received == bytes(range(20)) + b"A"
assert sent == b"Hello\nfrom stdin"'
}

@test "-x - dumps to stderr, answers included, each behind what it answers" {
    peer '
p, port = serve("--once", "-q", "-x", "-", "--reply", "=%m", stdout=subprocess.DEVNULL, stderr=open("said", "w"))
s = connect(port)
s.sendall(b"one\n")
assert read_line(s) == b"=one\n"
s.sendall(b"x" * 70000 + b"\n")
assert hear(s) == b"ERR line too long\n"
ended(p)
dump = [l for l in open("said").read().splitlines() if l[:2] in ("< ", "> ")]
assert dump[0].startswith("< 00000000  6f 6e 65 0a ") and dump[0].endswith("  one."), dump[:5]
assert dump[1].startswith("> 00000000  3d 6f 6e 65 0a ") and dump[1].endswith("  =one."), dump[:5]
answer = [l for l in dump if l[0] == ">"][1:]
assert bytes.fromhex("".join(l[12:60] for l in answer)) == b"ERR line too long\n", answer'
}

@test "a copy that cannot be written ends it with status 1 and a line that names the file" {
    run sockkit serve -p 0 -o nowhere/copy
    assert_failure 1
    assert_line --partial nowhere/copy
    run sockkit serve -p 0 -x nowhere/dump
    assert_failure 1
    assert_line --partial nowhere/dump
    peer '
for option in "-o", "-x":
    p, port = serve("-q", option, "/dev/full", stdout=subprocess.DEVNULL)
    s = connect(port)
    s.sendall(b"x")
    err = ended(p, 1)[1]
    assert "/dev/full" in err and err.count("\n") == 1, err'
}
