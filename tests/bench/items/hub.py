"""One room on several servers, beside one server alone: chat-load checks every line at every member, whatever its server."""

import os
import shutil

from report import Row, rows_of
from stage import LOOPBACK, SOCKKIT, Failed, alternate, await_that, built, figures, have, scratch, serve, start, stop, tool

SERVE = [SOCKKIT, "chat-serve", "-q", "-p", "0", "--port-file", "FILE"]


def engine():
    """A redis-server on a Unix socket that keeps every line before it says so. Its file is in memory."""
    folder = scratch("hub")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    path = os.path.join(folder, "hub.sock")
    process = start(["redis-server", "--port", "0", "--unixsocket", path, "--dir", folder, "--save", "",
                     "--appendonly", "yes", "--appendfsync", "always"])
    await_that(lambda: os.path.exists(path), "redis-server to listen")
    return process, f"redis+unix:{path}?room=bench"


def load(servers, *options):
    """What chat-load measures in a room on so many servers; 0: on one without a hub."""
    hub, url = engine() if servers else (None, "")
    rooms = [serve(SERVE + (["--hub", url] if servers else [])) for _ in range(servers or 1)]
    measured = figures([tool("chat-load"), *options, LOOPBACK, *(str(port) for _, port in rooms)], seconds=90)
    cpu = sum(stop(room) for room, _ in rooms)
    measured["cpu_us"] = cpu / measured["deliveries"] * 1e6
    measured["engine_us"] = stop(hub) / measured["lines"] * 1e6 if hub else 0
    measured["p99_ms"] = measured["p99_us"] / 1e3
    return measured


def job(servers, *options):
    return lambda: load(servers, *options)


def scale():
    """Deliveries a second by members and servers, as far as descriptors allow."""
    rows = []
    for members in (250, 1000, 2000, 5000):
        counts = {"one server": 0, "sockkit, 2 servers": 2, "sockkit, 4 servers": 4}
        taken = alternate({name: job(n, "-n", str(members), "-t", "1000") for name, n in counts.items()}, runs=2, seconds=40)
        rows.append(rows_of(f"every member speaks, {members} members", taken, "rate", "deliveries/s"))
    return rows


def hub():
    if not built("chat-serve"):
        return [], []
    if not have("redis-server"):
        raise Failed("there is no redis-server")
    full = alternate({"sockkit": job(2, "-n", "1000", "-t", "1000"), "one server": job(0, "-n", "1000", "-t", "1000")}, seconds=60)
    slow = alternate({"sockkit": job(2, "-n", "10", "-r", "10", "-t", "2000"), "one server": job(0, "-n", "10", "-r", "10", "-t", "2000")})
    rows = [
        rows_of("every member speaks, 2 servers with 500 members each", full, "rate", "deliveries/s", floors={"one server": 0.8}),
        rows_of("CPU of the servers for a delivery", full, "cpu_us", "us", low=True),
        Row("CPU of the engine for a line", "us", {"sockkit": [run["engine_us"] for run in full.get("sockkit", [])] or [0]}, low=True),
        rows_of("p99 of a delivery, 10 members say 10 lines/s each", slow, "p99_ms", "ms", low=True, most=5),
    ]
    return rows + scale(), ["Lines of 64 bytes; the engine keeps each before it says so (appendfsync always), in a file in memory.",
                            "*one server* is chat-serve without a hub, with as many members; load, servers and engine share the machine."]
