# serve -e: a command for each client, with the socket as stdin and stdout.
# shellcheck disable=SC2016 # what stands in single quotes is for Python, or for the command

load helper

@test "the command has the socket as stdin and stdout, and the server's stderr" {
    peer '
p, port = serve("-e", "echo hello; read -r line; echo \"<$line>\"; cat; echo to stderr >&2", "Hi", stdin=subprocess.DEVNULL)
for s in connect(port), connect(port):
    s.sendall(b"one\ntwo\nthree")
    assert hear(s) == b"Hi\nhello\n<one>\ntwo\nthree"
while b"to stderr" not in (line := p.stderr.readline()): assert line
assert line == b"to stderr\n"'
}

@test "clients are served at the same time, and each command ends its own connection" {
    peer '
p, port = serve("-q", "-e", "read -r line; echo \"$line\"")
clients = [connect(port) for _ in range(50)]
for i, s in reversed(list(enumerate(clients))):
    s.sendall(b"%d\n" % i)
    assert read_all(s) == b"%d\n" % i'
}

@test "its environment has the UCSPI names, and none of an earlier server" {
    peer '
names = ["PROTO", "TCPREMOTEIP", "TCPREMOTEPORT", "TCPLOCALIP", "TCPLOCALPORT"]
command = "echo " + " ".join("\"${%s-none}\"" % n for n in names)
stale = {**os.environ, "PROTO": "X", "TCPREMOTEIP": "192.0.2.1", "TCPLOCALIP": "192.0.2.2", "TCPREMOTEPORT": "1", "TCPLOCALPORT": "2"}
p, port = serve("-e", command, env=stale)
for host in ["127.0.0.1"] + ["::1"] * has_ipv6():
    s = connect(port, host)
    assert read_all(s).decode().split() == ["TCP", host, str(s.getsockname()[1]), host, port]
p, path = serve("-U", "socket", "-e", command, env=stale)
assert read_all(connect(path)).decode().split() == ["UNIX"] + ["none"] * 4'
}

# For the tests that look at a command from outside: it tells its pid and waits.
WAITING='waiting = "echo $$; read -r line"
def start(port):
    s = connect(port)
    return s, int(read_line(s))
'

GONE='def gone(pid):
    try: return open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[0] == "Z"
    except OSError: return True
'

@test "it has descriptors 0, 1 and 2, and no other" {
    peer "$WAITING"'
kept = [os.dup(2) for _ in range(20)]
p, port = serve("-e", waiting, pass_fds=kept)
assert len(os.listdir(f"/proc/{p.pid}/fd")) > 20
clients = [start(port) for _ in range(5)]
for s, pid in clients:
    assert sorted(os.listdir(f"/proc/{pid}/fd")) == ["0", "1", "2"], os.listdir(f"/proc/{pid}/fd")
    ends = [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in (0, 1)]
    assert ends[0] == ends[1] and ends[0].startswith("socket:")'
}

@test "its socket blocks" {
    peer "$WAITING"'
p, port = serve("-e", waiting)
s, pid = start(port)
for fd in 0, 1:
    flags = [l.split()[1] for l in open(f"/proc/{pid}/fdinfo/{fd}") if l.startswith("flags:")]
    assert not int(flags[0], 8) & os.O_NONBLOCK'
}

@test "it leads its own process group" {
    peer "$WAITING"'
p, port = serve("-e", waiting)
(s, first), (t, second) = start(port), start(port)
assert os.getpgid(first) == first and os.getpgid(second) == second != os.getpgid(p.pid)'
}

@test "it starts with default signals, none blocked, whatever the server started with" {
    peer "$WAITING"'
def ignore():
    for s in signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGCHLD, signal.SIGTTOU, signal.SIGPIPE, signal.SIGRTMIN + 3: signal.signal(s, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD, signal.SIGUSR2, signal.SIGTERM])
p, port = serve("-e", waiting, preexec_fn=ignore, restore_signals=False)
s, pid = start(port)
status = dict(l.split(":", 1) for l in open(f"/proc/{pid}/status"))
assert int(status["SigBlk"], 16) == 0, status["SigBlk"]
libc_own = 3 << 31  # signals 32 and 33: libc lets nobody set them, and make leaves them ignored
assert int(status["SigIgn"], 16) & ~libc_own == 0, status["SigIgn"]
assert hear(s) == b""
p.terminate()
ended(p, -signal.SIGTERM)'
}

@test "all its output is delivered, to a slow client and to one whose input it did not read" {
    peer '
p, port = serve("-q", "-e", "head -c 5000000 /dev/zero; echo end")
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
s.connect(("127.0.0.1", int(port)))
s.settimeout(10)
assert quiet(p.stdout, 0.3) # it has done what it can
assert read_all(s) == bytes(5000000) + b"end\n"
p, port = serve("-q", "-e", "head -c 1 >/dev/null; echo end")
for _ in range(10):
    s = connect(port)
    s.sendall(bytes(20000))
    assert hear(s) == b"end\n"'
}

@test "input that a command did not read ends in a reset, but for 64 KiB where its status is 0" {
    peer '
for command, sent, as_read in ("exit 3", 1, False), ("exit 3", 0, True), ("true", 60000, True), ("true", 200000, False), ("sleep 3 & exit 3", 1, False):
    for place in ["-p", "0"], ["-U", "socket"]:
        p, where = serve("-q", "-e", "sleep 0.2; echo end; " + command, *place)
        s = connect(where)
        s.sendall(bytes(sent))
        assert read_line(s) == b"end\n"
        if as_read:
            assert hear(s) == b""
        else:
            assert is_reset(s)
            if place[0] == "-p": # on a Unix socket the end may be seen first
                try: assert s.recv(1) != b"", (command, sent, place)
                except ConnectionResetError: pass
        p.terminate()'
}

@test "a client that resets its connection ends its command: SIGHUP to the group, after 2 s SIGKILL" {
    peer '
p, port = serve("-q", "-m", "1", "-e", "trap \"echo hup >got; exit\" HUP; echo there; sleep 60 & wait")
s = connect(port)
assert read_line(s) == b"there\n"
reset(s)
wait_until(lambda: os.path.exists("got"))
s = connect(port)
assert read_line(s) == b"there\n" # its place under -m is free
p.terminate()
ended(p, -signal.SIGTERM)
p, port = serve("-q", "-e", "(trap \"\" HUP; echo $$; exec sleep 60) & wait") # it outlives the command
s = connect(port)
group = int(read_line(s))
reset(s)
def empty():
    try: os.killpg(group, 0)
    except ProcessLookupError: return True
wait_until(empty)
p.terminate()
ended(p, -signal.SIGTERM)
p, port = serve("-q", "-m", "1", "-e", "trap \"\" HUP; echo there; sleep 60")
s = connect(port)
assert read_line(s) == b"there\n"
reset(s)
s = connect(port)
s.settimeout(20)
assert read_line(s) == b"there\n"
p.terminate()
ended(p, -signal.SIGTERM)'
}

@test "a client that has ended both its sides does not end its command" {
    peer '
p, port = serve("-q", "-e", "sleep 0.5; cat >got; echo done >>got")
s = connect(port)
s.sendall(b"all\n")
s.close()
wait_until(lambda: os.path.exists("got") and open("got").read() == "all\ndone\n")'
}

@test "serve --once -e and connect -e end with the status of the command, at once" {
    peer '
p, port = serve("--once", "-e", "echo hello; exit 3")
s = connect(port)
start = time.monotonic()
assert read_all(s) == b"hello\n"
p.wait(10)
assert time.monotonic() - start < 3
ended(p, 3)
l = listen()
p = sockkit("connect", "127.0.0.1", l.getsockname()[1], "-e", "echo hello; exit 3")
s = l.accept()[0]
start = time.monotonic()
assert read_line(s) == b"hello\n"
p.wait(10)
assert time.monotonic() - start < 3
ended(p, 3)'
}

@test "the connection ends when the command does, though something it started goes on" {
    peer '
p, port = serve("-e", "sleep 60 & echo $!; exit")
s = connect(port)
pid = int(read_line(s))
try: assert read_all(s) == b""
finally: os.kill(pid, signal.SIGKILL)'
}

@test "what a client sends and gets is counted" {
    peer '
p, port = serve("--once", "-e", "head -n 1; head -c 1000000 /dev/zero", "Hi")
s = connect(port)
s.sendall(b"12345\n")
assert len(hear(s)) == 1000009
line = ended(p)[1].splitlines()[-1]
import re
counts = re.search(r"closed \(received (\d+) bytes, sent (\d+) bytes", line).groups()
portable = variant("portable") # where the system does not tell
assert counts == ("6", "1000009") or portable, line'
}

@test "its children are reaped" {
    peer '
p, port = serve("-q", "-e", "exit 3")
for _ in range(20): read_all(connect(port))
def children():
    return [e for e in os.listdir("/proc") if e.isdigit() and os.path.exists(f"/proc/{e}/stat")
            and open(f"/proc/{e}/stat").read().rpartition(")")[2].split()[1] == str(p.pid)]
def none():
    try: return not children()
    except OSError: return False
wait_until(none)'
}

@test "--once ends with its status" {
    peer '
for command, status in (("exit 0", 0), ("exit 7", 7), ("kill -KILL $$", 137), ("kill -TERM $$", 143), ("no-such-command-here 2>&-", 127)):
    p, port = serve("-q", "--once", "-e", command, stdin=subprocess.DEVNULL)
    assert read_all(connect(port)) == b""
    ended(p, status)'
}

@test "a client that goes away ends the command, and the server lives on" {
    peer "$WAITING"'
p, port = serve("-e", waiting)
s, pid = start(port)
s.close()
wait_until(lambda: not os.path.exists(f"/proc/{pid}"))
q, qort = serve("-e", "yes")
s = connect(qort)
s.recv(1)
reset(s)
while b" closed (" not in (line := q.stderr.readline()): assert line
assert connect(qort).recv(2) == b"y\n"'
}

@test "at the end commands get SIGTERM, with what they started, and what they then say is delivered" {
    peer '
p, port = serve("-e", """trap "echo bye; exit" TERM
    (trap "echo >told; exit" TERM; echo ready; while :; do sleep 60 & wait; done) & while :; do wait; done""")
s = connect(port)
assert read_line(s) == b"ready\n"
p.terminate()
assert read_all(s) == b"bye\n"
ended(p, -signal.SIGTERM)
assert os.path.exists("told")'
}

@test "2 s after SIGTERM commands get SIGKILL, with what they started, and nobody is served meanwhile" {
    peer "$GONE"'
p, port = serve("-q", "-e", "trap \"\" TERM; sleep 60 & echo $!; cat >/dev/null; wait")
s = connect(port)
sleeper = int(read_line(s))
start = time.monotonic()
p.terminate()
assert quiet(s, 0.5)
try:
    late = connect(port)
    assert quiet(late, 0.3) or late.recv(1) == b""
except ConnectionError: pass
ended(p, -signal.SIGTERM)
took = time.monotonic() - start
assert 1.9 < took < 3.5, took
wait_until(lambda: gone(sleeper))'
}

@test "what commands leave behind is reaped by the server, whatever PID 1 does" {
    peer 'import ctypes
ctypes.CDLL(None).prctl(36, 1) # PR_SET_CHILD_SUBREAPER: orphans come here, as to a PID 1 that does not reap
p, port = serve("-e", "sleep 100 & echo there; wait", stdin=subprocess.DEVNULL)
assert read_line(connect(port)) == b"there\n"
p.terminate()
ended(p, -signal.SIGTERM)
try: left = os.waitpid(-1, os.WNOHANG)
except ChildProcessError: left = None
assert left is None or not TOLD, left'
}

@test "SIGKILL also finds what outlives a command that obeyed SIGTERM" {
    peer "$GONE"'
p, port = serve("-q", "-e", "(trap \"\" TERM; echo ready; exec sleep 60) & echo $!; wait")
s = connect(port)
words = {read_line(s), read_line(s)}
sleeper = int((words - {b"ready\n"}).pop())
p.terminate()
ended(p, -signal.SIGTERM)
try: wait_until(lambda: gone(sleeper), 5)
finally:
    if not gone(sleeper): os.kill(sleeper, signal.SIGKILL)'
}

@test "the server's stdin is left alone" {
    peer '
p, port = serve("-e", "echo hi")
p.stdin.write(b"unread")
assert read_all(connect(port)) == b"hi\n"
import fcntl, termios
unread = struct.unpack("i", fcntl.ioctl(p.stdin, termios.FIONREAD, bytes(4)))[0]
assert unread == 6, unread'
}

@test "a command may do what the server's sandbox would forbid" {
    peer '
p, port = serve("--once", "-e", "echo written >file; /bin/cat file")
assert read_all(connect(port)) == b"written\n"
ended(p)'
}
