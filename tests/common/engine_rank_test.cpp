#include "common/engine_rank.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "common/engine_task.h"
#include "tests/common/engine_variables.h"
#include "tests/support/expect_error.h"

namespace dplaunch {
namespace {

using namespace testing::engines;
using testing::error_of;
using testing::expect_contains;

TEST(EngineRank, ATaskOfMpirunIsARank) {
  const RankEnvironment rank = read_rank_environment(lookup_in(kOpenMpi));
  EXPECT_EQ(rank.rank, 1);
  EXPECT_EQ(rank.world_size, 2);
  EXPECT_EQ(rank.local_rank, 1);
  EXPECT_EQ(rank.local_world_size, 2);
  EXPECT_EQ(rank.group_world_size, 1) << "all on one node";
  EXPECT_EQ(rank.master_addr, "127.0.0.1");
  EXPECT_EQ(rank.master_port, port_of_job("725090305"));
  EXPECT_EQ(rank.run_id, "725090305");
}

TEST(EngineRank, ATaskOfSrunIsARank) {
  const RankEnvironment rank = read_rank_environment(lookup_in(kSrunTwoNodes));
  EXPECT_EQ(rank.rank, 1);
  EXPECT_EQ(rank.world_size, 2);
  EXPECT_EQ(rank.local_rank, 0);
  EXPECT_EQ(rank.local_world_size, 1);
  EXPECT_EQ(rank.group_rank, 1);
  EXPECT_EQ(rank.group_world_size, 2);
  EXPECT_EQ(rank.master_addr, "n1");
  EXPECT_EQ(rank.run_id, "1.0");
}

TEST(EngineRank, WhatALauncherSaysCountsForMore) {
  const Variables variables =
      with(kOpenMpi, {{"RANK", "0"}, {"WORLD_SIZE", "3"}, {"MASTER_PORT", "29501"}});
  EXPECT_EQ(read_rank_environment(lookup_in(variables)).world_size, 3);
  EXPECT_EQ(read_rank_environment(lookup_in(with(kPrterun, {{"RANK", "0"}}))).world_size, 1);
}

TEST(EngineRank, WhatIsNotSaidIsRefused) {
  const std::vector<std::pair<Variables, std::vector<std::string>>> cases = {
      {kPrterun, {"PMIx: task 1 of an unknown number (PMIX_RANK); their number", "WORLD_SIZE"}},
      {{{"PET_NNODES", "2"}, {"PET_MASTER_ADDR", "h"}}, {"PET_NNODES", "which of them this is"}},
      {with(kOpenMpi, {{"OMPI_COMM_WORLD_LOCAL_SIZE", "1"}}),
       {"Open MPI: task 1 of 2 (OMPI_COMM_WORLD_RANK, OMPI_COMM_WORLD_SIZE); the host of task 0",
        "MASTER_ADDR"}},
      {kHydra, {"PMI_RANK, PMI_SIZE", "a port for them alone", "MASTER_PORT"}},
  };
  for (const auto& [variables, words] : cases) {
    const VariableLookup lookup = lookup_in(variables);
    const Error error = error_of([&lookup] { read_rank_environment(lookup); });
    EXPECT_EQ(error.code(), ExitCode::kUsage);
    const std::string text = std::string(error.what()) + "\n" + error.hint();
    for (const std::string& word : words) expect_contains(text, word);
  }
}

}  // namespace
}  // namespace dplaunch
