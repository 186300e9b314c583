#include "lib/ldap/host_names_testing.h"

#include <dlfcn.h>
#include <netdb.h>

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>

namespace {

struct Name {
  std::vector<std::string> addresses;
  int lookups = 0;
};

std::mutex g_mutex;  // guards the next two
bool g_hang = false;
std::condition_variable g_goes_on;
std::map<std::string, Name>& Names() {
  static auto* names = new std::map<std::string, Name>;
  return *names;
}

// nullopt for a name that the test has not set.
std::optional<std::vector<std::string>> LookUp(const char* node) {
  std::unique_lock<std::mutex> lock(g_mutex);
  auto name = Names().find(node == nullptr ? "" : node);
  if (name == Names().end()) return std::nullopt;
  ++name->second.lookups;
  g_goes_on.wait(lock, [] { return !g_hang; });
  name = Names().find(node);
  if (name == Names().end()) return std::nullopt;  // the test is over
  return name->second.addresses;
}

}  // namespace

// Replaces the function of the C library, for every library of the program.
extern "C" int getaddrinfo(const char* node, const char* service,
                           const addrinfo* hints, addrinfo** result) {
  static const auto real =
      reinterpret_cast<decltype(&getaddrinfo)>(dlsym(RTLD_NEXT, "getaddrinfo"));
  const bool numeric = hints != nullptr && (hints->ai_flags & AI_NUMERICHOST);
  const auto addresses = numeric ? std::nullopt : LookUp(node);
  if (!addresses.has_value()) return real(node, service, hints, result);
  addrinfo* first = nullptr;
  addrinfo** end = &first;
  for (const std::string& address : *addresses) {
    const int code = real(address.c_str(), service, hints, end);
    if (code != 0) return code;
    while (*end != nullptr) end = &(*end)->ai_next;
  }
  if (first == nullptr) return EAI_AGAIN;
  *result = first;
  return 0;
}

namespace mailverdict {

HostNames::~HostNames() {
  Hang(false);
  const std::lock_guard<std::mutex> lock(g_mutex);
  Names().clear();
}

void HostNames::Set(const std::string& name,
                    const std::vector<std::string>& addresses) {
  const std::lock_guard<std::mutex> lock(g_mutex);
  Names()[name].addresses = addresses;
}

void HostNames::Hang(bool hang) {
  const std::lock_guard<std::mutex> lock(g_mutex);
  g_hang = hang;
  g_goes_on.notify_all();
}

int HostNames::Lookups(const std::string& name) const {
  const std::lock_guard<std::mutex> lock(g_mutex);
  return Names()[name].lookups;
}

}  // namespace mailverdict
