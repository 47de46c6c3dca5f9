// The input pipeline alone on one core: input_pipeline TRAIN_BIN RECORDS SECONDS BSIZE prints the
// images that a second of CPU time yields: read, cropped, flipped, normalised, as a batch.
#include <cstdint>
#include <ctime>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>

#include "worker/data/batch_loader.h"
#include "worker/data/sampler.h"

namespace {

double cpu_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

}  // namespace

int main(int argc, char** argv) try {
  using namespace dplaunch;
  if (argc != 5) throw std::runtime_error("usage: input_pipeline TRAIN_BIN RECORDS SECONDS BSIZE");
  const std::int64_t records = std::stoll(argv[2]);
  const double seconds = std::stod(argv[3]);
  const std::int64_t bsize = std::stoll(argv[4]);
  const Cifar100File data(argv[1], records);
  const EpochSampler sampler(records, bsize, /*rank=*/0, /*world_size=*/1, /*seed=*/0);
  const AugmentConfig augmentation{
      .crop_padding = 4, .crop_fill = CropFill::kReflect, .flip = true, .cutout = 0};
  BatchLoader loader(data, {.batch_size = bsize, .workers = 0, .augmentation = augmentation},
                     [&](std::int64_t epoch) { return sampler.indices(epoch); });
  std::int64_t images = 0;
  const double start = cpu_seconds();
  for (std::int64_t epoch = 0; cpu_seconds() - start < seconds; ++epoch) {
    loader.start_epoch(epoch);
    while (const auto batch = loader.next()) {
      images += batch->size();
      if (cpu_seconds() - start >= seconds) break;
    }
  }
  std::cout << static_cast<double>(images) / (cpu_seconds() - start) << '\n';
} catch (const std::exception& error) {
  std::cerr << "input_pipeline: " << error.what() << '\n';
  return 1;
}
