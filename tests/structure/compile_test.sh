#!/bin/sh
# What must not compile does not, and for the right reason. Each case is a function body;
# the first one compiles, so that the others fail by themselves and not by their frame.
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT

# The headers are read once.
cat >"$tmp/frame.h" <<EOF
#include "lib/core/replies.h"
#include "lib/core/verdict.h"
#include "lib/core/vouch.h"
EOF
g++ -std=c++17 -I. -x c++-header "$tmp/frame.h" -o "$tmp/frame.h.gch" || exit 1

frame() {
  cat <<EOF
#include "frame.h"
using namespace mailverdict;
Verdict Decide(const Answer& answer, const Report& report,
               const ListEntry& listed) {
  (void)answer; (void)report; (void)listed;
  $1
}
EOF
}
failed=0
compile() { frame "$1" | g++ -std=c++17 -I"$tmp" -I. -fsyntax-only -x c++ - 2>&1; }

compiles() {
  if ! out=$(compile "$1"); then
    echo "does not compile, and should: $1"
    echo "$out" | head -n 5
    failed=1
  fi
}

# refused BODY REASON
refused() {
  if out=$(compile "$1"); then
    echo "compiles, and must not: $1"
    failed=1
  elif ! echo "$out" | grep -q "$2"; then
    echo "is refused for another reason than \"$2\": $1"
    echo "$out" | head -n 5
    failed=1
  fi
}

compiles 'return Verdict::Reject(replies::kUserUnknown, *answer.ProofOfAbsence());'
compiles 'return Verdict::Reject(replies::kSenderDomainListed, Proof(listed));'
compiles 'return Verdict::Defer(replies::kDirectoryUnsure);'
refused 'return Verdict::Reject(replies::kUserUnknown);' 'no matching function'
refused 'return Verdict::Reject(replies::kUserUnknown, answer);' 'cannot convert'
refused 'return Verdict::Reject(replies::kUserUnknown, answer.ProofOfAbsence());' 'cannot convert'
refused 'return Verdict::Reject(replies::kUserUnknown, {});' 'cannot convert'
refused 'return Verdict::Reject(replies::kUserUnknown, Proof());' 'no matching function'
refused 'return Verdict::Reject(replies::kUserUnknown, Proof(answer));' 'private'
refused 'return Verdict::Reject(replies::kDirectoryUnsure, *answer.ProofOfAbsence());' 'cannot convert'
refused 'return Verdict::Defer(replies::kUserUnknown);' 'cannot convert'
refused 'constexpr DeferReply wrong(550, 1, 1, "no"); return Verdict::Defer(wrong);' 'constant expression\|a deferral is a 4xx'
refused 'constexpr RejectReply wrong(451, 1, 1, "no"); return Verdict::Reject(wrong, *answer.ProofOfAbsence());' 'constant expression\|a rejection is a 5xx'
refused 'Answer vouched(Answer::Data{report, "me", false, ""}); return Verdict::Reject(replies::kUserUnknown, *vouched.ProofOfAbsence());' 'private'
refused 'return Verdict::Reject(replies::kSenderDomainListed, listed);' 'cannot convert'
refused 'return Verdict::Reject(replies::kSenderDomainListed, Proof(ListEntry()));' 'no matching function'
refused 'ListEntry made("gmail.con", nullptr); return Verdict::Reject(replies::kSenderDomainListed, Proof(made));' 'private'
compiles 'return Verdict::Pass("why");'
compiles 'static constexpr char kWhy[] = "why"; return Verdict::Pass(kWhy);'
refused 'return Verdict::Pass(std::string("why"));' 'could not convert\|no matching\|cannot convert'
refused 'return Verdict::Pass(report.reason);' 'could not convert\|no matching\|cannot convert'
refused 'return Verdict::Pass(std::string_view("why"));' 'could not convert\|no matching\|cannot convert'
refused 'return Verdict::Pass(report.reason.c_str());' 'could not convert\|no matching\|cannot convert'
refused 'char why[] = "why"; return Verdict::Pass(why);' 'deleted function'
refused 'return Verdict::Defer(DeferReply(451, 4, 3, report.reason));' 'could not convert\|no matching\|cannot convert'
refused 'return Verdict::Reject(replies::kUserUnknown, *answer.ProofOfAbsence(), report.reason);' 'could not convert\|no matching\|cannot convert'
exit $failed
