# For PEER_STATIC: libraries as archives, so that the program needs glibc alone, of this machine's release or newer.
set(CMAKE_FIND_LIBRARY_SUFFIXES .a)
set(OPENSSL_USE_STATIC_LIBS TRUE)
find_package(Threads REQUIRED)

# Debian has no archive of spdlog and of fmt; both can be headers alone.
add_library(spdlog::spdlog INTERFACE IMPORTED)
target_compile_definitions(spdlog::spdlog INTERFACE SPDLOG_HEADER_ONLY SPDLOG_FMT_EXTERNAL FMT_HEADER_ONLY=1)
target_link_libraries(spdlog::spdlog INTERFACE Threads::Threads)

# libmicrohttpd's archive can serve TLS by GnuTLS, which would bring seven more libraries, some of which have no archive. We serve none:
# it initialises GnuTLS, and nothing else is ever called.
find_package(Microhttpd REQUIRED)
execute_process(COMMAND ${CMAKE_NM} -u ${MICROHTTPD_LIBRARY} OUTPUT_VARIABLE undefined ERROR_QUIET COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "gnutls_[a-z0-9_]+" undefined "${undefined}")
list(REMOVE_DUPLICATES undefined)
list(REMOVE_ITEM undefined gnutls_global_init gnutls_global_deinit)
set(text "#include <cstdlib>\nextern \"C\" {\nint gnutls_global_init() { return 0; }\nvoid gnutls_global_deinit() {}\n")
foreach(name IN LISTS undefined)
  string(APPEND text "void ${name}() { std::abort(); }\n")
endforeach()
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/no_gnutls.cpp CONTENT "${text}}\n" @ONLY)
add_library(peer_static OBJECT ${CMAKE_BINARY_DIR}/no_gnutls.cpp)
# Link-time optimisation knows of no call to what an archive of machine code needs.
set_target_properties(peer_static PROPERTIES INTERPROCEDURAL_OPTIMIZATION OFF)
target_link_options(peer_static INTERFACE -static-libstdc++ -static-libgcc -s)
