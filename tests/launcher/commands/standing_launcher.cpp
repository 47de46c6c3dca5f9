// Claims a run as dplaunch does, writes its files and status board, and waits until a signal
// asks it to end:
//   dplaunch FOLDER RANKS READY-FIFO END
// END: "stopped" records the end in summary.json at the first SIGTERM or SIGINT, "second" only at
// the second one, "silent" ends without a word, "stubborn" never ends. The FIFO gets its pid when
// all is in place.
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "common/status_board.h"
#include "launcher/runs/claim_run.h"
#include "launcher/runs/launch_record.h"

using namespace dplaunch;

namespace {

LaunchPlan plan_of(const RunFolder& folder, int ranks) {
  LaunchPlan plan;
  plan.run_folder = folder;
  plan.supervision.grace = std::chrono::milliseconds(2500);
  for (int rank = 0; rank < ranks; ++rank) {
    RankPlan& added = plan.ranks.emplace_back();
    added.environment.rank = added.environment.local_rank = rank;
    added.argv = {"/bin/true"};
  }
  return plan;
}

void write_board(const RunFolder& folder, int ranks) {
  StatusBoard board = StatusBoard::create(folder.status_board(), ranks);
  for (int rank = 0; rank < ranks; ++rank) {
    RankStatus status;
    status.phase = Phase::kTraining;
    status.activity = Activity::kForward;
    status.epoch = 2;
    status.epochs = 10;
    status.step = 30;
    status.steps_per_epoch = 100;
    status.loss = 1.25;
    status.images_per_second = 64;
    board.write(rank, status);
  }
}

void record_end(const RunFolder& folder) {
  std::ofstream(folder.summary()) << nlohmann::json{{"job",
                                                     {{"result", "stopped"},
                                                      {"exit_code", 143},
                                                      {"seconds", 61},
                                                      {"restarts", 0},
                                                      {"root_cause", nullptr}}}};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  const std::filesystem::path path = argv[1];
  const int ranks = std::atoi(argv[2]);
  const std::string end = argv[4];
  sigset_t ends;
  ::sigemptyset(&ends);
  for (const int each : {SIGTERM, SIGINT}) ::sigaddset(&ends, each);
  ::sigprocmask(SIG_BLOCK, &ends, nullptr);

  RunPlace place{path.parent_path(), path.filename().string(), "", RunKind::kTraining};
  if (std::filesystem::exists(path)) place.resumed = RunFolder(path);
  const ClaimedRun claimed = claim_run_folder(place, std::time(nullptr));
  Config config;
  config.bsize = 64;
  write_config(claimed.folder, config);
  write_launch_record(plan_of(claimed.folder, ranks), {{"dplaunch"}, "", 2, std::time(nullptr)});
  write_board(claimed.folder, ranks);
  std::ofstream(argv[3]) << ::getpid();

  int signal = 0;
  do {
    ::sigwait(&ends, &signal);
  } while (end == "stubborn");
  if (end == "second") ::sigwait(&ends, &signal);
  if (end == "silent") return 1;
  record_end(claimed.folder);
  return 128 + signal;
}
