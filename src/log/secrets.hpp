// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace tlswhy::log {

// What stands in place of a secret.
inline constexpr std::string_view k_concealed = "[concealed]";

// The line without keys and credentials: passwords of Wi-Fi, MQTT and URLs, pre-shared and private keys, lines of key logs, bearer and session
// tokens, access keys. It errs on the side of concealing: a word too many costs little, a password in a bug report a lot.
[[nodiscard]] std::string conceal_secrets(std::string_view line);

}  // namespace tlswhy::log
