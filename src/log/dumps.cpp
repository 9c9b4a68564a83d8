// SPDX-License-Identifier: Apache-2.0
#include "log/dumps.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "base/text.hpp"

namespace tlswhy::log {
namespace {

constexpr std::size_t k_half_line = 8;            // after which some printers leave more room
constexpr std::size_t k_most_bytes_a_line = 64;   // more is no dump for people
constexpr std::size_t k_most_foreign_lines = 4;   // of other tasks, between two lines of a dump
constexpr std::size_t k_most_bytes = 64U << 10U;  // of one dump; a record has 16 KB and a little
constexpr std::size_t k_bare_text = 1U << 20U;    // larger texts are logs, not a pasted dump
constexpr std::size_t k_least_bare_bytes = 16;
constexpr std::size_t k_longest_line = 400;  // 64 bytes as "0x16, " with a frame before them

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::size_t digits_at(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && digit(text[end]) >= 0) ++end;
  return end - at;
}

bool is_separator(char c) { return c == ' ' || c == '\t' || c == '-' || c == ','; }

// What is after the offset, if there is one: "0000: ", "0000 - ", "0x0010:  ", "00000010  ".
std::string_view without_offset(std::string_view text) {
  std::size_t at = text.starts_with("0x") || text.starts_with("0X") ? 2 : 0;
  const std::size_t digits = digits_at(text, at);
  if (digits < 4 || digits > 8) return text;
  at += digits;
  const std::string_view rest = text.substr(at);
  if (rest.starts_with(":")) return rest.substr(1);
  if (rest.starts_with(" - ")) return rest.substr(3);
  if (rest.starts_with("  ")) return rest.substr(2);
  return text;
}

// All bytes in one line, as wpa_supplicant prints them: "OpenSSL: Message - hexdump(len=238): 01 00 00 ea ...".
std::optional<std::vector<std::uint8_t>> hexdump_in(std::string_view line) {
  constexpr std::string_view k_mark = " - hexdump(len=";
  const std::size_t mark = line.find(k_mark);
  const std::size_t colon = mark == std::string_view::npos ? mark : line.find("): ", mark);
  if (colon == std::string_view::npos) return std::nullopt;
  std::vector<std::uint8_t> bytes;
  for (const std::string_view pair : split(trim(line.substr(colon + 3)), ' ')) {
    if (pair.size() != 2 || digit(pair[0]) < 0 || digit(pair[1]) < 0 || bytes.size() >= k_most_bytes) break;
    bytes.push_back(static_cast<std::uint8_t>(digit(pair[0]) * 16 + digit(pair[1])));
  }
  return bytes;
}

}  // namespace

std::optional<std::vector<std::uint8_t>> dump_line(std::string_view message) {
  message = trim(message);
  std::string_view text = trim(without_offset(message));
  // A bar closes the bytes where there is one; without it two blanks do, which `hexdump -C` has in the middle too.
  const std::size_t bar = text.find('|');
  const bool barred = bar != std::string_view::npos;
  if (barred) text = trim(text.substr(0, bar));
  std::vector<std::uint8_t> bytes;
  std::size_t at = 0;
  while (at < text.size()) {
    if (text.substr(at).starts_with("0x") || text.substr(at).starts_with("0X")) at += 2;
    const std::size_t digits = digits_at(text, at);
    const std::size_t end = at + digits;
    const bool ends_well = end == text.size() || is_separator(text[end]);
    if (digits == 0 || digits % 2 != 0 || !ends_well) break;
    if (bytes.size() + digits / 2 > k_most_bytes_a_line) return std::nullopt;
    for (; at < end; at += 2) bytes.push_back(static_cast<std::uint8_t>(digit(text[at]) * 16 + digit(text[at + 1])));
    std::size_t next = at;
    while (next < text.size() && is_separator(text[next])) ++next;
    const bool gap = next - at >= 2 && text[at] == ' ' && text[at + 1] == ' ';
    // Java has three blanks after the eighth byte of a line.
    const bool middle =
        bytes.size() == k_half_line && next - at <= 3 && digits_at(text, next) == 2 && (next + 2 == text.size() || text[next + 2] == ' ');
    if (!barred && gap && !middle) {
      at = text.size();
      break;
    }
    at = next;
  }
  const bool cut_short = at < text.size() && bytes.size() < 4;  // "be careful": a word of hexadecimal digits is no dump
  if (bytes.empty() || cut_short) return std::nullopt;
  return bytes;
}

void read_dump(std::string_view rest, const Scanner& scanner, Dump& dump) {
  std::size_t foreign = 0;
  const std::size_t wanted = dump.declared == 0 ? k_most_bytes : std::min<std::size_t>(dump.declared, k_most_bytes);
  while (!rest.empty() && dump.bytes.size() < wanted && foreign <= k_most_foreign_lines) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = trim(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.empty()) continue;
    if (line.find("<SPACES/NULS>") != std::string_view::npos) {  // how OpenSSL ends a dump whose rest is blank
      dump.bytes.resize(std::max<std::size_t>(dump.bytes.size(), dump.declared == 0 ? 0 : wanted), 0);
      break;
    }
    if (auto whole = hexdump_in(line)) {
      dump.bytes = std::move(*whole);
      break;
    }
    // As it stands first: an offset may look like the time of some logger.
    auto bytes = dump_line(line);
    if (!bytes) {
      LineTime time;
      std::string storage;
      const std::string_view message = trim(scanner.strip(line, time, storage));
      if (message.empty()) continue;
      bytes = dump_line(message);
    }
    if (!bytes) {
      if (dump.declared == 0) break;
      ++foreign;
      continue;
    }
    dump.bytes.insert(dump.bytes.end(), bytes->begin(), bytes->end());
  }
  if (dump.declared != 0 && dump.bytes.size() > dump.declared) dump.bytes.resize(dump.declared);
}

std::vector<Dump> bare_dumps(std::string_view text) {
  std::vector<Dump> dumps;
  if (text.size() > k_bare_text) return dumps;
  Dump current;
  const auto close = [&] {
    // ContentType 20 to 23 (RFC 8446 5.1), then a version 3.x.
    const auto& bytes = current.bytes;
    const bool record = bytes.size() >= k_least_bare_bytes && bytes[0] >= 20 && bytes[0] <= 23 && bytes[1] == 3 && bytes[2] <= 4;
    if (record) dumps.push_back(std::move(current));
    current = Dump();
  };
  std::uint64_t number = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    std::optional<std::vector<std::uint8_t>> bytes;
    if (line.size() <= k_longest_line) {
      bytes = dump_line(line);
      // A logger's tag before it: "I (400) app: 16 03 01".
      const std::size_t tag = line.rfind(": ");
      if (!bytes && tag != std::string_view::npos) bytes = dump_line(line.substr(tag + 2));
    }
    if (!bytes) {
      close();
      continue;
    }
    if (current.bytes.empty()) current.line = number;
    if (current.bytes.size() < k_most_bytes) current.bytes.insert(current.bytes.end(), bytes->begin(), bytes->end());
  }
  close();
  return dumps;
}

}  // namespace tlswhy::log
