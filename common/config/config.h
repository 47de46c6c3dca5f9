#pragma once

#include <cstdint>
#include <string>

namespace dplaunch {

/// `bsize: auto`: the worker takes what fits into its memory.
inline constexpr std::int64_t kAutoBsize = 0;

/// Everything that can be set for a training run, with the defaults that make the seed program's
/// two files
/// (`root workers bsize epochs lr`) run as they are. The meaning, range and help text of each key
/// stand in config_keys.cpp; `dplaunch --show-config` prints them resolved.
struct Config {
  // Data.
  std::string root = "./data";
  std::int64_t workers = 8;      ///< data-loading threads of the job on this host, over all ranks
  std::int64_t bsize = 256;      ///< images per process and step, or kAutoBsize
  std::int64_t limit_train = 0;  ///< use only the first N training images; 0 = all
  std::int64_t limit_test = 0;   ///< use only the first N test images; 0 = all
  std::int64_t validation = 0;   ///< training images held out and evaluated in the test set's place
  std::int64_t crop_padding = 4;
  std::string crop_fill = "zero";
  bool flip = true;
  std::int64_t cutout = 0;      ///< side of the erased square in pixels; 0 = none
  std::string loader = "auto";  ///< who assembles batches

  // Model.
  std::string model = "resnet18";
  std::int64_t width = 0;  ///< channels of the first stage; 0 = the model's own
  std::string norm = "batch";

  // Optimization.
  std::int64_t epochs = 50;
  std::int64_t max_steps = 0;  ///< stop after this many steps in all; 0 = no limit
  std::string optimizer = "adam";
  double lr = 0.001;
  std::string lr_scaling = "none";
  std::int64_t lr_base_batch = 128;
  double lr_cap = 0;  ///< upper bound of the scaled rate; 0 = none
  std::string schedule = "constant";
  double warmup_epochs = 0;
  double momentum = 0.9;
  bool nesterov = true;
  double weight_decay = 0;
  bool decay_norm_and_bias = false;
  double label_smoothing = 0;
  std::int64_t accumulate = 1;  ///< parts in which a step's batch goes through the model
  double clip_grad_norm = 0;    ///< upper bound of the gradient's norm; 0 = none

  // Execution.
  std::string precision = "auto";
  std::string memory_format = "auto";
  std::string fused_norm = "auto";
  std::string cuda_graph = "auto";
  double bucket_mb = 4;
  std::string compress = "none";
  bool deterministic = false;  ///< on a GPU: kernels that repeat a result bit for bit
  bool step_times = false;     ///< each step of each rank is written down
  bool group_of_one = false;   ///< one process too averages its gradients, with itself
  double timeout_s = 600;      ///< rendezvous and collectives
  std::int64_t seed = 0;

  // What the run leaves behind.
  std::string runs = "./runs";
  std::string name;  ///< folder below `runs`; empty = made from the model and the time
  std::int64_t evaluate_every = 1;
  std::int64_t checkpoint_every = 1;
  std::int64_t keep_checkpoints = 3;
  std::int64_t log_every = 50;

  bool operator==(const Config&) const = default;
};

}  // namespace dplaunch
