#include "loader/retention/archive/shape.h"

#include <nlohmann/json.hpp>

#include "common/sql/identifiers.h"

namespace dw::load {

using nlohmann::json;

std::string quoted(const TableId& id) {
  return sql::quote_identifier(id.schema) + "." + sql::quote_identifier(id.table);
}

bool TableShape::transactional() const {
  return engine == "InnoDB" || engine == "ROCKSDB" || engine == "ndbcluster";
}

std::string shape_text(const std::vector<ShapeColumn>& columns) {
  json out = json::array();
  for (const ShapeColumn& column : columns) {
    json one{{"name", column.name}, {"type", column.type}};
    if (!column.charset.empty()) one["charset"] = column.charset;
    if (!column.collation.empty()) one["collation"] = column.collation;
    out.push_back(std::move(one));
  }
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::vector<ShapeColumn> shape_from(std::string_view text) {
  std::vector<ShapeColumn> out;
  for (const json& one : json::parse(text)) {
    out.push_back({one.at("name").get<std::string>(), one.at("type").get<std::string>(),
                   one.value("charset", ""), one.value("collation", ""), true});
  }
  return out;
}

}  // namespace dw::load
