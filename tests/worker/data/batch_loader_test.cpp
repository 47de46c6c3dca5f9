#include "worker/data/batch_loader.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <stdexcept>
#include <utility>

#include "base/error.h"
#include "tests/worker/data/record_file.h"
#include "worker/data/sampler.h"

namespace dplaunch {
namespace {

constexpr std::int64_t kRecords = 150;

class BatchLoaderTest : public ::testing::Test {
 protected:
  LoaderConfig config(std::int64_t workers) const {
    return {.batch_size = 16,
            .workers = workers,
            .augmentation = AugmentConfig{.crop_padding = 4, .flip = true, .cutout = 8},
            .seed = 5};
  }
  IndicesOfEpoch training() const {
    return [sampler = EpochSampler(kRecords, 16, 0, 1, 5)](std::int64_t epoch) {
      return sampler.indices(epoch);
    };
  }

  testing::TemporaryFolder folder_;
  Cifar100File data_{testing::write_records(folder_, testing::sample_records(kRecords)), kRecords};
};

/// What a consumer sees.
struct Seen {
  std::vector<std::int64_t> steps;
  std::vector<std::int64_t> indices;
  std::vector<std::int64_t> labels;
  std::vector<float> images;
  bool operator==(const Seen&) const = default;
};

void append(Seen& seen, const Batch& batch) {
  seen.steps.push_back(batch.step());
  seen.indices.insert(seen.indices.end(), batch.indices(), batch.indices() + batch.size());
  seen.labels.insert(seen.labels.end(), batch.labels(), batch.labels() + batch.size());
  seen.images.insert(seen.images.end(), batch.images(),
                     batch.images() + batch.size() * cifar100::kImageBytes);
}

Seen read_epoch(BatchLoader& loader, std::int64_t epoch, std::int64_t first_step = 0) {
  Seen seen;
  loader.start_epoch(epoch, first_step);
  while (const auto batch = loader.next()) append(seen, *batch);
  return seen;
}

TEST_F(BatchLoaderTest, BatchesHoldTheAugmentedSamplesOfTheEpochInOrder) {
  BatchLoader loader(data_, config(2), training());
  const Seen seen = read_epoch(loader, 3);
  const auto expected = training()(3);
  EXPECT_EQ(seen.indices, expected);
  EXPECT_EQ(seen.steps, (std::vector<std::int64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8}));
  std::vector<float> image(cifar100::kImageBytes);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(seen.labels[i], expected[i] % 100);
    const AugmentConfig augmentation = *config(0).augmentation;
    augment(augmentation, choose_augmentation(augmentation, 5, 3, expected[i]),
            data_.pixels(expected[i]), ImageLayout::kNhwc, ImageFloats(image));
    ASSERT_TRUE(std::equal(image.begin(), image.end(),
                           seen.images.begin() + static_cast<std::int64_t>(i) * 3072));
  }
}

TEST_F(BatchLoaderTest, AnyNumberOfWorkersGivesTheSame) {
  BatchLoader alone(data_, config(0), training());
  for (const std::int64_t workers : {1, 2, 3, 8}) {
    BatchLoader loader(data_, config(workers), training());
    for (const std::int64_t epoch : {0, 1, 7}) {
      EXPECT_EQ(read_epoch(loader, epoch), read_epoch(alone, epoch)) << workers << " workers";
    }
  }
}

TEST_F(BatchLoaderTest, ResumesInTheMiddleOfAnEpoch) {
  BatchLoader loader(data_, config(2), training());
  const Seen whole = read_epoch(loader, 4);
  const Seen rest = read_epoch(loader, 4, 6);
  EXPECT_EQ(rest.steps, (std::vector<std::int64_t>{6, 7, 8}));
  EXPECT_TRUE(std::equal(rest.images.begin(), rest.images.end(),
                         whole.images.begin() + std::int64_t{6} * 16 * 3072, whole.images.end()));
  EXPECT_TRUE(read_epoch(loader, 4, 9).steps.empty());
  EXPECT_THROW(loader.start_epoch(4, 10), Error);
  EXPECT_THROW(loader.start_epoch(4, -1), Error);
}

TEST_F(BatchLoaderTest, AbandonsAnEpochForTheNext) {
  BatchLoader alone(data_, config(0), training());
  BatchLoader loader(data_, config(3), training());
  for (std::int64_t epoch = 0; epoch < 200; ++epoch) {
    loader.start_epoch(epoch);
    for (std::int64_t step = 0; step < epoch % 4; ++step) loader.next();
  }
  EXPECT_EQ(read_epoch(loader, 8), read_epoch(alone, 8));
}

TEST_F(BatchLoaderTest, TwoHeldBatchesStayAsTheyAreWhileOthersAreRead) {
  for (const std::int64_t workers : {1, 4}) {
    BatchLoader loader(data_, config(workers), training());
    loader.start_epoch(0);
    std::optional<Batch> previous = loader.next();
    while (auto current = loader.next()) {
      Seen before;
      append(before, *previous);
      EXPECT_EQ(previous->step() + 1, current->step());
      Seen expected;
      BatchLoader alone(data_, config(0), training());
      alone.start_epoch(0, previous->step());
      append(expected, *alone.next());
      EXPECT_EQ(before, expected);
      previous = std::move(current);
    }
  }
}

TEST_F(BatchLoaderTest, AHeldBatchOutlivesEpochAndLoader) {
  std::optional<Batch> held;
  Seen before;
  {
    BatchLoader loader(data_, config(2), training());
    loader.start_epoch(0);
    held = loader.next();
    append(before, *held);
    read_epoch(loader, 1);
  }
  Seen after;
  append(after, *held);
  EXPECT_EQ(before, after);
}

TEST_F(BatchLoaderTest, RefusesToWaitForABatchThatTheConsumerHoldsItself) {
  for (const std::int64_t workers : {0, 1}) {
    BatchLoader loader(data_, config(workers), training());
    loader.start_epoch(0);
    std::vector<Batch> held;
    for (std::int64_t i = 0; i < workers + 2; ++i) held.push_back(*loader.next());
    EXPECT_THROW(loader.next(), std::logic_error);
    held.front().release();
    EXPECT_EQ(loader.next()->step(), workers + 2) << "goes on after a release";
  }
}

TEST_F(BatchLoaderTest, EvaluationReadsEachSampleOnceWithASmallerLastBatch) {
  LoaderConfig evaluation = config(2);
  evaluation.augmentation.reset();
  evaluation.layout = ImageLayout::kNchw;
  BatchLoader loader(data_, evaluation, [](std::int64_t) { return evaluation_shard(150, 1, 2); });
  const Seen seen = read_epoch(loader, 0);
  EXPECT_EQ(loader.steps(), 5);
  EXPECT_EQ(seen.indices, evaluation_shard(150, 1, 2));
  std::vector<float> image(cifar100::kImageBytes);
  normalize(data_.pixels(149), ImageLayout::kNchw, ImageFloats(image));
  ASSERT_EQ(seen.images.size(), 75U * 3072);
  EXPECT_TRUE(std::equal(image.begin(), image.end(), seen.images.end() - 3072));
}

TEST_F(BatchLoaderTest, AnErrorInAThreadReachesNextAtItsStep) {
  for (const std::int64_t workers : {0, 1, 3}) {
    BatchLoader loader(data_, config(workers), [](std::int64_t) {
      std::vector<std::int64_t> indices(std::size_t{16} * 12, 1);
      indices[16 * 2 + 3] = kRecords;  // one behind the last record
      return indices;
    });
    loader.start_epoch(0);
    EXPECT_EQ(loader.next()->step(), 0);
    EXPECT_EQ(loader.next()->step(), 1);
    EXPECT_THROW(loader.next(), Error);
    EXPECT_EQ(loader.next()->step(), 3);
  }
}

TEST_F(BatchLoaderTest, EndsAtOnceInTheMiddleOfAnEpoch) {
  for (int round = 0; round < 100; ++round) {
    BatchLoader loader(data_, config(4), training());
    if (round % 3 > 0) loader.start_epoch(round);
    if (round % 3 > 1) loader.next();
  }
}

TEST_F(BatchLoaderTest, TakesItsMemoryFromTheAllocatorAndGivesItBack) {
  std::atomic<int> live = 0;
  LoaderConfig counted = config(1);
  std::vector<std::size_t> sizes;
  counted.allocate = [&](std::size_t size_bytes) {
    sizes.push_back(size_bytes);
    ++live;
    auto memory = allocate_host_bytes(size_bytes);
    return std::shared_ptr<void>(memory.get(), [memory, &live](void*) { --live; });
  };
  {
    BatchLoader loader(data_, counted, training());
    loader.start_epoch(0);
    const auto batch = loader.next();
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(batch->images()) % 64, 0U);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(batch->labels()) % 64, 0U);
    EXPECT_EQ(live, 3);
  }
  EXPECT_EQ(live, 0);
  EXPECT_EQ(sizes, std::vector<std::size_t>(3, 16 * 3072 * 4 + 2 * 16 * 8));
}

TEST_F(BatchLoaderTest, RejectsImpossibleSizes) {
  LoaderConfig none = config(0);
  none.batch_size = 0;
  EXPECT_THROW(BatchLoader(data_, none, training()), Error);
  EXPECT_THROW(BatchLoader(data_, config(-1), training()), Error);
}

}  // namespace
}  // namespace dplaunch
