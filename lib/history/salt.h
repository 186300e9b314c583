// Makes the random salt of a new store.

#ifndef MAILVERDICT_LIB_HISTORY_SALT_H_
#define MAILVERDICT_LIB_HISTORY_SALT_H_

#include <stdlib.h>
#include <unistd.h>

#include <string>

#include "lib/history/store.h"

namespace mailverdict {

// Returns Store::kSaltBytes random bytes. If the kernel had none, which cannot
// happen since Linux 3.17, it would abort: with a salt that strangers can
// guess, they could make addresses collide.
inline std::string NewSalt() {
  std::string salt(Store::kSaltBytes, '\0');
  if (getentropy(salt.data(), salt.size()) != 0) abort();
  return salt;
}

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_HISTORY_SALT_H_
