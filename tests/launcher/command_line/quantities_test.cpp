#include "launcher/command_line/quantities.h"

#include <gmock/gmock.h>

#include "base/error.h"

namespace dplaunch {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Quantities, TellBitsFromBytes) {
  for (const char* text : {"200Gb", "200 Gbit/s", "200Gbps", "200gbps", "200G", "200 gb/s",
                           "25GB/s", "25GB", "25 GBps", "25000MB/s", "0.2Tb"}) {
    EXPECT_DOUBLE_EQ(parse_bandwidth(text, "--link"), 25e9) << text;
  }
  EXPECT_DOUBLE_EQ(parse_bandwidth("1GiB/s", "--link"), 1 << 30);
  EXPECT_DOUBLE_EQ(parse_bandwidth("8bit/s", "--link"), 1);
  EXPECT_DOUBLE_EQ(parse_bandwidth("2 bytes/s", "--link"), 2);
}

TEST(Quantities, AreTimes) {
  for (const char* text : {"5us", "5 us", "5µs", "5000ns", "0.005ms", "5US", "5e-6s"}) {
    EXPECT_DOUBLE_EQ(parse_duration(text, "--latency"), 5e-6) << text;
  }
  EXPECT_EQ(parse_duration("0", "--latency"), 0);
  EXPECT_EQ(parse_duration("2min", "--latency"), 120);
  EXPECT_EQ(parse_duration("30m", "--max-time"), 1800);
  EXPECT_EQ(parse_duration("1.5h", "--max-time"), 5400);
}

TEST(Quantities, AreSizes) {
  EXPECT_DOUBLE_EQ(parse_size("44.9MB", "--gradient-bytes"), 44.9e6);
  EXPECT_DOUBLE_EQ(parse_size("44.9mb", "--gradient-bytes"), 44.9e6);
  EXPECT_DOUBLE_EQ(parse_size("25 MiB", "--gradient-bytes"), 25 << 20);
  EXPECT_DOUBLE_EQ(parse_size("4096", "--gradient-bytes"), 4096);
  EXPECT_DOUBLE_EQ(parse_size("4k", "--gradient-bytes"), 4000);
}

TEST(Quantities, AreNumbersOfProcesses) {
  EXPECT_THAT(parse_world_sizes("4, 1,2,2", "--world-sizes"), ElementsAre(1, 2, 4));
  EXPECT_THAT(parse_world_sizes("1..8", "--world-sizes"), ElementsAre(1, 2, 4, 8));
  EXPECT_THAT(parse_world_sizes("3..10,1", "--world-sizes"), ElementsAre(1, 3, 6, 10));
  EXPECT_THAT(parse_world_sizes("7..7", "--world-sizes"), ElementsAre(7));
}

template <typename Parse>
void expect_refused(Parse parse, const char* option, std::initializer_list<const char*> texts) {
  for (const char* text : texts) {
    try {
      parse(text, option);
      ADD_FAILURE() << "taken: " << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kUsage);
      EXPECT_THAT(error.what(), HasSubstr(std::string(option) + " \"" + text + "\" is not"));
      EXPECT_NE(error.hint(), "");
    }
  }
}

TEST(Quantities, AreRefusedByTheirOptionsName) {
  expect_refused(parse_bandwidth, "--link",
                 {"", "200", "fast", "-1Gb", "0Gb", "200Gx", "nanGb", "infGb", "1e999Gb", "5us"});
  expect_refused(parse_duration, "--latency", {"", "5", "5xs", "-1s", "5Gb", "nans"});
  expect_refused(parse_size, "--gradient-bytes", {"", "0", "-4MB", "5us", "big"});
  expect_refused(parse_world_sizes, "--world-sizes",
                 {"", "0", "a", "1,,2", "4..2", "1..", "..4", "1-4", "1.5", "2000000"});
}

}  // namespace
}  // namespace dplaunch
