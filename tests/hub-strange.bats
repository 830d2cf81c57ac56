# chat-serve --hub: the hub has lost a part of the room, what it holds is not ours, or it is not what it seems. Wires and engines are those of hub.py.

load helper

strange() { peer "from hub import *
$1" "${@:2}"; }

@test "a hub that lost all, its log or its scripts: the room goes on, names stay, nothing comes twice" {
    LIMIT=60 strange '
import shutil
e = Engine()
w, p, a, q, b = two_rooms(e)
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
keys = e.ask("KEYS", "*")
losses = [lambda: e.ask("FLUSHALL"), lambda: e.ask("SCRIPT", "FLUSH"), forget_all, lambda: e.ask("DEL", *keys), lambda: e.ask("XTRIM", "sockkit:{r}:log", "MAXLEN", "0")]
for i, lose in enumerate(losses):
    lose()
    talk(2 * i)
    talk(2 * i + 1) # behind whatever puts the room in order again
for lines in heard.values():
    spoken = said(lines)
    assert sorted(spoken) == sorted(l for i in range(2 * len(losses)) for l in ("(ada) a%d" % i, "(bob) b%d" % i)), lines
    assert not [l for l in lines if " left" in l or " joined" in l or "missed" in l], lines
assert said(heard["a"]) == said(heard["b"])
b.say("/nick Ada"); assert b.line() == "! ada is here already"
c = Member(quiet_room(e)[1])
assert set(c.welcome[1].removeprefix("* here: ").split()) >= {"ada", "bob"}, c.welcome'
}

@test "a hub that comes back older: nothing shown is shown again, names stay, and what it forgot is missing from history" {
    LIMIT=40 strange '
import shutil
e = Engine()
w, p, a, q, b = two_rooms(e)
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
    strange '
e = Engine()
w, p, a, q, b = two_rooms(e)
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
    LIMIT=40 strange '
e = Engine()
w, p, a, q, b = two_rooms(e)
def lose_reply(data):
    if b"lost" in data: w.tamper = lambda data: b""
for i in range(3):
    w.watch = lose_reply
    a.say("lost %d" % i)
    b.until("(ada) lost %d" % i)
    w.watch = lambda data: None
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
    strange '
e = Engine()
w, p, a, q, b = two_rooms(e)
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

@test "entries that are none of ours are skipped, whatever they hold" {
    LIMIT=60 strange '
e = Engine("--appendonly", "no")
w, p, a, q, b = two_rooms(e)
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
    LIMIT=60 strange '
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
    LIMIT=60 peer "from hub import *$HOSTILE"'
e = Engine("--appendonly", "no")
w, p, a, q, b = two_rooms(e)
memory, begun, took, lines = resident(p), time.monotonic(), cpu(p), []
answers = ANSWERS[1::6] + ["cut", "slow", "bit"]
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
