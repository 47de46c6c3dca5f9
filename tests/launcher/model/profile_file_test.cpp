#include "launcher/model/profile_file.h"

#include <gmock/gmock.h>

#include <array>

#include "base/error.h"

namespace dplaunch {
namespace {

using ::testing::HasSubstr;

Profile full_profile() {
  Profile profile;
  profile.source = "a run";
  profile.mode = ScalingMode::kStrong;
  profile.images_per_step = {128, Origin::kGiven};
  profile.backward_s = {0.02, Origin::kMeasured};
  profile.jitter_s = {0.001, Origin::kFitted};
  profile.buckets = {{4e6, 0.01}, {1e6, 0.02}};
  profile.buckets_origin = Origin::kMeasured;
  profile.curves = {{2, {{1e3, 1e-5}, {1e6, 1e-3}}}};
  profile.network = Network{{1e9, 1e-5}, {2e9, 2e-6}, 8};
  profile.network_origins = {.between_bandwidth = Origin::kGiven};
  profile.rank_work_s = {{0.1, 0.2}, {0.3, 0.4}};
  profile.measured = {{1, {0.1, 0.11}}, {2, {0.12}}};
  return profile;
}

TEST(ProfileFile, IsReadAsItWasWritten) {
  const std::string text = to_json_text(full_profile());
  const Profile read = parse_profile(text, "profile.json");
  EXPECT_EQ(to_json_text(read), text);
  EXPECT_EQ(read.mode, ScalingMode::kStrong);
  EXPECT_EQ(read.jitter_s.origin, Origin::kFitted);
  EXPECT_EQ(read.buckets.at(1).ready_s, 0.02);
  EXPECT_EQ(read.network->processes_per_host, 8);
  EXPECT_EQ(read.rank_work_s.at(1).at(0), 0.3);
  EXPECT_EQ(read.measured.at(0).step_s.at(1), 0.11);
}

TEST(ProfileFile, MayHaveLittle) {
  const Profile read =
      parse_profile(R"({"step_times": [{"processes": 1, "seconds": [0.1]}]})", "profile.json");
  EXPECT_EQ(single_process_step_s(read), 0.1);
  EXPECT_FALSE(read.network);
}

TEST(ProfileFile, IsPutInOrder) {
  const Profile read = parse_profile(
      R"({"step_times": [{"processes": 2, "seconds": [2]}, {"processes": 1, "seconds": [1]}],
          "all_reduce_curves": [{"processes": 2, "points": [{"bytes": 9, "seconds": 1},
                                                            {"bytes": 3, "seconds": 1}]}]})",
      "profile.json");
  EXPECT_EQ(read.measured.front().processes, 1);
  EXPECT_EQ(read.curves.front().points.front().bytes, 3);
}

struct Bad {
  const char* text;
  const char* said;
};

TEST(ProfileFile, SaysWhatIsWrong) {
  constexpr std::array kBad = {
      Bad{"[]", "profile.json: the file: is no JSON object"},
      Bad{R"({"mode": "wide"})", "mode: is not weak or strong"},
      Bad{R"({"backward_seconds": 3})", "backward_seconds: is not an object"},
      Bad{R"({"backward_seconds": {"value": -1}})", "backward_seconds: -1 is not a number"},
      Bad{R"({"backward_seconds": {"value": 1, "origin": "guess"}})", "origin \"guess\""},
      Bad{R"({"step_times": [{"processes": 0, "seconds": [1]}]})",
          "step_times[0]: 0 is not a whole number from 1"},
      Bad{R"({"step_times": [{"processes": 1, "seconds": []}]})", "seconds: is empty"},
      Bad{R"({"step_times": [{"processes": 1, "seconds": [1]}, {"processes": 1, "seconds": [1]}]})",
          "has 1 processes twice"},
      Bad{R"({"all_reduce_curves": [{"processes": 1, "points": []}]})", "1 is not a whole number"},
      Bad{R"({"network": {"processes_per_host": 1}})", "between_hosts: is no object"},
      Bad{R"({"gradient": {"buckets": [{"bytes": 0}]}})",
          "buckets[0]: 0 is not a number from 1e-18"},
      Bad{R"({"rank_work_seconds": [[1], []]})", "rank_work_seconds[1]: is empty"},
  };
  for (const Bad& bad : kBad) {
    try {
      parse_profile(bad.text, "profile.json");
      ADD_FAILURE() << "taken: " << bad.text;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kUsage);
      EXPECT_THAT(error.what(), HasSubstr(bad.said)) << bad.text;
    }
  }
}

TEST(ProfileFile, OfANewerFormatIsRefused) {
  try {
    parse_profile(R"({"format_version": 99})", "profile.json");
    ADD_FAILURE() << "taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kStorage);
  }
}

}  // namespace
}  // namespace dplaunch
