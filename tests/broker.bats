# serve --broker: what a client sends goes to all the others.
# shellcheck disable=SC2016

load helper

export LIMIT=60 WAIT=60

ROOM='
import threading
def broker(*words, **more):
    global p, port
    p, port = serve("--broker", "Hi", *words, stdin=subprocess.DEVNULL, **more)
def come(n):
    """So many members, each known to be in."""
    members = [connect(port) for _ in range(n)]
    for m in members: assert read_line(m) == b"Hi\n"
    return members
'
room() { peer "$ROOM$1" "${@:2}"; }

@test "what a client sends goes to all the others, bytes unchanged, and not back to it" {
    room '
broker()
members = come(4)
every = bytes(range(256)) * 64
for m in members:
    m.sendall(every)
    for other in members:
        if other is not m: assert read_exactly(other, len(every)) == every
assert all(quiet(m, 0.1) for m in members)
p.terminate()
out, err = ended(p, -signal.SIGTERM)
assert not out, out'
}

@test "all speak at once: each gets every byte of each other, in order, none of its own" {
    room '
broker()
members = come(8)
said = [bytes(32 * k + i % 32 for i in range(50000)) for k in range(8)] # no two say the same
def speak(k):
    for i in range(0, 50000, 25): members[k].sendall(said[k][i:i + 25])
def listen_to(k):
    data = read_exactly(members[k], 7 * 50000)
    heard[k] = [bytes(c for c in data if c // 32 == other) for other in range(8)]
heard = {}
for m in members: m.settimeout(30)
threads = [threading.Thread(target=f, args=(k,)) for f in (speak, listen_to) for k in range(8)]
for x in threads: x.start()
for x in threads: x.join()
for k in range(8): assert heard[k] == [b"" if other == k else said[other] for other in range(8)], k'
}

@test "the greeting comes first; who comes later is sent what is said from then on" {
    room '
broker()
a, b = connect(port), connect(port)
assert read_line(a) == read_line(b) == b"Hi\n"
a.sendall(b"early")
assert read_exactly(b, 5) == b"early"
c = connect(port)
assert read_line(c) == b"Hi\n"
a.sendall(b"late")
assert read_exactly(c, 4) == b"late"'
}

@test "one that has ended its side is sent what was said before, then its end; the others go on" {
    room '
broker()
a, b, c = come(3)
a.sendall(b"last words")
assert read_exactly(b, 10) == b"last words"
assert hear(b) == b""
a.sendall(b"more")
assert read_exactly(c, 14) == b"last wordsmore"
reset(a)
d = connect(port)
d.sendall(b"x")
assert c.recv(1) == b"x"'
}

@test "a member that reads slowly holds the senders up and loses nothing" {
    room '
broker("--buffer", "64K", "-O", "sndbuf=65536")
a, slow, fast = come(3)
noise = os.urandom(24 << 20)
sender = threading.Thread(target=a.sendall, args=(noise,))
a.settimeout(50)
for s in slow, fast: s.settimeout(50)
heard = {}
quick = threading.Thread(target=lambda: heard.update(fast=read_exactly(fast, len(noise))))
sender.start()
quick.start()
got = bytearray()
while len(got) < 1 << 20:
    got += slow.recv(1 << 15)
    time.sleep(0.01)
got += read_exactly(slow, len(noise) - len(got))
sender.join()
quick.join()
assert got == noise and heard["fast"] == noise'
}

@test "a member that takes nothing is dropped after a second, and the others get every byte" {
    room '
broker("--buffer", "64K", "-O", "sndbuf=65536")
a, dead, b = come(3)
name = "%s:%d" % dead.getsockname()
noise = os.urandom(32 << 20)
sender = threading.Thread(target=a.sendall, args=(noise,))
a.settimeout(50)
b.settimeout(50)
sender.start()
assert read_exactly(b, len(noise)) == noise
sender.join()
with open(f"/proc/{p.pid}/statm") as f: pages = int(f.read().split()[1])
assert pages < 4096, pages
assert is_reset(dead)
p.terminate()
err = ended(p, -signal.SIGTERM)[1]
assert f"{name} dropped: it has taken nothing for a second\n" in err, err'
}

@test "-o keeps what clients send, -x shows what each sent and was sent" {
    room '
broker("-o", "copy", "-x", "dump")
a, b = come(2)
a.sendall(b"question")
assert read_exactly(b, 8) == b"question"
wait_until(lambda: open("dump").read().count("question") == 2)
assert open("copy").read() == "question"
p.terminate()'
}

@test "what has no meaning with --broker is a usage error" {
    local words
    for words in --reply=x --exec=true --to=:1 --label --recv-only; do
        run sockkit serve -p 0 --broker "$words"
        assert_equal "$status" 2
        assert_line --partial exclude
    done
    run sockkit serve -p 0 --broker --buffer 0
    assert_equal "$status" 2
}
