// SPDX-License-Identifier: Apache-2.0
#include "capture/rewrite.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "capture/dissector.hpp"
#include "capture/file_reader.hpp"
#include "capture/pcapng_format.hpp"

namespace tlswhy::capture {

namespace {

constexpr std::size_t k_copied_at_once = 64U << 10U;
// An option holds 65,535 bytes; nobody reads a comment of that size.
constexpr std::size_t k_comment_bytes = 16U << 10U;
constexpr std::size_t k_pcap_header = 24;
constexpr std::uint32_t k_any_length = 0xffffffff;

// A handler for when only the packets' end points are wanted.
class Nobody final : public Handler {
 public:
  void flow_opened(const Flow&) override {}
  void stream_data(const Flow&, Direction, Bytes, At) override {}
  void stream_gap(const Flow&, Direction, std::uint64_t, Gap, At) override {}
  void datagram(const Flow&, Direction, Bytes, std::size_t, At) override {}
  void flow_event(const Flow&, const Event&) override {}
  void flow_closed(const Flow&) override {}
  void observed(const Observation&) override {}
};

bool belongs(const Ends& ends, const Conversation& conversation) {
  if (ends.transport != conversation.transport) return false;
  const auto is = [](const Endpoint& seen, const Endpoint& wanted) {
    return seen.address == wanted.address && (seen.port == wanted.port || seen.port == 0);
  };
  return (is(ends.source, conversation.one) && is(ends.destination, conversation.other)) ||
         (is(ends.source, conversation.other) && is(ends.destination, conversation.one));
}

// A block of a pcapng file in the making.
class Block {
 public:
  Block(bool little_endian, std::uint32_t type) : little_endian_(little_endian) {
    u32(type);
    u32(0);
  }
  void u16(std::uint16_t value) { integer<2>(value); }
  void u32(std::uint32_t value) { integer<4>(value); }
  void u64(std::uint64_t value) { integer<8>(value); }
  void bytes(Bytes more) { bytes_.insert(bytes_.end(), more.begin(), more.end()); }
  void pad() { bytes_.resize((bytes_.size() + 3) / 4 * 4); }
  void option(std::uint16_t code, std::string_view value) {
    u16(code);
    u16(static_cast<std::uint16_t>(value.size()));
    bytes_.insert(bytes_.end(), value.begin(), value.end());
    pad();
  }
  void comment(std::string_view text) {
    std::size_t end = std::min(text.size(), k_comment_bytes);
    while (end < text.size() && end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    option(k_option_comment, text.substr(0, end));
  }
  // The whole block, its length in its places.
  [[nodiscard]] std::string take() {
    const std::size_t length = bytes_.size() + 4;
    u32(static_cast<std::uint32_t>(length));
    std::copy(bytes_.end() - 4, bytes_.end(), bytes_.begin() + 4);
    return {bytes_.begin(), bytes_.end()};
  }

 private:
  template <std::size_t width>
  void integer(std::uint64_t value) {
    for (std::size_t i = 0; i < width; ++i) bytes_.push_back(static_cast<std::uint8_t>(value >> (8U * (little_endian_ ? i : width - 1 - i))));
  }

  bool little_endian_;
  std::vector<std::uint8_t> bytes_;
};

class Rewriter {
 public:
  Rewriter(Source source, const Rewrite& how, std::vector<bool> kept, const Write& write)
      : source_(std::move(source)), how_(how), kept_(std::move(kept)), write_(write) {}

  [[nodiscard]] Result<Rewritten> run() {
    const Bytes start = source_.peek(k_pcap_header);
    if (PcapngFile::starts(start)) {
      while (next_block()) {
      }
    } else {
      convert();
    }
    if (!source_.fault().empty()) result_.problems.push_back(source_.fault());
    if (!fault_.empty()) return fail(fault_);
    return std::move(result_);
  }

 private:
  [[nodiscard]] bool wanted(std::uint64_t frame) const { return !how_.cut || (frame < kept_.size() && kept_[frame]); }
  [[nodiscard]] const std::vector<std::string>* comments_of(std::uint64_t frame) const {
    const auto found = how_.comments.find(frame);
    return found == how_.comments.end() ? nullptr : &found->second;
  }
  [[nodiscard]] std::uint32_t u32(Reader& reader) const { return little_endian_ ? reader.u32le("number") : reader.u32("number"); }
  [[nodiscard]] std::uint16_t u16(Reader& reader) const { return little_endian_ ? reader.u16le("number") : reader.u16("number"); }
  void put(std::string_view bytes) {
    if (fault_.empty() && !write_(bytes)) fault_ = "cannot be written";
  }
  bool stop(const std::string& why) {
    result_.problems.push_back("the file is damaged at byte " + std::to_string(source_.offset()) + ": " + why + "; the copy ends there");
    return false;
  }

  // --- pcapng to pcapng

  // False at the end of the file, or where nothing more can be done.
  bool next_block() {
    const Bytes head = source_.peek(k_block_frame);
    if (head.empty() || !fault_.empty()) return false;
    if (head.size() < k_block_frame) return stop("a block is cut short");
    const bool section = Reader(head).u32("block type") == k_section_header;
    if (section) {
      if (!PcapngFile::starts(head)) return stop("a section header without a byte order");
      little_endian_ = Reader(head.subspan(8)).u32le("byte order") == k_byte_order_magic;
    }
    Reader reader(head);
    const std::uint32_t type = u32(reader);
    const std::uint64_t length = u32(reader);
    if (length < k_block_frame) return stop("a block claims " + std::to_string(length) + " bytes");
    const std::uint64_t padded = (length + 3) / 4 * 4;
    if (section) return section_header(padded);
    if (is_packet_block(type)) {
      const std::uint64_t frame = ++frame_;
      result_.packets_read = frame;
      if (!wanted(frame)) return pass_over(padded);
      const auto* const comments = comments_of(frame);
      if (comments != nullptr && type == k_simple_packet) result_.without_place.push_back(frame);
      if (comments != nullptr && type != k_simple_packet && !commented(type, padded, *comments)) return false;
      if (comments == nullptr || type == k_simple_packet) {
        if (!copy(padded)) return false;
      }
      ++result_.packets_written;
      return true;
    }
    if (is_numbered_block(type)) ++frame_;
    const bool secrets = type == k_decryption_secrets;
    if (how_.cut && type != k_interface_description && type != k_name_resolution) {
      if (secrets) ++result_.key_logs_left_out;
      return pass_over(padded);
    }
    if (secrets) ++result_.key_logs_written;
    return copy(padded);
  }

  bool section_header(std::uint64_t padded) {
    constexpr std::size_t k_fixed = 24;
    if (padded < k_fixed + 4 || padded > k_block_extra) return stop("a section header of " + std::to_string(padded) + " bytes");
    const Bytes block = source_.peek(static_cast<std::size_t>(padded));
    if (block.size() < padded) return stop("a section header is cut short");
    Block out(little_endian_, k_section_header);
    out.bytes(block.subspan(8, 8));
    // Blocks of this section grow: its length becomes "not specified".
    out.u32(k_any_length);
    out.u32(k_any_length);
    const std::vector<std::string> comments(first_section_ && !how_.section_comment.empty() ? 1 : 0, how_.section_comment);
    first_section_ = false;
    if (!options(out, block.subspan(k_fixed, block.size() - k_fixed - 4), comments)) {
      result_.problems.push_back("the options of the section header at byte " + std::to_string(source_.offset()) + " are damaged; it has no comment of ours");
      return copy(padded);
    }
    source_.advance(block.size());
    put(out.take());
    return true;
  }

  bool commented(std::uint32_t type, std::uint64_t padded, const std::vector<std::string>& comments) {
    constexpr std::size_t k_fixed = 28;  // up to the packet's bytes, in both kinds of block
    const std::uint64_t limit = Limits{}.packet_bytes + k_block_extra;
    const auto as_it_is = [&](const std::string& why) {
      result_.problems.push_back("frame " + std::to_string(frame_) + " " + why + "; it is copied without a comment");
      return copy(padded);
    };
    if (padded > limit || padded < k_fixed + 4) return as_it_is("is a block of " + std::to_string(padded) + " bytes");
    const Bytes block = source_.peek(static_cast<std::size_t>(padded));
    if (block.size() < padded) return stop("frame " + std::to_string(frame_) + " is cut short");
    Reader header(block.subspan(20));
    const std::uint64_t recorded = (std::uint64_t{u32(header)} + 3) / 4 * 4;
    if (recorded > block.size() - k_fixed - 4) return as_it_is("claims more bytes than its block has");
    const std::size_t options_at = k_fixed + static_cast<std::size_t>(recorded);
    Block out(little_endian_, type);
    out.bytes(block.subspan(8, options_at - 8));
    if (!options(out, block.subspan(options_at, block.size() - options_at - 4), comments)) return as_it_is("has damaged options");
    source_.advance(block.size());
    put(out.take());
    result_.comments += comments.size();
    return true;
  }

  // The options of a block, ours behind them. False if those that are there cannot be read.
  [[nodiscard]] bool options(Block& out, Bytes there, const std::vector<std::string>& comments) const {
    Reader reader(there);
    bool ended = false;
    while (!ended && reader.remaining() >= 4) {
      const std::size_t begin = reader.offset();
      const std::uint16_t code = u16(reader);
      const std::uint16_t length = u16(reader);
      if (code == k_option_end) {
        ended = true;
      } else {
        reader.skip((std::size_t{length} + 3) / 4 * 4, "option");
        if (!reader.ok()) return false;
        out.bytes(there.subspan(begin, reader.offset() - begin));
      }
    }
    for (const std::string& text : comments) out.comment(text);
    if (ended || !there.empty() || !comments.empty()) out.option(k_option_end, {});
    return true;
  }

  bool copy(std::uint64_t count) {
    while (count > 0 && fault_.empty()) {
      const Bytes piece = source_.peek(static_cast<std::size_t>(std::min<std::uint64_t>(count, k_copied_at_once)));
      // What is written is cut short like the input, so that other readers stop at the same place.
      put({reinterpret_cast<const char*>(piece.data()), piece.size()});
      if (piece.empty()) return stop("a block is cut short");
      source_.advance(piece.size());
      count -= piece.size();
    }
    return fault_.empty();
  }
  bool pass_over(std::uint64_t count) { return source_.skip(count) == count || stop("a block is cut short"); }

  // --- pcap to pcapng

  void convert() {
    Summary summary;
    Notes notes;
    const Limits limits;
    const FileContext context{source_, notes, summary, limits};
    const Bytes head = source_.peek(k_pcap_header);
    PcapFile file;
    if (head.size() == k_pcap_header && file.open(context)) {
      little_endian_ = file.little_endian();
      header(file);
      while (const auto record = file.next(context)) packet(file, *record);
    }
    notes.write(summary);
    for (const std::string& problem : summary.problems) result_.problems.push_back(problem);
  }

  void header(const PcapFile& file) {
    Block section(little_endian_, k_section_header);
    section.u32(k_byte_order_magic);
    section.u16(1);
    section.u16(0);
    section.u32(k_any_length);
    section.u32(k_any_length);
    if (!how_.section_comment.empty()) {
      section.comment(how_.section_comment);
      section.option(k_option_end, {});
    }
    put(section.take());
    Block interface(little_endian_, k_interface_description);
    interface.u16(static_cast<std::uint16_t>(file.link_field() & 0xffffU));
    interface.u16(0);
    interface.u32(file.snap_length());
    const char resolution = file.nanoseconds() ? 9 : 6;
    interface.option(k_option_time_resolution, {&resolution, 1});
    // pcap counts the frame check sequence in 16-bit words, if bit 26 says that it counts it at all.
    if ((file.link_field() & 0x04000000U) != 0) {
      const char bits = static_cast<char>((file.link_field() >> 28U) * 16U);
      interface.option(k_option_fcs_length, {&bits, 1});
    }
    interface.option(k_option_end, {});
    put(interface.take());
  }

  void packet(const PcapFile& file, const Record& record) {
    result_.packets_read = record.at.frame;
    if (!wanted(record.at.frame)) return;
    const std::uint64_t ticks = static_cast<std::uint64_t>(record.at.time.ns) / (file.nanoseconds() ? 1U : 1000U);
    Block block(little_endian_, k_enhanced_packet);
    block.u32(0);
    block.u32(static_cast<std::uint32_t>(ticks >> 32U));
    block.u32(static_cast<std::uint32_t>(ticks));
    block.u32(static_cast<std::uint32_t>(record.bytes.size()));
    block.u32(static_cast<std::uint32_t>(record.full_size));
    block.bytes(record.bytes);
    block.pad();
    if (const auto* const comments = comments_of(record.at.frame)) {
      for (const std::string& text : *comments) block.comment(text);
      block.option(k_option_end, {});
      result_.comments += comments->size();
    }
    put(block.take());
    ++result_.packets_written;
  }

  Source source_;
  const Rewrite& how_;
  std::vector<bool> kept_;
  const Write& write_;
  Rewritten result_;
  std::string fault_;
  bool little_endian_ = true;
  bool first_section_ = true;
  std::uint64_t frame_ = 0;
};

// Which frames a cut keeps.
std::vector<bool> kept_frames(Source source, const Rewrite& how) {
  std::vector<bool> kept;
  const auto keep = [&](std::uint64_t frame) {
    if (frame >= kept.size()) kept.resize(static_cast<std::size_t>(frame) + 1);
    kept[static_cast<std::size_t>(frame)] = true;
  };
  Summary summary;
  Notes notes;
  const Limits limits;
  const FileContext context{source, notes, summary, limits};
  Nobody nobody;
  Dissector dissector(nobody, notes, limits);
  const bool pcapng = PcapngFile::starts(source.peek(k_pcap_header));
  PcapFile pcap;
  PcapngFile blocks;
  if (!pcapng && !pcap.open(context)) return kept;
  while (const auto record = pcapng ? blocks.next(context) : pcap.next(context)) {
    dissector.packet(*record);
    const auto& ends = dissector.last_ends();
    const bool part = ends && std::any_of(how.conversations.begin(), how.conversations.end(), [&](const Conversation& one) { return belongs(*ends, one); });
    if (part || how.comments.count(record->at.frame) != 0) keep(record->at.frame);
  }
  dissector.finish();
  return kept;
}

// `open` gives the capture from its beginning each time it is asked.
template <typename Open>
Result<Rewritten> rewrite_from(const Open& open, const std::string& name, const Rewrite& how, const Write& write) {
  Result<Source> source = open();
  if (!source) return fail(source.error().what, name);
  const Bytes start = source->peek(k_pcap_header);
  if (!PcapFile::starts(start) && !PcapngFile::starts(start)) return fail("is not a capture (pcap or pcapng)", name);
  std::vector<bool> kept;
  if (how.cut) {
    Result<Source> first = open();
    if (!first) return fail(first.error().what, name);
    kept = kept_frames(std::move(*first), how);
  }
  return Rewriter(std::move(*source), how, std::move(kept), write).run();
}

}  // namespace

Result<Rewritten> rewrite(const std::string& path, const Rewrite& how, const Write& write) {
  return rewrite_from([&] { return Source::open(path, Limits().decompressed_bytes); }, path, how, write);
}

Result<Rewritten> rewrite(Bytes bytes, const std::string& name, const Rewrite& how, const Write& write) {
  return rewrite_from([&]() -> Result<Source> { return Source::memory(bytes, Limits().decompressed_bytes); }, name, how, write);
}

}  // namespace tlswhy::capture
