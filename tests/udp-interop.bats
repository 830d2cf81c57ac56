# Datagrams to and from the tools that are there already: OpenBSD's nc, ncat, socat, bash. (Debian's busybox nc has no UDP.)
# shellcheck disable=SC2154,SC2153,SC2016,SC2030,SC2031

load helper

bound() { grep -qhE "^ *[0-9]+: [0-9A-F]+:$(printf %04X "$1") " /proc/net/udp /proc/net/udp6; }

# COMMAND... receives on $PORT; what it reads on stdin goes back. udp-send asks it, at HOST.
asks() {
    local host=$1
    open_feed
    STDIN=$FEED start "${@:2}"
    local heard=$OUT
    wait_until bound "$PORT"
    start sockkit udp-send -r 1 -w 10s "$host:$PORT" question$'\n'
    wait_for_line "$heard" '^question$'
    echo answer >&"$FEED_FD"
    wait_for_exit "$PID"
    assert_equal "$status $(cat "$OUT")" '0 answer'
}

# COMMAND... sends its stdin to the port of udp-serve, and shows what comes back.
is_answered() {
    open_feed
    STDIN=$FEED start "$@"
    local heard=$OUT
    echo question >&"$FEED_FD"
    wait_for_line "$heard" '^answer to question$'
    wait_for_line "$SERVER_OUT" '^question$'
}

@test "udp-send to nc.openbsd" {
    PORT=$(free_port)
    asks 127.0.0.1 nc.openbsd -u -l 127.0.0.1 "$PORT"
}

@test "udp-send to ncat" {
    PORT=$(free_port)
    asks 127.0.0.1 ncat -u -l 127.0.0.1 "$PORT"
}

@test "udp-send to socat, IPv4 and IPv6" {
    PORT=$(free_port)
    asks 127.0.0.1 socat - "UDP4-LISTEN:$PORT,bind=127.0.0.1"
    close_feed
    peer 'sys.exit(not has_ipv6())' || return 0
    PORT=$(free_port)
    asks '[::1]' socat - "UDP6-LISTEN:$PORT,bind=[::1]"
}

@test "udp-send to socat on a Unix socket" {
    open_feed
    STDIN=$FEED start socat - "UNIX-RECVFROM:$DIR/theirs"
    local heard=$OUT
    wait_until test -S theirs
    start sockkit udp-send -r 1 -w 10s -U "$DIR/theirs" question$'\n'
    wait_for_line "$heard" '^question$'
    echo answer >&"$FEED_FD"
    wait_for_exit "$PID"
    assert_equal "$status $(cat "$OUT")" '0 answer'
}

@test "nc.openbsd to udp-serve" {
    start_server udp-serve --reply 'answer to %m'
    is_answered nc.openbsd -u 127.0.0.1 "$PORT"
}

@test "ncat to udp-serve" {
    start_server udp-serve --reply 'answer to %m'
    is_answered ncat -u 127.0.0.1 "$PORT"
}

@test "socat to udp-serve, IPv4, IPv6 and a Unix socket" {
    start_server udp-serve --reply 'answer to %m'
    is_answered socat - "UDP4:127.0.0.1:$PORT"
    close_feed
    if peer 'sys.exit(not has_ipv6())'; then
        is_answered socat - "UDP6:[::1]:$PORT"
        close_feed
    fi
    start_server udp-serve -U "$DIR/ours" --reply 'answer to %m'
    is_answered socat - "UNIX-SENDTO:$DIR/ours,bind=$DIR/his"
}

@test "bash to udp-serve" {
    start_server udp-serve -b 127.0.0.1 -c 2
    run -0 bash -c 'for word in a b; do echo "$word" >"/dev/udp/127.0.0.1/$0"; done' "$PORT"
    wait_for_exit "$SERVER_PID"
    assert_equal "$(cat "$SERVER_OUT")" $'a\nb'
}
