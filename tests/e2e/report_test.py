#!/usr/bin/env -S python3 -B
"""What the drills and tests print of servers' texts drives no terminal."""

import contextlib
import io
import unittest

import drill
import report

BAD = "no\x1b[2J\r\u202ebackwards"
SHOWN = "no\\x1b[2J\\x0d\\x202ebackwards"


class PrintedText(unittest.TestCase):
    def test_printable_keeps_lines_and_letters(self):
        self.assertEqual("a\n  groß", report.printable("a\n  groß"))
        self.assertEqual(SHOWN, report.printable(BAD))

    def test_the_drills_escape_what_they_show(self):
        with contextlib.redirect_stdout(io.StringIO()) as out:
            drill.show(BAD, "well")
        self.assertEqual(SHOWN + "\nwell\n", out.getvalue())

    def test_the_logs_of_a_failed_test_are_escaped(self):
        with contextlib.redirect_stdout(io.StringIO()) as out:
            suite = report.Suite("suite")
            suite.check("a check", "yes", BAD)
            suite.finish(None, BAD)
        self.assertNotIn("\x1b", out.getvalue())
        self.assertIn(SHOWN, out.getvalue())


if __name__ == "__main__":
    unittest.main()
