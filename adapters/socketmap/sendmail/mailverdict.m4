divert(-1)
dnl
dnl mailverdict.m4 - ask mailverdictd about recipients, senders and clients.
dnl
dnl	FEATURE(`mailverdict' [, `SOCKET' [, `TIMEOUT' [, `ask' [, `MORE']]]])
dnl
dnl	SOCKET	 where mailverdictd listens. Default unix:/run/mailverdict/socketmap;
dnl		 over TCP write inet:7777@127.0.0.1, never brackets: sendmail takes
dnl		 inet:7777@[127.0.0.1] and then never connects.
dnl	TIMEOUT	 how long to wait for one answer, default 5s. It has to be longer than
dnl		 the daemon's deadline (4s); without it sendmail would wait 30s.
dnl	ask	 ask about the recipients of submitted mail too (a client that has
dnl		 logged in, or a daemon in $={MailverdictSubmission}). By default
dnl		 submitted mail passes without a question.
dnl	MORE	 what is asked besides: `senders', `client' or `senders,client'.
dnl	senders	 ask at MAIL, too, for the policy's check `domain'. One more question a
dnl		 message; without it senders pass.
dnl	client	 tell at connect who comes, for the policy's check `dnsbl': the block
dnl		 lists are asked while the client says HELO and MAIL. Nobody waits for
dnl		 them, and their verdict is told at RCPT, with or without this.
dnl
dnl The rules live in Local_check_rcpt and, if they are asked for, Local_check_mail and
dnl Local_check_relay. A site's own rules there run as well, in the order of the .mc
dnl file: those below LOCAL_RULESETS run after these, and a workspace of theirs that is
dnl already canonical (user<@host.>) is understood.
dnl
dnl What sendmail hears back is one word and what belongs to it:
dnl
dnl	pass				go on: relaying, other checks
dnl	defer:X.Y:TEXT			451 4.X.Y TEXT
dnl	reject:X.Y:CODE:TEXT		CODE 5.X.Y TEXT, CODE one of $={MailverdictCode}
dnl	anything else, or nothing	451 4.3.0
dnl
dnl Only the word reject can end in a 5xx. A missing, dead or slow daemon, an unknown
dnl word, "not found", "permanent error": all are 451.
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
dnl _MAILVERDICT_IF_(WORD, TEXT): the text if MORE has the word.
define(`_MAILVERDICT_IF_', `ifelse(index(_MAILVERDICT_MORE_, `$1'), `-1', `dnl
', `$2')')
define(`_MAILVERDICT_MAP_', `socket -f -q -d`'_MAILVERDICT_TIMEOUT_ -T<TMPF> _MAILVERDICT_SOCKET_')

define(`_MAILVERDICT_LATER_', `"451 Mail cannot be checked now, try again later"')

LOCAL_CONFIG
# mailverdictd. The name of the map is what the daemon is asked for.
#	-f  keep the case of the key, and do not cut it at 256 bytes
#	-q  keep the quotes of the key
#	-d  how long to wait for an answer
#	-T  a failure is an answer of its own, not "not found"
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
###  mailverdict: only what is proven absent is refused for good
######################################################################
SLocal_check_rcpt
R$*			$: $1 $| $>"Mailverdict" $1
R$* $| $#$*		$#$2
R$* $| OK		$: $1			as it was, for the rules that follow
# a value that sendmail could not read ends the ruleset early
R$* $| $*		$#error $@ 4.3.0 $: _MAILVERDICT_LATER_

###  Mailverdict -- ask about one recipient
###
###	Parameters:
###		$1: the recipient, as sent or canonical
###	Returns:
###		OK or $#error
SMailverdict
R$*			$: $1 $| $>"MailverdictSubmitted" $1
R$* $| OK		$@ OK
R$* $| $*		$: $>"MailverdictAddress" $1
R<>			$@ OK		sendmail itself refuses it
# The key ends in ">,;": one that was cut short shows. Each value stands between
# delimiters, since sendmail puts a blank between two words that touch.
# {rcpt_addr} is what sendmail itself has made of the recipient: the user%host of
# an address at one of our own hosts goes to host.
R<$+>			$: <$(rcpt $1,resolved=<$&{rcpt_addr}>,sender=<$&f>,client=<$&{client_addr}>,id=<$&i>,auth=<$&{auth_type}>,; $: ? $)>
R$*			$@ $>"MailverdictAnswer" $1

_MAILVERDICT_IF_(`senders', `dnl
SLocal_check_mail
R$*			$: $1 $| $>"MailverdictSender" $1
R$* $| $#$*		$#$2
R$* $| OK		$: $1
R$* $| $*		$#error $@ 4.3.0 $: _MAILVERDICT_LATER_

###  MailverdictSender -- the same for the sender
SMailverdictSender
R$*			$: $1 $| $>"MailverdictSubmitted" $1
R$* $| OK		$@ OK
R$* $| $*		$: $>"MailverdictAddress" $1
R<>			$@ OK		bounces
R<$+>			$: <$(mail $1,client=<$&{client_addr}>,id=<$&i>,auth=<$&{auth_type}>,; $: ? $)>
R$*			$@ $>"MailverdictAnswer" $1

')dnl
_MAILVERDICT_IF_(`client', `dnl
SLocal_check_relay
R$*			$: $1 $| $>"MailverdictClient" $1
R$* $| $#$*		$#$2
R$* $| OK		$: $1

###  MailverdictClient -- tell who has connected
###
###	Only a verdict stops a client here: what has no usable answer is OK, and at
###	RCPT it is asked again.
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

###  MailverdictAddress -- <ADDRESS> alone
###
###	of user<@host.>, or what is between the innermost < and >
SMailverdictAddress
R$+ <@ $+ . >		$: <$1@$2>
R$+ <@ $+ >		$: <$1@$2>
R$*			$: <$1>
R$+ <$*>		<$2>
R<$*> $+		<$1>

###  MailverdictAnswer -- from <ANSWER> to OK or $#error
SMailverdictAnswer
# The failure first of all: what stands before <TMPF> is the key, so chosen by the client.
R<$* <TMPF>>		$#error $@ 4.3.0 $: _MAILVERDICT_LATER_
R<pass>			$@ OK
R<defer : $-.$- : $+>	$#error $@ 4.$1.$2 $: "451 " $3
R<reject : $-.$- : $={MailverdictCode} : $+>	$#error $@ 5.$1.$2 $: $3 " " $4
R$*			$#error $@ 4.3.0 $: _MAILVERDICT_LATER_
divert(-1)
