#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "launcher/commands/doctor/findings.h"

namespace dplaunch::doctor::testing {

/// One thing that goes wrong on an otherwise healthy machine, and what the finding must say.
template <typename Facts>
struct Row {
  std::string name;
  std::function<void(Facts&)> harm;
  Severity severity;
  std::string finding;  ///< in the finding's text
  std::string remedy;   ///< in the remedy's text
};

/// Exactly one finding that is worse than kOk, namely this one.
template <typename Facts>
void expect_rows(const Facts& healthy, Findings (*check)(const Facts&),
                 const std::vector<Row<Facts>>& rows) {
  EXPECT_EQ(worst(check(healthy)), Severity::kOk);
  for (const Row<Facts>& row : rows) {
    SCOPED_TRACE(row.name);
    Facts facts = healthy;
    row.harm(facts);
    Findings bad;
    for (const Finding& finding : check(facts)) {
      if (finding.severity != Severity::kOk) bad.push_back(finding);
    }
    ASSERT_EQ(bad.size(), 1U);
    EXPECT_EQ(bad[0].severity, row.severity) << bad[0].finding;
    EXPECT_THAT(bad[0].finding, ::testing::HasSubstr(row.finding));
    EXPECT_THAT(bad[0].remedy, ::testing::HasSubstr(row.remedy));
    EXPECT_FALSE(bad[0].remedy.empty());
    EXPECT_FALSE(bad[0].what.empty());
  }
}

}  // namespace dplaunch::doctor::testing
