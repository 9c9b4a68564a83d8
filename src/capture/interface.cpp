// SPDX-License-Identifier: Apache-2.0
#include "capture/interface.hpp"

#include <pcap/pcap.h>

#include <algorithm>
#include <array>

namespace tlswhy::capture {
namespace {

constexpr int k_snap_length = 65'535;
constexpr int k_kernel_buffer = 16 << 20;  // bytes: seconds of a busy link
// The kernel hands packets over in lots that often, which costs far less than one at a time and is not to be noticed.
constexpr int k_handover_ms = 60;
constexpr int k_most_at_once = 20'000;

struct Close {
  void operator()(pcap_t* handle) const { pcap_close(handle); }
};

std::string interfaces() {
  std::array<char, PCAP_ERRBUF_SIZE> error{};
  pcap_if_t* list = nullptr;
  std::string names;
  if (pcap_findalldevs(&list, error.data()) == 0) {
    for (const pcap_if_t* one = list; one != nullptr; one = one->next) {
      if ((one->flags & PCAP_IF_UP) != 0) names += (names.empty() ? "" : ", ") + std::string(one->name);
    }
    pcap_freealldevs(list);
  }
  return names;
}

std::string why_not(pcap_t* handle, int code) {
  if (code == PCAP_ERROR_PERM_DENIED) return "capturing needs root or the capability CAP_NET_RAW: sudo tlswhy watch -i ...";
  if (code == PCAP_ERROR_NO_SUCH_DEVICE) {
    const std::string names = interfaces();
    return "there is no such interface" + (names.empty() ? std::string() : "; there are " + names);
  }
  if (code == PCAP_ERROR_IFACE_NOT_UP) return "the interface is not up";
  const std::string detail = pcap_geterr(handle);
  return detail.empty() ? pcap_statustostr(code) : detail;
}

}  // namespace

struct Interface::State {
  std::unique_ptr<pcap_t, Close> handle;
  std::uint32_t link_type = 0;
  std::uint64_t frame = 0;
};

Interface::Interface(std::unique_ptr<State> state) : state_(std::move(state)) {}
Interface::~Interface() = default;
Interface::Interface(Interface&&) noexcept = default;
Interface& Interface::operator=(Interface&&) noexcept = default;

Result<Interface> Interface::open(const std::string& name, const std::string& filter) {
  std::array<char, PCAP_ERRBUF_SIZE> error{};
  auto state = std::make_unique<State>();
  state->handle.reset(pcap_create(name.c_str(), error.data()));
  if (!state->handle) return fail(error.data(), name);
  pcap_t* const handle = state->handle.get();
  pcap_set_snaplen(handle, k_snap_length);
  pcap_set_promisc(handle, 1);
  pcap_set_timeout(handle, k_handover_ms);
  pcap_set_buffer_size(handle, k_kernel_buffer);
  const bool nanoseconds = pcap_set_tstamp_precision(handle, PCAP_TSTAMP_PRECISION_NANO) == 0;
  if (const int code = pcap_activate(handle); code < 0) return fail(why_not(handle, code), name);
  if (!nanoseconds || pcap_get_tstamp_precision(handle) != PCAP_TSTAMP_PRECISION_NANO) return fail("libpcap gives no nanoseconds here", name);
  if (!filter.empty()) {
    bpf_program program{};
    if (pcap_compile(handle, &program, filter.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0) return fail(std::string("the filter cannot be used: ") + pcap_geterr(handle), name);
    const int set = pcap_setfilter(handle, &program);
    pcap_freecode(&program);
    if (set != 0) return fail(std::string("the filter cannot be used: ") + pcap_geterr(handle), name);
  }
  if (pcap_setnonblock(handle, 1, error.data()) != 0) return fail(error.data(), name);
  state->link_type = static_cast<std::uint32_t>(pcap_datalink(handle));
  return Interface(std::move(state));
}

int Interface::descriptor() const { return pcap_get_selectable_fd(state_->handle.get()); }

Result<void> Interface::read(const TakeRecord& take) {
  struct Call {
    State& state;
    const TakeRecord& take;
  } call{*state_, take};
  const auto give = [](u_char* user, const pcap_pkthdr* header, const u_char* bytes) {
    const Call& told = *reinterpret_cast<const Call*>(user);
    Record record;
    record.at.frame = ++told.state.frame;
    record.at.time.ns = static_cast<std::int64_t>(header->ts.tv_sec) * 1'000'000'000 + header->ts.tv_usec;  // nanoseconds, as asked for
    record.link_type = told.state.link_type;
    record.bytes = Bytes(bytes, header->caplen);
    record.full_size = std::max<std::size_t>(header->len, header->caplen);
    told.take(record);
  };
  const int count = pcap_dispatch(state_->handle.get(), k_most_at_once, give, reinterpret_cast<u_char*>(&call));
  if (count < 0 && count != PCAP_ERROR_BREAK) return fail(pcap_geterr(state_->handle.get()));
  return {};
}

std::uint64_t Interface::dropped() const {
  pcap_stat counts{};
  return pcap_stats(state_->handle.get(), &counts) == 0 ? counts.ps_drop : 0;
}

}  // namespace tlswhy::capture
