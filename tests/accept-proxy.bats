# --accept-proxy: connections that begin with a PROXY protocol header.

load helper

setup() { helper_setup; }

V1='
def v1(source="192.0.2.1", port=4242): return b"PROXY TCP4 %s 198.51.100.7 %d 80\r\n" % (source.encode(), port)
def v2(source="192.0.2.1", port=4242): return b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + socket.inet_aton(source) + socket.inet_aton("198.51.100.7") + struct.pack(">HH", port, 80)
LOCAL = b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0"
def said(p, text):
    while text not in (line := p.stderr.readline().decode()): assert line, text
'

@test "the peer that is shown, answered and handed to commands is the one that the header names" {
    peer "$V1"'
for header in v1(), v2():
    p, port = serve("--accept-proxy", applet="cmd")
    s = connect(port)
    for byte in header: s.sendall(bytes([byte])); time.sleep(0.0005)
    s.sendall(b"WHOAMI\n")
    assert read_line(s) == b"192.0.2.1:4242\n"
    said(p, "192.0.2.1:4242 connected")
    s.close()
    said(p, "192.0.2.1:4242 closed (received 7 bytes, sent 15 bytes")
    p, port = serve("--accept-proxy", "-e", "env")
    s = connect(port)
    s.sendall(header)
    env = hear(s).decode().split("\n")
    for pair in "TCPREMOTEIP=192.0.2.1", "TCPREMOTEPORT=4242", "TCPLOCALIP=198.51.100.7", "TCPLOCALPORT=80": assert pair in env, (pair, env)
    p, port = serve("--accept-proxy", "--reply", "%a %p %m", "-q")
    s = connect(port)
    s.sendall(header + b"one\n")
    assert read_line(s) == b"192.0.2.1 4242 one\n"'
}

@test "LOCAL and UNKNOWN leave the address of the connection; bytes behind the header are the client's" {
    peer "$V1"'
for header in LOCAL, b"PROXY UNKNOWN\r\n":
    p, port = serve("--accept-proxy", applet="cmd")
    s = connect(port)
    s.sendall(header + b"WHOAMI\n")
    assert read_line(s) == b"127.0.0.1:%d\n" % s.getsockname()[1]'
}

@test "--allow, --deny and --max-per-host hold for the address that the header names" {
    peer "$V1"'
p, port = serve("--accept-proxy", "--allow", "192.0.2.0/24", "--deny", "192.0.2.9", "--max-per-host", "1", applet="echo")
def ask(header):
    s = connect(port)
    s.sendall(header + b"x")
    try: return s, s.recv(1)
    except ConnectionResetError: return s, b""
a = ask(v1())
assert a[1] == b"x"
assert ask(v1())[1] == b"" # one too many of that host
assert ask(v1("192.0.2.9"))[1] == b""
assert ask(v1("203.0.113.1"))[1] == b""
assert ask(v2("192.0.2.2"))[1] == b"x"
said(p, "192.0.2.9:4242 denied")'
}

@test "without a valid header within 5 s the connection is closed, narrated, and counts for nobody" {
    peer "$V1"'
p, port = serve("--accept-proxy", "--once", "Hi", stdin=subprocess.DEVNULL)
s = connect(port)
s.sendall(b"GET / HTTP/1.0\r\n\r\n")
try: assert s.recv(1) == b""
except ConnectionResetError: pass
said(p, "closed: the connection does not begin with a PROXY header")
s = connect(port)
start = time.monotonic()
s.sendall(b"PROXY ")
assert s.recv(1) == b"" and 4.5 < time.monotonic() - start < 9
said(p, "no whole PROXY header within 5 s")
s = connect(port)
s.sendall(v1())
assert hear(s) == b"Hi\n"
ended(p)'
}

@test "--proxy-from: headers of others are not believed: closed at once" {
    peer "$V1"'
p, port = serve("--accept-proxy", "--proxy-from", "192.0.2.0/24", applet="echo")
s = connect(port)
assert s.recv(1) == b""
said(p, "its PROXY header is not believed")
p, port = serve("--accept-proxy", "--proxy-from", "127.0.0.0/8,::1", applet="echo")
s = connect(port)
s.sendall(v2() + b"x")
assert read_exactly(s, 1) == b"x"'
}

@test "connections that owe their header count for -m, and are closed at the end" {
    peer "$V1"'
p, port = serve("--accept-proxy", "-m", "2", applet="echo")
a, b = connect(port), connect(port)
wait_until(lambda: len(os.listdir("/proc/%d/fd" % p.pid)) >= 7)
c = connect(port)
c.sendall(v1() + b"x")
assert quiet(c, 0.3)
a.close()
assert read_exactly(c, 1) == b"x"
p.terminate()
assert b.recv(1) == b""
ended(p, -signal.SIGTERM)'
}

@test "what --send-proxy says --accept-proxy understands" {
    peer '
for version in "1", "2":
    p, port = serve("--accept-proxy", applet="cmd")
    q = sockkit("connect", "--send-proxy", version, "-b", "127.0.0.9", "127.0.0.1", port, "WHOAMI", "QUIT")
    q.wait(10)
    assert ended(q)[0].startswith(b"127.0.0.9:")'
}

@test "-c counts clients, and neither a bad header nor none; the last one is served to its end" {
    peer "$V1"'
p, port = serve("--accept-proxy", "-c", 2, applet="echo", stdin=subprocess.DEVNULL)
silent = connect(port)
bad = connect(port)
bad.sendall(b"GET / HTTP/1.0\r\n")
said(p, " closed: ")
left = connect(port)
left.close()
said(p, "ended before its PROXY header was whole")
a = connect(port)
a.sendall(v1() + b"one")
assert hear(a) == b"one"
said(p, "192.0.2.1:4242 closed")
b = connect(port)
b.sendall(v2("192.0.2.2") + b"two")
assert read_exactly(b, 3) == b"two"
late = silent # its header comes when all have been served
late.sendall(v1("192.0.2.3"))
assert read_all(late) == b""
b.sendall(b"more")
assert hear(b) == b"more"
assert "denied: all clients have been served" in ended(p)[1]'
}

@test "--exit-idle: whoever owes its header is nobody yet, a client that a header names is somebody" {
    peer "$V1"'
p, port = serve("--accept-proxy", "--exit-idle", "400ms", applet="echo", stdin=subprocess.DEVNULL)
silent = connect(port)
assert "nobody was connected for 400 ms" in ended(p)[1]
assert read_all(silent) == b""
p, port = serve("--accept-proxy", "--exit-idle", "400ms", applet="echo", stdin=subprocess.DEVNULL)
s = connect(port)
s.sendall(v1() + b"x")
assert read_exactly(s, 1) == b"x"
time.sleep(1)
assert p.poll() is None
s.close()
assert "nobody was connected for 400 ms" in ended(p)[1]'
}

@test "--to: the target is dialled once the header is whole, gets what stands behind it, and may be told" {
    peer "$V1"'
t = listen()
for more in (), ("--send-proxy", 2), ("--limit-rate", "1M"):
    p, port = serve("--accept-proxy", "-v", *more, "--to", "127.0.0.1:%d" % t.getsockname()[1], stdin=subprocess.DEVNULL)
    bad = connect(port)
    bad.sendall(b"SSH-2.0-x\r\n")
    assert is_reset(bad)
    s = connect(port)
    s.sendall(v1()[:20])
    assert quiet(t, 0.2)
    s.sendall(v1()[20:] + b"question")
    a = t.accept()[0]
    if "--send-proxy" in more: assert read_exactly(a, 28) == v2()
    assert read_exactly(a, 8) == b"question"
    a.sendall(b"answer")
    a.close()
    assert hear(s) == b"answer"
    said(p, "192.0.2.1:4242 connected to 127.0.0.1:%d" % t.getsockname()[1])
    said(p, "192.0.2.1:4242 closed (received 8 bytes, sent 6 bytes, ")
    assert quiet(t, 0) # the bad one was never dialled for
    p.terminate()
    ended(p, -signal.SIGTERM)'
}

@test "--broker: a header goes to nobody; what stands behind it goes to all the others" {
    peer "$V1"'
p, port = serve("--accept-proxy", "--broker", "Hi", stdin=subprocess.DEVNULL)
a = connect(port)
a.sendall(v1())
assert read_line(a) == b"Hi\n"
owes = connect(port)
b = connect(port)
b.sendall(v2("192.0.2.2") + b"to all")
assert read_line(b) == b"Hi\n"
assert read_exactly(a, 6) == b"to all"
owes.sendall(v1("192.0.2.3"))
assert read_line(owes) == b"Hi\n"
a.sendall(b"late")
for s in b, owes: assert read_exactly(s, 4) == b"late"
said(p, "192.0.2.3:4242 connected")'
}
