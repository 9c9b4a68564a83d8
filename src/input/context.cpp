// SPDX-License-Identifier: Apache-2.0
#include "input/context.hpp"

#include "base/time.hpp"
#include "device/profile.hpp"
#include "log/log.hpp"

namespace tlswhy::input {
namespace {

// A value may be given as JSON text ("true", "\"a b\""); quotes around it are taken off.
std::string plain_value(std::string_view value) {
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') return std::string(value.substr(1, value.size() - 2));
  return std::string(value);
}

}  // namespace

Result<diagnose::Context> context_of(const Told& told, const knowledge::Knowledge& knowledge) {
  diagnose::Context context;
  if (!told.device.empty() && !device::find(knowledge.devices, told.device)) return fail("there is no profile \"" + told.device + "\"; tlswhy devices lists them", "device");
  context.device = told.device;
  context.host = told.host;
  if (told.in_buffer > 0) context.in_buffer = told.in_buffer;
  if (told.free_heap > 0) context.free_heap = told.free_heap;
  if (!told.at.empty()) {
    context.at = parse_timestamp(told.at);
    if (!context.at) return fail("\"" + told.at + "\" is no date; write 2024-05-01 or 2024-05-01T10:00:00Z", "at");
  }
  for (const std::string& entry : told.set) {
    const std::size_t equals = entry.find('=');
    if (equals == std::string::npos || equals == 0) return fail("\"" + entry + "\" is not KEY=VALUE", "set");
    context.set.emplace_back(entry.substr(0, equals), plain_value(std::string_view(entry).substr(equals + 1)));
  }
  if (context.set.empty()) return context;
  const log::Scanner scanner(knowledge);
  for (std::size_t i = 0; i < context.set.size(); ++i) {
    const std::size_t known = context.told.size();
    scanner.scan_statement(context.set[i].first, context.set[i].second, context.told);
    for (std::size_t line = known; line < context.told.size(); ++line) context.told[line].line = i + 1;
  }
  return context;
}

}  // namespace tlswhy::input
