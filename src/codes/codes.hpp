// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "knowledge/model.hpp"

// Numbers and names to meanings. Knows how libraries print their codes; the codes themselves are in data/codes.
namespace tlswhy::codes {

// How a number was written; decides which readings of it are likely.
enum class Form : std::uint8_t {
  hex,       // 0x7200 or -0x7200
  bare_hex,  // 7F00 or -7200 where only hexadecimal makes sense, or may be meant
  decimal,
  twos_complement,  // FFFF8E00, 4294938112, 0xFFFFD900
};

struct Reading {
  std::int64_t value = 0;
  Form form = Form::decimal;
  bool negative = false;  // a minus was written
};

// All ways to read a number as it was printed, most literal first; empty if the text is no number.
[[nodiscard]] std::vector<Reading> readings(std::string_view text);
// The same and the far-fetched ones: one or two digits may be hexadecimal too ("-%x" of a small code).
[[nodiscard]] std::vector<Reading> all_readings(std::string_view text);

// What narrows a look-up. Empty means unknown.
struct Hints {
  std::string library;  // id of a code table, a prefix of one ("esp-idf") or its name; what it has hides all other tables
  std::string platform;
  std::string version;  // of the library
  std::string context;  // the words around the code, as pasted
};

struct Meaning {
  const knowledge::Code* code = nullptr;      // the whole, or the high half of a composed code
  std::int64_t value = 0;                     // as the library counts it (sign restored)
  double likelihood = 1;                      // how likely a print of this form comes from this library; the candidates sum to at most 1
  std::vector<const knowledge::Code*> parts;  // composed Mbed TLS codes: high and low half; else empty
  std::string why;                            // how the number was read where that is not plain: "the minus sign is not printed"
  std::string versions;                       // where the rule for composed codes narrows those of the row; else empty
};

struct Explanation {
  std::string input;
  std::vector<Meaning> meanings;         // most likely first; empty if unknown
  std::vector<std::string> suggestions;  // near misses: "did you mean ..."
  std::string note;                      // for unknown codes: how to find out; else empty
  bool from_words = false;               // the input is no code itself: one was found among its words
  std::string platform;                  // the platform that was named with it, for the fixes; else empty
};

// "-0x7200" for -29184, "0x8006" for 32774; two digits at least four wide as the libraries print them.
[[nodiscard]] std::string to_hex_code(std::int64_t value);

// Looks a number up in the given tables only (ids separated by ","), composing Mbed TLS codes where needed; most likely first. What the
// version of the library rules out comes last.
[[nodiscard]] std::vector<Meaning> look_up(const knowledge::Knowledge& knowledge, std::string_view libraries, std::string_view number,
                                           std::string_view version = {});
// Looks a symbol up in the given tables (all if empty), exact and regardless of case.
[[nodiscard]] std::vector<Meaning> look_up_symbol(const knowledge::Knowledge& knowledge, std::string_view libraries,
                                                  std::string_view symbol);

// What a person may have pasted as one argument: a number in any spelling, a symbol, an alert's name. Whole log lines are the
// job of log::Scanner, which calls this for what it finds.
[[nodiscard]] Explanation explain(const knowledge::Knowledge& knowledge, std::string_view input, const Hints& hints = {});

// The rows that fit every query, in the tables' order: a number in any spelling, or words of symbol, meaning, causes or table.
[[nodiscard]] std::vector<const knowledge::Code*> search(const std::vector<const knowledge::CodeLibrary*>& libraries,
                                                         const std::vector<std::string>& queries);
// The tables of a TLS library or the one of that id, separated by ","; empty if there is none.
[[nodiscard]] std::string tables_of_stack(const knowledge::Knowledge& knowledge, std::string_view stack);
// The tables that a --library means: an id, the beginning of some, or a name; empty if there is none.
[[nodiscard]] std::vector<const knowledge::CodeLibrary*> tables_named(const knowledge::Knowledge& knowledge, std::string_view name);

// Whether `name` is the id of a code table, the beginning of one, or its name.
[[nodiscard]] bool has_table(const knowledge::Knowledge& knowledge, std::string_view name);

// What is wrong with the hints: a library or platform that is not known, with the nearest that is, or a version that is none; empty if
// nothing is.
[[nodiscard]] std::string fault_of(const knowledge::Knowledge& knowledge, const Hints& hints);

// Whether a text is a version: a number, behind a "v" or the name of a product or not.
[[nodiscard]] bool is_version(std::string_view text);
// Whether a version ("2.28.3", "rtos-sdk 3.1") lies in the ranges of a code row; true if the version is empty or cannot be read.
[[nodiscard]] bool version_in(std::string_view version, std::string_view ranges);
// Whether a platform ("esp8266-rtos-sdk") may have a row whose ranges name products ("rtos-sdk 3.1..,nodemcu 1.5.4.."); true if they name
// none.
[[nodiscard]] bool version_fits_platform(std::string_view platform, std::string_view ranges);

}  // namespace tlswhy::codes
