// What a store's error means for the process.
#pragma once

#include "peer/ground/exit_code.hpp"
#include "peer/storage/store_error.hpp"

namespace p2p {

inline ExitCode exit_code(StoreFault fault) {
  switch (fault) {
    case StoreFault::unusable: return ExitCode::io;
    case StoreFault::full: return ExitCode::disk_full;
    case StoreFault::mismatch: return ExitCode::content_mismatch;
    case StoreFault::no_list: return ExitCode::bad_configuration;
  }
  return ExitCode::unexpected;
}

}  // namespace p2p
