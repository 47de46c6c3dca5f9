#include "common/safetensors.h"

#include <array>
#include <cstdint>
#include <vector>

#include "tests/common/tensor_file.h"

namespace dplaunch {
namespace {

using testing::bytes_of;
using testing::TemporaryFolder;

TEST(Safetensors, GivesBackWhatWasWritten) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "a.safetensors";
  const std::array<float, 6> weight = {0, 1.5F, -2, 3e-40F, 5e30F, 6};
  const std::array<std::int64_t, 1> steps = {INT64_MIN};
  const std::vector<TensorView> tensors = {
      {"layer1.0.conv1.weight", "F32", {2, 3}, weight.data(), sizeof weight},
      {"steps", "I64", {}, steps.data(), sizeof steps},
      {"rng", "U8", {3}, "\x01\x02\xff", 3},
      {"empty", "BF16", {0, 7}, nullptr, 0},
  };
  const SafetensorsMetadata metadata = {{"step", "12"}, {"text", "line\nbreak \"quoted\" ü"}};
  write_safetensors(path, tensors, metadata);

  const auto file = SafetensorsFile::open(path);
  EXPECT_EQ(file.metadata(), metadata);
  ASSERT_EQ(file.tensors().size(), tensors.size());
  for (const TensorView& written : tensors) {
    const TensorView* read = file.find(written.name);
    ASSERT_NE(read, nullptr) << written.name;
    EXPECT_EQ(read->dtype, written.dtype);
    EXPECT_EQ(read->shape, written.shape);
    EXPECT_EQ(bytes_of(*read), bytes_of(written));
  }
  EXPECT_EQ(file.find("layer1"), nullptr);
}

TEST(Safetensors, HoldsNoTensorAndNoMetadataToo) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "a.safetensors";
  write_safetensors(path, {}, {});
  EXPECT_EQ(testing::read_text(path), testing::file_of("{}      ", ""));
  const auto file = SafetensorsFile::open(path);
  EXPECT_TRUE(file.tensors().empty());
  EXPECT_TRUE(file.metadata().empty());
}

TEST(Safetensors, AlignsEachTensorToItsType) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "a.safetensors";
  const std::array<std::int64_t, 2> data = {1, 2};
  for (const char* name : {"b", "bb", "bbb", "bbbb", "bbbbb", "bbbbbb", "bbbbbbb", "bbbbbbbb"}) {
    const std::vector<TensorView> tensors = {{"a", "U8", {3}, data.data(), 3},
                                             {name, "F32", {1}, data.data(), 4},
                                             {"c", "F64", {1}, data.data(), 8}};
    write_safetensors(path, tensors, {});
    const std::string bytes = testing::read_text(path);
    EXPECT_EQ((bytes.size() - 15) % 8, 0U) << "the data begin at a multiple of 8";
    const auto file = SafetensorsFile::open(path);
    EXPECT_EQ(file.tensors()[0].name, "c");
    EXPECT_EQ(file.tensors()[1].name, name);
    EXPECT_EQ(file.tensors()[2].name, "a");
  }
}

TEST(Safetensors, TensorsOutliveTheFileOnDisk) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "a.safetensors";
  write_safetensors(path, std::vector<TensorView>{{"a", "U8", {4}, "wxyz", 4}}, {});
  auto first = SafetensorsFile::open(path);
  std::filesystem::resize_file(path, 0);
  const auto moved = std::move(first);
  EXPECT_EQ(bytes_of(moved.tensors()[0]), "wxyz");
}

TEST(Safetensors, MetadataIsReadWithoutTheTensors) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "a.safetensors";
  const float value = 1;
  const TensorView tensor{"x", "F32", {1}, &value, sizeof value};
  write_safetensors(path, std::span(&tensor, 1), {{"format", "pt"}, {"epoch", "4"}});
  EXPECT_EQ(read_safetensors_metadata(path), SafetensorsFile::open(path).metadata());
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 1);
  EXPECT_THROW(read_safetensors_metadata(path), Error) << "a file that was cut off is damaged";
}

}  // namespace
}  // namespace dplaunch
