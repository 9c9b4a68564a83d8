// SPDX-License-Identifier: Apache-2.0
#include "cli/context.hpp"

#include <algorithm>

#include "base/time.hpp"
#include "input/input.hpp"
#include "tls/certificate.hpp"

namespace tlswhy::cli {
namespace {

// A value may be given as JSON text ("true", "\"a b\""); quotes around it are taken off.
std::string plain_value(std::string_view value) {
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') return std::string(value.substr(1, value.size() - 2));
  return std::string(value);
}

bool is_device(std::string_view name, const knowledge::Knowledge& knowledge) {
  if (knowledge.device(name) != nullptr) return true;
  for (const knowledge::Device& device : knowledge.devices) {
    for (const knowledge::Property& property : device.properties) {
      if (property.key == "aliases" && std::find(property.values.begin(), property.values.end(), name) != property.values.end()) return true;
    }
  }
  return false;
}

}  // namespace

bool read_context(const Options& options, const knowledge::Knowledge& knowledge, diagnose::Context& context) {
  if (!options.device.empty() && !is_device(options.device, knowledge)) {
    complain("--device: there is no profile \"" + options.device + "\"; tlswhy devices lists them");
    return false;
  }
  context.device = options.device;
  context.host = options.host;
  if (options.in_buffer > 0) context.in_buffer = options.in_buffer;
  if (options.free_heap > 0) context.free_heap = options.free_heap;
  if (!options.at.empty()) {
    context.at = parse_timestamp(options.at);
    if (!context.at) {
      complain("--at: \"" + options.at + "\" is no date; write 2024-05-01 or 2024-05-01T10:00:00Z");
      return false;
    }
  }
  for (const std::string& entry : options.set) {
    const std::size_t equals = entry.find('=');
    if (equals == std::string::npos || equals == 0) {
      complain("--set: \"" + entry + "\" is not KEY=VALUE");
      return false;
    }
    context.set.emplace_back(entry.substr(0, equals), plain_value(std::string_view(entry).substr(equals + 1)));
  }
  if (context.set.empty()) return true;
  const log::Scanner scanner(knowledge);
  for (std::size_t i = 0; i < context.set.size(); ++i) {
    const std::size_t known = context.told.size();
    scanner.scan_statement(context.set[i].first, context.set[i].second, context.told);
    for (std::size_t told = known; told < context.told.size(); ++told) context.told[told].line = i + 1;
  }
  return true;
}

bool read_trusted(const Options& options, std::vector<tls::Certificate>& trusted, std::vector<std::string>& errors) {
  for (const std::string& path : options.ca_files) {
    const auto bytes = input::read_bytes(path);
    if (!bytes) {
      complain(path + ": " + bytes.error().what);
      return false;
    }
    std::vector<tls::Certificate> certificates = tls::read_certificates(*bytes);
    if (certificates.empty()) errors.push_back(path + ": holds no certificate that can be read");
    for (tls::Certificate& certificate : certificates) trusted.push_back(std::move(certificate));
  }
  return true;
}

}  // namespace tlswhy::cli
