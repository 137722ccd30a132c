// Where a process hangs out what others may see of it: its status, and its events. The one thing that the network
// thread and the threads of readers share.
//
// A status is made by the network thread when a reader asks for one, and published as a value that never changes: a
// process that nobody looks at has no work of it but its numbers, four times a second. Events are numbered and kept.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "peer/ground/exit_code.hpp"
#include "peer/status/event_ring.hpp"
#include "peer/status/event_writer.hpp"
#include "peer/status/recorder.hpp"
#include "peer/status/status.hpp"

namespace p2p {

/// A content's name, as events have it; null where the process exchanges one content.
using ContentName = std::shared_ptr<const std::string>;

class StatusBoard {
 public:
  struct Who {
    std::uint32_t peer;
    std::string mode;
    std::optional<std::string> address = {};
    std::string version = {};
    std::string exit_when = "never";
    std::string kind = "file";
  };
  /// Runs something on the network thread, soon.
  using Post = std::function<void(std::function<void()>)>;

  /// `json_events`: a descriptor that gets each event. Throws ExitError as EventWriter.
  /// `progress`: a descriptor that gets what tell_progress() says.
  StatusBoard(Who who, Post post, std::optional<int> json_events, std::optional<int> progress = std::nullopt);
  ~StatusBoard();

  // --- network thread ------------------------------------------------------------------------------------------
  /// What adds to a status what only it knows; it should tick() first. Null: it is gone, and what was published last
  /// stays.
  void set_source(std::function<void(Status&)> source);
  void tell(const Event& event, const ContentName& content = nullptr);
  void note(Note note, const ContentName& content = nullptr);
  /// A few times a second: see StatusRecorder::tick().
  void tick(Phase phase, const Traffic& traffic, const std::function<std::optional<Wait>()>& why);
  /// Writes to_progress_json() of the status now, if somebody wants that and it is news: another phase, complete, a
  /// content that was not known, or kProgressInterval after the last.
  void tell_progress();
  static constexpr Duration kProgressInterval = std::chrono::seconds(1);
  /// What it is at now.
  void enter(Phase phase);
  /// The exit code is known: the last event.
  void leave(int code);
  /// Makes a status now and publishes it.
  void publish();

  // --- any thread ----------------------------------------------------------------------------------------------
  /// The one that was published last; never null.
  std::shared_ptr<const Status> latest() const;
  /// Has the network thread publish a newer one; no more than one at a time is under way.
  void ask();
  const EventRing& events() const { return ring_; }
  /// Called in the network thread after each publish(). To be set before anybody asks; null: nobody.
  void on_published(std::function<void()> call);

 private:
  void add(std::variant<Event, Note> what, const ContentName& content);
  void flush_soon();
  std::shared_ptr<const Status> make();

  Who who_;
  Post post_;
  std::function<void(Status&)> source_;
  EventRing ring_;
  std::optional<EventWriter> writer_;
  struct Told;
  std::optional<EventWriter> progress_;
  std::unique_ptr<Told> told_;  ///< By progress_, last.
  bool flush_due_ = false;
  StatusRecorder recorder_;
  Status::Process process_;
  Phase phase_ = Phase::starting;
  double since_;
  bool left_ = false;
  bool over_ = false;  ///< There was a source, and it is gone.
  std::atomic<bool> asked_ = false;
  mutable std::mutex mutex_;  ///< Of what follows.
  std::shared_ptr<const Status> latest_;
  std::function<void()> on_published_;
};

/// The wall clock, in seconds since 1970.
double unix_time();
/// When that was by the wall clock as it goes now.
double unix_time(Instant at);

}  // namespace p2p
