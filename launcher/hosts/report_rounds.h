#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <functional>

#include "base/files/json_fields.h"

namespace dplaunch {

/// What the hosts of a job report of themselves, for all of them: the newest of each, together in
/// one message. There is a round a second where something is new; of many hosts so few that rounds
/// send no more than kMostBytesPerSecond. Used on the thread of its io_context alone.
class ReportRounds {
 public:
  static constexpr double kMostBytesPerSecond = 10e6;

  /// `send`: a round's message, to all hosts.
  ReportRounds(boost::asio::io_context& io, std::size_t hosts,
               std::function<void(const Json& reports)> send);

  /// So many hosts there are from now on, none of which has said anything.
  void count_hosts(std::size_t hosts) { reports_ = Json(std::vector<Json>(hosts)); }
  void add(std::size_t host, Json report);
  /// What is new goes now.
  void flush();
  void stop() { timer_.cancel(); }

 private:
  void wait_for_round();

  boost::asio::steady_timer timer_;
  std::function<void(const Json& reports)> send_;
  Json reports_;  ///< by host; null: it has said nothing
  bool is_new_ = false;
  bool is_waiting_ = false;
};

}  // namespace dplaunch
