# udp-serve --to: a relay of datagrams, with a socket for each sender.
# shellcheck disable=SC2154,SC2153,SC2016

load helper

portable() { [[ $SOCKKIT == *portable* ]]; }

RELAY='
def relay(to, *words, **more):
    """A relay to a socket or an endpoint: its Popen, and where to send to."""
    to = "127.0.0.1:%d" % to.getsockname()[1] if isinstance(to, socket.socket) else to
    p, port = serve("--to", to, *words, applet="udp-serve", stdin=subprocess.DEVNULL, **more)
    return p, (("127.0.0.1", int(port)) if port.isdigit() else port)

def asks(s, at, target, word=b"question"):
    """A question that comes through, and the answer to it: the sender that the target saw."""
    s.sendto(word, at)
    data, by = target.recvfrom(70000)
    assert data == word, data
    target.sendto(b"re " + word, by)
    assert s.recv(70000) == b"re " + word
    return by

def stopped(p):
    p.terminate()
    return ended(p, -signal.SIGTERM)

def unix(path=""):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    s.bind(path)
    return s
'

relays() { peer "$RELAY$1" "${@:2}"; }

@test "each sender has a flow of its own, whole datagrams both ways, and as many answers as come" {
    relays '
t, a, b = datagram(), datagram(), datagram()
p, at = relay(t)
first = asks(a, at, t)
assert asks(b, at, t) != first and asks(a, at, t) == first
for word in b"", bytes(range(256)), b"x" * 65000: assert asks(a, at, t, word) == first
for i in range(3): t.sendto(b"%d" % i, first)
assert [a.recv(9) for _ in range(3)] == [b"0", b"1", b"2"] and quiet(b, 0)
assert stopped(p)[0] == b""'
}

@test "thousands of datagrams of many sizes come through as they were, in order" {
    relays '
import random
random.seed(7)
t, a = datagram(), datagram()
t.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4000000)
p, at = relay(t)
for _ in range(60):
    sent = [os.urandom(random.choice([0, 1, 64, 64, 64, 1400, 1400, 9000])) for _ in range(30)]
    for data in sent: a.sendto(data, at)
    assert [t.recv(70000) for _ in sent] == sent'
}

@test "an answer comes from the address that was asked, though one sender asks two" {
    portable && return # which does not know the address
    relays '
t, a = datagram(), datagram()
p, at = relay(t, "-b", "*")
for asked in "127.0.0.1", "127.5.6.7": a.sendto(asked.encode(), (asked, at[1]))
flows = dict(t.recvfrom(100) for _ in range(2))
for asked in "127.5.6.7", "127.0.0.1":
    t.sendto(b"x", flows[asked.encode()])
    assert a.recvfrom(9) == (b"x", (asked, at[1]))'
}

@test "nothing goes to stdout; -o keeps what senders say, -x dumps both directions" {
    relays '
t, a = datagram(), datagram()
p, at = relay(t, "-o", "copy", "-x", "dump")
p.stdout.close() # nobody reads it
asks(a, at, t, b"one")
asks(a, at, t, b"two")
stopped(p)
assert open("copy").read() == "one\ntwo\n"
dump = [line.split()[0] + line.split()[-1] for line in open("dump") if line[0] in "<>"]
assert dump == ["<one", ">one", "<two", ">two"], dump' || { cat dump; false; }
}

@test "between IPv4, IPv6 and Unix sockets" {
    relays '
if has_ipv6():
    t, a = datagram("::1"), datagram()
    p, at = relay("[::1]:%d" % t.getsockname()[1])
    asks(a, at, t)
    t, a = datagram(), datagram("::1")
    p, at = relay(t)
    asks(a, ("::1", at[1]), t)
t, a = unix("target"), datagram()
p, at = relay("unix:target")
assert asks(a, at, t) == asks(a, at, t) != asks(datagram(), at, t)
t, a, b = datagram(), unix("a"), unix("b")
p, at = relay(t, "-U", "relay")
assert asks(a, "relay", t) != asks(b, "relay", t)
socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"nameless", "relay")
assert t.recv(100) == b"nameless"'
}

@test "-i forgets who was silent; who is not stays" {
    relays '
t, a, b = datagram(), datagram(), datagram()
p, at = relay(t, "-v", "-i", "400ms", stderr=open("said", "w"))
first, other = asks(a, at, t), asks(b, at, t)
for _ in range(6):
    assert quiet(t, 0.1)
    assert asks(b, at, t) == other
wait_until(lambda: "was silent: forgotten" in open("said").read())
t.sendto(b"late", first)
assert quiet(a, 0.05)
asks(a, at, t)
assert p.poll() is None'
}

@test "where descriptors are short, who was silent for longest is forgotten; that is told" {
    relays '
import resource
t = datagram()
p, at = relay(t, stderr=open("said", "w"), preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40)))
senders = [datagram("127.0.0.%d" % (i + 1)) for i in range(150)]
busy, flow = datagram(), None
for s in senders:
    asks(s, at, t)
    flow, before = asks(busy, at, t), flow
    assert before in (None, flow) # it was never silent for long
for s in senders: asks(s, at, t)
wait_until(lambda: "descriptors are short: who was silent for longest is forgotten, " in open("said").read())'
}

@test "thousands of senders take little memory" {
    relays '
import resource
N = 3000
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
if hard < N + 100: N = hard - 100
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
def memory(): return int(next(l for l in open("/proc/%d/status" % p.pid) if l.startswith("VmRSS")).split()[1])
t = datagram()
p, at = relay(t)
one = datagram()
asks(one, at, t)
before = memory()
for i in range(N): asks(datagram("127.1.%d.%d" % (i // 250, i % 250 + 1)), at, t)
grown = (memory() - before) / N
assert variant("san") or grown < 1.5, grown # KiB each
asks(one, at, t)'
}

@test "a target that is down is told once, and heard again when it is back" {
    relays '
a = datagram()
port = free_port()
p, at = relay("127.0.0.1:%d" % port, "-o", "taken", stderr=open("said", "w"))
def told(): return open("said").read().count("Connection refused (an ICMP port-unreachable came back: is a receiver there?)")
for i in range(3):
    a.sendto(b"lost", at)
    wait_until(lambda: told() == 1 and open("taken").read() == "lost\n" * (i + 1))
time.sleep(0.05)
assert told() == 1
for _ in range(2):
    t = datagram("127.0.0.1", port)
    asks(a, at, t)
    t.close()
a.sendto(b"lost", at)
wait_until(lambda: told() == 2)'
}

@test "a name with several addresses: one that refuses gives way to the next, and the datagram is not lost" {
    relays '
t, a = datagram(), datagram()
for to in ":%d", "localhost:%d":
    p, at = relay(to % t.getsockname()[1])
    flow = asks(a, at, t)
    assert asks(a, at, t) == flow
    asks(datagram(), at, t)'
}

@test "a Unix target that is slow to read loses nothing, and delays no one else's answers" {
    relays '
t, a = unix("target"), datagram()
p, at = relay("unix:target")
for i in range(100): a.sendto(b"%d" % i, at)
assert quiet(a, 0.05) # so that it is slow
assert [t.recv(9) for _ in range(100)] == [b"%d" % i for i in range(100)]
asks(a, at, t)'
}

@test "what cannot be passed on is counted" {
    relays '
t, a = unix("target"), datagram()
p, at = relay("unix:target", stderr=open("said", "w"))
for i in range(30): a.sendto(b"%d" % i, at) # and nobody reads
wait_until(lambda: "datagrams that could not be passed on: " in open("said").read())'
}

@test "--allow and --deny say who is passed on" {
    relays '
t, a = datagram(), datagram()
p, at = relay(t, "--deny", "127.0.0.9")
datagram("127.0.0.9").sendto(b"denied", at)
asks(a, at, t)'
}

@test "-c N ends it once the answers have come, or after two seconds" {
    relays '
t, a = datagram(), datagram()
p, at = relay(t, "-c", 2)
for word in b"one", b"two", b"beyond": a.sendto(word, at)
(one, by), (two, _) = t.recvfrom(9), t.recvfrom(9)
assert (one, two) == (b"one", b"two") and quiet(t, 0.1) and p.poll() is None
t.sendto(b"answer", by)
assert a.recv(9) == b"answer"
ended(p)
p, at = relay(t, "-c", 1)
a.sendto(b"x", at)
ended(p)'
}

# --- whereto ---

@test "the relay's own listener is refused at the start, however it is written" {
    local port endpoint
    port=$(free_port)
    for endpoint in "127.0.0.1:$port" "localhost:$port" ":$port" "0.0.0.0:$port"; do
        run -2 sockkit udp-serve -4 -p "$port" --to "$endpoint"
        assert_output --partial 'that is where this very server listens'
    done
    run -2 sockkit udp-serve -b '*' -p "$port" --to "127.8.9.1:$port"
    assert_output --partial 'that is where this very server listens'
    run -2 sockkit udp-serve -U "$DIR/s" --to "unix:$DIR/../${DIR##*/}/s"
    assert_output --partial 'that is where this very server listens'
    assert [ ! -e s ]
}

@test "two relays in a circle come to an end" {
    portable && return # which cannot tell the TTL of what comes
    relays '
two = free_port()
p, one = relay("127.0.0.1:%d" % two, "-x", "seen")
q, _ = relay("127.0.0.1:%d" % one[1], "-p", two)
datagram().sendto(b"round", one)
def seen(): return open("seen").read().count("round")
wait_until(lambda: seen() > 10)
before = -1
while before != seen():
    before = seen()
    time.sleep(0.1)
assert before < 60, before'
}

@test "a name is looked up from within the sandbox, when it can be, while others are served" {
    local map=()
    [ "$(id -u)" = 0 ] || map=(--map-root-user)
    printf '127.0.0.1 localhost\n' >hosts
    echo 'hosts: files' >nsswitch
    FRESH+=(unshare "${map[@]}" --net --mount env)
    relays '
for command in "ip link set lo up", "mount --bind hosts /etc/hosts", "mount --bind nsswitch /etc/nsswitch.conf":
    subprocess.run(command.split(), check=True)
t, a = datagram(), datagram()
p, at = relay("behind:%d" % t.getsockname()[1], stderr=open("said", "w"))
a.sendto(b"lost", at)
open("hosts", "a").write("127.0.0.1 behind\n")
def comes():
    a.sendto(b"again", at)
    return not quiet(t, 0.1)
wait_until(comes)
data, by = t.recvfrom(100)
t.sendto(b"answer", by)
assert data == b"again" and a.recv(100) == b"answer"' || { cat said; false; }
}

@test "a name that is asked for nowhere: it listens all the same, and says so" {
    relays '
a = datagram()
p, at = relay("no.such.name.invalid:9", "-O", "reuseaddr=1", stderr=open("said", "w"))
wait_until(lambda: a.sendto(b"x", at) and "no.such.name.invalid" in open("said").read())
assert p.poll() is None'
}

@test "usage errors" {
    local words
    for words in '--to' '--to 9' '--to h:0' '--to h:99999' '--to h:9 --reply x' '--to h:9 --to-all' '--to h:9 --label'; do
        # shellcheck disable=SC2086 # words
        run -2 sockkit udp-serve $words
        assert_equal "${#lines[@]}" 1
    done
}
