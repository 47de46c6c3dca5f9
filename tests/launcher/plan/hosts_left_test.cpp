#include "launcher/plan/hosts_left.h"

#include <gtest/gtest.h>

namespace dplaunch {
namespace {

/// Of host `host`, where three have two processes, one, and three.
LaunchPlan plan_of(int host, bool is_own_worker) {
  LaunchPlan plan;
  plan.processes_of_hosts = {2, 1, 3};
  plan.is_own_worker = is_own_worker;
  plan.run_folder = RunFolder("/runs/a");
  const int first_rank = host == 0 ? 0 : host == 1 ? 2 : 3;
  for (int i = 0; i < plan.processes_of_hosts[static_cast<std::size_t>(host)]; ++i) {
    RankPlan rank;
    rank.environment.rank = first_rank + i;
    rank.environment.local_rank = i;
    rank.environment.world_size = 6;
    rank.environment.group_rank = host;
    rank.environment.group_world_size = 3;
    rank.environment.error_file = plan.run_folder->error_record(first_rank + i);
    plan.ranks.push_back(rank);
  }
  return plan;
}

TEST(HostsLeft, RanksAreNumberedAnew) {
  const LaunchPlan plan = plan_for_hosts(plan_of(2, true), 2, {0, 2});
  ASSERT_EQ(plan.ranks.size(), 3U);
  for (int i = 0; i < 3; ++i) {
    const RankEnvironment& rank = plan.ranks[static_cast<std::size_t>(i)].environment;
    EXPECT_EQ(rank.rank, 2 + i);
    EXPECT_EQ(rank.local_rank, i);
    EXPECT_EQ(rank.world_size, 5);
    EXPECT_EQ(rank.group_rank, 1);
    EXPECT_EQ(rank.group_world_size, 2);
    EXPECT_EQ(rank.full_world_size, 6);
    EXPECT_EQ(rank.error_file, RunFolder("/runs/a").error_record(2 + i));
  }
}

TEST(HostsLeft, ACommandIsNotToldHowManyThereWere) {
  const LaunchPlan plan = plan_for_hosts(plan_of(0, false), 0, {0});
  EXPECT_EQ(plan.ranks[1].environment.world_size, 2);
  EXPECT_EQ(plan.ranks[1].environment.full_world_size, 0);
}

}  // namespace
}  // namespace dplaunch
