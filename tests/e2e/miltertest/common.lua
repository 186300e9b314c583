-- What the scripts of this folder share. milter_test.py gives the globals `socket`, where the
-- milter listens, and `common`, this file:
--
--   miltertest -D socket=unix:/run/mailverdict/milter -D common=common.lua -s FILE
--
-- miltertest itself says nothing of an error(), so what is wrong is printed first.

EXISTING, MISSING = "<user001@example.test>", "<missing@example.test>"
REPLIES = {[SMFIR_CONTINUE] = "continue", [SMFIR_REPLYCODE] = "reply",
           [SMFIR_TEMPFAIL] = "tempfail", [SMFIR_REJECT] = "reject",
           [SMFIR_ACCEPT] = "accept"}

function check(what, right, got)
  if right ~= got then
    mt.echo(what .. ": got " .. tostring(got) .. ", not " .. tostring(right))
    error("wrong")
  end
end

-- One step, which has to succeed and to be answered so; of `nil` no answer is wanted.
function step(conn, what, right, failure)
  check(what, nil, failure)
  if right ~= nil then check(what, right, REPLIES[mt.getreply(conn)]) end
end

-- A new connection, up to a client's.
function session(client)
  local conn = mt.connect(socket)
  check("connect", false, conn == nil)
  step(conn, "negotiate", nil, mt.negotiate(conn, nil, nil, nil))
  step(conn, "client", "continue", mt.conninfo(conn, "client.example", client or "192.0.2.1"))
  return conn
end

-- MAIL, with the macros given as name, value, name, value ... MTAs always send those of a
-- stage, if only none; miltertest needs one, and libmilter keeps the last ones that came.
function mail(conn, ...)
  step(conn, "macros", nil, mt.macro(conn, SMFIC_MAIL, "{mail_host}", "x", ...))
  step(conn, "MAIL", "continue", mt.mailfrom(conn, "<sender@elsewhere.example>"))
end

function rcpt(conn, recipient, right)
  step(conn, "RCPT " .. recipient, right, mt.rcptto(conn, recipient))
end

function eom(conn)
  step(conn, "end of message", "continue", mt.eom(conn))
end
