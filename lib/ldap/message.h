// From the messages of an LDAP search to its result.

#ifndef MAILVERDICT_LIB_LDAP_MESSAGE_H_
#define MAILVERDICT_LIB_LDAP_MESSAGE_H_

#include <string>

#include "lib/ldap/attribution.h"

// As libldap names them.
struct ldap;
struct ldapmsg;

namespace mailverdict {

// A result code, and what the server said to it (may be null), for people.
std::string DescribeResult(int code, const char* diagnostic);

// Adds one message to the result of its search; true when that is complete. A
// message that cannot be read is a failure of the search.
bool TakeMessage(ldap* handle, ldapmsg* message, SearchResult* result);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_LDAP_MESSAGE_H_
