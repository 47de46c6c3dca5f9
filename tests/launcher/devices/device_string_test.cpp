#include "launcher/devices/device_string.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "base/error.h"
#include "tests/launcher/devices/nonsense_strings.h"

namespace dplaunch {
namespace {

using ::testing::HasSubstr;

std::vector<int> indices(const std::vector<DeviceName>& names) {
  std::vector<int> found;
  for (const DeviceName& name : names) found.push_back(name.index);
  return found;
}

TEST(DeviceString, NamesGpusByNumber) {
  EXPECT_EQ(indices(parse_device_string("0").included), (std::vector{0}));
  EXPECT_EQ(indices(parse_device_string("0,1").included), (std::vector{0, 1}));
  EXPECT_EQ(indices(parse_device_string("3, 1").included), (std::vector{3, 1}));
  EXPECT_EQ(indices(parse_device_string("0-3").included), (std::vector{0, 1, 2, 3}));
  EXPECT_EQ(indices(parse_device_string("0-2,5").included), (std::vector{0, 1, 2, 5}));
  EXPECT_EQ(indices(parse_device_string("0-7,!2,!4-5").included), (std::vector{0, 1, 3, 6, 7}));
}

TEST(DeviceString, NamesGpusByUuid) {
  const DeviceRequest request = parse_device_string("GPU-12ab-cd,MIG-34ef");
  EXPECT_EQ(request.form, DeviceForm::kList);
  EXPECT_EQ(request.included, (std::vector<DeviceName>{{-1, "GPU-12ab-cd"}, {-1, "MIG-34ef"}}));
}

TEST(DeviceString, UnderstandsTheWords) {
  struct Case {
    const char* text;
    DeviceForm form;
    int count;
  };
  for (const Case& c : {Case{"auto", DeviceForm::kAuto, 0}, Case{"auto:2", DeviceForm::kAuto, 2},
                        Case{"all", DeviceForm::kAll, 0}, Case{"cpu", DeviceForm::kCpu, 0},
                        Case{"cpu:4", DeviceForm::kCpu, 4}, Case{"0", DeviceForm::kList, 0}}) {
    const DeviceRequest request = parse_device_string(c.text);
    EXPECT_EQ(request.form, c.form) << c.text;
    EXPECT_EQ(request.count, c.count) << c.text;
  }
  const DeviceRequest request = parse_device_string("all,!1");
  EXPECT_EQ(request.form, DeviceForm::kAll);
  EXPECT_EQ(indices(request.excluded), (std::vector{1}));
}

/// Message and hint of the refusal; fails the test if there is none.
std::pair<std::string, std::string> refusal(const char* text) {
  try {
    parse_device_string(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kDevice);
    return {error.what(), error.hint()};
  }
  ADD_FAILURE() << "was accepted";
  return {};
}

TEST(DeviceString, RefusesNonsenseWithItsReason) {
  for (const testing::NonsenseString& nonsense : testing::kNonsenseStrings) {
    SCOPED_TRACE("--device \"" + std::string(nonsense.text) + "\"");
    const auto [message, hint] = refusal(nonsense.text);
    EXPECT_THAT(message, HasSubstr(nonsense.problem));
    EXPECT_THAT(message, HasSubstr("\"" + std::string(nonsense.text) + "\"")) << "names the string";
    EXPECT_THAT(hint, HasSubstr("0-3, GPU-<uuid>, MIG-<uuid>, cpu")) << "says what may be";
  }
}

}  // namespace
}  // namespace dplaunch
