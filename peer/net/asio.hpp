// Asio as this project uses it: coroutines whose operations return (error_code, result) instead of throwing.
//
// House rules, because GCC 12 generates wrong code otherwise: no capturing lambda is a coroutine; a co_await never
// stands inside a condition, a conditional expression (||, &&, ?:) or beside a braced initializer list, its result
// gets a name first. The awaitable operators && and || are not used (cancelling them is not safe in this version):
// a deadline closes the socket, and that ends its loops.
#pragma once

#include <asio.hpp>
#include <asio/experimental/as_tuple.hpp>
#include <exception>
#include <utility>

namespace p2p {

using tcp = asio::ip::tcp;

constexpr auto use_result = asio::experimental::as_tuple(asio::use_awaitable);

/// Starts a coroutine that nobody waits for. An exception in it comes out of io_context::run(), instead of being lost.
template <class Executor>
void spawn(Executor&& executor, asio::awaitable<void> coroutine) {
  asio::co_spawn(std::forward<Executor>(executor), std::move(coroutine), [](const std::exception_ptr& thrown) {
    if (thrown) std::rethrow_exception(thrown);
  });
}

}  // namespace p2p
