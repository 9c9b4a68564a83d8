// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace tlswhy::log {

// What stands between the BEGIN and END lines of a PEM block (RFC 7468) in pasted text: a file, or a string in C, C++, Lua, Python.
enum class PemBody {
  present,       // something that can be a body
  none,          // nothing: removed before pasting, or missing
  no_line_ends,  // a string without a line end after the BEGIN line, which PEM readers do not take
  unknown,       // the END line is missing or too far away
};
// `after_begin` is the text behind the five hyphens that close the BEGIN line, to the end of the log.
[[nodiscard]] PemBody judge_pem(std::string_view after_begin);

}  // namespace tlswhy::log
