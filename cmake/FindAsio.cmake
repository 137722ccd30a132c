# Standalone Asio, which Debian ships without a CMake package.
#   Asio::Asio   headers, definitions and threads
find_package(Threads REQUIRED)
find_path(ASIO_INCLUDE_DIR asio.hpp)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Asio REQUIRED_VARS ASIO_INCLUDE_DIR)
if(Asio_FOUND AND NOT TARGET Asio::Asio)
  add_library(Asio::Asio INTERFACE IMPORTED)
  target_include_directories(Asio::Asio SYSTEM INTERFACE ${ASIO_INCLUDE_DIR})
  target_compile_definitions(Asio::Asio INTERFACE ASIO_STANDALONE)
  if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    # Asio before 1.24 looks for coroutines only where old clang had them.
    target_compile_definitions(Asio::Asio INTERFACE ASIO_HAS_CO_AWAIT ASIO_HAS_STD_COROUTINE)
  endif()
  target_link_libraries(Asio::Asio INTERFACE Threads::Threads)
endif()
mark_as_advanced(ASIO_INCLUDE_DIR)
