# --user: a server that root has started becomes another user.
# shellcheck disable=SC2016 # what Python reads

load helper

setup() {
    helper_setup
    # These tests make root's calls; and the users are theirs, in files that only they see.
    root=()
    [ "$(id -u)" = 0 ] || root=(sudo -n)
    printf '%s\n' root:x:0:0::/:/bin/sh app:x:1234:1235::/:/bin/sh 77:x:1277:1277::/:/bin/sh >passwd
    printf '%s\n' root:x:0: app:x:1235: more:x:1300:app staff:x:1301:app,77 other:x:1400: >group
    chmod 755 .
}

# peer as root, among these users.
peer_as_root() {
    local FRESH=("${FRESH[@]}" "${root[@]}" unshare --mount sh -c 'mount --bind passwd /etc/passwd && mount --bind group /etc/group && exec "$@"' sh env)
    peer "$@"
}

# held(PROCESS): the ids of a process, (user, group, groups); None if not all of a kind are the same, or it has a capability.
HELD='
def held(process):
    status = dict(l.rstrip("\n").split(":\t", 1) for l in open(f"/proc/{process}/status"))
    user, group = set(status["Uid"].split()), set(status["Gid"].split())
    able = any(int(status[c], 16) for c in ("CapInh", "CapPrm", "CapEff", "CapAmb"))
    if able or len(user) > 1 or len(group) > 1: return None
    return int(user.pop()), int(group.pop()), sorted(map(int, status["Groups"].split()))
'

@test "--user: every server becomes that user, with its groups, and keeps no capability" {
    peer_as_root "$HELD"'
app = (1234, 1235, [1235, 1300, 1301])
for words in ["serve"], ["serve", "--no-sandbox"], ["serve", "-e", "cat"], ["udp-serve"], ["echo"], ["cmd", "-u"], ["guess"], ["chat-serve"], ["chat", "--listen"]:
    p, port = serve("--user", "app", *words[1:], applet=words[0], stdin=subprocess.DEVNULL)
    wait_until(lambda: held(p.pid) == app)
    p.terminate()
    ended(p, -signal.SIGTERM)
p, port = serve("--workers", 2, "--user", "app", applet="echo")
for pid in p.pid, *map(int, open(f"/proc/{p.pid}/task/{p.pid}/children").read().split()): wait_until(lambda: held(pid) == app)
s = connect(port)
s.sendall(b"word")
assert hear(s) == b"word"'
}

@test "--user USER:GROUP: names and numbers; a name that looks like a number is a name" {
    peer_as_root "$HELD"'
ids_of = {"app:other": (1234, 1400, [1300, 1301, 1400]), "1234": (1234, 1235, [1235, 1300, 1301]), "77": (1277, 1277, [1277, 1301]),
          "5555:1400": (5555, 1400, [1400]), "5555:other": (5555, 1400, [1400]), "app:6666": (1234, 6666, [1300, 1301, 6666]),
          "root": (0, 0, [0])}
if variant("portable") or variant("san"): ids_of.pop("root") # it keeps its capabilities: there is no sandbox
for word, ids in ids_of.items():
    p, port = serve("--user", word)
    wait_until(lambda: held(p.pid) == ids)
    p.terminate()
    ended(p, -signal.SIGTERM)'
}

@test "--user with an unknown user or group: status 2, and nothing is opened" {
    local value
    for value in nobody-of-this-name no:root root:no-group-of-this-name 4294967295:0 0:4294967295 4294967296:0 -1:0 :root root: : 88888; do
        run sockkit serve -p 0 --port-file file --user "$value"
        assert_failure 2
        assert_output --regexp "^sockkit serve: --user: \"$value\": no such (user|group)"
        assert_equal "${#lines[@]}" 1
        [ ! -e file ]
    done
}

@test "--user by somebody who is not root: status 1, and nothing is opened" {
    run unshare --user --map-user=1000 --map-group=1000 "$SOCKKIT" serve -p 0 --port-file file --user "$(id -un)"
    assert_failure 1
    assert_output "sockkit serve: cannot become $(id -un): Operation not permitted (--user is for a server started as root)"
    [ ! -e file ]
}

@test "--user that the system refuses: status 1, nobody is served, and nothing stays" {
    peer '
for words in ["serve", "-e", "id"], ["echo"], ["echo", "--workers", "2"]:
    p = subprocess.Popen(["unshare", "--user", "--map-root-user", os.environ["SOCKKIT"], *words, "-p", "0", "-q", "--port-file", "file", "--user", "root"],
                         stderr=subprocess.PIPE) # which denies setgroups(2)
    err = ended(p, 1)[1]
    assert set(err.splitlines()) == {f"sockkit {words[0]}: cannot become root: Operation not permitted"}, err
    assert not os.path.exists("file")'
}

@test "commands of -e run as that user" {
    peer_as_root '
p, port = serve("--user", "app", "-e", "id -u; id -g; id -G; touch forbidden || echo denied")
assert hear(connect(port)).decode().split("\n") == ["1234", "1235", "1235 1300 1301", "denied", ""]'
}

@test "--user: what only root may open is open before" {
    peer_as_root '
os.mkdir("closed", 0o700)
low = next(port for port in range(1023, 0, -1) if not [l for l in open("/proc/net/tcp") if l.split()[1].endswith(f":{port:04X}")])
p, port = serve("-4", "-p", low, "--user", "app", "-o", "closed/copy", "-x", "closed/dump", stdin=subprocess.DEVNULL)
s = connect(port)
s.sendall(b"word")
assert take(p.stdout, 4) == b"word"
assert hear(s) == b""
p.terminate()
ended(p, -signal.SIGTERM)
assert open("closed/copy").read() == "word" and "word" in open("closed/dump").read()
p, port = serve("--user", "app", "--log", "closed/log", applet="chat-serve")
s = connect(port)
s.sendall(b"word\n")
while b"word" not in read_line(s): pass
assert "word" in open("closed/log").read()'
}

@test "--user: a port file or socket path goes where that user may remove it, and else stays, which is no error" {
    peer_as_root '
os.umask(0)
os.mkdir("its")
os.chown("its", 1234, 1235)
for folder, stays in ("its", False), (".", True):
    file, path = folder + "/file", folder + "/path"
    p = sockkit("serve", "-U", path, "--user", "app", "--port-file", file, "-v", "Hi", stdin=subprocess.DEVNULL)
    wait_until(lambda: os.path.exists(file))
    assert os.stat(file).st_uid == os.stat(path).st_uid == 0
    assert hear(connect(path)) == b"Hi\n"
    p.terminate()
    told = [l for l in ended(p, -signal.SIGTERM)[1].splitlines() if " stays: " in l]
    assert sorted(told) == (["file stays: Permission denied", "path stays: Permission denied"] if stays else []), told
    assert os.path.exists(file) == os.path.exists(path) == stays'
}
