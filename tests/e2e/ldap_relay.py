"""A TCP relay to an LDAP server, which can be told to misbehave."""

import socket
import threading
import time


_BACKLOG = 512


class Relay(threading.Thread):
    """From 127.0.0.1:`port` to 127.0.0.1:`to`.

    Modes: pass; black hole (SYNs are dropped); silent (accepts, and nothing comes back);
    close (accepts and closes); cut (closes in the middle of the answer to the first search);
    cut after N, hold after N: N whole LDAP messages of the server are passed on in each
    connection, then it is closed, or nothing more comes.
    """

    def __init__(self, port, to):
        super().__init__(daemon=True)
        self.port = port
        self.mode = "pass"
        self.held = threading.Event()      # a connection has reached N of "hold after N"
        self._to = to
        self._open = []
        self._fill = []                    # connections that nobody accepts
        self._listener = socket.create_server(("127.0.0.1", port), backlog=_BACKLOG)
        self.start()

    def become(self, mode):
        """New connections find it so; those that are open are closed, or silent."""
        self.mode = mode
        self.held.clear()
        if mode == "black hole":
            self._fill_queue()
        elif self._fill:
            self._empty_queue()
        if mode != "silent":
            self.disconnect()

    def resume(self):
        """It passes again; what was held goes on, in the same connections."""
        self.mode = "pass"

    def disconnect(self):
        """Closes all connections; the next ones are as the mode says."""
        for each in self._open:
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self._open = []

    def _fill_queue(self):
        """The kernel drops SYNs for a listener whose queue is full."""
        self._listener.listen(0)
        for _ in range(4):
            self._fill.append(socket.socket())
            self._fill[-1].setblocking(False)
            self._fill[-1].connect_ex(("127.0.0.1", self.port))

    def _empty_queue(self):
        self._listener.listen(_BACKLOG)
        for each in self._fill:
            each.close()
        self._fill = []

    def run(self):
        while True:
            client = self._listener.accept()[0]
            while self.mode == "black hole":
                time.sleep(0.02)
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.mode == "close":
                client.close()
                continue
            self._open.append(client)
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        try:
            with socket.create_connection(("127.0.0.1", self._to)) as server:
                server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self._copy, args=(client, server),
                                 daemon=True).start()
                self._answer(client, server)
        except OSError:
            pass
        try:
            client.shutdown(socket.SHUT_RDWR)      # `_copy` still reads there
        except OSError:
            pass
        client.close()

    def _answer(self, client, server):
        """Passes on what the server says, as the mode at that moment has it."""
        begun = self.mode
        counted = begun == "cut" or begun[-1].isdigit()
        limit = 1 if begun == "cut" else int(begun.rpartition(" ")[2]) if counted else None
        for number, data in enumerate(messages(server) if counted else pieces(server)):
            if number == limit and self.mode == begun:
                if begun == "cut":
                    client.sendall(data[:len(data) // 2])
                    return
                self.held.set()
            while self.mode == "silent" or (number == limit and self.mode == begun):
                time.sleep(0.02)
            client.sendall(data)
            if number + 1 == limit and begun.startswith("cut after"):
                return

    @staticmethod
    def _copy(source, target):
        try:
            for data in pieces(source):
                target.sendall(data)
        except OSError:
            pass
        try:
            target.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def pieces(source):
    """What is received, as it comes."""
    while True:
        data = source.recv(65536)
        if not data:
            return
        yield data


def messages(source):
    """The whole LDAP messages (RFC 4511, 4.1.1) among what is received."""
    unread = b""
    for data in pieces(source):
        unread += data
        while len(unread) >= 2:
            head = 2 + (unread[1] & 0x7f if unread[1] & 0x80 else 0)
            if len(unread) < head:
                break
            end = head + (int.from_bytes(unread[2:head], "big") if head > 2 else unread[1])
            if len(unread) < end:
                break
            yield unread[:end]
            unread = unread[end:]
