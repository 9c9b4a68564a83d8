// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "log/log.hpp"

// Hex dumps in logs: what libraries print of the bytes they send and receive.
namespace tlswhy::log {

// The bytes of one line of a dump in any of the usual forms (with or without offset, with or without the characters beside them);
// nothing if the line is no such line.
[[nodiscard]] std::optional<std::vector<std::uint8_t>> dump_line(std::string_view message);

// Sets Dump::bytes from the lines after the header; `rest` begins with the line after it.
void read_dump(std::string_view rest, const Scanner& scanner, Dump& dump);

// The dumps of a text that has no headers: `xxd`, a C array, lines of hexadecimal. Only those that begin like a TLS record.
[[nodiscard]] std::vector<Dump> bare_dumps(std::string_view text);

}  // namespace tlswhy::log
