// SPDX-License-Identifier: Apache-2.0
#include "cli/inputs.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string_view>

#include <sys/stat.h>

#include "base/text.hpp"
#include "capture/capture.hpp"
#include "log/log.hpp"
#include "tls/certificate.hpp"
#include "wire/wire.hpp"

namespace tlswhy::cli {
namespace {

// A log larger than this is read to here; logs of the field are far smaller, and memory stays bounded.
constexpr std::size_t k_largest_text = 1U << 30U;
constexpr std::size_t k_head = 1U << 16U;

struct CloseFile {
  void operator()(std::FILE* file) const {
    if (file != nullptr && file != stdin) std::fclose(file);
  }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

Result<File> open_file(const std::string& path) {
  if (path == "-") return File(stdin);
  struct stat information {};
  if (stat(path.c_str(), &information) == 0 && S_ISDIR(information.st_mode)) return fail("is a folder; name the files in it", path);
  File file(std::fopen(path.c_str(), "rb"));
  if (!file) return fail(std::string("cannot be read: ") + std::strerror(errno), path);
  return file;
}

std::vector<std::uint8_t> read_some(std::FILE* file, std::size_t limit) {
  std::vector<std::uint8_t> bytes;
  constexpr std::size_t k_piece = 1U << 20U;
  while (bytes.size() < limit) {
    const std::size_t before = bytes.size();
    bytes.resize(before + std::min(k_piece, limit - before));
    const std::size_t got = std::fread(bytes.data() + before, 1, bytes.size() - before, file);
    bytes.resize(before + got);
    if (got == 0) break;
  }
  return bytes;
}

std::string text_of(const std::vector<std::uint8_t>& bytes) { return {bytes.begin(), bytes.end()}; }

// NSS key log lines: a label, the client random and a secret, in hexadecimal.
bool is_key_log(std::string_view text) {
  std::size_t lines = 0;
  for (std::string_view line : split(text.substr(0, k_head), '\n')) {
    line = trim(line);
    if (line.empty() || line.front() == '#') continue;
    const auto words = split(line, ' ');
    constexpr std::size_t k_random_digits = 64;
    const bool secret = words.size() == 3 && words[1].size() == k_random_digits && from_hex(words[1]) && words[0].find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") == std::string_view::npos;
    if (!secret) return false;
    ++lines;
  }
  return lines > 0;
}

// Certificates and nothing else: PEM blocks with at most comments between them, or one DER.
bool is_certificate_file(const std::vector<std::uint8_t>& bytes, std::string_view text) {
  // A SEQUENCE whose length has the long form, as any certificate's has; 0x30 is also the "0" of a log that begins with a clock time.
  if (bytes.size() >= 2 && bytes[0] == 0x30 && (bytes[1] == 0x81 || bytes[1] == 0x82 || bytes[1] == 0x83)) return true;
  const std::string_view head = trim(text.substr(0, k_head));
  return head.starts_with("-----BEGIN CERTIFICATE-----") || head.starts_with("-----BEGIN TRUSTED CERTIFICATE-----") ||
         (head.find("-----BEGIN CERTIFICATE-----") != std::string_view::npos && head.starts_with("#"));
}

void add_capture(const std::string& path, Result<wire::Capture> read, Inputs& inputs) {
  report::InputFile file{path, "capture", std::nullopt, std::nullopt, {}};
  if (!read) {
    inputs.bad_filter = inputs.bad_filter || read.error().what.starts_with("the filter ");
    file.kind = "unreadable";
    file.problems.push_back(read.error().what + (read.error().where.empty() || read.error().where == path ? "" : " (" + read.error().where + ")"));
    inputs.errors.push_back(path + ": " + file.problems.back());
    inputs.files.push_back(std::move(file));
    return;
  }
  file.packets = read->summary.packets;
  file.problems = read->summary.problems;
  if (read->summary.damaged) inputs.errors.push_back(path + ": " + (file.problems.empty() ? "is damaged" : file.problems.back()) + "; what was readable is reported");
  inputs.files.push_back(std::move(file));
  inputs.input.captures.push_back(std::move(*read));
}

void add_text(const std::string& path, std::string_view text, const log::Scanner& scanner, Inputs& inputs) {
  log::Log log = scanner.read(text, path);
  report::InputFile file{path, "log", std::nullopt, log.lines, log.problems};
  inputs.files.push_back(std::move(file));
  inputs.input.logs.push_back(std::move(log));
}

void add_unreadable(const std::string& path, std::string what, Inputs& inputs) {
  inputs.errors.push_back(path + ": " + what);
  inputs.files.push_back({path, "unreadable", std::nullopt, std::nullopt, {std::move(what)}});
}

}  // namespace

Result<std::vector<std::uint8_t>> read_bytes(const std::string& path) {
  auto file = open_file(path);
  if (!file) return tl::unexpected<Error>(file.error());
  return read_some(file->get(), k_largest_text);
}

Inputs read_inputs(const std::vector<std::string>& paths, const std::string& filter, const knowledge::Knowledge& knowledge) {
  Inputs inputs;
  wire::Options options;
  options.capture.filter = filter;
  std::unique_ptr<log::Scanner> scanner;  // made when the first log comes: captures alone need none
  for (const std::string& path : paths) {
    auto file = open_file(path);
    if (!file) {
      add_unreadable(path, file.error().what, inputs);
      continue;
    }
    std::vector<std::uint8_t> bytes = read_some(file->get(), path == "-" ? k_largest_text : k_head);
    if (bytes.empty()) {
      add_unreadable(path, "is empty", inputs);
      continue;
    }
    if (capture::is_capture(bytes)) {
      add_capture(path, path == "-" ? wire::read(bytes, "-", options) : wire::read(path, options), inputs);
      continue;
    }
    if (path != "-") {
      const std::vector<std::uint8_t> rest = read_some(file->get(), k_largest_text);
      bytes.insert(bytes.end(), rest.begin(), rest.end());
    }
    const std::string text = text_of(bytes);
    if (is_certificate_file(bytes, text)) {
      std::vector<tls::Certificate> certificates = tls::read_certificates(bytes);
      report::InputFile entry{path, "ca", std::nullopt, std::nullopt, {}};
      if (certificates.empty()) entry.problems.emplace_back("holds no certificate that can be read");
      for (tls::Certificate& certificate : certificates) inputs.input.trusted.push_back(std::move(certificate));
      inputs.files.push_back(std::move(entry));
    } else if (is_key_log(text)) {
      // Never kept: no part of this release decrypts, and secrets must not reach any output.
      inputs.files.push_back({path, "keylog", std::nullopt, std::nullopt, {}});
    } else if (log::is_text(bytes)) {
      if (!scanner) scanner = std::make_unique<log::Scanner>(knowledge);
      add_text(path, text, *scanner, inputs);
      const std::size_t dot = path.rfind('.');
      const std::string_view extension = dot == std::string::npos ? std::string_view() : std::string_view(path).substr(dot);
      if (extension == ".pcap" || extension == ".pcapng" || extension == ".cap") {
        inputs.files.back().problems.emplace_back("is named like a capture, but holds text; it was read as a log");
        if (inputs.input.logs.back().events.empty()) inputs.errors.push_back(path + ": is named like a capture, but holds text in which nothing is known");
      }
    } else {
      add_unreadable(path, "is neither a capture (pcap, pcapng) nor text", inputs);
    }
  }
  return inputs;
}

}  // namespace tlswhy::cli
