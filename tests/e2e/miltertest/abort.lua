-- A message given up at any point, and a session cut off at any point: the next is right.
dofile(common)

steps = {
  function(conn) mail(conn, "i", "GIVENUP", "{auth_type}", "PLAIN") end,
  function(conn) rcpt(conn, MISSING, "continue") end,    -- logged in
  function(conn) rcpt(conn, EXISTING, "continue") end,
  function(conn) eom(conn) end,
}
for last = 0, #steps do
  for _, polite in pairs({true, false}) do
    conn = session()
    for number = 1, last do steps[number](conn) end
    if last < #steps then mt.abort(conn) end
    mail(conn)
    rcpt(conn, EXISTING, "continue")
    rcpt(conn, MISSING, "reply")
    eom(conn)
    for number = 1, last do steps[number](conn) end
    mt.disconnect(conn, polite)
  end
end
