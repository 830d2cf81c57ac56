# The command line: which applet runs, help, and what is refused.
# shellcheck disable=SC2154,SC2086,SC2153 # what run and start_serve set; lists of words are meant to be split

load helper

# Runs sockkit, which must refuse: status 2, nothing on stdout and one line on stderr that has each of the words.
# What does not is noted; none_accepted fails on it.
#   refuses WORD... -- ARG...
refuses() { untraced refusal "$@"; }
refusal() {
    local words=() word said status=0
    while [ "$1" != -- ]; do words+=("$1") && shift; done
    shift
    timeout -k 1 3 "$SOCKKIT" "$@" </dev/null >out 2>err || status=$?
    mapfile -t said <err
    [ "$status" -eq 2 ] || echo "status $status: sockkit $*: ${said[0]}" >>accepted
    [ ! -s out ] || echo "something on stdout: sockkit $*" >>accepted
    [ ${#said[@]} -eq 1 ] || echo "${#said[@]} lines: sockkit $*" >>accepted
    for word in sockkit "${words[@]}"; do
        [[ ${said[0]} == *"$word"* ]] || echo "'$word' is missing: sockkit $*: ${said[0]}" >>accepted
    done
}

none_accepted() {
    touch accepted
    run cat accepted
    assert_output ''
}

# The long options of an applet; with $2 those that take a value.
options_of() {
    sockkit --dump-options | awk -F '\t' -v applet="$1" -v value="${2:-}" \
        '$1 == applet && (value == "" || (value == "yes") == ($4 != "")) { print $2 }'
}

# --- which applet ---

@test "an applet runs as sockkit NAME, and through links named sk-NAME and NAME" {
    local name
    mkdir bin
    run sockkit --list
    assert_success
    assert_line serve
    assert_line connect
    for name in "${lines[@]}"; do
        ln -s "$SOCKKIT" "bin/sk-$name"
        ln -s "$SOCKKIT" "bin/$name"
        sockkit "$name" --help >expected
        grep -q "^Usage: sockkit $name " expected
        SOCKKIT=bin/sk-$name sockkit --help | cmp - expected
        SOCKKIT=bin/$name sockkit --help | cmp - expected
    done
}

@test "--list prints the names of the applets alone, one a line, and each has its help" {
    local name
    run --separate-stderr sockkit --list
    assert_success
    assert_equal "$stderr" ''
    ((${#lines[@]} >= 2))
    for name in "${lines[@]}"; do
        [[ $name =~ ^[a-z]+(-[a-z]+)?$ ]]
        run --separate-stderr sockkit help "$name"
        assert_success
        assert_line --index 0 --partial "Usage: sockkit $name "
        assert_equal "$stderr" ''
    done
}

@test "--install makes a link for every applet, again too" {
    local name
    mkdir bin
    sockkit --install bin
    run sockkit --install bin
    assert_success
    assert_output ''
    assert_equal "$(cd bin && printf '%s\n' * | sort)" "$(sockkit --list | sed 's/^/sk-/' | sort)"
    for name in bin/*; do
        [ -L "$name" ]
        assert_equal "$(realpath "$name")" "$(realpath "$SOCKKIT")"
    done
    SOCKKIT=bin/sk-connect run -0 sockkit --version
}

@test "--install leaves what is no link alone, and says so" {
    mkdir bin
    echo mine >bin/sk-serve
    run --separate-stderr sockkit --install bin
    assert_failure 1
    assert_equal "${#stderr_lines[@]}" 1
    [[ $stderr == *bin/sk-serve*'no link'* ]]
    assert_equal "$(<bin/sk-serve)" mine
    run sockkit --install nowhere
    assert_failure 1
    assert_output --partial nowhere/sk-
}

@test "help is asked for in several ways and goes to stdout" {
    local arguments
    for arguments in --help -h help --he 'help help'; do
        run --separate-stderr sockkit $arguments
        assert_success
        assert_output --partial 'Usage: sockkit APPLET'
        assert_equal "$stderr" ''
    done
    for arguments in 'serve --help' 'serve -h' 'serve -1 --hel --no-sandbox' 'help serve'; do
        run --separate-stderr sockkit $arguments
        assert_success
        assert_line --index 0 --partial 'Usage: sockkit serve'
        assert_equal "$stderr" ''
    done
}

@test "an applet's help shows each of its options with its letter and its value" {
    local applet
    for applet in serve connect; do
        sockkit "$applet" --help >help
        sockkit --dump-options | awk -F '\t' -v applet="$applet" \
            '$1 == applet { print ($3 == "" ? "" : $3 ", ") $2 ($4 == "" ? "" : " " $4) }' >rows
        [ -s rows ]
        while read -r row; do grep -qF -e "$row" help; done <rows
    done
}

@test "--version prints one line" {
    local arguments
    for arguments in --version -V 'serve --version' 'connect -V'; do
        run --separate-stderr sockkit $arguments
        assert_success
        assert_output --regexp '^sockkit [0-9]+\.[0-9]+\.[0-9]+$'
    done
}

@test "-O help lists the socket options with their units" {
    run --separate-stderr sockkit serve -O help
    assert_success
    for name in nodelay keepalive reuseaddr rcvbuf sndbuf ttl tos broadcast interface multicast-ttl multicast-loop; do
        assert_line --regexp "^ *$name=[^ ]"
    done
}

@test "help fits two screens of 80 columns and 24 lines" {
    local applet
    for applet in '' $("$SOCKKIT" --list); do
        sockkit help $applet >help
        run awk 'length > 80 || NR > 48' help
        assert_output ''
    done
}

@test "help has the everyday options first, each explained, and names every option exactly once" {
    local applet name
    for applet in $("$SOCKKIT" --list); do
        sockkit "$applet" --help >help
        assert_equal "$(sed -n 3,4p help)" $'\nEveryday options:'
        for name in --port --verbose --help; do sed -n '4,/^$/p' help | grep -qE -- "^  -., $name\b.{4,}"; done
        sockkit --dump-options | awk -F '\t' -v applet="$applet" '$1 == applet { print $2 }' | sort >rows
        grep -oE -- '--[a-z][a-z0-9-]*' help | sort | diff rows - || { echo "$applet"; return 1; }
    done
}

@test "help that cannot be written is a failure" {
    local arguments
    for arguments in --help --list --version 'serve --help' 'serve -O help'; do
        run bash -c '"$0" $1 2>&1 >/dev/full' "$SOCKKIT" "$arguments"
        assert_failure 1
        assert_output --partial 'stdout'
    done
}

# --- words that are not known ---

@test "an unknown applet is named, with the nearest" {
    refuses 'missing' --
    refuses "'serv'" "did you mean 'serve'?" -- serv
    refuses "'conect'" "did you mean 'connect'?" -- conect --help
    refuses "'xyzzy'" --help -- xyzzy
    refuses "''" -- ''
    refuses "'nosuch'" -- help nosuch
    refuses "'SERVE'" "did you mean 'serve'?" -- SERVE
    refuses "'--lsit'" "did you mean '--list'?" -- --lsit
    refuses "'ser\\x1b[31m'" -- $'ser\e[31m'
    refuses --install -- --install
    refuses --install -- --install ''
    none_accepted
}

@test "an unknown option is named, with the nearest" {
    refuses 'sockkit serve:' "'--onse'" "did you mean '--once'?" -- serve --onse
    refuses 'sockkit connect:' "'--tiemout'" "did you mean '--timeout'?" -- connect --tiemout=3 host
    refuses "'--frobnicate'" --help -- serve --frobnicate
    refuses "'-J'" -- serve -J
    refuses "'-J'" -- serve hello -1J
    refuses "'--once\\x1b[2J'" -- serve $'--once\e[2J'
    refuses "'-\\xff'" -- serve $'-\xff'
    none_accepted
}

# --- what people type of other programs ---

@test "netcat's -l, -k, -z, -u and -N have a hint of their own" {
    local applet
    for applet in '' serve connect; do
        refuses "'-u'" udp-serve udp-send -- $applet -u localhost 53
        refuses "'-N'" 'end of stdin' -- $applet -N localhost 80
        refuses "'-l'" 'listens by itself' -- $applet -l 8080
        refuses "'-k'" 'for ever' -- $applet -k
        refuses "'-z'" probe -- $applet -z localhost 80
    done
    refuses "'-l'" 'serve' -- -lk 8080
    refuses "'-l'" 'serve' -- -nvlp 8080
    refuses "'-z'" probe -- -nvz localhost 80
    refuses "'--listen'" 'listens by itself' -- serve --listen 8080
    refuses "'--keep-open'" 'for ever' -- serve --keep-open
    refuses "'--sh-exec'" '-e COMMAND' -- serve --sh-exec date
    refuses "'--udp'" udp-send -- connect --udp localhost 53
    none_accepted
}

@test "netcat's -s, -X and -d have a hint of their own" {
    local applet
    for applet in '' $("$SOCKKIT" --list); do
        refuses "'-s'" '-b ADDR' -- $applet -s 127.0.0.1
        refuses "'-X'" '--proxy URL' -- $applet -X connect
        refuses "'-d'" '--recv-only' -- $applet -d
    done
    refuses "'-i'" '--line-delay' -- -i 1 localhost 80
    refuses "'-q'" --quiet -- -q 1 localhost 80
    refuses "'-x'" '--proxy' -- -x localhost:1080 localhost 80
    refuses "'-c'" '-e COMMAND' -- -c date
    none_accepted
}

@test "a value of netcat that cannot be meant here has a hint, and nothing is made of it" {
    local applet
    for applet in connect serve udp-send udp-serve; do refuses '-x "localhost:3128"' --proxy -- $applet -x localhost:3128; done
    refuses "'-x'" --proxy -- chat -x localhost:3128
    for applet in serve echo cmd guess chat-serve; do refuses '-c "date"' '-e COMMAND' -- $applet -c date; done
    refuses '-c "/bin/sh"' '-e COMMAND' -- udp-serve -c /bin/sh
    refuses "'-c'" '-e COMMAND' -- connect -c date localhost
    for applet in $("$SOCKKIT" --list); do
        refuses '-q "1"' --quiet -- $applet -q 1 localhost:60000
        refuses '-q "0"' --quiet -- $applet localhost:60000 -q 0
    done
    refuses '-q "5"' --quiet -- connect localhost 60000 -q 5
    refuses '-q "1"' --quiet -- connect -q1 localhost 60000
    refuses '-q "1"' --quiet -- connect -q -1 localhost 60000
    refuses '--hex "48656c6c6f"' --escapes --hex-dump -- udp-send --hex 48656c6c6f localhost
    refuses '--hex "48 65"' --escapes --hex-dump -- udp-send localhost:1 --hex '48 65'
    refuses '--hex "localhost:1"' --escapes --hex-dump -- udp-send --hex localhost:1 48656c6c6f
    refuses --hex-dump -- udp-send --hex-dump
    for applet in echo cmd guess chat chat-serve probe; do
        refuses "'--hex'" 'sockkit connect' -- $applet --hex 41
        refuses "'--hex-dump'" "see sockkit $applet" -- $applet --hex-dump 41
    done
    none_accepted
    [ ! -e localhost:3128 ]
    [ ! -e 48656c6c6f ]
}

@test "a value that can be meant has no hint" {
    start_serve -1 --hex dump -q
    run peer 'connect(args[0]).close()' "$PORT"
    wait_for_exit "$SERVER_PID"
    assert_equal "$status" 0
    start_serve -1q -x ./localhost:3128
    run sockkit connect localhost -q "$PORT" -i 5
    assert_success
    wait_for_exit "$SERVER_PID"
    [ -e localhost:3128 ]
    refuses --count '"3x"' 'not a number' -- serve -c 3x
    refuses --count '"date"' 'not a number' -- serve --count date
    refuses --idle '"none"' 'not a time' -- connect -i none localhost
    none_accepted
}

@test "a long option behind one dash is a usage error that names the option meant" {
    local applet option options
    for applet in $("$SOCKKIT" --list); do
        mapfile -t options < <(options_of "$applet")
        for option in "${options[@]}"; do
            refuses "'${option#-}'" "did you mean '$option'?" -- "$applet" "${option#-}" value
            refuses "'${option#-}'" "did you mean '$option'?" -- "$applet" -v "${option#-}=value"
        done
    done
    refuses "'-verb'" "did you mean '--verbose'?" -- serve -verb
    for option in --help --version --list --install; do refuses "did you mean '$option'?" -- "${option#-}" .; done
    none_accepted
}

@test "a number alone is no message of a server and no HOST of a client: the port was meant" {
    local applet
    for applet in serve echo cmd guess chat-serve udp-serve; do refuses 8888 'use -p 8888 to listen there' -- $applet 8888; done
    for applet in connect chat udp-send probe; do refuses 8888 'use -p 8888' -- $applet 8888; done
    refuses 'use -p 8888' -- serve -v -b '*' 8888
    refuses 'unexpected operand' --help -- echo -p 0 8888
    none_accepted
    run sockkit serve -w 1ms -- 8888
    refute_output --partial 'use -p'
    start_serve 8888 -1
    run sockkit connect localhost "$PORT"
    assert_output 8888
    start_serve -1 -U socket 8888
    run sockkit connect -U socket
    assert_output 8888
}

@test "the names of other programs, and of what they do, have a hint of their own" {
    local word
    for word in nc netcat ncat; do refuses "'$word'" serve connect -- $word -l 8080; done
    for word in telnet client; do refuses "'$word'" "'sockkit connect'" -- $word localhost; done
    refuses "'listen'" "'sockkit serve'" -- listen 8080
    refuses "'tour'" 'sockkit help tour' -- tour tcp
    refuses "'labs'" 'sockkit-labs' -- labs
    for word in socat forward; do refuses "'$word'" 'sockkit serve --to' -- $word 8080; done
    none_accepted
}

@test "an address of socat has a hint of its own" {
    local applet word
    for applet in connect chat udp-send probe; do
        for word in TCP:localhost:80 tcp4:localhost:80 TCP-CONNECT:localhost:80 UDP6:localhost:80; do
            refuses "\"$word\"" socat HOST:PORT -- $applet $word
        done
        refuses 'UNIX-CONNECT:/x' unix:PATH -- $applet UNIX-CONNECT:/x
        refuses 'TCP-LISTEN:80' "'sockkit serve'" -- $applet TCP-LISTEN:80
    done
    for applet in serve echo cmd guess chat-serve udp-serve; do
        refuses TCP-LISTEN:8080,fork '-p PORT' -- $applet TCP-LISTEN:8080,fork
        refuses UDP4-RECVFROM:53 '-p PORT' -- $applet UDP4-RECVFROM:53
        refuses UNIX-LISTEN:/x '-U PATH' -- $applet UNIX-LISTEN:/x
    done
    refuses '--to HOST:PORT' -- serve TCP:localhost:80
    refuses --to HOST:PORT -- serve --to TCP:localhost:80
    refuses --to unix:PATH -- serve --to UNIX-CONNECT:/x
    for word in - TCP:localhost:80 TCP-LISTEN:80; do refuses "'$word'" "'sockkit connect'" -- $word -; done
    none_accepted
    start_serve -1 -- TCP-LISTEN:80
    run sockkit connect localhost "$PORT"
    assert_output TCP-LISTEN:80
    start_serve -1 -U socket Welcome
    run sockkit connect -U socket TCP:a:b
    assert_output Welcome
}

@test "several ports where one is wanted are told of probe" {
    local applet
    for applet in connect chat udp-send; do
        for ports in 7001-7003 80,443; do refuses "localhost:$ports" "'sockkit probe'" -- $applet localhost:$ports; done
    done
    for applet in connect chat udp-send serve echo cmd guess chat-serve udp-serve; do
        refuses 7001-7003 "'sockkit probe'" -- $applet -p 7001-7003
        refuses 80,443 "'sockkit probe'" -- $applet --port 80,443
    done
    none_accepted
}

@test "no applet is advised to use itself" {
    local applet option
    for applet in $("$SOCKKIT" --list); do
        for option in -l -k -z -u -N -s -X -d '-q 1' '-x localhost:1080' '-c date' --listen --keep-open --udp --sh-exec; do
            [ "$option" != --listen ] || [ "$applet" != chat ] || continue # which has it
            [ "$option" != -u ] && [ "$option" != --udp ] || [[ ! $applet =~ ^(echo|cmd|probe)$ ]] || continue
            refuses "sockkit $applet: " -- "$applet" $option
            ! grep -E "'sockkit ${applet}[ ']" err >>accepted
        done
    done
    none_accepted
}

@test "an endpoint that is a URL, or lacks its brackets, is told how it is written" {
    local applet
    for applet in connect udp-send chat; do
        refuses tcp://localhost:7001 'write HOST:PORT' -- $applet tcp://localhost:7001
        refuses ::1:7001 '[ADDRESS]:PORT' -- $applet ::1:7001
    done
    refuses ::1:7001 '[ADDRESS]:PORT' -- probe ::1:7001
    refuses ::1:7001 '[ADDRESS]:PORT' -- serve -b ::1:7001
    for applet in serve udp-serve connect udp-send; do
        refuses --bind ::ffff:127.0.0.1 'use -b 127.0.0.1' -- $applet -b ::ffff:127.0.0.1
    done
    none_accepted
}

@test "long options may be shortened where only one is meant" {
    refuses "'--max'" ambiguous -- serve --max 3
    refuses "'--ver'" ambiguous -- serve --ver
    refuses --max-clients '"0"' -- serve --max-c 0
    refuses --max-clients '"0"' -- serve --max-cl=0
    none_accepted
    run sockkit serve --versi
    assert_success
    run sockkit --vers
    assert_success
    assert_output --partial 'sockkit '
}

@test "options may follow operands, and -- ends them" {
    start_serve Hello -1 --no-newline ' World' -q -- --label -C
    run peer 's = connect(args[0]); s.shutdown(socket.SHUT_WR); print(read_all(s))' "$PORT"
    assert_output "b'Hello World--label-C'"
    wait_for_exit "$SERVER_PID"
    assert_equal "$status" 0
    assert_equal "$(<"$SERVER_ERR")" ''
}

@test "letters may stand together, and a value at its letter" {
    start sockkit serve -1qp0 -w10 -b127.0.0.1 --port-file port Hi
    wait_for_file port
    run peer 's = connect(args[0]); s.shutdown(socket.SHUT_WR); print(read_all(s))' "$(<port)"
    assert_output "b'Hi\\n'"
    wait_for_exit "$PID"
    assert_equal "$status" 0
}

# --- values ---

@test "a value that is missing: the option is named" {
    local applet option
    for applet in serve connect; do
        for option in $(options_of "$applet" yes); do refuses "$option" 'needs a value' -- "$applet" "$option"; done
    done
    refuses --port 'needs a value' -- serve -1p
    none_accepted
}

@test "a value where none is taken: the option is named" {
    local applet option
    for applet in serve connect; do
        for option in $(options_of "$applet" no); do refuses "$option" -- "$applet" "$option=yes"; done
    done
    none_accepted
}

@test "an empty value where it means nothing" {
    local applet option
    for applet in serve connect; do
        for option in $(options_of "$applet" yes); do
            [ "$option" = --reply ] || refuses "$option" '""' -- "$applet" "$option" ''
            [ "$option" = --reply ] || refuses "$option" '""' -- "$applet" "$option="
        done
    done
    none_accepted
}

@test "a port that is none" {
    local applet value
    for value in -1 65536 99999999999999999999 80x ' 80' '80 ' 0x50 1.5 nosuchservice $'80\n' +80; do
        refuses --port "${value%$'\n'}" -- serve -p "$value"
        refuses --port "${value%$'\n'}" -- connect --port="$value" localhost
    done
    refuses --port '"http"' -n -- serve -n -p http
    refuses '--port 0' 'for servers' -- connect -p 0 localhost
    refuses 'port 0' 'for servers' -- connect localhost:0
    none_accepted
}

@test "a number that is none, or out of range" {
    local option value
    for option in --max-clients --max-per-host --count; do
        for value in 0 -1 99999999999999999999 abc 1x ' 1' '1 ' 0x10 1.5 1K inf; do
            refuses "$option" "\"$value\"" -- serve "$option" "$value"
        done
    done
    refuses --seed '"-1"' '(0 or more)' -- guess --seed -1
    for value in -1 99999999999999999999 abc 3x; do refuses --ready-fd "\"$value\"" -- serve --ready-fd "$value"; done
    refuses --max-clients '"0"' -- serve -m 0
    refuses --max-clients '"0"' -- serve -m0
    none_accepted
}

@test "a time that is none, or out of range" {
    local option value
    for option in --timeout --idle --max-time --exit-idle; do
        for value in 0 0ms -1 99999999999999999999 9999999999h abc 1d '1 s' 1.5.5 s ms . 1e3 inf +; do
            refuses "$option" "\"$value\"" -- serve "$option" "$value"
        done
    done
    for option in --timeout --idle --max-time --retry; do
        refuses "$option" '"x"' -- connect "$option" x
        refuses "$option" '"1d"' -- connect "$option=1d"
        refuses "$option" '"-2"' -- connect "$option" -2 localhost
    done
    none_accepted
}

@test "an address to bind that is none" {
    local value
    for value in : 127.0.0.1: 127.0.0.1:x 127.0.0.1:65536 127.0.0.1:-1 '[::1' '[::1]x' '[::1]:' '[]' '[127.0.0.1]' ::1:80:x a:b:c 60000; do
        refuses --bind "${value##*:}" -- serve -b "$value"
        refuses --bind "${value##*:}" -- connect -b "$value" localhost
    done
    refuses --bind /x -- serve -b unix:/x
    refuses 127.0.0.1 -6 -- serve -6 -b 127.0.0.1
    refuses ::1 -4 -- serve -4 -b ::1
    none_accepted
}

@test "a network that is none" {
    local option value
    for option in --allow --deny; do
        for value in localhost 10.0.0.0/33 10.0.0/8 10.0.0.0/ /8 ',' '10.0.0.1,' ',10.0.0.1' 10.0.0.0/-1 fe80::/129 ::1/x 10.0.0.0/8/8 '10.0.0.1 '; do
            refuses "$option" "\"$value\"" -- serve "$option" "$value"
        done
    done
    none_accepted
}

@test "a socket option that is none" {
    local applet value
    for applet in serve connect; do
        refuses --sockopt '"nodelay"' -- $applet -O nodelay
        refuses --sockopt '"nodelay="' -- $applet -O nodelay=
        refuses --sockopt '"nodelay=2"' nodelay -- $applet -O nodelay=2
        refuses --sockopt '"nodelay=yes"' -- $applet -O nodelay=yes
        refuses --sockopt '"nodeley=1"' "did you mean 'nodelay'?" -- $applet -O nodeley=1
        refuses --sockopt '"=1"' -- $applet -O =1
        refuses --sockopt '"rcvbuf=-1"' -- $applet -O rcvbuf=-1
        refuses --sockopt '"rcvbuf=64X"' -- $applet -O rcvbuf=64X
        refuses --sockopt '"rcvbuf=99999999999999999999"' -- $applet -O rcvbuf=99999999999999999999
        refuses --sockopt '"ttl=256"' -- $applet -O ttl=256
        for value in mark=0x mark=0x1g mark=0x123456789 tos=af44 tos=af5 tos=cs8 tos=EF tos=256 mtu-discover=yes \
            congestion=abcdefghijklmnop interface=abcdefghijklmnop 1:2 1:2= :2=1 1:=1 1:x=1 x:1=1 -1:2=1 1:2=x 1:2=99999999999; do
            refuses --sockopt "\"$value\"" -- $applet -O $value
        done
        for value in ttl=0 keepidle=0 keepintvl=0 keepcnt=0 maxseg=0; do
            refuses --sockopt "\"$value\"" ' to ' -- $applet -O $value
        done
    done
    none_accepted
}

@test "a socket path that is too long" {
    local path
    path=/$(printf '%0120d' 0)
    refuses --unix /000 'too long' -- serve -U "$path"
    refuses --unix /000 'too long' -- connect -U "$path"
    refuses /000 'too long' -- connect "unix:$path"
    none_accepted
}

@test "a template that is none" {
    refuses --reply '"%"' -- serve --reply %
    refuses --reply '"hi %z"' %z -- serve --reply 'hi %z'
    refuses --reply '100%' -- serve --reply '100%'
    none_accepted
}

@test "a descriptor to tell that is not open, our own ones included" {
    local fd
    for fd in 3 4 5 6 7 8 9 777; do
        refuses --ready-fd "$fd" 'not open' -- serve -p 0 --ready-fd "$fd" 3>&- 4>&- 5>&-
    done
    none_accepted
}

# --- what excludes each other ---

@test "options that exclude each other, in either order" {
    local option
    refuses --ipv4 --ipv6 -- serve -4 -6
    refuses --ipv4 --ipv6 -- connect -64 localhost
    for option in --idle=1 --output=f --hex-dump=f --crlf --label --quit-word=x --reply=x --progress; do
        refuses --exec "${option%%=*}" -- serve -e cat "$option"
        refuses --exec "${option%%=*}" -- serve "$option" --exec cat
    done
    for option in -4 -6 --port=1 --bind=127.0.0.1; do
        refuses --unix -- serve "$option" -U path
        refuses --unix -- connect -U path "$option"
    done
    for option in --allow=::1 --deny=::1 --max-per-host=1; do refuses --unix "${option%%=*}" -- serve -U path "$option"; done
    none_accepted
    [ ! -e path ]
}

@test "-p and the port of -b must agree" {
    local port
    refuses 2 1 -- serve -p 2 -b 127.0.0.1:1
    refuses 2 1 -- serve -b :1 -p 2
    none_accepted
    port=$(free_port)
    start_serve -p "$port" -b "127.0.0.1:$port"
    assert_equal "$PORT" "$port"
}

@test "--timestamps: narration, trace, labels and hex dumps begin with the local time, and nothing else does" {
    local stamp='[0-2][0-9]:[0-5][0-9]:[0-6][0-9]\.[0-9]{6} '
    start_serve --timestamps --label -x dump -4
    wait_for_line "$SERVER_ERR" "^${stamp}listening on 127.0.0.1:$PORT$"
    run sockkit connect --timestamps -T -4 --send-only ":$PORT" hello
    assert_success
    assert_line --regexp "^${stamp}connect\("
    wait_for_line "$SERVER_OUT" "^${stamp}\[127.0.0.1:[0-9]+\] hello$"
    wait_for_line dump "^${stamp}# 127.0.0.1"
    wait_for_line dump "^${stamp}< 00000000  68 65"
    stop "$SERVER_PID"
    run grep -vE "^$stamp" "$SERVER_ERR" "$SERVER_OUT" dump
    assert_output ''
    start_server udp-serve --timestamps --label -4
    run sockkit udp-send -4 ":$PORT" hello
    wait_for_line "$SERVER_OUT" "^${stamp}\[127.0.0.1:[0-9]+\] hello$"
    # Local time; an error is as it was; what is received is as it came.
    TZ=UTC-14 run sockkit serve --timestamps -p 0 -w 1ms
    assert_line 'sockkit serve: no client came in time'
    [[ ${lines[0]} == $(TZ=UTC-14 date +%H):* || ${lines[0]} == $(TZ=UTC-14 date -d '1 second ago' +%H):* ]]
}
