// Pickles of PyTorch's C++ and of Python: texts in hexadecimal are what pickle.dumps(...,
// protocol=2) of CPython 3.11 gives.
#include "launcher/stacks/pickle.h"

#include <gtest/gtest.h>

#include <string>

namespace dplaunch {
namespace {

std::string bytes(const std::string& hexadecimal) {
  std::string all;
  for (std::size_t i = 0; i + 1 < hexadecimal.size(); i += 2) {
    all.push_back(static_cast<char>(std::stoi(hexadecimal.substr(i, 2), nullptr, 16)));
  }
  return all;
}

TEST(Pickle, OfPythonsNumbersTextsAndContainers) {
  EXPECT_EQ(
      parse_pickle(
          bytes("80027d71002858010000006171015d7102284b014affffffff4bff4d00014a000001004a90eefeff"
                "8a060000000000018a060000000000ff6558010000006271034b0185710458010000006371054b01"
                "4b0286710658010000006471074b014b024b038771085801000000657109284b014b024b034b0474"
                "710a580100000066710b29752e")),
      Json::parse(
          R"({"a": [1, -1, 255, 256, 65536, -70000, 1099511627776, -1099511627776], "b": [1], "c": [1, 2], "d": [1, 2, 3], "e": [1, 2, 3, 4], "f": []})"));
  EXPECT_EQ(parse_pickle(bytes(
                "80025d7100284e8889473ff800000000000047c002000000000000580500000074c3a4787471017d"
                "7102652e")),
            Json::parse(R"([null, true, false, 1.5, -2.25, "täxt", {}])"));
}

TEST(Pickle, IsNotReadWhereItIsCutOff) {
  const std::string whole = bytes(
      "80025d71004b0161"
      "2e");
  ASSERT_EQ(parse_pickle(whole), Json::parse("[1]"));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_TRUE(parse_pickle(whole.substr(0, size)).is_discarded()) << size;
  }
}

TEST(Pickle, ThatImportsOrCallsIsNotRead) {
  EXPECT_TRUE(parse_pickle("\x80\x02"
                           "cos\nsystem\n(X\x02\0\0\0idtR.")
                  .is_discarded());
}

TEST(Pickle, CannotAskForMoreThanItMayHave) {
  std::string deep = "\x80\x02";
  for (int i = 0; i < 100'000; ++i) deep += ']';
  for (int i = 0; i < 99'999; ++i) deep += 'a';
  EXPECT_TRUE(parse_pickle(deep + ".").is_discarded());
  // A list of two of the one before, 40 times.
  std::string doubling = bytes("80025d7100");
  for (int i = 0; i < 40; ++i) {
    doubling += "](h" + std::string(1, static_cast<char>(i)) + "h" +
                std::string(1, static_cast<char>(i)) + "eq" +
                std::string(1, static_cast<char>(i + 1));
  }
  EXPECT_TRUE(parse_pickle(doubling + ".").is_discarded());
}

}  // namespace
}  // namespace dplaunch
