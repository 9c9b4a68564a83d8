// SPDX-License-Identifier: Apache-2.0
#include "diagnose/roots.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "base/text.hpp"
#include "diagnose/facts.hpp"

namespace tlswhy::diagnose {
namespace {

// Fields in which sources name certificates or files of them.
constexpr std::array<std::string_view, 3> k_naming_fields{"subject", "issuer", "file"};

// Modems and file systems write the blanks of a name as underscores.
std::string with_blanks(std::string_view text) {
  std::string out(text);
  std::replace(out.begin(), out.end(), '_', ' ');
  return out;
}

std::string_view expired(std::string_view until, const std::optional<Timestamp>& now) {
  const auto end = until.empty() ? std::optional<Timestamp>{} : parse_timestamp(until);
  if (!end || !now) return "unknown";
  return *end < *now ? "yes" : "no";
}

// The common name in a name as Mbed TLS, OpenSSL and GnuTLS print it ("CN=R11", "CN = R11, O = ...", "/CN=R11").
std::string_view common_name(std::string_view name) {
  std::size_t at = ifind(name, "CN");
  while (at != std::string_view::npos) {
    std::string_view rest = trim(name.substr(at + 2));
    if (rest.starts_with('=')) {
      rest = trim(rest.substr(1));
      return trim(rest.substr(0, rest.find_first_of(",/\n")));
    }
    const std::size_t next = ifind(name.substr(at + 2), "CN");
    at = next == std::string_view::npos ? next : at + 2 + next;
  }
  return {};
}

// The entry of that kind in data/files/issuers.toml that an issuer's name is met by; null where there is none.
const knowledge::RootNote* known_issuer(std::string_view issuer, std::string_view kind, const knowledge::Knowledge& knowledge) {
  const std::string_view name = common_name(issuer);
  const auto found = std::find_if(knowledge.roots.begin(), knowledge.roots.end(), [&](const knowledge::RootNote& known) {
    if (known.kind != kind) return false;
    return kind == "intermediate" ? iequals(known.name, name) : ifind(issuer, known.name) != std::string_view::npos;
  });
  return found == knowledge.roots.end() ? nullptr : &*found;
}

}  // namespace

bool is_intermediate(std::string_view issuer, const knowledge::Knowledge& knowledge) {
  return known_issuer(issuer, "intermediate", knowledge) != nullptr || known_issuer(issuer, "naming", knowledge) != nullptr;
}

std::optional<Interception> inspected_by(std::string_view issuer, const knowledge::Knowledge& knowledge) {
  const knowledge::RootNote* const known = known_issuer(issuer, "inspection", knowledge);
  if (known == nullptr) return std::nullopt;
  const std::string product(known->note);
  return Interception{"TLS inspection by " + product, "the certificate was issued by \"" + printable(issuer) + "\", which is " + product};
}

void add_known_roots(std::vector<LocatedFact>& facts, const knowledge::Knowledge& knowledge, const std::optional<Timestamp>& now) {
  std::set<std::string> stated;
  const std::size_t count = facts.size();
  for (std::size_t i = 0; i < count; ++i) {
    const LocatedFact named = facts[i];
    for (const std::string_view field : k_naming_fields) {
      const std::string value = with_blanks(named.fact.get(field));
      if (value.empty()) continue;
      for (const knowledge::RootNote& root : knowledge.roots) {
        if (root.until.empty() || ifind(value, root.name) == std::string_view::npos) continue;
        const bool own = named.fact.name == "cert-shown" && named.fact.get("which") == "own";
        const std::string_view where = own ? "own" : "chain";
        if (!stated.insert(std::string(root.id) + "/" + std::string(where)).second) continue;
        LocatedFact known = named;
        known.fact = FactBuilder("known-root")
                         .with("id", root.id)
                         .with("name", root.name)
                         .with("until", root.until)
                         .with("where", where)
                         .with("expired", expired(root.until, now))
                         .with("role", named.fact.get("role"))
                         .with("from", named.fact.get("from"))
                         .take();
        facts.push_back(std::move(known));
      }
    }
  }
}

}  // namespace tlswhy::diagnose
