"""Chat rooms for the Python of the tests: from room import * (with all of peer.py)."""
from peer import *


def room(*words, stdin=subprocess.DEVNULL, **more):
    """Starts a chat-serve and waits until it is ready: its Popen and its port (or path)."""
    return serve(*words, applet="chat-serve", stdin=stdin, **more)


class Member:
    """A connection to a room. Its first two lines are the welcome."""

    def __init__(self, port, name=None, welcomed=True):
        self.port, self.s, self.buffer = port, connect(port), b""
        self.welcome = [self.line(), self.line()] if welcomed else []
        if name:
            self.say("/nick " + name)
            self.until("is now " + name)

    def say(self, text):
        self.s.sendall((text if isinstance(text, bytes) else text.encode()) + b"\n")

    def line(self):
        """The next line, None at the end."""
        while b"\n" not in self.buffer:
            piece = self.s.recv(65536)
            if not piece:
                return None
            self.buffer += piece
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.decode()

    def until(self, what):
        """The lines up to the first that holds it."""
        seen = []
        while True:
            line = self.line()
            assert line is not None, (what, [l[:80] for l in seen[-5:]])
            seen.append(line)
            if what in line:
                return seen

    def rest(self):
        """The lines up to the end."""
        lines = []
        while (line := self.line()) is not None:
            lines.append(line)
        return lines
