// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "device/profile.hpp"
#include "knowledge/model.hpp"
#include "tls/handshake.hpp"
#include "tls/key.hpp"

// Lint of certificates, keys and CA files: what is wrong with them, and what a device's library would answer.
namespace tlswhy::check {

struct CertFile {
  std::string path;
  std::vector<std::uint8_t> bytes;
};

struct CertContext {
  Timestamp at;                           // certificates are judged by this date
  std::string host;                       // the name or address that is dialled; may be empty
  std::optional<device::Profile> device;  // judged by what it can do, too
};

struct CertFinding {
  const knowledge::FileFault* fault = nullptr;
  std::string file;
  std::optional<std::uint64_t> line;
  std::string says;  // the particular: which certificate, which date
};

struct FileKey {
  tls::PrivateKey key;
  std::uint64_t line = 0;
  std::string form;  // "PKCS#1", "SEC1", "PKCS#8"
  bool encrypted = false;
};

struct CertFileReport {
  std::string path;
  std::string form;  // "PEM", "DER", "" if neither was found
  std::string role;  // "chain", "bundle", "ca", "certificate", "key", ""
  std::vector<tls::Certificate> certificates;
  std::vector<FileKey> keys;
  std::uint32_t message_bytes = 0;  // of a Certificate message with these certificates (RFC 5246 7.4.2)
};

struct CertReport {
  std::vector<CertFileReport> files;
  std::vector<CertFinding> findings;  // errors first, then in order of files
  std::vector<std::string> notes;     // what fits: "key.pem belongs to server.pem"
  std::size_t errors = 0;
  std::size_t warnings = 0;
};

// Never fails; what cannot be read is a finding.
[[nodiscard]] CertReport lint(const std::vector<CertFile>& files, const CertContext& context, const knowledge::Knowledge& knowledge);

}  // namespace tlswhy::check
