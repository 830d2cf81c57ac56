# shellcheck shell=bash disable=SC2016,SC2030,SC2031,SC2153
# probe: which ports are open, of many targets at once; until they are; then COMMAND.

load helper

# A port that is refused.
closed_port() { free_port; }

# Sets PEER_PORT: each client is told what stands in $1 (Python), and what it says is printed.
start_speaker() {
    start_peer '
s = listen()
announce(s)
s.settimeout(None)
while True:
    c, _ = s.accept()
    try:
        c.sendall(eval(args[0]))
        print(repr(c.recv(1000)))
    except OSError as e:
        print(e)
    c.close()' "$1"
}

now_ms() { echo $((${EPOCHREALTIME/[.,]/} / 1000)); }

# The lines without their times.
states() { cut -f 1,2 <<<"$output" | tr '\t' ' '; }

@test "results come in the order asked, one line each, tab-separated" {
    local closed
    closed=$(closed_port)
    start_serve
    run sockkit probe 127.0.0.1 "$closed,$PORT" "127.0.0.1:$closed" "localhost:$PORT"
    assert_failure 1
    assert_equal "$(states)" "127.0.0.1:$closed closed
127.0.0.1:$PORT open
127.0.0.1:$closed closed
localhost:$PORT open"
    assert_line --regexp $'^127\\.0\\.0\\.1:[0-9]+\topen\t[0-9]+\\.[0-9][0-9] ms\t\t$'
}

@test "a list of ports behind a host may name services, as that of -p" {
    start_serve
    run sockkit probe 127.0.0.1 "$PORT,http"
    assert_equal "$(states | cut -d ' ' -f 1)" "127.0.0.1:$PORT
127.0.0.1:80"
    run sockkit probe -p "$PORT,http" 127.0.0.1
    assert_equal "$(states | cut -d ' ' -f 1)" "127.0.0.1:$PORT
127.0.0.1:80"
}

@test "open, closed, no-answer, unreachable and unresolved are told apart" {
    start_serve
    start_silent
    run sockkit probe -n -w 300ms 127.0.0.1 "$PORT,$PEER_PORT,1" 224.0.0.1 80 no-such-host 80
    assert_failure 1
    assert_line --partial "127.0.0.1:$PORT"$'\topen'
    assert_line --partial "127.0.0.1:$PEER_PORT"$'\tno-answer'
    assert_line --partial $'127.0.0.1:1\tclosed'
    assert_line --partial $'224.0.0.1:80\tunreachable'
    assert_line --partial $'no-such-host:80\tunresolved'
    assert_line 'sockkit probe: cannot resolve no-such-host: not a numeric address (-n forbids the look-up)'
}

@test "without a host the loopback addresses are probed, both" {
    start_serve -4
    run sockkit probe -p "$PORT"
    assert_success
    assert_output --partial "localhost:$PORT"$'\topen'
}

@test "an address that does not answer does not hold up the next one of the name" {
    local begin
    start_silent ::1
    start_serve -b 127.0.0.1 -p "$PEER_PORT"
    begin=$(now_ms)
    run sockkit probe -w 8s -p "$PEER_PORT"
    assert_success
    (($(now_ms) - begin < 4000))
}

@test "a name is open when one of its addresses is, no-answer when one is silent, else what the last one said" {
    start_serve -4
    run sockkit probe -p "$PORT"
    assert_equal "$(cut -f 2,4 <<<"$output")" $'open\t127.0.0.1'
    run sockkit probe --gone -p "$PORT"
    assert_failure 1
    run sockkit probe --json -p "$PORT"
    assert_output --partial '"address":"127.0.0.1"'
    start_silent ::1
    run sockkit probe -w 300ms -p "$PEER_PORT"
    assert_failure 1
    assert_equal "$(cut -f 2,4 <<<"$output")" $'no-answer\t::1'
    start_silent 127.0.0.1
    run sockkit probe -w 300ms -p "$PEER_PORT"
    assert_equal "$(cut -f 2,4 <<<"$output")" $'no-answer\t127.0.0.1'
    # Both refuse: the last one is asked last.
    run sockkit probe -p 1
    assert_equal "$(cut -f 2,4 <<<"$output")" $'closed\t127.0.0.1'
    # One socket for both: the silent one gives way.
    start_silent ::1
    start_serve -4 -p "$PEER_PORT"
    run sockkit probe -j 1 -p "$PEER_PORT"
    assert_success
}

@test "UDP: a name whose addresses say different things" {
    start_peer '
s = datagram()
announce(s)
s.settimeout(None)
while True:
    data, a = s.recvfrom(1000)
    s.sendto(b"yes", a)'
    run sockkit probe -u -p "$PEER_PORT"
    assert_equal "$(cut -f 2,4 <<<"$output")" $'open\t127.0.0.1'
    run sockkit probe -u --gone -p "$PEER_PORT"
    assert_failure 1
    start_peer '
s = datagram()
announce(s)
time.sleep(100)'
    run sockkit probe -u -w 300ms -p "$PEER_PORT"
    assert_failure 1
    assert_equal "$(cut -f 2,4 <<<"$output")" $'no-answer\t127.0.0.1'
}

@test "an address is asked though another one has connected and says nothing" {
    start_peer '
s = listen("::1")
announce(s)
time.sleep(100)'
    start_server echo --no-sandbox -4 -p "$PEER_PORT"
    run sockkit probe -w 2s --send yes --expect yes -p "$PEER_PORT"
    assert_success
    assert_equal "$(cut -f 2,4 <<<"$output")" $'open\t127.0.0.1'
}

@test "a range lists only its open ports, with -a all of them; it needs one for status 0" {
    start_serve
    run sockkit probe 127.0.0.1 "$PORT-$PORT"
    assert_success
    assert_equal "$(states)" "127.0.0.1:$PORT open"
    run sockkit probe 127.0.0.1 1-3
    assert_failure 1
    assert_output ''
    run sockkit probe -a 127.0.0.1 "1-3,$PORT-$PORT"
    assert_failure 1
    assert_equal "$(states)" "127.0.0.1:1 closed
127.0.0.1:2 closed
127.0.0.1:3 closed
127.0.0.1:$PORT open"
}

@test "a network or a range of addresses is a range: its open ports, the first and the last address too" {
    start_peer '
s = listen("127.7.7.4")
more = listen("127.7.7.7", s.getsockname()[1])
announce(s)
time.sleep(100)'
    run sockkit probe 127.7.7.6/30 "$PEER_PORT"
    assert_success
    assert_equal "$(states)" "127.7.7.4:$PEER_PORT open
127.7.7.7:$PEER_PORT open"
    run sockkit probe -a "127.7.7.3-5:$PEER_PORT,1"
    assert_failure 1
    assert_equal "$(states)" "127.7.7.3:$PEER_PORT closed
127.7.7.3:1 closed
127.7.7.4:$PEER_PORT open
127.7.7.4:1 closed
127.7.7.5:$PEER_PORT closed
127.7.7.5:1 closed"
    run sockkit probe --json -a 127.7.7.7/32 "$PEER_PORT"
    assert_output --partial '"host":"127.7.7.7","port":'"$PEER_PORT"',"state":"open"'
    run sockkit probe 127.7.7.8/30 "$PEER_PORT" -- true
    assert_failure 1
    assert_output "sockkit probe: COMMAND is not run: 127.7.7.8:$PEER_PORT to 127.7.7.11:$PEER_PORT: none is open"
}

@test "a whole /16 is probed, and what is open found" {
    start_peer 's = listen("127.66.200.3"); announce(s); time.sleep(100)'
    run sockkit probe -j 4096 127.66.0.0/16 "$PEER_PORT"
    assert_success
    assert_equal "$(states)" "127.66.200.3:$PEER_PORT open"
}

@test "--exclude: hosts, networks and ports that are not probed, as addresses of a name neither" {
    local name
    start_serve -4
    run sockkit probe -a --exclude 127.0.0.2/31 127.0.0.1-4 "$PORT"
    assert_equal "$(states)" "127.0.0.1:$PORT open
127.0.0.4:$PORT closed"
    run sockkit probe -a --exclude 127.0.0.1:2-3 --exclude 127.0.0.1:5 127.0.0.1 1-6
    assert_equal "$(states | cut -d : -f 2 | tr '\n' ' ')" '1 closed 4 closed 6 closed '
    run sockkit probe --exclude 127.0.0.0/8 -p "$PORT"
    assert_failure 1
    assert_equal "$(states)" "localhost:$PORT closed"
    for name in localhost 127.0.0.0/8; do
        run sockkit probe -4 --exclude "$name" -p "$PORT"
        assert_failure 2
        assert_output 'sockkit probe: there is nothing to probe'
    done
    run sockkit probe --exclude unix:none -p "$PORT" 127.0.0.1 unix:none
    assert_success
    assert_equal "$(states)" "127.0.0.1:$PORT open"
}

@test "--timestamps: each result begins with the local time; JSON has it as a member" {
    local stamp='[0-2][0-9]:[0-5][0-9]:[0-6][0-9]\.[0-9]{6}'
    run sockkit probe --timestamps -c 1 127.0.0.1 1
    assert_line --index 0 --regexp "^$stamp 127\.0\.0\.1:1"$'\tclosed\t'
    assert_line --index 1 --regexp "^$stamp 127\.0\.0\.1:1"$'\t1 probes'
    run sockkit probe --timestamps --json 127.0.0.1 1
    assert_output --regexp "^\{\"time\":\"$stamp\",\"host\":\"127.0.0.1\""
    run sockkit probe --timestamps -v 127.0.0.1 1 --gone -- true
    assert_output --regexp "^$stamp 127\.0\.0\.1:1"$'\tclosed\t'
}

@test "--targets: a target a line, in order, beside those of the command line" {
    start_serve
    printf '# comment\r\n\n 127.0.0.1\t1,2 \r\n127.0.0.1 %s # the server\nlocalhost http\n127.0.0.1:3' "$PORT" >list
    run sockkit probe --targets list 127.0.0.1 4
    assert_failure 1
    assert_equal "$(states)" "127.0.0.1:4 closed
127.0.0.1:1 closed
127.0.0.1:2 closed
127.0.0.1:$PORT open
localhost:80 closed
127.0.0.1:3 closed"
    run sockkit probe --wait 20 --targets - <<<"127.0.0.1 $PORT"
    assert_success
    run sockkit probe -c 2 -I 10ms --targets list
    assert_equal "$(grep -c '2 probes' <<<"$output")" 5
    run sockkit probe --targets none
    assert_failure 1
    assert_output 'sockkit probe: cannot open none: No such file or directory'
    run sockkit probe --targets /dev/null
    assert_failure 2
    assert_output 'sockkit probe: there is nothing to probe'
}

@test "--targets: results come while further lines are waited for" {
    local port
    start_serve
    open_feed
    STDIN=$FEED start sockkit probe --targets -
    echo "127.0.0.1 $PORT" >&"$FEED_FD"
    wait_for_line "$OUT" "^127.0.0.1:$PORT.*open"
    echo '127.0.0.1 1' >&"$FEED_FD"
    wait_for_line "$OUT" '^127.0.0.1:1.*closed'
    stop "$PID"
    assert_equal "$status" 143
}

@test "--targets: a bad line is told as FILE:LINE; what stands before it is probed" {
    printf '127.0.0.1 1\n\n127.0.0.1 65536\n127.0.0.1 2\n' >list
    run sockkit probe --targets list
    assert_failure 2
    assert_line 'sockkit probe: list:3: port: "65536": out of range (1 to 65535)'
    assert_line --partial $'127.0.0.1:1\tclosed'
    refute_output --partial 127.0.0.1:2
    run sockkit probe --targets - <<<'127.0.0.1 1 2'
    assert_failure 2
    assert_output 'sockkit probe: stdin:1: a line is TARGET [PORTS]'
    run sockkit probe --wait inf --targets list
    assert_failure 2
}

@test "URLs: each is asked in its own way, and shown as host and port" {
    start_peer '
s = datagram()
t = listen("127.0.0.1", s.getsockname()[1])
announce(s)
s.settimeout(None)
while True:
    data, a = s.recvfrom(1000)
    s.sendto(b"yes", a)'
    run sockkit probe "tcp://127.0.0.1:$PEER_PORT" "udp://127.0.0.1:$PEER_PORT" tcp://127.0.0.1:1/ TCP://127.0.0.1 2
    assert_failure 1
    assert_equal "$(states)" "127.0.0.1:$PEER_PORT open
127.0.0.1:$PEER_PORT open
127.0.0.1:1 closed
127.0.0.1:2 closed"
    refused 'unknown scheme (tcp udp http and http+unix are known)' https://localhost
}

# A web server: each path is a status line, and the body names path and host. Sets PEER_PORT; its socket is ./web.
start_web() {
    start_peer '
import threading
def serve(s):
    while True:
        c, _ = s.accept()
        c.settimeout(10)
        request = b""
        while not request.endswith(b"\r\n\r\n"):
            request += c.recv(1000)
        path = request.split()[1].decode()
        host = request.split(b"Host: ")[1].split(b"\r\n")[0]
        line = path[1:].replace("_", " ").encode()
        if line != b"silence":
            c.sendall(line + b"\r\nServer: x\r\n\r\nfor " + host + b"\n")
        c.close()
s = listen()
u = socket.socket(socket.AF_UNIX)
u.bind("web")
u.listen()
u.settimeout(None)
s.settimeout(None)
announce(s)
threading.Thread(target=serve, args=(u,), daemon=True).start()
serve(s)'
}

@test "http: open for 200 to 399, else unexpected with the status line" {
    local at
    start_web
    at=http://127.0.0.1:$PEER_PORT
    run sockkit probe "$at/HTTP/1.1_200_OK" "$at/HTTP/1.0_399_x" "$at/HTTP/1.1_404_No" "$at/HTTP/1.1_503_Busy" "$at/220_mail" "$at/silence"
    assert_failure 1
    assert_equal "$(cut -f 1,2,5 <<<"$output" | sed "s/^127.0.0.1:$PEER_PORT.//")" $'open\t
open\t
unexpected\tHTTP/1.1 404 No
unexpected\tHTTP/1.1 503 Busy
unexpected\t220 mail
no-answer\t'
    run sockkit probe --expect "for 127.0.0.1:$PEER_PORT" "$at/HTTP/1.1_200_OK" "$at/HTTP/1.1_500_Oh"
    assert_equal "$(cut -f 2 <<<"$output" | tr '\n' ' ')" 'open unexpected '
    run sockkit probe --banner http+unix:web:/HTTP/1.1_204_No http+unix:none:/
    assert_equal "$(cut -f 1,2,5 <<<"$output")" $'unix:web\topen\tHTTP/1.1 204 No
unix:none\tclosed\t'
}

@test "a word that is a service gives the port of the host before it" {
    run sockkit probe 127.0.0.1 http
    assert_equal "$(states)" '127.0.0.1:80 closed'
    run sockkit probe -n 127.0.0.1:1 http
    assert_equal "$(states | head -n 1)" '127.0.0.1:1 closed'
    assert_equal "$(states | sed -n 2p)" 'http:60000 unresolved'
}

@test "thousands of ports are probed, and the open ones found" {
    start_peer '
s = socket.socket()
for port in range(20000, 32000, 13):
    try:
        s.bind(("127.45.67.89", port))
        break
    except OSError:
        pass
s.listen(5)
announce(s)
time.sleep(100)'
    run sockkit probe 127.45.67.89 10000-32000
    assert_success
    assert_equal "$(states)" "127.45.67.89:$PEER_PORT open"
}

@test "a scan of this machine, or of another that answers at once, costs two system calls a refused port" {
    local map=() counts
    [ "$(id -u)" = 0 ] || map=(--map-root-user)
    cat >scene <<'END'
set -e
ip link set lo up
unshare --net sleep 100 &
far=$!
until [ ! /proc/$far/ns/net -ef /proc/self/ns/net ]; do sleep 0.01; done
ip link add near type veth peer name far netns $far
ip address add 192.0.2.1/24 dev near
ip link set near up
nsenter --net=/proc/$far/ns/net ip address add 192.0.2.2/24 dev far
nsenter --net=/proc/$far/ns/net ip link set far up
for host in 127.33.44.55 192.0.2.2; do
    ASAN_OPTIONS=detect_leaks=0 strace -f -c -o "counts.$host" "$SOCKKIT" probe "$host" 20001-22000 || [ $? -eq 1 ]
done
kill $far
END
    run timeout 20 unshare "${map[@]}" --net bash scene
    assert_success
    for counts in counts.*; do
        run awk '{ n[$NF] = $4 } END { print (n["connect"] <= 4100), (n["socket"] < 100), (n["total"] < 5000) }' "$counts"
        assert_output '1 1 1'
    done
}

@test "a port asked for again and again is open each time, or silent each time" {
    local list=
    start_silent
    start_serve
    for _ in {1..40}; do list+=$PORT,$PEER_PORT,; done
    run sockkit probe -w 300ms 127.0.0.1 "${list}1"
    assert_failure 1
    assert_equal "$(cut -f 2 <<<"$output" | sort | uniq -c | tr -s ' ')" ' 1 closed
 40 no-answer
 40 open'
}

@test "a connection that met itself is none" {
    local port
    port=$(free_port)
    run sockkit probe -b "127.0.0.1:$port" 127.0.0.1 "$port"
    assert_failure 1
    assert_output --partial closed
}

@test "many ports that do not answer take no longer than one" {
    local begin
    start_peer '
silent = []
for _ in range(50):
    s = listen()
    s.listen(0)
    silent.append(s)
    for _ in range(2):
        c = socket.socket()
        c.setblocking(False)
        c.connect_ex(s.getsockname())
        silent.append(c)
with open("ports", "w") as f:
    print(",".join(str(s.getsockname()[1]) for s in silent[::3]), file=f)
announce(silent[0])
time.sleep(100)'
    begin=$(now_ms)
    run sockkit probe -w 1s 127.0.0.1 "$(<ports)"
    assert_failure 1
    (($(now_ms) - begin < 3000))
    assert_equal "$(cut -f 2 <<<"$output" | sort | uniq -c | tr -d ' ')" 50no-answer
    # Descriptors are short: slower, but nothing fails.
    run bash -c "ulimit -n 32; exec \"\$@\"" - "$SOCKKIT" probe -w 200ms 127.0.0.1 "$(<ports)"
    assert_failure 1
    assert_equal "$(cut -f 2 <<<"$output" | sort | uniq -c | tr -d ' ')" 50no-answer
    # Few attempts at once: five times as long.
    begin=$(now_ms)
    run sockkit probe -j 10 -w 200ms 127.0.0.1 "$(<ports)"
    (($(now_ms) - begin >= 1000))
}

@test "a name is looked up with few descriptors, or it is said that they are too few" {
    local n
    for n in 6 7 8 9 10 12 20; do
        run bash -c "ulimit -n $n; exec \"\$@\"" - "$SOCKKIT" probe localhost 1 localhost 2
        assert_failure
        assert_output --regexp $'\tclosed\t|Too many open files|No file descriptors'
        refute_output --partial 'not known'
    done
    assert_equal "$(states)" 'localhost:1 closed
localhost:2 closed'
}

@test "never more than -j sockets are open" {
    start_silent
    local p=$PEER_PORT
    run sockkit probe -T -j 2 -w 50ms 127.0.0.1 "$p,$p,$p,$p,$p,1"
    assert_failure 1
    assert_equal "$(awk '/^socket/ { n++; if (n > most) most = n } /^close/ { n-- } END { print most }' <<<"$output")" 2
}

@test "JSON: an object a line" {
    start_speaker 'b"220 \"hello\"\xff\x1b\r\nmore\r\n"'
    run sockkit probe --json --banner -n 127.0.0.1 "$PEER_PORT,1" no-such-host 80
    assert_failure 1
    peer '
import json
lines = [json.loads(line) for line in args[0].splitlines() if line.startswith("{")]
assert [line["state"] for line in lines] == ["open", "closed", "unresolved"], lines
assert [line["host"] for line in lines] == ["127.0.0.1", "127.0.0.1", "no-such-host"], lines
assert lines[0]["port"] == int(args[1]) and lines[0]["ms"] >= 0 and "error" not in lines[0], lines
assert lines[0]["banner"] == "220 \"hello\"\ufffd\x1b", lines
assert lines[1]["error"] == "Connection refused" and "banner" not in lines[1], lines' "$output" "$PEER_PORT"
}

@test "-q leaves the status alone" {
    start_serve
    run sockkit probe -q 127.0.0.1 "$PORT"
    assert_success
    assert_output ''
    run sockkit probe -q 127.0.0.1 "$PORT,1"
    assert_failure 1
    assert_output ''
    run sockkit probe -q -n no-such-host
    assert_failure 3
    assert_output ''
}

@test "--any: one open port is enough; --gone: none may be" {
    start_serve
    run sockkit probe -q --any 127.0.0.1 "1,$PORT"
    assert_success
    run sockkit probe -q --any 127.0.0.1 1,2
    assert_failure 1
    run sockkit probe -q --gone 127.0.0.1 "1,$PORT"
    assert_failure 1
    run sockkit probe -q --gone 127.0.0.1 1,2
    assert_success
}

@test "at a terminal the results stand in columns" {
    start_serve
    run script -qec "$SOCKKIT probe 127.0.0.1 1,$PORT localhost:$PORT" /dev/null
    assert_line --regexp "^127\.0\.0\.1:1 +closed +[0-9]+\.[0-9]{2} ms"
    assert_line --regexp "^127\.0\.0\.1:$PORT +open +[0-9.]+ ms"
    assert_equal "$(sed -E 's/(open|closed).*//' <<<"$output" | awk '{ print length }' | uniq | wc -l)" 1
}

@test "a long scan shows its progress at a terminal, and takes it away" {
    start_silent
    run script -qec "$SOCKKIT probe -w 1500ms 127.0.0.1 1,2,$PEER_PORT" /dev/null
    assert_output --partial $'\e[J2 of 3 ports probed, 0 open\r\e[J'
    local term
    for term in dumb ''; do
        run script -qec "TERM=$term $SOCKKIT probe -w 1500ms 127.0.0.1 1,2,$PEER_PORT" /dev/null
        refute_output --partial probed
    done
}

@test "--wait: until all are open" {
    local port probe said
    port=$(free_port)
    start_serve
    start sockkit probe -T --wait 20 127.0.0.1 "$PORT,$port"
    probe=$PID said=$OUT
    wait_for_line "$ERR" ":$port.*ECONNREFUSED"
    assert_equal "$(cat "$said")" ''
    start_serve -p "$port"
    wait_for_exit "$probe"
    assert_equal "$status" 0
    assert_equal "$(cut -f 2 "$said" | uniq -c | tr -d ' ')" 2open
}

@test "--wait --gone: until none is open" {
    local probe said
    start_serve
    start sockkit probe -T --wait 20 --gone 127.0.0.1 "$PORT,1"
    probe=$PID said=$OUT
    wait_for_line "$ERR" ":$PORT.* = 0 .*connected"
    assert_equal "$(cat "$said")" ''
    stop "$SERVER_PID"
    wait_for_exit "$probe"
    assert_equal "$status" 0
    assert_equal "$(cut -f 2 "$said" | uniq -c | tr -d ' ')" 2closed
}

@test "--wait --any: until one is open, whatever the others do" {
    start_serve
    start_silent
    run sockkit probe --any --wait inf -w 1h 127.0.0.1 "$PEER_PORT,$PORT"
    assert_success
    assert_line --partial "127.0.0.1:$PORT"$'\topen'
    # Nor what the rest of a range does.
    start_silent 127.9.9.9
    start_peer 's = listen("127.9.9.9", int(args[0])); announce(s); time.sleep(100)' $((PEER_PORT + 1))
    run sockkit probe --any --wait inf -w 1h 127.9.9.9 "$((PEER_PORT - 1))-$PEER_PORT"
    assert_success
    assert_output --partial "127.9.9.9:$PEER_PORT"$'\topen'
}

@test "--wait: a live row at a terminal tells what is missing; -v tells each change" {
    local port probe
    port=$(free_port)
    start_serve
    run script -qec "$SOCKKIT probe --wait 800ms 127.0.0.1 1,$PORT,2" /dev/null
    assert_output --regexp 'waiting [0-9.]+ m?s for 2 of 3: 127\.0\.0\.1:1 \(closed\), 127\.0\.0\.1:2 \(closed\)'$'\r\e\\[J'
    run script -qec "$SOCKKIT probe --wait 800ms --gone 127.0.0.1 1,$PORT" /dev/null
    assert_output --regexp "for the end of 1 of 2: 127\.0\.0\.1:$PORT \(open\)"
    run sockkit probe --wait 800ms 127.0.0.1 1
    refute_output --partial waiting
    start sockkit probe -v --wait 20 127.0.0.1 "$port" -a 127.0.0.1 "$PORT-$PORT"
    probe=$PID
    wait_for_line "$ERR" "^127.0.0.1:$port is closed after .*Connection refused"
    start_serve -p "$port"
    wait_for_exit "$probe"
    assert_equal "$status" 0
    assert_equal "$(grep -c "^127.0.0.1:$port is closed" "$DIR"/started.1.err)" 1
    assert_equal "$(grep -c "^127.0.0.1:$port is open after" "$DIR"/started.1.err)" 1
}

@test "--wait ran out: status 5, an attempt is cut off at the limit" {
    local begin
    start_silent
    begin=$(now_ms)
    run sockkit probe --wait 300ms -w 10s 127.0.0.1 "$PEER_PORT"
    assert_failure 5
    (($(now_ms) - begin < 2000))
    assert_line --partial "127.0.0.1:$PEER_PORT"$'\tno-answer'
    assert_line "sockkit probe: not open after 300 ms (--wait): 127.0.0.1:$PEER_PORT is no-answer"
    run sockkit probe -n --wait 200ms no-such-host
    assert_failure 5
}

@test "-- COMMAND: the same process, its arguments, its status; stdout is its own" {
    start_serve
    start sockkit probe --wait 10 127.0.0.1 "$PORT" -- sh -c 'echo "$$ $0 $*"; exit 7' a 'b c' --
    wait_for_exit "$PID"
    assert_equal "$status" 7
    assert_equal "$(cat "$OUT")" "$PID a b c --"
    assert_equal "$(cat "$ERR")" ''
    # The result with -v, on stderr.
    start sockkit probe -v 127.0.0.1 "$PORT" -- true
    wait_for_exit "$PID"
    assert_equal "$status" 0
    assert_equal "$(cat "$OUT")" ''
    assert_equal "$(cut -f 1,2 "$ERR")" "127.0.0.1:$PORT"$'\topen'
}

@test "-- COMMAND has default signals, none blocked, and no descriptor of ours; what nohup ignores stays ignored" {
    start_serve
    start sockkit probe 127.0.0.1 "$PORT" -- grep -E '^Sig(Ign|Blk)' /proc/self/status
    wait_for_exit "$PID"
    # 32 and 33 are libc's own.
    assert_equal "$(sed 's/[08]0000000$//' "$OUT" | cut -f 2 | tr 1 0)" '00000000
00000000'
    start sockkit probe 127.0.0.1 "$PORT" -- "$PYTHON" -c 'import os; print(len(os.listdir("/proc/self/fd")))'
    wait_for_exit "$PID"
    assert_equal "$(cat "$OUT")" 4 # 0 to 2, and the one that lists them
    start env --ignore-signal=HUP sockkit_is="$SOCKKIT" sh -c 'exec "$sockkit_is" probe 127.0.0.1 "$0" -- sh -c "kill -HUP \$\$; echo survived"' "$PORT"
    wait_for_exit "$PID"
    assert_equal "$(cat "$OUT")" survived
}

@test "-- COMMAND is not run when the ports are not as asked; 127 not found, 126 not executable" {
    start_serve
    run sockkit probe 127.0.0.1 "$PORT,1" -- echo hello
    assert_failure 1
    assert_output 'sockkit probe: COMMAND is not run: 127.0.0.1:1 is closed'
    run sockkit probe --wait 200ms 127.0.0.1 1 -- echo hello
    assert_failure 5
    refute_output --partial hello
    run -127 sockkit probe 127.0.0.1 "$PORT" -- ./no-such-command
    assert_output --partial 'cannot run ./no-such-command: No such file'
    run sockkit probe 127.0.0.1 "$PORT" -- ./
    assert_failure 126
}

@test "signals end it, as PID 1 too; --max-time does" {
    start sockkit probe -T --wait inf 127.0.0.1 1
    wait_for_line "$ERR" ECONNREFUSED
    stop "$PID"
    assert_equal "$status" 143
    start sockkit probe -T --wait inf 127.0.0.1 1 -- true
    wait_for_line "$ERR" ECONNREFUSED
    stop "$PID" INT
    assert_equal "$status" 130
    run sockkit probe --wait inf --max-time 100ms 127.0.0.1 1
    assert_failure 5
}

@test "what is known is shown when --max-time or a signal ends the run" {
    start_silent
    run sockkit probe --max-time 300ms -w 10s 127.0.0.1 "1,$PEER_PORT,2"
    assert_failure 5
    assert_line --partial $'127.0.0.1:1\tclosed'
    assert_line --partial "127.0.0.1:$PEER_PORT"$'\tno-answer'
    assert_line --partial $'127.0.0.1:2\tclosed'
    # One socket at a time: the last was never asked.
    run sockkit probe -j 1 --max-time 300ms -w 10s 127.0.0.1 "1,$PEER_PORT,2"
    assert_failure 5
    refute_output --partial 127.0.0.1:2
    start sockkit probe -T -w 100s 127.0.0.1 "$PEER_PORT,1"
    wait_for_line "$ERR" ECONNREFUSED
    stop "$PID" INT
    assert_equal "$status" 130
    assert_equal "$(cut -f 1,2 "$OUT")" $'127.0.0.1:1\tclosed'
    start sockkit probe -T --wait inf 127.0.0.1 1
    wait_for_line "$ERR" ECONNREFUSED
    stop "$PID"
    assert_equal "$(cut -f 1,2 "$OUT")" $'127.0.0.1:1\tclosed'
}

@test "what is known reaches a slow reader after --max-time; one that takes nothing does not hold up the end" {
    start_silent
    # More lines than a pipe holds, 64 KiB; then the probing pauses.
    run bash -c "\"\$0\" probe -a --max-time 3s -w 10s 127.0.0.1 1-9000,$PEER_PORT 2>err |
        { until grep -q 'not done' err; do sleep 0.01; done; wc -l; }" "$SOCKKIT"
    ((output > 1000)) # all that was known, had the reader been quick
    mkfifo stuck
    sleep 100 <>stuck &
    local holder=$! begin
    begin=$(now_ms)
    run bash -c "\"\$0\" probe -a --max-time 300ms -w 10s 127.0.0.1 1-9000,$PEER_PORT >stuck" "$SOCKKIT"
    kill "$holder"
    assert_failure 5
    (($(now_ms) - begin < 6000))
}

@test "--any and --at-least end with the ports that are enough" {
    local one two begin
    start_serve
    one=$PORT
    start_serve
    two=$PORT
    start_silent
    begin=$(now_ms)
    run sockkit probe --any -w 10s 127.0.0.1 "$PEER_PORT,$one"
    assert_success
    assert_equal "$(states)" "127.0.0.1:$one open"
    run sockkit probe --at-least 2 -w 10s 127.0.0.1 "$one,$PEER_PORT,$two"
    assert_success
    assert_equal "$(states)" "127.0.0.1:$one open
127.0.0.1:$two open"
    run sockkit probe --at-least 2 --wait 20 -w 10s 127.0.0.1 "$one,$PEER_PORT,$two"
    assert_success
    (($(now_ms) - begin < 8000))
    run sockkit probe -q --at-least 2 127.0.0.1 "$one,1"
    assert_failure 1
    run sockkit probe --at-least 2 --wait 300ms 127.0.0.1 "$one,1"
    assert_failure 5
    assert_line 'sockkit probe: not open after 300 ms (--wait): 1 of 2 ports are open'
}

@test "--wait --at-least: until so many are open" {
    local port
    port=$(free_port)
    start_serve
    start sockkit probe -T --wait 20 --at-least 2 127.0.0.1 "1,$PORT,$port"
    wait_for_line "$ERR" ":$port.*ECONNREFUSED"
    local probe=$PID
    start_serve -p "$port"
    wait_for_exit "$probe"
    assert_equal "$status" 0
}

@test "--banner: the first line that the service says, harmless; a silent one has none" {
    local begin
    start_speaker 'b"SSH-2.0-x\x1b[31m \xff\tz\r\nsecond\n"'
    run sockkit probe --banner 127.0.0.1 "$PEER_PORT"
    assert_success
    assert_equal "$(cut -f 2,5 <<<"$output")" 'open	SSH-2.0-x^[[31m \xff z'
    start_peer 'l = listen()
announce(l)
s = l.accept()[0]
for piece in b"in ", b"pieces\r", b"\nsecond":
    time.sleep(0.05)
    s.sendall(piece)
read_all(s)'
    run sockkit probe --banner 127.0.0.1 "$PEER_PORT"
    assert_equal "$(cut -f 2,5 <<<"$output")" 'open	in pieces'
    start_speaker 'b"login: "'
    run sockkit probe --banner -w 300ms 127.0.0.1 "$PEER_PORT"
    assert_success
    assert_equal "$(cut -f 2,5 <<<"$output")" 'open	login: '
    start_speaker 'b""'
    run sockkit probe --banner -w 300ms 127.0.0.1 "$PEER_PORT"
    assert_success
    assert_equal "$(cut -f 2,5 <<<"$output")" $'open\t'
    begin=$(now_ms)
    run sockkit probe --banner -w 1h -i 100ms 127.0.0.1 "$PEER_PORT"
    assert_success
    (($(now_ms) - begin < 5000))
}

@test "--send and --expect: open only when the answer has the text in it" {
    start_server echo --no-sandbox
    run sockkit probe --send 'PING one' --expect 'ING o' 127.0.0.1 "$PORT"
    assert_success
    assert_equal "$(cut -f 2 <<<"$output")" open
    run sockkit probe -w 300ms --send PING --expect PONG 127.0.0.1 "$PORT"
    assert_failure 1
    assert_equal "$(cut -f 2,5 <<<"$output")" $'unexpected\tPING'
    run sockkit probe --banner --send $'x\ny\n' 127.0.0.1 "$PORT"
    assert_success
    assert_equal "$(cut -f 5 <<<"$output")" x
}

@test "--escapes: bytes that no argument can hold, sent and expected" {
    start_peer '
s = listen()
announce(s)
s.settimeout(None)
while True:
    c, _ = s.accept()
    c.sendall(b"got " + c.recv(100) + b"\0\xff\r\n")
    c.close()'
    run sockkit probe --escapes --send '\0\x01\\n\t' --expect '\0\x01\\n\t\0\xff\r\n' 127.0.0.1 "$PEER_PORT"
    assert_success
    run sockkit probe --send '\0' --expect 'got \0' 127.0.0.1 "$PEER_PORT"
    assert_success
    refused '--send: "a\\q": a backslash stands before none of r n t 0' --escapes --send 'a\q' 127.0.0.1
    refused '--expect: "\\x4": a backslash stands before none of r n t 0' --escapes --expect '\x4' 127.0.0.1
}

@test "--send-file: any bytes, from a file or from stdin" {
    start_server echo --no-sandbox
    printf 'a\0b\377\n' >bytes
    run sockkit probe --escapes --send-file bytes --expect 'a\0b\xff\n' 127.0.0.1 "$PORT"
    assert_success
    run bash -c "cat bytes | \"\$0\" probe --escapes --send-file - --expect 'a\\0b\\xff\\n' 127.0.0.1 $PORT" "$SOCKKIT"
    assert_success
    run sockkit probe --send-file none 127.0.0.1
    assert_failure 1
    assert_output 'sockkit probe: cannot open none: No such file or directory'
    open_feed
    STDIN=$FEED start sockkit probe --send-file - 127.0.0.1 "$PORT"
    stop "$PID"
    assert_equal "$status" 143
    truncate -s 65508 large
    refused 'are too many for a datagram' --send-file large "udp://127.0.0.1:$PORT"
}

@test "--expect-regex: lines, their ends, and NUL" {
    start_speaker 'b"+OK\0 ready\r\n220 mail\r\nlogin: "'
    run sockkit probe --expect-regex '^2[0-9]+ mail$' 127.0.0.1 "$PEER_PORT"
    assert_success
    run sockkit probe --expect-regex 'OK. ready$' 127.0.0.1 "$PEER_PORT"
    assert_success
    run sockkit probe -w 300ms --expect-regex '^mail' 127.0.0.1 "$PEER_PORT"
    assert_failure 1
    assert_equal "$(cut -f 2,5 <<<"$output")" $'unexpected\t+OK^@ ready'
    # A prompt ends where no more comes.
    run sockkit probe -w 300ms --expect-regex '^login: $' 127.0.0.1 "$PEER_PORT"
    assert_success
    refused '--expect-regex: a(:' --expect-regex 'a(' 127.0.0.1
    refused '--expect and --expect-regex exclude each other' --expect a --expect-regex b 127.0.0.1
}

@test "--status: which answers of http targets count" {
    start_web
    run sockkit probe --status 404,500-599 "http://127.0.0.1:$PEER_PORT/HTTP/1.1_503_x" "http://127.0.0.1:$PEER_PORT/HTTP/1.1_404_x"
    assert_success
    run sockkit probe --status 404 "http://127.0.0.1:$PEER_PORT/HTTP/1.1_200_OK"
    assert_failure 1
    assert_equal "$(cut -f 2,5 <<<"$output")" $'unexpected\tHTTP/1.1 200 OK'
    refused '--status: ok: not a status' --status ok 127.0.0.1
    refused '--status: 20: a status is 100 to 999' --status 20 127.0.0.1
}

@test "a wrong answer is unexpected when the peer ends, or the limit has come; an end without a byte is no answer" {
    start_speaker 'b"-ERR no\r\nmore"'
    run sockkit probe -w 300ms --expect PONG 127.0.0.1 "$PEER_PORT"
    assert_failure 1
    assert_equal "$(cut -f 2,5 <<<"$output")" $'unexpected\t-ERR no'
    run sockkit probe -w 20s --json --send x --expect PONG 127.0.0.1 "$PEER_PORT"
    assert_failure 1
    assert_output --partial '"state":"unexpected"'
    assert_output --partial '"banner":"-ERR no"'
    start_peer '
s = listen()
announce(s)
s.settimeout(None)
while True:
    s.accept()[0].close()'
    run sockkit probe --expect PONG 127.0.0.1 "$PEER_PORT"
    assert_failure 1
    assert_equal "$(cut -f 2,5 <<<"$output")" $'no-answer\t'
}

@test "a service that resets the connection, or takes no more, before all is asked and answered has not answered" {
    start_peer '
s = listen()
announce(s)
s.settimeout(None)
while True:
    c, _ = s.accept()
    c.recv(1)
    c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    c.close()'
    run sockkit probe --banner --send hello 127.0.0.1 "$PEER_PORT"
    assert_failure 1
    assert_equal "$(cut -f 2,5 <<<"$output")" $'no-answer\tConnection reset by peer'
    run sockkit probe --json --banner --send hello 127.0.0.1 "$PEER_PORT"
    assert_failure 1
    assert_output --partial '"state":"no-answer"'
    assert_output --partial '"error":"Connection reset by peer"'
    start_peer '
s = listen()
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
announce(s)
time.sleep(100)'
    head -c 10000000 /dev/zero >bytes
    run sockkit probe -w 200ms --send-file bytes 127.0.0.1 "$PEER_PORT"
    assert_failure 1
    assert_equal "$(cut -f 2,5 <<<"$output")" $'no-answer\t'
}

@test "--send without an answer to wait for delivers what it sends" {
    start_speaker 'b""'
    run sockkit probe --send bonjour 127.0.0.1 "$PEER_PORT"
    assert_success
    wait_for_line "$PEER_OUT" "^b'bonjour'$"
    start_peer 'l = listen()
l.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
announce(l)
s = l.accept()[0]
time.sleep(0.1) # so that most of it waits at its sender
assert len(read_all(s)) == 100000'
    run sockkit probe --send "$(head -c 100000 /dev/zero | tr '\0' x)" 127.0.0.1 "$PEER_PORT"
    assert_success
    wait_for_exit "$PEER_PID"
    assert_equal "$status" 0
}

@test "a probed server sees a connection that opens and closes; no TIME_WAIT is left" {
    start_peer '
s = listen()
announce(s)
c = s.accept()[0]
print(c.recv(100))
time.sleep(100)'
    run sockkit probe -b 127.0.0.99 127.0.0.1 "$PEER_PORT"
    assert_success
    wait_for_line "$PEER_OUT" "^b''$"
    # Nor anything that could become one.
    run awk -v port="$(printf ':%04X$' "$PEER_PORT")" '$2 ~ /^(6300007F|7F000063):/ && $3 ~ port' /proc/net/tcp
    assert_output ''
}

@test "UDP: open on an answer, closed on a refusal, else no-answer" {
    local silent closed
    closed=$(closed_port)
    start_peer '
s = datagram()
announce(s)
time.sleep(100)'
    silent=$PEER_PORT
    start_peer '
s = datagram()
announce(s)
s.settimeout(None)
while True:
    data, a = s.recvfrom(70000)
    s.sendto(b"got " + data + b"\nmore", a)'
    run sockkit probe -u -w 300ms 127.0.0.1 "$PEER_PORT,$silent,$closed"
    assert_failure 1
    assert_equal "$(states)" "127.0.0.1:$PEER_PORT open
127.0.0.1:$silent no-answer
127.0.0.1:$closed closed"
    local answers=$PEER_PORT
    start_peer '
s = datagram()
announce(s)
s.sendto(b"", s.recvfrom(1)[1])'
    run sockkit probe -u 127.0.0.1 "$PEER_PORT"
    assert_success
    PEER_PORT=$answers
    run sockkit probe -u --banner --send hello --expect more -p "$PEER_PORT"
    assert_success
    assert_equal "$(cut -f 1,2,5 <<<"$output")" "localhost:$PEER_PORT	open	got hello"
    run sockkit probe -u -w 300ms --send hello --expect never 127.0.0.1 "$PEER_PORT"
    assert_failure 1
    assert_equal "$(cut -f 2,5 <<<"$output")" $'unexpected\tgot hello'
    # Nobody but the probe itself is there.
    run sockkit probe -u -b "127.0.0.1:$closed" 127.0.0.1 "$closed"
    assert_failure 1
    assert_equal "$(states)" "127.0.0.1:$closed closed"
    run sockkit probe -u --send "$(head -c 65508 /dev/zero | tr '\0' x)" 127.0.0.1
    assert_failure 2
    assert_output 'sockkit probe: 65508 bytes to be sent are too many for a datagram (at most 65507)'
}

@test "Unix sockets: streams and datagrams" {
    start_peer '
s = socket.socket(socket.AF_UNIX)
s.bind("stream")
s.listen()
d = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
d.bind("datagram")
announce(s)
d.settimeout(None)
while True:
    data, a = d.recvfrom(1000)
    d.sendto(b"yes", a)'
    run sockkit probe unix:stream unix:none -p 1 127.0.0.1
    assert_failure 1
    assert_equal "$(states)" "unix:stream open
unix:none closed
127.0.0.1:1 closed"
    run sockkit probe -u --banner -U datagram
    assert_success
    assert_equal "$(cut -f 1,2,5 <<<"$output")" "unix:datagram	open	yes"
    run sockkit probe -u -w 200ms unix:none
    assert_failure 1
    assert_equal "$(states)" "unix:none closed"
}

@test "-c: rounds, then a summary of each target" {
    start_serve
    run sockkit probe -c 3 -I 10ms 127.0.0.1 "$PORT,1"
    assert_failure 1
    assert_equal "${#lines[@]}" 8
    assert_equal "$(states | head -n 6 | cut -d ' ' -f 2 | sort | uniq -c | tr -s ' ')" ' 3 closed
 3 open'
    assert_line --regexp "^127.0.0.1:$PORT"$'\t3 probes\t3 open\t0% loss\tmin/avg/max/stddev = [0-9.]+/[0-9.]+/[0-9.]+/[0-9.]+ ms\tp50/p95/p99 = [0-9.]+/[0-9.]+/[0-9.]+ ms$'
    assert_line $'127.0.0.1:1\t3 probes\t0 open\t100% loss'
}

@test "-c: a name is looked up anew in each round" {
    local map=()
    [ "$(id -u)" = 0 ] || map=(--map-root-user)
    printf '127.0.0.1 host.test\n' >hosts
    # Once the first round is shown the name leads elsewhere.
    cat >scene <<'END'
mount --bind hosts /etc/hosts
"$SOCKKIT" probe -v -I 10ms host.test 1 >out 2>err &
until grep -q 'is 127.0.0.1 ' err; do sleep 0.01; done
echo '127.0.0.9 host.test' >hosts
until grep -q 'is 127.0.0.9 ' err; do sleep 0.01; done
kill $!
END
    run timeout 10 unshare "${map[@]}" --mount bash scene
    assert_success
}

# True when at least N lines of FILE match REGEX.
lines_match() { (($(grep -acE -e "$2" "$1") >= $3)); }

@test "SIGUSR1 and Ctrl-\\ tell what the rounds have come to, or how far the run is, and end nothing" {
    local signal told=0
    start_serve
    start sockkit probe -I 10ms 127.0.0.1 "$PORT"
    wait_for_line "$OUT" open
    for signal in USR1 QUIT; do
        kill -s "$signal" "$PID"
        wait_until lines_match "$ERR" "^127.0.0.1:$PORT"$'\t[0-9]+ probes\t[0-9]+ open\t0% loss\tmin.*p50/p95/p99 = ' $((++told))
    done
    stop "$PID" INT
    assert_equal "$status" 130
    start_silent
    told=0
    start sockkit probe -T -w 100s 127.0.0.1 "1,$PEER_PORT"
    wait_for_line "$ERR" ECONNREFUSED
    for signal in USR1 QUIT; do
        kill -s "$signal" "$PID"
        wait_until lines_match "$ERR" '^1 of 2 ports probed, 0 open$' $((++told))
    done
    stop "$PID"
    assert_equal "$status" 143
    start sockkit probe -T --wait inf 127.0.0.1 1
    wait_for_line "$ERR" ECONNREFUSED
    kill -s USR1 "$PID"
    wait_for_line "$ERR" '^waiting .* for 1 of 1: 127.0.0.1:1'
    stop "$PID"
}

@test "--graph: bars of the last rounds, once at the end where stdout is no terminal" {
    start_serve
    start_silent
    run sockkit probe --graph -c 2 -I 10ms -w 100ms 127.0.0.1 "$PORT,$PEER_PORT,1"
    assert_failure 1
    assert_equal "$(grep -c 'no-answer' <<<"$output")" 2
    assert_line --regexp "^127.0.0.1:$PORT"$'\t[▁▂▃▄▅▆▇█]{2}\tat most [0-9.]+ ms$'
    assert_line "127.0.0.1:$PEER_PORT"$'\t××'
    assert_line $'127.0.0.1:1\t!!'
    run sockkit probe --json --graph -c 2 -I 10ms -w 100ms 127.0.0.1 "$PORT,$PEER_PORT"
    assert_line --regexp "\"port\":$PORT,\"probes\":2,.*\"p99\":[0-9.]+,\"rounds\":\[[0-9.]+,[0-9.]+\]}"
    assert_line --regexp '"probes":2,.*"rounds":\[null,null\]}'
    refused '--graph and --wait exclude each other' --graph --wait 1
}

@test "--graph at a terminal: drawn again in place, narration above it" {
    start_serve
    run script -qec "stty cols 70 rows 10; $SOCKKIT probe --graph -v -c 3 -I 100ms localhost $PORT,1" /dev/null
    assert_line --index 0 --regexp '^localhost is .*looked up in'
    assert_line --regexp $'^\e\\[2A\r\e\\[J'"localhost:$PORT  [▁▂▃▄▅▆▇█]{3}  at most"
    assert_line --regexp 'localhost:1 +!!!'
    refute_output --partial 'closed'
    assert_line --regexp '3 probes +3 open'
    # No more rows than there are.
    run script -qec "stty cols 70 rows 4; $SOCKKIT probe --graph -c 1 127.0.0.1 1,2,3,4,5" /dev/null
    assert_equal "$(grep -c '!' <<<"$output")" 4
    refute_output --partial $'\e[3A'
}

@test "-I alone goes on until interrupted, and then has its summary too" {
    start_serve
    start sockkit probe -I 10ms 127.0.0.1 "$PORT"
    wait_for_line "$OUT" open
    stop "$PID" INT
    assert_equal "$status" 130
    wait_for_line "$OUT" 'min/avg/max/stddev = '
}

@test "-b: the source address and port; one that is not ours is status 6" {
    start_peer '
s = listen()
announce(s)
s.settimeout(None)
while True:
    c, a = s.accept()
    print(a[0])
    c.close()'
    run sockkit probe -b 127.0.0.9 127.0.0.1 "$PEER_PORT"
    assert_success
    wait_for_line "$PEER_OUT" '^127\.0\.0\.9$'
    run sockkit probe -b 192.0.2.1 127.0.0.1 "$PEER_PORT"
    assert_failure 6
    assert_output --partial 'cannot bind to 192.0.2.1'
}

@test "-v tells how long a look-up took, apart from the connection" {
    start_serve
    run sockkit probe -v localhost "$PORT"
    assert_success
    assert_line --regexp '^localhost is .*127\.0\.0\.1.* \(looked up in [0-9.]+ ms\)$'
}

@test "a reader of stdout that has gone ends the rounds between two of them; with -q and a COMMAND nobody reads" {
    start_serve
    peer '
p = sockkit("probe", "-c", 2, "-I", 100, "127.0.0.1", args[0])
assert p.stdout.readline()
p.stdout.close()
assert ended(p, -signal.SIGPIPE)[1] == ""
out, end = os.pipe()
os.close(out)
for words in ["-q"], ["-q", "-c", 2, "-I", 0.1]:
    assert sockkit("probe", *words, "127.0.0.1", args[0], stdout=end).wait(10) == 0
assert sockkit("probe", "127.0.0.1", args[0], "--", "true", stdout=end).wait(10) == 0' "$PORT"
}

@test "a reader of stdout that has gone, and a disk that is full" {
    run bash -c "\"\$0\" probe -a 127.0.0.1 1-9000 | head -n 1; exit \${PIPESTATUS[0]}" "$SOCKKIT"
    assert_failure 141
    run bash -c "\"\$0\" probe 127.0.0.1 1 >/dev/full" "$SOCKKIT"
    assert_failure 1
    assert_output 'sockkit probe: cannot write to stdout: No space left on device'
}

refused() { # WORDS ARG...: a usage error that says them
    run sockkit probe "${@:2}"
    assert_failure 2
    assert_line --partial "$1"
    assert_equal "${#lines[@]}" 1
}

@test "usage errors" {
    refused 'port: "0": out of range' 127.0.0.1 0
    refused 'port: "65536": out of range' 127.0.0.1 65536
    refused 'port: "80-": a range is two numbers' 127.0.0.1 80-
    refused 'port: "90-80": the range ends before it begins' 127.0.0.1 90-80
    refused 'port: "80,,81": a port is missing' 127.0.0.1 80,,81
    refused 'port: "80,no-such-service": unknown service name' 127.0.0.1 80,no-such-service
    refused "'80,http' is no host" 80,http
    refused '--port: "no-such-service": unknown service name' -p no-such-service 127.0.0.1
    refused '--port: "": an empty value' -p '' 127.0.0.1
    refused "'80' is no host (use -p 80)" 80
    refused "'81' is no host" 127.0.0.1 80 81
    refused '--port 81 and :80 disagree' -p 81 127.0.0.1:80
    refused 'the ports of 127.0.0.1 are given twice' 127.0.0.1:80 81
    refused 'the ports of localhost are given twice' :80 81
    refused 'port: "0": out of range' 127.0.0.1:0
    refused 'which -4 forbids' -4 ::1
    refused '--any and --gone exclude each other' --any --gone
    refused '--wait and --count exclude each other' --wait 1 -c 1
    refused '--jobs: "0": out of range' -j 0
    refused '--count: "0": out of range' -c 0
    refused '--expect: "": an empty value' --expect ''
    refused 'unexpected operand' -U /path 127.0.0.1
    refused "--exclude: '80' is no host" --exclude 80 127.0.0.1
    refused "10.0.0.0/33" 10.0.0.0/33
    refused "--any and --at-least exclude each other" --at-least 1 --any 127.0.0.1
    refused 'has no port' unix:/path 80
    refused "unknown option '--baner' (did you mean '--banner'?)" --baner
}
