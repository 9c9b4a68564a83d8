// SPDX-License-Identifier: Apache-2.0
#include "sandbox/sandbox.hpp"

// The leak checker of a build with sanitizers traces its own process, which the sandbox forbids.
#if defined(__linux__) && !defined(TLSWHY_SANITIZED)

#include <fcntl.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

namespace tlswhy::sandbox {
namespace {

// Came with version 3 of Landlock's interface; headers of Debian 12 do not name it.
constexpr std::uint64_t k_truncate = 1ULL << 14U;
constexpr int k_version_with_truncate = 3;

constexpr std::uint64_t k_write_file = LANDLOCK_ACCESS_FS_WRITE_FILE;
constexpr std::uint64_t k_changes = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
                                    LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |
                                    LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM;

// Allows writing one output: the file if there is one, else making one in its folder.
bool allow_output(int rules, const std::string& path, std::uint64_t truncate) {
  std::uint64_t rights = k_write_file | truncate;
  int place = open(path.c_str(), O_PATH | O_CLOEXEC);
  if (place < 0) {
    const std::size_t slash = path.rfind('/');
    const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    place = open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (place < 0) return true;  // the output cannot be made at all, which is told when it is opened
    rights |= LANDLOCK_ACCESS_FS_MAKE_REG;
  }
  landlock_path_beneath_attr beneath{};
  beneath.allowed_access = rights;
  beneath.parent_fd = place;
  const bool added = syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0U) == 0;
  close(place);
  return added;
}

// True if the kernel now holds that only the outputs can be written and nothing run.
bool restrict_files(const Policy& policy) {
  const long version = syscall(SYS_landlock_create_ruleset, nullptr, std::size_t{0}, LANDLOCK_CREATE_RULESET_VERSION);
  if (version < 1) return false;
  const std::uint64_t truncate = version >= k_version_with_truncate ? k_truncate : 0;
  landlock_ruleset_attr attributes{};
  attributes.handled_access_fs = k_changes | truncate;
  const int rules = static_cast<int>(syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0U));
  if (rules < 0) return false;
  bool held = true;
  for (const std::string& output : policy.outputs) held = allow_output(rules, output, truncate) && held;
  held = held && syscall(SYS_landlock_restrict_self, rules, 0U) == 0;
  close(rules);
  return held;
}

// What nothing in this program calls: refused, not fatal, because libraries ask for some of it and do without (a BPF filter with a
// host's name asks the resolver). A list of what is allowed instead would differ with every libc and its version.
constexpr const char* k_refused[] = {
    "socket", "socketpair", "connect", "execve", "execveat", "fork", "vfork", "ptrace", "process_vm_readv",
    "process_vm_writev", "pidfd_open", "kill", "tkill", "bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "keyctl", "add_key", "mount",
    "move_mount", "fsopen", "open_tree", "mount_setattr", "umount2", "pivot_root", "chroot", "unshare", "setns", "init_module", "finit_module",
    "kexec_load", "reboot", "memfd_create", "open_by_handle_at", "unlink", "unlinkat", "rename", "renameat", "renameat2", "link", "linkat", "symlink",
    "symlinkat", "mkdir", "mkdirat", "rmdir", "mknod", "mknodat", "chmod", "fchmod", "fchmodat", "chown", "fchown", "lchown", "fchownat", "setxattr",
    "lsetxattr", "fsetxattr", "truncate", "utimensat"};

// On a connection that is there, send() is sendto without an address; on a new socket it could reach others.
constexpr const char* k_sends[] = {"sendto", "sendmsg", "sendmmsg"};

bool refuse(scmp_filter_ctx filter, const char* name) {
  const int number = seccomp_syscall_resolve_name(name);
  if (number < 0) return true;  // this architecture or this libseccomp does not know it
  return seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), number, 0) == 0;
}

// Opening for writing, and opening at all where the policy says so.
bool refuse_opens(scmp_filter_ctx filter, const Policy& policy) {
  bool added = refuse(filter, "creat") || !policy.outputs.empty();
  // The flags of openat2 lie in memory, where a filter cannot look; the libc falls back on openat.
  const int openat2_number = seccomp_syscall_resolve_name("openat2");
  if (openat2_number >= 0) added = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), openat2_number, 0) == 0 && added;
  const int open_number = seccomp_syscall_resolve_name("open");
  const int openat_number = seccomp_syscall_resolve_name("openat");
  if (!policy.opens_files && policy.outputs.empty()) return refuse(filter, "open") && refuse(filter, "openat") && added;
  if (!policy.outputs.empty()) return added;  // which files may be written, a filter cannot tell; Landlock can
  for (const std::uint64_t flag : {std::uint64_t{O_WRONLY}, std::uint64_t{O_RDWR}, std::uint64_t{O_CREAT}, std::uint64_t{O_TRUNC}}) {
    if (open_number >= 0)
      added = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), open_number, 1, SCMP_A1(SCMP_CMP_MASKED_EQ, flag, flag)) == 0 && added;
    added = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), openat_number, 1, SCMP_A2(SCMP_CMP_MASKED_EQ, flag, flag)) == 0 && added;
  }
  return added;
}

// A thread is started with CLONE_THREAD, a process without. The flags of clone3 lie in memory; the libc falls back on clone.
bool refuse_processes(scmp_filter_ctx filter) {
  const int clone3_number = seccomp_syscall_resolve_name("clone3");
  bool added = clone3_number < 0 || seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), clone3_number, 0) == 0;
  added = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1, SCMP_A0(SCMP_CMP_MASKED_EQ, std::uint64_t{CLONE_THREAD}, 0)) == 0 && added;
  return added;
}

// Memory that is to be executed, as code that was brought in would need it.
bool refuse_new_code(scmp_filter_ctx filter) {
  constexpr std::uint64_t k_execute = 4;  // PROT_EXEC
  bool added = true;
  for (const char* const name : {"mmap", "mmap2", "mprotect", "pkey_mprotect"}) {
    const int number = seccomp_syscall_resolve_name(name);
    if (number >= 0) added = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), number, 1, SCMP_A2(SCMP_CMP_MASKED_EQ, k_execute, k_execute)) == 0 && added;
  }
  return added;
}

bool restrict_system_calls(const Policy& policy) {
  const scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
  if (filter == nullptr) return false;
  bool added = refuse_opens(filter, policy) && refuse_processes(filter) && refuse_new_code(filter);
  for (const char* const name : k_refused) added = refuse(filter, name) && added;
  for (const char* const name : k_sends) added = (policy.serves || refuse(filter, name)) && added;
  const bool loaded = added && seccomp_load(filter) == 0;
  seccomp_release(filter);
  return loaded;
}

}  // namespace

State enter(const Policy& policy) {
  State state;
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    state.missing = std::string("the kernel refuses no_new_privs: ") + std::strerror(errno);
    return state;
  }
  state.files = restrict_files(policy);
  state.system_calls = restrict_system_calls(policy);
  if (!state.system_calls) state.missing = "the kernel refuses seccomp filters";
  if (!state.files && !policy.outputs.empty()) state.missing += std::string(state.missing.empty() ? "" : "; ") + "the kernel has no Landlock, so files other than the output are not protected";
  return state;
}

}  // namespace tlswhy::sandbox

#else

namespace tlswhy::sandbox {

State enter(const Policy&) {
  State state;
  state.missing = "there is none for this operating system or this kind of build";
  return state;
}

}  // namespace tlswhy::sandbox

#endif
