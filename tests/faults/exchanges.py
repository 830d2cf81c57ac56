"""exchanges: what every applet does in the field, as short as it can be. Each is run again and
again, and each time another call of sockkit's is made to fail."""
import os
import random
import re
import socket

from ends import SAME, End
from stage import PIPE, TERMINAL

WELCOME = b"* welcome, you are user1 (/help lists the commands)\n* here: user1\n"
UP, DOWN = random.Random(1).randbytes(100_000), random.Random(2).randbytes(60_000)
LINES = b"".join(b"line %d\n" % i for i in range(20))
EXCHANGES = {}


def exchange(play):
    EXCHANGES[play.__name__.replace("_", "-")] = play
    return play


# --- connect ---


def relay(s, words=(), door=None, stdin=UP, **more):
    """Bytes both ways, more than fits anywhere."""
    door = door or s.listen()
    s.start("connect", "-w", 2, *words, stdin=stdin, wants=DOWN, **more)
    peer, pipes = s.accept(door, UP), [e for e in (s.stdin, s.stdout) if e]
    if s.stdin:  # which has delivered something before the peer ends
        s.pump(peer, s.stdin.says(UP), until=lambda: peer.got or peer.over)
    s.pump(peer.says(DOWN), *pipes)


@exchange
def connect_file(s):
    relay(s, ["127.0.0.1", s.port])


@exchange
def connect_pipes(s):
    relay(s, ["127.0.0.1", s.port], stdin=PIPE, stdout=PIPE)


@exchange
def connect_unix(s):
    relay(s, ["-U", "socket"], s.listen(socket.AF_UNIX), stdin=PIPE)


@exchange
def connect_slow(s):
    relay(s, ["-O", "sndbuf=4096", "127.0.0.1", s.port], s.listen(buffer=4096))


@exchange
def connect_output(s):
    s.files["kept"] = DOWN
    relay(s, ["-o", "kept", "-x", "dump", "--progress", "127.0.0.1", s.port])


@exchange
def connect_trace(s):
    relay(s, ["-TT", "127.0.0.1", s.port])


def say(s, *words):
    door = s.listen()
    s.start("connect", "-w", 2, *words, "one", "two", wants=b"answer\n")
    peer = s.accept(door, b"one\ntwo\n")
    s.pump(peer)
    s.pump(peer.says(b"answer\n"))


@exchange
def connect_messages(s):
    say(s, "127.0.0.1", s.port)


@exchange
def connect_name(s):
    say(s, f"localhost:{s.port}")


@exchange
def connect_retry(s):
    door = socket.socket()
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    door.bind(("127.0.0.1", s.port))
    s.keep(door)
    s.start("connect", "-4", "--retry", 2, "127.0.0.1", s.port, "one", wants=b"answer\n")
    s.until_made("connect")
    door.listen()
    peer = s.accept(door, b"one\n")
    s.pump(peer)
    while peer.over == "end" and not peer.got and s.accept_again(door, peer):  # given up meanwhile
        s.pump(peer)
    s.pump(peer.says(b"answer\n"))


@exchange
def connect_exec(s):
    door = s.listen()
    s.start("connect", "-w", 2, "-e", "cat", "127.0.0.1", s.port)
    s.pump(s.accept(door, DOWN).says(DOWN))


def through(s, url, *steps):
    """Messages through a proxy, which answers step by step: how much it has heard by then, what it
    says."""
    door = s.listen()
    s.start("connect", "-w", 2, "--proxy", f"{url}://127.0.0.1:{s.port}", "192.0.2.1:7", "one", "two",
            wants=b"answer\n")
    peer = s.accept(door, SAME)
    for heard, answer in steps:
        s.pump(peer, until=lambda: heard in peer.got or peer.over)
        s.pump(peer.says(answer, False), until=lambda: not peer.out)
    s.pump(peer, until=lambda: peer.over)
    s.pump(peer.says(b"answer\n"))


@exchange
def connect_socks5(s):
    through(s, "socks5", (b"\5\1\0", b"\5\0"), (b"\xc0\0\2\1\0\7", b"\5\0\0\1" + bytes(6)))


@exchange
def connect_http_proxy(s):
    through(s, "http", (b"\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n"))


@exchange
def connect_terminal(s):
    door = s.listen()
    s.start("connect", "-w", 2, "127.0.0.1", s.port, stdin=TERMINAL, wants=b"welcome")
    s.stdout.plain = lambda got: b"welcome" if b"welcome" in got else b""
    peer = s.accept(door, b"hello\n")
    s.pump(s.stdin.says(b"hello\r", False), peer, until=lambda: b"\n" in peer.got or peer.over)
    s.pump(peer.says(b"welcome\n", False), s.stdin, until=lambda: b"welcome" in s.stdout.got)
    s.pump(s.stdin.says(b"\x04", False), peer, until=lambda: peer.over)
    s.pump(peer.says(b""))


# --- serve ---


@exchange
def serve_once_file(s):
    s.serve("serve", "-1", once=True, stdin=DOWN, wants=UP)
    s.pump(s.client(DOWN).says(UP))


@exchange
def serve_once_pipes(s):
    s.serve("serve", "-1", once=True, stdin=PIPE, stdout=PIPE, wants=UP)
    client = s.client(DOWN)
    s.pump(client, s.stdin.says(DOWN), until=lambda: client.got or client.over)
    s.pump(client.says(UP), s.stdin, s.stdout)


@exchange
def serve_once_unix(s):
    s.serve("serve", "-1", "-U", "socket", once=True, stdin=DOWN, wants=UP)
    s.pump(s.client(DOWN, "socket").says(UP))


@exchange
def serve_feed(s):
    s.serve("serve", stdin=DOWN, stdout=PIPE, wants=b"first\nsecond\n")
    s.pump(s.client(DOWN).says(b"first\n"))
    s.hear(s.stdout, b"first\n")
    late = s.client(b"").says(b"second\n")
    late.plain = lambda got: b""  # all of it, where the first was lost
    s.pump(late)
    s.hear(s.stdout, b"second\n")


@exchange
def serve_messages(s):
    s.files["kept"] = b"first\nsecond\n"
    s.serve("serve", "-o", "kept", "--label", "Hello", stdout=PIPE, wants=SAME)
    s.stdout.plain = lambda got: re.sub(rb":\d+\]", b":N]", got)
    for word in b"first\n", b"second\n":
        s.pump(s.client(b"Hello\n").says(word))
        s.hear(s.stdout, word)


@exchange
def serve_reply(s):
    s.serve("serve", "--reply", "got %m", stdout=PIPE, wants=b"a\nb\nc\n")
    s.pump(s.client(b"got a\ngot b\n").says(b"a\nb\n"))
    s.pump(s.client(b"got c\n").says(b"c\n"))
    s.hear(s.stdout, b"c\n")


@exchange
def serve_exec(s):
    s.serve("serve", "-e", "cat")
    s.pump(s.client(DOWN).says(DOWN))
    s.pump(s.client(b"again\n").says(b"again\n"))


@exchange
def serve_terminal(s):
    s.serve("serve", stdin=TERMINAL, wants=b"hello")
    s.stdout.plain = lambda got: b"hello" if b"hello" in got else b""
    client = s.client(b"welcome\n").says(b"hello\n", False)
    s.pump(client, s.stdin, until=lambda: b"hello" in s.stdout.got)
    s.pump(s.stdin.says(b"welcome\r", False), client, until=lambda: b"\n" in client.got)


def joins(s, door, *words):
    s.serve("serve", *words)
    for down, up in (DOWN, UP), (b"answer\n", b"again\n"):
        client = s.client(down).says(up)
        s.pump(client, s.accept(door, up).says(down))


@exchange
def serve_to(s):
    joins(s, s.listen(beside=1), "--to", f"127.0.0.1:{s.port + 1}")


@exchange
def serve_to_unix(s):
    joins(s, s.listen(socket.AF_UNIX), "--to", "unix:socket")


@exchange
def serve_to_name(s):
    joins(s, s.listen(beside=1), "--to", f"localhost:{s.port + 1}")


@exchange
def serve_broker(s):
    s.serve("serve", "--broker")
    ann, bob = s.client(b"from bob\n"), s.client(LINES)
    bob.plain = lambda got: got.replace(b"?", b"")

    def bob_hears():
        if not ann.over and not bob.over and not ann.out:
            ann.says(b"?", False).say()
            bob.hear()
        return bob.got or ann.over or bob.over

    s.until(bob_hears)
    s.pump(ann.says(LINES, False), bob, until=lambda: b"line 19\n" in bob.got or bob.over)
    s.pump(bob.says(b"from bob\n"))
    s.hear(ann, b"from bob\n")
    s.pump(ann.says(b""))


@exchange
def serve_accept_proxy(s):
    s.serve("serve", "--accept-proxy", "--reply", "%m of %a", stdout=PIPE, wants=b"hi\nho\n")
    header = b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n"
    s.pump(s.client(b"hi of 192.0.2.1\n").says(header + b"hi\n"))
    s.hear(s.stdout, b"hi\n")
    s.pump(s.client(b"ho of 192.0.2.1\n").says(header + b"ho\n"))
    s.hear(s.stdout, b"ho\n")


# --- servers that answer ---


def asks(s, path=None, exchanges=((UP, UP), (b"again\n", b"again\n"))):
    for question, answer in exchanges:
        s.pump(s.client(answer, path).says(question))


@exchange
def echo_tcp(s):
    s.serve("echo")
    asks(s)


@exchange
def echo_unix(s):
    s.serve("echo", "-U", "socket")
    asks(s, "socket")


@exchange
def echo_workers(s):
    s.serve("echo", "--workers", 2)
    asks(s)


if os.getuid() == 0:

    @exchange
    def echo_user(s):
        s.serve("echo", "--user", "nobody")
        asks(s)


@exchange
def echo_trace(s):
    s.serve("echo", "-T")
    asks(s)


def asks_datagrams(s, questions, answers):
    """Each from a socket of its own; then two at once."""
    for q, a in zip(questions, answers):
        end = s.datagrams(a + b"\n")
        s.send(end, q)
        s.receive(end)
    end = s.datagrams(b"".join(a + b"\n" for a in answers))
    s.send(end, *questions)
    s.receive(end, len(answers))


@exchange
def echo_udp(s):
    s.serve("echo", "-u", "-4")
    asks_datagrams(s, [b"one", b"two"], [b"one", b"two"])


@exchange
def cmd_tcp(s):
    s.serve("cmd")
    asks(s, None, [(b"UPPER abc\nLEN abc\nNOPE\n", SAME), (b"REVERSE abc\n", b"cba\n")])


@exchange
def cmd_udp(s):
    s.serve("cmd", "-u", "-4")
    asks_datagrams(s, [b"UPPER abc", b"LEN abc"], [b"ABC\n", b"3\n"])


@exchange
def guess(s):
    s.serve("guess", "--seed", 1, "--max", 10, "--tries", 2)
    asks(s, None, [(b"x\n5\n5\n", SAME), (b"1\n10\n", SAME)])


# --- chat ---


def said(text):
    """What people said in a room; what the two of chat --listen say crosses."""
    return b"".join(sorted(line for line in text.splitlines(True) if line.startswith(b"(")))


@exchange
def chat_serve(s):
    s.serve("chat-serve", "--history", 5, "--log", "log", stdout=PIPE, wants=SAME)
    s.stdout.plain = said
    ann = s.client(SAME)
    s.pump(ann.says(b"/nick ann\n", False), until=lambda: b"is now ann" in ann.got or ann.over)
    s.pump(ann.says(b"hello\n", False), until=lambda: b"(ann) hello" in ann.got or ann.over)
    bob = s.client(SAME)
    s.pump(bob.says(b"/nick bob\n", False), until=lambda: b"is now bob" in bob.got or bob.over)
    s.hear(ann, b"is now bob")
    s.pump(ann.says(LINES, False), until=lambda: b"line 19\n" in ann.got or ann.over)
    s.hear(bob, b"line 19\n")
    s.pump(bob.says(b"/msg ann psst\n/quit\n"))
    s.hear(ann, b"bob left")
    s.pump(ann.says(b"bye\n"))


@exchange
def chat_messages(s):
    door = s.listen()
    s.start("chat", "-w", 2, "--name", "ann", "127.0.0.1", s.port, "one", "two", wants=SAME)
    peer = s.accept(door, b"/nick ann\none\ntwo\n")
    s.pump(peer.says(WELCOME, False), until=lambda: b"ann\n" in peer.got or peer.over)
    s.pump(peer.says(b"* user1 is now ann\n", False), until=lambda: peer.over)
    s.pump(peer.says(b"(ann) one\n(ann) two\n"))


@exchange
def chat_pipe(s):
    door = s.listen()
    s.start("chat", "-w", 2, "127.0.0.1", s.port, stdin=PIPE, stdout=PIPE, wants=SAME)
    s.stdin.says(LINES)
    peer = s.accept(door, LINES)
    s.pump(peer.says(WELCOME, False), s.stdin, s.stdout,
           until=lambda: peer.over or peer.got.endswith(b"line 19\n"))
    s.pump(peer.says(b"(user1) all of it\n"), s.stdout)


@exchange
def chat_terminal(s):
    door = s.listen()
    s.start("chat", "-w", 2, "127.0.0.1", s.port, stdin=TERMINAL, wants=b"(bob) hi")
    s.stdout.plain = lambda got: b"(bob) hi" if b"(bob) hi" in got else b""
    peer = s.accept(door, b"hello\n")
    s.pump(peer.says(b"(bob) hi\n", False), s.stdin, until=lambda: b"(bob) hi" in s.stdout.got)
    s.pump(s.stdin.says(b"hello\r", False), peer, until=lambda: b"\n" in peer.got or peer.over)
    s.pump(s.stdin.says(b"stop\r", False), peer, until=lambda: peer.over)
    s.pump(peer.says(b""))


@exchange
def chat_listen(s):
    s.serve("chat", "--listen", once=True, stdin=PIPE, stdout=PIPE, wants=SAME)
    peer = s.client(SAME)
    s.pump(peer.says(LINES, False), s.stdin.says(LINES, False), s.stdout,
           until=lambda: b"line 19\n" in s.stdout.got and b"line 19\n" in peer.got or peer.over)
    s.pump(peer.says(b""), s.stdin.says(b""), s.stdout)
    s.stdout.plain = peer.plain = said


# --- probe ---


def probes(s, *words, **more):
    s.start("probe", "-w", 1, *words, stdout=PIPE, wants=SAME, **more)
    s.tells = re.compile(r"closed|no-answer|unexpected|unreachable|unresolved")
    s.stdout.plain = lambda got: re.sub(rb"[0-9.]+ ms|\"ms\": ?[0-9.]+", b"N ms", got)


def knock(s, door, n=1, says=b""):
    for _ in range(n):
        s.pump(s.accept(door, SAME).says(says))
    s.pump(s.stdout)


@exchange
def probe_ports(s):
    door = s.listen()
    probes(s, "127.0.0.1", f"{s.port},{s.port + 1}")
    knock(s, door)


@exchange
def probe_name_banner(s):
    door = s.listen()
    probes(s, "--banner", "--send", "hello", f"localhost:{s.port}")
    knock(s, door, says=b"welcome\n")


@exchange
def probe_range_json(s):
    s.listen()
    probes(s, "--json", "-j", 4, "-a", "127.0.0.1", f"{s.port}-{s.port + 20}")
    s.pump(s.stdout)


@exchange
def probe_udp(s):
    door = s.meet(End("peer", b"hello\n", s.listen(kind=socket.SOCK_DGRAM)))
    probes(s, "-u", "--send", "hello", "--expect", "welcome", "127.0.0.1", s.port)
    sender = s.receive(door)
    if sender:
        door.file.sendto(b"welcome", sender)
    s.pump(s.stdout)


@exchange
def probe_command(s):
    s.listen()
    probes(s, "--wait", 2, "127.0.0.1", s.port, "--", "sh", "-c", "echo ran")
    s.pump(s.stdout)


# --- UDP ---


@exchange
def udp_serve(s):
    s.files["kept"] = b"one\ntwo\nthree\n"
    s.serve("udp-serve", "-4", "-c", 3, "-o", "kept", once=True, wants=b"one\ntwo\nthree\n")
    s.send(s.datagrams(b""), b"one", b"two", b"three")


@exchange
def udp_serve_reply(s):
    s.serve("udp-serve", "-4", "--reply", "got %m", stdout=PIPE, wants=b"one\ntwo\none\ntwo\n")
    asks_datagrams(s, [b"one", b"two"], [b"got one", b"got two"])
    s.hear(s.stdout, b"two\none\ntwo\n")


@exchange
def udp_serve_unix(s):
    s.serve("udp-serve", "-U", "socket", "-c", 2, "--reply", "got %m", once=True,
            wants=b"one\ntwo\n")
    end = s.datagrams(b"got one\ngot two\n", "socket")
    s.send(end, b"one", b"two")
    s.receive(end, 2)


def receiver(s, wants):
    return s.meet(End("peer", wants, s.listen(kind=socket.SOCK_DGRAM)))


@exchange
def udp_send_messages(s):
    door = receiver(s, b"one\ntwo\n")
    s.start("udp-send", "-r", 2, "-w", 2, "127.0.0.1", s.port, "one", "two", wants=b"1\n2\n")
    for answer in b"1", b"2":
        sender = s.receive(door)
        if sender:
            door.file.sendto(answer, sender)


@exchange
def udp_send_lines(s):
    door = receiver(s, LINES)
    s.start("udp-send", f"localhost:{s.port}", stdin=PIPE)
    s.pump(s.stdin.says(LINES))
    s.receive(door, 20)


@exchange
def udp_send_blocks(s):
    door = receiver(s, b"".join(DOWN[i:i + 1000] + b"\n" for i in range(0, 10000, 1000)))
    s.start("udp-send", "--block", 1000, "127.0.0.1", s.port, stdin=DOWN[:10000])
    s.receive(door, 10)
