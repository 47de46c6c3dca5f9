#pragma once

#include <CLI/CLI.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "common/engine_variables.h"

namespace dplaunch {

/// Where the hosts of a job meet, as it is written: by dplaunch's options, or by torchrun's.
struct RawMeetingPlace {
  std::string master_addr;
  int master_port = 0;
  double timeout_s = 600;     ///< --rdzv-timeout
  std::string rdzv_backend;   ///< of torchrun, as the rest
  std::string rdzv_endpoint;  ///< "HOST:PORT"
  std::string rdzv_id;
  std::string rdzv_conf;  ///< "KEY=VALUE,..."
};

/// Declares them. torchrun's --rdzv-... say what dplaunch's own options say, so --help leaves them
/// out: lines that were written for torchrun run as they are.
void add_meeting_options(CLI::App& app, RawMeetingPlace& raw);

struct MeetingPlace {
  std::optional<Told<std::string>> address;  ///< of host 0, as all reach it
  std::optional<Told<int>> port;
  std::optional<Told<std::string>> job_id;     ///< what all of them call the job
  std::chrono::milliseconds timeout{600'000};  ///< until all are there
  /// Until a job of which hosts may be missing begins, once as many as it needs are there.
  std::chrono::milliseconds last_call{600'000};
  bool is_store_port = false;      ///< the port is for one host's store as well
  std::vector<std::string> notes;  ///< for the user: what is passed over
};

/// `is_alone`: on one host there is no meeting: with --standalone torchrun's words count for
/// nothing. Throws Error(kUsage) for what is no such value, for a backend that needs a service of
/// its own, and where two options contradict each other, naming both. The address is not checked.
MeetingPlace settle_meeting_place(const RawMeetingPlace& raw, bool is_alone, const CLI::App& app);

}  // namespace dplaunch
