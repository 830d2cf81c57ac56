# chat: a member of a room.

load helper
load terminal

setup() { terminal_setup; }
teardown() { terminal_teardown; }

@test "MESSAGEs are said in order, then it leaves, once the server has taken them" {
    start_server chat-serve
    run sockkit chat ":$PORT" one 'two words' three
    assert_success
    assert_line --index 2 '(user1) one'
    assert_line --index 3 '(user1) two words'
    assert_line --index 4 '(user1) three'
    wait_for_line "$SERVER_OUT" 'user1 left'
}

@test "lines on stdin are said, the last one without a newline too, and none is ever lost" {
    start_server chat-serve
    local i
    for i in {1..50}; do
        printf 'a%d\nb%d' "$i" "$i" | sockkit chat ":$PORT" >heard
        grep -q ") b$i\$" heard
    done
    wait_for_line "$SERVER_OUT" 'user50 left'
    [ "$(grep -c ') [ab][0-9]*$' "$SERVER_OUT")" -eq 100 ]
}

@test "many lines on stdin never outrun what the room answers to them" {
    start_peer 'l = listen(); announce(l)
room, _ = l.accept()
answer = b"(a name of some thirty characters) x\n"
told, lacks, worst, ended = b"", 0, 0, False
while lacks or not ended: # one answer to each line, as fast as it is read
    asked, ready, _ = select.select([] if ended else [room], [room] if lacks else [], [], 10)
    if asked:
        said = room.recv(65536)
        ended = not said
        lacks += len(answer) * said.count(b"\n")
    if ready:
        if len(told) < 1 << 16: told += answer * 4000
        n = room.send(told[:min(lacks, 1 << 16)], socket.MSG_DONTWAIT)
        lacks -= n
        told = told[n:]
    worst = max(worst, lacks)
print("behind by", "more" if worst > 2 << 20 else "less", "than 2 MiB:", worst)'
    yes x | head -n 300000 >lines
    sockkit chat ":$PEER_PORT" <lines >heard
    wait_for_line "$PEER_OUT" 'behind by less'
    [ "$(grep -c '^(a name' heard)" -eq 300000 ]
}

@test "stop alone, or /quit, leaves unsaid; --quit-word changes it, empty is none" {
    start_server chat-serve
    {
        printf 'don'\''t stop\nstop\nnever\n' | sockkit chat ":$PORT"
        printf 'x\n/Quit now\nnever\n' | sockkit chat ":$PORT"
        printf 'stop\nenough\nnever\n' | sockkit chat --quit-word enough ":$PORT"
        printf 'stop\nenough\n' | sockkit chat --quit-word '' ":$PORT"
    } >heard
    run grep '^(' heard
    assert_output "(user1) don't stop
(user2) x
(user3) stop
(user4) stop
(user4) enough"
}

@test "a room that is slow to take what was said (--rate) is waited for, and nothing is lost" {
    start_server chat-serve --rate 1
    run sockkit chat ":$PORT" 1 2 3 4 5 6 7 8
    assert_success
    assert_line '(user1) 8'
    wait_for_line "$SERVER_OUT" 'user1 left'
    [ "$(grep -c '^(user1) [1-8]$' "$SERVER_OUT")" -eq 8 ]
}

@test "--name is asked for; refused, that is said and nothing else, status 1" {
    start_server chat-serve
    open_feed
    STDIN=$FEED start sockkit chat --name Ada ":$PORT"
    wait_for_line "$OUT" 'is now Ada'
    run sockkit chat --name ada ":$PORT" 'not said'
    assert_failure 1
    assert_output --partial 'refused the name ada'
    run sockkit chat --name bob ":$PORT" hello
    assert_success
    assert_line '(bob) hello'
    close_feed
    run grep 'not said' "$SERVER_OUT"
    assert_failure
    for bad in 'a b' 'a(b' '' 123456789012345678901234567890123; do
        run sockkit chat --name "$bad" ":$PORT" x
        assert_failure 2
    done
}

@test "--name is not taken for granted because a line of the room ends with it" {
    start_server chat-serve
    open_feed
    STDIN=$FEED start sockkit chat --name ada ":$PORT"
    wait_for_line "$OUT" 'is now ada'
    run sockkit chat --name ada ":$PORT" 'under a wrong name'
    assert_failure 1
    assert_line '* here: user2 ada'
    assert_output --partial 'refused the name ada'
    run sockkit chat --name user3 ":$PORT" hello # the one it is given
    assert_success
    assert_line '(user3) hello'
    close_feed
    run grep 'wrong name' "$SERVER_OUT"
    assert_failure
}

@test "a room that goes away is told, status 1" {
    start_server chat-serve
    open_feed
    STDIN=$FEED start sockkit chat ":$PORT"
    wait_for_line "$OUT" 'welcome'
    stop "$SERVER_PID"
    wait_for_exit "$PID"
    [ "$status" -eq 1 ]
    grep -q 'closed the connection' "$ERR"
    close_feed
}

@test "a room that ends before it has taken all is told, status 1" {
    peer '
l = listen()
l.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
p = sockkit("chat", "-O", "sndbuf=8K", "127.0.0.1:%d" % l.getsockname()[1], *["x" * 60000] * 3, stdin=subprocess.DEVNULL)
s = l.accept()[0]
s.shutdown(socket.SHUT_WR)
p.wait(10)
assert "closed the connection" in ended(p, 1)[1]'
}

@test "while the room takes nothing stdin waits, while stdout takes nothing the room does" {
    peer '
def fill(write):
    sent = still = 0
    while still < 50: # until nothing moves any more
        n = write(bytes(99) + b"\n") or 0
        sent += n
        still = 0 if n else still + 1
        if not n: time.sleep(0.01)
        assert sent < 32 << 20, "it takes all"
def send(data):
    try: return s.send(data * 600)
    except BlockingIOError: return 0
l = listen()
l.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
p = sockkit("chat", "-O", "sndbuf=8K", "127.0.0.1:%d" % l.getsockname()[1])
s = l.accept()[0]
os.set_blocking(p.stdin.fileno(), False)
fill(lambda data: p.stdin.write(data * 600))
s.setblocking(False)
fill(send)
wait_until(lambda: take(p.stdout, 65536) and select.select([], [s], [], 0)[1]) # it goes on when stdout is read'
}

@test "lines that the room refuses are counted: status 1" {
    start_server chat-serve
    run -1 --separate-stderr sockkit chat ":$PORT" "$(printf '%4097s' x)" fine /nonsense
    assert_line --partial ') fine'
    # shellcheck disable=SC2154 # run sets it
    assert_equal "$stderr" 'sockkit chat: 2 lines were refused by the room'
    { head -c 5000 /dev/zero | tr '\0' x; echo; echo fine; } >lines
    run -1 --separate-stderr sockkit chat ":$PORT" <lines
    assert_equal "$stderr" 'sockkit chat: 1 line was refused by the room'
}

@test "lines that a room which goes away has not taken are counted, and what a file still holds" {
    seq 200000 >lines
    start_peer '
l = listen()
l.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
announce(l)
for how in "reset", "close":
    s = l.accept()[0]
    for _ in range(10): read_line(s)
    reset(s) if how == "reset" else s.close()'
    local i
    for i in 1 2; do
        run -1 --separate-stderr sockkit chat -O sndbuf=8K ":$PEER_PORT" <lines
        [[ $stderr =~ 'sockkit chat: '([0-9]+)' lines were not taken by the room' ]]
        ((BASH_REMATCH[1] > 190000 && BASH_REMATCH[1] < 200000))
    done
}

@test "a room that has stopped is not waited for, and not taken for one that has heard" {
    start_server chat-serve
    kill -STOP "$SERVER_PID"
    LIMIT=15 run sockkit chat ":$PORT" hello
    kill -CONT "$SERVER_PID"
    assert_failure 5
    assert_output --partial 'has not answered'
}

@test "a directory as stdin is told: status 1" {
    start_server chat-serve
    run -1 --separate-stderr sockkit chat ":$PORT" <.
    assert_equal "$stderr" 'sockkit chat: cannot read stdin: Is a directory'
}

@test "a room is told of /quit, another program is not" {
    start_peer '
l = listen(); announce(l)
for welcome in b"* welcome, you are x (/help lists the commands)\n", b"who are you?\n":
    s = l.accept()[0]
    s.sendall(welcome)
    print(read_all(s).decode().split("\n"))
    s.close()'
    sockkit chat ":$PEER_PORT" hi stop
    sockkit chat ":$PEER_PORT" hi stop
    wait_for_exit "$PEER_PID"
    run cat "$PEER_OUT"
    assert_output "['hi', '/quit', '']
['hi', '']"
}

@test "what a peer says without a newline before it resets the connection is heard" {
    start_server chat-serve
    peer '
ada, bob = connect(args[0]), connect(args[0])
assert b"welcome" in read_line(ada) and b"welcome" in read_line(bob)
bob.sendall(b"bye")
reset(bob)
while not read_line(ada).endswith(b") bye\n"): pass' "$PORT"
    start_peer '
l = listen(); announce(l)
s = l.accept()[0]
read_line(s)
s.sendall(b"salut")
reset(s)'
    open_feed
    run -1 --separate-stderr sockkit chat --name bob ":$PEER_PORT" <"$FEED"
    assert_output salut
}

@test "a line of stdin that is too long is skipped and told: status 1" {
    start_server chat-serve
    { head -c 65537 /dev/zero | tr '\0' x; echo; echo short; } >lines
    run -1 --separate-stderr sockkit chat ":$PORT" <lines
    assert_line --partial ') short'
    # shellcheck disable=SC2154 # run sets it
    assert_equal "$stderr" 'sockkit chat: a line of stdin has more than 65536 bytes: skipped'
}

@test "a stdout that fails ends it with 1 and one line" {
    start_server chat-serve
    LIMIT=5 sockkit chat ":$PORT" one two >/dev/full 2>said || status=$?
    [ "${status:-0}" -eq 1 ]
    run cat said
    assert_output 'sockkit chat: cannot write to stdout: No space left on device'
}

@test "what comes is shown as it is where stdout is no terminal; --timestamps puts the time before" {
    start_peer '
s = listen(); announce(s)
for _ in range(2):
    c = s.accept()[0]
    c.sendall(b"(x) \x1b[1m\xff\n")
    read_all(c); c.close()'
    sockkit chat ":$PEER_PORT" hi >heard
    printf '(x) \033[1m\377\n' | cmp - heard
    run sockkit chat --timestamps ":$PEER_PORT" hi
    assert_output --regexp '^[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6} \(x\) '
}

@test "-i ends a silent room, status 5" {
    start_server chat-serve
    open_feed
    STDIN=$FEED start sockkit chat -i 300ms ":$PORT"
    wait_for_exit "$PID"
    [ "$status" -eq 5 ]
    close_feed
}

# --- at a terminal ---

@test "at a terminal names have colours, what comes never breaks the line being typed, hostile bytes are shown" {
    peer '
import pty, re
p, port = serve(applet="chat-serve", stdin=subprocess.DEVNULL)
pid, fd = pty.fork()
if pid == 0:
    os.environ["TERM"] = "xterm-256color"; os.environ.pop("NO_COLOR", None)
    os.execv(os.environ["SOCKKIT"], ["sockkit", "chat", ":" + port])
seen = b""
def until(what):
    global seen
    while what not in seen:
        assert select.select([fd], [], [], 10)[0], seen
        seen += os.read(fd, 65536)
until(b"welcome"); until(b"here:")
os.write(fd, b"half a li"); until(b"half a li")
other = connect(port)
other.sendall(b"interrupting \x1b[2J\n"); until(b"interrupting \\x1B[2J")
os.write(fd, b"ne\r"); until(b"half a line")
line = b""
while b"half a line\n" not in line: line = read_line(other)
assert line == b"(user1) half a line\n", line
assert re.search(rb"\x1b\[3[1-6]m\(user2\)\x1b\[0m", seen), seen
os.write(fd, b"stop\r")
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0'
}

@test "a room that sends control characters acts on no terminal, but with --raw" {
    start_peer 's = listen(); announce(s)
while True:
    c, _ = s.accept()
    c.sendall(b"(eve) \x1b[2J\xc2\x9b1m\x07\n")
    c.close()'
    run script -qec "$SOCKKIT chat :$PEER_PORT bye" /dev/null
    assert_output --partial '\x1B[2J\u{9B}1m\x07'
    run script -qec "$SOCKKIT chat --raw :$PEER_PORT bye" /dev/null
    assert_output --partial $'\e[2J\u009b1m\a'
}

# --- stdout ---

@test "a stdout whose reader has gone ends a member and a host by SIGPIPE, while nobody speaks" {
    start_server chat-serve
    peer '
p = sockkit("chat", "127.0.0.1", args[0])
assert b"here:" in p.stdout.readline() + p.stdout.readline()
p.stdout.close()
assert ended(p, -signal.SIGPIPE)[1] == ""
for clients in 0, 1:
    p, port = serve("--listen", applet="chat")
    guests = [connect(port) for _ in range(clients)]
    for s in guests: assert p.stdout.readline() == b"* guest joined\n"
    p.stdout.close()
    ended(p, -signal.SIGPIPE)' "$PORT"
}

@test "a member that has said all waits for a slow reader of stdout" {
    peer '
l = listen()
p = sockkit("chat", "127.0.0.1", l.getsockname()[1], "bye")
s = l.accept()[0]
line = b"* " + b"x" * 1000 + b"\n"
while s.recv(1000): pass
s.sendall(line * 100)
try: assert not p.wait(6), "it has ended"
except subprocess.TimeoutExpired: pass
assert take(p.stdout, len(line) * 100) == line * 100
s.close()
ended(p, 0)'
}

@test "a line that was typed leaves the screen when it is sent, and stands there once, as the room says it" {
    start_server chat-serve
    terminal sockkit chat ":$PORT"
    wait_for_text '^\* here: user1$'
    type_text 'hello there'
    wait_for_text '^hello there$'
    type_keys Enter
    wait_for_screen '* welcome, you are user1 (/help lists the commands)
* here: user1
(user1) hello there'
    kill -STOP "$SERVER_PID" # the room says nothing for a while
    type_text 'one more'
    type_keys Enter
    wait_for_screen '* welcome, you are user1 (/help lists the commands)
* here: user1
(user1) hello there'
    kill -CONT "$SERVER_PID"
    wait_for_text '^\(user1\) one more$'
    type_text stop
    type_keys Enter
    wait_for_end
    [ "$status" -eq 0 ]
    run screen
    refute_output --partial stop
}

is_editing() { stty -a -F "$(tm display-message -p '#{pane_tty}')" | grep -q -e -icanon; }

@test "to a program that is no room: what was typed stays on the screen, and one line says why" {
    start_peer '
l = listen(); announce(l)
for answer in b"", b"got it\n":
    s = l.accept()[0]
    s.recv(100)
    s.sendall(answer)
    read_all(s)
    s.close()'
    for answer in '' 'got it'; do
        terminal sockkit chat "127.0.0.1:$PEER_PORT"
        wait_until is_editing
        type_text Bonjour
        type_keys Enter
        wait_for_joined "^Bonjour *127.0.0.1:$PEER_PORT has not welcomed us as a room does: .*'sockkit connect' sends nothing else\)$answer"
        type_text stop
        type_keys Enter
        wait_for_end
    done
}

@test "Tab completes the name of a member" {
    start_server chat-serve
    start_peer 's = connect(args[0]); s.sendall(b"/nick ada\n"); announce(listen()); read_all(s)' "$PORT"
    wait_for_line "$SERVER_OUT" 'is now ada'
    terminal sockkit chat ":$PORT"
    wait_for_text 'here: user2 ada'
    type_text '/msg A'
    type_keys Tab
    type_text 'psst'
    type_keys Enter
    wait_for_text '^\(user2 -> ada\) psst$'
    type_text 'us' # user2, the only one left
    type_keys Tab
    type_keys Enter
    wait_for_text '^\(user2\) user2 $|^\(user2\) user2$'
    type_keys C-d
    wait_for_end
    [ "$status" -eq 0 ]
    kill "$PEER_PID"
}
