#!/usr/bin/python3
"""The milter's daemon is killed, restarted and told to read its policy, under load.

    tests/e2e/milter_load_test.py --daemon FILE [--xml FILE]

Twenty sessions at each of real sendmail and real Postfix send whole messages, each to
somebody who exists and to somebody who does not, while SIGKILL, SIGTERM and hundreds of
SIGHUP hit mailverdictd. Nobody who exists is refused for good, nobody who does not is let
in, and every message that was taken is in the MTA's queue. SIGHUP costs nobody anything.
"""

import collections
import os
import re
import signal
import sys
import threading
import time

import report
import world

SESSIONS = 20                  # at each MTA
KILLS = 4                      # of each kind
SIGHUPS = 400
DEADLINE, DRAIN = 4.0, 1.0     # of the world's policy; Daemon::kDrain
SLACK = 1.5                    # a shared machine
PORTS = {"sendmail": 2525, "Postfix": 2530}
# What is taken stays in the queues.
HOLD_SENDMAIL = "define(`confDELIVERY_MODE', `queueonly')dnl\n"
HOLD_POSTFIX = {"smtpd_sender_restrictions": "check_sender_access static:HOLD"}
# A recipient in a queue file: in Postfix's a byte with the length stands before it.
RECIPIENT = {"sendmail": re.compile(rb"^R[A-Z]*:<(.+)>$", re.MULTILINE),
             "Postfix": re.compile(rb"R[\x01-\x7f]([!-~]+@example\.test)")}


def mail(local):
    return "%s@%s" % (local, world.DOMAIN)


class Sender(threading.Thread):
    """One client of one MTA, message after message until it is told to stop.

    said: how often each reply was given, to "existing", to "missing", or to a "message".
    taken: for each message that was taken, its mark and the recipients that were.
    wrong: replies that must never be.
    """

    def __init__(self, name, number, users):
        super().__init__(daemon=True)
        self.said = collections.Counter()
        self.taken = {}
        self.wrong = []
        self.broken = 0              # sessions that did not end as they should
        self._mta = name
        self._mark = "%s-%d" % (name.lower(), number)
        self._users = users
        self._messages = 0
        self._end = threading.Event()

    def stop(self):
        self._end.set()

    def run(self):
        while not self._end.is_set():
            try:
                with world.SmtpSession(PORTS[self._mta]) as session:
                    while not self._end.is_set() and self._message(session):
                        pass
                self._end.wait(0.02)
            except OSError:
                self.broken += 1

    def _message(self, session):
        """One message; whether the session is still of use."""
        mark = "%s-%d" % (self._mark, self._messages)
        user = self._users[self._messages % len(self._users)]
        asked = (("existing", mail(user)), ("missing", mail("nobody-" + mark)))
        self._messages += 1
        # MAIL's reply is that of the message, if it is refused.
        replies, end = session.deliver(*[recipient for _, recipient in asked], mark=mark)
        taken = []
        for (kind, recipient), reply in zip(asked, replies):
            self._judge(kind, recipient, reply)
            if reply.code == 250:
                taken.append(recipient)
        if end is None:
            return session.say(b"RSET").code == 250 and all(r.code for r in replies)
        self._judge("message", mark, end)
        if end.code == 250:
            self.taken[mark] = taken
        return end.code == 250

    def _judge(self, kind, what, reply):
        said = "%d %s" % (reply.code, reply.enhanced)
        self.said[kind, said] += 1
        # 0: the connection broke, and nothing was said.
        right = {"existing": ("250 ", "4", "0"), "missing": ("550 5.1.1", "4", "0"),
                 "message": ("250 ", "4", "0")}[kind]
        if not said.startswith(right):
            self.wrong.append("%s %s: %s %s" % (kind, what, said, reply.text))


class LoadTest(report.Suite):
    """The servers, and the results."""

    def __init__(self, program):
        super().__init__("milter_load")
        self.slapd = world.Slapd()
        self.slapd.start()
        self.daemon = world.Daemon(program, more=world.MILTER_LISTENER)
        self.daemon.start()
        sendmail = world.Sendmail(
            "sendmail", PORTS["sendmail"],
            HOLD_SENDMAIL + world.SENDMAIL_MILTER)
        postfix = world.Postfix("postfix", {PORTS["Postfix"]: ("n", {})},
                                **dict(world.POSTFIX_MILTER, **HOLD_POSTFIX))
        self._queues = {"sendmail": world.ROOT + "/sendmail/queue", "Postfix": postfix.queue}
        for server in (sendmail, postfix):
            server.start()
        self.senders = {}

    # ---- load ----

    def start_load(self, phase):
        """People's names differ with each session, so that most are not in the cache."""
        self.senders = {name: [Sender(name, phase * 1000 + number,
                                      self.slapd.users[number::SESSIONS])
                               for number in range(SESSIONS)] for name in PORTS}
        for senders in self.senders.values():
            for sender in senders:
                sender.start()

    def stop_load(self):
        for senders in self.senders.values():
            for sender in senders:
                sender.stop()
        for senders in self.senders.values():
            for sender in senders:
                sender.join(30)

    def judge_load(self, phase, softly):
        """What all senders of a phase heard; `softly`: they may have heard `later`."""
        for name, senders in self.senders.items():
            said = sum((sender.said for sender in senders), collections.Counter())
            print("    %s: %s" % (name, ", ".join("%s %s: %d" % (
                kind, reply, number) for (kind, reply), number in sorted(said.items()))))
            wrong = [each for sender in senders for each in sender.wrong]
            self.check("%s, %s: nothing was said that is wrong" % (phase, name), [],
                       wrong[:5])
            for kind in ("existing", "missing", "message"):
                right = "550" if kind == "missing" else "250"
                number = sum(n for (k, reply), n in said.items()
                             if k == kind and reply.startswith(right))
                self.check("%s, %s: many right answers, %s" % (phase, name, kind),
                           lambda n: n > SESSIONS, number)
            if not softly:
                self.check("%s, %s: nothing but right answers" % (phase, name), 3, len(said))
                self.check("%s, %s: no session broke" % (phase, name), 0,
                           sum(sender.broken for sender in senders))
            self.check_queue(phase, name, senders)

    def check_queue(self, phase, name, senders):
        """All that was taken is there, for those recipients and no others."""
        queue = {}
        for where, _, files in os.walk(self._queues[name]):
            for path in (os.path.join(where, file) for file in files):
                if os.path.isfile(path):
                    with open(path, "rb") as file:
                        text = file.read()
                    mark = re.search(rb"Subject: ([a-z]+-\d+-\d+)", text)
                    if mark:
                        queue[mark.group(1).decode()] = sorted(
                            each.decode() for each in RECIPIENT[name].findall(text))
        taken = {mark: recipients for sender in senders
                 for mark, recipients in sender.taken.items()}
        wrong = [(mark, recipients, queue.get(mark)) for mark, recipients in taken.items()
                 if recipients != queue.get(mark)]
        print("    %s: %d messages taken, %d of them in the queue as they should" % (
            name, len(taken), len(taken) - len(wrong)))
        self.check("%s, %s: what was taken is in the queue, for those recipients" % (
            phase, name), [], wrong[:5])

    # ---- the phases ----

    def killed_and_terminated(self):
        self.start_load(1)
        time.sleep(1)
        slowest = 0.0
        for _ in range(KILLS):
            self.daemon.kill()
            time.sleep(0.1)
            self.daemon.start()
            time.sleep(1)
            begun = time.monotonic()
            self.check("SIGTERM ends it with 0, under load", 0, self.daemon.stop())
            slowest = max(slowest, time.monotonic() - begun)
            self.daemon.start()
            for _ in range(3):
                self.daemon.signal(signal.SIGHUP)
            time.sleep(1)
        self.stop_load()
        print("    the slowest SIGTERM took %.2f s" % slowest)
        self.check("... within the deadline and what is added to it",
                   lambda seconds: seconds < DEADLINE + DRAIN + SLACK, slowest)
        self.judge_load("killed", softly=True)

    def told_to_read(self):
        pid = self.daemon.pid
        self.start_load(2)
        time.sleep(0.5)
        sent = 0
        while sent < SIGHUPS:
            for _ in range(1 + sent % 5):    # a burst of one to five
                self.daemon.signal(signal.SIGHUP)
                sent += 1
            time.sleep(0.03)
        time.sleep(0.5)
        self.stop_load()
        self.check("after %d SIGHUP it still runs" % sent, None,
                   self.daemon._process.poll())
        self.check("... as the same process", pid, self.daemon.pid)
        with open(self.daemon.log) as log:
            read = log.read().count(" read again")
        print("    %d SIGHUP, the policy was read %d times" % (sent, read))
        self.check("... and has read its policy again and again", lambda times: times > 20,
                   read)
        self.judge_load("SIGHUP", softly=False)

    def run(self):
        self.play(self.told_to_read, self.killed_and_terminated)
        with open(self.daemon.log) as log:
            self.check("the daemon has said nothing else", [], [
                line for line in log if re.search("ERROR: |WARNING: |runtime error", line)])


def main():
    options = report.command_line("The milter under load, and broken.", "daemon").parse_args()
    world.enter(postfix=True)
    test = LoadTest(options.daemon)
    test.run()
    return test.finish(options.xml, world.tail(test.daemon.log, 30),
                       world.tail(world.ROOT + "/syslog", 30))


if __name__ == "__main__":
    sys.exit(main())
