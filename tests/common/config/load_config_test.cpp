#include "common/config/load_config.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdint>
#include <map>
#include <sstream>

#include "common/config/config_keys.h"
#include "common/yaml_pairs.h"
#include "tests/support/child_process.h"
#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

namespace dplaunch {
namespace {

namespace fs = std::filesystem;
using testing::error_of;
using testing::expect_contains;
using testing::TemporaryFolder;
using testing::write_text;

/// The error of loading a file of that text; FILE in `expected` stands for the file's path.
void expect_file_error(const std::string& text, std::string expected) {
  SCOPED_TRACE(text.substr(0, 100));
  const TemporaryFolder folder;
  const fs::path file = folder / "job.yml";
  write_text(file, text);
  const Error error = error_of([&] { load_config(file, {}); });
  EXPECT_EQ(error.code(), ExitCode::kUsage);
  const std::size_t place = expected.find("FILE");
  if (place != std::string::npos) expected.replace(place, 4, file.string());
  expect_contains(error.what(), expected);
}

ResolvedConfig load_text(const std::string& text, const std::vector<Override>& overrides = {}) {
  const TemporaryFolder folder;
  write_text(folder / "job.yml", text);
  return load_config(folder / "job.yml", overrides);
}

TEST(ConfigFile, TheSeedsOwnFilesLoadAsTheyAre) {
  // Values as written in the seed program's manual.
  const std::map<std::string, std::int64_t> workers_of = {{"config.yml", 8},
                                                          {"config_multi_gpu.yml", 16}};
  for (const auto& [name, workers] : workers_of) {
    SCOPED_TRACE(name);
    const Config config = load_config(fs::path(DPLAUNCH_CONFIGS) / name, {}).config;
    Config expected;
    expected.root = "./data";
    expected.workers = workers;
    expected.bsize = 256;
    expected.epochs = 50;
    expected.lr = 0.001;
    EXPECT_EQ(config, expected) << "another key than the seed's five was changed";
  }
}

TEST(ConfigFile, EveryShippedFileLoads) {
  int files = 0;
  for (const auto& entry : fs::directory_iterator(DPLAUNCH_CONFIGS)) {
    SCOPED_TRACE(entry.path().string());
    EXPECT_NO_THROW(load_config(entry.path(), {}));
    ++files;
  }
  EXPECT_GE(files, 4);
}

TEST(ConfigFile, AnEmptyFileMeansTheDefaults) {
  EXPECT_EQ(load_text("").config, Config());
  EXPECT_EQ(load_text("# only a comment\n").config, Config());
}

TEST(ConfigFile, AnErrorNamesFileAndLineAndTheOffendingValue) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"bsize: 4\nbatchsize: 8\n", "FILE:2: unknown key \"batchsize\"; did you mean \"bsize\"?"},
      {"epochs: 4\n\n# note\nepoch: 8\n", "FILE:4: unknown key \"epoch\"; did you mean \"epochs\""},
      {"zzzzqqqqqqqq: 8\n", "FILE:1: unknown key \"zzzzqqqqqqqq\""},
      {"bsize: many\n", "FILE:1: bsize: \"many\" is not a whole number and not auto"},
      {"epochs: many\n", "FILE:1: epochs: \"many\" is not a whole number"},
      {"epochs: auto\n", "FILE:1: epochs: \"auto\" is not a whole number"},
      {"bsize: 1.5\n", "FILE:1: bsize: \"1.5\" is not a whole number"},
      {"bsize: 99999999999999999999\n", "is not a whole number"},
      {"bsize: 0\n", "FILE:1: bsize: \"0\" must be at least 1"},
      {"bsize: -3\n", "\"-3\" must be at least 1"},
      {"crop_padding: 16\n", "\"16\" must be at most 15"},
      {"lr: fast\n", "FILE:1: lr: \"fast\" is not a number"},
      {"lr: nan\n", "\"nan\" is not a number"},
      {"lr: inf\n", "\"inf\" is not a number"},
      {"lr: -0.1\n", "\"-0.1\" must be at least 0"},
      {"label_smoothing: 1\n", "must be at most 0.999"},
      {"flip: maybe\n", "FILE:1: flip: \"maybe\" is neither true nor false"},
      {"model: vgg\n", "FILE:1: model: \"vgg\" is none of resnet18, resnet34, resnet20"},
      {"bsize: 1\nlr: 1\nbsize: 2\n", "FILE:3: key \"bsize\" is given twice"},
      {"bsize:\n", "FILE:1: bsize: expected one value, found a blank"},
      {"bsize: [1, 2]\n", "FILE:1: bsize: expected one value, found a list or map"},
      {"- bsize\n", "FILE:1: expected \"key: value\" lines"},
      {"bsize: 1\n[1]: 2\n", "FILE:2: a key must be a word"},
      {"bsize: 1\nlr: [1\n", "FILE:2: lr: expected one value, found a list or map"},
      {"a: b: c\n", "FILE:1: not valid YAML"},
      {"bsize: 8\n---\nbsize: 9\n", "FILE:2: a second document"},
      {",", "FILE:1: "},
      {"\"epoch\",\"loss\"\n1,4.6\n", "FILE:1: "},
      {"root: \"a\"\n,1\n", "FILE:2: "},
      {"lr: 1\nroot: dat\xe9\n", "FILE:2: is not UTF-8"},
      {"root: " + std::string(70000, 'x'), "FILE:1: a value of 70000 bytes; at most 65536"},
      {std::string(kMaxYamlBytes + 1, '#'), "FILE: cannot read it: it has more than the 1048576"},
      {std::string(200000, '['), "FILE:1: a key must be a word"},
      {"lr: " + std::string(200000, '['), "FILE:1: lr: expected one value, found a list"},
      {"a: &a [1]\nb: *a\n", "FILE:1: a: expected one value"},
  };
  for (const auto& [text, expected] : cases) expect_file_error(text, expected);
}

TEST(ConfigFile, ValuesThatContradictEachOtherAreRefused) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"schedule: onecycle\nwarmup_epochs: 2\n", "FILE:2: warmup_epochs: onecycle has its own"},
      {"epochs: 3\nwarmup_epochs: 5\n", "FILE:2: warmup_epochs: longer than the whole run of 3"},
      {"name: a/b\n", "FILE:1: name: \"a/b\" is not the name of a folder"},
      {"name: ..\n", "FILE:1: name: \"..\" is not"},
      {"root: \"\"\n", "FILE:1: root: is empty"},
      {"runs: \"\"\n", "FILE:1: runs: is empty"},
  };
  for (const auto& [text, expected] : cases) expect_file_error(text, expected);
  EXPECT_EQ(load_text("optimizer: sgd\nmomentum: 0\n").config.momentum, 0);
}

TEST(ConfigFile, AWordStandsForTheBatchThatFits) {
  const ResolvedConfig resolved = load_text("bsize: auto\n");
  EXPECT_EQ(resolved.config.bsize, kAutoBsize);
  expect_contains(to_yaml(resolved.config), "bsize: auto\n");
}

TEST(ConfigFile, AnUnreadableFileIsNamed) {
  const TemporaryFolder folder;
  for (const fs::path& path : {folder / "absent.yml", folder.path()}) {
    const Error error = error_of([&] { load_config(path, {}); });
    EXPECT_EQ(error.code(), ExitCode::kUsage);
    expect_contains(error.what(), path.string() + ": cannot read it");
  }
}

TEST(ConfigFile, AnAliasStandsForItsValue) {
  EXPECT_EQ(load_text("root: &here ./data\nruns: *here\n").config.runs, "./data");
}

// "-c <(command)" names a pipe; in a run's folder something else than a file is not waited for.
TEST(ConfigFile, APipeIsReadWhereTheUserNamedItAlone) {
  const TemporaryFolder folder;
  const fs::path pipe = folder / "pipe.yml";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const Error error = error_of([&] { load_stored_config(pipe, {}); });
  expect_contains(error.what(), pipe.string() + ": cannot read it: it is a FIFO, not a file");
  testing::ChildProcess writer([&] {
    write_text(pipe, "bsize: 4\n");
    return 0;
  });
  EXPECT_EQ(load_config(pipe, {}).config.bsize, 4);
  EXPECT_EQ(writer.wait(), 0);
}

TEST(ConfigKeys, TheRangesEndsAreInside) {
  for (const ConfigKey& key : config_keys()) {
    if (!key.choices.empty() || std::holds_alternative<std::string Config::*>(key.member) ||
        std::holds_alternative<bool Config::*>(key.member)) {
      continue;
    }
    SCOPED_TRACE(key.name);
    std::ostringstream low, high;
    low.precision(17);
    high.precision(17);
    low << std::fixed << key.minimum;
    high << std::fixed << key.maximum;
    const auto text = [&](std::string number) {
      if (std::holds_alternative<std::int64_t Config::*>(key.member)) {
        number.resize(number.find('.'));
      }
      return number;
    };
    Config config;
    EXPECT_EQ(set_config_value(config, key, text(low.str())), "");
    EXPECT_EQ(set_config_value(config, key, text(high.str())), "");
  }
}

TEST(ConfigKeys, AWrongValueChangesNothing) {
  for (const ConfigKey& key : config_keys()) {
    SCOPED_TRACE(key.name);
    if (std::holds_alternative<std::string Config::*>(key.member) && key.choices.empty()) continue;
    Config config;
    EXPECT_NE(set_config_value(config, key, "certainly-not"), "");
    EXPECT_EQ(config, Config());
  }
}

TEST(ConfigKeys, SuggestionsFollowTyposAndOtherTrainersNames) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"batchsize", "bsize"},
      {"batch_size", "bsize"},
      {"Batch-Size", "bsize"},
      {"learning_rate", "lr"},
      {"num_workers", "workers"},
      {"epoch", "epochs"},
      {"weigth_decay", "weight_decay"},
      {"LR", "lr"},
      {"label-smoothing", "label_smoothing"},
      {"optimiser", "optimizer"},
      {"qqqqqqqqqqqqqqqqqqq", ""},
  };
  for (const auto& [mistyped, expected] : cases) {
    EXPECT_EQ(suggest_config_key(mistyped), expected) << mistyped;
  }
}

TEST(Overrides, ComeAfterTheFileInOrderAndAreNamedAsTheirOrigin) {
  const ResolvedConfig resolved =
      load_text("bsize: 8\nlr: 0.5\n", {parse_override("bsize=16"), parse_override("bsize=32")});
  EXPECT_EQ(resolved.config.bsize, 32);
  EXPECT_EQ(resolved.config.lr, 0.5);
  EXPECT_EQ(resolved.origin.at("bsize"), "--set");
  expect_contains(resolved.origin.at("lr"), "job.yml:2");
  EXPECT_EQ(resolved.origin.at("epochs"), "default");
}

TEST(Overrides, MayHoldAnEqualsSignAndNothing) {
  EXPECT_EQ(parse_override("root=/data/a=b").value, "/data/a=b");
  EXPECT_EQ(parse_override("name=").value, "");
}

TEST(Overrides, AWrongOneIsRefused) {
  for (const std::string text : {"bsize", "=4", ""}) {
    const Error error = error_of([&] { parse_override(text); });
    EXPECT_EQ(error.code(), ExitCode::kUsage);
    expect_contains(error.what(), "--set " + text + ": expected key=value");
  }
  const Error unknown = error_of([] { load_config({}, {parse_override("bsizes=4")}); });
  expect_contains(unknown.what(), "--set: unknown key \"bsizes\"; did you mean \"bsize\"?");
  const Error range = error_of([] { load_config({}, {parse_override("lr=-1")}); });
  expect_contains(range.what(), "--set: lr: \"-1\" must be at least 0");
}

// Workers would read another value from config.resolved.yml.
TEST(Overrides, WhatYamlCannotHoldIsRefused) {
  for (const std::string text : {"caf\xe9", "\xe3\xe3", "\xed\xa0\x80", "\xef\xbf\xbe"}) {
    const Error error = error_of([&] { load_config({}, {parse_override("root=/data/" + text)}); });
    EXPECT_EQ(error.code(), ExitCode::kUsage);
    expect_contains(error.what(), "--set: root: \"/data/");
    expect_contains(error.what(), "is not UTF-8");
  }
  EXPECT_EQ(load_config({}, {parse_override("root=/data/caf\u00e9")}).config.root,
            "/data/caf\u00e9");
}

/// A legal value of the key that is not its default.
std::string other_value(const ConfigKey& key, const std::string& current) {
  if (!key.choices.empty()) {
    return std::string(key.choices.front() == current ? key.choices.back() : key.choices.front());
  }
  if (std::holds_alternative<bool Config::*>(key.member)) {
    return current == "true" ? "false" : "true";
  }
  if (std::holds_alternative<std::string Config::*>(key.member)) {
    return "a \"quoted\" \\ name: #1\ttab, {brace}, ~, 0x10, 漢";
  }
  return std::holds_alternative<double Config::*>(key.member)
             ? (key.minimum < 0.3 ? "0.30000000000000004" : "1.3000000000000003")
             : "13";
}

TEST(ConfigYaml, EveryKeySurvivesTheWayThroughTheFile) {
  for (const ConfigKey& key : config_keys()) {
    SCOPED_TRACE(key.name);
    Config changed;
    changed.bsize *= 13;  // accumulate becomes 13
    const std::string value = other_value(key, config_value(changed, key));
    ASSERT_EQ(set_config_value(changed, key, value), "");
    ASSERT_NE(value, config_value(Config(), key));
    // warmup_epochs may not exceed epochs: none of these values does.
    const Config back = load_text(to_yaml(changed)).config;
    EXPECT_EQ(back, changed);
    EXPECT_EQ(config_value(back, key), value);
  }
}

TEST(ConfigYaml, ExtremeNumbersSurvive) {
  Config config;
  config.seed = 9'000'000'000'000'000;
  config.lr = 1.0 / 3.0;
  config.weight_decay = 4.9e-324;
  EXPECT_EQ(load_text(to_yaml(config)).config, config);
}

TEST(ShowConfig, ListsEveryKeyWithValueAndOrigin) {
  std::ostringstream out;
  show_config(out, load_text("lr: 0.25\n", {parse_override("bsize=17")}));
  for (const ConfigKey& key : config_keys()) {
    expect_contains(out.str(), "\n" + std::string(key.name) + " ");
  }
  std::istringstream lines(out.str());
  std::map<std::string, std::pair<std::string, std::string>> rows;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string name, value, origin;
    words >> name >> value >> origin;
    rows[name] = {value, origin};
  }
  EXPECT_EQ(rows["bsize"], std::make_pair(std::string("17"), std::string("--set")));
  EXPECT_EQ(rows["lr"].first, "0.25");
  expect_contains(rows["lr"].second, "job.yml:1");
  EXPECT_EQ(rows["epochs"], std::make_pair(std::string("50"), std::string("default")));
}

}  // namespace
}  // namespace dplaunch
