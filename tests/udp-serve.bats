# udp-serve: what is shown of datagrams, who is answered and from where, what is counted, and how it ends.
# shellcheck disable=SC2154,SC2153,SC2016 # what run, start_server and wait_for_exit set

load helper

udp_serve() { start_server udp-serve "$@"; }

# Sends each ARG, as Python has it (b'..'), from one socket to the server.
send() {
    peer 's = datagram()
for a in args[1:]: s.sendto(eval(a), ("127.0.0.1", int(args[0])))' "$PORT" "$@"
}

portable() { [[ $SOCKKIT == *portable* ]]; }

# --- what is shown ---

@test "each datagram is a line; a newline is added only where it is missing; an empty one is an empty line and counts" {
    udp_serve -c 5
    send 'b"one"' 'b"two\n"' 'b""' 'b"a\nb"' 'b"last\r"'
    wait_for_exit "$SERVER_PID"
    assert_equal "$status" 0
    printf 'one\ntwo\n\na\nb\nlast\r\n' | cmp - "$SERVER_OUT"
}

@test "--no-newline shows exactly the bytes" {
    udp_serve -c 4 --no-newline
    send 'b"one"' 'b""' 'b"two\n"' 'bytes(range(256))'
    wait_for_exit "$SERVER_PID"
    peer 'assert open(args[0], "rb").read() == b"onetwo\n" + bytes(range(256))' "$SERVER_OUT"
}

@test "the largest datagrams come whole, in both families" {
    udp_serve -c 2 --no-newline
    peer 'data = os.urandom(65527)
open("sent", "wb").write(data[:65507] + data)
datagram().sendto(data[:65507], ("127.0.0.1", int(args[0])))
if has_ipv6(): datagram("::1").sendto(data, ("::1", int(args[0])))
else: sockkit("udp-send", "--block", 65507, "127.0.0.1:" + args[0]).communicate(data)' "$PORT"
    wait_for_exit "$SERVER_PID"
    cmp sent "$SERVER_OUT"
}

@test "datagrams that the system hands over as one are shown one by one" {
    udp_serve -c 5
    peer '
s = datagram()
s.setsockopt(socket.IPPROTO_UDP, 103, 4) # UDP_SEGMENT
s.sendto(b"aaaabbbbccccd", ("127.0.0.1", int(args[0])))
s.sendto(b"eeee", ("127.0.0.1", int(args[0])))' "$PORT"
    wait_for_exit "$SERVER_PID"
    assert_equal "$(cat "$SERVER_OUT")" $'aaaa\nbbbb\ncccc\nd\neeee'
}

@test "--label puts each line behind its sender, those within a datagram and empty ones too" {
    udp_serve -c 3 --label
    peer '
s, t = datagram(), datagram()
for who, what in (s, b"a\nb"), (t, b""), (s, b"c\n"): who.sendto(what, ("127.0.0.1", int(args[0])))
a, b = ("[127.0.0.1:%d] " % x.getsockname()[1] for x in (s, t))
open("wanted", "w").write(a + "a\n" + a + "b\n" + b + "\n" + a + "c\n")' "$PORT"
    wait_for_exit "$SERVER_PID"
    diff wanted "$SERVER_OUT"
}

@test "-o appends the lines shown, unlabelled; -x dumps both directions, each datagram from its own beginning" {
    echo before >copy
    udp_serve -c 2 --label -o copy -x dump --reply '<%m>'
    peer '
s = datagram()
for what in b"one", b"two\n":
    s.sendto(what, ("127.0.0.1", int(args[0])))
    assert s.recv(100) == b"<" + what + b">"
print(s.getsockname()[1])' "$PORT" >port
    wait_for_exit "$SERVER_PID"
    assert_equal "$(cat copy)" $'before\none\ntwo'
    run -0 cat dump
    assert_line --index 0 "# 127.0.0.1:$(cat port)"
    assert_line --index 1 --regexp '^< 00000000  6f 6e 65 +one$'
    assert_line --index 2 --regexp '^> 00000000  3c 6f 6e 65 3e +<one>$'
    assert_line --index 3 --regexp '^< 00000000  74 77 6f 0a +two\.$'
    assert_line --index 4 --regexp '^> 00000000  3c 74 77 6f 0a 3e +<two\.>$'
}

@test "a file that cannot be opened ends it before it listens" {
    run -1 sockkit udp-serve -p 0 -o nowhere/file
    assert_output 'sockkit udp-serve: cannot open nowhere/file: No such file or directory'
}

# --- answers ---

@test "--reply answers each datagram; %m gives back the very bytes, %a and %p name the sender" {
    udp_serve --reply '%m|%a|%p|%%'
    peer '
s = datagram()
for what in bytes(range(256)), b"", b"line\n":
    s.sendto(what, ("127.0.0.1", int(args[0])))
    assert s.recv(1000) == what + b"|127.0.0.1|%d|%%" % s.getsockname()[1]' "$PORT"
}

@test "the last answer is sent before --count ends it" {
    udp_serve -c 3 --reply 'got %m'
    run -0 sockkit udp-send -r 3 ":$PORT" a b c
    assert_output $'got a\ngot b\ngot c'
    wait_for_exit "$SERVER_PID"
    assert_equal "$status" 0
}

@test "under -b '*' the answer leaves from the address that was asked" {
    udp_serve -b '*' --reply 'for %m'
    peer '
addresses = [("127.0.0.1", "127.0.0.1"), ("127.5.6.7", args[1])] + ([("::1", "::1")] if has_ipv6() else [])
for asked, answers in addresses:
    s = datagram("::1" if ":" in asked else "127.0.0.1")
    s.sendto(b"me", (asked, int(args[0])))
    data, by = s.recvfrom(100)
    assert data == b"for me" and by[:2] == (answers, int(args[0])), by
s = datagram()
os.kill(int(args[2]), signal.SIGSTOP) # so that they are answered at once
for asked, answers in addresses[:2]: s.sendto(asked[-1:].encode(), (asked, int(args[0])))
os.kill(int(args[2]), signal.SIGCONT)
for asked, answers in addresses[:2]:
    data, by = s.recvfrom(100)
    assert data == b"for " + asked[-1:].encode() and by == (answers, int(args[0])), (data, by)' \
        "$PORT" "$(portable && echo 127.0.0.1 || echo 127.5.6.7)" "$SERVER_PID"
}

@test "an answer that cannot go is told, and the next ones go" {
    udp_serve -U "$DIR/socket" --reply '%m'
    peer '
socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"no name", args[0])
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind("mine")
s.sendto(b"name", args[0])
assert s.recv(100) == b"name"' "$PORT"
    wait_for_line "$SERVER_ERR" '^unix.* cannot be answered: '
}

# --- who may ---

@test "datagrams that --deny forbids, or --allow does not name, are not shown, answered or counted; it is told once a row" {
    udp_serve -b 127.0.0.1 -c 2 --reply ok --allow 127.0.0.0/24 --deny 127.0.0.9,127.0.0.10
    peer '
to = ("127.0.0.1", int(args[0]))
for host in "127.0.0.9", "127.0.1.1":
    s = datagram(host)
    for _ in range(3): s.sendto(b"no", to)
s = datagram("127.0.0.2")
for _ in range(2):
    s.sendto(b"yes", to)
    assert s.recv(10) == b"ok"' "$PORT"
    wait_for_exit "$SERVER_PID"
    assert_equal "$(cat "$SERVER_OUT")" $'yes\nyes'
    assert_equal "$(grep -cE '^127\.0\.(0\.9|1\.1):[0-9]+ denied$' "$SERVER_ERR")" 2
}

# --- groups and broadcasts ---

# Unix sockets that are not connected: then unix(7) bounds what waits for each of them.
NAMED='
def named(path):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    s.bind(path)
    return s
queue = int(open("/proc/sys/net/unix/max_dgram_qlen").read())
'

@test "-U: who is slow to read gets all answers; who never reads is told of, counted, and delays nobody" {
    udp_serve -U server --reply 'for %m'
    peer "$NAMED"'
slow, never, next = map(named, ("slow", "never", "next"))
for i in range(3 * queue): slow.sendto(b"%d" % i, "server")
for i in range(queue + 3): never.sendto(b"x", "server")
begun = time.monotonic()
for i in range(20):
    next.sendto(b"me", "server")
    assert next.recv(100) == b"for me"
assert "does not take" not in open(args[1]).read(), "it was waited for"
for i in range(3 * queue): assert slow.recv(100) == b"for %d" % i
wait_until(lambda: "answers lost so far" in open(args[1]).read())
nameless = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
os.kill(int(args[0]), signal.SIGSTOP) # so that they are answered at once
nameless.sendto(b"x", "server")
next.sendto(b"me", "server")
os.kill(int(args[0]), signal.SIGCONT)
assert next.recv(100) == b"for me"' "$SERVER_PID" "$SERVER_ERR"
    stop "$SERVER_PID"
    assert_equal "$(grep -c '^unix.* does not take its answers$' "$SERVER_ERR")" 1
    grep -qx '2 answers lost so far' "$SERVER_ERR"
    grep -qx '3 answers lost so far' "$SERVER_ERR"
}

@test "-c N ends once the last answers have left, though they have to wait" {
    udp_serve -U server --reply 'for %m' -c 30
    peer "$NAMED"'
s = named("slow")
for i in range(30): s.sendto(b"%d" % i, "server")
assert quiet(datagram(), 0.1) # so that it has to wait
for i in range(30): assert s.recv(100) == b"for %d" % i'
    wait_for_exit "$SERVER_PID"
    assert_equal "$status $(wc -l <"$SERVER_OUT")" '0 30'
}

@test "-c N waits no longer than a second for who does not take the last answer" {
    udp_serve -U server --reply 'for %m' -c 20
    peer "$NAMED"'
s = named("never")
for i in range(20): s.sendto(b"%d" % i, "server")
wait_until(lambda: not os.path.exists("server"), 5)'
    wait_for_exit "$SERVER_PID"
    assert_equal "$status" 0
    grep -qE '^[0-9]+ answers lost so far$' "$SERVER_ERR"
}

@test "--group joins and listens there; several receivers on one machine hear it" {
    udp_serve --group 239.255.7.7 -O interface=lo -c 1
    local first=$SERVER_PID first_out=$SERVER_OUT
    wait_for_line "$SERVER_ERR" "^listening on 239\\.255\\.7\\.7:$PORT\$"
    udp_serve --group 239.255.7.7 -O interface=lo -c 1 -p "$PORT" --reply 'heard %m'
    run -0 sockkit udp-send -r 1 -O interface=lo "239.255.7.7:$PORT" all
    assert_output 'heard all'
    wait_for_exit "$first"
    wait_for_exit "$SERVER_PID"
    assert_equal "$(cat "$first_out" "$SERVER_OUT")" $'all\nall'
}

@test "--group with -b '*' hears the group, this machine's addresses and broadcasts" {
    udp_serve --group 239.255.7.8 -b '*' -O interface=lo -c 3 --reply 'heard %m'
    run -0 sockkit udp-send -r 1 -O interface=lo "239.255.7.8:$PORT" group
    assert_output 'heard group'
    run -0 sockkit udp-send -r 1 "127.0.0.1:$PORT" here
    assert_output 'heard here'
    run -0 sockkit udp-send -r 1 --broadcast "127.255.255.255:$PORT" broadcast
    assert_output 'heard broadcast'
    wait_for_exit "$SERVER_PID"
    assert_equal "$(cat "$SERVER_OUT")" $'group\nhere\nbroadcast'
}

@test "what is no multicast address, or cannot be joined, is an error" {
    run -2 sockkit udp-serve --group 127.0.0.1
    assert_output --partial '--group: "127.0.0.1": not a multicast address'
    run -6 sockkit udp-serve -p 0 -b 127.0.0.1 --group ff02::7
    assert_output --partial 'cannot join ff02::7: no socket of its address family'
    if peer 'sys.exit(not has_ipv6())'; then
        run -6 sockkit udp-serve -p 0 --group ff02::7
        assert_output 'sockkit udp-serve: cannot listen on [ff02::7]:0: Invalid argument (a link-local address needs its interface behind it: %eth0)'
    fi
}

# --- what is lost ---

@test "received and drops reported are what was sent, when each datagram is received by itself" {
    seq -f '%063.0f' 100000 >lines
    local out=$DIR/received
    start sh -c 'exec "$0" udp-serve -T -b 127.0.0.1 -p 0 --port-file port -O rcvbuf=4M >"$1"' "$SOCKKIT" "$out"
    wait_for_file port
    run -0 sockkit udp-send -v "127.0.0.1:$(cat port)" <lines
    assert_line 'sent 100000 datagrams (6.0 MiB)'
    stop "$PID"
    local dropped
    dropped=$(sed -nE 's/.*: ([0-9]+) datagrams? dropped so far.*/\1/p' "$ERR" | tail -n 1)
    portable || assert_equal $(($(wc -l <"$out") + ${dropped:-0})) 100000
    sort -u "$out" | comm -23 - lines >wrong
    run cat wrong
    assert_output ''
}

@test "drops are counted exactly where each datagram came by itself" {
    portable && return # which is not told
    udp_serve -b 127.0.0.1 -O rcvbuf=8K
    kill -STOP "$SERVER_PID"
    peer 's = datagram()
for i in range(5000): s.sendto(b"%d" % i, ("127.0.0.1", int(args[0])))' "$PORT"
    kill -CONT "$SERVER_PID"
    wait_for_line "$SERVER_ERR" 'dropped so far'
    stop "$SERVER_PID"
    run grep 'dropped so far' "$SERVER_ERR"
    assert_output --regexp "^127\.0\.0\.1:$PORT: [0-9]+ datagrams dropped so far: the receive buffer was full \(-O rcvbuf=SIZE enlarges it\)\$"
    assert_equal $(($(wc -l <"$SERVER_OUT") + $(grep -oE ' [0-9]+ datagrams' <<<"$output" | tr -dc 0-9))) 5000
}

@test "where several came as one, drops are told as at least so many, and about how many they were" {
    portable && return
    udp_serve -b 127.0.0.1 -O rcvbuf=32K
    kill -STOP "$SERVER_PID"
    seq -f '%063.0f' 6400 >lines
    run -0 sockkit udp-send "127.0.0.1:$PORT" <lines
    kill -CONT "$SERVER_PID"
    wait_for_line "$SERVER_ERR" 'dropped so far'
    stop "$SERVER_PID"
    run grep 'dropped so far' "$SERVER_ERR"
    assert_output --regexp '^127.*: at least [0-9]+ datagrams dropped so far: .*; several came as one: about [0-9]+$'
    local lost=$((6400 - $(wc -l <"$SERVER_OUT"))) least about
    least=$(sed -E 's/.*at least ([0-9]+) .*/\1/' <<<"$output")
    about=$(sed -E 's/.* about ([0-9]+)$/\1/' <<<"$output")
    assert [ "$least" -lt "$lost" ]
    assert [ "$about" -gt $((lost * 8 / 10)) ]
    assert [ "$about" -lt $((lost * 12 / 10)) ]
}

# True when the process sleeps although something waits in its socket at the port.
rests() {
    grep -q '^State:.S' "/proc/$1/status" &&
        awk -v port="$(printf ':%04X' "$2")" '$2 ~ port "$" { sub(".*:", "", $5); n += $5 !~ /^0*$/ } END { exit !n }' /proc/net/udp
}

@test "while stdout takes nothing nothing is received, and what was dropped meanwhile is told" {
    mkfifo pipe
    start sh -c 'exec "$0" udp-serve -p 0 --port-file port -O rcvbuf=8K >pipe' "$SOCKKIT"
    exec 8<pipe
    wait_for_file port
    seq -f '%0999.0f' 30000 >lines # of which a pipe takes few, however many are dropped
    run -0 sockkit udp-send "127.0.0.1:$(cat port)" <lines
    wait_until rests "$PID" "$(cat port)"
    portable || wait_for_line "$ERR" '^127\.0\.0\.1:[0-9]+: (at least )?[0-9]+ datagrams dropped so far: the receive buffer was full'
    stop "$PID"
    assert_equal "$status" 143
    exec 8<&-
}

# --- the end ---

@test "what had come before SIGTERM is shown" {
    udp_serve
    kill -STOP "$SERVER_PID"
    peer 's = datagram()
for i in range(200): s.sendto(b"%d" % i, ("127.0.0.1", int(args[0])))' "$PORT" # more than one call brings
    kill -TERM "$SERVER_PID"
    kill -CONT "$SERVER_PID"
    wait_for_exit "$SERVER_PID"
    assert_equal "$status" 143
    seq 0 199 | cmp - "$SERVER_OUT"
}

@test "-c N ends it after N datagrams although more have come; they are neither shown nor answered" {
    udp_serve -c 3 --reply 'got %m'
    kill -STOP "$SERVER_PID"
    peer '
s = datagram()
for i in range(6): s.sendto(b"%d" % i, ("127.0.0.1", int(args[0])))
os.kill(int(args[1]), signal.SIGCONT)
assert [s.recv(10) for _ in range(3)] == [b"got 0", b"got 1", b"got 2"]
s.settimeout(0.1)
try: assert not s.recv(10)
except TimeoutError: pass' "$PORT" "$SERVER_PID"
    wait_for_exit "$SERVER_PID"
    assert_equal "$status $(cat "$SERVER_OUT")" $'0 0\n1\n2'
}

@test "what -c N has counted is shown to a slow reader too" {
    peer '
p, port = serve("-c", 20, "--no-newline", applet="udp-serve", stdin=subprocess.DEVNULL)
s = datagram()
os.kill(p.pid, signal.SIGSTOP) # so that all come at once
for i in range(20): s.sendto(b"%c" % (97 + i) * 8000, ("127.0.0.1", int(port)))
os.kill(p.pid, signal.SIGCONT)
time.sleep(0.05) # so that it meets a full stdout, or else the test is easy
assert ended(p)[0] == b"".join(b"%c" % (97 + i) * 8000 for i in range(20))'
}

@test "-w gives up when no datagram comes, not after one; -i when none comes any more" {
    run -5 sockkit udp-serve -q -p 0 -w 50ms
    assert_output 'sockkit udp-serve: no datagram came in time'
    udp_serve -w 1 --deny 127.0.0.1 # nor after one that is denied
    send 'b"x"'
    wait_for_line "$SERVER_ERR" 'denied$'
    wait_for_exit "$SERVER_PID"
    assert_equal "$status" 5
    udp_serve -w 1 -i 100ms
    send 'b"x"'
    wait_for_exit "$SERVER_PID"
    assert_equal "$status $(cat "$SERVER_OUT")" '5 x'
    assert_equal "$(tail -n 1 "$SERVER_ERR")" 'sockkit udp-serve: no datagram for 100 ms (--idle)'
}

@test "a stdout whose reader is gone ends it by SIGPIPE while nothing comes, one that is full with status 1" {
    peer '
for words in [], ["--label"], ["--reply", "%m"], ["-o", "copy"]:
    p, port = serve("-q", *words, applet="udp-serve")
    p.stdout.close()
    assert ended(p, -signal.SIGPIPE)[1] == ""
p = sockkit("udp-serve", "-q", "-p", 0, "--port-file", "full", stdout=open("/dev/full", "wb"))
while not os.path.exists("full"): select.select([], [], [], 0.01)
datagram().sendto(b"x", ("127.0.0.1", int(open("full").read())))
assert ended(p, 1)[1] == "sockkit udp-serve: cannot write to stdout: No space left on device\n"'
}

# --- sockets ---

@test "-U: a path to send to, removed at the end; a peer is named with its pid" {
    udp_serve -U "$DIR/socket" --label
    assert_equal "$PORT" "$DIR/socket"
    peer '
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1000000)
s.sendto(b"hello", args[0])
s.sendto(b"x" * 300000, args[0])
print(os.getpid())' "$PORT" >pid
    wait_for_line "$SERVER_OUT" 'xxxx$'
    stop "$SERVER_PID"
    assert [ ! -e "$DIR/socket" ]
    if portable; then echo '[unix] hello'; else echo "[unix (pid $(cat pid))] hello"; fi >wanted
    head -n 1 "$SERVER_OUT" | diff wanted -
    assert_equal "$(tail -n 1 "$SERVER_OUT" | tr -cd x | wc -c)" $((300000 + $(head -n 1 wanted | cut -d']' -f1 | tr -cd x | wc -c)))
}

@test "an inherited socket is used in place of -p" {
    peer '
s = datagram()
os.dup2(s.fileno(), 3)
p = subprocess.Popen(["sh", "-c", "LISTEN_PID=$$ LISTEN_FDS=1 exec \"$SOCKKIT\" udp-serve -c 1 --reply %m"], pass_fds=[3],
                     stdout=subprocess.PIPE, stderr=subprocess.PIPE)
c = datagram()
c.sendto(b"in", s.getsockname())
assert c.recvfrom(10) == (b"in", s.getsockname())
assert p.communicate(timeout=10)[0] == b"in\n" and p.returncode == 0'
}

@test "--trace shows one call a datagram, with its peer" {
    udp_serve -T -b 127.0.0.1 -c 1 --reply 'you'
    peer 's = datagram()
s.sendto(b"me", ("127.0.0.1", int(args[0])))
assert s.recv(10) == b"you"
print(s.getsockname()[1])' "$PORT" >port
    wait_for_exit "$SERVER_PID"
    local peer
    peer=$(cat port)
    assert_equal "$(grep -cE "^recvfrom\\([0-9]+, 65536, 127\\.0\\.0\\.1:$peer\\) += 2      \"me\"$" "$SERVER_ERR")" 1
    assert_equal "$(grep -cE "^sendto\\([0-9]+, 3, 127\\.0\\.0\\.1:$peer\\) += 3      \"you\"$" "$SERVER_ERR")" 1
}

@test "a port that is taken: status 6, and by whom" {
    udp_serve -b 127.0.0.1
    run -6 sockkit udp-serve -b 127.0.0.1 -p "$PORT"
    assert_output --partial "cannot listen on 127.0.0.1:$PORT: Address already in use"
}

@test "usage errors" {
    local words
    for words in 'operand' '-c 0' '-c x' '--reply %q' '--group 10.0.0.1' '--label --no-newline' '-U s --group 224.0.0.1' '-m 1'; do
        # shellcheck disable=SC2086 # words
        run -2 sockkit udp-serve $words
        assert_equal "${#lines[@]}" 1
    done
}
