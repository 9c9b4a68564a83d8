// SPDX-License-Identifier: Apache-2.0
#include "cli/sink.hpp"

#include <cerrno>
#include <cstring>

#include "cli/options.hpp"

namespace tlswhy::cli {

Sink::Sink(std::string path) : path_(std::move(path)) {
  const bool standard = path_.empty() || path_ == "-";
  file_ = standard ? stdout : std::fopen(path_.c_str(), "wb");
  if (file_ == nullptr) error_ = errno;
}

Sink::~Sink() {
  if (file_ != nullptr && file_ != stdout) std::fclose(file_);
}

void Sink::write(std::string_view text) {
  if (error_ == 0 && std::fwrite(text.data(), 1, text.size(), file_) != text.size()) error_ = errno;
}

void Sink::flush() {
  if (error_ == 0 && std::fflush(file_) != 0) error_ = errno;
}

int Sink::close(int status) {
  flush();
  if (file_ != nullptr && file_ != stdout) {
    if (std::fclose(file_) != 0 && error_ == 0) error_ = errno;
    file_ = nullptr;
  }
  // A reader that has seen enough (head, less) is no failure.
  if (error_ == 0 || error_ == EPIPE) return status;
  complain((path_.empty() || path_ == "-" ? std::string("standard output") : path_) + ": cannot be written: " + std::strerror(error_));
  return k_exit_unreadable;
}

}  // namespace tlswhy::cli
