#include "worker/task/dump_logits.h"

#include <algorithm>
#include <cstdint>

#include "common/data_set.h"
#include "common/safetensors.h"
#include "worker/checkpoint/checkpoint.h"
#include "worker/device/device.h"
#include "worker/train/evaluate.h"

namespace dplaunch {
namespace {

constexpr std::int64_t kDefaultImages = 64;

}  // namespace

ExitCode dump_logits(const Config& config, const RunFolder& folder,
                     const std::filesystem::path& out) {
  const at::Device device = device::select(config);
  const DataSet data = find_data_set(config.root);
  const Cifar100File test_set(data.test_file, data.test_records, config.limit_test);
  ResNet model = make_model(config, device);
  load_checkpoint(folder.latest_checkpoint(), config, {model_state(model), {}});
  const std::int64_t wanted = config.limit_test > 0 ? config.limit_test : kDefaultImages;
  const at::Tensor logits =
      predict(config, test_set, std::min(wanted, test_set.size()), model, device).contiguous();
  const TensorView view{"logits", "F32", logits.sizes().vec(), logits.const_data_ptr(),
                        logits.nbytes()};
  write_safetensors(out, std::span(&view, 1), {});
  return ExitCode::kSuccess;
}

}  // namespace dplaunch
