# udp-serve's stdin: to whom its lines go, when it is read, and what becomes of it at the end.
# shellcheck disable=SC2154,SC2153,SC2016

load helper

# A server whose stdin is the feed.
talk() {
    open_feed
    STDIN=$FEED start_server udp-serve "$@"
}

say() { printf '%s\n' "$@" >&"$FEED_FD"; }

# Somebody who says hello and prints N datagrams that come, as Python has them.
start_partner() {
    start_peer '
s = datagram(args[2] if len(args) > 2 else "127.0.0.1")
s.sendto(b"hello", (s.getsockname()[0], int(args[0])))
announce(s)
for _ in range(int(args[1])): print(s.recv(70000), flush=True)' "$PORT" "$@"
}

# The server has shown so many datagrams.
was_heard() { [ "$(wc -l <"$SERVER_OUT")" = "$1" ]; }

@test "lines go to who was heard last, a datagram each, without their newline; answers leave from the address asked" {
    talk -b '*'
    start_partner 3
    local first=$PEER_OUT
    wait_for_line "$SERVER_OUT" hello
    say one '' $'two\r'
    wait_for_line "$first" two
    assert_equal "$(cat "$first")" $'b\'one\'\nb\'\'\nb\'two\\r\''
    start_partner 1 127.0.0.2
    wait_until was_heard 2
    say three
    wait_for_line "$PEER_OUT" three
}

@test "stdin is read only once somebody was heard" {
    talk
    say early
    start_peer 'import fcntl, termios
fd = os.open(args[1], os.O_RDONLY | os.O_NONBLOCK)
def waiting(): return struct.unpack("i", fcntl.ioctl(fd, termios.FIONREAD, b"1234"))[0]
assert waiting() == 6
time.sleep(0.2)
assert waiting() == 6
s = datagram()
announce(s)
s.sendto(b"hello", ("127.0.0.1", int(args[0])))
print(s.recv(100), flush=True)' "$PORT" "$FEED"
    wait_for_line "$PEER_OUT" early
}

@test "--to-all: to everybody who was heard, in both families" {
    talk --to-all
    local outs=() count=0 host
    for host in 127.0.0.1 127.0.0.1 "$(peer 'print("::1" if has_ipv6() else "127.0.0.1")')"; do
        start_partner 2 "$host"
        outs+=("$PEER_OUT")
        ((++count))
        wait_until was_heard "$count"
    done
    say all again
    for host in "${outs[@]}"; do
        wait_for_line "$host" again
        assert_equal "$(cat "$host")" $'b\'all\'\nb\'again\''
    done
}

@test "--to-all remembers 1000, and forgets who was silent for longest" {
    talk --to-all
    start_peer '
s = [datagram() for _ in range(1001)]
for one in s:
    one.sendto(b"x", ("127.0.0.1", int(args[0])))
announce(s[0])
wait_until(lambda: open(args[1]).read().count("x") == 1001)
s[1].sendto(b"still here", ("127.0.0.1", int(args[0])))
one = datagram()
one.sendto(b"late", ("127.0.0.1", int(args[0]))) # in place of s[2]
wait_until(lambda: "late" in open(args[1]).read())
print("ready", flush=True)
for each in [s[1], one] + s[3:]: assert each.recv(100) == b"all"
assert quiet(s[0], 0.05) and quiet(s[2], 0)
print("done", flush=True)' "$PORT" "$SERVER_OUT"
    wait_for_line "$PEER_OUT" ready
    say all
    wait_for_line "$PEER_OUT" 'done'
    assert_equal "$(grep -c 'more than 1000 senders' "$SERVER_ERR")" 1
}

@test "a server's own address takes no part" {
    peer '
s = datagram()
os.dup2(s.fileno(), 3)
p = subprocess.Popen(["sh", "-c", "LISTEN_PID=$$ LISTEN_FDS=1 exec \"$SOCKKIT\" udp-serve"], pass_fds=[3], bufsize=0,
                     stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
started.append(p)
p.stdin.write(b"talk\n")
s.sendto(b"me", s.getsockname())
assert p.stdout.readline() == b"me\n"
t = datagram()
t.sendto(b"you", s.getsockname())
assert p.stdout.readline() == b"you\n"
assert t.recv(100) == b"talk"
p.terminate()
assert ended(p, -signal.SIGTERM)[0] == b""'
}

@test "/dev/null and a closed stdin say nothing, and with --reply stdin is left alone" {
    peer '
for stdin, words in (subprocess.DEVNULL, []), (None, []), (subprocess.PIPE, ["--reply", "r"]):
    close = {"preexec_fn": lambda: os.close(0)} if stdin is None else {}
    p, port = serve(*words, applet="udp-serve", stdin=stdin, **close)
    if stdin == subprocess.PIPE: p.stdin.write(b"never\n")
    s = datagram()
    s.sendto(b"x", ("127.0.0.1", int(port)))
    if words: assert s.recv(9) == b"r"
    assert quiet(s, 0.1)
    p.terminate()
    ended(p, -signal.SIGTERM)'
    run -2 sockkit udp-serve --to-all --reply x
}

@test "the end of stdin is not the end" {
    talk
    start_partner 1
    say word
    wait_for_line "$PEER_OUT" word
    close_feed
    start sockkit udp-send "127.0.0.1:$PORT" more
    wait_for_line "$SERVER_OUT" more
}

@test "-c N ends it once stdin has said what it has" {
    seq 1000 >lines
    STDIN=lines start_server udp-serve -c 1
    peer '
s = datagram()
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4000000)
s.sendto(b"x", ("127.0.0.1", int(args[0])))
for i in range(1000): assert s.recv(100) == b"%d" % (i + 1)' "$PORT"
    wait_for_exit "$SERVER_PID"
    assert_equal "$status" 0
    talk -c 1 # and a pipe that is silent is not waited for
    start sockkit udp-send "127.0.0.1:$PORT" x
    wait_for_exit "$SERVER_PID"
    assert_equal "$status" 0
}

@test "-U: a partner that is slow gets every line; lines that do not arrive are counted, status 1" {
    seq 500 >lines
    STDIN=lines start_server udp-serve -U server -c 1
    peer '
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind("partner")
s.sendto(b"x", "server")
for i in range(500):
    if i % 100 == 0: time.sleep(0.02) # so that it is slow
    assert s.recv(100) == b"%d" % (i + 1)'
    wait_for_exit "$SERVER_PID"
    assert_equal "$status" 0
    STDIN=lines start_server udp-serve -q -U server2 -c 1
    peer '
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind("never")
s.sendto(b"x", "server2")
wait_until(lambda: not os.path.exists("server2"))'
    wait_for_exit "$SERVER_PID"
    assert_equal "$status" 1
    grep -qE '^sockkit udp-serve: [0-9]+ datagrams of stdin could not be sent$' "$SERVER_ERR"
}

@test "a stdin that cannot be read, and a line without end, are status 1 and a line" {
    local stdin
    for stdin in . /dev/zero; do
        STDIN=$stdin start_server udp-serve -q
        run -0 sockkit udp-send "127.0.0.1:$PORT" x
        wait_for_exit "$SERVER_PID"
        assert_equal "$status $(wc -l <"$SERVER_ERR")" '1 1'
    done
}

@test "at two terminals two people talk, udp-send and udp-serve" {
    peer '
import pty
def at_terminal(*words):
    pid, fd = pty.fork()
    if pid == 0: os.execv(os.environ["SOCKKIT"], ["sockkit", *map(str, words)])
    return pid, fd
def until(fd, text):
    seen = b""
    end = time.monotonic() + 10
    while text not in seen and time.monotonic() < end:
        if select.select([fd], [], [], 0.1)[0]: seen += os.read(fd, 1000)
    assert text in seen, seen
port = free_port()
server, there = at_terminal("udp-serve", "-p", port)
until(there, b"listening")
os.write(there, b"too early\r")
client, here = at_terminal("udp-send", "127.0.0.1:%d" % port)
os.write(here, b"hello\r")
until(there, b"hello")
until(here, b"too early")
os.write(there, b"half ")
os.write(here, b"again\r")
until(there, b"again")
os.write(there, b"a line\r")
until(here, b"half a line")
os.write(here, b"\x04")
assert os.waitpid(client, 0)[1] == 0
os.write(there, b"\x03")
assert os.waitpid(server, 0)[1] == signal.SIGINT'
}
