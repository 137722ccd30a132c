#include "sim/simulation.hpp"

#include <algorithm>

#include "protocol/assert.hpp"
#include "protocol/swarm/neighbor_graph.hpp"

namespace p2p::sim {

Simulation::Simulation(Scenario scenario)
    : scenario_(std::move(scenario)),
      copies_(scenario_.chunks ? std::make_shared<Copies>(*scenario_.chunks, scenario_.peers) : nullptr),
      random_(scenario_.seed),
      network_(scenario_.network, agenda_, *this, random_.next()),
      completed_(scenario_.peers),
      readers_(scenario_.readers, scenario_.geometry),
      side_(scenario_.peers),
      deaf_(scenario_.peers) {
  if (copies_) scenario_.geometry = copies_->geometry();
  if (scenario_.referee && !scenario_.open) referee_.emplace(scenario_.geometry, scenario_.preferred_neighbors);
  network_.set_filter(
      [this](HostId from, HostId to) { return (partitioned_ && side_[from] != side_[to]) || deaf_[to]; });

  const NeighborGraph graph(scenario_.peers, scenario_.max_connections);
  auto hosts_by_id = std::make_shared<std::vector<HostId>>();
  auto everybody = std::make_shared<std::vector<PeerId>>();
  for (HostId i = 0; i < scenario_.peers; ++i) {
    hosts_by_id->push_back(i);
    everybody->push_back(PeerId{i});
  }
  const std::uint32_t pieces = scenario_.geometry.piece_count();
  for (HostId i = 0; i < scenario_.peers; ++i) {
    network_.add_host(scenario_.host(i));
    std::vector<std::uint32_t> indexes = graph.neighbors(i);
    indexes.insert(std::ranges::lower_bound(indexes, i), i);
    std::vector<PeerId> listed;
    for (const std::uint32_t index : indexes) listed.push_back(PeerId{index});
    SwarmConfig config{.self = PeerId{i},
                       .listed = std::move(listed),
                       .geometry = scenario_.geometry,
                       .preferred_neighbors = scenario_.preferred_neighbors,
                       .unchoking_interval = scenario_.unchoking_interval,
                       .optimistic_interval = scenario_.optimistic_interval,
                       .max_pipeline = scenario_.max_pipeline,
                       .patience = scenario_.patience,
                       .everybody = scenario_.max_connections > 0 ? everybody : nullptr,
                       .most_guests = scenario_.max_connections};
    if (scenario_.choking_policy == ChokingPolicy::cooperative) {
      config.choking_policy = ChokingPolicy::cooperative;
      for (const std::uint32_t index : graph.successors(i, scenario_.preferred_neighbors + 1))
        config.favored.push_back(PeerId{index});
    }
    if (scenario_.open) config = open_config(i);
    if (copies_) config.content = chunk_folder_prefix(pieces);
    const Bitfield stored = copies_               ? copies_->held_at_start(i)
                            : i < scenario_.seeds ? Bitfield::full(pieces)
                                                  : Bitfield(pieces);
    if (referee_) referee_->on_host(i, stored, graph.neighbors(i));
    peers_.push_back(std::make_unique<Peer>(i, std::move(config), hosts_by_id, stored, scenario_.disk, network_,
                                            agenda_, *this, random_.next(), copies_));
  }
  if (scenario_.open)
    start_open();
  else
    for (HostId i = 0; i < scenario_.peers; ++i)
      if (std::ranges::find(scenario_.absent, i) == scenario_.absent.end()) peers_[i]->start(now_);
  start_readers();
  plan_faults();
}

/// As peer/node/open_swarm.hpp has it.
SwarmConfig Simulation::open_config(HostId host) const {
  constexpr std::uint32_t kGettersLinks = 50;
  SwarmConfig config{.self = PeerId{host},
                     .listed = {PeerId{host}},
                     .geometry = scenario_.geometry,
                     .preferred_neighbors = 16,
                     .unchoking_interval = scenario_.unchoking_interval,
                     .optimistic_interval = scenario_.optimistic_interval,
                     .max_pipeline = scenario_.max_pipeline,
                     .content = ContentPrefix{std::byte{1}},
                     .open = true,
                     .listens_at = Peer::kPort};
  if (host == 0) return config;
  config.preferred_neighbors = scenario_.preferred_neighbors;
  config.choking_policy = ChokingPolicy::balanced;
  config.optimistic_interval = std::chrono::seconds(1);
  config.most_neighbors = kGettersLinks;
  config.wanted_neighbors = kGettersLinks / 2;
  return config;
}

void Simulation::start_open() {
  P2P_ASSERT(scenario_.seeds == 1 && !scenario_.chunks);
  peers_[0]->start(now_);
  getters_left_ = scenario_.peers - 1;
  for (HostId i = 1; i < scenario_.peers; ++i) at(started(i), [i](Simulation& s) { s.peers_[i]->start(s.now_); });
}

void Simulation::start_readers() {
  first_reader_action_ = static_cast<std::uint32_t>(actions_.size());
  for (std::uint32_t i = 0; i < readers_.size(); ++i)
    at(started(readers_.spec(i).host) + readers_.spec(i).after, [i](Simulation& s) { s.read(i); });
}

void Simulation::read(std::uint32_t reader) {
  const ReaderSpec& spec = readers_.spec(reader);
  const Readers::Step step = readers_.step(reader, peers_[spec.host]->stored(), now_);
  peers_[spec.host]->on_reader(ReaderId{reader}, step.window, spec.count, now_);
  if (step.again != kNever)
    agenda_.add({.at = step.again, .kind = Event::Kind::script, .subject = first_reader_action_ + reader});
}

void Simulation::at(Instant when, std::function<void(Simulation&)> action) {
  agenda_.add({.at = when, .kind = Event::Kind::script, .subject = static_cast<std::uint32_t>(actions_.size())});
  actions_.push_back(std::move(action));
}

void Simulation::run(Instant limit) {
  while (!agenda_.empty() && !(scenario_.open && getters_left_ == 0 && readers_.all_ended())) {
    const Event event = agenda_.take();
    if (event.at > limit) {
      agenda_.add(event);
      return;
    }
    now_ = event.at;
    ++events_handled_;
    switch (event.kind) {
      case Event::Kind::timer: peers_[event.subject]->on_timer(now_); break;
      case Event::Kind::disk_done: peers_[event.subject]->on_disk_done(event.piece, event.argument, now_); break;
      case Event::Kind::script: actions_[event.subject](*this); break;
      default: network_.handle(event);
    }
  }
}

bool Simulation::all_left() const {
  return std::ranges::all_of(peers_, [](const auto& peer) { return peer->left(); });
}

bool Simulation::all_started_complete() const {
  for (HostId i = 0; i < scenario_.peers; ++i)
    if (std::ranges::find(scenario_.absent, i) == scenario_.absent.end() && !peers_[i]->stored().complete())
      return false;
  return true;
}

// --- faults --------------------------------------------------------------------------------------------------------

Instant Simulation::random_time(double from_share, double to_share) {
  const double share = from_share + (to_share - from_share) * random_.unit();
  return Instant{} + from_seconds(share * seconds(scenario_.faults.until));
}

/// Draws every fault from the seed. Each ends by faults.until.
void Simulation::plan_faults() {
  const Faults& faults = scenario_.faults;
  if (faults.until == Duration::zero()) return;

  std::vector<HostId> hosts(scenario_.peers);
  for (HostId i = 0; i < scenario_.peers; ++i) hosts[i] = i;
  random_.shuffle(std::span(hosts));
  const auto churned = static_cast<std::size_t>(faults.churn * scenario_.peers);
  for (std::size_t i = 0; i < churned; ++i) {
    const HostId host = hosts[i];
    const Instant down = random_time(0, 0.8);
    at(down, [host](Simulation& s) { s.peer(host).crash(s.now()); });
    at(random_time(0.8, 1), [host](Simulation& s) {
      if (!s.peer(host).running() && !s.peer(host).left()) s.peer(host).start(s.now());
    });
  }
  const auto resets = static_cast<std::uint32_t>(faults.resets_per_s * seconds(faults.until));
  for (std::uint32_t i = 0; i < resets; ++i)
    at(random_time(0, 1), [](Simulation& s) {
      if (s.network_.end_count() > 0)
        s.network_.reset(s.random_.below(static_cast<std::uint32_t>(s.network_.end_count())), s.now());
    });
  for (std::uint32_t i = 0; i < faults.partitions; ++i) {
    const double slice = 1.0 / faults.partitions;
    at(random_time(i * slice, (i + 0.3) * slice), [](Simulation& s) {
      s.partitioned_ = true;
      for (char& side : s.side_) side = s.random_.below(2) == 0;
    });
    at(random_time((i + 0.6) * slice, (i + 1) * slice), [](Simulation& s) {
      s.partitioned_ = false;
      s.network_.released(s.now());
    });
  }
  for (std::uint32_t i = 0; i < faults.one_way_blocks; ++i) {
    const HostId host = random_host();
    at(random_time(0, 0.5), [host](Simulation& s) { s.deaf_[host] = true; });
    at(random_time(0.5, 1), [host](Simulation& s) {
      s.deaf_[host] = false;
      s.network_.released(s.now());
    });
  }
  for (std::uint32_t i = 0; i < faults.slow_readers; ++i) {
    const HostId host = random_host();
    at(random_time(0, 0.5), [host](Simulation& s) { s.network_.set_reading(host, false, s.now()); });
    at(random_time(0.5, 1), [host](Simulation& s) { s.network_.set_reading(host, true, s.now()); });
  }
  for (std::uint32_t i = 0; i < faults.full_disks; ++i) {
    const HostId host = random_host();
    at(random_time(0, 0.5), [host](Simulation& s) { s.peer(host).set_disk_full(true); });
    at(random_time(0.5, 1), [host](Simulation& s) { s.peer(host).set_disk_full(false); });
  }
}

// --- routing -------------------------------------------------------------------------------------------------------

void Simulation::on_opened(HostId host, End end, HostId remote) { peers_[host]->on_opened(end, PeerId{remote}, now_); }
void Simulation::on_refused(HostId host, HostId remote) {
  if (peers_[host]->running()) peers_[host]->on_refused(PeerId{remote}, now_);
}
void Simulation::on_accepted(HostId host, End end) { peers_[host]->on_accepted(end, now_); }
void Simulation::on_bytes(HostId host, End end, std::span<const std::byte> bytes) {
  peers_[host]->on_bytes(end, bytes, now_);
}
void Simulation::on_payload(HostId host, End end, std::uint32_t bytes) { peers_[host]->on_payload(end, bytes, now_); }
void Simulation::on_writable(HostId host, End end) {
  if (peers_[host]->running()) peers_[host]->on_writable(end, now_);
}
void Simulation::on_ended(HostId host, End end) { peers_[host]->on_ended(end, now_); }

void Simulation::on_event(HostId host, const p2p::Event& event) {
  if (std::holds_alternative<FileCompleted>(event)) {
    if (!completed_[host]) --getters_left_;
    completed_[host] = now_;
  }
  if (const auto* stored = std::get_if<PieceStored>(&event))
    for (std::uint32_t i = 0; i < readers_.size(); ++i)
      if (readers_.awaits(i, host, stored->piece))
        agenda_.add({.at = now_, .kind = Event::Kind::script, .subject = first_reader_action_ + i});
  if (referee_) referee_->on_event(host, event, now_);
  if (observer_) observer_(host, event, now_);
}
void Simulation::on_sent(HostId host, End end, std::span<const std::byte> control, std::uint32_t payload) {
  if (referee_) referee_->on_sent(host, end, control, payload, now_);
}
void Simulation::on_link(HostId, End end, bool begins) {
  if (referee_) referee_->on_link(end, begins);
}
void Simulation::on_settled(HostId host) {
  if (referee_) referee_->on_settled(host, peers_[host]->swarm().unchoked_neighbors(), now_);
}

Measures Simulation::measures() const {
  Observed o;
  o.file_size = scenario_.geometry.total_size();
  o.control_bytes = network_.control_bytes();
  for (HostId i = 0; i < scenario_.peers; ++i) {
    const HostSpec spec = scenario_.host(i);
    o.received_payload += peers_[i]->received_payload();
    o.stored_payload += peers_[i]->stored_bytes();
    if (i < scenario_.seeds) {
      o.seed_up_Bps.push_back(spec.up_Bps);
      o.seed_sent_payload += network_.sent_payload(i);
      continue;
    }
    o.leecher_up_Bps.push_back(spec.up_Bps);
    o.leecher_down_Bps.push_back(spec.down_Bps);
    if (completed_[i]) o.completion_s.push_back(seconds(*completed_[i] - started(i)));
  }
  return measure(o);
}

}  // namespace p2p::sim
