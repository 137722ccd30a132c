#include "peer/discovery/address.hpp"

#include <asio.hpp>

#include "config/host.hpp"
#include "config/text.hpp"

namespace p2p {
std::string to_string(const Address& address) {
  const bool is_v6 = address.host.find(':') != std::string::npos;
  return (is_v6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

std::string to_string(const std::vector<Address>& addresses) {
  std::string text;
  for (const Address& address : addresses) {
    if (!text.empty()) text += ", ";
    text += to_string(address);
  }
  return text;
}

std::optional<Address> parse_address(std::string_view text, std::optional<std::uint16_t> usual_port) {
  const std::size_t bracket = text.rfind(']');
  const std::size_t colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
  std::string_view host = text.substr(0, colon);
  const bool has_port = colon != std::string_view::npos;
  const std::uint64_t port =
      has_port ? config::parse_integer(text.substr(colon + 1), 1, 65'535).value_or(0) : usual_port.value_or(0);
  const bool bracketed = host.starts_with('[');
  host = config::without_brackets(host);
  // Without brackets nobody can tell where an IPv6 address ends.
  if (port == 0 || !config::is_host(host) || (host.find(':') != std::string_view::npos) != bracketed)
    return std::nullopt;
  return Address{std::string(host), static_cast<std::uint16_t>(port)};
}

std::vector<Rendezvous> to_rendezvous(const std::vector<Address>& addresses) {
  std::vector<Rendezvous> all;
  for (const Address& address : addresses) all.push_back({address.host, address.port});
  return all;
}

bool is_loopback(const std::string& host) {
  std::error_code not_literal;
  const auto literal = asio::ip::make_address(host, not_literal);
  return not_literal ? host == "localhost" : literal.is_loopback();
}

}  // namespace p2p
