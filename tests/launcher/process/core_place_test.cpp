#include "launcher/process/core_place.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace dplaunch {
namespace {

struct Case {
  const char* pattern;
  bool appends_pid;
  std::string place;
};

class CorePlace : public ::testing::TestWithParam<Case> {};

TEST_P(CorePlace, FollowsTheKernelsPattern) {
  const CoreRule rule{GetParam().pattern, GetParam().appends_pid, "/home/anna"};
  EXPECT_EQ(core_place(rule, 4711, 11), GetParam().place);
}

const std::string kUnless = ", unless the process had changed folders";

INSTANTIATE_TEST_SUITE_P(
    CorePlace, CorePlace,
    ::testing::Values(
        Case{"core", false, "/home/anna/core" + kUnless},
        Case{"core", true, "/home/anna/core.4711" + kUnless},
        Case{"/cores/core.%p", true, "/cores/core.4711"},
        Case{"/cores/%e.%s.%P-100%%", false, "/cores/*.11.4711-100%"},
        Case{"/cores/%u%z%", false, "/cores/" + std::to_string(::getuid())},
        Case{"|/usr/lib/systemd/systemd-coredump %P %u", false,
             "taken by systemd-coredump: coredumpctl info 4711"},
        Case{"|/usr/share/apport/apport -p%p", false,
             "taken by apport, which keeps it below /var/crash"},
        Case{"|/sbin/keep %p", false,
             "given to /sbin/keep (sysctl kernel.core_pattern), on the host if this is a "
             "container"}));

}  // namespace
}  // namespace dplaunch
