-- Who has logged in passes, in that message; so does a client of a local network, in all.
dofile(common)

conn = session()
mail(conn, "i", "AUTH1", "{auth_type}", "PLAIN")
rcpt(conn, MISSING, "continue")
eom(conn)
mail(conn, "i", "AUTH2")
rcpt(conn, MISSING, "reply")
mt.abort(conn)
mail(conn, "i", "AUTH3", "{auth_type}", "PLAIN")
rcpt(conn, MISSING, "continue")
mt.abort(conn)
mail(conn, "i", "AUTH4", "{auth_type}", "")
rcpt(conn, MISSING, "reply")
mt.disconnect(conn)

for client, right in pairs({
    ["198.51.100.7"] = "continue", ["198.51.101.7"] = "reply", ["unspec"] = "reply"}) do
  conn = session(client)
  mail(conn)
  rcpt(conn, MISSING, right)
  eom(conn)
  mail(conn)
  rcpt(conn, MISSING, right)
  mt.disconnect(conn)
end
