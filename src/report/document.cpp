// SPDX-License-Identifier: Apache-2.0
#include "report/document.hpp"

#include "base/text.hpp"

namespace tlswhy::report {
namespace {

// Text in which Markdown finds nothing to interpret. Underscores inside of words are harmless there and stay readable.
std::string markdown_text(std::string_view text) {
  constexpr std::string_view k_special = "\\`*<>[]|";
  std::string out;
  for (const char c : text) {
    if (k_special.find(c) != std::string_view::npos) out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

// In a code span nothing is escaped, so a text that holds a back quote gets a longer fence.
std::string markdown_code(std::string_view text) {
  if (text.find('`') == std::string_view::npos) return "`" + std::string(text) + "`";
  return "`` " + std::string(text) + " ``";
}

// roff reads a backslash as an escape and a dot or quote at the start of a line as a request.
std::string roff_text(std::string_view text) {
  std::string out;
  bool at_start = true;
  for (const char c : text) {
    if (at_start && (c == '.' || c == '\'')) out += "\\&";
    at_start = c == '\n';
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
  }
  return out;
}

// An argument of a request stands in quotes, in which a quote is written twice.
std::string roff_argument(std::string_view text) {
  std::string out = "\"";
  for (const char c : roff_text(text)) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return out;
}

}  // namespace

std::string Document::markdown() const {
  std::string out = "# " + markdown_text(name_) + "\n\n" + markdown_text(summary_) + "\n";
  bool in_list = false;
  bool after_term = false;  // a bullet below a term belongs to it
  for (const Block& block : blocks_) {
    const bool list = block.kind == Kind::bullet || block.kind == Kind::term;
    if (!(list && in_list)) out += "\n";
    in_list = list;
    switch (block.kind) {
      case Kind::heading: out += "## " + markdown_text(block.text) + "\n"; break;
      case Kind::subheading: out += "### " + markdown_text(block.text) + "\n"; break;
      case Kind::paragraph: out += markdown_text(block.text) + "\n"; break;
      case Kind::code: out += "```sh\n" + block.text + "\n```\n"; break;
      case Kind::bullet: out += std::string(after_term ? "  - " : "- ") + (block.link.empty() ? markdown_text(block.text) : "[" + markdown_text(block.text) + "](" + block.link + ")") + "\n"; break;
      case Kind::term: {
        const std::string word = markdown_code(block.word);
        out += "- " + (block.link.empty() ? word : "[" + word + "](" + block.link + ")") + (block.text.empty() ? "" : ": " + markdown_text(block.text)) + "\n";
        break;
      }
    }
    after_term = block.kind == Kind::term || (after_term && block.kind == Kind::bullet);
  }
  return out;
}

std::string Document::man(int section, std::string_view version) const {
  std::string out = ".TH " + roff_argument(upper(name_)) + " " + std::to_string(section) + " \"\" " + roff_argument("tlswhy " + std::string(version)) +
                    " \"tlswhy\"\n.SH NAME\n" + roff_text(name_) + " \\- " + roff_text(summary_) + "\n";
  for (const Block& block : blocks_) {
    switch (block.kind) {
      case Kind::heading: out += ".SH " + roff_argument(upper(block.text)) + "\n"; break;
      case Kind::subheading: out += ".SS " + roff_argument(block.text) + "\n"; break;
      case Kind::paragraph: out += ".PP\n" + roff_text(block.text) + "\n"; break;
      case Kind::code: out += ".PP\n.nf\n.RS 4\n" + roff_text(block.text) + "\n.RE\n.fi\n"; break;
      case Kind::bullet:
        out += ".IP \\(bu 2\n" + roff_text(block.text) + "\n";
        if (!block.link.empty() && block.link.find("://") != std::string::npos) out += ".br\n" + roff_text(block.link) + "\n";
        break;
      case Kind::term: out += ".TP\n.B " + roff_argument(block.word) + "\n" + (block.text.empty() ? "\\&" : roff_text(block.text)) + "\n"; break;
    }
  }
  return out;
}

}  // namespace tlswhy::report
