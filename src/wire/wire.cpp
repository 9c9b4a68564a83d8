// SPDX-License-Identifier: Apache-2.0
#include "wire/wire.hpp"

#include <filesystem>

#include "wire/collector.hpp"
#include "wire/relay.hpp"

namespace tlswhy::wire {
namespace {

using collecting::Collector;

// Below this a second thread costs more than it gains.
constexpr std::uintmax_t k_worth_two_threads = 16U << 20U;

bool is_large(const std::string& path) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  return !error && size >= k_worth_two_threads;
}

template <typename Read>
Result<Capture> collect(const std::string& name, std::shared_ptr<const tls::KeyLog> keys, const Options& options, const Read& read_file) {
  Capture result;
  result.path = name;
  Collector collector(result, std::move(keys), options.keep_alike);
  auto summary = [&] {
    if (options.threads < 2) return read_file(collector);
    Relay relay(collector);
    return read_file(relay);
  }();
  if (!summary) return tl::unexpected<Error>(summary.error());
  result.summary = std::move(*summary);
  collector.finish(collector.last_seen());
  return result;
}

// The secrets of the file itself may stand behind the packets that need them. So the file is read once more where it has any: rare
// enough, and nothing is kept back for secrets that never come.
template <typename Read>
Result<Capture> collect_with_secrets(const std::string& name, const Options& options, const Read& read_file) {
  auto first = collect(name, options.keys, options, read_file);
  if (!first || first->summary.key_log.empty()) return first;
  auto keys = options.keys ? std::make_shared<tls::KeyLog>(*options.keys) : std::make_shared<tls::KeyLog>();
  std::vector<std::string> problems;
  for (const std::string& text : first->summary.key_log) {
    for (std::string& problem : keys->add(text)) problems.push_back("the secrets inside the capture: " + std::move(problem));
  }
  auto second = keys->empty() ? std::move(first) : collect(name, std::move(keys), options, read_file);
  if (second) second->summary.problems.insert(second->summary.problems.end(), problems.begin(), problems.end());
  return second;
}

}  // namespace

Result<Capture> read(const std::string& path, const Options& options) {
  Options used = options;
  if (used.threads > 1 && !is_large(path)) used.threads = 1;
  return collect_with_secrets(path, used, [&](capture::Handler& handler) { return capture::read_capture(path, handler, options.capture); });
}

Result<Capture> read(Bytes file, const std::string& name, const Options& options) {
  return collect_with_secrets(name, options, [&](capture::Handler& handler) { return capture::read_capture(file, handler, options.capture); });
}

}  // namespace tlswhy::wire
