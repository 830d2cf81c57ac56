# Servers never answer themselves, nor each other for ever, whatever sender a datagram claims. The sender is not forged here:
# the servers inherit sockets that the test sends from as well.
# shellcheck disable=SC2154,SC2153,SC2016

load helper

INHERIT='
def inheriting(s, *words):
    """Starts a server on a socket that stays ours, too: its Popen, once it listens."""
    os.dup2(s.fileno(), 3)
    command = ["sh", "-c", "LISTEN_PID=$$ LISTEN_FDS=1 exec \"$SOCKKIT\" \"$@\"", "sh", *words]
    p = subprocess.Popen(command, pass_fds=[3], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    started.append(p)
    assert b"listening" in p.stderr.readline()
    return p

def asks(to, word=b"HELP", host="127.0.0.1"):
    """Somebody else is answered, which shows that all that came before has been dealt with."""
    s = datagram(host)
    s.sendto(word, to)
    return s.recv(70000)

def stopped(p):
    p.terminate()
    return ended(p, -signal.SIGTERM)
'

loops() { peer "$INHERIT$1" "${@:2}"; }

# In a network of its own, which is loopback alone.
alone() {
    local map=()
    [ "$(id -u)" = 0 ] || map=(--map-root-user)
    FRESH+=(unshare "${map[@]}" --net env)
    loops "subprocess.run('ip link set lo up'.split(), check=True)$1"
}

portable() { [[ $SOCKKIT == *portable* ]]; }

@test "udp-serve shows a datagram from its own address, and does not answer it" {
    loops '
for host in ["127.0.0.1"] + ["::1"] * has_ipv6():
    s = datagram(host)
    p = inheriting(s, "udp-serve", "--reply", "got %m")
    for _ in range(3): s.sendto(b"me", s.getsockname())
    assert asks(s.getsockname(), b"you", host) == b"got you"
    assert stopped(p)[0] == b"me\nme\nme\nyou\n"'
}

@test "echo and cmd do not answer a datagram from their own address" {
    loops '
for applet in "echo", "cmd":
    s = datagram()
    p = inheriting(s, applet, "-u", "-T")
    s.sendto(b"HELP", s.getsockname())
    asks(s.getsockname())
    calls = stopped(p)[1].splitlines()
    assert sum(c.startswith("recvfrom(") for c in calls) == 2 and sum(c.startswith("sendto(") for c in calls) == 1, calls'
}

@test "under a wildcard every address of the machine is its own, at its port alone" {
    loops '
s = datagram("0.0.0.0")
port = s.getsockname()[1]
p = inheriting(s, "udp-serve", "--reply", "got %m")
def send(source, to): # from that address of ours (ip(7), IP_PKTINFO)
    info = struct.pack("i4s4s", 0, socket.inet_aton(source), bytes(4))
    s.sendmsg([b"me"], [(socket.IPPROTO_IP, 8, info)], 0, (to, port))
for source, to in ("127.0.0.1", "127.0.0.1"), ("127.0.0.1", "127.0.0.2"), ("127.0.0.3", "127.0.0.1"): send(source, to)
other = datagram("127.0.0.1")
other.sendto(b"other", ("127.0.0.1", port))
assert other.recv(100) == b"got other"
assert stopped(p)[0] == b"me\n" * 3 + b"other\n"'
}

@test "under a wildcard an address of an interface is its own" {
    portable && return # which does not know the addresses
    alone '
subprocess.run("ip addr add 10.9.8.7/32 dev lo".split(), check=True)
s = datagram("0.0.0.0")
p = inheriting(s, "udp-serve", "--reply", "got %m")
s.sendto(b"me", ("10.9.8.7", s.getsockname()[1]))
other = datagram("10.9.8.7")
other.sendto(b"other", ("10.9.8.7", s.getsockname()[1]))
assert other.recv(100) == b"got other"
assert stopped(p)[0] == b"me\nother\n"'
}

@test "cmd does not answer what begins with ERR" {
    start_server cmd -u
    peer '
s = datagram()
for what in b"ERR", b"ERR no such thing", b"LEN abc": s.sendto(what, ("127.0.0.1", int(args[0])))
assert s.recv(100) == b"3\n" and quiet(s, 0.05)' "$PORT"
}

@test "two servers that are set upon each other come to an end" {
    portable && return # which cannot tell the TTL of what comes
    alone '
def sent(): # datagrams, by anybody here
    four = [line.split()[4] for line in open("/proc/net/snmp") if line.startswith("Udp:")][1]
    six = [line.split()[1] for line in open("/proc/net/snmp6") if line.startswith("Udp6OutDatagrams")]
    return sum(map(int, [four] + six))
echo, cmd, hi, date = ["echo", "-u"], ["cmd", "-u"], ["udp-serve", "--reply", "hi"], ["udp-serve", "--reply", "DATE"]
for host in ["127.0.0.1"] + ["::1"] * has_ipv6():
    for one, two in (echo, echo), (echo, hi), (cmd, date), (hi, date):
        s, t = datagram(host), datagram(host)
        p, q = inheriting(s, *one), inheriting(t, *two)
        begun = sent()
        s.sendto(b"DATE", t.getsockname())
        wait_until(lambda: sent() - begun > 20) # they have met
        now = -1
        while now != sent():
            now = sent()
            time.sleep(0.05)
        assert now - begun < 100, now - begun
        for server in s, t: assert asks(server.getsockname(), b"HELP", host)
        stopped(p), stopped(q)'
}

@test "a TTL that was asked for is kept; answers are not hidden from those who send with any usual one" {
    loops '
s = datagram()
s.setsockopt(socket.IPPROTO_IP, 12, 1) # IP_RECVTTL
def ttl_of_answer(port, ttl):
    s.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, ttl)
    s.sendto(b"x", ("127.0.0.1", port))
    return struct.unpack("i", s.recvmsg(100, 100)[1][0][2])[0]
port = int(serve("--reply", "%m", "-O", "ttl=7", applet="udp-serve")[1])
assert ttl_of_answer(port, 64) == 7
port = int(serve("--reply", "%m", applet="udp-serve")[1])
for ttl in 1, 32, 64, 128, 255: assert ttl_of_answer(port, ttl) >= 64'
}
