// A store's salt, made once.

#ifndef MAILVERDICT_LIB_HISTORY_SALT_H_
#define MAILVERDICT_LIB_HISTORY_SALT_H_

#include <stdlib.h>
#include <unistd.h>

#include <string>

#include "lib/history/store.h"

namespace mailverdict {

// Ends the program when the kernel has no random numbers (it always has, since
// Linux 3.17): with a salt that can be guessed it must not go on.
inline std::string NewSalt() {
  std::string salt(Store::kSaltBytes, '\0');
  if (getentropy(salt.data(), salt.size()) != 0) abort();
  return salt;
}

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_HISTORY_SALT_H_
