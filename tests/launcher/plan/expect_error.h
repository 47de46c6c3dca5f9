#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "base/error.h"

namespace dplaunch::testing {

/// Message and hint of the Error that `act` throws with that code; fails the test if it does not.
inline std::string error_of(ExitCode code, const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    return std::string(error.what()) + "\n" + error.hint();
  }
  ADD_FAILURE() << "no error was thrown";
  return {};
}

}  // namespace dplaunch::testing
