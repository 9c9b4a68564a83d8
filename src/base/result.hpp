// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>

#include <tl/expected.hpp>

namespace tlswhy {

// A failure a person can act on: what went wrong and where; `where` is empty when there is no better place than the input as a whole.
struct Error {
  std::string what;
  std::string where;
};

// A value or the reason why there is none. Only this header names tl::expected, so that std::expected is one line away.
template <typename T, typename E = Error>
using Result = tl::expected<T, E>;

[[nodiscard]] inline tl::unexpected<Error> fail(std::string what, std::string where = {}) {
  return tl::unexpected<Error>(Error{std::move(what), std::move(where)});
}

}  // namespace tlswhy
