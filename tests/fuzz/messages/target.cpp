// SPDX-License-Identifier: Apache-2.0
// One handshake message: the first byte chooses the parser. What a parser gives lies within the message.
#include <cstdlib>

#include "fuzz.hpp"
#include "tls/messages.hpp"

namespace tlswhy {
namespace {

void within(Bytes body, const std::vector<Bytes>& parts) {
  for (const Bytes part : parts) {
    if (!part.empty() && (part.data() < body.data() || part.data() + part.size() > body.data() + body.size())) std::abort();
  }
}

}  // namespace

void fuzz(Bytes bytes) {
  if (bytes.empty()) return;
  const Bytes body = bytes.subspan(1);
  switch (bytes[0] % 8U) {
    case 0: (void)tls::parse_sslv2_client_hello(body); break;
    case 1: (void)tls::parse_client_hello(body, (bytes[0] & 8U) != 0); break;
    case 2: (void)tls::parse_encrypted_extensions(body, tls::parse_server_hello(body).value); break;
    case 3: within(body, tls::parse_certificate_list(body).value); break;
    case 4: within(body, tls::parse_certificate_list13(body).value); break;
    case 5: within(body, tls::parse_certificate_request(body, (bytes[0] & 8U) != 0).value); break;
    case 6: within(body, tls::parse_certificate_request13(body).value); break;
    default: (void)tls::parse_named_curve(body); break;
  }
}

}  // namespace tlswhy
