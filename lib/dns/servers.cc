#include "lib/dns/servers.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "lib/mail/cursor.h"

namespace mailverdict {
namespace {

constexpr char kLocalServer[] = "127.0.0.1";

struct CloseFile {
  void operator()(FILE* file) const { fclose(file); }
};

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\f'; }
bool IsComment(char c) { return c == '#' || c == ';'; }

// The text after "nameserver"; nullopt if this is not a nameserver line. libc
// accepts one address in a line, c-ares several. We accept several, so that no
// address is silently ignored.
std::optional<std::string_view> NameserversOf(std::string_view line) {
  constexpr std::string_view kWord = "nameserver";
  mail::Cursor in(line);
  in.TakeWhile(IsBlank);
  const std::string_view word =
      in.TakeWhile([](char c) { return !IsBlank(c) && !IsComment(c); });
  if (word != kWord) return std::nullopt;
  return in.TakeWhile([](char c) { return !IsComment(c); });
}

void AddServers(std::string_view list, const std::string& line,
                DnsServers* out) {
  size_t words = 0;
  for (absl::string_view word :
       absl::StrSplit(absl::string_view(list.data(), list.size()),
                      absl::ByAnyChar(" \t\r\f,"), absl::SkipEmpty())) {
    ++words;
    absl::StatusOr<DnsServer> server =
        DnsServer::Parse({word.data(), word.size()});
    if (server.ok()) {
      out->servers.push_back(*std::move(server));
    } else {
      out->complaints.push_back(
          absl::StrCat(line, ": ", server.status().message()));
    }
  }
  if (words == 0) {
    out->complaints.push_back(
        absl::StrCat(line, ": nameserver without an address"));
  }
}

void AskThisMachine(std::string why, DnsServers* out) {
  out->servers.push_back({kLocalServer});
  out->complaints.push_back(absl::StrCat(
      why, "; ", kLocalServer, " is asked, as resolv.conf(5) has it"));
}

absl::StatusOr<DnsServers> ReadLines(const std::string& path,
                                     const std::string& text) {
  DnsServers out;
  size_t number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    const auto list = NameserversOf({line.data(), line.size()});
    if (!list.has_value()) continue;
    AddServers(*list, absl::StrCat(path, " line ", number), &out);
  }
  if (!out.servers.empty()) return out;
  if (!out.complaints.empty()) {
    return absl::InvalidArgumentError(absl::StrJoin(out.complaints, "; "));
  }
  AskThisMachine(absl::StrCat(path, " has no nameserver line"), &out);
  return out;
}

}  // namespace

absl::StatusOr<DnsServers> ReadResolvConf(const std::string& path) {
  const std::unique_ptr<FILE, CloseFile> file(fopen(path.c_str(), "re"));
  if (file == nullptr && (errno == ENOENT || errno == ENOTDIR)) {
    DnsServers out;
    AskThisMachine(absl::StrCat(path, " is not there"), &out);
    return out;
  }
  std::string text;
  char bytes[4096];
  for (size_t count = 1; file != nullptr && count > 0;
       text.append(bytes, count)) {
    count = fread(bytes, 1, sizeof(bytes), file.get());
  }
  if (file == nullptr || ferror(file.get()) != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, " cannot be read: ", strerror(errno)));
  }
  return ReadLines(path, text);
}

absl::StatusOr<DnsServers> ServersOf(const DnsPolicy& policy) {
  DnsServers out;
  if (policy.servers.empty()) {
    absl::StatusOr<DnsServers> read = ReadResolvConf(kResolvConf);
    if (!read.ok()) return read.status();
    out = *std::move(read);
  }
  for (const std::string& text : policy.servers) {
    absl::StatusOr<DnsServer> server = DnsServer::Parse(text);
    if (!server.ok()) return server.status();
    out.servers.push_back(*std::move(server));
  }
  for (const DnsServer& server : out.servers) {
    if (server.interface.empty() || InterfaceIndex(server.interface) != 0)
      continue;
    out.complaints.push_back(absl::StrCat("the DNS server ", server.ToString(),
                                          " cannot be asked: there is no "
                                          "interface ",
                                          server.interface,
                                          "; it is asked as soon as there is"));
  }
  return out;
}

// Tries the name first, as libc does: an interface may be named "2".
uint32_t InterfaceIndex(const std::string& interface) {
  const unsigned named = if_nametoindex(interface.c_str());
  if (named != 0) return named;
  uint32_t number = 0;
  char name[IF_NAMESIZE];
  if (!absl::SimpleAtoi(interface, &number)) return 0;
  return if_indextoname(number, name) != nullptr ? number : 0;
}

}  // namespace mailverdict
