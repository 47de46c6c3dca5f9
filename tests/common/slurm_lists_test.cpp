#include "common/slurm_lists.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace dplaunch {
namespace {

// As `scontrol show hostnames LIST | head -1` of Slurm 22.05 answers.
TEST(SlurmLists, TheFirstHostOfACompressedList) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"n1", "n1"},
      {"n[1-2]", "n1"},
      {"n[3,5-7]", "n3"},
      {"gpu[08-11,99]", "gpu08"},
      {"gpu-a[001-010],login1", "gpu-a001"},
      {"login1,gpu[1-2]", "login1"},
      {"r[1-2]n[3-4]", "r1n3"},
  };
  for (const auto& [list, first] : cases) EXPECT_EQ(first_host(list), first) << list;
}

TEST(SlurmLists, WhatIsNoListHasNoFirstHost) {
  for (const char* list : {"", "n[1-2", ",n1", "[]"}) {
    EXPECT_EQ(first_host(list), std::nullopt) << list;
  }
}

TEST(SlurmLists, TheNumberOfANode) {
  EXPECT_EQ(number_of_node("3,1", 0), 3);
  EXPECT_EQ(number_of_node("3,1", 1), 1);
  EXPECT_EQ(number_of_node("1(x2)", 1), 1);
  EXPECT_EQ(number_of_node("2(x3),1", 2), 2);
  EXPECT_EQ(number_of_node("2(x3),1", 3), 1);
  for (const char* numbers : {"", "1(x2)", "x", "1(x", "1(xx)", "1(x99999999999)"}) {
    EXPECT_EQ(number_of_node(numbers, 2), std::nullopt) << numbers;
  }
}

}  // namespace
}  // namespace dplaunch
