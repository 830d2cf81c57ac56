# chat-serve --hub: the hub is away, refuses, forgets, or is not what it seems. Wires and engines are those of hub.py.

load helper

# What the tests have in common: two servers, one of them behind a wire, a member on each.
AWAY='
from hub import *
def two(e, *words):
    w = Wire(e)
    (p, one), (q, far) = quiet_room(w, *words), quiet_room(e, *words)
    a, b = Member(one, "ada"), Member(far, "bob")
    a.until("is now bob")
    return w, p, a, q, b
def said(lines): return [l for l in lines if l[0] == "("]
'

away() { peer "$AWAY$1" "${@:2}"; }

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

@test "a hub that lost all or a part, its scripts too: the room goes on, names stay, nothing comes twice" {
    LIMIT=60 away '
import shutil
e = Engine()
w, p, a, q, b = two(e)
heard = {"a": [], "b": []}
def talk(i):
    a.say("a%d" % i); b.say("b%d" % i)
    for m, lines in (a, heard["a"]), (b, heard["b"]):
        wanted = {"(ada) a%d" % i, "(bob) b%d" % i}
        while wanted:
            lines.append(m.line())
            wanted.discard(lines[-1])
def forget_all():
    e.kill(); shutil.rmtree("hub.data"); os.mkdir("hub.data"); e.start()
keys = [k.decode() for k in e.ask("KEYS", "*")]
losses = [lambda: e.ask("FLUSHALL"), lambda: e.ask("SCRIPT", "FLUSH"), forget_all] + [lambda k=k: e.ask("DEL", k) for k in keys]
losses += [lambda: e.ask("DEL", *keys), lambda: e.ask("XTRIM", "sockkit:{r}:log", "MAXLEN", "0")]
for i, lose in enumerate(losses):
    lose()
    talk(i)
for lines in heard.values():
    spoken = said(lines)
    assert sorted(spoken) == sorted(l for i in range(len(losses)) for l in ("(ada) a%d" % i, "(bob) b%d" % i)), lines
    assert not [l for l in lines if " left" in l or " joined" in l or "missed" in l], lines
assert said(heard["a"]) == said(heard["b"])
b.say("/nick Ada"); assert b.line() == "! ada is here already"
c = Member(quiet_room(e)[1])
assert set(c.welcome[1].removeprefix("* here: ").split()) >= {"ada", "bob"}, c.welcome'
}

@test "a hub that comes back older: nothing shown is shown again, names stay, and what it forgot is missing from history" {
    LIMIT=40 away '
import shutil
e = Engine()
w, p, a, q, b = two(e)
def talk(speaker, text):
    speaker.say(text)
    return [m.until(text) for m in (a, b)]
talk(a, "one")
e.kill(); shutil.copytree("hub.data", "older"); e.start()
talk(b, "two"); talk(a, "three"); a.say("/nick eve"); a.until("is now eve"); b.until("is now eve")
e.kill(); shutil.rmtree("hub.data"); os.rename("older", "hub.data"); e.start()
for lines in talk(a, "four") + talk(b, "five"):
    assert set(said(lines)) <= {"(eve) four", "(bob) five"}, lines
a.say("/who"); assert set(a.until("* here: ")[-1].removeprefix("* here: ").split()) == {"eve", "bob"}
c = Member(quiet_room(e, "--history", "10")[1])
c.say("end")
lines = c.until("end")
assert said(lines)[:3] == ["(ada) one", "(eve) four", "(bob) five"], lines'
}

@test "a server away for longer than the log reaches says how many lines were missed, and knows who is there" {
    away '
e = Engine()
w, p, a, q, b = two(e)
c = Member(b.port, "cyd")
a.until("is now cyd"); b.until("is now cyd")
w.cut()
assert a.line() == AWAY
c.say("/nick kim"); b.until("is now kim")
for i in range(50): b.say("line %d" % i)
b.until("line 49")
e.ask("XTRIM", "sockkit:{r}:log", "MAXLEN", "5")
w.mend()
heard = a.until("line 49")
missed = [LINES.fullmatch(l) for l in heard if LINES.fullmatch(l)]
assert len(missed) == 1 and 45 <= int(missed[0][1]) <= 46, heard # the rename may count
assert said(heard) == ["(bob) line %d" % i for i in range(45, 50)], heard
a.say("/who"); assert set(a.until("* here: ")[-1].removeprefix("* here: ").split()) == {"ada", "bob", "kim"}'
}

@test "what is added whose reply is lost, or whose bytes come late, is said once" {
    LIMIT=40 away '
e = Engine()
w, p, a, q, b = two(e)
for i in range(3):
    w.tamper = lambda data: b"" # the reply is lost
    a.say("lost %d" % i)
    b.until("(ada) lost %d" % i)
    w.drop()
    w.tamper = lambda data: data
    a.until("(ada) lost %d" % i)
    w.hold = True # the bytes are late
    a.say("late %d" % i)
    wait_until(lambda: any(b"late %d" % i in data for _, data in list(w.held)))
    w.drop()
    w.hold = False # of the connections to come
    for m in a, b: m.until("(ada) late %d" % i)
    w.release()
    a.say("next"); b.until("(ada) next"); a.until("(ada) next")
    texts = [v for _, fields in e.log() for v in fields[1::2]]
    assert texts.count(b"lost %d" % i) == texts.count(b"late %d" % i) == 1, texts'
}

@test "what never reached the hub is said, though the reply to the next entering is lost, too" {
    away '
e = Engine()
w, p, a, q, b = two(e)
swallowed = []
def swallow(data):
    swallowed.append(data)
    return b""
def at_entering(data):
    if b"\r\nenter\r\n" in data: w.tamper = swallow
w.hold = True
a.say("first"); a.say("/me waves")
wait_until(lambda: any(b"first" in data for _, data in list(w.held)))
w.hold, w.watch = False, at_entering
w.drop()
wait_until(lambda: swallowed)
w.watch, w.tamper = lambda data: None, lambda data: data
w.drop()
a.say("next")
for m in a, b: assert [l for l in m.until("(ada) next") if l not in (AWAY, BACK)] == ["(ada) first", "(ada *) waves", "(ada) next"]'
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
w, p, a, q, b = two(e, "--buffer", "64K", "-O", "sndbuf=32K")
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

@test "entries that are none of ours are skipped, whatever they hold" {
    LIMIT=60 away '
e = Engine("--appendonly", "no")
w, p, a, q, b = two(e)
a.say("real"); b.until("real"); a.until("real")
log = "sockkit:{r}:log"
real = next(fields for _, fields in reversed(e.log()) if b"real" in fields)
poisons = [[b"", b""], [b"a", b"b"], [b"t", b"x" * (10 << 20)], [b"%d" % i for i in range(20000)], real + real, real[::-1], real * 500]
for i in range(0, len(real), 2):
    poisons.append(real[:i] + real[i + 2:])
    for value in b"", b"-1", b"9" * 40, b"\xff\0\r\n(bob) \x1b[2J\xe2\x80\xae", b"x" * 100000, b"left", b"join":
        poisons.append(real[:i + 1] + [value] + real[i + 2:])
memory, lines = max(resident(p), resident(q)), []
for i, poison in enumerate(poisons):
    e.ask("XADD", log, "*", *[v or b"-" if n % 2 == 0 else v for n, v in enumerate(poison)])
    b.say("honest %d" % i)
    lines += a.until("honest %d" % i)
heard = [l for l in lines if "honest" in l]
assert [l.split()[-1] for l in heard] == [str(i) for i in range(len(poisons))], heard
assert not [l for l in lines if len(l) > 5000 or any(c < " " or c == "\u202e" for c in l)]
assert variant("san") or max(resident(p), resident(q)) < memory + (64 << 10), (memory, resident(p), resident(q))
a.say("end"); b.until("end")'
}

@test "a key of another type: what is said waits, without spinning, until the key is gone" {
    LIMIT=60 away '
def wrong(key):
    def part():
        e = Engine(name=key)
        p, port = quiet_room(e)
        a = Member(port, "ada")
        e.ask("EVAL", "redis.call([[DEL]], KEYS[1]) redis.call([[SET]], KEYS[1], [[x]])", 1, "sockkit:{r}:" + key)
        before = cpu(p)
        a.say("one"); a.say("/nick eve")
        begun = time.monotonic()
        wait_until(lambda: time.monotonic() > begun + 2) # for what it does meanwhile
        assert cpu(p) - before < 0.5, (key, cpu(p) - before)
        e.ask("DEL", "sockkit:{r}:" + key)
        a.say("two")
        heard = a.until(") two")
        assert [l.split()[1] for l in said(heard)] == ["one", "two"], (key, heard)
        assert heard.count(AWAY) == heard.count(BACK), (key, heard)
    part.__name__ = key
    return part
together(*map(wrong, ("log", "names", "who", "nodes", "beats", "meta")))'
}

# What an engine that means ill may answer.
HOSTILE='
import itertools
ANSWERS = [b"", b"\r\n", b"+OK\r\n", b":1\r\n", b"$-1\r\n", b"*-1\r\n", b"*0\r\n", b"-ERR \x1b[2J\xff\r\n", b"hello\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n",
    b"$999999999999999999999\r\nx", b"$536870912\r\nx", b"*2147483647\r\n", b"*99999999999999999999\r\n", b"$-2\r\n", b"*-9\r\n", b":\r\n", b"$x\r\n",
    b"*1\r\n" * 100000, b"*1\r\n*1\r\n*2\r\n", b"$5\r\nhelloXX", b"x" * 1000000, b"-" + b"x" * 1000000, b"*1000000\r\n" + b":1\r\n" * 1000000, b"\0" * 4096,
    b"%2\r\n+a\r\n:1\r\n", b"_\r\n", b"*2\r\n$3\r\nfoo\r\n", b"+OK\r\n" * 1000, bytes(range(256)) * 16]
'

@test "an engine that answers with garbage at the start: status 4 or 1, no crash, no spinning, little memory" {
    LIMIT=60 peer "from hub import *$HOSTILE"'
def against(i, answer, how):
    def part():
        l = unix_listen("e%d.sock" % i)
        l.settimeout(None)
        def talk(c):
            try:
                while c.recv(65536):
                    if how == "slowly":
                        for k in range(0, len(answer[:40])): c.sendall(answer[k:k + 1]); time.sleep(0.002)
                    elif how == "for ever":
                        while True: c.sendall(answer or b"x")
                    else: c.sendall(answer)
                    if how == "once": break
            except OSError: pass
            c.close()
        def accept():
            while True: threading.Thread(target=talk, args=(l.accept()[0],), daemon=True).start()
        threading.Thread(target=accept, daemon=True).start()
        p = sockkit("chat-serve", "-p", 0, "--hub", "redis+unix:e%d.sock?room=r" % i, "--hub-timeout", "1", stdin=subprocess.DEVNULL)
        most = 0
        end = time.monotonic() + 20
        while os.waitid(os.P_PID, p.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            assert time.monotonic() < end, (answer[:40], how, "it goes on")
            try: most = max(most, resident(p))
            except StopIteration: pass
            time.sleep(0.02)
        took = cpu(p) # of a zombie too
        out, err = p.communicate()
        assert p.returncode in (1, 4), (answer[:40], how, p.returncode, err)
        assert err.count(b"\n") == 1 and b"\x1b" not in err, err
        assert variant("san") or most < 40000 and (how == "for ever" or took < 0.7), (answer[:40], how, most, took)
    return part
ways = [(a, how) for a in ANSWERS for how in (["once", "always"] if len(a) > 100 else ["once", "always", "slowly"])]
ways += [(a, "for ever") for a in (b"x", b"*1\r\n", b"+OK\r\n")]
parts = [against(i, *way) for i, way in enumerate(ways)]
for k in range(0, len(parts), 24): together(*parts[k:k + 24])'
}

@test "an engine that answers with garbage for a while: nobody is lost, and each line is said once" {
    LIMIT=60 peer "$AWAY$HOSTILE"'
e = Engine("--appendonly", "no")
w, p, a, q, b = two(e)
memory, begun, took, lines = resident(p), time.monotonic(), cpu(p), []
answers = ANSWERS[1::4] + ["cut", "slow", "bit"]
for i, answer in enumerate(answers):
    count = itertools.count()
    def tampered(data):
        if answer == "cut": return data[:len(data) // 2] if next(count) == 0 else None
        if answer == "slow": time.sleep(0.05)
        if answer == "bit": return bytes([data[0] ^ 4]) + data[1:]
        return data if answer == "slow" else answer
    w.tamper = tampered
    a.say("a%d" % i); b.say("b%d" % i)
    b.until("(bob) b%d" % i)
    w.tamper = lambda data: data
    w.drop()
    lines += a.until(" a%d" % i)
    while "(bob) b%d" % i not in lines: lines.append(a.line())
assert sorted(said(lines)) == sorted(l for i in range(len(answers)) for l in ("(ada) a%d" % i, "(bob) b%d" % i)), lines
assert not [l for l in lines if "joined" in l or "left" in l], lines
assert variant("san") or resident(p) < memory + 20000, (memory, resident(p))
assert variant("san") or cpu(p) - took < 0.8 * (time.monotonic() - begun) + 0.5'
}
