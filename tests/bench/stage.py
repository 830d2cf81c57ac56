"""What every item needs: programs found, ports, processes started, timed and stopped, runs that alternate."""

import atexit
import contextlib
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import time

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
SOCKKIT = os.environ.get("SOCKKIT", os.path.join(ROOT, "sockkit"))
TOOLS = os.path.join(ROOT, "build", "bench")
RUNS = 5
MOST_SECONDS = 330  # for all items together: beyond it, one run of each program
LOOPBACK = "127.0.0.1"

running = []  # Popen objects, each the leader of a process group
begun = time.monotonic()
missing = set()  # applets not built yet
folder = tempfile.mkdtemp(prefix="sockkit-bench.", dir="/dev/shm" if os.path.isdir("/dev/shm") else None)


class Failed(Exception):
    """A program did not do its work; the text says which and how."""


def tool(name):
    return os.path.join(TOOLS, name)


def scratch(name):
    """A path in memory, removed at the end."""
    return os.path.join(folder, name)


def have(*names):
    return all(shutil.which(name) for name in names)


def applets():
    """The applets that the sockkit at hand has; none when there is no sockkit."""
    if not os.access(SOCKKIT, os.X_OK):
        return []
    answer = subprocess.run([SOCKKIT, "--list"], capture_output=True, text=True, check=False, timeout=10)
    return answer.stdout.split()


def built(applet):
    """Whether it is there; if not, one line says so, once."""
    if applet in applets():
        return True
    if applet not in missing:
        print(f"  sockkit {applet}: not built yet")
        missing.add(applet)
    return False


def compile_tools():
    os.makedirs(TOOLS, exist_ok=True)
    options = ["cc", "-std=c17", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra"]
    for name in ("bare", "echo-load", "chat-load", "dgram-load", "duplex", "spawn"):
        sources = [name + ".c"] + (["chat-log.c"] if name == "chat-load" else [])
        here = os.path.join(ROOT, "tests", "bench")
        subprocess.run(options + ["-o", tool(name)] + sources, check=True, cwd=here)


@contextlib.contextmanager
def limit(seconds, what):
    """Raises Failed in whatever blocks inside when it takes longer."""

    def late(_number, _frame):
        raise Failed(f"{what}: not done within {seconds} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def start(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
    process = subprocess.Popen(argv, stdin=stdin, stdout=stdout, stderr=stderr, start_new_session=True)
    running.append(process)
    return process


def ended(process):
    """Whether it has ended; it is left to wait() to reap it."""
    return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def wait(process):
    """Waits for its end; returns its CPU seconds, those of its reaped children included."""
    _pid, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process in running:
        running.remove(process)
    return usage.ru_utime + usage.ru_stime


def stop(process):
    """Ends it and all in its group; returns its CPU seconds."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        with limit(3, "stopping"):
            cpu = wait(process)
    except Failed:
        os.killpg(process.pid, signal.SIGKILL)
        cpu = wait(process)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    return cpu


def stop_all():
    while running:
        stop(running[-1])


@atexit.register
def clean_up():
    try:
        stop_all()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def free_port(kind=socket.SOCK_STREAM):
    with socket.socket(socket.AF_INET, kind) as s:
        s.bind((LOOPBACK, 0))
        return s.getsockname()[1]


def is_bound(port, kind):
    """Whether a socket listens on the port (tcp), or is bound to it (udp), without asking it."""
    state = "0A" if kind == "tcp" else "07"
    for table in (f"/proc/net/{kind}", f"/proc/net/{kind}6"):
        with contextlib.suppress(OSError), open(table, encoding="ascii") as lines:
            if re.search(rf":{port:04X} [0-9A-F]+:0000 {state} ", lines.read()):
                return True
    return False


def await_that(condition, what, seconds=10):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise Failed(f"{what}: not within {seconds} s")
        time.sleep(0.001)


def serve(argv, kind="tcp", **streams):
    """Starts a server and waits until it can be reached; PORT in argv is a free port, FILE a port file.
    Returns the process and its port."""
    port = free_port(socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM)
    file = scratch("port")
    with contextlib.suppress(FileNotFoundError):
        os.unlink(file)
    process = start([str(a).replace("PORT", str(port)).replace("FILE", file) for a in argv], **streams)

    def ready():
        if ended(process):
            raise Failed(f"{' '.join(argv[:2])} ended at once")
        return os.path.exists(file) if "FILE" in argv else is_bound(port, kind)

    await_that(ready, f"{' '.join(argv[:2])} to listen")
    if "FILE" in argv:
        with open(file, encoding="ascii") as text:
            port = int(text.read())
    return process, port


def figures(argv, seconds=60):
    """Runs a program of ours that prints key=value words; returns them as numbers."""
    process = start(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    with limit(seconds, os.path.basename(argv[0])):
        out, err = process.stdout.read().decode(), process.stderr.read().decode()
        wait(process)
    if process.returncode != 0:
        raise Failed(f"{os.path.basename(argv[0])}: {(err or out).strip()}")
    return {key: float(value) for key, value in re.findall(r"(\w+)=([\d.]+)", out)}


def alternate(programs, runs=RUNS, seconds=120):
    """Runs each of programs (name: function returning a dict of figures) in turn, RUNS times; begins no run but the
    first after SECONDS. Returns name: list of dicts. What fails is said once and left out from then on."""
    samples = {name: [] for name in programs}
    failed = set()
    deadline = min(time.monotonic() + seconds, begun + MOST_SECONDS)
    for number in range(runs):
        for name, function in programs.items():
            if name in failed or (number > 0 and time.monotonic() > deadline):
                continue
            try:
                samples[name].append(function())
            except (Failed, OSError) as error:
                print(f"  {name}: {error}")
                failed.add(name)
            stop_all()
    return {name: taken for name, taken in samples.items() if taken}


def strace(counts):
    """What to put before a command so that its system calls are counted in the file COUNTS."""
    return ["strace", "-f", "-c", "-o", counts]


def strace_total(counts):
    with open(counts, encoding="utf-8") as lines:
        for line in lines:
            if line.rstrip().endswith(" total"):
                return int(line.split()[3])
    raise Failed("strace counted nothing")


def busy():
    """CPU seconds spent so far: by the whole machine, and by us and what we have waited for."""
    with open("/proc/stat", encoding="ascii") as text:
        user, nice, system, _idle, _iowait, irq, softirq = map(int, text.readline().split()[1:8])
    machine = (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")
    return machine, sum(os.times()[:4])


def more_descriptors():
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
