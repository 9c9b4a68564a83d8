// SPDX-License-Identifier: Apache-2.0
// What a person pastes to have it explained: likelihoods are probabilities, most likely first.
#include <cstdlib>
#include <string>

#include "codes/codes.hpp"
#include "fuzz.hpp"

namespace tlswhy {

void fuzz(Bytes bytes) {
  const std::string text(bytes.begin(), bytes.end());
  double before = 1;
  for (const codes::Meaning& meaning : codes::explain(knowledge::built_in(), text).meanings) {
    if (meaning.likelihood < 0 || meaning.likelihood > before + 1e-9 || meaning.code == nullptr) std::abort();
    before = meaning.likelihood;
  }
}

}  // namespace tlswhy
