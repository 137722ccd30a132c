// libcurl, loaded when an origin is used: it has two dozen libraries behind it, which no other process needs to load.
// Only this and origin_client.cpp know of it.
#pragma once

#include <curl/curl.h>

#include <string>

namespace p2p {

/// The functions of it that we use, under their names. Throws nothing once it is loaded.
struct Curl {
  /// Loads it, once a process; it stays. Throws std::runtime_error with what to install.
  static const Curl& get();

  decltype(&::curl_easy_init) easy_init;
  decltype(&::curl_easy_setopt) easy_setopt;
  decltype(&::curl_easy_cleanup) easy_cleanup;
  decltype(&::curl_easy_getinfo) easy_getinfo;
  decltype(&::curl_easy_pause) easy_pause;
  decltype(&::curl_easy_strerror) easy_strerror;
  decltype(&::curl_multi_init) multi_init;
  decltype(&::curl_multi_setopt) multi_setopt;
  decltype(&::curl_multi_cleanup) multi_cleanup;
  decltype(&::curl_multi_add_handle) multi_add_handle;
  decltype(&::curl_multi_remove_handle) multi_remove_handle;
  decltype(&::curl_multi_perform) multi_perform;
  decltype(&::curl_multi_poll) multi_poll;
  decltype(&::curl_multi_wakeup) multi_wakeup;
  decltype(&::curl_multi_info_read) multi_info_read;

 private:
  Curl();
};

}  // namespace p2p
