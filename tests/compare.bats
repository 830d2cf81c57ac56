# sockkit-compare(7): every line of it is run, in a network of its own, and does what the others under its heading do.
# shellcheck disable=SC2016,SC2046,SC2034,SC2154,SC2317

load helper

# A heading; how its lines are tried; whom they are tried with (words for sockkit); what comes of it. On the lines' ports
# and paths: 7000, 7001, 1080 and app.sock.
#   asks       the line is a client of that server: what it prints
#   tells      the line is a client of that server: what the server prints
#   answers    the line is a server: what it answers to that word (-: to none)
#   receives   the line is a server, told something by that client: what it has written to the file copy
#   behind     the line passes on to that server: what a client prints that says hello
TASKS='
Send a request and show the answer          asks      serve -q -p 7000 --reply "got %m"          got hello
Say a line                                  asks      serve -q -p 7000 --reply "got %m"          got hello
Listen to a server, say nothing             asks      serve -q -p 7000 -e "echo welcome"         welcome
Send lines that end in CR LF                tells     serve -q -1 -p 7000                        hello\r
Choose the source address and port          asks      serve -q -p 7000 --reply "from %a %p"      from 127.0.0.2 62000
Reach a Unix socket                         asks      serve -q -U app.sock --reply "got %m"      got hello
Go through a SOCKS proxy                    asks      serve -q -p 7000 --quit-word hello welcome  welcome
Give the connection to a command            tells     serve -q -1 -p 7000 welcome                hello
Try until the server is up                  asks      serve -q -p 7000 --reply "got %m"          got hello
Send a datagram and wait for its answer     asks      udp-serve -q -p 7000 --reply "got %m"      got hello
Receive what one client sends               receives  connect 127.0.0.1 7000 hello               hello
Send a file to one client                   answers   -                                          hello
Run a command for each client               answers   hello                                      got hello
Tell the command who its client is          answers   -                                          127.0.0.1
Echo                                        answers   hello                                      hello
Serve ten clients at most                   answers   hello                                      hello
Serve some addresses alone                  answers   hello                                      hello
Give up the rights of root                  answers   hello                                      hello
Pass connections on                         behind    serve -q -p 7001 --reply "got %m"          got hello
Pass connections on to a Unix socket        behind    serve -q -U app.sock --reply "got %m"      got hello
Pass datagrams on                           behind    udp-serve -q -p 7001 --reply "got %m"      got hello
Show the datagrams that come                receives  udp-send 127.0.0.1 7000 hello              hello
Pass what a client says to all the others   between   -                                          hello
See the bytes in hexadecimal                dumps     serve -q -p 7000 --reply "got %m"          68 65 6c 6c 6f 0a
Is the port open?                           tries     echo -q -p 7000                            open
Which ports are open?                       finds     echo -q -p 7000                            7000
Wait for a server, then run a command       asks      echo -q -p 7000                            up
How long does connecting take?              finds     echo -q -p 7000                            7000
'

setup_file() {
    export PAGE=$BATS_TEST_DIRNAME/../man/sockkit-compare.7
    export LINES_OF_PAGE=$BATS_FILE_TMPDIR/lines
    # HEADING, a tab, a line below it.
    awk '/^\.Ss /{ heading = substr($0, 5) }
         /^\.Ed/ { inside = 0 }
         inside  { gsub(/\\e/, "\\"); print heading "\t" $0 }
         /^\.Bd/ { inside = 1 }' "$PAGE" >"$LINES_OF_PAGE"
}

setup() {
    helper_setup
    mkdir path
    ln -s "$SOCKKIT" path/sockkit
}

# --- in the network of one line ---

# Whether somebody listens there, or has bound that port of UDP. Nobody connects: for some servers that is the one client.
listens() {
    local port
    case $1 in
    *.sock) grep -q " 00010000 .*[ /]$1$" /proc/self/net/unix ;;
    udp*) printf -v port ':%04X ' "${1#udp}" && cat /proc/self/net/udp* | grep -q "^ *[0-9]*: [0-9A-F]*$port" ;;
    *) printf -v port ':%04X [0-9A-F:]* 0A' "$1" && cat /proc/self/net/tcp* | grep -q "^ *[0-9]*: [0-9A-F]*$port" ;;
    esac
}

# Where those listen whom the words of a line name.
place() {
    case $1 in
    *'-U app.sock'*) echo app.sock ;;
    *'-p 7001'*) where=7001 ;;& # a target behind a line of UDP is one too
    udp-* | *'nc -u'* | *'ncat -u'* | *UDP*LISTEN* | *UDP-RECV* | *'sockkit udp'*) echo "udp${where:-7000}" ;;
    *) echo "${where:-7000}" ;;
    esac
}

# In the background until it listens.
begin() {
    local where=
    eval "$1" &
    wait_until listens "$(place "$1")"
}

there() { begin "exec sockkit $there </dev/null >there.out 2>/dev/null"; }

asks() { there; eval "$line" </dev/null 2>/dev/null; }
tells() { there; eval "$line" </dev/null >/dev/null 2>&1; wait; cat there.out; }
# For some servers a client that has ended its side has gone: this one leaves with the first line it gets.
ask() { sockkit connect --no-half-close --recv-only 127.0.0.1 7000 ${1:+"$1"} 2>/dev/null | head -n 1; }
answers() { begin "$line"; ask "${there#-}"; }
behind() {
    there
    begin "$line"
    case $line in
    *UDP* | *udp*) sockkit udp-send -r 1 127.0.0.1 7000 hello ;;
    *) ask hello ;;
    esac
}
receives() { : >copy; begin "$line"; eval "sockkit $there" </dev/null; wait_until [ -s copy ]; cat copy; }
between() {
    begin "$line"
    timeout 5 sockkit connect --recv-only 127.0.0.1 7000 >heard &
    wait_until two_connected
    echo hello | sockkit connect --no-half-close --keep-sending -i 300ms 127.0.0.1 7000 >/dev/null 2>&1
    wait_until [ -s heard ]
    cat heard
}
dumps() { there; eval "$line" </dev/null >/dev/null; grep -o '68 65 6c 6c 6f 0a' dump | sort -u; }
tries() { ! eval "$line" </dev/null >/dev/null 2>&1 || echo 'open without a server'; there; eval "$line" </dev/null >/dev/null 2>&1 && echo open; }
finds() { there; eval "$line" </dev/null 2>&1 | grep -oE '\b7000\b' | sort -u; }

two_connected() { [ "$(cat /proc/self/net/tcp* | grep -cE '^ *[0-9]+: [0-9A-F]+:1B58 [0-9A-F:]+ 01')" -ge 1 ]; }

run_line() {
    local line=$1 how=$2 there=$3
    ip link set lo up
    cd "$(mktemp -d)" || return
    echo hello >request
    case $line in *1080*) microsocks -i 127.0.0.1 -p 1080 2>/dev/null & wait_until listens 1080 ;; esac
    "$how"
    kill $(jobs -p) 2>/dev/null
    wait || :
}

# --- all lines ---

# The row of TASKS with that heading: sets how, there, expected.
find_task() {
    IFS=$'\t' read -r _ how there expected < <(sed -E 's/ {2,}/\t/g' <<<"$TASKS" | awk -F '\t' -v heading="$1" '$1 == heading')
    [ -n "$expected" ]
}

# Runs a line as root of a network of its own, and compares what comes of it.
check_line() {
    local heading=$1 line=$2 how there expected map=()
    find_task "$heading" || { echo "no way to try '$heading'"; return 1; }
    [ "$(id -u)" = 0 ] || map=(--map-root-user)
    PATH=$DIR/path:$PATH timeout -k 1 20 unshare "${map[@]}" --net --pid --fork --kill-child --mount-proc \
        bash -c '. ./functions; run_line "$@"' bash "$line" "$how" "$there" >shown 2>errors || echo 'too late' >>shown
    sed -i 's/\r/\\r/g' shown
    [ "$(<shown)" = "$expected" ] || { echo "$line"; head shown errors; return 1; }
}

# The lines of one program.
check_program() {
    local program=$1 heading line count=0 failed=0
    declare -f run_line wait_until true_in_time untraced pause listens place begin there asks tells ask answers behind receives between dumps tries finds two_connected >functions
    while IFS=$'\t' read -r heading line; do
        [[ $line =~ ^(echo hello \| )?$program\  ]] || continue
        count=$((count + 1))
        check_line "$heading" "$line" || failed=1
    done <"$LINES_OF_PAGE"
    [ $failed = 0 ] && [ $count -gt 0 ]
}

@test "the lines of sockkit do what they are to do" { check_program sockkit; }
@test "those of nc do" { check_program nc; }
@test "those of ncat do" { check_program ncat; }
@test "those of socat do" { check_program socat; }
@test "those of tcpserver do" { check_program tcpserver; }

@test "those of wait-for-it and tcping do where they are installed; else they are named" {
    local program
    for program in wait-for-it tcping; do
        if command -v $program >/dev/null; then check_program $program; else echo "# not installed, not run: $program" >&3; fi
    done
}

@test "each heading has a line of sockkit, which is the last, and of another program" {
    run awk -F '\t' '
        $1 != heading { if (heading && last !~ /^sockkit /) print heading; heading = $1; if ($2 ~ /^sockkit /) print heading }
        { last = $2 }' "$LINES_OF_PAGE"
    assert_output ''
    diff <(cut -f 1 "$LINES_OF_PAGE" | uniq) <(sed -E '/^$/d; s/ {2,}.*//' <<<"$TASKS")
}
