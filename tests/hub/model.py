#!/usr/bin/env python3
"""model.py [--seconds N] [--seed S] [--alone]: a room on a hub, lived in at random and looked at from every seat.

Members of three servers talk, act, whisper, rename, ask, leave and join, while the hub is killed and starts again, one server's
connection to it is cut, stalls or loses replies, and another server is killed and starts again. Then every transcript is judged:

- What each member heard of the room is one piece of what the first witness heard: the same lines, the same order, each once.
- Each speaker's lines are there once and in its own order, under the name it had then. Of members that left or are there all are there;
  of those whose server was killed a first part, in which all is that they saw.
- Names are unique at every moment, regardless of case; whoever joined was not there, whoever left was.
- Private words reached the two they are between, once, and nobody else; each command had exactly one answer.
- In the end /who names whom the joins and leaves have left.

--alone: one server and no hub, which tries the model itself. voice.N is what member N typed and heard. Needs PYTHONPATH with the folder of hub.py; runs in an empty folder."""
import argparse
import bisect
import random
import selectors

from hub import *

NAMES = ["ada", "Ada", "bob", "BOB", "\u00c9ve", "\u00e9ve", "dan", "eve", "kim", "lou", "max", "zo\u00e9", "user7", "User9"]
SPOKEN = re.compile(r"\((\S+)(?: \*)?\) (\d+)\.(\d+)$")
PRIVATE = re.compile(r"\((\S+) -> (\S+)\) (\d+)\.(\d+)$")
JOINED, LEFT, RENAMED = (re.compile(r"\* (\S+) " + rest) for rest in (r"joined$", r"left", r"is now (\S+)$"))
WELCOME = re.compile(r"\* welcome, you are (\S+)")
PUBLIC = SPOKEN, JOINED, LEFT, RENAMED


def is_public(line):
    return any(pattern.match(line) for pattern in PUBLIC)


class Voice:
    """A connection to a server, what it said and what it heard. Its last words are said when `leaving`."""

    def __init__(self, uid, server, s):
        self.uid, self.server, self.s = uid, server, s
        self.partial, self.unsent, self.lines = b"", b"", []
        self.said = self.asked = 0
        self.whispers, self.typed = set(), []
        self.leaving = self.killed = self.ended = False
        s.setblocking(False)

    def welcomed(self):
        return len(self.lines) > 1

    def send(self, text=""):
        if text:
            self.unsent += text.encode() + b"\n"
            self.typed.append(text)
        try:
            self.unsent = self.unsent[self.s.send(self.unsent):] if self.unsent else b""
        except BlockingIOError:
            pass
        except OSError:
            self.unsent = b""
        if self.leaving and not self.unsent and not self.ended:
            end_side(self.s)

    def speak(self, format):
        """A line that no other has."""
        self.send(format % f"{self.uid}.{self.said}")
        self.said += 1

    def write_down(self):
        """For whoever looks into a failure."""
        with open(f"voice.{self.uid}", "w") as file:
            print(f"server {self.server}", "killed" if self.killed else "", *self.typed, "---", *self.lines, sep="\n", file=file)

    def hear(self):
        """Returns whether there may be more, ever."""
        try:
            piece = self.s.recv(1 << 18)
        except BlockingIOError:
            return True
        except OSError:
            piece = b""
        if not piece:
            self.ended = True
            return False
        *lines, self.partial = (self.partial + piece).split(b"\n")
        self.lines += [sys.intern(line.decode()) for line in lines]
        return True


def end_side(s):
    try:
        s.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def by_socket(port):
    return connect(port)


def by_nc(port):
    """nc as a member, its stdin and stdout in hand."""
    ours, its = socket.socketpair()
    started.append(subprocess.Popen(["nc.openbsd", "-N", "127.0.0.1", port], stdin=its, stdout=its))
    its.close()
    return ours


class World:
    """Everything that runs, and what happens to it."""

    def __init__(self, seed, alone):
        self.random, self.alone = random.Random(seed), alone
        self.selector = selectors.DefaultSelector()
        self.voices, self.public = [], 0
        self.engine = None if alone else Engine()
        self.wire = None if alone else Wire(self.engine)
        self.servers = [self.start_server(i) for i in range(1 if alone else 3)]
        self.down = {}  # what is down: when it comes up again
        self.calm = 0  # until then nothing else goes down
        self.whole = 0  # until then the wire stays whole: its server has to be seen counting within its lease
        self.witnesses = []
        for i in range(len(self.servers)):  # one after the other: the first hears all others join
            self.witnesses.append(self.join(i, by_socket))
            self.run_until(self.witnesses[i].welcomed)

    def start_server(self, i):
        if self.alone:
            return serve("-q", applet="chat-serve", stdin=subprocess.DEVNULL, stderr=None)
        return quiet_room(self.wire if i == 1 else self.engine, "--log", f"log{i}")

    # --- members ---

    def join(self, i, how=None):
        how = how or self.random.choice([by_socket] * 4 + [by_nc])
        voice = Voice(len(self.voices), i, how(self.servers[i][1]))
        self.voices.append(voice)
        self.selector.register(voice.s, selectors.EVENT_READ, voice)
        return voice

    def here(self):
        return [v for v in self.voices if not (v.ended or v.leaving or v.killed)]

    def act(self):
        """One of them does something, or somebody comes."""
        voices = [v for v in self.here() if v.welcomed() and len(v.unsent) < 2000]
        up = [i for i in range(len(self.servers)) if ("server", i) not in self.down]
        if len(self.here()) < 5 * len(self.servers):
            self.join(self.random.choice(up))
        if not voices:
            return
        voice = self.random.choice(voices)
        deed = self.random.choices(
            [self.say, self.say_much, self.wave, self.whisper, self.rename, self.ask, self.leave], [50, 5, 8, 15, 10, 4, 4])[0]
        deed(voice)

    def say(self, voice):
        voice.speak("%s")

    def say_much(self, voice):
        for _ in range(self.random.randrange(2, 40)):
            voice.speak("%s")

    def wave(self, voice):
        voice.speak("/me %s")

    def whisper(self, voice):
        to = self.random.choice(NAMES + [f"user{self.random.randrange(1, len(self.voices) + 1)}"])
        voice.asked += 1
        voice.whispers.add(voice.said)
        voice.speak(f"/msg {to} %s")

    def rename(self, voice):
        voice.asked += 1
        voice.send("/nick " + self.random.choice(NAMES + [f"n{voice.uid}"]))

    def ask(self, voice):
        voice.send("/who")

    def leave(self, voice):
        if voice in self.witnesses:
            return
        voice.leaving = True
        if self.random.random() < 0.5:
            voice.speak("%s")
            voice.send()
        else:
            voice.send("/quit")

    # --- faults ---

    def harm(self):
        """Something goes down, or comes up again."""
        if self.alone:
            return
        now = time.monotonic()
        for what, when in list(self.down.items()):
            if now >= when and (what[0] != "server" or ("engine", 0) not in self.down): # which waits for the hub
                del self.down[what]
                self.raise_again(what)
        if now > self.calm and self.random.random() < 0.02:
            self.fell(self.random.choice([("engine", 0)] * 3 + [("wire", k) for k in ("cut", "stall", "drop", "mute", "late")] + [("server", 2)]))

    def fell(self, what):
        kind, which = what
        if kind in (k for k, _ in self.down) or kind == "wire" and time.monotonic() < self.whole:
            return
        self.down[what] = time.monotonic() + self.random.choice([0, 0.2, 0.4, 1.2, 2.5])
        self.calm = self.down[what] + self.random.choice([-2, 1])
        if kind == "engine":
            self.engine.kill()
        elif kind == "server":
            self.kill_server(which)
        elif which == "cut":
            self.wire.cut()
        elif which == "stall":
            self.wire.stall()
        elif which == "mute":
            self.wire.tamper = lambda data: b""
        elif which == "late":
            self.wire.hold = True

    def raise_again(self, what):
        kind, which = what
        self.whole = time.monotonic() + 4 if kind in ("wire", "late") else self.whole
        if kind == "engine":
            self.engine.start()
        elif kind == "server":
            self.servers[which] = self.start_server(which)
        elif which == "cut":
            self.wire.mend()
        elif which == "stall":
            self.wire.go_on()
        elif which == "late":
            self.wire.drop()
            self.wire.hold = False
            self.down["late", 0] = time.monotonic() + 0.5  # its bytes come when another connection is in use
        elif kind == "late":
            self.wire.release()
        else:
            self.wire.drop()
            self.wire.tamper = lambda data: data

    def kill_server(self, i):
        for v in self.here():
            if v.server == i and v in self.witnesses:
                self.witnesses.remove(v)
        self.servers[i][0].kill()
        self.servers[i][0].wait()
        for v in self.voices:
            v.killed = v.killed or (v.server == i and not v.ended)

    # --- the run ---

    def turn(self):
        for key, _ in self.selector.select(0.01):
            if not key.data.hear():
                self.selector.unregister(key.fileobj)
                key.fileobj.close()
        for v in self.voices:
            if v.unsent and not v.ended:
                v.send()

    def run_until(self, true, seconds=60):
        end = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < end, ("in vain", [(v.uid, v.server, v.lines[-3:]) for v in self.here()])
            self.turn()

    def run_until_heard(self, voices, texts):
        hearings = [Hearing(v, texts) for v in voices]
        self.run_until(lambda: all([h.complete() for h in hearings]))

    def live(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.turn()
            for _ in range(self.random.randrange(4)):
                self.act()
            self.harm()

    def finish(self):
        """All is up again; all who are here say their last line, and hear those of all others."""
        while self.down:
            self.mend()
        first = self.witnesses[0]
        self.run_until(lambda: all(v.welcomed() for v in self.here()))
        here = self.here()
        for v in here:
            v.speak("%s")
        last = {f"{v.uid}.{v.said - 1}" for v in here}
        self.run_until_heard(here, last)
        self.run_until(Roster(first).numbers(len(here)))
        first.speak("%s")
        self.run_until_heard(here, {f"{first.uid}.{first.said - 1}"})
        first.send("/who")
        self.run_until(lambda: first.lines[-1].startswith("* here: "))
        return here

    def mend(self):
        for what in sorted(self.down): # the engine first: a server waits for it
            del self.down[what]
            self.raise_again(what)


class Hearing:
    """Whether a voice has heard all of these texts."""

    def __init__(self, voice, texts):
        self.voice, self.missing, self.read = voice, set(texts), 0

    def complete(self):
        lines = self.voice.lines[self.read:]
        self.read += len(lines)
        self.missing -= {line.rsplit(" ", 1)[-1] for line in lines}
        return not self.missing


class Roster:
    """How many are there, by what a witness has heard since its welcome."""

    def __init__(self, witness):
        self.witness, self.read = witness, 2
        self.count = len(witness.lines[1].removeprefix("* here: ").split())

    def numbers(self, wanted):
        def true():
            lines = self.witness.lines[self.read:]
            self.read += len(lines)
            self.count += sum(bool(JOINED.match(l)) - bool(LEFT.match(l)) for l in lines)
            return self.count == wanted

        return true


class Judge:
    """What was heard, and what is wrong with it."""

    def __init__(self, voices, here):
        self.voices, self.here = voices, here
        self.room = [l for l in voices[0].lines if is_public(l)]
        self.place = {}  # of a spoken line, by what makes it one
        self.starts = {}  # of a voice in the room
        self.owners = {}  # name folded: [(place, uid or None)]

    def judge(self):
        for i, line in enumerate(self.room):
            spoken = SPOKEN.match(line)
            if spoken:
                key = int(spoken[2]), int(spoken[3])
                assert key not in self.place, f"twice: {line}"
                self.place[key] = i
        for v in self.voices:
            self.one_piece(v)
        self.replay()
        for v in self.voices:
            self.own_lines(v)
            self.private(v)

    def one_piece(self, v):
        """A voice has heard a piece of the room, from its own joining on, and to the end if it is here."""
        heard = [l for l in v.lines if is_public(l)]
        assert not any(LINES.match(l) for l in v.lines), (v.uid, "missed lines")
        assert v.leaving or v.killed or not v.ended, (v.uid, "was dropped", v.lines[-3:])
        spoken = next((i for i, l in enumerate(heard) if SPOKEN.match(l)), None)
        if spoken is None:
            return
        key = tuple(map(int, SPOKEN.match(heard[spoken]).groups()[1:]))
        assert key in self.place, (v.uid, "heard what the room did not", heard[spoken])
        start = self.place[key] - spoken
        for i, line in enumerate(heard):
            assert start + i < len(self.room) and self.room[start + i] == line, \
                (v.uid, "differs", i, heard[max(0, i - 3):i + 3], self.room[max(0, start + i - 3):start + i + 3])
        if v in self.here:
            assert start + len(heard) == len(self.room), (v.uid, "lacks", self.room[start + len(heard):][:5])
        self.starts[v] = start
        if start > 0:
            name = WELCOME.match(v.lines[0])[1]
            assert self.room[start - 1] == f"* {name} joined", (v.uid, v.lines[0], self.room[start - 3:start + 1])

    def replay(self):
        """Joins, leaves and names, from the first line to the last."""
        joined = {start - 1: v.uid for v, start in self.starts.items()}
        names = {n.casefold(): 0 for n in self.voices[0].lines[1].removeprefix("* here: ").split()}
        for name in names:
            self.own(name, -1, 0)
        for i, line in enumerate(self.room):
            self.step(names, i, line, joined)
        asked = next(l for l in reversed(self.voices[0].lines) if l.startswith("* here: "))
        assert {n.casefold() for n in asked.removeprefix("* here: ").split()} == set(names), (asked, names)

    def own(self, name, place, uid):
        self.owners.setdefault(name, []).append((place, uid))

    def step(self, names, i, line, joined):
        if spoken := SPOKEN.match(line):
            name = spoken[1].casefold()
            assert name in names, (line, "is not here")
            assert names[name] in (None, int(spoken[2])), (line, "is the name of", names[name])
        elif renamed := RENAMED.match(line):
            old, new = renamed[1].casefold(), renamed[2].casefold()
            assert old in names and (new == old or new not in names), line
            uid = names.pop(old)
            names[new] = uid
            self.own(old, i, None)
            self.own(new, i, uid)
        elif came := JOINED.match(line):
            assert came[1].casefold() not in names, line
            names[came[1].casefold()] = joined.get(i)
            self.own(came[1].casefold(), i, joined.get(i))
        elif left := LEFT.match(line):
            assert left[1].casefold() in names, (line, self.room[max(0, i - 5):i])
            del names[left[1].casefold()]
            self.own(left[1].casefold(), i, None)

    def own_lines(self, v):
        """What it said is there, in order; private words and what was refused are no lines of the room."""
        private = {int(p[4]) for p in map(PRIVATE.match, v.lines) if p and int(p[3]) == v.uid}
        public = [n for n in range(v.said) if (v.uid, n) in self.place]
        places = [self.place[v.uid, n] for n in public]
        assert places == sorted(places), (v.uid, "out of order")
        refusals = sum(l[0] == "!" and "hub" not in l for l in v.lines)
        gaps = [n for n in range(max(public, default=0)) if n not in v.whispers and (v.uid, n) not in self.place]
        assert not gaps, (v.uid, "said with gaps", gaps)
        if v.killed:
            return
        renames = self.renames(v)
        assert v.asked == renames + len(private) + refusals, (v.uid, v.asked, renames, len(private), refusals, v.lines[-5:])
        lost = set(range(v.said)) - set(public) - v.whispers
        assert not lost, (v.uid, "lost", lost)

    def renames(self, v):
        name, count = WELCOME.match(v.lines[0])[1] if v.lines else "", 0
        for l in v.lines:
            if (renamed := RENAMED.match(l)) and renamed[1] == name:
                name, count = renamed[2], count + 1
        return count

    def private(self, v):
        """What it was told privately was from or to it; what it told privately was heard."""
        if not v.welcomed():
            return
        name, seen, at = WELCOME.match(v.lines[0])[1], set(), self.starts.get(v, 0)
        for line in v.lines[2:]:
            if is_public(line):
                at += 1
                renamed = RENAMED.match(line)
                name = renamed[2] if renamed and renamed[1] == name else name
            elif told := PRIVATE.match(line):
                key = told[3], told[4]
                assert key not in seen, (v.uid, "twice", line)
                seen.add(key)
                assert name in (told[1], told[2]), (v.uid, name, line)
                if int(told[3]) == v.uid and v in self.starts:
                    assert told[1] == name, (v.uid, name, line)
                    self.was_told(told[2], at, line)

    def was_told(self, name, at, line):
        history = self.owners[name.casefold()]
        last = bisect.bisect_left([place for place, _ in history], at) - 1
        uid = history[last][1] if last >= 0 else None
        if uid is not None and not self.voices[uid].killed:
            assert line in self.voices[uid].lines, (line, "was not heard by", uid)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 30))
    parser.add_argument("--alone", action="store_true")
    terms = parser.parse_args()
    print(f"--seed {terms.seed} --seconds {terms.seconds:g}", flush=True)
    world = World(terms.seed, terms.alone)
    world.live(terms.seconds)
    here = world.finish()
    for v in world.voices:
        v.write_down()
    Judge(world.voices, here).judge()
    room = sum(map(is_public, world.voices[0].lines))
    print(f"{len(world.voices)} members, {room} lines of the room: all heard the same")


if __name__ == "__main__":
    main()
