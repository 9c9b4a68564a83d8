// SPDX-License-Identifier: Apache-2.0
#include "capture/filter.hpp"

#include <pcap/pcap.h>

#include <algorithm>
#include <array>
#include <limits>
#include <map>

#include "capture/capture.hpp"

namespace tlswhy::capture {

namespace {

constexpr int k_snap_length = 262144;  // tcpdump's default; larger ones only change the value that "accept" returns

struct Program {
  bpf_program code{};
  std::string fault;

  Program() = default;
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program() { pcap_freecode(&code); }

  void compile(std::uint32_t link_type, const std::string& expression) {
    const std::unique_ptr<pcap_t, decltype(&pcap_close)> handle(pcap_open_dead(static_cast<int>(link_type), k_snap_length), pcap_close);
    if (!handle) {
      fault = "libpcap could not be set up";
    } else if (pcap_compile(handle.get(), &code, expression.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0) {
      fault = pcap_geterr(handle.get());
      if (fault.empty()) fault = "it is not understood";
    }
  }
};

}  // namespace

std::string link_type_name(std::uint32_t link_type) {
  const char* name = link_type <= static_cast<std::uint32_t>(std::numeric_limits<int>::max()) ? pcap_datalink_val_to_name(static_cast<int>(link_type)) : nullptr;
  return name != nullptr ? name : std::to_string(link_type);
}

struct Filter::State {
  std::string expression;
  std::map<std::uint32_t, Program> programs;
};

Filter::Filter() : state_(std::make_unique<State>()) {}
Filter::~Filter() = default;
Filter::Filter(Filter&&) noexcept = default;
Filter& Filter::operator=(Filter&&) noexcept = default;

Result<void> Filter::set(const std::string& expression) {
  if (expression.find_first_not_of(" \t\r\n") == std::string::npos) return {};
  state_->expression = expression;
  active_ = true;
  // Some words are known on some links only ("wlan addr1", "inbound"): one link that knows them all is enough.
  constexpr std::array<std::uint32_t, 5> k_links{DLT_EN10MB, DLT_IEEE802_11_RADIO, DLT_LINUX_SLL, DLT_PFLOG, DLT_RAW};
  const bool known = std::any_of(k_links.begin(), k_links.end(), [&](std::uint32_t link_type) { return prepare(link_type).empty(); });
  if (!known) return fail("the filter \"" + expression + "\" is not understood: " + prepare(DLT_EN10MB));
  return {};
}

const std::string& Filter::prepare(std::uint32_t link_type) {
  const auto [place, added] = state_->programs.try_emplace(link_type);
  if (added) place->second.compile(link_type, state_->expression);
  return place->second.fault;
}

bool Filter::accepts(std::uint32_t link_type, Bytes packet, std::size_t full_size) {
  if (!active_) return true;
  if (!prepare(link_type).empty()) return false;
  pcap_pkthdr header{};
  header.caplen = static_cast<bpf_u_int32>(packet.size());
  header.len = static_cast<bpf_u_int32>(std::min<std::size_t>(full_size, std::numeric_limits<bpf_u_int32>::max()));
  return pcap_offline_filter(&state_->programs.at(link_type).code, &header, packet.data()) != 0;
}

std::string library_version() { return pcap_lib_version(); }

}  // namespace tlswhy::capture
