// How the process ends, for scripts and for people.
#pragma once

#include <stdexcept>
#include <string>

namespace p2p {

enum class ExitCode : int {
  complete = 0,
  unexpected = 1,
  timeout = 2,
  not_all_heard_of = 3,  ///< Complete here, and neighbors that left unfinished have not been seen for the patience.
  network = 6,
  interrupted = 7,
  disk_full = 9,
  io = 17,
  usage = 28,
  content_mismatch = 32,
  bad_configuration = 64,
  port_in_use = 65,
  not_authorised = 66,  ///< A key is missing, is not the one that is expected, or could be read by others.
};

/// Ends the process: the message goes to stderr, the code to the caller. For what the user must mend.
class ExitError : public std::runtime_error {
 public:
  ExitError(ExitCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  ExitCode code() const { return code_; }

 private:
  ExitCode code_;
};

}  // namespace p2p
