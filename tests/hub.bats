# chat-serve --hub: one room on several servers. The hub is a redis-server of the test's own (hub.py).

load helper

hub() { peer "from hub import *
$1" "${@:2}"; }

@test "members of two servers are in one room: what one says all hear, in one order, each line once" {
    hub '
e = Engine()
(p, one), (q, two) = hub_room(e), hub_room(e)
a, b = Member(one, "ada"), Member(two, "bob")
assert set(b.welcome[1].removeprefix("* here: ").split()) == {"ada", "user2"}, b.welcome
a.until("* user2 is now bob")
def both(text):
    heard = a.line(), b.line()
    assert heard == (text, text), heard
a.say("hello"); both("(ada) hello")
b.say("hi"); both("(bob) hi")
a.say("/me waves"); both("(ada *) waves")
a.say("//who"); both("(ada) /who")
a.say(""); a.say("next"); both("(ada) next")
b.say(b"\x1b[2J\x07\xff tab\there \xe2\x80\xae \xc3\xa9 fake\r(ada) me"); both(r"(bob) \x1B[2J\x07\xFF tab here \u{202E} é fake\x0D(ada) me")
b.say("x" * 4097); assert b.line().startswith("! ")
b.say("x" * 4096); both("(bob) " + "x" * 4096)'
}

@test "a name is one on all servers, regardless of case; the numbers of newcomers go on" {
    hub '
e = Engine()
(p, one), (q, two) = hub_room(e), hub_room(e)
a, b = Member(one), Member(two)
assert "you are user1 " in a.welcome[0] and "you are user2 " in b.welcome[0], (a.welcome, b.welcome)
a.say("/nick \u00c9mile"); b.until("* user1 is now \u00c9mile"); a.line(); a.line()
for taken in "\u00c9mile", "\u00e9MILE":
    b.say("/nick " + taken); assert b.line() == "! \u00c9mile is here already"
b.say("/nick User3"); a.until("* user2 is now User3"); b.line()
c = Member(one)
assert "you are user4 " in c.welcome[0], c.welcome # for another has the name user3
a.line(); b.line()
a.say("/nick \u00e9mile"); assert b.line() == "* \u00c9mile is now \u00e9mile" == a.line()
a.s.close(); assert b.line() == "* \u00e9mile left"
c.line(); c.line()
c.say("/nick \u00c9MILE"); assert b.line() == "* user4 is now \u00c9MILE"
a = Member(two, "ada"); a.say("/who")
assert set(a.until("* here: ")[-1].removeprefix("* here: ").split()) == {"User3", "\u00c9MILE", "ada"}
for word in "/nick a b", "/nick", "/nonsense", "/msg nobody x", "/nick \u3164", "/nick bob", "/help":
    a.say(word)
answers = [a.line() for _ in range(7)]
assert [l[0] for l in answers] == list("!!!!!**") and answers[5] == "* ada is now bob", answers
assert b.until("ada is now bob")[-2:] == ["* user5 is now ada", "* ada is now bob"]'
}

@test "private words go to the two they are between, whatever the server" {
    hub '
e = Engine()
ports = [hub_room(e)[1] for _ in range(3)]
a, b, c, d = Member(ports[0], "ada"), Member(ports[1], "bob"), Member(ports[2], "eve"), Member(ports[0], "dan")
for m in a, b, c: m.until("is now dan")
a.say("/msg BOB psst"); assert (a.line(), b.line()) == ("(ada -> bob) psst",) * 2
b.say("/msg Ada yes?"); assert (a.line(), b.line()) == ("(bob -> ada) yes?",) * 2
a.say("/msg dan near"); assert (a.line(), d.line()) == ("(ada -> dan) near",) * 2
c.say("/msg eve note"); assert c.line() == "(eve -> eve) note"
c.say("/msg nobody x"); assert c.line().startswith("! ")
d.say("end")
for m in a, b, c, d: assert m.line() == "(dan) end"'
}

@test "joins and leaves are told once, in the same words as on one server" {
    hub '
e = Engine()
shown = [open("shown%d" % i, "w") for i in range(3)]
servers = [hub_room(e, stdout=f) for f in shown]
a = Member(servers[0][1], "ada")
for i in range(6):
    m = Member(servers[i % 3][1])
    m.say("last words" if i % 2 else "/quit") if i < 4 else m.s.close()
    if i < 4:
        m.s.shutdown(socket.SHUT_WR)
        assert m.rest() == (["(user%d) last words" % (i + 2)] if i % 2 else []), i
    a.until("* user%d left" % (i + 2))
a.say("end"); a.until("(ada) end")
for f in shown: wait_until(lambda: "(ada) end" in open(f.name).read())
lines = open("shown0").read().splitlines()
assert lines == ["* user1 joined", "* user1 is now ada"] + [l for i in range(2, 8) for l in
    (["* user%d joined" % i] + ["(user%d) last words" % i] * (i in (3, 5)) + ["* user%d left" % i])] + ["(ada) end"], lines
for f in shown[1:]: assert open(f.name).read().splitlines() == lines, f.name'
}

@test "many talk on three servers: all hear all in one order, and each speaker in its own" {
    LIMIT=60 hub '
e = Engine()
servers = [quiet_room(e) for _ in range(3)]
members = [Member(servers[i % 3][1], "m%d" % i) for i in range(12)]
each = 100
heard = {}
def talk(m, i):
    for n in range(each): m.say("%d says %d" % (i, n))
def listen_to(m, i):
    m.s.settimeout(30)
    lines = []
    while len(lines) < each * len(members):
        line = m.line()
        if " says " in line: lines.append(line)
    heard[i] = lines
together(*[lambda f=f, i=i, m=m: f(m, i) for i, m in enumerate(members) for f in (talk, listen_to)])
for i in range(12):
    assert heard[i] == heard[0], i
    assert [l for l in heard[0] if l.startswith("(m%d) " % i)] == ["(m%d) %d says %d" % (i, i, n) for n in range(each)]'
}

@test "history comes from the hub: it outlives every server, and the hub itself" {
    hub '
e = Engine()
p, port = quiet_room(e, "--history", "3")
a = Member(port, "ada")
for i in range(4): a.say("line %d" % i)
a.say("/msg ada secret"); a.say("/me bows"); a.until("bows")
last = ["(ada) line 2", "(ada) line 3", "(ada *) bows"]
q, two = quiet_room(e, "--history", "2")
b = Member(two); assert [b.line(), b.line()] == last[1:]
for server in p, q:
    server.terminate()
    ended(server, -signal.SIGTERM)
e.kill(); e.start()
p, port = quiet_room(e, "--history", "3")
c = Member(port); assert [c.line(), c.line(), c.line()] == last
c.say("now"); assert c.until("(user")[-1].endswith(") now")
q, two = quiet_room(e) # keeps none
d = Member(two); d.say("after"); assert d.line().endswith(") after")'
}

@test "--log: each server writes the whole room from its own start on" {
    hub '
e = Engine()
(p, one), (q, two) = [quiet_room(e, "--log", "log%d" % i) for i in range(2)]
a, b = Member(one, "ada"), Member(two, "bob")
a.say("hello"); b.until("hello"); b.say("hi"); a.until("hi"); a.say("/msg bob psst"); a.until("psst")
b.say("/quit"); a.until("bob left")
words = lambda i: [l.split(" ", 1)[1] for l in open("log%d" % i).read().splitlines()]
wait_until(lambda: "* bob left" in words(1))
assert words(0) == words(1) == ["* user1 joined", "* user1 is now ada", "* user2 joined", "* user2 is now bob", "(ada) hello", "(bob) hi",
    "* bob left"], (words(0), words(1))'
}

@test "two rooms on one hub never mix, whatever they are called" {
    hub '
e = Engine()
names = "a", "b", "a:log", "*", "a%20b", "caf%C3%A9", "a%3Fb", "x" * 64
rooms = [Member(quiet_room(e, room=name)[1], "ada") for name in names]
for i, m in enumerate(rooms): m.say("only %d" % i)
for i, m in enumerate(rooms):
    m.say("/who")
    assert [m.line(), m.line()] == ["(ada) only %d" % i, "* here: ada"], names[i]
keys = e.ask("KEYS", "*")
assert all(k.decode().startswith("sockkit:{") for k in keys), keys
assert {k.decode().split("{")[1].split("}")[0] for k in keys} == {"a", "b", "a:log", "*", "a b", "caf\u00e9", "a?b", "x" * 64}'
}

@test "a URL of either form, by name, address and path, leads to the room" {
    hub '
e = Engine(port=free_port())
e.ask("ACL", "SETUSER", "m\u00e9", "on", ">p:@/%", "~*", "+@all", "&*")
os.mkdir("a b"); os.symlink(os.path.abspath(e.path), "a b/hub&co")
urls = ["redis://127.0.0.1:%d/r%%20m" % e.port, "redis://localhost:%d/%%72%%20m" % e.port, "redis+unix:hub.sock?room=r%20m",
    "redis+unix:%s?room=r%%20m" % os.path.abspath(e.path), "redis+unix:a%20b/hub%26co?room=r%20m",
    "redis://m%%C3%%A9:p%%3A%%40%%2F%%25@127.0.0.1:%d/r%%20m" % e.port]
members = [Member(quiet_room(url)[1], "m%d" % i) for i, url in enumerate(urls)]
members[0].say("hello")
for m in members: m.until("(m0) hello")'
}

@test "a URL that is none is a usage error that shows no password" {
    local url
    for url in '' r redis: redis:// redis://h redis://h/ redis:///r http://h/r rediss://h/r redis://h:99999/r redis://h:x/r \
        'redis://h/%7Br' 'redis://h/r}' redis://h/%0A redis://h/%1B redis://h/%GG redis://h/%2 "redis://h/$(printf 'x%.0s' {1..65})" \
        redis+unix: redis+unix:/x 'redis+unix:/x?room=' 'redis+unix:?room=r' 'redis+unix:/x?rom=r' 'redis+unix:/x?room=%7D' \
        redis://:secret@h:99999/r redis://u:secret@h redis://u:secret@h/%ZZ 'redis+unix:/x?password=secret' 'redis+unix:/x?room={&password=secret'; do
        run sockkit chat-serve -p 0 --hub "$url"
        assert_failure 2
        assert_output --partial hub
        refute_output --partial secret
        refute_output --partial unknown
        [ "${#lines[@]}" -eq 1 ] || fail "$url: $output"
    done
    run sockkit chat-serve -p 0 --hub redis://127.0.0.1:1/r --hub-timeout x
    assert_failure 2
}

@test "a password is asked of the engine and shown nowhere; a refused one ends it with 1 in the engine's words" {
    hub '
e = Engine("--requirepass", "s3cret")
open("password", "w").write("s3cret\n")
open("wrong", "w").write("wr0ng\n")
for url, words in (e.url(password="s3cret"), ()), (e.url(), ("--hub-password-file", "password")):
    p, port = hub_room(url, "-v", "-TT", *words, stderr=open("err", "w"))
    assert b"s3cret" not in open("/proc/%d/cmdline" % p.pid, "rb").read(), url
    a = Member(port); a.say("x"); a.until(") x")
    p.terminate(); ended(p, -signal.SIGTERM)
    assert "s3cret" not in open("err").read()
import array, fcntl, termios
os.mkfifo("pieces")
def write():
    with open("pieces", "wb", buffering=0) as f:
        f.write(b"s3c")
        left = array.array("i", [1])
        while left[0]: fcntl.ioctl(f, termios.FIONREAD, left)
        f.write(b"ret\n")
threading.Thread(target=write, daemon=True).start()
p, port = hub_room(e.url(), "--hub-password-file", "pieces")
p.terminate(); ended(p, -signal.SIGTERM)
for url, words, told in ((e.url(password="wr0ng"), (), "WRONGPASS"), (e.url(), (), "NOAUTH"),
                         (e.url(), ("--hub-password-file", "wrong"), "WRONGPASS")):
    p = sockkit("chat-serve", "-p", 0, "--hub", url, *words, "-v", stdin=subprocess.DEVNULL)
    err = ended(p, 1)[1]
    assert told in err and "wr0ng" not in err, err
p = sockkit("chat-serve", "-p", 0, "--hub", e.url(), "--hub-password-file", "none", stdin=subprocess.DEVNULL)
p.wait(10); assert p.returncode in (1, 2) and b" none: No such file" in p.stderr.read()'
}

@test "a hub that is not there by --hub-timeout: status 4; one that comes up within it is joined" {
    hub '
silent = unix_listen("silent.sock")
for path in "nobody.sock", "silent.sock":
    begun = time.monotonic()
    p = sockkit("chat-serve", "-p", 0, "--hub", "redis+unix:%s?room=r" % path, "--hub-timeout", "700ms", "--port-file", "port", stdin=subprocess.DEVNULL)
    err = ended(p, 4)[1]
    assert path in err and err.count("\n") == 1, err
    assert 0.6 < time.monotonic() - begun < 5 and not os.path.exists("port")
early = unix_listen("hub.sock")
p = sockkit("chat-serve", "-q", "-p", 0, "--hub", "redis+unix:hub.sock?room=r", "--port-file", "port", stdin=subprocess.DEVNULL)
early.accept()[0].close() # it has tried once
early.close(); os.unlink("hub.sock")
e = Engine()
wait_until(lambda: os.path.exists("port"))
a = Member(open("port").read().strip()); a.say("x"); a.until("(user1) x")'
}

@test "a server that ends on SIGTERM has its members told as left at once, and their names are free" {
    hub '
e = Engine()
(p, one), (q, two) = quiet_room(e), quiet_room(e)
a = Member(one, "ada")
others = [Member(two, "m%d" % i) for i in range(5)]
a.until("is now m4")
begun = time.monotonic()
q.terminate(); ended(q, -signal.SIGTERM)
left = [a.line() for _ in range(5)]
assert sorted(left) == ["* m%d left" % i for i in range(5)] and time.monotonic() - begun < 5, left
a.say("/nick m3"); assert a.line() == "* ada is now m3"
a.say("/who"); assert a.line() == "* here: m3"
q, two = quiet_room(e)
b = Member(two, "m0"); b.say("again")
a.until("(m0) again")'
}

@test "the host of each server has a name of its own" {
    hub '
e = Engine()
(p, one), (q, two) = [quiet_room(e, "--name", "ada", stdin=subprocess.PIPE) for _ in range(2)]
a = Member(one)
a.say("/nick Ada"); assert a.until("!")[-1] == "! ada is here already"
a.say("/who"); names = a.until("* here: ")[-1].removeprefix("* here: ").split()
assert len(names) == 3 == len({n.lower() for n in names}) and "ada" in names, names
p.stdin.write(b"from one\n"); assert a.line() == "(ada) from one"
q.stdin.write(b"from two\n"); line = a.line()
assert line.endswith(") from two") and line[1:-len(") from two")] in set(names) - {"ada"}, (line, names)'
}

@test "one who does not read is dropped, and all servers are told" {
    LIMIT=60 hub '
e = Engine()
(p, one), (q, two) = quiet_room(e, "--buffer", "64K", "-O", "sndbuf=16K"), quiet_room(e)
slow, a, b = Member(one, "slow"), Member(one, "ada"), Member(two, "bob")
slow.s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
a.until("is now bob")
for i in range(30000):
    b.say("%d " % i + "x" * 1000)
    line = b.line()
    if line.startswith("* slow left"): break
    assert line.startswith("(bob) %d " % i), line[:80]
    assert a.line() == line
else: assert False, "it was not dropped"'
}

@test "the log keeps 10000 entries, not many more" {
    LIMIT=60 hub '
e = Engine("--appendonly", "no")
(p, one), (q, two) = quiet_room(e, "--history", 10), quiet_room(e)
a, b = Member(one, "ada"), Member(two, "bob")
a.until("is now bob")
for i in range(15):
    together(lambda: [b.say("\n".join("%d" % n for n in range(500))) for _ in range(2)],
             lambda: [a.line() for _ in range(1000)], lambda: [b.line() for _ in range(1000)])
n = e.ask("XLEN", "sockkit:{r}:log")
assert 10000 <= n < 12000, n'
}

@test "all keys of a room are on one node of a cluster" {
    hub '
e = Engine("--cluster-enabled", "yes", "--cluster-port", free_port(), port=free_port())
e.ask("CLUSTER", "ADDSLOTSRANGE", "0", "16383")
wait_until(lambda: b"cluster_state:ok" in e.ask("CLUSTER", "INFO"))
(p, one), (q, two) = hub_room(e, "--history", "5"), hub_room(e)
a, b = Member(one, "ada"), Member(two, "bob")
b.say("x"); a.until("(bob) x"); b.s.close(); a.until("bob left")
q.terminate(); p.terminate(); ended(q, -signal.SIGTERM); ended(p, -signal.SIGTERM)
assert "CROSSSLOT" not in open("hub.log").read()'
}

@test "-v narrates the connection to the hub, its loss and its return" {
    hub '
e = Engine()
p, port = hub_room(e, "-v", stderr=open("err", "w"))
assert "no connection" not in open("err").read(), open("err").read() # the first try is enough
says = lambda n: wait_until(lambda: open("err").read().lower().count("hub") >= n)
a = Member(port)
says(1)
told = open("err").read().count("hub")
e.kill()
assert a.until("hub")[-1] == AWAY
says(told + 1); told = open("err").read().count("hub")
e.start()
assert a.line() == BACK
says(told + 1)'
}
