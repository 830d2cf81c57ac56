# chat-serve: a room for many.

load helper

room() { peer "from room import *
$1" "${@:2}"; }

@test "a newcomer is told its name, who is there and how to get help; the others that it joined" {
    room '
p, port = room()
a = Member(port)
assert a.welcome[0].startswith("* ") and "user1" in a.welcome[0] and "/help" in a.welcome[0]
b = Member(port)
assert a.line() == "* user2 joined"
assert set(b.welcome[1].removeprefix("* here: ").split()) == {"user1", "user2"}
b.s.close()
assert a.line() == "* user2 left"'
}

@test "1000 deliveries, one at a time, cost at most 1500 system calls" {
    room '
p, port = room("-q")
members = [Member(port) for _ in range(25)]
for m in members[:-1]: m.until("user25 joined")
def talk():
    for n in range(40):
        members[n % 25].say("line %d" % n)
        for m in members: m.until("line %d" % n)
made = calls(p, talk)
assert made <= 1500, made'
}

@test "what anyone says all hear, the speaker included, in one order" {
    room '
import threading
p, port = room()
members = [Member(port, "m%d" % i) for i in range(20)]
witnesses = [Member(port, "w%d" % i) for i in range(3)]
def talk(m, i):
    for n in range(200): m.say("%d says %d" % (i, n))
threads = [threading.Thread(target=talk, args=(m, i)) for i, m in enumerate(members)]
heard = [None] * 3
def listen_to(k):
    lines = []
    while len(lines) < 4000:
        line = witnesses[k].line()
        if " says " in line: lines.append(line)
    heard[k] = lines
threads += [threading.Thread(target=listen_to, args=(k,)) for k in range(3)]
for t in threads: t.start()
for m in members: m.s.settimeout(20)
for t in threads: t.join()
assert heard[0] == heard[1] == heard[2]
for i in range(20):
    mine = [l for l in heard[0] if l.startswith("(m%d) " % i)]
    assert mine == ["(m%d) %d says %d" % (i, i, n) for n in range(200)]'
}

@test "/nick, /me, /msg, /who, /help, // and an empty line; refusals begin with !" {
    room '
p, port = room()
a, b, c = Member(port, "ada"), Member(port, "bob"), Member(port, "eve")
a.until("is now eve"); b.until("is now eve")
def both(text):
    assert a.line() == text and b.line() == text
a.say("/me waves"); both("(ada *) waves")
a.say("//who"); both("(ada) /who")
a.say(""); a.say("next"); both("(ada) next")
a.say("/msg BOB psst"); both("(ada -> bob) psst")
a.say("/msg Ada note"); assert a.line() == "(ada -> ada) note"
a.say("/nick Bob"); assert a.line().startswith("! ")
a.say("/nick a b"); assert a.line().startswith("! ")
a.say("/nick \u00e9\u0301"); assert a.line().startswith("! ")
a.say("/NICK Bob"); assert a.line() == "! bob is here already"
a.say("/Me bows"); both("(ada *) bows")
a.say("/nick \u3164"); assert a.line().startswith("! ")
a.say("/nick e\u0301"); assert "composed" in a.line()
a.say("/nonsense"); assert a.line().startswith("! ")
a.say("/msg nobody x"); assert a.line().startswith("! ")
a.say("/who"); assert set(a.line().removeprefix("* here: ").split()) == {"ada", "bob", "eve"}
a.say("/help"); assert a.line().startswith("* ")
a.say("/nick Ada"); assert b.line() == "* ada is now Ada"
c.until("(ada) next")
c.say("x"); assert "psst" not in " ".join(c.until("(eve) x"))'
}

@test "a message over 4096 bytes, or over the longest line, is refused, and the connection lives" {
    room '
p, port = room()
a, b = Member(port, "ada"), Member(port, "bob")
a.until("is now bob")
a.say("x" * 4096); assert b.line() == "(ada) " + "x" * 4096
a.line()
for size in 4097, 70000, 1000000:
    a.say("x" * size); assert a.line().startswith("! ")
a.say("still here"); assert b.line() == "(ada) still here"'
}

@test "nothing a member says acts on a terminal, or looks like another's line" {
    room '
p, port = room()
a, b = Member(port, "ada"), Member(port, "bob")
a.until("is now bob")
a.say(b"\x1b[2J\x07\x9b1m\xc2\x9b\x7f\xff tab\there \xe2\x80\xae\xe2\x81\xa6 \xc3\xa9 fake\r(bob) me")
assert b.line() == r"(ada) \x1B[2J\x07\x9B1m\u{9B}\x7F\xFF tab here \u{202E}\u{2066} é fake\x0D(bob) me"
a.s.sendall(b"with CR\r\n"); assert b.line() == "(ada) with CR"
a.say("/msg bob \x1b]0;x\x07"); assert b.line() == r"(ada -> bob) \x1B]0;x\x07"'
}

@test "a member that ends its side hears its own last words, then the end; the others that it left" {
    room '
p, port = room()
a, b = Member(port, "ada"), Member(port, "bob")
a.until("is now bob")
b.s.sendall(b"first\nlast words")
b.s.shutdown(socket.SHUT_WR)
assert b.rest() == ["(bob) first", "(bob) last words"]
assert [a.line(), a.line(), a.line()] == ["(bob) first", "(bob) last words", "* bob left"]
c = Member(port); c.say("bye"); c.say("/quit"); c.say("never")
assert c.rest() == ["(user3) bye"]
assert a.until("left")[-1] == "* user3 left"'
}

@test "what telnet says to a system is not said to the room, however it is cut" {
    room '
p, port = room()
a, b = Member(port, "ada"), Member(port, "bob")
a.until("is now bob")
for piece in b"\xff", b"\xfd", b"\x0a", b"\xff\xfa\x1f\0\x50\0", b"\x0a\xff", b"\xf0he", b"ll\xff\xf1o\r", b"\n":
    b.s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    b.s.sendall(piece)
    time.sleep(0.02) # it only makes pieces likely: what is heard must not depend on it
assert a.line() == "(bob) hello"
b.say(b"one \xff\xff byte"); assert a.line() == r"(bob) one \xFF byte"'
}

@test "a member that never sends a newline is heard after a silence" {
    room '
p, port = room()
a, b = Member(port, "ada"), Member(port)
a.line()
b.s.sendall(b"bare")
assert a.line() == "(user2) bare"'
}

@test "a member that does not read slows nobody; a whole buffer behind it is dropped, and the room told" {
    room '
p, port = room("--buffer", "64K", "-O", "sndbuf=16K")
slow, a, b = Member(port, "slow"), Member(port, "ada"), Member(port, "bob")
slow.s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
a.until("is now bob")
for i in range(30000):
    a.say("%d " % i + "x" * 1000)
    line = b.line()
    if line.startswith("* slow left"): break
    assert line.startswith("(ada) %d " % i), line[:80]
    assert a.line() == line
else: assert False, "it was not dropped"'
}

@test "a newcomer hears nothing from before it came, wherever in the log that is" {
    room '
p, port = room("--buffer", "64K", "-q", stderr=subprocess.DEVNULL)
for i in range(4000): # by these alone the log goes round
    c = Member(port)
    assert c.welcome[0].startswith("* welcome, you are user%d " % (i + 1)), c.welcome
    assert c.welcome[1].startswith("* here: user%d" % (i + 1)), c.welcome
    c.s.close()
a, b = Member(port), Member(port)
b.say("now")
assert b.line() == "(user4002) now"
p.terminate()
assert p.wait(10) == -signal.SIGTERM'
}

@test "private lines count: one who does not read is dropped for a whole buffer of them, and the room told" {
    room '
p, port = room("--buffer", "256K", "-O", "sndbuf=16K")
slow, a, b = Member(port, "slow"), Member(port, "ada"), Member(port, "bob")
slow.s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
a.until("is now bob")
memory = lambda: next(int(l.split()[1]) for l in open(f"/proc/{p.pid}/status") if l.startswith("VmRSS"))
before, sent = memory(), 0
for i in range(3000):
    a.say("/msg slow %d " % i + "x" * 1000)
    line = a.line()
    if line.startswith("* slow left"): break
    assert line.startswith("(ada -> slow) %d " % i), line[:80]
    sent += len(line)
assert 256 << 10 < sent < 600 << 10, sent # what the two sockets hold is beyond the buffer
assert b.line() == "* slow left (it did not read)"
assert variant("san") or memory() < before + 2000, (before, memory())'
}

@test "private lines to many who do not read stay within the buffer and 64 KiB for each" {
    room '
p, port = room("--buffer", "1M", "-O", "sndbuf=16K", "-q")
a = Member(port, "ada")
slow = [Member(port, "slow%d" % i) for i in range(30)]
memory = lambda: next(int(l.split()[1]) for l in open(f"/proc/{p.pid}/status") if l.startswith("VmRSS"))
before, worst = memory(), 0
text = "x" * 4000
for i in range(900):
    a.say("\n".join("/msg slow%d " % n + text for n in range(30)))
    a.say("round %d" % i)
    if "round" not in a.until("round %d" % i)[0]: worst = max(worst, memory())
assert variant("san") or worst < before + 1024 + 30 * 64 * 1.5 + 2048, (before, worst)'
}

@test "history is kept once: many silent newcomers cost no more of it, and one who reads gets it all" {
    room '
p, port = room("--history", "2000", "-q")
a = Member(port, "ada")
for i in range(2100): a.say("%d " % i + "x" * 4000); a.line()
memory = lambda: next(int(l.split()[1]) for l in open(f"/proc/{p.pid}/status") if l.startswith("VmRSS"))
before = memory()
silent = [connect(port) for _ in range(40)]
b = Member(port)
b.s.settimeout(20)
for i in range(100, 2100):
    line = b.line()
    assert line.startswith("(ada) %d x" % i), line[:80]
a.say("now"); assert b.line() == "(ada) now"
assert variant("san") or memory() < before + 40 * 64 + 2048, (before, memory())'
}

@test "a newcomer is never given a name that somebody has" {
    room '
p, port = room()
a = Member(port, "User2")
b = Member(port)
assert "user3" in b.welcome[0], b.welcome'
}

@test "a member that asks without end and never reads is held up, and delays nobody" {
    room '
p, port = room("--buffer", "64K")
a, b = Member(port), Member(port)
a.s.setblocking(False)
memory = lambda: next(int(l.split()[1]) for l in open(f"/proc/{p.pid}/status") if l.startswith("VmRSS"))
before = memory()
sent = still = 0
while still < 50: # until nothing moves any more
    try:
        sent += a.s.send(b"/help\n" * 10000)
        still = 0
    except BlockingIOError:
        still += 1
        time.sleep(0.01)
    assert sent < 32 << 20 and (variant("san") or memory() < before + 16000), "it takes all"
b.say("hello")
b.until(") hello")'
}

@test "a newcomer is shown the last lines said, not joins nor private words" {
    room '
p, port = room("--history", "3")
a = Member(port, "ada")
for i in range(4): a.say("line %d" % i)
a.say("/msg ada secret"); a.say("/me bows"); a.until("bows")
b = Member(port)
assert [b.line(), b.line(), b.line()] == ["(ada) line 2", "(ada) line 3", "(ada *) bows"]
b.say("now")
assert b.line() == "(user2) now"
p, port = room()
a = Member(port, "ada"); a.say("before"); a.until("before")
b = Member(port); a.say("after")
assert b.line() == "(ada) after"'
}

@test "--log appends a transcript with times; a failed write is told and the room goes on" {
    room '
open("log", "w").write("kept\n")
p, port = room("--log", "log")
a = Member(port, "ada"); a.say("hello"); a.until("hello")
p.terminate(); ended(p, -signal.SIGTERM)
lines = open("log").read().splitlines()
assert lines[0] == "kept"
import re
assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d ", l) for l in lines[1:]), lines
assert [l.split(" ", 1)[1] for l in lines[1:]] == ["* user1 joined", "* user1 is now ada", "(ada) hello"]
p, port = room("--log", "/dev/full")
a = Member(port, "ada"); a.say("on"); a.until("(ada) on"); a.say("and on"); a.until("and on")
p.terminate()
assert ended(p, -signal.SIGTERM)[1].count("/dev/full") == 1'
}

@test "--rate lets faster ones wait and loses nothing" {
    room '
p, port = room("--rate", "20")
a, b = Member(port), Member(port)
begin = time.monotonic()
for i in range(40): a.say("n%d" % i)
for i in range(40): assert b.line() == "(user1) n%d" % i
assert time.monotonic() - begin > 0.8
a.line(); a.s.sendall(b"")'
}

@test "the room is shown on stdout, not with -q" {
    room '
for words, shown in ((), True), (("-q",), False):
    p, port = room(*words)
    a = Member(port, "ada"); a.say("hello"); a.until("hello")
    a.s.close()
    if shown:
        lines = [p.stdout.readline().decode() for _ in range(4)]
        assert lines == ["* user1 joined\n", "* user1 is now ada\n", "(ada) hello\n", "* ada left\n"], lines
    p.terminate()
    out = ended(p, -signal.SIGTERM)[0]
    assert out == b"", out'
}

@test "a stdout that nobody reads holds up nobody; what is missing there is told" {
    room '
p, port = room("--buffer", "64K")
a = Member(port, "ada")
for i in range(300):
    a.say("x" * 1000)
    a.until("x" * 1000)
a.say("the last")
a.until("the last")
while b"the last" not in (line := p.stdout.readline()): assert line
while b"lines are missing" not in (line := p.stderr.readline()): assert line'
}

@test "lines of stdin are those of the host, a member like the others, until its end" {
    room '
p, port = room("--history", "1", stdin=subprocess.PIPE)
a = Member(port, "ada")
assert set(a.welcome[1].removeprefix("* here: ").split()) == {"user1", "host"}
def host(text): p.stdin.write(text + b"\n")
host(b"hello"); assert a.line() == "(host) hello"
a.say("/nick HOST"); assert a.line() == "! host is here already"
a.say("/msg host psst"); assert a.line() == "(ada -> host) psst"
host(b"/me bows"); assert a.line() == "(host *) bows"
host(b"/msg ada quiet"); assert a.line() == "(host -> ada) quiet"
host(b"/nick boss"); assert a.line() == "* host is now boss"
host(b"/who"); host(b"no newline")
assert a.line() == "(boss) no newline"
p.stdin.close(); assert a.line() == "* boss left"
b = Member(port); assert b.line() == "(boss) no newline"
assert set(b.welcome[1].removeprefix("* here: ").split()) == {"ada", "user2"}
p.terminate()
shown = ended(p, -signal.SIGTERM)[0].decode().splitlines()
assert shown[2:] == ["(host) hello", "(ada -> host) psst", "(host *) bows", "(host -> ada) quiet",
                     "* host is now boss", "* here: ada boss", "(boss) no newline", "* boss left", "* user2 joined"], shown'
}

@test "--name names the host; -q shows it nothing; one who says /quit is out, and the room goes on" {
    room '
p, port = room("--name", "Ada", "-q", stdin=subprocess.PIPE)
a = Member(port)
p.stdin.write(b"hello\n/help\n/quit\nnot said\n")
assert [a.line(), a.line()] == ["(Ada) hello", "* Ada left"]
a.say("x"); assert a.line() == "(user1) x"
p.terminate(); assert ended(p, -signal.SIGTERM)[0] == b""'
    run sockkit chat-serve -p 0 --name 'a b'
    assert_failure 2
}

@test "with /dev/null for stdin, or none, there is no host" {
    room '
for closed in False, True:
    p, port = room(preexec_fn=lambda: closed and os.close(0))
    a = Member(port)
    assert a.welcome[1] == "* here: user1"
    a.say("/nick host"); assert a.line() == "* user1 is now host"'
}

@test "a host at a terminal is heard; in its background the terminal is not read" {
    room '
import pty
def at_terminal(behind):
    pid, fd = pty.fork()
    if pid: return pid, fd
    signal.signal(signal.SIGTTOU, signal.SIG_IGN) # of this test, which moves groups about
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        if not behind: os.tcsetpgrp(0, os.getpgid(0))
        signal.signal(signal.SIGTTOU, signal.SIG_DFL)
        os.environ["TERM"] = "xterm-256color"
        os.execv(os.environ["SOCKKIT"], ["sockkit", "chat-serve", "-p", "0", "--port-file", "port%d" % behind])
    if behind:
        open("child", "w").write(str(child))
        while not os.path.exists("go"): time.sleep(0.01)
        os.tcsetpgrp(0, child)
    os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) & 127)
seen = b""
def until(fd, what):
    global seen
    while what not in seen:
        assert select.select([fd], [], [], 10)[0], seen
        seen += os.read(fd, 65536)
for behind in False, True:
    seen = b""
    pid, fd = at_terminal(behind)
    wait_until(lambda: os.path.exists("port%d" % behind))
    a = Member(open("port%d" % behind).read().strip(), "ada")
    until(fd, b"is now ada")
    os.write(fd, b"typed\r")
    if behind:
        assert quiet(a.s, 1)
        child = open("child").read()
        assert open("/proc/%s/stat" % child).read().split()[2] != "T" # nor stopped
        open("go", "w")
    assert a.line() == "(host) typed"
    until(fd, b"(host)")
    os.write(fd, b"\x03") # Ctrl-C
    os.waitpid(pid, 0)'
}

@test "it ends on SIGTERM with a full room, and starts again at once on the same port" {
    room '
p, port = room()
members = [Member(port) for _ in range(50)]
p.terminate()
ended(p, -signal.SIGTERM)
q, again = room("-p", port)
assert again == port
assert Member(port).welcome[0].startswith("* ")'
}

@test "2000 members: one speaks, all hear" {
    room '
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (5000, 5000))
p, port = room("-q")
socks = [connect(port) for _ in range(2000)]
last = Member(port, "speaker")
last.say("to all")
for s in socks:
    seen = b""
    while b"(speaker) to all\n" not in seen:
        piece = s.recv(1 << 20)
        assert piece
        seen = seen[-100:] + piece'
}

@test "nc, ncat and busybox telnet can join" {
    start_server chat-serve
    local client
    for client in "nc.openbsd -N 127.0.0.1 $PORT" "ncat 127.0.0.1 $PORT" "socat - TCP:127.0.0.1:$PORT"; do
        # shellcheck disable=SC2086 # a command line
        run timeout 10 $client <<<"hello from ${client%% *}"
        assert_line --partial ") hello from ${client%% *}"
    done
    wait_for_line "$SERVER_OUT" 'hello from socat'
}

@test "limits and access lists hold: -m, --max-per-host, --deny, -U" {
    room '
p, port = room("--max-per-host", "2")
a, b = Member(port), Member(port)
assert connect(port).recv(1) == b""
p, port = room("--deny", "127.0.0.0/8")
assert connect(port).recv(1) == b""
p, path = room("-U", "room")
a = Member(path); a.say("x"); assert a.line() == "(user1) x"'
}

@test "a stdout whose reader has gone ends the room by SIGPIPE while nobody speaks; with -q nobody reads it" {
    peer '
for clients in 0, 1:
    p, port = serve(applet="chat-serve")
    members = [connect(port) for _ in range(clients)]
    for s in members: assert p.stdout.readline() == b"* user1 joined\n"
    p.stdout.close()
    ended(p, -signal.SIGPIPE)
p, port = serve("-q", applet="chat-serve")
p.stdout.close()
s = connect(port)
assert read_line(s).startswith(b"* welcome")
p.terminate()
ended(p, -signal.SIGTERM)'
}
