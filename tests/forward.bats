# serve --to: each client joined with a connection of its own to another server.
# shellcheck disable=SC2016,SC2154

load helper

export LIMIT=60 WAIT=60

# Both ends in one program: the target is `t`, listening; `pair()` is a client and what the target accepted for it.
ENDS='
t = listen()
def forward(*words, to=None, **more):
    global p, port
    p, port = serve("--to", to or "127.0.0.1:%d" % t.getsockname()[1], *words, stdin=subprocess.DEVNULL, **more)
def pair(host="127.0.0.1"):
    c = connect(port, host) if str(port).isdigit() else connect(port)
    a = t.accept()[0]
    a.settimeout(10)
    return c, a
def turned_away(port):
    try: return is_reset(connect(port))
    except ConnectionResetError: return True
'
ends() { peer "$ENDS$1" "${@:2}"; }

# 64 MiB of noise each way at once, one for each way, through the pair c, a.
BULK='
import hashlib, threading
def send(s, data):
    s.sendall(data)
    s.shutdown(socket.SHUT_WR)
def swap(c, a, n=64 << 20):
    for s in c, a: s.settimeout(50)
    noise = os.urandom(n), os.urandom(n)
    senders = [threading.Thread(target=send, args=x) for x in ((c, noise[0]), (a, noise[1]))]
    heard = [hashlib.sha256(), hashlib.sha256()]
    def hear_all(s, h):
        while piece := s.recv(1 << 20): h.update(piece)
    hearers = [threading.Thread(target=hear_all, args=x) for x in ((a, heard[0]), (c, heard[1]))]
    for x in senders + hearers: x.start()
    for x in senders + hearers: x.join()
    return [h.digest() for h in heard] == [hashlib.sha256(d).digest() for d in noise]
'

# --- bytes ---

@test "64 MiB each way at once: every byte arrives in order" {
    ends "$BULK"'
forward("-v")
c, a = pair()
assert swap(c, a)
p.terminate()
err = ended(p, -signal.SIGTERM)[1]
assert "closed (received 67108864 bytes, sent 67108864 bytes, " in err, err'
}

@test "IPv6 to IPv4, IPv4 to IPv6, by name, and through Unix sockets both ways" {
    ends "$BULK"'
def holds(host="127.0.0.1"):
    assert swap(*pair(host), n=4 << 20), (p.args, host)
if has_ipv6():
    forward()
    holds("::1")
    six = listen("::1")
    four, t = t, six
    forward(to="[::1]:%d" % six.getsockname()[1])
    holds("127.0.0.1")
    t = four
forward(to="localhost:%d" % t.getsockname()[1])
holds()
tcp = "127.0.0.1:%d" % t.getsockname()[1]
forward("-U", "door", to=tcp)
holds()
t = unix_listen("target")
forward(to="unix:target")
holds()
forward("-U", "door2", to="unix:target")
holds()'
}

@test "-4 concerns the listening alone, and -w neither ends the wait for a client" {
    ends '
if has_ipv6(): t = listen("::1")
forward("-4", "-w", "0.2", to="%s:%d" % ("[::1]" if has_ipv6() else "127.0.0.1", t.getsockname()[1]))
time.sleep(0.5)
c, a = pair()
c.sendall(b"x")
assert a.recv(1) == b"x"'
}

@test "nothing goes to stdout, and stdin is not read" {
    peer "$ENDS"'
p, port = serve("--to", "127.0.0.1:%d" % t.getsockname()[1])
p.stdin.write(b"of stdin")
c, a = pair()
c.sendall(b"question")
assert read_exactly(a, 8) == b"question"
a.sendall(b"answer")
assert read_exactly(c, 6) == b"answer"
a.close()
assert hear(c) == b""
p.terminate()
out, err = ended(p, -signal.SIGTERM)
assert not out, out
assert " to " not in err, err'
}

# --- ends ---

@test "a half-close is passed on either way, and the other way goes on" {
    ends '
forward()
for flip in False, True:
    x, y = reversed(pair()) if flip else pair()
    x.sendall(b"all I say")
    x.shutdown(socket.SHUT_WR)
    assert read_all(y) == b"all I say"
    for _ in range(3):
        y.sendall(b"still here")
        assert read_exactly(x, 10) == b"still here"
    y.close()
    assert read_all(x) == b""
    assert not select.select([], [], [], 0)[0]
p.terminate()
assert "reset" not in ended(p, -signal.SIGTERM)[1]'
}

@test "a reset of either side is passed on as a reset, in the middle of a stream too" {
    ends '
forward()
for busy in False, True:
    for flip in False, True:
        x, y = reversed(pair()) if flip else pair()
        if busy:
            y.setblocking(False)
            try:
                while True: y.send(bytes(1 << 16))
            except BlockingIOError: pass
            y.setblocking(True)
        x.sendall(b"before")
        assert read_exactly(y, 6) == b"before"
        reset(x)
        assert is_reset(y), (busy, flip)
wait_until(lambda: len(os.listdir(f"/proc/{p.pid}/fd")) < 20)
p.terminate()
assert ended(p, -signal.SIGTERM)[1].count("Connection reset by peer") == 4'
}

@test "a reset behind a full buffer is passed on at once" {
    ends '
forward()
for flip in False, True:
    x, y = reversed(pair()) if flip else pair()
    x.setblocking(False)
    try:
        while select.select([], [x], [], 0.3)[1]: x.send(bytes(1 << 16))
    except BlockingIOError: pass
    reset(x)
    assert is_reset(y), flip'
}

@test "where a side is a Unix socket its reset is a close, and the other side is told" {
    ends '
t = unix_listen("target")
forward("-U", "door", to="unix:target")
for flip in False, True:
    x, y = reversed(pair()) if flip else pair()
    y.sendall(b"unread")
    assert select.select([x], [], [], 10)[0]
    x.close()
    assert not quiet(y, 10)
    try: assert y.recv(1) == b""
    except ConnectionResetError: pass
    y.close()
wait_until(lambda: len(os.listdir(f"/proc/{p.pid}/fd")) < 12)'
}

# --- pace ---

@test "a slow reader on either side holds the other back, and gets every byte" {
    ends "$BULK"'
forward("-O", "rcvbuf=65536", "-O", "sndbuf=65536")
for flip in False, True:
    x, y = reversed(pair()) if flip else pair()
    noise = os.urandom(32 << 20)
    x.settimeout(50)
    sender = threading.Thread(target=send, args=(x, noise))
    sender.start()
    sender.join(0.5)
    assert sender.is_alive(), "all of it is in buffers"
    with open(f"/proc/{p.pid}/statm") as f: pages = int(f.read().split()[1])
    assert pages < 4096, pages
    before = cpu(p)
    time.sleep(0.5)
    assert cpu(p) - before < 0.1
    heard = bytearray()
    while len(heard) < 1 << 20:
        heard += read_exactly(y, 1 << 16)
        time.sleep(0.005)
    heard += read_all(y)
    sender.join()
    assert heard == noise'
}

@test "200 clients at once: each is joined with its own connection" {
    ends "$BULK"'
forward()
pairs = []
for i in range(200):
    c, a = pair()
    c.sendall(b"%03d" % i)
    assert read_exactly(a, 3) == b"%03d" % i
    pairs.append((c, a))
for i, (c, a) in enumerate(pairs): a.sendall(b"%03d" % -(i - 200))
for i, (c, a) in enumerate(pairs): assert read_exactly(c, 3) == b"%03d" % -(i - 200)
for c, a in pairs:
    c.close()
    assert a.recv(1) == b""
    a.close()
wait_until(lambda: len(os.listdir(f"/proc/{p.pid}/fd")) < 40)'
}

# counted WORK: how many system calls the relay makes for it, after a first connection through it.
counted() {
    ends "$BULK"'
forward("-q")
def used():
    c, a = pair()
    c.sendall(b"x" * 64)
    assert read_exactly(a, 64) == b"x" * 64
    a.sendall(b"y" * 64)
    assert read_exactly(c, 64) == b"y" * 64
    c.shutdown(socket.SHUT_WR)
    assert a.recv(1) == b""
    a.close()
    assert c.recv(1) == b""
    c.close()
used()
print(calls(p, lambda: '"$1"'))'
}

@test "a short connection costs at most 35 system calls; 64 MiB each way 2000, or 12000 where pages cannot be moved" {
    counted '[used() for _ in range(100)]' >short
    [ "$(cat short)" -le 3500 ]
    counted 'swap(*pair())' >bulk
    [ "$(cat bulk)" -le $((${PORTABLE:+10000} + 2000)) ]
}

@test "a silent pair has 1 KiB resident" {
    ends '
forward("-q")
def resident(): return int(open(f"/proc/{p.pid}/status").read().split("VmRSS:")[1].split()[0])
def silent(n):
    for _ in range(n):
        c, a = pair()
        c.sendall(b"x")
        assert a.recv(1) == b"x"
        yield c, a
first = list(silent(50))
before = resident()
pairs = list(silent(300))
each = (resident() - before) / 300
assert variant("san") or each < 1.1, each'
}

@test "silent pairs hold two descriptors each, no pipe, also after bulk" {
    ends "$BULK"'
forward()
p.fds = lambda: len(os.listdir(f"/proc/{p.pid}/fd"))
before = p.fds()
pairs = [pair() for _ in range(20)]
for c, a in pairs:
    data = os.urandom(4 << 20)
    for x, y in ((c, a), (a, c)):
        sender = threading.Thread(target=x.sendall, args=(data,))
        sender.start()
        assert read_exactly(y, len(data)) == data
        sender.join()
    c.sendall(b"x")
    assert a.recv(1) == b"x"
assert p.fds() <= before + 40 + 16, p.fds() - before # 8 pipes are kept for all'
}

@test "few descriptors: those that can have a pair are served, the others wait their turn without a spin" {
    ends '
import resource
forward(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40)))
waiting = [connect(port) for _ in range(40)]
for i, c in enumerate(waiting): c.sendall(b"%02d" % i)
t.settimeout(0.5)
served = []
try:
    while True: served.append(t.accept()[0])
except TimeoutError: pass
assert 5 <= len(served) < 20, len(served)
before = cpu(p)
time.sleep(0.5)
assert cpu(p) - before < 0.1
heard = set()
t.settimeout(10)
while len(heard) < 40:
    a = served.pop(0) if served else t.accept()[0]
    a.settimeout(10)
    word = read_exactly(a, 2)
    heard.add(word)
    a.close()
    assert hear(waiting[int(word)]) == b""
assert heard == {b"%02d" % i for i in range(40)}, sorted(heard)'
}

# How many pipes the server has, beside its stdin, stdout and stderr.
PIPES='
import fcntl
def pipes():
    links = [os.readlink(f"/proc/{p.pid}/fd/{fd}") for fd in os.listdir(f"/proc/{p.pid}/fd") if int(fd) > 2]
    return sum(link.startswith("pipe:") for link in links)
def small(): # a pair that has been joined, and how many pipes the server has by then
    c, a = pair()
    c.sendall(b"x")
    assert a.recv(1) == b"x"
    return c, a, pipes()
'

@test "where the user has too many pipes already, whose share of pages is used up, bulk is copied" {
    [ -z "${PORTABLE:-}" ] || return 0 # it copies always
    ends "$BULK$PIPES"'
import ctypes
forward()
c, a, before = small()
assert swap(c, a, n=16 << 20)
assert pipes() > before # kept for the next pair
share, held = int(open("/proc/sys/fs/pipe-user-pages-soft").read()), []
pages = 0
while pages <= share + 16 and len(held) < 900:
    held.append(os.pipe())
    try: fcntl.fcntl(held[-1][1], fcntl.F_SETPIPE_SZ, 1 << 20)
    except PermissionError: pass
    size = fcntl.fcntl(held[-1][1], fcntl.F_GETPIPE_SZ)
    pages += size // 4096
    if size == 8192: break # as small as they come
def unprivileged(): # root may have more than its share: without CAP_SYS_ADMIN and CAP_SYS_RESOURCE not
    for capability in 21, 24: ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)
forward(preexec_fn=unprivileged)
c, a, before = small()
assert swap(c, a, n=16 << 20)
assert pipes() == before, pipes()'
}

@test "where descriptors are short for pipes, bulk of all pairs at once arrives whole" {
    LIMIT=100 ends "$BULK"'
import resource
forward(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40)))
pairs = [pair()]
t.settimeout(1)
try:
    while len(pairs) < 20: pairs.append(pair())
except TimeoutError: pass # one more than there are descriptors for
assert 5 <= len(pairs) < 15, len(pairs)
failed = []
def one(c, a):
    if not swap(c, a, n=4 << 20): failed.append(c)
threads = [threading.Thread(target=one, args=x) for x in pairs]
for x in threads: x.start()
for x in threads: x.join()
assert not failed'
}

# --- the target ---

@test "a target that is down: the client is reset and told of, until it comes back" {
    ends '
where = free_port()
forward(to="127.0.0.1:%d" % where)
for _ in range(3): assert turned_away(port)
t = listen(port=where)
c, a = pair()
c.sendall(b"x")
assert a.recv(1) == b"x"
p.terminate()
err = ended(p, -signal.SIGTERM)[1]
assert err.count("cannot connect to 127.0.0.1:%d: Connection refused" % where) == 3, err'
}

@test "-w bounds the dialling, while other clients are served" {
    start_silent
    start_server serve --to "127.0.0.1:$PEER_PORT" -w 0.3
    peer '
a, b = connect(args[0]), connect(args[0])
begin = time.monotonic()
assert is_reset(a) and is_reset(b)
assert 0.2 < time.monotonic() - begin < 5' "$PORT"
    wait_for_line "$SERVER_ERR" "cannot connect to .*: timed out"
}

@test "with --once the outcome is the exit status: done, refused, timed out, no such name, reset, idle" {
    local closed
    closed=$(free_port)
    once() { start_serve -1 --to "$@" && ends 'assert turned_away(args[0])' "$PORT"; wait_for_exit "$SERVER_PID"; }
    once "127.0.0.1:$closed"
    assert_equal "$status" 4
    once "no-such-name.invalid:$closed"
    assert_equal "$status" 3
    start_silent
    once "127.0.0.1:$PEER_PORT" -w 0.2
    assert_equal "$status" 5
    ends '
forward("-1")
c, a = pair()
a.close()
c.close()
ended(p, 0)
forward("-1")
c, a = pair()
c.sendall(b"x")
assert a.recv(1) == b"x"
reset(a)
ended(p, 1)
forward("-1", "-i", "0.2")
c, a = pair()
assert c.recv(1) == a.recv(1) == b""
assert " idle for 200 ms" in ended(p, 5)[1]'
}

@test "-i: bytes either way keep a pair, silence ends it" {
    ends '
forward("-i", "0.6")
c, a = pair()
begin = time.monotonic()
for i in range(6):
    x, y = (c, a) if i % 2 else (a, c)
    time.sleep(0.2)
    x.sendall(b"x")
    assert y.recv(1) == b"x"
assert c.recv(1) == a.recv(1) == b""
assert time.monotonic() - begin > 1.2'
}

@test "its own listener as the target: a usage error at the start" {
    # own HOST OPTION...: at a port that was free a moment ago.
    own() {
        start_serve "${@:2}"
        stop "$SERVER_PID"
        run sockkit serve "${@:2}" -p "$PORT" --to "$1:$PORT"
        assert_equal "$status" 2
        assert_line --partial "where this very server listens"
    }
    own 127.0.0.1
    own ''
    own localhost
    own 127.0.0.3 -4 -b '*'
    local name=@own-$$
    for words in "door unix:door" "door unix:./door" "door unix:$PWD/door" "$name unix:$name"; do
        run sockkit serve -U "${words% *}" --to "${words#* }"
        assert_equal "$status" 2
        assert_line --partial "where this very server listens"
    done
    touch "$name" # a path, whatever it is called
    start_serve -U "$name" --to "unix:./$name"
}

@test "what has no meaning with --to is a usage error" {
    local words
    for words in Hello --reply=x --exec=true --quit-word=x --label --progress --crlf --no-newline --recv-only; do
        run sockkit serve -p 0 --to :1 "$words"
        assert_equal "$status" 2
        assert_line --partial exclude
    done
    run sockkit serve -p 0 --to "a:b:c"
    assert_equal "$status" 2
}

# --- what is seen ---

@test "-o keeps what clients send, -x shows both directions" {
    ends '
forward("-o", "copy", "-x", "dump")
c, a = pair()
c.sendall(b"question")
assert read_exactly(a, 8) == b"question"
a.sendall(b"answer")
assert read_exactly(c, 6) == b"answer"
name = "%s:%d" % c.getsockname()
c.close()
assert a.recv(1) == b""
a.close()
p.terminate()
ended(p, -signal.SIGTERM)
assert open("copy").read() == "question"
dump = open("dump").read().splitlines()
assert dump[0] == "# " + name, dump
assert dump[1].startswith("< 00000000") and dump[1].endswith("question"), dump
assert dump[2].startswith("> 00000000") and dump[2].endswith("answer"), dump'
}

@test "-v names both, and the closed line counts both directions" {
    ends '
forward("-v")
c, a = pair()
name = "%s:%d" % c.getsockname()
c.sendall(b"12345")
assert read_exactly(a, 5) == b"12345"
a.sendall(b"123")
a.close()
assert read_all(c) == b"123"
c.close()
target = "127.0.0.1:%d" % t.getsockname()[1]
err = p.stderr
said = (line.decode() for line in err)
seen = [next(line for line in said if name in line) for _ in range(3)]
assert seen[0] == f"{name} connected\n", seen
assert seen[1] == f"{name} connected to {target}\n", seen
assert seen[2].startswith(f"{name} closed (received 5 bytes, sent 3 bytes, "), seen'
}

@test "--deny and --max-clients hold before anything is dialled" {
    ends '
forward("--deny", "127.0.0.2", "-m", 1)
late = socket.create_connection(("127.0.0.1", int(port)), source_address=("127.0.0.2", 0))
assert late.recv(1) == b""
c, a = pair()
other = connect(port)
assert quiet(t, 0.3)
c.close()
assert a.recv(1) == b""
a.close()
assert not quiet(t, 10)'
}
