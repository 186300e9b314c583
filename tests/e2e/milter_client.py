"""The MTA's side of the milter protocol, as much as a test needs.

    with milter_client.Connection("/run/mailverdict/milter") as milter:
        milter.begin_session()
        milter.begin_message(queue_id="Q1")
        print(milter.rcpt("<somebody@example.test>"))   # milter_client.CONTINUE

A thousand of them fit in one process; miltertest speaks with one.
"""

import socket
import struct

VERSION = 6
# What sendmail 8.17 and Postfix 3.7 offer: all actions, all steps but SMFIP_RCPT_REJ.
ACTIONS, STEPS = 0x1ff, 0x1ff7ff
CONTINUE, TEMPFAIL, REJECT = "continue", "tempfail", "reject"
_WORDS = {b"c": CONTINUE, b"t": TEMPFAIL, b"r": REJECT}


class Connection:
    """One connection of an MTA's process; a reply is a word, or the text of SMFIR_REPLYCODE.

    "" is said when the milter has closed.
    """

    def __init__(self, address, timeout=30):
        family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
        self._socket = socket.socket(family)
        self._socket.settimeout(timeout)
        self._socket.connect(address)
        self._unread = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._socket.close()

    def fileno(self):
        return self._socket.fileno()

    # ---- packets ----

    def send_bytes(self, data):
        self._socket.sendall(data)

    def send(self, command, data=b""):
        self.send_bytes(struct.pack("!L", 1 + len(data)) + command + data)

    def receive(self):
        """The next packet: (command, data); (b"", b"") at the end."""
        while True:
            if len(self._unread) >= 4:
                end = 4 + struct.unpack("!L", self._unread[:4])[0]
                if len(self._unread) >= end:
                    packet, self._unread = self._unread[4:end], self._unread[end:]
                    return packet[:1], packet[1:]
            try:
                data = self._socket.recv(65536)
            except ConnectionResetError:
                data = b""
            if not data:
                return b"", b""
            self._unread += data

    def reply(self):
        command, data = self.receive()
        if command == b"y":
            return data.rstrip(b"\0").decode("ascii")
        return _WORDS.get(command, command.decode("ascii"))

    # ---- the stages ----

    def negotiate(self):
        """What the milter asks for: (actions, steps, {stage: macros})."""
        self.send(b"O", struct.pack("!LLL", VERSION, ACTIONS, STEPS))
        command, data = self.receive()
        if command != b"O":
            raise ConnectionError("no negotiation, but %r" % command)
        _, actions, steps = struct.unpack("!LLL", data[:12])
        macros, rest = {}, data[12:]
        while rest:
            words, _, after = rest[4:].partition(b"\0")
            macros[struct.unpack("!L", rest[:4])[0]] = words.decode()
            rest = after
        return actions, steps, macros

    def macros(self, stage, **values):
        """`i` is said as it is, longer names in braces, as MTAs do."""
        data = stage + b"".join(
            b"%s\0%s\0" % ((name if len(name) == 1 else "{%s}" % name).encode(),
                           value.encode()) for name, value in values.items())
        self.send(b"D", data)

    def connect(self, client="192.0.2.1"):
        self.send(b"C", b"client.example\x004" + struct.pack("!H", 1025)
                  + client.encode() + b"\0")
        return self.reply()

    def mail(self, sender="<sender@elsewhere.example>"):
        self.send(b"M", sender.encode() + b"\0")
        return self.reply()

    def send_rcpt(self, recipient):
        self.send(b"R", recipient.encode() + b"\0")

    def rcpt(self, recipient, resolved=None):
        """`resolved`: the macro {rcpt_addr}; without, it is not sent."""
        if resolved is not None:
            self.macros(b"R", rcpt_addr=resolved)
        self.send_rcpt(recipient)
        return self.reply()

    def end_of_message(self):
        self.send(b"E")
        return self.reply()

    def abort(self):
        self.send(b"A")

    # ---- several at once ----

    def begin_session(self, client="192.0.2.1"):
        self.negotiate()
        return self.connect(client)

    def begin_message(self, queue_id=None):
        if queue_id is not None:
            self.macros(b"M", i=queue_id)
        return self.mail()
