# serve: greeting, stdin to all, answers, what is shown of what clients send, and how connections end.
# shellcheck disable=SC2154,SC2153 # what run, start_serve and wait_for_exit set

load helper

# --- greeting ---

@test "every client is greeted with each MESSAGE as a line, and closed once it has ended its side" {
    peer '
p, port = serve("Bonjour", "à tous", "", stdin=subprocess.DEVNULL)
for _ in range(3): assert hear(connect(port)) == "Bonjour\nà tous\n\n".encode()
p.terminate()
ended(p, -signal.SIGTERM)'
}

@test "without anything to send a client is closed when it ends its side, not before" {
    peer '
for stdin in subprocess.DEVNULL, None:
    p, port = serve("--once", stdin=stdin or os.open("/dev/null", os.O_RDONLY))
    s = connect(port)
    s.sendall(b"one\n")
    assert quiet(s, 0.3)
    s.sendall(b"two\n")
    assert hear(s) == b""
    assert ended(p)[0] == b"one\ntwo\n"'
}

@test "--no-newline sends MESSAGEs as they are, -C with CRLF and no CR doubled" {
    peer '
for words, greeting in ((["--no-newline", "a", "b"], b"ab"),
                        (["-C", "a", "b\r", "c\nd\r\ne"], b"a\r\nb\r\nc\r\nd\r\ne\r\n"),
                        (["-C", "--no-newline", "a\nb"], b"a\r\nb")):
    p, port = serve(*words, stdin=subprocess.DEVNULL)
    assert hear(connect(port)) == greeting'
}

@test "connected and closed are told, with what went; -q silences both" {
    peer '
p, port = serve("--once", "Hello", stdin=subprocess.DEVNULL)
s = connect(port)
name = "%s:%d" % s.getsockname()
s.sendall(b"four")
hear(s)
lines = ended(p)[1].splitlines()
assert lines[0] == "listening on 127.0.0.1:" + port
assert lines[-2] == name + " connected"
import re
assert re.fullmatch(re.escape(name) + r" closed \(received 4 bytes, sent 6 bytes, [0-9.]+ m?s\)", lines[-1])
p, port = serve("--once", "-q", "Hello", stdin=subprocess.DEVNULL)
hear(connect(port))
assert ended(p) == (b"", "")'
}

# --- stdin to all ---

@test "stdin is copied to every connected client; its end half-closes them, and who comes later" {
    peer '
p, port = serve("Hi")
clients = [connect(port) for _ in range(3)]
for s in clients: assert read_line(s) == b"Hi\n"
p.stdin.write(b"to\0all\n")
for s in clients: assert read_line(s) == b"to\0all\n"
p.stdin.write(b"and no newline")
for s in clients: assert read_exactly(s, 14) == b"and no newline"
p.stdin.close()
for s in clients:
    assert s.recv(1) == b""
    s.sendall(b"still heard\n")
late = connect(port)
assert read_all(late) == b"Hi\n"
late.sendall(b"still heard\n")
assert take(p.stdout, 48) == b"still heard\n" * 4'
}

@test "stdin is read only while somebody is there: what comes before, between and behind clients waits for the next" {
    peer '
p, port = serve()
for i in range(20):
    p.stdin.write(b"early %d\n" % i)
    s = connect(port)
    assert read_line(s) == b"early %d\n" % i
    reset(s)
    while b" closed (" not in p.stderr.readline(): pass'
}

@test "stdin is not read for a client that has got its last" {
    peer '
p, port = serve("--quit-word", "bye")
s = connect(port)
s.sendall(b"bye\n")
assert s.recv(1) == b"" # its side is still open, and discarded for a while
p.stdin.write(b"for the next\n")
assert take(p.stdout, 4) == b"bye\n" and quiet(p.stdout, 0.2)
t = connect(port)
assert read_line(t) == b"for the next\n"'
}

@test "stdin that is a file is sent whole to the first client" {
    head -c 5000000 /dev/urandom >data
    peer '
p, port = serve(stdin=open("data", "rb"))
s = connect(port)
data = read_all(s)
assert data == open("data", "rb").read()'
}

@test "the slowest client sets the pace of stdin, and nothing is dropped" {
    head -c 100000000 /dev/zero | tr '\0' 'x' >data
    peer '
p, port = serve(stdin=open("data", "rb"), stderr=subprocess.DEVNULL)
slow = socket.socket()
slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
slow.connect(("127.0.0.1", int(port)))
slow.settimeout(10)
assert slow.recv(1) == b"x"
fast = connect(port)
fast.settimeout(0.5)
got = 0
try:
    while piece := fast.recv(1 << 20): got += len(piece)
    raise SystemExit("the fast one did not wait")
except socket.timeout: pass
fast.settimeout(10)
import threading
reader = threading.Thread(target=lambda: rest.append(len(read_all(fast))))
rest = []
reader.start()
assert 1 + len(read_all(slow)) == 100000000
reader.join()
assert got + rest[0] <= 100000000'
}

@test "a client that goes away while it is slow lets the others go on" {
    head -c 30000000 /dev/urandom >data
    peer '
p, port = serve(stdin=open("data", "rb"), stderr=subprocess.DEVNULL)
slow = connect(port)
fast = connect(port)
fast.settimeout(0.5)
got = []
try:
    while piece := fast.recv(1 << 20): got.append(piece)
    raise SystemExit("the fast one did not wait")
except socket.timeout: pass
slow.close()
fast.settimeout(10)
got.append(read_all(fast))
assert open("data", "rb").read().endswith(b"".join(got))'
}

@test "-C turns the newlines of stdin into CRLF, across reads too" {
    peer '
p, port = serve("-C")
s = connect(port)
for sent, got in ((b"one\n", b"one\r\n"), (b"two\r", b"two\r"), (b"\nthree", b"\nthree"), (b"\n", b"\r\n"), (b"\n\r\n", b"\r\n\r\n")):
    p.stdin.write(sent)
    assert read_exactly(s, len(got)) == got
p.stdin.close()
assert s.recv(1) == b""'
}

@test "-C of newlines alone, to a slow client, loses none" {
    head -c 3000000 /dev/zero | tr '\0' '\n' >data
    peer '
p, port = serve("-C", "-O", "sndbuf=16K", stdin=open("data", "rb"))
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
s.connect(("127.0.0.1", int(port)))
s.settimeout(10)
assert quiet(p.stdout, 0.3) # it has read what it can
assert read_all(s) == b"\r\n" * 3000000'
}

@test "a greeting that the client is slow to take comes whole before stdin" {
    peer '
greeting = "g" * 120000
p, port = serve("-O", "sndbuf=4096", *[greeting] * 8)
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
s.connect(("127.0.0.1", int(port)))
s.settimeout(10)
p.stdin.write(b"behind it")
p.stdin.close()
assert read_all(s) == (greeting.encode() + b"\n") * 8 + b"behind it"'
}

@test "no stdin (closed, or /dev/null) is never read, and nothing is half-closed" {
    peer '
def check(p, port):
    s = connect(port)
    assert read_line(s) == b"Hi\n"
    assert quiet(s, 0.3)
    assert hear(s) == b""
    p.terminate()
    ended(p, -signal.SIGTERM)
check(*serve("Hi", stdin=subprocess.DEVNULL))
check(*serve("Hi", stdin=None, preexec_fn=lambda: os.close(0)))'
}

@test "stdin that is a terminal is copied too; a client that ends its side is closed once it has its greeting" {
    peer '
import pty
ours, theirs = pty.openpty()
p, port = serve("Bonjour", stdin=theirs)
s = connect(port)
assert read_line(s) == b"Bonjour\n"
os.write(ours, b"typed\n")
assert read_line(s) == b"typed\n"
assert hear(s) == b""
assert hear(connect(port)) == b"Bonjour\n"'
}

@test "stdin that is a socket is copied too; a client that ends its side is closed once it has what came" {
    peer '
for words in [], ["--once"]:
    ours, theirs = socket.socketpair()
    p, port = serve("Bonjour", *words, stdin=theirs)
    s = connect(port)
    assert read_line(s) == b"Bonjour\n"
    ours.sendall(b"came\n")
    assert read_line(s) == b"came\n"
    assert hear(s) == b""'
}

@test "stdin that is a terminal while in the background is no stdin" {
    peer '
import pty
child, ours = pty.fork()
if child == 0: # the leader of a session whose terminal is its stdin; the server is another group, in the background
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    p, port = serve("Hi", stdin=0, preexec_fn=os.setpgrp)
    try:
        s = connect(port)
        assert read_line(s) == b"Hi\n"
        assert quiet(s, 0.5)
        print("state", open(f"/proc/{p.pid}/stat").read().split()[2])
        assert hear(s) == b""
        print("well", flush=True)
    finally:
        p.kill()
    os._exit(0)
os.write(ours, b"not for it\n")
said = b""
try:
    while piece := os.read(ours, 1000): said += piece
except OSError: pass
assert b"state S" in said and b"well" in said, said'
}

# --- half-close ---

@test "a client that ended its side goes on receiving from a pipe until stdin ends" {
    peer '
for words in [], ["--label"], ["--once"], ["--once", "-o", "copy"]:
    p, port = serve(*words)
    s = connect(port)
    s.sendall(b"last\n")
    s.shutdown(socket.SHUT_WR)
    assert p.stdout.readline().endswith(b"last\n")
    p.stdin.write(b"one\n")
    assert read_line(s) == b"one\n"
    assert quiet(s, 0.2)
    p.stdin.write(b"two\n")
    p.stdin.close()
    assert read_all(s) == b"two\n"
    if "--once" in words: ended(p)'
}

@test "a client that ended its side goes on receiving from a file until its end" {
    head -c 20000000 /dev/urandom >data
    peer '
for words in [], ["--once"]:
    p, port = serve(*words, stdin=open("data", "rb"), stderr=subprocess.DEVNULL)
    s = connect(port)
    assert hear(s) == open("data", "rb").read()'
}

@test "where the last answer is the end, it arrives whatever else the client has sent" {
    peer '
for words in ["--reply", "got %m"], ["--reply", "got %m", "--once"]:
    p, port = serve("--quit-word", "stop", *words, stdout=subprocess.DEVNULL)
    for _ in range(1 if "--once" in words else 5):
        s = connect(port)
        s.sendall(b"a\nstop\n" + bytes(3000000))
        s.shutdown(socket.SHUT_WR)
        assert read_all(s) == b"got a\n"'
}

@test "a client that does not end its side after its last answer is closed 5 s later" {
    peer '
p, port = serve("--once", "--quit-word", "stop", stdin=subprocess.DEVNULL)
s = connect(port)
start = time.monotonic()
s.sendall(b"stop\n")
assert s.recv(1) == b""
ended(p)
assert 4.5 < time.monotonic() - start < 10'
}

@test "a reset by a client is told, and the others live on" {
    peer '
p, port = serve(stdin=subprocess.PIPE)
other = connect(port)
s = connect(port)
name = "%s:%d" % s.getsockname()
s.sendall(b"x")
assert take(p.stdout, 1) == b"x"
reset(s)
p.stdin.write(b"go on\n")
assert read_line(other) == b"go on\n"
while not (line := p.stderr.readline()).startswith(b"sockkit serve: connection with"): assert line
assert name.encode() in line and b"reset" in line'
}

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

# --- --once ---

@test "--once serves one connection, and nobody else" {
    peer '
p, port = serve("--once", "Hello")
s = connect(port)
assert read_line(s) == b"Hello\n"
p.stdin.write(b"to it\n")
assert read_line(s) == b"to it\n"
s.sendall(b"from it\n")
p.stdin.close()
assert hear(s) == b""
assert ended(p)[0] == b"from it\n"
try: connect(port)
except ConnectionRefusedError: pass
else: raise SystemExit("it still listens")'
}

@test "--once: its outcome is the status" {
    peer '
for words in [], ["--label"], ["--reply", "%m"]:
    p, port = serve("--once", *words, stdin=subprocess.DEVNULL)
    hear(connect(port))
    ended(p, 0)
    p, port = serve("--once", *words, stdin=subprocess.DEVNULL)
    s = connect(port)
    s.sendall(b"x")
    reset(s)
    assert "reset" in ended(p, 1)[1]
    p, port = serve("--once", "-i", "200ms", *words, stdin=subprocess.DEVNULL)
    s = connect(port)
    assert s.recv(1) == b""
    ended(p, 5)'
}

@test "--once -i counts bytes either way" {
    peer '
runs = []
for words in [], ["--label"]:
    p, port = serve("--once", "-i", "2", *words)
    runs.append((p, connect(port)))
for turn in range(4):
    assert quiet(runs[0][1], 0.7)
    for p, s in runs:
        if turn % 2: s.sendall(b"x\n")
        else:
            p.stdin.write(b"y\n")
            assert read_line(s) == b"y\n"
for p, s in runs:
    assert s.recv(1) == b""
    ended(p, 5)'
}

@test "--once moves files both ways at once" {
    head -c 30000000 /dev/urandom >there
    head -c 30000000 /dev/urandom >here
    peer '
import threading
p, port = serve("--once", stdin=open("here", "rb"), stdout=open("got", "wb"))
s = connect(port)
data = open("there", "rb").read()
t = threading.Thread(target=lambda: (s.sendall(data), s.shutdown(socket.SHUT_WR)))
t.start()
assert read_all(s) == open("here", "rb").read()
t.join()
ended(p)
assert open("got", "rb").read() == data'
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

@test "a stdout whose reader has gone ends it as SIGPIPE does" {
    peer '
for words in [], ["--once"], ["--label"], ["--reply", "%m"]:
    p, port = serve("-q", *words)
    p.stdout.close()
    s = connect(port)
    s.sendall(b"x\n")
    assert ended(p, -signal.SIGPIPE)[1] == ""'
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

@test "-x - dumps to stderr, answers included" {
    peer '
p, port = serve("--once", "-q", "-x", "-", "--reply", "=%m")
s = connect(port)
s.sendall(b"one\n")
hear(s)
err = ended(p)[1].splitlines()
assert any(l.startswith("< 00000000  6f 6e 65 0a ") and l.endswith("  one.") for l in err), err
assert any(l.startswith("> 00000000  3d 6f 6e 65 0a ") and l.endswith("  =one.") for l in err), err'
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
