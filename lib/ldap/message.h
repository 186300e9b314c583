// Builds the result of an LDAP search from its messages.

#ifndef MAILVERDICT_LIB_LDAP_MESSAGE_H_
#define MAILVERDICT_LIB_LDAP_MESSAGE_H_

#include <string>

#include "lib/ldap/attribution.h"

// As libldap names them.
struct ldap;
struct ldapmsg;

namespace mailverdict {

// Describes a result code and the server's diagnostic message for people.
// `diagnostic` may be nullptr.
std::string DescribeResult(int code, const char* diagnostic);

// Adds one message to the result of its search. Returns true if the result is
// then complete. If the message cannot be read, sets the result's failure.
// `base` is the base of the search; a failure's text names it.
bool TakeMessage(ldap* handle, ldapmsg* message, const std::string& base,
                 SearchResult* result);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_LDAP_MESSAGE_H_
