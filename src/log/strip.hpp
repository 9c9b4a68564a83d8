// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

// What terminals, editors and the clipboard do to a line, undone. What loggers put in front is a matter of the dialects.
namespace tlswhy::log {

// The line without colours (as escape codes or as programs spell them out), control characters, visible line ends, NUL bytes and
// Markdown quotes, trimmed; no-break spaces become blanks, typographic minus signs plain ones. A view into `text`, or into
// `storage` if something inside had to be changed.
[[nodiscard]] std::string_view clean_line(std::string_view text, std::string& storage);

// UTF-16 text with a byte order mark as UTF-8; nothing if it is something else.
[[nodiscard]] std::optional<std::string> from_utf16(std::string_view text);

}  // namespace tlswhy::log
