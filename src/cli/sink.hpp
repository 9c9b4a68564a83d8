// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace tlswhy::cli {

// Standard output or --output, written piece by piece.
class Sink {
 public:
  // Opens the file; "" and "-" are standard output.
  explicit Sink(std::string path);
  ~Sink();
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;

  void write(std::string_view text);
  // Hands what was written to the reader now.
  void flush();
  // `status`, or k_exit_unreadable after a complaint if something could not be written.
  [[nodiscard]] int close(int status);
  // The reader has gone or the disk is full: going on makes no sense.
  [[nodiscard]] bool broken() const { return error_ != 0; }

 private:
  std::string path_;
  std::FILE* file_ = nullptr;
  int error_ = 0;  // errno of the first failure
};

}  // namespace tlswhy::cli
