"""stage: one run of sockkit under the shim, and the peers that it meets."""
import collections
import contextlib
import ctypes
import fcntl
import os
import pty
import resource
import select
import shutil
import signal
import socket
import struct
import subprocess
import termios
import time

from ends import End, Pipe, Terminal

PATIENCE = 3  # seconds that the peers wait, all in all
READY = 2  # seconds that a server has to be ready; what then is missing is told of "ready"
LATE = 7  # seconds that sockkit has once they are gone: its own limits there are 5
AFTER_TERM = 4  # seconds that it has after SIGTERM: commands of -e are given 2
PROCESSOR = 1  # second of processor time, then SIGXCPU
PIPE, TERMINAL = "pipe", "terminal"
CLONE_NEWNET, PR_SET_CHILD_SUBREAPER, SIOCSIFFLAGS, IFF_UP = 0x40000000, 36, 0x8914, 1

# How a run went. parts: what each end wanted and got; made: how often each call was made;
# struck: how many of them were made to fail, sites: where the first was; shown: what stdout told.
Result = collections.namedtuple(
    "Result", "status lines shown processor seconds parts stuck orphans files made struck sites")
Part = collections.namedtuple("Part", "name wants got over late")


def apart():
    """Gives this process a network of its own, where the system lets it, and sockkit's orphans."""
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    if libc.unshare(CLONE_NEWNET) == 0:
        with socket.socket() as s:
            fcntl.ioctl(s, SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", IFF_UP))


class Stage:
    """What an exchange (exchanges.py) is played on. Each step waits until it is reached, sockkit
    has ended or time is up, and tells by its result; what did not arrive is found at the end."""

    def __init__(self, sockkit, shim, folder, fault="", sites=False, patience=PATIENCE):
        self.sockkit, self.shim, self.folder = sockkit, shim, folder
        self.fault, self.sites, self.patience = fault, sites, patience
        self.port = 20000 + os.getpid() % 10000
        self.process = self.pidfd = None
        self.stdin = self.stdout = None  # ours, where they are a pipe or a terminal
        self.ends = []
        self.files = {}  # name of a file that sockkit writes: what is wanted there
        self.open = []
        self.serving = False  # for ever: until SIGTERM
        self.tells = None  # pattern of what tells of failures on stdout
        self.stuck = False
        self.begun = time.monotonic()
        self.deadline = self.begun + patience
        os.mkdir(folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def keep(self, file):
        self.open.append(file)
        return file

    # --- sockkit ---

    def environment(self):
        env = {k: os.environ[k] for k in ("PATH", "HOME") if k in os.environ}
        env |= {"LC_ALL": "C.UTF-8", "TERM": "xterm", "NO_COLOR": "1",
                "LD_PRELOAD": self.shim, "FAULT_COUNTS": self.path("counts"),
                "ASAN_OPTIONS": "verify_asan_link_order=0:allocator_may_return_null=1"}
        if self.fault:
            env["FAULT"] = self.fault
        if self.sites:
            env["FAULT_SITES"] = "1"
        return env

    def input(self, kind):
        """Its stdin: bytes are a regular file, a file or descriptor is what it is."""
        if kind is None:
            return self.keep(open(os.devnull, "rb"))
        if isinstance(kind, int) or hasattr(kind, "fileno"):
            return kind
        if isinstance(kind, bytes):
            with open(self.path("stdin"), "wb") as f:
                f.write(kind)
            return self.keep(open(self.path("stdin"), "rb"))
        inner, outer = os.pipe()
        self.stdin = Pipe("stdin", file=open(outer, "wb", 0), hears=False)
        return open(inner, "rb", 0)

    def output(self, kind, wants):
        if kind is None:
            self.files["stdout"] = wants
            return self.keep(open(self.path("stdout"), "wb"))
        outer, inner = os.pipe()
        self.stdout = Pipe("stdout", wants, open(outer, "rb", 0))
        return open(inner, "wb", 0)

    def terminal(self, wants):
        outer, inner = pty.openpty()
        fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("4H", 24, 80, 0, 0))
        self.stdin = self.stdout = Terminal("terminal", wants, open(outer, "r+b", 0))
        return open(inner, "r+b", 0)

    def start(self, *words, stdin=None, stdout=None, wants=b"", passed=(), before=None):
        """Starts it; wants is what is to come on its stdout; before() runs in the new process."""
        if stdin == TERMINAL:
            theirs = [self.terminal(wants)] * 2
        else:
            theirs = [self.input(stdin), self.output(stdout, wants)]
        if self.stdout:
            self.ends.append(self.stdout)
        with open(self.path("stderr"), "wb") as told:
            self.process = subprocess.Popen(
                [self.sockkit, *map(str, words)], stdin=theirs[0], stdout=theirs[1], stderr=told,
                env=self.environment(), cwd=self.folder, start_new_session=True, pass_fds=passed,
                preexec_fn=before)
        with contextlib.suppress(PermissionError):  # it may be another user by now
            resource.prlimit(self.process.pid, resource.RLIMIT_CPU, (PROCESSOR, PROCESSOR + 1))
        self.pidfd = os.pidfd_open(self.process.pid)
        for file in theirs:
            os.close(file) if isinstance(file, int) else file.close()

    def serve(self, *words, once=False, **more):
        """Starts a server and waits until it is ready."""
        told, tell = os.pipe()
        place = [] if "-U" in words else ["-p", self.port, "--port-file", "port"]
        self.start(*words, *place, "--ready-fd", tell, passed=[tell], **more)
        os.close(tell)
        ready = Pipe("ready", b"\n", open(told, "rb", 0))
        self.ends.append(ready)
        self.deadline = time.monotonic() + READY
        self.pump(ready)
        self.deadline = time.monotonic() + self.patience
        self.stuck, self.serving = False, not once

    def gone(self):
        return bool(select.select([self.pidfd], [], [], 0)[0])

    # --- waiting ---

    def wait(self, events):
        """The events that came (by descriptor); none when time is up, or sockkit has ended."""
        p = select.poll()
        for fd, event in {**events, self.pidfd: select.POLLIN}.items():
            p.register(fd, event)
        came = dict(p.poll(max(self.deadline - time.monotonic(), 0) * 1000))
        self.stuck = self.stuck or not came
        if came.pop(self.pidfd, None) and not came and events:
            p.unregister(self.pidfd)
            came = dict(p.poll(50))  # what it left behind
        return came

    def pump(self, *ends, until=None):
        """Says and hears until the ends are done, or until() holds. Whether that was reached."""
        while not until() if until else any(e.events() for e in ends):
            waiting = {e.file.fileno(): e for e in ends if e.events()}
            came = self.wait({fd: e.events() for fd, e in waiting.items()})
            if not came:
                return until() if until else False
            for fd, events in came.items():
                waiting[fd].turn(events)
        return True

    def hear(self, end, words):
        """Until the words have come there."""
        return self.pump(end, until=lambda: words in end.got or end.over)

    def until(self, true):
        """Until true() holds, which nothing tells of."""
        while not true() and not self.gone():
            if time.monotonic() > self.deadline:
                self.stuck = True
                return
            time.sleep(0.002)

    def until_made(self, call, n=1):
        """Until sockkit has made the call so often."""
        self.until(lambda: self.counts()[2].get(call, 0) >= n)

    # --- peers ---

    def meet(self, end):
        end.late = self.counts()[0] > 0
        self.ends.append(end)
        return end

    def listen(self, family=socket.AF_INET, kind=socket.SOCK_STREAM, buffer=0, beside=0):
        s = self.keep(socket.socket(family, kind))
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if buffer:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        place = self.path("socket") if family == socket.AF_UNIX else ("127.0.0.1", self.port + beside)
        s.bind(place)
        if kind == socket.SOCK_STREAM:
            s.listen()
        s.setblocking(False)
        return s

    def accept(self, door, wants=b""):
        came = self.wait({door.fileno(): select.POLLIN})
        return self.meet(End("peer", wants, door.accept()[0] if came else None))

    def accept_again(self, door, end):
        """Another connection for an end. Whether one came."""
        came = self.wait({door.fileno(): select.POLLIN})
        if came:
            end.meet(door.accept()[0])
        return bool(came)

    def client(self, wants, path=None):
        """A client of sockkit's, which comes over whatever family is served."""
        places = [path] if path else [("127.0.0.1", self.port), ("::1", self.port)]
        return self.meet(End("client", wants, next(filter(None, map(self.reach, places)), None)))

    def reach(self, place):
        try:
            if not isinstance(place, str):
                return socket.create_connection(place, timeout=2)
            s = socket.socket(socket.AF_UNIX)
            s.connect(self.path(place))
            return s
        except OSError:
            return None

    def datagrams(self, wants, path=None):
        """A socket for datagrams, connected to sockkit's."""
        s = socket.socket(socket.AF_UNIX if path else socket.AF_INET, socket.SOCK_DGRAM)
        try:
            if path:
                s.bind(self.path("client"))
            s.connect(self.path(path) if path else ("127.0.0.1", self.port))
        except OSError:
            s.close()
            s = None
        return self.meet(End("client", wants, s))

    def send(self, end, *datagrams):
        for d in datagrams:
            try:
                end.file.send(d)
            except (OSError, AttributeError):
                return

    def receive(self, end, n=1):
        """n datagrams, which are kept as lines; one that is lost keeps nobody waiting for ever. The
        sender of the last."""
        sender, stuck, deadline = None, self.stuck, self.deadline
        self.deadline = min(deadline, time.monotonic() + self.patience / 3)
        for _ in range(n):
            if not end.file or not self.wait({end.file.fileno(): select.POLLIN}):
                break
            try:
                data, sender = end.file.recvfrom(65536)
            except OSError:
                break
            end.got += data + b"\n"
        self.stuck, self.deadline = stuck, deadline
        return sender

    # --- the end ---

    def ends_in_time(self, seconds=None):
        """Whether it ends, its stdout read meanwhile."""
        if seconds is not None:
            self.deadline = time.monotonic() + seconds
        return self.pump(*filter(None, [self.stdout]), until=self.gone)

    def leave(self):
        """The peers go; a pipe from stdout is read on."""
        for end in [*self.ends, self.stdin]:
            if end and (end is not self.stdout or isinstance(end, Terminal)):
                end.close()
        for file in self.open:
            file.close()

    def signal(self, number):
        """Popen would reap what has ended meanwhile, and with it what it used."""
        signal.pidfd_send_signal(self.pidfd, number)

    def end(self):
        """Waits for the end of sockkit, by force where it must be. Its status and what it used."""
        if self.serving and not self.gone():
            stuck = self.stuck
            self.signal(signal.SIGTERM)
            ended = self.ends_in_time(AFTER_TERM)
            self.stuck = stuck or not ended
        else:
            ended = self.ends_in_time()
        self.leave()
        if not ended and not self.ends_in_time(LATE):
            self.signal(signal.SIGTERM)
            if not self.ends_in_time(AFTER_TERM):
                self.signal(signal.SIGKILL)
        _, status, used = os.wait4(self.process.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        return self.process.returncode, used.ru_utime + used.ru_stime

    def reap(self):
        """Whether a child outlived sockkit: orphans are ours (apart), and have a moment to end."""
        end, outlived = time.monotonic() + 2.5, False
        while True:
            try:
                pid, _ = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return outlived
            if pid == 0 and time.monotonic() > end:
                outlived = True
                with open(f"/proc/self/task/{os.getpid()}/children") as f:
                    for child in f.read().split():
                        os.kill(int(child), signal.SIGKILL)
            if pid == 0:
                time.sleep(0.002)

    def counts(self):
        """What the shim counted: struck, sites, made (struct counts of shim.c)."""
        try:
            with open(self.path("counts"), "rb") as f:
                data = f.read()
            struck, depth, *sites = struct.unpack_from("II16Q", data)
        except (OSError, struct.error):
            return 0, [], {}
        calls = data[136:len(data) - (len(data) - 136) % 24]
        made = {name.rstrip(b"\0").decode(): n for name, n in struct.iter_unpack("20sI", calls)}
        made = {name: n for name, n in made.items() if n}
        return struck, sites[:depth], made

    def read(self, name):
        try:
            with open(self.path(name), "rb") as f:
                return f.read()
        except OSError:
            return b""

    def finish(self):
        status, processor = self.end()
        orphans = self.reap()
        if self.stdout:
            self.deadline = time.monotonic() + 1
            self.pump(self.stdout)
            self.stdout.close()
        struck, sites, made = self.counts()
        parts = [Part(e.name, e.wants, e.plain(e.got), e.over, e.late) for e in self.ends]
        parts += [Part(name, wants, self.read(name), "end", False)
                  for name, wants in self.files.items()]
        lines = self.read("stderr").decode(errors="replace").splitlines()
        shown = self.stdout.plain(self.stdout.got).decode().splitlines() if self.tells else []
        shown = [line for line in shown if self.tells.search(line)]
        left = sorted(set(os.listdir(self.folder)) - {"stdin", "stdout", "stderr", "counts"})
        os.close(self.pidfd)
        shutil.rmtree(self.folder)
        return Result(status, lines, shown, processor, time.monotonic() - self.begun, parts,
                      self.stuck, orphans, left, made, struck, sites)
