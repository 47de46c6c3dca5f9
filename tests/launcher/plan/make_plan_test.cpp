#include "launcher/plan/make_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace dplaunch {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Gpu gpu(int index, const std::string& uuid) {
  Gpu made;
  made.index = made.logical_index = index;
  made.uuid = uuid;
  return made;
}

PlanInputs inputs(DeviceSelection devices, std::int64_t workers, int usable_cores) {
  PlanInputs made{std::move(devices), RunFolder("/runs/a")};
  made.workers = workers;
  made.usable_cores = usable_cores;
  made.argv = {"/bin/worker", "--run-dir", "/runs/a"};
  return made;
}

DeviceSelection on_cpu(int processes) {
  return {{}, processes, {}};
}

DeviceSelection on_two_gpus() {
  DeviceSelection devices{{gpu(3, "GPU-c"), gpu(1, "GPU-a")}, 0, {}};
  devices.has_sure_numbers = true;
  return devices;
}

PlanInputs of_command(DeviceSelection devices) {
  PlanInputs command = inputs(std::move(devices), 0, 8);
  command.is_own_worker = false;
  command.isolate_devices = false;
  return command;
}

/// What the user set.
VariableLookup with(const std::map<std::string, std::string>& variables) {
  return [variables](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
}

std::string variable(const RankPlan& rank, const std::string& name) {
  for (const auto& [key, value] : rank.variables) {
    if (key == name) return value;
  }
  return "(unset)";
}

TEST(MakePlan, GivesEachRankItsOwnGpu) {
  const LaunchPlan plan = make_plan(inputs(on_two_gpus(), 16, 32));
  ASSERT_EQ(plan.ranks.size(), 2U);
  EXPECT_EQ(variable(plan.ranks[0], "CUDA_VISIBLE_DEVICES"), "GPU-c");
  EXPECT_EQ(variable(plan.ranks[1], "CUDA_VISIBLE_DEVICES"), "GPU-a");
  EXPECT_EQ(variable(plan.ranks[1], "CUDA_DEVICE_ORDER"), "PCI_BUS_ID");
  EXPECT_EQ(plan.ranks[0].gpu->index, 3);
}

TEST(MakePlan, NumbersTheRanks) {
  const LaunchPlan plan = make_plan(inputs(on_cpu(3), 0, 8));
  ASSERT_EQ(plan.ranks.size(), 3U);
  const RankEnvironment& last = plan.ranks[2].environment;
  EXPECT_EQ(last.rank, 2);
  EXPECT_EQ(last.local_rank, 2);
  EXPECT_EQ(last.world_size, 3);
  EXPECT_EQ(last.local_world_size, 3);
  EXPECT_EQ(last.run_id, "a");
  EXPECT_EQ(last.run_dir, "/runs/a");
  EXPECT_EQ(last.error_file, "/runs/a/error-2.json");
  EXPECT_EQ(last.status_board, "/runs/a/status.board");
}

TEST(MakePlan, HidesTheGpusFromRanksOnTheCpu) {
  const LaunchPlan plan = make_plan(inputs(on_cpu(1), 0, 8));
  EXPECT_EQ(variable(plan.ranks[0], "CUDA_VISIBLE_DEVICES"), "");
  EXPECT_FALSE(plan.ranks[0].gpu);
}

TEST(MakePlan, SharesOutTheCores) {
  EXPECT_EQ(variable(make_plan(inputs(on_cpu(2), 0, 9)).ranks[0], "OMP_NUM_THREADS"), "4");
  EXPECT_EQ(variable(make_plan(inputs(on_cpu(4), 0, 2)).ranks[3], "OMP_NUM_THREADS"), "1");
  PlanInputs chosen = inputs(on_cpu(2), 0, 9);
  chosen.inherited = with({{"OMP_NUM_THREADS", "3"}});
  EXPECT_EQ(variable(make_plan(chosen).ranks[0], "OMP_NUM_THREADS"), "3") << "the user's own";
}

CpuBinding bound(Cpus cpus, int share_cpus) {
  CpuBinding made;
  made.cpus = std::move(cpus);
  made.share_cpus = share_cpus;
  return made;
}

TEST(MakePlan, ABoundRankHasTheThreadsOfItsOwnShare) {
  PlanInputs uneven = inputs(on_two_gpus(), 16, 24);
  uneven.binding = {{bound({0, 1, 2, 3}, 4), bound({8, 9, 10, 11, 12, 13}, 6)}, {"far away"}};
  const LaunchPlan plan = make_plan(uneven);
  EXPECT_EQ(variable(plan.ranks[0], "OMP_NUM_THREADS"), "4");
  EXPECT_EQ(variable(plan.ranks[1], "OMP_NUM_THREADS"), "6");
  EXPECT_EQ(plan.ranks[0].environment.workers, 4);
  EXPECT_EQ(plan.ranks[1].environment.workers, 6);
  EXPECT_EQ(plan.ranks[1].cores.cpus, (Cpus{8, 9, 10, 11, 12, 13}));
  EXPECT_THAT(plan.notes,
              ElementsAre(HasSubstr("workers: 16 lowered to 4 to 6 per process"), "far away"));
  uneven.inherited = with({{"OMP_NUM_THREADS", "9"}});
  EXPECT_EQ(variable(make_plan(uneven).ranks[1], "OMP_NUM_THREADS"), "9") << "the user's own";
}

TEST(MakePlan, SharesOutTheDataLoadingThreads) {
  struct Case {
    std::int64_t workers;
    int ranks;
    int cores;
    int each;
    bool lowered;
  };
  for (const Case& c :
       {Case{16, 2, 32, 8, false}, Case{7, 2, 32, 4, false}, Case{0, 2, 32, 0, false},
        Case{1, 4, 32, 1, false}, Case{8, 2, 4, 2, true}, Case{8, 4, 2, 1, true}}) {
    const LaunchPlan plan = make_plan(inputs(on_cpu(c.ranks), c.workers, c.cores));
    for (const RankPlan& rank : plan.ranks)
      EXPECT_EQ(rank.environment.workers, c.each) << c.workers;
    EXPECT_EQ(!plan.notes.empty(), c.lowered) << c.workers << " over " << c.ranks;
  }
}

TEST(MakePlan, SaysThatFewerThreadsLoadData) {
  const LaunchPlan plan = make_plan(inputs(on_cpu(2), 8, 2));
  EXPECT_THAT(plan.notes, ElementsAre(HasSubstr("workers: 8 lowered to 1 per process")));
}

TEST(MakePlan, ACommandSeesAllSelectedGpusByNumberUnlessTheyAreIsolated) {
  PlanInputs command = of_command(on_two_gpus());
  EXPECT_EQ(variable(make_plan(command).ranks[1], "CUDA_VISIBLE_DEVICES"), "3,1");
  EXPECT_EQ(variable(make_plan(command).ranks[1], "CUDA_DEVICE_ORDER"), "PCI_BUS_ID");
  EXPECT_EQ(make_plan(command).ranks[1].environment.local_rank, 1);
  command.isolate_devices = true;
  EXPECT_EQ(variable(make_plan(command).ranks[1], "CUDA_VISIBLE_DEVICES"), "1");
  EXPECT_EQ(make_plan(command).ranks[1].environment.local_rank, 0) << "as --virtual-local-rank";
  EXPECT_EQ(make_plan(command).ranks[1].environment.rank, 1);
}

TEST(MakePlan, ACommandOnAllGpusHasNoMask) {
  PlanInputs command = of_command(on_two_gpus());
  command.devices.keeps_mask = true;
  EXPECT_EQ(variable(make_plan(command).ranks[0], "CUDA_VISIBLE_DEVICES"), "(unset)");
  command.isolate_devices = true;
  EXPECT_EQ(variable(make_plan(command).ranks[0], "CUDA_VISIBLE_DEVICES"), "3");
}

TEST(MakePlan, NamesGpusByUuidWhereANumberCouldMeanAnother) {
  PlanInputs split = of_command(on_two_gpus());
  split.devices.has_sure_numbers = false;
  EXPECT_EQ(variable(make_plan(split).ranks[0], "CUDA_VISIBLE_DEVICES"), "GPU-c,GPU-a");
  PlanInputs ordered = of_command(on_two_gpus());
  ordered.inherited = with({{"CUDA_DEVICE_ORDER", "FASTEST_FIRST"}});
  EXPECT_EQ(variable(make_plan(ordered).ranks[0], "CUDA_VISIBLE_DEVICES"), "GPU-c,GPU-a");
  EXPECT_EQ(variable(make_plan(ordered).ranks[0], "CUDA_DEVICE_ORDER"), "FASTEST_FIRST");
  ordered.inherited = with({{"CUDA_DEVICE_ORDER", "PCI_BUS_ID"}});
  EXPECT_EQ(variable(make_plan(ordered).ranks[0], "CUDA_VISIBLE_DEVICES"), "3,1");
}

TEST(MakePlan, KeepsWhatTheUserSet) {
  const std::map<std::string, std::string> own = {{"TORCH_NCCL_DUMP_ON_TIMEOUT", "0"},
                                                  {"TORCH_FR_DUMP_TEMP_FILE", "/own/flight-"},
                                                  {"OMP_NUM_THREADS", "5"},
                                                  {"GLOO_SOCKET_IFNAME", "eth1"},
                                                  {"TP_SOCKET_IFNAME", "eth2"}};
  PlanInputs command = of_command(on_two_gpus());
  command.inherited = with(own);
  const LaunchPlan plan = make_plan(command);
  for (const auto& [name, value] : own) EXPECT_EQ(variable(plan.ranks[1], name), value);
}

TEST(MakePlan, ACommandOfOneHostMeetsOnTheLoopback) {
  PlanInputs command = of_command(on_cpu(2));
  for (const char* name : {"GLOO_SOCKET_IFNAME", "TP_SOCKET_IFNAME"}) {
    command.hosts = {};
    EXPECT_EQ(variable(make_plan(command).ranks[1], name), "lo");
    command.hosts = {2, 0, "node0", 29501};
    EXPECT_EQ(variable(make_plan(command).ranks[1], name), "(unset)");
  }
}

TEST(MakePlan, MoreProcessesThanGpusShareThem) {
  PlanInputs command = of_command(on_two_gpus());
  command.devices.gpu_processes = 3;
  const LaunchPlan plan = make_plan(command);
  ASSERT_EQ(plan.ranks.size(), 3U);
  EXPECT_EQ(plan.ranks[1].gpu->index, 1);
  EXPECT_EQ(plan.ranks[2].gpu->index, 3);
  EXPECT_EQ(plan.ranks[2].environment.local_rank, 2);
  EXPECT_EQ(plan.ranks[2].environment.local_world_size, 3);
}

TEST(MakePlan, NumbersTheRanksOverAllHosts) {
  PlanInputs second = inputs(on_cpu(2), 0, 8);
  second.hosts = {3, 1, "10.0.0.7", 29501};
  const LaunchPlan plan = make_plan(second);
  const RankEnvironment& last = plan.ranks[1].environment;
  EXPECT_EQ(last.rank, 3);
  EXPECT_EQ(last.local_rank, 1);
  EXPECT_EQ(last.world_size, 6);
  EXPECT_EQ(last.local_world_size, 2);
  EXPECT_EQ(last.group_rank, 1);
  EXPECT_EQ(last.group_world_size, 3);
  EXPECT_EQ(last.master_addr, "10.0.0.7");
  EXPECT_EQ(last.master_port, 0)
      << "29501 is the launchers', and the store's is known at the start";
  EXPECT_EQ(plan.rendezvous, RendezvousKind::kElsewhere);
}

TEST(MakePlan, TakesFromTheMeetingWhatTheHostsSettled) {
  PlanInputs second = inputs(on_cpu(2), 0, 8);
  second.is_own_worker = false;
  second.hosts = {3, 1, "node0", 29501};
  second.hosts.met = Meeting{5, 9, {5, 4}, "c0ffee", "10.0.0.7", "eth1"};
  const LaunchPlan plan = make_plan(second);
  const RankEnvironment& last = plan.ranks[1].environment;
  EXPECT_EQ(last.rank, 6) << "hosts need not have as many processes each";
  EXPECT_EQ(last.world_size, 9);
  EXPECT_EQ(last.run_id, "c0ffee");
  EXPECT_EQ(last.master_addr, "10.0.0.7") << "nobody has to look a name up";
  EXPECT_EQ(variable(plan.ranks[1], "GLOO_SOCKET_IFNAME"), "eth1");
  EXPECT_EQ(variable(plan.ranks[1], "NCCL_SOCKET_IFNAME"), "=eth1");
}

TEST(MakePlan, PassesTheWarningsOfTheSelectionOn) {
  DeviceSelection devices = on_two_gpus();
  devices.warnings = {"GPU 1 is busy"};
  EXPECT_THAT(make_plan(inputs(devices, 0, 8)).notes, ElementsAre("GPU 1 is busy"));
}

}  // namespace
}  // namespace dplaunch
