# What a server gives up once it listens, and that it lacks nothing of it.
# shellcheck disable=SC2016 # what Python reads

load helper

setup() {
    helper_setup
    # Root, and an ordinary user: both in a namespace of users, whoever runs the tests.
    AS_ROOT=(unshare --user --map-root-user)
    AS_USER=(unshare --user --map-user=1000 --map-group=1000)
    [ "$(id -u)" != 0 ] || AS_ROOT=()
}

# peer, as somebody in a folder of its own: as root|user CODE [ARG]...
as() {
    local who=("${AS_ROOT[@]}")
    [ "$1" = root ] || who=("${AS_USER[@]}")
    local FRESH=("${FRESH[@]}" "${who[@]}" env)
    mkdir "$1"
    (cd "$1" && LIMIT=60 peer "${@:2}") # below strace it takes its time
}

# served(APPLET, WORDS..., talk=FUNCTION of the port, end=STATUS): a server from its start to its end, where
# every call that the system denies is a failure. None leaves a file behind.
SERVED='
import fcntl, pty, re, termios
real = os.environ["SOCKKIT"]
open("watched", "w").write(f"#!/bin/sh\nexec strace -D -f -q -o calls.$$ {real} \"$@\"\n")
os.chmod("watched", 0o755)
os.environ["ASAN_OPTIONS"] = "detect_leaks=0" # it cannot work below strace

def denied(calls):
    """All but EPOLL_CTL_ADD of a regular file, which nobody may."""
    return [l for l in open(calls) if "= -1 EPERM" in l and "EPOLL_CTL_ADD" not in l]

def served(applet, *words, talk=lambda port: None, end=-signal.SIGTERM, **more):
    others = os.listdir()
    os.environ["SOCKKIT"] = "./watched"
    try: p, port = serve(*words, applet=applet, **more)
    finally: os.environ["SOCKKIT"] = real
    talk(port)
    if end == -signal.SIGTERM: p.terminate()
    out, err = ended(p, end)
    calls = f"calls.{p.pid}"
    wait_until(lambda: re.search(rf"^{p.pid} +\+\+\+", open(calls).read(), re.M))
    assert not denied(calls), denied(calls)
    left = [f for f in os.listdir() if f not in others and (f.startswith("port.") or f == "path")]
    assert not left, left
    return out.decode() if out else "", err

def ask(question, answer):
    def talk(port):
        s = connect(port)
        if question: s.sendall(question)
        got = read_exactly(s, len(answer))
        assert got == answer, got
        s.close()
    return talk

def ask_datagram(question, answer):
    def talk(port):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(10)
            s.connect(("127.0.0.1", int(port)))
            s.send(question)
            got = s.recv(65536)
            assert got == answer, got
    return talk
'

SERVE="$SERVED"'
some = os.urandom(300000)
open("some", "wb").write(some)
def take_some(port):
    s = connect(port)
    s.sendall(b"hello\n")
    assert read_exactly(s, len(some)) == some
def say(port):
    s = connect(port)
    s.sendall(b"one\ntwo\n")
    assert hear(s) == b""
served("serve", talk=take_some, stdin=open("some"))
out, err = served("serve", "-T", "-vv", talk=take_some, stdin=open("some"))
assert "hello" in out
served("serve", "--progress", "--once", talk=take_some, stdin=open("some"), end=0)
served("serve", talk=say, stdin=subprocess.DEVNULL, stdout=open("all", "wb"))
assert open("all").read() == "one\ntwo\n"
for place in [], ["-U", "path"]:
    out, err = served("serve", "--reply", "<%m>", "--label", "-o", "copy", "-x", "dump", *place, talk=ask(b"one\n", b"<one>\n"))
    assert "one\n" in out and " closed (" in err
    assert open("copy").read() == "one\n" and "one" in open("dump").read()
    os.unlink("copy"), os.unlink("dump")
served("serve", "--reply", "%t", "-1", talk=lambda port: hear(connect(port)), end=0)
served("serve", "-w", "100ms", end=5)
served("serve", "--max-time", "100ms", end=5)
served("serve", "-1", "-i", "100ms", "Hi", stdin=subprocess.DEVNULL, talk=lambda port: read_all(connect(port)), end=5)'

@test "serve is denied nothing that it needs" {
    as root "$SERVE"
    as user "$SERVE"
}

FORWARD="$SERVED"'
real_server, behind = serve("--reply", "<%m>", stdin=subprocess.DEVNULL)
unix_server, path = serve("-U", "behind", "--reply", "<%m>", stdin=subprocess.DEVNULL)
for to in f"127.0.0.1:{behind}", "unix:behind", f"localhost:{behind}":
    served("serve", "--to", to, talk=ask(b"one\n", b"<one>\n"))
p, port = serve("--to", "unix:not-there")
try: assert connect(port).recv(1) == b"" # the reset may come before connect has returned
except ConnectionResetError: pass'

@test "serve --to dials, also by name" {
    as root "$FORWARD"
    as user "$FORWARD"
}

ANSWER="$SERVED"'
for workers in [], ["--workers", 2]:
    served("echo", *workers, talk=ask(b"x" * 300000, b"x" * 300000))
    served("echo", "-u", *workers, talk=ask_datagram(b"word", b"word"))
    served("cmd", "-v", "-u", *workers, talk=ask(b"UPPER a\nREVERSE abc\n", b"A\ncba\n"))
    served("cmd", "-u", *workers, talk=ask_datagram(b"LEN word", b"4\n"))
    served("cmd", *workers, "-w", "100ms", end=5)
served("cmd", talk=ask(b"DATE\n", b"2"))
served("cmd", "-U", "path", talk=ask(b"WHOAMI\n", b"unix"))
rules = b"I picked a number from 1 to 1. You have 7 tries.\n"
served("guess", "--max", 1, talk=ask(b"1\n", rules + b"correct"))
served("guess", "--seed", 5, "-vv", talk=ask(b"", b"I picked"))'

@test "echo, cmd and guess are denied nothing that they need" {
    as root "$ANSWER"
    as user "$ANSWER"
}

DATAGRAMS="$SERVED"'
out, err = served("udp-serve", "--reply", "<%m>", "--label", "-o", "copy", "-x", "dump", talk=ask_datagram(b"one", b"<one>"))
assert "one" in out and open("copy").read() == "one\n"
served("udp-serve", "-b", "*", "-T", "--reply", "%a", talk=ask_datagram(b"one", b"127.0.0.1"))
served("udp-serve", "-c", 1, "--reply", "%m", talk=ask_datagram(b"x" * 65507, b"x" * 65507), stdout=subprocess.DEVNULL, end=0)
served("udp-serve", "-w", "100ms", end=5)
def unix(name):
    def talk(path):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            s.settimeout(10)
            s.bind(name)
            s.sendto(b"one", path)
            assert s.recv(100) == b"one"
    return talk
served("udp-serve", "-U", "path", "--reply", "%m", talk=unix("mine"))
served("udp-serve", "-U", "path", "--reply", "%m", talk=unix(f"\0sockkit-{os.getpid()}"))'

@test "udp-serve is denied nothing that it needs" {
    as root "$DATAGRAMS"
    as user "$DATAGRAMS"
}

CHAT="$SERVED"'
def talk(port):
    a, b = connect(port), connect(port)
    a.sendall(b"/nick ann\nhello\n")
    heard = b""
    while b"(ann) hello\n" not in heard: heard += b.recv(4096)
    a.close()
out, err = served("chat-serve", "--log", "log", "--history", 5, talk=talk)
assert "(ann) hello" in open("log").read() and "(ann) hello" in out
served("chat-serve", "-U", "path", "--rate", 1, talk=talk, stdin=subprocess.DEVNULL)
def guest(port):
    s = connect(port)
    s.sendall(b"hello\nstop\n")
    read_all(s)
served("chat", "--listen", "--timestamps", talk=guest, end=0)'

@test "chat-serve and chat --listen are denied nothing that they need" {
    as root "$CHAT"
    as user "$CHAT"
}

TERMINAL="$SERVED"'
for words in ["serve"], ["serve", "--progress"], ["udp-serve", "--label"], ["chat", "--listen"]:
    master, slave = pty.openpty()
    clients = []
    def talk(port):
        os.write(master, b"typed\r")
        if words[0] == "udp-serve":
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s: s.sendto(b"one\n", ("127.0.0.1", int(port)))
        else:
            clients.append(connect(port))
            clients[-1].sendall(b"one\n")
        shown = b""
        while b"one" not in shown: shown += os.read(master, 4096)
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 20, 60, 0, 0))
    def lead():
        os.setsid()
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    served(*words, talk=talk, stdin=slave, stdout=slave, stderr=slave, preexec_fn=lead)
    os.close(master), os.close(slave)'

@test "a server at a terminal is denied nothing that it needs" {
    as root "$TERMINAL"
    as user "$TERMINAL"
}

# held(PROCESS): NoNewPrivs, Seccomp and whether a capability is there, as its /proc/PID/status tells.
HELD='
def held(process):
    status = dict(l.rstrip("\n").split(":\t", 1) for l in open(f"/proc/{process}/status"))
    able = any(int(status[c], 16) for c in ("CapInh", "CapPrm", "CapEff", "CapAmb"))
    return status["NoNewPrivs"], status["Seccomp"], able
def check(wanted, applet, *words):
    p, port = serve(*words, applet=applet, stdin=subprocess.DEVNULL)
    wait_until(lambda: held(p.pid) == wanted)
    p.terminate()
    ended(p, -signal.SIGTERM)
listening = [["serve"], ["udp-serve"], ["echo"], ["echo", "-u", "--workers", "2"], ["cmd"], ["guess"], ["chat-serve"], ["chat", "--listen"]]
'

@test "a server gives up its privileges once it listens, root all its capabilities" {
    CODE="$HELD"'
if not variant("portable") and not variant("san"):
    for words in listening: check(("1", "2", False), *words)'
    as root "$CODE"
    as user "$CODE"
}

@test "--no-sandbox keeps them, and so does a server whose commands are root's" {
    CODE="$HELD"'
check(held("self"), "serve", "-e", "cat")
for words in listening: check(held("self"), *words, "--no-sandbox")'
    as root "$CODE"
    as user "$CODE"
}

@test "where the kernel lacks seccomp, landlock, memory for a rule of it, or all, a server serves without" {
    peer '
import ctypes, platform
PRCTL = {"x86_64": 157, "aarch64": 167}[platform.machine()]
LANDLOCK_CREATE_RULESET, LANDLOCK_ADD_RULE, PATH_BENEATH, SET_SECCOMP = 444, 445, 1, 22
libc = ctypes.CDLL(None, use_errno=True)

def lack(call, argument, error, which=0):
    """Has the call fail, where that argument is this."""
    code = [(0x20, 0, 0, 0), (0x15, 0, 3, call), (0x20, 0, 0, 16 + 8 * which), (0x15, 0, 1, argument), (6, 0, 0, 0x50000 | error), (6, 0, 0, 0x7fff0000)]
    text = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *c) for c in code))
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(code), ctypes.addressof(text)))
    assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(SET_SECCOMP, 2, program, 0, 0) == 0

def no_landlock(): lack(LANDLOCK_CREATE_RULESET, 0, 38)
def no_rule(): lack(LANDLOCK_ADD_RULE, PATH_BENEATH, 12, 1)
def no_seccomp(): lack(PRCTL, SET_SECCOMP, 22)
def neither(): no_landlock(), no_seccomp()
for lacking in no_landlock, no_rule, no_seccomp, neither:
    for applet in "serve", "echo", "chat-serve":
        p, port = serve(applet=applet, preexec_fn=lacking, stdin=subprocess.DEVNULL)
        s = connect(port)
        s.sendall(b"word\n")
        assert hear(s) or applet == "serve"
        p.terminate()
        ended(p, -signal.SIGTERM)
        assert not [f for f in os.listdir() if f.startswith("port.")]'
}

@test "a link-local client is named with its interface" {
    FRESH=("${FRESH[@]}" unshare --user --map-root-user --net env)
    peer '
for command in "link set lo up", "link add quiet type veth peer name nobody", "link set quiet up", "link set nobody up", "address add fe80::1/64 dev quiet nodad":
    subprocess.run(["ip", *command.split()], check=True)
p, port = serve("-b", "fe80::1%quiet", "Hi", stdin=subprocess.DEVNULL)
index = socket.if_nametoindex("quiet")
s = socket.socket(socket.AF_INET6)
s.connect(("fe80::1", int(port), 0, index))
assert hear(s) == b"Hi\n"
name = f"[fe80::1%quiet]:{s.getsockname()[1]}"
p.terminate()
err = ended(p, -signal.SIGTERM)[1]
assert f"{name} connected\n" in err, err'
}
