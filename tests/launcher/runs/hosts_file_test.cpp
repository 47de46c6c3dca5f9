// hosts.json: what a launcher knows of the other hosts of its job.
#include "launcher/runs/hosts_file.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "tests/support/temporary_folder.h"

namespace dplaunch {
namespace {

RankProgress at_step(int rank, std::int64_t step, double images_per_second = 0) {
  RankProgress progress;
  progress.rank = progress.last_rank = rank;
  progress.status = RankStatus();
  progress.status->phase = Phase::kTraining;
  progress.status->step = step;
  progress.status->updated_ns = 5'000;
  progress.status->images_per_second = images_per_second;
  return progress;
}

class HostsFile : public ::testing::Test {
 protected:
  HostsRecord read_back(const HostsRecord& record) const {
    write_hosts(run_, "start", record);
    return read_hosts(run_, "start").value_or(HostsRecord());
  }

  dplaunch::testing::TemporaryFolder folder_;
  RunFolder run_{folder_.path()};
};

TEST_F(HostsFile, IsReadAsItWasWritten) {
  HostProgress host{
      2, "node2", 9'000, {at_step(4, 17, 64)}, "its launcher has ended", 1'700'000'000};
  host.ranks[0].status->loss = std::numeric_limits<double>::quiet_NaN();
  host.ranks[0].end = RankEnd{4, 137, 9};
  const HostsRecord read = read_back({"node0", 0, {host}});
  EXPECT_EQ(read.own_name, "node0");
  ASSERT_EQ(read.others.size(), 1U);
  const HostProgress& other = read.others[0];
  EXPECT_EQ(other.name, "node2");
  EXPECT_EQ(other.lost, "its launcher has ended");
  EXPECT_EQ(other.lost_unix, 1'700'000'000);
  ASSERT_EQ(other.ranks.size(), 1U);
  EXPECT_EQ(other.ranks[0].status->step, 17);
  EXPECT_EQ(other.ranks[0].status->images_per_second, 64);
  EXPECT_TRUE(std::isnan(other.ranks[0].status->loss)) << "what matters most of a loss";
  EXPECT_EQ(other.ranks[0].end->signal, 9);
}

TEST_F(HostsFile, OfAnotherStartIsNone) {
  write_hosts(run_, "earlier", {"node0", 0, {}});
  EXPECT_FALSE(read_hosts(run_, "start"));
  EXPECT_TRUE(read_hosts(run_, "earlier"));
}

TEST_F(HostsFile, ThatIsDamagedIsNoHarm) {
  folder_.write("hosts.json", "{\"start_id\": \"start\", \"hosts\": [");
  EXPECT_FALSE(read_hosts(run_, "start"));
  folder_.write("hosts.json", R"({"start_id": "start", "hosts": [7, {"index": -3, "ranks": [[],
    {"rank": 1e300, "status": {"epoch": -1, "epochs": 9223372036854775807, "phase": 99}}]}]})");
  const auto record = read_hosts(run_, "start");
  ASSERT_TRUE(record);
  ASSERT_EQ(record->others.size(), 1U);
  const RankStatus& status = *record->others[0].ranks.at(0).status;
  EXPECT_EQ(status.epoch, 0);
  EXPECT_EQ(status.epochs, StatusBoard::kMaxCount);
  EXPECT_EQ(status.phase, Phase::kStarting);
}

TEST(HostProgress, ComesInTheClockOfWhoReadsIt) {
  HostProgress host{1, "node1", 9'000, {at_step(4, 17)}, "", 0};
  // Here the hub's clock is 1,000 ahead, there 300 behind.
  const HostProgress there = host_progress_from(to_json(host, 1'000), 300);
  EXPECT_EQ(there.at_ns, 10'300);
  EXPECT_EQ(there.ranks.at(0).status->updated_ns, 6'300);
  EXPECT_EQ(there.ranks.at(0).output_ns, 0) << "never is never on all clocks";
}

TEST(HostProgress, OfManyRanksIsTheSlowestWithTheImagesOfAll) {
  const RankProgress summary =
      summary_of({at_step(8, 20, 100), at_step(9, 18, 100), at_step(10, 20, 50)});
  EXPECT_EQ(summary.rank, 8);
  EXPECT_EQ(summary.last_rank, 10);
  EXPECT_EQ(summary.status->step, 18);
  EXPECT_EQ(summary.status->images_per_second, 250);
}

}  // namespace
}  // namespace dplaunch
