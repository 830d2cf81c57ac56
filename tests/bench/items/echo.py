"""echo and cmd under load: echo-load checks every byte that comes back."""

from report import rows_of
from stage import LOOPBACK, SOCKKIT, alternate, built, figures, have, serve, stop, tool

MILLISECONDS = 600


def sockkit_server(applet):
    return [SOCKKIT, applet, "-q", "-p", "0", "--port-file", "FILE"]


def servers():
    commands = {"bare": [tool("bare"), "echo", LOOPBACK, "PORT"]}
    if built("echo"):
        commands["sockkit"] = sockkit_server("echo")
    if have("tcpserver"):
        commands["tcpserver"] = ["tcpserver", "-c", "2000", "-b", "1000", "-HRDl0", LOOPBACK, "PORT", "/bin/cat"]
    if have("ncat"):
        commands["ncat"] = ["ncat", "-k", "-l", LOOPBACK, "PORT", "-m", "1000", "-e", "/bin/cat"]
    if have("socat"):
        commands["socat"] = ["socat", f"TCP-LISTEN:PORT,bind={LOOPBACK},fork,reuseaddr,backlog=1000", "PIPE"]
    return commands


def load(command, *options):
    """One run against a fresh server; adds its CPU microseconds a request."""
    server, port = serve(command)
    measured = figures([tool("echo-load"), "-t", str(MILLISECONDS), *options, LOOPBACK, str(port)], seconds=20)
    measured["cpu_us"] = stop(server) / measured["requests"] * 1e6
    measured["p99_ms"] = measured["p99_us"] / 1e3
    return measured


def jobs(commands, names, *options):
    return {name: lambda c=commands[name]: load(c, *options) for name in names if name in commands}


def echo():
    commands = servers()
    everyone, ours = list(commands), ["sockkit", "bare"]
    hundred = alternate(jobs(commands, everyone, "-c", "100"), seconds=40)
    deep = alternate(jobs(commands, ours, "-c", "100", "-d", "16"), seconds=20)
    thousand = alternate(jobs(commands, ours + ["tcpserver"], "-c", "1000"), seconds=40)
    short = alternate(jobs(commands, everyone, "-m", "close", "-c", "8"), seconds=40)
    own = {name: taken for name, taken in hundred.items() if name in ours}
    return [
        rows_of("echo, 64 B, 100 connections", hundred, "rate", "requests/s",
                floors={"tcpserver": 1.8, "ncat": 3, "socat": 3, "bare": 0.95}),
        rows_of("CPU of the server for one", own, "cpu_us", "us", low=True),
        rows_of("the same, 16 in flight on each", deep, "rate", "requests/s", floors={"bare": 0.95}),
        rows_of("echo, 64 B, 1000 connections", thousand, "rate", "requests/s", floors={"tcpserver": 2.4, "bare": 0.95}),
        rows_of("p99 of it", thousand, "p99_ms", "ms", low=True),
        rows_of("connect + 64 B + close, 8 at a time", short, "rate", "connections/s",
                floors={"tcpserver": 5, "ncat": 5, "socat": 5, "bare": 0.95}),
    ], ["tcpserver and ncat run /bin/cat for each connection, socat its PIPE."]


def cmd():
    """sockkit cmd beside sockkit echo, which is what the framing and the look-up are added to."""
    if not (built("cmd") and built("echo")):
        return [], []
    commands = {"sockkit": sockkit_server("cmd"), "sockkit echo": sockkit_server("echo")}
    rows = []
    for depth, floor in ((1, 0.9), (16, 0.7)):
        options = ["-c", "100", "-d", str(depth)]
        samples = alternate({
            "sockkit": lambda o=options: load(commands["sockkit"], "-m", "cmd", *o),
            "sockkit echo": lambda o=options: load(commands["sockkit echo"], *o),
        }, seconds=20)
        rows.append(rows_of(f"cmd, 64 B, 100 connections, {depth} in flight", samples, "rate", "requests/s",
                            floors={"sockkit echo": floor}))
    return rows, ["Requests are `UPPER text`, 64 bytes with the newline."]
