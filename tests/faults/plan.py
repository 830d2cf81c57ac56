"""plan: which calls fail, with which errors, and when."""
import collections
import re

# TIMES of the shim, and what it is called here.
ONCE, OFTEN, ON = "once", "often", "on"
TIMES = {ONCE: 1, OFTEN: 5, ON: 0}

Case = collections.namedtuple("Case", "exchange call n error how")

DESCRIPTORS = "EMFILE ENFILE"
BYTES_IN = "EINTR EAGAIN short ECONNRESET ETIMEDOUT ENOMEM"
BYTES_OUT = "EINTR EAGAIN short EPIPE ECONNRESET ENOBUFS EPERM"
DATAGRAMS_OUT = "EINTR EAGAIN short ECONNREFUSED EHOSTUNREACH ENOBUFS ENOMEM EPERM"
FILES = "EMFILE EACCES EIO ENOSPC"

ERRORS = {
    "accept": f"EINTR EAGAIN ECONNABORTED {DESCRIPTORS} ENOBUFS EPERM",
    "accept4": f"EINTR EAGAIN ECONNABORTED {DESCRIPTORS} ENOBUFS ENOMEM EPERM",
    "bind": "EADDRINUSE EADDRNOTAVAIL EACCES ENOMEM",
    "calloc": "ENOMEM",
    "close": "EIO",
    "connect": "ECONNREFUSED ETIMEDOUT ENETUNREACH EADDRNOTAVAIL EAGAIN ENOBUFS EPERM",
    "dup": DESCRIPTORS,
    "dup2": "EINTR EBUSY EMFILE",
    "dup3": "EINTR EBUSY EMFILE",
    "epoll_create1": f"{DESCRIPTORS} ENOMEM",
    "epoll_ctl": "ENOMEM ENOSPC",
    "epoll_wait": "EINTR short ENOMEM",
    "eventfd": DESCRIPTORS,
    "execl": "ENOENT ENOMEM",
    "execvp": "ENOENT ENOMEM EACCES",
    "fclose": "EIO",
    "fcntl": "EMFILE",
    "fdatasync": "EIO ENOSPC",
    "fflush": "EIO ENOSPC",
    "fgets": "EIO",
    "file_read": "EINTR short EIO",
    "file_write": "EINTR short EIO ENOSPC",
    "flock": "EINTR ENOLCK",
    "fopen": FILES,
    "fork": "EAGAIN ENOMEM",
    "fstat": "EIO ENOMEM",
    "fstatat": "EIO EACCES",
    "fsync": "EIO ENOSPC",
    "ftruncate": "EIO ENOSPC",
    "getaddrinfo": "EAI_AGAIN EAI_MEMORY EAI_NONAME EMFILE killed",
    "getentropy": "EIO ENOSYS",
    "getgrnam": "EIO EMFILE",
    "getifaddrs": "EMFILE ENOMEM",
    "getpeername": "ENOTCONN ENOBUFS",
    "getpwnam": "EIO EMFILE",
    "getpwuid": "EIO EMFILE",
    "getsockname": "ENOBUFS",
    "getsockopt": "ENOBUFS ENOPROTOOPT",
    "if_nameindex": "EMFILE ENOBUFS",
    "initgroups": "EPERM ENOMEM",
    "ioctl": "EIO ENOTTY",
    "kill": "ESRCH EPERM",
    "link": FILES,
    "linkat": FILES,
    "listen": "EADDRINUSE",
    "lseek": "EIO ESPIPE",
    "lstat": "EIO EACCES",
    "malloc": "ENOMEM",
    "mkstemp": FILES,
    "open": FILES,
    "openat": FILES,
    "opendir": FILES,
    "pipe2": DESCRIPTORS,
    "pipe_read": "EINTR EAGAIN short",
    "pipe_write": "short",
    "poll": "EINTR short ENOMEM",
    "prctl": "EINVAL EPERM",
    "read": "EINTR EAGAIN short ECONNRESET EIO",
    "readdir": "EIO",
    "readlink": "EACCES ENOMEM",
    "readlinkat": "EACCES ENOMEM",
    "readv": "EINTR EAGAIN short ECONNRESET EIO",
    "realloc": "ENOMEM",
    "realpath": "EACCES ENOMEM",
    "recv": BYTES_IN,
    "recvfrom": f"{BYTES_IN} ECONNREFUSED",
    "recvmmsg": f"{BYTES_IN} ECONNREFUSED",
    "recvmsg": f"{BYTES_IN} ECONNREFUSED",
    "regcomp": "ENOMEM",
    "rename": FILES,
    "renameat": FILES,
    "send": BYTES_OUT,
    "sendfile": f"{BYTES_OUT} EIO",
    "sendmmsg": DATAGRAMS_OUT,
    "sendmsg": f"{BYTES_OUT} EHOSTUNREACH",
    "sendto": DATAGRAMS_OUT,
    "setenv": "ENOMEM",
    "setgid": "EPERM",
    "setgroups": "EPERM ENOMEM",
    "setpgid": "EPERM EACCES",
    "setresgid": "EPERM EAGAIN",
    "setresuid": "EPERM EAGAIN",
    "setsid": "EPERM",
    "setsockopt": "ENOBUFS ENOPROTOOPT",
    "setuid": "EPERM EAGAIN",
    "shutdown": "",
    "signalfd": DESCRIPTORS,
    "so_error": "ECONNREFUSED ETIMEDOUT ECONNRESET",
    "socket": f"{DESCRIPTORS} ENOBUFS ENOMEM EACCES EAFNOSUPPORT",
    "socketpair": DESCRIPTORS,
    "splice": "EINTR EAGAIN short EPIPE ECONNRESET ENOMEM EIO ENOSPC EINVAL",
    "stat": "EIO EACCES",
    "symlink": FILES,
    "syscall": "ENOSYS EPERM",
    "tcgetattr": "EIO ENOTTY",
    "tcsetattr": "EIO EINTR",
    "tell": "EINTR EAGAIN short EPIPE ENOSPC",
    "timerfd_create": DESCRIPTORS,
    "timerfd_settime": "EINVAL",
    "unlink": "EIO EACCES",
    "unlinkat": "EIO EACCES",
    "waitpid": "",
    "write": "EINTR EAGAIN short EPIPE EIO ENOSPC",
    "writev": "EINTR EAGAIN short EPIPE ECONNRESET ENOBUFS EIO ENOSPC",
}

# Calls that do not fail, or only for who calls them wrongly.
HARMLESS = re.compile(
    r"(_|ato|clock_|free|inet_|is|localtime|mem|reg(error|exec|free)|sig|str|v?sn).*"
    r"|get(env|e?[gu]id|opt_long|pgrp|p?pid|rlimit(64)?|servbyname)|closedir|dirfd|ferror|fputs|fwrite|gai_strerror"
    r"|getchar|if_(indextoname|nametoindex)|f?printf|puts|qsort|raise|sysconf|tcgetpgrp|time|tzset|umask|unsetenv")

# What a program has to live with: it tries again, and nobody notices.
HEALS = {"EINTR", "EAGAIN", "short"}
TRIES_AGAIN = set("""accept accept4 dup2 dup3 epoll_wait file_read file_write pipe_read pipe_write
    poll read readv recv recvfrom recvmmsg recvmsg send sendfile sendmmsg sendmsg sendto splice
    tcsetattr tell write writev""".split())
# No call of a loop is interrupted for ever, no wait always ends before its time.
NEVER_FOR_EVER = {("poll", "short"), ("epoll_wait", "short"), ("pipe_read", "EAGAIN"),
                  ("poll", "ENOMEM")}
DENSE = {"calloc", "malloc", "realloc"}  # nearly every one is another place of the program


def hows(call, error):
    if error == "EINTR" or (call, error) in NEVER_FOR_EVER:
        return ONCE, OFTEN
    return ONCE, ON


def heals(case):
    """Whether nobody may notice this fault."""
    return case.how != ON and case.error in HEALS and case.call in TRIES_AGAIN


def places(call, made):
    """Which of so many calls: the first, then ever fewer. The last would differ from run to run."""
    n = 1
    while n <= made:
        yield n
        n = n + 1 if call in DENSE and n < 30 else n * 2


def cases(exchange, made):
    """All cases of an exchange in which the calls are made so often."""
    for call in sorted(made):
        for error in ERRORS[call].split():
            if (call, error) == ("connect", "EAGAIN") and "unix" not in exchange:
                continue  # unix(7): the queue is full
            if (call, exchange) == ("malloc", "echo-user"):
                continue  # glibc's own: its databases of users do not survive it
            for how in hows(call, error):
                for n in places(call, made[call]):
                    yield Case(exchange, call, n, error, how)


def fault(case):
    return f"{case.call} {case.n} {TIMES[case.how]} {case.error}"


def name(case):
    return " ".join(map(str, case))


def parse(text):
    exchange, call, n, error, how = text.split()
    return Case(exchange, call, int(n), error, how)
