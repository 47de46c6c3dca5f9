#pragma once

#include <filesystem>
#include <iosfwd>
#include <optional>
#include <string>

#include "launcher/model/profile.h"

namespace dplaunch {

/// As typed, with units; empty: not given.
struct SimulateOptions {
  std::string world_sizes = "1..8";
  std::filesystem::path profile;
  std::filesystem::path measured;
  std::string series;
  std::string mode;
  std::string algorithm = "auto";
  // What one process does, where no file says it.
  std::string step_time;
  std::string input_wait;
  std::string evaluation;
  std::string checkpoint;
  std::string jitter;
  std::optional<double> backward_share;
  std::optional<double> batch;
  std::string gradient;
  std::optional<double> bucket_mb;
  bool no_overlap = false;
  // The network.
  std::string link;
  std::string latency;
  std::string host_link;
  std::string host_latency;
  std::optional<int> gpus_per_host;

  bool force = false;
  bool json = false;
  bool csv = false;
};

/// The profile that the options describe: a file's, with what is given besides in its place. Throws
/// Error(kUsage).
Profile described_profile(const SimulateOptions& options);

/// Predicts the step on each number of processes and prints it. Throws Error(kUsage), also for more
/// than 8 times the largest measured number of processes without --force.
int simulate(const SimulateOptions& options, std::ostream& out);

}  // namespace dplaunch
