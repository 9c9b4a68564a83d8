// SPDX-License-Identifier: Apache-2.0
#include "tls/messages.hpp"

#include <algorithm>
#include <array>

namespace tlswhy::tls {
namespace {

// Extension types (IANA TLS ExtensionType Values).
struct ExtensionType {
  static constexpr std::uint16_t server_name = 0;
  static constexpr std::uint16_t max_fragment_length = 1;
  static constexpr std::uint16_t supported_groups = 10;
  static constexpr std::uint16_t ec_point_formats = 11;
  static constexpr std::uint16_t signature_algorithms = 13;
  static constexpr std::uint16_t alpn = 16;
  static constexpr std::uint16_t truncated_hmac = 4;
  static constexpr std::uint16_t encrypt_then_mac = 22;
  static constexpr std::uint16_t certificate_authorities = 47;
  static constexpr std::uint16_t extended_master_secret = 23;
  static constexpr std::uint16_t record_size_limit = 28;
  static constexpr std::uint16_t session_ticket = 35;
  static constexpr std::uint16_t pre_shared_key = 41;
  static constexpr std::uint16_t early_data = 42;
  static constexpr std::uint16_t supported_versions = 43;
  static constexpr std::uint16_t key_share = 51;
  static constexpr std::uint16_t connection_id = 54;
  static constexpr std::uint16_t connection_id_draft = 254;  // what Mbed TLS 2.x and 3.0 send for it
  static constexpr std::uint16_t encrypted_client_hello = 0xFE0D;
  static constexpr std::uint16_t renegotiation_info = 0xFF01;
};

// SHA-256 of "HelloRetryRequest": a ServerHello with this random is one (RFC 8446 4.1.3).
constexpr std::array<std::uint8_t, 32> k_hello_retry_random{0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C,
                                                            0x02, 0x1E, 0x65, 0xB8, 0x91, 0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB,
                                                            0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C};
constexpr std::size_t k_random_size = 32;
constexpr std::uint8_t k_host_name = 0;
constexpr std::uint8_t k_named_curve = 3;

std::string text_of(Bytes bytes) { return {bytes.begin(), bytes.end()}; }

std::vector<std::uint16_t> u16_list(Reader list, std::string_view what) {
  std::vector<std::uint16_t> values;
  values.reserve(list.remaining() / 2);
  while (list.more()) {
    const std::uint16_t value = list.u16(what);
    if (list.ok()) values.push_back(value);
  }
  return values;
}

void read_server_name(Reader body, ClientHello& hello) {
  Reader list = body.vec(2, "server_name_list");
  while (list.more() && !hello.server_name) {
    const std::uint8_t type = list.u8("name_type");
    Reader name = list.vec(2, "host_name");
    if (type == k_host_name && list.ok()) hello.server_name = text_of(name.rest());
  }
}

std::vector<std::string> read_protocols(Reader body) {
  std::vector<std::string> protocols;
  Reader list = body.vec(2, "protocol_name_list");
  while (list.more()) {
    Reader name = list.vec(1, "protocol_name");
    if (list.ok()) protocols.push_back(text_of(name.rest()));
  }
  return protocols;
}

// RFC 8446 4.2.11: OfferedPsks. An external PSK has no ticket, and its age is 0.
void read_offered_psks(Reader& body, ClientHello& hello) {
  hello.pre_shared_key = true;
  hello.external_psk = true;
  Reader identities = body.vec(2, "identities");
  while (identities.more()) {
    (void)identities.vec(2, "identity");
    if (identities.u32("obfuscated_ticket_age") != 0) hello.external_psk = false;
  }
  if (!identities.ok()) hello.external_psk = false;
}

void read_client_extension(std::uint16_t type, Bytes bytes, ClientHello& hello) {
  Reader body(bytes);
  switch (type) {
    case ExtensionType::server_name: read_server_name(body, hello); break;
    case ExtensionType::max_fragment_length: hello.max_fragment_length = body.u8("max_fragment_length"); break;
    case ExtensionType::supported_groups: hello.groups = u16_list(body.vec(2, "named_group_list"), "named_group"); break;
    case ExtensionType::ec_point_formats: {
      Reader list = body.vec(1, "ec_point_format_list");
      while (list.more()) hello.point_formats.push_back(list.u8("ec_point_format"));
      break;
    }
    case ExtensionType::signature_algorithms:
      hello.signature_algorithms = u16_list(body.vec(2, "supported_signature_algorithms"), "signature_scheme");
      break;
    case ExtensionType::alpn: hello.alpn = read_protocols(body); break;
    case ExtensionType::extended_master_secret: hello.extended_master_secret = true; break;
    case ExtensionType::record_size_limit: hello.record_size_limit = body.u16("record_size_limit"); break;
    case ExtensionType::session_ticket:
      hello.session_ticket = true;
      hello.session_ticket_size = static_cast<std::uint32_t>(bytes.size());
      break;
    case ExtensionType::pre_shared_key: read_offered_psks(body, hello); break;
    case ExtensionType::early_data: hello.early_data = true; break;
    case ExtensionType::supported_versions: hello.supported_versions = u16_list(body.vec(1, "versions"), "version"); break;
    case ExtensionType::key_share: {
      Reader list = body.vec(2, "client_shares");
      while (list.more()) {
        const std::uint16_t group = list.u16("group");
        (void)list.vec(2, "key_exchange");
        if (list.ok()) hello.key_share_groups.push_back(group);
      }
      break;
    }
    case ExtensionType::encrypted_client_hello: hello.encrypted_client_hello = true; break;
    case ExtensionType::renegotiation_info: hello.renegotiation_info = true; break;
    case ExtensionType::connection_id:
    case ExtensionType::connection_id_draft: {
      const std::uint8_t size = body.u8("cid length");
      if (body.remaining() == size) hello.connection_id_size = size;
      break;
    }
    default: break;
  }
}

void read_server_extension(std::uint16_t type, Bytes bytes, ServerHello& hello) {
  Reader body(bytes);
  switch (type) {
    case ExtensionType::server_name: hello.server_name_acknowledged = true; break;
    case ExtensionType::max_fragment_length: hello.max_fragment_length = body.u8("max_fragment_length"); break;
    case ExtensionType::alpn: {
      auto protocols = read_protocols(body);
      if (!protocols.empty()) hello.alpn = std::move(protocols.front());
      break;
    }
    case ExtensionType::extended_master_secret: hello.extended_master_secret = true; break;
    case ExtensionType::record_size_limit: hello.record_size_limit = body.u16("record_size_limit"); break;
    case ExtensionType::session_ticket: hello.session_ticket = true; break;
    case ExtensionType::encrypt_then_mac: hello.encrypt_then_mac = true; break;
    case ExtensionType::truncated_hmac: hello.truncated_hmac = true; break;
    case ExtensionType::pre_shared_key: hello.pre_shared_key = true; break;
    case ExtensionType::supported_versions: hello.version.value = body.u16("selected_version"); break;
    case ExtensionType::key_share: hello.selected_group = body.u16("group"); break;
    case ExtensionType::renegotiation_info: hello.renegotiation_info = true; break;
    case ExtensionType::connection_id:
    case ExtensionType::connection_id_draft: {
      const std::uint8_t size = body.u8("cid length");
      if (body.remaining() == size) hello.connection_id_size = size;
      break;
    }
    default: break;
  }
}

// Walks a list of extensions; `one` gets type and body.
template <typename One>
void read_extensions(Reader& list, std::vector<Extension>& extensions, const One& one) {
  constexpr std::size_t k_usual = 16;
  extensions.reserve(k_usual);
  while (list.more()) {
    const std::uint16_t type = list.u16("extension_type");
    Reader body = list.vec(2, "extension_data");
    if (!list.ok()) return;
    const Bytes bytes = body.rest();
    extensions.push_back({type, static_cast<std::uint32_t>(bytes.size())});
    one(type, bytes);
  }
}

// Whether what follows version and random is a suite and a list of extensions that reach the end.
bool has_draft_form(Bytes bytes) {
  Reader r(bytes);
  (void)r.take(2 + k_random_size + 2, "version, random and suite");
  const std::size_t extensions = r.u16("extensions");
  return r.ok() && extensions == r.rest().size();
}

}  // namespace

std::string_view handshake_type_name(std::uint8_t type) {
  switch (type) {
    case HandshakeType::hello_request: return "hello_request";
    case HandshakeType::client_hello: return "client_hello";
    case HandshakeType::server_hello: return "server_hello";
    case HandshakeType::hello_verify_request: return "hello_verify_request";
    case HandshakeType::new_session_ticket: return "new_session_ticket";
    case HandshakeType::end_of_early_data: return "end_of_early_data";
    case HandshakeType::hello_retry_request: return "hello_retry_request";
    case HandshakeType::encrypted_extensions: return "encrypted_extensions";
    case HandshakeType::certificate: return "certificate";
    case HandshakeType::server_key_exchange: return "server_key_exchange";
    case HandshakeType::certificate_request: return "certificate_request";
    case HandshakeType::server_hello_done: return "server_hello_done";
    case HandshakeType::certificate_verify: return "certificate_verify";
    case HandshakeType::client_key_exchange: return "client_key_exchange";
    case HandshakeType::finished: return "finished";
    case HandshakeType::certificate_url: return "certificate_url";
    case HandshakeType::certificate_status: return "certificate_status";
    case HandshakeType::supplemental_data: return "supplemental_data";
    case HandshakeType::key_update: return "key_update";
    case HandshakeType::compressed_certificate: return "compressed_certificate";
    default: return {};
  }
}

Parsed<ClientHello> parse_client_hello(Bytes bytes, bool datagrams) {
  Reader r(bytes);
  ClientHello hello;
  hello.legacy_version = r.u16("legacy_version");
  const Bytes random = r.take(k_random_size, "random");
  hello.random.assign(random.begin(), random.end());
  Reader session_id = r.vec(1, "legacy_session_id");
  hello.session_id_size = static_cast<std::uint32_t>(session_id.remaining());
  if (datagrams) hello.cookie_size = static_cast<std::uint32_t>(r.vec(1, "cookie").remaining());
  Reader suites = r.vec(2, "cipher_suites");
  hello.cipher_suites = u16_list(suites, "cipher_suite");
  Reader compression = r.vec(1, "legacy_compression_methods");
  while (compression.more()) hello.compression_methods.push_back(compression.u8("compression_method"));
  if (r.more()) {
    Reader list = r.vec(2, "extensions");
    read_extensions(list, hello.extensions, [&](std::uint16_t type, Bytes body) { read_client_extension(type, body, hello); });
    r.join(list, "extensions");
  }
  auto parsed = r.finish(std::move(hello), "ClientHello");
  parsed.value.complete = parsed.ok();
  return parsed;
}

Parsed<ClientHello> parse_sslv2_client_hello(Bytes bytes) {
  Reader r(bytes);
  ClientHello hello;
  hello.sslv2 = true;
  (void)r.u8("msg_type");
  hello.legacy_version = r.u16("version");
  const std::size_t specs = r.u16("cipher_spec_length");
  const std::size_t session_id = r.u16("session_id_length");
  const std::size_t challenge = r.u16("challenge_length");
  Reader list(r.take(specs, "cipher_specs"));
  while (list.more()) {
    const std::uint32_t spec = list.u24("cipher_spec");
    // Specs that begin with a zero byte are TLS suites; the others are SSLv2's own.
    if (list.ok() && (spec >> 16U) == 0) hello.cipher_suites.push_back(static_cast<std::uint16_t>(spec));
  }
  r.skip(session_id, "session_id");
  const Bytes random = r.take(challenge, "challenge");
  hello.random.assign(random.begin(), random.end());
  auto parsed = r.finish(std::move(hello), "SSLv2 CLIENT-HELLO");
  parsed.value.complete = parsed.ok();
  return parsed;
}

Parsed<ServerHello> parse_server_hello(Bytes bytes) {
  Reader r(bytes);
  ServerHello hello;
  hello.legacy_version = r.u16("legacy_version");
  hello.version.value = hello.legacy_version;
  // Drafts of TLS 1.3 before 22 stand in the version field itself and have neither session id nor compression method.
  // Some wrote the final number there; RFC 8446 itself never does (4.1.3: legacy_version is 0x0303).
  const bool old_draft = (hello.legacy_version & 0xFF00U) == 0x7F00U || (hello.legacy_version == 0x0304 && has_draft_form(bytes));
  const Bytes random = r.take(k_random_size, "random");
  hello.random.assign(random.begin(), random.end());
  hello.hello_retry_request = std::equal(random.begin(), random.end(), k_hello_retry_random.begin(), k_hello_retry_random.end());
  if (!old_draft) {
    const Bytes session_id = r.vec(1, "legacy_session_id_echo").rest();
    hello.session_id.assign(session_id.begin(), session_id.end());
    hello.session_id_size = static_cast<std::uint32_t>(session_id.size());
  }
  hello.cipher_suite = r.u16("cipher_suite");
  if (!old_draft) hello.compression = r.u8("legacy_compression_method");
  if (r.more()) {
    Reader list = r.vec(2, "extensions");
    read_extensions(list, hello.extensions, [&](std::uint16_t type, Bytes body) { read_server_extension(type, body, hello); });
    r.join(list, "extensions");
  }
  auto parsed = r.finish(std::move(hello), "ServerHello");
  parsed.value.complete = parsed.ok();
  return parsed;
}

Parsed<std::vector<Bytes>> parse_certificate_list(Bytes bytes) {
  Reader r(bytes);
  std::vector<Bytes> list;
  Reader certificates = r.vec(3, "certificate_list");
  while (certificates.more()) {
    Reader one = certificates.vec(3, "certificate");
    if (!certificates.ok()) break;
    list.push_back(one.rest());
  }
  r.join(certificates, "certificate_list");
  return r.finish(std::move(list), "Certificate");
}

Parsed<std::vector<Bytes>> parse_certificate_request(Bytes bytes, bool with_signature_algorithms) {
  Reader r(bytes);
  std::vector<Bytes> names;
  (void)r.vec(1, "certificate_types");
  if (with_signature_algorithms) (void)r.vec(2, "supported_signature_algorithms");
  Reader authorities = r.vec(2, "certificate_authorities");
  while (authorities.more()) {
    Reader name = authorities.vec(2, "distinguished_name");
    if (!authorities.ok()) break;
    names.push_back(name.rest());
  }
  r.join(authorities, "certificate_authorities");
  return r.finish(std::move(names), "CertificateRequest");
}

Parsed<std::vector<Bytes>> parse_certificate_list13(Bytes bytes) {
  Reader r(bytes);
  std::vector<Bytes> list;
  (void)r.vec(1, "certificate_request_context");
  Reader certificates = r.vec(3, "certificate_list");
  while (certificates.more()) {
    Reader one = certificates.vec(3, "cert_data");
    (void)certificates.vec(2, "extensions");
    if (!certificates.ok()) break;
    list.push_back(one.rest());
  }
  r.join(certificates, "certificate_list");
  return r.finish(std::move(list), "Certificate");
}

Parsed<std::vector<Bytes>> parse_certificate_request13(Bytes bytes) {
  Reader r(bytes);
  std::vector<Bytes> names;
  std::vector<Extension> extensions;
  (void)r.vec(1, "certificate_request_context");
  Reader list = r.vec(2, "extensions");
  read_extensions(list, extensions, [&](std::uint16_t type, Bytes body) {
    if (type != ExtensionType::certificate_authorities) return;
    Reader reader(body);
    Reader authorities = reader.vec(2, "certificate_authorities");
    while (authorities.more()) {
      Reader name = authorities.vec(2, "distinguished_name");
      if (!authorities.ok()) break;
      names.push_back(name.rest());
    }
  });
  r.join(list, "extensions");
  return r.finish(std::move(names), "CertificateRequest");
}

Parsed<ServerHello> parse_encrypted_extensions(Bytes bytes, ServerHello hello) {
  Reader r(bytes);
  // JA3S and its like are made of the ServerHello's own list, which stays as it is.
  std::vector<Extension> extensions;
  Reader list = r.vec(2, "extensions");
  read_extensions(list, extensions, [&](std::uint16_t type, Bytes body) { read_server_extension(type, body, hello); });
  r.join(list, "extensions");
  return r.finish(std::move(hello), "EncryptedExtensions");
}

std::uint16_t parse_named_curve(Bytes bytes) {
  Reader r(bytes);
  const std::uint8_t type = r.u8("curve_type");
  const std::uint16_t curve = r.u16("named_curve");
  return r.ok() && type == k_named_curve ? curve : std::uint16_t{0};
}

}  // namespace tlswhy::tls
