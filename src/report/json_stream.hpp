// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/text.hpp"

// JSON written as it is made, for documents whose size is that of the input: a capture has a hundred thousand handshakes, and as a tree of
// values each of them takes more memory and time than it took to read it.
namespace tlswhy::report {

class JsonStream {
 public:
  // `sink` is given the document piece by piece, each valid UTF-8 with no character cut in two. `indent` < 0 gives one line.
  JsonStream(TextSink sink, int indent);
  ~JsonStream();
  JsonStream(const JsonStream&) = delete;
  JsonStream& operator=(const JsonStream&) = delete;

  void begin_object();
  void end_object();
  void begin_array();
  void end_array();
  // The name of the next value; never from an input.
  JsonStream& key(std::string_view name);

  // Untrusted text; made valid UTF-8.
  void text(std::string_view text);
  void text_or_null(std::string_view text);
  void number(std::int64_t value);
  void number(std::uint64_t value);
  void number(std::uint32_t value) { number(std::uint64_t{value}); }
  void number(double value);  // null where JSON has no number for it
  void boolean(bool value);
  void null();
  // A small part that was made as a tree.
  void value(const nlohmann::ordered_json& value);

  // Hands over what is held. To be called at the end.
  void flush();

 private:
  void ended();

  struct Writer;
  std::unique_ptr<Writer> writer_;
  TextSink sink_;
};

}  // namespace tlswhy::report
