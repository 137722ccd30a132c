#include "peer/keys/secret.hpp"

#include <sys/prctl.h>

#include <cerrno>
#include <system_error>

namespace p2p {

void keep_memory_private() {
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
    throw std::system_error(errno, std::generic_category(), "keep the memory of this process private");
}

}  // namespace p2p
