#include "common/rank_environment.h"

#include <gtest/gtest.h>

#include <map>
#include <tuple>

#include "tests/support/expect_error.h"

namespace dplaunch {
namespace {

using testing::error_of;
using testing::expect_contains;
using Variables = std::map<std::string, std::string>;

VariableLookup lookup_among(const Variables& variables) {
  return [variables](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

Variables to_map(const RankEnvironment& environment) {
  const EnvironmentVariables list = to_variables(environment);
  Variables map(list.begin(), list.end());
  EXPECT_EQ(map.size(), list.size()) << "a name is given twice";
  return map;
}

RankEnvironment filled_environment() {
  return {.rank = 5,
          .local_rank = 1,
          .world_size = 8,
          .local_world_size = 4,
          .group_rank = 1,
          .group_world_size = 2,
          .role = "trainer",
          .master_addr = "10.0.0.1",
          .master_port = 29501,
          .run_id = "job-7",
          .restart_count = 2,
          .max_restarts = 3,
          .error_file = "/runs/a/error-5.json",
          .has_agent_store = true,
          .run_dir = "/runs/a",
          .status_board = "/runs/a/status.board",
          .store_fd = 9,
          .lifeline_fd = 10,
          .start_id = "0123abcd",
          .run_folder_id = "7:12",
          .preempt_signal = 10,
          .workers = 6};
}

TEST(RankEnvironment, SurvivesTheWayThroughTheVariables) {
  EXPECT_EQ(read_rank_environment(lookup_among(to_map(filled_environment()))),
            filled_environment());
  EXPECT_EQ(read_rank_environment(lookup_among(to_map({}))), RankEnvironment());
}

// The names that the manual of torchrun promises to a worker.
TEST(RankEnvironment, GivesEveryVariableThatTorchrunGives) {
  const Variables expected = {{"LOCAL_RANK", "1"},
                              {"RANK", "5"},
                              {"GROUP_RANK", "1"},
                              {"ROLE_RANK", "5"},
                              {"LOCAL_WORLD_SIZE", "4"},
                              {"WORLD_SIZE", "8"},
                              {"ROLE_WORLD_SIZE", "8"},
                              {"GROUP_WORLD_SIZE", "2"},
                              {"ROLE_NAME", "trainer"},
                              {"MASTER_ADDR", "10.0.0.1"},
                              {"MASTER_PORT", "29501"},
                              {"TORCHELASTIC_RESTART_COUNT", "2"},
                              {"TORCHELASTIC_MAX_RESTARTS", "3"},
                              {"TORCHELASTIC_RUN_ID", "job-7"},
                              {"TORCHELASTIC_ERROR_FILE", "/runs/a/error-5.json"}};
  Variables found = to_map(filled_environment());
  for (const auto& [name, value] : expected) EXPECT_EQ(found[name], value) << name;
}

TEST(RankEnvironment, LeavesOutWhatIsNotSet) {
  const Variables found = to_map({});
  for (const char* name :
       {"TORCHELASTIC_ERROR_FILE", "TORCHELASTIC_USE_AGENT_STORE", "DPLAUNCH_RUN_DIR",
        "DPLAUNCH_STATUS_BOARD", "DPLAUNCH_STORE_FD", "DPLAUNCH_LIFELINE_FD", "DPLAUNCH_START_ID",
        "DPLAUNCH_RUN_FOLDER_ID", "DPLAUNCH_PREEMPT_SIGNAL", "DPLAUNCH_WORKERS"}) {
    EXPECT_FALSE(found.contains(name)) << name;
  }
}

TEST(RankEnvironment, AWorkerStartedByHandIsRankZeroOfOne) {
  EXPECT_EQ(read_rank_environment(lookup_among({})), RankEnvironment());
}

TEST(RankEnvironment, LocalRanksFollowTheGlobalOnesOnOneHost) {
  const RankEnvironment e = read_rank_environment(
      lookup_among({{"RANK", "1"}, {"WORLD_SIZE", "2"}, {"MASTER_PORT", "29500"}}));
  EXPECT_EQ(e.local_rank, 1);
  EXPECT_EQ(e.local_world_size, 2);
}

TEST(RankEnvironment, WhatCannotBeIsRefusedByName) {
  const Variables good = {{"RANK", "1"}, {"WORLD_SIZE", "2"}, {"MASTER_PORT", "29500"}};
  const std::vector<std::tuple<std::string, std::string, std::string>> cases = {
      {"RANK", "one", "RANK=\"one\" is not a number"},
      {"RANK", "", "RANK=\"\" is not a number"},
      {"RANK", "1x", "RANK=\"1x\" is not a number"},
      {"RANK", "99999999999", "RANK=\"99999999999\" is not a number"},
      {"RANK", "2", "RANK=2 does not fit WORLD_SIZE=2"},
      {"RANK", "-1", "RANK=-1 does not fit WORLD_SIZE=2"},
      {"WORLD_SIZE", "0", "RANK=1 does not fit WORLD_SIZE=0"},
      {"WORLD_SIZE", "1", "RANK=1 does not fit WORLD_SIZE=1"},
      {"LOCAL_RANK", "2", "LOCAL_RANK=2 does not fit LOCAL_WORLD_SIZE=2"},
      {"LOCAL_RANK", "-1", "LOCAL_RANK=-1 does not fit LOCAL_WORLD_SIZE=2"},
      {"MASTER_PORT", "0", "MASTER_PORT is not set, but WORLD_SIZE is 2"},
      {"MASTER_PORT", "65536", "MASTER_PORT=65536 is no port"},
      {"MASTER_PORT", "-5", "MASTER_PORT=-5 is no port"},
      {"DPLAUNCH_STORE_FD", "x", "DPLAUNCH_STORE_FD=\"x\" is not a number"},
      {"DPLAUNCH_WORKERS", "4.5", "DPLAUNCH_WORKERS=\"4.5\" is not a number"},
  };
  for (const auto& [name, value, expected] : cases) {
    SCOPED_TRACE(name + "=" + value);
    Variables variables = good;
    variables[name] = value;
    const Error error = error_of([&] { read_rank_environment(lookup_among(variables)); });
    EXPECT_EQ(error.code(), ExitCode::kUsage);
    expect_contains(error.what(), expected);
  }
}

TEST(RankEnvironment, ReadsThisProcessesOwnVariables) {
  ASSERT_EQ(::setenv("DPLAUNCH_TEST_VARIABLE", "value", 1), 0);
  EXPECT_EQ(process_variable("DPLAUNCH_TEST_VARIABLE"), "value");
  ASSERT_EQ(::unsetenv("DPLAUNCH_TEST_VARIABLE"), 0);
  EXPECT_EQ(process_variable("DPLAUNCH_TEST_VARIABLE"), std::nullopt);
}

}  // namespace
}  // namespace dplaunch
