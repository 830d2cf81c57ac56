"""Start-up of a static sockkit (a refused connect), and the size of the dynamic one."""

import os
import re
import socket
import subprocess

from report import Row, rows_of
from stage import (LOOPBACK, ROOT, SOCKKIT, Failed, alternate, built, figures, have, scratch, start, strace,
                   strace_total, tool, wait)

STATIC = os.path.join(ROOT, "build", "static", "sockkit")


def static_sockkit():
    """`make static`; the dynamic one where that fails."""
    subprocess.run(["make", "-s", "-C", ROOT, "static"], check=False, timeout=120, env={**os.environ, "MAKEFLAGS": ""},
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return STATIC if os.access(STATIC, os.X_OK) else SOCKKIT


def refused(argv):
    measured = figures([tool("spawn"), "200"] + argv)
    if measured["status"] not in (1, 4):
        raise Failed(f"status {measured['status']:.0f}, where the connection is refused")
    return measured


def count_calls(argv):
    counts = scratch("strace.startup")
    wait(start(strace(counts) + argv))
    return strace_total(counts)


def startup():
    with socket.socket() as held:  # bound, not listening: refused
        held.bind((LOOPBACK, 0))
        port = str(held.getsockname()[1])
        commands = {}
        notes = []
        if built("connect"):
            path = static_sockkit()
            commands["sockkit"] = [path, "connect", "-p", port, LOOPBACK]
            if path != STATIC:
                notes.append("`make static` gave nothing: this is the dynamic build.")
        if have("nc.openbsd"):
            commands["nc.openbsd"] = ["nc.openbsd", LOOPBACK, port]
        if have("busybox"):
            commands["busybox"] = ["busybox", "nc", LOOPBACK, port]
        jobs = {name: lambda argv=argv: refused(argv) for name, argv in commands.items()}
        samples = alternate(jobs, seconds=40)
        calls = {name: [count_calls(argv)] for name, argv in commands.items()} if have("strace") else {}
    floors = {"nc.openbsd": 2, "busybox": 1.1}
    return [
        rows_of("refused connect, fork to end", samples, "median_us", "us", low=True, floors=floors),
        rows_of("resident at most", samples, "rss_kib", "KiB", low=True, most=800),
        Row("system calls, execve included", "calls", calls, low=True, most=25),
    ], notes


def size():
    if not os.access(SOCKKIT, os.X_OK):
        print("  sockkit: not built yet")
        return [], []
    stripped = scratch("stripped")
    subprocess.run(["strip", "-o", stripped, SOCKKIT], check=True)
    dynamic = subprocess.run(["readelf", "-d", SOCKKIT], capture_output=True, text=True, check=True).stdout
    needed = re.findall(r"NEEDED.*\[(.*)\]", dynamic)
    sizes = {"sockkit": [os.path.getsize(stripped) / 1024]}
    return [
        Row("stripped dynamic executable", "KiB", sizes, low=True, most=320),
        Row("libraries beside libc", "libraries", {"sockkit": [sum(not n.startswith("libc.") for n in needed)]}, most=0),
    ], [f"Libraries: {', '.join(needed)}."]
