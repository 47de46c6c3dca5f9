#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/support/temporary_folder.h"
#include "worker/device/cuda_kernels/compile.h"

namespace dplaunch::cuda_kernels {
namespace {

namespace fs = std::filesystem;

constexpr Variant kUsual{.is_bf16 = true, .vector = 8};

/// Machine code is an ELF file, which names its kernels.
void expect_kernels(const std::string& code) {
  EXPECT_EQ(code.substr(1, 3), "ELF");
  for (const char* kernel : {"norm_moments", "norm_finish", "norm_apply", "norm_gradient_sums",
                             "norm_gradient_finish", "norm_gradient_apply"}) {
    EXPECT_NE(code.find(std::string(".text.") + kernel), std::string::npos) << kernel;
  }
}

class OfArchitecture : public ::testing::TestWithParam<const char*> {};

TEST_P(OfArchitecture, TheKernelsCompile) {
  expect_kernels(compile(kUsual, GetParam()));
}

INSTANTIATE_TEST_SUITE_P(Compile, OfArchitecture,
                         ::testing::Values("sm_80", "sm_86", "sm_89", "sm_90", "sm_100"));

TEST(Compile, EveryVariantIsThere) {
  for (const Variant& variant : {Variant{true, 1}, Variant{false, 8}, Variant{false, 1}}) {
    expect_kernels(compile(variant, "sm_90"));
  }
}

std::vector<fs::path> files_below(const fs::path& folder) {
  std::vector<fs::path> files;
  if (!fs::exists(folder)) return files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  return files;
}

class CacheTest : public ::testing::Test {
 protected:
  void SetUp() override { ::setenv("XDG_CACHE_HOME", folder_.path().c_str(), 1); }
  void TearDown() override { ::unsetenv("XDG_CACHE_HOME"); }
  testing::TemporaryFolder folder_;
};

TEST_F(CacheTest, WhatIsCompiledIsFoundAgain) {
  const std::string code = compile_or_find(kUsual, "sm_90");
  expect_kernels(code);
  const std::vector<fs::path> files = files_below(folder_.path());
  ASSERT_EQ(files.size(), 1U);
  EXPECT_EQ(files[0].parent_path(), folder_.path() / "dplaunch/kernels");
  // What is there is taken, not compiled again.
  std::ofstream(files[0]) << "as good as machine code";
  EXPECT_EQ(compile_or_find(kUsual, "sm_90"), "as good as machine code");
  EXPECT_NE(compile_or_find(kUsual, "sm_80"), "as good as machine code");
}

TEST_F(CacheTest, RanksAtOnceLeaveOneWholeFile) {
  std::vector<pid_t> ranks;
  for (int rank = 0; rank < 2; ++rank) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) ::_exit(compile_or_find(kUsual, "sm_90").empty() ? 1 : 0);
    ranks.push_back(child);
  }
  for (const pid_t rank : ranks) {
    int status = -1;
    ASSERT_EQ(::waitpid(rank, &status, 0), rank);
    EXPECT_EQ(status, 0);
  }
  ASSERT_EQ(files_below(folder_.path()).size(), 1U);
  EXPECT_EQ(testing::read_text(files_below(folder_.path())[0]), compile(kUsual, "sm_90"));
}

TEST_F(CacheTest, AFolderThatCannotBeMadeCostsOnlyTime) {
  std::ofstream(folder_.path() / "dplaunch") << "a file is in its place";
  expect_kernels(compile_or_find(kUsual, "sm_90"));
}

}  // namespace
}  // namespace dplaunch::cuda_kernels
