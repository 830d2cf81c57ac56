#!/usr/bin/env python3
"""protocol: strangers at the sockets of every applet. Servers meet clients, and clients meet servers, that send whatever comes
to their mind in pieces of any size, half-close, reset, do not read, come in numbers and vanish. Whatever they do, the program

- neither crashes nor makes a sanitizer speak, and keeps no more memory than a bound;
- rests once nothing happens any more;
- still serves a client that behaves, and ends on SIGTERM (status 143); a client ends in time with a status of the manual.

What happens follows from the seed alone, but for the times at which the system lets it happen.

    SOCKKIT=EXECUTABLE tests/fuzz/protocol.py [--seconds S] [--seed N] [--round R] [NAME]...

Each NAME (all of them; --list shows them) has S seconds (10). A fault is told with the seed and the round that show it again."""
import argparse
import contextlib
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
os.environ.setdefault("SOCKKIT", os.path.abspath("build/san/sockkit"))
# A small quarantine: memory that was freed is not what the bound is about.
os.environ["ASAN_OPTIONS"] = "quarantine_size_mb=4:abort_on_error=1:allocator_may_return_null=1"
os.environ["UBSAN_OPTIONS"] = "abort_on_error=1:print_stacktrace=1"
from peer import CRASHES, connect, cpu, datagram, reset, serve, sockkit  # noqa: E402

MEMORY = 200 << 20  # resident bytes, the sanitizer's own among them
LIMIT = 15          # seconds until a program has ended, or rests
REST = 0.05         # seconds; three such times with next to no work are rest

WORDS = [
    b"\n", b"\r\n", b"\r", b"\0", b"\xff\xf4\xff\xfd\x06", b"\xff\xff", b"\xff", b"\xc3", b"\xe2\x80\xae\n", b"\x1b[2J",
    b"UPPER \xc3\xa9\n", b"REVERSE abc\n", b"DATE\r\n", b"LEN \n", b"QUIT\n", b"HELP\n", b"50\n", b"-1\n", b"0x10\n",
    b"/nick anna\n", b"/nick \xc3\x89\n", b"/who\n", b"/me waves\n", b"/msg user1 hi\n", b"/msg user2 " + b"m" * 3000 + b"\n",
    b"/quit\n", b"//x\n", b"stop\n", b"hello\n", b"* user1 joined\n", b"(user1) hi\n", b"! no\n", b"* welcome, you are x\n",
    b"a" * 70000 + b"\n", b"b" * 4096 + b"\n", b"\n" * 500, b"%m %a %p %t\n",
    b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 302 \r\n", b"HTTP/", b"HTTP/1.0 200 " + b"x" * 9000,
    b"\x05\x00", b"\x05\x02\x01\x00", b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x50", b"\x05\x00\x00\x03\xff", b"\x00\x5a\0\0\0\0\0\0",
    b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n", b"PROXY UNKNOWN\r\n", b"PROXY ", b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + b"\1" * 12,
    b"\r\n\r\n\0\r\nQUIT\n\x21\x11\xff\xff",
]


class Fault(Exception):
    """What must not be."""


def check(true, what):
    if not true:
        raise Fault(what)


# --- what strangers do -----------------------------------------------------------------------------------------------------

def piece(rng):
    """Something to send."""
    kind = rng.random()
    if kind < 0.5:
        return b"".join(rng.choice(WORDS) for _ in range(rng.randint(1, 6)))
    if kind < 0.8:
        return rng.randbytes(rng.choice([1, 2, 10, 100, 1000, 5000]))
    if kind < 0.9:
        return rng.choice(WORDS) * rng.randint(1, 200)
    return rng.randbytes(65536)


def send(s, data):
    with contextlib.suppress(OSError):
        s.send(data)


class Stranger:
    """One end of a stream, in the middle of something."""

    def __init__(self, s):
        self.s = s
        s.setblocking(False)

    def step(self, rng):
        what = rng.random()
        with contextlib.suppress(OSError):
            if what < 0.5:
                self.send_in_pieces(rng)
            elif what < 0.8:
                self.s.recv(rng.choice([1, 100, 65536]))
            elif what < 0.84:
                self.s.shutdown(rng.choice([socket.SHUT_WR, socket.SHUT_WR, socket.SHUT_RD, socket.SHUT_RDWR]))
            elif what < 0.86:
                self.s.send(b"!", socket.MSG_OOB)
            elif what < 0.9:
                self.end(rng)
            else:
                time.sleep(rng.random() / 100)

    def send_in_pieces(self, rng):
        data = piece(rng)
        size = rng.choice([1, 7, 1000, 1 << 20])
        for at in range(0, min(len(data), 40 * size), size):
            self.s.send(data[at:at + size])

    def end(self, rng):
        reset(self.s) if rng.random() < 0.5 else self.s.close()

    @property
    def gone(self):
        return self.s.fileno() < 0


def storm(rng, new, steps):
    """Strangers that come, act in turns and go. Returns those who are still there."""
    there = []
    for _ in range(steps):
        if len(there) < 12 and (not there or rng.random() < 0.2):
            for _ in range(rng.choice([1, 1, 1, 8])):
                with contextlib.suppress(OSError):
                    there.append(Stranger(new()))
        if there:
            rng.choice(there).step(rng)
        there = [s for s in there if not s.gone]
    return there


def shower(rng, port, steps):
    """Datagrams from several sockets, some of which are gone when they are answered."""
    there = [datagram() for _ in range(4)]
    for _ in range(steps):
        s = rng.choice(there)
        s.setblocking(False)
        with contextlib.suppress(OSError):
            if rng.random() < 0.8:
                s.sendto(piece(rng)[:65507] if rng.random() < 0.9 else b"", ("127.0.0.1", int(port)))
            else:
                s.recv(65536)
        if rng.random() < 0.05:
            there.remove(s)
            s.close()
            there.append(datagram())
    for s in there:
        s.close()
    return []


# --- what is looked at -----------------------------------------------------------------------------------------------------

def family(pid):
    """A process and its children."""
    yield pid
    with contextlib.suppress(OSError), open(f"/proc/{pid}/task/{pid}/children") as f:
        for child in f.read().split():
            yield from family(int(child))


def work(p):
    """Seconds of CPU time that a program and its children have taken; those of a child that ends meanwhile are left out."""
    total = 0
    for pid in family(p.pid):
        with contextlib.suppress(OSError), open(f"/proc/{pid}/schedstat") as f:
            total += int(f.read().split()[0]) / 1e9
    return total


def resident(p):
    with open(f"/proc/{p.pid}/statm") as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGESIZE")


def check_rest(p):
    """It rests before long, for it has nothing to do."""
    end, quiet = time.monotonic() + LIMIT, 0
    while quiet < 3:
        before = work(p)
        time.sleep(REST)
        quiet = quiet + 1 if work(p) - before < REST / 50 else 0
        check(time.monotonic() < end, "it does not come to rest")


def check_words(err):
    err.seek(0)
    said = err.read().decode(errors="replace")
    bad = re.search(r"Sanitizer|runtime error:|[Aa]ssert", said)
    check(not bad, "it said: " + said[bad.start() - 200 if bad and bad.start() > 200 else 0:][:3000] if bad else "")


def check_alive(p, err):
    if p.poll() is not None:
        check_words(err)
        raise Fault(f"it ended by itself, with {p.returncode}")
    check(resident(p) < MEMORY, f"it keeps {resident(p) >> 20} MiB")


# --- servers ---------------------------------------------------------------------------------------------------------------

def stream(port):
    s = connect(port)
    s.settimeout(LIMIT)
    return s


def asked(s, question, answer):
    """Sends a question and reads until the answer has come."""
    got = b""
    s.sendall(question)
    while answer not in got:
        more = s.recv(65536)
        check(more, f"a client that behaves got {got[-200:]!r} and the end, not {answer!r}")
        got += more
    s.close()


def ask(question, answer):
    return lambda p, port: asked(stream(port), question, answer)


def ask_datagram(question, answer):
    """Several times: the system drops datagrams that come faster than they are read."""
    def asking(p, port):
        with datagram() as s:
            s.settimeout(0.5)
            for _ in range(2 * LIMIT):
                s.sendto(question, ("127.0.0.1", int(port)))
                with contextlib.suppress(TimeoutError):
                    if answer in s.recv(65536):
                        return
        raise Fault(f"a client that behaves was never answered {answer!r}")
    return asking


def feed(p, port):
    with stream(port) as s:
        p.stdin.write(b"from stdin\n")
        got = b""
        while b"from stdin\n" not in got:
            more = s.recv(65536)
            check(more, "a client that behaves was not fed")
            got += more


def spread(p, port):
    """Again and again: a client hears what is said once it is there."""
    with stream(port) as one, stream(port) as other:
        other.settimeout(0.1)
        got = b""
        for _ in range(10 * LIMIT):
            one.sendall(b"spread\n")
            with contextlib.suppress(TimeoutError):
                more = other.recv(65536)
                check(more, "a client that behaves was dropped")
                got += more
            if b"spread\n" in got:
                return
        raise Fault("a client that behaves did not hear another")


def nothing(p, port):
    """It shows what comes; that it lives is all there is to see."""


ECHO = ask(b"hello", b"hello")
SERVERS = {
    "echo": (["echo"], ECHO),
    "echo-unix": (["echo", "-U", "echo.sock"], ECHO),
    "echo-workers": (["echo", "--workers", "2"], ECHO),
    "echo-limits": (["echo", "-m", "3", "--max-per-host", "2", "-i", "1"], nothing),
    "echo-udp": (["echo", "-u"], ask_datagram(b"hello", b"hello")),
    "cmd": (["cmd", "-T"], ask(b"ECHO hi\n", b"hi\n")),
    "cmd-unix": (["cmd", "-U", "cmd.sock"], ask(b"ECHO hi\n", b"hi\n")),
    "cmd-udp": (["cmd", "-u"], ask_datagram(b"ECHO hi", b"hi")),
    "guess": (["guess"], ask(b"", b"I picked a number")),
    "serve": (["serve", "hello", "--label", "-x", "dump", "-o", "/dev/null"], ask(b"", b"hello\n")),
    "serve-stdin": (["serve", "-vv"], feed),
    "serve-stdin-unix": (["serve", "-U", "serve.sock"], feed),
    "serve-reply": (["serve", "--reply", "%m of %a"], ask(b"hi\n", b"hi of 127.0.0.1\n")),
    "serve-reply-unix": (["serve", "--reply", "<%m>", "-U", "reply.sock"], ask(b"hi\n", b"<hi>\n")),
    "serve-accept-proxy": (["serve", "--accept-proxy", "--reply", "%m of %a"],
                           ask(b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\nhi\n", b"hi of 192.0.2.1\n")),
    "serve-exec": (["serve", "-e", "exec cat"], ECHO),
    "serve-exec-unix": (["serve", "-e", "head -c 100; exit 3", "-U", "exec.sock"], ask(b"h" * 100, b"h" * 100)),
    "serve-to": (["serve", "--to", "BEHIND"], ECHO),
    "serve-to-unix": (["serve", "--to", "BEHIND", "-x", "dump", "-U", "to.sock"], ECHO),
    "serve-to-reset": (["serve", "--to", "BEHIND", "--send-proxy", "2"], ask(b"h" * 100, b"h" * 10)),
    "serve-broker": (["serve", "--broker", "--buffer", "128K"], spread),
    "serve-broker-unix": (["serve", "--broker", "-U", "broker.sock"], spread),
    "chat-serve": (["chat-serve", "--buffer", "64K", "--history", "20", "--log", "/dev/null"], ask(b"", b"* welcome, you are ")),
    "chat-serve-unix": (["chat-serve", "--rate", "50", "-U", "room.sock"], ask(b"", b"* welcome, you are ")),
    "udp-serve": (["udp-serve", "--label", "-x", "dump"], nothing),
    "udp-serve-reply": (["udp-serve", "--reply", "%m!"], ask_datagram(b"hi", b"hi!")),
}
# The server that the endpoint BEHIND stands for.
BEHIND = {"serve-to": ["echo"], "serve-to-unix": ["echo", "-U", "behind.sock"],
          "serve-to-reset": ["serve", "-e", "head -c 100; exit 3"]}


def meet_server(rng, name, p, port, err):
    words, behaves = SERVERS[name]
    udp = words[0] == "udp-serve" or "-u" in words
    there = shower(rng, port, 150) if udp else storm(rng, lambda: connect(port), rng.randint(20, 120))
    check_rest(p)
    check_alive(p, err)
    for s in there:
        s.end(rng)
    behaves(p, port)
    check_words(err)


def end_server(rng, name, p, port, err):
    there = [] if name.endswith("udp") else storm(rng, lambda: connect(port), 30)
    p.terminate()
    try:
        p.wait(LIMIT)
    except subprocess.TimeoutExpired:
        raise Fault("it does not end on SIGTERM") from None
    check_words(err)
    check(p.returncode == -signal.SIGTERM, f"its status after SIGTERM is {p.returncode}")
    for s in there:
        s.s.close()


@contextlib.contextmanager
def behind(name):
    """The endpoint of the server behind another; None: there is none."""
    if name not in BEHIND:
        yield None
        return
    applet, *words = BEHIND[name]
    p, port = serve("-q", *words, applet=applet)
    try:
        yield f"unix:{port}" if "-U" in words else f"127.0.0.1:{port}"
    finally:
        p.terminate()
        p.wait(LIMIT)


def fuzz_server(name, rounds):
    """Goes on with the same server from round to round."""
    with tempfile.TemporaryFile() as err, behind(name) as endpoint:
        applet, *words = (endpoint if word == "BEHIND" else word for word in SERVERS[name][0])
        p, port = serve(*words, applet=applet, stdout=subprocess.DEVNULL, stderr=err)
        for rng in rounds:
            meet_server(rng, name, p, port, err)
        end_server(random.Random(name), name, p, port, err)


# --- clients, and servers for one connection -------------------------------------------------------------------------------

FEWER = ["--max-time", "700ms", "-w", "500ms"]
CLIENTS = {
    "connect": ["connect", "-v", "127.0.0.1:PORT"],
    "connect-message": ["connect", "-x", "dump", "127.0.0.1:PORT", "hello", "there"],
    "connect-exec": ["connect", "-e", "exec cat", "127.0.0.1:PORT"],
    "connect-trace": ["connect", "-TT", "-C", "127.0.0.1:PORT"],
    "connect-socks5": ["connect", "--proxy", "socks5://anna:secret@127.0.0.1:PORT", "192.0.2.1:7"],
    "connect-socks4": ["connect", "--proxy", "socks4://127.0.0.1:PORT", "192.0.2.1:7", "hello"],
    "connect-http-proxy": ["connect", "--proxy", "http://127.0.0.1:PORT", "example.invalid:7"],
    "chat": ["chat", "--name", "anna", "127.0.0.1:PORT"],
    "chat-message": ["chat", "127.0.0.1:PORT", "hello", "there"],
    "probe": ["probe", "--banner", "--json", "127.0.0.1:PORT"],
    "probe-expect": ["probe", "--send", "hello", "--expect", "OK", "127.0.0.1:PORT"],
    "probe-regex": ["probe", "--send", "hello", "--expect-regex", "^(OK|a+|[0-9]).*$", "127.0.0.1:PORT"],
    "probe-http": ["probe", "--status", "200-399", "http://127.0.0.1:PORT/path"],
    "probe-wait": ["probe", "--wait", "500ms", "--expect", "OK", "127.0.0.1:PORT"],
    "udp-send": ["udp-send", "-r", "3", "127.0.0.1:PORT", "hello"],
    "udp-send-stdin": ["udp-send", "127.0.0.1:PORT"],
    "probe-udp": ["probe", "-u", "127.0.0.1:PORT"],
}
ONCE = {
    "serve-once": ["serve", "--once", "hello"],
    "serve-once-exec": ["serve", "--once", "-e", "exec cat"],
    "chat-listen": ["chat", "--listen"],
}
# The last are those of a command of -e: it writes to nobody, or its client has reset the connection.
STATUSES = {0, 1, 3, 4, 5, -signal.SIGPIPE, 128 + signal.SIGHUP}


def give_stdin(rng, p):
    """Some of it now, the rest never or later."""
    with contextlib.suppress(OSError):
        os.set_blocking(p.stdin.fileno(), False)
        p.stdin.write(piece(rng))
        if rng.random() < 0.5:
            p.stdin.close()


def runs(p):
    return os.waitid(os.P_PID, p.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None


def check_end(p, err):
    """The run is over in time, and took neither too much memory nor all of the time."""
    pid, status, used = 0, 0, None
    end = time.monotonic() + LIMIT
    while not pid and time.monotonic() < end:
        pid, status, used = os.wait4(p.pid, os.WNOHANG)
        time.sleep(0.002)
    check(pid, "it does not end")
    p.returncode = os.waitstatus_to_exitcode(status)
    check_words(err)
    check(p.returncode in STATUSES, f"it ended with {p.returncode}")
    check(used.ru_maxrss << 10 < MEMORY, f"it kept {used.ru_maxrss >> 10} MiB")
    check(used.ru_utime + used.ru_stime < 0.6, f"it took {used.ru_utime + used.ru_stime:.1f} s of CPU time in 0.7 s")


def meet_client(rng, name):
    """A server with little sense: what it does with a connection it does at random."""
    words = CLIENTS[name]
    udp = words[0] == "udp-send" or "-u" in words
    with (datagram() if udp else socket.create_server(("127.0.0.1", 0))) as s, tempfile.TemporaryFile() as err:
        port = s.getsockname()[1]
        p = sockkit(*[w.replace("PORT", str(port)) for w in words], *FEWER, stdout=subprocess.DEVNULL, stderr=err)
        give_stdin(rng, p)
        (answer_datagrams if udp else answer)(rng, s, p)
        check_end(p, err)


def answer(rng, s, p):
    s.settimeout(0.02)
    there = []
    while runs(p):
        with contextlib.suppress(OSError):
            there.append(Stranger(s.accept()[0]))
        for stranger in there:
            stranger.step(rng)
        there = [t for t in there if not t.gone]
        if rng.random() < 0.02:
            break
    for stranger in there:
        if rng.random() < 0.7:
            stranger.end(rng)


def answer_datagrams(rng, s, p):
    s.settimeout(0.02)
    while runs(p):
        with contextlib.suppress(OSError):
            sender = s.recvfrom(65536)[1]
            for _ in range(rng.randint(0, 5)):
                s.sendto(piece(rng)[:65507], sender)


def meet_once(rng, name):
    with tempfile.TemporaryFile() as err:
        p, port = serve(*ONCE[name][1:], *FEWER, applet=ONCE[name][0], stdout=subprocess.DEVNULL, stderr=err)
        give_stdin(rng, p)
        for s in storm(rng, lambda: connect(port), rng.randint(5, 40)):
            s.end(rng)
        check_end(p, err)


def fuzz_each(meet):
    """Starts anew in each round."""
    def fuzz(name, rounds):
        for rng in rounds:
            meet(rng, name)
    return fuzz


# --- all of it -------------------------------------------------------------------------------------------------------------

FUZZERS = {**dict.fromkeys(SERVERS, fuzz_server), **dict.fromkeys(CLIENTS, fuzz_each(meet_client)),
           **dict.fromkeys(ONCE, fuzz_each(meet_once))}


def rounds_of(name, options, told):
    """The generators of random numbers, one a round; told[0] is the round."""
    end = time.monotonic() + options.seconds
    told[0] = options.round or 0
    while told[0] == (options.round or 0) or (options.round is None and time.monotonic() < end):
        yield random.Random(f"{options.seed} {name} {told[0]}")
        told[0] += 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--round", type=int)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("names", nargs="*", metavar="NAME")
    options = parser.parse_args()
    if options.list:
        print(*FUZZERS, sep="\n")
        return 0
    faults = 0
    for name in options.names or FUZZERS:
        told = [0]
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            try:
                FUZZERS[name](name, rounds_of(name, options, told))
                print(f"{name}: {told[0]} rounds", flush=True)
            except (Fault, OSError) as fault:
                faults += 1
                print(f"{name}: FAULT in round {told[0]} (--seed {options.seed} --round {told[0]} {name}): {fault}", flush=True)
            os.chdir("/")
    print(f"{len(options.names or FUZZERS)} programs, {faults} faults")
    return faults != 0


if __name__ == "__main__":
    sys.exit(main())
