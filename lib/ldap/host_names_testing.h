// Host names for tests: replaces getaddrinfo's answers for them in the whole
// program, including libldap.

#ifndef MAILVERDICT_LIB_LDAP_HOST_NAMES_TESTING_H_
#define MAILVERDICT_LIB_LDAP_HOST_NAMES_TESTING_H_

#include <string>
#include <vector>

namespace mailverdict {

// There may be one object at a time. Thread-safe.
class HostNames {
 public:
  HostNames() = default;
  ~HostNames();  // forgets all
  HostNames(const HostNames&) = delete;
  HostNames& operator=(const HostNames&) = delete;

  // Sets the numeric addresses of a name. If there are none, a lookup of the
  // name fails.
  void Set(const std::string& name, const std::vector<std::string>& addresses);
  // Hang(true) makes lookups of these names wait until Hang(false), or until
  // this object is destroyed.
  void Hang(bool hang);
  // How often the name was looked up.
  int Lookups(const std::string& name) const;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_LDAP_HOST_NAMES_TESTING_H_
