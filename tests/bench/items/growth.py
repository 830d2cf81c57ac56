"""How cost grows: of one request, delivery, byte, port, target, pair, member, entry, as there are more of them."""

import os
import pty
import resource
import socket
import statistics
import termios
import time

from curve import Curve
from items.forward import answered, resident
from stage import LOOPBACK, SOCKKIT, Failed, await_that, figures, limit, scratch, serve, start, stop, stop_all, tool, wait

RUNS = 3
COUNTS = (10, 100, 1000, 10_000)


def server(applet, *options):
    return serve([SOCKKIT, applet, "-q", "-p", "0", "--port-file", "FILE", *options])


def descriptors():
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 100


def curve(work, unit, things, numbers, cost):
    """COST(number) along NUMBERS, up to the first that fails."""
    points = {}
    try:
        for number in numbers:
            points[number] = median(cost, number)
    except (Failed, OSError) as error:
        print(f"  {work}, {number} {things}: {error}")
        stop_all()
    return Curve(work, unit, things, points)


def median(cost, number):
    """Of RUNS, or of one that takes long."""
    begun, taken = time.monotonic(), []
    while len(taken) < RUNS and time.monotonic() < begun + 2:
        taken.append(cost(number))
    return statistics.median(taken)


def loaded(process, port, connections, *options):
    """CPU microseconds of the process for a request of one of so many connections, which are there already."""
    load = [tool("echo-load"), "-t", "500", "-c", str(connections), "-P", str(process.pid), *options]
    measured = figures([*load, LOOPBACK, str(port)], seconds=40)
    stop(process)
    return measured["cpu_us"] / measured["requests"]


def echo(connections):
    return loaded(*server("echo"), connections)


def relay():
    _target, to = serve([tool("bare"), "echo", LOOPBACK, "PORT"])
    return server("serve", "--to", f"{LOOPBACK}:{to}")


def forward(pairs):
    return loaded(*relay(), pairs)


def held(place, connections):
    """KiB resident for each connection that has said a few bytes and is silent."""
    process, port = place
    clients = [socket.create_connection((LOOPBACK, port), timeout=10)]
    answered(clients)
    before = resident(process.pid)
    for _ in range(connections):
        clients.append(socket.create_connection((LOOPBACK, port), timeout=10))
    answered(clients)
    kib = (resident(process.pid) - before) / connections
    for client in clients:
        client.close()
    stop(process)
    return kib


def chat(members):
    """CPU microseconds for a delivery; that somebody joined is delivered to those who are there."""
    process, port = server("chat-serve")
    measured = figures([tool("chat-load"), "-n", str(members), "-k", "10", "-t", "500", LOOPBACK, str(port)], seconds=200)
    return stop(process) / (measured["deliveries"] + members * (members + 1) / 2) * 1e6


def bulk(kib):
    """CPU microseconds of client and server for a KiB."""
    source = scratch("growing")
    with open(source, "wb") as file:
        file.truncate(kib << 10)
    process, port = serve([SOCKKIT, "serve", "-q", "--once", "-p", "0", "--port-file", "FILE"])
    with open(source, "rb") as file:
        client = start([SOCKKIT, "connect", "-q", "-p", str(port), LOOPBACK], stdin=file)
    with limit(60, "connect"):
        cpu = wait(client) + wait(process)
    if client.returncode or process.returncode:
        raise Failed(f"status {client.returncode} and {process.returncode}")
    return cpu / kib * 1e6


def spawned(*argv):
    return figures([tool("spawn"), "1", *argv], seconds=60)["median_us"]


def ports(number):
    last = 65535
    return spawned(SOCKKIT, "probe", "-p", f"{last - number + 1}-{last}", LOOPBACK) / number


def targets(number):
    path = scratch("targets")
    with open(path, "w", encoding="ascii") as out:
        for n in range(number):
            print(f"127.{1 + n // 62500}.{n // 250 % 250}.{1 + n % 250}", file=out)
    return spawned(SOCKKIT, "probe", "-p", "1", "--targets", path) / number


def allowed(entries):
    """CPU nanoseconds for each entry of the list, of which the client is the last."""
    others = [f"1.{n >> 8}.{n & 255}.1" for n in range(entries - 1)]
    process, port = server("echo", "--allow", ",".join(others + [LOOPBACK]))
    return loaded(process, port, 8, "-m", "close") / entries * 1e3


def typed(size):
    """CPU nanoseconds of the client for a byte of one line that is pasted at its terminal."""
    with open(scratch("typed"), "wb") as out:
        partner, port = serve([SOCKKIT, "serve", "-q", "--once", "-p", "0", "--port-file", "FILE"], stdout=out)
    master, terminal = pty.openpty()
    client = start([SOCKKIT, "connect", "-q", "-p", str(port), LOOPBACK], stdin=terminal, stdout=terminal, stderr=terminal)
    os.close(terminal)
    await_that(lambda: not termios.tcgetattr(master)[3] & termios.ICANON, "connect to edit lines")
    os.set_blocking(master, False)
    paste(master, b"x" * size + b"\r", lambda: os.path.getsize(scratch("typed")) > size)
    cpu = stop(client)
    os.close(master)
    stop(partner)
    return cpu / size * 1e9


def paste(master, text, heard):
    """Types the text as fast as it is taken, and looks at the screen, until it was heard."""
    left = memoryview(text)

    def going_on():
        nonlocal left
        try:
            left = left[os.write(master, left[:4096]):] if left else left
        except BlockingIOError:
            pass
        try:
            os.read(master, 1 << 16)
        except BlockingIOError:
            pass
        return not left and heard()

    await_that(going_on, "a line typed", seconds=40)


def growth():
    most = descriptors()
    pairs = [min(n, most * 3 // 8) for n in COUNTS]
    return [
        curve("echo, a request", "us of CPU", "connections", COUNTS, echo),
        curve("echo, an idle connection", "KiB", "connections", COUNTS[1:], lambda n: held(server("echo"), n)),
        curve("chat, a delivery", "us of CPU", "members", COUNTS, chat),
        curve("bulk, a KiB from file to /dev/null", "us of CPU", "KiB", [1 << n for n in range(0, 23, 2)], bulk),
        curve("forward, a request", "us of CPU", "pairs", pairs, forward),
        curve("forward, an idle pair", "KiB", "pairs", pairs[1:], lambda n: held(relay(), n)),
        curve("probe, a port", "us", "ports", (10, 100, 1000, 10_000, 65_535), ports),
        curve("probe, a target", "us", "targets", (*COUNTS, 100_000), targets),
        curve("--allow, an entry, when a client comes", "ns of CPU", "entries", COUNTS, allowed),
        curve("a line typed, a byte", "ns of CPU", "bytes", (1000, 10_000, 100_000, 1_000_000), typed),
    ], ["Each is the cost of one, along the number of them: a level line is a cost that is linear in all. What is fixed, as the "
        "start of a program, weighs at the left end.",
        f"A relay has a pair for three of eight descriptors, and may have {most + 100} of them here."]
