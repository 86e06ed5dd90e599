// Where a table's definition on the mirror is another than production's, as what an ALTER TABLE would have to
// say. Pure.
#pragma once

#include <string>
#include <vector>

namespace dw::load {

struct ShapeChange {
  std::string clause;  // "ADD COLUMN …", "MODIFY COLUMN …", "DROP COLUMN …", "ADD KEY …", "DROP KEY …"
  bool removes = false;  // a column or key that production has not: for a person to decide
};

// Both are answers of SHOW CREATE TABLE by one server: the table as it is, and as production's definition
// makes it there. Foreign keys and the order of columns are left out.
std::vector<ShapeChange> shape_changes(const std::string& present, const std::string& wanted);

// The definition under another name, without its foreign keys, so that it can be made for a look. "": it is
// not understood.
std::string definition_as(const std::string& create, const std::string& name);

}  // namespace dw::load
