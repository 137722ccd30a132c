// The simulated network: hosts with an uplink, a downlink and a latency; connections as two in-order byte streams.
//
// The model, and what it leaves out:
// - An uplink serves its streams in turn, a chunk each; a downlink receives as fast as it can (a chunk that comes while
//   it is busy waits). A stream has at most a window of undelivered bytes, so that a full downlink slows its senders
//   down instead of wasting their uplinks. That is what fair TCP flows come to; there is no loss, no slow start.
// - Control frames on an idle stream do not wait for the uplink (packets interleave), but their bytes are charged to
// it.
// - A piece's payload is counted, not carried. All other bytes are carried.
// - A partition holds bytes back until it heals; dials across it fail. A reset or a crash is seen by the other end
//   one latency later.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <span>
#include <vector>

#include "protocol/clock.hpp"
#include "protocol/random.hpp"
#include "protocol/wire/encoder.hpp"
#include "sim/event_queue.hpp"

namespace p2p::sim {

using HostId = std::uint32_t;
/// One end of a connection; the other end is `end ^ 1`. The dialler has the even one. Never used again.
using End = std::uint32_t;

struct HostSpec {
  double up_Bps = 125e6;    ///< Bytes a second.
  double down_Bps = 125e6;  ///< Bytes a second.
  Duration latency{};       ///< From this host to the middle of the network: half of what lies between two equal hosts.
  bool accepts = true;      ///< False: a firewall lets nobody in, so that every dial to it fails; it can dial others.
};

struct NetworkSpec {
  std::uint32_t chunk = 64 * 1024;         ///< Payload bytes that a stream may send in its turn.
  std::uint32_t send_buffer = 256 * 1024;  ///< A stream with more unsent payload than this takes no more.
  std::uint32_t window = 1024 * 1024;      ///< Undelivered payload of a stream.
  double split_probability = 0;            ///< Of a delivery of control bytes: that it comes in two parts.
};

/// What happens at a host. Calls come from Network::handle().
class NetworkUser {
 public:
  virtual ~NetworkUser() = default;
  virtual void on_opened(HostId host, End end, HostId remote) = 0;  ///< A dial succeeded.
  virtual void on_refused(HostId host, HostId remote) = 0;          ///< A dial failed.
  virtual void on_accepted(HostId host, End end) = 0;
  virtual void on_bytes(HostId host, End end, std::span<const std::byte> bytes) = 0;
  virtual void on_payload(HostId host, End end, std::uint32_t bytes) = 0;
  virtual void on_writable(HostId host, End end) = 0;
  virtual void on_ended(HostId host, End end) = 0;  ///< The other end has closed, or the network has.
};

class Network {
 public:
  Network(NetworkSpec spec, EventQueue& agenda, NetworkUser& user, std::uint64_t seed);

  HostId add_host(const HostSpec& spec);

  void dial(HostId from, HostId to, Instant now);
  bool writable(End end) const { return streams_[end].unsent_payload <= spec_.send_buffer; }
  /// Sends control bytes, then `payload` counted bytes.
  void send(End end, std::span<const std::byte> control, std::uint32_t payload, Instant now);
  /// Ends the connection from this end, which hears no more of it; the other end learns of it after what was sent.
  void close(End end, Instant now);

  /// From now on the host listens and may dial.
  void start(HostId host);
  /// New dials to the host fail; its connections go on.
  void stop_listening(HostId host);
  /// The host's connections end without a word, what was unsent is lost.
  void crash(HostId host, Instant now);
  /// Ends the connection for both, like a middlebox that forgets it.
  void reset(End end, Instant now);
  bool open(End end) const { return streams_[end].open; }
  /// What blocked(from, to) says is looked at for each delivery; call released() when it may have become false.
  void set_filter(std::function<bool(HostId from, HostId to)> blocked) { blocked_ = std::move(blocked); }
  void released(Instant now);
  /// A host that does not read: nothing is delivered to it until released.
  void set_reading(HostId host, bool reading, Instant now);

  void handle(const Event& event);

  /// A host's own note on one of its ends, to find its connection by.
  static constexpr std::uint32_t kNoTag = ~std::uint32_t{0};
  void set_tag(End end, std::uint32_t tag) { streams_[end].tag = tag; }
  std::uint32_t tag(End end) const { return streams_[end].tag; }

  std::size_t end_count() const { return streams_.size(); }
  HostId host_of(End end) const { return streams_[end].from; }
  std::uint64_t control_bytes() const { return control_bytes_; }
  /// Payload bytes that left a host's uplink.
  std::uint64_t sent_payload(HostId host) const { return hosts_[host].sent_payload; }

 private:
  struct Host {
    HostSpec spec;
    bool up = false;
    bool listening = false;
    bool reading = true;
    bool sending = false;  ///< The uplink is busy until uplink_free.
    double debt_s = 0;     ///< Uplink time of control bytes that went past the queue.
    Instant down_free{};
    std::deque<End> turns;  ///< Streams with something to send and room in their window.
    std::uint64_t sent_payload = 0;
    End current = 0;  ///< What the uplink sends, with how much.
    std::uint32_t current_control = 0;
    std::uint32_t current_payload = 0;
  };
  struct Segment {
    std::uint32_t control;
    std::uint32_t payload;  ///< Follows the control bytes.
  };
  /// A large swarm has a million of these, and a have touches two: what a have needs is on the first cache line.
  struct alignas(64) Stream {
    HostId from;
    HostId to;
    bool open = false;
    bool in_turns = false;
    bool closing = false;        ///< Ended by its sender: the receiver learns of it after what is under way.
    std::uint32_t tag = kNoTag;  ///< The sending host's own.
    Instant last_delivery{};
    std::vector<Segment> segments{};  ///< Not yet on the uplink; few.
    std::uint32_t unsent_payload = 0;
    std::uint32_t in_flight = 0;  ///< Payload on its way.
    std::vector<Parcel> held{};   ///< Held back by a partition or a reader that sleeps.
    Bytes control{};              ///< Control bytes that are not yet delivered, from `control_at` on.
    std::size_t control_at = 0;
  };

  Duration latency(HostId a, HostId b) const { return hosts_[a].spec.latency + hosts_[b].spec.latency; }
  bool reachable(HostId from, HostId to) const { return !blocked_ || !blocked_(from, to); }
  void schedule_delivery(End sender, const Parcel& parcel, Instant arrival);
  /// Nothing of the stream waits for the uplink or is on it.
  bool nothing_queued(End sender) const;
  void take_turn(End sender);
  void serve_uplink(HostId host, Instant now);
  void on_uplink_free(HostId host, Instant now);
  void deliver(End receiver, const Parcel& parcel, Instant now);
  void hand_over(End receiver, const Parcel& parcel, Instant now);
  std::span<const std::byte> take_control(End sender, std::uint32_t count);
  void hand_over_control(End receiver, std::span<const std::byte> bytes);
  void drop(End sender);

  NetworkSpec spec_;
  EventQueue& agenda_;
  NetworkUser& user_;
  Random random_;
  std::vector<Host> hosts_;
  std::vector<Stream> streams_;  ///< By sending end.
  std::function<bool(HostId, HostId)> blocked_;
  std::uint64_t control_bytes_ = 0;
  Bytes delivered_;  ///< Scratch for take_control().
};

}  // namespace p2p::sim
