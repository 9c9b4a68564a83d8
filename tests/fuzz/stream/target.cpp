// SPDX-License-Identifier: Apache-2.0
// A TLS stream: the same bytes give the same handshake however they are cut into segments.
#include <cstdlib>

#include "fuzz.hpp"
#include "pieces.hpp"

namespace tlswhy {
namespace {

std::optional<tls::Handshake> read(const std::vector<Piece>& pieces, std::size_t at_once) {
  tls::Connection connection({}, {}, true, false);
  const tls::At at{1, {}};
  for (const Piece& piece : pieces) {
    for (Bytes rest = piece.bytes; !rest.empty();) {
      const Bytes part = rest.first(std::min(at_once, rest.size()));
      connection.data(piece.from, part, at);
      rest = rest.subspan(part.size());
    }
  }
  return connection.take(at);
}

}  // namespace

void fuzz(Bytes bytes) {
  const std::vector<Piece> pieces = pieces_of(bytes);
  constexpr std::size_t k_small = 7;
  const auto whole = read(pieces, bytes.size() + 1);
  const auto cut = read(pieces, k_small);
  if (whole.has_value() != cut.has_value()) std::abort();
  if (!whole) return;
  if (whole->messages.size() != cut->messages.size() || whole->alerts.size() != cut->alerts.size() || whole->certificates.size() != cut->certificates.size()) std::abort();
  for (std::size_t i = 0; i < whole->messages.size(); ++i) {
    if (whole->messages[i].type != cut->messages[i].type || whole->messages[i].length != cut->messages[i].length) std::abort();
  }
}

}  // namespace tlswhy
