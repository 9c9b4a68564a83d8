// SPDX-License-Identifier: Apache-2.0
#include "capture/capture.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "capture/dissector.hpp"
#include "capture/feed.hpp"
#include "capture/file_reader.hpp"
#include "capture/filter.hpp"
#include "capture/source.hpp"

namespace tlswhy::capture {

namespace {

constexpr std::size_t k_magic_bytes = 24;
constexpr std::uint64_t k_sniff_limit = 1U << 20U;

// Formats that hold packets but that this program does not read. They are taken for captures all the same, so that the answer is
// what to do, and not that a log without a single readable line was given.
std::string_view foreign_format(Bytes start) {
  const auto is = [&](std::string_view magic) { return start.size() >= magic.size() && std::equal(magic.begin(), magic.end(), start.begin(), [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; }); };
  if (is(std::string_view("snoop\0\0\0", 8))) return "snoop";
  if (is("GMBU") || is("RTSS")) return "Microsoft Network Monitor";
  if (is(std::string_view("XCP\0", 4))) return "NetXRay";
  if (is("TRSNIFF data")) return "Sniffer";
  return {};
}

std::string_view foreign_compression(Bytes start) {
  const auto byte = [&](std::size_t i) { return i < start.size() ? start[i] : std::uint8_t{0}; };
  if (byte(0) == 0xfd && byte(1) == '7' && byte(2) == 'z' && byte(3) == 'X') return "xz";
  if (byte(0) == 'B' && byte(1) == 'Z' && byte(2) == 'h') return "bzip2";
  if (byte(0) == 'P' && byte(1) == 'K' && byte(2) == 3 && byte(3) == 4) return "zip";
  if (byte(0) == '7' && byte(1) == 'z' && byte(2) == 0xbc && byte(3) == 0xaf) return "7-Zip";
  return {};
}

std::string not_a_capture(const Source& source, Bytes start) {
  const std::string fault = source.fault();
  if (start.empty()) return fault.empty() ? "is empty" : fault;
  if (const auto name = foreign_format(start); !name.empty()) {
    return "is a " + std::string(name) + " capture, which is not read; convert it with: editcap -F pcapng FILE OUT.pcapng";
  }
  if (const auto name = foreign_compression(start); !name.empty()) return "is compressed with " + std::string(name) + ", which is not read; unpack it first";
  const bool text = std::all_of(start.begin(), start.end(), [](std::uint8_t c) { return c >= 0x20 || c == '\t' || c == '\r' || c == '\n'; });
  std::string what = text ? "is not a capture (pcap or pcapng): it begins with text" : "is not a capture (pcap or pcapng)";
  if (!fault.empty()) what += "; " + fault;
  return what;
}

// Either kind of file, behind one door.
class File {
 public:
  [[nodiscard]] bool open(const FileContext& context) {
    is_pcapng_ = PcapngFile::starts(context.source.peek(k_magic_bytes));
    return is_pcapng_ || pcap_.open(context);
  }
  [[nodiscard]] std::optional<Record> next(const FileContext& context) { return is_pcapng_ ? pcapng_.next(context) : pcap_.next(context); }
  [[nodiscard]] std::string_view format() const { return is_pcapng_ ? "pcapng" : "pcap"; }

 private:
  bool is_pcapng_ = false;
  PcapFile pcap_;
  PcapngFile pcapng_;
};

// Whether a packet passes the filter; a link type for which the filter makes no sense is a problem, once.
bool passes(Filter& filter, Notes& notes, std::vector<std::uint32_t>& refused, const Record& record) {
  if (!filter.active()) return true;
  if (const std::string& fault = filter.prepare(record.link_type); !fault.empty()) {
    if (std::find(refused.begin(), refused.end(), record.link_type) == refused.end()) {
      refused.push_back(record.link_type);
      notes.problem(Trouble::filter, [&] { return "the filter cannot be used on packets of link type " + link_type_name(record.link_type) + " (" + fault + "); they are left out, from packet " + std::to_string(record.at.frame) + " on"; });
    }
    return false;
  }
  return filter.accepts(record.link_type, record.bytes, record.full_size);
}

// `finish` comes after the last packet, unless the file has no readable header.
template <typename Packet, typename Finish>
Result<Summary> each_packet(Source source, const std::string& name, Notes& notes, const Options& options, const Packet& packet, const Finish& finish) {
  Filter filter;
  if (auto set = filter.set(options.filter); !set) return fail(set.error().what, name);
  const Bytes start = source.peek(k_magic_bytes);
  if (!PcapFile::starts(start) && !PcapngFile::starts(start)) return fail(not_a_capture(source, start), name);

  Summary summary;
  const FileContext context{source, notes, summary, options.limits};
  File file;
  if (file.open(context)) {
    std::vector<std::uint32_t> refused_links;
    while (const auto record = file.next(context)) {
      summary.packets = record->at.frame;
      if (record->full_size > record->bytes.size()) {
        ++summary.cut_packets;
        notes.problem(Trouble::cut, [&] {
          return "packet " + std::to_string(record->at.frame) + " is cut short: " + std::to_string(record->bytes.size()) + " of " + std::to_string(record->full_size) + " bytes are in the file";
        });
      }
      if (passes(filter, notes, refused_links, *record)) packet(*record);
    }
    finish();
  }
  if (!source.fault().empty()) context.damaged(source.fault());
  summary.format = file.format();
  if (source.compression() != Compression::none) summary.format += " (" + std::string(to_string(source.compression())) + ")";
  notes.write(summary);
  return summary;
}

Result<Summary> read(Source source, const std::string& name, Handler& handler, const Options& options) {
  Notes notes;
  Dissector dissector(handler, notes, options.limits);
  handler.begin(source.lasting());
  return each_packet(std::move(source), name, notes, options, [&](const Record& record) { dissector.packet(record); }, [&] {
    dissector.finish();
    handler.end();
  });
}

}  // namespace

bool is_capture(Bytes first_bytes) {
  Source source = Source::memory(first_bytes, k_sniff_limit);
  const Bytes start = source.peek(k_magic_bytes);
  return PcapFile::starts(start) || PcapngFile::starts(start) || !foreign_format(start).empty();
}

Result<Summary> read_capture(const std::string& path, Handler& handler, const Options& options) {
  auto source = Source::open(path, options.limits.decompressed_bytes);
  if (!source) return fail(source.error().what, source.error().where);
  return read(std::move(*source), path, handler, options);
}

Result<Summary> read_records(const std::string& path, const Options& options, const TakeRecord& take) {
  auto source = Source::open(path, options.limits.decompressed_bytes);
  if (!source) return fail(source.error().what, source.error().where);
  Notes notes;
  return each_packet(std::move(*source), path, notes, options, take, [] {});
}

Result<Summary> read_capture(Bytes file, Handler& handler, const Options& options) {
  return read(Source::memory(file, options.limits.decompressed_bytes), {}, handler, options);
}

}  // namespace tlswhy::capture
