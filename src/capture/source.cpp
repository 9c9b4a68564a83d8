// SPDX-License-Identifier: Apache-2.0
#include "capture/source.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace tlswhy::capture {

namespace {

constexpr std::size_t k_buffer = 256U << 10U;
// Smaller files are sooner read than mapped.
constexpr std::uint64_t k_mapped_from = 1U << 20U;

std::string message_of(int error) { return std::generic_category().message(error); }

}  // namespace

Result<Source> Source::open(const std::string& path, std::uint64_t decompressed_limit) {
  Source source(decompressed_limit);
  if (path == "-") {
    source.descriptor_ = STDIN_FILENO;
  } else {
    source.descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (source.descriptor_ < 0) return fail("cannot be opened: " + message_of(errno), path);
  }
  struct stat information {};
  if (fstat(source.descriptor_, &information) == 0 && S_ISREG(information.st_mode) && information.st_size > 0) {
    const auto size = static_cast<std::uint64_t>(information.st_size);
    // Standard input may stand in the middle of a file already.
    if (size >= k_mapped_from && source.descriptor_ != STDIN_FILENO) source.mapping_ = Mapping(source.descriptor_, size);
    source.first_read_ = static_cast<std::size_t>(std::min<std::uint64_t>(size + 1, k_buffer));
  }
  if (!source.mapping_.empty()) source.memory_ = source.mapping_.bytes();
  source.start();
  if (!source.fault_.empty() && source.begin_ == source.end_ && source.compression_ == Compression::none) {
    return fail(source.fault_, path);
  }
  return source;
}

Source Source::memory(Bytes bytes, std::uint64_t decompressed_limit) {
  Source source(decompressed_limit);
  source.memory_ = bytes;
  source.start();
  return source;
}

Source::~Source() {
  if (descriptor_ > STDIN_FILENO) ::close(descriptor_);
}

Source::Source(Source&& other) noexcept : limit_(other.limit_) { *this = std::move(other); }

Source& Source::operator=(Source&& other) noexcept {
  if (this == &other) return *this;
  if (descriptor_ > STDIN_FILENO) ::close(descriptor_);
  descriptor_ = std::exchange(other.descriptor_, -1);
  mapping_ = std::move(other.mapping_);
  first_read_ = other.first_read_;
  memory_ = other.memory_;
  direct_ = other.direct_;
  compression_ = other.compression_;
  inflater_ = std::move(other.inflater_);
  raw_ = std::move(other.raw_);
  raw_begin_ = other.raw_begin_;
  raw_end_ = other.raw_end_;
  raw_offset_ = other.raw_offset_;
  buffer_ = std::move(other.buffer_);
  begin_ = std::exchange(other.begin_, 0);
  end_ = std::exchange(other.end_, 0);
  ended_ = other.ended_;
  offset_ = other.offset_;
  inflated_ = other.inflated_;
  limit_ = other.limit_;
  fault_ = std::move(other.fault_);
  return *this;
}

void Source::start() {
  if (descriptor_ < 0 || !mapping_.empty()) {
    compression_ = compression_of(memory_);
    direct_ = compression_ == Compression::none;
    if (direct_) return;
  } else {
    refill(4);
    compression_ = compression_of(Bytes(buffer_).first(end_));
    if (compression_ == Compression::none) return;
    // What was read so far is compressed input, not content.
    raw_ = std::exchange(buffer_, {});
    raw_end_ = std::exchange(end_, 0);
    ended_ = false;
  }
  inflater_.emplace(compression_);
}

std::size_t Source::read_raw(std::span<std::uint8_t> space) {
  if (descriptor_ < 0 || !mapping_.empty()) {
    const std::size_t count = std::min(space.size(), memory_.size());
    std::copy_n(memory_.begin(), count, space.begin());
    memory_ = memory_.subspan(count);
    mapping_.reached(mapping_.bytes().size() - memory_.size());
    return count;
  }
  while (true) {
    const ssize_t count = ::read(descriptor_, space.data(), space.size());
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno == EINTR) continue;
    if (fault_.empty()) fault_ = "cannot be read: " + message_of(errno);
    return 0;
  }
}

std::size_t Source::read_inflated(std::span<std::uint8_t> space) {
  const std::string name(to_string(compression_));
  while (fault_.empty()) {
    if (raw_begin_ == raw_end_) {
      raw_.resize(k_buffer);
      raw_begin_ = 0;
      raw_end_ = read_raw(raw_);
      if (raw_end_ == 0) {
        if (fault_.empty() && !inflater_->complete()) fault_ = "the " + name + " data is cut short: it ends after " + std::to_string(raw_offset_) + " bytes";
        return 0;
      }
    }
    const Inflater::Step step = inflater_->step(Bytes(raw_).subspan(raw_begin_, raw_end_ - raw_begin_), space);
    raw_begin_ += step.consumed;
    raw_offset_ += step.consumed;
    inflated_ += step.produced;
    if (!step.fault.empty()) {
      fault_ = "the " + name + " data is damaged near byte " + std::to_string(raw_offset_) + ": " + std::string(step.fault);
    } else if (inflated_ > limit_) {
      fault_ = "more than " + std::to_string(limit_) + " bytes come out of the " + name + " data; the rest is not read";
    }
    if (step.produced > 0 || step.finished) return step.produced;
    if (step.consumed == 0 && fault_.empty()) fault_ = "the " + name + " data is damaged near byte " + std::to_string(raw_offset_);
  }
  return 0;
}

void Source::refill(std::size_t count) {
  if (begin_ > 0) {
    std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_), buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
    end_ -= begin_;
    begin_ = 0;
  }
  // Grown as bytes arrive, not as they are announced: a false length costs no memory.
  while (!ended_ && end_ < count) {
    if (end_ == 0 && buffer_.empty()) buffer_.resize(std::max(first_read_, count));
    if (end_ > 0 && buffer_.size() - end_ < k_buffer / 2) buffer_.resize(std::max(k_buffer, buffer_.size() * 2));
    const std::span<std::uint8_t> space = std::span(buffer_).subspan(end_);
    const std::size_t read = inflater_ ? read_inflated(space) : read_raw(space);
    end_ += read;
    ended_ = read == 0;
  }
}

Bytes Source::peek_buffer(std::size_t count) {
  if (end_ - begin_ < count && !ended_) refill(count);
  return Bytes(buffer_).subspan(begin_, std::min(count, end_ - begin_));
}

std::string Source::fault() const {
  if (!fault_.empty() || !mapping_.shrunk()) return fault_;
  return "the file became shorter while it was read; nothing after byte " + std::to_string(offset_) + " can be trusted";
}

std::uint64_t Source::skip(std::uint64_t count) {
  std::uint64_t skipped = 0;
  while (skipped < count) {
    const std::size_t there = peek(static_cast<std::size_t>(std::min<std::uint64_t>(count - skipped, k_buffer))).size();
    if (there == 0) break;
    advance(there);
    skipped += there;
  }
  return skipped;
}

}  // namespace tlswhy::capture
