// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "codes/codes.hpp"
#include "knowledge/model.hpp"

// How likely a print comes from a library, and the look-up over all tables that is ordered by it.
namespace tlswhy::codes {

enum class Breadth : std::uint8_t {
  plain,  // what a dialect that knows its library needs
  far,    // every reading and every rule by which a library may have made the number
};

// Every meaning of a number in the tables (ids separated by ","; all if empty), most likely first.
[[nodiscard]] std::vector<Meaning> rank_number(const knowledge::Knowledge& knowledge, std::string_view libraries, std::string_view text,
                                               const Hints& hints, Breadth breadth);
// Every row with this symbol, whatever its case and whether words are joined by "_", "-" or blanks; with `far` also the rows whose
// symbol ends in it ("CERT_VERIFY_FAILED"), if none is named so.
[[nodiscard]] std::vector<Meaning> rank_symbol(const knowledge::Knowledge& knowledge, std::string_view libraries, std::string_view text,
                                               const Hints& hints, Breadth breadth);

// "Unknown CA", "unknown-ca" and "unknown_ca" are one name.
[[nodiscard]] std::string canonical(std::string_view text);
// Whether `text` has `word` with no letter or digit against its letters or digits, in any case.
[[nodiscard]] bool has_word(std::string_view text, std::string_view word);
// How often the words of the context name the table: its id or name, its `words`, or else one of its platforms.
[[nodiscard]] std::size_t times_named(const knowledge::CodeLibrary& library, std::string_view context);

}  // namespace tlswhy::codes
