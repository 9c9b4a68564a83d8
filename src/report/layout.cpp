// SPDX-License-Identifier: Apache-2.0
#include "report/layout.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace tlswhy::report {
namespace {

std::string_view code_of(Style style) {
  switch (style) {
    case Style::heading: return "\x1b[1m";
    case Style::verdict: return "\x1b[1;33m";
    case Style::good: return "\x1b[1;32m";
    case Style::warning: return "\x1b[31m";
    case Style::faint: return "\x1b[2m";
    case Style::plain: break;
  }
  return {};
}

// Columns of UTF-8 text: every byte that begins a character counts one; our own colours ("ESC [ ... m") take none.
std::size_t columns(std::string_view text) {
  std::size_t count = 0;
  bool escape = false;
  for (const char c : text) {
    if (c == '\x1b') escape = true;
    if (!escape) count += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1U : 0U;
    if (escape && c == 'm') escape = false;
  }
  return count;
}

// Where the last sentence that is over before `end` ends, its full stop included; 0 if none is. "e.g." and "1." end none.
std::size_t sentence_end_before(std::string_view text, std::size_t end) {
  while (end > 1) {
    const std::size_t stop = text.rfind(". ", end - 2);
    if (stop == std::string_view::npos || stop == 0) return 0;
    const std::string_view before = text.substr(0, stop);
    const bool abbreviation = before.ends_with("e.g") || before.ends_with("i.e") || (before[stop - 1] >= '0' && before[stop - 1] <= '9' && stop < 3);
    if (!abbreviation) return stop + 1;
    end = stop + 1;
  }
  return 0;
}

}  // namespace

std::string styled(std::string_view text, Style style, const TextOptions& options) {
  const std::string_view code = code_of(style);
  if (!options.color || code.empty()) return std::string(text);
  return fmt::format("{}{}\x1b[0m", code, text);
}

std::string wrapped(std::string_view text, std::string_view first, std::string_view rest, const TextOptions& options) {
  std::string out(first);
  std::size_t column = columns(first);
  bool line_empty = true;
  for (const std::string_view word : split(text, ' ')) {
    if (word.empty()) continue;
    std::string flat;
    for (const char c : word) flat += c == '\n' ? ' ' : c;
    const std::size_t size = columns(flat);
    if (!line_empty && column + 1 + size > options.width) {
      out += '\n';
      out += rest;
      column = columns(rest);
      line_empty = true;
    }
    if (!line_empty) {
      out += ' ';
      ++column;
    }
    out += flat;
    column += size;
    line_empty = false;
  }
  return out + '\n';
}

std::string wrapped(std::string_view text, std::string_view first, std::string_view rest, const TextOptions& options, std::size_t lines) {
  const std::string all = wrapped(text, first, rest, options);
  std::size_t at = 0;
  for (std::size_t i = 0; i < lines; ++i) {
    const std::size_t end = all.find('\n', at);
    if (end == std::string::npos) return all;
    at = end + 1;
  }
  if (at >= all.size()) return all;
  // Whole sentences where some fit; half a sentence of advice is worse than none.
  for (std::size_t end = text.size(); (end = sentence_end_before(text, end)) != 0;) {
    const std::string shorter = wrapped(text.substr(0, end), first, rest, options);
    if (static_cast<std::size_t>(std::count(shorter.begin(), shorter.end(), '\n')) <= lines) return shorter;
  }
  std::string cut = all.substr(0, at - 1);
  if (cut.size() >= 4 && columns(cut.substr(cut.rfind('\n') + 1)) + 4 > options.width) cut.resize(cut.rfind(' '));
  return cut + " ...\n";
}

namespace {

// Where the sentence that begins at `from` ends: behind its full stop. "e.g. " and numbers such as "1. " do not end one.
std::size_t sentence_end(std::string_view text, std::size_t from) {
  for (std::size_t at = text.find(". ", from); at != std::string_view::npos; at = text.find(". ", at + 2)) {
    const std::string_view before = text.substr(from, at - from);
    if (before.size() > 3 && !before.ends_with("e.g") && !before.ends_with("i.e")) return at + 1;
  }
  return text.size();
}

std::string one_range(std::string_view range) {
  const std::size_t dots = range.find("..");
  if (dots == std::string_view::npos) return std::string(range);
  const std::string_view first = range.substr(0, dots);
  const std::string_view last = range.substr(dots + 2);
  if (last.empty()) return fmt::format("from {} on", first);
  if (first.empty()) return fmt::format("up to {}", last);
  return first == last ? std::string(first) : fmt::format("{} to {}", first, last);
}

}  // namespace

std::string first_sentence(std::string_view text) { return std::string(text.substr(0, sentence_end(text, 0))); }

std::string whole_sentences(std::string_view text, std::size_t indent, std::size_t lines, const TextOptions& options) {
  const std::string margin(indent, ' ');
  std::size_t end = sentence_end(text, 0);
  while (end < text.size()) {
    const std::size_t next = sentence_end(text, end + 1);
    const std::string shown = wrapped(text.substr(0, next), margin, margin, options);
    if (static_cast<std::size_t>(std::count(shown.begin(), shown.end(), '\n')) > lines) break;
    end = next;
  }
  return std::string(text.substr(0, end));
}

std::string versions_in_words(std::string_view ranges) {
  if (ranges.empty() || ranges == "all") return "all versions";
  constexpr std::size_t k_most_ranges = 4;
  const auto list = split(ranges, ',');
  std::string out;
  for (std::size_t i = 0; i < std::min(k_most_ranges, list.size()); ++i) out += (out.empty() ? "" : ", ") + one_range(trim(list[i]));
  return list.size() > k_most_ranges ? out + fmt::format(" and {} more ranges", list.size() - k_most_ranges) : out;
}

std::string place(const diagnose::Source& source) {
  if (source.kind == diagnose::SourceKind::context) return source.file.empty() ? "given" : printable(source.file);
  if (source.line && source.file == "-") return fmt::format("line {}", *source.line);
  const std::size_t slash = source.file.rfind('/');
  const std::string name = printable(slash == std::string::npos ? source.file : source.file.substr(slash + 1));
  if (source.line) return fmt::format("{}:{}", name, *source.line);
  if (source.frame) return fmt::format("{} frame {}", name, *source.frame);
  return name;
}

}  // namespace tlswhy::report
