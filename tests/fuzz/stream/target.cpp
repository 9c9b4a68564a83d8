// SPDX-License-Identifier: Apache-2.0
// A TLS stream: the same bytes give the same handshake however they are cut into segments.
#include <algorithm>
#include <cstdlib>

#include "fuzz.hpp"
#include "pieces.hpp"
#include "tls/foreign.hpp"

namespace tlswhy {
namespace {

// Where bytes that are no TLS stand between records, the end of a segment is taken for evidence of the end of a record.
bool all_records(const std::vector<Piece>& pieces, Side from) {
  constexpr std::size_t k_header = 5;
  std::vector<std::uint8_t> stream;
  for (const Piece& piece : pieces) {
    if (piece.from == from) stream.insert(stream.end(), piece.bytes.begin(), piece.bytes.end());
  }
  for (Bytes rest = stream; rest.size() >= k_header;) {
    const std::size_t length = static_cast<std::size_t>(rest[3]) << 8U | rest[4];
    if (!tls::looks_like_record(rest)) return false;
    rest = rest.subspan(std::min(rest.size(), k_header + length));
  }
  return true;
}

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
  if (!all_records(pieces, Side::client) || !all_records(pieces, Side::server)) return;
  if (whole.has_value() != cut.has_value()) std::abort();
  if (!whole) return;
  if (whole->messages.size() != cut->messages.size() || whole->alerts.size() != cut->alerts.size() || whole->certificates.size() != cut->certificates.size()) std::abort();
  for (std::size_t i = 0; i < whole->messages.size(); ++i) {
    if (whole->messages[i].type != cut->messages[i].type || whole->messages[i].length != cut->messages[i].length) std::abort();
  }
}

}  // namespace tlswhy
