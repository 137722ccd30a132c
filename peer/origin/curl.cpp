#include "peer/origin/curl.hpp"

#include <dlfcn.h>

#include <stdexcept>

namespace p2p {
namespace {

void* load() {
  // The same library, by whatever it seals with.
  for (const char* const name : {"libcurl.so.4", "libcurl-gnutls.so.4"})
    if (void* const library = ::dlopen(name, RTLD_NOW | RTLD_LOCAL)) return library;
  throw std::runtime_error("libcurl cannot be loaded; install libcurl4 (Debian 12) or libcurl4t64 (Debian 13, Ubuntu)");
}

template <class Function>
void find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
  if (!function) throw std::runtime_error(std::string("libcurl is too old: it has no ") + name);
}

}  // namespace

const Curl& Curl::get() {
  static const Curl curl;
  return curl;
}

Curl::Curl() {
  void* const library = load();
  find(library, "curl_easy_init", easy_init);
  find(library, "curl_easy_setopt", easy_setopt);
  find(library, "curl_easy_cleanup", easy_cleanup);
  find(library, "curl_easy_getinfo", easy_getinfo);
  find(library, "curl_easy_pause", easy_pause);
  find(library, "curl_easy_strerror", easy_strerror);
  find(library, "curl_multi_init", multi_init);
  find(library, "curl_multi_setopt", multi_setopt);
  find(library, "curl_multi_cleanup", multi_cleanup);
  find(library, "curl_multi_add_handle", multi_add_handle);
  find(library, "curl_multi_remove_handle", multi_remove_handle);
  find(library, "curl_multi_perform", multi_perform);
  find(library, "curl_multi_poll", multi_poll);
  find(library, "curl_multi_wakeup", multi_wakeup);
  find(library, "curl_multi_info_read", multi_info_read);
  decltype(&::curl_global_init) global_init = nullptr;
  find(library, "curl_global_init", global_init);
  if (global_init(CURL_GLOBAL_ALL) != CURLE_OK) throw std::runtime_error("libcurl cannot be initialized");
}

}  // namespace p2p
