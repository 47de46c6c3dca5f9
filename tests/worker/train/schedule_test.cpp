#include "worker/train/schedule.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>

namespace dplaunch {
namespace {

constexpr std::int64_t kEpochSteps = 10;

/// 10 epochs of 10 steps at a peak of 1.
Config config_of(const std::string& schedule) {
  Config config;
  config.schedule = schedule;
  config.epochs = 10;
  config.lr = 1;
  config.lr_scaling = "none";
  config.warmup_epochs = 0;
  return config;
}

Schedule schedule_of(const Config& config, std::int64_t global_batch = 128) {
  return Schedule(config, kEpochSteps, global_batch);
}

TEST(Schedule, ConstantStays) {
  const Schedule schedule = schedule_of(config_of("constant"));
  for (const std::int64_t step : {0, 1, 50, 99}) EXPECT_EQ(schedule.lr_at(step), 1) << step;
}

TEST(Schedule, LinearFallsToZero) {
  const Schedule schedule = schedule_of(config_of("linear"));
  EXPECT_DOUBLE_EQ(schedule.lr_at(0), 1);
  EXPECT_DOUBLE_EQ(schedule.lr_at(25), 0.75);
  EXPECT_NEAR(schedule.lr_at(99), 0.01, 1e-15);
  EXPECT_NEAR(schedule.lr_at(100), 0, 1e-15);
  EXPECT_NEAR(schedule.lr_at(150), 0, 1e-15) << "beyond the end it does not become negative";
}

// (1 + cos(pi t)) / 2, whose values at a third and at two thirds are 3/4 and 1/4.
TEST(Schedule, CosineFallsToZeroAlongACosine) {
  Config config = config_of("cosine");
  config.epochs = 9;
  const Schedule schedule = schedule_of(config);
  EXPECT_DOUBLE_EQ(schedule.lr_at(0), 1);
  EXPECT_NEAR(schedule.lr_at(30), 0.75, 1e-12);
  EXPECT_NEAR(schedule.lr_at(45), 0.5, 1e-12);
  EXPECT_NEAR(schedule.lr_at(60), 0.25, 1e-12);
  EXPECT_NEAR(schedule.lr_at(90), 0, 1e-12);
}

TEST(Schedule, WarmUpRisesLinearlyAndTheFallBeginsAfterIt) {
  Config config = config_of("linear");
  config.warmup_epochs = 2;
  const Schedule schedule = schedule_of(config);
  EXPECT_DOUBLE_EQ(schedule.lr_at(0), 0.05) << "the first step trains already";
  EXPECT_DOUBLE_EQ(schedule.lr_at(9), 0.5);
  EXPECT_DOUBLE_EQ(schedule.lr_at(19), 1);
  EXPECT_DOUBLE_EQ(schedule.lr_at(20), 1);
  EXPECT_DOUBLE_EQ(schedule.lr_at(60), 0.5) << "half of the 80 steps after the warm-up";
}

// torch.optim.lr_scheduler.OneCycleLR(max_lr=0.1, total_steps=100) of PyTorch 2.11.
TEST(Schedule, OneCycleIsThatOfPyTorch) {
  Config config = config_of("onecycle");
  config.lr = 0.1;
  const Schedule schedule = schedule_of(config);
  const std::pair<std::int64_t, double> reference[] = {{0, 0.0040000000000000036},
                                                       {1, 0.004281378056590748},
                                                       {10, 0.029516394846410082},
                                                       {29, 0.1},
                                                       {30, 0.09994965352845243},
                                                       {50, 0.0793893450575732},
                                                       {64, 0.0500002},
                                                       {98, 5.07464715475788e-05},
                                                       {99, 4e-07}};
  for (const auto& [step, lr] : reference) {
    EXPECT_NEAR(schedule.lr_at(step), lr, 1e-12) << step;
  }
}

TEST(Schedule, PeakFollowsTheBatch) {
  Config config = config_of("constant");
  config.lr = 0.1;
  config.lr_base_batch = 128;
  EXPECT_DOUBLE_EQ(schedule_of(config, 512).peak_lr(), 0.1);
  config.lr_scaling = "linear";
  EXPECT_DOUBLE_EQ(schedule_of(config, 512).peak_lr(), 0.4);
  config.lr_scaling = "sqrt";
  EXPECT_DOUBLE_EQ(schedule_of(config, 512).peak_lr(), 0.2);
  config.lr_cap = 0.15;
  EXPECT_DOUBLE_EQ(schedule_of(config, 512).peak_lr(), 0.15);
  EXPECT_DOUBLE_EQ(schedule_of(config, 128).peak_lr(), 0.1) << "below the cap";
}

}  // namespace
}  // namespace dplaunch
