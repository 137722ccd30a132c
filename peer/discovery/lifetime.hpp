// Callbacks that may come when the object they are for has ended.
#pragma once

#include <memory>
#include <utility>

namespace p2p {

/// The first base of a class that gives callbacks away. Everything on one thread.
class Lifetime {
 protected:
  /// `action`, or nothing after the end.
  template <class Action>
  auto while_alive(Action action) const {
    return [weak = watch(), action = std::move(action)](auto&&... arguments) mutable {
      if (!weak.expired()) action(std::forward<decltype(arguments)>(arguments)...);
    };
  }

  /// Expires at the end.
  std::weak_ptr<const bool> watch() const { return alive_; }
  /// The end, where it is to come before that of the members.
  void end() { alive_.reset(); }

 private:
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace p2p
