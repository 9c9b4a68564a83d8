// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <string>

#include "capture/file_reader.hpp"
#include "capture/filter.hpp"
#include "capture/link.hpp"

namespace tlswhy::capture {

namespace {

constexpr std::size_t k_cache_line = 64;
constexpr std::uint32_t k_magic_microseconds = 0xa1b2c3d4;
constexpr std::uint32_t k_magic_nanoseconds = 0xa1b23c4d;
constexpr std::uint32_t k_magic_modified = 0xa1b2cd34;  // Alexey Kuznetzov's patched libpcap: 8 more bytes in a record header
constexpr std::size_t k_file_header = 24;

bool is_magic(std::uint32_t magic) { return magic == k_magic_microseconds || magic == k_magic_nanoseconds || magic == k_magic_modified; }

}  // namespace

void FileContext::damaged(std::string sentence) const {
  summary.damaged = true;
  notes.problem(Trouble::damage, [&] { return std::move(sentence); });
}

void FileContext::saw_link_type(std::uint32_t link_type) const {
  const std::string name = link_type_name(link_type);
  if (std::find(summary.link_types.begin(), summary.link_types.end(), name) == summary.link_types.end()) summary.link_types.push_back(name);
}

bool PcapFile::starts(Bytes first_bytes) {
  if (first_bytes.size() < 4) return false;
  return is_magic(Reader(first_bytes).u32("magic")) || is_magic(Reader(first_bytes).u32le("magic"));
}

bool PcapFile::open(const FileContext& context) {
  const Bytes header = context.source.peek(k_file_header);
  if (header.size() < k_file_header) {
    context.damaged("the file is cut short in its header: " + std::to_string(header.size()) + " of " + std::to_string(k_file_header) + " bytes are there");
    return false;
  }
  Reader reader(header);
  little_endian_ = !is_magic(reader.u32("magic"));
  reader = Reader(header);
  const std::uint32_t magic = u32(reader, "magic");
  nanoseconds_ = magic == k_magic_nanoseconds;
  record_header_size_ = magic == k_magic_modified ? 24 : 16;
  const std::uint16_t major = u16(reader, "version");
  const std::uint16_t minor = u16(reader, "version");
  // libpcap, savefile.c: the two lengths of a record changed places in version 2.3, and some writers of 2.3 (and DG/UX tcpdump,
  // which calls itself 543.0) did it the old way.
  if ((major == 2 && minor < 3) || major == 543) lengths_ = Lengths::swapped;
  if (major == 2 && minor == 3) lengths_ = Lengths::either;
  reader.skip(8, "time zone and accuracy");
  snap_length_ = u32(reader, "snap length");
  // The upper bits tell the length of the frame check sequence and are reserved otherwise.
  link_field_ = u32(reader, "link type");
  link_type_ = link_type_from_file(link_field_ & 0xffffU);
  context.summary.snap_length = std::max(context.summary.snap_length, snap_length_);
  context.saw_link_type(link_type_);
  context.source.advance(k_file_header);
  return true;
}

std::optional<Record> PcapFile::next(const FileContext& context) {
  Source& source = context.source;
  const Bytes header = source.peek(record_header_size_);
  if (header.empty()) return std::nullopt;
  const auto place = [&] { return "packet " + std::to_string(frame_ + 1) + " (byte " + std::to_string(source.offset()) + ")"; };
  if (header.size() < record_header_size_) {
    context.damaged("the file is cut short in the header of " + place() + ": " + std::to_string(header.size()) + " of " + std::to_string(record_header_size_) + " bytes are there");
    return std::nullopt;
  }
  const Fields<16> fields(header);  // the patched libpcap's longer header begins in the same way
  const std::uint32_t seconds = little_endian_ ? fields.u32le<0>() : fields.u32<0>();
  const std::uint32_t fraction = little_endian_ ? fields.u32le<4>() : fields.u32<4>();
  std::uint32_t recorded = little_endian_ ? fields.u32le<8>() : fields.u32<8>();
  std::uint32_t original = little_endian_ ? fields.u32le<12>() : fields.u32<12>();
  if (lengths_ == Lengths::swapped || (lengths_ == Lengths::either && recorded > original)) std::swap(recorded, original);
  if (recorded > context.limits.packet_bytes) {
    context.damaged("the file is damaged at " + place() + ": the packet claims " + std::to_string(recorded) + " bytes; nothing after it was read");
    return std::nullopt;
  }
  const Bytes all = source.peek(record_header_size_ + recorded);
  const Bytes bytes = all.subspan(record_header_size_);
  if (bytes.size() < recorded) {
    // Wireshark does not show such a packet either: a finding in it could not be looked up.
    context.damaged("the file ends in the middle of " + place() + ", which is left out: " + std::to_string(bytes.size()) + " of " + std::to_string(recorded) + " bytes are there");
    return std::nullopt;
  }
  // The next header is the next thing that is needed and, behind a large packet, in no cache yet.
  __builtin_prefetch(all.data() + all.size());
  __builtin_prefetch(all.data() + all.size() + k_cache_line);
  source.advance(all.size());
  Record record;
  record.at.frame = ++frame_;
  record.at.time.ns = static_cast<std::int64_t>(seconds) * 1'000'000'000 + static_cast<std::int64_t>(fraction) * (nanoseconds_ ? 1 : 1000);
  record.link_type = link_type_;
  record.bytes = bytes;
  record.full_size = std::max<std::size_t>(recorded, std::min(original, context.limits.packet_bytes));
  record.little_endian = little_endian_;
  return record;
}

}  // namespace tlswhy::capture
