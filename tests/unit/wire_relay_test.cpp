// SPDX-License-Identifier: Apache-2.0
#include "wire/relay.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "packet_builder.hpp"

// A handler behind a relay is told the same as one that is called at once, in the same order.
namespace tlswhy::testing {
namespace {

namespace fs = std::filesystem;

// Every call in words, whole.
class Transcript final : public capture::Handler {
 public:
  explicit Transcript(int pause_every = 0) : pause_every_(pause_every) {}
  std::vector<std::string> calls;

  void flow_opened(const capture::Flow& flow) override { say("opened " + to_string(flow.source) + " " + to_string(flow.destination), flow, flow.first); }
  void stream_data(const capture::Flow& flow, capture::Direction direction, Bytes bytes, capture::At at) override {
    say("data " + way(direction) + std::string(bytes.begin(), bytes.end()), flow, at);
  }
  void stream_gap(const capture::Flow& flow, capture::Direction direction, std::uint64_t missing, capture::Gap why, capture::At at) override {
    say("gap " + way(direction) + std::to_string(missing) + " " + std::to_string(static_cast<int>(why)), flow, at);
  }
  void datagram(const capture::Flow& flow, capture::Direction direction, Bytes bytes, std::size_t full, capture::At at) override {
    say("datagram " + way(direction) + std::to_string(full) + " " + std::string(bytes.begin(), bytes.end()), flow, at);
  }
  void flow_event(const capture::Flow& flow, const capture::Event& event) override {
    say("event " + way(event.direction) + std::to_string(static_cast<int>(event.kind)) + " " + std::to_string(event.size), flow, event.at);
  }
  void flow_closed(const capture::Flow& flow) override { say("closed", flow, {}); }
  void observed(const capture::Observation& observation) override { say("observed " + observation.text + " " + observation.detail, {}, observation.at); }

 private:
  static std::string way(capture::Direction direction) { return direction == capture::Direction::forward ? "> " : "< "; }
  void say(const std::string& what, const capture::Flow& flow, capture::At at) {
    calls.push_back(std::to_string(at.frame) + " " + std::to_string(at.time.ns) + " flow " + std::to_string(flow.id) + (flow.opened ? "s " : " ") + what);
    if (pause_every_ > 0 && calls.size() % static_cast<std::size_t>(pause_every_) == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  int pause_every_;
};

template <typename Read>
void expect_the_same(const Read& read, int pause_every = 0) {
  Transcript direct;
  Transcript relayed(pause_every);
  const auto first = read(direct);
  wire::Relay relay(relayed);
  const auto second = read(relay);
  ASSERT_EQ(first.has_value(), second.has_value());
  if (!first) return;
  EXPECT_EQ(first->packets, second->packets);
  EXPECT_EQ(first->problems, second->problems);
  ASSERT_FALSE(direct.calls.empty());
  ASSERT_EQ(direct.calls.size(), relayed.calls.size());
  for (std::size_t i = 0; i < direct.calls.size(); ++i) ASSERT_EQ(direct.calls[i], relayed.calls[i]) << "call " << i;
}

TEST(WireRelay, TellsWhatEveryCaptureOfTheProjectTells) {
  std::size_t files = 0;
  for (const auto& entry : fs::directory_iterator(fs::path(TLSWHY_SOURCE_DIR) / "captures")) {
    const std::string file = (entry.path() / "capture.pcapng").string();
    if (!fs::exists(file)) continue;
    SCOPED_TRACE(file);
    ++files;
    expect_the_same([&](capture::Handler& handler) { return capture::read_capture(file, handler); });
  }
  EXPECT_GT(files, 50U);
}

// More calls than a batch, more batches than may wait, and a handler that is slower than the reader. Segments that wait for one before
// them are handed out of a buffer that is gone after the call; a hole, a reset and a second connection on the same ports come too.
TEST(WireRelay, KeepsTheOrderWhenTheHandlerIsSlow) {
  const Conversation one;
  std::vector<Buffer> packets{one.syn(), one.syn_ack()};
  const std::string words(32, 'x');
  constexpr std::uint32_t k_segments = 30'000;
  for (std::uint32_t i = 0; i < k_segments; i += 2) {
    const std::uint32_t at = i * 32;
    if (i % 1000 == 500) packets.push_back(one.from_server(at, std::to_string(i)));
    packets.push_back(one.from_client(at + 32, words));
    if (i % 4000 != 2000) packets.push_back(one.from_client(at, std::string(31, 'y') + "z"));
  }
  packets.push_back(tcp_packet({one.server, one.client, one.server_sequence, one.client_sequence, k_rst | k_ack}));
  packets.push_back(one.syn());
  const Buffer file = pcap_of(packets);
  expect_the_same([&](capture::Handler& handler) { return capture::read_capture(Bytes(file), handler); }, 2000);
}

TEST(WireRelay, EndsWithoutAnInput) {
  Transcript nothing;
  wire::Relay relay(nothing);
  EXPECT_FALSE(capture::read_capture("/no/such/file", relay));
  relay.end();
  relay.end();
  EXPECT_TRUE(nothing.calls.empty());
}

}  // namespace
}  // namespace tlswhy::testing
