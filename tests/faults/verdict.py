"""verdict: whether a run under a fault went as the contract allows."""
import re
import signal

from ends import SAME
from plan import ONCE, ON, heals

GOOD = {
    "done": "as undisturbed",
    "told": "one clear line and a status of the contract; a server that lives told of who was lost",
    "gone": "a server went on without a client whose connection was said to be broken",
    "waits": "the call said \"not yet\" again and again, and it slept",
    "not met": "the call was not made",
}
FAILURES = {
    "loss": "bytes are missing, and it ended or went on as if nothing had been",
    "garbled": "other bytes arrived than were sent",
    "crash": "it died of a signal, or an assertion",
    "sanitizer": "a report of the sanitizers",
    "dead": "a server that lives, but serves nobody after one fault",
    "spin": "it used the processor without end",
    "stuck": "it and its peer waited for each other for ever",
    "orphan": "a child outlived it",
    "status": "a status that the contract does not know",
    "silent": "it failed without a word",
    "blank": "a message without a cause, or with \"Success\"",
    "many": "more lines than one for one failure",
    "fragile": "it failed over what passes: EINTR, EAGAIN, less than asked for",
    "untold": "a connection broke, or --ready-fd was not told, and the user heard nothing",
    "litter": "it left a file behind",
}

BREAKS = {"EPIPE", "ECONNRESET", "ETIMEDOUT"}
MAY_LITTER = {"unlink", "unlinkat", "fstatat", "calloc", "malloc", "realloc"}
MEANING = GOOD | FAILURES
CRASHES = {-getattr(signal, "SIG" + name) for name in "ABRT BUS FPE ILL SEGV SYS TRAP".split()}
STATUSES = {1, 3, 4, 5, 6}
CHILD_STATUSES = {126, 127}
LOOK_UPS = {"getpwnam": {2}, "getpwuid": {2}}  # whom an option means
REPORT = re.compile(r"AddressSanitizer|LeakSanitizer|UndefinedBehavior|: runtime error: ")
ERROR = re.compile(r"^sockkit( [a-z-]+)?: ")
BLANK = re.compile(r":\s*$|: \(|\bSuccess\b|Unknown error|\(null\)")
# How much was lost; and who waits for us to be ready, who is beside the data.
ASIDE = re.compile(r"(did not take|not taken|not sent|never read)\b|--ready-fd")
PROCESSOR = 0.4  # seconds more than undisturbed; what the sanitizers take is in that
WAITS = 2000  # more than undisturbed


def pattern(line):
    """A line without what differs from run to run."""
    return re.sub(r"0x[0-9a-f]+|[0-9]+([.:][0-9]+)*", "#", line)


def left_out(wants, got):
    """Whether got is wants with something left out."""
    rest = iter(wants)
    return all(byte in rest for byte in got)


class Trial:
    """A run under a fault beside the undisturbed one, and how they differ."""

    def __init__(self, case, result, calm):
        self.case, self.result, self.calm = case, result, calm
        self.as_ever = result.status == calm.status
        self.serving = calm.status == -signal.SIGTERM or case.exchange.startswith("udp-serve")
        self.short, self.wrong = missing(result, calm)
        known = {pattern(line) for line in calm.lines}
        self.news = [line for line in result.lines if pattern(line) not in known]
        self.errors = [line for line in self.news if ERROR.match(line)]
        self.shown = [line for line in result.shown if line not in calm.shown]

    def __str__(self):
        came = (f"{p.name} got {len(p.got)} bytes, then {p.over}" for p in self.short)
        said = " | ".join(self.news[:3])
        return "; ".join(filter(None, [f"status {self.result.status}", ", ".join(came), said]))

    def lacks_only(self, name):
        return all(part.name == name for part in self.short)


def missing(result, calm):
    """The parts that did not get what they wanted, and whether what they got is wrong."""
    short, wrong = [], False
    for part, same in zip(result.parts, calm.parts):
        wants = same.got if part.wants == SAME else part.wants
        if part.got != wants:
            short.append(part)
            wrong = wrong or (part.wants != SAME and not left_out(wants, part.got))
    return short, wrong


def judge(case, result, calm):
    """The verdict, and what shows it."""
    t = Trial(case, result, calm)
    return ("not met" if result.struck == 0 else misbehaved(t) or outcome(t)), str(t)


def misbehaved(t):
    """What is wrong whatever became of the bytes; None: nothing."""
    r = t.result
    if any(REPORT.search(line) for line in r.lines):
        return "sanitizer"
    if r.status in CRASHES:
        return "crash"
    if spins(t):
        return "spin"
    if t.wrong:
        return "garbled"
    if any(BLANK.search(line) for line in t.news):
        return "blank"
    if r.orphans:
        return "orphan"
    if r.status == -signal.SIGKILL:
        return "stuck"
    return None


def spins(t):
    waits, usual = ([r.made.get("epoll_wait", 0) + r.made.get("poll", 0)
                     for r in (t.result, t.calm)])
    if t.case.error != "short" and waits > usual + WAITS:
        return True
    used = t.result.processor - t.calm.processor
    return t.result.status == -signal.SIGXCPU or used > PROCESSOR


def outcome(t):
    """What became of the bytes, and whether it was told."""
    not_yet = t.case.how == ON and t.case.error == "EAGAIN"
    if t.result.stuck and (not_yet or (t.case.how == ON and t.news)):
        return "waits"
    if t.result.stuck and not (t.serving and t.news):
        return "stuck"
    if t.as_ever and (t.shown or not t.short):
        return litter(t) or "done"
    if t.as_ever and t.lacks_only("ready"):
        return "told" if t.news else "untold"
    if heals(t.case):
        untouched = t.as_ever and not t.errors and t.result.shown == t.calm.shown
        return "loss" if untouched else "fragile"
    if not t.as_ever or t.result.status > 0:
        return wrongly_failed(t) or litter(t) or "told"
    return "waits" if not_yet else lived_on(t)


def wrongly_failed(t):
    """What is wrong with how it failed; None: nothing."""
    status = t.result.status
    if status not in STATUSES | CHILD_STATUSES | LOOK_UPS.get(t.case.call, set()):
        return None if status == -signal.SIGPIPE and t.case.error == "EPIPE" else "status"
    if t.case.call == "tell" or status in CHILD_STATUSES:
        return None
    if not t.errors and not t.shown:
        return "silent"
    causes = sum(not ASIDE.search(line) for line in t.errors)
    return "many" if causes > (1 + len(t.short) if t.serving else 1) else None


def lived_on(t):
    """It ended as ever, or serves on, and bytes are missing."""
    if not t.serving and not t.calm.shown:
        return "loss"
    if t.news:
        return "told"
    if t.case.error in BREAKS and t.lacks_only("client"):
        return "gone"
    if t.case.how == ONCE and any(part.late for part in t.short):
        return "dead"
    return "untold" if all(part.over == "reset" for part in t.short) else "loss"


def litter(t):
    left = set(t.result.files) - set(t.calm.files)
    return "litter" if left and t.case.call not in MAY_LITTER else None
