#include "worker/report/confusion_report.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/files/atomic_file.h"
#include "worker/report/confusion.h"
#include "worker/report/log.h"
#include "worker/report/result_row.h"

namespace dplaunch {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMostShown = 5;    // on the screen
constexpr std::size_t kMostListed = 20;  // for programs; confusion.csv has all

const std::string& name_of(const std::vector<std::string>& names, std::int64_t label) {
  return names.at(static_cast<std::size_t>(label));
}

/// The first few of them, one after the other.
template <typename Item, typename Words>
std::string first_few(const std::vector<Item>& items, const Words& words) {
  std::string text;
  for (std::size_t i = 0; i < std::min(kMostShown, items.size()); ++i) {
    if (i > 0) text += ", ";
    text += words(items[i]);
  }
  return text;
}

std::string worst_words(const ConfusionFigures& figures, const ClassTable& classes) {
  return first_few(figures.by_recall, [&](const ClassRecall& recall) {
    return name_of(classes.fine_names, recall.label) + " " + fixed(recall.percent(), 0) + "%";
  });
}

std::string confused_words(const ConfusionFigures& figures, const ClassTable& classes) {
  return first_few(figures.by_count, [&](const ConfusedPair& pair) {
    return name_of(classes.fine_names, pair.truth) + " as " +
           name_of(classes.fine_names, pair.predicted) + " " + std::to_string(pair.images) + "x";
  });
}

Json recall_json(const ClassRecall& recall, const std::vector<std::string>& names) {
  return {{"name", name_of(names, recall.label)},
          {"label", recall.label},
          {"images", recall.images},
          {"correct", recall.correct}};
}

/// A field of RFC 4180.
std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

}  // namespace

std::string describe_confusion(const std::vector<std::int64_t>& counts, const ClassTable& classes) {
  const ConfusionFigures figures = analyse(counts, classes);
  std::string text;
  if (figures.coarse) {
    text += result_row("coarse top-1",
                       fixed(figures.coarse_percent(), 2) + "%  by superclass; of the errors " +
                           fixed(figures.within_percent(), 1) + "% are within the right one");
  }
  text += result_row("worst classes", worst_words(figures, classes));
  if (figures.errors() > 0) text += result_row("most confused", confused_words(figures, classes));
  return text;
}

Json confusion_json(const std::vector<std::int64_t>& counts, const ClassTable& classes) {
  const ConfusionFigures figures = analyse(counts, classes);
  Json json = {{"errors", figures.errors()}};
  if (figures.coarse) {
    json["coarse_top1"] = figures.coarse_percent();
    json["coarse_correct"] = figures.coarse->correct;
    json["errors_within_superclass"] = figures.coarse->errors_within;
    json["errors_within_superclass_percent"] = figures.within_percent();
  }
  json["classes_worst_first"] = Json::array();
  for (const ClassRecall& recall : figures.by_recall) {
    json["classes_worst_first"].push_back(recall_json(recall, classes.fine_names));
  }
  if (figures.coarse) {
    json["superclasses_worst_first"] = Json::array();
    for (const ClassRecall& recall : figures.coarse->by_recall) {
      json["superclasses_worst_first"].push_back(recall_json(recall, classes.coarse_names));
    }
  }
  json["most_confused"] = Json::array();
  for (std::size_t i = 0; i < std::min(kMostListed, figures.by_count.size()); ++i) {
    const ConfusedPair& pair = figures.by_count[i];
    json["most_confused"].push_back({{"true", name_of(classes.fine_names, pair.truth)},
                                     {"predicted", name_of(classes.fine_names, pair.predicted)},
                                     {"images", pair.images}});
  }
  return json;
}

void write_confusion_csv(const std::filesystem::path& path, const std::vector<std::int64_t>& counts,
                         const ClassTable& classes) {
  std::string text = "true\\predicted";
  for (const std::string& name : classes.fine_names) text.append(",").append(csv_field(name));
  text += "\n";
  auto count = counts.begin();
  for (const std::string& name : classes.fine_names) {
    text += csv_field(name);
    for (std::size_t i = 0; i < classes.fine_names.size(); ++i) {
      text.append(",").append(std::to_string(*count++));
    }
    text += "\n";
  }
  write_file_atomically(path, text);
}

}  // namespace dplaunch
