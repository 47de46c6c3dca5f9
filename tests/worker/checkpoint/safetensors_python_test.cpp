#include <array>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <vector>

#include "tests/common/tensor_file.h"

namespace dplaunch {
namespace {

using testing::bytes_of;
using testing::TemporaryFolder;

/// Standard output and error of the reference implementation's script.
std::string run_peer(const std::string& action, const std::filesystem::path& path) {
  const std::string command = std::string("'") + DPLAUNCH_PYTHON + "' '" + PEER_SCRIPT + "' " +
                              action + " '" + path.string() + "' 2>&1";
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"), ::pclose);
  std::string output;
  std::array<char, 4096> buffer;
  while (const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), pipe.get())) {
    output.append(buffer.data(), got);
  }
  return output;
}

TEST(SafetensorsPython, ReadsOursBitForBit) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "ours.safetensors";
  const std::vector<TensorView> tensors = {
      {"conv1.weight", "F32", {1, 2}, "\x00\x00\x80\x3f\xff\xff\x7f\x7f", 8},
      {"momentum", "BF16", {3}, "\x80\x3f\x00\xc0\xff\x7f", 6},
      {"steps", "I64", {}, "\x01\x00\x00\x00\x00\x00\x00\x80", 8},
      {"rng", "U8", {5}, "hello", 5},
      {"empty", "F64", {0, 4}, nullptr, 0},
  };
  write_safetensors(path, tensors, {{"step", "12"}, {"epoch", "3"}});
  EXPECT_EQ(run_peer("describe", path),
            "metadata epoch 3\n"
            "metadata step 12\n"
            "conv1.weight F32 [1,2] 0000803fffff7f7f\n"
            "empty F64 [0,4] \n"
            "momentum BF16 [3] 803f00c0ff7f\n"
            "rng U8 [5] 68656c6c6f\n"
            "steps I64 [] 0100000000000080\n");
}

TEST(SafetensorsPython, WritesWhatWeRead) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "theirs.safetensors";
  ASSERT_EQ(run_peer("write", path), "");
  const auto file = SafetensorsFile::open(path);
  EXPECT_EQ(file.metadata(), (SafetensorsMetadata{{"step", "7"}, {"note", "grüße \"quoted\""}}));
  EXPECT_EQ(file.tensors().size(), 5U);
  const auto expect = [&](const char* name, const char* dtype, std::vector<std::int64_t> shape,
                          std::string bytes) {
    const TensorView* tensor = file.find(name);
    ASSERT_NE(tensor, nullptr) << name;
    EXPECT_EQ(tensor->dtype, dtype) << name;
    EXPECT_EQ(tensor->shape, shape) << name;
    EXPECT_EQ(bytes_of(*tensor), bytes) << name;
  };
  const std::array<float, 6> weight = {0, 0.25F, 0.5F, 0.75F, 1, 1.25F};
  std::string weight_bytes(sizeof weight, '\0');
  std::memcpy(weight_bytes.data(), weight.data(), sizeof weight);
  expect("weight", "F32", {2, 3}, weight_bytes);
  expect("half", "F16", {2}, {"\x00\x3e\x00\xc0", 4});
  expect("steps", "I64", {}, {"\x07\0\0\0\0\0\0\0", 8});
  expect("mask", "BOOL", {3}, {"\x01\x00\x01", 3});
  expect("empty", "F64", {0, 3}, "");
}

}  // namespace
}  // namespace dplaunch
