// Machines that exist only in hwloc's descriptions.
#include "launcher/affinity/bind_ranks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <hwloc.h>
#include <stdlib.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <stdexcept>

#include "launcher/affinity/machine_layout.h"

namespace dplaunch {
namespace {

using ::testing::ElementsAreArray;
using ::testing::HasSubstr;

/// Two packages with a node of eight cores each, CPU n and n + 16 on one core, as Linux numbers
/// them. GPUs 41 and 42 are on the first, c1 and c2 on the second.
constexpr char kTwoNodes[] = TWO_NODES_FOUR_GPUS;
constexpr char kGpu41[] = "00000000:41:00.0";  // as NVML spells it
constexpr char kGpu42[] = "00000000:42:00.0";
constexpr char kGpuC1[] = "00000000:C1:00.0";
constexpr char kGpuC2[] = "0000:c2:00.0";  // as the kernel does

/// `description` is an XML file or one of hwloc's synthetic machines.
TopologyPtr machine(const std::string& description) {
  hwloc_topology_t topology = nullptr;
  if (hwloc_topology_init(&topology) != 0) throw std::runtime_error("hwloc_topology_init");
  TopologyPtr made(topology);
  hwloc_topology_set_io_types_filter(topology, HWLOC_TYPE_FILTER_KEEP_ALL);
  const bool is_file = description.ends_with(".xml");
  const int error = is_file ? hwloc_topology_set_xml(topology, description.c_str())
                            : hwloc_topology_set_synthetic(topology, description.c_str());
  if (error != 0 || hwloc_topology_load(topology) != 0) throw std::runtime_error(description);
  return made;
}

Cpus range(int first, int last) {
  Cpus cpus(static_cast<std::size_t>(last - first + 1));
  std::iota(cpus.begin(), cpus.end(), first);
  return cpus;
}

Cpus operator+(Cpus a, const Cpus& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

Cpus all_cpus(const std::string& description) {
  return range(0, hwloc_get_nbobjs_by_type(machine(description).get(), HWLOC_OBJ_PU) - 1);
}

using Gpus = std::vector<std::optional<std::string>>;

Gpus on_cpu(std::size_t ranks) {
  return Gpus(ranks, std::nullopt);
}

struct Case {
  std::string machine;
  Bind bind;
  Gpus ranks;
  std::vector<std::string> expected;    ///< "CPUs (place) xshare" of each rank
  Cpus allowed = {};                    ///< empty: all
  int quota = 0;                        ///< 0: none
  std::vector<std::string> notes = {};  ///< parts of them
};

void check(const Case& c) {
  const Cpus allowed = c.allowed.empty() ? all_cpus(c.machine) : c.allowed;
  const int usable = c.quota == 0 ? static_cast<int>(allowed.size()) : c.quota;
  const JobBinding job =
      bind_ranks(machine(c.machine).get(), BindRequest{c.bind, c.ranks, allowed, usable});
  std::vector<std::string> found;
  for (const CpuBinding& rank : job.ranks) {
    found.push_back(describe(rank) + " x" + std::to_string(rank.share_cpus));
  }
  EXPECT_THAT(found, ElementsAreArray(c.expected));
  ASSERT_EQ(job.notes.size(), c.notes.size()) << ::testing::PrintToString(job.notes);
  for (std::size_t i = 0; i < c.notes.size(); ++i) EXPECT_THAT(job.notes[i], HasSubstr(c.notes[i]));
}

TEST(BindRanks, NoneBindsNothing) {
  check({kTwoNodes, Bind::kNone, {kGpu41, kGpuC1}, {"not bound x16", "not bound x16"}});
  check({kTwoNodes, Bind::kNone, on_cpu(3), {"not bound x10", "not bound x10", "not bound x10"}});
}

TEST(BindRanks, NoRanksNeedNothing) {
  for (const Bind bind : {Bind::kNone, Bind::kNuma, Bind::kCore}) check({kTwoNodes, bind, {}, {}});
}

TEST(BindRanks, NumaBindsNothingOnOneNode) {
  check({"numa:1 core:8 pu:1", Bind::kNuma, on_cpu(2), {"not bound x4", "not bound x4"}});
  check({"numa:1 core:8 pu:1", Bind::kNuma, {kGpu41}, {"not bound x8"}});
}

TEST(BindRanks, NumaTakesTheNodeNearTheGpu) {
  check({kTwoNodes,
         Bind::kNuma,
         {kGpuC1, kGpu41},
         {"8-15,24-31 (NUMA node 1, near the GPU) x16",
          "0-7,16-23 (NUMA node 0, near the GPU) x16"}});
  check({kTwoNodes, Bind::kNuma, {kGpuC2}, {"8-15,24-31 (NUMA node 1, near the GPU) x16"}});
}

TEST(BindRanks, RanksOfANodeShareItsThreads) {
  check({kTwoNodes,
         Bind::kNuma,
         {kGpu41, kGpu42, kGpuC1},
         {"0-7,16-23 (NUMA node 0, near the GPU) x8", "0-7,16-23 (NUMA node 0, near the GPU) x8",
          "8-15,24-31 (NUMA node 1, near the GPU) x16"}});
  check({kTwoNodes,
         Bind::kNuma,
         {kGpu41, kGpu42, kGpu41},
         std::vector<std::string>(3, "0-7,16-23 (NUMA node 0, near the GPU) x5")});
}

TEST(BindRanks, NumaSpreadsRanksOnTheCpuEvenly) {
  const std::string node0 = "0-7,16-23 (NUMA node 0) ";
  const std::string node1 = "8-15,24-31 (NUMA node 1) ";
  check({kTwoNodes, Bind::kNuma, on_cpu(1), {"not bound x32"}});
  check({kTwoNodes, Bind::kNuma, on_cpu(2), {node0 + "x16", node1 + "x16"}});
  check({kTwoNodes,
         Bind::kNuma,
         on_cpu(4),
         {node0 + "x8", node0 + "x8", node1 + "x8", node1 + "x8"}});
  check({kTwoNodes, Bind::kNuma, on_cpu(3), {node0 + "x10", "not bound x10", node1 + "x10"}});
  check({"numa:4 core:2 pu:1",
         Bind::kNuma,
         on_cpu(2),
         {"0-3 (NUMA nodes 0-1) x4", "4-7 (NUMA nodes 2-3) x4"}});
  check({"numa:2 core:1 pu:1",
         Bind::kNuma,
         on_cpu(4),
         {"0 (NUMA node 0) x1", "0 (NUMA node 0) x1", "1 (NUMA node 1) x1", "1 (NUMA node 1) x1"}});
}

TEST(BindRanks, CoreDividesTheCoresOfANodeAndKeepsHyperthreadsTogether) {
  check({kTwoNodes,
         Bind::kCore,
         {kGpu41, kGpuC1, kGpu42},
         {"0-3,16-19 (NUMA node 0, near the GPU) x8", "8-15,24-31 (NUMA node 1, near the GPU) x16",
          "4-7,20-23 (NUMA node 0, near the GPU) x8"}});
  check({kTwoNodes,
         Bind::kCore,
         {kGpu41, kGpu41, kGpu41},
         {"0-1,16-17 (NUMA node 0, near the GPU) x4", "2-4,18-20 (NUMA node 0, near the GPU) x6",
          "5-7,21-23 (NUMA node 0, near the GPU) x6"}});
  check({"numa:1 core:8 pu:1",
         Bind::kCore,
         on_cpu(2),
         {"0-3 (NUMA node 0) x4", "4-7 (NUMA node 0) x4"}});
  check({"numa:1 core:8 pu:1", Bind::kCore, on_cpu(1), {"not bound x8"}});
}

TEST(BindRanks, CoreNeedsACoreForEachRank) {
  check({.machine = "numa:1 core:2 pu:2",
         .bind = Bind::kCore,
         .ranks = on_cpu(3),
         .expected = {"not bound x1", "not bound x1", "not bound x1"},
         .notes = {"not bound: 2 cores for 3 processes"}});
  check({.machine = kTwoNodes,
         .bind = Bind::kCore,
         .ranks = {kGpu41, kGpu42, kGpuC1},
         .expected = {"not bound x6", "not bound x6", "not bound x6"},
         .allowed = Cpus{0} + range(8, 16) + range(24, 31),
         .notes = {"not bound: 1 core for 2 processes"}});
}

TEST(BindRanks, AGpuOfUnknownPlaceIsNearToAllCores) {
  for (const char* id : {"00000000:99:00.0", "nonsense", "-1:-1:-1.-1"}) {
    check(
        {.machine = kTwoNodes,
         .bind = Bind::kNuma,
         .ranks = {kGpuC1, id},
         .expected = {"8-15,24-31 (NUMA node 1, near the GPU) x8", "not bound x24"},
         .notes = {"not known which cores are near the GPU of rank 1 (PCI id " + std::string(id)}});
  }
  check({.machine = kTwoNodes,
         .bind = Bind::kCore,
         .ranks = {"", kGpuC1, kGpu41},
         .expected = {"0-4,16-20 (NUMA node 0) x10", "10-15,26-31 (NUMA node 1, near the GPU) x12",
                      "5-9,21-25 (NUMA nodes 0-1) x10"},
         .notes = {"near the GPU of rank 0 (PCI id unknown)"}});
  check(
      {"numa:1 core:2 pu:1", Bind::kCore, {"", ""}, {"0 (NUMA node 0) x1", "1 (NUMA node 0) x1"}});
}

TEST(BindRanks, KeepsToTheAllowedCpus) {
  check({.machine = kTwoNodes,
         .bind = Bind::kNuma,
         .ranks = on_cpu(2),
         .expected = {"0-3 (NUMA node 0) x4", "8-11 (NUMA node 1) x4"},
         .allowed = range(0, 3) + range(8, 11)});
  check(
      {.machine = kTwoNodes,
       .bind = Bind::kCore,
       .ranks = {kGpu41, kGpu42},
       .expected = {"0-1 (NUMA node 0, near the GPU) x2", "2-3,19 (NUMA node 0, near the GPU) x3"},
       .allowed = range(0, 3) + range(8, 11) + Cpus{19}});
  // Not even: the share of the second rank begins on the first node.
  check({.machine = kTwoNodes,
         .bind = Bind::kNuma,
         .ranks = on_cpu(2),
         .expected = {"0-5 (NUMA node 0) x4", "not bound x4"},
         .allowed = range(0, 5) + range(8, 9)});
}

TEST(BindRanks, SaysThatNoAllowedCpuIsNearAGpu) {
  check(
      {.machine = kTwoNodes,
       .bind = Bind::kNuma,
       .ranks = {kGpu41, kGpuC1},
       .expected = {"not bound x8", "not bound x8"},
       .allowed = range(0, 7) + range(16, 23),
       .notes = {"none of the usable cores is near the GPU of rank 1 (PCI id 00000000:C1:00.0)"}});
}

TEST(BindRanks, AQuotaLowersTheSharesOnly) {
  check({.machine = kTwoNodes,
         .bind = Bind::kNuma,
         .ranks = on_cpu(2),
         .expected = {"0-7,16-23 (NUMA node 0) x4", "8-15,24-31 (NUMA node 1) x4"},
         .quota = 8});
  check({.machine = kTwoNodes,
         .bind = Bind::kCore,
         .ranks = {kGpu41},
         .expected = {"0-7,16-23 (NUMA node 0, near the GPU) x1"},
         .quota = 1});
}

TEST(BindRanks, AQuotaLowersTheSharesOfUnboundRanksOnce) {
  // Two cores of eight threads each are too few for three ranks: 8 CPUs' time divided by three.
  check({.machine = "numa:1 core:2 pu:8",
         .bind = Bind::kCore,
         .ranks = on_cpu(3),
         .expected = {"not bound x2", "not bound x2", "not bound x2"},
         .quota = 8,
         .notes = {"not bound: 2 cores for 3 processes"}});
}

TEST(BindRanks, KindsOfMemoryDoNotDivideTheCpusAgain) {
  check({"pack:2 [numa] [numa] core:4 pu:1",
         Bind::kNuma,
         on_cpu(2),
         {"0-3 (NUMA nodes 0-1) x4", "4-7 (NUMA nodes 2-3) x4"}});
  // A third node is memory of the whole machine.
  check({"[numa] pack:2 [numa] core:4 pu:1",
         Bind::kNuma,
         on_cpu(2),
         {"0-3 (NUMA node 0) x4", "4-7 (NUMA node 1) x4"}});
}

TEST(BindRanks, BindsNothingWhereTheAllowedCpusAreNotDescribed) {
  check({.machine = "numa:2 core:1 pu:1",
         .bind = Bind::kCore,
         .ranks = on_cpu(2),
         .expected = {"not bound x2", "not bound x2"},
         .allowed = range(100, 103)});
}

TEST(BindRanks, CoreNeverSplitsNorSharesACoreAndUsesAll) {
  for (const char* const description : {"numa:1 core:7 pu:2", kTwoNodes, "numa:4 core:3 pu:1"}) {
    const TopologyPtr topology = machine(description);
    const Cpus allowed = all_cpus(description);
    const int cores = hwloc_get_nbobjs_by_type(topology.get(), HWLOC_OBJ_CORE);
    const std::size_t cpus_per_core = allowed.size() / static_cast<std::size_t>(cores);
    for (int ranks = 2; ranks <= cores; ++ranks) {
      const BindRequest request{Bind::kCore, on_cpu(static_cast<std::size_t>(ranks)), allowed,
                                static_cast<int>(allowed.size())};
      const JobBinding job = bind_ranks(topology.get(), request);
      std::set<int> used;
      std::set<std::size_t> sizes;
      for (const CpuBinding& rank : job.ranks) {
        sizes.insert(rank.cpus.size());
        for (const int cpu : rank.cpus) {
          EXPECT_TRUE(used.insert(cpu).second) << cpu << " twice";
          const hwloc_obj_t pu = hwloc_get_pu_obj_by_os_index(topology.get(), unsigned(cpu));
          for (hwloc_obj_t s = pu->parent->first_child; s != nullptr; s = s->next_sibling) {
            EXPECT_THAT(rank.cpus, ::testing::Contains(static_cast<int>(s->os_index)));
          }
        }
      }
      EXPECT_EQ(used.size(), allowed.size()) << description << ' ' << ranks;
      EXPECT_LE(*sizes.rbegin() - *sizes.begin(), cpus_per_core) << description << ' ' << ranks;
    }
  }
}

/// hwloc's own variables, as a user sets them.
class BindOnThisMachine : public ::testing::Test {
 protected:
  void TearDown() override {
    for (const char* name : {"HWLOC_SYNTHETIC", "HWLOC_XMLFILE", "HWLOC_PLUGINS_PATH"}) {
      ::unsetenv(name);
    }
  }

  static JobBinding bind(Bind bind, std::optional<std::string> gpu, const Cpus& allowed) {
    return bind_on_this_machine({bind, {gpu, gpu}, allowed, static_cast<int>(allowed.size())});
  }
};

TEST_F(BindOnThisMachine, NoneBindsNothing) {
  ::setenv("HWLOC_SYNTHETIC", "numa:2 core:1 pu:1", 1);
  for (const CpuBinding& rank : bind(Bind::kNone, std::nullopt, {0, 1, 2, 3}).ranks) {
    EXPECT_FALSE(rank.is_bound());
    EXPECT_EQ(rank.share_cpus, 2);
  }
}

TEST_F(BindOnThisMachine, BelievesWhatHwlocIsToldOfNodes) {
  ::setenv("HWLOC_SYNTHETIC", "numa:2 core:2 pu:1", 1);
  const JobBinding job = bind(Bind::kNuma, std::nullopt, {0, 1, 2, 3});

  EXPECT_EQ(job.ranks.at(0).cpus, (Cpus{0, 1}));
  EXPECT_EQ(job.ranks.at(1).cpus, (Cpus{2, 3}));
}

TEST_F(BindOnThisMachine, BelievesWhatHwlocIsToldOfGpus) {
  ::setenv("HWLOC_XMLFILE", TWO_NODES_FOUR_GPUS, 1);
  const JobBinding job = bind(Bind::kNuma, "00000000:C1:00.0", {0, 1, 8, 9});
  EXPECT_EQ(job.ranks.at(0).cpus, (Cpus{8, 9}));
  EXPECT_TRUE(job.ranks.at(1).is_near_gpu);
  EXPECT_EQ(job.ranks.at(1).share_cpus, 1);
}

TEST_F(BindOnThisMachine, FallsBackToTheMachineWhenHwlocIsToldNonsense) {
  ::setenv("HWLOC_SYNTHETIC", "nonsense", 1);
  ::setenv("HWLOC_XMLFILE", "/no/such/file", 1);
  EXPECT_EQ(bind(Bind::kNuma, std::nullopt, {0}).ranks.size(), 2U);
}

TEST_F(BindOnThisMachine, LeavesTheEnvironmentAsItWas) {
  load_topology(PciDevices::kLeaveOut);
  EXPECT_EQ(::getenv("HWLOC_PLUGINS_PATH"), nullptr);
  ::setenv("HWLOC_PLUGINS_PATH", "/mine", 1);
  load_topology(PciDevices::kInclude);
  EXPECT_STREQ(::getenv("HWLOC_PLUGINS_PATH"), "/mine");
}

}  // namespace
}  // namespace dplaunch
