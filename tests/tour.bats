# sockkit help tour: what servers and clients do, side by side, in the order in which it happened.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154

load helper

TOPICS='tcp udp refused half-close time-wait backlog ipv6 pieces'

tour() { run --separate-stderr timeout -k 1 20 "${FRESH[@]}" "$SOCKKIT" help tour "$@" </dev/null; }

# In which rows a text stands; fails where it does not.
rows_of() { grep -nE -e "$1" <<<"$output" | cut -d : -f 1; }
first() { rows_of "$1" | head -n 1; }

# Each of these stands in the row of the one before it, or below.
in_order() {
    local text row last=0
    for text; do
        row=$(first "$text")
        [ -n "$row" ] || { echo "missing: $text"; return 1; }
        ((row >= last)) || { echo "too early: $text"; return 1; }
        last=$row
    done
}

@test "each topic in a pipe: 100 columns at most, nothing fails, nothing is left running" {
    local topic
    for topic in $TOPICS; do
        tour "$topic"
        assert_success
        assert_equal "$stderr" ''
        assert_line --index 0 --regexp "^== $topic: "
        [ -z "$(awk 'length($0) > 100' <<<"$output")" ]
        ((${#lines[@]} > 15))
    done
    run ! pgrep -f "$SOCKKIT help tour"
}

@test "tcp: client left, server right, arrows, a cause before its effect" {
    tour tcp
    in_order '^ {50,}socket\(AF_INET, SOCK_STREAM\) = 3' '^ {50,}bind\(3, ' '^ {50,}listen\(3, ' 'waiting for a client' \
        '^connect\(3, 127.0.0.1:[0-9]+\) = 0 +-+ SYN -+>' 'accept\(3\) = 4' 'recv\(4, 65536\) = 6'
    in_order '^send\(3, 6\) = 6 "Hello\\n" +-+ 6 bytes -+>' 'recv\(4, 65536\) = 6 "Hello'
    in_order '<-+ 8 bytes -+ send\(4, 8\) = 8 "Welcome' '^recv\(3, 65536\) = 8 "Welcome'
    in_order '^shutdown\(3, SHUT_WR\) = 0 +-+ FIN -+>' 'recv\(4, 65536\) = 0' '<-+ FIN -+ shutdown\(4, SHUT_WR\) = 0' '^recv\(3, 65536\) = 0'
    assert_line --regexp '^ {50,}\$ sockkit serve --trace --once -4 -p [0-9]+'
    assert_line --regexp '^\$ sockkit connect --trace 127.0.0.1:[0-9]+'
}

@test "what the other topics are about is seen" {
    tour udp
    in_order '^send\(3, 5\) = 5 "Hello" +-+ 5 bytes -+>' 'recvfrom\(3, 65536, 127.0.0.1:[0-9]+\) = 5' '<-+ 14 bytes -+ sendto\(3, 14' '^recvfrom\(3, 65536, 127.0.0.1:[0-9]+\) = 14'
    tour refused
    in_order '^1: connect\(3, .* = -1 +-+ SYN -+>' '<-+ RST -+$' '^2: send\(3, 5\) = 5 "Hello" +-+ 5 bytes -+>' '^2: .*<-+ ICMP -+$'
    assert_line --partial 'SYSTEM: nobody has this port'
    tour half-close
    in_order '^shutdown\(3, SHUT_WR\) = 0 +-+ FIN -+>' 'recv\(4, 65536\) = 0' 'send\(4, 15\) = 15 "I heard it all' '^recv\(3, 65536\) = 15'
    tour time-wait
    in_order '^1: bind\(3, .* = 0' '^1: close\(3\) = 0' '^2: bind\(3, .* = -1' '^    EADDRINUSE'
    tour backlog
    in_order '^1: connect\(3, .* = 0 +-+ SYN -+>' '^2: connect\(3, .* = 0 +-+ SYN -+>' '^3: connect\(3, .* = -1 +-+ SYN -+>' '^1: shutdown\(3' '^2: recv\(3, .*Welcome'
    assert_equal "$(rows_of 'accept\(3\) = 4' | wc -l)" 2
    (($(rows_of 'accept\(3\) = 4' | tail -n 1) > $(first '^3: close')))
    tour pieces
    in_order '^send\(3, 12\) = 12 ".*-+ 12 bytes -+>' 'recv\(4, 4\) = 4 "Hell"' 'recv\(4, 4\) = 4 "o Wo"' 'recv\(4, 4\) = 4 "rld'
    tour ipv6
    in_order '^connect\(3, 127.0.0.1:[0-9]+\) = 0' 'accept\(3\) = 4'
    ! has_ipv6 || in_order '^connect\(3, \[::1\]:[0-9]+\) = -1' '<-+ RST -+' '^connect\(3, 127.0.0.1:'
}

has_ipv6() { peer 'sys.exit(not has_ipv6())'; }

@test "a port that is taken does not stop it" {
    start_peer 'try: taken = listen(port=60000)
except OSError: pass # it is taken already, or a client that has gone keeps it in TIME_WAIT
announce(listen())
time.sleep(100)'
    tour tcp
    assert_success
    assert_line --regexp '^connect\(3, 127.0.0.1:[0-9]+\) = 0'
    refute_output --partial 127.0.0.1:60000
}

@test "--svg draws it: an XML file with the calls, arrows and who is in TIME_WAIT" {
    tour tcp --svg tcp.svg
    assert_success
    assert_output ''
    tour --svg=all.svg
    assert_success
    run "$PYTHON" - <<'CODE'
import re, xml.etree.ElementTree as tree
NS = "{http://www.w3.org/2000/svg}"
def texts(file): return [t.text for t in tree.parse(file).getroot().iter(NS + "text")]
one, picture = texts("tcp.svg"), tree.parse("tcp.svg").getroot()
for word in "connect(3, ", "accept(3) = 4", "SYN", "6 bytes", "FIN", "CLIENT", "SERVER", "TIME_WAIT": assert any(t.startswith(word) for t in one), word
assert len([l for l in picture.iter(NS + "line") if l.get("marker-end")]) == 5 # SYN, two messages, two ends
width, height = int(picture.get("width")), int(picture.get("height"))
for t in picture.iter(NS + "text"):
    assert 0 < int(t.get("x")) < width and 0 < int(t.get("y")) < height
for t in tree.parse("all.svg").getroot().iter(NS + "text"): # bold letters of one width take 8.2 each
    assert " r" not in t.get("class") or 8.2 * len(t.text) < int(t.get("x")), t.text
for line in picture.iter(NS + "line"):
    if line.get("marker-end"): assert int(line.get("y2")) > int(line.get("y1")) # time goes down
everything = texts("all.svg")
assert len([t for t in everything if t in ("SERVER", "SYSTEM")]) == 8
CODE
    assert_success
    tour tcp --svg /nowhere/x.svg
    assert_equal "$status" 1
    assert_regex "$stderr" '^sockkit: cannot write /nowhere/x.svg: No such file or directory$'
}

@test "at a terminal it has its width, and waits for Enter between scenes" {
    LIMIT=60 peer '
import fcntl, pty, struct, termios
pid, fd = pty.fork()
if pid == 0:
    fcntl.ioctl(2, termios.TIOCSWINSZ, struct.pack("4H", 24, 70, 0, 0))
    os.execv(os.environ["SOCKKIT"], ["sockkit", "help", "tour"])
def until(text):
    said = b""
    while text not in said: said += os.read(fd, 4096)
    return said
scene = until(b"Enter: the next scene (udp)").decode()
assert "== tcp" in scene and "close(3)" in scene and "== udp" not in scene
assert all(len(line) <= 70 for line in scene.split("\r\n")), max(map(len, scene.split("\r\n")))
assert not select.select([fd], [], [], 0.3)[0]
os.write(fd, b"\n")
assert "== udp" in until(b"(refused)").decode()
os.write(fd, b"\x03") # Ctrl-C
assert os.WTERMSIG(os.waitpid(pid, 0)[1]) == signal.SIGINT'
}

@test "at 40 columns the server's calls stand below the client's, indented, and no line is wider" {
    LIMIT=60 peer '
import fcntl, pty, struct, termios
pid, fd = pty.fork()
if pid == 0:
    fcntl.ioctl(2, termios.TIOCSWINSZ, struct.pack("4H", 24, 40, 0, 0))
    os.execv(os.environ["SOCKKIT"], ["sockkit", "help", "tour", "udp"])
said = b""
try:
    while True: said += os.read(fd, 4096)
except OSError: pass
os.waitpid(pid, 0)
lines = said.decode().split("\r\n")
assert max(map(len, lines)) <= 40, max(lines, key=len)
def after(i, text): return next(k for k in range(i, len(lines)) if lines[k].startswith(text))
sent = after(0, "send(3, 5)")
assert lines[sent + 1] == 9 * " " + "-- 5 bytes -->", lines
heard = after(sent, 8 * " " + "recvfrom(3, 65536,")
arrow = after(after(heard, 8 * " " + "sendto(3, 14,"), 9 * " " + "<- 14 bytes --")
after(arrow, "recvfrom(3, 65536,")'
}

@test "the events of a scene that takes long are seen while it goes on" {
    LIMIT=60 peer '
def is_live(): # on a machine that is busy for a second it may come all at once
    p = subprocess.Popen([os.environ["SOCKKIT"], "help", "tour", "backlog"], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
    seen = b""
    while b"1: connect" not in seen: seen += os.read(p.stdout.fileno(), 65536)
    live = b"3: close" not in seen
    p.communicate()
    assert p.returncode == 0
    return live
assert any(is_live() for i in range(10))'
}

@test "an unknown topic, or a wrong option, is a usage error that helps" {
    tour tpc
    assert_equal "$status" 2
    assert_equal "$stderr" "sockkit: the tour has no topic \"tpc\" (did you mean 'tcp'?)"
    tour everything
    assert_equal "$status" 2
    assert_equal "$stderr" "sockkit: the tour has no topic \"everything\" (it has $TOPICS)"
    local words
    for words in '--svg' 'tcp udp' '--nothing'; do
        # shellcheck disable=SC2086
        tour $words
        assert_equal "$status" 2
    done
}
