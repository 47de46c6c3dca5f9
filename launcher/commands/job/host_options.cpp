#include "launcher/commands/job/host_options.h"

#include <fmt/core.h>

#include <optional>

#include "base/error.h"
#include "base/text/words.h"
#include "common/rank_environment.h"
#include "common/torchrun_values.h"
#include "launcher/command_line/option_values.h"
#include "launcher/commands/job/check_master_addr.h"
#include "launcher/hosts/engine_hosts.h"
#include "launcher/hosts/host_token.h"

namespace dplaunch {
namespace {

constexpr char kCount[] = "--nnodes";
constexpr char kLeast[] = "--min-nodes";

/// torchrun's "1:4" is both.
void take_counts(const RawHostOptions& raw, GivenHosts& given) {
  if (raw.min_count > 0) given.least = Told<int>{raw.min_count, kLeast};
  if (raw.count.empty()) return;
  const std::optional<HostCount> count = parse_host_count(raw.count);
  if (!count) {
    throw Error(ExitCode::kUsage,
                fmt::format("{} \"{}\": not a number of hosts", kCount, raw.count),
                "N, or MIN:MAX, from 1");
  }
  given.count = count->most;
  if (count->least == count->most) return;
  if (given.least && given.least->value != count->least) {
    throw Error(ExitCode::kUsage,
                fmt::format("{} {} contradicts {} {}", kLeast, raw.min_count, kCount, raw.count),
                "MIN:MAX says both: leave one of them out");
  }
  given.least = Told<int>{count->least, kCount};
}

/// Of one host, which meets nobody: where the store listens.
void settle_store(Hosts& hosts, const MeetingPlace& meeting, bool is_own_worker) {
  if (is_own_worker) hosts.master_addr = Hosts().master_addr;
  if (!meeting.is_store_port) hosts.master_port = 0;
}

void settle_meeting(Hosts& hosts, const RawHostOptions& raw, const MeetingPlace& meeting) {
  hosts.notes.insert(hosts.notes.end(), meeting.notes.begin(), meeting.notes.end());
  hosts.rendezvous_timeout = meeting.timeout;
  hosts.last_call = meeting.last_call;
  hosts.host_timeout = from_seconds(raw.host_timeout_s);
  if (!raw.token_file.empty()) {
    hosts.token = read_token(raw.token_file);
  } else {
    hosts.token = process_variable("DPLAUNCH_TOKEN").value_or("");
  }
}

void check_least(const Hosts& hosts, const GivenHosts& given) {
  if (!given.least || given.least->value <= hosts.count) return;
  throw Error(
      ExitCode::kUsage,
      fmt::format("{} {} of {}", given.least->by, given.least->value, counted(hosts.count, "host")),
      "at most as many as --nnodes");
}

}  // namespace

void add_host_options(CLI::App& app, Hosts& hosts, RawHostOptions& raw) {
  takes(app.add_option(kCount, raw.count,
                       "hosts of the job, a dplaunch on each (as the engine says, or 1)"),
        "N")
      ->group(kHostGroup);
  takes(app.add_option(kLeast, raw.min_count,
                       "go on after a loss, and begin after --rdzv-timeout, with so many (all)"),
        "N")
      ->check(number_range(1, 1000000))
      ->group(kHostGroup);
  takes(app.add_option("--node-rank", hosts.index, "which of them this is, from 0"), "N")
      ->check(number_range(0, 1000000))
      ->group(kHostGroup);
  add_meeting_options(app, raw.meeting);
  takes(app.add_option("--token-file", raw.token_file, "a secret of the hosts (or DPLAUNCH_TOKEN)"),
        "FILE", offer::kFiles)
      ->group(kHostGroup);
  takes(app.add_option("--host-timeout", raw.host_timeout_s,
                       "for one that is silent, before it is lost (3)"),
        "SECONDS")
      ->check(seconds_range())
      ->group(kHostGroup);
}

void settle_hosts(Hosts& hosts, const RawHostOptions& raw, bool is_alone, const CLI::App& app,
                  bool is_own_worker) {
  const MeetingPlace meeting = settle_meeting_place(raw.meeting, is_alone, app);
  GivenHosts given;
  given.address = meeting.address;
  given.port = meeting.port;
  given.job_id = meeting.job_id;
  take_counts(raw, given);
  if (app.count("--node-rank") > 0) given.index = hosts.index;
  given.is_alone = is_alone || given.count == 1;
  hosts = hosts_of(given, process_variable);
  if (hosts.index >= hosts.count) {
    throw Error(ExitCode::kUsage,
                fmt::format("--node-rank {} of {}", hosts.index, counted(hosts.count, "host")),
                "hosts are counted from 0; --nnodes says how many there are");
  }
  if (given.address) check_master_addr(*given.address, hosts.count == 1);
  if (hosts.count == 1) settle_store(hosts, meeting, is_own_worker);
  settle_meeting(hosts, raw, meeting);
  check_least(hosts, given);
}

}  // namespace dplaunch
