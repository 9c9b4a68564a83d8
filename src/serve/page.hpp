// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace tlswhy::serve {

// A file of src/serve/page by its name; empty if there is none.
[[nodiscard]] std::string_view page_file(std::string_view name);

}  // namespace tlswhy::serve
