# --port-file: the file that tells others the port.
# shellcheck disable=SC2016,SC2030,SC2031 # what Python reads

load helper

@test "--port-file has the port and a newline, replaces what was there, and is removed" {
    echo 'what an earlier run left behind' >file
    start sockkit serve -p 0 --port-file file
    wait_for_line file '^[0-9]+$'
    peer 'connect(args[0])' "$(<file)"
    cmp file <(echo "$(<file)")
    stop "$PID"
    run find . -mindepth 1 ! -name 'started*'
    assert_output ''
}

@test "--port-file is written in one piece" {
    ASAN_OPTIONS=detect_leaks=0 run strace -f -e trace=openat,open,rename,renameat,renameat2,link,linkat -o calls "$SOCKKIT" serve -p 0 -w 1ms --port-file file
    assert_failure 5
    run grep -cE 'rename[^"]*"[^"]*", ([^"]*, )?"file"' calls
    assert_output 1
    run grep -E 'open[^"]*"file"' calls
    assert_output ''
}

@test "--port-file is removed however the run ends, in the sandbox too" {
    peer '
def check(status, *words, end=lambda p, port: None, **more):
    p, port = serve(*words, **more)
    assert [f for f in os.listdir() if f.startswith("port.")]
    end(p, port)
    ended(p, status)
    left = [f for f in os.listdir() if "port" in f]
    assert not left, left
def come(p, port):
    s = connect(port)
    s.sendall(b"x")
    hear(s)
def leave(p, port): p.stdout.close()
check(-signal.SIGTERM, end=lambda p, port: p.terminate())
check(-signal.SIGTERM, "--no-sandbox", end=lambda p, port: p.terminate())
check(-signal.SIGTERM, "-e", "cat", end=lambda p, port: p.terminate())
check(5, "--max-time", "100ms")
check(5, "-w", "100ms")
check(0, "--once", end=come, stdin=subprocess.DEVNULL)
check(1, stdout=open("/dev/full", "wb"), end=lambda p, port: connect(port).sendall(b"x"))
check(-signal.SIGPIPE, end=leave)'
}

@test "a port file that another server has written since is left to it" {
    start sockkit serve -p 0 --port-file file
    wait_for_file file
    local first=$PID port
    port=$(<file)
    start sockkit serve -p 0 --port-file file
    wait_until eval '[ -s file ] && [ "$(<file)" != '"$port"' ]'
    port=$(<file)
    stop "$first"
    assert_equal "$(<file)" "$port"
    stop "$PID"
    [ ! -e file ]
}

@test "--port-file in another folder is removed from there" {
    mkdir -p a/b
    start sockkit serve -p 0 --port-file a/b/file
    wait_for_file a/b/file
    peer 'connect(args[0])' "$(<a/b/file)"
    stop "$PID"
    assert_equal "$(ls -A a/b)" ''
}

@test "--port-file that cannot be written: status 1, a line that names it, and nobody is served" {
    run sockkit serve -p 0 --port-file nowhere/file
    assert_failure 1
    assert_output --regexp 'sockkit serve: cannot write nowhere/file: [A-Z]'
    mkdir folder
    mkfifo pipe
    ln -s /dev/null link
    for file in folder pipe link /dev/null; do
        run sockkit serve -p 0 --port-file "$file"
        assert_failure 1
        assert_line --partial "cannot write $file: "
    done
    [ -p pipe ] && [ -L link ] && [ -c /dev/null ]
    run find . -mindepth 1 ! -name folder ! -name link ! -name pipe
    assert_output ''
}

@test "what the last run left goes at once, also when the server cannot start" {
    peer '
def gone(status, *words, applet="serve"):
    with open("file", "w") as f: f.write("60000\n")
    p = sockkit(applet, "--port-file", "file", *words)
    ended(p, status)
    assert os.listdir() == [], words
taken = listen()
for applet in "serve", "echo", "chat-serve":
    gone(6, "-p", taken.getsockname()[1], applet=applet)
gone(6, "-p", 0, "-b", "192.0.2.1")
gone(3, "-p", 0, "-b", "localhost", "-n")
gone(2, "-p", 0, "--ready-fd", 99)
gone(6, "-U", "nowhere/path")
gone(1, "-p", 0, "-o", "nowhere/file")
gone(1, "-p", 0, "--log", "nowhere/file", applet="chat-serve")'
}

@test "it is gone while a server still starts" {
    peer '
with open("file", "w") as f: f.write("60000\n")
os.mkfifo("copy") # whose opening waits for a reader
p = sockkit("serve", "-p", 0, "--port-file", "file", "-o", "copy")
wait_until(lambda: not os.path.exists("file"))
assert p.poll() is None'
}

@test "it follows no link that somebody has put in its way, and its mode is 0644" {
    local umask
    echo precious >victim
    for umask in 000 022; do
        rm -f file
        start sh -c 'umask "$0" && ln -s victim ".file.$$" && exec "$@"' "$umask" "$SOCKKIT" serve -p 0 --port-file file
        wait_for_file file
        assert_equal "$(<victim)" precious
        assert_equal "$(stat -c %a file)" 644
        stop "$PID"
    done
    assert_equal "$(<victim)" precious
}

# The random name of the file before it is renamed is made of zeroes: watched FIRST runs a server in which the system
# gives no random bytes at the call of that number, or from it on.
watched() {
    strace -qq -o calls -e trace=getrandom,openat,open -e "inject=getrandom:retval=8:when=$1" "$SOCKKIT" serve -p 0 -w 1ms --port-file file
}

@test "a name that is taken is tried again, at most a hundred times, and what has it stays" {
    local zeroes=.sockkit-0000000000000000 count
    export ASAN_OPTIONS=detect_leaks=0
    echo precious >victim
    ln -s victim "$zeroes"
    run watched 10000
    count=$(grep -c '^getrandom(' calls)
    run watched "$count"
    assert_failure 5
    run grep -E "openat.*$zeroes.*O_CREAT\|O_EXCL.*O_NOFOLLOW.*EEXIST" calls
    assert_success
    assert_equal "${#lines[@]}" 1
    run watched "$count+"
    assert_failure 1
    assert_output --partial 'cannot write file: File exists'
    run grep -c "openat.*$zeroes" calls
    assert_output 100
    assert_equal "$(<victim)" precious
    [ -L "$zeroes" ] && [ ! -e file ]
}

@test "a full disk is told, also when a part of the line fits, and nothing is left" {
    peer '
import resource
for size in 0, 2:
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    p = sockkit("serve", "-p", 0, "-q", "--port-file", "file", preexec_fn=limit)
    err = ended(p, 1)[1]
    assert err == "sockkit serve: cannot write file: File too large\n", err
    assert os.listdir() == []'
}
