#include <cstdint>
#include <ostream>
#include <string>

#include "base/files/json_fields.h"
#include "launcher/commands/devices/device_report.h"

namespace dplaunch {
namespace {

Json null_if_unknown(std::int64_t figure) {
  return figure >= 0 ? Json(figure) : Json();
}

Json device_json(const ReportedProcess& reported) {
  const auto& [process, description] = reported;
  return {{"pid", process.pid},
          {"is_visible", description.is_visible},
          {"user", text_or_null(description.user)},
          {"command", text_or_null(description.command)},
          {"memory_bytes", null_if_unknown(process.memory_bytes)},
          {"kind", process.is_compute ? "compute" : "graphics"}};
}

Json device_json(const ReportedGpu& reported) {
  const Gpu& gpu = reported.gpu;
  const bool has_memory = gpu.memory_total_bytes > 0;
  Json processes = gpu.lists_processes ? Json::array() : Json();
  for (const ReportedProcess& process : reported.processes)
    processes.push_back(device_json(process));
  return {{"logical_index", reported.is_visible ? Json(gpu.logical_index) : Json()},
          {"physical_index", gpu.index},
          {"uuid", text_or_null(gpu.uuid)},
          {"name", text_or_null(gpu.name)},
          {"pci_bus_id", text_or_null(gpu.pci_bus_id)},
          {"is_mig_instance", is_mig_instance(gpu)},
          {"state", state_of(gpu)},
          {"error", text_or_null(gpu.error)},
          {"utilization_percent", null_if_unknown(gpu.utilization_percent)},
          {"memory_used_bytes", has_memory ? Json(gpu.memory_used_bytes) : Json()},
          {"memory_total_bytes", has_memory ? Json(gpu.memory_total_bytes) : Json()},
          {"power_usage_mw", null_if_unknown(gpu.power_usage_mw)},
          {"power_limit_mw", null_if_unknown(gpu.power_limit_mw)},
          {"temperature_celsius", null_if_unknown(gpu.temperature_celsius)},
          {"processes", processes}};
}

Json device_json(const GpuLink& link) {
  return {{"physical_indices", {link.first, link.second}},
          {"name", link.name()},
          {"nvlinks", link.nvlinks},
          {"pci_path", text_or_null(link.path)}};
}

Json device_json(const Choice& choice) {
  Json gpus = Json::array();
  for (const Gpu& gpu : choice.selection.gpus) {
    gpus.push_back(
        {{"logical_index", gpu.logical_index}, {"physical_index", gpu.index}, {"uuid", gpu.uuid}});
  }
  return {{"device", choice.device},
          {"gpus", gpus},
          {"cpu_processes", choice.selection.cpu_processes},
          {"warnings", choice.selection.warnings},
          {"error", choice.error ? Json(choice.error->what()) : Json()},
          {"hint", choice.error ? text_or_null(choice.error->hint()) : Json()}};
}

}  // namespace

void print_json(std::ostream& out, const DeviceReport& report) {
  Json masks = Json::object();
  for (const InheritedMask& mask : inherited_masks(report.machine)) {
    masks[mask.variable] = mask.value;
  }
  const GpuProbe& probe = report.machine.probe;
  Json json = {{"vendor", probe.gpus.empty() ? Json() : Json(probe.kind->vendor)},
               {"driver_version", text_or_null(probe.driver_version)},
               {"probe_note", text_or_null(probe.note)},
               {"other_gpus", text_or_null(probe.other_gpus)},
               {"gpus", Json::array()},
               {"links", Json::array()},
               {"inherited_masks", masks},
               {"inherited_masks_note", text_or_null(report.mask_note)},
               {"has_own_process_numbers", report.has_other_processes},
               {"usable_cores", report.machine.usable_cores},
               {"auto", device_json(report.automatic)},
               {"asked", report.asked ? device_json(*report.asked) : Json()}};
  for (const ReportedGpu& gpu : report.gpus) json["gpus"].push_back(device_json(gpu));
  for (const GpuLink& link : report.links) json["links"].push_back(device_json(link));
  // A mask or a name that is no UTF-8 must not keep the rest from being shown.
  out << json.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
}

}  // namespace dplaunch
