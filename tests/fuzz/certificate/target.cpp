// SPDX-License-Identifier: Apache-2.0
// Files of certificates and keys, and their lint.
#include "check/cert.hpp"
#include "fuzz.hpp"
#include "knowledge/model.hpp"

namespace tlswhy {

void fuzz(Bytes bytes) {
  check::CertContext context;
  context.host = "example.test";
  (void)check::lint({{"fuzz", {bytes.begin(), bytes.end()}}}, context, knowledge::built_in());
}

}  // namespace tlswhy
