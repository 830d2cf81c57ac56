# --escapes: bytes that no argument can hold, in every text of connect, serve, chat, udp-send and udp-serve.

load helper

TEXT='a\0b\x00\xff\\\t\x0ac\r' # what stands for BYTES
BYTES='b"a\0b\0\xff\\\t\nc\r"'

@test "--escapes: connect sends what its MESSAGEs stand for, serve greets with it" {
    peer '
text, bytes = sys.argv[1], eval(sys.argv[2])
with socket.create_server(("127.0.0.1", 0)) as listener:
    for words, wanted in ([], bytes + b"\n"), (["--no-newline"], bytes), (["-C"], bytes.replace(b"\n", b"\r\n") + b"\n"):
        p = sockkit("connect", "--escapes", *words, ":%d" % listener.getsockname()[1], text)
        s = listener.accept()[0]
        assert read_all(s) == wanted, words
        s.close()
        ended(p, 0)
        p, port = serve("--escapes", *words, text, stdin=subprocess.DEVNULL)
        assert hear(connect(port)) == wanted, words' "$TEXT" "$BYTES"
}

@test "--escapes: --reply answers with it, over TCP and UDP, and placeholders stay what they are" {
    peer '
text, bytes = sys.argv[1], eval(sys.argv[2])
p, port = serve("--escapes", "--reply", text + "%m\\x25%", stdin=subprocess.DEVNULL)
s = connect(port)
s.sendall(b"hello\n")
assert hear(s) == bytes + b"hello%\n"
p, port = serve("--escapes", "--reply", text + "%m", applet="udp-serve")
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(10)
s.connect(("127.0.0.1", int(port)))
s.send(b"hello")
assert s.recv(100) == bytes + b"hello"' "$TEXT" "$BYTES"
}

@test "--escapes: udp-send sends a datagram of what each MESSAGE stands for" {
    peer '
text, bytes = sys.argv[1], eval(sys.argv[2])
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(10)
s.bind(("127.0.0.1", 0))
ended(sockkit("udp-send", "--escapes", "127.0.0.1:%d" % s.getsockname()[1], text, "", "\\0"), 0)
assert [s.recv(100) for _ in range(3)] == [bytes, b"", b"\0"]' "$TEXT" "$BYTES"
}

@test "without --escapes a backslash is a byte like any other" {
    peer '
p, port = serve("a\\n", "--reply", "\\x%m", stdin=subprocess.DEVNULL)
s = connect(port)
s.sendall(b"q\n")
assert hear(s) == b"a\\n\n\\xq\n"'
}

@test "--escapes: anything else behind a backslash is a usage error, before anything is opened" {
    local words
    for words in 'serve' 'connect localhost' 'udp-send localhost'; do
        for text in 'a\q' '\' '\x4' '\x4g'; do
            # shellcheck disable=SC2086 # words
            run --separate-stderr sockkit $words --escapes fine "$text"
            [ "$status" -eq 2 ]
            # shellcheck disable=SC2154 # run sets it
            [[ $stderr == *": MESSAGE: "*"a backslash stands before none of r n t 0"* ]]
            [[ $stderr != *$'\n'* ]]
        done
    done
    for words in serve udp-serve; do
        run --separate-stderr sockkit "$words" --escapes --reply 'a\q'
        [ "$status" -eq 2 ]
        [[ $stderr == *": --reply: "*"a backslash stands before none of r n t 0"* ]]
        run --separate-stderr sockkit "$words" --escapes --reply '\x25q'
        [ "$status" -eq 2 ]
        [[ $stderr == *'--reply: "%q": unknown '** ]]
    done
}

@test "--escapes: chat says what its MESSAGEs stand for, each line as one" {
    start_server chat-serve
    run -0 sockkit chat --name ada --escapes ":$PORT" '\xc3\xa9t\xc3\xa9\tun\ndeux' '\\'
    assert_line '(ada) été un'
    assert_line '(ada) deux'
    assert_line '(ada) \'
    run -0 sockkit chat --name ada ":$PORT" '\tx'
    assert_line '(ada) \tx'
    run -1 sockkit chat --name ada --escapes ":$PORT" 'leave\nnow' "$(printf '%05000d' 0)\nx" # the first of the two is refused
    assert_line '(ada) x'
    run -2 sockkit chat --name ada --escapes ":$PORT" 'a\q'
    assert_output --partial 'MESSAGE'
}
