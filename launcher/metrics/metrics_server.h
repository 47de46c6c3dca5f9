#pragma once

#include <functional>
#include <memory>
#include <string>

#include "launcher/plan/launch_plan.h"

namespace dplaunch {

/// Answers Prometheus over HTTP. Nobody who asks can hurt the job: a few connections at once, each
/// for a few seconds and with a short request, the text made once a second at most, and all of it
/// on a thread of its own, which takes no signals. There is that thread from start() to stop()
/// alone: none is there while ranks are forked, which might wait for its locks without end.
class MetricsServer {
 public:
  /// `all_hosts`: with the ranks of other hosts.
  using Text = std::function<std::string(bool all_hosts)>;

  /// Takes the port. Throws Error(kUsage) that names it if it is not to be had.
  explicit MetricsServer(const MetricsPlace& place);
  ~MetricsServer();
  MetricsServer(const MetricsServer&) = delete;
  MetricsServer& operator=(const MetricsServer&) = delete;

  /// "http://127.0.0.1:9400/metrics".
  std::string url() const;

  /// Answers from now on. `text` is called on the thread, and must own what it uses: a driver that
  /// does not answer is not waited for.
  void start(Text text);
  /// Ends all connections; those who ask meanwhile wait for the next start().
  void stop();

 private:
  class Service;
  std::shared_ptr<Service> service_;
};

}  // namespace dplaunch
