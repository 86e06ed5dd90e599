// The facts of a mirror as metrics, in Prometheus' text format 0.0.4, for node_exporter's textfile collector.
// Pure. https://prometheus.io/docs/instrumenting/exposition_formats/
#pragma once

#include <string>

#include "loader/report/status_facts.h"

namespace dw::load {

std::string prometheus_text(const StatusFacts& facts);

}  // namespace dw::load
