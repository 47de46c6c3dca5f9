#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/status_board.h"
#include "launcher/runs/hosts_file.h"

namespace dplaunch {

/// How a rank's GPU is used.
struct GpuUse {
  std::int64_t memory_used_bytes = 0;
  std::int64_t memory_total_bytes = 0;
  int utilization_percent = -1;  ///< -1 if the driver does not say
  std::string error;             ///< why nothing is known ("GPU is lost"); empty otherwise
};

/// What is known of one rank; or, as a whole, of a host's ranks.
struct RankView {
  int rank = 0;
  std::optional<RankStatus> status;  ///< nullopt if it never wrote to the status board
  std::optional<GpuUse> gpu;         ///< nullopt on the CPU, and of another host's
  std::string host = {};             ///< its short name; empty: the job has one host
  int host_index = 0;
  /// Of another host's: what its launcher said last.
  std::optional<RankProgress> elsewhere = {};
  std::int64_t told_ns = 0;  ///< when that was; 0: never
  std::string lost = {};     ///< the host is lost: since when
};

/// "[4]", "[node1:4]", "[node1:8-15]": of all ranks of a host in one line.
std::string rank_words(const RankView& rank);

/// What the ranks do not say themselves, but an estimate needs. 0 where it is not known.
struct Pace {
  std::int64_t images_per_step = 0;  ///< of one rank
  std::int64_t max_steps = 0;        ///< at which the run ends, if that is before its last epoch
  double seconds_per_epoch = 0;      ///< measured over the latest epochs, with their evaluation
};

/// One moment of a run: all that is drawn of it.
struct RunView {
  bool is_live = true;  ///< the ranks run and their clock is ours: a heartbeat can be missed
  std::int64_t now_ns = 0;
  std::vector<RankView> ranks;
  Pace pace;
  std::vector<HostProgress> other_hosts = {};  ///< empty: the job has one
  std::string own_host = {};                   ///< of a job on several: this one's name
  int own_index = 0;
};

/// With one line a rank, or a host where there are many.
std::vector<RankView> shown_ranks(const RunView& run);

}  // namespace dplaunch
