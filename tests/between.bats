# Between others: real load balancers and proxies. HAProxy in front and behind, ncat, tinyproxy and microsocks to go through.
# shellcheck disable=SC2154

load helper

listening() { grep -qhE "^ *[0-9]+: [0-9A-F]+:$(printf %04X "$1") [0-9A-F:]+ 0A" /proc/net/tcp /proc/net/tcp6; }

# haproxy_with TEXT: runs it with these proxies.
haproxy_with() {
    printf 'global\n  maxconn 100\ndefaults\n  mode tcp\n  timeout connect 5s\n  timeout client 10s\n  timeout server 10s\n%s\n' "$1" >haproxy.cfg
    start haproxy -db -f haproxy.cfg
    HAPROXY_PID=$PID
    wait_until listening "$FRONT"
}

# proxy COMMAND...: one that listens at $PROXY.
proxy() {
    start "$@"
    wait_until listening "$PROXY"
}

# said URL MESSAGE [OPTION]...: to cmd, through the proxy; its answer must come before the end of our side, which ends both.
said() { sockkit connect --no-half-close --proxy "$1" "${@:3}" "127.0.0.1:$PORT" "$2" QUIT; }

@test "behind HAProxy: send-proxy and send-proxy-v2 name the client; a health check is told, and no error" {
    for version in send-proxy send-proxy-v2 send-proxy-v2-ssl-cn; do
        start_serve --accept-proxy --proxy-from 127.0.0.1 -v -b 127.0.0.1 --reply '%a %p said %m'
        FRONT=$(free_port)
        haproxy_with "listen front
  bind 127.0.0.1:$FRONT
  server one 127.0.0.1:$PORT $version check inter 100ms"
        wait_for_line "$SERVER_ERR" '^connection with 127\.0\.0\.1:[0-9]+: Connection reset|^127\.0\.0\.1:[0-9]+ closed'
        sockkit connect -v -b 127.0.0.7 "127.0.0.1:$FRONT" hello >out 2>err
        source=$(sed -n 's/.* from 127\.0\.0\.7://p' err)
        assert_equal "$(cat out)" "127.0.0.7 $source said hello"
        grep -qx "127.0.0.7:$source connected" "$SERVER_ERR"
        run ! grep '^sockkit' "$SERVER_ERR"
        stop "$HAPROXY_PID"
        stop "$SERVER_PID"
    done
}

@test "in front of HAProxy: both versions of the header name our client, of connect and of serve --to" {
    FRONT=$(free_port)
    haproxy_with "listen web
  mode http
  bind 127.0.0.1:$FRONT accept-proxy
  http-request return status 200 content-type text/plain lf-string \"%[src] %[src_port]\\n\""
    printf 'GET / HTTP/1.0\r\n\r\n' >request
    for version in 1 2; do
        sockkit connect -v -b 127.0.0.8 --send-proxy "$version" "127.0.0.1:$FRONT" <request >out 2>err
        assert_equal "$(tail -n 1 out)" "127.0.0.8 $(sed -n 's/.* from 127\.0\.0\.8://p' err)"
        start_serve -b 127.0.0.1 --to "127.0.0.1:$FRONT" --send-proxy "$version"
        sockkit connect -v -b 127.0.0.9 "127.0.0.1:$PORT" <request >out 2>err
        assert_equal "$(tail -n 1 out)" "127.0.0.9 $(sed -n 's/.* from 127\.0\.0\.9://p' err)"
        stop "$SERVER_PID"
    done
}

@test "through ncat as an HTTP proxy, with a password and without, and what it refuses" {
    start_server cmd
    PROXY=$(free_port)
    proxy ncat -l -k --proxy-type http --proxy-auth ada:s3cret 127.0.0.1 "$PROXY"
    run -0 said "http://ada:s3cret@127.0.0.1:$PROXY" 'UPPER through'
    assert_line THROUGH
    run -4 said "http://ada:wrong@127.0.0.1:$PROXY" x
    assert_output --partial '407 Proxy Authentication Required'
    refute_output --partial wrong
    PORT=$(free_port) run -4 said "http://ada:s3cret@127.0.0.1:$PROXY" x
    assert_output --regexp ' 50[0-9] '
}

@test "through tinyproxy, and what it refuses" {
    start_server cmd
    PROXY=$(free_port)
    printf '%s\n' "Port $PROXY" 'Listen 127.0.0.1' 'Timeout 60' 'MaxClients 10' 'Allow 127.0.0.1' "ConnectPort $PORT" >tinyproxy.conf
    proxy tinyproxy -d -c tinyproxy.conf
    run -0 said "http://127.0.0.1:$PROXY" 'UPPER through'
    assert_line THROUGH
    PORT=1 run -4 said "http://127.0.0.1:$PROXY" x
    assert_output --partial '403'
}

@test "through microsocks: names, both families, a password, and what it refuses" {
    start_server cmd
    PROXY=$(free_port)
    proxy microsocks -i 127.0.0.1 -p "$PROXY" -u ada -P s3cret
    run -0 said "socks5://ada:s3cret@127.0.0.1:$PROXY" 'UPPER through'
    assert_line THROUGH
    run -4 said "socks5://127.0.0.1:$PROXY" x
    assert_output --partial 'it wants a user and password'
    run -4 said "socks5://ada:wrong@127.0.0.1:$PROXY" x
    assert_output --partial 'it refused the user and password'
    PORT=1 run -4 said "socks5://ada:s3cret@127.0.0.1:$PROXY" x
    assert_output --partial 'connection refused'
    start_serve -b 127.0.0.1 --to "localhost:$PORT" --proxy "socks5://ada:s3cret@127.0.0.1:$PROXY"
    run -0 sockkit connect --no-half-close "127.0.0.1:$PORT" 'UPPER twice' QUIT
    assert_line TWICE
}
