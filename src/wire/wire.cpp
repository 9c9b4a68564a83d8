// SPDX-License-Identifier: Apache-2.0
#include "wire/wire.hpp"

#include "wire/collector.hpp"

namespace tlswhy::wire {
namespace {

using collecting::Collector;

template <typename Read>
Result<Capture> collect(const std::string& name, std::shared_ptr<const tls::KeyLog> keys, std::uint32_t keep_alike, const Read& read_file) {
  Capture result;
  result.path = name;
  Collector collector(result, std::move(keys), keep_alike);
  auto summary = read_file(collector);
  if (!summary) return tl::unexpected<Error>(summary.error());
  result.summary = std::move(*summary);
  collector.finish(collector.last_seen());
  return result;
}

// The secrets of the file itself may stand behind the packets that need them. So the file is read once more where it has any: rare
// enough, and nothing is kept back for secrets that never come.
template <typename Read>
Result<Capture> collect_with_secrets(const std::string& name, const Options& options, const Read& read_file) {
  auto first = collect(name, options.keys, options.keep_alike, read_file);
  if (!first || first->summary.key_log.empty()) return first;
  auto keys = options.keys ? std::make_shared<tls::KeyLog>(*options.keys) : std::make_shared<tls::KeyLog>();
  std::vector<std::string> problems;
  for (const std::string& text : first->summary.key_log) {
    for (std::string& problem : keys->add(text)) problems.push_back("the secrets inside the capture: " + std::move(problem));
  }
  auto second = keys->empty() ? std::move(first) : collect(name, std::move(keys), options.keep_alike, read_file);
  if (second) second->summary.problems.insert(second->summary.problems.end(), problems.begin(), problems.end());
  return second;
}

}  // namespace

Result<Capture> read(const std::string& path, const Options& options) {
  return collect_with_secrets(path, options, [&](capture::Handler& handler) { return capture::read_capture(path, handler, options.capture); });
}

Result<Capture> read(Bytes file, const std::string& name, const Options& options) {
  return collect_with_secrets(name, options, [&](capture::Handler& handler) { return capture::read_capture(file, handler, options.capture); });
}

}  // namespace tlswhy::wire
