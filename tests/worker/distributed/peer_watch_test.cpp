#include "worker/distributed/peer_watch.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <exception>
#include <future>
#include <optional>
#include <string>
#include <utility>

#include "base/error.h"

namespace dplaunch {
namespace {

/// Ends this process with the code of what nobody caught, as a worker ends.
[[noreturn]] void end_as_uncaught() {
  try {
    std::rethrow_exception(std::current_exception());
  } catch (const Error& error) {
    ::_exit(report(error, "test"));
  }
}

/// The main thread waits for ever, as one does whose kernels wait for a lost peer.
[[noreturn]] void lose_a_peer() {
  std::set_terminate(end_as_uncaught);
  std::atomic<int> asked = 0;
  const PeerWatch watch(
      [&]() -> std::optional<std::string> {
        return ++asked < 3 ? std::nullopt : std::optional<std::string>("it has gone");
      },
      std::chrono::milliseconds(1));
  for (;;) ::pause();
}

TEST(PeerWatch, EndsAProcessThatWaitsForALostPeer) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(lose_a_peer(), ::testing::ExitedWithCode(to_int(ExitCode::kRendezvous)),
              "lost the connection to another rank: it has gone");
}

TEST(PeerWatch, IsSilentAfterItsEnd) {
  std::promise<void> asked;
  {
    // Its end comes while the backend has its time to record: the destructor does not wait for it.
    const PeerWatch watch(
        [&, is_first = true]() mutable -> std::optional<std::string> {
          if (std::exchange(is_first, false)) asked.set_value();
          return "it has gone";
        },
        std::chrono::hours(1));
    asked.get_future().wait();
  }
  SUCCEED();
}

}  // namespace
}  // namespace dplaunch
