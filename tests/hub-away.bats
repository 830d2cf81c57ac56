# chat-serve --hub: the hub is away, or refuses. Wires and engines are those of hub.py.

load helper

away() { peer "from hub import *
$1" "${@:2}"; }

@test "a hub that falls silent is told after 5 s; what is said waits in order, and newcomers get in when it is back" {
    LIMIT=40 away '
e = Engine()
(p, one), (q, far) = quiet_room(e), quiet_room(e)
a, b = Member(one, "ada"), Member(far, "bob")
a.until("is now bob")
e.pause()
begun = time.monotonic()
for text in "one", "/nick eve", "/me waves", "/msg bob psst", "two": a.say(text)
b.s.settimeout(15)
assert b.line() == AWAY and a.line() == AWAY
assert 3 < time.monotonic() - begun < 12
c = Member(one, welcomed=False)
c.say("early")
e.resume()
wanted = ["(ada) one", "* ada is now eve", "(eve *) waves", "(eve -> bob) psst", "(eve) two"]
for m in a, b:
    heard = [l for l in m.until("(user3) early") if l != "* user3 joined"]
    assert [l for l in heard if l != BACK][:5] == wanted and heard.count(BACK) == 1 and len(heard) == 7, heard
heard = c.until("early")
assert any(l.startswith("* welcome, you are user3") for l in heard), heard'
}

@test "a hub that is killed is told after half a second; when it is back, that and each line once" {
    away '
e = Engine()
(p, one), (q, far) = quiet_room(e), quiet_room(e)
a, b = Member(one, "ada"), Member(far, "bob")
a.until("is now bob")
for round in range(2):
    begun = time.monotonic()
    e.kill()
    for i in range(100): a.say("%d %d" % (round, i))
    assert (a.line(), b.line()) == (AWAY, AWAY)
    assert 0.4 < time.monotonic() - begun < 5
    e.start()
    for m in a, b:
        heard = m.until("(ada) %d 99" % round)
        assert said(heard) == ["(ada) %d %d" % (round, i) for i in range(100)] and heard.count(BACK) == 1, heard'
}

# A hub that refuses: how it comes to, how it ends, one engine each.
@test "out of memory, READONLY, NOREPLICAS, LOADING, MOVED and a later NOAUTH count as away" {
    LIMIT=60 away '
def refusing(name, begin, finish):
    def part():
        e = Engine(name=name)
        w = Wire(e, name=name + ".wire")
        p, port = quiet_room(w)
        a = Member(port, "ada")
        begin(e, w)
        a.say("one"); a.say("/nick eve"); a.say("two")
        heard = a.until("hub is")
        assert heard == [AWAY], (name, heard)
        finish(e, w)
        heard = a.until("two")
        assert [l for l in heard if l != BACK] == ["(ada) one", "* ada is now eve", "(eve) two"] and BACK in heard, (name, heard)
        a.say("three"); assert a.line() == "(eve) three"
    part.__name__ = name
    return part
def asks(*words): return lambda e, w: e.ask(*words)
def loads(e, w):
    e.ask("EVAL", "for i = 1, 3000 do redis.call([[SET]], i, i) end", 0)
    e.ask("BGREWRITEAOF")
    wait_until(lambda: b"aof_rewrite_in_progress:0" in e.ask("INFO", "persistence") and b"aof_rewrite_scheduled:0" in e.ask("INFO", "persistence"))
    e.kill()
    e.launch("--key-load-delay", 700, "--loading-process-events-interval-bytes", 1024)
    assert b"loading:1" in e.ask("INFO", "persistence")
def locks(e, w):
    e.ask("CONFIG", "SET", "requirepass", "x")
    e.ask("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
def moves(e, w): w.tamper = lambda data: b"-MOVED 3999 127.0.0.1:6381\r\n"
def settles(e, w):
    w.tamper = lambda data: data
    w.drop()
together(
    refusing("oom", asks("CONFIG", "SET", "maxmemory", "1"), asks("CONFIG", "SET", "maxmemory", "0")),
    refusing("readonly", asks("REPLICAOF", "127.0.0.1", "1"), asks("REPLICAOF", "NO", "ONE")),
    refusing("noreplicas", asks("CONFIG", "SET", "min-replicas-to-write", "1"), asks("CONFIG", "SET", "min-replicas-to-write", "0")),
    refusing("loading", loads, lambda e, w: None),
    refusing("noauth", locks, asks("CONFIG", "SET", "requirepass", "")),
    refusing("moved", moves, settles))'
}

@test "SIGTERM while the hub is away: status 1 and a count of what was not said" {
    away '
e = Engine()
p, port = hub_room(e, stderr=open("err", "w"), stdout=subprocess.DEVNULL)
a = Member(port, "ada")
e.kill()
for i in range(17): a.say("line %d" % i)
a.until("! the hub is away")
a.say("/who") # answered or not, it is no line
p.terminate(); ended(p, 1)
last = open("err").read().splitlines()
assert any(re.search(r"\b17\b", l) for l in last), last
e.start()
assert b"line" not in b"".join(v for _, fields in e.log() for v in fields)'
}

@test "what waits while the hub is away is bounded, and all of it is said when it is back" {
    LIMIT=60 away '
e = Engine("--appendonly", "no")
w = Wire(e)
p, port = quiet_room(w, "-O", "rcvbuf=16K")
members = [Member(port, "m%d" % i) for i in range(8)]
members[0].until("is now m7")
before, each, sent = resident(p), 4000, [0] * 8
w.cut()
members[0].until(AWAY)
def talk(i):
    members[i].s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16384)
    members[i].s.settimeout(30)
    for n in range(each):
        members[i].say("%d " % n + "x" * 500)
        sent[i] += 1
def listen_to(i):
    seen = [0] * 8
    while seen != [each] * 8:
        line = members[i].line()
        if line[0] == "(":
            k = int(line[2:line.index(")")])
            assert line.split()[1] == str(seen[k]), (line[:20], seen[k])
            seen[k] += 1
def mend():
    was = None
    while was != (was := sum(sent)): time.sleep(1) # until nothing moves any more
    assert 0 < was < 8 * each, was
    assert variant("san") or resident(p) < before + (16 << 10), (before, resident(p))
    w.mend()
    together(*[lambda i=i: listen_to(i) for i in range(8)])
together(mend, *[lambda i=i: talk(i) for i in range(8)])'
}

@test "after an absence lines come no faster than members who read can follow: none is dropped" {
    LIMIT=60 away '
e = Engine("--appendonly", "no")
w, p, a, q, b = two_rooms(e, "--buffer", "64K", "-O", "sndbuf=32K")
readers = [a] + [Member(a.port, "r%d" % i) for i in range(5)]
b.until("is now r4")
w.cut(); a.until(AWAY)
for i in range(5000):
    b.say("%d " % i + "x" * 1000)
    b.until("(bob) %d " % i)
w.mend()
def follow(m):
    lines = said(m.until("(bob) 4999 "))
    assert [l.split()[1] for l in lines] == [str(i) for i in range(5000)], len(lines)
together(*[lambda m=m: follow(m) for m in readers])'
}
