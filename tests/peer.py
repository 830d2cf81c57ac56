"""What the Python peers of the tests are made of (helper.bash: peer, start_peer).
Every socket has a limit of 10 seconds, so that a peer that waits in vain fails instead of hanging."""
import atexit
import ctypes
import os
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import time

socket.setdefaulttimeout(10)
args = sys.argv[1:]
CRASHES = {-signal.SIGILL, -signal.SIGABRT, -signal.SIGBUS, -signal.SIGFPE, -signal.SIGSEGV}
started = []
TOLD = not os.environ.get("PORTABLE")  # helper.bash: told


def connect(port, host="127.0.0.1"):
    """A TCP connection; a port that is no number is the path of a Unix socket."""
    if not str(port).isdigit():
        s = socket.socket(socket.AF_UNIX)
        s.connect(port)
        return s
    return socket.create_connection((host, int(port)))


def listen(host="127.0.0.1", port=0):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family)


def unix_listen(path):
    """A socket that listens at a path, in place of what is there."""
    if os.path.exists(path):
        os.unlink(path)
    s = socket.socket(socket.AF_UNIX)
    s.bind(path)
    s.listen()
    s.settimeout(10)
    return s


def datagram(host="127.0.0.1", port=0):
    """A UDP socket bound to host and port."""
    s = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((host, port))
    return s


def announce(s):
    """Tells start_peer that the socket is ready: writes its port (or path) in one piece."""
    name = s.getsockname()
    path = os.environ["PORT_FILE"]
    with open(path + ".new", "w") as f:
        print(name if isinstance(name, str) else name[1], file=f)
    os.rename(path + ".new", path)


def make_deaf(s):
    """From now on the socket drops whatever arrives, unseen and unanswered, like a machine whose cable was pulled."""
    drop = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0))  # BPF: return 0
    s.setsockopt(socket.SOL_SOCKET, 26, struct.pack("HL", 1, ctypes.addressof(drop)))  # SO_ATTACH_FILTER


def read_line(s):
    """One line with its newline, byte by byte so that nothing behind it is taken; shorter at the end of the stream."""
    line = b""
    while not line.endswith(b"\n"):
        byte = s.recv(1)
        if not byte:
            break
        line += byte
    return line


def read_all(s):
    """What comes until the end of the stream."""
    pieces = []
    while True:
        piece = s.recv(65536)
        if not piece:
            return b"".join(pieces)
        pieces.append(piece)


def read_exactly(s, n):
    data = bytearray()
    while len(data) < n:
        piece = s.recv(n - len(data))
        if not piece:
            break
        data += piece
    return bytes(data)


def has_ipv6():
    """Whether ::1 can be used."""
    try:
        with socket.socket(socket.AF_INET6) as s:
            s.bind(("::1", 0))
        return True
    except OSError:
        return False


def free_port():
    """A port free in both families, for TCP and UDP."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as first:
            first.bind(("127.0.0.1", 0))
            port = first.getsockname()[1]
            others = [(socket.AF_INET, socket.SOCK_DGRAM, "127.0.0.1")]
            if has_ipv6():
                others += [(socket.AF_INET6, kind, "::1") for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM)]
            try:
                for family, kind, host in others:
                    with socket.socket(family, kind) as s:
                        s.bind((host, port))
                return port
            except OSError:
                continue


def sockkit(*words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more):
    """Starts the executable under test: a Popen, its stdin unbuffered, that does not outlive this program."""
    command = [os.environ["SOCKKIT"], *map(str, words)]
    p = subprocess.Popen(command, stdin=stdin, stdout=stdout, stderr=stderr, bufsize=0, **more)
    started.append(p)
    return p


@atexit.register
def leave_nothing():
    """Ends what sockkit() started. One that crashed, noticed or not, fails the test."""
    crashed = [p for p in started if p.poll() in CRASHES]
    for p in started:
        p.kill()
    for p in crashed:
        print(f"crashed: {p.args}: {signal.strsignal(-p.returncode)}", file=sys.stderr)
    sys.stderr.flush()
    if crashed:
        os._exit(1)


def variant(word):
    """Whether the executable is of that variant: portable, san."""
    return word in os.path.basename(os.path.dirname(os.environ["SOCKKIT"])).split("-")


def serve(*words, applet="serve", **more):
    """Starts a server, on a free port unless told otherwise, and waits until it is ready: its Popen, and its port (or path) as text."""
    place = () if {"-p", "-U"} & set(words) else ("-p", 0)
    told, tell = os.pipe()
    file = f"port.{tell}.{time.monotonic_ns()}"
    passed = [tell, *more.pop("pass_fds", [])]
    p = sockkit(applet, "--port-file", file, "--ready-fd", tell, *place, *words, pass_fds=passed, **more)
    os.close(tell)
    assert os.read(told, 1) == b"\n", "it is not ready: " + (p.stderr.read().decode() if p.stderr else "")
    os.close(told)
    with open(file) as f:
        return p, f.read().strip()


def hear(s):
    """Ends this side of a connection and returns what comes until its end."""
    s.shutdown(socket.SHUT_WR)
    return read_all(s)


def reset(s):
    """Closes a connection with a RST."""
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.close()


def is_reset(s):
    """Whether the connection has ended with a RST, whatever came before it."""
    watch = select.poll()
    watch.register(s, 0) # a RST is a hang-up; an end of stream alone is none
    return bool(watch.poll(10000))


def quiet(s, seconds):
    """Whether nothing comes for so long."""
    return not select.select([s], [], [], seconds)[0]


def wait_until(true, seconds=10):
    """Until true() is, which it must be in time."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "in vain"
        time.sleep(0.01)


def cpu(p):
    """Seconds of CPU time that a process has taken, to the microsecond."""
    with open(f"/proc/{p.pid}/schedstat") as f:
        return int(f.read().split()[0]) / 1e9


def calls(p, work):
    """How many system calls the process makes while work() runs."""
    tracer = subprocess.Popen(["strace", "-q", "-o", "calls", "-p", str(p.pid)], stderr=subprocess.PIPE)
    wait_until(lambda: "TracerPid:\t0\n" not in open(f"/proc/{p.pid}/status").read())
    work()
    tracer.send_signal(signal.SIGINT)
    tracer.wait()
    return len(open("calls").readlines())


def take(pipe, n):
    """n bytes of a pipe; fewer at its end."""
    data = bytearray()
    while len(data) < n:
        piece = pipe.read(n - len(data))
        if not piece:
            break
        data += piece
    return bytes(data)


def ended(p, status=0):
    """Waits for its end, which must be with this status (negative: by that signal). Returns what stdout still held, and stderr."""
    p.stdin = p.stdin if p.stdin and not p.stdin.closed else None
    p.stdout = p.stdout if p.stdout and not p.stdout.closed else None
    out, err = p.communicate(timeout=10)
    sys.stderr.write(err.decode(errors="replace") if err else "")
    assert p.returncode == status, f"status {p.returncode}, not {status}"
    return out, err.decode() if err else ""
