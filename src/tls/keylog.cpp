// SPDX-License-Identifier: Apache-2.0
#include "tls/keylog.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "base/text.hpp"

namespace tlswhy::tls {
namespace {

// A million secrets are some 200,000 connections; a key log with more is cut to its first ones so that memory stays bounded.
constexpr std::size_t k_most_secrets = 1U << 20U;
constexpr std::size_t k_most_problems = 16;
// How much of a text is looked at to tell what it is.
constexpr std::size_t k_head = 1U << 16U;
constexpr std::size_t k_random = 32;
constexpr std::size_t k_master_secret = 48;  // RFC 5246 8.1; the premaster secret of RSA has the same size
constexpr std::size_t k_encrypted_head = 8;  // NSS names an RSA key exchange by its first eight encrypted bytes
constexpr std::size_t k_largest_session_id = 32;

struct Label {
  std::string_view name;
  std::optional<Secret> secret;  // none: known, but of no use to record protection
};
constexpr std::array<Label, 10> k_labels{{
    {"CLIENT_RANDOM", Secret::master},
    {"CLIENT_EARLY_TRAFFIC_SECRET", Secret::client_early_traffic},
    {"CLIENT_HANDSHAKE_TRAFFIC_SECRET", Secret::client_handshake_traffic},
    {"SERVER_HANDSHAKE_TRAFFIC_SECRET", Secret::server_handshake_traffic},
    {"CLIENT_TRAFFIC_SECRET_0", Secret::client_application_traffic},
    {"SERVER_TRAFFIC_SECRET_0", Secret::server_application_traffic},
    {"EXPORTER_SECRET", std::nullopt},
    {"EARLY_EXPORTER_SECRET", std::nullopt},
    {"ECH_SECRET", std::nullopt},
    {"ECH_CONFIG", std::nullopt},
}};
// One of these is in every label whose value opens records.
constexpr std::string_view k_client_random = "CLIENT_RANDOM";
constexpr std::string_view k_secret_mark = "_SECRET";
constexpr std::string_view k_rsa = "RSA ";
constexpr std::string_view k_session_id = "Session-ID:";
constexpr std::string_view k_master_key = "Master-Key:";

std::string key_of(Bytes bytes) { return {bytes.begin(), bytes.end()}; }

bool is_hex_digit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

std::size_t hex_digits(std::string_view text) {
  return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_hex_digit) - text.begin());
}

const Label* label_of(std::string_view word) {
  const auto* const found = std::find_if(k_labels.begin(), k_labels.end(), [&](const Label& label) { return label.name == word; });
  return found == k_labels.end() ? nullptr : found;
}

// What a label of a newer kind looks like; it is passed over in silence.
bool is_label_shaped(std::string_view word) {
  return !word.empty() && word.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") == std::string_view::npos &&
         word.find('_') != std::string_view::npos;
}

bool right_size(Secret secret, std::size_t size) {
  if (secret == Secret::master) return size == k_master_secret;
  return size == digest_size(Digest::sha256) || size == digest_size(Digest::sha384);
}

bool is_label_letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

// Where a key log line begins inside another line, and where its secret lies; nothing if there is none.
struct Place {
  std::size_t begin = 0;
  std::size_t secret = 0;
  std::size_t end = 0;
};
// The mark of a label of any kind, known or newer: what is around it and the two values behind it make it one.
std::optional<Place> find_secret(std::string_view line, std::string_view mark) {
  for (std::size_t at = line.find(mark); at != std::string_view::npos; at = line.find(mark, at + mark.size())) {
    std::size_t begin = at;
    while (begin > 0 && is_label_letter(line[begin - 1])) --begin;
    std::size_t i = at + mark.size();
    while (i < line.size() && is_label_letter(line[i])) ++i;
    const auto value = [&] {
      while (i < line.size() && line[i] == ' ') ++i;
      const std::size_t digits = hex_digits(line.substr(i));
      i += digits;
      return digits;
    };
    if (value() != 2 * k_random) continue;
    const std::size_t secret = value();
    if (secret > 0) return Place{begin, i - secret, i};
  }
  return std::nullopt;
}
std::optional<Place> find_secret(std::string_view line) {
  std::optional<Place> first;
  for (const std::string_view mark : {k_client_random, k_secret_mark}) {
    const auto place = find_secret(line, mark);
    if (place && (!first || place->secret < first->secret)) first = place;
  }
  if (first) return first;
  const std::size_t at = line.find(k_master_key);
  if (at == std::string_view::npos) return std::nullopt;
  std::size_t begin = at + k_master_key.size();
  while (begin < line.size() && line[begin] == ' ') ++begin;
  const std::size_t secret = hex_digits(line.substr(begin));
  if (secret == 0) return std::nullopt;
  const std::size_t rsa = line.find(k_rsa);
  return Place{rsa < at ? rsa : at, begin, begin + secret};
}

// A cheap look before lines are taken apart: most logs hold no secrets.
bool may_hold_secrets(std::string_view text) {
  return text.find(k_client_random) != std::string_view::npos || text.find(k_secret_mark) != std::string_view::npos ||
         text.find(k_master_key) != std::string_view::npos;
}

// Calls one(line, its offset) for each line of a text, without the line break.
template <typename One>
void for_each_line(std::string_view text, const One& one) {
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    one(text.substr(begin, end - begin), begin);
    begin = end + 1;
  }
}

std::string_view without_mark(std::string_view text) {
  constexpr std::string_view k_byte_order_mark = "\xef\xbb\xbf";
  if (text.starts_with(k_byte_order_mark)) text.remove_prefix(k_byte_order_mark.size());
  return text;
}

}  // namespace

bool KeyLog::full() const { return size() >= k_most_secrets; }

KeyLog::Line KeyLog::add_line(std::string_view line, std::string& fault) {
  line = trim(line);
  if (line.empty() || line.front() == '#') return Line::ignored;
  std::vector<std::string_view> words;
  for (const std::string_view word : split(line, ' ')) {
    if (!word.empty()) words.push_back(word);
  }
  const auto malformed = [&](std::string_view why) {
    fault = why;
    return Line::malformed;
  };
  if (words[0] == "RSA") {
    if (words.size() != 3) return malformed("is no key log line: RSA wants two values");
    const bool session = words[1].starts_with(k_session_id);
    if (session && words[2].starts_with(k_master_key)) words[2].remove_prefix(k_master_key.size());
    const auto name = from_hex(session ? words[1].substr(k_session_id.size()) : words[1]);
    auto secret = from_hex(words[2]);
    if (!name || !secret || secret->size() != k_master_secret || name->empty() ||
        (session ? name->size() > k_largest_session_id : name->size() != k_encrypted_head)) {
      return malformed("is no key log line: a value of RSA is no hexadecimal text of the right size");
    }
    if (!full()) (session ? sessions_ : premasters_)[key_of(*name)] = std::move(*secret);
    return Line::secret;
  }
  const Label* const label = label_of(words[0]);
  if (label == nullptr && !is_label_shaped(words[0])) return malformed("is no key log line: it begins with no label");
  if (words.size() != 3) return malformed("is no key log line: a label, a client random and a secret are wanted");
  const auto random = from_hex(words[1]);
  if (!random || random->size() != k_random) return malformed("is no key log line: the client random is not 64 hexadecimal digits");
  auto secret = from_hex(words[2]);
  if (!secret || secret->empty()) return malformed("is no key log line: the secret is no hexadecimal text");
  if (label == nullptr || !label->secret) return Line::ignored;
  if (!right_size(*label->secret, secret->size())) return malformed("is no key log line: a secret of this label has another size");
  if (!full()) secrets_[{*label->secret, key_of(*random)}] = std::move(*secret);
  return Line::secret;
}

std::vector<std::string> KeyLog::add(std::string_view text) {
  std::vector<std::string> problems;
  std::size_t number = 0;
  std::size_t malformed = 0;
  for_each_line(without_mark(text), [&](std::string_view line, std::size_t) {
    ++number;
    std::string fault;
    if (add_line(line, fault) != Line::malformed) return;
    if (++malformed <= k_most_problems) problems.push_back("line " + std::to_string(number) + " " + fault);
  });
  if (malformed > k_most_problems) problems.push_back(std::to_string(malformed - k_most_problems) + " more lines are no key log lines");
  if (full()) problems.push_back("holds more than " + std::to_string(k_most_secrets) + " secrets; the rest is left out");
  return problems;
}

void KeyLog::add(const KeyLog& other) {
  secrets_.insert(other.secrets_.begin(), other.secrets_.end());
  sessions_.insert(other.sessions_.begin(), other.sessions_.end());
  premasters_.insert(other.premasters_.begin(), other.premasters_.end());
}

std::size_t KeyLog::add_from_log(std::string_view text) {
  std::size_t found = 0;
  if (!may_hold_secrets(text)) return found;
  for_each_line(text, [&](std::string_view line, std::size_t) {
    std::string fault;
    for (auto place = find_secret(line); place; place = find_secret(line)) {
      if (add_line(line.substr(place->begin, place->end - place->begin), fault) == Line::secret) ++found;
      line.remove_prefix(place->end);
    }
  });
  return found;
}

const Buffer* KeyLog::find(Secret secret, Bytes client_random) const {
  const auto found = secrets_.find({secret, key_of(client_random)});
  return found == secrets_.end() ? nullptr : &found->second;
}

const Buffer* KeyLog::find_session(Bytes session_id) const {
  const auto found = sessions_.find(key_of(session_id));
  return found == sessions_.end() ? nullptr : &found->second;
}

const Buffer* KeyLog::find_premaster(Bytes encrypted) const {
  if (premasters_.empty() || encrypted.size() < k_encrypted_head) return nullptr;
  const auto found = premasters_.find(key_of(encrypted.first(k_encrypted_head)));
  return found == premasters_.end() ? nullptr : &found->second;
}

bool looks_like_key_log(std::string_view text) {
  std::size_t labelled = 0;
  std::size_t others = 0;
  for_each_line(without_mark(text.substr(0, k_head)), [&](std::string_view line, std::size_t) {
    line = trim(line);
    if (line.empty() || line.front() == '#') return;
    const std::string_view word = line.substr(0, line.find(' '));
    const bool rsa = word == "RSA" && (hex_digits(trim(line.substr(word.size()))) == 2 * k_encrypted_head ||
                                       line.find(k_master_key) != std::string_view::npos);
    ++(rsa || label_of(word) != nullptr ? labelled : others);
  });
  return labelled > others;
}

void mask_secrets(std::string& text) {
  if (!may_hold_secrets(text)) return;
  for_each_line(text, [&](std::string_view line, std::size_t offset) {
    for (auto place = find_secret(line); place; place = find_secret(line)) {
      std::fill_n(text.begin() + static_cast<std::ptrdiff_t>(offset + place->secret), place->end - place->secret, '*');
      offset += place->end;
      line.remove_prefix(place->end);
    }
  });
}

}  // namespace tlswhy::tls
