#include <array>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "tests/common/tensor_file.h"

namespace dplaunch {
namespace {

using testing::file_of;
using testing::TemporaryFolder;

/// Makes files and returns the message of opening them.
class Damage : public ::testing::Test {
 protected:
  std::string message(std::string_view file_bytes) {
    const auto path = folder_.path() / "x.safetensors";
    testing::write_text(path, file_bytes);
    return testing::message_of_opening(path);
  }
  /// Of a file with one tensor "w" described by `fields` and `data_bytes` of data.
  std::string message_of_tensor(const std::string& fields, std::size_t data_bytes) {
    return message(file_of("{\"w\":{" + fields + "}}", std::string(data_bytes, 'x')));
  }
  /// A whole file: two tensors and metadata.
  std::string whole_file() {
    const auto path = folder_.path() / "whole.safetensors";
    const std::array<float, 4> weight = {1, 2, 3, 4};
    const std::vector<TensorView> tensors = {{"w", "F32", {2, 2}, weight.data(), sizeof weight},
                                             {"rng", "U8", {3}, "abc", 3}};
    write_safetensors(path, tensors, {{"step", "3"}});
    return testing::read_text(path);
  }

  TemporaryFolder folder_;
};

TEST_F(Damage, ATruncatedFileIsRejectedAtEachLength) {
  const std::string whole = whole_file();
  EXPECT_EQ(message(whole), "no error");
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_NE(message(std::string_view(whole).substr(0, length)), "no error") << length;
  }
  EXPECT_EQ(message(std::string_view(whole).substr(0, 7)),
            "too short for a safetensors file: 7 bytes, at least 8 are needed");
  const std::string header_bytes = std::to_string(whole.size() - 8 - 19);
  EXPECT_EQ(message(std::string_view(whole).substr(0, 20)),
            "damaged: it says that its header has " + header_bytes + " bytes, but only 12 follow");
  EXPECT_EQ(message(std::string_view(whole).substr(0, whole.size() - 1)),
            "tensor \"rng\": bytes 16..19 reach beyond the 18 bytes of data in the file");
  EXPECT_EQ(message(std::string_view(whole).substr(0, whole.size() - 19)).substr(0, 8),
            "tensor \"");
}

TEST_F(Damage, TrailingBytesAreRejected) {
  EXPECT_EQ(message(whole_file() + "y"),
            "damaged header: the tensors end at byte 19 of 20 bytes of data");
  EXPECT_EQ(message(file_of("{}", "y")),
            "damaged header: the tensors end at byte 0 of 1 bytes of data");
}

TEST_F(Damage, AHeaderLengthThatLiesIsRejected) {
  std::string bytes = whole_file();
  for (const std::uint64_t lie :
       {std::numeric_limits<std::uint64_t>::max(), std::uint64_t{1} << 63, std::uint64_t{1} << 32,
        std::uint64_t{bytes.size()}, std::uint64_t{bytes.size() - 7}}) {
    std::memcpy(bytes.data(), &lie, sizeof lie);
    EXPECT_EQ(message(bytes), "damaged: it says that its header has " + std::to_string(lie) +
                                  " bytes, but only " + std::to_string(bytes.size() - 8) +
                                  " follow");
  }
  for (const std::uint64_t lie : {0, 1, 5, 40}) {
    std::memcpy(bytes.data(), &lie, sizeof lie);
    EXPECT_TRUE(message(bytes).starts_with("damaged header: ")) << lie;
  }
}

TEST_F(Damage, AHeaderBeyondTheFormatsLimitIsRejectedWithoutReadingIt) {
  const auto path = folder_.path() / "big.safetensors";
  const std::uint64_t length = 100'000'001;
  testing::write_text(path, file_of("", ""));
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &length, sizeof length);
  testing::write_text(path, bytes);
  std::filesystem::resize_file(path, 8 + length);  // sparse: takes no space
  EXPECT_EQ(testing::message_of_opening(path),
            "damaged: it says that its header has 100000001 bytes, but 100000000 is the format's "
            "limit");
}

TEST_F(Damage, AHeaderThatIsNotJsonIsRejected) {
  EXPECT_EQ(message(file_of("[]", "")), "damaged header: it does not begin with {");
  EXPECT_EQ(message(file_of("", "")), "damaged header: it does not begin with {");
  for (const char* text : {"{", "{\"w\":}", "{} {}", "{\"w\":1,}", "{\"\xff\":{}}", "{\"w\":tru"}) {
    EXPECT_TRUE(message(file_of(text, "")).starts_with("damaged header: [json.exception.parse"))
        << text;
  }
  EXPECT_EQ(message(file_of("{\"w\":" + std::string(100000, '['), "")),
            "damaged header: nested too deeply");
}

TEST_F(Damage, AHeaderOfTensorsWithoutEndIsRejected) {
  std::string json = "{";
  for (int i = 0; i < 20'000; ++i) json += (i > 0 ? ",\"" : "\"") + std::to_string(i) + "\":{}";
  EXPECT_EQ(message(file_of(json + "}", "")),
            "damaged header: more than 10000 names in one object");
}

TEST_F(Damage, AnIncompleteOrIllTypedDescriptionIsRejected) {
  EXPECT_EQ(message(file_of("{\"w\":7}", "")), "tensor \"w\": is not described by an object");
  EXPECT_EQ(message_of_tensor(R"("shape":[1],"data_offsets":[0,4])", 4),
            "tensor \"w\": has no dtype");
  EXPECT_EQ(message_of_tensor(R"("dtype":"F32","data_offsets":[0,4])", 4),
            "tensor \"w\": has no shape");
  EXPECT_EQ(message_of_tensor(R"("dtype":"F32","shape":[1])", 4),
            "tensor \"w\": has no data_offsets");
  EXPECT_EQ(message_of_tensor(R"("dtype":32,"shape":[1],"data_offsets":[0,4])", 4),
            "tensor \"w\": dtype is no text");
  EXPECT_EQ(message_of_tensor(R"("dtype":"F32","shape":1,"data_offsets":[0,4])", 4),
            "tensor \"w\": shape is no list");
  EXPECT_EQ(message_of_tensor(R"("dtype":"F33","shape":[1],"data_offsets":[0,4])", 4),
            "tensor \"w\": unknown type \"F33\"");
  for (const char* offsets : {"[0]", "[0,4,4]", "{}", "null"}) {
    EXPECT_EQ(
        message_of_tensor(R"("dtype":"F32","shape":[1],"data_offsets":)" + std::string(offsets), 4),
        "tensor \"w\": data_offsets are not two numbers");
  }
  EXPECT_EQ(message_of_tensor(R"("dtype":"F32","shape":[-1],"data_offsets":[0,4])", 4),
            "tensor \"w\": shape holds -1, which is no size");
  EXPECT_EQ(message_of_tensor(R"("dtype":"F32","shape":[1.0],"data_offsets":[0,4])", 4),
            "tensor \"w\": shape holds 1.0, which is no size");
  EXPECT_EQ(
      message_of_tensor(R"("dtype":"F32","shape":[1],"data_offsets":[0,9223372036854775808])", 4),
      "tensor \"w\": data_offsets holds 9223372036854775808, which is no size");
  EXPECT_EQ(message(file_of(R"({"__metadata__":{"step":3}})", "")),
            "damaged header: __metadata__: \"step\" is no text");
  EXPECT_EQ(message(file_of(R"({"__metadata__":"x"})", "")),
            "damaged header: __metadata__ is no object");
}

TEST_F(Damage, ASizeThatDoesNotFitTheShapeIsRejected) {
  EXPECT_EQ(message_of_tensor(R"("dtype":"F32","shape":[2,3],"data_offsets":[0,20])", 20),
            "tensor \"w\": shape [2, 3] of F32 needs 24 bytes, but it has 20");
  EXPECT_EQ(
      message_of_tensor(R"("dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0])", 0),
      "tensor \"w\": impossible shape [4294967296, 4294967296]")
      << "the product wraps round to 0";
}

TEST_F(Damage, OffsetsThatLieAreRejected) {
  const auto two = [&](const char* a, const char* b) {
    return message(file_of(std::string(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":)") + a +
                               R"(},"b":{"dtype":"U8","shape":[4],"data_offsets":)" + b + "}}",
                           "12345678"));
  };
  EXPECT_EQ(two("[0,4]", "[4,8]"), "no error");
  EXPECT_EQ(two("[4,8]", "[0,4]"), "no error") << "the order in the header is free";
  EXPECT_EQ(two("[4,0]", "[4,8]"), "tensor \"a\": bytes 4..0 are reversed");
  EXPECT_EQ(two("[0,4]", "[3,7]"),
            "tensor \"b\": bytes 3..7 overlap the tensor before, which ends at 4");
  EXPECT_EQ(two("[0,4]", "[0,4]"),
            "tensor \"b\": bytes 0..4 overlap the tensor before, which ends at 4");
  EXPECT_EQ(two("[0,3]", "[4,8]"), "tensor \"a\": shape [4] of U8 needs 4 bytes, but it has 3");
  EXPECT_EQ(two("[0,4]", "[5,9]"),
            "tensor \"b\": bytes 5..9 reach beyond the 8 bytes of data in the file");
  EXPECT_EQ(
      message(file_of(R"({"a":{"dtype":"U8","shape":[3],"data_offsets":[5,8]}})", "12345678")),
      "tensor \"a\": bytes 5..8 leave a hole after the tensor before, which ends at 0");
}

TEST_F(Damage, ANameGivenTwiceIsRejected) {
  const std::string tensor = R"("a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]})";
  EXPECT_EQ(message(file_of("{" + tensor + "," + tensor + "}", "1234")),
            "damaged header: \"a\" appears twice");
  EXPECT_EQ(message_of_tensor(R"("dtype":"U8","shape":[4],"shape":[4],"data_offsets":[0,4])", 4),
            "damaged header: \"shape\" appears twice");
  EXPECT_EQ(message(file_of(R"({"__metadata__":{"a":"1","a":"2"}})", "")),
            "damaged header: \"a\" appears twice");
}

TEST_F(Damage, AFolderOrAMissingFileIsRejected) {
  EXPECT_EQ(testing::message_of_opening(folder_.path()),
            "cannot read it: it is a folder, not a file");
  EXPECT_EQ(testing::message_of_opening(folder_.path() / "none"),
            "cannot read it: No such file or directory");
}

/// Every single-bit error of a small file either is found or leaves tensors of the right sizes; for
/// AddressSanitizer to watch.
TEST_F(Damage, NoFlippedBitLeadsOutsideTheFile) {
  const std::string whole = whole_file();
  const auto path = folder_.path() / "flipped.safetensors";
  int rejected = 0;
  for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    std::string bytes = whole;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
    testing::write_text(path, bytes);
    try {
      const auto file = SafetensorsFile::open(path);
      std::size_t total_bytes = 0;
      for (const TensorView& tensor : file.tensors()) {
        total_bytes += testing::bytes_of(tensor).size();
      }
      EXPECT_EQ(total_bytes, 19U) << "bit " << bit;
    } catch (const Error&) {
      ++rejected;
    }
  }
  EXPECT_GT(rejected, 100);
}

TEST_F(Damage, NoDoubleErrorLeadsOutsideTheFile) {
  const std::string whole = whole_file();
  std::uint64_t state = 1;
  const auto draw = [&](std::size_t bound) {  // Knuth's MMIX generator
    state = state * 6364136223846793005U + 1442695040888963407U;
    return static_cast<std::size_t>((state >> 33) % bound);
  };
  int rejected = 0;
  for (int round = 0; round < 3000; ++round) {
    std::string bytes = whole;
    for (std::size_t change = 0; change < 2 + draw(4); ++change) {
      bytes[draw(bytes.size())] = static_cast<char>(draw(2) == 0 ? '0' + draw(10) : draw(256));
    }
    if (draw(4) == 0) bytes.resize(draw(bytes.size()));
    if (message(bytes) != "no error") ++rejected;
  }
  EXPECT_GT(rejected, 1000);
}

}  // namespace
}  // namespace dplaunch
