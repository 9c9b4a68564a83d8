// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <lz4frame.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "packet_builder.hpp"

namespace tlswhy::testing {
namespace {

using capture::is_capture;

Buffer hello_packet(std::string_view payload = "hello") {
  return ethernet_ip(udp_packet({ip4(192, 0, 2, 1), 1000}, {ip4(192, 0, 2, 2), 2000}, text(payload)));
}

Buffer gzip(const Buffer& bytes) {
  z_stream z{};
  EXPECT_EQ(deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
  Buffer out(deflateBound(&z, bytes.size()) + 64);
  z.next_in = const_cast<Bytef*>(bytes.data());
  z.avail_in = static_cast<uInt>(bytes.size());
  z.next_out = out.data();
  z.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&z, Z_FINISH), Z_STREAM_END);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

Buffer zstd(const Buffer& bytes) {
  Buffer out(ZSTD_compressBound(bytes.size()));
  out.resize(ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), 3));
  return out;
}

Buffer lz4(const Buffer& bytes) {
  Buffer out(LZ4F_compressFrameBound(bytes.size(), nullptr));
  out.resize(LZ4F_compressFrame(out.data(), out.size(), bytes.data(), bytes.size(), nullptr));
  return out;
}

class TemporaryFile {
 public:
  explicit TemporaryFile(const Buffer& bytes) : path_(std::filesystem::temp_directory_path() / ("tlswhy-capture-" + std::to_string(::getpid()))) {
    std::ofstream(path_, std::ios::binary).write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  }
  ~TemporaryFile() { std::filesystem::remove(path_); }
  [[nodiscard]] std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

TEST(CaptureFile, ReadsPcapInBothByteOrdersAndBothResolutions) {
  for (const bool little : {true, false}) {
    for (const bool nanoseconds : {true, false}) {
      const auto back = read_back(PcapBuilder({little, nanoseconds, 1, 65535}).packet(hello_packet(), 123456000).packet(hello_packet("again"), 5'000'000'000).bytes());
      EXPECT_EQ(back.error, "");
      EXPECT_EQ(back.summary.packets, 2U);
      EXPECT_EQ(back.summary.format, "pcap");
      EXPECT_EQ(back.summary.link_types, std::vector<std::string>{"EN10MB"});
      EXPECT_EQ(back.summary.snap_length, 65535U);
      EXPECT_FALSE(back.summary.damaged);
      EXPECT_TRUE(back.summary.problems.empty());
      ASSERT_EQ(back.seen.flows.size(), 1U);
      EXPECT_EQ(back.seen.flows.at(0).flow.first.time.ns, k_start_ns + 123456000);
      EXPECT_EQ(words(back.seen.flows.at(0).datagrams.at(1).bytes), "again");
    }
  }
}

TEST(CaptureFile, ReadsTheModifiedPcapWithLongerRecordHeaders) {
  const Buffer packet = hello_packet();
  Writer w(true);
  w.u32(0xa1b2cd34).u16(2).u16(4).u32(0).u32(0).u32(65535).u32(1);
  for (int i = 0; i < 2; ++i) w.u32(1).u32(2).u32(packet.size()).u32(packet.size()).u32(3).u16(0x0800).u8(0).u8(0).add(packet);
  EXPECT_EQ(read_back(w).seen.flows.at(0).datagrams.size(), 2U);
}

TEST(CaptureFile, ReadsSwappedLengthsOfOldVersions) {
  const Buffer packet = hello_packet();
  Writer w(true);
  w.u32(0xa1b2c3d4).u16(2).u16(2).u32(0).u32(0).u32(65535).u32(1);
  w.u32(1).u32(2).u32(packet.size() + 100).u32(packet.size()).add(packet);
  const auto back = read_back(w);
  EXPECT_EQ(back.seen.flows.at(0).datagrams.size(), 1U);
  EXPECT_EQ(back.summary.cut_packets, 1U);
}

TEST(CaptureFile, ReadsPcapngWithSectionsOfBothByteOrdersAndSeveralLinkTypes) {
  const Buffer packet = udp_packet({ip4(192, 0, 2, 1), 1000}, {ip4(192, 0, 2, 2), 2000}, text("x"));
  PcapngBuilder file({true, true});
  file.interface(101).packet(ethernet_ip(packet)).packet(packet, 1000, {}, 1);
  file.section(false).interface(101, 0, 9).packet(packet, 2000);
  const auto back = read_back(file.bytes());
  EXPECT_EQ(back.summary.problems, std::vector<std::string>{});
  EXPECT_EQ(back.summary.packets, 3U);
  EXPECT_EQ(back.summary.link_types, (std::vector<std::string>{"EN10MB", "RAW"}));
  ASSERT_EQ(back.seen.flows.size(), 1U);
  ASSERT_EQ(back.seen.flows.at(0).datagrams.size(), 3U);
  EXPECT_EQ(back.seen.flows.at(0).datagrams[2].frame, 3U);
}

TEST(CaptureFile, AppliesTheTimeResolutionAndOffsetOfTheInterface) {
  PcapngBuilder file;
  file.interface(1, 0, 3, 1000).interface(1, 0, 0x80 | 10, -1).interface(1, 0, 0).interface(1, 0, 12);
  std::uint16_t port = 1;
  const auto packet = [&] { return ethernet_ip(udp_packet({ip4(192, 0, 2, 1), port++}, {ip4(192, 0, 2, 2), 2000}, {})); };
  file.packet_at(packet(), 5'000'001, {}, 1).packet_at(packet(), 3072, {}, 2).packet_at(packet(), 7, {}, 3).packet_at(packet(), 1'500'000'000'000, {}, 4);
  const auto back = read_back(file.bytes());
  ASSERT_EQ(back.seen.flows.size(), 4U);
  EXPECT_EQ(back.seen.flows.at(0).flow.first.time.ns, 6'000'001'000'000);
  EXPECT_EQ(back.seen.flows.at(1).flow.first.time.ns, 2'000'000'000);
  EXPECT_EQ(back.seen.flows.at(2).flow.first.time.ns, 7'000'000'000);
  EXPECT_EQ(back.seen.flows.at(3).flow.first.time.ns, 1'500'000'000);
}

TEST(CaptureFile, ReadsSimpleAndOldPacketBlocksAndNumbersThemAll) {
  PcapngBuilder file({true, false, 1, 64});
  const Buffer packet = hello_packet();
  file.simple_packet(packet).block(2, Writer(true).u16(0).u16(7).u32(0).u32(1000).u32(packet.size()).u32(packet.size()).add(packet).align(4)).packet(packet);
  Buffer longer = hello_packet(std::string(100, 'x'));
  const std::size_t original = longer.size();
  longer.resize(64);
  file.simple_packet(longer, original);
  const auto back = read_back(file.bytes());
  EXPECT_EQ(back.summary.packets, 4U);
  ASSERT_EQ(back.seen.flows.at(0).datagrams.size(), 4U);
  EXPECT_EQ(back.seen.flows.at(0).datagrams[3].full, 100U);
  EXPECT_EQ(back.seen.flows.at(0).datagrams[3].bytes.size(), 64U - 14 - 20 - 8);
  EXPECT_TRUE(back.says("packet 4 is cut short: 64 of 142 bytes are in the file"));
}

TEST(CaptureFile, NumbersBlocksThatWiresharkShowsAsPacketsAndSkipsTheOthers) {
  PcapngBuilder file;
  const Buffer some = Writer(true).u32(1).u32(2);
  file.packet(hello_packet()).block(4, some).block(5, some).block(0x77, some).packet(hello_packet());  // names, statistics, unknown
  file.block(0xbad, some).block(0x40000bad, some).block(9, some).packet(hello_packet());               // custom, journal
  const auto back = read_back(file.bytes());
  ASSERT_EQ(back.seen.flows.at(0).datagrams.size(), 3U);
  EXPECT_EQ(back.seen.flows.at(0).datagrams[1].frame, 2U);
  EXPECT_EQ(back.seen.flows.at(0).datagrams[2].frame, 6U);
  EXPECT_FALSE(back.summary.damaged);
}

TEST(CaptureFile, HandsOnKeyLogs) {
  const auto back = read_back(PcapngBuilder().key_log("CLIENT_RANDOM 00 11\n").block(10, Writer(true).u32(0x57474b4c).u32(4).u32(0)).packet(hello_packet()).bytes());
  EXPECT_EQ(back.summary.key_log, std::vector<std::string>{"CLIENT_RANDOM 00 11\n"});
}

TEST(CaptureFile, GoesOnAfterAPacketBlockThatMakesNoSense) {
  PcapngBuilder file;
  const Buffer packet = hello_packet();
  file.packet(packet).packet(packet, 0, {}, 9);
  file.block(6, Writer(true).u32(0).u32(0).u32(0).u32(5000).u32(5000).add(packet).align(4)).block(6, Writer(true).u32(0)).packet(packet);
  const auto back = read_back(file.bytes());
  EXPECT_EQ(back.summary.packets, 5U);
  EXPECT_TRUE(back.says("packet 2 (block at byte "));
  EXPECT_TRUE(back.says("names interface 9"));
  EXPECT_TRUE(back.says("packet 3 (block at byte "));
  EXPECT_TRUE(back.says("packet 4 (block at byte "));
  EXPECT_EQ(back.seen.flows.at(0).datagrams.back().frame, 5U);
  EXPECT_FALSE(back.summary.damaged);
}

TEST(CaptureFile, AcceptsBlockLengthsThatLeaveOutThePadding) {
  const Buffer packet = hello_packet();  // 47 bytes
  ASSERT_NE(packet.size() % 4, 0U);
  const std::size_t length = 32 + packet.size();
  PcapngBuilder file;
  file.raw(Writer(true).u32(6).u32(length).u32(0).u32(0).u32(0).u32(packet.size()).u32(packet.size()).add(packet).align(4).u32(length)).packet(packet);
  EXPECT_EQ(read_back(file.bytes()).seen.flows.at(0).datagrams.size(), 2U);
}

TEST(CaptureFile, StopsWhereTheLengthsOfABlockDisagree) {
  PcapngBuilder file;
  file.packet(hello_packet());
  const std::size_t offset = file.bytes().size();
  file.raw(Writer(true).u32(6).u32(32).zeros(20).u32(99)).packet(hello_packet());
  const auto back = read_back(file.bytes());
  EXPECT_TRUE(back.summary.damaged);
  EXPECT_EQ(back.summary.packets, 1U);
  EXPECT_TRUE(back.says("the file is damaged at byte " + std::to_string(offset) + ": the block's length is 32 at its start and 99 at its end"));
}

TEST(CaptureFile, StopsAtAbsurdLengths) {
  const Buffer good = PcapBuilder().packet(hello_packet()).bytes();
  const auto back = read_back(good + Buffer(Writer(true).u32(1).u32(2).u32(0xfffffff0).u32(0xfffffff0).zeros(100)));
  EXPECT_TRUE(back.summary.damaged);
  EXPECT_EQ(back.seen.flows.at(0).datagrams.size(), 1U);
  EXPECT_TRUE(back.says("packet 2 (byte " + std::to_string(good.size()) + "): the packet claims 4294967280 bytes"));
  const auto block = read_back(PcapngBuilder().packet(hello_packet()).raw(Writer(true).u32(6).u32(0xfffffff0).zeros(64)).bytes());
  EXPECT_TRUE(block.summary.damaged);
  EXPECT_EQ(block.seen.flows.size(), 1U);
  const auto tiny = read_back(PcapngBuilder().raw(Writer(true).u32(6).u32(8).zeros(64)).bytes());
  EXPECT_TRUE(tiny.says("a block claims 8 bytes"));
}

TEST(CaptureFile, TakesASnapLengthOfZeroAsNotStated) {
  const auto back = read_back(PcapBuilder({true, false, 1, 0}).packet(hello_packet()).bytes());
  EXPECT_EQ(back.summary.snap_length, 0U);
  EXPECT_EQ(back.seen.flows.size(), 1U);
}

TEST(CaptureFile, ReportsPacketsThatWereCutByTheSnapLengthAndCapsTheList) {
  PcapBuilder file;
  for (int i = 0; i < 12; ++i) file.packet(hello_packet(), i, 1514);
  const auto back = read_back(file.bytes());
  EXPECT_EQ(back.summary.cut_packets, 12U);
  ASSERT_EQ(back.summary.problems.size(), 6U);
  EXPECT_EQ(back.summary.problems[0], "packet 1 is cut short: 47 of 1514 bytes are in the file");
  EXPECT_EQ(back.summary.problems[5], "... and 7 more like the one before");
}

TEST(CaptureFile, SaysWhyAFileIsNoCapture) {
  EXPECT_NE(read_back({}).error.find("is empty"), std::string::npos);
  EXPECT_NE(read_back(text("I (312) wifi: connected\n")).error.find("begins with text"), std::string::npos);
  EXPECT_NE(read_back({0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}).error.find("is not a capture"), std::string::npos);
  EXPECT_NE(read_back(text("GMBU....")).error.find("Network Monitor"), std::string::npos);
  EXPECT_NE(read_back({0xfd, '7', 'z', 'X', 'Z', 0}).error.find("xz"), std::string::npos);
  EXPECT_NE(read_back(gzip(text("just a log line\n"))).error.find("begins with text"), std::string::npos);
  Recorder recorder;
  const auto missing = capture::read_capture("/nonexistent/file.pcap", recorder);
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().what.find("No such file"), std::string::npos);
  EXPECT_EQ(missing.error().where, "/nonexistent/file.pcap");
  const auto folder = capture::read_capture("/tmp", recorder);
  ASSERT_FALSE(folder);
  EXPECT_NE(folder.error().what.find("directory"), std::string::npos);
}

TEST(CaptureFile, TellsCapturesByTheirFirstBytes) {
  const Buffer pcap = PcapBuilder().packet(hello_packet()).bytes();
  const Buffer pcapng = PcapngBuilder({false}).packet(hello_packet()).bytes();
  EXPECT_TRUE(is_capture(pcap));
  EXPECT_TRUE(is_capture(Bytes(pcap).first(4)));
  EXPECT_TRUE(is_capture(pcapng));
  EXPECT_TRUE(is_capture(gzip(pcap)));
  EXPECT_TRUE(is_capture(zstd(pcapng)));
  EXPECT_TRUE(is_capture(lz4(pcap)));
  EXPECT_FALSE(is_capture({}));
  EXPECT_FALSE(is_capture(text("-----BEGIN CERTIFICATE-----")));
  EXPECT_FALSE(is_capture(gzip(text("a log"))));
}

TEST(CaptureFile, ReadsCompressedFilesFromMemoryAndFromDisk) {
  PcapBuilder plain;
  for (int i = 0; i < 3000; ++i) plain.packet(hello_packet("number " + std::to_string(i)), i * 1000);
  for (const auto& [bytes, name] : {std::pair{gzip(plain.bytes()), "pcap (gzip)"}, {zstd(plain.bytes()), "pcap (zstd)"}, {lz4(plain.bytes()), "pcap (lz4)"}, {plain.bytes(), "pcap"}}) {
    const auto back = read_back(bytes);
    EXPECT_EQ(back.summary.format, name);
    EXPECT_EQ(back.summary.packets, 3000U);
    EXPECT_EQ(words(back.seen.flows.at(0).datagrams.back().bytes), "number 2999");
    const TemporaryFile file(bytes);
    Recorder recorder;
    const auto summary = capture::read_capture(file.path(), recorder);
    ASSERT_TRUE(summary);
    EXPECT_EQ(summary->packets, 3000U);
    EXPECT_FALSE(summary->damaged);
  }
}

TEST(CaptureFile, ReadsGzipFilesOfSeveralMembersAndIgnoresPaddingAfterThem) {
  const Buffer plain = PcapBuilder().packet(hello_packet()).packet(hello_packet()).bytes();
  const Buffer two = gzip({plain.begin(), plain.begin() + 50}) + gzip({plain.begin() + 50, plain.end()}) + Buffer(512);
  const auto back = read_back(two);
  EXPECT_EQ(back.summary.packets, 2U);
  EXPECT_FALSE(back.summary.damaged);
}

TEST(CaptureFile, UsesWhatComesOutOfDamagedOrCutCompressedFiles) {
  PcapBuilder plain;
  std::uint32_t random = 1;
  for (int i = 0; i < 2000; ++i) {
    std::string noise;
    for (int j = 0; j < 40; ++j) noise += static_cast<char>((random = random * 1664525U + 1013904223U) >> 24U);
    plain.packet(hello_packet(noise), i * 1000);
  }
  for (Buffer packed : {gzip(plain.bytes()), zstd(plain.bytes()), lz4(plain.bytes())}) {
    packed.resize(packed.size() / 2);
    const auto back = read_back(packed);
    EXPECT_TRUE(back.summary.damaged || !back.error.empty());
    EXPECT_TRUE(back.says("cut short") || !back.error.empty());
  }
  Buffer broken = gzip(plain.bytes());
  for (std::size_t i = broken.size() / 2; i < broken.size() / 2 + 50; ++i) broken[i] = 0xff;
  const auto back = read_back(broken);
  EXPECT_TRUE(back.summary.damaged);
  EXPECT_GT(back.summary.packets, 100U);
}

TEST(CaptureFile, StopsDecompressionBombs) {
  PcapBuilder plain;
  for (int i = 0; i < 100; ++i) plain.packet(Buffer(10000));
  capture::Options options;
  options.limits.decompressed_bytes = 200'000;
  for (const Buffer& packed : {gzip(plain.bytes()), zstd(plain.bytes()), lz4(plain.bytes())}) {
    const auto back = read_back(packed, options);
    EXPECT_TRUE(back.summary.damaged);
    EXPECT_LT(back.summary.packets, 60U);
    EXPECT_TRUE(back.says("more than 200000 bytes come out"));
  }
}

TEST(CaptureFile, FiltersPacketsAndKeepsTheirNumbers) {
  PcapngBuilder file;
  const auto packet = [](std::uint16_t port) { return udp_packet({ip4(192, 0, 2, 1), 999}, {ip4(192, 0, 2, 2), port}, text("x")); };
  file.interface(101).packet(ethernet_ip(packet(53))).packet(ethernet_ip(packet(8883))).packet(packet(53), 0, {}, 1).packet(packet(8883), 0, {}, 1);
  capture::Options options;
  options.filter = "udp port 8883";
  const auto back = read_back(file.bytes(), options);
  EXPECT_EQ(back.summary.packets, 4U);
  ASSERT_EQ(back.seen.flows.size(), 1U);
  ASSERT_EQ(back.seen.flows.at(0).datagrams.size(), 2U);
  EXPECT_EQ(back.seen.flows.at(0).datagrams[0].frame, 2U);
  EXPECT_EQ(back.seen.flows.at(0).datagrams[1].frame, 4U);
}

TEST(CaptureFile, RefusesAFilterThatMakesNoSense) {
  capture::Options options;
  options.filter = "udp prot 8883";
  const auto back = read_back(PcapBuilder().packet(hello_packet()).bytes(), options);
  EXPECT_NE(back.error.find("the filter \"udp prot 8883\" is not understood"), std::string::npos);
}

TEST(CaptureFile, SaysWhenAFilterCannotBeUsedOnALinkType) {
  capture::Options options;
  options.filter = "wlan addr1 02:00:00:00:00:01";
  const auto back = read_back(PcapBuilder().packet(hello_packet()).packet(hello_packet()).bytes(), options);
  EXPECT_EQ(back.error, "");
  EXPECT_TRUE(back.seen.flows.empty());
  ASSERT_EQ(back.summary.problems.size(), 1U);
  EXPECT_TRUE(back.says("the filter cannot be used on packets of link type EN10MB"));
}

// Every prefix of a file gives a prefix of its packets, or an error, and says so.
void sweep(const Buffer& file, std::size_t packets) {
  for (std::size_t size = 0; size <= file.size(); ++size) {
    const Buffer cut(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size));
    const auto back = read_back(cut);
    std::size_t frame = 0;
    for (const auto& [id, flow] : back.seen.flows) {
      EXPECT_EQ(flow.closed, 1);
      for (const auto& datagram : flow.datagrams) {
        EXPECT_EQ(datagram.frame, ++frame);
        EXPECT_EQ(words(datagram.bytes), "packet " + std::to_string(frame));
      }
    }
    EXPECT_LE(frame, packets);
    if (size == file.size()) {
      EXPECT_EQ(frame, packets);
      EXPECT_FALSE(back.summary.damaged);
    }
    if (frame < packets && back.error.empty() && !back.summary.damaged) {
      // Cut between two packets: nothing can be missed.
      EXPECT_EQ(back.summary.packets, frame) << size;
    }
  }
}

TEST(CaptureFile, TruncationAtEveryByteGivesAPrefix) {
  PcapBuilder pcap;
  PcapngBuilder pcapng;
  for (int i = 1; i <= 3; ++i) {
    pcap.packet(hello_packet("packet " + std::to_string(i)));
    pcapng.packet(hello_packet("packet " + std::to_string(i))).block(0x77, Buffer(8));
  }
  sweep(pcap.bytes(), 3);
  sweep(pcapng.bytes(), 3);
  sweep(gzip(pcap.bytes()), 3);
  sweep(zstd(pcapng.bytes()), 3);
  sweep(lz4(pcap.bytes()), 3);
}

}  // namespace
}  // namespace tlswhy::testing
