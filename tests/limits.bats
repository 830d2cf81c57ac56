# How many clients a server takes, from where, and for how long.

load helper

@test "--max-clients: one too many waits in the backlog, untold, and is served when there is room" {
    peer '
p, port = serve("-m", 2, "Hi", stdin=subprocess.DEVNULL)
a, b = connect(port), connect(port, "::1" if has_ipv6() else "127.0.0.1")
assert read_line(a) == read_line(b) == b"Hi\n"
late = [connect(port) for _ in range(3)]
late[0].sendall(b"early words\n")
assert all(quiet(s, 0.2) for s in late)
a.close()
assert read_line(late[0]) == b"Hi\n"
assert take(p.stdout, 12) == b"early words\n"
assert all(quiet(s, 0.2) for s in late[1:])
late[0].close()
b.close()
for s in late[1:]: assert read_line(s) == b"Hi\n"
p.terminate()
err = ended(p, -signal.SIGTERM)[1]
assert err.count(" connected\n") == 5, err
inside = 0
for line in err.splitlines():
    inside += (" connected" in line) - (" closed (" in line)
    assert inside <= 2, err'
}

@test "--max-clients holds for commands too" {
    peer '
p, port = serve("-m", 1, "-e", "echo in; read -r line; echo out")
a, b = connect(port), connect(port)
assert read_line(a) == b"in\n"
assert quiet(b, 0.3)
a.sendall(b"\n")
assert read_all(a) == b"out\n"
a.close()
assert read_line(b) == b"in\n"'
}

@test "--max-per-host: one too many from an address is closed at once and told; others are served" {
    peer '
def come(host):
    return socket.create_connection(("127.0.0.1", int(port)), source_address=(host, 0))
p, port = serve("--max-per-host", 2, "Hi", stdin=subprocess.DEVNULL)
a, b = come("127.0.0.1"), come("127.0.0.1")
assert read_line(a) == read_line(b) == b"Hi\n"
c = come("127.0.0.1")
name = "%s:%d" % c.getsockname()
assert c.recv(1) == b""
others = come("127.0.0.2"), come("127.0.0.2")
for s in others: assert read_line(s) == b"Hi\n"
assert come("127.0.0.2").recv(1) == b""
assert hear(a) == b""
d = come("127.0.0.1")
assert read_line(d) == b"Hi\n"
p.terminate()
err = ended(p, -signal.SIGTERM)[1].splitlines()
told = [l for l in err if l.startswith(name)]
assert len(told) == 1 and "denied" in told[0], err'
}

@test "--allow and --deny: networks add up, deny wins, an allow list denies the rest" {
    peer '
def come(port, host):
    """What it hears from there."""
    s = socket.create_connection(("::1" if ":" in host else "127.0.0.1", int(port)), source_address=(host, 0))
    s.settimeout(10)
    try: return s.recv(3)
    except ConnectionResetError: return b""
six = ["::1"] * has_ipv6()
for words, allowed, denied in (
    (["--allow", "127.0.0.2"], ["127.0.0.2"], ["127.0.0.1", "127.0.0.3"] + six),
    (["--allow", "127.0.0.5/30,::/64", "--allow", "127.0.0.9"], ["127.0.0.4", "127.0.0.7", "127.0.0.9"] + six, ["127.0.0.3", "127.0.0.8"]),
    (["--deny", "127.0.0.2,127.0.0.3", "--deny", "127.0.1.7/24"], ["127.0.0.1"] + six, ["127.0.0.2", "127.0.0.3", "127.0.1.1"]),
    (["--allow", "127.0.0.0/8", "--deny", "127.0.0.2"], ["127.0.0.1"], ["127.0.0.2"] + six),
    (["--deny", "::/0"], ["127.0.0.1"], six),
    (["--deny", "0.0.0.0/0"], six, ["127.0.0.1"]),
):
    p, port = serve("Hi", *words)
    for host in allowed: assert come(port, host) == b"Hi\n", (words, host)
    for host in denied: assert come(port, host) == b"", (words, host)
    p.terminate()
    err = ended(p, -signal.SIGTERM)[1]
    for host in denied:
        assert any(l.startswith(("[%s]:" if ":" in host else "%s:") % host) and l.endswith(" denied") for l in err.splitlines()), err'
}

@test "a denied client does not count: not for --once, not for -w, not for -m" {
    peer '
p, port = serve("--once", "--deny", "127.0.0.1", "Hi", stdin=subprocess.DEVNULL)
for _ in range(3): assert connect(port).recv(1) == b""
s = socket.create_connection(("127.0.0.1", int(port)), source_address=("127.0.0.2", 0))
assert hear(s) == b"Hi\n"
ended(p, 0)
p, port = serve("-w", 1, "--deny", "127.0.0.1")
assert connect(port).recv(1) == b""
ended(p, 5)
p, port = serve("-m", 1, "-q", "--deny", "127.0.0.1", "Hi")
for _ in range(3): assert connect(port).recv(1) == b""
s = socket.create_connection(("127.0.0.1", int(port)), source_address=("127.0.0.2", 0))
assert read_line(s) == b"Hi\n"'
}

@test "-i ends that connection, tells so, and the server lives on" {
    peer '
p, port = serve("-i", "1", stdin=subprocess.DEVNULL)
idle, busy = connect(port), connect(port)
name = "%s:%d" % idle.getsockname()
for _ in range(4):
    busy.sendall(b"x")
    assert quiet(busy, 0.4)
assert idle.recv(1) == b""
assert hear(busy) == b""
assert hear(connect(port)) == b""
p.terminate()
err = ended(p, -signal.SIGTERM)[1]
assert any(l.startswith(name) and "idle" in l for l in err.splitlines()), err'
}

@test "-i also ends a connection whose client takes nothing" {
    head -c 50000000 /dev/zero >data
    peer '
p, port = serve("-i", "500ms", stdin=open("data", "rb"))
slow = connect(port)
assert slow.recv(1)
while b" idle " not in (line := p.stderr.readline()): assert line
assert len(read_all(connect(port))) > 1000000 # it goes on where the slow one was'
}

@test "-w: nobody came: status 5 and a line; once somebody came it is over" {
    peer '
p, port = serve("-q", "-w", "300ms")
out, err = ended(p, 5)
assert err.startswith("sockkit serve: ") and err.count("\n") == 1, err
p, port = serve("-w", "1", "Hi", stdin=subprocess.DEVNULL)
hear(connect(port))
assert quiet(p.stdout, 1.5)
assert hear(connect(port)) == b"Hi\n"'
}

@test "--max-time ends the run, clients and all, with status 5 and a line" {
    peer '
p, port = serve("-q", "--max-time", "500ms", stdin=subprocess.DEVNULL)
s = connect(port)
assert s.recv(1) == b""
out, err = ended(p, 5)
assert "--max-time" in err and err.count("\n") == 1, err
assert not [f for f in os.listdir() if f.startswith("port")]
p, port = serve("-q", "--max-time", "300ms", "-e", "echo $$; sleep 60")
s = connect(port)
child = int(read_line(s))
assert read_all(s) == b""
ended(p, 5)
wait_until(lambda: not os.path.exists(f"/proc/{child}"))'
}

# The seconds of processor time that a process has used.
USED='def used(pid):
    fields = open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
'

@test "with -q, too, a run that timed out says so in one line, whatever it waited for" {
    peer '
def one_line(p):
    assert len(ended(p, 5)[1].splitlines()) == 1
silent, deaf = listen(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
deaf.bind(silent.getsockname())
there = "127.0.0.1:%d" % silent.getsockname()[1]
p, port = serve("-q", "-1", "-i", "50ms")
c = connect(port)
one_line(p)
p, port = serve("-q", "-1", "-i", "50ms", "-o", "copy", stdin=subprocess.DEVNULL)
c = connect(port)
one_line(p)
p, port = serve("-q", "-1", "-i", "50ms", "--to", there)
c = connect(port)
one_line(p)
p, port = serve("-q", "--listen", "-i", "50ms", applet="chat")
c = connect(port)
one_line(p)
for applet in "serve", "echo", "cmd", "guess", "chat-serve", "udp-serve":
    p, port = serve("-q", "-w", "50ms", applet=applet)
    one_line(p)
p, port = serve("-q", "-i", "50ms", applet="udp-serve")
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"hello", ("127.0.0.1", int(port)))
one_line(p)
silence, _ = os.pipe()
for applet in "connect", "chat", "udp-send":
    one_line(sockkit(applet, "-q", "-i", "50ms", there, stdin=silence))
one_line(sockkit("udp-send", "-q", "-w", "50ms", "-r", 1, there, "hello"))
for applet in "serve", "udp-serve", "echo", "cmd", "guess", "chat-serve":
    one_line(sockkit(applet, "-q", "-p", 0, "--max-time", "50ms"))
for applet in "connect", "chat", "udp-send":
    one_line(sockkit(applet, "-q", "--max-time", "50ms", there, stdin=silence))'
}

@test "out of descriptors: those inside are served, nothing spins, and the others come in as room is made" {
    peer "$USED"'
import resource
p, port = serve("--reply", "%m", "Hi", stdout=subprocess.DEVNULL, stderr=open("said", "wb"),
                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32)))
clients = [connect(port) for _ in range(60)]
for s in clients: s.setblocking(False)
def greeted(): return [s for s in clients if select.select([s], [], [], 0)[0]]
wait_until(lambda: len(greeted()) >= 15)
assert not quiet(clients[0], 10)
before, start = used(p.pid), time.monotonic()
wait_until(lambda: time.monotonic() - start > 1.5)
inside = greeted()
assert 15 <= len(inside) < 32, len(inside)
assert used(p.pid) - before < 0.5, used(p.pid) - before
for s in inside:
    s.settimeout(10)
    assert read_line(s) == b"Hi\n"
    s.sendall(b"still served\n")
    assert read_line(s) == b"still served\n"
for s in inside: s.close()
for s in clients:
    if s in inside: continue
    s.settimeout(10)
    assert read_line(s) == b"Hi\n"
    s.sendall(b"in time\n")
    assert read_line(s) == b"in time\n"
    s.close()
told = [l for l in open("said") if "Too many open files" in l]
assert 0 < len(told) < 20, told'
}

@test "out of descriptors with commands: it goes on, without spinning" {
    peer "$USED"'
import resource
p, port = serve("-e", "echo in; read -r line", stderr=open("said", "wb"),
                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (24, 24)))
clients = [connect(port) for _ in range(40)]
assert read_line(clients[0]) == b"in\n"
before, start = used(p.pid), time.monotonic()
wait_until(lambda: time.monotonic() - start > 1)
assert used(p.pid) - before < 0.5
for s in clients[1:]:
    clients[0].sendall(b"\n")
    assert read_all(clients[0]) == b""
    clients[0].close()
    assert read_line(s) == b"in\n"
    clients[0] = s'
}

@test "nothing spins while there is nothing to do" {
    head -c 50000000 /dev/zero >data
    echo short >short
    peer "$USED"'
servers = {}
def run(name, *words, **more):
    p, port = serve("-q", *[f"path{len(servers)}" if w == "PATH" else w for w in words], **more)
    servers[name] = p
    return port
keep = []
def come(port, *sent):
    s = connect(port)
    for piece in sent: s.sendall(piece)
    keep.append(s)
    return s
null = {"stdin": subprocess.DEVNULL}
def stuff(s):
    s.settimeout(0.3)
    try:
        while True: s.send(bytes(100000))
    except socket.timeout: pass
for mode in [], ["--once"], ["--label"], ["-U", "PATH"], ["-U", "PATH", "--once"]:
    name = " ".join(mode) + ": "
    s = come(run(name + "a client that has ended, fed from an idle pipe", *mode))
    s.shutdown(socket.SHUT_WR)
    come(run(name + "stdin at its end", *mode, stdin=open("short")))
    come(run(name + "a client that takes nothing", *mode, stdin=open("data", "rb")))
    stuff(come(run(name + "a stdout that takes nothing", *mode, **null)))
    stuff(come(run(name + "a stdout that takes all again", *mode, **null)))
    out = servers[name + "a stdout that takes all again"].stdout
    while not quiet(out, 0.1): os.read(out.fileno(), 1 << 20)
s = come(run("a client that lingers", "--quit-word", "x", **null), b"x\n")
assert s.recv(1) == b""
port = run("full", "-m", 1, **null)
come(port), come(port)
stuff(come(run("answers that nobody fetches", "--reply", "%m" * 100, **null)))
come(run("a command that waits", "-e", "read -r x", **null))
run("nobody", stdin=open("data", "rb"))
before, start = {n: used(p.pid) for n, p in servers.items()}, time.monotonic()
wait_until(lambda: time.monotonic() - start > 2)
spent = {n: used(p.pid) - before[n] for n, p in servers.items()}
assert not [n for n, p in servers.items() if p.poll() is not None]
assert sum(spent.values()) < 0.3, {n: t for n, t in spent.items() if t > 0}'
}

@test "1000 clients at once: all get the whole stream while one is slow, and what all say is shown" {
    peer '
import hashlib, random, resource, selectors, threading
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 2048)), hard))
data = random.Random(3).randbytes(100) * 3000
p, port = serve("-O", "sndbuf=16K", stderr=subprocess.DEVNULL)
def join(size=None):
    s = socket.socket()
    if size: s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)
    s.settimeout(20)
    s.connect(("127.0.0.1", int(port)))
    return s
slow = join(4096)
clients = [join() for _ in range(999)]
for i, s in enumerate(clients): s.sendall(b"%03d\n" % i)
assert sorted(take(p.stdout, 4 * 999).split()) == [b"%03d" % i for i in range(999)]
threading.Thread(target=lambda: (p.stdin.write(data), p.stdin.close())).start()
got = {s: bytearray() for s in clients}
watch = selectors.DefaultSelector()
for s in clients: watch.register(s, selectors.EVENT_READ)
def read_fast(seconds):
    """Until nothing comes for so long, or all have ended."""
    while watch.get_map() and (ready := watch.select(seconds)):
        for key, _ in ready:
            piece = key.fileobj.recv(1 << 20)
            got[key.fileobj] += piece
            if not piece: watch.unregister(key.fileobj)
read_fast(0.5)
pages = [int(l.split()[1]) for l in open(f"/proc/{p.pid}/status") if l.startswith("VmRSS")][0]
assert pages < 100000, pages
whole = []
reader = threading.Thread(target=lambda: whole.append(read_all(slow)))
reader.start()
read_fast(20)
reader.join()
assert whole[0] == data
assert all(bytes(g) == data for g in got.values())'
}

@test "without descriptors to hear of signals by, every applet is refused at the start" {
    local applet
    for applet in $(sockkit --list); do
        run bash -c 'exec 3>&- 4>&-; ulimit -n 4; exec "$0" "$1"' "$SOCKKIT" "$applet"
        assert_failure 1
        assert_output "sockkit $applet: cannot watch for signals: Too many open files"
    done
}

@test "-c: every TCP server ends with status 0 once N clients were served; a denied one does not count" {
    peer '
for applet, *words in ["serve"], ["serve", "--reply", "%m"], ["serve", "-e", "cat"], ["echo"], ["cmd"], ["guess"], ["chat-serve"]:
    p, port = serve("-c", 2, "--deny", "127.0.0.9", *words, applet=applet, stdin=subprocess.DEVNULL)
    a = connect(port)
    denied = socket.create_connection(("127.0.0.1", int(port)), source_address=("127.0.0.9", 0))
    assert denied.recv(1) == b""
    hear(a)
    a.close()
    last = connect(port)
    late = connect(port)
    assert quiet(late, 0.2) and p.poll() is None, applet
    hear(last)
    err = ended(p, 0)[1]
    assert applet == "chat-serve" or err.count(" connected\n") == 2, (applet, err)'
}

@test "-c: those at once count too, the run lasts until the last has gone, and workers divide the number" {
    peer '
p, port = serve("--count", 3, "Hi", stdin=subprocess.DEVNULL)
three = [connect(port) for _ in range(3)]
for s in three: assert read_line(s) == b"Hi\n"
for s in three[1:]: hear(s)
three[0].sendall(b"the last word\n")
assert take(p.stdout, 14) == b"the last word\n"
assert p.poll() is None
three[0].close()
ended(p, 0)
p, port = serve("-c", 5, "--workers", 3, applet="echo")
for i in range(5):
    s = connect(port)
    s.sendall(b"%d\n" % i)
    assert hear(s) == b"%d\n" % i
    s.close()
assert ended(p, 0)[1].count(" connected\n") == 5'
}

@test "--exit-idle: every TCP server ends with status 0 when nobody was connected for that time" {
    peer '
applets = ["serve"], ["serve", "-e", "cat"], ["echo", "-u"], ["cmd"], ["guess"], ["chat-serve"]
def start(limit, applet, *words): return serve("--exit-idle", limit, *words, applet=applet, stdin=subprocess.DEVNULL)
def all_end(since, least):
    """Each ends by itself, not before it has been alone so long."""
    def another():
        for p in [p for p in since if p.poll() is not None]:
            assert time.monotonic() - since.pop(p) >= least, p.args
            assert "nobody was connected for" in ended(p, 0)[1], p.args
        return not since
    wait_until(another)
begun = {}
for words in applets:
    before = time.monotonic()
    begun[start("300ms", *words)[0]] = before
all_end(begun, 0.3)
guests = {}
for words in applets:
    p, port = start("1s", *words)
    guests[p] = connect(port)
come = time.monotonic()
wait_until(lambda: time.monotonic() - come > 1.3)
assert not [p.args for p in guests if p.poll() is not None]
left = {}
for p, s in guests.items():
    hear(s)
    s.close()
    left[p] = time.monotonic()
all_end(left, 0.8)'
}

@test "--exit-idle: a denied client is nobody; what was received is delivered at the end" {
    peer '
p, port = serve("--exit-idle", "1s", "--deny", "127.0.0.9", stdin=subprocess.DEVNULL)
start = time.monotonic()
def knock():
    try: socket.create_connection(("127.0.0.1", int(port)), source_address=("127.0.0.9", 0)).close()
    except ConnectionError: pass
    return p.poll() is not None
wait_until(knock)
ended(p, 0)
assert time.monotonic() - start < 5
p, port = serve("--exit-idle", "300ms", stdin=subprocess.DEVNULL)
s = connect(port)
s.sendall(b"x" * 300000)
s.close()
start = time.monotonic()
wait_until(lambda: time.monotonic() - start > 0.6)
assert ended(p, 0)[0] == b"x" * 300000'
}

@test "-c and -1, --exit-idle and --workers exclude each other" {
    run --separate-stderr sockkit serve -1 -c 2
    [ "$status" -eq 2 ]
    # shellcheck disable=SC2154 # run sets it
    [[ $stderr == *--count*--once* ]]
    run --separate-stderr sockkit echo --exit-idle 1 --workers 2
    [ "$status" -eq 2 ]
    [[ $stderr == *--exit-idle*--workers* ]]
}

@test "--backlog N: so many wait to be accepted, on Linux one more; the next gets no answer" {
    start_serve -4 -T --backlog 1
    wait_for_line "$SERVER_ERR" 'waiting for a client'
    run grep -c '^listen(3, 1) .* 1 of them' "$SERVER_ERR"
    assert_output 1
    kill -s STOP "$SERVER_PID"
    start_peer 'cs = [connect(args[0]) for _ in range(2)]
announce(listen())
time.sleep(100)' "$PORT"
    run -5 sockkit connect -w 300ms "127.0.0.1:$PORT" Hello
    kill -s CONT "$SERVER_PID"
    wait_until eval '[ "$(grep -c "connected$" "$SERVER_ERR")" = 2 ]'
    run -0 sockkit connect "127.0.0.1:$PORT" Hello
    run -2 sockkit serve --backlog 65536
    assert_output --partial '--backlog'
}

@test "the default backlog is 4096, of Unix sockets too" {
    local option
    for option in -4 '-U path'; do
        # shellcheck disable=SC2086
        start_serve -T $option
        run grep -c '^listen(3, 4096) ' "$SERVER_ERR"
        assert_output 1
    done
}

# What looks at a port and goes: a reset before a byte, behind an end of stream as probe has it, or alone. The server
# sleeps meanwhile, so that it finds the connection as it was left, whatever the machine is busy with.
PASSERS='
def pass_by(q, port, ends=False):
    q.send_signal(signal.SIGSTOP)
    s = connect(port)
    if ends: s.shutdown(socket.SHUT_WR)
    reset(s)
    q.send_signal(signal.SIGCONT)
def reset_is_told(q):
    while b"was reset at once" not in (line := q.stderr.readline()): assert line, "it has ended"
'

@test "--once and -c: a connection that is reset at once, without a byte, is no client, and told" {
    peer "$PASSERS"'
if TOLD: # without the state of a connection it counts
    for ends in False, True:
        q, port = serve("--once", "Bonjour", stdin=subprocess.DEVNULL)
        pass_by(q, port, ends)
        reset_is_told(q)
        assert hear(connect(port)) == b"Bonjour\n"
        ended(q)
    q, port = serve("-c", "2", applet="echo")
    for n in range(2):
        pass_by(q, port)
        reset_is_told(q)
        s = connect(port)
        s.sendall(b"x\n")
        assert hear(s) == b"x\n"
    ended(q)'
}

@test "--once: for what only looks at the port no stdin is read, no command started, nobody dialled" {
    printf 'all of it' >file
    peer "$PASSERS"'
if TOLD:
    q, port = serve("--once", stdin=open("file"))
    pass_by(q, port)
    reset_is_told(q)
    assert hear(connect(port)) == b"all of it"
    ended(q)
    q, port = serve("--once", "-e", "echo started >>log; cat", stdin=subprocess.DEVNULL)
    pass_by(q, port, True)
    reset_is_told(q)
    assert hear(connect(port)) == b""
    ended(q)
    assert open("log").read() == "started\n"
    l = listen()
    q, port = serve("--once", "--to", "127.0.0.1:%d" % l.getsockname()[1], stdin=subprocess.DEVNULL)
    pass_by(q, port)
    reset_is_told(q)
    assert quiet(l, 0)
    s = connect(port)
    l.accept()[0].close()
    assert hear(s) == b""
    ended(q)'
}

@test "--once: a client that says nothing is one: it hears all, and the run ends" {
    printf 'all of it' >file
    peer '
q, port = serve("--once", "-q", stdin=open("file"))
assert hear(connect(port)) == b"all of it"
ended(q)
q, port = serve("--once", "-q", stdin=open("file")) # waits to be spoken to
assert connect(port).recv(100) == b"all of it"
ended(q)
for close in "hear", "close": # a transfer of nothing
    q, port = serve("--once", "-q", stdin=subprocess.DEVNULL)
    s = connect(port)
    if close == "hear": assert hear(s) == b""
    s.close()
    assert ended(q)[0] == b""
q, port = serve("--once", stdin=subprocess.DEVNULL) # bytes, and then a reset: a client that failed
s = connect(port)
s.sendall(b"x")
assert take(q.stdout, 1) == b"x"
reset(s)
ended(q, 1)'
}

@test "--once: probe finds the server and leaves it to its client" {
    peer '
if TOLD:
    q, port = serve("--once", stdin=subprocess.DEVNULL)
    q.send_signal(signal.SIGSTOP)
    assert b"\topen\t" in ended(sockkit("probe", "127.0.0.1", port))[0]
    q.send_signal(signal.SIGCONT)
    ended(sockkit("connect", "127.0.0.1", port, "hello"))
    assert ended(q)[0] == b"hello\n"'
}
