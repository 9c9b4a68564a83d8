// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "knowledge/model.hpp"

namespace tlswhy::knowledge {

// A folder shaped like data/, read at run time, with the storage its views point into.
class Library {
 public:
  Library();
  ~Library();
  Library(Library&&) noexcept;
  Library& operator=(Library&&) noexcept;

  // Reads every file of `folder` that data/README.md describes. Faults are sentences "file:line: what"; files with faults are
  // left out, the others are kept. `folder` may hold any subset of the files.
  [[nodiscard]] static Library load(const std::string& folder, std::vector<std::string>& faults);
  // `base` with the entries of this library laid over it: same id replaces, new id adds. Both must outlive the result.
  [[nodiscard]] const Knowledge& over(const Knowledge& base);
  [[nodiscard]] const Knowledge& own() const;

 private:
  struct Storage;
  std::unique_ptr<Storage> storage_;
};

// What is wrong with the knowledge as a whole: facts, fields, causes and families that are used and not defined. Sentences.
[[nodiscard]] std::vector<std::string> check(const Knowledge& knowledge);

}  // namespace tlswhy::knowledge
