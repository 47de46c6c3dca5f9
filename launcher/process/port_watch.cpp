#include "launcher/process/port_watch.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "base/monotonic_clock.h"
#include "base/process/describe_process.h"
#include "base/process/process_table.h"
#include "base/process/tcp_listener.h"

namespace dplaunch {
namespace {

// Often while the ranks start, seldom in a job that never listens.
constexpr std::chrono::milliseconds kShortest{50};
constexpr std::chrono::milliseconds kLongest{1000};
constexpr int kPartOfRuntime = 20;

struct Holder {
  bool is_of_job = false;    ///< or may be: a process of the job does not show what it holds
  std::optional<pid_t> pid;  ///< of a stranger, where it is seen
};

Holder holder_of(const TcpListener& listener, const ProcessMark& job) {
  Holder holder;
  for (const ProcessEntry& process : list_processes()) {
    const HoldsSocket holds = holds_socket(process.pid, listener.inode);
    if (holds == HoldsSocket::kNo) continue;
    if (job.is_on(process.pid)) return {true, {}};
    if (holds == HoldsSocket::kYes) holder.pid = process.pid;
  }
  return holder;
}

std::string describe_stranger(const TcpListener& listener, const Holder& holder) {
  const std::string user = "user " + user_name(listener.user);
  if (!holder.pid) return user;
  return fmt::format("{}, process {} ({})", user, *holder.pid,
                     describe_process(*holder.pid).command);
}

}  // namespace

void PortWatch::start(int port, std::function<void(const std::string&)> on_stranger) {
  port_ = port;
  on_stranger_ = std::move(on_stranger);
  started_ns_ = monotonic_ns();
  if (port_ != 0) look_later();
}

void PortWatch::look() {
  if (port_ == 0) return;
  const std::optional<TcpListener> listener = tcp_listener(port_);
  if (!listener) return;
  const int port = std::exchange(port_, 0);
  const Holder holder = holder_of(*listener, job_);
  // One of this user's that nobody holds any more is not worth a word.
  if (holder.is_of_job || (!holder.pid && listener->user == ::geteuid())) return;
  stranger_ = fmt::format("port {}, promised to rank 0 as MASTER_PORT, was taken by {}", port,
                          describe_stranger(*listener, holder));
  on_stranger_(stranger_);
}

void PortWatch::look_later() {
  const std::chrono::nanoseconds runtime(monotonic_ns() - started_ns_);
  timer_.expires_after(
      std::clamp<std::chrono::nanoseconds>(runtime / kPartOfRuntime, kShortest, kLongest));
  timer_.async_wait([this](boost::system::error_code error) {
    if (error) return;
    look();
    if (port_ != 0) look_later();
  });
}

}  // namespace dplaunch
