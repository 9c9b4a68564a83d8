// SPDX-License-Identifier: Apache-2.0
// Certificate lists, remembered: checking signatures costs a thousand times what reading a packet does.
#include <algorithm>
#include <functional>
#include <iterator>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/text.hpp"
#include "tls/certificate.hpp"
#include "tls/key.hpp"

namespace tlswhy::tls {
namespace {

// Bytes of DER that are remembered; what was read from them takes up a few times as much. Many lists of one server fit.
constexpr std::size_t k_remembered = 4U << 20U;

class ChainMemory {
 public:
  using Chain = std::shared_ptr<const std::vector<Certificate>>;

  [[nodiscard]] Chain find(std::uint64_t hash, std::string_view bytes) {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(hash);
    return found != entries_.end() && found->second.bytes == bytes ? found->second.chain : nullptr;
  }

  void keep(std::uint64_t hash, std::string bytes, Chain chain) {
    if (bytes.size() > k_remembered) return;
    const std::lock_guard lock(mutex_);
    if (size_ + bytes.size() > k_remembered) {
      entries_.clear();
      size_ = 0;
    }
    // One list for each hash: whoever makes lists with the same one gains nothing but that they are read anew.
    Entry& entry = entries_[hash];
    size_ = size_ - entry.bytes.size() + bytes.size();
    entry = {std::move(bytes), std::move(chain)};
  }

 private:
  struct Entry {
    std::string bytes;
    Chain chain;
  };
  std::mutex mutex_;
  std::unordered_map<std::uint64_t, Entry> entries_;
  std::size_t size_ = 0;
};

ChainMemory& memory() {
  static ChainMemory memory;
  return memory;
}

// The list as one string in which no two different lists look alike.
std::string joined(std::span<const Bytes> list) {
  std::string bytes;
  std::size_t size = 0;
  for (const Bytes der : list) size += der.size() + sizeof(std::uint64_t);
  bytes.reserve(size);
  for (const Bytes der : list) {
    for (std::size_t rest = der.size(), i = 0; i < sizeof(std::uint64_t); ++i, rest >>= 8U) bytes += static_cast<char>(rest & 0xffU);
    bytes.append(der.begin(), der.end());
  }
  return bytes;
}

}  // namespace

std::vector<Certificate> chain_of(const Handshake& handshake, Side side) {
  std::vector<Certificate> chain;
  std::copy_if(handshake.certificates.begin(), handshake.certificates.end(), std::back_inserter(chain), [&](const Certificate& c) { return c.from == side; });
  return chain;
}

std::string to_pem(std::span<const Certificate> chain) {
  constexpr std::size_t k_line = 64;  // RFC 7468 2
  std::string out;
  for (const Certificate& certificate : chain) {
    // Text outside the blocks is passed over by all who read PEM; a line break in a name must not end the comment.
    out += "# " + std::to_string(certificate.index) + " subject: " + printable(certificate.subject) + "\n#   issuer: " + printable(certificate.issuer) + "\n";
    out += "-----BEGIN CERTIFICATE-----\n";
    const std::string text = to_base64(certificate.der);
    for (std::size_t at = 0; at < text.size(); at += k_line) out += text.substr(at, k_line) + "\n";
    out += "-----END CERTIFICATE-----\n";
  }
  return out;
}

std::vector<Certificate> read_chain(std::span<const Bytes> list) {
  if (list.empty()) return {};
  std::string bytes = joined(list);
  const std::uint64_t hash = std::hash<std::string_view>{}(bytes);
  if (const auto known = memory().find(hash, bytes)) return *known;
  std::vector<Certificate> chain;
  for (const Bytes der : list) {
    chain.push_back(read_certificate(der));
    chain.back().index = static_cast<std::uint32_t>(chain.size() - 1);
  }
  check_chain(chain);
  memory().keep(hash, std::move(bytes), std::make_shared<const std::vector<Certificate>>(chain));
  return chain;
}

}  // namespace tlswhy::tls
