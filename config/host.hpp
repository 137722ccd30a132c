// How a machine is written in the configuration files.
#pragma once

#include <string_view>

namespace p2p::config {

/// A name, an IPv4 or an IPv6 address with or without a zone, by its characters and its length alone (1 to 253 bytes);
/// whether it resolves is found out when it is dialled.
bool is_host(std::string_view host);

/// The text in the brackets that an IPv6 address may be written in, or all of it where there are none.
std::string_view without_brackets(std::string_view host);

}  // namespace p2p::config
