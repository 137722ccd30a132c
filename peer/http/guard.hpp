// Who may read: pure decisions about what a request says.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace p2p {

/// Whether a Host header names this machine: a loopback name or address, or `own`, the host under which the server was
/// started, with whatever port. A page of somebody else's whose name was made to mean this machine says its own name
/// (DNS rebinding), so that it is refused. Where `own` is all addresses (0.0.0.0, ::), any literal address will do,
/// because those are no names.
bool is_own_host(std::string_view header, std::string_view own);

/// Whether a Host header, with whatever port, is one of these names.
bool is_named(std::string_view header, std::span<const std::string> names);

/// Whether an Authorization header has this token. Takes as long wherever they differ.
bool has_token(std::string_view header, std::string_view token);

/// The same of the scheme Basic (RFC 7617): the token is the password, whatever the user is called. Programs that only
/// know users and passwords say it so.
bool has_basic_token(std::string_view header, std::string_view token);

/// What makes a token: 16 to 256 visible ASCII characters. Empty: it is one, else what is wrong with it, without any
/// of it.
std::string token_fault(std::string_view token);

}  // namespace p2p
