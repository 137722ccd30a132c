// Notices that whoever started this process is gone.
//
// The other one holds a pipe to us, or a connection that ends in one, and writes something into it from time to time.
// Its end tells that he has gone; silence tells that he, or the machine or the line between, is dead without a word.
#pragma once

#include <functional>
#include <string>

#include "peer/net/asio.hpp"
#include "protocol/clock.hpp"

namespace p2p {

class Tether {
 public:
  /// Reads the descriptor from now on; what comes means nothing. Calls `gone` once: when there is no more to come, or
  /// when nothing has come for `silence`. It gets the reason, a sentence. Network thread. Throws ExitError (usage) for
  /// a descriptor that cannot be waited for, such as that of a file. The descriptor stays the caller's, and is
  /// afterwards as it was.
  Tether(asio::io_context& io, int descriptor, Duration silence, std::function<void(const std::string& why)> gone);
  ~Tether();
  Tether(const Tether&) = delete;
  Tether& operator=(const Tether&) = delete;

 private:
  void wait();
  void set_timer();
  void end(const std::string& why);

  asio::posix::stream_descriptor descriptor_;
  asio::steady_timer timer_;
  Duration silence_;
  int flags_ = 0;
  std::function<void(const std::string&)> gone_;
};

}  // namespace p2p
