// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

// A page of the documentation, written once and given as Markdown and as a man page. Its texts are this program's own, not a capture's.
namespace tlswhy::report {

class Document {
 public:
  // `name` is what a man page is called, `summary` its line in whatis.
  Document(std::string name, std::string summary) : name_(std::move(name)), summary_(std::move(summary)) {}

  void heading(std::string_view text) { add(Kind::heading, text); }
  void subheading(std::string_view text) { add(Kind::subheading, text); }
  void paragraph(std::string_view text) { add(Kind::paragraph, text); }
  // A command to type, or output.
  void code(std::string_view text) { add(Kind::code, text); }
  void bullet(std::string_view text, std::string_view link = {}) { add(Kind::bullet, text, {}, link); }
  // A word and what it means; `link` is where Markdown tells more.
  void term(std::string_view word, std::string_view text, std::string_view link = {}) { add(Kind::term, text, word, link); }

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::string& summary() const { return summary_; }
  [[nodiscard]] std::string markdown() const;
  // roff for man(1); `section` is 1, 5 or 7, `version` that of the program.
  [[nodiscard]] std::string man(int section, std::string_view version) const;

 private:
  enum class Kind : unsigned char { heading, subheading, paragraph, code, bullet, term };
  struct Block {
    Kind kind;
    std::string text;
    std::string word;
    std::string link;
  };
  void add(Kind kind, std::string_view text, std::string_view word = {}, std::string_view link = {}) {
    blocks_.push_back({kind, std::string(text), std::string(word), std::string(link)});
  }

  std::string name_;
  std::string summary_;
  std::vector<Block> blocks_;
};

}  // namespace tlswhy::report
