#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <vector>

#include "launcher/plan/launch_plan.h"
#include "launcher/process/other_hosts.h"
#include "launcher/runs/hosts_file.h"

namespace dplaunch {

/// Tells the other hosts of a job, once a second, how this one's ranks get on, and keeps what they
/// tell in the run's folder. Without other hosts it does nothing.
class ProgressExchange {
 public:
  using OwnRanks = std::function<std::vector<RankProgress>()>;

  /// `plan` and `hosts`, which may be nullptr, must outlive this.
  ProgressExchange(boost::asio::io_context& io, const LaunchPlan& plan, OtherHosts* hosts);

  /// From now on, from `io`.
  void start(OwnRanks own_ranks);
  /// All ranks have ended: says how, and no more.
  void finish();

 private:
  void exchange_later();
  void report() const;
  void keep();

  boost::asio::steady_timer timer_;
  const LaunchPlan& plan_;
  OtherHosts* hosts_;
  OwnRanks own_ranks_;
  int kept_changes_ = -1;
};

}  // namespace dplaunch
