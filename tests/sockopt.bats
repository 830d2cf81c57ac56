# -O: what is set on the sockets, by name, by word and by number.
# shellcheck disable=SC2016

load helper

# Each option of a client's socket, as its command finds it: told NAME=VALUE LEVEL NUMBER WANTED [HOST].
OPTIONS='
l4 = listen()
hosts = {"127.0.0.1": l4.getsockname()[1]}
if has_ipv6():
    l6 = listen("::1")
    hosts["::1"] = l6.getsockname()[1]
ASK = "import socket, sys; s = socket.socket(fileno=0); print(s.getsockopt(*map(int, sys.argv[1:])))"
def told(option, level, number, wanted, host="127.0.0.1"):
    if host not in hosts: return
    command = "%s -Sc \"%s\" %d %d >&2" % (sys.executable, ASK, level, number)
    p = sockkit("connect", "-O", option, "-e", command, host, hosts[host])
    err = ended(p)[1]
    assert int(err) == wanted, (option, host, err)
IP, TCP, V6, SOCKET = socket.IPPROTO_IP, socket.IPPROTO_TCP, socket.IPPROTO_IPV6, socket.SOL_SOCKET
'

@test "options by name: numbers, times, sizes and words, of both families" {
    peer "$OPTIONS"'
told("user-timeout=5000", TCP, 18, 5000)
told("keepidle=77", TCP, socket.TCP_KEEPIDLE, 77)
told("syncnt=3", TCP, 7, 3)
told("priority=5", SOCKET, 12, 5)
told("min-ttl=1", IP, 21, 1)
told("freebind=1", IP, 15, 1)
told("min-ttl=1", V6, 73, 1, "::1")
told("freebind=1", V6, 78, 1, "::1")
capable = int(re.search("CapEff:.(.*)", open("/proc/self/status").read())[1], 16)
if capable >> 12 & 1: # CAP_NET_ADMIN
    told("mark=0x2a", SOCKET, 36, 42)
    told("transparent=1", IP, 19, 1)
    told("transparent=1", V6, 75, 1, "::1")
told("v6only=1", V6, 26, 1, "::1")
told("v6only=1", IP, socket.IP_TTL, 64) # it is not about IPv4
for word, number in ("dont", 0), ("want", 1), ("do", 2), ("3", 3), ("4", 4):
    told("mtu-discover=" + word, IP, 10, number)
    told("mtu-discover=" + word, V6, 23, number, "::1")
name = open("/proc/sys/net/ipv4/tcp_available_congestion_control").read().split()[0]
told("congestion=" + name, TCP, 13, int.from_bytes(name.encode()[:4], "little"))'
}

@test "tos takes a number, 0x10, or the name of a DSCP" {
    peer "$OPTIONS"'
names = {"ef": 0xb8, "va": 0xb0, "le": 4, "cs0": 0, "cs1": 0x20, "cs7": 0xe0, "af11": 0x28, "af23": 0x58, "af41": 0x88, "af43": 0x98, "0x10": 16, "16": 16}
for name, byte in names.items():
    told("tos=" + name, IP, socket.IP_TOS, byte)
told("tos=ef", V6, 67, 0xb8, "::1")'
}

@test "any other option by its numbers: LEVEL:NAME=INTEGER, decimal or hexadecimal" {
    peer "$OPTIONS"'
told("6:18=1234", TCP, 18, 1234)
told("0x6:0x12=0x4d2", TCP, 18, 1234)
told("1:6=1", SOCKET, 6, 1)
told("41:67=8", V6, 67, 8, "::1")
told("41:67=8", IP, socket.IP_TTL, 64)
p = sockkit("connect", "-O", "6:9999=1", "127.0.0.1", hosts["127.0.0.1"])
assert ended(p, 1)[1] == "sockkit connect: cannot set socket option 6:9999: Protocol not available\n"'
}

@test "v6only=0: an IPv6 listener serves IPv4 too" {
    [ -e /proc/net/if_inet6 ] || return 0
    start_serve -b :: -O v6only=0 -q hello
    run -0 sockkit connect "127.0.0.1:$PORT" </dev/null
    assert_output hello
}

@test "-O help lists each option with its unit and limits, within 80 columns" {
    run -0 sockkit serve -O help
    assert_line --regexp '^  keepidle=SECONDS \(1-32767\)  +[a-z]'
    assert_line --regexp '^  user-timeout=MILLISECONDS  +[a-z]'
    assert_line --regexp '^  tos=0-255\|DSCP \(ef, af11, cs1\)   +type of service'
    assert_line --regexp '^  LEVEL:NAME=INTEGER  +'
    assert_equal "$(awk 'length > 80' <<<"$output")" ''
}
