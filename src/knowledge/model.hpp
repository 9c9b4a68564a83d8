// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "knowledge/text.hpp"

// What data/ says, as plain values. The views and spans point into static storage (the compiled-in knowledge) or into a
// Library (loaded at run time); the shape of each file is described in data/README.md.
namespace tlswhy::knowledge {

enum class IsError : std::uint8_t { no, maybe, yes };

// One row of data/codes/*.tsv.
struct Code {
  Text library;   // id of the file
  std::int64_t value = 0;
  bool has_value = false;     // false: known by name only
  Text symbol;
  Text versions;  // "2.0.0..4.1.0", "all"; several with ","
  IsError error = IsError::maybe;
  Text fact;      // fact with fields, "alert name=unknown_ca"; empty if none
  Text causes;    // ids separated by ","; empty if none
  Text meaning;   // empty if nobody has described it yet
  Text not_this;  // what it does not tell; may be empty
};

struct CodeLibrary {
  std::string_view id;
  std::string_view stack;      // the TLS library whose codes these are: "axtls" for axtls-derived too; the id where the file does not say
  std::string_view name;       // for people: "Mbed TLS"
  std::string_view source;     // where the numbers come from
  std::string_view platforms;  // "esp-idf,zephyr"; where it is met; may be empty
  int common = 0;              // 0 to 5: how often people paste its codes
  std::string_view prints;     // forms in which its codes are printed, most usual first: "-hex,-dec,hex,dec,bare"; may be empty
  std::string_view words;      // words beside a number that name this table: "rc=,PubSubClient"; may be empty
  std::string_view rare;       // symbols that are hardly ever met, separated by ","; may be empty
  std::string_view seen;       // where its codes are met, to tell it from other tables: "rc= or state= of PubSubClient"; may be empty
  std::span<const Code> codes; // sorted by value, then by row; named-only codes last
};

// One row of data/registries/*.tsv: an IANA (or private) number of a protocol field.
struct RegistryEntry {
  std::uint32_t value = 0;
  std::string_view name;
  std::string_view note;
  std::string_view key_exchange;    // cipher suites: "rsa", "ecdhe", "dhe", "psk", "tls13"...; else empty
  std::string_view authentication;  // "rsa", "ecdsa", "psk", "any"...; else empty
  std::string_view encryption;      // "cbc", "gcm", ...; else empty
};
struct Registry {
  std::string_view id;  // "tls-ciphersuites", "tls-alerts", ...
  std::span<const RegistryEntry> entries;  // sorted by value
};


// One [[pattern]] or [[prefix]] of a dialect.
struct Pattern {
  std::string_view id;
  std::span<const std::string_view> match;
  std::string_view kind;
  std::string_view code_library;             // ids separated by ","; empty if the line holds no code
  std::span<const std::string_view> facts;   // "alloc-failed bytes={bytes}"
  std::span<const std::string_view> samples;
};
struct Dialect {
  std::string_view id;
  std::string_view title;
  std::string_view platform;
  std::string_view library;
  std::string_view role;  // "device", "server", "either"
  std::span<const Pattern> prefixes;
  std::span<const Pattern> patterns;
};

enum class Grade : std::uint8_t { decisive, strong, hint, note, against, rules_out };
enum class Operator : std::uint8_t { any_of, less, less_equal, greater, greater_equal, present, none_of };
struct Condition {
  std::string_view field;
  Operator op = Operator::any_of;
  std::span<const std::string_view> values;  // words, or one number for the comparisons
};
struct Matcher {
  std::string_view fact;
  std::span<const Condition> conditions;
};
// When a fact has a certain sense: never, always, or where all conditions hold.
struct Sense {
  bool possible = false;
  std::span<const Condition> conditions;
};
// One row of data/facts.tsv.
struct FactDefinition {
  std::string_view name;
  std::string_view fields;  // separated by ","
  Sense failure;            // it means that something went wrong
  Sense success;            // it means that the connection came up
  std::string_view meaning;
};
struct Evidence {
  std::string_view id;
  Grade grade = Grade::hint;
  std::span<const Matcher> when;    // all of these hold
  std::span<const Matcher> unless;  // none of these holds
  std::string_view says;            // "{field}" stands for a field of the first fact matched
};
struct Confusion {
  std::string_view cause;
  std::string_view tell;   // what differs when it is that other cause
  std::string_view check;  // the one thing to do that separates the two; may be empty
};
struct Fix {
  std::span<const std::string_view> platforms;
  std::string_view action;
  std::string_view weakens;  // what security it costs; empty if none
};
struct Reference {
  std::string_view url;
  std::string_view title;
};
enum class Prior : std::uint8_t { common, usual, rare };
struct Cause {
  std::string_view id;
  std::string_view family;
  std::string_view title;
  std::string_view owner;  // "device", "network", "server", "ca", "nobody"
  Prior prior = Prior::usual;
  std::string_view what;
  std::span<const std::string_view> confirm;
  std::span<const Confusion> confused_with;
  std::span<const Evidence> evidence;
  std::span<const Fix> fixes;
  std::span<const Reference> references;
};
struct Family {
  std::string_view id;
  std::string_view title;
  std::span<const Evidence> evidence;  // holds for every cause of the family
};

// A key with its values in a device profile: "cipher_suites" = 0x002f, 0x003c.
struct Property {
  std::string_view key;
  std::span<const std::string_view> values;
};
struct Device {
  std::string_view id;
  std::string_view title;
  std::string_view platform;
  std::string_view library;
  std::string_view extends;                // id of the profile that says what this one leaves out; may be empty
  std::span<const Property> properties;
  std::span<const Reference> references;
};

// One option of a build configuration and what it says about the device, as statements "key = value", "key += value",
// "key -= value"; "{value}" stands for the option's value.
struct ConfigOption {
  std::string_view name;
  std::span<const std::string_view> on;    // where the option is set
  std::span<const std::string_view> off;   // where it is switched off
};
// A kind of configuration file of some product: sdkconfig, mbedtls_config.h, ...
struct ConfigFormat {
  std::string_view id;
  std::string_view title;
  std::string_view syntax;                 // "kconfig" (NAME=value) or "macros" (#define NAME value)
  std::string_view device;                 // id of the profile that says what the file does not
  bool complete = false;                   // an option that the file does not name is off
  std::span<const std::string_view> signs; // beginnings of option names that tell the file from others
  std::span<const ConfigOption> options;
};

// A defect of versions of a library or platform that shows in handshakes.
struct Defect {
  std::string_view id;
  std::string_view title;
  std::string_view library;                // either may be empty
  std::string_view platform;
  std::string_view affects;                // ranges of versions as in Code::versions
  std::string_view mended;                 // first version without it; empty if there is none
  std::string_view symptom;
  std::span<const Matcher> when;           // facts that show it; any one
  std::string_view action;                 // what to do
  std::span<const Reference> references;
};

// What can be wrong with a certificate, key or CA file, and how libraries answer.
struct FileFault {
  std::string_view id;
  std::string_view severity;               // "error", "warning", "note"
  std::string_view title;
  std::string_view action;
  std::span<const Property> gives;         // library id = what it reports
};

// A root certificate that changed its part: expired, replaced, withdrawn.
struct RootNote {
  std::string_view id;
  std::string_view name;                   // common name as in certificates
  std::string_view until;                  // date from which it no longer serves; empty if it does
  std::string_view note;
  std::string_view kind = "root";          // root, intermediate (a public CA's, never in root stores), naming (words that tell one), inspection (of a product that opens TLS)
};

// Where one `match` of the dialects stands: its dialect, its place in there and the spelling.
struct RulePlace {
  std::uint16_t dialect = 0;
  std::uint16_t pattern = 0;
  std::uint16_t spelling = 0;
};
// Four bytes of text and the rules they may belong to, `users[first]` to `users[first + count - 1]`; gram 0 is an empty place.
struct GramPlace {
  std::uint32_t gram = 0;
  std::uint32_t first = 0;
  std::uint32_t count = 0;
};
// A rule that a gram speaks for, and the text of the rule that the gram was taken from: where that text does not stand around the gram, the
// rule cannot match.
struct GramUser {
  std::uint16_t rule = 0;
  std::uint16_t gram_at = 0;    // where the gram begins in the text
  std::uint32_t text_at = 0;    // in LogIndex::texts
  std::uint16_t text_size = 0;  // 0: the gram alone speaks
};
// The start of a search for the lines that dialects know. Made from the dialects and code tables by log::make_index, at build time
// for the compiled-in ones, because making it takes longer than an answer may.
struct LogIndex {
  std::span<const RulePlace> rules;
  std::span<const RulePlace> prefixes;
  std::span<const std::uint32_t> bitmap;   // of the hashes of all grams
  std::span<const GramPlace> grams;        // a hash table with linear probing; its size is a power of two
  std::string_view texts;                  // in lower case, each run of blanks as one
  std::span<const GramUser> users;         // rules; rules.size() stands for "a symbol may be here", the next number for "a chatty prefix may be here"
  std::span<const std::uint64_t> symbols;  // hashes of the symbols that stand for themselves, sorted
};

// One row of data/products.tsv: the version of a TLS library that some versions of a product carry.
struct Product {
  std::string_view product;          // a platform word
  std::string_view versions;         // of the product, as ranges
  std::string_view library;
  std::string_view library_version;
};

// Everything that is known.
struct Knowledge {
  std::span<const FactDefinition> facts;
  std::span<const CodeLibrary> code_libraries;  // sorted by id
  std::span<const Registry> registries;
  std::span<const Dialect> dialects;            // sorted by id
  std::span<const Cause> causes;                // sorted by id
  std::span<const Family> families;
  std::span<const Device> devices;
  const LogIndex* log_index = nullptr;          // of these dialects and code libraries; null if it is still to be made
  std::span<const Product> products;
  std::span<const Device> servers;              // policies of server software, in the words of device profiles
  std::span<const ConfigFormat> configs;
  std::span<const Defect> defects;
  std::span<const FileFault> file_faults;
  std::span<const RootNote> roots;

  // The entry with this id, or null.
  [[nodiscard]] const CodeLibrary* code_library(std::string_view id) const;
  [[nodiscard]] const Registry* registry(std::string_view id) const;
  [[nodiscard]] const Cause* cause(std::string_view id) const;
  [[nodiscard]] const Family* family(std::string_view id) const;
  [[nodiscard]] const Device* device(std::string_view id) const;
  [[nodiscard]] const FileFault* file_fault(std::string_view id) const;
  // The registered name of a number, empty if it is not registered.
  [[nodiscard]] std::string_view name_of(std::string_view registry_id, std::uint32_t value) const;
};

// The knowledge compiled into the program (library tlswhy_data).
[[nodiscard]] const Knowledge& built_in();

}  // namespace tlswhy::knowledge
