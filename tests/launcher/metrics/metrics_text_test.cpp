// What Prometheus is told of a job. Its own parser reads it in tests/integration/test_metrics.py.
#include "launcher/metrics/metrics_text.h"

#include <gmock/gmock.h>

#include <limits>

namespace dplaunch {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::int64_t kSecondNs = 1'000'000'000;

RunView training() {
  RankStatus status;
  status.phase = Phase::kTraining;
  status.epoch = 2;
  status.epochs = 10;
  status.step = 30;
  status.steps_per_epoch = 100;
  status.images = 14'720;
  status.loss = 1.25;
  status.images_per_second = 64;
  status.updated_ns = 98 * kSecondNs;
  RunView run;
  run.now_ns = 100 * kSecondNs;
  run.ranks = {{0, status, {}}};
  return run;
}

JobFacts facts() {
  JobFacts job;
  job.run = "first";
  job.kind = "training";
  job.host = "node0";
  return job;
}

TEST(MetricsText, HasTheFiguresOfARank) {
  EXPECT_THAT(
      metrics_text(training(), facts(), false),
      AllOf(HasSubstr("# TYPE dplaunch_rank_steps_total counter\n"
                      "dplaunch_rank_steps_total{host=\"node0\",rank=\"0\"} 230\n"),
            HasSubstr("dplaunch_rank_epoch{host=\"node0\",rank=\"0\"} 3\n"),
            HasSubstr("dplaunch_rank_images_total{host=\"node0\",rank=\"0\"} 14720\n"),
            HasSubstr("dplaunch_rank_images_per_second{host=\"node0\",rank=\"0\"} 64\n"),
            HasSubstr("dplaunch_rank_loss{host=\"node0\",rank=\"0\"} 1.25\n"),
            HasSubstr("dplaunch_rank_silent_seconds{host=\"node0\",rank=\"0\"} 2\n"),
            HasSubstr("dplaunch_rank_phase{host=\"node0\",rank=\"0\",phase=\"training\"} 1\n"),
            HasSubstr("dplaunch_rank_phase{host=\"node0\",rank=\"0\",phase=\"evaluating\"} 0\n")));
}

TEST(MetricsText, LeavesOutWhatIsNotKnown) {
  RunView run = training();
  run.ranks[0].status->loss = 0;
  run.ranks[0].status->images_per_second = 0;
  run.ranks.push_back({1, {}, {}});
  EXPECT_THAT(
      metrics_text(run, facts(), false),
      AllOf(Not(HasSubstr("dplaunch_rank_loss{")),
            Not(HasSubstr("dplaunch_rank_images_per_second{")), Not(HasSubstr("rank=\"1\""))));
}

TEST(MetricsText, OfALossThatIsNoNumberSaysSo) {
  RunView run = training();
  run.ranks[0].status->loss = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(metrics_text(run, facts(), false),
              HasSubstr("dplaunch_rank_loss{host=\"node0\",rank=\"0\"} NaN\n"));
}

TEST(MetricsText, EscapesWhatUsersNamed) {
  JobFacts job = facts();
  job.run = "a\"b\\c\nd";
  EXPECT_THAT(metrics_text(training(), job, false), HasSubstr(R"({run="a\"b\\c\nd",kind=)"));
}

TEST(MetricsText, OfACommandHasTheAgeOfItsOutput) {
  RunView run;
  run.now_ns = 100 * kSecondNs;
  run.ranks = {{0, {}, {}}};
  JobFacts job = facts();
  job.kind = "command";
  job.output_ns = {{0, 95 * kSecondNs}};
  EXPECT_THAT(metrics_text(run, job, false),
              HasSubstr("dplaunch_rank_silent_seconds{host=\"node0\",rank=\"0\"} 5\n"));
}

TEST(MetricsText, HasTheUseOfAGpu) {
  RunView run = training();
  run.ranks[0].gpu = GpuUse{11, 24, 97, ""};
  JobFacts job = facts();
  job.gpu_uuids = {{0, "GPU-a"}};
  EXPECT_THAT(
      metrics_text(run, job, false),
      AllOf(HasSubstr(
                "dplaunch_gpu_utilization_ratio{host=\"node0\",rank=\"0\",gpu=\"GPU-a\"} 0.97\n"),
            HasSubstr(
                "dplaunch_gpu_memory_used_bytes{host=\"node0\",rank=\"0\",gpu=\"GPU-a\"} 11\n")));
  run.ranks[0].gpu->error = "GPU is lost";
  EXPECT_THAT(metrics_text(run, job, false), Not(HasSubstr("gpu=\"GPU-a\"")));
}

TEST(MetricsText, HasOtherHostsRanksForWhoWantsThem) {
  RunView run = training();
  run.other_hosts = {{1, "node1", run.now_ns, {}, "", 0}, {2, "node2", 0, {}, "gone", 1}};
  RankView other = run.ranks[0];
  other.rank = 8;
  other.host = "node1";
  other.elsewhere = RankProgress{8, 15, other.status, {}, 0};
  run.ranks.push_back(other);
  EXPECT_THAT(metrics_text(run, facts(), false),
              AllOf(Not(HasSubstr("rank=\"8-15\"")),
                    HasSubstr("dplaunch_host_lost{host=\"node2\",index=\"2\"} 1\n")));
  EXPECT_THAT(metrics_text(run, facts(), true),
              HasSubstr("dplaunch_rank_steps_total{host=\"node1\",rank=\"8-15\"} 230\n"));
}

}  // namespace
}  // namespace dplaunch
