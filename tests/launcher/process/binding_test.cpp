// What the workers themselves see of the cores that they are bound to.
#include <sched.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <sstream>
#include <vector>

#include "base/process/usable_cores.h"
#include "launcher/affinity/bind_ranks.h"
#include "process_test_support.h"

namespace dplaunch {
namespace {

class Binding : public ProcessTest {
 protected:
  /// Ranks that write down the kernel's word on where they may run.
  LaunchPlan reporting_plan(const std::vector<CpuBinding>& ranks) const {
    LaunchPlan made = plan(std::vector<std::vector<std::string>>(ranks.size()));
    for (std::size_t rank = 0; rank < ranks.size(); ++rank) {
      made.ranks[rank].cores = ranks[rank];
      made.ranks[rank].argv = {"/bin/grep", "Cpus_allowed_list", "/proc/self/status"};
    }
    return made;
  }

  std::string log(int rank) const { return read_file(run_folder().log(rank)); }
  static std::string allowed_line(const Cpus& cpus) {
    return "Cpus_allowed_list:\t" + cpu_list(cpus) + "\n";
  }
};

TEST_F(Binding, CoreGivesEachRankCoresOfItsOwn) {
  const Cpus allowed = allowed_cpus();
  ASSERT_GE(allowed.size(), 2U) << "this test needs two cores";
  const JobBinding job = bind_on_this_machine(
      {Bind::kCore, {std::nullopt, std::nullopt}, allowed, static_cast<int>(allowed.size())});
  ASSERT_TRUE(job.ranks[0].is_bound()) << ::testing::PrintToString(job.notes);
  ASSERT_EQ(run(reporting_plan(job.ranks)).exit_code, 0);
  EXPECT_EQ(log(0), allowed_line(job.ranks[0].cpus));
  EXPECT_EQ(log(1), allowed_line(job.ranks[1].cpus));
  Cpus both;
  std::merge(job.ranks[0].cpus.begin(), job.ranks[0].cpus.end(), job.ranks[1].cpus.begin(),
             job.ranks[1].cpus.end(), std::back_inserter(both));
  EXPECT_EQ(both, allowed) << "all are used, none twice";
}

TEST_F(Binding, ARankThatIsNotBoundHasTheLaunchersCores) {
  ASSERT_EQ(run(reporting_plan({CpuBinding{}})).exit_code, 0);
  EXPECT_EQ(log(0), allowed_line(allowed_cpus()));
}

TEST_F(Binding, TheLauncherItselfStaysUnbound) {
  const Cpus before = allowed_cpus();
  std::vector<CpuBinding> ranks(1);
  ranks[0].cpus.push_back(before.front());
  ASSERT_EQ(run(reporting_plan(ranks)).exit_code, 0);
  EXPECT_EQ(log(0), allowed_line(ranks[0].cpus));
  EXPECT_EQ(allowed_cpus(), before);
}

TEST_F(Binding, RunsAndWarnsWhereTheCoresAreGone) {
  CpuBinding gone;
  gone.cpus = {8191};
  const Result result = run(reporting_plan({gone}));
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_NE(log(0).find("dplaunch: warning: not bound: "), std::string::npos);
  EXPECT_NE(log(0).find(allowed_line(allowed_cpus())), std::string::npos);
}

}  // namespace
}  // namespace dplaunch
