// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "check/whatif.hpp"

// What the answers of whatif share: the server as captures show it, and the questions that are asked of it in turn.
namespace tlswhy::check {

struct SeenAt {
  std::string file;
  std::uint64_t frame = 0;
};

// What the captures show of one server under one name.
struct SeenServer {
  Endpoint endpoint;
  std::string name;  // SNI; empty if none was sent
  std::vector<std::pair<const wire::Capture*, const tls::Handshake*>> handshakes;
  const tls::Handshake* shown = nullptr;  // the one with the server's certificates, or the furthest
  std::string shown_file;
};

// A group of questions about one device and one server. What it finds is added to `answer`; all arguments must outlive it.
class Questions {
 public:
  Questions(const device::Profile& device, const SeenServer& server, const WhatIfContext& context, const knowledge::Knowledge& knowledge,
            WhatIf& answer);

 protected:
  // A cause is kept only where the answer is no: it is what the refusal would show as.
  WhatIfCheck& add(std::string_view id, Verdict verdict, std::string says, const SeenAt& at = {}, std::string_view cause = {});
  [[nodiscard]] SeenAt here(std::uint64_t frame) const { return {server_.shown_file, frame}; }
  // The name or address that the device will dial.
  [[nodiscard]] std::string dialled() const { return !context_.host.empty() ? context_.host : server_.name; }
  // The sentence that asks the server itself, with these options of openssl s_client.
  [[nodiscard]] std::string ask(const std::string& options) const;

  const device::Profile& device_;
  const SeenServer& server_;
  const WhatIfContext& context_;
  const knowledge::Knowledge& knowledge_;
  const tls::Handshake& h_;
  std::vector<const tls::Certificate*> chain_;  // of the server
  std::uint32_t chain_bytes_ = 0;
  WhatIf& answer_;
};

// Version, suite, key, group and signatures: what the two must have in common.
class NegotiationQuestions : Questions {
 public:
  using Questions::Questions;
  void ask_all();

 private:
  [[nodiscard]] std::string suite_name(std::uint16_t suite) const;
  void version();
  [[nodiscard]] std::vector<std::uint16_t> device_suites() const;
  [[nodiscard]] std::string names(const std::vector<std::uint16_t>& suites) const;
  void suite();
  void certificate_key();
  void group();
  void signatures();
};

// Records, memory, names, dates and trust: what the device must hold and be told.
class DeviceQuestions : Questions {
 public:
  using Questions::Questions;
  void ask_all();

 private:
  void record();
  void memory();
  void sni();
  void name();
  void dates();
  void trust();
  void client_certificate();
};

}  // namespace tlswhy::check
