// SPDX-License-Identifier: Apache-2.0
// Key logs, and secrets in other texts: what is masked is found no more.
#include <cstdlib>
#include <string>

#include "fuzz.hpp"
#include "tls/keylog.hpp"

namespace tlswhy {

void fuzz(Bytes bytes) {
  std::string text(bytes.begin(), bytes.end());
  tls::KeyLog keys;
  (void)keys.add(text);
  (void)tls::looks_like_key_log(text);
  tls::KeyLog found;
  (void)found.add_from_log(text);
  const std::size_t size = text.size();
  tls::mask_secrets(text);
  tls::KeyLog left;
  if (text.size() > size || left.add_from_log(text) != 0) std::abort();
}

}  // namespace tlswhy
