#include "launcher/view/run_watch.h"

#include <sys/stat.h>

#include <utility>

#include "base/error.h"
#include "base/process/host_name.h"
#include "base/text/words.h"
#include "common/config/load_config.h"
#include "launcher/runs/metrics_file.h"

namespace dplaunch {
namespace {

/// Enough that one slow epoch changes an estimate little, few enough that it follows the machine.
constexpr std::size_t kMaxPaceEpochs = 5;

std::vector<std::string> gpu_uuids(const std::vector<RankRecord>& ranks) {
  std::vector<std::string> uuids;
  for (const RankRecord& rank : ranks) {
    if (!rank.gpu_uuid.empty()) uuids.push_back(rank.gpu_uuid);
  }
  return uuids;
}

}  // namespace

RunWatch::RunWatch(RunFolder folder, std::vector<RankRecord> ranks, std::string start_id)
    : folder_(std::move(folder)),
      ranks_(std::move(ranks)),
      start_id_(std::move(start_id)),
      gpus_(gpu_uuids(ranks_)) {}

RunView RunWatch::look(std::int64_t now_ns, bool is_live) {
  open_board();
  read_config();
  read_metrics();
  read_other_hosts();
  RunView view;
  view.is_live = is_live;
  view.now_ns = now_ns;
  view.pace = pace_;
  for (const RankRecord& rank : ranks_) {
    view.ranks.push_back(
        {rank.rank, status_of(rank), is_live ? gpus_.use_of(rank.gpu_uuid, now_ns) : std::nullopt});
  }
  add_other_hosts(view);
  return view;
}

void RunWatch::read_other_hosts() {
  const std::optional<FileStamp> stamp = stamp_of(hosts_file(folder_));
  if (stamp == hosts_stamp_) return;
  hosts_stamp_ = stamp;
  hosts_ = read_hosts(folder_, start_id_);
}

void RunWatch::add_other_hosts(RunView& view) const {
  if (!hosts_) return;
  view.other_hosts = hosts_->others;
  view.own_host = hosts_->own_name;
  view.own_index = hosts_->own_index;
  for (RankView& rank : view.ranks) {
    rank.host = short_host_name(view.own_host);
    rank.host_index = view.own_index;
  }
  for (const HostProgress& host : view.other_hosts) {
    for (const RankProgress& progress : host.ranks) {
      RankView rank{progress.rank, progress.status, {}};
      rank.host = short_host_name(host.name);
      rank.host_index = host.index;
      rank.elsewhere = progress;
      rank.told_ns = host.at_ns;
      if (!host.lost.empty()) rank.lost = local_time_text(host.lost_unix);
      view.ranks.push_back(std::move(rank));
    }
  }
}

std::optional<RunWatch::FileStamp> RunWatch::stamp_of(const std::filesystem::path& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return {};
  return FileStamp{
      info.st_ino, info.st_size,
      static_cast<std::int64_t>(info.st_mtim.tv_sec) * 1'000'000'000 + info.st_mtim.tv_nsec};
}

/// A restart makes a new board in the place of the old one.
void RunWatch::open_board() {
  std::optional<FileStamp> stamp = stamp_of(folder_.status_board());
  if (stamp) stamp->changed_ns = 0;  // it changes all the time, the file stays the same
  if (stamp == board_stamp_ && board_) return;
  board_.reset();
  board_stamp_ = stamp;
  try {
    board_.emplace(StatusBoard::open(folder_.status_board()));
    board_problem_.clear();
  } catch (const Error& error) {
    board_problem_ = error.what();
  }
}

void RunWatch::read_config() {
  const std::optional<FileStamp> stamp = stamp_of(folder_.config());
  if (stamp == config_stamp_) return;
  config_stamp_ = stamp;
  pace_.images_per_step = pace_.max_steps = 0;
  if (!stamp) return;
  try {
    const Config config = load_stored_config(folder_.config(), {}).config;
    pace_.images_per_step = config.bsize;
    pace_.max_steps = config.max_steps;
  } catch (const Error&) {
    return;  // of another version, perhaps: an estimate less
  }
}

void RunWatch::read_metrics() {
  const std::optional<FileStamp> stamp = stamp_of(folder_.metrics());
  if (stamp == metrics_stamp_) return;
  metrics_stamp_ = stamp;
  try {
    pace_.seconds_per_epoch = mean_epoch_seconds(folder_.metrics(), kMaxPaceEpochs);
  } catch (const Error&) {
    return;  // an estimate less; `status` says why when it reads the latest epoch
  }
}

std::optional<RankStatus> RunWatch::status_of(const RankRecord& rank) const {
  if (!board_ || rank.slot < 0 || rank.slot >= board_->world_size()) return {};
  RankStatus status = board_->read(rank.slot);
  if (status.updated_ns == 0) return {};
  return status;
}

}  // namespace dplaunch
