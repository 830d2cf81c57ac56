"""ends: what a peer holds of a connection, a pipe or a terminal."""
import os
import select
import socket
import time

SAME = "the same"  # what is wanted: what came in the undisturbed run


class End:
    """Says what it is given, keeps what it hears. Nothing is raised: what fails is missing."""

    def __init__(self, name, wants=b"", file=None, hears=True):
        self.name, self.wants, self.hears = name, wants, hears
        self.out, self.got = b"", b""
        self.shuts = False  # its side, once all is said
        self.late = False  # it came after a call was made to fail
        self.plain = bytes  # what of all that came is compared
        self.most, self.pause = 65536, 0  # bytes that are heard at once, seconds before each time
        self.meet(file)

    def meet(self, file):
        self.file = file
        self.over = None if file and self.hears else "never met"  # then: end, reset, left
        if file:
            os.set_blocking(file.fileno(), False)

    def says(self, data, shuts=True):
        self.out += data
        self.shuts = shuts
        return self

    def events(self):
        """What it waits for; 0: nothing, it is done."""
        if not self.file:
            return 0
        hears = select.POLLIN if self.over is None else 0
        return hears | (select.POLLOUT if self.out or self.shuts else 0)

    def turn(self, events):
        """Does what poll(2) says can be done."""
        if events & (select.POLLIN | select.POLLHUP | select.POLLERR) and self.over is None:
            self.hear()
        if events & (select.POLLOUT | select.POLLHUP | select.POLLERR) and self.file:
            self.say()

    def hear(self):
        time.sleep(self.pause)
        try:
            data = os.read(self.file.fileno(), self.most)
        except BlockingIOError:
            return
        except OSError:
            self.over = "reset"
            return
        self.got += data
        if not data:
            self.over = "end"

    def say(self):
        try:
            if self.out:
                self.out = self.out[os.write(self.file.fileno(), self.out):]
        except BlockingIOError:
            return
        except OSError:  # nobody is there to hear it
            self.out = b""
        if not self.out and self.shuts:
            self.shuts = False
            self.shut()

    def shut(self):
        """A socket half-closes."""
        try:
            self.file.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def close(self):
        self.over = self.over or "left"
        self.out, self.shuts = b"", False
        if self.file:
            self.file.close()
        self.file = None


class Pipe(End):
    """One end of a pipe: the other is sockkit's stdin (hears=False) or stdout."""

    def shut(self):
        self.close()


class Terminal(End):
    """The master of a terminal: it has no half-close."""

    def shut(self):
        pass
