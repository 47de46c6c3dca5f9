#include "base/process/usable_cores.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <thread>

namespace dplaunch {
namespace {

TEST(UsableCores, FollowsTheAffinityMask) {
  // On a thread of its own, so that the other tests keep their cores.
  std::thread([] {
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    ASSERT_EQ(::sched_getaffinity(0, sizeof allowed, &allowed), 0);
    cpu_set_t one;
    CPU_ZERO(&one);
    for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++cpu) {
      if (CPU_ISSET(cpu, &allowed)) CPU_SET(cpu, &one);
    }
    ASSERT_EQ(::sched_setaffinity(0, sizeof one, &one), 0);
    EXPECT_EQ(usable_cores(), 1);
    ASSERT_EQ(allowed_cpus().size(), 1U);
    EXPECT_TRUE(CPU_ISSET(allowed_cpus().front(), &one));
  }).join();
  EXPECT_GE(usable_cores(), 1);
}

}  // namespace
}  // namespace dplaunch
