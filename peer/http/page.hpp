// The dashboard: peer/http/dashboard.html, which is compiled in.
#pragma once

#include <string>
#include <string_view>

namespace p2p {

std::string_view dashboard();

/// A Content-Security-Policy under which a page can load nothing but what the server says of itself, and run and be
/// styled by nothing but its own <script> and <style> elements, which are named by their SHA-256.
std::string content_policy(std::string_view page);

}  // namespace p2p
