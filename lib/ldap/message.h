// Builds the result of an LDAP search from its messages.

#ifndef MAILVERDICT_LIB_LDAP_MESSAGE_H_
#define MAILVERDICT_LIB_LDAP_MESSAGE_H_

#include <string>

#include "lib/ldap/attribution.h"

// As libldap names them.
struct ldap;
struct ldapmsg;

namespace mailverdict {

// Describes a result code and the server's diagnostic message (may be null) for
// people.
std::string DescribeResult(int code, const char* diagnostic);

// Adds one message to the result of its search; true when the result is
// complete. A message that cannot be read is a failure of the search. `base` is
// the base of the search, for the words of a failure.
bool TakeMessage(ldap* handle, ldapmsg* message, const std::string& base,
                 SearchResult* result);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_LDAP_MESSAGE_H_
