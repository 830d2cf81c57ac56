# --proxy: connections through SOCKS and HTTP proxies; --send-proxy: speaking as one.

load helper

setup() { helper_setup; }

# A proxy in a few lines. What it was asked stands in `asked`, a line each; it answers `reply` (None: as it should),
# byte by byte, and joins the two ends.
PROXY='
import threading
asked = []
def join(a, b):
    def one(x, y):
        while piece := x.recv(65536): y.sendall(piece)
        y.shutdown(socket.SHUT_WR)
    t = threading.Thread(target=one, args=(a, b), daemon=True); t.start()
    one(b, a); t.join()
def slowly(s, bytes_):
    for b in bytes_: s.sendall(bytes([b])); time.sleep(0.001)
def exactly(s, n):
    return read_exactly(s, n) if n else b""
def line_of(s):
    out = b""
    while not out.endswith(b"\r\n\r\n"): out += exactly(s, 1)
    return out
def socks5(s, reply):
    n = exactly(s, 2)[1]
    methods = exactly(s, n)
    if 2 in methods:
        slowly(s, b"\5\2")
        exactly(s, 1); user = exactly(s, exactly(s, 1)[0]); password = exactly(s, exactly(s, 1)[0])
        asked.append((user, password))
        slowly(s, b"\1\0")
    else: slowly(s, b"\5\0")
    kind = exactly(s, 4)[3]
    host = socket.inet_ntop(socket.AF_INET, exactly(s, 4)) if kind == 1 else socket.inet_ntop(socket.AF_INET6, exactly(s, 16)) if kind == 4 else exactly(s, exactly(s, 1)[0]).decode()
    port = int.from_bytes(exactly(s, 2), "big")
    asked.append((host, port))
    if reply is not None: return slowly(s, reply)
    t = socket.create_connection((host, port))
    slowly(s, b"\5\0\0\1\0\0\0\0\0\0")
    join(s, t)
def until_nul(s):
    out = b""
    while not out.endswith(b"\0"): out += exactly(s, 1)
    return out[:-1].decode()
def socks4(s, reply):
    exactly(s, 2)
    port = int.from_bytes(exactly(s, 2), "big")
    host = exactly(s, 4)
    user = until_nul(s)
    host = until_nul(s) if host[:3] == b"\0\0\0" else socket.inet_ntoa(host)
    asked.append((host, port))
    if reply is not None: return slowly(s, reply)
    t = socket.create_connection((host, port))
    slowly(s, b"\0\x5a\0\0\0\0\0\0")
    join(s, t)
def http(s, reply):
    asked.append(line_of(s))
    if reply is not None: return slowly(s, reply)
    host, port = asked[-1].split()[1].decode().rsplit(":", 1)
    t = socket.create_connection((host.strip("[]"), int(port)))
    s.sendall(b"HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n" + t.recv(3)) # the first bytes of the host come with it
    join(s, t)
def proxy(talk, reply=None):
    l = listen()
    def serve():
        while True:
            s = l.accept()[0]
            def run(s=s):
                try: talk(s, reply)
                except (OSError, AssertionError): pass
                s.close()
            threading.Thread(target=run, daemon=True).start()
    threading.Thread(target=serve, daemon=True).start()
    return l.getsockname()[1]
def told(results): # of lines between tabs: what, state, words
    return [(f[0], f[1], f[4]) for f in (line.split("\t") for line in results.decode().splitlines())]
def through(url, *words, applet="connect", status=0, **more):
    p = sockkit(applet, "--proxy", url, *words, **more)
    p.wait(15)
    return ended(p, status)
'

@test "connect goes through socks5, socks4 and http proxies, whose answers come in pieces, the bytes behind them too" {
    peer "$PROXY"'
q, port = serve("Bonjour", "-q", stdin=subprocess.DEVNULL)
assert through("socks5://127.0.0.1:%d" % proxy(socks5), "localhost", port, "x")[0] == b"Bonjour\n"
assert asked.pop() == ("localhost", int(port)) # the proxy resolves names
assert through("socks5://127.0.0.1:%d" % proxy(socks5), "127.0.0.1", port, "x")[0] == b"Bonjour\n"
assert asked.pop() == ("127.0.0.1", int(port))
assert through("http://127.0.0.1:%d" % proxy(http), "127.0.0.1", port, "x")[0] == b"Bonjour\n"
assert asked.pop().startswith(b"CONNECT 127.0.0.1:%d HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n" % (int(port), int(port)))'
}

@test "user and password are decoded, and a password is shown nowhere" {
    peer "$PROXY"'
q, port = serve("Bonjour", "-q", stdin=subprocess.DEVNULL)
out, err = through("socks5://me%%40home:se%%3acret@127.0.0.1:%d" % proxy(socks5), "-v", "-TT", "127.0.0.1", port, "x")
assert out == b"Bonjour\n" and asked[0] == (b"me@home", b"se:cret")
assert "cret" not in err and "not shown: it holds a password" in err, err
assert "connected to 127.0.0.1:%s through socks5://127.0.0.1:" % port in err, err
out, err = through("http://me:secret@127.0.0.1:%d" % proxy(http), "-v", "-TT", "127.0.0.1", port, "x")
assert out == b"Bonjour\n" and b"\r\nProxy-Authorization: Basic bWU6c2VjcmV0\r\n" in asked[-1]
assert "secret" not in err and "bWU6" not in err, err
l = listen()
p = sockkit("connect", "--proxy", "socks5://me:secret@127.0.0.1:%d" % l.getsockname()[1], "x:1")
s = l.accept()[0]
assert b"secret" not in open("/proc/%d/cmdline" % p.pid, "rb").read()
assert "secret" not in through("socks5://me:secret@127.0.0.1:x", "h:1", status=2)[1]'
}

@test "a refusal is told in the words of the proxy, a broken answer as such: status 4" {
    peer "$PROXY"'
for talk, reply, words in (
        (socks5, b"\5\5\0\1\0\0\0\0\0\0", "connection refused"), (socks5, b"\5\2\0\1\0\0\0\0\0\0", "not allowed by ruleset"),
        (http, b"HTTP/1.1 403 Forbidden\r\n\r\n", "403 Forbidden"), (http, b"SSH-2.0-x\r\n", "broken"), (http, b"", "broken"), (socks5, b"\5", "broken")):
    scheme = "socks5" if talk == socks5 else "http"
    where = "%s://127.0.0.1:%d" % (scheme, proxy(talk, reply))
    err = through(where, "example.org", "80", status=4)[1]
    assert err.startswith("sockkit connect: cannot connect to example.org:80 through %s: " % where) and words in err, err
    assert err.count("\n") == 1
err = through("socks5://127.0.0.1:%d" % free_port(), "example.org", "80", status=4)[1]
assert err.startswith("sockkit connect: cannot connect to the proxy socks5://127.0.0.1:") and "Connection refused" in err, err'
}

@test "-w bounds the whole, a proxy that never answers too: status 5; --retry covers it" {
    peer "$PROXY"'
l = listen()
where = "http://127.0.0.1:%d" % l.getsockname()[1]
assert "timed out" in through(where, "-w", "300ms", "h:1", status=5)[1]
port = free_port()
q, target = serve("Bonjour", "-q", stdin=subprocess.DEVNULL)
p = sockkit("connect", "--proxy", "http://127.0.0.1:%d" % port, "--retry", "10s", "127.0.0.1", target, "x")
l = socket.create_server(("127.0.0.1", port))
s = l.accept()[0]
http(s, None)
assert ended(p)[0] == b"Bonjour\n"'
}

@test "chat goes through a proxy" {
    peer "$PROXY"'
q, port = serve(applet="chat-serve")
out, err = through("socks5://127.0.0.1:%d" % proxy(socks5), "127.0.0.1", port, "hello there", applet="chat")
assert b"hello there" in out'
}

@test "probe goes through each kind of proxy, which looks names up, and hears what the service says" {
    peer "$PROXY"'
q, port = serve("Bonjour", "--reply", "you said %m", "-q", stdin=subprocess.DEVNULL)
for scheme, talk in ("socks5", socks5), ("socks4", socks4), ("http", http):
    where = "%s://localhost:%d" % (scheme, proxy(talk))
    assert told(through(where, "localhost", port, applet="probe")[0]) == [("localhost:" + port, "open", "")]
    assert through(where, "--banner", "127.0.0.1-127.0.0.1", port, applet="probe")[0].endswith(b"Bonjour\n")
    assert told(through(where, "--send", "x\n", "--expect", "you said x", "localhost", port, applet="probe")[0])[0][1] == "open"
    assert told(through(where, "--expect", "nothing", "-w", "500ms", "localhost", port, applet="probe", status=1)[0])[0][1:] == ("unexpected", "Bonjour")
    out = through(where, "-c", "2", "-I", "1ms", "localhost", port, applet="probe")[0]
    assert out.count(b"\topen\t") == 2 and b"2 probes\t2 open" in out, out
assert ("localhost", int(port)) in asked and ("127.0.0.1", int(port)) in asked'
}

@test "probe asks an http target through a proxy" {
    peer "$PROXY"'
l = listen()
def answer():
    while True:
        s = l.accept()[0]
        asked.append(line_of(s))
        s.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
        s.close()
threading.Thread(target=answer, daemon=True).start()
for scheme, talk in ("socks5", socks5), ("socks4", socks4):
    out = through("%s://127.0.0.1:%d" % (scheme, proxy(talk)), "http://127.0.0.1:%d/x" % l.getsockname()[1], applet="probe")[0]
    assert b"\topen\t" in out and asked[-1].startswith(b"GET /x HTTP/1.1\r\n"), (out, asked)'
}

@test "probe: refused by the proxy is closed, what it cannot reach unreachable, a proxy that is gone no-answer; its words are told" {
    peer "$PROXY"'
import json
def state(where, status=1, target=("example.org", "80")):
    line = told(through(where, *target, applet="probe", status=status)[0])[0]
    j = json.loads(through(where, "--json", *target, applet="probe", status=status)[0])
    assert j["state"] == line[1] and j["error"] == line[2] and j["address"] is None, (j, line)
    return line[1:]
for talk, reply, expected in (
        (socks5, b"\5\5\0\1\0\0\0\0\0\0", ("closed", "connection refused")),
        (socks5, b"\5\2\0\1\0\0\0\0\0\0", ("closed", "connection not allowed by ruleset")),
        (socks5, b"\5\3\0\1\0\0\0\0\0\0", ("unreachable", "network unreachable")),
        (socks5, b"\5\4\0\1\0\0\0\0\0\0", ("unreachable", "host unreachable")),
        (socks4, b"\0\x5b\0\0\0\0\0\0", ("closed", "request rejected or failed")),
        (http, b"HTTP/1.1 403 Forbidden\r\n\r\n", ("closed", "403 Forbidden")),
        (http, b"HTTP/1.1 504 Gateway Timeout\r\n\r\n", ("unreachable", "504 Gateway Timeout")),
        (socks5, b"", ("no-answer", "the proxy\47s answer is broken: it closed the connection")),
        (http, b"SSH-2.0-x\r\n", ("no-answer", "the proxy\47s answer is broken: no HTTP answer"))):
    scheme = {socks5: "socks5", socks4: "socks4", http: "http"}[talk]
    assert state("%s://localhost:%d" % (scheme, proxy(talk, reply))) == expected, expected
gone = "socks5://127.0.0.1:%d" % free_port()
assert state(gone) == ("no-answer", "the proxy %s: Connection refused" % gone)
assert state("http://no-such.invalid")[0] == "no-answer"
l = listen()
silent = "http://127.0.0.1:%d" % l.getsockname()[1]
out = through(silent, "-w", "300ms", "h", "80", applet="probe", status=1)[0]
assert told(out) == [("h:80", "no-answer", "the proxy %s: Connection timed out" % silent)], out
v6 = told(through("socks4://127.0.0.1:%d" % proxy(socks4), "[::1]:80", applet="probe", status=1)[0])
assert v6 == [("[::1]:80", "unreachable", "SOCKS4 knows no IPv6 address (use socks5://)")], v6'
}

@test "probe: every address of a proxy is tried, until one takes the connection: its word is the last" {
    local map=()
    [ "$(id -u)" = 0 ] || map=(--map-root-user)
    printf '127.0.0.2 proxy.test\n127.0.0.1 proxy.test\n' >hosts
    cat >named <<END
#!/bin/sh
exec unshare ${map[*]} --mount sh -c 'mount --bind hosts /etc/hosts && exec "\$@"' sh "$SOCKKIT" "\$@"
END
    chmod +x named
    peer "$PROXY"'
os.environ["SOCKKIT"] = "./named"
def state(where): return told(through(where, "h", "80", applet="probe", status=1)[0])[0][1]
assert state("socks5://proxy.test:%d" % proxy(socks5, b"\5\5\0\1\0\0\0\0\0\0")) == "closed" # 127.0.0.2 has none
l = listen("")
def refuse():
    while True: socks5(l.accept()[0], b"\5\5\0\1\0\0\0\0\0\0")
threading.Thread(target=refuse, daemon=True).start()
asked.clear()
assert state("socks5://proxy.test:%d" % l.getsockname()[1]) == "closed"
assert asked == [("h", 80)], asked'
}

@test "probe: the time includes the proxy, --wait waits for it too, and a range is asked address by address" {
    peer "$PROXY"'
q, port = serve("Bonjour", "-q", "-b", "127.0.0.1", stdin=subprocess.DEVNULL)
def late(s, reply):
    time.sleep(0.3)
    http(s, reply)
out = through("http://127.0.0.1:%d" % proxy(late), "127.0.0.1", port, applet="probe")[0]
assert float(out.split(b"\t")[2].split()[0]) >= 300, out
place = free_port()
p = sockkit("probe", "--proxy", "socks5://127.0.0.1:%d" % place, "--wait", "10s", "-v", "127.0.0.1", port)
assert b"no-answer" in p.stderr.readline()
l = socket.create_server(("127.0.0.1", place))
def serve_late():
    while True: socks5(l.accept()[0], None)
threading.Thread(target=serve_late, daemon=True).start()
assert b"\topen\t" in ended(p)[0]
asked.clear()
out = through("socks5://127.0.0.1:%d" % proxy(socks5), "127.0.0.1-3", port, applet="probe")[0]
assert told(out) == [("127.0.0.1:" + port, "open", "")], out
assert sorted(asked) == [("127.0.0.%d" % n, int(port)) for n in (1, 2, 3)], asked'
}

@test "probe: a password is shown nowhere; no proxy takes datagrams or reaches a Unix socket" {
    peer "$PROXY"'
q, port = serve("-q", stdin=subprocess.DEVNULL)
out, err = through("socks5://me:secret@127.0.0.1:%d" % proxy(socks5), "-TT", "-v", "127.0.0.1", port, applet="probe")
assert asked[0] == (b"me", b"secret") and "cret" not in err, err
out, err = through("socks5://me:secret@127.0.0.1:%d" % free_port(), "-v", "127.0.0.1", port, applet="probe", status=1)
assert b"cret" not in out and "cret" not in err, out'
    run sockkit probe --proxy socks5://127.0.0.1 -u 127.0.0.1 7
    assert_failure 2
    assert_output 'sockkit probe: --udp and --proxy exclude each other'
    run sockkit probe --proxy socks5://127.0.0.1 udp://127.0.0.1:7
    assert_failure 2
    run sockkit probe --proxy socks5://127.0.0.1 unix:path
    assert_failure 2
    assert_output 'sockkit probe: --proxy reaches no Unix-domain socket'
}

@test "a proxy and a Unix socket exclude each other, a URL that is none is a usage error" {
    run sockkit connect --proxy socks5://127.0.0.1 -U path
    assert_failure 2
    for words in 'connect unix:path' 'chat unix:path' 'chat -U path' 'serve -p 0 --to unix:path'; do
        # shellcheck disable=SC2086
        run sockkit $words --proxy socks5://127.0.0.1
        assert_failure 2
        assert_output --partial 'reaches no Unix-domain socket'
    done
    run sockkit connect --proxy 127.0.0.1:1080 host
    assert_failure 2
    assert_output --partial 'socks5://HOST[:PORT]'
}

@test "--send-proxy: a PROXY protocol header goes first" {
    peer '
l = listen()
for version in "1", "2":
    p = sockkit("connect", "--send-proxy", version, "127.0.0.1", l.getsockname()[1], "x")
    s, (host, port) = l.accept()
    got = read_all(s)
    if version == "1":
        assert got == b"PROXY TCP4 127.0.0.1 127.0.0.1 %d %d\r\nx\n" % (port, l.getsockname()[1]), got
    else:
        assert got == b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\x7f\0\0\1\x7f\0\0\1" + struct.pack(">HH", port, l.getsockname()[1]) + b"x\n", got
    s.close()
    ended(p)'
}

# --- serve --to ---

@test "serve --to goes through a proxy: each client, and a Unix listener too; the narration names both" {
    peer "$PROXY"'
q, target = serve("Bonjour", "-q", stdin=subprocess.DEVNULL)
for talk, scheme in ((socks5, "socks5"), (http, "http")):
    url = "%s://127.0.0.1:%d" % (scheme, proxy(talk))
    for place in ((), ("-U", scheme)):
        p, port = serve("-v", "--to", "localhost:" + target, "--proxy", url, *place, stdin=subprocess.DEVNULL)
        for _ in range(3): assert hear(connect(port)) == b"Bonjour\n"
        p.terminate()
        err = ended(p, -signal.SIGTERM)[1]
        assert err.count(" connected to localhost:%s through %s\n" % (target, url)) == 3, err
        assert err.count(" closed (received 0 bytes, sent 8 bytes, ") == 3, err'
}

@test "serve --to: a proxy that refuses, is silent or is not there: the client is reset, the reason told, -1 has the status" {
    peer "$PROXY"'
l = listen()
gone = "socks5://127.0.0.1:%d" % free_port()
for url, words, status in (
        ("socks5://127.0.0.1:%d" % proxy(socks5, b"\5\5\0\1\0\0\0\0\0\0"), "connection refused", 4),
        ("http://127.0.0.1:%d" % l.getsockname()[1], "timed out", 5),
        (gone, "cannot connect to the proxy " + gone, 4)):
    p, port = serve("-1", "-w", "500ms", "--to", "h:1", "--proxy", url, stdin=subprocess.DEVNULL)
    assert is_reset(connect(port))
    assert words in ended(p, status)[1]'
}

@test "serve --to: its own listener is no proxy; --proxy and --send-proxy are for --to" {
    start_serve
    stop "$SERVER_PID"
    run sockkit serve -p "$PORT" --to h:1 --proxy "socks5://127.0.0.1:$PORT"
    assert_failure 2
    assert_output --partial 'where this very server listens'
    for words in '--proxy socks5://h' '--send-proxy 1'; do
        # shellcheck disable=SC2086
        run sockkit serve $words
        assert_failure 2
        assert_output --partial 'is for --to'
    done
}

@test "serve --to --send-proxy: who the client is goes first, before its bytes and behind the answer of a proxy" {
    peer "$PROXY"'
t = listen()
def goes(c, *words):
    """What the target hears, of a client made by c that says x."""
    p, port = serve("--to", "127.0.0.1:%d" % t.getsockname()[1], *words, stdin=subprocess.DEVNULL)
    s = c(port)
    name = s.getsockname()
    s.sendall(b"x")
    a = t.accept()[0]
    s.shutdown(socket.SHUT_WR)
    got = read_all(a)
    a.close()
    assert read_all(s) == b""
    p.terminate()
    assert "(received 1 bytes, sent 0 bytes, " in ended(p, -signal.SIGTERM)[1]
    return got, name, port
for more in (), ("--proxy", "socks5://127.0.0.1:%d" % proxy(socks5)):
    got, name, port = goes(connect, "--send-proxy", 1, *more)
    assert got == b"PROXY TCP4 127.0.0.1 127.0.0.1 %d %s\r\nx" % (name[1], port.encode()), got
    got, name, port = goes(connect, "--send-proxy", 2, *more)
    assert got == b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\x7f\0\0\1\x7f\0\0\1" + struct.pack(">HH", name[1], int(port)) + b"x", got
if has_ipv6():
    got, name, port = goes(lambda port: connect(port, "::1"), "--send-proxy", 1)
    assert got == b"PROXY TCP6 ::1 ::1 %d %s\r\nx" % (name[1], port.encode()), got
assert goes(connect, "--send-proxy", 1, "-U", "door")[0] == b"PROXY UNKNOWN\r\nx"
def named(port):
    s = connect(port)
    s.sendall(b"PROXY TCP4 192.0.2.7 198.51.100.1 1234 443\r\n")
    return s
assert goes(named, "--send-proxy", 1, "--accept-proxy")[0] == b"PROXY TCP4 192.0.2.7 198.51.100.1 1234 443\r\nx"'
}

@test "serve --to --send-proxy: a megabyte of the client follows the header" {
    peer '
t = listen()
p, port = serve("--to", "127.0.0.1:%d" % t.getsockname()[1], "--send-proxy", 1, stdin=subprocess.DEVNULL)
c = connect(port)
c.sendall(bytes(1 << 20))
c.shutdown(socket.SHUT_WR)
a = t.accept()[0]
header = read_line(a)
assert header.startswith(b"PROXY TCP4 "), header
a.sendall(b"answer")
a.shutdown(socket.SHUT_WR)
assert len(read_all(a)) == 1 << 20
assert read_all(c) == b"answer"'
}

@test "--proxy: one that ends both sides when ours has ended is told; --no-half-close gets the answer" {
    peer '
import threading
def answer(l):
    while True:
        s = l.accept()[0]
        line = read_line(s)
        if line == b"hello\n": read_all(s) # answers too late
        else: s.sendall(line)
        s.close()
def meanly(s):
    read_exactly(s, read_exactly(s, 2)[1]); s.sendall(b"\5\0")
    read_exactly(s, 8); port = int.from_bytes(read_exactly(s, 2), "big")
    t = socket.create_connection(("127.0.0.1", port)); s.sendall(b"\5\0\0\1\0\0\0\0\0\0")
    while True:
        for x in select.select([s, t], [], [])[0]:
            if not (piece := x.recv(65536)): s.close(); t.close(); return
            (t if x is s else s).sendall(piece)
l, p = listen(), listen()
threading.Thread(target=answer, args=(l,), daemon=True).start()
def serve_proxy():
    while True: meanly(p.accept()[0])
threading.Thread(target=serve_proxy, daemon=True).start()
def said(*words):
    q = sockkit("connect", "--proxy", "socks5://127.0.0.1:%d" % p.getsockname()[1], "127.0.0.1:%d" % l.getsockname()[1], *words)
    return ended(q)
out, err = said("hello")
assert out == b"" and "ended without an answer" in err and "--no-half-close" in err, (out, err)
out, err = said("--no-half-close", "at once")
assert out == b"at once\n" and err == "", (out, err)
assert said("--send-only", "hello") == (b"", "")'
}
