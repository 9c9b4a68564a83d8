// SPDX-License-Identifier: Apache-2.0
// From a match to an event: codes looked up, holes put into facts.
#include <algorithm>
#include <utility>

#include "base/net.hpp"
#include "base/text.hpp"
#include "codes/codes.hpp"
#include "log/compiled.hpp"

namespace tlswhy::log {
namespace {

using knowledge::Fact;

constexpr std::string_view k_code_hole = "code";

// The number as it was printed: sign and "0x" that the pattern spelt out in front of the hole belong to it.
std::string_view printed_number(std::string_view line, std::string_view hole) {
  auto begin = static_cast<std::size_t>(hole.data() - line.data());
  const std::size_t end = begin + hole.size();
  if (begin >= 2 && line[begin - 2] == '0' && (line[begin - 1] == 'x' || line[begin - 1] == 'X')) begin -= 2;
  if (begin >= 1 && line[begin - 1] == '-' && line[begin] != '-') --begin;
  return line.substr(begin, end - begin);
}

// The number in the form its hole says it has.
std::string number_text(std::string_view line, const Hole& hole) {
  const std::string_view printed = printed_number(line, hole.text);
  std::string text(printed);
  if (hole.type == HoleType::hex && ifind(printed, "0x") == std::string_view::npos) {
    text.insert(printed.starts_with('-') || printed.starts_with('+') ? 1 : 0, "0x");
  }
  return text;
}

// Adds the facts of a code; a fact the pattern states too is completed, not doubled.
void add_code_fact(std::string_view text, std::vector<Fact>& facts) {
  auto fact = knowledge::parse_fact(text);
  if (!fact) return;
  const auto same = std::find_if(facts.begin(), facts.end(), [&](const Fact& other) { return other.name == fact->name; });
  if (same == facts.end()) {
    facts.push_back(std::move(*fact));
    return;
  }
  for (auto& [field, value] : fact->fields) {
    if (same->get(field).empty()) same->set(field, std::move(value));
  }
}

// What the first code of the line means; a second one only completes it.
void add_sentences(const knowledge::Code& code, std::string& meaning) {
  if (!meaning.empty() || code.meaning.empty()) return;
  meaning = std::string(code.meaning);
  if (!code.not_this.empty()) meaning += " " + std::string(code.not_this);
}

void add_causes(std::string_view causes, std::string& list) {
  if (causes.empty()) return;
  if (!list.empty()) list += ',';
  list += causes;
}

// Takes over what is known of a code; true if it states a fact.
bool add_meaning(const knowledge::Knowledge& knowledge, const codes::Meaning& meaning, Event& event) {
  event.value = meaning.value;
  bool states = false;
  const auto take = [&](const knowledge::Code& code) {
    if (event.symbol.empty()) {
      event.symbol = std::string(code.symbol);
      const knowledge::CodeLibrary* const table = knowledge.code_library(code.library);
      event.library = std::string(table != nullptr ? table->stack : code.library.view());
    } else if (event.symbol.find(code.symbol) == std::string::npos) {
      event.symbol += "+" + std::string(code.symbol);
    }
    add_sentences(code, event.meaning);
    add_causes(code.causes, event.causes);
    event.is_error = event.is_error || code.error != knowledge::IsError::no;
    add_code_fact(code.fact, event.facts);
    states = states || !code.fact.empty();
  };
  if (meaning.parts.empty()) {
    if (meaning.code != nullptr) take(*meaning.code);
  } else {
    for (const knowledge::Code* part : meaning.parts) {
      if (part != nullptr) take(*part);
    }
  }
  return states;
}

struct LookedUp {
  bool known = false;   // a table has the code
  bool states = false;  // and it states a fact
};

// The version that a line said last, of the library whose table is asked.
std::string_view version_told(std::span<const Found> before, std::string_view libraries) {
  // A log names few libraries; one that is made of versions must not be searched anew for each of its lines.
  constexpr unsigned k_most_versions = 64;
  std::size_t until = before.empty() ? 0 : before.back().versions_until;
  for (unsigned i = 0; i < k_most_versions && until > 0; ++i) {
    const Found& told = before[until - 1];
    if (told.dialect != nullptr && !told.dialect->library.empty() && libraries.find(told.dialect->library) != std::string_view::npos) return told.library_version;
    until = until > 1 ? before[until - 2].versions_until : 0;
  }
  return {};
}

LookedUp look_up(const knowledge::Knowledge& knowledge, std::string_view libraries, std::string_view line, const Hole& hole,
                 std::string_view version, Event& event) {
  LookedUp result;
  // A word or a choice may be a number all the same ("Received fatal alert: 48").
  const bool is_number = !hole.text.empty() && hole.text.find_first_not_of("0123456789") == std::string_view::npos;
  if (is_number || hole.type == HoleType::code || hole.type == HoleType::hex || hole.type == HoleType::integer) {
    const std::string text = number_text(line, hole);
    const auto meanings = codes::look_up(knowledge, libraries, text, version);
    if (!meanings.empty()) return {true, add_meaning(knowledge, meanings.front(), event)};
    const auto readings = codes::readings(text);
    if (!readings.empty()) event.value = readings.front().value;
    return result;
  }
  for (const std::string_view symbol : split(hole.text, '+')) {
    const auto meanings = codes::look_up_symbol(knowledge, libraries, trim(symbol));
    if (meanings.empty()) continue;
    result.known = true;
    if (add_meaning(knowledge, meanings.front(), event)) result.states = true;
  }
  return result;
}

// What follows from what was dialled and is not spelt out in the line.
void complete_dial(Fact& fact) {
  const std::string_view host = fact.get("host");
  if (!host.empty() && fact.get("literal").empty()) {
    const bool hidden = host.find_first_of("<[*") != std::string_view::npos && !is_ip_literal(host);
    if (!hidden) fact.set("literal", is_ip_literal(host) ? "yes" : "no");
  }
  if (!fact.get("scheme").empty()) fact.set("scheme", lower(fact.get("scheme")));
  if (const auto port = parse_integer(fact.get("port")); port && (*port < 1 || *port > 65535)) {
    std::erase_if(fact.fields, [](const auto& field) { return field.first == "port"; });
  }
}

// `text` with {holes} replaced; nothing if one of them is empty or unknown.
std::optional<std::string> fill_text(std::string_view text, const Match& match) {
  std::string out;
  for (;;) {
    const std::size_t open = text.find('{');
    const std::size_t close = open == std::string_view::npos ? open : text.find('}', open);
    if (close == std::string_view::npos) return out.append(text);
    const std::string_view value = trim(match.get(text.substr(open + 1, close - open - 1)));
    if (value.empty()) return std::nullopt;
    out.append(text.substr(0, open)).append(value);
    text.remove_prefix(close + 1);
  }
}

}  // namespace

std::vector<Fact> fill(const std::vector<Fact>& templates, const Match& match) {
  std::vector<Fact> facts;
  for (const Fact& shape : templates) {
    Fact fact;
    fact.name = shape.name;
    for (const auto& [field, value] : shape.fields) {
      if (auto filled = fill_text(value, match)) fact.set(field, std::move(*filled));
    }
    if (fact.name == "dial") complete_dial(fact);
    facts.push_back(std::move(fact));
  }
  return facts;
}

void link_versions(std::vector<Found>& found, std::size_t first) {
  for (std::size_t i = first; i < found.size(); ++i) {
    found[i].versions_until = !found[i].library_version.empty() ? i + 1 : i > 0 ? found[i - 1].versions_until : 0;
  }
}

std::optional<Event> make_event(const knowledge::Knowledge& knowledge, const Rule& rule, const Match& match, std::string_view line,
                                std::span<const Found> before) {
  Event event;
  event.kind = std::string(rule.source->kind);
  event.dialect = std::string(rule.dialect->id);
  event.pattern = std::string(rule.source->id);
  event.facts = fill(rule.facts, match);
  const Hole* code = rule.source->code_library.empty() ? nullptr : match.find(k_code_hole);
  if (code != nullptr) {
    const LookedUp looked_up =
        look_up(knowledge, rule.source->code_library, line, *code, version_told(before, rule.source->code_library), event);
    // Success is printed too ("Last tls stack error number: 0x0"), and then nothing of what the pattern states holds.
    if (event.value == 0 && !looked_up.states) return std::nullopt;
    // "mbedtls_ssl_handshake returned -0x6900" (would block) has the form of a failure and is none. The peer's orderly close ends it.
    const bool closed = std::any_of(event.facts.begin(), event.facts.end(), [](const Fact& fact) { return fact.name == "close-notify"; });
    if (looked_up.known && !event.is_error && !closed) {
      std::erase_if(event.facts, [](const Fact& fact) { return fact.name == "step" && fact.get("name") == "handshake-failed"; });
    }
    if (rule.generic && !looked_up.known) return std::nullopt;
  }
  if (event.library.empty()) event.library = std::string(rule.dialect->library);
  return event;
}

std::optional<Event> make_symbol_event(const knowledge::Knowledge& knowledge, std::string_view symbol) {
  const auto meanings = codes::look_up_symbol(knowledge, "", symbol);
  if (meanings.empty()) return std::nullopt;
  Event event;
  event.kind = "code";
  event.dialect = "generic";
  event.pattern = "symbol";
  (void)add_meaning(knowledge, meanings.front(), event);
  if (meanings.front().code != nullptr && !meanings.front().code->has_value) event.value.reset();
  if (!event.is_error && event.facts.empty()) return std::nullopt;
  return event;
}

void complete_facts(Event& event, std::string_view role, std::string_view library, std::string_view platform) {
  for (Fact& fact : event.facts) {
    const auto complete = [&](std::string_view field, std::string_view value) {
      if (!value.empty() && fact.get(field).empty()) fact.set(field, std::string(value));
    };
    complete("role", role);
    complete("library", library.empty() ? std::string_view(event.library) : library);
    complete("platform", platform);
    // An alert's direction as the writer of the log saw it tells who sent it once it is known who wrote.
    if (fact.name != "alert" || !fact.get("by").empty() || fact.get("direction").empty()) continue;
    const std::string_view writer = fact.get("role");
    if (writer != "device" && writer != "server") continue;
    const bool by_writer = fact.get("direction") == "sent";
    fact.set("by", (writer == "device") == by_writer ? "client" : "server");
  }
}

}  // namespace tlswhy::log
