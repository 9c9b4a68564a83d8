// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "capture/capture.hpp"

// A capture written again as pcapng, with comments, whole or cut down to some conversations.
namespace tlswhy::capture {

struct Conversation {
  Transport transport = Transport::tcp;
  Endpoint one;
  Endpoint other;
};

struct Rewrite {
  std::string section_comment;                                   // on the first section header; none if empty
  std::map<std::uint64_t, std::vector<std::string>> comments;    // of frames, as Wireshark numbers them in the input
  bool cut = false;                                              // only packets of `conversations` and those with a comment
  std::vector<Conversation> conversations;
};

struct Rewritten {
  std::uint64_t packets_read = 0;
  std::uint64_t packets_written = 0;
  std::uint64_t comments = 0;                   // on packets
  std::vector<std::uint64_t> without_place;     // frames whose kind of block (simple packet blocks) cannot hold a comment
  std::uint64_t key_logs_written = 0;           // decryption secrets blocks that are in the output
  std::uint64_t key_logs_left_out = 0;
  std::vector<std::string> problems;            // sentences; what stands before a damaged place was written
};

// Takes the bytes of the output in order; false if they cannot be written.
using Write = std::function<bool(std::string_view bytes)>;

// Writes the capture at `path` (pcap or pcapng, also compressed) as pcapng, in its own byte order. Of a pcapng file every block and
// option stays as it is, comments of others too; ours are put behind them, and the stated length of sections becomes "unknown". A cut
// leaves out the other packets, the interface statistics, the decryption secrets and blocks of other programs. Error if nothing
// could be read or the output cannot be written.
[[nodiscard]] Result<Rewritten> rewrite(const std::string& path, const Rewrite& how, const Write& write);
// The same of a capture in memory; `name` is what errors call it.
[[nodiscard]] Result<Rewritten> rewrite(Bytes bytes, const std::string& name, const Rewrite& how, const Write& write);

}  // namespace tlswhy::capture
