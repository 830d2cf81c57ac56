# udp-send: what becomes a datagram, where it goes, what is waited for, and what is told.
# shellcheck disable=SC2154,SC2153,SC2016 # what run, start_server and wait_for_exit set

load helper

# A receiver that prints each datagram as Python has it, N of them, with answers when asked to.
start_receiver() {
    start_peer '
s = datagram(args[2] if len(args) > 2 else "127.0.0.1")
announce(s)
for _ in range(int(args[0])):
    data, by = s.recvfrom(70000)
    print(data if len(data) < 100 else len(data), flush=True)
    if args[1]: s.sendto(args[1].encode() + data, by)' "$1" "${2:-}" "${3:-127.0.0.1}"
}

portable() { [[ $SOCKKIT == *portable* ]]; }

received() {
    wait_for_exit "$PEER_PID"
    assert_equal "$status" 0
    assert_equal "$(cat "$PEER_OUT")" "$1"
}

# --- what is sent ---

@test "each MESSAGE is one datagram, an empty one and lines within it too" {
    start_receiver 3
    run -0 sockkit udp-send "127.0.0.1:$PEER_PORT" one '' $'two\nlines\n'
    assert_output ''
    received $'b\'one\'\nb\'\'\nb\'two\\nlines\\n\''
}

@test "each line of stdin is one datagram without its newline; an empty one too, and the last without newline" {
    start_receiver 4
    printf 'a\n\n\0b\r\nlast' >lines
    run -0 sockkit udp-send 127.0.0.1 "$PEER_PORT" <lines
    received $'b\'a\'\nb\'\'\nb\'\\x00b\\r\'\nb\'last\''
}

@test "--block cuts stdin into blocks of the very bytes, whatever pieces it comes in" {
    start_receiver 3
    open_feed
    STDIN=$FEED start sockkit udp-send --block 4 "127.0.0.1:$PEER_PORT"
    printf 'ab' >&"$FEED_FD"
    printf 'c\n\0e' >&"$FEED_FD"
    wait_for_line "$PEER_OUT" 'abc'
    printf 'fg\ni' >&"$FEED_FD"
    close_feed
    received $'b\'abc\\n\'\nb\'\\x00efg\'\nb\'\\ni\''
    wait_for_exit "$PID"
    assert_equal "$status" 0
}

@test "a line is sent as soon as it is there, and stdin is left blocking" {
    start_receiver 2
    peer '
p = sockkit("udp-send", "127.0.0.1:" + args[0])
p.stdin.write(b"first\nsec")
while "first" not in open(args[1]).read(): select.select([], [], [], 0.01)
import fcntl
assert not fcntl.fcntl(p.stdin, fcntl.F_GETFL) & os.O_NONBLOCK
assert not int(next(l for l in open("/proc/%d/fdinfo/0" % p.pid) if l.startswith("flags")).split()[1], 8) & os.O_NONBLOCK
p.stdin.write(b"ond\n")
p.stdin.close()
ended(p)' "$PEER_PORT" "$PEER_OUT"
    received $'b\'first\'\nb\'second\''
}

@test "--repeat sends the whole list again, MESSAGEs or stdin" {
    start_receiver 10
    run -0 sockkit udp-send --repeat 3 "127.0.0.1:$PEER_PORT" a b
    printf 'c\nd' | run -0 sockkit udp-send --repeat 2 "127.0.0.1:$PEER_PORT"
    received $'b\'a\'\nb\'b\'\nb\'a\'\nb\'b\'\nb\'a\'\nb\'b\'\nb\'c\'\nb\'d\'\nb\'c\'\nb\'d\''
}

@test "-I waits between two datagrams, and not after the last" {
    peer '
s = datagram()
begun = time.monotonic()
p = sockkit("udp-send", "-I", "100ms", "127.0.0.1:%d" % s.getsockname()[1], "a", "b", "c")
times = [(s.recv(10), time.monotonic())[1] for _ in range(3)]
ended(p)
assert times[1] - times[0] > 0.09 and times[2] - times[1] > 0.09
assert time.monotonic() - times[2] < 0.09 or times[2] - begun > 1'
}

@test "the end of an empty stdin is the end: nothing is sent" {
    run -0 sockkit udp-send -v "127.0.0.1:$(free_port)" </dev/null
    assert_line 'sent 0 datagrams (0 B)'
}

# --- sizes ---

@test "65507 bytes go as one; one more is an error that names the size, and what stood before it is sent" {
    start_receiver 2
    peer 'open("largest", "wb").write(b"x" * 65507)
open("larger", "wb").write(b"before\n" + b"y" * 65508 + b"\nbehind\n")'
    run -0 sockkit udp-send "127.0.0.1:$PEER_PORT" <largest
    run -1 sockkit udp-send "127.0.0.1:$PEER_PORT" <larger
    assert_output 'sockkit udp-send: cannot send a line of 65508 bytes: too large for a datagram'
    received $'65507\nb\'before\''
    run -1 sockkit udp-send --block 65508 127.0.0.1:9 <larger
    assert_output --partial 'a block of 65508 bytes'
}

@test "a line without end is not waited for" {
    run -1 sockkit udp-send 127.0.0.1:9 </dev/zero
    assert_output 'sockkit udp-send: cannot send a line of more than 1048576 bytes: too large for a datagram'
}

@test "thousands of datagrams of all sizes arrive as they were, none merged or cut" {
    peer '
import random
random.seed(7)
sizes = [random.choice([0, 1, 64, 64, 64, 64, 1000, 1472, 9000, 60000]) for _ in range(3000)]
with open("lines", "wb") as f:
    for i, size in enumerate(sizes): f.write((b"%07d" % i + b"x" * size)[:max(size, 7)] + b"\n")'
    start sh -c 'exec "$0" udp-serve -b 127.0.0.1 -p 0 --port-file port -c 3000 -O rcvbuf=4M >out' "$SOCKKIT"
    wait_for_file port
    # As fast as the receiver takes them: 50 at a time, each lot when the last one is there.
    peer '
lines = open("lines", "rb").readlines()
port = open("port").read().strip()
for i in range(0, len(lines), 50):
    p = sockkit("udp-send", "127.0.0.1:" + port)
    p.stdin.write(b"".join(lines[i:i + 50]))
    ended(p)
    due = sum(map(len, lines[:i + 50]))
    end = time.monotonic() + 10
    while os.path.getsize("out") < due and time.monotonic() < end: select.select([], [], [], 0.001)' 
    wait_for_exit "$PID"
    cmp lines out
}

# --- replies ---

@test "-r waits for as many replies and shows each as a line" {
    start_receiver 3 'to '
    run -0 sockkit udp-send -r 3 "127.0.0.1:$PEER_PORT" a $'b\n' ''
    assert_output $'to a\nto b\nto '
}

@test "-r with --no-newline, -o and --label" {
    start_receiver 4 '+'
    run -0 sockkit udp-send -r 2 --no-newline -o copy "127.0.0.1:$PEER_PORT" a b
    assert_output '+a+b'
    assert_equal "$(cat copy)" '+a+b'
    run -0 sockkit udp-send -r 2 --label "127.0.0.1:$PEER_PORT" a b
    assert_output "[127.0.0.1:$PEER_PORT] +a
[127.0.0.1:$PEER_PORT] +b"
}

@test "replies that do not come within -w of the last send: status 5, those that came are shown" {
    start_receiver 2 're '
    run -5 --separate-stderr sockkit udp-send -r 3 -w 200ms "127.0.0.1:$PEER_PORT" a b
    assert_output $'re a\nre b'
    assert_equal "$stderr" 'sockkit udp-send: 2 of 3 replies came within 200 ms'
    peer '
s = datagram()
begun = time.monotonic()
p = sockkit("udp-send", "-r", 1, "-w", "300ms", "-I", "400ms", "127.0.0.1:%d" % s.getsockname()[1], "a", "b")
ended(p, 5)
assert 0.7 < time.monotonic() - begun' # 400 ms until the last send, then -w
}

@test "-w counts from the last send, not from an end of stdin that comes later" {
    peer '
s = datagram()
p = sockkit("udp-send", "-r", 1, "-w", "1s", "127.0.0.1:%d" % s.getsockname()[1])
p.stdin.write(b"asked\n")
p.stdin.flush()
assert s.recv(9) == b"asked" and quiet(s, 1.5)
begun = time.monotonic()
p.stdin.close()
assert p.wait(10) == 5 and time.monotonic() - begun < 0.9'
}

@test "-r all shows every reply that comes within -w of the last send: status 0 if one came, else 5" {
    start_receiver 2 're '
    run -0 --separate-stderr sockkit udp-send -r all -w 200ms "127.0.0.1:$PEER_PORT" a b
    assert_output $'re a\nre b'
    assert_equal "$stderr" ''
    received $'b\'a\'\nb\'b\''
    start_receiver 1
    run -5 sockkit udp-send -r all -w 50ms "127.0.0.1:$PEER_PORT" a
    assert_output 'sockkit udp-send: no reply came within 50 ms'
    run -2 sockkit udp-send -r some h m
    assert_output 'sockkit udp-send: --replies: "some": not a number of replies (1 or more), nor all'
}

@test "replies to piped lines are shown as long as stdin lasts" {
    start_receiver 2 're '
    open_feed
    STDIN=$FEED start sockkit udp-send "127.0.0.1:$PEER_PORT"
    echo a >&"$FEED_FD"
    wait_for_line "$OUT" '^re a$'
    echo b >&"$FEED_FD"
    wait_for_line "$OUT" '^re b$'
    close_feed
    wait_for_exit "$PID"
    assert_equal "$status $(cat "$OUT")" $'0 re a\nre b'
}

@test "--quit-word is sent as the last line, and ends it" {
    start_receiver 2
    open_feed
    STDIN=$FEED start sockkit udp-send --quit-word bye "127.0.0.1:$PEER_PORT"
    printf 'a\nbye\nlost\n' >&"$FEED_FD"
    wait_for_exit "$PID"
    assert_equal "$status" 0
    received $'b\'a\'\nb\'bye\''
    start_receiver 1 're '
    printf 'bye\nlost\n' >lines
    run -0 sockkit udp-send --repeat 2 -r 1 --quit-word bye "127.0.0.1:$PEER_PORT" <lines
    assert_output 're bye'
    start_receiver 2
    run -0 sockkit udp-send --quit-word bye "127.0.0.1:$PEER_PORT" bye 'then' # of stdin alone
    received $'b\'bye\'\nb\'then\''
    run -2 sockkit udp-send --quit-word bye --block 4 h
}

@test "without -r nothing is waited for, and a reply to a MESSAGE is not shown" {
    start_receiver 1 'late '
    run -0 sockkit udp-send "127.0.0.1:$PEER_PORT" a
    assert_output ''
}

@test "at a terminal lines are sent as they are typed, and replies shown as they come" {
    start_receiver 2 'echo '
    peer '
import pty
pid, fd = pty.fork()
if pid == 0: os.execv(os.environ["SOCKKIT"], ["sockkit", "udp-send", "127.0.0.1:" + args[0]])
seen = b""
def until(text):
    global seen
    end = time.monotonic() + 10
    while text not in seen and time.monotonic() < end:
        if select.select([fd], [], [], 0.1)[0]: seen += os.read(fd, 1000)
    assert text in seen, seen
os.write(fd, b"hi\r")
until(b"echo hi")
os.write(fd, b"you\r")
until(b"echo you")
os.write(fd, b"\x04")
assert os.waitpid(pid, 0)[1] == 0' "$PEER_PORT"
}

# --- refusals ---

@test "a refusal is an error, status 4, with and without -r" {
    local port
    port=$(free_port)
    run -4 sockkit udp-send "127.0.0.1:$port" a
    assert_output "sockkit udp-send: cannot send to 127.0.0.1:$port: Connection refused (an ICMP port-unreachable came back: is a receiver there?)"
    run -4 sockkit udp-send -r 1 "127.0.0.1:$port" a
    seq 1000 | run -4 sockkit udp-send "127.0.0.1:$port"
    run -4 sockkit udp-send -4 ":$port" a
}

@test "an address that cannot be reached is status 4, one without its interface as well" {
    run -4 sockkit udp-send -b 127.0.0.1 198.51.100.1 9 x # from loopback, whatever routes there are
    if peer 'sys.exit(not has_ipv6())'; then
        run -4 sockkit udp-send fe80::2 9 x
        assert_output 'sockkit udp-send: cannot send to [fe80::2]:9: Invalid argument (a link-local address needs its interface behind it: %eth0)'
    fi
}

@test "a refusal ends it although stdin is open and silent" {
    open_feed
    STDIN=$FEED start sockkit udp-send "127.0.0.1:$(free_port)"
    echo one >&"$FEED_FD"
    wait_for_exit "$PID"
    assert_equal "$status" 4
}

@test "a refusal at the first address moves on to the next, from the first datagram on" {
    start_receiver 3 'got '
    run -0 --separate-stderr sockkit udp-send -v -r 3 ":$PEER_PORT" a b c
    assert_output $'got a\ngot b\ngot c'
    if peer 'sys.exit(not has_ipv6())'; then
        assert_regex "$stderr" "\[::1\]:$PEER_PORT: Connection refused"
    fi
    received $'b\'a\'\nb\'b\'\nb\'c\''
}

@test "lines of stdin that come later move on to the next address as well" {
    start_receiver 3
    open_feed
    STDIN=$FEED start sockkit udp-send ":$PEER_PORT"
    printf '1\n2\n3\n' >&"$FEED_FD"
    close_feed
    received $'b\'1\'\nb\'2\'\nb\'3\''
    wait_for_exit "$PID"
    assert_equal "$status" 0
}

@test "where both are there the first address gets all of it" {
    start_server udp-serve -c 3 --label
    printf '1\n2\n3' | run -0 sockkit udp-send ":$PORT"
    wait_for_exit "$SERVER_PID"
    local first='\[::1\]'
    peer 'sys.exit(not has_ipv6())' || first=127.0.0.1
    assert_equal "$(grep -cE "^\[$first:[0-9]+\] [123]$" "$SERVER_OUT")" 3
}

@test "what a socket sent to itself counts as a refusal" {
    local port host
    port=$(free_port)
    for host in 127.0.0.1 "$(peer 'print("[::1]" if has_ipv6() else "127.0.0.1")')"; do
        run -4 sockkit udp-send -r 1 -b "$host:$port" "$host:$port" me
        assert_output "sockkit udp-send: cannot send to $host:$port: Connection refused (is a receiver there?)"
    done
    # where no refusal is told it is no reply
    run -5 sockkit udp-send -r all -w 100ms --no-connect -b "127.0.0.1:$port" "127.0.0.1:$port" me
    assert_output 'sockkit udp-send: no reply came within 100 ms'
    portable && return # which does not know where a datagram was sent to
    run -5 sockkit udp-send -r all -w 100ms --no-connect -b ":$port" "127.0.0.2:$port" me
    run -5 sockkit udp-send -r all -w 100ms --broadcast -b ":$port" "127.255.255.255:$port" me
}

# --- without a connected socket ---

@test "--no-connect: a stream of lines goes on while nobody is there, and is heard by who comes back" {
    open_feed
    local port
    port=$(free_port)
    STDIN=$FEED start sockkit udp-send --no-connect "127.0.0.1:$port"
    local sender=$PID said=$ERR
    for word in lost lost2 lost3; do
        echo "$word" >&"$FEED_FD"
        peer 'wait_until(lambda: not select.select([5], [], [], 0)[0])' 5<"$FEED"
    done
    for word in first second; do
        start_server udp-serve -b 127.0.0.1 -p "$port" -c 1
        echo "$word" >&"$FEED_FD"
        wait_for_exit "$SERVER_PID"
        assert_equal "$status $(cat "$SERVER_OUT")" "0 $word"
    done
    close_feed
    wait_for_exit "$sender"
    assert_equal "$status $(cat "$said")" '0 '
}

@test "--no-connect: sendto(2) alone, and replies from whoever sends them" {
    peer '
s, t = datagram(), datagram()
p = sockkit("udp-send", "-T", "--no-connect", "-r", 2, "--label", "127.0.0.1:%d" % s.getsockname()[1], "a")
data, by = s.recvfrom(9)
s.sendto(b"me", by)
t.sendto(b"you", by)
out, err = ended(p)
assert out == b"[127.0.0.1:%d] me\n[127.0.0.1:%d] you\n" % (s.getsockname()[1], t.getsockname()[1]), out
assert "connect(" not in err and err.count("\nsendto(") == 1, err'
}

@test "--no-connect: where a name has several addresses, a refusal of the first datagram still moves on" {
    start_receiver 3 'got '
    if portable && peer 'sys.exit(not has_ipv6())'; then return; fi # which is told of none
    run -0 sockkit udp-send --no-connect -r 3 ":$PEER_PORT" a b c
    assert_output $'got a\ngot b\ngot c'
    received $'b\'a\'\nb\'b\'\nb\'c\''
    run -0 sockkit udp-send --no-connect ":$(free_port)" a b c
    assert_output ''
}

@test "--no-connect -U: a receiver that is slow sets the pace, one that has gone is not told, one that comes is heard" {
    seq 1000 >lines
    peer '
import fcntl, termios
def receiver():
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    s.bind("slow")
    return s
s = receiver()
p = sockkit("udp-send", "--no-connect", "-U", "slow")
p.stdin.write(open("lines", "rb").read())
assert [s.recv(100) for _ in range(1000)] == open("lines", "rb").read().split()
s.close()
p.stdin.write(b"lost\n")
os.unlink("slow")
p.stdin.write(b"lost\n")
wait_until(lambda: struct.unpack("i", fcntl.ioctl(p.stdin, termios.FIONREAD, b"1234"))[0] == 0)
time.sleep(0.05)
s = receiver()
p.stdin.write(b"heard\n")
assert s.recv(100) == b"heard"
p.stdin.close()
assert ended(p) == (b"", "")'
}

@test "a broadcast address needs --broadcast" {
    start_server udp-serve -b '*' -c 1
    run -1 sockkit udp-send "127.255.255.255:$PORT" no
    assert_output --partial 'Permission denied (a broadcast address needs --broadcast)'
    run -0 sockkit udp-send --broadcast "127.255.255.255:$PORT" yes
    wait_for_exit "$SERVER_PID"
    assert_equal "$(cat "$SERVER_OUT")" yes
}

# --- sockets ---

@test "-b fixes the source; one of no use is told: status 6" {
    start_server udp-serve -b 127.0.0.1 -c 1 --label
    local port
    port=$(free_port)
    run -0 sockkit udp-send -b "127.0.0.3:$port" "127.0.0.1:$PORT" hi
    wait_for_exit "$SERVER_PID"
    assert_equal "$(cat "$SERVER_OUT")" "[127.0.0.3:$port] hi"
    run -6 sockkit udp-send -b "192.0.2.1" "127.0.0.1:$PORT" hi
    assert_output --partial 'cannot bind to 192.0.2.1:0: Cannot assign requested address'
}

@test "-U: it can be answered, and leaves no path behind, when it is interrupted neither" {
    mkdir tmp
    export TMPDIR=$DIR/tmp
    start_server udp-serve -U "$DIR/socket" --reply 'to %m'
    run -0 sockkit udp-send -U "$PORT" -r 2 a b
    assert_output $'to a\nto b'
    peer 's = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind("silent")
p = sockkit("udp-send", "-U", "silent", "-r", 1, "-w", "1m", "x")
s.recv(10)
assert len(os.listdir("tmp")) == 1
p.terminate()
ended(p, -signal.SIGTERM)'
    run ls -A tmp
    assert_output ''
}

@test "-U: nobody there is a refusal; a stream socket is told from it" {
    run -4 sockkit udp-send -U nowhere x
    assert_output 'sockkit udp-send: cannot send to unix:nowhere: No such file or directory (is a receiver there?)'
    start_server serve -U "$DIR/stream"
    run -4 sockkit udp-send -U "$DIR/stream" x
    assert_output --partial '(a socket for connections, not for datagrams)'
}

@test "-U: a receiver that is slow to read sets the pace, nothing is dropped" {
    seq 5000 >lines
    peer '
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind("slow")
p = sockkit("udp-send", "-U", "slow", stdin=open("lines", "rb"))
got = b""
for _ in range(5000): got += s.recv(100) + b"\n"
ended(p)
assert got == open("lines", "rb").read()'
}

# --- the rest ---

@test "-x dumps both directions" {
    start_receiver 1 'r'
    run -0 sockkit udp-send -r 1 -x dump "127.0.0.1:$PEER_PORT" s
    run -0 cat dump
    assert_line --index 0 "# 127.0.0.1:$PEER_PORT"
    assert_line --index 1 --regexp '^> 00000000  73 +s$'
    assert_line --index 2 --regexp '^< 00000000  72 73 +rs$'
}

@test "--trace shows one plain call a datagram" {
    start_receiver 3 'r'
    run -0 --separate-stderr sockkit udp-send -T -r 3 "127.0.0.1:$PEER_PORT" a b c
    assert_equal "$(grep -cE '^send\([0-9]+, 1\) += 1      "[abc]"$' <<<"$stderr")" 3
    assert_equal "$(grep -cE "^recvfrom\([0-9]+, 65536, 127\.0\.0\.1:$PEER_PORT\) += 2      \"r[abc]\"$" <<<"$stderr")" 3
}

@test "a stdout whose reader is gone ends it by SIGPIPE while no reply comes; without -r and with MESSAGEs nobody reads it" {
    peer '
s = datagram()
to = "127.0.0.1:%d" % s.getsockname()[1]
p = sockkit("udp-send", "-r", 1, "-w", 100, to, "a")
assert s.recv(100) == b"a"
p.stdout.close()
assert ended(p, -signal.SIGPIPE)[1] == ""
p = sockkit("udp-send", to)
p.stdin.write(b"b\n")
assert s.recv(100) == b"b"
p.stdout.close()
assert ended(p, -signal.SIGPIPE)[1] == ""
p = sockkit("udp-send", "-I", "50ms", to, "c", "d")
p.stdout.close()
assert s.recv(100) == b"c" and s.recv(100) == b"d"
ended(p, 0)'
}

@test "-i ends it when nothing goes either way; --max-time the whole run" {
    open_feed
    STDIN=$FEED start sockkit udp-send -i 100ms "127.0.0.1:$(free_port)"
    wait_for_exit "$PID"
    assert_equal "$status $(cat "$ERR")" '5 sockkit udp-send: nothing sent or received for 100 ms (--idle)'
    run -5 sockkit udp-send --max-time 100ms -I 10ms --repeat 1000000 --broadcast 127.0.0.1:9 x
}

@test "a stdin that cannot be read is status 1 and a line" {
    run -1 sockkit udp-send 127.0.0.1:1 <.
    assert_output 'sockkit udp-send: cannot read stdin: Is a directory'
}

@test "usage errors" {
    local words
    for words in '-r 0 h m' '--block 0 h' '--block 4 h m' '-I 0 h m' '--repeat 0 h m' '-4 -6 h m' '9 m' '-U s --broadcast m' 'h:0 m' '-r'; do
        # shellcheck disable=SC2086 # words
        run -2 sockkit udp-send $words
        assert_equal "${#lines[@]}" 1
    done
}
