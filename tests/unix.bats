# -U: a Unix-domain socket instead of host and port.
# shellcheck disable=SC2154 # what run sets

load helper

@test "clients are served at a path, which the port file and stderr tell; they are named by their pid" {
    peer '
p, path = serve("-U", "the socket", "--label", "Hi", stdin=subprocess.DEVNULL)
assert path == "the socket"
s = connect(path)
s.sendall(b"from me\n")
assert hear(s) == b"Hi\n"
me = "unix" if variant("portable") else f"unix (pid {os.getpid()})"
assert p.stdout.readline().decode() == f"[{me}] from me\n"
p.terminate()
err = ended(p, -signal.SIGTERM)[1].splitlines()
assert err[0] == "listening on unix:the socket" and err[1] == me + " connected", err
assert err[2].startswith(me + " closed (received 8 bytes, sent 3 bytes, "), err'
}

@test "serve and connect meet at a path, both ways, with half-close" {
    head -c 3000000 /dev/urandom >here
    head -c 3000000 /dev/urandom >there
    STDIN=here start_serve --once -U path
    sockkit connect -U path <there >got
    wait_for_exit "$SERVER_PID"
    assert_equal "$status" 0
    cmp here got
    cmp there "$SERVER_OUT"
    start_serve --once --reply '%a %m' -U path
    run --separate-stderr sockkit connect unix:path
    assert_success
    start_serve --once --reply '%a %m' -U path
    run --separate-stderr sockkit connect -U path Hello
    assert_output 'unix Hello'
}

@test "stdin goes to all, and every operand is a MESSAGE" {
    peer '
p, path = serve("-U", "path", "localhost:80", "::1")
clients = [connect(path) for _ in range(3)]
p.stdin.write(b"to all\n")
p.stdin.close()
for s in clients: assert read_all(s) == b"localhost:80\n::1\nto all\n"'
}

@test "a stale path is replaced" {
    peer '
for kind in socket.SOCK_STREAM, socket.SOCK_DGRAM:
    with socket.socket(socket.AF_UNIX, kind) as s: s.bind("path")
    assert os.path.exists("path")
    p, path = serve("-U", "path", "Hi", stdin=subprocess.DEVNULL)
    assert hear(connect(path)) == b"Hi\n"
    p.kill()
    p.wait()
    p, path = serve("-U", "path", "again", stdin=subprocess.DEVNULL)
    assert hear(connect(path)) == b"again\n"
    p.terminate()
    ended(p, -signal.SIGTERM)
    assert not os.path.exists("path")'
}

@test "a path that is live is refused with status 6, its owner named, and goes on" {
    peer '
portable = variant("portable")
p, path = serve("-U", "path", "Hi", stdin=subprocess.DEVNULL)
q = sockkit("serve", "-U", "path", "--port-file", "file")
err = ended(q, 6)[1]
owner = "" if portable else f" (by {open(f'"'/proc/{p.pid}/comm'"').read().strip()}, pid {p.pid})"
assert err == f"sockkit serve: cannot listen on unix:path: Address already in use{owner}\n", err
assert hear(connect(path)) == b"Hi\n" and not os.path.exists("file")
with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s: # of another type
    s.bind("other")
    ended(sockkit("serve", "-U", "other"), 6)
    assert os.path.exists("other")
with socket.socket(socket.AF_UNIX) as s: # whose backlog is full
    s.bind("full")
    s.listen(0)
    waiting = [socket.socket(socket.AF_UNIX) for _ in range(3)]
    for w in waiting:
        w.setblocking(False)
        try: w.connect("full")
        except BlockingIOError: pass
    ended(sockkit("serve", "-U", "full"), 6)
    assert os.path.exists("full")'
}

@test "whoever asks whether a path is live is no client of a server that waits for one" {
    peer '
p, path = serve("-U", "path", "--once", "Hi", stdin=subprocess.DEVNULL)
ended(sockkit("serve", "-U", "path"), 6)
ended(sockkit("udp-serve", "-U", "path"), 6)
assert hear(connect(path)) == b"Hi\n"
err = ended(p, 0)[1]
assert err.count(" connected") == 1, err'
}

@test "a client waits for a path whose backlog is full, at most for -w" {
    peer '
l = socket.socket(socket.AF_UNIX)
l.bind("full")
l.listen(0)
waiting = socket.socket(socket.AF_UNIX)
waiting.connect("full")
p = sockkit("connect", "-U", "full", "-w", "300ms", "Hi", stdin=subprocess.DEVNULL)
assert ended(p, 5)[1].startswith("sockkit connect: cannot connect to unix:full: timed out")
p = sockkit("connect", "-U", "full", "-w", "300ms", "--retry", "inf", "Hi", stdin=subprocess.DEVNULL)
l.accept()
assert read_all(l.accept()[0]) == b"Hi\n"
ended(p)'
}

@test "a live path that we may not even ask is not replaced" {
    start_serve -U path
    chmod 000 path
    drop=()
    [ "$(id -u)" -ne 0 ] || drop=(setpriv --bounding-set '-dac_override,-dac_read_search')
    run "${drop[@]}" timeout 10 "$SOCKKIT" serve -U path -w 1ms
    assert_failure 6
    [ -S path ]
}

# Three start at once on a stale path, each behind the words of args: one is ready, the others end with status 6.
RACE='
def start():
    told, tell = os.pipe()
    words = ["serve", "-q", "-U", "path", "--ready-fd", tell, "Hi"]
    p = subprocess.Popen([*args, os.environ["SOCKKIT"], *map(str, words)], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, pass_fds=[tell])
    atexit.register(p.kill)
    os.close(tell)
    return p, told
def race():
    servers = [start() for _ in range(3)]
    ready = [p for p, told in servers if os.read(told, 1) == b"\n"]
    for _, told in servers: os.close(told)
    assert len(ready) == 1, len(ready)
    for p, _ in servers:
        if p not in ready: assert "cannot listen on unix:path: Address " in ended(p, 6)[1]
    assert read_line(connect("path")) == b"Hi\n"
    ready[0].kill()
    ready[0].wait()
    assert os.listdir() == ["path"]
race() # after which the path is stale
'

@test "of several servers that start at once on a stale path exactly one serves" {
    LIMIT=60 peer "$RACE"'
for _ in range(50): race()'
}

@test "so it is when each takes its time between looking at the path and removing it" {
    export ASAN_OPTIONS=detect_leaks=0 # it cannot work below strace
    LIMIT=60 peer "$RACE"'
for _ in range(3): race()' strace -D -f -qq -o /dev/null -e trace=unlink,unlinkat -e inject=unlink,unlinkat:delay_enter=100000
}

@test "a directory whose lock somebody keeps is waited for, not without end" {
    peer '
import fcntl
with socket.socket(socket.AF_UNIX) as s: s.bind("path")
folder = os.open(".", os.O_RDONLY)
def start():
    fcntl.flock(folder, fcntl.LOCK_EX)
    told, tell = os.pipe()
    p = sockkit("serve", "-q", "-U", "path", "--ready-fd", tell, "Hi", stdin=subprocess.DEVNULL, pass_fds=[tell])
    os.close(tell)
    assert not select.select([told], [], [], 0.5)[0]
    return p, told
p, told = start()
fcntl.flock(folder, fcntl.LOCK_UN)
assert os.read(told, 1) == b"\n"
p.kill()
p.wait()
p, told = start()
assert os.read(told, 1) == b"\n"
assert hear(connect("path")) == b"Hi\n"'
}

@test "what is no socket is refused with status 6 and left alone" {
    local path
    echo precious >file
    mkdir folder
    mkfifo pipe
    ln -s file link
    peer 'with socket.socket(socket.AF_UNIX) as s: s.bind("stale")'
    ln -s stale link-to-stale
    for path in file folder pipe link link-to-stale; do
        run sockkit serve -U "$path"
        assert_failure 6
        assert_output --regexp "^sockkit serve: cannot listen on unix:$path: .*no socket"
        assert_equal "${#lines[@]}" 1
    done
    assert_equal "$(<file)" precious
    [ -d folder ] && [ -p pipe ] && [ -L link ] && [ -L link-to-stale ] && [ -S stale ]
}

@test "a path that cannot be: status 6 and a line" {
    run sockkit serve -U nowhere/path
    assert_failure 6
    assert_output --regexp '^sockkit serve: cannot listen on unix:nowhere/path: [A-Z]'
    peer '
longest = "p" * 107
p, path = serve("-U", longest, "Hi", stdin=subprocess.DEVNULL)
assert path == longest and hear(connect(path)) == b"Hi\n"
p.terminate()
ended(p, -signal.SIGTERM)
assert not os.path.exists(longest)'
}

@test "--unix-mode: the permissions of the path, whatever the umask, from its first moment on" {
    peer '
def mode(*words, applet="serve"):
    p, path = serve("-U", "path", *words, applet=applet)
    found = os.stat(path).st_mode & 0o7777
    p.terminate()
    ended(p, -signal.SIGTERM)
    return found
for umask in 0o077, 0, 0o777:
    os.umask(umask)
    assert mode() == 0o777 & ~umask
    for word, wanted in {"600": 0o600, "0660": 0o660, "777": 0o777, "0": 0}.items():
        for applet in "serve", "udp-serve", "echo": assert mode("--unix-mode", word, applet=applet) == wanted, (umask, word)
os.umask(0o022)
p, path = serve("-U", "path", "--unix-mode", "777", "-o", "copy")
assert os.stat("copy").st_mode & 0o777 == 0o644'
    run strace -f -qq -e trace=bind,chmod,fchmod,fchmodat,listen,umask "$SOCKKIT" serve -U path --unix-mode 640 -w 1ms
    assert_line --regexp 'umask\(0137\)'
    refute_output --partial 'chmod'
}

@test "--unix-mode without a path, or that is none: status 2" {
    local value
    run sockkit serve -p 0 --unix-mode 600
    assert_failure 2
    assert_output 'sockkit serve: --unix-mode is for the path of --unix'
    for value in 8 0888 1777 7777 rw- -1 +600 ' 600' '600 ' 0x1 77777777777777777777777; do
        run sockkit serve -U path --unix-mode "$value"
        assert_failure 2
        assert_output "sockkit serve: --unix-mode: \"$value\": no permissions (such as 600 or 0660)"
    done
    [ ! -e path ]
}

@test "the path is removed however the run ends" {
    mkdir folder
    peer '
def check(status, *words, end=lambda p, path: None, **more):
    for path in "path", "folder/path", os.getcwd() + "/folder/path":
        p, path = serve("-U", path, *words, **more)
        assert os.path.exists(path)
        end(p, path)
        ended(p, status)
        assert not os.path.exists(path)
for number in signal.SIGTERM, signal.SIGINT, signal.SIGHUP: check(-number, end=lambda p, path: p.send_signal(number))
check(-signal.SIGTERM, "-e", "cat", end=lambda p, path: p.terminate())
check(5, "--max-time", "50ms")
check(5, "-w", "50ms")
check(0, "--once", end=lambda p, path: hear(connect(path)), stdin=subprocess.DEVNULL)'
    run sockkit serve -U nowhere/path
    assert_failure 6
    assert_output 'sockkit serve: cannot listen on unix:nowhere/path: No such file or directory'
    run sockkit serve -U path --port-file nowhere/file
    assert_failure 1
    [ ! -e path ]
}

@test "a path that another server has taken since is left to it" {
    peer '
p, path = serve("-U", "path", "first", stdin=subprocess.DEVNULL)
os.unlink("path")
q, path = serve("-U", "path", "second", stdin=subprocess.DEVNULL)
p.terminate()
ended(p, -signal.SIGTERM)
assert hear(connect("path")) == b"second\n"'
}

@test "a client that is gone ends nothing" {
    peer '
p, path = serve("-U", "path", "Hi")
other = connect(path)
for _ in range(3):
    s = connect(path)
    s.close() # with the greeting unread
    p.stdin.write(b"go on\n")
    while b" closed (" not in (line := p.stderr.readline()): assert line
assert read_exactly(other, 3 + 3 * 6) == b"Hi\n" + b"go on\n" * 3'
}

@test "a client that closes while stdin goes on is no failure" {
    peer '
for words in [], ["--once", "--label"]:
    p, path = serve("-U", "path", *words)
    s = connect(path)
    s.sendall(b"x\n")
    assert p.stdout.readline().endswith(b"x\n")
    s.close()
    told = b""
    while b" closed (" not in (line := p.stderr.readline()):
        assert line
        told += line
    assert b"connection with" not in told, told
    if not words: p.terminate()
    ended(p, 0 if words else -signal.SIGTERM)'
}

@test "a peer that closes while connect waits for its stdin is no failure" {
    peer '
l = socket.socket(socket.AF_UNIX)
l.bind("path")
l.listen()
p = sockkit("connect", "-U", "path")
s = l.accept()[0]
p.stdin.write(b"x")
assert read_exactly(s, 1) == b"x"
s.sendall(b"bye")
s.close()
p.wait(10)
assert ended(p) == (b"bye", "")'
}

@test "limits hold as for TCP: --max-clients, -i, --once, -w" {
    peer '
p, path = serve("-U", "path", "-m", 1, "Hi", stdin=subprocess.DEVNULL)
s, late = connect(path), connect(path)
assert read_line(s) == b"Hi\n" and quiet(late, 0.2)
assert hear(s) == b""
assert read_line(late) == b"Hi\n"
p, path = serve("-U", "idle", "-i", "200ms", "--once", stdin=subprocess.DEVNULL)
s = connect(path)
assert s.recv(1) == b""
ended(p, 5)
p, path = serve("-U", "nobody", "-w", "100ms")
ended(p, 5)'
}

# --- abstract names ---

@test "an abstract name, @NAME, is served and reached by every applet; no file stands for it" {
    local name=@here-$$ applet
    for applet in serve echo cmd; do
        start_server $applet -U "$name"
        assert_equal "$PORT" "$name"
        assert_equal "$(head -n 1 "$SERVER_ERR")" "listening on unix:$name"
        run -0 sockkit connect -v -U "$name" 'ECHO x'
        assert_line "connected to unix:$name from unix"
        run -0 sockkit connect "unix:$name" 'ECHO x'
        [ $applet = serve ] || assert_output --partial x
        run -0 sockkit probe "unix:$name"
        assert_output --partial "unix:$name"
        stop "$SERVER_PID"
        run -4 sockkit connect "unix:$name" # it went with its server
    done
    run -0 grep -c '^ECHO x$' "$DIR/started.0.out"
    start_server chat-serve -U "$name" -q
    run -0 sockkit chat -U "$name" 'hello there'
    assert_output --partial 'hello there'
    stop "$SERVER_PID"
    start_server udp-serve -U "$name" --reply '%m back'
    run -0 sockkit udp-send -U "$name" -r 1 hello
    assert_output 'hello back'
    run -0 sockkit probe -u --send hello --expect back -U "$name"
    run -0 find . -name '*@*'
    assert_output ''
}

@test "an abstract name: serve --to and udp-serve --to lead to one, and from one" {
    local name=@there-$$
    start_serve -U "$name" -q hello
    start_serve -q --to "unix:$name"
    run -0 sockkit connect "localhost:$PORT" </dev/null
    assert_output hello
    start_serve -U "$name.2" -q --to "localhost:$PORT"
    run -0 sockkit connect -U "$name.2" </dev/null
    assert_output hello
    start_server udp-serve -U "$name.3" --reply '%m back'
    start_server udp-serve -q --to "unix:$name.3"
    run -0 sockkit udp-send "localhost:$PORT" -r 1 hello
    assert_output 'hello back'
    start_server udp-serve -U "$name.4" -q --to "localhost:$PORT"
    run -0 sockkit udp-send -U "$name.4" -r 1 hello
    assert_output 'hello back'
}

@test "an abstract name that is taken is status 6, its owner named; none, one too long, and --unix-mode for one, status 2" {
    local name=@taken-$$ long
    start_serve -U "$name"
    for applet in serve udp-serve; do
        [ $applet = serve ] || start_server udp-serve -U "$name-udp"
        [ $applet = serve ] || name=$name-udp
        run -6 sockkit $applet -U "$name"
        assert_output "sockkit $applet: cannot listen on unix:$name: Address already in use$(told " (by sockkit, pid $SERVER_PID)")"
    done
    long=$(printf 'x%.0s' {1..107})
    start_serve -U "@$long"
    run -2 sockkit serve -U "@x$long"
    assert_output --partial 'too long'
    run -2 sockkit connect "unix:@x$long"
    assert_output --partial 'too long'
    run -2 sockkit serve -U @
    run -2 sockkit connect unix:@
    assert_output --partial "the name is missing behind '@'"
    run -2 sockkit serve -U @x --unix-mode 600
}

@test "an abstract name is what bytes it has: a peer of another program meets it, and a datagram's sender is shown by it" {
    peer '
name = "@peer-%d" % os.getpid()
p, port = serve("-U", name, "Hi", stdin=subprocess.DEVNULL)
assert port == name
s = socket.socket(socket.AF_UNIX)
s.connect("\0" + name[1:])
assert read_line(s) == b"Hi\n"
l = socket.socket(socket.AF_UNIX)
l.bind("\0" + name[1:] + "/back")
l.listen()
p = sockkit("connect", "-U", name + "/back", "x")
assert read_all(l.accept()[0]) == b"x\n"
p, port = serve("-U", name + "/udp", "--label", applet="udp-serve", stdin=subprocess.DEVNULL)
d = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
d.bind("\0me\n")
d.sendto(b"said", "\0" + name[1:] + "/udp")
line = p.stdout.readline()
assert line.endswith(b"] said\n"), line
assert b"unix" in line, line'
}
