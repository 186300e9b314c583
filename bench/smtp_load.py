"""Load for an MTA: sessions that name recipients, all of whom have to be accepted."""

import collections
import socket
import threading
import time

import world

# What one client does: `messages`, of each the sender and the recipients' local parts.
# `first` is one more, before the time counts; the first of them by default.
Session = collections.namedtuple("Session", "messages source first",
                                 defaults=("127.0.0.1", None))

# Recipients a second, what each message waited in seconds, and what `count` said of it.
Measured = collections.namedtuple("Measured", "rate waits counted")


def commands(sender, users):
    """Of one message, up to its recipients."""
    return [b"RSET\r\n", b"MAIL FROM:<%s>\r\n" % sender.encode()] + [
        b"RCPT TO:<%s@%s>\r\n" % (user.encode(), world.DOMAIN.encode()) for user in users]


class Client(threading.Thread):
    """Sends some messages' recipients through one session, and counts what is refused."""

    def __init__(self, port, session, rounds, pipelines):
        super().__init__(daemon=True)
        self.refused = collections.Counter()
        self.waits = []
        self.failure = None
        self._rounds = rounds
        self._messages = [commands(*message) for message in session.messages]
        self._pipelines = pipelines
        self._socket = socket.create_connection(
            ("127.0.0.1", port), source_address=(session.source, 0))
        self._unread = b""
        self._read(1)
        self._socket.sendall(b"EHLO client.example\r\n")
        while not self._read(1)[-1].startswith(b"250 "):
            pass
        # Then the MTA's processes are there, and its maps are open.
        self._message(commands(*session.first) if session.first else self._messages[0])

    def _read(self, number):
        """At least so many lines."""
        lines = []
        while len(lines) < number:
            data = self._socket.recv(65536)
            if not data:
                raise ConnectionError("the MTA has closed the session")
            *whole, self._unread = (self._unread + data).split(b"\r\n")
            lines += whole
        return lines

    def _message(self, lines):
        if self._pipelines:
            self._socket.sendall(b"".join(lines))
            replies = self._read(len(lines))
        else:
            replies = [self._ask(line) for line in lines]
        for line in replies:
            if not line.startswith(b"250 "):
                self.refused[line] += 1

    def _ask(self, command):
        self._socket.sendall(command)
        return self._read(1)[0]

    def run(self):
        try:
            for _ in range(self._rounds):
                for lines in self._messages:
                    begun = time.monotonic()
                    self._message(lines)
                    self.waits.append(time.monotonic() - begun)
        except OSError as error:
            self.failure = error

    def close(self):
        self._socket.close()


def spread(users, sessions, recipients, first):
    """For `measure`: these, so many of them a message, over so many sessions."""
    messages = [("sender@elsewhere.example", users[at:at + recipients])
                for at in range(0, len(users), recipients)]
    return [Session(messages[number::sessions], first=("sender@elsewhere.example", [first]))
            for number in range(sessions)]


def measure(mta, port, sessions, rounds, count=lambda: 0):
    """All of them at once; `count` is called before and after, and counts on."""
    clients = [Client(port, session, rounds, mta != "Postfix") for session in sessions]
    before, begun = count(), time.monotonic()
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    took, counted = time.monotonic() - begun, count() - before
    for client in clients:
        client.close()
    refused = sum((client.refused for client in clients), collections.Counter())
    failures = [client.failure for client in clients if client.failure]
    if refused or failures:
        raise world.WorldError("%s: refused: %s; failed: %s" % (
            mta, refused.most_common(2), failures[:1]))
    recipients = rounds * sum(
        len(users) for session in sessions for _, users in session.messages)
    return Measured(recipients / took,
                    sorted(wait for client in clients for wait in client.waits), counted)
