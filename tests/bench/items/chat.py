"""Chat rooms: chat-load checks that every member receives every line, in one and the same order."""

from report import Row, rows_of
from stage import LOOPBACK, SOCKKIT, alternate, built, figures, have, scratch, serve, stop, tool

NGIRCD = """[Global]
Name = bench.invalid
Listen = 127.0.0.1
Ports = {port}
MotdPhrase = bench
PidFile = {pid}
[Limits]
MaxConnections = 0
MaxConnectionsIP = 0
MaxPenaltyTime = 0
PingTimeout = 3600
[Options]
DNS = no
Ident = no
PAM = no
"""


def servers():
    """name: (chat-load's word for its lines, command)"""
    commands = {"bare": ("sockkit", [tool("bare"), "chat", LOOPBACK, "PORT"])}
    if built("chat-serve"):
        commands["sockkit"] = ("sockkit", [SOCKKIT, "chat-serve", "-q", "-p", "0", "--port-file", "FILE"])
    if have("ncat"):
        commands["ncat"] = ("ncat", ["ncat", "--chat", "-k", "-l", LOOPBACK, "PORT", "-m", "5000"])
    if have("ngircd"):
        script = f"printf '%s' \"$1\" >{scratch('ngircd.conf')}; exec ngircd -n -f {scratch('ngircd.conf')}"
        config = NGIRCD.format(port="PORT", pid=scratch("ngircd.pid"))
        commands["ngircd"] = ("irc", ["sh", "-c", script, "sh", config])
    return commands


def load(lines, command, *options):
    server, port = serve(command)
    argv = [tool("chat-load"), "-m", lines, "-P", str(server.pid), *options, LOOPBACK, str(port)]
    measured = figures(argv, seconds=60)
    measured["cpu_us"] = stop(server) / measured["deliveries"] * 1e6
    measured["p99_ms"] = measured["p99_us"] / 1e3
    return measured


def jobs(commands, names, *options):
    return {name: lambda c=commands[name]: load(*c, *options) for name in names if name in commands}


def memory(hundred, thousand):
    """KiB resident that each member more costs."""
    pairs = zip(hundred.get("sockkit", []), thousand.get("sockkit", []))
    return {"sockkit": [max(0, (many["rss_kib"] - few["rss_kib"]) / 900) for few, many in pairs]}


def chat():
    commands = servers()
    ours = ["sockkit", "bare"]
    hundred = alternate(jobs(commands, list(commands), "-n", "100", "-t", "500"), seconds=40)
    thousand = alternate(jobs(commands, ours, "-n", "1000", "-t", "500"), seconds=30)
    thousand |= alternate(jobs(commands, ["ncat", "ngircd"], "-n", "1000", "-t", "500"), runs=2, seconds=40)
    rows = [
        rows_of("every member speaks, 100 members", hundred, "rate", "deliveries/s",
                floors={"ncat": 15, "ngircd": 15, "bare": 0.95}),
        rows_of("every member speaks, 1000 members", thousand, "rate", "deliveries/s",
                floors={"ncat": 40, "ngircd": 15, "bare": 0.95}),
    ]
    for members, most in ((10, 0.5), (100, 8)):
        slow = alternate(jobs(commands, ours + ["ncat"], "-n", str(members), "-r", "10", "-t", "700"), seconds=25)
        rows.append(rows_of(f"p99 of a delivery, {members} members say 10 lines/s each", slow, "p99_ms", "ms", low=True,
                            most=most, floors={"ncat": 1}))
        rows.append(rows_of(f"CPU of the server for a delivery to {members}", slow, "cpu_us", "us", low=True))
    kib = memory(hundred, thousand)
    if kib["sockkit"]:
        rows.append(Row("resident for each member more (1000 beside 100)", "KiB", kib, low=True, most=1))
    return rows, ["Lines of 64 bytes. At full speed each member says its next line once it has heard the round before.",
                  "The peers' rooms of 1000 are run twice only: joining takes them seconds."]
