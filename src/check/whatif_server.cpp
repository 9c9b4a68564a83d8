// SPDX-License-Identifier: Apache-2.0
// whatif against a named server policy, and what both kinds of whatif share.
#include <algorithm>

#include "base/net.hpp"
#include "base/text.hpp"
#include "check/whatif.hpp"

namespace tlswhy::check {
namespace {

constexpr std::size_t k_names_listed = 4;
// A chain up to this size is within what published heap figures were measured with.
constexpr std::uint32_t k_usual_chain = 4096;

std::string joined(const std::vector<std::string>& list, std::size_t most = k_names_listed) {
  std::string text;
  for (std::size_t i = 0; i < list.size() && i < most; ++i) text += (i == 0 ? "" : ", ") + list[i];
  if (list.size() > most) text += " and " + std::to_string(list.size() - most) + " more";
  return text;
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) text.replace(at, from.size(), to);
}

class Policy {
 public:
  Policy(const device::Profile& device, const device::Profile& server, const WhatIfContext& context, const knowledge::Knowledge& knowledge)
      : device_(device), server_(server), context_(context), knowledge_(knowledge) {}

  WhatIf run() {
    answer_.server = server_.title;
    versions();
    suites();
    keys();
    groups();
    memory();
    record();
    answer_.cannot_know.push_back(
        "This is the usual configuration of such a server, not the one you dial: a capture of any client with it tells more.");
    if (!server_.first("note").empty()) answer_.cannot_know.push_back(server_.first("note"));
    conclude(device_, answer_);
    return std::move(answer_);
  }

 private:
  WhatIfCheck& add(std::string_view id, Verdict verdict, std::string says, std::string_view cause = {}) {
    WhatIfCheck& check = answer_.checks.emplace_back();
    check.id = id;
    check.verdict = verdict;
    check.says = std::move(says);
    check.cause = cause;
    return check;
  }

  void versions() {
    const auto& theirs = server_.values("versions");
    const auto& ours = device_.values("versions");
    if (theirs.empty() || ours.empty()) {
      add("version", Verdict::unknown,
          "It is not known which versions " + std::string(ours.empty() ? "the device" : "the server") + " has.");
      return;
    }
    for (auto it = theirs.rbegin(); it != theirs.rend(); ++it) {
      if (!device_.has("versions", *it)) continue;
      common_version_ = *it;
      add("version", Verdict::yes, "Both have " + *it + ".");
      return;
    }
    add("version", Verdict::no, "The server has " + joined(theirs) + ", the device " + joined(ours) + ".", "version-mismatch");
  }

  void suites() {
    const knowledge::Registry* const registry = knowledge_.registry("tls-ciphersuites");
    if (registry == nullptr) return;
    std::vector<std::string> common;
    std::vector<std::string> ours;
    std::size_t theirs = 0;
    bool unsure = false;
    for (const knowledge::RegistryEntry& entry : registry->entries) {
      const auto suite = static_cast<std::uint16_t>(entry.value);
      const auto mine = device::offers_suite(device_, suite, knowledge_);
      const auto other = device::offers_suite(server_, suite, knowledge_);
      unsure = unsure || (mine == device::Answer::unknown && other == device::Answer::yes);
      if (mine == device::Answer::yes) ours.emplace_back(entry.name);
      if (other == device::Answer::yes) ++theirs;
      if (mine == device::Answer::yes && other == device::Answer::yes) common.emplace_back(entry.name);
    }
    if (!common.empty()) {
      common_suites_ = common;
      add("suite", Verdict::yes, "In common: " + joined(common) + ".");
    } else if (unsure || ours.empty()) {
      add("suite", Verdict::unknown,
          "Which suites the device has is a choice of its build" +
              std::string(device_.source.empty() ? ": give its configuration file as well." : "."));
    } else {
      const bool only_rsa =
          std::all_of(ours.begin(), ours.end(), [](const std::string& name) { return device::parts_of(name).key_exchange == "RSA"; });
      add("suite", Verdict::no,
          "None in common. The device has " + joined(ours) + (only_rsa ? ", all with RSA key exchange and no ECDHE" : "") +
              "; the server accepts " + std::to_string(theirs) + " suites, none of them these.",
          "no-shared-cipher");
    }
  }

  void keys() {
    const auto& keys = server_.values("certificate_keys");
    if (keys.empty()) return;
    bool known = false;
    for (const std::string& key : keys) {
      const auto takes = device::takes_key(device_, key);
      known = known || takes != device::Answer::unknown;
      if (takes == device::Answer::yes) {
        add("certificate-key", Verdict::yes,
            "The server's certificate has " + std::string(key == "EC" ? "an EC" : "an " + key) + " key, which the device can use.");
        return;
      }
    }
    if (!known) return;
    add("certificate-key", Verdict::no,
        "The server's certificate has an " + joined(keys) + " key; the device takes " + joined(device_.values("certificate_keys")) +
            " keys only.",
        "algorithm-not-built");
  }

  void groups() {
    const bool elliptic = std::any_of(common_suites_.begin(), common_suites_.end(), [](const std::string& name) {
      const auto exchange = device::parts_of(name).key_exchange;
      return exchange.starts_with("ECDHE") || exchange.empty();
    });
    if (!elliptic || !device_.says("groups") || server_.values("groups").empty()) return;
    for (const std::string& group : server_.values("groups")) {
      if (!device_.has("groups", group)) continue;
      add("group", Verdict::yes, "Both have the group " + group + ".");
      return;
    }
    const auto& ours = device_.values("groups");
    add("group", Verdict::no,
        "No group in common: the server has " + joined(server_.values("groups")) + ", the device " +
            (ours.empty() ? "none" : joined(ours)) + ".",
        "no-shared-group");
  }

  void memory() {
    std::string how;
    const std::uint32_t chain = static_cast<std::uint32_t>(server_.number("max_certificate").value_or(0));
    const auto needed = heap_estimate(device_, context_.in_buffer, chain, how);
    const auto heap = context_.free_heap ? context_.free_heap : device_.number("heap_size");
    if (!needed) return;
    if (*needed == 0) {
      add("memory", Verdict::yes, "No heap of the application is needed: " + device_.first("heap_says") + ".");
    } else if (heap) {
      add("memory", *heap >= *needed ? Verdict::yes : Verdict::no,
          "About " + std::to_string(*needed) + " bytes of heap are needed (" + how + "), " + std::to_string(*heap) + " are there.",
          "low-memory");
    } else {
      add("memory", Verdict::unknown,
          "About " + std::to_string(*needed) + " bytes of free heap are needed (" + how + "); give --free-heap to compare.")
          .condition = true;
    }
  }

  void record() {
    const auto buffer = context_.in_buffer ? context_.in_buffer : device_.number("in_buffer");
    const auto chain = server_.number("max_certificate");
    if (!buffer || !chain) return;
    if (*buffer >= *chain) {
      add("record", Verdict::yes,
          "A chain of up to " + std::to_string(*chain) + " bytes fits the input buffer of " + std::to_string(*buffer) + ".");
    } else {
      add("record", Verdict::unknown,
          "The input buffer takes " + std::to_string(*buffer) + " bytes; a chain can have up to " + std::to_string(*chain) +
              ". Only the real one tells.");
    }
  }

  const device::Profile& device_;
  const device::Profile& server_;
  const WhatIfContext& context_;
  const knowledge::Knowledge& knowledge_;
  WhatIf answer_;
  std::string common_version_;
  std::vector<std::string> common_suites_;
};

}  // namespace

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::no: return "no";
    case Verdict::yes: return "yes";
    case Verdict::unknown: return "unknown";
  }
  return {};
}

std::string openssl_name(std::string_view suite_name) {
  const device::SuiteParts parts = device::parts_of(suite_name);
  if (parts.key_exchange.empty()) return std::string(suite_name);
  std::string name;
  if (parts.key_exchange != "RSA") name = std::string(parts.key_exchange) + "-";
  std::string cipher(parts.cipher);
  replace_all(cipher, "AES_128", "AES128");
  replace_all(cipher, "AES_256", "AES256");
  replace_all(cipher, "CAMELLIA_128", "CAMELLIA128");
  replace_all(cipher, "CAMELLIA_256", "CAMELLIA256");
  replace_all(cipher, "_CBC", "");
  replace_all(cipher, "CCM_8", "CCM8");
  replace_all(cipher, "3DES_EDE", "DES-CBC3");
  if (cipher.starts_with("CHACHA20_POLY1305")) cipher = "CHACHA20-POLY1305";
  name += cipher;
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

std::optional<std::int64_t> heap_estimate(const device::Profile& device, std::optional<std::int64_t> in_buffer, std::uint32_t chain_bytes,
                                          std::string& how) {
  const auto published = device.number("heap_needed");
  if (!published) return std::nullopt;
  if (*published == 0) return 0;
  std::int64_t needed = *published;
  how = std::to_string(*published) + ": " + device.first("heap_says");
  const auto in = in_buffer ? in_buffer : device.number("in_buffer");
  const auto out = device.number("out_buffer");
  const auto measured = device.number("heap_buffers");
  if (in && out && measured && *measured > 0 && *in + *out != *measured) {
    const std::int64_t difference = *in + *out - *measured;
    needed += difference;
    how += "; " + std::string(difference < 0 ? "-" : "+") + std::to_string(difference < 0 ? -difference : difference) + " for buffers of " +
           std::to_string(*in) + " and " + std::to_string(*out);
  }
  if (chain_bytes > k_usual_chain) {
    needed += chain_bytes - k_usual_chain;
    how += "; +" + std::to_string(chain_bytes - k_usual_chain) + " for a chain of " + std::to_string(chain_bytes) + " bytes";
  }
  return std::max<std::int64_t>(needed, 0);
}

void conclude(const device::Profile& device, WhatIf& answer) {
  const WhatIfCheck* refused = nullptr;
  const WhatIfCheck* open = nullptr;
  std::size_t conditions = 0;
  for (const WhatIfCheck& check : answer.checks) {
    if (check.verdict == Verdict::no && refused == nullptr) refused = &check;
    if (check.verdict == Verdict::unknown && !check.condition && open == nullptr) open = &check;
    if (check.verdict == Verdict::unknown && check.condition) ++conditions;
  }
  answer.verdict = refused != nullptr ? Verdict::no : open != nullptr || answer.checks.empty() ? Verdict::unknown : Verdict::yes;
  if (const WhatIfCheck* const deciding = refused != nullptr ? refused : open; deciding != nullptr)
    answer.decided_by = static_cast<std::size_t>(deciding - answer.checks.data());
  const std::string who = device.source.empty() ? device.title : "a device with " + device.title;
  if (refused != nullptr) {
    answer.summary = "No: " + who + " would not reach " + answer.server + ". " + refused->says;
  } else if (answer.verdict == Verdict::unknown) {
    answer.summary = "Cannot tell whether " + who + " would reach " + answer.server + ". " +
                     (open == nullptr ? "Nothing in what was given shows the server." : open->says);
  } else {
    answer.summary =
        "Yes: nothing seen keeps " + who + " from " + answer.server + (conditions == 0 ? "." : ", if the points marked ? hold.");
  }
}

WhatIf what_if(const device::Profile& device, const device::Profile& server, const WhatIfContext& context,
               const knowledge::Knowledge& knowledge) {
  return Policy(device, server, context, knowledge).run();
}

}  // namespace tlswhy::check
