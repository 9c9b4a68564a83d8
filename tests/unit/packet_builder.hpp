// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/net.hpp"
#include "base/reader.hpp"
#include "base/time.hpp"
#include "capture/capture.hpp"

// Makes packets and capture files for tests, and records what a capture says.
namespace tlswhy::testing {

using Buffer = std::vector<std::uint8_t>;

inline Buffer text(std::string_view words) { return {words.begin(), words.end()}; }
inline std::string words(const Buffer& bytes) { return {bytes.begin(), bytes.end()}; }

// Appends integers and bytes; big-endian, or as asked.
class Writer {
 public:
  explicit Writer(bool little_endian = false) : little_(little_endian) {}
  Writer& u8(std::uint64_t value) { return number(value, 1); }
  Writer& u16(std::uint64_t value) { return number(value, 2); }
  Writer& u24(std::uint64_t value) { return number(value, 3); }
  Writer& u32(std::uint64_t value) { return number(value, 4); }
  Writer& u64(std::uint64_t value) { return number(value, 8); }
  Writer& add(Bytes bytes) { out_.insert(out_.end(), bytes.begin(), bytes.end()); return *this; }
  Writer& add(std::initializer_list<std::uint8_t> bytes) { out_.insert(out_.end(), bytes); return *this; }
  Writer& zeros(std::size_t count) { out_.resize(out_.size() + count); return *this; }
  Writer& align(std::size_t to) { return zeros((to - out_.size() % to) % to); }
  void set16(std::size_t at, std::uint32_t value) { out_[at] = static_cast<std::uint8_t>(value >> 8U); out_[at + 1] = static_cast<std::uint8_t>(value); }
  [[nodiscard]] std::size_t size() const { return out_.size(); }
  [[nodiscard]] const Buffer& bytes() const { return out_; }
  operator Buffer() const { return out_; }

 private:
  Writer& number(std::uint64_t value, unsigned width) {
    for (unsigned i = 0; i < width; ++i) out_.push_back(static_cast<std::uint8_t>(value >> (8U * (little_ ? i : width - 1 - i))));
    return *this;
  }
  bool little_;
  Buffer out_;
};

inline Buffer operator+(Buffer a, const Buffer& b) { a.insert(a.end(), b.begin(), b.end()); return a; }

// "192.0.2.1" or "2001:db8::1"-style addresses, written as their bytes.
inline IpAddress ip4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) { IpAddress x; x.bytes = {a, b, c, d}; return x; }
inline IpAddress ip6(std::uint8_t last) { IpAddress x; x.v6 = true; x.bytes = {0x20, 0x01, 0x0d, 0xb8}; x.bytes[15] = last; return x; }

inline std::uint16_t internet_checksum(Bytes bytes, std::uint32_t sum = 0) {
  for (std::size_t i = 0; i < bytes.size(); ++i) sum += static_cast<std::uint32_t>(bytes[i]) << (i % 2 == 0 ? 8U : 0U);
  while (sum > 0xffff) sum = (sum & 0xffffU) + (sum >> 16U);
  return static_cast<std::uint16_t>(~sum);
}

inline std::uint32_t pseudo_header_sum(const IpAddress& source, const IpAddress& destination, std::uint8_t protocol, std::size_t length) {
  std::uint32_t sum = protocol + static_cast<std::uint32_t>(length);
  for (const IpAddress* address : {&source, &destination})
    for (std::size_t i = 0; i < (address->v6 ? 16U : 4U); ++i) sum += static_cast<std::uint32_t>(address->bytes[i]) << (i % 2 == 0 ? 8U : 0U);
  return sum;
}

struct IpOptions {
  std::uint16_t id = 1;
  std::uint16_t offset = 0;      // of a fragment, in bytes
  bool more_fragments = false;
  bool zero_length = false;      // as segmentation offload leaves it
};

inline Buffer ip_packet(const IpAddress& source, const IpAddress& destination, std::uint8_t protocol, const Buffer& payload, const IpOptions& options = {}) {
  Writer w;
  if (!source.v6) {
    w.u8(0x45).u8(0).u16(options.zero_length ? 0 : payload.size() + 20).u16(options.id);
    w.u16((options.more_fragments ? 0x2000U : 0U) | (options.offset / 8U)).u8(64).u8(protocol).u16(0);
    w.add(Bytes(source.bytes).first(4)).add(Bytes(destination.bytes).first(4));
    w.set16(10, internet_checksum(w.bytes()));
    return w.add(payload);
  }
  const bool fragment = options.more_fragments || options.offset != 0;
  w.u32(0x60000000).u16(options.zero_length ? 0 : payload.size() + (fragment ? 8 : 0)).u8(fragment ? 44 : protocol).u8(64).add(source.bytes).add(destination.bytes);
  if (fragment) w.u8(protocol).u8(0).u16(options.offset | (options.more_fragments ? 1U : 0U)).u32(options.id);
  return w.add(payload);
}

constexpr std::uint8_t k_fin = 1, k_syn = 2, k_rst = 4, k_psh = 8, k_ack = 16;

struct Segment {
  Endpoint from;
  Endpoint to;
  std::uint32_t sequence = 0;
  std::uint32_t acknowledgement = 0;
  std::uint8_t flags = k_ack;
  std::uint16_t window = 8192;
  Buffer payload;
};

inline Buffer tcp_packet(const Segment& s, const IpOptions& options = {}) {
  Writer w;
  w.u16(s.from.port).u16(s.to.port).u32(s.sequence).u32(s.acknowledgement).u8(0x50).u8(s.flags).u16(s.window).u16(0).u16(0).add(s.payload);
  w.set16(16, internet_checksum(w.bytes(), pseudo_header_sum(s.from.address, s.to.address, 6, w.size())));
  return ip_packet(s.from.address, s.to.address, 6, w, options);
}

inline Buffer udp_header_and(std::uint16_t from, std::uint16_t to, const Buffer& payload) {
  return Writer().u16(from).u16(to).u16(payload.size() + 8).u16(0).add(payload);
}

inline Buffer udp_packet(const Endpoint& from, const Endpoint& to, const Buffer& payload, const IpOptions& options = {}) {
  return ip_packet(from.address, to.address, 17, udp_header_and(from.port, to.port, payload), options);
}

constexpr std::array<std::uint8_t, 6> k_mac_client{0x02, 0, 0, 0, 0, 0x01};
constexpr std::array<std::uint8_t, 6> k_mac_server{0x02, 0, 0, 0, 0, 0x02};

inline Buffer ethernet(std::uint16_t type, const Buffer& payload, Bytes source = k_mac_client, Bytes destination = k_mac_server) {
  return Writer().add(destination).add(source).u16(type).add(payload);
}
// An IP packet in an Ethernet frame.
inline Buffer ethernet_ip(const Buffer& packet) { return ethernet(packet.empty() || packet[0] >> 4U == 4 ? 0x0800 : 0x86dd, packet); }

struct FileOptions {
  bool little_endian = true;
  bool nanoseconds = false;
  std::uint32_t link_type = 1;
  std::uint32_t snap_length = 262144;
};

constexpr std::int64_t k_start_ns = 1'700'000'000'000'000'000;

// A classic pcap file.
class PcapBuilder {
 public:
  explicit PcapBuilder(const FileOptions& options = {}) : options_(options), out_(options.little_endian) {
    out_.u32(options.nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4).u16(2).u16(4).u32(0).u32(0).u32(options.snap_length).u32(options.link_type);
  }
  PcapBuilder& packet(const Buffer& bytes, std::int64_t after_ns = 0, std::optional<std::size_t> original = {}) {
    const std::int64_t ns = k_start_ns + after_ns;
    out_.u32(static_cast<std::uint64_t>(ns / 1'000'000'000)).u32(static_cast<std::uint64_t>(ns % 1'000'000'000 / (options_.nanoseconds ? 1 : 1000)));
    out_.u32(bytes.size()).u32(original.value_or(bytes.size())).add(bytes);
    return *this;
  }
  [[nodiscard]] const Buffer& bytes() const { return out_.bytes(); }

 private:
  FileOptions options_;
  Writer out_;
};

// A pcapng file with one section and one interface to begin with; more can be added.
class PcapngBuilder {
 public:
  explicit PcapngBuilder(const FileOptions& options = {}) : out_(options.little_endian), little_(options.little_endian) {
    section();
    interface(options.link_type, options.snap_length, options.nanoseconds ? 9 : 6);
  }
  PcapngBuilder& section() {
    return block(0x0a0d0d0a, Writer(little_).u32(0x1a2b3c4d).u16(1).u16(0).u64(~std::uint64_t{0}));
  }
  PcapngBuilder& section(bool little_endian) {
    little_ = little_endian;
    return section();
  }
  PcapngBuilder& interface(std::uint32_t link_type, std::uint32_t snap_length = 0, std::optional<std::uint8_t> resolution = {}, std::optional<std::int64_t> offset_seconds = {}) {
    Writer w(little_);
    w.u16(link_type).u16(0).u32(snap_length);
    if (resolution) w.u16(9).u16(1).u8(*resolution).align(4);
    if (offset_seconds) w.u16(14).u16(8).u64(static_cast<std::uint64_t>(*offset_seconds));
    w.u16(0).u16(0);
    resolution_ = resolution.value_or(6);
    return block(1, w);
  }
  // A packet whose time is written in ticks of 10^-6 or 10^-9 s, as the last interface says.
  PcapngBuilder& packet(const Buffer& bytes, std::int64_t after_ns = 0, std::optional<std::size_t> original = {}, std::uint32_t interface = 0) {
    const auto ticks = static_cast<std::uint64_t>((k_start_ns + after_ns) / (resolution_ == 9 ? 1 : 1000));
    return packet_at(bytes, ticks, original, interface);
  }
  PcapngBuilder& packet_at(const Buffer& bytes, std::uint64_t ticks, std::optional<std::size_t> original = {}, std::uint32_t interface = 0) {
    return block(6, Writer(little_).u32(interface).u32(ticks >> 32U).u32(ticks).u32(bytes.size()).u32(original.value_or(bytes.size())).add(bytes).align(4));
  }
  PcapngBuilder& simple_packet(const Buffer& bytes, std::optional<std::size_t> original = {}) {
    return block(3, Writer(little_).u32(original.value_or(bytes.size())).add(bytes).align(4));
  }
  PcapngBuilder& key_log(std::string_view log) {
    return block(10, Writer(little_).u32(0x544c534b).u32(log.size()).add(text(log)).align(4));
  }
  PcapngBuilder& block(std::uint32_t type, const Buffer& body) {
    Writer w(little_);
    w.u32(type).u32(body.size() + 12).add(body).u32(body.size() + 12);
    out_.add(w.bytes());
    return *this;
  }
  PcapngBuilder& raw(const Buffer& bytes) {
    out_.add(bytes);
    return *this;
  }
  [[nodiscard]] const Buffer& bytes() const { return out_.bytes(); }

 private:
  Writer out_;
  bool little_;
  std::uint8_t resolution_ = 6;
};

// Keeps all that a capture told.
class Recorder : public capture::Handler {
 public:
  struct Gap { std::uint64_t position = 0; std::uint64_t missing = 0; capture::Gap why = capture::Gap::lost; std::uint64_t frame = 0; };
  struct Chunk { std::uint64_t frame = 0; Buffer bytes; };
  struct Stream { Buffer bytes; std::vector<Gap> gaps; std::vector<Chunk> chunks; };
  struct Datagram { capture::Direction direction; Buffer bytes; std::size_t full = 0; std::uint64_t frame = 0; };
  struct Conversation {
    capture::Flow flow;
    std::array<Stream, 2> streams;
    std::vector<Datagram> datagrams;
    std::vector<capture::Event> events;
    int opened = 0;
    int closed = 0;
    [[nodiscard]] const Stream& forward() const { return streams[0]; }
    [[nodiscard]] const Stream& backward() const { return streams[1]; }
    [[nodiscard]] std::size_t count(capture::EventKind kind) const {
      std::size_t n = 0;
      for (const auto& event : events) n += event.kind == kind ? 1 : 0;
      return n;
    }
  };

  std::map<std::uint32_t, Conversation> flows;
  std::vector<capture::Observation> observations;

  void flow_opened(const capture::Flow& flow) override { auto& c = flows[flow.id]; c.flow = flow; ++c.opened; }
  void stream_data(const capture::Flow& flow, capture::Direction direction, Bytes bytes, capture::At at) override {
    Stream& s = of(flow).streams[static_cast<std::size_t>(direction)];
    s.bytes.insert(s.bytes.end(), bytes.begin(), bytes.end());
    s.chunks.push_back({at.frame, {bytes.begin(), bytes.end()}});
  }
  void stream_gap(const capture::Flow& flow, capture::Direction direction, std::uint64_t missing, capture::Gap why, capture::At at) override {
    Stream& s = of(flow).streams[static_cast<std::size_t>(direction)];
    s.gaps.push_back({s.bytes.size(), missing, why, at.frame});
  }
  void datagram(const capture::Flow& flow, capture::Direction direction, Bytes bytes, std::size_t full, capture::At at) override {
    of(flow).datagrams.push_back({direction, {bytes.begin(), bytes.end()}, full, at.frame});
  }
  void flow_event(const capture::Flow& flow, const capture::Event& event) override { of(flow).events.push_back(event); }
  void flow_closed(const capture::Flow& flow) override { auto& c = of(flow); c.flow = flow; ++c.closed; }
  void observed(const capture::Observation& observation) override { observations.push_back(observation); }

 private:
  Conversation& of(const capture::Flow& flow) { return flows[flow.id]; }
};

// A capture in memory, read; `summary` is empty if it could not be read at all.
struct ReadBack {
  Recorder seen;
  capture::Summary summary;
  std::string error;
  [[nodiscard]] bool says(std::string_view part) const {
    for (const auto& problem : summary.problems)
      if (problem.find(part) != std::string::npos) return true;
    return false;
  }
  [[nodiscard]] std::uint64_t tally(std::string_view what) const {
    for (const auto& tally : summary.tallies)
      if (tally.what == what) return tally.packets;
    return 0;
  }
};

inline ReadBack read_back(const Buffer& file, const capture::Options& options = {}) {
  ReadBack back;
  auto summary = capture::read_capture(Bytes(file), back.seen, options);
  if (summary) back.summary = *summary;
  else back.error = summary.error().what;
  return back;
}

// Both ends of one TCP connection, each segment with the right numbers.
class Conversation {
 public:
  Endpoint client{ip4(192, 0, 2, 1), 51000};
  Endpoint server{ip4(198, 51, 100, 2), 8883};
  std::uint32_t client_sequence = 1000;
  std::uint32_t server_sequence = 500000;

  [[nodiscard]] Buffer syn() const { return tcp_packet({client, server, client_sequence - 1, 0, k_syn}); }
  [[nodiscard]] Buffer syn_ack() const { return tcp_packet({server, client, server_sequence - 1, client_sequence, k_syn | k_ack}); }
  // `at` and `seen` count stream bytes from 0.
  [[nodiscard]] Buffer from_client(std::uint32_t at, std::string_view words, std::uint32_t seen = 0, std::uint8_t flags = k_ack) const {
    return tcp_packet({client, server, client_sequence + at, server_sequence + seen, flags, 8192, text(words)});
  }
  [[nodiscard]] Buffer from_server(std::uint32_t at, std::string_view words, std::uint32_t seen = 0, std::uint8_t flags = k_ack) const {
    return tcp_packet({server, client, server_sequence + at, client_sequence + seen, flags, 8192, text(words)});
  }
};

// The packets in Ethernet frames, a millisecond (or as asked) apart, in a pcap file.
inline Buffer pcap_of(const std::vector<Buffer>& ip_packets, std::int64_t step_ns = 2'000'000) {
  PcapBuilder file;
  std::int64_t time = 0;
  for (const Buffer& packet : ip_packets) file.packet(ethernet_ip(packet), time += step_ns);
  return file.bytes();
}

}  // namespace tlswhy::testing
