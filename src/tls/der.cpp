// SPDX-License-Identifier: Apache-2.0
#include "tls/der.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "base/text.hpp"
#include "tls/certificate.hpp"
#include "tls/crypto.hpp"
#include "tls/key.hpp"

namespace tlswhy::tls {
namespace {

constexpr std::uint8_t k_integer = 0x02;
constexpr std::uint8_t k_oid = 0x06;
constexpr std::uint8_t k_utc_time = 0x17;
constexpr std::uint8_t k_version_tag = 0xA0;
constexpr std::uint8_t k_long_form = 0x80;

struct NamedOid {
  std::string_view hex;
  std::string_view name;
};
// Signature algorithms: RFC 3279, 4055, 5758, 8410. Names as OpenSSL's objects.txt has them.
constexpr std::array<NamedOid, 14> k_signatures{{{"2a864886f70d010104", "md5WithRSAEncryption"},
                                                 {"2a864886f70d010105", "sha1WithRSAEncryption"},
                                                 {"2a864886f70d01010e", "sha224WithRSAEncryption"},
                                                 {"2a864886f70d01010b", "sha256WithRSAEncryption"},
                                                 {"2a864886f70d01010c", "sha384WithRSAEncryption"},
                                                 {"2a864886f70d01010d", "sha512WithRSAEncryption"},
                                                 {"2a864886f70d01010a", "rsassaPss"},
                                                 {"2a8648ce3d0401", "ecdsa-with-SHA1"},
                                                 {"2a8648ce3d040302", "ecdsa-with-SHA256"},
                                                 {"2a8648ce3d040303", "ecdsa-with-SHA384"},
                                                 {"2a8648ce3d040304", "ecdsa-with-SHA512"},
                                                 {"2b6570", "ED25519"},
                                                 {"2b6571", "ED448"},
                                                 {"2a8648ce380403", "dsa_with_SHA1"}}};
constexpr std::array<NamedOid, 6> k_keys{{{"2a864886f70d010101", "RSA"},
                                          {"2a864886f70d01010a", "RSA-PSS"},
                                          {"2a8648ce3d0201", "EC"},
                                          {"2b6570", "Ed25519"},
                                          {"2b6571", "Ed448"},
                                          {"2a8648ce380401", "DSA"}}};
// Attribute types of distinguished names that people read (RFC 4519).
constexpr std::array<NamedOid, 6> k_attributes{{{"550403", "CN"}, {"55040a", "O"}, {"55040b", "OU"}, {"550406", "C"}, {"550407", "L"}, {"550408", "ST"}}};

template <std::size_t N>
std::string_view name_in(const std::array<NamedOid, N>& table, Bytes oid) {
  const std::string hex = to_hex(oid);
  for (const NamedOid& entry : table) {
    if (entry.hex == hex) return entry.name;
  }
  return {};
}

std::string dotted(Bytes oid) {
  std::string text;
  std::uint64_t value = 0;
  for (const std::uint8_t byte : oid) {
    value = (value << 7U) | (byte & 0x7FU);
    if ((byte & 0x80U) != 0) continue;
    if (text.empty()) {
      const std::uint64_t first = std::min<std::uint64_t>(value / 40, 2);
      text = std::to_string(first) + "." + std::to_string(value - first * 40);
    } else {
      text += "." + std::to_string(value);
    }
    value = 0;
  }
  return text;
}

// The OID that an AlgorithmIdentifier begins with.
Bytes algorithm_oid(Bytes algorithm) {
  Reader reader(algorithm);
  const auto oid = take_der(reader);
  return oid && oid->tag == k_oid ? oid->content : Bytes{};
}

// RDNSequence as "CN=..., O=...", in the order of the certificate.
std::string name_text(Bytes sequence) {
  std::string text;
  Reader names(sequence);
  while (const auto set = take_der(names)) {
    Reader attributes(set->content);
    while (const auto attribute = take_der(attributes)) {
      Reader pair(attribute->content);
      const auto type = take_der(pair);
      const auto value = take_der(pair);
      if (!type || !value) continue;
      std::string_view label = name_in(k_attributes, type->content);
      const std::string number = label.empty() ? dotted(type->content) : std::string();
      if (label.empty()) label = number;
      text += (text.empty() ? "" : ", ") + std::string(label) + "=" + std::string(value->content.begin(), value->content.end());
    }
  }
  return text;
}

// UTCTime and GeneralizedTime (RFC 5280 4.1.2.5): years of two digits from 50 on are of the last century.
std::optional<CivilTime> time_of(const DerValue& value) {
  std::string_view text(reinterpret_cast<const char*>(value.content.data()), value.content.size());  // NOLINT: bytes to characters
  const auto number = [&](std::size_t digits) {
    int result = -1;
    if (text.size() >= digits) {
      int parsed = 0;
      const auto [stop, error] = std::from_chars(text.data(), text.data() + digits, parsed);
      if (error == std::errc{} && stop == text.data() + digits) result = parsed;
      text.remove_prefix(digits);
    }
    return result;
  };
  CivilTime civil;
  if (value.tag == k_utc_time) {
    const int year = number(2);
    civil.year = year < 0 ? -1 : year >= 50 ? 1900 + year : 2000 + year;
  } else {
    civil.year = number(4);
  }
  civil.month = number(2);
  civil.day = number(2);
  civil.hour = number(2);
  civil.minute = number(2);
  civil.second = number(2);
  const bool good = civil.year >= 0 && civil.month > 0 && civil.day > 0 && civil.hour >= 0 && civil.minute >= 0;
  if (civil.second < 0) civil.second = 0;
  return good ? std::optional<CivilTime>(civil) : std::nullopt;
}

void set_date(const std::optional<DerValue>& value, std::optional<Timestamp>& date, std::string& text) {
  if (!value) return;
  const auto civil = time_of(*value);
  if (!civil) return;
  date = timestamp_from(*civil);
  if (date) text = to_rfc3339(*date, 0);
}

}  // namespace

std::optional<DerValue> take_der(Reader& reader) {
  if (!reader.more()) return std::nullopt;
  Reader probe = reader;  // to know the bytes of tag and length
  DerValue value;
  value.tag = probe.u8("tag");
  std::size_t length = probe.u8("length");
  std::size_t header = 2;
  if (length > k_long_form) {
    const std::size_t count = length - k_long_form;
    constexpr std::size_t k_longest = 4;
    if (count > k_longest) {
      reader.fail(ParseFault::bad_length, "length");
      return std::nullopt;
    }
    length = 0;
    for (const std::uint8_t byte : probe.take(count, "length")) length = (length << 8U) | byte;
    header += count;
  } else if (length == k_long_form) {
    reader.fail(ParseFault::bad_length, "indefinite length");
    return std::nullopt;
  }
  if (!probe.ok() || length > probe.remaining()) {
    reader.fail(ParseFault::truncated, "value");
    return std::nullopt;
  }
  value.whole = reader.take(header + length, "value");
  value.content = value.whole.subspan(header);
  return value;
}

std::string signature_name(Bytes oid) {
  const std::string_view name = name_in(k_signatures, oid);
  return name.empty() ? dotted(oid) : std::string(name);
}

std::string signature_hash(const std::string& name) {
  for (const std::string_view hash : {"sha224", "sha256", "sha384", "sha512", "sha1", "md5"}) {
    if (ifind(name, hash) != std::string_view::npos) return std::string(hash);
  }
  return {};
}

void walk_certificate(Bytes der, Certificate& certificate) {
  Reader outer(der);
  const auto whole = take_der(outer);
  if (!whole) return;
  Reader parts(whole->content);
  const auto tbs = take_der(parts);
  const auto algorithm = take_der(parts);
  if (!tbs) return;
  if (algorithm) {
    certificate.signature = signature_name(algorithm_oid(algorithm->content));
    certificate.signature_hash = signature_hash(certificate.signature);
  }
  Reader fields(tbs->content);
  auto field = take_der(fields);
  if (field && field->tag == k_version_tag) {
    Reader version(field->content);
    const auto number = take_der(version);
    if (number && number->content.size() == 1) certificate.version = number->content[0] + 1;
    field = take_der(fields);
  } else {
    certificate.version = 1;
  }
  if (!field || field->tag != k_integer) return;
  certificate.serial = to_hex(field->content);
  (void)take_der(fields);  // signature algorithm, the same as outside
  const auto issuer = take_der(fields);
  const auto validity = take_der(fields);
  const auto subject = take_der(fields);
  const auto key = take_der(fields);
  if (issuer) {
    certificate.issuer = name_text(issuer->content);
    certificate.issuer_der_sha256 = sha256_hex(issuer->whole);
  }
  if (subject) {
    certificate.subject = name_text(subject->content);
    certificate.subject_der_sha256 = sha256_hex(subject->whole);
    certificate.self_issued = certificate.subject_der_sha256 == certificate.issuer_der_sha256;
  }
  if (validity) {
    Reader dates(validity->content);
    const auto from = take_der(dates);
    const auto to = take_der(dates);
    set_date(from, certificate.not_before, certificate.not_before_text);
    set_date(to, certificate.not_after, certificate.not_after_text);
  }
  if (key) {
    certificate.public_key_pin = to_base64(digest_of(Digest::sha256, key->whole));
    Reader inside(key->content);
    if (const auto key_algorithm = take_der(inside)) {
      const Bytes oid = algorithm_oid(key_algorithm->content);
      const std::string_view name = name_in(k_keys, oid);
      certificate.key_type = name.empty() ? dotted(oid) : std::string(name);
      certificate.key = certificate.key_type;
    }
  }
}

}  // namespace tlswhy::tls
