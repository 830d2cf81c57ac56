"""What strace(1) saw of a process beside what its --trace said (trace.bats): both are brought to one form and must be equal.

    trace.py LEVEL STRACE-OUTPUT STDERR      LEVEL: 1 (-T) or 2 (-TT); prints the differences; status 1 when there are any
"""
import difflib
import errno
import re
import sys

SILENT = {"EAGAIN", "EWOULDBLOCK", "EINPROGRESS", "EALREADY", "EINTR"}
NAMES = {"accept4": "accept", "recvfrom": "recv", "sendto": "send"}
SECOND_LEVEL = {"setsockopt", "getsockopt", "getsockname", "getpeername"}
NEVER = {"read", "write", "readv", "writev", "splice", "sendfile", "sendmmsg", "recvmmsg"}


def whole_lines(path):
    """The main process's calls: (name, arguments, result, errno's name or "")."""
    main, parts = None, {}
    for line in open(path, errors="replace"):
        pid, text = line.rstrip("\n").split(None, 1)
        main = main or pid
        if text.endswith("<unfinished ...>"):
            parts[pid] = text[: -len("<unfinished ...>")]
            continue
        resumed = re.match(r"<\.\.\. \w+ resumed>", text)
        if resumed:
            text = parts.pop(pid) + text[resumed.end():]
        call = re.match(r"(\w+)\((.*)\)\s+= (-?\d+)(?: (E\w+))?", text)
        if pid == main and call:
            yield call[1], call[2], int(call[3]), call[4] or ""


def address(text):
    """The first socket address in strace's words, as sockkit writes it."""
    port = re.search(r"sin6?_port=htons\((\d+)\)", text)
    v4 = re.search(r'inet_addr\("([^"]*)"\)', text)
    v6 = re.search(r'inet_pton\(AF_INET6, "([^"]*)"', text)
    path = re.search(r'sun_path="([^"]*)"', text)
    if v4:
        return f"{v4[1]}:{port[1]}"
    if v6:
        return f"[{v6[1]}]:{port[1]}"
    return f"unix:{path[1]}" if path else "AF_UNSPEC" if "AF_UNSPEC" in text else "unix"


def option(text):
    """NAME of a socket option; its value where it is an integer."""
    name = re.search(r"\b(?:SO|TCP|IP|IPV6)_[A-Z0-9_]+", text.split(",", 2)[2])[0]
    value = re.search(r", \[(\d+)\], (?:4|\[4\])$", text)
    return name, value[1] if value and name != "SO_ERROR" else ""


def from_strace(path, level):
    sockets, connecting, told = set(), {}, []
    reuse = {} # SO_REUSEADDR of a TCP socket, which -T shows in front of a bind to a port of one's choice

    def tell(*what):
        told.append(" ".join(map(str, what)))

    for name, args, result, error in whole_lines(path):
        outcome = error or result
        fd = int(args.split(",")[0]) if name != "socket" and re.match(r"\d+", args) else None
        if name == "socket":
            family, kind = args.split(", ")[:2]
            if family == "AF_NETLINK": # what only the system knows: like the resolver's, not the user's socket
                continue
            tell(name, family, kind.split("|")[0], outcome)
            if result >= 0:
                sockets.add(result)
                reuse[result] = "" if kind.startswith("SOCK_STREAM") and family != "AF_UNIX" else None
        elif fd not in sockets:
            continue
        elif name in NEVER:
            tell("UNSHOWN", name, args, outcome)
        elif name == "connect" and error in SILENT:
            connecting[fd] = address(args)
        elif error in SILENT:
            continue
        elif name == "connect":
            connecting.pop(fd, None)
            tell(name, fd, address(args), outcome)
        elif name == "accept4":
            tell("accept", fd, outcome, address(args) if result >= 0 else "")
            if result >= 0:
                sockets.add(result)
        elif name in ("recvmsg", "sendmsg"): # what leaves or has arrived with control data
            peer, piece = args.split("msg_namelen", 1)
            tell(name, fd, re.search(r"iov_len=(\d+)", piece)[1], "-" if name == "recvmsg" and error else address(peer), outcome)
        elif name in ("recvfrom", "sendto") and "sa_family" in args:
            tell(name, fd, re.search(r", (\d+), [A-Z_|0]+, \{", args)[1], address(args), outcome)
        elif name in ("recvfrom", "sendto"):
            tell(NAMES[name], fd, re.search(r", (\d+), [A-Z_|0]+, NULL, (?:NULL|0)$", args)[1], outcome)
        elif name == "bind":
            if level == 1 and reuse.get(fd) and not address(args).endswith(":0"):
                tell("setsockopt", fd, "SO_REUSEADDR", reuse[fd], 0)
            tell(name, fd, address(args), outcome)
        elif name in ("listen", "shutdown"):
            tell(name, fd, args.split(", ")[1], outcome)
        elif name == "close":
            if fd in connecting:
                tell("connect", fd, connecting.pop(fd), "given up")
            tell(name, fd, outcome)
            sockets.discard(fd)
        elif name in ("getsockname", "getpeername"):
            if level > 1:
                tell(name, fd, address(args))
        elif name in SECOND_LEVEL:
            what, value = option(args)
            if what == "SO_ERROR" and fd in connecting:
                number = int(re.search(r"\[(\w+)\]", args)[1]) if re.search(r"\[\d+\]", args) else 0
                word = re.search(r"\[(E\w+)\]", args)
                tell("connect", fd, connecting.pop(fd), word[1] if word else errno.errorcode.get(number, number))
            elif level == 1 and what == "SO_ERROR" and not re.search(r"\[0\]", args):
                tell(name, fd, what, "", outcome)
            if name == "setsockopt" and what == "SO_REUSEADDR" and reuse.get(fd) is not None:
                reuse[fd] = value
            if level > 1:
                tell(name, fd, what, value if name == "setsockopt" else "", outcome)
        else:
            tell("UNKNOWN", name, args)
    return told


def from_trace(path, level):
    told = []
    for line in open(path, errors="replace"):
        call = re.match(r"([a-z]+)\((.*?)\) +=[ ](-?\d+) +(.*)$", line.rstrip("\n") + " ")
        if not call:
            continue
        name, args, result, words = call[1], call[2].split(", "), call[3], call[4].strip()
        error = re.match(r"E[A-Z0-9]+", words)[0] if result == "-1" else ""
        outcome = error or result
        if name == "connect" and error == "EINPROGRESS":
            outcome = "given up"
        if name == "accept":
            told.append(f"accept {args[0]} {outcome} {words.split()[1] if not error else ''}")
        elif name in ("getsockname", "getpeername"):
            told.append(f"{name} {args[0]} {words}")
        elif name in ("setsockopt", "getsockopt"):
            value = args[2] if len(args) > 2 and args[2].isdigit() else ""
            told.append(f"{name} {args[0]} {args[1]} {value} {outcome}")
        else:
            told.append(" ".join([name, *args, outcome]))
    return told


level = int(sys.argv[1])
seen, said = from_strace(sys.argv[2], level), from_trace(sys.argv[3], level)
print(*difflib.unified_diff(seen, said, "what strace saw", "what --trace said", n=2, lineterm=""), sep="\n")
if len(seen) < 2:
    print("strace saw next to nothing")
sys.exit(seen != said or len(seen) < 2)
