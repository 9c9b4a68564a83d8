// SPDX-License-Identifier: Apache-2.0
// IEEE 802.11 frames and the headers that capture tools put before them.
#include <algorithm>

#include "capture/link.hpp"

namespace tlswhy::capture {

namespace {

constexpr std::uint8_t k_to_ds = 0x01;
constexpr std::uint8_t k_from_ds = 0x02;
constexpr std::uint8_t k_more_fragments = 0x04;
constexpr std::uint8_t k_protected = 0x40;
constexpr std::uint8_t k_order = 0x80;
constexpr unsigned k_type_management = 0;
constexpr unsigned k_type_control = 1;
constexpr unsigned k_type_data = 2;
constexpr unsigned k_subtype_null = 0x4;
constexpr unsigned k_subtype_qos = 0x8;

bool is_snap(Bytes body) {
  return body.size() >= 6 && body[0] == 0xaa && body[1] == 0xaa && body[2] == 0x03 && body[3] == 0 && body[4] == 0 && (body[5] == 0 || body[5] == 0xf8);
}

}  // namespace

// https://www.radiotap.org: version, pad, length, presence bits (a chain of words), then fields with their natural alignment.
Next read_radiotap(LinkContext& context, const Piece& piece) {
  Reader reader(piece.bytes);
  const std::uint8_t version = reader.u8("version");
  reader.skip(1, "pad");
  const std::uint16_t length = reader.u16le("length");
  const std::uint32_t present = reader.u32le("present");
  if (!reader.ok() || version != 0 || length < 8 || length > piece.full) return unreadable(context.notes, piece, Kind::malformed_link);
  std::uint32_t word = present;
  while (reader.ok() && (word & 0x80000000U) != 0) word = reader.u32le("present");
  std::uint8_t flags = 0;
  if ((present & 1U) != 0) reader.skip((8U - reader.offset() % 8U) % 8U + 8U, "TSFT");
  if ((present & 2U) != 0 && reader.offset() < length) flags = reader.u8("flags");
  constexpr std::uint8_t k_data_pad = 0x20;
  constexpr std::uint8_t k_bad_fcs = 0x40;
  if ((flags & k_bad_fcs) != 0) {  // received with errors: nothing in it can be trusted
    context.notes.count(Kind::malformed_link);
    return {};
  }
  return {Stage::wifi, (flags & k_data_pad) != 0 ? 1U : 0U, piece.after(length)};
}

// CACE per-packet information: version, flags, length, link type, fields; little-endian.
Next read_ppi(LinkContext& context, const Piece& piece) {
  Reader reader(piece.bytes);
  reader.skip(2, "version, flags");
  const std::uint16_t length = reader.u16le("length");
  const std::uint32_t link_type = reader.u32le("link type");
  if (!reader.ok() || length < 8 || length > piece.full) return unreadable(context.notes, piece, Kind::malformed_link);
  return {Stage::link, link_type, piece.after(length)};
}

// Old wireless drivers: AVS (with a magic and a length) or Prism (always 144 bytes).
Next read_prism(LinkContext& context, const Piece& piece) {
  Reader reader(piece.bytes);
  const std::uint32_t magic = reader.u32("magic");
  const std::uint32_t avs_length = reader.u32("length");
  const std::uint32_t length = (magic & 0xfffff000U) == 0x80211000U ? avs_length : 144;
  if (!reader.ok() || length < 8 || length > piece.full) return unreadable(context.notes, piece, Kind::malformed_link);
  return {Stage::wifi, 0, piece.after(length)};
}

Next read_wifi(LinkContext& context, const Piece& piece, bool padded) {
  Reader reader(piece.bytes);
  const std::uint8_t control = reader.u8("frame control");
  const std::uint8_t flags = reader.u8("flags");
  if (!reader.ok()) return unreadable(context.notes, piece, Kind::malformed_link);
  const unsigned type = (control >> 2U) & 3U;
  const unsigned subtype = control >> 4U;
  if (type != k_type_data) {
    context.notes.count(type == k_type_management ? Kind::wifi_management : type == k_type_control ? Kind::wifi_control : Kind::malformed_link);
    return {};
  }
  if ((subtype & k_subtype_null) != 0) {
    context.notes.count(Kind::wifi_null);
    return {};
  }
  reader.skip(2, "duration");
  const MacAddress first = read_mac(reader);
  const MacAddress second = read_mac(reader);
  const MacAddress third = read_mac(reader);
  const std::uint16_t sequence = reader.u16le("sequence");
  const bool to_ds = (flags & k_to_ds) != 0;
  const bool from_ds = (flags & k_from_ds) != 0;
  // IEEE 802.11, table "Address field contents".
  context.destination = to_ds ? third : first;
  context.source = from_ds ? third : second;
  if (to_ds && from_ds) context.source = read_mac(reader);
  bool aggregate = false;
  if ((subtype & k_subtype_qos) != 0) {
    aggregate = (reader.u16le("QoS control") & 0x80U) != 0;
    if ((flags & k_order) != 0) reader.skip(4, "HT control");
  }
  if (padded) reader.skip((4U - reader.offset() % 4U) % 4U, "padding");
  if (!reader.ok()) return unreadable(context.notes, piece, Kind::malformed_link);
  context.macs_known = true;
  const Piece body = piece.after(reader.offset());
  // Tools that decrypt leave the flag set now and then: what reads as SNAP is not encrypted.
  if ((flags & k_protected) != 0 && !is_snap(body.bytes)) return {Stage::wifi_encrypted, 0, body};
  if ((flags & k_more_fragments) != 0 || (sequence & 0xfU) != 0) {
    context.notes.count(Kind::fragment);
    return {};
  }
  if (aggregate) return {Stage::wifi_aggregate, 0, body};
  return {Stage::llc, 0, body};
}

Next read_wifi_aggregate(LinkContext& context, Piece& rest) {
  const Piece all = rest;
  Reader reader(all.bytes);
  context.destination = read_mac(reader);
  context.source = read_mac(reader);
  const std::uint16_t length = reader.u16("length");
  rest = {};
  if (!reader.ok()) return {};
  const Piece body = all.after(reader.offset());
  rest = body.after((length + 14U + 3U) / 4U * 4U - 14U);  // each sub-frame but the last is padded to four bytes
  return {Stage::llc, 0, length <= body.full ? body.first(length) : body};
}

}  // namespace tlswhy::capture
