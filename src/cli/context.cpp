// SPDX-License-Identifier: Apache-2.0
#include "cli/context.hpp"

#include "input/context.hpp"
#include "input/input.hpp"
#include "tls/certificate.hpp"

namespace tlswhy::cli {

bool read_context(const Options& options, const knowledge::Knowledge& knowledge, diagnose::Context& context) {
  auto read = input::context_of({options.device, options.host, options.at, options.in_buffer, options.free_heap, options.set}, knowledge);
  if (!read) {
    complain("--" + read.error().where + ": " + read.error().what);
    return false;
  }
  context = std::move(*read);
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

bool read_key_logs(const Options& options, std::shared_ptr<const tls::KeyLog>& keys) {
  if (options.key_logs.empty()) return true;
  auto read = std::make_shared<tls::KeyLog>();
  for (const std::string& path : options.key_logs) {
    const auto bytes = input::read_bytes(path);
    if (!bytes) {
      complain(path + ": " + bytes.error().what);
      return false;
    }
    for (const std::string& problem : read->add(std::string_view(reinterpret_cast<const char*>(bytes->data()), bytes->size()))) complain(path + ": " + problem);
  }
  keys = std::move(read);
  return true;
}

}  // namespace tlswhy::cli
