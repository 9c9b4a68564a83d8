// SPDX-License-Identifier: Apache-2.0
#include "watch/sources.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "input/input.hpp"

namespace tlswhy::watch {
namespace {

// Of a file that is there already, so much is read for context.
constexpr std::uint64_t k_history_bytes = 64U << 10U;
constexpr std::size_t k_piece = 64U << 10U;
// In one go; the rest has its turn after what else is waiting.
constexpr std::size_t k_most_at_once = 1U << 20U;
constexpr double k_finished_after_ms = 2'000;

// Reads until nothing more waits; false at the end of the file.
bool drain(int descriptor, std::string& bytes, std::uint64_t& position, int& error) {
  std::string piece(k_piece, '\0');
  error = 0;
  for (std::size_t all = 0; all < k_most_at_once;) {
    const ssize_t got = ::read(descriptor, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      if (errno != EAGAIN && errno != EWOULDBLOCK) error = errno;
      return true;
    }
    if (got == 0) return false;
    bytes.append(piece, 0, static_cast<std::size_t>(got));
    position += static_cast<std::uint64_t>(got);
    all += static_cast<std::size_t>(got);
  }
  return true;
}

}  // namespace

LogSource::~LogSource() {
  if (descriptor_ > STDERR_FILENO) close(descriptor_);
}

LogSource::LogSource(LogSource&& other) noexcept
    : path_(std::move(other.path_)), history_(std::move(other.history_)), descriptor_(std::exchange(other.descriptor_, -1)), is_file_(other.is_file_), is_serial_(other.is_serial_), over_(other.over_),
      position_(other.position_), device_(other.device_), inode_(other.inode_) {}

Result<LogSource> LogSource::open(const std::string& path, int baud, bool from_start) {
  LogSource source;
  source.path_ = path == "-" ? "standard input" : path;
  // O_NONBLOCK: opening a serial port waits for its carrier otherwise, and a pipe for its writer.
  source.descriptor_ = path == "-" ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (source.descriptor_ < 0) {
    const int error = errno;
    const bool serial = path.starts_with("/dev/") && error == EACCES;
    return fail(std::string("cannot be read: ") + std::strerror(error) + (serial ? "; serial ports are for the group dialout: sudo usermod -aG dialout $USER, and log in again" : ""), path);
  }
  if (path == "-") fcntl(STDIN_FILENO, F_SETFL, fcntl(STDIN_FILENO, F_GETFL) | O_NONBLOCK);
  struct stat information {};
  if (fstat(source.descriptor_, &information) != 0) return fail(std::strerror(errno), path);
  source.is_file_ = S_ISREG(information.st_mode);
  if (isatty(source.descriptor_) != 0 && path != "-") {
    source.is_serial_ = true;
    if (auto set = set_serial(source.descriptor_, baud); !set) return fail(set.error().what, path);
  }
  if (!source.is_file_) return source;
  source.device_ = information.st_dev;
  source.inode_ = information.st_ino;
  if (from_start) return source;
  const auto size = static_cast<std::uint64_t>(information.st_size);
  source.position_ = size > k_history_bytes ? size - k_history_bytes : 0;
  lseek(source.descriptor_, static_cast<off_t>(source.position_), SEEK_SET);
  int error = 0;
  (void)drain(source.descriptor_, source.history_, source.position_, error);
  return source;
}

std::string LogSource::read(std::string& bytes) {
  if (over_ || descriptor_ < 0) return {};
  int error = 0;
  const bool more = drain(descriptor_, bytes, position_, error);
  if (error != 0) {
    over_ = !is_file_;
    return is_serial_ && (error == EIO || error == ENXIO || error == ENODEV) ? "was unplugged" : std::string("cannot be read any more: ") + std::strerror(error);
  }
  std::string news;
  if (!more && is_file_) follow(news);
  // A port without a word gives zero bytes too; a pipe only when its writers have gone.
  if (!more && !is_file_ && !is_serial_) over_ = true;
  if (is_serial_ && !over_) {
    pollfd hung_up{descriptor_, POLLIN, 0};
    if (poll(&hung_up, 1, 0) > 0 && (hung_up.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0) {
      over_ = true;
      return "was unplugged";
    }
  }
  return news;
}

// At the end of a file: whether it was cut, or another one stands in its place.
void LogSource::follow(std::string& news) {
  struct stat now {};
  if (fstat(descriptor_, &now) == 0 && static_cast<std::uint64_t>(now.st_size) < position_) {
    lseek(descriptor_, 0, SEEK_SET);
    position_ = 0;
    news = "was cut; reading on from its beginning";
    return;
  }
  struct stat named {};
  if (stat(path_.c_str(), &named) != 0 || (named.st_dev == device_ && named.st_ino == inode_)) return;
  const int next = ::open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (next < 0) return;  // asked again next time
  close(descriptor_);
  descriptor_ = next;
  device_ = named.st_dev;
  inode_ = named.st_ino;
  position_ = 0;
  news = "was replaced; reading the new one";
}

std::vector<std::string> CaptureFolder::finished(Timestamp now, bool from_start) {
  struct Entry {
    std::string path;
    std::filesystem::file_time_type written;
    std::uint64_t size = 0;
  };
  std::vector<Entry> entries;
  std::error_code error;
  for (std::filesystem::directory_iterator at(path_, error), end; !error && at != end; at.increment(error)) {
    std::error_code ignored;
    if (!at->is_regular_file(ignored)) continue;
    Entry entry{at->path().string(), at->last_write_time(ignored), at->file_size(ignored)};
    if (ignored || entry.size == 0) continue;
    entries.push_back(std::move(entry));
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return std::tie(a.written, a.path) < std::tie(b.written, b.path); });
  // What is no longer there may come again under the same name (a ring of files).
  std::erase_if(done_, [&](const std::string& path) { return std::none_of(entries.begin(), entries.end(), [&](const Entry& entry) { return entry.path == path; }); });
  std::vector<std::string> out;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const Entry& entry = entries[i];
    if (done_.count(entry.path) != 0) continue;
    if (first_ && !from_start && i + 1 < entries.size()) {
      done_.insert(entry.path);
      continue;
    }
    Seen& seen = growing_.try_emplace(entry.path, Seen{0, now}).first->second;
    if (seen.size != entry.size) seen = {entry.size, now};
    const bool newer = i + 1 < entries.size() && entries[i + 1].written > entry.written;
    if (!newer && milliseconds_between(seen.changed, now) < k_finished_after_ms) continue;
    growing_.erase(entry.path);
    done_.insert(entry.path);
    const auto head = input::read_head(entry.path);
    if (head && input::kind_of(*head) == input::Kind::capture) out.push_back(entry.path);
  }
  first_ = false;
  return out;
}

}  // namespace tlswhy::watch
