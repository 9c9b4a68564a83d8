// SPDX-License-Identifier: Apache-2.0
#include "capture/mapping.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <limits>
#include <utility>

namespace tlswhy::capture {

namespace {

// Pages are asked for in steps: one call for many of them costs far less than a fault for each.
constexpr std::size_t k_step = 2U << 20U;
// Pages are kept this far behind: packets that wait in a queue still point there. Later ones come back if they are needed.
constexpr std::size_t k_behind = 16U << 20U;
// Mappings at a time; more than threads that read files. Without a place here a file is read through a buffer instead.
constexpr std::size_t k_places = 64;

// What the signal handler must know of each mapping.
struct Place {
  std::atomic<std::uintptr_t> begin{0};
  std::atomic<std::uintptr_t> end{0};
  std::atomic<bool> used{false};
  std::atomic<bool> shrunk{false};
};
std::array<Place, k_places> g_places;
struct sigaction g_before {};
std::uintptr_t g_page_size = 4096;

// The file has become shorter than the mapping: puts zeros where it was, from the page that was looked at on.
void on_bus_error(int, siginfo_t* information, void*) {
  const auto address = reinterpret_cast<std::uintptr_t>(information->si_addr);
  for (Place& place : g_places) {
    const std::uintptr_t begin = place.begin.load();
    const std::uintptr_t end = place.end.load();
    if (address < begin || address >= end) continue;
    const std::uintptr_t from = address / g_page_size * g_page_size;
    void* const zeros = mmap(reinterpret_cast<void*>(from), end - from, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);  // NOLINT(performance-no-int-to-ptr)
    if (zeros == MAP_FAILED) break;
    place.shrunk.store(true);
    return;
  }
  // Not ours: what would have happened without this handler happens when the instruction is tried again.
  (void)sigaction(SIGBUS, &g_before, nullptr);
}

bool install_handler() {
  g_page_size = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  struct sigaction action {};
  action.sa_sigaction = on_bus_error;
  action.sa_flags = SA_SIGINFO;
  sigemptyset(&action.sa_mask);
  return sigaction(SIGBUS, &action, &g_before) == 0;
}

}  // namespace

Mapping::Mapping(int descriptor, std::uint64_t size) {
  static const bool handled = install_handler();
  if (!handled || size == 0 || size > std::numeric_limits<std::size_t>::max() / 2) return;
  for (place_ = 0; place_ < k_places; ++place_) {
    bool expected = false;
    if (g_places[place_].used.compare_exchange_strong(expected, true)) break;
  }
  if (place_ == k_places) return;
  void* const mapped = mmap(nullptr, static_cast<std::size_t>(size), PROT_READ, MAP_PRIVATE, descriptor, 0);
  if (mapped == MAP_FAILED) {
    g_places[place_].used.store(false);
    return;
  }
  data_ = static_cast<std::uint8_t*>(mapped);
  size_ = static_cast<std::size_t>(size);
  Place& place = g_places[place_];
  place.shrunk.store(false);
  place.begin.store(reinterpret_cast<std::uintptr_t>(data_));
  place.end.store(reinterpret_cast<std::uintptr_t>(data_) + (size_ + g_page_size - 1) / g_page_size * g_page_size);
  step(0);
}

Mapping::~Mapping() {
  if (size_ == 0) return;
  Place& place = g_places[place_];
  place.end.store(0);
  place.begin.store(0);
  (void)munmap(data_, size_);
  place.used.store(false);
}

Mapping::Mapping(Mapping&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)), next_step_(other.next_step_), released_(other.released_), place_(other.place_) {}

Mapping& Mapping::operator=(Mapping&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  std::swap(next_step_, other.next_step_);
  std::swap(released_, other.released_);
  std::swap(place_, other.place_);
  return *this;
}

void Mapping::step(std::size_t offset) {
  const std::size_t from = offset / k_step * k_step;
  next_step_ = from + k_step;
  if (from >= size_) return;
  const std::size_t length = std::min(k_step, size_ - from);
#ifdef MADV_POPULATE_READ
  // Linux 5.14; older kernels refuse, and the pages come one fault at a time.
  (void)madvise(data_ + from, length, MADV_POPULATE_READ);
#else
  (void)madvise(data_ + from, length, MADV_WILLNEED);
#endif
  if (from > released_ + k_behind) {
    const std::size_t until = from - k_behind;
    (void)madvise(data_ + released_, until - released_, MADV_DONTNEED);
    released_ = until;
  }
}

bool Mapping::shrunk() const { return size_ != 0 && g_places[place_].shrunk.load(); }

}  // namespace tlswhy::capture
