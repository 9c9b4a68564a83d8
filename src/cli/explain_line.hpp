// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "codes/codes.hpp"
#include "knowledge/model.hpp"
#include "log/log.hpp"

namespace tlswhy::cli {

// Rows made for facts that no code table has ("the peer speaks no TLS"): the explanations point into them.
struct FactRows {
  std::deque<knowledge::Code> rows;
  std::deque<std::string> texts;

  [[nodiscard]] std::string_view keep(std::string text) { return texts.emplace_back(std::move(text)); }
  [[nodiscard]] bool has(const codes::Explanation& explanation) const {
    return !rows.empty() && !explanation.meanings.empty() && explanation.meanings.front().code == &rows.back();
  }
};

// What a dialect says of a log line: its code, else its most telling fact; nothing if no dialect knows the line.
[[nodiscard]] std::optional<codes::Explanation> explain_line(const std::string& text, const log::Scanner& scanner,
                                                             const knowledge::Knowledge& knowledge, const codes::Hints& hints,
                                                             FactRows& storage);

}  // namespace tlswhy::cli
