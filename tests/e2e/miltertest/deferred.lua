-- While the directory fails: `later` for whom nobody knows, and for nobody else.
dofile(common)

conn = session()
mail(conn)
rcpt(conn, "<user020@example.test>", "reply")
rcpt(conn, "<missing20@example.test>", "reply")
rcpt(conn, EXISTING, "continue")     -- is in the cache
rcpt(conn, "<postmaster@example.test>", "continue")
rcpt(conn, "<x@elsewhere.example>", "continue")
eom(conn)
mt.disconnect(conn)
