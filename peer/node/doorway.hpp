// The shell of the door (protocol/door): reads what callers say, carries out what the door decides, writes texts.
//
// Every accepted connection goes through here first. A caller's stream is wrapped, so that the door hears when it is
// used and when it is gone, whoever has it by then, and can end it when its place is needed. Everything on the network
// thread.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "peer/net/stream.hpp"
#include "protocol/door/door.hpp"
#include "protocol/swarm/events.hpp"
#include "protocol/wire/introduction.hpp"

namespace p2p {

class Doorway {
 public:
  struct Hooks {
    /// This caller takes part in the exchange of the content that it names. Its handshake is read.
    std::function<void(StreamPtr, const Admit&)> exchange;
    /// The text for a manifest's or catalog's caller; null: an empty message.
    std::function<std::shared_ptr<const std::string>(Use, const ContentPrefix&)> text;
    /// The text for somebody who asks for members and introduces himself so; null: an empty message. May be null where
    /// nobody is let in for that.
    std::function<std::shared_ptr<const std::string>(const Remote&, const Introduction&)> members = {};
    /// A caller was dismissed, or went before it was anything's; not one that asked for what is not here. May be null.
    std::function<void(const StrangerClosed&)> turned_away = {};
  };

  /// `uses` outlives this.
  Doorway(asio::io_context& io, PeerId self, const DoorLimits& limits, const DoorUses& uses, Hooks hooks);
  ~Doorway();
  Doorway(const Doorway&) = delete;
  Doorway& operator=(const Doorway&) = delete;

  void accept(StreamPtr stream);
  /// From now on; nobody is sent away because of it.
  void set_limits(const DoorLimits& limits);
  /// The process has no descriptor left. False: nobody can be sent away.
  bool make_room();
  /// Whether somebody has connected whose handshake has not come yet.
  bool anybody_greets() const;
  /// Nobody is let in any more. Links go on, and so do texts that are on their way.
  void close();

 private:
  struct Room;
  std::shared_ptr<Room> room_;  ///< Streams and coroutines may outlive this.
};

}  // namespace p2p
