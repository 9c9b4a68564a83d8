// SPDX-License-Identifier: Apache-2.0
#include <csignal>
#include <cstdio>
#include <thread>

#include "cli/options.hpp"
#include "cli/rights.hpp"
#include "cli/version.hpp"
#include "serve/server.hpp"

namespace tlswhy::cli {

int run_serve(const Options& options) {
  const KnowledgeSource knowledge(options.data);
  if (!knowledge.ok()) return k_exit_usage;
  serve::Settings settings;
  settings.port = options.port;
  settings.tool.version = std::string(k_version);
  if (options.upload_limit > 0) settings.upload_limit = options.upload_limit << 20U;
  serve::Server server(settings, knowledge.get());
  const auto address = server.bind();
  if (!address) {
    complain(address.error().what);
    return k_exit_unreadable;
  }
  // Signals end it in an orderly way: all threads that come have them blocked, and one waits for them.
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  sandbox::Policy policy;
  policy.opens_files = false;
  policy.serves = true;
  drop_rights(policy, options.verbose);
  std::printf("%s\n", address->c_str());
  std::fflush(stdout);
  if (!options.quiet) std::fputs("Open this address in a browser on this machine. Nothing you give it leaves the machine or is kept. Ctrl-C ends it.\n", stderr);
  std::thread watcher([&] {
    int signal = 0;
    sigwait(&ends, &signal);
    server.stop();
  });
  const bool served = server.run();
  if (!served) {
    complain("the page can no longer be served");
    std::raise(SIGTERM);  // blocked, so that only the thread that waits for it sees it
  }
  watcher.join();
  return served ? k_exit_ok : k_exit_unreadable;
}

}  // namespace tlswhy::cli
