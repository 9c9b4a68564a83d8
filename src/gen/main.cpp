// SPDX-License-Identifier: Apache-2.0
// tlswhy_gen check DATA        checks a data folder
// tlswhy_gen emit  DATA OUT    checks it and writes C++ tables to OUT
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "gen/emit.hpp"
#include "knowledge/load.hpp"
#include "log/index.hpp"
#include "log/log.hpp"

namespace {

// Leaves a file alone that would not change, so that its object is not compiled again.
bool write_if_changed(const std::string& path, const std::string& text) {
  {
    std::ifstream old(path, std::ios::binary);
    const std::string before{std::istreambuf_iterator<char>(old), std::istreambuf_iterator<char>()};
    if (old.good() && before == text) return true;
  }
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  return file.good();
}

}  // namespace

int main(int argc, char** argv) {
  const std::string command = argc > 1 ? argv[1] : "";
  if (!((command == "check" && argc == 3) || (command == "emit" && argc == 4))) {
    std::fputs("usage: tlswhy_gen check DATA | emit DATA OUT\n", stderr);
    return 2;
  }
  std::vector<std::string> faults;
  const auto library = tlswhy::knowledge::Library::load(argv[2], faults);
  const auto& knowledge = library.own();
  for (auto& fault : tlswhy::knowledge::check(knowledge)) faults.push_back(std::move(fault));
  for (auto& fault : tlswhy::log::Scanner(knowledge).check_samples()) faults.push_back(std::move(fault));
  for (const std::string& fault : faults) std::fprintf(stderr, "%s\n", fault.c_str());
  if (!faults.empty()) return 1;
  if (command == "check") return 0;
  const auto index = tlswhy::log::make_index(knowledge, faults);
  const std::string out = argv[3];
  const bool written = write_if_changed(out + "/facts.cpp", tlswhy::gen::emit_facts(knowledge)) &&
                       write_if_changed(out + "/codes.cpp", tlswhy::gen::emit_codes(knowledge)) &&
                       write_if_changed(out + "/products.cpp", tlswhy::gen::emit_products(knowledge)) &&
                       write_if_changed(out + "/registries.cpp", tlswhy::gen::emit_registries(knowledge)) &&
                       write_if_changed(out + "/dialects.cpp", tlswhy::gen::emit_dialects(knowledge)) &&
                       write_if_changed(out + "/causes.cpp", tlswhy::gen::emit_causes(knowledge)) &&
                       write_if_changed(out + "/devices.cpp", tlswhy::gen::emit_devices(knowledge)) &&
                       write_if_changed(out + "/log_index.cpp", tlswhy::gen::emit_log_index(index.view()));
  if (!written) std::fprintf(stderr, "%s: cannot be written\n", out.c_str());
  return written ? 0 : 1;
}
