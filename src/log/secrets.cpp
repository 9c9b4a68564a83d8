// SPDX-License-Identifier: Apache-2.0
#include "log/secrets.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace tlswhy::log {
namespace {

// What a name ends with whose value is nobody else's business. Compared without case, blanks and marks.
constexpr std::array<std::string_view, 33> k_names{"password", "passwd", "passphrase", "passcode", "pwd", "psk", "secret", "token", "apikey", "accesskey", "accesskeyid",
                                                   "secretkey", "privatekey", "sharedkey", "primarykey", "devicekey", "accountkey", "sessionkey", "authkey", "masterkey", "sharedaccesskey", "authorization", "wpakey", "wepkey", "pass", "credential", "credentials", "pw", "pskkey", "presharedkey", "wifikey", "networkkey", "encryptionkey"};
// Values that tell the state of a secret rather than the secret.
constexpr std::array<std::string_view, 24> k_states{"", "null", "none", "(null)", "true", "false", "yes", "no", "set", "unset", "empty", "missing", "invalid", "wrong", "incorrect", "expired", "failed", "ok", "rejected", "required", "error", "unknown", "not", "is"};
// Options of mosquitto, curl, openssl and wpa tools that a secret follows.
constexpr std::array<std::string_view, 7> k_options{"-P", "--pw", "--psk", "-psk", "--password", "--passwd", "--pass"};
constexpr std::array<std::string_view, 3> k_schemes{"bearer ", "basic ", "sharedaccesssignature "};
constexpr std::size_t k_shortest_token = 6;       // after "Bearer": shorter words are words
constexpr std::size_t k_shortest_key_hex = 16;    // hexadecimal digits of a key-log line
constexpr std::size_t k_longest_name = 40;        // of "aws_secret_access_key" and its like
constexpr std::size_t k_access_key_id = 20;       // "AKIA" and 16 more

bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }
bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool ends_value(char c) { return c == ' ' || c == '\t' || c == ',' || c == ';' || c == '&' || c == '"' || c == '\'' || c == ')' || c == ']' || c == '}' || c == '<' || c == '>'; }

// Puts the mark over [from, to); `text` only ever shrinks or grows behind what was looked at. Returns where to go on.
std::size_t conceal(std::string& text, std::size_t from, std::size_t to) {
  text.replace(from, to - from, k_concealed);
  return from + k_concealed.size();
}

std::size_t value_end(std::string_view text, std::size_t from) {
  std::size_t end = from;
  while (end < text.size() && !ends_value(text[end])) ++end;
  return end;
}

// Bytes in hexadecimal with blanks or colons between them, as dumps of keys are: "00 11 22 aa".
std::size_t hex_end(std::string_view text, std::size_t from) {
  std::size_t end = from;
  std::size_t at = from;
  std::size_t pairs = 0;
  while (at + 1 < text.size() && is_hex(text[at]) && is_hex(text[at + 1])) {
    at += 2;
    end = at;
    ++pairs;
    if (at < text.size() && (text[at] == ' ' || text[at] == ':')) ++at;
  }
  return pairs >= 4 && (end >= text.size() || !is_word(text[end])) ? end : from;
}

// The name that ends before `end`, in lower case and without "_", "-", "." and blanks between its words.
std::string name_before(std::string_view text, std::size_t end) {
  while (end > 0 && (text[end - 1] == ' ' || text[end - 1] == '"' || text[end - 1] == '\'' || text[end - 1] == ']' || text[end - 1] == ')')) --end;
  std::string name;
  for (std::size_t at = end; at > 0 && end - at < k_longest_name; --at) {
    const char c = text[at - 1];
    if (c == '_' || c == '-' || c == '.' || c == ' ') continue;
    if (!is_word(c)) break;
    name += c;
  }
  std::reverse(name.begin(), name.end());
  return lower(name);
}

// "mbedtls_ssl_conf_psk: -0x7100", "psk returned: -30": a code, not a key.
bool is_code(std::string_view value) { return value.size() > 1 && value[0] == '-' && value[1] >= '0' && value[1] <= '9'; }

bool names_secret(std::string_view name) {
  return std::any_of(k_names.begin(), k_names.end(), [&](std::string_view ending) { return name.ends_with(ending); });
}

void after_names(std::string& text) {
  for (std::size_t at = text.find_first_of("=:"); at != std::string::npos; at = text.find_first_of("=:", at)) {
    std::size_t from = at + 1;
    while (from < text.size() && (text[from] == ' ' || text[from] == '=' || text[from] == '>')) ++from;
    const bool address = text[at] == ':' && std::string_view(text).substr(at).starts_with("://");
    if (address || !names_secret(name_before(text, at))) {
      ++at;
      continue;
    }
    std::size_t end = 0;
    if (from < text.size() && (text[from] == '"' || text[from] == '\'' || text[from] == '[' || text[from] == '<')) {
      const char close = text[from] == '[' ? ']' : text[from] == '<' ? '>' : text[from];
      end = std::min(text.find(close, from + 1), text.size());
      ++from;
    } else {
      end = hex_end(text, from);
      if (end == from) end = value_end(text, from);
      // "Authorization: Bearer ..." and its like: the word after the scheme is the secret.
      for (const std::string_view scheme : k_schemes) {
        if (istarts_with(std::string_view(text).substr(from), scheme)) end = value_end(text, from + scheme.size());
      }
    }
    const std::string value = lower(trim(std::string_view(text).substr(from, end - from)));
    const bool state = std::find(k_states.begin(), k_states.end(), value) != k_states.end() || value.starts_with("conceal") || value.starts_with("[conceal") || is_code(value);
    at = end > from && !state ? conceal(text, from, end) : std::max(at + 1, end);
  }
}

void after_schemes(std::string& text) {
  for (const std::string_view scheme : k_schemes) {
    for (std::size_t at = ifind(text, scheme); at != std::string_view::npos;) {
      const std::size_t from = at + scheme.size();
      const std::size_t end = value_end(text, from);
      const bool token = end - from >= k_shortest_token && (at == 0 || !is_word(text[at - 1])) && text.compare(from, k_concealed.size(), k_concealed) != 0;
      const bool mixed = std::any_of(text.begin() + static_cast<std::ptrdiff_t>(from), text.begin() + static_cast<std::ptrdiff_t>(end), [](char c) { return !(c >= 'a' && c <= 'z'); });
      const std::size_t next = token && mixed ? conceal(text, from, end) : from;
      const std::size_t found = ifind(std::string_view(text).substr(next), scheme);
      at = found == std::string_view::npos ? found : next + found;
    }
  }
}

// "mqtts://user:password@host": all of it before the "@".
void in_urls(std::string& text) {
  for (std::size_t at = text.find("://"); at != std::string::npos; at = text.find("://", at + 3)) {
    const std::size_t from = at + 3;
    std::size_t end = from;
    while (end < text.size() && text[end] != '/' && text[end] != ' ' && text[end] != '"' && text[end] != '?') ++end;
    const std::size_t sign = std::string_view(text).substr(0, end).rfind('@');
    if (sign != std::string_view::npos && sign > from) conceal(text, from, sign);
  }
}

void after_options(std::string& text) {
  for (const std::string_view option : k_options) {
    const std::string word = std::string(option) + " ";
    for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + word.size())) {
      if (at > 0 && text[at - 1] != ' ') continue;
      std::size_t from = at + word.size();
      if (from < text.size() && (text[from] == '"' || text[from] == '\'')) ++from;
      const std::size_t end = value_end(text, from);
      if (end > from) conceal(text, from, end);
    }
  }
}

// "password Hunter2", "password is Hunter2": the word after it, unless it reads like one of a sentence.
void after_words(std::string& text) {
  for (const std::string_view name : {"password ", "passwd ", "passphrase ", "pwd ", "psk ", "pw "}) {
    for (std::size_t at = ifind(text, name); at != std::string_view::npos;) {
      std::size_t from = at + name.size();
      for (const std::string_view between : {"is ", "= ", "\"", "'"}) {
        if (std::string_view(text).substr(from).starts_with(between)) from += between.size();
      }
      const std::size_t end = value_end(text, from);
      const std::string_view value = std::string_view(text).substr(from, end - from);
      const bool begins = at == 0 || !is_word(text[at - 1]);
      const bool figure = std::any_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; });
      const bool letter = std::any_of(value.begin(), value.end(), [](char c) { return is_word(c) && !(c >= '0' && c <= '9'); });
      const bool number = value.starts_with("0x") || value.starts_with("-0x");
      const std::size_t next = begins && figure && letter && !number ? conceal(text, from, end) : from;
      const std::size_t found = ifind(std::string_view(text).substr(next), name);
      at = found == std::string_view::npos ? found : next + found;
    }
  }
}

// "user:password@host" without a scheme.
void before_hosts(std::string& text) {
  for (std::size_t at = text.find('@'); at != std::string::npos; at = text.find('@', at + 1)) {
    std::size_t from = at;
    while (from > 0 && !ends_value(text[from - 1]) && text[from - 1] != '/' && text[from - 1] != '(' && text[from - 1] != '=') --from;
    const std::size_t colon = text.find(':', from);
    if (colon == std::string::npos || colon + 1 >= at || text.compare(from, k_concealed.size(), k_concealed) == 0) continue;
    at = conceal(text, from, at);
  }
}

// The `number`th word in quotes after `call`: AT+CWJAP="network","password", WiFi.begin("network", "password").
void in_call(std::string& text, std::string_view call, std::size_t number) {
  std::size_t at = ifind(text, call);
  if (at == std::string_view::npos) return;
  at += call.size();
  // A first argument that is no literal counts too.
  const std::size_t comma = text.find(',', at);
  if (number == 2 && comma != std::string::npos && comma < text.find_first_of("\"'", at)) number = 1;
  for (std::size_t i = 1; at < text.size(); ++i) {
    const std::size_t open = text.find_first_of("\"'", at);
    if (open == std::string::npos) return;
    const std::size_t close = std::min(text.find(text[open], open + 1), text.size());
    if (i >= number && close > open + 1) {
      conceal(text, open + 1, close);
      return;
    }
    at = close + 1;
  }
}

// Tokens that give themselves away: JSON Web Tokens, ids of AWS keys, the second number of key-log lines, the body of a private key.
void by_form(std::string& text) {
  for (std::size_t at = text.find("eyJ"); at != std::string::npos; at = text.find("eyJ", at + 3)) {
    const std::size_t end = value_end(text, at);
    if (std::count(text.begin() + static_cast<std::ptrdiff_t>(at), text.begin() + static_cast<std::ptrdiff_t>(end), '.') >= 2) conceal(text, at, end);
  }
  for (const std::string_view prefix : {"AKIA", "ASIA"}) {
    for (std::size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix, at + 4)) {
      std::size_t end = at;
      while (end < text.size() && is_word(text[end])) ++end;
      if (end - at == k_access_key_id && (at == 0 || !is_word(text[at - 1]))) conceal(text, at, end);
    }
  }
  for (const std::string_view label : {"CLIENT_RANDOM ", "_SECRET ", "_SECRET_0 ", "RSA Session-ID:", "_SECRET_N "}) {
    const std::size_t at = text.find(label);
    if (at == std::string::npos) continue;
    const std::size_t from = at + label.size();
    std::size_t end = from;
    while (end < text.size() && (is_hex(text[end]) || text[end] == ' ' || text[end] == ':')) ++end;
    if (end - from >= k_shortest_key_hex) conceal(text, from, end);
  }
  const std::size_t key = text.find("PRIVATE KEY-----");
  if (key != std::string::npos && text.find("BEGIN") < key) {
    const std::size_t from = key + std::string_view("PRIVATE KEY-----").size();
    const std::size_t end = std::min(text.find("-----END", from), text.size());
    if (end > from) conceal(text, from, end);
  }
}

}  // namespace

std::string conceal_secrets(std::string_view line) {
  std::string text(line);
  in_urls(text);
  in_call(text, "+CWJAP", 2);
  in_call(text, "MQTTUSERCFG=", 3);
  in_call(text, "CMQTTCONNECT=", 3);
  in_call(text, "WiFi.begin(", 2);
  in_call(text, "wlan.connect(", 2);
  in_call(text, "client.connect(", 3);
  by_form(text);
  after_names(text);
  after_schemes(text);
  after_options(text);
  after_words(text);
  before_hosts(text);
  return text;
}

}  // namespace tlswhy::log
