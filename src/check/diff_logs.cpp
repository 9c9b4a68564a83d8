// SPDX-License-Identifier: Apache-2.0
// Two logs, and two device profiles.
#include <algorithm>
#include <array>
#include <set>

#include "base/text.hpp"
#include "check/diff.hpp"

namespace tlswhy::check {
namespace {

// Less than this share of the good log's smallest free heap is a difference worth a word.
constexpr double k_much_less = 0.75;
constexpr std::size_t k_new_lines = 5;

const knowledge::Fact* fact_named(const log::Event& event, std::string_view name) {
  for (const knowledge::Fact& fact : event.facts) {
    if (fact.name == name) return &fact;
  }
  return nullptr;
}

struct Heap {
  std::int64_t least = 0;
  std::uint64_t line = 0;
};

std::optional<Heap> least_heap(const log::Log& log) {
  std::optional<Heap> least;
  for (const log::Event& event : log.events) {
    const knowledge::Fact* const heap = fact_named(event, "heap");
    if (heap == nullptr) continue;
    const auto free = parse_integer(heap->get("free"));
    if (free && (!least || *free < least->least)) least = Heap{*free, event.line};
  }
  return least;
}

// What a line says, without the numbers that change from run to run.
std::string meaning_of(const log::Event& event) {
  return event.symbol.empty() ? event.dialect + "/" + event.pattern : event.library + ":" + event.symbol;
}

bool is_trouble(const log::Event& event) {
  if (event.kind == "harmless") return false;
  if (event.is_error) return true;
  static constexpr std::array<std::string_view, 7> k_kinds{"alert", "verify", "alloc", "reset", "code", "connect", "link"};
  return std::find(k_kinds.begin(), k_kinds.end(), event.kind) != k_kinds.end();
}

class Logs {
 public:
  Logs(const log::Log& good, const log::Log& bad, Diff& diff) : good_(good), bad_(bad), diff_(diff) {}

  void run() {
    diff_.notes.push_back("good: " + good_.path + ", " + std::to_string(good_.lines) + " lines, " + std::to_string(good_.events.size()) +
                          " known");
    diff_.notes.push_back("bad: " + bad_.path + ", " + std::to_string(bad_.lines) + " lines, " + std::to_string(bad_.events.size()) +
                          " known");
    word("version", "The versions that the logs give away differ.", good_.version, bad_.version);
    word("platform", "The logs are of different platforms.", good_.platform, bad_.platform);
    word("library", "The logs are of different TLS libraries.", good_.library, bad_.library);
    dialled();
    clock();
    heap();
    steps();
    trouble();
  }

 private:
  Difference& add(std::string_view aspect, Weight weight, std::string says, std::string good, std::string bad) {
    Difference& difference = add_difference(diff_, aspect, weight, std::move(says), std::move(good), std::move(bad));
    difference.good_at.file = good_.path;
    difference.bad_at.file = bad_.path;
    return difference;
  }

  void word(std::string_view aspect, std::string says, const std::string& good, const std::string& bad) {
    if (good != bad && !good.empty() && !bad.empty()) add(aspect, Weight::notable, std::move(says), printable(good), printable(bad));
  }

  static const log::Event* first_with(const log::Log& log, std::string_view fact) {
    for (const log::Event& event : log.events) {
      if (fact_named(event, fact) != nullptr) return &event;
    }
    return nullptr;
  }

  void dialled() {
    const log::Event* const g = first_with(good_, "dial");
    const log::Event* const b = first_with(bad_, "dial");
    if (g == nullptr || b == nullptr) return;
    for (const std::string_view field : {"host", "port", "scheme"}) {
      const std::string_view here = fact_named(*g, "dial")->get(field);
      const std::string_view there = fact_named(*b, "dial")->get(field);
      if (here.empty() || there.empty() || here == there) continue;
      Difference& difference =
          add("dialled", Weight::matters, "Different " + std::string(field) + "s are dialled.", printable(here), printable(there));
      difference.good_at.line = g->line;
      difference.bad_at.line = b->line;
    }
  }

  void clock() {
    const auto state = [](const log::Log& log, std::uint64_t& line) -> std::string {
      for (const log::Event& event : log.events) {
        const knowledge::Fact* const clock = fact_named(event, "clock");
        if (clock == nullptr || clock->get("state").empty()) continue;
        line = event.line;
        return std::string(clock->get("state"));
      }
      return {};
    };
    std::uint64_t good_line = 0;
    std::uint64_t bad_line = 0;
    const std::string g = state(good_, good_line);
    const std::string b = state(bad_, bad_line);
    if (b.empty() || g == b || b == "set") return;
    Difference& difference = add("clock", Weight::matters,
                                 "The clock of the device is " + b + " in the bad log" + (g.empty() ? "." : ", " + g + " in the good one."),
                                 g.empty() ? "not told" : g, b);
    difference.bad_at.line = bad_line;
    if (good_line != 0) difference.good_at.line = good_line;
  }

  void heap() {
    const auto g = least_heap(good_);
    const auto b = least_heap(bad_);
    if (!g || !b || static_cast<double>(b->least) >= k_much_less * static_cast<double>(g->least)) return;
    Difference& difference = add(
        "heap", Weight::notable,
        "The least free heap is " + std::to_string(b->least) + " bytes in the bad log, " + std::to_string(g->least) + " in the good one.",
        std::to_string(g->least), std::to_string(b->least));
    difference.good_at.line = g->line;
    difference.bad_at.line = b->line;
  }

  // The first step of the connection that the good log has and the bad one has not.
  void steps() {
    std::set<std::string> reached;
    for (const log::Event& event : bad_.events) {
      if (const knowledge::Fact* const step = fact_named(event, "step")) reached.insert(std::string(step->get("name")));
    }
    if (reached.empty()) return;
    for (const log::Event& event : good_.events) {
      const knowledge::Fact* const step = fact_named(event, "step");
      if (step == nullptr || step->get("name") == "handshake-failed" || reached.count(std::string(step->get("name"))) != 0) continue;
      Difference& difference =
          add("step", Weight::notable, "The good log reaches the step " + std::string(step->get("name")) + ", the bad one does not.",
              printable(shorten(event.text, 100)), "absent");
      difference.good_at.line = event.line;
      return;
    }
  }

  void trouble() {
    std::set<std::string> known;
    for (const log::Event& event : good_.events) known.insert(meaning_of(event));
    std::set<std::string> told;
    bool first = true;
    for (const log::Event& event : bad_.events) {
      if (!is_trouble(event) || known.count(meaning_of(event)) != 0 || !told.insert(meaning_of(event)).second) continue;
      if (told.size() > k_new_lines) break;
      const std::string what = event.symbol.empty() ? std::string() : " (" + event.symbol + ")";
      Difference& difference = add("line", first ? Weight::matters : Weight::notable,
                                   std::string(first ? "First trouble" : "Trouble") + " that only the bad log has" + what + ": " +
                                       printable(shorten(event.text, 120)),
                                   "no such line", printable(shorten(event.text, 120)));
      difference.bad_at.line = event.line;
      first = false;
    }
  }

  const log::Log& good_;
  const log::Log& bad_;
  Diff& diff_;
};

struct Aspect {
  std::string_view key;
  std::string_view words;
  Weight weight;
};
// In the order in which a handshake would meet them.
constexpr std::array<Aspect, 20> k_aspects{{{"versions", "protocol versions", Weight::matters},
                                            {"cipher_suites", "cipher suites", Weight::matters},
                                            {"key_exchanges", "key exchanges", Weight::matters},
                                            {"ciphers", "ciphers", Weight::matters},
                                            {"groups", "groups", Weight::matters},
                                            {"sni", "server name (SNI)", Weight::matters},
                                            {"certificate_keys", "kinds of certificate keys", Weight::matters},
                                            {"hashes", "hashes of certificate signatures", Weight::notable},
                                            {"max_rsa_bits", "longest RSA key", Weight::notable},
                                            {"min_rsa_bits", "shortest RSA key", Weight::notable},
                                            {"in_buffer", "input buffer", Weight::matters},
                                            {"out_buffer", "output buffer", Weight::notable},
                                            {"reassembles", "joining of messages over several records", Weight::notable},
                                            {"duplex", "buffers for sending and receiving", Weight::notable},
                                            {"mfl", "max_fragment_length", Weight::notable},
                                            {"verifies", "verification of the server", Weight::notable},
                                            {"checks_names", "comparison of names", Weight::notable},
                                            {"checks_dates", "look at dates", Weight::notable},
                                            {"ip_san", "IP entries in certificates", Weight::notable},
                                            {"heap_needed", "heap needed", Weight::notable}}};

std::string listed(const std::vector<std::string>& values) {
  std::string text;
  for (const std::string& value : values) text += (text.empty() ? "" : ", ") + value;
  return text.empty() ? "none" : shorten(text, 160);
}

}  // namespace

void compare_logs(const log::Log& good, const log::Log& bad, Diff& diff) { Logs(good, bad, diff).run(); }

void compare_profiles(const device::Profile& good, const device::Profile& bad, Diff& diff) {
  diff.notes.push_back("good: " + good.title);
  diff.notes.push_back("bad: " + bad.title);
  for (const Aspect& aspect : k_aspects) {
    const bool known = good.says(aspect.key) || bad.says(aspect.key);
    if (!known || good.values(aspect.key) == bad.values(aspect.key)) continue;
    Difference& difference = diff.differences.emplace_back();
    difference.aspect = aspect.key;
    difference.good = good.says(aspect.key) ? listed(good.values(aspect.key)) : "unknown";
    difference.bad = bad.says(aspect.key) ? listed(bad.values(aspect.key)) : "unknown";
    // Only what the bad one lacks can be why it fails; to have more is no fault.
    bool lacks = false;
    for (const std::string& value : good.values(aspect.key)) lacks = lacks || !bad.has(aspect.key, value);
    const auto g = good.number(aspect.key);
    const auto b = bad.number(aspect.key);
    if (g && b) lacks = aspect.key == "min_rsa_bits" || aspect.key == "heap_needed" ? *b > *g : *b < *g;
    const bool comparable = good.says(aspect.key) && bad.says(aspect.key);
    difference.weight = comparable && lacks ? aspect.weight : Weight::minor;
    difference.says =
        "The " + std::string(aspect.words) + ": " + difference.good + " in the good one, " + difference.bad + " in the bad one.";
    difference.good_at.file = good.source;
    difference.bad_at.file = bad.source;
  }
}

}  // namespace tlswhy::check
