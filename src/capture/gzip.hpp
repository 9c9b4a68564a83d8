// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace tlswhy::capture {

// `data` in gzip form (RFC 1952), without a name and a time: the same bytes for the same data. Empty if memory ran out.
[[nodiscard]] std::string gzip(std::string_view data);

}  // namespace tlswhy::capture
