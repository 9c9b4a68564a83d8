// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "diagnose/diagnose.hpp"
#include "knowledge/model.hpp"
#include "log/log.hpp"
#include "tls/keylog.hpp"

// Files of any kind, each told by its content, as the input of one diagnosis.
namespace tlswhy::input {

// One of the inputs as the user named it, whatever became of it.
struct File {
  std::string path;
  std::string kind;                       // "capture", "log", "keylog", "ca", "config", "unreadable"
  std::optional<std::uint64_t> packets;
  std::optional<std::uint64_t> lines;
  std::vector<std::string> problems;
  std::vector<std::string> notes;  // what a reader should know of the input; nothing is wrong with reading it
};

// The inputs of a diagnosis with what became of them.
struct Inputs {
  diagnose::Input input;
  std::vector<File> files;
  bool bad_filter = false;           // the filter is no BPF: the user's mistake, not the file's
  std::vector<std::string> errors;   // one sentence for each input that could not be read or is damaged, for stderr
};

// What holds for every input.
struct Settings {
  std::string filter;                           // BPF for captures
  std::shared_ptr<const tls::KeyLog> keys;      // secrets besides those of the files themselves; may be null
  unsigned threads = 1;                         // cores that one large capture may use
  bool every_handshake = true;                  // else some of each kind of a capture without a log, where only the verdict is wanted
  const log::Scanner* scanner = nullptr;        // of the same knowledge; one is made where it is null and a log comes
};

// Reads every path ("-" is standard input) and every key log.
[[nodiscard]] Inputs read(const std::vector<std::string>& paths, const std::vector<std::string>& key_logs, const Settings& settings,
                          const knowledge::Knowledge& knowledge);
// The same of what is in memory already.
struct Given {
  std::string name;                 // as the user knows it; names must differ
  std::vector<std::uint8_t> bytes;
};
[[nodiscard]] Inputs read(std::vector<Given> given, const Settings& settings, const knowledge::Knowledge& knowledge);
// The bytes of a file or of standard input.
[[nodiscard]] Result<std::vector<std::uint8_t>> read_bytes(const std::string& path);
// The first bytes of a file, as many as its kind is told by; nothing for folders and what cannot be read.
[[nodiscard]] Result<std::vector<std::uint8_t>> read_head(const std::string& path);

enum class Kind : std::uint8_t { capture, key_log, certificates, text, other };
// What a file is by its first bytes.
[[nodiscard]] Kind kind_of(const std::vector<std::uint8_t>& head);

}  // namespace tlswhy::input
