#include "launcher/commands/devices/print_table.h"

#include <algorithm>
#include <ostream>
#include <utility>

#include "base/text/printable.h"
#include "base/text/text_table.h"
#include "base/text/words.h"
#include "base/text/wrap_text.h"
#include "launcher/devices/gpu_words.h"

namespace dplaunch {
namespace {

using Align = TextTable::Align;

constexpr std::size_t kColumns = 80;

std::string logical(const ReportedGpu& reported) {
  return reported.is_visible ? std::to_string(reported.gpu.logical_index) : "-";
}

/// Enough of a UUID to name the GPU with.
std::string short_uuid(const Gpu& gpu) {
  return gpu.uuid.empty() ? "-" : printable(gpu.uuid.substr(0, 12));
}

/// The maker is the same everywhere; of an instance only the profile differs from its GPU's name.
std::string short_name(const Gpu& gpu) {
  std::string name = printable(gpu.name);
  if (name.starts_with("NVIDIA ")) name.erase(0, 7);
  const std::size_t profile = name.find(" MIG ");
  if (is_mig_instance(gpu) && profile != std::string::npos) name.erase(0, profile + 1);
  return name.empty() ? "-" : name;
}

std::string memory(const Gpu& gpu) {
  if (gpu.memory_total_bytes <= 0) return "-";
  return gib_text(gpu.memory_used_bytes) + "/" + gib_text(gpu.memory_total_bytes);
}

std::string watts(int milliwatts) {
  return milliwatts < 0 ? "?" : std::to_string((milliwatts + 500) / 1000);
}

std::string power(const Gpu& gpu) {
  if (gpu.power_usage_mw < 0 && gpu.power_limit_mw < 0) return "-";
  return watts(gpu.power_usage_mw) + "/" + watts(gpu.power_limit_mw);
}

std::string with_unit(int figure, const char* unit) {
  return figure < 0 ? "-" : std::to_string(figure) + unit;
}

void print_head(std::ostream& out, const DeviceReport& report) {
  const GpuProbe& probe = report.machine.probe;
  if (probe.gpus.empty()) {
    out << wrapped("no GPU: " + printable(probe.note), kColumns, 2);
    return;
  }
  out << "NVIDIA driver " << printable(probe.driver_version) << "\n\n";
}

void print_gpus(std::ostream& out, const DeviceReport& report) {
  if (report.gpus.empty()) return;
  TextTable table({"GPU", "PHYS", "NAME", "UUID", "UTIL", "MEM GiB", "POWER W", "TEMP", "STATE"},
                  {Align::kRight, Align::kRight, Align::kLeft, Align::kLeft, Align::kRight,
                   Align::kRight, Align::kRight, Align::kRight, Align::kLeft},
                  2);
  for (const ReportedGpu& reported : report.gpus) {
    const Gpu& gpu = reported.gpu;
    table.add({logical(reported), std::to_string(gpu.index), short_name(gpu), short_uuid(gpu),
               with_unit(gpu.utilization_percent, "%"), memory(gpu), power(gpu),
               with_unit(gpu.temperature_celsius, "C"), state_of(gpu)});
  }
  table.print(out, kColumns);
  for (const ReportedGpu& reported : report.gpus) {
    const Gpu& gpu = reported.gpu;
    if (gpu.error.empty()) continue;
    out << wrapped(
        "GPU " + std::to_string(gpu.index) + " (physical) cannot be used: " + printable(gpu.error),
        kColumns, 2);
  }
}

void add_process(TextTable& table, const ReportedGpu& gpu, const ReportedProcess& reported) {
  const auto& [process, description] = reported;
  const bool is_visible = description.is_visible;
  table.add({logical(gpu), std::to_string(gpu.gpu.index), std::to_string(process.pid),
             is_visible ? description.user : "?",
             process.memory_bytes < 0 ? "-" : gib_text(process.memory_bytes),
             is_visible ? description.command : "(not visible here)"});
}

/// "0, 2": the physical numbers of the GPUs for which `holds`; empty for none.
template <typename Predicate>
std::string numbers_of(const std::vector<ReportedGpu>& gpus, Predicate holds) {
  std::string numbers;
  for (const ReportedGpu& gpu : gpus) {
    if (holds(gpu)) numbers += (numbers.empty() ? "" : ", ") + std::to_string(gpu.gpu.index);
  }
  return numbers;
}

bool has_hidden_process(const ReportedGpu& gpu) {
  return std::any_of(gpu.processes.begin(), gpu.processes.end(),
                     [](const ReportedProcess& p) { return !p.description.is_visible; });
}

/// What the list of processes cannot tell.
void print_process_notes(std::ostream& out, const DeviceReport& report) {
  const std::string silent = numbers_of(report.gpus, [](const ReportedGpu& gpu) {
    return gpu.gpu.error.empty() && !gpu.gpu.lists_processes;
  });
  const std::string mysterious = numbers_of(report.gpus, [](const ReportedGpu& gpu) {
    return gpu.gpu.lists_processes && gpu.processes.empty() && state_of(gpu.gpu) == "busy";
  });
  if (!silent.empty()) {
    out << wrapped("The driver does not list the processes on physical GPU " + silent + ".",
                   kColumns, 0);
  }
  if (!mysterious.empty()) {
    out << wrapped("Physical GPU " + mysterious +
                       ": busy without a process; in another container, or just ended?",
                   kColumns, 0);
  }
  if (std::any_of(report.gpus.begin(), report.gpus.end(), has_hidden_process)) {
    out << "Not visible here: hidden from this user, in another container, or ended by now.\n";
  }
}

void print_processes(std::ostream& out, const DeviceReport& report) {
  if (report.gpus.empty()) return;
  TextTable table(
      {"GPU", "PHYS", "PID", "USER", "MEM GiB", "COMMAND"},
      {Align::kRight, Align::kRight, Align::kRight, Align::kLeft, Align::kRight, Align::kLeft}, 5);
  std::size_t count = 0;
  for (const ReportedGpu& gpu : report.gpus) {
    for (const ReportedProcess& process : gpu.processes) add_process(table, gpu, process);
    count += gpu.processes.size();
  }
  out << "\n";
  if (count > 0) {
    table.print(out, kColumns);
  } else {
    out << "No processes are listed.\n";
  }
  print_process_notes(out, report);
  if (count > 0 && report.has_other_processes) {
    out << wrapped(
        "This is a container with process numbers of its own: the driver's numbers may "
        "mean other processes here.",
        kColumns, 0);
  }
}

std::string link_name(const std::vector<GpuLink>& links, int a, int b) {
  if (a == b) return "X";
  const auto found = std::find_if(links.begin(), links.end(), [&](const GpuLink& link) {
    return link.first == std::min(a, b) && link.second == std::max(a, b);
  });
  return found == links.end() ? "?" : found->name();
}

void print_links(std::ostream& out, const DeviceReport& report) {
  if (report.links.empty()) return;
  std::vector<int> indices;
  for (const GpuLink& link : report.links) {
    for (const int index : {link.first, link.second}) {
      if (std::find(indices.begin(), indices.end(), index) == indices.end()) {
        indices.push_back(index);
      }
    }
  }
  std::vector<std::string> headings = {"PHYS"};
  for (const int index : indices) headings.push_back(std::to_string(index));
  TextTable table(headings, std::vector(headings.size(), Align::kRight), -1);
  for (const int row : indices) {
    std::vector<std::string> cells = {std::to_string(row)};
    for (const int column : indices) cells.push_back(link_name(report.links, row, column));
    table.add(std::move(cells));
  }
  out << "\n";
  table.print(out, kColumns);
  out << "NV4 means 4 NVLinks. Over PCIe: PIX one switch, PXB several, PHB the CPU's host\n"
         "bridge, NODE host bridges of one NUMA node, SYS from one NUMA node to another.\n";
}

void print_mask(std::ostream& out, const DeviceReport& report) {
  if (!report.machine.visible_devices) return;
  const std::string mask = printable(*report.machine.visible_devices);
  out << "\n"
      << wrapped("CUDA_VISIBLE_DEVICES=\"" + mask + "\" is inherited; --device counts in its list:",
                 kColumns, 0);
  bool is_empty = true;
  for (const ReportedGpu& reported : report.gpus) {
    if (!reported.is_visible) continue;
    is_empty = false;
    out << "  GPU " << reported.gpu.logical_index << " = physical " << reported.gpu.index << " = "
        << printable(reported.gpu.uuid) << "\n";
  }
  if (is_empty) out << "  no GPU\n";
  if (!report.mask_note.empty()) out << wrapped("  " + printable(report.mask_note), kColumns, 0);
}

std::string chosen(const DeviceSelection& selection) {
  std::string text;
  for (const Gpu& gpu : selection.gpus) {
    text += (text.empty() ? "GPU " : ", ") + device_name(gpu) + (is_busy(gpu) ? " (busy)" : "");
  }
  const int processes = selection.processes();
  return (selection.is_cpu() ? std::string("the CPU") : text) + "; " + std::to_string(processes) +
         (processes == 1 ? " process" : " processes");
}

/// Of the warnings only those that the tables do not tell already.
void print_choice(std::ostream& out, const Choice& choice, const std::string& mask_note) {
  const std::string title = "--device " + choice.device + " takes ";
  out << wrapped(printable(title + chosen(choice.selection)), kColumns, 2);
  if (!choice.selection.is_cpu()) return;
  for (const std::string& warning : choice.selection.warnings) {
    if (warning != mask_note) out << wrapped("  " + printable(warning), kColumns, 0);
  }
}

}  // namespace

void print_table(std::ostream& out, const DeviceReport& report) {
  print_head(out, report);
  print_gpus(out, report);
  print_processes(out, report);
  print_links(out, report);
  print_mask(out, report);
  out << "\nCPU: " << report.machine.usable_cores << " usable "
      << (report.machine.usable_cores == 1 ? "core" : "cores") << "\n";
  if (report.automatic.error) {
    out << "--device auto takes nothing: no GPU is idle\n";
  } else {
    print_choice(out, report.automatic, report.mask_note);
  }
  // Why a device string chooses nothing is told by the error that follows.
  if (report.asked && !report.asked->error) print_choice(out, *report.asked, report.mask_note);
}

}  // namespace dplaunch
