#pragma once

#include <cstdint>
#include <ctime>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/files/json_fields.h"
#include "common/run_folder.h"
#include "common/status_board.h"
#include "launcher/runs/run_summary.h"

namespace dplaunch {

// hosts.json: what a launcher knows of the other hosts of its job. Their launchers send it in the
// same form. No worker knows of it.

std::filesystem::path hosts_file(const RunFolder& folder);

/// Of a job with more ranks each host is told of as a whole.
constexpr int kMostRanksReported = 256;

/// How a rank gets on, or all of its host's where there are very many.
struct RankProgress {
  int rank = 0;
  int last_rank = 0;                 ///< the same, but for a host's summary: all from `rank` to it
  std::optional<RankStatus> status;  ///< nullopt if it never wrote to the status board
  std::optional<RankEnd> end;        ///< nullopt while it runs
  std::int64_t output_ns = 0;        ///< monotonic_ns() of its last output; 0: there was none
};

/// How a host's ranks get on, as its launcher said last.
struct HostProgress {
  int index = 0;
  std::string name;
  std::int64_t at_ns = 0;  ///< monotonic_ns() at which that was so; 0: it has said nothing yet
  std::vector<RankProgress> ranks;
  std::string lost;           ///< why the host is lost; empty: it is not
  std::time_t lost_unix = 0;  ///< since when
};

/// The host in one rank's place: the furthest behind of its ranks, and the images of all.
RankProgress summary_of(const std::vector<RankProgress>& ranks);

/// `offset_ns`: to be added to times of this clock, for the reader's.
Json to_json(const HostProgress& host, std::int64_t offset_ns);
HostProgress host_progress_from(const Json& json, std::int64_t offset_ns);

/// What a launcher knows of the others.
struct HostsRecord {
  std::string own_name;
  int own_index = 0;
  std::vector<HostProgress> others;
  /// Of this host's ranks: other than at the start of a job that has lost a host. -1: not said.
  int own_first_rank = -1;
};

/// Writes it into the folder of this host, for the start of that id. One that cannot be written is
/// left out: the job goes on.
void write_hosts(const RunFolder& folder, const std::string& start_id, const HostsRecord& record);
/// nullopt if there is none of that start that can be read: a job on one host.
std::optional<HostsRecord> read_hosts(const RunFolder& folder, const std::string& start_id);

}  // namespace dplaunch
