"""Rooms on a hub for the Python of the tests: from hub import * (with all of room.py and peer.py).

An Engine is a redis-server of the test's own, on a Unix socket in the folder of the test, without a port unless asked for one.
A Wire is a relay in front of it that can be cut, stopped and made to lie."""
import threading

from room import *

LINES = re.compile(r"! (\d+) lines were missed")
AWAY = "! the hub is away, what you say waits"
BACK = "* the hub is back"


class Refused(Exception):
    """The engine's own words."""


class Engine:
    DURABLE = ("--appendonly", "yes", "--appendfsync", "always")

    def __init__(self, *options, name="hub", port=0):
        self.name, self.path, self.port, self.control = name, name + ".sock", port, None
        self.options = [*self.DURABLE, *options]
        os.makedirs(name + ".data", exist_ok=True)
        self.start()

    def start(self):
        """Until its data are there; it may have been killed before."""
        self.launch()
        wait_until(self.loaded)

    def launch(self, *options):
        """Until it answers, be it that it loads."""
        log = open(self.name + ".log", "ab")
        command = ["redis-server", "--port", self.port, *(() if "--bind" in self.options else ("--bind", "127.0.0.1")), "--dir", self.name + ".data",
                   "--unixsocket", os.path.abspath(self.path), "--save", "", *self.options, *options]
        self.process = subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        started.append(self.process)
        wait_until(self.answers)

    def answers(self):
        try:
            self.ask("PING")
        except OSError:
            assert self.process.poll() is None, open(self.name + ".log").read()
            return False
        except Refused:
            pass
        return True

    def loaded(self):
        try:
            self.ask("EXISTS", "x")
        except Refused as why:
            return not str(why).startswith("LOADING")
        return True

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.control = None

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def url(self, room="r", password=""):
        return f"redis+unix:{self.path}?room={room}" + (f"&password={password}" if password else "")

    def ask(self, *words):
        """One command and its reply: None, an int, bytes, a list; Refused for an error."""
        for last in False, True:
            try:
                self.control = self.control or Conversation(connect(self.path))
                return self.control.ask(*words)
            except OSError:
                self.control = None
                if last:
                    raise

    def log(self, room="r"):
        """The stream of a room: (id, its fields as a list)."""
        return self.ask("XRANGE", f"sockkit:{{{room}}}:log", "-", "+")


class Conversation:
    """The engine's protocol (RESP2) over a socket."""

    def __init__(self, s):
        self.file = s.makefile("rwb")

    def ask(self, *words):
        words = [w if isinstance(w, bytes) else str(w).encode() for w in words]
        self.file.write(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%b\r\n" % (len(w), w) for w in words))
        self.file.flush()
        reply = self.reply()
        if isinstance(reply, Refused):
            raise reply
        return reply

    def reply(self):
        line = self.file.readline()
        if not line:
            raise ConnectionError("the engine has closed")
        kind, rest = line[:1], line[1:-2]
        if kind == b"$":
            return None if rest == b"-1" else self.file.read(int(rest) + 2)[:-2]
        if kind == b"*":
            return None if rest == b"-1" else [self.reply() for _ in range(int(rest))]
        if kind == b":":
            return int(rest)
        return Refused(rest.decode()) if kind == b"-" else rest


class Wire:
    """Relays between what connects to its path and the engine, as it is told:

    cut(), mend()      every connection ends, and none is made
    stall(), go_on()   what is sent either way waits
    tamper = function  bytes of the engine's replies in, bytes out; None out: the connection ends
    watch = function   is shown what servers send, before it is passed on
    hold = True        what servers send is not passed on, though they may go, before release()
    """

    def __init__(self, engine, name="wire"):
        self.engine, self.path = engine, name + ".sock"
        self.nears, self.hold, self.held = [], False, []
        self.tamper, self.watch = lambda data: data, lambda data: None
        self.flowing = threading.Event()
        self.flowing.set()
        self.mend()

    def url(self, room="r"):
        return f"redis+unix:{self.path}?room={room}"

    def mend(self):
        self.listener = unix_listen(self.path)
        self.listener.settimeout(None)
        threading.Thread(target=self.accept, args=(self.listener,), daemon=True).start()

    def cut(self):
        os.unlink(self.path)
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.drop()

    def drop(self):
        """Ends every connection; new ones may come."""
        nears, self.nears = self.nears, []
        for near in nears:
            end(near)

    def stall(self):
        self.flowing.clear()

    def go_on(self):
        self.flowing.set()

    def release(self):
        """Passes on what was held back, in the order it came, each on the connection it came by."""
        held, self.held = self.held, []
        for far, data in held:
            send(far, data)

    def accept(self, listener):
        while True:
            try:
                near, _ = listener.accept()
                far = connect(self.engine.path)
            except OSError:
                if listener.fileno() < 0:
                    return
                end(near)
                continue
            near.settimeout(None)
            far.settimeout(None)
            self.nears.append(near)
            threading.Thread(target=self.to_engine, args=(near, far), daemon=True).start()
            threading.Thread(target=self.to_server, args=(far, near), daemon=True).start()

    def to_engine(self, near, far):
        kept = False
        while data := receive(near):
            self.flowing.wait()
            self.watch(data)
            if self.hold:
                self.held.append((far, data))
                kept = True
            elif not send(far, data):
                break
        if not kept:
            end(far)

    def to_server(self, far, near):
        while data := receive(far):
            self.flowing.wait()
            data = self.tamper(data)
            if data is None or not send(near, data):
                break
        end(near)


def receive(s):
    try:
        return s.recv(65536)
    except OSError:
        return b""


def send(s, data):
    try:
        s.sendall(data)
        return True
    except OSError:
        return False


def end(s):
    """Ends a connection for both sides, whoever reads it in another thread."""
    try:
        s.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


def hub_room(hub, *words, room="r", **more):
    """Starts a chat-serve of that room on a hub (an Engine or a Wire, or its URL)."""
    url = hub if isinstance(hub, str) else hub.url(room)
    return serve("--hub", url, *words, applet="chat-serve", **{"stdin": subprocess.DEVNULL, "stderr": None, **more})


def quiet_room(hub, *words, **more):
    return hub_room(hub, "-q", *words, **more)


def two_rooms(engine, *words):
    """Two servers of a room, the first behind a wire, and on each a member, ada and bob: the wire, and each server with its member."""
    wire = Wire(engine)
    (p, near), (q, far) = quiet_room(wire, *words), quiet_room(engine, *words)
    ada, bob = Member(near, "ada"), Member(far, "bob")
    ada.until("is now bob")
    return wire, p, ada, q, bob


def said(lines):
    """Those that somebody has said to all, or privately."""
    return [line for line in lines if line[0] == "("]


def resident(p):
    """KiB in memory."""
    with open(f"/proc/{p.pid}/status") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmRSS"))


def together(*parts):
    """Runs functions at once, each in a thread; one that fails fails the test."""
    failed = []

    def guarded(part):
        try:
            part()
        except BaseException: # pylint: disable=broad-except
            import traceback
            failed.append(f"{part.__name__}: {traceback.format_exc()}")

    threads = [threading.Thread(target=guarded, args=(part,)) for part in parts]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not failed, "\n".join(failed)
