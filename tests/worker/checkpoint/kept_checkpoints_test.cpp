#include "worker/checkpoint/kept_checkpoints.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "common/checkpoint_format.h"
#include "common/safetensors.h"
#include "tests/support/expect_error.h"
#include "tests/support/kill_at_call.h"
#include "tests/support/temporary_folder.h"

namespace dplaunch {
namespace {

namespace fs = std::filesystem;

constexpr auto kAsItIs = fs::copy_options::recursive | fs::copy_options::copy_symlinks;

/// A run without tensors: what matters here are names and metadata.
class KeptCheckpoints : public ::testing::Test {
 protected:
  /// Trains an epoch on, with that result, as Trainer does.
  void train(double top1, std::int64_t keep = 1) {
    ++progress_.epochs_done;
    ++progress_.steps_done;
    save(top1, keep);
  }
  /// The epoch is not trained to its end, but evaluated, as max_steps has it.
  void train_part(double top1) {
    ++progress_.steps_done;
    progress_.images_in_epoch += 10;
    save(top1, 1);
  }

  /// As a run that goes on reads it from its latest checkpoint, or begins anew without one.
  void resume() {
    progress_ = Progress();
    if (!folder_.has_checkpoint()) return;
    SafetensorsMetadata latest = read_safetensors_metadata(folder_.latest_checkpoint());
    progress_.epochs_done = std::stoll(latest[checkpoint_key::kEpoch]);
    progress_.steps_done = std::stoll(latest[checkpoint_key::kStep]);
    progress_.images_in_epoch = std::stoll(latest[checkpoint_key::kImagesInEpoch]);
    progress_.best_epoch = std::stoll(latest[checkpoint_key::kBestEpoch]);
    progress_.best_step = std::stoll(latest[checkpoint_key::kBestStep]);
    progress_.best_top1 = std::stod(latest[checkpoint_key::kBestTop1]);
  }

  /// The result of the checkpoint that best.safetensors names; -1 without one.
  double top1_of_best() const {
    std::error_code error;
    if (!fs::exists(folder_.best_checkpoint(), error)) return -1;
    return std::stod(read_safetensors_metadata(folder_.best_checkpoint())["top1"]);
  }
  std::string best() const { return fs::read_symlink(folder_.best_checkpoint()).string(); }

  void save(double top1, std::int64_t keep) {
    const bool is_best = top1 > progress_.best_top1;
    if (is_best) {
      progress_.best_top1 = top1;
      progress_.best_step = progress_.steps_done;
      progress_.best_epoch = progress_.epochs_done + (progress_.images_in_epoch > 0 ? 1 : 0);
    }
    fs::create_directories(folder_.checkpoints());
    write_safetensors(folder_.checkpoints() / checkpoint_name(progress_), {},
                      {{checkpoint_key::kEpoch, std::to_string(progress_.epochs_done)},
                       {checkpoint_key::kStep, std::to_string(progress_.steps_done)},
                       {checkpoint_key::kImagesInEpoch, std::to_string(progress_.images_in_epoch)},
                       {checkpoint_key::kBestEpoch, std::to_string(progress_.best_epoch)},
                       {checkpoint_key::kBestStep, std::to_string(progress_.best_step)},
                       {checkpoint_key::kBestTop1, std::to_string(progress_.best_top1)},
                       {"top1", std::to_string(top1)}});
    publish_checkpoint(folder_, progress_, is_best, keep);
  }

  testing::TemporaryFolder place_;
  RunFolder folder_{place_ / "run"};
  Progress progress_;
};

TEST_F(KeptCheckpoints, TheBestIsRightAfterAKillAtAnyCall) {
  // A second best, a first one, and one that is none.
  for (const std::vector<double>& before : {std::vector<double>{10, 20}, {}, {40, 20}}) {
    fs::remove_all(folder_.root());
    fs::create_directories(folder_.checkpoints());
    progress_ = Progress();
    for (const double top1 : before) train(top1);
    const Progress progress_before = progress_;
    fs::remove_all(place_ / "before");
    fs::copy(folder_.root(), place_ / "before", kAsItIs);
    bool is_killed = true;
    for (int call = 1; is_killed; ++call) {
      SCOPED_TRACE("call " + std::to_string(call));
      fs::remove_all(folder_.root());
      fs::copy(place_ / "before", folder_.root(), kAsItIs);
      progress_ = progress_before;
      is_killed = testing::is_killed_at_call(call, [&] { train(30); });
      // For whoever reads before the run goes on: what is named is there.
      const double named = top1_of_best();
      ASSERT_TRUE(named == progress_before.best_top1 || named == 30) << named;
      ASSERT_EQ(fs::exists(folder_.latest_checkpoint()), folder_.has_checkpoint());

      resume();
      ASSERT_TRUE(restore_best(folder_, progress_));
      ASSERT_EQ(top1_of_best(), progress_.best_top1);
      // The epoch is trained again with a worse result, as it may be with other settings.
      if (progress_.epochs_done == progress_before.epochs_done) train(5);
      ASSERT_EQ(top1_of_best(), progress_.best_top1);
    }
    EXPECT_EQ(progress_.best_top1, std::max(progress_before.best_top1, 30.0))
        << "the last round was not killed";
  }
}

TEST_F(KeptCheckpoints, AnErrorBetweenTheLinksIsMadeUpFor) {
  train(10);
  for (const fs::path& link : {folder_.best_checkpoint(), folder_.latest_checkpoint()}) {
    const fs::path obstacle = link.string() + ".tmp/in_use";
    fs::create_directories(obstacle);
    const Error error = testing::error_of([&] { train(progress_.best_top1 + 10); });
    EXPECT_EQ(error.code(), ExitCode::kStorage);
    testing::expect_contains(error.what(), link.string());
    fs::remove_all(obstacle.parent_path());
    resume();
    EXPECT_TRUE(restore_best(folder_, progress_));
    EXPECT_EQ(top1_of_best(), progress_.best_top1);
  }
}

TEST_F(KeptCheckpoints, ALinkThatIsMissingOrStaleIsMended) {
  train(30);
  train(20, 3);
  fs::remove(folder_.best_checkpoint());
  EXPECT_TRUE(restore_best(folder_, progress_));
  EXPECT_EQ(best(), "epoch-0001.safetensors");
  fs::remove(folder_.best_checkpoint());
  fs::create_symlink("epoch-0002.safetensors", folder_.best_checkpoint());
  EXPECT_TRUE(restore_best(folder_, progress_));
  EXPECT_EQ(best(), "epoch-0001.safetensors");
}

TEST_F(KeptCheckpoints, OneOfTheMiddleOfAnEpochMayBeTheBest) {
  train(10);
  train_part(30);
  train_part(20);
  EXPECT_EQ(best(), "epoch-0001-step-00000002.safetensors");
  fs::remove(folder_.best_checkpoint());
  EXPECT_TRUE(restore_best(folder_, progress_));
  EXPECT_EQ(best(), "epoch-0001-step-00000002.safetensors");
}

TEST_F(KeptCheckpoints, ABestThatIsGoneIsSaid) {
  train(30);
  train(20);
  fs::remove(folder_.checkpoints() / best());
  EXPECT_FALSE(restore_best(folder_, progress_));
  EXPECT_FALSE(fs::is_symlink(folder_.best_checkpoint())) << "a name for nothing was left";
}

TEST_F(KeptCheckpoints, OneThatWasTrainedFurtherDoesNotTakeThePlaceOfTheBest) {
  train(10);
  train_part(30);
  train_part(20);
  fs::remove(folder_.checkpoints() / best());
  EXPECT_FALSE(restore_best(folder_, progress_));
}

TEST_F(KeptCheckpoints, NothingIsRemovedThatALinkNamesByAWholePath) {
  train(30);
  fs::remove(folder_.best_checkpoint());
  fs::create_symlink(folder_.checkpoints() / "epoch-0001.safetensors", folder_.best_checkpoint());
  train(20);
  train(10);
  EXPECT_EQ(top1_of_best(), 30);
  EXPECT_FALSE(fs::exists(folder_.checkpoints() / "epoch-0002.safetensors"));
}

}  // namespace
}  // namespace dplaunch
