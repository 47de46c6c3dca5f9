#include "launcher/devices/device_string.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/error.h"

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
  EXPECT_EQ(request.kind, DeviceKind::kList);
  EXPECT_EQ(request.included, (std::vector<DeviceName>{{-1, "GPU-12ab-cd"}, {-1, "MIG-34ef"}}));
}

TEST(DeviceString, UnderstandsTheWords) {
  struct Case {
    const char* text;
    DeviceKind kind;
    int count;
  };
  for (const Case& c : {Case{"auto", DeviceKind::kAuto, 0}, Case{"auto:2", DeviceKind::kAuto, 2},
                        Case{"all", DeviceKind::kAll, 0}, Case{"cpu", DeviceKind::kCpu, 0},
                        Case{"cpu:4", DeviceKind::kCpu, 4}, Case{"0", DeviceKind::kList, 0}}) {
    const DeviceRequest request = parse_device_string(c.text);
    EXPECT_EQ(request.kind, c.kind) << c.text;
    EXPECT_EQ(request.count, c.count) << c.text;
  }
  const DeviceRequest request = parse_device_string("all,!1");
  EXPECT_EQ(request.kind, DeviceKind::kAll);
  EXPECT_EQ(indices(request.excluded), (std::vector{1}));
}

struct BadString {
  const char* text;
  const char* problem;
};

class BadDeviceString : public ::testing::TestWithParam<BadString> {};

TEST_P(BadDeviceString, IsRefusedWithItsReason) {
  const BadString& c = GetParam();
  try {
    parse_device_string(c.text);
    FAIL() << c.text << " was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kDevice);
    EXPECT_THAT(error.what(), HasSubstr(c.problem));
    EXPECT_THAT(error.what(), HasSubstr("\"" + std::string(c.text) + "\"")) << "names the string";
    EXPECT_THAT(error.hint(), HasSubstr("0-3, GPU-<uuid>, MIG-<uuid>, cpu")) << "says what may be";
  }
}

INSTANTIATE_TEST_SUITE_P(
    DeviceString, BadDeviceString,
    ::testing::Values(
        BadString{"", "is empty"}, BadString{"  ", "is empty"}, BadString{"0,", "empty part"},
        BadString{",", "empty part"}, BadString{"0,,1", "empty part"}, BadString{"!", "empty part"},
        BadString{"0,0", "0 is given twice"}, BadString{"0-3,2", "2 is given twice"},
        BadString{"00,0", "0 is given twice"}, BadString{"GPU-1,GPU-1", "GPU-1 is given twice"},
        BadString{"all,all", "given twice"}, BadString{"all,0", "0 is in \"all\""},
        BadString{"-1", "\"-1\" is negative"}, BadString{"0,-1", "is negative"},
        BadString{"3-1", "runs backwards"}, BadString{"0-", "is not a device"},
        BadString{"1-2-3", "is not a device"}, BadString{"1.5", "is not a device"},
        BadString{"0x1", "is not a device"}, BadString{"gpus?", "number alone"},
        BadString{"cuda:0", "named by its number alone"},
        BadString{"both", "\"both\" is not a device"}, BadString{"ALL", "is not a device"},
        BadString{"GPU-", "is not a device"}, BadString{"GPU-a b", "is not a device"},
        BadString{"0-5000", "at most 1023"}, BadString{"99999999999999999999", "at most 1023"},
        BadString{"cpu:0", "from 1 to 1024, not 0"}, BadString{"cpu:9999", "from 1 to 1024"},
        BadString{"cpu:-2", "not a number"}, BadString{"cpu:", "not a number"},
        BadString{"cpu:two", "not a number"}, BadString{"auto:x", "not a number"},
        BadString{"cpu,0", "cannot be combined"}, BadString{"0,cpu", "cannot be combined"},
        BadString{"auto,1", "cannot be combined"}, BadString{"!0", "leave out"},
        BadString{"0,!0", "leaves nothing over"},
        BadString{"0-3,!7", "leaves out 7, which it does not name"}));

}  // namespace
}  // namespace dplaunch
