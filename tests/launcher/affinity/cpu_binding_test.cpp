#include "launcher/affinity/cpu_binding.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace dplaunch {
namespace {

TEST(ParseBind, KnowsThreeKinds) {
  EXPECT_EQ(parse_bind("none"), Bind::kNone);
  EXPECT_EQ(parse_bind("core"), Bind::kCore);
  EXPECT_EQ(parse_bind("numa"), Bind::kNuma);
}

TEST(ParseBind, RefusesOthersAndSaysWhatIsAllowed) {
  for (const char* text : {"", "Core", "cores", "numa ", "socket", "--"}) {
    try {
      parse_bind(text);
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kUsage);
      EXPECT_EQ(error.what(), "--bind \"" + std::string(text) + "\": no such kind of binding");
      EXPECT_NE(error.hint().find("none, core"), std::string::npos);
    }
  }
}

TEST(CpuList, IsWrittenAsTheKernelDoes) {
  EXPECT_EQ(cpu_list({}), "");
  EXPECT_EQ(cpu_list({5}), "5");
  EXPECT_EQ(cpu_list({0, 1, 2, 3}), "0-3");
  EXPECT_EQ(cpu_list({0, 2, 3, 7, 1024, 1025}), "0,2-3,7,1024-1025");
}

}  // namespace
}  // namespace dplaunch
