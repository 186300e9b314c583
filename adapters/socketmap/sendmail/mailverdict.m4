divert(-1)
dnl
dnl mailverdict.m4 - ask mailverdictd about recipients, senders and clients.
dnl
dnl	FEATURE(`mailverdict' [, `SOCKET' [, `TIMEOUT' [, `ask' [, `MORE']]]])
dnl
dnl	SOCKET	 the address of mailverdictd. Default unix:/run/mailverdict/socketmap.
dnl		 Over TCP write inet:7777@127.0.0.1, never brackets: sendmail accepts
dnl		 inet:7777@[127.0.0.1], but then never connects.
dnl	TIMEOUT	 how long to wait for one answer, default 5s. It has to be longer than
dnl		 the daemon's deadline (4s). sendmail's own default would be 30s.
dnl	ask	 ask about the recipients of submitted mail, too. Submitted mail comes
dnl		 from a client that has logged in, or through a daemon in
dnl		 $={MailverdictSubmission}. By default it passes without a question.
dnl	MORE	 what to ask about besides: `senders', `client' or `senders,client'.
dnl	senders	 ask at MAIL, too, for the policy's check `domain'. This costs one more
dnl		 question for each message. Without it senders pass.
dnl	client	 tell mailverdictd at connect which client comes, for the policy's check
dnl		 `dnsbl'. It asks the block lists while the client says HELO and MAIL, and
dnl		 no client waits for this. The reply about a listing is given at RCPT,
dnl		 with or without `client'.
dnl
dnl The rules are in Local_check_rcpt and, if they are asked for, in Local_check_mail and
dnl Local_check_relay. A site's own rules in these rulesets run as well, in the order of
dnl the .mc file: rules below LOCAL_RULESETS run after these. Earlier rules may leave the
dnl workspace in canonical form (user<@host.>).
dnl
dnl The value of the map is one of these:
dnl
dnl	pass				go on: relaying, other checks
dnl	defer:X.Y:TEXT			451 4.X.Y TEXT
dnl	reject:X.Y:CODE:TEXT		CODE 5.X.Y TEXT, CODE one of $={MailverdictCode}
dnl	anything else, or nothing	451 4.3.0
dnl
dnl Only the word reject leads to a 5xx. Everything else is a 451: a missing, dead or slow
dnl daemon, an unknown word, "not found", "permanent error".
dnl
divert(0)
VERSIONID(`mailverdict.m4 1')
divert(-1)

define(`_MAILVERDICT_SOCKET_',
	`ifelse(len(X`'_ARG_), `1', `unix:/run/mailverdict/socketmap', `_ARG_')')
define(`_MAILVERDICT_TIMEOUT_',
	`ifelse(len(X`'_ARG2_), `1', `5s', `_ARG2_')')
ifelse(index(_MAILVERDICT_SOCKET_, `@['), `-1', `',
	`errprint(`*** ERROR: FEATURE(`mailverdict'): write inet:PORT@ADDRESS without brackets
')')
ifelse(len(X`'_ARG3_), `1', `', _ARG3_, `ask', `',
	`errprint(`*** ERROR: FEATURE(`mailverdict'): third argument is `ask' or nothing
')')
define(`_MAILVERDICT_BLANKS_', `translit(`$*', `,', ` ')')
define(`_MAILVERDICT_MORE_', _MAILVERDICT_BLANKS_(_ARG4_))
ifelse(_MAILVERDICT_MORE_, `', `', _MAILVERDICT_MORE_, `senders', `',
	_MAILVERDICT_MORE_, `client', `', _MAILVERDICT_MORE_, `senders client', `',
	_MAILVERDICT_MORE_, `client senders', `',
	`errprint(`*** ERROR: FEATURE(`mailverdict'): fourth argument is `senders', `client', `senders,client' or nothing
')')
dnl _MAILVERDICT_IF_(WORD, TEXT): TEXT if MORE contains WORD, otherwise nothing.
define(`_MAILVERDICT_IF_', `ifelse(index(_MAILVERDICT_MORE_, `$1'), `-1', `dnl
', `$2')')
define(`_MAILVERDICT_MAP_', `socket -f -q -d`'_MAILVERDICT_TIMEOUT_ -T<TMPF> _MAILVERDICT_SOCKET_')

define(`_MAILVERDICT_LATER_', `"451 Mail cannot be checked now, try again later"')

LOCAL_CONFIG
# mailverdictd. The map's name tells the daemon which question is asked.
#	-f  keep the case of the key, and do not cut it at 256 bytes
#	-q  keep the quotes of the key
#	-d  how long to wait for an answer
#	-T  return this word for a failure, instead of "not found"
Krcpt _MAILVERDICT_MAP_
_MAILVERDICT_IF_(`senders', `Kmail _MAILVERDICT_MAP_
')dnl
_MAILVERDICT_IF_(`client', `Kclient _MAILVERDICT_MAP_
')dnl
# permanent reply codes that may be passed on
C{MailverdictCode}550 551 552 553 554 555 556
# daemons that take submissions, by the Name= of their DaemonPortOptions
C{MailverdictSubmission}MSA MSA-v4 MSA-v6 MSP MSP-v4 MSP-v6

LOCAL_RULESETS
######################################################################
###  mailverdict: a 5xx only for recipients that are proven absent
######################################################################
SLocal_check_rcpt
R$*			$: $1 $| $>"Mailverdict" $1
R$* $| $#$*		$#$2
R$* $| OK		$: $1			restored, for the rules that follow
# a value that sendmail cannot tokenise ends the called ruleset early
R$* $| $*		$#error $@ 4.3.0 $: _MAILVERDICT_LATER_

###  Mailverdict -- ask about one recipient
###
###	Parameters:
###		$1: the recipient, as the client sent it or in canonical form
###	Returns:
###		OK or $#error
SMailverdict
R$*			$: $1 $| $>"MailverdictSubmitted" $1
R$* $| OK		$@ OK
R$* $| $*		$: $>"MailverdictAddress" $1
R<>			$@ OK		sendmail itself refuses an empty recipient
# The key ends in ">,;", so that the daemon notices one that was cut. Each value stands
# between delimiters, since sendmail puts a blank between two words that touch.
# {rcpt_addr} is the address that sendmail itself has made of the recipient: it sends
# user%host at one of our own hosts on to user at host.
R<$+>			$: <$(rcpt $1,resolved=<$&{rcpt_addr}>,sender=<$&f>,client=<$&{client_addr}>,id=<$&i>,auth=<$&{auth_type}>,; $: ? $)>
R$*			$@ $>"MailverdictAnswer" $1

_MAILVERDICT_IF_(`senders', `dnl
SLocal_check_mail
R$*			$: $1 $| $>"MailverdictSender" $1
R$* $| $#$*		$#$2
R$* $| OK		$: $1
R$* $| $*		$#error $@ 4.3.0 $: _MAILVERDICT_LATER_

###  MailverdictSender -- ask about the sender
SMailverdictSender
R$*			$: $1 $| $>"MailverdictSubmitted" $1
R$* $| OK		$@ OK
R$* $| $*		$: $>"MailverdictAddress" $1
R<>			$@ OK		a bounce has no sender
R<$+>			$: <$(mail $1,client=<$&{client_addr}>,id=<$&i>,auth=<$&{auth_type}>,; $: ? $)>
R$*			$@ $>"MailverdictAnswer" $1

')dnl
_MAILVERDICT_IF_(`client', `dnl
SLocal_check_relay
R$*			$: $1 $| $>"MailverdictClient" $1
R$* $| $#$*		$#$2
R$* $| OK		$: $1

###  MailverdictClient -- tell the daemon which client has connected
###
###	Only a verdict stops a client here. Without a usable answer the client goes on,
###	since RCPT asks again.
SMailverdictClient
R$*			$: $1 $| $>"MailverdictSubmitted" $1
R$* $| OK		$@ OK
R$*			$: <$(client ,client=<$&{client_addr}>,id=<>,auth=<>,; $: ? $)>
R<$* <TMPF>>		$@ OK
R<defer : $* >		$@ $>"MailverdictAnswer" <defer : $1>
R<reject : $* >		$@ $>"MailverdictAnswer" <reject : $1>
R$*			$@ OK

')dnl
###  MailverdictSubmitted -- OK if this is submitted mail that passes
SMailverdictSubmitted
ifelse(_ARG3_, `ask', `dnl', `dnl
R$*			$: $&{auth_type}
R$+			$@ OK
R$*			$: $&{daemon_name}
R$={MailverdictSubmission}	$@ OK')
R$*			$@ NO

###  MailverdictAddress -- from an address in any form to <ADDRESS>
###
###	Takes user<@host.> apart; of anything else it takes the text between the
###	innermost < and >.
SMailverdictAddress
R$+ <@ $+ . >		$: <$1@$2>
R$+ <@ $+ >		$: <$1@$2>
R$*			$: <$1>
R$+ <$*>		<$2>
R<$*> $+		<$1>

###  MailverdictAnswer -- from <ANSWER> to OK or $#error
SMailverdictAnswer
# Test for the failure first: the text before <TMPF> is the key, which the client chose.
R<$* <TMPF>>		$#error $@ 4.3.0 $: _MAILVERDICT_LATER_
R<pass>			$@ OK
R<defer : $-.$- : $+>	$#error $@ 4.$1.$2 $: "451 " $3
R<reject : $-.$- : $={MailverdictCode} : $+>	$#error $@ 5.$1.$2 $: $3 " " $4
R$*			$#error $@ 4.3.0 $: _MAILVERDICT_LATER_
divert(-1)
