// Rows at the edges of every type that both servers have.
#pragma once

#include <string>

namespace dw::test {

// Makes schema app with the table types, and its rows.
std::string type_rows();

// Makes app.floats: FLOAT and DOUBLE of all sizes.
std::string float_rows();

}  // namespace dw::test
