// Which of several forms a client prefers: RFC 9110, section 12.5.1. Pure.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace p2p {

/// The index of the offered media type with the highest weight; of equal ones the one that is offered first. An empty
/// list, and one that takes none of them, gets the first.
std::size_t preferred(std::string_view accept, std::span<const std::string_view> offered);

}  // namespace p2p
