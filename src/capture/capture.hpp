// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/net.hpp"
#include "base/reader.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

// Capture files to packets to flows. Knows links, IP, TCP and UDP; knows nothing of TLS.
namespace tlswhy::capture {

// `eap` is the Extensible Authentication Protocol on a link (EAPOL, 802.1X): EAP-TLS without IP.
enum class Transport : std::uint8_t { tcp, udp, eap };

// The frame, as Wireshark numbers it (from 1, over all interfaces of the file), and its time.
struct At {
  std::uint64_t frame = 0;
  Timestamp time;
};

// Which way bytes went: `forward` is from the side that opened the flow (sent the SYN, or the first packet seen).
enum class Direction : std::uint8_t { forward, backward };
[[nodiscard]] constexpr Direction reverse(Direction d) { return d == Direction::forward ? Direction::backward : Direction::forward; }

// One conversation of two end points over TCP or UDP, or of two MAC addresses over EAP (the client is the `source` there; its
// packets come as datagrams, from the EAP code on). A new SYN on the same ports after the end is a new Flow.
struct Flow {
  std::uint32_t id = 0;  // from 0, in order of first frame
  std::uint32_t slot = 0;  // a small number that no other open flow has
  Transport transport = Transport::tcp;
  Endpoint source;       // who sends `forward`
  Endpoint destination;
  bool opened = false;   // a SYN was seen: `source` is the client for certain
  At first;
};

enum class EventKind : std::uint8_t {
  syn,
  syn_ack,
  fin,
  rst,
  zero_window,
  retransmission,    // bytes that were sent before; `size` is the payload length
  keep_alive,
  icmp_frag_needed,  // `size` is the next-hop MTU; direction is that of the packet that was too big
  icmp_port_unreachable,
  icmp_host_unreachable,
  icmp_net_unreachable,
  icmp_admin_prohibited,
};

// Something a flow did other than carry new bytes.
struct Event {
  EventKind kind = EventKind::syn;
  Direction direction = Direction::forward;
  At at;
  std::uint32_t size = 0;
};

// Why bytes of a stream are missing.
enum class Gap : std::uint8_t {
  lost,         // never in the capture although later bytes are (or were acknowledged)
  snap_length,  // the packet is there, its end was not recorded
  limit,        // a limit of this program was hit
};

// Facts beside the flows, for "what happened before": kept few.
struct Observation {
  enum class Kind : std::uint8_t { arp_request, arp_reply, dns_query, dns_answer, ntp_request, ntp_answer, dhcp, wifi_encrypted, other };
  Kind kind = Kind::other;
  At at;
  Endpoint source;
  Endpoint destination;
  std::string text;      // DNS: the name; ARP: the address asked for; other: what it is
  std::string detail;    // DNS answer: addresses, or "NXDOMAIN", "SERVFAIL"; NTP answer: the time told
};

// What reads the flows. `bytes` are valid during the call only. Calls come in the order of frames; within a stream bytes come
// in sequence order, without overlap, each byte once. `at` is the frame that made the bytes readable in order (the one that
// filled the hole, where segments came out of order); after a gap the bytes that had waited for it carry the frame they came in,
// which is earlier than the one being read.
class Handler {
 public:
  virtual ~Handler() = default;
  // Of read_capture(), before it reads: what `bytes` show of `lasting` (the file, where it is in memory; else nothing) stays valid until end()
  // returns.
  virtual void begin(Bytes lasting) { (void)lasting; }
  // The last call; none comes where nothing could be read.
  virtual void end() {}
  virtual void flow_opened(const Flow& flow) = 0;
  virtual void stream_data(const Flow& flow, Direction direction, Bytes bytes, At at) = 0;
  virtual void stream_gap(const Flow& flow, Direction direction, std::uint64_t missing_bytes, Gap why, At at) = 0;
  // One UDP payload; `full_size` is larger than bytes.size() where the snap length cut it.
  virtual void datagram(const Flow& flow, Direction direction, Bytes bytes, std::size_t full_size, At at) = 0;
  virtual void flow_event(const Flow& flow, const Event& event) = 0;
  // Last call for this flow; end of capture or a new connection on the same ports.
  virtual void flow_closed(const Flow& flow) = 0;
  virtual void observed(const Observation& observation) = 0;
};

// Limits, each with its reason beside its default; what hits one is said in Summary::problems.
struct Limits {
  std::uint32_t packet_bytes = 16U << 20U;        // a record longer than this is damage, not a packet (jumbo and TSO stay under 256 KiB)
  std::uint32_t flows = 200'000;                  // open at a time; the oldest idle one is closed
  std::uint32_t out_of_order_bytes = 1U << 20U;   // per direction, waiting for a hole to be filled: more than any window of the field
  std::uint32_t ip_fragment_bytes = 8U << 20U;    // in all, waiting for the rest
  std::uint32_t nesting = 8;                      // link and tunnel headers inside each other
  std::uint64_t decompressed_bytes = 64ULL << 30U;  // stops decompression bombs
};

struct Options {
  std::string filter;  // BPF as for tcpdump; empty: all packets. Compiled by libpcap
  Limits limits;
};

// Count of one kind of thing that was in the capture, for "there is no TLS here, but ...".
struct Tally {
  std::string what;  // "ARP", "UDP port 53", "802.11 encrypted data", ...
  std::uint64_t packets = 0;
};

struct Summary {
  std::string format;                  // "pcap", "pcapng", with " (gzip)" where compressed
  std::uint64_t packets = 0;
  std::vector<std::string> link_types; // names as libpcap gives them: "EN10MB"
  std::vector<std::string> problems;   // sentences that name the packet or byte offset
  std::vector<Tally> tallies;          // most frequent first
  std::vector<std::string> key_log;    // contents of pcapng decryption secrets blocks (NSS key log text)
  std::uint32_t cut_packets = 0;       // recorded shorter than they were
  std::uint32_t snap_length = 0;       // largest of the interfaces; 0 if none was stated
  bool damaged = false;                // the file could not be read to its end
};

// True if the first bytes are those of a capture file (pcap, pcapng, or one of them compressed).
[[nodiscard]] bool is_capture(Bytes first_bytes);

// "libpcap version 1.10.3 ...", for --version.
[[nodiscard]] std::string library_version();

// Reads a capture file (or standard input for "-") to its end or to where it is damaged, and tells `handler` what is in it. What
// was readable before damage is reported; Error only when nothing could be read at all (no such file, not a capture, bad filter).
[[nodiscard]] Result<Summary> read_capture(const std::string& path, Handler& handler, const Options& options = {});
// The same for a capture in memory.
[[nodiscard]] Result<Summary> read_capture(Bytes file, Handler& handler, const Options& options = {});

}  // namespace tlswhy::capture
