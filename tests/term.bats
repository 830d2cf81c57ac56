# A person at a terminal: what arrives while a line is typed, what a peer may do to the terminal (nothing), and that it is as it was afterwards.
# shellcheck disable=SC2034,SC2154,SC2016,SC2059,SC2030,SC2031

load helper
load terminal

setup() { terminal_setup; }
teardown() { terminal_teardown; }

@test "a terminal that hangs up is the end of stdin" {
    peer '
import pty
l = listen()
outer, inner = pty.openpty()
p = sockkit("connect", "127.0.0.1:%d" % l.getsockname()[1], stdin=inner, start_new_session=True)
os.close(inner)
c = l.accept()[0]
os.write(outer, b"hello\r")
assert c.recv(100) == b"hello\n"
os.close(outer)
assert read_all(c) == b""
c.close()
ended(p, 0)'
}

# --- what arrives ---

@test "text that arrives appears above the line being typed, on 80 columns and on 20" {
    local COLUMNS_WANTED
    for COLUMNS_WANTED in 80 20; do
        talk
        type_keys hello
        wait_for_screen hello
        partner_says 'one\ntwo\n'
        wait_for_screen $'one\ntwo\nhello'
        assert_equal "$(tm display-message -p '#{cursor_x},#{cursor_y}')" 5,2
        type_keys Home
        partner_says 'a text of thirty characters ...\n'
        wait_for_text 'ers \.\.\.$'
        type_keys X Enter
        wait_until_heard 'Xhello\n'
        run screen
        assert_line --index 0 one
        assert_line --index 1 two
        assert_equal "${lines[-1]}" Xhello
        terminal_teardown
        rm -f status.file tmux
    done
}

@test "a line that the peer has not finished is shown at once, and the answer typed behind it" {
    talk
    partner_says 'login: '
    wait_for_screen 'login:'
    assert_equal "$(tm display-message -p '#{cursor_x}')" 7
    type_keys anna
    wait_for_screen 'login: anna'
    type_keys Enter
    wait_until_heard 'anna\n'
    wait_for_screen 'login: anna'
    partner_says 'password: '
    wait_for_screen $'login: anna\npassword:'
    partner_says '\n'
    type_keys x
    wait_for_screen $'login: anna\npassword:\nx'
}

# A program of the lab sheets: it sends without newline, and prints what recv(1024) brings.
BARE='def bare(s, *lines):
    for line in lines:
        s.sendall(line)
        print(s.recv(1024), flush=True)
'

@test "connect: the messages of a server that sends no newline stand in lines of their own, what is typed too" {
    local COLUMNS_WANTED
    for COLUMNS_WANTED in 80 40; do
        start_peer "$BARE"'
l = listen(); announce(l); s = l.accept()[0]
bare(s, b"Bonjour et bienvenue")
bare(s, b"Comment vas-tu", b"Au revoir")
s.close()'
        terminal sockkit connect "127.0.0.1:$PEER_PORT"
        wait_for_screen 'Bonjour et bienvenue'
        type_keys x # which is a line of its own once nothing has come for 500 ms
        wait_for_screen $'Bonjour et bienvenue\nx'
        type_keys Enter
        wait_for_screen $'Bonjour et bienvenue\nx\nComment vas-tu'
        type_keys bien
        wait_for_screen $'Bonjour et bienvenue\nx\nComment vas-tu\nbien'
        type_keys Enter
        wait_for_text revoir
        type_keys merci Enter
        wait_for_end
        assert_equal "$status" 0
        wait_for_exit "$PEER_PID"
        assert_equal "$(<"$PEER_OUT")" $'b\'x\\n\'\nb\'bien\\n\'\nb\'merci\\n\''
        terminal_teardown
        rm -f status.file tmux
    done
}

@test "connect --wait-answer: each answer without newline stands in a line of its own" {
    start_peer "$BARE"'
l = listen(); announce(l); s = l.accept()[0]
for answer in b"UN", b"DEUX: ", b"TROIS":
    print(s.recv(1024), flush=True)
    s.sendall(answer)
s.close()'
    terminal sockkit connect --wait-answer "127.0.0.1:$PEER_PORT" un deux trois
    wait_for_end
    wait_for_screen $'UN\nDEUX:\nTROIS'
}

@test "serve --label: what is typed or narrated behind a message without newline leaves no empty line" {
    terminal sockkit serve --label -4 -p 0 --port-file port
    wait_for_file port
    open_feed
    STDIN=$FEED start_peer 'a, b = connect(args[0]), connect(args[0])
announce(a)
for line in sys.stdin: exec(line)' "$(<port)"
    echo 'a.sendall(b"un")' >&"$FEED_FD"
    wait_for_text '\] un$'
    type_keys typed
    wait_for_text '^typed$'
    type_keys Enter
    echo 'b.sendall(b"deux")' >&"$FEED_FD"
    wait_for_text '\] deux$'
    echo 'a.close()' >&"$FEED_FD"
    wait_for_text 'received 2 bytes'
    echo 'b.sendall(b"trois")' >&"$FEED_FD"
    wait_for_text '^\[.*\] trois$'
    run -1 grep -n '^$' <(screen)
}

@test "what is said behind the ^C that a terminal shows stands in a line of its own" {
    terminal sockkit serve -T --recv-only -4 -p 0 --port-file port
    wait_for_text '^\.\.\. .*waiting for a client'
    type_keys C-c
    wait_for_text '^close\(3\)'
    run screen
    assert_line '^C'
}

@test "serve: what two clients send without newline never stands in one line, with --label, -1 and --reply neither" {
    local words
    for words in '' --label; do
        terminal sockkit serve -q -p 0 --port-file port $words
        wait_for_file port
        start_peer 'a, b = connect(args[0]), connect(args[0])
announce(a)
a.sendall(b"Bonjour")
wait_until(lambda: os.path.exists("go"))
b.sendall(b"Salut")
time.sleep(100)' "$(<port)"
        wait_for_text 'Bonjour$'
        touch go
        wait_for_text 'Salut$'
        run screen
        assert_line --regexp '^(\[127.*\] )?Bonjour$'
        assert_line --regexp '^(\[127.*\] )?Salut$'
        stop "$PEER_PID" KILL
        terminal_teardown
        rm -f port tmux go
    done
    for words in '' -1 --label '-1 --label'; do
        terminal sockkit serve -q -p 0 --port-file port --reply '<%m>' $words
        wait_for_file port
        run peer "$BARE"'
bare(connect(args[0]), b"Bonjour", b"Salut", b"Au revoir")' "$(<port)"
        assert_output $'b\'<Bonjour>\\n\'\nb\'<Salut>\\n\'\nb\'<Au revoir>\\n\''
        wait_for_text 'Au revoir$'
        run screen
        assert_equal "${#lines[@]}" 3
        assert_line --index 0 --regexp '^(\[127.*\] )?Bonjour$'
        assert_line --index 1 --regexp '^(\[127.*\] )?Salut$'
        assert_line --index 2 --regexp '^(\[127.*\] )?Au revoir$'
        terminal_teardown
        rm -f port tmux
    done
}

# A terminal with a server on it: serve_here APPLET [ARG]...; sets PORT.
serve_here() {
    rm -f port
    terminal sockkit "$@" -p 0 --port-file port
    wait_for_file port
    PORT=$(<port)
}

# A client, what it hears in a file, what it says from a descriptor: listener FILE FD.
listener() {
    mkfifo "$1.in"
    sockkit connect -q ":$PORT" <"$1.in" >"$1" &
    STARTED+=($!)
    eval "exec $2>$1.in"
}
got() { [ "$(<"$1")" = "$2" ]; }
screen_ends() { [[ $(screen) == *"$1" ]]; }
connections() { [ "$(screen | grep -c ' connected$')" = "$1" ]; }
closed() { [ "$(screen | grep -c ' closed (')" = "$1" ]; }
screen_tells() { [ "$(screen | grep -c 'nobody is connected')" = "$1" ]; }

@test "serve: lines are edited, what arrives appears above; Ctrl-D is told, and ends the connections that there are alone" {
    local COLUMNS_WANTED
    for COLUMNS_WANTED in 80 40; do
        serve_here serve
        listener one 5
        wait_for_text ' connected$'
        type_keys ello C-a H
        wait_for_text '^Hello$'
        echo 'Good day' >&5
        wait_until screen_ends $'Good day\nHello'
        type_keys Enter
        wait_until got one Hello
        type_keys C-d
        wait_for_joined 'Ctrl-D: your side of the connection +has *ended; what you type now'
        exec 5>&-
        wait_for_text ' closed \('
        listener two 6
        wait_until connections 2
        type_keys again Enter
        wait_until got two again
        assert_equal "$(<one)" Hello
        exec 6>&-
        wait_until closed 2
        type_keys C-d
        wait_for_joined 'and +nobody +is +connected'
        type_keys C-c
        wait_for_end
        assert_equal "$status" 130
        terminal_teardown
        rm -f status.file tmux one* two*
    done
}

@test "serve: what is typed while nobody is connected waits for the next client, which is told once" {
    serve_here serve Welcome
    type_keys one Enter two Enter
    wait_for_text '^two$'
    run screen
    assert_equal "$(grep -c 'nobody is connected: what you type waits for the next client' <<<"$output")" 1
    run -0 sockkit connect ":$PORT" hello
    assert_output $'Welcome\none\ntwo'
    type_keys three Enter
    wait_for_text '^three$'
    wait_until screen_tells 2
    run -0 sockkit connect ":$PORT" hello
    assert_output $'Welcome\nthree'
}

@test "serve -1: Ctrl-D ends this side, and what comes is still shown; also with stdout to a file" {
    serve_here serve -1
    listener one 5
    wait_for_text ' connected$'
    type_keys hello Enter C-d
    wait_for_text '^Ctrl-D: your side of the connection has ended; what comes is still shown$'
    wait_until got one hello
    echo 'Good day' >&5
    wait_for_text '^Good day$'
    exec 5>&-
    wait_for_end
    assert_equal "$status" 0
    terminal_teardown
    rm -f status.file tmux one* port
    # shellcheck disable=SC2016
    terminal sh -c 'exec "$1" serve -1 -p 0 --port-file port >out' sh "$SOCKKIT"
    wait_for_file port
    PORT=$(<port)
    listener two 5
    wait_for_text ' connected$'
    type_keys ello C-a H Enter
    wait_until got two Hello
    echo 'Good day' >&5
    exec 5>&-
    type_keys C-d
    wait_for_end
    assert_equal "$status" 0
    assert_equal "$(<out)" 'Good day'
}

@test "serve on a terminal whose lines are not edited: Ctrl-D ends the connections that there are alone" {
    local TERM_WANTED=dumb
    serve_here serve
    listener one 5
    wait_for_text ' connected$'
    type_keys one Enter
    wait_until got one one
    type_keys C-d
    wait_for_text '^Ctrl-D: your side'
    exec 5>&-
    wait_for_text ' closed \('
    listener two 6
    wait_until connections 2
    type_keys two Enter
    wait_until got two two
    exec 6>&-
    type_keys C-c
    wait_for_end
}

@test "serve: more lines than a slow client takes wait, and none is lost" {
    peer '
import pty, threading
os.environ["TERM"] = "xterm"
ours, theirs = pty.openpty()
p, port = serve("-q", stdin=theirs, stdout=subprocess.DEVNULL)
slow, fast = connect(port), connect(port)
text = b"".join(b"%07d" % i + b"x" * 992 + b"\n" for i in range(6000))
def paste():
    for i in range(0, len(text), 1000): os.write(ours, text[i:i + 1000])
def drain():
    while True: os.read(ours, 65536)
for job in paste, drain: threading.Thread(target=job, daemon=True).start()
def hear_all(s, heard):
    while len(heard) < len(text): heard += s.recv(65536)
one, two = bytearray(), bytearray()
while len(two) < 1000000: two += fast.recv(65536)
threads = [threading.Thread(target=hear_all, args=a) for a in ((slow, one), (fast, two))]
for t in threads: t.start()
for t in threads: t.join()
assert one == text and two == text
p.kill()
p.wait()
os._exit(0)' # whatever the threads do
}

@test "udp-serve: what is typed before anybody was heard waits for the first; Ctrl-D is told to say nothing" {
    local COLUMNS_WANTED
    for COLUMNS_WANTED in 80 40; do
        serve_here udp-serve -4
        type_keys early Enter more Enter C-d
        wait_for_joined 'Ctrl-D says nothing to anybody:'
        run screen
        assert_equal "$(grep -c 'nobody has sent anything' <<<"$output")" 1
        start_peer '
s = datagram()
announce(s)
s.sendto(b"Bonjour", ("127.0.0.1", int(args[0])))
for i in range(3): print(s.recv(100), flush=True)' "$PORT"
        wait_for_line "$PEER_OUT" more
        wait_for_text '^Bonjour$'
        type_keys Salut Enter
        wait_for_exit "$PEER_PID"
        assert_equal "$(<"$PEER_OUT")" $'b\'early\'\nb\'more\'\nb\'Salut\''
        type_keys C-c
        wait_for_end
        terminal_teardown
        rm -f status.file tmux
    done
}

@test "chat-serve: its host speaks at its terminal" {
    local COLUMNS_WANTED
    for COLUMNS_WANTED in 80 40; do
        serve_here chat-serve
        start_peer "$BARE"'
s = connect(args[0])
announce(s)
s.sendall(b"Bonjour")
said = b""
while b"(host) Salut" not in said: said += s.recv(1000)
s.close()' "$PORT"
        wait_for_text '^\(user1\) Bonjour$'
        type_keys alut C-a S Enter
        wait_for_exit "$PEER_PID"
        wait_for_text '^\(host\) Salut$'
        type_keys C-c
        wait_for_end
        terminal_teardown
        rm -f status.file tmux
    done
}

@test "an unfinished line longer than the screen is shown whole" {
    local COLUMNS_WANTED=20
    talk
    type_keys me
    partner_says 'a question that is much longer than a row: '
    wait_for_screen $'a question that is m\nuch longer than a ro\nw: me'
    partner_says 'x\n'
    wait_for_joined '^a question that is much longer than a row: ?xme$'
}

@test "narration appears above the line too" {
    start_partner
    terminal sockkit connect -T "127.0.0.1:$PORT"
    wait_for_text connect
    type_keys hello
    wait_for_text '^hello$'
    partner_says 'text\n'
    wait_for_text '^recv\('
    wait_for_text '^text$'
    run screen
    assert_equal "${lines[-1]}" hello
}

HOSTILE='\x1b]0;pwned\x07\x1b[2J\x1b[1;1H\x1bc \x9b31m \xc2\x9b31m \xc2\x85 \xe2\x80\xaeevil\xe2\x81\xa6 \xff\xc3( over\rprinted \x08\x08\x7f\x00 end\r\n'
HARMLESS='^[]0;pwned^G^[[2J^[[1;1H^[c \x9b31m \u{9B}31m \u{85} \u{202E}evil\u{2066} \xff\xc3( over^Mprinted ^H^H^?^@ end'

@test "what a peer sends cannot act on the terminal" {
    local COLUMNS_WANTED=200
    talk
    tm select-pane -T title
    type_keys mine
    wait_for_screen mine
    partner_says "$HOSTILE"
    wait_for_text 'end$'
    run screen
    assert_line --index 0 --regexp '^\^\[\]0;pwned'
    assert_equal "${lines[0]}" "$HARMLESS"
    assert_equal "${lines[1]}" mine
    assert_equal "$(tm display-message -p '#{pane_title}')" title
}

@test "unfinished, it cannot either" {
    local COLUMNS_WANTED=200
    talk
    type_keys mine
    partner_says "${HOSTILE%\\r\\n}"
    wait_for_joined 'endmine$'
    partner_says '\xe2\x82'
    partner_says '\xac'
    wait_for_joined 'end€mine$'
    partner_says '\x1b'
    partner_says '[31mred\n'
    wait_for_joined 'end€\^\[\[31mredmine$'
}

@test "it cannot where the terminal is dumb, or lines are not edited" {
    local COLUMNS_WANTED=200 TERM_WANTED=dumb
    talk
    partner_says "$HOSTILE"
    wait_for_text 'end$'
    type_keys 'a line' Enter
    wait_until_heard 'a line\n'
    run screen
    assert_equal "${lines[0]}" "$HARMLESS"
}

@test "serve shows what clients send harmless as well, each line whole" {
    local COLUMNS_WANTED=200 label
    for label in '' --label; do
        terminal sockkit serve -q -p 0 --port-file port $label
        wait_for_file port
        PORT=$(<port)
        printf "$HOSTILE" | sockkit connect ":$PORT"
        wait_for_text 'end$'
        run screen
        assert_equal "${lines[0]}" "${label:+${lines[0]%% *} }$HARMLESS"
        terminal_teardown
        rm -f tmux port
    done
}

@test "serve: a character cut in two is whole, whatever another client sends meanwhile" {
    local seen way
    for way in -q --output=copy; do
        terminal sockkit serve -q -p 0 --port-file port $way
        wait_for_file port
        start_peer 'a, b = connect(args[0]), connect(args[0])
announce(a)
for s, piece in (a, b"1\xe2\x82"), (b, b"2\xc3"), (a, b"\xac "), (b, b"\xa9\n"):
    s.sendall(piece)
    wait_until(lambda: os.path.exists("go"))
    os.unlink("go")' "$(<port)"
        for seen in 1 12 '12€ ?' '12€ ?é'; do
            wait_for_joined "^$seen *$"
            wait_until [ ! -e go ]
            touch go
        done
        wait_for_exit "$PEER_PID"
        terminal_teardown
        rm -f tmux port
    done
}

@test "--raw lets all through" {
    talk --raw
    partner_says '\x1b[3;5Hthere\x1b]2;mine\x07'
    wait_for_screen $'\n\n    there'
    assert_equal "$(tm display-message -p '#{pane_title}')" mine
}

@test "pipes and files get the very bytes" {
    printf "$HOSTILE" >wanted
    start_serve --once -q <wanted
    STDIN=wanted start_serve --once -q
    sockkit connect ":$PORT" </dev/null >file
    cmp file wanted
    STDIN=wanted start_serve --once -q
    sockkit connect ":$PORT" </dev/null | cmp - wanted
}

@test "udp-send: each line typed is a datagram, replies appear above, harmless" {
    local COLUMNS_WANTED=200
    start_peer 's = datagram()
announce(s)
while True:
    line, a = s.recvfrom(65536)
    open("heard", "ab").write(line + b"|")
    if line == b"hostile":
        s.sendto(os.fsencode(args[0]).decode("unicode_escape").encode("latin-1"), a)' "$HOSTILE"
    terminal sockkit udp-send "127.0.0.1:$PEER_PORT"
    type_keys hostle Left Left i
    wait_for_screen hostile
    type_keys Enter mine
    wait_for_screen "hostile"$'\n'"$HARMLESS"$'\n'mine
    printf '1\n\n2\n' >lines
    tm load-buffer lines
    tm paste-buffer
    wait_until same_bytes heard 'hostile|mine1||2|'
    type_keys C-d
    wait_for_end
    assert_equal "$status" 0
}

@test "udp-serve shows what comes harmless" {
    local COLUMNS_WANTED=200
    terminal sockkit udp-serve -q -p 0 --port-file port
    wait_for_file port
    PORT=$(<port)
    printf "$HOSTILE" | peer 's = datagram()
s.sendto(sys.stdin.buffer.read(), ("127.0.0.1", int(args[0])))' "$PORT"
    wait_for_screen "$HARMLESS"
    type_keys C-c
    wait_for_end
}

# --- the terminal ---

@test "Ctrl-C ends it, the terminal as it was" {
    talk
    type_keys typed
    wait_for_screen typed
    type_keys C-c
    wait_for_end
    assert_equal "$status" 130
    wait_for_screen typed
}

@test "SIGTERM, SIGHUP and SIGQUIT end it, the terminal as it was" {
    local signal
    for signal in TERM:143 HUP:129 QUIT:131; do
        talk
        type_keys typed
        wait_for_screen typed
        pkill -"${signal%:*}" -f "^$SOCKKIT connect -v 127.0.0.1:$PORT$"
        wait_for_end
        assert_equal "$status" "${signal#*:}"
        terminal_teardown
        rm -f status.file tmux
    done
}

@test "a peer that vanishes ends it, the terminal as it was and what was typed still there" {
    start_peer 'l = listen()
announce(l)
s = l.accept()[0]
s.sendall(b"login: ")
read_line(s)
reset(s)'
    terminal sockkit connect ":$PEER_PORT"
    wait_for_text '^login:'
    type_keys anna Enter more
    wait_for_end
    assert_equal "$status" 1
    screen_has '^login: anna$'
    screen_has '^sockkit connect: connection with 127.0.0.1:[0-9]+: Connection reset by peer$'
}

@test "Ctrl-D on an empty line is the end of input: the write side is shut down, and what comes is still shown" {
    talk
    type_keys text C-d Enter
    wait_until_heard 'text\n'
    partner_says 'login: '
    wait_for_text '^login:'
    type_keys C-d
    partner_says 'still there\n'
    wait_for_joined '^textlogin: ?still there$'
    type_keys C-c
    wait_for_end
}

@test "Ctrl-Z stops it, the terminal as it was; fg goes on, with the line" {
    start_partner
    shell
    wait_for_text '^\$'
    type_keys 'stty -g >modes.before; clear' Enter
    wait_for_file modes.before
    type_keys '$SOCKKIT connect -v ":'"$PORT"'"' Enter
    wait_for_text '^connected to'
    type_keys 'half a line'
    wait_for_text '^half a line$'
    type_keys C-z
    wait_for_text 'Stopped'
    type_keys 'stty -g >modes.after' Enter
    wait_for_file modes.after
    cmp modes.before modes.after
    partner_says 'meanwhile\n'
    type_keys fg Enter
    wait_for_text '^meanwhile$'
    wait_until eval '[ "$(screen | tail -n 1)" = "half a line" ]'
    type_keys ! Enter
    wait_until_heard 'half a line!\n'
    close_feed
    wait_for_exit "$SERVER_PID"
    rm modes.after
    type_keys 'stty -g >modes.after' Enter
    wait_for_file modes.after
    cmp modes.before modes.after
}

@test "Ctrl-Z leaves the terminal as it was to a parent that does not care" {
    start_partner
    terminal sh -mc '"$1" connect -v ":$2"; stty -g >modes.1; fg >/dev/null; stty -g >modes.2; fg >/dev/null' sh "$SOCKKIT" "$PORT"
    wait_for_text '^connected to'
    type_keys 'half a line'
    wait_for_text '^half a line$'
    local time
    for time in 1 2; do
        type_keys C-z
        wait_for_file "modes.$time"
        cmp modes.before "modes.$time"
        wait_until eval '[ "$(screen | grep -c "half a line")" = $((time + 1)) ]'
    done
    type_keys ! Enter
    wait_until_heard 'half a line!\n'
    say_goodbye
}

@test "stopped by SIGSTOP, and continued, it edits on" {
    start_partner
    shell
    wait_for_text '^\$'
    type_keys '$SOCKKIT connect -v ":'"$PORT"'"' Enter
    wait_for_text '^connected to'
    type_keys 'half a line'
    wait_for_text '^half a line$'
    pkill -STOP -f "^$SOCKKIT connect -v :$PORT$"
    wait_for_text 'Stopped'
    type_keys 'stty sane; clear' Enter
    wait_for_text '^\$ $|^\$$'
    type_keys fg Enter
    wait_until eval '[ "$(screen | tail -n 1)" = "half a line" ]'
    type_keys Home X
    wait_until eval '[ "$(screen | tail -n 1)" = "Xhalf a line" ]'
    type_keys Enter
    wait_until_heard 'Xhalf a line\n'
}

@test "in the background it neither reads the terminal nor sets it; what comes is shown" {
    start_partner
    shell
    wait_for_text '^\$'
    type_keys 'stty -g >modes.before; $SOCKKIT connect -v ":'"$PORT"'" &' Enter
    wait_for_text '(^|\$ )connected to'
    type_keys 'echo for the shell >said; stty -g >modes.after' Enter
    wait_for_file modes.after
    assert_equal "$(<said)" 'for the shell'
    partner_says 'in the background\n'
    wait_for_text 'in the background$'
    type_keys 'jobs' Enter
    wait_for_text 'Running'
    type_keys 'fg' Enter
    type_keys 'now it reads' Enter
    wait_until_heard 'now it reads\n'
}

@test "without TERM, and on a dumb terminal, there is not one escape sequence" {
    local kind
    for kind in -uTERM TERM=dumb TERM=; do
        start_partner
        terminal env "$kind" "$SOCKKIT" connect -v "127.0.0.1:$PORT"
        tm pipe-pane -o 'cat >written'
        wait_for_text '^connected to'
        partner_says 'text\nlogin: '
        wait_for_text '^login:'
        type_keys line BSpace k Enter
        wait_until_heard 'link\n'
        say_goodbye
        run grep -c $'\e\\[[^m]' written
        assert_output 0
        terminal_teardown
        rm -f status.file tmux written
    done
}

@test "a stdout that is a file gets the very bytes; the line is edited on stdin's terminal" {
    start_partner
    terminal sh -c 'exec "$1" connect -v "127.0.0.1:$2" >out' sh "$SOCKKIT" "$PORT"
    wait_for_text '^connected to'
    type_keys abc Left X
    wait_for_text '^abXc$'
    partner_says "$HOSTILE"
    type_keys Enter
    wait_until_heard 'abXc\n'
    wait_until same_bytes out "$HOSTILE"
    say_goodbye
}

@test "a stderr that is a file gets the narration, the terminal the text" {
    start_partner
    terminal sh -c 'exec "$1" connect -v "127.0.0.1:$2" 2>err' sh "$SOCKKIT" "$PORT"
    wait_for_line err '^connected to'
    type_keys abc Left X
    partner_says 'text\n'
    wait_for_screen $'text\nabXc'
    assert_equal "$(wc -l <err)" 1
}

@test "a terminal that can only be read as stdin" {
    start_partner
    terminal sh -c 'exec "$1" connect -v "127.0.0.1:$2" </dev/tty' sh "$SOCKKIT" "$PORT"
    wait_for_text '^connected to'
    type_keys abc Left X
    wait_for_text '^abXc$'
    partner_says 'text\n'
    wait_for_text '^text$'
    type_keys Enter
    wait_until_heard 'abXc\n'
    say_goodbye
}

@test "what was typed before the connection is sent, its end too" {
    PORT=$(free_port)
    terminal sockkit connect --retry 10 -v "127.0.0.1:$PORT"
    wait_for_text 'trying again'
    type_text $'typed ahead\r\004'
    start_peer 'l = listen(port=int(args[0]))
announce(l)
s = l.accept()[0]
s.sendall(read_all(s) + b"and its end\n")' "$PORT"
    wait_for_text '^and its end$'
    wait_for_end
    assert_equal "$status" 0
    screen_has '^typed ahead$'
}

# --- what is sent ---

@test "-C: lines typed at a terminal end with CR LF" {
    talk -C
    type_keys one Enter two Enter
    wait_until_heard 'one\r\ntwo\r\n'
}

@test "--quit-word: a typed line that is it is the last; the terminal is as it was" {
    talk --quit-word bye
    type_keys 'bye bye' Enter bye Enter
    wait_until_heard 'bye bye\nbye\n'
    wait_until modes_are_back
    partner_says 'last words\n'
    wait_for_text '^last words$'
    close_feed
    wait_for_exit "$SERVER_PID"
    wait_for_end
    assert_equal "$status" 0
}

@test "a peer that does not read: keys wait, nothing is lost" {
    start_peer 'l = listen()
l.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
announce(l)
s = l.accept()[0]
wait_until(lambda: os.path.exists("go"))
open("heard", "wb").write(read_all(s))'
    terminal sockkit connect -O sndbuf=4096 ":$PEER_PORT"
    seq 30000 >lines
    tm load-buffer lines
    tm paste-buffer
    wait_for_text '^[0-9]+$'
    touch go
    wait_for_text '^30000$'
    type_keys C-d
    wait_for_exit "$PEER_PID"
    cmp heard lines
    wait_for_end
    assert_equal "$status" 0
}

# --- colour ---

@test "an error is red on a terminal, and only there" {
    local port COLUMNS_WANTED=200
    port=$(free_port)
    terminal sh -c '"$1" connect "127.0.0.1:$2"; NO_COLOR=1 "$1" connect "127.0.0.1:$2"; TERM=dumb "$1" connect "127.0.0.1:$2"
        NO_COLOR= "$1" connect "127.0.0.1:$2"' sh "$SOCKKIT" "$port"
    wait_for_end
    run tm capture-pane -p -e
    assert_line --index 0 --regexp $'^\e\\[31msockkit connect: cannot connect .*'
    assert_line --index 1 --regexp '^.{0,5}sockkit connect: cannot'
    refute_line --index 1 --partial '[31m'
    refute_line --index 2 --partial '[31m'
    assert_line --index 3 --regexp $'^\e\\[31msockkit connect: cannot connect .*'
    run sockkit connect "127.0.0.1:$port"
    assert_output --regexp '^sockkit connect: cannot'
}
