#!/usr/bin/env python3
"""lease.py SCENE: what takes as long as a lease (10 s): a server that dies, sleeps, or is cut off from the hub.
tests/hub-lease.bats runs all scenes at once. Needs PYTHONPATH with the folder of hub.py, and runs in the folder it is started in."""
from hub import *

socket.setdefaulttimeout(25)


def settled(*members):
    """What each of them hears until all have heard the last word of the first."""
    members[0].say("the end")
    return [m.until("the end") for m in members]


def killed():
    """A server that is killed: its members left, once, within 15 s and not before a lease, and their names are free; history stays."""
    e = Engine()
    (p, one), (q, two), (r, three) = [quiet_room(e, "--history", "10") for _ in range(3)]
    a, b = Member(one, "ada"), Member(two, "bob")
    victims = [Member(three, "v%d" % i) for i in range(5)]
    victims[0].say("shown")
    for m in a, b:
        m.until("(v0) shown")
    r.kill()
    begun = time.monotonic()
    heard = [m.line() for m in (a, b) for _ in victims]
    assert heard[:5] == heard[5:] and sorted(heard[:5]) == ["* v%d left" % i for i in range(5)], heard
    assert 8 < time.monotonic() - begun < 16
    a.say("/nick V3")
    assert a.line() == b.line() == "* ada is now V3"
    late = Member(quiet_room(e, "--history", "10")[1])
    assert late.line() == "(v0) shown"
    assert set(late.welcome[1].removeprefix("* here: ").split()) == {"V3", "bob", late.welcome[0].split()[4]}, late.welcome
    assert not [l for lines in settled(a, b, late) for l in lines if " left" in l]


def stopped():
    """A server stopped for longer than its lease: its members left; when it goes on they join again, and what they said is said once."""
    e = Engine()
    (p, one), (q, two) = quiet_room(e), quiet_room(e)
    a, c, b = Member(one, "ada"), Member(one, "cyd"), Member(two, "bob")
    a.until("is now bob")
    p.send_signal(signal.SIGSTOP)
    a.say("meanwhile")
    heard = b.until("ada left") + [b.line()]
    if "* cyd left" not in heard:
        heard += b.until("cyd left")
    b.say("/nick Ada")
    b.until("is now Ada")
    b.say("without them")
    p.send_signal(signal.SIGCONT)
    heard = b.until("meanwhile")
    spoken = re.fullmatch(r"\((user\d+)\) meanwhile", heard[-1])
    assert spoken, heard
    assert heard.count("* %s joined" % spoken[1]) == 1, heard
    if "* cyd joined" not in heard:
        b.until("* cyd joined")
    c.say("back")
    assert b.until("back")[-1] == "(cyd) back"
    a.say("/who")
    who = set(a.until("* here: ")[-1].removeprefix("* here: ").split())
    assert who == {"Ada", "cyd", spoken[1]}, who
    lines = settled(b, a, c)
    assert not [l for l in lines[0] if "meanwhile" in l or "left" in l], lines


def cut_off():
    """A server cut off for longer than its lease, the hub silent for it: as if stopped, but its members are told."""
    e = Engine()
    w = Wire(e)
    (p, one), (q, two) = quiet_room(w), quiet_room(e)
    a, b = Member(one, "ada"), Member(two, "bob")
    a.until("is now bob")
    w.stall()
    a.say("meanwhile")
    assert a.until("hub")[-1] == AWAY
    b.until("ada left")
    b.say("alone")
    w.drop()
    w.go_on()
    heard = b.until("meanwhile")
    assert heard[-1] == "(ada) meanwhile" and heard.count("* ada joined") == 1, heard
    heard = a.until("meanwhile")
    assert BACK in heard and heard.count("(ada) meanwhile") == 1, heard
    lines = settled(a, b)
    assert not [l for l in lines[1] if "left" in l or "meanwhile" in l], lines


def hub_stopped():
    """A hub that is away for longer than a lease: nobody is declared dead, for nobody was there to see it count."""
    e = Engine()
    (p, one), (q, two) = quiet_room(e), quiet_room(e)
    a, b = Member(one, "ada"), Member(two, "bob")
    a.until("is now bob")
    e.pause()
    b.say("meanwhile")
    assert (a.line(), b.line()) == (AWAY, AWAY)
    assert quiet(a.s, 8)  # 13 s with the silence before
    e.resume()
    heard = [m.until("meanwhile") for m in (a, b)]
    assert quiet(a.s, 4) and quiet(b.s, 0), "somebody left"
    heard += settled(a, b)
    assert not [l for lines in heard for l in lines if "left" in l or "joined" in l], heard


def hub_killed():
    """The same with a hub that is killed, and its counters kept in its file."""
    e = Engine()
    (p, one), (q, two) = quiet_room(e), quiet_room(e)
    a, b = Member(one, "ada"), Member(two, "bob")
    a.until("is now bob")
    e.kill()
    b.say("meanwhile")
    assert (a.line(), b.line()) == (AWAY, AWAY)
    assert quiet(a.s, 12)
    e.start()
    heard = [m.until("meanwhile") for m in (a, b)]
    assert quiet(a.s, 3) and quiet(b.s, 0), "somebody left"
    heard += settled(a, b)
    assert not [l for lines in heard for l in lines if "left" in l or "joined" in l], heard


def all_killed():
    """Every server killed at once: the first one that starts again finds the names of the dead, and frees them, once."""
    e = Engine()
    servers = [quiet_room(e) for _ in range(2)]
    members = [Member(port, name) for (_, port), name in zip(servers, ("ada", "bob"))]
    members[0].until("is now bob")
    for p, _ in servers:
        p.kill()
    c = Member(quiet_room(e)[1])
    heard = [c.line(), c.line()]
    assert sorted(heard) == ["* ada left", "* bob left"], heard
    c.say("/nick bob")
    assert c.line().endswith(" is now bob")


globals()[args[0]]()
