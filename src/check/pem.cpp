// SPDX-License-Identifier: Apache-2.0
#include "check/pem.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "tls/key.hpp"

namespace tlswhy::check {
namespace {

constexpr std::string_view k_begin = "-----BEGIN ";
constexpr std::string_view k_end = "-----END ";
constexpr std::string_view k_dashes = "-----";
// A bundle has a few hundred blocks; what has more is no certificate file.
constexpr std::size_t k_most_blocks = 4096;
constexpr std::size_t k_longest_label = 40;
// Nobody reads more; the first ones say what is wrong with the file.
constexpr std::size_t k_most_oddities = 100;

// The text with literal \n turned into line breaks, and for each character the line of the file it stands on.
struct Plain {
  std::string text;
  std::vector<std::uint64_t> line;
  std::size_t literal_breaks = 0;  // \n written as backslash and n
  std::size_t carriage_returns = 0;
  bool ends_with_break = true;
};

Plain flatten(std::string_view text) {
  Plain plain;
  std::uint64_t line = 1;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const auto put = [&](char character) {
      plain.text += character;
      plain.line.push_back(line);
    };
    if (c == '\\' && i + 1 < text.size() && (text[i + 1] == 'n' || text[i + 1] == 'r')) {
      if (text[i + 1] == 'n') {
        ++plain.literal_breaks;
        put('\n');
      }
      ++i;
      continue;
    }
    if (c == '\r') {
      ++plain.carriage_returns;
      continue;
    }
    put(c);
    if (c == '\n') ++line;
  }
  plain.ends_with_break = text.empty() || text.back() == '\n' || text.back() == '\0';
  return plain;
}

bool is_base64(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/' || c == '=';
}

class Finder {
 public:
  explicit Finder(std::string_view text) : plain_(flatten(text)), original_(text) {}

  PemText run() {
    general();
    std::size_t at = 0;
    while (result_.blocks.size() < k_most_blocks && (at = plain_.text.find(k_begin, at)) != std::string::npos) at = block(at);
    return std::move(result_);
  }

 private:
  void odd(std::string fault, std::optional<std::uint64_t> line, std::string detail = {}) {
    if (result_.oddities.size() >= k_most_oddities) return;
    for (const PemOddity& known : result_.oddities) {
      if (known.fault == fault && known.line == line) return;
    }
    result_.oddities.push_back({std::move(fault), line, std::move(detail)});
  }
  [[nodiscard]] std::uint64_t line_at(std::size_t position) const {
    return plain_.line.empty() ? 1 : plain_.line[std::min(position, plain_.line.size() - 1)];
  }

  void general() {
    if (plain_.text.find(k_begin) == std::string::npos) return;
    if (plain_.carriage_returns > 1) odd("crlf", std::nullopt);
    if (!plain_.ends_with_break) odd("no-final-newline", line_at(plain_.text.size()));
  }

  // What stands before BEGIN on its line, and whether the block lies in a quoted string.
  bool quoted(std::size_t begin) {
    const std::size_t start = begin == 0 ? 0 : plain_.text.rfind('\n', begin - 1) + 1;
    const std::string_view before = std::string_view(plain_.text).substr(start, begin - start);
    if (!before.empty() && (before.back() == '"' || before.back() == '\'')) return true;
    if (!before.empty() && trim(before).empty()) odd("indented-pem", line_at(begin));
    return false;
  }

  std::size_t block(std::size_t begin) {
    const std::string& text = plain_.text;
    const std::size_t label_start = begin + k_begin.size();
    const std::size_t label_end = std::string_view(text).substr(0, label_start + k_longest_label + k_dashes.size()).find(k_dashes, label_start);
    if (label_end == std::string::npos ||
        text.substr(label_start, label_end - label_start).find('\n') != std::string::npos) {
      odd("no-pem-end", line_at(begin));
      return label_start;
    }
    PemBlock found;
    found.label = text.substr(label_start, label_end - label_start);
    found.line = line_at(begin);
    const bool in_quotes = quoted(begin);
    if (in_quotes) {
      // C joins "a" "b" without a break; the header is then no line of its own.
      const std::size_t after = label_end + k_dashes.size();
      const bool breaks = after < text.size() && text[after] == '\n' && plain_.literal_breaks > 0;
      if (!breaks && after < text.size() && text[after] == '"') {
        odd("missing-c-newlines", found.line);
      } else {
        odd("c-string-quotes", found.line);
      }
    } else if (plain_.literal_breaks > 0 && original_.find("\\n") != std::string_view::npos) {
      odd("literal-newlines", found.line);
    }
    const std::size_t body_start = label_end + k_dashes.size();
    // Its end stands before the next beginning, if anywhere; a search beyond that would make many beginnings without end slow.
    const std::size_t next = text.find(k_begin, body_start);
    const std::size_t end = std::string_view(text).substr(0, next).find(k_end, body_start);
    if (end == std::string::npos) {
      odd("no-pem-end", found.line, found.label);
      result_.blocks.push_back(std::move(found));
      return next == std::string::npos ? text.size() : next;
    }
    body(body_start, end, found);
    result_.blocks.push_back(std::move(found));
    std::size_t after = text.find(k_dashes, end + k_end.size());
    after = after == std::string::npos ? text.size() : after + k_dashes.size();
    if (std::string_view(text).substr(after).starts_with(k_begin)) odd("glued-blocks", line_at(after));
    return after;
  }

  void body(std::size_t start, std::size_t end, PemBlock& found) {
    const std::string_view all = std::string_view(plain_.text).substr(start, end - start);
    std::string base64;
    std::optional<std::uint64_t> bad_line;
    std::size_t position = start;
    for (std::string_view raw : split(all, '\n')) {
      const std::uint64_t line = line_at(position);
      position += raw.size() + 1;
      // Quotes, commas and backslashes of a source around the base64 of a line.
      while (!raw.empty() && std::string_view(" \t\"'\\,;+").find(raw.front()) != std::string_view::npos && !is_base64(raw.front()))
        raw.remove_prefix(1);
      while (!raw.empty() && std::string_view(" \t\"'\\,;").find(raw.back()) != std::string_view::npos) raw.remove_suffix(1);
      if (raw.find(": ") != std::string_view::npos) {  // RFC 1421 headers: Proc-Type, DEK-Info
        if (raw.find("ENCRYPTED") != std::string_view::npos) found.encrypted = true;
        continue;
      }
      for (const char c : raw) {
        if (is_base64(c)) {
          base64 += c;
        } else if (!bad_line) {
          bad_line = line;
        }
      }
    }
    if (base64.empty() && !bad_line) {
      odd("empty-pem", found.line, found.label);
      return;
    }
    if (bad_line) {
      odd("bad-base64", *bad_line, "a character that is none of base64's");
      return;
    }
    auto bytes = tls::from_base64(base64);
    if (!bytes || bytes->empty()) {
      odd("bad-base64", found.line, base64.size() % 4 != 0 ? "its length is no multiple of four: characters are missing or too many" : "");
      return;
    }
    found.bytes = std::move(*bytes);
  }

  Plain plain_;
  std::string_view original_;
  PemText result_;
};

// UTF-16 with a byte order mark as 8-bit text; characters beyond ASCII become '?'.
std::string narrow(Bytes file, bool big_endian) {
  std::string text;
  for (std::size_t i = 2; i + 1 < file.size(); i += 2) {
    const std::uint8_t high = big_endian ? file[i] : file[i + 1];
    const std::uint8_t low = big_endian ? file[i + 1] : file[i];
    text += high == 0 && low < 0x80 ? static_cast<char>(low) : '?';
  }
  return text;
}

}  // namespace

PemText read_pem(Bytes file) {
  constexpr std::uint8_t k_mark[] = {0xEF, 0xBB, 0xBF};
  std::string text;
  std::string fault;
  if (file.size() >= 2 && ((file[0] == 0xFF && file[1] == 0xFE) || (file[0] == 0xFE && file[1] == 0xFF))) {
    fault = "utf-16";
    text = narrow(file, file[0] == 0xFE);
  } else if (file.size() >= 3 && std::equal(std::begin(k_mark), std::end(k_mark), file.begin())) {
    fault = "byte-order-mark";
    text.assign(file.begin() + 3, file.end());
  } else {
    text.assign(file.begin(), file.end());
  }
  PemText result = Finder(text).run();
  if (!fault.empty() && (!result.blocks.empty() || fault == "utf-16"))
    result.oddities.insert(result.oddities.begin(), PemOddity{fault, 1, {}});
  return result;
}

}  // namespace tlswhy::check
