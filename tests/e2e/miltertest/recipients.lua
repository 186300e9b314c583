-- Each recipient is judged for itself, in one message and in the next.
dofile(common)

conn = session()
for _ = 1, 2 do
  mail(conn)
  rcpt(conn, MISSING, "reply")
  rcpt(conn, EXISTING, "continue")
  rcpt(conn, MISSING, "reply")
  rcpt(conn, "<postmaster@example.test>", "continue")
  rcpt(conn, "<x@elsewhere.example>", "continue")
  rcpt(conn, "<not-understood@example.test", "reply")
  rcpt(conn, "<USER001@EXAMPLE.TEST>", "continue")
  eom(conn)
end
mt.disconnect(conn)
