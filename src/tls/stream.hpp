// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "tls/assembly.hpp"

namespace tlswhy::tls {

// The two byte streams of a TCP connection as TLS records and messages.
class StreamReader {
 public:
  StreamReader(Assembly& assembly, const Limits& limits) : assembly_(assembly), limits_(limits) {}

  void data(unsigned direction, Bytes bytes, At at);
  void opened(unsigned direction, std::uint8_t type, Bytes content, At at);
  void missing(unsigned direction, std::uint64_t count, Missing why, At at);
  [[nodiscard]] bool wants(unsigned direction) const;
  // Says what became of half messages and of bytes that are no TLS.
  void finish(At at);
  // One side spoke TLS and the other something else.
  [[nodiscard]] bool met_foreign() const;

 private:
  enum class Mode : std::uint8_t {
    start,      // nothing decided
    searching,  // not TLS so far: look for a hello (STARTTLS, proxies)
    records,    // record after record
    resync,     // bytes were lost: look for the next record
  };
  struct Direction {
    Mode mode = Mode::start;
    std::vector<std::uint8_t> buffer;    // bytes not yet understood
    Bytes rest;                          // within data(): what is still to be understood, in the buffer or in the caller's bytes
    std::uint64_t skip = 0;              // bytes of a record that is passed over
    std::vector<std::uint8_t> first;     // the stream's first bytes, for what is no TLS
    At first_at;
    std::vector<std::uint8_t> message;   // a handshake message in the making
    std::uint32_t message_records = 0;
    std::uint64_t message_skip = 0;      // of a message that is too large to keep
    At message_at;
    std::size_t searched = 0;            // of the buffer, where a search after lost bytes waits for the end of a record
    bool tls = false;                    // at least one record was read
    bool lost = false;
  };

  [[nodiscard]] static std::size_t wanted(const Direction& d);
  void step(unsigned direction, At at);
  [[nodiscard]] bool step_start(Direction& d, At at, unsigned direction);
  enum class Fit : std::uint8_t { no, yes, unknown };  // unknown: what follows is not there yet
  [[nodiscard]] static Fit fit(Bytes rest);
  [[nodiscard]] bool step_search(Direction& d, unsigned direction);
  [[nodiscard]] bool step_record(Direction& d, unsigned direction, At at);
  void handle(Direction& d, unsigned direction, std::uint8_t type, Bytes payload, At at);
  // Reads a record under keys; false if it stays closed.
  [[nodiscard]] bool open(Direction& d, unsigned direction, std::uint8_t type, std::uint16_t version, Bytes fragment, At at);
  void handshake_bytes(Direction& d, unsigned direction, Bytes payload, bool decrypted, At at);
  void cut_short(Direction& d, unsigned direction, At at);

  Assembly& assembly_;
  Limits limits_;
  std::array<Direction, 2> directions_;
};

}  // namespace tlswhy::tls
