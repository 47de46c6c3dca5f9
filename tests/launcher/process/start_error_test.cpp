// What is said of a program that cannot be run: each errno has its own cause and remedy.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>

#include "base/error.h"
#include "process_test_support.h"

namespace dplaunch {
namespace {

using ::testing::HasSubstr;

class StartError : public ProcessTest {
 protected:
  std::string program(const std::string& name, const std::string& content) const {
    const std::string made = path(name);
    std::ofstream(made) << content;
    EXPECT_EQ(::chmod(made.c_str(), 0755), 0);
    return made;
  }

  LaunchPlan plan_of(const std::string& executable) const {
    LaunchPlan made = plan({{}});
    made.ranks.front().argv = {executable};
    return made;
  }

  void expect_error(const LaunchPlan& plan, ExitCode code, const std::string& hint) {
    try {
      run(plan);
      FAIL() << "it was run";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code) << error.what();
      EXPECT_THAT(error.what(), HasSubstr(plan.ranks.front().argv.front()));
      EXPECT_THAT(error.hint(), HasSubstr(hint));
    }
  }
};

TEST_F(StartError, SaysWhichInterpreterIsMissing) {
  const std::string script = program("a.py", "#!/opt/no/python3\nprint(1)\n");
  expect_error(plan_of(script), ExitCode::kNotExecutable, "/opt/no/python3, which is not there");
  expect_error(plan_of(script), ExitCode::kNotExecutable, "-- python3 " + script);
}

TEST_F(StartError, KnowsTheLineEndsOfWindows) {
  const std::string script = program("a.sh", "#!/bin/sh\r\necho\r\n");
  expect_error(plan_of(script), ExitCode::kNotExecutable, "sed -i 's/\\r$//' " + script);
}

TEST_F(StartError, AsksForAFirstLine) {
  const std::string script = program("a.sh", "echo\n");
  expect_error(plan_of(script), ExitCode::kNotExecutable, "-- bash " + script);
  expect_error(plan_of(program("empty", "")), ExitCode::kNotExecutable, "the file is empty");
  expect_error(plan_of(program("other",
                               "\x7f"
                               "ELF of no processor")),
               ExitCode::kNotExecutable, "another kind of processor");
}

TEST_F(StartError, SaysWhatMayNotBeExecuted) {
  const std::string data = program("data", "");
  ASSERT_EQ(::chmod(data.c_str(), 0644), 0);
  expect_error(plan_of(data), ExitCode::kNotExecutable, "chmod +x");
  expect_error(plan_of(program("a", "#!" + data + "\n")), ExitCode::kNotExecutable,
               data + ", which may not be executed");
  expect_error(plan_of(path("")), ExitCode::kNotExecutable, "it is a folder");
}

TEST_F(StartError, WaitsForNobodyWhoWritesTheProgram) {
  const std::string script = program("a", "#!/bin/sh\n");
  const UniqueFd writer(::open(script.c_str(), O_WRONLY | O_CLOEXEC));
  expect_error(plan_of(script), ExitCode::kNotExecutable, "still writing it");
}

TEST_F(StartError, SaysThatArgumentsAreTooLong) {
  LaunchPlan too_long = plan_of("/bin/true");
  too_long.ranks.front().variables = {{"LONG", std::string(200 << 10, 'x')}};
  expect_error(too_long, ExitCode::kNotExecutable, "getconf ARG_MAX");
}

TEST_F(StartError, SaysWhatIsNotThere) {
  expect_error(plan_of(path("nothing")), ExitCode::kNotFound, "check the path");
}

}  // namespace
}  // namespace dplaunch
