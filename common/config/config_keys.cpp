#include "common/config/config_keys.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <map>
#include <optional>

#include "base/text/parse_number.h"
#include "base/text/words.h"

namespace dplaunch {
namespace {

constexpr double kMaxInt = 2147483647;
constexpr double kAny = 0;  // the range of a key that is not a number

/// What other trainers call our keys.
const std::map<std::string_view, std::string_view> kOtherNames = {
    {"batchsize", "bsize"},
    {"batch_size", "bsize"},
    {"batch", "bsize"},
    {"learning_rate", "lr"},
    {"max_lr", "lr"},
    {"num_workers", "workers"},
    {"data", "root"},
    {"data_dir", "root"},
    {"data_root", "root"},
    {"arch", "model"},
    {"net", "model"},
    {"num_epochs", "epochs"},
    {"scheduler", "schedule"},
    {"lr_schedule", "schedule"},
    {"optim", "optimizer"},
    {"wd", "weight_decay"},
    {"dtype", "precision"},
    {"amp", "precision"},
    {"random_seed", "seed"},
    {"smoothing", "label_smoothing"},
    {"output", "runs"},
    {"output_dir", "runs"},
    {"run_name", "name"},
    {"grad_accum", "accumulate"},
    {"gradient_accumulation_steps", "accumulate"},
    {"grad_clip", "clip_grad_norm"},
    {"max_grad_norm", "clip_grad_norm"},
};

/// The shortest text that is read back to the same value.
std::string number_text(double value) {
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  return std::string(buffer, end);
}

std::string range_error(const ConfigKey& key, double value) {
  if (value < key.minimum) return "must be at least " + number_text(key.minimum);
  if (value > key.maximum) return "must be at most " + number_text(key.maximum);
  return {};
}

std::string choice_error(const ConfigKey& key, const std::string& text) {
  if (key.choices.empty()) return {};
  if (std::find(key.choices.begin(), key.choices.end(), text) != key.choices.end()) return {};
  return "is none of " + joined({key.choices.begin(), key.choices.end()});
}

/// One function for each type that a key may have; each returns what is wrong with the text.
struct Setter {
  Config& config;
  const ConfigKey& key;
  const std::string& text;

  std::string operator()(std::int64_t Config::*member) const {
    // The one word that such a key may have ("auto") stands for 0.
    if (!key.choices.empty() && text == key.choices.front()) {
      config.*member = 0;
      return {};
    }
    const auto value = parse_number<std::int64_t>(text);
    if (!value && key.choices.empty()) return "is not a whole number";
    if (!value) return fmt::format("is not a whole number and not {}", key.choices.front());
    if (auto error = range_error(key, static_cast<double>(*value)); !error.empty()) return error;
    config.*member = *value;
    return {};
  }

  std::string operator()(double Config::*member) const {
    const auto value = parse_number<double>(text);
    if (!value || !std::isfinite(*value)) return "is not a number";  // "inf" and "nan" parse
    if (auto error = range_error(key, *value); !error.empty()) return error;
    config.*member = *value;
    return {};
  }

  std::string operator()(bool Config::*member) const {
    if (text != "true" && text != "false") return "is neither true nor false";
    config.*member = text == "true";
    return {};
  }

  std::string operator()(std::string Config::*member) const {
    if (auto error = choice_error(key, text); !error.empty()) return error;
    config.*member = text;
    return {};
  }
};

ConfigKey of_role(KeyRole role, ConfigKey key) {
  key.role = role;
  return key;
}

}  // namespace

const std::vector<ConfigKey>& config_keys() {
  static const std::vector<ConfigKey> keys = {
      of_role(KeyRole::kPlace, {"root", &Config::root,
                                "folder that holds train.bin and test.bin, or cifar-100-binary/"}),
      {"workers", &Config::workers,
       "data-loading threads of the job on this host, shared out to the ranks; 0 loads in the step",
       0, 1024},
      {"bsize",
       &Config::bsize,
       "images per process and step, or what fits into memory; the total batch is bsize x "
       "processes",
       1,
       1 << 20,
       {"auto"}},
      {"limit_train", &Config::limit_train, "use only the first N training images; 0 = all", 0,
       kMaxInt},
      {"limit_test", &Config::limit_test, "use only the first N test images; 0 = all", 0, kMaxInt},
      {"validation", &Config::validation,
       "hold out the last N training images, and evaluate on these instead of the test set", 0,
       kMaxInt},
      {"crop_padding", &Config::crop_padding, "random crop after padding by this many pixels", 0,
       15},
      {"crop_fill", &Config::crop_fill, "what the padding holds", kAny, kAny, {"zero", "reflect"}},
      {"flip", &Config::flip, "mirror each image with probability one half"},
      {"cutout", &Config::cutout, "side in pixels of a square erased at random; 0 = none", 0, 32},
      {"loader",
       &Config::loader,
       "who assembles batches: threads of the host, or the device, from a copy of the data set "
       "there; auto = whatever trains",
       kAny,
       kAny,
       {"auto", "host", "device"}},
      of_role(
          KeyRole::kModel,
          {"model", &Config::model, "network", kAny, kAny, {"resnet18", "resnet34", "resnet20"}}),
      of_role(KeyRole::kModel, {"width", &Config::width,
                                "channels of the first stage; 0 = the model's own", 0, 1024}),
      of_role(KeyRole::kModel,
              {"norm", &Config::norm, "normalisation layers", kAny, kAny, {"batch", "group"}}),
      {"epochs", &Config::epochs, "passes over the training set", 0, 1000000},
      {"max_steps", &Config::max_steps, "stop after this many steps in all; 0 = no limit", 0,
       kMaxInt},
      of_role(
          KeyRole::kOptimizer,
          {"optimizer", &Config::optimizer, "update rule", kAny, kAny, {"adam", "adamw", "sgd"}}),
      {"lr", &Config::lr, "learning rate (the peak, for schedules that vary it)", 0, 1000},
      {"lr_scaling",
       &Config::lr_scaling,
       "scale lr by (total batch / lr_base_batch), or its square root",
       kAny,
       kAny,
       {"none", "linear", "sqrt"}},
      {"lr_base_batch", &Config::lr_base_batch, "total batch for which lr is meant", 1, kMaxInt},
      {"lr_cap", &Config::lr_cap, "upper bound of the scaled lr; 0 = none", 0, 1000},
      {"schedule",
       &Config::schedule,
       "learning rate over time",
       kAny,
       kAny,
       {"constant", "linear", "cosine", "onecycle"}},
      {"warmup_epochs", &Config::warmup_epochs,
       "linear warm-up before constant, linear and cosine; onecycle has its own", 0, 1000000},
      {"momentum", &Config::momentum, "of sgd", 0, 1},
      {"nesterov", &Config::nesterov,
       "look-ahead momentum of sgd; without momentum it does nothing"},
      {"weight_decay", &Config::weight_decay, "L2 penalty (decoupled for adamw)", 0, 1},
      {"decay_norm_and_bias", &Config::decay_norm_and_bias, "decay one-dimensional parameters too"},
      {"label_smoothing", &Config::label_smoothing, "share of the target spread over all classes",
       0, 0.999},
      {"accumulate", &Config::accumulate,
       "parts in which a step's batch goes through the model, to save memory; they differ by one "
       "image at most",
       1, 1 << 20},
      {"clip_grad_norm", &Config::clip_grad_norm,
       "scale the gradient down to at most this norm; 0 = never", 0, 1e9},
      {"precision",
       &Config::precision,
       "arithmetic of forward and backward",
       kAny,
       kAny,
       {"auto", "fp32", "tf32", "bf16"}},
      {"memory_format",
       &Config::memory_format,
       "layout of images and filters",
       kAny,
       kAny,
       {"auto", "channels_last", "contiguous"}},
      {"fused_norm",
       &Config::fused_norm,
       "BatchNorm, addition and ReLU in one, in channels_last; auto = on on the CPU, off on a GPU, "
       "where it was not measured",
       kAny,
       kAny,
       {"auto", "on", "off"}},
      {"cuda_graph",
       &Config::cuda_graph,
       "a step as one launch; auto = off, as no GPU has shown it right yet; on the CPU without "
       "effect",
       kAny,
       kAny,
       {"auto", "on", "off"}},
      {"bucket_mb", &Config::bucket_mb, "gradient bytes per all-reduce", 0.01, 1024},
      {"compress",
       &Config::compress,
       "send gradients as bf16: half the bytes, 8 bits of precision",
       kAny,
       kAny,
       {"none", "bf16"}},
      {"deterministic", &Config::deterministic,
       "on a GPU: only kernels that give the same bits again, which are slower; a CPU always does"},
      {"step_times", &Config::step_times,
       "write how long each step of each rank took, and its parts: step-times-N.csv"},
      {"group_of_one", &Config::group_of_one,
       "one process too sends its gradients through the all-reduce, to measure what that costs"},
      {"timeout_s", &Config::timeout_s, "for the rendezvous and for each collective", 1, 86400},
      {"seed", &Config::seed, "of initial weights, order and augmentation", 0, 9e15},
      of_role(KeyRole::kPlace, {"runs", &Config::runs, "folder of all runs"}),
      of_role(KeyRole::kPlace,
              {"name", &Config::name, "folder of this run; empty = from the model and the time"}),
      {"evaluate_every", &Config::evaluate_every, "epochs between evaluations; 0 = only the last",
       0, 1000000},
      {"checkpoint_every", &Config::checkpoint_every,
       "epochs between checkpoints; 0 = only the last; a new best one is always kept", 0, 1000000},
      {"keep_checkpoints", &Config::keep_checkpoints, "how many of the newest are kept", 1,
       1000000},
      {"log_every", &Config::log_every, "steps between progress lines; 0 = none", 0, kMaxInt},
  };
  return keys;
}

const ConfigKey* find_config_key(std::string_view name) {
  const auto& keys = config_keys();
  const auto found = std::find_if(keys.begin(), keys.end(),
                                  [&](const ConfigKey& key) { return key.name == name; });
  return found == keys.end() ? nullptr : &*found;
}

std::string suggest_config_key(std::string_view mistyped) {
  std::string folded(mistyped);
  std::transform(folded.begin(), folded.end(), folded.begin(),
                 [](unsigned char c) { return c == '-' ? '_' : std::tolower(c); });
  if (find_config_key(folded) != nullptr) return folded;
  if (const auto alias = kOtherNames.find(folded); alias != kOtherNames.end()) {
    return std::string(alias->second);
  }
  std::string best;
  // A word as far away as a third of its length and more is another word, not a slip of the
  // fingers.
  std::size_t best_distance = folded.size() / 3 + 2;
  for (const ConfigKey& key : config_keys()) {
    const std::size_t distance = edit_distance(folded, key.name);
    if (distance < best_distance) {
      best_distance = distance;
      best = key.name;
    }
  }
  return best;
}

std::string set_config_value(Config& config, const ConfigKey& key, const std::string& text) {
  return std::visit(Setter{config, key, text}, key.member);
}

std::string config_value(const Config& config, const ConfigKey& key) {
  struct Getter {
    const Config& config;
    const ConfigKey& key;
    std::string operator()(std::int64_t Config::*m) const {
      if (config.*m == 0 && !key.choices.empty()) return std::string(key.choices.front());
      return std::to_string(config.*m);
    }
    std::string operator()(double Config::*m) const { return number_text(config.*m); }
    std::string operator()(bool Config::*m) const { return config.*m ? "true" : "false"; }
    std::string operator()(std::string Config::*m) const { return config.*m; }
  };
  return std::visit(Getter{config, key}, key.member);
}

}  // namespace dplaunch
