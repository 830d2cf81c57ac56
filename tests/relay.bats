# The relay of connect and serve --once: many bytes, both ways at once, between whatever descriptors there are.
# shellcheck disable=SC2016,SC2153,SC2154
# RELAY_MIB: how many MiB go each way at once in the large test.

load helper

export LIMIT=60 WAIT=60

# The first N MiB of what there is to send, the same in each run of this file: data NAME N.
data() { head -c "$(($2 << 20))" "$BATS_FILE_TMPDIR/random" >"$1"; }

setup_file() { head -c "$((${RELAY_MIB:-128} << 20))" /dev/urandom >"$BATS_FILE_TMPDIR/random"; }

# A server of one connection that is sent this file: serve_file FILE [OPTION]...
serve_file() { STDIN=$1 start_serve --once "${@:2}"; }

assert_served() {
    wait_for_exit "$SERVER_PID"
    assert_equal "$status" "${1:-0}"
}

# --- many bytes ---

@test "a file each way at once, large: every byte arrives in order" {
    local random=$BATS_FILE_TMPDIR/random
    { printf x && head -c -1 "$random"; } >other
    serve_file other
    sockkit connect ":$PORT" <"$random" >received
    assert_served
    cmp received other
    cmp "$SERVER_OUT" "$random"
}

# counted FILE: how many system calls both ends make for what connect reads there.
counted() {
    rm -f calls.*
    serve_file /dev/null
    sockkit connect ":$PORT" <"$1"
    assert_served
    cmp sent "$SERVER_OUT"
    cat calls.* | wc -l
}

@test "64 MiB cost at most 1400 system calls at both ends, 2000 from a pipe; more where pages cannot be moved, or beside sanitizers" {
    export ASAN_OPTIONS=detect_leaks=0 # it cannot work below strace
    data sent 64
    printf '#!/bin/sh\nexec strace -D -qq -o calls.$$ "%s" "$@"\n' "$SOCKKIT" >traced
    chmod +x traced
    local BUILT=$SOCKKIT
    SOCKKIT=$DIR/traced
    local more=${PORTABLE:+14000}
    [[ $BUILT != *san* ]] || more=14000 # the slower end waits more often
    [ "$(counted sent)" -le $((more + 1400)) ]
    [ "$(counted <(cat sent))" -le $((more + 2000)) ]
}

@test "a pipe each way at once" {
    data sent 16
    serve_file <(cat sent; echo end)
    sockkit connect ":$PORT" < <(cat sent; echo END) | cat >received
    assert_served
    cmp received <(cat sent; echo end)
    cmp "$SERVER_OUT" <(cat sent; echo END)
}

@test "files that are appended to, from files that are not read from their beginning" {
    data sent 16
    echo before >received
    serve_file sent
    { head -c 12345 >/dev/null && sockkit connect ":$PORT" >>received; } < <(cat sent)
    assert_served
    cmp received <(echo before; cat sent)
    cmp "$SERVER_OUT" <(tail -c +12346 sent)
    serve_file sent
    { dd bs=1 count=1 of=/dev/null status=none && sockkit connect ":$PORT" >>received; } <sent
    assert_served
    cmp received <(echo before; cat sent sent)
    cmp "$SERVER_OUT" <(tail -c +2 sent)
}

@test "programs that share one open file as stdout do not write over each other" {
    local letter ports=() jobs=()
    for letter in a b; do
        head -c 32M /dev/zero | tr '\0' "$letter" >"sent.$letter"
        serve_file "sent.$letter"
        ports+=("$PORT")
    done
    { for PORT in "${ports[@]}"; do sockkit connect ":$PORT" </dev/null & jobs+=($!); done; } >received
    wait "${jobs[@]}"
    for letter in a b; do assert_equal "$(tr -dc "$letter" <received | wc -c)" "$((32 << 20))"; done
    assert_equal "$(wc -c <received)" "$((64 << 20))"
}

@test "from and to /dev/null: nothing is lost of the other way" {
    data sent 4
    serve_file sent
    sockkit connect ":$PORT" </dev/null >received
    assert_served
    cmp received sent
    serve_file /dev/null
    sockkit connect ":$PORT" <sent >/dev/null
    assert_served
    cmp "$SERVER_OUT" sent
}

@test "an empty file is the end at once" {
    : >empty
    serve_file empty
    run sockkit connect ":$PORT" <empty
    assert_success
    assert_output ''
    assert_served
}

@test "over a Unix-domain socket" {
    data sent 8
    { cat sent && echo more; } >other
    serve_file other -U path
    sockkit connect -U path <sent >received
    assert_served
    cmp received other
    cmp "$SERVER_OUT" sent
}

@test "stdin and stdout that are one socket, blocking or not" {
    peer '
from threading import Thread
l = listen()
data = os.urandom(4 << 20)
def send(to):
    to.sendall(data)
    to.shutdown(socket.SHUT_WR)
for blocking in True, False:
    ours, theirs = socket.socketpair()
    theirs.setblocking(blocking)
    p = sockkit("connect", "127.0.0.1", l.getsockname()[1], stdin=theirs, stdout=theirs)
    s = l.accept()[0]
    s.sendall(b"early")
    assert read_exactly(ours, 5) == b"early"
    seen = {}
    threads = [Thread(target=send, args=(ours,))]
    threads += [Thread(target=lambda to, n: seen.update({to: read_exactly(to, n)}), args=(s, len(data)))]
    threads += [Thread(target=s.sendall, args=(data[::-1],))]
    for t in threads: t.start()
    assert read_exactly(ours, len(data)) == data[::-1]
    for t in threads: t.join(10)
    assert seen[s] == data and s.recv(1) == b""
    assert os.get_blocking(theirs.fileno()) == blocking
    s.close()
    ended(p)'
}

@test "copies (-o) and dumps (-x) of many bytes are complete" {
    data sent 2
    serve_file sent -o served.copy
    sockkit connect -o copy -x dump ":$PORT" <sent >received
    assert_served
    cmp received sent
    cmp copy sent
    cmp served.copy sent
    cmp "$SERVER_OUT" sent
    for way in '<' '>'; do # a read may end within a row
        run awk -v way="$way" '$1 == way { bytes += split(substr($0, 12, 48), shown) } END { print bytes }' dump
        assert_output "$((2 << 20))"
    done
}

# --- pace ---

@test "a peer that reads slowly gets everything, and what it sends meanwhile is shown" {
    data sent 2
    peer '
l = listen()
l.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
sent = open("sent", "rb").read()
p = sockkit("connect", "-O", "sndbuf=8K", "127.0.0.1", l.getsockname()[1], stdin=open("sent", "rb"))
s = l.accept()[0]
received = b""
for i in range(100):
    s.sendall(b"%d\n" % i) # while it has nothing but full buffers
    assert take(p.stdout, len(b"%d\n" % i)) == b"%d\n" % i
    received += s.recv(100)
received += read_all(s)
assert received == sent
s.close()
ended(p)'
}

@test "a stdout that nobody reads holds up neither what is sent nor a signal, and costs no time" {
    local options
    for options in '' '-o copy'; do # pages are moved; bytes are copied
        peer '
l = listen()
p = sockkit("connect", *args[0].split(), "127.0.0.1", l.getsockname()[1])
s = l.accept()[0]
s.sendall(bytes(1000)) # so that what follows does not fill it to the byte
select.select([p.stdout], [], [], 10)
s.setblocking(False)
full = 0
while full < 20: # until nothing moves any more
    try:
        s.send(bytes(65536))
        full = 0
    except BlockingIOError:
        full += 1
        time.sleep(0.01)
s.setblocking(True)
s.settimeout(10)
data = os.urandom(1 << 20)
for i in range(0, len(data), 65536):
    p.stdin.write(data[i:i + 65536])
    assert read_exactly(s, 65536) == data[i:i + 65536]
ticks = lambda: sum(map(int, open("/proc/%d/stat" % p.pid).read().split()[13:15]))
before = ticks()
select.select([], [], [], 0.5)
assert ticks() - before < 20, "it spins"
assert os.get_blocking(p.stdout.fileno()) and os.get_blocking(p.stdin.fileno())
p.send_signal(signal.SIGINT)
assert p.wait(10) == -signal.SIGINT' "$options"
    done
}

@test "a stdout that was full gets all when it is read again, though the peer waits and has not ended" {
    peer '
from threading import Thread
l = listen()
p = sockkit("connect", "127.0.0.1", l.getsockname()[1])
s = l.accept()[0]
data = os.urandom(6 << 20)
t = Thread(target=s.sendall, args=(data,))
t.start()
read = 0
for step in 1 << 20, 1, 3 << 20, 1 << 20:
    time.sleep(0.05) # so that it meets a full stdout each time, or else the test is easy
    assert take(p.stdout, step) == data[read:read + step]
    read += step
assert take(p.stdout, len(data) - read) == data[read:]
p.stdin.write(b"all there")
assert read_exactly(s, 9) == b"all there"
s.close()
p.stdin.close()
ended(p)'
}

@test "what follows a bulk of bytes is shown at once, and no descriptor is left over" {
    peer '
l = listen()
size = lambda: os.stat("received").st_size
for out in "wb", "ab": # pages are moved; bytes are copied
    p = sockkit("connect", "127.0.0.1", l.getsockname()[1], stdout=open("received", out))
    s = l.accept()[0]
    open("received", "wb")
    s.sendall(bytes(32 << 20))
    wait_until(lambda: size() == 32 << 20)
    for i in range(1, 4):
        s.sendall(b"small")
        wait_until(lambda: size() == (32 << 20) + 5 * i)
    assert len(os.listdir("/proc/%d/fd" % p.pid)) < 16
    p.stdin.close()
    s.close()
    ended(p)'
}

@test "what came before both sides ended is shown whole by a stdout that was full" {
    peer '
data = os.urandom(200000)
for place in [], ["-U", "path"]:
    for words in [], ["-o", "copy"], ["--once"]:
        p, port = serve(*place, *words)
        p.stdin.close()
        s = connect(port)
        assert s.recv(1) == b"" # the server has ended its side
        s.sendall(data)
        s.close()
        time.sleep(0.05) # so that it meets a full stdout, or else the test is easy
        assert take(p.stdout, len(data)) == data, words
        p.kill()
        p.wait()'
}

@test "a peer that does not read costs no time" {
    peer '
l = listen()
p = sockkit("connect", "127.0.0.1", l.getsockname()[1], stdin=open("/dev/zero", "rb"))
s = l.accept()[0]
def queued():
    return [w[4] for w in map(str.split, open("/proc/net/tcp")) if w[2].endswith(":%04X" % l.getsockname()[1]) and w[3] == "01"]
ticks = lambda: sum(map(int, open("/proc/%d/stat" % p.pid).read().split()[13:15]))
still, last = 0, None
while still < 20:
    now = queued()
    still = still + 1 if now == last else 0
    last = now
    time.sleep(0.01)
before = ticks()
select.select([], [], [], 0.5)
assert ticks() - before < 20, "it spins"
p.terminate()
assert p.wait(10) == -signal.SIGTERM'
}

@test "a peer that has closed while stdout is full costs no time" {
    peer '
l = socket.socket(socket.AF_UNIX)
l.bind("path")
l.listen()
p = sockkit("connect", "-o", "copy", "-U", "path", stdin=subprocess.DEVNULL)
s = l.accept()[0]
s.sendall(bytes(180000)) # more than a pipe and one read hold
s.close()
size = lambda: os.stat("copy").st_size
wait_until(lambda: os.path.exists("copy") and size() > 65536)
ticks = lambda: sum(map(int, open("/proc/%d/stat" % p.pid).read().split()[13:15]))
before = ticks()
select.select([], [], [], 0.5)
assert ticks() - before < 20, "it spins"
assert take(p.stdout, 180000) == bytes(180000)
ended(p)'
}

@test "an urgent byte is left out; what follows arrives, at once" {
    peer '
l = listen()
for options in [], ["-T"]:
    p = sockkit("connect", *options, "127.0.0.1", l.getsockname()[1], stdin=subprocess.DEVNULL)
    s = l.accept()[0]
    s.send(b"before")
    s.send(b"!", socket.MSG_OOB)
    s.sendall(b"after")
    assert take(p.stdout, 11) == b"beforeafter"
    s.send(b"?", socket.MSG_OOB)
    s.sendall(b"more")
    s.close()
    assert ended(p)[0] == b"more"
p = sockkit("serve", "--port-file", "port", "-p", 0, "-q", stdin=subprocess.DEVNULL)
while not os.path.exists("port"):
    time.sleep(0.01)
s = connect(open("port").read().strip())
s.send(b"!", socket.MSG_OOB)
s.sendall(b"after")
assert take(p.stdout, 5) == b"after"
p.terminate()
ended(p, -signal.SIGTERM)'
}

# --- failures ---

@test "a peer that resets in the middle: status 1, a line, and what came before is shown" {
    peer '
def unacknowledged(port):
    """What the socket at a port has sent in vain, as long as its peer reads nothing."""
    time.sleep(0.05)
    rows = (line.split() for line in open("/proc/net/tcp"))
    return max(int(r[4].split(":")[0], 16) for r in rows if r[1].endswith(":%04X" % port))
l = listen()
for options in [], ["-o", "copy"]:
    p = sockkit("connect", *options, "127.0.0.1", l.getsockname()[1], stdin=open("/dev/zero", "rb"))
    s = l.accept()[0]
    s.sendall(b"before")
    assert take(p.stdout, 6) == b"before"
    read_exactly(s, 1 << 20)
    wait_until(lambda: unacknowledged(s.getpeername()[1]) > 0)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.close()
    out, err = ended(p, 1)
    assert out == b"" and err.startswith("sockkit connect: connection with 127.0.0.1:%d: Connection reset by peer\n" % l.getsockname()[1])
    assert "did not take" in err'
}

@test "serve --once: a client that resets in the middle is status 1, a line, and one that counts what it did not take" {
    local options
    truncate -s 16M big
    for options in '' '-x dump' '-C'; do
        # shellcheck disable=SC2086 # several words
        serve_file big $options
        peer 's = connect(args[0])
read_exactly(s, 1 << 20)
s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
s.close()' "$PORT"
        assert_served 1
        run cat "$SERVER_ERR"
        assert_line --regexp '^sockkit serve: connection with 127.0.0.1:[0-9]+: Connection reset by peer$'
        assert_line --regexp '^sockkit serve: 127.0.0.1:[0-9]+ did not take [0-9]+ bytes of what was to be sent$'
    done
}

@test "a stdout that is full is status 1 and a line, in connect, serve --once and serve" {
    local once
    start_peer 'l = listen()
announce(l)
s = l.accept()[0]
s.sendall(bytes(100000))
s.recv(1)'
    sockkit connect "127.0.0.1:$PEER_PORT" </dev/null >/dev/full 2>errors || status=$?
    assert_equal "$status $(cat errors)" '1 sockkit connect: cannot write to stdout: No space left on device'
    for once in --once ''; do
        start sh -c "exec \"\$SOCKKIT\" serve $once -q -p 0 --port-file port >/dev/full"
        wait_for_file port
        run sockkit connect ":$(cat port)" Hello
        wait_for_exit "$PID"
        assert_equal "$status $(cat "$ERR")" '1 sockkit serve: cannot write to stdout: No space left on device'
    done
}

@test "a stdout that may not grow any more is status 1 and a line that names it" {
    start_peer 'l = listen()
announce(l)
for _ in range(2):
    s = l.accept()[0]
    try: s.sendall(bytes(3000000)); s.recv(1)
    except OSError: pass'
    ulimit -f 1024
    local out
    for out in moved copied; do
        [ "$out" = moved ] || exec 4>>"$out"
        [ "$out" = copied ] || exec 4>"$out"
        status=0
        sockkit connect "127.0.0.1:$PEER_PORT" </dev/null >&4 2>errors 4>&- || status=$?
        exec 4>&-
        assert_equal "$status $(cat errors)" '1 sockkit connect: cannot write to stdout: File too large'
    done
}

@test "a stdout whose reader has gone ends connect by SIGPIPE, while nothing is written and while it is full" {
    peer '
l = listen()
ways = [(subprocess.PIPE, []), (subprocess.DEVNULL, []), (subprocess.DEVNULL, ["-o", "copy"]), (subprocess.DEVNULL, ["-T"])]
for full, (stdin, options) in [(f, w) for f in (False, True) for w in ways]:
    p = sockkit("connect", *options, "127.0.0.1", l.getsockname()[1], stdin=stdin)
    s = l.accept()[0]
    if full:
        s.settimeout(0.5)
        try:
            while True: s.send(bytes(100000))
        except socket.timeout: pass
    p.stdout.close()
    out, err = ended(p, -signal.SIGPIPE)
    assert err == "" or "-T" in options, err
p = sockkit("connect", "-e", "read -r line; echo $line >&0", "127.0.0.1", l.getsockname()[1])
s = l.accept()[0]
p.stdout.close()
s.sendall(b"x\n")
assert read_line(s) == b"x\n"
s.close()
ended(p, 0)'
}

@test "a stdout that is a socket has lost its reader when the other end is closed, not when it is half-closed" {
    peer '
l = listen()
a, b = socket.socketpair()
p = sockkit("connect", "127.0.0.1", l.getsockname()[1], stdin=subprocess.DEVNULL, stdout=b)
b.close()
s = l.accept()[0]
a.shutdown(socket.SHUT_WR)
s.sendall(b"heard\n")
assert read_line(a) == b"heard\n"
a.close()
assert p.wait(10) == -signal.SIGPIPE'
}

@test "the shell sees status 141 when the reader of stdout has gone" {
    start_peer 'l = listen()
announce(l)
s = l.accept()[0]
while True: s.sendall(b"y\n" * 1000)'
    set +o pipefail
    sockkit connect "127.0.0.1:$PEER_PORT" </dev/null | head -n 1
    assert_equal "${PIPESTATUS[0]}" 141
}

@test "a stdin that cannot be read is status 1 and a line" {
    start_peer 'l = listen()
announce(l)
s = l.accept()[0]
read_all(s)'
    mkdir folder
    run sockkit connect "127.0.0.1:$PEER_PORT" <folder
    assert_failure 1
    assert_output 'sockkit connect: cannot read stdin: Is a directory'
}
