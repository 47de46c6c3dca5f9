#include "launcher/plan/find_worker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

namespace dplaunch {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::TemporaryFolder;

std::filesystem::path make_executable(const TemporaryFolder& folder, const std::string& name) {
  const auto file = folder.write(name, "#!/bin/sh\n");
  std::filesystem::permissions(file, std::filesystem::perms::owner_all);
  return file;
}

TEST(FindWorker, LooksBesideTheLauncherFirst) {
  const TemporaryFolder folder;
  const auto beside = make_executable(folder, "bin/dplaunch-worker-cpu");
  make_executable(folder, "libexec/dplaunch/dplaunch-worker-cpu");
  EXPECT_EQ(find_worker(cpu_kind(), {folder / "bin", {}}).path, beside);
}

TEST(FindWorker, LooksInLibexecOfAnInstallation) {
  const TemporaryFolder folder;
  const auto installed = make_executable(folder, "libexec/dplaunch/dplaunch-worker-cuda");
  EXPECT_EQ(find_worker(gpu_kinds().front(), {folder / "bin", {}}).path, installed);
}

/// As pip installs the wheel dplaunch-trainer, with a torch beside it.
class FindWorkerOfWheel : public ::testing::Test {
 protected:
  WorkerExecutable find(const DeviceKind& kind) const { return find_worker(kind, {bin_, {}}); }

  const TemporaryFolder folder_;
  const std::filesystem::path bin_ = folder_ / "bin";
  const std::string site_ = "lib/python3.13/site-packages/";
  const std::filesystem::path cpu_ =
      make_executable(folder_, site_ + "dplaunch_trainer/bin/dplaunch-worker-cpu");
  const std::filesystem::path cuda_ =
      make_executable(folder_, site_ + "dplaunch_trainer/bin/dplaunch-worker-cuda");
  const std::filesystem::path cpu_needs_ =
      folder_.write(site_ + "dplaunch_trainer/bin/dplaunch-worker-cpu.needs",
                    "torch 2.11\ntorch/lib/libtorch_cpu.so\n");
  const std::filesystem::path cuda_needs_ =
      folder_.write(site_ + "dplaunch_trainer/bin/dplaunch-worker-cuda.needs",
                    "torch 2.11\nnvidia/cu13/lib/libcudart.so.13\ntorch/lib/libtorch_cpu.so\n");
  const std::filesystem::path version_ =
      folder_.write(site_ + "torch/version.py",
                    "from typing import Optional\n\n__all__ = ['__version__', 'debug']\n"
                    "__version__ = '2.11.0+cpu'\ndebug = False\n");
  const std::filesystem::path library_ =
      folder_.write(site_ + "torch/lib/libtorch_cpu.so", "a library");
};

TEST_F(FindWorkerOfWheel, IsFoundLast) {
  EXPECT_EQ(find(cpu_kind()).path, cpu_);
  EXPECT_EQ(find(cpu_kind()).problem, "");
  const auto beside = make_executable(folder_, "bin/dplaunch-worker-cpu");
  EXPECT_EQ(find(cpu_kind()).path, beside);
}

TEST_F(FindWorkerOfWheel, SaysWhichTorchItNeeds) {
  folder_.write(site_ + "torch/version.py", "__version__ = '2.12.0+cu130'\n");
  EXPECT_THAT(testing::error_of(ExitCode::kNotFound, [&] { require_worker(find(cpu_kind())); }),
              AllOf(HasSubstr("dplaunch-worker-cpu needs torch 2.11, and the one in " +
                              (folder_ / "lib/python3.13/site-packages").string() +
                              " is torch 2.12.0+cu130"),
                    HasSubstr("pip install 'torch==2.11.*'")));
  // Not what begins with the same digits.
  folder_.write(site_ + "torch/version.py", "__version__ = '2.110.0'\n");
  EXPECT_THAT(find(cpu_kind()).problem, HasSubstr("is torch 2.110.0"));
  std::filesystem::remove_all(version_.parent_path());
  EXPECT_THAT(find(cpu_kind()).problem, HasSubstr("needs torch 2.11, and there is none in "));
}

TEST_F(FindWorkerOfWheel, SaysThatItsTorchIsForTheCpuAlone) {
  const WorkerExecutable worker = find(gpu_kinds().front());
  EXPECT_EQ(worker.path, cuda_);
  EXPECT_THAT(
      worker.problem,
      HasSubstr("dplaunch-worker-cuda needs torch 2.11 with nvidia/cu13/lib/libcudart.so.13, "
                "which the torch 2.11.0+cpu in "));
  EXPECT_THAT(worker.hint, HasSubstr("--device cpu"));
  folder_.write(site_ + "nvidia/cu13/lib/libcudart.so.13", "a library");
  EXPECT_EQ(find(gpu_kinds().front()).problem, "");
}

TEST(FindWorker, TheVariableWins) {
  const TemporaryFolder folder;
  make_executable(folder, "bin/dplaunch-worker-cpu");
  const auto named = make_executable(folder, "mine");
  EXPECT_EQ(find_worker(cpu_kind(), {folder / "bin", named.string()}).path, named);
  EXPECT_THAT(find_worker(cpu_kind(), {folder / "bin", folder.path().string()}).problem,
              HasSubstr("is not an executable file"));
}

TEST(FindWorker, SaysWhereItLookedAndHowToBuildIt) {
  const TemporaryFolder folder;
  folder.write("bin/dplaunch-worker-cuda", "a file that cannot be executed");
  const WorkerExecutable worker = find_worker(gpu_kinds().front(), {folder / "bin", {}});
  EXPECT_THAT(testing::error_of(ExitCode::kNotFound, [&] { require_worker(worker); }),
              AllOf(HasSubstr((folder / "bin/dplaunch-worker-cuda").string()),
                    HasSubstr((folder / "libexec/dplaunch/dplaunch-worker-cuda").string()),
                    HasSubstr("DPLAUNCH_BUILD_CUDA_WORKER=ON")));
}

}  // namespace
}  // namespace dplaunch
