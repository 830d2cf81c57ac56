# Names, addresses and sources: what connect makes of them. Each test has a network of its own: the loopback, and
# 192.0.2.1 and 2001:db8::1 on a link where nobody else answers.
# shellcheck disable=SC2016,SC2030,SC2031,SC2153,SC2154

load helper

setup() {
    helper_setup
    local map=()
    [ "$(id -u)" = 0 ] || map=(--map-root-user)
    mkfifo ready
    start unshare "${map[@]}" --net --mount sh -c '
        ip link set lo up
        ip link add quiet type veth peer name nobody
        ip link set quiet arp off up
        ip link set nobody up
        ip address add 192.0.2.1/24 dev quiet
        ip -6 address add 2001:db8::1/64 dev quiet nodad
        echo >ready
        exec sleep 1000'
    NETWORK=$PID
    read -r <ready
    FRESH=(nsenter --user="/proc/$NETWORK/ns/user" --net="/proc/$NETWORK/ns/net" --mount="/proc/$NETWORK/ns/mnt" --wd="$PWD" --preserve-credentials "${FRESH[@]}")
    [ "$(id -u)" != 0 ] || unset 'FRESH[1]'
}

inside() { "${FRESH[@]}" "$@"; }

# The network's own hosts file: hosts LINE...
hosts() {
    printf '%s\n' '127.0.0.1 localhost' '::1 localhost' "$@" >hosts
    echo 'hosts: files dns' >nsswitch
    echo 'nameserver 127.0.0.1' >resolv
    inside mount --bind hosts /etc/hosts
    inside mount --bind nsswitch /etc/nsswitch.conf
    inside mount --bind resolv /etc/resolv.conf
}

# A name server that says nothing (SILENT), or that there is no such name: name_server CODE.
name_server() {
    start_peer 'd = datagram(port=53)
announce(d)
d.settimeout(None)
while True:
    question, peer = d.recvfrom(2000)
    print("asked", flush=True)
    '"$1"
}
SILENT='pass'
NO_SUCH_NAME='d.sendto(question[:2] + b"\x81\x83" + question[4:], peer)'

# How long the last command took, in ms: timed COMMAND...; sets took.
timed() {
    local begin=${EPOCHREALTIME/./}
    "$@"
    took=$(((${EPOCHREALTIME/./} - begin) / 1000))
}

# --- which port ---

@test "port 0 is one that is free in both families, for UDP too, however few there are" {
    echo 40000 40007 | inside tee /proc/sys/net/ipv4/ip_local_port_range
    start_peer 'taken = [listen("::1", p) for p in (40000, 40001, 40003, 40005, 40007)]
others = [datagram("::1", p) for p in (40002, 40006)]
announce(taken[0])
signal.pause()'
    run -5 sockkit serve -p 0 -w 1ms
    assert_line --index 1 --regexp '^listening on \[::1\]:4000[246]$'
    run -5 sockkit echo -u -p 0 -w 1ms
    assert_equal "$(grep -cx 'listening on \(127.0.0.1\|\[::1\]\):40004' <<<"$output")" 4
}

# --- where a server listens ---

# What a server says of where it can be reached: places WORD...
places() {
    run -5 sockkit "$@" -w 1ms
    grep -e '^listening' -e '^reachable' <<<"$output" >places || [ "$?" = 1 ]
}

@test "-b is repeatable for servers: each address is listened on, once, at its own port or that of -p" {
    places serve -b 127.0.0.3 -b 192.0.2.1 -b ::1 -b localhost -b 127.0.0.3:60000
    diff places - <<<'listening on 127.0.0.3:60000
listening on 192.0.2.1:60000
listening on [::1]:60000
listening on 127.0.0.1:60000'
    places echo -u -b 127.0.0.3:7 -b '[::1]:8'
    diff places - <<<'listening on 127.0.0.3:7
listening on [::1]:8
listening on 127.0.0.3:7
listening on [::1]:8'
    places udp-serve -b 127.0.0.3:7 -b '[::1]:8'
    diff places - <<<'listening on 127.0.0.3:7
listening on [::1]:8'
    places serve -b 127.0.0.3 -b 127.0.0.4:7 -b 127.0.0.5:0 -b '[::1]:0'
    run -0 sort -u <(sed 's/.*://' places)
    assert_equal "${#lines[@]}" 3
    start_serve -p 60000 -b 127.0.0.3 -b 2001:db8::1 hello
    for host in 127.0.0.3 2001:db8::1; do
        run -0 sockkit connect "$host" </dev/null
        assert_output hello
    done
    run -4 sockkit connect 127.0.0.1
}

@test "-b repeated, port 0: one that is free in all, whichever of them it is taken in" {
    echo 40000 40007 | inside tee /proc/sys/net/ipv4/ip_local_port_range
    start_peer 'taken = [listen("127.0.0.2", p) for p in (40000, 40001, 40002)] + [listen("127.0.0.3", p) for p in (40003, 40004, 40005)]
others = [datagram("127.0.0.2", p) for p in (40006, 40005)]
announce(taken[0])
signal.pause()'
    for round in 1 2 3; do
        echo "# $round"
        places serve -p 0 -b 127.0.0.1 -b 127.0.0.2 -b 127.0.0.3
        assert_equal "$(grep -cx 'listening on 127.0.0.[123]:4000[67]' places)" 3
        assert_equal "$(sed 's/.*://' places | sort -u | wc -l)" 1
        places echo -u -b 127.0.0.1:0 -b 127.0.0.2:0 -b 127.0.0.3:0 -b 127.0.0.1:40000
        assert_equal "$(grep -cx 'listening on 127.0.0.[123]:40007' places)" 6
        assert_equal "$(grep -cx 'listening on 127.0.0.1:40000' places)" 2
    done
}

@test "-b repeated: one that is taken, or none of this machine, is status 6 with nothing left open; too many, and two of a client, status 2" {
    start_peer 's = listen("127.0.0.3", 7000)
announce(s)
signal.pause()'
    run -6 sockkit serve -p 7000 -b 127.0.0.1 -b 127.0.0.3
    assert_output --partial 'cannot listen on 127.0.0.3:7000: Address already in use'
    run -6 sockkit serve -p 0 -b 127.0.0.1 -b 192.0.2.77
    assert_output --partial 'cannot listen on 192.0.2.77:'
    local many=() i
    for i in {1..17}; do many+=(-b "127.0.0.$i"); done
    run -2 sockkit serve "${many[@]}"
    assert_output --partial "at most 16"
    run -6 sockkit serve "${many[@]:2:30}" -b '*'
    assert_output --partial 'more than 16 addresses'
    run -2 sockkit serve -b 127.0.0.1 -b ''
    for client in connect udp-send probe; do
        run -2 sockkit "$client" -b 127.0.0.1 -b 127.0.0.2 127.0.0.1:1
        assert_output --partial 'a client has one address'
    done
}

@test "-b '*' says under which addresses the machine is reachable, each once, not the loopback's, and not with -q" {
    [ -z "${PORTABLE:-}" ] || return 0 # the system does not tell
    inside ip address add 192.0.2.2/24 dev quiet
    for applet in serve 'echo -u' udp-serve 'echo --workers 2'; do
        # shellcheck disable=SC2086
        places $applet -b '*'
        diff <(grep reachable places) - <<<'reachable at 192.0.2.1:60000
reachable at 192.0.2.2:60000
reachable at [2001:db8::1]:60000'
    done
    places serve -4 -b '*:7'
    diff <(grep reachable places) - <<<'reachable at 192.0.2.1:7
reachable at 192.0.2.2:7'
    places serve -b 192.0.2.1
    run ! grep reachable places
    places serve -q -b '*'
    [ ! -s places ]
}

# --- which address ---

@test "the default is port 60000 of both loopback addresses, in serve and in connect" {
    start sockkit serve --once Welcome
    wait_for_line "$ERR" '^listening on \[::1\]:60000$'
    wait_for_line "$ERR" '^listening on 127.0.0.1:60000$'
    run -0 sockkit connect </dev/null
    assert_output Welcome
}

@test "-4 and -6 try that family alone" {
    hosts
    start_serve -b ::1 Welcome
    run -4 sockkit connect -4 "localhost:$PORT" Hello
    assert_output --partial "cannot connect to localhost:$PORT: Connection refused ("
    run -0 sockkit connect -6 "localhost:$PORT" Hello
    start_serve -b 127.0.0.1 Welcome
    run -4 sockkit connect -6 "localhost:$PORT" Hello
    run -0 sockkit connect -4 "localhost:$PORT" Hello
    run -0 sockkit connect "localhost:$PORT" Hello
    assert_output Welcome
}

@test "where the first address of a name does not answer, the next is tried 250 ms later, and wins" {
    hosts '2001:db8::2 slow' '192.0.2.1 slow'
    start_serve -b 192.0.2.1 Welcome
    timed run --separate-stderr sockkit connect -T "slow:$PORT" Hello
    assert_success
    assert_output Welcome
    ((took >= 250 && took < 2400))
    mapfile -t lines < <(grep -v '^\.\.\. ' <<<"$stderr")
    assert_regex "${lines[0]}" '^socket\(AF_INET6'
    assert_regex "${lines[1]}" '^socket\(AF_INET,'
    assert_regex "${lines[2]}" "^connect\\(.*192.0.2.1:$PORT\\) *= 0 "
    assert_regex "${lines[3]}" "^connect\\(.*\\[2001:db8::2\\]:$PORT\\) *= -1 +EINPROGRESS: .* none is needed any more"
}

@test "families take turns, whatever the order of the look-up" {
    hosts '2001:db8::2 slow' '2001:db8::3 slow' '2001:db8::4 slow' '192.0.2.2 slow' '192.0.2.3 slow'
    run -5 --separate-stderr sockkit connect -T -w 1300ms slow:1 Hello
    printf '%s\n' "${stderr_lines[@]}" | sed -n 's/^socket(\(AF_INET6*\),.*/\1/p' >families
    assert_equal "$(paste -sd' ' families)" 'AF_INET6 AF_INET AF_INET6 AF_INET AF_INET6'
    assert_equal "${stderr_lines[-1]}" 'sockkit connect: cannot connect to slow:1: timed out'
}

@test "a refusal moves on to the next address at once" {
    hosts '2001:db8::1 some' '192.0.2.1 some'
    start_serve -b 192.0.2.1 Welcome
    for round in 1 2 3 4 5; do
        echo "# $round"
        timed run -0 sockkit connect "some:$PORT" Hello
        ((took >= 240)) || return 0
    done
    false
}

@test "the first to connect wins, also an attempt older than the last" {
    hosts '2001:db8::1 slow' '192.0.2.2 slow'
    peer '
l = socket.socket(socket.AF_INET6)
l.bind(("2001:db8::1", 0))
l.listen(0)
port = l.getsockname()[1]
others = [socket.create_connection(("2001:db8::1", port))]
for i in range(2): # until its queue is full
    o = socket.socket(socket.AF_INET6)
    o.setblocking(False)
    o.connect_ex(("2001:db8::1", port))
    others.append(o)
p = sockkit("connect", "-T", "slow", port)
while b"AF_INET," not in p.stderr.readline(): pass
accepted = [l.accept()[0]]
mine = None
while not mine:
    s, peer = l.accept()
    mine = s if peer[1] not in [o.getsockname()[1] for o in others] else None
    accepted.append(s)
mine.sendall(b"Welcome")
mine.close()
p.stdin.close()
assert ended(p)[0] == b"Welcome"'
}

@test "the family that is missing is not what the error is about" {
    inside ip -6 address flush dev lo
    run -4 sockkit connect :1 Hello
    assert_output 'sockkit connect: cannot connect to localhost:1: Connection refused (is a server listening there?)'
}

@test "an address that cannot be reached is status 4" {
    run -4 sockkit connect 198.51.100.1:1 Hello
    assert_output 'sockkit connect: cannot connect to 198.51.100.1:1: Network is unreachable (no route; try -4 or -6)'
    inside ip route add unreachable 198.51.100.0/24
    run -4 sockkit connect 198.51.100.1:1 Hello
    assert_output 'sockkit connect: cannot connect to 198.51.100.1:1: No route to host'
}

@test "a link-local address without its interface: status 4 and what is missing" {
    run -4 sockkit connect fe80::2 1 Hello
    assert_output 'sockkit connect: cannot connect to [fe80::2]:1: Invalid argument (a link-local address needs its interface behind it: %eth0)'
    run -5 sockkit connect -w 200ms fe80::2%quiet 1 Hello
    assert_output 'sockkit connect: cannot connect to [fe80::2%quiet]:1: timed out'
}

# connect or udp-send to $1 (and what else), is refused because of a server at $2 alone; $3 is the advice.
refused_for() {
    local words=' (is a server listening there?)' client=${APPLET:-connect} icmp
    [ "$client" = connect ] || words=' (an ICMP port-unreachable came back: is a receiver there?)'
    if [ -z "$PORTABLE" ]; then
        icmp='an ICMP port-unreachable came back; a receiver is at'
        words=" (a server listens on $2 only: $3, or start it with -b '*')"
        [ "$client" = connect ] || words=" ($icmp $2 only: $3, or start it with -b '*')"
    fi
    # shellcheck disable=SC2086
    run -4 sockkit "$client" $1 Hello
    [[ $output == *": Connection refused$words" ]] || fail "$output"
}

@test "a refusal names who has the port elsewhere on this machine, and says what to do" {
    start_serve -6
    refused_for "-4 :$PORT" "[::1]:$PORT" -6
    refused_for "127.0.0.1 $PORT" "[::1]:$PORT" -6
    refused_for "192.0.2.1 $PORT" "[::1]:$PORT" -6
    refused_for "2001:db8::1 $PORT" "[::1]:$PORT" 'connect there'
    start_serve -4
    refused_for "-6 :$PORT" "127.0.0.1:$PORT" -4
    refused_for "192.0.2.1 $PORT" "127.0.0.1:$PORT" 'connect there'
    start_serve -b 0.0.0.0
    refused_for "-6 :$PORT" "0.0.0.0:$PORT" -4
    start_serve -b 192.0.2.1
    refused_for ":$PORT" "192.0.2.1:$PORT" 'connect there'
    start_serve
    refused_for "192.0.2.1 $PORT" "127.0.0.1:$PORT, [::1]:$PORT" 'connect there'
    run -4 sockkit connect :1 Hello
    assert_output 'sockkit connect: cannot connect to localhost:1: Connection refused (is a server listening there?)'
    run -5 sockkit connect -w 50ms 192.0.2.7 "$PORT" Hello # another machine
    refute_output --partial 'listens on'
}

@test "a refused datagram names who has the port elsewhere, and the ICMP message that came back" {
    local APPLET=udp-send
    start_server udp-serve -6
    refused_for "-r1 -4 :$PORT" "[::1]:$PORT" -6
    start_server udp-serve -4
    refused_for "-r1 ::1 $PORT" "127.0.0.1:$PORT" -4
    refused_for "-r1 192.0.2.1 $PORT" "127.0.0.1:$PORT" 'send there'
    start_peer 's = datagram(); s.connect(("127.0.0.1", 9)); announce(s); time.sleep(100)'
    run -4 sockkit udp-send -6 -r1 ":$PEER_PORT" Hello # that one is for its peer alone
    assert_output --partial '(an ICMP port-unreachable came back: is a receiver there?)'
}

@test "where the kernel answers no question of sock_diag(7), its tables say the same" {
    start_serve -6
    local real=$SOCKKIT SOCKKIT=$DIR/denied APPLET
    export ASAN_OPTIONS=detect_leaks=0 # it cannot work below strace
    printf '#!/bin/sh\nexec strace -D -f -qq -o calls.$$ -e trace=socket -e inject=socket:error=EPERM:when=%s "%s" "$@"\n' '2+' "$real" >denied
    chmod +x denied
    refused_for "127.0.0.1 $PORT" "[::1]:$PORT" -6
    run -6 sockkit connect -b "[::1]:$PORT" ::1 1
    assert_output --partial "$(told " (by sockkit, pid $SERVER_PID)")"
    SOCKKIT=$real start_server udp-serve -4
    APPLET=udp-send
    refused_for "-r1 ::1 $PORT" "127.0.0.1:$PORT" -4
    run -6 sockkit udp-send -b "127.0.0.1:$PORT" 127.0.0.1:1 Hello
    assert_output --partial "$(told " (by sockkit, pid $SERVER_PID)")"
    [ -n "$PORTABLE" ] || grep -qs 'EPERM.*INJECTED' calls.*
}

@test "a refusal costs at most 20 system calls, from the socket to the end of the program" {
    export ASAN_OPTIONS=detect_leaks=0 # it cannot work below strace
    run -4 inside strace -qq -o calls "$SOCKKIT" connect 127.0.0.1:1
    assert [ "$(sed -n '/^socket(/,$p' calls | wc -l)" -le 20 ]
}

@test "a port that is for root: the error says so, and what to do" {
    local arguments
    for arguments in 'serve -p 80' 'udp-serve -p 80' 'connect -b :80 localhost' 'udp-send -b :80 localhost hello'; do
        # shellcheck disable=SC2086
        run -6 inside setpriv --bounding-set -net_bind_service "$SOCKKIT" $arguments </dev/null
        assert_output --regexp ':80: Permission denied \(ports below 1024 are for root: choose one above\)$'
    done
}

# --- limits ---

@test "nobody answers within -w: status 5" {
    timed run -5 sockkit connect -w 300ms 192.0.2.2:1 Hello
    assert_output 'sockkit connect: cannot connect to 192.0.2.2:1: timed out'
    ((took >= 300))
}

@test "a server whose accept queue is full does not answer either, and the error says so" {
    local host
    for host in 127.0.0.1 ::1 192.0.2.1; do
        start_silent "$host"
        run -5 sockkit connect -w 300ms "$host" "$PEER_PORT" Hello
        assert_output --regexp ": timed out$(told ' \(the queue of the server there is full, with 1 waiting for its accept\)')$"
    done
    peer '
l = socket.socket(socket.AF_UNIX); l.bind("socket"); l.listen(0)
others = [socket.socket(socket.AF_UNIX) for _ in range(2)]
for o in others: o.setblocking(False); o.connect_ex("socket")
assert ended(sockkit("connect", "-w", "300ms", "-U", "socket", "Hello"), 5)[1].endswith(
    "timed out (the queue of the server there is full: it accepts nobody)\n")'
}

@test "a connection that hangs before a full queue is explained while it hangs, once" {
    [ -z "$PORTABLE" ] || return 0
    start_silent
    start sockkit connect "127.0.0.1:$PEER_PORT" Hello
    wait_for_line "$ERR" "^no answer yet from 127.0.0.1:$PEER_PORT \\(the queue of the server there is full, with 1 waiting for its accept\\)$"
    stop "$PID"
    assert_equal "$(wc -l <"$ERR")" 1
    # where the queue is not known to be full nothing is told
    run -5 sockkit connect -w 1100ms 192.0.2.2:1 Hello
    assert_output 'sockkit connect: cannot connect to 192.0.2.2:1: timed out'
}

@test "--retry: each attempt is bounded by -w, all of them by TIME" {
    timed run -5 sockkit connect -v -w 100ms --retry 800ms 192.0.2.2:1 Hello
    assert_equal "${lines[0]}" 'cannot connect to 192.0.2.2:1: timed out; trying again'
    ((${#lines[@]} >= 3 && took >= 700))
    assert_equal "${lines[-1]}" 'sockkit connect: cannot connect to 192.0.2.2:1: timed out'
    timed run -5 sockkit connect --retry 400ms 192.0.2.2:1 Hello
    ((took >= 400 && took < 4000))
}

@test "-w holds during a look-up that is not answered: status 5" {
    hosts
    name_server "$SILENT"
    timed run -5 sockkit connect -w 300ms slow.test Hello
    assert_output 'sockkit connect: cannot resolve slow.test: timed out'
    ((took >= 300 && took < 4000))
    assert_equal "$(sort -u "$PEER_OUT")" asked
    run -5 sockkit connect -w 300ms -b slow.test
    assert_output 'sockkit connect: cannot resolve slow.test: timed out'
    timed run -5 sockkit udp-send -w 300ms slow.test Hello
    assert_output 'sockkit udp-send: cannot resolve slow.test: timed out'
    ((took >= 300 && took < 4000))
    timed run -3 --separate-stderr sockkit probe -w 300ms slow.test
    assert_regex "$output" '^slow.test:60000.unresolved.[0-9]+\.'
    assert_equal "$stderr" 'sockkit probe: cannot resolve slow.test: timed out'
    ((took >= 300 && took < 4000))
}

@test "the limit counts the look-up and the attempts together" {
    hosts
    start_peer 'd = datagram(port=53)
announce(d)
d.settimeout(None)
queries = []
while True:
    question, peer = d.recvfrom(2000)
    time.sleep(1)
    end = question.index(b"\0", 12) + 5
    if question[end - 3] == 1:
        d.sendto(question[:2] + b"\x81\x80\0\1\0\1\0\0\0\0" + question[12:end] + b"\xc0\x0c\0\1\0\1\0\0\0\1\0\4\xc0\0\2\2", peer)
    else:
        d.sendto(question[:2] + b"\x81\x80" + question[4:], peer)'
    timed run -5 sockkit connect -4 -w 1500ms slow.test:1 Hello
    assert_output 'sockkit connect: cannot connect to slow.test:1: timed out'
    ((took >= 1500 && took < 2400))
}

@test "Ctrl-C holds during a look-up that is not answered, and nothing is left behind" {
    hosts
    name_server "$SILENT"
    start sockkit connect slow.test Hello
    wait_for_line "$PEER_OUT" asked
    run pgrep -P "$PID"
    assert_success
    local child=$output
    timed stop "$PID" INT
    assert_equal "$status" 130
    ((took < 3000))
    wait_until gone "$child"
}

@test "a look-up whose process was killed is told as such: status 3" {
    local command
    hosts
    name_server "$SILENT"
    for command in 'connect slow.test' 'udp-send slow.test' 'probe slow.test' 'serve -b slow.test'; do
        : >"$PEER_OUT"
        # shellcheck disable=SC2086
        start sockkit $command
        wait_for_line "$PEER_OUT" asked
        kill -KILL "$(pgrep -P "$PID")"
        wait_for_exit "$PID"
        assert_equal "$status" 3
        assert_equal "$(cat "$ERR")" "sockkit ${command%% *}: cannot resolve slow.test: the look-up ended without an answer"
    done
}

@test "Ctrl-C holds while nobody answers" {
    start sockkit connect -T 192.0.2.2:1 Hello
    wait_for_line "$ERR" '^socket'
    timed stop "$PID" INT
    assert_equal "$status" 130
    assert_regex "$(cat "$ERR")" 'connect\([0-9]+, 192.0.2.2:1\) +  *= -1     EINPROGRESS: .* and none is needed any more: sockkit gave up'
    ((took < 3000))
}

@test "--max-time holds during a look-up that is not answered" {
    hosts
    name_server "$SILENT"
    timed run -5 sockkit connect --max-time 300ms slow.test Hello
    ((took < 4000))
}

# --- names ---

@test "a name that is unknown is status 3" {
    hosts
    name_server "$NO_SUCH_NAME"
    run -3 sockkit connect nobody.test Hello
    assert_output 'sockkit connect: cannot resolve nobody.test: Name or service not known'
}

@test "without a name server: status 3, and a word on the network" {
    hosts '127.0.0.1 four'
    echo >resolv
    inside mount --bind resolv /etc/resolv.conf
    run -3 sockkit connect nobody.test Hello
    assert_output 'sockkit connect: cannot resolve nobody.test: Temporary failure in name resolution (is the network up?)'
    run -3 sockkit connect -6 four Hello
    assert_output --partial '(-6 wants an IPv6 address: is there one, and is the network up?)'
}

@test "-n asks nobody" {
    hosts '192.0.2.1 known'
    name_server "$NO_SUCH_NAME"
    local name
    for name in known nobody.test localhost; do
        run -3 sockkit connect -n "$name:1" Hello
        assert_output --partial "cannot resolve $name: not a numeric address"
    done
    run -4 sockkit connect -n 192.0.2.1:1 Hello
    assert_equal "$(cat "$PEER_OUT")" ''
}

@test "HOST left out is the loopback without a look-up" {
    hosts
    printf '192.0.2.2 localhost\n' >hosts
    name_server "$NO_SUCH_NAME"
    start_serve Welcome
    run -0 sockkit connect ":$PORT" Hello
    assert_equal "$(cat "$PEER_OUT")" ''
}

# --- the source ---

source_server() {
    start_peer 'l = listen()
announce(l)
while True:
    s, peer = l.accept()
    read_all(s)
    s.sendall(("%s:%d" % peer).encode())
    s.close()'
}

@test "-b fixes the source address and port, run after run" {
    source_server
    for round in 1 2 3; do
        echo "# $round"
        run -0 sockkit connect -b 127.0.0.1:62000 "localhost:$PEER_PORT" Hello
        assert_output 127.0.0.1:62000
    done
    run -0 sockkit connect -b 127.0.0.3 "localhost:$PEER_PORT" Hello
    assert_output --regexp '^127\.0\.0\.3:'
    run -0 sockkit connect -b :62001 "localhost:$PEER_PORT" Hello
    assert_output 127.0.0.1:62001
}

told_wait() { # APPLET WHAT: the error says for how long, 60 s at most
    local why=' \(in TIME_WAIT for (60|[1-5]?[0-9]) s more of 60: this side ended its last connection first and waits for what is late; with -O reuseaddr=1, then and now, it binds at once\)'
    assert_output --regexp "^sockkit $1: $2: Address already in use$(told "$why")\$"
}

@test "-b with -O reuseaddr=0: the second run fails, status 6, TIME_WAIT is named, for how long, and why" {
    source_server
    run -0 sockkit connect -O reuseaddr=0 -b 127.0.0.1:62000 "127.0.0.1:$PEER_PORT" Hello
    assert_output 127.0.0.1:62000
    run -6 sockkit connect -O reuseaddr=0 -b 127.0.0.1:62000 "127.0.0.1:$PEER_PORT" Hello
    told_wait connect 'cannot bind to 127.0.0.1:62000'
    run -6 sockkit serve -O reuseaddr=0 -b 127.0.0.1:62000
    told_wait serve 'cannot listen on 127.0.0.1:62000'
}

@test "-b to an address that cannot be had: every client says why, by whom, and ends with 6" {
    local client owner port
    source_server
    port=$PEER_PORT owner=$(told " (by python3, pid $PEER_PID)")
    for client in connect probe; do
        run -6 sockkit "$client" -b "127.0.0.1:$port" 127.0.0.1:1
        assert_output "sockkit $client: cannot bind to 127.0.0.1:$port: Address already in use$owner"
    done
    start_peer '
s = datagram()
announce(s)
s.settimeout(None)
s.recv(1)'
    port=$PEER_PORT owner=$(told " (by python3, pid $PEER_PID)")
    for client in udp-send 'probe -u'; do
        # shellcheck disable=SC2086
        run -6 sockkit $client -b "127.0.0.1:$port" 127.0.0.1:1 </dev/null
        assert_output "sockkit ${client% *}: cannot bind to 127.0.0.1:$port: Address already in use$owner"
    done
    for client in connect probe udp-send 'probe -u'; do
        # shellcheck disable=SC2086
        run -6 sockkit $client -b 192.0.2.77 127.0.0.1:1 </dev/null
        assert_output "sockkit ${client% *}: cannot bind to 192.0.2.77:0: Cannot assign requested address (not an address of this machine)"
    done
}

@test "a source of one family rules the other out" {
    hosts
    source_server
    run -4 sockkit connect -b ::1 "127.0.0.1:$PEER_PORT" Hello
    assert_output --partial 'cannot connect to'
    run -4 sockkit connect -b ::1 "localhost:$PEER_PORT" Hello
    assert_output --partial 'Connection refused'
}

@test "a connection to itself counts as refused" {
    run -4 sockkit connect -b 127.0.0.1:60000 127.0.0.1:60000 Hello
    assert_output 'sockkit connect: cannot connect to 127.0.0.1:60000: Connection refused (is a server listening there?)'
    # The default port lies in the range that the system takes source ports from; here it is all of it.
    echo 60000 60000 | inside tee /proc/sys/net/ipv4/ip_local_port_range
    run -4 sockkit connect 127.0.0.1 Hello
    assert_output 'sockkit connect: cannot connect to 127.0.0.1:60000: Connection refused (is a server listening there?)'
    run -4 sockkit connect ::1 Hello
    assert_output 'sockkit connect: cannot connect to [::1]:60000: Connection refused (is a server listening there?)'
    run -4 sockkit connect localhost Hello
}

@test "datagrams larger than the packets of the interface arrive whole, many at once" {
    inside ip link set lo mtu 1500
    head -c 100000 /dev/urandom >sent
    start_server udp-serve --no-newline -c 25
    run -0 sockkit udp-send --block 4000 "127.0.0.1:$PORT" <sent
    wait_for_exit "$SERVER_PID"
    cmp sent "$SERVER_OUT"
}
