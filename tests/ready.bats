# Where a server listens, how it tells that it is ready, and what it leaves behind.
# shellcheck disable=SC2016 # what stands in single quotes is for Python, or for another shell

load helper

# --- where ---

@test "it listens on loopback alone, both families, the same port, and tells each socket" {
    peer '
servers = [serve(stdin=subprocess.DEVNULL) for _ in range(10)]
for p, port in servers:
    hosts = ["127.0.0.1"] + ["::1"] * has_ipv6()
    for host in hosts: hear(connect(port, host))
    try: socket.create_connection(("127.0.0.2", int(port))); raise SystemExit("127.0.0.2 too")
    except ConnectionRefusedError: pass
    p.terminate()
    told = [l for l in ended(p, -signal.SIGTERM)[1].splitlines() if l.startswith("listening")]
    assert told == ["listening on " + ("[::1]:" if ":" in h else "127.0.0.1:") + port for h in hosts], told
assert len({port for p, port in servers}) == 10'
}

@test "-4 and -6 listen in that family alone" {
    peer '
for option, host, other in ("-4", "127.0.0.1", "::1"), ("-6", "::1", "127.0.0.1"):
    if ":" in host and not has_ipv6(): continue
    p, port = serve(option)
    connect(port, host)
    try: connect(port, other); raise SystemExit("both")
    except OSError: pass
    assert p.stderr.readline().startswith(b"listening on ")
    assert b"connected" in p.stderr.readline()'
}

@test "-b: an address, with a port, a port alone, a name, or all there are" {
    peer '
def served(p, port, *hosts):
    for host in hosts: assert hear(connect(port, host)) == b"Hi\n", host
    p.terminate()
    ended(p, -signal.SIGTERM)
    for host in {"127.0.0.1", "127.0.0.3"} - set(hosts):
        try: connect(port, host); raise SystemExit(host)
        except ConnectionRefusedError: pass
six = ["::1"] * has_ipv6()
def start(*words): return serve("Hi", *words, stdin=subprocess.DEVNULL)
served(*start("-b", "127.0.0.3"), "127.0.0.3")
served(*start("-b", "*"), "127.0.0.1", "127.0.0.3", *six)
served(*start("-4", "-b", "*"), "127.0.0.1")
served(*start("-b", "localhost"), "127.0.0.1")
port = free_port()
for where in f"127.0.0.1:{port}", f":{port}", f"*:{port}", f"localhost:{port}":
    served(*start("-p", port, "-b", where), "127.0.0.1")
if six:
    served(*start("-b", "::1"), "::1")
    served(*start("-p", port, "-b", f"[::1]:{port}"), "::1")'
}

@test "without a family on the machine the other is used alone, without a word" {
    run unshare --user --map-root-user --net sh -c '
        ip link set lo up
        echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6
        "$0" serve -p 0 -w 1ms; echo "status $?"
        "$0" serve -p 0 -w 1ms -b "*"; echo "status $?"
        "$0" serve -p 0 -w 1ms -6; echo "status $?"' "$SOCKKIT"
    assert_line --index 0 --regexp '^listening on 127\.0\.0\.1:'
    assert_line --index 1 --partial 'no client'
    assert_line --index 2 'status 5'
    assert_line --index 3 --regexp '^listening on 0\.0\.0\.0:'
    assert_line --partial 'cannot listen on [::1]:0: '
    assert_line --index -1 'status 6'
}

@test "a port that is taken, in one family too: status 6, who has it is named, and nothing is left" {
    peer '
portable = variant("portable")
for host in ["127.0.0.1", "0.0.0.0"] + ["::1", "::"] * has_ipv6():
    taken = listen(host)
    port = taken.getsockname()[1]
    p = sockkit("serve", "-p", port, "--port-file", "file")
    err = ended(p, 6)[1]
    shown = "[::1]" if ":" in host else "127.0.0.1"
    owner = "" if portable else " (by %s, pid %d)" % (open("/proc/self/comm").read().strip(), os.getpid())
    assert err == f"sockkit serve: cannot listen on {shown}:{port}: Address already in use{owner}\n", err
    assert not os.path.exists("file")
    taken.close()'
}

@test "a port that an IPv6 socket for both families has: its owner is named too" {
    peer '
if has_ipv6():
    taken = socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True)
    p = sockkit("serve", "-4", "-p", taken.getsockname()[1])
    err = ended(p, 6)[1]
    assert variant("portable") or f"pid {os.getpid()})" in err, err'
}

@test "an address that is not there: status 6; a name that is not: 3" {
    run sockkit serve -p 0 -b 192.0.2.1
    assert_failure 6
    assert_output --regexp '^sockkit serve: cannot listen on 192\.0\.2\.1:0: [A-Z]'
    run sockkit serve -p 0 -n -b localhost
    assert_failure 3
    assert_output --partial 'localhost'
    run sockkit serve -p 0 -b no-such-host.invalid
    assert_failure 3
    assert_output --regexp '^sockkit serve: cannot resolve no-such-host.invalid: '
}

@test "a restart on the same port works at once, with connections in TIME_WAIT" {
    peer '
port = free_port()
for _ in range(3):
    p, port = serve("-p", port, "--reply", "%m", "--quit-word", "stop")
    s, t = connect(port), connect(port)
    s.sendall(b"stop\n") # the server ends first
    assert s.recv(1) == b""
    s.close()
    while b" closed (" not in (line := p.stderr.readline()): assert line
    p.terminate()
    ended(p, -signal.SIGTERM)'
}

# --- told ---

@test "--ready-fd gets a newline when clients can come, and is closed; where it cannot be told, that is" {
    peer '
told, tell = os.pipe()
port = free_port()
p = sockkit("serve", "-q", "-p", port, "--ready-fd", tell, pass_fds=[tell])
os.close(tell)
assert os.read(told, 100) == b"\n"
connect(port)
assert os.read(told, 100) == b""
p.terminate()
ended(p, -signal.SIGTERM)
told, tell = os.pipe()
os.close(told)
p = sockkit("serve", "-q", "-p", port, "--ready-fd", tell, pass_fds=[tell])
assert p.stderr.readline() == b"sockkit serve: cannot write to descriptor %d (--ready-fd): Broken pipe\n" % tell
connect(port)
p.terminate()
ended(p, -signal.SIGTERM)
p = sockkit("serve", "-p", 0, "-q", "--ready-fd", 2)
assert p.stderr.read(1) == b"\n"
p = sockkit("serve", "-p", 0, "-q", "--ready-fd", 1)
assert p.stdout.read(1) == b"\n"'
}

@test "NOTIFY_SOCKET is told READY=1 when clients can come, at a path or an abstract name" {
    peer '
port = free_port()
for name in os.getcwd() + "/notify", "\0sockkit-%d" % os.getpid():
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.bind(name)
        s.settimeout(10)
        p = sockkit("serve", "-p", port, env={**os.environ, "NOTIFY_SOCKET": name.replace("\0", "@")})
        assert s.recv(100) == b"READY=1"
        connect(port)
        p.terminate()
        ended(p, -signal.SIGTERM)
for name in "/nowhere/at/all", "relative", "", "/" + "x" * 200:
    p, port = serve(env={**os.environ, "NOTIFY_SOCKET": name})
    connect(port)'
}

# Starts sockkit the way systemd does, with these sockets from descriptor 3 on.
INHERIT='def inherit(*words, sockets=[], pid="$$", count=None, **more):
    import fcntl
    high = [fcntl.fcntl(s.fileno(), fcntl.F_DUPFD, 50) for s in sockets]
    def place():
        for i, fd in enumerate(high): os.dup2(fd, 3 + i)
    env = {**os.environ, "LISTEN_FDS": str(len(sockets)) if count is None else count, "LISTEN_FDNAMES": "a:b", "NOTIFY_SOCKET": "/nowhere/at/all"}
    command = ["sh", "-c", "LISTEN_PID=" + pid + " exec \"$0\" \"$@\"", os.environ["SOCKKIT"], *map(str, words)]
    p = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0,
                         close_fds=False, preexec_fn=place, env=env)
    atexit.register(p.kill)
    for fd in high: os.close(fd)
    return p
'

@test "LISTEN_FDS: inherited sockets are used instead of -p and -b" {
    peer "$INHERIT"'
sockets = [listen(), listen("127.0.0.2")]
for l in sockets: l.setblocking(True)
p = inherit("serve", "Hi", "-p", free_port(), "--port-file", "file", sockets=sockets)
wait_until(lambda: os.path.exists("file"))
assert open("file").read() == "%d\n" % sockets[0].getsockname()[1]
for l in sockets:
    host, port = l.getsockname()
    l.close()
    clients = connect(port, host), connect(port, host) # it does not wait for one
    for s in clients: assert read_line(s) == b"Hi\n"
    assert p.stderr.readline().decode() == f"listening on {host}:{port}\n"
p.terminate()
ended(p, -signal.SIGTERM)
assert not os.path.exists("file")'
}

@test "LISTEN_FDS meant for another process is not used" {
    peer "$INHERIT"'
l, port = listen(), free_port()
p = inherit("serve", "-p", port, "--port-file", "file", sockets=[l], pid="1")
wait_until(lambda: os.path.exists("file"))
assert open("file").read() == f"{port}\n"'
}

@test "LISTEN_FDS and LISTEN_PID that are no plain numbers, or too large, are not used" {
    peer "$INHERIT"'
for fds, pid in ("4294967297", "$$"), ("1x", "$$"), (" 1", "$$"), ("+1", "$$"), ("-1", "$$"), ("", "$$"), ("1025", "$$"), ("18446744073709551617", "$$"), \
                ("1", "$$x"), ("1", "+$$"), ("1", " $$"), ("1", "$(($$ + 4294967296))"), ("1", "$(($$ - 4294967296))"), ("0", "$$"):
    l, port = listen(), free_port()
    p = inherit("serve", "-p", port, "--port-file", "file", sockets=[l], pid=f"\"{pid}\"", count=fds)
    wait_until(lambda: os.path.exists("file"))
    assert open("file").read() == f"{port}\n", (fds, pid)
    p.terminate()
    err = ended(p, -signal.SIGTERM)[1]
    assert ("LISTEN_FDS is no number from 0 to 1024, and not used\n" in err) == (pid == "$$" and fds != "0"), err'
}

@test "commands inherit none of LISTEN_FDS, LISTEN_PID, LISTEN_FDNAMES, NOTIFY_SOCKET, nor the sockets" {
    peer "$INHERIT"'
l = listen()
for pid in "$$", "1":
    p = inherit("serve", "-p", 0, "--port-file", "file", "-e", "env; echo pid $$; read -r line", sockets=[l], pid=pid)
    wait_until(lambda: os.path.exists("file"))
    s = connect(open("file").read().strip())
    while not (line := read_line(s)).startswith(b"pid "): assert not line.startswith((b"LISTEN_", b"NOTIFY_")), line
    assert sorted(os.listdir(f"/proc/{int(line[4:])}/fd")) == ["0", "1", "2"]
    p.terminate()
    ended(p, -signal.SIGTERM)'
}

@test "an inherited path is used, and left in place" {
    peer "$INHERIT"'
with socket.socket(socket.AF_UNIX) as l:
    l.bind("path")
    l.listen()
    p = inherit("serve", "Hi", "-U", "other", "--port-file", "file", sockets=[l])
wait_until(lambda: os.path.exists("file"))
assert open("file").read() == "path\n"
assert read_line(connect("path")) == b"Hi\n"
p.terminate()
ended(p, -signal.SIGTERM)
assert os.path.exists("path") and not os.path.exists("other")'
}

@test "an inherited descriptor that is no listening stream socket: status 6, named" {
    peer "$INHERIT"'
for wrong in datagram(), socket.socket(), open("/dev/null"):
    p = inherit("serve", sockets=[listen(), wrong])
    err = ended(p, 6)[1]
    assert "descriptor 4" in err and err.count("\n") == 1, err'
}

# --- the end ---

@test "SIGINT, SIGTERM and SIGHUP end it as that signal, everything cleaned up" {
    peer '
for number in signal.SIGINT, signal.SIGTERM, signal.SIGHUP:
    for words in ["--once"], ["-e", "cat"], ["--reply", "%m"]:
        p, port = serve("-q", *words)
        clients = connect(port), connect(port)
        p.send_signal(number)
        assert ended(p, -number)[1] == ""
        for s in clients:
            try: assert s.recv(1) == b""
            except ConnectionResetError: pass
        try: connect(port); raise SystemExit("it still listens")
        except ConnectionRefusedError: pass
    assert not [f for f in os.listdir() if "port" in f]'
    peer '
def block(): signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM, signal.SIGCHLD])
p, port = serve(preexec_fn=block)
p.terminate()
ended(p, -signal.SIGTERM)'
    start_serve
    stop "$SERVER_PID"
    assert_equal "$status" 143
}

@test "a signal ignored from the start stays ignored, as under nohup" {
    peer '
for number in signal.SIGHUP, signal.SIGINT:
    p, port = serve("Hi", stdin=subprocess.DEVNULL, preexec_fn=lambda: signal.signal(number, signal.SIG_IGN))
    p.send_signal(number)
    assert hear(connect(port)) == b"Hi\n"
    p.terminate()
    ended(p, -signal.SIGTERM)'
}

@test "descriptors 0, 1 and 2 that come closed are filled, and no client gets their number" {
    peer '
def close(*fds): return lambda: [os.close(fd) for fd in fds]
for fds in (0,), (2,), (0, 2), (0, 1, 2):
    p, port = serve("--reply", "<%m>", preexec_fn=close(*fds), stdin=None, stdout=None if 1 in fds else subprocess.PIPE, stderr=None)
    for fd in fds: assert os.readlink(f"/proc/{p.pid}/fd/{fd}") == "/dev/null"
    s = connect(port)
    if 1 in fds:
        s.sendall(b"x\n")
        ended(p, 1)
        continue
    for word in b"one", b"two":
        s.sendall(word + b"\n")
        assert read_line(s) == b"<" + word + b">\n"
    assert take(p.stdout, 8) == b"one\ntwo\n"
    p.kill()'
}

@test "a stderr that nobody reads, or that is full, ends nothing" {
    peer '
for stderr in "gone", open("/dev/full", "wb"):
    p, port = serve("Hi", stdin=subprocess.DEVNULL, stderr=subprocess.PIPE if stderr == "gone" else stderr)
    if stderr == "gone": p.stderr.close()
    for _ in range(3): assert hear(connect(port)) == b"Hi\n"'
}

# A pipe that takes nothing, for stderr: `full` is its other end.
FULL='full, fill = os.pipe()
os.set_blocking(fill, False)
try:
    while True: os.write(fill, b"x")
except BlockingIOError: pass
os.set_blocking(fill, True)
'

@test "a stderr that takes nothing holds up no client, and what it missed is told in its place" {
    LIMIT=60 peer "$FULL"'
for applet, *words in ("echo", "--workers", 2), ("serve", "-e", "echo hello"), ("serve", "hello"):
    p, port = serve(*words, applet=applet, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=fill)
    for _ in range(40):
        s = connect(port)
        s.sendall(b"hello\n")
        assert hear(s) == b"hello\n"
    if words != ["hello"]:
        p.terminate()
        p.wait(10)
os.set_blocking(full, False)
try:
    while True: os.read(full, 65536)
except BlockingIOError: pass
os.set_blocking(full, True)
hear(connect(port))
said = b""
while b"closed" not in said: said += os.read(full, 65536)
missing = re.match(rb"(\d+) lines are missing here: stderr took nothing\n", said)
assert missing and 80 <= int(missing[1]) <= 82, said'
}

@test "the narration of a client waits for who reads it" {
    peer "$FULL"'
p = sockkit("connect", "127.0.0.1:%d" % free_port(), stderr=fill)
try: assert not p.wait(1.5), "it did not wait"
except subprocess.TimeoutExpired: pass
said = b""
while b"\n" not in said: said += os.read(full, 65536)
assert b"Connection refused" in said
p.wait(10)'
}

@test "output that nobody takes does not keep it from ending" {
    peer "$FULL"'
p = sockkit("serve", "-T", "-p", 0, "--port-file", "file", stderr=fill)
wait_until(lambda: open(f"/proc/{p.pid}/stat").read().rpartition(")")[2].split()[0] == "S") # in the write of the trace
p.terminate()
p.wait(10)
assert p.returncode == -signal.SIGTERM and not os.path.exists("file")
p, port = serve("-q", stdin=subprocess.DEVNULL)
s = connect(port)
s.settimeout(0.3)
try:
    while True: s.send(bytes(100000))
except socket.timeout: pass
p.terminate()
p.wait(10)
assert p.returncode == -signal.SIGTERM'
}

@test "as PID 1, which no signal ends by itself, it exits with 128+N" {
    peer '
told, tell = os.pipe()
p = subprocess.Popen(["unshare", "--user", "--map-root-user", "--pid", "--fork", os.environ["SOCKKIT"],
                      "serve", "-q", "-p", "0", "--ready-fd", str(tell)], pass_fds=[tell])
os.close(tell)
assert os.read(told, 1) == b"\n"
child = [e for e in os.listdir("/proc") if e.isdigit() and os.path.exists(f"/proc/{e}/stat")
         and open(f"/proc/{e}/stat").read().rpartition(")")[2].split()[1] == str(p.pid)]
os.kill(int(child[0]), signal.SIGTERM)
assert p.wait(10) == 143, p.returncode'
}
