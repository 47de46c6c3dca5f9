// Discovery as on a real Linux, from files like those that its kernel shows.
#include "launcher/affinity/load_topology.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <cstdio>

#include "launcher/affinity/bind_ranks.h"
#include "tests/support/temporary_folder.h"

namespace dplaunch {
namespace {

using ::testing::ElementsAre;

constexpr int kCpus = 8;

/// Two packages of two cores with two threads: CPU n and n + 4 are on core n. GPU 41 is on the
/// first package, c1 on the second.
class LoadTopology : public ::testing::Test {
 protected:
  LoadTopology() {
    write("proc/meminfo", "MemTotal: 8000000 kB");
    for (const char* const set : {"online", "possible", "present"}) {
      write(std::string("sys/devices/system/cpu/") + set, "0-7");
    }
    for (int cpu = 0; cpu < kCpus; ++cpu) write_cpu(cpu);
    write_gpu("0000:41:00.0", package(0));
    write_gpu("0000:c1:00.0", package(1));
    ::setenv("HWLOC_FSROOT", root_.path().c_str(), 1);
  }
  ~LoadTopology() override { ::unsetenv("HWLOC_FSROOT"); }

  static Cpus package(int number) {
    const int first = 2 * number;
    return {first, first + 1, first + 4, first + 5};
  }

  void write_nodes(const std::vector<Cpus>& nodes) const {
    const std::string folder = "sys/devices/system/node/";
    write(folder + "online", "0-" + std::to_string(nodes.size() - 1));
    for (std::size_t node = 0; node < nodes.size(); ++node) {
      const std::string number = std::to_string(node);
      write(folder + "node" + number + "/cpumap", mask(nodes[node]));
      write(folder + "node" + number + "/meminfo", "Node " + number + " MemTotal: 4000000 kB");
    }
  }

  static std::vector<std::string> bind(Bind bind,
                                       const std::vector<std::optional<std::string>>& gpus) {
    const TopologyPtr topology = load_topology(PciDevices::kInclude);
    std::vector<std::string> found;
    const BindRequest request{bind, gpus, {0, 1, 2, 3, 4, 5, 6, 7}, kCpus};
    for (const CpuBinding& rank : bind_ranks(topology.get(), request).ranks) {
      found.push_back(describe(rank));
    }
    return found;
  }

 private:
  static std::string mask(const Cpus& cpus) {
    unsigned bits = 0;
    for (const int cpu : cpus) bits |= 1U << static_cast<unsigned>(cpu);
    char text[16];
    std::snprintf(text, sizeof text, "%08x", bits);
    return text;
  }

  void write(const std::string& file, const std::string& line) const {
    std::filesystem::create_directories((root_ / file).parent_path());
    testing::write_text(root_ / file, line + "\n");
  }

  void write_cpu(int cpu) const {
    const std::string folder = "sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/";
    const int core = cpu % 4;
    write(folder + "core_cpus", mask({core, core + 4}));
    write(folder + "core_id", std::to_string(core % 2));
    write(folder + "package_cpus", mask(package(core / 2)));
    write(folder + "physical_package_id", std::to_string(core / 2));
  }

  void write_gpu(const std::string& bus_id, const Cpus& local_cpus) const {
    const std::string folder = "sys/bus/pci/devices/" + bus_id + "/";
    write(folder + "vendor", "0x10de");
    write(folder + "device", "0x2330");
    write(folder + "class", "0x030200");
    write(folder + "local_cpus", mask(local_cpus));
    std::string config(256, '\0');
    config.replace(0, 4, "\xde\x10\x30\x23");           // vendor, device
    config.replace(10, 2, std::string("\x02\x03", 2));  // class
    write(folder + "config", config);
  }

  testing::TemporaryFolder root_;
};

TEST_F(LoadTopology, FindsTheNodeNearAGpu) {
  write_nodes({package(0), package(1)});
  EXPECT_THAT(
      bind(Bind::kNuma, {"00000000:C1:00.0", "00000000:41:00.0"}),
      ElementsAre("2-3,6-7 (NUMA node 1, near the GPU)", "0-1,4-5 (NUMA node 0, near the GPU)"));
  EXPECT_THAT(bind(Bind::kNuma, {std::nullopt, std::nullopt}),
              ElementsAre("0-1,4-5 (NUMA node 0)", "2-3,6-7 (NUMA node 1)"));
}

TEST_F(LoadTopology, FindsTheCoresNearAGpu) {
  write_nodes({package(0), package(1)});
  EXPECT_THAT(bind(Bind::kCore, {"00000000:C1:00.0", "00000000:C1:00.0"}),
              ElementsAre("2,6 (NUMA node 1, near the GPU)", "3,7 (NUMA node 1, near the GPU)"));
}

TEST_F(LoadTopology, FindsTheNodesOfAPackageThatIsDivided) {
  write_nodes({{0, 4}, {1, 5}, {2, 6}, {3, 7}});
  EXPECT_THAT(bind(Bind::kNuma, {"00000000:C1:00.0"}),
              ElementsAre("2-3,6-7 (NUMA nodes 2-3, near the GPU)"));
  EXPECT_THAT(bind(Bind::kNuma, std::vector<std::optional<std::string>>(4)),
              ElementsAre("0,4 (NUMA node 0)", "1,5 (NUMA node 1)", "2,6 (NUMA node 2)",
                          "3,7 (NUMA node 3)"));
}

}  // namespace
}  // namespace dplaunch
