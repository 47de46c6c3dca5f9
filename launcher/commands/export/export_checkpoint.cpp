#include "launcher/commands/export/export_checkpoint.h"

#include <fmt/core.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <deque>
#include <ostream>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/text/printable.h"
#include "common/checkpoint_format.h"
#include "common/config/load_config.h"
#include "common/safetensors.h"
#include "launcher/runs/checkpoint_config.h"
#include "launcher/runs/find_checkpoint.h"

namespace dplaunch {
namespace {

namespace fs = std::filesystem;

/// Of the run, not of the model: no business of whoever gets the file.
constexpr std::array<std::string_view, 8> kDropped = {
    checkpoint_key::kBestStep,      checkpoint_key::kOptimizer,
    checkpoint_key::kImagesInEpoch, checkpoint_key::kBestEpoch,
    checkpoint_key::kBestTop1,      checkpoint_key::kEpochLossSum,
    checkpoint_key::kEpochCorrect,  checkpoint_key::kEpochTrainSeconds};

void check_dtype(const std::string& dtype) {
  if (dtype == "fp32" || dtype == "bf16") return;
  throw Error(ExitCode::kUsage, fmt::format("--dtype \"{}\" is not known", dtype), "fp32 or bf16");
}

void check_free(const ExportOptions& options, const fs::path& checkpoint) {
  std::error_code error;
  if (fs::is_directory(options.out, error)) {
    throw Error(ExitCode::kUsage, fmt::format("--out {}: is a folder", options.out.string()),
                "name a file, for example " + (options.out / "model.safetensors").string());
  }
  // Also where a link or another spelling of the path leads there, --force or not.
  if (fs::equivalent(options.out, checkpoint, error)) {
    throw Error(ExitCode::kUsage,
                fmt::format("--out {}: is the checkpoint itself", options.out.string()),
                "name another file: the run needs its optimizer's state to go on");
  }
  if (options.force || !fs::exists(fs::symlink_status(options.out, error))) return;
  throw Error(ExitCode::kUsage, fmt::format("--out {}: exists", options.out.string()),
              "--force replaces it");
}

SafetensorsFile open(const fs::path& file) {
  try {
    return SafetensorsFile::open(file);
  } catch (const Error& error) {
    throw Error(error.code(), error.what(), kDamagedHint);
  }
}

/// The checkpoint's accuracy is known if it is the best: then it is written there.
void name_accuracy(const SafetensorsMetadata& metadata, const fs::path& file,
                   SafetensorsMetadata& exported) {
  const auto value = [&](const char* key) {
    const auto found = metadata.find(key);
    return found == metadata.end() ? std::string() : found->second;
  };
  if (value(checkpoint_key::kBestTop1).empty() ||
      value(checkpoint_key::kBestEpoch) != value(checkpoint_key::kEpoch))
    return;
  if (value(checkpoint_key::kBestEpoch) == "0" || value(checkpoint_key::kImagesInEpoch) != "0")
    return;
  const Config config = parse_config(metadata_value(metadata, checkpoint_key::kConfig, file),
                                     file.string() + ": config", {})
                            .config;
  exported[config.validation > 0 ? "validation_top1" : "test_top1"] =
      value(checkpoint_key::kBestTop1);
}

/// bf16 is the upper half of fp32. Adding just under half of the lower half's range, or exactly
/// half if the upper half is odd, carries into the upper half where it must be rounded up.
std::uint16_t to_bf16(float value) {
  constexpr std::uint16_t kQuietNan = 0x7FC0;
  if (std::isnan(value)) return kQuietNan;
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t is_odd = (bits >> 16) & 1;
  return static_cast<std::uint16_t>((bits + 0x7FFF + is_odd) >> 16);
}

/// `count` fp32 values, not necessarily aligned, as bf16: rounded to the nearest, ties to even;
/// infinities stay, NaN is the quiet one. The same bits as torch.Tensor.to(torch.bfloat16).
std::vector<std::uint16_t> narrow_to_bf16(const void* values, std::size_t count) {
  std::vector<float> wide(count);
  std::memcpy(wide.data(), values, count * sizeof(float));
  std::vector<std::uint16_t> narrow;
  narrow.reserve(count);
  for (const float value : wide) narrow.push_back(to_bf16(value));
  return narrow;
}

/// The model's part of a checkpoint, in the type that was asked for.
class Model {
 public:
  Model(const SafetensorsFile& checkpoint, const fs::path& file, bool is_narrow) {
    for (const TensorView& tensor : checkpoint.tensors()) {
      if (tensor.name.starts_with(kOptimizerPrefix)) continue;
      if (!is_narrow && tensor.dtype == "BF16") {
        throw Error(ExitCode::kUsage,
                    file.string() + ": holds bf16 already, which cannot become fp32 again",
                    "export the checkpoint itself, or with --dtype bf16");
      }
      tensors_.push_back(is_narrow && tensor.dtype == "F32" ? narrowed(tensor) : tensor);
    }
    if (!tensors_.empty()) return;
    throw Error(ExitCode::kStorage, file.string() + ": holds no tensors of a model", kDamagedHint);
  }

  const std::vector<TensorView>& tensors() const { return tensors_; }

  std::size_t bytes() const {
    std::size_t sum = 0;
    for (const TensorView& tensor : tensors_) sum += tensor.size_bytes;
    return sum;
  }

 private:
  TensorView narrowed(const TensorView& tensor) {
    const auto& values =
        narrow_.emplace_back(narrow_to_bf16(tensor.data, tensor.size_bytes / sizeof(float)));
    return {tensor.name, "BF16", tensor.shape, values.data(),
            values.size() * sizeof(std::uint16_t)};
  }

  std::deque<std::vector<std::uint16_t>> narrow_;  ///< what tensors_ point into
  std::vector<TensorView> tensors_;
};

}  // namespace

int export_checkpoint(const ExportOptions& options, std::ostream& out) {
  check_dtype(options.dtype);
  const fs::path file = find_checkpoint(options.checkpoint);
  check_free(options, file);
  const SafetensorsFile checkpoint = open(file);
  const bool is_narrow = options.dtype == "bf16";
  const std::string model_name =
      metadata_value(checkpoint.metadata(), checkpoint_key::kModel, file);
  SafetensorsMetadata metadata = checkpoint.metadata();
  for (const std::string_view key : kDropped) metadata.erase(std::string(key));
  // Rounded weights have an accuracy of their own.
  if (!is_narrow) name_accuracy(checkpoint.metadata(), file, metadata);
  const Model model(checkpoint, file, is_narrow);
  write_safetensors(options.out, model.tensors(), metadata);
  out << fmt::format("exported {} to {}: {}, {} tensors, {}, {:.1f} MiB\n",
                     printable(file.string()), printable(options.out.string()),
                     printable(model_name), model.tensors().size(), options.dtype,
                     static_cast<double>(model.bytes()) / (1 << 20));
  return to_int(ExitCode::kSuccess);
}

}  // namespace dplaunch
