#include "worker/train/training_setup.h"

#include <string>

#include "base/error.h"
#include "base/process/usable_cores.h"
#include "worker/device/device.h"
#include "worker/report/log.h"
#include "worker/train/fit_batch.h"
#include "worker/train/step_graph.h"
#include "worker/train/trial_step.h"

namespace dplaunch {
namespace {

ProcessGroup meet(const RankEnvironment& environment, const Config& config, StatusWriter& status) {
  status.enter(Phase::kRendezvous);
  ProcessGroup group = ProcessGroup::connect(environment, config);
  status.enter(Phase::kPreparing);
  return group;
}

at::Device select_device(const Config& config) {
  const at::Device device = device::select(config);
  if (is_step_graph_on(config)) device::use_own_stream();
  return device;
}

NamedTensors named_parameters(ResNet& model) {
  NamedTensors parameters;
  for (const auto& item : model->named_parameters()) {
    parameters.emplace_back(item.key(), item.value());
  }
  return parameters;
}

/// What will be in the device's memory besides the model, and is not there yet.
std::int64_t data_set_bytes(const Config& config, at::Device device, const Cifar100File& train_set,
                            const Cifar100File& test_set) {
  if (!is_loaded_by_device(config, device)) return 0;
  const std::int64_t evaluated = config.validation > 0 ? train_set.size() : test_set.size();
  return (train_set.size() + evaluated) * kDeviceImageBytes;
}

/// Measured before anything depends on the batch.
Config with_fitting_batch(Config config, DistributedDataParallel& model, ProcessGroup& group,
                          at::Device device, const Cifar100File& train_set,
                          const Cifar100File& test_set, StatusWriter& status) {
  const bool is_auto = config.bsize == kAutoBsize;
  config.bsize =
      fit_batch(config, model, group, device, trained_images(train_set.size(), config.validation),
                data_set_bytes(config, device, train_set, test_set), status);
  if (is_auto && group.rank() == 0) log_line("bsize auto: " + std::to_string(config.bsize));
  if (group.c10d_group()) rebuild_buckets(config, model, device);
  return config;
}

std::int64_t count_values(ResNet& model) {
  std::int64_t count = 0;
  for (const at::Tensor& parameter : model->parameters()) count += parameter.numel();
  return count;
}

LoaderConfig augmenting_loader(const Config& config, std::int64_t workers) {
  LoaderConfig loader = plain_loader(config, workers);
  loader.augmentation = augment_config(config);
  loader.seed = static_cast<std::uint64_t>(config.seed);
  return loader;
}

}  // namespace

TrainingSetup::TrainingSetup(const Config& configured, const RankEnvironment& environment,
                             StatusWriter& status)
    : data_set(find_data_set(configured.root)),
      device(select_device(configured)),
      group(meet(environment, configured, status)),
      train_set(data_set.train_file, data_set.train_records, configured.limit_train),
      test_set(data_set.test_file, data_set.test_records, configured.limit_test),
      model(make_model(configured, device), group, reducer_options(configured)),
      optimizer(make_optimizer(configured, named_parameters(model.model()))),
      config(with_fitting_batch(configured, model, group, device, train_set, test_set, status)),
      sampler(trained_images(train_set.size(), config.validation), config.bsize, group.rank(),
              group.size(), static_cast<std::uint64_t>(config.seed)) {}

EvaluationSet TrainingSetup::evaluation_set() const {
  return dplaunch::evaluation_set(config.validation > 0 ? train_set : test_set, config.validation);
}

std::unique_ptr<BatchSource> TrainingSetup::make_batches(std::int64_t workers) const {
  return make_batch_source(
      config, train_set, augmenting_loader(config, workers),
      [this](std::int64_t epoch) { return sampler.indices(epoch); }, device);
}

RunFacts run_facts(TrainingSetup& setup, double peak_lr, const RankEnvironment& environment) {
  const Config& config = setup.config;
  const int ranks = setup.group.size();
  return {.start_id = environment.start_id,
          .rank = setup.group.rank(),
          .shape = {ranks, config.bsize, std::int64_t{environment.workers} * ranks, usable_cores(),
                    setup.device.is_cpu(), is_loaded_by_device(config, setup.device)},
          .data_set = setup.data_set,
          .device = device::describe(),
          .backend = setup.group.backend_name(),
          .parameters = count_values(setup.model.model()),
          .trained_images = trained_images(setup.train_set.size(), config.validation),
          .evaluated_images = setup.evaluation_set().count,
          .global_batch = setup.sampler.global_batch(),
          .steps_per_epoch = setup.sampler.steps_per_epoch(),
          .peak_lr = peak_lr};
}

}  // namespace dplaunch
