// SPDX-License-Identifier: Apache-2.0
#include "input/input.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string_view>

#include <sys/stat.h>

#include "base/text.hpp"
#include "capture/capture.hpp"
#include "device/config.hpp"
#include "diagnose/log_handshakes.hpp"
#include "log/log.hpp"
#include "tls/certificate.hpp"
#include "tls/keylog.hpp"
#include "wire/wire.hpp"

namespace tlswhy::input {
namespace {

// A log larger than this is read to here; logs of the field are far smaller, and memory stays bounded.
constexpr std::size_t k_largest_text = 1U << 30U;
constexpr std::size_t k_head = 1U << 16U;

struct CloseFile {
  void operator()(std::FILE* file) const {
    if (file != nullptr && file != stdin) std::fclose(file);
  }
};
using Handle = std::unique_ptr<std::FILE, CloseFile>;

Result<Handle> open_file(const std::string& path) {
  if (path == "-") return Handle(stdin);
  struct stat information {};
  if (stat(path.c_str(), &information) == 0 && S_ISDIR(information.st_mode)) return fail("is a folder; name the files in it", path);
  Handle file(std::fopen(path.c_str(), "rb"));
  if (!file) return fail(std::string("cannot be read: ") + std::strerror(errno), path);
  return file;
}

// Appends what comes to a string or vector, until it has `limit` bytes.
template <typename Container>
void read_some(std::FILE* file, std::size_t limit, Container& bytes) {
  constexpr std::size_t k_piece = 1U << 20U;
  while (bytes.size() < limit) {
    const std::size_t before = bytes.size();
    const std::size_t room = bytes.capacity() > before ? bytes.capacity() - before : k_piece;  // to stay within what was reserved
    bytes.resize(before + std::min({k_piece, room, limit - before}));
    const std::size_t got = std::fread(bytes.data() + before, 1, bytes.size() - before, file);
    bytes.resize(before + got);
    if (got == 0) break;
  }
}

// The size of a file on a disk. Nothing for standard input, a pipe or a device: what was read of it once is gone.
std::optional<std::size_t> size_on_disk(std::FILE* file) {
  struct stat information {};
  if (fstat(fileno(file), &information) != 0 || !S_ISREG(information.st_mode)) return std::nullopt;
  return static_cast<std::size_t>(information.st_size);
}

std::vector<std::uint8_t> vector_of(std::string_view text) { return {text.begin(), text.end()}; }

// Why there are no bytes.
std::string why_empty(std::FILE* file) {
  const int error = errno;
  return std::ferror(file) != 0 ? std::string("cannot be read: ") + std::strerror(error) : "is empty";
}

// Certificates and nothing else: PEM blocks with at most comments between them, or one DER.
bool is_certificate_file(std::string_view text) {
  const Bytes bytes = bytes_of(text);
  // A SEQUENCE whose length has the long form, as any certificate's has; 0x30 is also the "0" of a log that begins with a clock time.
  if (bytes.size() >= 2 && bytes[0] == 0x30 && (bytes[1] == 0x81 || bytes[1] == 0x82 || bytes[1] == 0x83)) return true;
  const std::string_view head = trim(text.substr(0, k_head));
  return head.starts_with("-----BEGIN CERTIFICATE-----") || head.starts_with("-----BEGIN TRUSTED CERTIFICATE-----") ||
         (head.find("-----BEGIN CERTIFICATE-----") != std::string_view::npos && head.starts_with("#"));
}

void add_capture(File& file, Result<wire::Capture> read, Inputs& inputs) {
  const std::string& path = file.path;
  if (!read) {
    inputs.bad_filter = inputs.bad_filter || read.error().what.starts_with("the filter ");
    file.kind = "unreadable";
    file.problems.push_back(read.error().what + (read.error().where.empty() || read.error().where == path ? "" : " (" + read.error().where + ")"));
    inputs.errors.push_back(path + ": " + file.problems.back());
    return;
  }
  file.packets = read->summary.packets;
  file.problems = read->summary.problems;
  if (read->summary.damaged) inputs.errors.push_back(path + ": " + (file.problems.empty() ? "is damaged" : file.problems.back()) + "; what was readable is reported");
  inputs.input.captures.push_back(std::move(*read));
}

void add_unreadable(File& file, std::string what, Inputs& inputs) {
  inputs.errors.push_back(file.path + ": " + what);
  file.kind = "unreadable";
  file.problems.push_back(std::move(what));
}

// Handshakes of one kind that a verdict looks at; more of them say no more.
constexpr std::uint32_t k_alike_kept = 8;

// A capture that waits until the secrets of all other inputs are known.
struct WaitingCapture {
  std::size_t file = 0;              // index into Inputs::files
  std::vector<std::uint8_t> bytes;   // of what can be read once only: standard input, pipes
};

class InputReader {
 public:
  InputReader(const Settings& settings, const knowledge::Knowledge& knowledge, Inputs& inputs) : settings_(settings), knowledge_(knowledge), inputs_(inputs) {
    options_.capture.filter = settings.filter;
    options_.keys = settings.keys;
  }

  void read(const std::string& path, bool is_key_log) {
    const std::size_t index = inputs_.files.size();
    inputs_.files.push_back({path, is_key_log ? "keylog" : "log", std::nullopt, std::nullopt, {}});
    File& entry = inputs_.files.back();
    auto file = open_file(path);
    if (!file) return add_unreadable(entry, file.error().what, inputs_);
    const auto size = size_on_disk(file->get());
    std::string text;
    read_some(file->get(), size ? k_head : k_largest_text, text);
    if (text.empty()) return add_unreadable(entry, why_empty(file->get()), inputs_);
    if (!is_key_log && capture::is_capture(bytes_of(text))) {
      entry.kind = "capture";
      waiting_.push_back({index, size ? std::vector<std::uint8_t>() : vector_of(text)});
      return;
    }
    if (size) {
      text.reserve(std::min(*size + 1, k_largest_text));
      read_some(file->get(), k_largest_text, text);
    }
    sort(entry, std::move(text), is_key_log);
  }

  void read(Given given) {
    const std::size_t index = inputs_.files.size();
    inputs_.files.push_back({std::move(given.name), "log", std::nullopt, std::nullopt, {}});
    File& entry = inputs_.files.back();
    if (given.bytes.empty()) return add_unreadable(entry, "is empty", inputs_);
    if (!capture::is_capture(given.bytes)) return sort(entry, std::string(given.bytes.begin(), given.bytes.end()), false);
    entry.kind = "capture";
    waiting_.push_back({index, std::move(given.bytes)});
  }

  // What is no capture, by its content.
  void sort(File& entry, std::string text, bool is_key_log) {
    if (is_key_log && !log::is_text(bytes_of(text))) return add_unreadable(entry, "is no key log: it is not text", inputs_);
    if (is_key_log || tls::looks_like_key_log(text)) return add_key_log(entry, text);
    if (is_certificate_file(text)) return add_certificates(entry, vector_of(text));
    if (const knowledge::ConfigFormat* const format = device::recognise_config(text, knowledge_)) return add_config(entry, text, *format);
    if (log::is_text(bytes_of(text))) return add_text(entry, std::move(text));
    add_unreadable(entry, "is neither a capture (pcap, pcapng) nor text", inputs_);
  }

  // The bytes that logs show; where a capture was given they are in it too.
  void read_dumps() {
    if (!inputs_.input.captures.empty()) return;
    for (const log::Log& log : inputs_.input.logs) {
      if (auto shown = diagnose::handshakes_of(log)) inputs_.input.captures.push_back(std::move(*shown));
    }
  }

  // Captures come last: a key log given after them counts as much as one before.
  void read_captures() {
    // Logs may tell of any of the handshakes.
    if (!settings_.every_handshake && inputs_.input.logs.empty()) options_.keep_alike = k_alike_kept;
    options_.threads = settings_.threads;
    const std::size_t secrets = keys_.size();
    if (!keys_.empty()) {
      if (settings_.keys) keys_.add(*settings_.keys);
      options_.keys = std::make_shared<const tls::KeyLog>(std::move(keys_));
    }
    for (const WaitingCapture& capture : waiting_) {
      File& file = inputs_.files[capture.file];
      add_capture(file, !capture.bytes.empty() ? wire::read(capture.bytes, file.path, options_) : wire::read(file.path, options_), inputs_);
    }
    if (secrets == 0 || waiting_.empty()) return;
    for (const wire::Capture& capture : inputs_.input.captures) {
      if (std::any_of(capture.handshakes.begin(), capture.handshakes.end(), [](const tls::Handshake& handshake) { return handshake.decrypted; })) return;
    }
    for (File& file : inputs_.files) {
      if (file.kind == "keylog") file.problems.emplace_back("none of its secrets opens a connection of the captures");
    }
  }

 private:
  void add_key_log(File& entry, std::string_view text) {
    entry.kind = "keylog";
    entry.problems = keys_.add(text);
  }

  void add_certificates(File& entry, const std::vector<std::uint8_t>& bytes) {
    entry.kind = "ca";
    std::vector<tls::Certificate> certificates = tls::read_certificates(bytes);
    if (certificates.empty()) entry.problems.emplace_back("holds no certificate that can be read");
    for (tls::Certificate& certificate : certificates) inputs_.input.trusted.push_back(std::move(certificate));
  }

  void add_config(File& entry, const std::string& text, const knowledge::ConfigFormat& format) {
    entry.kind = "config";
    device::Profile profile = device::read_config(text, format, entry.path, knowledge_);
    entry.notes.push_back(profile.from_options.empty() ? "none of its options decides what a handshake can do"
                                                       : "read as " + std::string(format.title) + ": " + std::to_string(profile.from_options.size()) + " options decide what a handshake can do");
    if (inputs_.input.config) {
      entry.problems.push_back("is a second build configuration; " + inputs_.input.config->source + " is the one that counts");
      return;
    }
    inputs_.input.config = std::move(profile);
  }

  void add_text(File& entry, std::string text) {
    keys_.add_from_log(text);
    if (settings_.scanner == nullptr && !scanner_) scanner_ = std::make_unique<log::Scanner>(knowledge_);
    // Events quote lines, and no line with a secret may be quoted.
    tls::mask_secrets(text);
    log::Log log = (settings_.scanner != nullptr ? *settings_.scanner : *scanner_).read(text, entry.path);
    entry.lines = log.lines;
    entry.problems = log.problems;
    entry.notes = log.notes;
    const std::size_t dot = entry.path.rfind('.');
    const std::string_view extension = dot == std::string::npos ? std::string_view() : std::string_view(entry.path).substr(dot);
    if (extension == ".pcap" || extension == ".pcapng" || extension == ".cap") {
      entry.problems.emplace_back("is named like a capture, but holds text; it was read as a log");
      if (log.events.empty()) inputs_.errors.push_back(entry.path + ": is named like a capture, but holds text in which nothing is known");
    }
    inputs_.input.logs.push_back(std::move(log));
  }

  const Settings& settings_;
  const knowledge::Knowledge& knowledge_;
  Inputs& inputs_;
  wire::Options options_;
  std::unique_ptr<log::Scanner> scanner_;  // made when the first log comes: captures alone need none
  tls::KeyLog keys_;
  std::vector<WaitingCapture> waiting_;
};

}  // namespace

Result<std::vector<std::uint8_t>> read_bytes(const std::string& path) {
  auto file = open_file(path);
  if (!file) return tl::unexpected<Error>(file.error());
  std::vector<std::uint8_t> bytes;
  read_some(file->get(), k_largest_text, bytes);
  return bytes;
}

Result<std::vector<std::uint8_t>> read_head(const std::string& path) {
  auto file = open_file(path);
  if (!file) return tl::unexpected<Error>(file.error());
  std::vector<std::uint8_t> bytes;
  read_some(file->get(), k_head, bytes);
  return bytes;
}

Kind kind_of(const std::vector<std::uint8_t>& head) {
  if (capture::is_capture(head)) return Kind::capture;
  const std::string_view text(reinterpret_cast<const char*>(head.data()), head.size());
  if (tls::looks_like_key_log(text)) return Kind::key_log;
  if (is_certificate_file(text)) return Kind::certificates;
  return log::is_text(head) ? Kind::text : Kind::other;
}

Inputs read(std::vector<Given> given, const Settings& settings, const knowledge::Knowledge& knowledge) {
  Inputs inputs;
  InputReader reader(settings, knowledge, inputs);
  for (Given& one : given) reader.read(std::move(one));
  reader.read_captures();
  reader.read_dumps();
  return inputs;
}

Inputs read(const std::vector<std::string>& paths, const std::vector<std::string>& key_logs, const Settings& settings, const knowledge::Knowledge& knowledge) {
  Inputs inputs;
  InputReader reader(settings, knowledge, inputs);
  for (const std::string& path : paths) reader.read(path, false);
  for (const std::string& path : key_logs) reader.read(path, true);
  reader.read_captures();
  reader.read_dumps();
  return inputs;
}

}  // namespace tlswhy::input
