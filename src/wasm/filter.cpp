// SPDX-License-Identifier: Apache-2.0
// Stands for capture/filter.cpp where there is no libpcap: nobody can give a filter there, and link types are named by their numbers.
#include "capture/filter.hpp"

namespace tlswhy::capture {

struct Filter::State {
  std::string fault = "filters need libpcap, which is not in this build";
};

std::string link_type_name(std::uint32_t link_type) { return std::to_string(link_type); }

Filter::Filter() : state_(std::make_unique<State>()) {}
Filter::~Filter() = default;
Filter::Filter(Filter&&) noexcept = default;
Filter& Filter::operator=(Filter&&) noexcept = default;

Result<void> Filter::set(const std::string& expression) {
  if (expression.find_first_not_of(" \t\r\n") == std::string::npos) return {};
  return fail(state_->fault);
}

const std::string& Filter::prepare(std::uint32_t) { return state_->fault; }
bool Filter::accepts(std::uint32_t, Bytes, std::size_t) { return false; }

}  // namespace tlswhy::capture
