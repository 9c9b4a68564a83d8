// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "device/profile.hpp"
#include "knowledge/model.hpp"

// Build configurations (sdkconfig, mbedtls_config.h, user_settings.h, prj.conf) as device profiles. Which option says what is in
// data/configs.
namespace tlswhy::device {

// The kind of configuration a text is, by the names of the options in it; null if it is none.
[[nodiscard]] const knowledge::ConfigFormat* recognise_config(std::string_view text, const knowledge::Knowledge& knowledge);
// The profile that the configuration describes; never fails, what the file does not say stands as in the profile it builds on.
[[nodiscard]] Profile read_config(std::string_view text, const knowledge::ConfigFormat& format, std::string path,
                                  const knowledge::Knowledge& knowledge);

}  // namespace tlswhy::device
