"""Clients that go on asking an MTA while something happens, and what they were told."""

import collections
import itertools
import threading
import time

import contest   # first: it finds the modules of tests/e2e
import world

IN_SESSION = 10
UNKNOWN = 3                    # of ten
PATIENCE = 15.0                # of a client, in seconds

Answer = collections.namedtuple("Answer", "begun ended exists code")


class Session(world.SmtpSession):
    TIMEOUT = PATIENCE


class Clients:
    """Ask one after the other, all at once, until they are told to stop."""

    def __init__(self, port, people, number):
        self.answers = []
        self._port = port
        self._people = people
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._threads = [threading.Thread(target=self._run, daemon=True)
                         for _ in range(number)]
        for thread in self._threads:
            thread.start()

    def stop(self):
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def _run(self):
        while not self._stopped.is_set():
            try:
                with Session(self._port) as session:
                    self._talk(session)
            except OSError:              # nobody was asked for
                time.sleep(0.05)

    def _talk(self, session):
        for _ in range(IN_SESSION):
            with self._lock:
                who, exists = next(self._people)
            begun = time.monotonic()
            reply = session.say(b"MAIL FROM:<sender@elsewhere.example>")
            if reply.code == 250:
                reply = session.say(("RCPT TO:<%s@%s>" % (who, world.DOMAIN)).encode())
            self.answers.append(Answer(begun, time.monotonic(), exists, reply.code))
            if self._stopped.is_set() or not reply.code:
                break
            session.say(b"RSET")


def recipients(users, prefix="nobody"):
    """Without end; the strangers are new each time."""
    known = itertools.cycle(users)
    for number in itertools.count():
        if number % 10 < UNKNOWN:
            yield "%s%06d" % (prefix, number), False
        else:
            yield next(known), True


class Played:
    """What was said during the fault, also to who was asking when it began, and after it."""

    def __init__(self, answers, begun, healed, seconds):
        during = [each for each in answers if each.ended >= begun and each.begun < healed]
        after = [each for each in answers if each.ended >= healed]
        self.waits = sorted(each.ended - each.begun for each in during)
        self.rate = len(during) / seconds
        self.codes = collections.Counter(each.code for each in during)
        self.answered = len(during)
        self.existing = sum(each.exists for each in during)
        self.refused = sum(each.exists and each.code >= 500 for each in during + after)
        self.accepted = sum(not each.exists and each.code == 250 for each in during + after)
        self.first = min((each.ended - healed for each in after
                          if each.exists and each.code == 250), default=None)
        self.all_right = max((each.ended - healed for each in after if each.code != (
            250 if each.exists else 550)), default=0.0)

    def wait(self, part):
        return contest.quantile(self.waits, part)
