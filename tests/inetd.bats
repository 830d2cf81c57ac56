# A connection that was handed over: --inetd, and a unit with Accept=yes.
# shellcheck disable=SC2016

load helper

# inetd(applet, words...): a connection, and the server that was handed its other end, as all of stdin, stdout and stderr (or
# stderr as `err`); accepted(): the same as descriptor 3 (sd_listen_fds(3)), with the socket, or not, as the others.
HANDED='
def pair(unix=False):
    l = unix_listen("door") if unix else listen()
    c = connect("door" if unix else l.getsockname()[1])
    return c, l.accept()[0]
def inetd(applet, *words, err="peer", unix=False, **more):
    c, s = pair(unix)
    p = sockkit(applet, "--inetd", *words, stdin=s, stdout=s, stderr=s if err == "peer" else err, **more)
    s.close()
    return c, p
def accepted(applet, *words, std="peer"):
    c, s = pair()
    os.dup2(s.fileno(), 99)
    them = s if std == "peer" else subprocess.PIPE
    start = "exec 3<&99 99<&-; LISTEN_FDS=1 LISTEN_PID=$$ exec \"$@\""
    p = subprocess.Popen(["bash", "-c", start, "x", os.environ["SOCKKIT"], applet, *map(str, words)], pass_fds=[99],
        stdin=s if std == "peer" else subprocess.DEVNULL, stdout=them, stderr=them)
    started.append(p)
    s.close(); os.close(99)
    return c, p
'
handed() { peer "$HANDED$1"; }

@test "--inetd: any TCP server serves the connection that is its stdin, then ends; nothing else goes to the peer" {
    handed '
for unix in False, True:
    for words, said, wanted in (
            (("serve", "Hi", "-v", "-x", "dump"), b"x\n", b"Hi\n"), (("serve", "--reply", "%m!"), b"x\n", b"x!\n"),
            (("serve", "-e", "cat"), b"x\n", b"x\n"), (("echo",), b"x\n", b"x\n"), (("cmd", "-v"), b"UPPER x\n", b"X\n"),
            (("guess", "--seed", 1), b"", b"I picked a number from 1 to 100. You have 7 tries.\n")):
        c, p = inetd(*words, unix=unix)
        c.sendall(said)
        assert hear(c) == wanted, (words, unix)
        ended(p)
c, p = inetd("chat-serve")
c.sendall(b"hello\n")
assert hear(c) == b"* welcome, you are user1 (/help lists the commands)\n* here: user1\n(user1) hello\n"
ended(p)
t = listen()
c, p = inetd("serve", "--to", "127.0.0.1:%d" % t.getsockname()[1], "--limit-rate", "1M")
a = t.accept()[0]
c.sendall(b"question")
assert read_exactly(a, 8) == b"question"
a.sendall(b"answer")
a.close()
assert hear(c) == b"answer"
ended(p)'
}

@test "a unit with Accept=yes: the one connected socket is served, whatever stdin, stdout and stderr are" {
    handed '
for std in "peer", "others":
    for words, said, wanted in ((("serve", "Hi"), b"x\n", b"Hi\n"), (("echo", "--workers", 2), b"x\n", b"x\n"), (("serve", "-e", "cat; echo $LISTEN_FDS."), b"x\n", b"x\n.\n")):
        c, p = accepted(*words, std=std)
        c.sendall(said)
        assert hear(c) == wanted, (words, std)
        out, err = ended(p)
        if std == "others":
            assert out == (b"x\n" if wanted == b"Hi\n" else b""), out
            assert " connected\n" in err and "listening" not in err, err
c, p = accepted("serve", "--inetd", "-e", "ls -l /proc/self/fd/")
assert hear(c).count(b"socket:") == 2
ended(p)'
}

@test "a connection that was handed over: limits and --accept-proxy hold, -o and the environment name the peer, its outcome is the status" {
    handed '
c, p = inetd("serve", "--deny", "127.0.0.1", err=subprocess.PIPE)
assert read_all(c) == b""
assert " denied\n" in ended(p, 1)[1]
c, p = inetd("serve", "-i", "100ms", "-o", "copy")
c.sendall(b"x")
assert read_all(c) == b""
ended(p, 5)
assert open("copy").read() == "x"
c, p = inetd("serve", "-e", "echo $TCPREMOTEIP $TCPREMOTEPORT $TCPLOCALPORT; exit 7")
assert read_all(c).split() == [b"127.0.0.1", b"%d" % c.getsockname()[1], b"%d" % c.getpeername()[1]]
ended(p, 7)
c, p = inetd("serve", "--accept-proxy", "-e", "echo $TCPREMOTEIP", err=subprocess.PIPE)
c.sendall(b"PROXY TCP4 192.0.2.7 192.0.2.8 1 2\r\n")
assert hear(c) == b"192.0.2.7\n"
assert "192.0.2.7:1 connected" in ended(p)[1]
c, p = inetd("serve", "--accept-proxy", err=subprocess.PIPE)
c.sendall(b"GET / HTTP/1.0")
assert is_reset(c)
assert "closed: " in ended(p, 1)[1]
c, s = pair()
reset(c)
p = sockkit("serve", "--inetd", stdin=s, stdout=s) # whom it was handed has gone by then
assert "has gone" in ended(p, 1)[1]'
}

@test "--inetd: what is no connected stream socket, or asks for another one, is a usage error" {
    for words in '' '-p 5' '-b ::1' '-U x' '--workers 2' '-u'; do
        # shellcheck disable=SC2086
        run -2 sockkit echo --inetd $words </dev/null
        assert_output --partial 'inetd'
    done
    handed '
for s in listen(), datagram():
    p = sockkit("serve", "--inetd", stdin=s)
    assert "stdin is no connected socket" in ended(p, 2)[1]'
    run -2 sockkit udp-serve --inetd
}

# --- those who hand over ---

@test "systemd-socket-activate, each connection its own server: as stdin, and as a descriptor" {
    for words in '--inetd -a' '-a'; do
        port=$(free_port)
        inetd=()
        [ "$words" = -a ] || inetd=(--inetd)
        # shellcheck disable=SC2086
        start systemd-socket-activate -l "127.0.0.1:$port" $words "$SOCKKIT" serve "${inetd[@]}" --reply '%m from %a'
        for round in 1 2 3; do
            run -0 sockkit connect --retry 10s "127.0.0.1:$port" "round $round"
            assert_output "round $round from 127.0.0.1"
        done
    done
}

@test "tcpserver runs it for each connection" {
    port=$(free_port)
    start tcpserver -RHl0 127.0.0.1 "$port" "$SOCKKIT" cmd --inetd
    for round in 1 2 3; do
        run -0 sockkit connect --retry 10s "127.0.0.1:$port" "UPPER round $round"
        assert_output "ROUND $round"
    done
}
