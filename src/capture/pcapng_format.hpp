// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

// Numbers of the pcapng format (draft-ietf-opsawg-pcapng) that its reader and its writer share.
namespace tlswhy::capture {

constexpr std::uint32_t k_section_header = 0x0a0d0d0a;
constexpr std::uint32_t k_byte_order_magic = 0x1a2b3c4d;
constexpr std::uint32_t k_interface_description = 1;
constexpr std::uint32_t k_packet = 2;  // obsolete, still written by old tools
constexpr std::uint32_t k_simple_packet = 3;
constexpr std::uint32_t k_name_resolution = 4;
constexpr std::uint32_t k_interface_statistics = 5;
constexpr std::uint32_t k_enhanced_packet = 6;
constexpr std::uint32_t k_decryption_secrets = 10;
constexpr std::uint16_t k_option_end = 0;
constexpr std::uint16_t k_option_comment = 1;
constexpr std::uint16_t k_option_time_resolution = 9;
constexpr std::uint16_t k_option_fcs_length = 13;
constexpr std::uint16_t k_option_time_offset = 14;
constexpr std::size_t k_block_frame = 12;           // type, length, and the length again
constexpr std::uint64_t k_block_extra = 1U << 20U;  // a packet block is a packet and options such as comments

[[nodiscard]] constexpr bool is_packet_block(std::uint32_t type) { return type == k_packet || type == k_simple_packet || type == k_enhanced_packet; }

// Blocks that are no packets but that Wireshark numbers as such: custom blocks, the systemd journal and sysdig events.
[[nodiscard]] constexpr bool is_numbered_block(std::uint32_t type) {
  constexpr std::array<std::uint32_t, 7> k_numbered{0x00000bad, 0x40000bad, 0x00000009, 0x00000204, 0x00000208, 0x00000216, 0x00000221};
  return std::find(k_numbered.begin(), k_numbered.end(), type) != k_numbered.end();
}

}  // namespace tlswhy::capture
