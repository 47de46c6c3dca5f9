#include "worker/task/evaluate_checkpoint.h"

#include <cstdint>

#include "base/monotonic_clock.h"
#include "common/data_set.h"
#include "worker/checkpoint/checkpoint.h"
#include "worker/device/device.h"
#include "worker/report/confusion_report.h"
#include "worker/report/evaluation.h"
#include "worker/report/log.h"
#include "worker/train/evaluate.h"

namespace dplaunch {
namespace {

Cifar100File open_evaluated_file(const Config& config, const DataSet& data) {
  if (config.validation > 0) return {data.train_file, data.train_records, config.limit_train};
  return {data.test_file, data.test_records, config.limit_test};
}

void report(const Evaluation& evaluation, const Config& config, const RunFolder& folder) {
  for (const std::string& warning : evaluation.classes.warnings) warn_line(warning);
  write_confusion_csv(folder.confusion(), evaluation.metrics.confusion, evaluation.classes);
  write_evaluation(folder.evaluation(), config, evaluation);
  log_line(describe(config, evaluation));
}

}  // namespace

ExitCode evaluate_checkpoint(const std::filesystem::path& checkpoint, const Config& config,
                             const RankEnvironment& environment, const RunFolder& folder) {
  StatusWriter status(environment);
  const DataSet data = find_data_set(config.root);
  const at::Device device = device::select(config);
  status.enter(Phase::kRendezvous);
  ProcessGroup group = ProcessGroup::connect(environment, config);
  status.enter(Phase::kPreparing);
  const Cifar100File file = open_evaluated_file(config, data);
  ResNet model = make_model(config, device);
  load_model(checkpoint, config, model_state(model));
  log_line("rank " + std::to_string(group.rank()) + " of " + std::to_string(group.size()) + ": " +
           device::describe() + ", " + group.backend_name());
  Evaluator evaluator(config, evaluation_set(file, config.validation), group, device,
                      environment.workers, status);
  // Without a StopRequest nobody votes to stop: a signal ends an evaluation at once, as it has
  // nothing to save.
  StopVote stop(group, device);
  status.enter(Phase::kEvaluating);
  const std::int64_t start_ns = monotonic_ns();
  const std::optional<TestMetrics> metrics = evaluator.run(model, stop, /*with_confusion=*/true);
  const double seconds = static_cast<double>(monotonic_ns() - start_ns) * 1e-9;
  if (metrics && group.rank() == 0) {
    report({checkpoint, *metrics, read_class_table(data), group.size(), device::describe(),
            group.backend_name(), data.is_synthetic, seconds},
           config, folder);
  }
  group.shutdown();
  status.enter(Phase::kFinished);
  return ExitCode::kSuccess;
}

}  // namespace dplaunch
