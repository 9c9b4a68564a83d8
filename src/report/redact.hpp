// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "diagnose/diagnose.hpp"
#include "report/json.hpp"

// Pseudonyms for what tells whose device, network or server it was. The same thing gets the same pseudonym in every format of one run, and what
// makes an address or name mean something to a diagnosis is kept: private stays private, a subdomain stays one, a wildcard stays one.
namespace tlswhy::report {

class Redactor {
 public:
  // Numbers addresses, names, serial numbers and identities in the order in which the inputs have them.
  Redactor(const std::vector<InputFile>& files, const diagnose::Input& input, const diagnose::Diagnosis& diagnosis);

  // Everything that a report is written from. To be called when the diagnosis is made: pseudonyms match no wildcard.
  void apply(std::vector<InputFile>& files, diagnose::Input& input, diagnose::Diagnosis& diagnosis);
  // Any text, a log for example, line by line.
  [[nodiscard]] std::string text(std::string_view text);
  [[nodiscard]] std::string file(const std::string& path) const;

 private:
  void learn_name(std::string_view name);
  void learn_subject(std::string_view subject);
  void learn_word(std::string_view word, std::string_view kind);
  void learn_line(std::string_view line);
  std::string name(std::string_view name);
  IpAddress address(const IpAddress& address);
  std::string address_text(std::string_view text);
  std::string with_words(std::string_view text) const;
  std::string with_addresses(std::string_view text);
  void apply(std::vector<diagnose::RankedCause>& causes);
  void apply(diagnose::EvidenceItem& item);
  void apply(diagnose::Source& source) const;
  void apply(tls::Handshake& handshake);
  void apply(tls::Certificate& certificate);
  void apply(knowledge::Fact& fact);

  std::map<std::string, std::string> words_;      // in lower case
  std::map<std::string, std::string> labels_;     // of domain names
  std::map<std::string, std::size_t> counts_;     // of each kind of pseudonym
  std::map<IpAddress, IpAddress> addresses_;
  std::map<int, std::size_t> address_counts_;     // by the kind of network
  std::map<std::string, std::string> files_;
  std::vector<std::pair<std::string, std::string>> ordered_;  // words_, longest first
};

}  // namespace tlswhy::report
