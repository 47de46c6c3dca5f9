#include "worker/train/run_checkpoints.h"

#include <ATen/ops/zeros.h>

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
namespace {

/// Numbers below 2^53 are the same as doubles.
Progress progress_of_rank_0(const Progress& mine, ProcessGroup& group, at::Device device) {
  const auto as_double = [](std::int64_t number) { return static_cast<double>(number); };
  std::vector<double> values = {as_double(mine.epochs_done),
                                as_double(mine.steps_done),
                                as_double(mine.images_in_epoch),
                                as_double(mine.best_epoch),
                                as_double(mine.best_step),
                                mine.best_top1,
                                mine.loss_sum,
                                mine.correct,
                                mine.train_seconds};
  if (group.rank() != 0) values.assign(values.size(), 0);
  values = group.all_reduce_sum(values, device);
  const auto as_int = [](double number) { return static_cast<std::int64_t>(number); };
  return {as_int(values[0]), as_int(values[1]), as_int(values[2]),
          as_int(values[3]), as_int(values[4]), values[5],
          values[6],         values[7],         values[8]};
}

}  // namespace

Progress RunCheckpoints::begin(bool resume) {
  Start start = resume ? load_latest() : Start();
  if (!is_same_on_all(start.progress)) take_from_rank_0(start);
  if (start.rank_buffers.defined()) {
    setup_.model.set_buffers(start.rank_buffers[setup_.group.rank()].to(setup_.device));
  }
  Progress& progress = start.progress;
  if (is_best_lost(progress)) {
    log_line("the best checkpoint, of epoch " + std::to_string(progress.best_epoch) +
             ", is not there any more: the next evaluation counts as the best");
    progress.best_epoch = Progress().best_epoch;
    progress.best_step = Progress().best_step;
    progress.best_top1 = Progress().best_top1;
  }
  return progress;
}

/// As rank 0 says, which writes the checkpoints, so that all ranks agree.
bool RunCheckpoints::is_best_lost(const Progress& start) {
  const bool is_lost = setup_.group.rank() == 0 && !restore_best(folder_, start);
  return setup_.group.all_gather(is_lost ? 1 : 0, setup_.device).front() != 0;
}

RunCheckpoints::Start RunCheckpoints::load_latest() {
  if (!folder_.has_checkpoint()) {
    log_line("no checkpoint in " + folder_.checkpoints().string() +
             " yet: starting from the first epoch");
    return {};
  }
  const std::filesystem::path latest = folder_.latest_checkpoint();
  Start start;
  start.progress = load_checkpoint(latest, setup_.config, tensors());
  const auto rank_buffers =
      load_rank_buffers(latest, setup_.group.size(), setup_.model.buffer_values());
  if (rank_buffers) start.rank_buffers = *rank_buffers;
  log_line("resumed from " + std::filesystem::canonical(latest).string() + ": " +
           std::to_string(start.progress.epochs_done) + " epochs, " +
           std::to_string(start.progress.steps_done) + " steps done");
  return start;
}

/// Not on hosts that share no folder: rank 0 writes the checkpoints.
bool RunCheckpoints::is_same_on_all(const Progress& start) {
  const std::vector<std::int64_t> steps = setup_.group.all_gather(start.steps_done, setup_.device);
  for (std::size_t rank = 1; rank < steps.size(); ++rank) {
    if (steps[rank] == steps[0]) continue;
    if (steps[0] > 0) return false;
    throw Error(ExitCode::kUsage,
                "rank 0 would begin anew, and rank " + std::to_string(rank) +
                    " goes on after step " + std::to_string(steps[rank]),
                "host 0 writes the checkpoints: let the host that has them be host 0, or copy the "
                "folder checkpoints of its run into host 0's, and start all with --resume");
  }
  return true;
}

/// What the checkpoint held goes to the ranks that do not have it.
void RunCheckpoints::take_from_rank_0(Start& start) {
  const bool has_it = setup_.group.rank() == 0;
  const auto broadcast = [this](at::Tensor tensor) {
    // Dense and on the device, as a backend wants it, on all ranks alike.
    at::Tensor values = tensor.detach().to(setup_.device).contiguous().clone();
    setup_.group.broadcast_from_rank_0(values);
    tensor.detach().copy_(values);
  };
  const CheckpointTensors all = tensors();
  for (const auto& item : all.model) broadcast(item.second);
  for (const auto& item : all.optimizer) broadcast(item.second);
  const bool has_rank_buffers =
      setup_.group.all_gather(start.rank_buffers.defined() ? 1 : 0, setup_.device).front() != 0;
  if (has_rank_buffers) {
    if (!has_it) {
      start.rank_buffers = at::zeros({setup_.group.size(), setup_.model.buffer_values()});
    }
    broadcast(start.rank_buffers);
  } else {
    start.rank_buffers.reset();
  }
  start.progress = progress_of_rank_0(start.progress, setup_.group, setup_.device);
  if (!has_it) {
    log_line("goes on after step " + std::to_string(start.progress.steps_done) +
             ", with what rank 0 read from its checkpoint");
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
