// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "report/story.hpp"

// Pieces of the HTML report.
namespace tlswhy::report {

[[nodiscard]] std::string_view html_style();

// Untrusted text as HTML text or the value of an attribute in quotes: what a terminal must not see is spelt out, what HTML would read is escaped.
[[nodiscard]] std::string html_text(std::string_view text);
// Bytes in base64 (RFC 4648 4).
[[nodiscard]] std::string base64(const std::vector<std::uint8_t>& bytes);

// Names the places of inputs in the page: frames of captures and lines of logs.
class Anchors {
 public:
  Anchors(const diagnose::Input& input);
  // "f0-8", "l1-12"; empty for what is in no input.
  [[nodiscard]] std::string name_of(const diagnose::Source& source) const;
  // The attribute ` id="..."` the first time a place is shown, else nothing.
  [[nodiscard]] std::string id_of(const diagnose::Source& source);
  // What will be shown: links go nowhere else.
  void announce(const diagnose::Source& source) { announced_.insert(name_of(source)); }
  // A link to the place with its words, or the words alone.
  [[nodiscard]] std::string link_to(const diagnose::Source& source) const;

 private:
  std::vector<std::string> captures_;
  std::vector<std::string> logs_;
  std::set<std::string> announced_;
  std::set<std::string> given_;
};

// The ladder of a connection, as a figure with title and description.
[[nodiscard]] std::string ladder_figure(const Story& story, const std::string& id, const std::string& title, const std::string& client, const std::string& server);
// The same as a table; its rows are what links to frames and lines lead to.
[[nodiscard]] std::string ladder_table(const Story& story, Anchors& anchors);
[[nodiscard]] std::string heap_figure(const std::vector<HeapPoint>& points, const std::string& id, const std::string& title);

// A connection on the common time line.
struct Bar {
  std::string label;
  double from_ms = 0;
  double to_ms = 0;
  bool bad = false;
};
[[nodiscard]] std::string timeline_figure(const std::vector<Bar>& bars, const std::string& id);

}  // namespace tlswhy::report
