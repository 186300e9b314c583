// Host names of the test's own: what getaddrinfo says of them to the whole
// program, libldap included.

#ifndef MAILVERDICT_LIB_LDAP_HOST_NAMES_TESTING_H_
#define MAILVERDICT_LIB_LDAP_HOST_NAMES_TESTING_H_

#include <string>
#include <vector>

namespace mailverdict {

// One at a time. Any thread.
class HostNames {
 public:
  HostNames() = default;
  ~HostNames();  // forgets all
  HostNames(const HostNames&) = delete;
  HostNames& operator=(const HostNames&) = delete;

  // Numeric addresses; without any, a lookup of the name fails.
  void Set(const std::string& name, const std::vector<std::string>& addresses);
  // From now on lookups of these names wait until this is called with false, or
  // until this object is gone.
  void Hang(bool hang);
  // How often it was looked up.
  int Lookups(const std::string& name) const;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_LDAP_HOST_NAMES_TESTING_H_
