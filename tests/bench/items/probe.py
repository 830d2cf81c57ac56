"""Port scans of loopback, of another machine, of ports that do not answer, and of very many targets."""

import contextlib
import os
import socket
import subprocess

from report import rows_of
from stage import LOOPBACK, SOCKKIT, Failed, alternate, built, figures, have, scratch, tool

FIRST, PORTS, OPEN = 20000, 1010, 10
FILTERED = 50
TARGETS = 100_000
NEAR, FAR = "192.0.2.1", "192.0.2.2"  # two machines (RFC 5737)


@contextlib.contextmanager
def open_ports():
    """OPEN listeners within a range of PORTS ports below the ephemeral ones; yields the open ports."""
    with contextlib.ExitStack() as stack:
        taken = []
        for port in range(FIRST, FIRST + PORTS, PORTS // OPEN):
            listener = stack.enter_context(socket.socket())
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((LOOPBACK, port))
            listener.listen(4096)
            taken.append(port)
        yield taken[:OPEN]


@contextlib.contextmanager
def filtered_ports():
    """Ports that never answer: listeners whose queue is full, so that the system drops what comes."""
    with contextlib.ExitStack() as stack:
        ports = []
        for _ in range(FILTERED):
            listener = stack.enter_context(socket.socket())
            listener.bind((LOOPBACK, 0))
            listener.listen(0)
            address = listener.getsockname()
            for _ in range(2):
                filler = stack.enter_context(socket.socket())
                filler.setblocking(False)
                filler.connect_ex(address)
            ports.append(address[1])
        yield ports


@contextlib.contextmanager
def two_machines():
    """Two network namespaces with a veth pair between them; yields what to put before a command so that it runs in
    the first, or None where we may not make them. Nobody listens at FAR."""
    spaces = [f"sockkit-bench-{os.getpid()}-{n}" for n in (1, 2)]
    near, far = spaces
    plan = [["ip", "netns", "add", near], ["ip", "netns", "add", far],
            ["ip", "link", "add", "near", "netns", near, "type", "veth", "peer", "name", "far", "netns", far],
            ["ip", "-n", near, "address", "add", f"{NEAR}/24", "dev", "near"],
            ["ip", "-n", far, "address", "add", f"{FAR}/24", "dev", "far"],
            ["ip", "-n", near, "link", "set", "near", "up"], ["ip", "-n", far, "link", "set", "far", "up"]]
    try:
        made = have("ip") and all(subprocess.run(step, capture_output=True, check=False).returncode == 0
                                  for step in plan)
        yield ["ip", "netns", "exec", near] if made else None
    finally:
        for space in spaces:
            subprocess.run(["ip", "netns", "delete", space], capture_output=True, check=False)


def timed(argv, runs):
    measured = figures([tool("spawn"), str(runs)] + argv, seconds=60)
    return {"ms": measured["median_us"] / 1e3, "kib": measured["rss_kib"]}


def check_open(argv, ports):
    """That sockkit finds the very ports that are open."""
    answer = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=30).stdout
    found = [int(line.split()[0].rsplit(":", 1)[1]) for line in answer.splitlines() if "open" in line]
    if sorted(set(found)) != ports:
        raise Failed(f"open are {ports}, sockkit found {found}")


def commands(ports, host=LOOPBACK, before=()):
    """name: command, for a range written FIRST-LAST."""
    first, last = ports.split("-")
    found = {"bare": [tool("bare"), "probe", host, first, last]}
    if built("probe"):
        found["sockkit"] = [SOCKKIT, "probe", "-p", ports, host]
    if have("nc.openbsd"):
        found["nc.openbsd"] = ["nc.openbsd", "-n", "-z", host, ports]
    if have("nmap"):
        found["nmap"] = ["nmap", "-sT", "-n", "-Pn", "-T5", "-p", ports, host]
    return {name: [*before, *argv] for name, argv in found.items()}


def many_targets():
    """One port of each of very many addresses, from a file."""
    path = scratch("targets")
    with open(path, "w", encoding="ascii") as out:
        for n in range(TARGETS):
            print(f"127.{1 + n // 62500}.{n // 250 % 250}.{1 + n % 250}", file=out)
    chosen = {}
    if built("probe"):
        chosen["sockkit"] = [SOCKKIT, "probe", "-p", "1", "--targets", path]
    if have("nmap"):
        chosen["nmap"] = ["nmap", "-sT", "-n", "-Pn", "-T5", "-p", "1", "-iL", path]
    return chosen


def other_machine():
    with two_machines() as before:
        if before is None:
            print("  another machine: no network namespaces may be made here")
            return {}
        return alternate(jobs(commands("1-65535", FAR, before), 1), seconds=40)


def jobs(chosen, runs):
    return {name: lambda argv=argv: timed(argv, runs) for name, argv in chosen.items()}


def silent(ports):
    some = ",".join(map(str, ports))
    chosen = {}
    if built("probe"):
        chosen["sockkit"] = [SOCKKIT, "probe", "-w", "1s", "-p", some, LOOPBACK]
    if have("nmap"):
        chosen["nmap"] = ["nmap", "-sT", "-n", "-Pn", "-T5", "--max-retries", "0", "--min-parallelism", "50",
                          "--initial-rtt-timeout", "1s", "--max-rtt-timeout", "1s", "-p", some, LOOPBACK]
    return chosen


def probe():
    with open_ports() as ports:
        some = commands(f"{FIRST}-{FIRST + PORTS - 1}")
        if "sockkit" in some:
            check_open(some["sockkit"], ports)
        few = alternate(jobs(some, 3), seconds=30)
        every = commands("1-65535")
        every.pop("nmap", None)
        many = alternate(jobs(every, 1), seconds=30)
    with filtered_ports() as ports:
        none = alternate(jobs(silent(ports), 1), seconds=20)
    far = other_machine()
    crowd = alternate(jobs(many_targets(), 1), runs=2, seconds=60)
    return [
        rows_of(f"{PORTS} ports of loopback, {OPEN} open", few, "ms", "ms", low=True,
                floors={"nc.openbsd": 1.9, "nmap": 3, "bare": 0.95}),
        rows_of("65 535 ports of loopback", many, "ms", "ms", low=True, floors={"nc.openbsd": 1.8, "bare": 0.95}),
        rows_of("65 535 ports of another machine (a veth pair)", far, "ms", "ms", low=True,
                floors={"nc.openbsd": 1.5, "nmap": 1.5, "bare": 0.95}),
        rows_of("100 000 targets from a file", crowd, "ms", "ms", low=True, floors={"nmap": 3}),
        rows_of("100 000 targets, resident at most", crowd, "kib", "KiB", low=True, most=20 * 1024),
        rows_of(f"{FILTERED} ports that do not answer, limit 1 s", none, "ms", "ms", low=True, most=1050),
    ], ["nc.openbsd asks one port after the other: it would take 50 s for the last."]
