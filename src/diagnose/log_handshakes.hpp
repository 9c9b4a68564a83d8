// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "log/log.hpp"
#include "wire/wire.hpp"

namespace tlswhy::diagnose {

// The handshakes whose bytes the log shows in hexadecimal, with line numbers for frames; nothing if there are none.
[[nodiscard]] std::optional<wire::Capture> handshakes_of(const log::Log& log);

}  // namespace tlswhy::diagnose
