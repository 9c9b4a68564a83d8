// SPDX-License-Identifier: Apache-2.0
// Format: draft-ietf-opsawg-pcapng.
#include <algorithm>
#include <limits>
#include <string>

#include "capture/file_reader.hpp"
#include "capture/link.hpp"
#include "capture/pcapng_format.hpp"

namespace tlswhy::capture {

namespace {

constexpr std::uint32_t k_tls_key_log = 0x544c534b;  // "TLSK"
constexpr std::uint64_t k_key_log_limit = 64U << 20U;

}  // namespace

bool PcapngFile::starts(Bytes first_bytes) {
  if (first_bytes.size() < 12) return false;
  Reader reader(first_bytes);
  if (reader.u32("block type") != k_section_header) return false;
  reader.skip(4, "block length");
  const Bytes magic = reader.take(4, "byte order");
  return Reader(magic).u32("byte order") == k_byte_order_magic || Reader(magic).u32le("byte order") == k_byte_order_magic;
}

// A section header: sets the byte order of what follows and forgets the interfaces. False if it makes no sense.
bool PcapngFile::section(const FileContext& context) {
  const Bytes head = context.source.peek(12);
  if (!starts(head)) {
    context.damaged("the file is damaged at byte " + std::to_string(block_offset_) + ": a section header without a byte order");
    return false;
  }
  little_endian_ = Reader(head.subspan(8)).u32le("byte order") == k_byte_order_magic;
  interfaces_.clear();
  in_section_ = true;
  return true;
}

std::optional<Record> PcapngFile::next(const FileContext& context) {
  Source& source = context.source;
  while (true) {
    block_offset_ = source.offset();
    const auto place = [&] { return "byte " + std::to_string(block_offset_); };
    const Bytes head = source.peek(8);
    if (head.empty()) return std::nullopt;
    if (head.size() < 8) {
      context.damaged("the file is cut short in the block header at " + place());
      return std::nullopt;
    }
    Reader reader(head);
    if (Reader(head).u32("block type") == k_section_header) {  // reads the same in both byte orders
      if (!section(context)) return std::nullopt;
    } else if (!in_section_) {
      context.damaged("the file is damaged at " + place() + ": a block outside of a section");
      return std::nullopt;
    }
    const std::uint32_t type = u32(reader, "block type");
    const std::uint64_t length = u32(reader, "block length");
    if (length < k_block_frame) {
      context.damaged("the file is damaged at " + place() + ": a block claims " + std::to_string(length) + " bytes; nothing after it was read");
      return std::nullopt;
    }
    const std::uint64_t padded = (length + 3) / 4 * 4;  // old writers did not count the padding
    const bool wanted = is_packet_block(type) || type == k_interface_description || type == k_decryption_secrets;
    if (!wanted) {
      if (is_numbered_block(type)) ++frame_;
      const std::uint64_t skipped = source.skip(padded);
      if (skipped < padded) {
        context.damaged("the file ends in the middle of the block at " + place() + ": " + std::to_string(skipped) + " of " + std::to_string(padded) + " bytes are there");
        return std::nullopt;
      }
      continue;
    }
    if (length > context.limits.packet_bytes + k_block_extra) {
      context.damaged("the file is damaged at " + place() + ": a block claims " + std::to_string(length) + " bytes; nothing after it was read");
      return std::nullopt;
    }
    const Bytes block = source.peek(static_cast<std::size_t>(padded));
    if (block.size() < padded) {
      context.damaged("the file ends in the middle of the block at " + place() + ", which is left out: " + std::to_string(block.size()) + " of " + std::to_string(padded) + " bytes are there");
      return std::nullopt;
    }
    Reader body(block.first(block.size() - 4));
    body.skip(8, "block header");
    Reader trailer(block.last(4));
    if (const std::uint32_t again = u32(trailer, "block length"); again != length) {
      // The framing is lost: whatever stands here is not worth believing.
      context.damaged("the file is damaged at " + place() + ": the block's length is " + std::to_string(length) + " at its start and " + std::to_string(again) + " at its end; nothing after it was read");
      return std::nullopt;
    }
    source.advance(block.size());
    if (type == k_interface_description) {
      interface_description(context, body);
    } else if (type == k_decryption_secrets) {
      secrets(context, body);
    } else if (auto record = packet(context, type, body)) {
      return record;
    }
  }
}

void PcapngFile::interface_description(const FileContext& context, Reader body) {
  Interface interface;
  interface.link_type = link_type_from_file(u16(body, "link type"));
  body.skip(2, "reserved");
  interface.snap_length = u32(body, "snap length");
  if (!body.ok()) {
    context.notes.problem(Trouble::block, [&] { return "the interface description at byte " + std::to_string(block_offset_) + " is cut short"; });
  }
  while (body.remaining() >= 4) {
    const std::uint16_t code = u16(body, "option");
    const std::uint16_t length = u16(body, "option length");
    if (code == k_option_end) break;
    Reader value(body.take(length, "option value"));
    body.skip(std::min<std::size_t>((4U - length % 4U) % 4U, body.remaining()), "padding");
    if (code == k_option_time_resolution && length == 1) interface.resolution = value.u8("if_tsresol");
    if (code == k_option_time_offset && length == 8) interface.offset_seconds = static_cast<std::int64_t>(u64(value, "if_tsoffset"));
  }
  context.summary.snap_length = std::max(context.summary.snap_length, interface.snap_length);
  context.saw_link_type(interface.link_type);
  interfaces_.push_back(interface);
}

Timestamp PcapngFile::time_of(const Interface& interface, std::uint64_t ticks) {
  // "If the Most Significant Bit is equal to one, the remaining bits indicate the resolution as a negative power of 2."
  const unsigned exponent = interface.resolution & 0x7fU;
  __extension__ using Wide = unsigned __int128;  // 64 bits of ticks times 10^9
  Wide ns = 0;
  if ((interface.resolution & 0x80U) != 0) {
    ns = exponent < 64 ? (static_cast<Wide>(ticks) * 1'000'000'000U) >> exponent : Wide{0};
  } else {
    Wide per_second = 1;
    for (unsigned i = 0; i < std::min(exponent, 30U); ++i) per_second *= 10U;
    ns = static_cast<Wide>(ticks) * 1'000'000'000U / per_second;
  }
  constexpr std::int64_t k_most = std::numeric_limits<std::int64_t>::max();
  constexpr std::int64_t k_most_seconds = k_most / 1'000'000'000 / 2;
  const std::int64_t base = std::clamp(interface.offset_seconds, -k_most_seconds, k_most_seconds) * 1'000'000'000;
  const std::int64_t since = ns > static_cast<Wide>(k_most / 2) ? k_most / 2 : static_cast<std::int64_t>(ns);
  return Timestamp{base + since};
}

std::optional<Record> PcapngFile::packet(const FileContext& context, std::uint32_t type, Reader body) {
  ++frame_;
  const auto place = [&] { return "packet " + std::to_string(frame_) + " (block at byte " + std::to_string(block_offset_) + ")"; };
  std::uint32_t index = 0;
  std::uint64_t ticks = 0;
  std::uint32_t recorded = 0;
  std::uint32_t original = 0;
  if (type == k_simple_packet) {
    original = u32(body, "original length");
    recorded = original;
    if (!interfaces_.empty() && interfaces_[0].snap_length != 0) recorded = std::min(recorded, interfaces_[0].snap_length);
    // The captured length is not written; it cannot be more than the block holds.
    recorded = static_cast<std::uint32_t>(std::min<std::size_t>(recorded, body.remaining()));
  } else {
    if (type == k_enhanced_packet) {
      index = u32(body, "interface");
    } else {
      index = u16(body, "interface");
      body.skip(2, "drops");
    }
    const std::uint64_t high = u32(body, "time");
    ticks = (high << 32U) | u32(body, "time");
    recorded = u32(body, "captured length");
    original = u32(body, "original length");
  }
  if (!body.ok()) {
    context.notes.problem(Trouble::block, [&] { return place() + " is damaged: its header is incomplete"; });
    return std::nullopt;
  }
  if (index >= interfaces_.size()) {
    context.notes.problem(Trouble::block, [&] { return place() + " is damaged: it names interface " + std::to_string(index) + ", which is not described; it was left out"; });
    return std::nullopt;
  }
  if (recorded > body.remaining()) {
    context.notes.problem(Trouble::block, [&] {
      return place() + " is damaged: it claims " + std::to_string(recorded) + " bytes where " + std::to_string(body.remaining()) + " are in the block";
    });
  }
  const Interface& interface = interfaces_[index];
  if (type != k_simple_packet) last_time_ = time_of(interface, ticks);
  Record record;
  record.at = At{frame_, last_time_};
  record.link_type = interface.link_type;
  const std::size_t there = std::min<std::size_t>(recorded, body.remaining());
  record.bytes = body.take(there, "packet");
  // A length that cannot be is no news about the packet's size on the wire.
  record.full_size = std::max<std::size_t>(there, std::min(std::max(recorded, original), context.limits.packet_bytes));
  record.little_endian = little_endian_;
  return record;
}

void PcapngFile::secrets(const FileContext& context, Reader body) {
  const std::uint32_t type = u32(body, "secrets type");
  const std::uint32_t length = u32(body, "secrets length");
  if (!body.ok()) {
    context.notes.problem(Trouble::block, [&] { return "the secrets block at byte " + std::to_string(block_offset_) + " is cut short"; });
    return;
  }
  if (type != k_tls_key_log) return;
  const Bytes text = body.take(std::min<std::size_t>(length, body.remaining()), "secrets");
  if (key_log_bytes_ + text.size() > k_key_log_limit) {
    context.notes.problem(Trouble::limit, [&] { return "more than " + std::to_string(k_key_log_limit) + " bytes of key logs are in the file; the block at byte " + std::to_string(block_offset_) + " was left out"; });
    return;
  }
  key_log_bytes_ += text.size();
  context.summary.key_log.emplace_back(text.begin(), text.end());
}

}  // namespace tlswhy::capture
