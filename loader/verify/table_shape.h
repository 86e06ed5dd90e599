// Where a table's definition on the mirror is another than production's, as what an ALTER TABLE would have to
// say. Pure.
#pragma once

#include <string>
#include <vector>

#include "common/rows/catalog.h"

namespace dw::load {

struct ShapeChange {
  std::string clause;  // "ADD COLUMN …", "MODIFY COLUMN …", "DROP COLUMN …", "ADD KEY …", "DROP KEY …"
  bool removes = false;   // a column or key that production has not
  bool harmless = false;  // a key that production has not, and no row can be refused for
};

// `unlike`: one side is MySQL, the other MariaDB. They write types, defaults and expressions in different
// words, and name keys differently: columns, their order and collations, and what keys are over tell then.
enum class Servers : bool { alike, unlike };

// Both are as one server describes them (`create` and the columns' collations): the table as it is, and as
// production's definition makes it there. Foreign keys are left out. `source_create`: the definition that
// production shows.
std::vector<ShapeChange> shape_changes(const rows::Table& present, const rows::Table& wanted, Servers servers,
                                       const std::string& source_create);

// The definition under another name, without its foreign keys, so that it can be made for a look. "": it is
// not understood.
std::string definition_as(const std::string& create, const std::string& name);

}  // namespace dw::load
