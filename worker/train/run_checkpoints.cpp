#include "worker/train/run_checkpoints.h"

#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"
#include "worker/checkpoint/kept_checkpoints.h"
#include "worker/report/log.h"

namespace dplaunch {

Progress RunCheckpoints::begin(bool resume) {
  Progress start = resume ? load_latest() : Progress();
  check_same_start(start);
  if (is_best_lost(start)) {
    log_line("the best checkpoint, of epoch " + std::to_string(start.best_epoch) +
             ", is not there any more: the next evaluation counts as the best");
    start.best_epoch = Progress().best_epoch;
    start.best_step = Progress().best_step;
    start.best_top1 = Progress().best_top1;
  }
  return start;
}

/// As rank 0 says, which writes the checkpoints, so that all ranks agree.
bool RunCheckpoints::is_best_lost(const Progress& start) {
  const bool is_lost = setup_.group.rank() == 0 && !restore_best(folder_, start);
  return setup_.group.all_gather(is_lost ? 1 : 0, setup_.device).front() != 0;
}

Progress RunCheckpoints::load_latest() {
  if (!folder_.has_checkpoint()) {
    log_line("no checkpoint in " + folder_.checkpoints().string() +
             " yet: starting from the first epoch");
    return {};
  }
  const std::filesystem::path latest = folder_.latest_checkpoint();
  const Progress progress = load_checkpoint(latest, setup_.config, tensors());
  const auto rank_buffers =
      load_rank_buffers(latest, setup_.group.size(), setup_.model.buffer_values());
  if (rank_buffers) {
    setup_.model.set_buffers((*rank_buffers)[setup_.group.rank()].to(setup_.device));
  }
  log_line("resumed from " + std::filesystem::canonical(latest).string() + ": " +
           std::to_string(progress.epochs_done) + " epochs, " +
           std::to_string(progress.steps_done) + " steps done");
  return progress;
}

/// Hosts that share no folder may have different checkpoints, or none.
void RunCheckpoints::check_same_start(const Progress& start) {
  const std::vector<std::int64_t> steps = setup_.group.all_gather(start.steps_done, setup_.device);
  for (std::size_t rank = 1; rank < steps.size(); ++rank) {
    if (steps[rank] == steps[0]) continue;
    throw Error(
        ExitCode::kUsage,
        "rank 0 goes on after step " + std::to_string(steps[0]) + ", rank " + std::to_string(rank) +
            " after step " + std::to_string(steps[rank]),
        "host 0 writes the checkpoints: copy the folder checkpoints of its run into that of "
        "each other host, and start all of them with --resume");
  }
}

void RunCheckpoints::keep_rank_buffers(const at::Tensor& own_buffers) {
  if (setup_.group.size() == 1 || !own_buffers.defined()) return;
  setup_.model.set_buffers(own_buffers);
  rank_buffers_ = setup_.model.buffers_of_all_ranks();
  setup_.model.average_buffers();
}

void RunCheckpoints::save(const Progress& progress, bool is_best) {
  if (setup_.group.rank() == 0) {
    CheckpointTensors all = tensors();
    if (rank_buffers_.defined()) all.optimizer.emplace_back(kRankBuffers, rank_buffers_);
    writer_.save(folder_, setup_.config, progress, all, is_best);
  }
  rank_buffers_.reset();
}

void RunCheckpoints::finish_writing() noexcept {
  try {
    writer_.wait();
  } catch (const std::exception& error) {
    warn_line(error.what());
  }
}

CheckpointTensors RunCheckpoints::tensors() {
  return {model_state(setup_.model.model()), setup_.optimizer->state()};
}

}  // namespace dplaunch
