-- The stages that are asked for: those that the chain needs, and no other. `wanted` has
-- their names. What the MTA has to be asked for besides is asked for never.
dofile(common)

conn = mt.connect(socket)
step(conn, "negotiate", nil, mt.negotiate(conn, nil, nil, nil))
for stage, bit in pairs({
    connect = SMFIP_NOCONNECT, helo = SMFIP_NOHELO, mail = SMFIP_NOMAIL,
    rcpt = SMFIP_NORCPT, header = SMFIP_NOHDRS, eoh = SMFIP_NOEOH, body = SMFIP_NOBODY,
    data = SMFIP_NODATA, unknown = SMFIP_NOUNKNOWN}) do
  check("declined: " .. stage, string.find(wanted, stage, 1, true) == nil,
        mt.test_option(conn, bit))
end
for name, bit in pairs({
    skip = SMFIP_SKIP, rejected_rcpt = SMFIP_RCPT_REJ, no_reply_rcpt = SMFIP_NR_RCPT,
    no_reply_mail = SMFIP_NR_MAIL, leading_space = SMFIP_HDR_LEADSPC}) do
  check("asked for: " .. name, false, mt.test_option(conn, bit))
end
for name, bit in pairs({
    add_header = SMFIF_ADDHDRS, change_body = SMFIF_CHGBODY, add_rcpt = SMFIF_ADDRCPT,
    delete_rcpt = SMFIF_DELRCPT, change_header = SMFIF_CHGHDRS,
    quarantine = SMFIF_QUARANTINE}) do
  check("may do: " .. name, false, mt.test_action(conn, bit))
end
mt.disconnect(conn)
