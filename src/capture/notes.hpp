// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "capture/capture.hpp"

namespace tlswhy::capture {

// Kinds of problems; of each kind a few are spelled out and the rest are counted.
enum class Trouble : std::uint8_t { damage, block, cut, filter, fragment, limit };
constexpr std::size_t k_trouble_kinds = 6;

// What a packet turned out to be, for the tallies; some kinds have a number (a port, a protocol number) that goes with them.
enum class Kind : std::uint8_t {
  tcp,  // port
  udp,  // port
  icmp,
  icmpv6,
  arp,
  eap,
  eapol,
  ether_type,   // EtherType
  ip_protocol,  // protocol number
  llc,
  wifi_management,
  wifi_control,
  wifi_encrypted,
  wifi_null,
  ppp,  // PPP protocol number
  pppoe_discovery,
  link_type,  // DLT of a link this program cannot read
  fragment,
  duplicate,
  nested,
  cut_headers,  // the snap length left too little to read
  malformed_link,
  malformed_ip,
  malformed_tcp,
  malformed_udp,
  other,
};

// Collects what is said about a capture besides its packets: problems and tallies.
class Notes {
 public:
  // Adds a problem; `sentence` is a function that makes the text and is only called if there is room for another of its kind.
  template <typename Sentence>
  void problem(Trouble kind, Sentence&& sentence) {
    auto& list = problems_[static_cast<std::size_t>(kind)];
    if (list.said.size() < k_said) {
      list.said.push_back(std::forward<Sentence>(sentence)());
    } else {
      ++list.more;
    }
  }
  void count(Kind kind, std::uint32_t number = 0) {
    if (kind == Kind::tcp) {
      tcp_ports_.count(number);
    } else if (kind == Kind::udp) {
      udp_ports_.count(number);
    } else {
      count_rare(kind, number);
    }
  }
  // Writes the problems and the tallies, most frequent first, to the summary.
  void write(Summary& summary) const;

 private:
  static constexpr std::size_t k_said = 5;        // of one kind; a person reads no more
  static constexpr std::size_t k_tallies = 4096;  // different things counted besides ports
  static constexpr std::size_t k_tallies_out = 50;

  struct List {
    std::vector<std::string> said;
    std::uint64_t more = 0;
  };
  // How often each port was met. In pages that come with their first port: a small capture has few, and 65,536 numbers cost more than it.
  class Ports {
   public:
    void count(std::uint32_t port) {
      auto& page = pages_[port / k_page % k_pages];
      if (!page) page = std::make_unique<Page>();
      ++(*page)[port % k_page];
    }
    // Calls `use(port, times)` for each port that was met.
    template <typename Use>
    void each(Use&& use) const {
      for (std::size_t i = 0; i < k_pages; ++i) {
        for (std::size_t j = 0; pages_[i] && j < k_page; ++j) {
          if ((*pages_[i])[j] > 0) use(i * k_page + j, (*pages_[i])[j]);
        }
      }
    }

   private:
    static constexpr std::size_t k_page = 256;
    static constexpr std::size_t k_pages = 256;
    using Page = std::array<std::uint64_t, k_page>;
    std::array<std::unique_ptr<Page>, k_pages> pages_;
  };
  void count_rare(Kind kind, std::uint32_t number);

  std::array<List, k_trouble_kinds> problems_;
  // Nearly all packets are one of these two: counted without a search.
  Ports tcp_ports_;
  Ports udp_ports_;
  std::unordered_map<std::uint64_t, std::uint64_t> counts_;
};

}  // namespace tlswhy::capture
