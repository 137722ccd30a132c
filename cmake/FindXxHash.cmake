# xxHash, which Debian ships without a CMake package.
#   XxHash::XxHash      the library
#   XXHASH_DISPATCH     whether it picks its vector instructions at run time (xxh_x86dispatch.h)
find_path(XXHASH_INCLUDE_DIR xxhash.h)
find_library(XXHASH_LIBRARY xxhash)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(XxHash REQUIRED_VARS XXHASH_LIBRARY XXHASH_INCLUDE_DIR)
if(XxHash_FOUND)
  include(CheckCXXSourceCompiles)
  set(CMAKE_REQUIRED_INCLUDES ${XXHASH_INCLUDE_DIR})
  set(CMAKE_REQUIRED_LIBRARIES ${XXHASH_LIBRARY})
  check_cxx_source_compiles(
    "#include <xxhash.h>
     #include <xxh_x86dispatch.h>
     int main() { return static_cast<int>(XXH3_128bits(\"\", 0).low64); }"
    XXHASH_DISPATCH)
  unset(CMAKE_REQUIRED_INCLUDES)
  unset(CMAKE_REQUIRED_LIBRARIES)
  if(NOT TARGET XxHash::XxHash)
    add_library(XxHash::XxHash UNKNOWN IMPORTED)
    set_target_properties(XxHash::XxHash PROPERTIES IMPORTED_LOCATION "${XXHASH_LIBRARY}")
    target_include_directories(XxHash::XxHash SYSTEM INTERFACE ${XXHASH_INCLUDE_DIR})
  endif()
endif()
mark_as_advanced(XXHASH_INCLUDE_DIR XXHASH_LIBRARY)
