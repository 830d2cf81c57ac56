# serve: greeting, stdin to all, half-close, --once.
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

@test "stdin that is a socket is copied too, to its end, also to a client that ends its side" {
    peer '
for words in [], ["--once"]:
    ours, theirs = socket.socketpair()
    p, port = serve("Bonjour", *words, stdin=theirs)
    theirs.close()
    s = connect(port)
    assert read_line(s) == b"Bonjour\n"
    ours.sendall(b"came\n")
    assert read_line(s) == b"came\n"
    s.shutdown(socket.SHUT_WR)
    assert quiet(s, 0.3)
    ours.sendall(b"late\n")
    assert read_line(s) == b"late\n"
    ours.close()
    assert read_all(s) == b""'
}

@test "a stdin that is silent is not waited for where a client has gone altogether" {
    [ -z "$PORTABLE" ] || return 0
    peer '
for words in [], ["--once"], ["--once", "--label"]:
    p, port = serve(*words, stdin=subprocess.PIPE)
    s = connect(port)
    p.stdin.write(b"x")
    assert read_exactly(s, 1) == b"x"
    s.close()
    while not b" closed (" in p.stderr.readline(): pass'
}

@test "--recv-only never reads stdin, and half-closes nothing for it" {
    peer '
for words in [], ["--once"]:
    p, port = serve("--recv-only", *words, stdin=subprocess.PIPE)
    p.stdin.write(b"unread")
    p.stdin.close()
    s = connect(port)
    assert quiet(s, 0.3)
    s.sendall(b"x")
    s.shutdown(socket.SHUT_WR)
    assert read_all(s) == b""
    assert take(p.stdout, 1) == b"x"'
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
    assert quiet(s, 0.2)
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
for words in [], ["-U", "path"], ["--once"]:
    p, port = serve(*words, stdin=open("data", "rb"))
    s = connect(port)
    assert hear(s) == open("data", "rb").read()
    if "--once" in words:
        ended(p)
    else: # it lives on, although its first client left with the last byte
        assert hear(connect(port)) == b""
        p.terminate()
        ended(p, -signal.SIGTERM)'
}

@test "a client that is slow and has ended its side gets all of a stdin that has ended" {
    head -c 500000 /dev/urandom >data
    peer '
data = open("data", "rb")
p, port = serve("-O", "sndbuf=8K", stdin=data)
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
s.connect(("127.0.0.1", int(port)))
wait_until(lambda: os.lseek(data.fileno(), 0, os.SEEK_CUR) == 500000) # it is shorter than what serve keeps
time.sleep(0.05) # so that its end has been read too, or else the test is easy
s.shutdown(socket.SHUT_WR)
assert read_all(s) == open("data", "rb").read()'
}

@test "where the last answer is the end, it arrives; input beyond 64 KiB behind it is answered by a reset" {
    peer '
for words in ["--reply", "got %m"], ["--reply", "got %m", "--once"]:
    p, port = serve("--quit-word", "stop", *words, stdout=subprocess.DEVNULL)
    for _ in range(1 if "--once" in words else 5):
        s = connect(port)
        s.sendall(b"a\nstop\n" + bytes(60000))
        assert read_all(s) == b"got a\n"
    if "--once" in words: p, port = serve("--quit-word", "stop", *words, stdout=subprocess.DEVNULL)
    s = connect(port)
    s.sendall(b"a\nstop\n" + bytes(3000000))
    assert read_line(s) == b"got a\n"
    assert is_reset(s)'
}

@test "a client that does not end its side after its last answer is closed once that is acknowledged and it is silent" {
    peer '
p, port = serve("--once", "--quit-word", "stop", stdin=subprocess.DEVNULL)
s = connect(port)
start = time.monotonic()
s.sendall(b"stop\n")
assert s.recv(1) == b""
ended(p)
assert 0.1 <= time.monotonic() - start < 4'
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

@test "a reset before any byte, as load balancers end what they connect to see whether somebody listens, is no error" {
    peer '
for to in False, True:
    l = listen()
    for words in [], ["-q"]:
        p, port = serve(*(["--to", "127.0.0.1:%d" % l.getsockname()[1]] if to else []), *words)
        s = connect(port)
        name = "%s:%d" % s.getsockname()
        if to: l.accept()
        reset(s)
        if words: # the next one is an error
            s = connect(port)
            s.sendall(b"x")
            if to: assert l.accept()[0].recv(1) == b"x"
            else: assert take(p.stdout, 1) == b"x"
            name = "%s:%d" % s.getsockname()
            reset(s)
        while name not in (line := p.stderr.readline().decode()) or "reset" not in line: assert line and not words, line
        assert line.startswith("sockkit serve: connection" if words else "connection"), line
        p.terminate()
        p.wait()' # "-q": only the last of the two is told
}

# --- --once ---

@test "what fails here is told once, although several clients meet it" {
    peer '
full = open("/dev/full", "wb")
for words, stdout, name in (("--label",), full, "to stdout"), (("-o", "/dev/full"), subprocess.DEVNULL, "/dev/full"):
    p, port = serve("-q", *words, "Hi", stdin=subprocess.DEVNULL, stdout=stdout)
    clients = [connect(port), connect(port)]
    for s in clients: read_line(s) # both are in
    os.kill(p.pid, signal.SIGSTOP)
    for s in clients: s.sendall(b"Bonjour\n")
    os.kill(p.pid, signal.SIGCONT)
    assert ended(p, 1)[1] == "sockkit serve: cannot write %s: No space left on device\n" % name'
}

@test "a client whose bytes stdout or a file did not take is reset, with --once too: it does not take them for received" {
    peer '
full = open("/dev/full", "wb")
for once in [], ["--once"]:
    for words, stdout in ([], full), (["--label"], full), (["-o", "/dev/full"], subprocess.DEVNULL):
        p, port = serve("-q", *once, *words, stdin=subprocess.DEVNULL, stdout=stdout)
        s = connect(port)
        s.sendall(b"Bonjour\n")
        try: heard = hear(s)
        except OSError: heard = None # the reset may come before the shutdown
        assert heard is None, (once, words)
        ended(p, 1)'
}

@test "--once serves one connection, and nobody else" {
    peer '
p, port = serve("--once", "Hello")
s = connect(port)
assert read_line(s) == b"Hello\n"
other = connect(port) # is in the backlog
assert quiet(other, 0.2)
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
    start = time.monotonic()
    hear(connect(port))
    ended(p, 0)
    assert time.monotonic() - start < 4, "it waited for a client that had ended"
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

@test "--once: a reset counts as long as something is to be delivered" {
    peer '
p, port = serve("--once", "--quit-word", "stop", stdin=subprocess.DEVNULL)
s = connect(port)
s.sendall(b"stop\n")
assert s.recv(1) == b""
reset(s)
ended(p, 0)
p, port = serve("-O", "sndbuf=8K", "--once", "--quit-word", "stop", *["x" * 100000] * 10, stdin=subprocess.DEVNULL)
s = connect(port)
s.sendall(b"stop\n")
assert p.stdout.readline() == b"stop\n"
reset(s)
assert "reset" in ended(p, 1)[1]'
}

@test "--once -i counts bytes either way" {
    peer '
runs = []
for words in [], ["--label"]:
    p, port = serve("--once", "-i", "1500ms", *words)
    runs.append((p, connect(port)))
for turn in range(8): # each way for longer than that
    assert quiet(runs[0][1], 0.5)
    for p, s in runs:
        if turn < 4: s.sendall(b"x\n")
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

@test "--once: a client that goes without a word before stdin has ended leaves it unfinished: status 1" {
    peer '
for options in [], ["--label"]:
    p = sockkit("serve", "--once", "-p", 0, "-b", "127.0.0.1", "-q", "--port-file", "port", *options)
    wait_until(lambda: os.path.exists("port"))
    s = connect(int(open("port").read()))
    name = "127.0.0.1:%d" % s.getsockname()[1]
    s.close()
    if not TOLD: # it is found out when something is sent
        p.stdin.write(b"late")
    p.wait(10)
    err = ended(p, 1)[1]
    assert not TOLD or err == f"sockkit serve: {name} closed the connection before the end of stdin\n", err'
}
