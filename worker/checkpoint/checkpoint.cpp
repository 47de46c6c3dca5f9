#include "worker/checkpoint/checkpoint.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <torch/headeronly/version.h>

#include <charconv>
#include <cstring>
#include <map>
#include <set>
#include <system_error>

#include "base/error.h"
#include "base/text/parse_number.h"
#include "base/text/words.h"
#include "common/config/load_config.h"
#include "common/record_keys.h"
#include "common/safetensors.h"
#include "worker/checkpoint/kept_checkpoints.h"

namespace dplaunch {
namespace {

namespace fs = std::filesystem;

const std::map<at::ScalarType, std::string>& dtype_names() {
  static const std::map<at::ScalarType, std::string> names = {
      {at::kFloat, "F32"}, {at::kDouble, "F64"}, {at::kBFloat16, "BF16"}, {at::kLong, "I64"}};
  return names;
}

std::string exact_text(double value) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

std::map<std::string, std::string> metadata(const Config& config, const Progress& progress) {
  return {{checkpoint_key::kFormat, "pt"},
          {kFormatVersion, std::to_string(kRecordFormat)},
          {checkpoint_key::kDplaunchVersion, DPLAUNCH_VERSION},
          {checkpoint_key::kTorchVersion, TORCH_VERSION},
          {checkpoint_key::kModel, config.model},
          {checkpoint_key::kOptimizer, config.optimizer},
          {checkpoint_key::kSeed, std::to_string(config.seed)},
          {checkpoint_key::kConfig, to_yaml(config)},
          {checkpoint_key::kEpoch, std::to_string(progress.epochs_done)},
          {checkpoint_key::kStep, std::to_string(progress.steps_done)},
          {checkpoint_key::kImagesInEpoch, std::to_string(progress.images_in_epoch)},
          {checkpoint_key::kBestEpoch, std::to_string(progress.best_epoch)},
          {checkpoint_key::kBestStep, std::to_string(progress.best_step)},
          {checkpoint_key::kBestTop1, exact_text(progress.best_top1)},
          {checkpoint_key::kEpochLossSum, exact_text(progress.loss_sum)},
          {checkpoint_key::kEpochCorrect, exact_text(progress.correct)},
          {checkpoint_key::kEpochTrainSeconds, exact_text(progress.train_seconds)}};
}

/// All tensors under the names of the file, dense in host memory in row-major order.
std::vector<std::pair<std::string, at::Tensor>> host_tensors(const CheckpointTensors& tensors) {
  std::vector<std::pair<std::string, at::Tensor>> host;
  const auto add = [&](const std::string& name, const at::Tensor& tensor) {
    host.emplace_back(name, tensor.detach().to(at::kCPU).contiguous(at::MemoryFormat::Contiguous));
  };
  for (const auto& [name, tensor] : tensors.model) add(name, tensor);
  for (const auto& [name, tensor] : tensors.optimizer) add(kOptimizerPrefix + name, tensor);
  return host;
}

/// The elements in the order of memory, a view where they lie without gaps.
at::Tensor in_memory_order(const at::Tensor& tensor) {
  return tensor.is_non_overlapping_and_dense() ? tensor.as_strided({tensor.numel()}, {1})
                                               : tensor.flatten();
}

/// Replaces the tensors, of one device and type, by copies in one block of the host's memory, to
/// which they go together: a copy of its own for each would be hundreds of waits for a GPU.
void move_to_host(const std::vector<at::Tensor*>& tensors) {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> flat;
  for (const at::Tensor* tensor : tensors) flat.push_back(in_memory_order(tensor->detach()));
  const at::Tensor block = at::cat(flat).cpu();
  std::int64_t offset = 0;
  for (at::Tensor* tensor : tensors) {
    const bool has_gaps = !tensor->is_non_overlapping_and_dense();
    const at::Tensor part = block.narrow(0, offset, tensor->numel());
    offset += tensor->numel();
    *tensor =
        has_gaps ? part.view(tensor->sizes()) : part.as_strided(tensor->sizes(), tensor->strides());
  }
}

TensorView view_of(const std::string& name, const at::Tensor& tensor) {
  return {name, dtype_names().at(tensor.scalar_type()), tensor.sizes().vec(),
          tensor.const_data_ptr(), tensor.nbytes()};
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::vector<std::string> sizes;
  for (const std::int64_t size : shape) sizes.push_back(std::to_string(size));
  const std::string list = joined(sizes, ",");
  return "[" + list + "]";
}

/// What to try instead of a damaged file.
std::string other_checkpoints_hint(const fs::path& file) {
  std::error_code error;
  const fs::path real = fs::canonical(file, error);
  const fs::path folder = file.parent_path();
  std::vector<std::string> others = checkpoint_names(folder);
  std::erase(others, real.filename().string());
  if (others.empty()) return "there is no other checkpoint in " + folder.string();
  return "point " + file.string() + " at another checkpoint of this run (ln -sfn NAME " +
         file.string() + "): " + joined(others);
}

class Loader {
 public:
  /// `other_model_hint` says what to do with a checkpoint of another model.
  Loader(const fs::path& path, const Config& config, const char* other_model_hint)
      : path_(path),
        config_(config),
        other_model_hint_(other_model_hint),
        file_(SafetensorsFile::open(path)) {}

  void check_model() const {
    if (file_.metadata().contains(kFormatVersion)) {
      refuse_newer(number<std::int64_t>(kFormatVersion), path_);
    }
    const std::string model = text(checkpoint_key::kModel);
    if (model != config_.model) {
      fail("a checkpoint of model " + model + ", but the configuration says model " +
           config_.model);
    }
  }

  void copy_into(const std::string& name, at::Tensor tensor) const {
    const TensorView* stored = file_.find(name);
    if (stored == nullptr)
      fail("no tensor \"" + name + "\": a checkpoint of another model or optimizer");
    const std::string& dtype = dtype_names().at(tensor.scalar_type());
    const bool is_narrow = stored->dtype == dtype_names().at(at::kBFloat16);
    const bool fits = stored->dtype == dtype || (is_narrow && tensor.scalar_type() == at::kFloat);
    if (!fits || stored->shape != tensor.sizes().vec()) {
      fail("tensor \"" + name + "\" is " + stored->dtype + " " + shape_text(stored->shape) +
           " in the file and " + dtype + " " + shape_text(tensor.sizes().vec()) +
           " in this model: a checkpoint of another model");
    }
    // By way of memcpy: the file need not be aligned.
    const at::Tensor source =
        at::empty(stored->shape, is_narrow ? at::kBFloat16 : tensor.scalar_type());
    std::memcpy(source.mutable_data_ptr(), stored->data, stored->size_bytes);
    tensor.detach().copy_(source);
  }

  /// The file must not hold more than what was asked for (the optimizer's state may be left).
  void check_nothing_left(const CheckpointTensors& tensors) const {
    std::set<std::string> wanted{kOptimizerPrefix + std::string(kRankBuffers)};
    for (const auto& item : tensors.model) wanted.insert(item.first);
    for (const auto& item : tensors.optimizer) wanted.insert(kOptimizerPrefix + item.first);
    for (const TensorView& stored : file_.tensors()) {
      const bool is_optimizer = stored.name.starts_with(kOptimizerPrefix);
      if (wanted.contains(stored.name) || (is_optimizer && tensors.optimizer.empty())) continue;
      fail("tensor \"" + stored.name +
           "\" has no place here: a checkpoint of another model or optimizer");
    }
  }

  Progress progress() const {
    Progress progress;
    progress.epochs_done = number<std::int64_t>(checkpoint_key::kEpoch);
    progress.steps_done = number<std::int64_t>(checkpoint_key::kStep);
    progress.images_in_epoch = number<std::int64_t>(checkpoint_key::kImagesInEpoch);
    progress.best_epoch = number<std::int64_t>(checkpoint_key::kBestEpoch);
    progress.best_top1 = number<double>(checkpoint_key::kBestTop1);
    progress.loss_sum = number<double>(checkpoint_key::kEpochLossSum);
    progress.correct = number<double>(checkpoint_key::kEpochCorrect);
    progress.train_seconds = number<double>(checkpoint_key::kEpochTrainSeconds);
    if (progress.epochs_done < 0 || progress.steps_done < 0 || progress.images_in_epoch < 0) {
      fail("negative epoch or step in its metadata");
    }
    return progress;
  }

 private:
  std::string text(const std::string& key) const {
    const auto found = file_.metadata().find(key);
    if (found == file_.metadata().end()) fail("no \"" + key + "\" in its metadata");
    return found->second;
  }

  template <typename Number>
  Number number(const std::string& key) const {
    const std::string value = text(key);
    const std::optional<Number> number = parse_number<Number>(value);
    if (!number) fail(key + ": \"" + value + "\" is not a number");
    return *number;
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ExitCode::kStorage, path_.string() + ": " + what, other_model_hint_);
  }

  fs::path path_;
  const Config& config_;
  const char* other_model_hint_;
  SafetensorsFile file_;
};

}  // namespace

CheckpointTensors host_copy(const CheckpointTensors& tensors) {
  CheckpointTensors copy = tensors;
  std::vector<at::Tensor*> all;
  for (auto& item : copy.model) all.push_back(&item.second);
  for (auto& item : copy.optimizer) all.push_back(&item.second);
  using Kind = std::pair<at::DeviceType, at::ScalarType>;
  std::map<Kind, std::vector<at::Tensor*>> of_kind;
  for (at::Tensor* tensor : all) {
    of_kind[{tensor->device().type(), tensor->scalar_type()}].push_back(tensor);
  }
  for (const auto& item : of_kind) move_to_host(item.second);
  return copy;
}

std::optional<at::Tensor> load_rank_buffers(const fs::path& file, std::int64_t ranks,
                                            std::int64_t values) {
  const SafetensorsFile stored = SafetensorsFile::open(file);
  const TensorView* view = stored.find(std::string(kOptimizerPrefix) + kRankBuffers);
  const std::vector<std::int64_t> shape = {ranks, values};
  if (view == nullptr || view->shape != shape || view->dtype != dtype_names().at(at::kFloat)) {
    return std::nullopt;
  }
  const at::Tensor buffers = at::empty(shape, at::kFloat);
  std::memcpy(buffers.mutable_data_ptr(), view->data, view->size_bytes);
  return buffers;
}

void save_checkpoint(const RunFolder& folder, const Config& config, const Progress& progress,
                     const CheckpointTensors& tensors, bool is_best) {
  const auto host = host_tensors(tensors);
  std::vector<TensorView> views;
  for (const auto& [name, tensor] : host) views.push_back(view_of(name, tensor));
  folder.check_ours();
  std::error_code ignored;  // If it cannot be made, writing the file says so.
  fs::create_directory(folder.checkpoints(), ignored);
  write_safetensors(folder.checkpoints() / checkpoint_name(progress), views,
                    metadata(config, progress));
  publish_checkpoint(folder, progress, is_best, config.keep_checkpoints);
}

Progress load_checkpoint(const fs::path& file, const Config& config,
                         const CheckpointTensors& tensors) {
  try {
    const at::NoGradGuard no_grad;
    const Loader loader(
        file, config,
        "resume with the configuration of that run, or start a new run under another name");
    loader.check_model();
    for (const auto& [name, tensor] : tensors.model) loader.copy_into(name, tensor);
    for (const auto& [name, tensor] : tensors.optimizer) {
      loader.copy_into(kOptimizerPrefix + name, tensor);
    }
    loader.check_nothing_left(tensors);
    return loader.progress();
  } catch (const Error& error) {
    if (!error.hint().empty()) throw;
    throw Error(error.code(), error.what(), other_checkpoints_hint(file));
  }
}

void load_model(const fs::path& file, const Config& config,
                const std::vector<std::pair<std::string, at::Tensor>>& model) {
  const at::NoGradGuard no_grad;
  const Loader loader(file, config, "the checkpoint's own model, width and norm fit it");
  loader.check_model();
  for (const auto& [name, tensor] : model) loader.copy_into(name, tensor);
  loader.check_nothing_left({model, {}});
}

}  // namespace dplaunch
