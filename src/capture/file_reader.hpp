// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "capture/notes.hpp"
#include "capture/record.hpp"
#include "capture/source.hpp"

namespace tlswhy::capture {

// What the file readers share: where bytes come from, and where remarks go.
struct FileContext {
  Source& source;
  Notes& notes;
  Summary& summary;
  const Limits& limits;

  // Records that the file cannot be read further; the text says why.
  void damaged(std::string sentence) const;
  // Adds a link type to the summary, once.
  void saw_link_type(std::uint32_t link_type) const;
};

// The classic format: one header, then packets of one link type.
class PcapFile {
 public:
  [[nodiscard]] static bool starts(Bytes first_bytes);
  // Reads the file header; false if it is cut short.
  [[nodiscard]] bool open(const FileContext& context);
  // The next packet; nothing at the end or where the file is damaged.
  [[nodiscard]] std::optional<Record> next(const FileContext& context);

  // What the file header says, once it is read.
  [[nodiscard]] bool little_endian() const { return little_endian_; }
  [[nodiscard]] bool nanoseconds() const { return nanoseconds_; }
  [[nodiscard]] std::uint32_t link_field() const { return link_field_; }  // as it stands there, with the upper bits
  [[nodiscard]] std::uint32_t snap_length() const { return snap_length_; }

 private:
  [[nodiscard]] std::uint32_t u32(Reader& reader, std::string_view what) const { return little_endian_ ? reader.u32le(what) : reader.u32(what); }
  [[nodiscard]] std::uint16_t u16(Reader& reader, std::string_view what) const { return little_endian_ ? reader.u16le(what) : reader.u16(what); }

  bool little_endian_ = true;
  bool nanoseconds_ = false;
  std::uint32_t link_field_ = 0;
  std::uint32_t snap_length_ = 0;
  std::uint32_t record_header_size_ = 16;
  enum class Lengths : std::uint8_t { normal, swapped, either } lengths_ = Lengths::normal;
  std::uint32_t link_type_ = 0;
  std::uint64_t frame_ = 0;
};

// The block format: sections, interfaces with link types of their own, packets, key logs.
class PcapngFile {
 public:
  [[nodiscard]] static bool starts(Bytes first_bytes);
  [[nodiscard]] std::optional<Record> next(const FileContext& context);

 private:
  struct Interface {
    std::uint32_t link_type = 0;
    std::uint32_t snap_length = 0;
    std::uint8_t resolution = 6;       // if_tsresol as it stands in the file
    std::int64_t offset_seconds = 0;   // if_tsoffset
  };

  [[nodiscard]] std::uint64_t u64(Reader& reader, std::string_view what) const { return little_endian_ ? reader.u64le(what) : reader.u64(what); }
  [[nodiscard]] std::uint32_t u32(Reader& reader, std::string_view what) const { return little_endian_ ? reader.u32le(what) : reader.u32(what); }
  [[nodiscard]] std::uint16_t u16(Reader& reader, std::string_view what) const { return little_endian_ ? reader.u16le(what) : reader.u16(what); }
  [[nodiscard]] bool section(const FileContext& context);
  void interface_description(const FileContext& context, Reader body);
  [[nodiscard]] std::optional<Record> packet(const FileContext& context, std::uint32_t type, Reader body);
  void secrets(const FileContext& context, Reader body);
  [[nodiscard]] static Timestamp time_of(const Interface& interface, std::uint64_t ticks);

  bool in_section_ = false;
  bool little_endian_ = true;
  std::vector<Interface> interfaces_;
  std::uint64_t block_offset_ = 0;     // of the block being read
  std::uint64_t frame_ = 0;
  Timestamp last_time_;                // simple packet blocks carry none
  std::uint64_t key_log_bytes_ = 0;
};

}  // namespace tlswhy::capture
