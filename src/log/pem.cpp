// SPDX-License-Identifier: Apache-2.0
#include "log/pem.hpp"

#include <algorithm>
#include <cctype>
#include <cstddef>

namespace tlswhy::log {
namespace {

// A key of RSA 4096 takes 3.3 KB in base64, a certificate with many names 8 KB.
constexpr std::size_t k_most_pem_bytes = 32U << 10U;
// Words that stand for a removed body ("(redacted)", "your certificate here") are shorter than a line of base64.
constexpr std::size_t k_least_base64_run = 24;

bool is_base64(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+' || c == '/' || c == '='; }

}  // namespace

PemBody judge_pem(std::string_view after_begin) {
  const std::size_t end = after_begin.substr(0, k_most_pem_bytes).find("-----END ");
  if (end == std::string_view::npos) return PemBody::unknown;
  const std::string_view between = after_begin.substr(0, end);
  std::size_t run_begin = 0;
  std::size_t run = 0;
  for (std::size_t i = 0; i < between.size() && run < k_least_base64_run; ++i) {
    if (!is_base64(between[i])) {
      run = 0;
      continue;
    }
    if (run == 0) run_begin = i;
    ++run;
  }
  if (run < k_least_base64_run) return PemBody::none;
  const std::string_view before_body = between.substr(0, run_begin);
  const bool escaped = before_body.find("\\n") != std::string_view::npos;
  // Closing a string and opening the next joins both; only outside of quotes is the source's own line end one of the text.
  const bool in_quotes = std::any_of(before_body.begin(), before_body.end(), [](char c) { return c == '"' || c == '\''; });
  const bool real = !in_quotes && before_body.find_first_of("\r\n") != std::string_view::npos;
  // An escape directly before the body was taken for the first character of it.
  const bool swallowed = run_begin > 0 && between[run_begin - 1] == '\\';
  return escaped || real || swallowed ? PemBody::present : PemBody::no_line_ends;
}

}  // namespace tlswhy::log
