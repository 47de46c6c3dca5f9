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
