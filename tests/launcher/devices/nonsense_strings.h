#pragma once

namespace dplaunch::testing {

struct NonsenseString {
  const char* text;
  const char* problem;  ///< words of the refusal
};

/// Device strings that mean nothing on any machine.
inline constexpr NonsenseString kNonsenseStrings[] = {
    {"", "is empty"},
    {"  ", "is empty"},
    {"0,", "empty part"},
    {",", "empty part"},
    {"0,,1", "empty part"},
    {"!", "empty part"},
    {"0,0", "0 is given twice"},
    {"0-3,2", "2 is given twice"},
    {"00,0", "0 is given twice"},
    {"GPU-1,GPU-1", "GPU-1 is given twice"},
    {"all,all", "given twice"},
    {"all,0", "0 is in \"all\""},
    {"-1", "\"-1\" is negative"},
    {"0,-1", "is negative"},
    {"3-1", "runs backwards"},
    {"0-", "is not a device"},
    {"1-2-3", "is not a device"},
    {"1.5", "is not a device"},
    {"0x1", "is not a device"},
    {"gpus?", "number alone"},
    {"cuda:0", "named by its number alone"},
    {"both", "\"both\" is not a device"},
    {"ALL", "is not a device"},
    {"GPU-", "is not a device"},
    {"GPU-a b", "is not a device"},
    {"0-5000", "at most 1023"},
    {"99999999999999999999", "at most 1023"},
    {"cpu:0", "from 1 to 1024, not 0"},
    {"cpu:9999", "from 1 to 1024"},
    {"cpu:-2", "not a number"},
    {"cpu:", "not a number"},
    {"cpu:two", "not a number"},
    {"auto:x", "not a number"},
    {"cpu,0", "cannot be combined"},
    {"0,cpu", "cannot be combined"},
    {"auto,1", "cannot be combined"},
    {"!0", "leave out"},
    {"0,!0", "leaves nothing over"},
    {"0-3,!7", "leaves out 7, which it does not name"},
};

}  // namespace dplaunch::testing
