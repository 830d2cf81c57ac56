"""Bulk transfer over TCP: client and server of the same program, from file or pipe to /dev/null, file or pipe."""

import filecmp
import json
import os
import subprocess
import time

from report import rows_of
from stage import (LOOPBACK, SOCKKIT, Failed, alternate, built, have, limit, scratch, serve, start, strace,
                   strace_total, tool, wait)

MIB = 1024

WORKS = [  # from, to, how many times better than whom
    ("file", "/dev/null", {"nc.openbsd": 2.5, "socat, -b 1M": 1.5, "iperf3": 1.25, "bare": 0.95}),
    ("file", "file", {"nc.openbsd": 1.4, "bare": 0.95}),
    ("file", "pipe", {"nc.openbsd": 3, "bare": 0.95}),
    ("pipe", "/dev/null", {"nc.openbsd": 2, "socat, -b 1M": 1.4, "bare": 0.95}),
    ("pipe", "pipe", {"nc.openbsd": 2, "socat, -b 1M": 1.4, "bare": 0.95}),
    ("pipe", "file", {"nc.openbsd": 2, "socat, -b 1M": 1.4, "bare": 0.95}),
]

PEERS = {  # name: what has to be installed, server, client
    "nc.openbsd": ("nc.openbsd", ["nc.openbsd", "-d", "-l", LOOPBACK, "PORT"], ["nc.openbsd", "-N", LOOPBACK, "PORT"]),
    "ncat": ("ncat", ["ncat", "-l", LOOPBACK, "PORT", "--recv-only"], ["ncat", "--send-only", LOOPBACK, "PORT"]),
    "socat": ("socat", ["socat", "-u", f"TCP-LISTEN:PORT,bind={LOOPBACK},reuseaddr", "-"],
              ["socat", "-u", "-", f"TCP:{LOOPBACK}:PORT"]),
    "socat, -b 1M": ("socat", ["socat", "-b", "1048576", "-u", f"TCP-LISTEN:PORT,bind={LOOPBACK},reuseaddr", "-"],
                     ["socat", "-b", "1048576", "-u", "-", f"TCP:{LOOPBACK}:PORT"]),
}


def programs():
    """name: (server, client)"""
    pairs = {"bare": ([tool("bare"), "recv", LOOPBACK, "PORT"], [tool("bare"), "send", LOOPBACK, "PORT"])}
    if built("serve") and built("connect"):
        pairs["sockkit"] = ([SOCKKIT, "serve", "-q", "--once", "-p", "0", "--port-file", "FILE"],
                            [SOCKKIT, "connect", "-q", "-p", "PORT", LOOPBACK])
    for name, (needed, server, client) in PEERS.items():
        if have(needed):
            pairs[name] = (server, client)
    return pairs


def make_file(path, mib):
    """No two blocks alike, so that a block out of place shows."""
    block = bytearray(os.urandom(1 << 20))
    with open(path, "wb") as file:
        for i in range(mib):
            block[:8] = i.to_bytes(8, "big")
            file.write(block)
    return path


def consumer():
    process = start([tool("bare"), "consume"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    return process, process.stdin


def transfer(pair, source, sink):
    """One transfer of MIB; returns GB/s, and the CPU seconds a GiB of client and server."""
    reader = None
    if sink == "pipe":
        reader, out = consumer()
    else:
        out = open(scratch("received") if sink == "file" else os.devnull, "wb")
    with out:
        server, port = serve(pair[0], stdout=out)
    client_argv = [a.replace("PORT", str(port)) for a in pair[1]]
    begun = time.monotonic()
    if source == "pipe":
        producer = start([tool("bare"), "produce", str(MIB)], stdout=subprocess.PIPE)
        with producer.stdout:
            client = start(client_argv, stdin=producer.stdout)
    else:
        with open(scratch("source"), "rb") as file:
            client = start(client_argv, stdin=file)
    with limit(30, pair[1][0]):
        cpu = wait(client) + wait(server)
        arrived = reader.stdout.read() if reader else None
    took = time.monotonic() - begun
    if client.returncode or server.returncode:
        raise Failed(f"status {client.returncode} and {server.returncode}")
    check_arrival(sink, arrived)
    return {"rate": MIB * 2**20 / took / 1e9, "cpu": cpu / MIB * 1024}


def check_arrival(sink, arrived):
    if sink == "pipe" and arrived != f"bytes={MIB << 20}\n".encode():
        raise Failed(f"not all came through: {arrived}")
    if sink == "file":
        whole = os.path.getsize(scratch("received")) == MIB << 20
        os.unlink(scratch("received"))
        if not whole:
            raise Failed("the file received is not as long as the file sent")


def same_bytes(pair):
    """One transfer file to file, compared byte by byte."""
    with open(scratch("received"), "wb") as out:
        server, port = serve(pair[0], stdout=out)
    with open(scratch("source"), "rb") as file:
        client = start([a.replace("PORT", str(port)) for a in pair[1]], stdin=file)
    with limit(30, pair[1][0]):
        wait(client)
        wait(server)
    same = filecmp.cmp(scratch("source"), scratch("received"), shallow=False)
    os.unlink(scratch("received"))
    if not same:
        raise Failed("the file received differs from the file sent")


def iperf3():
    server, port = serve(["iperf3", "-s", "-1", "-B", LOOPBACK, "-p", "PORT"])
    client = start(["iperf3", "-J", "-c", LOOPBACK, "-p", str(port), "-n", f"{MIB}M"], stdout=subprocess.PIPE)
    with limit(30, "iperf3"):
        answer = json.load(client.stdout)
        cpu = wait(client) + wait(server)
    return {"rate": answer["end"]["sum_received"]["bits_per_second"] / 8e9, "cpu": cpu / MIB * 1024}


def calls(pair):
    """System calls of client and server together, for 64 MiB from a file to /dev/null."""
    counts = [scratch("strace.server"), scratch("strace.client")]
    server, port = serve(strace(counts[0]) + pair[0])
    with open(make_file(scratch("small"), 64), "rb") as file:
        client = start(strace(counts[1]) + [a.replace("PORT", str(port)) for a in pair[1]], stdin=file)
    with limit(60, "strace"):
        wait(client)
        wait(server)
    return {"calls": sum(strace_total(path) for path in counts)}


def bulk():
    pairs = programs()
    make_file(scratch("source"), MIB)
    main = {name: pair for name, pair in pairs.items() if name not in ("ncat", "socat")}
    if "sockkit" in pairs:
        same_bytes(pairs["sockkit"])
    rows = []
    for source, sink, floors in WORKS:
        chosen = pairs if (source, sink) == ("file", "/dev/null") else main
        jobs = {name: lambda pair=pair: transfer(pair, source, sink) for name, pair in chosen.items()}
        if chosen is pairs and have("iperf3"):
            jobs["iperf3"] = iperf3
        if sink == "file":
            transfer(pairs["bare"], source, sink)  # the first use of memory is slower, whoever makes it
        samples = alternate(jobs, seconds=25)
        rows.append(rows_of(f"TCP, {source} -> {sink}", samples, "rate", "GB/s", floors=floors))
        if chosen is pairs:
            cpu = rows_of("CPU for it, client and server", samples, "cpu", "s/GiB", low=True, most=0.35)
    rows.append(cpu)
    if have("strace"):
        jobs = {name: lambda pair=pair: calls(pair) for name, pair in pairs.items()}
        rows.append(rows_of("system calls for 64 MiB", alternate(jobs, runs=1), "calls", "calls", low=True))
    return rows, ["1 GiB in memory (tmpfs); a pipe is fed by write(2), 128 KiB at a time, and emptied by splice(2)."]
