// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

// Finds what there is to diagnose.
namespace tlswhy::triage {

// Files that belong together and get one verdict.
struct Unit {
  std::string path;                   // of the capture, else of the first log
  std::vector<std::string> files;     // `path` first, the others in order of their names
  std::vector<std::string> shared;    // key logs and CA files that serve several captures of a folder
  std::string expectation;            // a file NAME.expect or case.json; may be empty
};

struct Found {
  std::vector<Unit> units;             // in order of their paths, bytewise
  std::vector<std::string> problems;   // one sentence for each path that led nowhere
  std::size_t passed_over = 0;         // files of folders that are none of ours
};

// Paths are files, folders (searched through, hidden entries and links to folders left out) and glob patterns.
//
// In a folder with one capture everything belongs to it. With several, a log belongs to the capture whose name, without extensions,
// its own name begins with ("run7.pcap", "run7-serial.log"); key logs and CA files that belong to none serve all. Logs of a folder
// without a capture are one input each, unless the folder holds a case.json or one *.expect: then they are one story.
[[nodiscard]] Found find_units(const std::vector<std::string>& paths);

// Whether a path belongs to shard `index` (from 1) of `count`. By the path alone, so that files which come and go do not move others.
[[nodiscard]] bool in_shard(const std::string& path, std::size_t index, std::size_t count);

}  // namespace tlswhy::triage
