# OpenDHT. Debian's CMake package of it names targets that nobody defines, so it is looked for by hand; and its headers
# need those of msgpack and GnuTLS, so it counts only when something compiles with it.
#   OpenDHT::OpenDHT
find_package(Threads REQUIRED)
find_path(OPENDHT_INCLUDE_DIR opendht/dhtrunner.h)
find_library(OPENDHT_LIBRARY opendht)
if(OPENDHT_INCLUDE_DIR AND OPENDHT_LIBRARY)
  include(CheckCXXSourceCompiles)
  set(CMAKE_REQUIRED_INCLUDES ${OPENDHT_INCLUDE_DIR})
  set(CMAKE_REQUIRED_LIBRARIES ${OPENDHT_LIBRARY} Threads::Threads)
  check_cxx_source_compiles("#include <opendht/dhtrunner.h>
                             int main() { dht::DhtRunner node; }" OPENDHT_WORKS)
  unset(CMAKE_REQUIRED_INCLUDES)
  unset(CMAKE_REQUIRED_LIBRARIES)
endif()
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(OpenDHT REQUIRED_VARS OPENDHT_LIBRARY OPENDHT_INCLUDE_DIR OPENDHT_WORKS)
if(OpenDHT_FOUND AND NOT TARGET OpenDHT::OpenDHT)
  add_library(OpenDHT::OpenDHT UNKNOWN IMPORTED)
  set_target_properties(OpenDHT::OpenDHT PROPERTIES IMPORTED_LOCATION "${OPENDHT_LIBRARY}")
  target_include_directories(OpenDHT::OpenDHT SYSTEM INTERFACE ${OPENDHT_INCLUDE_DIR})
  target_link_libraries(OpenDHT::OpenDHT INTERFACE Threads::Threads)
endif()
mark_as_advanced(OPENDHT_INCLUDE_DIR OPENDHT_LIBRARY)
