// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "capture/record.hpp"
#include "diagnose/diagnose.hpp"
#include "watch/tail.hpp"
#include "wire/live.hpp"

// Attempts told one by one as they end, from packets and lines as they come. Values in, values out: no file, no clock of its own; the
// engine is that of the command line.
namespace tlswhy::watch {

struct Settings {
  diagnose::Context context;
  std::vector<tls::Certificate> trusted;
  std::shared_ptr<const tls::KeyLog> keys;
};

// One attempt that has ended, or what became known of it later.
struct Told {
  std::uint64_t number = 0;   // from 1
  bool update = false;        // it was told before: lines of a log came to it that change the verdict
  Timestamp when;             // its end
  std::string outcome;        // "completed", "failed", "incomplete"
  std::string client;         // of the wire; empty where there was none
  std::string server;         // address and port on the wire, else what the log says was dialled
  std::string server_name;    // SNI
  std::string version;        // negotiated
  std::string wire;           // the interface or folder it was seen on; empty if in a log only
  std::uint64_t first_frame = 0;
  std::uint64_t last_frame = 0;
  std::string log;            // the log it was told in; empty if on the wire only
  std::uint64_t first_line = 0;
  std::uint64_t last_line = 0;
  std::string joined_by;
  std::vector<diagnose::RankedCause> causes;  // most likely first; empty where it completed
  std::uint64_t alike = 0;    // attempts with this outcome, cause and server so far, this one included
};

// Whether something speaks for its first cause.
[[nodiscard]] bool is_named(const Told& told);
// The server as people know it: its name, else its address, and the port. Fit to be shown.
[[nodiscard]] std::string server_of(const Told& told);

// Attempts that went the same way.
struct Group {
  std::string outcome;
  std::string cause;   // id; empty where it completed or cannot be told
  std::string server;  // name or address, and port
  std::uint64_t count = 0;
  Timestamp first;
  Timestamp last;
};

struct Totals {
  std::uint64_t attempts = 0;
  std::uint64_t failed = 0;
  std::uint64_t completed = 0;
  std::vector<Group> groups;          // most frequent first
  std::uint64_t ungrouped = 0;        // attempts of servers or causes beyond those that are kept apart
};

class Session {
 public:
  Session(const Settings& settings, const knowledge::Knowledge& knowledge);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // A source of packets. Its clock is the time of day, or for `by_packets` that of its own packets (files that were written before).
  [[nodiscard]] std::size_t add_wire(std::string name, bool by_packets);
  [[nodiscard]] std::size_t add_log(std::string name);
  void packet(std::size_t wire, const capture::Record& record);
  void text(std::size_t log, std::string_view bytes, Timestamp now);
  // Lines of before, for context: what they tell is no news.
  void history(std::size_t log, std::string_view bytes, Timestamp now);

  // What has ended and is ready to be told. To be asked some ten times a second.
  [[nodiscard]] std::vector<Told> due(Timestamp now);
  // The same at the end: nothing is waited for any more.
  [[nodiscard]] std::vector<Told> rest(Timestamp now);
  [[nodiscard]] Totals totals() const;

 private:
  struct Wire;
  using Key = std::tuple<std::size_t, std::uint32_t, std::uint64_t>;  // wire, flow, first frame
  struct Known {
    std::uint64_t number = 0;
    std::string cause;
    bool with_log = false;
  };

  [[nodiscard]] std::vector<Told> tell(Timestamp now, bool final);
  // What one examination looks at; `wire_of` receives the wire of each handshake in it.
  [[nodiscard]] diagnose::Input gather(Timestamp now, std::vector<std::size_t>& wire_of);
  void examine(Timestamp now, bool final, std::vector<Told>& out);
  void tell_failed_flows(Timestamp now, std::vector<Told>& out);
  void count(Told& told);

  Settings settings_;
  const knowledge::Knowledge& knowledge_;
  diagnose::FactSenses senses_;
  log::Scanner scanner_;
  std::vector<std::unique_ptr<Wire>> wires_;
  std::vector<std::unique_ptr<Tail>> logs_;
  std::map<Key, Known> known_;
  std::deque<Key> known_order_;
  std::map<std::tuple<std::string, std::string, std::string>, Group> groups_;
  std::uint64_t ungrouped_ = 0;
  std::uint64_t attempts_ = 0;
  std::uint64_t failed_ = 0;
  std::uint64_t completed_ = 0;
  std::optional<Timestamp> last_log_failure_;
};

}  // namespace tlswhy::watch
