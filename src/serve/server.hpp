// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "knowledge/model.hpp"
#include "report/json.hpp"

// A web page for one person on this machine. It listens on the loopback address only; a random token in the address keeps other users
// and other pages out, Host and Origin are checked against DNS rebinding and foreign forms. Nothing of what is sent is kept, and
// nothing is fetched from elsewhere.
namespace tlswhy::serve {

constexpr std::uint64_t k_upload_limit_mib = 512;  // of one request, files and text together
constexpr std::uint64_t k_in_flight_factor = 3;    // so many times the limit is held for all requests together; more are told to wait

struct Settings {
  int port = 0;                                           // 0: any that is free
  std::uint64_t upload_limit = k_upload_limit_mib << 20U; // bytes
  report::Tool tool;
};

class Server {
 public:
  Server(const Settings& settings, const knowledge::Knowledge& knowledge);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Opens the socket; the address to open in a browser, token and all. Nothing is answered yet, so that rights can be dropped before
  // the first foreign byte is read. The error says why the port cannot be had.
  [[nodiscard]] Result<std::string> bind();
  // Answers until stop(); false if listening failed.
  [[nodiscard]] bool run();
  // From any thread.
  void stop();

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

// 128 random bits in hexadecimal, of the kernel's generator; empty if it gives none.
[[nodiscard]] std::string make_token();
// Whether two texts are the same, in a time that does not tell how far they are.
[[nodiscard]] bool same_secret(std::string_view a, std::string_view b);

}  // namespace tlswhy::serve
