# --trace: the socket calls that are made, in their order, with what they did: held against strace(1) and /proc/net/tcp.
# shellcheck disable=SC2016,SC2030,SC2031,SC2153,SC2154

load helper

export ASAN_OPTIONS=detect_leaks=0 # it cannot be traced and look for leaks at once

CALLS=network,close,read,write,readv,writev,splice,sendfile

# In the background, under strace, with -TT unless LEVEL says otherwise: traced NAME APPLET ARG...
traced() { start strace -f -o "$1.strace" -e "trace=$CALLS" "$SOCKKIT" "$2" "${LEVEL:--TT}" "${@:3}"; }

traced_serve() {
    rm -f port
    case " $* " in
    *' -U '*) traced serve serve --port-file port "$@" ;;
    *) traced serve serve --port-file port -p 0 "$@" ;;
    esac
    SERVER_PID=$PID SERVER_OUT=$OUT SERVER_ERR=$ERR
    wait_for_file port
    PORT=$(<port)
}

# In the foreground; the status is sockkit's, stderr goes to connect.err.
traced_connect() {
    timeout -k 1 20 "${FRESH[@]}" strace -f -o connect.strace -e "trace=$CALLS" "$SOCKKIT" connect "${LEVEL:--TT}" "$@" 2>connect.err
}

# Ends the process under strace, by a signal of its own.
end_traced() {
    kill -s TERM "$(pgrep -P "$1")"
    wait_for_exit "$1"
}

same() {
    local level=2
    [ "${LEVEL:--TT}" = -TT ] || level=1
    run "$PYTHON" "$TESTS/trace.py" "$level" "$1" "$2"
    assert_success
}

same_served() {
    wait_for_exit "$SERVER_PID"
    same serve.strace "$SERVER_ERR"
}

same_connected() { same connect.strace connect.err; }

# --- the calls, their order, their results ---

@test "-T: one message, one greeting: the calls of both ends are those that strace sees" {
    LEVEL=-T
    traced_serve --once Welcome
    run -0 traced_connect "localhost:$PORT" Hello
    same_connected
    same_served
}

@test "-TT shows setsockopt, getsockopt and getsockname as well" {
    traced_serve --once Welcome -O nodelay=1 -O rcvbuf=64K
    run -0 traced_connect -O keepalive=1 -O ttl=9 "localhost:$PORT" Hello
    same_connected
    same_served
    assert_regex "$(cat connect.err)" 'setsockopt\([0-9]+, SO_KEEPALIVE, 1\) +  *= 0'
    assert_regex "$(cat "$SERVER_ERR")" 'getsockname\([0-9]+\) +  *= 0 +127.0.0.1:'
}

@test "an address that refuses, then one that answers" {
    traced_serve --once -b 127.0.0.1
    run -0 traced_connect ":$PORT" Hello
    same_connected
    same_served
    run -0 grep -c ECONNREFUSED connect.err
}

@test "refused everywhere" {
    run -4 traced_connect ":$(free_port)" Hello
    same_connected
}

@test "a Unix-domain socket; one that nobody has; one that was left behind" {
    traced_serve --once -U path Welcome
    run -0 traced_connect -U path Hello
    same_connected
    same_served
    run -4 traced_connect -U path Hello
    same_connected
    "$PYTHON" -c 'import socket; socket.socket(socket.AF_UNIX).bind("path")'
    traced_serve --once -U path Welcome
    run -0 traced_connect -U path Hello
    same_served
}

@test "a Unix-domain socket whose peer reads late" {
    start_peer 'l = socket.socket(socket.AF_UNIX)
l.bind("path")
l.listen()
announce(l)
s = l.accept()[0]
s.shutdown(socket.SHUT_WR)
while not os.path.exists("connect.err") or open("connect.err").read().count("SO_ERROR") < 3: time.sleep(0.01)
s.recv(100)'
    run -0 traced_connect -U path Hello
    same_connected
}

@test "a source address; one in TIME_WAIT; a port that is taken" {
    local source
    source=127.0.0.1:$(free_port)
    start_serve Welcome
    run -0 traced_connect -O reuseaddr=0 -b "$source" "127.0.0.1:$PORT" Hello
    same_connected
    run -6 traced_connect -O reuseaddr=0 -b "$source" "127.0.0.1:$PORT" Hello
    same_connected
    assert_regex "$(cat connect.err)" 'bind\([0-9]+, 127.0.0.1:[0-9]+\) +  *= -1     EADDRINUSE: Address already in use'
    start strace -f -o serve.strace -e "trace=$CALLS" "$SOCKKIT" serve -TT -p "$PORT"
    wait_for_exit "$PID"
    assert_equal "$status" 6
    same serve.strace "$ERR"
}

@test "datagrams, an answer, a refusal: the calls of both ends" {
    for LEVEL in -T -TT; do
        rm -f port
        traced serve udp-serve --port-file port -p 0 -b 127.0.0.1 -c 2 --reply '<%m>'
        SERVER_PID=$PID SERVER_ERR=$ERR
        wait_for_file port
        PORT=$(<port)
        start strace -f -o connect.strace -e "trace=$CALLS" "$SOCKKIT" udp-send "$LEVEL" -r 2 "127.0.0.1:$PORT" Hello World
        wait_for_exit "$PID"
        assert_equal "$status" 0
        same connect.strace "$ERR"
        same_served
        start strace -f -o connect.strace -e "trace=$CALLS" "$SOCKKIT" udp-send "$LEVEL" "127.0.0.1:$PORT" Hello
        wait_for_exit "$PID"
        assert_equal "$status" 4
        same connect.strace "$ERR"
    done
}

# An exchange of datagrams: control_data TARGET WHERE-TO-RECEIVE...
control_data() {
    rm -f port
    traced serve udp-serve --port-file port -c 1 --reply '<%m>' "${@:2}"
    SERVER_PID=$PID SERVER_ERR=$ERR
    wait_for_file port
    start strace -f -o connect.strace -e "trace=$CALLS" "$SOCKKIT" udp-send "$LEVEL" -r 1 "${1/PORT/$(<port)}" Hello
    wait_for_exit "$PID"
    assert_equal "$status" 0
    same connect.strace "$ERR"
    same_served
    assert_regex "$(<"$SERVER_ERR")" $'\nrecv(msg|from)\\([0-9]+, [0-9]+, .*"Hello"' # POSIX alone has no control data to ask for
}

@test "datagrams with control data: at every address, over a Unix socket" {
    for LEVEL in -T -TT; do
        control_data 127.0.0.1:PORT -p 0 -b '*'
        control_data "[::1]:PORT" -p 0 -b '::'
        control_data unix:PORT -U "$DIR/s"
    done
}

@test "many bytes both ways: every send and every recv, none that only says not yet" {
    head -c 1000000 /dev/urandom >data
    STDIN=data traced_serve --once
    traced_connect -O sndbuf=8K -O rcvbuf=8K "127.0.0.1:$PORT" <data >received
    cmp received data
    same_connected
    same_served
    cmp "$SERVER_OUT" data
    run ! grep -E 'EAGAIN|EINPROGRESS|EWOULDBLOCK' connect.err "$SERVER_ERR"
}

@test "a reset, seen by recv; one in the middle of a bulk of sends" {
    start_peer 'l = listen()
announce(l)
s = l.accept()[0]
s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
s.sendall(b"some")
read_exactly(s, 6)
s.close()
s = l.accept()[0]
s.shutdown(socket.SHUT_WR)
s.recv(1)
s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))'
    run -1 traced_connect "127.0.0.1:$PEER_PORT" Hello
    same_connected
    assert_regex "$(cat connect.err)" 'recv\([0-9]+, 65536\) +  *= -1     ECONNRESET: Connection reset by peer'
    assert_regex "$(cat connect.err)" 'close\([0-9]+\) +  *= 0      it was reset: no TIME_WAIT on either side'
    run -1 traced_connect "127.0.0.1:$PEER_PORT" </dev/zero
    same_connected
}

@test "an attempt that is given up is shown with the reason" {
    start_silent
    run -5 traced_connect -w 200ms "127.0.0.1:$PEER_PORT" Hello
    same_connected
    assert_regex "$(cat connect.err)" "connect\\([0-9]+, 127.0.0.1:$PEER_PORT\\) +  *= -1     EINPROGRESS: Operation now in progress \\(no answer for [2-9][0-9][0-9] ms: sockkit gave up, the system is still trying\\)"
}

@test "--retry, each attempt" {
    run -4 traced_connect --retry 250ms "127.0.0.1:$(free_port)" Hello
    same_connected
    (($(grep -c ECONNREFUSED connect.err) >= 2))
}

@test "stdin to several clients, and the end by a signal" {
    head -c 300000 /dev/urandom >data
    open_feed
    STDIN=$FEED traced_serve Welcome
    peer '
clients = [connect(args[0]) for i in range(3)]
for c in clients: assert read_line(c) == b"Welcome\n"
data = open("data", "rb").read()
feed = open(args[1], "wb", buffering=0)
feed.write(data)
for c in clients: assert read_exactly(c, len(data)) == data
clients[0].sendall(b"Hello")
clients[0].close()
clients[1].shutdown(socket.SHUT_WR)
clients[2].sendall(b"last")
open("done", "w").write("x")' "$PORT" "$FEED"
    wait_for_line "$SERVER_OUT" last
    end_traced "$SERVER_PID"
    assert_equal "$status" 143
    same serve.strace "$SERVER_ERR"
}

@test "--reply, a denied client, one that is idle" {
    traced_serve --reply '<%m>' --deny 127.0.0.2 -i 900ms
    peer '
s = connect(args[0])
s.sendall(b"bare")
assert read_exactly(s, 7) == b"<bare>\n"
s.sendall(b"one\ntwo\n")
assert read_exactly(s, 12) == b"<one>\n<two>\n"
d = socket.create_connection(("127.0.0.1", int(args[0])), source_address=("127.0.0.2", 0))
assert d.recv(1) == b""
assert s.recv(1) == b"" # idle' "$PORT"
    end_traced "$SERVER_PID"
    same serve.strace "$SERVER_ERR"
}

@test "-e: the program's own calls; not those of the command" {
    traced_serve --once -e 'head -n 1; echo bye'
    run -0 traced_connect -e 'echo Hello; cat >&2' "127.0.0.1:$PORT"
    same_connected
    same_served
}

@test "--quit-word, --label, -o: other paths, the same calls" {
    traced_serve --label --quit-word stop -o copy Welcome
    run -0 traced_connect --quit-word stop -o copy2 "127.0.0.1:$PORT" < <(printf 'one\nstop\nmore\n')
    same_connected
    end_traced "$SERVER_PID"
    same serve.strace "$SERVER_ERR"
}

@test "-TT: a group that is joined, sockets that are inherited" {
    start_server udp-serve -TT --group 239.255.7.7 -O interface=lo
    run grep -E '^(g|s)etsockopt' "$SERVER_ERR"
    assert_line --regexp '^getsockopt\([0-9]+, SO_BINDTODEVICE\) +  *= 0      lo$'
    peer '
l = listen()
os.dup2(os.dup(l.fileno()), 3)
if os.fork() == 0:
    os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
    os.execv(os.environ["SOCKKIT"], ["sk-serve", "-TT", "-w", "1ms"])
os.wait()' 2>inherited.err
    run cat inherited.err
    assert_line --regexp '^getsockopt\(3, SO_TYPE\) +  *= 0      1$'
    assert_line --regexp '^getsockopt\(3, SO_ACCEPTCONN\) +  *= 0      1$'
}

# --- who is in TIME_WAIT ---

# The states of a port of 127.0.0.1, from its own side.
waiting() { grep -cE "^ *[0-9]+: 0100007F:$(printf %04X "$1") 0100007F:$(printf %04X "$2") 06" /proc/net/tcp || :; }

# The ports of client and server, and who is in TIME_WAIT: "client server".
who_waits() { echo "$(waiting "$1" "$2") $(waiting "$2" "$1")"; }
waits_are() { [ "$(who_waits "$1" "$2")" = "$3" ]; }

# The last words of the client's close and of the server's are these: last_words CLIENT SERVER
last_words() {
    assert_regex "$(grep '^close' client.err | tail -n 1)" "= 0 +  *$1\$"
    assert_regex "$(grep '^close' "$SERVER_ERR" | head -n 1)" "= 0 +  *$2\$"
}

WE='we ended first: this side will be in TIME_WAIT for (60 s|some time)'
PEER='the peer ended first: its side will be in TIME_WAIT for (60 s|some time)'

@test "the client ends first: its close says that it, the server's that the other will be in TIME_WAIT; and it is" {
    start_serve --once -T -b 127.0.0.1
    sockkit connect -T -v "127.0.0.1:$PORT" Hello 2>client.err
    wait_for_exit "$SERVER_PID"
    last_words "$WE" "$PEER"
    local port
    port=$(sed -n 's/^connected to .* from .*://p' client.err)
    wait_until waits_are "$port" "$PORT" '1 0'
}

@test "the server ends first: its side is in TIME_WAIT" {
    STDIN=<(echo Welcome) start_serve --once -T -b 127.0.0.1
    open_feed
    STDIN=$FEED start sockkit connect -T -v "127.0.0.1:$PORT"
    wait_for_line "$ERR" '^recv.* = 0 '
    close_feed
    wait_for_exit "$PID"
    wait_for_exit "$SERVER_PID"
    cp "$ERR" client.err
    last_words "$PEER" "$WE"
    local port
    port=$(sed -n 's/^connected to .* from .*://p' client.err)
    wait_until waits_are "$port" "$PORT" '0 1'
}

@test "bytes left unread: a reset, and nobody is in TIME_WAIT" {
    peer '
l = listen()
p = sockkit("connect", "-T", "127.0.0.1", l.getsockname()[1])
s = l.accept()[0]
s.setblocking(False)
full = 0
while full < 20: # until its stdout and all between are full
    try:
        s.send(bytes(65536))
        full = 0
    except BlockingIOError:
        full += 1
        time.sleep(0.01)
p.terminate()
p.wait(10)
p.stdout.close()
words = ended(p, -signal.SIGTERM)[1].splitlines()[-1]
assert re.search(" = 0      [0-9]+ bytes were left unread: the peer gets a reset, no TIME_WAIT on either side$", words), words
s.setblocking(True)
try:
    s.recv(1)
    raise AssertionError("no reset")
except ConnectionResetError:
    pass
end = ":%04X" % l.getsockname()[1]
states = [w[3] for w in map(str.split, open("/proc/net/tcp")) if end in w[1] or end in w[2]]
assert "06" not in states, states'
}

@test "a connection that was reset before anybody looked: its close says so" {
    start_server guess -T -b 127.0.0.1
    kill -s STOP "$SERVER_PID"
    peer 'connect(args[0]).close()' "$PORT"
    kill -s CONT "$SERVER_PID" # what it sends now is answered with a reset
    wait_for_line "$SERVER_ERR" '^close.*= 0      it was reset: no TIME_WAIT on either side$'
}

@test "a service that ends before a probe has parted: the TIME_WAIT that is left is told" {
    [ -z "${PORTABLE:-}" ] || WE='closed by a reset \(SO_LINGER 0\): no TIME_WAIT on either side' # what became of it is not known there
    start_peer 'l = listen()
announce(l)
s, peer = l.accept()
print(peer[1])
s.recv(1)'
    start strace -o probe.strace -e trace=shutdown -e inject=shutdown:signal=STOP "$SOCKKIT" probe -T "127.0.0.1:$PEER_PORT"
    wait_for_exit "$PEER_PID"
    wait_until waits_are "$(<"$PEER_OUT")" "$PEER_PORT" '1 0'
    kill -s CONT "$(pgrep -P "$PID")"
    wait_for_exit "$PID"
    assert_regex "$(grep '^close' "$ERR")" "= 0      $WE\$"
}

# --- the form ---

# The lines of calls in a file, without the ports that the system chose.
calls() { grep -E '^[a-z]+\(' "$1" | sed -E 's/127.0.0.1:[0-9]+/127.0.0.1:PORT/g'; }

@test "the lines are those of the contract, in its columns; the first socket is 3" {
    STDIN=/dev/null start_serve --once -T -b 127.0.0.1 --no-newline $'Welcome to this server\n'
    alone connect -T "127.0.0.1:$PORT" Bonjour 2>client.err
    wait_for_exit "$SERVER_PID"
    calls "$SERVER_ERR" >said
    run cat said
    assert_line --index 0 'socket(AF_INET, SOCK_STREAM)             = 3      a TCP endpoint, not yet named'
    assert_line --index 1 --regexp '^bind\(3, 127.0.0.1:PORT\)  +  = 0      named, on a port that the system chose, for this machine only; nobody can reach it before listen$'
    assert_line --index 2 --regexp '^listen\(3, [0-9]+\)  +  = 0      passive: the system now makes connections by itself; [0-9]+ of them .*may wait for accept$'
    assert_line --index 3 --regexp '^accept\(3\)                                = 4      from 127.0.0.1:PORT on a new socket for this client; 3 goes on listening'
    assert_line 'send(4, 23)                              = 23     "Welcome to this server\n"'
    assert_line 'recv(4, 65536)                           = 8      "Bonjour\n"'
    assert_line --index 6 'recv(4, 65536)                           = 0      end of stream: the peer shut down its side'
    run grep -c '= 0      no longer listening' said
    assert_output 1
    run calls client.err
    assert_line --index 0 --regexp '^socket.* = 3 '
    run awk '{ print index($0, " = ") }' <(grep -E '^[a-z]+\(' "$SERVER_ERR")
    assert_equal "$(sort -u <<<"$output")" 41
}

@test "payload is shown escaped, its first 64 bytes; failures with errno's name and its meaning" {
    start_serve --once
    run --separate-stderr sockkit connect -T "127.0.0.1:$PORT" $'tab\t quote" back\\ esc\e é \x80' "$(printf %100s x)"
    assert_success
    local line
    line=$(grep '^send' <<<"$stderr")
    assert_regex "$line" '"tab\\t quote\\" back\\\\ esc(\\x1b|\\33|\\e) é (\\x80|\\200)\\n +"\.\.\.$'
    start_serve --once
    run --separate-stderr sockkit connect -T "127.0.0.1:$PORT" "$(printf %063d 0)"
    assert_regex "$(grep '^send' <<<"$stderr")" '"0{63}\\n"$'
    start_serve --once
    run --separate-stderr sockkit connect -T "127.0.0.1:$PORT" "$(printf %064d 0)"
    assert_regex "$(grep '^send' <<<"$stderr")" '"0{64}"\.\.\.$'
    run -1 --separate-stderr sockkit connect -TT -O interface=nosuch 127.0.0.1:1 Hello
    assert_regex "${stderr_lines[1]}" '= -1     ENODEV: No such device$'
    run -4 --separate-stderr sockkit connect -T "127.0.0.1:$(free_port)" Hello
    assert_regex "${stderr_lines[1]}" '= -1     ECONNREFUSED: Connection refused \(after [0-9.]+ ms\)$'
}

@test "an error that is rare has its name, too; what failed to listen was never open" {
    local error
    for error in EPROTO ENETRESET ENOSYS ESHUTDOWN EDQUOT; do
        strace -o strace.out -e trace=listen -e "inject=listen:error=$error" "$SOCKKIT" serve -T -p 0 -4 2>serve.err || :
        run cat serve.err
        assert_line --regexp "^listen\\([0-9]+, [0-9]+\\) +  *= -1     $error: "
        assert_line --regexp '^close\([0-9]+\) +  *= 0$'
    done
}

@test "an error that a socket keeps is named where it is asked for" {
    run -4 --separate-stderr sockkit udp-send -TT "127.0.0.1:$(free_port)" Hello
    assert_regex "$stderr" 'getsockopt\([0-9]+, SO_ERROR\) += 0      ECONNREFUSED: Connection refused'
}

@test "a connect is shown with how long it took; without -T nothing is shown" {
    start_serve
    run --separate-stderr sockkit connect -T "127.0.0.1:$PORT" Hello
    assert_regex "${stderr_lines[1]}" '^connect\([0-9]+, 127.0.0.1:[0-9]+\) +  *= 0      connected: the handshake took [0-9.]+ ms$'
    run --separate-stderr sockkit connect -v "127.0.0.1:$PORT" Hello
    assert_equal "${#stderr_lines[@]}" 1
}

@test "no line of trace or narration stands behind unfinished data in a file or pipe that stdout and stderr share" {
    peer '
def said(*words, pipe=False, **more):
    out = open("said", "w+b")
    cat = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=out) if pipe else None
    into = cat.stdin if pipe else out
    p, port = serve("--once", "--recv-only", *words, stdout=into, stderr=more.get("stderr", into))
    s = connect(port)
    s.sendall(b"salut")
    s.close()
    p.wait(10)
    into.close()
    if pipe: cat.wait(10)
    with open("said", "rb") as f:
        return f.read().splitlines(keepends=True)
for pipe in False, True:
    assert b"salut\n" in said("-T", pipe=pipe)
    assert b"salut\n" in said(pipe=pipe)
    assert said("-T", pipe=pipe, stderr=subprocess.DEVNULL) == [b"salut"]'
}
