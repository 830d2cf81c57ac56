"""Datagrams of 64 bytes: dgram-load numbers them, and counts what arrives."""

import json
import os
import re
import subprocess
import time

from report import rows_of
from stage import (LOOPBACK, SOCKKIT, Failed, alternate, built, ended, have, limit, scratch, serve, start, stop, tool,
                   wait)

COUNT = 400000
MANY = 2000000  # where both ends take them in batches
SIZE = "64"


def make_source(name, count, *options):
    with open(scratch(name), "wb") as out:
        subprocess.run([tool("dgram-load"), "-n", str(count), "-s", SIZE, *options, "make"], stdout=out, check=True)
    return scratch(name)


def words(text):
    return {key: float(value) for key, value in re.findall(r"(\w+)=([\d.]+)", text)}


def to_plain_receiver(argv, source=None, count=COUNT, gathered=False):
    """What a receiver of ours counts of COUNT datagrams that ARGV sends."""
    options = ["-n", str(count), "-s", SIZE] + (["-g"] if gathered else [])
    receiver, port = serve([tool("dgram-load"), *options, "recv", LOOPBACK, "PORT"], kind="udp", stdout=subprocess.PIPE)
    begun = time.monotonic()
    with open(source or os.devnull, "rb") as file:
        sender = start([a.replace("PORT", str(port)) for a in argv], stdin=file)
    with limit(20, argv[0]):
        wait(sender)
        took = time.monotonic() - begun
        counted = words(receiver.stdout.read().decode())
        wait(receiver)
    if sender.returncode:
        raise Failed(f"status {sender.returncode}")
    if counted["wrong"] or counted["disordered"]:
        raise Failed(f"{counted['wrong']:.0f} merged, cut or changed, {counted['disordered']:.0f} out of order")
    return {"rate": counted["received"] / took, "lost": counted["lost"] / count * 100}


def iperf3():
    server, port = serve(["iperf3", "-s", "-1", "-B", LOOPBACK, "-p", "PORT"])
    client = start(["iperf3", "-J", "-u", "-l", SIZE, "-b", "0", "-t", "1", "-c", LOOPBACK, "-p", str(port)],
                   stdout=subprocess.PIPE)
    with limit(20, "iperf3"):
        total = json.load(client.stdout)["end"]["sum"]
        wait(client)
        wait(server)
    sent = total["packets"] / total["seconds"]
    return {"rate": sent * (1 - total["lost_percent"] / 100), "lost": total["lost_percent"]}


def to_sockkit(argv, source=None):
    """What `sockkit udp-serve` wrote of MANY datagrams; what it did not write it has to have owned up to."""
    out, said = scratch("datagrams"), scratch("said")
    with open(out, "r+b") as stdout, open(said, "wb") as stderr:
        server, port = serve([SOCKKIT, "udp-serve", "-p", "0", "--port-file", "FILE", "-c", str(MANY)], kind="udp",
                             stdout=stdout, stderr=stderr)
        begun = time.monotonic()
        with open(source or os.devnull, "rb") as stdin:
            sender = start([a.replace("PORT", str(port)) for a in argv], stdin=stdin)
        with limit(20, argv[0]):
            wait(sender)
            took = await_quiet(server, stdout, begun)
        stdout.truncate(os.lseek(stdout.fileno(), 0, os.SEEK_CUR))
    with open(out, "rb") as lines:
        answer = subprocess.run([tool("dgram-load"), "-l", "-n", str(MANY), "-s", SIZE, "check"], stdin=lines,
                                capture_output=True, text=True, check=True)
    counted = words(answer.stdout)
    if counted["wrong"] or counted["disordered"]:
        raise Failed(f"{counted['wrong']:.0f} merged, cut or changed, {counted['disordered']:.0f} out of order")
    with open(said, encoding="utf-8") as lines:
        owned = [line for line in lines if "drop" in line]
    if counted["lost"] and not any(owns_up(line, counted["lost"]) for line in owned):
        raise Failed(f"{counted['lost']:.0f} lost, and not reported: {''.join(owned).strip()}")
    return {"rate": counted["received"] / took, "lost": counted["lost"] / MANY * 100}


def owns_up(line, lost):
    """Whether it reports that loss. The system counts 64 datagrams that came as one as one: "at least" is right then."""
    numbers = [int(n) for n in re.findall(r"\b\d+\b", line)]
    return lost in numbers or ("at least" in line and any(0 < n < lost <= 64 * n for n in numbers))


def await_quiet(server, out, begun):
    """Until the server ended, or wrote nothing for 300 ms; then it is stopped. Returns the seconds to its last byte."""
    size, grown = 0, time.monotonic()
    while not ended(server) and time.monotonic() < grown + 0.3:
        now = os.lseek(out.fileno(), 0, os.SEEK_CUR)
        if now != size:
            size, grown = now, time.monotonic()
        time.sleep(0.002)
    if ended(server):
        grown = time.monotonic()
    stop(server)
    return grown - begun


def udp():
    blocks, many = make_source("blocks", COUNT), make_source("many", MANY)
    lines = make_source("lines", COUNT, "-l")
    with open(scratch("datagrams"), "wb") as out:
        out.write(bytes(MANY * (int(SIZE) + 1)))
    few, lots = ([tool("dgram-load"), "-s", SIZE, "-n", str(n)] for n in (COUNT, MANY))
    to = ["send", LOOPBACK, "PORT"]
    plain = {
        "bare": lambda: to_plain_receiver(few + ["-g"] + to),
        "bare, sendmmsg": lambda: to_plain_receiver(few + to),
    }
    both = {"bare": lambda: to_plain_receiver(lots + ["-g"] + to, count=MANY, gathered=True)}
    if have("socat"):
        plain["socat, -b 64"] = lambda: to_plain_receiver(["socat", "-u", "-b", SIZE, "-", f"UDP:{LOOPBACK}:PORT"], blocks)
    if have("iperf3"):
        plain["iperf3"] = iperf3
    if built("udp-send"):
        send = [SOCKKIT, "udp-send", "-q", "-p", "PORT", LOOPBACK]
        plain["sockkit"] = lambda: to_plain_receiver(send + ["--block", SIZE], blocks)
        plain["sockkit, lines"] = lambda: to_plain_receiver(send, lines)
        if built("udp-serve"):
            both["sockkit"] = lambda: to_sockkit(send + ["--block", SIZE], many)
    one_way, pair = alternate(plain, seconds=60), alternate(both, seconds=40)
    if "iperf3" in one_way:
        pair["iperf3"] = one_way["iperf3"]
    return [
        rows_of("64 B to a plain receiver, received", one_way, "rate", "datagrams/s",
                floors={"socat, -b 64": 5, "iperf3": 2.4, "bare": 0.95}),
        rows_of("lost on the way (the receiver was too slow)", one_way, "lost", "%", low=True),
        rows_of("64 B, both ends of the same program", pair, "rate", "datagrams/s", floors={"iperf3": 30, "bare": 0.95}),
        rows_of("lost on the way, all of it reported", pair, "lost", "%", low=True),
    ], ["Of the peers only socat can be told to send datagrams of 64 bytes from a file; nc and ncat merge lines.",
        "At both ends, sockkit writes what it receives over a file in memory, iperf3 and the bare program discard it."]
