"""Relays in front of a server of ours: TCP both ways at once, short connections, idle ones; datagrams."""

import os
import re
import socket
import subprocess
import time

from report import rows_of
from stage import (LOOPBACK, SOCKKIT, Failed, alternate, await_that, built, figures, free_port, have, is_bound, limit,
                   scratch, serve, start, stop, tool, wait)

MIB = 512  # each way
MILLISECONDS = 600
PAIRS = 1000
COUNT = 200000
SIZE = "64"
PROXYD = "/usr/lib/systemd/systemd-socket-proxyd"

HAPROXY = """global
  maxconn 4000
defaults
  mode tcp
  option splice-request
  option splice-response
  timeout connect 5s
  timeout client 60s
  timeout server 60s
listen front
  bind 127.0.0.1:PORT backlog 4096
  server target 127.0.0.1:TARGET
"""


def haproxy(target):
    """The command, and the port that its file names."""
    port = free_port()
    with open(scratch("haproxy.cfg"), "w", encoding="ascii") as file:
        file.write(HAPROXY.replace("PORT", str(port)).replace("TARGET", str(target)))
    return ["haproxy", "-db", "-f", scratch("haproxy.cfg")], port


def relays():
    """name: a function of the target's port that starts the relay, and returns its process and its port."""
    them = {}
    if built("serve"):
        them["sockkit"] = lambda to: serve([SOCKKIT, "serve", "-q", "-p", "0", "--port-file", "FILE", "--to",
                                            f"{LOOPBACK}:{to}"])
    if have("haproxy"):
        them["haproxy"] = start_haproxy
    if have("systemd-socket-activate") and os.access(PROXYD, os.X_OK):
        them["systemd-socket-proxyd"] = lambda to: serve(["systemd-socket-activate", "-l", f"{LOOPBACK}:PORT", PROXYD,
                                                          "-c", "4000", f"{LOOPBACK}:{to}"])
    if have("socat"):
        them["socat, fork"] = lambda to: serve(["socat", f"TCP-LISTEN:PORT,bind={LOOPBACK},fork,reuseaddr,backlog=1000",
                                                f"TCP:{LOOPBACK}:{to}"])
    return them


def start_haproxy(target):
    argv, port = haproxy(target)
    process = start(argv)
    await_that(lambda: is_bound(port, "tcp"), "haproxy to listen")
    return process, port


def both_ways(relay):
    """MIB each way at once; the CPU seconds a GiB are the relay's."""
    target, to = serve([tool("duplex"), "-l", LOOPBACK, "PORT", str(MIB)])
    process, port = relay(to) if relay else (None, to)
    begun = time.monotonic()
    client = start([tool("duplex"), LOOPBACK, str(port), str(MIB)])
    with limit(60, "both ways"):
        wait(client)
        wait(target)
    took = time.monotonic() - begun
    cpu = stop(process) if process else 0
    if client.returncode or target.returncode:
        raise Failed(f"status {client.returncode} and {target.returncode}: not all came through")
    return {"rate": 2 * MIB * 2**20 / took / 1e9, "cpu": cpu / (2 * MIB) * 1024}


def short(relay):
    target, to = serve([tool("bare"), "echo", LOOPBACK, "PORT"])
    process, port = relay(to) if relay else (None, to)
    return figures([tool("echo-load"), "-t", str(MILLISECONDS), "-m", "close", "-c", "8", LOOPBACK, str(port)], seconds=20)


def resident(pid):
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as text:
        return int(re.search(r"^Rss: +(\d+)", text.read(), flags=re.M).group(1))


def idle(relay):
    """KiB that the relay holds for each of PAIRS connections that have said 64 bytes and are silent now."""
    _target, to = serve([tool("bare"), "echo", LOOPBACK, "PORT"])
    process, port = relay(to)
    clients = [socket.create_connection((LOOPBACK, port), timeout=10)]
    answered(clients)
    before = resident(process.pid)
    for _ in range(PAIRS):
        clients.append(socket.create_connection((LOOPBACK, port), timeout=10))
    answered(clients)
    held = resident(process.pid) - before
    for client in clients:
        client.close()
    return {"kib": held / PAIRS}


def answered(clients):
    for client in clients:
        client.sendall(b"x" * 64)
    for client in clients:
        left = 64
        while left:
            piece = client.recv(left)
            if not piece:
                raise Failed("the relay has ended a connection")
            left -= len(piece)


def forward():
    them = relays()
    none = {"no relay": None}
    whole = {name: r for name, r in them.items() if "proxyd" not in name}
    bulk = alternate({name: lambda r=r: both_ways(r) for name, r in {**whole, **none}.items()}, seconds=90)
    brief = alternate({name: lambda r=r: short(r) for name, r in {**them, **none}.items()}, seconds=40)
    silent = alternate({name: lambda r=r: idle(r) for name, r in them.items() if "socat" not in name}, runs=3, seconds=40)
    relayed = {name: taken for name, taken in bulk.items() if name in whole}
    return [
        rows_of(f"{MIB} MiB each way at once", bulk, "rate", "GB/s", floors={"haproxy": 1, "socat, fork": 2}),
        rows_of("CPU of the relay for it", relayed, "cpu", "s/GiB", low=True),
        rows_of("connect + 64 B + answer + close, 8 at a time", brief, "rate", "connections/s",
                floors={"haproxy": 1, "socat, fork": 8}),
        rows_of(f"resident for each of {PAIRS} silent pairs", silent, "kib", "KiB", low=True, most=1),
    ], ["The target is a bare program; *no relay* is the same without anything between. HAProxy has `mode tcp`, "
        "`option splice-request` and `option splice-response`. systemd-socket-proxyd, started by systemd-socket-activate, "
        "ends both directions when one has ended, so that it does not carry the whole of the first work."]


# --- datagrams ---


def datagrams(relay):
    """What a receiver of ours counts of COUNT datagrams of one sender."""
    options = ["-n", str(COUNT), "-s", SIZE]
    receiver, to = serve([tool("dgram-load"), *options, "recv", LOOPBACK, "PORT"], kind="udp", stdout=subprocess.PIPE)
    _process, port = relay(to) if relay else (None, to)
    sender = start([tool("dgram-load"), *options, "send", LOOPBACK, str(port)])
    with limit(30, "datagrams"):
        wait(sender)
        counted = {key: float(value) for key, value in re.findall(r"(\w+)=([\d.]+)", receiver.stdout.read().decode())}
        wait(receiver)
    if counted["wrong"]:
        raise Failed(f"{counted['wrong']:.0f} merged, cut or changed")
    return {"rate": counted["rate"], "lost": counted["lost"] / COUNT * 100}


def udp_forward():
    them = {}
    if built("udp-serve"):
        them["sockkit"] = lambda to: serve([SOCKKIT, "udp-serve", "-q", "-p", "0", "--port-file", "FILE", "--to",
                                            f"{LOOPBACK}:{to}"], kind="udp")
    if have("socat"):
        them["socat, fork"] = lambda to: serve(["socat", f"UDP-LISTEN:PORT,bind={LOOPBACK},fork,reuseaddr",
                                                f"UDP:{LOOPBACK}:{to}"], kind="udp")
    them["no relay"] = None
    samples = alternate({name: lambda r=r: datagrams(r) for name, r in them.items()}, seconds=60)
    return [
        rows_of("64 B through a relay, received", samples, "rate", "datagrams/s", floors={"socat, fork": 5}),
        rows_of("lost on the way", samples, "lost", "%", low=True),
    ], ["One sender, as fast as it can; what a relay is too slow for is lost."]
