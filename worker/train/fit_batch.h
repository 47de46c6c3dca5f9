#pragma once

#include <cstdint>

#include "common/config/config.h"
#include "worker/distributed/distributed_data_parallel.h"
#include "worker/report/status_writer.h"

namespace dplaunch {

/// The largest batch that `bsize: auto` takes: a GPU's speed levels off there, and a larger one
/// needs another recipe.
inline constexpr std::int64_t kMaxAutoBatch = 512;

/// Images per process and step, measured against the device's free memory before the first epoch:
/// `config.bsize` if it fits, or for `bsize: auto` the largest power of two up to kMaxAutoBatch
/// that fits and that `trained_images` suffice for. Throws Error(kDevice) that names the largest
/// bsize that fits.
///
/// On a GPU, where trying is harmless, the batch is tried. On the CPU, where the kernel would kill
/// the process, what it takes is predicted from two small ones. Model and random numbers are left
/// as they were. A collective: the rank with the least memory decides for all. `reserved_bytes` are
/// for what will be allocated later. `status` shows a sign of life at every trial; after 30 s of
/// them the batch is halved in place of being lowered step by step.
std::int64_t fit_batch(const Config& config, DistributedDataParallel& model, ProcessGroup& group,
                       at::Device device, std::int64_t trained_images, std::int64_t reserved_bytes,
                       StatusWriter& status);

}  // namespace dplaunch
