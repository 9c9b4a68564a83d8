// SPDX-License-Identifier: Apache-2.0
// What a parser that was taken over would try, in a process of its own that has entered the sandbox.
#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>

#include "sandbox/sandbox.hpp"

namespace tlswhy::sandbox {
namespace {

constexpr int k_unsupported = 77;

// True if `attempt` holds in a process that has entered the sandbox; skips the test where the kernel has none.
bool holds_inside(const Policy& policy, bool needs_landlock, const std::function<bool()>& attempt, bool& supported) {
  const pid_t child = fork();
  if (child == 0) {
    const State state = enter(policy);
    if (!state.system_calls || (needs_landlock && !state.files)) _exit(k_unsupported);
    _exit(attempt() ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  supported = !(WIFEXITED(status) && WEXITSTATUS(status) == k_unsupported);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

#define EXPECT_INSIDE(policy, needs_landlock, attempt)                                       \
  do {                                                                                       \
    bool supported = true;                                                                   \
    const bool held = holds_inside(policy, needs_landlock, attempt, supported);              \
    if (!supported) GTEST_SKIP() << "the kernel or this build has no sandbox";               \
    EXPECT_TRUE(held);                                                                       \
  } while (false)

// A folder of the test's own; the child process ends without removing it.
class OwnFolder {
 public:
  OwnFolder() : path_(mkdtemp((testing::TempDir() + "tlswhy-sandbox-XXXXXX").data())) {}
  ~OwnFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  OwnFolder(const OwnFolder&) = delete;
  OwnFolder& operator=(const OwnFolder&) = delete;
  [[nodiscard]] std::string file(const char* name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

bool opens_a_socket() { return socket(AF_INET, SOCK_STREAM, 0) >= 0 || errno != EPERM || socket(AF_UNIX, SOCK_STREAM, 0) >= 0; }
bool can_write(const std::string& path) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (file < 0) return false;
  close(file);
  return true;
}

TEST(Sandbox, no_socket_can_be_opened) {
  EXPECT_INSIDE(Policy{}, false, [] { return !opens_a_socket(); });
}
TEST(Sandbox, no_other_program_can_be_started) {
  EXPECT_INSIDE(Policy{}, false, [] { return execl("/bin/true", "true", nullptr) == -1 && errno == EPERM && fork() == -1; });
}
TEST(Sandbox, no_file_can_be_written_where_there_is_no_output) {
  const OwnFolder folder;
  const std::string path = folder.file("file");
  EXPECT_INSIDE(Policy{}, false, [&] { return !can_write(path) && errno == EPERM && !can_write("/dev/null"); });
}
TEST(Sandbox, an_output_can_be_written_and_made_and_no_file_elsewhere) {
  const OwnFolder folder;
  const OwnFolder other;
  const Policy policy{true, {folder.file("output")}};
  EXPECT_INSIDE(policy, true, [&] { return can_write(folder.file("output")) && can_write(folder.file("output")) && !can_write(other.file("file")); });
}
TEST(Sandbox, an_output_that_exists_can_be_written_and_nothing_beside_it) {
  const OwnFolder folder;
  ASSERT_TRUE(can_write(folder.file("output")));
  ASSERT_TRUE(can_write(folder.file("beside")));
  const Policy policy{true, {folder.file("output")}};
  EXPECT_INSIDE(policy, true, [&] { return can_write(folder.file("output")) && !can_write(folder.file("beside")) && !can_write(folder.file("new")); });
}
TEST(Sandbox, files_can_be_read_unless_the_policy_says_that_none_will_be) {
  EXPECT_INSIDE(Policy{}, false, [] { return open("/proc/self/status", O_RDONLY) >= 0; });
  const Policy none{false, {}};
  EXPECT_INSIDE(none, false, [] { return open("/proc/self/status", O_RDONLY) == -1 && errno == EPERM; });
}
TEST(Sandbox, files_can_be_neither_removed_nor_renamed) {
  const OwnFolder folder;
  const std::string path = folder.file("file");
  ASSERT_TRUE(can_write(path));
  EXPECT_INSIDE(Policy{}, false, [&] { return unlink(path.c_str()) == -1 && std::rename(path.c_str(), (path + "2").c_str()) == -1; });
}
TEST(Sandbox, memory_cannot_be_made_executable) {
  EXPECT_INSIDE(Policy{}, false, [] {
    void* const page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return page != MAP_FAILED && mprotect(page, 4096, PROT_READ | PROT_EXEC) == -1;
  });
}
TEST(Sandbox, an_open_connection_can_be_answered_only_where_the_policy_says_so) {
  int ends[2] = {-1, -1};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  const auto answers = [&] { return send(ends[0], "x", 1, MSG_NOSIGNAL) == 1; };
  const Policy serving{false, {}, true};
  EXPECT_INSIDE(serving, false, [&] { return answers() && !opens_a_socket(); });
  EXPECT_INSIDE(Policy{}, false, [&] { return !answers(); });
  close(ends[0]);
  close(ends[1]);
}
TEST(Sandbox, threads_can_be_started_and_are_held_by_it_too) {
  EXPECT_INSIDE(Policy{}, false, [] {
    bool opened = true;
    std::thread thread([&] { opened = opens_a_socket(); });
    thread.join();
    return !opened;
  });
}

}  // namespace
}  // namespace tlswhy::sandbox
