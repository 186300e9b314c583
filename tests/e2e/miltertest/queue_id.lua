-- sendmail says the queue id at MAIL, Postfix after the first recipient it has taken. One
-- that came late belongs to its message only.
dofile(common)

conn = session()
mail(conn, "i", "EARLY")
rcpt(conn, "<user010@example.test>", "continue")
rcpt(conn, "<user011@example.test>", "continue")
eom(conn)
mail(conn)
rcpt(conn, "<user012@example.test>", "continue")
mt.macro(conn, SMFIC_RCPT, "i", "LATE")
rcpt(conn, "<user013@example.test>", "continue")
eom(conn)
mail(conn)
rcpt(conn, "<user014@example.test>", "continue")
mt.disconnect(conn)
