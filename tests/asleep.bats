# An event that changes nothing is not waited for again: whatever state a peer leaves its connection in, the server sleeps. What is
# measured is CPU time: next to none, where a spin takes all it can get.

load helper

# each SCENE: runs the Python function `leave(s)` against each server, over TCP and a Unix socket, and checks that the server sleeps
# then and serves another client all the same.
each() {
    LIMIT=60 peer '
def fill(s): # until the server takes no more; some take all, some have closed by then
    s.settimeout(0.1)
    try:
        for _ in range(400): s.sendall(b"HELP\n" * 2000)
    except OSError:
        pass
def shut(s, side):
    try:
        s.shutdown(side)
    except OSError:
        pass
'"$1"'
servers = {
    "echo": [[]],
    "cmd": [[]],
    "guess": [[]],
    "chat-serve": [[]],
    "serve": [["--broker", "Hi"], ["-e", "cat"], ["Hi"], ["--reply", "%m"], ["--label", "Hi"], ["-C", "Hi"]],
}
def server(applet, words, place):
    p, port = serve(*words, *place, applet=applet, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    other = connect(port)
    other.sendall(b"HELP\n")
    assert read_line(other), applet
    return p, port, other
scenes = []
for applet, variants in servers.items():
    for n, words in enumerate(variants):
        for place in [], ["-U", f"{applet}{n}"]:
            if unix_alone and not place: continue
            p, port, other = server(applet, words, place)
            s = connect(port)
            leave(s)
            scenes.append((applet, words, place, p, port, other, s))
for applet, words, place, p, port, other, s in scenes: # each has heard of it, and lives
    again = connect(port)
    again.sendall(b"HELP\n")
    assert read_line(again), (applet, place)
def awake():
    before = [cpu(scene[3]) for scene in scenes]
    time.sleep(0.5)
    return [scene[:3] for scene, then in zip(scenes, before) if cpu(scene[3]) - then > 0.003]
for _ in range(20): # some have work left; who spins never rests
    left = awake()
    if not left: break
assert not left, left'
}

@test "a Unix peer that has shut down its receiving side" {
    each '
unix_alone = True
def leave(s):
    s.shutdown(socket.SHUT_RD)
    s.sendall(b"HELP\n")'
}

@test "a Unix peer that has shut down its receiving side, and said nothing" {
    each '
unix_alone = True
def leave(s):
    s.shutdown(socket.SHUT_RD)'
}

@test "a peer that has shut down both sides and keeps the connection" {
    each '
unix_alone = False
def leave(s):
    s.sendall(b"HELP\n")
    s.shutdown(socket.SHUT_RDWR)'
}

@test "a peer that does not read, and then shuts down its receiving side or both" {
    each '
unix_alone = False
count = 0
def leave(s):
    global count
    count += 1
    fill(s)
    shut(s, socket.SHUT_RD)
    if count % 2: shut(s, socket.SHUT_WR)'
}

@test "a peer that does not read, and then ends its side" {
    each '
unix_alone = False
def leave(s):
    fill(s)
    shut(s, socket.SHUT_WR)'
}

@test "a peer that resets its connection while its input is held up" {
    each '
unix_alone = False
def leave(s):
    fill(s)
    reset(s)'
}

@test "clients of such a Unix peer, and of one that has shut down both sides" {
    peer '
def talk(applet, side):
    door = socket.socket(socket.AF_UNIX)
    path = f"{applet}{side}"
    door.bind(path)
    door.listen()
    p = sockkit(applet, "-U", path, stdout=subprocess.DEVNULL)
    s, _ = door.accept()
    s.shutdown(side)
    try:
        p.stdin.write(b"hello\n")
    except BrokenPipeError:
        pass # it has ended
    return p, s, door
clients = [talk(applet, side) for applet in ("connect", "chat") for side in (socket.SHUT_RD, socket.SHUT_RDWR)]
for _ in range(20):
    alive = [c[0] for c in clients if c[0].poll() is None]
    before = [cpu(p) for p in alive]
    time.sleep(0.5)
    left = [p.args for p, then in zip(alive, before) if p.poll() is None and cpu(p) - then > 0.003]
    if not left: break
assert not left, left'
}
