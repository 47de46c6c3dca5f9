#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "base/error.h"

namespace dplaunch::testing {

/// The dplaunch::Error that `action` throws; a failed test if it throws none.
inline Error error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "no dplaunch::Error was thrown";
  return Error(ExitCode::kSuccess, "none was thrown");
}

/// Message and hint of the Error that `action` throws with that code; a failed test if it does not.
inline std::string error_of(ExitCode code, const std::function<void()>& action) {
  const Error error = error_of(action);
  EXPECT_EQ(error.code(), code) << error.what();
  return std::string(error.what()) + "\n" + error.hint();
}

inline void expect_contains(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), std::string::npos) << "\"" << part << "\" is not in: " << text;
}

}  // namespace dplaunch::testing
