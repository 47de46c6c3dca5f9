// The real "dplaunch simulate".
#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/text/words.h"
#include "tests/support/run_program.h"

namespace dplaunch {
namespace {

using nlohmann::json;
using ::testing::Each;
using ::testing::HasSubstr;
using testing::ShellResult;
using ::testing::StartsWith;

/// A gradient of 40 MB in 10 buckets that become ready evenly in the last 20 of 30 ms.
constexpr char kGiven[] =
    "--step-time 30ms --gradient-bytes 40MiB --link 100Gb --latency 5us --batch 256 ";

class Simulate : public ::testing::Test {
 protected:
  ShellResult run(const std::string& arguments) const {
    return testing::run_dplaunch(folder_.path(), "simulate " + arguments);
  }
  json predict(const std::string& arguments) const {
    const ShellResult result = run(arguments + " --json");
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return json::parse(result.out);
  }
  void expect_refused(const std::string& arguments, const std::string& said) const {
    const ShellResult result = run(arguments);
    EXPECT_EQ(result.exit_code, 2) << arguments;
    EXPECT_THAT(result.err, HasSubstr(said));
    EXPECT_EQ(result.out, "");
  }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_.path() / name) << text;
  }

  testing::TemporaryFolder folder_;
};

TEST_F(Simulate, CallsEveryLineAPrediction) {
  for (const char* form : {"", "--csv"}) {
    const ShellResult result = run(std::string("--world-sizes 1..16 ") + kGiven + form);
    ASSERT_EQ(result.exit_code, 0) << result.err;
    std::vector<std::string> lines = split(result.out, '\n');
    ASSERT_EQ(lines.back(), "");
    lines.pop_back();
    EXPECT_GE(lines.size(), 6U);
    EXPECT_THAT(lines, Each(HasSubstr("prediction")));
  }
}

TEST_F(Simulate, NamesEveryPredictedFieldSo) {
  const json report = predict(std::string("--world-sizes 1,2 ") + kGiven);
  EXPECT_EQ(report.at("kind"), "prediction");
  for (const auto& [name, value] : report.at("predictions").at(1).items()) {
    if (name == "processes" || name == "measured_step_seconds") continue;
    EXPECT_THAT(name, StartsWith("prediction_"));
  }
  for (const json& input : report.at("prediction_inputs")) {
    EXPECT_THAT((std::array{"given", "default", "measured", "fitted"}),
                ::testing::Contains(input.at("origin").get<std::string>()));
  }
}

// By hand: buckets of 4 MiB take 2 * 5 us + 4 MiB / 12.5 GB/s = 345.5 us on two processes and are
// ready every 2 ms: the last one shows. All ready at the end: all ten show.
TEST_F(Simulate, HidesCommunicationBehindTheBackwardPass) {
  constexpr double kBucketSeconds = 10e-6 + (4 << 20) / 12.5e9;
  const json overlapped =
      predict(std::string("--world-sizes 2 --algorithm ring ") + kGiven).at("predictions").at(0);
  EXPECT_NEAR(overlapped.at("prediction_exposed_seconds"), kBucketSeconds, 1e-12);
  EXPECT_NEAR(overlapped.at("prediction_step_seconds"), 30e-3 + kBucketSeconds, 1e-12);
  EXPECT_NEAR(overlapped.at("prediction_communication_seconds"), 10 * kBucketSeconds, 1e-12);
  EXPECT_NEAR(overlapped.at("prediction_images_per_second"), 512 / (30e-3 + kBucketSeconds), 1e-6);
  const json bare = predict(std::string("--world-sizes 2 --algorithm ring --no-overlap ") + kGiven);
  EXPECT_NEAR(bare.at("predictions").at(0).at("prediction_exposed_seconds"), 10 * kBucketSeconds,
              1e-12);
}

TEST_F(Simulate, GoesToAThousandProcesses) {
  const json report = predict(std::string("--world-sizes 1..1024 --gpus-per-host 8 --host-link "
                                          "300GB/s --jitter 100us ") +
                              kGiven);
  EXPECT_EQ(report.at("predictions").size(), 11U);
  EXPECT_EQ(report.at("predictions").back().at("processes"), 1024);
}

TEST_F(Simulate, ReadsAProfile) {
  write("profile.json", R"({"format_version": 1, "step_times": [
      {"processes": 1, "seconds": [0.1]}, {"processes": 2, "seconds": [0.11]}],
      "backward_seconds": {"value": 0.06, "origin": "measured"}})");
  const json report = predict("--profile profile.json --world-sizes 2,4");
  EXPECT_EQ(report.at("largest_measured"), 2);
  EXPECT_EQ(report.at("predictions").at(0).at("measured_step_seconds"), 0.11);
  EXPECT_NEAR(report.at("predictions").at(1).at("prediction_step_seconds"), 0.1 + 0.01 * 13 / 6,
              1e-12);
  EXPECT_TRUE(report.at("predictions").at(1).at("prediction_interval_seconds").is_array());
}

TEST_F(Simulate, RefusesToGuess) {
  write("measured.csv", "processes,images_per_second\n1,100\n2,190\n4,370\n");
  EXPECT_EQ(run("--measured measured.csv --world-sizes 1..32").exit_code, 0);
  expect_refused("--measured measured.csv --world-sizes 1..64",
                 "64 processes are more than 8 times the largest measured number, 4");
  EXPECT_EQ(run("--measured measured.csv --world-sizes 1..64 --force").exit_code, 0);
}

TEST_F(Simulate, SaysWhatIsWrong) {
  write("measured.csv", "processes,images_per_second\n1,100\n2,fast\n");
  expect_refused("--measured measured.csv", "measured.csv: line 3: \"fast\" is not a number");
  write("two.csv", "processes,images_per_second\n2,190\n");
  expect_refused("--measured two.csv", "has no measurement of 1 process");
  write("short.csv", "processes,images_per_second\n1\n");
  expect_refused("--measured short.csv", "line 2: has 1 fields, and the names are 2");
  write("names.csv", "gpus,rate\n1,2\n");
  expect_refused("--measured names.csv", "has no column \"processes\"");
  expect_refused("--measured none.csv", "none.csv");
  expect_refused("", "the step time of one process is not known");
  expect_refused("--step-time 30ms --gradient-bytes 40MB", "how fast it is all-reduced");
  expect_refused("--step-time 30", "--step-time \"30\" is not a time");
  expect_refused("--step-time 30ms --latency 5us", "without its bandwidth");
  expect_refused("--step-time 30ms --algorithm best", "--algorithm \"best\"");
  expect_refused("--step-time 30ms --mode both", "--mode \"both\"");
  expect_refused("--step-time 30ms --series x", "--series");
  expect_refused("--step-time 30ms --json --csv", "--json and --csv");
  expect_refused("--step-time 30ms --bucket-mb nan", "\"nan\" is not a number from 0.01 to 1024");
  expect_refused("--step-time 30ms --profile x.json", "--profile");
}

struct Held {
  double error;
  bool beats_null;
  bool is_covered;
};

/// Published throughputs: the largest number of processes predicted from the smaller ones.
TEST_F(Simulate, PredictsTheLargestOfPublishedSeries) {
  constexpr std::array kSeries = {"PyTorch fp32 b128", "TF1 Horovod fp32 b128", "OneFlow fp32 b128",
                                  "TF2 fp32 b128",     "Paddle fp32 b128",      "MXNet fp32 b96",
                                  "NGC PyTorch fp32",  "NGC PyTorch amp b256",  "DDP fp32",
                                  "DDP fp16"};
  std::vector<Held> all;
  for (const char* series : kSeries) {
    const json score = predict(std::string("--measured " PUBLISHED_SCALING " --series '") + series +
                               "' --world-sizes 32")
                           .at("prediction_score");
    const double error = score.at("prediction_step_error");
    all.push_back({error, error < score.at("null_step_error").get<double>(),
                   score.at("prediction_interval_covers")});
  }
  std::ranges::sort(all, {}, &Held::error);
  EXPECT_LE((all[4].error + all[5].error) / 2, 0.03);
  EXPECT_LE(all.back().error, 0.08);
  EXPECT_GE(std::ranges::count_if(all, &Held::beats_null), 8);
  EXPECT_GE(std::ranges::count_if(all, &Held::is_covered), 8);
}

TEST_F(Simulate, AsksWhichOfSeveralSeries) {
  expect_refused("--measured " PUBLISHED_SCALING, "has several series");
  expect_refused("--measured " PUBLISHED_SCALING " --series DDP", "has no series \"DDP\"");
}

}  // namespace
}  // namespace dplaunch
