// Why a store cannot be used, for the user to mend. Errors of single system calls are std::system_error.
#pragma once

#include <stdexcept>
#include <string>

namespace p2p {

enum class StoreFault {
  unusable,  ///< The operating system, or another process, does not let us.
  full,      ///< There is no room.
  mismatch,  ///< Files are there that are something else than they should be.
  no_list,   ///< The list that says which files there should be is missing.
};

class StoreError : public std::runtime_error {
 public:
  StoreError(StoreFault fault, const std::string& message) : std::runtime_error(message), fault_(fault) {}
  StoreFault fault() const { return fault_; }

 private:
  StoreFault fault_;
};

}  // namespace p2p
