// dplaunch.bash in a real bash.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/launcher/devices/fake_machine.h"
#include "tests/launcher/share/help_text.h"
#include "tests/support/run_program.h"

namespace dplaunch {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

std::string quoted(const std::string& word) {
  return "'" + word + "'";
}

class BashCompletion : public ::testing::Test {
 protected:
  /// What is offered for the last of these words, as bash splits them, in the test's folder.
  std::vector<std::string> offered(const std::vector<std::string>& words,
                                   const std::string& before = ":") const {
    std::string array = quoted(DPLAUNCH_EXECUTABLE);
    for (const std::string& word : words) array += " " + quoted(word);
    const std::filesystem::path script = folder_.write(
        "script", before + "\nsource " + quoted(DPLAUNCH_BASH_COMPLETION) + "\nCOMP_WORDS=(" +
                      array + ")\nCOMP_CWORD=" + std::to_string(words.size()) +
                      "\n_dplaunch\n"
                      "((${#COMPREPLY[@]})) && printf '%s\\n' \"${COMPREPLY[@]}\"\n"
                      ":\n");
    const testing::ShellResult result =
        testing::run_in(folder_.path(), "bash --norc --noprofile -u script; rm script");
    EXPECT_EQ(result.err, "");
    return testing::lines_of(result.out);
  }

  testing::TemporaryFolder folder_;
};

TEST_F(BashCompletion, OffersExactlyTheOptionsOfHelp) {
  for (const auto& [subcommand, options] : testing::options_in_help()) {
    std::vector<std::string> words{subcommand, "-"};
    if (subcommand.empty()) words.erase(words.begin());
    EXPECT_THAT(offered(words), ::testing::UnorderedElementsAreArray(testing::names_of(options)))
        << subcommand;
  }
}

TEST_F(BashCompletion, OffersExactlyTheSubcommandsOfHelp) {
  std::vector<std::string> subcommands;
  for (const auto& [name, options] : testing::options_in_help()) {
    if (!name.empty()) subcommands.push_back(name);
  }
  EXPECT_THAT(offered({""}), ::testing::UnorderedElementsAreArray(subcommands));
  EXPECT_THAT(offered({"da"}), ElementsAre("data"));
}

/// An option that takes a value must not be answered with options, and one that takes none must.
TEST_F(BashCompletion, KnowsWhichOptionsTakeAValue) {
  for (const auto& [subcommand, options] : testing::options_in_help()) {
    for (const std::string& option : options) {
      const bool takes_value = option.find(' ') != std::string::npos;
      for (const std::string& name : testing::names_of({option})) {
        if (name == "--resume" || name == "--trace") continue;  // may or may not
        std::vector<std::string> words{subcommand, name, "--"};
        if (subcommand.empty()) words.erase(words.begin());
        EXPECT_EQ(offered(words).empty(), takes_value) << subcommand << " " << name;
      }
    }
  }
}

TEST_F(BashCompletion, OffersValues) {
  EXPECT_THAT(offered({"--if-busy", ""}), UnorderedElementsAre("warn", "skip", "fail", "wait"));
  EXPECT_THAT(offered({"--bind", ""}), UnorderedElementsAre("numa", "core", "none"));
  EXPECT_THAT(offered({"--bind", "=", "n"}), UnorderedElementsAre("numa", "none"));
  EXPECT_THAT(offered({"--on-stall", "="}), UnorderedElementsAre("warn", "stop", "restart"));
  EXPECT_THAT(offered({"--on-stall=re"}), ElementsAre("--on-stall=restart"));
  EXPECT_THAT(offered({"--show", "a"}), ElementsAre("all"));
  EXPECT_THAT(offered({"--nproc-per-node", ""}), UnorderedElementsAre("gpu", "cpu", "auto"));
  EXPECT_THAT(offered({"--grace", ""}), IsEmpty());
}

TEST_F(BashCompletion, EveryOfferedValueIsAccepted) {
  for (const char* option : {"--if-busy", "--bind", "--on-stall", "--preempt-signal", "--show"}) {
    const std::vector<std::string> values = offered({option, ""});
    EXPECT_THAT(values, Not(IsEmpty())) << option;
    for (const std::string& value : values) {
      const testing::ShellResult result = testing::run_dplaunch(
          folder_.path(), "--device cpu --dry-run --max-restarts 1 --stall-timeout 9 " +
                              std::string(option) + " " + value + " -- true");
      EXPECT_NE(result.exit_code, 2) << option << " " << value << ": " << result.err;
    }
  }
}

TEST_F(BashCompletion, OffersTheGpusThatThereAre) {
  testing::install_machine(testing::idle_gpus(3));
  EXPECT_THAT(offered({"--device", ""}), UnorderedElementsAre("all", "auto", "cpu", "0", "1", "2"));
  EXPECT_THAT(offered({"doctor", "--device", "a"}), UnorderedElementsAre("all", "auto"));
  EXPECT_THAT(offered({"--device", "0,"}), UnorderedElementsAre("0,1", "0,2"));
  EXPECT_THAT(offered({"--device", "2,0,"}), ElementsAre("2,0,1"));
  EXPECT_THAT(offered({"--device", "cpu", ":", ""}), IsEmpty());
  testing::install_machine("");
  EXPECT_THAT(offered({"devices", "--device", ""}), UnorderedElementsAre("all", "auto", "cpu"));
}

TEST_F(BashCompletion, OffersTheConfigurationsKeysAndValues) {
  std::vector<std::string> keys;
  for (const std::string& line :
       testing::lines_of(testing::run_dplaunch(folder_.path(), "--show-config").out)) {
    keys.push_back(line.substr(0, line.find(' ')) + "=");
  }
  keys.erase(keys.begin());  // the headings
  EXPECT_THAT(offered({"--set", ""}), ::testing::ElementsAreArray(keys));
  EXPECT_THAT(offered({"--set", "=", "bsi"}), ElementsAre("bsize="));
  EXPECT_THAT(offered({"--set", "model", "="}),
              UnorderedElementsAre("resnet18", "resnet34", "resnet20"));
  EXPECT_THAT(offered({"--set", "model", "=", "resnet3"}), ElementsAre("resnet34"));
  EXPECT_THAT(offered({"--set", "=", "norm", "=", "g"}), ElementsAre("group"));
  EXPECT_THAT(offered({"--set", "flip", "=", ""}), UnorderedElementsAre("true", "false"));
  EXPECT_THAT(offered({"--set", "model=resnet3"}), ElementsAre("model=resnet34"))
      << "where COMP_WORDBREAKS has no =";
}

TEST_F(BashCompletion, OffersFiles) {
  folder_.write("a.yml", "");
  folder_.write("b.yaml", "");
  folder_.write("c.txt", "");
  folder_.write("my folder/d.yml", "");
  EXPECT_THAT(offered({"-c", ""}), UnorderedElementsAre("a.yml", "b.yaml", "my folder"));
  EXPECT_THAT(offered({"--config", "=", "my folder/"}), ElementsAre("my folder/d.yml"));
  EXPECT_THAT(offered({"--root", ""}), ElementsAre("my folder"));
  EXPECT_THAT(offered({"data", "--root", "my"}), ElementsAre("my folder"));
}

TEST_F(BashCompletion, OffersRuns) {
  folder_.write("runs/first/x", "");
  folder_.write("runs/my run/x", "");
  folder_.write("runs/no-folder", "");
  folder_.write("other/third/x", "");
  EXPECT_THAT(offered({"--resume", "=", ""}), UnorderedElementsAre("first", "my run"));
  EXPECT_THAT(offered({"--resume", "my"}), ElementsAre("my run"));
  EXPECT_THAT(offered({"--log-dir", "other", "--resume", "="}), ElementsAre("third"));
  EXPECT_THAT(offered({"--log-dir", "=", "other", "--resume", "="}), ElementsAre("third"));
  EXPECT_THAT(offered({"--resume", "--na"}), ElementsAre("--name")) << "its value may be left out";
}

TEST_F(BashCompletion, OffersCheckpointsByRunAndByFile) {
  folder_.write("runs/first/x", "");
  folder_.write("model.safetensors", "");
  folder_.write("notes.txt", "");
  EXPECT_THAT(offered({"eval", "--checkpoint", ""}),
              UnorderedElementsAre("first", "model.safetensors", "runs"));
  EXPECT_THAT(offered({"export", "--checkpoint", "=", "f"}), ElementsAre("first"));
  EXPECT_THAT(offered({"export", "--dtype", ""}), UnorderedElementsAre("fp32", "bf16"));
}

TEST_F(BashCompletion, BehindTwoDashesCompletesACommand) {
  EXPECT_THAT(offered({"--device", "0", "--", "mkdi"}), Contains("mkdir"));
  EXPECT_THAT(offered({"--", "python", "--de"}), IsEmpty()) << "the options are not ours";
  // With the package bash-completion, whose function finds the command's own completion.
  EXPECT_THAT(offered({"--", "git", "sta"},
                      "_command_offset() { COMPREPLY=(\"from word $1: ${COMP_WORDS[$1]}\"); }"),
              ElementsAre("from word 2: git"));
}

TEST_F(BashCompletion, IsBoundToTheName) {
  const testing::ShellResult result = testing::run_in(
      folder_.path(), "bash --norc -c 'source " DPLAUNCH_BASH_COMPLETION "; complete -p dplaunch'");
  EXPECT_EQ(result.out, "complete -F _dplaunch dplaunch\n");
}

}  // namespace
}  // namespace dplaunch
