# cmd: a line in answer to each line, over TCP and UDP. The language itself is tested in unit/test_cmdlang.c.
# shellcheck disable=SC2016,SC2153,SC2154

load helper

start_cmd() { start_server cmd "$@"; }

# What the server answers to these lines, as printf(1) writes them.
ask() {
    # shellcheck disable=SC2059
    printf "$1" | nc.openbsd -N 127.0.0.1 "$PORT"
}

# --- the commands ---

@test "each command has its answer, in a locale that knows no UTF-8 too" {
    LC_ALL=C start_cmd
    run ask 'UPPER bonjour é\nLOWER BONJOUR É\nREVERSE abc é\nLEN été\nECHO  as it is \n'
    assert_output $'BONJOUR É\nbonjour é\né cba\n3\n as it is '
}

@test "DATENOW is the Unix time, DATE the same with the offset of the time zone" {
    TZ=XXX-05:30 start_cmd
    before=$(date +%s)
    run ask 'DATENOW\nDATE\n'
    after=$(date +%s)
    assert [ "${lines[0]}" -ge "$before" ]
    assert [ "${lines[0]}" -le "$after" ]
    assert_regex "${lines[1]}" '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\+05:30$'
    seconds=$(date -d "${lines[1]}" +%s)
    assert [ "$seconds" -ge "$before" ]
    assert [ "$seconds" -le "$((after + 1))" ]
}

@test "WHOAMI names the client as the server's narration does" {
    start_cmd -U "$DIR/socket"
    run peer 's = connect(args[0])
s.sendall(b"WHOAMI\n")
me = "unix" if variant("portable") else f"unix (pid {os.getpid()})"
assert read_line(s).decode() == me + "\n"' "$PORT"
    assert_success
    start_cmd
    run peer 'for host, form in [("127.0.0.1", "127.0.0.1:%d\n")] + [("::1", "[::1]:%d\n")] * has_ipv6():
    s = connect(args[0], host)
    s.sendall(b"whoami\n")
    assert read_line(s).decode() == form % s.getsockname()[1]' "$PORT"
    assert_success
}

@test "words are known in either case; anything else is an ERR, and every line has exactly one answer" {
    start_cmd
    run --keep-empty-lines ask 'upper a\nUpPeR b\nFOO\n\nUPPER\r\nECHO x\r\nECHO\n'
    assert_output $'A\nB\nERR unknown command \'FOO\' (HELP lists them)\nERR empty line (HELP lists the commands)\n\nx\n\n'
}

@test "HELP is one line that names every command" {
    start_cmd
    run ask 'HELP\nECHO end\n'
    assert_equal "${#lines[@]}" 2
    for word in UPPER LOWER DATENOW DATE REVERSE LEN ECHO WHOAMI HELP QUIT; do
        assert_line --index 0 --partial "$word"
    done
}

@test "QUIT is answered, then the connection closes; what came behind it is not answered" {
    start_cmd
    run peer 's = connect(args[0])
s.sendall(b"ECHO a\nQUIT\nECHO b\n" + b"x" * 100000)
assert read_all(s) == b"a\nBYE\n"' "$PORT"
    assert_success
}

# --- messages on a stream ---

@test "a bare send without newline is answered after a silence; a newline of its own belongs to it" {
    start_cmd
    run peer 's = connect(args[0])
for text, answer in (b"UPPER bonjour", b"BONJOUR\n"), (b"LEN abc", b"3\n"), (b"\r\nECHO x\n", b"x\n"):
    s.sendall(text)
    assert read_line(s) == answer
s.sendall(b"UPPER spl")
assert not select.select([s], [], [], 1)[0]
s.sendall(b"it\n")
assert read_line(s) == b"SPLIT\n"' "$PORT"
    assert_success
}

@test "a bare send that is too long ends with a silence as well, and the next one is answered" {
    start_cmd
    run peer 's = connect(args[0])
for bare, answer in ((b"x" * 70000, b"ERR line too long\n"), (b"ECHO on", b"on\n")):
    s.sendall(bare)
    assert read_line(s) == answer
    assert quiet(s, 1)' "$PORT"
    assert_success
}

@test "a last line without newline is answered at the end" {
    start_cmd
    run ask 'ECHO a\nECHO b'
    assert_output $'a\nb'
}

@test "a line that comes byte by byte is one line" {
    start_cmd
    run peer 's = connect(args[0])
s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
for byte in "UPPER é!\r\n".encode():
    s.sendall(bytes([byte]))
assert read_line(s).decode() == "É!\n"' "$PORT"
    assert_success
}

@test "a request costs at most three system calls: to wait, to read, to write" {
    run peer 'p, port = serve("-q", applet="cmd")
s = connect(port)
def ask():
    for _ in range(200):
        s.sendall(b"UPPER bonjour\n")
        assert read_line(s) == b"BONJOUR\n"
made = calls(p, ask)
assert made <= 630, made'
    assert_success
}

@test "10 000 pipelined requests are answered in order, many in one write" {
    start_cmd -q
    start strace -f -e trace=write,writev,send,sendto,sendmsg -o calls -p "$SERVER_PID"
    wait_for_line "$ERR" attached
    run peer 's = connect(args[0])
s.sendall(b"".join(b"ECHO %d\n" % i for i in range(10000)))
s.shutdown(socket.SHUT_WR)
assert read_all(s) == b"".join(b"%d\n" % i for i in range(10000))' "$PORT"
    assert_success
    stop "$PID" INT
    assert [ "$(wc -l <calls)" -lt 100 ]
}

@test "a line of 65536 bytes is answered; a longer one is refused once, the connection lives" {
    start_cmd
    run peer 's = connect(args[0])
text = b"x" * (65536 - 5)
s.sendall(b"ECHO " + text + b"\n")
assert read_line(s) == text + b"\n"
s.sendall(b"ECHO " + text + b"\r\n")
assert read_line(s) == text + b"\n"
s.sendall(b"ECHO " + text + b"x\n" + b"y" * (1 << 20) + b"\nECHO on\n")
for answer in b"ERR line too long\n", b"ERR line too long\n", b"on\n":
    assert read_line(s) == answer' "$PORT"
    assert_success
}

@test "bytes that are no text (NUL, no UTF-8, ESC) are answered as they are, or made visible in an ERR" {
    start_cmd
    run peer 's = connect(args[0])
for line, answer in ((b"LEN a\0b", b"3"), (b"ECHO \x1b\0\xff", b"\x1b\0\xff"), (b"UPPER \xffa\xc3", b"\xffA\xc3"),
                     (b"\x1b[2J", b"ERR unknown command \x27\\x1b[2J\x27 (HELP lists them)")):
    s.sendall(line + b"\n")
    assert read_line(s) == answer + b"\n", line' "$PORT"
    assert_success
}

# --- many clients ---

@test "hundreds of clients are answered at once" {
    start_cmd -q
    run peer 'peers = [connect(args[0]) for _ in range(500)]
for turn in range(3):
    for i, s in enumerate(peers):
        s.sendall(b"ECHO %d %d\n" % (i, turn))
    for i, s in enumerate(peers):
        assert read_line(s) == b"%d %d\n" % (i, turn)' "$PORT"
    assert_success
}

@test "a client that asks without end and never reads delays nobody, and memory stays bounded" {
    start_cmd -q
    start_peer 's = connect(args[0])
s.setblocking(False)
piece = b"\n" * 65536 + b"HELP\n" * 10000
announce(s)
sent = 0
while select.select([], [s], [], 1)[1]:
    sent += s.send(piece)
print("held up", flush=True)
signal.pause()' "$PORT"
    # The median of its answers' times while the other does its worst, and then the memory.
    run peer 's = connect(args[0])
times = []
for i in range(200):
    begin = time.monotonic()
    s.sendall(b"ECHO %d\n" % i)
    assert read_line(s) == b"%d\n" % i
    times.append(time.monotonic() - begin)
assert sorted(times)[100] < 0.1, sorted(times)[100]' "$PORT"
    assert_success
    wait_for_line "$PEER_OUT" 'held up'
    assert [ "$(awk '/^VmRSS/ { print $2 }' "/proc/$SERVER_PID/status")" -lt 32768 ]
}

@test "answers that were not fetched for long are all there in the end" {
    start_cmd -q
    run peer 's = connect(args[0])
s.setblocking(False)
lines, sent = b"".join(b"ECHO %d\n" % i for i in range(1000000)), 0
while sent < len(lines) and select.select([], [s], [], 0.5)[1]:
    sent += s.send(lines[sent:sent + 100000])
s.shutdown(socket.SHUT_WR)
s.setblocking(True)
got, asked = read_all(s), lines[:sent]
last = asked.rsplit(b"\n", 1)[1]
if not last.startswith(b"ECHO"):
    got, asked = got[:got[:-1].rfind(b"\n") + 1] if last else got, asked[:len(asked) - len(last)]
assert got == asked.replace(b"ECHO ", b"") + b"\n" * (not asked.endswith(b"\n"))' "$PORT"
    assert_success
}

@test "a reset leaves no descriptor, and the server lives on" {
    start_cmd
    descriptors() { find "/proc/$SERVER_PID/fd" -mindepth 1 | wc -l; }
    before=$(descriptors)
    run peer 's = connect(args[0])
s.sendall(b"HELP\n" * 10000)
s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
s.close()' "$PORT"
    wait_for_line "$SERVER_ERR" 'closed'
    as_before() { [ "$(descriptors)" -eq "$before" ]; }
    wait_until as_before
    run ask 'ECHO on\n'
    assert_output on
}

@test "-i ends a silent connection, the others and the server live on" {
    start_cmd -i 300ms
    run peer 's = connect(args[0])
assert read_all(s) == b""' "$PORT"
    assert_success
    run ask 'ECHO on\n'
    assert_output on
}

@test "--workers: each of several processes answers" {
    start_cmd --workers 2
    run peer 'peers = [connect(args[0]) for _ in range(100)]
for i, s in enumerate(peers):
    s.sendall(b"ECHO %d\nQUIT\n" % i)
for i, s in enumerate(peers):
    assert read_all(s) == b"%d\nBYE\n" % i' "$PORT"
    assert_success
    stop "$SERVER_PID"
    assert_equal "$status" 143
}

# --- UDP ---

@test "-u: a datagram asks, a datagram answers, with and without newline" {
    start_cmd -u
    run peer 'for host, form in [("127.0.0.1", "127.0.0.1:%d\n")] + [("::1", "[::1]:%d\n")] * has_ipv6():
    s = datagram(host)
    for question, answer in (("UPPER é", "É\n"), ("LEN abc\n", "3\n"), ("ECHO x\r\n", "x\n"), ("QUIT", "BYE\n"),
                             ("", "ERR empty line (HELP lists the commands)\n"), ("\n", "ERR empty line (HELP lists the commands)\n"),
                             ("ECHO a\nECHO b\n", "ERR one line a datagram\n"), ("WHOAMI", form % s.getsockname()[1])):
        s.sendto(question.encode(), (host, int(args[0])))
        got = s.recv(1000).decode()
        assert got == answer, (question, got)' "$PORT"
    assert_success
}

@test "-u: an answer too long for a datagram is an ERR; the longest that fits is whole" {
    start_cmd -u
    run peer 's = datagram()
for text, answer in (b"ECHO " + b"x" * 65502, b"x" * 65502 + b"\n"),  (b"UPPER " + "ɐ".encode() * 30000, b"ERR the answer is too long for a datagram\n"):
    s.sendto(text, ("127.0.0.1", int(args[0])))
    assert s.recv(70000) == answer' "$PORT"
    assert_success
}

@test "-u: nc, ncat, socat and udp-send ask and hear" {
    start_cmd -u
    for program in "nc.openbsd -u 127.0.0.1 $PORT" "ncat -u 127.0.0.1 $PORT" "socat - UDP:127.0.0.1:$PORT"; do
        open_feed
        # shellcheck disable=SC2086
        STDIN=$FEED start $program
        echo 'UPPER bonjour' >&"$FEED_FD"
        wait_for_line "$OUT" '^BONJOUR$'
        kill "$PID"
        close_feed
    done
    run sockkit udp-send -r 1 "127.0.0.1:$PORT" 'UPPER bonjour'
    assert_success
    assert_output BONJOUR
}

@test "ncat, socat and connect ask over TCP and hear" {
    start_cmd
    echo 'UPPER bonjour' >question
    for program in "ncat 127.0.0.1 $PORT" "socat -t 20 - TCP:127.0.0.1:$PORT" "busybox nc 127.0.0.1 $PORT" "$SOCKKIT connect 127.0.0.1:$PORT"; do
        # shellcheck disable=SC2086
        run $program <question
        assert_output BONJOUR
    done
}
